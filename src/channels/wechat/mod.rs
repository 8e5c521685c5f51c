//! WeChat mini-programs: sign-in, the phone number, and the access token they need.
//!
//! Invariants:
//! - `session_key` is never read out of an answer, so it cannot leave this folder.
//! - A one-time code is sent again only when WeChat cannot have consumed it: after a failed connection or
//!   errcode -1, never after a time-out, a cut answer or a 5xx.
//! - Nothing branches on `errmsg`, and no secret, token, code, openid or phone reaches the log.

mod answer;
mod breaker;
mod error;
mod identity;
mod mini_program;
#[cfg(test)]
mod tests;
mod token;
mod transport;

pub use error::{InvalidMiniProgramConfig, WechatError};
pub use identity::{OpenId, UnionId, WechatIdentity, WechatPhone};
pub use mini_program::{DEFAULT_TIMEOUT, MiniProgram, MiniProgramConfig};
