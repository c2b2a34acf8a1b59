//! Who may be owed a call, remembered between looks at the log.

use std::collections::{BTreeSet, HashMap};

use tokio::sync::Mutex;

use super::since::{LONGEST_IN_VAIN_MS, NEVER};
use crate::clock;
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::plan::ShopId;
use crate::store::db::read;
use crate::store::row::{in_vain, number, parsed};
use crate::store::{Store, StoreError};

pub(in crate::store) const IN_VAIN: &str = concat!(
    "SELECT shop_id, caller, CAST(MAX(started_ms) AS BIGINT) FROM calls WHERE ",
    in_vain!(),
    " AND started_ms >= $1 AND caller IS NOT NULL AND shop_id IS NOT NULL GROUP BY shop_id, caller"
);
pub(in crate::store) const FIRST_LOOK: &str = concat!(
    "SELECT c.shop_id, c.caller, CAST(MAX(c.started_ms) AS BIGINT) FROM calls c WHERE ",
    in_vain!(),
    " AND c.caller IS NOT NULL AND c.shop_id IS NOT NULL GROUP BY c.caller, c.shop_id ",
    "HAVING MAX(COALESCE(c.ended_ms, c.started_ms)) > COALESCE((SELECT MAX(a.ended_ms) FROM calls a ",
    "WHERE a.caller = c.caller AND a.shop_id = c.shop_id AND a.disposition = 'answered'), $1) ",
    "AND MAX(COALESCE(c.ended_ms, c.started_ms)) > COALESCE((SELECT MAX(s.settled_ms) FROM settlements s ",
    "WHERE s.number = c.caller AND s.shop_id = c.shop_id), $1)"
);
pub(in crate::store) const LATEST_IN_VAIN: &str =
    concat!("SELECT CAST(MAX(started_ms) AS BIGINT) FROM calls WHERE ", in_vain!());
pub(in crate::store) const PROMISED_TO: &str = "SELECT shop_id, number, made_ms FROM promises WHERE made_ms >= $1";

/// Who may be owed a call.
#[derive(Debug, Default)]
pub(in crate::store) struct Candidates(Mutex<Option<Known>>);

#[derive(Debug)]
struct Known {
    /// Calls that began before this have been looked at.
    seen: UnixMs,
    /// When each last called in vain, or was promised something, and the same in that order.
    last: HashMap<(ShopId, Number), UnixMs>,
    in_order: HashMap<ShopId, BTreeSet<Candidate>>,
}

/// That time, and who they are.
pub(super) type Candidate = (UnixMs, Number);

impl Known {
    fn add(&mut self, shop: ShopId, number: Number, started: UnixMs, now: UnixMs) {
        self.saw(started, now);
        let before = self.last.get(&(shop, number.clone())).copied();
        if before >= Some(started) {
            return;
        }
        let in_order = self.in_order.entry(shop).or_default();
        if let Some(before) = before {
            in_order.remove(&(before, number.clone()));
        }
        in_order.insert((started, number.clone()));
        self.last.insert((shop, number), started);
    }

    fn remove(&mut self, shop: ShopId, (last, number): Candidate) {
        if self.last.get(&(shop, number.clone())) == Some(&last) {
            self.last.remove(&(shop, number.clone()));
            if let Some(in_order) = self.in_order.get_mut(&shop) {
                in_order.remove(&(last, number));
            }
        }
    }

    /// A call from the future, of a clock that was wrong, must not hide those that come until then.
    fn saw(&mut self, started: UnixMs, now: UnixMs) {
        self.seen = self.seen.max(started).min(now);
    }
}

impl Candidates {
    /// The log is another now.
    pub(in crate::store) async fn forget_all(&self) {
        *self.0.lock().await = None;
    }

    /// Somebody has spoken with them since.
    pub(super) async fn forget(&self, shop: ShopId, candidate: Candidate) {
        if let Some(known) = self.0.lock().await.as_mut() {
            known.remove(shop, candidate);
        }
    }
}

impl Store {
    /// Reads the log for whom a call may be owed to: once, so that whoever asks first need not wait for it.
    pub async fn look_for_owed(&self) -> Result<(), StoreError> {
        let mut known = self.candidates.0.lock().await;
        self.look(&mut known, clock::now().wall).await.map(|_| ())
    }

