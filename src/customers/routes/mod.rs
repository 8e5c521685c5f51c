//! Routes by audience.

mod explain;
mod explain_wire;
mod guide;
mod guide_customer;
mod member;
mod orders;
mod points;
mod statement;
mod trace_wire;

use utoipa_actix_web::service_config::ServiceConfig;

/// `/v1/member`: what a shopper reads about herself.
pub fn member(config: &mut ServiceConfig<'_>) {
    config
        .service(member::read_member)
        .service(member::read_member_points)
        .service(member::list_member_orders)
        .service(member::read_member_order)
        .service(explain::explain_my_points)
        .service(statement::read_my_points_statement);
}

/// `/v1/guide`: what a guide reads about her customers.
pub fn guide(config: &mut ServiceConfig<'_>) {
    config
        .service(guide::list_customers)
        .service(guide_customer::read_customer)
        .service(guide_customer::read_customer_points)
        .service(guide_customer::list_customer_points_history)
        .service(guide_customer::list_customer_orders)
        .service(explain::explain_customers_points);
}

/// `/v1/admin`: what support reads about anybody.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config.service(explain::read_points_transfer).service(statement::read_members_points_statement);
}
