//! The carriers that we register with: their machines ask, the transactions carry it, the gate learns who they are.

use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::config::{CalledIn, Trunk};
use crate::now::Now;
use crate::sip::endpoint::ClientTx;
use crate::sip::gate::{Registrar, Source};
use crate::sip::hop::{FlowId, Hop};
use crate::sip::locate::Found;
use crate::sip::message::{Method, Received};
use crate::sip::trunk::{Given, Input, Output, Registration, Why};
use crate::sip::uri::Uri;

use super::{SipDoor, Told};

/// The registrations, by the place of their trunk in the configuration.
#[derive(Debug)]
pub(super) struct Trunks(BTreeMap<usize, Line>);

#[derive(Debug)]
struct Line {
    registration: Registration,
    /// The REGISTER whose answer is awaited.
    asking: Option<ClientTx>,
    /// The connection that the last one went by.
    flow: Option<FlowId>,
}

impl Trunks {
    pub fn new(trunks: &[Trunk], chance: &mut Chance) -> Trunks {
        let lines = trunks.iter().enumerate().filter_map(|(at, trunk)| {
            let registration = Registration::new(trunk.register.as_ref()?, chance);
            Some((at, Line { registration, asking: None, flow: None }))
        });
        Trunks(lines.collect())
    }

    pub fn poll_timeout(&self) -> Option<crate::now::Mono> {
        self.0.values().filter_map(|line| line.registration.poll_timeout()).min()
    }

    /// The user part of this trunk's account.
    pub fn account_user(&self, trunk: usize) -> Option<String> {
        self.0.get(&trunk).map(|line| line.registration.account_user())
    }

    pub fn is_registered(&self, trunk: usize) -> bool {
        self.0.get(&trunk).is_some_and(|line| line.registration.is_registered())
    }

    /// Whether a carrier's calls come by this connection.
    pub fn need(&self, flow: FlowId) -> bool {
        self.0.values().any(|line| line.flow == Some(flow) && line.registration.is_registered())
    }

    /// How many carriers send us calls because we have registered.
    pub fn registered(&self) -> usize {
        self.0.values().filter(|line| line.registration.is_registered()).count()
    }
}

impl SipDoor {
    /// Where this trunk's registrar is; nowhere when empty.
    pub fn registrar_resolved(&mut self, now: Now, trunk: usize, found: &[Found]) {
        self.feed_trunk(now, trunk, Input::Resolved(found));
    }

    /// The service shuts down: no more calls from carriers that we have registered with.
    pub fn leave_trunks(&mut self, now: Now) {
        for trunk in self.trunks.0.keys().copied().collect::<Vec<_>>() {
            self.feed_trunk(now, trunk, Input::Leave);
        }
    }

    /// The way to this trunk that is known to work, among those by which calls can go out.
    pub fn working_way(&self, trunk: usize) -> Option<Hop> {
        match self.trunks.0.get(&trunk) {
            Some(line) => line.registration.way(),
            None => self.reach.way(trunk),
        }
    }

    /// How many trunks are registered.
    pub fn trunks_registered(&self) -> usize {
        self.trunks.registered()
    }

    /// Whether we register with this trunk's carrier.
    pub fn registers(&self, trunk: usize) -> bool {
        self.trunks.0.contains_key(&trunk)
    }

    /// Why this trunk carries no calls now.
    pub fn trunk_trouble(&self, trunk: usize) -> Option<Why> {
        match self.trunks.0.get(&trunk) {
            Some(line) => line.registration.trouble(),
            None => self.reach.trouble(trunk),
        }
    }

    /// Who sends this. A call to the Contact that one registrar alone was told is that trunk's from wherever it comes.
    pub(super) fn source_of(&self, hop: &Hop, message: &Received) -> Source {
        let user = message.uri().and_then(|uri| uri.user.as_deref());
        match user.and_then(|user| self.gate.trunk_called(user)) {
            Some(trunk) => Source::Trunk(trunk),
            None => self.gate.source(hop),
        }
    }

