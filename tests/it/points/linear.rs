//! Every answer of one account fits one order of events, and that order respects real time (L5).
//!
//! The ledger numbers its movements, so the order need not be searched for: it is checked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use entity::points_transfer as transfer;
use futures_util::future::join_all;
use huiyi::kernel::codes::TransferKind;
use huiyi::kernel::ids::TransferId;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::{Answer, Call as Sending, TestApp};

const CLIENTS: u64 = 16;
const OPERATIONS: usize = 20;

/// What a client was told.
enum Told {
    /// Moved, with the balance right after it.
    Moved(TransferId, i64),
    /// The same, of a checkout: by its number and what was done to it.
    Held((String, TransferKind), i64),
    /// Refused for want of this many points.
    TooMany(i64),
    /// The balance.
    Read(i64),
}

/// One call of one client, between two ticks of a clock that all clients share.
struct Call {
    begun: u64,
    ended: u64,
    told: Told,
}

/// The balance after each movement, the number of the movement being the index.
struct Order {
    balances: Vec<i64>,
    places: HashMap<TransferId, usize>,
    /// Movements by the partner's number and what they are.
    numbers: HashMap<(String, TransferKind), TransferId>,
}

impl Order {
    async fn of(app: &TestApp) -> Self {
        let mut rows = transfer::Entity::find().all(app.app.db.read()).await.unwrap();
        rows.sort_by_key(|row| row.seq);
        let mut balances = vec![0];
        for (i, row) in rows.iter().enumerate() {
            assert_eq!(row.seq, i as i64 + 1);
            balances.push(row.available_after);
        }
        let places = rows.iter().enumerate().map(|(i, row)| (row.id, i + 1)).collect();
        let number =
            |row: &transfer::Model| row.source_id.split(':').next_back().unwrap().to_owned();
        let numbers = rows.iter().map(|row| ((number(row), row.kind), row.id)).collect();
        Self { balances, places, numbers }
    }

    /// What was told of checkouts, by their movements.
    fn found(&self, told: Told) -> Told {
        match told {
            Told::Held(cause, balance) => Told::Moved(self.numbers[&cause], balance),
            told => told,
        }
    }
}

fn told(answer: Answer, points: i64) -> Told {
    if answer.status == 409 {
        answer.refused(409, "points_insufficient");
        return Told::TooMany(points);
    }
    let body = answer.expect(200);
    let number = |name: &str| body[name].as_i64();
    if let Some(id) = body["transfer_id"].as_str() {
        return Told::Moved(id.parse().unwrap(), number("balance").unwrap());
    }
    let Some(checkout) = body["checkout_no"].as_str() else {
        return Told::Read(number("available").unwrap() - number("debt").unwrap());
    };
    let kind = match body["state"].as_str().unwrap() {
        "held" => TransferKind::Freeze,
        "captured" => TransferKind::Capture,
        _ => TransferKind::Release,
    };
    Told::Held((checkout.to_owned(), kind), number("balance").unwrap())
}

/// A call to use a hold, whole or in part, or to give it back.
fn ending(app: &TestApp, hold: &str, random: &mut StdRng) -> Sending {
    let (end, body) = match random.random_range(0..3) {
        0 => ("capture", json!({})),
        1 => ("capture", json!({"points": 1})),
        _ => ("release", json!({})),
    };
    app.post(&format!("/v1/open/points/holds/{hold}:{end}")).json(&body)
}