    /// Who may be owed a call by this shop, who called last coming first: so many of those behind this one. Of a person with
    /// several numbers the one they last called from; `others_of`: which others a number's owner has.
    pub(super) async fn candidates<'o>(
        &self,
        shop: ShopId,
        behind: Option<&Candidate>,
        count: usize,
        others_of: impl Fn(&Number) -> &'o [Number],
        now: UnixMs,
    ) -> Result<Vec<Candidate>, StoreError> {
        let mut known = self.candidates.0.lock().await;
        let known = self.look(&mut known, now).await?;
        let Some(in_order) = known.in_order.get(&shop) else { return Ok(Vec::new()) };
        let is_their_last = |(last, number): &&Candidate| {
            others_of(number).iter().all(|other| {
                let theirs = known.last.get(&(shop, other.clone()));
                theirs.is_none_or(|theirs| (theirs, other) <= (last, number))
            })
        };
        Ok(match behind {
            Some(behind) => in_order.range(..behind.clone()).rev().filter(is_their_last).take(count).cloned().collect(),
            None => in_order.iter().rev().filter(is_their_last).take(count).cloned().collect(),
        })
    }

    /// What has come since the last look; at the first, all.
    async fn look<'k>(&self, known: &'k mut Option<Known>, now: UnixMs) -> Result<&'k Known, StoreError> {
        if known.as_ref().is_some_and(|known| known.seen > now) {
            // The clock was set back: calls come again from where we have looked already.
            *known = None;
        }
        // The first look gives only callers who are still owed a call. Those of before have been looked at too, or the
        // second would take them all for new.
        let latest: Option<i64> = match &known {
            None => read!(self.db, pool => sqlx::query_scalar(LATEST_IN_VAIN).fetch_one(pool).await?),
            Some(_) => None,
        };
        let (sql, since) = match &known {
            None => (FIRST_LOOK, NEVER.0),
            Some(known) => (IN_VAIN, known.seen.0.saturating_sub(LONGEST_IN_VAIN_MS)),
        };
        let mut rows: Vec<(i64, String, i64)> =
            read!(self.db, pool => sqlx::query_as(sql).bind(since).fetch_all(pool).await?);
        let promised: Vec<(i64, String, i64)> =
            read!(self.db, pool => sqlx::query_as(PROMISED_TO).bind(since).fetch_all(pool).await?);
        rows.extend(promised);
        // All of them are read before any is known: after an error the next look finds them again.
        let read = |(shop, text, started): (i64, String, i64)| {
            Ok((ShopId(shop), parsed("calls", "caller", &text, number)?, UnixMs(started)))
        };
        let rows = rows.into_iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
        let known = known.get_or_insert_with(|| Known {
            seen: NEVER,
            last: HashMap::with_capacity(rows.len()),
            in_order: HashMap::new(),
        });
        if let Some(latest) = latest {
            known.saw(UnixMs(latest), now);
        }
        for (shop, number, started) in rows {
            known.add(shop, number, started, now);
        }
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::Disposition;
    use crate::config::DatabaseUrl;
    use crate::store::db::write_one;

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&DatabaseUrl::Sqlite(folder.path().join("ringall.db"))).await.unwrap();
        (folder, store)
    }

    const JO: &str = "+34600999888";
    const ANN: &str = "+34600111222";
    const HOUR_MS: i64 = 3_600_000;

    /// Somebody called then, in vain or not; a minute long.
    async fn called(store: &Store, caller: &str, at: UnixMs, disposition: Disposition) {
        try_call(store, caller, at, disposition).await.unwrap();
    }

    async fn try_call(store: &Store, caller: &str, at: UnixMs, disposition: Disposition) -> Result<(), StoreError> {
        const CALL: &str = "INSERT INTO calls (id, call_key, shop_id, direction, caller, caller_raw, caller_display, \
             withheld, called, door, started_ms, ended_ms, disposition, because, because_why, nth_call) \
             VALUES ($1, $1, 1, 'in', $2, '', '', 0, '', 'sip', $3, $3 + 60000, $4, 'no_hours', '', 1)";
        write_one!(store.db, to => {
            let query = sqlx::query(CALL).bind(format!("{caller} {}", at.0)).bind(caller);
            query.bind(at.0).bind(disposition.as_str()).execute(to).await?;
        });
        Ok(())
    }

    async fn candidates(store: &Store, now: UnixMs) -> Vec<String> {
        let found = store.candidates(ShopId(1), None, 50, |_| &[], now).await.unwrap();
        found.into_iter().map(|(_, number)| number.as_str().to_owned()).collect()
    }

    #[tokio::test]
    async fn who_was_spoken_with_before_the_start_is_not_looked_at_again() {
        let (_folder, store) = store().await;
        let now = clock::now().wall;
        let ago = |hours| UnixMs(now.0 - hours * HOUR_MS);
        for (caller, hours) in [(ANN, 72), (JO, 24)] {
            called(&store, caller, ago(hours), Disposition::Missed).await;
            called(&store, caller, ago(hours - 1), Disposition::Answered).await;
        }
        assert_eq!(candidates(&store, now).await, [""; 0]);
        // The last call in vain is looked at again, as are those that began shortly before it and may have ended since.
        assert_eq!(candidates(&store, now).await, [JO]);
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_hides_no_call() {
        let (_folder, store) = store().await;
        let now = clock::now().wall;
        let ago = |hours| UnixMs(now.0 - hours * HOUR_MS);
        called(&store, JO, now, Disposition::Missed).await;
        assert_eq!(candidates(&store, now).await, [JO]);
        called(&store, ANN, ago(10), Disposition::Missed).await;
        assert_eq!(candidates(&store, ago(9)).await, [JO, ANN]);
        const BEN: &str = "+34600333444";
        called(&store, BEN, ago(8), Disposition::Missed).await;
        assert_eq!(candidates(&store, ago(7)).await, [JO, BEN, ANN]);
    }

    /// The condition names the dispositions that the core calls unanswered, and no other.
    #[test]
    fn the_statements_look_for_what_is_owed() {
        use Disposition::*;
        let list = in_vain!().split(')').next().expect("a list");
        for disposition in [Answered, Missed, Message, NoMessage, Refused, Interrupted] {
            let named = list.contains(&format!("'{}'", disposition.as_str()));
            assert_eq!(named, !matches!(disposition, Answered | Refused), "{disposition:?}");
        }
    }
}
