//! The INVITEs to the phones: one each, with a Call-ID of its own, written anew from an allow-list (DESIGN §3).

use crate::call::event::{Input, LegEnd, Stop};
use crate::call::leg::{BindingId, LegId};
use crate::call::record::CallId;
use crate::config::Srtp;
use crate::media::sdp::{Description, Here, Protection, offer_to_phone};
use crate::media::srtp::MasterKey;
use crate::media::{Family, Pair};
use crate::now::Now;
use crate::sip::address::Address;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::ClientTx;
use crate::sip::hop::Hop;
use crate::sip::message::{Header, Method, Received, other};
use crate::sip::outgoing::{ALLOW, ALLOW_TO_PHONES, Body, Outgoing};

use super::abilities::{self, Peer};
use super::lines::Tried;
use super::offer::described;
use super::{Begun, Party, PhoneLeg, PhoneState, Place, SipDoor, bridge, cells, loops};

/// Whom an INVITE of ours is for, and what is particular to it.
pub(super) struct Invited {
    pub place: Place,
    pub binding: Option<BindingId>,
    pub pair: Pair,
    /// What of the caller's codecs is offered on.
    pub offer: Option<Description>,
    /// Who calls, without a tag.
    pub from: Address,
    /// The headers that vouch for it.
    pub vouched: Vec<Header>,
    pub cell: Option<Box<cells::Cell>>,
}

impl SipDoor {
    /// Rings a phone: over TLS it is asked for protected sound, since what it is asked by keeps the key.
    pub(super) fn ring(&mut self, now: Now, leg: LegId, binding: BindingId) {
        self.ring_by(now, leg, binding, Sound::Best, Vec::new());
    }

    /// The same, with this sound, and not by what was tried.
    fn ring_by(&mut self, now: Now, leg: LegId, binding: BindingId, sound: Sound, tried: Vec<Tried>) {
        let place = self.places.get(&binding).cloned().ok_or(LegEnd::Silent);
        let place = match place.and_then(|place| self.way_to(place, &tried)) {
            Ok(place) => place,
            Err(end) => return self.tell(leg.call, Input::LegEnded(leg, end)),
        };
        let protection = match (place.hop.protocol().is_encrypted(), sound) {
            (true, Sound::Best) => Protection::offered(MasterKey(self.chance.bytes())),
            (false, _) | (_, Sound::Plain) => Protection::Plain,
        };
        let family = Family::from(place.hop.to.ip());
        let pair = match place.trunk {
            Some(_) => self.pair_of_its_own(leg, family),
            None => self.phones_pair(leg.call, family),
        };
        let Some(pair) = pair else {
            return self.tell(leg.call, Input::LegEnded(leg, LegEnd::NoPorts));
        };
        let Some(caller) = self.callers.get(&leg.call) else { return };
        let shown = caller.shown.clone();
        let card = caller.shown_at.get(&leg).unwrap_or(&shown.card).clone();
        let (from, vouched) = match place.trunk {
            Some(trunk) => self.shown_to_cell(trunk, &shown),
            None => (self.shown_as(&place.hop, &shown.number).with_display(&card), Vec::new()),
        };
        // The machine that asks for a key speaks G.711 alone.
        let offer = caller.could_talk_by().filter(|_| place.trunk.is_none());
        let cell = place.trunk.map(|trunk| Box::new(cells::Cell::new(trunk, pair.lane, tried)));
        let is_cell = cell.is_some();
        let invited = Invited { place, binding: Some(binding), pair, offer, from, vouched, cell };
        self.invite(now, leg, invited, protection);
        if is_cell {
            self.wait_for_a_word(now, leg);
        }
    }

