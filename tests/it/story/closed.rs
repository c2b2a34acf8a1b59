//! Closed: the caller hears when the shop opens, and may leave a message. No phone rings.

use std::sync::Arc;
use std::time::Duration;

use ringall::call::record::{Disposition, EndedBy, EventKind};
use ringall::greeting::Greeting;
use ringall::media::player::Sound;
use ringall::now::UnixMs;
use ringall::routing::Because;
use ringall::routing::decision::Opening;
use ringall::routing::plan::{Language, OwnWords, Part};
use ringall::utterance::SpokenName;

use crate::cast::{Caller, Door};
use crate::far_end::End;
use crate::in_dialog::Offers;
use crate::shop::{Shop, time};

/// Half past four in the shop, on the day of the stories.
const HALF_PAST_FOUR: UnixMs = UnixMs(1_795_188_600_000);

/// As long as the greeting of a closed shop and its beep.
fn the_greeting(shop: &Shop) -> Duration {
    let samples: usize = shop.greeting().iter().map(Sound::samples).sum();
    Duration::from_micros(u64::try_from(samples).expect("seconds") * 125)
}

/// Somebody who has heard the greeting and the beep of a closed shop.
fn greeted() -> (Shop, Caller) {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    calls_and_listens(&shop, &ann);
    (shop, ann)
}

fn calls_and_listens(shop: &Shop, ann: &Caller) {
    ann.calls_through(Door::Sip);
    shop.wait("50 ms");
    shop.waits(the_greeting(shop) + time("100 ms"));
}

fn kinds(shop: &Shop) -> Vec<EventKind> {
    shop.events().iter().map(|event| event.kind).collect()
}

#[test]
fn she_hears_when_it_opens_and_leaves_a_message() {
    for language in [Language::En, Language::Es] {
        let shop = Shop::opening().hours("Mo-Fr 16:30-20:00").speaking(language).open();
        let ann = shop.caller("Ann", "+34600111222");
        let called = shop.wall();
        ann.calls_through(Door::Sip);
        shop.wait("50 ms");
        let greeting = Greeting::new(None, Opening::At(HALF_PAST_FOUR), chrono_tz::Europe::Madrid, called, language);
        assert!(greeting.text().contains(if language == Language::En { "half past four" } else { "cuatro y media" }));
        assert_eq!(*shop.greeting(), *greeting.sounds(), "today at half past four");
        shop.waits(the_greeting(&shop) + time("100 ms"));
        ann.speaks_for("7 s");
        shop.wait("7 s");
        ann.hangs_up();
        shop.wait("1 s");
        assert_eq!(ann.hears(), [100, 200], "no ringing: nothing rings");
        assert!(shop.phones.iter().all(|phone| phone.calls_seen() == 0));
        let row = shop.row();
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Message), Some(EndedBy::Caller)));
        assert_eq!(row.because, Because::ClosedHours { opens: Some(HALF_PAST_FOUR) });
        assert!(row.answered.is_none() && row.answered_by.is_none(), "by nobody");
        let inbox = shop.inbox();
        assert_eq!(inbox.len(), 1);
        assert_eq!((inbox[0].call, inbox[0].voice), (row.id, time("7 s")));
        // She began to speak a moment after the beep.
        assert!((time("7 s")..time("7200 ms")).contains(&inbox[0].length), "{:?}", inbox[0].length);
        let expected = [EventKind::Arrived, EventKind::Greeted, EventKind::MessageLeft, EventKind::Ended];
        assert_eq!(kinds(&shop), expected);
        assert_eq!(shop.events()[2].detail, inbox[0].length.as_secs().to_string());
        shop.is_idle();
    }
}

/// What is heard by somebody who calls now, and what would be of a shop with this name.
fn heard(shop: &Shop, caller: &str, name: Option<&SpokenName>) -> (Arc<[Sound]>, Greeting) {
    let caller = shop.caller(caller, "+34600111222");
    let (now, zone) = (shop.wall(), chrono_tz::Europe::Madrid);
    caller.calls_through(Door::Sip);
    shop.wait("50 ms");
    caller.hangs_up();
    (shop.greeting(), Greeting::new(name, Opening::At(HALF_PAST_FOUR), zone, now, Language::En))
}

