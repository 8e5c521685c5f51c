//! Tills at work, and a server that is killed again and again (L2, F9): they grant, spend, hold, use what is held and give it
//! back.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use entity::points_hold::Model as Hold;
use entity::points_transfer::Model as Transfer;
use futures_util::future::join_all;
use huiyi::kernel::codes::{HoldState, TransferKind};
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
    path: String,
    body: Value,
    /// The hold that it is to end.
    hold: Option<String>,
}

/// How a hold ended: its state, and how much of it was used.
type End = (String, i64);

/// The till's own book: what it was told, and what it does not know.
#[derive(Default)]
struct Book {
    sent: u32,
    acknowledged: HashMap<String, String>,
    refused: Vec<String>,
    unsure: Vec<Request>,
    /// Holds by the number of their checkout.
    held: HashMap<String, String>,
    /// Holds that may be ended, and how many points each has; some are ended twice.
    open: Vec<(String, i64)>,
    /// How holds ended, as far as that was told.
    ended: HashMap<String, End>,
    /// Holds that somebody else had ended, as a till was told.
    taken: HashSet<String>,
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
        if !self.open.is_empty() && rng.random_bool(0.3) {
            return self.end(receipt);
        }
        let member = shop.members[rng.random_range(0..shop.members.len())];
        let points = rng.random_range(1..=40);
        let (path, number) = match rng.random_range(0..10) {
            0..4 => ("earn", "receipt_no"),
            4..7 => ("spend", "receipt_no"),
            _ => ("holds", "checkout_no"),
        };
        let mut body = json!({"member": {"member_id": member}, "points": points});
        body[number] = receipt.clone().into();
        Request { receipt, path: path.to_owned(), body, hold: None }
    }

    /// Uses a hold, whole or in part, or gives it back.
    fn end(&mut self, receipt: String) -> Request {
        let mut rng = rand::rng();
        let place = rng.random_range(0..self.open.len());
        let (hold, points) = self.open[place].clone();
        if rng.random_bool(0.7) {
            self.open.swap_remove(place);
        }
        let (end, body) = match rng.random_range(0..3) {
            0 => ("capture", json!({})),
            1 => ("capture", json!({"points": rng.random_range(1..=points)})),
            _ => ("release", json!({})),
        };
        Request { receipt, path: format!("holds/{hold}:{end}"), body, hold: Some(hold) }
    }

    /// Notes an answer; `false` when the server is gone.
    fn note(&mut self, request: Request, reply: Reply) -> bool {
        match reply {
            Err(_) => {
                self.unsure.push(request);
                return false;
            }
            Ok((200, body, _)) => self.done(request, &body),
            Ok((409, body, _)) => match (body["code"].as_str().unwrap(), request.hold.clone()) {
                ("points_insufficient", None) => self.refused.push(request.receipt),
                ("points_hold_resolved" | "points_cause_conflict", Some(hold)) => {
                    self.taken.insert(hold);
                }
                // The run that died holds the key for half a minute.
                ("idempotency_in_flight", _) => self.unsure.push(request),
                _ => panic!("{request:?}: {body}"),
            },
            Ok((503, ..)) => self.unsure.push(request),
            Ok((status, body, _)) => panic!("{request:?}: {status} {body}"),
        }
        true
    }

    fn done(&mut self, request: Request, body: &Value) {
        if let Some(transfer) = body["transfer_id"].as_str() {
            self.acknowledged.insert(request.receipt, transfer.to_owned());
            return;
        }
        let id = body["id"].as_str().unwrap().to_owned();
        let state = body["state"].as_str().unwrap().to_owned();
        if request.hold.is_none() {
            assert_eq!(state, "held");
            self.open.push((id.clone(), body["points"].as_i64().unwrap()));
            self.held.insert(request.receipt, id);
            return;
        }
        let end = (state, body["captured"].as_i64().unwrap());
        let first = self.ended.entry(id).or_insert_with(|| end.clone());
        assert_eq!(*first, end, "{request:?}: a hold ends once");
    }
}

async fn till(shop: &Shop, server: &Running, book: &RefCell<Book>) {
    loop {
        let request = book.borrow_mut().next(shop);
        let reply = shop.send(server, &request.path, &request.receipt, &request.body).await;
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
        let reply = shop.send(&server, &request.path, &request.receipt, &request.body).await;
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
    check_holds(&shop.holds().await, &mut stored, book, unsure);
    for request in unsure {
        let found = stored.remove(&request.receipt).unwrap_or_default();
        assert!(found.len() <= 1, "{}: {}", request.receipt, found.len());
    }
    assert!(stored.is_empty(), "nobody sent these: {:?}", stored.keys());
}

/// Each hold was made once and ended once at most, as the tills were told; `stored` loses its movements.
fn check_holds(
    holds: &HashMap<String, Hold>,
    stored: &mut HashMap<String, Vec<Transfer>>,
    book: &Book,
    unsure: &[Request],
) {
    for (number, id) in &book.held {
        assert_eq!(holds[number].id.to_string(), *id, "{number}");
    }
    for (number, hold) in holds {
        let found = stored.remove(number).unwrap_or_default();
        let mut moved: Vec<_> = found.iter().map(|row| (row.kind, row.amount)).collect();
        moved.sort_unstable_by_key(|(kind, _)| format!("{kind:?}"));
        assert_eq!(moved, movements_of(hold), "{number}: {hold:?}");
        let id = hold.id.to_string();
        let sent = |request: &Request| request.receipt == *number;
        assert!(book.held.contains_key(number) || unsure.iter().any(sent), "{number}");
        let state = serde_json::to_value(hold.state).unwrap().as_str().unwrap().to_owned();
        match book.ended.get(&id) {
            Some(end) => assert_eq!((state, hold.captured), *end, "{number}"),
            None if hold.state == HoldState::Held => assert!(!book.taken.contains(&id), "{number}"),
            None => {
                let sent = |request: &Request| request.hold.as_ref() == Some(&id);
                assert!(unsure.iter().any(sent), "{number}: nobody ended it");
            }
        }
    }
}

/// What the ledger has moved for a hold, by the names of the kinds.
fn movements_of(hold: &Hold) -> Vec<(TransferKind, i64)> {
    let mut moved = Vec::new();
    if hold.captured > 0 {
        moved.push((TransferKind::Capture, hold.captured));
    }
    moved.push((TransferKind::Freeze, hold.amount));
    if hold.state != HoldState::Held && hold.captured < hold.amount {
        moved.push((TransferKind::Release, hold.amount - hold.captured));
    }
    moved
}
