//! Routes and wire types of webhooks.

mod admin_deliveries;
mod admin_endpoints;
mod open_deliveries;
mod open_endpoints;
mod wire;

use actix_web::web::ThinData;
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::Offer;

/// `/v1/admin`: endpoints of every partner, and what became of deliveries.
pub fn admin(config: &mut ServiceConfig<'_>, offer: Offer) {
    config
        .app_data(ThinData(offer))
        .service(admin_endpoints::list_webhook_endpoints)
        .service(admin_endpoints::add_webhook_endpoint)
        .service(admin_endpoints::get_webhook_endpoint)
        .service(admin_endpoints::change_webhook_endpoint)
        .service(admin_endpoints::remove_webhook_endpoint)
        .service(admin_endpoints::rotate_webhook_secret)
        .service(admin_deliveries::test_webhook_endpoint)
        .service(admin_deliveries::list_webhook_deliveries)
        .service(admin_deliveries::recover_webhook_deliveries)
        .service(admin_deliveries::get_webhook_delivery)
        .service(admin_deliveries::resend_webhook_delivery);
}

/// `/v1/open`: a partner's own endpoints.
pub fn open(config: &mut ServiceConfig<'_>, offer: Offer) {
    config
        .app_data(ThinData(offer))
        .service(open_endpoints::list_own_webhook_endpoints)
        .service(open_endpoints::add_own_webhook_endpoint)
        .service(open_endpoints::get_own_webhook_endpoint)
        .service(open_endpoints::change_own_webhook_endpoint)
        .service(open_endpoints::remove_own_webhook_endpoint)
        .service(open_endpoints::rotate_own_webhook_secret)
        .service(open_deliveries::test_own_webhook_endpoint)
        .service(open_deliveries::list_own_webhook_deliveries)
        .service(open_deliveries::recover_own_webhook_deliveries)
        .service(open_deliveries::get_own_webhook_delivery)
        .service(open_deliveries::resend_own_webhook_delivery);
}
