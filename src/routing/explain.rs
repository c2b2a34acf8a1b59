//! What would happen with a call at some instant, told phone by phone: the owner's preview. It asks [`decide`], so it
//! cannot say anything else than what a call gets.

use std::sync::Arc;

use chrono::DateTime;

use super::decision::{Decision, Offer};
use super::duty::{Duty, why_phone};
use super::plan::{Phone, Plan, Shop};
use super::{CallerId, Identity, decide, local_time, shop_called};
use crate::now::UnixMs;

/// A decision with the shop it is about.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub at: UnixMs,
    pub decision: Decision,
    /// `None`: the called number is nobody's.
    pub shop: Option<Arc<Shop>>,
}

/// What a call like this would get at `at`.
pub fn explain(plan: &Plan, offer: &Offer, at: UnixMs) -> Explanation {
    let decision = decide(plan, offer, at);
    let shop = decision.shop.and_then(|id| plan.shop(id).cloned());
    Explanation { at, decision, shop }
}

/// What a caller in no way remarkable gets from this shop at `at`.
pub fn standing(shop: &Arc<Shop>, at: UnixMs) -> Decision {
    let alone = Plan { version: 0, shops: vec![shop.clone()] };
    decide(&alone, &Offer { caller: CallerId::Withheld, called: Vec::new() }, at)
}

impl Explanation {
    /// Each phone of the shop, and whether the owner's wishes let it ring then.
    pub fn phones(&self) -> impl Iterator<Item = (&Phone, Duty)> {
        let shop = self.shop.as_deref();
        let phones = shop.into_iter().flat_map(|shop| shop.phones.iter().map(move |phone| (shop, phone)));
        phones.map(|(shop, phone)| (phone, why_phone(shop, phone, self.at)))
    }
}

/// The offer of a call between these numbers, as somebody types them: a national one is read as the called shop's
/// country writes it. Without a caller it is nobody in particular, whom no owner has blocked.
pub fn offer(plan: &Plan, from: Option<&str>, to: Option<&str>) -> Offer {
    let called: Vec<String> = to.map(str::to_owned).into_iter().collect();
    let shop = shop_called(plan, &called).or(plan.shops.first());
    let caller = match (from, shop) {
        (Some(user), Some(shop)) => CallerId::read(Identity { user, ..Identity::default() }, shop.country),
        (Some(user), None) => CallerId::Other(user.to_owned()),
        (None, _) => CallerId::Withheld,
    };
    Offer { caller, called }
}

/// Reads an instant: `2026-12-24T18:05` (or with seconds) on the wall clock of the shop that is called, or RFC 3339 with
/// an offset. On the night when that clock shows a time twice, the first; when it skips it, the change itself.
pub fn read_instant(text: &str, plan: &Plan, called: &[String]) -> Option<UnixMs> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(UnixMs(at.timestamp_millis()));
    }
    let local = local_time::read(text)?;
    let shop = shop_called(plan, called).or(plan.shops.first());
    let zone = shop.map_or(chrono_tz::Tz::UTC, |shop| shop.time_zone);
    Some(local_time::earliest(zone, local))
}
