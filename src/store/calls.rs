//! The log of calls, read. It is written by `writer`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::db::{read, write};
use super::row::{CallRow, EventRow, parsed};
use super::{Store, StoreError};
use crate::call::record::{CallEvent, CallId, CallRecord, Disposition, EventKind};
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::plan::ShopId;
use crate::switchboard::{Keyless, LeftRinging, Rang, WentOut};

/// Which calls: those that meet all that is set.
#[derive(Clone, Debug)]
pub struct CallFilter {
    pub shop: Option<ShopId>,
    pub caller: Option<Number>,
    /// Started at this time or later.
    pub since: Option<UnixMs>,
    /// Started before this time.
    pub until: Option<UnixMs>,
    /// Older than this call: the last of a page asks for the next. None are older than a call that is not there.
    pub before: Option<CallId>,
    pub disposition: Option<Disposition>,
    /// At most so many.
    pub limit: u32,
}

/// What a page shows when nobody says how much.
pub(super) const DEFAULT_LIMIT: u32 = 50;

impl Default for CallFilter {
    /// The newest 50 of all.
    fn default() -> CallFilter {
        CallFilter {
            shop: None,
            caller: None,
            since: None,
            until: None,
            before: None,
            disposition: None,
            limit: DEFAULT_LIMIT,
        }
    }
}

/// A call, the owner's name for its caller, and whether there is more to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCall {
    pub record: CallRecord,
    pub caller_name: Option<String>,
    /// The caller left a message, which bears the call's id.
    pub has_message: bool,
}

/// The columns of a [`NamedCallRow`], from [`named_calls`].
macro_rules! call_columns {
    () => {
        "c.id, c.call_key, c.shop_id, c.direction, c.caller, c.caller_raw, c.caller_display, c.withheld, c.called, \
         c.door, c.started_ms, c.answered_ms, c.ended_ms, c.disposition, c.because, c.because_at_ms, c.because_why, \
         c.ended_by, c.answered_by, c.nth_call, k.name AS caller_name, m.call_id AS message_id "
    };
}
macro_rules! named_calls {
    () => {
        "calls c LEFT JOIN contacts k ON k.shop_id = c.shop_id AND k.number = c.caller \
         LEFT JOIN voice_messages m ON m.call_id = c.id "
    };
}
macro_rules! select_calls {
    ($where:literal) => {
        concat!("SELECT ", call_columns!(), "FROM ", named_calls!(), $where)
    };
}
pub(super) use {call_columns, named_calls};

// Several texts, so that each is found by an index: one caller's calls are few, a shop's are read from the newest on, and
// so is what nobody answered. An id that is never given (0) and an empty word mean "any".
pub(super) const CALLS: &str = select_calls!(
    "WHERE (c.started_ms, c.id) < ($1, $2) AND c.started_ms >= $3 AND ($4 = 0 OR c.shop_id = $4) \
     AND ($5 = '' OR c.disposition = $5) ORDER BY c.started_ms DESC, c.id DESC LIMIT $6"
);
pub(super) const CALLS_OF_SHOP: &str = select_calls!(
    "WHERE (c.started_ms, c.id) < ($1, $2) AND c.started_ms >= $3 AND c.shop_id = $4 \
     AND ($5 = '' OR c.disposition = $5) ORDER BY c.started_ms DESC, c.id DESC LIMIT $6"
);
pub(super) const CALLS_UNANSWERED: &str = select_calls!(
    "WHERE (c.started_ms, c.id) < ($1, $2) AND c.started_ms >= $3 AND ($4 = 0 OR c.shop_id = $4) \
     AND c.disposition = $5 AND c.disposition <> 'answered' ORDER BY c.started_ms DESC, c.id DESC LIMIT $6"
);
pub(super) const CALLS_OF_CALLER: &str = select_calls!(
    "WHERE c.caller = $7 AND (c.started_ms, c.id) < ($1, $2) AND c.started_ms >= $3 AND ($4 = 0 OR c.shop_id = $4) \
     AND ($5 = '' OR c.disposition = $5) ORDER BY c.started_ms DESC, c.id DESC LIMIT $6"
);
pub(super) const CALLS_OF_CALLER_AT_SHOP: &str = select_calls!(
    "WHERE c.caller = $7 AND c.shop_id = $4 AND (c.started_ms, c.id) < ($1, $2) AND c.started_ms >= $3 \
     AND ($5 = '' OR c.disposition = $5) ORDER BY c.started_ms DESC, c.id DESC LIMIT $6"
);
const CALL: &str = select_calls!("WHERE c.id = $1");
const STARTED: &str = "SELECT started_ms FROM calls WHERE id = $1";
const EVENTS: &str = "SELECT call_id, seq, at_ms, kind, phone, detail FROM call_events WHERE call_id = $1 ORDER BY seq";
const ALIVE: &str = "SELECT value FROM settings WHERE name = 'alive_ms'";

