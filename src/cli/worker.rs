//! `huiyi worker`: background work alone, beside servers with worker.enabled = false.

use std::net::TcpListener;

use clap::Args;

use super::serve::Signals;
use super::{Failure, Settings, logs, process};
use crate::app::App;
use crate::http::metrics::Metrics;
use crate::jobs::StopSwitch;
use crate::wiring::{jobs, server};

const EXAMPLES: &str = "\
Examples:
  huiyi worker --config huiyi.toml

Any number may run; each event and each job goes to one of them. SIGTERM or SIGINT ends it after its step.\n\
/metrics is served on server.metrics_listen, unless that is empty or taken.";

/// Run the background work without the API
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Worker {
    #[command(flatten)]
    settings: Settings,
}

impl Worker {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        let _logs = logs::of_service(&config.log, &config.traces)?;
        process::block_on(async {
            let (app, _lock) = process::open(config).await?;
            serve_metrics(&app);
            let mut signals = Signals::new()?;
            let (switch, stop) = StopSwitch::new();
            let work = jobs::run(app, stop);
            tokio::pin!(work);
            tracing::info!("working");
            tokio::select! {
                () = &mut work => {}
                () = signals.told() => {
                    switch.tell();
                    work.await;
                }
            }
            tracing::info!("stopped");
            Ok(())
        })
    }
}

/// A worker that shares a machine with a server finds the address taken, which must not stop it.
fn serve_metrics(app: &App) {
    let address = &app.config.server.metrics_listen;
    if address.is_empty() {
        return;
    }
    let metrics = Metrics::default();
    metrics.register(|registry| app.measures.register(registry));
    match TcpListener::bind(address).and_then(|at| server::start_metrics(app.clone(), metrics, at))
    {
        Ok(side) => drop(tokio::task::spawn_local(side)),
        Err(error) => tracing::warn!(address, %error, "the metrics are not served"),
    }
}
