//! Whom the shop owes a call; who has taken it on; and what else settled it.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::owed::{Promise, Settlement};
use crate::store::{self, Claimed, OwedCaller};
use crate::web::api::body::Sent;
use crate::web::api::callers::number;
use crate::web::api::calls::{self, limit};
use crate::web::api::json::{Call, Null, Telling, one_of};
use crate::web::api::language;
use crate::web::api::query::{Asked, rfc3339};
use crate::web::{Problem, Web};
use crate::words;

/// A list of callers who are owed a call.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwedCallers {
    pub items: Vec<OwedCall>,
}

/// A caller who called in vain or was promised something, and with whom nobody has spoken since.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwedCall {
    /// In E.164.
    pub number: String,
    /// The owner's name for them.
    #[schema(required)]
    pub name: Option<String>,
    pub shop: String,
    /// When they first called in vain, or were promised something (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub since: String,
    /// When somebody should have called them at the latest (RFC 3339, UTC): half an hour after a call while open, an hour
    /// after the next opening for one while closed, and the earliest of these. Null: no opening is planned.
    #[schema(required, format = DateTime)]
    pub due_at: Option<String>,
    /// That time has passed.
    pub overdue: bool,
    /// How often they have tried; rings under 5 seconds count as one. 0: only a promise is owed.
    #[schema(minimum = 0)]
    pub attempts: u32,
    /// What was promised to them and not kept yet, the latest first.
    pub promises: Vec<Promised>,
    /// Who has taken it on to call them.
    #[schema(required)]
    pub claim: Option<Claim>,
    /// Their last call in vain, or the one after which the promise was made.
    pub last_call: Call,
}

/// Somebody of the shop told a caller to expect something.
#[derive(Debug, Serialize, ToSchema)]
pub struct Promised {
    /// Empty: nothing but a call.
    pub what: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// Who wrote it down.
    pub by: String,
    /// When (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub at: String,
}

impl From<Promise> for Promised {
    fn from(promise: Promise) -> Promised {
        let Promise { what, due, by, made, .. } = promise;
        Promised { what, due_at: rfc3339(due), by, at: rfc3339(made) }
    }
}

/// Somebody has taken it on to call.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claim {
    /// Who.
    pub by: String,
    /// Since when (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub at: String,
}

impl From<store::Claim> for Claim {
    fn from(claim: store::Claim) -> Claim {
        Claim { by: claim.by, at: rfc3339(claim.at) }
    }
}

