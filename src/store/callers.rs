//! What is remembered of callers, read for the loop's index in memory and for one caller's page.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::db::read;
use super::owed::NEVER;
use super::row::{number, parsed, theirs};
use super::{Store, StoreError};
use crate::call::record::CallId;
use crate::caller::{Callers, Entry};
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::plan::ShopId;

// Each is read from an index alone: a million calls in well under a second.
pub(super) const COUNTS: &str = "SELECT shop_id, caller, CAST(COUNT(*) AS BIGINT) FROM calls \
     WHERE caller IS NOT NULL AND shop_id IS NOT NULL GROUP BY caller, shop_id";
pub(super) const UNCOUNTED_OUT: &str = "SELECT shop_id, caller, CAST(COUNT(*) AS BIGINT) FROM calls \
     WHERE direction = 'out' AND caller IS NOT NULL AND shop_id IS NOT NULL \
     AND COALESCE(disposition, '') <> 'refused' GROUP BY caller, shop_id";
pub(super) const UNCOUNTED_REFUSED: &str = "SELECT shop_id, caller, CAST(COUNT(*) AS BIGINT) FROM calls \
     WHERE disposition = 'refused' AND disposition <> 'answered' AND caller IS NOT NULL AND shop_id IS NOT NULL \
     GROUP BY caller, shop_id";
pub(super) const SPOKEN: &str = "SELECT shop_id, caller, CAST(MAX(ended_ms) AS BIGINT) FROM calls \
     WHERE disposition = 'answered' AND caller IS NOT NULL AND shop_id IS NOT NULL GROUP BY caller, shop_id";
pub(super) const SPEAKING: &str = "SELECT shop_id, caller, CAST(COALESCE(answered_ms, started_ms) AS BIGINT) FROM calls \
     WHERE id IN (SELECT id FROM calls WHERE ended_ms IS NULL) AND disposition = 'answered' AND caller IS NOT NULL \
     AND shop_id IS NOT NULL";
const OPEN: &str = "SELECT id FROM calls WHERE ended_ms IS NULL";
const NAMES: &str = "SELECT shop_id, number, name FROM contacts WHERE name <> ''";
const PROMISED: &str = concat!(
    "SELECT p.shop_id, p.number, CAST(MAX(p.made_ms) AS BIGINT) FROM promises p ",
    "WHERE p.made_ms > COALESCE((SELECT MAX(c.ended_ms) FROM calls c WHERE c.caller IN (",
    theirs!("p.number", "p.shop_id"),
    ") AND c.shop_id = p.shop_id AND c.disposition = 'answered'), $1) ",
    "AND p.made_ms > COALESCE((SELECT MAX(s.settled_ms) FROM settlements s WHERE s.number IN (",
    theirs!("p.number", "p.shop_id"),
    ") AND s.shop_id = p.shop_id), $1) GROUP BY p.shop_id, p.number"
);
pub(super) const COUNT_OF: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM calls WHERE caller = $1 AND shop_id = $2 \
     AND direction = 'in' AND COALESCE(disposition, '') <> 'refused'";

impl Store {
    /// What is remembered of every caller of every shop, for the index in memory.
    pub async fn callers(&self) -> Result<Callers, StoreError> {
        let rows = async |sql: &'static str| -> Result<Vec<(i64, String, Option<i64>)>, StoreError> {
            Ok(read!(self.db, pool => sqlx::query_as(sql).fetch_all(pool).await?))
        };
        let (counts, spoken, out, refused, speaking) =
            tokio::try_join!(rows(COUNTS), rows(SPOKEN), rows(UNCOUNTED_OUT), rows(UNCOUNTED_REFUSED), rows(SPEAKING))?;
        let mut entries = HashMap::<(ShopId, Number), Entry>::with_capacity(counts.len());
        for (shop, text, calls) in counts {
            let key = (ShopId(shop), parsed("calls", "caller", &text, number)?);
            entries.insert(key, Entry { calls: count(calls), ..Entry::default() });
        }
        for (shop, text, calls) in out.into_iter().chain(refused) {
            if let Some(entry) = entries.get_mut(&(ShopId(shop), parsed("calls", "caller", &text, number)?)) {
                entry.calls = entry.calls.saturating_sub(count(calls));
            }
        }
        for (shop, text, at) in spoken.into_iter().chain(speaking) {
            if let Some(entry) = entries.get_mut(&(ShopId(shop), parsed("calls", "caller", &text, number)?)) {
                entry.last_spoken = entry.last_spoken.max(at.map(UnixMs));
            }
        }
        self.add_what_people_said(&mut entries).await?;
        self.index(entries).await
    }

    /// The owner's names for callers and what was promised to them, for an index that knows their calls already.
    pub async fn callers_as_written(&self) -> Result<Callers, StoreError> {
        let mut entries = HashMap::new();
        self.add_what_people_said(&mut entries).await?;
        self.index(entries).await
    }

    /// Those that are not over, as far as the log knows.
    pub async fn open_calls(&self) -> Result<HashSet<CallId>, StoreError> {
        let ids: Vec<String> = read!(self.db, pool => sqlx::query_scalar(OPEN).fetch_all(pool).await?);
        Ok(ids.iter().filter_map(|id| Uuid::parse_str(id).ok()).map(CallId).collect())
    }

    async fn index(&self, entries: HashMap<(ShopId, Number), Entry>) -> Result<Callers, StoreError> {
        let mut callers = Callers::default();
        for ((shop, number), entry) in entries {
            callers.insert(shop, number, entry);
        }
        self.add_people(&mut callers).await?;
        self.add_not_called_back(&mut callers).await?;
        Ok(callers)
    }

    /// How many calls of this caller to this shop there were, ever; refused ones not counted.
    pub async fn count_calls(&self, shop: ShopId, number: &Number) -> Result<u32, StoreError> {
        let calls: i64 = read!(self.db, pool =>
            sqlx::query_scalar(COUNT_OF).bind(number.as_str()).bind(shop.0).fetch_one(pool).await?);
        Ok(count(Some(calls)))
    }

    async fn add_what_people_said(&self, entries: &mut HashMap<(ShopId, Number), Entry>) -> Result<(), StoreError> {
        let names: Vec<(i64, String, String)> = read!(self.db, pool => sqlx::query_as(NAMES).fetch_all(pool).await?);
        for (shop, text, name) in names {
            entries.entry((ShopId(shop), parsed("contacts", "number", &text, number)?)).or_default().name = name;
        }
        let promised: Vec<(i64, String, i64)> =
            read!(self.db, pool => sqlx::query_as(PROMISED).bind(NEVER.0).fetch_all(pool).await?);
        for (shop, text, made) in promised {
            let key = (ShopId(shop), parsed("promises", "number", &text, number)?);
            entries.entry(key).or_default().promised = Some(UnixMs(made));
        }
        Ok(())
    }
}

fn count(calls: Option<i64>) -> u32 {
    u32::try_from(calls.unwrap_or(0)).unwrap_or(u32::MAX)
}
