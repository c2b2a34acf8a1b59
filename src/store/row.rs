//! Rows as the tables hold them, and back. The same rows go into the journal.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use uuid::Uuid;

use super::StoreError;
use super::db::Places;
use crate::call::record::{
    CallEvent, CallId, CallRecord, Direction, Disposition, Door, EndedBy, EventKind, VoiceMessage,
};
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::Because;
use crate::routing::plan::ShopId;

/// A row of `calls`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow, serde::Serialize, serde::Deserialize)]
pub(super) struct CallRow {
    pub id: String,
    pub call_key: String,
    pub shop_id: Option<i64>,
    pub direction: String,
    pub caller: Option<String>,
    pub caller_raw: String,
    pub caller_display: String,
    pub withheld: i64,
    pub called: String,
    pub door: String,
    pub started_ms: i64,
    pub answered_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    pub disposition: Option<String>,
    pub because: String,
    pub because_at_ms: Option<i64>,
    pub because_why: String,
    pub ended_by: Option<String>,
    pub answered_by: Option<String>,
    pub nth_call: i64,
}

/// A row of `call_events`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow, serde::Serialize, serde::Deserialize)]
pub(super) struct EventRow {
    pub call_id: String,
    pub seq: i64,
    pub at_ms: i64,
    pub kind: String,
    pub phone: Option<String>,
    pub detail: String,
}

/// A row of `voice_messages`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct MessageRow {
    pub call_id: String,
    pub recording: String,
    pub recorded_ms: i64,
    pub length_ms: i64,
    pub voice_ms: i64,
    pub cut_off: i64,
}

/// More rows than this make several statements of one transaction: each number of rows has a text of its own, and
/// each text stays prepared.
pub(super) const MAX_ROWS: usize = 32;

// `id` must come first, and the order is that of `bind_call!`.
const CALL_COLUMNS: &str = "id, call_key, shop_id, direction, caller, caller_raw, caller_display, withheld, called, \
     door, started_ms, answered_ms, ended_ms, disposition, because, because_at_ms, because_why, ended_by, answered_by, \
     nth_call";
const EVENT_COLUMNS: &str = "call_id, seq, at_ms, kind, phone, detail";
const MESSAGE_COLUMNS: &str = "call_id, recording, recorded_ms, length_ms, voice_ms, cut_off";

/// A call's first row. A row with this id or key stands: it is the same call, written before.
static INSERT_CALLS: LazyLock<Texts> = LazyLock::new(|| Texts::of("calls", CALL_COLUMNS, "ON CONFLICT DO NOTHING"));

/// A call's later facts. What identifies it never changes, so no index but the primary key's is touched.
static UPSERT_CALLS: LazyLock<Texts> = LazyLock::new(|| {
    Texts::of(
        "calls",
        CALL_COLUMNS,
        "ON CONFLICT (id) DO UPDATE SET caller_display = excluded.caller_display, answered_ms = excluded.answered_ms, \
         ended_ms = excluded.ended_ms, disposition = excluded.disposition, because = excluded.because, \
         because_at_ms = excluded.because_at_ms, because_why = excluded.because_why, ended_by = excluded.ended_by, \
         answered_by = excluded.answered_by, nth_call = excluded.nth_call",
    )
});

/// Events are appended, never changed: one that is there was written before.
static INSERT_EVENTS: LazyLock<Texts> =
    LazyLock::new(|| Texts::of("call_events", EVENT_COLUMNS, "ON CONFLICT DO NOTHING"));

/// A call has one message at most: one that is there was written before.
static INSERT_MESSAGES: LazyLock<Texts> =
    LazyLock::new(|| Texts::of("voice_messages", MESSAGE_COLUMNS, "ON CONFLICT DO NOTHING"));

/// The statement for so many rows, 1 to [`MAX_ROWS`].
pub(super) fn insert_calls(places: Places, rows: usize) -> &'static str {
    INSERT_CALLS.text(places, rows)
}

/// The statement for so many rows, 1 to [`MAX_ROWS`], no two of the same call.
pub(super) fn upsert_calls(places: Places, rows: usize) -> &'static str {
    UPSERT_CALLS.text(places, rows)
}

