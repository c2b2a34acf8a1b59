//! The call log.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use uuid::Uuid;

use crate::call::record::{CallId, Disposition};
use crate::number::Number;
use crate::routing::Plan;
use crate::routing::plan::{Country, Shop};
use crate::store::CallFilter;
use crate::web::api::json::{self, Call, CallWithEvents, Calls, Event, Telling};
use crate::web::api::language;
use crate::web::api::query::{Asked, instant};
use crate::web::{Problem, Web};

/// A page of a log.
pub const DEFAULT_LIMIT: u32 = 50;

/// One answer stays under a few hundred kilobytes; `before` turns the page.
pub const MAX_LIMIT: u32 = 200;

#[utoipa::path(
    get, path = "/api/v1/calls", tag = "calls", operation_id = "calls",
    summary = "The call log, newest first",
    description = "All filters given must hold. To turn the page, pass the last id as `before`.",
    params(
        ("caller" = Option<String>, Query,
            description = "Only calls of this number: E.164, or as dialled in the shop's country"),
        ("since" = Option<String>, Query, format = DateTime,
            description = "Only calls that started at this instant or later (RFC 3339 with an offset)"),
        ("before" = Option<String>, Query, format = "uuid",
            description = "Only calls older than the one with this id; none are older than one that is not there"),
        ("disposition" = inline(Option<json::DispositionName>), Query, description = "Only calls with this outcome"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "At most so many; 50 if not given"),
        ("shop" = Option<String>, Query, description = "Only calls to the shop of this name"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    responses(
        (status = 200, description = "The calls", body = Calls),
        (status = 400, description = "A parameter is not what it must be; `parameter` names it",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call log cannot be read now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn list(State(web): State<Arc<Web>>, headers: HeaderMap, asked: Asked) -> Result<Json<Calls>, Problem> {
    let plan = web.plan.borrow().clone();
    let filter = filter(asked, &plan)?;
    let stored = web.store.calls(&filter).await?;
    let telling = Telling { plan: &plan, language: language::asked(&headers), now: (web.clock)().wall };
    let items = stored.into_iter().map(|call| telling.stored_call(call)).collect();
    Ok(Json(Calls { items }))
}

fn filter(asked: Asked, plan: &Plan) -> Result<CallFilter, Problem> {
    let asked = asked.only(&["caller", "since", "before", "disposition", "limit", "shop"])?;
    let shop = asked.shop(plan)?;
    let dispositions = format!("one of {}", Disposition::ALL.map(Disposition::as_str).join(", "));
    Ok(CallFilter {
        caller: caller(&asked, shop.as_deref(), plan)?,
        since: asked.read("since", "an instant such as 2026-12-24T18:05:00Z", instant)?,
        before: asked.read("before", "the id of a call", |id| Uuid::parse_str(id).ok())?.map(CallId),
        disposition: asked.read("disposition", &dispositions, Disposition::parse)?,
        limit: limit(&asked)?,
        shop: shop.map(|shop| shop.id),
        ..CallFilter::default()
    })
}

/// The number given as `caller`; a national one is read by the country of the asked shop, else of the first.
pub(super) fn caller(asked: &Asked, shop: Option<&Shop>, plan: &Plan) -> Result<Option<Number>, Problem> {
    let country = shop.or(plan.shops.first().map(Arc::as_ref)).map(|shop| shop.country);
    asked.read("caller", "a telephone number, best with its country: +34600999888", |text| number(text, country))
}

/// How many are asked for.
pub(super) fn limit(asked: &Asked) -> Result<u32, Problem> {
    let limit = asked.read("limit", &format!("a number from 1 to {MAX_LIMIT}"), |text| {
        text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))
    })?;
    Ok(limit.unwrap_or(DEFAULT_LIMIT))
}

/// A plus sent bare arrives as a space.
pub fn number(text: &str, country: Option<Country>) -> Option<Number> {
    let international = text.strip_prefix(' ').map(|digits| format!("+{digits}"));
    Number::parse(international.as_deref().unwrap_or(text), country.unwrap_or(ANY_COUNTRY))
}

/// Without a shop there is no country to read national numbers by; international ones are the same in all.
const ANY_COUNTRY: Country = Country(*b"US");

#[utoipa::path(
    get, path = "/api/v1/calls/{id}", tag = "calls", operation_id = "call",
    summary = "One call with its events",
    params(
        ("id" = String, Path, format = "uuid", description = "The call's id"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    responses(
        (status = 200, description = "The call", body = CallWithEvents),
        (status = 400, description = "There are no parameters; `parameter` names what was given",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such call", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call log cannot be read now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn one(
    State(web): State<Arc<Web>>,
    id: Result<Path<Uuid>, PathRejection>,
    headers: HeaderMap,
    asked: Asked,
) -> Result<Json<CallWithEvents>, Problem> {
    asked.only(&[])?;
    let unknown = || Problem::not_found("There is no call with this id. GET /api/v1/calls lists those there are.");
    let Path(id) = id.map_err(|_| unknown())?;
    let (stored, events) = web.store.call(CallId(id)).await?.ok_or_else(unknown)?;
    let plan = web.plan.borrow().clone();
    let telling = Telling { plan: &plan, language: language::asked(&headers), now: (web.clock)().wall };
    let call: Call = telling.stored_call(stored);
    Ok(Json(CallWithEvents { call, events: events.into_iter().map(Event::from).collect() }))
}