    /// Sends an INVITE of ours.
    pub(super) fn invite(&mut self, now: Now, leg: LegId, invited: Invited, protection: Protection) {
        let Invited { place, binding, pair, offer, from, vouched: mut more, cell } = invited;
        let Some(caller) = self.callers.get_mut(&leg.call) else { return };
        let ip = place.hop.to.ip();
        caller.rung.push((place.uri.clone(), ip));
        let times = caller.rung.iter().filter(|(uri, to)| *uri == place.uri && *to == ip).count();
        let named = self.names.of(leg.call, &place.uri, ip, u32::try_from(times).unwrap_or(u32::MAX));
        let address = self.endpoint.interfaces.sent_by(&place.hop).ip();
        let here = Here { address, port: pair.rtp, session_id: self.chance.bits() >> 1 };
        let ours = Description { protection, ..offer_to_phone(offer.as_ref(), here) };
        let from = from.with_tag(&named.tag);
        let (allow, peer) = match place.trunk {
            None => (ALLOW_TO_PHONES, Peer::Phone),
            Some(_) => (ALLOW, Peer::Other),
        };
        more.extend([
            self.hops_left(leg.call),
            self.contact(&place.hop, place.uri.scheme),
            Header::Allow(allow.into()),
            abilities::supported(peer),
        ]);
        let invite = Outgoing {
            method: Method::Invite,
            to: Address::new(place.uri.clone()),
            uri: place.uri,
            from,
            call_id: named.call_id,
            cseq: 1,
            routes: Vec::new(),
            more,
            body: Some(Body::sdp(ours.write())),
        };
        let tx = self.endpoint.invite(now.mono, place.hop, invite.clone(), named.branch);
        self.forks.insert(tx, leg);
        self.dialogs.insert(loops::key(&invite), Party::Phone(leg));
        let phone = PhoneLeg {
            begun: Begun::ByUs { tx, binding, invite: Box::new(invite) },
            hop: place.hop,
            pair,
            ours,
            early: None,
            told_to_stop: false,
            rings_as: None,
            cell,
            state: PhoneState::Inviting,
        };
        self.phones.insert(leg, phone);
    }

    /// Stops a leg that has not picked up: CANCEL, with the Reason that tells the phone whether a call was missed.
    pub(super) fn stop(&mut self, now: Now, leg: LegId, why: Stop) {
        let Some(phone) = self.phones.get_mut(&leg) else {
            return self.tell(leg.call, Input::LegEnded(leg, LegEnd::Over));
        };
        phone.told_to_stop = true;
        if let Begun::ByUs { tx, .. } = phone.begun {
            self.endpoint.cancel(now.mono, tx, reasons(why));
        }
    }

    /// Hangs up a leg that has picked up.
    pub fn hang_up(&mut self, now: Now, leg: LegId, why: Stop) {
        self.stop_asking(now, Party::Phone(leg));
        self.stop_playing(leg);
        if self.hang_up_taker(now, leg, why) {
            return;
        }
        let bye = match self.phones.get_mut(&leg) {
            Some(PhoneLeg { state: PhoneState::Up { dialog, .. }, .. }) => {
                Some((dialog.hop, dialog.request(Method::Bye, reasons(why), None)))
            }
            Some(PhoneLeg { state: PhoneState::Inviting, .. }) | None => None,
        };
        match bye {
            Some((hop, bye)) => {
                let tx = self.endpoint.request(now.mono, hop, bye);
                self.byes.insert(tx, leg);
            }
            None => self.tell(leg.call, Input::LegEnded(leg, LegEnd::Over)),
        }
    }

    pub(super) fn response_came(&mut self, now: Now, tx: ClientTx, hop: Hop, response: &Received) {
        let code = response.code().unwrap_or_default();
        if let Some(&leg) = self.byes.get(&tx) {
            if code >= 200 {
                self.byes.remove(&tx);
                self.phone_is_gone(leg, LegEnd::Over);
            }
            return;
        }
        let Some(&leg) = self.forks.get(&tx) else { return };
        match code {
            ..=199 => {
                self.acknowledge(now, leg, hop, response);
                self.provisional_came(leg, code, response);
            }
            200..=299 => self.picked_up(now, leg, hop, response),
            401 | 407 if self.challenged(now, leg, tx, &hop, response) => {}
            _ => {
                self.forks.remove(&tx);
                let tried = self.phones.get(&leg).and_then(|phone| phone.cell.as_ref()).map(|cell| cell.tried());
                match self.would_rather_be_plain(leg, code) {
                    Some(Again::Ring(binding)) => {
                        self.forget_phone(leg);
                        return self.ring_by(now, leg, binding, Sound::Plain, tried.unwrap_or_default());
                    }
                    Some(Again::Dial(place)) => {
                        self.forget_phone(leg);
                        return self.dial_for(now, leg, *place, Protection::Plain);
                    }
                    None => {}
                }
                let told_to_stop = self.phones.get(&leg).is_some_and(|phone| phone.told_to_stop);
                let end = match code {
                    _ if told_to_stop => LegEnd::Over,
                    603 => LegEnd::Declined,
                    486 | 600 => LegEnd::Busy,
                    // 3xx too: never followed, or anybody's phone could send the shop's calls anywhere.
                    _ => LegEnd::Unavailable(code),
                };
                self.came_to_nothing(now, leg, end);
            }
        }
    }

