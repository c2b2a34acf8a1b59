//! Somebody dials `*8` and has the call that waits the longest, whatever telephone they stand at: one that rings, or else one
//! that the closed shop's machine has taken.

use ringall::call::record::{Disposition, EndedBy, EventKind};

use crate::carrier_sip::Says;
use crate::cast::{Caller, Door, Phone, through_both_doors};
use crate::far_end::End;
use crate::in_dialog::Offers;
use crate::registering::Account;
use crate::shop::{Opening, Shop};
use ringall::switchboard::NotRung;

const PICK_UP: &str = "*8";

/// Counter and Workshop ring for Ann; Ana's phone would only after a minute.
fn rings_elsewhere(door: Door) -> (Shop, Caller) {
    let shop = Shop::opening().later(2, "60 s").open();
    let ann = shop.ann_calls(door);
    shop.wait("5 s");
    assert!(ann.hears_ringing() && shop.ana.calls_seen() == 0);
    (shop, ann)
}

/// The same, where Ana's phone has connected: what comes from there comes from nobody else.
fn rings_elsewhere_and_ana_is_connected(door: Door) -> (Shop, Caller) {
    let shop = Shop::opening().later(2, "60 s").by_stream(2).open();
    let ann = shop.ann_calls(door);
    shop.wait("5 s");
    (shop, ann)
}

/// The row of Ann's call is durable after 200 ms; after 50 Ana, whose phone has connected, dials for it.
fn ana_dials_before_the_row_is_durable(opening: Opening, door: Door) -> (Shop, Caller) {
    let shop = opening.by_stream(2).open();
    shop.store_takes(Some("200 ms"));
    let ann = shop.ann_calls(door);
    shop.wait("50 ms");
    shop.ana.calls_user(PICK_UP);
    (shop, ann)
}

/// Ann has heard the greeting of the closed shop, and the beep.
fn at_the_machine(door: Door) -> (Shop, Caller) {
    let shop = Shop::closed();
    let ann = shop.ann_calls(door);
    shop.wait("8 s");
    assert_eq!(shop.events_of(EventKind::Greeted).len(), 1);
    (shop, ann)
}

fn told(phone: &Phone) -> (Option<u16>, String) {
    let answer = phone.answer_to("INVITE");
    (answer.code(), answer.get("warning").unwrap_or_default().to_owned())
}

#[test]
fn a_phone_that_does_not_ring_has_the_call_that_does() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        shop.ana.calls_user(PICK_UP);
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        assert_eq!(shop.phones_that_ring(), 0);
        assert!(!shop.counter.shows_missed_call() && !shop.workshop.shows_missed_call(), "a colleague has the call");
        ann.hangs_up();
        shop.is_idle();
        let row = shop.row();
        assert_eq!((row.disposition, row.answered_by.as_deref()), (Some(Disposition::Answered), Some("Ana")));
        assert_eq!(row.ended_by, Some(EndedBy::Caller));
        assert_eq!(shop.events_of(EventKind::Answered), ["Ana"]);
        assert_eq!(shop.events_of(EventKind::Stopped), ["Counter", "Workshop"]);
    });
}

#[test]
fn who_writes_a_phones_address_has_nobodys_call() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        shop.ana.act(|far_end, _| far_end.audio = "198.51.100.9:4000".parse().expect("an address"));
        shop.ana.calls_user(PICK_UP);
        shop.wait("1 s");
        assert_eq!(told(&shop.ana).0, Some(403), "the sound would go elsewhere");
        assert_eq!((ann.hears_ringing(), shop.phones_that_ring()), (true, 2));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn it_is_told_who_calls() {
    let (shop, ann) = rings_elsewhere(Door::Sip);
    shop.ana.calls_user(PICK_UP);
    shop.wait("1 s");
    let ok = shop.ana.got("200 INVITE").remove(0);
    let shown = ok.must("p-asserted-identity");
    assert!(shown.starts_with("\"Ann 1st call\" <sip:+34600111222@"), "{shown}");
    shop.ana.hangs_up();
    shop.wait("1 s");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    shop.is_idle();
    assert_eq!(shop.row().ended_by, Some(EndedBy::Staff));
}

