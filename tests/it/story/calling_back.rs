//! Customers are called back: the phones ring once for whoever has just given up, or one of them for somebody who asks for it
//! at the page; who lifts it is put through. And who was called and calls in returns that call.

use ringall::call::record::{Direction, Disposition, EndedBy, EventKind};
use ringall::owed::is_unanswered;
use ringall::routing::plan::{Country, Language};
use ringall::routing::{Because, NotDialled};
use ringall::switchboard::NotRung;

use crate::cast::{Caller, Door, Phone, through_both_doors};
use crate::far_end::End;
use crate::machine::number;
use crate::phone::Habit;
use crate::registering::Account;
use crate::shop::{Opening, Shop};

const JO: &str = "+34600999888";
/// A colleague has the call, so none is shown as missed (RFC 3326).
const ELSEWHERE: &str = "SIP;cause=200;text=\"Call completed elsewhere\"";

/// Counter and Ana register; Workshop has its fixed place. The owner knows Jo.
fn opening() -> Opening {
    Shop::opening().at_number("+34911234567").registering(0).registering(2).knowing(JO, "Jo Miller", 2)
}

fn open(opening: Opening) -> (Shop, Account) {
    let shop = opening.open();
    let mut counter = Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    Account::of("ana").is_registered(&shop, &shop.ana);
    (shop, counter)
}

/// Jo calls, waits so long, and hangs up.
fn gives_up_after(door: Door, shop: &Shop, jo: &Caller, waited: &str) {
    jo.calls_through(door);
    shop.wait(waited);
    jo.hangs_up();
    shop.wait("1 s");
}

/// How often these phones have been rung.
fn rung(phones: &[&Phone]) -> Vec<usize> {
    phones.iter().map(|phone| phone.calls_seen()).collect()
}

/// Jo has given up after 15 seconds, a second ago.
fn jo_gave_up(door: Door, opening: Opening) -> (Shop, Account, Caller) {
    let (shop, counter) = open(opening);
    let jo = shop.caller("Jo", JO);
    gives_up_after(door, &shop, &jo, "15 s");
    assert_eq!(rung(&[&shop.counter, &shop.ana]), [1, 1]);
    (shop, counter, jo)
}

/// The same, and her phone at home is known to the carrier; the call back rings.
fn rings_back(door: Door) -> (Shop, Account, Phone) {
    let (shop, counter, _) = jo_gave_up(door, opening());
    let home = shop.outside("Jo at home", JO);
    shop.wait("19500 ms");
    assert!(shop.counter.rings() && shop.ana.rings());
    (shop, counter, home)
}

#[test]
fn nobody_rings_for_who_does_not_want_to_be_called_back() {
    through_both_doors(|door| {
        let (shop, _, _) = jo_gave_up(door, opening().never_calling_back(JO));
        shop.wait("30 s");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [1, 1], "for her call alone");
        shop.is_idle();
    });
}

#[test]
fn free_phones_ring_once_for_a_caller_who_gave_up() {
    through_both_doors(|door| {
        let (shop, _, _) = jo_gave_up(door, opening());
        shop.wait("18 s");
        assert_eq!(shop.phones_that_ring(), 0, "not before 20 s have passed");
        shop.wait("2 s");
        assert!(shop.counter.rings() && shop.ana.rings());
        assert_eq!(shop.workshop.calls_seen(), 1, "its address alone proves nothing: it calls nobody outside");
        assert_eq!(shop.counter.display(), ("MISSED Jo Miller".to_owned(), JO.to_owned()));
        shop.wait("19 s");
        assert!(shop.counter.rings());
        shop.wait("2 s");
        assert_eq!((shop.phones_that_ring(), rung(&[&shop.counter, &shop.ana])), (0, vec![2, 2]));
        assert_eq!(shop.counter.reasons(), ["Q.850;cause=19"]);
        shop.wait("10 min");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [2, 2], "once");
        shop.is_idle();
        assert!(is_unanswered(&shop.row()), "whom nobody called is still owed a call, and nothing else is in the log");
    });
}

#[test]
fn a_spanish_shop_says_so_in_spanish() {
    through_both_doors(|door| {
        let (shop, _, _) = jo_gave_up(door, opening().speaking(Language::Es));
        shop.wait("20 s");
        assert_eq!(shop.counter.display().0, "PERDIDA Jo Miller");
        shop.wait("1 min");
        shop.is_idle();
    });
}