/// The statement for so many rows, 1 to [`MAX_ROWS`].
pub(super) fn insert_events(places: Places, rows: usize) -> &'static str {
    INSERT_EVENTS.text(places, rows)
}

/// The statement for so many rows, 1 to [`MAX_ROWS`].
pub(super) fn insert_messages(places: Places, rows: usize) -> &'static str {
    INSERT_MESSAGES.text(places, rows)
}

macro_rules! bind_call {
    ($query:expr, $row:expr) => {
        $query
            .bind(&$row.id)
            .bind(&$row.call_key)
            .bind($row.shop_id)
            .bind(&$row.direction)
            .bind(&$row.caller)
            .bind(&$row.caller_raw)
            .bind(&$row.caller_display)
            .bind($row.withheld)
            .bind(&$row.called)
            .bind(&$row.door)
            .bind($row.started_ms)
            .bind($row.answered_ms)
            .bind($row.ended_ms)
            .bind(&$row.disposition)
            .bind(&$row.because)
            .bind($row.because_at_ms)
            .bind(&$row.because_why)
            .bind(&$row.ended_by)
            .bind(&$row.answered_by)
            .bind($row.nth_call)
    };
}

macro_rules! bind_event {
    ($query:expr, $row:expr) => {
        $query.bind(&$row.call_id).bind($row.seq).bind($row.at_ms).bind(&$row.kind).bind(&$row.phone).bind(&$row.detail)
    };
}

macro_rules! bind_message {
    ($query:expr, $row:expr) => {
        $query
            .bind(&$row.call_id)
            .bind(&$row.recording)
            .bind($row.recorded_ms)
            .bind($row.length_ms)
            .bind($row.voice_ms)
            .bind($row.cut_off)
    };
}

pub(super) use {bind_call, bind_event, bind_message};

/// One statement in a text per number of rows, for either way of writing where a value goes.
pub(super) struct Texts {
    numbered: Vec<String>,
    in_order: Vec<String>,
}

impl Texts {
    pub(super) fn of(table: &str, columns: &str, conflict: &str) -> Texts {
        let width = columns.split(',').count();
        let text = |rows: usize, place: &dyn Fn(usize) -> String| {
            let row = |at: usize| {
                let places: Vec<String> = (1..=width).map(|column| place(at * width + column)).collect();
                format!("({})", places.join(", "))
            };
            let rows: Vec<String> = (0..rows).map(row).collect();
            format!("INSERT INTO {table} ({columns}) VALUES {} {conflict}", rows.join(", "))
        };
        let texts = |place: &dyn Fn(usize) -> String| (1..=MAX_ROWS).map(|rows| text(rows, place)).collect();
        Texts { numbered: texts(&|at| format!("${at}")), in_order: texts(&|_| "?".to_owned()) }
    }

    pub(super) fn text(&self, places: Places, rows: usize) -> &str {
        match places {
            Places::Numbered => &self.numbered[rows - 1],
            Places::InOrder => &self.in_order[rows - 1],
        }
    }
}

impl From<&CallRecord> for CallRow {
    fn from(call: &CallRecord) -> CallRow {
        let (because, at, why) = because_parts(&call.because);
        CallRow {
            id: call.id.to_string(),
            call_key: text(&call.key),
            shop_id: call.shop.map(|shop| shop.0),
            direction: call.direction.as_str().to_owned(),
            caller: call.caller.as_ref().map(|number| number.as_str().to_owned()),
            caller_raw: text(&call.caller_raw),
            caller_display: text(&call.caller_display),
            withheld: i64::from(call.withheld),
            called: text(&call.called),
            door: call.door.as_str().to_owned(),
            started_ms: call.started.0,
            answered_ms: call.answered.map(|at| at.0),
            ended_ms: call.ended.map(|at| at.0),
            disposition: call.disposition.map(|disposition| disposition.as_str().to_owned()),
            because: because.to_owned(),
            because_at_ms: at.map(|at| at.0),
            because_why: text(why),
            ended_by: call.ended_by.map(|by| by.as_str().to_owned()),
            answered_by: call.answered_by.as_deref().map(text),
            nth_call: i64::from(call.nth_call_from_caller),
        }
    }
}

