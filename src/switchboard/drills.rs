//! Phones are rung once to see whether they do, for somebody who looks at the page. Nobody outside is concerned, no row is
//! written, and what came of it is kept until the next time or the next start.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{CallId, Switchboard};
use crate::call::event::NotRung;
use crate::call::leg::BindingId;
use crate::call::{Begin, Call, Drilled, Lift, Lifter, Occasion, Then};
use crate::door::sip::Shown;
use crate::now::{Now, UnixMs};
use crate::routing::plan::{Phone, PhoneId, Plan, Shop};
use crate::words;

use super::calling_back::first_row;

/// So long it rings: two rings or three, for somebody who listens for them.
pub const DRILL_RINGS_FOR: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Drills {
    under_way: HashMap<PhoneId, UnderWay>,
    /// What came of each phone's last that went on to its end.
    over: HashMap<PhoneId, (Drilled, UnixMs)>,
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    call: CallId,
    drilled: Drilled,
    since: UnixMs,
}

impl Drills {
    fn begins(&mut self, now: Now, phone: PhoneId, call: CallId) {
        self.under_way.insert(phone, UnderWay { call, drilled: Drilled::Asked, since: now.wall });
    }

    /// `None`: it was cut short. What was known of the phone before is what is known of it.
    pub fn note(&mut self, now: Now, phone: PhoneId, drilled: Option<Drilled>) {
        match drilled {
            Some(drilled @ (Drilled::Asked | Drilled::Rings)) => {
                if let Some(under_way) = self.under_way.get_mut(&phone) {
                    (under_way.drilled, under_way.since) = (drilled, now.wall);
                }
            }
            Some(drilled @ (Drilled::Lifted | Drilled::Rang | Drilled::Silent)) => {
                self.under_way.remove(&phone);
                self.over.insert(phone, (drilled, now.wall));
            }
            None => drop(self.under_way.remove(&phone)),
        }
    }

    /// This call is gone. The phone that it rang, if it was a drill.
    pub fn cut_short(&mut self, call: CallId) -> Option<PhoneId> {
        let phone = self.under_way.iter().find(|(_, under_way)| under_way.call == call).map(|(phone, _)| *phone)?;
        self.under_way.remove(&phone);
        Some(phone)
    }

    /// Phones that no shop has any more are forgotten.
    pub fn forget_phones_beside(&mut self, plan: &Plan) {
        let is_there = |phone: &PhoneId| plan.shops.iter().any(|shop| shop.phone(*phone).is_some());
        self.under_way.retain(|phone, _| is_there(phone));
        self.over.retain(|phone, _| is_there(phone));
    }

    pub fn last(&self, phone: PhoneId) -> Option<(Drilled, UnixMs)> {
        let under_way = self.under_way.get(&phone).map(|under_way| (under_way.drilled, under_way.since));
        under_way.or_else(|| self.over.get(&phone).copied())
    }
}

impl Switchboard {
    /// Rings this phone, which is free and not behind a carrier.
    pub(super) fn begin_drill(&mut self, now: Now, shop: &Arc<Shop>, phone: &Phone) -> Result<(), NotRung> {
        let place: BindingId = self.contacts.phones.of(phone.id).first().copied().ok_or(NotRung::Unreachable)?;
        let lift = Lift {
            occasion: Occasion::Drill,
            phones: vec![Lifter { phone: phone.id, user: String::new() }],
            then: Then::HangsUp,
            within: DRILL_RINGS_FOR,
        };
        let id = CallId(self.chance.uuid(now.wall));
        self.drills.begins(now, phone.id, id);
        let begun = self.ring_ours(now, id, shop, lift, place, ("drill", words::drill(shop.language)));
        if begun.is_err() {
            self.drills.note(now, phone.id, None);
        }
        begun
    }

    /// Rings phones of the shop, the first at this place, and shows this number and name; a row is written once somebody lifts
    /// one for a customer.
    pub(super) fn ring_ours(
        &mut self,
        now: Now,
        id: CallId,
        shop: &Arc<Shop>,
        lift: Lift,
        place: BindingId,
        (number, card): (&str, &str),
    ) -> Result<(), NotRung> {
        let family = self.door.family_at(place).ok_or(NotRung::Unreachable)?;
        let customer = match &lift.then {
            Then::Calls { to, .. } => Some(to.clone()),
            Then::HangsUp | Then::Speaks => None,
        };
        let begin = self.with_ports(family, Begin::Lift(lift));
        if let Begin::NoPorts(_) = begin {
            return Err(NotRung::Full);
        }
        let shown = Shown {
            card: card.to_owned(),
            number: number.to_owned(),
            called: shop.numbers.first().map(|number| number.as_str().to_owned()),
            own: None,
        };
        self.begins_with(id);
        self.door.open_ours(id, place, shown);
        let call = Call::new(now, first_row(id, now, shop, customer), Some(shop.clone()), begin, &self.contacts.phones);
        self.calls.insert(call);
        self.lifts.insert(id);
        self.drain_call(now, id);
        self.busy_with = None;
        self.tell_of_free_phones(now);
        Ok(())
    }
}
