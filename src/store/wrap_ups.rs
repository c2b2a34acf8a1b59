//! What was written down of calls after them: what callers wanted, what was promised, and the shop's words for it.

use super::calls::{NamedCallRow, call_columns, named_calls};
use super::db::{read, write};
use super::owed::NEVER;
use super::plan::RAISE_VERSION;
use super::row::{parsed, text, theirs, unreadable};
use super::{Store, StoreError, StoredCall};
use crate::call::record::CallId;
use crate::now::UnixMs;
use crate::number::Number;
use crate::owed::Promise;
use crate::routing::plan::ShopId;
use crate::wrap_up::{PromiseSaid, Wanted};

/// What is written down of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrapUp {
    pub wanted: Wanted,
    pub promise: PromiseSaid,
}

pub(super) const TO_WRAP_UP: &str = concat!(
    "SELECT ",
    call_columns!(),
    "FROM ",
    named_calls!(),
    "LEFT JOIN wrap_ups w ON w.call_id = c.id WHERE c.shop_id = $1 AND c.started_ms > $2 AND c.ended_ms > $3 ",
    "AND c.disposition = 'answered' AND c.direction = 'in' AND ($4 = '' OR c.answered_by = $4) ",
    "AND (w.call_id IS NULL OR w.promise = 'unasked') ORDER BY c.started_ms DESC, c.id DESC LIMIT 1"
);
const WRAP_UP: &str = "SELECT wanted, detail, promise FROM wrap_ups WHERE call_id = $1";
const SAY_WANTED: &str = "INSERT INTO wrap_ups (call_id, shop_id, wanted, detail, promise, said_by, said_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (call_id) DO UPDATE SET wanted = excluded.wanted, \
     detail = excluded.detail, said_by = excluded.said_by, said_ms = excluded.said_ms, \
     promise = CASE WHEN wrap_ups.promise = 'unasked' THEN excluded.promise ELSE wrap_ups.promise END";
const SAY_PROMISED: &str = "INSERT INTO wrap_ups (call_id, shop_id, wanted, detail, promise, said_by, said_ms) \
     VALUES ($1, $2, 'unsaid', '', $3, $4, $5) ON CONFLICT (call_id) DO UPDATE SET promise = excluded.promise";
