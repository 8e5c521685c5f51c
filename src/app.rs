//! Everything a request or a job needs, built in one place, by tests too.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;

use crate::channels::wechat::{MiniProgram, MiniProgramConfig};
use crate::config::{self, Config, Environment, Gather};
use crate::db::coalesce::Limits;
use crate::db::{self, Backend, Db};
use crate::kernel::bell::Bell;
use crate::kernel::calendar::Calendar;
use crate::kernel::clock::Clock;
use crate::kernel::jwt::TokenKey;
use crate::kernel::measures::Measures;
use crate::kernel::memory::Memory;
use crate::kernel::mode::Mode;
use crate::kernel::vault::Vault;
use crate::kv::Kv;

/// The parts of a running Huiyi; cloning is cheap.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] derefs to.
pub struct Parts {
    /// SQL.
    pub db: Db,
    /// Redis, or its twin.
    pub kv: Kv,
    /// Business time.
    pub clock: Clock,
    /// Business days.
    pub calendar: Calendar,
    /// Seals personal data.
    pub vault: Vault,
    /// Signs access tokens.
    pub tokens: TokenKey,
    /// The mini-program's server side.
    pub wechat: MiniProgram,
    /// Rings when events were published, so that the relay need not wait for its next look.
    pub bell: Bell,
    /// What this process measures beside its requests.
    pub measures: Measures,
    /// What this process remembers.
    pub memory: Memory,
    /// Configuration in force.
    pub config: Config,
    /// Whose data these are.
    pub mode: Mode,
    /// The world of trials beside this one: everything above once more, on a database of its own (OP-2). It has none itself.
    pub sandbox: Option<App>,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Why the parts could not be put together; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A key of the configuration is missing or cannot be used.
    #[error("{0}")]
    Setting(String),
    /// Something outside does not answer, or the data folder cannot be written.
    #[error("{0}")]
    Unreachable(String),
}

impl App {
    /// Connects to what `config` names. A Redis that is down is no error (OPS-6); a database that is down is.
    ///
    /// A sandbox that cannot be reached is logged, and there is none until the next start: the shop stays open.
    ///
    /// # Errors
    /// Keys missing in production, a malformed key or URL, a database that cannot be reached, a sandbox on the live database.
    pub async fn build(config: Config, clock: Clock) -> Result<Self, BuildError> {
        let mut sandbox = None;
        if let Some(apart) = config.of_sandbox() {
            if database_url(&apart) == database_url(&config)
                || apart.redis.prefix == config.redis.prefix
            {
                return Err(BuildError::Setting(
                    "sandbox.database_url and sandbox.redis_prefix: the sandbox needs a database and a prefix of its own"
                        .to_owned(),
                ));
            }
            sandbox = match Self::assemble(apart, clock.clone(), Mode::Sandbox, None).await {
                Ok(apart) => Some(apart),
                Err(BuildError::Unreachable(why)) => {
                    tracing::error!(why, "there is no sandbox until the next start");
                    None
                }
                Err(BuildError::Setting(why)) => {
                    return Err(BuildError::Setting(format!("sandbox: {why}")));
                }
            };
        }
        Self::assemble(config, clock, Mode::Live, sandbox).await
    }

    /// Goes on without the sandbox, as if it could not be reached; `false` when others already share these parts.
    #[must_use]
    pub fn close_sandbox(&mut self) -> bool {
        Arc::get_mut(&mut self.0).map(|parts| parts.sandbox = None).is_some()
    }

    async fn assemble(
        config: Config,
        clock: Clock,
        mode: Mode,
        sandbox: Option<Self>,
    ) -> Result<Self, BuildError> {
        // One TLS provider for every client; a second installation is refused and harmless.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let acquire = Duration::from_secs(config.database.acquire_seconds);
        let url = database_url(&config);
        let db = db::connect(&url, config.database.max_connections, acquire)
            .await
            .map_err(|error| BuildError::Unreachable(format!("database: {error}")))?;
        let kv = open_kv(&config).await?;
        let wechat = open_wechat(&config.wechat, clock.clone())?;
        Ok(Self(Arc::new(Parts {
            db,
            kv,
            clock,
            calendar: Calendar(config.business.time_zone.0),
            vault: open_vault_of(&config, mode)?,
            tokens: open_token_key(&config)?,
            wechat,
            bell: Bell::default(),
            measures: Measures::default(),
            memory: Memory::default(),
            config,
            mode,
            sandbox,
        })))
    }
}

