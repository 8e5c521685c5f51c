//! Faults that others have or had, each as a test that passes here.

use futures_util::future::join_all;
use huiyi::points::service::Act;
use serde_json::json;

use crate::support::{Answer, TestApp, earn, movement};

const PHONE: &str = "13800138000";

/// RM1: twenty concurrent gifts out of 100 points all succeeded and made 2,000.
#[actix_web::test]
async fn twenty_spends_of_a_hundred_points_spend_them_once() {
    let app = TestApp::start().await;
    let key = app.partner("till", &["points:write"]).await;
    let member = app.known(PHONE).await;
    app.moved(member, "opening", earn(100)).await;
    let calls = (0..20).map(|n| {
        let receipt = format!("R-{n}");
        let body = json!({"receipt_no": receipt, "member": {"phone": PHONE}, "points": 100});
        app.post("/v1/open/points/spend").bearer(&key).key(&receipt).json(&body).send()
    });
    let answers: Vec<Answer> = join_all(calls).await;
    let spent = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(spent, 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(409, "points_insufficient");
    }
    assert_eq!(app.available(member).await, 0);
    app.reconciles().await;
}

/// RM6: the points of two orders of one member were given back by read-then-write, and one of them got lost.
#[actix_web::test]
async fn giving_back_two_orders_of_one_member_at_once_loses_nothing() {
    let app = TestApp::start().await;
    let key = app.partner("till", &["points:write"]).await;
    let member = app.known(PHONE).await;
    app.moved(member, "opening", earn(1_000)).await;
    for round in 0..10 {
        for n in 0..2 {
            let receipt = format!("{round}-{n}");
            let body = json!({"receipt_no": receipt, "member": {"phone": PHONE}, "points": 300});
            let spent = app.post("/v1/open/points/spend").bearer(&key).key(&receipt).json(&body);
            spent.send().await.expect(200);
        }
        assert_eq!(app.available(member).await, 400);
        let calls = (0..2).map(|n| {
            let receipt = format!("{round}-{n}");
            let body = json!({"receipt_no": receipt, "reversal_no": receipt, "points": 300});
            app.post("/v1/open/points/reversals").bearer(&key).key(&receipt).json(&body).send()
        });
        for answer in join_all(calls).await {
            answer.expect(200);
        }
        assert_eq!(app.available(member).await, 1_000);
    }
    app.reconciles().await;
}

/// RM8: concurrent writers of an embedded database got "busy", and a credit was dropped.
#[actix_web::test]
async fn concurrent_writers_never_find_the_database_busy() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for n in 0..4 {
        members.push(app.known(&format!("1380013800{n}")).await);
    }
    let writers = (0..32).map(|writer: usize| {
        let (app, member) = (&app, members[writer % members.len()]);
        async move {
            for n in 0..10 {
                let credit = movement(app, member, &format!("{writer}-{n}"), earn(1));
                let answers = app.try_moves(&[credit]).await.expect("never busy");
                answers[0].as_ref().expect("accepted");
            }
        }
    });
    join_all(writers).await;
    for member in members {
        assert_eq!(app.available(member).await, 80);
        app.moved(member, &format!("all {member}"), Act::Spend { amount: 80 }).await;
    }
    app.reconciles().await;
}
