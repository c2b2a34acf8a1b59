//! A phone of the shop is rung so that somebody who stands there calls a customer, or takes a call that waits.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::call::event::NotRung;
use crate::call::record::CallId;
use crate::routing::plan::{Language, Phone, Shop};
use crate::switchboard::Purpose;
use crate::web::api::body::Sent;
use crate::web::api::callers::number;
use crate::web::api::language;
use crate::web::api::query::Asked;
use crate::web::{Problem, Web};
use crate::words;

/// Which phone is to ring.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RungPhone {
    /// Its name, as the owner calls it. A phone that registers, or one with a fixed address where a call is to be taken.
    #[schema(example = "Counter")]
    pub phone: String,
}

/// The phone rings.
#[derive(Debug, Serialize, ToSchema)]
pub struct RingingPhone {
    /// Its name.
    pub phone: String,
}

#[utoipa::path(
    post, path = "/api/v1/callers/{number}/call", tag = "callers", operation_id = "call_back",
    summary = "Ring a phone of the shop, and call this number once somebody lifts it",
    description = "The phone rings for 30 seconds. Whoever lifts it is put through as if they had dialled the number, within \
        the same limits: `calls_to`, no premium numbers, two calls out at once, a hundred a day. Nothing is written in the \
        log unless somebody does.",
    params(
        ("number" = String, Path, example = "+34600999888",
            description = "E.164, or as dialled in the shop's country"),
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    request_body = RungPhone,
    responses(
        (status = 202, description = "The phone rings", body = RingingPhone),
        (status = 400, description = "No number, phone or shop; `parameter` says which",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The phone is in use or cannot be reached, or the number is not called; `detail` says why",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call loop does not answer, or the service stops",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn call_back(
    State(web): State<Arc<Web>>,
    number: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    asked: Asked,
    Sent(rung): Sent<RungPhone>,
) -> Result<(StatusCode, Json<RingingPhone>), Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let number = self::number(number, &shop)?;
    let phone = phone(&shop, &rung)?;
    ring(&web, phone, Purpose::CallBack(number), language::asked(&headers).unwrap_or(shop.language)).await
}

#[utoipa::path(
    post, path = "/api/v1/calls/{id}/pick-up", tag = "calls", operation_id = "pick_up",
    summary = "Ring a phone of the shop for a call that waits, and put it through once somebody lifts it",
    description = "The call rings elsewhere, hears the greeting of the closed shop or leaves a message. The phone stops when \
        the caller is gone, or somebody else has the call.",
    params(
        ("id" = String, Path, format = "uuid", description = "The call's id"),
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    request_body = RungPhone,
    responses(
        (status = 202, description = "The phone rings", body = RingingPhone),
        (status = 400, description = "No such phone or shop; `parameter` says which",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "That is no call's id, or there is no shop yet",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The call is over or somebody has it, or the phone is in use or cannot be reached; \
            `detail` says which", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call loop does not answer, or the service stops",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn pick_up(
    State(web): State<Arc<Web>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    asked: Asked,
    Sent(rung): Sent<RungPhone>,
) -> Result<(StatusCode, Json<RingingPhone>), Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let id = id.ok().and_then(|Path(id)| Uuid::parse_str(&id).ok()).map(CallId);
    let id = id.ok_or_else(|| Problem::not_found("That is no call's id: /api/v1/calls lists them."))?;
    let phone = phone(&shop, &rung)?;
    ring(&web, phone, Purpose::PickUp(id), language::asked(&headers).unwrap_or(shop.language)).await
}

fn phone<'s>(shop: &'s Shop, rung: &RungPhone) -> Result<&'s Phone, Problem> {
    let named = |phone: &&Phone| *phone.name == *rung.phone;
    shop.phones
        .iter()
        .find(named)
        .ok_or_else(|| Problem::parameter("phone", "`phone` must be the name of a phone of this shop: /api/v1/phones."))
}

async fn ring(
    web: &Web,
    phone: &Phone,
    purpose: Purpose,
    language: Language,
) -> Result<(StatusCode, Json<RingingPhone>), Problem> {
    let Err(why) = web.board.ring(phone.id, purpose).await? else {
        return Ok((StatusCode::ACCEPTED, Json(RingingPhone { phone: phone.name.to_string() })));
    };
    let detail = words::not_rung(why, &phone.name, language);
    Err(match why {
        NotRung::NoPhone => Problem::parameter("phone", detail),
        NotRung::Closing => Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail),
        NotRung::Unreachable
        | NotRung::Busy
        | NotRung::Gone
        | NotRung::InTouch
        | NotRung::Number(_)
        | NotRung::Full => Problem::new(StatusCode::CONFLICT, detail),
    })
}
