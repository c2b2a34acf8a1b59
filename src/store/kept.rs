//! What people said of one caller, and of calls with them: all of it, for the caller's own file.

use super::db::read;
use super::owed::Claim;
use super::row::{parsed, unreadable};
use super::{Store, StoreError, WrapUp};
use crate::call::record::CallId;
use crate::now::UnixMs;
use crate::number::Number;
use crate::owed::{Promise, Settlement};
use crate::routing::plan::ShopId;
use crate::wrap_up::{PromiseSaid, Wanted};

/// Each the latest first.
#[derive(Debug)]
pub struct Said {
    pub promises: Vec<Promise>,
    pub wrap_ups: Vec<SaidOfCall>,
    pub settlements: Vec<SaidOfDebt>,
    /// Who took it on last to call them, whether it is still owed or not.
    pub claim: Option<Claim>,
}

/// What was written down after a call.
#[derive(Debug)]
pub struct SaidOfCall {
    pub call: CallId,
    pub wrap_up: WrapUp,
    pub by: String,
    pub at: UnixMs,
}

/// Why no call was owed to them any more.
#[derive(Debug)]
pub struct SaidOfDebt {
    pub how: Settlement,
    pub by: String,
    pub at: UnixMs,
}

const PROMISES: &str = "SELECT call_id, what, due_ms, made_by, made_ms FROM promises \
     WHERE number = $1 AND shop_id = $2 ORDER BY made_ms DESC, call_id DESC";
const WRAP_UPS: &str = "SELECT w.call_id, w.wanted, w.detail, w.promise, w.said_by, w.said_ms FROM calls c \
     JOIN wrap_ups w ON w.call_id = c.id WHERE c.caller = $1 AND c.shop_id = $2 ORDER BY w.said_ms DESC, w.call_id DESC";
const SETTLEMENTS: &str = "SELECT reason, settled_by, settled_ms FROM settlements WHERE number = $1 AND shop_id = $2 \
     ORDER BY settled_ms DESC";
const CLAIM: &str = "SELECT claimed_by, claimed_ms FROM claims WHERE number = $1 AND shop_id = $2";

impl Store {
    /// All that anybody of this shop said of this caller.
    pub async fn said_of(&self, shop: ShopId, number: &Number) -> Result<Said, StoreError> {
        type Promised = (String, String, i64, String, i64);
        type Written = (String, String, String, String, String, i64);
        let (shop, number) = (shop.0, number.as_str());
        let promises: Vec<Promised> =
            read!(self.db, pool => sqlx::query_as(PROMISES).bind(number).bind(shop).fetch_all(pool).await?);
        let wrap_ups: Vec<Written> =
            read!(self.db, pool => sqlx::query_as(WRAP_UPS).bind(number).bind(shop).fetch_all(pool).await?);
        let settlements: Vec<(String, String, i64)> =
            read!(self.db, pool => sqlx::query_as(SETTLEMENTS).bind(number).bind(shop).fetch_all(pool).await?);
        let claim: Option<(String, i64)> =
            read!(self.db, pool => sqlx::query_as(CLAIM).bind(number).bind(shop).fetch_optional(pool).await?);
        let promise = |(id, what, due, by, made): Promised| -> Result<Promise, StoreError> {
            let call = parsed("promises", "call_id", &id, |id| id.parse().ok().map(CallId))?;
            Ok(Promise { call, what, due: UnixMs(due), by, made: UnixMs(made) })
        };
        let wrap_up = |(id, kind, detail, promise, by, at): Written| -> Result<SaidOfCall, StoreError> {
            let call = parsed("wrap_ups", "call_id", &id, |id| id.parse().ok().map(CallId))?;
            let wanted = Wanted::read(&kind, &detail).ok_or_else(|| unreadable("wrap_ups", "wanted", &kind))?;
            let promise = parsed("wrap_ups", "promise", &promise, PromiseSaid::parse)?;
            Ok(SaidOfCall { call, wrap_up: WrapUp { wanted, promise }, by, at: UnixMs(at) })
        };
        let settlement = |(how, by, at): (String, String, i64)| -> Result<SaidOfDebt, StoreError> {
            Ok(SaidOfDebt { how: parsed("settlements", "reason", &how, Settlement::parse)?, by, at: UnixMs(at) })
        };
        Ok(Said {
            promises: promises.into_iter().map(promise).collect::<Result<_, _>>()?,
            wrap_ups: wrap_ups.into_iter().map(wrap_up).collect::<Result<_, _>>()?,
            settlements: settlements.into_iter().map(settlement).collect::<Result<_, _>>()?,
            claim: claim.map(|(by, at)| Claim { by, at: UnixMs(at) }),
        })
    }
}
