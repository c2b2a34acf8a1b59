//! The staff's cells: called through a carrier, asked for a key by a machine of ours, and only then connected. A carrier's
//! challenge is answered for these INVITEs alone: no other request of ours outside a registration is ever authenticated,
//! whoever asks (CVE-2021-41158).

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use crate::call::event::{Input, LegEnd, Stop};
use crate::call::leg::{BindingId, LegId};
use crate::config::{FromUser, Identity, Outbound, ShownAs, Trunk};
use crate::media::g711::Law;
use crate::media::player::{Sound, Stream};
use crate::media::recorder::Listens;
use crate::media::sdp::{Codec, Terms, agree_late, keys};
use crate::media::{Ask, Command, Family, Lane, Pair, RelayId};
use crate::now::{Mono, Now};
use crate::number::Number;
use crate::sip::address::Address;
use crate::sip::auth::{self, Credentials};
use crate::sip::endpoint::ClientTx;
use crate::sip::hop::Hop;
use crate::sip::message::{Header, Received, other};
use crate::sip::outgoing::Outgoing;
use crate::sip::transaction::timer::Deadlines;
use crate::sip::uri::Uri;

use super::bridge::machine;
use super::{Begun, PhoneLeg, PhoneState, Place, Shown, SipDoor, Way};

/// Whoever pressed too late hears why for as long as that may take; the packet thread tells when it is said, but may be
/// silent.
const DISMISSED_WITHIN: Duration = Duration::from_secs(8);
/// A carrier that has said nothing of a cell by then is not waited for where another leads there: callers are sent away when
/// nothing could be reached for 20 s, and an INVITE that nobody answers takes 32 s to fail.
const UNHEARD_FOR: Duration = Duration::from_secs(10);

/// The carriers that calls go out by, and what is played to cells now.
#[derive(Debug)]
pub(super) struct Cells {
    trunks: Vec<Line>,
    /// Whose sound each machine plays and hears.
    played: HashMap<RelayId, LegId>,
    dismissed: Deadlines<LegId>,
    /// When a cell of which its carrier has said nothing is called by another way, if there is one.
    unheard: Deadlines<LegId>,
}

/// What a call through this trunk needs.
#[derive(Debug)]
struct Line {
    outbound: Option<Outbound>,
    channels: Option<NonZeroU16>,
    account: Option<Account>,
}

/// Where we are registered.
#[derive(Debug)]
struct Account {
    user: String,
    credentials: Credentials,
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

/// A trunk, and the server of its that was asked.
pub(super) type Tried = (usize, Hop);

/// Whether a trunk takes calls of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Yes,
    /// It does not answer our questions.
    InDoubt,
    No,
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
    pub fn new(trunks: &[Trunk]) -> Cells {
        let account = |trunk: &Trunk| {
            let register = trunk.register.as_ref()?;
            let credentials = Credentials { user: register.auth_user.clone(), password: register.password.clone() };
            Some(Account { user: register.user.clone(), credentials })
        };
        let line = |trunk: &Trunk| Line {
            outbound: trunk.outbound.clone(),
            channels: trunk.channels,
            account: account(trunk),
        };
        let trunks = trunks.iter().map(line).collect();
        Cells { trunks, played: HashMap::new(), dismissed: Deadlines::default(), unheard: Deadlines::default() }
    }

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
    /// Where each trunk that calls go out by wants their INVITEs.
    pub fn outbound_proxies(&self) -> Vec<(usize, Uri)> {
        let proxy = |(at, line): (usize, &Line)| Some((at, line.outbound.as_ref()?.proxy.clone()));
        self.cells.trunks.iter().enumerate().filter_map(proxy).collect()
    }

    /// Whether this trunk would take a call of ours: where we register, while we are registered; else, whether it answers.
    /// One that does not is better than none: not every carrier answers questions.
    pub fn takes_calls(&self, trunk: usize) -> Takes {
        let registers = self.cells.trunks.get(trunk).is_some_and(|line| line.account.is_some());
        match registers {
            true if self.trunks.is_registered(trunk) => Takes::Yes,
            true => Takes::No,
            false if self.reach.is_silent(trunk) => Takes::InDoubt,
            false => Takes::Yes,
        }
    }

