//! One delivery over HTTP. The receiver is not trusted: no redirects, no proxy of the environment, an end for every wait,
//! a few bytes of answer.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::codes::AttemptOutcome;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Response, StatusCode, redirect};
use tokio::time::timeout;

use super::resolver::{Blocked, Filtered, LookUp, system};
use crate::app::App;
use crate::http::{Error, Result};
use crate::kernel::clock::{Clock, elapsed, monotonic};
use crate::webhooks::rules::message::excerpt;
use crate::webhooks::rules::schedule::rest_until;
use crate::webhooks::rules::signature::sign;
use crate::webhooks::rules::target::Policy;
use crate::webhooks::service::{Finished, Parcel, policy};

/// Bytes of an answer that are read at most.
const MOST_READ: usize = 4 * 1024;
const AGENT: &str = concat!("Huiyi-Webhooks/", env!("CARGO_PKG_VERSION"));

/// Sends parcels.
#[derive(Clone)]
pub struct Sender {
    http: Client,
    policy: Arc<Policy>,
    clock: Clock,
    patience: Duration,
}

/// What came of a request.
struct Heard {
    outcome: AttemptOutcome,
    status: Option<u16>,
    answer: Option<String>,
    rest_until: Option<DateTime<Utc>>,
}

impl Heard {
    const fn nothing(outcome: AttemptOutcome) -> Self {
        Self { outcome, status: None, answer: None, rest_until: None }
    }
}

impl Sender {
    /// A sender by the configuration.
    ///
    /// # Errors
    /// A fault when TLS cannot be set up.
    pub fn new(app: &App) -> Result<Self> {
        let patience = Duration::from_millis(app.config.webhooks.timeout_ms);
        Self::with(policy(app), system, app.clock.clone(), patience)
    }

    pub(super) fn with(
        policy: Policy,
        look_up: LookUp,
        clock: Clock,
        patience: Duration,
    ) -> Result<Self> {
        let policy = Arc::new(policy);
        let http = Client::builder()
            .dns_resolver(Arc::new(Filtered { policy: Arc::clone(&policy), look_up }))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .build()
            .map_err(Error::fault)?;
        Ok(Self { http, policy, clock, patience })
    }

    /// Sends one parcel and says how that ended.
    pub async fn send(&self, parcel: &Parcel) -> Finished {
        let (at, began) = (self.clock.now(), monotonic());
        let heard = self.exchange(parcel, at).await;
        Finished {
            delivery: parcel.delivery,
            at,
            outcome: heard.outcome,
            status: heard.status,
            duration_ms: i64::try_from(elapsed(began).as_millis()).unwrap_or(i64::MAX),
            answer: heard.answer,
            rest_until: heard.rest_until,
        }
    }

    async fn exchange(&self, parcel: &Parcel, at: DateTime<Utc>) -> Heard {
        // Addresses written as numbers never come to the resolver, and the policy may have changed since it was added.
        let Ok(url) = self.policy.read(&parcel.url) else {
            return Heard::nothing(AttemptOutcome::Blocked);
        };
        let (id, timestamp) = (parcel.event.to_string(), at.timestamp());
        let request = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, AGENT)
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", sign(&parcel.secrets, &id, timestamp, &parcel.body))
            .body(parcel.body.clone());
        // Only the status is waited for so long: once it is here, the event has arrived, however slow the body is.
        match timeout(self.patience, request.send()).await {
            Ok(Ok(response)) => self.hear(response, at).await,
            Ok(Err(error)) if is_blocked(&error) => Heard::nothing(AttemptOutcome::Blocked),
            Ok(Err(_)) => Heard::nothing(AttemptOutcome::Unreachable),
            Err(_) => Heard::nothing(AttemptOutcome::TimedOut),
        }
    }

    async fn hear(&self, response: Response, at: DateTime<Utc>) -> Heard {
        let status = response.status();
        let wish = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let rest_until =
            wish.filter(|_| may_ask_for_rest(status)).and_then(|it| rest_until(it, at));
        let outcome = match status {
            status if status.is_success() => AttemptOutcome::Delivered,
            StatusCode::GONE => AttemptOutcome::Gone,
            _ => AttemptOutcome::Refused,
        };
        // The status is the answer; a body that does not come to an end changes nothing.
        let body = timeout(self.patience / 3, beginning(response)).await.unwrap_or_default();
        let answer = Some(excerpt(&body)).filter(|text| !text.is_empty());
        Heard { outcome, status: Some(status.as_u16()), answer, rest_until }
    }
}

fn may_ask_for_rest(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || matches!(status.as_u16(), 502..=504)
}

/// Where the error came from our resolver.
fn is_blocked(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<Blocked>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = MOST_READ - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == MOST_READ {
            break;
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use entity::ids::{EventId, WebhookDeliveryId};

    use super::*;
    use crate::kernel::cidr::Cidrs;
    use crate::webhooks::rules::target::Schemes;

    fn parcel(url: String) -> Parcel {
        let at = DateTime::UNIX_EPOCH;
        let (delivery, event) = (WebhookDeliveryId::new(at), EventId::new(at));
        Parcel { delivery, event, url, body: "{}".to_owned(), secrets: Vec::new() }
    }

    /// S14, W5: a name that is harmless when it is checked and points home when it is used reaches nobody.
    #[tokio::test]
    async fn a_name_that_rebinds_to_a_private_address_is_not_connected_to() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let home = TcpListener::bind("127.0.0.1:0").unwrap();
        home.set_nonblocking(true).unwrap();
        let port = home.local_addr().unwrap().port();
        let policy = Policy { ports: vec![], networks: Cidrs::default(), schemes: Schemes::Plain };
        let url = format!("http://rebind.example:{port}/");
        assert!(policy.read(&url).is_ok());
        let rebinding: LookUp = |_| {
            Box::pin(async {
                Ok(["127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0", "169.254.169.254:0"]
                    .map(|text| text.parse().unwrap())
                    .to_vec())
            })
        };
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let sender = Sender::with(policy, rebinding, clock, Duration::from_mins(1)).unwrap();
        let finished = sender.send(&parcel(url)).await;
        assert_eq!(finished.outcome, AttemptOutcome::Blocked);
        assert!(home.accept().is_err(), "somebody came");
        let literal = sender.send(&parcel(format!("http://127.0.0.1:{port}/"))).await;
        assert_eq!(literal.outcome, AttemptOutcome::Blocked);
        assert!(home.accept().is_err(), "somebody came");
    }
}
