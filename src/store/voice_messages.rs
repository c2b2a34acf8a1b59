//! What callers said while the shop was closed, read. It is written by `writer`, and by `salvage` after a crash.

use std::time::Duration;

use uuid::Uuid;

use super::calls::{BEHIND_ALL_IDS, DEFAULT_LIMIT};
use super::db::read;
use super::row::{number, parsed, unreadable};
use super::{Store, StoreError};
use crate::call::record::{CallId, VoiceMessage};
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::plan::ShopId;

/// Which messages: those that meet all that is set.
#[derive(Clone, Debug)]
pub struct MessageFilter {
    pub shop: Option<ShopId>,
    pub caller: Option<Number>,
    /// Older than the message of this call: the last of a page asks for the next. None are older than a message that is
    /// not there.
    pub before: Option<CallId>,
    /// At most so many.
    pub limit: u32,
}

impl Default for MessageFilter {
    /// The newest 50 of all.
    fn default() -> MessageFilter {
        MessageFilter { shop: None, caller: None, before: None, limit: DEFAULT_LIMIT }
    }
}

/// A message, and who left it where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    pub message: VoiceMessage,
    /// The name of its file, where [`crate::media::recordings`] says.
    pub recording: Uuid,
    /// What was said, where the owner's command has understood any of it.
    pub transcript: Option<String>,
    /// It was cut off, and taken up when the service started again: the caller may have said more.
    pub cut_off: bool,
    pub shop: Option<ShopId>,
    pub caller: Option<Number>,
    /// The caller as the network wrote it; empty when withheld.
    pub caller_raw: String,
    /// The owner's name for the caller.
    pub caller_name: Option<String>,
    pub withheld: bool,
}

macro_rules! message_columns {
    () => {
        "SELECT m.call_id, m.recording, m.recorded_ms, m.length_ms, m.voice_ms, m.cut_off, m.transcript, c.shop_id, c.caller, \
         c.caller_raw, c.withheld, k.name AS caller_name FROM voice_messages m "
    };
}
// A message is shown even were its call's row missing: somebody waits for an answer.
macro_rules! select_messages {
    ($where:literal) => {
        concat!(
            message_columns!(),
            "LEFT JOIN calls c ON c.id = m.call_id ",
            "LEFT JOIN contacts k ON k.shop_id = c.shop_id AND k.number = c.caller ",
            $where
        )
    };
}

// An id that is never given (0) means "any".
const MESSAGES: &str = select_messages!(
    "WHERE (m.recorded_ms, m.call_id) < ($1, $2) AND ($3 = 0 OR c.shop_id = $3) AND $4 = '' \
     ORDER BY m.recorded_ms DESC, m.call_id DESC LIMIT $5"
);
// Messages are few and calls many: SQLite keeps the order of a CROSS JOIN.
pub(super) const UNHEARD_OF_NOBODY: &str = concat!(
    message_columns!(),
    "CROSS JOIN calls c LEFT JOIN contacts k ON k.shop_id = c.shop_id AND k.number = c.caller ",
    "WHERE c.id = m.call_id AND m.heard_ms IS NULL AND c.shop_id = $1 AND (c.caller IS NULL OR c.withheld = 1) LIMIT 50"
);
// One caller's calls are few where messages are many: SQLite keeps the order of a CROSS JOIN.
pub(super) const MESSAGES_OF_CALLER: &str = "SELECT m.call_id, m.recording, m.recorded_ms, m.length_ms, m.voice_ms, \
     m.cut_off, m.transcript, c.shop_id, c.caller, c.caller_raw, c.withheld, k.name AS caller_name FROM calls c CROSS JOIN voice_messages m \
     LEFT JOIN contacts k ON k.shop_id = c.shop_id AND k.number = c.caller WHERE c.caller = $4 AND m.call_id = c.id \
     AND (m.recorded_ms, m.call_id) < ($1, $2) AND ($3 = 0 OR c.shop_id = $3) \
     ORDER BY m.recorded_ms DESC, m.call_id DESC LIMIT $5";