impl CallRow {
    /// # Errors
    /// A value that this version of the program does not know.
    pub(super) fn into_record(self) -> Result<CallRecord, StoreError> {
        let because = because_from(&self.because, self.because_at_ms.map(UnixMs), self.because_why)
            .ok_or_else(|| unreadable("calls", "because", &self.because))?;
        Ok(CallRecord {
            id: parsed("calls", "id", &self.id, |text| Uuid::parse_str(text).ok().map(CallId))?,
            shop: self.shop_id.map(ShopId),
            direction: parsed("calls", "direction", &self.direction, Direction::parse)?,
            caller: self.caller.as_deref().map(|text| parsed("calls", "caller", text, number)).transpose()?,
            caller_raw: self.caller_raw,
            caller_display: self.caller_display,
            withheld: self.withheld != 0,
            called: self.called,
            door: parsed("calls", "door", &self.door, Door::parse)?,
            key: self.call_key,
            started: UnixMs(self.started_ms),
            answered: self.answered_ms.map(UnixMs),
            ended: self.ended_ms.map(UnixMs),
            disposition: self
                .disposition
                .map(|text| parsed("calls", "disposition", &text, Disposition::parse))
                .transpose()?,
            because,
            ended_by: self.ended_by.map(|text| parsed("calls", "ended_by", &text, EndedBy::parse)).transpose()?,
            answered_by: self.answered_by.map(Arc::from),
            nth_call_from_caller: u32::try_from(self.nth_call)
                .map_err(|_| unreadable("calls", "nth_call", &self.nth_call.to_string()))?,
        })
    }
}

impl From<&CallEvent> for EventRow {
    fn from(event: &CallEvent) -> EventRow {
        EventRow {
            call_id: event.call.to_string(),
            seq: i64::from(event.seq),
            at_ms: event.at.0,
            kind: event.kind.as_str().to_owned(),
            phone: event.phone.as_deref().map(text),
            detail: text(&event.detail),
        }
    }
}

impl EventRow {
    /// # Errors
    /// A value that this version of the program does not know.
    pub(super) fn into_event(self) -> Result<CallEvent, StoreError> {
        Ok(CallEvent {
            call: parsed("call_events", "call_id", &self.call_id, |text| Uuid::parse_str(text).ok().map(CallId))?,
            seq: u32::try_from(self.seq).map_err(|_| unreadable("call_events", "seq", &self.seq.to_string()))?,
            at: UnixMs(self.at_ms),
            kind: parsed("call_events", "kind", &self.kind, EventKind::parse)?,
            phone: self.phone.map(Arc::from),
            detail: self.detail,
        })
    }
}

impl From<&VoiceMessage> for MessageRow {
    /// A message that was heard to its end; its recording bears its call's id.
    fn from(message: &VoiceMessage) -> MessageRow {
        MessageRow {
            call_id: message.call.to_string(),
            recording: message.call.to_string(),
            recorded_ms: message.recorded.0,
            length_ms: milliseconds(message.length),
            voice_ms: milliseconds(message.voice),
            cut_off: 0,
        }
    }
}

pub(super) fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
/// The calls that nobody answered, as a condition: those of `crate::owed::is_unanswered`.
macro_rules! in_vain {
    () => {
        // Said twice, so that SQLite sees that its index of unanswered calls has them all.
        "disposition IN ('missed', 'message', 'no_message', 'interrupted') AND disposition <> 'answered'"
    };
}
pub(super) use in_vain;

/// The numbers of whoever has this one, itself first; a statement's `FROM`s may not be called `m` and `o`.
macro_rules! theirs {
    ($number:literal, $shop:literal) => {
        concat!(
            "SELECT ",
            $number,
            " AS number UNION SELECT o.number FROM same_person m JOIN same_person o ON o.shop_id = m.shop_id ",
            "AND o.person = m.person WHERE m.shop_id = ",
            $shop,
            " AND m.number = ",
            $number
        )
    };
}
pub(super) use theirs;

/// The callers that a statement asks for: its `$1` is what [`packed`] makes of them, each in a field of [`FIELD`]
/// characters.
macro_rules! asked {
    () => {
        concat!(
            "asked(number, rest) AS (SELECT '', CAST($1 AS TEXT) ",
            "UNION ALL SELECT RTRIM(SUBSTR(rest, 1, 16)), SUBSTR(rest, 17) FROM asked WHERE rest <> '') "
        )
    };
}
pub(super) use asked;

