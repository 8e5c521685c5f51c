//! Many at once, on every database (promise A1): no piece is promised twice, none is lost.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{DRESS, Shop, line, words};

#[actix_web::test]
async fn of_many_who_want_the_last_piece_one_gets_it() {
    let shop = Shop::open().await;
    shop.moves(&[line("R-1", "receive", 1, 1)]).await;
    let numbers: Vec<String> = (0..32).map(|n| format!("W-{n}")).collect();
    let answers = join_all(numbers.iter().map(|number| shop.hold(number, 1))).await;
    let (got, not): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(got.len(), 1);
    not.iter().for_each(|answer| answer.refused(409, "stock_insufficient"));
    assert_eq!(shop.stock(DRESS, "SH01").await, (1, 1, 0));
    // Whoever got it is not sure, and ends it twice at once.
    let id = &got[0].body["id"];
    let all = json!({});
    let (one, two) =
        futures_util::join!(shop.end(id, "capture", &all), shop.end(id, "release", &all),);
    let ended = [one, two].iter().filter(|answer| answer.status == 200).count();
    assert_eq!(ended, 1);
    let (on_hand, held, short) = shop.stock(DRESS, "SH01").await;
    assert!(on_hand <= 1 && held == 0 && short == 0);
    shop.app.reconciles().await;
}

/// Whoever is not sure that her wish arrived sends it again, with another key even.
#[actix_web::test]
async fn one_number_is_one_hold_however_many_send_it_at_once() {
    let shop = Shop::open().await;
    shop.moves(&[line("R-1", "receive", 1, 1)]).await;
    let body = json!({"hold_no": "W-1", "sku_code": DRESS, "store_code": "SH01", "quantity": 1});
    let answers = join_all((0..12).map(|n| {
        let call = shop.app.post("/v1/open/stock/holds").bearer(&shop.erp);
        call.key(&format!("key {n}")).json(&body).send()
    }));
    let ids: std::collections::BTreeSet<String> =
        answers.await.into_iter().map(|it| it.expect(200)["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(shop.stock(DRESS, "SH01").await, (1, 1, 0));
    shop.app.reconciles().await;
}

/// Batches that name the same SKUs in opposite sequence, some of them sent twice at the same time, while others hold.
#[actix_web::test]
async fn batches_and_holds_that_cross_each_other_lose_nothing() {
    let shop = Shop::open().await;
    let place = |mut line: Value, n: i64| {
        line["line_no"] = (n + 1).into();
        line["store_code"] = if n % 2 == 0 { "SH01" } else { "SH02" }.into();
        line["sku_code"] = if n % 4 < 2 { DRESS } else { "T200-BLK-L" }.into();
        line
    };
    let batch = |who: i64| -> Vec<Value> {
        let mut lines: Vec<Value> =
            (0..8).map(|n| place(line(&format!("R-{who}"), "receive", 2, 1), n)).collect();
        if who % 2 == 0 {
            lines.reverse();
        }
        lines
    };
    let batches: Vec<Vec<Value>> = (0..12).map(|n| batch(n / 2)).collect();
    let numbers: Vec<String> = (0..12).map(|n| format!("W-{n}")).collect();
    let (sent, held) = futures_util::join!(
        join_all(batches.iter().map(|batch| shop.moves(batch))),
        join_all(numbers.iter().map(|number| shop.hold(number, 1))),
    );
    for answer in &sent {
        assert!(words(answer).iter().all(|word| ["moved", "unchanged"].contains(word)), "{answer}");
    }
    let moved: u64 = sent.iter().map(|answer| answer["counts"]["moved"].as_u64().unwrap()).sum();
    assert_eq!(moved, 6 * 8, "each line once");
    let promised = held.iter().filter(|answer| answer.status == 200).count() as i64;
    assert_eq!(shop.stock(DRESS, "SH01").await, (24, promised, 0));
    assert_eq!(shop.stock("T200-BLK-L", "SH02").await, (24, 0, 0));
    shop.app.reconciles().await;
}

#[actix_web::test]
async fn two_senders_of_new_products_with_the_same_sku_do_not_both_have_it() {
    let shop = Shop::open().await;
    let product = |n: i64| {
        json!({
            "style_code": format!("N{n}"), "name": "款", "category": "衬衫", "list_fen": 1,
            "skus": [{"sku_code": "SAME"}, {"sku_code": format!("N{n}-1")}]
        })
    };
    let products: Vec<Vec<Value>> = (0..8).map(|n| vec![product(n)]).collect();
    let answers = join_all(products.iter().map(|products| shop.products(products))).await;
    let created = answers.iter().filter(|answer| words(answer) == ["created"]).count();
    assert_eq!(created, 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| words(answer) == ["refused"]) {
        assert_eq!(answer["results"][0]["problem"]["code"], "sku_of_other_product");
    }
}
