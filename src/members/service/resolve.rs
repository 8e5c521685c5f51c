//! Who an order or a sign-in is about (ID-2, OR-3).

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::codes::{Channel, Gender, IdentifierKind, MemberStatus};
use entity::ids::{IdentifierId, MemberId, StaffId, StoreId};
use entity::values::{Digest, Sizes};
use entity::{member, member_identifier as identifier};

use crate::app::App;
use crate::db::{Conn, Tx};
use crate::events;
use crate::http::{Error, Result};
use crate::kernel::mobile::Mobile;
use crate::members::events as tell;
use crate::members::rules::{Claim, Held, MAX_IDENTIFIER_BYTES, Placing, Proof};
use crate::members::store;

/// The tier of every new member.
const JOINING_TIER: &str = "silver";

/// Whom an order or a sign-in is about: any of these, matched in the order of ID-2. Texts are at most
/// [`MAX_IDENTIFIER_BYTES`] long; empty ones count as absent.
#[derive(Clone, Default)]
pub struct Who {
    /// WeChat union id.
    pub union_id: Option<String>,
    /// Phone.
    pub phone: Option<Mobile>,
    /// Card number.
    pub card: Option<String>,
    /// App id and openid.
    pub open_id: Option<(String, String)>,
    /// Marketplace and its buyer id.
    pub marketplace: Option<(Channel, String)>,
    /// What a member made from this came from: `pos`, `mini_program`, ….
    pub source: &'static str,
    /// Home store of a member made from this.
    pub store_id: Option<StoreId>,
    /// Guide of a member made from this.
    pub guide_id: Option<StaffId>,
}

impl std::fmt::Debug for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Who(from {})", self.source)
    }
}

/// Finds the member of each, or makes an unregistered one (OR-3); `None` where nothing names anybody. The members' rows
/// are locked until the transaction ends, and ids of merged members resolve to the winner, so that what is written
/// about them afterwards cannot miss a merge. Publishes `member.created` for each one made and
/// `member.identifier_conflict` where identifiers name different members: the first in the order of ID-2 wins.
///
/// Identifiers that the member did not have yet are added when they belong to nobody else, except a second phone, union id
/// or openid of one app; union ids and openids, which sign their owner in, are added to members made by this
/// call only. Safe under concurrent calls for the same person.
///
/// # Errors
/// A fault for identifiers that are too long; the database's.
pub async fn resolve_in(tx: &Tx, app: &App, who: &[Who]) -> Result<Vec<Option<MemberId>>> {
    resolve(tx, app, who, Proof::Hearsay).await
}

/// The member of each `Who`, without making one and without a lock.
///
/// # Errors
/// A fault for identifiers that are too long; the database's.
pub async fn find(db: &impl Conn, app: &App, who: &[Who]) -> Result<Vec<Option<MemberId>>> {
    let found = named(db, app, who).await?;
    let ids: Vec<MemberId> = found.iter().flatten().copied().collect();
    let winners = super::winners(db, &ids).await?;
    Ok(found.into_iter().map(|id| id.and_then(|id| winners.get(&id).copied())).collect())
}

/// Whose the identifiers of each `Who` are as stored, without following merges and without a lock: give the ids to
/// [`super::lock_winners`].
///
/// # Errors
/// A fault for identifiers that are too long; the database's.
pub async fn named(db: &impl Conn, app: &App, who: &[Who]) -> Result<Vec<Option<MemberId>>> {
    let people = people(app, who)?;
    let owners = store::identifiers::owners(db, people.iter().flatten()).await?;
    let owner =
        |claims: &Vec<Claim>| claims.iter().find_map(|claim| owners.get(&claim.digest)).copied();
    Ok(people.iter().map(owner).collect())
}

pub(super) async fn resolve(
    tx: &Tx,
    app: &App,
    who: &[Who],
    proof: Proof,
) -> Result<Vec<Option<MemberId>>> {
    let now = app.clock.now();
    let people = people(app, who)?;
    let stored = store::identifiers::owners(tx, people.iter().flatten()).await?;
    let mut owners = standing(tx, stored).await?;
    loop {
        let held = held(tx, &people, &owners).await?;
        let fresh = || MemberId::new(now);
        let placing = Placing::of(&people, proof, owners.clone(), held, fresh);
        let lost = write_down(tx, app, &placing, proof, now).await?;
        if lost.is_empty() {
            make(tx, who, &placing, now).await?;
            return Ok(placing.placed);
        }
        // Somebody else wrote these down meanwhile: begin again, knowing that.
        owners.extend(standing(tx, lost).await?);
    }
}

fn people(app: &App, who: &[Who]) -> Result<Vec<Vec<Claim>>> {
    who.iter().map(|who| claims(app, who)).collect()
}

/// The identifiers of one `Who`, in matching order.
pub(super) fn claims(app: &App, who: &Who) -> Result<Vec<Claim>> {
    use IdentifierKind::{Card, Marketplace, OpenId, Phone, UnionId};
    let mut given: Vec<(IdentifierKind, &str, &str)> = Vec::new();
    given.extend(who.union_id.as_deref().map(|id| (UnionId, "", id)));
    given.extend(who.phone.as_ref().map(|phone| (Phone, "", phone.as_str())));
    given.extend(who.card.as_deref().map(|card| (Card, "", card)));
    given.extend(who.marketplace.as_ref().map(|(at, id)| (Marketplace, at.as_str(), id.as_str())));
    given.extend(who.open_id.as_ref().map(|(app_id, id)| (OpenId, app_id.as_str(), id.as_str())));
    let given = given.into_iter().filter(|(_, _, value)| !value.is_empty());
    given.map(|(kind, scope, value)| claim(app, kind, scope, value)).collect()
}

