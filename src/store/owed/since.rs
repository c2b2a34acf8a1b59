//! When anyone last spoke with a caller, and the calls in vain since: of many callers by one statement.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use crate::call::record::CallRecord;
use crate::now::UnixMs;
use crate::number::Number;
use crate::owed::Promise;
use crate::routing::plan::ShopId;
use crate::store::calls::{NamedCallRow, call_columns, named_calls};
use crate::store::db::read;
use crate::store::row::{asked, in_vain, packed, theirs};
use crate::store::{Store, StoreError, StoredCall};

/// Of one caller's calls, as many as anybody reads: one who rings all day must not make a list long.
pub const MAX_CALLS: i64 = 200;

/// What the log tells of a caller whom nobody has spoken with since their last call in vain.
#[derive(Debug)]
pub(super) struct Since {
    /// When anyone last spoke with them, or [`NEVER`].
    pub spoken: UnixMs,
    /// Newest first, never none: the last [`MAX_CALLS`], and the very first.
    pub calls: Vec<StoredCall>,
}

/// Nobody ever spoke with them. Earlier than any time, and far from the numbers' end: the statements reckon with it.
pub(in crate::store) const NEVER: UnixMs = UnixMs(i64::MIN / 2);

/// No call rings or is recorded for so long: one that began before this has its outcome in the log.
pub(super) const LONGEST_IN_VAIN_MS: i64 = 3_600_000;

// Times are compared with a call's end: one that still rang while somebody spoke with the caller, or settled it, is not
// settled by that.
macro_rules! spoken {
    ($number:literal) => {
        concat!(
            "SELECT CAST(COALESCE(MAX(spoken.at_ms), $3) AS BIGINT) FROM (",
            "SELECT MAX(ended_ms) AS at_ms FROM calls WHERE caller = ",
            $number,
            " AND shop_id = $2 AND disposition = 'answered' ",
            "UNION ALL SELECT MAX(answered_ms) FROM calls WHERE caller = ",
            $number,
            " AND shop_id = $2 AND disposition = 'answered' AND ended_ms IS NULL ",
            "UNION ALL SELECT MAX(settled_ms) FROM settlements WHERE number = ",
            $number,
            " AND shop_id = $2) AS spoken"
        )
    };
}
/// The same of whoever has this number: who has been spoken with at one waits at none.
macro_rules! person_spoken {
    ($number:literal) => {
        concat!("SELECT MAX((", spoken!("t.number"), ")) FROM (", theirs!($number, "$2"), ") AS t")
    };
}
/// Calls `c` in vain of `s.number`, with whom nobody has spoken since `s.at_ms`, that began after `$from`.
macro_rules! in_vain_since {
    ($from:literal) => {
        concat!(
            "c.caller = s.number AND c.shop_id = $2 AND ",
            in_vain!(),
            " AND c.direction = 'in' AND c.withheld = 0 AND c.started_ms > ",
            $from,
            " AND COALESCE(c.ended_ms, c.started_ms) > s.at_ms "
        )
    };
}
/// The callers that are asked for, and when anyone last spoke with each.
macro_rules! asked_and_spoken {
    () => {
        concat!(
            "WITH RECURSIVE ",
            asked!(),
            ", spoken(number, at_ms) AS MATERIALIZED (SELECT a.number, (",
            person_spoken!("a.number"),
            ") FROM asked a WHERE a.number <> '') "
        )
    };
}
pub(in crate::store) const SPOKEN: &str = person_spoken!("CAST($1 AS TEXT)");
pub(in crate::store) const SPOKEN_BEFORE: &str = concat!(
    "SELECT CAST(COALESCE(MAX(spoken.at_ms), $3) AS BIGINT) FROM (",
    "SELECT MAX(ended_ms) AS at_ms FROM calls WHERE caller IN (",
    theirs!("CAST($1 AS TEXT)", "$2"),
    ") AND shop_id = $2 AND disposition = 'answered' AND started_ms < $4 ",
    "UNION ALL SELECT MAX(answered_ms) FROM calls WHERE caller IN (",
    theirs!("CAST($1 AS TEXT)", "$2"),
    ") AND shop_id = $2 AND disposition = 'answered' AND ended_ms IS NULL AND started_ms < $4 ",
    "UNION ALL SELECT MAX(settled_ms) FROM settlements WHERE number IN (",
    theirs!("CAST($1 AS TEXT)", "$2"),
    ") AND shop_id = $2 AND settled_ms < $4) AS spoken"
);
// One text asks for one caller as for two hundred. Where a caller's last calls begin is found first, so that no more of them are read however many there are; CROSS JOIN
// tells SQLite to go from callers to calls.
pub(in crate::store) const CALLS_SINCE: &str = concat!(
    asked_and_spoken!(),
    ", since(number, at_ms, from_ms) AS MATERIALIZED (SELECT s.number, s.at_ms, ",
    "COALESCE((SELECT c.started_ms - 1 FROM calls c WHERE ",
    in_vain_since!("s.at_ms - $4"),
    "ORDER BY c.started_ms DESC LIMIT 1 OFFSET $5), s.at_ms - $4) FROM spoken s) ",
    "SELECT s.at_ms AS spoken_ms, ",
    call_columns!(),
    "FROM since s CROSS JOIN ",
    named_calls!(),
    "WHERE ",
    in_vain_since!("s.from_ms"),
    "ORDER BY c.started_ms DESC, c.id DESC"
);
pub(in crate::store) const FIRST_SINCE: &str = concat!(
    "SELECT s.at_ms AS spoken_ms, ",
    call_columns!(),
    "FROM (SELECT CAST($1 AS TEXT) AS number, CAST($3 AS BIGINT) AS at_ms) AS s CROSS JOIN ",
    named_calls!(),
    "WHERE ",
    in_vain_since!("s.at_ms - $4"),
    "ORDER BY c.started_ms, c.id LIMIT 1"
);
pub(in crate::store) const PROMISED: &str = concat!(
    asked_and_spoken!(),
    "SELECT p.what AS promised, p.due_ms AS promise_due_ms, p.made_by AS promise_by, p.made_ms AS promise_made_ms, ",
    call_columns!(),
    "FROM spoken s CROSS JOIN promises p CROSS JOIN ",
    named_calls!(),
    "WHERE p.number = s.number AND p.shop_id = $2 AND p.made_ms > s.at_ms AND c.id = p.call_id ",
    "ORDER BY p.made_ms DESC, p.call_id DESC"
);