#[test]
fn the_shops_name_comes_first() {
    let shop = Shop::closed();
    let name = shop.a_voice_speaks("Ferretería Ruiz", "1300 ms");
    let (heard, expected) = heard(&shop, "Ann", Some(&name));
    assert!(expected.text().starts_with("Ferretería Ruiz. We are closed"), "{}", expected.text());
    assert_eq!(*heard, *expected.sounds());
    assert_eq!(heard[1], Sound::Recorded(name.samples), "after a moment of silence");
    assert!(the_greeting(&shop) < time("12 s"));
    shop.is_idle();
}

#[test]
fn a_shop_greets_in_its_own_voice_and_the_time_is_true() {
    let shop = Shop::closed();
    let welcome: Arc<[u8]> = vec![7; 16_000].into();
    let words = "Ruiz here, we are closed".into();
    let own = OwnWords { language: Language::En, part: Part::Welcome, words, samples: welcome.clone() };
    shop.changes(|wishes| wishes.greeting.words = vec![own]);
    let (heard, ours) = heard(&shop, "Ann", None);
    assert_eq!(heard[1], Sound::Recorded(welcome), "after a moment of silence");
    // What our voice says of the time and of the message, beep included, is the end of both.
    let (own_rest, our_rest) = (&heard[2..], &ours.sounds()[2..]);
    assert_eq!(own_rest, our_rest, "half past four, whoever speaks");
    assert!(the_greeting(&shop) < time("12 s"));
    shop.is_idle();
}

#[test]
fn a_name_that_is_too_long_is_left_out() {
    let shop = Shop::closed();
    shop.a_voice_speaks("Ferretería Ruiz", "8 s");
    let (heard, expected) = heard(&shop, "Ann", None);
    assert_eq!(*heard, *expected.sounds());
    shop.is_idle();
}

#[test]
fn a_renamed_shop_does_not_say_its_old_name() {
    let shop = Shop::closed();
    let before = shop.a_voice_speaks("Ferretería Ruiz", "1 s");
    shop.changes(|wishes| wishes.name = "Ruiz e Hijas".to_owned());
    let (between, expected) = heard(&shop, "Ann", None);
    assert_eq!(*between, *expected.sounds(), "{:?} is not its name", before.text);
    let after = shop.a_voice_speaks("Ruiz e Hijas", "1 s");
    let (heard, expected) = heard(&shop, "Bea", Some(&after));
    assert_eq!(*heard, *expected.sounds());
    shop.is_idle();
}

#[test]
fn the_machine_is_heard_all_the_time() {
    let (shop, ann) = greeted();
    let greeting = the_greeting(&shop);
    ann.speaks_for("30 s");
    shop.wait("30 s");
    let expected = (greeting + time("30100 ms")).as_millis() / 20;
    let packets = ann.packets_of_the_machine() as u128;
    assert!(packets.abs_diff(expected) <= 5, "{packets} packets, and {expected} times 20 ms have passed");
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn less_than_a_second_of_voice_is_no_message() {
    for (spoken, disposition) in [("980 ms", Disposition::NoMessage), ("1000 ms", Disposition::Message)] {
        let (shop, ann) = greeted();
        ann.speaks_for(spoken);
        shop.wait("3 s");
        ann.hangs_up();
        shop.wait("1 s");
        assert_eq!(shop.row().disposition, Some(disposition), "{spoken}");
        assert_eq!(shop.inbox().len(), usize::from(disposition == Disposition::Message));
        shop.is_idle();
    }
}

#[test]
fn eight_seconds_of_silence_end_it() {
    let (shop, ann) = greeted();
    ann.speaks_for("3 s");
    shop.wait("10800 ms");
    assert!(ann.ends().is_empty());
    shop.wait("400 ms");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    let row = shop.row();
    assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Message), Some(EndedBy::Staff)));
    assert_eq!(shop.inbox()[0].voice, time("3 s"));
    shop.is_idle();
}

#[test]
fn who_says_nothing_at_all_is_still_in_the_log() {
    let (shop, ann) = greeted();
    shop.wait("9 s");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    assert_eq!(shop.row().disposition, Some(Disposition::NoMessage));
    assert_eq!(kinds(&shop), [EventKind::Arrived, EventKind::Greeted, EventKind::Ended]);
    assert!(shop.inbox().is_empty());
    shop.is_idle();
}

