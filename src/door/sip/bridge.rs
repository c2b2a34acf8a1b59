//! The conversation: the caller's 200, the audio of both sides, and its end.

use std::sync::Arc;

use crate::call::event::{CallerLeft, Input, Stop};
use crate::call::leg::LegId;
use crate::call::record::CallId;
use crate::media::g711::Law;
use crate::media::listens::Listens;
use crate::media::player::{Sound, Stream};
use crate::media::sdp::{
    Agreed, Description, Disagreement, Here, NoSharedCodec, Payloads, Protection, Terms, agree, agree_late, keys,
    our_offer,
};
use crate::media::srtp::MasterKey;
use crate::media::{Ask, Attend, Command, Family, Hold, Keep, Pair, RelayId, Which};
use crate::now::Now;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::ServerTx;
use crate::sip::hop::Hop;
use crate::sip::message::{self, Header, Method, Received, Response};
use crate::sip::outgoing::USER_AGENT;

use super::machine::machine;
use super::reason::reasons;
use super::{
    Acked, Audio, CallerLeg, CallerState, Conversation, Far, Party, PhoneLeg, PhoneState, SipDoor, reached_at,
    scheme_called,
};

/// Who the caller is to be connected with, and what was agreed upon there.
pub(super) struct FarEnd {
    pub far: Far,
    pub ours: Description,
    pub theirs: Description,
}

impl FarEnd {
    /// The phone on the far side, and what it has said last, are these.
    pub(super) fn is_that_of(&self, talk: &Conversation) -> bool {
        let same = matches!((&self.far, &talk.with), (Far::Phone(leg), Far::Phone(with)) if leg == with);
        same && self.theirs == talk.phone_theirs
    }
}

impl SipDoor {
    /// Whether the caller and a phone that has picked up would understand each other.
    pub(super) fn fits(&self, leg: LegId, pair: Pair, theirs: &Description) -> bool {
        let (Some(caller), Some(phone)) = (self.callers.get(&leg.call), self.phones.get(&leg)) else { return false };
        let phone = Terms { ours: &phone.ours, theirs };
        if keys(phone.ours, theirs).is_err() {
            return false;
        }
        if let CallerState::Answered(talk) = &caller.state {
            let caller = Terms { ours: &talk.ours, theirs: talk.theirs.as_ref().unwrap_or(&talk.ours) };
            return agree_late(caller, phone).is_ok();
        }
        match &caller.offer {
            // Only whether it fits is asked: the address and port do not matter.
            Some(offer) => agree(offer, phone, Here { address: theirs.address, port: pair.rtp, session_id: 0 }).is_ok(),
            None => theirs.formats.iter().any(|format| format.codec.is_voice()),
        }
    }

    /// Answers the caller and, when both descriptions are known, lets them hear each other.
    pub(super) fn answer(&mut self, now: Now, call: CallId, leg: LegId) {
        self.take_over(leg);
        self.answer_taker(now, leg);
        let answered = self.far_end_of(leg).and_then(|far| self.answer_with(now, call, far));
        self.or_hang_up(now, call, answered);
    }

    /// Answers the caller with the closed shop's greeting, and takes a message behind it.
    pub fn greet(&mut self, now: Now, call: CallId, sounds: Arc<[Sound]>) {
        let far = Far::Machine { sounds, keep: Keep::File };
        let machine = FarEnd { far, ours: machine(), theirs: machine() };
        let answered = self.answer_with(now, call, machine);
        self.or_hang_up(now, call, answered);
    }

    pub(super) fn or_hang_up(&mut self, now: Now, call: CallId, answered: Option<()>) {
        if answered.is_none() {
            // No port left, or the phone is gone again: the caller must not be left hanging.
            match self.callers.get(&call) {
                Some(CallerLeg { state: CallerState::Answered(_), .. }) => self.bye_caller(now, call, Stop::Lost),
                Some(CallerLeg { begun, local_tag, .. }) => {
                    if let Some(tx) = begun.theirs() {
                        self.endpoint.respond_plain(now.mono, tx, 486, Some(local_tag), Vec::new());
                    }
                    self.forget_caller(call);
                }
                None => {}
            }
            self.tell(call, Input::CallerLeft(CallerLeft::NotConnected, None));
        }
    }

