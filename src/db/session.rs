//! What statements go through: a pool, or a transaction of one. Parameters become what the database can keep, here and
//! nowhere else.

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult, QueryResult,
    Statement, TransactionOptions, TransactionTrait, Value,
};

use super::Backend;

#[cfg(debug_assertions)]
thread_local! {
    static SENT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Statements that were sent from this thread so far, for tests of what a use case costs. Release builds count nothing.
#[cfg(debug_assertions)]
#[must_use]
pub fn statements_sent() -> u64 {
    SENT.get()
}

/// Connections that are shared; each statement is a transaction of its own.
#[derive(Clone, Debug)]
pub struct Pool(DatabaseConnection);

/// A transaction that [`in_tx`](super::in_tx) began.
#[derive(Debug)]
pub struct Tx(DatabaseTransaction);

impl Pool {
    pub(super) const fn new(connection: DatabaseConnection) -> Self {
        Self(connection)
    }

    /// What migrations run on, which write no instant of anybody's.
    #[must_use]
    pub const fn bare(&self) -> &DatabaseConnection {
        &self.0
    }

    /// Its connections: those at work, and those that wait for work.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        let (all, idle) = match self.0.get_database_backend() {
            Backend::Postgres => sizes(self.0.get_postgres_connection_pool()),
            Backend::MySql => sizes(self.0.get_mysql_connection_pool()),
            _ => sizes(self.0.get_sqlite_connection_pool()),
        };
        (all.saturating_sub(idle), idle)
    }

    pub(super) async fn begin(&self, options: TransactionOptions) -> Result<Tx, DbErr> {
        #[expect(clippy::disallowed_methods, reason = "the one place that begins transactions")]
        Ok(Tx(self.0.begin_with_options(options).await?))
    }

    /// Closes it and waits until every connection is gone.
    ///
    /// # Errors
    /// The database's.
    pub async fn close(self) -> Result<(), DbErr> {
        self.0.close().await
    }
}

fn sizes<D: sqlx::Database>(pool: &sqlx::Pool<D>) -> (usize, usize) {
    (usize::try_from(pool.size()).unwrap_or(usize::MAX), pool.num_idle())
}

impl Tx {
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        self.0.commit().await
    }

    pub(super) async fn rollback(self) -> Result<(), DbErr> {
        self.0.rollback().await
    }
}

/// MySQL's protocol has two kinds of instant, and the driver sends ours as TIMESTAMP, which ends in January 2038: MariaDB
/// makes NULL of any later one, whatever its column holds. As DATETIME, which columns are (C2), they last until 9999.
fn lasting(mut statement: Statement) -> Statement {
    #[cfg(debug_assertions)]
    SENT.set(SENT.get() + 1);
    if statement.db_backend != Backend::MySql {
        return statement;
    }
    for value in statement.values.iter_mut().flat_map(|values| &mut values.0) {
        if let Value::ChronoDateTimeUtc(at) = value {
            *value = Value::ChronoDateTime(at.map(|at| at.naive_utc()));
        }
    }
    statement
}

// The forms that are given a builder come down to these.
macro_rules! speaks {
    ($session:ty) => {
        #[async_trait]
        impl ConnectionTrait for $session {
            fn get_database_backend(&self) -> Backend {
                self.0.get_database_backend()
            }

            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                self.0.execute_raw(lasting(statement)).await
            }

            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                self.0.execute_unprepared(sql).await
            }

            async fn query_one_raw(
                &self,
                statement: Statement,
            ) -> Result<Option<QueryResult>, DbErr> {
                self.0.query_one_raw(lasting(statement)).await
            }

            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                self.0.query_all_raw(lasting(statement)).await
            }
        }
    };
}

speaks!(Pool);
speaks!(Tx);

#[cfg(test)]
mod tests {
    use sea_orm::Values;

    use super::*;

    #[test]
    fn only_mysql_is_sent_another_kind_of_instant() {
        let at = "2099-12-31T00:00:00.123456Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        let given = vec![at.into(), Value::ChronoDateTimeUtc(None), 7_i64.into()];
        let sent = |backend| {
            let statement = Statement::from_sql_and_values(backend, "SELECT ?", given.clone());
            lasting(statement).values.unwrap()
        };
        let naive = Value::ChronoDateTime(Some(at.naive_utc()));
        let kept = vec![naive, Value::ChronoDateTime(None), 7_i64.into()];
        assert_eq!(sent(Backend::MySql), Values(kept));
        assert_eq!(sent(Backend::Postgres), Values(given.clone()));
        assert_eq!(sent(Backend::Sqlite), Values(given.clone()));
    }
}
