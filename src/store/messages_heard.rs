//! Which messages wait to be heard: those that nobody has played on the page yet.

use std::collections::BTreeMap;

use super::db::{read, write_one};
use super::{Store, StoreError};
use crate::call::record::CallId;
use crate::now::UnixMs;
use crate::routing::plan::ShopId;
use crate::sip::message_summary::Waiting;

const HEAR: &str = "UPDATE voice_messages SET heard_ms = $2 WHERE call_id = $1 AND heard_ms IS NULL";
// Messages are few and calls many: SQLite keeps the order of a CROSS JOIN.
pub(super) const UNHEARD: &str = "SELECT c.shop_id, CAST(COUNT(*) AS BIGINT) FROM voice_messages m \
     CROSS JOIN calls c WHERE c.id = m.call_id AND m.heard_ms IS NULL AND c.shop_id IS NOT NULL GROUP BY c.shop_id";
const HEARD: &str = "SELECT c.shop_id, CAST(COUNT(*) AS BIGINT) FROM voice_messages m \
     CROSS JOIN calls c WHERE c.id = m.call_id AND m.heard_ms IS NOT NULL AND c.shop_id IS NOT NULL GROUP BY c.shop_id";

/// How many messages nobody has heard, by shop; a shop without any is not there.
pub type Unheard = BTreeMap<ShopId, u32>;

impl Store {
    /// Somebody has played the message of this call. The first time is the one that counts.
    pub async fn message_heard(&self, call: CallId, at: UnixMs) -> Result<(), StoreError> {
        let id = call.to_string();
        write_one!(self.db, to => sqlx::query(HEAR).bind(&id).bind(at.0).execute(to).await?.rows_affected());
        Ok(())
    }

    /// Found by an index of the unheard ones alone, so that it can be asked each second.
    pub async fn unheard(&self) -> Result<Unheard, StoreError> {
        let rows: Vec<(i64, i64)> = read!(self.db, pool => sqlx::query_as(UNHEARD).fetch_all(pool).await?);
        Ok(counted(rows))
    }

    /// The same with those that were heard; it reads all messages there are.
    pub async fn waiting(&self, unheard: &Unheard) -> Result<Vec<(ShopId, Waiting)>, StoreError> {
        let rows: Vec<(i64, i64)> = read!(self.db, pool => sqlx::query_as(HEARD).fetch_all(pool).await?);
        let heard = counted(rows);
        let mut waiting: BTreeMap<ShopId, Waiting> = BTreeMap::new();
        for (shop, new) in unheard {
            waiting.entry(*shop).or_default().new = *new;
        }
        for (shop, old) in heard {
            waiting.entry(shop).or_default().old = old;
        }
        Ok(waiting.into_iter().collect())
    }
}

fn counted(rows: Vec<(i64, i64)>) -> Unheard {
    rows.into_iter().map(|(shop, count)| (ShopId(shop), u32::try_from(count).unwrap_or(u32::MAX))).collect()
}
