//! Calls to cells go by the first carrier that is there; where it does not take one, the next does.

use ringall::notice::{Notice, TrunkFault};

use crate::cast::{Caller, Door};
use crate::far_end::End;
use crate::gateway::{Ails, GATEWAY, SECOND};
use crate::shop::{Opening, Shop};

const CELL: &str = "+34600999111";

/// Counter, Workshop, and Ana's cell, which two carriers lead to.
fn opening() -> Opening {
    Shop::opening().at_number("+34911234567").cell(2, CELL).with_a_second_carrier()
}

fn one_calls(shop: &Shop) -> Caller {
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    ann
}

/// The cell has the call, by whichever carrier.
fn ana_takes_it(shop: &Shop, ann: &Caller) {
    assert_eq!(shop.phones_that_ring(), 3);
    shop.ana.picks_up();
    shop.wait("1 s");
    shop.ana.presses('5');
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.ana));
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.ana.calls_seen(), 1);
}

fn standing(shop: &Shop) -> Vec<(String, TrunkFault)> {
    let of = |notice| match notice {
        Notice::TrunkDown { name, fault, .. } => (name.to_string(), fault),
        other => panic!("the page tells of {other:?}"),
    };
    shop.standing_notices().into_iter().map(|standing| of(standing.notice)).collect()
}

#[test]
fn a_carrier_that_knows_our_address_is_asked_twice_a_minute_whether_it_is_there() {
    let shop = Shop::opening().cell(2, CELL).open();
    shop.wait("10 min");
    let asked: Vec<f64> = shop.questions_to_carriers().iter().map(|(at, _)| at.as_secs_f64()).collect();
    let pauses: Vec<f64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(asked.len() >= 20 && pauses.iter().all(|pause| (26.9..30.2).contains(pause)), "{pauses:?}");
    assert!(shop.standing_notices().is_empty() && shop.notices().is_empty());
    shop.is_idle();
}

#[test]
fn a_carrier_that_no_call_goes_out_by_is_not_asked() {
    let shop = Shop::open();
    shop.wait("10 min");
    assert_eq!(shop.questions_to_carriers(), []);
    shop.is_idle();
}

#[test]
fn of_a_carrier_that_answers_no_more_the_owner_hears_until_it_does() {
    for (ails, fault) in [(Ails::Silent, TrunkFault::Unreached), (Ails::RefusesAll(503), TrunkFault::Failing(503))] {
        let shop = opening().open();
        shop.wait("1 min");
        shop.carrier_ails(GATEWAY, Some(ails));
        shop.wait("110 s");
        assert_eq!(standing(&shop), []);
        shop.wait("80 s");
        assert_eq!(standing(&shop), [("carrier".to_owned(), fault)]);
        shop.wait("60 min");
        assert_eq!(shop.notices().len(), 1);
        shop.carrier_ails(GATEWAY, None);
        shop.wait("45 s");
        assert_eq!((standing(&shop).len(), shop.notices().len()), (0, 1));
        shop.is_idle();
    }
}

#[test]
fn of_a_carrier_that_has_never_answered_the_owner_hears_too() {
    let shop = opening().open();
    shop.carrier_ails(GATEWAY, Some(Ails::Silent));
    shop.wait("200 s");
    assert_eq!(standing(&shop), [("carrier".to_owned(), TrunkFault::Unreached)]);
    shop.is_idle();
}

#[test]
fn a_refusal_is_an_answer() {
    let shop = opening().open();
    shop.carrier_ails(GATEWAY, Some(Ails::RefusesAll(405)));
    shop.wait("10 min");
    assert_eq!(standing(&shop), []);
    shop.is_idle();
}

