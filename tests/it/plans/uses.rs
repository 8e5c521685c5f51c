//! The use cases that run all day.

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use huiyi::jobs::Worker;
use huiyi::kernel::ids::HoldId;
use huiyi::points::service::{self as points, Act};
use huiyi::wiring::jobs;
use serde_json::{Value, json};

use super::filled::{PHONE, Shop};
use crate::support::{Answer, order};

/// One use case.
pub type Case = for<'a> fn(&'a Shop) -> LocalBoxFuture<'a, ()>;

/// Every one.
pub const ALL: &[(&str, Case)] = &[
    ("earn at a till", |shop| earn(shop).boxed_local()),
    ("spend at a till", |shop| spend(shop).boxed_local()),
    ("give back at a till", |shop| give_back(shop).boxed_local()),
    ("a spending repeated", |shop| repeat(shop).boxed_local()),
    ("points", |shop| balance(shop).boxed_local()),
    ("points history, first page", |shop| history(shop).boxed_local()),
    ("points history, deep page", |shop| deep_history(shop).boxed_local()),
    ("tiers", |shop| tiers(shop).boxed_local()),
    ("herself", |shop| herself(shop).boxed_local()),
    ("her orders", |shop| own_orders(shop).boxed_local()),
    ("a batch of orders", |shop| orders(shop).boxed_local()),
    ("a refund", |shop| refund(shop).boxed_local()),
    ("products", |shop| products(shop).boxed_local()),
    ("stock", |shop| stock(shop).boxed_local()),
    ("a guide's list", |shop| customers(shop).boxed_local()),
    ("a guide's customer", |shop| customer(shop).boxed_local()),
    ("refresh of a session", |shop| refresh(shop).boxed_local()),
    ("event relay", |shop| shop.app.relay().boxed_local()),
    ("jobs, with the reconciliation", |shop| work(shop).boxed_local()),
    ("chores", |shop| chores(shop).boxed_local()),
    ("freeze, capture, release", |shop| checkout(shop).boxed_local()),
    ("stock that is held", |shop| stock_hold(shop).boxed_local()),
    ("adjust", |shop| adjust(shop).boxed_local()),
    ("lapse of checkouts", |shop| lapse(shop).boxed_local()),
    ("settling", |shop| settle(shop).boxed_local()),
    ("notices of expiry", |shop| announce(shop).boxed_local()),
    ("expiry", |shop| expire(shop).boxed_local()),
];

async fn till(shop: &Shop, path: &str, key: &str, body: &Value) -> Answer {
    shop.app.post(path).bearer(&shop.till).key(key).json(body).send().await
}

fn receipt(number: &str, points: i64) -> Value {
    json!({"receipt_no": number, "member": {"phone": PHONE}, "points": points})
}

async fn earn(shop: &Shop) {
    till(shop, "/v1/open/points/earn", "E-1", &receipt("E-1", 50)).await.expect(200);
}

async fn spend(shop: &Shop) {
    till(shop, "/v1/open/points/spend", "S-1", &receipt("S-1", 30)).await.expect(200);
}

async fn give_back(shop: &Shop) {
    let body = json!({"receipt_no": "S-1", "reversal_no": "R-1", "points": 10});
    till(shop, "/v1/open/points/reversals", "R-1", &body).await.expect(200);
}

async fn repeat(shop: &Shop) {
    let again = till(shop, "/v1/open/points/spend", "S-1", &receipt("S-1", 30)).await;
    assert_eq!(again.status, 200, "{}", again.text);
}

async fn read(shop: &Shop, token: &str, path: &str) -> Value {
    let answer = shop.app.get(path).bearer(token).send().await;
    assert_eq!(answer.status, 200, "{path}: {}", crate::support::logs::text());
    answer.body
}

async fn balance(shop: &Shop) {
    read(shop, &shop.shopper, "/v1/member/points").await;
}

async fn history(shop: &Shop) {
    let page = read(shop, &shop.shopper, "/v1/member/points/history?limit=100").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 100);
}

/// Pages of the deep history that are read.
pub const DEEP_PAGES: u8 = 20;

