//! The real app on a free port, with its own database, kv, clock and stand-in WeChat.

mod campaigns;
mod client;
pub mod contract;
mod database;
pub mod events;
mod ledger;
pub mod logs;
mod people;
mod receiver;
pub mod redis;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::dev::ServerHandle;
use chrono::{DateTime, TimeDelta, Utc};
use huiyi::app::App;
use huiyi::config::{self, Config};
use huiyi::events::Relay;
use huiyi::http::metrics::Metrics;
use huiyi::jobs::Worker;
use huiyi::kernel::clock::Clock;
use huiyi::mock::wechat::{MockWechat, MockWechatConfig};
use huiyi::webhooks::jobs::deliver_due;
use huiyi::wiring::{jobs, reactions, server};
use secrecy::SecretString;

pub use campaigns::*;
pub use client::{Answer, Call};
pub use database::{Kind, TestDb, kind};
pub use ledger::*;
pub use people::*;
pub use receiver::{Received, Receiver, Reply};

/// A running Huiyi of this test alone. Dropping it stops the server and removes the database.
pub struct TestApp {
    /// The parts, to look inside or to call a service that has no route.
    pub app: App,
    /// Its clock; stands still until moved.
    pub clock: Clock,
    /// The WeChat it talks to.
    pub wechat: MockWechat,
    /// Its base URL.
    pub url: String,
    client: reqwest::Client,
    server: ServerHandle,
    started: DateTime<Utc>,
    // Dropped last: the app must let go of the database first.
    database: TestDb,
}

/// A Sunday, noon in Shanghai.
pub const START: &str = "2026-03-15T04:00:00Z";

static NEXT: AtomicU64 = AtomicU64::new(1);

impl TestApp {
    /// Starts one, on the database that HUIYI_TEST_DB names (SQLite without it).
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts one with another configuration.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        logs::keep();
        let clock = Clock::manual(START.parse().unwrap());
        let database = TestDb::create().await;
        let wechat = MockWechat::start(MockWechatConfig::new(clock.clone())).unwrap();
        let mut config = config::load(None).unwrap();
        config.server.data_dir = database.folder().to_owned();
        config.database.url = SecretString::from(database.url());
        config.database.max_connections = 8;
        config.database.acquire_seconds = 30;
        config.redis.url =
            SecretString::from(std::env::var("HUIYI_TEST_REDIS_URL").unwrap_or_default());
        config.redis.prefix =
            format!("t{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        config.wechat.base_url.clone_from(&wechat.base_url);
        config.wechat.app_id = wechat.app_id().to_owned();
        config.wechat.app_secret = wechat.app_secret().clone();
        change(&mut config);
        let app = App::build(config, clock.clone()).await.unwrap();
        let (url, server) = serve(&app);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let started = clock.now();
        Self { app, clock, wechat, url, client, server, started, database }
    }

    /// Another process on the same database and kv: its own caches, its own server. Gives its URL.
    pub async fn replica(&self) -> (App, String, ServerHandle) {
        let app = App::build(self.app.config.clone(), self.clock.clone()).await.unwrap();
        let (url, server) = serve(&app);
        (app, url, server)
    }

    /// Its database, for a connection beside the app's.
    pub fn database_url(&self) -> String {
        self.database.url()
    }

    /// Now, by the app's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Moves the clock of the app and of WeChat.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Hands on whatever events there are.
    pub async fn relay(&self) {
        Relay::new(self.app.clone(), reactions::REACTIONS).drain().await.unwrap();
    }

    /// Runs whatever a worker would do now that has been there since the start of the app: slots of schedules that
    /// are due, events, jobs, deliveries, until nothing is left. A job that failed waits for its next attempt.
    pub async fn work(&self) {
        self.work_with(&jobs::worker(&self.app)).await;
    }

    /// The same, with other handlers and schedules.
    pub async fn work_with(&self, worker: &Worker) {
        let relay = Relay::new(self.app.clone(), reactions::REACTIONS);
        worker.plan(self.started).await.unwrap();
        worker.plan(self.now()).await.unwrap();
        loop {
            let done = relay.drain().await.unwrap() + worker.drain().await.unwrap();
            if done + deliver_due(&self.app).await.unwrap() == 0 {
                return;
            }
        }
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Call {
        self.call(reqwest::Method::GET, path)
    }

    /// A POST.
    pub fn post(&self, path: &str) -> Call {
        self.call(reqwest::Method::POST, path)
    }

    /// A PATCH.
    pub fn patch(&self, path: &str) -> Call {
        self.call(reqwest::Method::PATCH, path)
    }

    /// A DELETE.
    pub fn delete(&self, path: &str) -> Call {
        self.call(reqwest::Method::DELETE, path)
    }

    /// Any request.
    pub fn call(&self, method: reqwest::Method, path: &str) -> Call {
        Call::new(&self.client, method, &self.url, path)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.server.stop(false));
        let personal = logs::personal_lines();
        if !std::thread::panicking() {
            assert!(personal.is_empty(), "the log holds personal data (S15): {personal:#?}");
            let broken = events::broken_in(&self.database.url());
            assert!(broken.is_empty(), "the catalogue knows no such events (OP-3): {broken:#?}");
        }
    }
}

fn serve(app: &App) -> (String, ServerHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let running =
        server::start(app.clone(), Metrics::default(), Arc::default(), listener, 2).unwrap();
    let handle = running.handle();
    actix_web::rt::spawn(running);
    (url, handle)
}
