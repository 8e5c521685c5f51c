//! What a line says, the codes over it, and what a proof finds.

mod codes;
mod head;
mod line;
mod proof;

pub use codes::{chain, seal_line, seal_mark};
pub use head::Head;
pub use line::{Author, Line, ProgrammeCode, Subject};
pub use proof::{Fault, Finding, Proof, Walk};
