//! Marked personal data goes through everything, and comes out nowhere it should not (S15, S16, S23, PV-5).

use huiyi::audit::service::Author;
use huiyi::db::Backend;
use huiyi::kernel::codes::StaffRole;
use huiyi::mock::wechat::{NewUser, Person};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, logs, order};

const PHONE: &str = "13912348765";
const OPENID: &str = "oCanaryOpenid4242424242424242";
const UNIONID: &str = "oCanaryUnionid777777777777";
const CARD: &str = "CANARYCARD90210";
const NAME: &str = "金丝雀无名";
const NICKNAME: &str = "CanaryNickname";
const ADDRESS: &str = "CanaryRoad88号";
const PASSWORD: &str = "canary-password-never-logged";
const STAFF_NAME: &str = "金丝雀导购";

/// What the story knew, and every refusal it got.
struct Story {
    app: TestApp,
    secrets: Vec<String>,
    problems: Vec<String>,
}

impl Story {
    async fn start() -> Self {
        let app = TestApp::start().await;
        app.catalogue().await;
        let known = [PHONE, OPENID, UNIONID, CARD, NAME, NICKNAME, ADDRESS, PASSWORD, STAFF_NAME];
        Self { app, secrets: known.map(str::to_owned).into(), problems: Vec::new() }
    }

    /// A secret that the server gave out.
    fn keeps(&mut self, value: &Value) -> String {
        let secret = value.as_str().expect("a secret").to_owned();
        self.secrets.push(secret.clone());
        secret
    }

    fn refused(&mut self, answer: Answer) {
        assert!((400..500).contains(&answer.status), "{}", answer.text);
        self.problems.push(answer.text);
    }

    /// The till sells, to her phone and card; then everything it can do wrong.
    async fn till(&mut self) {
        let key = self.app.partner("canary", &["orders:write", "points:write"]).await;
        self.secrets.push(key.clone());
        let app = &self.app;
        let mut sold = order("CANARY-1", PHONE, 900_00, "2026-03-14T06:30:00Z");
        sold["customer"]["card_no"] = CARD.into();
        let send = |body: Value| app.post("/v1/open/orders").bearer(&key).json(&body).send();
        send(sold.clone()).await.expect(200);
        let mut wrong = Vec::new();
        for (pointer, value) in [
            ("/customer/phone", json!(format!("{PHONE}{PHONE}"))),
            ("/currency", json!(ADDRESS)),
            ("/channel", json!(NAME)),
            ("/paid_fen", json!(PHONE)),
            ("/customer", json!({"phone": PHONE, "address": ADDRESS})),
            ("/occurred_at", json!(PHONE)),
        ] {
            let mut body = sold.clone();
            body["external_no"] = "CANARY-2".into();
            *body.pointer_mut(pointer).expect("a field") = value;
            wrong.push(send(body).await);
        }
        wrong.push(
            app.post("/v1/open/orders")
                .bearer(&key)
                .raw(format!("{{\"phone\":{PHONE}"))
                .send()
                .await,
        );
        let spend =
            json!({"receipt_no": "CANARY", "member": {"phone": PHONE}, "points": 1_000_000});
        wrong.push(
            app.post("/v1/open/points/spend").bearer(&key).key(PHONE).json(&spend).send().await,
        );
        wrong.push(app.post("/v1/open/orders").bearer(&format!("{key}x")).json(&sold).send().await);
        wrong.push(app.get(&format!("/v1/open/orders/pos/{PHONE}")).bearer(&key).send().await);
        wrong.into_iter().for_each(|answer| self.refused(answer));
    }