    pub(super) fn far_end_of(&self, leg: LegId) -> Option<FarEnd> {
        let phone = self.phones.get(&leg)?;
        let PhoneState::Up { theirs: Some(theirs), .. } = &phone.state else { return None };
        Some(FarEnd { far: Far::Phone(leg), ours: phone.ours.clone(), theirs: theirs.clone() })
    }

    fn answer_with(&mut self, now: Now, call: CallId, far_end: FarEnd) -> Option<()> {
        match &self.callers.get(&call)?.state {
            // They hear each other already.
            CallerState::Answered(talk) if far_end.is_that_of(talk) => return Some(()),
            CallerState::Answered(_) => return self.hand_over(call, far_end),
            CallerState::Waiting => {}
        }
        let FarEnd { far: with, ours: phone_ours, theirs: phone_theirs } = far_end;
        let pair = self.caller_pair(call)?;
        let session_id = self.chance.bits() >> 1;
        let heard = self.callers.get_mut(&call)?.hears.take();
        let asked = self.callers.get(&call)?.offer.as_ref().map(|offer| offer.protection.clone());
        let protection = asked.unwrap_or(Protection::Plain).answered(|| MasterKey(self.chance.bytes()));
        let caller = self.callers.get(&call)?;
        let here = Here { address: self.endpoint.interfaces.ip_towards(&caller.hop), port: pair.rtp, session_id };
        let terms = Terms { ours: &phone_ours, theirs: &phone_theirs };
        let (ours, payloads) = match (&caller.offer, &heard) {
            // What they were told before anybody picked up stands (RFC 3261 §13.2.1).
            (Some(offer), Some(heard)) => {
                let payloads = agree_late(Terms { ours: &heard.ours, theirs: offer }, terms).ok()?;
                (heard.ours.clone(), Some(payloads))
            }
            (Some(offer), None) => {
                let Agreed { answer, payloads } = agree(offer, terms, here).ok()?;
                (Description { protection, ..answer }, Some(payloads))
            }
            (None, _) => (our_offer(here), None),
        };
        let goes_on = match (&heard, &with) {
            (Some(heard), Far::Phone(leg)) => heard.leg == *leg && heard.theirs == phone_theirs,
            (Some(_) | None, _) => false,
        };
        let tx = caller.begun.theirs()?;
        let (hop, local_tag, theirs) = (caller.hop, caller.local_tag.clone(), caller.offer.clone());
        let invite = self.endpoint.request_of(tx)?;
        // What our 180 began goes on, wherever they have moved since.
        let dialog = match &caller.early {
            Some(early) => Dialog::clone(early),
            None => {
                let mut dialog = Dialog::as_callee(invite, &local_tag, hop, &self.endpoint.interfaces);
                reached_at(&self.places, caller.place, &mut dialog);
                dialog
            }
        };
        let mut ok = self.ok_with(Party::Caller(call), invite, &hop, &local_tag, &ours);
        let timer = self.timers.accepting(now.mono, Party::Caller(call), invite);
        timer.into_iter().for_each(|header| ok.headers.push(header));
        self.endpoint.accept(now.mono, tx, &ok, &local_tag);
        self.reliable.answered(call);
        let conversation = Conversation { dialog, with, acked: Acked::NotYet, theirs, ours, phone_theirs, phone_ours };
        let caller = self.callers.get_mut(&call)?;
        caller.early = None;
        caller.state = CallerState::Answered(Box::new(conversation));
        if let Some(heard) = heard.filter(|_| !goes_on) {
            self.unhear(heard.leg);
        }
        if let Some(payloads) = payloads.filter(|_| !goes_on) {
            self.connect(call, payloads);
        }
        Some(())
    }

