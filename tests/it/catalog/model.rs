//! Random histories through the API end where an oracle says they end (OR-5).
//!
//! The oracle keeps facts and promises as lists and adds them up anew for every question; it shares no code with the rules.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::{DRESS, Shop, at, line, pieces};

/// Histories a run; more through HUIYI_TEST_HISTORIES.
fn histories() -> u64 {
    std::env::var("HUIYI_TEST_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(4)
}

/// What happened at one store, as somebody would note it on paper.
#[derive(Default)]
struct Paper {
    /// Minute and pieces of every fact.
    facts: Vec<(u32, i64)>,
    /// Minute and pieces of the last count, and how many facts were noted before it.
    counted: Option<(u32, i64)>,
    /// Pieces that were handed over out of promises, later than everything else.
    handed: i64,
    /// Pieces of promises that stand.
    held: i64,
}

impl Paper {
    fn sum(&self) -> i64 {
        let (from, counted) = self.counted.map_or((None, 0), |(minute, n)| (Some(minute), n));
        let later = self.facts.iter().filter(|(minute, _)| from.is_none_or(|from| *minute > from));
        counted + later.map(|(_, pieces)| pieces).sum::<i64>() - self.handed
    }

    /// On hand, held, short.
    fn stock(&self) -> (i64, i64, i64) {
        let on_hand = self.sum().max(self.held);
        (on_hand, self.held, on_hand - self.sum())
    }
}

struct Play<'a> {
    shop: &'a Shop,
    random: StdRng,
    stores: [Paper; 2],
    /// Id, store, pieces.
    holds: Vec<(Value, usize, i64)>,
    /// Lines that were sent.
    sent: Vec<Value>,
    run: u64,
}

const STORES: [&str; 2] = ["SH01", "SH02"];

impl Play<'_> {
    /// A batch of facts, some of them resends.
    async fn report(&mut self, step: usize) {
        let mut batch = Vec::new();
        for n in 0..self.random.random_range(1..6) {
            if !self.sent.is_empty() && self.random.random_range(0..4) == 0 {
                batch.push(self.sent[self.random.random_range(0..self.sent.len())].clone());
                continue;
            }
            let kinds = ["receive", "sell", "return", "transfer", "adjust"];
            let kind = kinds[self.random.random_range(0..kinds.len())];
            let (store, minute) = (self.random.random_range(0..2), self.random.random_range(0..50));
            let pieces = self.random.random_range(1..6);
            let mut line = line(&format!("{}-{step}-{n}", self.run), kind, pieces, minute);
            line["store_code"] = STORES[store].into();
            let sign = match kind {
                "sell" => -1,
                "adjust" if self.random.random() => {
                    line["quantity"] = (-pieces).into();
                    -1
                }
                "transfer" => {
                    line["to_store_code"] = STORES[1 - store].into();
                    self.stores[1 - store].facts.push((minute, pieces));
                    -1
                }
                _ => 1,
            };
            self.stores[store].facts.push((minute, sign * pieces));
            self.sent.push(line.clone());
            batch.push(line);
        }
        let answer = self.shop.moves(&batch).await;
        assert_eq!(answer["counts"]["refused"], 0, "{answer}");
    }

    async fn count(&mut self, step: usize) {
        let (store, minute) = (self.random.random_range(0..2), self.random.random_range(0..50));
        let counted = self.random.random_range(0..12);
        let body = json!({
            "count_no": format!("{}-{step}", self.run), "sku_code": DRESS, "store_code": STORES[store],
            "on_hand": counted, "counted_at": at(minute)
        });
        let answer = self.shop.counts(&[body]).await;
        let paper = &mut self.stores[store];
        if paper.counted.is_some_and(|(known, _)| minute < known) {
            assert_eq!(answer["results"][0]["problem"]["code"], "stock_count_outdated");
            return;
        }
        assert_eq!(answer["counts"]["moved"], 1, "{answer}");
        paper.counted = Some((minute, counted));
        assert_eq!(pieces(&answer["results"][0]["stock"]), paper.stock(), "{answer}");
    }

    async fn hold(&mut self, step: usize) {
        let (store, quantity) = (self.random.random_range(0..2), self.random.random_range(1..4));
        let number = format!("{}-{step}", self.run);
        let body = json!({
            "hold_no": number, "sku_code": DRESS, "store_code": STORES[store], "quantity": quantity
        });
        let call = self.shop.app.post("/v1/open/stock/holds").bearer(&self.shop.erp).key(&number);
        let answer = call.json(&body).send().await;
        let (on_hand, held, _) = self.stores[store].stock();
        if quantity > on_hand - held {
            answer.refused(409, "stock_insufficient");
            return;
        }
        self.stores[store].held += quantity;
        self.holds.push((answer.expect(200)["id"].clone(), store, quantity));
    }

    async fn end(&mut self) {
        if self.holds.is_empty() {
            return;
        }
        let (id, store, quantity) =
            self.holds.swap_remove(self.random.random_range(0..self.holds.len()));
        self.stores[store].held -= quantity;
        if self.random.random() {
            self.shop.end(&id, "release", &json!({})).await.expect(200);
            return;
        }
        let taken = self.random.random_range(1..=quantity);
        self.stores[store].handed += taken;
        self.shop.end(&id, "capture", &json!({"quantity": taken})).await.expect(200);
    }
}

#[actix_web::test]
async fn random_histories_end_where_the_oracle_says() {
    for run in 0..histories() {
        let shop = Shop::open().await;
        let random = StdRng::seed_from_u64(run);
        let (stores, holds, sent) = (Default::default(), Vec::new(), Vec::new());
        let mut play = Play { shop: &shop, random, stores, holds, sent, run };
        for step in 0..40 {
            match play.random.random_range(0..8) {
                0..4 => play.report(step).await,
                4 => play.count(step).await,
                5..7 => play.hold(step).await,
                _ => play.end().await,
            }
            for (n, paper) in play.stores.iter().enumerate() {
                let found = shop.stock(DRESS, STORES[n]).await;
                assert_eq!(found, paper.stock(), "run {run}, step {step}, {}", STORES[n]);
            }
        }
        shop.app.reconciles().await;
    }
}
