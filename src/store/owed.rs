//! Whom a call is owed to, found in the log; who has taken it on, and what settled it otherwise. It is owed to a person:
//! whoever calls from two numbers waits for one call.
//!
//! What is owed is never stored. In a log of a million calls it is found in milliseconds, because the store remembers
//! who may be owed one: a caller whom somebody has spoken with since is owed nothing for those calls ever after, so only
//! calls that came since the last look can make anyone a candidate. Each candidate is then judged by the log itself.

pub(super) mod candidates;
pub(super) mod claims;
mod overdue;
pub(super) mod settlements;
pub(super) mod since;

use std::collections::HashMap;
use std::sync::Arc;

use self::claims::CLAIMS;
pub use self::claims::{Claim, Claimed};
pub use self::overdue::Overdue;
pub use self::settlements::Settled;
pub use self::since::MAX_CALLS;
pub(super) use self::since::NEVER;
use self::since::{Promised, Since};
use super::db::read;
use super::row::in_vain;
use super::{Store, StoreError, StoredCall};
use crate::clock;
use crate::now::UnixMs;
use crate::number::Number;
use crate::owed::{Owed, Promise};
use crate::routing::plan::Shop;

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

pub(super) const LAST_IN_VAIN: &str = concat!(
    "SELECT CAST(MAX(last.at_ms) AS BIGINT) FROM (",
    "SELECT MAX(started_ms) AS at_ms FROM calls WHERE caller = $1 AND shop_id = $2 AND ",
    in_vain!(),
    " UNION ALL SELECT MAX(made_ms) FROM promises WHERE number = $1 AND shop_id = $2) AS last"
);

impl OwedCaller {
    /// `number`: the one of theirs to call. `claims`: theirs, whether they stand or not.
    fn of(
        shop: &Arc<Shop>,
        number: &Number,
        (since, promised): (Option<Since>, Option<Promised>),
        claims: impl IntoIterator<Item = Claim>,
    ) -> Option<OwedCaller> {
        let in_vain = since.as_ref().and_then(|since| Owed::of(shop, since.records()));
        let Promised { promises, calls: promised_in } = promised.unwrap_or_default();
        let owed = Owed::and_promised(in_vain, &promises)?;
        // What is owed came after it, so a claim that is as old as that is younger than the last conversation.
        let spoken = since.as_ref().map_or(NEVER, |since| since.spoken);
        let standing = claims.into_iter().filter(|claim| claim.stands(spoken, &owed));
        let claim = standing.min_by_key(|claim| claim.at);
        let name = since.as_ref().and_then(Since::name);
        let calls = since.map(|since| since.calls).unwrap_or_default();
        let name = name.or_else(|| promised_in.first().and_then(|call| call.caller_name.clone()));
        let calls = if calls.is_empty() { promised_in } else { calls };
        Some(OwedCaller { number: number.clone(), name, owed, calls, promises, claim })
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
        let people = self.people_of(shop).await?;
        let mut found = Vec::new();
        loop {
            let others = |number: &Number| people.others(number);
            let mut candidates = self.candidates(shop.id, behind.as_ref(), limit, others, clock::now().wall).await?;
            behind = candidates.last().cloned();
            if behind.is_none() {
                return Ok(found);
            }
            // Kept, but not asked for: the block may be lifted.
            candidates.retain(|(_, number)| !shop.blocked.contains(number));
            let numbers = || candidates.iter().flat_map(|(_, number)| people.numbers(number));
            let may_call = numbers().filter(|number| !never.contains(*number));
            let mut since = self.since_spoken(shop.id, may_call).await?;
            let mut promised = self.promised(shop.id, numbers()).await?;
            for (last, number) in candidates {
                if found.len() >= limit {
                    return Ok(found);
                }
                let claims: Vec<Claim> =
                    people.numbers(&number).filter_map(|number| claims.remove(number.as_str())).collect();
                let found_of = (
                    Since::together(people.numbers(&number).filter_map(|number| since.remove(number))),
                    Promised::together(people.numbers(&number).filter_map(|number| promised.remove(number))),
                );
                match OwedCaller::of(shop, &number, found_of, claims) {
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
        let (never, people) = (self.not_called_back(shop.id).await?, self.people_of(shop).await?);
        let asked: Vec<&Number> = numbers.into_iter().filter(|number| !never.contains(*number)).collect();
        let all = asked.iter().flat_map(|number| people.numbers(number));
        let since = self.since_spoken(shop.id, all).await?;
        let owed = |number: &Number| {
            let of_them = people.numbers(number).filter_map(|number| since.get(number));
            let records: Vec<_> = of_them.flat_map(Since::records).collect();
            Some((number.clone(), Owed::of(shop, records)?))
        };
        Ok(asked.into_iter().filter_map(owed).collect())
    }

    /// What `shop` owes this caller, if anything, at whichever number of theirs.
    pub async fn owed_to(&self, shop: &Arc<Shop>, number: &Number) -> Result<Option<OwedCaller>, StoreError> {
        let mut numbers = self.numbers_of(shop.id, number).await?;
        numbers.retain(|number| !shop.blocked.contains(number));
        // Who does not want to be called back is owed what was promised to them all the same.
        let since = match self.is_not_called_back(shop.id, number).await? {
            true => None,
            false => Since::together(self.since_spoken(shop.id, &numbers).await?.into_values()),
        };
        let promised = Promised::together(self.promised(shop.id, &numbers).await?.into_values());
        let last_in_vain = since.as_ref().and_then(Since::last);
        let Some((_, last)) = last_in_vain.max(promised.as_ref().and_then(Promised::last)) else { return Ok(None) };
        let claims: Vec<(String, i64)> = read!(self.db, pool =>
            sqlx::query_as(claims::CLAIMS_OF).bind(number.as_str()).bind(shop.id.0).fetch_all(pool).await?);
        Ok(OwedCaller::of(shop, &last, (since, promised), claims.into_iter().map(Claim::from)))
    }
}