#[test]
fn whoever_lifts_hears_that_it_rings_and_is_put_through() {
    through_both_doors(|door| {
        let (shop, _, home) = rings_back(door);
        let name = shop.a_voice_speaks("Jo Miller", "1 s");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(home.rings() && !shop.ana.rings());
        assert_eq!(shop.ana.reasons()[0], ELSEWHERE);
        assert!(shop.counter.is_spoken_to(), "the ringing tone");
        let sounds = shop.questions().pop().expect("something to hear");
        assert!(sounds.iter().any(|sound| sound.samples() == name.samples.len()), "and whom we call");
        let invite = home.invite_sent();
        assert!(invite.must("from").starts_with("<sip:+34911234567@"), "{}", invite.must("from"));
        assert!(!invite.write().contains("ounter"), "nothing of the phone's");
        home.picks_up();
        shop.wait("1 min");
        assert!(shop.counter.talks_with(&home));
        home.hangs_up();
        shop.wait("1 s");
        assert_eq!(shop.counter.ends().last(), Some(&End::TheyHungUp));
        shop.is_idle();
        let row = shop.log().pop().expect("a row of its own");
        assert_eq!((row.direction, row.because, row.caller), (Direction::Out, Because::CalledOut, Some(number(JO))));
        assert_eq!((row.disposition, row.answered_by.as_deref()), (Some(Disposition::Answered), Some("Counter")));
        assert_eq!((row.caller_raw.as_str(), row.caller_display.as_str()), ("counter", "Counter"));
        assert_eq!(row.ended_by, Some(EndedBy::Caller));
        assert_eq!(row.started.since(shop.log()[0].started) / 1000, 35, "it began when somebody lifted the phone");
        let kinds: Vec<EventKind> =
            shop.events().into_iter().filter(|event| event.call == row.id).map(|event| event.kind).collect();
        assert_eq!(
            kinds,
            [EventKind::Lifted, EventKind::Dialled, EventKind::RingsThere, EventKind::AnsweredThere, EventKind::Ended]
        );
    });
}

#[test]
fn whoever_lifts_and_hangs_up_again_is_no_call_that_was_answered() {
    through_both_doors(|door| {
        let (shop, _, home) = rings_back(door);
        shop.counter.picks_up();
        shop.wait("1 s");
        shop.counter.hangs_up();
        shop.wait("1 s");
        assert_eq!(home.ends(), [End::Cancelled]);
        shop.is_idle();
        let row = shop.log().pop().expect("a row");
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Missed), Some(EndedBy::Staff)));
        assert!(!is_unanswered(&row) && is_unanswered(&shop.log()[0]), "she is owed a call all the same");
    });
}

