//! Why WeChat could not do what was asked, in our words.

/// What came of a call to WeChat when it did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WechatError {
    /// The one-time code was used before; the front end must get a new one (40163).
    #[error("the WeChat code was used before")]
    CodeUsed,
    /// The one-time code is unknown, expired or somebody else's; the front end must get a new one (40029, 40003).
    #[error("the WeChat code is not valid")]
    CodeInvalid,
    /// WeChat holds this person for high-risk; repeating does not help (40226).
    #[error("WeChat blocks this user")]
    UserBlocked,
    /// A quota of a minute or a day is used up (45009, 45011, HTTP 429).
    #[error("WeChat limits our calls")]
    RateLimited,
    /// An operator must act: app id, secret, IP list, permission (every other errcode).
    #[error("WeChat refuses our configuration with errcode {errcode}")]
    Misconfigured {
        /// What WeChat answered; its meaning is in WeChat's table of return codes.
        errcode: i64,
    },
    /// WeChat did not answer in time, is busy, answers 5xx, or the circuit breaker is open.
    #[error("WeChat cannot be reached")]
    Unavailable,
    /// The answer is not of the documented shape: not JSON, wrong types, redirected, over 64 KiB.
    #[error("WeChat answered something unintelligible")]
    Garbage,
}

impl WechatError {
    /// The sense of an `errcode` other than 0 and -1.
    pub(super) const fn of_errcode(errcode: i64) -> Self {
        match errcode {
            40163 => Self::CodeUsed,
            // 40003: the phone code belongs to another openid; 41008: WeChat saw an empty code.
            40029 | 40003 | 41008 => Self::CodeInvalid,
            40226 => Self::UserBlocked,
            45009 | 45011 => Self::RateLimited,
            errcode => Self::Misconfigured { errcode },
        }
    }
}

/// Whether an `errcode` says that the access token is stale (retry class R1).
pub(super) const fn is_stale_token(errcode: i64) -> bool {
    matches!(errcode, 40001 | 40014 | 42001)
}

/// Why a client cannot be built from its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMiniProgramConfig {
    /// The base URL is not an absolute http(s) URL without query and user.
    #[error("the WeChat base URL must be an absolute http or https URL without user and query")]
    BaseUrl,
    /// The app id or the secret is empty.
    #[error("the WeChat app id and app secret must not be empty")]
    Credentials,
    /// The time-out is zero.
    #[error("the WeChat time-out must be longer than zero")]
    Timeout,
    /// The TLS set-up of the machine failed.
    #[error("no TLS client could be built on this machine")]
    Tls,
}

/// How one HTTP exchange failed: finer than [`WechatError`], because it decides whether to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The breaker is open; nothing was sent.
    CircuitOpen,
    /// No connection; nothing was sent.
    NotSent,
    /// errcode -1: WeChat says that it did nothing.
    Busy,
    /// Time-out, cut connection or 5xx: WeChat may have acted.
    Unanswered,
    /// The answer is unintelligible.
    Garbage,
    /// HTTP 429.
    Throttled,
    /// WeChat answered an errcode.
    Refused(i64),
}

impl From<Failure> for WechatError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::CircuitOpen | Failure::NotSent | Failure::Busy | Failure::Unanswered => {
                Self::Unavailable
            }
            Failure::Garbage => Self::Garbage,
            Failure::Throttled => Self::RateLimited,
            Failure::Refused(errcode) => Self::of_errcode(errcode),
        }
    }
}
