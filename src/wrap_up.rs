//! What is written down of a call after it: what the caller wanted. What was promised to them is [`crate::owed::Promise`].

use crate::spelling::spelled_as;

/// What a caller wanted, as somebody who spoke with them says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    Topic(Topic),
    /// In the shop's own word.
    Own(String),
    /// Something that the shop did not have.
    NotHad(String),
    /// They were sent to this neighbour.
    Neighbour(String),
    /// Whoever was asked did not say.
    Unsaid,
}

/// What most callers of most shops want.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    Order,
    Repair,
    Hours,
    Price,
    Other,
}

/// Whether whoever spoke with a caller has said what was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseSaid {
    Unasked,
    Nothing,
    Made,
}

spelled_as! {
    Topic { Order = "order", Repair = "repair", Hours = "hours", Price = "price", Other = "other" }
    PromiseSaid { Unasked = "unasked", Nothing = "nothing", Made = "made" }
}

/// Characters of a word, of what the shop did not have, and of what was promised.
pub const MAX_WORDS_CHARS: usize = 200;
/// Characters of a word on a button.
pub const MAX_WORD_CHARS: usize = 30;
/// Buttons that a telephone shows at a glance.
pub const MAX_WORDS: usize = 12;

const OWN: &str = "own";
const NOT_HAD: &str = "not_had";
const NEIGHBOUR: &str = "neighbour";
const UNSAID: &str = "unsaid";

impl Wanted {
    /// How the database and forms spell it: a word, and what belongs to it.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Wanted::Topic(topic) => (topic.as_str(), ""),
            Wanted::Own(word) => (OWN, word),
            Wanted::NotHad(what) => (NOT_HAD, what),
            Wanted::Neighbour(which) => (NEIGHBOUR, which),
            Wanted::Unsaid => (UNSAID, ""),
        }
    }

    /// The inverse of [`Self::parts`].
    pub fn read(kind: &str, detail: &str) -> Option<Wanted> {
        Some(match kind {
            OWN => Wanted::Own(detail.to_owned()),
            NOT_HAD => Wanted::NotHad(detail.to_owned()),
            NEIGHBOUR => Wanted::Neighbour(detail.to_owned()),
            UNSAID => Wanted::Unsaid,
            topic => Wanted::Topic(Topic::parse(topic)?),
        })
    }
}

/// What somebody typed as one short line; `None`: it is none, or too long.
pub fn line(text: &str, most: usize) -> Option<String> {
    let text = text.trim();
    let fits = text.chars().count() <= most && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_want_comes_back() {
        let own = ["Keys", ""].map(str::to_owned);
        let mut wants: Vec<Wanted> = Topic::ALL.map(Wanted::Topic).into();
        wants.extend(own.clone().map(Wanted::Own));
        wants.extend(own.clone().map(Wanted::NotHad));
        wants.extend(own.map(Wanted::Neighbour));
        wants.push(Wanted::Unsaid);
        for wanted in wants {
            let (kind, detail) = wanted.parts();
            assert_eq!(Wanted::read(kind, detail), Some(wanted.clone()));
        }
        assert_eq!(Wanted::read("spam", ""), None);
    }

    #[test]
    fn a_line_is_short_and_one() {
        assert_eq!(line(" two hinges ", 11), Some("two hinges".to_owned()));
        assert_eq!(line("two hinges", 9), None);
        assert_eq!(line("two\nhinges", 20), None);
    }
}