#[test]
fn a_phone_that_rings_may_take_the_call_so_too_and_shows_none_missed() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.ann_calls(door);
        shop.wait("5 s");
        shop.workshop.calls_user(PICK_UP);
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.workshop));
        assert!(!shop.workshop.rings() && !shop.workshop.shows_missed_call());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_customer_who_waits_the_longest_is_first_and_a_colleague_last() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(2, "60 s").open();
        shop.workshop.calls_user("counter");
        shop.wait("1 s");
        let (ann, ben) = (shop.caller("Ann", "+34600111222"), shop.caller("Ben", "+34600333444"));
        ben.calls_through(door);
        shop.wait("1 s");
        ann.calls_through(door);
        shop.wait("1 s");
        for somebody in [&ben as &Phone, &ann, &shop.workshop] {
            shop.ana.calls_user(PICK_UP);
            shop.wait("1 s");
            assert!(somebody.talks_with(&shop.ana));
            shop.ana.hangs_up();
            shop.wait("1 s");
        }
        shop.is_idle();
        assert_eq!(shop.log().len(), 3);
    });
}

#[test]
fn nobody_can_pick_up_their_own_call() {
    let shop = Shop::open();
    shop.workshop.calls_user("counter");
    shop.wait("1 s");
    shop.workshop.calls_user(PICK_UP);
    shop.wait("1 s");
    assert_eq!(told(&shop.workshop).0, Some(404));
    shop.workshop.hangs_up();
    shop.is_idle();
}

#[test]
fn where_nobody_calls_it_is_said_so_in_words() {
    let shop = Shop::open();
    shop.workshop.calls_user(PICK_UP);
    shop.wait("1 s");
    assert_eq!(told(&shop.workshop), (Some(404), "399 ringall \"Nobody is calling now.\"".to_owned()));
    shop.is_idle();
    assert!(shop.log().is_empty(), "it was no call");
}

#[test]
fn two_who_dial_in_the_same_millisecond_are_one_winner() {
    through_both_doors(|door| {
        let opening = || Shop::opening().later(1, "60 s").later(2, "60 s");
        for (opening, by_datagram) in [(opening().by_stream(1).by_stream(2), false), (opening(), true)] {
            let shop = opening.open();
            let ann = shop.ann_calls(door);
            shop.wait("5 s");
            shop.workshop.calls_user(PICK_UP);
            shop.ana.calls_user(PICK_UP);
            shop.wait("1 s");
            assert!(ann.talks_with(&shop.workshop) && !shop.ana.talks());
            match by_datagram {
                false => assert_eq!(told(&shop.ana).0, Some(404)),
                true => assert_eq!(shop.ana.ends(), [End::TheyHungUp], "it had been asked whether it is there"),
            }
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn who_is_not_where_they_write_that_they_are_takes_nobodys_call() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        // Our answers go to the real telephone, which has not dialled and acknowledges nothing.
        shop.ana.never_acks();
        shop.ana.calls_user(PICK_UP);
        shop.wait("10 s");
        assert!(ann.hears_ringing() && ann.answers().iter().all(|code| *code < 200), "nobody took her anywhere");
        assert!(shop.counter.rings() && shop.workshop.rings());
        ann.is_answered_at(&shop.counter, &shop);
        shop.wait("30 s");
        assert!(ann.talks_with(&shop.counter), "and the end of it is no end of her call");
        ann.hangs_up();
        shop.is_idle();
        assert_eq!(shop.row().answered_by.as_deref(), Some("Counter"));
    });
}

#[test]
fn whoever_writes_an_address_again_and_again_does_not_keep_the_telephone_there_from_its_call() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        shop.ana.act(|far_end, _| far_end.acks = false);
        for _ in 0..20 {
            shop.ana.calls_user(PICK_UP);
        }
        shop.wait("5 s");
        let said = shop.ana.got("200 INVITE").len();
        assert!((20..=20 + 4 * 4).contains(&said), "{said} answers to nobody");
        assert!(ann.hears_ringing() && shop.counter.rings());
        shop.ana.act(|far_end, _| far_end.acks = true);
        shop.ana.calls_user(PICK_UP);
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.wait("40 s");
        shop.is_idle_on_our_side();
    });
}

