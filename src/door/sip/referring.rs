//! REFER of a phone that has a call (RFC 3515): it gives the call to a colleague, and hears by NOTIFY what becomes of that.
//! The customer's telephone hears of nothing: it goes on talking with us. A REFER of the customer's side is refused, or
//! anybody's bill could be run up so.

use std::collections::HashMap;

use crate::call::event::Progress;
use crate::call::leg::LegId;
use crate::now::Now;
use crate::sip::endpoint::ServerTx;
use crate::sip::message::{Header, Method, Received, Wanted, other};
use crate::sip::outgoing::{ALLOW, ALLOW_TO_PHONES, Body};

use super::abilities::{self, Peer, Unable};
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
        match self.referral(tx, party, refer) {
            Ok(told) => self.told.push_back(told),
            Err(Unable { code, more }) => self.endpoint.respond_plain(now.mono, tx, code, None, more),
        }
    }

    fn referral(&mut self, tx: ServerTx, party: Party, refer: &Received) -> Result<Told, Unable> {
        let no = |code| Unable { code, more: Vec::new() };
        if !self.may_refer(party) {
            return Err(abilities::method(refer));
        }
        abilities::extensions(refer)?;
        let Some(to) = &refer.refer_to else { return Err(no(400)) };
        let number = refer.cseq.number;
        let leg = match (party, &to.wants) {
            (_, Wanted::Other) => return Err(abilities::method(refer)),
            (_, Wanted::Instead(replaces)) => {
                return self.wish(tx, party, number, replaces).map(Told::Joint).map_err(no);
            }
            // Whom a phone has called itself is given to nobody unasked.
            (Party::Caller(_), Wanted::Invite) => return Err(abilities::method(refer)),
            (Party::Phone(leg), Wanted::Invite) => leg,
        };
        if !self.is_far_end(leg) {
            return Err(no(481));
        }
        if self.referrals.contains_key(&leg) {
            return Err(no(491));
        }
        Ok(Told::Referred { leg, tx, number, user: to.uri.user_unescaped() })
    }

    /// What this side of a call may ask of us within it.
    pub(super) fn allow(&self, party: Party) -> Header {
        Header::Allow(if self.may_refer(party) { ALLOW_TO_PHONES } else { ALLOW }.into())
    }

    /// What we have that this side of a call may use.
    pub(super) fn supported(&self, party: Party) -> Header {
        abilities::supported(if self.may_refer(party) { Peer::Phone } else { Peer::Other })
    }

    /// Whether this is a phone of the shop. A cell is reached through a carrier, and may be anybody.
    fn may_refer(&self, party: Party) -> bool {
        match party {
            Party::Phone(leg) => self.phones.get(&leg).is_some_and(|phone| phone.cell.is_none()),
            Party::Caller(call) => self.callers.get(&call).is_some_and(|caller| caller.trunk.is_none()),
        }
    }

    /// There is no such phone, or nobody at it: 403 or 480. The call is as it was.
    pub fn refuse_referral(&mut self, now: Now, tx: ServerTx, code: u16) {
        let words = (code == 403).then(|| other("Warning", NO_COLLEAGUE));
        self.endpoint.respond_plain(now.mono, tx, code, None, words.into_iter().collect());
    }

    /// The colleague is about to be rung.
    pub fn accept_referral(&mut self, now: Now, tx: ServerTx, leg: LegId, number: u32) {
        if self.accept_refer(now, tx, Party::Phone(leg), number) {
            self.referrals.insert(leg, number);
        }
    }

    /// 202 to a REFER, and the first NOTIFY. False if its dialog is gone.
    pub(super) fn accept_refer(&mut self, now: Now, tx: ServerTx, party: Party, number: u32) -> bool {
        let way = self.dialog_of(party).map(|dialog| (dialog.hop, dialog.target().scheme));
        let Some((hop, scheme)) = way else {
            self.endpoint.respond_plain(now.mono, tx, 481, None, Vec::new());
            return false;
        };
        let contact = self.contact(&hop, scheme);
        self.endpoint.respond_plain(now.mono, tx, 202, None, vec![contact]);
        // §2.4.4: at once, whatever there is to be said.
        self.notify_of(now, party, number, "SIP/2.0 100 Trying", &format!("active;expires={EXPIRES}"));
        true
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
        if let Some(&number) = self.referrals.get(&leg) {
            self.notify_of(now, Party::Phone(leg), number, says, state);
        }
    }

    /// Tells this side what has become of its REFER with this number.
    pub(super) fn notify_of(&mut self, now: Now, party: Party, number: u32, says: &str, state: &str) {
        let way = self.dialog_of(party).map(|dialog| (dialog.hop, dialog.target().scheme));
        let Some((hop, scheme)) = way else { return };
        let more: Vec<Header> = vec![
            other("Event", &format!("refer;id={number}")),
            other("Subscription-State", state),
            self.contact(&hop, scheme),
        ];
        let body = Body { content_type: SIPFRAG, bytes: format!("{says}\r\n").into_bytes() };
        let Some(dialog) = self.dialog_of(party) else { return };
        let notify = dialog.request(Method::Notify, more, Some(body));
        self.endpoint.request(now.mono, hop, notify);
    }

    /// The caller, who talks with somebody or with the machine, is connected with this leg from now on.
    pub(super) fn join(&mut self, now: Now, leg: LegId) {
        let joined = self.far_end_of(leg).and_then(|far| self.hand_over(leg.call, far));
        self.or_hang_up(now, leg.call, joined);
    }
}
