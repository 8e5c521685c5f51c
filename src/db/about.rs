//! What kind of database this is, for people who set one up.

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, Statement};

use super::{Backend, Conn, Db};

/// A database's own words about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Product and version, such as `11.4.2-MariaDB`.
    pub version: String,
    /// Character set of the database.
    pub charset: String,
    /// Collation of the database.
    pub collation: String,
    /// Its clock, to the second.
    pub now: DateTime<Utc>,
}

const POSTGRES: &str = "SELECT current_setting('server_version') AS version, \
    pg_encoding_to_char(encoding)::text AS charset, datcollate::text AS collation, \
    CAST(extract(epoch FROM clock_timestamp()) AS bigint) AS seconds \
    FROM pg_database WHERE datname = current_database()";

const MYSQL: &str = "SELECT VERSION() AS version, @@character_set_database AS charset, \
    @@collation_database AS collation, CAST(UNIX_TIMESTAMP() AS SIGNED) AS seconds";

const SQLITE: &str = "SELECT sqlite_version() AS version, \
    (SELECT encoding FROM pragma_encoding) AS charset, 'BINARY' AS collation, \
    CAST(strftime('%s', 'now') AS INTEGER) AS seconds";

/// Asks it.
///
/// # Errors
/// The database's.
pub async fn about(db: &Db) -> Result<About, DbErr> {
    let question = match db.backend() {
        Backend::MySql => MYSQL,
        Backend::Sqlite => SQLITE,
        _ => POSTGRES,
    };
    let question = Statement::from_string(db.backend(), question);
    let row = db.read().query_one_raw(question).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("about the database".to_owned()))?;
    Ok(About {
        version: row.try_get("", "version")?,
        charset: row.try_get("", "charset")?,
        collation: row.try_get("", "collation")?,
        now: DateTime::from_timestamp(row.try_get("", "seconds")?, 0).unwrap_or_default(),
    })
}
