//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// The partner has as many endpoints as it may.
pub const TOO_MANY_ENDPOINTS: Code = Code::new(
    409,
    "too_many_webhook_endpoints",
    12301,
    "接收地址数量已达上限",
    "the partner has as many webhook endpoints as it may have",
);
/// The endpoint is switched off.
pub const ENDPOINT_DISABLED: Code = Code::new(
    409,
    "webhook_endpoint_disabled",
    12302,
    "该接收地址已停用，请先启用",
    "the webhook endpoint is switched off: switch it on first",
);

/// All of the above, for the documentation and the uniqueness test.
pub const ALL: &[Code] = &[TOO_MANY_ENDPOINTS, ENDPOINT_DISABLED];
