//! JSON bodies: size, shape and rules checked before a handler runs.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use garde::Validate;
use serde::de::DeserializeOwned;

use super::problem::Error;
use super::{Result, codes, gate};
use crate::app::App;

/// A JSON body within the usual size, checked against its own rules; the raw bytes stay for fingerprints.
#[derive(Debug)]
pub struct Body<T> {
    /// What was sent.
    pub value: T,
    /// As it was sent, byte for byte.
    pub raw: Bytes,
}

/// A JSON body that may be as large as a batch.
#[derive(Debug)]
pub struct BatchBody<T>(pub T);

/// A file as it is: what it is called does not matter, what stands in it is looked at by whoever takes it.
#[derive(Debug)]
pub struct FileBody(pub Bytes);

impl<T> FromRequest for Body<T>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = app(request).map(|app| app.config.server.max_body_bytes);
        let arriving = Arriving::of(request, payload, limit);
        Box::pin(async move {
            let raw = arriving.read().await?;
            let value = parse(&raw)?;
            Ok(Self { value, raw })
        })
    }
}

impl<T> FromRequest for BatchBody<T>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = app(request).map(|app| app.config.server.max_batch_body_bytes);
        let arriving = Arriving::of(request, payload, limit);
        Box::pin(async move { Ok(Self(parse(&arriving.read().await?)?)) })
    }
}

impl FromRequest for FileBody {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = app(request).map(|app| app.config.server.max_upload_bytes);
        // Forms would put their own words around the file.
        let form = request.content_type();
        let form = form.starts_with("multipart/") || form.ends_with("x-www-form-urlencoded");
        let arriving = Arriving::of(request, payload, limit);
        let arriving = Arriving { expected: !form, ..arriving };
        Box::pin(async move { Ok(Self(arriving.read().await?)) })
    }
}

/// The longest that a body may take to arrive: whoever holds it back holds our memory.
const PATIENCE: Duration = Duration::from_secs(30);

/// The app behind a request.
///
/// # Errors
/// A fault when the server was put together without one.
pub fn app(request: &HttpRequest) -> Result<App> {
    request
        .app_data::<web::ThinData<App>>()
        .map(|app| app.0.clone())
        .ok_or_else(|| Error::fault("the server has no App"))
}

fn is_json(request: &HttpRequest) -> bool {
    let json = |name: &str| name == "json";
    request.headers().contains_key(CONTENT_TYPE)
        && request.mime_type().ok().flatten().is_some_and(|mime| {
            json(mime.subtype().as_str())
                || mime.suffix().is_some_and(|suffix| json(suffix.as_str()))
        })
}

/// A body that waits until it is known who sent it.
struct Arriving<P> {
    /// Whether it is of a kind that the route takes: JSON, or any file.
    expected: bool,
    payload: Payload,
    limit: Result<usize>,
    passed: P,
}

impl Arriving<()> {
    fn of(
        request: &HttpRequest,
        payload: &mut Payload,
        limit: Result<usize>,
    ) -> Arriving<impl Future<Output = Option<Bytes>> + 'static> {
        if let Ok(limit) = &limit {
            gate::takes(request, *limit);
        }
        let (expected, passed) = (is_json(request), gate::passed(request));
        Arriving { expected, payload: payload.take(), limit, passed }
    }
}

impl<P: Future<Output = Option<Bytes>>> Arriving<P> {
    async fn read(self) -> Result<Bytes> {
        let read = self.passed.await;
        let limit = self.limit?;
        if !self.expected {
            return Err(codes::UNSUPPORTED_MEDIA_TYPE.into());
        }
        match read {
            Some(raw) => Ok(raw),
            None => collected(self.payload, limit).await,
        }
    }
}

/// The whole body.
///
/// # Errors
/// `body_too_large`, `body_too_slow`.
pub(super) async fn collected(mut payload: Payload, limit: usize) -> Result<Bytes> {
    let collected = tokio::time::timeout(PATIENCE, collect(&mut payload, limit)).await;
    collected.map_err(|_| Error::from(codes::BODY_TOO_SLOW))?
}

async fn collect(payload: &mut Payload, limit: usize) -> Result<Bytes> {
    let mut raw = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Error::from(codes::BAD_JSON))?;
        if raw.len() + chunk.len() > limit {
            return Err(codes::BODY_TOO_LARGE.into());
        }
        raw.extend_from_slice(&chunk);
    }
    Ok(raw.freeze())
}

