//! Members, their identifiers, totals and profiles (ID-2, ID-4, ID-5, OR-3).

mod profile;
mod resolve;
mod scope;
mod totals;

use entity::ids::MemberId;
use huiyi::db::in_tx;
use huiyi::http::{Error, Result};
use huiyi::kernel::mobile::Mobile;
use huiyi::members::service::{Who, resolve_in};

use crate::support::TestApp;

/// Somebody whom a till knows by phone.
pub fn by_phone(phone: &str) -> Who {
    Who { phone: Some(Mobile::parse(phone).unwrap()), source: "pos", ..Who::default() }
}

/// The members of a batch, made where nobody knows them.
pub async fn resolve(app: &TestApp, who: &[Who]) -> Result<Vec<Option<MemberId>>> {
    in_tx::<_, Error>(&app.app.db, async |tx| resolve_in(tx, &app.app, who).await).await
}

/// The member of one, made where nobody knows her.
pub async fn resolve_one(app: &TestApp, who: Who) -> MemberId {
    resolve(app, &[who]).await.unwrap()[0].unwrap()
}
