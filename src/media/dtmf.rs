//! Keys pressed on a telephone, each press told once: by named events (RFC 4733), or by their tones where the far end
//! has agreed to no events (`tone`).

mod tone;

use std::collections::VecDeque;

use super::g711::{self, Law};
use super::listens::Listens;
use super::rtp;
use tone::Tones;

/// RFC 4733 §3.2, in the order of the events' numbers.
const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];
/// Between two presses nobody is quicker, in samples: 40 ms, what ITU-T Q.24 asks receivers to tell apart.
const PAUSE_MIN: i64 = 320;
/// A key that is held longer is told in parts, the next one so much further on (RFC 4733 §2.5.1.3).
const PART: i64 = 0xffff;
/// An event that begins at most so much before the newest is one of before that comes late, in samples: sixteen seconds.
/// One still further back is of a sender that counts anew.
const LATE: i64 = -(1 << 17);
/// So much of a gap between two packets is listened through as silence, in samples: enough to end any tone.
const GAP_MAX: u32 = 1_600;

/// A key went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Press {
    /// `0` to `9`, `*`, `#`, `A` to `D`.
    pub key: char,
    /// For so long already when it was first heard of, in samples at 8 kHz.
    pub samples: u64,
}

/// Named events of one side, in which each press comes in many packets: while it lasts, and three times its end.
///
/// Nothing but the event and its time is needed for telling presses apart, so any of the packets may be lost.
#[derive(Clone, Debug, Default)]
pub struct Presses {
    newest: Option<Event>,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    ssrc: u32,
    timestamp: u32,
    number: u8,
    has_ended: bool,
    duration: u16,
}

/// The keypad of the far end as it is heard, whichever way its keys are told.
#[derive(Debug)]
pub struct Keypad {
    listens: Listens,
    presses: Presses,
    tones: Tones,
    /// Which sample of which source the tones are heard up to.
    heard: Option<(u32, u32)>,
}

impl Presses {
    /// Takes a packet of the payload type that events come by: a press, if it tells of a new one.
    pub fn hear(&mut self, header: rtp::Header, payload: &[u8]) -> Option<Press> {
        // RFC 4733 §2.3: event, end and volume, duration in samples.
        let &[number, end_and_volume, d0, d1, ..] = payload else { return None };
        let key = *KEYS.get(usize::from(number))?;
        let rtp::Header { ssrc, timestamp, .. } = header;
        let duration = u16::from_be_bytes([d0, d1]);
        let event = Event { ssrc, timestamp, number, has_ended: end_and_volume & 0x80 != 0, duration };
        let press = Press { key, samples: duration.into() };
        match &mut self.newest {
            Some(newest) if newest.ssrc == ssrc => newest.follow(event).then_some(press),
            newest => {
                *newest = Some(event);
                Some(press)
            }
        }
    }
}

impl Event {
    /// Takes another event of the same source; whether it is another press.
    fn follow(&mut self, event: Event) -> bool {
        let moved = i64::from(event.timestamp.wrapping_sub(self.timestamp).cast_signed());
        let is_same_key = event.number == self.number;
        match moved {
            0 if is_same_key => {
                self.has_ended |= event.has_ended;
                self.duration = self.duration.max(event.duration);
                false
            }
            LATE..0 => false,
            _ => {
                // Some gateways count the time on within a press, where it should stand still (RFC 4733 §2.2.1).
                let goes_on = is_same_key
                    && moved > 0
                    && if self.has_ended {
                        event.has_ended && moved < PAUSE_MIN
                    } else {
                        moved < i64::from(self.duration) + PAUSE_MIN || moved == PART
                    };
                *self = event;
                !goes_on
            }
        }
    }
}

impl Keypad {
    /// Listens for events where the far end has agreed to send them, and for tones where it has not.
    pub fn new(listens: Listens) -> Keypad {
        Keypad { listens, presses: Presses::default(), tones: Tones::new(), heard: None }
    }

    /// Takes an RTP packet of the far end; the keys that were pressed go behind those that wait in `pressed`.
    pub fn hear(&mut self, packet: &[u8], pressed: &mut VecDeque<char>) {
        let Ok(view) = rtp::read(packet) else { return };
        let Some(payload) = packet.get(view.payload.clone()) else { return };
        if let Some(events) = self.listens.keys {
            if events == view.header.payload_type {
                pressed.extend(self.presses.hear(view.header, payload).map(|press| press.key));
            }
            return;
        }
        let law = self.listens.audio.iter().find(|(payload_type, _)| *payload_type == view.header.payload_type);
        if let Some(&(_, law)) = law {
            self.listen(view.header, law, payload, pressed);
        }
    }

    fn listen(&mut self, header: rtp::Header, law: Law, payload: &[u8], pressed: &mut VecDeque<char>) {
        let rtp::Header { ssrc, timestamp, .. } = header;
        let gap = match self.heard {
            Some((source, upto)) if source == ssrc => timestamp.wrapping_sub(upto),
            Some(_) => GAP_MAX,
            None => 0,
        };
        // It has been heard already, or its place has been passed over.
        if gap.cast_signed() < 0 && i64::from(gap.cast_signed()) > LATE {
            return;
        }
        let silence = (0..gap.min(GAP_MAX)).map(|_| 0);
        let samples = payload.iter().map(|sample| match law {
            Law::Ulaw => g711::decode_ulaw(*sample),
            Law::Alaw => g711::decode_alaw(*sample),
        });
        pressed.extend(silence.chain(samples).filter_map(|sample| self.tones.hear(sample)));
        // A datagram's length, by far.
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        self.heard = Some((ssrc, timestamp.wrapping_add(length)));
    }
}

#[cfg(test)]
mod tests;