/// Further and further down: the cursor of each page is where the next begins.
pub async fn deep_history(shop: &Shop) {
    let mut path = "/v1/member/points/history?limit=100".to_owned();
    for _ in 0..DEEP_PAGES {
        let page = read(shop, &shop.shopper, &path).await;
        let cursor = page["next_cursor"].as_str().unwrap();
        path = format!("/v1/member/points/history?limit=100&cursor={cursor}");
    }
}

async fn tiers(shop: &Shop) {
    read(shop, &shop.shopper, "/v1/member/tiers").await;
}

async fn herself(shop: &Shop) {
    read(shop, &shop.shopper, "/v1/member/me").await;
}

async fn own_orders(shop: &Shop) {
    let page = read(shop, &shop.shopper, "/v1/member/orders").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}

/// New members and known ones, with and without a guide, one sent twice.
async fn orders(shop: &Shop) {
    let phone =
        |n: usize| if n.is_multiple_of(2) { PHONE.to_owned() } else { format!("139{n:08}") };
    let orders: Vec<Value> = (0..50)
        .map(|n| {
            let mut order = order(&format!("N-{n}"), &phone(n), 10_000, "2026-03-14T04:00:00Z");
            order["lines"][0]["sku_code"] = format!("S{}", n + 1).into();
            if n % 3 == 0 {
                order["guide_no"] = "G-1".into();
            }
            order
        })
        .collect();
    let batch = json!({"orders": orders});
    for _ in 0..2 {
        let path = "/v1/open/orders:batch";
        let answer = shop.app.post(path).bearer(&shop.till).json(&batch).send().await.expect(200);
        assert_eq!(answer["results"].as_array().unwrap().len(), 50);
    }
}

async fn refund(shop: &Shop) {
    let body = json!({
        "channel": "pos", "external_no": "B-N-1", "order_external_no": "N-0",
        "occurred_at": "2026-03-15T03:00:00Z", "amount_fen": 4_000
    });
    shop.app.post("/v1/open/refunds").bearer(&shop.till).json(&body).send().await.expect(200);
}

async fn products(shop: &Shop) {
    let product = |n: u32| {
        json!({
            "style_code": format!("T{n}"), "name": "dress", "category": "dress", "list_fen": 1,
            "skus": [{"sku_code": format!("S{}", 3 * n)}, {"sku_code": format!("new {n}")}]
        })
    };
    let body = json!({"products": [product(7), product(8), product(30_000_000)]});
    post(shop, "/v1/open/products:batch", &body).await;
    read(shop, &shop.till, "/v1/open/products/T9").await;
    for query in ["", "?category=dress&limit=100", "?season=autumn", "?state=discontinued"] {
        read(shop, &shop.guide, &format!("/v1/guide/products{query}")).await;
    }
}

async fn stock(shop: &Shop) {
    let line = |n: u32, kind: &str| {
        json!({
            "document_no": "P-1", "line_no": n, "kind": kind, "sku_code": format!("S{n}"), "store_code": "SH01",
            "quantity": 1, "occurred_at": "2026-03-15T03:00:00Z"
        })
    };
    let moves: Vec<Value> = (3..53).map(|n| line(n, "sell")).collect();
    let sent = post(shop, "/v1/open/stock/moves:batch", &json!({ "moves": moves })).await;
    assert_eq!(sent["counts"]["moved"], 50);
    let count = json!({
        "count_no": "P-2", "sku_code": "S3", "store_code": "SH01", "on_hand": 0, "counted_at": "2026-03-15T02:00:00Z"
    });
    post(shop, "/v1/open/stock/counts:batch", &json!({"counts": [count]})).await;
    let asked = json!({"sku_codes": ["S3", "S4", "S5"], "store_codes": ["SH01"]});
    post(shop, "/v1/open/stock:query", &asked).await;
    for query in ["?sku_code=S9", "?store_code=SH01&limit=100", "?only=short"] {
        read(shop, &shop.till, &format!("/v1/open/stock{query}")).await;
    }
}

async fn stock_hold(shop: &Shop) {
    for (number, end) in [("P-1", Some("capture")), ("P-2", Some("release")), ("P-3", None)] {
        let body =
            json!({"hold_no": number, "sku_code": "S99", "store_code": "SH01", "quantity": 1});
        let key = format!("hold {number}");
        let held = till(shop, "/v1/open/stock/holds", &key, &body).await.expect(200);
        let id = held["id"].as_str().unwrap();
        if let Some(end) = end {
            let path = format!("/v1/open/stock/holds/{id}:{end}");
            till(shop, &path, &format!("{end} {number}"), &json!({})).await.expect(200);
        }
    }
    shop.app.advance(TimeDelta::minutes(31));
    let lapsed = huiyi::catalog::service::lapse_stock_holds(&shop.app.app, 100).await.unwrap();
    assert_eq!(lapsed, 1);
}

