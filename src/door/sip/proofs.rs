//! Phones that have registered are asked again and again whether they are there. The router before a phone so keeps the
//! way to it open, and whoever looks sees when each phone last answered. Silence ends nothing: when in doubt, ring.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::chance::Chance;
use crate::now::{Mono, Now};
use crate::sip::address::Address;
use crate::sip::endpoint::ClientTx;
use crate::sip::hop::Hop;
use crate::sip::message::{Header, Method};
use crate::sip::outgoing::Outgoing;
use crate::sip::transaction::timer::Deadlines;
use crate::sip::uri::Uri;

use super::SipDoor;

/// The most hasty routers forget after 30 s without a datagram who may send them to whom, though RFC 4787 §4.3 wants two
/// minutes; a question sent again once must still come in time.
const ASK_EVERY: Duration = Duration::from_secs(25);
/// Of that so many percent, by chance: a thousand phones that registered in the same second are not asked in the same.
const ASK_PERCENT: std::ops::RangeInclusive<u32> = 90..=100;
/// After a restart routers may be about to forget; the questions to all phones are spread over this.
const FIRST_WITHIN: Duration = Duration::from_secs(2);

/// Which registered places are to be asked when, by the number of their binding.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    due: Deadlines<u64>,
    asked: HashMap<ClientTx, u64>,
    /// Those that are due, and those that are being asked.
    known: HashSet<u64>,
}

impl Proofs {
    /// A phone has registered here: that proves enough for now. A place that is known keeps its turn.
    pub fn registered(&mut self, now: Mono, binding: u64, chance: &mut Chance) {
        if self.known.insert(binding) {
            self.due.set(binding, now + pause(chance));
        }
    }

    /// A place of an earlier run.
    pub fn restored(&mut self, now: Mono, binding: u64, chance: &mut Chance) {
        self.known.insert(binding);
        self.due.set(binding, now + FIRST_WITHIN * between(chance, 0, 100) / 100);
    }

    pub fn poll_timeout(&self) -> Option<Mono> {
        self.due.next()
    }

    fn pop_due(&mut self, now: Mono) -> Option<u64> {
        self.due.pop_due(now)
    }
}

impl SipDoor {
    /// Asks every phone whose turn it is.
    pub(super) fn proofs_timeout(&mut self, now: Now) {
        while let Some(binding) = self.proofs.pop_due(now.mono) {
            let place = self.registrations.place(binding);
            let Some((uri, hop)) = place else {
                // It is gone, or cannot be reached until it registers again.
                self.proofs.known.remove(&binding);
                continue;
            };
            let options = self.options(uri, &hop);
            let tx = self.endpoint.ask(now.mono, hop, options);
            self.proofs.asked.insert(tx, binding);
        }
    }

    /// Whether this was a question of ours; it is over now, however it went.
    pub(super) fn proof_over(&mut self, now: Now, tx: ClientTx) -> bool {
        let Some(binding) = self.proofs.asked.remove(&tx) else { return false };
        self.proofs.due.set(binding, now.mono + pause(&mut self.chance));
        true
    }

    /// RFC 3261 §11.1.
    pub(super) fn options(&mut self, uri: Uri, hop: &Hop) -> Outgoing {
        let scheme = uri.scheme;
        let us = Uri::sip(Some("ringall"), &self.endpoint.interfaces.sent_by(hop).ip().to_string(), None);
        Outgoing {
            method: Method::Options,
            to: Address::new(uri.clone()),
            uri,
            from: Address::new(us).with_tag(&self.chance.tag()),
            call_id: self.chance.call_id(),
            cseq: 1,
            routes: Vec::new(),
            more: vec![self.contact(hop, scheme), Header::Accept("application/sdp".into())],
            body: None,
        }
    }
}

fn pause(chance: &mut Chance) -> Duration {
    ASK_EVERY * between(chance, *ASK_PERCENT.start(), *ASK_PERCENT.end()) / 100
}

/// A number from `low` to `high`, both included.
fn between(chance: &mut Chance, low: u32, high: u32) -> u32 {
    low + u32::try_from(chance.bits() % u64::from(high - low + 1)).unwrap_or(0)
}
