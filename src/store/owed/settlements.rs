//! What was owed, settled without a call by these phones.

use std::sync::Arc;

use super::claims::DROP_CLAIMS;
use crate::now::UnixMs;
use crate::number::Number;
use crate::owed::Settlement;
use crate::routing::plan::{Shop, ShopId};
use crate::store::db::{read, write};
use crate::store::plan::RAISE_VERSION;
use crate::store::row::{number, parsed, text};
use crate::store::{Store, StoreError, StoredCall};

/// What somebody said of a debt instead of calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub number: Number,
    /// The owner's name for them.
    pub name: Option<String>,
    pub how: Settlement,
    pub by: String,
    pub at: UnixMs,
}

pub(in crate::store) const SETTLED_SINCE: &str = "SELECT s.number, s.settled_ms, s.reason, s.settled_by, k.name FROM settlements s \
     LEFT JOIN contacts k ON k.shop_id = s.shop_id AND k.number = s.number \
     WHERE s.shop_id = $1 AND s.settled_ms > $2 ORDER BY s.settled_ms DESC LIMIT 20";
const SETTLE: &str = "INSERT INTO settlements (shop_id, number, settled_ms, reason, settled_by) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

impl Store {
    /// This caller is owed no call any more, `by` says at `at`. False: none was owed.
    pub async fn settle(
        &self,
        shop: &Arc<Shop>,
        caller: &Number,
        how: Settlement,
        by: &str,
        at: UnixMs,
    ) -> Result<bool, StoreError> {
        let Some(owed) = self.owed_to(shop, caller).await? else { return Ok(false) };
        // A clock that was set back must not leave unsettled what was seen.
        let seen = owed.calls.iter().map(|StoredCall { record, .. }| record.ended.unwrap_or(record.started)).max();
        let seen = seen.max(owed.promises.iter().map(|promise| promise.made).max());
        let at = seen.map_or(at, |seen| at.max(seen));
        let (number, by) = (caller.as_str(), text(by));
        write!(self.db, tx => {
            let query = sqlx::query(SETTLE).bind(shop.id.0).bind(number).bind(at.0).bind(how.as_str()).bind(&by);
            query.execute(&mut *tx).await?;
            sqlx::query(DROP_CLAIMS).bind(number).bind(shop.id.0).execute(&mut *tx).await?;
            if !owed.promises.is_empty() {
                // Phones show that they wait for it.
                sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            }
        });
        Ok(true)
    }

    /// What was settled after that, the latest first: the last few.
    pub async fn settled_since(&self, shop: ShopId, since: UnixMs) -> Result<Vec<Settled>, StoreError> {
        type Row = (String, i64, String, String, Option<String>);
        let rows: Vec<Row> = read!(self.db, pool =>
            sqlx::query_as(SETTLED_SINCE).bind(shop.0).bind(since.0).fetch_all(pool).await?);
        let read = |(text, at, how, by, name): Row| {
            Ok(Settled {
                number: parsed("settlements", "number", &text, number)?,
                name: name.filter(|name| !name.is_empty()),
                how: parsed("settlements", "reason", &how, Settlement::parse)?,
                by,
                at: UnixMs(at),
            })
        };
        rows.into_iter().map(read).collect()
    }
}
