//! A phone that has two calls puts the others of both together, and is out of it: REFER in one of the two dialogs, to a URI
//! that bids the other one be replaced (RFC 5589 §7, RFC 3891). Both dialogs are with us, so nobody is called anew: the sound
//! is connected otherwise, and the phone is hung up on in both. The telephones of those who are left hear of nothing.

use crate::call::leg::LegId;
use crate::call::record::CallId;
use crate::media::Command;
use crate::media::sdp::{Description, Terms, agree_late};
use crate::now::Now;
use crate::sip::dialog::DialogKey;
use crate::sip::endpoint::ServerTx;
use crate::sip::message::{Method, Replaces, other};

use super::bridge::FarEnd;
use super::lifting::Beginning;
use super::{Acked, Begun, CallerState, Conversation, Far, Party, PhoneLeg, PhoneState, Shown, SipDoor, loops};

/// Why two calls of a phone are not joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotJoined {
    /// They are not its to join.
    NotThese,
    /// One of them is over.
    Gone,
    /// One of them is about to say something else.
    NotNow,
    NothingShared,
    /// A relay is of one packet thread, and so are its ports: here each call has its own.
    OnTwoThreads,
}

impl NotJoined {
    fn status(self) -> u16 {
        match self {
            NotJoined::NotThese => 403,
            NotJoined::Gone => 481,
            NotJoined::NotNow => 491,
            NotJoined::NothingShared | NotJoined::OnTwoThreads => 488,
        }
    }

    /// RFC 3261 §20.43: 399 is for people, 305 for a format that is not there on both sides.
    fn words(self) -> Option<&'static str> {
        match self {
            NotJoined::NotThese => Some("399 ringall \"These two calls cannot be joined.\""),
            NotJoined::NothingShared => Some("305 ringall \"These two telephones have no way to speak in common.\""),
            NotJoined::OnTwoThreads => Some(
                "399 ringall \"These two calls cannot be joined. Hang up one and call again while the other waits.\"",
            ),
            NotJoined::Gone | NotJoined::NotNow => None,
        }
    }
}

/// What such a REFER asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub(super) tx: ServerTx,
    /// The dialog it came in.
    pub at: Party,
    /// The other one of the same phone.
    pub with: Party,
    /// Its CSeq number.
    pub(super) number: u32,
}

/// How two calls become one: whoever talks at the leg `from` takes the place of the phone that gives them away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joint {
    /// The phone talks at a leg of this call.
    Far { call: CallId, from: LegId },
    /// The phone has made this call; whoever takes its place is shown like this.
    Near { call: CallId, from: LegId, shown: Shown },
}

impl Joint {
    fn parts(&self) -> (CallId, LegId) {
        let (Joint::Far { call, from } | Joint::Near { call, from, .. }) = self;
        (*call, *from)
    }
}

/// A leg that is out of its call: who talks there, and what was last said.
struct Moved {
    phone: PhoneLeg,
    ours: Description,
    theirs: Description,
}

impl SipDoor {
    /// The other dialog of the same phone that is meant. To us the phone names our tag as that of whoever is asked.
    ///
    /// # Errors
    /// 481 when it has none, 491 while it waits for another of its transfers.
    pub(super) fn wish(&mut self, tx: ServerTx, at: Party, number: u32, replaces: &Replaces) -> Result<Wish, u16> {
        let key = DialogKey { call_id: replaces.call_id.clone(), local_tag: replaces.to_tag.clone() };
        let with = self.dialogs.get(&key).copied().filter(|with| with.call() != at.call()).ok_or(481_u16)?;
        let is_its = self.dialog_of(with).is_some_and(|dialog| dialog.remote_tag == replaces.from_tag);
        if !is_its || !self.is_up(at) || !self.is_up(with) {
            return Err(481);
        }
        let gives = |party| matches!(party, Party::Phone(leg) if self.referrals.contains_key(&leg));
        if gives(at) || gives(with) {
            return Err(491);
        }
        Ok(Wish { tx, at, with, number })
    }

