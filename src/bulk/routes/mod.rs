//! Routes and wire types of imports and exports.

mod exports;
mod imports;
mod open;
mod wire;

use utoipa_actix_web::service_config::ServiceConfig;

/// `/v1/admin`: imports and exports.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config
        .service(imports::read_import_template)
        .service(imports::start_import)
        .service(imports::list_imports)
        .service(imports::read_import)
        .service(imports::read_import_report)
        .service(imports::cancel_import)
        .service(imports::approve_import)
        .service(exports::start_export)
        .service(exports::list_exports)
        .service(exports::read_export)
        .service(exports::read_export_file)
        .service(exports::cancel_export);
}

/// `/v1/open`: a third party's orders as files (OR-2).
pub fn open(config: &mut ServiceConfig<'_>) {
    config
        .service(open::start_order_import)
        .service(open::list_order_imports)
        .service(open::read_order_import)
        .service(open::read_order_import_report)
        .service(open::cancel_order_import);
}