async fn client(
    app: &TestApp,
    ticks: &AtomicU64,
    who: u64,
    key: &str,
    shopper: &str,
    phone: &str,
) -> Vec<Call> {
    let mut random = StdRng::seed_from_u64(who);
    let mut calls = Vec::new();
    let mut hold: Option<String> = None;
    for n in 0..OPERATIONS {
        let points = random.random_range(1..40);
        let receipt = format!("{who}-{n}");
        let body: Value =
            json!({"receipt_no": receipt, "member": {"phone": phone}, "points": points});
        let till = |path: &str, body: &Value| {
            app.post(&format!("/v1/open/points/{path}")).bearer(key).key(&receipt).json(body)
        };
        let call = match (random.random_range(0..8), hold.take()) {
            (0, kept) => {
                hold = kept;
                app.get("/v1/member/points").bearer(shopper)
            }
            (_, Some(hold)) => ending(app, &hold, &mut random).bearer(key).key(&receipt),
            (1..4, None) => till("earn", &body),
            (4 | 5, None) => till("spend", &body),
            (_, None) => {
                let body =
                    json!({"checkout_no": receipt, "member": {"phone": phone}, "points": points});
                till("holds", &body)
            }
        };
        let begun = ticks.fetch_add(1, Ordering::SeqCst);
        let answer = call.send().await;
        let ended = ticks.fetch_add(1, Ordering::SeqCst);
        if answer.body["state"] == "held" {
            hold = answer.body["id"].as_str().map(str::to_owned);
        }
        calls.push(Call { begun, ended, told: told(answer, points) });
    }
    calls
}

/// Gives every call a place in the ledger's order; panics when one has none.
fn check(calls: &[Call], order: &Order) {
    let mut placed: Vec<(u64, u64, usize)> = Vec::new();
    for call in calls {
        if let Told::Moved(id, balance) = &call.told {
            let place = order.places[id];
            assert_eq!(order.balances[place], *balance, "the balance of another moment");
            placed.push((call.begun, call.ended, place));
        }
    }
    for (begun, _, place) in &placed {
        let earlier = placed.iter().filter(|other| other.1 < *begun).map(|other| other.2).max();
        assert!(earlier < Some(*place), "movement {place} overtook one that had been answered");
    }
    let moved = placed.clone();
    // The earliest place that fits leaves the most room to what comes later.
    let mut others: Vec<&Call> =
        calls.iter().filter(|call| !matches!(call.told, Told::Moved(..))).collect();
    others.sort_by_key(|call| call.ended);
    for call in others {
        let seen = placed.iter().filter(|other| other.1 < call.begun).map(|other| other.2).max();
        let unseen =
            moved.iter().filter(|other| other.0 > call.ended).map(|other| other.2 - 1).min();
        let window = seen.unwrap_or(0)..=unseen.unwrap_or(order.balances.len() - 1);
        let fits = |place: &usize| match call.told {
            Told::TooMany(points) => order.balances[*place] < points,
            Told::Read(balance) => order.balances[*place] == balance,
            Told::Moved(..) | Told::Held(..) => unreachable!(),
        };
        let place = window.clone().find(fits);
        let place = place.unwrap_or_else(|| panic!("no moment in {window:?} explains an answer"));
        placed.push((call.begun, call.ended, place));
    }
}

#[actix_web::test]
async fn sixteen_clients_see_one_account_change_in_one_order() {
    let app = TestApp::start().await;
    let phone = "13800138000";
    let key = app.partner("till", &["points:write"]).await;
    let shopper = app.shopper("nana").await.token;
    let bound = app.bind_phone("nana", &shopper, phone).send().await.expect(200);
    let shopper = bound["access_token"].as_str().unwrap_or(&shopper).to_owned();
    let ticks = AtomicU64::new(0);
    let clients = (0..CLIENTS).map(|who| client(&app, &ticks, who, &key, &shopper, phone));
    let calls: Vec<Call> = join_all(clients).await.into_iter().flatten().collect();
    let order = Order::of(&app).await;
    let found = |call: Call| Call { told: order.found(call.told), ..call };
    let calls: Vec<Call> = calls.into_iter().map(found).collect();
    check(&calls, &order);
    app.reconciles().await;
}

#[test]
#[should_panic(expected = "no moment")]
fn a_stale_balance_is_noticed() {
    let ids = [1, 2].map(|n| TransferId(uuid::Uuid::from_u128(n)));
    let order = Order {
        balances: vec![0, 10, 30],
        places: HashMap::from([(ids[0], 1), (ids[1], 2)]),
        numbers: HashMap::new(),
    };
    let call = |begun, ended, told| Call { begun, ended, told };
    let calls = [
        call(0, 1, Told::Moved(ids[0], 10)),
        call(2, 3, Told::Moved(ids[1], 30)),
        call(4, 5, Told::Read(10)),
    ];
    check(&calls, &order);
}