/// Every number fits: a plus and fifteen digits.
const FIELD: usize = 16;

pub(super) fn packed<'n>(numbers: impl IntoIterator<Item = &'n Number>) -> String {
    numbers.into_iter().map(|number| format!("{:FIELD$}", number.as_str())).collect()
}

/// A number as the tables hold it: E.164 with its plus, so no country is needed to read it.
pub(super) fn number(text: &str) -> Option<Number> {
    Number::from_e164(text)
}

/// `text` as something better than text, or the error that says where it stands.
pub(super) fn parsed<T>(
    table: &'static str,
    column: &'static str,
    text: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StoreError> {
    read(text).ok_or_else(|| unreadable(table, column, text))
}

pub(super) fn unreadable(table: &'static str, column: &'static str, value: &str) -> StoreError {
    StoreError::Unreadable { table, column, value: value.to_owned() }
}

/// PostgreSQL refuses NUL in text; one such value must not hold up the rows beside it.
pub(super) fn text(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text.to_owned() }
}

/// A because as its columns: what, until when or opening when, and the owner's words.
fn because_parts(because: &Because) -> (&'static str, Option<UnixMs>, &str) {
    match because {
        Because::OpenHours { until } => ("open_hours", *until, ""),
        Because::NoHours => ("no_hours", None, ""),
        Because::OpenedByOwner { until } => ("opened_by_owner", Some(*until), ""),
        Because::ExtraOpening { until, why } => ("extra_opening", *until, why),
        Because::ClosedHours { opens } => ("closed_hours", *opens, ""),
        Because::PublicHoliday { opens } => ("public_holiday", *opens, ""),
        Because::Closure { opens, why } => ("closure", *opens, why),
        Because::ClosedByOwner { until } => ("closed_by_owner", Some(*until), ""),
        Because::Blocked => ("blocked", None, ""),
        Because::NotOurNumber => ("not_our_number", None, ""),
        Because::Colleague => ("colleague", None, ""),
        Because::CalledOut => ("called_out", None, ""),
        Because::CalledForHelp => ("called_for_help", None, ""),
    }
}

fn because_from(code: &str, at: Option<UnixMs>, why: String) -> Option<Because> {
    Some(match code {
        "open_hours" => Because::OpenHours { until: at },
        "no_hours" => Because::NoHours,
        "opened_by_owner" => Because::OpenedByOwner { until: at? },
        "extra_opening" => Because::ExtraOpening { until: at, why },
        "closed_hours" => Because::ClosedHours { opens: at },
        "public_holiday" => Because::PublicHoliday { opens: at },
        "closure" => Because::Closure { opens: at, why },
        "closed_by_owner" => Because::ClosedByOwner { until: at? },
        "blocked" => Because::Blocked,
        "not_our_number" => Because::NotOurNumber,
        "colleague" => Because::Colleague,
        "called_out" => Because::CalledOut,
        "called_for_help" => Because::CalledForHelp,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_because_comes_back() {
        let at = Some(UnixMs(7));
        let why = || "Christmas".to_owned();
        for because in [
            Because::OpenHours { until: at },
            Because::OpenHours { until: None },
            Because::NoHours,
            Because::OpenedByOwner { until: UnixMs(7) },
            Because::ExtraOpening { until: at, why: why() },
            Because::ClosedHours { opens: at },
            Because::PublicHoliday { opens: None },
            Because::Closure { opens: at, why: why() },
            Because::ClosedByOwner { until: UnixMs(7) },
            Because::Blocked,
            Because::NotOurNumber,
            Because::Colleague,
            Because::CalledOut,
            Because::CalledForHelp,
        ] {
            let (code, at, why) = because_parts(&because);
            assert_eq!(because_from(code, at, why.to_owned()), Some(because));
        }
    }

    #[test]
    fn a_statement_has_a_place_for_each_value_row_by_row() {
        let event = "INSERT INTO call_events (call_id, seq, at_ms, kind, phone, detail) VALUES";
        assert_eq!(
            insert_events(Places::Numbered, 2),
            format!("{event} ($1, $2, $3, $4, $5, $6), ($7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING")
        );
        assert_eq!(
            insert_events(Places::InOrder, 2),
            format!("{event} (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
        );
    }
}
