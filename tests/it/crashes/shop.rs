//! The real program on the leg's database, a till that talks to it, and somebody who looks into the books afterwards.

use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

use entity::{points_hold, points_transfer, points_transfer::Model as Transfer};
use huiyi::app::App;
use huiyi::audit::service::Author;
use huiyi::config;
use huiyi::db::in_tx;
use huiyi::http::Error;
use huiyi::jobs::{self, NewJob};
use huiyi::kernel::actor::Actor;
use huiyi::kernel::clock::Clock;
use huiyi::kernel::codes::{Ledger, Source};
use huiyi::kernel::ids::{MemberId, PartnerId};
use huiyi::kernel::mobile::Mobile;
use huiyi::members::service::{self as members, Who};
use huiyi::partners::service as partners;
use huiyi::points::service::{self as points, Act, Movement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::cli::program::{Ended, Folder, Running};
use crate::support::{TestDb, earn};

/// An installation that may die at any time.
pub struct Shop {
    /// Third party with a till.
    pub partner: PartnerId,
    /// Members with 1,000 points each.
    pub members: Vec<MemberId>,
    key: String,
    client: reqwest::Client,
    folder: Folder,
    database: TestDb,
}

/// What came back: the status, the body, and whether the answer was a stored one.
pub type Reply = Result<(u16, Value, bool), reqwest::Error>;

impl Shop {
    /// Opens one with some members.
    pub async fn open(count: usize) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20));
        let mut shop = Self {
            partner: PartnerId::new(Clock::system().now()),
            members: Vec::new(),
            key: String::new(),
            client: client.build().unwrap(),
            folder: Folder::new(),
            database: TestDb::create().await,
        };
        let app = shop.look().await;
        shop.partner =
            partners::register(&app, &Author::system("test"), &partners::NewPartner::named("till"))
                .await
                .unwrap();
        let scopes = ["points:write".to_owned()];
        shop.key = partners::issue_key(
            &app,
            &Author::system("test"),
            shop.partner,
            &partners::KeyTerms::new("till", &scopes),
        )
        .await
        .unwrap()
        .key;
        shop.members = people(&app, count).await;
        app.db.clone().close().await.unwrap();
        shop
    }

    /// The parts of an installation on the same database, to look inside while no program runs; close its database
    /// before one starts.
    pub async fn look(&self) -> App {
        let mut config = config::load(None).unwrap();
        config.server.data_dir = self.folder.path().join("data");
        config.database.url = SecretString::from(self.database.url());
        config.database.max_connections = 2;
        App::build(config, Clock::system()).await.unwrap()
    }

    /// The program with these arguments.
    pub fn huiyi(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.huiyi(arguments);
        command.env("HUIYI__DATABASE__URL", self.database.url());
        command
    }

    /// A server without background work.
    pub fn start(&self) -> Running {
        let mut command = self.huiyi(&["serve"]);
        Running::start(command.env("HUIYI__WORKER__ENABLED", "false"))
    }

    /// The same, which dies at this step. `gather` says whether requests share transactions, as in the configuration.
    pub fn start_armed(&self, step: &str, gather: &str) -> Running {
        let mut command = self.huiyi(&["serve"]);
        command.env("HUIYI__WORKER__ENABLED", "false").env("HUIYI_ABORT_AT", step);
        Running::start(command.env("HUIYI__DATABASE__GATHER", gather))
    }

    /// A worker that dies at this step, or at none when it is empty.
    pub fn start_worker(&self, step: &str) -> Running {
        let mut command = self.huiyi(&["worker"]);
        Running::start_worker(command.env("HUIYI_ABORT_AT", step))
    }

    /// A worker that may deliver to receivers on this machine and dies at this step, or at none when it is empty.
    pub fn start_deliverer(&self, step: &str) -> Running {
        let file = self.folder.path().join("home.toml");
        let allowed =
            "[webhooks]\nallowed_networks = [\"127.0.0.1\"]\nallow_http = true\nports = []\n";
        std::fs::write(&file, allowed).unwrap();
        let mut command = self.huiyi(&["worker", "--config", file.to_str().unwrap()]);
        Running::start_worker(command.env("HUIYI_ABORT_AT", step))
    }

    /// Queues a job to be done now.
    pub async fn queue(&self, kind: &'static str, key: &str) {
        let app = self.look().await;
        let now = app.clock.now();
        let new = NewJob::new(kind, key, json!({ "slot": now }), now);
        jobs::enqueue_in(app.db.write(), &[new], now).await.unwrap();
        app.db.clone().close().await.unwrap();
    }

    /// Posts movements to the ledger.
    pub async fn post(&self, movements: impl Fn(&App) -> Vec<Movement>) {
        let app = self.look().await;
        let movements = movements(&app);
        let posted = in_tx(&app.db, async |tx| points::post_in(tx, &app, &movements).await);
        assert!(posted.await.unwrap().iter().all(Result::is_ok));
        app.db.clone().close().await.unwrap();
    }

    /// Sends a request of the till.
    pub async fn send(&self, server: &Running, path: &str, key: &str, body: &Value) -> Reply {
        self.send_to(&server.address, path, key, body).await
    }

    /// The same, to whoever listens at an address.
    pub async fn send_to(&self, address: &str, path: &str, key: &str, body: &Value) -> Reply {
        let url = format!("http://{address}/v1/open/points/{path}");
        let request = self.client.post(url).bearer_auth(&self.key).header("idempotency-key", key);
        let answer = request.json(body).send().await?;
        let (status, stored) =
            (answer.status().as_u16(), answer.headers().get("idempotent-replayed"));
        let stored = stored.is_some();
        Ok((status, answer.json().await?, stored))
    }

    /// A minute passes for the requests, jobs and deliveries whose process died: their leases end.
    pub async fn leases_end(&self) {
        let app = self.look().await;
        for statement in [
            "UPDATE idempotency_record SET lease_until = created_at WHERE status IS NULL",
            "UPDATE job SET lease_until = created_at WHERE lease_until IS NOT NULL",
            "UPDATE event_log SET claimed_until = NULL WHERE relayed_at IS NULL",
            "UPDATE webhook_endpoint SET lease_until = NULL",
        ] {
            app.db.write().execute_unprepared(statement).await.unwrap();
        }
        app.db.clone().close().await.unwrap();
    }

    /// What the till moved, by receipt number.
    pub async fn stored(&self) -> HashMap<String, Vec<Transfer>> {
        let app = self.look().await;
        let query = points_transfer::Entity::find()
            .filter(points_transfer::Column::Source.eq(Source::Till));
        let rows = query.all(app.db.read()).await.unwrap();
        app.db.clone().close().await.unwrap();
        let own = format!("{}:", self.partner);
        let mut stored: HashMap<String, Vec<Transfer>> = HashMap::new();
        for row in rows {
            let receipt = row.source_id.strip_prefix(&own).unwrap().to_owned();
            stored.entry(receipt).or_default().push(row);
        }
        stored
    }

    /// The holds of the till, by the number of their checkout.
    pub async fn holds(&self) -> HashMap<String, points_hold::Model> {
        let app = self.look().await;
        let rows = points_hold::Entity::find().all(app.db.read()).await.unwrap();
        app.db.clone().close().await.unwrap();
        rows.into_iter().map(|row| (row.order_ref.clone().unwrap(), row)).collect()
    }

    /// The program's own proof of its ledgers.
    pub fn reconciles(&self) {
        let ended = Ended::of(&self.huiyi(&["reconcile"]).output().unwrap());
        assert!(ended.code == 0 && ended.out.contains("0 differences"), "{ended:?}");
    }
}

async fn people(app: &App, count: usize) -> Vec<MemberId> {
    let who = |number: usize| Who {
        phone: Some(Mobile::parse(&format!("138{number:08}")).unwrap()),
        source: "pos",
        ..Who::default()
    };
    let who: Vec<Who> = (0..count).map(who).collect();
    let found = in_tx(&app.db, async |tx| {
        let found = members::resolve_in(tx, app, &who).await?;
        let found: Vec<MemberId> = found.into_iter().map(Option::unwrap).collect();
        let opening: Vec<Movement> = found
            .iter()
            .map(|id| granted(app, *id, &format!("opening {id}"), earn(1000)))
            .collect();
        points::post_in(tx, app, &opening).await?;
        Ok::<_, Error>(found)
    });
    found.await.unwrap()
}

/// Points that a member got, whatever for.
pub fn granted(app: &App, member: MemberId, number: &str, act: Act) -> Movement {
    Movement {
        member,
        ledger: Ledger::Points,
        act,
        source: Source::Order,
        source_id: number.to_owned(),
        occurred_at: app.clock.now(),
        order: None,
        store: None,
        actor: Actor::SYSTEM,
    }
}
