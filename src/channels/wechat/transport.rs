//! One HTTP exchange with WeChat, and the few that may be repeated.
//!
//! The peer is not trusted (promise S27): no redirects, no proxy of the environment, an end for every wait, at most
//! 64 KiB of answer, the content type ignored. URLs are never logged: they carry the secret, the token and the code.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{sleep, timeout_at};

use super::answer::Verdict;
use super::breaker::Breaker;
use super::error::{Failure, InvalidMiniProgramConfig, WechatError, is_stale_token};
use crate::kernel::clock::{Clock, monotonic};

/// The longest answer that is read, in bytes; WeChat's have a few hundred.
const LONGEST_ANSWER: usize = 64 * 1024;
/// How long a connection may take, in all configurations.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Tries in all of a call that may be repeated (class R2).
const TRIES: u32 = 3;
/// The pause before the second try, doubled for the third; jitter takes up to half away.
const FIRST_PAUSE: Duration = Duration::from_millis(150);

pub(super) struct Transport {
    http: Client,
    base: Url,
    breaker: Breaker,
}

/// What to ask.
pub(super) struct Question<'a> {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// All of it is held for secret and kept out of logs.
    pub(super) query: Vec<(&'static str, &'a str)>,
    /// All of its texts are held for secret and kept out of logs.
    pub(super) body: Option<Value>,
    pub(super) effect: Effect,
}

/// What a call that WeChat saw, but whose answer we lost, may have changed there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing: it may be sent again.
    Idempotent,
    /// The one-time code is consumed: sent again, the answer would be 40163 and hide what happened.
    ConsumesCode,
}

impl Transport {
    pub(super) fn new(base_url: &str, clock: Clock) -> Result<Self, InvalidMiniProgramConfig> {
        let base = parse_base(base_url).ok_or(InvalidMiniProgramConfig::BaseUrl)?;
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|_| InvalidMiniProgramConfig::Tls)?;
        Ok(Self { http, base, breaker: Breaker::new(clock) })
    }

    /// Asks until `deadline`, again where class R2 and the effect of the question allow it.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        question: &Question<'_>,
        deadline: Instant,
    ) -> Result<T, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let until = this_try_until(question.effect, deadline);
            let failure = match self.exchange(question, until).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let pause = pause_after(tries);
            let is_late = monotonic() + pause >= deadline;
            if tries == TRIES || is_late || !may_repeat(failure, question.effect) {
                return Err(failure);
            }
            sleep(pause).await;
        }
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        question: &Question<'_>,
        until: Instant,
    ) -> Result<T, Failure> {
        let permit = self.breaker.admit().ok_or(Failure::CircuitOpen)?;
        let received = timeout_at(until.into(), self.send_and_read(question)).await;
        let answer = received
            .unwrap_or_else(|_| {
                tracing::warn!(path = question.path, "WeChat did not answer in time");
                Err(Failure::Unanswered)
            })
            .and_then(|body| understand(question, &body));
        match answer {
            Ok(_) | Err(Failure::Refused(_) | Failure::Throttled) => permit.succeeded(),
            Err(_) => permit.failed(),
        }
        answer
    }

    async fn send_and_read(&self, question: &Question<'_>) -> Result<Vec<u8>, Failure> {
        let request = self.request(question).ok_or(Failure::NotSent)?;
        let response = self.http.execute(request).await.map_err(|error| lost(question, error))?;
        check_status(question, response.status())?;
        read_capped(question, response).await
    }

    fn request(&self, question: &Question<'_>) -> Option<reqwest::Request> {
        let mut url = self.base.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(question.path.split('/').skip(1));
        let mut request = self.http.request(question.method.clone(), url).query(&question.query);
        if let Some(body) = &question.body {
            request = request.json(body);
        }
        request.build().ok()
    }
}

fn parse_base(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    is_plain.then_some(url)
}

/// A try that may be repeated leaves time for the next; one that may not gets all there is.
fn this_try_until(effect: Effect, deadline: Instant) -> Instant {
    match effect {
        Effect::ConsumesCode => deadline,
        Effect::Idempotent => {
            let now = monotonic();
            now + deadline.saturating_duration_since(now) / 2
        }
    }
}

fn may_repeat(failure: Failure, effect: Effect) -> bool {
    match failure {
        Failure::NotSent | Failure::Busy => true,
        Failure::Unanswered => effect == Effect::Idempotent,
        Failure::CircuitOpen | Failure::Garbage | Failure::Throttled | Failure::Refused(_) => false,
    }
}

fn pause_after(tries: u32) -> Duration {
    (FIRST_PAUSE * 2_u32.pow(tries - 1)).mul_f64(rand::random_range(0.5..=1.0))
}

fn lost(question: &Question<'_>, error: reqwest::Error) -> Failure {
    let failure = if error.is_connect() { Failure::NotSent } else { Failure::Unanswered };
    let error = error.without_url();
    tracing::warn!(path = question.path, %error, "no answer from WeChat");
    failure
}

fn check_status(question: &Question<'_>, status: StatusCode) -> Result<(), Failure> {
    if status == StatusCode::OK {
        return Ok(());
    }
    tracing::warn!(path = question.path, status = status.as_u16(), "WeChat answered a bad status");
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => Failure::Throttled,
        status if status.is_server_error() => Failure::Unanswered,
        // A redirect is not followed: the secret must not go to another host.
        _ => Failure::Garbage,
    })
}

