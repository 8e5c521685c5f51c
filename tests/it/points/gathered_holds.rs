//! Tills that hold points, use them and give them back at the same time share a transaction (PT-4, PT-5, promises A1,
//! A2, I1 to I4).

use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use huiyi::config::Gather;
use huiyi::kernel::ids::MemberId;
use huiyi::points::service as points;
use rand::RngExt;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, earn};

struct Shop {
    app: TestApp,
    key: String,
    members: Vec<MemberId>,
}

/// A call and how its answer is known afterwards.
type Asked<T> = (T, Answer);

impl Shop {
    /// Gathers a few at a time on every database; each member has 1,000 points.
    async fn open(members: usize) -> Self {
        let app = TestApp::start_with(|config| {
            config.database.gather = Gather::On;
            config.database.gather_most = 16;
        })
        .await;
        let key = app.partner("till", &["points:write"]).await;
        let mut known = Vec::new();
        for n in 0..members {
            let member = app.known(&format!("138{n:08}")).await;
            app.moved(member, &format!("opening-{n}"), earn(1_000)).await;
            known.push(member);
        }
        Self { app, key, members: known }
    }

    fn call<T>(
        &self,
        path: &str,
        key: &str,
        body: &Value,
        what: T,
    ) -> impl Future<Output = Asked<T>> + use<T> {
        let path = format!("/v1/open/points/{path}");
        let call = self.app.post(&path).bearer(&self.key).key(key).json(body).send();
        async move { (what, call.await) }
    }

    fn hold(&self, number: &str, who: usize, points: i64) -> Value {
        json!({"checkout_no": number, "member": {"member_id": self.members[who]}, "points": points})
    }

    fn moves(&self, number: &str, who: usize, points: i64) -> Value {
        json!({"receipt_no": number, "member": {"member_id": self.members[who]}, "points": points})
    }

    /// Holds of 10 points each, made at the same time; by their number `C-0`, `C-1`, and so on.
    async fn holds(&self, count: usize) -> Vec<String> {
        let calls = (0..count).map(|n| {
            let number = format!("C-{n}");
            self.call("holds", &number, &self.hold(&number, n % self.members.len(), 10), ())
        });
        let ids = join_all(calls).await.into_iter().map(|(_, answer)| {
            let held = answer.expect(200);
            assert_eq!(held["state"], "held");
            held["id"].as_str().unwrap().to_owned()
        });
        ids.collect()
    }

    async fn balances(&self, who: usize) -> (i64, i64) {
        let balance = self.app.balance(self.members[who]).await;
        (balance.available, balance.frozen)
    }
}

/// One bad wish spoils no other, and each gets what it would have got alone.
#[actix_web::test]
async fn each_checkout_of_a_crowd_gets_its_own_answer() {
    let shop = Shop::open(10).await;
    let calls = (0..80).map(|n| {
        let (who, number) = (n % 10, format!("C-{n}"));
        let mut body = shop.hold(&number, who, 40);
        match n / 10 {
            0 | 1 => {}
            2 => body["points"] = json!(2_000),
            3 => body["member"] = json!({"phone": "13900000000"}),
            4 => body["order"] = json!({"amount_fen": 50}),
            5 => body["store_code"] = json!("nowhere"),
            6 => return shop.call("spend", &number, &shop.moves(&number, who, 7), n),
            _ => return shop.call("earn", &number, &shop.moves(&number, who, 3), n),
        }
        shop.call("holds", &number, &body, n)
    });
    for (n, answer) in join_all(calls).await {
        match n / 10 {
            0 | 1 => {
                let held = answer.expect(200);
                let told = json!([held["state"], held["points"], held["checkout_no"]]);
                assert_eq!(told, json!(["held", 40, format!("C-{n}")]));
            }
            2 => answer.refused(409, "points_insufficient"),
            3 => answer.refused(404, "member_not_found"),
            4 => answer.refused(409, "points_over_limit"),
            5 => answer.refused(422, "invalid_fields"),
            6 => assert_eq!(answer.expect(200)["points"], 7),
            _ => assert_eq!(answer.expect(200)["points"], 3),
        }
    }
    for who in 0..10 {
        assert_eq!(shop.balances(who).await, (1_000 - 80 - 7 + 3, 80));
    }
    shop.app.reconciles().await;
}

/// I1, I2: twice the same key is one effect and one answer; another request with it is refused.
#[actix_web::test]
async fn a_checkout_that_is_sent_many_times_at_once_happens_once() {
    let shop = Shop::open(1).await;
    let once = |calls: Vec<Asked<()>>| {
        let answers: Vec<Answer> = calls.into_iter().map(|(_, answer)| answer).collect();
        let stored = |answer: &&Answer| !answer.header("idempotent-replayed").is_empty();
        assert_eq!(answers.iter().filter(stored).count(), answers.len() - 1);
        assert!(answers.iter().all(|one| one.status == 200 && one.text == answers[0].text));
        answers[0].body["id"].as_str().unwrap().to_owned()
    };
    let freeze = || shop.call("holds", "f", &shop.hold("C-1", 0, 600), ());
    let id = once(join_all((0..40).map(|_| freeze())).await);
    assert_eq!(shop.balances(0).await, (400, 600));
    let capture = || {
        let path = format!("holds/{id}:capture");
        shop.call(&path, "c", &json!({"points": 500}), ())
    };
    assert_eq!(once(join_all((0..40).map(|_| capture())).await), id);
    assert_eq!(shop.balances(0).await, (500, 0));
    let second = shop.call("holds", "f2", &shop.hold("C-2", 0, 100), ()).await.1.expect(200);
    let second = second["id"].as_str().unwrap();
    let path = format!("holds/{second}:release");
    let release = || shop.call(&path, "r", &json!({}), ());
    assert_eq!(once(join_all((0..40).map(|_| release())).await), second);
    assert_eq!(shop.balances(0).await, (500, 0));
    for (path, key, body) in [
        ("holds".to_owned(), "f", shop.hold("C-1", 0, 601)),
        (format!("holds/{id}:capture"), "c", json!({"points": 499})),
        (format!("holds/{id}:release"), "r", json!({})),
    ] {
        shop.call(&path, key, &body, ()).await.1.refused(422, "idempotency_key_reused");
    }
    shop.app.reconciles().await;
}

