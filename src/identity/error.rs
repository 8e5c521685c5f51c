//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// The `wx.login` code is used, expired or unknown to WeChat.
pub const CODE_INVALID: Code = Code::new(
    400,
    "identity_code_invalid",
    11201,
    "登录凭证已失效，请重新打开小程序登录",
    "the sign-in code is used or has expired, call wx.login again",
);
/// WeChat holds this person for high-risk.
pub const USER_BLOCKED: Code = Code::new(
    403,
    "identity_user_blocked",
    11202,
    "微信限制了该账号登录，请联系客服",
    "WeChat blocks this account, contact support",
);
/// WeChat's quota for us or for this person is used up.
pub const WECHAT_LIMITED: Code = Code::new(
    429,
    "identity_wechat_limited",
    11203,
    "操作过于频繁，请稍后再试",
    "WeChat limits these calls, try again later",
);
/// WeChat does not answer, or not sensibly.
pub const WECHAT_UNAVAILABLE: Code = Code::new(
    503,
    "identity_wechat_unavailable",
    11204,
    "微信服务暂时不可用，请稍后再试",
    "WeChat cannot be reached, try again",
);
/// WeChat refuses our app id, secret, address or permission: an operator must act.
pub const WECHAT_MISCONFIGURED: Code = Code::new(
    503,
    "identity_wechat_misconfigured",
    11205,
    "微信登录暂不可用，请联系客服",
    "signing in with WeChat is not set up correctly, contact support",
);
/// Only mainland mobile numbers are bound.
pub const PHONE_UNSUPPORTED: Code = Code::new(
    422,
    "identity_phone_unsupported",
    11206,
    "仅支持绑定中国大陆手机号",
    "only mainland mobile numbers (+86) can be bound",
);
/// She proved another phone before; changing it needs proof of both (ID-4).
pub const PHONE_BOUND: Code = Code::new(
    409,
    "identity_phone_bound",
    11207,
    "该账号已绑定其他手机号",
    "another phone is bound to this account",
);
/// The code of the phone button is used, expired, unknown to WeChat or somebody else's.
pub const PHONE_CODE_INVALID: Code = Code::new(
    400,
    "identity_phone_code_invalid",
    11208,
    "手机号授权已失效，请重新点击授权",
    "the phone code is used or has expired, press the button again",
);

/// All of the above.
pub const ALL: &[Code] = &[
    CODE_INVALID,
    USER_BLOCKED,
    WECHAT_LIMITED,
    WECHAT_UNAVAILABLE,
    WECHAT_MISCONFIGURED,
    PHONE_UNSUPPORTED,
    PHONE_BOUND,
    PHONE_CODE_INVALID,
];