#[test]
fn a_telephone_that_has_to_show_itself_is_asked_for_no_call_whose_row_is_not_durable() {
    let shop = Shop::opening().later(2, "60 s").open();
    shop.store_takes(Some("200 ms"));
    let ann = shop.ann_calls(Door::Sip);
    shop.wait("50 ms");
    shop.ana.calls_user(PICK_UP);
    shop.wait("50 ms");
    assert_eq!(told(&shop.ana), (Some(480), "399 ringall \"Try again in a moment.\"".to_owned()));
    shop.wait("200 ms");
    shop.ana.calls_user(PICK_UP);
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.ana));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn who_dials_and_who_lifts_the_ringing_phone_in_the_same_millisecond_are_one_winner() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere_and_ana_is_connected(door);
        shop.ana.calls_user(PICK_UP);
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana) && !shop.counter.talks());
        assert_eq!(shop.events_of(EventKind::TooLate), ["Counter"]);
        ann.hangs_up();
        shop.is_idle();

        let (shop, ann) = rings_elsewhere_and_ana_is_connected(door);
        shop.counter.picks_up();
        shop.ana.calls_user(PICK_UP);
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        assert_eq!(told(&shop.ana).0, Some(404));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_caller_who_gives_up_in_the_same_millisecond_leaves_nobody_on_the_phone() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        shop.ana.calls_user(PICK_UP);
        ann.hangs_up();
        shop.wait("5 s");
        assert!(!shop.ana.talks() && !ann.talks());
        shop.is_idle();

        let (shop, ann) = rings_elsewhere(door);
        ann.hangs_up();
        shop.ana.calls_user(PICK_UP);
        shop.wait("5 s");
        assert_eq!((told(&shop.ana).0, shop.row().disposition), (Some(404), Some(Disposition::Missed)));
        shop.is_idle();
    });
}

#[test]
fn a_person_interrupts_the_greeting() {
    let shop = Shop::closed();
    let ann = shop.ann_calls(Door::Sip);
    shop.wait("2 s");
    assert!(ann.packets_of_the_machine() > 0);
    shop.counter.calls_user(PICK_UP);
    shop.wait("20 s");
    assert!(ann.talks_with(&shop.counter));
    assert_eq!(ann.answers(), [100, 200], "her telephone hears of nothing");
    ann.hangs_up();
    shop.is_idle();
    let row = shop.row();
    assert_eq!((row.disposition, row.answered_by.as_deref()), (Some(Disposition::Answered), Some("Counter")));
    assert!(row.talk_ms(shop.wall()) >= 19_000 && shop.inbox().is_empty());
    assert_eq!(shop.events_of(EventKind::Greeted).len(), 0);
}

#[test]
fn a_person_interrupts_the_recording_and_what_was_said_is_kept() {
    let (shop, ann) = at_the_machine(Door::Sip);
    ann.speaks_for("5 s");
    shop.wait("3 s");
    shop.counter.calls_user(PICK_UP);
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    let [message] = shop.inbox()[..] else { panic!("one message: {:?}", shop.inbox()) };
    assert!(message.length.as_millis() >= 2900 && message.call == shop.row().id);
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.row().disposition, Some(Disposition::Answered), "somebody spoke with her");
    assert_eq!(shop.inbox().len(), 1);
}

