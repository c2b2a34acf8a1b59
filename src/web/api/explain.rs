//! What a call would get, at any instant, from anybody: from the same `decide` that calls get.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::now::UnixMs;
use crate::routing::explain::{Explanation, explain, offer, read_instant};
use crate::routing::plan::Language;
use crate::routing::{Action, Duty, Plan};
use crate::web::api::json::{self, Null, Reason, one_of};
use crate::web::api::language;
use crate::web::api::query::{Asked, instant, rfc3339};
use crate::web::{Problem, Web};
use crate::words;

/// What a call would get.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explained {
    /// The instant it is about (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub at: String,
    /// The shop's name; null when the called number is nobody's.
    #[schema(required)]
    pub shop: Option<String>,
    #[schema(schema_with = action)]
    pub action: &'static str,
    pub because: Reason,
    /// All phones of the shop, in the owner's order.
    pub phones: Vec<ExplainedPhone>,
}

/// A phone, and whether the call would ring it. Whether it can be reached is not known beforehand.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedPhone {
    pub name: String,
    pub rings: bool,
    /// Seconds after the first phone.
    #[schema(minimum = 0)]
    pub after_s: u64,
    pub because: Reason,
}

impl Explained {
    /// In the words of `language`; without one, of the shop's.
    pub fn of(explanation: &Explanation, language: Option<Language>) -> Explained {
        let shop = explanation.shop.as_deref();
        let language = language.or(shop.map(|shop| shop.language)).unwrap_or_default();
        let zone = shop.map_or(Tz::UTC, |shop| shop.time_zone);
        let rung = matches!(explanation.decision.action, Action::Ring(_));
        let phones = explanation.phones().map(|(phone, duty)| ExplainedPhone {
            name: phone.name.to_string(),
            rings: rung && duty == Duty::Rings,
            after_s: phone.after.as_secs(),
            because: match (&explanation.decision.action, &duty) {
                // The shop is open, and this caller all the same rings nobody.
                (Action::Refuse(_), _) => json::reason(&explanation.decision.because, language, zone, explanation.at),
                (Action::Ring(_) | Action::TakeMessage { .. }, duty) => {
                    Reason { code: duty_code(duty), text: words::duty(duty, language, zone, explanation.at) }
                }
            },
        });
        Explained {
            at: rfc3339(explanation.at),
            shop: shop.map(|shop| shop.name.clone()),
            action: action_name(&explanation.decision.action),
            because: json::reason(&explanation.decision.because, language, zone, explanation.at),
            phones: phones.collect(),
        }
    }
}

#[utoipa::path(
    get, path = "/api/v1/explain", tag = "right now", operation_id = "explain",
    summary = "What a call would get",
    params(
        ("at" = Option<String>, Query, description = "When: `2026-12-24T18:05` on the shop's clock, or RFC 3339 with an \
            offset; else now"),
        ("from" = Option<String>, Query, description = "Who calls: a number, as one writes it in the shop's country"),
        ("to" = Option<String>, Query, description = "The called number"),
        ("shop" = Option<String>, Query, description = "Instead of `to`: the shop's name"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    responses(
        (status = 200, description = "What it would get", body = Explained),
        (status = 400, description = "No instant, no shop of this name, or several shops and neither `to` nor `shop`",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn show(State(web): State<Arc<Web>>, headers: HeaderMap, asked: Asked) -> Result<Json<Explained>, Problem> {
    let plan = web.plan.borrow().clone();
    let asked = asked.only(&["at", "from", "to", "shop"])?;
    let to = called(&asked, &plan)?;
    let offer = offer(&plan, asked.get("from"), to.as_deref());
    let expected = "a time like 2026-12-24T18:05, or RFC 3339 with an offset";
    let at = asked.read("at", expected, |text| read_at(text, &plan, &offer.called))?;
    let at = at.unwrap_or_else(|| (web.clock)().wall);
    Ok(Json(Explained::of(&explain(&plan, &offer, at), language::asked(&headers))))
}

fn read_at(text: &str, plan: &Plan, called: &[String]) -> Option<UnixMs> {
    instant(text).or_else(|| read_instant(text, plan, called))
}

/// The number that is called: as asked, or one of the named shop's.
fn called(asked: &Asked, plan: &Plan) -> Result<Option<String>, Problem> {
    if let Some(to) = asked.get("to") {
        return Ok(Some(to.to_owned()));
    }
    let shop = asked.the_shop(plan)?;
    Ok(shop.numbers.first().map(|number| number.as_str().to_owned()))
}

fn action_name(action: &Action) -> &'static str {
    match action {
        Action::Ring(_) => RING,
        Action::TakeMessage { .. } => TAKE_MESSAGE,
        Action::Refuse(_) => REFUSE,
    }
}

const RING: &str = "ring";
const TAKE_MESSAGE: &str = "take_message";
const REFUSE: &str = "refuse";

fn action() -> Object {
    one_of([RING, TAKE_MESSAGE, REFUSE], Null::Never)
}

fn duty_code(duty: &Duty) -> &'static str {
    match duty {
        Duty::Rings => "rings",
        Duty::ShopClosed(because) => because.code(),
        Duty::CellWithoutShopHours => "cell_without_shop_hours",
        Duty::OffUntil(_) => "off_until",
        Duty::OutsideOwnHours { .. } => "outside_own_hours",
    }
}
