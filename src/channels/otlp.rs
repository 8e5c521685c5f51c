//! Sends traces to a collector: OTLP over HTTP, <https://opentelemetry.io/docs/specs/otlp/#otlphttp> (OPS-2).

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample};
use reqwest::{Client, redirect};
use tokio::runtime::Handle;

/// A collector that takes longer is done without: spans are dropped, requests never wait.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What makes traces and sends a `sample_ratio` of them (0 to 1) to the collector at `endpoint`, from a thread of its own;
/// `on` drives the connections. Shut it down at the end: it then sends what it still has.
///
/// Also of traces that callers began: a caller cannot have all of his recorded.
///
/// # Errors
/// The endpoint is no URL.
pub fn traces(
    endpoint: &str,
    sample_ratio: f64,
    on: Handle,
) -> Result<SdkTracerProvider, ExporterBuildError> {
    let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Collector::new(on)?)
        .with_endpoint(endpoint)
        .with_timeout(TIMEOUT)
        .build()?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_service_name("huiyi").with_attribute(version).build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Chosen::of(sample_ratio))
        .with_resource(resource)
        .build())
}

/// Chooses traces by a hash of their id that only this process can make: ids are the caller's to choose, and one that is small
/// would always be sampled by its own value. All spans of a trace are chosen together.
#[derive(Clone, Debug)]
struct Chosen {
    ratio: f64,
    key: RandomState,
}

impl Chosen {
    fn of(ratio: f64) -> Self {
        Self { ratio, key: RandomState::new() }
    }

    fn includes(&self, trace: TraceId) -> bool {
        let place = u32::try_from(self.key.hash_one(trace) >> 32).unwrap_or(u32::MAX);
        f64::from(place) < self.ratio * f64::from(u32::MAX) || self.ratio >= 1.0
    }
}

impl ShouldSample for Chosen {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let decision = if self.includes(trace) {
            SamplingDecision::RecordAndSample
        } else {
            SamplingDecision::Drop
        };
        let state = parent.map(|parent| parent.span().span_context().trace_state().clone());
        SamplingResult { decision, attributes: Vec::new(), trace_state: state.unwrap_or_default() }
    }
}

#[derive(Debug)]
struct Collector {
    http: Client,
    on: Handle,
}

impl Collector {
    fn new(on: Handle) -> Result<Self, ExporterBuildError> {
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(TIMEOUT);
        let http = http.build().map_err(|error| {
            ExporterBuildError::InternalFailure(format!("no client for the collector: {error}"))
        })?;
        Ok(Self { http, on })
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let url = reqwest::Url::parse(&parts.uri.to_string())?;
        let ask = self.http.request(parts.method, url).headers(parts.headers).body(body);
        // Timers and sockets belong to a runtime, and the exporter's thread has none.
        let answer = self.on.spawn(async move {
            let answer = ask.send().await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let (status, body) = answer.await??;
        Ok(Response::builder().status(status).body(body)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S15: whichever ids a caller chooses, no more of them are recorded than of others.
    #[test]
    fn a_caller_cannot_choose_ids_that_are_always_sampled() {
        let chosen = Chosen::of(0.1);
        let small = (1_u128..=10_000).map(|n| TraceId::from(n << 64));
        let sampled = small.clone().filter(|id| chosen.includes(*id)).count();
        assert!((500..2_000).contains(&sampled), "{sampled}");
        for id in small {
            assert_eq!(chosen.includes(id), chosen.clone().includes(id), "spans of a trace agree");
            assert!(Chosen::of(1.0).includes(id) && !Chosen::of(0.0).includes(id));
        }
    }
}
