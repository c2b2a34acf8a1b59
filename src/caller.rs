//! Who is calling: the caller's card, from an index in memory (one entry per known caller), loaded at start and kept
//! by the loop. The call path never reads the database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::folded::likeness;
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::caller_id::CallerId;
use crate::routing::plan::{Language, Shop, ShopId};
use crate::words;

/// One entry per caller of a shop.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    shops: HashMap<ShopId, HashMap<Number, Entry>>,
    /// The numbers of people who have several, under each of them, itself included.
    people: HashMap<(ShopId, Number), Arc<[Number]>>,
    /// Who does not want to be called back.
    not_called_back: HashSet<(ShopId, Number)>,
}

/// What is remembered of a caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The owner's name for them; empty when they have none.
    pub name: String,
    /// Calls to this shop, ever, up to now; refused ones not counted.
    pub calls: u32,
    /// When anybody of the shop last spoke with them.
    pub last_spoken: Option<UnixMs>,
    /// When the shop promised them something that they wait for.
    pub promised: Option<UnixMs>,
}

/// Somebody whom the owner has given a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact {
    pub shop: ShopId,
    pub number: Number,
    pub name: String,
}

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
/// What is looked at of a display name from outside.
const MOST_NETWORK_NAME: usize = 200;

impl Callers {
    /// Sets what is remembered of this caller.
    pub fn insert(&mut self, shop: ShopId, number: Number, entry: Entry) {
        self.shops.entry(shop).or_default().insert(number, entry);
    }

    /// What is remembered of this caller.
    pub fn get(&self, shop: ShopId, number: &Number) -> Option<&Entry> {
        self.shops.get(&shop)?.get(number)
    }

    /// All whom the owner has given a name, in the order of shops and numbers.
    pub fn contacts(&self) -> Vec<Contact> {
        let of_shop = |(shop, callers): (&ShopId, &HashMap<Number, Entry>)| {
            let shop = *shop;
            let named = callers.iter().filter(|(_, entry)| !entry.name.is_empty());
            named
                .map(move |(number, entry)| Contact { shop, number: number.clone(), name: entry.name.clone() })
                .collect()
        };
        let mut contacts: Vec<Contact> = self.shops.iter().flat_map(|shop| -> Vec<Contact> { of_shop(shop) }).collect();
        contacts.sort_unstable();
        contacts
    }

    /// Counts a call that was not refused; which one of this caller it is, ever, by whichever number of theirs: 1 for the
    /// first.
    pub fn note_call(&mut self, shop: ShopId, number: &Number) -> u32 {
        let entry = self.entry(shop, number);
        entry.calls = entry.calls.saturating_add(1);
        self.calls(shop, number)
    }

    /// How often they have called, by whichever number of theirs.
    pub fn calls(&self, shop: ShopId, number: &Number) -> u32 {
        let calls = |number: &Number| self.get(shop, number).map_or(0, |entry| entry.calls);
        self.numbers(shop, number).iter().map(calls).fold(0, u32::saturating_add)
    }

    /// All numbers of whoever has this one.
    pub fn numbers<'a>(&'a self, shop: ShopId, number: &'a Number) -> &'a [Number] {
        // Most people have one number, and most shops know of nobody who has two.
        if self.people.is_empty() {
            return std::slice::from_ref(number);
        }
        self.people.get(&(shop, number.clone())).map_or(std::slice::from_ref(number), |numbers| numbers)
    }

    /// These numbers are one person's.
    pub fn join(&mut self, shop: ShopId, numbers: impl Into<Arc<[Number]>>) {
        let numbers = numbers.into();
        for number in numbers.iter() {
            self.people.insert((shop, number.clone()), numbers.clone());
        }
    }

    /// They do not want to be called back.
    pub fn never_call_back(&mut self, shop: ShopId, number: Number) {
        self.not_called_back.insert((shop, number));
    }

    /// Whether they may be called back.
    pub fn may_call_back(&self, shop: ShopId, number: &Number) -> bool {
        self.not_called_back.is_empty() || !self.not_called_back.contains(&(shop, number.clone()))
    }

    /// All about this caller was erased.
    pub fn forget(&mut self, shop: ShopId, number: &Number) {
        if let Some(callers) = self.shops.get_mut(&shop) {
            callers.remove(number);
        }
        self.people.remove(&(shop, number.clone()));
        self.not_called_back.remove(&(shop, number.clone()));
    }