    /// Where this trunk wants to be asked whether it is there, and how often. `None`: it is not asked.
    pub(super) fn asked_how_often(&self, trunk: usize) -> Option<(Uri, Duration)> {
        let line = self.cells.trunks.get(trunk).filter(|line| line.account.is_none())?;
        let outbound = line.outbound.as_ref()?;
        Some((outbound.proxy.clone(), outbound.ask_every?))
    }

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

    /// How many INVITEs one to this trunk may become: a carrier where we register may ask who calls, twice.
    pub(super) fn invites_as_one(&self, trunk: usize) -> u32 {
        let registers = self.cells.trunks.get(trunk).is_some_and(|line| line.account.is_some());
        if registers { 3 } else { 1 }
    }

    /// The first way to this place that was not tried, by a trunk that has a channel for us.
    pub(super) fn way_to(&self, place: Place, tried: &[Tried]) -> Result<Place, LegEnd> {
        self.way_beside(place, tried, None)
    }

    /// The same once this leg has left its channel.
    fn way_beside(&self, place: Place, tried: &[Tried], left: Option<LegId>) -> Result<Place, LegEnd> {
        let Some(first) = place.trunk else { return Ok(place) };
        let first = Way { uri: place.uri, hop: place.hop, trunk: first };
        let mut ways = std::iter::once(first).chain(place.others).filter(|way| !tried.contains(&(way.trunk, way.hop)));
        let way = ways.find(|way| self.has_channel_beside(way.trunk, left));
        way.and_then(|way| Place::of_cell(vec![way])).ok_or(LegEnd::NoChannel)
    }

    /// A cell rings, or its carrier says so.
    pub(super) fn cell_rings(&mut self, leg: LegId) {
        if let Some(cell) = self.phones.get_mut(&leg).and_then(|phone| phone.cell.as_mut()) {
            cell.heard = Heard::Ringing;
        }
    }

    /// This number at this trunk.
    pub fn cell_uri(&self, trunk: usize, number: &Number) -> Option<Uri> {
        let outbound = self.cells.trunks.get(trunk)?.outbound.as_ref()?;
        self.number_uri(trunk, &outbound.numbers.write(number))
    }

    /// What is dialled like this at this trunk.
    pub(super) fn number_uri(&self, trunk: usize, number: &str) -> Option<Uri> {
        let outbound = self.cells.trunks.get(trunk)?.outbound.as_ref()?;
        Some(Uri::sip(Some(number), &outbound.domain, outbound.port))
    }

    /// Whether this trunk can carry a call of ours. The last channel is the next customer's.
    pub(super) fn has_channel_for_us(&self, trunk: usize) -> bool {
        self.has_channel_beside(trunk, None)
    }

    fn has_channel_beside(&self, trunk: usize, left: Option<LegId>) -> bool {
        let Some(channels) = self.cells.trunks.get(trunk).and_then(|line| line.channels) else { return true };
        let customers = self.callers.values().filter(|caller| caller.trunk == Some(trunk)).count();
        let through = |phone: &PhoneLeg| phone.cell.as_ref().is_some_and(|cell| cell.trunk == trunk);
        let cells = self.phones.iter().filter(|(leg, phone)| Some(**leg) != left && through(phone)).count();
        customers + cells + 1 < usize::from(channels.get())
    }

    pub(super) fn pair_of_its_own(&mut self, leg: LegId, family: Family) -> Option<Pair> {
        let lane = self.callers.get(&leg.call)?.audio.lane;
        self.ports.take(lane, family)
    }

