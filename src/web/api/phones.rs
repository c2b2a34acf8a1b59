//! The shop's phones.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use crate::routing::plan::Line;
use crate::web::api::language;
use crate::web::api::query::{Asked, rfc3339};
use crate::web::api::right_now::{self, phone_now};
use crate::web::{Problem, Web};

/// A list of phones.
#[derive(Debug, Serialize, ToSchema)]
pub struct Phones {
    pub items: Vec<SetPhone>,
}

/// A phone as its owner has set it, and whether a call now would ring it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetPhone {
    #[serde(flatten)]
    pub now: right_now::Phone,
    /// How it is reached: the user it registers with, its SIP address, or its number.
    pub line: String,
    /// Seconds after the first phones.
    #[schema(minimum = 0)]
    pub after_s: u64,
    /// Hours of its own; null: the shop's.
    #[schema(required)]
    pub hours: Option<String>,
    /// Off until then (RFC 3339, UTC); null: it is not.
    #[schema(required, format = DateTime)]
    pub off_until: Option<String>,
}

#[utoipa::path(
    get, path = "/api/v1/phones", tag = "plan", operation_id = "phones",
    summary = "The shop's phones, in the owner's order",
    params(
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    responses(
        (status = 200, description = "The phones", body = Phones),
        (status = 400, description = "No shop has this name, or several are there and none was named",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call loop does not answer",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn list(State(web): State<Arc<Web>>, headers: HeaderMap, asked: Asked) -> Result<Json<Phones>, Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let view = web.board.look().await?;
    let shop_now = right_now::shop_now(&view, shop.id)?;
    let language = language::asked(&headers).unwrap_or(shop.language);
    let now = (web.clock)().wall;
    let items = shop.phones.iter().filter_map(|phone| {
        let seen = shop_now.phones.iter().find(|seen| seen.phone == phone.id)?;
        let line = match &phone.line {
            Line::Registers { user, .. } => user.clone(),
            Line::Fixed { contact } => contact.clone(),
            Line::Cell { number } => number.as_str().to_owned(),
        };
        Some(SetPhone {
            now: phone_now(seen, &shop, language, now)?,
            line,
            after_s: phone.after.as_secs(),
            hours: phone.hours.as_ref().map(|hours| hours.as_str().to_owned()),
            off_until: phone.off_until.filter(|until| now < *until).map(rfc3339),
        })
    });
    Ok(Json(Phones { items: items.collect() }))
}
