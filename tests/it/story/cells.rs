//! Cells: rung through the carrier, asked for a key, and never the winner by picking up alone.

use ringall::call::record::{Disposition, EventKind};
use ringall::number::Number;
use ringall::routing::caller_id::CallerId;
use ringall::routing::plan::{Country, Language, Line};
use ringall::spoken_card;
use ringall::switchboard::PhoneBecause;

use super::trunk_registers::router;
use crate::cast::{Caller, Door, through_both_doors};
use crate::far_end::End;
use crate::machine::number;
use crate::shop::{Opening, Shop};

const CELL: &str = "+34600999111";

/// Counter, Workshop, and Ana's cell.
fn opening() -> Opening {
    Shop::opening().at_number("+34911234567").cell(2, CELL)
}

fn spain() -> Country {
    Country::parse("ES").expect("a country")
}

fn ringing(door: Door) -> (Shop, Caller) {
    ringing_in(door, opening().open())
}

fn ringing_in(door: Door, shop: Shop) -> (Shop, Caller) {
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(door);
    shop.wait("2 s");
    assert_eq!(shop.phones_that_ring(), 3);
    (shop, ann)
}

#[test]
fn a_phone_that_becomes_a_cell_meanwhile_is_asked_for_a_key_too() {
    through_both_doors(|door| {
        let shop = Shop::opening().at_number("+34911234567").cell(2, CELL).open();
        let cell = Line::Cell { number: number(CELL) };
        shop.changes(|wishes| wishes.phones[2].line = Line::Fixed { contact: "sip:ana@192.0.2.99".to_owned() });
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("3 s");
        assert!(!shop.ana.rings());
        shop.changes(|wishes| wishes.phones[2].line = cell);
        shop.wait("3 s");
        assert!(shop.ana.rings());
        shop.ana.picks_up();
        shop.wait("2 s");
        assert!(!ann.talks() && ann.hears_ringing(), "whatever picked up there has said nothing");
        shop.ana.presses('1');
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_cell_that_picks_up_has_the_call_only_when_a_key_is_pressed() {
    let (shop, ann) = ringing(Door::Sip);
    shop.ana.picks_up();
    shop.wait("2 s");
    assert!(shop.ana.is_spoken_to(), "who calls, and: press any key");
    assert!(ann.hears_ringing(), "nobody has the call yet");
    assert_eq!(shop.phones_that_ring(), 2, "the others ring on");
    shop.ana.presses('5');
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.ana));
    assert!(!shop.ana.is_spoken_to());
    assert_eq!(shop.phones_that_ring(), 0);
    assert!(!shop.counter.shows_missed_call() && !shop.workshop.shows_missed_call());
    assert_eq!(shop.events_of(EventKind::Screened), ["Ana"]);
    assert_eq!(shop.row().answered_by.as_deref(), Some("Ana"));
    assert_eq!(shop.row().ring_ms(shop.wall()), 4_000, "she rang until the key");
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn whoever_picks_up_a_cell_hears_who_calls_and_which_call_it_is() {
    through_both_doors(|door| {
        let shop = opening().knowing("+34600111222", "Jo Miller", 2).open();
        let jo = shop.a_voice_speaks("Jo Miller", "900 ms");
        let known = CallerId::Known(Number::parse("+34600111222", spain()).expect("a number"));
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        shop.ana.picks_up();
        shop.wait("1 s");
        let card = spoken_card::card(Language::En, spain(), Some(&jo), &known, 3);
        assert_eq!(card.text(), "Jo Miller, third call. Press any key.");
        assert_eq!(shop.questions(), [spoken_card::asked_twice(&card)], "twice");
        shop.workshop.picks_up();
        shop.wait("300 ms");
        let taken = spoken_card::taken(Language::En, None);
        assert_eq!(shop.questions()[1], spoken_card::once(&taken), "{}", taken.text());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_caller_without_a_spoken_name_is_said_digit_by_digit() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.ana.picks_up();
        shop.wait("1 s");
        let known = CallerId::Known(Number::parse("+34600111222", spain()).expect("a number"));
        let card = spoken_card::card(Language::En, spain(), None, &known, 1);
        assert_eq!(shop.questions(), [spoken_card::asked_twice(&card)]);
        ann.hangs_up();
        shop.wait("300 ms");
        let gone = spoken_card::gone(Language::En);
        assert_eq!(shop.questions()[1], spoken_card::once(&gone), "{}", gone.text());
        shop.is_idle();
    });
}

#[test]
fn a_mailbox_that_picks_up_is_dropped_and_never_has_the_call() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.ana.picks_up();
        shop.wait("39 s");
        assert_eq!(shop.ana.ends(), [End::TheyHungUp], "after hearing it twice");
        assert!(ann.hears_ringing());
        assert_eq!(shop.events_of(EventKind::NoKey), ["Ana"]);
        shop.wait("30 s");
        assert_eq!(shop.ana.calls_seen(), 1, "a mailbox would only pick up again");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_machine_that_never_says_that_it_has_spoken_does_not_keep_the_line() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.machine_is_dead();
        shop.ana.picks_up();
        shop.wait("41 s");
        assert_eq!(shop.ana.ends(), [End::TheyHungUp]);
        assert!(ann.hears_ringing());
        shop.counter.picks_up();
        shop.wait("1 s");
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn whoever_is_asked_while_a_colleague_picks_up_hears_so_and_is_hung_up() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.ana.picks_up();
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("500 ms");
        assert!(ann.talks_with(&shop.counter), "at once");
        assert!(shop.ana.talks() && shop.ana.is_spoken_to(), "Counter has it");
        shop.ana.presses('5');
        shop.wait("10 s");
        assert!(ann.talks_with(&shop.counter), "a key comes too late");
        assert_eq!(shop.ana.ends(), [End::TheyHungUp]);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn two_cells_press_a_key_in_the_same_millisecond_and_one_has_the_call() {
    through_both_doors(|door| {
        let (shop, ann) = ringing_in(door, opening().cell(1, "+34600999222").open());
        shop.ana.picks_up();
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(shop.ana.is_spoken_to() && shop.workshop.is_spoken_to());
        shop.workshop.presses('1');
        shop.ana.presses('1');
        shop.wait("10 s");
        assert!(ann.talks_with(&shop.ana), "the machine asked her first, and hears her first");
        assert_eq!(shop.workshop.ends(), [End::TheyHungUp]);
        shop.ana.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_caller_who_hangs_up_while_a_cell_is_asked_is_missed_and_the_cell_is_told() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.ana.picks_up();
        shop.wait("1 s");
        ann.hangs_up();
        shop.wait("300 ms");
        assert!(shop.ana.is_spoken_to(), "the caller has hung up");
        shop.wait("10 s");
        assert_eq!(shop.ana.ends(), [End::TheyHungUp]);
        assert_eq!(shop.row().disposition, Some(Disposition::Missed));
        shop.is_idle();
    });
}

#[test]
fn whoever_hangs_up_instead_of_pressing_a_key_is_not_rung_again() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.ana.picks_up();
        shop.wait("1 s");
        shop.ana.hangs_up();
        shop.wait("30 s");
        assert_eq!(shop.ana.calls_seen(), 1);
        assert!(ann.hears_ringing());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_cell_that_picks_up_after_a_colleague_hears_nothing_but_the_end() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.counter.picks_up();
        shop.ana.picks_up();
        shop.wait("2 s");
        assert!(ann.talks_with(&shop.counter));
        assert_eq!(shop.ana.ends(), [End::TheyHungUp]);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_carrier_is_asked_for_the_number_and_shown_the_shops() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        let invite = shop.asked_the_carrier().remove(0);
        assert_eq!(invite.uri(), format!("sip:{CELL}@203.0.113.250"));
        assert!(invite.must("from").starts_with("<sip:+34911234567@203.0.113.250>"), "{}", invite.must("from"));
        assert!(invite.get("p-asserted-identity").is_none() && !invite.write().contains("+34600111222"));
        assert_eq!(invite.payloads(), ["0", "8", "101"], "what every carrier speaks");
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_carrier_that_lets_it_pass_shows_the_caller_and_who_answers_for_it() {
    through_both_doors(|door| {
        let (shop, ann) = ringing_in(door, opening().showing_callers().open());
        let invite = shop.asked_the_carrier().remove(0);
        assert!(invite.must("from").starts_with("<sip:+34600111222@203.0.113.250>"), "{}", invite.must("from"));
        assert_eq!(invite.must("p-asserted-identity"), "<sip:+34911234567@203.0.113.250>");
        assert!(invite.must("diversion").starts_with("<sip:+34911234567@203.0.113.250>"));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_withheld_number_stays_withheld() {
    let shop = opening().showing_callers().open();
    let ann = shop.caller("Ann", "+34600111222").with_header("Privacy", "id");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let invite = shop.asked_the_carrier().remove(0);
    assert!(invite.must("from").starts_with("<sip:anonymous@anonymous.invalid>"), "{}", invite.must("from"));
    assert_eq!(invite.must("privacy"), "id");
    assert!(!invite.write().contains("+34600111222"));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_key_told_by_info_counts_too() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.ana.picks_up();
        shop.wait("1 s");
        shop.ana.asks("INFO", &[("Content-Type", "application/dtmf-relay")], "Signal=5\r\nDuration=160\r\n");
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_carrier_that_tells_of_no_keys_has_its_sound_listened_to() {
    through_both_doors(|door| {
        for (payloads, events) in [("0 101", Some(101)), ("8", None)] {
            let shop = opening().open();
            shop.ana.speaks(payloads);
            let (shop, ann) = ringing_in(door, shop);
            shop.ana.picks_up();
            shop.wait("1 s");
            let listens = shop.listens_for_keys();
            assert_eq!((listens.keys, listens.audio.len()), (events, 2), "{payloads}");
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn a_carrier_that_offers_anew_while_its_cell_is_asked_is_put_off() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.ana.picks_up();
        shop.wait("1 s");
        shop.ana.asks_for_an_offer();
        shop.wait("1 s");
        assert_eq!(shop.ana.answer_to("INVITE").code(), Some(491), "481 would end the call (RFC 3261 §12.2.1.2)");
        shop.ana.presses('5');
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_last_channel_is_the_next_customers() {
    let shop = opening().cell(1, "+34600999222").with_channels(3).open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    // Her call is one, one cell is the second, and the third is kept.
    assert_eq!(shop.phones_that_ring(), 2, "Counter and one of the two");
    let ben = shop.caller("Ben", "+34600333444");
    ben.calls_through(Door::Sip);
    shop.wait("2 s");
    assert!(ben.hears_ringing());
    ann.hangs_up();
    shop.wait("6 s");
    assert_eq!(shop.asked_the_carrier().len(), 2, "and now there is one for his");
    ben.hangs_up();
    shop.is_idle();
}

#[test]
fn a_carrier_that_asks_who_calls_is_answered_once() {
    through_both_doors(|door| {
        let shop = opening().registering_with(router()).calling_by_registrar().open();
        shop.wait("1 s");
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        assert_eq!(shop.phones_that_ring(), 3);
        assert_eq!(shop.registrar(|registrar| registrar.calls_challenged), 1);
        let invite = shop.ana.invite_sent();
        assert_eq!(invite.cseq(), (2, "INVITE"), "RFC 3261 §22.2: the same call, the next number");
        assert!(invite.must("from").starts_with("<sip:620@router.example>"), "the account: {}", invite.must("from"));
        shop.ana.picks_up();
        shop.wait("1 s");
        shop.ana.presses('5');
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.wait("1 s");
        super::trunk_registers::closes(&shop);
    });
}

#[test]
fn a_carrier_that_knows_another_password_is_not_asked_for_ever() {
    through_both_doors(|door| {
        let shop = opening().registering_with(router()).calling_by_registrar().open();
        shop.wait("1 s");
        shop.registrar(|registrar| registrar.changes_the_password());
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("10 s");
        assert!(shop.registrar(|registrar| registrar.calls_challenged) <= 3, "twice, the second time as stale");
        assert_eq!(shop.ana.calls_seen(), 0);
        assert!(ann.hears_ringing(), "the others ring");
        ann.hangs_up();
        shop.wait("1 s");
        super::trunk_registers::closes(&shop);
    });
}

#[test]
fn without_a_registration_no_cell_is_called() {
    through_both_doors(|door| {
        let shop = opening().registering_with(router()).calling_by_registrar().with_registrar_nowhere().open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        assert_eq!(shop.phones_that_ring(), 2);
        ann.hangs_up();
        shop.wait("1 s");
        super::trunk_registers::closes(&shop);
    });
}

/// Ann calls, the mailbox of Ana's cell picks up, and Counter has the call.
fn a_call_that_the_mailbox_picks_up(door: Door, shop: &Shop, ann: &Caller) {
    ann.calls_through(door);
    shop.wait("2 s");
    shop.ana.picks_up();
    shop.wait("30 s");
    assert_eq!(shop.ana.ends().last(), Some(&End::TheyHungUp));
    shop.counter.picks_up();
    shop.wait("1 s");
    ann.hangs_up();
    shop.wait("1 s");
}

#[test]
fn a_line_that_picks_up_three_times_without_a_key_is_rung_later_until_somebody_presses_one() {
    through_both_doors(|door| {
        let shop = opening().open();
        let ann = shop.caller("Ann", "+34600111222");
        for _ in 0..3 {
            assert_eq!(shop.why_rings("Ana"), PhoneBecause::InAWave);
            a_call_that_the_mailbox_picks_up(door, &shop, &ann);
        }
        assert_eq!(shop.why_rings("Ana"), PhoneBecause::ALikelyMailbox, "the page says so, and what to do");
        let told = shop.notices().into_iter().map(|(_, _, due)| due.notice.code()).collect::<Vec<_>>();
        assert_eq!((told, shop.standing_notices().len()), (vec!["likely_mailbox"], 1), "and so is the owner, once");
        ann.calls_through(door);
        shop.wait("14 s");
        assert_eq!(shop.phones_that_ring(), 2);
        shop.wait("2 s");
        assert_eq!(shop.phones_that_ring(), 3);
        shop.ana.picks_up();
        shop.wait("1 s");
        shop.ana.presses('5');
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.wait("1 s");
        assert_eq!(shop.why_rings("Ana"), PhoneBecause::InAWave, "a person after all");
        assert_eq!((shop.notices().len(), shop.standing_notices().len()), (1, 0));
        shop.is_idle();
    });
}

#[test]
fn a_line_that_picks_up_without_a_key_is_rung_at_once_where_nobody_else_can_be() {
    through_both_doors(|door| {
        let shop = opening().cell(0, "+34600999333").cell(1, "+34600999222").later(0, "100 s").later(1, "100 s").open();
        let ann = shop.caller("Ann", "+34600111222");
        for _ in 0..3 {
            ann.calls_through(door);
            shop.wait("2 s");
            shop.ana.picks_up();
            shop.wait("30 s");
            ann.hangs_up();
            shop.wait("1 s");
        }
        assert_eq!(shop.why_rings("Ana"), PhoneBecause::ALikelyMailbox);
        ann.calls_through(door);
        shop.wait("2 s");
        assert!(shop.ana.rings(), "no wave waits while nothing rings");
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_restart_remembers_which_lines_picked_up_without_a_key() {
    through_both_doors(|door| {
        let shop = opening().open();
        let ann = shop.caller("Ann", "+34600111222");
        (0..2).for_each(|_| a_call_that_the_mailbox_picks_up(door, &shop, &ann));
        shop.restarts();
        shop.wait("1 s");
        a_call_that_the_mailbox_picks_up(door, &shop, &ann);
        assert_eq!(shop.why_rings("Ana"), PhoneBecause::ALikelyMailbox, "two before, one after");
        shop.is_idle();
    });
}
