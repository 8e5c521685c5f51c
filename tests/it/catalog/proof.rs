//! Whatever is changed by hand in the stock is seen, and its row named (OR-5).

use entity::{stock_hold, stock_level, stock_move};
use huiyi::catalog::service::{StockDifference, StockFault, prove_stock};
use sea_orm::{EntityTrait, QueryOrder};

use super::{Shop, count, line};

async fn found(shop: &Shop) -> Vec<StockDifference> {
    prove_stock(&shop.app.app).await.unwrap()
}

#[actix_web::test]
async fn whatever_is_changed_by_hand_is_named() {
    let shop = Shop::open().await;
    shop.moves(&[line("R-1", "receive", 5, 1), line("S-1", "sell", 1, 2)]).await;
    shop.hold("W-1", 2).await.expect(200);
    shop.counts(&[count("C-1", 7, 3)]).await;
    shop.app.reconciles().await;
    let db = shop.app.app.db.read();
    let level = stock_level::Entity::find().one(db).await.unwrap().unwrap();
    let moves = stock_move::Entity::find().order_by_asc(stock_move::Column::Seq);
    let moves = moves.all(db).await.unwrap();
    let hold = stock_hold::Entity::find().one(db).await.unwrap().unwrap();
    assert_eq!((moves.len(), hold.level_id), (4, level.id));
    let second = moves[1].id;
    for (change, back, what) in [
        ("stock_level SET on_hand = 8", "stock_level SET on_hand = 7", StockFault::OnHand),
        ("stock_level SET held = 1", "stock_level SET held = 2", StockFault::Held),
        ("stock_level SET short = 1", "stock_level SET short = 0", StockFault::Short),
        ("stock_level SET version = 5", "stock_level SET version = 4", StockFault::Version),
        ("stock_hold SET quantity = 3", "stock_hold SET quantity = 2", StockFault::HoldSum),
        ("stock_hold SET state = 'lapsed'", "stock_hold SET state = 'held'", StockFault::HoldSum),
        (
            "stock_move SET delta = -2 WHERE seq = 2",
            "stock_move SET delta = -1 WHERE seq = 2",
            StockFault::OnHandAfter(second),
        ),
        (
            "stock_move SET seq = 9 WHERE seq = 4",
            "stock_move SET seq = 4 WHERE seq = 9",
            StockFault::Sequence(moves[3].id),
        ),
    ] {
        shop.app.sql(&format!("UPDATE {change}")).await.unwrap();
        let found = found(&shop).await;
        assert!(
            found.iter().any(|one| one.what == what && one.level == level.id),
            "{change}: {found:?}"
        );
        shop.app.sql(&format!("UPDATE {back}")).await.unwrap();
        shop.app.reconciles().await;
    }
    shop.app.sql("DELETE FROM stock_level").await.unwrap();
    let gone = found(&shop).await;
    assert_eq!((gone[0].level, gone[0].what, gone[0].expected), (level.id, StockFault::NoLevel, 4));
}
