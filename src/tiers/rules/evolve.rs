//! What time does to a member's tier (TR-2): renewal, one step down, the ends of pins and cards.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::codes::TierCause;
use entity::tier::Model as Tier;
use entity::values::Fen;

use super::ladder::{Reach, Track, below, rank, rise, window};
use super::parts::{Earned, Parts, Which, effective};
use crate::kernel::calendar::Calendar;

/// How long before the end of a tier a member is told (TR-2b).
pub const NOTICE: TimeDelta = TimeDelta::days(30);

/// What holds for everybody.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Lowest first.
    pub tiers: &'a [Tier],
    /// Business days.
    pub calendar: Calendar,
    /// How long after its end a tier waits to be reached again.
    pub grace: TimeDelta,
}

/// What a member has to show.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// Growth value.
    pub growth: i64,
    /// Paid less refunded, by business day.
    pub days: Vec<(NaiveDate, Fen)>,
}

/// Something that happened to a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it took effect.
    pub at: DateTime<Utc>,
    /// Why.
    pub cause: TierCause,
    /// The tier in force before.
    pub from: String,
    /// The tier in force after.
    pub to: String,
    /// End of it.
    pub holds_until: Option<DateTime<Utc>>,
    /// What she has earned by herself after.
    pub earned: String,
    /// Spent in the 12 months before.
    pub spent: Fen,
    /// Growth value then.
    pub growth: i64,
}

/// What keeping a tier needs until its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The end; with the grace, when there is one.
    pub until: DateTime<Utc>,
    /// Missing on the spend track, to the fen.
    pub missing_spend: Fen,
    /// Missing on the growth track.
    pub missing_growth: i64,
}

impl Numbers {
    /// Spent on the business days `first` to `last`, both included.
    #[must_use]
    pub fn spent(&self, first: NaiveDate, last: NaiveDate) -> Fen {
        let days = self.days.iter().filter(|(day, _)| (first..=last).contains(day));
        Fen(days.map(|(_, fen)| fen.0).sum())
    }

    /// Where she stands at an instant on the way up.
    #[must_use]
    pub fn reach(&self, terms: &Terms<'_>, parts: &Parts, at: DateTime<Utc>) -> Reach {
        Reach {
            // A till's clock may be a little ahead of ours.
            spent: self.spent(window(terms.calendar.day(at)), NaiveDate::MAX),
            growth: self.growth.saturating_sub(parts.growth_mark),
        }
    }
}

/// Lets everything end that ends up to `now`, each at its own time and in sequence: a job that is days late comes to the
/// result of one that was on time, provided that nothing was booked for her in between. `current` is the tier that was in
/// force; ends of cards up to `cursor` were seen to.
pub fn advance(
    terms: &Terms<'_>,
    parts: &mut Parts,
    numbers: &Numbers,
    (mut cursor, now): (DateTime<Utc>, DateTime<Utc>),
    current: &str,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut from = current.to_owned();
    while let Some(end) = parts.next_end(cursor, terms.grace).filter(|end| end.at <= now) {
        let cause = match end.which {
            Which::Earned => evaluate(terms, parts, numbers),
            Which::Pin => {
                parts.pin = None;
                TierCause::PinEnded
            }
            Which::Card => {
                cursor = end.at;
                TierCause::CardEnded
            }
        };
        let step = step(terms, parts, numbers, end.at, (cause, &from));
        // The end of a card that another one follows, or that lay below the rest, is no news.
        if cause != TierCause::CardEnded || step.from != step.to {
            from.clone_from(&step.to);
            steps.push(step);
        }
    }
    steps
}

/// What the parts as they are now make of the tier.
#[must_use]
pub fn step(
    terms: &Terms<'_>,
    parts: &Parts,
    numbers: &Numbers,
    at: DateTime<Utc>,
    (cause, from): (TierCause, &str),
) -> Step {
    let now = effective(terms.tiers, parts, at);
    let day = terms.calendar.day(at);
    Step {
        at,
        cause,
        from: from.to_owned(),
        to: now.tier,
        holds_until: now.until,
        earned: parts.earned.tier.clone(),
        spent: numbers.spent(window(day), day),
        growth: numbers.growth,
    }
}

