//! The commands of the program, one file each.

mod admin;
mod audit;
mod completions;
mod config;
mod demo;
mod doctor;
mod events;
mod failure;
mod jobs;
mod leaderboard;
mod logs;
mod migrate;
mod mock;
mod openapi;
mod partner;
mod process;
mod reconcile;
mod serve;
mod timeline;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use failure::Failure;

use crate::config::Config;

const EXAMPLES: &str = "\
Examples:
  huiyi demo                               a whole retailer on this machine, nothing else needed
  huiyi serve --config huiyi.toml          the API and its background work
  huiyi doctor --config huiyi.toml         what is wrong, and what to do about it
  huiyi admin create --staff-no A001 --name 王晓明

Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration.";

/// Huiyi 会衣: customer management of apparel retailers.
#[derive(Debug, Parser)]
#[command(name = "huiyi", version, about, after_help = EXAMPLES, arg_required_else_help = true)]
struct Huiyi {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Worker(worker::Worker),
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    Demo(demo::Demo),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    #[command(subcommand)]
    Admin(admin::Admin),
    #[command(subcommand)]
    Partner(partner::Partner),
    Reconcile(reconcile::Reconcile),
    #[command(subcommand)]
    Audit(audit::Audit),
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    #[command(subcommand)]
    Leaderboard(leaderboard::Leaderboard),
    #[command(subcommand)]
    Timeline(timeline::Timeline),
    #[command(subcommand)]
    Mock(mock::Mock),
    Openapi(openapi::Openapi),
    Events(events::Events),
    Completions(completions::Completions),
}

/// Where the configuration is.
#[derive(Args, Clone, Debug, Default)]
struct Settings {
    /// TOML file; without one the defaults and `HUIYI__SECTION__KEY` of the environment hold
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Settings {
    fn load(&self) -> Result<Config, Failure> {
        Ok(crate::config::load(self.config.as_deref())?)
    }
}

/// Runs the command that the arguments name.
#[must_use]
pub fn run() -> ExitCode {
    match Huiyi::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

impl Command {
    fn run(self) -> Result<(), Failure> {
        match self {
            Self::Serve(command) => command.run(),
            Self::Worker(command) => command.run(),
            Self::Migrate(command) => command.run(),
            Self::Demo(command) => command.run(),
            Self::Doctor(command) => command.run(),
            Self::Config(command) => command.run(),
            Self::Admin(command) => command.run(),
            Self::Partner(command) => command.run(),
            Self::Reconcile(command) => command.run(),
            Self::Audit(command) => command.run(),
            Self::Jobs(command) => command.run(),
            Self::Leaderboard(command) => command.run(),
            Self::Timeline(command) => command.run(),
            Self::Mock(command) => command.run(),
            Self::Openapi(command) => command.run(),
            Self::Events(command) => command.run(),
            Self::Completions(command) => {
                command.run();
                Ok(())
            }
        }
    }
}

/// Writes a line for the person at the terminal; a pipe that closed early is no failure.
fn say(line: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Huiyi;

    #[test]
    fn the_commands_are_well_formed_and_each_has_an_example() {
        Huiyi::command().debug_assert();
        each(&Huiyi::command());
    }

    fn each(command: &clap::Command) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let leaf = command.get_subcommands().next().is_none();
        assert!(!leaf || help.contains("huiyi "), "{} has no example", command.get_name());
        command.get_subcommands().for_each(each);
    }
}
