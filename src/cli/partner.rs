//! `huiyi partner`: keys for tills, ERPs and shops.

use clap::{Args, Subcommand};

use super::{Failure, Settings, logs, process, say};
use crate::audit::service::Author;
use crate::kernel::cidr::{Cidr, Cidrs};
use crate::kernel::codes::Signing;
use crate::partners::service as partners;

const EXAMPLES: &str = "\
Examples:
  huiyi partner create 门店收银 --scope orders:write --scope points:write --config huiyi.toml
  huiyi partner create 新收银 --sandbox --scope orders:write     for trials; needs sandbox.database_url

Scopes: orders:write, points:write, members:read, benefits:write, catalog:read, catalog:write,
stock:write, webhooks:manage. The key is shown once.";

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
    /// Network it may be used from, such as 203.0.113.0/24; may be given several times; everywhere without it
    #[arg(long = "from", value_name = "NETWORK", value_delimiter = ',')]
    networks: Vec<Cidr>,
    /// Requests have to be signed: the key itself is never sent
    #[arg(long)]
    signed: bool,
    /// The key is for the sandbox: everything that it does happens there, apart from the live data
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Create {
    const fn signing(&self) -> Signing {
        if self.signed { Signing::Required } else { Signing::Off }
    }
}

impl Partner {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Create(create) = self;
        logs::of_tool()?;
        let config = create.settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            let terms = partners::KeyTerms {
                networks: Cidrs(create.networks.clone()),
                signing: create.signing(),
                ..partners::KeyTerms::new(&create.key_name, &create.scopes)
            };
            let author = Author::system("partner create");
            let partner = partners::NewPartner::named(&create.name);
            let made = if create.sandbox {
                partners::register_with_sandbox_key(&app, &author, &partner, &terms).await?
            } else {
                partners::register_with_key(&app, &author, &partner, &terms).await?
            };
            let how = if create.signed {
                "Sign requests with it: docs/signing.md."
            } else {
                "Send it as `Authorization: Bearer …`."
            };
            say(format!(
                "Key {} of {}, shown once:\n  {}\n\n{}",
                made.id, create.name, made.key, how
            ));
            Ok(())
        })
    }
}
