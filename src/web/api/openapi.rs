//! `/api/v1/openapi.json`: the description of the API, made from the handlers themselves. Open to everybody: it holds
//! nothing of the shop's.

use axum::Json;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
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
        api::phones::list,
        api::events::listen,
        api::hours::show,
        api::hours::set,
        api::hours_override::set,
        api::hours_override::clear,
        api::closures::list,
        api::closures::add,
        api::closures::delete,
        api::callers::show,
        api::callers::edit,
        api::ring::call_back,
        api::ring::pick_up,
        api::owed::list,
        api::owed::claim,
        api::owed::release,
        api::owed::settle,
        document,
        health::lives,
        health::ready,
        metrics::page,
    ),
    components(schemas(api::events::LiveCall, api::events::LiveEvent)),
    modifiers(&Token, &Everywhere),
    tags(
        (name = "calls", description = "The call log"),
        (name = "messages", description = "What callers said while the shop was closed"),
        (name = "callers", description = "Who calls"),
        (name = "owed", description = "Whom the shop owes a call"),
        (name = "plan", description = "What the owner has set"),
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

/// What any path may answer.
struct Everywhere;

impl Modify for Everywhere {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let problem = |text: &str| {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            ResponseBuilder::new().description(text).content("application/problem+json", content).build()
        };
        for path in description.paths.paths.values_mut() {
            let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
            for operation in operations.into_iter().flatten() {
                let wants_token = operation.security.is_some();
                let has_body = operation.request_body.is_some();
                let mut add = |status: &str, text: &str| {
                    let known = &mut operation.responses.responses;
                    known.entry(status.to_owned()).or_insert_with(|| problem(text).into());
                };
                add("414", "The path or the query is longer than anything that could be meant");
                if wants_token {
                    add("401", "No valid token");
                    add("503", "The store cannot be read now, and with it the token");
                }
                if has_body {
                    add("408", "The body did not come in time");
                    add("413", "The body is longer than anything that could be meant");
                    add("415", "The body is not said to be JSON");
                }
            }
        }
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
