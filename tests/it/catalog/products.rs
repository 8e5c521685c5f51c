//! Products come in by version, each for itself (OR-5).

use serde_json::{Value, json};

use super::{Shop, words};
use crate::support::TestApp;
use entity::event_log;
use sea_orm::EntityTrait;

fn shirt(version: i64) -> Value {
    json!({
        "style_code": "S300", "version": version, "name": "真丝衬衫", "category": "衬衫", "season": "2026春",
        "price_band": "300-600", "style_tag": "通勤", "material": "桑蚕丝 100%", "list_fen": 49_900,
        "size_chart": [
            {"size": "S", "measures_mm": {"胸围": 880, "衣长": 620}},
            {"size": "M", "measures_mm": {"胸围": 920, "衣长": 635}}
        ],
        "skus": [
            {"sku_code": "S300-WHT-S", "colour": "白", "size": "S"},
            {"sku_code": "S300-WHT-M", "colour": "白", "size": "M"}
        ]
    })
}

async fn told(app: &TestApp, kind: &str) -> Vec<Value> {
    let log = event_log::Entity::find().all(app.app.db.read()).await.unwrap();
    log.into_iter().filter(|event| event.kind == kind).map(|event| event.payload).collect()
}

#[actix_web::test]
async fn a_product_is_read_back_as_it_was_sent() {
    let shop = Shop::open().await;
    let answer = shop.products(&[shirt(1)]).await;
    assert_eq!(words(&answer), ["created"], "{answer}");
    let read = shop.read("/v1/open/products/S300").await;
    assert_eq!(read["product"]["id"], answer["results"][0]["product_id"]);
    for (field, value) in shirt(1).as_object().unwrap() {
        if !["size_chart", "skus"].contains(&field.as_str()) {
            assert_eq!(&read["product"][field], value, "{field}");
        }
    }
    assert_eq!(read["size_chart"], shirt(1)["size_chart"]);
    let skus: Vec<_> =
        read["skus"].as_array().unwrap().iter().map(|sku| &sku["sku_code"]).collect();
    assert_eq!(skus, ["S300-WHT-S", "S300-WHT-M"]);
    let missing = shop.app.get("/v1/open/products/NONE").bearer(&shop.erp).send().await;
    missing.refused(404, "not_found");
}

#[actix_web::test]
async fn the_highest_version_stands_whatever_comes_when() {
    let shop = Shop::open().await;
    let mut third = shirt(3);
    third["list_fen"] = 39_900.into();
    third["state"] = "discontinued".into();
    let mut same = shirt(3);
    same["name"] = "别的".into();
    let sent = [shirt(2), shirt(2), third.clone(), shirt(2), same];
    let answer = shop.products(&sent).await;
    let expect = ["created", "unchanged", "updated", "ignored_older", "refused"];
    assert_eq!(words(&answer), expect, "{answer}");
    assert_eq!(answer["results"][4]["problem"]["code"], "product_version_reused");
    // The same again, as after a line that broke: nothing moves.
    let again = shop.products(&[third, shirt(2)]).await;
    assert_eq!(words(&again), ["unchanged", "ignored_older"]);
    let read = shop.read("/v1/open/products/S300").await;
    assert_eq!(
        (&read["product"]["version"], &read["product"]["list_fen"]),
        (&json!(3), &json!(39_900))
    );
    assert_eq!(read["product"]["state"], "discontinued");
    let told = told(&shop.app, "product.changed").await;
    assert_eq!(told.len(), 1, "one event a batch: {told:?}");
    assert_eq!((&told[0]["version"], &told[0]["state"]), (&json!(3), &json!("discontinued")));
}

