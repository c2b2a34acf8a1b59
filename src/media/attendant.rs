//! The machine on the far side of a closed shop's caller: plays the greeting, then records what the caller says. It hears
//! and speaks μ-law or A-law RTP; whose packets they are, and by which numbers they come and go, is the relay's matter
//! ([`super::relay`]).
//!
//! ```text
//! the greeting ─▶ the beep ─▶ recording, while silence is sent ─▶ over
//! ```

use uuid::Uuid;

use super::listens::Listens;
use super::player::{PACKET_BYTES, Played, Player, Sound};
use super::recorder::{End, LENGTH_MAX, Recorded, Recorder};
use super::{Attend, Keep};
use crate::now::Mono;

/// See the module.
#[derive(Debug)]
pub struct Attendant {
    recording: Uuid,
    keep: Keep,
    /// All that was recorded, where it is kept in the hand.
    whole: Vec<u8>,
    player: Player,
    step: Step,
}

#[derive(Debug)]
enum Step {
    Greeting(Listens),
    Recording(Box<Recorder>),
    Over,
}

/// What there is to do at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The buffer holds a packet for the caller: send it, and ask again.
    Packet,
    /// All has been heard: the recording begins. Ask again.
    Begun,
    /// These samples more have been recorded. Ask again.
    Recorded(Vec<u8>),
    /// The recording is over by itself, with these samples: all there are of one that is kept in the hand. Ask again.
    Ended(Vec<u8>, Recorded),
    /// Nothing until then.
    Wait { until: Mono },
    /// Nothing any more.
    Over,
}

impl Attendant {
    /// The greeting begins now.
    pub fn new(attend: Attend, now: Mono) -> Attendant {
        let Attend { recording, sounds, stream, listens, keep } = attend;
        let player = Player::new(stream, sounds, now);
        Attendant { recording, keep, whole: Vec::new(), player, step: Step::Greeting(listens) }
    }

    pub fn recording(&self) -> Uuid {
        self.recording
    }

    pub fn keep(&self) -> Keep {
        self.keep
    }

    /// Takes an RTP packet of the caller. Before the beep it is not listened to.
    pub fn hear(&mut self, now: Mono, packet: &[u8]) {
        if let Step::Recording(recorder) = &mut self.step {
            recorder.rtp(now, packet);
        }
    }

    /// What is due at `now`. Ask until it is [`Turn::Wait`] or [`Turn::Over`].
    pub fn poll(&mut self, now: Mono, packet: &mut [u8; PACKET_BYTES]) -> Turn {
        match &mut self.step {
            Step::Greeting(listens) => match self.player.poll(now, packet) {
                Played::Packet => Turn::Packet,
                Played::Wait { until } => Turn::Wait { until },
                Played::Over => {
                    let recorder = Recorder::new(std::mem::take(listens), now);
                    self.step = Step::Recording(Box::new(match self.keep {
                        Keep::File => recorder,
                        Keep::Hand { longest } => recorder.at_most(longest),
                    }));
                    // A carrier that hears nothing for a while takes the call for dead, and some routers forget the way.
                    self.player = Player::continuing(self.player.stream(), [Sound::silence(LENGTH_MAX)], now);
                    Turn::Begun
                }
            },
            Step::Recording(recorder) => {
                recorder.handle_timeout(now);
                if recorder.end().is_some()
                    && let Some((last, recorded)) = self.stop()
                {
                    return Turn::Ended(last, recorded);
                }
                let Step::Recording(recorder) = &mut self.step else { return Turn::Over };
                if let Some(samples) = recorder.poll_write(now) {
                    match self.keep {
                        Keep::File => return Turn::Recorded(samples),
                        Keep::Hand { .. } => self.whole.extend(samples),
                    }
                }
                match self.player.poll(now, packet) {
                    Played::Packet => Turn::Packet,
                    Played::Wait { until } => {
                        Turn::Wait { until: recorder.poll_timeout().map_or(until, |at| at.min(until)) }
                    }
                    // The longest message is over in this moment.
                    Played::Over => Turn::Wait { until: recorder.poll_timeout().unwrap_or(now) },
                }
            }
            Step::Over => Turn::Over,
        }
    }

    /// When to poll, at the latest; `None`: it is over.
    pub fn poll_timeout(&self) -> Option<Mono> {
        match &self.step {
            Step::Greeting(_) => Some(self.player.poll_timeout()),
            Step::Recording(recorder) => {
                let playing = self.player.poll_timeout();
                Some(recorder.poll_timeout().map_or(playing, |at| at.min(playing)))
            }
            Step::Over => None,
        }
    }

