//! The access token: shared, renewed in time, replaced once when it went stale (R1).

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::task::JoinSet;

use super::super::WechatError;
use super::{PHONE, Pair, TOKEN, pair};
use crate::mock::wechat::FaultKind;

async fn ask_for_phone(pair: &Pair) -> Result<(), WechatError> {
    let (code, openid) = pair.phone_code();
    pair.client.phone_number(&code, &openid).await.map(drop)
}

async fn fifty_ask_for_phones(pair: Pair) -> Pair {
    let pair = Arc::new(pair);
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let pair = Arc::clone(&pair);
        calls.spawn(async move { ask_for_phone(&pair).await });
    }
    for outcome in calls.join_all().await {
        assert_eq!(outcome, Ok(()));
    }
    Arc::into_inner(pair).unwrap()
}

#[tokio::test]
async fn fifty_calls_share_one_token() {
    let pair = fifty_ask_for_phones(pair()).await;
    assert_eq!(pair.mock.count(TOKEN), 1);
}

#[tokio::test]
async fn a_token_that_expires_under_fifty_calls_is_refreshed_once() {
    let pair = pair();
    ask_for_phone(&pair).await.unwrap();
    pair.mock.fault(FaultKind::TokenExpired.times(1).on(PHONE));
    let pair = fifty_ask_for_phones(pair).await;
    assert_eq!(pair.mock.count(TOKEN), 2);
    let answered = pair.mock.counts().remove(PHONE).unwrap().answered;
    assert_eq!(answered[&0], 51);
    assert!(answered[&42001] >= 1);
}

#[tokio::test]
async fn a_token_that_is_not_the_latest_under_fifty_calls_is_refreshed_once() {
    let pair = pair();
    ask_for_phone(&pair).await.unwrap();
    pair.mock.fault(FaultKind::TokenRevoked.times(1).on(PHONE));
    let pair = fifty_ask_for_phones(pair).await;
    assert_eq!(pair.mock.count(TOKEN), 2);
    assert!(pair.mock.counts()[PHONE].answered[&40001] >= 1);
}

#[tokio::test]
async fn a_token_that_stays_stale_is_refreshed_once_and_then_given_up() {
    let pair = pair();
    pair.mock.fault(FaultKind::TokenRevoked.always().on(PHONE));
    let outcome = ask_for_phone(&pair).await;
    assert_eq!(outcome, Err(WechatError::Misconfigured { errcode: 40001 }));
    assert_eq!((pair.mock.count(TOKEN), pair.mock.count(PHONE)), (2, 2));
}

#[tokio::test]
async fn a_stale_token_by_its_other_errcode_is_refreshed_too() {
    let pair = pair();
    pair.mock.fault(FaultKind::Errcode(40014).times(1).on(PHONE));
    ask_for_phone(&pair).await.unwrap();
    assert_eq!(pair.mock.count(TOKEN), 2);
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_its_end_without_a_failed_call() {
    let pair = pair();
    ask_for_phone(&pair).await.unwrap();
    pair.clock.advance(TimeDelta::seconds(6_899));
    ask_for_phone(&pair).await.unwrap();
    assert_eq!(pair.mock.count(TOKEN), 1);
    pair.clock.advance(TimeDelta::seconds(1));
    ask_for_phone(&pair).await.unwrap();
    assert_eq!(pair.mock.count(TOKEN), 2);
    assert_eq!(pair.mock.counts()[PHONE].answered.keys().copied().collect::<Vec<_>>(), [0]);
}

#[tokio::test]
async fn two_replicas_live_with_each_other() {
    let pair = pair();
    let replica = pair.client_with(pair.mock.app_id(), secret_of(&pair));
    for _ in 0..3 {
        ask_for_phone(&pair).await.unwrap();
        let (code, openid) = pair.phone_code();
        replica.phone_number(&code, &openid).await.unwrap();
    }
    assert_eq!(pair.mock.count(TOKEN), 2, "one each, and neither kills the other's");
    assert_eq!(pair.mock.count(PHONE), 6);
}

fn secret_of(pair: &Pair) -> &str {
    secrecy::ExposeSecret::expose_secret(pair.mock.app_secret())
}

#[tokio::test]
async fn signing_in_needs_no_token() {
    let pair = pair();
    pair.mock.fault(FaultKind::Status(500).always().on(TOKEN));
    assert!(pair.client.sign_in(&pair.login_code()).await.is_ok());
    assert_eq!(pair.mock.count(TOKEN), 0);
}
