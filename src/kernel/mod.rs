//! Value types that the whole house speaks: time, money, phones, secrets. No I/O.

mod abort;
pub mod actor;
pub mod apportion;
pub mod bell;
pub mod calendar;
pub mod cidr;
pub mod clock;
pub mod jwt;
pub mod measures;
pub mod memory;
pub mod mobile;
pub mod mode;
pub mod network;
pub mod process;
pub mod secret;
pub mod trace;
pub mod vault;

pub use abort::abort_at;
#[cfg(debug_assertions)]
pub use abort::arm;
pub use entity::codes;
pub use entity::ids;
pub use entity::values::{Digest, Fen, PersonName, Sealed};
