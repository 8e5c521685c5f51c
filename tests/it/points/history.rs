//! What the shopper reads about her points (PT-8).

use chrono::TimeDelta;
use huiyi::kernel::codes::TransferKind;
use huiyi::kernel::ids::MemberId;
use huiyi::points::service::Act;
use serde_json::Value;

use crate::support::{SignedIn, TestApp, earn, reverse};

async fn shopper(app: &TestApp, nickname: &str) -> (SignedIn, MemberId) {
    let her = app.shopper(nickname).await;
    let id = her.id.parse().unwrap();
    (her, id)
}

async fn read(app: &TestApp, her: &SignedIn, query: &str) -> Value {
    let path = format!("/v1/member/points/history{query}");
    app.get(&path).bearer(&her.token).send().await.expect(200)
}

fn column<'a>(page: &'a Value, name: &str) -> Vec<&'a Value> {
    page["items"].as_array().unwrap().iter().map(|item| &item[name]).collect()
}

#[actix_web::test]
async fn every_movement_reads_in_chinese_and_english() {
    let app = TestApp::start().await;
    let (her, id) = shopper(&app, "lina").await;
    let at = app.now() + TimeDelta::days(30);
    app.moved(
        id,
        "o1",
        Act::Earn { amount: 100, expires_at: Some(at), rule: None, settles_at: None },
    )
    .await;
    app.advance(TimeDelta::minutes(1));
    app.moved(id, "s1", Act::Spend { amount: 30 }).await;
    app.advance(TimeDelta::minutes(1));
    app.moved(id, "r1", reverse("s1", TransferKind::Spend, 10)).await;
    app.advance(TimeDelta::minutes(1));
    app.moved(id, "r2", reverse("o1", TransferKind::Earn, 50)).await;
    let page = read(&app, &her, "").await;
    let titles = ["退货扣回积分", "退还已用积分", "使用积分", "消费得积分"];
    assert_eq!(column(&page, "title"), titles);
    assert_eq!(column(&page, "points"), [-50, 10, -30, 100]);
    assert_eq!(column(&page, "balance_after"), [30, 80, 70, 100]);
    let earning = &page["items"][3];
    assert_eq!((&earning["left"], &earning["kind"]), (&30.into(), &"earn".into()));
    assert_eq!(earning["expires_at"], "2026-04-14T04:00:00Z");
    assert_eq!(page["has_more"], false);
    let english = app.get("/v1/member/points/history").bearer(&her.token);
    let english = english.header("accept-language", "en").send().await.expect(200);
    assert_eq!(english["items"][2]["title"], "Points used");
}

#[actix_web::test]
async fn pages_hold_each_movement_once_while_more_come_in() {
    let app = TestApp::start().await;
    let (her, id) = shopper(&app, "lina").await;
    for n in 0..7 {
        // Several in one millisecond.
        app.moved(id, &n.to_string(), earn(n + 1)).await;
    }
    let mut seen = Vec::new();
    let mut query = "?limit=3".to_owned();
    loop {
        let page = read(&app, &her, &query).await;
        seen.extend(column(&page, "points").into_iter().map(|points| points.as_i64().unwrap()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("?limit=3&cursor={cursor}");
        app.advance(TimeDelta::seconds(1));
        app.moved(id, &format!("late{}", seen.len()), earn(1000)).await;
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
    let refused = app.get("/v1/member/points/history?cursor=abc").bearer(&her.token).send().await;
    refused.refused(400, "bad_cursor");
    let refused = app.get("/v1/member/points/history?limit=0").bearer(&her.token).send().await;
    refused.refused(422, "invalid_fields");
}

#[actix_web::test]
async fn a_cursor_of_another_shopper_is_refused() {
    let app = TestApp::start().await;
    let (her, id) = shopper(&app, "lina").await;
    let (other, _) = shopper(&app, "mei").await;
    for n in 0..3 {
        app.moved(id, &n.to_string(), earn(1)).await;
    }
    let page = read(&app, &her, "?limit=1").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let path = format!("/v1/member/points/history?limit=1&cursor={cursor}");
    app.get(&path).bearer(&other.token).send().await.refused(400, "bad_cursor");
    assert_eq!(read(&app, &other, "").await["items"].as_array().map(Vec::len), Some(0));
}

#[actix_web::test]
async fn the_history_of_a_merged_account_is_hers_too() {
    let app = TestApp::start().await;
    let (her, id) = shopper(&app, "lina").await;
    let stranger = app.known("13800138000").await;
    let unrelated = app.known("13800138001").await;
    app.moved(stranger, "o1", earn(100)).await;
    app.moved(stranger, "s1", Act::Spend { amount: 100 }).await;
    app.moved(unrelated, "o2", earn(7)).await;
    app.moved(stranger, "o3", earn(20)).await;
    app.advance(TimeDelta::minutes(1));
    app.merge_ledgers(stranger, id).await;
    let page = read(&app, &her, "").await;
    let mut points: Vec<i64> =
        column(&page, "points").iter().map(|points| points.as_i64().unwrap()).collect();
    points.sort_unstable();
    assert_eq!(points, [-100, -20, 20, 20, 100], "{page}");
}
