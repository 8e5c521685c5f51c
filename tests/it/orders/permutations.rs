//! L8: whatever sequence the events of an order come in, and however often, it ends in the same state.

use std::collections::BTreeMap;

use entity::codes::Ledger;
use entity::{member_spend, order_refund, sales_credit, sales_order};
use huiyi::members::service as members;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use super::{Till, member_id, next, refund, sale};
use crate::support::Answer;

/// One event: its path and body for an order of this number and buyer.
type Event = fn(&str, &str) -> (&'static str, Value);

fn paid(number: &str, phone: &str) -> (&'static str, Value) {
    ("/v1/open/orders", sale(number, phone, &[10_050, 20_000, 990]))
}

fn placed(number: &str, phone: &str) -> (&'static str, Value) {
    let mut order = paid(number, phone).1;
    order["version"] = 1.into();
    order["status"] = "placed".into();
    ("/v1/open/orders", order)
}

fn paid_later(number: &str, phone: &str) -> (&'static str, Value) {
    ("/v1/open/orders", next(&placed(number, phone).1, "paid"))
}

fn of_line(number: &str, _: &str) -> (&'static str, Value) {
    ("/v1/open/refunds", refund(&format!("{number}-R1"), number, 3_333, &[(1, 1, 3_333)]))
}

fn of_all(number: &str, _: &str) -> (&'static str, Value) {
    ("/v1/open/refunds", refund(&format!("{number}-R2"), number, 7_777, &[]))
}

fn of_rest_of_line(number: &str, _: &str) -> (&'static str, Value) {
    ("/v1/open/refunds", refund(&format!("{number}-R3"), number, 6_717, &[(1, 1, 6_717)]))
}

fn cancelled(number: &str, phone: &str) -> (&'static str, Value) {
    let mut order = paid(number, phone).1;
    order["version"] = 9.into();
    order["status"] = "cancelled".into();
    ("/v1/open/orders", order)
}

/// Every sequence of `items`.
fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let rest: Vec<T> = [&items[..i], &items[i + 1..]].concat();
        all.extend(permutations(&rest).into_iter().map(|tail| [vec![item.clone()], tail].concat()));
    }
    all
}

/// What must not depend on the sequence.
async fn state(till: &Till, number: &str, member: &str) -> BTreeMap<&'static str, String> {
    let db = till.app.app.db.read();
    let order = till.read(number).await;
    let order_lines = order["lines"].as_array().unwrap();
    let left = |line: &Value, of: &str, back: &str| {
        line[of].as_i64().unwrap() - line[back].as_i64().unwrap()
    };
    let lines: Vec<_> = order_lines
        .iter()
        .map(|line| {
            (
                line["refunded_quantity"].as_i64(),
                line["refunded_fen"].as_i64(),
                left(line, "points", "points_reversed"),
                left(line, "growth", "growth_reversed"),
            )
        })
        .collect();
    let stored = sales_order::Entity::find()
        .filter(sales_order::Column::ExternalNo.eq(number))
        .one(db)
        .await
        .unwrap()
        .unwrap();
    let refunds = order_refund::Entity::find()
        .filter(order_refund::Column::OrderId.eq(stored.id))
        .all(db)
        .await
        .unwrap();
    let waiting = refunds.iter().filter(|r| r.applied_at.is_none() && r.refused.is_none()).count();
    let causes = refunds.iter().map(|refund| refund.id.0).chain([stored.id.0]);
    let credits = sales_credit::Entity::find()
        .filter(sales_credit::Column::Cause.is_in(causes))
        .all(db)
        .await
        .unwrap();
    let counter = |issuer: &str| format!("{issuer}/{member}");
    let bonus = (
        till.app.issued(&counter("campaign/double")).await,
        till.app.issued(&counter("rule/purchase_points")).await,
    );
    let mut by_time = BTreeMap::new();
    for credit in credits {
        *by_time.entry((credit.guide_id, credit.occurred_at)).or_insert(0) += credit.amount_fen.0;
    }
    by_time.retain(|_, amount| *amount != 0);
    let id = member_id(member);
    let mut total = members::total(db, id).await.unwrap();
    total.member_id = huiyi::kernel::ids::MemberId(uuid::Uuid::nil());
    let days = member_spend::Entity::find()
        .filter(member_spend::Column::MemberId.eq(id))
        .all(db)
        .await
        .unwrap();
    let days: Vec<_> = days
        .into_iter()
        .map(|row| (row.day, row.paid_fen.0, row.refunded_fen.0))
        .filter(|(_, paid, refunded)| (*paid, *refunded) != (0, 0))
        .collect();
    BTreeMap::from([
        ("status", order["status"].to_string()),
        ("version", order["version"].to_string()),
        ("refunded", format!("{} {:?}", order["refunded_fen"], stored.refunded_at)),
        ("lines", format!("{lines:?}")),
        ("points", till.balance(member, Ledger::Points).await.to_string()),
        ("growth", till.balance(member, Ledger::Growth).await.to_string()),
        ("totals", format!("{total:?}")),
        ("spend", format!("{days:?}")),
        ("credits", format!("{by_time:?}")),
        ("waiting", waiting.to_string()),
        ("bonus", format!("{bonus:?}")),
    ])
}

