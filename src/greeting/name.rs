//! The shop's own name at the head of the greeting.

use std::sync::Arc;
use std::time::Duration;

use super::{Greeting, length_of};
use crate::media::loudness;
use crate::media::pcm_wave::{self, WaveError};
use crate::routing::plan::Language;

/// The shop's own words, recorded by the owner or spoken by a command of the owner's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopName {
    /// As it is written, without a full stop.
    pub text: String,
    /// μ-law, 8 kHz; up to [`NAME_MAX`](super::NAME_MAX) to be always said. A longer one is left out where it has no room.
    pub samples: Arc<[u8]>,
}

/// Why a sound cannot be a shop's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitName {
    #[error(transparent)]
    Unreadable(#[from] WaveError),
    #[error("there is no voice in it")]
    Silent,
    #[error("it takes {:.1} s, and no greeting has room for more than {:.1}", .length.as_secs_f32(), .room.as_secs_f32())]
    Long { length: Duration, room: Duration },
}

impl ShopName {
    /// A shop's name as it is spoken and as it stands in the greeting: trimmed, and without a full stop.
    pub fn written(name: &str) -> &str {
        name.trim().trim_end_matches('.').trim_end()
    }

    /// What somebody spoke, as a WAVE file of linear samples: brought to the clips' level, silence at its ends cut.
    ///
    /// # Errors
    /// It is no such file, has no voice in it, or is too long for every greeting of that language.
    pub fn heard(text: &str, file: &[u8], language: Language) -> Result<ShopName, UnfitName> {
        let clip = loudness::clip(&pcm_wave::read(file)?).ok_or(UnfitName::Silent)?;
        ShopName::new(text, clip.into(), language)
    }

    /// The same of a sound that is a clip already.
    ///
    /// # Errors
    /// [`UnfitName::Long`]
    pub fn new(text: &str, samples: Arc<[u8]>, language: Language) -> Result<ShopName, UnfitName> {
        let (length, room) = (length_of(&samples), Greeting::room_for_a_name(language));
        if length > room {
            return Err(UnfitName::Long { length, room });
        }
        Ok(ShopName { text: text.to_owned(), samples })
    }

    /// Whether these are the words of a shop that is called so now.
    pub fn is_of(&self, shop_name: &str) -> bool {
        self.text == ShopName::written(shop_name)
    }

    /// How long it takes to say.
    pub fn length(&self) -> Duration {
        length_of(&self.samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::wav::RATE_HZ;

    /// A WAVE file of 16 bits, mono, of a tone that lasts so long.
    fn tone(seconds: f32) -> Vec<u8> {
        let samples = (seconds * RATE_HZ as f32) as u32;
        let bytes = (2 * samples).to_le_bytes();
        let mut file =
            [b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data", &bytes[..]];
        let sound = (0..samples).flat_map(|n| ((f32::sin(n as f32 * 0.7) * 9_000.0) as i16).to_le_bytes());
        let sound: Vec<u8> = sound.collect();
        file.iter_mut().map(|part| part.to_vec()).chain([sound]).collect::<Vec<_>>().concat()
    }

    #[test]
    fn a_name_is_written_without_a_full_stop() {
        for (name, written) in [
            ("Miller Hardware", "Miller Hardware"),
            ("  Miller & Co. ", "Miller & Co"),
            ("Dr. Ruiz", "Dr. Ruiz"),
            ("Ferretería Ruiz S.L.", "Ferretería Ruiz S.L"),
            (" … ", "…"),
            (" . ", ""),
        ] {
            assert_eq!(ShopName::written(name), written);
            assert!(ShopName { text: written.to_owned(), samples: [].into() }.is_of(name));
        }
    }

    #[test]
    fn a_voice_is_made_a_clip() {
        let name = ShopName::heard("Ruiz", &tone(1.0), Language::Es).unwrap();
        assert_eq!(name.text, "Ruiz");
        assert!((950..1_050).contains(&name.length().as_millis()), "{:?}", name.length());
    }

    #[test]
    fn what_is_no_name_is_said() {
        let unfit = |file: &[u8]| ShopName::heard("Ruiz", file, Language::En).unwrap_err().to_string();
        assert_eq!(unfit(b"sh: say: not found"), "it is no WAVE file");
        assert_eq!(unfit(&tone(0.0)), "there is no voice in it");
        let long = unfit(&tone(10.0));
        assert!(long.starts_with("it takes 10.0 s, and no greeting has room for more than "), "{long}");
    }

    #[test]
    fn what_just_fits_is_in_the_shortest_greeting() {
        use crate::now::UnixMs;
        use crate::routing::decision::Opening;
        for language in [Language::En, Language::Es] {
            let greeting = |name| Greeting::new(name, Opening::NotKnown, chrono_tz::UTC, UnixMs(0), language);
            let room = Greeting::room_for_a_name(language);
            assert!((3..8).contains(&room.as_secs()), "{room:?}");
            let samples = usize::try_from(room.as_micros() / 125).unwrap();
            let fits = ShopName::new("Ruiz", vec![1; samples].into(), language).unwrap();
            assert_ne!(greeting(Some(&fits)), greeting(None));
            assert!(ShopName::new("Ruiz", vec![1; samples + 1].into(), language).is_err());
        }
    }
}
