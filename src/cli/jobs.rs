//! `huiyi jobs`: what the background work has given up, and what becomes of it.

use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use entity::codes::JobState;
use entity::ids::JobId;

use super::{Failure, Settings, logs, process, say};
use crate::app::App;
use crate::audit::service::Author;
use crate::http::Result;
use crate::jobs::{self, QueuedJob};
use crate::operations::service as operations;

const EXAMPLES: &str = "\
Examples:
  huiyi jobs list --state dead --config huiyi.toml
  huiyi jobs retry job_0698v9qe00t134m6ou6d8h2lak --config huiyi.toml
  huiyi jobs discard job_0698v9qe00t134m6ou6d8h2lak --config huiyi.toml

A job is dead when it failed, or its worker died, as often as it may. Retry lets it start over; discard lets it rest.";

/// See background jobs, retry or discard dead ones
#[derive(Debug, Subcommand)]
pub(super) enum Jobs {
    /// List jobs, newest first
    #[command(after_help = EXAMPLES)]
    List(List),
    /// Let a dead job start over
    #[command(after_help = EXAMPLES)]
    Retry(One),
    /// Let a dead job rest
    #[command(after_help = EXAMPLES)]
    Discard(One),
}

#[derive(Args, Debug)]
pub(super) struct List {
    /// queued, done, dead or discarded
    #[arg(long, value_name = "STATE", default_value = "dead", value_parser = state)]
    state: JobState,
    /// Jobs at most
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u64,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Args, Debug)]
pub(super) struct One {
    /// The job
    id: JobId,
    #[command(flatten)]
    settings: Settings,
}

fn state(text: &str) -> std::result::Result<JobState, String> {
    let known = JobState::ALL.iter().find(|state| state.as_str() == text);
    known.copied().ok_or_else(|| "queued, done, dead or discarded is expected".to_owned())
}

impl Jobs {
    pub(super) fn run(self) -> std::result::Result<(), Failure> {
        logs::of_tool()?;
        let settings = match &self {
            Self::List(list) => &list.settings,
            Self::Retry(one) | Self::Discard(one) => &one.settings,
        };
        let config = settings.load()?;
        process::block_on(async {
            let (app, _lock) = process::open_beside(config).await?;
            match self {
                Self::List(list) => print(&jobs::list(&app, list.state, None, list.limit).await?),
                Self::Retry(one) => {
                    let author = Author::system("huiyi jobs retry");
                    told(operations::retry(&app, &author, one.id).await, &app, one.id).await?;
                }
                Self::Discard(one) => {
                    let author = Author::system("huiyi jobs discard");
                    told(operations::discard(&app, &author, one.id).await, &app, one.id).await?;
                }
            }
            Ok(())
        })
    }
}

fn print(found: &[QueuedJob]) {
    for job in found {
        let at = job.finished_at.unwrap_or(job.run_at).to_rfc3339_opts(SecondsFormat::Secs, true);
        let reason = job.reason.as_deref().unwrap_or("-");
        say(format!(
            "{}  {:9}  {at}  {}/{}  {}  {reason}",
            job.id, job.state, job.attempts, job.max_attempts, job.key
        ));
    }
    say(format!("{} jobs", found.len()));
}

async fn told(
    changed: Result<QueuedJob>,
    app: &App,
    id: JobId,
) -> std::result::Result<(), Failure> {
    if let Err(error) = changed {
        let found = jobs::find(app, id).await?;
        return Err(match found {
            Some(job) if job.state != JobState::Dead => Failure::Failed(format!(
                "{id} is {}: only dead jobs can be retried or discarded",
                job.state
            )),
            Some(_) => error.into(),
            None => Failure::Failed(format!("there is no {id}")),
        });
    }
    say(format!("{id} changed"));
    Ok(())
}
