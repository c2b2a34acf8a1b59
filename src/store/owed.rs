//! Whom a call is owed to, found in the log; who has taken it on, and what settled it otherwise.
//!
//! What is owed is never stored. In a log of a million calls it is found in milliseconds, because the store remembers
//! who may be owed one: a caller whom somebody has spoken with since is owed nothing for those calls ever after, so only
//! calls that came since the last look can make anyone a candidate. Each candidate is then judged by the log itself.

mod overdue;
pub(super) mod since;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::Mutex;

pub use self::overdue::Overdue;
pub use self::since::MAX_CALLS;
pub(super) use self::since::NEVER;
use self::since::{Promised, SPOKEN, Since};
use super::db::{read, write};
use super::plan::RAISE_VERSION;
use super::row::{in_vain, number, parsed, text};
use super::{Store, StoreError, StoredCall};
use crate::clock;
use crate::now::UnixMs;
use crate::number::Number;
use crate::owed::{Owed, Promise, Settlement};
use crate::routing::plan::{Shop, ShopId};

/// A caller who is owed a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedCaller {
    pub number: Number,
    /// The owner's name for them.
    pub name: Option<String>,
    pub owed: Owed,
    /// Their calls in vain since anyone last spoke with them, newest first: the last [`MAX_CALLS`], and the very first.
    /// Where only a promise is owed, the call after which it was made.
    pub calls: Vec<StoredCall>,
    /// What was promised to them since, the latest first.
    pub promises: Vec<Promise>,
    pub claim: Option<Claim>,
}

/// Somebody has taken it on to call them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub by: String,
    pub at: UnixMs,
}

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

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "somebody else may have it"]
pub enum Claimed {
    /// It is theirs who asked, from then on.
    Yours(Claim),
    /// Somebody else has it.
    Theirs(Claim),
    /// Nobody owes this caller a call.
    NotOwed,
}

pub(super) const IN_VAIN: &str = concat!(
    "SELECT shop_id, caller, CAST(MAX(started_ms) AS BIGINT) FROM calls WHERE ",
    in_vain!(),
    " AND started_ms >= $1 AND caller IS NOT NULL AND shop_id IS NOT NULL GROUP BY shop_id, caller"
);
pub(super) const FIRST_LOOK: &str = concat!(
    "SELECT c.shop_id, c.caller, CAST(MAX(c.started_ms) AS BIGINT) FROM calls c WHERE ",
    in_vain!(),
    " AND c.caller IS NOT NULL AND c.shop_id IS NOT NULL GROUP BY c.caller, c.shop_id ",
    "HAVING MAX(COALESCE(c.ended_ms, c.started_ms)) > COALESCE((SELECT MAX(a.ended_ms) FROM calls a ",
    "WHERE a.caller = c.caller AND a.shop_id = c.shop_id AND a.disposition = 'answered'), $1) ",
    "AND MAX(COALESCE(c.ended_ms, c.started_ms)) > COALESCE((SELECT MAX(s.settled_ms) FROM settlements s ",
    "WHERE s.number = c.caller AND s.shop_id = c.shop_id), $1)"
);
pub(super) const LATEST_IN_VAIN: &str = concat!("SELECT CAST(MAX(started_ms) AS BIGINT) FROM calls WHERE ", in_vain!());
pub(super) const LAST_IN_VAIN: &str = concat!(
    "SELECT CAST(MAX(last.at_ms) AS BIGINT) FROM (",
    "SELECT MAX(started_ms) AS at_ms FROM calls WHERE caller = $1 AND shop_id = $2 AND ",
    in_vain!(),
    " UNION ALL SELECT MAX(made_ms) FROM promises WHERE number = $1 AND shop_id = $2) AS last"
);
pub(super) const PROMISED_TO: &str = "SELECT shop_id, number, made_ms FROM promises WHERE made_ms >= $1";
const CLAIMS: &str = "SELECT number, claimed_by, claimed_ms FROM claims WHERE shop_id = $1";
const CLAIM: &str = "SELECT claimed_by, claimed_ms FROM claims WHERE shop_id = $1 AND number = $2";
const PUT_CLAIM: &str = "INSERT INTO claims (shop_id, number, claimed_by, claimed_ms) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (shop_id, number) DO UPDATE SET claimed_by = excluded.claimed_by, claimed_ms = excluded.claimed_ms \
     WHERE claims.claimed_ms <= $5 OR claims.claimed_ms < $6";
const DROP_CLAIM: &str = "DELETE FROM claims WHERE shop_id = $1 AND number = $2";
pub(super) const SETTLED_SINCE: &str = "SELECT s.number, s.settled_ms, s.reason, s.settled_by, k.name FROM settlements s \
     LEFT JOIN contacts k ON k.shop_id = s.shop_id AND k.number = s.number \
     WHERE s.shop_id = $1 AND s.settled_ms > $2 ORDER BY s.settled_ms DESC LIMIT 20";
