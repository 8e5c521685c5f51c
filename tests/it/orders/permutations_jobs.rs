//! L8: the sequence of an order's events does not matter either when jobs settle its points somewhere in between.

use chrono::TimeDelta;
use huiyi::points::service as points;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::permutations::{
    Event, cancelled, of_all, of_line, of_rest_of_line, paid, permutations, state,
};
use super::{Till, member_id};
use crate::support::START;

/// The jobs, as a worker would run them now.
async fn work(till: &Till) {
    let app = &till.app.app;
    while points::settle_due(app, 10).await.unwrap() > 0 {}
    while points::expire_due(app, 10).await.unwrap() > 0 {}
}

/// Nothing, or some days, or the rest of the return window.
fn pass_time(till: &Till, random: &mut StdRng) {
    let days = [0, 0, 2, 4, 8][random.random_range(0..5)];
    till.app.advance(TimeDelta::days(days));
}

/// Plays every sequence of `events`, each for an order and a buyer of its own and with jobs at moments of its own, and gives
/// the points, pending and available, in which all of them end.
async fn play(till: &Till, name: &str, events: &[Event]) -> (i64, i64) {
    let mut first = None;
    let mut end = (0, 0);
    let all: Vec<Vec<usize>> = permutations(&(0..events.len()).collect::<Vec<_>>());
    for (n, sequence) in all.iter().enumerate() {
        till.app.clock.set(START.parse().unwrap());
        let random = &mut StdRng::seed_from_u64(n as u64);
        let number = format!("{name}-{n}");
        let phone = format!("137{:08}", name.bytes().map(usize::from).sum::<usize>() * 10_000 + n);
        let mut member = None;
        for event in sequence {
            let (path, body) = events[*event](&number, &phone);
            // Half of the time a worker is busy while the event comes in.
            let answer = if random.random_bool(0.5) {
                futures_util::join!(till.post(path, &body), work(till)).0
            } else {
                till.post(path, &body).await
            };
            assert!(matches!(answer.status, 200 | 409), "{sequence:?}: {}", answer.text);
            member = answer.body["member_id"].as_str().map(str::to_owned).or(member);
            pass_time(till, random);
            if random.random_bool(0.5) {
                work(till).await;
            }
        }
        till.app.advance(TimeDelta::days(8));
        work(till).await;
        let member = member.unwrap();
        let state = state(till, &number, &member).await;
        assert_eq!(*first.get_or_insert_with(|| state.clone()), state, "{name}: {sequence:?}");
        let balance = till.app.balance(member_id(&member)).await;
        end = (balance.pending, balance.available);
    }
    end
}

#[actix_web::test]
async fn every_sequence_of_returns_ends_the_same_whenever_the_points_settle() {
    let till = Till::open().await;
    // 310 points; line 1 is gone (100), 7,777 of the other 20,990 fen took 77 of their 210.
    let end = play(&till, "S", &[paid, of_line, of_all, of_rest_of_line]).await;
    assert_eq!(end, (0, 133));
    till.app.reconciles().await;
}

/// All 120 sequences of {order, part return, second return, cancel} with one of them sent twice.
#[actix_web::test]
async fn every_sequence_with_a_cancellation_ends_at_nothing_whenever_the_points_settle() {
    let till = Till::open().await;
    let end = play(&till, "C", &[paid, of_line, of_all, cancelled, paid]).await;
    assert_eq!(end, (0, 0));
    till.app.reconciles().await;
}

#[actix_web::test]
async fn every_sequence_with_a_duplicate_return_ends_the_same_whenever_the_points_settle() {
    let till = Till::open().await;
    // Line 1 keeps 67 of its 100 after 3,333 of 10,050 fen; 7,777 of what is left takes its part.
    let end = play(&till, "D", &[paid, of_line, of_all, of_line]).await;
    assert_eq!(end.0, 0);
    assert!((1..310).contains(&end.1), "{end:?}");
    till.app.reconciles().await;
}
