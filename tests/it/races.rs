//! Many at once, on every database (promises A1 and A2).

use futures_util::future::join_all;
use huiyi::kernel::codes::TransferKind;
use huiyi::kernel::ids::MemberId;
use huiyi::points::service::{Act, Replayed};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use crate::support::{Answer, TestApp, earn, movement, reverse};

const PHONE: &str = "13800138000";

/// Operations a task; the promise's 500 through HUIYI_TEST_OPERATIONS.
fn operations() -> usize {
    std::env::var("HUIYI_TEST_OPERATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(12)
}

/// What one task did to each member, as far as it was told.
async fn storm(app: &TestApp, members: &[MemberId], task: usize) -> Vec<i64> {
    let mut random = StdRng::seed_from_u64(task as u64);
    let mut sums = vec![0; members.len()];
    let mut done: Vec<(usize, String, TransferKind)> = Vec::new();
    for n in 0..operations() {
        // Every second operation is on the hot account.
        let who = if n % 2 == 0 { 0 } else { random.random_range(0..members.len()) };
        let id = format!("{task}-{n}");
        let amount = random.random_range(1..50);
        let (who, act, sign) = match random.random_range(0..10) {
            0..4 => (who, earn(amount), 1),
            4..7 => (who, Act::Spend { amount }, -1),
            _ if done.is_empty() => (who, earn(amount), 1),
            _ => {
                let (who, of, kind) = done[random.random_range(0..done.len())].clone();
                let sign = if kind == TransferKind::Spend { 1 } else { -1 };
                (who, reverse(&of, kind, amount), sign)
            }
        };
        let movement = movement(app, members[who], &id, act);
        // A client that is not sure sends again, at the same time.
        let (one, two) = futures_util::join!(
            app.try_moves(std::slice::from_ref(&movement)),
            app.try_moves(std::slice::from_ref(&movement)),
        );
        let answers = [one.unwrap().remove(0), two.unwrap().remove(0)];
        let fresh = answers.iter().flatten().filter(|posted| posted.replayed == Replayed::No);
        match fresh.count() {
            0 => assert!(answers.iter().all(Result::is_err), "{answers:?}"),
            1 => {
                sums[who] += sign * amount;
                let kind = movement.cause().kind;
                if kind != TransferKind::Reverse {
                    done.push((who, id, kind));
                }
            }
            _ => panic!("one cause moved twice: {answers:?}"),
        }
    }
    sums
}

/// L1: 64 writers on one hot and ten warm accounts; every point is accounted for.
#[actix_web::test]
async fn sixty_four_writers_neither_make_nor_lose_a_point() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for n in 0..11 {
        members.push(app.known(&format!("138001380{n:02}")).await);
    }
    let sums = join_all((0..64).map(|task| storm(&app, &members, task))).await;
    for (i, member) in members.iter().enumerate() {
        let expected: i64 = sums.iter().map(|sums| sums[i]).sum();
        assert_eq!(app.available(*member).await, expected, "member {i}");
    }
    app.reconciles().await;
}

/// Two batches that name the same members in opposite orders.
#[actix_web::test]
async fn batches_that_cross_each_other_all_succeed() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for n in 0..20 {
        members.push(app.known(&format!("138001380{n:02}")).await);
    }
    let batches = (0..16).map(|n| {
        let mut batch: Vec<_> = members
            .iter()
            .enumerate()
            .map(|(i, member)| movement(&app, *member, &format!("{n}-{i}"), earn(1)))
            .collect();
        if n % 2 == 0 {
            batch.reverse();
        }
        let app = &app;
        async move { app.try_moves(&batch).await.unwrap() }
    });
    let answers = join_all(batches).await;
    assert!(answers.iter().flatten().all(Result::is_ok));
    for member in members {
        assert_eq!(app.available(member).await, 16);
    }
    app.reconciles().await;
}

