//! When repeated work is due, and what becomes of the times that were missed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::kernel::calendar::Calendar;

/// A slot this old was missed: nobody worked when it was due.
const PUNCTUAL: TimeDelta = TimeDelta::minutes(10);

/// Work that becomes due again and again; each slot becomes one job, whoever looks first (J6).
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Its name: the kind of its jobs, and `name@slot` their key.
    pub name: &'static str,
    /// Its slots.
    pub when: When,
    /// What becomes of slots that passed while nobody worked.
    pub missed: Missed,
}

/// The slots of a schedule.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// Every so many minutes, counted from midnight UTC of 1970: 60 is each full hour.
    Every(u32),
    /// Each business day at this hour and minute; where the clock skips it, an hour later.
    DailyAt(u32, u32),
}

/// What becomes of slots that passed while nobody worked.
#[derive(Clone, Copy, Debug)]
pub enum Missed {
    /// Each runs, oldest first; of more than `max` the newest.
    All {
        /// Slots at most.
        max: usize,
    },
    /// Only the newest runs and covers those before; while one waits for a retry no other is added.
    Latest,
    /// None runs; only a slot of the last ten minutes does.
    None,
}

impl When {
    /// The newest slot at or before `at`.
    #[must_use]
    pub fn latest(self, at: DateTime<Utc>, calendar: Calendar) -> DateTime<Utc> {
        match self {
            Self::Every(minutes) => {
                let step = i64::from(minutes.max(1)) * 60;
                let seconds = at.timestamp().div_euclid(step) * step;
                DateTime::from_timestamp(seconds, 0).unwrap_or(at)
            }
            Self::DailyAt(hour, minute) => {
                let today = calendar.day(at);
                let slot = calendar.at(today, hour, minute);
                if slot <= at {
                    return slot;
                }
                calendar.at(today.pred_opt().unwrap_or(today), hour, minute)
            }
        }
    }

    fn before(self, slot: DateTime<Utc>, calendar: Calendar) -> DateTime<Utc> {
        self.latest(slot - TimeDelta::milliseconds(1), calendar)
    }
}

impl Schedule {
    /// The slots after `last` up to `now` that are to run, oldest first.
    #[must_use]
    pub fn due(
        &self,
        last: DateTime<Utc>,
        now: DateTime<Utc>,
        calendar: Calendar,
    ) -> Vec<DateTime<Utc>> {
        let most = match self.missed {
            Missed::All { max } => max,
            Missed::Latest | Missed::None => 1,
        };
        let mut slots = Vec::new();
        let mut slot = self.when.latest(now, calendar);
        while slot > last && slots.len() < most {
            slots.push(slot);
            slot = self.when.before(slot, calendar);
        }
        if matches!(self.missed, Missed::None) {
            slots.retain(|slot| now - *slot <= PUNCTUAL);
        }
        slots.reverse();
        slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHANGHAI: Calendar = Calendar(chrono_tz::Asia::Shanghai);
    const NEW_YORK: Calendar = Calendar(chrono_tz::America::New_York);

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn due(when: When, missed: Missed, last: &str, now: &str) -> Vec<String> {
        let schedule = Schedule { name: "x", when, missed };
        let slots = schedule.due(utc(last), utc(now), SHANGHAI);
        slots.iter().map(|slot| slot.format("%dT%H:%M").to_string()).collect()
    }

    #[test]
    fn slots_follow_the_business_day() {
        let three = When::DailyAt(3, 30);
        let check = |at: &str, expect: &str| {
            assert_eq!(three.latest(utc(at), SHANGHAI), utc(expect), "{at}");
        };
        check("2026-03-15T19:30:00Z", "2026-03-15T19:30:00Z");
        check("2026-03-15T19:29:59.999Z", "2026-03-14T19:30:00Z");
        check("2026-03-16T04:00:00Z", "2026-03-15T19:30:00Z");
        let five = When::Every(5).latest(utc("2026-03-15T04:09:59Z"), SHANGHAI);
        assert_eq!(five, utc("2026-03-15T04:05:00Z"));
    }

    /// J8: a day on which the clock moves has the slot once, a skipped hour runs an hour later.
    #[test]
    fn a_daily_slot_comes_once_on_days_when_the_clock_moves() {
        for (when, from, to) in [
            (When::DailyAt(2, 30), "2026-03-06T12:00:00Z", "2026-03-10T12:00:00Z"),
            (When::DailyAt(1, 30), "2026-10-30T12:00:00Z", "2026-11-03T12:00:00Z"),
        ] {
            let schedule = Schedule { name: "x", when, missed: Missed::All { max: 100 } };
            let slots = schedule.due(utc(from), utc(to), NEW_YORK);
            let days: std::collections::BTreeSet<_> =
                slots.iter().map(|slot| NEW_YORK.day(*slot)).collect();
            assert_eq!((slots.len(), days.len()), (4, 4), "{slots:?}");
        }
        let skipped = When::DailyAt(2, 30).latest(utc("2026-03-08T12:00:00Z"), NEW_YORK);
        assert_eq!(skipped, utc("2026-03-08T07:30:00Z"));
    }

    /// J6: what runs after three days down, by policy.
    #[test]
    fn missed_slots_follow_their_policy() {
        let (last, now) = ("2026-03-15T01:00:00Z", "2026-03-18T04:00:00Z");
        let nine = When::DailyAt(9, 0);
        let all = |max| due(nine, Missed::All { max }, last, now);
        assert_eq!(all(10), ["16T01:00", "17T01:00", "18T01:00"]);
        assert_eq!(all(2), ["17T01:00", "18T01:00"]);
        assert_eq!(due(nine, Missed::Latest, last, now), ["18T01:00"]);
        assert!(due(nine, Missed::None, last, now).is_empty());
        assert_eq!(due(nine, Missed::None, last, "2026-03-18T01:09:00Z"), ["18T01:00"]);
        for missed in [Missed::All { max: 5 }, Missed::Latest, Missed::None] {
            assert!(due(nine, missed, now, now).is_empty(), "nothing twice");
            assert!(due(nine, missed, now, last).is_empty(), "a clock that went back");
        }
    }
}
