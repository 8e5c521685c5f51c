//! A retailer with twenty thousand members, forty thousand accounts, two hundred thousand transfers.

use huiyi::kernel::ids::MemberId;
use huiyi::points::service::{self as points, Sealing};
use sea_orm::{ConnectionTrait, Database};

use crate::support::TestApp;

/// Pairs of earning and spending in the long history, besides the seven transfers of points that everybody has.
pub const DEEP: u16 = 2000;
/// What the till may do.
const SCOPES: [&str; 5] =
    ["orders:write", "points:write", "catalog:read", "catalog:write", "stock:write"];
pub const PHONE: &str = "13800138000";

/// Everybody the use cases need.
pub struct Shop {
    pub app: TestApp,
    /// May send orders and move points.
    pub till: String,
    /// Of the guide whose customers the first hundred members are.
    pub guide: String,
    /// Of the member with the long history.
    pub shopper: String,
    /// Her.
    pub member: MemberId,
}

/// One, closed: nobody holds a connection to its database.
pub async fn filled() -> Shop {
    let app = TestApp::start().await;
    let till = app.partner("till", &SCOPES).await;
    let store = app.store("EAST", "SH01").await;
    let guide_id = app.guide("G-1", store).await;
    let guide = app.staff_token(guide_id, "G-1", "guide").await;
    let shopper = app.shopper("lina").await;
    app.bind_phone("lina", &shopper.token, PHONE).send().await.expect(200);
    let ledger = include_str!("../../../benches/speed/fill/ledger.sql");
    let sql = format!("{ledger}\n{}\nANALYZE;", include_str!("shop.sql"))
        .replace(":members", "20000")
        .replace(":deep", &DEEP.to_string())
        .replace(":now_ms", &app.now().timestamp_millis().to_string())
        .replace(":guide", &guide_id.0.to_string())
        .replace(":store", &store.0.to_string());
    let started = std::time::Instant::now();
    let connection = Database::connect(app.database_url()).await.unwrap();
    connection.execute_unprepared(&sql).await.unwrap();
    connection.close().await.unwrap();
    // SQL has written no codes: accounts as from before there were any.
    let sealed = points::seal_accounts(&app.app).await.unwrap();
    assert!(matches!(sealed, Sealing::Done(_)), "{sealed:?}");
    eprintln!("filled in {:?}", started.elapsed());
    app.app.db.clone().close().await.unwrap();
    let member = shopper.id.parse().unwrap();
    Shop { app, till, guide, shopper: shopper.token, member }
}
