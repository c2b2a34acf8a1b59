//! Requests within a dialog: BYE, re-INVITE, INFO.

use crate::call::event::{CallerLeft, Holder, Input, LegEnd, Said, Stop};
use crate::call::record::CallId;
use crate::media::sdp::{Description, Direction, Terms, agree_again};
use crate::media::{Hold, Which};
use crate::now::Now;
use crate::sip::dialog::{Dialog, Fit};
use crate::sip::endpoint::ServerTx;
use crate::sip::hop::Hop;
use crate::sip::message::{Method, Reason, Received};

use super::abilities::{self, Unable};
use super::{CallerLeg, CallerState, Far, Party, PhoneLeg, PhoneState, SipDoor};

/// How much of a Reason's words is kept, in characters: a sentence.
const REASON_KEPT: usize = 80;

/// Whose answer the ACK of a re-INVITE confirms, or brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// They offered, we answered; nothing more is to come.
    Confirmation(Party),
    /// They asked for our offer, which is this: the ACK brings their answer.
    Answer(Party, Box<Description>),
}

impl Awaited {
    pub(super) fn party(&self) -> Party {
        let (Awaited::Confirmation(party) | Awaited::Answer(party, _)) = self;
        *party
    }
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
            Some(Method::Bye) => self.bye_came(now, tx, party, request),
            Some(Method::Invite) => self.reinvite_came(now, tx, hop, party, request),
            Some(Method::Options) => self.respond_if(now, tx, abilities::extensions(request)),
            Some(Method::Info) => {
                let able = abilities::extensions(request).and_then(|()| abilities::info(request));
                if let (Party::Phone(leg), Ok(()), false) = (party, &able, request.body.is_empty()) {
                    // A key, beside the sound.
                    self.tell(leg.call, Input::Pressed(leg));
                }
                self.respond_if(now, tx, able);
            }
            _ => self.respond_if(now, tx, Err(abilities::method(request))),
        }
    }

    /// A hang-up is never refused, whatever extensions it wants.
    fn bye_came(&mut self, now: Now, tx: ServerTx, party: Party, bye: &Received) {
        let said = said(&bye.reasons);
        self.stop_asking(now, party);
        self.endpoint.respond_plain(now.mono, tx, 200, None, Vec::new());
        match party {
            Party::Caller(call) => {
                if let Some(CallerLeg { tx, state: CallerState::Answered(_), .. }) = self.callers.get(&call) {
                    self.endpoint.stop_repeating(*tx);
                    self.forget_caller(call);
                }
                self.tell(call, Input::CallerLeft(CallerLeft::HungUp, said));
            }
            Party::Phone(leg) => {
                self.forget_phone(leg);
                self.tell(leg.call, Input::LegHungUp(leg, said));
            }
        }
    }

    /// A new offer from one side is answered by us at once, in the terms that stand with the other side; that side hears
    /// nothing of it but silence or sound (RFC 3264 §8). So hold, a new address and a session refresh all come out right.
    fn reinvite_came(&mut self, now: Now, tx: ServerTx, hop: Hop, party: Party, request: &Received) {
        if let Err(unable) = abilities::invite(request) {
            return self.respond_if(now, tx, Err(unable));
        }
        if self.presence.asks(party) {
            // RFC 3261 §14.2: not two INVITEs at once.
            return self.respond_in_dialog(now, tx, 491);
        }
        let our_offer_stands = |awaited: &Awaited| awaited.party() == party && matches!(awaited, Awaited::Answer(..));
        if self.awaited.values().any(our_offer_stands) {
            // RFC 3264 §4: not two offers at once.
            return self.respond_in_dialog(now, tx, 491);
        }
        // T.38 ends here too: a fax that finds no other way goes on by sound.
        let Ok(offer) = self.read_offer(&request.body, &hop) else { return self.respond_in_dialog(now, tx, 488) };
        let (call, which) = match party {
            Party::Caller(call) => (call, Which::A),
            Party::Phone(leg) => (leg.call, Which::B),
        };
        let Some((conversation, _)) = self.conversation_of(call) else {
            // RFC 3261 §14.2: no session to change yet.
            return self.respond_in_dialog(now, tx, 491);
        };
        let is_far_end = |leg| matches!(conversation.with, Far::Phone(with) if with == leg);
        if let Party::Phone(leg) = party
            && !is_far_end(leg)
        {
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
            None => {
                // Whoever asks for our offer may want the call back from hold: all is offered (RFC 6337 §5.2.5).
                let all = Description { direction: Direction::SendRecv, ..mine.ours.clone() };
                let ours = all.after(mine.ours);
                (ours.clone(), Awaited::Answer(party, Box::new(ours)))
            }
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
        if let Some(offer) = offer {
            self.agree_anew(call, which, offer, ours);
        }
    }

    pub(super) fn reinvite_acked(&mut self, _now: Now, tx: ServerTx, ack: &Received) {
        let Some(Awaited::Answer(party, ours)) = self.awaited.remove(&tx) else { return };
        let (call, which, hop) = match party {
            Party::Caller(call) => (call, Which::A, self.callers.get(&call).map(|caller| caller.hop)),
            Party::Phone(leg) => (leg.call, Which::B, self.phones.get(&leg).map(|phone| phone.hop)),
        };
        // An answer that cannot be read changes nothing: what was agreed before still stands (RFC 3261 §14.1).
        if let Some(hop) = hop
            && let Ok(Some(answer)) = self.read_offer(&ack.body, &hop)
        {
            self.agree_anew(call, which, answer, *ours);
        }
    }

    pub(super) fn reinvite_never_acked(&mut self, now: Now, tx: ServerTx) {
        match self.awaited.remove(&tx).map(|awaited| awaited.party()) {
            None => {}
            Some(Party::Caller(call)) => {
                self.bye_caller(now, call, Stop::Finished);
                self.tell(call, Input::CallerLeft(CallerLeft::Lost, None));
            }
            Some(Party::Phone(leg)) => {
                self.tell(leg.call, Input::LegEnded(leg, LegEnd::Silent));
                self.hang_up(now, leg, Stop::Finished);
            }
        }
    }

    /// One side has said something new, and we to it: from now on that counts, unless the two sides would no longer
    /// understand each other.
    pub(super) fn agree_anew(&mut self, call: CallId, which: Which, theirs: Description, ours: Description) {
        let Some((theirs_before, ours_before)) = self.say(call, which, theirs, ours) else { return };
        let Ok(payloads) = self.payloads_of(call) else {
            self.say(call, which, theirs_before, ours_before);
            return;
        };
        self.change(call, which, payloads);
        self.tell_hold(call, which, theirs_before.hold());
    }

    /// Writes down what one side says, and we to it. The answer is what was said before.
    fn say(
        &mut self,
        call: CallId,
        which: Which,
        theirs: Description,
        ours: Description,
    ) -> Option<(Description, Description)> {
        let (conversation, _) = self.conversation_of(call)?;
        let said = match which {
            Which::A => (conversation.theirs.as_mut()?, &mut conversation.ours),
            Which::B => (&mut conversation.phone_theirs, &mut conversation.phone_ours),
        };
        Some((std::mem::replace(said.0, theirs), std::mem::replace(said.1, ours)))
    }

    /// Tells the call when this side has put it on hold, or taken it back.
    pub(super) fn tell_hold(&mut self, call: CallId, which: Which, before: Hold) {
        let Some((conversation, _)) = self.conversation_of(call) else { return };
        let (holder, theirs) = match which {
            Which::A => (Holder::Caller, conversation.theirs.as_ref()),
            Which::B => match conversation.with {
                Far::Phone(leg) => (Holder::Leg(leg), Some(&conversation.phone_theirs)),
                Far::Machine { .. } => return,
            },
        };
        match (before, theirs.map(Description::hold)) {
            (Hold::Talking, Some(Hold::Held)) => self.tell(call, Input::Held(holder)),
            (Hold::Held, Some(Hold::Talking)) => self.tell(call, Input::Resumed(holder)),
            (Hold::Talking, Some(Hold::Talking)) | (Hold::Held, Some(Hold::Held)) | (_, None) => {}
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

    pub(super) fn dialog_of(&mut self, party: Party) -> Option<&mut Dialog> {
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

    fn respond_if(&mut self, now: Now, tx: ServerTx, able: Result<(), Unable>) {
        match able {
            Ok(()) => self.respond_in_dialog(now, tx, 200),
            Err(unable) => self.endpoint.respond_plain(now.mono, tx, unable.code, None, unable.more),
        }
    }

    fn respond_in_dialog(&mut self, now: Now, tx: ServerTx, code: u16) {
        self.endpoint.respond_plain(now.mono, tx, code, None, Vec::new());
    }
}

/// The Reasons of a BYE in a reader's words: "Q.850 16 Normal call clearing".
fn said(reasons: &[Reason]) -> Option<Said> {
    let one = |reason: &Reason| {
        let cause = reason.cause.map(|cause| format!(" {cause}")).unwrap_or_default();
        let text = reason.text.as_deref().filter(|text| !text.is_empty()).map(|text| format!(" {text}"));
        format!("{}{cause}{}", reason.protocol, text.unwrap_or_default())
    };
    let text = reasons.iter().map(one).collect::<Vec<_>>().join(", ");
    (!text.is_empty()).then(|| Said(text.chars().take(REASON_KEPT).collect()))
}
