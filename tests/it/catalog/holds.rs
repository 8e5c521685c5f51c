//! What is promised is there, for as long as it was promised (OR-5; AS-5 stands on it).

use chrono::TimeDelta;
use serde_json::json;

use super::{DRESS, Shop, line, pieces};

#[actix_web::test]
async fn a_piece_is_held_then_handed_over() {
    let shop = Shop::open().await;
    shop.moves(&[line("R-1", "receive", 3, 1)]).await;
    let held = shop.hold("W-1", 2).await.expect(200);
    assert_eq!(pieces(&held["stock"]), (3, 2, 0));
    assert_eq!((&held["state"], &held["hold_no"]), (&json!("held"), &json!("W-1")));
    shop.hold("W-2", 2).await.refused(409, "stock_insufficient");
    let used = shop.end(&held["id"], "capture", &json!({"quantity": 1})).await.expect(200);
    assert_eq!((&used["state"], &used["captured"]), (&json!("captured"), &json!(1)));
    assert_eq!(pieces(&used["stock"]), (2, 0, 0), "the other one can be sold again");
    // Again with another key: the same.
    let path = format!("/v1/open/stock/holds/{}:capture", held["id"].as_str().unwrap());
    let again = shop.app.post(&path).bearer(&shop.erp).key("k").json(&json!({"quantity": 1}));
    assert_eq!(again.send().await.expect(200)["captured"], 1);
    shop.end(&held["id"], "capture", &json!({})).await.refused(409, "stock_hold_resolved");
    shop.end(&held["id"], "release", &json!({})).await.refused(409, "stock_hold_resolved");
    assert_eq!(shop.stock(DRESS, "SH01").await, (2, 0, 0));
    shop.app.reconciles().await;
}

#[actix_web::test]
async fn a_promise_that_is_given_up_can_be_made_to_somebody_else() {
    let shop = Shop::open().await;
    shop.moves(&[line("R-1", "receive", 1, 1)]).await;
    let held = shop.hold("W-1", 1).await.expect(200);
    shop.end(&held["id"], "capture", &json!({"quantity": 2}))
        .await
        .refused(409, "stock_hold_exceeded");
    let freed = shop.end(&held["id"], "release", &json!({})).await.expect(200);
    assert_eq!((&freed["state"], pieces(&freed["stock"])), (&json!("released"), (1, 0, 0)));
    shop.end(&held["id"], "capture", &json!({})).await.refused(409, "stock_hold_resolved");
    shop.hold("W-2", 1).await.expect(200);
    shop.app.reconciles().await;
}

#[actix_web::test]
async fn one_number_is_one_hold() {
    let shop = Shop::open().await;
    shop.moves(&[line("R-1", "receive", 5, 1)]).await;
    let first = shop.hold("W-1", 1).await.expect(200);
    let body = |quantity: i64| json!({"hold_no": "W-1", "sku_code": DRESS, "store_code": "SH01", "quantity": quantity});
    let send = async |key: &str, quantity| {
        let call = shop.app.post("/v1/open/stock/holds").bearer(&shop.erp).key(key);
        call.json(&body(quantity)).send().await
    };
    assert_eq!(send("another key", 1).await.expect(200)["id"], first["id"]);
    send("a third key", 2).await.refused(409, "stock_cause_conflict");
    send("W-1", 2).await.refused(422, "idempotency_key_reused");
    assert_eq!(shop.stock(DRESS, "SH01").await, (5, 1, 0));
}

#[actix_web::test]
async fn a_hold_that_nobody_ends_goes_back_by_itself() {
    let shop = Shop::open().await;
    shop.moves(&[line("R-1", "receive", 1, 1)]).await;
    let held = shop.hold("W-1", 1).await.expect(200);
    shop.app.advance(TimeDelta::minutes(30));
    let path = format!("/v1/open/stock/holds/{}", held["id"].as_str().unwrap());
    assert_eq!(shop.read(&path).await["state"], "lapsed");
    let body = json!({"hold_no": "W-1", "sku_code": DRESS, "store_code": "SH01", "quantity": 1});
    let again = shop.app.post("/v1/open/stock/holds").bearer(&shop.erp).key("again").json(&body);
    assert_eq!(again.send().await.expect(200)["state"], "lapsed");
    shop.end(&held["id"], "capture", &json!({})).await.refused(409, "stock_hold_lapsed");
    shop.app.work().await;
    let read = shop.read(&path).await;
    assert_eq!((&read["state"], pieces(&read["stock"])), (&json!("lapsed"), (1, 0, 0)));
    assert_eq!(shop.end(&held["id"], "release", &json!({})).await.expect(200)["state"], "lapsed");
    shop.app.work().await;
    assert_eq!(shop.stock(DRESS, "SH01").await, (1, 0, 0));
    shop.app.reconciles().await;
}

/// The piece was promised: whoever sold it all the same has to say where it is.
#[actix_web::test]
async fn a_sale_takes_nothing_that_is_held() {
    let shop = Shop::open().await;
    shop.moves(&[line("R-1", "receive", 1, 1)]).await;
    let held = shop.hold("W-1", 1).await.expect(200);
    let sold = shop.moves(&[line("S-1", "sell", 1, 2)]).await;
    assert_eq!(pieces(&sold["results"][0]["stock"]), (1, 1, 1));
    shop.hold("W-2", 1).await.refused(409, "stock_insufficient");
    shop.end(&held["id"], "release", &json!({})).await.expect(200);
    assert_eq!(shop.stock(DRESS, "SH01").await, (0, 0, 0));
    shop.app.reconciles().await;
}
