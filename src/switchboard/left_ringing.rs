//! Calls that rang when the service crashed: nobody can answer them any more, so their phones are told to stop, each as
//! soon as the way to it is known again.
//!
//! Some ring on, until whoever has sent the INVITE on or the phone itself gives up, and there is no help for it:
//! - a call whose first row was not durable: nothing of it is left, not even that it was;
//! - whom the owner has taken out of the plan meanwhile, and who is at another address than they were;
//! - a cell that has picked up and is asked for a key: what a BYE would need of its answer is gone. Its carrier notices that
//!   no sound comes.

use std::collections::HashSet;
use std::time::Duration;

use super::{Route, Switchboard};
use crate::call::leg::BindingId;
use crate::call::record::CallId;
use crate::door::sip::Shown;
use crate::now::{Mono, Now};
use crate::number::Number;
use crate::routing::Outside;
use crate::routing::help::help_called;
use crate::routing::plan::{Shop, ShopId};

/// A phone that comes back later than this has given up by itself, or shows what it must at its own cost.
const LOOKED_FOR: Duration = Duration::from_secs(60);

/// A call for which something may have rung when the service died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftRinging {
    pub call: CallId,
    pub shop: ShopId,
    pub rang: Rang,
}

/// What may have rung for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rang {
    /// The shop's phones.
    Phones {
        /// The caller's number as the phones have it; empty when withheld.
        number: String,
    },
    /// Somebody outside, whom a phone of the shop has called.
    Outside(Number),
    /// Those who help, by what was dialled.
    Help(String),
}

/// Those that are still looked for.
#[derive(Debug, Default)]
pub(super) struct Left {
    calls: Vec<LeftRinging>,
    until: Mono,
    /// Places that have been told.
    told: HashSet<BindingId>,
    /// Ways out by which it has been told.
    told_by: HashSet<(CallId, usize, Route)>,
}

impl Rang {
    /// Whom a phone has called outside.
    fn outside(&self, shop: &Shop) -> Option<Outside> {
        match self {
            Rang::Phones { .. } => None,
            Rang::Outside(number) => Some(Outside::Number(number.clone())),
            Rang::Help(dialled) => help_called(dialled, shop.country).map(Outside::Help),
        }
    }
}

impl Switchboard {
    pub(super) fn left_ringing(&mut self, now: Now, calls: Vec<LeftRinging>) {
        self.left = Left { calls, until: now.mono + LOOKED_FOR, ..Left::default() };
        self.stop_left_ringing(now);
    }

    /// Tells the phones that have not been told yet.
    pub(super) fn stop_left_ringing(&mut self, now: Now) {
        if self.left.calls.is_empty() {
            return;
        }
        if self.left.until < now.mono {
            self.left = Left::default();
            return;
        }
        let plan = self.plan.clone();
        let mut left = std::mem::take(&mut self.left);
        let mut told = HashSet::new();
        for call in &left.calls {
            let Some(shop) = plan.shop(call.shop) else { continue };
            match &call.rang {
                Rang::Phones { number } => {
                    let places = shop.phones.iter().flat_map(|phone| self.contacts.phones.of(phone.id));
                    let places: Vec<BindingId> = places.copied().filter(|place| !left.told.contains(place)).collect();
                    let shown =
                        Shown { card: String::new(), number: number.clone(), called: shown_number(shop), own: None };
                    for place in places {
                        self.door.stop_left_ringing(now, call.call, &shown, place);
                        told.insert(place);
                    }
                }
                Rang::Outside(_) | Rang::Help(_) => {
                    let Some(outside) = call.rang.outside(shop) else { continue };
                    for (trunk, route) in self.carriers(&outside) {
                        if left.told_by.insert((call.call, trunk, route)) {
                            let called = shown_number(shop);
                            let way = (trunk, route);
                            self.door.stop_left_dialled(now, call.call, &outside, called.as_deref(), way);
                        }
                    }
                }
            }
        }
        left.told.extend(told);
        self.left = left;
    }
}

/// The number that carriers were shown.
fn shown_number(shop: &Shop) -> Option<String> {
    shop.numbers.first().map(|number| number.as_str().to_owned())
}
