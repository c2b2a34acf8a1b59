//! Requests within a dialog: BYE, re-INVITE, UPDATE, PRACK, INFO.

use crate::call::event::{CallerLeft, Holder, Input, LegEnd, Said, Stop};
use crate::call::leg::LegId;
use crate::call::record::CallId;
use crate::media::sdp::{Description, Direction, Terms, agree_again};
use crate::media::{Hold, Which};
use crate::now::Now;
use crate::sip::dialog::{Dialog, Fit};
use crate::sip::endpoint::ServerTx;
use crate::sip::hop::Hop;
use crate::sip::message::{self, Header, Method, Reason, Received, Response, other};
use crate::sip::outgoing::USER_AGENT;

use super::abilities::{self, Unable};
use super::{CallerLeg, CallerState, Far, Party, PhoneLeg, PhoneState, SipDoor, scheme_called};

/// How much of a Reason's words is kept, in characters: a sentence.
const REASON_KEPT: usize = 80;
/// The longest Retry-After of an overlapping request, in seconds (RFC 3261 §14.2).
const LONGEST_LATER: u32 = 10;

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
        if request.method() == Some(&Method::Subscribe) && self.party_of(request).is_none() {
            return self.resubscribe_came(now, tx, hop, request);
        }
        let Some(party) = self.party_of(request) else { return self.respond_in_dialog(now, tx, 481) };
        match self.dialog_of(party).map(|dialog| dialog.takes(request)) {
            // A caller who has heard nothing yet has no dialog, but a BYE may end the call. A phone that was called must
            // not send one before our ACK (RFC 3261 §15): it rings on until it answers our INVITE.
            None if matches!((request.method(), party), (Some(Method::Bye), Party::Caller(_))) => {}
            None | Some(Fit::NotThis) => return self.respond_in_dialog(now, tx, 481),
            Some(Fit::OutOfOrder) => return self.respond_in_dialog(now, tx, 500),
            Some(Fit::InOrder) => {}
        }
        match request.method() {
            Some(Method::Bye) => self.bye_came(now, tx, party, request),
            Some(Method::Invite) => self.reinvite_came(now, tx, hop, party, request),
            Some(Method::Update) => self.update_came(now, tx, hop, party, request),
            Some(Method::PRack) => {
                let able = abilities::extensions(request);
                let fits = able.is_err() || self.prack_came(party, request);
                // RFC 3262 §3: 481 to what acknowledges nothing.
                if fits { self.respond_if(now, tx, able) } else { self.respond_in_dialog(now, tx, 481) }
            }
            Some(Method::Options) => self.respond_if(now, tx, abilities::extensions(request)),
            Some(Method::Refer) => self.refer_came(now, tx, party, request),
            Some(Method::Info) => {
                let able = abilities::extensions(request).and_then(|()| abilities::info(request));
                if let (Party::Phone(leg), Ok(()), false) = (party, &able, request.body.is_empty()) {
                    // A key, beside the sound.
                    self.tell(leg.call, Input::Pressed(leg));
                }
                self.respond_if(now, tx, able);
            }
            _ => {
                let unable = match abilities::method(request) {
                    Unable { code: 405, .. } => Unable { code: 405, more: vec![self.allow(party)] },
                    unable => unable,
                };
                self.respond_if(now, tx, Err(unable));
            }
        }
    }

    /// A hang-up is never refused, whatever extensions it wants.
    fn bye_came(&mut self, now: Now, tx: ServerTx, party: Party, bye: &Received) {
        let said = said(&bye.reasons);
        self.stop_asking(now, party);
        self.endpoint.respond_plain(now.mono, tx, 200, None, Vec::new());
        match party {
            Party::Caller(call) => {
                if let Some(CallerLeg { begun, state: CallerState::Answered(_), .. }) = self.callers.get(&call) {
                    begun.theirs().into_iter().for_each(|tx| self.endpoint.stop_repeating(tx));
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
        if self.is_early(party) {
            // RFC 3261 §14.2: their first INVITE comes first.
            return self.respond_later(now, tx);
        }
        if self.presence.offers(party) || self.our_offer_stands(party) {
            // RFC 3261 §14.2, RFC 3264 §4: not two INVITEs at once, and not two offers.
            return self.respond_in_dialog(now, tx, 491);
        }
        // T.38 ends here too: a fax that finds no other way goes on by sound.
        let Ok(offer) = self.read_offer(&request.body, &hop) else { return self.respond_in_dialog(now, tx, 488) };
        let ours = match self.answer_anew(party, offer.as_ref()) {
            Ok(ours) => ours,
            Err(code) => return self.respond_in_dialog(now, tx, code),
        };
        let awaited = match &offer {
            Some(_) => Awaited::Confirmation(party),
            None => Awaited::Answer(party, Box::new(ours.clone())),
        };
        self.awaited.insert(tx, awaited);
        let Some(dialog) = self.dialog_of(party) else { return };
        let local_tag = dialog.key.local_tag.clone();
        let mut ok = self.ok_with(party, request, &hop, &local_tag, &ours);
        self.timers.accepting(now.mono, party, request).into_iter().for_each(|header| ok.headers.push(header));
        self.endpoint.accept(now.mono, tx, &ok, &local_tag);
        self.moved(party, hop, request);
        if let Some(offer) = offer {
            self.agree_anew(party.call(), party.which(), offer, ours);
        }
    }

    /// The same by UPDATE (RFC 3311), which needs no ACK and may come without an offer: then it refreshes the session, or
    /// says where they are now.
    fn update_came(&mut self, now: Now, tx: ServerTx, hop: Hop, party: Party, request: &Received) {
        if let Err(unable) = abilities::invite(request) {
            return self.respond_if(now, tx, Err(unable));
        }
        if let Party::Phone(leg) = party
            && !self.is_far_end(leg)
        {
            // RFC 3261 §12.2.1.2: 481 would end the dialog of one who has only just picked up.
            return match (self.waits_up(leg), request.body.is_empty()) {
                (true, true) => self.respond_if(now, tx, Ok(())),
                (true, false) => self.respond_in_dialog(now, tx, 491),
                (false, _) => self.respond_in_dialog(now, tx, 481),
            };
        }
        let Ok(offer) = self.read_offer(&request.body, &hop) else { return self.respond_in_dialog(now, tx, 488) };
        if offer.is_some() && self.is_early(party) {
            // §5.2: we have their INVITE's offer, and not answered it yet.
            return self.respond_later(now, tx);
        }
        if offer.is_some() && (self.presence.offers(party) || self.our_offer_stands(party)) {
            // §5.2: we have offered something ourselves.
            return self.respond_in_dialog(now, tx, 491);
        }
        let ours = match offer.as_ref().map(|offer| self.answer_anew(party, Some(offer))).transpose() {
            Ok(ours) => ours,
            Err(code) => return self.respond_in_dialog(now, tx, code),
        };
        let mut ok = self.ok_to_update(party, request, &hop, ours.as_ref());
        // A session that has not begun has no timer (RFC 4028 §7.2).
        if !self.is_early(party) {
            self.timers.accepting(now.mono, party, request).into_iter().for_each(|header| ok.headers.push(header));
        }
        self.endpoint.respond(now.mono, tx, &ok);
        self.moved(party, hop, request);
        if let (Some(offer), Some(ours)) = (offer, ours) {
            self.agree_anew(party.call(), party.which(), offer, ours);
        }
    }

    /// What we say to a new offer of one side, or offer where it wants our offer.
    ///
    /// # Errors
    /// The status of the refusal; all stays as it was.
    fn answer_anew(&mut self, party: Party, offer: Option<&Description>) -> Result<Description, u16> {
        if let Party::Phone(leg) = party
            && !self.is_far_end(leg)
        {
            // A cell that is asked for a key, or a phone whose caller's row is not durable yet: there is no session to change.
            return Err(if self.waits_up(leg) { 491 } else { 481 });
        }
        // RFC 3261 §14.2: no session to change yet.
        let (conversation, _) = self.conversation_of(party.call()).ok_or(491_u16)?;
        let theirs = conversation.theirs.as_ref().ok_or(491_u16)?;
        let caller = Terms { ours: &conversation.ours, theirs };
        let phone = Terms { ours: &conversation.phone_ours, theirs: &conversation.phone_theirs };
        let which = party.which();
        let (mine, other) = match which {
            Which::A => (caller, phone),
            Which::B => (phone, caller),
        };
        match offer {
            // Whoever asks for our offer may want the call back from hold: all is offered (RFC 6337 §5.2.5).
            None => Ok(Description { direction: Direction::SendRecv, ..mine.ours.clone() }.after(mine.ours)),
            Some(offer) => agree_again(which, offer, mine.ours, other).map(|agreed| agreed.answer).map_err(|_| 488),
        }
    }

    /// Whether this phone has picked up and is not connected yet, nor hung up on.
    fn waits_up(&self, leg: LegId) -> bool {
        let is_up = self.phones.get(&leg).is_some_and(|phone| matches!(phone.state, PhoneState::Up { .. }));
        let left = self.byes.values().any(|left| *left == leg);
        is_up
            && !left
            && !self.callers.get(&leg.call).is_some_and(|caller| matches!(caller.state, CallerState::Answered(_)))
    }

    /// Whether this phone is the one the caller talks with, and was not hung up on.
    pub(super) fn is_far_end(&mut self, leg: LegId) -> bool {
        let left = self.byes.values().any(|left| *left == leg);
        let conversation = self.conversation_of(leg.call).map(|(conversation, _)| conversation);
        !left && conversation.is_some_and(|talks| matches!(talks.with, Far::Phone(with) if with == leg))
    }

    /// Whether our answer to the INVITE of this side is still to come.
    fn is_early(&self, party: Party) -> bool {
        match party {
            Party::Caller(call) => {
                matches!(self.callers.get(&call), Some(CallerLeg { state: CallerState::Waiting, .. }))
            }
            Party::Phone(_) => false,
        }
    }

    /// Whether an offer of ours, in the answer to a re-INVITE, waits for theirs.
    fn our_offer_stands(&self, party: Party) -> bool {
        let is_answer = |awaited: &Awaited| awaited.party() == party && matches!(awaited, Awaited::Answer(..));
        self.awaited.values().any(is_answer)
    }

    /// A 200 to an UPDATE (RFC 3311 §5.2), with our description where they have offered something.
    fn ok_to_update(&self, party: Party, update: &Received, hop: &Hop, ours: Option<&Description>) -> Response {
        match (ours, update.to.tag()) {
            (Some(ours), Some(local_tag)) => self.ok_with(party, update, hop, local_tag, ours),
            _ => {
                let mut ok = message::response_to(update, 200, None);
                ok.headers.push(self.contact(hop, scheme_called(update)));
                ok.headers.push(self.allow(party));
                ok.headers.push(Header::Server(USER_AGENT.into()));
                ok
            }
        }
    }

    pub(super) fn reinvite_acked(&mut self, _now: Now, tx: ServerTx, ack: &Received) {
        let Some(Awaited::Answer(party, ours)) = self.awaited.remove(&tx) else { return };
        let (call, which, hop) = match party {
            Party::Caller(call) => (call, Which::A, self.callers.get(&call).map(|caller| caller.hop)),
            Party::Phone(leg) => (leg.call, Which::B, self.phones.get(&leg).map(|phone| phone.hop)),
        };
        // Who has given the call away meanwhile has no say in how the others talk.
        let counts = match party {
            Party::Caller(_) => true,
            Party::Phone(leg) => self.is_far_end(leg),
        };
        // An answer that cannot be read changes nothing: what was agreed before still stands (RFC 3261 §14.1).
        if let Some(hop) = hop.filter(|_| counts)
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
                Far::Machine { .. } | Far::Tone { .. } => return,
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
                    self.purses.caller_is(call, &hop);
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
            Party::Caller(call) => {
                let caller = self.callers.get_mut(&call)?;
                match &mut caller.state {
                    CallerState::Answered(conversation) => Some(&mut conversation.dialog),
                    CallerState::Waiting => caller.early.as_deref_mut(),
                }
            }
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

    /// RFC 3261 §14.2, RFC 3311 §5.2: what comes before we have answered what came before it is to come again, at a moment
    /// that nobody else has chosen.
    fn respond_later(&mut self, now: Now, tx: ServerTx) {
        let seconds = self.chance.word() % (LONGEST_LATER + 1);
        let more = vec![other("Retry-After", &seconds.to_string())];
        self.endpoint.respond_plain(now.mono, tx, 500, None, more);
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