    /// Somebody of the shop spoke with them at `at`, in either direction, at whichever number of theirs. An older time does
    /// not replace a newer one.
    pub fn note_spoken(&mut self, shop: ShopId, number: &Number, at: UnixMs) {
        for number in self.numbers(shop, number).to_vec() {
            let entry = self.entry(shop, &number);
            entry.last_spoken = entry.last_spoken.max(Some(at));
            entry.promised = entry.promised.filter(|made| *made > at);
        }
    }

    /// The owner named them, or took the name away (empty).
    pub fn rename(&mut self, shop: ShopId, number: &Number, name: &str) {
        self.entry(shop, number).name = name.trim().to_owned();
    }

    /// Takes the owner's names, and what was promised, from a fresh reading of the store. What was counted here stays where it is ahead: the
    /// store hears of a call a moment later.
    pub fn take_names(&mut self, fresh: Callers) {
        (self.people, self.not_called_back) = (fresh.people, fresh.not_called_back);
        for entry in self.shops.values_mut().flat_map(HashMap::values_mut) {
            entry.name.clear();
            entry.promised = None;
        }
        for (shop, callers) in fresh.shops {
            for (number, read) in callers {
                let entry = self.entry(shop, &number);
                entry.name = read.name;
                entry.calls = entry.calls.max(read.calls);
                entry.last_spoken = entry.last_spoken.max(read.last_spoken);
                entry.promised = read.promised.filter(|made| Some(*made) > entry.last_spoken);
            }
        }
    }

    /// The card of a caller whose call has been counted. `display` is the name that came with the call.
    pub fn card(&self, shop: &Shop, caller: &CallerId, display: &str, language: Language) -> Card {
        let (number, fallback) = match caller {
            CallerId::Withheld => {
                let name = words::withheld(language).to_owned();
                return Card { name, named_by: NamedBy::Nobody, nth: 0, expects: Expects::Nothing };
            }
            CallerId::Known(number) => (Some(number), number.national(shop.country)),
            CallerId::Other(text) => (None, network_name(text)),
        };
        let nth = number.map_or(0, |number| self.calls(shop.id, number));
        let promised = number.is_some_and(|number| self.is_promised(shop.id, number));
        let expects = if promised { Expects::APromise } else { Expects::Nothing };
        if let Some(name) = number.and_then(|number| self.name(shop.id, number)) {
            return Card { name: name.to_owned(), named_by: NamedBy::Owner, nth, expects };
        }
        let network = network_name(display);
        if says_something(&network) {
            return Card { name: network, named_by: NamedBy::Network, nth, expects };
        }
        Card { name: fallback, named_by: NamedBy::Number, nth, expects }
    }

    /// Whether they wait for what was promised to them, at whichever number of theirs.
    fn is_promised(&self, shop: ShopId, number: &Number) -> bool {
        let waits = |number: &Number| self.get(shop, number).is_some_and(|entry| entry.promised.is_some());
        self.numbers(shop, number).iter().any(waits)
    }

    /// The owner's name for this number, else for another of the same person.
    fn name(&self, shop: ShopId, number: &Number) -> Option<&str> {
        let others = self.numbers(shop, number).iter();
        let mut entries = std::iter::once(number).chain(others).filter_map(|number| self.get(shop, number));
        entries.find(|entry| !entry.name.is_empty()).map(|entry| entry.name.as_str())
    }

    fn entry(&mut self, shop: ShopId, number: &Number) -> &mut Entry {
        let callers = self.shops.entry(shop).or_default();
        if !callers.contains_key(number) {
            callers.insert(number.clone(), Entry::default());
        }
        callers.get_mut(number).expect("was put in above when it was missing")
    }
}

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
}

impl Card {
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

/// A name from outside as text for people: without control and invisible characters, without tags, one space between
/// words.
fn network_name(text: &str) -> String {
    let mut name = String::new();
    let mut in_tag = false;
    for c in text.chars().take(MOST_NETWORK_NAME) {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if in_tag || is_invisible(c) || matches!(c, '"' | '\\') => {}
            c if c.is_whitespace() || c.is_control() => {
                if !name.is_empty() && !name.ends_with(' ') {
                    name.push(' ');
                }
            }
            c => name.push(c),
        }
    }
    name.truncate(name.trim_end().len());
    name
}

