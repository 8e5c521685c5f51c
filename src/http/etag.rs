//! Versions of things that people edit: `ETag` and `If-Match`.

use actix_web::HttpRequest;
use actix_web::http::header::{ETAG, HeaderName, IF_MATCH};

/// A version as a header.
#[must_use]
pub fn etag(version: i64) -> (HeaderName, String) {
    (ETAG, format!("\"{version}\""))
}

/// The versions that `If-Match` names; none without the header, and for `*`. A tag that is weak or not of ours matches
/// nothing.
#[must_use]
pub fn if_match(request: &HttpRequest) -> Option<Vec<i64>> {
    let text = request.headers().get(IF_MATCH)?.to_str().unwrap_or_default().trim();
    if text == "*" {
        return None;
    }
    let version = |tag: &str| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok();
    Some(text.split(',').filter_map(version).collect())
}
