//! Configuration: `default.toml`, then the user's file, then the environment. The only reader of the environment.

mod load;

use std::num::NonZeroU32;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::kernel::cidr::Cidrs;

#[cfg(debug_assertions)]
pub use load::abort_step;
pub use load::{ConfigError, DEFAULTS, load, masked};

/// Whether mistakes are forgiven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Keys are generated, the demo may run.
    Development,
    /// Keys must be given, the demo refuses to run (S24).
    Production,
}

/// All of it. `default.toml` documents each key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Development or production.
    pub environment: Environment,
    /// The HTTP server.
    pub server: Server,
    /// SQL.
    pub database: Database,
    /// Redis, or its twin.
    pub redis: Redis,
    /// Where third parties try things out.
    pub sandbox: Sandbox,
    /// The retailer.
    pub business: Business,
    /// Keys and lives of tokens.
    pub security: Security,
    /// The mini-program.
    pub wechat: Wechat,
    /// Background work.
    pub worker: Worker,
    /// Deliveries of events.
    pub webhooks: Webhooks,
    /// Logs.
    pub log: Log,
    /// Traces.
    pub traces: Traces,
    /// Points.
    pub points: Points,
    /// Tiers.
    pub tiers: Tiers,
    /// The audit log.
    pub audit: Audit,
}

/// The HTTP server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address of the API.
    pub listen: String,
    /// Address of the metrics; empty is the API's.
    pub metrics_listen: String,
    /// Threads; 0 is one a core.
    pub workers: usize,
    /// Folder of the embedded database and generated keys.
    pub data_dir: PathBuf,
    /// Largest body.
    pub max_body_bytes: usize,
    /// Largest body of a batch.
    pub max_batch_body_bytes: usize,
    /// Largest file of an import.
    pub max_upload_bytes: usize,
    /// Seconds that `/readyz` says no before the drain begins.
    pub notice_seconds: u64,
    /// Seconds to drain.
    pub drain_seconds: u64,
    /// Serve `/docs`.
    pub docs: bool,
    /// Proxies whose `X-Forwarded-For` is believed (S22).
    #[serde(deserialize_with = "load::proxies")]
    pub trusted_proxies: Cidrs,
}

/// SQL.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Where; empty is SQLite in the data folder.
    pub url: SecretString,
    /// Pool size.
    pub max_connections: u32,
    /// Longest wait for a connection.
    pub acquire_seconds: u64,
    /// Whether concurrent single requests share a transaction or a statement.
    pub gather: Gather,
    /// Lanes that write.
    pub gather_lanes: usize,
    /// Most requests a batch.
    pub gather_most: usize,
    /// Most requests that wait in a lane.
    pub gather_queue: usize,
}

/// Whether concurrent single requests share a transaction or a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gather {
    /// Where a round trip and a commit have a price: on PostgreSQL, MySQL and MariaDB.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// Redis.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Where; empty is the in-process twin.
    pub url: SecretString,
    /// First part of every key.
    pub prefix: String,
}

/// Where third parties try things out (OP-2).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// A database of its own; empty is no sandbox.
    pub database_url: SecretString,
    /// First part of every key in Redis; empty is the live one with `-sandbox` behind it.
    pub redis_prefix: String,
}

impl Config {
    /// What this installation shows to everybody who reaches the API and production rather does not, each with what to do.
    #[must_use]
    pub fn open_pages(&self) -> Vec<&'static str> {
        let (production, server) = (self.environment == Environment::Production, &self.server);
        let metrics = "/metrics is open to whoever reaches the API: set server.metrics_listen to an address that only the \
                       operators reach";
        let docs = "/docs is open to whoever reaches the API: set server.docs = false unless it is meant to be";
        [(server.metrics_listen.is_empty(), metrics), (server.docs, docs)]
            .into_iter()
            .filter_map(|(open, page)| (production && open).then_some(page))
            .collect()
    }

    /// The configuration of the sandbox, if there is one: nothing in it names a place of the live one.
    #[must_use]
    pub fn of_sandbox(&self) -> Option<Self> {
        let url = &self.sandbox.database_url;
        if url.expose_secret().is_empty() {
            return None;
        }
        let mut apart = self.clone();
        apart.database.url = url.clone();
        apart.redis.prefix = match self.sandbox.redis_prefix.as_str() {
            "" => format!("{}-sandbox", self.redis.prefix),
            own => own.to_owned(),
        };
        apart.audit.heads_path = if self.audit.heads_path.as_os_str().is_empty() {
            self.server.data_dir.join("audit-heads-sandbox")
        } else {
            let mut path = self.audit.heads_path.clone().into_os_string();
            path.push("-sandbox");
            path.into()
        };
        apart.sandbox =
            Sandbox { database_url: SecretString::default(), redis_prefix: String::new() };
        Some(apart)
    }
}

