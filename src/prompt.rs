//! The clips that the voice speaks: words and their sound in one place, part of the program. `prompts/make` speaks
//! them; a clip that is missing or of a wrong format stops the build.

mod en;
mod es;

use crate::media::wav;
use crate::routing::plan::Language;

/// A few words, spoken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Clip {
    pub words: &'static str,
    /// μ-law, 8 kHz, −20 dBFS, with some 10 ms of silence before and 30 after.
    pub samples: &'static [u8],
}

/// "Speak now."
pub static BEEP: Clip = Clip { words: "", samples: ulaw(include_bytes!("../prompts/beep.wav")) };

/// All clips of a language.
#[derive(Debug)]
pub(crate) struct Voice {
    pub(crate) closed: Clip,
    pub(crate) further_notice: Clip,
    pub(crate) message: Clip,
    /// Today, tomorrow, Monday to Sunday.
    pub(crate) opens: [Clip; 9],
    /// Of the month.
    pub(crate) days: [Clip; 31],
    pub(crate) months: [Clip; 12],
    /// By hour and quarter, each whole: so nobody hears a seam within a time that shops open at.
    pub(crate) times: [[Clip; 4]; 24],
    /// Of the clock, twelve first; a minute follows.
    pub(crate) hours: [Clip; 12],
    /// 1 to 59, the quarters left out.
    pub(crate) minutes: [Clip; 56],
    /// Of the day, where a minute alone would not say which: in the morning, at night.
    pub(crate) parts: &'static [Clip],
    pub(crate) withheld: Clip,
    /// The caller has something that is no number.
    pub(crate) unknown: Clip,
    /// 0 to 9, and the plus of a foreign number.
    pub(crate) digits: [Clip; 11],
    /// Which call of a caller's it is: the first to the thirtieth.
    pub(crate) calls: [Clip; 30],
    pub(crate) many_calls: Clip,
    /// Any key.
    pub(crate) press: Clip,
    /// After the name of a phone.
    pub(crate) has_it: Clip,
    pub(crate) somebody_has_it: Clip,
    /// The caller has hung up.
    pub(crate) gone: Clip,
    /// What somebody of the shop is to do who says the greeting's own words; the beep follows.
    pub(crate) speak: Clip,
}

/// The voice that speaks this language.
pub(crate) fn voice(language: Language) -> &'static Voice {
    match language {
        Language::En => &en::VOICE,
        Language::Es => &es::VOICE,
    }
}

/// One of a list by its number, the last where there are not so many: the calendar's and the clock's numbers are within
/// their lists.
pub(crate) fn pick(clips: &'static [Clip], at: u32) -> &'static Clip {
    let last = clips.len() - 1;
    &clips[usize::try_from(at).unwrap_or(last).min(last)]
}

impl std::fmt::Debug for Clip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clip({:?})", self.words)
    }
}

const fn ulaw(file: &'static [u8]) -> &'static [u8] {
    wav::samples(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::g711;

    impl Voice {
        /// In the order of their list.
        pub(crate) fn clips(&self) -> Vec<&Clip> {
            let mut clips = vec![&self.closed, &self.further_notice, &self.message];
            clips.extend(self.opens.iter().chain(&self.days).chain(&self.months).chain(self.times.as_flattened()));
            clips.extend(self.hours.iter().chain(&self.minutes).chain(self.parts));
            clips.extend([&self.withheld, &self.unknown].into_iter().chain(&self.digits).chain(&self.calls));
            clips.extend([&self.many_calls, &self.press, &self.has_it, &self.somebody_has_it, &self.gone, &self.speak]);
            clips
        }
    }

    /// What `prompts/make` was told to say, without comments and sections.
    fn told(list: &'static str) -> Vec<&'static str> {
        let lines = list.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        lines.filter(|line| !line.is_empty() && !line.starts_with('[')).collect()
    }

    #[test]
    fn the_list_for_the_code_is_the_list_that_was_spoken() {
        let lists =
            [(Language::En, include_str!("../prompts/en.txt")), (Language::Es, include_str!("../prompts/es.txt"))];
        for (language, list) in lists {
            let clips: Vec<_> = voice(language).clips().iter().map(|clip| clip.words).collect();
            assert_eq!(clips, told(list), "run prompts/make --list");
        }
    }

    #[test]
    fn clips_are_as_loud_as_speech_should_be_and_not_cut_off() {
        for clip in [Language::En, Language::Es].map(|language| voice(language).clips()).concat() {
            let linear: Vec<f64> = clip.samples.iter().map(|s| f64::from(g711::decode_ulaw(*s)) / 32768.0).collect();
            let power = |frame: &[f64]| frame.iter().map(|s| s * s).sum::<f64>() / frame.len() as f64;
            let decibels = |power: f64| 10.0 * (power + 1e-12).log10();
            let speech: Vec<f64> = linear.chunks_exact(160).map(power).filter(|p| decibels(*p) > -45.0).collect();
            let level = decibels(speech.iter().sum::<f64>() / speech.len() as f64);
            assert!((-22.0..=-18.0).contains(&level), "{clip:?} is at {level:.1} dBFS");
            let peak = linear.iter().fold(0.0, |most: f64, s| most.max(s.abs()));
            assert!(peak < 0.9, "{clip:?} reaches {peak:.2} of full scale");
            for (end, samples) in [("begins", &linear[..40]), ("ends", &linear[linear.len() - 40..])] {
                let level = decibels(power(samples));
                assert!(level < -30.0, "{clip:?} {end} at {level:.1} dBFS: it clicks");
            }
        }
    }
}
