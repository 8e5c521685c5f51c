//! The platform over HTTP: lets WeChat act as far as a fault allows, and spoils the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::answer::{Family, Refusal};
use super::api;
use super::calls::{Call, CallRecord, redacted_body, redacted_query};
use super::fault::FaultKind;
use super::hostile::Hostile;
use super::world::World;

/// Every call that is not for `/__admin`.
pub(super) async fn answer(request: HttpRequest, body: Bytes, world: Data<World>) -> HttpResponse {
    let query = Query::<BTreeMap<String, String>>::from_query(request.query_string());
    let call = Call {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: query.map(Query::into_inner).unwrap_or_default(),
        body: body.to_vec(),
    };
    let (fault, answer) = act(&world, &call);
    let family = Family::of(&call.path);
    match fault {
        None => plain(family, &answer),
        Some(fault) => struck(fault, family, &answer, &world).await,
    }
}

/// Lets WeChat act as far as the fault allows, and writes the call down.
fn act(world: &World, call: &Call) -> (Option<FaultKind>, Value) {
    let mut state = world.lock();
    let now = world.now(&state);
    let fault = state.faults.strike(&call.path);
    match fault {
        Some(FaultKind::TokenExpired) => state.tokens.expire_all(now),
        Some(FaultKind::TokenRevoked) => state.tokens.revoke_all(now),
        _ => {}
    }
    let acts = fault.is_none_or(FaultKind::lets_wechat_act);
    let outcome = match fault {
        _ if acts => api::answer(world, &mut state, call),
        Some(FaultKind::Errcode(errcode)) => Err(Refusal(errcode)),
        _ => Ok(json!({})),
    };
    let errcode = outcome.as_ref().map_or_else(|refusal| refusal.0, |_| 0);
    state.calls.record(CallRecord {
        at: now,
        method: call.method.clone(),
        path: call.path.clone(),
        query: redacted_query(&call.query),
        body: redacted_body(&call.body),
        errcode: (acts || outcome.is_err()).then_some(errcode),
        fault: fault.map(|kind| format!("{kind:?}")),
    });
    let refuse = |refusal| Family::of(&call.path).refuse(refusal, now);
    (fault, outcome.unwrap_or_else(refuse))
}

fn plain(family: Family, answer: &Value) -> HttpResponse {
    HttpResponse::Ok().content_type(family.content_type()).body(answer.to_string())
}

async fn struck(kind: FaultKind, family: Family, answer: &Value, world: &World) -> HttpResponse {
    let mut ok = HttpResponse::Ok();
    ok.content_type(family.content_type());
    match kind {
        FaultKind::Errcode(_) | FaultKind::TokenExpired | FaultKind::TokenRevoked => {
            plain(family, answer)
        }
        FaultKind::Slow(pause) => {
            sleep(pause).await;
            plain(family, answer)
        }
        FaultKind::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            HttpResponse::new(status)
        }
        FaultKind::BadGateway => HttpResponse::BadGateway()
            .content_type("text/html")
            .body("<html><head><title>502 Bad Gateway</title></head><body></body></html>"),
        FaultKind::Redirect => {
            HttpResponse::MovedPermanently().insert_header((header::LOCATION, ELSEWHERE)).finish()
        }
        FaultKind::Drop | FaultKind::LoseAnswer => ok.body(Hostile::Nothing),
        FaultKind::Truncated => ok.body(Hostile::truncated(&Bytes::from(answer.to_string()))),
        FaultKind::Garbage => ok.body(Bytes::from_static(b"\x1f\x8b\x08\x00\xff<xml>?{]")),
        FaultKind::WrongTypes => ok.body(WRONG_TYPES),
        FaultKind::DeepJson => ok.body(deep_json()),
        FaultKind::HugeBody => ok.body(Hostile::flood(Arc::clone(&world.flooded))),
        FaultKind::Drip(pause) => ok.body(Hostile::drip(Bytes::from(answer.to_string()), pause)),
    }
}

/// Deep inside a field that nobody reads, so that a parser has to walk over it.
fn deep_json() -> String {
    format!(r#"{{"errcode":0,"deep":{}{}}}"#, "[".repeat(DEPTH), "]".repeat(DEPTH))
}

/// How deep [`FaultKind::DeepJson`] is; below the 64 KiB at which a careful client stops reading.
const DEPTH: usize = 30_000;

/// Where [`FaultKind::Redirect`] points; a call of this path in the log tells who follows.
const ELSEWHERE: &str = "/redirected";

/// Success by its errcode, and nothing else as documented.
const WRONG_TYPES: &str = r#"{"errcode":0,"errmsg":"ok","openid":[1],"session_key":7,"access_token":{},
"expires_in":"soon","phone_info":{"phoneNumber":{},"purePhoneNumber":true,"countryCode":[]}}"#;
