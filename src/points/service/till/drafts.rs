//! What tills wish, as movements of members who are locked.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::codes::{Ledger, Source, TransferKind};
use entity::ids::{HoldId, MemberId, PartnerId, StoreId};
use entity::{points_hold, points_transfer};

use super::holds::named_holds;
use super::{Customer, TillMove, TillReversal, TillWish};
use crate::app::App;
use crate::db::{Conn, Tx};
use crate::http::{Code, Error, Result};
use crate::kernel::actor::Actor;
use crate::members::service::{self as members, Who};
use crate::points::rules::{Act, Cause, Movement, Short};
use crate::points::service::RuleBooks;
use crate::points::{error, store};
use crate::stores::service::{self as stores, StoreRef};

/// How far a till's clock may be ahead.
const CLOCK_AHEAD: TimeDelta = TimeDelta::minutes(5);
/// Nobody backdates further: 2000-01-01 in Unix seconds.
const EARLIEST: i64 = 946_684_800;

/// What a wish comes to.
pub(super) enum Draft {
    /// A movement.
    Moves {
        /// It.
        movement: Movement,
        /// Whether it may bring points in that have run out.
        gives_back: bool,
    },
    /// Nothing moves: the hold is answered as it stands.
    Stands,
}

/// What each wish comes to, with its member locked.
pub(super) async fn draft(
    tx: &Tx,
    app: &App,
    wishes: &[&(PartnerId, TillWish)],
) -> Result<Vec<Result<Draft>>> {
    let facts = Facts::of(tx, app, wishes).await?;
    let winners = members::lock_winners(tx, &facts.everybody()).await?;
    let rules = if earns(wishes) { RuleBooks::load(tx).await? } else { RuleBooks::default() };
    Ok(facts.drafts(app, wishes, &winners, &rules))
}

/// Whether any of them needs rules.
pub(super) fn earns(wishes: &[&(PartnerId, TillWish)]) -> bool {
    wishes.iter().any(|(_, wish)| matches!(wish, TillWish::Earn(_)))
}

/// What has to be known to draft movements.
pub(super) struct Facts {
    stores: HashMap<String, StoreRef>,
    /// Whom each wish names, before merges.
    named: Vec<Option<MemberId>>,
    /// Who gave what is to be given back, by its cause, before merges.
    owners: HashMap<Cause, MemberId>,
    /// The holds that are to be used or given back, each by its own partner or by another one too.
    pub(super) holds: HashMap<HoldId, points_hold::Model>,
}

/// Who stays of each.
pub(super) type Winners = HashMap<MemberId, MemberId>;

/// A merge that was just running was waited for, and is followed.
pub(super) fn winner(
    winners: &Winners,
    member: Option<MemberId>,
    missing: Code,
) -> Result<MemberId> {
    let winner = member.and_then(|member| winners.get(&member));
    winner.copied().ok_or_else(|| missing.into())
}

impl Facts {
    pub(super) async fn of(
        db: &impl Conn,
        app: &App,
        wishes: &[&(PartnerId, TillWish)],
    ) -> Result<Self> {
        let codes: BTreeSet<&str> =
            wishes.iter().filter_map(|(_, wish)| store_code_of(wish)).collect();
        let codes: Vec<String> = codes.into_iter().map(str::to_owned).collect();
        let stores =
            if codes.is_empty() { HashMap::new() } else { stores::by_codes(db, &codes).await? };
        let named = named(db, app, wishes).await?;
        let owners = owners(db, wishes).await?;
        let holds = named_holds(db, wishes).await?;
        Ok(Self { stores, named, owners, holds })
    }

    /// Everybody whose points are to move, before merges, in id order.
    pub(super) fn everybody(&self) -> Vec<MemberId> {
        let holders = self.holds.values().map(|hold| hold.member_id);
        let everybody: BTreeSet<MemberId> = self
            .named
            .iter()
            .flatten()
            .chain(self.owners.values())
            .copied()
            .chain(holders)
            .collect();
        everybody.into_iter().collect()
    }

