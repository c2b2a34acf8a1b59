//! A phone takes a call that waits, by dialling for it: its own INVITE is the leg that the caller is connected with. It is
//! answered when the caller is, and so not before the call's row is durable.

use crate::call::event::{Input, LegEnd, Stop};
use crate::call::leg::{BindingId, LegId};
use crate::call::record::CallId;
use crate::media::sdp::{Description, Here, Terms, agree, keys, our_offer};
use crate::media::srtp::MasterKey;
use crate::media::{Family, Pair};
use crate::now::Now;
use crate::sip::dialog::{Dialog, DialogKey};
use crate::sip::endpoint::ServerTx;
use crate::sip::hop::Hop;
use crate::sip::message::{Header, Replaces, other};

use super::names::OnAKey;
use super::{Acked, Arrival, Begun, CallerState, Calling, Origin, Party, PhoneLeg, PhoneState, SipDoor, reached_at};

/// RFC 3261 §20.43: 399 is for people.
const NOBODY_WAITS: &str = "399 ringall \"Nobody is calling now.\"";

/// A phone that wants a call, until it is a leg of it.
#[derive(Debug)]
pub(super) struct Dialling {
    pub dialled: Dialled,
    pub hop: Hop,
    pair: Pair,
    theirs: Description,
    pub ours: Description,
    /// What our 200 has begun, of one that had to acknowledge it first.
    pub proved: Option<Box<Dialog>>,
}

/// The INVITE of a phone that takes a call.
#[derive(Debug)]
pub(super) struct Dialled {
    pub tx: ServerTx,
    /// Where it has registered.
    pub place: Option<BindingId>,
    pub local_tag: String,
    /// As [`Arrival::key`].
    key: String,
    pub dialog_key: DialogKey,
    pub acked: Acked,
}

impl SipDoor {
    /// Whether this phone could talk with the caller; if so it is connected with them by [`SipDoor::take`], else it has its
    /// answer, and the call is as it was.
    pub fn dials_for(&mut self, now: Now, call: CallId, arrival: Arrival) -> bool {
        let dialling = self.dialling_for(now, call, arrival);
        let could_talk = dialling.is_some();
        self.dialling.extend(dialling.map(|dialling| (call, dialling)));
        could_talk
    }

    /// `None`: it has its answer.
    pub(super) fn dialling_for(&mut self, now: Now, call: CallId, arrival: Arrival) -> Option<Dialling> {
        let place = self.place_of(&arrival);
        let Ok(Some(theirs)) = arrival.offer else {
            self.respond(now, arrival.tx, 488, Vec::new());
            return None;
        };
        let Some(pair) = self.phones_pair(call, Family::from(arrival.hop.to.ip())) else {
            self.respond(now, arrival.tx, 480, Vec::new());
            return None;
        };
        let address = self.endpoint.interfaces.ip_towards(&arrival.hop);
        let here = Here { address, port: pair.rtp, session_id: self.chance.bits() >> 1 };
        let master = MasterKey(self.chance.bytes());
        let Some(ours) = self.answer_to_taker(call, &theirs, here, master) else {
            self.respond(now, arrival.tx, 488, Vec::new());
            return None;
        };
        let local_tag = self.chance.tag();
        let dialog_key = DialogKey { call_id: arrival.call_id, local_tag: local_tag.clone() };
        let dialled = Dialled { tx: arrival.tx, place, local_tag, key: arrival.key, dialog_key, acked: Acked::NotYet };
        Some(Dialling { dialled, hop: arrival.hop, pair, theirs, ours, proved: None })
    }

    /// What this phone is answered, if the caller and it would understand each other.
    fn answer_to_taker(
        &self,
        call: CallId,
        theirs: &Description,
        here: Here,
        master: MasterKey,
    ) -> Option<Description> {
        let caller = self.callers.get(&call)?;
        let could_say = our_offer(here);
        let terms = match &caller.state {
            CallerState::Answered(talk) => {
                Terms { ours: &talk.ours, theirs: talk.theirs.as_ref().unwrap_or(&talk.ours) }
            }
            CallerState::Waiting => {
                let all = caller.offer.as_ref().unwrap_or(&could_say);
                Terms { ours: all, theirs: all }
            }
        };
        let protection = theirs.protection.answered(|| master);
        let ours = Description { protection, ..agree(theirs, terms, here).ok()?.answer };
        keys(&ours, theirs).ok()?;
        if let (CallerState::Waiting, Some(offer)) = (&caller.state, &caller.offer) {
            agree(offer, Terms { ours: &ours, theirs }, here).ok()?;
        }
        Some(ours)
    }

