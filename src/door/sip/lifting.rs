//! A call of the shop's own making: its phones are rung as for any caller, and whoever lifts one is the caller from then on.
//! The dialog that our INVITE has begun goes on as the caller's, and their pair of ports is the one they were invited to.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::call::event::Stop;
use crate::call::leg::{BindingId, LegId};
use crate::call::record::CallId;
use crate::media::player::Sound;
use crate::media::{Family, Keep};
use crate::now::Now;
use crate::routing::plan::PhoneId;
use crate::sip::dialog::{Dialog, DialogKey};
use crate::sip::endpoint::{ClientTx, ServerTx};
use crate::sip::hop::Hop;
use crate::sip::message::{Method, Received};
use crate::sip::outgoing::Outgoing;

use super::bridge::FarEnd;
use super::machine::machine;
use super::reason::reasons;
use super::{Acked, Audio, Begun, CallerLeg, CallerState, Conversation, Far, Party, PhoneState, Shown, SipDoor};

/// Whose INVITE the caller's leg began with.
#[derive(Debug)]
pub(super) enum Beginning {
    Theirs(ServerTx),
    /// Phones ring that are to be lifted.
    NotLifted,
    /// Ours, to the phone that was.
    Lifted {
        tx: ClientTx,
        invite: Box<Outgoing>,
        /// What they hear while nobody is there.
        tone: Arc<[Sound]>,
    },
}

impl Beginning {
    /// The INVITE that is to be answered, if the call did not begin with one of ours.
    pub(super) fn theirs(&self) -> Option<ServerTx> {
        match self {
            Beginning::Theirs(tx) => Some(*tx),
            Beginning::NotLifted | Beginning::Lifted { .. } => None,
        }
    }
}

impl SipDoor {
    /// Of which family the address of this place is, if it is there.
    pub fn family_at(&self, place: BindingId) -> Option<Family> {
        self.places.get(&place).map(|place| Family::from(place.hop.to.ip()))
    }

    /// A call of the shop's own making begins: phones are about to be rung, the first of them at this place.
    pub fn open_ours(&mut self, call: CallId, place: BindingId, shown: Shown) {
        let Some(hop) = self.places.get(&place).map(|place| place.hop) else { return };
        let lane = self.ports.next_lane(Family::from(hop.to.ip()));
        let local_tag = self.chance.tag();
        let leg = CallerLeg {
            trunk: None,
            begun: Beginning::NotLifted,
            place: None,
            hop,
            // Of nothing yet: the dialog comes with whoever lifts.
            dialog_key: DialogKey { call_id: String::new(), local_tag: local_tag.clone() },
            local_tag,
            key: String::new(),
            offer: None,
            shown,
            shown_at: HashMap::new(),
            rung: Vec::new(),
            audio: Audio { lane, caller: None, phones: Vec::new(), relay: None },
            early: None,
            hears: None,
            state: CallerState::Waiting,
        };
        self.callers.insert(call, leg);
    }

    /// Whoever has picked up at this leg is the caller from now on, and hears this until somebody else does.
    pub fn lift(&mut self, now: Now, leg: LegId, sounds: Arc<[Sound]>) {
        let lifted = self.begin_at(leg, sounds.clone(), Far::Tone { sounds });
        self.or_hang_up(now, leg.call, lifted);
    }

    /// Whoever has picked up at this leg is the caller from now on, hears this, and is recorded behind it.
    pub fn dictate(&mut self, now: Now, leg: LegId, sounds: Arc<[Sound]>, longest: Duration) {
        let keep = Keep::Hand { longest };
        let lifted = self.begin_at(leg, sounds.clone(), Far::Machine { sounds, keep });
        self.or_hang_up(now, leg.call, lifted);
    }