async fn read_capped(question: &Question<'_>, mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(question, error))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            tracing::warn!(path = question.path, "WeChat's answer is too long");
            return Err(Failure::Garbage);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn understand<T: DeserializeOwned>(question: &Question<'_>, body: &[u8]) -> Result<T, Failure> {
    let verdict: Verdict = parse(question, body)?;
    match verdict.errcode {
        0 => parse(question, body),
        errcode => {
            log_refusal(question, &verdict);
            Err(if errcode == -1 { Failure::Busy } else { Failure::Refused(errcode) })
        }
    }
}

/// serde's messages quote the values they do not like, so only the place is logged.
fn parse<T: DeserializeOwned>(question: &Question<'_>, body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let (path, at) = (question.path, error.column());
        tracing::warn!(path, bytes = body.len(), at, "WeChat's answer is not as documented");
        Failure::Garbage
    })
}

fn log_refusal(question: &Question<'_>, verdict: &Verdict) {
    let text = verdict.errmsg.as_deref().unwrap_or_default();
    let (path, errcode) = (question.path, verdict.errcode);
    let (rid, errmsg) = (rid_in(text), scrubbed(text, question));
    // Stale codes and tokens are everyday life; what an operator must look at stands out.
    match WechatError::of_errcode(errcode) {
        WechatError::Misconfigured { .. } if errcode != -1 && !is_stale_token(errcode) => {
            tracing::error!(path, errcode, rid, errmsg, "WeChat refuses our configuration");
        }
        WechatError::RateLimited => {
            tracing::warn!(path, errcode, rid, errmsg, "WeChat limits our calls");
        }
        _ => tracing::info!(path, errcode, rid, errmsg, "WeChat refused"),
    }
}

/// The request id by which WeChat finds a call again for seven days: `rid: 65f0a1b2-1c2d3e4f-5a6b7c8d`.
fn rid_in(errmsg: &str) -> &str {
    let Some((_, after)) = errmsg.rsplit_once("rid: ") else { return "" };
    let is_rid = |c: char| c.is_ascii_hexdigit() || c == '-';
    let end = after.find(|c| !is_rid(c)).unwrap_or(after.len());
    &after[..end.min(48)]
}

/// `errmsg` for the log: short, on one line, without anything that we sent.
fn scrubbed(errmsg: &str, question: &Question<'_>) -> String {
    let in_query = question.query.iter().map(|(_, value)| *value);
    let in_body = question.body.iter().filter_map(Value::as_object).flat_map(|map| map.values());
    let mut text = errmsg.to_owned();
    for sent in in_query.chain(in_body.filter_map(Value::as_str)).filter(|sent| !sent.is_empty()) {
        text = text.replace(sent, "***");
    }
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn base_urls_are_plain_or_refused() {
        for good in ["https://api.weixin.qq.com", "http://127.0.0.1:7900/", "https://gw.example/wx"]
        {
            assert!(parse_base(good).is_some(), "{good}");
        }
        let bad = ["", "api.weixin.qq.com", "ftp://a.example", "https://u:p@a.example"];
        for bad in
            bad.into_iter().chain(["https://a.example?x=1", "data:,x", "https://a.example#x"])
        {
            assert!(parse_base(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_path_is_appended_to_the_base_whether_it_ends_in_a_slash_or_not() {
        for base in ["http://h.example/wx", "http://h.example/wx/"] {
            let transport = Transport::new(base, Clock::system()).unwrap();
            let url = transport.request(&question()).unwrap().url().clone();
            assert_eq!(url.as_str(), "http://h.example/wx/sns/x?secret=s3cr3t%26");
        }
    }

    fn question() -> Question<'static> {
        Question {
            method: Method::GET,
            path: "/sns/x",
            query: vec![("secret", "s3cr3t&")],
            body: Some(json!({"code": "c0de"})),
            effect: Effect::Idempotent,
        }
    }

    #[test]
    fn a_log_line_holds_nothing_of_what_was_sent() {
        let errmsg = "bad c0de\n with s3cr3t&, rid: 65f0a1b2-1c2d3e4f-5a6b7c8d";
        let expected = "bad *** with ***, rid: 65f0a1b2-1c2d3e4f-5a6b7c8d";
        assert_eq!(scrubbed(errmsg, &question()), expected);
        assert!(scrubbed(&"x".repeat(5_000), &question()).len() <= 200);
    }

    #[test]
    fn the_request_id_is_found_in_both_documented_places() {
        let rid = "65f0a1b2-1c2d3e4f-5a6b7c8d";
        assert_eq!(rid_in(&format!("code been used, rid: {rid}")), rid);
        assert_eq!(rid_in(&format!("invalid code hint: [hEl-x] rid: {rid}\r\nx")), rid);
        assert_eq!(rid_in("ok"), "");
    }

    #[test]
    fn only_what_wechat_cannot_have_acted_on_is_repeated_with_a_one_time_code() {
        for failure in [Failure::NotSent, Failure::Busy] {
            assert!(may_repeat(failure, Effect::ConsumesCode));
            assert!(may_repeat(failure, Effect::Idempotent));
        }
        assert!(!may_repeat(Failure::Unanswered, Effect::ConsumesCode));
        assert!(may_repeat(Failure::Unanswered, Effect::Idempotent));
        assert!(!may_repeat(Failure::CircuitOpen, Effect::Idempotent));
    }
}
