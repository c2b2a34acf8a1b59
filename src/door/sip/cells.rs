//! The staff's cells: called through a carrier, asked for a key by a machine of ours, and only then connected. A carrier's
//! challenge is answered for these INVITEs alone: no other request of ours outside a registration is ever authenticated,
//! whoever asks (CVE-2021-41158).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::call::event::{Input, LegEnd, Stop};
use crate::call::leg::{BindingId, LegId};
use crate::media::g711::Law;
use crate::media::player::{Sound, Stream};
use crate::media::recorder::Listens;
use crate::media::sdp::{Codec, Terms, agree_late, keys};
use crate::media::{Ask, Command, Family, Lane, Pair, RelayId};
use crate::now::{Mono, Now};
use crate::sip::auth::{self};
use crate::sip::endpoint::ClientTx;
use crate::sip::hop::Hop;
use crate::sip::message::{Received, other};
use crate::sip::outgoing::Outgoing;
use crate::sip::transaction::timer::Deadlines;

use super::bridge::machine;
use super::lines::Tried;
use super::{Begun, PhoneLeg, PhoneState, SipDoor};

/// Whoever pressed too late hears why for as long as that may take; the packet thread tells when it is said, but may be
/// silent.
const DISMISSED_WITHIN: Duration = Duration::from_secs(8);
/// A carrier that has said nothing of a cell by then is not waited for where another leads there: callers are sent away when
/// nothing could be reached for 20 s, and an INVITE that nobody answers takes 32 s to fail.
const UNHEARD_FOR: Duration = Duration::from_secs(10);

/// What is played to cells now, and what is waited for.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// Whose sound each machine plays and hears.
    played: HashMap<RelayId, LegId>,
    dismissed: Deadlines<LegId>,
    /// When a cell of which its carrier has said nothing is called by another way, if there is one.
    unheard: Deadlines<LegId>,
}

/// What a leg through a carrier has besides a phone's.
#[derive(Debug)]
pub(super) struct Cell {
    trunk: usize,
    lane: Lane,
    ports: Whose,
    playing: Option<RelayId>,
    step: Step,
    answers: Answers,
    heard: Heard,
    /// What did not take this call before this one was asked.
    tried: Vec<Tried>,
}

/// What the carrier has said of the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Nothing,
    Ringing,
}

/// Whose the leg's pair of ports is. A cell has its own: the words for one must not be heard by another, and a carrier sends
/// the sound of all from one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Ours,
    /// It has the call now, and its ports are the call's.
    TheCalls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Asked,
    /// Nobody of the staff: a phone of the shop has dialled this number, and nobody is asked for a key.
    Dialled,
    /// What is played now ends in a hang-up for this reason.
    Dismissed(Stop),
}

/// Challenges answered so far. A second only because the first answer was stale; there is no third (AST-2020-002).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    None,
    One,
    Two,
}

impl Cells {
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.dismissed.next().into_iter().chain(self.unheard.next()).min()
    }
}

impl Cell {
    pub fn new(trunk: usize, lane: Lane, tried: Vec<Tried>) -> Cell {
        Cell {
            trunk,
            lane,
            ports: Whose::Ours,
            playing: None,
            step: Step::Asked,
            answers: Answers::None,
            heard: Heard::Nothing,
            tried,
        }
    }

    /// What did not take this call before this one was asked.
    pub fn tried(&self) -> Vec<Tried> {
        self.tried.clone()
    }

    /// Somebody whom a phone of the shop calls.
    pub fn dialled(trunk: usize, lane: Lane) -> Cell {
        Cell { ports: Whose::TheCalls, step: Step::Dialled, ..Cell::new(trunk, lane, Vec::new()) }
    }

    pub fn trunk(&self) -> usize {
        self.trunk
    }

    pub fn was_dialled(&self) -> bool {
        self.step == Step::Dialled
    }
}