    /// A phone that cannot have protected sound, and may have plain.
    fn would_rather_be_plain(&self, leg: LegId, code: u16) -> Option<Again> {
        let phone = self.phones.get(&leg)?;
        let Begun::ByUs { binding, invite, .. } = &phone.begun else { return None };
        let protected = phone.ours.protection != Protection::Plain && !phone.told_to_stop;
        if code != 488 || !protected || self.srtp != Srtp::Preferred {
            return None;
        }
        match *binding {
            Some(binding) => Some(Again::Ring(binding)),
            None => {
                let trunk = phone.cell.as_ref().map(|cell| cell.trunk());
                let (uri, hop) = (invite.uri.clone(), phone.hop);
                Some(Again::Dial(Box::new(Place { uri, hop, trunk, others: Vec::new() })))
            }
        }
    }

    /// A request to a phone has come to nothing.
    pub(super) fn phone_is_lost(&mut self, now: Now, tx: ClientTx, end: LegEnd) {
        self.left_ringing.remove(&tx);
        if let Some(leg) = self.byes.remove(&tx) {
            return self.phone_is_gone(leg, LegEnd::Over);
        }
        if let Some(leg) = self.forks.remove(&tx) {
            self.came_to_nothing(now, leg, end);
        }
    }

    /// An INVITE has come to nothing: the end of its leg, unless a cell can be reached by another carrier.
    fn came_to_nothing(&mut self, now: Now, leg: LegId, end: LegEnd) {
        match self.by_another_way(leg, end) {
            Some((binding, tried)) => {
                self.forget_phone(leg);
                self.ring_by(now, leg, binding, Sound::Best, tried);
            }
            None => self.phone_is_gone(leg, end),
        }
    }

    /// Cells of which their carrier says nothing are called by another way. Should the first one wake up, it hears that it
    /// comes too late.
    pub(super) fn unheard_timeout(&mut self, now: Now) {
        while let Some(leg) = self.pop_unheard(now) {
            let Some((binding, tried)) = self.by_another_way(leg, LegEnd::Silent) else { continue };
            if let Some(PhoneLeg { begun: Begun::ByUs { tx, invite, .. }, hop, .. }) = self.phones.get(&leg) {
                let (tx, invite, hop) = (*tx, Outgoing::clone(invite), *hop);
                self.left_ringing.insert(tx, (invite, hop));
                self.forget_phone(leg);
                self.endpoint.cancel(now.mono, tx, reasons(Stop::NobodyAnswered));
                self.ring_by(now, leg, binding, Sound::Best, tried);
            }
        }
    }

    fn provisional_came(&mut self, leg: LegId, code: u16, response: &Received) {
        let Some(phone) = self.phones.get_mut(&leg) else { return };
        let mut has_sound = false;
        if !response.body.is_empty()
            && let Ok(early) = described(&response.body, &phone.hop)
        {
            phone.early = Some(early);
            has_sound = phone.cell.as_ref().is_some_and(|cell| cell.was_dialled());
        }
        if code > 100
            && let Some(tag) = response.to.tag()
        {
            phone.rings_as = Some(tag.to_owned());
        }
        // 183 too: some carriers send nothing else while the phone rings.
        if code > 100 && matches!(phone.state, PhoneState::Inviting) {
            self.cell_rings(leg);
            self.tell(leg.call, if has_sound { Input::Sounds(leg) } else { Input::Rings(leg) });
        }
    }

