//! What a board is, over which stretch of time, for which part of the company, and how it is ranked (BN-7).

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use entity::codes::{Board, Period};
use entity::ids::{RegionId, StoreId};
use uuid::Uuid;

use crate::kernel::calendar::Calendar;

/// One day, week or month of the business calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stretch {
    /// How long.
    pub period: Period,
    /// Its first business day.
    pub starts_on: NaiveDate,
}

/// Which part of the company a board ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everybody.
    Company,
    /// One region.
    Region(RegionId),
    /// One store.
    Store(StoreId),
}

/// What one subject did at one place in a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Guide or member.
    pub subject: Uuid,
    /// Where it counts.
    pub store: Option<StoreId>,
    /// Region of the store.
    pub region: Option<RegionId>,
    /// Fen or points, net.
    pub score: i64,
    /// How many rows it is the sum of.
    pub rows: i64,
    /// Business time of the latest of them.
    pub reached_at: DateTime<Utc>,
}

/// Where one subject stands on one board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Guide or member.
    pub subject: Uuid,
    /// Fen or points, net.
    pub score: i64,
    /// Business time of the latest contribution: of equal scores the earlier wins, in whatever order they came in.
    pub reached_at: DateTime<Utc>,
    /// Number of contributions: it only grows, because facts are only added.
    pub version: i64,
}

/// Every board of one stretch, each ranked.
pub type Standings = HashMap<Scope, Vec<Standing>>;

impl Stretch {
    /// The stretch of `period` in which a business day lies.
    #[must_use]
    pub fn around(calendar: Calendar, period: Period, day: NaiveDate) -> Self {
        let noon = calendar.start(day) + TimeDelta::hours(12);
        let starts_on = match period {
            Period::Day => day,
            Period::Week => calendar.week(noon),
            Period::Month => calendar.month(noon),
        };
        Self { period, starts_on }
    }

    /// The stretch just before.
    #[must_use]
    pub fn previous(self) -> Self {
        let starts_on = match self.period {
            Period::Day => self.starts_on - Days::new(1),
            Period::Week => self.starts_on - Days::new(7),
            Period::Month => self.starts_on - Months::new(1),
        };
        Self { starts_on, ..self }
    }

    /// The first business day after it.
    #[must_use]
    pub fn ends_before(self) -> NaiveDate {
        match self.period {
            Period::Day => self.starts_on + Days::new(1),
            Period::Week => self.starts_on + Days::new(7),
            Period::Month => self.starts_on + Months::new(1),
        }
    }

    /// The instants it covers: from the first, up to and without the second.
    #[must_use]
    pub fn instants(self, calendar: Calendar) -> (DateTime<Utc>, DateTime<Utc>) {
        (calendar.start(self.starts_on), calendar.start(self.ends_before()))
    }

    /// For how long after its beginning its boards are kept in the kv; older ones are read from SQL.
    #[must_use]
    pub fn kept_for(self) -> TimeDelta {
        match self.period {
            Period::Day => TimeDelta::days(8),
            Period::Week => TimeDelta::days(35),
            Period::Month => TimeDelta::days(100),
        }
    }

    /// Whether its boards are in the kv at `now`: it has begun and not too long ago.
    #[must_use]
    pub fn is_kept(self, calendar: Calendar, now: DateTime<Utc>) -> bool {
        let begins = calendar.start(self.starts_on);
        begins <= now && now < begins + self.kept_for()
    }

