//! Rows as files (OP-4, S5, S19, PV-6).

use serde_json::{Value, json};

use super::{Office, table};
use crate::support::{Answer, order};

impl Office {
    async fn asks(&self, body: &Value, key: &str) -> Value {
        let call = self.app.post("/v1/admin/exports").bearer(&self.ann).key(key).json(body);
        call.send().await.expect(200)
    }

    async fn takes(&self, token: &str, id: &Value) -> Answer {
        let path = format!("/v1/admin/exports/{}/file.csv", id.as_str().unwrap());
        self.app.get(&path).bearer(token).send().await
    }

    async fn exports(&self, body: &Value) -> Vec<Vec<String>> {
        let asked = self.asks(body, &body.to_string()).await;
        self.app.work().await;
        let path = format!("/v1/admin/exports/{}", asked["id"].as_str().unwrap());
        let done = self.app.get(&path).bearer(&self.bob).send().await.expect(200);
        let rows = table(&self.takes(&self.ann, &asked["id"]).await);
        assert_eq!(
            (done["state"].as_str(), done["rows_done"].as_u64()),
            (Some("done"), Some(rows.len() as u64))
        );
        assert_eq!(done["rows_total"], done["rows_done"]);
        rows
    }
}

async fn open() -> Office {
    let office = Office::open().await;
    let file = "手机号,姓名\n13800138000,=1+1\n13900139000,韩梅梅\n";
    office.import("kind=members&mode=apply", file).await;
    let key = office.app.partner("till", &["orders:write"]).await;
    for (number, phone, at) in [
        ("E-1", "13800138000", "2026-03-13T06:30:00Z"),
        ("E-2", "13900139000", "2026-03-14T06:30:00Z"),
    ] {
        let body = order(number, phone, 10_050, at);
        office.app.advance(chrono::TimeDelta::seconds(1));
        office.app.post("/v1/open/orders").bearer(&key).json(&body).send().await.expect(200);
    }
    office
}

/// S19
#[actix_web::test]
async fn members_are_exported_with_masked_numbers_and_without_formulas() {
    let office = open().await;
    let rows = office.exports(&json!({"kind": "members"})).await;
    assert_eq!(rows.len(), 2);
    let named = |name: &str| rows.iter().find(|row| row[2] == name).unwrap();
    assert_eq!(named("'=1+1")[6], "138****8000");
    assert_eq!(named("韩梅梅")[12], "import");
    assert!(office.exports(&json!({"kind": "members", "tier": "gold"})).await.is_empty());
}

#[actix_web::test]
async fn orders_and_movements_are_exported_by_what_is_asked() {
    let office = open().await;
    let rows = office.exports(&json!({"kind": "orders"})).await;
    assert_eq!((rows.len(), rows[0][2].as_str(), rows[0][9].as_str()), (2, "E-1", "100.50"));
    let asked = json!({"kind": "orders", "from_day": "2026-03-14", "to_day": "2026-03-14", "channel": "pos"});
    let rows = office.exports(&asked).await;
    assert_eq!((rows.len(), rows[0][2].as_str()), (1, "E-2"));
    let member = office.app.known("13800138000").await.to_string();
    let rows = office.exports(&json!({"kind": "points_transfers", "member_id": member})).await;
    assert_eq!((rows.len(), rows[0][1].as_str(), rows[0][5].as_str()), (1, member.as_str(), "100"));
    assert_eq!(office.exports(&json!({"kind": "points_transfers"})).await.len(), 2);
}

#[actix_web::test]
async fn a_file_is_for_whoever_asked_and_only_when_it_is_whole() {
    let office = open().await;
    let asked = office.asks(&json!({"kind": "members"}), "k").await;
    office.takes(&office.ann, &asked["id"]).await.refused(409, "export_not_done");
    office.app.work().await;
    assert_eq!(office.takes(&office.ann, &asked["id"]).await.status, 200);
    office.takes(&office.bob, &asked["id"]).await.refused(403, "forbidden");
    let body = json!({"kind": "points_balances"});
    let call = office.app.post("/v1/admin/exports").bearer(&office.ann).key("no").json(&body);
    call.send().await.refused(422, "invalid_fields");
    let body = json!({"kind": "orders", "from_day": "2026-03-14", "to_day": "2026-03-12"});
    let call = office.app.post("/v1/admin/exports").bearer(&office.ann).key("days").json(&body);
    call.send().await.refused(422, "invalid_fields");
}

#[actix_web::test]
async fn an_export_that_is_cancelled_has_no_file() {
    let office = open().await;
    let asked = office.asks(&json!({"kind": "members"}), "k").await;
    let path = format!("/v1/admin/exports/{}:cancel", asked["id"].as_str().unwrap());
    let cancelled = office.app.post(&path).bearer(&office.ann).send().await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    office.app.work().await;
    office.takes(&office.ann, &asked["id"]).await.refused(409, "export_not_done");
}

/// S5: page by page, however long it is; each row once.
#[actix_web::test]
async fn an_export_of_several_pages_has_each_row_once() {
    let office = Office::open().await;
    let mut file = "手机号\n".to_owned();
    for n in 0..2_100 {
        use std::fmt::Write;
        writeln!(file, "1380000{n:04}").unwrap();
    }
    office.import("kind=members&mode=apply", &file).await;
    let mut ids: Vec<String> = office
        .exports(&json!({"kind": "members"}))
        .await
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2_100);
}
