//! `huiyi events`: the event catalogue.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, say};
use crate::wiring::events::{CATALOGUE, as_json, as_markdown, availability};

const EXAMPLES: &str = "\
Examples:
  huiyi events                           every kind of event, and whether webhooks can have it
  huiyi events --json                    with schemas and examples, for machines
  huiyi events --out docs/events.md      writes the page of the documentation

Needs no database and no configuration.";

/// List the kinds of events that the program publishes
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Events {
    /// As JSON: meaning, JSON Schema and an example of each kind
    #[arg(long, conflicts_with = "out")]
    json: bool,
    /// Writes a Markdown page to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Events {
    pub(super) fn run(self) -> Result<(), Failure> {
        if let Some(path) = self.out {
            std::fs::write(&path, as_markdown())
                .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
            say(format!("wrote {}", path.display()));
            return Ok(());
        }
        if self.json {
            say(serde_json::to_string_pretty(&as_json()).unwrap_or_default());
            return Ok(());
        }
        for kind in CATALOGUE {
            let (name, webhooks) = (kind.name(), availability(*kind));
            say(format!("{name:<28} {webhooks:<11} {}  {}", kind.zh(), kind.en()));
        }
        Ok(())
    }
}
