//! Events delivered to third parties (OP-3, A3, W1 to W5).

mod delivering;
mod endpoints;
mod isolation;
mod log;
mod peers;
mod schedule;

use huiyi::config::Config;
use huiyi::events::Relay;
use huiyi::kernel::ids::MemberId;
use huiyi::webhooks::jobs::deliver_due;
use huiyi::wiring::reactions::REACTIONS;
use serde_json::{Value, json};

use crate::support::{Received, Receiver, TestApp, earn};

/// A partner of a running Huiyi, with a receiver and one endpoint at its `/hook`.
pub struct Hooked {
    pub app: TestApp,
    pub receiver: Receiver,
    /// The partner's key.
    pub key: String,
    /// The endpoint.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

/// Receivers of tests are on this machine: by name and nowhere else.
pub fn at_home(config: &mut Config) {
    config.webhooks.allowed_networks.0 = vec!["127.0.0.1".parse().unwrap()];
    config.webhooks.allow_http = true;
    config.webhooks.ports = Vec::new();
    // Nobody here is too slow, unless a test is about that.
    config.webhooks.timeout_ms = 30_000;
}

impl Hooked {
    /// With an endpoint that asks for `events`.
    pub async fn start(events: &[&str]) -> Self {
        Self::start_with(events, |_| {}).await
    }

    /// The same, by another configuration.
    pub async fn start_with(events: &[&str], change: impl FnOnce(&mut Config)) -> Self {
        let app = TestApp::start_with(|config| {
            at_home(config);
            change(config);
        })
        .await;
        let receiver = Receiver::start().await;
        let key = app.partner("ERP", &["webhooks:manage"]).await;
        let url = format!("{}/hook", receiver.url);
        let (id, secret) = add(&app, &key, &url, events).await;
        Self { app, receiver, key, id, secret }
    }

    /// Relays events and delivers what is due now.
    pub async fn deliver(&self) -> u64 {
        deliver(&self.app).await
    }

    /// Something happens to a member: `points.moved`.
    pub async fn happens(&self, member: MemberId, name: &str) {
        self.app.moved(member, &format!("{member} {name}"), earn(1)).await;
    }

    /// Reads or writes as the partner.
    pub async fn get(&self, path: &str) -> Value {
        self.app.get(&format!("/v1/open{path}")).bearer(&self.key).send().await.expect(200)
    }

    /// A POST as the partner.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let call = self.app.post(&format!("/v1/open{path}")).bearer(&self.key).json(body);
        let answer = call.send().await;
        assert!((200..300).contains(&answer.status), "{}", answer.text);
        answer.body
    }

    /// The endpoint as it is now.
    pub async fn endpoint(&self) -> Value {
        self.get(&format!("/webhook-endpoints/{}", self.id)).await
    }

    /// Switches it on or off.
    pub async fn switch(&self, state: &str) {
        let path = format!("/v1/open/webhook-endpoints/{}", self.id);
        let body = json!({"state": state});
        self.app.patch(&path).bearer(&self.key).json(&body).send().await.expect(200);
    }

    /// Its deliveries, newest first.
    pub async fn deliveries(&self) -> Vec<Value> {
        let page = self.get(&format!("/webhook-endpoints/{}/deliveries?limit=100", self.id)).await;
        page["items"].as_array().unwrap().clone()
    }
}

/// Adds an endpoint over HTTP: its id and its secret.
pub async fn add(app: &TestApp, key: &str, url: &str, events: &[&str]) -> (String, String) {
    let body = json!({"url": url, "events": events});
    let call = app.post("/v1/open/webhook-endpoints").bearer(key).json(&body);
    let added = call.send().await.expect(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&added["endpoint"]["id"]), text(&added["secret"]))
}

/// Relays events and delivers what is due now; says how many attempts that took.
pub async fn deliver(app: &TestApp) -> u64 {
    Relay::new(app.app.clone(), REACTIONS).drain().await.unwrap();
    deliver_due(&app.app).await.unwrap()
}

/// The body of a delivery.
pub fn body(received: &Received) -> Value {
    serde_json::from_str(&received.body).unwrap()
}
