//! Points that paid for an order, as its partner names them (PT-4): what refunds give back.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::codes::{Source, TransferKind};
use entity::ids::{MemberId, PartnerId};

use super::till;
use crate::db::Conn;
use crate::http::Result;
use crate::members::service::winners;
use crate::points::rules::Cause;
use crate::points::store;

/// The number under which a partner used points: of a finished checkout, or of a spending at his till.
pub type Receipt = (PartnerId, String);

/// Points that were used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deduction {
    /// Whose they were; after a merge the one who stays.
    pub member: MemberId,
    /// How many, whatever came back since.
    pub points: i64,
    /// Source of the use, for a movement that gives them back.
    pub source: Source,
    /// Source id of the use.
    pub source_id: String,
    /// Kind of the use.
    pub kind: TransferKind,
}

/// What was used under receipts; of those that are open, went back or are unknown nothing is found.
///
/// # Errors
/// The database's.
pub async fn deductions(
    db: &impl Conn,
    receipts: &BTreeSet<Receipt>,
) -> Result<HashMap<Receipt, Deduction>> {
    let causes_of = |receipt: &Receipt| till::uses(receipt.0, &receipt.1);
    let causes: HashSet<Cause> = receipts.iter().flat_map(causes_of).collect();
    if causes.is_empty() {
        return Ok(HashMap::new());
    }
    let found = store::with_causes(db, &causes).await?;
    let accounts: BTreeSet<_> = found.iter().map(|transfer| transfer.account_id).collect();
    let accounts = store::accounts_by_id(db, &accounts.into_iter().collect::<Vec<_>>()).await?;
    let members: Vec<MemberId> = accounts.iter().map(|row| row.member_id).collect();
    let winners = winners(db, &members).await?;
    let owner = |row: &entity::points_account::Model| Some((row.id, *winners.get(&row.member_id)?));
    let owners: HashMap<_, _> = accounts.iter().filter_map(owner).collect();
    let found: HashMap<Cause, _> = found.iter().map(|row| (Cause::of(row), row)).collect();
    let deduction = |receipt: &Receipt| {
        let used = causes_of(receipt).into_iter().find_map(|cause| found.get(&cause).copied())?;
        let deduction = Deduction {
            member: *owners.get(&used.account_id)?,
            points: used.amount,
            source: used.source,
            source_id: used.source_id.clone(),
            kind: used.kind,
        };
        Some((receipt.clone(), deduction))
    };
    Ok(receipts.iter().filter_map(deduction).collect())
}

/// The receipt behind the source id of a till's movement.
#[must_use]
pub fn receipt_of(source_id: &str) -> Option<Receipt> {
    let (partner, number) = source_id.split_once(':')?;
    Some((partner.parse().ok()?, number.to_owned()))
}
