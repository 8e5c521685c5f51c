//! The real program on a database of its own, filled through its own API.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use huiyi::kernel::clock::Clock;
use huiyi::mock::wechat::{MockWechat, MockWechatConfig, Person};
use sea_orm::ConnectionTrait;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A running release build.
pub struct Program {
    pub url: String,
    pub database_url: String,
    pub wechat: MockWechat,
    pub runtime: Runtime,
    pub http: reqwest::Client,
    environment: Vec<(String, String)>,
    child: Child,
}

impl Program {
    /// Starts one on a new PostgreSQL database.
    pub fn start(name: &str) -> Self {
        Self::start_with(name, &[])
    }

    /// Starts one on a new PostgreSQL database, with other settings.
    pub fn start_with(name: &str, settings: &[(&str, &str)]) -> Self {
        let runtime = Runtime::new().unwrap();
        let database_url = runtime.block_on(new_database(name));
        let program = Self::on(runtime, name, database_url, settings);
        program.wait();
        program
    }

    /// Starts one on a new MariaDB database, with other settings.
    pub fn on_mariadb(name: &str, settings: &[(&str, &str)]) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = std::env::var("HUIYI_BENCH_MARIADB_URL").expect("run scripts/bench");
        runtime.block_on(async {
            let server = sea_orm::Database::connect(&server).await.unwrap();
            let make = format!(
                "CREATE OR REPLACE DATABASE bench_{name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            );
            server.execute_unprepared(&make).await.unwrap();
            server.close().await.unwrap();
        });
        let url = format!("{}/bench_{name}", server.rsplit_once('/').unwrap().0);
        let program = Self::on(runtime, name, url, settings);
        program.wait();
        program
    }

    /// Another process on the same database, with other settings.
    pub fn beside(&self, name: &str, settings: &[(&str, &str)]) -> Self {
        let database_url = self.database_url.clone();
        let program = Self::on(Runtime::new().unwrap(), name, database_url, settings);
        program.wait();
        program
    }

    /// Starts one on a database that is there.
    pub fn on(
        runtime: Runtime,
        name: &str,
        database_url: String,
        settings: &[(&str, &str)],
    ) -> Self {
        let wechat = MockWechat::start(MockWechatConfig::new(Clock::system())).unwrap();
        let listen = format!("127.0.0.1:{}", free_port());
        let data = std::env::temp_dir().join(format!("huiyi-bench-{}-{name}", std::process::id()));
        let environment: Vec<(String, String)> = [
            ("DATABASE__URL", database_url.clone()),
            ("REDIS__URL", std::env::var("HUIYI_BENCH_REDIS_URL").unwrap_or_default()),
            ("REDIS__PREFIX", format!("bench-{name}-{}", std::process::id())),
            ("SERVER__LISTEN", listen.clone()),
            ("SERVER__DATA_DIR", data.display().to_string()),
            ("SECURITY__ACCESS_MINUTES", "120".to_owned()),
            ("WECHAT__BASE_URL", wechat.base_url.clone()),
            ("WECHAT__APP_ID", wechat.app_id().to_owned()),
            ("WECHAT__APP_SECRET", wechat.app_secret().expose_secret().to_owned()),
            ("LOG__LEVEL", "warn".to_owned()),
        ]
        .into_iter()
        .chain(settings.iter().map(|(key, value)| (*key, (*value).to_owned())))
        .map(|(key, value)| (format!("HUIYI__{key}"), value))
        .collect();
        let migrated =
            huiyi(&environment, &["migrate", "up"]).stdout(Stdio::null()).status().unwrap();
        assert!(migrated.success());
        let child = huiyi(&environment, &["serve"]).stdout(Stdio::null()).spawn().unwrap();
        Self {
            url: format!("http://{listen}"),
            database_url,
            wechat,
            runtime,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            environment,
            child,
        }
    }