/// Reads JSON of the shape `T` and checks its rules; the error names the fields.
///
/// # Errors
/// `bad_json` for no JSON or another shape, `invalid_fields` for broken rules.
pub fn parse<T: DeserializeOwned + Validate<Context = ()>>(raw: &[u8]) -> Result<T> {
    // serde would read a struct from an array too, field by field.
    if raw.trim_ascii_start().first() == Some(&b'[') {
        return Err(codes::BAD_JSON.into());
    }
    let mut json = serde_json::Deserializer::from_slice(raw);
    let value: T =
        serde_path_to_error::deserialize(&mut json).map_err(|error| shape_error(&error))?;
    json.end().map_err(|_| Error::from(codes::BAD_JSON))?;
    check(&value)?;
    Ok(value)
}

/// Checks the rules of `value`.
///
/// # Errors
/// `invalid_fields`, each field by its JSON pointer.
pub fn check<T: Validate<Context = ()>>(value: &T) -> Result<()> {
    let Err(report) = value.validate() else { return Ok(()) };
    let error = report.iter().fold(Error::from(codes::INVALID_FIELDS), |error, (path, what)| {
        let zh = format!("不符合要求：{what}");
        error.at(pointer(&path.to_string()), "invalid", &zh, &what.to_string())
    });
    Err(error)
}

fn shape_error(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let problem = Error::from(codes::BAD_JSON);
    if !error.inner().is_data() {
        return problem;
    }
    // serde's text may quote the value, which may be personal: keep what it expected, drop what it found.
    let text = error.inner().to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    let expected = what.split_once("expected ").map(|(_, expected)| format!("expected {expected}"));
    let en = match (what.starts_with("missing field"), what.starts_with("unknown field"), expected)
    {
        (true, _, _) | (_, true, _) => what.to_owned(),
        (_, _, Some(expected)) => expected,
        _ => "not of the documented form".to_owned(),
    };
    let rule = if what.starts_with("missing") {
        "missing"
    } else if what.starts_with("unknown field") {
        "unknown"
    } else {
        "type"
    };
    problem.at(pointer(&error.path().to_string()), rule, &format!("格式不正确：{en}"), &en)
}

/// `a.b[0].c` as the JSON pointer `/a/b/0/c`.
fn pointer(path: &str) -> String {
    if path.is_empty() || path == "." {
        return String::new();
    }
    format!("/{}", path.replace('[', ".").replace(']', "").replace('.', "/"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[garde(dive)]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[garde(range(min = 1))]
        quantity: i64,
    }

    fn field(raw: &str) -> (String, &'static str) {
        let error = parse::<Order>(raw.as_bytes()).unwrap_err().refusal();
        let field = error.fields.first().cloned().unwrap();
        (field.pointer, field.rule)
    }

    #[test]
    fn the_error_names_the_field() {
        assert_eq!(
            field(r#"{"lines":[{"quantity":0}]}"#),
            ("/lines/0/quantity".to_owned(), "invalid")
        );
        assert_eq!(
            field(r#"{"lines":[{"quantity":"1"}]}"#),
            ("/lines/0/quantity".to_owned(), "type")
        );
        assert_eq!(
            field(r#"{"lines":[{"quantity":1,"x":1}]}"#),
            ("/lines/0/x".to_owned(), "unknown")
        );
        assert_eq!(field(r#"{"lines":[{}]}"#), ("/lines/0".to_owned(), "missing"));
    }

    #[test]
    fn what_was_sent_is_not_quoted() {
        let error = parse::<Order>(br#"{"lines":"13800138000"}"#).unwrap_err().refusal();
        assert!(!format!("{error:?}").contains("13800138000"));
    }

    #[test]
    fn no_json_is_no_json() {
        for raw in [
            "",
            "{",
            "[]x",
            "{\"lines\":[]}{}",
            "\u{feff}{\"lines\":[]}",
            "{\"lines\":[],\"lines\":[]}",
            "[[]]",
            " [[]]",
        ] {
            assert_eq!(
                parse::<Order>(raw.as_bytes()).unwrap_err().refusal().code,
                codes::BAD_JSON,
                "{raw}"
            );
        }
        let deep = "[".repeat(10_000);
        assert!(parse::<Order>(deep.as_bytes()).is_err());
    }
}
