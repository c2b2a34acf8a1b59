//! What two sides say about their audio (SDP, RFC 8866), as values: [`Description`] is all that we understand of one,
//! and all that we ever write. `agree` holds the rules of offer and answer between the two legs of a call.
//!
//! Only plain `RTP/AVP` audio is usable, and `RTP/SAVP` with keys where signalling is encrypted ([`Protection`]).
//! Everything else of an offer is remembered just far enough to be refused in its place; nothing of it crosses to the
//! other leg.

mod agree;
mod crypto;
mod read;
mod write;

use std::net::{IpAddr, SocketAddr};

pub use agree::{
    Agreed, Disagreement, Here, NoSharedCodec, Payloads, Terms, agree, agree_again, agree_late, offer_to_phone,
    our_offer,
};

pub use crypto::{Crypto, NoSharedProtection, Protection, keys};

use crate::media::srtp::Keys;
use crate::media::{Carry, Hold, PairId, Side};

/// The largest description that is read. A SIP message over UDP is never longer.
pub const MAX_BYTES: usize = 65_535;
/// More media lines than any phone or browser offers; each costs a line in our answer.
pub const MAX_MEDIA: usize = 8;
/// More formats than any phone offers on its audio line; further ones are not looked at.
pub const MAX_FORMATS: usize = 32;

/// What one side says about its audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Where it wants its audio. Unspecified (0.0.0.0, `::`): nowhere, an old way to hold (RFC 3264 §8.4).
    pub address: IpAddr,
    /// Its RTP port; never 0.
    pub port: u16,
    /// Where it wants RTCP, if it says so (RFC 3605) and at the same address. `None`: at `port + 1`.
    pub rtcp: Option<SocketAddr>,
    /// In its order of preference, each payload type once.
    pub formats: Vec<Format>,
    /// As seen from the side that says it.
    pub direction: Direction,
    /// How many milliseconds of audio it would like in a packet.
    pub ptime: Option<u8>,
    pub protection: Protection,
    pub origin: Origin,
    /// The media lines besides the audio, in their order: refused, by port 0.
    pub other_media: Vec<OtherMedia>,
    /// How many of `other_media` come before the audio.
    pub audio_at: usize,
}

/// The numbers of the `o=` line. Of a peer's they serve only to see that something changed; one that is no 64-bit
/// number reads as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub id: u64,
    pub version: u64,
}

/// One payload type and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// 0 to 127, never 64 to 95 (RFC 5761 §4).
    pub payload: u8,
    pub codec: Codec,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codec {
    /// G.711 μ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// Keys, at 8000 Hz (RFC 4733).
    TelephoneEvent,
    /// Anything else: passed on untouched when both sides have it.
    Other { name: String, clock: u32, channels: u8, fmtp: Option<String> },
}

/// Which way audio may flow (RFC 8866 §6.7), as seen from the side that says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

/// A media line that we do not take, as we need it to refuse it (RFC 3264 §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherMedia {
    /// "video", "image", …
    pub media: String,
    /// "RTP/SAVP", "udptl", …
    pub protocol: String,
    /// The rest of its line.
    pub formats: String,
}

/// Why a description is of no use to us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    #[error("the session description is longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("the session description has more than {MAX_MEDIA} media lines")]
    TooManyMedia,
    #[error("the session description cannot be read: {0}")]
    Malformed(String),
    /// 488: nothing here that we could relay.
    #[error("no audio is offered that we could relay: plain RTP/AVP, or over TLS RTP/SAVP with a key")]
    NoAudio,
    #[error("the audio has no address (c=)")]
    NoAddress,
    /// A name, a multicast or a broadcast address: we send to one host only, and ask no DNS for a stranger.
    #[error("audio cannot be sent to {0:?}: an address of one host is needed")]
    BadAddress(String),
}

impl Description {
    /// Where RTP goes to: nowhere when it asked for silence by an unspecified address.
    pub fn rtp_to(&self) -> Option<SocketAddr> {
        (!self.address.is_unspecified()).then_some(SocketAddr::new(self.address, self.port))
    }

