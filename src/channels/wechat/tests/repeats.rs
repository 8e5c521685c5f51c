//! What is repeated (R2), what must not be, and the circuit breaker (F5).

use std::time::Duration;

use chrono::TimeDelta;

use super::super::{MiniProgram, MiniProgramConfig, WechatError};
use super::{PHONE, SESSION, TOKEN, config_of, impatient, pair};
use crate::kernel::clock::{elapsed, monotonic};
use crate::mock::wechat::FaultKind;

#[tokio::test]
async fn a_busy_wechat_is_asked_three_times() {
    let pair = pair();
    pair.mock.fault(FaultKind::Errcode(-1).times(2).on(SESSION));
    assert!(pair.client.sign_in(&pair.login_code()).await.is_ok());
    assert_eq!(pair.mock.count(SESSION), 3);
    pair.mock.fault(FaultKind::Errcode(-1).always().on(SESSION));
    let signed_in = pair.client.sign_in(&pair.login_code()).await;
    assert_eq!(signed_in, Err(WechatError::Unavailable));
    assert_eq!(pair.mock.count(SESSION), 6);
}

#[tokio::test]
async fn a_code_whose_answer_is_lost_is_not_sent_again() {
    let pair = pair();
    for fault in [FaultKind::LoseAnswer, FaultKind::Drop, FaultKind::Truncated] {
        pair.mock.fault(fault.times(1));
        let signed_in = pair.client.sign_in(&pair.login_code()).await;
        assert_eq!(signed_in, Err(WechatError::Unavailable), "{fault:?}");
    }
    assert_eq!(pair.mock.count(SESSION), 3);
}

#[tokio::test]
async fn a_code_that_met_a_5xx_is_not_sent_again() {
    let pair = pair();
    for fault in [FaultKind::Status(500), FaultKind::Status(503), FaultKind::BadGateway] {
        pair.mock.fault(fault.times(1));
        let signed_in = pair.client.sign_in(&pair.login_code()).await;
        assert_eq!(signed_in, Err(WechatError::Unavailable), "{fault:?}");
    }
    assert_eq!(pair.mock.count(SESSION), 3);
}

#[tokio::test]
async fn a_phone_code_whose_answer_is_lost_is_not_sent_again() {
    let pair = pair();
    pair.mock.fault(FaultKind::LoseAnswer.times(1).on(PHONE));
    let (code, openid) = pair.phone_code();
    let phone = pair.client.phone_number(&code, &openid).await;
    assert_eq!(phone, Err(WechatError::Unavailable));
    assert_eq!(pair.mock.count(PHONE), 1);
    let again = pair.client.phone_number(&code, &openid).await;
    assert_eq!(again, Err(WechatError::CodeInvalid), "WeChat had consumed it");
}

#[tokio::test]
async fn a_token_is_asked_for_again_after_a_5xx_and_after_a_cut() {
    let pair = pair();
    pair.mock.fault(FaultKind::Status(502).times(1).on(TOKEN));
    pair.mock.fault(FaultKind::Truncated.times(1).on(TOKEN));
    assert_eq!(pair.client.check().await, Ok(()));
    assert_eq!(pair.mock.count(TOKEN), 3);
    pair.mock.fault(FaultKind::Status(500).always().on(TOKEN));
    assert_eq!(pair.client.check().await, Err(WechatError::Unavailable));
    assert_eq!(pair.mock.count(TOKEN), 6);
}

#[tokio::test]
async fn a_token_that_came_late_once_is_asked_for_again_in_time() {
    let pair = impatient(Duration::from_millis(1_500));
    pair.mock.fault(FaultKind::Slow(Duration::from_secs(5)).times(1).on(TOKEN));
    assert_eq!(pair.client.check().await, Ok(()));
    assert_eq!(pair.mock.count(TOKEN), 2);
}

#[tokio::test]
async fn a_slow_wechat_is_given_up_in_time_and_asked_once() {
    let pair = impatient(Duration::from_millis(200));
    pair.mock.fault(FaultKind::Slow(Duration::from_secs(30)).always());
    let code = pair.login_code();
    let start = monotonic();
    assert_eq!(pair.client.sign_in(&code).await, Err(WechatError::Unavailable));
    assert!(elapsed(start) < Duration::from_secs(2), "{:?}", elapsed(start));
    assert_eq!(pair.mock.count(SESSION), 1);
    pair.mock.clear_faults();
    assert_eq!(pair.client.sign_in(&code).await, Err(WechatError::CodeUsed), "it was consumed");
}

