//! A caller's INVITE: what is wrong with it is answered here, what is right becomes an [`Arrival`].

use std::collections::HashMap;

use crate::call::event::{Final, Stop};
use crate::call::leg::{BindingId, LegId};
use crate::call::record::CallId;
use crate::door::token::Token;
use crate::media::Family;
use crate::media::sdp::{Description, SdpError, is_sendable};
use crate::now::Now;
use crate::routing::NotDialled;
use crate::routing::caller_id::Identity;
use crate::sip::dialog::{Dialog, DialogKey};
use crate::sip::endpoint::ServerTx;
use crate::sip::gate::Source;
use crate::sip::hop::Hop;
use crate::sip::message::{Header, Received};
use crate::sip::outgoing::ALLOW;
use crate::sip::uri::Scheme;

use super::abilities::REPLACES;
use super::machine::machine_understands;
use super::reason::warning;
use super::{
    Audio, CallerLeg, CallerState, Party, Shown, SipDoor, Told, abilities, lifting, reached_at, scheme_called,
};

/// A call at the door: everything the switchboard needs to decide it.
#[derive(Debug)]
pub struct Arrival {
    pub(super) tx: ServerTx,
    pub(super) hop: Hop,
    pub call_id: String,
    /// Call-ID, From tag, CSeq number: the call's name towards its carrier.
    pub key: String,
    pub caller: Claimed,
    /// Where the call was to, in order of trust: the request line, then To.
    pub called: Vec<String>,
    pub origin: Origin,
    /// The phone wants the call that rings at this leg (RFC 3891).
    pub instead: Option<LegId>,
    pub(super) offer: Result<Option<Description>, SdpError>,
}

/// On whose word a call is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A customer's, through a carrier. `trunk` is its place in the configuration, `account` ours at the carrier, where we register: a call to it names no number.
    Carrier { trunk: usize, account: Option<String> },
    /// A phone of the shop dials.
    Phone(Calling),
    /// A caller who has come by another door, and whom we have sent for.
    SentFor(Token),
}

/// Which phone dials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Calling {
    /// That of this user, who has proved to know the password.
    User(String),
    /// The one that has this fixed address, and calls itself so.
    At { from: Hop, user: String },
}

/// Who the carrier says is calling, taken apart but not interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub display: String,
    pub user: String,
    pub host: String,
    /// The Privacy header, as written.
    pub privacy: String,
}

impl Claimed {
    /// As `routing` reads it.
    pub fn identity(&self) -> Identity<'_> {
        Identity { display: &self.display, user: &self.user, host: &self.host, privacy: &self.privacy }
    }
}

impl Arrival {
    /// What keeps this call from being connected to anybody, whoever would pick up.
    pub fn unservable(&self) -> Option<Final> {
        self.offer.is_err().then_some(Final::NotAcceptable)
    }

    /// Whether all that it would hear goes to where it calls from. Anybody can write a telephone's address into a datagram;
    /// the sound that they would so have they cannot.
    pub fn listens_where_it_is(&self) -> bool {
        let Ok(Some(offer)) = &self.offer else { return true };
        offer.rtp_to().is_none_or(|rtp| rtp.ip() == self.hop.to.ip())
    }

    /// Whether nothing but what a datagram says is known of the phone that dials: whoever has connected is where they are.
    pub fn needs_an_ack(&self, calling: &Calling) -> bool {
        matches!(calling, Calling::At { .. }) && !self.hop.protocol().is_stream()
    }

    /// Of the caller's address.
    pub fn family(&self) -> Family {
        Family::from(self.hop.to.ip())
    }

    /// Whether the caller could hear a greeting and leave a message: the machine speaks G.711 alone.
    pub fn understands_the_machine(&self) -> bool {
        match &self.offer {
            Ok(Some(offer)) => machine_understands(offer),
            // We make the offer, and say what the machine speaks.
            Ok(None) => true,
            Err(_) => false,
        }
    }
}

/// What a body from there says. Keys are read where nobody else could read them, and nowhere else.
pub(super) fn described(body: &[u8], from: &Hop) -> Result<Description, SdpError> {
    if from.protocol().is_encrypted() { Description::read_with_keys(body) } else { Description::read(body) }
}

