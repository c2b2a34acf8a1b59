//! A phone of the shop calls another. It is a call like any other, with a row of its own, but nobody's customer: it is
//! counted for no caller and never owed. What else it dials is for [`super::calling_out`].

use std::sync::Arc;

use crate::call::Begin;
use crate::call::event::Final;
use crate::call::record::Direction;
use crate::door::sip::{Arrival, Calling};
use crate::now::Now;
use crate::routing::help::help_called;
use crate::routing::plan::{Line, Phone, Shop};
use crate::routing::{NotDialled, Proof, decide_within};

use super::picking_up::PICK_UP;
use super::{Facts, Route, Service, Switchboard};

impl Switchboard {
    /// A phone has dialled something: another phone of its shop rings, anything else is outside.
    pub(super) fn phone_calls(&mut self, now: Now, arrival: Arrival, calling: &Calling) {
        let dialled = arrival.called.first().cloned().unwrap_or_default();
        // A telephone at one address may be a phone of several shops.
        let calls_from = |shop: &Arc<Shop>| Some((shop.clone(), self.caller_of(shop, calling)?.clone()));
        let callers: Vec<(Arc<Shop>, Phone)> = self.plan.shops.iter().filter_map(calls_from).collect();
        let proof = match calling {
            Calling::User(_) => Proof::Password,
            Calling::At { .. } => Proof::Address,
        };
        // Whatever a phone is called, and whatever else goes on, help goes first.
        let help = callers.iter().find(|(shop, _)| help_called(&dialled, shop.country).is_some());
        if let Some((shop, from)) = help.cloned() {
            return self.call_outside(now, arrival, shop, &from, proof);
        }
        if self.service == Service::Draining {
            return self.door.turn_away(now, &arrival);
        }
        if dialled == PICK_UP {
            return self.picks_up(now, arrival, calling);
        }
        let Some((shop, from)) = callers.first().cloned() else {
            return self.door.refuse_dialling(now, &arrival, NotDialled::NoNumber);
        };
        let colleague = callers.into_iter().find_map(|(shop, from)| {
            let to = shop.phones.iter().find(|phone| self.user_of(phone).as_ref() == Some(&dialled))?.id;
            let decision = decide_within(&shop, from.id, to)?;
            Some((shop, from, to, decision))
        });
        let Some((shop, from, to, decision)) = colleague else {
            return self.call_outside(now, arrival, shop, &from, proof);
        };
        let shown = self.shown_as_phone(&shop, &from);
        let facts = Facts {
            direction: Direction::Out,
            caller: None,
            caller_raw: shown.number.clone(),
            caller_display: from.name.to_string(),
            withheld: false,
            because: decision.because,
            nth: 0,
            made_by: Some(from.id),
        };
        let begin = match arrival.unservable() {
            Some(answer) => Begin::Unservable(answer),
            // Who calls one phone is not to wait for it to turn up.
            None if self.contacts.phones.of(to).is_empty() => Begin::Unservable(Final::Unavailable),
            None => Begin::Decided(decision.action),
        };
        self.begin(now, arrival, Some(shop), facts, begin, shown);
    }

    /// The phone of this shop that calls. Of several behind one address, which a connection does not tell apart, the one that
    /// it says it is.
    pub(super) fn caller_of<'s>(&self, shop: &'s Shop, calling: &Calling) -> Option<&'s Phone> {
        let may_be = || shop.phones.iter().filter(|phone| self.is_calling(phone, calling));
        let named = may_be().find(|phone| match calling {
            Calling::User(_) => true,
            Calling::At { user, .. } => self.user_of(phone).as_ref() == Some(user),
        });
        named.or_else(|| may_be().next())
    }

    fn is_calling(&self, phone: &Phone, calling: &Calling) -> bool {
        match (calling, &phone.line) {
            (Calling::User(caller), Line::Registers { user, .. }) => caller == user,
            (Calling::At { from, .. }, Line::Fixed { .. }) => {
                let contact = self.contacts.by_phone.get(&phone.id);
                let is_there = |way: Route| {
                    let by_stream = way.protocol().is_stream() && way.protocol() == from.protocol();
                    way.to == from.to || by_stream && way.to.ip().to_canonical() == from.to.ip().to_canonical()
                };
                contact.and_then(|contact| contact.way).is_some_and(is_there)
            }
            (Calling::User(_) | Calling::At { .. }, _) => false,
        }
    }

    /// By what another phone calls this one.
    pub(super) fn user_of(&self, phone: &Phone) -> Option<String> {
        let user = match &phone.line {
            Line::Registers { user, .. } => user.clone(),
            Line::Fixed { .. } => self.contacts.by_phone.get(&phone.id)?.uri.user_unescaped(),
            Line::Cell { .. } => return None,
        };
        (!user.is_empty()).then_some(user)
    }
}
