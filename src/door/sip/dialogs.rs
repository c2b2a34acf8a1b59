//! Requests within a dialog: BYE, re-INVITE and what we do not do.

use crate::call::event::{CallerLeft, Input, LegEnd, Stop};
use crate::call::record::CallId;
use crate::media::Which;
use crate::media::sdp::{Description, Terms, agree_again};
use crate::now::Now;
use crate::sip::dialog::{Dialog, Fit};
use crate::sip::endpoint::ServerTx;
use crate::sip::hop::Hop;
use crate::sip::message::{Header, Method, Received};
use crate::sip::outgoing::ALLOW;

use super::{CallerLeg, CallerState, Party, PhoneLeg, PhoneState, SipDoor};

/// Whose answer the ACK of a re-INVITE confirms, or brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// They offered, we answered; nothing more is to come.
    Confirmation(Party),
    /// They asked for our offer: the ACK brings their answer.
    Answer(Party),
}

impl SipDoor {
    pub(super) fn in_dialog(&mut self, now: Now, tx: ServerTx, hop: Hop, request: &Received) {
        let Some(party) = self.party_of(request) else { return self.respond_in_dialog(now, tx, 481) };
        match self.dialog_of(party).map(|dialog| dialog.takes(request)) {
            // A caller's leg that is not answered has no dialog yet, but a BYE may end it (RFC 3261 §15).
            None if request.method() == Some(&Method::Bye) => {}
            None | Some(Fit::NotThis) => return self.respond_in_dialog(now, tx, 481),
            Some(Fit::OutOfOrder) => return self.respond_in_dialog(now, tx, 500),
            Some(Fit::InOrder) => {}
        }
        match request.method() {
            Some(Method::Bye) => self.bye_came(now, tx, party),
            Some(Method::Invite) => self.reinvite_came(now, tx, hop, party, request),
            Some(Method::Options) => self.respond_in_dialog(now, tx, 200),
            _ => self.endpoint.respond_plain(now.mono, tx, 405, None, vec![Header::Allow(ALLOW.into())]),
        }
    }

    fn bye_came(&mut self, now: Now, tx: ServerTx, party: Party) {
        self.endpoint.respond_plain(now.mono, tx, 200, None, Vec::new());
        match party {
            Party::Caller(call) => {
                if let Some(CallerLeg { tx, state: CallerState::Answered(_), .. }) = self.callers.get(&call) {
                    self.endpoint.stop_repeating(*tx);
                    self.forget_caller(call);
                }
                self.tell(call, Input::CallerLeft(CallerLeft::HungUp));
            }
            Party::Phone(leg) => {
                self.forget_phone(leg);
                self.tell(leg.call, Input::LegHungUp(leg));
            }
        }
    }

    /// A new offer from one side is answered by us at once, in the terms that stand with the other side; that side hears
    /// nothing of it but silence or sound (RFC 3264 §8). So hold, a new address and a session refresh all come out right.
    fn reinvite_came(&mut self, now: Now, tx: ServerTx, hop: Hop, party: Party, request: &Received) {
        if !request.require.is_empty() {
            let unsupported = Header::Unsupported(request.require.join(", ").into());
            return self.endpoint.respond_plain(now.mono, tx, 420, None, vec![unsupported]);
        }
        let Ok(offer) = self.read_offer(&request.body, &hop) else { return self.respond_in_dialog(now, tx, 488) };
        let (call, which) = match party {
            Party::Caller(call) => (call, Which::A),
            Party::Phone(leg) => (leg.call, Which::B),
        };
        let Some((conversation, _)) = self.conversation_of(call) else {
            // RFC 3261 §14.2: no session to change yet.
            return self.respond_in_dialog(now, tx, 491);
        };
        if which == Which::B && party != Party::Phone(conversation.with) {
            return self.respond_in_dialog(now, tx, 481);
        }
        let Some(theirs) = &conversation.theirs else { return self.respond_in_dialog(now, tx, 491) };
        let caller = Terms { ours: &conversation.ours, theirs };
        let phone = Terms { ours: &conversation.phone_ours, theirs: &conversation.phone_theirs };
        let (mine, other) = match which {
            Which::A => (caller, phone),
            Which::B => (phone, caller),
        };
        let (ours, awaited) = match &offer {
            None => (mine.ours.clone(), Awaited::Answer(party)),
            Some(offer) => match agree_again(which, offer, mine.ours, other) {
                Ok(agreed) => (agreed.answer, Awaited::Confirmation(party)),
                Err(_) => return self.respond_in_dialog(now, tx, 488),
            },
        };
        self.awaited.insert(tx, awaited);
        let Some(dialog) = self.dialog_of(party) else { return };
        let local_tag = dialog.key.local_tag.clone();
        let ok = self.ok_with(request, &hop, &local_tag, &ours);
        self.endpoint.accept(now.mono, tx, &ok, &local_tag);
        self.moved(party, hop, request);
        if offer.is_some() {
            self.said(call, which, offer, Some(ours));
            self.agree_anew(call, which);
        }
    }

