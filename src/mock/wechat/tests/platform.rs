//! What WeChat documents, call by call.

use chrono::{DateTime, TimeDelta};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::super::answer::{Family, Refusal};
use super::super::calls::Call;
use super::super::users::NewUser;
use super::super::world::{Person, World};
use super::super::{AdminRefusal, api};
use crate::kernel::clock::Clock;

const APP: &str = "wx5f1d8c2e9a7b3046";
const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn world() -> World {
    let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
    World::new(APP.to_owned(), SecretString::from(SECRET), clock)
}

fn ask(world: &World, method: &str, url: &str, body: &str) -> Result<Value, Refusal> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let call = Call {
        method: method.to_owned(),
        path: path.to_owned(),
        query: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        body: body.as_bytes().to_vec(),
    };
    api::answer(world, &mut world.lock(), &call)
}

fn errcode(outcome: Result<Value, Refusal>) -> i64 {
    outcome.map_or_else(|refusal| refusal.0, |_| 0)
}

fn session_url(code: &str) -> String {
    format!(
        "/sns/jscode2session?appid={APP}&secret={SECRET}&js_code={code}&grant_type=authorization_code"
    )
}

fn stable_token(world: &World) -> String {
    let body = json!({"grant_type": "client_credential", "appid": APP, "secret": SECRET});
    let answer = ask(world, "POST", "/cgi-bin/stable_token", &body.to_string()).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

fn with_phone() -> NewUser {
    NewUser { phone: Some("13580006666".to_owned()), ..NewUser::default() }
}

fn lina() -> Person {
    Person::Nickname("lina".to_owned())
}

#[test]
fn the_token_calls_refuse_in_the_documented_order() {
    let world = world();
    let legacy = |query: &str| errcode(ask(&world, "GET", &format!("/cgi-bin/token?{query}"), ""));
    let foreign = "ab".repeat(16);
    assert_eq!(legacy(""), 41002);
    assert_eq!(legacy("appid=wx0&secret=x&grant_type=y"), 40013, "the app id comes first");
    assert_eq!(legacy(&format!("appid={APP}")), 41004);
    assert_eq!(legacy(&format!("appid={APP}&secret=")), 41004);
    assert_eq!(legacy(&format!("appid={APP}&secret=x")), 40125);
    assert_eq!(legacy(&format!("appid={APP}&secret={foreign}")), 40001);
    assert_eq!(legacy(&format!("appid={APP}&secret={SECRET}")), 40002);
    assert_eq!(legacy(&format!("appid={APP}&secret={SECRET}&grant_type=client_credential")), 0);
}

#[test]
fn a_stable_token_is_posted_for_as_json() {
    let world = world();
    let post = |body: &str| errcode(ask(&world, "POST", "/cgi-bin/stable_token", body));
    assert_eq!(errcode(ask(&world, "GET", "/cgi-bin/stable_token", "{}")), 43002);
    assert_eq!(post(""), 44002);
    for malformed in ["{", "[]", "\"x\"", "a=b", "{\"appid\":1}{"] {
        assert_eq!(post(malformed), 47001, "{malformed}");
    }
    assert_eq!(post("{}"), 41002);
    assert_eq!(post(r#"{"appid":"wx0","secret":"x"}"#), 40013);
    assert_eq!(post(&json!({"appid": APP}).to_string()), 41004);
    assert_eq!(post(&json!({"appid": APP, "secret": SECRET}).to_string()), 40002);
    let mut body = json!({"appid": APP, "secret": SECRET, "grant_type": "client_credential"});
    assert_eq!(post(&body.to_string()), 0);
    body["force_refresh"] = json!("yes");
    assert_eq!(post(&body.to_string()), 47001);
}

#[test]
fn a_sign_in_refuses_what_it_must() {
    let world = world();
    let code = world.login_code(lina(), NewUser::default()).unwrap().code;
    let get = |url: &str| errcode(ask(&world, "GET", url, ""));
    assert_eq!(errcode(ask(&world, "POST", &session_url(&code), "")), 43001);
    assert_eq!(get(&session_url("")), 41008);
    assert_eq!(get(&session_url("nobody")), 40029);
    assert_eq!(get(&session_url(&code).replace("authorization_code", "x")), 40002);
    assert_eq!(get(&session_url(&code)), 0, "refusals did not cost the code");
    assert_eq!(get(&session_url(&code)), 40163);
}

#[test]
fn a_sign_in_answers_in_the_documented_shape_with_another_session_key_each_time() {
    let world = world();
    let sign_in = |with: NewUser| {
        let code = world.login_code(lina(), with).unwrap().code;
        assert!(code.len() >= 32 && code.bytes().all(|b| b.is_ascii_alphanumeric()), "{code}");
        ask(&world, "GET", &session_url(&code), "").unwrap()
    };
    let first = sign_in(NewUser::default());
    let unionid = Some("ocMvos6NjeKLIBqg5Mr9QjxrP1FA".to_owned());
    let second = sign_in(NewUser { unionid, ..NewUser::default() });
    let keys = |answer: &Value| answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&first), ["openid", "session_key"], "no errcode on success");
    assert_eq!(keys(&second), ["openid", "session_key", "unionid"]);
    assert_eq!(first["openid"], second["openid"]);
    assert_eq!(first["openid"].as_str().unwrap().len(), 28);
    assert_ne!(first["session_key"], second["session_key"]);
    assert_eq!(first["session_key"].as_str().unwrap().len(), 24);
}

#[test]
fn a_phone_call_checks_the_token_before_all_else() {
    let world = world();
    let path = "/wxa/business/getuserphonenumber";
    let code = world.phone_code(lina(), with_phone()).unwrap().code;
    let body = json!({ "code": code }).to_string();
    let post = |token: &str, body: &str| {
        errcode(ask(&world, "POST", &format!("{path}?access_token={token}"), body))
    };
    assert_eq!(errcode(ask(&world, "POST", path, &body)), 41001);
    assert_eq!(post("nonsense", ""), 40001);
    let token = stable_token(&world);
    assert_eq!(errcode(ask(&world, "GET", &format!("{path}?access_token={token}"), "")), 43002);
    assert_eq!(post(&token, ""), 44002);
    assert_eq!(post(&token, "{"), 47001);
    assert_eq!(post(&token, r#"{"code":7}"#), 47001);
    assert_eq!(post(&token, "{}"), 41008);
    assert_eq!(post(&token, &json!({ "code": code, "openid": "o-other" }).to_string()), 40003);
    assert_eq!(post(&token, &body), 0);
    assert_eq!(post(&token, &body), 40029, "used");
    world.advance(TimeDelta::hours(2));
    assert_eq!(post(&token, &body), 42001);
}

#[test]
fn a_legacy_token_opens_the_phone_call_as_well() {
    let world = world();
    let url = format!("/cgi-bin/token?appid={APP}&secret={SECRET}&grant_type=client_credential");
    let token = ask(&world, "GET", &url, "").unwrap()["access_token"].clone();
    let code = world.phone_code(lina(), with_phone()).unwrap().code;
    let url = format!("/wxa/business/getuserphonenumber?access_token={}", token.as_str().unwrap());
    let answer = ask(&world, "POST", &url, &json!({ "code": code }).to_string()).unwrap();
    let expected = json!({
        "errcode": 0,
        "errmsg": "ok",
        "phone_info": {
            "phoneNumber": "13580006666",
            "purePhoneNumber": "13580006666",
            "countryCode": "86",
            "watermark": { "timestamp": 1_728_000_000, "appid": APP },
        },
    });
    assert_eq!(answer, expected);
}

#[test]
fn an_unknown_path_is_an_invalid_url() {
    assert_eq!(errcode(ask(&world(), "GET", "/sns/nothing", "")), 40066);
}

#[test]
fn a_refusal_carries_a_request_id_where_wechat_writes_it() {
    let now = DateTime::from_timestamp(0x65f0_a1b2, 0).unwrap();
    let text = |path: &str, code| {
        let answer = Family::of(path).refuse(Refusal(code), now);
        assert_eq!(answer["errcode"], code);
        answer["errmsg"].as_str().unwrap().to_owned()
    };
    assert!(text("/sns/x", 40163).starts_with("code been used, rid: 65f0a1b2-"));
    assert!(text("/wxa/x", 41001).starts_with("access_token missing rid: 65f0a1b2-"));
    let phone = text("/wxa/x", 40029);
    assert!(phone.starts_with("invalid code hint: [") && phone.contains("] rid: 65f0a1b2-"));
    let credential = text("/cgi-bin/x", 40001);
    let (_, rid) = credential.rsplit_once("rid: ").unwrap();
    assert_eq!(rid.split('-').map(str::len).collect::<Vec<_>>(), [8, 8, 8]);
}

#[test]
fn traits_that_are_not_mentioned_again_stay() {
    let world = world();
    let blocked = NewUser {
        user: Some("lina".to_owned()),
        high_risk: Some(true),
        country_code: Some("852".to_owned()),
        ..with_phone()
    };
    let before = world.put_user(blocked).unwrap();
    let after = world.login_code(lina(), NewUser::default()).unwrap().user;
    assert_eq!(before, after);
    assert_eq!(world.users().len(), 1);
}

#[test]
fn impossible_people_and_codes_are_refused() {
    let world = world();
    let nobody = Person::OpenId("o-nobody".to_owned());
    let refused = world.login_code(nobody, NewUser::default());
    assert_eq!(refused, Err(AdminRefusal::NobodyHasOpenId));
    assert_eq!(world.phone_code(lina(), NewUser::default()), Err(AdminRefusal::NoPhone));
    let phone = |phone: &str| {
        world.put_user(NewUser { phone: Some(phone.to_owned()), ..NewUser::default() })
    };
    for bad in ["", "123", "+8613580006666", "1358000666x", "1234567890123456"] {
        assert_eq!(phone(bad), Err(AdminRefusal::BadPhone), "{bad}");
    }
    for bad in [String::new(), "x".repeat(65)] {
        let person = Person::Nickname(bad);
        assert_eq!(world.login_code(person, NewUser::default()), Err(AdminRefusal::BadId));
    }
}

#[test]
fn time_moves_ahead_only_and_not_past_its_end() {
    let world = world();
    let start = world.time();
    assert_eq!(world.advance(TimeDelta::seconds(-5)), start);
    assert_eq!(world.advance(TimeDelta::seconds(5)) - start, TimeDelta::seconds(5));
    let end = world.advance(TimeDelta::MAX);
    assert_eq!(world.advance(TimeDelta::MAX), end);
}