const SETTLE: &str = "INSERT INTO settlements (shop_id, number, settled_ms, reason, settled_by) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

/// No call rings or is recorded for so long: one that began before this has its outcome in the log.
const LONGEST_IN_VAIN_MS: i64 = 3_600_000;

/// Who may be owed a call.
#[derive(Debug, Default)]
pub(super) struct Candidates(Mutex<Option<Known>>);

#[derive(Debug)]
struct Known {
    /// Calls that began before this have been looked at.
    seen: UnixMs,
    /// When each last called in vain, or was promised something, and the same in that order.
    last: HashMap<(ShopId, Number), UnixMs>,
    in_order: HashMap<ShopId, BTreeSet<Candidate>>,
}

/// That time, and who they are.
type Candidate = (UnixMs, Number);

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

impl OwedCaller {
    /// `claim`: theirs, whether it stands or not.
    fn of(
        shop: &Arc<Shop>,
        number: &Number,
        (since, promised): (Option<Since>, Option<Promised>),
        claim: Option<Claim>,
    ) -> Option<OwedCaller> {
        if shop.blocked.contains(number) {
            return None;
        }
        let in_vain = since.as_ref().and_then(|since| Owed::of(shop, since.records()));
        let Promised { promises, calls: promised_in } = promised.unwrap_or_default();
        let owed = Owed::and_promised(in_vain, &promises)?;
        // What is owed came after it, so a claim that is as old as that is younger than the last conversation.
        let spoken = since.as_ref().map_or(NEVER, |since| since.spoken);
        let claim = claim.filter(|claim| claim.stands(spoken, &owed));
        let name = since.as_ref().and_then(Since::name);
        let calls = since.map(|since| since.calls).unwrap_or_default();
        let name = name.or_else(|| promised_in.first().and_then(|call| call.caller_name.clone()));
        let calls = if calls.is_empty() { promised_in } else { calls };
        Some(OwedCaller { number: number.clone(), name, owed, calls, promises, claim })
    }
}

impl Claim {
    /// Whether it is for what is owed now: for what was owed before somebody spoke with them, it is over.
    fn stands(&self, spoken: UnixMs, owed: &Owed) -> bool {
        self.at > spoken && self.at >= owed.since
    }
}

impl Candidates {
    /// Somebody has spoken with them since.
    async fn forget(&self, shop: ShopId, candidate: Candidate) {
        if let Some(known) = self.0.lock().await.as_mut() {
            known.remove(shop, candidate);
        }
    }
}

impl Store {
    /// Whom `shop` owes a call, who called last coming first; with `before`, those who come behind this caller. At most
    /// so many.
    pub async fn owed(
        &self,
        shop: &Arc<Shop>,
        before: Option<&Number>,
        limit: usize,
    ) -> Result<Vec<OwedCaller>, StoreError> {
        let mut behind = match before {
            None => None,
            Some(before) => {
                let last: Option<i64> = read!(self.db, pool =>
                    sqlx::query_scalar(LAST_IN_VAIN).bind(before.as_str()).bind(shop.id.0).fetch_one(pool).await?);
                let Some(last) = last else { return Ok(Vec::new()) };
                Some((UnixMs(last), before.clone()))
            }
        };
        let claims: Vec<(String, String, i64)> =
            read!(self.db, pool => sqlx::query_as(CLAIMS).bind(shop.id.0).fetch_all(pool).await?);
        let mut claims: HashMap<String, Claim> =
            claims.into_iter().map(|(number, by, at)| (number, Claim { by, at: UnixMs(at) })).collect();
        let never = self.not_called_back(shop.id).await?;
        let mut found = Vec::new();
        loop {
            let mut candidates = self.candidates(shop.id, behind.as_ref(), limit, clock::now().wall).await?;
            behind = candidates.last().cloned();
            if behind.is_none() {
                return Ok(found);
            }
            // Kept, but not asked for: the block may be lifted.
            candidates.retain(|(_, number)| !shop.blocked.contains(number));
            let numbers = || candidates.iter().map(|(_, number)| number);
            let may_call = numbers().filter(|number| !never.contains(*number));
            let mut since = self.since_spoken(shop.id, may_call).await?;
            let mut promised = self.promised(shop.id, numbers()).await?;
            for (last, number) in candidates {
                if found.len() >= limit {
                    return Ok(found);
                }
                let claim = claims.remove(number.as_str());
                let found_of = (since.remove(&number), promised.remove(&number));
                match OwedCaller::of(shop, &number, found_of, claim) {
                    Some(caller) => found.push(caller),
                    // Kept too: they may change their mind.
                    None if never.contains(&number) => {}
                    None => self.candidates.forget(shop.id, (last, number)).await,
                }
            }
        }
    }

