//! Keys by their tones (ITU-T Q.23): two at once, one of four low and one of four high. What Q.24 asks of receivers is
//! kept with one aim above the others: that no voice, music or answering machine is ever taken for a key.

/// Q.23: the rows and the columns of a keypad, in Hz.
const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const KEYS: [[char; 4]; 4] = [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

const RATE_HZ: f32 = 8000.0;
/// What is looked at in one piece, in samples: as short as lets 697 Hz be told from 770.
const BLOCK: u32 = 102;
/// So many blocks of the same two tones make a key: 38 ms, of the 40 that the shortest may last (Q.24).
const BLOCKS_MIN: u32 = 3;
/// After so many blocks without them it is let go: 76 ms. A lost packet or two in a tone do not make two presses of one.
const BLOCKS_OFF: u32 = 6;

/// The mean square of a block from which it is worth looking at: −40 dB below full scale.
const POWER_MIN: f32 = 107_000.0;
/// Both tones together have at least this part of all the sound. Voices have more than two tones.
const PURITY: f32 = 0.75;
/// In its own row or column each is so much stronger than any other: 8 dB.
const ALONE: f32 = 6.3;
/// The columns' tone may be weaker than the rows' by 8 dB, or stronger by 4 dB (Q.24, the widest).
const WEAKER_COLUMN: f32 = 6.3;
const STRONGER_COLUMN: f32 = 2.5;

/// Listens sample by sample.
#[derive(Debug)]
pub(super) struct Tones {
    rows: [Goertzel; 4],
    columns: [Goertzel; 4],
    /// Of the block that is being heard.
    samples: u32,
    energy: f32,
    /// The key whose tones the last blocks had, and how many they were.
    last: Option<(char, u32)>,
    /// The key that is down, and how many blocks it was not heard in.
    down: Option<(char, u32)>,
}

/// How much of one frequency is in a block (Goertzel, 1958).
#[derive(Clone, Copy, Debug)]
struct Goertzel {
    coefficient: f32,
    last: f32,
    before: f32,
}

impl Tones {
    pub(super) fn new() -> Tones {
        Tones {
            rows: ROWS.map(Goertzel::at),
            columns: COLUMNS.map(Goertzel::at),
            samples: 0,
            energy: 0.0,
            last: None,
            down: None,
        }
    }

    /// Takes the next sample; a key, when it is certain that one has just been pressed.
    pub(super) fn hear(&mut self, sample: i16) -> Option<char> {
        let sample = f32::from(sample);
        self.energy += sample * sample;
        for tone in self.rows.iter_mut().chain(&mut self.columns) {
            tone.hear(sample);
        }
        self.samples += 1;
        if self.samples < BLOCK {
            return None;
        }
        let key = self.key_of_block();
        self.samples = 0;
        self.energy = 0.0;
        self.press(key)
    }

    /// The key whose tones this block has, and starts the next one.
    fn key_of_block(&mut self) -> Option<char> {
        let (rows, columns) = (self.rows.each_mut().map(Goertzel::take), self.columns.each_mut().map(Goertzel::take));
        let (row, low) = alone(rows)?;
        let (column, high) = alone(columns)?;
        let length = BLOCK as f32;
        let is_loud = self.energy > POWER_MIN * length;
        // One tone alone, in the middle of its band: half the block's length times all there is.
        let is_pure = low + high > PURITY * self.energy * length / 2.0;
        let is_even = high < low * STRONGER_COLUMN && low < high * WEAKER_COLUMN;
        (is_loud && is_pure && is_even).then_some(KEYS[row][column])
    }

    fn press(&mut self, key: Option<char>) -> Option<char> {
        self.last = key.map(|key| match self.last {
            Some((last, blocks)) if last == key => (key, blocks.saturating_add(1)),
            Some(_) | None => (key, 1),
        });
        self.down = match self.down {
            Some((down, _)) if Some(down) == key => Some((down, 0)),
            Some((down, off)) if off + 1 < BLOCKS_OFF => Some((down, off + 1)),
            Some(_) | None => None,
        };
        let (key, blocks) = self.last?;
        let is_new = blocks >= BLOCKS_MIN && self.down.is_none_or(|(down, _)| down != key);
        is_new.then(|| {
            self.down = Some((key, 0));
            key
        })
    }
}

/// The strongest of a row's or a column's tones, if no other comes near: which, and its power.
fn alone(powers: [f32; 4]) -> Option<(usize, f32)> {
    let (which, strongest) = powers.into_iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let others = powers.into_iter().enumerate().filter(|(other, _)| *other != which);
    others.map(|(_, power)| power).all(|power| power * ALONE < strongest).then_some((which, strongest))
}

impl Goertzel {
    fn at(hz: f32) -> Goertzel {
        let coefficient = 2.0 * (std::f32::consts::TAU * hz / RATE_HZ).cos();
        Goertzel { coefficient, last: 0.0, before: 0.0 }
    }

    fn hear(&mut self, sample: f32) {
        let next = sample + self.coefficient * self.last - self.before;
        self.before = self.last;
        self.last = next;
    }

    /// The power since the last time, and starts anew.
    fn take(&mut self) -> f32 {
        let power = self.last * self.last + self.before * self.before - self.coefficient * self.last * self.before;
        self.last = 0.0;
        self.before = 0.0;
        power
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::media::g711;
    use crate::prompt;
    use crate::routing::plan::Language;

    const AMPLITUDE: f32 = 4_000.0;

    /// What is heard of these sounds, as the telephone network brings them.
    fn heard(sounds: &[f32]) -> String {
        let mut tones = Tones::new();
        // Out of step with the blocks.
        let samples = [0.0; 37].iter().chain(sounds);
        samples.filter_map(|s| tones.hear(g711::decode_alaw(g711::encode_alaw(s.round() as i16)))).collect()
    }

    fn two(low: (f32, f32), high: (f32, f32), ms: usize) -> Vec<f32> {
        let wave = |n: usize, (hz, amplitude): (f32, f32)| {
            amplitude * (std::f32::consts::TAU * hz * n as f32 / RATE_HZ + hz).sin()
        };
        (0..8 * ms).map(|n| wave(n, low) + wave(n, high)).collect()
    }

    fn press(key: char, ms: usize) -> Vec<f32> {
        let row = KEYS.iter().position(|row| row.contains(&key)).unwrap();
        let column = KEYS[row].iter().position(|of_row| *of_row == key).unwrap();
        two((ROWS[row], AMPLITUDE), (COLUMNS[column], AMPLITUDE), ms)
    }

    fn silence(ms: usize) -> Vec<f32> {
        vec![0.0; 8 * ms]
    }

    fn noise(length: usize, amplitude: f32, seed: u8) -> Vec<f32> {
        let mut chance = Chance::new([seed; 32]);
        (0..length).map(|_| amplitude * (f32::from(chance.half_word()) / 32_768.0 - 1.0)).collect()
    }

    #[test]
    fn every_key_is_heard_once_however_long_it_is_down() {
        for key in KEYS.as_flattened() {
            for ms in [52, 80, 500, 5_000] {
                assert_eq!(heard(&[press(*key, ms), silence(100)].concat()), key.to_string(), "for {ms} ms");
            }
        }
    }

    #[test]
    fn presses_of_one_key_are_told_apart() {
        let twice =
            [press('5', 80), silence(100), press('5', 80), press('6', 80), silence(100), press('6', 80)].concat();
        assert_eq!(heard(&twice), "5566");
    }

    #[test]
    fn a_hole_in_a_tone_makes_no_second_press() {
        assert_eq!(heard(&[press('1', 100), silence(40), press('1', 100)].concat()), "1");
    }

    #[test]
    fn lines_may_be_loud_quiet_noisy_and_out_of_tune() {
        for amplitude in [500.0, 1_000.0, 12_000.0] {
            for off in [0.986, 1.0, 1.014] {
                for (low, high) in [(1.0, 1.0), (1.0, 0.5), (0.7, 1.0)] {
                    let mut sounds = two((852.0 * off, amplitude * low), (1477.0 * off, amplitude * high), 100);
                    let length = sounds.len();
                    for (sound, noise) in sounds.iter_mut().zip(noise(length, amplitude / 8.0, 3)) {
                        *sound += noise;
                    }
                    assert_eq!(heard(&[sounds, silence(90)].concat()), "9", "{amplitude}, {off}, {low} to {high}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        let single = |hz| two((hz, AMPLITUDE), (hz, 0.0), 500);
        let nothing = [
            ("silence", silence(500)),
            ("a glitch of a key", press('5', 25)),
            ("noise", noise(80_000, 8_000.0, 1)),
            ("a low tone alone", single(770.0)),
            ("a high tone alone", single(1336.0)),
            ("the beep", single(1000.0)),
            ("a fax", single(1100.0)),
            ("a fax that answers", single(2100.0)),
            ("dial tone", two((350.0, AMPLITUDE), (440.0, AMPLITUDE), 500)),
            ("ringing", two((440.0, AMPLITUDE), (480.0, AMPLITUDE), 500)),
            ("two rows", two((697.0, AMPLITUDE), (852.0, AMPLITUDE), 500)),
            ("out of tune", two((770.0 * 1.035, AMPLITUDE), (1336.0 * 1.035, AMPLITUDE), 500)),
            ("far too uneven", two((770.0, AMPLITUDE), (1336.0, AMPLITUDE / 4.0), 500)),
            ("too quiet", two((770.0, 30.0), (1336.0, 30.0), 500)),
        ];
        for (what, sounds) in nothing {
            assert_eq!(heard(&sounds), "", "{what}");
        }
    }

    /// More than ten minutes of speech: with the echo of what we say, or a mailbox that says its greeting, nobody presses a key.
    #[test]
    fn no_voice_is_taken_for_a_key() {
        let mut length = 0;
        for language in [Language::En, Language::Es] {
            for clip in prompt::voice(language).clips() {
                // As it is, and higher: another voice.
                for (step, of) in [(1, 1), (6, 5)] {
                    let samples = clip.samples.len() * of / step;
                    let sounds: Vec<f32> =
                        (0..samples).map(|n| g711::decode_ulaw(clip.samples[n * step / of]).into()).collect();
                    assert_eq!(heard(&sounds), "", "{clip:?}, {step} to {of}");
                    length += samples;
                }
            }
        }
        assert!(length > 10 * 60 * 8_000, "{} s", length / 8_000);
    }
}
