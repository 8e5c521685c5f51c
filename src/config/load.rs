//! Reading and masking.

use std::fmt;
use std::path::Path;

use config::{Environment as EnvironmentSource, File, FileFormat};

use serde::{Deserialize, Deserializer};

use super::Config;
use crate::kernel::cidr::Cidrs;

/// Every key with its default, as shipped.
pub const DEFAULTS: &str = include_str!("default.toml");

/// Configuration that cannot be used; the text names the key.
#[derive(Debug)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// Loads defaults, then `file`, then the environment.
///
/// # Errors
/// A file that is missing or no TOML, an unknown key, a value of the wrong kind.
pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
    let environment = read_environment();
    from_parts(file, environment)
}

fn from_parts(
    file: Option<&Path>,
    environment: Vec<(String, String)>,
) -> Result<Config, ConfigError> {
    let environment = resolve_files(environment)?;
    let source = EnvironmentSource::with_prefix("HUIYI")
        .prefix_separator("__")
        .separator("__")
        // Text stays text: a secret of digits is no number.
        .try_parsing(false)
        .source(Some(environment.into_iter().collect()));
    let mut builder =
        config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    if let Some(file) = file {
        builder = builder.add_source(File::from(file).format(FileFormat::Toml));
    }
    let read = builder.add_source(source).build().and_then(config::Config::try_deserialize);
    read.map_err(|error| ConfigError(error.to_string()))
}

/// Networks of proxies; not everybody's, for then any client could claim any address.
pub(super) fn proxies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cidrs, D::Error> {
    let networks = Cidrs::deserialize(deserializer)?;
    match networks.0.iter().find(|network| network.is_everywhere()) {
        Some(all) => Err(serde::de::Error::custom(format!(
            "{all} would believe every client: name the networks of your proxies"
        ))),
        None => Ok(networks),
    }
}

/// The longest that a delivery may be given: half of the lease under which a worker has its endpoint.
const LONGEST_DELIVERY_MS: u64 = 30_000;

/// Milliseconds for one delivery.
pub(super) fn delivery_timeout<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<u64, D::Error> {
    let timeout = u64::deserialize(deserializer)?;
    if (1..=LONGEST_DELIVERY_MS).contains(&timeout) {
        return Ok(timeout);
    }
    Err(serde::de::Error::custom(format!(
        "webhooks.timeout_ms = {timeout}: 1 to {LONGEST_DELIVERY_MS} milliseconds are expected; a receiver that needs \
         longer answers first and works afterwards"
    )))
}

/// A share of something: 0 to 1.
pub(super) fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    Err(serde::de::Error::custom(format!("{share} is no share: 0 to 1 is expected")))
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn read_environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(key, _)| key.starts_with("HUIYI__"))
        .collect()
}

/// `HUIYI_ABORT_AT`: the step at which a test lets this process die. Release builds know no such thing.
#[cfg(debug_assertions)]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
#[must_use]
pub fn abort_step() -> Option<String> {
    std::env::var("HUIYI_ABORT_AT").ok()
}

/// `HUIYI__X__Y_FILE=/run/secrets/y` stands for the content of that file.
fn resolve_files(environment: Vec<(String, String)>) -> Result<Vec<(String, String)>, ConfigError> {
    environment
        .into_iter()
        .map(|(key, value)| {
            let Some(plain) = key.strip_suffix("_FILE") else { return Ok((key, value)) };
            let content = std::fs::read_to_string(&value)
                .map_err(|error| ConfigError(format!("{key}={value}: {error}")))?;
            Ok((plain.to_owned(), content.trim_end().to_owned()))
        })
        .collect()
}

