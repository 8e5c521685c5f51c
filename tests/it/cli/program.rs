//! Starting the program with a folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

static NEXT: AtomicU64 = AtomicU64::new(1);
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder for one test; dropping it removes it.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        let name = format!("cli_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The program with these arguments, in this folder, with an environment of its own.
    pub fn huiyi(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_huiyi"));
        let foreign = std::env::vars_os().map(|(key, _)| key);
        for key in foreign.filter(|key| key.to_string_lossy().starts_with("HUIYI__")) {
            command.env_remove(key);
        }
        command
            .args(arguments)
            .current_dir(&self.0)
            .env("HUIYI__SERVER__DATA_DIR", self.0.join("data"))
            .env("HUIYI__SERVER__LISTEN", "127.0.0.1:0")
            .env("HUIYI__SERVER__NOTICE_SECONDS", "0")
            .env("HUIYI__SERVER__WORKERS", "2")
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(&self.huiyi(arguments).output().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ended {
    /// Reads what a process left.
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A server that runs. Dropping it kills it.
pub struct Running {
    child: Child,
    /// Where it answers, such as `127.0.0.1:40123`.
    pub address: String,
}

impl Running {
    /// Starts `command` and waits for the log line that tells its address.
    pub fn start(command: &mut Command) -> Self {
        let (child, line) = start_until(command, "ready");
        Self { child, address: line["address"].as_str().unwrap().to_owned() }
    }

    /// Starts a worker, which has no address, and waits for its first log line.
    pub fn start_worker(command: &mut Command) -> Self {
        let (child, _) = start_until(command, "working");
        Self { child, address: String::new() }
    }

    /// Asks for a path over a connection of its own; gives status and body.
    pub fn get(&self, path: &str) -> (u16, String) {
        get(&self.address, path)
    }

    /// Sends JSON over a connection of its own; gives status and body.
    pub fn post(&self, path: &str, body: &Value) -> (u16, String) {
        let mut stream = self.begin_post(path, &body.to_string(), 0);
        stream.write_all(body.to_string().as_bytes()).unwrap();
        read_answer(&mut stream)
    }

    /// Sends JSON as a partner with this key, under an idempotency key of its own; gives status and body.
    pub fn post_as(&self, key: &str, path: &str, body: &Value) -> (u16, String) {
        let (mut stream, body) = (TcpStream::connect(&self.address).unwrap(), body.to_string());
        let (length, request) = (body.len(), NEXT.fetch_add(1, Ordering::Relaxed));
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             authorization: Bearer {key}\r\nidempotency-key: k-{request}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        read_answer(&mut stream)
    }

    /// Begins a POST and sends only the first `sent` bytes of its body.
    pub fn begin_post(&self, path: &str, body: &str, sent: usize) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body.as_bytes()[..sent]).unwrap();
        stream
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has died by itself, of an abort; panics when it ended otherwise.
    pub fn died(&mut self) {
        let mut status = None;
        eventually("the death of the program", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert_eq!(status.unwrap().signal(), Some(6), "{status:?}");
    }

    /// Whether a new connection is taken.
    pub fn accepts(&self) -> bool {
        TcpStream::connect(&self.address).is_ok()
    }

    /// Waits for its end and gives the exit code.
    pub fn wait(&mut self) -> i32 {
        let mut code = None;
        eventually("the end of the program", || {
            code = self.child.try_wait().unwrap();
            code.is_some()
        });
        code.and_then(|status| status.code()).unwrap_or(-1)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start_until(command: &mut Command, message: &str) -> (Child, Value) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the program ended before it was ready");
        let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
        if line["message"] == message {
            // Somebody must read the rest, or the program blocks on a full pipe.
            std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            return (child, line);
        }
    }
}

/// Asks the server at `address` for a path.
pub fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    read_answer(&mut stream)
}

/// Status and body of an answer that ends with the connection.
pub fn read_answer(stream: &mut TcpStream) -> (u16, String) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Waits until `holds`, for a minute at most.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A demo that runs. Dropping it kills it.
pub struct Demo {
    running: Running,
    screen: String,
}

impl Demo {
    /// Starts a small one in the folder and waits until it has printed everything.
    pub fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let always = ["demo", "--listen", "127.0.0.1:0", "--members", "50"];
        let mut command = folder.huiyi(&[&always, arguments].concat());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut running = Running { child, address: String::new() };
        let mut lines = BufReader::new(running.child.stdout.take().unwrap()).lines();
        let mut screen = String::new();
        // The last of the five lines is the only one that names the customers.
        while !screen.contains("/v1/guide/customers") {
            let line = lines.next().unwrap_or_else(|| panic!("the demo ended: {screen}")).unwrap();
            screen.push_str(&line);
            screen.push('\n');
        }
        Self { running, screen }
    }

    /// The key that it prints.
    pub fn partner_key(&self) -> String {
        let start = self.screen.find("hyk_").unwrap();
        self.screen[start..].split_whitespace().next().unwrap().to_owned()
    }

    /// The lines to paste.
    pub fn lines(&self) -> Vec<String> {
        let pasted = self.screen.split("Five lines to paste:").nth(1).unwrap();
        let is_command = |line: &&str| !line.is_empty() && !line.starts_with('#');
        pasted.lines().filter(is_command).map(str::to_owned).collect()
    }

    /// Tells it to stop and gives the exit code.
    pub fn stop(&mut self) -> i32 {
        self.running.signal("TERM");
        self.running.wait()
    }
}
