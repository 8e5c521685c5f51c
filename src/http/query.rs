//! Query parameters and path ids.

use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use garde::Validate;
use serde::de::DeserializeOwned;

use super::problem::Error;
use super::{Result, codes, gate};

/// Query parameters, checked against their own rules.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Validate<Context = ()> + 'static> FromRequest for Query<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (query, passed) = (parse(request.query_string()).map(Self), gate::passed(request));
        Box::pin(async move {
            passed.await;
            query
        })
    }
}

fn parse<T: DeserializeOwned + Validate<Context = ()>>(text: &str) -> Result<T> {
    let pairs = serde_urlencoded::Deserializer::new(form_pairs(text));
    let value: T = serde_path_to_error::deserialize(pairs).map_err(|error| {
        let name = error.path().to_string();
        let en = "unknown, repeated or not of the documented form";
        Error::field(format!("?{name}"), "type", "参数未知、重复或格式不正确", en)
    })?;
    let Err(report) = value.validate() else { return Ok(value) };
    Err(report.iter().fold(Error::from(codes::INVALID_FIELDS), |error, (path, what)| {
        error.at(format!("?{path}"), "invalid", &format!("不符合要求：{what}"), &what.to_string())
    }))
}

fn form_pairs(text: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(text.as_bytes())
}

/// The `{id}` of the path. Text that is no id of the kind is answered like an id that does not exist (S1).
#[derive(Clone, Copy, Debug)]
pub struct PathId<T>(pub T);

impl<T: FromStr + 'static> FromRequest for PathId<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|text| text.parse().ok());
        let passed = gate::passed(request);
        Box::pin(async move {
            passed.await;
            id.map(Self).ok_or_else(|| codes::NOT_FOUND.into())
        })
    }
}