/// While points move, members are merged: nothing is lost on the way.
#[actix_web::test]
async fn a_merge_in_the_middle_of_spending_loses_nothing() {
    let app = TestApp::start().await;
    let key = app.partner("till", &["points:write"]).await;
    let (loser, winner) = (app.known(PHONE).await, app.known("13900139000").await);
    app.moved(loser, "opening", earn(500)).await;
    let spends = (0..20).map(|n| {
        let receipt = format!("R-{n}");
        let body = json!({"receipt_no": receipt, "member": {"phone": PHONE}, "points": 10});
        app.post("/v1/open/points/spend").bearer(&key).key(&receipt).json(&body).send()
    });
    let (answers, ()) = futures_util::join!(join_all(spends), app.merge_members(loser, winner));
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!((app.available(loser).await, app.available(winner).await), (0, 300));
    app.reconciles().await;
}

fn spending(points: i64) -> String {
    json!({"receipt_no": "R-1", "member": {"phone": PHONE}, "points": points}).to_string()
}

async fn till_with(app: &TestApp, points: i64) -> (String, MemberId) {
    let key = app.partner("till", &["points:write"]).await;
    let member = app.known(PHONE).await;
    app.moved(member, "opening", earn(points)).await;
    (key, member)
}

/// I1: a hundred parallel sends of one request are one effect.
#[actix_web::test]
async fn a_hundred_parallel_sends_of_one_spend_spend_once() {
    let app = TestApp::start().await;
    let (key, member) = till_with(&app, 1_000).await;
    let calls = (0..100).map(|_| {
        app.post("/v1/open/points/spend").bearer(&key).key("one").raw(spending(10)).send()
    });
    let answers: Vec<Answer> = join_all(calls).await;
    let fresh = answers
        .iter()
        .filter(|answer| answer.status == 200 && answer.header("idempotent-replayed").is_empty());
    assert_eq!(fresh.count(), 1);
    let text = &answers.iter().find(|answer| answer.status == 200).unwrap().text;
    for answer in &answers {
        match answer.status {
            200 => assert_eq!(&answer.text, text),
            _ => {
                answer.refused(409, "idempotency_in_flight");
                assert_eq!(answer.header("retry-after"), "1");
            }
        }
    }
    assert_eq!(app.available(member).await, 990);
    app.reconciles().await;
}

/// I2: the same key with any one byte changed has no effect.
#[actix_web::test]
async fn one_changed_byte_is_another_request() {
    let app = TestApp::start().await;
    let (key, member) = till_with(&app, 1_000).await;
    let send = async |body: Vec<u8>| {
        app.post("/v1/open/points/spend").bearer(&key).key("one").raw(body).send().await
    };
    let body = spending(10).into_bytes();
    send(body.clone()).await.expect(200);
    for place in 0..body.len() {
        let mut changed = body.clone();
        changed[place] = if changed[place] == b'1' { b'2' } else { b'1' };
        let answer = send(changed).await;
        // What is still a request is refused for its key, the rest is no request any more.
        assert!(matches!(answer.status, 400 | 422), "byte {place}: {}", answer.text);
    }
    let spaces = [b" ", body.as_slice()].concat();
    send(spaces).await.refused(422, "idempotency_key_reused");
    send(spending(11).into_bytes()).await.refused(422, "idempotency_key_reused");
    send(body).await.expect(200);
    assert_eq!(app.available(member).await, 990);
}

/// I4: the key of one partner says nothing to another.
#[actix_web::test]
async fn two_partners_may_use_the_same_key() {
    let app = TestApp::start().await;
    let (key, member) = till_with(&app, 1_000).await;
    let other = app.partner("other", &["points:write"]).await;
    let send = async |key: &str, points: i64| {
        let call = app.post("/v1/open/points/spend").bearer(key).key("one");
        call.raw(spending(points)).send().await
    };
    let ours = send(&key, 10).await;
    let theirs = send(&other, 20).await;
    assert_eq!(theirs.header("idempotent-replayed"), "");
    let (ours, theirs) = (ours.expect(200), theirs.expect(200));
    assert_ne!(ours["transfer_id"], theirs["transfer_id"]);
    assert_eq!((&ours["points"], &theirs["points"]), (&10.into(), &20.into()));
    assert_eq!(app.available(member).await, 970);
}
