//! `/__admin`: what a person would do on her phone, and what a network does to calls.
//!
//! | call | does |
//! | --- | --- |
//! | `GET /__admin` | this list with curl lines, in plain text |
//! | `POST /__admin/users`, `GET` | makes or changes a person; lists all |
//! | `POST /__admin/login-codes` | what `wx.login` gives; a new nickname is a new person |
//! | `POST /__admin/phone-codes` | what the `getPhoneNumber` button gives |
//! | `POST /__admin/faults`, `GET`, `DELETE` | asks for a fault; lists; ends all |
//! | `POST /__admin/clock`, `GET` | moves the stand-in's time ahead; tells it |
//! | `POST /__admin/settings` | how `countryCode` is written |
//! | `GET /__admin/calls`, `DELETE` | the calls without secrets; forgets them |
//! | `GET /__admin/counters` | calls and errcodes by path |
//! | `POST /__admin/reset` | forgets everything |

use actix_web::web::{Bytes, Data, ServiceConfig, delete, get, post, resource, to};
use actix_web::{HttpRequest, HttpResponse, ResponseError, http::StatusCode};
use chrono::TimeDelta;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::fault::{Fault, FaultWire};
use super::users::NewUser;
use super::world::{AdminRefusal, CountryCodeForm, Person, World};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("", get().to(page))
        .route("/", get().to(page))
        .service(resource("/users").route(post().to(put_user)).route(get().to(list_users)))
        .service(resource("/login-codes").route(post().to(issue_login_code)))
        .service(resource("/phone-codes").route(post().to(issue_phone_code)))
        .service(
            resource("/faults")
                .route(post().to(add_fault))
                .route(get().to(list_faults))
                .route(delete().to(clear_faults)),
        )
        .service(resource("/clock").route(post().to(advance_clock)).route(get().to(tell_clock)))
        .service(resource("/settings").route(post().to(change_settings)))
        .service(resource("/calls").route(get().to(list_calls)).route(delete().to(clear_calls)))
        .service(resource("/counters").route(get().to(list_counters)))
        .service(resource("/reset").route(post().to(reset)))
        .default_service(to(unknown));
}

/// Why an admin call is not done.
#[derive(Debug, thiserror::Error)]
enum AdminError {
    #[error("the body is not as documented: {0}")]
    Body(#[from] serde_json::Error),
    #[error("send either \"user\" (a nickname) or \"openid\"")]
    WhoseCode,
    #[error(transparent)]
    Refused(#[from] AdminRefusal),
}

impl ResponseError for AdminError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Refused(AdminRefusal::NobodyHasOpenId) => StatusCode::NOT_FOUND,
            Self::Body(_) | Self::WhoseCode | Self::Refused(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(json!({ "error": self.to_string() }))
    }
}

type Answer = Result<HttpResponse, AdminError>;

/// Any content type will do: curl's default is a form.
fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, AdminError> {
    Ok(serde_json::from_slice(body)?)
}

/// `{"user":"lina","phone":"13800000001"}` or `{"openid":"o…"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeRequest {
    user: Option<String>,
    openid: Option<String>,
    unionid: Option<String>,
    phone: Option<String>,
    country_code: Option<String>,
}

impl CodeRequest {
    fn split(self) -> Result<(Person, NewUser), AdminError> {
        let person = match (self.user, self.openid) {
            (Some(user), None) => Person::Nickname(user),
            (None, Some(openid)) => Person::OpenId(openid),
            (None, None) | (Some(_), Some(_)) => return Err(AdminError::WhoseCode),
        };
        let with = NewUser {
            unionid: self.unionid,
            phone: self.phone,
            country_code: self.country_code,
            ..NewUser::default()
        };
        Ok((person, with))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockRequest {
    advance_seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsRequest {
    country_code: CountryCodeForm,
}

async fn put_user(body: Bytes, world: Data<World>) -> Answer {
    Ok(HttpResponse::Ok().json(world.put_user(parsed(&body)?)?))
}

async fn list_users(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "users": world.users() }))
}

async fn issue_login_code(body: Bytes, world: Data<World>) -> Answer {
    let (person, with) = parsed::<CodeRequest>(&body)?.split()?;
    Ok(HttpResponse::Ok().json(world.login_code(person, with)?))
}

async fn issue_phone_code(body: Bytes, world: Data<World>) -> Answer {
    let (person, with) = parsed::<CodeRequest>(&body)?.split()?;
    Ok(HttpResponse::Ok().json(world.phone_code(person, with)?))
}

async fn add_fault(body: Bytes, world: Data<World>) -> Answer {
    world.add_fault(Fault::from(parsed::<FaultWire>(&body)?));
    Ok(list_faults(world).await)
}

async fn list_faults(world: Data<World>) -> HttpResponse {
    let faults: Vec<FaultWire> = world.faults().iter().map(FaultWire::from).collect();
    HttpResponse::Ok().json(json!({ "faults": faults }))
}

async fn clear_faults(world: Data<World>) -> HttpResponse {
    world.clear_faults();
    HttpResponse::NoContent().finish()
}

async fn advance_clock(body: Bytes, world: Data<World>) -> Answer {
    let request: ClockRequest = parsed(&body)?;
    let now = world.advance(TimeDelta::seconds(i64::from(request.advance_seconds)));
    Ok(HttpResponse::Ok().json(json!({ "now": now })))
}

async fn tell_clock(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "now": world.time() }))
}

async fn change_settings(body: Bytes, world: Data<World>) -> Answer {
    let request: SettingsRequest = parsed(&body)?;
    world.write_country_code_as(request.country_code);
    Ok(HttpResponse::Ok().json(json!({ "country_code": request.country_code })))
}

async fn list_calls(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "calls": world.calls() }))
}

async fn clear_calls(world: Data<World>) -> HttpResponse {
    world.clear_calls();
    HttpResponse::NoContent().finish()
}

async fn list_counters(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(world.counts())
}

async fn reset(world: Data<World>) -> HttpResponse {
    world.reset();
    HttpResponse::NoContent().finish()
}

/// A slip of the pen must not be taken for a call of the platform.
async fn unknown() -> HttpResponse {
    HttpResponse::NotFound().json(json!({ "error": "no such call; GET /__admin lists them" }))
}

async fn page(request: HttpRequest, world: Data<World>) -> HttpResponse {
    let at = format!("http://{}", request.connection_info().host());
    let text = include_str!("admin.txt").replace("{at}", &at).replace("{appid}", world.app_id());
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
}
