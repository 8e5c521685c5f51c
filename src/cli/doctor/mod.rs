//! `huiyi doctor`: what is wrong, and what to do about it.

mod checks;
mod probe;

use clap::Args;

use super::{Failure, Settings, logs, process, say};

const EXAMPLES: &str = "\
Examples:
  huiyi doctor --config huiyi.toml
  huiyi doctor --probe http://127.0.0.1:8080      only asks a running server whether it is ready

It changes nothing. Exit code 1 when a check fails, 78 when the configuration cannot be read.";

/// Check everything that the server depends on and say what to do
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doctor {
    #[command(flatten)]
    settings: Settings,
    /// Only ask /readyz of the server at this URL; for the health check of a container
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    probe: Option<String>,
}

/// What came of a check.
#[derive(Clone, Debug)]
enum Finding {
    /// As it should be.
    Ok(String),
    /// It runs, but somebody should look.
    Warn(String),
    /// It cannot run like this.
    Fail(String),
}

impl Doctor {
    pub(super) fn run(self) -> Result<(), Failure> {
        if let Some(url) = self.probe {
            say(probe::ready(&url)?);
            return Ok(());
        }
        logs::of_tool()?;
        let config = match self.settings.load() {
            Ok(config) => config,
            Err(failure) => {
                tell("configuration", &Finding::Fail("see below".to_owned()));
                return Err(failure);
            }
        };
        let failures = process::block_on(async { Ok(checks::all(&config).await) })?;
        if failures == 0 {
            return Ok(());
        }
        say(format!("\n{failures} of the checks failed"));
        Err(Failure::Found)
    }
}

fn tell(what: &str, finding: &Finding) {
    let (word, text) = match finding {
        Finding::Ok(text) => ("ok  ", text),
        Finding::Warn(text) => ("warn", text),
        Finding::Fail(text) => ("FAIL", text),
    };
    say(format!("{word}  {what:<14} {text}"));
}