const MESSAGE: &str = select_messages!("WHERE m.call_id = $1");
const RECORDED: &str = "SELECT recorded_ms FROM voice_messages WHERE call_id = $1";

#[derive(sqlx::FromRow)]
struct NamedMessageRow {
    call_id: String,
    recording: String,
    recorded_ms: i64,
    length_ms: i64,
    voice_ms: i64,
    cut_off: i64,
    transcript: Option<String>,
    shop_id: Option<i64>,
    caller: Option<String>,
    caller_raw: Option<String>,
    withheld: Option<i64>,
    caller_name: Option<String>,
}

impl NamedMessageRow {
    /// # Errors
    /// A value that this version of the program cannot read.
    fn into_stored(self) -> Result<StoredMessage, StoreError> {
        let id = |column, text: &str| parsed("voice_messages", column, text, |text| Uuid::parse_str(text).ok());
        let time = |column, ms: i64| {
            let ms = u64::try_from(ms).map_err(|_| unreadable("voice_messages", column, &ms.to_string()))?;
            Ok::<_, StoreError>(Duration::from_millis(ms))
        };
        Ok(StoredMessage {
            message: VoiceMessage {
                call: CallId(id("call_id", &self.call_id)?),
                recorded: UnixMs(self.recorded_ms),
                length: time("length_ms", self.length_ms)?,
                voice: time("voice_ms", self.voice_ms)?,
            },
            recording: id("recording", &self.recording)?,
            transcript: self.transcript.filter(|said| !said.is_empty()),
            cut_off: self.cut_off != 0,
            shop: self.shop_id.map(ShopId),
            caller: self.caller.as_deref().map(|text| parsed("calls", "caller", text, number)).transpose()?,
            caller_raw: self.caller_raw.unwrap_or_default(),
            caller_name: self.caller_name.filter(|name| !name.is_empty()),
            withheld: self.withheld.is_some_and(|withheld| withheld != 0),
        })
    }
}

impl Store {
    /// Messages, newest first.
    pub async fn messages(&self, filter: &MessageFilter) -> Result<Vec<StoredMessage>, StoreError> {
        let (before_ms, before_id) = match filter.before {
            None => (i64::MAX, BEHIND_ALL_IDS.to_owned()),
            Some(id) => {
                let id = id.to_string();
                let recorded: Option<i64> =
                    read!(self.db, pool => sqlx::query_scalar(RECORDED).bind(&id).fetch_optional(pool).await?);
                match recorded {
                    Some(recorded) => (recorded, id),
                    None => return Ok(Vec::new()),
                }
            }
        };
        let shop = filter.shop.map_or(0, |shop| shop.0);
        let caller = filter.caller.as_ref().map_or("", Number::as_str);
        let limit = i64::from(filter.limit);
        let sql = if caller.is_empty() { MESSAGES } else { MESSAGES_OF_CALLER };
        let rows: Vec<NamedMessageRow> = read!(self.db, pool => {
            let query = sqlx::query_as(sql).bind(before_ms).bind(before_id).bind(shop).bind(caller).bind(limit);
            query.fetch_all(pool).await?
        });
        rows.into_iter().map(NamedMessageRow::into_stored).collect()
    }

    /// Messages that nobody has played yet, of callers whom nobody can call back.
    pub async fn unheard_of_nobody(&self, shop: ShopId) -> Result<Vec<StoredMessage>, StoreError> {
        let rows: Vec<NamedMessageRow> =
            read!(self.db, pool => sqlx::query_as(UNHEARD_OF_NOBODY).bind(shop.0).fetch_all(pool).await?);
        rows.into_iter().map(NamedMessageRow::into_stored).collect()
    }

    /// The message that was left in this call.
    pub async fn message(&self, call: CallId) -> Result<Option<StoredMessage>, StoreError> {
        let id = call.to_string();
        let row: Option<NamedMessageRow> =
            read!(self.db, pool => sqlx::query_as(MESSAGE).bind(&id).fetch_optional(pool).await?);
        row.map(NamedMessageRow::into_stored).transpose()
    }
}
