//! The checks, each with what to do.

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;

use super::Finding::{self, Fail, Ok as Good, Warn};
use super::tell;
use crate::app;
use crate::channels::wechat::WechatError;
use crate::config::{Config, Environment};
use crate::db::{self, About, Backend, Db, DbError, schema};
use crate::kernel::clock::Clock;
use crate::kernel::secret;

/// Every check, told one by one; gives how many failed.
pub(super) async fn all(config: &Config) -> usize {
    let mut failures = 0;
    let mut note = |what: &str, finding: Finding| {
        failures += usize::from(matches!(finding, Fail(_)));
        tell(what, &finding);
    };
    note("configuration", settings(config));
    note("open pages", open_pages(config));
    note("data folder", data_folder(config));
    note("data key", data_key(config));
    note("signing key", signing_key(config));
    let db = connect(config).await;
    note("database", db.as_ref().map_or_else(Finding::clone, database));
    if let Ok((db, _)) = &db {
        note("migrations", migrations(db, config).await);
    }
    if let Some(apart) = config.of_sandbox() {
        let db = connect(&apart).await;
        note("sandbox", db.as_ref().map_or_else(Finding::clone, database));
        if let Ok((db, _)) = &db {
            note("its migrations", migrations(db, &apart).await);
        }
    }
    let of_database = db.ok().map(|(_, about)| about.now);
    note("clock", clock(Clock::system().now(), of_database));
    note("redis", redis(config).await);
    note("wechat", wechat(config).await);
    failures
}

fn settings(config: &Config) -> Finding {
    match config.environment {
        Environment::Production => Good("production".to_owned()),
        Environment::Development => Warn(
            "development: keys are generated and migrations run by themselves; set environment = \"production\" \
             where customers' data lives"
                .to_owned(),
        ),
    }
}

fn open_pages(config: &Config) -> Finding {
    let pages = config.open_pages();
    if pages.is_empty() { Good("none".to_owned()) } else { Warn(pages.join("; ")) }
}

fn data_folder(config: &Config) -> Finding {
    let folder = &config.server.data_dir;
    if !folder.exists() {
        let parent = folder.ancestors().skip(1).find(|path| path.exists());
        let parent = parent.unwrap_or_else(|| std::path::Path::new("."));
        return match write_to(parent) {
            Ok(()) => Good(format!("{} will be made at the first start", folder.display())),
            Err(error) => Fail(format!("{} cannot be made: {error}", folder.display())),
        };
    }
    match write_to(folder) {
        Ok(()) => Good(format!("{} can be written", folder.display())),
        Err(error) => Fail(format!(
            "{}: {error}; give it to the user that runs huiyi, or set server.data_dir",
            folder.display()
        )),
    }
}

fn write_to(folder: &std::path::Path) -> std::io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { std::path::Path::new(".") } else { folder };
    let file = folder.join(format!(".huiyi-doctor-{}", secret::random_token()));
    std::fs::write(&file, b"")?;
    std::fs::remove_file(&file)
}

fn data_key(config: &Config) -> Finding {
    let configured = config.security.data_key.expose_secret();
    key(
        config,
        configured,
        "data_key",
        || app::open_vault(config).map(drop),
        "openssl rand -base64 32",
    )
}

fn signing_key(config: &Config) -> Finding {
    let configured = config.security.signing_key.expose_secret();
    let make = "openssl genpkey -algorithm ed25519";
    key(config, configured, "signing_key", || app::open_token_key(config).map(drop), make)
}

fn key(
    config: &Config,
    configured: &str,
    name: &str,
    open: impl FnOnce() -> Result<(), app::BuildError>,
    make: &str,
) -> Finding {
    let file = config.server.data_dir.join(name);
    if configured.is_empty() && config.environment == Environment::Development && !file.exists() {
        return Good("will be generated at the first start".to_owned());
    }
    match open() {
        Ok(()) => Good("can be used".to_owned()),
        Err(error) => Fail(format!("{error}; make one with `{make}` and keep it as a secret")),
    }
}

async fn connect(config: &Config) -> Result<(Db, About), Finding> {
    let url = app::database_url(config);
    // Opening an embedded database would make its file.
    if let Some(path) = db::sqlite_path(&url).filter(|path| !path.exists()) {
        return Err(Good(format!("{} will be made at the first start", path.display())));
    }
    let patience = Duration::from_secs(config.database.acquire_seconds);
    let asked = async {
        let db = db::connect(&url, 1, patience).await?;
        let about = db::about(&db).await?;
        Ok::<_, DbError>((db, about))
    };
    asked.await.map_err(|error| {
        Fail(format!("{error}; check database.url, that the server runs, and its firewall"))
    })
}

fn database((db, about): &(Db, About)) -> Finding {
    let backend = db.backend();
    let text =
        format!("{} {}, {}, {}", name(backend), about.version, about.charset, about.collation);
    if let Some(complaint) = too_old(backend, &about.version) {
        return Fail(format!("{text}; {complaint}"));
    }
    match complaint(backend, about) {
        Some(complaint) => Warn(format!("{text}; {complaint}")),
        None => Good(text),
    }
}

const fn name(backend: Backend) -> &'static str {
    match backend {
        Backend::MySql => "MySQL/MariaDB",
        Backend::Sqlite => "SQLite",
        _ => "PostgreSQL",
    }
}

