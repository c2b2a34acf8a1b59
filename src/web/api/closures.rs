//! Dated closures and extra openings.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::routing::wish::ClosureError;
use crate::routing::{Hours, local_time, plan};
use crate::web::api::body::Sent;
use crate::web::api::language;
use crate::web::api::query::{Asked, local_moment};
use crate::web::form::encoded;
use crate::web::{Problem, Web};
use crate::words;

/// A list of closures.
#[derive(Debug, Serialize, ToSchema)]
pub struct Closures {
    pub items: Vec<Closure>,
}

/// A time in which the shop is closed whatever its hours say, or with `open` open at those times of day.
#[derive(Debug, Serialize, ToSchema)]
pub struct Closure {
    pub id: i64,
    /// On the shop's clock: `2026-12-24T14:00`.
    pub from: String,
    /// On the shop's clock; the first moment after it.
    pub to: String,
    /// The owner's words; may be empty.
    pub why: String,
    /// The times of day at which it is open then, such as `10:00-12:00`; null: closed throughout.
    #[schema(required)]
    pub open: Option<String>,
}

/// A closure or extra opening to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClosure {
    /// On the shop's clock.
    #[schema(example = "2026-12-24T14:00")]
    pub from: String,
    /// On the shop's clock, later than `from` and still to come.
    #[schema(example = "2026-12-26T09:00")]
    pub to: String,
    /// In the owner's words; may be left out.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub why: String,
    /// For an extra opening: the times of day, such as `10:00-12:00`.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub open: Option<String>,
}

impl From<&plan::Closure> for Closure {
    fn from(closure: &plan::Closure) -> Closure {
        Closure {
            id: closure.id,
            from: local_time::written(closure.from),
            to: local_time::written(closure.to),
            why: closure.why.clone(),
            open: closure.open.as_ref().map(|hours| hours.as_str().to_owned()),
        }
    }
}

#[utoipa::path(
    get, path = "/api/v1/closures", tag = "plan", operation_id = "closures",
    summary = "Closures and extra openings, by their beginning",
    params(("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one")),
    responses(
        (status = 200, description = "The closures, past ones too", body = Closures),
        (status = 400, description = "No shop has this name, or several are there and none was named",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The settings cannot be read now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn list(State(web): State<Arc<Web>>, asked: Asked) -> Result<Json<Closures>, Problem> {
    let plan = web.store.plan().await?;
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    Ok(Json(Closures { items: shop.closures.iter().map(Closure::from).collect() }))
}

#[utoipa::path(
    post, path = "/api/v1/closures", tag = "plan", operation_id = "add_closure",
    summary = "Add a closure or an extra opening",
    params(
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    request_body = NewClosure,
    responses(
        (status = 201, description = "It is set", body = Closure,
            headers(("Location" = String, description = "Where it can be deleted"))),
        (status = 400, description = "No such time, words, hours or shop; `parameter` says which",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There are 1000 already: delete past ones; or the shop is in another country since",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The settings cannot be written now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn add(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
    asked: Asked,
    Sent(new): Sent<NewClosure>,
) -> Result<Response, Problem> {
    let plan = web.plan.borrow().clone();
    let asked = asked.only(&["shop"])?;
    let shop = asked.the_shop(&plan)?;
    let language = language::asked(&headers).unwrap_or(shop.language);
    let from = moment("from", &new.from)?;
    let to = moment("to", &new.to)?;
    let open = new.open.map(|text| Hours::parse(&text, shop.country)).transpose();
    let open = open.map_err(|error| Problem::parameter("open", words::hours_error(&error, language)))?;
    let now = local_time::local(shop.time_zone, (web.clock)().wall);
    let closure = plan::Closure::planned(from, to, &new.why, open, now).map_err(|error| {
        let field = match error {
            ClosureError::EndsBeforeItBegins | ClosureError::Over => "to",
            ClosureError::Words => "why",
        };
        Problem::parameter(field, words::closure_error(error, language))
    })?;
    let id = web.store.add_closure(shop.id, &closure).await?;
    web.plan_changed().await;
    let closure = Closure { id, ..Closure::from(&closure) };
    // Where there are several shops, one is named there too.
    let of_shop = asked.get("shop").map_or_else(String::new, |name| format!("?shop={}", encoded(name)));
    let location = HeaderValue::try_from(format!("/api/v1/closures/{id}{of_shop}")).map_err(|_| Problem::fault())?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(closure)).into_response())
}

#[utoipa::path(
    delete, path = "/api/v1/closures/{id}", tag = "plan", operation_id = "delete_closure",
    summary = "Delete a closure or extra opening",
    params(
        ("id" = i64, Path, description = "Its id"),
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "No shop has this name, or several are there and none was named",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "This shop has no such closure, or there is no shop",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The settings cannot be written now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn delete(
    State(web): State<Arc<Web>>,
    id: Result<Path<i64>, PathRejection>,
    asked: Asked,
) -> Result<StatusCode, Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let unknown =
        || Problem::not_found("There is no closure with this id. GET /api/v1/closures lists those there are.");
    let Path(id) = id.map_err(|_| unknown())?;
    if !web.store.delete_closure(shop.id, id).await? {
        return Err(unknown());
    }
    web.plan_changed().await;
    Ok(StatusCode::NO_CONTENT)
}

fn moment(field: &str, text: &str) -> Result<NaiveDateTime, Problem> {
    let refused =
        || Problem::parameter(field, format!("`{field}` must be a time on the shop's clock: 2026-12-24T14:00."));
    local_moment(text).ok_or_else(refused)
}
