//! Tills that ask at the same time share a transaction, and nobody notices (PT-4, PT-5, promises A1, A2, I1 to I4).

use chrono::TimeDelta;
use entity::idempotency_record as record;
use entity::values::Digest;
use futures_util::future::join_all;
use huiyi::config::Gather;
use huiyi::kernel::codes::Ledger;
use huiyi::kernel::ids::MemberId;
use huiyi::points::service::Act;
use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel, PaginatorTrait};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, earn};

struct Shop {
    app: TestApp,
    key: String,
    members: Vec<MemberId>,
}

fn phone(n: usize) -> String {
    format!("138{n:08}")
}

fn wish(receipt: &str, who: usize, points: i64) -> Value {
    json!({"receipt_no": receipt, "member": {"phone": phone(who)}, "points": points})
}

impl Shop {
    /// Gathers on every database; each member has 100 points.
    async fn open(members: usize) -> Self {
        Self::with(members, |_| {}).await
    }

    async fn with(members: usize, change: impl FnOnce(&mut huiyi::config::Config)) -> Self {
        let app = TestApp::start_with(|config| {
            config.database.gather = Gather::On;
            change(config);
        })
        .await;
        let key = app.partner("till", &["points:write"]).await;
        let mut known = Vec::new();
        for n in 0..members {
            let member = app.known(&phone(n)).await;
            app.moved(member, &format!("opening-{n}"), earn(100)).await;
            known.push(member);
        }
        Self { app, key, members: known }
    }

    fn call(&self, path: &str, key: &str, body: &Value) -> impl Future<Output = Answer> + use<> {
        let path = format!("/v1/open/points/{path}");
        self.app.post(&path).bearer(&self.key).key(key).json(body).send()
    }
}

/// One bad wish spoils no other, and each gets what it would have got alone.
#[actix_web::test]
async fn each_wish_of_a_crowd_gets_its_own_answer() {
    let shop = Shop::open(20).await;
    let calls = (0..80).map(|n| {
        let (who, receipt) = (n % 20, format!("R-{n}"));
        let (path, body) = match n / 20 {
            0 => ("spend", wish(&receipt, who, 40)),
            1 => ("earn", wish(&receipt, who, 7)),
            2 => ("spend", wish(&receipt, who, 1_000)),
            _ => ("spend", wish(&receipt, 900 + who, 1)),
        };
        let call = shop.call(path, &receipt, &body);
        async move { (n, call.await) }
    });
    for (n, answer) in join_all(calls).await {
        match n / 20 {
            0 => assert_eq!(answer.clone().expect(200)["points"], 40),
            1 => assert_eq!(answer.clone().expect(200)["points"], 7),
            2 => answer.refused(409, "points_insufficient"),
            _ => answer.refused(404, "member_not_found"),
        }
        if answer.status == 200 {
            // Which of the two came first is open, what stands afterwards is not.
            let balance = answer.body["balance"].as_i64().unwrap();
            assert!([60, 67, 107].contains(&balance), "{n}: {balance}");
        }
    }
    for member in &shop.members {
        assert_eq!(shop.app.available(*member).await, 67);
    }
    // What was refused is not kept: only 40 answers stand.
    let kept = record::Entity::find().count(shop.app.app.db.read()).await.unwrap();
    assert_eq!(kept, 40);
    shop.app.reconciles().await;
}

/// I1: the second of two equal requests is answered like the first, from the same batch or a later one.
#[actix_web::test]
async fn a_request_that_stands_twice_in_a_batch_is_one_effect() {
    let shop = Shop::open(1).await;
    let answers = join_all((0..60).map(|_| shop.call("spend", "one", &wish("R-1", 0, 10)))).await;
    let fresh: Vec<_> =
        answers.iter().filter(|answer| answer.header("idempotent-replayed").is_empty()).collect();
    assert_eq!(fresh.len(), 1);
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == fresh[0].text));
    assert_eq!(shop.app.available(shop.members[0]).await, 90);
    shop.app.reconciles().await;
}

