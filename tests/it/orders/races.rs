//! Many senders at once (L1, OR-2): each order once, each earning once, no deadlock that a sender sees.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Till, refund, sale};

const PHONE: &str = "13800138000";

fn count(answers: &[Value], word: &str) -> usize {
    answers.iter().filter(|answer| answer["result"] == word).count()
}

#[actix_web::test]
async fn the_same_order_on_twenty_connections_is_one_order_and_one_earning() {
    let till = Till::open().await;
    for round in 0..3 {
        let order = sale(&format!("A-{round}"), PHONE, &[10_000]);
        let sent = join_all((0..20).map(|_| till.sells(&order))).await;
        assert_eq!((count(&sent, "created"), count(&sent, "unchanged")), (1, 19), "{sent:?}");
        assert!(sent.iter().all(|answer| answer["order_id"] == sent[0]["order_id"]));
        let member = sent[0]["member_id"].as_str().unwrap();
        assert_eq!(till.points_of(member).await, 100 * (round + 1));
        assert_eq!(till.total(member).await.0, round + 1);
    }
    super::refunds::reconciles(&till.app).await;
}

#[actix_web::test]
async fn overlapping_batches_in_opposite_sequence_book_each_order_once() {
    let till = Till::open().await;
    let orders: Vec<Value> = (0..60)
        .map(|n| sale(&format!("B-{n}"), &format!("1380000{:04}", n % 20), &[10_000]))
        .collect();
    let backwards: Vec<Value> = orders.iter().rev().cloned().collect();
    let batches: Vec<&[Value]> =
        vec![&orders, &backwards, &orders[20..], &backwards[10..], &orders[..40], &backwards];
    let answers = join_all(batches.iter().map(|batch| till.batch(batch))).await;
    let sum = |word: &str| answers.iter().map(|a| a["counts"][word].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("created"), sum("refused")), (60, 0), "{:?}", answers[0]);
    for answer in &answers {
        let member = answer["results"][0]["member_id"].as_str().unwrap();
        assert_eq!(till.total(member).await, (3, 30_000, 0));
        assert_eq!(till.points_of(member).await, 300);
    }
    super::refunds::reconciles(&till.app).await;
}

/// Neither may miss the other: the refund waits, or it is booked, never both and never for ever.
#[actix_web::test]
async fn a_refund_that_races_its_order_is_booked_once() {
    let till = Till::open().await;
    for n in 0..15 {
        let number = format!("C-{n}");
        let order = sale(&number, PHONE, &[10_000]);
        let back = refund(&format!("R-{n}"), &number, 10_000, &[]);
        let (sold, first, second) =
            futures_util::join!(till.sells(&order), till.refund(&back), till.refund(&back));
        assert_eq!((first.status, second.status), (200, 200), "{} {}", first.text, second.text);
        let member = sold["member_id"].as_str().unwrap();
        assert_eq!(till.points_of(member).await, 0, "{n}: {} {}", first.text, second.text);
        assert_eq!(till.read(&number).await["refunds"][0]["state"], "applied");
    }
    super::refunds::reconciles(&till.app).await;
}

#[actix_web::test]
async fn the_same_refund_on_twenty_connections_takes_back_once() {
    let till = Till::open().await;
    let sold = till.sells(&sale("D-1", PHONE, &[10_000])).await;
    let back = refund("R-1", "D-1", 4_000, &[]);
    let sent = join_all((0..20).map(|_| till.refund(&back))).await;
    let sent: Vec<Value> = sent.into_iter().map(|answer| answer.expect(200)).collect();
    assert_eq!((count(&sent, "applied"), count(&sent, "unchanged")), (1, 19));
    assert_eq!(till.points_of(sold["member_id"].as_str().unwrap()).await, 60);
}

/// PT-6: returns on twenty connections never take back more than was bought.
#[actix_web::test]
async fn concurrent_returns_never_exceed_what_was_paid() {
    let till = Till::open().await;
    let sold = till.sells(&sale("E-1", PHONE, &[10_000])).await;
    let sent = join_all((0..20).map(|n| {
        let back = refund(&format!("R-{n}"), "E-1", 1_500, &[]);
        let till = &till;
        async move { till.refund(&back).await }
    }))
    .await;
    let good = sent.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(good, 6);
    let exceeds = |answer: &&crate::support::Answer| answer.body["code"] == "refund_exceeds_paid";
    assert_eq!(sent.iter().filter(exceeds).count(), 14);
    assert_eq!(till.read("E-1").await["refunded_fen"], json!(9_000));
    assert_eq!(till.points_of(sold["member_id"].as_str().unwrap()).await, 10);
    super::refunds::reconciles(&till.app).await;
}

/// ID-1: a shopper who binds her phone while her orders come in loses none.
#[actix_web::test]
async fn orders_that_race_a_merge_stay_with_her() {
    let till = Till::open().await;
    for n in 0..5 {
        let phone = format!("1380000{n:04}");
        till.sells(&sale(&format!("F-{n}-0"), &phone, &[10_000])).await;
        let nickname = format!("racer{n}");
        let her = till.app.shopper(&nickname).await;
        let bind = till.app.bind_phone(&nickname, &her.token, &phone).send();
        let orders = join_all((1..6).map(|k| {
            let order = sale(&format!("F-{n}-{k}"), &phone, &[10_000]);
            let till = &till;
            async move { till.sells(&order).await }
        }));
        let (bound, sold) = futures_util::join!(bind, orders);
        bound.expect(200);
        assert_eq!(count(&sold, "created"), 5);
        let stored = till.read(&format!("F-{n}-5")).await;
        let member = stored["member_id"].as_str().unwrap();
        assert_eq!(till.points_of(member).await, 600);
        assert_eq!(till.total(member).await, (6, 60_000, 0));
        for k in 0..6 {
            assert_eq!(till.read(&format!("F-{n}-{k}")).await["member_id"], stored["member_id"]);
        }
    }
    super::refunds::reconciles(&till.app).await;
}
