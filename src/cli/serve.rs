//! `huiyi serve`: the API and, unless told not to, its background work.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures_util::future::join_all;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use super::{Failure, Settings, logs, process};
use crate::app::App;
use crate::config::{self, Environment};
use crate::http::metrics::Metrics;
use crate::jobs::{Stop, StopSwitch};
use crate::partners::service as partners;
use crate::wiring::probes::Stopping;
use crate::wiring::{jobs, server};

const EXAMPLES: &str = "\
Examples:
  huiyi serve
  huiyi serve --config huiyi.toml
  HUIYI__SERVER__LISTEN=0.0.0.0:8080 huiyi serve

SIGTERM or SIGINT: /readyz answers 503 for server.notice_seconds, then nothing new is accepted and what is under
way gets server.drain_seconds to end.";

/// Serve the API and run the background work
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    #[command(flatten)]
    settings: Settings,
    /// Address of the API, instead of server.listen
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut config = self.settings.load()?;
        if let Some(listen) = self.listen {
            config.server.listen = listen;
        }
        let _logs = logs::of_service(&config.log, &config.traces)?;
        process::block_on(async {
            // The address first: a server that cannot be reached must not migrate.
            let listeners = Listeners::bind(&config.server)?;
            let (app, _lock) = process::open(config).await?;
            warn_of_gaps(&app);
            serve(app, listeners, || {}).await
        })
    }
}

/// The sockets of a server.
pub(super) struct Listeners {
    api: TcpListener,
    metrics: Option<TcpListener>,
}

impl Listeners {
    /// An address that is taken already, without one for metrics.
    pub(super) const fn of(api: TcpListener) -> Self {
        Self { api, metrics: None }
    }

    /// Takes the addresses of the configuration.
    pub(super) fn bind(server: &config::Server) -> Result<Self, Failure> {
        let metrics = &server.metrics_listen;
        Ok(Self {
            api: bind("server.listen", &server.listen)?,
            metrics: if metrics.is_empty() {
                None
            } else {
                Some(bind("server.metrics_listen", metrics)?)
            },
        })
    }
}

fn bind(key: &str, address: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => Failure::Config(format!(
            "{key} {address:?}: an address such as 127.0.0.1:8080 is expected"
        )),
        _ => Failure::Failed(format!("{key} {address}: {error}")),
    })
}

/// Serves until the process is told to stop, then drains; `ready` is called when requests are answered.
pub(super) async fn serve(
    app: App,
    listeners: Listeners,
    ready: impl FnOnce(),
) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let stopping = Arc::new(Stopping::default());
    let metrics = Metrics::default();
    let address = listeners.api.local_addr().map_err(Failure::failed)?;
    let side = listeners
        .metrics
        .map(|at| server::start_metrics(app.clone(), metrics.clone(), at))
        .transpose();
    let side = side.map_err(Failure::failed)?.map(|side| {
        let handle = side.handle();
        tokio::task::spawn_local(side);
        handle
    });
    let workers = app.config.server.workers;
    let api = server::start(app.clone(), metrics, Arc::clone(&stopping), listeners.api, workers)
        .map_err(Failure::failed)?;
    let handle = api.handle();
    let mut api = tokio::task::spawn_local(api);
    let worker = Worker::start(&app);
    let (last_uses, stop) = StopSwitch::new();
    let worlds = [Some(app.clone()), app.sandbox.clone()].into_iter().flatten();
    let uses = worlds.map(|app| partners::keep_writing_uses(app, stop.clone()));
    let uses = tokio::task::spawn_local(join_all(uses.collect::<Vec<_>>()));
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "ready");
    ready();
    tokio::select! {
        () = signals.told() => {}
        ended = &mut api => {
            ended.map_err(Failure::failed)?.map_err(Failure::failed)?;
            return Err(Failure::failed("the server ended by itself"));
        }
    }
    tracing::info!("stopping");
    stopping.begin();
    worker.tell();
    signals.told_again_or(Duration::from_secs(app.config.server.notice_seconds)).await;
    tokio::select! {
        () = handle.stop(true) => {}
        () = signals.told() => handle.stop(false).await,
    }
    let drain = Duration::from_secs(app.config.server.drain_seconds);
    worker.end(drain).await;
    // After the last request.
    last_uses.tell();
    let _ = tokio::time::timeout(drain, uses).await;
    if let Some(side) = side {
        side.stop(false).await;
    }
    tracing::info!("stopped");
    Ok(())
}

/// How the server at `listen` is reached from this machine.
pub(super) fn url_of(listen: &str) -> String {
    format!(
        "http://{}",
        listen.replacen("0.0.0.0:", "127.0.0.1:", 1).replacen("[::]:", "[::1]:", 1)
    )
}

/// What is missing for parts that still work without it.
fn warn_of_gaps(app: &App) {
    if app.config.wechat.app_id.is_empty() {
        tracing::warn!("wechat.app_id is not set: shoppers cannot sign in");
    }
    for page in app.config.open_pages() {
        tracing::warn!("{page}");
    }
    if app.config.environment == Environment::Development {
        tracing::warn!(
            "environment is development: keys are generated and migrations run by themselves"
        );
    }
}

/// The background work of this process, if it is to do any.
struct Worker(Option<(StopSwitch, JoinHandle<()>)>);

impl Worker {
    /// On this thread: connections live as long as the runtime that opened them, and this one ends last.
    fn start(app: &App) -> Self {
        if !app.config.worker.enabled {
            return Self(None);
        }
        let (switch, stop): (StopSwitch, Stop) = StopSwitch::new();
        Self(Some((switch, tokio::task::spawn_local(jobs::run(app.clone(), stop)))))
    }

    fn tell(&self) {
        if let Some((switch, _)) = &self.0 {
            switch.tell();
        }
    }

    async fn end(self, patience: Duration) {
        let Some((_switch, work)) = self.0 else { return };
        if tokio::time::timeout(patience, work).await.is_err() {
            tracing::warn!(
                "background work did not end in time; its events are handed on again later"
            );
        }
    }
}

/// SIGTERM and SIGINT.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn new() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::failed);
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for one.
    pub(super) async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits for `pause`; somebody who asks twice does not want to wait.
    async fn told_again_or(&mut self, pause: Duration) {
        let _ = tokio::time::timeout(pause, self.told()).await;
    }
}
