//! A phone gives the call it has to a colleague, by the user that colleague is dialled by.

use crate::call::event::Input;
use crate::call::leg::LegId;
use crate::now::Now;
use crate::routing::plan::PhoneId;
use crate::sip::endpoint::ServerTx;

use super::Switchboard;

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
        let giver = call.phone_of(leg)?;
        let shop = self.plan.shop(call.shop()?.id)?;
        let phone = shop.phones.iter().find(|phone| self.user_of(phone).as_deref() == Some(user))?;
        let phones = &self.contacts.phones;
        let own = |own: PhoneId| phones.telephone(own) == phones.telephone(phone.id);
        (!own(giver) && !call.maker().is_some_and(own)).then_some(phone.id)
    }
}
