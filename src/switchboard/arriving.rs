//! A customer calls, by whichever door: what becomes of the call, and the row that it begins with.

use std::sync::Arc;

use crate::call::event::Final;
use crate::call::record::{CallId, CallRecord, Direction, Door};
use crate::call::{Begin, Call, Occasion};
use crate::caller::Card;
use crate::door::sip::{Arrival, Shown};
use crate::now::Now;
use crate::number::Number;
use crate::routing::decision::{Action, Because, Offer};
use crate::routing::plan::{Country, PhoneId, Shop};
use crate::routing::{CallerId, Identity, decide, shop_called};

use super::{Service, Switchboard};

/// How much of a display name is kept: twice what any phone shows.
const DISPLAY_KEPT: usize = 80;

/// What is known of who calls, and why their call is what it is: the parts of a first row that are decided here.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) direction: Direction,
    pub(super) caller: Option<Number>,
    pub(super) caller_raw: String,
    pub(super) caller_display: String,
    pub(super) withheld: bool,
    pub(super) because: Because,
    pub(super) nth: u32,
    /// The phone of the shop that calls; a customer's call has none.
    pub(super) made_by: Option<PhoneId>,
}

/// A customer's call, decided.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) shop: Option<Arc<Shop>>,
    pub(super) caller: CallerId,
    pub(super) action: Action,
    /// `None`: no shop was called.
    pub(super) card: Option<Card>,
    pub(super) shown: Shown,
    pub(super) facts: Facts,
}

/// Text from outside as the log keeps it.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(DISPLAY_KEPT).collect()
}

impl Switchboard {
    /// A customer calls.
    pub(super) fn arrived(&mut self, now: Now, arrival: Arrival, account: Option<&String>) {
        if self.service == Service::Draining {
            return self.door.turn_away(now, &arrival);
        }
        let mut called = arrival.called.clone();
        if shop_called(&self.plan, &called).is_none() {
            called.retain(|user| Some(user) != account);
        }
        let Decided { shop, action, shown, facts, .. } = self.decided(now, arrival.caller.identity(), &called);
        let begin = match (arrival.unservable(), action) {
            (Some(answer), Action::Ring(_) | Action::TakeMessage { .. }) => Begin::Unservable(answer),
            (None, Action::TakeMessage { .. }) if !arrival.understands_the_machine() => {
                Begin::Unservable(Final::NotAcceptable)
            }
            (_, Action::Ring(ring)) => Begin::Decided(Action::Ring(self.mailboxes.put_later(ring))),
            (_, action) => Begin::Decided(action),
        };
        self.begin(now, arrival, shop, facts, begin, shown);
    }

    /// What becomes of a customer's call, whichever door it came by. It counts as one of theirs from here on.
    pub(super) fn decided(&mut self, now: Now, identity: Identity<'_>, called: &[String]) -> Decided {
        let called_shop = shop_called(&self.plan, called).or_else(|| self.plan.shops.first());
        let country = called_shop.map_or(Country::UNKNOWN, |shop| shop.country);
        let language = called_shop.map(|shop| shop.language).unwrap_or_default();
        let offer = Offer { caller: CallerId::read(identity, country), called: called.to_vec() };
        let decision = decide(&self.plan, &offer, now.wall);
        let shop = decision.shop.and_then(|id| self.plan.shop(id)).cloned();
        let counted = !matches!(decision.action, Action::Refuse(_));
        let number = offer.caller.number().cloned();
        let nth = match (&shop, &number) {
            (Some(shop), Some(number)) if counted => self.callers.note_call(shop.id, number),
            // A refused call is logged as the one after those that counted.
            (Some(shop), Some(number)) => self.callers.calls(shop.id, number) + 1,
            _ => 0,
        };
        if let (Some(shop), Some(number)) = (&shop, &number) {
            self.not_needed(now, shop.id, number, &[Occasion::Missed, Occasion::Asked]);
        }
        if let (Some(shop), Action::Ring(ring)) = (&shop, &decision.action) {
            self.ring_for_nobody_else(now, shop.id, ring);
        }
        let card = shop.as_ref().map(|shop| self.callers.card(shop, &offer.caller, identity.display, language));
        let shown = Shown {
            card: card.as_ref().map_or_else(String::new, |card| card.display(language)),
            own: shop.as_ref().zip(card.as_ref()).and_then(|(shop, card)| self.returns(now, shop, &offer.caller, card)),
            number: match &offer.caller {
                CallerId::Known(number) => number.as_str().to_owned(),
                CallerId::Other(user) => user.clone(),
                CallerId::Withheld => String::new(),
            },
            called: shop.as_ref().and_then(|shop| shop.numbers.first()).map(|number| number.as_str().to_owned()),
        };
        let withheld = offer.caller == CallerId::Withheld;
        let facts = Facts {
            direction: Direction::In,
            caller: number,
            caller_raw: if withheld { String::new() } else { clean(identity.user) },
            caller_display: if withheld { String::new() } else { clean(identity.display) },
            withheld,
            because: decision.because,
            nth,
            made_by: None,
        };
        Decided { shop, caller: offer.caller, action: decision.action, card, shown, facts }
    }

    /// The row that a call begins with.
    pub(super) fn first_row(
        &mut self,
        now: Now,
        shop: Option<&Arc<Shop>>,
        facts: Facts,
        called: String,
        door: Door,
        key: String,
    ) -> CallRecord {
        CallRecord {
            id: CallId(self.chance.uuid(now.wall)),
            shop: shop.map(|shop| shop.id),
            direction: facts.direction,
            caller: facts.caller,
            caller_raw: facts.caller_raw,
            caller_display: facts.caller_display,
            withheld: facts.withheld,
            called,
            door,
            key,
            started: now.wall,
            answered: None,
            ended: None,
            disposition: None,
            because: facts.because,
            ended_by: None,
            answered_by: None,
            nth_call_from_caller: facts.nth,
        }
    }

    /// The one place where a call by SIP begins.
    pub(super) fn begin(
        &mut self,
        now: Now,
        arrival: Arrival,
        shop: Option<Arc<Shop>>,
        facts: Facts,
        begin: Begin,
        shown: Shown,
    ) {
        let made_by = facts.made_by;
        let called = clean(arrival.called.first().map_or("", String::as_str));
        let record = self.first_row(now, shop.as_ref(), facts, called, Door::Sip, arrival.key.clone());
        let id = record.id;
        self.begins_with(id);
        let begin = self.with_ports(arrival.family(), begin);
        let beside = made_by.and_then(|phone| self.call_it_talks_in(phone));
        self.door.open(id, arrival, shown, beside);
        let call = Call::new(now, record, shop, begin, &self.contacts.phones).made_by(made_by);
        self.calls.insert(call);
        self.drain_call(now, id);
        self.busy_with = None;
        self.tell_of_free_phones(now);
    }
}
