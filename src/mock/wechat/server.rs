//! The stand-in over HTTP.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use chrono::TimeDelta;
use secrecy::SecretString;

use super::calls::{CallRecord, PathCount};
use super::fault::Fault;
use super::users::{NewUser, User};
use super::world::{AdminRefusal, CountryCodeForm, Issued, Person, World};
use super::{admin, platform};
use crate::kernel::clock::Clock;

/// Where `huiyi mock wechat` listens unless told otherwise: loopback, because nothing here is protected.
pub const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7900);

/// The largest body that the stand-in takes, in bytes.
const LARGEST_BODY: usize = 1 << 20;

/// What the stand-in needs to know.
#[derive(Debug, Clone)]
pub struct MockWechatConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The only app id that it knows.
    pub app_id: String,
    /// That app's secret.
    pub app_secret: SecretString,
    /// Its time; `advance` moves it ahead of this clock without touching the clock itself.
    pub clock: Clock,
    /// Threads that serve.
    pub workers: usize,
}

impl MockWechatConfig {
    /// A made-up app on a free port of loopback.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            app_id: "wx5f1d8c2e9a7b3046".to_owned(),
            app_secret: SecretString::from("0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
            clock,
            workers: 1,
        }
    }
}

/// Serves until the process is told to stop (SIGINT, SIGTERM); an error if the address cannot be had.
pub async fn run(config: MockWechatConfig) -> io::Result<()> {
    let listener = TcpListener::bind(config.listen)?;
    let workers = config.workers;
    let world = Arc::new(World::new(config.app_id, config.app_secret, config.clock));
    server(listener, workers, world, Signals::Heed)?.await
}

/// A stand-in that serves in the background until it is dropped, with the controls of `/__admin` as methods.
pub struct MockWechat {
    /// Where it is, such as `http://127.0.0.1:40123`.
    pub base_url: String,
    app_secret: SecretString,
    world: Arc<World>,
    handle: ServerHandle,
}

impl MockWechat {
    /// Binds and serves on threads of its own, so it works in and out of any runtime.
    pub fn start(config: MockWechatConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen)?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let (app_secret, workers) = (config.app_secret.clone(), config.workers);
        let world = Arc::new(World::new(config.app_id, config.app_secret, config.clock));
        let (started, handle) = mpsc::channel();
        let served = Arc::clone(&world);
        thread::Builder::new()
            .name("mock-wechat".to_owned())
            .spawn(move || serve(listener, workers, served, &started))?;
        let handle = handle.recv().map_err(io::Error::other)??;
        Ok(Self { base_url, app_secret, world, handle })
    }

    /// The only app id that it knows.
    #[must_use]
    pub fn app_id(&self) -> &str {
        self.world.app_id()
    }

    /// That app's secret.
    #[must_use]
    pub const fn app_secret(&self) -> &SecretString {
        &self.app_secret
    }

    /// Makes a person, or gives new traits to the one of that nickname or openid.
    pub fn add_user(&self, new: NewUser) -> Result<User, AdminRefusal> {
        self.world.put_user(new)
    }

    /// What `wx.login` gives on her phone.
    pub fn login_code(&self, person: Person) -> Result<Issued, AdminRefusal> {
        self.world.login_code(person, NewUser::default())
    }

    /// What the `getPhoneNumber` button gives on her phone; she must have one.
    pub fn phone_code(&self, person: Person) -> Result<Issued, AdminRefusal> {
        self.world.phone_code(person, NewUser::default())
    }

    /// Asks for a fault; the oldest that fits a call strikes it.
    pub fn fault(&self, fault: Fault) {
        self.world.add_fault(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.world.clear_faults();
    }

    /// The last 10,000 calls, oldest first, without secrets.
    #[must_use]
    pub fn calls(&self) -> Vec<CallRecord> {
        self.world.calls()
    }

    /// How often each path was called.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, PathCount> {
        self.world.counts()
    }

    /// How often this path was called.
    #[must_use]
    pub fn count(&self, path: &str) -> u64 {
        self.counts().get(path).map_or(0, |count| count.calls)
    }

    /// Bytes that [`super::FaultKind::HugeBody`] sent before the other side hung up.
    #[must_use]
    pub fn flooded_bytes(&self) -> u64 {
        self.world.flooded.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Moves the stand-in's time ahead; tokens and codes grow old.
    pub fn advance(&self, by: TimeDelta) {
        self.world.advance(by);
    }

    /// How `countryCode` is written from now on.
    pub fn write_country_code_as(&self, form: CountryCodeForm) {
        self.world.write_country_code_as(form);
    }

    /// Forgets people, codes, tokens, faults, calls and moved time.
    pub fn reset(&self) {
        self.world.reset();
    }
}

impl Drop for MockWechat {
    fn drop(&mut self) {
        // The order is on its way as soon as `stop` is called; nobody has to wait for it.
        drop(self.handle.stop(false));
    }
}

impl std::fmt::Debug for MockWechat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MockWechat").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

fn serve(
    listener: TcpListener,
    workers: usize,
    world: Arc<World>,
    started: &mpsc::Sender<io::Result<ServerHandle>>,
) {
    let outcome = actix_web::rt::System::new().block_on(async {
        let server = match server(listener, workers, world, Signals::Ignore) {
            Ok(server) => server,
            Err(error) => {
                started.send(Err(error)).ok();
                return Ok(());
            }
        };
        started.send(Ok(server.handle())).ok();
        server.await
    });
    if let Err(error) = outcome {
        tracing::error!(%error, "the stand-in WeChat stopped");
    }
}

/// Whether the server stops by itself when the process gets SIGINT or SIGTERM.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signals {
    Heed,
    Ignore,
}

fn server(
    listener: TcpListener,
    workers: usize,
    world: Arc<World>,
    signals: Signals,
) -> io::Result<Server> {
    let world = Data::from(world);
    let build = move || {
        App::new()
            .app_data(Data::clone(&world))
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .service(web::scope("/__admin").configure(admin::configure))
            .default_service(web::to(platform::answer))
    };
    let server = HttpServer::new(build).workers(workers.max(1)).shutdown_timeout(1);
    let server = if signals == Signals::Ignore { server.disable_signals() } else { server };
    Ok(server.listen(listener)?.run())
}
