//! Records one side: RTP packets in, the μ-law samples of a WAVE file out ([`super::wav`]). What was lost or not sent is
//! silence of its length, so the file lasts as long as the caller was listened to.
//!
//! A sample's place in the file comes from its packet's timestamp. Where timestamps break off (a new source, a sender
//! that counted anew or stood still), the clock that the packets arrived by tells where they go on.
//!
//! ```text
//! the file:  | handed out, never touched again | the last 200 ms: packets may still come into their places | … |
//! ```

use std::time::Duration;

use super::dtmf::Presses;
use super::g711::{self, Law};
use super::listens::Listens;
use super::player::{FRAME, FRAME_SAMPLES};
use super::wav::RATE_HZ;
use super::{relay, rtp};
use crate::now::Mono;

/// The longest message.
pub const LENGTH_MAX: Duration = Duration::from_secs(180);
/// Nobody has said anything for so long: it is over.
pub const SILENCE: Duration = Duration::from_secs(8);
/// Less voice than this is no message (DESIGN §3 "Closed").
pub const VOICE_MIN: Duration = Duration::from_secs(1);
/// A frame is voice from this level on, the mean of its 20 ms.
pub const VOICE_DBFS: f64 = -45.0;
/// How often there is something to write, while there is audio.
pub const WRITE_EVERY: Duration = Duration::from_secs(1);

/// −45 dB below full scale as mean square: (32768 · 10^(−45/20))².
const VOICE_POWER: u64 = 33_954;
/// A packet that is so much older than the newest is too late: ten frames, more than networks reorder.
const WINDOW_SAMPLES: usize = 1_600;
/// Timestamps are believed as long as they stay this close to the clock; more than jitter, less than a pause that a
/// listener would miss.
const DRIFT_SAMPLES: u64 = 8_000;
/// The longest payload that is taken, 200 ms: nobody sends more, and a forged one must not fill the file.
const PAYLOAD_MAX: usize = 1_600;
/// RFC 3550 appendix A.1: a packet that is further behind, or further ahead, was not reordered or lost; its sender
/// counts anew.
const MISORDER_MAX: i16 = 100;
const DROPOUT_MAX: i16 = 3_000;

/// Why a recording is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is as long as it may be.
    Full,
    /// The caller pressed `#`.
    Pound,
    /// [`SILENCE`].
    Silent,
    /// The caller hung up, or somebody picked up.
    Stopped,
}

/// What there is to tell of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub end: End,
    /// Of the file.
    pub length: Duration,
    /// So much of it is voice.
    pub voice: Duration,
    /// Packets that never came, as their sequence numbers tell (RFC 3550 §6.4.1: what came twice counts as two).
    pub lost: u64,
    /// Packets that came too late for their place.
    pub late: u64,
}

/// One recording.
#[derive(Debug)]
pub struct Recorder {
    listens: Listens,
    longest: Duration,
    started: Mono,
    source: Option<Source>,
    /// When voice was last heard; at first, when recording began.
    heard: Mono,
    end: Option<End>,
    presses: Presses,
    /// So many samples, nothing may change any more.
    settled: u64,
    /// Settled and waiting to go out.
    ready: Vec<u8>,
    /// The samples behind these: where they are not known yet, silence.
    open: Vec<u8>,
    write_at: Mono,
    voice: Duration,
    lost: u64,
    late: u64,
}

/// A stream of packets with one SSRC.
#[derive(Clone, Copy, Debug)]
struct Source {
    ssrc: u32,
    /// The newest packet, by sequence number.
    sequence: u16,
    timestamp: u32,
    /// Where its first sample stands in the file.
    place: u64,
    arrived: Mono,
}

impl Recorder {
    /// Recording begins now.
    pub fn new(listens: Listens, now: Mono) -> Recorder {
        Recorder {
            listens,
            longest: LENGTH_MAX,
            started: now,
            source: None,
            heard: now,
            end: None,
            presses: Presses::default(),
            settled: 0,
            ready: Vec::new(),
            open: Vec::new(),
            write_at: now + WRITE_EVERY,
            voice: Duration::ZERO,
            lost: 0,
            late: 0,
        }
    }

