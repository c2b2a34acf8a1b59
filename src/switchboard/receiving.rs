//! Messages come: whoever sends them pays before anything is done for them, and what cannot be read is answered to those
//! alone whom we know.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::now::Now;
use crate::sip::budget::Spent;
use crate::sip::wire::{self, Framing, Unreadable};

use super::{Admitted, Route, SocketId, Switchboard};

impl Switchboard {
    /// Whether this datagram may cost us anything; asked before anything else is done for it, be it to ask the system which
    /// address of ours it came to.
    pub fn admit<'a>(&mut self, now: Now, socket: SocketId, from: SocketAddr, bytes: &'a [u8]) -> Option<Admitted<'a>> {
        let nowhere = if from.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let spent = self.spend(now, &Route::udp(socket, from, nowhere), bytes);
        (spent == Spent::Within).then_some(Admitted { socket, from, bytes })
    }

    pub(super) fn spend(&mut self, now: Now, hop: &Route, bytes: &[u8]) -> Spent {
        let spent = self.door.spend(now, hop, bytes);
        if spent == Spent::Over {
            self.over_budget += 1;
        }
        spent
    }

    pub(super) fn read(&mut self, now: Now, hop: Route, bytes: &[u8], framing: Framing) {
        match wire::read(bytes, framing) {
            Ok(mut message) => {
                message.stamp(hop.to);
                self.door.receive(now, hop, message);
            }
            // A phone's own keep-alive (RFC 5626 §4.4.1). Some send it by UDP too, and register anew when nothing comes back.
            Err(Unreadable::KeepAlive) if wire::is_ping(bytes) && self.door.is_known(&hop) => {
                self.send(hop, wire::PONG.to_vec());
            }
            Err(unreadable) => self.unreadable(hop, unreadable),
        }
    }

    /// A stranger gets no answer, least of all to what cannot be read.
    pub(super) fn unreadable(&mut self, hop: Route, unreadable: Unreadable) {
        match unreadable {
            Unreadable::Answer { bytes, .. } if self.door.is_known(&hop) => self.send(hop, bytes),
            Unreadable::Answer { .. } | Unreadable::Drop(_) | Unreadable::KeepAlive => {}
        }
    }
}
