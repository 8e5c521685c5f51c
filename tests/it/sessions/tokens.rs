//! Access tokens under attack (S9).

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use huiyi::kernel::codes::{Audience, StaffRole};
use huiyi::kernel::ids::SessionId;
use huiyi::kernel::jwt::TokenKey;
use huiyi::sessions::service::authenticate;
use serde_json::{Value, json};

use super::{open, somebody};
use crate::support::TestApp;

const ROUTE: &str = "/v1/member/sessions";

/// An app whose signing key the attacker has: only the checks beside the signature are left.
struct Forge {
    app: TestApp,
    pair: Ed25519KeyPair,
    /// A token that the app gave out.
    genuine: String,
}

impl Forge {
    async fn start() -> Self {
        let pem = TokenKey::generate_pem().unwrap();
        let key = pem.clone();
        let app = TestApp::start_with(move |config| config.security.signing_key = key.into()).await;
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let pair = Ed25519KeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap();
        let genuine = open(&app.app, somebody(&app.app), "x").await.access;
        Self { app, pair, genuine }
    }

    fn part(&self, n: usize) -> Value {
        let part = self.genuine.split('.').nth(n).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    fn header(&self, change: Value) -> String {
        changed(self.part(0), change).to_string()
    }

    fn claims(&self, change: Value) -> String {
        changed(self.part(1), change).to_string()
    }

    /// Signed as the app signs.
    fn signed(&self, header: &str, claims: &str) -> String {
        signed_by(&self.pair, header, claims)
    }

    fn with_claims(&self, change: Value) -> String {
        self.signed(&self.header(json!({})), &self.claims(change))
    }

    fn with_header(&self, change: Value) -> String {
        self.signed(&self.header(change), &self.claims(json!({})))
    }

    fn without(&self, claim: &str) -> String {
        self.with_claims(json!({claim: "\u{0}remove"}))
    }

    /// The claims with `more` written before the last brace: the only way to say a name twice.
    fn with_raw(&self, more: &str) -> String {
        let claims = self.claims(json!({}));
        self.signed(&self.header(json!({})), &format!("{}{more}}}", &claims[..claims.len() - 1]))
    }

    async fn status(&self, token: &str) -> u16 {
        self.app.get(ROUTE).bearer(token).send().await.status
    }
}

fn changed(mut value: Value, change: Value) -> Value {
    let object = value.as_object_mut().unwrap();
    for (name, value) in change.as_object().unwrap() {
        if value == "\u{0}remove" {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    value
}

fn encoded(header: &str, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

fn signed_by(pair: &Ed25519KeyPair, header: &str, claims: &str) -> String {
    let text = encoded(header, claims);
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes()));
    format!("{text}.{signature}")
}

fn hmac_signed(key: &[u8], header: &str, claims: &str) -> String {
    let text = encoded(header, claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// Signatures that are not the app's own.
fn bad_signatures(forge: &Forge) -> Vec<(&'static str, String)> {
    let claims = forge.claims(json!({}));
    let header = forge.header(json!({}));
    let alg = |alg: &str| forge.header(json!({"alg": alg}));
    let public = forge.pair.public_key().as_ref();
    let other = Ed25519KeyPair::generate().unwrap();
    let mine = URL_SAFE_NO_PAD.encode(other.public_key().as_ref());
    let jwk = json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": mine}});
    let [head, body, signature] = forge.genuine.split('.').collect::<Vec<_>>()[..] else {
        panic!()
    };
    let altered = URL_SAFE_NO_PAD.encode(forge.claims(json!({"aud": "admin"})));
    vec![
        ("alg none, no signature", format!("{}.", encoded(&alg("none"), &claims))),
        ("alg none, two parts", encoded(&alg("none"), &claims)),
        ("alg None", format!("{}.", encoded(&alg("None"), &claims))),
        ("alg none, our signature", forge.signed(&alg("none"), &claims)),
        ("HS256 with the public key", hmac_signed(public, &alg("HS256"), &claims)),
        (
            "HS256 with the public key in base64",
            hmac_signed(mine.as_bytes(), &alg("HS256"), &claims),
        ),
        ("HS256 with no key", hmac_signed(b"\0", &alg("HS256"), &claims)),
        ("RS256 named, our signature", forge.signed(&alg("RS256"), &claims)),
        ("ES256 named, our signature", forge.signed(&alg("ES256"), &claims)),
        ("another key under our kid", signed_by(&other, &header, &claims)),
        ("another key in jwk", signed_by(&other, &forge.header(jwk), &claims)),
        (
            "another key at jku",
            signed_by(&other, &forge.header(json!({"jku": "https://evil.example/k"})), &claims),
        ),
        (
            "another key at x5u",
            signed_by(&other, &forge.header(json!({"x5u": "https://evil.example/k"})), &claims),
        ),
        ("no signature", format!("{head}.{body}.")),
        ("signature cut off", format!("{head}.{body}.{}", &signature[..40])),
        ("signature of zeros", format!("{head}.{body}.{}", "A".repeat(86))),
        ("claims changed", format!("{head}.{altered}.{signature}")),
        ("a fourth part", format!("{}.x", forge.genuine)),
        ("five parts, as if encrypted", format!("{head}.{body}.{signature}.{body}.{signature}")),
        ("padded base64", format!("{head}.{body}.{signature}==")),
        ("three dots", "...".to_owned()),
    ]
}

/// Headers under our own good signature.
fn bad_headers(forge: &Forge) -> Vec<(&'static str, String)> {
    let claims = forge.claims(json!({}));
    let kid = |kid: Value| forge.with_header(json!({"kid": kid}));
    let hs =
        |kid: &str| hmac_signed(b"\0", &forge.header(json!({"alg": "HS256", "kid": kid})), &claims);
    vec![
        ("no kid", kid("\u{0}remove".into())),
        ("empty kid", kid("".into())),
        ("kid null", kid(Value::Null)),
        ("kid a number", kid(1.into())),
        ("kid of another key", kid("0000000000000000".into())),
        ("kid a path", hs("../../../../dev/null")),
        ("kid SQL", hs("x' UNION SELECT 'AA==' -- ")),
        ("header no JSON", forge.signed("alg", &claims)),
        ("header a list", forge.signed("[]", &claims)),
    ]
}

/// Claims under our own good signature.
fn bad_claims(forge: &Forge) -> Vec<(&'static str, String)> {
    let exp = |exp: Value| forge.with_claims(json!({"exp": exp}));
    let now = forge.app.now().timestamp();
    let nobody = SessionId::new(forge.app.now());
    vec![
        ("exp text (RM13)", exp("9999999999".into())),
        ("exp a float", exp(json!(4_102_444_800.5))),
        ("exp a huge float", exp(json!(1e300))),
        ("exp negative", exp((-1).into())),
        ("exp zero", exp(0.into())),
        ("exp null", exp(Value::Null)),
        ("exp a list", exp(json!([9_999_999_999_i64]))),
        ("exp now", exp(now.into())),
        ("exp in a hundred years", exp((now + 3_155_760_000).into())),
        ("exp the largest number", exp(i64::MAX.into())),
        ("exp above every number", forge.with_raw(r#","exp":99999999999999999999"#)),
        ("iat to come", forge.with_claims(json!({"iat": now + 3600, "exp": now + 3700}))),
        ("iat text", forge.with_claims(json!({"iat": now.to_string()}))),
        ("iat the smallest number", forge.with_claims(json!({"iat": i64::MIN}))),
        ("no exp", forge.without("exp")),
        ("no iat", forge.without("iat")),
        ("no sub", forge.without("sub")),
        ("no aud", forge.without("aud")),
        ("no typ", forge.without("typ")),
        ("no sid", forge.without("sid")),
        ("no jti", forge.without("jti")),
        ("no iss", forge.without("iss")),
        ("exp twice", forge.with_raw(&format!(",\"exp\":{}", now + 600))),
        ("aud twice", forge.with_raw(r#","aud":"member""#)),
        ("aud of guides", forge.with_claims(json!({"aud": "guide"}))),
        ("aud a list", forge.with_claims(json!({"aud": ["member", "admin"]}))),
        ("aud upper case", forge.with_claims(json!({"aud": "MEMBER"}))),
        ("iss another", forge.with_claims(json!({"iss": "evil"}))),
        ("typ refresh", forge.with_claims(json!({"typ": "refresh"}))),
        ("typ id", forge.with_claims(json!({"typ": "id"}))),
        ("a claim more", forge.with_claims(json!({"role": "admin"}))),
        ("sub another than sid", forge.with_claims(json!({"sub": nobody.to_string()}))),
        (
            "sid of no session",
            forge.with_claims(json!({"sub": nobody.to_string(), "sid": nobody.to_string()})),
        ),
        ("sid a member", forge.with_claims(json!({"sub": "mem_0", "sid": "mem_0"}))),
        ("claims no JSON", forge.signed(&forge.header(json!({})), "x")),
        ("claims empty", forge.signed(&forge.header(json!({})), "{}")),
    ]
}

/// S9: nothing but a token of ours, whole, in time and for this audience gets in.
#[actix_web::test]
async fn no_forged_token_gets_in() {
    let forge = Forge::start().await;
    // The control: what the forge makes without a fault is good, so each row fails for its own reason.
    assert_eq!(forge.status(&forge.genuine).await, 200);
    assert_eq!(forge.status(&forge.with_claims(json!({"jti": "mine"}))).await, 200);
    let rows = [bad_signatures(&forge), bad_headers(&forge), bad_claims(&forge)].concat();
    assert!(rows.len() > 60, "{}", rows.len());
    for (name, token) in rows {
        let answer = forge.app.get(ROUTE).bearer(&token).send().await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (401, &"unauthenticated".into()),
            "{name}"
        );
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{name}");
    }
    assert_eq!(forge.status(&forge.genuine).await, 200);
}

/// S9: a token of a megabyte costs nothing and stops nothing.
#[actix_web::test]
async fn a_huge_token_is_refused() {
    let forge = Forge::start().await;
    assert_eq!(forge.status(&"x".repeat(60_000)).await, 401);
    let huge = format!("{}{}", forge.genuine, "A".repeat(1 << 20));
    assert!(authenticate(&forge.app.app, &huge, Audience::Member).await.is_err());
    let request =
        reqwest::Client::new().get(format!("{}{ROUTE}", forge.app.url)).bearer_auth(&huge);
    // The server may answer or hang up before it has read all of it.
    let refused = request.send().await.map_or(true, |answer| answer.status().is_client_error());
    assert!(refused);
    assert_eq!(forge.status(&forge.genuine).await, 200);
}

/// S9: a token ends with its time, to the second.
#[actix_web::test]
async fn a_token_runs_out() {
    let app = TestApp::start().await;
    let tokens = open(&app.app, somebody(&app.app), "x").await;
    assert_eq!(tokens.access_expires_at, app.now() + chrono::TimeDelta::minutes(10));
    app.advance(chrono::TimeDelta::seconds(599));
    app.get(ROUTE).bearer(&tokens.access).send().await.expect(200);
    app.advance(chrono::TimeDelta::seconds(1));
    app.get(ROUTE).bearer(&tokens.access).send().await.refused(401, "unauthenticated");
}

/// S9: what signs in to one audience opens no other, and neither a refresh token nor a key is an access token.
#[actix_web::test]
async fn a_credential_is_good_for_its_own_audience_only() {
    let app = TestApp::start().await;
    let store = app.store("EAST", "SH01").await;
    let guide = app.guide("G001", store).await;
    let admin = app.hire("A001", StaffRole::Admin, None).await;
    let member = open(&app.app, somebody(&app.app), "x").await;
    let credentials = [
        ("/v1/member/sessions", member.access.clone()),
        ("/v1/guide/me", app.staff_token(guide, "G001", "guide").await),
        ("/v1/admin/me", app.staff_token(admin, "A001", "admin").await),
        ("/v1/open/me", app.partner("till", &["orders:write"]).await),
        ("no route", member.refresh.clone()),
    ];
    for (home, credential) in &credentials {
        for (route, _) in &credentials[..4] {
            let answer = app.get(route).bearer(credential).send().await;
            if home == route {
                answer.expect(200);
            } else {
                answer.refused(401, "unauthenticated");
            }
        }
    }
}

/// The `Authorization` header is read strictly: no other scheme, place or form is a credential.
#[actix_web::test]
async fn only_one_bearer_header_is_a_credential() {
    let app = TestApp::start().await;
    let token = open(&app.app, somebody(&app.app), "x").await.access;
    let forms = [
        format!("Bearer  {token}"),
        format!("Bearer {token} x"),
        format!("Bearer {token},Bearer {token}"),
        format!("Token {token}"),
        format!("Basic {}", STANDARD.encode(format!("{token}:"))),
        token.clone(),
        "Bearer".to_owned(),
        String::new(),
    ];
    for form in forms {
        let answer = app.get(ROUTE).header("authorization", &form).send().await;
        answer.refused(401, "unauthenticated");
    }
    app.get(ROUTE).bearer(&token).bearer(&token).send().await.refused(401, "unauthenticated");
    app.get(ROUTE)
        .header("cookie", &format!("token={token}"))
        .send()
        .await
        .refused(401, "unauthenticated");
    app.get(&format!("{ROUTE}?access_token={token}")).send().await.refused(401, "unauthenticated");
    app.get(ROUTE).header("authorization", &format!("bearer {token}")).send().await.expect(200);
}
