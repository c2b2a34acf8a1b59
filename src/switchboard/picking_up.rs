//! A phone of the shop takes a call that waits for somebody, wherever it rings: whoever stands at the one telephone that
//! does not ring need not run to another, and a caller of the closed shop is spared the machine. It is a leg of that call,
//! and has no row of its own.

use std::sync::Arc;

use crate::call::event::{Input, Taker};
use crate::door::sip::{Arrival, Calling};
use crate::now::Now;
use crate::routing::NotDialled;
use crate::routing::plan::{PhoneId, ShopId};

use super::Switchboard;

/// What a phone dials to have the call that waits the longest.
pub(super) const PICK_UP: &str = "*8";

impl Switchboard {
    pub(super) fn picks_up(&mut self, now: Now, arrival: Arrival, calling: &Calling) {
        // One telephone may be a phone of two shops.
        let takers: Vec<(ShopId, PhoneId, Arc<str>)> = self
            .plan
            .shops
            .iter()
            .flat_map(|shop| shop.phones.iter().map(|phone| (shop.id, phone)))
            .filter(|(_, phone)| self.is_calling(phone, calling))
            .map(|(shop, phone)| (shop, phone.id, phone.name.clone()))
            .collect();
        if takers.is_empty() {
            return self.door.refuse_dialling(now, &arrival, NotDialled::NoNumber);
        }
        let waiting = self.calls.values().filter_map(|call| {
            // One who is not here, but at Twilio, cannot be connected with anybody here.
            let waits = call.waits().filter(|_| self.door.has_caller(call.record().id))?;
            let (_, phone, name) = takers.iter().find(|(shop, ..)| Some(*shop) == call.record().shop)?;
            let own = call.maker() == Some(*phone);
            (!own).then(|| (waits, call.age(), *phone, name.clone()))
        });
        let first = waiting.min_by_key(|(waits, age, ..)| (*waits, *age));
        let Some((_, (_, call), phone, name)) = first else { return self.door.nobody_to_take(now, &arrival) };
        if self.door.dials_for(now, call, arrival) {
            let place = self.door.fresh_binding();
            self.feed(now, call, Input::Taken(Taker { phone, name, place }));
        }
    }
}