/// The retailer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Business {
    /// Name shown.
    pub name: String,
    /// Zone of business days.
    pub time_zone: chrono_tz_name::ZoneName,
}

/// Keys and lives of tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// Ed25519 key, PKCS#8 PEM.
    pub signing_key: SecretString,
    /// 32 bytes, base64.
    pub data_key: SecretString,
    /// Life of an access token.
    pub access_minutes: u32,
    /// Life of a member's sign-in.
    pub member_days: u32,
    /// Life of a sign-in of staff.
    pub staff_hours: u32,
    /// Sign-ins a minute for one account from one address.
    pub sign_ins_per_minute: u32,
    /// Requests a minute for one key of a partner that has no rate of its own.
    pub partner_requests_per_minute: u32,
    /// Whether answers to partners say what is left of their quota.
    pub rate_limit_headers: bool,
}

/// The mini-program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wechat {
    /// The platform or a stand-in.
    pub base_url: String,
    /// App id.
    pub app_id: String,
    /// App secret.
    pub app_secret: SecretString,
    /// Longest call.
    pub timeout_ms: u64,
}

/// Background work.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// Whether `serve` runs it.
    pub enabled: bool,
}

/// Deliveries of events to third parties (OP-3).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Ports that endpoints may have; none is any.
    pub ports: Vec<u16>,
    /// Private ranges that endpoints may have.
    pub allowed_networks: Cidrs,
    /// Plain http, outside of production.
    pub allow_http: bool,
    /// Longest delivery.
    #[serde(deserialize_with = "load::delivery_timeout")]
    pub timeout_ms: u64,
    /// Deliveries under way to one endpoint.
    pub at_once: usize,
}

/// Logs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// JSON or text.
    pub format: LogFormat,
    /// Filter directives.
    pub level: String,
}

/// Traces (OPS-2).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// Address of a collector that takes OTLP over HTTP; empty makes none.
    pub otlp_endpoint: String,
    /// Share of traces that are recorded, 0 to 1.
    #[serde(deserialize_with = "load::share")]
    pub sample_ratio: f64,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Points (PT-4, PT-6, PT-7).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// Points that pay one yuan at a checkout.
    pub points_per_yuan: NonZeroU32,
    /// Most of an order that points may pay, in percent of what may be deducted.
    pub most_percent: u8,
    /// Points are used in multiples of this.
    pub step: NonZeroU32,
    /// Categories that points cannot pay.
    pub undeductible_categories: Vec<String>,
    /// Life of points held for a checkout.
    pub hold_minutes: u32,
    /// What a refund does when the points are spent.
    pub clawback: Clawback,
    /// Adjustments of more points than this need a second person.
    pub approval_over: u32,
}

/// What a refund does when the points it takes back are spent (PT-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clawback {
    /// The balance goes below zero; later earnings pay that first.
    Debt,
    /// Takes what is there and reports the rest, to be deducted from the refund.
    Shortfall,
}

/// Tiers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tiers {
    /// Days that a tier waits after its end to be reached again.
    pub grace_days: u32,
}

/// The audit log (PV-6, S17).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Days that lines are kept.
    pub keep_days: u32,
    /// Where heads of its chain are appended; `audit-heads` in the data folder when empty.
    pub heads_path: PathBuf,
}

mod chrono_tz_name {
    //! A zone name that is known, or a clear error.

    use chrono_tz::Tz;
    use serde::{Deserialize, Deserializer};

    /// A time zone by its IANA name.
    #[derive(Clone, Copy, Debug)]
    pub struct ZoneName(pub Tz);

    impl<'de> Deserialize<'de> for ZoneName {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let name = String::deserialize(deserializer)?;
            name.parse().map(Self).map_err(|_| {
                serde::de::Error::custom(format!(
                    "{name:?} is no IANA time zone such as Asia/Shanghai"
                ))
            })
        }
    }
}

pub use chrono_tz_name::ZoneName;
