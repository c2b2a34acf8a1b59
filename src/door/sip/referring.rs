//! REFER of a phone that has a call (RFC 3515): it gives the call to a colleague, and hears by NOTIFY what becomes of that.
//! The customer's telephone hears of nothing: it goes on talking with us. A REFER of the customer's side is refused, or
//! anybody's bill could be run up so.

use std::collections::HashMap;

use crate::call::event::Progress;
use crate::call::leg::LegId;
use crate::now::Now;
use crate::sip::endpoint::ServerTx;
use crate::sip::message::{Header, Method, Received, other};
use crate::sip::outgoing::{ALLOW, ALLOW_TO_PHONES, Body};

use super::abilities::{self, Unable};
use super::{Party, SipDoor, Told};

/// RFC 3515 §2.4.5: a fragment of a message is what a NOTIFY tells.
const SIPFRAG: &str = "message/sipfrag;version=2.0";
/// Longer than any transfer takes, in seconds.
const EXPIRES: u32 = 300;
/// RFC 3261 §20.43: 399 is for people.
const NO_COLLEAGUE: &str = "399 ringall \"A call can be given to another phone of the shop only.\"";

/// Transfers that somebody waits to hear of, each with the number of its REFER: the name of the subscription (§2.4.6).
pub(super) type Referrals = HashMap<LegId, u32>;

impl SipDoor {
    pub(super) fn refer_came(&mut self, now: Now, tx: ServerTx, party: Party, refer: &Received) {
        match self.referral(party, refer) {
            Ok((leg, user)) => self.told.push_back(Told::Referred { leg, tx, number: refer.cseq.number, user }),
            Err(Unable { code, more }) => self.endpoint.respond_plain(now.mono, tx, code, None, more),
        }
    }

    fn referral(&mut self, party: Party, refer: &Received) -> Result<(LegId, String), Unable> {
        let no = |code| Unable { code, more: Vec::new() };
        let Party::Phone(leg) = party else { return Err(abilities::method(refer)) };
        let Some(phone) = self.phones.get(&leg) else { return Err(no(481)) };
        // A cell is reached through a carrier, and may be anybody.
        if phone.cell.is_some() {
            return Err(abilities::method(refer));
        }
        abilities::extensions(refer)?;
        if !self.is_far_end(leg) {
            return Err(no(481));
        }
        if self.referrals.contains_key(&leg) {
            return Err(no(491));
        }
        match &refer.refer_to {
            None => Err(no(400)),
            Some(to) if to.wants_more => Err(abilities::method(refer)),
            Some(to) => Ok((leg, to.uri.user_unescaped())),
        }
    }

    /// What this side of a call may ask of us within it.
    pub(super) fn allow(&self, party: Party) -> Header {
        let is_phone = |leg| self.phones.get(&leg).is_some_and(|phone| phone.cell.is_none());
        let may_refer = matches!(party, Party::Phone(leg) if is_phone(leg));
        Header::Allow(if may_refer { ALLOW_TO_PHONES } else { ALLOW }.into())
    }

    /// There is no such phone, or nobody at it: 403 or 480. The call is as it was.
    pub fn refuse_referral(&mut self, now: Now, tx: ServerTx, code: u16) {
        let words = (code == 403).then(|| other("Warning", NO_COLLEAGUE));
        self.endpoint.respond_plain(now.mono, tx, code, None, words.into_iter().collect());
    }

    /// The colleague is about to be rung.
    pub fn accept_referral(&mut self, now: Now, tx: ServerTx, leg: LegId, number: u32) {
        let Some((hop, scheme)) = self.dialog_of(Party::Phone(leg)).map(|dialog| (dialog.hop, dialog.target().scheme))
        else {
            return self.refuse_referral(now, tx, 481);
        };
        let contact = self.contact(&hop, scheme);
        self.endpoint.respond_plain(now.mono, tx, 202, None, vec![contact]);
        self.referrals.insert(leg, number);
        // §2.4.4: at once, whatever there is to be said.
        self.notify(now, leg, "SIP/2.0 100 Trying", &format!("active;expires={EXPIRES}"));
    }

    pub(super) fn tell_giver(&mut self, now: Now, leg: LegId, progress: Progress) {
        match progress {
            Progress::Rings => {
                self.notify(now, leg, "SIP/2.0 180 Ringing", &format!("active;expires={EXPIRES}"));
            }
            Progress::Taken => self.notify_at_last(now, leg, "SIP/2.0 200 OK"),
            Progress::NotTaken => self.notify_at_last(now, leg, "SIP/2.0 480 Temporarily Unavailable"),
        }
    }

    fn notify_at_last(&mut self, now: Now, leg: LegId, says: &str) {
        self.notify(now, leg, says, "terminated;reason=noresource");
        self.referrals.remove(&leg);
    }

    fn notify(&mut self, now: Now, leg: LegId, says: &str, state: &str) {
        let Some(&number) = self.referrals.get(&leg) else { return };
        let way = self.dialog_of(Party::Phone(leg)).map(|dialog| (dialog.hop, dialog.target().scheme));
        let Some((hop, scheme)) = way else { return };
        let more: Vec<Header> = vec![
            other("Event", &format!("refer;id={number}")),
            other("Subscription-State", state),
            self.contact(&hop, scheme),
        ];
        let body = Body { content_type: SIPFRAG, bytes: format!("{says}\r\n").into_bytes() };
        let Some(dialog) = self.dialog_of(Party::Phone(leg)) else { return };
        let notify = dialog.request(Method::Notify, more, Some(body));
        self.endpoint.request(now.mono, hop, notify);
    }

    /// The caller, who talks with somebody or with the machine, is connected with this leg from now on.
    pub(super) fn join(&mut self, now: Now, leg: LegId) {
        let joined = self.far_end_of(leg).and_then(|far| self.hand_over(leg.call, far));
        self.or_hang_up(now, leg.call, joined);
    }
}