/// Of a text from outside what people may see, in one line: one space for each stretch of spaces and control characters,
/// and nothing that only changes how others look.
pub fn visible(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut last = ' ';
    let kept = text.chars().filter(|c| !is_invisible(*c));
    kept.map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c }).filter(move |c| {
        let again = *c == ' ' && last == ' ';
        last = *c;
        !again
    })
}

/// Whether a network's name is a name: not the number over again, not a word for "no name".
fn says_something(name: &str) -> bool {
    const NO_NAME: [&str; 7] =
        ["unknown", "unavailable", "anonymous", "private", "restricted", "unknown name", "name unavailable"];
    ascii(name).chars().filter(char::is_ascii_alphabetic).count() >= 2
        && !NO_NAME.iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// Characters that only change how others look: marks of writing direction, joiners, variation selectors, tags.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The text in printable ASCII: accents off, typographic signs as typed, what has no likeness left out, and without the
/// characters that mean something to SIP or to a phone that shows markup.
pub fn ascii(text: &str) -> String {
    let mut ascii = String::new();
    for c in text.chars() {
        match c {
            '<' | '>' | '"' | '\\' | '`' => {}
            ' '..='~' => ascii.push(c),
            c if c.is_whitespace() => ascii.push(' '),
            c => ascii.push_str(likeness(c)),
        }
    }
    ascii.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::routing::plan::Country;
    use std::time::Duration;

    const SHOP: ShopId = ShopId(1);

    fn shop() -> Shop {
        Shop {
            id: SHOP,
            name: "Ferretería Ruiz".to_owned(),
            time_zone: chrono_tz::Europe::Madrid,
            country: Country(*b"ES"),
            calls_to: Vec::new(),
            language: Language::Es,
            hours: None,
            numbers: Vec::new(),
            give_up_after: Duration::from_secs(120),
            notify: Vec::new(),
            phones: Vec::new(),
            closures: Vec::new(),
            hours_override: None,
            blocked: std::collections::BTreeSet::new(),
            call_back_ring: true,
            drill_before_opening: false,
            greeting: Default::default(),
        }
    }

    fn jo() -> Number {
        Number::from_e164("+34600999888").unwrap()
    }

    fn card(name: &str, nth: u32) -> Card {
        Card { name: name.to_owned(), named_by: NamedBy::Owner, nth, expects: Expects::Nothing }
    }

    /// The card of Jo, whom the owner has given no name, as the network calls her.
    fn as_the_network_says(display: &str) -> Card {
        let mut callers = Callers::default();
        callers.note_call(SHOP, &jo());
        callers.card(&shop(), &CallerId::Known(jo()), display, Language::En)
    }

    #[test]
    fn calls_are_counted_for_each_shop() {
        let mut callers = Callers::default();
        callers.insert(SHOP, jo(), Entry { name: "Jo Miller".to_owned(), calls: 1, ..Entry::default() });
        assert_eq!(callers.note_call(SHOP, &jo()), 2);
        assert_eq!(callers.note_call(SHOP, &jo()), 3);
        assert_eq!(callers.note_call(ShopId(2), &jo()), 1);
        let card = callers.card(&shop(), &CallerId::Known(jo()), "SOMEBODY ELSE", Language::En);
        assert_eq!(card, card_of_jo());
        assert_eq!(card.display(Language::En), "Jo Miller 3rd call");
        assert_eq!(card.display(Language::Es), "Jo Miller 3a vez");
        callers.insert(SHOP, jo(), Entry { calls: u32::MAX, ..Entry::default() });
        assert_eq!(callers.note_call(SHOP, &jo()), u32::MAX);
    }

    #[test]
    fn who_waits_for_a_promise_is_shown_so_until_somebody_speaks_with_them() {
        let mut callers = Callers::default();
        callers.note_call(SHOP, &jo());
        let mut fresh = Callers::default();
        let promised = Some(UnixMs(2_000));
        fresh.insert(SHOP, jo(), Entry { name: "Jo Miller".to_owned(), promised, ..Entry::default() });
        callers.take_names(fresh.clone());
        let shown =
            |callers: &Callers, language| callers.card(&shop(), &CallerId::Known(jo()), "", language).display(language);
        assert_eq!(shown(&callers, Language::En), "Jo Miller PROMISED");
        assert_eq!(shown(&callers, Language::Es), "Jo Miller PROMETIDO");
        callers.note_spoken(SHOP, &jo(), UnixMs(1_999));
        assert_eq!(shown(&callers, Language::En), "Jo Miller PROMISED", "the conversation it was made in");
        callers.note_spoken(SHOP, &jo(), UnixMs(2_000));
        assert_eq!(shown(&callers, Language::En), "Jo Miller 1st call");
        callers.take_names(fresh);
        assert_eq!(shown(&callers, Language::En), "Jo Miller 1st call", "the store hears of that a moment later");
        callers.take_names(Callers::default());
        assert_eq!(callers.get(SHOP, &jo()).unwrap().promised, None);
    }

    fn card_of_jo() -> Card {
        card("Jo Miller", 3)
    }

    #[test]
    fn who_is_spoken_with_at_one_number_waits_at_none() {
        let home = Number::from_e164("+34911000111").unwrap();
        let mut callers = Callers::default();
        callers.insert(SHOP, jo(), Entry { promised: Some(UnixMs(1_000)), ..Entry::default() });
        callers.join(SHOP, vec![jo(), home.clone()]);
        callers.note_spoken(SHOP, &home, UnixMs(2_000));
        assert_eq!(callers.get(SHOP, &jo()).unwrap().promised, None);
    }

    #[test]
    fn the_last_time_spoken_never_goes_back() {
        let mut callers = Callers::default();
        callers.note_spoken(SHOP, &jo(), UnixMs(2_000));
        callers.note_spoken(SHOP, &jo(), UnixMs(1_000));
        let entry = callers.get(SHOP, &jo()).unwrap();
        assert_eq!((entry.last_spoken, entry.calls), (Some(UnixMs(2_000)), 0));
    }

    #[test]
    fn a_name_that_is_taken_away_gives_place_to_the_number() {
        let mut callers = Callers::default();
        callers.note_call(SHOP, &jo());
        callers.rename(SHOP, &jo(), " Jo ");
        let shown =
            |callers: &Callers| callers.card(&shop(), &CallerId::Known(jo()), "", Language::En).display(Language::En);
        assert_eq!(shown(&callers), "Jo 1st call");
        callers.rename(SHOP, &jo(), "");
        assert_eq!(shown(&callers), "600999888 1st call");
    }

    #[test]
    fn a_withheld_caller_is_never_counted() {
        let card = Callers::default().card(&shop(), &CallerId::Withheld, "Jo Miller", Language::Es);
        assert_eq!((card.nth, card.named_by), (0, NamedBy::Nobody));
        assert_eq!(card.display(Language::Es), "Numero oculto");
    }

    #[test]
    fn a_caller_without_a_number_keeps_what_the_network_said() {
        let caller = CallerId::Other("counter".to_owned());
        let card = Callers::default().card(&shop(), &caller, "", Language::En);
        assert_eq!(card.display(Language::En), "counter");
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

    #[test]
    fn a_hostile_name_is_only_ever_plain_text() {
        for (display, name) in [
            ("<b>Jo</b>", "Jo"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("\u{202e}relliM oJ", "relliM oJ"),
            ("Jo\r\nVia: SIP/2.0/UDP x", "Jo Via: SIP/2.0/UDP x"),
            ("Jo\u{0}\u{7}\u{1b}[31m", "Jo [31m"),
            ("\"Jo\" \\ Miller", "Jo Miller"),
            ("  Jo \t  Miller ", "Jo Miller"),
        ] {
            assert_eq!(as_the_network_says(display).name, name, "{display:?}");
        }
        let long = as_the_network_says(&"Jo Miller ".repeat(200));
        assert!(long.name.len() <= MOST_NETWORK_NAME);
        assert_eq!(long.display(Language::En), "Jo Miller J 1st call");
    }

    #[test]
    fn a_name_that_says_nothing_gives_place_to_the_number() {
        for display in
            ["", "+34600999888", "600999888", "Unavailable", "UNKNOWN", "anonymous", "<<<", "\u{200f}", "张伟"]
        {
            let card = as_the_network_says(display);
            assert_eq!((card.name.as_str(), card.named_by), ("600 99 98 88", NamedBy::Number), "{display:?}");
        }
        assert_eq!(as_the_network_says("ACME SL").named_by, NamedBy::Network);
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
