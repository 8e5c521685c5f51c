//! The catalogue and its stock as staff read them (OR-5, GD-7).

use huiyi::kernel::codes::StaffRole;
use serde_json::{Value, json};

use super::{DRESS, Shop, line};

fn codes(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["style_code"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn head_office_finds_products_by_what_they_are() {
    let shop = Shop::open().await;
    let product = |code: &str, category: &str, season: &str, state: &str| {
        json!({
            "style_code": code, "name": format!("款 {code}"), "category": category, "season": season, "state": state,
            "list_fen": 100, "skus": [{"sku_code": format!("{code}-1")}]
        })
    };
    shop.products(&[
        product("AB1", "大衣", "2026秋", "active"),
        product("AB2", "大衣", "2026冬", "discontinued"),
        product("A%3", "衬衫", "2026秋", "active"),
    ])
    .await;
    let boss = shop.app.hire("A001", StaffRole::Admin, None).await;
    let boss = shop.app.staff_token(boss, "A001", "admin").await;
    let read = async |query: &str| {
        let path = format!("/v1/admin/products{query}");
        shop.app.get(&path).bearer(&boss).send().await.expect(200)
    };
    let sorted = async |query: &str| {
        let page = read(query).await;
        let mut codes: Vec<String> = codes(&page).into_iter().map(str::to_owned).collect();
        codes.sort();
        codes
    };
    assert_eq!(sorted("").await, ["A%3", "AB1", "AB2", "D100", "T200"]);
    assert_eq!(sorted("?category=%E5%A4%A7%E8%A1%A3").await, ["AB1", "AB2"]);
    assert_eq!(sorted("?season=2026%E7%A7%8B&state=active").await, ["A%3", "AB1"]);
    assert_eq!(sorted("?state=discontinued").await, ["AB2"]);
    assert_eq!(sorted("?q=AB").await, ["AB1", "AB2"]);
    assert_eq!(sorted("?q=ab").await, ["AB1", "AB2"]);
    assert_eq!(sorted("?q=A%25").await, ["A%3"]);
    assert_eq!(sorted("?q=%E6%AC%BE%20AB1").await, ["AB1"]);
    let first = read("?limit=3").await;
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = read(&format!("?limit=3&cursor={cursor}")).await;
    assert_eq!(second["items"].as_array().unwrap().len(), 2);
    let id = first["items"][0]["id"].as_str().unwrap();
    let one = read(&format!("/{id}")).await;
    assert_eq!(one["product"]["style_code"], first["items"][0]["style_code"]);
    assert_eq!(one["skus"].as_array().unwrap().len(), 1);
}

/// GD-7: the size that is out of stock here hangs in another store.
#[actix_web::test]
async fn a_guide_sees_where_else_a_size_is() {
    let shop = Shop::open().await;
    let mut there = line("R-1", "receive", 2, 1);
    there["store_code"] = "SH02".into();
    shop.moves(&[there, line("S-1", "sell", 1, 2)]).await;
    let store = shop.app.store("EAST", "SH01").await;
    let guide = shop.app.guide("G001", store).await;
    let guide = shop.app.staff_token(guide, "G001", "guide").await;
    let path = format!("/v1/guide/stock?sku_code={DRESS}&only=available");
    let page = shop.app.get(&path).bearer(&guide).send().await.expect(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    let item = &items[0];
    assert_eq!((&item["store_code"], &item["stock"]["available"]), (&json!("SH02"), &json!(2)));
    let products = shop.app.get("/v1/guide/products?q=D1").bearer(&guide).send().await.expect(200);
    assert_eq!(codes(&products), ["D100"]);
    let unknown = shop.app.get("/v1/guide/stock?sku_code=NONE").bearer(&guide).send().await;
    unknown.refused(422, "stock_sku_unknown");
    let unknown = shop.app.get("/v1/guide/stock?store_code=NONE").bearer(&guide).send().await;
    unknown.refused(422, "stock_store_unknown");
}