impl SipDoor {
    pub(super) fn invite_came(&mut self, now: Now, tx: ServerTx, hop: Hop, invite: Received) {
        let source = self.source_of(&hop, &invite);
        if source != Source::Stranger && self.is_our_own(&invite) {
            return self.respond(now, tx, 482, Vec::new());
        }
        let origin = match (self.token_of(now, &invite), source) {
            (Some(token), _) => Origin::SentFor(token),
            (None, Source::Trunk(trunk)) => Origin::Carrier { trunk, account: self.trunks.account_user(trunk) },
            (None, Source::Phone) => match self.phone_calling(now, tx, hop, &invite) {
                Some(calling) => Origin::Phone(calling),
                None => return,
            },
            (None, Source::Stranger) => return,
        };
        if invite.max_forwards == Some(0) {
            return self.respond(now, tx, 483, Vec::new());
        }
        let mut invite = invite;
        // A carrier that asks for what only phones may have is passed over, as if it had not.
        let replaces = invite.replaces.take().filter(|_| matches!(origin, Origin::Phone(_)));
        if replaces.is_some() {
            invite.require.retain(|tag| tag != REPLACES);
        }
        if let Err(unable) = abilities::invite(&invite) {
            return self.respond(now, tx, unable.code, unable.more);
        }
        let key = format!("{} {} {}", invite.call_id, invite.from.tag().unwrap_or_default(), invite.cseq.number);
        if self.keys.contains_key(&key) {
            // RFC 3261 §8.2.2.2: the same request by another way.
            return self.respond(now, tx, 482, Vec::new());
        }
        let instead = match replaces.map(|replaces| self.replaced(&origin, &replaces)).transpose() {
            Ok(instead) => instead,
            Err(code) => return self.respond(now, tx, code, Vec::new()),
        };
        let offer = self.read_offer(&invite.body, &hop);
        // P-Asserted-Identity is the carrier's own word (RFC 3325 §5); a phone is whom its password or its address says.
        let who = invite.asserted.first().unwrap_or(&invite.from);
        let display = if who.display.is_empty() { &invite.from.display } else { &who.display };
        let caller = Claimed {
            display: display.clone(),
            user: who.uri.user_unescaped(),
            host: who.uri.host.clone(),
            privacy: invite.privacy.clone(),
        };
        let called = self.numbers_called(&invite, source);
        let arrival = Arrival { tx, hop, call_id: invite.call_id, key, caller, called, origin, instead, offer };
        self.told.push_back(Told::Arrived(Box::new(arrival)));
    }

    /// Where the phone has registered that dials.
    pub(super) fn place_of(&self, arrival: &Arrival) -> Option<BindingId> {
        match &arrival.origin {
            Origin::Phone(Calling::User(user)) => self.registrations.binding_at(user, arrival.hop),
            Origin::Phone(Calling::At { .. }) | Origin::Carrier { .. } | Origin::SentFor(_) => None,
        }
    }

    /// The switchboard has made a call of it; of a phone that talks in another one `beside`.
    pub fn open(&mut self, call: CallId, arrival: Arrival, shown: Shown, beside: Option<CallId>) {
        let family = arrival.family();
        // Who talks in another call may put the two together, and sound stays within one packet thread.
        let same = beside.and_then(|beside| self.lane_of(beside));
        let same = same.filter(|lane| self.ports.has_two(*lane, family));
        let lane = same.unwrap_or_else(|| self.ports.next_lane(family));
        let place = self.place_of(&arrival);
        let offer = arrival.offer.ok().flatten();
        let trunk = match arrival.origin {
            Origin::Carrier { trunk, .. } => Some(trunk),
            Origin::Phone(_) | Origin::SentFor(_) => None,
        };
        let audio = Audio { lane, caller: self.ports.take(lane, family), phones: Vec::new(), relay: None };
        self.purses.caller_is(call, &arrival.hop);
        self.keys.insert(arrival.key.clone(), call);
        self.invites.insert(arrival.tx, call);
        let local_tag = self.chance.tag();
        let dialog_key = DialogKey { call_id: arrival.call_id, local_tag: local_tag.clone() };
        self.dialogs.insert(dialog_key.clone(), Party::Caller(call));
        let leg = CallerLeg {
            trunk,
            begun: lifting::Beginning::Theirs(arrival.tx),
            place,
            hop: arrival.hop,
            local_tag,
            key: arrival.key,
            dialog_key,
            offer,
            shown,
            shown_at: HashMap::new(),
            rung: self.rung_before.remove(&call).unwrap_or_default(),
            audio,
            early: None,
            hears: None,
            state: CallerState::Waiting,
        };
        self.callers.insert(call, leg);
    }

    /// The service shuts down: a carrier may try elsewhere (RFC 3261 §21.5.4).
    pub fn turn_away(&mut self, now: Now, arrival: &Arrival) {
        let code = Final::Draining.status();
        self.respond(now, arrival.tx, code, vec![crate::sip::message::other("Retry-After", "30")]);
    }

    /// A caller whom we have sent for, and who waits here, is not here any more; they may come again.
    pub fn let_go(&mut self, now: Now, call: CallId) {
        // A phone must not take their next INVITE for a repeat of this one.
        let rung = self.callers.get(&call).map(|caller| caller.rung.clone());
        self.refuse(now, call, Final::Cancelled);
        self.rung_before.extend(rung.map(|rung| (call, rung)));
    }

