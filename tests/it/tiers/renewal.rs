//! A tier holds twelve months; at its end it is renewed or lowered by one, whatever the job did (TR-2).

use chrono::TimeDelta;
use futures_util::future::join_all;
use huiyi::kernel::Fen;
use huiyi::tiers::service as tiers;

use super::{Shop, at, changes};
use crate::support::TestApp;

const PHONE: &str = "13800138000";

#[actix_web::test]
async fn a_silent_diamond_goes_down_one_step_a_year_and_no_further() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.buys(ann, 2_000_000).await;
    app.clock.set(at("2027-03-15T03:59:59.999Z"));
    app.renews().await;
    assert_eq!(app.standing(ann).await.tier.code, "diamond");

    app.clock.set(at("2027-03-15T04:00:00Z"));
    app.renews().await;
    let (tier, since, until) = app.tier_of(ann).await;
    assert_eq!((tier.as_str(), since), ("gold", at("2027-03-15T04:00:00Z")));
    assert_eq!(until, Some(at("2028-03-15T04:00:00Z")));

    // Five years without any job: one step at its own time, then nothing ends any more.
    app.clock.set(at("2032-06-01T00:00:00Z"));
    app.renews().await;
    let (tier, since, until) = app.tier_of(ann).await;
    assert_eq!((tier.as_str(), since, until), ("silver", at("2028-03-15T04:00:00Z"), None));
    let told = app.told(ann, "tier.lowered").await;
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0]["to"], &told[0]["cause"]), (&"gold".into(), &"not_reached".into()));
    let expected = changes(&[
        ("spend", "silver", "diamond"),
        ("not_reached", "diamond", "gold"),
        ("not_reached", "gold", "silver"),
    ]);
    assert_eq!(app.changes(ann).await, expected);
    assert_eq!(app.multiplier(ann, "2027-03-15T03:59:59.999Z").await, 15_000);
    assert_eq!(app.multiplier(ann, "2027-03-15T04:00:00Z").await, 12_000);
    assert_eq!(app.multiplier(ann, "2028-03-15T04:00:00Z").await, 10_000);
}

#[actix_web::test]
async fn either_track_renews_to_the_fen_and_what_made_the_tier_does_not() {
    let app = TestApp::start().await;
    let (ann, bea, cleo) = (
        app.known("13800000001").await,
        app.known("13800000002").await,
        app.known("13800000003").await,
    );
    app.buys(ann, 500_000).await;
    app.buys(bea, 500_000).await;
    app.grows(cleo, "c-1", 5_000).await;
    app.upgrade(cleo).await;
    app.advance(TimeDelta::days(200));
    app.buys(ann, 500_000).await;
    app.buys(bea, 499_999).await;
    app.grows(cleo, "c-2", 5_000).await;
    let keep = app.standing(bea).await.keep.unwrap();
    assert_eq!((keep.missing_spend, keep.missing_growth), (Fen(1), 5_000));
    app.clock.set(at("2027-03-15T04:00:00Z"));
    app.renews().await;
    for (member, tier) in [(ann, "gold"), (bea, "silver"), (cleo, "gold")] {
        assert_eq!(app.standing(member).await.tier.code, tier);
    }
    let (_, since, until) = app.tier_of(ann).await;
    assert_eq!((since, until), (app.now(), Some(at("2028-03-15T04:00:00Z"))));
    let told = app.told(ann, "tier.renewed").await;
    assert_eq!((told.len(), &told[0]["to"]), (1, &"gold".into()));
    // Growth never runs out; what carried the tier that she lost does not raise anybody again.
    let dora = app.known("13800000004").await;
    app.grows(dora, "d", 5_000).await;
    app.upgrade(dora).await;
    app.clock.set(at("2028-03-15T04:00:00Z"));
    app.renews().await;
    app.upgrade(dora).await;
    let standing = app.standing(dora).await;
    assert_eq!((standing.tier.code.as_str(), standing.growth), ("silver", 5_000));
    assert_eq!(standing.next.unwrap().missing_growth, 5_000);
    app.reconciles().await;
}

#[actix_web::test]
async fn a_tier_of_a_leap_day_ends_on_the_last_of_february_and_is_not_renewed_by_that_day() {
    let app = TestApp::start().await;
    app.clock.set(at("2028-02-29T04:00:00Z"));
    let ann = app.known("13800000001").await;
    app.buys(ann, 500_000).await;
    assert_eq!(app.tier_of(ann).await.2, Some(at("2029-02-28T04:00:00Z")));
    app.clock.set(at("2029-02-28T04:00:00Z"));
    app.renews().await;
    assert_eq!(app.standing(ann).await.tier.code, "silver");
}

#[actix_web::test]
async fn a_job_three_days_late_gives_the_result_of_a_punctual_one() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.buys(ann, 2_000_000).await;
    app.clock.set(at("2027-03-18T09:30:00Z"));
    app.renews().await;
    let (tier, since, until) = app.tier_of(ann).await;
    assert_eq!((tier.as_str(), since), ("gold", at("2027-03-15T04:00:00Z")));
    assert_eq!(until, Some(at("2028-03-15T04:00:00Z")));
    let history = tiers::history(app.app.db.read(), ann, None, 1).await.unwrap();
    assert_eq!(history[0].change.changed_at, since);
    assert_eq!(history[0].change.recorded_at, Some(app.now()));
}

