//! `huiyi demo`: a whole retailer on this machine, with nothing else installed (C-2).

mod catalogue;
mod chance;
mod history;
mod people;
mod progress;
mod screen;
mod seed;
mod state;
mod wechat;

use std::net::TcpListener;
use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use super::serve::{Listeners, serve};
use super::{Failure, logs, process, say};
use crate::app::App;
use crate::config::{self, Config, Environment};
use crate::db::{self, schema};
use crate::kernel::clock::{self, Clock};
use state::{Folder, State};

const EXAMPLES: &str = "\
Examples:
  huiyi demo
  huiyi demo --listen 127.0.0.1:9000
  huiyi demo --reset                       another retailer; forgets everything that was done in the demo

It keeps everything in one folder and needs no network. It refuses to run where environment = \"production\".";

/// Run a made-up retailer: embedded database, 18 months of history, a stand-in for WeChat
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Demo {
    /// Start over with a new retailer
    #[arg(long)]
    reset: bool,
    /// Address of the API
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Folder for everything; the demo's alone
    #[arg(long, value_name = "DIR", default_value = "data/demo")]
    data_dir: PathBuf,
    /// Members to make up, at the first start
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u16).range(1..=20_000))]
    members: u16,
}

impl Demo {
    pub(super) fn run(self) -> Result<(), Failure> {
        let start = clock::monotonic();
        let config = self.config()?;
        logs::of_tool()?;
        let folder = Folder::claim(&self.data_dir)?;
        let _lock = process::lock(&config)?;
        if self.reset {
            folder.clear()?;
        }
        process::block_on(async {
            let api = TcpListener::bind(&config.server.listen).map_err(|error| {
                let at = &config.server.listen;
                Failure::Failed(format!("{at}: {error}; choose another address with --listen"))
            })?;
            let url = format!("http://{}", api.local_addr().map_err(Failure::failed)?);
            say(format!("Huiyi demo in {}", folder.path().display()));
            let platform = wechat::start()?;
            let config = wechat::point_at(config, &platform);
            let state = match folder.state()? {
                Some(state) => state,
                None => make(&folder, &config, usize::from(self.members)).await?,
            };
            let app = App::build(config, Clock::system()).await?;
            schema::migrate(&app.db).await?;
            wechat::people(&app, &platform, &state).await?;
            let seconds = clock::elapsed(start).as_secs_f32();
            let text = screen::text(&url, &platform.base_url, &state, seconds);
            serve(app, Listeners::of(api), || say(text)).await
        })
    }

    /// Everything embedded, whatever the environment says about servers.
    fn config(&self) -> Result<Config, Failure> {
        let mut config = config::load(None)?;
        if config.environment == Environment::Production {
            return Err(Failure::failed(
                "environment is production: the demo makes up people and accounts and runs in development only",
            ));
        }
        config.server.data_dir.clone_from(&self.data_dir);
        config.server.listen.clone_from(&self.listen);
        config.server.metrics_listen.clear();
        config.server.notice_seconds = 0;
        config.server.docs = true;
        config.database.url = SecretString::default();
        config.redis.url = SecretString::default();
        config.worker.enabled = true;
        Ok(config)
    }
}

/// Makes the retailer. What an interrupted start left is thrown away: half a history is none.
async fn make(folder: &Folder, config: &Config, members: usize) -> Result<State, Failure> {
    folder.clear()?;
    let now = Clock::system().now();
    let clock = Clock::manual(now);
    let app = App::build(config.clone(), clock.clone()).await?;
    schema::migrate(&app.db).await?;
    let state = seed::seed(&app, &clock, now, members).await?;
    close(app).await?;
    folder.remember(&state)?;
    Ok(state)
}

/// The parts with the clock of the past end here.
async fn close(app: App) -> Result<(), db::DbError> {
    app.db.clone().close().await
}
