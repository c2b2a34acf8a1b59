//! A caller's card: who they are, every call of theirs, what was promised, and whether a call is owed.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::call::record::CallId;
use crate::number::Number;
use crate::routing::plan::Shop;
use crate::routing::wish::{MAX_NAME_CHARS, MAX_NOTE_CHARS, name_of_caller, note_of_caller};
use crate::store::{CallFilter, CallerEdit, Edited};
use crate::web::api::body::Sent;
use crate::web::api::calls::{self, limit};
use crate::web::api::json::{Call, Telling};
use crate::web::api::language;
use crate::web::api::owed::Claim;
use crate::web::api::query::{Asked, rfc3339};
use crate::web::{Problem, Web};

/// What the shop knows of a caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallerCard {
    /// In E.164.
    pub number: String,
    pub shop: String,
    /// The owner's name for them; may be empty.
    pub name: String,
    /// What somebody has written down of them; may be empty.
    pub note: String,
    /// Their calls are refused.
    pub blocked: bool,
    /// How often they have called this shop, ever; refused calls not counted.
    #[schema(minimum = 0)]
    pub calls_count: u32,
    /// When anyone last spoke with them in either direction, or what was owed to them was settled (RFC 3339, UTC).
    #[schema(required, format = DateTime)]
    pub last_spoken_at: Option<String>,
    /// Since when they are owed a call (RFC 3339, UTC); null: they are not.
    #[schema(required, format = DateTime)]
    pub owed_since: Option<String>,
    /// When somebody should have called them at the latest (RFC 3339, UTC).
    #[schema(required, format = DateTime)]
    pub due_at: Option<String>,
    /// Who has taken it on to call them.
    #[schema(required)]
    pub claim: Option<Claim>,
    /// Their calls, newest first.
    pub calls: Vec<Call>,
}

/// What is to be written down of a caller. What is left out, or null, stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditedCaller {
    /// Empty takes the name away.
    #[schema(max_length = 200)]
    pub name: Option<String>,
    #[schema(max_length = 2000)]
    pub note: Option<String>,
    /// Whether their calls are refused from now on.
    pub blocked: Option<bool>,
}

#[utoipa::path(
    get, path = "/api/v1/callers/{number}", tag = "callers", operation_id = "caller",
    summary = "A caller's card with their calls",
    description = "To turn the page of their calls, pass the last id as `before`.",
    params(
        ("number" = String, Path, example = "+34600999888",
            description = "E.164, or as dialled in the shop's country"),
        ("before" = Option<String>, Query, format = "uuid",
            description = "Only calls older than the one with this id; none are older than one that is not there"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "At most so many; 50 if not given"),
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    responses(
        (status = 200, description = "What is known of them", body = CallerCard),
        (status = 400, description = "No telephone number, or no such page or shop; `parameter` says which",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nobody with this number has called, and nothing is written of them",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call log cannot be read now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn show(
    State(web): State<Arc<Web>>,
    number: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    asked: Asked,
) -> Result<Json<CallerCard>, Problem> {
    let plan = web.plan.borrow().clone();
    let asked = asked.only(&["before", "limit", "shop"])?;
    let shop = asked.the_shop(&plan)?;
    let number = self::number(number, &shop)?;
    let before = asked.read("before", "the id of a call", |id| Uuid::parse_str(id).ok())?.map(CallId);
    let limit = limit(&asked)?;
    let written = web.store.written(shop.id, &number).await?;
    let calls_count = web.store.count_calls(shop.id, &number).await?;
    let filter =
        CallFilter { shop: Some(shop.id), caller: Some(number.clone()), before, limit, ..CallFilter::default() };
    let calls = web.store.calls(&filter).await?;
    if calls.is_empty() && calls_count == 0 && written == Default::default() {
        return Err(Problem::not_found("Nobody has called from this number, and nothing is written of it."));
    }
    let owed = web.store.owed_to(&shop, &number).await?;
    let last_spoken = web.store.last_spoken(shop.id, &number).await?;
    let telling = Telling { plan: &plan, language: language::asked(&headers), now: (web.clock)().wall };
    Ok(Json(CallerCard {
        number: number.as_str().to_owned(),
        shop: shop.name.clone(),
        name: written.name,
        note: written.note,
        blocked: written.blocked,
        calls_count,
        last_spoken_at: last_spoken.map(rfc3339),
        owed_since: owed.as_ref().map(|owed| rfc3339(owed.owed.since)),
        due_at: owed.as_ref().and_then(|owed| owed.owed.due).map(rfc3339),
        claim: owed.and_then(|owed| owed.claim).map(Claim::from),
        calls: calls.into_iter().map(|call| telling.stored_call(call)).collect(),
    }))
}

/// What is written down of a caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrittenCaller {
    /// In E.164.
    pub number: String,
    pub shop: String,
    pub name: String,
    pub note: String,
    pub blocked: bool,
}

#[utoipa::path(
    put, path = "/api/v1/callers/{number}", tag = "callers", operation_id = "edit_caller",
    summary = "Write down who a caller is, or block them",
    params(
        ("number" = String, Path, example = "+34600999888",
            description = "E.164, or as dialled in the shop's country"),
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
    ),
    request_body = EditedCaller,
    responses(
        (status = 200, description = "It is written", body = WrittenCaller),
        (status = 400, description = "No telephone number, name, note or shop; `parameter` says which",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The settings cannot be written now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn edit(
    State(web): State<Arc<Web>>,
    number: Result<Path<String>, PathRejection>,
    asked: Asked,
    Sent(edited): Sent<EditedCaller>,
) -> Result<Json<WrittenCaller>, Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let number = self::number(number, &shop)?;
    let read = |name: &'static str, text: Option<&str>, read: fn(&str) -> Option<String>, must: String| match text {
        None => Ok(None),
        Some(text) => read(text).map(Some).ok_or_else(|| Problem::parameter(name, format!("`{name}` must be {must}."))),
    };
    let line = format!("at most {MAX_NAME_CHARS} characters, none of them a control character");
    let lines = format!("at most {MAX_NOTE_CHARS} characters, without control characters but new lines");
    let edit = CallerEdit {
        name: read("name", edited.name.as_deref(), name_of_caller, line)?,
        note: read("note", edited.note.as_deref(), note_of_caller, lines)?,
        blocked: edited.blocked,
    };
    let (Edited::Done(written) | Edited::ChangedMeanwhile(written)) =
        web.store.edit_caller(shop.id, &number, &edit, None).await?;
    web.plan_changed().await;
    Ok(Json(WrittenCaller {
        number: number.as_str().to_owned(),
        shop: shop.name.clone(),
        name: written.name,
        note: written.note,
        blocked: written.blocked,
    }))
}

/// The number in a path.
pub fn number(number: Result<Path<String>, PathRejection>, shop: &Shop) -> Result<Number, Problem> {
    let read = number.ok().and_then(|Path(text)| calls::number(&text, Some(shop.country)));
    let expected = "`number` must be a telephone number, best with its country: +34600999888.";
    read.ok_or_else(|| Problem::parameter("number", expected))
}
