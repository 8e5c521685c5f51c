//! One-time codes and what WeChat says about them.

use chrono::TimeDelta;

use super::super::WechatError;
use super::{PHONE, SESSION, TOKEN, pair};
use crate::mock::wechat::{CountryCodeForm, FaultKind, NewUser, Person};

fn named(user: &str) -> NewUser {
    NewUser { user: Some(user.to_owned()), ..NewUser::default() }
}

#[tokio::test]
async fn a_login_code_tells_who_she_is() {
    let pair = pair();
    let issued = pair.mock.login_code(Person::Nickname("lina".to_owned())).unwrap();
    let identity = pair.client.sign_in(&issued.code).await.unwrap();
    assert_eq!(identity.openid.as_str(), issued.user.openid);
    assert_eq!(identity.union_id, None, "the app is not bound to an open-platform account");
}

#[tokio::test]
async fn a_bound_app_tells_her_unionid_too() {
    let pair = pair();
    let unionid = Some("ocMvos6NjeKLIBqg5Mr9QjxrP1FA".to_owned());
    let user = pair.mock.add_user(NewUser { unionid, ..named("lina") }).unwrap();
    let identity = pair.client.sign_in(&pair.login_code()).await.unwrap();
    assert_eq!(identity.openid.as_str(), user.openid);
    assert_eq!(identity.union_id.unwrap().as_str(), "ocMvos6NjeKLIBqg5Mr9QjxrP1FA");
}

#[tokio::test]
async fn the_same_nickname_stays_the_same_person() {
    let pair = pair();
    let first = pair.client.sign_in(&pair.login_code()).await.unwrap();
    pair.mock.reset();
    let second = pair.client.sign_in(&pair.login_code()).await.unwrap();
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_login_code_is_good_once() {
    let pair = pair();
    let code = pair.login_code();
    pair.client.sign_in(&code).await.unwrap();
    assert_eq!(pair.client.sign_in(&code).await, Err(WechatError::CodeUsed));
}

#[tokio::test]
async fn two_who_send_the_same_login_code_at_once_get_one_identity() {
    let pair = pair();
    let code = pair.login_code();
    let (one, other) = tokio::join!(pair.client.sign_in(&code), pair.client.sign_in(&code));
    assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|ok| **ok).count(), 1);
    assert_eq!(one.and(other), Err(WechatError::CodeUsed));
}

#[tokio::test]
async fn a_login_code_dies_after_five_minutes() {
    let pair = pair();
    let code = pair.login_code();
    pair.mock.advance(TimeDelta::seconds(299));
    let other = pair.login_code();
    pair.mock.advance(TimeDelta::seconds(1));
    assert_eq!(pair.client.sign_in(&code).await, Err(WechatError::CodeInvalid));
    assert!(pair.client.sign_in(&other).await.is_ok());
}

#[tokio::test]
async fn the_two_kinds_of_code_are_not_each_other() {
    let pair = pair();
    let (phone_code, openid) = pair.phone_code();
    assert_eq!(pair.client.sign_in(&phone_code).await, Err(WechatError::CodeInvalid));
    let taken = pair.client.phone_number(&pair.login_code(), &openid).await;
    assert_eq!(taken, Err(WechatError::CodeInvalid));
    assert!(pair.client.phone_number(&phone_code, &openid).await.is_ok(), "not consumed above");
}

#[tokio::test]
async fn what_cannot_be_a_code_costs_no_call() {
    let pair = pair();
    let long = "x".repeat(257);
    for code in ["", " ", "a b", "码", "a\u{0}", "a\r\nb", long.as_str()] {
        assert_eq!(pair.client.sign_in(code).await, Err(WechatError::CodeInvalid), "{code:?}");
        let phone = pair.client.phone_number(code, "o").await;
        assert_eq!(phone, Err(WechatError::CodeInvalid), "{code:?}");
    }
    assert!(pair.mock.calls().is_empty());
}

#[tokio::test]
async fn a_code_with_url_syntax_in_it_arrives_as_it_is() {
    let pair = pair();
    let code = "a&secret=x#?%41+/\"'";
    assert_eq!(pair.client.sign_in(code).await, Err(WechatError::CodeInvalid));
    let call = pair.mock.calls().remove(0);
    let keys: Vec<&str> = call.query.keys().map(String::as_str).collect();
    assert_eq!(keys, ["appid", "grant_type", "js_code", "secret"]);
    assert_eq!(call.errcode, Some(40029));
}

#[tokio::test]
async fn a_high_risk_user_is_blocked() {
    let pair = pair();
    pair.mock.add_user(NewUser { high_risk: Some(true), ..named("lina") }).unwrap();
    let signed_in = pair.client.sign_in(&pair.login_code()).await;
    assert_eq!(signed_in, Err(WechatError::UserBlocked));
    assert_eq!(pair.mock.count(SESSION), 1);
}

