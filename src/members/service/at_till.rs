//! The customer who stands at a till.

use entity::ids::MemberId;

use super::{Who, find, lock_in};
use crate::app::App;
use crate::db::Tx;
use crate::http::Result;
use crate::kernel::mobile::Mobile;

/// One way to name the customer at a till.
#[derive(Clone, Debug)]
pub enum AtTill {
    /// By member id, of a merged member too.
    Id(MemberId),
    /// By phone.
    Phone(Mobile),
    /// By card number.
    Card(String),
}

/// The member who stays behind a name, locked until the transaction ends: a merge that is just running is waited for,
/// and then followed. None when nobody is named so.
///
/// # Errors
/// The database's.
pub async fn lock_at_till_in(tx: &Tx, app: &App, name: &AtTill) -> Result<Option<MemberId>> {
    let who = match name {
        AtTill::Id(id) => return lock_who_stays(tx, *id).await,
        AtTill::Phone(phone) => Who { phone: Some(phone.clone()), ..Who::default() },
        AtTill::Card(card) => Who { card: Some(card.clone()), ..Who::default() },
    };
    match find(tx, app, &[who]).await?.pop().flatten() {
        Some(id) => lock_who_stays(tx, id).await,
        None => Ok(None),
    }
}

async fn lock_who_stays(tx: &Tx, member: MemberId) -> Result<Option<MemberId>> {
    let mut id = member;
    loop {
        let Some(row) = lock_in(tx, &[id]).await?.remove(&id) else { return Ok(None) };
        match row.merged_into {
            Some(next) => id = next,
            None => return Ok(Some(id)),
        }
    }
}
