//! Each kind of movement in plain Chinese for the shopper, and whole for support (PT-2, PT-2b, PT-3, PT-4, PT-8).

use chrono::TimeDelta;
use entity::points_transfer as transfer;
use huiyi::kernel::codes::TransferKind;
use huiyi::kernel::ids::{MemberId, TransferId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::{PHONE, Retailer};
use crate::support::SignedIn;

/// Two days ago.
const BOUGHT: &str = "2026-03-13T06:30:00Z";

struct Story {
    shop: Retailer,
    her: SignedIn,
}

impl Story {
    /// A shopper who bought for 200 yuan.
    async fn begins() -> Self {
        let shop = Retailer::open().await;
        Self::of(shop).await
    }

    async fn of(shop: Retailer) -> Self {
        shop.sells("SH01-1", PHONE, 0, 20_000, BOUGHT).await;
        let her = shop.shopper("lina", PHONE).await;
        Self { shop, her }
    }

    /// The newest movement of points of this kind, wherever her accounts are.
    async fn newest(&self, kind: TransferKind) -> TransferId {
        let rows = transfer::Entity::find()
            .filter(transfer::Column::Kind.eq(kind))
            .filter(transfer::Column::Ledger.eq(huiyi::kernel::codes::Ledger::Points))
            .order_by_desc(transfer::Column::Id)
            .all(self.shop.app.app.db.read());
        rows.await.unwrap()[0].id
    }

    /// What she reads.
    async fn told(&self, id: TransferId) -> Value {
        let token = self.shop.app.shopper("lina").await.token;
        self.shop.read(&token, &format!("/v1/member/points/history/{id}")).await
    }

    /// What support reads: the same words, and everything else.
    async fn traced(&self, id: TransferId) -> Value {
        let token = self.shop.app.office().await;
        self.shop.read(&token, &format!("/v1/admin/points/transfers/{id}")).await
    }

    async fn keyed(&self, path: &str, body: Value) -> Value {
        let call = self.shop.app.post(&format!("/v1/open/points/{path}")).bearer(&self.shop.key);
        call.key(path).json(&body).send().await.expect(200)
    }
}

#[actix_web::test]
async fn an_earning_that_a_campaign_multiplied() {
    let shop = Retailer::open().await;
    shop.app.put_campaign(|campaign| campaign.multiplier_bps = 25_000).await;
    let story = Story::of(shop).await;
    story.shop.settled().await;
    let id = story.newest(TransferKind::Earn).await;
    let told = story.told(id).await;
    assert_eq!(
        told["text"],
        "2026-03-13 在SH01 店的消费 SH01-1 获得 500 积分。按规则 purchase_points 第 1 版、会员等级 1 倍、\
         活动“双倍积分”多送 300 分计算。有效期至 2027-03-31，还剩 500。"
    );
    let grant = &told["grant"];
    assert_eq!((&grant["campaign"], &grant["campaign_points"]), (&json!("双倍积分"), &json!(300)));
    let trace = story.traced(id).await;
    assert_eq!((&trace["text"], &trace["grant"]["campaign_points"]), (&told["text"], &json!(300)));
    assert_eq!(
        (&trace["made"]["amount"], &trace["made"]["settled"]),
        (&json!(500), &json!(true)),
        "{trace}"
    );
    assert_eq!((&trace["source"], &trace["rule_id"].is_string()), (&json!("order"), &true));
}

/// PT-2b: what is pending says so, until when, and that settling is to come.
#[actix_web::test]
async fn an_earning_that_is_pending_and_its_settling() {
    let story = Story::begins().await;
    let id = story.newest(TransferKind::Earn).await;
    let told = story.told(id).await;
    assert_eq!(
        told["text"],
        "2026-03-13 在SH01 店的消费 SH01-1 获得 200 积分。按规则 purchase_points 第 1 版、会员等级 1 倍计算。\
         退货期内待入账，2026-03-20 到账。有效期至 2027-03-31，还剩 200。"
    );
    assert_eq!(told["grant"]["pending_until"], "2026-03-20");
    let trace = story.traced(id).await;
    assert_eq!((&trace["text"], &trace["to"]), (&told["text"], &json!("pending")));
    assert_eq!(
        (&trace["pending_after"], &trace["made"]["settled"]),
        (&json!(200), &json!(false)),
        "{trace}"
    );

    story.shop.settled().await;
    let settling = story.newest(TransferKind::Settle).await;
    let told = story.told(settling).await;
    assert_eq!(
        told["text"],
        "2026-03-13 在SH01 店的消费 SH01-1 的积分过了退货期，200 积分于 2026-03-20 到账。"
    );
    assert_eq!(told["original"]["id"], json!(id));
    let earned = story.told(id).await;
    assert!(earned["grant"].get("pending_until").is_none(), "{earned}");
    assert!(!earned["text"].as_str().unwrap().contains("待入账"), "{earned}");
}

/// PT-4: what a checkout used names the purchases that paid for it, not what was held beyond.
#[actix_web::test]
async fn a_capture() {
    let story = Story::begins().await;
    story.shop.settled().await;
    let hold = json!({"checkout_no": "C-1", "member": {"phone": PHONE}, "points": 150});
    let hold = story.keyed("holds", hold).await["id"].as_str().unwrap().to_owned();
    story.keyed(&format!("holds/{hold}:capture"), json!({"points": 120})).await;
    let id = story.newest(TransferKind::Capture).await;
    let told = story.told(id).await;
    assert_eq!(
        told["text"],
        "2026-03-22 结算使用积分 120，原为2026-03-22 结算中冻结积分 150。这 120 积分来自 \
         2026-03-13 在SH01 店的消费 SH01-1（用了 120，有效期至 2027-03-31）。"
    );
    assert_eq!(
        (&told["lots"][0]["points"], &told["points"]),
        (&json!(-120), &json!(-120)),
        "{told}"
    );
    let trace = story.traced(id).await;
    assert_eq!((&trace["text"], &trace["source_id"]), (&told["text"], &trace["source_id"]));
    assert!(trace["source_id"].as_str().unwrap().ends_with(":C-1"), "{trace}");
    assert_eq!((&trace["from"], &trace["to"]), (&json!("frozen"), &json!("redeemed")));
    let released = story.told(story.newest(TransferKind::Release).await).await;
    assert!(
        released["text"]
            .as_str()
            .unwrap()
            .starts_with("2026-03-22 积分解冻 30，原为2026-03-22 结算中冻结积分 150。"),
        "{released}"
    );
}

/// PT-3: what ran out names the purchase it was of.
#[actix_web::test]
async fn an_expiry() {
    let story = Story::begins().await;
    story.shop.settled().await;
    story.shop.app.advance(TimeDelta::days(400));
    story.shop.app.work().await;
    let id = story.newest(TransferKind::Expire).await;
    let told = story.told(id).await;
    assert_eq!(
        told["text"],
        "2027-04-01 积分过期 200。这 200 积分来自 2026-03-13 在SH01 店的消费 SH01-1（过期 200，有效期至 2027-03-31）。"
    );
    let trace = story.traced(id).await;
    assert_eq!((&trace["text"], &trace["to"]), (&told["text"], &json!("expired")));
    assert_eq!(trace["available_after"], 0);
    let member: MemberId = story.her.id.parse().unwrap();
    assert_eq!(story.shop.app.available(member).await, 0);
    let earned = story.told(story.newest(TransferKind::Earn).await).await;
    assert_eq!(
        (&earned["grant"]["left"], &earned["grant"]["went"][0]["kind"]),
        (&json!(0), &json!("expire"))
    );
}

/// PT-6: points that paid for an order and came back with a return say which use they are of.
#[actix_web::test]
async fn points_that_came_back_with_a_return() {
    let story = Story::begins().await;
    story.shop.settled().await;
    let hold = json!({"checkout_no": "C-1", "member": {"phone": PHONE}, "points": 100});
    let hold = story.keyed("holds", hold).await["id"].as_str().unwrap().to_owned();
    story.keyed(&format!("holds/{hold}:capture"), json!({})).await;
    let mut order = crate::support::order("SH01-2", PHONE, 9_900, "2026-03-22T03:00:00Z");
    order["points_receipt_no"] = "C-1".into();
    story.shop.sends("/v1/open/orders", &order).await;
    story.shop.refunds("R-1", "SH01-2", 4_950, "2026-03-22T04:00:00Z").await;
    let back = transfer::Entity::find()
        .filter(transfer::Column::Kind.eq(TransferKind::Reverse))
        .filter(transfer::Column::ToBucket.eq(huiyi::kernel::codes::Bucket::Available))
        .one(story.shop.app.app.db.read());
    let told = story.told(back.await.unwrap().unwrap().id).await;
    assert_eq!(
        told["text"],
        "2026-03-22 退还 50 积分，原为2026-03-22 结算使用积分 100。积分回到原来的批次：\
         2026-03-13 在SH01 店的消费 SH01-1（退回 50，有效期至 2027-03-31）。"
    );
    assert_eq!(told["title"], "退还已用积分");
    assert_eq!(told["purchase"]["external_no"], "SH01-2", "{told}");
}
