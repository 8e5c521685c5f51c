//! `huiyi leaderboard`: boards are a projection; SQL has the facts.

use clap::Subcommand;

use super::{Failure, Settings, logs, process, say};
use crate::kv::KvKind;
use crate::leaderboards::service as leaderboards;

const EXAMPLES: &str = "\
Examples:
  huiyi leaderboard rebuild --config huiyi.toml

Each board is exchanged in one instant; readers and new points go on meanwhile.";

/// Keep the leaderboards
#[derive(Debug, Subcommand)]
pub(super) enum Leaderboard {
    /// Rebuild every board from SQL
    #[command(after_help = EXAMPLES)]
    Rebuild(Settings),
}

impl Leaderboard {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Rebuild(settings) = self;
        logs::of_tool()?;
        let config = settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            if app.kv.kind() == KvKind::InProcess {
                return Err(Failure::failed(
                    "redis.url is not set: the boards live in the memory of the server, which builds them by itself",
                ));
            }
            let report = leaderboards::rebuild(&app).await?;
            say(format!(
                "{} boards with {} rows; {} rows changed meanwhile",
                report.boards, report.rows, report.corrected
            ));
            Ok(())
        })
    }
}
