//! The main job, end to end over HTTP: from an order at a till to points on the shopper's phone
//! (OR-2, OR-3, ID-1, PT-2, PT-4, PT-5, PT-6, TR-2, BN-7, OPS-6).

use futures_util::future::join_all;
use huiyi::kernel::ids::StaffId;
use huiyi::points::service::reconcile;
use serde_json::{Value, json};

use crate::support::redis::Redis;
use crate::support::{TestApp, order};

const PHONE: &str = "13800138000";

/// A retailer with one store, one guide, a small catalogue and a till that may do all it needs.
struct Retailer {
    app: TestApp,
    key: String,
    guide: StaffId,
}

impl Retailer {
    async fn open(app: TestApp) -> Self {
        app.catalogue().await;
        let store = app.store("EAST", "SH01").await;
        let guide = app.guide("G001", store).await;
        let key = app.partner("till", &["orders:write", "points:write"]).await;
        Self { app, key, guide }
    }

    async fn sells(&self, number: &str, paid_fen: i64) -> Value {
        let mut order = order(number, PHONE, paid_fen, "2026-03-14T06:30:00Z");
        order["store_code"] = "SH01".into();
        order["guide_no"] = "G001".into();
        let answer = self.app.post("/v1/open/orders").bearer(&self.key).json(&order).send().await;
        answer.expect(200)
    }

    async fn points(&self, token: &str) -> Value {
        self.app.get("/v1/member/points").bearer(token).send().await.expect(200)
    }

    async fn redeems(&self, receipt: &str, points: i64) -> crate::support::Answer {
        let body = json!({"receipt_no": receipt, "member": {"phone": PHONE}, "points": points});
        self.app
            .post("/v1/open/points/spend")
            .bearer(&self.key)
            .key(receipt)
            .json(&body)
            .send()
            .await
    }

    async fn refunds(&self, number: &str, order: &str, amount_fen: i64) -> Value {
        let body = json!({
            "channel": "pos", "external_no": number, "order_external_no": order,
            "occurred_at": "2026-03-15T03:00:00Z", "amount_fen": amount_fen
        });
        self.app.post("/v1/open/refunds").bearer(&self.key).json(&body).send().await.expect(200)
    }
}

#[actix_web::test]
async fn from_an_order_at_the_till_to_points_on_her_phone() {
    let shop = Retailer::open(TestApp::start().await).await;
    let app = &shop.app;

    // She buys before anybody knows her: an unregistered member gets the points.
    let sold = shop.sells("A-1", 599_00).await;
    assert_eq!((&sold["result"], &sold["points"]), (&"created".into(), &599.into()), "{sold}");
    let again = shop.sells("A-1", 599_00).await;
    assert_eq!(again["result"], "unchanged", "{again}");

    // She opens the mini-program, a stranger still, then presses the phone button.
    let her = app.shopper("lina").await;
    assert_eq!(shop.points(&her.token).await["available"], 0);
    let bound = app.bind_phone("lina", &her.token, PHONE).send().await.expect(200);
    assert_eq!(bound["merged"], true, "{bound}");
    let points = shop.points(&her.token).await;
    assert_eq!((&points["pending"], &points["growth"]), (&599.into(), &599.into()), "{points}");
    let orders = app.get("/v1/member/orders").bearer(&her.token).send().await.expect(200);
    assert_eq!(orders["items"].as_array().map(Vec::len), Some(1), "{orders}");

    // The next purchase makes her gold, at once.
    let sold = shop.sells("A-2", 4_500_00).await;
    assert_eq!(sold["points"], 4_500, "{sold}");
    let me = app.get("/v1/member/me").bearer(&her.token).send().await.expect(200);
    assert_eq!(me["tier"]["code"], "gold", "{me}");
    // And gold earns 1.2 points a yuan from then on.
    let mut later = order("A-3", PHONE, 100_00, "2026-03-15T04:00:00Z");
    later["store_code"] = "SH01".into();
    let sold = app.post("/v1/open/orders").bearer(&shop.key).json(&later).send().await.expect(200);
    assert_eq!(sold["points"], 120, "{sold}");

    // Until the return window has passed she sees her points, but cannot use them (PT-2b).
    let points = shop.points(&her.token).await;
    let pending = 599 + 4_500 + 120;
    assert_eq!((&points["pending"], &points["available"]), (&pending.into(), &0.into()));
    shop.redeems("T-0", 100).await.refused(409, "points_insufficient");
    app.settle_all().await;
    let her = app.shopper("lina").await;

    // She pays with points at the till; the till's time-out and second try change nothing.
    let first = shop.redeems("T-1", 1_000).await;
    let second = shop.redeems("T-1", 1_000).await;
    assert_eq!((first.status, second.status), (200, 200), "{} {}", first.text, second.text);
    assert_eq!(first.text, second.text);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(shop.points(&her.token).await["available"], 599 + 4_500 + 120 - 1_000);
    shop.redeems("T-2", 1_000_000).await.refused(409, "points_insufficient");

    // She brings half of the large order back, then the rest.
    shop.refunds("R-1", "A-2", 2_250_00).await;
    assert_eq!(shop.points(&her.token).await["available"], 599 + 2_250 + 120 - 1_000);
    shop.refunds("R-2", "A-2", 2_250_00).await;
    assert_eq!(shop.points(&her.token).await["available"], 599 + 120 - 1_000);

    // Every movement is in her history, and the boards know her and her guide.
    let history = app.get("/v1/member/points/history").bearer(&her.token).send().await.expect(200);
    assert!(history["items"].as_array().unwrap().len() >= 5, "{history}");
    app.relay().await;
    let board = app
        .get("/v1/member/leaderboards/member_points?period=month")
        .bearer(&her.token)
        .send()
        .await
        .expect(200);
    assert_eq!(board["me"]["rank"], 1, "{board}");
    let board = app
        .get("/v1/guide/leaderboards/guide_sales?period=month")
        .bearer(&app.staff_token(shop.guide, "G001", "guide").await)
        .send()
        .await
        .expect(200);
    assert_eq!(board["items"][0]["score"], 599_00, "{board}");
    assert_eq!(reconcile(&app.app).await.unwrap().len(), 0);
}

