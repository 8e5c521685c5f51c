//! Identifiers that somebody proved to us: by signing in, by the phone button (ID-1).

use entity::codes::{IdentifierKind, MemberStatus};
use entity::ids::MemberId;
use entity::{member, member_identifier as identifier};

use super::resolve::{Who, claim, claims, resolve, row};
use crate::app::App;
use crate::db::Tx;
use crate::events;
use crate::http::{Error, Result, codes};
use crate::kernel::mobile::Mobile;
use crate::members::events as tell;
use crate::members::rules::{Claim, Proof};
use crate::members::store;

/// Somebody who showed who she is.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// Her row, locked.
    pub member: member::Model,
    /// Whether she was here before.
    pub visit: Visit,
}

/// Whether somebody signed in before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// She did not: she is a member from now on.
    First,
    /// She did.
    Again,
}

/// The member of identifiers that WeChat vouches for, made when nobody has them; she is active from then on.
///
/// # Errors
/// A fault when `who` names nobody.
pub async fn admit_in(tx: &Tx, app: &App, who: &Who) -> Result<Admitted> {
    let now = app.clock.now();
    let placed = resolve(tx, app, std::slice::from_ref(who), Proof::Shown).await?;
    let id = placed.first().copied().flatten();
    let id = id.ok_or_else(|| Error::fault("a sign-in names nobody"))?;
    let digests: Vec<_> = claims(app, who)?.into_iter().map(|claim| claim.digest).collect();
    store::identifiers::mark_verified(tx, id, &digests, now).await?;
    let mut member = locked(tx, id).await?;
    if member.registered_at.is_some() {
        return Ok(Admitted { member, visit: Visit::Again });
    }
    member.status = MemberStatus::Active;
    member.registered_at = Some(now);
    member.updated_at = now;
    store::rows::save(tx, member.clone()).await?;
    Ok(Admitted { member, visit: Visit::First })
}

async fn locked(tx: &Tx, id: MemberId) -> Result<member::Model> {
    let row = store::rows::lock(tx, &[id]).await?.pop();
    row.ok_or_else(|| codes::NOT_FOUND.into())
}

/// What came of a wish to bind a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// It is hers now, or was before.
    Hers(MemberId),
    /// Another member has it and she is the same person: merge the two, then bind again.
    Belongs {
        /// Herself, the winner of earlier merges.
        member: MemberId,
        /// Who has it.
        holder: MemberId,
    },
    /// She proved another one before.
    HasAnother,
}

/// Binds a phone that `member` proved to be hers. A registered member who has it only because a third party said so
/// loses it: that is no reason to merge two people.
///
/// # Errors
/// `not_found`; the database's.
pub async fn bind_phone_in(
    tx: &Tx,
    app: &App,
    member: MemberId,
    phone: &Mobile,
) -> Result<Binding> {
    let claim = claim(app, IdentifierKind::Phone, "", phone.as_str())?;
    loop {
        let (member, holder) = lock_both(tx, member, &claim).await?;
        if has_another(tx, member, &claim).await? {
            return Ok(Binding::HasAnother);
        }
        match holder {
            None => {
                if bind_new(tx, app, member, &claim).await? {
                    return Ok(Binding::Hers(member));
                }
            }
            Some(row) if row.member_id == member => {
                let now = app.clock.now();
                store::identifiers::mark_verified(tx, member, &[claim.digest], now).await?;
                return Ok(Binding::Hers(member));
            }
            Some(row) if is_hearsay_of_registered(tx, &row).await? => {
                take_over(tx, app, &row, member).await?;
                return Ok(Binding::Hers(member));
            }
            Some(row) => return Ok(Binding::Belongs { member, holder: row.member_id }),
        }
    }
}

/// Locks her and whoever has the identifier, in id order; what it says then stays true until the transaction ends.
async fn lock_both(
    tx: &Tx,
    member: MemberId,
    claim: &Claim,
) -> Result<(MemberId, Option<identifier::Model>)> {
    let mut seen = store::identifiers::one(tx, claim).await?;
    loop {
        let mut ids = vec![member];
        ids.extend(seen.as_ref().map(|row| row.member_id));
        let winners = super::lock_winners(tx, &ids).await?;
        let winner = winners.get(&member).copied().ok_or(codes::NOT_FOUND)?;
        let now = store::identifiers::one(tx, claim).await?;
        let owner = |row: &Option<identifier::Model>| row.as_ref().map(|row| row.member_id);
        if owner(&now) == owner(&seen) {
            return Ok((winner, now));
        }
        seen = now;
    }
}

async fn has_another(tx: &Tx, member: MemberId, claim: &Claim) -> Result<bool> {
    let rows = store::identifiers::of_members(tx, &[member]).await?;
    let mut proved = rows.iter().filter(|row| super::merge::is_proved_phone(row));
    Ok(proved.any(|row| row.digest != claim.digest))
}

/// `false` when somebody else was faster.
async fn bind_new(tx: &Tx, app: &App, member: MemberId, claim: &Claim) -> Result<bool> {
    let now = app.clock.now();
    let row = row(app, member, claim, Some(now), now);
    store::identifiers::insert(tx, &[row]).await?;
    let stands = store::identifiers::one(tx, claim).await?;
    Ok(stands.is_some_and(|row| row.member_id == member))
}

async fn is_hearsay_of_registered(tx: &Tx, row: &identifier::Model) -> Result<bool> {
    if row.verified_at.is_some() {
        return Ok(false);
    }
    let holder = store::rows::by_ids(tx, &[row.member_id]).await?.pop();
    Ok(holder.is_some_and(|holder| holder.registered_at.is_some()))
}

async fn take_over(tx: &Tx, app: &App, row: &identifier::Model, member: MemberId) -> Result<()> {
    let now = app.clock.now();
    store::identifiers::give_one(tx, row.id, member).await?;
    store::identifiers::mark_verified(tx, member, std::slice::from_ref(&row.digest), now).await?;
    let event = tell::identifier_moved(member, row.member_id, row.kind, now);
    events::publish(tx, vec![event], now).await?;
    Ok(())
}