    /// The leg that rings, in whose place a phone wants to be answered (RFC 3891 §3). Its two tags may stand either way round:
    /// to the one who rings ours is the other's, and phones name a dialog as they were told of it.
    ///
    /// # Errors
    /// The status that says why not. A conversation is nobody's to take.
    pub(super) fn replaced(&mut self, origin: &Origin, replaces: &Replaces) -> Result<LegId, u16> {
        if !matches!(origin, Origin::Phone(Calling::User(_))) {
            return Err(403);
        }
        let Replaces { call_id, to_tag, from_tag, early_only } = replaces;
        let both_ways = [(to_tag, from_tag), (from_tag, to_tag)];
        let found = both_ways.into_iter().find_map(|(ours, theirs)| {
            let key = DialogKey { call_id: call_id.clone(), local_tag: ours.clone() };
            let party = self.dialogs.get(&key).copied()?;
            (self.remote_tag(party).as_deref() == Some(theirs.as_str())).then_some(party)
        });
        let party = found.or_else(|| self.named_on_a_key(replaces)).ok_or(481_u16)?;
        let left = |leg| self.byes.values().any(|left| *left == leg);
        match party {
            Party::Phone(leg) => match self.phones.get(&leg) {
                Some(phone) if phone.told_to_stop || left(leg) => Err(603),
                Some(PhoneLeg { state: PhoneState::Up { .. }, .. }) if *early_only => Err(486),
                Some(PhoneLeg { state: PhoneState::Up { .. }, .. }) => Err(403),
                Some(PhoneLeg { begun: Begun::ByUs { .. }, cell: None, .. }) => Ok(leg),
                Some(_) | None => Err(481),
            },
            // An early dialog that we have not begun (§3).
            Party::Caller(call) => match self.callers.get(&call).map(|caller| &caller.state) {
                Some(CallerState::Answered(_)) if *early_only => Err(486),
                Some(CallerState::Answered(_)) => Err(403),
                Some(CallerState::Waiting) | None => Err(481),
            },
        }
    }

    /// The leg that a key of a colleague's shows by these names.
    fn named_on_a_key(&self, replaces: &Replaces) -> Option<Party> {
        let is_it = |leg: &&LegId| {
            let OnAKey { call_id, local_tag, remote_tag } = self.names.on_a_key(**leg);
            let tags = [(&replaces.to_tag, &replaces.from_tag), (&replaces.from_tag, &replaces.to_tag)];
            call_id == replaces.call_id && tags.contains(&(&local_tag, &remote_tag))
        };
        self.phones.keys().find(is_it).copied().map(Party::Phone)
    }

    /// The tag of the other side, as far as it has one.
    fn remote_tag(&mut self, party: Party) -> Option<String> {
        if let Some(dialog) = self.dialog_of(party) {
            return Some(dialog.remote_tag.clone());
        }
        let Party::Phone(leg) = party else { return None };
        self.phones.get(&leg)?.rings_as.clone()
    }

    /// The call that this phone wants is not there, or not its to take.
    pub fn refuse_taking(&mut self, now: Now, arrival: &Arrival, code: u16) {
        self.respond(now, arrival.tx, code, Vec::new());
    }

    /// Nobody waits for anybody.
    pub fn nobody_to_take(&mut self, now: Now, arrival: &Arrival) {
        self.respond(now, arrival.tx, 404, vec![other("Warning", NOBODY_WAITS)]);
    }

    /// The phone that has dialled for this call is this leg of it.
    pub(super) fn take(&mut self, leg: LegId) {
        let Some(Dialling { dialled, hop, pair, theirs, ours, proved }) = self.dialling.remove(&leg.call) else {
            return self.tell(leg.call, Input::LegEnded(leg, LegEnd::Over));
        };
        self.takers.insert(dialled.tx, leg);
        self.keys.insert(dialled.key.clone(), leg.call);
        self.dialogs.insert(dialled.dialog_key.clone(), Party::Phone(leg));
        let (early, state) = match proved {
            Some(dialog) => (None, PhoneState::Up { dialog, theirs: Some(theirs) }),
            None => (Some(theirs), PhoneState::Inviting),
        };
        let phone = PhoneLeg {
            begun: Begun::ByPhone(Box::new(dialled)),
            hop,
            pair,
            ours,
            early,
            told_to_stop: false,
            rings_as: None,
            cell: None,
            state,
        };
        self.phones.insert(leg, phone);
    }

    /// Answers a phone that takes a call, and says who it is that calls: it has had no INVITE that could (RFC 3325 §9.1).
    pub(super) fn answer_taker(&mut self, now: Now, leg: LegId) -> Option<()> {
        let phone = self.phones.get(&leg)?;
        let (Begun::ByPhone(dialled), PhoneState::Inviting) = (&phone.begun, &phone.state) else { return None };
        let who = self.who_calls(leg.call, &phone.hop)?;
        let (tx, place, hop, local_tag) = (dialled.tx, dialled.place, phone.hop, dialled.local_tag.clone());
        let invite = self.endpoint.request_of(tx)?;
        let mut dialog = Dialog::as_callee(invite, &local_tag, hop, &self.endpoint.interfaces);
        reached_at(&self.places, place, &mut dialog);
        let mut ok = self.ok_with(Party::Phone(leg), invite, &hop, &local_tag, &phone.ours);
        ok.headers.push(who);
        let timer = self.timers.accepting(now.mono, Party::Phone(leg), invite);
        timer.into_iter().for_each(|header| ok.headers.push(header));
        self.endpoint.accept(now.mono, tx, &ok, &local_tag);
        let phone = self.phones.get_mut(&leg)?;
        let theirs = phone.early.take();
        phone.state = PhoneState::Up { dialog: Box::new(dialog), theirs };
        Some(())
    }