    /// The same, over after so long at the latest.
    pub fn at_most(self, longest: Duration) -> Recorder {
        Recorder { longest: longest.min(LENGTH_MAX), ..self }
    }

    /// Takes an RTP packet of the recorded side. Whose it is has been checked (see [`super::relay`]).
    pub fn rtp(&mut self, now: Mono, packet: &[u8]) {
        let Ok(view) = rtp::read(packet) else { return };
        let Some(payload) = packet.get(view.payload.clone()) else { return };
        if self.end.is_some() || payload.is_empty() {
            return;
        }
        let law = self.listens.audio.iter().find(|(payload_type, _)| *payload_type == view.header.payload_type);
        if let Some(&(_, law)) = law
            && payload.len() <= PAYLOAD_MAX
        {
            self.audio(now, view.header, law, payload);
            return;
        }
        self.pass_over(view.header);
        if self.listens.keys == Some(view.header.payload_type)
            && let Some(press) = self.presses.hear(view.header, payload)
            // One that was down when recording began ends nothing.
            && press.samples <= self.samples_until(now)
            && press.key == '#'
        {
            self.end = Some(End::Pound);
        }
    }

    /// When to call [`Recorder::handle_timeout`], at the latest.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let write_at = if self.ready.is_empty() && self.open.is_empty() { self.full_at() } else { self.write_at };
        self.end.is_none().then(|| write_at.min(self.full_at()).min(self.silent_at()))
    }

    /// Ends the recording when it has lasted long enough, or nobody speaks.
    pub fn handle_timeout(&mut self, now: Mono) {
        if self.end.is_some() {
            return;
        }
        if now >= self.full_at() {
            self.end = Some(End::Full);
        } else if now >= self.silent_at() {
            self.end = Some(End::Silent);
        }
    }

    /// Why it is over, if it is; then [`Recorder::finish`] it.
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// What to append to the file now, if [`WRITE_EVERY`] has passed and there is something. Ask after every packet and timeout.
    pub fn poll_write(&mut self, now: Mono) -> Option<Vec<u8>> {
        if now < self.write_at || (self.ready.is_empty() && self.open.is_empty()) {
            return None;
        }
        self.write_at = now + WRITE_EVERY;
        // While nothing comes, nothing settles: what is older than the window is settled by the clock.
        let past = self.samples_until(now).saturating_sub(length(WINDOW_SAMPLES)).saturating_sub(self.settled);
        self.settle(usize::try_from(past).unwrap_or(usize::MAX));
        (!self.ready.is_empty()).then(|| std::mem::take(&mut self.ready))
    }

    /// The last to append, and what there is to tell. `end` is what ended it from outside; its own end comes first.
    pub fn finish(mut self, end: End) -> (Vec<u8>, Recorded) {
        self.settle(usize::MAX);
        if self.settled % 2 == 1 {
            // An even number of bytes, as RIFF asks for.
            self.ready.push(g711::ULAW_SILENCE);
            self.settled += 1;
        }
        let told = Recorded {
            end: self.end.unwrap_or(end),
            length: Duration::from_micros(self.settled * 1_000_000 / u64::from(RATE_HZ)),
            voice: self.voice,
            lost: self.lost,
            late: self.late,
        };
        (self.ready, told)
    }

    fn full_at(&self) -> Mono {
        self.started + self.longest
    }

    fn silent_at(&self) -> Mono {
        self.heard + SILENCE
    }

    fn audio(&mut self, now: Mono, header: rtp::Header, law: Law, payload: &[u8]) {
        let Some(place) = self.place(now, header) else { return };
        let most = samples_in(self.longest);
        if place >= most {
            return;
        }
        let Some(from) = place.checked_sub(self.settled) else {
            self.late += 1;
            return;
        };
        let room = usize::try_from(most - place).unwrap_or(usize::MAX);
        let payload = &payload[..payload.len().min(room)];
        // At most LENGTH_MAX, as just checked.
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let to = from + payload.len();
        if self.open.len() < to {
            self.open.resize(to, g711::ULAW_SILENCE);
        }
        let samples = &mut self.open[from..to];
        samples.copy_from_slice(payload);
        if law == Law::Alaw {
            g711::alaw_to_ulaw(samples);
        }
        if is_voice(samples) {
            self.heard = now;
        }
        self.settle(self.open.len().saturating_sub(WINDOW_SAMPLES));
    }

    /// Where this packet's first sample stands in the file; `None`: it has no place, as it came before the first, or is
    /// of another source while ours still speaks.
    fn place(&mut self, now: Mono, header: rtp::Header) -> Option<u64> {
        let (clock, filled) = (self.samples_until(now), self.filled());
        let rtp::Header { sequence, timestamp, ssrc, .. } = header;
        let newest = match &mut self.source {
            Some(source) if source.ssrc == ssrc => source,
            Some(source) if now - source.arrived < relay::STREAM_OVER => return None,
            Some(_) | None => {
                let place = clock.max(filled);
                self.source = Some(Source { ssrc, sequence, timestamp, place, arrived: now });
                return Some(place);
            }
        };
        let ahead = sequence.wrapping_sub(newest.sequence).cast_signed();
        let samples = timestamp.wrapping_sub(newest.timestamp).cast_signed();
        let told = newest.place.checked_add_signed(samples.into());
        if (-MISORDER_MAX..=0).contains(&ahead) {
            self.lost = self.lost.saturating_sub(u64::from(ahead < 0));
            return told;
        }
        if (1..=DROPOUT_MAX).contains(&ahead) {
            self.lost += u64::from(ahead.unsigned_abs()) - 1;
        }
        let jumps =
            samples <= 0 || u64::from(samples.unsigned_abs()) > samples_in(now - newest.arrived) + DRIFT_SAMPLES;
        let place = match told {
            Some(told) if !jumps && told + DRIFT_SAMPLES >= clock => told,
            Some(_) | None => clock.max(filled),
        };
        *newest = Source { ssrc, sequence, timestamp, place, arrived: now };
        Some(place)
    }

    /// A packet of our source that is no audio has a sequence number too: it is not lost.
    fn pass_over(&mut self, header: rtp::Header) {
        let Some(newest) = self.source.as_mut().filter(|source| source.ssrc == header.ssrc) else { return };
        let ahead = header.sequence.wrapping_sub(newest.sequence).cast_signed();
        if (-MISORDER_MAX..0).contains(&ahead) {
            self.lost = self.lost.saturating_sub(1);
        } else if (1..=DROPOUT_MAX).contains(&ahead) {
            self.lost += u64::from(ahead.unsigned_abs()) - 1;
            newest.sequence = header.sequence;
        }
    }

    /// So many samples fit between the beginning and `now`.
    fn samples_until(&self, now: Mono) -> u64 {
        samples_in(now - self.started)
    }

    /// The end of what is in the file.
    fn filled(&self) -> u64 {
        self.settled + length(self.open.len())
    }

    /// Hands out the first `count` open samples, in whole frames, or all there are.
    fn settle(&mut self, count: usize) {
        let count = if count >= self.open.len() { self.open.len() } else { count - count % FRAME_SAMPLES };
        self.voice += voice_in(&self.open[..count]);
        self.ready.extend(self.open.drain(..count));
        self.settled += length(count);
    }
}

impl Recorded {
    /// Whether somebody said something.
    pub fn is_message(&self) -> bool {
        self.voice >= VOICE_MIN
    }
}

/// How much of a file's samples is voice: what a recording tells of itself, for one that was cut off.
pub fn voice_in(samples: &[u8]) -> Duration {
    let frames = samples.chunks(FRAME_SAMPLES).filter(|frame| is_voice(frame)).count();
    FRAME * u32::try_from(frames).unwrap_or(u32::MAX)
}

/// Whether μ-law samples are as loud as a voice.
fn is_voice(samples: &[u8]) -> bool {
    let square = |sample: &u8| {
        let linear = u64::from(g711::decode_ulaw(*sample).unsigned_abs());
        linear * linear
    };
    samples.iter().map(square).sum::<u64>() > VOICE_POWER * length(samples.len())
}

fn samples_in(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).saturating_mul(u64::from(RATE_HZ)) / 1_000_000
}

fn length(samples: usize) -> u64 {
    u64::try_from(samples).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
