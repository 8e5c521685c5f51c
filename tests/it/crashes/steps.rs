//! The process dies at each named step; the till sends again with the same key; it happened once (L3, I3).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::shop::Shop;

/// Every step of a request that moves points, and whether what it did stands when the process dies there.
const STEPS: &[(&str, Stands)] = &[
    ("key_claimed", Stands::No),
    ("transfers_written", Stands::No),
    ("accounts_written", Stands::No),
    ("before_commit", Stands::No),
    ("committed", Stands::Yes),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Yes,
    No,
}

fn body(shop: &Shop, receipt: &str, points: i64) -> Value {
    json!({"receipt_no": receipt, "member": {"member_id": shop.members[0]}, "points": points})
}

async fn dies_at(shop: &Shop, step: &str, stands: Stands) {
    for path in ["earn", "spend"] {
        let receipt = format!("{path}-{step}");
        let body = body(shop, &receipt, 10);
        let mut server = shop.start_armed(step);
        let lost = shop.send(&server, path, &receipt, &body).await;
        assert!(lost.is_err(), "{receipt}: {lost:?}");
        server.died();

        let stood = shop.stored().await.remove(&receipt).map_or(0, |found| found.len());
        assert_eq!(stood, usize::from(stands == Stands::Yes), "{receipt}");
        shop.leases_end().await;
        let mut server = shop.start();
        let (status, first, stored) = shop.send(&server, path, &receipt, &body).await.unwrap();
        assert_eq!((status, stored), (200, stands == Stands::Yes), "{receipt}: {first}");
        let (_, again, stored) = shop.send(&server, path, &receipt, &body).await.unwrap();
        assert_eq!((again, stored), (first, true), "{receipt}: the same answer, byte for byte");
        server.kill();
    }
}

#[actix_web::test]
async fn a_request_whose_process_dies_at_any_step_happens_once() {
    let shop = Shop::open(1).await;
    for (step, stands) in STEPS {
        dies_at(&shop, step, *stands).await;
    }
    let counts: BTreeMap<String, usize> =
        shop.stored().await.into_iter().map(|(receipt, rows)| (receipt, rows.len())).collect();
    assert_eq!(counts.len(), 2 * STEPS.len());
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    shop.reconciles();
}