/// I2: another request under a key that is in the same batch is refused.
#[actix_web::test]
async fn another_request_with_the_key_of_a_neighbour_is_refused() {
    let shop = Shop::open(1).await;
    let calls = (0..40).map(|n| shop.call("spend", "one", &wish(&format!("R-{n}"), 0, 1)));
    let answers = join_all(calls).await;
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(good, 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(422, "idempotency_key_reused");
    }
    assert_eq!(shop.app.available(shop.members[0]).await, 99);
}

/// A receipt moves points once for ever, whatever keys it comes with at the same time.
#[actix_web::test]
async fn a_receipt_that_stands_twice_in_a_batch_moves_points_once() {
    let shop = Shop::open(1).await;
    let calls = (0..40).map(|n| shop.call("earn", &format!("k{n}"), &wish("R-1", 0, 10)));
    let answers: Vec<Value> =
        join_all(calls).await.into_iter().map(|answer| answer.expect(200)).collect();
    let fresh = answers.iter().filter(|answer| answer["replayed"] == false).count();
    assert_eq!(fresh, 1);
    for answer in &answers {
        assert_eq!(answer["transfer_id"], answers[0]["transfer_id"]);
        assert_eq!(answer["balance"], 110);
    }
    shop.app.reconciles().await;
}

/// A run that died with the key, or an answer past its keeping, is taken over.
#[actix_web::test]
async fn a_key_whose_run_died_is_taken_over() {
    let shop = Shop::open(1).await;
    shop.call("spend", "one", &wish("R-1", 0, 10)).await.expect(200);
    let db = shop.app.app.db.write();
    let kept = record::Entity::find().one(db).await.unwrap().unwrap();
    let unfinished = |kept: &record::Model, lease: TimeDelta| record::ActiveModel {
        status: Set(None),
        body: Set(None),
        lease_until: Set(shop.app.now() + lease),
        ..kept.clone().into_active_model().reset_all()
    };
    use sea_orm::ActiveModelTrait;
    unfinished(&kept, TimeDelta::seconds(5)).update(db).await.unwrap();
    let answer = shop.call("spend", "one", &wish("R-1", 0, 10)).await;
    answer.refused(409, "idempotency_in_flight");
    assert_eq!(answer.header("retry-after"), "1");
    unfinished(&kept, TimeDelta::seconds(-5)).update(db).await.unwrap();
    let answer = shop.call("spend", "one", &wish("R-1", 0, 10)).await.expect(200);
    assert_eq!(answer["replayed"], true);
    // After a week the same key is a new one.
    shop.app.advance(TimeDelta::days(8));
    shop.call("spend", "one", &wish("R-2", 0, 10)).await.expect(200);
    assert_eq!(shop.app.available(shop.members[0]).await, 80);
    assert!(kept.digest != Digest(String::new()));
}

/// Two processes gather for themselves, and still each key and each receipt counts once.
#[actix_web::test]
async fn two_replicas_gather_side_by_side() {
    let shop = Shop::open(8).await;
    let (_other, url, server) = shop.app.replica().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let there = |key: String, body: Value| {
        let call = client.post(format!("{url}/v1/open/points/spend")).bearer_auth(&shop.key);
        call.header("idempotency-key", key).json(&body).send()
    };
    let pairs = (0..64).map(|n| {
        let (key, body) = (format!("k{n}"), wish(&format!("R-{n}"), n % 8, 10));
        let here = shop.call("spend", &key, &body);
        let there = there(key, body);
        async move {
            let (here, there) = futures_util::join!(here, there);
            (here.status, there.unwrap().status().as_u16())
        }
    });
    for statuses in join_all(pairs).await {
        assert!([200, 409].contains(&statuses.0) && [200, 409].contains(&statuses.1));
        assert!(statuses.0 == 200 || statuses.1 == 200, "{statuses:?}");
    }
    for member in &shop.members {
        assert_eq!(shop.app.available(*member).await, 20);
    }
    shop.app.reconciles().await;
    server.stop(false).await;
}

