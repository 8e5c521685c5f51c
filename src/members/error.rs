//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// The birthday was changed less than a year ago (ID-5).
pub const BIRTHDAY_LOCKED: Code = Code::new(
    409,
    "member_birthday_locked",
    11301,
    "生日一年只能修改一次",
    "the birthday can be changed once a year",
);

/// All of the above.
pub const ALL: &[Code] = &[BIRTHDAY_LOCKED];
