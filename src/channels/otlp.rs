//! Sends traces to a collector: OTLP over HTTP, <https://opentelemetry.io/docs/specs/otlp/#otlphttp> (OPS-2).

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use reqwest::{Client, redirect};
use tokio::runtime::Handle;

/// A collector that takes longer is done without: spans are dropped, requests never wait.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What makes traces and sends a `sample_ratio` of them (0 to 1) to the collector at `endpoint`, from a thread of its own;
/// `on` drives the connections. Shut it down at the end: it then sends what it still has.
///
/// Sampled by the id of the trace, also of traces that callers began: a caller cannot have all of his recorded.
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
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_service_name("huiyi").with_attribute(version).build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::TraceIdRatioBased(sample_ratio))
        .with_resource(resource)
        .build())
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
