//! The relay of one call, without its sockets: a packet goes in with where it came from, out comes where it goes to,
//! rewritten in place. Whoever is not a side of this call is neither heard nor sent to (DESIGN §3 "Media").
//!
//! ```text
//! a side's packets:  its own addresses only ─▶ well formed ─▶ agreed payload type ─▶ the latched port and stream
//!                    ─▶ rewritten for the other side ─▶ where the other side was last heard, else where its SDP says
//! ```

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::fax::Fax;
use super::g711::Law;
use super::{Carry, Fact, Hold, PairId, RelayId, Side, Which, g711, rtp};
use crate::now::Mono;

/// No RTP from either side for so long is a fault of the call.
pub const SILENCE: Duration = Duration::from_secs(30);
/// The same while a side is on hold: music stops, people forget, but nobody waits half an hour.
pub const HELD_SILENCE: Duration = Duration::from_secs(30 * 60);
/// A latched port that was silent for so long gives way to another one of the same side: its NAT has rebound.
pub const RELATCH: Duration = Duration::from_secs(5);
/// A stream that was silent for so long is over. Ten packets: longer than jitter, shorter than a word.
pub const STREAM_OVER: Duration = Duration::from_millis(200);

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was rewritten for the other side: send it from that side's pair.
    Forward {
        to: SocketAddr,
    },
    Drop(Why),
}

/// Why a packet goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// From an address that is not this side's.
    Stranger,
    /// From this side's address, but not from the port that is latched.
    OtherPort,
    /// From the latched port, but of a second source while the first one still speaks.
    OtherStream,
    /// Not RTP, or not RTCP.
    Malformed(rtp::Malformed),
    /// A payload type that was not agreed upon.
    PayloadType,
    /// The other side asked for silence.
    Held,
    /// Nobody knows yet where the other side is.
    Nowhere,
}

/// One call's audio.
#[derive(Debug)]
pub struct Relay {
    id: RelayId,
    a: Half,
    b: Half,
    silence: Silence,
    /// What the caller is.
    fax: Fax,
    /// The last RTP of either side, or the last change; silence counts from here.
    quiet_since: Mono,
    /// Packets from addresses, ports or streams that are not the call's.
    refused: u64,
}

/// One side, as far as its packets have told.
#[derive(Debug)]
struct Half {
    pair: PairId,
    /// Where its SDP wants RTP.
    described: Option<SocketAddr>,
    accept: Vec<IpAddr>,
    payloads: [Option<Carry>; 128],
    hold: Hold,
    rtp: Way,
    rtcp: Way,
    /// RTP packets of this side that went to the other one.
    forwarded: u64,
    /// A latch that was not told yet.
    news: Option<SocketAddr>,
}

/// Where one kind of packets goes to and comes from.
#[derive(Clone, Copy, Debug)]
struct Way {
    to: Option<SocketAddr>,
    latch: Option<Latch>,
}

#[derive(Clone, Copy, Debug)]
struct Latch {
    from: SocketAddr,
    ssrc: u32,
    heard: Mono,
    other: Other,
}

/// What is known of a second stream from a latched port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    None,
    /// This one was latched before, and last heard then.
    Before(u32, Mono),
    /// Two speak at once: the first one stays until it is over.
    Intrudes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    /// Nothing to tell, unless it stays quiet.
    Watching,
    /// It was told that the call is silent.
    Told,
    /// It was told, then a side changed: told again if that did not help.
    WatchingAgain,
    /// It was told, and audio is back; that was not told yet.
    Over,
}

impl Relay {
    /// A relay between two sides that were agreed upon just now.
    pub fn new(id: RelayId, a: Side, b: Side, now: Mono) -> Relay {
        let (a, b) = (Half::new(a), Half::new(b));
        Relay { id, a, b, silence: Silence::Watching, fax: Fax::new(now), quiet_since: now, refused: 0 }
    }

    pub fn id(&self) -> RelayId {
        self.id
    }

