//! What WeChat refuses, in our words.

use crate::channels::wechat::WechatError;
use crate::http::{Code, Error};
use crate::identity::error;

/// WeChat counts by the minute.
const LIMITED_SECONDS: u64 = 60;
/// The circuit breaker looks again within this time.
const UNAVAILABLE_SECONDS: u64 = 5;

/// The refusal for a failed call; `bad_code` is what a bad code is called where it was sent.
pub(super) fn refusal(failure: WechatError, bad_code: Code) -> Error {
    match failure {
        WechatError::CodeUsed | WechatError::CodeInvalid => bad_code.into(),
        WechatError::UserBlocked => error::USER_BLOCKED.into(),
        WechatError::RateLimited => Error::from(error::WECHAT_LIMITED).retry_after(LIMITED_SECONDS),
        WechatError::Misconfigured { errcode } => {
            tracing::error!(errcode, "WeChat refuses our configuration");
            Error::from(error::WECHAT_MISCONFIGURED).retry_after(LIMITED_SECONDS)
        }
        WechatError::Unavailable | WechatError::Garbage => {
            tracing::warn!(%failure, "WeChat did not answer");
            Error::from(error::WECHAT_UNAVAILABLE).retry_after(UNAVAILABLE_SECONDS)
        }
    }
}
