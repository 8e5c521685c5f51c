//! Refusals and faults, and how they read on the wire: RFC 9457 with stable codes (OP-1).

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use super::codes;
use crate::db::{self, DbError, Failure};

/// One thing that can be refused: the code never changes, the texts may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// HTTP status.
    pub status: u16,
    /// Stable word for programs.
    pub code: &'static str,
    /// Stable number, for clients in the habit of WeChat's own API.
    pub errcode: u32,
    /// Text for people, Chinese.
    pub zh: &'static str,
    /// Text for people, English.
    pub en: &'static str,
}

impl Code {
    /// A code of a capability; `wiring` lists them all and a test keeps them unique.
    #[must_use]
    pub const fn new(
        status: u16,
        code: &'static str,
        errcode: u32,
        zh: &'static str,
        en: &'static str,
    ) -> Self {
        Self { status, code, errcode, zh, en }
    }
}

/// A field that is wrong, by JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer into the request body, or `?name` for a query parameter.
    pub pointer: String,
    /// Stable word for the rule that was broken.
    pub rule: &'static str,
    /// Text for people, Chinese.
    pub zh: String,
    /// Text for people, English.
    pub en: String,
}

/// A request that was understood and refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// Which fields.
    pub fields: Vec<FieldError>,
    /// Seconds after which trying again may help.
    pub retry_after: Option<u64>,
}

/// Everything a service or a handler can answer but success.
#[derive(Debug)]
pub enum Error {
    /// The caller's doing: answered with its code.
    Refused(Box<Refusal>),
    /// The database's doing: 503 when it is away, else a fault.
    Database(DbError),
    /// A fault of ours: logged with its text, answered with the request id only.
    Fault(String),
}

impl Error {
    /// Something of ours that must not happen did.
    pub fn fault(what: impl fmt::Display) -> Self {
        Self::Fault(what.to_string())
    }

    /// Refuses because of one field.
    pub fn field(pointer: impl Into<String>, rule: &'static str, zh: &str, en: &str) -> Self {
        Self::from(codes::INVALID_FIELDS).at(pointer, rule, zh, en)
    }

    /// Names one more field that is wrong.
    #[must_use]
    pub fn at(
        mut self,
        pointer: impl Into<String>,
        rule: &'static str,
        zh: &str,
        en: &str,
    ) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.fields.push(FieldError {
                pointer: pointer.into(),
                rule,
                zh: zh.to_owned(),
                en: en.to_owned(),
            });
        }
        self
    }

    /// Says after how many seconds trying again may help.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.retry_after = Some(seconds);
        }
        self
    }

    /// The refusal that is answered.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Refused(refusal) => (**refusal).clone(),
            Self::Database(error) if db::is_passing(error) => {
                Refusal { code: codes::UNAVAILABLE, fields: Vec::new(), retry_after: Some(1) }
            }
            Self::Database(_) | Self::Fault(_) => {
                Refusal { code: codes::FAULT, fields: Vec::new(), retry_after: None }
            }
        }
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(Box::new(Refusal { code, fields: Vec::new(), retry_after: None }))
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl Failure for Error {
    fn db(&self) -> Option<&DbError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => f.write_str(refusal.code.code),
            Self::Database(error) => write!(f, "database: {error}"),
            Self::Fault(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.refusal().code.status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        // The context middleware writes it again with the caller's language and the request id.
        render(&self.refusal(), Language::Zh, "")
    }
}

/// The languages that texts exist in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Chinese, the default.
    Zh,
    /// English.
    En,
}

impl Language {
    /// From `Accept-Language`: the first of zh and en wins; Chinese when neither is named.
    #[must_use]
    pub fn from_header(header: Option<&str>) -> Self {
        let header = header.unwrap_or_default().to_ascii_lowercase();
        let first = header.split(',').find_map(|part| match part.trim().get(..2) {
            Some("zh") => Some(Self::Zh),
            Some("en") => Some(Self::En),
            _ => None,
        });
        first.unwrap_or(Self::Zh)
    }

    /// The text in this language.
    #[must_use]
    pub const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// An error: RFC 9457 problem details, with the names that WeChat developers expect beside them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "/docs/errors#not_found", "title": "没有找到", "status": 404, "code": "not_found",
    "errcode": 10404, "errmsg": "没有找到", "request_id": "0e3c6f0b6c0e4a51b0d5c3f5f2a1d9aa", "errors": []
}))]
pub struct Problem {
    /// Where the code is explained.
    pub r#type: String,
    /// Text for people, in the language asked for.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable word for programs.
    pub code: String,
    /// Stable number.
    pub errcode: u32,
    /// Same as `title`.
    pub errmsg: String,
    /// Quote it when you ask for help.
    pub request_id: String,
    /// Fields that are wrong.
    pub errors: Vec<ProblemField>,
}

/// One wrong field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// JSON pointer into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// Stable word for the rule.
    pub rule: String,
    /// Text for people, in the language asked for.
    pub message: String,
}

impl Problem {
    /// The refusal in one language.
    #[must_use]
    pub fn new(refusal: &Refusal, language: Language, request_id: &str) -> Self {
        let code = refusal.code;
        let title = language.pick(code.zh, code.en);
        let errors = refusal.fields.iter().map(|field| ProblemField {
            pointer: field.pointer.clone(),
            rule: field.rule.to_owned(),
            message: language.pick(&field.zh, &field.en).to_owned(),
        });
        Self {
            r#type: format!("/docs/errors#{}", code.code),
            title: title.to_owned(),
            status: code.status,
            code: code.code.to_owned(),
            errcode: code.errcode,
            errmsg: title.to_owned(),
            request_id: request_id.to_owned(),
            errors: errors.collect(),
        }
    }
}

/// As in the draft standard (draft-ietf-httpapi-ratelimit-headers).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The response for a refusal.
#[must_use]
pub fn render(refusal: &Refusal, language: Language, request_id: &str) -> HttpResponse {
    let problem = Problem::new(refusal, language, request_id);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
    if let Some(seconds) = refusal.retry_after {
        response.insert_header((RETRY_AFTER, seconds));
    }
    match problem.status {
        401 => {
            response.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        429 => {
            let wait = refusal.retry_after.unwrap_or(1);
            response.insert_header((RATE_LIMIT, format!("\"default\";r=0;t={wait}")));
        }
        _ => {}
    }
    response.body(serde_json::to_string(&problem).unwrap_or_default())
}
