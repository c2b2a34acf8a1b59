//! Who has taken it on to call somebody back.

use std::sync::Arc;

use super::OwedCaller;
use super::since::{NEVER, SPOKEN};
use crate::now::UnixMs;
use crate::number::Number;
use crate::owed::Owed;
use crate::routing::plan::{Shop, ShopId};
use crate::store::db::write;
use crate::store::row::{text, theirs};
use crate::store::{Store, StoreError};

/// Somebody has taken it on to call them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
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

// A claim is kept under one number; it is for the person who has it.
pub(super) const CLAIMS: &str = "SELECT number, claimed_by, claimed_ms FROM claims WHERE shop_id = $1";
pub(in crate::store) const CLAIMS_OF: &str = concat!(
    "SELECT claimed_by, claimed_ms FROM claims WHERE shop_id = $2 AND number IN (",
    theirs!("CAST($1 AS TEXT)", "$2"),
    ") ORDER BY claimed_ms, number"
);
const PUT_CLAIM: &str = "INSERT INTO claims (shop_id, number, claimed_by, claimed_ms) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (shop_id, number) DO UPDATE SET claimed_by = excluded.claimed_by, claimed_ms = excluded.claimed_ms \
     WHERE claims.claimed_ms <= $5 OR claims.claimed_ms < $6";
const CLAIM: &str = "SELECT claimed_by, claimed_ms FROM claims WHERE shop_id = $1 AND number = $2";
pub(super) const DROP_CLAIMS: &str =
    concat!("DELETE FROM claims WHERE shop_id = $2 AND number IN (", theirs!("CAST($1 AS TEXT)", "$2"), ")");

impl Claim {
    /// Whether it is for what is owed now: for what was owed before somebody spoke with them, it is over.
    pub(super) fn stands(&self, spoken: UnixMs, owed: &Owed) -> bool {
        self.at > spoken && self.at >= owed.since
    }
}

impl Store {
    /// `by` takes it on to call this caller, unless somebody else has, at whichever number of theirs.
    pub async fn claim(&self, shop: &Arc<Shop>, caller: &Number, by: &str, at: UnixMs) -> Result<Claimed, StoreError> {
        let Some(OwedCaller { number, owed, .. }) = self.owed_to(shop, caller).await? else {
            return Ok(Claimed::NotOwed);
        };
        let (by, number, shop) = (text(by), number.as_str(), shop.id.0);
        let claim: Claim = write!(self.db, tx => {
            let spoken: i64 =
                sqlx::query_scalar(SPOKEN).bind(number).bind(shop).bind(NEVER.0).fetch_one(&mut *tx).await?;
            let claims: Vec<(String, i64)> =
                sqlx::query_as(CLAIMS_OF).bind(number).bind(shop).fetch_all(&mut *tx).await?;
            let mut claims = claims.into_iter().map(Claim::from);
            match claims.find(|claim| claim.stands(UnixMs(spoken), &owed)) {
                Some(claim) => claim,
                None => {
                    // A clock that was set back must not make a claim that is over at once.
                    let at = at.0.max(spoken + 1).max(owed.since.0);
                    let query = sqlx::query(PUT_CLAIM).bind(shop).bind(number).bind(&by).bind(at).bind(spoken);
                    query.bind(owed.since.0).execute(&mut *tx).await?;
                    // Somebody may have been quicker meanwhile.
                    let stands: (String, i64) =
                        sqlx::query_as(CLAIM).bind(shop).bind(number).fetch_one(&mut *tx).await?;
                    Claim::from(stands)
                }
            }
        });
        Ok(if claim.by == by { Claimed::Yours(claim) } else { Claimed::Theirs(claim) })
    }

    /// Whoever had taken it on has not after all. Whether anybody had.
    pub async fn release(&self, shop: ShopId, caller: &Number) -> Result<bool, StoreError> {
        let number = caller.as_str();
        Ok(write!(self.db, tx => {
            sqlx::query(DROP_CLAIMS).bind(number).bind(shop.0).execute(&mut *tx).await?.rows_affected() > 0
        }))
    }
}

impl From<(String, i64)> for Claim {
    fn from((by, at): (String, i64)) -> Claim {
        Claim { by, at: UnixMs(at) }
    }
}
