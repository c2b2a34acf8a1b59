//! The log in sums: of one shop, from one instant to another. SQL counts, Rust reads (`crate::figures`).

use super::db::read;
use super::row::{theirs, unreadable};
use super::{Store, StoreError};
use crate::figures::{Figures, HALF_MS, Half, PromisesKept};
use crate::now::UnixMs;
use crate::routing::plan::ShopId;
use crate::wrap_up::Wanted;

// Whole seconds, so that there are as many rows as seconds anybody waited, however many calls there are.
pub(super) const HELLO: &str = "SELECT CAST((c.answered_ms - c.started_ms) / 1000 AS BIGINT) AS hello_s, \
     CAST(COUNT(*) AS BIGINT) FROM calls c WHERE c.shop_id = $1 AND c.started_ms >= $2 AND c.started_ms < $3 \
     AND c.direction = 'in' AND c.disposition = 'answered' AND c.answered_ms >= c.started_ms \
     GROUP BY hello_s ORDER BY hello_s";
// Who found the shop closed heard its greeting; a call that a crash cut short while it rang was not answered.
pub(super) const HALVES: &str = "SELECT CAST(c.started_ms / $4 AS BIGINT) AS half, \
     CAST(SUM(CASE WHEN c.disposition IN ('message', 'no_message') THEN 0 ELSE 1 END) AS BIGINT), \
     CAST(SUM(CASE WHEN c.disposition IN ('missed', 'interrupted') THEN 1 ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN c.disposition IN ('message', 'no_message') THEN 1 ELSE 0 END) AS BIGINT) \
     FROM calls c WHERE c.shop_id = $1 AND c.started_ms >= $2 AND c.started_ms < $3 AND c.direction = 'in' \
     AND c.disposition <> 'refused' GROUP BY half ORDER BY half";
pub(super) const WANTED: &str = "SELECT wanted, detail, CAST(COUNT(*) AS BIGINT) AS callers FROM wrap_ups \
     WHERE shop_id = $1 AND said_ms >= $2 AND said_ms < $3 AND wanted <> 'unsaid' \
     GROUP BY wanted, detail ORDER BY callers DESC, wanted, detail";
// When somebody first spoke with them after the promise, at whichever number of theirs, or settled it.
pub(super) const PROMISES: &str = concat!(
    "SELECT p.due_ms, (SELECT CAST(MIN(spoken.at_ms) AS BIGINT) FROM (",
    "SELECT MIN(c.answered_ms) AS at_ms FROM calls c WHERE c.caller IN (",
    theirs!("p.number", "p.shop_id"),
    ") AND c.shop_id = p.shop_id AND c.disposition = 'answered' AND c.ended_ms > p.made_ms ",
    "UNION ALL SELECT MIN(settled_ms) FROM settlements s WHERE s.number IN (",
    theirs!("p.number", "p.shop_id"),
    ") AND s.shop_id = p.shop_id AND s.settled_ms >= p.made_ms) AS spoken) AS kept_ms ",
    "FROM promises p WHERE p.shop_id = $1 AND p.made_ms >= $2 AND p.made_ms < $3"
);

impl Store {
    /// What the log says of this shop from `from` to `until`, as it is known at `now`.
    pub async fn figures(
        &self,
        shop: ShopId,
        (from, until): (UnixMs, UnixMs),
        now: UnixMs,
    ) -> Result<Figures, StoreError> {
        let hello = async {
            let rows: Vec<(i64, i64)> = read!(self.db, pool =>
                sqlx::query_as(HELLO).bind(shop.0).bind(from.0).bind(until.0).fetch_all(pool).await?);
            Ok::<_, StoreError>(rows)
        };
        let halves = async {
            let rows: Vec<(i64, i64, i64, i64)> = read!(self.db, pool => {
                sqlx::query_as(HALVES).bind(shop.0).bind(from.0).bind(until.0).bind(HALF_MS).fetch_all(pool).await?
            });
            Ok::<_, StoreError>(rows)
        };
        let (hello, halves) = tokio::try_join!(hello, halves)?;
        let wanted: Vec<(String, String, i64)> = read!(self.db, pool =>
            sqlx::query_as(WANTED).bind(shop.0).bind(from.0).bind(until.0).fetch_all(pool).await?);
        let promises: Vec<(i64, Option<i64>)> = read!(self.db, pool =>
            sqlx::query_as(PROMISES).bind(shop.0).bind(from.0).bind(until.0).fetch_all(pool).await?);
        let read = |(kind, detail, callers): (String, String, i64)| {
            let wanted = Wanted::read(&kind, &detail).ok_or_else(|| unreadable("wrap_ups", "wanted", &kind))?;
            Ok((wanted, small(callers)))
        };
        let half = |&(since_1970, calls, missed, _): &(i64, i64, i64, i64)| Half {
            since_1970,
            calls: small(calls),
            missed: small(missed),
        };
        Ok(Figures {
            hello: hello.into_iter().map(|(seconds, callers)| (small(seconds), small(callers))).collect(),
            while_closed: halves.iter().map(|(.., closed)| small(*closed)).sum(),
            halves: halves.iter().map(half).filter(|half| half.calls > 0).collect(),
            promises: kept(&promises, now),
            wanted: wanted.into_iter().map(read).collect::<Result<_, StoreError>>()?,
        })
    }
}

/// One that is not due yet is neither kept nor broken.
fn kept(promises: &[(i64, Option<i64>)], now: UnixMs) -> PromisesKept {
    let mut kept = PromisesKept::default();
    for (due, spoken) in promises {
        if spoken.is_some() || *due <= now.0 {
            kept.due += 1;
            kept.kept += u32::from(spoken.is_some_and(|spoken| spoken <= *due));
        }
    }
    kept
}

fn small(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(if count < 0 { 0 } else { u32::MAX })
}
