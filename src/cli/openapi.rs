//! `huiyi openapi`: the contract as files.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, say};
use crate::wiring::openapi;

const EXAMPLES: &str = "\
Examples:
  huiyi openapi                          writes openapi/{member,guide,admin,open}.json
  huiyi openapi --out /tmp/contract
  huiyi openapi --audience open          prints one document

Needs no database and no configuration.";

/// Write the OpenAPI documents, one an audience
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Openapi {
    /// Only this audience: member, guide, admin or open; printed unless --out is given
    #[arg(long, value_name = "NAME", value_parser = ["member", "guide", "admin", "open"])]
    audience: Option<String>,
    /// Folder to write to; by default openapi
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Openapi {
    pub(super) fn run(self) -> Result<(), Failure> {
        let wanted = self.audience.map(|name| format!("{name}.json"));
        let chosen = |name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
        let documents = openapi::documents().into_iter().filter(|(name, _)| chosen(name));
        if wanted.is_some() && self.out.is_none() {
            documents.for_each(|(_, text)| say(text.trim_end()));
            return Ok(());
        }
        let folder = self.out.unwrap_or_else(|| PathBuf::from("openapi"));
        std::fs::create_dir_all(&folder)
            .map_err(|error| Failure::Failed(format!("{}: {error}", folder.display())))?;
        for (name, text) in documents {
            let path = folder.join(name);
            std::fs::write(&path, text)
                .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
            say(format!("wrote {}", path.display()));
        }
        Ok(())
    }
}
