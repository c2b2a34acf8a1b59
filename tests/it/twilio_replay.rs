//! A day of Twilio's forms (`tests/corpora/twilio/day.txt`), played in as many orders as there are seeds, late, twice and with
//! losses: the log at the end is the one that stands in the file.
//!
//! An order breaks nothing but what Twilio itself guarantees:
//! - an address is asked for only once a document that names it has been answered;
//! - one caller's call asks one thing after another: the number's document, then the action of each verb when that is over;
//!   whoever has picked up hears their document, presses, and has the answer before the `<Dial>` is over;
//! - a `<Dial>` that nobody picks up lasts as long as its `timeout`, and people take the time they take.
//!
//! All else goes its own way: callbacks of legs come up to 20 s late, news of an end up to [`END_LATE`], and so any of
//! them before or after any document.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ringall::call::record::{CallRecord, Disposition, EndedBy};
use ringall::now::UnixMs;
use ringall::number::Number;
use ringall::owed::Owed;
use ringall::twilio::work::Recording;

use crate::carrier_sip::Says;
use crate::carrier_twilio::{Element, elements, path};
use crate::cast::{Caller, Phone};
use crate::machine::{Webhooks, shop_for};
use crate::network::{Chance, seeds, with_each_seed};
use crate::shop::Shop;
use crate::twilio_day::{CELLS, Day, Pairs, Script, Step, Way, child_sid, escaped, filled, number_of, recording, sid};

const DIES: Duration = Duration::from_secs(20 * 60);
/// The last conversation of which nothing more is heard is over by then: four hours and a minute after it began.
const ENDS: Duration = Duration::from_secs(4 * 3600 + 40 * 60);
/// Calls that come by SIP too each have the desk phones for themselves so long.
const SLOT: u64 = 105_000;
const LEG_LATE: u64 = 20_000;
/// Below what is told of an end once and for all.
const END_LATE: u64 = 2_500;
#[test]
fn a_day_of_forms_in_any_order_late_twice_and_lost_makes_the_same_log() {
    let mut orders = BTreeSet::new();
    let as_it_was = play(0);
    assert_eq!(as_it_was.log, Day::read().expected(), "in the order of the file");
    with_each_seed(seeds(), |seed| {
        let played = play(seed);
        assert_eq!(played.log, as_it_was.log, "in another order");
        orders.insert(played.order);
    });
    assert!(orders.len() > 1, "chance has made no other order");
}

/// What a seed has made of the day.
struct Played {
    log: Vec<String>,
    /// In which order the forms came.
    order: Vec<(usize, usize)>,
}

fn opened() -> Shop {
    let opening = Shop::opening().by_webhook(Webhooks::Dial).calling_by_registrar().phones(7);
    let opening = opening.hours("Mo-Fr 09:00-11:30,12:30-20:00").giving_up_after("60 s");
    let opening = opening.at_number("+34911234567").blocking("+34600666000").later(6, "15 s");
    let cells = CELLS.iter().enumerate();
    let shop = cells.fold(opening, |opening, (at, (_, number))| opening.cell(at + 2, number)).open();
    shop.changes(|wishes| {
        wishes.call_back_ring = false;
        for ((name, _), phone) in CELLS.iter().zip(&mut wishes.phones[2..]) {
            phone.name = (*name).into();
        }
    });
    shop
}

fn play(seed: u64) -> Played {
    let Day { calls, .. } = Day::read();
    let shop = opened();
    let north = shop.telephone("Norte", "192.0.2.60:5060");
    shop.has_a_sister("+34911000222", &[&north]);
    let mut player = Player::new(&shop, &north, &calls, seed);
    player.begin();
    player.run_until(DIES);
    player.service_dies();
    player.run_until(ENDS);
    shop.is_idle();
    Played { log: player.log(), order: player.order }
}

struct Player<'d> {
    shop: &'d Shop,
    phones: BTreeMap<&'static str, Phone>,
    calls: &'d [Script],
    lives: Vec<Life>,
    seed: u64,
    chance: Chance,
    queue: BTreeMap<(Duration, u64), Due>,
    turn: u64,
    order: Vec<(usize, usize)>,
}

/// A call, as far as it is.
#[derive(Default)]
struct Life {
    person: Option<Caller>,
    /// What it was answered, in this order.
    documents: Vec<Vec<Element>>,
    /// What whoever picked up at a cell was to hear.
    screens: BTreeMap<String, Vec<Element>>,
}

