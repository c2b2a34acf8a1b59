//! Calls that rang when the service crashed: nobody can answer them any more, so their phones are told to stop, each as
//! soon as the way to it is known again.

use std::collections::HashSet;
use std::time::Duration;

use super::Switchboard;
use crate::call::leg::BindingId;
use crate::call::record::CallId;
use crate::now::{Mono, Now};
use crate::routing::plan::ShopId;

/// A phone that comes back later than this has given up by itself, or shows what it must at its own cost.
const LOOKED_FOR: Duration = Duration::from_secs(60);

/// A call that nobody had answered when the service died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftRinging {
    pub call: CallId,
    pub shop: ShopId,
    /// The caller's number as the phones have it; empty when withheld.
    pub number: String,
}

/// Those that are still looked for.
#[derive(Debug, Default)]
pub(super) struct Left {
    calls: Vec<LeftRinging>,
    until: Mono,
    /// Places that have been told.
    told: HashSet<BindingId>,
}

impl Switchboard {
    pub(super) fn left_ringing(&mut self, now: Now, calls: Vec<LeftRinging>) {
        self.left = Left { calls, until: now.mono + LOOKED_FOR, told: HashSet::new() };
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
        let mut told = HashSet::new();
        for left in &self.left.calls {
            for phone in plan.shop(left.shop).iter().flat_map(|shop| &shop.phones) {
                for &place in self.contacts.phones.of(phone.id).iter().filter(|place| !self.left.told.contains(place)) {
                    self.door.stop_left_ringing(now, left.call, &left.number, place);
                    told.insert(place);
                }
            }
        }
        self.left.told.extend(told);
    }
}