    /// This call's caller, for a phone there that has had no INVITE which could say.
    pub(super) fn who_calls(&self, call: CallId, hop: &Hop) -> Option<Header> {
        let shown = &self.callers.get(&call)?.shown;
        let who = self.shown_as(hop, &shown.number).with_display(&shown.card);
        Some(other("P-Asserted-Identity", &who.to_string()))
    }

    /// Hangs up a phone that has taken a call, where a BYE would be too early: it is refused instead, or hangs up as soon as
    /// our 200 is acknowledged (RFC 3261 §15). True if that was so.
    pub(super) fn hang_up_taker(&mut self, now: Now, leg: LegId, why: Stop) -> bool {
        let Some(PhoneLeg { begun: Begun::ByPhone(dialled), state, .. }) = self.phones.get_mut(&leg) else {
            return false;
        };
        match (state, dialled.acked) {
            (PhoneState::Inviting, _) => self.refuse_taker(now, leg, 480),
            (PhoneState::Up { .. }, Acked::NotYet | Acked::ThenHangUp(_)) => dialled.acked = Acked::ThenHangUp(why),
            (PhoneState::Up { .. }, Acked::Yes) => return false,
        }
        true
    }

    /// The phone has hung up before it was answered, or cannot be answered any more.
    pub(super) fn taker_left(&mut self, now: Now, tx: ServerTx) {
        let Some(&leg) = self.takers.get(&tx) else { return };
        if let Some(PhoneLeg { state: PhoneState::Inviting, .. }) = self.phones.get(&leg) {
            self.refuse_taker(now, leg, 487);
        }
    }

    fn refuse_taker(&mut self, now: Now, leg: LegId, code: u16) {
        if let Some(PhoneLeg { begun: Begun::ByPhone(dialled), .. }) = self.phones.get(&leg) {
            self.endpoint.respond_plain(now.mono, dialled.tx, code, Some(&dialled.local_tag), Vec::new());
        }
        self.forget_phone(leg);
        self.tell(leg.call, Input::LegEnded(leg, LegEnd::Over));
    }

    /// The ACK of such a phone's INVITE. True if it was one.
    pub(super) fn taker_acked(&mut self, now: Now, tx: ServerTx) -> bool {
        let Some(&leg) = self.takers.get(&tx) else { return false };
        if let Some(PhoneLeg { begun: Begun::ByPhone(dialled), .. }) = self.phones.get_mut(&leg)
            && let Acked::ThenHangUp(why) = std::mem::replace(&mut dialled.acked, Acked::Yes)
        {
            self.hang_up(now, leg, why);
        }
        true
    }

    /// RFC 3261 §13.3.1.4: no ACK has come. True if it was to be one of such a phone.
    pub(super) fn taker_never_acked(&mut self, now: Now, tx: ServerTx) -> bool {
        let Some(&leg) = self.takers.get(&tx) else { return false };
        self.tell(leg.call, Input::LegEnded(leg, LegEnd::Silent));
        self.hang_up_at_once(now, leg);
        true
    }

    /// Whether or not our 200 is acknowledged.
    pub(super) fn hang_up_at_once(&mut self, now: Now, leg: LegId) {
        if let Some(PhoneLeg { begun: Begun::ByPhone(dialled), .. }) = self.phones.get_mut(&leg) {
            dialled.acked = Acked::Yes;
        }
        self.hang_up(now, leg, Stop::Finished);
    }

    /// Whether this leg may be sent requests: not before our 200 is acknowledged.
    pub(super) fn may_be_asked(&self, leg: LegId) -> bool {
        match self.phones.get(&leg).map(|phone| &phone.begun) {
            Some(Begun::ByPhone(dialled)) => dialled.acked == Acked::Yes,
            Some(Begun::ByUs { .. }) => true,
            None => false,
        }
    }

    /// Whether this phone has chosen the Call-ID of its leg.
    pub(super) fn has_dialled(&self, leg: LegId) -> bool {
        matches!(self.phones.get(&leg), Some(PhoneLeg { begun: Begun::ByPhone(_), .. }))
    }

    /// This phone is that leg from now on.
    pub(super) fn takes_as(&mut self, dialled: &Dialled, leg: LegId) {
        self.takers.insert(dialled.tx, leg);
        self.keys.insert(dialled.key.clone(), leg.call);
        self.dialogs.insert(dialled.dialog_key.clone(), Party::Phone(leg));
    }

    pub(super) fn forget_taker(&mut self, dialled: &Dialled) {
        self.endpoint.stop_repeating(dialled.tx);
        self.takers.remove(&dialled.tx);
        self.keys.remove(&dialled.key);
        self.dialogs.remove(&dialled.dialog_key);
    }
}
