//! A phone of the shop takes a call that waits for somebody, wherever it rings: whoever stands at the one telephone that
//! does not ring need not run to another, and a caller of the closed shop is spared the machine. It is a leg of that call,
//! and has no row of its own.

use std::sync::Arc;

use crate::call::event::{Input, Taker};
use crate::call::leg::LegId;
use crate::door::sip::{Answered, Arrival, Calling};
use crate::now::Now;
use crate::routing::NotDialled;
use crate::routing::plan::{PhoneId, Shop, ShopId};

use super::{Service, Switchboard};

/// What a phone dials to have the call that waits the longest.
pub(super) const PICK_UP: &str = "*8";

impl Switchboard {
    pub(super) fn picks_up(&mut self, now: Now, arrival: Arrival, calling: &Calling) {
        let takers = self.takers(calling);
        if takers.is_empty() {
            return self.door.refuse_dialling(now, &arrival, NotDialled::NoNumber);
        }
        if let Calling::At { .. } = calling
            && !arrival.listens_where_it_is()
        {
            return self.door.refuse_dialling(now, &arrival, NotDialled::Unproved);
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
        if arrival.needs_an_ack(calling) {
            return self.door.asks_whether_it_is_there(now, call, arrival, calling.clone());
        }
        if self.door.dials_for(now, call, arrival) {
            let place = self.door.fresh_binding();
            self.feed(now, call, Input::Taken(Taker { phone, name, place }));
        }
    }

    /// A phone that had to show itself first has: the call is its, should it still wait.
    pub(super) fn has_shown_itself(&mut self, now: Now, answered: Answered) {
        let call = answered.call;
        let waits = self.calls.get(&call).filter(|call| call.waits().is_some()).map(|call| call.record().shop);
        let taker = self.takers(&answered.calling).into_iter().find(|(shop, ..)| waits == Some(Some(*shop)));
        let Some((_, phone, name)) = taker else { return self.door.does_not_get_it(now, answered) };
        self.door.gets_it(answered);
        let place = self.door.fresh_binding();
        self.feed(now, call, Input::Taken(Taker { phone, name, place }));
    }

    /// The same for the call that rings at this leg, whoever else has waited longer: the phone was told of it.
    pub(super) fn picks_up_there(&mut self, now: Now, arrival: Arrival, calling: &Calling, leg: LegId) {
        if self.service == Service::Draining {
            return self.door.turn_away(now, &arrival);
        }
        let takers = self.takers(calling);
        let waiting = self.calls.get(&leg.call).filter(|call| call.waits().is_some());
        let Some(call) = waiting else { return self.door.refuse_taking(now, &arrival, 481) };
        let own = |phone: &PhoneId| call.maker() == Some(*phone);
        let taker = takers.into_iter().find(|(shop, phone, _)| call.record().shop == Some(*shop) && !own(phone));
        let Some((_, phone, name)) = taker else { return self.door.refuse_taking(now, &arrival, 481) };
        if self.door.dials_for(now, leg.call, arrival) {
            let place = self.door.fresh_binding();
            self.feed(now, leg.call, Input::Taken(Taker { phone, name, place }));
        }
    }

    /// Which phones this is. One telephone may be a phone of two shops.
    fn takers(&self, calling: &Calling) -> Vec<(ShopId, PhoneId, Arc<str>)> {
        let its = |shop: &Arc<Shop>| self.caller_of(shop, calling).map(|phone| (shop.id, phone.id, phone.name.clone()));
        self.plan.shops.iter().filter_map(its).collect()
    }
}
