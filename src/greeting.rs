//! What a caller hears while the shop is closed: its name, that it is closed, when it opens next, and that one may
//! leave a message. Built from the real hours at the moment of the call, so it cannot lie; under twelve seconds, so
//! nobody hangs up on it.
//!
//! A greeting is one list of clips. What is heard and what is written are both read from it, so they never differ.

mod menu;
pub mod own;

use std::time::Duration;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use chrono_tz::Tz;

use crate::media::g711::ULAW_SILENCE;
use crate::media::player::Sound;
use crate::media::wav;
use crate::now::UnixMs;
use crate::prompt::{self, BEEP, Voice, pick};
use crate::routing::decision::Opening;
use crate::routing::local_time;
use crate::routing::plan::{Language, OwnWords, Part, Shop};
use crate::utterance::{Pause, SpokenName, Utterance, length_of};

/// No greeting is longer, its beep included. People hang up on longer ones.
pub const LENGTH_MAX: Duration = Duration::from_secs(12);
/// A shop's name up to this length is said in every greeting that names a quarter of an hour, the times that shops open at,
/// however far away the day is. "Miller and Daughters" takes 1.2 s.
pub const NAME_MAX: Duration = Duration::from_millis(1_300);

/// The first words must not be lost while the caller's side makes its way.
const LEAD: Duration = Duration::from_millis(300);

/// What one caller hears, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting(Utterance);

/// The day of an opening, as somebody in the shop would name it now.
enum Day {
    Today,
    Tomorrow,
    /// Within the next six days: the weekday alone says which.
    Weekday(NaiveDate),
    /// Within four weeks: no other day of that number comes before.
    Number(NaiveDate),
    Date(NaiveDate),
}

/// How much of a second language is said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Much {
    Whole,
    WithoutInvitation,
    WhenAlone,
}

impl Greeting {
    /// What a caller of this shop hears at `now`: its own words where it has some, ours where not, the times from its
    /// hours always; then its second language, as much of it as there is room for. `name`: the shop's, spoken.
    ///
    /// Own words that would make it too long are left out for this call.
    pub fn of_shop(shop: &Shop, name: Option<&SpokenName>, opening: Opening, now: UnixMs) -> Greeting {
        let own = |part| Greeting::own(shop, shop.language, part).is_some();
        let mut first = Greeting::new(name, opening, shop.time_zone, now, shop.language);
        if own(Part::Welcome) || own(Part::Invitation) {
            let mut whole = Greeting(Utterance::default());
            let name = name.filter(|_| !own(Part::Welcome));
            name.into_iter().for_each(|name| whole.0.name(name, Pause::Stop));
            whole.say_own(shop, shop.language, opening, now, Much::Whole);
            if whole.length() <= LENGTH_MAX {
                first = whole;
            }
        }
        let Some(also) = shop.greeting.also.filter(|also| *also != shop.language) else { return first };
        for much in [Much::Whole, Much::WithoutInvitation, Much::WhenAlone] {
            let mut both = first.clone();
            both.say_own(shop, also, opening, now, much);
            if both.length() <= LENGTH_MAX {
                return both;
            }
        }
        first
    }

    fn say_own(&mut self, shop: &Shop, language: Language, opening: Opening, now: UnixMs, much: Much) {
        let voice = prompt::voice(language);
        let zone = shop.time_zone;
        let own = |part| Greeting::own(shop, language, part).map(spoken);
        let at = match opening {
            Opening::At(at) if at > now => Some(at),
            Opening::At(_) | Opening::NotKnown | Opening::NotUntilFurtherNotice => None,
        };
        let welcome = own(Part::Welcome).filter(|_| much != Much::WhenAlone);
        if let Some(welcome) = &welcome {
            self.0.name(welcome, Pause::Stop);
        }
        match (opening, at) {
            (Opening::NotUntilFurtherNotice, _) => self.0.say(&voice.further_notice, Pause::Stop),
            // An own welcome may not say that the shop is closed; when it opens says so too.
            (_, Some(_)) if welcome.is_some() || much == Much::WhenAlone => {}
            _ => self.0.say(&voice.closed, Pause::Stop),
        }
        if let Some(at) = at {
            self.say_when(voice, language, local_time::local(zone, at), local_time::local(zone, now).date());
        }
        if much == Much::Whole {
            match own(Part::Invitation) {
                Some(invitation) => self.0.name(&invitation, Pause::Stop),
                None => self.0.say(&voice.message, Pause::Stop),
            }
        }
    }

