//! Whoever repeats a signed request that it has seen takes nothing of the partner's (S21, S5).

use huiyi::partners::service::{usage, write_uses};

use super::signing::{Signer, seal};
use crate::staff::boss;
use crate::support::TestApp;

const ME: &str = "/v1/open/me";

/// However often it comes again, it is told so, and never that the partner asked too often; and it counts as no use.
#[actix_web::test]
async fn a_replay_takes_nothing_of_the_quota() {
    let app = TestApp::start_with(|config| config.security.partner_requests_per_minute = 1).await;
    let till = Signer::new(&app, &boss(&app).await, "a", "required").await;
    let once = seal(&app, 1);
    till.get(&app, &once, ME).await.expect(200);
    for _ in 0..60 {
        till.get(&app, &once, ME).await.refused(401, "signature_replayed");
    }
    write_uses(&app.app).await.unwrap();
    let id = till.id.parse().unwrap();
    let (_, partner) = huiyi::partners::service::find_key(&app.app, id).await.unwrap();
    let days = usage(&app.app, partner.id, id, None, 10).await.unwrap();
    assert_eq!(days.len(), 1);
    assert_eq!((days[0].requests, days[0].limited), (1, 0));
}
