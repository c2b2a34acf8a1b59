//! The stream connections that live, and which of them a hop goes by (RFC 3261 §18.1.1, §18.2.2). They are opened,
//! framed and closed elsewhere: here they are names.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use super::hop::{FlowId, Hop, Protocol, ServerName};

/// What is to be done with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Connect to `to`, from our address `local`, by TLS to whoever can prove to be `server`. What is written to the flow
    /// meanwhile waits for it.
    Connect { flow: FlowId, protocol: Protocol, to: SocketAddr, local: IpAddr, server: Option<ServerName> },
    /// Its peer is known to us: the limits for strangers hold no longer.
    Trust { flow: FlowId },
}

#[derive(Clone, Copy, Debug)]
struct Flow {
    protocol: Protocol,
    peer: SocketAddr,
    /// Our own address on it.
    local: IpAddr,
    /// Whom the peer has proved to be, where we have asked.
    server: Option<ServerName>,
    standing: Standing,
}

impl Flow {
    fn place(&self) -> Place {
        (self.protocol, self.peer, self.server)
    }
}

/// What a connection of ours stands for. A peer that has proved one name gets nothing that is meant for another, though both
/// names lead to its address.
type Place = (Protocol, SocketAddr, Option<ServerName>);

/// What we know of a connection's peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Stranger,
    Known,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Flows {
    live: HashMap<FlowId, Flow>,
    /// The connections we opened, by what, where to and to whom. One that a peer opened never stands for an address: its port is
    /// no place to call.
    opened: HashMap<Place, FlowId>,
    commands: VecDeque<Command>,
    to_close: VecDeque<FlowId>,
    /// Connections of known peers that have ended, by whatever cause.
    gone: VecDeque<FlowId>,
    last: u64,
}

impl Flows {
    /// A peer has connected to us, by TCP or TLS.
    pub fn accepted(&mut self, flow: FlowId, protocol: Protocol, peer: SocketAddr, local: IpAddr) {
        self.live.insert(flow, Flow { protocol, peer, local, server: None, standing: Standing::Stranger });
    }

    /// The connection is gone, or never came to be. The answer: who was there; `None` when we had let go of it before.
    pub fn closed(&mut self, flow: FlowId) -> Option<Standing> {
        let gone = self.live.remove(&flow)?;
        let place = gone.place();
        if self.opened.get(&place) == Some(&flow) {
            self.opened.remove(&place);
        }
        if gone.standing == Standing::Known {
            self.gone.push_back(flow);
        }
        Some(gone.standing)
    }

    /// Where a message on this flow has come from; `None` when the flow is gone.
    pub fn hop(&self, flow: FlowId) -> Option<Hop> {
        let known = self.live.get(&flow)?;
        let transport = known.protocol.by(Some(flow))?;
        Some(Hop { transport, to: known.peer, local: known.local, server: known.server })
    }

    /// Gives a hop by stream a connection that lives: its own, one we have to the same address, or a new one, which is
    /// the answer.
    pub fn lead(&mut self, hop: &mut Hop) -> Option<FlowId> {
        let protocol = hop.protocol();
        if let Some(living) = self.by_living(*hop) {
            *hop = living;
            return None;
        }
        let new = FlowId::Opened(self.last + 1);
        hop.transport = protocol.by(Some(new))?;
        self.last += 1;
        let Hop { to, local, server, .. } = *hop;
        let flow = Flow { protocol, peer: to, local, server, standing: Standing::Known };
        self.opened.insert(flow.place(), new);
        self.live.insert(new, flow);
        self.commands.push_back(Command::Connect { flow: new, protocol, to, local, server });
        Some(new)
    }

    /// This hop by the connection that a message would go by now; `None`: a new one would have to be opened.
    pub fn by_living(&self, hop: Hop) -> Option<Hop> {
        let protocol = hop.protocol();
        if !protocol.is_stream() || hop.flow().is_some_and(|flow| self.live.contains_key(&flow)) {
            return Some(hop);
        }
        let known = self.opened.get(&(protocol, hop.to, hop.server))?;
        Some(Hop { transport: protocol.by(Some(*known))?, ..hop })
    }

    /// Whether this flow's peer is one that we know.
    pub fn is_known(&self, flow: FlowId) -> bool {
        self.live.get(&flow).is_some_and(|flow| flow.standing == Standing::Known)
    }

    /// The peer of this flow has shown that we know it.
    pub fn trust(&mut self, flow: FlowId) {
        if let Some(Flow { standing: standing @ Standing::Stranger, .. }) = self.live.get_mut(&flow) {
            *standing = Standing::Known;
            self.commands.push_back(Command::Trust { flow });
        }
    }

    /// To be closed, after what is on its way out. For everybody here it is closed already.
    pub fn close(&mut self, flow: FlowId) {
        if self.closed(flow).is_some() {
            self.to_close.push_back(flow);
        }
    }

    /// What is to be done before the next message is sent.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// What is to be closed after all messages are sent.
    pub fn poll_close(&mut self) -> Option<FlowId> {
        self.to_close.pop_front()
    }

    /// What connection of a known peer is no way to it any more.
    pub fn poll_gone(&mut self) -> Option<FlowId> {
        self.gone.pop_front()
    }