    /// She signs in, binds her phone, says who she is; then everything she can do wrong.
    async fn shopper(&mut self) {
        let app = &self.app;
        let her = NewUser {
            user: Some(NICKNAME.to_owned()),
            openid: Some(OPENID.to_owned()),
            unionid: Some(UNIONID.to_owned()),
            phone: Some(PHONE.to_owned()),
            ..NewUser::default()
        };
        app.wechat.add_user(her).expect("a new person");
        let person = || Person::OpenId(OPENID.to_owned());
        let login = app.wechat.login_code(person()).expect("a code").code;
        let sign_in = json!({"code": login, "device": NICKNAME});
        let tokens = app.post("/v1/member/sessions").json(&sign_in).send().await.expect(200);
        let phone_code = app.wechat.phone_code(person()).expect("a code").code;
        let token = tokens["access_token"].as_str().expect("a token").to_owned();
        let bind = json!({"code": phone_code});
        app.post("/v1/member/phone").bearer(&token).json(&bind).send().await.expect(200);
        let profile = json!({"name": NAME, "nickname": NICKNAME, "occupation": ADDRESS});
        app.patch("/v1/member/me").bearer(&token).json(&profile).send().await.expect(200);
        for path in ["/v1/member/me", "/v1/member/points", "/v1/member/orders"] {
            app.get(path).bearer(&token).send().await.expect(200);
        }
        let refresh = json!({"refresh_token": tokens["refresh_token"]});
        let renewed =
            app.post("/v1/member/sessions/refresh").json(&refresh).send().await.expect(200);
        let wrong = vec![
            app.post("/v1/member/sessions").json(&sign_in).send().await,
            app.post("/v1/member/phone").bearer(&token).json(&bind).send().await,
            app.patch("/v1/member/me")
                .bearer(&token)
                .json(&json!({"address": ADDRESS}))
                .send()
                .await,
            app.patch("/v1/member/me")
                .bearer(&token)
                .json(&json!({"birthday": PHONE}))
                .send()
                .await,
            app.get(&format!("/v1/member/orders?cursor={PHONE}")).bearer(&token).send().await,
            app.get(&format!("/v1/member/orders/{PHONE}")).bearer(&token).send().await,
            app.get(&format!("/v1/member/{PHONE}")).header("x-request-id", PHONE).send().await,
            app.get("/v1/member/me").bearer(PHONE).send().await,
            app.post("/v1/member/sessions/refresh")
                .json(&json!({"refresh_token": PHONE}))
                .send()
                .await,
        ];
        self.secrets.extend([login, phone_code]);
        for pair in [&tokens, &renewed] {
            self.keeps(&pair["access_token"]);
            self.keeps(&pair["refresh_token"]);
        }
        wrong.into_iter().for_each(|answer| self.refused(answer));
    }

    /// A guide signs in, and somebody tries her password elsewhere.
    async fn guide(&mut self) {
        let store = self.app.store("EAST", "SH01").await;
        let new = huiyi::staff::service::NewStaff {
            staff_no: "G900".to_owned(),
            name: huiyi::kernel::PersonName(STAFF_NAME.to_owned()),
            role: StaffRole::Guide,
            store_id: Some(store),
            region_id: None,
        };
        let app = &self.app;
        let guide = huiyi::staff::service::hire(&app.app, &Author::system("test"), new)
            .await
            .expect("hired");
        let invitation = huiyi::staff::service::invite(&app.app, &Author::system("test"), guide)
            .await
            .expect("invited");
        let accept = json!({"token": invitation, "password": PASSWORD});
        let accepted = app.post("/v1/guide/invitations:accept").json(&accept).send().await;
        assert!(accepted.status < 300, "{}", accepted.text);
        let sign_in = json!({"staff_no": "G900", "password": PASSWORD, "device": "till"});
        let tokens = app.post("/v1/guide/sessions").json(&sign_in).send().await.expect(200);
        let wrong = json!({"staff_no": PHONE, "password": PASSWORD, "device": "till"});
        let wrong = [
            app.post("/v1/guide/sessions").json(&wrong).send().await,
            app.post("/v1/admin/sessions").json(&sign_in).send().await,
            app.post("/v1/guide/invitations:accept").json(&accept).send().await,
        ];
        self.secrets.push(invitation);
        self.keeps(&tokens["access_token"]);
        self.keeps(&tokens["refresh_token"]);
        wrong.into_iter().for_each(|answer| self.refused(answer));
    }

    /// Which secrets occur in `text`.
    fn found_in<'a>(&'a self, text: &str) -> Vec<&'a String> {
        self.secrets.iter().filter(|secret| text.contains(secret.as_str())).collect()
    }
}