    /// The shop, as the carrier is told that one of its phones calls: From without a tag, and the headers that vouch for it.
    /// Where we register the account is known there, and the shop's number is what we would have shown (RFC 3325 §9.2).
    pub(super) fn shown_as_shop(&self, trunk: usize, called: Option<&str>) -> (Address, Vec<Header>) {
        let Some(Line { outbound: Some(outbound), account, .. }) = self.cells.trunks.get(trunk) else {
            return (Address::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None)), Vec::new());
        };
        let at = |user: &str| at_carrier(outbound, user);
        let account = account.as_ref().map(|account| account.user.as_str());
        let named = match outbound.from {
            FromUser::Account => account.or(called),
            FromUser::Number => called.or(account),
        };
        let ours = at(named.unwrap_or("ringall"));
        if let Some(identity) = outbound.identity {
            let shown =
                Shown { card: String::new(), number: String::new(), called: called.map(str::to_owned), own: None };
            return identified(outbound, ShownAs::Shop, identity, ours, &shown);
        }
        let vouched = called.filter(|_| account.is_some() && named == account);
        (ours, vouched.map(|number| other("P-Preferred-Identity", &at(number).to_string())).into_iter().collect())
    }

    /// Who calls, as the carrier is told: From without a tag, and the headers that vouch for it.
    pub(super) fn shown_to_cell(&self, trunk: usize, shown: &Shown) -> (Address, Vec<Header>) {
        let Some(Line { outbound: Some(outbound), account, .. }) = self.cells.trunks.get(trunk) else {
            return (Address::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None)), Vec::new());
        };
        let at = |user: &str| at_carrier(outbound, user);
        let account = account.as_ref().map(|account| account.user.as_str());
        let named = match outbound.from {
            FromUser::Account => account.or(shown.called.as_deref()),
            FromUser::Number => shown.called.as_deref().or(account),
        };
        let ours = at(named.unwrap_or("ringall"));
        if let Some(identity) = outbound.identity {
            return identified(outbound, outbound.shown_as, identity, ours, shown);
        }
        match outbound.shown_as {
            ShownAs::Shop => (ours, Vec::new()),
            ShownAs::Caller => {
                // RFC 3325 §9.1, and RFC 5806 for carriers that go by it: who answers for a number that is not ours.
                let mut vouched = vec![other("P-Asserted-Identity", &ours.to_string())];
                if let Some(called) = &shown.called {
                    vouched.push(other("Diversion", &format!("<{}>;reason=unconditional", at(called).uri)));
                }
                match shown.number.as_str() {
                    "" => {
                        vouched.push(other("Privacy", "id"));
                        (Address::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None)), vouched)
                    }
                    number => (at(number), vouched),
                }
            }
        }
    }

    /// The carrier wants to know whether it is us: the INVITE goes again, once, with the answer (RFC 3261 §22.2). Only when
    /// the carrier itself asks.
    pub(super) fn challenged(&mut self, now: Now, leg: LegId, tx: ClientTx, from: &Hop, response: &Received) -> bool {
        let Some(phone) = self.phones.get_mut(&leg) else { return false };
        let (Some(cell), Begun::ByUs { tx: asked, invite, .. }) = (&mut phone.cell, &mut phone.begun) else {
            return false;
        };
        let account = self.cells.trunks.get(cell.trunk).and_then(|line| line.account.as_ref());
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

/// This user, or this number as the carrier writes it, at the carrier.
fn at_carrier(outbound: &Outbound, user: &str) -> Address {
    Address::new(Uri::sip(Some(&outbound.numbers.write_shown(user)), &outbound.domain, outbound.port))
}

/// From, and the header in which this carrier looks for the number to be shown. Who withholds theirs is not named: the
/// shop's number answers for the call, and is not shown either.
fn identified(
    outbound: &Outbound,
    shown_as: ShownAs,
    identity: Identity,
    ours: Address,
    shown: &Shown,
) -> (Address, Vec<Header>) {
    let at = |user: &str| at_carrier(outbound, user);
    let shop = shown.called.as_deref();
    let (number, withheld) = match shown_as {
        ShownAs::Shop => (shop, false),
        ShownAs::Caller if shown.number.is_empty() => (shop, true),
        ShownAs::Caller => (Some(shown.number.as_str()), false),
    };
    let mut more = Vec::new();
    if let Some(number) = number {
        let privacy = if withheld { "full" } else { "off" };
        let params = match identity {
            Identity::RemoteParty => format!(";party=calling;privacy={privacy};screen=no"),
            Identity::Asserted | Identity::Preferred => String::new(),
        };
        more.push(other(identity.header(), &format!("<{}>{params}", at(number).uri)));
    }
    if withheld {
        more.push(other("Privacy", "id"));
    }
    if let (ShownAs::Caller, Some(shop)) = (shown_as, shop) {
        more.push(other("Diversion", &format!("<{}>;reason=unconditional", at(shop).uri)));
    }
    let from = match (outbound.from, number) {
        (FromUser::Number, Some(number)) if !withheld => at(number),
        (FromUser::Number, _) if withheld => Address::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None)),
        (FromUser::Account | FromUser::Number, _) => ours,
    };
    (from, more)
}
