//! Random pairs of neighbouring ports: RTP on the even one, RTCP above (RFC 3550 §11).

use std::io;
use std::net::{IpAddr, SocketAddr};

use mio::net::UdpSocket;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use socket2::{Domain, Protocol, Socket, Type};

use super::PortConfig;
use crate::media::srtp::Guard;
use crate::media::{Family, Lane, Pair, PairId};

/// So many ports in use by other programs are met before a bind gives up: packets wait meanwhile.
const TRIES: usize = 32;
/// Expedited forwarding (RFC 3246), DSCP 46, in the upper six bits: routers that care let voice go first.
const EXPEDITED: u32 = 46 << 2;

/// One lane's share of the range.
#[derive(Debug)]
pub(super) struct Binder {
    lane: Lane,
    v4: Option<Share>,
    v6: Option<Share>,
    chance: ChaCha20Rng,
    next_id: u32,
    /// Pairs of all lanes have names of their own: this lane's are those with the same remainder.
    id_step: u32,
}

/// Free pairs of one family, by their even port.
#[derive(Debug)]
struct Share {
    address: IpAddr,
    free: Vec<u16>,
}

/// A bound pair.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) pair: Pair,
    pub(super) rtp: UdpSocket,
    pub(super) rtcp: UdpSocket,
    /// What protected the packets of the last relay by this pair. Its far end does not know that the relay is over.
    pub(super) guard: Option<Box<Guard>>,
}

impl Binder {
    pub(super) fn new(config: &PortConfig, lane: Lane) -> io::Result<Binder> {
        let (first, last) = config.range;
        let lanes = usize::from(config.lanes.max(1));
        let even = (first.max(2)..last).filter(|port| port % 2 == 0);
        let own: Vec<u16> = even.skip(usize::from(lane.0)).step_by(lanes).collect();
        if own.is_empty() {
            let text = format!("media ports {first}-{last} are too few: each of {lanes} threads needs a pair");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let share = |address: Option<IpAddr>, family: Family| match address {
            Some(address) if Family::from(address) != family => {
                let text = format!("{address} is not of the family {family:?}");
                Err(io::Error::new(io::ErrorKind::InvalidInput, text))
            }
            address => Ok(address.map(|address| Share { address, free: own.clone() })),
        };
        let mut chance = ChaCha20Rng::from_seed(config.seed);
        chance.set_stream(u64::from(lane.0));
        Ok(Binder {
            lane,
            v4: share(config.v4, Family::V4)?,
            v6: share(config.v6, Family::V6)?,
            chance,
            next_id: u32::from(lane.0),
            id_step: u32::from(config.lanes.max(1)),
        })
    }

    /// Whether pairs can be bound at all: better said at the start than by the first call.
    pub(super) fn check(&mut self) -> io::Result<()> {
        for family in [Family::V4, Family::V6] {
            if self.share(family).is_some() {
                let bound = self.bind(family)?;
                self.give_back(bound);
            }
        }
        Ok(())
    }

    /// A random pair of this lane's share.
    pub(super) fn bind(&mut self, family: Family) -> io::Result<Bound> {
        let mut taken_by_others = Vec::new();
        let mut result = Err(io::Error::new(io::ErrorKind::AddrInUse, "all media ports are in use"));
        for _ in 0..TRIES {
            let Some((address, port)) = self.pick(family) else { break };
            match open_pair(address, port) {
                Ok((rtp, rtcp)) => {
                    let pair = Pair { id: PairId(self.next_id), lane: self.lane, family, rtp: port };
                    self.next_id = self.next_id.wrapping_add(self.id_step);
                    result = Ok(Bound { pair, rtp, rtcp, guard: None });
                    break;
                }
                Err(error) => {
                    taken_by_others.push(port);
                    let text = format!("media port {address} {port}: {error}");
                    result = Err(io::Error::new(error.kind(), text));
                }
            }
        }
        if let Some(share) = self.share(family) {
            // Tried again another time: whoever has them may let go.
            share.free.append(&mut taken_by_others);
        }
        result
    }

    /// Closes a pair; its ports may be drawn again.
    pub(super) fn give_back(&mut self, bound: Bound) {
        let Pair { family, rtp, .. } = bound.pair;
        drop(bound);
        if let Some(share) = self.share(family) {
            share.free.push(rtp);
        }
    }

    fn pick(&mut self, family: Family) -> Option<(IpAddr, u16)> {
        let chance = usize::try_from(self.chance.next_u32()).unwrap_or(0);
        let share = self.share(family)?;
        let at = chance.checked_rem(share.free.len())?;
        Some((share.address, share.free.swap_remove(at)))
    }

    fn share(&mut self, family: Family) -> Option<&mut Share> {
        match family {
            Family::V4 => self.v4.as_mut(),
            Family::V6 => self.v6.as_mut(),
        }
    }
}

fn open_pair(address: IpAddr, port: u16) -> io::Result<(UdpSocket, UdpSocket)> {
    Ok((open(SocketAddr::new(address, port))?, open(SocketAddr::new(address, port + 1))?))
}

fn open(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // A wish to the network; a system that refuses it can still carry calls.
    let _ = match address {
        SocketAddr::V4(_) => socket.set_tos_v4(EXPEDITED),
        SocketAddr::V6(_) => socket.set_only_v6(true).and_then(|()| socket.set_tclass_v6(EXPEDITED)),
    };
    socket.bind(&address.into())?;
    Ok(UdpSocket::from_std(socket.into()))
}
