//! Routes and wire types of orders.

mod dry_run;
mod order_answers;
mod order_wire;
mod orders;
mod preview_wire;
mod read_back;
mod refund_wire;
mod refunds;
mod text;

use utoipa_actix_web::service_config::ServiceConfig;

/// `/v1/admin`: what rules and campaigns would have cost.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config.service(dry_run::dry_run_earning_rule).service(dry_run::dry_run_points_campaign);
}

/// `/v1/open`: orders and refunds come in.
pub fn open(config: &mut ServiceConfig<'_>) {
    config
        .service(orders::send_order)
        .service(orders::send_order_batch)
        .service(read_back::read_order)
        .service(refunds::send_refund)
        .service(refunds::send_refund_batch)
        .service(refunds::preview_refund);
}
