//! A peer that must not be trusted (promise S27).

use std::time::Duration;

use super::super::WechatError;
use super::{SESSION, TOKEN, impatient, pair};
use crate::kernel::clock::{elapsed, monotonic};
use crate::mock::wechat::FaultKind;

#[tokio::test]
async fn unintelligible_answers_are_garbage_on_every_call() {
    let faults = [
        FaultKind::Garbage,
        FaultKind::WrongTypes,
        FaultKind::DeepJson,
        FaultKind::Redirect,
        FaultKind::Status(404),
        FaultKind::Status(204),
    ];
    for fault in faults {
        let pair = pair();
        pair.mock.fault(fault.times(1));
        let signed_in = pair.client.sign_in(&pair.login_code()).await;
        assert_eq!(signed_in, Err(WechatError::Garbage), "{fault:?}");
        pair.mock.fault(fault.times(1));
        assert_eq!(pair.client.check().await, Err(WechatError::Garbage), "{fault:?}");
        let (code, openid) = pair.phone_code();
        pair.client.sign_in(&pair.login_code()).await.unwrap();
        pair.mock.fault(fault.times(1).on(super::PHONE));
        let phone = pair.client.phone_number(&code, &openid).await;
        assert_eq!(phone, Err(WechatError::Garbage), "{fault:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let pair = pair();
    pair.mock.fault(FaultKind::Redirect.times(2));
    pair.client.sign_in(&pair.login_code()).await.unwrap_err();
    pair.client.check().await.unwrap_err();
    assert_eq!(pair.mock.count("/redirected"), 0);
    assert_eq!(pair.mock.calls().len(), 2);
}

#[tokio::test]
async fn a_gigabyte_is_not_read() {
    let pair = pair();
    pair.mock.fault(FaultKind::HugeBody.times(1));
    let start = monotonic();
    let signed_in = pair.client.sign_in(&pair.login_code()).await;
    assert_eq!(signed_in, Err(WechatError::Garbage));
    assert!(elapsed(start) < Duration::from_secs(3), "{:?}", elapsed(start));
    // What the machine's socket buffers hold is more than what we read, and far from a gigabyte.
    let sent = pair.mock.flooded_bytes();
    assert!((65_536..32 << 20).contains(&sent), "{sent}");
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_time_out() {
    let pair = impatient(Duration::from_millis(300));
    pair.mock.fault(FaultKind::Drip(Duration::from_millis(20)).always());
    let start = monotonic();
    let signed_in = pair.client.sign_in(&pair.login_code()).await;
    assert_eq!(signed_in, Err(WechatError::Unavailable));
    assert_eq!(pair.client.check().await, Err(WechatError::Unavailable));
    assert!(elapsed(start) < Duration::from_secs(3), "{:?}", elapsed(start));
    assert_eq!(pair.mock.count(SESSION), 1);
    assert!(pair.mock.count(TOKEN) >= 1);
}

#[tokio::test]
async fn a_limit_by_http_status_is_a_limit() {
    let pair = pair();
    pair.mock.fault(FaultKind::Status(429).times(1));
    let signed_in = pair.client.sign_in(&pair.login_code()).await;
    assert_eq!(signed_in, Err(WechatError::RateLimited));
    assert_eq!(pair.mock.count(SESSION), 1);
}

#[tokio::test]
async fn after_any_of_it_the_next_call_works() {
    let pair = pair();
    for fault in [FaultKind::HugeBody, FaultKind::Truncated, FaultKind::Drop, FaultKind::Garbage] {
        pair.mock.fault(fault.times(1));
        pair.client.sign_in(&pair.login_code()).await.unwrap_err();
        assert!(pair.client.sign_in(&pair.login_code()).await.is_ok(), "{fault:?}");
    }
}