    /// Every stretch of `period` whose boards are kept at `now`, latest first.
    pub fn all_kept(
        calendar: Calendar,
        period: Period,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = Self> {
        let current = Self::around(calendar, period, calendar.day(now));
        std::iter::successors(Some(current), |stretch| Some(stretch.previous()))
            .take_while(move |stretch| stretch.is_kept(calendar, now))
    }
}

/// The name of a board in the kv.
#[must_use]
pub fn key(board: Board, stretch: Stretch, scope: Scope) -> String {
    let place = match scope {
        Scope::Company => "company".to_owned(),
        Scope::Region(id) => format!("region:{id}"),
        Scope::Store(id) => format!("store:{id}"),
    };
    format!("{board}:{place}:{}:{}", stretch.period, stretch.starts_on)
}

/// Adds facts up to the boards of company, regions and stores, each ranked.
#[must_use]
pub fn standings(facts: &[Fact]) -> Standings {
    let mut sums: BTreeMap<(Scope, Uuid), Standing> = BTreeMap::new();
    for fact in facts {
        let region = fact.region.map(Scope::Region);
        let store = fact.store.map(Scope::Store);
        for scope in [Some(Scope::Company), region, store].into_iter().flatten() {
            let sum = sums.entry((scope, fact.subject)).or_insert(Standing {
                subject: fact.subject,
                score: 0,
                reached_at: fact.reached_at,
                version: 0,
            });
            sum.score += fact.score;
            sum.version += fact.rows;
            sum.reached_at = sum.reached_at.max(fact.reached_at);
        }
    }
    let mut boards = Standings::new();
    for ((scope, _), standing) in sums {
        boards.entry(scope).or_default().push(standing);
    }
    for board in boards.values_mut() {
        board.sort_unstable_by(by_rank);
    }
    boards
}

/// Higher scores first, then who came first, then the smaller id: the order of the kv's boards.
#[must_use]
pub fn by_rank(a: &Standing, b: &Standing) -> Ordering {
    let key = |s: &Standing| (Reverse(s.score), s.reached_at, s.subject);
    key(a).cmp(&key(b))
}

/// Digits in a row from which a nickname may be a phone or card number.
const DIGITS: usize = 6;

/// How a member is called on a board: her nickname, else her name masked (`王**`), never a number that could be a phone.
#[must_use]
pub fn public_name(nickname: Option<&str>, name: Option<&str>) -> String {
    let nickname = nickname.map(str::trim).filter(|text| !text.is_empty());
    match (nickname, name.map(str::trim)) {
        (Some(nickname), _) if longest_number(nickname) < DIGITS => nickname.to_owned(),
        (Some(nickname), _) => masked(nickname),
        (None, Some(name)) if !name.is_empty() => masked(name),
        _ => "会员".to_owned(),
    }
}

fn masked(name: &str) -> String {
    let first = name.chars().next().filter(|c| !c.is_numeric());
    first.map_or_else(|| "会员".to_owned(), |first| format!("{first}**"))
}

/// The most digits that follow each other, separators as people write them between phone digits not counted.
fn longest_number(text: &str) -> usize {
    let kept = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '_' | '\u{3000}'));
    let mut longest = 0;
    let mut run = 0;
    for c in kept {
        run = if c.is_numeric() { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHANGHAI: Calendar = Calendar(chrono_tz::Asia::Shanghai);

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn fact(subject: u128, shop: u128, score: i64, at: &str) -> Fact {
        Fact {
            subject: Uuid::from_u128(subject),
            store: Some(StoreId(Uuid::from_u128(shop))),
            region: Some(RegionId(Uuid::from_u128(shop / 10))),
            score,
            rows: 1,
            reached_at: utc(at),
        }
    }

    fn subjects(board: &[Standing]) -> Vec<u128> {
        board.iter().map(|standing| standing.subject.as_u128()).collect()
    }

    #[test]
    fn a_stretch_begins_where_the_business_calendar_says() {
        let at = |period, text| Stretch::around(SHANGHAI, period, day(text)).starts_on.to_string();
        assert_eq!(at(Period::Day, "2026-11-22"), "2026-11-22");
        assert_eq!(at(Period::Week, "2026-11-22"), "2026-11-16");
        assert_eq!(at(Period::Week, "2026-11-23"), "2026-11-23");
        assert_eq!(at(Period::Month, "2026-11-30"), "2026-11-01");
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let month = Stretch::around(SHANGHAI, Period::Month, day("2026-02-10"));
        let expected = (utc("2026-01-31T16:00:00Z"), utc("2026-02-28T16:00:00Z"));
        assert_eq!(month.instants(SHANGHAI), expected);
        assert_eq!(month.previous().starts_on, day("2026-01-01"));
    }

    #[test]
    fn kept_stretches_are_the_recent_ones_that_have_begun() {
        let now = utc("2026-11-21T16:00:00Z");
        let kept = |period| Stretch::all_kept(SHANGHAI, period, now).count();
        assert_eq!((kept(Period::Day), kept(Period::Week), kept(Period::Month)), (8, 5, 3));
        let tomorrow = Stretch::around(SHANGHAI, Period::Day, day("2026-11-23"));
        assert!(!tomorrow.is_kept(SHANGHAI, now));
    }

    #[test]
    fn facts_of_one_subject_in_two_stores_add_up_for_the_company() {
        let facts = [
            fact(1, 11, 5, "2026-11-21T01:00:00Z"),
            fact(1, 21, 4, "2026-11-21T02:00:00Z"),
            fact(2, 11, 8, "2026-11-21T03:00:00Z"),
        ];
        let boards = standings(&facts);
        let company = &boards[&Scope::Company];
        assert_eq!(subjects(company), [1, 2]);
        assert_eq!((company[0].score, company[0].version), (9, 2));
        assert_eq!(company[0].reached_at, utc("2026-11-21T02:00:00Z"));
        assert_eq!(subjects(&boards[&Scope::Store(StoreId(Uuid::from_u128(11)))]), [2, 1]);
        assert_eq!(boards.len(), 5);
    }

    #[test]
    fn equal_scores_go_to_who_came_first_and_then_to_the_smaller_id() {
        let facts = [
            fact(3, 11, 5, "2026-11-21T02:00:00Z"),
            fact(2, 11, 5, "2026-11-21T01:00:00Z"),
            fact(1, 11, 5, "2026-11-21T02:00:00Z"),
            fact(4, 11, -5, "2026-11-21T00:00:00Z"),
        ];
        assert_eq!(subjects(&standings(&facts)[&Scope::Company]), [2, 1, 3, 4]);
    }

    #[test]
    fn names_on_boards_show_no_phone_and_no_full_name() {
        let check =
            |nickname, name, expected: &str| assert_eq!(public_name(nickname, name), expected);
        check(Some("小衣"), Some("王小衣"), "小衣");
        check(Some("88号衣柜"), None, "88号衣柜");
        check(None, Some("王小衣"), "王**");
        check(Some("  "), Some("欧阳衣"), "欧**");
        check(None, None, "会员");
        check(None, Some(""), "会员");
        check(Some("13800138000"), Some("王小衣"), "会员");
        check(Some("衣 138-0013-8000"), None, "衣**");
        check(Some("１３８００１３８０００"), None, "会员");
    }
}
