//! What tills wish, as movements of members who are locked.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::codes::{Ledger, Source, TransferKind};
use entity::ids::{MemberId, PartnerId};
use entity::points_transfer;

use super::{Customer, TillMove, TillReversal, TillWish};
use crate::app::App;
use crate::db::Tx;
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

/// The movement of each wish, with its member locked.
pub(super) async fn draft(
    tx: &Tx,
    app: &App,
    wishes: &[&(PartnerId, TillWish)],
) -> Result<Vec<Result<Movement>>> {
    let facts = Facts::of(tx, app, wishes).await?;
    let mut drafts = Vec::with_capacity(wishes.len());
    for (i, (partner, wish)) in wishes.iter().enumerate() {
        drafts.push(match wish {
            TillWish::GiveBack(wish) => facts.give_back(app, *partner, wish),
            TillWish::Spend(till) | TillWish::Earn(till) => {
                facts.moved(app, (i, *partner), till, wish)
            }
        });
    }
    Ok(drafts)
}

/// What has to be known to draft movements.
struct Facts {
    stores: HashMap<String, StoreRef>,
    /// Months that points last which are granted at the time of each wish.
    months: Vec<Option<u32>>,
    /// Whom each wish names, before merges.
    named: Vec<Option<MemberId>>,
    /// Who gave what is to be given back, by its cause, before merges.
    owners: HashMap<Cause, MemberId>,
    /// Locked: who stays of each.
    winners: HashMap<MemberId, MemberId>,
}

impl Facts {
    async fn of(tx: &Tx, app: &App, wishes: &[&(PartnerId, TillWish)]) -> Result<Self> {
        let codes: BTreeSet<&str> =
            wishes.iter().filter_map(|(_, wish)| till_of(wish)?.store_code.as_deref()).collect();
        let codes: Vec<String> = codes.into_iter().map(str::to_owned).collect();
        let stores =
            if codes.is_empty() { HashMap::new() } else { stores::by_codes(tx, &codes).await? };
        let months = months(tx, app, wishes).await?;
        let named = named(tx, app, wishes).await?;
        let owners = owners(tx, wishes).await?;
        let everybody: Vec<MemberId> =
            named.iter().flatten().chain(owners.values()).copied().collect();
        let winners = members::lock_winners(tx, &everybody).await?;
        Ok(Self { stores, months, named, owners, winners })
    }

    /// A merge that was just running was waited for, and is followed.
    fn winner(&self, member: Option<MemberId>, missing: Code) -> Result<MemberId> {
        let winner = member.and_then(|member| self.winners.get(&member));
        winner.copied().ok_or_else(|| missing.into())
    }

    fn moved(
        &self,
        app: &App,
        (place, partner): (usize, PartnerId),
        till: &TillMove,
        wish: &TillWish,
    ) -> Result<Movement> {
        let at = business_time(app, till.occurred_at)?;
        let store = till.store_code.as_ref().map(|code| {
            let unknown = || Error::field("/store_code", "unknown", "门店不存在", "no such store");
            self.stores.get(code).map(|store| store.id).ok_or_else(unknown)
        });
        let store = store.transpose()?;
        let member = self.winner(self.named[place], error::MEMBER_NOT_FOUND)?;
        let act = if matches!(wish, TillWish::Earn(_)) {
            let expires_at =
                self.months[place].map(|months| app.calendar.end_of_month_after(at, months));
            Act::Earn { amount: till.points, expires_at, rule: None, settles_at: None }
        } else {
            Act::Spend { amount: till.points }
        };
        let movement = movement(partner, &till.receipt_no, member, act, at);
        Ok(Movement { store, ..movement })
    }

    fn give_back(&self, app: &App, partner: PartnerId, wish: &TillReversal) -> Result<Movement> {
        let mut causes = uses(partner, &wish.receipt_no).into_iter();
        let known = |cause: Cause| self.owners.get(&cause).map(|owner| (*owner, cause));
        let (owner, original) = causes.find_map(known).ok_or(error::ORIGINAL_NOT_FOUND)?;
        let member = self.winner(Some(owner), error::ORIGINAL_NOT_FOUND)?;
        let act = Act::Reverse {
            source: original.source,
            source_id: original.source_id,
            kind: original.kind,
            amount: wish.points,
            short: Short::Debt,
        };
        Ok(movement(partner, &wish.reversal_no, member, act, app.clock.now()))
    }
}

const fn till_of(wish: &TillWish) -> Option<&TillMove> {
    match wish {
        TillWish::Spend(till) | TillWish::Earn(till) => Some(till),
        TillWish::GiveBack(_) => None,
    }
}

/// How many months granted points last; nothing is asked where nothing is granted.
async fn months(tx: &Tx, app: &App, wishes: &[&(PartnerId, TillWish)]) -> Result<Vec<Option<u32>>> {
    if !wishes.iter().any(|(_, wish)| matches!(wish, TillWish::Earn(_))) {
        return Ok(vec![None; wishes.len()]);
    }
    let now = app.clock.now();
    let books = RuleBooks::load(tx).await?;
    let months = |(_, wish): &&(PartnerId, TillWish)| {
        let at = till_of(wish).and_then(|till| till.occurred_at).unwrap_or(now).trunc_subsecs(3);
        u32::try_from(books.at(Ledger::Points, at)?.months_valid?).ok()
    };
    Ok(wishes.iter().map(months).collect())
}

async fn named(
    tx: &Tx,
    app: &App,
    wishes: &[&(PartnerId, TillWish)],
) -> Result<Vec<Option<MemberId>>> {
    let customers: Vec<Option<&Customer>> =
        wishes.iter().map(|(_, wish)| till_of(wish).map(|till| &till.customer)).collect();
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
async fn owners(tx: &Tx, wishes: &[&(PartnerId, TillWish)]) -> Result<HashMap<Cause, MemberId>> {
    let causes: HashSet<Cause> = wishes
        .iter()
        .filter_map(|(partner, wish)| match wish {
            TillWish::GiveBack(wish) => Some(uses(*partner, &wish.receipt_no)),
            TillWish::Spend(_) | TillWish::Earn(_) => None,
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
pub(in crate::points::service) fn movement(
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
fn source_id(partner: PartnerId, number: &str) -> String {
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
