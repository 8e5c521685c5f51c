//! `huiyi worker`: background work alone, beside servers with worker.enabled = false.

use clap::Args;

use super::serve::Signals;
use super::{Failure, Settings, logs, process};
use crate::jobs::StopSwitch;
use crate::wiring::jobs;

const EXAMPLES: &str = "\
Examples:
  huiyi worker --config huiyi.toml

Any number may run; each event is handed on by one of them. SIGTERM or SIGINT ends it after its batch.";

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
        logs::of_service(&config.log)?;
        process::block_on(async {
            let (app, _lock) = process::open(config).await?;
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