    /// Waits until it answers.
    pub fn wait(&self) {
        for _ in 0..300 {
            let ready = self.http.get(format!("{}/readyz", self.url)).send();
            if self.runtime.block_on(ready).is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the program did not get ready");
    }

    /// Stops the server and its worker.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Another command of the program with the same configuration.
    pub fn command(&self, words: &[&str]) -> Command {
        huiyi(&self.environment, words)
    }

    /// A partner's key.
    pub fn partner(&self, scopes: &[&str]) -> String {
        let mut words = vec!["partner", "create", "bench"];
        for scope in scopes {
            words.extend(["--scope", scope]);
        }
        let output = huiyi(&self.environment, &words).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let key = text.split_whitespace().find(|word| word.starts_with("hyk_"));
        key.unwrap_or_else(|| panic!("no key: {text}{}", String::from_utf8_lossy(&output.stderr)))
            .to_owned()
    }

    /// Signs a shopper in and binds her phone: her access token.
    pub fn shopper(&self, number: usize) -> String {
        let nickname = format!("bench{number}");
        let person = Person::Nickname(nickname.clone());
        let code = self.wechat.login_code(person.clone()).unwrap().code;
        let body = self.post("/v1/member/sessions", None, &json!({"code": code}));
        let token = body["access_token"].as_str().unwrap().to_owned();
        let new = huiyi::mock::wechat::NewUser {
            user: Some(nickname),
            phone: Some(phone(number)),
            ..Default::default()
        };
        self.wechat.add_user(new).unwrap();
        let code = self.wechat.phone_code(person).unwrap().code;
        self.post("/v1/member/phone", Some(&token), &json!({"code": code}));
        token
    }

    /// A POST that must succeed.
    pub fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Value {
        self.runtime.block_on(async {
            let mut request = self.http.post(format!("{}{path}", self.url)).json(body);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let text = answer.text().await.unwrap();
            assert!(status.is_success(), "{path}: {status} {text}");
            serde_json::from_str(&text).unwrap_or(Value::Null)
        })
    }

    /// Memory of the server in MiB.
    pub fn memory_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("VmRSS: 0 kB");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0)
            / 1024.0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The phone of shopper `number`.
pub fn phone(number: usize) -> String {
    format!("139{number:08}")
}

/// An order of `lines` lines for a shopper.
pub fn order(external_no: &str, shopper: usize, lines: usize) -> Value {
    let lines: Vec<Value> = (1..=lines)
        .map(|n| {
            json!({"line_no": n, "sku_code": format!("B{n}-RED-M"), "name": "连衣裙", "category": "连衣裙",
                   "quantity": 1, "list_fen": 39_900, "paid_fen": 29_900})
        })
        .collect();
    json!({"channel": "pos", "external_no": external_no, "version": 1, "status": "paid", "currency": "CNY",
           "occurred_at": "2026-06-01T04:00:00Z", "customer": {"phone": phone(shopper)},
           "paid_fen": 29_900 * lines.len(), "lines": lines})
}

fn huiyi(environment: &[(String, String)], words: &[&str]) -> Command {
    let program = std::env::var("HUIYI_BENCH_PROGRAM")
        .expect("run scripts/bench: it sets HUIYI_BENCH_PROGRAM");
    let mut command = Command::new(program);
    command.args(words).envs(environment.iter().cloned());
    command
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn new_database(name: &str) -> String {
    let server = std::env::var("HUIYI_BENCH_POSTGRES_URL").expect("run scripts/bench");
    let client = connect(&server).await;
    client
        .batch_execute(&format!("DROP DATABASE IF EXISTS bench_{name} WITH (FORCE)"))
        .await
        .unwrap();
    client.batch_execute(&format!("CREATE DATABASE bench_{name}")).await.unwrap();
    format!("{}/bench_{name}", server.rsplit_once('/').unwrap().0)
}

/// A plain connection.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(async move {
        let _ = connection.await;
    });
    client
}