impl Parts {
    /// How concurrent single requests are gathered; `None` where each goes by itself.
    #[must_use]
    pub fn gathering(&self) -> Option<Limits> {
        let database = &self.config.database;
        let on = match database.gather {
            Gather::Auto => self.db.backend() != Backend::Sqlite,
            Gather::On => true,
            Gather::Off => false,
        };
        on.then_some(Limits {
            lanes: database.gather_lanes,
            most: database.gather_most,
            queue: database.gather_queue,
            patience: PATIENCE,
        })
    }
}

/// The longest that a request waits for others to come: less than the commit that it shares with them.
const PATIENCE: Duration = Duration::from_millis(2);

/// The database's URL: as configured, or the embedded one in the data folder.
#[must_use]
pub fn database_url(config: &Config) -> String {
    let url = config.database.url.expose_secret();
    if url.is_empty() {
        return format!("sqlite://{}", config.server.data_dir.join("huiyi.db").display());
    }
    url.to_owned()
}

/// The client of the configured mini-program. An installation without one still takes orders: WeChat then refuses
/// sign-ins by the made-up id.
///
/// # Errors
/// The base URL or the time-out cannot be used.
pub fn open_wechat(wechat: &config::Wechat, clock: Clock) -> Result<MiniProgram, BuildError> {
    let or_unset = |text: &str| if text.is_empty() { "unset".to_owned() } else { text.to_owned() };
    let config = MiniProgramConfig {
        base_url: wechat.base_url.clone(),
        app_id: or_unset(&wechat.app_id),
        app_secret: or_unset(wechat.app_secret.expose_secret()).into(),
        timeout: Duration::from_millis(wechat.timeout_ms),
    };
    MiniProgram::new(config, clock).map_err(|error| BuildError::Setting(format!("wechat: {error}")))
}

async fn open_kv(config: &Config) -> Result<Kv, BuildError> {
    let url = config.redis.url.expose_secret();
    if url.is_empty() {
        return Ok(Kv::in_process());
    }
    Kv::redis(url, &config.redis.prefix)
        .await
        .map_err(|error| BuildError::Setting(format!("redis: {error}")))
}

/// The vault of the configured key.
///
/// # Errors
/// The key is missing in production, or malformed.
pub fn open_vault(config: &Config) -> Result<Vault, BuildError> {
    open_vault_of(config, Mode::Live)
}

fn open_vault_of(config: &Config, mode: Mode) -> Result<Vault, BuildError> {
    let text = key_text(config, config.security.data_key.expose_secret(), "data_key", || {
        let mut bytes = [0_u8; 32];
        aws_lc_rs::rand::fill(&mut bytes).ok()?;
        Some(STANDARD.encode(bytes))
    })?;
    let bytes =
        STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let vault = |bytes: [u8; 32]| match mode {
        Mode::Live => Vault::new(&bytes),
        Mode::Sandbox => Vault::of_sandbox(&bytes),
    };
    bytes.and_then(vault).ok_or_else(|| {
        BuildError::Setting("security.data_key: 32 bytes in base64 are expected".to_owned())
    })
}

/// The signer of the configured key.
///
/// # Errors
/// The key is missing in production, or malformed.
pub fn open_token_key(config: &Config) -> Result<TokenKey, BuildError> {
    let pem = key_text(config, config.security.signing_key.expose_secret(), "signing_key", || {
        TokenKey::generate_pem().ok()
    })?;
    TokenKey::from_pem(&pem).map_err(|_| {
        BuildError::Setting(
            "security.signing_key: an Ed25519 key in PKCS#8 PEM is expected".to_owned(),
        )
    })
}

/// The configured key, or one generated once in the data folder; in production it must be configured.
fn key_text(
    config: &Config,
    configured: &str,
    name: &str,
    generate: impl FnOnce() -> Option<String>,
) -> Result<String, BuildError> {
    if !configured.is_empty() {
        return Ok(configured.to_owned());
    }
    if config.environment == Environment::Production {
        return Err(BuildError::Setting(format!(
            "security.{name} is not set: in production set HUIYI__SECURITY__{}_FILE",
            name.to_uppercase()
        )));
    }
    let path = config.server.data_dir.join(name);
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Ok(text);
    }
    let text =
        generate().ok_or_else(|| BuildError::Setting(format!("{name} could not be generated")))?;
    write_private(&path, &text)
        .map_err(|error| BuildError::Unreachable(format!("{}: {error}", path.display())))?;
    Ok(text)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file =
        std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