#[derive(sqlx::FromRow)]
struct PromisedRow {
    promised: String,
    promise_due_ms: i64,
    promise_by: String,
    promise_made_ms: i64,
    #[sqlx(flatten)]
    call: NamedCallRow,
}

/// What was promised to a caller since anyone last spoke with them.
#[derive(Debug, Default)]
pub(super) struct Promised {
    /// The latest first, never none.
    pub promises: Vec<Promise>,
    /// The calls after which they were written down.
    pub calls: Vec<StoredCall>,
}

#[derive(sqlx::FromRow)]
struct SinceRow {
    spoken_ms: i64,
    #[sqlx(flatten)]
    call: NamedCallRow,
}

impl Since {
    /// The owner's name for the caller.
    pub(super) fn name(&self) -> Option<String> {
        self.calls.last().and_then(|call| call.caller_name.clone())
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &CallRecord> {
        self.calls.iter().map(|call| &call.record)
    }

    /// When they last called in vain, and from which number.
    pub(super) fn last(&self) -> Option<(UnixMs, Number)> {
        let last = &self.calls.first()?.record;
        Some((last.started, last.caller.clone()?))
    }

    /// Of all numbers of one person.
    pub(super) fn together(all: impl IntoIterator<Item = Since>) -> Option<Since> {
        let together = |mut one: Since, other: Since| {
            one.spoken = one.spoken.max(other.spoken);
            one.calls.extend(other.calls);
            one
        };
        let mut since = all.into_iter().reduce(together)?;
        since.calls.sort_unstable_by_key(|call| Reverse((call.record.started, call.record.id)));
        Some(since)
    }
}

impl Promised {
    /// When they were last promised something, and at which number.
    pub(super) fn last(&self) -> Option<(UnixMs, Number)> {
        Some((self.promises.first()?.made, self.calls.first()?.record.caller.clone()?))
    }