    /// The same before it has picked up, where its carrier lets something be heard.
    pub(super) fn early_end_of(&self, leg: LegId) -> Option<FarEnd> {
        let phone = self.phones.get(&leg)?;
        let theirs = phone.early.clone()?;
        self.fits(leg, phone.pair, &theirs).then(|| FarEnd { far: Far::Phone(leg), ours: phone.ours.clone(), theirs })
    }

    /// The caller talks with somebody, or hears the machine, and from now on somebody else. To the caller's telephone nothing
    /// is said: it is our end that has changed.
    pub(super) fn hand_over(&mut self, call: CallId, far_end: FarEnd) -> Option<()> {
        let caller = self.callers.get_mut(&call)?;
        let (lane, relay) = (caller.audio.lane, caller.audio.relay.take());
        let CallerState::Answered(conversation) = &mut caller.state else { return None };
        let FarEnd { far, ours, theirs } = far_end;
        (conversation.with, conversation.phone_ours, conversation.phone_theirs) = (far, ours, theirs);
        let awaited = conversation.theirs.is_none();
        if let Some(relay) = relay {
            self.relays.remove(&relay);
            self.media.push_back(Command::Release { relay: Some(relay), lane, pairs: Vec::new() });
        }
        if !awaited {
            let payloads = self.payloads_of(call).ok()?;
            self.connect(call, payloads);
        }
        Some(())
    }

    /// A 200 with our description (RFC 3261 §13.3.1.4).
    pub(super) fn ok_with(
        &self,
        party: Party,
        invite: &Received,
        hop: &Hop,
        local_tag: &str,
        ours: &Description,
    ) -> Response {
        let mut ok = message::response_to(invite, 200, Some(local_tag));
        ok.headers.push(self.contact(hop, scheme_called(invite)));
        ok.headers.push(self.allow(party));
        ok.headers.push(self.supported(party));
        ok.headers.push(Header::Server(USER_AGENT.into()));
        ok.headers.push(Header::ContentType("application/sdp".into()));
        ok.body = ours.write();
        ok
    }

    /// From here on both hear each other.
    pub(super) fn connect(&mut self, call: CallId, payloads: Payloads) {
        self.last_relay = self.last_relay.wrapping_add(1);
        let relay = RelayId(self.last_relay);
        // RFC 3550 §5.1: they begin anywhere.
        let (ssrc, timestamp, sequence) = (self.chance.word(), self.chance.word(), self.chance.half_word());
        let Some(caller) = self.callers.get_mut(&call) else { return };
        let CallerState::Answered(conversation) = &caller.state else { return };
        let (Some(pair), Some(theirs)) = (caller.audio.caller, &conversation.theirs) else { return };
        let lane = caller.audio.lane;
        // Without keys where there must be some, nobody hears anything: never in the open instead.
        let Ok(keys_a) = keys(&conversation.ours, theirs) else { return };
        let Ok(keys_b) = keys(&conversation.phone_ours, &conversation.phone_theirs) else { return };
        let a = theirs.side(pair.id, caller.hop.to.ip(), payloads.a, keys_a);
        // The first of the machine's formats.
        let stream = Stream { law: Law::Ulaw, payload_type: 0, ssrc, sequence, timestamp };
        let command = match &conversation.with {
            Far::Phone(leg) => {
                let Some(phone) = self.phones.get(leg) else { return };
                let b = conversation.phone_theirs.side(phone.pair.id, phone.hop.to.ip(), payloads.b, keys_b);
                Command::Connect { relay, lane, a, b }
            }
            Far::Machine { sounds, keep } => {
                let attend = Attend {
                    recording: call.0,
                    sounds: sounds.clone(),
                    stream,
                    listens: Listens::to(&conversation.phone_theirs.formats),
                    keep: *keep,
                };
                Command::Attend { relay, lane, a, b: payloads.b, attend: Box::new(attend) }
            }
            Far::Tone { sounds } => {
                let listens = Listens::to(&conversation.phone_theirs.formats);
                let ask = Ask { sounds: sounds.clone(), stream, listens };
                Command::Ask { relay, lane, a, b: payloads.b, ask: Box::new(ask) }
            }
        };
        caller.audio.relay = Some(relay);
        self.relays.insert(relay, call);
        self.media.push_back(command);
        // A side may begin on hold.
        self.tell_hold(call, Which::A, Hold::Talking);
        self.tell_hold(call, Which::B, Hold::Talking);
    }