#[test]
fn the_pound_key_ends_it() {
    let (shop, ann) = greeted();
    ann.speaks_for("3 s");
    shop.wait("3 s");
    ann.presses_pound();
    shop.wait("100 ms");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    assert_eq!(shop.row().disposition, Some(Disposition::Message));
    shop.is_idle();
}

#[test]
fn three_minutes_are_enough() {
    let (shop, ann) = greeted();
    ann.speaks_for("5 min");
    shop.wait("179 s");
    assert!(ann.ends().is_empty());
    shop.wait("2 s");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    assert_eq!(shop.inbox()[0].length, time("180 s"));
    shop.is_idle();
}

#[test]
fn who_hangs_up_on_the_greeting_has_left_no_message() {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    ann.hangs_up();
    shop.wait("1 s");
    let row = shop.row();
    assert_eq!((row.disposition, row.ended_by), (Some(Disposition::NoMessage), Some(EndedBy::Caller)));
    assert_eq!(kinds(&shop), [EventKind::Arrived, EventKind::Ended]);
    shop.is_idle();
}

#[test]
fn nothing_is_heard_before_the_row_is_durable() {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(Some("100 ms"));
    ann.calls_through(Door::Sip);
    shop.wait("100 ms");
    assert!(!ann.answers().iter().any(|code| *code > 100));
    assert_eq!(shop.greetings(), 0);
    shop.wait("100 ms");
    assert_eq!(ann.hears(), [100, 200]);
    assert_eq!(shop.greetings(), 1);
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn who_cancels_before_the_row_is_durable_gets_487() {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(Some("200 ms"));
    ann.calls_through(Door::Sip);
    shop.wait("50 ms");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(ann.hears(), [100, 487]);
    let row = shop.row();
    assert_eq!((row.disposition, row.ended_by), (Some(Disposition::NoMessage), Some(EndedBy::Caller)));
    assert_eq!(shop.greetings(), 0);
    shop.is_idle();
}

#[test]
fn a_message_is_told_of_when_it_is_safe() {
    let (shop, ann) = greeted();
    shop.disk_takes(Some("3 s"));
    ann.speaks_for("5 s");
    shop.wait("5 s");
    ann.hangs_up();
    shop.wait("2 s");
    assert!(shop.inbox().is_empty() && shop.row().disposition.is_none(), "not yet on the disk");
    shop.wait("2 s");
    assert_eq!((shop.inbox().len(), shop.row().disposition), (1, Some(Disposition::Message)));
    shop.is_idle();
}

#[test]
fn a_message_that_a_full_disk_refused_is_one_once_there_is_room() {
    let (shop, ann) = greeted();
    shop.disk_takes(None);
    ann.speaks_for("5 s");
    shop.wait("5 s");
    let over = shop.wall();
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.row().disposition, Some(Disposition::NoMessage));
    assert_eq!(shop.events_of(EventKind::MessageLost).len(), 1, "the owner is told to look at the disk");
    shop.wait("60 min");
    shop.disk_takes(Some("5 ms"));
    shop.wait("1 s");
    let [message] = shop.inbox()[..] else { panic!("one message: {:?}", shop.inbox()) };
    assert_eq!(message.call, shop.row().id);
    assert!(message.recorded <= over && over.since(message.recorded) < 6_000, "it is of then, not of now");
    shop.is_idle();
}

#[test]
fn what_was_said_before_somebody_picked_up_is_kept_once_the_disk_has_room() {
    let (shop, ann) = greeted();
    shop.disk_takes(None);
    ann.speaks_for("5 s");
    shop.wait("5 s");
    shop.counter.calls_user("*8");
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter) && shop.inbox().is_empty());
    assert_eq!(shop.events_of(EventKind::MessageLost).len(), 1);
    shop.disk_takes(Some("5 ms"));
    shop.wait("1 s");
    assert_eq!(shop.inbox().len(), 1);
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.events_of(EventKind::MessageLeft).len(), 1);
}

#[test]
fn a_message_that_the_disk_refuses_is_said_to_be_lost() {
    for takes in [None, Some("11 s")] {
        let (shop, ann) = greeted();
        shop.disk_takes(takes);
        ann.speaks_for("5 s");
        shop.wait("5 s");
        ann.hangs_up();
        shop.wait("12 s");
        assert_eq!(shop.row().disposition, Some(Disposition::NoMessage));
        assert_eq!(shop.events_of(EventKind::MessageLost).len(), 1);
        shop.is_idle();
    }
}

