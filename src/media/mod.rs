//! Audio between two legs: what to relay is said in values here; `relay` is the pure machine of one call, `port` the
//! shell with the sockets and the packet threads.
//!
//! Commands go down, facts come up; neither side waits for the other.

pub mod asker;
pub mod attendant;
pub mod dtmf;
mod fax;
pub mod fetched;
pub mod g711;
pub mod linear;
pub mod listens;
pub mod loudness;
pub mod pcm_wave;
pub mod player;
pub mod recorder;
pub mod recordings;
pub mod relay;
pub mod ringing;
pub mod rtp;
pub mod salvage;
pub mod sdp;
pub mod srtp;
pub mod wav;

#[cfg(feature = "shell")]
pub mod port;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use listens::Listens;
use player::{Sound, Stream};

/// The name of one bound pair of ports (RTP, and RTCP one above; RFC 3550 §11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PairId(pub u32);

/// The name of one relay: the audio of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelayId(pub u32);

/// The packet thread that owns a pair's sockets. A call's two pairs come from one lane, so packets need no lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(pub u8);

/// Two sockets already bound, so that an SDP never waits for `bind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    pub id: PairId,
    pub lane: Lane,
    pub family: Family,
    /// The even RTP port; RTCP is `rtp + 1`.
    pub rtp: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    V4,
    V6,
}

impl From<IpAddr> for Family {
    fn from(ip: IpAddr) -> Family {
        match ip {
            IpAddr::V4(_) => Family::V4,
            IpAddr::V6(_) => Family::V6,
        }
    }
}

/// What the core tells the packet threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Bind `count` more pairs in this lane and report them as [`Fact::Stocked`].
    Stock { lane: Lane, family: Family, count: usize },
    /// Relay between these two sides from now on. What lay in the sockets' buffers before is thrown away.
    Connect { relay: RelayId, lane: Lane, a: Side, b: Side },
    /// The far side of this caller is a machine on the packet thread itself: it plays, then records. `b` is what becomes
    /// of what it plays, `a.payloads` of what it hears.
    Attend { relay: RelayId, lane: Lane, a: Side, b: Vec<(u8, Carry)>, attend: Box<Attend> },
    /// Asks whoever is on this side something: a machine on the packet thread plays, and listens for keys. Nothing is
    /// recorded. `a` is this side, though it may be a phone's; `b` as in [`Command::Attend`]. It goes on until it is
    /// released, with silence after the question; released without its pair, the side can be connected by that pair.
    Ask { relay: RelayId, lane: Lane, a: Side, b: Vec<(u8, Carry)>, ask: Box<Ask> },
    /// Whoever is attended or asked has changed (re-INVITE).
    ChangeAttended { relay: RelayId, lane: Lane, a: Side, b: Vec<(u8, Carry)> },
    /// One side has changed (re-INVITE): new address, payload types or direction. Latching starts anew on that side.
    Change { relay: RelayId, lane: Lane, which: Which, side: Side },
    /// Stop relaying, if it was, and close these pairs: their ports become free. The relay's other pairs stay bound, and
    /// can be connected again.
    Release { relay: Option<RelayId>, lane: Lane, pairs: Vec<PairId> },
}

/// What the packet threads tell the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Pairs were bound. Fewer than asked for when the range is used up; `short` says how many are missing.
    Stocked { lane: Lane, family: Family, pairs: Vec<Pair>, short: usize },
    /// The first acceptable packet of this side came from here; audio goes back to it.
    Latched { relay: RelayId, which: Which, from: SocketAddr },
    /// No RTP from either side for [`relay::SILENCE`], neither of them on hold.
    Silent { relay: RelayId },
    /// RTP is back after [`Fact::Silent`].
    Heard { relay: RelayId },
    /// The caller is a fax machine: it was heard to call. Told once.
    FaxHeard { relay: RelayId },
    /// Whoever is asked has pressed a key, `0` to `9`, `*`, `#` or `A` to `D`. Each press is told once, and at most
    /// [`asker::KEYS_MAX`] of a question.
    Pressed { relay: RelayId, key: char },
    /// The whole question has been heard. Told once for each [`Command::Ask`] that is not released before, and at once for
    /// one that could not be obeyed.
    Asked { relay: RelayId },
    /// All sounds have been heard: what comes from now on is recorded.
    Greeted { recording: Uuid },
    /// The recording is over by itself ([`recorder::End`]); [`Fact::Sealed`] follows when it is safe.
    RecordingEnded { recording: Uuid },
    /// The recording is over, and what is kept of it is safe on the disk. Told once for each [`Fact::Greeted`], and for a
    /// [`Command::Attend`] that could not be obeyed; after [`Kept::Lost`] once more, when the disk has taken it.
    Sealed { recording: Uuid, kept: Kept },
    /// The recording is over, and this is all of it, μ-law: told in place of [`Fact::Sealed`] and [`Fact::RecordingEnded`]
    /// where it is not kept on the disk.
    Dictated { recording: Uuid, samples: Vec<u8> },
    /// What was relayed, told once, when the relay ends.
    Relayed { relay: RelayId, a_to_b: u64, b_to_a: u64, refused: u64 },
}

