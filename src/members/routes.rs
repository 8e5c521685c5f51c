//! Routes and wire types of members.

use std::collections::BTreeMap;

use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse, patch};
use chrono::NaiveDate;
use entity::codes::Gender;
use entity::ids::MemberId;
use entity::values::PersonName;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, Profile, ProfilePatch};
use crate::app::App;
use crate::audit::service::Author;
use crate::http::context::RequestId;
use crate::http::etag::{etag, if_match};
use crate::http::{Body, Patch, Problem, Result};
use crate::identity::caller::Shopper;

/// `/v1/member`: what a shopper changes about herself.
pub fn member(config: &mut ServiceConfig<'_>) {
    config.service(update_member_profile);
}

/// Changes to the profile: a field that is absent stays, `null` clears it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "nickname": "娜娜", "gender": "female", "birthday": "1992-06-18", "region_code": "310115",
    "sizes": {"上装": "165/88A", "鞋": "38"}, "occupation": null
}))]
pub struct MemberProfileChange {
    /// Name, at most 64 characters.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    pub name: Patch<PersonName>,
    /// How she wants to be called, at most 64 characters; others see it on boards.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    pub nickname: Patch<PersonName>,
    /// Gender; `null` is `unknown`.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<Gender>)]
    pub gender: Patch<Gender>,
    /// Birthday by the solar calendar, since 1900 and not in the future; once set it can be changed once a year.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    pub birthday: Patch<NaiveDate>,
    /// GB/T 2260 code.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{6}$")]
    pub region_code: Patch<String>,
    /// Occupation, at most 64 characters.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    pub occupation: Patch<String>,
    /// Body shape, at most 50 characters.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 50)]
    pub body_shape: Patch<String>,
    /// Preferred style, at most 64 characters.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    pub style: Patch<String>,
    /// Sizes by kind of garment, at most 20; replaces all of them. A size is `165/88A` (GB/T 1335), a letter size
    /// (`XS` to `5XL`, `F` fits all) or a number.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub sizes: Patch<BTreeMap<String, String>>,
}

impl From<MemberProfileChange> for ProfilePatch {
    fn from(change: MemberProfileChange) -> Self {
        Self {
            name: change.name,
            nickname: change.nickname,
            gender: change.gender,
            birthday: change.birthday,
            region_code: change.region_code,
            occupation: change.occupation,
            body_shape: change.body_shape,
            style: change.style,
            sizes: change.sizes,
        }
    }
}

/// The profile of a member; fields that she did not fill in are absent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "mem_0698v9qe00t134m6ou6d8h2lak", "nickname": "娜娜", "gender": "female", "birthday": "1992-06-18",
    "region_code": "310115", "sizes": {"上装": "165/88A", "鞋": "38"}
}))]
pub struct MemberProfile {
    /// Whose.
    pub id: MemberId,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// How she wants to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<PersonName>,
    /// Gender.
    pub gender: Gender,
    /// Birthday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<NaiveDate>,
    /// GB/T 2260 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region_code: Option<String>,
    /// Occupation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupation: Option<String>,
    /// Body shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_shape: Option<String>,
    /// Preferred style.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// Sizes by kind of garment.
    pub sizes: BTreeMap<String, String>,
}

impl From<Profile> for MemberProfile {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.id,
            name: profile.name,
            nickname: profile.nickname,
            gender: profile.gender,
            birthday: profile.birthday,
            region_code: profile.region_code,
            occupation: profile.occupation,
            body_shape: profile.body_shape,
            style: profile.style,
            sizes: profile.sizes,
        }
    }
}

/// Change my profile
///
/// With `If-Match` the change is made only to the version that was read.
#[utoipa::path(
    tag = "members",
    security(("member_token" = [])),
    request_body = MemberProfileChange,
    params(("If-Match" = Option<String>, Header, description = "`ETag` of the profile that was read.", example = "\"3\"")),
    responses(
        (status = 200, body = MemberProfile, description = "The profile as it is now.",
            headers(("ETag" = String, description = "Version of the profile."))),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 409, body = Problem, description = "member_birthday_locked: `errors` says from when it may change"),
        (status = 412, body = Problem, description = "version_conflict"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 500, body = Problem, description = "internal_error"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[patch("/me")]
async fn update_member_profile(
    app: ThinData<App>,
    who: Shopper,
    request: HttpRequest,
    body: Body<MemberProfileChange>,
) -> Result<HttpResponse> {
    let (patch, wanted) = (body.value.into(), if_match(&request).into());
    let author = Author::member(who.member, &RequestId::of(&request).0);
    let profile = service::update_profile(&app, &author, who.member, patch, wanted).await?;
    Ok(HttpResponse::Ok().insert_header(etag(profile.version)).json(MemberProfile::from(profile)))
}
