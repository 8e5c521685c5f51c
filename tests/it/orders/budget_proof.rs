//! The proof of the ledgers counts budgets once more (PT-2b, PT-9).

use entity::codes::Ledger;
use entity::points_campaign;
use huiyi::orders::service::prove_budgets;
use huiyi::points::service::Fault;

use super::{Till, member_id, next, refund, sale};

/// Two members, one of them merged into the other, who bought and returned under budgets of every kind.
async fn spent_budgets() -> (Till, String, String) {
    let till = Till::open().await;
    let change = |campaign: &mut points_campaign::Model| {
        campaign.budget_total = Some(5_000);
        campaign.budget_per_day = Some(2_500);
        campaign.budget_per_member = Some(1_300);
    };
    till.app.put_campaign(change).await;
    till.app.put_rule(Ledger::Growth, |rule| rule.budget_per_member = Some(2_500)).await;
    let mut members = Vec::new();
    for (n, phone) in ["13800138000", "13900139000", "13700137000"].iter().enumerate() {
        let first = sale(&format!("A-{n}"), phone, &[10_000, 7_700]);
        let id = till.sells(&first).await["member_id"].as_str().unwrap().to_owned();
        till.sells(&sale(&format!("B-{n}"), phone, &[33_300])).await;
        till.refund(&refund(&format!("R-{n}"), &format!("A-{n}"), 7_700, &[(2, 1, 7_700)])).await;
        members.push(id);
    }
    let (stays, goes) = (members.remove(0), members.remove(0));
    till.app.merge_members(member_id(&goes), member_id(&stays)).await;
    till.sells(&sale("C-1", "13800138000", &[4_400])).await;
    // What was counted for who went is given back by who stays.
    till.sells(&next(&sale("B-1", "13900139000", &[33_300]), "cancelled")).await;
    till.app.reconciles().await;
    (till, stays, goes)
}

async fn counters(till: &Till) -> Vec<String> {
    let found = prove_budgets(&till.app.app).await.unwrap().into_iter().map(|one| one.what);
    found
        .map(|fault| match fault {
            Fault::Counter(key) => key,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[actix_web::test]
async fn a_counter_that_was_changed_by_hand_is_named() {
    let (till, stays, goes) = spent_budgets().await;
    let both = [format!("campaign/double/{stays}"), format!("campaign/double/{goes}")];
    let alone = |key: &str| vec![key.to_owned()];
    let family = {
        let mut both = both.to_vec();
        both.sort_unstable();
        both
    };
    for (key, named) in [
        ("campaign/double/all", alone("campaign/double/all")),
        ("campaign/double/2026-03-14", alone("campaign/double/2026-03-14")),
        // Two who became one are counted as one.
        (both[0].as_str(), family.clone()),
        (both[1].as_str(), family),
    ] {
        for (by, named) in [(1, named), (-1, Vec::new())] {
            let change = "UPDATE points_budget SET issued = issued +";
            let changed = till.app.sql(&format!("{change} {by} WHERE counter = '{key}'")).await;
            assert_eq!(changed.unwrap(), 1, "{key}");
            let mut found = counters(&till).await;
            found.sort_unstable();
            assert_eq!(found, named, "{key}");
        }
    }
}

#[actix_web::test]
async fn a_counter_that_was_removed_is_named() {
    let (till, stays, _) = spent_budgets().await;
    let third = "SELECT counter FROM points_budget WHERE counter LIKE 'campaign/double/mem_%' ";
    for (key, named) in [
        ("campaign/double/2026-03-14", "campaign/double/2026-03-14"),
        ("campaign/double/all", "campaign/double/all"),
    ] {
        let gone = format!("DELETE FROM points_budget WHERE counter = '{key}'");
        assert_eq!(till.app.sql(&gone).await.unwrap(), 1, "{key}");
        assert!(counters(&till).await.contains(&named.to_owned()), "{key}");
    }
    // The only one of a member that is gone leaves no row to name.
    let others = format!(
        "DELETE FROM points_budget WHERE counter IN (SELECT * FROM ({third} AND counter \
         NOT LIKE '%{stays}') others)"
    );
    till.app.sql(&others).await.unwrap();
    assert!(counters(&till).await.iter().any(|key| key.starts_with("campaign/double/mem_")));
}

#[actix_web::test]
async fn what_orders_say_they_were_granted_is_part_of_it() {
    let (till, stays, _) = spent_budgets().await;
    let more = "UPDATE sales_order SET growth = growth + 5 WHERE external_no = 'C-1'";
    assert_eq!(till.app.sql(more).await.unwrap(), 1);
    assert!(counters(&till).await.contains(&format!("rule/purchase_growth/{stays}")));
}