    /// A 2xx: acknowledged at once, whatever becomes of it (RFC 3261 §13.2.2.4).
    fn picked_up(&mut self, now: Now, leg: LegId, hop: Hop, response: &Received) {
        let Some(phone) = self.phones.get(&leg) else { return self.picked_up_beside(now, leg, hop, response) };
        let Begun::ByUs { tx, invite, .. } = &phone.begun else { return };
        let mut dialog = Dialog::as_caller(invite, response, hop, &self.endpoint.interfaces);
        dialog.reach(&invite.uri, phone.hop);
        self.reliable.continues(leg, &mut dialog);
        let (pair, told_to_stop) = (phone.pair, phone.told_to_stop);
        self.endpoint.ack(now.mono, *tx, dialog.remote_tag.clone(), dialog.hop, &dialog.ack(invite.cseq, None));
        if let PhoneState::Up { .. } = phone.state {
            // Another phone behind the same contact picked up too (RFC 3261 §13.2.2.4): one is enough.
            let bye = dialog.request(Method::Bye, reasons(Stop::AnsweredElsewhere), None);
            self.endpoint.request(now.mono, dialog.hop, bye);
            return;
        }
        let theirs = match response.body.as_slice() {
            [] => phone.early.clone(),
            body => self.read_offer(body, &hop).ok().flatten(),
        };
        let is_asked = phone.cell.as_ref().is_some_and(|cell| !cell.was_dialled()) || self.waits_to_be_lifted(leg.call);
        let hears = |theirs: &Description| !is_asked || bridge::machine_understands(theirs);
        let fits = theirs.as_ref().is_some_and(|theirs| self.fits(leg, pair, theirs) && hears(theirs));
        self.dialogs.insert(dialog.key.clone(), Party::Phone(leg));
        self.timers.accepted(now.mono, Party::Phone(leg), response);
        if let Some(phone) = self.phones.get_mut(&leg) {
            phone.state = PhoneState::Up { dialog: Box::new(dialog), theirs };
        }
        if fits || told_to_stop {
            self.tell(leg.call, Input::PickedUp(leg));
        } else {
            self.tell(leg.call, Input::LegEnded(leg, LegEnd::NoSharedCodec));
            self.hang_up(now, leg, Stop::Finished);
        }
    }

    /// Forgets a phone's leg and tells the call how it ended.
    fn phone_is_gone(&mut self, leg: LegId, end: LegEnd) {
        self.forget_phone(leg);
        self.tell(leg.call, Input::LegEnded(leg, end));
    }

    pub(super) fn forget_phone(&mut self, leg: LegId) {
        self.stop_playing(leg);
        self.referrals.remove(&leg);
        let Some(phone) = self.phones.remove(&leg) else { return };
        self.release_cell(&phone);
        self.reliable.forget_phone(leg);
        match &phone.begun {
            Begun::ByUs { tx, invite, .. } => {
                self.forks.remove(tx);
                self.dialogs.remove(&loops::key(invite));
            }
            Begun::ByPhone(dialled) => self.forget_taker(dialled),
        }
    }

    /// The pair of ports on the phones' side of this call, for phones of this family.
    pub(super) fn phones_pair(&mut self, call: CallId, family: Family) -> Option<Pair> {
        let audio = &mut self.callers.get_mut(&call)?.audio;
        if let Some(pair) = audio.phones.iter().find(|pair| pair.family == family) {
            return Some(*pair);
        }
        let pair = self.ports.take(audio.lane, family)?;
        audio.phones.push(pair);
        Some(pair)
    }
}

/// How a leg that could not have protected sound is asked again.
enum Again {
    Ring(BindingId),
    Dial(Box<Place>),
}

/// Which sound a phone is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    /// Protected where the way to it keeps the key.
    Best,
    Plain,
}

/// RFC 3326. `SIP;cause=200` keeps a phone from showing a missed call; it must stand only where a colleague has the call
/// (pains 7 and 8). Q.850: 26 non-selected user clearing, 16 normal clearing, 19 no answer from user, 102 recovery on timer
/// expiry.
pub(super) fn reasons(why: Stop) -> Vec<Header> {
    let reason = |value: &str| other("Reason", value);
    match why {
        Stop::AnsweredElsewhere => {
            vec![reason("SIP;cause=200;text=\"Call completed elsewhere\""), reason("Q.850;cause=26")]
        }
        Stop::CallerGaveUp => vec![reason("Q.850;cause=16")],
        Stop::NobodyAnswered => vec![reason("Q.850;cause=19")],
        Stop::Finished | Stop::Moved => Vec::new(),
        Stop::Lost => vec![reason("Q.850;cause=102;text=\"Recovery on timer expiry\"")],
    }
}
