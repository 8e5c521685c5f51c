//! What finance reads: liability and activity (PT-9, IN-1b).

use chrono::{DateTime, Days, TimeDelta, Utc};
use huiyi::kernel::codes::{StaffRole, TransferKind};
use huiyi::kernel::ids::MemberId;
use huiyi::points::service::{self as points, Act};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::support::{TestApp, earn, lot, movement, reverse};

async fn console(app: &TestApp) -> String {
    let admin = app.hire("A001", StaffRole::Admin, None).await;
    app.staff_token(admin, "A001", "admin").await
}

async fn activity(app: &TestApp, token: &str, query: &str) -> Value {
    let path = format!("/v1/admin/points/activity?{query}");
    app.get(&path).bearer(token).send().await.expect(200)
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Shanghai's end of a month as an instant.
const MARCH_ENDS: &str = "2026-03-31T16:00:00Z";

#[actix_web::test]
async fn a_month_is_told_by_what_was_booked_in_it() {
    let app = TestApp::start().await;
    let (her, other) = (app.known("13800138000").await, app.known("13800138001").await);
    app.moved(her, "o1", lot(1_000, at(MARCH_ENDS))).await;
    app.moved(other, "o2", earn(500)).await;
    app.moved(her, "s1", Act::Spend { amount: 300 }).await;
    app.moved(her, "r1", reverse("s1", TransferKind::Spend, 100)).await;
    app.moved(other, "r2", reverse("o2", TransferKind::Earn, 50)).await;
    app.merge_ledgers(other, her).await;
    app.advance(TimeDelta::days(30));
    let token = console(&app).await;
    app.moved(her, "s2", Act::Spend { amount: 40 }).await;
    let report = activity(&app, &token, "from=2026-03-01&to=2026-04-30").await;
    let row = |n: usize, name: &str| report["periods"][n][name].clone();
    let march = ["opening", "issued", "spent", "given_back", "reversed", "closing"];
    let march = march.map(|name| row(0, name).as_i64().unwrap());
    assert_eq!(march, [0, 1_500, 300, 100, 50, 1_250], "{report}");
    assert_eq!(
        (row(1, "opening"), row(1, "spent"), row(1, "closing")),
        (json!(1_250), json!(40), json!(1_210))
    );
    // The lot of March ran out; nobody has booked that yet.
    assert_eq!(row(0, "breakage"), json!({"issued": 1_000, "expired": 0, "rate_bps": 0}));
    assert_eq!(
        (&report["version"], &report["as_of"]),
        (&json!("points-activity-1"), &json!("2026-04-14T04:00:00Z"))
    );
    let days = activity(&app, &token, "from=2026-03-14&to=2026-03-16&by=day").await;
    let issued: Vec<i64> = days["periods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["issued"].as_i64().unwrap())
        .collect();
    assert_eq!(issued, [0, 1_500, 0]);
    app.reconciles().await;
}

/// What was reported stays, also when an order comes in late: it is booked on the day it comes in.
#[actix_web::test]
async fn a_day_that_is_over_never_changes() {
    let app = TestApp::start().await;
    let her = app.known("13800138000").await;
    app.moved(her, "o1", earn(100)).await;
    app.advance(TimeDelta::days(2));
    let token = console(&app).await;
    let query = "from=2026-03-15&to=2026-03-17&by=day";
    let live = activity(&app, &token, query).await;
    assert_eq!(points::close_days(&app.app, 100).await.unwrap(), 2);
    assert_eq!(points::close_days(&app.app, 100).await.unwrap(), 0, "once");
    let closed = activity(&app, &token, query).await;
    assert_eq!(live["periods"], closed["periods"]);
    let mut late = movement(&app, her, "o2", earn(7));
    late.occurred_at = at("2026-03-15T06:00:00Z");
    app.moves(&[late]).await.remove(0).unwrap();
    let after = activity(&app, &token, query).await;
    assert_eq!(after["periods"][0], closed["periods"][0]);
    assert_eq!(after["periods"][2]["issued"], 7);
    assert_eq!(after["periods"][2]["closing"], 107);
}

#[actix_web::test]
async fn a_day_is_closed_an_hour_after_its_end() {
    let app = TestApp::start().await;
    let her = app.known("13800138000").await;
    app.moved(her, "o1", earn(100)).await;
    // Midnight in Shanghai is twelve hours away.
    app.advance(TimeDelta::hours(13) - TimeDelta::milliseconds(1));
    assert_eq!(points::close_days(&app.app, 9).await.unwrap(), 0);
    app.advance(TimeDelta::milliseconds(1));
    assert_eq!(points::close_days(&app.app, 9).await.unwrap(), 1);
}

#[actix_web::test]
async fn two_workers_close_a_day_once() {
    let app = TestApp::start().await;
    let her = app.known("13800138000").await;
    for n in 0..5 {
        app.moved(her, &format!("o{n}"), earn(100)).await;
        app.advance(TimeDelta::days(1));
    }
    let close = || points::close_days(&app.app, 100);
    let done = futures_util::join!(close(), close(), close());
    let done = [done.0, done.1, done.2].map(Result::unwrap);
    assert_eq!(
        done.iter().sum::<usize>() + points::close_days(&app.app, 100).await.unwrap(),
        5,
        "{done:?}"
    );
    let token = console(&app).await;
    let report = activity(&app, &token, "from=2026-03-01&to=2026-03-31").await;
    assert_eq!(
        (&report["periods"][0]["issued"], &report["periods"][0]["transfers"]),
        (&json!(500), &json!(5))
    );
}

async fn balances(app: &TestApp, members: &[MemberId]) -> i64 {
    let ledger = huiyi::kernel::codes::Ledger::Points;
    let found = points::balances(app.app.db.read(), members, ledger).await.unwrap();
    found.values().map(|it| it.pending + it.available + it.frozen).sum()
}

/// PT-9: the report says what the ledger says, whatever happened, however many of its days are closed.
#[actix_web::test]
async fn the_sums_of_a_random_history_are_the_balances() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for n in 0..4 {
        members.push(app.known(&format!("1380013800{n}")).await);
    }
    let mut random = StdRng::seed_from_u64(9);
    let first = app.app.calendar.day(app.now());
    for n in 0..120 {
        app.advance(TimeDelta::hours(random.random_range(0..40)));
        let who = members[random.random_range(0..members.len())];
        let act = match random.random_range(0..6) {
            0..3 => lot(
                random.random_range(1..200),
                app.now() + TimeDelta::days(random.random_range(1..90)),
            ),
            3 => Act::Spend { amount: random.random_range(1..150) },
            _ => reverse(
                &format!("m{}", random.random_range(0..n + 1)),
                TransferKind::Earn,
                random.random_range(1..50),
            ),
        };
        let _ = app.moves(&[movement(&app, who, &format!("m{n}"), act)]).await;
        if n % 17 == 0 {
            points::close_days(&app.app, 5).await.unwrap();
        }
    }
    let last = app.app.calendar.day(app.now());
    for by in [points::By::Day, points::By::Month] {
        let span = points::Period { from: first, to: last };
        let rows = points::activity(&app.app, span, by).await.unwrap();
        assert_eq!(rows.last().unwrap().activity.closing, balances(&app, &members).await);
        let carried =
            rows.windows(2).all(|pair| pair[0].activity.closing == pair[1].activity.opening);
        assert!(carried, "{rows:?}");
        let moved: i64 = rows.iter().map(|row| row.activity.transfers).sum();
        let later = points::Period { from: last + Days::new(1), to: last + Days::new(1) };
        let later = points::activity(&app.app, later, by).await.unwrap();
        assert_eq!(later[0].activity.opening, balances(&app, &members).await);
        assert!(moved > 60, "{moved}");
    }
    let liability = points::liability(&app.app).await.unwrap();
    let owed = liability.outstanding() + liability.ran_out - liability.debt;
    assert_eq!(owed, balances(&app, &members).await, "{liability:?}");
    app.reconciles().await;
}

#[actix_web::test]
async fn the_liability_is_by_the_month_at_whose_end_points_run_out() {
    let app = TestApp::start().await;
    let (her, other) = (app.known("13800138000").await, app.known("13800138001").await);
    app.moved(her, "o1", lot(1_000, at(MARCH_ENDS))).await;
    app.moved(her, "o2", lot(200, at("2026-04-30T16:00:00Z"))).await;
    app.moved(other, "o3", lot(50, at(MARCH_ENDS))).await;
    app.moved(other, "o4", earn(7)).await;
    app.moved(her, "s1", Act::Spend { amount: 300 }).await;
    let token = console(&app).await;
    let read =
        async || app.get("/v1/admin/points/liability").bearer(&token).send().await.expect(200);
    let report = read().await;
    let months = json!([
        {"month": "2026-03", "points": 750, "lots": 2, "value_fen": 750},
        {"month": "2026-04", "points": 200, "lots": 1, "value_fen": 200},
        {"points": 7, "lots": 1, "value_fen": 7}
    ]);
    assert_eq!((&report["months"], &report["outstanding"]), (&months, &json!(957)), "{report}");
    let csv = app.get("/v1/admin/points/liability?format=csv").bearer(&token).send().await;
    assert_eq!(
        csv.header("content-disposition"),
        "attachment; filename=\"points-liability-2026-03-15.csv\""
    );
    let mut table = csv::Reader::from_reader(csv.text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<Vec<String>> =
        table.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(rows[0], ["2026-03", "750", "2", "750"]);
    assert_eq!(rows[2], ["永久有效", "7", "1", "7"]);
    assert!(
        rows.contains(&vec!["合计".to_owned(), "957".to_owned(), String::new(), "957".to_owned()]),
        "{rows:?}"
    );
    let by_accept =
        app.get("/v1/admin/points/liability").bearer(&token).header("accept", "text/csv");
    assert_eq!(by_accept.send().await.text, csv.text);
    // April in Shanghai: what ran out is no liability, whether it was booked or not.
    app.moved(other, "r3", reverse("o3", TransferKind::Earn, 50)).await;
    app.advance(at(MARCH_ENDS) - app.now());
    let token = app.staff_again("A001", "admin").await;
    let report = app.get("/v1/admin/points/liability").bearer(&token).send().await.expect(200);
    assert_eq!(report["months"][0]["month"], "2026-04");
    assert_eq!((&report["ran_out_not_booked"], &report["outstanding"]), (&json!(700), &json!(207)));
}

#[actix_web::test]
async fn a_span_that_ends_before_it_begins_or_is_too_long_is_refused() {
    let app = TestApp::start().await;
    let token = console(&app).await;
    for query in ["from=2026-03-02&to=2026-03-01", "from=2020-01-01&to=2026-03-01"] {
        let path = format!("/v1/admin/points/activity?{query}");
        let refused = app.get(&path).bearer(&token).send().await;
        refused.refused(422, "invalid_fields");
        assert_eq!(refused.fields(), ["?to"]);
    }
    let csv = app
        .get("/v1/admin/points/activity?from=2026-03-01&to=2026-03-31&format=csv")
        .bearer(&token);
    let csv = csv.send().await;
    assert!(csv.text.starts_with("\u{feff}开始日期,结束日期,期初积分,"), "{}", csv.text);
    assert!(csv.text.contains("\r\n2026-03-01,2026-03-31,0,0,"), "{}", csv.text);
}
