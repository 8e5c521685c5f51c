//! Members with all parts of their tiers on one desk: locked, loaded, decided in pure code, written as a set.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::codes::{Ledger, TierCause};
use entity::ids::{MemberId, OrderId, TierChangeId};
use entity::{member, membership_card, tier, tier_change, tier_hold};

use crate::app::App;
use crate::db::{Conn, Tx};
use crate::events;
use crate::http::{Error, Result, codes};
use crate::kernel::actor::Actor;
use crate::members::service as members;
use crate::points::service as points;
use crate::tiers::rules::{
    self, Earned, NOTICE, Numbers, Parts, Pin, Raised, Span, Step, Terms, effective, window,
};
use crate::tiers::{events as tell, store};

/// The members of one transaction.
pub(super) struct Desk<'a> {
    app: &'a App,
    pub now: DateTime<Utc>,
    pub tiers: Vec<tier::Model>,
    pub files: BTreeMap<MemberId, File>,
}

/// One member.
pub(super) struct File {
    pub row: member::Model,
    pub parts: Parts,
    pub numbers: Numbers,
    /// The tier in force, as it was or as the last step made it.
    current: String,
    /// Ends of cards up to here were seen to.
    cursor: DateTime<Utc>,
    stored: Option<tier_hold::Model>,
    notice_at: Option<DateTime<Utc>>,
    done: Vec<Done>,
    /// Tiers that she rose to or past.
    pub passed: Vec<String>,
}

/// A step with who took it.
struct Done {
    step: Step,
    order: Option<OrderId>,
    actor: Actor,
    reason: Option<String>,
}

/// The terms in force for everybody.
pub(super) fn terms<'a>(app: &App, tiers: &'a [tier::Model]) -> Terms<'a> {
    // More than a year of grace would be a tier for ever.
    let days = app.config.tiers.grace_days.min(365);
    Terms { tiers, calendar: app.calendar, grace: TimeDelta::days(i64::from(days)) }
}

impl<'a> Desk<'a> {
    /// Locks members in id order and loads all parts of their tiers. Those who were merged meanwhile are left out.
    pub async fn open(tx: &Tx, app: &'a App, ids: &[MemberId]) -> Result<Self> {
        let now = app.clock.now();
        let mut rows = members::lock_in(tx, ids).await?;
        rows.retain(|_, row| row.merged_into.is_none());
        for gone in ids.iter().filter(|id| !rows.contains_key(id)) {
            // Nobody would ever see to it, and jobs would find it again and again.
            store::delete(tx, *gone).await?;
        }
        let ids: Vec<MemberId> =
            rows.keys().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let tiers = store::tiers(tx).await?;
        let mut holds = by_member(store::holds_of(tx, &ids).await?);
        let known: Vec<MemberId> =
            ids.iter().copied().filter(|id| holds.contains_key(id)).collect();
        let mut cards = cards_of(tx, &known).await?;
        let mut numbers = numbers(tx, app, &ids, holds.values()).await?;
        let file = |(id, row): (MemberId, member::Model)| {
            let cards = cards.remove(&id).unwrap_or_default();
            let numbers = numbers.remove(&id).unwrap_or_default();
            (id, File::new(row, holds.remove(&id), &cards, numbers, now))
        };
        let files = rows.into_iter().map(file).collect();
        Ok(Self { app, now, tiers, files })
    }

    /// Lets everything end that has ended, for all of them.
    pub fn settle(&mut self) {
        let terms = terms(self.app, &self.tiers);
        for file in self.files.values_mut() {
            file.settle(&terms, self.now);
        }
    }

    /// Raises whoever reached a higher tier.
    pub fn raise(&mut self, orders: &BTreeMap<MemberId, Option<OrderId>>) {
        let terms = terms(self.app, &self.tiers);
        for (id, file) in &mut self.files {
            let order = orders.get(id).copied().flatten();
            file.raise(&terms, self.now, order);
        }
    }

    /// Notes what the parts as they are now make of a member's tier.
    pub fn note(
        &mut self,
        member: MemberId,
        cause: TierCause,
        (actor, reason): (Actor, Option<&str>),
    ) {
        let terms = terms(self.app, &self.tiers);
        if let Some(file) = self.files.get_mut(&member) {
            let step =
                rules::step(&terms, &file.parts, &file.numbers, self.now, (cause, &file.current));
            file.add(Done { step, order: None, actor, reason: reason.map(str::to_owned) });
        }
    }

    /// A member on the desk.
    pub fn file(&mut self, member: MemberId) -> Result<&mut File> {
        self.files.get_mut(&member).ok_or_else(|| codes::NOT_FOUND.into())
    }

