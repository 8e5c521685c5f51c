//! Where log lines and traces go.

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::{Builder, Runtime};
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::Failure;
use crate::channels::otlp;
use crate::config::{Log, LogFormat, Traces};
use crate::kernel::trace::TRACE;

/// What sends traces; sends the last ones when it is dropped.
#[must_use]
pub(super) struct Sending(Option<(SdkTracerProvider, Runtime)>);

impl Drop for Sending {
    fn drop(&mut self) {
        let Some((provider, runtime)) = self.0.take() else { return };
        if let Err(error) = provider.shutdown() {
            tracing::warn!(%error, "the last traces could not be sent");
        }
        runtime.shutdown_background();
    }
}

/// Logs to standard output as configured, and traces to a collector if there is one: what runs as a service.
///
/// # Errors
/// The level is no filter, or the collector's address no URL.
pub(super) fn of_service(log: &Log, traces: &Traces) -> Result<Sending, Failure> {
    if traces.otlp_endpoint.is_empty() {
        start(log.format, &log.level, std::io::stdout)?;
        return Ok(Sending(None));
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("traces")
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    let provider =
        otlp::traces(&traces.otlp_endpoint, traces.sample_ratio, runtime.handle().clone())
            .map_err(|error| Failure::Config(format!("traces.otlp_endpoint: {error}")))?;
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("huiyi"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_filter(Targets::new().with_target(TRACE, LevelFilter::INFO));
    let lines = lines(log.format, std::io::stdout).with_filter(filter(&log.level)?);
    // Only a second subscriber in one process is refused, and then the first one stays.
    let _ = tracing_subscriber::registry().with(lines).with(spans).try_init();
    Ok(Sending(Some((provider, runtime))))
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
    // The filter before all else: what it leaves out is never looked at.
    let _ =
        tracing_subscriber::registry().with(filter(level)?).with(lines(format, writer)).try_init();
    Ok(())
}

/// What a level lets through; spans for traces are none of the log's.
fn filter(level: &str) -> Result<EnvFilter, Failure> {
    let invalid = |error| Failure::Config(format!("log.level {level:?}: {error}"));
    let filter = EnvFilter::try_new(level).map_err(invalid)?;
    Ok(filter.add_directive(format!("{TRACE}=off").parse().map_err(invalid)?))
}

fn lines<S, W>(format: LogFormat, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Json => Box::new(lines.json().flatten_event(true)),
        LogFormat::Text => Box::new(lines.with_ansi(false)),
    }
}
