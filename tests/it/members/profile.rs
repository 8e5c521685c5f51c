//! What a member says about herself (ID-4, ID-5, S3).

use chrono::TimeDelta;
use entity::member;
use huiyi::members::service::by_ids;
use sea_orm::{EntityTrait, Iterable};
use serde_json::{Value, json};

use crate::support::{Answer, SignedIn, TestApp};

async fn change(app: &TestApp, her: &SignedIn, body: &Value) -> Answer {
    app.patch("/v1/member/me").bearer(&her.token).json(body).send().await
}

async fn row(app: &TestApp, her: &SignedIn) -> member::Model {
    let id = her.id.parse().unwrap();
    by_ids(app.app.db.read(), &[id]).await.unwrap().remove(&id).unwrap()
}

#[actix_web::test]
async fn a_field_is_kept_cleared_or_set() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let whole = json!({
        "name": " 李娜 ", "nickname": "娜娜👩‍👧", "gender": "female", "birthday": "1992-06-18",
        "region_code": "310115", "occupation": "设计师", "body_shape": "梨形", "style": "通勤",
        "sizes": {"上装": "１６５／８８ａ", "鞋": "38.5", "外套": "xl"}
    });
    let answer = change(&app, &her, &whole).await;
    let first = answer.header("etag").to_owned();
    let mut expect = whole.clone();
    expect["id"] = her.id.clone().into();
    expect["name"] = "李娜".into();
    expect["sizes"] = json!({"上装": "165/88A", "鞋": "38.5", "外套": "XL"});
    assert_eq!(answer.expect(200), expect);

    let cleared = json!({"name": null, "gender": null, "sizes": null, "style": null});
    let answer = change(&app, &her, &cleared).await;
    assert_ne!(answer.header("etag"), first);
    let now = answer.expect(200);
    assert_eq!(
        (&now["gender"], &now["sizes"], now.get("name")),
        (&"unknown".into(), &json!({}), None)
    );
    assert_eq!((now.get("style"), &now["occupation"]), (None, &"设计师".into()));

    // Nothing changes, nothing is written.
    let before = row(&app, &her).await;
    change(&app, &her, &json!({})).await.expect(200);
    change(&app, &her, &json!({"occupation": " 设计师 "})).await.expect(200);
    assert_eq!(row(&app, &her).await, before);
}

#[actix_web::test]
async fn what_a_profile_cannot_hold_is_refused_with_its_field() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let before = row(&app, &her).await;
    let long = "衣".repeat(65);
    let many: Value =
        (0..21).map(|n| (format!("k{n}"), json!("M"))).collect::<serde_json::Map<_, _>>().into();
    let cases = [
        (json!({"name": ""}), "/name"),
        (json!({"name": "\u{3000} "}), "/name"),
        (json!({"name": "a\u{0}b"}), "/name"),
        (json!({"nickname": "\u{202e}drowssap"}), "/nickname"),
        (json!({"nickname": long}), "/nickname"),
        (json!({"occupation": "a\nb"}), "/occupation"),
        (json!({"body_shape": "x".repeat(51)}), "/body_shape"),
        (json!({"style": "\u{7f}"}), "/style"),
        (json!({"region_code": "31011"}), "/region_code"),
        (json!({"region_code": "990000"}), "/region_code"),
        (json!({"birthday": "2026-03-16"}), "/birthday"),
        (json!({"birthday": "1899-12-31"}), "/birthday"),
        (json!({"sizes": {"鞋": "大"}}), "/sizes/鞋"),
        (json!({"sizes": {"a/b~c": "?"}}), "/sizes/a~1b~0c"),
        (json!({"sizes": many}), "/sizes"),
    ];
    for (body, field) in cases {
        let answer = change(&app, &her, &body).await;
        answer.refused(422, "invalid_fields");
        assert_eq!(answer.fields(), [field], "{body}");
    }
    let shapes = [
        json!({"gender": "f"}),
        json!({"birthday": "18.6.1992"}),
        json!({"name": 5}),
        json!({"sizes": ["M"]}),
        json!([]),
        json!("x"),
    ];
    for body in shapes {
        change(&app, &her, &body).await.refused(400, "bad_json");
    }
    assert_eq!(row(&app, &her).await, before);
    app.patch("/v1/member/me")
        .json(&json!({"name": "x"}))
        .send()
        .await
        .refused(401, "unauthenticated");
}

