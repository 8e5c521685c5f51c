//! A customer seen whole: by herself and by her guide (ID-5, ID-6, PT-8, GD-1, S1).

mod explain;
mod explain_kinds;
mod guide;
mod shopper;
mod statement;

use huiyi::config::Config;
use huiyi::kernel::codes::StaffRole;
use huiyi::kernel::ids::{StaffId, StoreId};
use serde_json::{Value, json};

use crate::support::{SignedIn, TestApp, order};

pub const PHONE: &str = "13800138000";
pub const STRANGER: &str = "13900139000";

/// Two stores of one region, a guide each, a till that sends orders.
pub struct Retailer {
    pub app: TestApp,
    pub key: String,
    pub stores: Vec<StoreId>,
    pub guides: Vec<StaffId>,
}

impl Retailer {
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same, by another configuration.
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let app = TestApp::start_with(change).await;
        app.catalogue().await;
        let mut retailer = Self {
            key: app.partner("till", &["orders:write", "points:write"]).await,
            app,
            stores: vec![],
            guides: vec![],
        };
        for code in ["SH01", "SH02"] {
            let store = retailer.app.store("EAST", code).await;
            retailer.guides.push(retailer.app.guide(&format!("G-{code}"), store).await);
            retailer.stores.push(store);
        }
        retailer
    }

    pub async fn guide_token(&self, n: usize) -> String {
        let number = ["G-SH01", "G-SH02"][n];
        self.app.staff_token(self.guides[n], number, "guide").await
    }

    pub async fn manager_token(&self, store: usize) -> String {
        let number = format!("M-{store}");
        let manager =
            self.app.hire(&number, StaffRole::StoreManager, Some(self.stores[store])).await;
        self.app.staff_token(manager, &number, "guide").await
    }

    /// A dress sold in a store by its guide.
    pub async fn sells(&self, number: &str, phone: &str, store: usize, fen: i64, at: &str) {
        let mut order = order(number, phone, fen, at);
        order["store_code"] = ["SH01", "SH02"][store].into();
        order["guide_no"] = ["G-SH01", "G-SH02"][store].into();
        self.sends("/v1/open/orders", &order).await;
    }

    /// The return window of everything sold so far is over: its points can be spent.
    pub async fn settled(&self) {
        self.app.settle_all().await;
    }

    pub async fn refunds(&self, number: &str, order: &str, fen: i64, at: &str) {
        let refund = json!({
            "channel": "pos", "external_no": number, "order_external_no": order,
            "occurred_at": at, "amount_fen": fen
        });
        self.sends("/v1/open/refunds", &refund).await;
    }

    async fn sends(&self, path: &str, body: &Value) {
        self.app.post(path).bearer(&self.key).json(body).send().await.expect(200);
    }

    /// A shopper with a proved phone.
    pub async fn shopper(&self, nickname: &str, phone: &str) -> SignedIn {
        // She opens the mini-program after her first purchase: the older of both members stays.
        self.app.advance(chrono::TimeDelta::milliseconds(1));
        let her = self.app.shopper(nickname).await;
        let bound = self.app.bind_phone(nickname, &her.token, phone).send().await.expect(200);
        let id = bound["member"]["id"].as_str().unwrap().to_owned();
        SignedIn { id, ..her }
    }

    pub async fn read(&self, token: &str, path: &str) -> Value {
        self.app.get(path).bearer(token).send().await.expect(200)
    }
}
