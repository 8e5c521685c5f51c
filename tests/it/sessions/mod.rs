//! Signed-in devices: tokens, refreshing, revocation.

mod devices;
mod refresh;
mod revocation;
mod tokens;

use huiyi::app::App;
use huiyi::db::in_tx;
use huiyi::http::Error;
use huiyi::kernel::codes::Audience;
use huiyi::kernel::ids::MemberId;
use huiyi::sessions::service::{Principal, Tokens, open_in};

/// Signs a device of `member` in, as sign-in does once it knows who it is.
pub async fn open(app: &App, member: MemberId, device: &str) -> Tokens {
    in_tx::<_, Error>(&app.db, async |tx| {
        open_in(tx, app, Principal::member(member), Audience::Member, device).await
    })
    .await
    .unwrap()
}

/// A member id of nobody in particular: a session needs no more.
pub fn somebody(app: &App) -> MemberId {
    MemberId::new(app.clock.now())
}