async fn post(shop: &Shop, path: &str, body: &Value) -> Value {
    shop.app.post(path).bearer(&shop.till).json(body).send().await.expect(200)
}

async fn customers(shop: &Shop) {
    let page = read(shop, &shop.guide, "/v1/guide/customers?limit=100").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 100);
    read(shop, &shop.guide, "/v1/guide/customers?phone_last4=0007").await;
    read(shop, &shop.guide, "/v1/guide/customers?name=M5").await;
    read(shop, &shop.guide, "/v1/guide/customers?sleeping_days=60").await;
}

async fn customer(shop: &Shop) {
    let path = format!("/v1/guide/customers/{}", shop.member);
    for path in [
        path.clone(),
        format!("{path}/points"),
        format!("{path}/points/history"),
        format!("{path}/orders"),
        format!("{path}/timeline"),
        format!("{path}/timeline?kind=points&until=2026-03-01T00:00:00Z"),
    ] {
        read(shop, &shop.guide, &path).await;
    }
}

async fn refresh(shop: &Shop) {
    let her = shop.app.shopper("mia").await;
    read(shop, &her.token, "/v1/member/sessions").await;
}

/// The slot of the night, and whatever else is due. Closing a day reads what that day booked, which here is a tenth of
/// everything: reading all of it is the right plan then.
async fn work(shop: &Shop) {
    shop.app.advance(TimeDelta::days(1));
    let kept = |kind: &str| kind != "close_points_days";
    let handlers: Vec<_> = jobs::HANDLERS.iter().filter(|(kind, _)| kept(kind)).copied().collect();
    let schedules: Vec<_> = jobs::SCHEDULES.iter().filter(|one| kept(one.name)).copied().collect();
    let worker = Worker::new(shop.app.app.clone(), handlers.leak(), schedules.leak());
    shop.app.work_with(&worker).await;
    let found = points::reconcile(&shop.app.app).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
}

async fn chores(shop: &Shop) {
    for chore in jobs::CHORES {
        (chore.work)(&shop.app.app).await.unwrap();
    }
}

async fn freeze(shop: &Shop, number: &str) -> HoldId {
    let hold = HoldId::new(shop.app.now());
    let lapses_at = shop.app.now() + TimeDelta::minutes(30);
    let act = Act::Freeze { amount: 20, hold, lapses_at, order_ref: None };
    shop.app.moved(shop.member, number, act).await;
    hold
}

async fn checkout(shop: &Shop) {
    let hold = freeze(shop, "c1").await;
    shop.app.moved(shop.member, "c1", Act::Capture { hold, amount: 15 }).await;
    let hold = freeze(shop, "c2").await;
    shop.app.moved(shop.member, "c2", Act::Release { hold }).await;
}

async fn adjust(shop: &Shop) {
    for (number, amount) in [("a1", 5), ("a2", -5)] {
        let act = Act::Adjust { points: amount, expires_at: None };
        shop.app.moved(shop.member, number, act).await;
    }
}

async fn lapse(shop: &Shop) {
    freeze(shop, "c3").await;
    shop.app.advance(TimeDelta::hours(1));
    assert_eq!(points::lapse_due(&shop.app.app, 100).await.unwrap(), 1);
}

/// By now what everybody earned last is due.
async fn settle(shop: &Shop) {
    shop.app.advance(TimeDelta::days(6));
    assert!(points::settle_due(&shop.app.app, 100).await.unwrap() >= 100);
}

async fn announce(shop: &Shop) {
    shop.app.advance(TimeDelta::days(30));
    let (app, now) = (&shop.app.app, shop.app.now());
    assert!(points::announce_expiring(app, now, 30, 100).await.unwrap() >= 100);
}

async fn expire(shop: &Shop) {
    shop.app.advance(TimeDelta::days(30));
    assert!(points::expire_due(&shop.app.app, 100).await.unwrap() >= 100);
}