#[test]
fn who_holds_and_takes_back_while_it_rings_is_put_through() {
    through_both_doors(|door| {
        let (shop, _, home) = rings_back(door);
        shop.counter.picks_up();
        shop.wait("1 s");
        shop.counter.holds();
        shop.wait("1 s");
        shop.counter.takes_back();
        shop.wait("1 s");
        home.picks_up();
        shop.wait("1 s");
        assert!(shop.counter.talks_with(&home));
        shop.counter.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn what_the_carrier_lets_be_heard_takes_the_place_of_the_tone() {
    through_both_doors(|door| {
        let (shop, _, home) = rings_back(door);
        home.has_habit(Habit::SAYS_NOTHING);
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(shop.counter.is_spoken_to());
        home.plays_early_media();
        shop.wait("1 s");
        assert!(!shop.counter.is_spoken_to());
        assert!(shop.carries_sound_from(&home, &shop.counter), "what the carrier plays");
        home.picks_up();
        shop.wait("1 s");
        assert!(shop.counter.talks_with(&home));
        home.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_tone_comes_back_when_the_carrier_that_was_heard_fails() {
    through_both_doors(|door| {
        let (shop, _, _) = jo_gave_up(door, opening().with_a_second_carrier());
        let home = shop.outside("Jo at home", JO);
        home.has_habit(Habit::SAYS_NOTHING);
        shop.wait("19500 ms");
        shop.counter.picks_up();
        shop.wait("1 s");
        home.plays_early_media();
        shop.wait("1 s");
        assert!(!shop.counter.is_spoken_to());
        home.refuses(503);
        shop.wait("1 s");
        assert_eq!(home.calls_seen(), 2, "by the other carrier");
        assert!(shop.counter.is_spoken_to(), "and not silence");
        home.picks_up();
        shop.wait("1 s");
        assert!(shop.counter.talks_with(&home));
        home.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn who_cannot_be_reached_is_hung_up_on_and_still_owed() {
    through_both_doors(|door| {
        for code in [486, 404, 480] {
            let (shop, _, home) = rings_back(door);
            home.has_habit(Habit::refuses(code));
            shop.counter.picks_up();
            shop.wait("1 s");
            assert_eq!(shop.counter.ends().last(), Some(&End::TheyHungUp), "{code}");
            shop.is_idle();
            assert_eq!(shop.log().pop().and_then(|row| row.disposition), Some(Disposition::Missed));
            assert!(is_unanswered(&shop.log()[0]));
        }
    });
}

#[test]
fn two_who_lift_at_once_make_one_call() {
    through_both_doors(|door| {
        let (shop, _, home) = rings_back(door);
        shop.counter.picks_up();
        shop.ana.picks_up();
        shop.wait("1 s");
        assert_eq!((shop.asked_the_carrier().len(), shop.ana.ends().last()), (1, Some(&End::TheyHungUp)));
        home.picks_up();
        shop.wait("1 s");
        assert!(shop.counter.talks_with(&home));
        shop.counter.hangs_up();
        shop.is_idle();
        assert_eq!(shop.log().len(), 2);
    });
}

#[test]
fn who_says_no_ends_the_ring_when_everybody_has() {
    through_both_doors(|door| {
        let (shop, _, home) = rings_back(door);
        shop.counter.refuses(603);
        shop.wait("1 s");
        assert!(shop.ana.rings() && !shop.counter.rings());
        shop.ana.refuses(486);
        shop.wait("1 min");
        assert_eq!((shop.phones_that_ring(), home.calls_seen()), (0, 0));
        shop.is_idle();
        assert_eq!(shop.log().len(), 1);
    });
}

#[test]
fn nobody_rings_for_who_did_not_wait_who_withholds_and_who_found_it_closed() {
    through_both_doors(|door| {
        let (shop, _) = open(opening());
        gives_up_after(door, &shop, &shop.caller("Jo", JO), "9 s");
        shop.wait("30 s");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [1, 1], "nine seconds");
        let nobody = shop.caller("Anonymous", "anonymous").with_header("Privacy", "id");
        gives_up_after(door, &shop, &nobody, "15 s");
        shop.wait("30 s");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [2, 2], "withheld");
        shop.is_idle();

        let (shop, _) = open(opening().hours("Mo-Fr 16:30-20:00"));
        gives_up_after(door, &shop, &shop.caller("Jo", JO), "15 s");
        shop.wait("30 s");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [0, 0], "closed");
        shop.is_idle();
    });
}

#[test]
fn nobody_rings_once_the_shop_has_closed_or_the_owner_wants_none() {
    through_both_doors(|door| {
        // It is eleven o'clock.
        let (shop, _, _) = jo_gave_up(door, opening().hours("Mo-Fr 09:00-20:00"));
        shop.changes(|wishes| wishes.hours = ringall::routing::Hours::parse("Mo-Fr 16:30-20:00", Country(*b"ES")).ok());
        shop.wait("30 s");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [1, 1]);
        shop.is_idle();

        let (shop, _, _) = jo_gave_up(door, opening());
        shop.changes(|wishes| wishes.call_back_ring = false);
        shop.wait("30 s");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [1, 1]);
        shop.is_idle();

        let (shop, _, _) = jo_gave_up(door, opening());
        shop.changes(|wishes| wishes.blocked.extend([number(JO)]));
        shop.wait("30 s");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [1, 1]);
        shop.is_idle();
    });
}

#[test]
fn nobody_rings_for_who_was_spoken_with_or_taken_on_meanwhile() {
    through_both_doors(|door| {
        let (shop, mut counter, _) = jo_gave_up(door, opening());
        let home = shop.outside("Jo at home", JO);
        counter.calls(&shop, &shop.counter, "600999888");
        shop.wait("1 s");
        home.picks_up();
        shop.wait("5 s");
        home.hangs_up();
        shop.wait("30 s");
        assert_eq!(rung(&[&shop.ana]), [1], "spoken with");
        shop.is_idle();

        let (shop, _, _) = jo_gave_up(door, opening());
        shop.somebody_takes_on(JO);
        shop.wait("30 s");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [1, 1], "taken on");
        shop.is_idle();
    });
}

#[test]
fn a_ring_that_is_not_needed_any_more_stops_and_shows_nothing_missed() {
    through_both_doors(|door| {
        let (shop, _, home) = rings_back(door);
        shop.somebody_takes_on(JO);
        shop.wait("1 s");
        assert_eq!((shop.phones_that_ring(), home.calls_seen()), (0, 0));
        assert_eq!(shop.counter.reasons()[0], ELSEWHERE);
        shop.is_idle();
    });
}

#[test]
fn who_calls_again_rings_as_a_caller_and_not_twice() {
    through_both_doors(|door| {
        let (shop, _, jo) = jo_gave_up(Door::Sip, opening());
        shop.wait("10 s");
        jo.calls_through(door);
        shop.wait("12 s");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [2, 2], "she waits, and nobody rings for her a second time");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(jo.talks_with(&shop.counter));
        shop.wait("1 min");
        jo.hangs_up();
        shop.wait("1 min");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [2, 2]);
        shop.is_idle();

        let (shop, _, _) = rings_back(Door::Sip);
        let again = shop.caller("Joanna", JO);
        again.calls_through(door);
        shop.wait("1 s");
        assert_eq!(shop.counter.display().0, "Jo Miller 4th call");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(again.talks_with(&shop.counter), "her own call is the only one that rings");
        again.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_in_use_is_not_rung_for_a_call_back() {
    through_both_doors(|door| {
        let (shop, _, _) = jo_gave_up(Door::Sip, opening());
        let ben = shop.caller("Ben", "+34600333444");
        ben.calls_through(door);
        shop.wait("1 s");
        shop.ana.picks_up();
        shop.wait("19 s");
        assert!(shop.counter.rings() && !shop.ana.rings());
        assert_eq!(shop.ana.calls_seen(), 2, "Jo's first call, and Ben's");
        ben.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_call_back_goes_out_within_the_same_limits() {
    through_both_doors(|door| {
        // Whoever gives a premium number for their own is not called by it.
        for caller in ["+34803123456", "+442070313000", "+18762101234"] {
            let (shop, _) = open(opening());
            gives_up_after(door, &shop, &shop.caller("Thief", caller), "15 s");
            shop.wait("30 s");
            assert_eq!(rung(&[&shop.counter, &shop.ana]), [1, 1], "{caller}");
            assert!(shop.asked_the_carrier().is_empty() && shop.notices().is_empty());
            let refused = shop.rings_to_call(&shop.counter, caller);
            assert!(matches!(refused, Err(NotRung::Number(NotDialled::Premium | NotDialled::Country))), "{refused:?}");
            shop.is_idle();
        }
    });
}

#[test]
fn two_calls_that_are_out_leave_no_room_and_a_ring_takes_nobodys() {
    through_both_doors(|door| {
        let (shop, mut counter, _) = jo_gave_up(door, opening().registering(1));
        let mut workshop = Account::of("workshop");
        workshop.is_registered(&shop, &shop.workshop);
        let (ben, cleo) = (shop.outside("Ben", "+34600111111"), shop.outside("Cleo", "+34600222222"));
        workshop.calls(&shop, &shop.workshop, "600111111");
        shop.wait("20 s");
        assert!(shop.ana.rings() && ben.rings());
        // Counter rings too, and its owner would rather call somebody else.
        shop.counter.refuses(603);
        shop.wait("1 s");
        counter.calls(&shop, &shop.counter, "600222222");
        shop.wait("1 s");
        assert!(cleo.rings() && !shop.ana.rings(), "whoever dials goes first");
        assert_eq!(shop.rings_to_call(&shop.ana, JO), Err(NotRung::Number(NotDialled::AtOnce)));
        shop.counter.hangs_up();
        shop.workshop.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn each_that_is_lifted_counts_for_the_day() {
    through_both_doors(|door| {
        let (shop, mut counter, home) = rings_back(door);
        shop.counter.picks_up();
        shop.wait("1 s");
        home.picks_up();
        shop.wait("1 s");
        home.hangs_up();
        shop.wait("1 s");
        for _ in 0..99 {
            counter.calls(&shop, &shop.counter, "600999888");
            shop.wait("1 s");
            shop.counter.hangs_up();
            shop.wait("1 s");
        }
        assert_eq!(shop.rings_to_call(&shop.counter, JO), Err(NotRung::Number(NotDialled::Daily)));
        shop.is_idle();
    });
}

#[test]
fn a_customer_who_calls_goes_before_one_who_may_be_called_back() {
    through_both_doors(|door| {
        let (shop, _, home) = rings_back(Door::Sip);
        let ben = shop.caller("Ben", "+34600333444");
        ben.calls_through(door);
        shop.wait("1 s");
        assert_eq!(shop.counter.display().1, "+34600333444");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ben.talks_with(&shop.counter), "whoever lifts the phone has who calls");
        assert_eq!(home.calls_seen(), 0);
        ben.hangs_up();
        shop.wait("1 min");
        shop.is_idle();
        assert_eq!(shop.log().len(), 2);
    });
}

#[test]
fn nobody_is_called_over_a_call_of_theirs_nor_by_two() {
    through_both_doors(|door| {
        let (shop, _) = open(opening());
        let home = shop.outside("Jo at home", JO);
        shop.rings_to_call(&shop.counter, JO).expect("a free phone");
        assert_eq!(shop.rings_to_call(&shop.ana, JO), Err(NotRung::InTouch), "Counter is about to");
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert_eq!(shop.rings_to_call(&shop.ana, JO), Err(NotRung::InTouch), "she is being called");
        home.picks_up();
        shop.wait("1 s");
        assert_eq!(shop.rings_to_call(&shop.ana, JO), Err(NotRung::InTouch), "they talk");
        shop.counter.hangs_up();
        shop.wait("1 s");
        shop.caller("Jo", JO).calls_through(door);
        shop.wait("1 s");
        assert!(shop.rings_to_call(&shop.ana, JO).is_err(), "she calls");
        assert_eq!(shop.asked_the_carrier().len(), 1);
    });
}

#[test]
fn whoever_dials_a_customer_is_the_one_who_calls_them() {
    let (shop, mut counter) = open(opening());
    let home = shop.outside("Jo at home", JO);
    shop.rings_to_call(&shop.ana, JO).expect("a free phone");
    shop.wait("1 s");
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("1 s");
    assert!(!shop.ana.rings());
    assert_eq!(home.calls_seen(), 1);
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn phones_that_nobody_has_lifted_yet_keep_nobody_from_calling() {
    through_both_doors(|door| {
        let (shop, mut counter, _) = jo_gave_up(door, opening().registering(1));
        Account::of("workshop").is_registered(&shop, &shop.workshop);
        let cleo = shop.outside("Cleo", "+34600222222");
        shop.rings_to_call(&shop.ana, JO).expect("a free phone");
        shop.rings_to_call(&shop.workshop, "+34600111111").expect("a free phone");
        counter.calls(&shop, &shop.counter, "600222222");
        shop.wait("1 s");
        assert!(cleo.rings() && shop.notices().is_empty());
        shop.counter.hangs_up();
        shop.wait("1 min");
        shop.is_idle();
    });
}

#[test]
fn the_owner_hears_of_numbers_that_somebody_tries_at_the_page() {
    let (shop, _) = open(opening());
    assert!(shop.rings_to_call(&shop.counter, "+34803123456").is_err());
    assert_eq!(shop.notices().len(), 1);
    shop.is_idle();
}

#[test]
fn who_shows_the_shops_own_number_is_not_called_back() {
    through_both_doors(|door| {
        let (shop, _) = open(opening());
        gives_up_after(door, &shop, &shop.caller("Somebody", "+34911234567"), "15 s");
        shop.wait("30 s");
        assert_eq!(rung(&[&shop.counter, &shop.ana]), [1, 1]);
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_somebody_asks_for_rings_alone_and_calls() {
    let (shop, _) = open(opening());
    let home = shop.outside("Jo at home", JO);
    assert_eq!(shop.rings_to_call(&shop.counter, JO), Ok(()));
    shop.wait("1 s");
    assert!(shop.counter.rings() && shop.ana.calls_seen() == 0 && home.calls_seen() == 0);
    assert_eq!(shop.counter.display(), ("CALL Jo Miller".to_owned(), JO.to_owned()));
    assert_eq!(shop.rings_to_call(&shop.counter, JO), Err(NotRung::Busy), "it rings already");
    shop.somebody_takes_on(JO);
    shop.counter.picks_up();
    shop.wait("1 s");
    home.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&home));
    shop.counter.hangs_up();
    shop.is_idle();
    assert_eq!(shop.row().direction, Direction::Out);
    assert_eq!(home.ends(), [End::TheyHungUp]);
}

#[test]
fn nobody_who_asked_waits_for_ever() {
    let (shop, _) = open(opening());
    shop.outside("Jo at home", JO);
    shop.rings_to_call(&shop.counter, JO).expect("a free phone");
    shop.wait("29 s");
    assert!(shop.counter.rings());
    shop.wait("2 s");
    assert!(!shop.counter.rings());
    shop.is_idle();
    assert!(shop.log().is_empty(), "nobody was called");
}

#[test]
fn what_cannot_ring_says_why() {
    let (shop, mut counter) = open(opening().cell(1, "+34600555666"));
    let home = shop.outside("Jo at home", JO);
    assert_eq!(shop.rings_to_call(&shop.workshop, JO), Err(NotRung::NoPhone), "a cell");
    assert_eq!(shop.rings_to_call(&shop.counter, "+34806123456"), Err(NotRung::Number(NotDialled::Premium)));
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("1 s");
    home.picks_up();
    shop.wait("1 s");
    assert_eq!(shop.rings_to_call(&shop.counter, JO), Err(NotRung::Busy));
    shop.counter.hangs_up();
    shop.wait("1 s");
    shop.shuts_down();
    assert_eq!(shop.rings_to_call(&shop.counter, JO), Err(NotRung::Closing));
    shop.is_idle();

    let shop = opening().open();
    assert_eq!(shop.rings_to_call(&shop.counter, JO), Err(NotRung::Unreachable), "it has not registered");
    assert_eq!(shop.rings_to_call(&shop.workshop, JO), Err(NotRung::Number(NotDialled::Unproved)), "no password");
}

#[test]
fn a_service_that_stops_rings_for_nobody() {
    through_both_doors(|door| {
        let (shop, _, home) = rings_back(door);
        shop.shuts_down();
        shop.wait("1 s");
        assert_eq!((shop.phones_that_ring(), home.calls_seen()), (0, 0));
        shop.is_idle();
    });
}

#[test]
fn a_call_back_waits_for_its_row_like_any_other() {
    through_both_doors(|door| {
        let (shop, _, home) = rings_back(door);
        shop.store_takes(Some("200 ms"));
        home.has_habit(crate::cast::picks_up_by_itself("10 ms"));
        shop.counter.picks_up();
        shop.wait("100 ms");
        assert!(!shop.counter.talks_with(&home));
        shop.wait("1 s");
        assert!(shop.counter.talks_with(&home));
        shop.counter.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_speaks_encrypted_is_lifted_as_well() {
    let (shop, _) = open(opening().encrypted(0));
    let home = shop.outside("Jo at home", JO);
    shop.rings_to_call(&shop.counter, JO).expect("a free phone");
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    home.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks(), "and is talked with");
    home.hangs_up();
    shop.wait("1 s");
    assert!(!shop.counter.talks());
    shop.is_idle();
}

#[test]
fn who_returns_a_call_is_shown_so_at_the_phone_that_called() {
    through_both_doors(|door| {
        let (shop, mut counter) = open(opening());
        let home = shop.outside("Jo at home", JO);
        counter.calls(&shop, &shop.counter, "600999888");
        shop.wait("20 s");
        shop.counter.hangs_up();
        shop.wait("5 min");
        assert_eq!(home.ends(), [End::Cancelled]);
        counter.is_registered(&shop, &shop.counter);
        Account::of("ana").elsewhere("reg-ana-2").is_registered(&shop, &shop.ana);
        let jo = shop.caller("Jo", JO);
        jo.calls_through(door);
        shop.wait("1 s");
        assert_eq!(shop.counter.display(), ("RET Jo Miller".to_owned(), JO.to_owned()));
        assert_eq!(shop.ana.display().0, "Jo Miller 3rd call", "the others ring as ever");
        assert!(shop.workshop.rings());
        jo.hangs_up();
        shop.wait("10 min");
        counter.is_registered(&shop, &shop.counter);
        jo.calls_through(door);
        shop.wait("1 s");
        assert_eq!(
            shop.counter.display().0,
            "Jo Miller 4th call",
            "after a quarter of an hour it is a call like any other"
        );
        jo.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn who_was_called_back_from_the_page_returns_that_call_too() {
    through_both_doors(|door| {
        let (shop, _) = open(opening().speaking(Language::Es));
        shop.outside("Jo at home", JO);
        shop.rings_to_call(&shop.ana, JO).expect("a free phone");
        shop.wait("1 s");
        assert_eq!(shop.ana.display().0, "LLAMAR Jo Miller");
        shop.ana.picks_up();
        shop.wait("10 s");
        shop.ana.hangs_up();
        shop.wait("1 s");
        let jo = shop.caller("Jo", JO);
        jo.calls_through(door);
        shop.wait("1 s");
        assert_eq!(shop.ana.display().0, "DEV Jo Miller");
        assert_eq!(shop.counter.display().0, "Jo Miller 3a vez");
        jo.hangs_up();
        shop.is_idle();
    });
}
