//! Which capability serves which audience. An audience is a URL scope and a document of its own.

use actix_web::middleware::from_fn;
use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

use super::events::offer;
use super::sandbox::choose;
use crate::{
    bulk, catalog, customers, identity, leaderboards, members, operations, orders, partners,
    points, sessions, staff, tiers, timeline, webhooks,
};

/// `/v1/member`: the shopper herself.
pub fn member(config: &mut ServiceConfig<'_>) {
    config
        .configure(identity::routes::member)
        .configure(sessions::routes::member)
        .configure(members::routes::member)
        .configure(points::routes::member)
        .configure(tiers::routes::member)
        .configure(customers::routes::member)
        .configure(leaderboards::routes::member);
}

/// `/v1/guide`: staff in stores.
pub fn guide(config: &mut ServiceConfig<'_>) {
    config
        .configure(staff::routes::guide)
        .configure(customers::routes::guide)
        .configure(tiers::routes::guide)
        .configure(timeline::routes::guide)
        .configure(catalog::routes::guide)
        .configure(leaderboards::routes::guide);
}

/// `/v1/admin`: head office.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config
        .configure(staff::routes::admin)
        .configure(partners::routes::admin)
        .configure(leaderboards::routes::admin)
        .configure(operations::routes::admin)
        .configure(points::routes::admin)
        .configure(customers::routes::admin)
        .configure(orders::routes::admin)
        .configure(tiers::routes::admin)
        .configure(timeline::routes::admin)
        .configure(catalog::routes::admin)
        .configure(bulk::routes::admin)
        .configure(|config| webhooks::routes::admin(config, offer()));
}

/// `/v1/open`: third parties.
pub fn open(config: &mut ServiceConfig<'_>) {
    config
        .configure(partners::routes::open)
        .configure(orders::routes::open)
        .configure(points::routes::open)
        .configure(tiers::routes::open)
        .configure(catalog::routes::open)
        .configure(bulk::routes::open)
        .configure(|config| webhooks::routes::open(config, offer()));
}

/// An audience's routes.
pub type Routes = fn(&mut ServiceConfig<'_>);

/// Every audience: its name, its URL scope, its routes.
pub const AUDIENCES: [(&str, &str, Routes); 4] = [
    ("member", "/v1/member", member),
    ("guide", "/v1/guide", guide),
    ("admin", "/v1/admin", admin),
    ("open", "/v1/open", open),
];

/// Every audience's routes under their scopes.
pub fn configure(config: &mut web::ServiceConfig) {
    for (name, path, routes) in AUDIENCES {
        let scope = web::scope(path).configure(|config| routes(&mut ServiceConfig::new(config)));
        if name == "open" {
            config.service(scope.wrap(from_fn(choose)));
        } else {
            config.service(scope);
        }
    }
}
