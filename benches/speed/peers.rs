//! What we compare with: hand-written servers, each a process of its own.

use std::process::{Child, Command};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use deadpool_postgres::{Manager, Pool};
use serde::Serialize;
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::program::free_port;

/// A running peer.
pub struct Peer {
    pub url: String,
    child: Child,
}

impl Peer {
    /// Starts this program again as the peer `name`.
    pub fn start(name: &str, words: &[&str]) -> Self {
        let port = free_port();
        let program = std::env::current_exe().unwrap();
        let child =
            Command::new(program).arg(name).arg(port.to_string()).args(words).spawn().unwrap();
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Self { url: format!("http://127.0.0.1:{port}"), child };
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        panic!("{name} did not start");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a peer until it is killed.
pub fn serve(name: &str, words: &[String]) {
    let port: u16 = words[0].parse().unwrap();
    let result = match name {
        "peer-constant" => actix_web::rt::System::new().block_on(constant(port)),
        "peer-row" => actix_web::rt::System::new().block_on(row(port, words[1].clone())),
        _ => panic!("no peer {name}"),
    };
    result.unwrap();
}

/// Bare actix-web answering the same bytes.
async fn constant(port: u16) -> std::io::Result<()> {
    let server = HttpServer::new(|| {
        App::new().route("/livez", web::get().to(async || HttpResponse::Ok().body("ok\n")))
    });
    server.bind(("127.0.0.1", port))?.run().await
}

#[derive(Serialize)]
struct Row {
    available: i64,
    pending: i64,
    frozen: i64,
    version: i64,
}

/// A hand-written handler: one row by key, tokio-postgres, a deadpool a worker, prepared statement.
async fn row(port: u16, url: String) -> std::io::Result<()> {
    let server = HttpServer::new(move || {
        let manager = Manager::new(url.parse().unwrap(), NoTls);
        let pool = Pool::builder(manager).max_size(16).build().unwrap();
        App::new().app_data(web::Data::new(pool)).route("/points/{id}", web::get().to(read))
    });
    server.bind(("127.0.0.1", port))?.run().await
}

const READ: &str = "SELECT available, pending, frozen, version FROM points_account WHERE member_id = $1 AND ledger = 'points'";

async fn read(pool: web::Data<Pool>, id: web::Path<Uuid>) -> HttpResponse {
    let client = pool.get().await.unwrap();
    let statement = client.prepare_cached(READ).await.unwrap();
    let row = client.query_one(&statement, &[&*id]).await.unwrap();
    HttpResponse::Ok().json(Row {
        available: row.get(0),
        pending: row.get(1),
        frozen: row.get(2),
        version: row.get(3),
    })
}
