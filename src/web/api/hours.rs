//! The weekly hours. Two people may change them at the same time: the second is told (RFC 9110 §13.1.1, RFC 6585 §3).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::now::UnixMs;
use crate::routing::plan::{Language, Shop};
use crate::routing::{Action, Because, Hours, HoursTag, standing};
use crate::store::Saved;
use crate::web::api::body::{Sent, present};
use crate::web::api::json::{self, Reason};
use crate::web::api::language;
use crate::web::api::query::Asked;
use crate::web::{Problem, Web};
use crate::words;

/// A shop's weekly hours.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShopHours {
    pub shop: String,
    /// An OpenStreetMap `opening_hours` expression as its owner wrote it; null: none are set.
    #[schema(required)]
    pub hours: Option<String>,
    /// The same, to be read by people.
    pub text: String,
    /// Whether a call now would ring, by these hours and all that stands above them.
    pub open: bool,
    pub because: Reason,
}

/// Hours to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHours {
    /// An OpenStreetMap `opening_hours` expression such as `Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off`; null
    /// takes the hours away: the desk phones ring day and night.
    #[schema(required, max_length = 500, example = "Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off")]
    #[serde(deserialize_with = "present")]
    pub hours: Option<String>,
}

#[utoipa::path(
    get, path = "/api/v1/hours", tag = "plan", operation_id = "hours",
    summary = "The weekly hours",
    params(
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    responses(
        (status = 200, description = "The hours", body = ShopHours,
            headers(("ETag" = String, description = "Of the hours alone: send it as If-Match to change them"))),
        (status = 400, description = "No shop has this name, or several are there and none was named",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The settings cannot be read now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn show(State(web): State<Arc<Web>>, headers: HeaderMap, asked: Asked) -> Result<Response, Problem> {
    let plan = web.store.plan().await?;
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    Ok(told(&shop, language::asked(&headers), (web.clock)().wall))
}

#[utoipa::path(
    put, path = "/api/v1/hours", tag = "plan", operation_id = "set_hours",
    summary = "Set the weekly hours",
    description = "Only with the ETag of the hours as they were read: whoever saves second is told, and nothing is lost.",
    params(
        ("shop" = Option<String>, Query, description = "The shop's name; may be left out when there is only one"),
        ("If-Match" = String, Header,
            description = "The ETag of `GET hours`; `*` for whatever they are now, a colleague's change among it"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    request_body = NewHours,
    responses(
        (status = 200, description = "They are set", body = ShopHours,
            headers(("ETag" = String, description = "Of the hours as they are now"))),
        (status = 400, description = "No such hours or shop; `parameter` says which, `detail` what to write",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no shop yet", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The shop is in another country since; nothing was saved",
            body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody else has changed the hours since; nothing was saved",
            body = Problem, content_type = "application/problem+json",
            headers(("ETag" = String, description = "Of the hours as they are now"))),
        (status = 428, description = "If-Match is missing", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The settings cannot be written now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn set(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
    asked: Asked,
    Sent(new): Sent<NewHours>,
) -> Result<Response, Problem> {
    let plan = web.store.plan().await?;
    let shop = asked.only(&["shop"])?.the_shop(&plan)?;
    let language = language::asked(&headers);
    let wanted = IfMatch::read(&headers).ok_or_else(|| {
        let detail = "Send If-Match with the ETag of `GET /api/v1/hours`, so that nobody's change is lost unseen.";
        Problem::new(StatusCode::PRECONDITION_REQUIRED, detail)
    })?;
    let hours =
        new.hours.map(|text| Hours::parse(&text, shop.country)).transpose().map_err(|error| {
            Problem::parameter("hours", words::hours_error(&error, language.unwrap_or(shop.language)))
        })?;
    let stored = HoursTag::of(shop.hours.as_ref());
    let seen = match &wanted {
        IfMatch::Any => None,
        IfMatch::Tags(tags) if tags.contains(&stored) => Some(stored),
        IfMatch::Tags(_) => return Ok(changed_meanwhile(shop.hours.as_ref())),
    };
    match web.store.set_hours(shop.id, hours.as_ref(), seen.as_ref()).await? {
        Saved::Done => web.plan_changed().await,
        Saved::ChangedMeanwhile(theirs) => return Ok(changed_meanwhile(theirs.as_ref())),
    }
    let shop = Arc::new(Shop { hours, ..Shop::clone(&shop) });
    Ok(told(&shop, language, (web.clock)().wall))
}

fn told(shop: &Arc<Shop>, language: Option<Language>, now: UnixMs) -> Response {
    let language = language.unwrap_or(shop.language);
    let decision = standing(shop, now);
    let text = match &shop.hours {
        Some(hours) => hours.as_str().to_owned(),
        None => words::because(&Because::NoHours, language, shop.time_zone, now),
    };
    let told = ShopHours {
        shop: shop.name.clone(),
        hours: shop.hours.as_ref().map(|hours| hours.as_str().to_owned()),
        text,
        open: matches!(decision.action, Action::Ring(_)),
        because: json::reason(&decision.because, language, shop.time_zone, now),
    };
    ([(header::ETAG, etag(shop.hours.as_ref()))], Json(told)).into_response()
}

fn changed_meanwhile(theirs: Option<&Hours>) -> Response {
    let now = theirs.map_or_else(|| "none".to_owned(), |hours| format!("{:?}", hours.as_str()));
    let detail = format!(
        "Somebody else has changed the hours since you read them; nothing was saved. They are {now} now: look at them, \
         and send your change with their ETag if it still holds."
    );
    let problem = Problem::new(StatusCode::PRECONDITION_FAILED, detail);
    ([(header::ETAG, etag(theirs))], problem).into_response()
}

fn etag(hours: Option<&Hours>) -> String {
    format!("\"{}\"", HoursTag::of(hours))
}

/// Which hours a change is meant for.
#[derive(Debug, PartialEq, Eq)]
enum IfMatch {
    Any,
    /// Those that could be ours: a weak one, or another's, matches nothing.
    Tags(Vec<HoursTag>),
}

impl IfMatch {
    /// `None`: it is not said.
    fn read(headers: &HeaderMap) -> Option<IfMatch> {
        let values: Vec<&[u8]> = headers.get_all(header::IF_MATCH).iter().map(HeaderValue::as_bytes).collect();
        match values.as_slice() {
            [] => return None,
            // A star within a list, or within a tag's quotes, is none.
            [only] if only.trim_ascii() == b"*" => return Some(IfMatch::Any),
            _ => {}
        }
        let elements = values.iter().filter_map(|value| str::from_utf8(value).ok()).flat_map(|value| value.split(','));
        // A comma within quotes cuts what is no tag of ours anyway.
        let quoted = |text: &str| text.trim().strip_prefix('"')?.strip_suffix('"').and_then(HoursTag::parse);
        Some(IfMatch::Tags(elements.filter_map(quoted).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strong_tags_of_ours_match() {
        let read = |value: &'static str| {
            IfMatch::read(&HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(value))]))
        };
        let tag = || HoursTag::parse("0123456789abcdef").unwrap();
        assert_eq!(read("\"0123456789abcdef\""), Some(IfMatch::Tags(vec![tag()])));
        assert_eq!(read("\"x\" , \"0123456789abcdef\""), Some(IfMatch::Tags(vec![tag()])));
        assert_eq!(read("W/\"0123456789abcdef\""), Some(IfMatch::Tags(vec![])));
        assert_eq!(read("0123456789abcdef"), Some(IfMatch::Tags(vec![])));
        assert_eq!(read(""), Some(IfMatch::Tags(vec![])));
        assert_eq!(read(" * "), Some(IfMatch::Any));
        for not_any in ["\"x,*,y\"", "\"x\", *", "*, *", "\"*\""] {
            assert_eq!(read(not_any), Some(IfMatch::Tags(vec![])), "{not_any}");
        }
        assert_eq!(IfMatch::read(&HeaderMap::new()), None);
    }
}