    /// The same as a WAVE file of μ-law, 8 kHz: just the bytes that the packets of a call have.
    pub fn wave(&self) -> Vec<u8> {
        let samples = self.samples();
        let header = wav::header(u32::try_from(samples.len()).unwrap_or(wav::SAMPLES_MAX));
        [&header[..], &samples].concat()
    }

    /// All that is heard, μ-law, 8 kHz.
    pub fn samples(&self) -> Vec<u8> {
        joined(self.sounds())
    }

    /// The same for where somebody else makes the beep.
    pub fn without_beep(&self) -> Vec<u8> {
        joined(self.spoken())
    }

    /// Whether something of it is this shop's own recording.
    pub fn has_own_words(&self, shop: &Shop) -> bool {
        shop.greeting.words.iter().any(|own| self.0.has(&own.samples))
    }

    /// The greeting of a shop whose clock is `zone`'s, for a call at `now`.
    ///
    /// Without a name, or with one that would make it too long, the greeting starts with "We are closed".
    pub fn new(name: Option<&SpokenName>, opening: Opening, zone: Tz, now: UnixMs, language: Language) -> Greeting {
        let voice = prompt::voice(language);
        let mut greeting = Greeting(Utterance::default());
        match opening {
            Opening::At(at) if at > now => {
                greeting.0.say(&voice.closed, Pause::Stop);
                greeting.say_when(voice, language, local_time::local(zone, at), local_time::local(zone, now).date());
            }
            // An opening that has come meanwhile is none to announce, and this call was decided as closed.
            Opening::At(_) | Opening::NotKnown => greeting.0.say(&voice.closed, Pause::Stop),
            Opening::NotUntilFurtherNotice => greeting.0.say(&voice.further_notice, Pause::Stop),
        }
        greeting.0.say(&voice.message, Pause::Stop);
        if let Some(name) = name
            && greeting.length() + name.length() + Pause::Stop.length() <= LENGTH_MAX
        {
            greeting.0.begin_with(name, Pause::Stop);
        }
        greeting
    }

    /// A longer name fits into no greeting of this language.
    pub fn room_for_a_name(language: Language) -> Duration {
        let voice = prompt::voice(language);
        let shortest = length_of(voice.closed.samples).min(length_of(voice.further_notice.samples));
        let pauses = 3 * Pause::Stop.length();
        LENGTH_MAX - LEAD - shortest - length_of(voice.message.samples) - length_of(BEEP.samples) - pauses
    }

    /// What is said, in writing.
    pub fn text(&self) -> String {
        self.0.text()
    }

    /// The same piece by piece, and after how many of its samples each has been said.
    pub fn words(&self) -> Vec<(String, usize)> {
        let mut passed = Sound::silence(LEAD).samples();
        let said = self.0.pieces().map(|(said, samples)| {
            passed += samples;
            (said, passed)
        });
        said.collect()
    }

    /// What is heard: the words, and the beep after which the caller speaks.
    pub fn sounds(&self) -> Vec<Sound> {
        let mut sounds = self.spoken();
        sounds.push(Sound::Clip(BEEP.samples));
        sounds
    }

    fn spoken(&self) -> Vec<Sound> {
        let mut sounds = vec![Sound::silence(LEAD)];
        sounds.extend(self.0.sounds());
        sounds
    }

