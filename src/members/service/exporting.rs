//! Members for a file, in the sequence in which they were made (OP-4).

use entity::ids::MemberId;
use entity::member;

use crate::db::Conn;
use crate::http::Result;
use crate::members::store::exports;

pub use crate::members::rules::MembersWanted;

/// How many there are.
///
/// # Errors
/// The database's.
pub async fn count_members(db: &impl Conn, wanted: &MembersWanted) -> Result<u64> {
    Ok(exports::count(db, wanted).await?)
}

/// The next of them.
///
/// # Errors
/// The database's.
pub async fn members_after(
    db: &impl Conn,
    wanted: &MembersWanted,
    after: Option<MemberId>,
    limit: u64,
) -> Result<Vec<member::Model>> {
    Ok(exports::after(db, wanted, after, limit).await?)
}
