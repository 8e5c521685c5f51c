//! The first look of the reconciliation: a page of accounts in one statement, inside the database.

use std::fmt::Write as _;

use entity::ids::AccountId;
use entity::points_account::{Column, Entity};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};
use uuid::Uuid;

use crate::db::{Backend, Conn};

/// Accounts above the first id, up to and with the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Not in it.
    pub above: AccountId,
    /// In it.
    pub upto: AccountId,
}

/// Below and above every account.
pub const ENDS: Page = Page { above: AccountId(Uuid::nil()), upto: AccountId(Uuid::max()) };

/// The id that ends a page of `accounts`; none when fewer are left above `above`.
pub async fn page_end(
    db: &impl Conn,
    above: AccountId,
    accounts: u64,
) -> Result<Option<AccountId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.gt(above))
        .order_by_asc(Column::Id)
        .offset(accounts.saturating_sub(1))
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// The accounts of a page, sorted.
pub async fn accounts_in(db: &impl Conn, page: Page) -> Result<Vec<AccountId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.gt(page.above))
        .filter(Column::Id.lte(page.upto))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// Accounts of which something may not be as their transfers say, and ids without an account; sorted. It asks what
/// `rules::Audit` asks, in the same words: where that says nothing, this must not either, and the other way round.
pub async fn suspects(db: &impl Conn, page: Page) -> Result<Vec<AccountId>, DbErr> {
    let backend = db.get_database_backend();
    let mut sql = String::with_capacity(ASKED.len());
    let mut values: Vec<Value> = Vec::new();
    for (n, piece) in ASKED.split("{span}").enumerate() {
        if n > 0 {
            let (above, upto) = match backend {
                Backend::Postgres => (format!("${}", 2 * n - 1), format!("${}", 2 * n)),
                _ => ("?".to_owned(), "?".to_owned()),
            };
            let _ = write!(sql, "> {above} AND account_id <= {upto}");
            values.extend([page.above.into(), page.upto.into()]);
        }
        sql.push_str(piece);
    }
    let rows = db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let ids: Result<Vec<AccountId>, DbErr> =
        rows.iter().map(|row| row.try_get_by_index(0)).collect();
    let mut ids = ids?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Nothing in it is joined: whatever a planner believes about a span of random ids, each row beside a transfer, a lot or a hold
/// is one look into an index, and each sum one pass. (With joins PostgreSQL expected one row and nested a thousand.)
const ASKED: &str = "\
SELECT account_id FROM (
    SELECT account_id, seq, kind, from_bucket, to_bucket, amount, pending_after, available_after, frozen_after,
        CASE WHEN kind = 'earn' OR (kind = 'adjust' AND to_bucket = 'available') THEN amount ELSE 0 END AS granted,
        coalesce(lag(seq) OVER life, 0) AS seq_before,
        coalesce(lag(pending_after) OVER life, 0) AS pending_before,
        coalesce(lag(available_after) OVER life, 0) AS available_before,
        coalesce(lag(frozen_after) OVER life, 0) AS frozen_before,
        coalesce((SELECT sum(lot.amount) FROM points_lot lot WHERE lot.transfer_id = moved.id), 0) AS made,
        coalesce((SELECT sum(used.amount) FROM points_lot_use used WHERE used.transfer_id = moved.id), 0) AS used,
        coalesce((SELECT sum(back.amount) FROM points_transfer back WHERE back.reverses = moved.id), 0) AS undone
    FROM points_transfer moved WHERE account_id {span}
    WINDOW life AS (PARTITION BY account_id ORDER BY seq)
) step
WHERE seq <> seq_before + 1
    OR pending_after <> pending_before + CASE to_bucket WHEN 'pending' THEN amount ELSE 0 END
        - CASE from_bucket WHEN 'pending' THEN amount ELSE 0 END
    OR available_after <> available_before + CASE to_bucket WHEN 'available' THEN amount ELSE 0 END
        - CASE from_bucket WHEN 'available' THEN amount ELSE 0 END
    OR frozen_after <> frozen_before + CASE to_bucket WHEN 'frozen' THEN amount ELSE 0 END
        - CASE from_bucket WHEN 'frozen' THEN amount ELSE 0 END
    OR made <> granted
    OR undone > amount
    OR (kind <> 'merge' AND used <> pending_after - pending_before - granted
        + CASE WHEN available_after > 0 THEN available_after ELSE 0 END
        - CASE WHEN available_before > 0 THEN available_before ELSE 0 END)
UNION ALL
SELECT account_id FROM (
    SELECT account_id, amount, remaining, due_at,
        CASE WHEN remaining = 0 THEN NULL WHEN settled THEN expires_at ELSE settles_at END AS due,
        coalesce((SELECT sum(used.amount) FROM points_lot_use used WHERE used.lot_id = lot.id), 0) AS used
    FROM points_lot lot WHERE account_id {span}
) lots
WHERE remaining <> amount + used OR due_at <> due OR (due_at IS NULL) <> (due IS NULL)
UNION ALL
SELECT account_id FROM (
    SELECT account_id, amount, captured, state,
        coalesce((SELECT sum(ended.amount) FROM points_transfer ended
            WHERE ended.reverses = hold.freeze_transfer), 0) AS resolved,
        coalesce((SELECT sum(ended.amount) FROM points_transfer ended
            WHERE ended.reverses = hold.freeze_transfer AND ended.kind = 'capture'), 0) AS used
    FROM points_hold hold WHERE account_id {span}
) holds
WHERE resolved <> CASE state WHEN 'held' THEN 0 ELSE amount END OR used <> captured
UNION ALL
SELECT account_id FROM (
    SELECT account_id, ledger, pending, available, frozen, version,
        CASE WHEN available > 0 THEN available ELSE 0 END AS settled, pending AS unsettled, frozen AS held, 1 AS accounts
    FROM (SELECT id AS account_id, ledger, pending, available, frozen, version FROM points_account) account
    WHERE account_id {span}
    UNION ALL
    SELECT account_id, ledger,
        CASE from_bucket WHEN 'pending' THEN amount ELSE 0 END - CASE to_bucket WHEN 'pending' THEN amount ELSE 0 END,
        CASE from_bucket WHEN 'available' THEN amount ELSE 0 END - CASE to_bucket WHEN 'available' THEN amount ELSE 0 END,
        CASE from_bucket WHEN 'frozen' THEN amount ELSE 0 END - CASE to_bucket WHEN 'frozen' THEN amount ELSE 0 END,
        -1, 0, 0, 0, 0
    FROM points_transfer WHERE account_id {span}
    UNION ALL
    SELECT account_id, NULL, 0, 0, 0, 0, CASE WHEN settled THEN -remaining ELSE 0 END,
        CASE WHEN settled THEN 0 ELSE -remaining END, 0, 0
    FROM points_lot WHERE account_id {span}
    UNION ALL
    SELECT account_id, NULL, 0, 0, 0, 0, 0, 0, CASE state WHEN 'held' THEN -amount ELSE 0 END, 0
    FROM points_hold WHERE account_id {span}
) sums
GROUP BY account_id
HAVING sum(pending) <> 0 OR sum(available) <> 0 OR sum(frozen) <> 0 OR sum(version) <> 0 OR sum(settled) <> 0
    OR sum(unsettled) <> 0 OR sum(held) <> 0 OR min(ledger) <> max(ledger) OR sum(accounts) = 0";