    fn begin_at(&mut self, leg: LegId, tone: Arc<[Sound]>, with: Far) -> Option<()> {
        let phone = self.phones.remove(&leg)?;
        self.reliable.forget_phone(leg);
        let call = leg.call;
        let (Begun::ByUs { tx, binding, invite }, PhoneState::Up { dialog, theirs }) = (phone.begun, phone.state)
        else {
            return None;
        };
        self.timers.passes_to(Party::Phone(leg), Party::Caller(call));
        self.dialogs.insert(dialog.key.clone(), Party::Caller(call));
        let caller = self.callers.get_mut(&call)?;
        caller.audio.phones.retain(|pair| pair.id != phone.pair.id);
        caller.audio.caller = Some(phone.pair);
        (caller.hop, caller.place) = (phone.hop, binding);
        caller.dialog_key = dialog.key.clone();
        caller.begun = Beginning::Lifted { tx, invite, tone };
        let conversation = Conversation {
            dialog: *dialog,
            with,
            acked: Acked::Yes,
            theirs,
            ours: phone.ours,
            phone_theirs: machine(),
            phone_ours: machine(),
        };
        caller.state = CallerState::Answered(Box::new(conversation));
        let payloads = self.payloads_of(call).ok()?;
        self.connect(call, payloads);
        Some(())
    }

    /// Whether the shop itself has begun this call.
    pub(super) fn is_ours(&self, call: CallId) -> bool {
        self.callers.get(&call).is_some_and(|caller| caller.begun.theirs().is_none())
    }

    /// Whether its phones ring, and none has been lifted.
    pub(super) fn waits_to_be_lifted(&self, call: CallId) -> bool {
        self.callers.get(&call).is_some_and(|caller| matches!(caller.begun, Beginning::NotLifted))
    }

    /// What the carrier lets be heard of this leg takes the place of our ringing tone.
    pub(super) fn let_lifter_hear(&mut self, leg: LegId) {
        let Some(early) = self.early_end_of(leg) else { return };
        let talks = |caller: &CallerLeg| matches!(&caller.state, CallerState::Answered(talk) if early.is_that_of(talk));
        if !self.callers.get(&leg.call).is_some_and(talks) {
            // Without it the tone goes on, which is true as well.
            let _ = self.hand_over(leg.call, early);
        }
    }

    /// Another carrier is asked: whoever has lifted a phone heard what the last one let be heard, and that is over.
    pub(super) fn let_lifter_wait(&mut self, call: CallId) {
        let Some(caller) = self.callers.get(&call) else { return };
        let (Beginning::Lifted { tone, .. }, CallerState::Answered(talk)) = (&caller.begun, &caller.state) else {
            return;
        };
        if let Far::Phone(_) = talk.with {
            let far = Far::Tone { sounds: tone.clone() };
            let _ = self.hand_over(call, FarEnd { far, ours: machine(), theirs: machine() });
        }
    }

    /// Whoever has lifted a phone cannot be connected: an INVITE of theirs would be refused now.
    pub(super) fn refuse_lifter(&mut self, now: Now, call: CallId) {
        if self.is_ours(call) {
            self.bye_caller(now, call, Stop::NobodyAnswered);
        }
    }

    /// Another phone behind the contact of the one that was lifted has picked up too (RFC 3261 §13.2.2.4): one is enough.
    pub(super) fn picked_up_beside(&mut self, now: Now, leg: LegId, hop: Hop, response: &Received) {
        let Some(caller) = self.callers.get(&leg.call) else { return };
        let Beginning::Lifted { tx, invite, .. } = &caller.begun else { return };
        let mut dialog = Dialog::as_caller(invite, response, hop, &self.endpoint.interfaces);
        dialog.reach(&invite.uri, caller.hop);
        self.endpoint.ack(now.mono, *tx, dialog.remote_tag.clone(), dialog.hop, &dialog.ack(invite.cseq, None));
        let bye = dialog.request(Method::Bye, reasons(Stop::AnsweredElsewhere), None);
        self.endpoint.request(now.mono, dialog.hop, bye);
    }

    /// A phone that shows something of its own for this call is about to be rung.
    pub(super) fn show_its_own(&mut self, leg: LegId, phone: PhoneId) {
        let Some(caller) = self.callers.get_mut(&leg.call) else { return };
        if let Some((_, card)) = caller.shown.own.as_ref().filter(|(own, _)| *own == phone) {
            caller.shown_at.insert(leg, card.clone());
        }
    }
}