#[tokio::test]
async fn the_token_and_the_call_share_one_time_out() {
    let pair = impatient(Duration::from_millis(400));
    pair.mock.fault(FaultKind::Slow(Duration::from_millis(150)).times(1).on(TOKEN));
    pair.mock.fault(FaultKind::Slow(Duration::from_secs(30)).always().on(PHONE));
    let (code, openid) = pair.phone_code();
    let start = monotonic();
    let phone = pair.client.phone_number(&code, &openid).await;
    assert_eq!(phone, Err(WechatError::Unavailable));
    assert!(elapsed(start) < Duration::from_secs(2), "{:?}", elapsed(start));
}

#[tokio::test]
async fn fifty_who_wait_for_a_slow_token_fail_in_time_together() {
    let pair = impatient(Duration::from_millis(400));
    pair.mock.fault(FaultKind::Slow(Duration::from_secs(30)).always().on(TOKEN));
    let (code, openid) = pair.phone_code();
    let start = monotonic();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (client, code, openid) = (pair.client.clone(), code.clone(), openid.clone());
        calls.spawn(async move { client.phone_number(&code, &openid).await });
    }
    let outcomes = calls.join_all().await;
    assert!(outcomes.iter().all(|outcome| *outcome == Err(WechatError::Unavailable)));
    assert!(elapsed(start) < Duration::from_secs(2), "{:?}", elapsed(start));
    assert!(pair.mock.count(TOKEN) <= 5, "no herd: {}", pair.mock.count(TOKEN));
}

#[tokio::test]
async fn nobody_at_home_is_unavailable_at_once() {
    let pair = pair();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config =
        MiniProgramConfig { base_url: format!("http://{closed}"), ..config_of(&pair.mock) };
    let client = MiniProgram::new(config, pair.clock.clone()).unwrap();
    let start = monotonic();
    assert_eq!(client.sign_in("code").await, Err(WechatError::Unavailable));
    assert!(elapsed(start) < Duration::from_secs(2), "{:?}", elapsed(start));
}

#[tokio::test]
async fn the_breaker_opens_after_five_failures_and_a_trial_closes_it() {
    let pair = pair();
    pair.mock.fault(FaultKind::Status(500).always());
    for _ in 0..5 {
        let signed_in = pair.client.sign_in(&pair.login_code()).await;
        assert_eq!(signed_in, Err(WechatError::Unavailable));
    }
    let code = pair.login_code();
    assert_eq!(pair.client.sign_in(&code).await, Err(WechatError::Unavailable));
    assert_eq!(pair.mock.count(SESSION), 5, "the sixth is not sent");

    pair.clock.advance(TimeDelta::seconds(5));
    assert_eq!(pair.client.sign_in(&code).await, Err(WechatError::Unavailable));
    assert_eq!(pair.client.sign_in(&code).await, Err(WechatError::Unavailable));
    assert_eq!(pair.mock.count(SESSION), 6, "one trial, which failed");

    pair.mock.clear_faults();
    pair.clock.advance(TimeDelta::seconds(5));
    assert!(pair.client.sign_in(&code).await.is_ok());
    assert!(pair.client.sign_in(&pair.login_code()).await.is_ok());
    assert_eq!(pair.mock.count(SESSION), 8);
}

#[tokio::test]
async fn refusals_never_open_the_breaker() {
    let pair = pair();
    for _ in 0..20 {
        assert_eq!(pair.client.sign_in("nonsense").await, Err(WechatError::CodeInvalid));
    }
    assert_eq!(pair.mock.count(SESSION), 20);
}

#[tokio::test]
async fn a_caller_who_goes_away_during_the_trial_leaves_it_to_the_next() {
    let pair = pair();
    pair.mock.fault(FaultKind::Status(500).times(5));
    for _ in 0..5 {
        pair.client.sign_in(&pair.login_code()).await.unwrap_err();
    }
    pair.clock.advance(TimeDelta::seconds(5));
    pair.mock.fault(FaultKind::Slow(Duration::from_secs(30)).times(1));
    let code = pair.login_code();
    let cut = tokio::time::timeout(Duration::from_millis(200), pair.client.sign_in(&code)).await;
    assert!(cut.is_err());
    assert!(pair.client.sign_in(&pair.login_code()).await.is_ok());
}
