//! Somebody who receives webhooks: keeps what comes and answers what the test says.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use actix_web::rt::spawn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its path.
    pub path: String,
    /// Its headers, names in lower case.
    pub headers: HashMap<String, String>,
    /// Its body.
    pub body: String,
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status and nothing else.
    Status(u16),
    /// A status, headers, a body.
    With(u16, Vec<(&'static str, String)>, String),
    /// Nothing, until the receiver is released.
    Silence,
    /// The connection is closed without an answer.
    HangUp,
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    next: VecDeque<Reply>,
    always: HashMap<String, Reply>,
}

/// A receiver on this machine; it ends with its value.
pub struct Receiver {
    /// Where it listens, without a slash at the end.
    pub url: String,
    state: Arc<Mutex<State>>,
    arrived: Arc<Notify>,
    released: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// One that answers 204 to everything.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (state, arrived) = (Arc::<Mutex<State>>::default(), Arc::<Notify>::default());
        let (released, silent) = watch::channel(false);
        let (kept, signal) = (Arc::clone(&state), Arc::clone(&arrived));
        let task = spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (kept, signal) = (Arc::clone(&kept), Arc::clone(&signal));
                spawn(converse(connection, kept, signal, silent.clone()));
            }
        });
        Self { url, state, arrived, released, task }
    }

    /// Answers the next request so; several are answered in sequence.
    pub fn next(&self, reply: Reply) {
        self.state.lock().unwrap().next.push_back(reply);
    }

    /// Answers requests of a path so from now on.
    pub fn always(&self, path: &str, reply: Reply) {
        self.state.lock().unwrap().always.insert(path.to_owned(), reply);
    }

    /// Ends every silence: whoever waits for an answer learns that none comes.
    pub fn release(&self) {
        self.released.send_replace(true);
    }

    /// What came so far.
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// What came since the last time this was asked.
    pub fn news(&self) -> Vec<Received> {
        std::mem::take(&mut self.state.lock().unwrap().received)
    }

    /// Waits until what came is `enough`.
    pub async fn until(&self, enough: impl Fn(&[Received]) -> bool) {
        loop {
            let arrived = self.arrived.notified();
            if enough(&self.state.lock().unwrap().received) {
                return;
            }
            arrived.await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(
    mut connection: TcpStream,
    state: Arc<Mutex<State>>,
    arrived: Arc<Notify>,
    mut silent: watch::Receiver<bool>,
) {
    while let Some(request) = read(&mut connection).await {
        let reply = {
            let mut state = state.lock().unwrap();
            let always = state.always.get(&request.path).cloned();
            state.received.push(request);
            always.or_else(|| state.next.pop_front()).unwrap_or(Reply::Status(204))
        };
        arrived.notify_waiters();
        let (status, headers, body) = match reply {
            Reply::Status(status) => (status, Vec::new(), String::new()),
            Reply::With(status, headers, body) => (status, headers, body),
            Reply::Silence => {
                let _ = silent.wait_for(|released| *released).await;
                return;
            }
            Reply::HangUp => return,
        };
        let mut text = format!("HTTP/1.1 {status} x\r\n");
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        if status != 204 {
            text += &format!("content-length: {}\r\n", body.len());
        }
        let _ = connection.write_all(format!("{text}\r\n{body}").as_bytes()).await;
    }
}

async fn read(connection: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break at;
        }
        let mut more = [0; 4096];
        match connection.read(&mut more).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&more[..read]),
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let mut body = bytes.split_off(end + 4);
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    while body.len() < length {
        let mut more = vec![0; length - body.len()];
        match connection.read(&mut more).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => body.extend_from_slice(&more[..read]),
        }
    }
    Some(Received { path, headers, body: String::from_utf8(body).ok()? })
}
