//! A phone gives the call it has to a colleague, by the user that colleague is dialled by; or to somebody it talks with in
//! another call, whom it has asked before.

use std::sync::Arc;

use crate::call::Call;
use crate::call::event::{Given, Giver, Input};
use crate::call::leg::{LegId, LegState};
use crate::call::record::{CallId, Direction};
use crate::caller::{Card, Expects, NamedBy};
use crate::door::sip::{Joint, NotJoined, Party, Shown, Wish};
use crate::now::Now;
use crate::routing::decision::Because;
use crate::routing::plan::{Phone, PhoneId, Shop};
use crate::sip::endpoint::ServerTx;

use super::Switchboard;

/// Two calls of one phone that can be put together.
struct Pairing {
    gives: Arc<str>,
    joint: Joint,
    given: Given,
    /// Who is left in the call that goes on, for the log of the other.
    stays: String,
}

impl Switchboard {
    pub(super) fn referred(&mut self, now: Now, leg: LegId, tx: ServerTx, number: u32, user: &str) {
        let Some(to) = self.colleague(leg, user) else { return self.door.refuse_referral(now, tx, 403) };
        if self.contacts.phones.of(to).is_empty() {
            return self.door.refuse_referral(now, tx, 480);
        }
        self.door.accept_referral(now, tx, leg, number);
        self.feed(now, leg.call, Input::Referred { leg, to });
    }

    /// Whom a call may be given to: another phone of its shop. The one place that says so; a number outside would be allowed
    /// here, and nowhere else.
    fn colleague(&self, leg: LegId, user: &str) -> Option<PhoneId> {
        let call = self.calls.get(&leg.call)?;
        let giver = call.leg(leg)?.phone;
        let shop = self.plan.shop(call.shop()?.id)?;
        let phone = shop.phones.iter().find(|phone| self.user_of(phone).as_deref() == Some(user))?;
        let phones = &self.contacts.phones;
        let own = |own: PhoneId| phones.telephone(own) == phones.telephone(phone.id);
        (!own(giver) && !call.maker().is_some_and(own)).then_some(phone.id)
    }

    /// A phone that has two calls wants the others of both to talk with each other.
    pub(super) fn wants_joined(&mut self, now: Now, wish: &Wish) {
        let Some(Pairing { gives, joint, given, stays }) = self.pairing(wish) else {
            return self.door.refuse_joint(now, wish, NotJoined::NotThese);
        };
        if let Err(why) = self.door.may_be_joined(&joint) {
            return self.door.refuse_joint(now, wish, why);
        }
        let (Joint::Far { call, .. } | Joint::Near { call, .. }) = joint;
        let over = given.from.call;
        self.door.accept_joint(now, wish, joint);
        self.feed(now, call, Input::Given(given));
        self.feed(now, over, Input::GivenAway { gives, to: stays });
    }

    /// Which of the two calls goes on, and with whom. Both are of one telephone and one shop, neither is for help, and where
    /// somebody outside is in both, one of them has called the shop: what has gone out is counted, and two at once would be one.
    fn pairing(&self, wish: &Wish) -> Option<Pairing> {
        let ((at, giver), (with, other)) = (self.side(wish.at)?, self.side(wish.with)?);
        let phones = &self.contacts.phones;
        let shop = at.shop()?;
        let same = phones.telephone(giver) == phones.telephone(other) && with.shop()?.id == shop.id;
        let helps = [at, with].iter().any(|call| call.record().because == Because::CalledForHelp);
        if !same || helps {
            return None;
        }
        let gives = shop.phone(giver)?.name.clone();
        // The call that goes on, who gives it, and the one that is over: whose far side is given away, so that the phone must
        // have made it.
        let (goes_on, by, over) = match (wish.at, wish.with) {
            (Party::Phone(leg), Party::Caller(_)) => (at, Giver::Leg(leg), with),
            (Party::Caller(_), Party::Phone(leg)) => (with, Giver::Leg(leg), at),
            (Party::Caller(_), Party::Caller(_)) => match (at.is_out(), with.is_out()) {
                (true, true) => return None,
                (false, true) => (with, Giver::Maker, at),
                (_, false) => (at, Giver::Maker, with),
            },
            (Party::Phone(_), Party::Phone(_)) => return None,
        };
        let (call, from) = (goes_on.record().id, over.talks_with()?);
        let leg = over.leg(from).filter(|leg| leg.state == LegState::Talking)?;
        let far = |call: &Call| {
            let leg = call.leg(call.talks_with()?)?;
            let number = call.record().caller.as_ref().filter(|_| leg.binding.is_none());
            Some(number.map_or_else(|| leg.name.to_string(), |number| number.as_str().to_owned()))
        };
        let joint = match by {
            Giver::Leg(_) => Joint::Far { call, from },
            Giver::Maker => Joint::Near { call, from, shown: self.shown_as_phone(shop, shop.phone(leg.phone)?) },
        };
        let stays = match by {
            Giver::Leg(_) => near(goes_on),
            Giver::Maker => far(goes_on)?,
        };
        let (phone, place, name, to) = (leg.phone, leg.binding, leg.name.clone(), far(over)?);
        Some(Pairing { joint, given: Given { by, gives: gives.clone(), from, phone, place, name, to }, gives, stays })
    }

    /// The call that a phone of the shop talks in at this side, and which phone that is.
    fn side(&self, party: Party) -> Option<(&Call, PhoneId)> {
        let call = self.calls.get(&party.call())?;
        let talks_with = call.talks_with()?;
        let phone = match party {
            Party::Phone(leg) => call.leg(leg).filter(|_| leg == talks_with)?.phone,
            Party::Caller(_) => call.maker()?,
        };
        Some((call, phone))
    }

    /// A phone of this shop, as another one shows it.
    pub(super) fn shown_as_phone(&self, shop: &Shop, phone: &Phone) -> Shown {
        let card = Card { name: phone.name.to_string(), named_by: NamedBy::Owner, nth: 0, expects: Expects::Nothing };
        let number = self.user_of(phone).unwrap_or_default();
        Shown { card: card.display(shop.language), number, called: None, own: None }
    }

    /// The newest call in which somebody talks at this telephone.
    pub(super) fn call_it_talks_in(&self, phone: PhoneId) -> Option<CallId> {
        let phones = &self.contacts.phones;
        if !phones.talks(phone) {
            return None;
        }
        let own = |call: &&Call| {
            call.uses().any(|used| used.talks && phones.telephone(used.phone) == phones.telephone(phone))
        };
        self.calls.values().filter(own).map(Call::age).max().map(|(_, call)| call)
    }
}

/// Who is on the caller's side, for a reader.
fn near(call: &Call) -> String {
    let record = call.record();
    match (&record.caller, record.direction) {
        (Some(number), Direction::In) => number.as_str().to_owned(),
        (None, _) | (_, Direction::Out) => record.caller_display.clone(),
    }
}
