//! One OpenAPI 3.1 document an audience, generated from the routes (OP-1).

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, ServerBuilder,
};
use utoipa_actix_web::{AppExt, scope};

use super::problems;
use super::routes::{AUDIENCES, Routes};

/// The document of one audience, or `None` for a name that is no audience.
#[must_use]
pub fn document(audience: &str) -> Option<OpenApi> {
    let (name, path, routes) = AUDIENCES.into_iter().find(|(name, ..)| *name == audience)?;
    Some(build(name, path, routes))
}

/// Every document by its file name.
#[must_use]
pub fn documents() -> Vec<(String, String)> {
    AUDIENCES
        .into_iter()
        .filter_map(|(name, path, routes)| {
            let text = build(name, path, routes).to_pretty_json().ok()?;
            Some((format!("{name}.json"), format!("{text}\n")))
        })
        .collect()
}

fn build(name: &str, path: &str, routes: Routes) -> OpenApi {
    let app = actix_web::App::new().into_utoipa_app().service(scope(path).configure(routes));
    let (_, mut document) = app.split_for_parts();
    let (title, description, scheme, bearer) = about(name);
    document.info = InfoBuilder::new()
        .title(title)
        .version("1.0.0")
        .description(Some(description))
        .contact(Some(ContactBuilder::new().name(Some("Huiyi")).build()))
        .license(Some(
            LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build(),
        ))
        .build();
    document.servers =
        Some(vec![ServerBuilder::new().url("/").description(Some("This installation")).build()]);
    let security = SecurityScheme::Http(
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(bearer)).build(),
    );
    let components = document.components.take().map_or_else(ComponentsBuilder::new, Into::into);
    document.components = Some(components.security_scheme(scheme, security).build());
    problems::explain(&mut document);
    document
}

/// Title, description, name of the security scheme, how to get a credential.
fn about(audience: &str) -> (&'static str, &'static str, &'static str, &'static str) {
    match audience {
        "member" => (
            "Huiyi member API",
            "For the mini-program and the member portal. Every route is about the signed-in shopper.",
            "member_token",
            "Access token from POST /v1/member/sessions; refresh it with POST /v1/member/sessions/refresh.",
        ),
        "guide" => (
            "Huiyi guide API",
            "For the shop guides' app. A guide sees her own customers, a manager the store.",
            "guide_token",
            "Access token from POST /v1/guide/sessions.",
        ),
        "admin" => (
            "Huiyi admin API",
            "For the head office's console.",
            "admin_token",
            "Access token from POST /v1/admin/sessions.",
        ),
        _ => (
            "Huiyi open API",
            "For POS, ERP and e-commerce systems. Amounts are integer fen, times RFC 3339.",
            "partner_key",
            "A key of the form hyk_…, or hys_… for the sandbox, made by an administrator; each route names the scope it needs. Keys that sign are \
             never sent: the headers X-App-Id, X-Timestamp, X-Nonce and X-Signature take its place (docs/signing.md).",
        ),
    }
}
