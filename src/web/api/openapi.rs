//! `/api/v1/openapi.json`: the description of the API, made from the handlers themselves. Open to everybody: it holds
//! nothing of the shop's.

use axum::Json;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::web::{api, health, metrics};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ringall",
        description = "The phone of a small shop. Every error is a problem (RFC 9457) whose `detail` says what to do. \
                       Unknown paths are 404, other methods 405, addresses without end 414, faults of ours 500.",
        license(name = "MIT OR Apache-2.0"),
    ),
    paths(
        api::calls::list,
        api::calls::one,
        api::messages::list,
        api::messages::audio,
        api::right_now::show,
        api::explain::show,
        document,
        health::lives,
        health::ready,
        metrics::page,
    ),
    modifiers(&Token),
    tags(
        (name = "calls", description = "The call log"),
        (name = "messages", description = "What callers said while the shop was closed"),
        (name = "right now", description = "This moment"),
        (name = "health", description = "For whoever watches the service"),
    ),
)]
struct Description;

struct Token;

impl Modify for Token {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let bearer = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API token, as `ringall token create NAME` prints it."))
            .build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

pub fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "health", operation_id = "openapi",
    summary = "This description",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)),
)]
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(description())
}
