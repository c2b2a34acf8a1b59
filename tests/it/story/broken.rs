//! A bug of ours ends the one call that it was about, for everybody in it, and closes its row. The others go on, and nothing
//! of it stays behind.

use std::panic::catch_unwind;
use std::time::Duration;

use ringall::call::Drilled;
use ringall::call::record::{Disposition, EndedBy};
use ringall::greeting::own;
use ringall::media::player::Sound;
use ringall::routing::plan::Language;

use crate::cast::{Caller, Door, Phone, through_both_doors};
use crate::far_end::End;
use crate::registering::Account;
use crate::shop::{Opening, Shop, time};

const JO: &str = "+34600999888";

/// Counter registers, and may call outside.
fn opening() -> Opening {
    Shop::opening().at_number("+34911234567").registering(0)
}

fn open() -> (Shop, Account) {
    let shop = opening().open();
    let mut counter = Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    (shop, counter)
}

#[test]
fn phones_stop_ringing_for_it_and_the_others_talk_and_ring_on() {
    through_both_doors(|door| {
        let (shop, _) = open();
        let jo = shop.caller("Jo", JO);
        jo.calls_through(door);
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("1 s");
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("1 s");
        assert_eq!(shop.phones_that_ring(), 2);
        assert!(shop.newest_call_breaks());
        shop.wait("1 s");
        assert_eq!(shop.phones_that_ring(), 0);
        assert!(ann.is_idle(), "her telephone says that nobody is there");
        assert!(shop.counter.talks_with(&jo));
        let bea = shop.caller("Bea", "+34600333444");
        bea.calls_through(door);
        shop.wait("1 s");
        shop.ana.picks_up();
        shop.wait("1 s");
        assert!(shop.ana.talks_with(&bea), "who calls next is rung for");
        jo.hangs_up();
        bea.hangs_up();
        shop.is_idle();
        let rows = shop.log();
        let ended = |row: usize| (rows[row].disposition, rows[row].ended_by);
        assert_eq!(ended(0), (Some(Disposition::Answered), Some(EndedBy::Caller)));
        assert_eq!(ended(1), (Some(Disposition::Interrupted), Some(EndedBy::Crash)));
        assert_eq!(ended(2), (Some(Disposition::Answered), Some(EndedBy::Caller)));
    });
}

#[test]
fn those_who_talk_are_hung_up_on_and_their_row_says_that_they_did() {
    through_both_doors(|door| {
        let (shop, _) = open();
        let jo = shop.caller("Jo", JO);
        jo.calls_through(door);
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("5 s");
        assert!(shop.newest_call_breaks());
        shop.wait("1 s");
        assert_eq!((jo.ends(), shop.counter.ends()), (vec![End::TheyHungUp], vec![End::TheyHungUp]));
        shop.is_idle();
        let row = shop.row();
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Answered), Some(EndedBy::Crash)));
        assert_eq!(row.answered_by.as_deref(), Some("Counter"));
    });
}

#[test]
fn what_a_caller_has_said_by_then_is_a_message() {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("50 ms");
    shop.waits(lasts(&shop.greeting()) + time("100 ms"));
    ann.speaks_for("7 s");
    shop.wait("5 s");
    assert!(shop.newest_call_breaks());
    shop.wait("1 s");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    let inbox = shop.inbox();
    assert_eq!(inbox.len(), 1);
    assert!((time("4500 ms")..time("5500 ms")).contains(&inbox[0].length), "{:?}", inbox[0].length);
    shop.is_idle();
}

#[test]
fn a_drill_says_nothing_of_its_phone_and_the_next_one_does() {
    let (shop, _) = open();
    assert_eq!(shop.drills(&shop.counter), Ok(()));
    shop.wait("1 s");
    assert!(shop.newest_call_breaks());
    shop.wait("1 s");
    assert!(!shop.counter.rings());
    assert_eq!(shop.drilled(&shop.counter), None, "nobody need wait to hear of it");
    assert_eq!(shop.drills(&shop.counter), Ok(()));
    shop.wait("11 s");
    assert_eq!(shop.drilled(&shop.counter), Some(Drilled::Rang));
    shop.is_idle();
    assert!(shop.log().is_empty());
}

#[test]
fn whoever_was_to_speak_the_greeting_need_not_wait_for_it() {
    let (shop, _) = open();
    for lifted in [false, true] {
        assert_eq!(shop.rings_to_speak(&shop.counter, "Ruiz"), Ok(()));
        shop.wait("1 s");
        if lifted {
            shop.counter.picks_up();
            shop.waits(lasts(&own::asked_for(Language::En)) + time("100 ms"));
        }
        assert!(shop.newest_call_breaks());
        shop.wait("1 s");
        assert!(shop.counter.is_idle());
        let dictation = shop.dictation().expect("it was begun");
        assert!(!dictation.goes_on(), "{dictation:?}");
    }
    shop.is_idle();
}

