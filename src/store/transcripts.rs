//! What callers said, written down by the owner's command ([`crate::speech`]): beside the message, and gone with it.

use uuid::Uuid;

use super::db::{read, write_one};
use super::row::{parsed, text};
use super::{Store, StoreError};
use crate::call::record::CallId;
use crate::now::UnixMs;
use crate::routing::plan::ShopId;

/// So many at a time: those that never can be written down do not keep newer ones from it.
const LIMIT: i64 = 50;

// Found by an index of the unwritten ones alone, so that it can be asked every other second.
const UNWRITTEN: &str = "SELECT m.call_id, m.recording, c.shop_id FROM voice_messages m LEFT JOIN calls c ON c.id = m.call_id \
     WHERE m.transcript IS NULL AND m.recorded_ms >= $1 ORDER BY m.recorded_ms DESC, m.call_id DESC LIMIT $2";
const WAITS: &str = "SELECT call_id FROM voice_messages WHERE call_id = $1 AND transcript IS NULL";
const KEEP: &str = "UPDATE voice_messages SET transcript = $2 WHERE call_id = $1";

/// A message that nobody has written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritten {
    pub call: CallId,
    /// The name of its file.
    pub recording: Uuid,
    pub shop: Option<ShopId>,
}

impl Store {
    /// Messages since then that are not written down, the newest first.
    pub async fn unwritten(&self, since: UnixMs) -> Result<Vec<Unwritten>, StoreError> {
        let rows: Vec<(String, String, Option<i64>)> =
            read!(self.db, pool => sqlx::query_as(UNWRITTEN).bind(since.0).bind(LIMIT).fetch_all(pool).await?);
        let id = |column, value: &str| parsed("voice_messages", column, value, |text| Uuid::parse_str(text).ok());
        let unwritten = |(call, recording, shop): (String, String, Option<i64>)| {
            let (call, recording) = (CallId(id("call_id", &call)?), id("recording", &recording)?);
            Ok(Unwritten { call, recording, shop: shop.map(ShopId) })
        };
        rows.into_iter().map(unwritten).collect()
    }

    /// Whether this call has a message that is not written down: it may have been erased.
    pub async fn is_unwritten(&self, call: CallId) -> Result<bool, StoreError> {
        let id = call.to_string();
        let waits: Option<String> =
            read!(self.db, pool => sqlx::query_scalar(WAITS).bind(&id).fetch_optional(pool).await?);
        Ok(waits.is_some())
    }

    /// What was said in this call's message; empty where no word was understood. Of a message that was erased meanwhile
    /// nothing is kept.
    pub async fn keep_transcript(&self, call: CallId, said: &str) -> Result<(), StoreError> {
        let (id, said) = (call.to_string(), text(said));
        write_one!(self.db, to => sqlx::query(KEEP).bind(&id).bind(&said).execute(to).await?.rows_affected());
        Ok(())
    }
}
