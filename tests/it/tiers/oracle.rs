//! Random lives of spending, growing, waiting, with jobs that run or do not: the database ends as somebody would who
//! recomputes it all from scratch (TR-1, TR-2).

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use chrono_tz::Asia::Shanghai;
use huiyi::kernel::ids::MemberId;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::TestApp;

/// Code, spend, growth: the default ladder, written down once more.
const LADDER: [(&str, i64, i64); 3] =
    [("silver", 0, 0), ("gold", 500_000, 5_000), ("diamond", 2_000_000, 20_000)];

/// A member's life as told afterwards.
#[derive(Default)]
struct Book {
    purchases: Vec<(DateTime<Utc>, i64)>,
    growth: Vec<(DateTime<Utc>, i64)>,
}

fn day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Shanghai).date_naive()
}

fn year_later(at: DateTime<Utc>) -> DateTime<Utc> {
    let later = at.with_timezone(&Shanghai).naive_local() + Months::new(12);
    later.and_local_timezone(Shanghai).unwrap().with_timezone(&Utc)
}

impl Book {
    fn growth_at(&self, at: DateTime<Utc>) -> i64 {
        self.growth.iter().filter(|(when, _)| *when <= at).map(|(_, growth)| growth).sum()
    }

    /// Spent in the 12 months up to `at`: days that are less than a year before its day.
    fn spent_at(&self, at: DateTime<Utc>) -> i64 {
        let today = day(at);
        let within = |when: DateTime<Utc>| when <= at && day(when) + Months::new(12) > today;
        self.purchases.iter().filter(|(when, _)| within(*when)).map(|(_, fen)| fen).sum()
    }

    /// The tier at `now` and its end, from nothing but the book.
    fn tier_at(&self, now: DateTime<Utc>) -> (&'static str, Option<DateTime<Utc>>) {
        let mut times: Vec<_> =
            self.purchases.iter().chain(&self.growth).map(|(when, _)| *when).collect();
        times.push(now);
        times.sort_unstable();
        let (mut tier, mut end, mut base, mut used) = (0, None, 0, 0);
        for at in times {
            while let Some(ended) = end.filter(|end| *end <= at) {
                // Nothing is booked between an end and what is booked next.
                let growth = self.growth_at(ended - TimeDelta::milliseconds(1));
                let (_, spend, grow) = LADDER[tier];
                if self.spent_at(ended - TimeDelta::milliseconds(1)) < spend && growth - base < grow
                {
                    tier -= 1;
                    used = growth;
                }
                end = (tier > 0).then(|| year_later(ended));
                base = growth;
            }
            let (spent, growth) = (self.spent_at(at), self.growth_at(at));
            let reached =
                |(_, spend, grow): &(&str, i64, i64)| spent >= *spend || growth - used >= *grow;
            let best = LADDER.iter().rposition(reached).unwrap_or(0);
            if best > tier {
                (tier, end, base) = (best, Some(year_later(at)), growth);
            }
        }
        (LADDER[tier].0, end)
    }
}

async fn lives(app: &TestApp, member: MemberId, seed: u64) -> Book {
    let mut random = StdRng::seed_from_u64(seed);
    let mut book = Book::default();
    for n in 0..14 {
        app.advance(TimeDelta::milliseconds(random.random_range(1..150 * 86_400_000)));
        match random.random_range(0..6) {
            0 | 1 => {
                let fen = random.random_range(1..1_500_000);
                book.purchases.push((app.now(), fen));
                app.buys(member, fen).await;
            }
            2 => {
                let growth = random.random_range(1..12_000);
                book.growth.push((app.now(), growth));
                app.grows(member, &format!("{member}-{n}"), growth).await;
                app.upgrade(member).await;
            }
            3 => app.renews().await,
            4 => {
                app.renews().await;
                app.renews().await;
            }
            _ => {}
        }
        if random.random_range(0..3) == 0 {
            let end = app.standing(member).await.until.filter(|end| *end > app.now());
            // To the millisecond of the end, or right before it.
            if let Some(end) = end {
                app.clock.set(end - TimeDelta::milliseconds(random.random_range(0..2)));
            }
        }
    }
    book
}

#[actix_web::test]
async fn random_lives_end_as_the_oracle_says() {
    let lives_drawn = if std::env::var("HUIYI_TEST_LONG").is_ok() { 200 } else { 8 };
    let app = TestApp::start().await;
    for seed in 0..lives_drawn {
        let member = app.known(&format!("1380000{seed:04}")).await;
        let book = lives(&app, member, seed).await;
        app.renews().await;
        let (tier, _, until) = app.tier_of(member).await;
        assert_eq!((tier.as_str(), until), book.tier_at(app.now()), "seed {seed}");
        // Every step of the way down is one.
        for (cause, from, to) in app.changes(member).await {
            let rank = |code: &str| LADDER.iter().position(|it| it.0 == code).unwrap();
            if cause == "not_reached" {
                assert_eq!(rank(&from) - rank(&to), 1, "seed {seed}");
            }
        }
    }
}
