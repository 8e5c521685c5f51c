//! Measurements in Prometheus form, by the OpenTelemetry names (A8).

use std::fmt;
use std::time::Duration;

use actix_web::http::Method;
use parking_lot::Mutex;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The registry and the families that HTTP itself fills.
#[derive(Clone)]
pub struct Metrics {
    registry: std::sync::Arc<Mutex<Registry>>,
    requests: Family<RequestLabels, Histogram>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

#[expect(clippy::struct_field_names, reason = "the labels of the OpenTelemetry conventions")]
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    http_request_method: &'static str,
    http_route: String,
    http_response_status_code: u32,
}

const BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let requests = Family::new_with_constructor(histogram as fn() -> Histogram);
        registry.register(
            "http_server_request_duration_seconds",
            "Duration of HTTP requests by method, route and status",
            requests.clone(),
        );
        Self { registry: std::sync::Arc::new(Mutex::new(registry)), requests }
    }
}

impl Metrics {
    /// Counts one request.
    pub fn request(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let labels = RequestLabels {
            http_request_method: known(method),
            http_route: route.to_owned(),
            http_response_status_code: u32::from(status),
        };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Lets another part register its own families.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self.registry.lock());
    }

    /// Everything, as Prometheus reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let _ = encode(&mut text, &self.registry.lock());
        text
    }
}

/// Methods are the caller's to choose: unknown ones share a label, so that nobody grows our memory, or a collector's list of names.
pub(super) fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}