// Calls whose phones may still ring: of those that somebody had answered, the ones that were given to somebody else.
const LEFT_RINGING: &str = "SELECT id, shop_id, COALESCE(caller, caller_raw), withheld, because, called FROM calls \
     WHERE ended_ms IS NULL AND shop_id IS NOT NULL AND ((answered_ms IS NULL AND started_ms > $1) OR EXISTS \
     (SELECT 1 FROM call_events e WHERE e.call_id = calls.id AND e.kind = $2 AND e.at_ms > $1)) \
     ORDER BY started_ms DESC LIMIT 200";

// A call whose end nobody wrote ended when the service was last known to live; never before its own last fact.
macro_rules! crash_time {
    () => {
        "CASE WHEN $1 > COALESCE(answered_ms, started_ms) THEN $1 ELSE COALESCE(answered_ms, started_ms) END"
    };
}
const END_EVENTS_OF_OPEN: &str = concat!(
    "INSERT INTO call_events (call_id, seq, at_ms, kind, phone, detail) SELECT id, ",
    "(SELECT COALESCE(MAX(e.seq), 0) + 1 FROM call_events e WHERE e.call_id = calls.id), ",
    crash_time!(),
    ", 'ended', NULL, 'crash' FROM calls WHERE ended_ms IS NULL"
);
// The message was in the log, its call's last word was not.
const MESSAGES_OF_OPEN: &str = "UPDATE calls SET disposition = 'message' WHERE ended_ms IS NULL AND disposition IS NULL \
     AND id IN (SELECT call_id FROM voice_messages)";
const CLOSE_OPEN: &str = concat!(
    "UPDATE calls SET ended_ms = ",
    crash_time!(),
    ", ended_by = 'crash', disposition = CASE WHEN disposition IS NOT NULL THEN disposition ",
    "WHEN answered_by IS NOT NULL THEN 'answered' ELSE 'interrupted' END WHERE ended_ms IS NULL"
);

/// The latest first. Who answered tells whether a key was pressed.
pub(super) const SCREENED: &str = "SELECT c.shop_id, e.phone, e.kind, c.answered_by FROM call_events e \
     JOIN calls c ON c.id = e.call_id WHERE e.kind IN ('screened', 'no_key') AND e.phone IS NOT NULL \
     AND c.shop_id IS NOT NULL ORDER BY e.at_ms DESC LIMIT 1000";

/// Calls to numbers outside that were let out since then.
pub(super) const GONE_OUT: &str = "SELECT shop_id, started_ms, \
     CAST(COALESCE(ended_ms - answered_ms, 0) AS BIGINT) FROM calls WHERE started_ms > $1 AND because = 'called_out' \
     AND shop_id IS NOT NULL AND COALESCE(disposition, '') <> 'refused'";
/// The longest day of a calendar, when clocks are set back by an hour, and one more.
const A_DAY_MS: i64 = 26 * 60 * 60 * 1000;

/// A call's id, shop, caller, whether they withhold their number, why it is what it is, and what was called.
type RingingRow = (String, i64, Option<String>, i64, String, String);