/// The configuration in force as TOML, secrets masked: for `huiyi config print`.
#[must_use]
pub fn masked(config: &Config) -> String {
    use secrecy::ExposeSecret;
    let secret = |text: &secrecy::SecretString| {
        if text.expose_secret().is_empty() { "\"\"" } else { "\"***\"" }
    };
    let c = config;
    format!(
        "environment = {:?}\n\n[server]\nlisten = {:?}\nmetrics_listen = {:?}\nworkers = {}\ndata_dir = {:?}\n\
         max_body_bytes = {}\nmax_batch_body_bytes = {}\nmax_upload_bytes = {}\nnotice_seconds = {}\ndrain_seconds = {}\ndocs = {}\n\
         trusted_proxies = {:?}\n\n\
         [database]\nurl = {:?}\nmax_connections = {}\nacquire_seconds = {}\n\
         gather = {:?}\ngather_lanes = {}\ngather_most = {}\ngather_queue = {}\n\n\
         [redis]\nurl = {:?}\nprefix = {:?}\n\n[business]\nname = {:?}\ntime_zone = {:?}\n\n\
         [security]\nsigning_key = {}\ndata_key = {}\naccess_minutes = {}\nmember_days = {}\nstaff_hours = {}\n\
         sign_ins_per_minute = {}\npartner_requests_per_minute = {}\n\
         rate_limit_headers = {}\n\n\
         [wechat]\nbase_url = {:?}\napp_id = {:?}\napp_secret = {}\ntimeout_ms = {}\n\n\
         [worker]\nenabled = {}\n\n[log]\nformat = {:?}\nlevel = {:?}\n",
        format!("{:?}", c.environment).to_lowercase(),
        c.server.listen,
        c.server.metrics_listen,
        c.server.workers,
        c.server.data_dir.display().to_string(),
        c.server.max_body_bytes,
        c.server.max_batch_body_bytes,
        c.server.max_upload_bytes,
        c.server.notice_seconds,
        c.server.drain_seconds,
        c.server.docs,
        c.server.trusted_proxies.texts(),
        without_password(c.database.url.expose_secret()),
        c.database.max_connections,
        c.database.acquire_seconds,
        format!("{:?}", c.database.gather).to_lowercase(),
        c.database.gather_lanes,
        c.database.gather_most,
        c.database.gather_queue,
        without_password(c.redis.url.expose_secret()),
        c.redis.prefix,
        c.business.name,
        c.business.time_zone.0.name(),
        secret(&c.security.signing_key),
        secret(&c.security.data_key),
        c.security.access_minutes,
        c.security.member_days,
        c.security.staff_hours,
        c.security.sign_ins_per_minute,
        c.security.partner_requests_per_minute,
        c.security.rate_limit_headers,
        c.wechat.base_url,
        c.wechat.app_id,
        secret(&c.wechat.app_secret),
        c.wechat.timeout_ms,
        c.worker.enabled,
        format!("{:?}", c.log.format).to_lowercase(),
        c.log.level,
    ) + &format!(
        "\n[traces]\notlp_endpoint = {:?}\nsample_ratio = {}\n",
        without_password(&c.traces.otlp_endpoint),
        c.traces.sample_ratio
    ) + &points(&c.points)
        + &webhooks(&c.webhooks)
        + &format!(
            "\n[sandbox]\ndatabase_url = {:?}\nredis_prefix = {:?}\n",
            without_password(c.sandbox.database_url.expose_secret()),
            c.sandbox.redis_prefix,
        )
        + &format!("\n[tiers]\ngrace_days = {}\n", c.tiers.grace_days)
        + &format!(
            "\n[audit]\nkeep_days = {}\nheads_path = {:?}\n",
            c.audit.keep_days,
            c.audit.heads_path.display().to_string()
        )
}

fn webhooks(w: &super::Webhooks) -> String {
    let networks = w.allowed_networks.texts();
    format!(
        "\n[webhooks]\nports = {:?}\nallowed_networks = {networks:?}\nallow_http = {}\ntimeout_ms = {}\n\
         at_once = {}\n",
        w.ports, w.allow_http, w.timeout_ms, w.at_once,
    )
}

fn points(p: &super::Points) -> String {
    format!(
        "\n[points]\npoints_per_yuan = {}\nmost_percent = {}\nstep = {}\nundeductible_categories = {:?}\n\
         hold_minutes = {}\nclawback = {:?}\napproval_over = {}\n",
        p.points_per_yuan,
        p.most_percent,
        p.step,
        p.undeductible_categories,
        p.hold_minutes,
        format!("{:?}", p.clawback).to_lowercase(),
        p.approval_over,
    )
}

