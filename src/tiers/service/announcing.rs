//! Notices before a tier goes down (TR-2b).

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::MemberId;
use entity::tier;

use super::desk::{Desk, File, terms};
use crate::app::App;
use crate::db::{self, Tx};
use crate::events::{self, Event};
use crate::http::Result;
use crate::tiers::rules::{NOTICE, Parts, Terms, below, effective, keep, lacks, rank};
use crate::tiers::{events as tell, store};

/// What came of a look at a member.
enum Look {
    /// She has to be told; once for each hold.
    Tell(Box<Event>),
    /// Nothing to tell yet: look again then.
    Again(DateTime<Utc>),
    /// Nothing to tell any more.
    Never,
}

/// Tells members whose tier ends within 30 days and would go down on what they have so far, with what is missing: the
/// event `tier.expiring`, once for each hold. Whoever is safe today is looked at again a day later, for a refund may
/// change that. At most `limit` members, and how many those were: call it again while that is `limit`.
///
/// # Errors
/// The database's.
pub async fn announce_tier_ends(app: &App, limit: u64) -> Result<usize> {
    let wanted = store::noticeable(app.db.read(), app.clock.now(), limit).await?;
    if wanted.is_empty() {
        return Ok(0);
    }
    db::in_tx(&app.db, async |tx| announce(tx, app, &wanted).await).await?;
    app.bell.ring();
    Ok(wanted.len())
}

async fn announce(tx: &Tx, app: &App, wanted: &[MemberId]) -> Result<()> {
    let mut desk = Desk::open(tx, app, wanted).await?;
    desk.settle();
    let (now, tiers) = (desk.now, desk.tiers.clone());
    let terms = terms(app, &tiers);
    let mut told = Vec::new();
    for (id, file) in &mut desk.files {
        match look(&terms, &tiers, *id, file, now) {
            Some(Look::Tell(event)) => {
                told.push(*event);
                file.look_at(None);
            }
            Some(Look::Again(at)) => file.look_at(Some(at)),
            Some(Look::Never) => file.look_at(None),
            // Another worker was here first.
            None => {}
        }
    }
    desk.write(tx).await?;
    Ok(events::publish(tx, told, now).await?)
}

fn look(
    terms: &Terms<'_>,
    tiers: &[tier::Model],
    member: MemberId,
    file: &File,
    now: DateTime<Utc>,
) -> Option<Look> {
    file.due_for_a_look(now)?;
    let Some(keep) = keep(terms, &file.parts.earned, &file.numbers) else {
        return Some(Look::Never);
    };
    let first = keep.until - terms.grace - NOTICE;
    if now < first {
        return Some(Look::Again(first));
    }
    let (from, to) = fall(terms, tiers, &file.parts, keep.until);
    if !lacks(&keep) || rank(tiers, &to) >= rank(tiers, &from) {
        return Some(Look::Again(now + TimeDelta::days(1)));
    }
    Some(Look::Tell(Box::new(tell::expiring(member, (&from, &to), &keep, now))))
}

/// The tier in force right before an end and right after, if what she earned goes down then: under a pin or a card that
/// goes on, nothing changes.
fn fall(
    terms: &Terms<'_>,
    tiers: &[tier::Model],
    parts: &Parts,
    end: DateTime<Utc>,
) -> (String, String) {
    let before = effective(tiers, parts, end - TimeDelta::milliseconds(1));
    let mut after = parts.clone();
    if let Some(lower) = below(terms.tiers, &parts.earned.tier) {
        after.earned.tier.clone_from(&lower.code);
        after.earned.until = None;
    }
    (before.tier, effective(tiers, &after, end).tier)
}