#[utoipa::path(
    get, path = "/api/v1/owed", tag = "owed", operation_id = "owed",
    summary = "Whom the shop owes a call, who called last coming first",
    description = "Everybody with a number whose call nobody answered, and with whom nobody has spoken since, in either \
        direction. Blocked callers are not among them. To turn the page, pass the last number as `before`.",
    params(
        ("before" = Option<String>, Query, description = "Only those who come behind the caller with this number"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "At most so many; 50 if not given"),
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    responses(
        (status = 200, description = "The callers", body = OwedCallers),
        (status = 400, description = "A parameter is not what it must be; `parameter` names it",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call log cannot be read now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn list(State(web): State<Arc<Web>>, headers: HeaderMap, asked: Asked) -> Result<Json<OwedCallers>, Problem> {
    let plan = web.plan.borrow().clone();
    let asked = asked.only(&["before", "limit", "shop"])?;
    let shop = asked.the_shop(&plan)?;
    let before =
        asked.read("before", "a telephone number of this list", |text| calls::number(text, Some(shop.country)))?;
    let limit = usize::try_from(limit(&asked)?).unwrap_or(usize::MAX);
    let owed = web.store.owed(&shop, before.as_ref(), limit).await?;
    let telling = Telling { plan: &plan, language: language::asked(&headers), now: (web.clock)().wall };
    Ok(Json(OwedCallers { items: owed.into_iter().filter_map(|owed| tell(owed, &shop.name, &telling)).collect() }))
}

fn tell(found: OwedCaller, shop: &str, telling: &Telling<'_>) -> Option<OwedCall> {
    let OwedCaller { number, name, owed, mut calls, promises, claim } = found;
    let last = calls.iter().position(|call| crate::owed::is_unanswered(&call.record)).unwrap_or(0);
    // Of a caller to whom only a promise is owed it is the call after which that was made.
    let last = (last < calls.len()).then(|| calls.swap_remove(last))?;
    Some(OwedCall {
        number: number.as_str().to_owned(),
        shop: shop.to_owned(),
        since: rfc3339(owed.since),
        due_at: owed.due.map(rfc3339),
        overdue: owed.due.is_some_and(|due| due < telling.now),
        attempts: owed.attempts,
        promises: promises.into_iter().map(Promised::from).collect(),
        claim: claim.map(Claim::from),
        last_call: telling.stored_call(last),
        name,
    })
}

/// Who takes it on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaim {
    /// The name of whoever is to call them.
    #[schema(min_length = 1, max_length = 80)]
    pub by: String,
}

/// How long a name may be: what a button on the page has room for.
const MAX_BY_CHARS: usize = 80;

#[utoipa::path(
    post, path = "/api/v1/owed/{number}/claim", tag = "owed", operation_id = "claim",
    summary = "Take it on to call them",
    params(
        ("number" = String, Path, example = "+34600999888",
            description = "E.164, or as dialled in the shop's country"),
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    request_body = NewClaim,
    responses(
        (status = 200, description = "It is theirs", body = Claim),
        (status = 400, description = "No number, name or shop; `parameter` says which",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nobody owes them a call", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "Somebody else has taken it on; `detail` says who",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call log cannot be written now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn claim(
    State(web): State<Arc<Web>>,
    number: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    asked: Asked,
    Sent(new): Sent<NewClaim>,
) -> Result<Json<Claim>, Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let number = self::number(number, &shop)?;
    let by = name(&new.by)?;
    if by.is_empty() {
        return Err(Problem::parameter("by", "`by` must be the name of whoever is to call them."));
    }
    match web.store.claim(&shop, &number, by, (web.clock)().wall).await? {
        Claimed::Yours(claim) => {
            web.taken_on(shop.id, &number).await;
            Ok(Json(Claim::from(claim)))
        }
        Claimed::Theirs(claim) => {
            let language = language::asked(&headers).unwrap_or(shop.language);
            Err(Problem::new(StatusCode::CONFLICT, words::claimed_by(&claim.by, language)))
        }
        Claimed::NotOwed => Err(not_owed()),
    }
}

#[utoipa::path(
    delete, path = "/api/v1/owed/{number}/claim", tag = "owed", operation_id = "release",
    summary = "Give it back: nobody has taken it on",
    params(
        ("number" = String, Path, example = "+34600999888",
            description = "E.164, or as dialled in the shop's country"),
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
    ),
    responses(
        (status = 204, description = "Anybody can take it on again"),
        (status = 400, description = "No telephone number, or no such shop; `parameter` says which",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nobody had taken it on", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The call log cannot be written now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn release(
    State(web): State<Arc<Web>>,
    number: Result<Path<String>, PathRejection>,
    asked: Asked,
) -> Result<StatusCode, Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let number = self::number(number, &shop)?;
    match web.store.release(shop.id, &number).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("Nobody had taken it on to call this number.")),
    }
}

/// Why no call is owed any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSettlement {
    /// `called_elsewhere`: somebody called them from another telephone; `came_in`: they came into the shop; `not_needed`: a
    /// call is not needed.
    #[schema(schema_with = reason)]
    pub reason: String,
    /// The name of whoever says so; may be left out.
    #[serde(default)]
    #[schema(max_length = 80)]
    pub by: String,
}

fn reason() -> Object {
    one_of(Settlement::ALL.map(Settlement::as_str), Null::Never)
}

#[utoipa::path(
    post, path = "/api/v1/owed/{number}/settle", tag = "owed", operation_id = "settle",
    summary = "No call is owed any more",
    description = "It counts as if somebody had spoken with them. When they call in vain again, a call is owed again.",
    params(
        ("number" = String, Path, example = "+34600999888",
            description = "E.164, or as dialled in the shop's country"),
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
    ),
    request_body = NewSettlement,
    responses(
        (status = 204, description = "It is settled"),
        (status = 400, description = "No number, reason, name or shop; `parameter` says which",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nobody owes them a call", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The call log cannot be written now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn settle(
    State(web): State<Arc<Web>>,
    number: Result<Path<String>, PathRejection>,
    asked: Asked,
    Sent(new): Sent<NewSettlement>,
) -> Result<StatusCode, Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let number = self::number(number, &shop)?;
    let how = Settlement::parse(&new.reason).ok_or_else(|| {
        let known = Settlement::ALL.map(Settlement::as_str).join(", ");
        Problem::parameter("reason", format!("`reason` must be one of {known}."))
    })?;
    match web.store.settle(&shop, &number, how, name(&new.by)?, (web.clock)().wall).await? {
        true => {
            web.taken_on(shop.id, &number).await;
            Ok(StatusCode::NO_CONTENT)
        }
        false => Err(not_owed()),
    }
}

fn name(by: &str) -> Result<&str, Problem> {
    let by = by.trim();
    if by.chars().count() > MAX_BY_CHARS || by.contains(char::is_control) {
        let detail = format!("`by` must be at most {MAX_BY_CHARS} characters, none of them a control character.");
        return Err(Problem::parameter("by", detail));
    }
    Ok(by)
}

fn not_owed() -> Problem {
    Problem::not_found(
        "This caller is owed no call: nobody has called in vain from this number since it was spoken with.",
    )
}