/// A URL with the password replaced, for people to recognise.
fn without_password(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((login, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = login.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}:***@{host}")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        from_parts(None, pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn the_defaults_are_complete() {
        let config = with(&[]).unwrap();
        assert_eq!(config.server.listen, "127.0.0.1:8080");
    }

    #[test]
    fn the_environment_overrides() {
        let config =
            with(&[("HUIYI__SERVER__LISTEN", "0.0.0.0:1"), ("HUIYI__WORKER__ENABLED", "false")])
                .unwrap();
        assert_eq!(config.server.listen, "0.0.0.0:1");
        assert!(!config.worker.enabled);
    }

    #[test]
    fn an_unknown_key_or_a_bad_value_is_an_error_that_names_it() {
        assert!(with(&[("HUIYI__SERVER__LISTN", "x")]).unwrap_err().0.contains("listn"));
        assert!(
            with(&[("HUIYI__BUSINESS__TIME_ZONE", "Mars/Base")])
                .unwrap_err()
                .0
                .contains("Mars/Base")
        );
        assert!(with(&[("HUIYI__SERVER__WORKERS", "many")]).unwrap_err().0.contains("workers"));
    }

    #[test]
    fn text_that_looks_like_a_number_stays_text() {
        for text in ["007", "+5", "1e5", "TRUE", "12345678901234567890123456789012"] {
            let config =
                with(&[("HUIYI__WECHAT__APP_SECRET", text), ("HUIYI__REDIS__PREFIX", text)])
                    .unwrap();
            assert_eq!(config.wechat.app_secret.expose_secret(), text);
            assert_eq!(config.redis.prefix, text);
        }
    }

    #[test]
    fn trusted_proxies_are_networks_and_never_everybody() {
        let read = |text| with(&[("HUIYI__SERVER__TRUSTED_PROXIES", text)]);
        let proxies = read("10.0.0.0/8, ::1").unwrap().server.trusted_proxies;
        assert_eq!(proxies.texts(), ["10.0.0.0/8", "::1/128"]);
        for bad in ["10.0.0.1/8", "0.0.0.0/0", "::/0", "proxy.local"] {
            assert!(read(bad).unwrap_err().0.contains(bad), "{bad}");
        }
    }

    /// W2: a worker never holds an endpoint for longer than its lease, whatever is configured.
    #[test]
    fn a_delivery_is_given_less_time_than_the_lease_of_its_endpoint() {
        let read = |text| with(&[("HUIYI__WEBHOOKS__TIMEOUT_MS", text)]);
        assert_eq!(read("30000").unwrap().webhooks.timeout_ms, 30_000);
        for bad in ["0", "30001", "600000", "-1"] {
            let error = read(bad).unwrap_err().0;
            assert!(error.contains("timeout_ms"), "{bad}: {error}");
        }
        assert!(read("600000").unwrap_err().0.contains("1 to 30000"));
    }

    #[test]
    fn a_secret_may_stand_in_a_file() {
        let file = std::env::temp_dir().join(format!("huiyi-secret-{}", std::process::id()));
        std::fs::write(&file, "s3cret\n").unwrap();
        let config = with(&[("HUIYI__WECHAT__APP_SECRET_FILE", file.to_str().unwrap())]).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(config.wechat.app_secret.expose_secret(), "s3cret");
        assert!(with(&[("HUIYI__WECHAT__APP_SECRET_FILE", "/nowhere")]).is_err());
    }

    /// OP-2: nothing that the sandbox writes to is a place of the live one.
    #[test]
    fn the_sandbox_has_places_of_its_own() {
        assert!(with(&[]).unwrap().of_sandbox().is_none());
        let url = ("HUIYI__SANDBOX__DATABASE_URL", "postgres://crm:hunter2@db/trials");
        let live = with(&[url, ("HUIYI__REDIS__PREFIX", "crm")]).unwrap();
        assert!(!masked(&live).contains("hunter2"));
        let apart = live.of_sandbox().unwrap();
        assert_eq!(apart.database.url.expose_secret(), url.1);
        assert_eq!(apart.redis.prefix, "crm-sandbox");
        assert!(apart.audit.heads_path.ends_with("audit-heads-sandbox"));
        assert!(apart.of_sandbox().is_none());
        let same = with(&[url, ("HUIYI__SANDBOX__REDIS_PREFIX", "try")]).unwrap();
        assert_eq!(same.of_sandbox().unwrap().redis.prefix, "try");
    }

    #[test]
    fn printing_masks_secrets() {
        let config = with(&[
            ("HUIYI__WECHAT__APP_SECRET", "hunter2"),
            ("HUIYI__DATABASE__URL", "postgres://crm:hunter2@db/crm"),
        ])
        .unwrap();
        let shown = masked(&config);
        assert!(!shown.contains("hunter2"));
        assert!(shown.contains("postgres://crm:***@db/crm"));
        assert!(toml::from_str::<toml::Table>(&shown).is_ok());
    }
}