#[test]
fn a_call_that_rings_at_closing_time_rings_on() {
    let shop = Shop::opening().hours("Mo-Fr 09:00-11:01").open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    // It is one minute past eleven after sixty seconds.
    shop.wait("90 s");
    assert_eq!(shop.phones_that_ring(), 3);
    let bea = shop.caller("Bea", "+34600111333");
    bea.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!((bea.hears(), shop.greetings()), (vec![100, 200], 1), "who calls now hears that it is closed");
    bea.hangs_up();
    shop.wait("40 s");
    assert_eq!((ann.hears(), shop.greetings()), (vec![100, 180, 486], 1), "busy after two minutes: no machine");
    assert_eq!(shop.log()[0].disposition, Some(Disposition::Missed));
    shop.is_idle();
}

#[test]
fn who_listens_at_opening_time_goes_on_to_leave_a_message() {
    let shop = Shop::opening().hours("Mo-Fr 11:01-20:00").open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.wait("55 s");
    calls_and_listens(&shop, &ann);
    ann.speaks_for("4 s");
    shop.wait("4 s");
    assert!(shop.phones.iter().all(|phone| phone.calls_seen() == 0), "this call was decided");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.row().disposition, Some(Disposition::Message));
    shop.is_idle();
}

#[test]
fn a_service_that_stops_keeps_what_was_said() {
    let (shop, ann) = greeted();
    ann.speaks_for("1 min");
    shop.wait("5 s");
    shop.shuts_down();
    shop.wait("1 s");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    let row = shop.row();
    assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Message), Some(EndedBy::Network)));
    shop.is_idle();
}

#[test]
fn a_service_that_stops_during_the_greeting_hangs_up() {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.shuts_down();
    shop.wait("1 s");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    assert_eq!(shop.row().disposition, Some(Disposition::NoMessage));
    shop.is_idle();
}

#[test]
fn a_service_that_stops_before_anything_was_heard_says_503() {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(Some("200 ms"));
    ann.calls_through(Door::Sip);
    shop.wait("50 ms");
    shop.shuts_down();
    shop.wait("1 s");
    assert_eq!(ann.hears(), [100, 503]);
    shop.is_idle();
}

#[test]
fn an_answer_that_is_never_confirmed_ends_the_call() {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    ann.never_acks();
    ann.calls_through(Door::Sip);
    shop.wait("40 s");
    let row = shop.row();
    // The machine had heard silence for eight seconds, and wants to hang up; nobody is there.
    assert_eq!(row.disposition, Some(Disposition::NoMessage));
    assert!(!shop.sent_at(&ann, "BYE").is_empty(), "RFC 3261 §13.3.1.4");
    ann.hangs_up();
    shop.is_idle_on_our_side();
}

#[test]
fn an_invite_without_an_offer_is_greeted_after_its_answer() {
    let shop = Shop::closed();
    let mut ann = shop.caller("Ann", "+34600111222");
    ann.says.offers = false;
    calls_and_listens(&shop, &ann);
    ann.speaks_for("2 s");
    shop.wait("2 s");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.inbox().len(), 1);
    shop.is_idle();
}

#[test]
fn either_law_of_g711_will_do() {
    for payloads in ["0", "8", "8 101", "18 0 101"] {
        let shop = Shop::closed();
        let ann = shop.caller("Ann", "+34600111222").with_codecs(payloads);
        calls_and_listens(&shop, &ann);
        ann.speaks_for("2 s");
        shop.wait("2 s");
        ann.hangs_up();
        shop.wait("1 s");
        assert_eq!(shop.inbox()[0].voice, time("2 s"), "{payloads}");
        shop.is_idle();
    }
}

#[test]
fn an_offer_without_g711_gets_488() {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222").with_codecs("18");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(ann.hears(), [100, 488]);
    assert_eq!(shop.row().disposition, Some(Disposition::Refused));
    shop.is_idle();
}

