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
/// The key was revoked or has run out: it cannot be rotated or changed.
pub const KEY_ENDED: Code = Code::new(
    409,
    "partner_key_ended",
    11502,
    "该密钥已失效",
    "the key was revoked or has expired",
);
/// The key may only be used by signing (S21).
pub const SIGNATURE_REQUIRED: Code = Code::new(
    401,
    "signature_required",
    11503,
    "该密钥的请求必须签名，不能直接发送密钥",
    "requests with this key must be signed; the key itself is not accepted",
);
/// The key may not be used by signing.
pub const SIGNING_OFF: Code = Code::new(
    401,
    "signing_off",
    11504,
    "该密钥未开启签名",
    "this key does not sign: send it as a bearer token, or have it replaced by one that signs",
);
/// Headers of a signed request are missing or not of their form.
pub const SIGNATURE_MALFORMED: Code = Code::new(
    401,
    "signature_malformed",
    11505,
    "签名请求头缺失或格式不正确",
    "headers of the signature are missing or not of their form",
);
/// The timestamp lies too far from the server's clock.
pub const SIGNATURE_EXPIRED: Code = Code::new(
    401,
    "signature_expired",
    11506,
    "请求时间与服务器相差超过 5 分钟，请校准时钟",
    "the timestamp is more than 5 minutes away from the server's clock",
);
/// The signature is not that of this request.
pub const SIGNATURE_WRONG: Code = Code::new(
    401,
    "signature_wrong",
    11507,
    "签名不正确",
    "the signature does not fit this request and key",
);
/// The nonce was used before: somebody sends a request again.
pub const SIGNATURE_REPLAYED: Code = Code::new(
    401,
    "signature_replayed",
    11508,
    "该随机串已使用过，重试时请重新签名",
    "the nonce was used before: sign again with a new one to retry",
);
/// Whether the nonce was used before cannot be looked up now.
pub const SIGNATURE_UNCHECKED: Code = Code::new(
    503,
    "signature_unchecked",
    11509,
    "暂时无法校验签名，请稍后再试",
    "signatures cannot be checked for the moment, sign again and retry",
);
/// The key may not be used from there.
pub const ADDRESS_NOT_ALLOWED: Code = Code::new(
    403,
    "address_not_allowed",
    11510,
    "该密钥不允许从当前网络地址使用",
    "this key may not be used from this address",
);

/// A key for trials, where there is no place for them.
pub const SANDBOX_OFF: Code = Code::new(
    403,
    "sandbox_off",
    11511,
    "本系统未开启沙箱，请联系管理员",
    "this installation has no sandbox: ask its administrator to set sandbox.database_url",
);

/// All of the above, for the documentation and the uniqueness test.
pub const ALL: &[Code] = &[
    NAME_TAKEN,
    KEY_ENDED,
    SIGNATURE_REQUIRED,
    SIGNING_OFF,
    SIGNATURE_MALFORMED,
    SIGNATURE_EXPIRED,
    SIGNATURE_WRONG,
    SIGNATURE_REPLAYED,
    SIGNATURE_UNCHECKED,
    ADDRESS_NOT_ALLOWED,
    SANDBOX_OFF,
];
