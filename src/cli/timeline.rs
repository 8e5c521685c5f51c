//! `huiyi timeline`: timelines are a projection; the event log has the facts.

use clap::Subcommand;

use super::{Failure, Settings, logs, process, say};
use crate::timeline::service as timeline;

const EXAMPLES: &str = "\
Examples:
  huiyi timeline rebuild --config huiyi.toml

Once after an upgrade from a version without timelines. It may run beside the server, and again: what is there stays.";

/// Keep the members' timelines
#[derive(Debug, Subcommand)]
pub(super) enum Timeline {
    /// Write the rows of events that are older than the timeline
    #[command(after_help = EXAMPLES)]
    Rebuild(Settings),
}

impl Timeline {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Rebuild(settings) = self;
        logs::of_tool()?;
        let config = settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            say(format!("{} events read", timeline::rebuild(&app).await?));
            Ok(())
        })
    }
}