    /// An RTP packet that came in on the pair of side `which`.
    pub fn rtp(&mut self, now: Mono, which: Which, from: SocketAddr, packet: &mut [u8]) -> Verdict {
        let (near, far) = match which {
            Which::A => (&mut self.a, &mut self.b),
            Which::B => (&mut self.b, &mut self.a),
        };
        let taken = near.take_rtp(now, from, packet);
        // Comfort noise and keep-alives (RFC 6263 §4.6) are nothing for the other side, but a sign of life.
        if let Ok(_) | Err(Why::PayloadType) = taken {
            self.quiet_since = now;
            if matches!(self.silence, Silence::Told | Silence::WatchingAgain) {
                self.silence = Silence::Over;
            }
        }
        if let (Ok(taken), Which::A) = (&taken, which)
            && let (Some(law), Some(samples)) = (taken.law, packet.get(taken.payload.clone()))
        {
            self.fax.hear(now, law, samples);
        }
        match taken.and_then(|taken| Ok((taken, far.destination(far.rtp)?))) {
            Ok((Taken { carry, payload, .. }, to)) => {
                carry.apply(packet, payload);
                near.forwarded += 1;
                Verdict::Forward { to }
            }
            Err(why) => {
                self.refused += u64::from(why.is_refusal());
                Verdict::Drop(why)
            }
        }
    }

    /// An RTCP packet that came in on the pair of side `which`. It passes whole.
    pub fn rtcp(&mut self, now: Mono, which: Which, from: SocketAddr, packet: &[u8]) -> Verdict {
        let (near, far) = match which {
            Which::A => (&mut self.a, &self.b),
            Which::B => (&mut self.b, &self.a),
        };
        match near.take_rtcp(now, from, packet).and_then(|()| far.destination(far.rtcp)) {
            Ok(to) => Verdict::Forward { to },
            Err(why) => {
                self.refused += u64::from(why.is_refusal());
                Verdict::Drop(why)
            }
        }
    }

    /// A side has said something new (re-INVITE, UPDATE): it latches anew.
    pub fn change(&mut self, now: Mono, which: Which, side: Side) {
        let half = match which {
            Which::A => &mut self.a,
            Which::B => &mut self.b,
        };
        let was = std::mem::replace(half, Half::new(side));
        half.forwarded = was.forwarded;
        if half.described == was.described {
            // Behind a NAT the described address leads nowhere: until it is heard again, audio goes where it was.
            half.rtp.to = was.rtp.to;
            half.rtcp.to = was.rtcp.to;
        }
        self.quiet_since = now;
        if self.silence == Silence::Told {
            self.silence = Silence::WatchingAgain;
        }
    }

    /// The pairs of both sides, the caller's first.
    pub fn pairs(&self) -> [PairId; 2] {
        [self.a.pair, self.b.pair]
    }

    /// When to call [`Relay::handle_timeout`], at the latest.
    pub fn poll_timeout(&self) -> Option<Mono> {
        match self.silence {
            Silence::Watching | Silence::WatchingAgain | Silence::Over => Some(self.quiet_since + self.patience()),
            Silence::Told => None,
        }
    }

    /// Tells that the call has fallen silent, if it has.
    pub fn handle_timeout(&mut self, now: Mono) -> Option<Fact> {
        let due = self.poll_timeout().is_some_and(|at| at <= now);
        due.then(|| {
            self.silence = Silence::Told;
            Fact::Silent { relay: self.id }
        })
    }

    /// What packets have told since it was last asked; ask until there is nothing more. Costs nothing when there is
    /// nothing.
    pub fn poll_fact(&mut self) -> Option<Fact> {
        let relay = self.id;
        if let Some(from) = self.a.news.take() {
            return Some(Fact::Latched { relay, which: Which::A, from });
        }
        if let Some(from) = self.b.news.take() {
            return Some(Fact::Latched { relay, which: Which::B, from });
        }
        if self.fax.take() {
            return Some(Fact::FaxHeard { relay });
        }
        (self.silence == Silence::Over).then(|| {
            self.silence = Silence::Watching;
            Fact::Heard { relay }
        })
    }

    /// What there is to tell at the end.
    pub fn totals(&self) -> Fact {
        let (a_to_b, b_to_a) = (self.a.forwarded, self.b.forwarded);
        Fact::Relayed { relay: self.id, a_to_b, b_to_a, refused: self.refused }
    }

    fn patience(&self) -> Duration {
        match (self.a.hold, self.b.hold) {
            (Hold::Talking, Hold::Talking) => SILENCE,
            (Hold::Held, _) | (_, Hold::Held) => HELD_SILENCE,
        }
    }
}

/// A packet of a side that is the call's.
struct Taken {
    carry: Carry,
    /// `None`: it is no G.711, or by a number that only the SDP knows.
    law: Option<Law>,
    payload: std::ops::Range<usize>,
}

