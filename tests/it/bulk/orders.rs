//! Orders as a file, through the API and the console (OR-2).

use serde_json::Value;

use super::{Office, counts, table, told};
use crate::customers::PHONE;
use crate::support::order;

const FILE: &str = "渠道,订单号,支付时间,手机号,商品编码,数量,吊牌金额,实付金额\r\n\
    门店,A-1,2026-03-14 14:30,13800138000,D100-RED-M,1,599.00,539.00\r\n\
    门店,A-1,,,T200-BLK-L,2,\"1,198.00\",\"1,000.00\"\r\n\
    小程序,A-2,2026/3/14,13900139000,UNKNOWN,1,,88\r\n\
    门店,A-3,2026-03-14,13800138000,D100-RED-M,零,,88\r\n\
    门店,A-3,2026-03-14,13800138000,D100-RED-M,1,,88\r\n";

struct Shop {
    office: Office,
    key: String,
}

impl Shop {
    async fn open() -> Self {
        let office = Office::open().await;
        let key = office.app.partner("erp", &["orders:write"]).await;
        Self { office, key }
    }

    async fn sends(&self, file: &str, key: &str) -> (Value, Vec<Vec<String>>) {
        let app = &self.office.app;
        let call = app.post("/v1/open/order-imports").bearer(&self.key).key(key);
        let sent = call.file(file.as_bytes().to_vec()).send().await.expect(200);
        app.work().await;
        let path = format!("/v1/open/order-imports/{}", sent["id"].as_str().unwrap());
        let import = app.get(&path).bearer(&self.key).send().await.expect(200);
        let report = app.get(&format!("{path}/report.csv")).bearer(&self.key).send().await;
        (import, table(&report))
    }
}

#[actix_web::test]
async fn a_file_of_orders_does_what_the_same_orders_would_do_one_by_one() {
    let shop = Shop::open().await;
    let app = &shop.office.app;
    let (import, report) = shop.sends(FILE, "first").await;
    assert_eq!((import["state"].as_str(), counts(&import)), (Some("done"), [3, 0, 0, 2]));
    assert_eq!(
        told(&report),
        [
            "2 A-1 新增",
            "3 A-1 新增",
            "4 A-2 新增 sku_unknown",
            "5 A-3 拒绝 cell_invalid",
            "6 A-3 拒绝 order_row_refused"
        ]
    );
    let one = app.get("/v1/open/orders/pos/A-1").bearer(&shop.key).send().await.expect(200);
    assert_eq!(
        (one["paid_fen"].as_i64(), one["occurred_at"].as_str()),
        (Some(153_900), Some("2026-03-14T06:30:00Z"))
    );
    assert_eq!(one["lines"].as_array().unwrap().len(), 2);
    assert_eq!(app.balance(app.known(PHONE).await).await.pending, 1_539);

    app.advance(chrono::TimeDelta::seconds(1));
    let (again, _) = shop.sends(FILE, "second").await;
    assert_eq!(counts(&again), [0, 0, 3, 2]);
    // The same order through the API: the number is the same.
    let single = order("A-9", PHONE, 10_000, "2026-03-14T06:30:00Z");
    app.post("/v1/open/orders").bearer(&shop.key).json(&single).send().await.expect(200);
    let file = "订单号,支付时间,手机号,商品编码,数量,实付金额\n\
        A-9,2026-03-14 14:30,13800138000,D100-RED-M,1,100\n";
    let (known, report) = shop.sends(file, "third").await;
    assert_eq!(counts(&known), [0, 0, 1, 0], "{report:?}");
    app.reconciles().await;
}

#[actix_web::test]
async fn the_console_names_the_partner_whose_orders_they_are() {
    let shop = Shop::open().await;
    let (office, app) = (&shop.office, &shop.office.app);
    let partners = app.get("/v1/admin/partners").bearer(&office.ann).send().await.expect(200);
    let id = partners["items"][0]["id"].as_str().unwrap();
    let (import, _) = office.import(&format!("kind=orders&mode=apply&partner_id={id}"), FILE).await;
    assert_eq!((import["partner_id"].as_str(), counts(&import)), (Some(id), [3, 0, 0, 2]));
    app.get("/v1/open/orders/pos/A-1").bearer(&shop.key).send().await.expect(200);
    // A partner sees its own files only.
    let path = format!("/v1/open/order-imports/{}", import["id"].as_str().unwrap());
    app.get(&path).bearer(&shop.key).send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn a_thousand_orders_take_more_than_one_step_and_each_counts_once() {
    let shop = Shop::open().await;
    let mut file = "订单号,支付时间,手机号,商品编码,数量,实付金额\n".to_owned();
    for n in 0..2_500 {
        use std::fmt::Write;
        writeln!(file, "B-{n},2026-03-14,1380000{:04},D100-RED-M,1,10.00", n % 50).unwrap();
    }
    let (import, report) = shop.sends(&file, "many").await;
    assert_eq!((counts(&import), import["rows_done"].as_i64()), ([2_500, 0, 0, 0], Some(2_500)));
    let rows: Vec<i64> = report.iter().map(|line| line[0].parse().unwrap()).collect();
    assert_eq!(rows, (2..2_502).collect::<Vec<_>>());
    shop.office.app.reconciles().await;
}