#[actix_web::test]
async fn a_sku_that_is_left_out_is_not_sold_any_more_and_may_come_back() {
    let shop = Shop::open().await;
    shop.products(&[shirt(1)]).await;
    let mut fewer = shirt(2);
    fewer["skus"].as_array_mut().unwrap().remove(0);
    shop.products(&[fewer]).await;
    let states = |read: &Value| -> Vec<String> {
        let skus = read["skus"].as_array().unwrap();
        skus.iter().map(|sku| sku["state"].as_str().unwrap().to_owned()).collect()
    };
    let read = shop.read("/v1/open/products/S300").await;
    assert_eq!(states(&read), ["active", "discontinued"], "what is not sold comes last");
    let ids = |read: &Value| -> std::collections::BTreeMap<String, Value> {
        let skus = read["skus"].as_array().unwrap().iter();
        skus.map(|sku| (sku["sku_code"].to_string(), sku["id"].clone())).collect()
    };
    let before = ids(&read);
    shop.products(&[shirt(3)]).await;
    let read = shop.read("/v1/open/products/S300").await;
    assert_eq!(states(&read), ["active", "active"]);
    assert_eq!(ids(&read), before, "it is the same SKU");
}

#[actix_web::test]
async fn one_bad_product_spoils_no_other() {
    let shop = Shop::open().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut product = shirt(1);
        change(&mut product);
        product
    };
    let taken = with(&|it| {
        it["style_code"] = "S301".into();
        it["skus"][1]["sku_code"] = "D100-RED-M".into();
    });
    let chart = with(&|it| it["size_chart"][1]["measures_mm"] = json!({"胸围": 0}));
    let twice = with(&|it| it["skus"][1]["sku_code"] = "S300-WHT-S".into());
    let unknown = with(&|it| it["colour"] = "红".into());
    let sent = [taken, chart, twice, unknown, json!(7), shirt(1)];
    let answer = shop.products(&sent).await;
    let expect = ["refused", "refused", "refused", "refused", "refused", "created"];
    assert_eq!(words(&answer), expect, "{answer}");
    let problem = |n: usize| {
        let problem = &answer["results"][n]["problem"];
        let pointer = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
        (problem["code"].as_str().unwrap().to_owned(), pointer.to_owned())
    };
    let expect = [
        ("sku_of_other_product", "/products/0/skus/1/sku_code"),
        ("invalid_fields", "/products/1/size_chart/1/measures_mm"),
        ("invalid_fields", "/products/2/skus/1/sku_code"),
        ("bad_json", "/products/3/colour"),
        ("bad_json", "/products/4"),
    ];
    for (n, (code, pointer)) in expect.into_iter().enumerate() {
        assert_eq!(problem(n), (code.to_owned(), pointer.to_owned()), "{n}");
    }
    let mended = shop.products(&[shirt(1)]).await;
    assert_eq!(words(&mended), ["unchanged"]);
}

#[actix_web::test]
async fn a_thousand_products_come_in_together() {
    let shop = Shop::open().await;
    let product = |n: usize| {
        let skus: Vec<Value> =
            (0..3).map(|size| json!({"sku_code": format!("B{n}-{size}")})).collect();
        json!({"style_code": format!("B{n}"), "name": "款", "category": "衬衫", "list_fen": n, "skus": skus})
    };
    let products: Vec<Value> = (0..1_000).map(product).collect();
    let first = shop.products(&products).await;
    assert_eq!(first["counts"]["created"], 1_000, "{}", first["counts"]);
    let again = shop.products(&products).await;
    assert_eq!(again["counts"]["unchanged"], 1_000);
    let read = shop.read("/v1/open/products/B999").await;
    assert_eq!(read["skus"].as_array().unwrap().len(), 3);
    // What an order leaves out is taken from here.
    let till = shop.app.partner("till", &["orders:write"]).await;
    let mut order = crate::support::order("O-1", "13800138000", 100, "2026-03-15T03:00:00Z");
    order["lines"][0]["sku_code"] = "B7-1".into();
    let sent = shop.app.post("/v1/open/orders").bearer(&till).json(&order).send().await.expect(200);
    assert_eq!(sent["warnings"], json!([]));
}