    /// Writes what has changed: the parts, the tier in force, the history, the events, the gifts.
    pub async fn write(self, tx: &Tx) -> Result<()> {
        let Self { app, now, tiers, mut files } = self;
        let terms = terms(app, &tiers);
        keep_tiers(tx, &files).await?;
        let (mut holds, mut columns) = (Vec::new(), Vec::new());
        let (mut changes, mut told, mut passed) = (Vec::new(), Vec::new(), Vec::new());
        for (id, file) in &mut files {
            let stored = file.stored.as_ref().map_or(0, |hold| hold.changes);
            for (seq, done) in (stored + 1..).zip(&file.done) {
                changes.push(done.change(*id, seq, now));
                told.extend(tell::of_step(&tiers, *id, &done.step));
            }
            holds.extend(file.changed_hold(&terms, now));
            columns.extend(file.changed_tier(&tiers, now));
            passed.extend(file.passed.iter().map(|tier| (*id, tier.clone())));
        }
        store::insert_changes(tx, &changes).await?;
        store::save(tx, &holds).await?;
        members::set_tier_in(tx, &columns, now).await?;
        events::publish(tx, told, now).await?;
        super::benefits::give_gifts_in(tx, app, &passed).await
    }
}

/// A tier that somebody is about to get must not be deleted meanwhile.
async fn keep_tiers(tx: &Tx, files: &BTreeMap<MemberId, File>) -> Result<()> {
    let done = files.values().flat_map(|file| &file.done);
    let wanted: BTreeSet<&String> =
        done.flat_map(|done| [&done.step.to, &done.step.earned]).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let wanted: Vec<String> = wanted.into_iter().cloned().collect();
    if store::pin_codes(tx, &wanted).await?.len() < wanted.len() {
        return Err(Error::from(codes::UNAVAILABLE).retry_after(1));
    }
    Ok(())
}

fn by_member(rows: Vec<tier_hold::Model>) -> HashMap<MemberId, tier_hold::Model> {
    rows.into_iter().map(|row| (row.member_id, row)).collect()
}

async fn cards_of(
    db: &impl Conn,
    ids: &[MemberId],
) -> Result<HashMap<MemberId, Vec<membership_card::Model>>> {
    let mut cards: HashMap<MemberId, Vec<membership_card::Model>> = HashMap::new();
    for card in store::cards_of(db, ids).await? {
        cards.entry(card.member_id).or_default().push(card);
    }
    Ok(cards)
}

/// Growth value, and spending since the earliest day that anything asks for.
pub(super) async fn numbers<'a>(
    db: &impl Conn,
    app: &App,
    ids: &[MemberId],
    holds: impl Iterator<Item = &'a tier_hold::Model>,
) -> Result<HashMap<MemberId, Numbers>> {
    let growth = points::balances(db, ids, Ledger::Growth).await?;
    let mut days = members::spend_by_day(db, ids, first_day(app, holds)).await?;
    let of = |id: &MemberId| Numbers {
        growth: growth.get(id).map_or(0, |balance| balance.available),
        days: days.remove(id).unwrap_or_default(),
    };
    Ok(ids.iter().copied().zip(ids.iter().map(of)).collect())
}

fn first_day<'a>(app: &App, holds: impl Iterator<Item = &'a tier_hold::Model>) -> NaiveDate {
    let ends = holds.filter_map(|hold| hold.until).min();
    let now = app.clock.now();
    window(app.calendar.day(ends.map_or(now, |end| end.min(now))))
}

/// Cards as stretches of time.
pub(super) fn spans(cards: &[membership_card::Model]) -> Vec<Span> {
    let span = |card: &membership_card::Model| Span {
        tier: card.tier.clone(),
        from: card.starts_at,
        until: card.ends_at,
    };
    cards.iter().filter(|card| card.cancelled_at.is_none()).map(span).collect()
}

/// The parts of a member; whoever has no row holds the joining tier and nothing else.
pub(super) fn parts_of(
    row: &member::Model,
    hold: Option<&tier_hold::Model>,
    cards: &[membership_card::Model],
) -> Parts {
    let Some(hold) = hold else {
        let earned = Earned {
            tier: row.tier.clone(),
            since: row.tier_since,
            until: row.tier_until,
            growth_base: 0,
        };
        return Parts { earned, growth_mark: 0, pin: None, cards: spans(cards) };
    };
    let pin = hold.pin_tier.clone().zip(hold.pin_since);
    Parts {
        earned: Earned {
            tier: hold.tier.clone(),
            since: hold.since,
            until: hold.until,
            growth_base: hold.growth_base,
        },
        growth_mark: hold.growth_mark,
        pin: pin.map(|(tier, since)| Pin { tier, since, until: hold.pin_until }),
        cards: spans(cards),
    }
}

impl File {
    /// One member with all parts of her tier, locked by nobody: to look ahead, never to write.
    pub async fn read(db: &impl Conn, app: &App, row: member::Model) -> Result<Self> {
        let id = row.id;
        let hold = store::holds_of(db, &[id]).await?.pop();
        let cards = store::cards_of(db, &[id]).await?;
        let numbers = numbers(db, app, &[id], hold.iter()).await?.remove(&id).unwrap_or_default();
        Ok(Self::new(row, hold, &cards, numbers, app.clock.now()))
    }