/// Back-pressure: who finds the queue full is told to come back, and nothing has moved.
#[actix_web::test]
async fn a_full_queue_sends_people_away() {
    let shop = Shop::with(1, |config| config.database.gather_queue = 0).await;
    let answer = shop.call("spend", "one", &wish("R-1", 0, 10)).await;
    answer.refused(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(shop.app.available(shop.members[0]).await, 100);
}

/// Points that ran out meanwhile come back run out: no balance of the crowd counts them.
#[actix_web::test]
async fn what_comes_back_run_out_is_in_nobodys_balance() {
    let shop = Shop::open(1).await;
    let expires_at = Some(shop.app.now() + TimeDelta::days(1));
    let act = Act::Earn { amount: 50, expires_at, rule: None, settles_at: None };
    shop.app.moved(shop.members[0], "short", act).await;
    shop.call("spend", "s", &wish("S-1", 0, 50)).await.expect(200);
    shop.app.advance(TimeDelta::days(2));
    let back = |n: usize| {
        let body = json!({"receipt_no": "S-1", "reversal_no": format!("B-{n}"), "points": 5});
        shop.call("reversals", &format!("b{n}"), &body)
    };
    let spend = |n: usize| shop.call("spend", &format!("k{n}"), &wish(&format!("R-{n}"), 0, 1));
    let (backs, spends) =
        futures_util::join!(join_all((0..10).map(back)), join_all((0..10).map(spend)));
    let mut balances: Vec<i64> =
        spends.iter().map(|answer| answer.body["balance"].as_i64().unwrap()).collect();
    balances.sort_unstable();
    assert_eq!(balances, (90..100).collect::<Vec<_>>());
    for answer in backs {
        let balance = answer.expect(200)["balance"].as_i64().unwrap();
        assert!((90..=100).contains(&balance), "{balance}");
    }
    shop.app.reconciles().await;
}

/// The same wishes with and without gathering end in the same books.
#[actix_web::test]
async fn gathering_can_be_switched_off() {
    let shop = Shop::with(4, |config| config.database.gather = Gather::Off).await;
    let calls = (0..20).map(|n| {
        let receipt = format!("R-{n}");
        shop.call("spend", &receipt, &wish(&receipt, n % 4, 10))
    });
    for answer in join_all(calls).await {
        answer.expect(200);
    }
    for member in &shop.members {
        assert_eq!(shop.app.available(*member).await, 50);
    }
    shop.app.reconciles().await;
}

/// A merge that runs beside grants comes before or after each of them: nothing is granted to who is gone (ID-3).
#[actix_web::test]
async fn what_is_granted_beside_a_merge_is_the_winners() {
    let shop = Shop::open(7).await;
    let (winner, mut granted) = (shop.members[0], 100);
    for (n, loser) in shop.members.clone().into_iter().enumerate().skip(1) {
        // Half of them have an account with nothing in it: its merge moves no points.
        if n.is_multiple_of(2) {
            shop.call("spend", &format!("all-{n}"), &wish(&format!("A-{n}"), n, 100)).await;
        } else {
            granted += 100;
        }
        let grants = join_all((0..6).map(|i| {
            let receipt = format!("R-{n}-{i}");
            let who = json!({"member_id": loser.to_string()});
            let body = json!({"receipt_no": receipt, "member": who, "points": 5});
            shop.call("earn", &receipt, &body)
        }));
        let (answers, ()) = futures_util::join!(grants, shop.app.merge_members(loser, winner));
        for answer in answers {
            answer.expect(200);
            granted += 5;
        }
        assert_eq!(shop.app.balance(loser).await.available, 0);
    }
    assert_eq!(shop.app.available(winner).await, granted);
    shop.app.reconciles().await;
}

/// A rule that head office changes counts for the very next grant, in every process.
#[actix_web::test]
async fn a_changed_rule_counts_for_the_next_grant() {
    let shop = Shop::open(1).await;
    let ends = async || {
        let lots = entity::points_lot::Entity::find().all(shop.app.app.db.read()).await.unwrap();
        lots.into_iter().filter_map(|lot| lot.expires_at).max()
    };
    shop.call("earn", "one", &wish("R-1", 0, 5)).await.expect(200);
    let before = ends().await;
    shop.app.put_rule(Ledger::Points, |rule| rule.months_valid = Some(36)).await;
    shop.call("earn", "two", &wish("R-2", 0, 5)).await.expect(200);
    assert!(ends().await > before);
}