impl SipDoor {
    /// Another way to a cell, where the trunk that was asked has not taken the call: it did not answer, or said that it
    /// cannot serve. A cell that rings is not taken from it. The answer is also by which ways it was tried.
    pub(super) fn by_another_way(&self, leg: LegId, end: LegEnd) -> Option<(BindingId, Vec<Tried>)> {
        let unserved = matches!(end, LegEnd::Silent | LegEnd::Unavailable(408 | 500 | 503));
        let phone = self.phones.get(&leg).filter(|phone| unserved && !phone.told_to_stop)?;
        let Begun::ByUs { binding: Some(binding), .. } = phone.begun else { return None };
        let is_asked = matches!(phone.state, PhoneState::Inviting);
        let cell = phone.cell.as_ref().filter(|cell| is_asked && cell.heard == Heard::Nothing)?;
        let tried: Vec<Tried> = cell.tried.iter().copied().chain([(cell.trunk, phone.hop)]).collect();
        let place = self.places.get(&binding)?.clone();
        self.way_beside(place, &tried, Some(leg)).is_ok().then_some((binding, tried))
    }

    /// A cell rings, or its carrier says so.
    pub(super) fn cell_rings(&mut self, leg: LegId) {
        if let Some(cell) = self.phones.get_mut(&leg).and_then(|phone| phone.cell.as_mut()) {
            cell.heard = Heard::Ringing;
        }
    }

    pub(super) fn pair_of_its_own(&mut self, leg: LegId, family: Family) -> Option<Pair> {
        let lane = self.callers.get(&leg.call)?.audio.lane;
        self.ports.take(lane, family)
    }

    /// The carrier wants to know whether it is us: the INVITE goes again, once, with the answer (RFC 3261 §22.2). Only when
    /// the carrier itself asks.
    pub(super) fn challenged(&mut self, now: Now, leg: LegId, tx: ClientTx, from: &Hop, response: &Received) -> bool {
        let Some(phone) = self.phones.get_mut(&leg) else { return false };
        let (Some(cell), Begun::ByUs { tx: asked, invite, .. }) = (&mut phone.cell, &mut phone.begun) else {
            return false;
        };
        let account = self.lines.get(cell.trunk).and_then(|line| line.account.as_ref());
        let (Some(account), Some(challenge)) = (account, auth::strongest(&response.challenges)) else { return false };
        if phone.told_to_stop || from.to.ip().to_canonical() != phone.hop.to.ip().to_canonical() {
            return false;
        }
        cell.answers = match cell.answers {
            Answers::None => Answers::One,
            Answers::One if challenge.stale => Answers::Two,
            Answers::One | Answers::Two => return false,
        };
        let header = match response.code() {
            Some(407) => "Proxy-Authorization",
            _ => "Authorization",
        };
        let uri = invite.uri.to_string();
        let body = invite.body.as_ref().map_or(&[][..], |body| &body.bytes);
        let answer = account.credentials.answer(&challenge, "INVITE", &uri, 1, &self.chance.tag(), body);
        invite.cseq += 1;
        let mut again = Outgoing::clone(invite);
        again.more.push(other(header, &answer));
        let branch = self.names.branch_again(&again.call_id, again.cseq);
        *asked = self.endpoint.invite(now.mono, phone.hop, again, branch);
        self.forks.remove(&tx);
        self.forks.insert(*asked, leg);
        true
    }

    /// Whoever picked up hears these, and is asked for a key.
    pub fn screen(&mut self, now: Now, leg: LegId, sounds: Arc<[Sound]>) {
        if self.play(leg, sounds).is_none() {
            self.hang_up(now, leg, Stop::Finished);
        }
    }

    /// Whoever was asked hears these, and is hung up on.
    pub fn dismiss(&mut self, now: Now, leg: LegId, why: Stop, sounds: Arc<[Sound]>) {
        self.stop_playing(leg);
        if sounds.is_empty() || self.play(leg, sounds).is_none() {
            return self.hang_up(now, leg, why);
        }
        if let Some(cell) = self.phones.get_mut(&leg).and_then(|phone| phone.cell.as_mut()) {
            cell.step = Step::Dismissed(why);
            self.cells.dismissed.set(leg, now.mono + DISMISSED_WITHIN);
        }
    }

    /// All has been heard that was to be played there.
    pub fn was_played(&mut self, now: Now, relay: RelayId) {
        let Some(&leg) = self.cells.played.get(&relay) else { return };
        match self.phones.get(&leg).and_then(|phone| phone.cell.as_ref()).map(|cell| cell.step) {
            Some(Step::Dismissed(why)) => self.hang_up(now, leg, why),
            Some(Step::Asked) => self.tell(leg.call, Input::NobodyPressed(leg)),
            Some(Step::Dialled) | None => {}
        }
    }