/// S3: what the route does not offer cannot be set, whatever it is called.
#[actix_web::test]
async fn no_other_column_can_be_assigned() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let before = row(&app, &her).await;
    let offered = [
        "name",
        "nickname",
        "gender",
        "birthday",
        "region_code",
        "occupation",
        "body_shape",
        "style",
        "sizes",
    ];
    let columns: Vec<String> = <member::Entity as EntityTrait>::Column::iter()
        .map(|column| sea_orm::IdenStatic::as_str(&column).to_owned())
        .filter(|column| !offered.contains(&column.as_str()))
        .collect();
    assert!(columns.iter().any(|column| column == "tier") && columns.len() == 14, "{columns:?}");
    let more = ["is_admin", "balance", "tenant_id", "member_id", "points", "role"];
    for field in columns.iter().map(String::as_str).chain(more) {
        for value in [json!(1), json!("gold"), json!(null), json!("2030-01-01T00:00:00Z")] {
            let answer = change(&app, &her, &json!({"nickname": "x", field: value})).await;
            answer.refused(400, "bad_json");
            assert_eq!(answer.fields(), [format!("/{field}")]);
        }
    }
    assert_eq!(row(&app, &her).await, before);
}

#[actix_web::test]
async fn a_birthday_changes_once_a_year() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    change(&app, &her, &json!({"birthday": "1992-06-18"})).await.expect(200);
    // The same again is no change; clearing it is one.
    change(&app, &her, &json!({"birthday": "1992-06-18"})).await.expect(200);
    for other in [json!({"birthday": "1992-06-19"}), json!({"birthday": null})] {
        let answer = change(&app, &her, &other).await;
        answer.refused(409, "member_birthday_locked");
        assert_eq!(answer.fields(), ["/birthday"]);
        assert!(answer.text.contains("2027-03-15"), "{}", answer.text);
    }
    app.advance(TimeDelta::days(365) - TimeDelta::milliseconds(1));
    let her = app.shopper("lina").await;
    let other = json!({"birthday": "1992-06-19", "nickname": "娜"});
    change(&app, &her, &other).await.refused(409, "member_birthday_locked");
    assert_eq!(row(&app, &her).await.nickname, None, "nothing of a refused change stays");
    app.advance(TimeDelta::milliseconds(1));
    change(&app, &her, &other).await.expect(200);
    change(&app, &her, &json!({"birthday": null})).await.refused(409, "member_birthday_locked");
}

#[actix_web::test]
async fn a_change_to_another_version_is_refused() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let call = |tag: &str, name: &str| {
        let call = app.patch("/v1/member/me").bearer(&her.token).header("if-match", tag);
        call.json(&json!({"nickname": name})).send()
    };
    let first = call("*", "a").await;
    let tag = first.header("etag").to_owned();
    assert_eq!(call(&tag, "b").await.status, 200);
    for stale in [tag.as_str(), "\"0\"", "W/\"2\"", "2", "x", "", "\"x\""] {
        call(stale, "c").await.refused(412, "version_conflict");
    }
    assert_eq!(
        call(&format!("\"77\", \"{}\"", row(&app, &her).await.version), "d").await.status,
        200
    );
    assert_eq!(row(&app, &her).await.nickname.unwrap().0, "d");
}

#[actix_web::test]
async fn of_changes_to_one_version_one_is_made() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let tag = change(&app, &her, &json!({"nickname": "x"})).await.header("etag").to_owned();
    let calls = (0..8).map(|n| {
        let call = app.patch("/v1/member/me").bearer(&her.token).header("if-match", &tag);
        call.json(&json!({"nickname": format!("n{n}")})).send()
    });
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 412).count(), 7);
}
