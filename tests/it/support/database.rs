//! A database for each test, made from a migrated template.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use huiyi::db::{self, schema};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use tokio::sync::{Mutex, OnceCell};

static NEXT: AtomicU64 = AtomicU64::new(1);
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
/// What makes a migrated MariaDB database: it has no templates, and its many migrations take seconds.
static STATEMENTS: OnceCell<(TestDb, Vec<String>)> = OnceCell::const_new();
/// PostgreSQL copies a template for one client at a time.
static COPYING: Mutex<()> = Mutex::const_new(());

/// Which database the suite runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// PostgreSQL at HUIYI_TEST_POSTGRES_URL.
    Postgres,
    /// MariaDB or MySQL at HUIYI_TEST_MARIADB_URL.
    Mariadb,
}

/// The one that HUIYI_TEST_DB names.
pub fn kind() -> Kind {
    match std::env::var("HUIYI_TEST_DB").as_deref() {
        Ok("postgres") => Kind::Postgres,
        Ok("mariadb" | "mysql") => Kind::Mariadb,
        Ok("sqlite") | Err(_) => Kind::Sqlite,
        Ok(other) => panic!("HUIYI_TEST_DB={other}: sqlite, postgres or mariadb is expected"),
    }
}

/// One database; dropping it removes it.
pub struct TestDb {
    kind: Kind,
    name: String,
    folder: PathBuf,
}

impl TestDb {
    /// A new, migrated one without rows.
    pub async fn create() -> Self {
        let database = Self::named();
        match database.kind {
            Kind::Sqlite => database.copy_file().await,
            Kind::Postgres => database.copy_template().await,
            Kind::Mariadb => database.copy_statements().await,
        }
        database
    }

    /// A new one without tables.
    pub async fn empty() -> Self {
        let database = Self::named();
        match database.kind {
            Kind::Sqlite => {}
            Kind::Postgres => {
                admin(&format!("CREATE DATABASE {}", database.name), Kind::Postgres).await
            }
            Kind::Mariadb => database.make().await,
        }
        database
    }

    fn named() -> Self {
        let name =
            format!("huiyi_t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        Self { kind: kind(), name, folder }
    }

    /// Its folder, for files of this test.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its URL.
    pub fn url(&self) -> String {
        match self.kind {
            Kind::Sqlite => format!("sqlite://{}", self.folder.join("huiyi.db").display()),
            Kind::Postgres | Kind::Mariadb => with_database(&server_url(self.kind), &self.name),
        }
    }

    async fn copy_file(&self) {
        let template = TEMPLATE
            .get_or_init(|| async {
                let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
                    .join(format!("huiyi_template_{}.db", std::process::id()));
                for suffix in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
                }
                migrate(&format!("sqlite://{}", path.display())).await;
                path.display().to_string()
            })
            .await;
        std::fs::copy(template, self.folder.join("huiyi.db")).unwrap();
    }

    async fn copy_template(&self) {
        let template = TEMPLATE
            .get_or_init(|| async {
                let name = format!("huiyi_template_{}", std::process::id());
                admin(&format!("CREATE DATABASE {name}"), Kind::Postgres).await;
                migrate(&with_database(&server_url(Kind::Postgres), &name)).await;
                name
            })
            .await;
        let _one_at_a_time = COPYING.lock().await;
        admin(&format!("CREATE DATABASE {} TEMPLATE {template}", self.name), Kind::Postgres).await;
    }

    async fn copy_statements(&self) {
        let (_, statements) = STATEMENTS
            .get_or_init(|| async {
                let template = Self::named();
                template.make().await;
                migrate(&template.url()).await;
                let statements = statements_of(&template).await;
                (template, statements)
            })
            .await;
        self.make().await;
        let connection = connect(self.url()).await;
        for statement in statements {
            connection.execute_unprepared(statement).await.unwrap();
        }
        connection.close().await.unwrap();
    }

    async fn make(&self) {
        let create = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
        admin(&format!("CREATE DATABASE {} {create}", self.name), Kind::Mariadb).await;
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        let drop = match self.kind {
            Kind::Sqlite => return,
            Kind::Postgres => format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
            Kind::Mariadb => format!("DROP DATABASE IF EXISTS {}", self.name),
        };
        let kind = self.kind;
        // The test's own runtime cannot wait inside a drop.
        let remove = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(admin(&drop, kind));
        });
        let _ = remove.join();
    }
}

fn server_url(kind: Kind) -> String {
    let name = match kind {
        Kind::Postgres => "HUIYI_TEST_POSTGRES_URL",
        _ => "HUIYI_TEST_MARIADB_URL",
    };
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run scripts/test, or scripts/services up"))
}

fn with_database(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

async fn admin(statement: &str, kind: Kind) {
    let connection = connect(server_url(kind)).await;
    connection
        .execute_unprepared(statement)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    connection.close().await.unwrap();
}

/// One connection, not more: settings are of a session.
async fn connect(url: String) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1);
    Database::connect(options).await.unwrap()
}

/// The statements that make the tables, rows and triggers of a MariaDB database again, on one connection.
async fn statements_of(database: &TestDb) -> Vec<String> {
    let connection = connect(database.url()).await;
    let rows = async |query: String| {
        let statement = Statement::from_string(DbBackend::MySql, query);
        connection.query_all_raw(statement).await.unwrap()
    };
    let mut made = vec!["SET foreign_key_checks = 0".to_owned()];
    let mut filled = Vec::new();
    for table in rows("SHOW TABLES".into()).await {
        let table: String = table.try_get_by_index(0).unwrap();
        let create = rows(format!("SHOW CREATE TABLE {table}")).await;
        made.push(create[0].try_get_by_index(1).unwrap());
        if !rows(format!("SELECT 1 FROM {table} LIMIT 1")).await.is_empty() {
            filled.push(format!("INSERT INTO {table} SELECT * FROM {}.{table}", database.name));
        }
    }
    made.append(&mut filled);
    for trigger in rows("SHOW TRIGGERS".into()).await {
        let name: String = trigger.try_get_by_index(0).unwrap();
        let create = rows(format!("SHOW CREATE TRIGGER {name}")).await;
        made.push(create[0].try_get_by_index(2).unwrap());
    }
    connection.close().await.unwrap();
    made
}

async fn migrate(url: &str) {
    let database = db::connect(url, 1, Duration::from_secs(30)).await.unwrap();
    schema::migrate(&database).await.unwrap();
    database.close().await.unwrap();
}