    /// Lets them hear each other by what both have last said.
    pub(super) fn connect_anew(&mut self, call: CallId) -> Option<()> {
        let payloads = self.payloads_of(call).ok()?;
        self.connect(call, payloads);
        Some(())
    }

    /// Brings the relay up to what was agreed anew.
    pub(super) fn change(&mut self, call: CallId, which: Which, payloads: Payloads) {
        let Some(caller) = self.callers.get(&call) else { return };
        let CallerState::Answered(conversation) = &caller.state else { return };
        let (Some(pair), Some(theirs), Some(relay)) = (caller.audio.caller, &conversation.theirs, caller.audio.relay)
        else {
            return;
        };
        let lane = caller.audio.lane;
        let Ok(keys_a) = keys(&conversation.ours, theirs) else { return };
        let Ok(keys_b) = keys(&conversation.phone_ours, &conversation.phone_theirs) else { return };
        let a = theirs.side(pair.id, caller.hop.to.ip(), payloads.a, keys_a);
        let Far::Phone(leg) = conversation.with else {
            let b = payloads.b;
            return self.media.push_back(Command::ChangeAttended { relay, lane, a, b });
        };
        let Some(phone) = self.phones.get(&leg) else { return };
        let b = conversation.phone_theirs.side(phone.pair.id, phone.hop.to.ip(), payloads.b, keys_b);
        let (first, second) = match which {
            Which::A => ((Which::A, a), (Which::B, b)),
            Which::B => ((Which::B, b), (Which::A, a)),
        };
        for (which, side) in [first, second] {
            self.media.push_back(Command::Change { relay, lane, which, side });
        }
    }

    /// What both sides said last, and the payload types that follow from it.
    pub(super) fn payloads_of(&self, call: CallId) -> Result<Payloads, Disagreement> {
        let Some(CallerLeg { state: CallerState::Answered(conversation), .. }) = self.callers.get(&call) else {
            return Err(NoSharedCodec.into());
        };
        let theirs = conversation.theirs.as_ref().ok_or(NoSharedCodec)?;
        keys(&conversation.ours, theirs)?;
        keys(&conversation.phone_ours, &conversation.phone_theirs)?;
        let payloads = agree_late(
            Terms { ours: &conversation.ours, theirs },
            Terms { ours: &conversation.phone_ours, theirs: &conversation.phone_theirs },
        )?;
        Ok(payloads)
    }

    /// The ACK of the caller's INVITE, or of a re-INVITE.
    pub(super) fn acked(&mut self, now: Now, tx: ServerTx, ack: &Received) {
        if self.taker_acked(now, tx) || self.has_acknowledged(tx) {
            return;
        }
        let Some(&call) = self.invites.get(&tx) else { return self.reinvite_acked(now, tx, ack) };
        let Some(caller) = self.callers.get_mut(&call) else { return };
        let hop = caller.hop;
        let CallerState::Answered(conversation) = &mut caller.state else { return };
        let before = std::mem::replace(&mut conversation.acked, Acked::Yes);
        let awaited = conversation.theirs.is_none();
        if let Acked::ThenHangUp(why) = before {
            return self.bye_caller(now, call, why);
        }
        if awaited {
            // The INVITE came without an offer: this is the answer to ours (RFC 3261 §13.2.1).
            let answer = self.read_offer(&ack.body, &hop).ok().flatten();
            if let Some(CallerLeg { state: CallerState::Answered(conversation), .. }) = self.callers.get_mut(&call) {
                conversation.theirs = answer;
            }
            match self.payloads_of(call) {
                Ok(payloads) => self.connect(call, payloads),
                Err(_) => {
                    self.bye_caller(now, call, Stop::Finished);
                    self.tell(call, Input::CallerLeft(CallerLeft::Lost, None));
                }
            }
        }
    }

