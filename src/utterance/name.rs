//! Names that somebody has spoken: the owner, or a command of the owner's choice.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::length_of;
use crate::media::loudness;
use crate::media::pcm_wave::{self, WaveError};
use crate::routing::plan::Language;

/// A name and its sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenName {
    /// As it is written, without a full stop.
    pub text: String,
    /// μ-law, 8 kHz.
    pub samples: Arc<[u8]>,
}

/// All names that were spoken, by language and text: somebody who is called otherwise now is not called by the old name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    spoken: HashMap<Language, HashMap<String, SpokenName>>,
}

/// Why a sound cannot be a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitName {
    #[error(transparent)]
    Unreadable(#[from] WaveError),
    #[error("there is no voice in it")]
    Silent,
    #[error("it takes {:.1} s, and there is no room for more than {:.1}", .length.as_secs_f32(), .room.as_secs_f32())]
    Long { length: Duration, room: Duration },
}

impl SpokenName {
    /// A name as it is spoken and as it stands in what is said: trimmed, and without a full stop.
    pub fn written(name: &str) -> &str {
        name.trim().trim_end_matches('.').trim_end()
    }

    /// What somebody spoke, as a WAVE file of linear samples: brought to the clips' level, silence at its ends cut.
    ///
    /// # Errors
    /// It is no such file, has no voice in it, or is longer than `room`.
    pub fn heard(text: &str, file: &[u8], room: Duration) -> Result<SpokenName, UnfitName> {
        let clip = loudness::clip(&pcm_wave::read(file)?).ok_or(UnfitName::Silent)?;
        SpokenName::new(text, clip.into(), room)
    }

    /// The same of a sound that is a clip already.
    ///
    /// # Errors
    /// [`UnfitName::Long`]
    pub fn new(text: &str, samples: Arc<[u8]>, room: Duration) -> Result<SpokenName, UnfitName> {
        let length = length_of(&samples);
        if length > room {
            return Err(UnfitName::Long { length, room });
        }
        Ok(SpokenName { text: text.to_owned(), samples })
    }

    /// How long it takes to say.
    pub fn length(&self) -> Duration {
        length_of(&self.samples)
    }
}

impl Names {
    /// Adds a name as it is spoken in this language.
    pub fn insert(&mut self, language: Language, name: SpokenName) {
        self.spoken.entry(language).or_default().insert(name.text.clone(), name);
    }

    /// The name as it is written anywhere, in the sound of this language.
    pub fn get(&self, language: Language, name: &str) -> Option<&SpokenName> {
        self.spoken.get(&language)?.get(SpokenName::written(name))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.spoken.values().map(HashMap::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::wav::RATE_HZ;

    const ROOM: Duration = Duration::from_secs(3);

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
            assert_eq!(SpokenName::written(name), written);
            let mut names = Names::default();
            names.insert(Language::En, SpokenName { text: written.to_owned(), samples: [].into() });
            assert!(names.get(Language::En, name).is_some() && names.get(Language::Es, name).is_none());
            assert_eq!((names.get(Language::En, "Another"), names.len()), (None, 1));
        }
    }

    #[test]
    fn a_voice_is_made_a_clip() {
        let name = SpokenName::heard("Ruiz", &tone(1.0), ROOM).unwrap();
        assert_eq!(name.text, "Ruiz");
        assert!((950..1_050).contains(&name.length().as_millis()), "{:?}", name.length());
    }

    #[test]
    fn what_is_no_name_is_said() {
        let unfit = |file: &[u8]| SpokenName::heard("Ruiz", file, ROOM).unwrap_err().to_string();
        assert_eq!(unfit(b"sh: say: not found"), "it is no WAVE file");
        assert_eq!(unfit(&tone(0.0)), "there is no voice in it");
        let long = unfit(&tone(10.0));
        assert_eq!(long, "it takes 10.0 s, and there is no room for more than 3.0");
    }
}