    fn new(
        row: member::Model,
        stored: Option<tier_hold::Model>,
        cards: &[membership_card::Model],
        numbers: Numbers,
        now: DateTime<Utc>,
    ) -> Self {
        let due = stored.as_ref().and_then(|hold| hold.due_at);
        Self {
            parts: parts_of(&row, stored.as_ref(), cards),
            numbers,
            current: row.tier.clone(),
            cursor: due.map_or(now, |due| now.min(due - TimeDelta::milliseconds(1))),
            notice_at: stored.as_ref().and_then(|hold| hold.notice_at),
            stored,
            row,
            done: Vec::new(),
            passed: Vec::new(),
        }
    }

    fn add(&mut self, done: Done) {
        self.current.clone_from(&done.step.to);
        self.done.push(done);
    }

    /// Lets everything end that has ended.
    pub fn settle(&mut self, terms: &Terms<'_>, now: DateTime<Utc>) {
        let times = (self.cursor, now);
        let steps = rules::advance(terms, &mut self.parts, &self.numbers, times, &self.current);
        for step in steps {
            self.add(Done { step, order: None, actor: Actor::SYSTEM, reason: None });
        }
        self.cursor = now;
    }

    pub fn raise(&mut self, terms: &Terms<'_>, now: DateTime<Utc>, order: Option<OrderId>) {
        let raised = rules::raise(terms, &mut self.parts, &self.numbers, now, &self.current);
        let Some(Raised { step, passed }) = raised else { return };
        self.passed.extend(passed);
        self.add(Done { step, order, actor: Actor::SYSTEM, reason: None });
    }

    /// The joining tier and nothing else: that needs no row.
    fn is_plain(&self) -> bool {
        let Parts { earned, growth_mark, pin, cards } = &self.parts;
        let plain = earned.until.is_none() && *growth_mark == 0 && pin.is_none();
        plain && cards.is_empty() && self.done.is_empty()
    }

    /// The row that her parts are stored in, when it is not the stored one.
    fn changed_hold(&self, terms: &Terms<'_>, now: DateTime<Utc>) -> Option<tier_hold::Model> {
        if self.stored.is_none() && self.is_plain() {
            return None;
        }
        let Parts { earned, growth_mark, pin, .. } = &self.parts;
        let stored = self.stored.as_ref();
        let same_hold = stored.is_some_and(|hold| {
            (&hold.tier, hold.since, hold.until) == (&earned.tier, earned.since, earned.until)
        });
        let first_look = || earned.until.map(|end| end - NOTICE);
        let done = i64::try_from(self.done.len()).unwrap_or_default();
        let row = tier_hold::Model {
            member_id: self.row.id,
            tier: earned.tier.clone(),
            since: earned.since,
            until: earned.until,
            growth_base: earned.growth_base,
            growth_mark: *growth_mark,
            pin_tier: pin.as_ref().map(|pin| pin.tier.clone()),
            pin_since: pin.as_ref().map(|pin| pin.since),
            pin_until: pin.as_ref().and_then(|pin| pin.until),
            due_at: self.parts.next_end(now, terms.grace).map(|end| end.at),
            notice_at: if same_hold { self.notice_at } else { first_look() },
            changes: stored.map_or(0, |hold| hold.changes) + done,
        };
        (stored != Some(&row)).then_some(row)
    }

    /// The tier columns of her row, when they are not what her parts say.
    fn changed_tier(
        &self,
        tiers: &[tier::Model],
        now: DateTime<Utc>,
    ) -> Option<members::TierChange> {
        let is = effective(tiers, &self.parts, now);
        let row = &self.row;
        let same = (&row.tier, row.tier_since, row.tier_until) == (&is.tier, is.since, is.until);
        (!same).then_some((row.id, is.tier, is.since, is.until))
    }

    /// Whether it is time to look if she must be told of the end of what she earned.
    pub fn due_for_a_look(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let own = self.stored.as_ref()?;
        let same = (own.since, own.until) == (self.parts.earned.since, self.parts.earned.until);
        self.notice_at.filter(|at| *at <= now && same)
    }

    /// When to look next whether she must be told of the end of what she earned; none when she was told.
    pub const fn look_at(&mut self, at: Option<DateTime<Utc>>) {
        self.notice_at = at;
    }
}

impl Done {
    fn change(&self, member: MemberId, seq: i64, now: DateTime<Utc>) -> tier_change::Model {
        let Step { at, cause, from, to, holds_until, earned, spent, growth } = self.step.clone();
        tier_change::Model {
            id: TierChangeId::new(now),
            member_id: member,
            from_tier: Some(from),
            to_tier: to,
            cause,
            order_id: self.order,
            spend_fen: spent,
            growth,
            changed_at: at,
            holds_until,
            seq,
            earned_tier: Some(earned),
            actor_kind: Some(self.actor.kind),
            actor_id: self.actor.id,
            reason: self.reason.clone(),
            recorded_at: Some(now),
        }
    }
}
