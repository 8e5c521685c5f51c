//! Random lives: jobs that are late, run twice or never run change nothing.

use chrono::{Days, TimeDelta};
use entity::values::Fen;
use proptest::prelude::*;

use super::super::*;
use super::{SHANGHAI, at, earned, parts, reach, terms, tiers};

/// One thing that happens in a member's life.
#[derive(Clone, Copy, Debug)]
enum Life {
    Days(u16),
    Buys(i64),
    Grows(i64),
    Job,
}

fn life() -> impl Strategy<Value = Vec<Life>> {
    let one = prop_oneof![
        3 => (1_u16..150).prop_map(Life::Days),
        3 => (1_i64..1_200_000).prop_map(Life::Buys),
        1 => (1_i64..12_000).prop_map(Life::Grows),
        2 => Just(Life::Job),
    ];
    prop::collection::vec(one, 1..40)
}

/// Lives a life; with `Punctual::Yes` a look is taken at each millisecond at which something ends.
fn live(life: &[Life], jobs: Jobs) -> (Parts, String) {
    let tiers = tiers();
    let terms = terms(&tiers, 0);
    let mut now = at("2026-03-15T04:00:00Z");
    let mut own = parts(earned("silver", "2026-03-15T04:00:00Z", None));
    let (mut numbers, mut current) = (Numbers::default(), "silver".to_owned());
    let look = |own: &mut Parts, numbers: &Numbers, current: &mut String, now| {
        for step in advance(&terms, own, numbers, (now, now), current) {
            *current = step.to;
        }
    };
    for event in life {
        match *event {
            Life::Days(days) => {
                let end = now + TimeDelta::days(i64::from(days));
                while let Jobs::Punctual = jobs
                    && let Some(next) = own.next_end(now, terms.grace).filter(|next| next.at <= end)
                {
                    look(&mut own, &numbers, &mut current, next.at);
                }
                now = end;
            }
            Life::Job if jobs == Jobs::AsDrawn => look(&mut own, &numbers, &mut current, now),
            Life::Job => {}
            // What has ended is always seen to before anything is booked.
            Life::Buys(fen) => {
                look(&mut own, &numbers, &mut current, now);
                numbers.days.push((SHANGHAI.day(now), Fen(fen)));
                numbers.growth += fen / 100;
            }
            Life::Grows(growth) => {
                look(&mut own, &numbers, &mut current, now);
                numbers.growth += growth;
            }
        }
        if matches!(event, Life::Buys(_) | Life::Grows(_))
            && let Some(raised) = raise(&terms, &mut own, &numbers, now, &current)
        {
            current = raised.step.to;
        }
    }
    look(&mut own, &numbers, &mut current, now);
    (own, current)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Jobs {
    Punctual,
    AsDrawn,
    Never,
}

proptest! {
    #[test]
    fn more_never_reaches_less(spent in 0..3_000_000_i64, growth in 0..30_000_i64, more in 0..500_000_i64) {
        let tiers = tiers();
        let rank = |reach| reached(&tiers, reach).map_or(1, |(tier, _)| tier.rank);
        prop_assert!(rank(reach(spent + more, growth)) >= rank(reach(spent, growth)));
        prop_assert!(rank(reach(spent, growth + more)) >= rank(reach(spent, growth)));
    }

    #[test]
    fn jobs_that_ran_late_twice_or_never_change_nothing(life in life()) {
        let punctual = live(&life, Jobs::Punctual);
        prop_assert_eq!(&live(&life, Jobs::AsDrawn), &punctual);
        prop_assert_eq!(&live(&life, Jobs::Never), &punctual);
        prop_assert_eq!(&punctual.0.earned.tier, &punctual.1);
    }

    #[test]
    fn a_year_of_days_is_the_window(offset in 0_u64..4_000) {
        let day = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(offset);
        let first = window(day);
        let length = (day - first).num_days() + 1;
        prop_assert!((364..=366).contains(&length), "{} days", length);
    }
}
