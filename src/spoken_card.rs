//! What somebody hears who picks up a cell phone: who is calling and which call of theirs it is, before any key puts
//! them through; or that a colleague has the call already, or that the caller is gone.
//!
//! The same facts as on a desk phone's display ([`crate::caller::Card`]), in a voice.

use std::sync::Arc;
use std::time::Duration;

use crate::caller::{Card, NamedBy};
use crate::media::player::Sound;
use crate::prompt::{self, Voice, pick};
use crate::routing::caller_id::CallerId;
use crate::routing::plan::{Country, Language};
use crate::utterance::{Names, Pause, SpokenName, Utterance};

/// A longer name is not said: whoever picked up has not the time, and the number says it as well.
pub const NAME_MAX: Duration = Duration::from_millis(2_500);
/// So long a key is waited for before the card is said again, and so long after that.
pub const PRESS: Duration = Duration::from_millis(2_500);
pub const LAST_PRESS: Duration = Duration::from_secs(4);

/// The first words must not be lost while the network makes its way and the phone comes to the ear.
const LEAD: Duration = Duration::from_millis(500);
/// The last ones must not be cut off by our own hanging up.
const TRAIL: Duration = Duration::from_millis(300);
/// More digits, behind a plus or not, are no extension that anybody would know.
const OTHER_DIGITS_MAX: usize = 8;

/// "Jo Miller, third call. Press any key." Without a spoken name it is the number, digit by digit, as people of
/// `country` write it. `nth` is [`Card::nth`]: 0 is not said.
pub fn card(language: Language, country: Country, name: Option<&SpokenName>, caller: &CallerId, nth: u32) -> Utterance {
    let voice = prompt::voice(language);
    let mut card = Utterance::default();
    let then = if nth == 0 { Pause::Stop } else { Pause::Comma };
    match (name, caller) {
        (Some(name), _) => card.name(name, then),
        (None, CallerId::Known(number)) => say_digits(&mut card, voice, &number.national(country), then),
        (None, CallerId::Other(text)) if is_extension(text) => say_digits(&mut card, voice, text, then),
        (None, CallerId::Other(_)) => card.say(&voice.unknown, then),
        (None, CallerId::Withheld) => card.say(&voice.withheld, then),
    }
    if nth > 0 {
        card.say(call(voice, nth), Pause::Stop);
    }
    card.say(&voice.press, Pause::Stop);
    card
}

/// The card twice, and after each time for a key to be pressed. After its end nobody pressed one.
pub fn asked_twice(card: &Utterance) -> Arc<[Sound]> {
    let said = |then: Duration| card.sounds().chain([Sound::silence(then)]);
    [Sound::silence(LEAD)].into_iter().chain(said(PRESS)).chain(said(LAST_PRESS)).collect()
}

/// "Counter has it.": whoever picks up second hears who was first. Without a name it is somebody else.
pub fn taken(language: Language, who: Option<&SpokenName>) -> Utterance {
    let voice = prompt::voice(language);
    let mut taken = Utterance::default();
    match who {
        Some(who) => {
            taken.name(who, Pause::Space);
            taken.say(&voice.has_it, Pause::Stop);
        }
        None => taken.say(&voice.somebody_has_it, Pause::Stop),
    }
    taken
}

/// "The caller has hung up."
pub fn gone(language: Language) -> Utterance {
    let mut gone = Utterance::default();
    gone.say(&prompt::voice(language).gone, Pause::Stop);
    gone
}

/// What is said once, before we hang up.
pub fn once(said: &Utterance) -> Arc<[Sound]> {
    [Sound::silence(LEAD)].into_iter().chain(said.sounds()).chain([Sound::silence(TRAIL)]).collect()
}

/// The sound of the name that the owner gave this caller, if there is one. What the network calls a caller is never said:
/// anybody can send any name.
pub fn name_of<'a>(names: &'a Names, card: &Card, language: Language) -> Option<&'a SpokenName> {
    match card.named_by {
        NamedBy::Owner => names.get(language, &card.name).filter(|name| name.length() <= NAME_MAX),
        NamedBy::Network | NamedBy::Number | NamedBy::Nobody => None,
    }
}

/// The sound of a phone's name, if there is one.
pub fn phone_name<'a>(names: &'a Names, phone: &str, language: Language) -> Option<&'a SpokenName> {
    names.get(language, phone).filter(|name| name.length() <= NAME_MAX)
}

fn is_extension(text: &str) -> bool {
    (1..=OTHER_DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits in the groups that they are written in. Each group is heard as one.
fn say_digits(card: &mut Utterance, voice: &'static Voice, written: &str, then: Pause) {
    let groups: Vec<&str> =
        written.split(|c: char| !c.is_ascii_digit() && c != '+').filter(|g| !g.is_empty()).collect();
    for (at, group) in groups.iter().enumerate() {
        let after = if at + 1 == groups.len() { then } else { Pause::Comma };
        for (at, digit) in group.chars().enumerate() {
            let is_last = at + 1 == group.len();
            // The plus follows the digits in their list.
            let clip = pick(&voice.digits, digit.to_digit(10).unwrap_or(10));
            card.say(clip, if is_last { after } else { Pause::None });
        }
    }
}

/// "third call"; from the thirty-first on nobody counts.
fn call(voice: &'static Voice, nth: u32) -> &'static prompt::Clip {
    match voice.calls.get(usize::try_from(nth.saturating_sub(1)).unwrap_or(usize::MAX)) {
        Some(call) => call,
        None => &voice.many_calls,
    }
}
