//! Queries.

use entity::ids::MemberId;
use sea_orm::{DbErr, FromQueryResult, Statement, Value};

use crate::db::Conn;

/// `xmin` of a row is the transaction that wrote it, so a mark changes whenever one of its rows does. What a member
/// spends is booked with her totals, what runs out changes with her account.
const MARKS: &str = r"
SELECT m.id, concat(m.xmin, '.', p.xmin, '.', g.xmin, '.', h.xmin, '.', t.xmin, '.',
    (SELECT string_agg(concat(code, '.', xmin), ',' ORDER BY code) FROM tier)) AS mark
FROM member m
LEFT JOIN points_account p ON p.member_id = m.id AND p.ledger = 'points'
LEFT JOIN points_account g ON g.member_id = m.id AND g.ledger = 'growth'
LEFT JOIN tier_hold h ON h.member_id = m.id
LEFT JOIN member_total t ON t.member_id = m.id
WHERE m.id = ANY($1)";

#[derive(FromQueryResult)]
struct Marked {
    id: MemberId,
    mark: String,
}

/// A mark for each member that changes whenever something changes that her points or her tier follow from. PostgreSQL
/// only; unknown members are absent.
pub async fn marks(db: &impl Conn, ids: &[MemberId]) -> Result<Vec<(MemberId, String)>, DbErr> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let statement =
        Statement::from_sql_and_values(db.get_database_backend(), MARKS, [Value::from(ids)]);
    let found = Marked::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|row| (row.id, row.mark)).collect())
}
