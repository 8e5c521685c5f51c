//! How a command ends when it does not end well.

use std::io::Write;
use std::process::ExitCode;

use crate::app::BuildError;
use crate::config::ConfigError;

/// Why a command ends; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It could not be done.
    #[error("{0}")]
    Failed(String),
    /// It was done and found something wrong, which is printed already.
    #[error("")]
    Found,
    /// The configuration cannot be used (`EX_CONFIG`).
    #[error("configuration: {0}")]
    Config(String),
}

impl Failure {
    /// Something failed.
    pub fn failed(what: impl std::fmt::Display) -> Self {
        Self::Failed(what.to_string())
    }

    /// Tells the person at the terminal, and the shell.
    pub(super) fn report(&self) -> ExitCode {
        if !matches!(self, Self::Found) {
            let _ = writeln!(std::io::stderr(), "huiyi: {self}");
        }
        match self {
            Self::Failed(_) | Self::Found => ExitCode::FAILURE,
            Self::Config(_) => ExitCode::from(78),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error.0)
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Setting(text) => Self::Config(text),
            BuildError::Unreachable(text) => Self::Failed(text),
        }
    }
}

impl From<crate::db::DbError> for Failure {
    fn from(error: crate::db::DbError) -> Self {
        Self::Failed(format!("database: {error}"))
    }
}

impl From<crate::http::Error> for Failure {
    fn from(error: crate::http::Error) -> Self {
        let crate::http::Error::Refused(refusal) = &error else {
            return Self::Failed(error.to_string());
        };
        let fields =
            refusal.fields.iter().map(|field| format!("\n  {}: {}", field.pointer, field.en));
        Self::Failed(format!(
            "{} ({}){}",
            refusal.code.en,
            refusal.code.code,
            fields.collect::<String>()
        ))
    }
}
