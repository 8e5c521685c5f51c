//! Signed requests (S21): the key is never sent, a request is good for minutes and once.

use std::time::Duration;

use super::authenticate::{ActiveKey, alive};
use crate::app::App;
use crate::config::Environment;
use crate::http::{Error, Result};
use crate::partners::error::{
    SIGNATURE_EXPIRED, SIGNATURE_MALFORMED, SIGNATURE_REPLAYED, SIGNATURE_UNCHECKED,
    SIGNATURE_WRONG, SIGNING_OFF,
};
use crate::partners::rules::{Claim, WINDOW_SECONDS, signed_text};

pub use crate::partners::rules::{HEADERS, SentHeaders, Target};

/// Longer than the ten minutes in which a timestamp from the future can be good.
const NONCE_KEPT: Duration = Duration::from_mins(11);

/// A request that says who signed it; nothing is proved yet.
#[derive(Debug)]
pub struct Announced {
    claim: Claim,
    key: ActiveKey,
}

/// Reads who is said to have signed, and refuses what needs no body to be refused.
///
/// # Errors
/// `signature_malformed`, `unauthenticated`, `signing_off`, `signature_expired`.
pub async fn announced(app: &App, sent: SentHeaders<'_>) -> Result<Announced> {
    let claim = Claim::read(app.mode, sent).map_err(|headers| malformed(&headers))?;
    let key = alive(app, claim.key).await?;
    if key.signer().is_none() {
        return Err(SIGNING_OFF.into());
    }
    let now = app.clock.now().timestamp();
    if claim.timestamp.abs_diff(now) > WINDOW_SECONDS.unsigned_abs() {
        return Err(expired(claim.timestamp, now));
    }
    Ok(Announced { claim, key })
}

impl Announced {
    /// Who is said to have signed.
    #[must_use]
    pub const fn key(&self) -> &ActiveKey {
        &self.key
    }
}

/// What makes a signed request good once.
#[derive(Debug)]
pub struct Nonce(String);

impl Nonce {
    fn place(&self) -> String {
        format!("nonce/{}", self.0)
    }
}

/// Proves that `announced` signed this request; that it comes for the first time is for [`use_up`] to say, once it is known
/// that it would be let in.
///
/// # Errors
/// `signature_wrong`.
pub fn verify(
    app: &App,
    announced: Announced,
    target: Target<'_>,
    body: &[u8],
) -> Result<(ActiveKey, Nonce)> {
    let Announced { claim, key } = announced;
    let text = signed_text(target, claim.timestamp, &claim.nonce, body);
    if !key.signer().is_some_and(|signer| signer.has_signed(&text, &claim.signature)) {
        return Err(wrong(app.config.environment, &text));
    }
    let nonce = app.vault.index("partner nonce", &format!("{} {}", claim.key, claim.nonce));
    Ok((key, Nonce(nonce.0)))
}

/// Refuses a request that was let in before, and keeps nothing: a stranger who repeats what it has seen takes nothing of the
/// partner's quota. Of several that come at once [`use_up`] says which is the first.
///
/// # Errors
/// As [`use_up`].
pub async fn refuse_used(app: &App, nonce: &Nonce) -> Result<()> {
    match app.kv.get(&nonce.place()).await {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(SIGNATURE_REPLAYED.into()),
        Err(_) => Err(unchecked()),
    }
}

/// Lets a request in that comes for the first time. After the signature, so that nobody else can use up a partner's nonces,
/// and after the quota, so that no more of them are kept than requests are let in, and one that was refused for coming too
/// soon may come again as it is.
///
/// # Errors
/// `signature_replayed`; `signature_unchecked` while nonces cannot be kept: never open.
pub async fn use_up(app: &App, nonce: &Nonce) -> Result<()> {
    match app.kv.put_if_absent(&nonce.place(), b"", NONCE_KEPT).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(SIGNATURE_REPLAYED.into()),
        Err(_) => Err(unchecked()),
    }
}

fn unchecked() -> Error {
    Error::from(SIGNATURE_UNCHECKED).retry_after(1)
}

fn malformed(headers: &[&'static str]) -> Error {
    headers.iter().fold(Error::from(SIGNATURE_MALFORMED), |error, header| {
        let (zh, en) = match *header {
            "X-App-Id" => ("密钥编号 key_…，不是密钥本身", "the id key_…, not the key itself"),
            "X-Timestamp" => ("1970 年以来的秒数，整数", "whole seconds since 1970"),
            "X-Nonce" => ("16 至 64 位字母、数字、- 或 _", "16 to 64 of A-Z, a-z, 0-9, - and _"),
            _ => ("HMAC-SHA256 的 64 位十六进制", "the HMAC-SHA256 as 64 hexadecimal digits"),
        };
        error.at(*header, "header", zh, en)
    })
}

fn expired(sent: i64, now: i64) -> Error {
    let off = sent.saturating_sub(now);
    let zh = format!("服务器时间为 {now}，请求时间相差 {off} 秒");
    let en = format!("the server's clock says {now}, the timestamp is {off} seconds off");
    Error::from(SIGNATURE_EXPIRED).at("X-Timestamp", "clock", &zh, &en)
}

/// Where engineers develop, what the server would have signed says which part differs. It holds no secret, but nothing of
/// a production request belongs into an answer.
fn wrong(environment: Environment, text: &str) -> Error {
    let error = Error::from(SIGNATURE_WRONG);
    match environment {
        Environment::Production => error,
        Environment::Development => {
            let (zh, en) =
                (format!("服务器签名的文本：{text}"), format!("the server signs: {text}"));
            error.at("X-Signature", "signed_text", &zh, &en)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_production_nothing_of_the_request_is_quoted() {
        let told = |environment| wrong(environment, "GET\n/v1/open/me").refusal().fields.len();
        assert_eq!(told(Environment::Production), 0);
        assert_eq!(told(Environment::Development), 1);
    }
}