#[test]
fn a_recording_in_which_nobody_had_spoken_is_none() {
    let (shop, ann) = at_the_machine(Door::Sip);
    shop.counter.calls_user(PICK_UP);
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    shop.counter.hangs_up();
    shop.is_idle();
    assert!(shop.inbox().is_empty());
    assert_eq!(shop.events_of(EventKind::MessageLost).len(), 0);
}

#[test]
fn what_a_slow_disk_keeps_after_they_have_hung_up_is_kept_all_the_same() {
    let (shop, ann) = at_the_machine(Door::Sip);
    shop.disk_takes(Some("3 s"));
    ann.speaks_for("5 s");
    shop.wait("3 s");
    shop.counter.calls_user(PICK_UP);
    shop.wait("1 s");
    ann.hangs_up();
    shop.wait("5 s");
    assert_eq!(shop.inbox().len(), 1);
    assert_eq!(shop.row().disposition, Some(Disposition::Answered));
    shop.is_idle();
}

#[test]
fn who_hangs_up_at_the_machine_as_somebody_dials_has_left_a_message() {
    let (shop, ann) = at_the_machine(Door::Sip);
    ann.speaks_for("5 s");
    shop.wait("3 s");
    ann.hangs_up();
    shop.counter.calls_user(PICK_UP);
    shop.wait("1 s");
    assert_eq!((told(&shop.counter).0, shop.row().disposition), (Some(404), Some(Disposition::Message)));
    shop.is_idle();
}

#[test]
fn neither_hears_the_other_before_the_row_is_durable() {
    let (shop, ann) = ana_dials_before_the_row_is_durable(Shop::opening().later(2, "60 s"), Door::Sip);
    shop.wait("100 ms");
    assert_eq!((ann.answers(), shop.ana.got("200 INVITE").len()), (vec![100], 0));
    shop.wait("200 ms");
    assert!(ann.talks_with(&shop.ana));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn who_dials_and_hangs_up_before_the_row_is_durable_was_never_there() {
    let (shop, ann) = ana_dials_before_the_row_is_durable(Shop::opening().later(2, "60 s"), Door::Sip);
    shop.wait("50 ms");
    assert_eq!(shop.phones_that_ring(), 0);
    shop.ana.hangs_up();
    shop.wait("5 s");
    assert_eq!(shop.ana.ends(), [End::Refused(487)]);
    assert!(ann.hears_ringing() && ann.answers().contains(&180), "as if nobody had dialled");
    assert!(shop.counter.rings() && shop.workshop.rings() && !shop.ana.rings());
    assert_eq!((shop.row().answered, shop.row().answered_by, shop.row().disposition), (None, None, None));
    ann.is_answered_at(&shop.counter, &shop);
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.row().answered_by.as_deref(), Some("Counter"));
}

