//! Two replicas behind a proxy are replaced one after the other while tills work (F10, OPS-4).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::shop::Shop;
use crate::cli::program::{Running, eventually, get};
use crate::support::{Kind, kind};

const TILLS: usize = 6;
/// How often each replica is replaced.
const TURNS: usize = 2;

/// What a proxy knows: replicas, and which of them said at the last look that they are ready.
#[derive(Clone, Default)]
struct Proxy {
    ready: Arc<Mutex<Vec<String>>>,
    next: Arc<AtomicUsize>,
}

impl Proxy {
    /// Looks at the replicas' `/readyz` until told to stop, as a proxy does.
    fn watch(&self, replicas: Arc<Mutex<Vec<String>>>, stop: Arc<AtomicBool>) {
        let ready = Arc::clone(&self.ready);
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let known = replicas.lock().unwrap().clone();
                let good = known.into_iter().filter(|at| is_ready(at)).collect();
                *ready.lock().unwrap() = good;
                thread::sleep(Duration::from_millis(100));
            }
        });
    }

    /// Whose turn it is.
    fn pick(&self) -> String {
        let ready = self.ready.lock().unwrap();
        assert!(!ready.is_empty(), "no replica is ready");
        ready[self.next.fetch_add(1, Ordering::Relaxed) % ready.len()].clone()
    }
}

#[actix_web::test]
async fn replacing_two_replicas_one_after_the_other_fails_no_request() {
    if kind() == Kind::Sqlite {
        eprintln!("skipped: an embedded database serves one process (scripts/test postgres)");
        return;
    }
    let shop = Shop::open(5).await;
    let commands = (0..2 * (TURNS + 1)).map(|_| {
        let mut command = shop.huiyi(&["serve"]);
        command.env("HUIYI__SERVER__NOTICE_SECONDS", "2");
        command
    });
    let mut commands: Vec<_> = commands.collect();
    let mut running: Vec<Running> =
        commands.drain(..2).map(|mut command| Running::start(&mut command)).collect();
    let addresses: Vec<_> = running.iter().map(|server| server.address.clone()).collect();
    let addresses = Arc::new(Mutex::new(addresses));
    let (done, proxy) = (Arc::new(AtomicBool::new(false)), Proxy::default());
    proxy.watch(Arc::clone(&addresses), Arc::clone(&done));
    let both = proxy.clone();
    eventually("two ready replicas", || both.ready.lock().unwrap().len() == 2);

    let ended = Arc::clone(&done);
    let rollout = thread::spawn(move || {
        for (turn, mut command) in commands.into_iter().enumerate() {
            let new = Running::start(&mut command);
            let old = std::mem::replace(&mut running[turn % 2], new);
            addresses.lock().unwrap().push(running[turn % 2].address.clone());
            eventually("the new one's turn", || {
                proxy.ready.lock().unwrap().contains(&running[turn % 2].address)
            });
            replaced(old, &addresses);
        }
        ended.store(true, Ordering::Relaxed);
        running
    });

    let tills = (0..TILLS).map(|till| work(&shop, till, &both, &done));
    let granted: usize = join_all(tills).await.into_iter().sum();
    drop(rollout.join().unwrap());
    let stored = shop.stored().await;
    assert!(stored.values().all(|transfers| transfers.len() == 1));
    assert_eq!(stored.len(), granted, "what was acknowledged, and nothing else");
    assert!(granted > 100, "{granted}: hardly anybody worked meanwhile");
    shop.reconciles();
}

fn is_ready(address: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let asked = stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    asked.is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

/// Stops a replica as an orchestrator does; the proxy forgets it when it has ended.
fn replaced(mut old: Running, addresses: &Mutex<Vec<String>>) {
    old.signal("TERM");
    eventually("not ready", || get(&old.address, "/readyz").0 == 503);
    addresses.lock().unwrap().retain(|at| *at != old.address);
    assert_eq!(old.wait(), 0);
}

/// A till that earns until the rollout is done; how many points it was told.
async fn work(shop: &Shop, till: usize, proxy: &Proxy, done: &AtomicBool) -> usize {
    let mut granted = 0;
    while !done.load(Ordering::Relaxed) {
        let receipt = format!("R-{till}-{granted}");
        let body = json!({"receipt_no": receipt, "member": {"member_id": shop.members[till % 5]}, "points": 1});
        let answer = shop.send_to(&proxy.pick(), "earn", &receipt, &body).await;
        let (status, body, _) = answer.unwrap_or_else(|error| panic!("{receipt}: {error:?}"));
        assert_eq!(status, 200, "{receipt}: {body}");
        granted += 1;
    }
    granted
}
