//! Where log lines go.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::Failure;
use crate::config::{Log, LogFormat};

/// Logs to standard output as configured: what runs as a service.
///
/// # Errors
/// The level is no filter.
pub(super) fn of_service(log: &Log) -> Result<(), Failure> {
    start(log.format, &log.level, std::io::stdout)
}

/// Logs warnings as text to standard error: what a person runs, whose standard output is the answer.
///
/// # Errors
/// None in practice.
pub(super) fn of_tool() -> Result<(), Failure> {
    start(LogFormat::Text, "warn", std::io::stderr)
}

fn start<W>(format: LogFormat, level: &str, writer: W) -> Result<(), Failure>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(level)
        .map_err(|error| Failure::Config(format!("log.level {level:?}: {error}")))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    // Only a second subscriber in one process is refused, and then the first one stays.
    let _ = match format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Text => lines.with_ansi(false).try_init(),
    };
    Ok(())
}
