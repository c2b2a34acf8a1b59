//! What is going on at this moment: open or closed, who would ring, which calls live.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::call::record::{CallId, CallRecord};
use crate::now::UnixMs;
use crate::routing::plan::{Language, Line, Shop, ShopId};
use crate::routing::{Action, Because, Decision};
use crate::store::CallFilter;
use crate::store::Store;
use crate::switchboard::{self, PhoneBecause, PhoneNow, ShopNow, Standing};
use crate::web::api::calls::MAX_LIMIT;
use crate::web::api::json::{self, Call, Null, Reason, Telling, one_of};
use crate::web::api::language;
use crate::web::api::query::{Asked, rfc3339};
use crate::web::{Problem, Web};
use crate::words;

/// This moment in one shop.
#[derive(Debug, Serialize, ToSchema)]
pub struct RightNow {
    /// Whether a call now would ring.
    pub open: bool,
    pub because: Reason,
    /// Until when that stays so (RFC 3339, UTC); null when nothing is set to change it.
    #[schema(required, format = DateTime)]
    pub until: Option<String>,
    pub phones: Vec<Phone>,
    /// What the owner was told is wrong, and is not known to be over.
    pub notices: Vec<Notice>,
    /// Live calls, oldest first.
    pub calls: Vec<Call>,
}

/// Something that is wrong in the shop.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notice {
    #[schema(example = "no_phone_reachable")]
    pub code: &'static str,
    pub text: String,
    /// When it last showed (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub at: String,
}

/// A phone, and whether a call now would ring it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Phone {
    pub name: String,
    /// `registers`: a SIP phone that registers; `fixed`: a fixed SIP address; `cell`: a public number.
    #[schema(schema_with = kind)]
    pub kind: &'static str,
    pub rings: bool,
    pub because: Reason,
    /// When it last answered anything of ours, or registered (RFC 3339, UTC); null: not since the service started.
    #[schema(required, format = DateTime)]
    pub proven_at: Option<String>,
}

#[utoipa::path(
    get, path = "/api/v1/right-now", tag = "right now", operation_id = "right_now",
    summary = "Open or closed, who would ring, and the live calls",
    params(
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    responses(
        (status = 200, description = "This moment", body = RightNow),
        (status = 400, description = "No shop has this name, or several are there and none was named",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call loop or the store does not answer",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn show(State(web): State<Arc<Web>>, headers: HeaderMap, asked: Asked) -> Result<Json<RightNow>, Problem> {
    let plan = web.plan.borrow().clone();
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let view = web.board.look().await?;
    let now = (web.clock)().wall;
    let asked_language = language::asked(&headers);
    let language = asked_language.unwrap_or(shop.language);
    let shop_now = shop_now(&view, shop.id)?.clone();
    let live: Vec<CallRecord> = view.calls.into_iter().filter(|call| call.shop == Some(shop.id)).collect();
    let mut names = names(&web.store, shop.id, &live).await?;
    let notice = |standing: &Standing| Notice {
        code: standing.notice.code(),
        text: words::notice::seen(&standing.notice, standing.at, language, shop.time_zone, now),
        at: rfc3339(standing.at),
    };
    let telling = Telling { plan: &plan, language: asked_language, now };
    let mut tell = |record: CallRecord| {
        let name = names.remove(&record.id).flatten();
        telling.call(record, name)
    };
    Ok(Json(RightNow {
        open: matches!(shop_now.decision.action, Action::Ring(_)),
        because: json::reason(&shop_now.decision.because, language, shop.time_zone, now),
        until: until(&shop_now.decision).map(rfc3339),
        phones: shop_now.phones.iter().filter_map(|phone| phone_now(phone, &shop, language, now)).collect(),
        notices: shop_now.notices.iter().map(notice).collect(),
        calls: live.into_iter().map(&mut tell).collect(),
    }))
}

/// What the loop says of a shop. One that was imported this second may not have reached it.
pub fn shop_now(view: &switchboard::RightNow, shop: ShopId) -> Result<&ShopNow, Problem> {
    let found = view.shops.iter().find(|there| there.shop == shop);
    found.ok_or_else(|| Problem::not_found("This shop was set up a moment ago. Ask again in two seconds."))
}

/// Until when a decision stands.
pub(in crate::web) fn until(decision: &Decision) -> Option<UnixMs> {
    match (&decision.action, &decision.because) {
        (Action::TakeMessage { opens }, _) => *opens,
        (_, Because::OpenHours { until } | Because::ExtraOpening { until, .. }) => *until,
        (_, Because::OpenedByOwner { until }) => Some(*until),
        (Action::Ring(_) | Action::Refuse(_), _) => None,
    }
}

/// A phone the plan no longer has is not shown.
pub fn phone_now(seen: &PhoneNow, shop: &Shop, language: Language, now: UnixMs) -> Option<Phone> {
    let phone = shop.phone(seen.phone)?;
    let labels = words::page::labels(language);
    Some(Phone {
        name: phone.name.to_string(),
        kind: match phone.line {
            Line::Registers { .. } => REGISTERS,
            Line::Fixed { .. } => FIXED,
            Line::Cell { .. } => CELL,
        },
        rings: seen.rings,
        because: match &seen.because {
            PhoneBecause::ShopDoesNotRing(because) => json::reason(because, language, shop.time_zone, now),
            PhoneBecause::InAWave => own_reason("in_a_wave", labels.rings),
            PhoneBecause::ALikelyMailbox => own_reason("likely_mailbox", labels.likely_mailbox),
            PhoneBecause::OffNow => own_reason("off_now", labels.off_now),
            PhoneBecause::Unreachable => own_reason("unreachable", labels.unreachable),
        },
        proven_at: seen.proven_at.map(rfc3339),
    })
}

fn own_reason(code: &'static str, text: &str) -> Reason {
    Reason { code, text: text.to_owned() }
}

/// The owner's names for the callers of live calls. Live calls are among the latest; one that many others have
/// overtaken since is shown without a name.
async fn names(store: &Store, shop: ShopId, live: &[CallRecord]) -> Result<HashMap<CallId, Option<String>>, Problem> {
    if live.iter().all(|call| call.caller.is_none()) {
        return Ok(HashMap::new());
    }
    let latest = CallFilter { shop: Some(shop), limit: MAX_LIMIT, ..CallFilter::default() };
    let latest = store.calls(&latest).await?;
    Ok(latest.into_iter().map(|stored| (stored.record.id, stored.caller_name)).collect())
}

const REGISTERS: &str = "registers";
const FIXED: &str = "fixed";
const CELL: &str = "cell";

fn kind() -> Object {
    one_of([REGISTERS, FIXED, CELL], Null::Never)
}