/// What the machine on the far side of a closed shop's caller is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attend {
    /// The name of the recording, and of its file.
    pub recording: Uuid,
    pub sounds: Arc<[Sound]>,
    /// What it sends, before it is carried to the caller.
    pub stream: Stream,
    /// What it hears, after it was carried from the caller.
    pub listens: Listens,
    pub keep: Keep,
}

/// What becomes of what is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// A file on the disk.
    File,
    /// It is told whole, and nothing is written: somebody of the shop says it for the shop. At most so long.
    Hand { longest: Duration },
}

/// What the machine on the far side of somebody who is asked is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The question, with all its repetitions and pauses: they are played once.
    pub sounds: Arc<[Sound]>,
    /// What it sends, before it is carried to whoever is asked.
    pub stream: Stream,
    /// What it hears, after it was carried from there. Without `keys`, keys are heard by their tones in `audio`.
    pub listens: Listens,
}

/// What is left of a recording that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A file of this length, so much of which is voice.
    Message { length: Duration, voice: Duration },
    /// Too little voice for a message: there is no file.
    Nothing,
    /// The disk has not taken it, or not all of it. It is offered it until it has, as long as this process lives.
    Lost,
}

/// The A side is the caller's, the B side the phone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    A,
    B,
}

impl Which {
    pub fn other(self) -> Which {
        match self {
            Which::A => Which::B,
            Which::B => Which::A,
        }
    }
}

/// One side of a relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    pub pair: PairId,
    /// Where its SDP says to send RTP. `None`: nothing is sent until a packet latched.
    pub rtp: Option<SocketAddr>,
    /// Where its SDP says to send RTCP (RFC 3605, else RTP's port + 1).
    pub rtcp: Option<SocketAddr>,
    /// Addresses its packets may come from, from any port: that of its SDP and that of its signalling (DESIGN §3).
    pub accept: Vec<IpAddr>,
    /// What becomes of each payload type received from this side. One not listed is dropped (AST-2018-001).
    pub payloads: Vec<(u8, Carry)>,
    pub hold: Hold,
    /// Its packets are protected by these, both ways; `None`: they are plain.
    pub keys: Option<Box<srtp::Keys>>,
}

/// What becomes of a packet on its way to the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// Untouched but for the payload type's number.
    As(u8),
    /// μ-law in, A-law out, with this payload type.
    UlawToAlaw(u8),
    /// A-law in, μ-law out, with this payload type.
    AlawToUlaw(u8),
}

/// Whether this side wants audio (RFC 3264 §8.4), seen from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    Talking,
    /// It asked for silence: nothing is sent to it, and silence of the call is no fault.
    Held,
}

/// The stock of bound pairs inside the core, by lane.
#[derive(Debug, Default)]
pub struct Ports {
    lanes: Vec<VecDeque<Pair>>,
    next_lane: usize,
    in_use: usize,
}

impl Ports {
    /// An empty stock for so many packet threads (at least one).
    pub fn new(lanes: u8) -> Ports {
        Ports { lanes: (0..lanes.max(1)).map(|_| VecDeque::new()).collect(), next_lane: 0, in_use: 0 }
    }

    /// Adds freshly bound pairs.
    pub fn stock(&mut self, pairs: impl IntoIterator<Item = Pair>) {
        for pair in pairs {
            self.lanes[usize::from(pair.lane.0)].push_back(pair);
        }
    }

    /// The lane for the next call, which begins with a pair of this family and needs another one: they take turns, but one
    /// that has no ports left is passed over while another has.
    pub fn next_lane(&mut self, family: Family) -> Lane {
        self.next_lane = (self.next_lane + 1) % self.lanes.len();
        let turns = (self.next_lane..self.lanes.len()).chain(0..self.next_lane);
        let mut lanes = turns.map(|lane| Lane(u8::try_from(lane).unwrap_or(0)));
        let first = lanes.clone().next().unwrap_or(Lane(0));
        let one = lanes.clone().find(|lane| self.left(*lane, family) > 0);
        lanes.find(|lane| self.has_two(*lane, family)).or(one).unwrap_or(first)
    }

    /// Whether a pair of this lane and family waits to be used, and another one of any family.
    pub fn has_two(&self, lane: Lane, family: Family) -> bool {
        let stock = &self.lanes[usize::from(lane.0)];
        stock.len() > 1 && stock.iter().any(|pair| pair.family == family)
    }

    /// A bound pair of this lane and family, or `None` while the stock is empty.
    pub fn take(&mut self, lane: Lane, family: Family) -> Option<Pair> {
        let stock = &mut self.lanes[usize::from(lane.0)];
        let at = stock.iter().position(|pair| pair.family == family)?;
        self.in_use += 1;
        stock.remove(at)
    }

    /// Counts pairs that were handed back to the shell with [`Command::Release`].
    pub fn released(&mut self, pairs: usize) {
        self.in_use = self.in_use.saturating_sub(pairs);
    }

    /// How many pairs of this lane and family wait to be used.
    pub fn left(&self, lane: Lane, family: Family) -> usize {
        self.lanes[usize::from(lane.0)].iter().filter(|pair| pair.family == family).count()
    }

    /// How many pairs calls hold now.
    pub fn in_use(&self) -> usize {
        self.in_use
    }

    /// All lanes.
    pub fn lanes(&self) -> impl Iterator<Item = Lane> + use<> {
        (0..self.lanes.len()).map(|lane| Lane(u8::try_from(lane).unwrap_or(0)))
    }
}