#[test]
fn a_phone_with_one_line_that_has_not_let_go_yet_rings_again() {
    let shop = Shop::opening().later(2, "60 s").by_stream(2).open();
    shop.store_takes(Some("200 ms"));
    shop.loses_from(&shop.workshop, "487 INVITE", 2);
    let ann = shop.ann_calls(Door::Sip);
    shop.wait("50 ms");
    shop.ana.calls_user(PICK_UP);
    shop.wait("50 ms");
    shop.ana.hangs_up();
    shop.wait("300 ms");
    assert!(shop.workshop.rings(), "that of before is not over for us");
    shop.workshop.refuses(486);
    shop.wait("1 s");
    assert!(shop.counter.rings() && !shop.workshop.rings() && ann.hears_ringing());
    shop.wait("6 s");
    assert!(shop.workshop.rings(), "nobody has said no there");
    ann.is_answered_at(&shop.workshop, &shop);
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn who_dials_at_the_greeting_and_hangs_up_before_the_row_is_durable_leaves_it_to_the_machine() {
    let (shop, ann) = ana_dials_before_the_row_is_durable(Shop::opening().hours("Mo-Fr 16:30-20:00"), Door::Sip);
    shop.wait("50 ms");
    shop.ana.hangs_up();
    shop.wait("8 s");
    assert_eq!(shop.ana.ends(), [End::Refused(487)]);
    assert!(ann.packets_of_the_machine() > 0);
    assert_eq!((shop.greetings(), shop.events_of(EventKind::Greeted).len()), (1, 1));
    ann.hangs_up();
    shop.is_idle();
    assert_eq!((shop.row().disposition, shop.row().answered_by), (Some(Disposition::NoMessage), None));
}

#[test]
fn who_lifts_the_receiver_and_puts_it_down_before_the_row_is_durable_has_said_no() {
    let shop = Shop::opening().later(2, "60 s").open();
    shop.store_takes(Some("240 ms"));
    let ann = shop.ann_calls(Door::Sip);
    shop.wait("50 ms");
    shop.counter.picks_up();
    shop.wait("50 ms");
    shop.counter.hangs_up();
    shop.wait("5 s");
    assert!(ann.hears_ringing() && shop.workshop.rings() && !shop.counter.rings());
    ann.is_answered_at(&shop.workshop, &shop);
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_caller_who_gives_up_before_the_row_is_durable_leaves_the_dialling_phone_alone() {
    let (shop, ann) = ana_dials_before_the_row_is_durable(Shop::opening().later(2, "60 s"), Door::Sip);
    shop.wait("50 ms");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!((ann.ends(), shop.ana.ends()), (vec![End::Refused(487)], vec![End::Refused(480)]));
    assert_eq!(shop.row().disposition, Some(Disposition::Missed));
    shop.is_idle();
}

#[test]
fn the_phone_is_hung_up_on_once_it_has_acknowledged() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        shop.loses_from(&shop.ana, "ACK", 1);
        shop.ana.calls_user(PICK_UP);
        shop.wait("100 ms");
        ann.hangs_up();
        shop.wait("100 ms");
        assert!(shop.ana.got("BYE").is_empty(), "RFC 3261 §15: not before its ACK");
        shop.wait("2 s");
        assert_eq!(shop.ana.ends(), [End::TheyHungUp]);
        shop.is_idle();
        // A phone whose connection says who it is has the call at once; it is hung up on no sooner.
        let (shop, ann) = rings_elsewhere_and_ana_is_connected(door);
        shop.ana.never_acks();
        shop.ana.calls_user(PICK_UP);
        shop.wait("100 ms");
        ann.hangs_up();
        shop.wait("30 s");
        assert!(shop.ana.got("BYE").is_empty());
        shop.wait("10 s");
        assert_eq!(shop.ana.ends(), [End::TheyHungUp], "it is not left there for ever");
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_never_acknowledges_ends_the_call() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere_and_ana_is_connected(door);
        shop.ana.never_acks();
        shop.ana.calls_user(PICK_UP);
        shop.wait("40 s");
        assert_eq!(ann.ends(), [End::TheyHungUp]);
        assert_eq!(shop.row().ended_by, Some(EndedBy::Network));
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_could_not_be_heard_gets_488_and_the_call_rings_on() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        let unheard = [
            Says { payloads: "18 101".to_owned(), ..Says::calling(PICK_UP) },
            Says { offers: false, ..Says::calling(PICK_UP) },
        ];
        for says in unheard {
            shop.ana.dials(&says);
            shop.wait("1 s");
            assert_eq!(told(&shop.ana).0, Some(488));
            assert!(ann.hears_ringing() && shop.counter.rings());
        }
        ann.is_answered_at(&shop.counter, &shop);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn laws_are_converted_and_a_late_offer_is_waited_for() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(2, "60 s").open();
        let ann = shop.caller("Ann", "+34600111222").with_codecs("8 101");
        let mut ben = shop.caller("Ben", "+34600333444");
        ben.says.offers = false;
        for (caller, ana_speaks) in [(&ann, "0 101"), (&ben, "8 101")] {
            caller.calls_through(door);
            shop.wait("1 s");
            shop.ana.dials(&Says { payloads: ana_speaks.to_owned(), ..Says::calling(PICK_UP) });
            shop.wait("1 s");
            assert!(caller.talks_with(&shop.ana), "{}", caller.name());
            caller.hangs_up();
            shop.wait("1 s");
        }
        shop.is_idle();
    });
}