#[test]
fn while_the_first_carrier_is_down_the_next_takes_the_call_at_once() {
    let shop = opening().open();
    shop.carrier_ails(GATEWAY, Some(Ails::Silent));
    shop.wait("2 min");
    let ann = one_calls(&shop);
    assert_eq!(shop.carriers_asked(), [SECOND]);
    let invite = shop.asked_the_carrier().remove(0);
    assert_eq!(invite.uri(), format!("sip:{CELL}@{}", SECOND.ip()));
    ana_takes_it(&shop, &ann);
    shop.carrier_ails(GATEWAY, None);
    shop.wait("45 s");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    assert_eq!(shop.carriers_asked(), [SECOND, GATEWAY], "the first again, once it is back");
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_call_that_the_first_carrier_cannot_serve_goes_by_the_next() {
    for code in [408, 500, 503] {
        let shop = opening().open();
        shop.wait("1 s");
        shop.carrier_ails(GATEWAY, Some(Ails::Refuses(code)));
        let ann = one_calls(&shop);
        assert_eq!(shop.carriers_asked(), [GATEWAY, SECOND], "{code}");
        ana_takes_it(&shop, &ann);
        assert_eq!(shop.row().answered_by.as_deref(), Some("Ana"));
        shop.is_idle();
    }
}

#[test]
fn a_call_that_the_first_carrier_never_answers_goes_by_the_next() {
    let shop = opening().open();
    shop.wait("1 s");
    shop.carrier_ails(GATEWAY, Some(Ails::Silent));
    let ann = one_calls(&shop);
    assert_eq!(shop.phones_that_ring(), 2);
    shop.wait("9 s");
    assert_eq!(shop.carriers_asked(), [GATEWAY, SECOND]);
    ana_takes_it(&shop, &ann);
    shop.carrier_ails(GATEWAY, None);
    shop.is_idle();
}

#[test]
fn a_no_of_the_first_carrier_is_not_asked_of_the_next() {
    for code in [404, 486, 603] {
        let shop = opening().open();
        shop.wait("1 s");
        shop.carrier_ails(GATEWAY, Some(Ails::Refuses(code)));
        let ann = one_calls(&shop);
        shop.wait("30 s");
        assert_eq!(shop.carriers_asked(), [GATEWAY], "{code}");
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn a_cell_that_rings_is_not_called_by_the_next_carrier_too() {
    let shop = opening().open();
    shop.wait("1 s");
    let ann = one_calls(&shop);
    assert!(shop.ana.rings());
    shop.ana.refuses(503);
    shop.wait("2 s");
    assert_eq!(shop.carriers_asked(), [GATEWAY]);
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn where_every_carrier_refuses_the_others_ring_on() {
    let shop = opening().open();
    shop.wait("1 s");
    for carrier in [GATEWAY, SECOND] {
        shop.carrier_ails(carrier, Some(Ails::Refuses(503)));
    }
    let ann = one_calls(&shop);
    assert_eq!(shop.carriers_asked(), [GATEWAY, SECOND], "each once, not in a circle");
    assert!(ann.hears_ringing());
    shop.wait("6 s");
    assert_eq!(shop.carriers_asked().len(), 4, "and again after five seconds");
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_caller_who_hangs_up_meanwhile_is_called_for_no_more() {
    let shop = opening().open();
    shop.wait("1 s");
    shop.carrier_ails(GATEWAY, Some(Ails::Silent));
    let ann = one_calls(&shop);
    ann.hangs_up();
    shop.wait("2 min");
    assert_eq!((shop.carriers_asked(), shop.ana.calls_seen()), (vec![GATEWAY], 0));
    assert_eq!(ann.ends(), [End::Refused(487)]);
    shop.carrier_ails(GATEWAY, None);
    shop.is_idle();
}

#[test]
fn a_carrier_that_answers_no_questions_is_called_where_there_is_no_better() {
    let shop = Shop::opening().cell(2, CELL).open();
    shop.carrier_ails(GATEWAY, Some(Ails::IgnoresOptions));
    shop.wait("2 min");
    let ann = one_calls(&shop);
    assert_eq!(shop.carriers_asked(), [GATEWAY]);
    ana_takes_it(&shop, &ann);
    shop.is_idle();
}

#[test]
fn a_carrier_without_a_channel_left_leaves_the_call_to_the_next() {
    let shop = opening().with_channels(2).open();
    shop.wait("1 s");
    let ann = one_calls(&shop);
    // Her own call is one there, and the other is the next customer's.
    assert_eq!(shop.carriers_asked(), [SECOND]);
    ana_takes_it(&shop, &ann);
    shop.is_idle();
}

/// The same cell, which one carrier leads to, by two servers.
fn with_two_servers() -> Shop {
    Shop::opening().at_number("+34911234567").cell(2, CELL).with_two_servers().open()
}

#[test]
fn of_a_carriers_servers_the_first_is_called_while_it_is_there() {
    let shop = with_two_servers();
    let ann = shop.caller("Ann", "+34600111222");
    for _ in 0..5 {
        shop.wait("61 s");
        ann.calls_through(Door::Sip);
        shop.wait("1 s");
        ann.hangs_up();
        shop.wait("1 s");
    }
    assert!(shop.carriers_asked().len() == 5 && shop.carriers_asked().iter().all(|asked| *asked == GATEWAY));
    assert!(shop.questions_to_carriers().iter().all(|(_, asked)| *asked == GATEWAY));
    shop.is_idle();
}

#[test]
fn a_call_that_one_server_cannot_serve_goes_by_the_next_of_the_same_carrier() {
    let shop = with_two_servers();
    shop.wait("1 s");
    shop.carrier_ails(GATEWAY, Some(Ails::Refuses(503)));
    let ann = one_calls(&shop);
    assert_eq!(shop.carriers_asked(), [GATEWAY, SECOND]);
    assert!(shop.asked_the_carrier().iter().all(|invite| invite.uri() == format!("sip:{CELL}@carrier.example")));
    ana_takes_it(&shop, &ann);
    shop.is_idle();
}

#[test]
fn a_server_that_is_silent_is_left_out_until_it_is_back_and_nobody_is_alarmed() {
    let shop = with_two_servers();
    shop.wait("1 s");
    shop.carrier_ails(GATEWAY, Some(Ails::Silent));
    shop.wait("2 min");
    let ann = one_calls(&shop);
    assert_eq!(shop.carriers_asked(), [SECOND], "at once");
    ana_takes_it(&shop, &ann);
    shop.carrier_ails(GATEWAY, None);
    shop.wait("70 s");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    assert_eq!(shop.carriers_asked(), [SECOND, GATEWAY]);
    ann.hangs_up();
    shop.wait("10 min");
    assert_eq!(shop.notices().len(), 0, "calls came and went all the time");
    shop.is_idle();
}

#[test]
fn a_carrier_with_no_server_left_is_down() {
    let shop = with_two_servers();
    shop.wait("1 s");
    shop.carrier_ails(GATEWAY, Some(Ails::Silent));
    shop.carrier_ails(SECOND, Some(Ails::Silent));
    shop.wait("5 min");
    assert_eq!(standing(&shop), [("carrier".to_owned(), TrunkFault::Unreached)]);
    for server in [GATEWAY, SECOND] {
        shop.carrier_ails(server, None);
    }
    shop.wait("80 s");
    assert_eq!(standing(&shop), []);
    shop.is_idle();
}
