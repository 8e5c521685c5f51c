//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// The refresh token is unknown, was used before, or its sign-in has ended.
pub const SIGN_IN_ENDED: Code = Code::new(
    401,
    "sign_in_ended",
    11101,
    "登录已失效，请重新登录",
    "the sign-in has ended, sign in again",
);

/// All of the above, for the documentation and the uniqueness test.
pub const ALL: &[Code] = &[SIGN_IN_ENDED];