pub(super) fn claim(app: &App, kind: IdentifierKind, scope: &str, value: &str) -> Result<Claim> {
    if value.len() > MAX_IDENTIFIER_BYTES {
        return Err(Error::fault(format!("an identifier of kind {kind} is too long")));
    }
    let digest = app.vault.index(&format!("{kind}:{scope}"), value);
    Ok(Claim { kind, scope: scope.to_owned(), value: value.to_owned(), digest })
}

/// Locks whoever owns these identifiers and replaces merged members by their winners.
pub(super) async fn standing(
    tx: &Tx,
    owners: HashMap<Digest, MemberId>,
) -> Result<HashMap<Digest, MemberId>> {
    let ids: Vec<MemberId> = owners.values().copied().collect();
    let winners = super::lock_winners(tx, &ids).await?;
    let standing = owners.into_iter().map(|(digest, id)| {
        let winner = winners.get(&id).copied();
        winner
            .map(|winner| (digest, winner))
            .ok_or_else(|| Error::fault(format!("an identifier names {id}, who does not exist")))
    });
    standing.collect()
}

/// Which kinds those members have who may get another identifier.
async fn held(
    tx: &Tx,
    people: &[Vec<Claim>],
    owners: &HashMap<Digest, MemberId>,
) -> Result<HashSet<Held>> {
    let mut getting = BTreeSet::new();
    for claims in people {
        let has_new = claims.iter().any(|claim| !owners.contains_key(&claim.digest));
        let known = claims.iter().filter_map(|claim| owners.get(&claim.digest));
        if has_new {
            getting.extend(known);
        }
    }
    let getting: Vec<MemberId> = getting.into_iter().collect();
    Ok(store::identifiers::held(tx, &getting).await?)
}

/// Writes the additions down. Where others were faster, takes all of them out again and answers whose those are.
async fn write_down(
    tx: &Tx,
    app: &App,
    placing: &Placing<'_>,
    proof: Proof,
    now: DateTime<Utc>,
) -> Result<HashMap<Digest, MemberId>> {
    if placing.additions.is_empty() {
        return Ok(HashMap::new());
    }
    let verified_at = (proof == Proof::Shown).then_some(now);
    let mut rows: Vec<identifier::Model> = placing
        .additions
        .iter()
        .map(|addition| row(app, addition.member, addition.claim, verified_at, now))
        .collect();
    rows.sort_by(|a, b| (a.kind, &a.scope, &a.digest).cmp(&(b.kind, &b.scope, &b.digest)));
    store::identifiers::insert(tx, &rows).await?;
    let claims = placing.additions.iter().map(|addition| addition.claim);
    let mut owners = store::identifiers::owners(tx, claims).await?;
    for row in &rows {
        if owners.get(&row.digest) == Some(&row.member_id) {
            owners.remove(&row.digest);
        }
    }
    if !owners.is_empty() {
        let ids: Vec<IdentifierId> = rows.iter().map(|row| row.id).collect();
        store::identifiers::delete(tx, &ids).await?;
    }
    Ok(owners)
}

pub(super) fn row(
    app: &App,
    member: MemberId,
    claim: &Claim,
    verified_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> identifier::Model {
    let id = IdentifierId::new(now);
    identifier::Model {
        id,
        member_id: member,
        kind: claim.kind,
        scope: claim.scope.clone(),
        digest: claim.digest.clone(),
        sealed: app.vault.seal(&super::sealed_place(id), &claim.value),
        last4: claim.last4(),
        verified_at,
        created_at: now,
    }
}

/// Writes the new members and tells the world.
async fn make(tx: &Tx, who: &[Who], placing: &Placing<'_>, now: DateTime<Utc>) -> Result<()> {
    let rows = placing.made.iter().map(|&(id, at)| newcomer(id, &who[at], now)).collect();
    store::rows::insert(tx, rows).await?;
    let created = placing.made.iter().map(|&(id, at)| tell::created(id, who[at].source, now));
    let clashes = placing.clashes.iter().map(|clash| tell::identifier_conflict(*clash, now));
    events::publish(tx, created.chain(clashes).collect(), now).await?;
    Ok(())
}

pub(super) fn newcomer(id: MemberId, who: &Who, now: DateTime<Utc>) -> member::Model {
    member::Model {
        id,
        status: MemberStatus::Unregistered,
        merged_into: None,
        name: None,
        nickname: None,
        gender: Gender::Unknown,
        birthday: None,
        birthday_changed_at: None,
        region_code: None,
        occupation: None,
        body_shape: None,
        style: None,
        sizes: Sizes::default(),
        store_id: who.store_id,
        guide_id: who.guide_id,
        source: who.source.to_owned(),
        tier: JOINING_TIER.to_owned(),
        tier_since: now,
        tier_until: None,
        registered_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}
