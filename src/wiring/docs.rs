//! `/docs`: the contract to read and to try, from the program itself with no outside asset (OP-1).

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION};
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use utoipa_swagger_ui::{Config, Url};

use super::codes::CODES;
use super::openapi;
use super::routes::AUDIENCES;
use crate::http::{Code, Error, Result, codes};

/// Nothing from elsewhere, nothing inside a foreign frame. Swagger UI styles its elements one by one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files of Swagger UI that the page needs; its other bundles stay inside.
const FILES: &[&str] = &[
    "index.css",
    "index.html",
    "favicon-16x16.png",
    "favicon-32x32.png",
    "swagger-initializer.js",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-ui.css",
];

static DOCUMENTS: LazyLock<Vec<(String, String)>> = LazyLock::new(openapi::documents);
static ERRORS: LazyLock<String> = LazyLock::new(|| error_page(CODES));
static PATHS: LazyLock<[String; 4]> =
    LazyLock::new(|| AUDIENCES.map(|(name, ..)| format!("/docs/openapi/{name}.json")));
static SWAGGER: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| Arc::new(swagger()));

/// Registers the pages, behind everything else: they are for people, not for programs.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/docs")
            .route("", web::get().to(to_index))
            .route("/", web::get().to(index))
            .route("/errors", web::get().to(errors))
            .route("/openapi/{file}", web::get().to(document))
            .route("/{file}", web::get().to(file)),
    );
}

/// The page's own links are relative, so it must end in a slash.
async fn to_index() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}

async fn index() -> Result<HttpResponse> {
    asset("index.html")
}

async fn file(name: web::Path<String>) -> Result<HttpResponse> {
    asset(&name)
}

async fn errors() -> HttpResponse {
    page().content_type("text/html; charset=utf-8").body(ERRORS.as_str())
}

async fn document(file: web::Path<String>) -> Result<HttpResponse> {
    let found = DOCUMENTS.iter().find(|(name, _)| *name == *file);
    let (_, text) = found.ok_or(codes::NOT_FOUND)?;
    Ok(page().content_type("application/json").body(text.as_str()))
}

fn asset(name: &str) -> Result<HttpResponse> {
    if !FILES.contains(&name) {
        return Err(codes::NOT_FOUND.into());
    }
    let file = utoipa_swagger_ui::serve(name, Arc::clone(&SWAGGER)).map_err(Error::fault)?;
    let file = file.ok_or(codes::NOT_FOUND)?;
    Ok(page().content_type(file.content_type).body(file.bytes.into_owned()))
}

fn page() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_SECURITY_POLICY, POLICY));
    response.insert_header((CACHE_CONTROL, "public, max-age=300"));
    response.insert_header(("referrer-policy", "no-referrer"));
    response
}

/// One selectable document an audience. Swagger UI would ask a validator on the internet by default.
fn swagger() -> Config<'static> {
    let named = AUDIENCES.iter().zip(PATHS.iter());
    let documents = named.map(|((name, ..), path)| Url::new(name, path));
    Config::new(documents)
        .validator_url("none")
        .try_it_out_enabled(true)
        .display_operation_id(true)
        .display_request_duration(true)
        .deep_linking(true)
}

/// Every code with its texts, in order of number; the anchor of a code is the `type` of its problems.
fn error_page(lists: &[&[Code]]) -> String {
    let mut codes: Vec<&Code> = lists.iter().copied().flatten().collect();
    codes.sort_by_key(|code| code.errcode);
    let rows = codes.into_iter().fold(String::new(), |mut rows, code| {
        // Writing to a string cannot fail.
        let _ = writeln!(
            rows,
            "<tr id=\"{name}\"><td><a href=\"#{name}\"><code>{name}</code></a></td><td>{number}</td>\
             <td>{status}</td><td lang=\"zh-CN\">{zh}</td><td lang=\"en\">{en}</td></tr>",
            name = escape(code.code),
            number = code.errcode,
            status = code.status,
            zh = escape(code.zh),
            en = escape(code.en),
        );
        rows
    });
    include_str!("errors.html").replace("{{rows}}", &rows)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_page_has_one_anchored_row_a_code() {
        let page = error_page(&[&[Code::new(409, "a_b", 7, "甲<乙", "a & b")]]);
        assert!(page.contains("<tr id=\"a_b\">"));
        assert!(page.contains("甲&lt;乙") && page.contains("a &amp; b") && page.contains("409"));
        assert!(!page.contains("{{"), "the template is filled");
    }

    #[test]
    fn every_file_of_the_page_is_inside_the_program() {
        for name in FILES {
            assert!(asset(name).is_ok(), "{name}");
        }
        assert!(asset("oauth2-redirect.html").is_err());
    }
}
