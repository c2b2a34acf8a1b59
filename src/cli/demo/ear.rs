//! What a caller understands of the sound that comes: how far the greeting has been said, and whether the beep has. Held
//! against the greeting sample by sample, so that nothing is understood which was not heard.

use std::ops::Range;

use super::tone::FRAME;
use crate::greeting::Greeting;

/// Of 1000 samples of a word so many must be heard as they were meant: on a busy machine a packet may be late.
const MUST_BE_HEARD: usize = 950;

/// What a caller may hear, word by word.
pub struct Ear {
    meant: Vec<u8>,
    words: Vec<(String, Range<usize>)>,
    beep: Range<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Understood {
    /// As much as has been said.
    pub words: String,
    pub beep: bool,
}

impl Ear {
    pub fn listening_to(greeting: &Greeting) -> Ear {
        let mut words = Vec::new();
        let mut start = 0;
        for (said, end) in greeting.words() {
            words.push((said, start..end));
            start = end;
        }
        let meant = greeting.samples();
        let beep = start..meant.len();
        Ear { meant, words, beep }
    }

    /// What is in the samples that have come so far.
    pub fn understand(&self, heard: &[u8]) -> Understood {
        let said = self.words.iter().take_while(|(_, range)| self.is_heard(range, heard));
        let said: Vec<&str> = said.map(|(words, _)| words.as_str()).collect();
        let whole = said.len() == self.words.len();
        Understood { words: said.join(" "), beep: whole && self.is_heard(&self.beep, heard) }
    }

    fn is_heard(&self, range: &Range<usize>, heard: &[u8]) -> bool {
        // The last packet need not be full.
        let end = if range.end == self.meant.len() { range.end.saturating_sub(FRAME) } else { range.end };
        let Some(meant) = self.meant.get(range.clone()).filter(|_| heard.len() >= end) else { return false };
        let heard = heard.get(range.start..).unwrap_or_default();
        let meant = &meant[..meant.len().min(heard.len())];
        let right = heard.iter().zip(meant).filter(|(heard, meant)| heard == meant).count();
        right * 1000 >= meant.len() * MUST_BE_HEARD
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Madrid;

    use super::*;
    use crate::now::UnixMs;
    use crate::routing::decision::Opening;
    use crate::routing::plan::Language;

    fn greeting(language: Language) -> Greeting {
        // 2026-11-23 at 12:00 in Madrid, and four and a half hours later.
        let now = UnixMs(1_795_431_600_000);
        Greeting::new(None, Opening::At(UnixMs(now.0 + 16_200_000)), Madrid, now, language)
    }

    #[test]
    fn it_is_understood_word_by_word_and_the_beep_last() {
        for language in [Language::En, Language::Es] {
            let greeting = greeting(language);
            let (ear, samples) = (Ear::listening_to(&greeting), greeting.samples());
            assert_eq!(ear.understand(&[]), Understood::default());
            let first = ear.words[0].1.end;
            assert_eq!(ear.understand(&samples[..first - 1]).words, "");
            assert_eq!(ear.understand(&samples[..first]).words, ear.words[0].0);
            let before_the_beep = ear.understand(&samples[..ear.beep.start]);
            assert_eq!(before_the_beep, Understood { words: greeting.text(), beep: false });
            assert!(ear.understand(&samples).beep);
        }
    }

    #[test]
    fn another_voice_is_not_understood() {
        let ear = Ear::listening_to(&greeting(Language::En));
        assert_eq!(ear.understand(&vec![0x55; ear.meant.len()]), Understood::default());
        let spanish = greeting(Language::Es).samples();
        assert_eq!(ear.understand(&spanish).words, "");
        assert!(!ear.understand(&spanish).beep);
    }
}
