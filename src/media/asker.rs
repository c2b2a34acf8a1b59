//! The machine on the far side of somebody who is asked something: it says it once, and listens for keys. It records
//! nothing. Whose packets it hears, and by which numbers they come and go, is the relay's matter ([`super::relay`]).
//!
//! ```text
//! the question ─▶ asked: silence is sent, keys are still heard ─▶ over
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use super::Ask;
use super::dtmf::Keypad;
use super::player::{PACKET_BYTES, Played, Player, Sound};
use crate::now::Mono;

/// So long it waits after the question before it falls silent and deaf. Who asks has hung up long before.
pub const WAIT_MAX: Duration = Duration::from_secs(30);
/// More keys are not told of one question: nobody presses so many, and a flood of them is not to reach the core.
pub const KEYS_MAX: usize = 32;

/// See the module.
#[derive(Debug)]
pub struct Asker {
    player: Player,
    keypad: Keypad,
    /// Not told yet.
    pressed: VecDeque<char>,
    told: usize,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Asking,
    Waiting,
    Over,
}

/// What there is to do at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The buffer holds a packet for whoever is asked: send it, and ask again.
    Packet,
    /// This key was pressed. Ask again.
    Pressed(char),
    /// All has been heard. Ask again.
    Asked,
    /// Nothing until then, unless a packet comes.
    Wait { until: Mono },
    /// Nothing any more.
    Over,
}

impl Asker {
    /// The question begins now.
    pub fn new(ask: Ask, now: Mono) -> Asker {
        let Ask { sounds, stream, listens } = ask;
        Asker {
            player: Player::new(stream, sounds, now),
            keypad: Keypad::new(listens),
            pressed: VecDeque::new(),
            told: 0,
            step: Step::Asking,
        }
    }

    /// Takes an RTP packet of whoever is asked. Nobody need wait for the end of the question.
    pub fn hear(&mut self, packet: &[u8]) {
        if self.step != Step::Over {
            self.keypad.hear(packet, &mut self.pressed);
            self.pressed.truncate(KEYS_MAX - self.told);
        }
    }

    /// What is due at `now`. Ask until it is [`Turn::Wait`] or [`Turn::Over`].
    pub fn poll(&mut self, now: Mono, packet: &mut [u8; PACKET_BYTES]) -> Turn {
        if let Some(key) = self.pressed.pop_front() {
            self.told += 1;
            return Turn::Pressed(key);
        }
        if self.step == Step::Over {
            return Turn::Over;
        }
        match (self.player.poll(now, packet), self.step) {
            (Played::Packet, _) => Turn::Packet,
            (Played::Wait { until }, _) => Turn::Wait { until },
            (Played::Over, Step::Asking) => {
                self.step = Step::Waiting;
                // A carrier that hears nothing for a while takes the call for dead, and some routers forget the way.
                self.player = Player::continuing(self.player.stream(), [Sound::silence(WAIT_MAX)], now);
                Turn::Asked
            }
            (Played::Over, Step::Waiting | Step::Over) => {
                self.step = Step::Over;
                Turn::Over
            }
        }
    }

    /// When to poll, at the latest, if no packet comes; `None`: it is over.
    pub fn poll_timeout(&self) -> Option<Mono> {
        match self.step {
            Step::Asking | Step::Waiting => Some(self.player.poll_timeout()),
            Step::Over => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::g711::Law;
    use crate::media::listens::Listens;
    use crate::media::player::{FRAME_SAMPLES, Stream};
    use crate::media::rtp;

    const STREAM: Stream = Stream { law: Law::Ulaw, payload_type: 0, ssrc: 9, sequence: 7, timestamp: 70 };
    const EVENTS: u8 = 101;

    /// Asks five frames.
    fn asker() -> Asker {
        let listens = Listens { audio: vec![(0, Law::Ulaw)], keys: Some(EVENTS) };
        let sounds = [Sound::Recorded([3; 5 * FRAME_SAMPLES].into())].into();
        Asker::new(Ask { sounds, stream: STREAM, listens }, Mono::default())
    }

    fn at(ms: u64) -> Mono {
        Mono(Duration::from_millis(ms))
    }

    fn key(event: u8, sequence: u16, timestamp: u32) -> Vec<u8> {
        rtp::Header { marker: false, payload_type: EVENTS, sequence, timestamp, ssrc: 5 }.packet(&[event, 10, 0, 160])
    }

    /// What happens until then: packets, and the rest with its time.
    fn run(asker: &mut Asker, from: u64, until: u64) -> (Vec<Vec<u8>>, Vec<(u64, Turn)>) {
        let (mut packets, mut turns) = (Vec::new(), Vec::new());
        for ms in (from..until).step_by(20) {
            loop {
                let mut packet = [0; PACKET_BYTES];
                match asker.poll(at(ms), &mut packet) {
                    Turn::Packet => packets.push(packet.to_vec()),
                    Turn::Wait { until } => {
                        assert!(until > at(ms) && asker.poll_timeout() == Some(until));
                        break;
                    }
                    Turn::Over => {
                        assert_eq!(asker.poll_timeout(), None);
                        turns.push((ms, Turn::Over));
                        return (packets, turns);
                    }
                    turn => turns.push((ms, turn)),
                }
            }
        }
        (packets, turns)
    }

    #[test]
    fn asks_once_then_sends_silence_for_a_while() {
        let (packets, turns) = run(&mut asker(), 0, 60_000);
        let waited = u64::try_from(WAIT_MAX.as_millis()).unwrap();
        assert_eq!(turns, [(100, Turn::Asked), (100 + waited, Turn::Over)]);
        assert_eq!(packets.len(), 5 + 1_500);
        for (n, packet) in (0u16..).zip(&packets) {
            let header = rtp::read(packet).unwrap().header;
            assert_eq!((header.sequence, header.timestamp), (7 + n, 70 + 160 * u32::from(n)), "one stream");
            let sound = if n < 5 { 3 } else { 0xff };
            assert!(packet[rtp::HEADER_BYTES..].iter().all(|sample| *sample == sound));
        }
    }

    #[test]
    fn a_key_counts_while_the_question_is_asked_and_after_it() {
        let mut asker = asker();
        run(&mut asker, 0, 40);
        asker.hear(&key(5, 1, 1_000));
        asker.hear(&key(5, 2, 1_000));
        assert_eq!(run(&mut asker, 40, 60).1, [(40, Turn::Pressed('5'))], "once");
        assert_eq!(run(&mut asker, 60, 200).1, [(100, Turn::Asked)], "it goes on until it is released");
        asker.hear(&key(11, 3, 9_000));
        assert_eq!(run(&mut asker, 200, 220).1, [(200, Turn::Pressed('#'))]);
    }

    #[test]
    fn after_its_end_it_hears_nothing() {
        let mut asker = asker();
        run(&mut asker, 0, 60_000);
        asker.hear(&key(5, 1, 1_000));
        assert_eq!(asker.poll(at(60_000), &mut [0; PACKET_BYTES]), Turn::Over);
    }

    #[test]
    fn a_flood_of_keys_is_cut_off() {
        let mut asker = asker();
        let mut told = 0;
        for n in 0..200_u16 {
            asker.hear(&key(5, n, 8_000 * u32::from(n)));
            if n % 50 == 0 {
                told += run(&mut asker, 0, 20).1.len();
            }
        }
        told += run(&mut asker, 20, 40).1.len();
        assert_eq!(told, KEYS_MAX);
    }
}
