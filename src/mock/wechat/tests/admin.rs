//! `/__admin` as curl sees it.

use std::io::{Read, Write};
use std::net::TcpStream;

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

use super::super::{FaultKind, MockWechat, MockWechatConfig};
use crate::kernel::clock::Clock;

fn start() -> MockWechat {
    let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
    MockWechat::start(MockWechatConfig::new(clock)).unwrap()
}

/// Status and body of one plain HTTP/1.1 exchange with curl's content type.
fn http(mock: &MockWechat, method: &str, path: &str, body: &str) -> (u16, String) {
    let address = mock.base_url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return (0, answer) };
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn call(mock: &MockWechat, method: &str, path: &str, body: &str) -> (u16, Value) {
    let (status, body) = http(mock, method, path, body);
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn session_path(mock: &MockWechat, code: &str) -> String {
    let secret = secrecy::ExposeSecret::expose_secret(mock.app_secret());
    format!(
        "/sns/jscode2session?appid={}&secret={secret}&js_code={code}&grant_type=authorization_code",
        mock.app_id()
    )
}

#[test]
fn a_developer_signs_lina_in_with_two_curl_lines() {
    let mock = start();
    let (status, issued) = call(&mock, "POST", "/__admin/login-codes", r#"{"user":"lina"}"#);
    assert_eq!((status, &issued["user"]["user"]), (200, &json!("lina")));
    let path = session_path(&mock, issued["code"].as_str().unwrap());
    let (status, session) = call(&mock, "GET", &path, "");
    assert_eq!((status, &session["openid"]), (200, &issued["user"]["openid"]));
    let (status, again) = call(&mock, "GET", &path, "");
    assert_eq!((status, &again["errcode"]), (200, &json!(40163)), "refusals are HTTP 200");
}

#[test]
fn the_page_lists_every_call_with_a_curl_line_that_fits_this_server() {
    let mock = start();
    let (status, page) = http(&mock, "GET", "/__admin", "");
    assert_eq!(status, 200);
    let calls = ["users", "login-codes", "phone-codes", "faults", "clock", "settings", "calls"];
    for call in calls.into_iter().chain(["counters", "reset"]) {
        assert!(page.contains(&format!("{}/__admin/{call}", mock.base_url)), "{call}");
    }
    assert!(page.contains(mock.app_id()) && !page.contains("{at}"));
}

/// Runs the `-d` lines of the page, so that the page stays true.
#[test]
fn every_admin_line_of_the_page_works_as_it_stands() {
    let mock = start();
    let (_, page) = http(&mock, "GET", "/__admin", "");
    let lines = page.lines().filter_map(|line| line.trim().strip_prefix("curl -s "));
    let mut tried = 0;
    for line in lines.filter(|line| line.contains("/__admin/")) {
        let (method, line) = match line.strip_prefix("-X ") {
            Some(rest) => rest.split_once(' ').unwrap(),
            None => (if line.contains(" -d ") { "POST" } else { "GET" }, line),
        };
        let (url, body) = line.split_once(" -d ").unwrap_or((line, ""));
        let path = url.strip_prefix(&mock.base_url).unwrap();
        let (status, answer) = http(&mock, method, path, body.trim_matches('\''));
        assert!((200..300).contains(&status), "{line}: {status} {answer}");
        tried += 1;
    }
    assert!(tried >= 15, "{tried}");
}

#[test]
fn malformed_admin_calls_say_what_is_wrong() {
    let mock = start();
    let table = [
        ("/__admin/login-codes", "", 400, "EOF"),
        ("/__admin/login-codes", "{}", 400, "either"),
        ("/__admin/login-codes", r#"{"user":"a","openid":"b"}"#, 400, "either"),
        ("/__admin/login-codes", r#"{"nickname":"a"}"#, 400, "unknown field"),
        ("/__admin/login-codes", r#"{"openid":"o-nobody"}"#, 404, "nobody"),
        ("/__admin/phone-codes", r#"{"user":"a"}"#, 400, "no phone"),
        ("/__admin/users", r#"{"user":"a","phone":"+86"}"#, 400, "digits"),
        ("/__admin/faults", r#"{"kind":"earthquake"}"#, 400, "unknown variant"),
        ("/__admin/clock", r#"{"advance_seconds":-1}"#, 400, "invalid value"),
        ("/__admin/settings", r#"{"country_code":"roman"}"#, 400, "unknown variant"),
        ("/__admin/login-code", r#"{"user":"a"}"#, 404, "no such call"),
    ];
    for (path, body, expected, text) in table {
        let (status, answer) = call(&mock, "POST", path, body);
        assert_eq!(status, expected, "{path} {body}");
        assert!(answer["error"].as_str().unwrap().contains(text), "{path} {body}: {answer}");
    }
}

#[test]
fn the_call_log_hides_secrets_tokens_and_codes() {
    let mock = start();
    let secret = secrecy::ExposeSecret::expose_secret(mock.app_secret());
    let (_, issued) = call(&mock, "POST", "/__admin/login-codes", r#"{"user":"lina"}"#);
    let code = issued["code"].as_str().unwrap();
    call(&mock, "GET", &session_path(&mock, code), "");
    let body = json!({"grant_type": "client_credential", "appid": mock.app_id(), "secret": secret});
    let (_, grant) = call(&mock, "POST", "/cgi-bin/stable_token", &body.to_string());
    let token = grant["access_token"].as_str().unwrap();
    let phone = format!("/wxa/business/getuserphonenumber?access_token={token}");
    call(&mock, "POST", &phone, &json!({ "code": code }).to_string());

    let (_, log) = http(&mock, "GET", "/__admin/calls", "");
    for hidden in [secret, code, token] {
        assert!(!log.contains(hidden), "{hidden} in {log}");
    }
    let log: Value = serde_json::from_str(&log).unwrap();
    let errcodes: Vec<_> = log["calls"].as_array().unwrap().iter().map(|c| &c["errcode"]).collect();
    assert_eq!(errcodes, [&json!(0), &json!(0), &json!(40029)]);
    let (_, counters) = call(&mock, "GET", "/__admin/counters", "");
    assert_eq!(counters["/sns/jscode2session"], json!({"calls": 1, "answered": {"0": 1}}));
}

#[test]
fn a_fault_strikes_its_path_as_often_as_asked() {
    let mock = start();
    let fault = r#"{"kind":"status","status":503,"path":"/cgi-bin/token","times":2}"#;
    let (_, listed) = call(&mock, "POST", "/__admin/faults", fault);
    assert_eq!(listed["faults"][0], serde_json::from_str::<Value>(fault).unwrap());
    let status = |path: &str| http(&mock, "GET", path, "").0;
    let seen = [status("/cgi-bin/token"), status("/sns/jscode2session"), status("/cgi-bin/token")];
    assert_eq!(seen, [503, 200, 503]);
    assert_eq!(status("/cgi-bin/token"), 200);
    mock.fault(FaultKind::Drop.always());
    assert_eq!(http(&mock, "GET", "/cgi-bin/token", ""), (0, String::new()));
    assert_eq!(http(&mock, "DELETE", "/__admin/faults", "").0, 204);
    assert_eq!(status("/cgi-bin/token"), 200);
}

#[test]
fn every_kind_of_fault_is_known_by_name_and_listed_as_it_was_asked_for() {
    let mock = start();
    let kinds = [
        json!({"kind": "slow", "millis": 7}),
        json!({"kind": "status", "status": 418}),
        json!({"kind": "errcode", "errcode": 45009}),
        json!({"kind": "bad_gateway"}),
        json!({"kind": "redirect"}),
        json!({"kind": "drop"}),
        json!({"kind": "lose_answer"}),
        json!({"kind": "truncated"}),
        json!({"kind": "garbage"}),
        json!({"kind": "wrong_types"}),
        json!({"kind": "deep_json"}),
        json!({"kind": "huge_body"}),
        json!({"kind": "drip", "millis": 9}),
        json!({"kind": "token_expired"}),
        json!({"kind": "token_revoked"}),
    ];
    for kind in &kinds {
        assert_eq!(http(&mock, "POST", "/__admin/faults", &kind.to_string()).0, 200);
    }
    let (_, listed) = call(&mock, "GET", "/__admin/faults", "");
    assert_eq!(listed["faults"], json!(kinds));
}

#[test]
fn a_reset_forgets_everything() {
    let mock = start();
    http(&mock, "POST", "/__admin/login-codes", r#"{"user":"lina"}"#);
    http(&mock, "POST", "/__admin/faults", r#"{"kind":"drop"}"#);
    http(&mock, "POST", "/__admin/clock", r#"{"advance_seconds":60}"#);
    let (_, before) = call(&mock, "GET", "/__admin/clock", "");
    assert_eq!(http(&mock, "POST", "/__admin/reset", "").0, 204);
    let (_, after) = call(&mock, "GET", "/__admin/clock", "");
    assert_ne!(before, after);
    assert_eq!(call(&mock, "GET", "/__admin/users", "").1["users"], json!([]));
    assert_eq!(call(&mock, "GET", "/__admin/faults", "").1["faults"], json!([]));
    assert_eq!(call(&mock, "GET", "/__admin/calls", "").1["calls"], json!([]));
}

#[test]
fn a_dropped_stand_in_frees_its_port() {
    let mock = start();
    let address = mock.base_url.strip_prefix("http://").unwrap().to_owned();
    drop(mock);
    let is_closed = || TcpStream::connect(&address).is_err();
    let closed = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        is_closed()
    });
    assert!(closed);
}

#[test]
fn a_taken_address_is_an_error() {
    let mock = start();
    let listen = mock.base_url.strip_prefix("http://").unwrap().parse().unwrap();
    let config = MockWechatConfig { listen, ..MockWechatConfig::new(Clock::system()) };
    assert!(MockWechat::start(config).is_err());
}
