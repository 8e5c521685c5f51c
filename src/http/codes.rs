//! Codes that any route may answer. Capabilities have their own in `error.rs`.

use super::problem::Code;

/// The body is no JSON, or not of the documented shape.
pub const BAD_JSON: Code = Code::new(
    400,
    "bad_json",
    10400,
    "请求内容不是合法的 JSON",
    "the body is not valid JSON of the documented shape",
);
/// Fields break a rule; `errors` names them.
pub const INVALID_FIELDS: Code =
    Code::new(422, "invalid_fields", 10422, "部分字段不符合要求", "some fields are invalid");
/// The body is larger than the route takes.
pub const BODY_TOO_LARGE: Code =
    Code::new(413, "body_too_large", 10413, "请求内容过大", "the body is too large");
/// The body did not arrive in time.
pub const BODY_TOO_SLOW: Code =
    Code::new(408, "body_too_slow", 10408, "请求内容传输超时", "the body did not arrive in time");
/// Only `application/json` is understood.
pub const UNSUPPORTED_MEDIA_TYPE: Code = Code::new(
    415,
    "unsupported_media_type",
    10415,
    "请使用 application/json",
    "send application/json",
);
/// No credential, or one that is not good here.
pub const UNAUTHENTICATED: Code =
    Code::new(401, "unauthenticated", 10401, "请先登录", "sign in first");
/// The credential lacks the permission.
pub const FORBIDDEN: Code = Code::new(403, "forbidden", 10403, "没有权限", "not permitted");
/// No such thing, or not the caller's to see.
pub const NOT_FOUND: Code = Code::new(404, "not_found", 10404, "没有找到", "not found");
/// The route exists, not with this method.
pub const METHOD_NOT_ALLOWED: Code =
    Code::new(405, "method_not_allowed", 10405, "不支持该请求方法", "method not allowed");
/// Too many requests; `Retry-After` says when.
pub const RATE_LIMITED: Code = Code::new(
    429,
    "rate_limited",
    10429,
    "请求过于频繁，请稍后再试",
    "too many requests, try again later",
);
/// A part we depend on is away for the moment.
pub const UNAVAILABLE: Code = Code::new(
    503,
    "unavailable",
    10503,
    "服务暂时不可用，请稍后再试",
    "temporarily unavailable, try again",
);
/// A fault of ours.
pub const FAULT: Code = Code::new(
    500,
    "internal_error",
    10500,
    "系统错误，请联系客服并提供请求编号",
    "internal error, quote the request id",
);
/// The cursor was not given out by this list.
pub const BAD_CURSOR: Code =
    Code::new(400, "bad_cursor", 10440, "分页游标无效", "the cursor is not valid for this list");
/// The operation needs an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_MISSING: Code = Code::new(
    400,
    "idempotency_key_missing",
    10450,
    "缺少 Idempotency-Key 请求头",
    "the Idempotency-Key header is missing or malformed",
);
/// The key came with another request before.
pub const IDEMPOTENCY_KEY_REUSED: Code = Code::new(
    422,
    "idempotency_key_reused",
    10451,
    "同一 Idempotency-Key 用于了不同的请求",
    "this Idempotency-Key was used for another request",
);
/// The first request with the key still runs.
pub const IDEMPOTENCY_IN_FLIGHT: Code = Code::new(
    409,
    "idempotency_in_flight",
    10452,
    "同一请求正在处理中，请稍后重试",
    "the same request is still in progress",
);
/// Somebody else changed it first.
pub const VERSION_CONFLICT: Code = Code::new(
    412,
    "version_conflict",
    10412,
    "数据已被修改，请刷新后重试",
    "it was changed meanwhile, read it again",
);

/// All of the above, for the documentation and the uniqueness test.
pub const ALL: &[Code] = &[
    BAD_JSON,
    INVALID_FIELDS,
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    UNSUPPORTED_MEDIA_TYPE,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    RATE_LIMITED,
    UNAVAILABLE,
    FAULT,
    BAD_CURSOR,
    IDEMPOTENCY_KEY_MISSING,
    IDEMPOTENCY_KEY_REUSED,
    IDEMPOTENCY_IN_FLIGHT,
    VERSION_CONFLICT,
];