impl Half {
    fn new(side: Side) -> Half {
        let mut payloads = [None; 128];
        for (payload, carry) in side.payloads {
            if let Some(entry) = payloads.get_mut(usize::from(payload)) {
                *entry = Some(carry);
            }
        }
        Half {
            pair: side.pair,
            described: side.rtp,
            accept: side.accept,
            payloads,
            hold: side.hold,
            rtp: Way { to: side.rtp, latch: None },
            rtcp: Way { to: side.rtcp, latch: None },
            forwarded: 0,
            news: None,
        }
    }

    fn take_rtp(&mut self, now: Mono, from: SocketAddr, packet: &[u8]) -> Result<Taken, Why> {
        if !self.accept.contains(&from.ip()) {
            return Err(Why::Stranger);
        }
        let view = rtp::read(packet).map_err(Why::Malformed)?;
        let carry =
            self.payloads.get(usize::from(view.header.payload_type)).copied().flatten().ok_or(Why::PayloadType)?;
        if self.rtp.latch(now, from, view.header.ssrc)? {
            self.news = Some(from);
        }
        let law = [Law::Ulaw, Law::Alaw].into_iter().find(|law| law.static_payload_type() == view.header.payload_type);
        Ok(Taken { carry, law, payload: view.payload })
    }

    fn take_rtcp(&mut self, now: Mono, from: SocketAddr, packet: &[u8]) -> Result<(), Why> {
        if !self.accept.contains(&from.ip()) {
            return Err(Why::Stranger);
        }
        rtp::check_rtcp(packet).map_err(Why::Malformed)?;
        // A report's own SSRC follows that of the stream; the port is what counts here.
        self.rtcp.latch(now, from, 0).map(|_| ())
    }

    fn destination(&self, way: Way) -> Result<SocketAddr, Why> {
        match self.hold {
            Hold::Held => Err(Why::Held),
            Hold::Talking => way.to.ok_or(Why::Nowhere),
        }
    }
}

impl Way {
    /// Takes a packet from here as the side's own; true when that port is new.
    fn latch(&mut self, now: Mono, from: SocketAddr, ssrc: u32) -> Result<bool, Why> {
        if let Some(latch) = &mut self.latch {
            if latch.from == from {
                latch.take(now, ssrc)?;
                return Ok(false);
            }
            if now - latch.heard < RELATCH {
                return Err(Why::OtherPort);
            }
        }
        self.latch = Some(Latch { from, ssrc, heard: now, other: Other::None });
        self.to = Some(from);
        Ok(true)
    }
}

impl Latch {
    /// A packet of this stream from the latched port. The far end may change its stream at any moment, as when a person
    /// follows the music: the new one is heard from its first packet on. But when the old one then goes on, the new one is
    /// somebody's who writes our peer's address on their packets.
    fn take(&mut self, now: Mono, ssrc: u32) -> Result<(), Why> {
        let speaks_still = |heard: Mono| now - heard < STREAM_OVER;
        if ssrc != self.ssrc {
            self.other = match self.other {
                Other::Intrudes if speaks_still(self.heard) => return Err(Why::OtherStream),
                Other::Before(before, heard) if before == ssrc && speaks_still(heard) => Other::Intrudes,
                Other::None | Other::Before(..) | Other::Intrudes => Other::Before(self.ssrc, self.heard),
            };
            self.ssrc = ssrc;
        }
        self.heard = now;
        Ok(())
    }
}

impl Why {
    /// Whether the packet came from somebody who is not the call's.
    fn is_refusal(self) -> bool {
        match self {
            Why::Stranger | Why::OtherPort | Why::OtherStream => true,
            Why::Malformed(_) | Why::PayloadType | Why::Held | Why::Nowhere => false,
        }
    }
}

impl Carry {
    fn apply(self, packet: &mut [u8], payload: std::ops::Range<usize>) {
        let number = match self {
            Carry::As(number) | Carry::UlawToAlaw(number) | Carry::AlawToUlaw(number) => number,
        };
        rtp::set_payload_type(packet, number);
        let Some(samples) = packet.get_mut(payload) else { return };
        match self {
            Carry::As(_) => {}
            Carry::UlawToAlaw(_) => g711::ulaw_to_alaw(samples),
            Carry::AlawToUlaw(_) => g711::alaw_to_ulaw(samples),
        }
    }
}

#[cfg(test)]
mod tests;
