//! Every answer of one account fits one order of events, and that order respects real time (L5).
//!
//! The ledger numbers its movements, so the order need not be searched for: it is checked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use entity::points_transfer as transfer;
use futures_util::future::join_all;
use huiyi::kernel::ids::TransferId;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const CLIENTS: u64 = 16;
const OPERATIONS: usize = 20;

/// What a client was told.
enum Told {
    /// Moved, with the balance right after it.
    Moved(TransferId, i64),
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
        Self { balances, places }
    }
}

fn told(answer: Answer, points: i64) -> Told {
    if answer.status == 409 {
        answer.refused(409, "points_insufficient");
        return Told::TooMany(points);
    }
    let body = answer.expect(200);
    let number = |name: &str| body[name].as_i64();
    match body["transfer_id"].as_str() {
        Some(id) => Told::Moved(id.parse().unwrap(), number("balance").unwrap()),
        None => Told::Read(number("available").unwrap() - number("debt").unwrap()),
    }
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
    for n in 0..OPERATIONS {
        let points = random.random_range(1..40);
        let receipt = format!("{who}-{n}");
        let body: Value =
            json!({"receipt_no": receipt, "member": {"phone": phone}, "points": points});
        let call = match random.random_range(0..5) {
            0 => app.get("/v1/member/points").bearer(shopper),
            1 | 2 => app.post("/v1/open/points/earn").bearer(key).key(&receipt).json(&body),
            _ => app.post("/v1/open/points/spend").bearer(key).key(&receipt).json(&body),
        };
        let begun = ticks.fetch_add(1, Ordering::SeqCst);
        let answer = call.send().await;
        let ended = ticks.fetch_add(1, Ordering::SeqCst);
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
            Told::Moved(..) => unreachable!(),
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
    check(&calls, &Order::of(&app).await);
    app.reconciles().await;
}

#[test]
#[should_panic(expected = "no moment")]
fn a_stale_balance_is_noticed() {
    let ids = [1, 2].map(|n| TransferId(uuid::Uuid::from_u128(n)));
    let order =
        Order { balances: vec![0, 10, 30], places: HashMap::from([(ids[0], 1), (ids[1], 2)]) };
    let call = |begun, ended, told| Call { begun, ended, told };
    let calls = [
        call(0, 1, Told::Moved(ids[0], 10)),
        call(2, 3, Told::Moved(ids[1], 30)),
        call(4, 5, Told::Read(10)),
    ];
    check(&calls, &order);
}