    /// RFC 3261 §13.3.1.4: 64·T1 without an ACK, and the dialog is to be ended.
    pub(super) fn never_acked(&mut self, now: Now, tx: ServerTx) {
        if self.taker_never_acked(now, tx) || self.has_not_acknowledged(now, tx) {
            return;
        }
        match self.invites.get(&tx).copied() {
            Some(call) => {
                self.bye_caller(now, call, Stop::Finished);
                self.tell(call, Input::CallerLeft(CallerLeft::Lost, None));
            }
            None => self.reinvite_never_acked(now, tx),
        }
    }

    /// Hangs up on the caller: now, or as soon as our 200 is acknowledged.
    pub(super) fn hang_up_caller(&mut self, now: Now, call: CallId, why: Stop) {
        let Some(caller) = self.callers.get_mut(&call) else { return };
        let CallerState::Answered(conversation) = &mut caller.state else { return };
        match conversation.acked {
            Acked::Yes => self.bye_caller(now, call, why),
            Acked::NotYet | Acked::ThenHangUp(_) => {
                conversation.acked = Acked::ThenHangUp(why);
                // A recording ends now: nobody knows whether the ACK ever comes.
                if let Far::Machine { .. } = conversation.with
                    && let Some(relay) = caller.audio.relay.take()
                {
                    let (lane, pairs) = (caller.audio.lane, Vec::new());
                    self.relays.remove(&relay);
                    self.media.push_back(Command::Release { relay: Some(relay), lane, pairs });
                }
            }
        }
    }

    pub(super) fn bye_caller(&mut self, now: Now, call: CallId, why: Stop) {
        self.stop_asking(now, Party::Caller(call));
        let Some(caller) = self.callers.get_mut(&call) else { return };
        if let CallerState::Answered(conversation) = &mut caller.state {
            let hop = conversation.dialog.hop;
            let bye = conversation.dialog.request(Method::Bye, reasons(why), None);
            self.endpoint.request(now.mono, hop, bye);
        }
        self.forget_caller(call);
    }

    /// The caller's own pair of ports.
    fn caller_pair(&mut self, call: CallId) -> Option<Pair> {
        let caller = self.callers.get_mut(&call)?;
        if caller.audio.caller.is_none() {
            let family = Family::from(caller.hop.to.ip());
            caller.audio.caller = self.ports.take(caller.audio.lane, family);
        }
        caller.audio.caller
    }

    /// Gives the ports of a call back to the packet threads.
    pub(super) fn release(&mut self, audio: &Audio) {
        let pairs: Vec<_> = audio.caller.iter().chain(&audio.phones).map(|pair| pair.id).collect();
        if let Some(relay) = audio.relay {
            self.relays.remove(&relay);
        }
        if !pairs.is_empty() {
            self.ports.released(pairs.len());
            self.media.push_back(Command::Release { relay: audio.relay, lane: audio.lane, pairs });
        }
    }

    /// The phone on the other side of this caller's conversation.
    pub(super) fn conversation_of(&mut self, call: CallId) -> Option<(&mut Conversation, Option<&PhoneLeg>)> {
        let CallerState::Answered(conversation) = &mut self.callers.get_mut(&call)?.state else { return None };
        let phone = match conversation.with {
            Far::Phone(leg) => self.phones.get(&leg),
            Far::Machine { .. } | Far::Tone { .. } => None,
        };
        Some((conversation, phone))
    }
}
