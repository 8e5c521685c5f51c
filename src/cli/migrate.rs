//! `huiyi migrate`: the schema.

use std::time::Duration;

use clap::Subcommand;

use super::{Failure, Settings, logs, process, say};
use crate::app;
use crate::config::Config;
use crate::db::{self, Db, schema};

const UP_EXAMPLES: &str = "\
Examples:
  huiyi migrate up --config huiyi.toml

Steps that are applied already are left alone; run it before each new version.";

const STATUS_EXAMPLES: &str = "\
Examples:
  huiyi migrate status --config huiyi.toml

Changes nothing. Exit code 1 when a step is missing.";

/// Bring the database's schema up to date, or say whether it is
#[derive(Debug, Subcommand)]
pub(super) enum Migrate {
    /// Apply the missing steps
    #[command(after_help = UP_EXAMPLES)]
    Up(Settings),
    /// List the steps and whether they are applied
    #[command(after_help = STATUS_EXAMPLES)]
    Status(Settings),
}

impl Migrate {
    pub(super) fn run(self) -> Result<(), Failure> {
        logs::of_tool()?;
        match self {
            Self::Up(settings) => {
                let config = settings.load()?;
                process::block_on(async {
                    let _lock = process::lock(&config)?;
                    up(&config, "").await?;
                    match config.of_sandbox() {
                        Some(apart) => up(&apart, "sandbox: ").await,
                        None => Ok(()),
                    }
                })
            }
            Self::Status(settings) => {
                let config = settings.load()?;
                process::block_on(async {
                    let live = status(&connect(&config).await?).await;
                    if let Some(apart) = config.of_sandbox() {
                        say("sandbox:".to_owned());
                        status(&connect(&apart).await?).await?;
                    }
                    live
                })
            }
        }
    }
}

async fn up(config: &Config, which: &str) -> Result<(), Failure> {
    let steps = schema::migrate(&connect(config).await?).await?;
    say(if steps == 0 {
        format!("{which}nothing to do: the schema is up to date")
    } else {
        format!("{which}{steps} steps applied")
    });
    Ok(())
}

async fn connect(config: &Config) -> Result<Db, Failure> {
    let url = app::database_url(config);
    Ok(db::connect(&url, 1, Duration::from_secs(config.database.acquire_seconds)).await?)
}

async fn status(db: &Db) -> Result<(), Failure> {
    let pending = schema::pending(db).await?;
    for step in schema::known() {
        let state = if pending.contains(&step) { "pending" } else { "applied" };
        say(format!("{state}  {step}"));
    }
    if pending.is_empty() {
        return Ok(());
    }
    say(format!("{} steps are missing: run `huiyi migrate up`", pending.len()));
    Err(Failure::Found)
}
