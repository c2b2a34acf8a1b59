//! A dialog (RFC 3261 §12): who is on the other side, how requests reach it, and in which order.

use std::net::{IpAddr, SocketAddr};

use super::address::Address;
use super::hop::{Hop, Interfaces, Protocol};
use super::message::{Header, Method, Received};
use super::outgoing::{Body, Outgoing};
use super::uri::Uri;

/// What names a dialog on our side: Call-ID and our tag (RFC 3261 §12). The remote tag is compared by [`Dialog::takes`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DialogKey {
    pub call_id: String,
    pub local_tag: String,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Dialog {
    pub key: DialogKey,
    pub remote_tag: String,
    /// Us, with our tag.
    local: Address,
    /// Them, with theirs.
    remote: Address,
    /// Where they want requests: their latest Contact.
    target: Uri,
    routes: Vec<Address>,
    local_cseq: u32,
    remote_cseq: u32,
    /// A host that is reached another way than its address says.
    reached: Option<Reached>,
    /// Where the next request goes.
    pub hop: Hop,
}

/// See [`Dialog::reach`].
#[derive(Clone, Debug)]
struct Reached {
    host: String,
    port: Option<u16>,
    hop: Hop,
}

/// Whether a request belongs here, and in order (RFC 3261 §12.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    InOrder,
    /// An older CSeq number than one already seen: 500.
    OutOfOrder,
    /// Another remote tag: not this dialog.
    NotThis,
}

impl Dialog {
    /// The dialog that our answer with `local_tag` to this INVITE makes.
    pub fn as_callee(invite: &Received, local_tag: &str, hop: Hop, interfaces: &Interfaces) -> Dialog {
        let target = invite.contact().map_or_else(|| invite.from.uri.clone(), |contact| contact.uri.clone());
        let routes = invite.record_routes.clone();
        Dialog {
            key: DialogKey { call_id: invite.call_id.clone(), local_tag: local_tag.to_owned() },
            remote_tag: invite.from.tag().unwrap_or_default().to_owned(),
            local: invite.to.clone().with_tag(local_tag),
            remote: invite.from.clone(),
            hop: next_hop(&target, &routes, hop, interfaces),
            target,
            routes,
            local_cseq: 0,
            remote_cseq: invite.cseq.number,
            reached: None,
        }
    }

    /// The dialog that this 2xx to our INVITE makes. One without a tag makes one too (RFC 3261 §12.1.2).
    pub fn as_caller(invite: &Outgoing, response: &Received, hop: Hop, interfaces: &Interfaces) -> Dialog {
        let remote_tag = response.to.tag().unwrap_or_default().to_owned();
        let target = response.contact().map_or_else(|| invite.uri.clone(), |contact| contact.uri.clone());
        // §12.1.2: "taken in reverse order".
        let routes: Vec<Address> = response.record_routes.iter().rev().cloned().collect();
        Dialog {
            key: DialogKey {
                call_id: invite.call_id.clone(),
                local_tag: invite.from.tag().unwrap_or_default().to_owned(),
            },
            remote_tag,
            local: invite.from.clone(),
            remote: response.to.clone(),
            hop: next_hop(&target, &routes, hop, interfaces),
            target,
            routes,
            local_cseq: invite.cseq,
            remote_cseq: 0,
            reached: None,
        }
    }

    /// Whether this request of theirs belongs here; takes note of its CSeq number.
    pub fn takes(&mut self, request: &Received) -> Fit {
        if request.from.tag().unwrap_or_default() != self.remote_tag {
            return Fit::NotThis;
        }
        if request.cseq.number < self.remote_cseq {
            return Fit::OutOfOrder;
        }
        self.remote_cseq = request.cseq.number;
        Fit::InOrder
    }

    /// A re-INVITE of theirs, or the 2xx to one of ours, may move them (RFC 3261 §12.2.1.2, §12.2.2).
    pub fn retarget(&mut self, message: &Received, from: Hop, interfaces: &Interfaces) {
        if let Some(contact) = message.contact() {
            self.target = contact.uri.clone();
        }
        self.hop = next_hop(&self.target, &self.routes, from, interfaces);
        self.go_as_reached();
    }

    /// A phone that registered is reached where its REGISTER came from, not where its Contact says; so are all requests of
    /// a dialog whose Contact is that same one.
    pub fn reach(&mut self, registered: &Uri, hop: Hop) {
        self.reached = Some(Reached { host: registered.host.clone(), port: registered.port, hop });
        self.go_as_reached();
    }

    fn go_as_reached(&mut self) {
        if let Some(reached) = &self.reached
            && self.routes.is_empty()
            && (&reached.host, reached.port) == (&self.target.host, self.target.port)
        {
            self.hop = reached.hop;
        }
    }

    /// This is the dialog that `early` has become: our requests are counted on from there, and theirs (RFC 3261 §12.2.1.1).
    pub fn continues(&mut self, early: &Dialog) {
        self.local_cseq = self.local_cseq.max(early.local_cseq);
        self.remote_cseq = self.remote_cseq.max(early.remote_cseq);
    }

    /// Where they want requests: their latest Contact.
    pub fn target(&self) -> &Uri {
        &self.target
    }

    /// Our next request in this dialog.
    pub fn request(&mut self, method: Method, more: Vec<Header>, body: Option<Body>) -> Outgoing {
        self.local_cseq += 1;
        self.outgoing(method, self.local_cseq, more, body)
    }

    /// The ACK for the 2xx of our INVITE with this CSeq number (RFC 3261 §13.2.2.4).
    pub fn ack(&self, cseq: u32, body: Option<Body>) -> Outgoing {
        self.outgoing(Method::Ack, cseq, Vec::new(), body)
    }

    fn outgoing(&self, method: Method, cseq: u32, more: Vec<Header>, body: Option<Body>) -> Outgoing {
        Outgoing {
            method,
            uri: self.target.clone(),
            from: self.local.clone(),
            to: self.remote.clone(),
            call_id: self.key.call_id.clone(),
            cseq,
            routes: self.routes.clone(),
            more,
            body,
        }
    }
}

/// Where a request in the dialog goes: the topmost Route, else the target (RFC 3261 §12.2.1.1), with two departures for
/// the sake of real networks. A name is not looked up but answered the way it came (strangers could make us ask any name
/// server), and so is an address that cannot be reached from here because it is private and its packets come from
/// elsewhere: a phone behind a router (pain 20: the call that drops after 32 s).
///
/// Whoever came by a connection is answered by it as long as it lives, whatever `transport` the target names or does not
/// name: many stacks forget it, and the port of a phone's own Contact is often one where nobody listens. A target that
/// asks for TCP although it came by UDP gets TCP.
fn next_hop(target: &Uri, routes: &[Address], came_from: Hop, interfaces: &Interfaces) -> Hop {
    let uri = routes.first().map_or(target, |route| &route.uri);
    let Ok(ip) = uri.host.parse::<IpAddr>() else { return came_from };
    let behind_a_router = interfaces.is_local(ip) && !interfaces.is_local(came_from.to.ip());
    if behind_a_router || ip.is_ipv4() != came_from.to.is_ipv4() || ip.is_unspecified() || ip.is_multicast() {
        return came_from;
    }
    let to = SocketAddr::new(ip, uri.port.unwrap_or(came_from.protocol().default_port()));
    let asked = Protocol::of_param(uri.param("transport"));
    if asked == Some(Protocol::Tcp)
        && came_from.protocol() == Protocol::Udp
        && let Some(by_tcp) = interfaces.hop_to(Protocol::Tcp, to, came_from.local)
    {
        return by_tcp;
    }
    Hop { to, ..came_from }
}