    /// Whether this side talks, and may be hung up on.
    fn is_up(&mut self, party: Party) -> bool {
        match party {
            Party::Phone(leg) => self.is_far_end(leg) && self.may_be_asked(leg),
            Party::Caller(call) => self.conversation_of(call).is_some_and(|(talk, _)| talk.acked == Acked::Yes),
        }
    }

    /// The two cannot be joined. Both calls are as they were.
    pub fn refuse_joint(&mut self, now: Now, wish: &Wish, why: NotJoined) {
        let words = why.words().map(|words| other("Warning", words));
        self.endpoint.respond_plain(now.mono, wish.tx, why.status(), None, words.into_iter().collect());
    }

    /// Whether they would understand each other, by what each has said to us.
    ///
    /// # Errors
    /// Why not.
    pub fn may_be_joined(&self, joint: &Joint) -> Result<(), NotJoined> {
        let (call, from) = joint.parts();
        let talk = |call| self.talk(call).ok_or(NotJoined::Gone);
        let (goes_on, over) = (talk(call)?, talk(from.call)?);
        let phone = self.phones.get(&from).ok_or(NotJoined::Gone)?;
        if !matches!(&over.with, Far::Phone(leg) if *leg == from) || !self.may_be_asked(from) {
            return Err(NotJoined::Gone);
        }
        let party = Party::Phone(from);
        if self.presence.asks(party) || self.awaited.values().any(|awaited| awaited.party() == party) {
            return Err(NotJoined::NotNow);
        }
        let moved = Terms { ours: &over.phone_ours, theirs: &over.phone_theirs };
        let stays = match joint {
            Joint::Far { .. } => {
                Terms { ours: &goes_on.ours, theirs: goes_on.theirs.as_ref().ok_or(NotJoined::NotNow)? }
            }
            Joint::Near { .. } => Terms { ours: &goes_on.phone_ours, theirs: &goes_on.phone_theirs },
        };
        if self.lane_of(call) != Some(phone.pair.lane) {
            return Err(NotJoined::OnTwoThreads);
        }
        agree_late(stays, moved).map(drop).map_err(|_| NotJoined::NothingShared)
    }

    fn talk(&self, call: CallId) -> Option<&Conversation> {
        match &self.callers.get(&call)?.state {
            CallerState::Answered(talk) => Some(talk),
            CallerState::Waiting => None,
        }
    }

    /// The packet thread of this call.
    pub(super) fn lane_of(&self, call: CallId) -> Option<crate::media::Lane> {
        self.callers.get(&call).map(|caller| caller.audio.lane)
    }

    /// They are joined within this very input: the phone hears that it has begun, and that it is done.
    pub fn accept_joint(&mut self, now: Now, wish: &Wish, joint: Joint) {
        if self.accept_refer(now, wish.tx, wish.at, wish.number) {
            self.notify_of(now, wish.at, wish.number, "SIP/2.0 200 OK", "terminated;reason=noresource");
        }
        if let Joint::Near { call, shown, from: _ } = joint
            && let Some(caller) = self.callers.get_mut(&call)
        {
            caller.shown = shown;
        }
    }

    /// Whoever talks at `from` in another call is this leg from now on, and the caller is connected with them.
    pub(super) fn adopt(&mut self, now: Now, leg: LegId, from: LegId) {
        let joined = self.taken_out(from).and_then(|moved| {
            let Moved { phone, ours, theirs } = moved;
            self.timers.rename(Party::Phone(from), Party::Phone(leg));
            self.callers.get_mut(&leg.call)?.audio.phones.push(phone.pair);
            match &phone.begun {
                Begun::ByUs { tx, invite, .. } => {
                    self.forks.insert(*tx, leg);
                    self.dialogs.insert(loops::key(invite), Party::Phone(leg));
                }
                Begun::ByPhone(dialled) => self.takes_as(dialled, leg),
            }
            if let PhoneState::Up { dialog, .. } = &phone.state {
                self.dialogs.insert(dialog.key.clone(), Party::Phone(leg));
            }
            self.phones.insert(leg, phone);
            self.hand_over(leg.call, FarEnd { far: Far::Phone(leg), ours, theirs })
        });
        self.or_hang_up(now, leg.call, joined);
    }