/// Plays every sequence of `events`, each for an order and a buyer of its own, and gives the one state they end in.
async fn play(till: &Till, name: &str, events: &[Event]) -> BTreeMap<&'static str, String> {
    let mut first: Option<BTreeMap<&'static str, String>> = None;
    let all: Vec<Vec<usize>> = permutations(&(0..events.len()).collect::<Vec<_>>());
    for (n, sequence) in all.iter().enumerate() {
        let number = format!("{name}-{n}");
        let phone = format!("139{:08}", name.bytes().map(usize::from).sum::<usize>() * 10_000 + n);
        let mut member = None;
        for event in sequence {
            let (path, body) = events[*event](&number, &phone);
            let answer: Answer = till.post(path, &body).await;
            assert!(matches!(answer.status, 200 | 409), "{sequence:?}: {}", answer.text);
            member = answer.body["member_id"].as_str().map(str::to_owned).or(member);
        }
        let state = state(till, &number, &member.unwrap()).await;
        match &first {
            None => first = Some(state),
            Some(first) => assert_eq!(*first, state, "{name}: {sequence:?}"),
        }
    }
    first.unwrap()
}

#[actix_web::test]
async fn every_sequence_of_an_order_and_its_refunds_ends_the_same() {
    let till = Till::open().await;
    let state = play(&till, "S", &[paid, of_line, of_all, of_rest_of_line]).await;
    // 310 points; line 1 is gone (100), 7,777 of the other 20,990 fen took 77 of their 210.
    assert_eq!((state["points"].as_str(), state["waiting"].as_str()), ("133", "0"), "{state:?}");
    super::refunds::reconciles(&till.app).await;
}

/// L8: all 120 sequences of {order, part return, second return, cancel} with one of them sent twice.
#[actix_web::test]
async fn every_sequence_with_a_cancellation_and_a_duplicate_ends_the_same() {
    let till = Till::open().await;
    let twice_order = play(&till, "C", &[paid, of_line, of_all, cancelled, paid]).await;
    assert_eq!((twice_order["points"].as_str(), twice_order["growth"].as_str()), ("0", "0"));
    assert_eq!(twice_order["credits"], "{}");
    super::refunds::reconciles(&till.app).await;
}

#[actix_web::test]
async fn every_sequence_with_a_duplicate_return_ends_the_same() {
    let till = Till::open().await;
    let state = play(&till, "D", &[paid, of_line, of_all, of_line]).await;
    assert_ne!(state["points"], "0");
    super::refunds::reconciles(&till.app).await;
}

#[actix_web::test]
async fn every_sequence_that_begins_unpaid_ends_the_same() {
    let till = Till::open().await;
    let kept = play(&till, "P", &[placed, paid_later, of_line, of_all]).await;
    assert_eq!(kept["status"], "\"paid\"");
    let void = play(&till, "V", &[placed, paid_later, of_all, cancelled]).await;
    assert_eq!((void["points"].as_str(), void["spend"].as_str()), ("0", "[]"));
    super::refunds::reconciles(&till.app).await;
}

/// PT-6: the counters of a campaign and of its rule end the same, whatever came first, and keep what was not returned.
#[actix_web::test]
async fn every_sequence_with_a_campaign_leaves_the_same_in_its_budget() {
    let till = Till::open().await;
    let change = |campaign: &mut entity::points_campaign::Model| {
        campaign.multiplier_bps = 17_000;
        campaign.budget_total = Some(1_000_000);
        campaign.budget_per_member = Some(100_000);
    };
    till.app.put_campaign(change).await;
    till.app.put_rule(Ledger::Points, |rule| rule.budget_per_member = Some(100_000)).await;
    let kept = play(&till, "K", &[paid, of_line, of_all, of_rest_of_line]).await;
    // 310 × 1.7 = 527, 217 of them the campaign's. Line 1 is gone; of the rest 77 in 210 went back.
    let left: i64 = kept["points"].parse().unwrap();
    let issued = till.app.issued("campaign/double/all").await;
    assert_eq!(issued % 24, 0, "24 sequences left the same");
    assert!(kept["bonus"].starts_with(&format!("({}, {left})", issued / 24)), "{kept:?}");
    let void = play(&till, "W", &[paid, of_line, of_all, cancelled, paid]).await;
    assert_eq!(void["points"], "0");
    assert_eq!(void["bonus"], "(0, 0)");
    assert_eq!(till.app.issued("campaign/double/all").await, issued);
    super::refunds::reconciles(&till.app).await;
}