#[actix_web::test]
async fn binding_on_ten_connections_while_the_till_sells_merges_once_and_loses_nothing() {
    let shop = Retailer::open(TestApp::start().await).await;
    shop.app.settles_at_once().await;
    shop.sells("B-0", 100_00).await;
    let her = shop.app.shopper("mei").await;
    let binds = (0..10).map(|_| shop.app.bind_phone("mei", &her.token, PHONE).send());
    let numbers: Vec<String> = (1..=10).map(|n| format!("B-{n}")).collect();
    let sales = numbers.iter().map(|number| shop.sells(number, 100_00));
    let (binds, sales) = futures_util::join!(join_all(binds), join_all(sales));
    assert!(binds.iter().all(|answer| answer.status == 200), "{binds:?}");
    assert_eq!(binds.iter().filter(|answer| answer.body["merged"] == true).count(), 1, "{binds:?}");
    assert!(sales.iter().all(|sold| sold["result"] == "created"), "{sales:?}");
    assert_eq!(shop.points(&her.token).await["available"], 1_100);
    let orders =
        shop.app.get("/v1/member/orders?limit=50").bearer(&her.token).send().await.expect(200);
    assert_eq!(orders["items"].as_array().map(Vec::len), Some(11));
    assert_eq!(reconcile(&shop.app.app).await.unwrap().len(), 0);
}

#[actix_web::test]
async fn redis_dies_in_the_middle_and_nothing_is_lost() {
    let Some(mut redis) = Redis::start() else { return };
    let url = redis.url();
    let app = TestApp::start_with(move |config| config.redis.url = url.into()).await;
    let shop = Retailer::open(app).await;
    shop.app.settles_at_once().await;
    shop.sells("C-1", 599_00).await;
    let her = shop.app.shopper("yan").await;

    redis.kill();
    let bound = shop.app.bind_phone("yan", &her.token, PHONE).send().await.expect(200);
    assert_eq!(bound["merged"], true);
    assert_eq!(shop.redeems("T-9", 99).await.status, 200);
    assert_eq!(shop.points(&her.token).await["available"], 500);
    let newcomer = shop.app.shopper("newcomer").await;
    assert_eq!(shop.points(&newcomer.token).await["available"], 0);
    shop.app.relay().await;
    let path = "/v1/member/leaderboards/member_points?period=month";
    let board = shop.app.get(path).bearer(&her.token).send().await.expect(200);
    assert_eq!(board["stale"], true, "{board}");

    redis.restart();
    redis.heal(&shop.app.app.kv).await;
    shop.app.relay().await;
    let board = shop.app.get(path).bearer(&her.token).send().await.expect(200);
    assert_eq!((&board["stale"], &board["me"]["score"]), (&false.into(), &599.into()), "{board}");
    assert_eq!(shop.points(&her.token).await["available"], 500);
}
