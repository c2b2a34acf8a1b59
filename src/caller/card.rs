//! What a phone shows, and a cell hears, of a caller.

use crate::plain_text::ascii;
use crate::routing::plan::Language;
use crate::words;

/// What a phone shows, and a cell hears, of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The owner's name for them, else what the network calls them, else their number; for a withheld caller a word.
    pub name: String,
    pub named_by: NamedBy,
    /// Which call of theirs to this shop this is, ever, this one included; 0 when nobody can count.
    pub nth: u32,
    pub expects: Expects,
}

/// What a caller may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expects {
    #[default]
    Nothing,
    /// The shop promised them something, and nobody has spoken with them since.
    APromise,
}

/// Where a card's name comes from: only the owner's is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    Owner,
    /// The display name that came with the call: anybody can send any.
    Network,
    Number,
    /// The caller asked not to be named.
    Nobody,
}

/// What the smallest desk phones show of a display name.
pub const DISPLAY_CHARS: usize = 20;

impl Card {
    /// For a desk phone that rings for a reason of its own: a word that says which, and the name, in the same room.
    pub fn titled(&self, word: &str) -> String {
        let word = ascii(word);
        let room = DISPLAY_CHARS.saturating_sub(word.len() + 1);
        match self.fitted(room).trim_end() {
            "" => word,
            name => format!("{word} {name}"),
        }
    }

    /// For a desk phone: the name and which call it is, in at most [`DISPLAY_CHARS`] printable ASCII characters. A name
    /// that is too long is cut, the count never. That they wait for what was promised matters more than the count.
    pub fn display(&self, language: Language) -> String {
        let count = match self.expects {
            Expects::APromise => words::promised(language).to_owned(),
            Expects::Nothing if self.nth == 0 => String::new(),
            Expects::Nothing => words::nth_call(self.nth, language),
        };
        let mut room = DISPLAY_CHARS.saturating_sub(count.len());
        if !count.is_empty() {
            room = room.saturating_sub(1);
        }
        let name = self.fitted(room);
        match (name.trim_end(), count.as_str()) {
            ("", count) => count.to_owned(),
            (name, "") => name.to_owned(),
            (name, count) => format!("{name} {count}"),
        }
    }

    /// The name in so many ASCII characters.
    fn fitted(&self, room: usize) -> String {
        let mut name = ascii(&self.name);
        if self.named_by == NamedBy::Number && name.len() > room {
            name.retain(|c| !matches!(c, ' ' | '-' | '(' | ')'));
            // Of a number that is still too long, the end is what tells callers apart.
            name.drain(..name.len().saturating_sub(room));
        }
        name.truncate(room);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, nth: u32) -> Card {
        Card { name: name.to_owned(), named_by: NamedBy::Owner, nth, expects: Expects::Nothing }
    }

    #[test]
    fn the_name_is_cut_and_the_count_is_not() {
        for (name, nth, shown) in [
            ("Jo Miller", 1, "Jo Miller 1st call"),
            ("Maximiliane Mustermann", 3, "Maximiliane 3rd call"),
            ("Maximilian Mustermann", 3, "Maximilian 3rd call"),
            ("Jo Miller", 111, "Jo Miller 111th call"),
            ("Jo Miller", 4_294_967_295, "Jo 4294967295th call"),
            ("", 2, "2nd call"),
            ("Пётр", 2, "2nd call"),
            ("Jo Miller of the Hardware Store", 0, "Jo Miller of the Har"),
        ] {
            assert_eq!(card(name, nth).display(Language::En), shown);
        }
    }

    #[test]
    fn a_word_that_says_why_a_phone_rings_goes_before_the_name() {
        let shown = |name: &str, word| card(name, 3).titled(word);
        for language in [Language::En, Language::Es] {
            for word in [words::missed(language), words::to_call(language), words::returns(language)] {
                assert_eq!(shown("Jo Miller", word), format!("{word} Jo Miller"));
                assert_eq!(shown("", word), word);
                let long = shown("Maximilian Mustermann", word);
                assert!(long.len() == DISPLAY_CHARS && long.starts_with(&format!("{word} Maximilian")), "{long}");
            }
        }
        let number = Card { named_by: NamedBy::Number, ..card("+44 7700 900123 456", 3) };
        assert_eq!(number.titled("PERDIDA"), "PERDIDA 700900123456", "its end");
    }

    #[test]
    fn a_number_too_long_for_the_phone_keeps_its_end() {
        let named = |name: &str, nth| Card { named_by: NamedBy::Number, ..card(name, nth) };
        assert_eq!(named("600 99 98 88", 0).display(Language::En), "600 99 98 88");
        assert_eq!(named("(202) 555-0123", 1).display(Language::En), "2025550123 1st call");
        assert_eq!(named("+44 7700 900123", 12).display(Language::En), "7700900123 12th call");
    }

    #[test]
    fn accents_become_the_letter_below_them() {
        for (name, shown) in [
            ("José Núñez", "Jose Nunez"),
            ("Jose\u{301} Nu\u{301}n\u{303}ez", "Jose Nunez"),
            ("Groß", "Gross"),
            ("Łukasz Żółć", "Lukasz Zolc"),
            ("Ægir Þór", "AEgir Thor"),
            ("O’Brien", "O'Brien"),
            ("Œuvre…", "OEuvre..."),
            ("Ş. Öztürk", "S. Ozturk"),
            ("Jo 张", "Jo"),
            ("Ana—Lía", "Ana-Lia"),
            ("Mª Ángeles", "Ma Angeles"),
        ] {
            assert_eq!(card(name, 0).display(Language::En), shown);
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_the_display_fits_a_phone(name in "\\PC{0,60}|(?s).{0,60}", nth: u32) {
            for language in [Language::En, Language::Es] {
                let shown = card(&name, nth).display(language);
                proptest::prop_assert!(shown.len() <= DISPLAY_CHARS);
                proptest::prop_assert!(shown.bytes().all(|b| (b' '..=b'~').contains(&b)));
                proptest::prop_assert!(nth == 0 || shown.ends_with(&words::nth_call(nth, language)));
            }
        }
    }
}
