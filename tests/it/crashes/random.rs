//! Tills at work, and a server that is killed again and again (L2, F9).

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;
use rand::RngExt;
use serde_json::{Value, json};

use super::rounds;
use super::shop::{Reply, Shop};
use crate::cli::program::Running;

/// Tills that send at the same time.
const TILLS: usize = 6;

/// A request, and all that is needed to send it again.
#[derive(Clone, Debug)]
struct Request {
    receipt: String,
    path: &'static str,
    body: Value,
}

/// The till's own book: what it was told, and what it does not know.
#[derive(Default)]
struct Book {
    sent: u32,
    acknowledged: HashMap<String, String>,
    refused: Vec<String>,
    unsure: Vec<Request>,
}

impl Book {
    /// Something new, or something of which no answer came.
    fn next(&mut self, shop: &Shop) -> Request {
        let mut rng = rand::rng();
        if !self.unsure.is_empty() && rng.random_bool(0.3) {
            return self.unsure.swap_remove(0);
        }
        self.sent += 1;
        let receipt = format!("R-{}", self.sent);
        let member = shop.members[rng.random_range(0..shop.members.len())];
        let points = rng.random_range(1..=40);
        let path = if rng.random_bool(0.5) { "earn" } else { "spend" };
        let body =
            json!({"receipt_no": receipt, "member": {"member_id": member}, "points": points});
        Request { receipt, path, body }
    }

    /// Notes an answer; `false` when the server is gone.
    fn note(&mut self, request: Request, reply: Reply) -> bool {
        match reply {
            Err(_) => {
                self.unsure.push(request);
                return false;
            }
            Ok((200, body, _)) => {
                let transfer = body["transfer_id"].as_str().unwrap().to_owned();
                self.acknowledged.insert(request.receipt, transfer);
            }
            Ok((409, body, _)) if body["code"] == "points_insufficient" => {
                self.refused.push(request.receipt);
            }
            // The run that died holds the key for half a minute.
            Ok((409, body, _)) if body["code"] == "idempotency_in_flight" => {
                self.unsure.push(request);
            }
            Ok((503, ..)) => self.unsure.push(request),
            Ok((status, body, _)) => panic!("{request:?}: {status} {body}"),
        }
        true
    }
}

async fn till(shop: &Shop, server: &Running, book: &RefCell<Book>) {
    loop {
        let request = book.borrow_mut().next(shop);
        let reply = shop.send(server, request.path, &request.receipt, &request.body).await;
        if !book.borrow_mut().note(request, reply) {
            return;
        }
    }
}

/// Kills the server after 50 to 800 ms; in every other round these begin with an answer, so that a slow machine too has
/// something to keep.
async fn cut(server: &Running, book: &RefCell<Book>, round: u32) {
    let before = book.borrow().acknowledged.len();
    while round.is_multiple_of(2) && book.borrow().acknowledged.len() == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let pause = rand::rng().random_range(50..=800);
    tokio::time::sleep(Duration::from_millis(pause)).await;
    server.signal("KILL");
}

#[actix_web::test]
async fn what_was_acknowledged_survives_kill_9_and_nothing_happens_twice() {
    let shop = Shop::open(10).await;
    let book = RefCell::new(Book::default());
    for round in 0..rounds() {
        let server = shop.start();
        let tills = join_all((0..TILLS).map(|_| till(&shop, &server, &book)));
        futures_util::join!(tills, cut(&server, &book, round));
    }
    let mut book = book.into_inner();
    let unsure = std::mem::take(&mut book.unsure);
    check(&shop, &book, &unsure).await;

    // Every till asks again until it knows.
    shop.leases_end().await;
    let server = shop.start();
    for request in unsure {
        let reply = shop.send(&server, request.path, &request.receipt, &request.body).await;
        assert!(book.note(request, reply));
    }
    drop(server);
    assert!(book.unsure.is_empty(), "{:?}", book.unsure);
    check(&shop, &book, &[]).await;
    shop.reconciles();
}

/// Acknowledged is stored, once, as acknowledged; refused is not; of the rest each is there once or not at all.
async fn check(shop: &Shop, book: &Book, unsure: &[Request]) {
    let mut stored = shop.stored().await;
    assert!(book.acknowledged.len() >= rounds() as usize / 2, "the tills had work to do");
    for (receipt, transfer) in &book.acknowledged {
        let found = stored.remove(receipt).unwrap_or_default();
        let ids: Vec<String> = found.iter().map(|row| row.id.to_string()).collect();
        assert_eq!(ids, [transfer.clone()], "{receipt}");
    }
    for receipt in &book.refused {
        assert!(!stored.contains_key(receipt), "{receipt}");
    }
    for request in unsure {
        let found = stored.remove(&request.receipt).unwrap_or_default();
        assert!(found.len() <= 1, "{}: {}", request.receipt, found.len());
    }
    assert!(stored.is_empty(), "nobody sent these: {:?}", stored.keys());
}
