//! The process dies at each named step; the till sends again with the same key; it happened once (L3, I3).

use std::collections::BTreeMap;

use huiyi::kernel::codes::{Ledger, TransferKind};
use huiyi::points::service as points;
use serde_json::{Value, json};

use super::shop::Shop;
use crate::support::{Kind, kind};

/// Every step of a request that moves points, and whether what it did stands when the process dies there.
const STEPS: &[(&str, Stands)] = &[
    ("key_claimed", Stands::No),
    ("transfers_written", Stands::No),
    ("accounts_written", Stands::No),
    ("posted", Stands::No),
    ("before_commit", Stands::No),
    ("committed", Stands::Yes),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Yes,
    No,
}

/// A request, and what it moves under which number.
struct Request {
    key: String,
    path: String,
    body: Value,
    number: String,
    kind: TransferKind,
}

/// Requests that share a transaction with others, and such that do not: a leg's own way, or in a long run both.
fn ways() -> &'static [&'static str] {
    if std::env::var("HUIYI_TEST_LONG").is_ok() { &["on", "off"] } else { &["auto"] }
}

/// On PostgreSQL, what is granted or spent together is written in one statement: there are no steps on the way.
fn steps_of(way: &str) -> &'static [(&'static str, Stands)] {
    let at_once = kind() == Kind::Postgres && way != "off";
    if at_once { &STEPS[STEPS.len() - 2..] } else { STEPS }
}

fn moves(shop: &Shop, path: &str, field: &str, kind: TransferKind, number: String) -> Request {
    let mut body = json!({"member": {"member_id": shop.members[0]}, "points": 10});
    body[field] = number.clone().into();
    Request { key: number.clone(), path: path.to_owned(), body, number, kind }
}

/// Ends a hold of 10 points, which is made first.
async fn ends(shop: &Shop, end: &str, kind: TransferKind, number: String) -> Request {
    let mut server = shop.start();
    let held = moves(shop, "holds", "checkout_no", TransferKind::Freeze, number.clone());
    let (status, held, _) = shop.send(&server, "holds", &held.key, &held.body).await.unwrap();
    assert_eq!(status, 200, "{held}");
    server.kill();
    let path = format!("holds/{}:{end}", held["id"].as_str().unwrap());
    let body = if end == "capture" { json!({"points": 6}) } else { json!({}) };
    Request { key: format!("{end}-{number}"), path, body, number, kind }
}

async fn stood(shop: &Shop, request: &Request) -> usize {
    let found = shop.stored().await.remove(&request.number).unwrap_or_default();
    found.iter().filter(|row| row.kind == request.kind).count()
}

async fn dies_at(shop: &Shop, (step, stands): (&str, Stands), way: &str, request: Request) {
    let Request { key, path, body, .. } = &request;
    let mut server = shop.start_armed(step, way);
    let lost = shop.send(&server, path, key, body).await;
    assert!(lost.is_err(), "{key}: {lost:?}");
    server.died();

    assert_eq!(stood(shop, &request).await, usize::from(stands == Stands::Yes), "{key}");
    shop.leases_end().await;
    let mut server = shop.start();
    let (status, first, stored) = shop.send(&server, path, key, body).await.unwrap();
    assert_eq!((status, stored), (200, stands == Stands::Yes), "{key}: {first}");
    let (_, again, stored) = shop.send(&server, path, key, body).await.unwrap();
    assert_eq!((again, stored), (first, true), "{key}: the same answer, byte for byte");
    server.kill();
    assert_eq!(stood(shop, &request).await, 1, "{key}");
}

#[actix_web::test]
async fn a_request_whose_process_dies_at_any_step_happens_once() {
    let shop = Shop::open(1).await;
    let ways = if kind() == Kind::Postgres { &["auto", "off"] } else { ways() };
    for way in ways {
        for step in steps_of(way) {
            let number = |path: &str| format!("{path}-{}-{way}", step.0);
            for (path, kind) in [("earn", TransferKind::Earn), ("spend", TransferKind::Spend)] {
                let request = moves(&shop, path, "receipt_no", kind, number(path));
                dies_at(&shop, *step, way, request).await;
            }
        }
    }
    let counts: BTreeMap<String, usize> =
        shop.stored().await.into_iter().map(|(receipt, rows)| (receipt, rows.len())).collect();
    let steps: usize = ways.iter().map(|way| steps_of(way).len()).sum();
    assert_eq!(counts.len(), 2 * steps);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    shop.reconciles();
}

/// PT-4: taking points aside, using them and giving them back.
#[actix_web::test]
async fn a_checkout_whose_process_dies_at_any_step_happens_once() {
    let shop = Shop::open(1).await;
    for way in ways() {
        for step in STEPS {
            let number = |path: &str| format!("{path}-{}-{way}", step.0);
            let kind = TransferKind::Freeze;
            let hold = moves(&shop, "holds", "checkout_no", kind, number("hold"));
            dies_at(&shop, *step, way, hold).await;
            let capture = ends(&shop, "capture", TransferKind::Capture, number("used")).await;
            dies_at(&shop, *step, way, capture).await;
            let release = ends(&shop, "release", TransferKind::Release, number("back")).await;
            dies_at(&shop, *step, way, release).await;
        }
    }
    for (number, rows) in shop.stored().await {
        // A part of what was used went back.
        let expected = match number.split('-').next() {
            Some("hold") => 1,
            Some("used") => 3,
            _ => 2,
        };
        assert_eq!(rows.len(), expected, "{number}");
    }
    let app = shop.look().await;
    let balances = points::balances(app.db.read(), &shop.members, Ledger::Points).await.unwrap();
    let balance = balances[&shop.members[0]];
    app.db.clone().close().await.unwrap();
    let rounds = i64::try_from(STEPS.len() * ways().len()).unwrap();
    assert_eq!((balance.available, balance.frozen), (1_000 - 16 * rounds, 10 * rounds));
    shop.reconciles();
}
