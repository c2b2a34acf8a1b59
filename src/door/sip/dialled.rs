//! Somebody outside whom a phone of the shop calls: the INVITE to the carrier, with the shop's own number and nothing of the
//! phone's, and the sound that comes before anybody has picked up. Announcements matter here ("the number has changed"), so
//! this is the one call in which early media is heard.

use crate::call::event::{Input, LegEnd};
use crate::call::leg::LegId;
use crate::media::sdp::{Agreed, Description, Here, Payloads, Protection, Terms, agree, agree_late, keys};
use crate::media::srtp::MasterKey;
use crate::media::{Command, Family, RelayId};
use crate::now::Now;
use crate::routing::Outside;
use crate::sip::hop::Hop;
use crate::sip::message::{self, Header};
use crate::sip::outgoing::ALLOW;
use crate::sip::uri::Uri;

use super::fork::Invited;
use super::{Place, SipDoor, Way, cells, scheme_called};

/// What a caller hears before anybody has picked up.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub leg: LegId,
    /// What we told them. A 200 says the same again (RFC 3261 §13.2.1).
    pub ours: Description,
    /// What the other side has said.
    pub theirs: Description,
}

impl SipDoor {
    /// Asks this carrier for whom was dialled. `None`: there is none to be asked.
    pub fn dial(&mut self, now: Now, leg: LegId, to: &Outside, carrier: Option<(usize, Hop)>) {
        self.let_lifter_wait(leg.call);
        let may_go = |trunk: usize| match to {
            Outside::Number(_) => self.has_channel_for_us(trunk),
            // Whether all channels are taken the carrier knows better, and may make room.
            Outside::Help(_) => true,
        };
        let place = carrier.filter(|(trunk, _)| may_go(*trunk)).and_then(|(trunk, hop)| {
            let uri = self.outside_uri(trunk, to)?;
            Place::of_cell(vec![Way { uri, hop, trunk }])
        });
        let Some(place) = place else { return self.tell(leg.call, Input::LegEnded(leg, LegEnd::NoChannel)) };
        let protection = match place.hop.protocol().is_encrypted() {
            true => Protection::offered(MasterKey(self.chance.bytes())),
            false => Protection::Plain,
        };
        self.dial_for(now, leg, place, protection);
    }

    /// Whom a phone has called, as this trunk knows them.
    pub(super) fn outside_uri(&self, trunk: usize, to: &Outside) -> Option<Uri> {
        match to {
            Outside::Number(number) => self.cell_uri(trunk, number),
            // Each carrier knows it as it is dialled.
            Outside::Help(number) => self.number_uri(trunk, number),
        }
    }

    pub(super) fn dial_for(&mut self, now: Now, leg: LegId, place: Place, protection: Protection) {
        let Some(trunk) = place.trunk else { return };
        let Some(pair) = self.phones_pair(leg.call, Family::from(place.hop.to.ip())) else {
            return self.tell(leg.call, Input::LegEnded(leg, LegEnd::NoPorts));
        };
        let Some(caller) = self.callers.get(&leg.call) else { return };
        let (from, vouched) = self.shown_as_shop(trunk, caller.shown.called.as_deref());
        let cell = Some(Box::new(cells::Cell::dialled(trunk, pair.lane)));
        let offer = caller.could_talk_by();
        self.invite(now, leg, Invited { place, binding: None, pair, offer, from, vouched, cell }, protection);
    }

    /// Lets the caller hear what this leg's carrier plays: 183 with SDP. A caller who has offered nothing, or who must have
    /// everything reliably, hears ringing.
    pub(super) fn let_hear(&mut self, now: Now, leg: LegId) {
        if self.is_ours(leg.call) {
            return self.let_lifter_hear(leg);
        }
        if self.hear(leg).is_none() {
            return self.announce(now, leg.call);
        }
        self.begin_early(leg.call);
        let Some(caller) = self.callers.get(&leg.call) else { return };
        let Some(tx) = caller.begun.theirs() else { return };
        let (Some(heard), Some(invite)) = (&caller.hears, self.endpoint.request_of(tx)) else { return };
        let mut response = message::response_to(invite, 183, Some(&caller.local_tag));
        let contact = self.contact(&caller.hop, scheme_called(invite));
        for header in [contact, Header::Allow(ALLOW.into()), Header::ContentType("application/sdp".into())] {
            response.headers.push(header);
        }
        response.body = heard.ours.write();
        self.endpoint.respond(now.mono, tx, &response);
    }

    /// Connects the caller with the early sound of this leg, if they are not yet.
    fn hear(&mut self, leg: LegId) -> Option<()> {
        let (caller, phone) = (self.callers.get(&leg.call)?, self.phones.get(&leg)?);
        let (offer, theirs) = (caller.offer.clone()?, phone.early.clone()?);
        if caller.begun.theirs().is_none_or(|tx| self.must_hear(tx)) {
            return None;
        }
        let terms = Terms { ours: &phone.ours, theirs: &theirs };
        let (ours, payloads) = match &caller.hears {
            Some(heard) if heard.leg == leg && heard.theirs == theirs => return Some(()),
            Some(heard) => {
                let payloads = agree_late(Terms { ours: &heard.ours, theirs: &offer }, terms).ok()?;
                (heard.ours.clone(), payloads)
            }
            None => {
                let address = self.endpoint.interfaces.ip_towards(&caller.hop);
                let here = Here { address, port: caller.audio.caller?.rtp, session_id: self.chance.bits() >> 1 };
                let Agreed { answer, payloads } = agree(&offer, terms, here).ok()?;
                let protection = offer.protection.clone().answered(|| MasterKey(self.chance.bytes()));
                (Description { protection, ..answer }, payloads)
            }
        };
        self.connect_early(leg, &ours, &offer, &theirs, payloads)?;
        self.callers.get_mut(&leg.call)?.hears = Some(Box::new(Heard { leg, ours, theirs }));
        Some(())
    }

    fn connect_early(
        &mut self,
        leg: LegId,
        ours: &Description,
        offer: &Description,
        theirs: &Description,
        payloads: Payloads,
    ) -> Option<()> {
        let phone = self.phones.get(&leg)?;
        let (keys_a, keys_b) = (keys(ours, offer).ok()?, keys(&phone.ours, theirs).ok()?);
        self.unhear(leg);
        let (phone, caller) = (self.phones.get(&leg)?, self.callers.get_mut(&leg.call)?);
        let lane = caller.audio.lane;
        let a = offer.side(caller.audio.caller?.id, caller.hop.to.ip(), payloads.a, keys_a);
        let b = theirs.side(phone.pair.id, phone.hop.to.ip(), payloads.b, keys_b);
        self.last_relay = self.last_relay.wrapping_add(1);
        let relay = RelayId(self.last_relay);
        caller.audio.relay = Some(relay);
        self.relays.insert(relay, leg.call);
        self.media.push_back(Command::Connect { relay, lane, a, b });
        Some(())
    }

    /// Ends what the caller hears of before anybody picked up. The ports stay.
    pub(super) fn unhear(&mut self, leg: LegId) {
        let Some(caller) = self.callers.get_mut(&leg.call) else { return };
        if let Some(relay) = caller.audio.relay.take() {
            let (lane, pairs) = (caller.audio.lane, Vec::new());
            self.relays.remove(&relay);
            self.media.push_back(Command::Release { relay: Some(relay), lane, pairs });
        }
    }
}
