//! Use cases of the audit log.

mod forgetting;
mod heads;
mod proving;
mod sealing;
mod writing;

pub use entity::audit_log::Model as Written;

pub use super::rules::{Author, Fault, Finding, Head, Line, ProgrammeCode, Proof, Subject};
pub use super::store::Wanted;
pub use forgetting::forget_old;
pub use heads::{append_head, head, head_file, keep_head};
pub use proving::{Proved, last_proved, prove, prove_against};
pub use sealing::seal;
pub use writing::{lines, write, write_in};