    /// This call is over: its caller comes no more.
    pub fn expect_no_more(&mut self, call: CallId) {
        self.rung_before.remove(&call);
    }

    /// Whoever was sent for is of no use any more, or comes a second time.
    pub fn send_back(&mut self, now: Now, arrival: &Arrival) {
        self.respond(now, arrival.tx, Final::Busy.status(), Vec::new());
    }

    /// A phone has dialled what nobody can be called by. In words, because somebody may stand there who needs help now.
    pub fn refuse_dialling(&mut self, now: Now, arrival: &Arrival, why: NotDialled) {
        self.respond(now, arrival.tx, 403, vec![warning(why)]);
    }

    /// Ends everything of a call that a bug of ours has cut short.
    pub fn abandon(&mut self, now: Now, call: CallId) {
        match self.callers.get(&call).map(|caller| &caller.state) {
            Some(CallerState::Waiting) => self.refuse(now, call, Final::Unavailable),
            Some(CallerState::Answered(_)) => self.bye_caller(now, call, Stop::Finished),
            None => {}
        }
        let legs: Vec<_> = self.phones.keys().copied().filter(|leg| leg.call == call).collect();
        for leg in legs {
            self.stop(now, leg, Stop::CallerGaveUp);
            self.hang_up_at_once(now, leg);
            self.forget_phone(leg);
        }
    }

    /// An offer in a body; `None` when there is no body. Its address must be of the family that signalling goes by: of
    /// the other we know no address of ours that reaches it.
    pub(super) fn read_offer(&self, body: &[u8], hop: &Hop) -> Result<Option<Description>, SdpError> {
        if body.is_empty() {
            return Ok(None);
        }
        let offer = described(body, hop)?;
        if let Some(rtp) = offer.rtp_to()
            && (!is_sendable(rtp.ip(), hop.local.is_loopback()) || rtp.is_ipv4() != hop.to.is_ipv4())
        {
            return Err(SdpError::BadAddress(rtp.ip().to_string()));
        }
        Ok(Some(offer))
    }

    /// 180 without SDP: ringing is the only thing a caller hears before a person (DESIGN §3).
    pub(super) fn announce(&mut self, now: Now, call: CallId) {
        self.begin_early(call);
        let Some(caller) = self.callers.get(&call) else { return };
        // Who has lifted a phone hears the ringing tone already.
        let Some(tx) = caller.begun.theirs() else { return };
        if self.must_hear(tx) {
            return self.announce_reliably(now, call);
        }
        let scheme = self.endpoint.request_of(tx).map_or(Scheme::Sip, scheme_called);
        let more = vec![self.contact(&caller.hop, scheme), Header::Allow(ALLOW.into())];
        self.endpoint.respond_plain(now.mono, tx, 180, Some(&caller.local_tag), more);
    }

    /// What we are about to say makes a dialog (RFC 3261 §12.1.1).
    pub(super) fn begin_early(&mut self, call: CallId) {
        let Some(caller) = self.callers.get_mut(&call) else { return };
        if caller.early.is_none()
            && let Some(invite) = caller.begun.theirs().and_then(|tx| self.endpoint.request_of(tx))
        {
            let mut dialog = Dialog::as_callee(invite, &caller.local_tag, caller.hop, &self.endpoint.interfaces);
            reached_at(&self.places, caller.place, &mut dialog);
            caller.early = Some(Box::new(dialog));
        }
    }

    /// A final answer other than 200; the caller's leg is over.
    pub(super) fn refuse(&mut self, now: Now, call: CallId, answer: Final) {
        let Some(caller) = self.callers.get(&call) else { return };
        let CallerState::Waiting = caller.state else { return self.refuse_lifter(now, call) };
        let code = answer.status();
        let more = match answer {
            Final::NotDialled(why) => vec![warning(why)],
            Final::Busy
            | Final::NotFound
            | Final::Cancelled
            | Final::Unavailable
            | Final::NotAcceptable
            | Final::Draining => Vec::new(),
        };
        if let Some(tx) = caller.begun.theirs() {
            self.endpoint.respond_plain(now.mono, tx, code, Some(&caller.local_tag), more);
        }
        self.forget_caller(call);
    }

    /// Forgets the caller's leg and gives its ports back.
    pub(super) fn forget_caller(&mut self, call: CallId) {
        let Some(caller) = self.callers.remove(&call) else { return };
        self.purses.caller_left(call);
        match &caller.begun {
            lifting::Beginning::Theirs(tx) => {
                self.invites.remove(tx);
            }
            lifting::Beginning::Lifted { tx, .. } => {
                self.forks.remove(tx);
            }
            lifting::Beginning::NotLifted => {}
        }
        self.keys.remove(&caller.key);
        self.reliable.forget_caller(call);
        self.dialogs.remove(&caller.dialog_key);
        self.release(&caller.audio);
    }
}
