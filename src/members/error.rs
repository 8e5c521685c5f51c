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

/// The identifiers of a row name different members, or she has another one of the kind: nobody is merged by an import
/// (OP-4).
pub const IDENTIFIERS_DIFFER: Code = Code::new(
    409,
    "member_identifiers_differ",
    11302,
    "手机号、卡号等指向不同会员，或该会员已有另一个同类号码",
    "the identifiers name different members, or the member has another one of the kind",
);

/// All of the above.
pub const ALL: &[Code] = &[BIRTHDAY_LOCKED, IDENTIFIERS_DIFFER];
