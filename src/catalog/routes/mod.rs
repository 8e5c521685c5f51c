//! Routes and wire types of the catalogue and of stock.

mod product_wire;
mod products;
mod shown;
mod stock;
mod stock_holds;
mod stock_lists;
mod stock_wire;

use utoipa_actix_web::service_config::ServiceConfig;

/// `/v1/admin`: what is sold, and what is where.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config
        .service(shown::list_admin_products)
        .service(shown::get_admin_product)
        .service(stock_lists::list_admin_stock);
}

/// `/v1/guide`: the same, in the shop.
pub fn guide(config: &mut ServiceConfig<'_>) {
    config
        .service(shown::list_guide_products)
        .service(shown::get_guide_product)
        .service(stock_lists::list_guide_stock);
}

/// `/v1/open`: products come in, stock moves.
pub fn open(config: &mut ServiceConfig<'_>) {
    config
        .service(products::send_product_batch)
        .service(products::read_product)
        .service(stock::send_stock_move_batch)
        .service(stock::send_stock_count_batch)
        .service(stock::query_stock)
        .service(stock_lists::list_open_stock)
        .service(stock_holds::hold_stock)
        .service(stock_holds::read_stock_hold)
        .service(stock_holds::capture_stock)
        .service(stock_holds::release_stock);
}