    pub(super) fn drafts(
        &self,
        app: &App,
        wishes: &[&(PartnerId, TillWish)],
        winners: &Winners,
        rules: &RuleBooks,
    ) -> Vec<Result<Draft>> {
        let draft = |(named, (partner, wish)): (&Option<MemberId>, &&(PartnerId, TillWish))| {
            let member = || winner(winners, *named, error::MEMBER_NOT_FOUND);
            let lasting = |at| {
                let months = rules.at(Ledger::Points, at)?.months_valid?;
                Some(app.calendar.end_of_month_after(at, u32::try_from(months).ok()?))
            };
            match wish {
                TillWish::GiveBack(wish) => self.give_back(app, *partner, wish, winners),
                TillWish::Spend(till) => {
                    let at = business_time(app, till.occurred_at)?;
                    let act = Act::Spend { amount: till.points };
                    let movement = self.moved(*partner, till, member, act, at)?;
                    Ok(Draft::Moves { movement, gives_back: false })
                }
                TillWish::Earn(till) => {
                    let at = business_time(app, till.occurred_at)?;
                    let (amount, expires_at) = (till.points, lasting(at));
                    let act = Act::Earn { amount, expires_at, rule: None, settles_at: None };
                    let movement = self.moved(*partner, till, member, act, at)?;
                    let gives_back = expires_at.is_some_and(|at| at <= app.clock.now());
                    Ok(Draft::Moves { movement, gives_back })
                }
                TillWish::Freeze(wish) => self.freeze(app, *partner, wish, member),
                TillWish::Capture { hold, points } => {
                    self.capture(app, *partner, (*hold, *points), winners)
                }
                TillWish::Release { hold } => self.release(app, *partner, *hold, winners),
            }
        };
        self.named.iter().zip(wishes).map(draft).collect()
    }

    pub(super) fn store(&self, code: Option<&str>) -> Result<Option<StoreId>> {
        let Some(code) = code else { return Ok(None) };
        let unknown = || Error::field("/store_code", "unknown", "门店不存在", "no such store");
        Ok(Some(self.stores.get(code).ok_or_else(unknown)?.id))
    }

    fn moved(
        &self,
        partner: PartnerId,
        till: &TillMove,
        member: impl FnOnce() -> Result<MemberId>,
        act: Act,
        at: DateTime<Utc>,
    ) -> Result<Movement> {
        let store = self.store(till.store_code.as_deref())?;
        Ok(Movement { store, ..movement(partner, &till.receipt_no, member()?, act, at) })
    }

    fn give_back(
        &self,
        app: &App,
        partner: PartnerId,
        wish: &TillReversal,
        winners: &Winners,
    ) -> Result<Draft> {
        let mut causes = uses(partner, &wish.receipt_no).into_iter();
        let known = |cause: Cause| self.owners.get(&cause).map(|owner| (*owner, cause));
        let (owner, original) = causes.find_map(known).ok_or(error::ORIGINAL_NOT_FOUND)?;
        let member = winner(winners, Some(owner), error::ORIGINAL_NOT_FOUND)?;
        let act = Act::Reverse {
            source: original.source,
            source_id: original.source_id,
            kind: original.kind,
            amount: wish.points,
            short: Short::Debt,
        };
        let movement = movement(partner, &wish.reversal_no, member, act, app.clock.now());
        Ok(Draft::Moves { movement, gives_back: true })
    }
}

/// Whom a wish names; whoever ends something is known by what began it.
const fn customer_of(wish: &TillWish) -> Option<&Customer> {
    match wish {
        TillWish::Spend(till) | TillWish::Earn(till) => Some(&till.customer),
        TillWish::Freeze(wish) => Some(&wish.customer),
        TillWish::GiveBack(_) | TillWish::Capture { .. } | TillWish::Release { .. } => None,
    }
}

