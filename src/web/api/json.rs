//! The shapes the API gives, and how they are made from what the store and the loop know.

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::call::record::{CallEvent, CallRecord, Direction, Disposition, Door, EndedBy, EventKind};
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::Because;
use crate::routing::Plan;
use crate::routing::plan::Language;
use crate::store::StoredCall;
use crate::web::api::query::rfc3339;
use crate::words;

/// A list of calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct Calls {
    pub items: Vec<Call>,
}

/// One call.
#[derive(Debug, Serialize, ToSchema)]
pub struct Call {
    /// Ours alone, a version 7 UUID: later calls have greater ids.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The shop's name; null when the called number was nobody's, or the shop is gone.
    #[schema(required)]
    pub shop: Option<String>,
    #[schema(schema_with = direction)]
    pub direction: &'static str,
    /// Who called; of a call that a phone made to a number outside, whom it called.
    pub caller: Caller,
    /// The called number as the carrier wrote it; of a call that a phone made, what was dialled.
    pub called: String,
    #[schema(schema_with = door)]
    pub door: &'static str,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// RFC 3339, UTC; null when nobody answered, or not yet.
    #[schema(required, format = DateTime)]
    pub answered_at: Option<String>,
    /// RFC 3339, UTC; null while the call lives.
    #[schema(required, format = DateTime)]
    pub ended_at: Option<String>,
    /// How long it rang, up to now while it rings. Milliseconds.
    #[schema(minimum = 0)]
    pub ring_ms: u64,
    /// How long they talked, up to now while they talk. Milliseconds.
    #[schema(minimum = 0)]
    pub talk_ms: u64,
    /// What became of it; null while that is open.
    #[schema(required, schema_with = disposition_or_null)]
    pub disposition: Option<&'static str>,
    /// Why it went where it went.
    pub because: Reason,
    /// Null while the call lives, and when it was refused. `caller` is the one named in `caller`.
    #[schema(required, schema_with = ended_by_or_null)]
    pub ended_by: Option<&'static str>,
    /// The name of the phone that answered, or that made an answered call outside.
    #[schema(required)]
    pub answered_by: Option<String>,
    /// The message the caller left: the call's own id, or null.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    pub message_id: Option<Uuid>,
    /// Which call of this caller to this shop it is, ever, this one included; 0 when withheld, and of a call that a phone made.
    #[schema(minimum = 0)]
    pub nth_call_from_caller: u32,
}

/// Who called.
#[derive(Debug, Serialize, ToSchema)]
pub struct Caller {
    /// In E.164 where it is a public number (`+34600999888`), else as the network wrote it; null when withheld.
    #[schema(required)]
    pub number: Option<String>,
    /// The owner's name for them.
    #[schema(required)]
    pub name: Option<String>,
    /// The caller asked not to be named.
    pub withheld: bool,
}

/// Why: a code for programs, which stays, and words for people, in the language asked for with Accept-Language, else
/// in the shop's.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reason {
    pub code: &'static str,
    pub text: String,
}

/// One call with everything that happened in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallWithEvents {
    #[serde(flatten)]
    pub call: Call,
    /// In order, without a gap.
    pub events: Vec<Event>,
}

/// Something that happened in a call.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// 1, 2, 3 … without a gap.
    #[schema(minimum = 1)]
    pub seq: u32,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub at: String,
    #[schema(schema_with = event_kind)]
    pub kind: &'static str,
    /// The name of the phone it happened at.
    #[schema(required)]
    pub phone: Option<String>,
    /// A few words or a number, such as a SIP status; may be empty.
    pub detail: String,
}

/// How to tell it: to whom, and at what time.
#[derive(Clone, Copy)]
pub struct Telling<'a> {
    pub plan: &'a Plan,
    /// The language asked for; `None`: the shop's.
    pub language: Option<Language>,
    pub now: UnixMs,
}