#[test]
fn who_took_the_call_holds_it_and_takes_it_back() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        shop.ana.calls_user(PICK_UP);
        shop.wait("1 s");
        shop.ana.offers(&Offers::direction("sendonly"));
        shop.wait("1 s");
        assert!(!ann.is_heard_by(&shop.ana));
        shop.ana.offers(&Offers::direction("sendrecv"));
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        assert_eq!(shop.events_of(EventKind::Held), ["Ana"]);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn it_is_busy_for_the_next_caller_and_free_again() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        shop.counter.refuses(603);
        shop.workshop.calls_user(PICK_UP);
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.workshop));
        let ben = shop.ben_calls(door);
        shop.wait("1 s");
        assert!(shop.counter.rings() && !shop.workshop.rings());
        ann.hangs_up();
        shop.wait("1 s");
        assert!(shop.workshop.rings(), "it is free, and joins");
        ben.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_registers_proves_who_it_is_and_a_stranger_hears_nothing() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let mut counter = Account::of("counter");
        counter.is_registered(&shop, &shop.counter);
        let ann = shop.ann_calls(door);
        shop.wait("1 s");
        shop.counter.calls_user(PICK_UP);
        let thief = shop.telephone("Thief", "198.51.100.9:5060");
        thief.calls_user(PICK_UP);
        shop.wait("1 s");
        assert_eq!(told(&shop.counter).0, Some(401));
        assert!(thief.heard().is_empty() && ann.hears_ringing());
        counter.calls(&shop, &shop.counter, PICK_UP);
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        thief.hangs_up();
        shop.wait("40 s");
        shop.is_idle_on_our_side();
    });
}

