//! `huiyi reconcile`: the proof of the ledgers (PT-9).

use clap::Args;

use super::{Failure, Settings, logs, process, say};
use crate::points::service as points;

const EXAMPLES: &str = "\
Examples:
  huiyi reconcile --config huiyi.toml

Recomputes every balance and every lot from the transfers. It changes nothing and may run beside servers.
It takes two connections of the database for a while; --lanes 1 takes longer and leaves more to traffic.
Exit code 1 when anything differs.";

/// Recompute all points and growth from their transfers and print what differs
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Reconcile {
    /// Statements at a time, each on a connection of its own
    #[arg(long, default_value_t = 2, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=64))]
    lanes: u16,
    #[command(flatten)]
    settings: Settings,
}

impl Reconcile {
    pub(super) fn run(self) -> Result<(), Failure> {
        logs::of_tool()?;
        let config = self.settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            let differences = points::reconcile_in_lanes(&app, self.lanes.into()).await?;
            for one in &differences {
                let member = one.member.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
                let ledger = one.ledger.map_or("unknown ledger", entity::codes::Ledger::as_str);
                say(format!(
                    "{member} {} {ledger}: {:?}: expected {}, found {}",
                    one.account, one.what, one.expected, one.found
                ));
            }
            if differences.is_empty() {
                say("0 differences");
                return Ok(());
            }
            say(format!("{} differences", differences.len()));
            Err(Failure::Found)
        })
    }
}
