//! The members' part of a merge (ID-3); `identity` conducts it.

use chrono::{DateTime, Utc};
use entity::codes::{IdentifierKind, MemberStatus};
use entity::ids::{MemberId, MergeId};
use entity::{
    member, member_identifier as identifier, member_spend as spend, member_total as total,
};
use serde_json::{Value, json};

use crate::app::App;
use crate::db::Tx;
use crate::http::Result;
use crate::members::rules::{Taken, fill_gaps};
use crate::members::store;

/// Two members at the moment of their merge, both locked.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Who stays.
    pub winner: member::Model,
    /// Who goes.
    pub loser: member::Model,
}

/// Whether two members can be one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Nothing speaks against it.
    Fits,
    /// Each proved a phone of her own: that needs a person to decide (ID-4).
    TwoPhones,
}

/// Whether a merge would give one member two phones that were proved.
///
/// # Errors
/// The database's.
pub async fn fit_in(tx: &Tx, pair: &Pair) -> Result<Fit> {
    let ids = [pair.winner.id, pair.loser.id];
    let rows = store::identifiers::of_members(tx, &ids).await?;
    let phones = rows.iter().filter(|row| is_proved_phone(row)).count();
    Ok(if phones > 1 { Fit::TwoPhones } else { Fit::Fits })
}

pub(super) fn is_proved_phone(row: &identifier::Model) -> bool {
    row.kind == IdentifierKind::Phone && row.verified_at.is_some()
}

/// Gives the winner everything that members own of the loser: identifiers, profile fields that she lacks, totals, spend by
/// day. Marks the loser as merged and answers the journal: what to give back when the merge is undone, personal
/// values sealed.
///
/// # Errors
/// The database's.
pub async fn absorb_in(
    tx: &Tx,
    app: &App,
    pair: Pair,
    cause: MergeId,
    now: DateTime<Utc>,
) -> Result<Value> {
    let Pair { mut winner, mut loser } = pair;
    let moved = store::identifiers::of_members(tx, &[loser.id]).await?;
    store::identifiers::give(tx, loser.id, winner.id).await?;
    let bought = move_purchases(tx, loser.id, winner.id).await?;
    let taken = fill_gaps(&mut winner, &loser);
    winner.updated_at = now;
    winner.version += 1;
    loser.status = MemberStatus::Merged;
    loser.merged_into = Some(winner.id);
    loser.updated_at = now;
    loser.version += 1;
    store::rows::save(tx, winner).await?;
    store::rows::save(tx, loser).await?;
    let fields: Vec<Value> = taken.iter().map(|taken| field(app, cause, taken)).collect();
    let identifiers: Vec<_> = moved.iter().map(|row| row.id).collect();
    Ok(json!({ "version": 1, "fields": fields, "identifiers": identifiers, "purchases": bought }))
}

fn field(app: &App, cause: MergeId, taken: &Taken) -> Value {
    let place = format!("member_merge.journal.{cause}.{}", taken.field);
    let before =
        (!taken.before.is_null()).then(|| app.vault.seal(&place, &taken.before.to_string()).0);
    json!({ "field": taken.field, "before": before })
}

async fn move_purchases(tx: &Tx, from: MemberId, to: MemberId) -> Result<Value> {
    let total = store::totals::total(tx, from).await?;
    let days = store::totals::spend(tx, from).await?;
    let journal = json!({
        "total": total.as_ref().map(|total| json!({
            "order_count": total.order_count,
            "paid_fen": total.paid_fen,
            "refunded_fen": total.refunded_fen,
            "first_order_at": total.first_order_at,
            "last_order_at": total.last_order_at,
        })),
        "days": days.iter().map(|day| json!([day.day, day.paid_fen, day.refunded_fen])).collect::<Vec<_>>(),
    });
    let total: Vec<_> =
        total.map(|row| total::Model { member_id: to, ..row }).into_iter().collect();
    let days: Vec<_> = days.into_iter().map(|row| spend::Model { member_id: to, ..row }).collect();
    store::totals::remove(tx, from).await?;
    store::totals::add_totals(tx, &total).await?;
    store::totals::add_spend(tx, &days).await?;
    Ok(journal)
}
