//! Where phones can be rung: a telephone by where it registered or was written down, a cell by the ways of carriers.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::call::leg::BindingId;
use crate::now::Now;
use crate::sip::dialog::Dialog;
use crate::sip::hop::Hop;
use crate::sip::uri::Uri;

use super::{Begun, CallerState, PhoneState, SipDoor, Told};

/// A place where a phone can be rung.
#[derive(Clone, Debug)]
pub struct Place {
    pub uri: Uri,
    pub hop: Hop,
    /// A cell is reached through this trunk, by its place in the configuration; a phone of the shop through none.
    pub trunk: Option<usize>,
    /// Where else a cell can be reached, should that trunk not take the call, in order.
    pub others: Vec<Way>,
}

/// A way to a cell.
#[derive(Clone, Debug)]
pub struct Way {
    pub uri: Uri,
    pub hop: Hop,
    pub trunk: usize,
}

impl Place {
    /// A place where a phone of the shop can be rung.
    pub fn of_phone(uri: Uri, hop: Hop) -> Place {
        Place { uri, hop, trunk: None, others: Vec::new() }
    }

    /// A cell that can be reached these ways, the best first.
    pub fn of_cell(ways: Vec<Way>) -> Option<Place> {
        let mut ways = ways.into_iter();
        let Way { uri, hop, trunk } = ways.next()?;
        Some(Place { uri, hop, trunk: Some(trunk), others: ways.collect() })
    }
}

/// A phone that has registered is reached where it did, whatever its Contact says.
pub(super) fn reached_at(places: &HashMap<BindingId, Place>, place: Option<BindingId>, dialog: &mut Dialog) {
    if let Some(place) = place.and_then(|place| places.get(&place)) {
        dialog.reach(&place.uri, place.hop);
    }
}

impl SipDoor {
    /// Replaces the places where phones can be rung. Legs that live are not touched. The answer is which of them are
    /// reached by another way than before.
    pub fn set_places(&mut self, now: Now, places: HashMap<BindingId, Place>) -> Vec<BindingId> {
        let moved =
            |(id, place): &(&BindingId, &Place)| self.places.get(id).is_some_and(|before| before.hop != place.hop);
        let mut moved: Vec<BindingId> = places.iter().filter(moved).map(|(id, _)| *id).collect();
        moved.sort();
        let phones = || places.values().filter(|place| place.trunk.is_none()).map(|place| place.hop);
        // One that registered has a connection of its own.
        let fixed = phones().filter(|hop| hop.flow().is_none());
        self.gate.set_phones(phones().chain(self.registrations.sources()), fixed);
        self.gate.set_flows(self.registrations.flows());
        self.places = places;
        self.follow_phones();
        self.follow_watchers(now);
        self.close_replaced();
        self.note_acquaintances();
        self.forget_watchers_who_left();
        moved
    }

    /// A phone that has registered from elsewhere while somebody talks by it, because its router forgot it or its connection
    /// broke, is spoken to there from now on (RFC 5626 §5.3), or nobody could tell it that its call is over.
    fn follow_phones(&mut self) {
        for caller in self.callers.values_mut() {
            let CallerState::Answered(talk) = &mut caller.state else { continue };
            let place = caller.place.and_then(|place| self.places.get(&place));
            if let Some(place) = place.filter(|place| place.hop != caller.hop) {
                talk.dialog.reach(&place.uri, place.hop);
                caller.hop = place.hop;
            }
        }
        for phone in self.phones.values_mut() {
            let PhoneState::Up { dialog, .. } = &mut phone.state else { continue };
            let place = match &phone.begun {
                Begun::ByUs { binding, .. } => *binding,
                Begun::ByPhone(dialled) => dialled.place,
            };
            let place = place
                .and_then(|place| self.places.get(&place))
                .filter(|place| place.trunk.is_none() && place.hop != phone.hop);
            if let Some(place) = place {
                dialog.reach(&place.uri, place.hop);
                phone.hop = place.hop;
            }
        }
    }

    /// Phones are known where they are called, and where they have registered from, be it by a connection that is gone.
    pub(super) fn note_acquaintances(&mut self) {
        let phones = self.places.values().filter(|place| place.trunk.is_none()).map(|place| place.hop.to.ip());
        let known = self.gate.acquaintances(phones.chain(self.registrations.addresses()));
        if known != *self.acquaintances {
            self.acquaintances = Arc::new(known);
            self.told.push_back(Told::Acquaintances(self.acquaintances.clone()));
        }
    }

    /// Whether this place is called at this address.
    pub fn is_at(&self, place: BindingId, address: SocketAddr) -> bool {
        self.places.get(&place).is_some_and(|place| place.hop.to == address)
    }
}
