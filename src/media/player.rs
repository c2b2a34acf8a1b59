//! Plays sounds to one side as RTP (RFC 3550): a frame of 20 ms whenever one is due. Sounds are μ-law and are shared,
//! never copied for a call; a frame is cut and converted in the packet's own buffer.

use std::sync::Arc;
use std::time::Duration;

use super::g711::{self, Law};
use super::rtp;
use super::wav::RATE_HZ;
use crate::now::Mono;

/// 20 ms of G.711, what every telephone expects (RFC 3551 §4.2).
pub const FRAME: Duration = Duration::from_millis(20);
/// The same in samples, and in bytes.
pub const FRAME_SAMPLES: usize = 160;
/// A packet with one frame.
pub const PACKET_BYTES: usize = rtp::HEADER_BYTES + FRAME_SAMPLES;
/// A player that comes later than this goes on from there: frames in a burst would overrun the far end's buffer.
const LATE_MAX: Duration = Duration::from_millis(100);

/// Something to play: μ-law, 8 kHz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// A part of the program.
    Clip(&'static [u8]),
    /// Somebody's own recording, one in memory for all calls.
    Recorded(Arc<[u8]>),
    Silence {
        samples: usize,
    },
}

/// The RTP stream that is sent to one side. It outlives a player: the next one goes on where the last one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    pub law: Law,
    /// As was agreed upon, 0 to 127.
    pub payload_type: u8,
    pub ssrc: u32,
    /// Of the next packet. It starts anywhere (RFC 3550 §5.1).
    pub sequence: u16,
    /// Of the next packet, in samples. It starts anywhere too.
    pub timestamp: u32,
}

/// Plays one list of sounds once.
#[derive(Debug)]
pub struct Player {
    stream: Stream,
    sounds: Arc<[Sound]>,
    /// The next sample: of which sound, and which of its.
    sound: usize,
    sample: usize,
    /// When the next frame is due; after the last, when that has been heard.
    due: Mono,
    /// The next packet is the first after a silence in which nothing was sent (RFC 3551 §4.1).
    marker: bool,
}

/// What a player has for this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Played {
    /// The buffer holds a packet: send it, and ask again.
    Packet,
    /// Nothing until then.
    Wait { until: Mono },
    /// All has been sent, and the time it takes to hear it has passed.
    Over,
}

impl Sound {
    /// Silence of this length, in whole samples.
    pub fn silence(length: Duration) -> Sound {
        let samples = length.as_micros() * u128::from(RATE_HZ) / 1_000_000;
        Sound::Silence { samples: usize::try_from(samples).unwrap_or(usize::MAX) }
    }

    /// Its length in samples.
    pub fn samples(&self) -> usize {
        match self {
            Sound::Clip(samples) => samples.len(),
            Sound::Recorded(samples) => samples.len(),
            Sound::Silence { samples } => *samples,
        }
    }

    /// Fills `frame` from sample `from` on, as far as it goes, and tells how far that was.
    fn fill(&self, from: usize, frame: &mut [u8]) -> usize {
        let samples = match self {
            Sound::Clip(samples) => samples,
            Sound::Recorded(samples) => &samples[..],
            Sound::Silence { samples } => {
                let length = samples.saturating_sub(from).min(frame.len());
                frame[..length].fill(g711::ULAW_SILENCE);
                return length;
            }
        };
        let rest = samples.get(from..).unwrap_or_default();
        let length = rest.len().min(frame.len());
        frame[..length].copy_from_slice(&rest[..length]);
        length
    }
}

impl Player {
    /// Starts at `now`. Nothing was sent in this stream just before, so its first packet bears the marker.
    pub fn new(stream: Stream, sounds: impl Into<Arc<[Sound]>>, now: Mono) -> Player {
        Player { stream, sounds: sounds.into(), sound: 0, sample: 0, due: now, marker: true }
    }

    /// Starts at `now`, where another player of this stream has just ended.
    pub fn continuing(stream: Stream, sounds: impl Into<Arc<[Sound]>>, now: Mono) -> Player {
        Player { marker: false, ..Player::new(stream, sounds, now) }
    }

    /// Writes the packet that is due at `now`, if one is. Ask until it is not [`Played::Packet`].
    pub fn poll(&mut self, now: Mono, packet: &mut [u8; PACKET_BYTES]) -> Played {
        if now < self.due {
            return Played::Wait { until: self.due };
        }
        let (header, frame) = packet.split_at_mut(rtp::HEADER_BYTES);
        let mut filled = 0;
        while let Some(sound) = self.sounds.get(self.sound)
            && filled < FRAME_SAMPLES
        {
            let length = sound.fill(self.sample, &mut frame[filled..]);
            filled += length;
            self.sample += length;
            if self.sample >= sound.samples() {
                self.sound += 1;
                self.sample = 0;
            }
        }
        if filled == 0 {
            return Played::Over;
        }
        frame[filled..].fill(g711::ULAW_SILENCE);
        if self.stream.law == Law::Alaw {
            g711::ulaw_to_alaw(frame);
        }
        header.copy_from_slice(&self.next_header().bytes());
        if now - self.due > LATE_MAX {
            self.due = now;
        }
        self.due = self.due + FRAME;
        Played::Packet
    }

    /// When to ask again.
    pub fn poll_timeout(&self) -> Mono {
        self.due
    }

    /// The stream as it goes on from here.
    pub fn stream(&self) -> Stream {
        self.stream
    }