    /// The caller has hung up, or somebody has picked up: the last of the recording, if one has begun and is not over.
    pub fn stop(&mut self) -> Option<(Vec<u8>, Recorded)> {
        match std::mem::replace(&mut self.step, Step::Over) {
            Step::Recording(recorder) => {
                let (last, recorded) = recorder.finish(End::Stopped);
                let mut samples = std::mem::take(&mut self.whole);
                samples.extend(last);
                Some((samples, recorded))
            }
            Step::Greeting(_) | Step::Over => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::media::g711::Law;
    use crate::media::player::{FRAME, FRAME_SAMPLES, Stream};
    use crate::media::rtp;

    const STREAM: Stream = Stream { law: Law::Ulaw, payload_type: 0, ssrc: 9, sequence: 7, timestamp: 70 };
    /// Loud enough for a voice.
    const LOUD: u8 = 0x80;

    fn attendant() -> Attendant {
        let listens = Listens { audio: vec![(0, Law::Ulaw)], keys: Some(101) };
        let attend = Attend {
            recording: Uuid::from_u128(1),
            sounds: [Sound::Recorded([3; 5 * FRAME_SAMPLES].into())].into(),
            stream: STREAM,
            listens,
            keep: Keep::File,
        };
        Attendant::new(attend, Mono::default())
    }

    fn at(ms: u64) -> Mono {
        Mono(Duration::from_millis(ms))
    }

    /// What happens until it is over, or until `until`, with a voice for so long after the beep.
    fn attend(attendant: &mut Attendant, until: u64, voice: Duration) -> (Vec<Vec<u8>>, Vec<(u64, Turn)>) {
        let (mut packets, mut turns) = (Vec::new(), Vec::new());
        let mut begun = None;
        let mut packet = [0; PACKET_BYTES];
        for ms in (0..until).step_by(20) {
            if let Some(begun) = begun
                && at(ms) - begun < voice
            {
                let frame = u16::try_from(ms / 20).unwrap();
                let timestamp = u32::from(frame) * 160;
                let header = rtp::Header { marker: false, payload_type: 0, sequence: frame, timestamp, ssrc: 5 };
                attendant.hear(at(ms), &header.packet(&[LOUD; FRAME_SAMPLES]));
            }
            loop {
                match attendant.poll(at(ms), &mut packet) {
                    Turn::Packet => packets.push(packet.to_vec()),
                    Turn::Wait { until } => {
                        assert!(until > at(ms) && attendant.poll_timeout() == Some(until));
                        break;
                    }
                    Turn::Over => return (packets, turns),
                    turn => {
                        if turn == Turn::Begun {
                            begun = Some(at(ms));
                        }
                        turns.push((ms, turn));
                    }
                }
            }
        }
        (packets, turns)
    }

    #[test]
    fn greets_then_records_until_nobody_speaks() {
        let (packets, turns) = attend(&mut attendant(), 60_000, Duration::from_secs(3));
        let (first, last) = (turns.first().unwrap(), turns.last().unwrap());
        assert_eq!(*first, (100, Turn::Begun), "after five frames");
        let (11_080 | 11_100, Turn::Ended(_, recorded)) = last else { panic!("{last:?}") };
        // From the frame after the beep on.
        assert_eq!((recorded.end, recorded.voice), (End::Silent, Duration::from_millis(2980)));
        let samples: usize = turns
            .iter()
            .map(|(_, turn)| match turn {
                Turn::Recorded(samples) | Turn::Ended(samples, _) => samples.len(),
                _ => 0,
            })
            .sum();
        assert_eq!(Duration::from_millis(u64::try_from(samples).unwrap() / 8), recorded.length);
        assert!(turns.len() >= 4, "each second something is written: {}", turns.len());
        // One stream from the first word to the end, a frame each 20 ms.
        assert!(packets.len() > 500);
        for (n, packet) in (0u16..).zip(&packets) {
            let header = rtp::read(packet).unwrap().header;
            assert_eq!((header.sequence, header.timestamp), (7 + n, 70 + 160 * u32::from(n)));
            assert_eq!(header.marker, n == 0);
            let sound = if n < 5 { 3 } else { 0xff };
            assert!(packet[rtp::HEADER_BYTES..].iter().all(|sample| *sample == sound));
        }
    }

    #[test]
    fn what_is_said_before_the_beep_is_not_recorded() {
        let mut attendant = attendant();
        let header = rtp::Header { marker: false, payload_type: 0, sequence: 1, timestamp: 1, ssrc: 5 };
        attendant.hear(at(10), &header.packet(&[LOUD; FRAME_SAMPLES]));
        assert_eq!(attendant.stop(), None);
        assert_eq!(attendant.poll(at(20), &mut [0; PACKET_BYTES]), Turn::Over);
    }

    #[test]
    fn who_hangs_up_ends_it() {
        let mut attendant = attendant();
        attend(&mut attendant, 2_000, Duration::from_secs(10));
        let (_, recorded) = attendant.stop().expect("it records");
        assert_eq!(recorded.end, End::Stopped);
        assert!(recorded.is_message());
        assert_eq!((attendant.stop(), attendant.poll_timeout()), (None, None), "once");
    }

    #[test]
    fn what_is_kept_in_the_hand_is_told_whole_and_is_no_longer_than_it_may_be() {
        let longest = Duration::from_secs(4);
        let by_hand = || Attendant { keep: Keep::Hand { longest }, ..attendant() };
        let (_, turns) = attend(&mut by_hand(), 60_000, Duration::from_secs(60));
        let [(100, Turn::Begun), (4_100, Turn::Ended(samples, recorded))] = &turns[..] else { panic!("{turns:?}") };
        assert_eq!((recorded.end, recorded.length, samples.len()), (End::Full, longest, 32_000));
        let mut stopped = by_hand();
        attend(&mut stopped, 3_100, Duration::from_secs(60));
        let (samples, recorded) = stopped.stop().expect("it records");
        assert_eq!((recorded.end, samples.len()), (End::Stopped, 24_000), "all of it, not the last second alone");
        assert_eq!(stopped.stop(), None, "once");
    }

    #[test]
    fn the_longest_message_ends_by_itself() {
        let (_, turns) = attend(&mut attendant(), 200_000, Duration::from_secs(190));
        let (at, Turn::Ended(_, recorded)) = turns.last().unwrap() else { panic!("it goes on") };
        assert_eq!((recorded.end, recorded.length, *at), (End::Full, LENGTH_MAX, 180_100));
        assert_eq!(FRAME * 9_000, LENGTH_MAX);
    }
}