fn store_code_of(wish: &TillWish) -> Option<&str> {
    match wish {
        TillWish::Spend(till) | TillWish::Earn(till) => till.store_code.as_deref(),
        TillWish::Freeze(wish) => wish.store_code.as_deref(),
        TillWish::GiveBack(_) | TillWish::Capture { .. } | TillWish::Release { .. } => None,
    }
}

async fn named(
    tx: &impl Conn,
    app: &App,
    wishes: &[&(PartnerId, TillWish)],
) -> Result<Vec<Option<MemberId>>> {
    let customers: Vec<Option<&Customer>> =
        wishes.iter().map(|(_, wish)| customer_of(wish)).collect();
    let who = |customer: Option<&Customer>| match customer {
        Some(Customer::Phone(phone)) => Who { phone: Some(phone.clone()), ..Who::default() },
        Some(Customer::Card(card)) => Who { card: Some(card.clone()), ..Who::default() },
        Some(Customer::Id(_)) | None => Who::default(),
    };
    let who: Vec<Who> = customers.iter().copied().map(who).collect();
    let found = members::named(tx, app, &who).await?;
    let member = |(customer, found): (Option<&Customer>, Option<MemberId>)| match customer {
        Some(Customer::Id(id)) => Some(*id),
        _ => found,
    };
    Ok(customers.into_iter().zip(found).map(member).collect())
}

/// In whose account each spending stands that is to be given back.
async fn owners(
    tx: &impl Conn,
    wishes: &[&(PartnerId, TillWish)],
) -> Result<HashMap<Cause, MemberId>> {
    let causes: HashSet<Cause> = wishes
        .iter()
        .filter_map(|(partner, wish)| match wish {
            TillWish::GiveBack(wish) => Some(uses(*partner, &wish.receipt_no)),
            _ => None,
        })
        .flatten()
        .collect();
    if causes.is_empty() {
        return Ok(HashMap::new());
    }
    let found = store::with_causes(tx, &causes).await?;
    let accounts: BTreeSet<_> = found.iter().map(|transfer| transfer.account_id).collect();
    let accounts = store::accounts_by_id(tx, &accounts.into_iter().collect::<Vec<_>>()).await?;
    let owners: HashMap<_, _> = accounts.iter().map(|row| (row.id, row.member_id)).collect();
    let owner = |transfer: &points_transfer::Model| {
        Some((Cause::of(transfer), *owners.get(&transfer.account_id)?))
    };
    Ok(found.iter().filter_map(owner).collect())
}

/// What a number may have used: a spending, or else a checkout that was finished.
pub(in crate::points::service) fn uses(partner: PartnerId, receipt_no: &str) -> [Cause; 2] {
    [TransferKind::Spend, TransferKind::Capture].map(|kind| Cause {
        ledger: Ledger::Points,
        source: Source::Till,
        source_id: source_id(partner, receipt_no),
        kind,
    })
}

/// A movement that a partner numbers by himself.
pub(super) fn movement(
    partner: PartnerId,
    number: &str,
    member: MemberId,
    act: Act,
    occurred_at: DateTime<Utc>,
) -> Movement {
    Movement {
        member,
        ledger: Ledger::Points,
        act,
        source: Source::Till,
        source_id: source_id(partner, number),
        occurred_at,
        order: None,
        store: None,
        actor: Actor::partner(partner),
    }
}

/// Partners number by themselves: the same number of two partners is two movements.
pub(super) fn source_id(partner: PartnerId, number: &str) -> String {
    format!("{partner}:{number}")
}

fn business_time(app: &App, sent: Option<DateTime<Utc>>) -> Result<DateTime<Utc>> {
    let now = app.clock.now();
    let at = sent.unwrap_or(now).trunc_subsecs(3);
    if at > now + CLOCK_AHEAD || at.timestamp() < EARLIEST {
        let en = "in the future, or before the year 2000";
        return Err(Error::field("/occurred_at", "time", "时间不能在未来或早于 2000 年", en));
    }
    Ok(at)
}
