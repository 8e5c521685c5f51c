//! WeChat's answers as they come over the wire, and the distrustful way from there to our types.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use super::error::Failure;
use super::identity::{OpenId, UnionId, WechatIdentity, WechatPhone};

/// The part that every answer of `api.weixin.qq.com` may have; success is 0 or absence.
#[derive(Deserialize)]
pub(super) struct Verdict {
    #[serde(default)]
    pub(super) errcode: i64,
    #[serde(default)]
    pub(super) errmsg: Option<String>,
}

/// code2Session. `session_key` is left out on purpose: what is not read cannot leak.
#[derive(Deserialize)]
pub(super) struct SessionAnswer {
    openid: String,
    #[serde(default)]
    unionid: Option<String>,
}

impl TryFrom<SessionAnswer> for WechatIdentity {
    type Error = Failure;

    fn try_from(answer: SessionAnswer) -> Result<Self, Failure> {
        let openid = OpenId::parse(&answer.openid).ok_or(Failure::Garbage)?;
        let union_id = match answer.unionid.as_deref() {
            None | Some("") => None,
            Some(text) => Some(UnionId::parse(text).ok_or(Failure::Garbage)?),
        };
        Ok(Self { openid, union_id })
    }
}

/// `stable_token`.
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    pub(super) access_token: String,
    pub(super) expires_in: i64,
}

impl TokenAnswer {
    /// WeChat asks for room for 512 characters; four times that is still no attack.
    const LONGEST: usize = 2_048;

    pub(super) fn checked(self) -> Result<Self, Failure> {
        let sound = (1..=Self::LONGEST).contains(&self.access_token.len())
            && self.access_token.bytes().all(|byte| byte.is_ascii_graphic())
            && self.expires_in > 0;
        if sound { Ok(self) } else { Err(Failure::Garbage) }
    }
}

/// `getuserphonenumber`.
#[derive(Deserialize)]
pub(super) struct PhoneAnswer {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    #[serde(default)]
    phone_number: Option<Loose>,
    #[serde(default)]
    pure_phone_number: Option<Loose>,
    country_code: Loose,
}

impl TryFrom<PhoneAnswer> for WechatPhone {
    type Error = Failure;

    fn try_from(answer: PhoneAnswer) -> Result<Self, Failure> {
        let info = answer.phone_info;
        let country_code = digits(&info.country_code.0, 1..=4).ok_or(Failure::Garbage)?;
        let number = match (info.pure_phone_number, info.phone_number) {
            (Some(pure), _) => pure.0,
            (None, Some(bound)) => without_country(&bound.0, &country_code),
            (None, None) => return Err(Failure::Garbage),
        };
        let number = digits(&number, 4..=15).ok_or(Failure::Garbage)?;
        Ok(Self { country_code, number })
    }
}

/// `phoneNumber` carries the calling code of foreign numbers, with or without `+`; of mainland ones it does not.
fn without_country(bound: &str, country_code: &str) -> String {
    let bound = bound.trim();
    let international = bound.strip_prefix('+');
    let rest = match international {
        Some(digits) => digits.strip_prefix(country_code),
        None if country_code != "86" => bound.strip_prefix(country_code),
        None => None,
    };
    rest.or(international).unwrap_or(bound).to_owned()
}

/// The digits of `text` without `+`, spaces and hyphens, if nothing else is in it and their count fits.
fn digits(text: &str, count: std::ops::RangeInclusive<usize>) -> Option<String> {
    let bare = text.trim();
    let bare = bare.strip_prefix('+').unwrap_or(bare);
    let kept: String = bare.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    (count.contains(&kept.len()) && kept.bytes().all(|b| b.is_ascii_digit())).then_some(kept)
}

/// A text that older samples of WeChat's documentation show as a number.
struct Loose(String);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;
        impl Visitor<'_> for TextOrNumber {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a whole number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Loose, E> {
                Ok(Loose(text.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Loose, E> {
                Ok(Loose(number.to_string()))
            }
        }
        deserializer.deserialize_any(TextOrNumber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(info: &str, expect: Option<(&str, &str)>) {
        let body = format!(r#"{{"errcode":0,"errmsg":"ok","phone_info":{info}}}"#);
        let phone = serde_json::from_str::<PhoneAnswer>(&body)
            .ok()
            .and_then(|answer| WechatPhone::try_from(answer).ok())
            .map(|phone| (phone.country_code, phone.number));
        let phone = phone.as_ref().map(|(country, number)| (country.as_str(), number.as_str()));
        assert_eq!(phone, expect, "{info}");
    }

    #[test]
    fn phone_answers_of_every_documented_shape_are_understood() {
        let mainland = Some(("86", "13580006666"));
        check(
            r#"{"phoneNumber":"13580006666","purePhoneNumber":"13580006666","countryCode":"86"}"#,
            mainland,
        );
        check(r#"{"purePhoneNumber":"13580006666","countryCode":86}"#, mainland);
        check(r#"{"purePhoneNumber":13580006666,"countryCode":"+86"}"#, mainland);
        check(r#"{"phoneNumber":"13580006666","countryCode":"86"}"#, mainland);
        check(r#"{"phoneNumber":"+86 135-8000-6666","countryCode":"86"}"#, mainland);
        // A mainland number that happens to begin with its calling code keeps it.
        check(r#"{"phoneNumber":"86000066","countryCode":"86"}"#, Some(("86", "86000066")));
        check(r#"{"phoneNumber":"85298765432","countryCode":"852"}"#, Some(("852", "98765432")));
        check(
            r#"{"phoneNumber":"+85298765432","purePhoneNumber":"98765432","countryCode":852}"#,
            Some(("852", "98765432")),
        );
    }

    #[test]
    fn phone_answers_of_any_other_shape_are_garbage() {
        check(r#"{"countryCode":"86"}"#, None);
        check(r#"{"purePhoneNumber":"13580006666"}"#, None);
        check(r#"{"purePhoneNumber":"13580006666","countryCode":""}"#, None);
        check(r#"{"purePhoneNumber":"13580006666","countryCode":-86}"#, None);
        check(r#"{"purePhoneNumber":"13580006666","countryCode":86.0}"#, None);
        check(r#"{"purePhoneNumber":"135****6666","countryCode":"86"}"#, None);
        check(r#"{"purePhoneNumber":"","countryCode":"86"}"#, None);
        check(r#"{"purePhoneNumber":["13580006666"],"countryCode":"86"}"#, None);
        check(r#""13580006666""#, None);
    }
}
