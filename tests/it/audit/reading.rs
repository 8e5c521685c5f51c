//! Head office reads the audit log, which is a line of its own (PV-6).

use chrono::TimeDelta;
use huiyi::kernel::codes::AuditAction;
use serde_json::{Value, json};

use super::{admin, of, proves, seal};
use crate::customers::{PHONE, Retailer};
use crate::support::TestApp;

async fn page(app: &TestApp, token: &str, query: &str) -> Value {
    // Lines of one millisecond have no order.
    app.advance(TimeDelta::milliseconds(1));
    app.get(&format!("/v1/admin/audit{query}")).bearer(token).send().await.expect(200)
}

fn actions(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn an_administrator_reads_who_saw_a_member_with_all_her_ids() {
    let shop = Retailer::open().await;
    let app = &shop.app;
    // She is seen under the id that she opened the mini-program with, which goes when her phone finds the older one.
    let her = app.shopper("娜娜").await;
    let office = admin(app, "A001").await;
    app.advance(TimeDelta::seconds(1));
    let seen = format!("/v1/admin/members/{}/tier", her.id);
    app.get(&seen).bearer(&office).send().await.expect(200);
    shop.sells("A-1", PHONE, 0, 100_00, "2026-03-14T06:30:00Z").await;
    let till = app.known(PHONE).await;
    let guide = shop.guide_token(0).await;
    app.advance(TimeDelta::seconds(1));
    app.get(&format!("/v1/guide/customers/{till}")).bearer(&guide).send().await.expect(200);
    app.bind_phone("娜娜", &her.token, PHONE).send().await.expect(200);
    app.advance(TimeDelta::seconds(1));
    for id in [her.id.clone(), till.to_string()] {
        let read = page(app, &office, &format!("?member_id={id}&action=member.read")).await;
        let whose: Vec<_> =
            read["items"].as_array().unwrap().iter().map(|it| &it["member_id"]).collect();
        assert_eq!(whose, [&json!(till.to_string()), &json!(her.id)], "{read}");
        assert_eq!(read["items"][0]["actor_id"], shop.guides[0].to_string());
        assert_eq!(read["items"][0]["details"], json!({"part": "profile"}));
    }
    let mine = page(app, &office, &format!("?actor={}", shop.guides[0])).await;
    let mut actions = actions(&mine);
    actions.sort_unstable();
    assert_eq!(actions, ["member.read", "staff.password_set", "staff.signed_in"]);
    let reads = of(app, AuditAction::AuditRead).await;
    assert_eq!(reads.len(), 3);
    assert_eq!(reads[0].details, json!({"by": ["action", "member"]}).to_string());
    assert_eq!((reads[0].rows_given, reads[2].rows_given), (Some(2), Some(3)));
    proves(app).await;
}

#[actix_web::test]
async fn pages_and_periods_and_what_is_refused() {
    let app = TestApp::start().await;
    let office = admin(&app, "A001").await;
    app.advance(TimeDelta::minutes(1));
    let from = app.now();
    for _ in 0..5 {
        app.advance(TimeDelta::minutes(1));
        app.get("/v1/admin/staff").bearer(&office).send().await.expect(200);
    }
    seal(&app).await;
    let text = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339().replace("+00:00", "Z");
    let query = format!("?action=staff.listed&from={}&limit=2", text(from + TimeDelta::minutes(2)));
    let first = page(&app, &office, &query).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = page(&app, &office, &format!("{query}&cursor={cursor}")).await;
    let at = |page: &Value, n: usize| page["items"][n]["at"].as_str().unwrap().to_owned();
    let minutes = |n| text(from + TimeDelta::minutes(n));
    assert_eq!([at(&first, 0), at(&first, 1)], [minutes(5), minutes(4)]);
    assert_eq!([at(&rest, 0), at(&rest, 1)], [minutes(3), minutes(2)]);
    assert_eq!((&rest["has_more"], &first["items"][0]["seq"].is_i64()), (&json!(false), &true));
    let until = page(&app, &office, &format!("?action=staff.listed&until={}", minutes(3))).await;
    assert_eq!(until["items"].as_array().unwrap().len(), 2);

    let other = format!("/v1/admin/audit?cursor={cursor}");
    app.get(&other).bearer(&office).send().await.refused(400, "bad_cursor");
    for wrong in ["?actor=138", "?action=member.eaten", "?from=yesterday", "?limit=0", "?who=me"] {
        let path = format!("/v1/admin/audit{wrong}");
        app.get(&path).bearer(&office).send().await.refused(422, "invalid_fields");
    }
}
