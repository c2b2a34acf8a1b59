//! Days on end: thousands of calls, which end in every way there is, and nothing of them stays behind.

use std::collections::BTreeMap;

use ringall::call::record::{Disposition, EndedBy};
use ringall::routing::hours::Hours;
use ringall::routing::plan::Country;

use crate::cast::{Caller, Door, Person};
use crate::network::Chance;
use crate::shop::Shop;

const CALLS: usize = 5_000;
/// It takes fewer characters to write down what a call of five phones leaves for 32 s: seven transactions (RFC 3261 §17,
/// RFC 6026), with five ACKs and the answer to a BYE.
const LEFT_OF_A_CALL: usize = 6_000;
/// So many calls, then everything comes to its end.
const AT_A_TIME: usize = 50;

#[test]
fn five_thousand_calls_end_in_every_way_and_leave_nothing_behind() {
    let shop = Shop::opening().giving_up_after("30 s").blocking("+34600666666").open();
    let mut chance = Chance::new(5_000);
    let mut callers: Vec<Caller> =
        (0..19).map(|nth| shop.caller(&format!("Ann {nth}"), &format!("+346001112{nth:02}"))).collect();
    callers.push(shop.caller("Nuisance", "+34600666666"));
    let (mut outcomes, mut made) = (BTreeMap::new(), 0);
    let mut size_at_first = None;
    while made < CALLS {
        // A machine that plays and records takes fifty steps a second.
        let is_closed = chance.percent(8);
        let hours = if is_closed { "Dec 25 00:00-00:01" } else { "24/7" };
        shop.changes(|wishes| wishes.hours = Some(Hours::parse(hours, Country(*b"ES")).expect("hours")));
        made += some_calls(&shop, &callers, &mut chance);
        for row in shop.forgets_what_is_over() {
            *outcomes.entry(ending(row.disposition, row.ended_by)).or_insert(0) += 1;
        }
        size_at_first.get_or_insert_with(|| shop.size_of_its_memory());
    }
    shop.is_idle();
    assert_eq!(outcomes.values().sum::<usize>(), made, "each call is one row");
    for (ending, at_least) in [
        ("answered caller", 200),
        ("answered staff", 200),
        ("answered network", 100),
        ("missed caller", 200),
        ("missed give_up", 50),
        ("message staff", 5),
        ("no_message caller", 30),
        ("no_message staff", 50),
        ("refused nobody", 100),
    ] {
        assert!(outcomes.get(ending).is_some_and(|count| *count >= at_least), "{ending:?}: {outcomes:?}");
    }
    let (first, last) = (size_at_first.expect("there were calls"), shop.size_of_its_memory());
    // One word kept of each call would be as much again.
    assert!(last < first + first / 4, "what the machine knows grew from {first} to {last} characters");
}

/// A hundred calls a second are 3,200 at a time that are over and wait for echoes.
#[test]
fn what_a_call_leaves_for_echoes_of_its_messages_is_little() {
    let shop = Shop::opening().phones(5).open();
    let ann = shop.caller("Ann", "+34600111222");
    let calls = || {
        ann.calls_through(Door::Sip);
        shop.wait("2 s");
        shop.phones[0].picks_up();
        shop.wait("2 s");
        ann.hangs_up();
        // RFC 3261 §17.1.2.2: our CANCELs are over after 5 s.
        shop.wait("8 s");
    };
    // What is known of Ann stays.
    calls();
    shop.wait("60 s");
    let before = shop.size_of_its_memory();
    calls();
    assert_eq!(shop.gauges().transactions, 7, "five INVITEs of ours, the caller's, and the BYE");
    let left = shop.size_of_its_memory() - before;
    assert!(left < LEFT_OF_A_CALL, "a call leaves {left} characters behind");
    shop.wait("60 s");
    let (end, again) = (shop.size_of_its_memory(), before + before / 50);
    assert!(end < again, "nothing of it is left after 32 s: {before} characters before, {end} now");
    shop.is_idle();
}

/// So many calls, in which anything may happen at any time, to their very end. How many were made.
fn some_calls(shop: &Shop, callers: &[Caller], chance: &mut Chance) -> usize {
    let mut made = 0;
    while made < AT_A_TIME {
        shop.wait(&format!("{} ms", chance.below(800)));
        let caller = one_of(callers, chance);
        let phone = one_of(&shop.phones, chance);
        match chance.below(16) {
            0..6 if caller.is_idle() => {
                caller.calls_through(Door::Sip);
                made += 1;
            }
            0..9 => phone.picks_up(),
            9 => phone.refuses([486, 480, 603, 500][usize::try_from(chance.below(4)).expect("four")]),
            10 => phone.hangs_up(),
            11 if caller.talks() => caller.holds(),
            12 if caller.talks() => caller.takes_back(),
            13 if caller.talks() => caller.speaks_for("3 s"),
            14 => caller.falls_quiet(),
            _ => caller.hangs_up(),
        }
    }
    let everybody = || callers.iter().map(|caller| &**caller).chain(&shop.phones);
    match chance.below(3) {
        // Nobody is heard any more.
        0 => {
            everybody().for_each(Person::falls_quiet);
            shop.wait("100 s");
        }
        // Nobody picks up any more.
        1 => shop.wait("40 s"),
        _ => {}
    }
    everybody().for_each(Person::hangs_up);
    shop.wait("100 s");
    everybody().for_each(Person::is_to_be_heard);
    made
}

fn ending(disposition: Option<Disposition>, by: Option<EndedBy>) -> String {
    format!("{} {}", disposition.map_or("none", Disposition::as_str), by.map_or("nobody", EndedBy::as_str))
}

fn one_of<'a, T>(all: &'a [T], chance: &mut Chance) -> &'a T {
    let count = u64::try_from(all.len()).expect("a few");
    &all[usize::try_from(chance.below(count)).expect("one of a few")]
}
