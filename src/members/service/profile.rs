//! The profile that a member keeps herself (ID-5).

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::{AuditAction, Gender};
use entity::ids::MemberId;
use entity::member;
use entity::values::PersonName;

use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db::{self, Conn, Tx};
use crate::events;
use crate::http::{Error, Result, codes};
use crate::members::events as tell;
use crate::members::rules::{ProfilePatch, apply};
use crate::members::store;

/// Which version of a profile a change was made against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfVersion {
    /// Whatever stands.
    Any,
    /// One of these, or the change is refused.
    OneOf(Vec<i64>),
}

impl From<Option<Vec<i64>>> for IfVersion {
    fn from(versions: Option<Vec<i64>>) -> Self {
        versions.map_or(Self::Any, Self::OneOf)
    }
}

/// What a member says about herself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Whose.
    pub id: MemberId,
    /// Name.
    pub name: Option<PersonName>,
    /// How she wants to be called.
    pub nickname: Option<PersonName>,
    /// Gender.
    pub gender: Gender,
    /// Birthday.
    pub birthday: Option<NaiveDate>,
    /// GB/T 2260 code.
    pub region_code: Option<String>,
    /// Occupation.
    pub occupation: Option<String>,
    /// Body shape.
    pub body_shape: Option<String>,
    /// Preferred style.
    pub style: Option<String>,
    /// Sizes by kind of garment.
    pub sizes: BTreeMap<String, String>,
    /// Counts changes.
    pub version: i64,
}

impl From<member::Model> for Profile {
    fn from(row: member::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            nickname: row.nickname,
            gender: row.gender,
            birthday: row.birthday,
            region_code: row.region_code,
            occupation: row.occupation,
            body_shape: row.body_shape,
            style: row.style,
            sizes: row.sizes.0,
            version: row.version,
        }
    }
}

/// The row behind an id; of a merged member the winner's.
///
/// # Errors
/// `not_found`.
pub async fn profile(db: &impl Conn, member: MemberId) -> Result<member::Model> {
    let winners = super::winners(db, &[member]).await?;
    let winner = winners.get(&member).copied().ok_or(codes::NOT_FOUND)?;
    let mut rows = store::rows::by_ids(db, &[winner]).await?;
    rows.pop().ok_or_else(|| codes::NOT_FOUND.into())
}

/// Changes a profile and answers it. Publishes `member.profile_changed` with the names of the fields that differ;
/// nothing is written when none does.
///
/// # Errors
/// `not_found`, `version_conflict`, `invalid_fields`, `member_birthday_locked`.
pub async fn update_profile(
    app: &App,
    author: &Author,
    member: MemberId,
    patch: ProfilePatch,
    if_version: IfVersion,
) -> Result<Profile> {
    let now = app.clock.now();
    let row = db::in_tx(&app.db, async |tx| {
        let winners = super::lock_winners(tx, &[member]).await?;
        let (row, line) =
            change_in(tx, app, &winners, member, patch.clone(), &if_version, now).await?;
        audit::write_in(tx, app, author, line.as_slice()).await?;
        Result::Ok(row)
    })
    .await?;
    app.bell.ring();
    Ok(row.into())
}

/// Changes many profiles, whatever stands in them, in one transaction: all or none.
///
/// # Errors
/// As [`update_profile`].
pub async fn update_profiles(
    app: &App,
    author: &Author,
    changes: &[(MemberId, ProfilePatch)],
) -> Result<()> {
    let now = app.clock.now();
    let members: Vec<MemberId> = changes.iter().map(|(member, _)| *member).collect();
    db::in_tx(&app.db, async |tx| {
        let winners = super::lock_winners(tx, &members).await?;
        let mut lines = Vec::with_capacity(changes.len());
        for (member, patch) in changes {
            let any = &IfVersion::Any;
            lines.extend(change_in(tx, app, &winners, *member, patch.clone(), any, now).await?.1);
        }
        audit::write_in(tx, app, author, &lines).await
    })
    .await?;
    app.bell.ring();
    Ok(())
}

async fn change_in(
    tx: &Tx,
    app: &App,
    winners: &HashMap<MemberId, MemberId>,
    member: MemberId,
    patch: ProfilePatch,
    if_version: &IfVersion,
    now: DateTime<Utc>,
) -> Result<(member::Model, Option<Line>)> {
    let winner = winners.get(&member).copied().ok_or(codes::NOT_FOUND)?;
    let row = store::rows::by_ids(tx, &[winner]).await?.pop();
    let mut row = row.ok_or(codes::NOT_FOUND)?;
    if let IfVersion::OneOf(versions) = if_version
        && !versions.contains(&row.version)
    {
        return Err(Error::from(codes::VERSION_CONFLICT));
    }
    let changed = apply(&mut row, patch, now, app.calendar)?;
    if changed.is_empty() {
        return Ok((row, None));
    }
    row.version += 1;
    row.updated_at = now;
    store::rows::save(tx, row.clone()).await?;
    let event = tell::profile_changed(row.id, &changed, now);
    events::publish(tx, vec![event], now).await?;
    let line = Line::new(AuditAction::MemberChanged).about(row.id).naming("fields", &changed);
    Ok((row, Some(line)))
}
