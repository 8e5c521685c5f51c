//! `huiyi config`: what holds.

use clap::Subcommand;

use super::{Failure, Settings, say};
use crate::app;
use crate::config::{self, Config, Environment};

const PRINT_EXAMPLES: &str = "\
Examples:
  huiyi config print --config huiyi.toml
  huiyi config print --defaults > huiyi.toml      every key with its meaning, to begin with";

const CHECK_EXAMPLES: &str = "\
Examples:
  huiyi config check --config huiyi.toml

Connects to nothing; `huiyi doctor` does. Exit code 78 when something is wrong.";

/// Print the configuration in force, or check it
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print every key in force as TOML, secrets masked
    #[command(after_help = PRINT_EXAMPLES)]
    Print {
        #[command(flatten)]
        settings: Settings,
        /// Print the commented defaults instead
        #[arg(long)]
        defaults: bool,
    },
    /// Check keys and values
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Settings),
}

impl ConfigCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Print { defaults: true, .. } => say(config::DEFAULTS.trim_end()),
            Self::Print { settings, .. } => say(config::masked(&settings.load()?).trim_end()),
            Self::Check(settings) => {
                check(&settings.load()?)?;
                say("the configuration can be used");
            }
        }
        Ok(())
    }
}

/// What can be said without connecting to anything. Keys that would be generated are left for the first start.
pub(super) fn check(config: &Config) -> Result<(), Failure> {
    use secrecy::ExposeSecret;
    let production = config.environment == Environment::Production;
    if production || !config.security.data_key.expose_secret().is_empty() {
        app::open_vault(config)?;
    }
    if production || !config.security.signing_key.expose_secret().is_empty() {
        app::open_token_key(config)?;
    }
    let url = app::database_url(config);
    if !["sqlite:", "postgres:", "postgresql:", "mysql:"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        let expected = "database.url: postgres://…, mysql://… or sqlite://… is expected";
        return Err(Failure::Config(expected.to_owned()));
    }
    Ok(())
}