impl Telling<'_> {
    pub fn stored_call(&self, stored: StoredCall) -> Call {
        let message = stored.has_message.then_some(stored.record.id.0);
        Call { message_id: message, ..self.call(stored.record, stored.caller_name) }
    }

    /// A call of which only its own facts are known; a message is one.
    pub fn call(&self, record: CallRecord, caller_name: Option<String>) -> Call {
        let shop = record.shop.and_then(|id| self.plan.shop(id));
        let language = self.language.or(shop.map(|shop| shop.language)).unwrap_or_default();
        let zone = shop.map_or(Tz::UTC, |shop| shop.time_zone);
        Call {
            id: record.id.0,
            shop: shop.map(|shop| shop.name.clone()),
            direction: record.direction.as_str(),
            ring_ms: record.ring_ms(self.now),
            talk_ms: record.talk_ms(self.now),
            caller: Caller::new(record.caller.as_ref(), &record.caller_raw, caller_name, record.withheld),
            called: record.called,
            door: record.door.as_str(),
            started_at: rfc3339(record.started),
            answered_at: record.answered.map(rfc3339),
            ended_at: record.ended.map(rfc3339),
            disposition: record.disposition.map(Disposition::as_str),
            because: reason(&record.because, language, zone, record.started),
            ended_by: record.ended_by.map(EndedBy::as_str),
            answered_by: record.answered_by.map(|phone| phone.to_string()),
            message_id: (record.disposition == Some(Disposition::Message)).then_some(record.id.0),
            nth_call_from_caller: record.nth_call_from_caller,
        }
    }
}

impl Caller {
    /// `raw` is the number as the network wrote it, `name` the owner's for it.
    pub fn new(number: Option<&Number>, raw: &str, name: Option<String>, withheld: bool) -> Caller {
        let number = Some(number.map_or(raw, Number::as_str)).filter(|number| !withheld && !number.is_empty());
        let name = name.filter(|name| !withheld && !name.is_empty());
        Caller { number: number.map(str::to_owned), name, withheld }
    }
}

/// `at` is when it was so: "opens tomorrow" is said from there.
pub fn reason(because: &Because, language: Language, zone: Tz, at: UnixMs) -> Reason {
    Reason { code: because.code(), text: words::because(because, language, zone, at) }
}

impl From<CallEvent> for Event {
    fn from(event: CallEvent) -> Event {
        Event {
            seq: event.seq,
            at: rfc3339(event.at),
            kind: event.kind.as_str(),
            phone: event.phone.map(|phone| phone.to_string()),
            detail: event.detail,
        }
    }
}

fn direction() -> Object {
    one_of(Direction::ALL.map(Direction::as_str), Null::Never)
}

fn door() -> Object {
    one_of(Door::ALL.map(Door::as_str), Null::Never)
}

/// A disposition by its name, as a parameter.
pub struct DispositionName;

impl PartialSchema for DispositionName {
    fn schema() -> RefOr<Schema> {
        one_of(Disposition::ALL.map(Disposition::as_str), Null::Never).into()
    }
}

impl ToSchema for DispositionName {}

fn disposition_or_null() -> Object {
    one_of(Disposition::ALL.map(Disposition::as_str), Null::Too)
}

fn ended_by_or_null() -> Object {
    one_of(EndedBy::ALL.map(EndedBy::as_str), Null::Too)
}

fn event_kind() -> Object {
    one_of(EventKind::ALL.map(EventKind::as_str), Null::Never)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Null {
    Never,
    Too,
}

/// The schema of a text that is one of these.
pub fn one_of<const N: usize>(texts: [&'static str; N], null: Null) -> Object {
    let texts = texts.into_iter().map(|text| Some(text.to_owned()));
    let object = ObjectBuilder::new();
    match null {
        Null::Never => object.schema_type(Type::String).enum_values(Some(texts)),
        Null::Too => {
            object.schema_type(SchemaType::from_iter([Type::String, Type::Null])).enum_values(Some(texts.chain([None])))
        }
    }
    .build()
}