/// The end of what she earned: renewed from that end on when she reached it again, else lowered by one step (TR-2).
fn evaluate(terms: &Terms<'_>, parts: &mut Parts, numbers: &Numbers) -> TierCause {
    let earned = parts.earned.clone();
    let end = earned.until.unwrap_or(earned.since);
    let kept = keep(terms, &earned, numbers)
        .is_some_and(|keep| keep.missing_spend.0 == 0 || keep.missing_growth == 0);
    if kept {
        parts.earned = hold(terms, &earned.tier, end, numbers.growth);
        return TierCause::Renewal;
    }
    let lower = below(terms.tiers, &earned.tier).or_else(|| terms.tiers.first());
    let lower = lower.map_or(earned.tier.as_str(), |tier| tier.code.as_str());
    parts.earned = hold(terms, lower, end + terms.grace, numbers.growth);
    // Growth never runs out. Were it not used up here, the next purchase would raise her again at once.
    parts.growth_mark = numbers.growth;
    TierCause::NotReached
}

/// A tier held from `since` on; the joining tier never ends.
fn hold(terms: &Terms<'_>, code: &str, since: DateTime<Utc>, growth_base: i64) -> Earned {
    let tier = terms.tiers.iter().find(|tier| tier.code == code);
    let joining = terms.tiers.first().is_none_or(|first| first.code == code);
    let months = tier.and_then(|tier| u32::try_from(tier.months).ok());
    let months = months.filter(|months| *months > 0 && !joining);
    let until = months.map(|months| terms.calendar.months_later(since, months));
    Earned { tier: code.to_owned(), since, until, growth_base }
}

/// What she still needs to keep what she earned, on each track; either is enough. The spend track counts the 12 months
/// before the end and the grace, the growth track what came since the start: the whole balance would keep a tier for ever
/// that was reached once. None where nothing ends or the tier is gone.
#[must_use]
pub fn keep(terms: &Terms<'_>, earned: &Earned, numbers: &Numbers) -> Option<Keep> {
    let end = earned.until?;
    let tier = terms.tiers.iter().find(|tier| tier.code == earned.tier)?;
    let (day, until) = (terms.calendar.day(end), end + terms.grace);
    let spent = numbers.spent(window(day), terms.calendar.day(until));
    let growth = numbers.growth.saturating_sub(earned.growth_base);
    Some(Keep {
        until,
        missing_spend: Fen(tier.spend_fen.0.saturating_sub(spent.0).max(0)),
        missing_growth: tier.growth.saturating_sub(growth).max(0),
    })
}

/// Whether neither track has what keeping needs.
#[must_use]
pub const fn lacks(keep: &Keep) -> bool {
    keep.missing_spend.0 > 0 && keep.missing_growth > 0
}

/// A rise of what she earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// What it makes of the tier in force.
    pub step: Step,
    /// Codes of the tiers that she rose to or past.
    pub passed: Vec<String>,
}

/// Raises what she earned to the best tier that she reaches at `now`; none when she has it, or a better one. The tier in
/// force follows unless a pin or a better card stands above it.
pub fn raise(
    terms: &Terms<'_>,
    parts: &mut Parts,
    numbers: &Numbers,
    now: DateTime<Utc>,
    current: &str,
) -> Option<Raised> {
    let reach = numbers.reach(terms, parts, now);
    let (tier, track): (&Tier, Track) = rise(terms.tiers, &parts.earned.tier, reach)?;
    let before = rank(terms.tiers, &parts.earned.tier);
    let passed = terms.tiers.iter().filter(|it| it.rank > before && it.rank <= tier.rank);
    let passed = passed.map(|tier| tier.code.clone()).collect();
    parts.earned = hold(terms, &tier.code, now, numbers.growth);
    let step = step(terms, parts, numbers, now, (track.cause(), current));
    Some(Raised { step: Step { spent: reach.spent, ..step }, passed })
}
