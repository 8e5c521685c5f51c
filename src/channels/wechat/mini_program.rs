//! The mini-program's server side: who signed in, what is her phone number.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::answer::{PhoneAnswer, SessionAnswer, TokenAnswer};
use super::error::{Failure, InvalidMiniProgramConfig, WechatError, is_stale_token};
use super::identity::{WechatIdentity, WechatPhone};
use super::token::{Token, TokenCache};
use super::transport::{Effect, Question, Transport};
use crate::kernel::clock::{Clock, monotonic};

/// How long a whole call takes at most where nothing else is configured; sign-in promises 5 s (F5).
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(4);

/// What a mini-program's client needs to know.
#[derive(Debug, Clone)]
pub struct MiniProgramConfig {
    /// Where WeChat is: `https://api.weixin.qq.com`, or a stand-in.
    pub base_url: String,
    /// The mini-program's `AppID`.
    pub app_id: String,
    /// Its `AppSecret`.
    pub app_secret: SecretString,
    /// The end of a whole call with its token and its repetitions; see [`DEFAULT_TIMEOUT`].
    pub timeout: Duration,
}

/// A client of WeChat for one mini-program; clones share the token, the connections and the breaker.
#[derive(Clone)]
pub struct MiniProgram(Arc<Inner>);

struct Inner {
    config: MiniProgramConfig,
    transport: Transport,
    tokens: TokenCache,
}

impl MiniProgram {
    /// Builds the client; nothing is asked of WeChat yet.
    pub fn new(config: MiniProgramConfig, clock: Clock) -> Result<Self, InvalidMiniProgramConfig> {
        if config.app_id.is_empty() || config.app_secret.expose_secret().is_empty() {
            return Err(InvalidMiniProgramConfig::Credentials);
        }
        if config.timeout.is_zero() {
            return Err(InvalidMiniProgramConfig::Timeout);
        }
        let transport = Transport::new(&config.base_url, clock.clone())?;
        Ok(Self(Arc::new(Inner { config, transport, tokens: TokenCache::new(clock) })))
    }

    /// The mini-program's `AppID`.
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.0.config.app_id
    }

    /// Who stands behind a `wx.login` code (code2Session, ID-1). The `session_key` is not even read.
    ///
    /// The code is good once, for five minutes. When the answer is lost the call is not repeated, because the
    /// code may be consumed: the front end calls `wx.login` again, which costs the shopper nothing.
    pub async fn sign_in(&self, code: &str) -> Result<WechatIdentity, WechatError> {
        check_code(code)?;
        let question = Question {
            method: Method::GET,
            path: "/sns/jscode2session",
            query: vec![
                ("appid", self.app_id()),
                ("secret", self.secret()),
                ("js_code", code),
                ("grant_type", "authorization_code"),
            ],
            body: None,
            effect: Effect::ConsumesCode,
        };
        let answer: SessionAnswer = self.0.transport.ask(&question, self.deadline()).await?;
        Ok(WechatIdentity::try_from(answer)?)
    }

    /// The phone number behind the code of a `getPhoneNumber` button, if it belongs to `openid` (ID-1).
    ///
    /// That code is not a login code; it is good once, for five minutes, and not sent again when the answer
    /// is lost. Only the number that WeChat verified comes back, never one that the shopper typed.
    pub async fn phone_number(&self, code: &str, openid: &str) -> Result<WechatPhone, WechatError> {
        check_code(code)?;
        let deadline = self.deadline();
        let token = self.token(deadline).await?;
        let answer = match self.ask_phone(&token, code, openid, deadline).await {
            Err(Failure::Refused(errcode)) if is_stale_token(errcode) => {
                self.0.tokens.forget(token.generation);
                let token = self.token(deadline).await?;
                self.ask_phone(&token, code, openid, deadline).await?
            }
            answer => answer?,
        };
        Ok(WechatPhone::try_from(answer)?)
    }

    /// Whether WeChat gives us an access token: reachable, id and secret right, our IP allowed.
    pub async fn check(&self) -> Result<(), WechatError> {
        self.fetch_token(self.deadline()).await.map(drop)
    }

    async fn ask_phone(
        &self,
        token: &Token,
        code: &str,
        openid: &str,
        deadline: Instant,
    ) -> Result<PhoneAnswer, Failure> {
        let question = Question {
            method: Method::POST,
            path: "/wxa/business/getuserphonenumber",
            query: vec![("access_token", token.value.expose_secret())],
            body: Some(json!({ "code": code, "openid": openid })),
            effect: Effect::ConsumesCode,
        };
        self.0.transport.ask(&question, deadline).await
    }

    async fn token(&self, deadline: Instant) -> Result<Token, WechatError> {
        self.0.tokens.get(deadline, async || self.fetch_token(deadline).await).await
    }

    async fn fetch_token(&self, deadline: Instant) -> Result<TokenAnswer, WechatError> {
        let question = Question {
            method: Method::POST,
            path: "/cgi-bin/stable_token",
            query: Vec::new(),
            body: Some(json!({
                "grant_type": "client_credential",
                "appid": self.app_id(),
                "secret": self.secret(),
                "force_refresh": false,
            })),
            effect: Effect::Idempotent,
        };
        let answer: TokenAnswer = self.0.transport.ask(&question, deadline).await?;
        Ok(answer.checked()?)
    }

    /// The token in use, so that a test can look for it where it must not be.
    #[cfg(test)]
    pub(super) async fn token_for_test(&self) -> String {
        let token = self.token(self.deadline()).await;
        token.map(|token| token.value.expose_secret().to_owned()).unwrap_or_default()
    }

    fn secret(&self) -> &str {
        self.0.config.app_secret.expose_secret()
    }

    fn deadline(&self) -> Instant {
        monotonic() + self.0.config.timeout
    }
}

impl fmt::Debug for MiniProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MiniProgram").field("app_id", &self.app_id()).finish_non_exhaustive()
    }
}

/// The longest code that is worth asking about; WeChat's have 32 and 64 characters.
const LONGEST_CODE: usize = 256;

/// What cannot be a code is refused here: it costs no call and does not count against our quota.
fn check_code(code: &str) -> Result<(), WechatError> {
    let is_sound = (1..=LONGEST_CODE).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_graphic());
    if is_sound { Ok(()) } else { Err(WechatError::CodeInvalid) }
}