    /// A key was pressed there.
    pub fn was_pressed(&mut self, relay: RelayId) {
        if let Some(&leg) = self.cells.played.get(&relay) {
            self.tell(leg.call, Input::Pressed(leg));
        }
    }

    pub(super) fn cells_timeout(&mut self, now: Now) {
        while let Some(leg) = self.cells.dismissed.pop_due(now.mono) {
            if let Some(Step::Dismissed(why)) =
                self.phones.get(&leg).and_then(|phone| phone.cell.as_ref()).map(|cell| cell.step)
            {
                self.hang_up(now, leg, why);
            }
        }
    }

    /// From now on the carrier is to say something of this cell.
    pub(super) fn wait_for_a_word(&mut self, now: Now, leg: LegId) {
        self.cells.unheard.set(leg, now.mono + UNHEARD_FOR);
    }

    /// A cell of which its carrier has said nothing for too long.
    pub(super) fn pop_unheard(&mut self, now: Now) -> Option<LegId> {
        self.cells.unheard.pop_due(now.mono)
    }

    fn play(&mut self, leg: LegId, sounds: Arc<[Sound]>) -> Option<()> {
        let (ssrc, timestamp, sequence) = (self.chance.word(), self.chance.word(), self.chance.half_word());
        let phone = self.phones.get_mut(&leg)?;
        let PhoneState::Up { theirs: Some(theirs), .. } = &phone.state else { return None };
        let cell = phone.cell.as_mut()?;
        let machine = machine();
        let payloads =
            agree_late(Terms { ours: &phone.ours, theirs }, Terms { ours: &machine, theirs: &machine }).ok()?;
        self.last_relay = self.last_relay.wrapping_add(1);
        let relay = RelayId(self.last_relay);
        let keys = keys(&phone.ours, theirs).ok()?;
        let a = theirs.side(phone.pair.id, phone.hop.to.ip(), payloads.a, keys);
        let stream = Stream { law: Law::Ulaw, payload_type: 0, ssrc, sequence, timestamp };
        // Who has not agreed to tell of keys beside the sound presses them into it.
        let tells = theirs.formats.iter().any(|format| format.codec == Codec::TelephoneEvent);
        let listens = Listens::to(&machine.formats);
        let listens = Listens { keys: listens.keys.filter(|_| tells), ..listens };
        let ask = Box::new(Ask { sounds, stream, listens });
        cell.playing = Some(relay);
        self.cells.played.insert(relay, leg);
        self.media.push_back(Command::Ask { relay, lane: cell.lane, a, b: payloads.b, ask });
        Some(())
    }

    /// Ends what is played at this leg, if anything is. Its ports stay.
    pub(super) fn stop_playing(&mut self, leg: LegId) {
        self.cells.dismissed.stop(leg);
        self.cells.unheard.stop(leg);
        let Some(cell) = self.phones.get_mut(&leg).and_then(|phone| phone.cell.as_mut()) else { return };
        if let Some(relay) = cell.playing.take() {
            self.cells.played.remove(&relay);
            self.media.push_back(Command::Release { relay: Some(relay), lane: cell.lane, pairs: Vec::new() });
        }
    }

    /// Somebody has pressed a key: the cell's ports are the call's from here on.
    pub(super) fn take_over(&mut self, leg: LegId) {
        self.stop_playing(leg);
        let Some(phone) = self.phones.get_mut(&leg) else { return };
        let Some(cell) = &mut phone.cell else { return };
        if let Some(caller) = self.callers.get_mut(&leg.call)
            && cell.ports == Whose::Ours
        {
            cell.ports = Whose::TheCalls;
            caller.audio.phones.push(phone.pair);
        }
    }

    /// Gives a cell's own ports back.
    pub(super) fn release_cell(&mut self, phone: &PhoneLeg) {
        if let Some(cell) = &phone.cell
            && cell.ports == Whose::Ours
        {
            self.ports.released(1);
            self.media.push_back(Command::Release { relay: None, lane: cell.lane, pairs: vec![phone.pair.id] });
        }
    }
}
