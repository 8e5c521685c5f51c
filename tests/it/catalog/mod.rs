//! The catalogue and its stock (OR-5).

mod holds;
mod model;
mod moves;
mod products;
mod proof;
mod races;
mod staff;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// A retailer with a catalogue and two stores, and the ERP that keeps both.
pub struct Shop {
    pub app: TestApp,
    /// May do everything with products and stock.
    pub erp: String,
}

/// The dress in red M of [`TestApp::catalogue`].
pub const DRESS: &str = "D100-RED-M";
/// The trousers.
pub const TROUSERS: &str = "T200-BLK-L";

impl Shop {
    pub async fn open() -> Self {
        let app = TestApp::start().await;
        app.catalogue().await;
        app.store("EAST", "SH01").await;
        app.store("EAST", "SH02").await;
        let erp = app.partner("erp", &["catalog:read", "catalog:write", "stock:write"]).await;
        Self { app, erp }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.app.post(path).bearer(&self.erp).json(body).send().await
    }

    pub async fn read(&self, path: &str) -> Value {
        self.app.get(path).bearer(&self.erp).send().await.expect(200)
    }

    /// Sends products.
    pub async fn products(&self, products: &[Value]) -> Value {
        self.post("/v1/open/products:batch", &json!({ "products": products })).await.expect(200)
    }

    /// Sends lines of documents.
    pub async fn moves(&self, moves: &[Value]) -> Value {
        self.post("/v1/open/stock/moves:batch", &json!({ "moves": moves })).await.expect(200)
    }

    /// Sends counts.
    pub async fn counts(&self, counts: &[Value]) -> Value {
        self.post("/v1/open/stock/counts:batch", &json!({ "counts": counts })).await.expect(200)
    }

    /// Holds pieces of the dress in SH01.
    pub async fn hold(&self, number: &str, quantity: i64) -> Answer {
        let body = json!({
            "hold_no": number, "sku_code": DRESS, "store_code": "SH01", "quantity": quantity
        });
        let call = self.app.post("/v1/open/stock/holds").bearer(&self.erp).key(number);
        call.json(&body).send().await
    }

    /// Ends a hold: `capture` or `release`.
    pub async fn end(&self, id: &Value, how: &str, body: &Value) -> Answer {
        let id = id.as_str().expect("an id");
        let path = format!("/v1/open/stock/holds/{id}:{how}");
        let key = format!("{how} {id} {body}");
        self.app.post(&path).bearer(&self.erp).key(&key).json(body).send().await
    }

    /// On hand, held, short.
    pub async fn stock(&self, sku: &str, store: &str) -> (i64, i64, i64) {
        let body = json!({"sku_codes": [sku], "store_codes": [store]});
        let answer = self.post("/v1/open/stock:query", &body).await.expect(200);
        pieces(&answer["items"][0]["stock"])
    }
}

/// On hand, held, short.
pub fn pieces(stock: &Value) -> (i64, i64, i64) {
    let number = |name: &str| stock[name].as_i64().unwrap_or_else(|| panic!("{stock}"));
    assert_eq!(number("available"), number("on_hand") - number("held"));
    (number("on_hand"), number("held"), number("short"))
}

/// A line of a document about the dress in SH01, at `minute` past eleven in Shanghai.
pub fn line(document: &str, kind: &str, quantity: i64, minute: u32) -> Value {
    json!({
        "document_no": document, "line_no": 1, "kind": kind, "sku_code": DRESS, "store_code": "SH01",
        "quantity": quantity, "occurred_at": at(minute)
    })
}

/// A count of the dress in SH01.
pub fn count(number: &str, on_hand: i64, minute: u32) -> Value {
    json!({
        "count_no": number, "sku_code": DRESS, "store_code": "SH01", "on_hand": on_hand, "counted_at": at(minute)
    })
}

pub fn at(minute: u32) -> String {
    format!("2026-03-15T03:{minute:02}:00Z")
}

/// The values of one field of every item of a batch.
pub fn words(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().expect("results");
    results.iter().map(|item| item["result"].as_str().expect("a word")).collect()
}
