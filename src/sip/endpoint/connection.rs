//! What the loss of a connection means to the transactions that go by it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::now::Mono;

use super::super::flow::{Flows, Standing};
use super::super::hop::{FlowId, Hop};
use super::super::transaction::timer::Deadlines;
use super::super::transaction::{client, server};
use super::client::{ClientState, ClientUser};
use super::server::ServerState;
use super::{ClientTx, Endpoint, Event, ServerTx, Timer};

/// How often we look whether a connection that we opened is still needed. Opening one costs a round trip, keeping one a
/// file descriptor here and there.
const FLOW_IDLE: Duration = Duration::from_secs(15);

impl Endpoint {
    /// A connection is gone. What waited for a response on it waits no longer; what has a response to give will open
    /// another (RFC 3261 §18.2.2).
    pub fn flow_closed(&mut self, now: Mono, flow: FlowId) {
        self.deadlines.stop(Timer::FlowIdle(flow));
        if self.flows.closed(flow) == Some(Standing::Stranger) {
            // Nothing of ours ever went that way.
            return;
        }
        let waiting = self.clients.iter().filter(|(_, client)| client.hop.flow() == Some(flow));
        // In order, so that the same seed tells the same story.
        let waiting: BTreeSet<ClientTx> = waiting.map(|(&tx, _)| tx).collect();
        for tx in waiting {
            self.client_broken(now, tx);
        }
    }

    /// Looks again later whether this connection is still needed.
    pub fn keep_flow(&mut self, now: Mono, flow: FlowId) {
        self.deadlines.set(Timer::FlowIdle(flow), now + FLOW_IDLE);
    }

    /// A connection of ours could not be opened.
    pub fn flow_failed(&mut self, now: Mono, flow: FlowId) {
        self.flow_closed(now, flow);
        let stuck = self.servers.iter().filter(|(_, server)| server.hop.flow() == Some(flow));
        let stuck: BTreeSet<ServerTx> = stuck.map(|(&tx, _)| tx).collect();
        for tx in stuck {
            let Some(server) = self.servers.get(&tx) else { continue };
            match server.state {
                ServerState::Invite(server::Invite::Proceeding) => self.events.push_back(Event::Unreachable { tx }),
                // Its 2xx is among the unacknowledged below.
                ServerState::Invite(server::Invite::Accepted) => {}
                ServerState::Invite(_) | ServerState::NonInvite(_) => self.deadlines.set(Timer::ServerEnd(tx), now),
            }
        }
        let unheard =
            self.unacked.iter().filter(|(_, it)| it.again.as_ref().is_some_and(|again| again.hop.flow() == Some(flow)));
        for tx in unheard.map(|(&tx, _)| tx).collect::<BTreeSet<_>>() {
            self.deadlines.set(Timer::AcceptedEnd(tx), now);
        }
    }

    /// The transport error of RFC 3261 §17.1.4.
    fn client_broken(&mut self, now: Mono, tx: ClientTx) {
        let Some(client) = self.clients.get(&tx) else { return };
        let proceeding = matches!(
            client.state,
            ClientState::Invite(client::Invite::Proceeding) | ClientState::NonInvite(client::NonInvite::Proceeding)
        );
        if proceeding && client.user != ClientUser::Nobody {
            self.events.push_back(Event::Broken { tx });
            self.forget_client(tx);
        } else if !matches!(client.state, ClientState::Invite(client::Invite::Accepted)) {
            // Repeats of a 2xx may come by another connection: timer M ends that one.
            self.drive_client(now, tx, client::Input::End, None);
        }
    }
}

/// Gives a hop by stream a connection, and a new connection its first look whether anybody still needs it.
pub(super) fn lead(flows: &mut Flows, deadlines: &mut Deadlines<Timer>, now: Mono, hop: &mut Hop) {
    if let Some(new) = flows.lead(hop) {
        deadlines.set(Timer::FlowIdle(new), now + FLOW_IDLE);
    }
}
