//! `huiyi partner`: keys for tills, ERPs and shops.

use clap::{Args, Subcommand};

use super::{Failure, Settings, logs, process, say};
use crate::partners::service as partners;

const EXAMPLES: &str = "\
Examples:
  huiyi partner create 门店收银 --scope orders:write --scope points:write --config huiyi.toml

Scopes: orders:write, points:write, members:read. The key is shown once.";

/// Make partners and their keys
#[derive(Debug, Subcommand)]
pub(super) enum Partner {
    /// Add a partner and print its key
    #[command(after_help = EXAMPLES)]
    Create(Create),
}

#[derive(Args, Debug)]
pub(super) struct Create {
    /// Name, unique
    name: String,
    /// What the key may do; may be given several times
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
    scopes: Vec<String>,
    /// Name of the key, to tell several apart
    #[arg(long, value_name = "TEXT", default_value = "first")]
    key_name: String,
    #[command(flatten)]
    settings: Settings,
}

impl Partner {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Create(create) = self;
        logs::of_tool()?;
        let config = create.settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            let partner = partners::register(&app, &create.name).await?;
            let made = partners::issue_key(&app, partner, &create.key_name, &create.scopes).await?;
            say(format!(
                "Key of {}, shown once:\n  {}\n\nSend it as `Authorization: Bearer …`.",
                create.name, made.key
            ));
            Ok(())
        })
    }
}
