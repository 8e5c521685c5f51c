//! Staff: accounts, invitations, signing in.

mod accounts;
mod invitations;
mod sign_in;

use huiyi::kernel::codes::StaffRole;

use crate::support::TestApp;

/// The password that `TestApp::staff_token` sets.
pub const PASSWORD: &str = "correct horse battery";

/// An administrator's access token.
pub async fn boss(app: &TestApp) -> String {
    let id = app.hire("A001", StaffRole::Admin, None).await;
    app.staff_token(id, "A001", "admin").await
}
