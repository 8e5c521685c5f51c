//! The span of a request (OPS-2), by OpenTelemetry's semantic conventions for HTTP servers.

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::metrics::known;
use crate::kernel::trace::TRACE;

/// A span for `request`, below the caller's own where it sent a W3C `traceparent`.
pub fn span_of(request: &ServiceRequest, id: &str) -> Span {
    let span = tracing::info_span!(
        target: TRACE,
        "request",
        otel.kind = "server",
        http.request.method = known(request.method()),
        http.route = Empty,
        http.response.status_code = Empty,
        request_id = id,
    );
    if !span.is_disabled() {
        let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
        // Only a span that has begun refuses a parent.
        let _ = span.set_parent(parent);
    }
    span
}

/// Writes down how it ended. A path may hold anything: spans, like logs, know only the pattern.
pub fn ended(span: &Span, method: &Method, route: &str, status: u16) {
    if span.is_disabled() {
        return;
    }
    // The layer has begun the span by now and no longer takes these from fields.
    let context = span.context();
    context.span().update_name(format!("{} {route}", known(method)));
    if status >= 500 {
        context.span().set_status(Status::error(""));
    }
    span.record("http.route", route);
    span.record("http.response.status_code", status);
}

/// The id of the trace for the log, when there is one.
pub fn trace_id(span: &Span) -> Option<String> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let context = context.span().span_context().clone();
    context.is_valid().then(|| context.trace_id().to_string())
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}
