//! Orders and refunds over HTTP (OR-1 to OR-5, PT-2, PT-6, L8).

mod batches;
mod budget_proof;
mod budgets;
mod campaigns;
mod catalogue;
mod dry_run;
mod dry_run_speed;
mod earning;
mod odd;
mod permutations;
mod permutations_jobs;
mod previews;
mod races;
mod refunds;
mod versions;

use huiyi::config::Config;
use huiyi::kernel::codes::Ledger;
use huiyi::kernel::ids::{MemberId, StaffId};
use huiyi::members::service as members;
use huiyi::points::service as points;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, order};

/// A day before the clock of the tests.
const AT: &str = "2026-03-14T06:30:00Z";

/// A retailer with a store, a guide, a small catalogue and a till.
struct Till {
    app: TestApp,
    key: String,
    guide: StaffId,
}

impl Till {
    async fn open() -> Self {
        Self::over(TestApp::start().await).await
    }

    async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::over(TestApp::start_with(change).await).await
    }

    async fn over(app: TestApp) -> Self {
        app.catalogue().await;
        let store = app.store("EAST", "SH01").await;
        let guide = app.guide("G001", store).await;
        let key = app.partner("till", &["orders:write", "points:write"]).await;
        Self { app, key, guide }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.app.post(path).bearer(&self.key).json(body).send().await
    }

    async fn send(&self, order: &Value) -> Answer {
        self.post("/v1/open/orders", order).await
    }

    async fn sells(&self, order: &Value) -> Value {
        self.send(order).await.expect(200)
    }

    async fn batch(&self, orders: &[Value]) -> Value {
        self.post("/v1/open/orders:batch", &json!({ "orders": orders })).await.expect(200)
    }

    async fn refund(&self, refund: &Value) -> Answer {
        self.post("/v1/open/refunds", refund).await
    }

    async fn read(&self, number: &str) -> Value {
        let path = format!("/v1/open/orders/pos/{number}");
        self.app.get(&path).bearer(&self.key).send().await.expect(200)
    }

    async fn points_of(&self, member: &str) -> i64 {
        self.balance(member, Ledger::Points).await
    }

    /// What she has, settled or still inside the return window.
    async fn balance(&self, member: &str, ledger: Ledger) -> i64 {
        let id = member_id(member);
        let balances = points::balances(self.app.app.db.read(), &[id], ledger).await.unwrap();
        balances[&id].available + balances[&id].pending
    }

    async fn total(&self, member: &str) -> (i64, i64, i64) {
        let total = members::total(self.app.app.db.read(), member_id(member)).await.unwrap();
        (total.order_count, total.paid_fen.0, total.refunded_fen.0)
    }
}

fn member_id(text: &str) -> MemberId {
    text.parse().unwrap()
}

/// An order with its guide, of lines that cost so much.
fn sale(number: &str, phone: &str, lines: &[i64]) -> Value {
    let mut order = order(number, phone, lines.iter().sum(), AT);
    let line = |(i, paid): (usize, &i64)| {
        json!({
            "line_no": i + 1, "sku_code": "D100-RED-M", "quantity": 2, "list_fen": paid,
            "paid_fen": paid
        })
    };
    order["lines"] = lines.iter().enumerate().map(line).collect();
    order["guide_no"] = "G001".into();
    order
}

/// The next version of an order, with another status.
fn next(order: &Value, status: &str) -> Value {
    let mut next = order.clone();
    next["version"] = (order["version"].as_i64().unwrap() + 1).into();
    next["status"] = status.into();
    next
}

/// A refund of lines (line number, pieces, fen); a sum over the order without any.
fn refund(number: &str, order: &str, amount: i64, lines: &[(i32, i32, i64)]) -> Value {
    let line = |(line_no, quantity, fen): &(i32, i32, i64)| json!({"line_no": line_no, "quantity": quantity, "amount_fen": fen});
    json!({
        "channel": "pos", "external_no": number, "order_external_no": order,
        "occurred_at": "2026-03-15T03:00:00Z", "amount_fen": amount,
        "lines": lines.iter().map(line).collect::<Vec<_>>()
    })
}

fn words<'a>(answer: &'a Value, field: &str) -> Vec<&'a str> {
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|item| item[field].as_str().unwrap_or_default()).collect()
}
