//! Use cases of guides.

use chrono::{DateTime, Utc};
use entity::codes::CreditKind;
use entity::ids::{CreditId, RegionId, StaffId, StoreId};
use entity::sales_credit::Model;
use entity::values::Fen;
use uuid::Uuid;

use super::{events, store};
use crate::db::Tx;
use crate::events::publish;
use crate::http::Result;

/// Sales to credit; negative for refunds.
#[derive(Clone, Debug)]
pub struct Credit {
    /// Sale or refund.
    pub kind: CreditKind,
    /// Order or refund: unique with the kind.
    pub cause: Uuid,
    /// Whom.
    pub guide: StaffId,
    /// Where.
    pub store: Option<StoreId>,
    /// Its region.
    pub region: Option<RegionId>,
    /// How much.
    pub amount: Fen,
    /// Business time.
    pub at: DateTime<Utc>,
}

/// Appends credits; one with a cause that stands already is skipped. Publishes `guide.credited` for each new one
/// (payload: `guide_id`, `store_id`, `occurred_at`) so that boards follow.
///
/// # Errors
/// The database's.
pub async fn credit_in(tx: &Tx, credits: &[Credit], now: DateTime<Utc>) -> Result<()> {
    if credits.is_empty() {
        return Ok(());
    }
    let rows: Vec<Model> = credits.iter().map(|credit| row(credit, now)).collect();
    let new = store::append(tx, &rows).await?;
    let credited = rows.iter().filter(|row| new.contains(&row.id)).map(events::credited).collect();
    publish(tx, credited, now).await?;
    Ok(())
}

fn row(credit: &Credit, now: DateTime<Utc>) -> Model {
    Model {
        id: CreditId::new(now),
        kind: credit.kind,
        cause: credit.cause,
        guide_id: credit.guide,
        store_id: credit.store,
        region_id: credit.region,
        amount_fen: credit.amount,
        occurred_at: credit.at,
    }
}