    pub(super) fn reinvite_acked(&mut self, _now: Now, tx: ServerTx, ack: &Received) {
        let Some(Awaited::Answer(party)) = self.awaited.remove(&tx) else { return };
        let (call, which, hop) = match party {
            Party::Caller(call) => (call, Which::A, self.callers.get(&call).map(|caller| caller.hop)),
            Party::Phone(leg) => (leg.call, Which::B, self.phones.get(&leg).map(|phone| phone.hop)),
        };
        // An answer that cannot be read changes nothing: what was agreed before still stands (RFC 3261 §14.1).
        if let Some(hop) = hop
            && let Ok(Some(answer)) = self.read_offer(&ack.body, &hop)
        {
            self.said(call, which, Some(answer), None);
            self.agree_anew(call, which);
        }
    }

    pub(super) fn reinvite_never_acked(&mut self, now: Now, tx: ServerTx) {
        match self.awaited.remove(&tx) {
            None => {}
            Some(Awaited::Confirmation(Party::Caller(call)) | Awaited::Answer(Party::Caller(call))) => {
                self.bye_caller(now, call);
                self.tell(call, Input::CallerLeft(CallerLeft::Lost));
            }
            Some(Awaited::Confirmation(Party::Phone(leg)) | Awaited::Answer(Party::Phone(leg))) => {
                self.tell(leg.call, Input::LegEnded(leg, LegEnd::Silent));
                self.hang_up(now, leg, Stop::Finished);
            }
        }
    }

    /// Writes down what one side has said, and we to it.
    fn said(&mut self, call: CallId, which: Which, theirs: Option<Description>, ours: Option<Description>) {
        let Some((conversation, _)) = self.conversation_of(call) else { return };
        match which {
            Which::A => {
                conversation.theirs = theirs.or(conversation.theirs.take());
                conversation.ours = ours.unwrap_or(conversation.ours.clone());
            }
            Which::B => {
                conversation.phone_theirs = theirs.unwrap_or(conversation.phone_theirs.clone());
                conversation.phone_ours = ours.unwrap_or(conversation.phone_ours.clone());
            }
        }
    }

    fn agree_anew(&mut self, call: CallId, which: Which) {
        if let Ok(payloads) = self.payloads_of(call) {
            self.change(call, which, payloads);
        }
    }

    /// Their Contact and their address may have changed.
    fn moved(&mut self, party: Party, hop: Hop, request: &Received) {
        let interfaces = self.endpoint.interfaces.clone();
        if let Some(dialog) = self.dialog_of(party) {
            dialog.retarget(request, hop, &interfaces);
        }
        match party {
            Party::Caller(call) => {
                if let Some(caller) = self.callers.get_mut(&call) {
                    caller.hop = hop;
                }
            }
            Party::Phone(leg) => {
                if let Some(phone) = self.phones.get_mut(&leg) {
                    phone.hop = hop;
                }
            }
        }
    }

    fn dialog_of(&mut self, party: Party) -> Option<&mut Dialog> {
        match party {
            Party::Caller(call) => match &mut self.callers.get_mut(&call)?.state {
                CallerState::Answered(conversation) => Some(&mut conversation.dialog),
                CallerState::Waiting => None,
            },
            Party::Phone(leg) => match self.phones.get_mut(&leg) {
                Some(PhoneLeg { state: PhoneState::Up { dialog, .. }, .. }) => Some(dialog),
                Some(PhoneLeg { state: PhoneState::Inviting, .. }) | None => None,
            },
        }
    }

    fn respond_in_dialog(&mut self, now: Now, tx: ServerTx, code: u16) {
        self.endpoint.respond_plain(now.mono, tx, code, None, Vec::new());
    }
}
