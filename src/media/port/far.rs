//! The far side of a caller: a phone with its ports, or the machine that greets and records.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::mpsc::SyncSender;

use mio::net::UdpSocket;

use super::bind::Bound;
use super::disk::Order;
use crate::media::attendant::Attendant;
use crate::media::{Carry, Hold, PairId, Side};

/// Where a machine's packets come from and go to, in the relay's eyes: it has no port, and nothing is sent there.
pub(super) const MACHINE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
const MACHINE_PAIR: PairId = PairId(u32::MAX);

/// The far side of the caller.
#[derive(Debug)]
pub(super) enum Far {
    Phone(Bound),
    Machine(Box<Attendant>),
}

impl Far {
    pub(super) fn machine(&self) -> Option<&Attendant> {
        match self {
            Far::Machine(machine) => Some(machine),
            Far::Phone(_) => None,
        }
    }

    /// The caller is gone, or we are: what was recorded is finished.
    pub(super) fn end_recording(&mut self, disk: &SyncSender<Order>) {
        if let Far::Machine(machine) = self
            && let Some((last, recorded)) = machine.stop()
        {
            order(disk, Order::Finish(machine.recording(), last, recorded));
        }
    }

    pub(super) fn into_bound(self) -> Option<Bound> {
        match self {
            Far::Phone(bound) => Some(bound),
            Far::Machine(_) => None,
        }
    }
}

/// Where the caller's packets go.
pub(super) enum Ear<'a> {
    Socket(&'a UdpSocket),
    Machine(&'a mut Attendant),
}

pub(super) fn order(disk: &SyncSender<Order>, order: Order) {
    // Packets do not wait for a disk. It fails when the disk has stood still for long: then this part of a recording is
    // left out, and what the call learns of it comes too late or never, for which it has a deadline.
    if disk.try_send(order).is_err() {
        tracing::error!("the disk is too slow for the messages that callers leave: a part of one is lost");
    }
}

/// The machine as one side of a relay.
pub(super) fn machine_side(payloads: Vec<(u8, Carry)>) -> Side {
    let accept = vec![MACHINE.ip()];
    Side { pair: MACHINE_PAIR, rtp: Some(MACHINE), rtcp: None, accept, payloads, hold: Hold::Talking, keys: None }
}