    /// How many live, those being opened among them.
    pub fn len(&self) -> usize {
        self.live.len()
    }

    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::hop::Transport;

    const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn hop(to: &str) -> Hop {
        Hop { transport: Transport::Tcp(None), to: to.parse().unwrap(), local: LOCAL, server: None }
    }

    #[test]
    fn a_second_request_to_the_same_address_goes_by_the_same_connection() {
        let mut flows = Flows::default();
        let (mut first, mut second, mut other) = (hop("192.0.2.9:5060"), hop("192.0.2.9:5060"), hop("192.0.2.9:5062"));
        flows.lead(&mut first);
        flows.lead(&mut second);
        flows.lead(&mut other);
        assert_eq!((first.flow(), second.flow()), (Some(FlowId::Opened(1)), Some(FlowId::Opened(1))));
        assert_eq!(other.flow(), Some(FlowId::Opened(2)));
        let commands: Vec<_> = std::iter::from_fn(|| flows.poll_command()).collect();
        assert_eq!(commands.len(), 2, "{commands:?}");
    }

    #[test]
    fn a_hop_whose_connection_is_gone_gets_a_new_one() {
        let mut flows = Flows::default();
        let accepted = FlowId::Accepted(7);
        flows.accepted(accepted, Protocol::Tcp, "192.0.2.9:49000".parse().unwrap(), LOCAL);
        let mut back = Hop { transport: Transport::Tcp(Some(accepted)), ..hop("192.0.2.9:5060") };
        flows.lead(&mut back);
        assert_eq!((back.flow(), flows.poll_command()), (Some(accepted), None));
        flows.closed(accepted);
        flows.lead(&mut back);
        assert_eq!(back.flow(), Some(FlowId::Opened(1)));
        // News of a connection that is gone does no harm to the new one.
        flows.closed(accepted);
        assert_eq!(flows.hop(FlowId::Opened(1)).map(|hop| hop.to), Some("192.0.2.9:5060".parse().unwrap()));
        flows.closed(FlowId::Opened(1));
        assert!(flows.is_empty() && flows.opened.is_empty());
    }

    #[test]
    fn what_was_to_be_encrypted_never_goes_by_an_open_connection() {
        let mut flows = Flows::default();
        let mut open = hop("192.0.2.9:5061");
        flows.lead(&mut open);
        let mut encrypted = Hop { transport: Transport::Tls(None), ..open };
        flows.lead(&mut encrypted);
        assert_eq!(encrypted.transport, Transport::Tls(Some(FlowId::Opened(2))));
        let protocols = std::iter::from_fn(|| flows.poll_command()).map(|command| match command {
            Command::Connect { flow, protocol, .. } => (flow, protocol),
            Command::Trust { .. } => panic!("{command:?}"),
        });
        let expected = [(FlowId::Opened(1), Protocol::Tcp), (FlowId::Opened(2), Protocol::Tls)];
        assert_eq!(protocols.collect::<Vec<_>>(), expected);
        let accepted = FlowId::Accepted(1);
        flows.accepted(accepted, Protocol::Tls, "192.0.2.9:49000".parse().unwrap(), LOCAL);
        assert_eq!(flows.hop(accepted).map(|hop| hop.transport), Some(Transport::Tls(Some(accepted))));
    }

    #[test]
    fn a_connection_to_one_name_carries_nothing_for_another_at_the_same_address() {
        let mut flows = Flows::default();
        let to = |server| Hop { transport: Transport::Tls(None), server, ..hop("192.0.2.9:5061") };
        let (a, b) = (Some(ServerName(1)), Some(ServerName(2)));
        for (server, nth) in [(a, 1), (b, 2), (None, 3), (a, 1), (b, 2), (None, 3)] {
            let mut way = to(server);
            flows.lead(&mut way);
            assert_eq!(way.flow(), Some(FlowId::Opened(nth)), "{server:?}");
            assert_eq!(flows.hop(FlowId::Opened(nth)), Some(way), "what comes by it is from whom it is to");
        }
        let asked = std::iter::from_fn(|| flows.poll_command()).map(|command| match command {
            Command::Connect { server, .. } => server,
            Command::Trust { .. } => panic!("{command:?}"),
        });
        assert_eq!(asked.collect::<Vec<_>>(), [a, b, None]);
        flows.closed(FlowId::Opened(1));
        assert_eq!(flows.by_living(to(a)), None);
        assert_eq!(flows.by_living(to(b)).and_then(|hop| hop.flow()), Some(FlowId::Opened(2)));
    }

    #[test]
    fn trust_is_told_once_and_never_of_what_is_gone() {
        let mut flows = Flows::default();
        flows.accepted(FlowId::Accepted(1), Protocol::Tcp, "192.0.2.9:49000".parse().unwrap(), LOCAL);
        flows.trust(FlowId::Accepted(1));
        flows.trust(FlowId::Accepted(1));
        flows.trust(FlowId::Accepted(2));
        assert_eq!(flows.poll_command(), Some(Command::Trust { flow: FlowId::Accepted(1) }));
        assert_eq!(flows.poll_command(), None);
    }
}