    /// Of all numbers of one person.
    pub(super) fn together(all: impl IntoIterator<Item = Promised>) -> Option<Promised> {
        let together = |mut one: Promised, other: Promised| {
            one.promises.extend(other.promises);
            one.calls.extend(other.calls);
            one
        };
        let Promised { promises, calls } = all.into_iter().reduce(together)?;
        let mut made: Vec<(Promise, StoredCall)> = promises.into_iter().zip(calls).collect();
        made.sort_by_key(|(promise, _)| Reverse(promise.made));
        let (promises, calls) = made.into_iter().unzip();
        Some(Promised { promises, calls })
    }
}

impl Store {
    /// When anyone last spoke with this caller in either direction, or what was owed to them was settled.
    pub async fn last_spoken(&self, shop: ShopId, number: &Number) -> Result<Option<UnixMs>, StoreError> {
        let spoken: i64 = read!(self.db, pool =>
            sqlx::query_scalar(SPOKEN).bind(number.as_str()).bind(shop.0).bind(NEVER.0).fetch_one(pool).await?);
        Ok(Some(UnixMs(spoken)).filter(|spoken| *spoken > NEVER))
    }

    /// The same of the time before a call that began at `started`: neither it nor a later one counts.
    pub async fn last_spoken_before(
        &self,
        shop: ShopId,
        number: &Number,
        started: UnixMs,
    ) -> Result<Option<UnixMs>, StoreError> {
        let spoken: i64 = read!(self.db, pool => {
            let query = sqlx::query_scalar(SPOKEN_BEFORE).bind(number.as_str()).bind(shop.0);
            query.bind(NEVER.0).bind(started.0).fetch_one(pool).await?
        });
        Ok(Some(UnixMs(spoken)).filter(|spoken| *spoken > NEVER))
    }

    /// Of these callers, those who called in vain since anyone last spoke with them.
    pub(super) async fn since_spoken(
        &self,
        shop: ShopId,
        numbers: impl IntoIterator<Item = &Number>,
    ) -> Result<HashMap<Number, Since>, StoreError> {
        // Who is asked for twice is told of once.
        let numbers = packed(numbers.into_iter().collect::<BTreeSet<_>>());
        let rows: Vec<SinceRow> = read!(self.db, pool => {
            let query = sqlx::query_as(CALLS_SINCE).bind(&numbers).bind(shop.0).bind(NEVER.0);
            query.bind(LONGEST_IN_VAIN_MS).bind(MAX_CALLS - 1).fetch_all(pool).await?
        });
        let most = usize::try_from(MAX_CALLS).unwrap_or(usize::MAX);
        let mut found = HashMap::<Number, Since>::new();
        for row in rows {
            let (spoken, call) = (UnixMs(row.spoken_ms), row.call.into_stored()?);
            let Some(number) = call.record.caller.clone() else { continue };
            let since = found.entry(number).or_insert_with(|| Since { spoken, calls: Vec::new() });
            // Several that began in the same millisecond as the last of them are found too.
            if since.calls.len() < most {
                since.calls.push(call);
            }
        }
        for (number, since) in &mut found {
            if since.calls.len() == most {
                // Since when they wait must not depend on how often they called.
                let first: Option<SinceRow> = read!(self.db, pool => {
                    let query = sqlx::query_as(FIRST_SINCE).bind(number.as_str()).bind(shop.0).bind(since.spoken.0);
                    query.bind(LONGEST_IN_VAIN_MS).fetch_optional(pool).await?
                });
                // They may have been erased meanwhile.
                let Some(first) = first else { continue };
                let first = first.call.into_stored()?;
                if since.calls.last().is_none_or(|last| last.record.id != first.record.id) {
                    since.calls.push(first);
                }
            }
        }
        Ok(found)
    }

    /// What was promised to these callers since anyone last spoke with each.
    pub(super) async fn promised(
        &self,
        shop: ShopId,
        numbers: impl IntoIterator<Item = &Number>,
    ) -> Result<HashMap<Number, Promised>, StoreError> {
        // Who is asked for twice is told of once.
        let numbers = packed(numbers.into_iter().collect::<BTreeSet<_>>());
        let rows: Vec<PromisedRow> = read!(self.db, pool => {
            sqlx::query_as(PROMISED).bind(&numbers).bind(shop.0).bind(NEVER.0).fetch_all(pool).await?
        });
        let mut found = HashMap::<Number, Promised>::new();
        for row in rows {
            let call = row.call.into_stored()?;
            let Some(number) = call.record.caller.clone() else { continue };
            let promised = found.entry(number).or_default();
            promised.promises.push(Promise {
                call: call.record.id,
                what: row.promised,
                due: UnixMs(row.promise_due_ms),
                by: row.promise_by,
                made: UnixMs(row.promise_made_ms),
            });
            promised.calls.push(call);
        }
        Ok(found)
    }
}
