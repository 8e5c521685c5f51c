//! Points added or taken by hand, the large ones by two people (PT-7, S25).

use chrono::TimeDelta;
use entity::codes::{AdjustmentReason, AdjustmentState, AuditAction, Ledger, Source};
use entity::ids::{AdjustmentId, MemberId, StaffId, TransferId};
use entity::points_adjustment::Model;

use super::single::{lifetime, lock_member, post_one};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db::Tx;
use crate::http::{Result, codes};
use crate::kernel::actor::Actor;
use crate::points::rules::{Act, Movement};
use crate::points::{error, store};

pub use crate::points::store::{AdjustmentFilter, AdjustmentPosition};

/// Small ones of one person for one member count together for so long: many small steps are a large one.
const TOGETHER: TimeDelta = TimeDelta::hours(24);

/// A wish to adjust.
#[derive(Clone, Debug)]
pub struct Adjusting {
    /// Whose points.
    pub member: MemberId,
    /// How many: above zero added, below zero taken, not 0.
    pub points: i64,
    /// Why.
    pub reason: AdjustmentReason,
    /// Why, in words.
    pub note: String,
}

/// Adjusts at once, or asks for a second person when this, with what the same person posted for the same member within
/// a day, is more than `points.approval_over`.
///
/// # Errors
/// `member_not_found`, `points_insufficient`, `points_out_of_range`.
pub async fn adjust_in(
    tx: &Tx,
    app: &App,
    (staff, author): (StaffId, &Author),
    wish: &Adjusting,
) -> Result<Model> {
    let now = app.clock.now();
    let member = lock_member(tx, wish.member).await?;
    let alone = store::adjusted_alone(tx, member, staff, now - TOGETHER).await?;
    let sum = alone.iter().chain([&wish.points]);
    let sum = sum.fold(0_i64, |sum, points| sum.saturating_add(points.saturating_abs()));
    let mut row = Model {
        id: AdjustmentId::new(now),
        member_id: member,
        points: wish.points,
        reason: wish.reason,
        note: wish.note.clone(),
        state: AdjustmentState::PendingApproval,
        requested_by: staff,
        decided_by: None,
        decision_note: None,
        transfer_id: None,
        created_at: now,
        decided_at: None,
    };
    if sum <= i64::from(app.config.points.approval_over) {
        row.transfer_id = Some(post(tx, app, &row, member).await?);
        row.state = AdjustmentState::Posted;
    }
    store::insert_adjustment(tx, &row).await?;
    note_in(tx, app, author, AuditAction::PointsAdjusted, &row).await?;
    Ok(row)
}

/// A second person agrees: the points move.
///
/// # Errors
/// `not_found`, `adjustment_same_person`, `adjustment_decided`, `points_insufficient`.
pub async fn approve_in(
    tx: &Tx,
    app: &App,
    (staff, author): (StaffId, &Author),
    id: AdjustmentId,
    note: Option<&str>,
) -> Result<Model> {
    let mut row = undecided(tx, staff, id).await?;
    let member = lock_member(tx, row.member_id).await?;
    row.transfer_id = Some(post(tx, app, &row, member).await?);
    row.state = AdjustmentState::Posted;
    note_in(tx, app, author, AuditAction::PointsApproved, &row).await?;
    decide(tx, app, row, staff, note).await
}

/// A second person disagrees: nothing moves.
///
/// # Errors
/// `not_found`, `adjustment_same_person`, `adjustment_decided`.
pub async fn reject_in(
    tx: &Tx,
    app: &App,
    (staff, author): (StaffId, &Author),
    id: AdjustmentId,
    note: Option<&str>,
) -> Result<Model> {
    let mut row = undecided(tx, staff, id).await?;
    row.state = AdjustmentState::Rejected;
    note_in(tx, app, author, AuditAction::PointsRejected, &row).await?;
    decide(tx, app, row, staff, note).await
}

async fn note_in(
    tx: &Tx,
    app: &App,
    author: &Author,
    action: AuditAction,
    row: &Model,
) -> Result<()> {
    let line = Line::new(action).about(row.member_id).of(row.id).word("state", row.state.as_str());
    audit::write_in(tx, app, author, &[line]).await
}

async fn undecided(tx: &Tx, staff: StaffId, id: AdjustmentId) -> Result<Model> {
    let row = store::lock_adjustment(tx, id).await?.ok_or(codes::NOT_FOUND)?;
    if row.state != AdjustmentState::PendingApproval {
        return Err(error::DECIDED.into());
    }
    if row.requested_by == staff {
        return Err(error::SAME_PERSON.into());
    }
    Ok(row)
}

async fn decide(
    tx: &Tx,
    app: &App,
    row: Model,
    staff: StaffId,
    note: Option<&str>,
) -> Result<Model> {
    let row = Model {
        decided_by: Some(staff),
        decision_note: note.map(str::to_owned),
        decided_at: Some(app.clock.now()),
        ..row
    };
    store::save_adjustment(tx, &row).await?;
    Ok(row)
}

async fn post(tx: &Tx, app: &App, row: &Model, member: MemberId) -> Result<TransferId> {
    let now = app.clock.now();
    let expires_at = if row.points > 0 { lifetime(tx, app, now).await? } else { None };
    let movement = Movement {
        member,
        ledger: Ledger::Points,
        act: Act::Adjust { points: row.points, expires_at },
        source: Source::Adjustment,
        source_id: row.id.to_string(),
        occurred_at: now,
        order: None,
        store: None,
        actor: Actor::staff(row.requested_by),
    };
    Ok(post_one(tx, app, movement).await?.transfer)
}

/// One adjustment.
///
/// # Errors
/// `not_found`.
pub async fn adjustment(app: &App, author: &Author, id: AdjustmentId) -> Result<Model> {
    let found = store::adjustment_by_id(app.db.read(), id).await?.ok_or(codes::NOT_FOUND)?;
    let line = Line::new(AuditAction::MemberRead).about(found.member_id).of(id);
    audit::write(app, author, line.word("part", "points_adjustment")).await?;
    Ok(found)
}

/// Adjustments, latest first.
///
/// # Errors
/// The database's.
pub async fn adjustments(
    app: &App,
    author: &Author,
    filter: AdjustmentFilter,
    after: Option<AdjustmentPosition>,
    limit: u64,
) -> Result<Vec<Model>> {
    let line = Line::new(AuditAction::MemberSearched).word("part", "points_adjustments");
    let line = match filter.member {
        Some(member) => line.about(member),
        None => line,
    };
    let found = store::adjustments(app.db.read(), filter, after, limit).await?;
    audit::write(app, author, line.gave_page(found.len(), limit)).await?;
    Ok(found)
}
