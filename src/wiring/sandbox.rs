//! Before anything of a third party's request is looked at, its key says which of two worlds it is for: the live one, or the
//! sandbox with a database, a kv and keys of its own (OP-2). Whatever runs after this has the one and cannot reach the other.

use std::rc::Rc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::ThinData;

use crate::app::App;
use crate::http::Error;
use crate::partners::caller::is_for_sandbox;
use crate::partners::error::SANDBOX_OFF;

/// Middleware around the routes of third parties.
///
/// # Errors
/// None of its own: a sandbox key where there is no sandbox is answered `sandbox_off`.
pub async fn choose<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if is_for_sandbox(request.headers()) {
        let live = request.app_data::<ThinData<App>>();
        let Some(sandbox) = live.and_then(|live| live.0.sandbox.clone()) else {
            let refused = request.error_response(Error::from(SANDBOX_OFF));
            return Ok(refused.map_into_right_body());
        };
        let mut data = Extensions::new();
        data.insert(ThinData(sandbox));
        request.add_data_container(Rc::new(data));
    }
    Ok(next.call(request).await?.map_into_left_body())
}