#[actix_web::test]
async fn personal_data_and_secrets_reach_no_log_no_metric_and_no_problem() {
    let mut story = Story::start().await;
    story.till().await;
    story.shopper().await;
    story.guide().await;
    story.app.relay().await;

    let log = logs::text();
    assert!(log.contains("huiyi::access"), "the log was kept");
    let lines: Vec<&str> = log.lines().filter(|line| !story.found_in(line).is_empty()).collect();
    assert!(lines.is_empty(), "the log holds what it must not:\n{}", lines.join("\n"));
    let metrics = story.app.get("/metrics").send().await.text;
    assert_eq!(story.found_in(&metrics), Vec::<&String>::new());
    assert!(story.problems.len() > 20, "the story went wrong often enough");
    for problem in &story.problems {
        assert_eq!(story.found_in(problem), Vec::<&String>::new(), "{problem}");
        let text = problem.to_ascii_lowercase();
        for inside in ["select ", "insert ", "sqlx", "panicked", "src/", "0.1.0"] {
            assert!(!text.contains(inside), "{inside:?} of the inside shows: {problem}");
        }
    }
}

/// Every column that holds text, as `table`, `column`.
async fn text_columns(app: &TestApp) -> Vec<(String, String)> {
    let db = app.app.db.read();
    let query = match app.app.db.backend() {
        Backend::Sqlite => {
            "SELECT m.name AS t, p.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        Backend::Postgres => {
            "SELECT table_name::text AS t, column_name::text AS c FROM information_schema.columns \
             WHERE table_schema = current_schema()"
        }
        _ => {
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns \
             WHERE table_schema = database()"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(app.app.db.backend(), query)).await;
    let rows = rows.expect("the catalogue");
    rows.iter().map(|row| (row.try_get("", "t").unwrap(), row.try_get("", "c").unwrap())).collect()
}

/// The columns of the database that hold `mark`, wherever.
async fn columns_with(app: &TestApp, mark: &str) -> Vec<String> {
    let (db, backend) = (app.app.db.read(), app.app.db.backend());
    let mut found = Vec::new();
    for (table, column) in text_columns(app).await {
        let (name, text) = match backend {
            Backend::MySql => (format!("`{table}`"), format!("CONVERT(`{column}` USING utf8mb4)")),
            _ => (format!("\"{table}\""), format!("CAST(\"{column}\" AS text)")),
        };
        let query = format!("SELECT count(*) AS n FROM {name} WHERE {text} LIKE '%{mark}%'");
        let row = db.query_one_raw(Statement::from_string(backend, query)).await;
        let row = row.unwrap_or_else(|error| panic!("{table}.{column}: {error}"));
        if row.unwrap().try_get::<i64>("", "n").unwrap() > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}

#[actix_web::test]
async fn no_dump_of_the_database_tells_a_phone_a_card_an_openid_or_a_secret() {
    let mut story = Story::start().await;
    story.till().await;
    story.shopper().await;
    story.guide().await;
    assert_eq!(
        columns_with(&story.app, NAME).await,
        ["member.name"],
        "the search finds what is there"
    );
    let open: Vec<String> = [NAME, NICKNAME, ADDRESS, STAFF_NAME].map(str::to_owned).into();
    for secret in story.secrets.iter().filter(|secret| !open.contains(secret)) {
        assert_eq!(columns_with(&story.app, secret).await, Vec::<String>::new(), "{secret}");
    }
    if story.app.app.db.backend() == Backend::Sqlite {
        let folder = &story.app.app.config.server.data_dir;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if !path.is_file() {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for secret in [PHONE, OPENID, UNIONID, CARD, PASSWORD] {
                let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!found, "{secret} is in {}", path.display());
            }
        }
    }
}

#[test]
fn the_log_of_every_test_is_searched_for_phones_tokens_and_keys() {
    for line in [
        "bound phone=13912348765",
        "bound +8613912348765 to mem_1",
        "body {\"phone\":\"13912348765\"}",
        "token eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodWl5aSJ9.c2ln",
        "key=hyk_0698v9qe00t134m6ou6d8h2lak_mZ1pXo0yq3uYt9cS",
    ] {
        assert!(logs::is_personal(line), "{line}");
    }
    for line in [
        "request_id=0e3c6f0b6c0e4a51b0d5c3f5f2a1d9aa micros=139123487650",
        "member=mem_0698v9qe00t134m6ou6d8h2lak key=key_0698v9qe00t134m6ou6d8h2lak",
        "at=2026-03-15T04:00:00Z took=1391234876",
    ] {
        assert!(!logs::is_personal(line), "{line}");
    }
}