enum Due {
    /// The next thing in a call that is in no doubt.
    Next { call: usize, step: usize },
    /// A form on its own way; with the answer where it comes for the second time and must get the same.
    Form { call: usize, step: usize, path: String, form: String, same: Option<String> },
}

impl<'d> Player<'d> {
    fn new(shop: &'d Shop, north: &Phone, calls: &'d [Script], seed: u64) -> Player<'d> {
        let phones = [("Counter", &shop.counter), ("Workshop", &shop.workshop), ("Norte", north)];
        let mut player = Player {
            shop,
            phones: phones.map(|(name, phone)| (name, phone.clone())).into(),
            calls,
            lives: Vec::new(),
            seed,
            chance: Chance::new(seed.wrapping_mul(43)),
            queue: BTreeMap::new(),
            turn: 0,
            order: Vec::new(),
        };
        player.lives.resize_with(calls.len(), Life::default);
        player
    }

    /// In the order of the file nothing is late, and nothing comes twice.
    fn up_to(&mut self, most: u64) -> u64 {
        if self.seed == 0 { 0 } else { self.chance.below(most + 1) }
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.seed != 0 && self.chance.percent(chance)
    }

    fn enqueue(&mut self, at: Duration, due: Due) {
        self.turn += 1;
        self.queue.insert((at, self.turn), due);
    }

    /// Every call begins somewhere in its window; those that need the desk phones one after another, in any order.
    fn begin(&mut self) {
        let mut slots: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for call in self.calls.iter().filter(|call| call.comes_by_sip()) {
            let of_window = slots.entry(call.from_ms).or_default();
            of_window.push(of_window.len() as u64);
        }
        for (at, call) in self.calls.iter().enumerate() {
            let window = call.until_ms - call.from_ms;
            let since = if call.comes_by_sip() {
                let free = slots.get_mut(&call.from_ms).expect("counted above");
                let nth = usize::try_from(self.up_to(free.len() as u64 - 1)).expect("a few");
                let slot = free.remove(nth);
                assert!((slot + 1) * SLOT <= window + SLOT, "{} has no room in its window", call.name);
                slot * SLOT + self.up_to(2_000)
            } else {
                self.up_to(window)
            };
            self.enqueue(Duration::from_millis(call.from_ms + since), Due::Next { call: at, step: 0 });
        }
    }

    fn run_until(&mut self, end: Duration) {
        while let Some(first) = self.queue.first_entry().filter(|first| first.key().0 <= end) {
            let ((at, _), due) = first.remove_entry();
            self.wait_until(at);
            match due {
                Due::Next { call, step } => self.goes_on(call, step),
                Due::Form { call, step, path, form, same } => {
                    self.order.push((call, step));
                    let document = self.shop.posts(&path, &form);
                    assert!(same.is_none_or(|same| same == document), "{path} again, and not the same: {document}");
                }
            }
        }
        self.wait_until(end);
    }

    fn wait_until(&self, at: Duration) {
        self.shop.waits(at.saturating_sub(self.shop.now()));
    }

    /// One step of a call's own, and all that is told until the next.
    fn goes_on(&mut self, call: usize, step: usize) {
        let steps = &self.calls[call].steps;
        let is_own = |step: &Step| matches!(step.way, Way::Asks | Way::Does);
        if let Some(first) = steps.get(step).filter(|step| is_own(step)) {
            match first.way {
                Way::Does => self.does(call, first.place),
                _ => self.asks(call, step),
            }
        }
        let now = self.shop.now();
        for (at, told) in steps.iter().enumerate().skip(step + 1) {
            let after = told.after_ms.unwrap_or_else(|| self.timeout(call));
            if is_own(told) {
                let late = self.up_to(300);
                self.enqueue(now + Duration::from_millis(after + late), Due::Next { call, step: at });
                return;
            }
            let times = match told.way {
                Way::Lost => 0,
                // A cell on which somebody talks is not rung: of that Twilio has nothing to tell.
                _ if !self.is_rung(call, told.place) => 0,
                Way::Hints if self.percent(25) => 0,
                _ if self.percent(20) => 2,
                _ => 1,
            };
            let most_late = if told.place.contains("leg") { LEG_LATE } else { END_LATE };
            for _ in 0..times {
                // Most are in time.
                let late = if self.percent(50) { self.up_to(most_late) } else { self.up_to(300) };
                let (path, form) = self.post(call, at);
                let due = Due::Form { call, step: at, path, form, same: None };
                self.enqueue(now + Duration::from_millis(after + late), due);
            }
        }
    }

    fn asks(&mut self, call: usize, step: usize) {
        let (path, form) = self.post(call, step);
        self.order.push((call, step));
        let document = self.shop.posts(&path, &form);
        let place = self.calls[call].steps[step].place;
        let verbs = elements(&document);
        let mut same = Some(document);
        if let Some(name) = place.strip_prefix("screen.").and_then(|rest| rest.split('.').nth(1)) {
            self.lives[call].screens.insert(name.to_owned(), verbs);
            // What is said to whoever picks up is said as it is then.
            same = None;
        } else if place.starts_with("accept.") {
            assert!(verbs.is_empty(), "{}: the key was in time: {verbs:?}", self.calls[call].name);
            same = None;
        } else {
            self.lives[call].documents.push(verbs);
        }
        if self.percent(20) {
            let again = self.shop.now() + Duration::from_millis(self.up_to(4_000));
            self.enqueue(again, Due::Form { call, step, path, form, same });
        }
    }

    fn does(&mut self, call: usize, deed: &'static str) {
        let Script { name, from, .. } = self.calls[call];
        match deed.split_once(' ') {
            None if deed == "waits" => {}
            Some(("is", "recorded")) => {
                let (recording, url) = recording(call);
                self.shop.twilio(|twilio| twilio.keeps.push((sid(call), Recording { sid: recording, url })));
            }
            None if deed == "comes" => {
                let dial = self.dials(call).last().expect("a <Dial> to come by");
                let uri = dial.children.iter().find(|noun| noun.name == "Sip").expect("a <Sip>").text.clone();
                let (token, _) = uri["sip:".len()..].split_once('@').expect("a token");
                let shop = self.shop;
                let person = self.lives[call].person.get_or_insert_with(|| {
                    let person = shop.caller(name, from);
                    let host = u8::try_from(call).expect("a few calls");
                    person.act(|far_end, _| far_end.moves_to(std::net::Ipv4Addr::new(198, 51, 100, 100 + host).into()));
                    person
                });
                let mut says = Says::calling(token);
                says.from = format!("<sip:{from}@twilio.example>");
                let to = shop_for(person.address());
                person.act(|far_end, now| far_end.call(now, to, &says));
            }
            None if deed == "leaves" => {
                let person = self.lives[call].person.as_ref().expect("somebody who came");
                person.act(|far_end, now| (0..far_end.legs.len()).for_each(|leg| far_end.hang_up(now, leg)));
            }
            Some((phone, "picks up")) => {
                assert!(self.phones[phone].rings(), "{name}: {phone} does not ring");
                self.phones[phone].picks_up();
            }
            Some((phone, "hangs up")) => self.phones[phone].hangs_up(),
            _ => panic!("how does one do {deed:?}?"),
        }
    }

    fn dials(&self, call: usize) -> impl Iterator<Item = &Element> {
        self.lives[call].documents.iter().flatten().filter(|verb| verb.name == "Dial")
    }

    fn timeout(&self, call: usize) -> u64 {
        let dial = self.dials(call).last().expect("a <Dial>");
        dial.attributes["timeout"].parse::<u64>().expect("seconds") * 1000
    }

    /// Whether what is told is not of a cell that is left out.
    fn is_rung(&self, call: usize, place: &str) -> bool {
        let ["leg", dial, name] = place.split('.').collect::<Vec<_>>()[..] else { return true };
        let dial = self.dials(call).nth(dial.parse::<usize>().expect("a count") - 1).expect("a <Dial>");
        dial.children.iter().any(|noun| noun.text == number_of(name))
    }

    /// Where a form goes, by a document of ours, and all that it says.
    fn post(&self, call: usize, step: usize) -> (String, String) {
        let Step { place, form, .. } = self.calls[call].steps[step];
        let named = |found: Option<&'_ Element>| match found {
            Some(element) => element.clone(),
            None => panic!("{}: no document of ours has named {place}", self.calls[call].name),
        };
        let nth = |nth: &str| named(self.dials(call).nth(nth.parse::<usize>().expect("a count") - 1));
        let of_number = |dial: &str, name: &str, attribute: &str| {
            path(&named(nth(dial).children.iter().find(|noun| noun.text == number_of(name))).attributes[attribute])
        };
        let of_record = |attribute: &str| {
            let mut verbs = self.lives[call].documents.iter().flatten();
            path(&named(verbs.rfind(|verb| verb.name == "Record")).attributes[attribute])
        };
        let parts: Vec<&str> = place.split('.').collect();
        let parent = || self.calls[call].of_parent(call);
        match parts[..] {
            ["voice" | "status"] => (format!("/twilio/{place}"), filled(parent(), form)),
            ["after", dial] => (path(&nth(dial).attributes["action"]), self.naming_children(call, parent(), form)),
            ["leg", dial, name] => {
                (of_number(dial, name, "statusCallback"), filled(self.calls[call].of_child(call, name, true), form))
            }
            ["screen", dial, name] => {
                (of_number(dial, name, "url"), filled(self.calls[call].of_child(call, name, false), form))
            }
            ["accept", name] => {
                let heard = self.lives[call].screens.get(name).into_iter().flatten();
                let gather = named(heard.into_iter().find(|verb| verb.name == "Gather"));
                (path(&gather.attributes["action"]), filled(self.calls[call].of_child(call, name, false), form))
            }
            ["recorded"] => (of_record("action"), filled(parent(), &self.naming_the_recording(call, form))),
            ["ready"] => (of_record("recordingStatusCallback"), filled(Script::of_recording(call), form)),
            [_] if place.starts_with("/twilio/leg") => {
                (place.to_owned(), filled(self.calls[call].of_child(call, "Ana", true), form))
            }
            [_] if place.starts_with('/') => (place.to_owned(), self.naming_children(call, parent(), form)),
            _ => panic!("where is {place}?"),
        }
    }

    fn naming_children(&self, call: usize, pairs: Pairs, form: &str) -> String {
        let named = CELLS
            .iter()
            .fold(form.to_owned(), |form, (name, _)| form.replace(&format!("{{{name}}}"), &child_sid(call, name)));
        filled(pairs, &named)
    }

    fn naming_the_recording(&self, call: usize, form: &str) -> String {
        let (sid, url) = recording(call);
        form.replace("{Sid}", &sid).replace("{Url}", &escaped(&url))
    }

    /// Killed, and started again: what it finds open it closes (`store::calls`), and it knows of no call.
    fn service_dies(&self) {
        let mut world = self.shop.counter.world.borrow_mut();
        let (wall, plan) = (world.wall(), world.plan.clone());
        for row in world.store.rows.values_mut().filter(|row| row.ended.is_none()) {
            row.ended = Some(wall);
            row.ended_by = Some(EndedBy::Crash);
            row.disposition.get_or_insert(Disposition::Interrupted);
        }
        // Another chance than before, or calls would bear the names of those of the morning.
        world.restart(1000 + self.seed, plan);
    }

    /// Each row, and who is owed a call: sorted, without what chance has made.
    fn log(&self) -> Vec<String> {
        let rows = self.shop.log();
        let named = |row: &CallRecord| {
            let call = (0..self.calls.len()).find(|call| row.key.starts_with(&sid(*call)));
            call.map_or(row.key.as_str(), |call| self.calls[call].name).to_owned()
        };
        let mut log: Vec<String> = rows.iter().map(|row| format!("{} {}", named(row), facts(row))).collect();
        for message in self.shop.inbox() {
            let row = rows.iter().find(|row| row.id == message.call).expect("a message of a call");
            assert_eq!(row.disposition, Some(Disposition::Message), "{row:?}");
        }
        let told = rows.iter().filter(|row| row.disposition == Some(Disposition::Message)).count();
        assert_eq!(told, self.shop.inbox().len(), "each message once");
        for shop in &self.shop.plan().shops {
            let callers: BTreeSet<&Number> = rows.iter().filter_map(|row| row.caller.as_ref()).collect();
            for caller in callers {
                let theirs =
                    || rows.iter().filter(|row| row.shop == Some(shop.id) && row.caller.as_ref() == Some(caller));
                let spoken =
                    theirs().filter(|row| row.disposition == Some(Disposition::Answered)).map(|row| row.started);
                let spoken = spoken.max().unwrap_or(UnixMs(0));
                if let Some(owed) = Owed::of(shop, theirs().filter(|row| row.started > spoken)) {
                    log.push(format!("owed {} of {} {}", caller.as_str(), shop.id.0, owed.attempts));
                }
            }
        }
        log.sort();
        log
    }
}

/// "Answered Staff Ana of 1".
fn facts(row: &CallRecord) -> String {
    let withheld = if row.withheld { "withheld " } else { "" };
    let disposition = row.disposition.map_or("-".to_owned(), |disposition| format!("{disposition:?}"));
    let by = row.ended_by.map_or("-".to_owned(), |by| format!("{by:?}"));
    let shop = row.shop.map_or("nobody".to_owned(), |shop| shop.0.to_string());
    format!("{withheld}{disposition} {by} {} of {shop}", row.answered_by.as_deref().unwrap_or("-"))
}
