//! Who is calling: the caller's card, from an index in memory (one entry per known caller), loaded at start and kept
//! by the loop. The call path never reads the database.

mod card;
mod network_name;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::caller_id::CallerId;
use crate::routing::plan::{Language, Shop, ShopId};
use crate::words;

use network_name::{network_name, says_something};

pub use crate::plain_text::{ascii, visible};
pub use card::{Card, DISPLAY_CHARS, Expects, NamedBy};

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
        let (number, text) = match caller {
            CallerId::Withheld => {
                let name = words::withheld(language).to_owned();
                return Card { name, named_by: NamedBy::Nobody, nth: 0, expects: Expects::Nothing };
            }
            CallerId::Known(number) => (Some(number), number.as_str()),
            CallerId::Other(text) => (None, text.as_str()),
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
        let name = number.map_or_else(|| network_name(text), |number| number.national(shop.country));
        Card { name, named_by: NamedBy::Number, nth, expects }
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

#[cfg(test)]
mod tests {
    use super::network_name::MOST_NETWORK_NAME;
    use super::*;

    use crate::routing::plan::Country;
    use std::time::Duration;

    const SHOP: ShopId = ShopId(1);

    fn shop() -> Shop {
        Shop::new(
            SHOP,
            "Ferretería Ruiz",
            chrono_tz::Europe::Madrid,
            Country(*b"ES"),
            Language::Es,
            Duration::from_secs(120),
        )
    }

    fn jo() -> Number {
        Number::from_e164("+34600999888").unwrap()
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
        Card { name: "Jo Miller".to_owned(), named_by: NamedBy::Owner, nth: 3, expects: Expects::Nothing }
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
}