/// Nothing rings for longer: the longest an owner may let a call ring, and as much again.
const RINGS_AT_MOST_MS: i64 = 600_000;

/// What was open after a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Rows that have got an end now.
    pub rows: u64,
    /// Those that nobody had answered, or that somebody had just given away: phones may still ring for them. The newest
    /// first, 200 at most.
    pub left_ringing: Vec<LeftRinging>,
}

/// Whether the latest of a line's calls, looked at so far, all ended without a key.
#[derive(Clone, Copy)]
enum Streak {
    Goes,
    Broken,
}

/// Sorts behind every id.
pub(super) const BEHIND_ALL_IDS: &str = "~";

#[derive(sqlx::FromRow)]
pub(super) struct NamedCallRow {
    #[sqlx(flatten)]
    call: CallRow,
    caller_name: Option<String>,
    message_id: Option<String>,
}

impl NamedCallRow {
    pub(super) fn into_stored(self) -> Result<StoredCall, StoreError> {
        let caller_name = self.caller_name.filter(|name| !name.is_empty());
        Ok(StoredCall { record: self.call.into_record()?, caller_name, has_message: self.message_id.is_some() })
    }
}

impl Store {
    /// Calls, newest first.
    pub async fn calls(&self, filter: &CallFilter) -> Result<Vec<StoredCall>, StoreError> {
        let Some((before_ms, before_id)) = self.before(filter).await? else { return Ok(Vec::new()) };
        let since = filter.since.map_or(i64::MIN, |since| since.0);
        let shop = filter.shop.map_or(0, |shop| shop.0);
        let disposition = filter.disposition.map_or("", Disposition::as_str);
        let limit = i64::from(filter.limit);
        let caller = filter.caller.as_ref().map(Number::as_str);
        let sql = match (caller, filter.disposition, filter.shop) {
            (Some(_), _, None) => CALLS_OF_CALLER,
            (Some(_), _, Some(_)) => CALLS_OF_CALLER_AT_SHOP,
            (None, Some(unanswered), _) if unanswered != Disposition::Answered => CALLS_UNANSWERED,
            (None, _, Some(_)) => CALLS_OF_SHOP,
            (None, _, None) => CALLS,
        };
        let rows: Vec<NamedCallRow> = read!(self.db, pool => {
            let query = sqlx::query_as(sql).bind(before_ms).bind(before_id).bind(since).bind(shop).bind(disposition);
            let query = query.bind(limit);
            match caller {
                Some(caller) => query.bind(caller).fetch_all(pool).await?,
                None => query.fetch_all(pool).await?,
            }
        });
        rows.into_iter().map(NamedCallRow::into_stored).collect()
    }

    /// The time and id that the calls meant come before; `None`: there are none.
    pub(super) async fn before(&self, filter: &CallFilter) -> Result<Option<(i64, String)>, StoreError> {
        let until = filter.until.map(|until| (until.0, String::new()));
        let Some(id) = filter.before else {
            return Ok(Some(until.unwrap_or((i64::MAX, BEHIND_ALL_IDS.to_owned()))));
        };
        let id = id.to_string();
        let started: Option<i64> =
            read!(self.db, pool => sqlx::query_scalar(STARTED).bind(&id).fetch_optional(pool).await?);
        let before = started.map(|started| (started, id));
        Ok(before.map(|before| until.map_or(before.clone(), |until| until.min(before))))
    }

    /// One call with its events, in order.
    pub async fn call(&self, id: CallId) -> Result<Option<(StoredCall, Vec<CallEvent>)>, StoreError> {
        let id = id.to_string();
        let row: Option<NamedCallRow> =
            read!(self.db, pool => sqlx::query_as(CALL).bind(&id).fetch_optional(pool).await?);
        let Some(row) = row else { return Ok(None) };
        let events: Vec<EventRow> = read!(self.db, pool => sqlx::query_as(EVENTS).bind(&id).fetch_all(pool).await?);
        let events = events.into_iter().map(EventRow::into_event).collect::<Result<_, _>>()?;
        Ok(Some((row.into_stored()?, events)))
    }

