//! `huiyi reconcile`: the proof of the ledgers (PT-9).

use clap::Args;

use super::{Failure, Settings, logs, process, say};
use crate::app::App;
use crate::points::service::{self as points, Difference, Sealing};
use crate::wiring::proof::{Found, prove};

const EXAMPLES: &str = "\
Examples:
  huiyi reconcile --config huiyi.toml

  huiyi reconcile --seal                   once, after an upgrade from a version without codes

Recomputes every balance and every lot from the transfers, closed days, budgets and the stock of every SKU too, and checks the code of each row, so
that whatever was changed by hand is named. It changes none of it and may run beside servers.
It takes two connections of the database for a while; --lanes 1 takes longer and leaves more to traffic.
--seal puts the accounts from before the codes under one, if nothing else is wrong with them; it can be done once, and
broken off. Until then they are named as Unsealed.
Exit code 1 when anything differs.";

/// Recompute points, growth and stock from their movements and print what differs
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Reconcile {
    /// Statements at a time, each on a connection of its own
    #[arg(long, default_value_t = 2, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=64))]
    lanes: u16,
    /// Put accounts from before the codes under one, once
    #[arg(long)]
    seal: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Reconcile {
    pub(super) fn run(self) -> Result<(), Failure> {
        logs::of_tool()?;
        let config = self.settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            if self.seal {
                return seal(&app).await;
            }
            tell(&prove(&app, self.lanes.into()).await?)
        })
    }
}

async fn seal(app: &App) -> Result<(), Failure> {
    match points::seal_accounts(app).await? {
        Sealing::Done(accounts) => {
            say(format!("{accounts} accounts sealed"));
            Ok(())
        }
        Sealing::DoneBefore(at) => Err(Failure::Failed(format!(
            "accounts were sealed at {at}.\n  What has no code now lost it since: `huiyi reconcile` names it."
        ))),
        Sealing::Refused(differences) => {
            tell(&differences.into_iter().map(Found::Ledger).collect::<Vec<_>>())
        }
    }
}

fn tell(found: &[Found]) -> Result<(), Failure> {
    for one in found {
        say(match one {
            Found::Ledger(one) => of_ledger(one),
            Found::Stock(one) => format!("stock {one}"),
        });
    }
    say(format!("{} differences", found.len()));
    if found.is_empty() { Ok(()) } else { Err(Failure::Found) }
}

fn of_ledger(one: &Difference) -> String {
    let whose = one.account.map(|account| {
        let member = one.member.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
        format!("{member} {account} ")
    });
    let ledger = match (one.ledger, one.account) {
        (Some(ledger), _) => ledger.as_str(),
        (None, Some(_)) => "unknown ledger",
        (None, None) => "all",
    };
    let whose = whose.unwrap_or_default();
    let (what, expected, found) = (&one.what, one.expected, one.found);
    format!("{whose}{ledger}: {what:?}: expected {expected}, found {found}")
}
