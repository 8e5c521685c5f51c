//! A Redis of one test alone, to be killed and brought back.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use huiyi::kv::Kv;

/// A private server; dropping it ends it.
pub struct Redis {
    port: u16,
    child: Child,
}

impl Redis {
    /// Starts one, or says that there is no `redis-server` on this machine: plain `cargo test` needs no service.
    pub fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let Some(child) = spawn(port) else {
            eprintln!("skipped: no redis-server on the PATH");
            return None;
        };
        wait(port);
        Some(Self { port, child })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Kills it without warning.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, empty, on the same port.
    pub fn restart(&mut self) {
        self.child = spawn(self.port).unwrap();
        wait(self.port);
    }

    /// Sends it a signal: `STOP` lets it hang, `CONT` lets it go on.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Says one line to it, past the app, and gives the answer.
    pub fn ask(&self, line: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(format!("{line}\r\nQUIT\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// How often a command was run, also by scripts.
    pub fn calls(&self, command: &str) -> u64 {
        let stats = self.ask("INFO commandstats");
        let stat =
            stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        stat.and_then(|stat| stat.split(',').next()?.parse().ok()).unwrap_or_default()
    }

    /// Waits until `kv` has noticed that it is back.
    pub async fn heal(&self, kv: &Kv) {
        let started = Instant::now();
        while kv.ping().await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the kv did not come back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(port: u16) -> Option<Child> {
    Command::new("redis-server")
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()
}

fn wait(port: u16) {
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < Duration::from_secs(10), "redis-server did not start");
        std::thread::sleep(Duration::from_millis(10));
    }
}