    /// The cells that lately picked up without a key, and how many times in a row.
    pub async fn keyless(&self) -> Result<Vec<Keyless>, StoreError> {
        let rows: Vec<(i64, String, String, Option<String>)> =
            read!(self.db, pool => sqlx::query_as(SCREENED).fetch_all(pool).await?);
        let mut lines: BTreeMap<(i64, String), (u32, Streak)> = BTreeMap::new();
        for (shop, phone, kind, answered_by) in rows {
            let kind = parsed("call_events", "kind", &kind, EventKind::parse)?;
            let pressed = answered_by.as_ref() == Some(&phone);
            let (times, streak) = lines.entry((shop, phone)).or_insert((0, Streak::Goes));
            match (kind, *streak) {
                (EventKind::NoKey, Streak::Goes) => *times += 1,
                (EventKind::Screened, Streak::Goes) if pressed => *streak = Streak::Broken,
                _ => {}
            }
        }
        let keyless = lines.into_iter().filter(|(_, (times, _))| *times > 0);
        Ok(keyless.map(|((shop, phone), (times, _))| Keyless { shop: ShopId(shop), phone, times }).collect())
    }

    /// When each call of the last day went out to a number, of which shop, and how long it lasted.
    pub async fn gone_out(&self, now: UnixMs) -> Result<Vec<WentOut>, StoreError> {
        let since = now.0.saturating_sub(A_DAY_MS);
        let rows: Vec<(i64, i64, i64)> =
            read!(self.db, pool => sqlx::query_as(GONE_OUT).bind(since).fetch_all(pool).await?);
        let went = |(shop, at, talked): (i64, i64, i64)| {
            let talked = Duration::from_millis(u64::try_from(talked).unwrap_or(0));
            WentOut { shop: ShopId(shop), at: UnixMs(at), talked }
        };
        Ok(rows.into_iter().map(went).collect())
    }

    /// Ends the calls that a crash left without an end, at the time the service last said that it lives. Only for the
    /// service itself, before it takes its first call.
    pub async fn close_open_rows(&self, now: UnixMs) -> Result<Closed, StoreError> {
        let recently = now.0.saturating_sub(RINGS_AT_MOST_MS);
        let (ringing, rows) = write!(self.db, tx => {
            let ringing = sqlx::query_as(LEFT_RINGING).bind(recently).bind(EventKind::Transferred.as_str());
            let ringing: Vec<RingingRow> = ringing.fetch_all(&mut *tx).await?;
            let alive: i64 = sqlx::query_scalar(ALIVE).fetch_one(&mut *tx).await?;
            // A clock that was set back must not end calls in the future.
            let alive = alive.min(now.0);
            sqlx::query(END_EVENTS_OF_OPEN).bind(alive).execute(&mut *tx).await?;
            sqlx::query(MESSAGES_OF_OPEN).execute(&mut *tx).await?;
            (ringing, sqlx::query(CLOSE_OPEN).bind(alive).execute(&mut *tx).await?.rows_affected())
        });
        let left = |(id, shop, caller, withheld, because, called): RingingRow| {
            let call = parsed("calls", "id", &id, |id| uuid::Uuid::parse_str(id).ok().map(CallId))?;
            let number = caller.filter(|_| withheld == 0).unwrap_or_default();
            let rang = match because.as_str() {
                "called_out" => Number::from_e164(&number).map(Rang::Outside),
                "called_for_help" => Some(Rang::Help(called)),
                _ => Some(Rang::Phones { number }),
            };
            Ok(rang.map(|rang| LeftRinging { call, shop: ShopId(shop), rang }))
        };
        let left_ringing = ringing.into_iter().map(left).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Closed { rows, left_ringing: left_ringing.into_iter().flatten().collect() })
    }
}
