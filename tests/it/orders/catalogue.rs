//! The catalogue, and who is credited (OR-5, GD-8).

use entity::codes::CreditKind;
use entity::values::Fen;
use entity::{event_log, sales_credit};
use huiyi::catalog::service::{self as catalog, ProductIn, SkuIn};
use huiyi::db::in_tx;
use huiyi::guides::service::{Credit, credit_in};
use huiyi::http::Error;
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::Till;

fn style(code: &str, name: &str, skus: &[(&str, &str)]) -> ProductIn {
    ProductIn {
        style_code: code.to_owned(),
        name: name.to_owned(),
        category: "衬衫".to_owned(),
        season: "2026夏".to_owned(),
        price_band: "100-300".to_owned(),
        style_tag: "休闲".to_owned(),
        list: Fen(19_900),
        skus: skus.iter().map(|(code, size)| SkuIn::new(code, "白", size)).collect(),
        ..ProductIn::default()
    }
}

#[actix_web::test]
async fn styles_and_skus_are_added_and_changed_by_their_codes() {
    let till = Till::open().await;
    let app = &till.app.app;
    let codes: Vec<String> = ["S1-M", "S1-L", "NONE"].map(str::to_owned).to_vec();
    catalog::put(app, vec![style("S1", "衬衫", &[("S1-M", "M"), ("S1-L", "L")])]).await.unwrap();
    let before = catalog::by_codes(app.db.read(), &codes).await.unwrap();
    assert_eq!(before.len(), 2);
    // The last of a code stands; ids stay.
    let again = vec![
        style("S1", "旧名", &[("S1-M", "XS")]),
        style("S1", "亚麻衬衫", &[("S1-M", "165/88A")]),
    ];
    catalog::put(app, again).await.unwrap();
    let after = catalog::by_codes(app.db.read(), &codes).await.unwrap();
    assert_eq!(after["S1-M"].product.name, "亚麻衬衫");
    assert_eq!(after["S1-M"].sku.size, "165/88A");
    assert_eq!(after["S1-L"].sku, before["S1-L"].sku);
    assert_eq!(after["S1-M"].sku.id, before["S1-M"].sku.id);
    assert_eq!(after["S1-M"].product.id, before["S1-M"].product.id);
    catalog::put(app, Vec::new()).await.unwrap();
    assert!(catalog::by_codes(app.db.read(), &[]).await.unwrap().is_empty());
}

#[actix_web::test]
async fn a_large_catalogue_comes_in_at_once() {
    let till = Till::open().await;
    let skus: Vec<String> = (0..2_500).map(|n| format!("L-{n}")).collect();
    let styles = skus.chunks(2).enumerate().map(|(n, skus)| {
        let skus: Vec<_> = skus.iter().map(|sku| (sku.as_str(), "M")).collect();
        style(&format!("L{n}"), "款", &skus)
    });
    catalog::put(&till.app.app, styles.collect()).await.unwrap();
    let found = catalog::by_codes(till.app.app.db.read(), &skus).await.unwrap();
    assert_eq!(found.len(), 2_500);
}

#[actix_web::test]
async fn a_credit_stands_once_for_its_cause() {
    let till = Till::open().await;
    let app = &till.app.app;
    let credit = |cause: u128, amount: i64| Credit {
        kind: CreditKind::Sale,
        cause: Uuid::from_u128(cause),
        guide: till.guide,
        store: None,
        region: None,
        amount: Fen(amount),
        at: till.app.now(),
    };
    for credits in [vec![credit(1, 100)], vec![credit(1, 999), credit(2, 50)], Vec::new()] {
        in_tx::<_, Error>(&app.db, async |tx| credit_in(tx, &credits, app.clock.now()).await)
            .await
            .unwrap();
    }
    let mut stand: Vec<i64> = sales_credit::Entity::find()
        .all(app.db.read())
        .await
        .unwrap()
        .iter()
        .map(|credit| credit.amount_fen.0)
        .collect();
    stand.sort_unstable();
    assert_eq!(stand, [50, 100]);
    let log = event_log::Entity::find().all(app.db.read()).await.unwrap();
    let credited: Vec<_> = log.iter().filter(|event| event.kind == "guide.credited").collect();
    assert_eq!(credited.len(), 2);
    assert_eq!(credited[0].payload["guide_id"], till.guide.to_string());
}