    fn next_header(&mut self) -> rtp::Header {
        let Stream { law: _, payload_type, ssrc, sequence, timestamp } = self.stream;
        self.stream.sequence = sequence.wrapping_add(1);
        // FRAME_SAMPLES, in the timestamp's own type.
        self.stream.timestamp = timestamp.wrapping_add(160);
        rtp::Header { marker: std::mem::take(&mut self.marker), payload_type, sequence, timestamp, ssrc }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: Stream =
        Stream { law: Law::Ulaw, payload_type: 0, ssrc: 0xfeed, sequence: 65_534, timestamp: u32::MAX - 159 };

    fn at(ms: u64) -> Mono {
        Mono(Duration::from_millis(ms))
    }

    /// Asks every `step_ms` until it is over: when each packet came, and the packet.
    fn play(mut player: Player, step_ms: u64) -> (Vec<(u64, Vec<u8>)>, u64, Stream) {
        let mut packets = Vec::new();
        for ms in (0..60_000).step_by(usize::try_from(step_ms).unwrap()) {
            loop {
                let mut packet = [0xaa; PACKET_BYTES];
                match player.poll(at(ms), &mut packet) {
                    Played::Packet => packets.push((ms, packet.to_vec())),
                    Played::Wait { until } => {
                        assert_eq!(until, player.poll_timeout());
                        assert!(until > at(ms));
                        break;
                    }
                    Played::Over => return (packets, ms, player.stream()),
                }
            }
        }
        panic!("it plays for ever");
    }

    fn payloads(packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
        packets.iter().flat_map(|(_, packet)| packet[rtp::HEADER_BYTES..].to_vec()).collect()
    }

    #[test]
    fn sounds_follow_each_other_sample_by_sample() {
        static CLIP: [u8; 100] = [1; 100];
        let sounds =
            [Sound::Clip(&CLIP), Sound::Silence { samples: 90 }, Sound::Recorded([2; 300].into()), Sound::Clip(&[])];
        let (packets, over, _) = play(Player::new(STREAM, sounds, at(0)), 5);
        let expected = [&[1; 100][..], &[0xff; 90], &[2; 300], &[0xff; 150]].concat();
        assert_eq!(payloads(&packets), expected, "the last frame is filled up with silence");
        assert_eq!(packets.iter().map(|(ms, _)| *ms).collect::<Vec<_>>(), [0, 20, 40, 60]);
        assert_eq!(over, 80, "the last frame takes its time too");
    }

    #[test]
    fn headers_count_on_over_their_ends() {
        let (packets, _, stream) = play(Player::new(STREAM, [Sound::silence(4 * FRAME)], at(0)), 20);
        let headers: Vec<_> =
            packets.iter().map(|(_, packet)| rtp::read(packet).expect("well formed").header).collect();
        let told = |h: &rtp::Header| (h.marker, h.sequence, h.timestamp);
        let expected = [(true, 65_534, u32::MAX - 159), (false, 65_535, 0), (false, 0, 160), (false, 1, 320)];
        assert_eq!(headers.iter().map(told).collect::<Vec<_>>(), expected);
        assert!(headers.iter().all(|header| (header.ssrc, header.payload_type) == (0xfeed, 0)));
        assert_eq!((stream.sequence, stream.timestamp), (2, 480), "the next player goes on here");
    }

    #[test]
    fn alaw_is_converted_in_the_packet() {
        let stream = Stream { law: Law::Alaw, payload_type: Law::Alaw.static_payload_type(), ..STREAM };
        let ulaw: [u8; 160] = std::array::from_fn(|n| u8::try_from(n).unwrap());
        let (packets, _, _) = play(Player::new(stream, [Sound::Recorded(ulaw.into())], at(0)), 20);
        let mut alaw = ulaw;
        g711::ulaw_to_alaw(&mut alaw);
        assert_eq!(payloads(&packets), alaw);
        assert_eq!(rtp::read(&packets[0].1).expect("well formed").header.payload_type, 8);
    }

    #[test]
    fn a_frame_that_comes_late_does_not_delay_the_rest() {
        let mut player = Player::new(STREAM, [Sound::silence(10 * FRAME)], at(0));
        let mut packet = [0; PACKET_BYTES];
        assert_eq!(player.poll(at(33), &mut packet), Played::Packet);
        assert_eq!(player.poll(at(33), &mut packet), Played::Packet, "the second was due at 20");
        assert_eq!(player.poll(at(33), &mut packet), Played::Wait { until: at(40) });
    }

    #[test]
    fn after_a_long_stall_it_goes_on_without_a_burst() {
        let mut player = Player::new(STREAM, [Sound::silence(100 * FRAME)], at(0));
        let mut packet = [0; PACKET_BYTES];
        assert_eq!(player.poll(at(0), &mut packet), Played::Packet);
        assert_eq!(player.poll(at(1_000), &mut packet), Played::Packet);
        assert_eq!(player.poll(at(1_000), &mut packet), Played::Wait { until: at(1_020) });
        let header = rtp::read(&packet).expect("well formed").header;
        assert_eq!(header.timestamp, STREAM.timestamp.wrapping_add(160), "nothing of the sound is left out");
    }

    #[test]
    fn nothing_to_play_is_over_at_once() {
        let sounds = [Sound::Silence { samples: 0 }, Sound::Clip(&[])];
        assert_eq!(Player::new(STREAM, sounds, at(7)).poll(at(7), &mut [0; PACKET_BYTES]), Played::Over);
        assert_eq!(Player::new(STREAM, [], at(7)).poll(at(7), &mut [0; PACKET_BYTES]), Played::Over);
    }

    #[test]
    fn many_players_share_one_sound() {
        let sounds: Arc<[Sound]> = Arc::new([Sound::Recorded([2; 8_000].into())]);
        let players: Vec<_> = (0..100).map(|_| Player::new(STREAM, Arc::clone(&sounds), at(0))).collect();
        assert_eq!(Arc::strong_count(&sounds), 101);
        for player in players {
            assert_eq!(play(player, 20).0.len(), 50);
        }
    }
}