    /// The numbers a call names, in the order of its carrier's; a phone's in the request line, then To. A registrar that
    /// puts our Contact into the request line (RFC 3261 §16.5) names the number elsewhere alone.
    pub(super) fn numbers_called(&self, invite: &Received, source: Source) -> Vec<String> {
        let order = match source {
            Source::Trunk(trunk) => self.gate.called_in(trunk),
            Source::Phone | Source::Stranger => &[CalledIn::RequestUri, CalledIn::To],
        };
        let is_contact = |uri: &&Uri| uri.user.as_deref().and_then(|user| self.gate.trunk_called(user)).is_some();
        let named = order.iter().filter_map(|place| match place {
            CalledIn::RequestUri => invite.uri().filter(|uri| !is_contact(uri)),
            CalledIn::To => Some(&invite.to.uri),
            CalledIn::PCalledPartyId => invite.called_party.first().map(|party| &party.uri),
        });
        named.map(Uri::user_unescaped).filter(|user| !user.is_empty()).collect()
    }

    pub(super) fn trunks_timeout(&mut self, now: Now) {
        let due = |line: &Line| line.registration.poll_timeout().is_some_and(|at| at <= now.mono);
        let due: Vec<usize> = self.trunks.0.iter().filter(|(_, line)| due(line)).map(|(at, _)| *at).collect();
        for trunk in due {
            self.feed_trunk(now, trunk, Input::Timeout);
        }
    }

    /// Whether this response is one to a REGISTER of ours; if so it is dealt with.
    pub(super) fn registrar_answered(&mut self, now: Now, tx: ClientTx, hop: Hop, response: &Received) -> bool {
        if response.cseq.method != Method::Register {
            return false;
        }
        if let Some(trunk) = self.trunk_asking(tx) {
            self.feed_trunk(now, trunk, Input::Answered { from: hop.to, response });
        }
        true
    }

    /// A connection is gone; whoever had registered by it does so anew.
    pub(super) fn registrars_flow_gone(&mut self, now: Now, flow: FlowId) {
        let by_it = self.trunks.0.iter().filter(|(_, line)| line.flow == Some(flow)).map(|(at, _)| *at);
        for trunk in by_it.collect::<Vec<_>>() {
            self.feed_trunk(now, trunk, Input::Fallen);
        }
    }

    /// Whether this was a REGISTER of ours; if so its trunk knows.
    pub(super) fn registrar_silent(&mut self, now: Now, tx: ClientTx) -> bool {
        let trunk = self.trunk_asking(tx);
        if let Some(trunk) = trunk {
            self.feed_trunk(now, trunk, Input::TimedOut);
        }
        trunk.is_some()
    }

    fn trunk_asking(&self, tx: ClientTx) -> Option<usize> {
        self.trunks.0.iter().find(|(_, line)| line.asking == Some(tx)).map(|(at, _)| *at)
    }

    fn feed_trunk(&mut self, now: Now, trunk: usize, input: Input<'_>) {
        let Some(line) = self.trunks.0.get_mut(&trunk) else { return };
        let mut given = Given { now: now.mono, interfaces: &self.endpoint.interfaces, chance: &mut self.chance };
        line.registration.handle(&mut given, input);
        while let Some(output) = line.registration.poll_output() {
            match output {
                Output::Resolve { protocol, host, port } => {
                    self.told.push_back(Told::FindRegistrar { trunk, protocol, host, port });
                }
                Output::Send { hop, request } => {
                    line.asking = Some(self.endpoint.request(now.mono, hop, *request));
                    line.flow = self.endpoint.flows.by_living(hop).and_then(|hop| hop.flow());
                }
                Output::KeepAlive(hop) => self.endpoint.keep_alive(hop),
                Output::Changed(change) => self.told.push_back(Told::Trunk { trunk, change }),
            }
        }
        let ways = line.registration.ways().map(|(protocol, ip)| (protocol, ip.to_canonical())).collect();
        let contact_user = line.registration.contact_user().to_owned();
        self.gate.set_registrar(trunk, Registrar { ways, contact_user });
        self.note_acquaintances();
    }
}