const DROP_PROMISE: &str = "DELETE FROM promises WHERE call_id = $1";
const PROMISE: &str = "INSERT INTO promises (call_id, shop_id, number, what, due_ms, made_by, made_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";
const PROMISE_OF: &str = "SELECT what, due_ms, made_by, made_ms FROM promises WHERE call_id = $1";
pub(super) const PROMISED_BETWEEN: &str = concat!(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM promises WHERE number IN (",
    theirs!("CAST($1 AS TEXT)", "$2"),
    ") AND shop_id = $2 AND made_ms > $3 AND made_ms <= $4"
);
const WORDS: &str = "SELECT word FROM wanted_words WHERE shop_id = $1 ORDER BY position";
const DROP_WORDS: &str = "DELETE FROM wanted_words WHERE shop_id = $1";
const ADD_WORD: &str = "INSERT INTO wanted_words (shop_id, position, word) VALUES ($1, $2, $3)";

/// Whoever spoke with a caller remembers for so long what was said.
const ASKED_FOR_MS: i64 = 30 * 60 * 1000;
/// A call that began before is not looked for: it would have been the longest there is.
const LONGEST_CALL_MS: i64 = 4 * 60 * 60 * 1000;

impl Store {
    /// The last call that somebody has spoken in and nobody has said all of; with `phone`, of those that it answered.
    pub async fn to_wrap_up(
        &self,
        shop: ShopId,
        phone: Option<&str>,
        now: UnixMs,
    ) -> Result<Option<StoredCall>, StoreError> {
        let row: Option<NamedCallRow> = read!(self.db, pool => {
            let query = sqlx::query_as(TO_WRAP_UP).bind(shop.0).bind(now.0 - LONGEST_CALL_MS - ASKED_FOR_MS);
            query.bind(now.0 - ASKED_FOR_MS).bind(text(phone.unwrap_or_default())).fetch_optional(pool).await?
        });
        row.map(NamedCallRow::into_stored).transpose()
    }

    /// What is written down of this call.
    pub async fn wrap_up(&self, call: CallId) -> Result<Option<WrapUp>, StoreError> {
        let id = call.to_string();
        let row: Option<(String, String, String)> =
            read!(self.db, pool => sqlx::query_as(WRAP_UP).bind(&id).fetch_optional(pool).await?);
        let Some((kind, detail, promise)) = row else { return Ok(None) };
        Ok(Some(WrapUp {
            wanted: Wanted::read(&kind, &detail).ok_or_else(|| unreadable("wrap_ups", "wanted", &kind))?,
            promise: parsed("wrap_ups", "promise", &promise, PromiseSaid::parse)?,
        }))
    }

    /// What the caller of this call wanted, `by` says. `promise`: whether that is still to be asked.
    pub async fn say_wanted(
        &self,
        (shop, call): (ShopId, CallId),
        wanted: &Wanted,
        promise: PromiseSaid,
        (by, at): (&str, UnixMs),
    ) -> Result<(), StoreError> {
        let (id, (kind, detail), by) = (call.to_string(), wanted.parts(), text(by));
        let detail = text(detail);
        write!(self.db, tx => {
            let query = sqlx::query(SAY_WANTED).bind(&id).bind(shop.0).bind(kind).bind(&detail);
            query.bind(promise.as_str()).bind(&by).bind(at.0).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// What was promised in this call, if anything; whatever was said of it before is over. The callers' names are read
    /// again with it, and the phones know.
    pub async fn say_promised(
        &self,
        (shop, call): (ShopId, CallId),
        promised: Option<(&Number, &Promise)>,
        (by, at): (&str, UnixMs),
    ) -> Result<(), StoreError> {
        let (id, by) = (call.to_string(), text(by));
        let said = if promised.is_some() { PromiseSaid::Made } else { PromiseSaid::Nothing };
        let what = promised.map(|(_, promise)| text(&promise.what)).unwrap_or_default();
        write!(self.db, tx => {
            let query = sqlx::query(SAY_PROMISED).bind(&id).bind(shop.0).bind(said.as_str()).bind(&by).bind(at.0);
            query.execute(&mut *tx).await?;
            let before = sqlx::query(DROP_PROMISE).bind(&id).execute(&mut *tx).await?.rows_affected();
            if let Some((number, promise)) = promised {
                let query = sqlx::query(PROMISE).bind(&id).bind(shop.0).bind(number.as_str()).bind(&what);
                query.bind(promise.due.0).bind(&by).bind(promise.made.0).execute(&mut *tx).await?;
            }
            if before > 0 || promised.is_some() {
                sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// What was promised in this call, kept or not.
    pub async fn promise_of(&self, call: CallId) -> Result<Option<Promise>, StoreError> {
        let id = call.to_string();
        let row: Option<(String, i64, String, i64)> =
            read!(self.db, pool => sqlx::query_as(PROMISE_OF).bind(&id).fetch_optional(pool).await?);
        Ok(row.map(|(what, due, by, made)| Promise { call, what, due: UnixMs(due), by, made: UnixMs(made) }))
    }

    /// Whether anything was promised to this caller, at whichever number of theirs, after the one instant (none: ever) and until the other.
    pub async fn promised_between(
        &self,
        shop: ShopId,
        number: &Number,
        (after, until): (Option<UnixMs>, UnixMs),
    ) -> Result<bool, StoreError> {
        let after = after.map_or(NEVER.0, |after| after.0);
        let count: i64 = read!(self.db, pool => {
            let query = sqlx::query_scalar(PROMISED_BETWEEN).bind(number.as_str()).bind(shop.0);
            query.bind(after).bind(until.0).fetch_one(pool).await?
        });
        Ok(count > 0)
    }

    /// The shop's own words for what callers want; none: the shipped ones.
    pub async fn wanted_words(&self, shop: ShopId) -> Result<Vec<String>, StoreError> {
        Ok(read!(self.db, pool => sqlx::query_scalar(WORDS).bind(shop.0).fetch_all(pool).await?))
    }

    pub async fn set_wanted_words(&self, shop: ShopId, words: &[String]) -> Result<(), StoreError> {
        write!(self.db, tx => {
            sqlx::query(DROP_WORDS).bind(shop.0).execute(&mut *tx).await?;
            for (position, word) in (0_i64..).zip(words) {
                sqlx::query(ADD_WORD).bind(shop.0).bind(position).bind(text(word)).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }
}
