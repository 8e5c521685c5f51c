//! Value types that the whole house speaks: time, ids, money, phones. No I/O.

pub mod clock;
