//! L8: an order, the use of the points that paid for a part of it, returns and a cancellation come in any sequence and
//! end the same (PT-4, PT-6).

use std::collections::BTreeMap;

use huiyi::kernel::ids::MemberId;
use serde_json::Value;

use super::deductions::paid_with;
use super::permutations::{self, cancelled, of_all, of_line, of_rest_of_line, paid, permutations};
use super::{Till, member_id};

/// What is held, and of that what is used.
const HELD: i64 = 1_000;
const USED: i64 = 900;
const OPENING: i64 = 5_000;

/// Something that comes in.
#[derive(Clone, Copy)]
enum Step {
    Sent(permutations::Event),
    Used,
}

/// The same event of an order that names its points.
fn naming_points(event: permutations::Event, number: &str, phone: &str) -> (&'static str, Value) {
    let (path, body) = event(number, phone);
    let order = path.ends_with("orders");
    (path, if order { paid_with(body, &format!("{number}-C")) } else { body })
}

async fn take(till: &Till, step: Step, number: &str, phone: &str, hold: &str) -> Option<MemberId> {
    let Step::Sent(event) = step else {
        till.captures(hold, USED).await;
        return None;
    };
    let (path, body) = naming_points(event, number, phone);
    let answer = till.post(path, &body).await;
    assert!(matches!(answer.status, 200 | 409), "{}", answer.text);
    answer.body["member_id"].as_str().map(member_id)
}

/// Plays every sequence, each for an order and a buyer of its own; every other one hands its events on after each step.
/// Gives what of the points is with the buyer in the end.
async fn play(till: &Till, name: &str, steps: &[Step]) -> i64 {
    let mut first: Option<(BTreeMap<&'static str, String>, String, i64)> = None;
    let all = permutations(&(0..steps.len()).collect::<Vec<_>>());
    for (n, sequence) in all.iter().enumerate() {
        let number = format!("{name}-{n}");
        let phone = format!("136{:08}", name.bytes().map(usize::from).sum::<usize>() * 10_000 + n);
        let member = till.rich(&phone, OPENING).await;
        let hold = till.holds(&format!("{number}-C"), &phone, HELD).await;
        for step in sequence {
            let buyer = take(till, steps[*step], &number, &phone, &hold).await;
            assert!(buyer.is_none_or(|buyer| buyer == member));
            if n % 2 == 0 {
                till.app.relay().await;
            }
        }
        till.app.relay().await;
        let state = permutations::state(till, &number, &member.to_string()).await;
        let balance = till.app.balance(member).await;
        assert_eq!(balance.frozen, 0);
        let order = till.read(&number).await;
        let lines = order["lines"].as_array().unwrap();
        let points = lines.iter().map(|line| {
            let number = |name: &str| line[name].as_i64().unwrap();
            (number("deducted_points"), number("deducted_points_returned"))
        });
        let points: Vec<_> = points.collect();
        assert_eq!(points.iter().map(|it| it.0).sum::<i64>(), USED, "{sequence:?}");
        let end = (state, format!("{points:?}"), balance.available);
        assert_eq!(*first.get_or_insert_with(|| end.clone()), end, "{name}: {sequence:?}");
    }
    first.unwrap().2
}

#[actix_web::test]
async fn every_sequence_of_returns_gives_the_same_points_back() {
    let till = Till::open().await;
    let steps = [Step::Sent(paid), Step::Used, Step::Sent(of_line), Step::Sent(of_rest_of_line)];
    let left = play(&till, "PR", &steps).await;
    // 900 over 10,050 + 20,000 + 990 fen: line 1 is back, and its 291 points are.
    assert_eq!(left, OPENING - USED + 291);
    till.app.reconciles().await;
}

#[actix_web::test]
async fn every_sequence_with_a_return_of_a_sum_and_a_duplicate_gives_the_same_points_back() {
    let till = Till::open().await;
    let steps = [
        Step::Sent(paid),
        Step::Used,
        Step::Sent(of_line),
        Step::Sent(of_all),
        Step::Sent(of_line),
    ];
    let left = play(&till, "PD", &steps).await;
    assert!((OPENING - USED + 1..OPENING).contains(&left), "{left}");
    till.app.reconciles().await;
}

#[actix_web::test]
async fn every_sequence_with_a_cancellation_gives_all_points_back() {
    let till = Till::open().await;
    let steps =
        [Step::Sent(paid), Step::Used, Step::Sent(of_line), Step::Sent(cancelled), Step::Used];
    assert_eq!(play(&till, "PC", &steps).await, OPENING);
    till.app.reconciles().await;
}
