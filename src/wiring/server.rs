//! The HTTP server, as the program and the tests start it.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App as ActixApp, HttpServer, web};

use super::probes::Stopping;
use super::routes::configure;
use crate::app::App;
use crate::http::context::{context, not_found};
use crate::http::metrics::Metrics;

/// Serves `app` on `listener` until the handle stops it; requests in flight get the drain time.
/// `/metrics` is served here unless it has an address of its own ([`start_metrics`]).
///
/// # Errors
/// The listener cannot be used.
pub fn start(
    app: App,
    metrics: Metrics,
    stopping: Arc<Stopping>,
    listener: TcpListener,
    workers: usize,
) -> std::io::Result<Server> {
    let drain = app.config.server.drain_seconds;
    metrics.register(|registry| app.measures.register(registry));
    let metrics = web::Data::new(metrics);
    let stopping = web::Data::from(stopping);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(web::ThinData(app.clone()))
            .app_data(metrics.clone())
            .app_data(stopping.clone())
            .wrap(from_fn(context))
            .configure(configure)
            .configure(super::probes::configure)
            .configure(|config| {
                if app.config.server.metrics_listen.is_empty() {
                    super::probes::configure_metrics(config);
                }
                if app.config.server.docs {
                    super::docs::configure(config);
                }
            })
            .default_service(web::to(not_found))
    })
    .shutdown_timeout(drain)
    .keep_alive(Duration::from_secs(75))
    .disable_signals();
    let server = if workers == 0 { server } else { server.workers(workers) };
    Ok(server.listen(listener)?.run())
}

/// Serves `/metrics` alone, on an address that only the operator's network reaches.
///
/// # Errors
/// The listener cannot be used.
pub fn start_metrics(app: App, metrics: Metrics, listener: TcpListener) -> std::io::Result<Server> {
    let metrics = web::Data::new(metrics);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(web::ThinData(app.clone()))
            .app_data(metrics.clone())
            .configure(super::probes::configure_metrics)
            .default_service(web::to(not_found))
    });
    Ok(server.workers(1).shutdown_timeout(1).disable_signals().listen(listener)?.run())
}
