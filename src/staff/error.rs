//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// Number and password do not fit together; says nothing about which of the two, or whether the account exists (S8).
pub const WRONG_PASSWORD: Code = Code::new(
    401,
    "wrong_password",
    11401,
    "工号或密码不正确",
    "the staff number or the password is wrong",
);
/// Too many wrong passwords from this network; `Retry-After` says when the next attempt counts (S7).
pub const TRY_LATER: Code = Code::new(
    429,
    "sign_in_blocked",
    11402,
    "密码错误次数过多，请稍后再试",
    "too many wrong passwords, try again later",
);
/// The invitation is unknown, was used, replaced, or has run out.
pub const BAD_INVITATION: Code = Code::new(
    404,
    "invitation_not_valid",
    11403,
    "邀请链接无效或已过期",
    "the invitation is not valid any more",
);
/// The staff number is taken.
pub const NUMBER_TAKEN: Code =
    Code::new(409, "staff_no_taken", 11404, "工号已存在", "the staff number is taken");
/// Disabled staff cannot be invited.
pub const DISABLED: Code =
    Code::new(409, "staff_disabled", 11405, "该员工已停用", "this person is disabled");
/// Nobody disables themselves: the last administrator would lock everybody out.
pub const NOT_YOURSELF: Code =
    Code::new(409, "not_yourself", 11406, "不能停用自己的账号", "you cannot disable yourself");

/// All of the above, for the documentation and the uniqueness test.
pub const ALL: &[Code] =
    &[WRONG_PASSWORD, TRY_LATER, BAD_INVITATION, NUMBER_TAKEN, DISABLED, NOT_YOURSELF];
