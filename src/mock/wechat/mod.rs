//! A stand-in for `api.weixin.qq.com`, for developers without a mini-program and for tests without a network.
//!
//! It answers like WeChat, with HTTP 200 and an `errcode` on refusals and a `rid` in `errmsg`:
//!
//! | call | behaviour |
//! | --- | --- |
//! | `GET /cgi-bin/token` | a new token each time; the older die 5 minutes later; 2,000 a day |
//! | `POST /cgi-bin/stable_token` | the same token with the time that is left, rolled 5 minutes before its end; `force_refresh` 20 times a day, without effect within 30 s of the last |
//! | `GET /sns/jscode2session` | a login code, good once within 5 minutes (40029, 40163), 100 a minute per user (45011), high-risk users (40226), a new `session_key` each time |
//! | `POST /wxa/business/getuserphonenumber` | a phone code, good once within 5 minutes; a login code or a used one is 40029, somebody else's `openid` 40003; 41001, 40001 and 42001 for tokens |
//!
//! The two kinds of token live in separate pools, the two kinds of code in separate namespaces. Everything is in
//! memory; the openid of a nickname is the same after a restart. What a person would do on her phone, and every
//! fault that a network can have, is asked for under `/__admin` (`GET /__admin` lists the calls with curl
//! lines) or through the methods of [`MockWechat`]. There is no authentication: listen on loopback only.

mod admin;
mod answer;
mod api;
mod calls;
mod codes;
mod fault;
mod hostile;
mod platform;
mod random;
mod server;
#[cfg(test)]
mod tests;
mod tokens;
mod users;
mod world;

pub use calls::{CallRecord, PathCount};
pub use fault::{Fault, FaultKind};
pub use server::{DEFAULT_LISTEN, MockWechat, MockWechatConfig, run};
pub use users::{NewUser, User};
pub use world::{AdminRefusal, CountryCodeForm, Issued, Person};