    /// The phone that has made this call is hung up on, and whoever talks at `from` in another one has its place.
    pub(super) fn succeed(&mut self, now: Now, call: CallId, from: LegId) {
        let joined = self.taken_out(from).and_then(|moved| {
            let Moved { phone, ours, theirs } = moved;
            self.stop_asking(now, Party::Caller(call));
            self.timers.rename(Party::Phone(from), Party::Caller(call));
            // What the one who is gone has still to acknowledge is of no interest any more.
            self.awaited.retain(|_, awaited| awaited.party() != Party::Caller(call));
            let place = match &phone.begun {
                // A carrier is where it is called.
                Begun::ByUs { binding, .. } => binding.filter(|_| phone.cell.is_none()),
                Begun::ByPhone(dialled) => {
                    self.forget_taker(dialled);
                    dialled.place
                }
            };
            let PhoneState::Up { dialog, .. } = phone.state else { return None };
            let caller = self.callers.get_mut(&call)?;
            let CallerState::Answered(talk) = &mut caller.state else { return None };
            let key = dialog.key.clone();
            let mut gone = std::mem::replace(&mut talk.dialog, *dialog);
            (talk.theirs, talk.ours, talk.acked) = (Some(theirs), ours, Acked::Yes);
            (caller.hop, caller.place, caller.local_tag) = (phone.hop, place, key.local_tag.clone());
            match &caller.begun {
                Beginning::Theirs(tx) => {
                    self.invites.remove(tx);
                }
                Beginning::Lifted { tx, .. } => {
                    self.forks.remove(tx);
                }
                Beginning::NotLifted => {}
            }
            self.dialogs.remove(&std::mem::replace(&mut caller.dialog_key, key.clone()));
            self.dialogs.insert(key, Party::Caller(call));
            let pairs: Vec<_> = caller.audio.caller.replace(phone.pair).into_iter().map(|pair| pair.id).collect();
            let (lane, relay) = (caller.audio.lane, caller.audio.relay.take());
            relay.map(|relay| self.relays.remove(&relay));
            self.ports.released(pairs.len());
            self.media.push_back(Command::Release { relay, lane, pairs });
            let bye = gone.request(Method::Bye, Vec::new(), None);
            self.endpoint.request(now.mono, gone.hop, bye);
            self.connect_anew(call)
        });
        self.or_hang_up(now, call, joined);
    }

    /// Takes this leg out of its call, which is about to end: its dialog, its ports, and what was said in it.
    fn taken_out(&mut self, leg: LegId) -> Option<Moved> {
        let caller = self.callers.get_mut(&leg.call)?;
        let CallerState::Answered(talk) = &caller.state else { return None };
        let (ours, theirs) = (talk.phone_ours.clone(), talk.phone_theirs.clone());
        let phone = self.phones.remove(&leg)?;
        let lane = caller.audio.lane;
        caller.audio.phones.retain(|pair| pair.id != phone.pair.id);
        if let Some(relay) = caller.audio.relay.take() {
            self.relays.remove(&relay);
            self.media.push_back(Command::Release { relay: Some(relay), lane, pairs: Vec::new() });
        }
        self.reliable.forget_phone(leg);
        if let Begun::ByUs { tx, invite, .. } = &phone.begun {
            self.forks.remove(tx);
            self.dialogs.remove(&loops::key(invite));
        }
        Some(Moved { phone, ours, theirs })
    }
}