#[actix_web::test]
async fn what_has_ended_is_seen_to_before_the_next_order_when_no_job_ran() {
    let shop = Shop::open().await;
    let sold = shop.sells("A-1", PHONE, 500_000).await;
    let ann = sold["member_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(shop.app.standing(ann).await.tier.code, "gold");
    shop.app.clock.set(at("2027-03-16T04:00:00Z"));
    // Her gold ended a day ago: she earns as silver, and what she buys now renews nothing.
    let sold = shop.sells("A-2", PHONE, 510_000).await;
    assert_eq!(sold["points"], 5_100, "{sold}");
    let expected = changes(&[
        ("spend", "silver", "gold"),
        ("not_reached", "gold", "silver"),
        ("spend", "silver", "gold"),
    ]);
    assert_eq!(shop.app.changes(ann).await, expected);
    let (_, since, _) = shop.app.tier_of(ann).await;
    assert_eq!(since, shop.app.now());
    shop.app.renews().await;
    assert_eq!(shop.app.changes(ann).await, expected);
    shop.app.reconciles().await;
}

#[actix_web::test]
async fn two_workers_and_a_second_run_take_one_step() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for n in 0..7 {
        let member = app.known(&format!("1380000000{n}")).await;
        app.buys(member, 2_000_000).await;
        members.push(member);
    }
    app.clock.set(at("2027-03-20T00:00:00Z"));
    let other = app.replica().await;
    let runs = (0..4).flat_map(|_| [&app.app, &other.0]);
    let done = join_all(
        runs.map(|app| async move { while tiers::renew_due(app, 3).await.unwrap() > 0 {} }),
    );
    done.await;
    app.renews().await;
    for member in members {
        assert_eq!(app.standing(member).await.tier.code, "gold");
        assert_eq!(app.told(member, "tier.lowered").await.len(), 1);
        assert_eq!(app.changes(member).await.len(), 2);
    }
}

#[actix_web::test]
async fn an_upgrade_on_the_last_day_wins() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.buys(ann, 500_000).await;
    app.clock.set(at("2027-03-15T03:59:59.999Z"));
    app.buys(ann, 2_000_000).await;
    app.advance(TimeDelta::milliseconds(1));
    app.renews().await;
    let (tier, since, until) = app.tier_of(ann).await;
    assert_eq!((tier.as_str(), since), ("diamond", at("2027-03-15T03:59:59.999Z")));
    assert_eq!(until, Some(at("2028-03-15T03:59:59.999Z")));
}

#[actix_web::test]
async fn within_the_grace_she_can_still_renew() {
    let app = TestApp::start_with(|config| config.tiers.grace_days = 7).await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    app.buys(ann, 500_000).await;
    app.buys(bea, 500_000).await;
    app.clock.set(at("2027-03-21T04:00:00Z"));
    app.buys(ann, 500_000).await;
    app.renews().await;
    assert_eq!(app.standing(bea).await.tier.code, "gold");
    app.clock.set(at("2027-03-22T04:00:00Z"));
    app.renews().await;
    let (tier, since, _) = app.tier_of(ann).await;
    assert_eq!((tier.as_str(), since), ("gold", at("2027-03-15T04:00:00Z")));
    let (tier, since, _) = app.tier_of(bea).await;
    assert_eq!((tier.as_str(), since), ("silver", at("2027-03-22T04:00:00Z")));
}

#[actix_web::test]
async fn a_refund_lowers_nobody_at_once_but_stands_in_what_is_missing() {
    let shop = Shop::open().await;
    let sold = shop.sells("A-1", PHONE, 500_000).await;
    let ann = sold["member_id"].as_str().unwrap().parse().unwrap();
    shop.app.advance(TimeDelta::days(30));
    shop.sells("A-2", PHONE, 600_000).await;
    let keep = shop.app.standing(ann).await.keep.unwrap();
    assert_eq!(keep.missing_spend, Fen(0));
    shop.app.advance(TimeDelta::days(1));
    shop.refunds("R-2", "A-2", 600_000).await;
    let standing = shop.app.standing(ann).await;
    assert_eq!(standing.tier.code, "gold");
    assert_eq!(standing.keep.unwrap().missing_spend, Fen(500_000));
    assert_eq!(standing.next.unwrap().missing_spend, Fen(1_500_000));
    shop.app.clock.set(at("2027-03-15T04:00:00Z"));
    shop.app.renews().await;
    assert_eq!(shop.app.standing(ann).await.tier.code, "silver");
    shop.app.reconciles().await;
}

#[actix_web::test]
async fn the_worker_does_it_daily_and_catches_up() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.buys(ann, 500_000).await;
    app.work().await;
    app.clock.set(at("2027-03-18T20:00:00Z"));
    app.work().await;
    assert_eq!(app.standing(ann).await.tier.code, "silver");
    app.work().await;
    assert_eq!(app.changes(ann).await.len(), 2);
}