    /// How long that takes.
    pub fn length(&self) -> Duration {
        self.0.length() + LEAD + length_of(BEEP.samples)
    }

    fn say_when(&mut self, voice: &'static Voice, language: Language, at: NaiveDateTime, today: NaiveDate) {
        // "Monday at midnight" is the night that follows Monday.
        let date = match at.date().pred_opt() {
            Some(eve) if is_midnight(at.time()) && eve >= today => eve,
            _ => at.date(),
        };
        let weekday = |date: NaiveDate| pick(&voice.opens[2..], date.weekday().num_days_from_monday());
        match Day::seen(date, today) {
            Day::Today => self.0.say(&voice.opens[0], Pause::Space),
            Day::Tomorrow => self.0.say(&voice.opens[1], Pause::Space),
            Day::Weekday(date) => self.0.say(weekday(date), Pause::Space),
            Day::Number(date) => {
                self.0.say(weekday(date), Pause::Comma);
                self.0.say(pick(&voice.days, date.day0()), Pause::Comma);
            }
            Day::Date(date) => {
                self.0.say(weekday(date), Pause::Comma);
                self.0.say(pick(&voice.days, date.day0()), Pause::Space);
                self.0.say(pick(&voice.months, date.month0()), Pause::Comma);
            }
        }
        self.say_time(voice, language, at.time());
    }

    fn say_time(&mut self, voice: &'static Voice, language: Language, time: NaiveTime) {
        let (hour, minute) = (time.hour(), time.minute());
        let quarter = minute / 15;
        if minute % 15 == 0 {
            let quarters = &voice.times[usize::try_from(hour % 24).unwrap_or(0)];
            self.0.say(pick(quarters, quarter), Pause::Stop);
            return;
        }
        self.0.say(pick(&voice.hours, hour % 12), Pause::Space);
        // The quarters, full hour included, are not in this list.
        let minute = pick(&voice.minutes, minute - 1 - quarter);
        match part_of_day(language, hour) {
            None => self.0.say(minute, Pause::Stop),
            Some(part) => {
                self.0.say(minute, Pause::Space);
                self.0.say(pick(voice.parts, part), Pause::Stop);
            }
        }
    }
}

fn joined(sounds: Vec<Sound>) -> Vec<u8> {
    let mut samples = Vec::new();
    for sound in sounds {
        match sound {
            Sound::Clip(clip) => samples.extend_from_slice(clip),
            Sound::Recorded(recorded) => samples.extend_from_slice(&recorded),
            Sound::Silence { samples: length } => samples.resize(samples.len() + length, ULAW_SILENCE),
        }
    }
    if samples.len() % 2 == 1 {
        samples.push(ULAW_SILENCE);
    }
    samples
}

fn spoken(own: &OwnWords) -> SpokenName {
    SpokenName { text: own.words.to_string(), samples: own.samples.clone() }
}

/// Which of [`Voice::parts`] tells this hour from the one twelve hours later, where people would ask.
fn part_of_day(language: Language, hour: u32) -> Option<u32> {
    match language {
        // At nine is in the morning and at five in the afternoon, as nobody need be told.
        Language::En => match hour {
            1..7 => Some(0),
            7..18 => None,
            18..22 => Some(1),
            _ => Some(2),
        },
        // Madrugada, mañana, mediodía, tarde, noche: said always.
        Language::Es => match hour {
            1..6 => Some(0),
            6..12 => Some(1),
            12 => Some(2),
            13..21 => Some(3),
            _ => Some(4),
        },
    }
}

fn is_midnight(time: NaiveTime) -> bool {
    (time.hour(), time.minute()) == (0, 0)
}

impl Day {
    fn seen(date: NaiveDate, today: NaiveDate) -> Day {
        match (date - today).num_days() {
            ..=0 => Day::Today,
            1 => Day::Tomorrow,
            2..=6 => Day::Weekday(date),
            7..=27 => Day::Number(date),
            _ => Day::Date(date),
        }
    }
}
