//! What the voice says, joined from clips and from names that were spoken elsewhere. What is heard and what is written
//! are both read from it, so they never differ.

mod name;

use std::sync::Arc;
use std::time::Duration;

use crate::media::player::Sound;
use crate::media::wav::RATE_HZ;
use crate::prompt::Clip;

pub use name::{Names, SpokenName, UnfitName};

/// Clips and names in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Utterance {
    spoken: Vec<Spoken>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Spoken {
    words: Words,
    then: Pause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Words {
    Clip(&'static Clip),
    Name(SpokenName),
}

/// What stands between two clips, in writing and in sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// None but what the clips bring.
    None,
    Space,
    Comma,
    Stop,
}

impl Utterance {
    pub(crate) fn say(&mut self, clip: &'static Clip, then: Pause) {
        self.spoken.push(Spoken { words: Words::Clip(clip), then });
    }

    pub(crate) fn name(&mut self, name: &SpokenName, then: Pause) {
        self.spoken.push(Spoken { words: Words::Name(name.clone()), then });
    }

    pub(crate) fn begin_with(&mut self, name: &SpokenName, then: Pause) {
        self.spoken.insert(0, Spoken { words: Words::Name(name.clone()), then });
    }

    /// Piece by piece what is said, and how many samples it takes with the pause that follows.
    pub fn pieces(&self) -> impl Iterator<Item = (String, usize)> + '_ {
        self.spoken.iter().map(|spoken| {
            let said = format!("{}{}", spoken.words.text(), spoken.then.mark());
            (said, spoken.words.samples().len() + Sound::silence(spoken.then.length()).samples())
        })
    }

    /// What is said, in writing.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for spoken in &self.spoken {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(spoken.words.text());
            text.push_str(spoken.then.mark());
        }
        text
    }

    /// What is heard.
    pub fn sounds(&self) -> impl Iterator<Item = Sound> + '_ {
        self.spoken.iter().flat_map(|spoken| [spoken.words.sound(), Sound::silence(spoken.then.length())])
    }

    /// Whether this recording is part of it.
    pub(crate) fn has(&self, recording: &Arc<[u8]>) -> bool {
        self.spoken
            .iter()
            .any(|spoken| matches!(&spoken.words, Words::Name(name) if Arc::ptr_eq(&name.samples, recording)))
    }

    /// How long that takes.
    pub fn length(&self) -> Duration {
        self.spoken.iter().map(|spoken| length_of(spoken.words.samples()) + spoken.then.length()).sum()
    }
}

impl Words {
    fn text(&self) -> &str {
        match self {
            Words::Clip(clip) => clip.words,
            Words::Name(name) => &name.text,
        }
    }

    fn samples(&self) -> &[u8] {
        match self {
            Words::Clip(clip) => clip.samples,
            Words::Name(name) => &name.samples,
        }
    }

    fn sound(&self) -> Sound {
        match self {
            Words::Clip(clip) => Sound::Clip(clip.samples),
            Words::Name(name) => Sound::Recorded(Arc::clone(&name.samples)),
        }
    }
}

impl Pause {
    fn mark(self) -> &'static str {
        match self {
            Pause::None | Pause::Space => "",
            Pause::Comma => ",",
            Pause::Stop => ".",
        }
    }

    /// Besides the 40 ms of silence that the clips bring.
    pub(crate) fn length(self) -> Duration {
        Duration::from_millis(match self {
            Pause::None => 0,
            Pause::Space => 20,
            Pause::Comma => 120,
            Pause::Stop => 320,
        })
    }
}

/// How long these samples last.
pub(crate) fn length_of(samples: &[u8]) -> Duration {
    Duration::from_secs(u64::try_from(samples.len()).unwrap_or(u64::MAX)) / RATE_HZ
}