fn lasts(sounds: &[Sound]) -> Duration {
    let samples: usize = sounds.iter().map(Sound::samples).sum();
    Duration::from_micros(u64::try_from(samples).expect("seconds") * 125)
}

/// Who is in a story. What they do, and when: in milliseconds since it began.
struct Play {
    shop: Shop,
    ann: Caller,
    jo: Phone,
    counter: Account,
}

type Deed = fn(&mut Play, Door);

fn ann_calls(play: &mut Play, door: Door) {
    play.ann.calls_through(door);
}

fn counter_picks_up(play: &mut Play, _: Door) {
    play.shop.counter.picks_up();
}

fn ana_picks_up(play: &mut Play, _: Door) {
    play.shop.ana.picks_up();
}

fn counter_holds(play: &mut Play, _: Door) {
    play.shop.counter.holds();
}

fn counter_asks_ana(play: &mut Play, _: Door) {
    play.shop.counter.calls_user("ana");
}

fn counter_puts_together(play: &mut Play, _: Door) {
    play.shop.counter.puts_together(0, 1);
}

fn counter_gives_to_ana(play: &mut Play, _: Door) {
    play.shop.counter.asks("REFER", &[("Refer-To", "<sip:ana@192.0.2.1>")], "");
}

fn counter_calls_jo(play: &mut Play, _: Door) {
    let Play { shop, counter, .. } = play;
    counter.calls(shop, &shop.counter, "600999888");
}

fn counter_is_rung_to_call_jo(play: &mut Play, _: Door) {
    let _ = play.shop.rings_to_call(&play.shop.counter, JO);
}

fn jo_picks_up(play: &mut Play, _: Door) {
    play.jo.picks_up();
}

fn workshop_takes_it(play: &mut Play, _: Door) {
    play.shop.workshop.calls_user("*8");
}

/// Whatever happens, and whenever it breaks.
#[test]
fn it_may_break_at_any_moment_of_any_story() {
    let stories: [&[(u64, Deed)]; 7] = [
        &[(0, ann_calls), (1_000, counter_picks_up)],
        &[(0, ann_calls), (1_000, workshop_takes_it)],
        &[(0, ann_calls), (500, counter_picks_up), (1_000, counter_gives_to_ana), (1_500, ana_picks_up)],
        &[
            (0, ann_calls),
            (500, counter_picks_up),
            (1_000, counter_holds),
            (1_500, counter_asks_ana),
            (2_000, ana_picks_up),
            (2_500, counter_puts_together),
        ],
        &[(0, counter_calls_jo), (1_000, jo_picks_up)],
        &[(0, counter_is_rung_to_call_jo), (500, counter_picks_up), (1_500, jo_picks_up)],
        &[
            (0, ann_calls),
            (500, counter_picks_up),
            (1_000, counter_holds),
            (1_500, counter_calls_jo),
            (2_000, jo_picks_up),
            (2_500, counter_puts_together),
        ],
    ];
    through_both_doors(|door| {
        for (nth, deeds) in stories.iter().enumerate() {
            let whole = size_after(door, deeds, LASTS, Breaks::Never);
            for moment in (1..LASTS).step_by(97) {
                let told = format!("story {nth} through {door:?}, which breaks after {moment} ms");
                let left = catch_unwind(|| size_after(door, deeds, moment, Breaks::ThenAndThere));
                let left = left.unwrap_or_else(|_| panic!("{told}"));
                assert!(left <= whole + 16, "{told}: {left} characters are left of it, and {whole} of a whole one");
            }
        }
    });
}

/// No story goes on longer, in milliseconds.
const LASTS: u64 = 3_200;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    ThenAndThere,
    Never,
}

/// Plays a story as far as this moment. What the machine knows when everybody is gone and all is forgotten, in characters.
fn size_after(door: Door, deeds: &[(u64, Deed)], moment: u64, breaks: Breaks) -> usize {
    let (shop, counter) = open();
    let (ann, jo) = (shop.caller("Ann", "+34600111222"), shop.outside("Jo", JO));
    let mut play = Play { shop, ann, jo, counter };
    let mut now = 0;
    for (at, deed) in deeds.iter().filter(|(at, _)| *at < moment) {
        play.shop.waits(Duration::from_millis(at - now));
        now = *at;
        deed(&mut play, door);
    }
    play.shop.waits(Duration::from_millis(moment - now));
    if breaks == Breaks::ThenAndThere {
        play.shop.newest_call_breaks();
    }
    play.shop.wait("1 s");
    // Who is in another call yet.
    for person in [&play.shop.counter, &play.shop.ana, &play.shop.workshop, &play.jo] {
        person.hangs_up();
    }
    play.ann.hangs_up();
    play.shop.is_idle();
    // Calls by webhook may be asked about for ten minutes.
    play.shop.wait("15 min");
    play.shop.size_of_its_memory()
}
