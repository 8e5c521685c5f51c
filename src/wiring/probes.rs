//! `/livez`, `/readyz`, `/metrics`: for the people who run it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use tokio::time::timeout;

use crate::app::App;
use crate::db::schema;
use crate::http::metrics::Metrics;

/// Set when the process was told to stop: `/readyz` then sends traffic elsewhere before the drain begins.
#[derive(Debug, Default)]
pub struct Stopping(AtomicBool);

impl Stopping {
    /// Tells `/readyz`.
    pub fn begin(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// How long a probe or a scrape waits for the database and the kv, one that hangs counts as down: longer than a pool waits for
/// a connection by default, and shorter than the ten seconds that Prometheus waits for a scrape.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    database: &'static str,
    migrations: &'static str,
    kv: &'static str,
}

/// Registers the probes.
pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/livez", web::get().to(live)).route("/readyz", web::get().to(ready));
}

/// Registers the measurements.
pub fn configure_metrics(config: &mut web::ServiceConfig) {
    config.route("/metrics", web::get().to(metrics));
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}

/// Ready when the database answers and its schema is this program's; Redis away is `degraded`, still ready.
async fn ready(app: web::ThinData<App>, stopping: Option<web::Data<Stopping>>) -> HttpResponse {
    let (pending, kv) =
        tokio::join!(timeout(PATIENCE, schema::pending(&app.db)), timeout(PATIENCE, app.kv.ping()));
    let (database, migrations) = match pending {
        Ok(Ok(pending)) if pending.is_empty() => ("up", "current"),
        Ok(Ok(_)) => ("up", "pending"),
        _ => ("down", "unknown"),
    };
    let kv = if matches!(kv, Ok(Ok(()))) { "up" } else { "down" };
    let stopping = stopping.is_some_and(|stopping| stopping.0.load(Ordering::SeqCst));
    let fit = migrations == "current" && !stopping;
    let status = match (stopping, fit, kv) {
        (true, ..) => "stopping",
        (_, false, _) => "unavailable",
        (_, true, "up") => "ready",
        _ => "degraded",
    };
    let answer = Readiness { status, database, migrations, kv };
    if fit {
        HttpResponse::Ok().json(answer)
    } else {
        HttpResponse::ServiceUnavailable().json(answer)
    }
}

/// Asked for at each scrape, so that they tell of now.
async fn metrics(metrics: web::Data<Metrics>, app: web::ThinData<App>) -> HttpResponse {
    let (database, kv) =
        tokio::join!(timeout(PATIENCE, schema::pending(&app.db)), timeout(PATIENCE, app.kv.ping()));
    app.measures.up(matches!(database, Ok(Ok(_))), matches!(kv, Ok(Ok(()))));
    let (busy, idle) = app.db.write().connections();
    app.measures.connections(busy, idle);
    HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(metrics.text())
}
