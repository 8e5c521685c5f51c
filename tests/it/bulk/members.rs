//! Members of another system (OP-4).

use serde_json::json;

use super::{Office, counts, told};
use crate::customers::PHONE;

const FILE: &str = "手机号,会员卡号,姓名,性别,生日,上装尺码,门店编码,备注\r\n\
    13800138000,88001234,李雷,男,1990/5/1,M,SH01,老客\r\n\
    13900139000,,韩梅梅,女士,1991年6月2日,,NOWHERE,\r\n";

#[actix_web::test]
async fn members_of_another_system_are_made_and_a_resend_changes_nothing() {
    let office = Office::open().await;
    office.app.store("EAST", "SH01").await;
    let (import, report) = office.import("kind=members&mode=apply", FILE).await;
    assert_eq!((import["state"].as_str(), counts(&import)), (Some("done"), [2, 0, 0, 0]));
    assert_eq!(import["ignored_columns"], json!(["备注"]));
    assert_eq!(told(&report), ["2 138****8000 新增", "3 139****9000 新增 store_unknown"]);
    let member = office.app.known(PHONE).await;
    let row = huiyi::members::service::profile(office.app.app.db.read(), member).await.unwrap();
    assert_eq!(row.name.unwrap().0, "李雷");
    assert_eq!(row.birthday.unwrap().to_string(), "1990-05-01");
    assert_eq!((row.source.as_str(), row.store_id.is_some()), ("import", true));

    office.app.advance(chrono::TimeDelta::seconds(1));
    let (again, _) = office.import("kind=members&mode=apply", FILE).await;
    assert_eq!(counts(&again), [0, 0, 2, 0]);
}

#[actix_web::test]
async fn a_dry_run_says_the_same_and_moves_nothing() {
    let office = Office::open().await;
    let file = format!("{FILE}13800138000,,李雷雷,,,,,\r\n1.38E+10,,王五,,,,,\r\n");
    let (tried, foreseen) = office.import("kind=members", &file).await;
    assert_eq!((tried["mode"].as_str(), tried["state"].as_str()), (Some("dry_run"), Some("done")));
    assert_eq!(office.app.sql("UPDATE member SET version = version").await.unwrap(), 0);
    assert_eq!(
        office
            .app
            .sql("UPDATE event_log SET kind = kind WHERE kind LIKE 'member.%'")
            .await
            .unwrap(),
        0
    );
    office.app.advance(chrono::TimeDelta::seconds(1));
    let (done, report) = office.import("kind=members&mode=apply", &file).await;
    assert_eq!(counts(&tried), counts(&done));
    assert_eq!(foreseen, report);
    assert_eq!(told(&report)[2..], ["4 138****8000 更新", "5 1.3****E+10 拒绝 cell_scientific"]);
}

#[actix_web::test]
async fn one_bad_row_spoils_no_other_and_nobody_is_merged() {
    let office = Office::open().await;
    let first = "手机号,会员卡号,姓名\r\n13800138000,88001234,甲\r\n13900139000,88005678,乙\r\n";
    office.import("kind=members&mode=apply", first).await;
    office.app.advance(chrono::TimeDelta::seconds(1));
    let file = "phone,card_no,name,birthday,region_code\r\n\
        13800138000,88005678,two people,,\r\n\
        13700137000,88001234,another phone,,\r\n\
        ,,nobody,,\r\n\
        12345,,no phone,,\r\n\
        13600136000,,future,2099-01-01,\r\n\
        13500135000,,no code,,1\r\n\
        13400134000,,fine,1990-01-01,310000\r\n";
    let (import, report) = office.import("kind=members&mode=apply", file).await;
    assert_eq!(counts(&import), [1, 0, 0, 6]);
    let codes: Vec<&str> = report.iter().map(|line| line[3].as_str()).collect();
    assert_eq!(
        codes,
        [
            "member_identifiers_differ",
            "member_identifiers_differ",
            "cell_missing",
            "cell_invalid",
            "invalid_fields",
            "invalid_fields",
            ""
        ]
    );
    assert!(report[4][4].contains("生日"), "{:?}", report[4]);
}

#[actix_web::test]
async fn what_is_no_table_is_refused_at_once() {
    let office = Office::open().await;
    let refused = async |query: &str, file: &[u8], code: &str| {
        office.send(query, code, file).await.refused(422, code);
    };
    refused("kind=members", b"", "import_file_empty").await;
    refused("kind=members", b"\x89PNG\0\0", "import_file_unreadable").await;
    refused("kind=members", b"\xd0\xcf\x11\xe0", "import_file_is_xls").await;
    refused("kind=points_balances", "手机号\n1\n".as_bytes(), "import_header_wrong").await;
    refused("kind=points_transfers", b"a\n1\n", "invalid_fields").await;
    refused("kind=orders", "订单号\n1\n".as_bytes(), "invalid_fields").await;
    let form = office.app.post("/v1/admin/imports?kind=members").bearer(&office.ann).key("form");
    let form = form.header("content-type", "multipart/form-data; boundary=x");
    form.send().await.refused(415, "unsupported_media_type");
}

#[actix_web::test]
async fn a_template_names_the_columns_and_can_be_filled_in() {
    let office = Office::open().await;
    let path = "/v1/admin/imports/templates/members";
    let template = office.app.get(path).bearer(&office.ann).send().await;
    assert!(template.text.starts_with("\u{feff}手机号,会员卡号,"), "{}", template.text);
    let file = format!("{}13800138000\r\n", template.text);
    let (import, _) = office.import("kind=members&mode=apply", &file).await;
    assert_eq!(counts(&import), [1, 0, 0, 0]);
    let none = "/v1/admin/imports/templates/points_transfers";
    office.app.get(none).bearer(&office.ann).send().await.refused(404, "not_found");
}
