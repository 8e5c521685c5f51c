//! What every request gets: an id, a language, problems in one form, safe headers, a log line, a measurement.

use std::future::{Ready, ready};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use tracing::{Instrument, Span};

use super::client::ClientIp;
use super::metrics::Metrics;
use super::problem::{Error, Language, Refusal, render};
use super::{codes, limits, traces};
use crate::kernel::clock;

/// The id of a request: the caller's `X-Request-Id` when it is plain, else one of ours.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    /// The id of `request`; empty only where no context was put around it.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self(String::new()))
    }
}

impl FromRequest for RequestId {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");

/// Middleware around everything. Faults are logged here, once, with their chain.
///
/// # Errors
/// None of its own: errors of handlers become problem responses.
pub async fn context<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let started = clock::monotonic();
    let id = request_id(&request);
    let language = language(request.request());
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = traces::span_of(&request, &id);
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    // No clone of the request may be kept across the call: the router needs it unshared. Handlers and extractors
    // answer errors as responses, so an Err here comes from a middleware below and renders itself.
    let response = next.call(request).instrument(span.clone()).await?;
    let mut response = match refusal_of(response.response().error(), &id) {
        Some(refusal) => {
            response.into_response(render(&refusal, language, &id)).map_into_right_body()
        }
        None => response.map_into_left_body(),
    };
    let limit = limits::told(response.request());
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in limit.into_iter().flatten() {
        headers.insert(name, value);
    }
    headers.insert(NOSNIFF, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    report(&response, (&id, &span), started.elapsed(), metrics.as_deref().map(AsRef::as_ref));
    Ok(response)
}

fn request_id(request: &ServiceRequest) -> String {
    let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| {
        (8..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            // A phone number as a request id would put it into every log.
            && !id.bytes().all(|b| b.is_ascii_digit())
    };
    sent.filter(plain).map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned)
}

/// The language the caller asked for.
#[must_use]
pub fn language(request: &HttpRequest) -> Language {
    Language::from_header(
        request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()),
    )
}

fn refusal_of(error: Option<&actix_web::Error>, id: &str) -> Option<Refusal> {
    let error = error?;
    let Some(ours) = error.as_error::<Error>() else {
        return Some(foreign(error));
    };
    let refusal = ours.refusal();
    if refusal.code.status >= 500 {
        tracing::error!(request_id = id, code = refusal.code.code, error = %ours, "request failed");
    }
    Some(refusal)
}

/// Errors of actix-web's own: only their status is kept, their text may quote input.
fn foreign(error: &actix_web::Error) -> Refusal {
    let code = match error.as_response_error().status_code().as_u16() {
        401 => codes::UNAUTHENTICATED,
        403 => codes::FORBIDDEN,
        404 => codes::NOT_FOUND,
        405 => codes::METHOD_NOT_ALLOWED,
        413 => codes::BODY_TOO_LARGE,
        400..=499 => codes::BAD_JSON,
        _ => codes::FAULT,
    };
    Refusal { code, fields: Vec::new(), retry_after: None }
}

/// Routes are logged and measured by their pattern: a path may hold anything.
fn report<B>(
    response: &ServiceResponse<B>,
    (id, span): (&str, &Span),
    took: std::time::Duration,
    metrics: Option<&Metrics>,
) {
    let request = response.request();
    let route = request.match_pattern().unwrap_or_else(|| "_none".to_owned());
    let status = response.status().as_u16();
    if let Some(metrics) = metrics {
        metrics.request(request.method(), &route, status, took);
    }
    traces::ended(span, request.method(), &route, status);
    tracing::info!(
        target: "huiyi::access",
        request_id = id,
        trace_id = traces::trace_id(span),
        method = %request.method(),
        route,
        status,
        // Its network only: a whole address is personal.
        client = %ClientIp::of(request).network(),
        micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "request"
    );
}

/// For paths that no route matches.
///
/// # Errors
/// Always: `not_found`.
pub async fn not_found() -> Result<actix_web::HttpResponse, Error> {
    Err(codes::NOT_FOUND.into())
}