#[test]
fn a_carrier_that_calls_the_code_has_called_a_number() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        let ben = shop.caller("Ben", "+34600333444").calling_number(PICK_UP);
        ben.calls_through(door);
        shop.wait("1 s");
        assert!(ann.hears_ringing() && !ben.talks());
        ann.hangs_up();
        ben.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_calls_of_another_shop_are_not_theirs_to_take() {
    through_both_doors(|door| {
        let shop = Shop::opening().at_number("+34911234567").later(2, "60 s").open();
        let elsewhere = shop.telephone("Norte", "192.0.2.90:5060");
        shop.has_a_sister("+34911234568", &[&elsewhere]);
        shop.wait("1 s");
        let ann = shop.ann_calls(door);
        shop.wait("1 s");
        elsewhere.calls_user(PICK_UP);
        shop.wait("1 s");
        assert_eq!(told(&elsewhere).0, Some(404));
        assert!(ann.hears_ringing());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn somebody_at_the_page_has_a_phone_rung_that_does_not_and_lifts_it() {
    let (shop, ann) = rings_elsewhere(Door::Sip);
    assert_eq!(shop.picks_up_at(&shop.ana, "+34600111222"), Ok(()));
    shop.wait("1 s");
    assert!(shop.ana.rings());
    assert_eq!(shop.ana.display(), ("Ann 1st call".to_owned(), "+34600111222".to_owned()));
    ann.is_answered_at(&shop.ana, &shop);
    assert!(shop.phones_that_ring() == 0 && !shop.counter.shows_missed_call());
    ann.hangs_up();
    shop.is_idle();
    let row = shop.row();
    assert_eq!((row.disposition, row.answered_by.as_deref()), (Some(Disposition::Answered), Some("Ana")));
}

#[test]
fn a_phone_that_rings_for_the_call_already_is_not_rung_twice() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        assert_eq!(shop.picks_up_at(&shop.counter, "+34600111222"), Ok(()));
        shop.wait("1 s");
        assert_eq!(shop.counter.calls_seen(), 1);
        ann.is_answered_at(&shop.counter, &shop);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_said_no_rings_again_for_who_asks_at_the_page() {
    through_both_doors(|door| {
        let (shop, ann) = rings_elsewhere(door);
        shop.counter.refuses(603);
        shop.wait("10 s");
        assert!(!shop.counter.rings());
        assert_eq!(shop.picks_up_at(&shop.counter, "+34600111222"), Ok(()));
        shop.wait("1 s");
        ann.is_answered_at(&shop.counter, &shop);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn who_leaves_a_message_is_picked_up_from_the_page() {
    let (shop, ann) = at_the_machine(Door::Sip);
    ann.speaks_for("3 s");
    shop.wait("3 s");
    assert_eq!(shop.picks_up_at(&shop.counter, "+34600111222"), Ok(()));
    shop.wait("1 s");
    assert_eq!(shop.counter.display().0, "Ann 1st call");
    assert!(shop.counter.rings() && shop.workshop.calls_seen() == 0);
    ann.is_answered_at(&shop.counter, &shop);
    shop.counter.hangs_up();
    shop.wait("1 s");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    shop.is_idle();
    assert_eq!((shop.row().disposition, shop.inbox().len()), (Some(Disposition::Answered), 1), "and what she said");
}

#[test]
fn who_hears_the_greeting_is_picked_up_from_the_page() {
    let shop = Shop::closed();
    let ann = shop.ann_calls(Door::Sip);
    shop.wait("2 s");
    assert_eq!(shop.picks_up_at(&shop.counter, "+34600111222"), Ok(()));
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter) && !shop.counter.is_spoken_to());
    ann.hangs_up();
    shop.is_idle();
    assert!(shop.inbox().is_empty());
}

#[test]
fn a_phone_that_says_no_leaves_the_caller_at_the_machine() {
    let (shop, ann) = at_the_machine(Door::Sip);
    shop.picks_up_at(&shop.counter, "+34600111222").expect("a free phone");
    shop.wait("1 s");
    shop.counter.refuses(486);
    ann.speaks_for("3 s");
    shop.wait("4 s");
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.row().disposition, Some(Disposition::Message));
}

#[test]
fn a_caller_who_is_gone_meanwhile_rings_nowhere() {
    let (shop, ann) = at_the_machine(Door::Sip);
    shop.picks_up_at(&shop.counter, "+34600111222").expect("a free phone");
    shop.wait("1 s");
    ann.hangs_up();
    shop.wait("1 s");
    assert!(!shop.counter.rings());
    assert_eq!(shop.counter.reasons(), ["Q.850;cause=16"]);
    assert_eq!(shop.picks_up_at(&shop.counter, "+34600111222"), Err(NotRung::Gone));
    shop.is_idle();

    let (shop, ann) = rings_elsewhere(Door::Sip);
    shop.picks_up_at(&shop.ana, "+34600111222").expect("a free phone");
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert_eq!(shop.ana.reasons()[0], "SIP;cause=200;text=\"Call completed elsewhere\"");
    assert_eq!(shop.picks_up_at(&shop.ana, "+34600111222"), Err(NotRung::Gone));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_pick_up_that_crosses_the_callers_hang_up_is_hung_up_on() {
    let (shop, ann) = at_the_machine(Door::Sip);
    shop.picks_up_at(&shop.counter, "+34600111222").expect("a free phone");
    shop.wait("1 s");
    ann.hangs_up();
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(!shop.counter.talks() && shop.counter.ends().last() == Some(&End::TheyHungUp));
    shop.is_idle();
}
