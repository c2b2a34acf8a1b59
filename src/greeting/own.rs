//! The shop's own words in its greeting: what a recording must be to be one of them.

use std::sync::Arc;
use std::time::Duration;

use super::menu::offers_a_menu;
use super::{Greeting, LEAD, LENGTH_MAX};
use crate::media::loudness;
use crate::media::pcm_wave::{self, WaveError};
use crate::media::player::Sound;
use crate::prompt::{self, BEEP};
use crate::routing::plan::{Language, OwnWords, Part, Shop};
use crate::utterance::{Pause, Utterance, length_of};

/// Why a recording cannot be heard by callers. Each is told with what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub enum Unfit {
    /// It is no WAVE file.
    NoWave,
    /// It is one, of a format that is not read here.
    Format,
    /// Longer than anybody would make a greeting on purpose.
    OverAMinute,
    Silent,
    /// Too loud for the microphone.
    Clipped,
    Long {
        length: Duration,
        room: Duration,
    },
    Menu,
    /// Nobody has written what it says.
    NoWords,
    /// That is longer than anybody says in so short a time.
    ManyWords,
}

/// A sample from here on is as loud as there is: by telephone the loudest is 0.98 (ITU-T G.711).
const FULL_SCALE: f32 = 0.97;
/// So many of a hundred may be: a click, a bang on the table.
const CLIPPED_MAX_PERCENT: f32 = 0.5;
/// Letters of what is said: six seconds of a fast speaker are half of it.
pub const WORDS_MAX: usize = 300;

/// Words that may be said, without spaces around them.
///
/// # Errors
/// See [`Unfit`].
pub fn written(words: &str) -> Result<&str, Unfit> {
    let words = words.trim();
    if words.is_empty() || words.contains(char::is_control) {
        return Err(Unfit::NoWords);
    }
    if words.chars().count() > WORDS_MAX {
        return Err(Unfit::ManyWords);
    }
    if offers_a_menu(words) {
        return Err(Unfit::Menu);
    }
    Ok(words)
}

impl OwnWords {
    /// A recording, as a WAVE file, of these words; made as loud as the clips around it, silence at its ends cut.
    ///
    /// # Errors
    /// See [`Unfit`].
    pub fn recorded(language: Language, part: Part, words: &str, file: &[u8]) -> Result<OwnWords, Unfit> {
        let words = written(words)?;
        let sound = pcm_wave::read(file).map_err(|error| match error {
            WaveError::NoWave => Unfit::NoWave,
            WaveError::Format(_) | WaveError::Rate(_) => Unfit::Format,
            WaveError::Long(_) => Unfit::OverAMinute,
        })?;
        let clipped = sound.iter().filter(|sample| sample.abs() >= FULL_SCALE).count();
        if clipped as f32 * 100.0 > CLIPPED_MAX_PERCENT * sound.len() as f32 {
            return Err(Unfit::Clipped);
        }
        let samples: Arc<[u8]> = loudness::clip(&sound).ok_or(Unfit::Silent)?.into();
        let (length, room) = (length_of(&samples), room_for(language, part));
        if length > room {
            return Err(Unfit::Long { length, room });
        }
        let words = words.trim_end_matches('.').trim_end().into();
        Ok(OwnWords { language, part, words, samples })
    }
}

/// Own words up to this length are heard in every greeting that names an opening within a week, at a quarter of an hour,
/// the times that shops open at. With one further away, whose date takes longer to say, our voice may say them instead.
/// The welcome has what the rest of a whole greeting leaves; the invitation has half a second more than ours takes.
pub fn room_for(language: Language, part: Part) -> Duration {
    let voice = prompt::voice(language);
    let invitation = length_of(voice.message.samples) + MORE_INVITATION;
    match part {
        Part::Invitation => invitation,
        Part::Welcome => {
            let longest =
                |clips: &[prompt::Clip]| clips.iter().map(|clip| length_of(clip.samples)).max().unwrap_or_default();
            let when = longest(&voice.opens) + Pause::Space.length() + longest(voice.times.as_flattened());
            let pauses = 3 * Pause::Stop.length();
            LENGTH_MAX - LEAD - length_of(BEEP.samples) - when - invitation - pauses
        }
    }
}

/// What somebody hears who says own words at a telephone: that they may speak behind the beep, and the beep.
pub fn asked_for(language: Language) -> Arc<[Sound]> {
    let mut asked = Utterance::default();
    asked.say(&prompt::voice(language).speak, Pause::Stop);
    [Sound::silence(TO_THE_EAR)].into_iter().chain(asked.sounds()).chain([Sound::Clip(BEEP.samples)]).collect()
}

/// Until the phone is at the ear.
const TO_THE_EAR: Duration = Duration::from_millis(800);
const MORE_INVITATION: Duration = Duration::from_millis(500);

impl Greeting {
    /// The shop's own words of this part in this language, if it has any.
    pub(super) fn own(shop: &Shop, language: Language, part: Part) -> Option<&OwnWords> {
        shop.greeting.words.iter().find(|own| (own.language, own.part) == (language, part))
    }
}
