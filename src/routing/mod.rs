//! Who should get this call? [`decide`] is the one deciding place: both doors ask it, the page's preview and
//! `ringall explain` too.

pub mod ahead;
mod calendar;
pub mod caller_id;
pub mod closed_days;
pub mod decision;
pub mod dialling;
pub mod duty;
pub mod explain;
pub mod help;
pub mod hours;
mod hours_tag;
pub mod local_time;
pub mod plan;
pub mod public_holidays;
pub mod waves;
pub mod week;
pub mod wish;

use std::sync::Arc;
use std::time::Duration;

pub use caller_id::{CallerId, Identity};
pub use decision::{Action, Because, Decision, Offer, Refusal, Ring, Wave};
pub use dialling::{Dialling, NotDialled, Out, Outside, Proof, decide_outside};
pub use duty::{Duty, why_phone};
pub use explain::standing;
pub use hours::{Hours, HoursError, Openness};
pub use hours_tag::HoursTag;
pub use plan::Plan;
pub use wish::{ClosureError, OverrideError};

use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::calendar::Standing;
use crate::routing::plan::{PhoneId, Shop, ShopId};

/// What happens with this call, and because of what.
///
/// An open shop always rings, also when no phone is on duty: whoever turns up while the caller waits joins.
pub fn decide(plan: &Plan, offer: &Offer, now: UnixMs) -> Decision {
    let Some(shop) = shop_called(plan, &offer.called) else {
        return refuse(None, Refusal::NotOurNumber, Because::NotOurNumber);
    };
    if offer.caller.number().is_some_and(|number| shop.blocked.contains(number)) {
        return refuse(Some(shop.id), Refusal::Blocked, Because::Blocked);
    }
    let standing = Standing::at(shop, now);
    let (action, because) = match &standing {
        Standing::Open(because) => (Action::Ring(ring(shop, &standing, now)), because.clone()),
        Standing::Closed { because, opens } => (Action::TakeMessage { opens: *opens }, because.clone()),
    };
    Decision { shop: Some(shop.id), action, because }
}

/// What happens when one phone of a shop calls another: that one rings, open or closed, whatever its own hours say,
/// because somebody in the shop wants this very phone. `None`: it called itself.
pub fn decide_within(shop: &Shop, from: PhoneId, to: PhoneId) -> Option<Decision> {
    let waves = vec![Wave { after: Duration::ZERO, phones: vec![to] }];
    let ring = Ring { waves, give_up_after: shop.give_up_after };
    (from != to).then_some(Decision { shop: Some(shop.id), action: Action::Ring(ring), because: Because::Colleague })
}

/// The shop that a call to these numbers is for: the first candidate that is a shop's number, as that shop's country
/// writes it. With no numbers set anywhere, every number is the first shop's. A call that names no number at all is the
/// only shop's: in doubt, ring.
pub fn shop_called<'p>(plan: &'p Plan, called: &[String]) -> Option<&'p Arc<Shop>> {
    if let ([], [only]) = (called, plan.shops.as_slice()) {
        return Some(only);
    }
    if plan.shops.iter().all(|shop| shop.numbers.is_empty()) {
        return plan.shops.first();
    }
    called.iter().find_map(|candidate| {
        plan.shops.iter().find(|shop| {
            let number = || Number::parse(candidate, shop.country);
            !shop.numbers.is_empty() && number().is_some_and(|number| shop.numbers.contains(&number))
        })
    })
}

fn ring(shop: &Shop, standing: &Standing, now: UnixMs) -> Ring {
    let mut waves: Vec<Wave> = Vec::new();
    for phone in &shop.phones {
        if duty::of_phone(phone, standing, shop, now) != Duty::Rings {
            continue;
        }
        match waves.binary_search_by_key(&phone.after, |wave| wave.after) {
            Ok(wave) => waves[wave].phones.push(phone.id),
            Err(place) => waves.insert(place, Wave { after: phone.after, phones: vec![phone.id] }),
        }
    }
    Ring { waves, give_up_after: shop.give_up_after }
}

fn refuse(shop: Option<ShopId>, refusal: Refusal, because: Because) -> Decision {
    Decision { shop, action: Action::Refuse(refusal), because }
}
