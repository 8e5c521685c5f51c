//! Points that members bring along (OP-4, PT-1, S25).

use super::{Office, counts, told};
use crate::customers::PHONE;

const FILE: &str =
    "手机号,积分,有效期至\r\n13800138000,\"1,200\",2027-12-31\r\n13900139000,50,\r\n";

async fn open() -> Office {
    let office = Office::open().await;
    office.import("kind=members&mode=apply", "手机号\n13800138000\n").await;
    office.app.advance(chrono::TimeDelta::seconds(1));
    office
}

/// S25
#[actix_web::test]
async fn points_wait_for_a_second_administrator_and_come_once() {
    let office = open().await;
    let app = &office.app;
    let member = app.known(PHONE).await;
    let sent = office.send("kind=points_balances&mode=apply", "k1", FILE).await.expect(200);
    assert_eq!(
        (&sent["state"], &sent["reference"]),
        (&"pending_approval".into(), &"opening".into())
    );
    app.work().await;
    assert_eq!(app.available(member).await, 0);
    let path = format!("/v1/admin/imports/{}:approve", sent["id"].as_str().unwrap());
    app.post(&path).bearer(&office.ann).send().await.refused(409, "import_same_person");
    let approved = app.post(&path).bearer(&office.bob).send().await.expect(200);
    assert_eq!(approved["state"], "queued");
    app.post(&path).bearer(&office.bob).send().await.refused(409, "import_not_pending");
    app.work().await;
    let done = office.read(sent["id"].as_str().unwrap()).await;
    assert_eq!(counts(&done), [1, 0, 0, 1]);
    let report = office.report(sent["id"].as_str().unwrap()).await;
    assert_eq!(told(&report), ["2 138****8000 新增", "3 139****9000 拒绝 member_not_found"]);
    assert_eq!(app.available(member).await, 1_200);

    // The same file again, and with another amount: what stands stands.
    app.advance(chrono::TimeDelta::seconds(1));
    let more = FILE.replace("\"1,200\"", "1300");
    for (key, file, expect) in [("k2", FILE, [0, 0, 1, 1]), ("k3", &more, [0, 0, 0, 2])] {
        let sent = office.send("kind=points_balances&mode=apply", key, file).await.expect(200);
        let id = sent["id"].as_str().unwrap();
        let path = format!("/v1/admin/imports/{id}:approve");
        app.post(&path).bearer(&office.bob).send().await.expect(200);
        app.work().await;
        assert_eq!(counts(&office.read(id).await), expect, "{:?}", office.report(id).await);
    }
    assert_eq!(app.available(member).await, 1_200);
    app.reconciles().await;
}

#[actix_web::test]
async fn a_dry_run_of_points_needs_nobody_and_moves_none() {
    let office = open().await;
    let file = format!("{FILE}13800138000,0,\r\n13800138000,-5,\r\n13800138000,5,2020-01-01\r\n");
    let (tried, report) = office.import("kind=points_balances", &file).await;
    assert_eq!((tried["state"].as_str(), counts(&tried)), (Some("done"), [1, 0, 1, 3]));
    assert_eq!(report[3][3], "cell_invalid");
    assert_eq!(office.app.available(office.app.known(PHONE).await).await, 0);
    office.app.reconciles().await;
}

/// Two equal lots without a number of their own would silently be one.
#[actix_web::test]
async fn a_second_lot_of_a_member_needs_a_number_of_its_own() {
    let office = open().await;
    let app = &office.app;
    let file = "手机号,积分,有效期至,凭证号\n13800138000,50,2027-12-31,\n138 0013 8000,50,2027/12/31,\n\
                13800138000,50,2027-12-31,B-2\n13800138000,70,,B-2\n";
    let expect = [
        "2 138****8000 新增",
        "3 138****8000 拒绝 repeats_row",
        "4 138****8000 新增",
        "5 138****8000 拒绝 repeats_row",
    ];
    let (_, report) = office.import("kind=points_balances", file).await;
    assert_eq!(told(&report), expect);
    app.advance(chrono::TimeDelta::seconds(1));
    let sent = office.send("kind=points_balances&mode=apply", "k", file).await.expect(200);
    let id = sent["id"].as_str().unwrap();
    let path = format!("/v1/admin/imports/{id}:approve");
    app.post(&path).bearer(&office.bob).send().await.expect(200);
    app.work().await;
    assert_eq!(told(&office.report(id).await), expect);
    assert_eq!(app.available(app.known(PHONE).await).await, 100);
    app.reconciles().await;
}

#[actix_web::test]
async fn points_of_a_row_that_names_two_members_are_not_booked() {
    let office = Office::open().await;
    let app = &office.app;
    let file = "手机号,会员卡号\n13800138000,C-1\n13900139000,C-2\n";
    office.import("kind=members&mode=apply", file).await;
    app.advance(chrono::TimeDelta::seconds(1));
    let (first, second) = (app.known(PHONE).await, app.known("13900139000").await);
    let file = format!(
        "手机号,会员卡号,会员编号,积分,凭证号\n13800138000,C-1,{first},50,1\n13800138000,C-2,,60,2\n\
         13800138000,,{second},70,3\n,C-1,{second},80,4\n,C-9,{second},90,5\n"
    );
    let (_, report) = office.import("kind=points_balances", &file).await;
    let codes: Vec<&str> = report.iter().map(|line| line[3].as_str()).collect();
    let differ = "member_identifiers_differ";
    assert_eq!(codes[..5], ["", differ, differ, differ, "member_not_found"]);
    app.reconciles().await;
}
