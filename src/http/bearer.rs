//! The credential of a request: `Authorization: Bearer …` (RFC 6750), read strictly.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::body::app;
use super::{Result, codes};
use crate::app::App;

/// The app behind `request` and its bearer credential, for callers to be told from.
///
/// # Errors
/// As [`bearer`].
pub fn credential(request: &HttpRequest) -> Result<(App, String)> {
    Ok((app(request)?, bearer(request)?.to_owned()))
}

/// The bearer credential of `request`.
///
/// # Errors
/// `unauthenticated` without exactly one `Authorization` header of the form `Bearer <token>`.
pub fn bearer(request: &HttpRequest) -> Result<&str> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let only = headers.next().filter(|_| headers.next().is_none());
    let text = only.and_then(|value| value.to_str().ok());
    text.and_then(token).ok_or_else(|| codes::UNAUTHENTICATED.into())
}

/// The `token68` after the scheme; anything else, such as a list of credentials, is none.
fn token(text: &str) -> Option<&str> {
    let (scheme, token) = text.split_once(' ')?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    let good =
        scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.bytes().all(plain);
    good.then_some(token)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn one_bearer_credential_is_read() {
        assert_eq!(token("Bearer abc.DEF-_~+/=="), Some("abc.DEF-_~+/=="));
        assert_eq!(token("bearer x"), Some("x"));
        for bad in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer  x",
            "Bearer x y",
            "Bearer x,",
            "Basic x",
            "Bearer x\t",
            "x",
        ] {
            assert_eq!(token(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn two_headers_are_no_credential() {
        let header = |value| (AUTHORIZATION, value);
        let one = TestRequest::default().append_header(header("Bearer x"));
        assert_eq!(bearer(&one.to_http_request()).unwrap(), "x");
        let two = TestRequest::default()
            .append_header(header("Bearer x"))
            .append_header(header("Bearer x"));
        assert!(bearer(&two.to_http_request()).is_err());
        assert!(bearer(&TestRequest::default().to_http_request()).is_err());
    }
}
