//! "Open now until …", "close now until …": above the hours and all closures, and always with an end.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::now::UnixMs;
use crate::routing::local_time;
use crate::routing::plan::{Override, OverrideState, Shop};
use crate::web::api::body::Sent;
use crate::web::api::json::{Null, one_of};
use crate::web::api::language;
use crate::web::api::query::{Asked, instant, local_moment, rfc3339};
use crate::web::{Problem, Web};
use crate::words;

/// What the owner has said for now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShopOverride {
    pub shop: String,
    #[schema(schema_with = state)]
    pub state: &'static str,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub until: String,
}

/// What the owner says for now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOverride {
    #[schema(schema_with = state)]
    pub state: String,
    /// When it ends, within 31 days: `2026-12-24T18:05` on the shop's clock, or RFC 3339 with an offset.
    #[schema(example = "2026-12-24T18:05")]
    pub until: String,
}

#[utoipa::path(
    put, path = "/api/v1/override", tag = "plan", operation_id = "set_override",
    summary = "Open or close now, until …",
    params(
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    request_body = NewOverride,
    responses(
        (status = 200, description = "It is set", body = ShopOverride),
        (status = 400, description = "No such state, end or shop; `parameter` says which",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The settings cannot be written now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn set(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
    asked: Asked,
    Sent(new): Sent<NewOverride>,
) -> Result<Json<ShopOverride>, Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let state = OverrideState::parse(&new.state)
        .ok_or_else(|| Problem::parameter("state", "`state` must be `open` or `closed`."))?;
    let until = moment(&new.until, &shop).ok_or_else(|| {
        Problem::parameter("until", "`until` must be a time like 2026-12-24T18:05, or RFC 3339 with an offset.")
    })?;
    let said = Override::said(state, until, (web.clock)().wall).map_err(|error| {
        let language = language::asked(&headers).unwrap_or(shop.language);
        Problem::parameter("until", words::override_error(error, language))
    })?;
    web.store.set_override(shop.id, Some(said)).await?;
    web.plan_changed().await;
    Ok(Json(ShopOverride { shop: shop.name.clone(), state: state.as_str(), until: rfc3339(until) }))
}

#[utoipa::path(
    delete, path = "/api/v1/override", tag = "plan", operation_id = "clear_override",
    summary = "Go by the hours again",
    params(("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one")),
    responses(
        (status = 204, description = "The hours and closures decide"),
        (status = 400, description = "No shop has this name, or several are there and none was named",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The settings cannot be written now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn clear(State(web): State<Arc<Web>>, asked: Asked) -> Result<StatusCode, Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    web.store.set_override(shop.id, None).await?;
    web.plan_changed().await;
    Ok(StatusCode::NO_CONTENT)
}

/// On the night when the shop's clock shows a time twice, the second: the owner's word then holds to the end.
fn moment(text: &str, shop: &Shop) -> Option<UnixMs> {
    instant(text).or_else(|| local_moment(text).map(|local| local_time::latest(shop.time_zone, local)))
}

fn state() -> Object {
    one_of([OverrideState::Open, OverrideState::Closed].map(OverrideState::as_str), Null::Never)
}