#[tokio::test]
async fn the_hundred_and_first_sign_in_of_a_minute_is_limited() {
    let pair = pair();
    for _ in 0..100 {
        pair.client.sign_in(&pair.login_code()).await.unwrap();
    }
    let code = pair.login_code();
    assert_eq!(pair.client.sign_in(&code).await, Err(WechatError::RateLimited));
    pair.mock.advance(TimeDelta::minutes(1));
    assert!(pair.client.sign_in(&code).await.is_ok(), "the limited call did not cost the code");
}

#[tokio::test]
async fn each_errcode_has_one_sense_and_is_not_repeated() {
    let pair = pair();
    let misconfigured = |errcode| WechatError::Misconfigured { errcode };
    let table = [
        (40029, WechatError::CodeInvalid),
        (41008, WechatError::CodeInvalid),
        (40163, WechatError::CodeUsed),
        (40226, WechatError::UserBlocked),
        (45009, WechatError::RateLimited),
        (45011, WechatError::RateLimited),
        (40013, misconfigured(40013)),
        (40125, misconfigured(40125)),
        (40164, misconfigured(40164)),
        (40243, misconfigured(40243)),
        (41002, misconfigured(41002)),
        (41004, misconfigured(41004)),
        (50007, misconfigured(50007)),
        (123_456_789, misconfigured(123_456_789)),
    ];
    for (errcode, expected) in table {
        pair.mock.fault(FaultKind::Errcode(errcode).times(1));
        let signed_in = pair.client.sign_in(&pair.login_code()).await;
        assert_eq!(signed_in, Err(expected), "{errcode}");
    }
    assert_eq!(pair.mock.count(SESSION), table.len() as u64);
}

#[tokio::test]
async fn a_phone_code_gives_the_number_whatever_the_type_of_the_country_code() {
    let pair = pair();
    for form in [CountryCodeForm::Text, CountryCodeForm::Number] {
        pair.mock.write_country_code_as(form);
        let (code, openid) = pair.phone_code();
        let phone = pair.client.phone_number(&code, &openid).await.unwrap();
        assert_eq!((phone.country_code.as_str(), phone.number.as_str()), ("86", "13580006666"));
    }
}

#[tokio::test]
async fn a_foreign_number_comes_without_its_country_code() {
    let pair = pair();
    let mei = NewUser {
        phone: Some("98765432".to_owned()),
        country_code: Some("852".to_owned()),
        ..named("mei")
    };
    let openid = pair.mock.add_user(mei).unwrap().openid;
    let code = pair.mock.phone_code(Person::OpenId(openid.clone())).unwrap().code;
    let phone = pair.client.phone_number(&code, &openid).await.unwrap();
    assert_eq!((phone.country_code.as_str(), phone.number.as_str()), ("852", "98765432"));
}

#[tokio::test]
async fn a_phone_code_is_good_once_and_for_five_minutes() {
    let pair = pair();
    let (code, openid) = pair.phone_code();
    pair.client.phone_number(&code, &openid).await.unwrap();
    let again = pair.client.phone_number(&code, &openid).await;
    assert_eq!(again, Err(WechatError::CodeInvalid));
    let (code, openid) = pair.phone_code();
    pair.mock.advance(TimeDelta::minutes(5));
    let late = pair.client.phone_number(&code, &openid).await;
    assert_eq!(late, Err(WechatError::CodeInvalid));
}

#[tokio::test]
async fn a_phone_code_of_somebody_else_is_refused_and_stays_hers() {
    let pair = pair();
    let (code, openid) = pair.phone_code();
    let thief = pair.mock.add_user(named("thief")).unwrap().openid;
    let stolen = pair.client.phone_number(&code, &thief).await;
    assert_eq!(stolen, Err(WechatError::CodeInvalid));
    assert!(pair.client.phone_number(&code, &openid).await.is_ok());
}

#[tokio::test]
async fn wrong_credentials_are_told_apart_and_not_tried_twice() {
    let pair = pair();
    let misconfigured = |errcode| Err(WechatError::Misconfigured { errcode });
    let elsewhere = pair.client_with("wx0000000000000000", "x");
    assert_eq!(elsewhere.check().await, misconfigured(40013));
    let malformed = pair.client_with(pair.mock.app_id(), "x");
    assert_eq!(malformed.check().await, misconfigured(40125));
    assert_eq!(malformed.sign_in(&pair.login_code()).await.map(drop), misconfigured(40125));
    // 40001 is about the secret here, not about a stale token: no refresh can help.
    let foreign = pair.client_with(pair.mock.app_id(), &"ab".repeat(16));
    let (code, openid) = pair.phone_code();
    let before = pair.mock.count(TOKEN);
    assert_eq!(foreign.phone_number(&code, &openid).await.map(drop), misconfigured(40001));
    assert_eq!((pair.mock.count(TOKEN) - before, pair.mock.count(PHONE)), (1, 0));
    assert_eq!(pair.client.check().await, Ok(()));
}
