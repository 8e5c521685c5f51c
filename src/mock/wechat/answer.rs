//! What the stand-in answers: JSON with HTTP 200, refusals with the texts and the `rid` of WeChat.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::random::{hex, letters};

/// A refusal by its `errcode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) i64);

/// Where the request id stands in `errmsg` differs by family of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `/sns`: `code been used, rid: …`, sent as `text/plain`.
    Sns,
    /// `/cgi-bin`: `invalid credential … rid: …`.
    CgiBin,
    /// `/wxa`: `invalid code hint: […] rid: …`.
    Wxa,
}

impl Family {
    pub(super) fn of(path: &str) -> Self {
        if path.starts_with("/sns/") {
            Self::Sns
        } else if path.starts_with("/wxa/") {
            Self::Wxa
        } else {
            Self::CgiBin
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Sns => "text/plain",
            Self::CgiBin | Self::Wxa => "application/json; encoding=utf-8",
        }
    }

    pub(super) fn refuse(self, refusal: Refusal, now: DateTime<Utc>) -> Value {
        let text = text_of(refusal.0);
        let rid = format!("{:08x}-{}-{}", now.timestamp(), hex::<4>(), hex::<4>());
        let errmsg = match self {
            Self::Sns => format!("{text}, rid: {rid}"),
            Self::Wxa if refusal.0 == 40029 => {
                format!("{text} hint: [{}-{}] rid: {rid}", letters(9), letters(6))
            }
            Self::CgiBin | Self::Wxa => format!("{text} rid: {rid}"),
        };
        json!({ "errcode": refusal.0, "errmsg": errmsg })
    }
}

fn text_of(errcode: i64) -> &'static str {
    match errcode {
        -1 => "system error",
        40001 => {
            "invalid credential, access_token is invalid or not latest, could get access_token by \
             getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"
        }
        40002 => "invalid grant_type",
        40003 => "invalid openid",
        40013 => "invalid appid",
        40014 => "invalid access_token",
        40029 => "invalid code",
        40066 => "invalid url",
        40125 => "invalid appsecret",
        40163 => "code been used",
        40164 => "invalid ip, not in whitelist",
        40226 => "code blocked",
        40243 => "appsecret frozen",
        41001 => "access_token missing",
        41002 => "appid missing",
        41004 => "appsecret missing",
        41008 => "missing code",
        42001 => "access_token expired",
        43001 => "require GET method",
        43002 => "require POST method",
        44002 => "empty post data",
        45009 => "reach max api daily quota limit",
        45011 => "api minute-quota reach limit  mustslower  retry next minute",
        47001 => "data format error",
        48001 => "api unauthorized",
        50007 => "account frozen",
        _ => "refused",
    }
}