/// A hold that is used and given up by several tills at once: the first decides, the others are told.
#[actix_web::test]
async fn of_capture_and_release_of_one_hold_one_wins() {
    let shop = Shop::open(3).await;
    let holds = shop.holds(30).await;
    let calls = (0..holds.len() * 4).map(|n| {
        let (hold, end) = (n / 4, if n % 2 == 0 { "capture" } else { "release" });
        let path = format!("holds/{}:{end}", holds[hold]);
        shop.call(&path, &format!("k{n}"), &json!({}), (hold, end))
    });
    let mut calls: Vec<_> = calls.collect();
    // Side by side in one batch, in any order.
    for n in (1..calls.len()).rev() {
        calls.swap(n, rand::rng().random_range(0..=n));
    }
    let (mut used, mut winners) = (0, vec![None; holds.len()]);
    for ((hold, end), answer) in join_all(calls).await {
        if answer.status == 200 {
            let state = if end == "capture" { "captured" } else { "released" };
            assert_eq!(answer.body["state"], state);
            assert_eq!(*winners[hold].get_or_insert(end), end, "both won");
        } else {
            answer.refused(409, "points_hold_resolved");
        }
    }
    for winner in winners {
        used += i64::from(winner.expect("somebody won") == "capture");
    }
    let mut left = 0;
    for who in 0..3 {
        let (available, frozen) = shop.balances(who).await;
        assert_eq!(frozen, 0);
        left += available;
    }
    assert_eq!(left, 3_000 - 10 * used);
    shop.app.reconciles().await;
}

/// The half hour ends while tills use holds and give them up, and the job comes too.
#[actix_web::test]
async fn of_capture_release_and_lapse_of_one_hold_one_wins() {
    let shop = Shop::open(3).await;
    let holds = shop.holds(60).await;
    let calls: FuturesUnordered<_> = (0..holds.len() * 2)
        .map(|n| {
            let (hold, end) = (n / 2, if n % 2 == 0 { "capture" } else { "release" });
            let path = format!("holds/{}:{end}", holds[hold]);
            shop.call(&path, &format!("k{n}"), &json!({}), hold)
        })
        .collect();
    let half = async |mut calls: FuturesUnordered<_>| {
        let first = calls.next().await;
        shop.app.advance(TimeDelta::minutes(30));
        (first, calls)
    };
    let (first, rest) = half(calls).await;
    let lapse = async { while points::lapse_due(&shop.app.app, 7).await.unwrap() > 0 {} };
    let (rest, ()) = futures_util::join!(rest.collect::<Vec<_>>(), lapse);
    while points::lapse_due(&shop.app.app, 100).await.unwrap() > 0 {}
    let mut ends: Vec<Vec<String>> = vec![Vec::new(); holds.len()];
    for (hold, answer) in first.into_iter().chain(rest) {
        if answer.status == 200 {
            ends[hold].push(answer.body["state"].as_str().unwrap().to_owned());
            continue;
        }
        assert_eq!(answer.status, 409, "{answer:?}");
        let code = answer.body["code"].as_str().unwrap();
        assert!(["points_hold_resolved", "points_hold_lapsed"].contains(&code), "{code}");
    }
    let mut used = 0;
    for (hold, told) in holds.iter().zip(ends) {
        let path = format!("/v1/open/points/holds/{hold}");
        let row = shop.app.get(&path).bearer(&shop.key).send().await.expect(200);
        assert!(told.iter().all(|state| *state == row["state"]), "{told:?} {row}");
        assert_ne!(row["state"], "held");
        used += row["captured"].as_i64().unwrap();
    }
    let mut left = 0;
    for who in 0..3 {
        let (available, frozen) = shop.balances(who).await;
        assert_eq!(frozen, 0);
        left += available;
    }
    assert_eq!(left, 3_000 - used);
    shop.app.reconciles().await;
}

/// Two processes gather for themselves: still each hold is ended once.
#[actix_web::test]
async fn two_replicas_end_the_same_holds() {
    let shop = Shop::open(4).await;
    let holds = shop.holds(32).await;
    let (_other, url, server) = shop.app.replica().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let pairs = holds.iter().enumerate().map(|(n, hold)| {
        let path = format!("holds/{hold}:capture");
        let here = shop.call(&path, &format!("k{n}"), &json!({"points": 7}), ());
        let there = client.post(format!("{url}/v1/open/points/holds/{hold}:release"));
        let there = there.bearer_auth(&shop.key).header("idempotency-key", format!("k{n}"));
        let there = there.json(&json!({})).send();
        async move {
            let ((_, here), there) = futures_util::join!(here, there);
            (here.status, there.unwrap().status().as_u16())
        }
    });
    let mut used = 0;
    for statuses in join_all(pairs).await {
        assert!([(200, 409), (409, 200)].contains(&statuses), "{statuses:?}");
        used += if statuses.0 == 200 { 7 } else { 0 };
    }
    let mut left = 0;
    for who in 0..4 {
        left += shop.balances(who).await.0;
    }
    assert_eq!(left, 4_000 - used);
    shop.app.reconciles().await;
    server.stop(false).await;
}
