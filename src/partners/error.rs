//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// Another partner has the name.
pub const NAME_TAKEN: Code = Code::new(
    409,
    "partner_name_taken",
    11501,
    "已有同名的合作方",
    "another partner has this name",
);
/// The key was revoked or has run out: it cannot be rotated.
pub const KEY_ENDED: Code = Code::new(
    409,
    "partner_key_ended",
    11502,
    "该密钥已失效",
    "the key was revoked or has expired",
);

/// All of the above, for the documentation and the uniqueness test.
pub const ALL: &[Code] = &[NAME_TAKEN, KEY_ENDED];