#[test]
fn a_caller_who_changes_codec_in_the_middle_is_heard_on() {
    let (shop, ann) = greeted();
    ann.speaks_for("2 s");
    shop.wait("2 s");
    ann.offers(&Offers::direction("sendrecv").payloads("8 101"));
    shop.wait("100 ms");
    ann.speaks_for("2 s");
    shop.wait("2 s");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.inbox()[0].voice, time("4 s"));
    shop.is_idle();
}

#[test]
fn who_withholds_the_number_may_leave_a_message_too() {
    let shop = Shop::closed();
    let ann = shop.caller("Anonymous", "anonymous").with_header("Privacy", "id");
    calls_and_listens(&shop, &ann);
    ann.speaks_for("2 s");
    shop.wait("2 s");
    ann.hangs_up();
    shop.wait("1 s");
    assert!(shop.row().withheld && shop.row().caller.is_none());
    assert_eq!(shop.inbox().len(), 1);
    shop.is_idle();
}

#[test]
fn two_messages_at_once_are_two() {
    let shop = Shop::closed();
    let (ann, bea) = (shop.caller("Ann", "+34600111222"), shop.caller("Bea", "+34600111333"));
    ann.calls_through(Door::Sip);
    calls_and_listens(&shop, &bea);
    ann.speaks_for("2 s");
    bea.speaks_for("4 s");
    shop.wait("4 s");
    ann.hangs_up();
    bea.hangs_up();
    shop.wait("1 s");
    let mut voices: Vec<_> = shop.inbox().iter().map(|message| message.voice).collect();
    voices.sort();
    assert_eq!(voices, [time("2 s"), time("4 s")]);
    shop.is_idle();
}

#[test]
fn a_message_that_is_safe_too_late_is_kept_all_the_same() {
    let (shop, ann) = greeted();
    shop.disk_takes(Some("30 s"));
    ann.speaks_for("5 s");
    shop.wait("5 s");
    ann.hangs_up();
    shop.wait("12 s");
    assert_eq!((shop.row().disposition, shop.inbox().len()), (Some(Disposition::NoMessage), 0));
    shop.wait("20 s");
    assert_eq!(shop.inbox().len(), 1, "the log makes a message of its row");
    assert_eq!(shop.inbox()[0].call, shop.row().id);
    shop.is_idle();
}

#[test]
fn a_slow_disk_keeps_nobody_on_the_line() {
    let (shop, ann) = greeted();
    shop.disk_takes(Some("5 s"));
    ann.speaks_for("3 s");
    shop.wait("11200 ms");
    assert_eq!(ann.ends(), [End::TheyHungUp], "eight seconds of silence, whatever the disk does");
    assert!(shop.row().disposition.is_none());
    shop.wait("5 s");
    assert_eq!(shop.row().disposition, Some(Disposition::Message));
    shop.is_idle();
}

#[test]
fn a_greeting_that_never_ends_ends_the_call() {
    let shop = Shop::closed();
    shop.machine_is_dead();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("59 s");
    assert!(ann.ends().is_empty());
    shop.wait("2 s");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    let row = shop.row();
    assert_eq!((row.disposition, row.ended_by), (Some(Disposition::NoMessage), Some(EndedBy::Network)));
    shop.is_idle();
}

#[test]
fn a_recording_that_never_ends_ends_the_call() {
    let (shop, ann) = greeted();
    shop.machine_is_dead();
    shop.wait("191 s");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    shop.wait("11 s");
    assert_eq!(shop.row().disposition, Some(Disposition::NoMessage));
    assert_eq!(shop.events_of(EventKind::MessageLost).len(), 1);
    shop.is_idle();
}

#[test]
fn a_service_that_stops_before_the_answer_is_confirmed_keeps_what_was_said() {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    ann.never_acks();
    calls_and_listens(&shop, &ann);
    ann.speaks_for("1 min");
    shop.wait("5 s");
    shop.shuts_down();
    shop.wait("100 ms");
    assert_eq!(shop.row().disposition, Some(Disposition::Message), "no ACK is waited for");
    ann.hangs_up();
    shop.wait("40 s");
    shop.is_idle_on_our_side();
}

#[test]
fn nothing_rings_while_it_is_closed() {
    let (shop, ann) = greeted();
    ann.speaks_for("5 s");
    shop.wait("5 s");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!((shop.row().ring_ms(shop.wall()), shop.row().talk_ms(shop.wall())), (0, 0));
    shop.is_idle();
}