    /// Where RTCP goes to.
    pub fn rtcp_to(&self) -> Option<SocketAddr> {
        let rtp = self.rtp_to()?;
        self.rtcp.or_else(|| Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?)))
    }

    /// Whether it wants to hear anything.
    pub fn hold(&self) -> Hold {
        if self.direction.receives() && !self.address.is_unspecified() { Hold::Talking } else { Hold::Held }
    }

    /// The side of a relay that this description asks for. `signalling` is where the leg's SIP messages come from:
    /// audio may come from there too, since behind a NAT the described address is not the one we see (DESIGN §3). `keys`
    /// are those of [`keys`].
    pub fn side(&self, pair: PairId, signalling: IpAddr, payloads: Vec<(u8, Carry)>, keys: Option<Keys>) -> Side {
        let mut accept = vec![signalling];
        if !self.address.is_unspecified() && self.address != signalling {
            accept.push(self.address);
        }
        Side {
            pair,
            rtp: self.rtp_to(),
            rtcp: self.rtcp_to(),
            accept,
            payloads,
            hold: self.hold(),
            keys: keys.map(Box::new),
        }
    }

    /// Whether its audio would come back to one of our own media ports: a loop, to be refused with 488.
    pub fn points_at(&self, ours: IpAddr, ports: (u16, u16)) -> bool {
        let own = |to: SocketAddr| to.ip() == ours && (ports.0..=ports.1).contains(&to.port());
        self.rtp_to().is_some_and(own) || self.rtcp_to().is_some_and(own)
    }

    /// This, as what comes after `previous` in one dialog: its `o=` line, with the version raised by one if anything
    /// has changed (RFC 3264 §8).
    pub fn after(mut self, previous: &Description) -> Description {
        self.origin = previous.origin;
        if self != *previous {
            self.origin.version = previous.origin.version.wrapping_add(1);
        }
        self
    }
}

impl Codec {
    /// Whether both name the same coding, whatever their parameters.
    pub fn is_same(&self, other: &Codec) -> bool {
        match (self, other) {
            (Codec::Pcmu, Codec::Pcmu)
            | (Codec::Pcma, Codec::Pcma)
            | (Codec::TelephoneEvent, Codec::TelephoneEvent) => true,
            (
                Codec::Other { name, clock, channels, .. },
                Codec::Other { name: name2, clock: clock2, channels: channels2, .. },
            ) => name.eq_ignore_ascii_case(name2) && clock == clock2 && channels == channels2,
            (Codec::Pcmu | Codec::Pcma | Codec::TelephoneEvent | Codec::Other { .. }, _) => false,
        }
    }

    /// Whether it carries a voice, not only keys or the hiss between words.
    pub fn is_voice(&self) -> bool {
        match self {
            Codec::Pcmu | Codec::Pcma => true,
            Codec::TelephoneEvent => false,
            Codec::Other { name, .. } => {
                !["CN", "telephone-event", "tone"].iter().any(|other| name.eq_ignore_ascii_case(other))
            }
        }
    }
}

impl Direction {
    /// Whether the side that says this wants to hear.
    pub fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// The answer's direction to an offer with this one (RFC 3264 §6.1).
    pub fn answered(self) -> Direction {
        match self {
            Direction::SendRecv => Direction::SendRecv,
            Direction::SendOnly => Direction::RecvOnly,
            Direction::RecvOnly => Direction::SendOnly,
            Direction::Inactive => Direction::Inactive,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }
}

/// Whether media may be sent to an address at all: one host, and not this machine itself unless we serve on loopback
/// (a demo, a test). A held side has an unspecified address: ask [`Description::rtp_to`] first.
pub fn is_sendable(ip: IpAddr, ours_is_loopback: bool) -> bool {
    let ip = ip.to_canonical();
    is_one_host(ip) && !ip.is_unspecified() && (ours_is_loopback || !ip.is_loopback())
}

/// Not multicast, not broadcast, nothing of 0.0.0.0/8 but 0.0.0.0 itself, nothing of 240.0.0.0/4.
fn is_one_host(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.octets()[0] < 224 && (v4.octets()[0] != 0 || v4.is_unspecified()),
        IpAddr::V6(v6) => !v6.is_multicast(),
    }
}