fn too_old(backend: Backend, version: &str) -> Option<&'static str> {
    let number: Vec<u32> =
        version.split(['.', '-', ' ']).map_while(|part| part.parse().ok()).take(2).collect();
    let is_mariadb = version.contains("MariaDB");
    let (least, text): (&[u32], _) = match backend {
        Backend::MySql if is_mariadb => (&[10, 11], "MariaDB 10.11 or newer is needed"),
        Backend::MySql => (&[8, 4], "MySQL 8.4 or newer is needed"),
        Backend::Sqlite => (&[3, 35], "SQLite 3.35 or newer is needed"),
        _ => (&[15], "PostgreSQL 15 or newer is needed"),
    };
    (number.as_slice() < least).then_some(text)
}

fn complaint(backend: Backend, about: &About) -> Option<&'static str> {
    match backend {
        Backend::MySql if about.charset != "utf8mb4" => {
            Some("make the database with CHARACTER SET utf8mb4, or names lose characters")
        }
        Backend::MySql if !about.collation.ends_with("_bin") => Some(
            "make the database with COLLATE utf8mb4_bin; tables carry their own, so this is a matter of taste",
        ),
        Backend::Postgres if about.charset != "UTF8" => {
            Some("make the database with ENCODING 'UTF8', or names lose characters")
        }
        _ => None,
    }
}

async fn migrations(db: &Db, config: &Config) -> Finding {
    let pending = match schema::pending(db).await {
        Ok(pending) => pending,
        Err(error) => return Fail(format!("cannot be read: {error}")),
    };
    let by_itself =
        db.backend() == Backend::Sqlite || config.environment == Environment::Development;
    match pending.first() {
        None => Good("up to date".to_owned()),
        Some(_) if by_itself => {
            Warn(format!("{} steps are missing; the next start applies them", pending.len()))
        }
        Some(first) => Fail(format!(
            "{} steps are missing, the first is {first}; run `huiyi migrate up`",
            pending.len()
        )),
    }
}

/// Tokens and codes live for minutes: a clock that is wrong shuts people out.
fn clock(machine: DateTime<Utc>, database: Option<DateTime<Utc>>) -> Finding {
    let released = DateTime::from_timestamp(1_790_000_000, 0).unwrap_or_default();
    if machine < released {
        return Fail(format!("{machine} lies before this program was made; set the time, use NTP"));
    }
    match database.map(|at| (machine - at).num_seconds().abs()) {
        Some(apart @ 5..) => {
            Warn(format!("{apart} s apart from the database's; use NTP on both machines"))
        }
        _ => Good(machine.format("%Y-%m-%d %H:%M:%S UTC").to_string()),
    }
}

async fn redis(config: &Config) -> Finding {
    let url = config.redis.url.expose_secret();
    if url.is_empty() {
        return Good("not configured: the in-process twin serves one process".to_owned());
    }
    let kv = match crate::kv::Kv::redis(url, &config.redis.prefix).await {
        Ok(kv) => kv,
        Err(error) => return Fail(format!("{error}; check redis.url and redis.prefix")),
    };
    match kv.version().await {
        Ok(version) if major(&version).is_some_and(|major| major < 7) => {
            Fail(format!("Redis {version}; 7 or newer is needed"))
        }
        Ok(version) => Good(format!("Redis {version}")),
        // The server runs without it, with tighter limits (OPS-6).
        Err(error) => Warn(format!(
            "{error}; the server runs without it, but several replicas then do not share limits and boards"
        )),
    }
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

async fn wechat(config: &Config) -> Finding {
    if config.wechat.app_id.is_empty() || config.wechat.app_secret.expose_secret().is_empty() {
        return Warn(
            "wechat.app_id or wechat.app_secret is not set: shoppers cannot sign in; `huiyi mock wechat` is a \
             stand-in"
                .to_owned(),
        );
    }
    let client = match app::open_wechat(&config.wechat, Clock::system()) {
        Ok(client) => client,
        Err(error) => return Fail(error.to_string()),
    };
    let at = &config.wechat.base_url;
    match client.check().await {
        Ok(()) => Good(format!("{at} gives a token to {}", config.wechat.app_id)),
        Err(WechatError::Misconfigured { errcode }) => Fail(format!(
            "{at} refuses with errcode {errcode}; check app id and secret (40013, 40125) and the IP list of the \
             platform (40164)"
        )),
        Err(error) => Fail(format!("{at}: {error}; check wechat.base_url, DNS and the firewall")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (backend, version, fits) in [
            (Backend::Postgres, "15.8 (Debian 15.8-0+deb12u1)", true),
            (Backend::Postgres, "9.6.24", false),
            (Backend::MySql, "10.11.6-MariaDB-0+deb12u1", true),
            (Backend::MySql, "10.6.18-MariaDB", false),
            (Backend::MySql, "8.4.2", true),
            (Backend::MySql, "8.0.39", false),
            (Backend::Sqlite, "3.50.2", true),
            (Backend::Sqlite, "3.4.0", false),
        ] {
            assert_eq!(too_old(backend, version).is_none(), fits, "{version}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_is_noticed() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-11-22T04:00:00Z");
        assert!(matches!(clock(now, Some(now)), Good(_)));
        assert!(matches!(clock(now, None), Good(_)));
        assert!(matches!(clock(now, Some(at("2026-11-22T04:01:00Z"))), Warn(_)));
        assert!(matches!(clock(at("1970-01-01T00:10:00Z"), None), Fail(_)));
    }
}