    /// What `shop` owes each of these callers for their calls; whom it owes nothing is not there.
    pub async fn owed_among(
        &self,
        shop: &Arc<Shop>,
        numbers: impl IntoIterator<Item = &Number>,
    ) -> Result<HashMap<Number, Owed>, StoreError> {
        let never = self.not_called_back(shop.id).await?;
        let numbers = numbers.into_iter().filter(|number| !never.contains(*number));
        let since = self.since_spoken(shop.id, numbers).await?;
        Ok(since.into_iter().filter_map(|(number, since)| Some((number, Owed::of(shop, since.records())?))).collect())
    }

    /// What `shop` owes this caller, if anything.
    pub async fn owed_to(&self, shop: &Arc<Shop>, number: &Number) -> Result<Option<OwedCaller>, StoreError> {
        // Who does not want to be called back is owed what was promised to them all the same.
        let since = match self.is_not_called_back(shop.id, number).await? {
            true => None,
            false => self.since_spoken(shop.id, [number]).await?.remove(number),
        };
        let promised = self.promised(shop.id, [number]).await?.remove(number);
        if since.is_none() && promised.is_none() {
            return Ok(None);
        }
        let claim: Option<(String, i64)> = read!(self.db, pool =>
            sqlx::query_as(CLAIM).bind(shop.id.0).bind(number.as_str()).fetch_optional(pool).await?);
        let claim = claim.map(|(by, at)| Claim { by, at: UnixMs(at) });
        Ok(OwedCaller::of(shop, number, (since, promised), claim))
    }

    /// `by` takes it on to call this caller, unless somebody else has.
    pub async fn claim(&self, shop: &Arc<Shop>, caller: &Number, by: &str, at: UnixMs) -> Result<Claimed, StoreError> {
        let Some(OwedCaller { owed, .. }) = self.owed_to(shop, caller).await? else { return Ok(Claimed::NotOwed) };
        let (by, number, shop) = (text(by), caller.as_str(), shop.id.0);
        let (holder, since) = write!(self.db, tx => {
            let spoken: i64 =
                sqlx::query_scalar(SPOKEN).bind(number).bind(shop).bind(NEVER.0).fetch_one(&mut *tx).await?;
            // A clock that was set back must not make a claim that is over at once.
            let at = at.0.max(spoken + 1).max(owed.since.0);
            let query = sqlx::query(PUT_CLAIM).bind(shop).bind(number).bind(&by).bind(at).bind(spoken);
            query.bind(owed.since.0).execute(&mut *tx).await?;
            let stands: (String, i64) = sqlx::query_as(CLAIM).bind(shop).bind(number).fetch_one(&mut *tx).await?;
            stands
        });
        let yours = holder == by;
        let claim = Claim { by: holder, at: UnixMs(since) };
        Ok(if yours { Claimed::Yours(claim) } else { Claimed::Theirs(claim) })
    }

    /// Whoever had taken it on has not after all. Whether anybody had.
    pub async fn release(&self, shop: ShopId, caller: &Number) -> Result<bool, StoreError> {
        let number = caller.as_str();
        Ok(write!(self.db, tx => {
            sqlx::query(DROP_CLAIM).bind(shop.0).bind(number).execute(&mut *tx).await?.rows_affected() > 0
        }))
    }

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
            sqlx::query(DROP_CLAIM).bind(shop.id.0).bind(number).execute(&mut *tx).await?;
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

    /// Reads the log for whom a call may be owed to: once, so that whoever asks first need not wait for it.
    pub async fn look_for_owed(&self) -> Result<(), StoreError> {
        let mut known = self.candidates.0.lock().await;
        self.look(&mut known, clock::now().wall).await.map(|_| ())
    }

    /// Who may be owed a call by this shop, who called last coming first: so many of those behind this one.
    async fn candidates(
        &self,
        shop: ShopId,
        behind: Option<&Candidate>,
        count: usize,
        now: UnixMs,
    ) -> Result<Vec<Candidate>, StoreError> {
        let mut known = self.candidates.0.lock().await;
        let known = self.look(&mut known, now).await?;
        let Some(in_order) = known.in_order.get(&shop) else { return Ok(Vec::new()) };
        Ok(match behind {
            Some(behind) => in_order.range(..behind.clone()).rev().take(count).cloned().collect(),
            None => in_order.iter().rev().take(count).cloned().collect(),
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
        let found = store.candidates(ShopId(1), None, 50, now).await.unwrap();
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
