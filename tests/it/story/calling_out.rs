//! A phone calls somebody outside, with the shop's number. What would cost the shop dear does not go out; for help every call
//! goes out.

use ringall::call::record::{CallRecord, Direction, Disposition, EndedBy, EventKind};
use ringall::notice::Notice;
use ringall::owed::is_unanswered;
use ringall::routing::plan::Country;
use ringall::routing::{Because, NotDialled};

use super::trunk_registers::router;
use crate::carrier_sip::Says;
use crate::cast::{Door, Phone};
use crate::far_end::End;
use crate::gateway::{Ails, GATEWAY, SECOND};
use crate::machine::number;
use crate::phone::Habit;
use crate::registering::Account;
use crate::shop::{Opening, Shop};

const JO: &str = "+34600999888";

/// Counter and Ana register; Workshop has its fixed place.
fn opening() -> Opening {
    Shop::opening().at_number("+34911234567").registering(0).registering(2)
}

fn open(opening: Opening) -> (Shop, Account) {
    let shop = opening.open();
    let mut counter = Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    Account::of("ana").is_registered(&shop, &shop.ana);
    (shop, counter)
}

fn shop() -> (Shop, Account) {
    open(opening())
}

/// The last final answer to what this phone dialled, with its words.
fn refused(phone: &Phone) -> (Option<u16>, String) {
    let answer = phone.answer_to("INVITE");
    (answer.code(), answer.get("warning").unwrap_or_default().to_owned())
}

/// Why the owner was told that calls did not go out, in order.
fn told(shop: &Shop) -> Vec<NotDialled> {
    let whys = shop.notices().into_iter().filter_map(|(_, _, due)| match due.notice {
        Notice::NotDialled { why, .. } => Some(why),
        Notice::NoPhoneRang(_)
        | Notice::LikelyMailbox { .. }
        | Notice::TrunkDown { .. }
        | Notice::CallBackDue { .. }
        | Notice::DidNotRing { .. } => None,
    });
    whys.collect()
}

/// What was asked of carriers, by the user of the request line.
fn asked(shop: &Shop) -> Vec<String> {
    let user = |uri: &str| uri.trim_start_matches("sip:").split('@').next().unwrap_or_default().to_owned();
    shop.asked_the_carrier().iter().map(|invite| user(invite.uri())).collect()
}

#[test]
fn a_phone_calls_a_number_outside_and_they_talk() {
    let (shop, mut counter) = shop();
    let jo = shop.outside("Jo", JO);
    counter.calls(&shop, &shop.counter, "600 99 98 88".replace(' ', "").as_str());
    shop.wait("1 s");
    assert!(jo.rings() && shop.ana.calls_seen() == 0 && shop.workshop.calls_seen() == 0);
    assert!(shop.counter.got("180 INVITE").len() == 1 && shop.counter.rings(), "as the carrier says");
    jo.picks_up();
    shop.wait("1 min");
    assert!(shop.counter.talks_with(&jo));
    shop.counter.hangs_up();
    shop.wait("1 s");
    assert_eq!(jo.ends(), [End::TheyHungUp]);
    shop.is_idle();
    let row = shop.row();
    assert_eq!((row.direction, row.disposition), (Direction::Out, Some(Disposition::Answered)));
    assert_eq!((row.caller, row.called.as_str()), (Some(number(JO)), "600999888"));
    assert_eq!((row.because, row.answered_by.as_deref()), (Because::CalledOut, Some("Counter")));
    assert_eq!((row.caller_raw.as_str(), row.caller_display.as_str()), ("counter", "Counter"));
    assert_eq!((row.ended_by, row.nth_call_from_caller, row.withheld), (Some(EndedBy::Staff), 0, false));
    let kinds: Vec<EventKind> = shop.events().iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Dialled, EventKind::RingsThere, EventKind::AnsweredThere, EventKind::Ended]);
    assert!(shop.notices().is_empty());
}

#[test]
fn who_was_called_holds_and_hangs_up() {
    let (shop, mut counter) = shop();
    let jo = shop.outside("Jo", JO);
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("1 s");
    jo.picks_up();
    shop.wait("1 s");
    shop.counter.holds();
    shop.wait("1 s");
    shop.counter.takes_back();
    jo.holds();
    shop.wait("1 s");
    jo.takes_back();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&jo));
    assert_eq!(shop.events_of(EventKind::Held), ["Counter", ""], "a phone of ours, and the customer");
    jo.hangs_up();
    shop.is_idle();
    assert_eq!(shop.row().ended_by, Some(EndedBy::Caller), "the customer");
}

#[test]
fn one_number_in_all_its_spellings_is_called_by_one() {
    for dialled in ["+34600999888", "600999888", "0034600999888", "34600999888", "600-999-888"] {
        let (shop, mut counter) = shop();
        let jo = shop.outside("Jo", JO);
        counter.calls(&shop, &shop.counter, dialled);
        shop.wait("1 s");
        assert!(jo.rings(), "{dialled}");
        assert_eq!(asked(&shop), [JO]);
        shop.counter.hangs_up();
        shop.wait("1 s");
        assert_eq!((jo.ends(), shop.counter.ends().last()), (vec![End::Cancelled], Some(&End::Refused(487))));
        shop.is_idle();
        assert_eq!((shop.row().disposition, shop.row().ended_by), (Some(Disposition::Missed), Some(EndedBy::Staff)));
    }
}

#[test]
fn the_carrier_is_shown_the_shops_number_and_nothing_of_the_phones() {
    let (shop, mut counter) = open(opening().showing_callers());
    shop.outside("Jo", JO);
    counter.calls(&shop, &shop.counter, "nobody");
    let mut says = Says::calling("600999888");
    says.from = "\"The boss\" <sip:counter@elsewhere.example>".to_owned();
    says.headers = [
        ("Authorization", counter.proof("INVITE")),
        ("P-Asserted-Identity", "<sip:+34600000000@elsewhere.example>".to_owned()),
        ("Diversion", "<sip:+34600000001@elsewhere.example>;reason=unconditional".to_owned()),
        ("X-Secret", "1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    shop.counter.dials(&says);
    shop.wait("1 s");
    let invite = shop.asked_the_carrier().remove(0);
    assert_eq!(invite.uri(), format!("sip:{JO}@203.0.113.250"));
    assert!(invite.must("from").starts_with("<sip:+34911234567@203.0.113.250>"), "{}", invite.must("from"));
    for word in ["ounter", "boss", "elsewhere", "Secret", "60000000", "Diversion", "uthorization"] {
        assert!(!invite.write().contains(word), "{word} crossed:\n{}", invite.write());
    }
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_carrier_that_we_register_with_is_shown_our_account_and_asked_who_we_are_once() {
    let (shop, mut counter) = open(opening().registering_with(router()).calling_by_registrar());
    let jo = shop.outside("Jo", JO);
    shop.wait("1 s");
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("2 s");
    assert!(jo.rings());
    assert_eq!(shop.registrar(|registrar| registrar.calls_challenged), 1);
    let invite = jo.invite_sent();
    assert!(invite.must("from").starts_with("<sip:620@router.example>"), "{}", invite.must("from"));
    assert_eq!(invite.must("p-preferred-identity"), "<sip:+34911234567@router.example>");
    jo.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&jo));
    shop.counter.hangs_up();
    shop.wait("1 s");
    super::trunk_registers::closes(&shop);
}

#[test]
fn the_carriers_own_sound_is_heard_before_anybody_picks_up() {
    let (shop, mut counter) = shop();
    let jo = shop.outside("Jo", JO);
    jo.has_habit(Habit::SAYS_NOTHING);
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("1 s");
    assert!(shop.counter.got("183 INVITE").is_empty() && shop.counter.got("180 INVITE").is_empty());
    jo.plays_early_media();
    shop.wait("1 s");
    let early = shop.counter.got("183 INVITE").remove(0);
    let port = early.audio().expect("SDP of ours").port();
    assert!(shop.carries_sound_from(&jo, &shop.counter), "what the carrier plays");
    jo.picks_up();
    shop.wait("1 s");
    let ok = shop.counter.got("200 INVITE").remove(0);
    assert_eq!(ok.body, early.body, "RFC 3261 §13.2.1: the same again");
    assert_eq!(ok.audio().map(|audio| audio.port()), Some(port));
    assert!(shop.counter.talks_with(&jo));
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn sound_before_anybody_picks_up_ends_with_the_call() {
    let (shop, mut counter) = shop();
    let jo = shop.outside("Jo", JO);
    jo.has_habit(Habit::SAYS_NOTHING);
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("1 s");
    jo.plays_early_media();
    shop.wait("65 s");
    assert_eq!(shop.counter.got("183 INVITE").len(), 2, "once a minute");
    jo.refuses(404);
    shop.wait("1 s");
    assert_eq!(refused(&shop.counter).0, Some(404));
    shop.is_idle();
}

#[test]
fn what_the_carrier_says_of_the_number_is_what_the_phone_hears() {
    for (said, heard) in
        [(486, 486), (600, 486), (603, 486), (404, 404), (484, 404), (480, 480), (503, 480), (302, 480)]
    {
        let (shop, mut counter) = shop();
        shop.outside("Jo", JO).has_habit(Habit::refuses(said));
        counter.calls(&shop, &shop.counter, "600999888");
        shop.wait("1 s");
        assert_eq!(refused(&shop.counter).0, Some(heard), "{said}");
        assert_eq!(asked(&shop).len(), 1, "and nobody else is asked");
        assert_eq!((shop.row().disposition, shop.row().answered_by), (Some(Disposition::Missed), None));
        assert!(shop.notices().is_empty());
        shop.is_idle();
    }
}

#[test]
fn nobody_waits_for_ever() {
    let (shop, mut counter) = shop();
    let jo = shop.outside("Jo", JO);
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("179 s");
    assert!(jo.rings() && shop.counter.rings());
    shop.wait("3 s");
    assert_eq!((jo.ends(), refused(&shop.counter).0), (vec![End::Cancelled], Some(480)));
    shop.is_idle();
}

#[test]
fn a_pick_up_that_crosses_the_hang_up_is_hung_up_on() {
    let (shop, mut counter) = shop();
    let jo = shop.outside("Jo", JO);
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("1 s");
    shop.counter.hangs_up();
    jo.picks_up();
    shop.wait("1 s");
    assert_eq!((jo.ends(), shop.counter.ends().last()), (vec![End::TheyHungUp], Some(&End::Refused(487))));
    shop.is_idle();
    assert_eq!((shop.row().disposition, shop.row().answered_by), (Some(Disposition::Missed), None));
}

#[test]
fn a_call_outside_waits_for_its_row_like_any_other() {
    let (shop, mut counter) = shop();
    let jo = shop.outside("Jo", JO);
    shop.store_takes(Some("150 ms"));
    counter.calls(&shop, &shop.counter, "600999888");
    jo.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&jo));
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn premium_and_foreign_numbers_are_refused_logged_and_told() {
    let (shop, mut counter) = shop();
    let dialled = [
        ("803123456", NotDialled::Premium),
        ("+34806123456", NotDialled::Premium),
        ("0034807123456", NotDialled::Premium),
        ("902123456", NotDialled::Premium),
        ("+442070313000", NotDialled::Country),
        ("00442070313000", NotDialled::Country),
        ("442070313000", NotDialled::Country),
        ("+18762101234", NotDialled::Country),
        ("+881612345678", NotDialled::Country),
        ("+979123456789", NotDialled::Country),
        ("+34500000000", NotDialled::NotInService),
    ];
    for (called, why) in dialled {
        counter.calls(&shop, &shop.counter, called);
        shop.wait("1 s");
        let (code, words) = refused(&shop.counter);
        assert_eq!(code, Some(403), "{called}");
        assert!(words.starts_with("399 ringall \""), "{called}: {words}");
        let row = shop.log().pop().expect("a row");
        assert_eq!((row.disposition, row.direction), (Some(Disposition::Refused), Direction::Out), "{called}");
        assert_eq!((row.called.as_str(), row.because), (called, Because::CalledOut));
        assert_eq!(
            shop.events().into_iter().filter(|event| event.call == row.id).nth(1).expect("why").detail,
            why.as_str()
        );
    }
    assert!(shop.asked_the_carrier().is_empty(), "not a word to a carrier");
    assert_eq!(told(&shop), [NotDialled::Premium, NotDialled::Country], "once each");
    assert_eq!(shop.standing_notices().len(), 2, "the page says so too");
    shop.wait("30 min");
    assert_eq!(told(&shop).len(), 4, "and how often since");
    shop.wait("1440 min");
    assert!(shop.standing_notices().is_empty());
    shop.is_idle();
    assert_eq!(shop.log().len(), dialled.len());
}

#[test]
fn the_owner_names_the_countries_that_may_be_called() {
    let (shop, mut counter) = shop();
    let london = shop.outside("London", "+442070313000");
    shop.changes(|wishes| wishes.calls_to = vec![Country(*b"ES"), Country(*b"GB")]);
    counter.calls(&shop, &shop.counter, "00442070313000");
    shop.wait("1 s");
    assert!(london.rings());
    shop.counter.hangs_up();
    shop.wait("1 s");
    for called in ["+449098790879", "+447624123456", "+33142345678"] {
        counter.calls(&shop, &shop.counter, called);
        shop.wait("1 s");
        assert_eq!(refused(&shop.counter).0, Some(403), "{called}: premium, Isle of Man, France");
    }
    shop.changes(|wishes| wishes.calls_to = Vec::new());
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("1 s");
    assert_eq!(refused(&shop.counter).0, Some(403), "none is none");
    assert_eq!(asked(&shop).len(), 1);
    shop.is_idle();
}

#[test]
fn what_is_neither_a_phone_nor_a_number_is_refused_in_words() {
    let (shop, mut counter) = shop();
    for called in ["counter", "nobody", "ANA", "ana%00", "*97", "1001", "+", "+34%0d%0a600999888"] {
        counter.calls(&shop, &shop.counter, called);
        shop.wait("1 s");
        let words = "399 ringall \"This is neither a phone of the shop nor a telephone number.\"";
        assert_eq!(refused(&shop.counter), (Some(403), words.to_owned()), "{called}");
    }
    assert!(shop.asked_the_carrier().is_empty() && shop.log().is_empty());
    shop.is_idle();
}

#[test]
fn two_calls_go_out_at_once_and_no_third() {
    let (shop, mut counter) = shop();
    let (jo, bo) = (shop.outside("Jo", JO), shop.outside("Bo", "+34600999777"));
    let cy = shop.outside("Cy", "+34600999666");
    counter.calls(&shop, &shop.counter, "600999888");
    let mut ana = Account::of("ana").elsewhere("calls");
    ana.calls(&shop, &shop.ana, "600999777");
    shop.wait("1 s");
    bo.picks_up();
    shop.wait("1 s");
    assert!(jo.rings() && bo.talks(), "ringing or talking");
    counter.calls(&shop, &shop.counter, "600999666");
    shop.wait("1 s");
    assert_eq!((refused(&shop.counter).0, cy.calls_seen()), (Some(403), 0));
    assert_eq!(told(&shop), [NotDialled::AtOnce]);
    bo.hangs_up();
    shop.wait("1 s");
    counter.calls(&shop, &shop.counter, "600999666");
    shop.wait("1 s");
    assert!(cy.rings(), "one is over");
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn phones_talk_outside_for_ten_hours_a_day_and_the_next_day_as_long() {
    let (shop, mut counter) = shop();
    let jo = shop.outside("Jo", JO);
    let talks_for = |counter: &mut Account, how_long: &str| {
        counter.is_registered(&shop, &shop.counter);
        counter.calls(&shop, &shop.counter, "600999888");
        shop.wait("1 s");
        if !jo.rings() {
            return refused(&shop.counter).0;
        }
        jo.picks_up();
        shop.wait(how_long);
        jo.hangs_up();
        shop.wait("1 s");
        None
    };
    assert_eq!(talks_for(&mut counter, "300 min"), None);
    assert_eq!(talks_for(&mut counter, "299 min"), None);
    assert_eq!(talks_for(&mut counter, "2 min"), None, "a call that may begin may end when it likes");
    assert_eq!(talks_for(&mut counter, "1 min"), Some(403));
    assert_eq!(told(&shop), [NotDialled::TalkedEnough]);
    shop.wait("40 s");
    shop.restarts();
    shop.wait("1 s");
    assert_eq!(talks_for(&mut counter, "1 min"), Some(403), "a restart forgets nothing");
    counter.calls(&shop, &shop.counter, "112");
    shop.wait("1 s");
    assert_eq!(asked(&shop).last().map(String::as_str), Some("112"), "help goes all the same");
    shop.counter.hangs_up();
    shop.wait("1000 min");
    assert_eq!(talks_for(&mut counter, "1 min"), None, "the next day");
    shop.is_idle();
}

#[test]
fn a_hundred_calls_go_out_in_a_day_and_the_next_day_as_many() {
    let (shop, mut counter) = shop();
    let jo = shop.outside("Jo", JO);
    jo.has_habit(Habit::refuses(486));
    let call = |counter: &mut Account| {
        counter.calls(&shop, &shop.counter, "600999888");
        shop.wait("500 ms");
        refused(&shop.counter).0
    };
    for nth in 1..=100 {
        assert_eq!(call(&mut counter), Some(486), "{nth}");
    }
    assert_eq!(call(&mut counter), Some(403));
    assert_eq!((told(&shop), jo.calls_seen()), (vec![NotDialled::Daily], 100));
    shop.wait("40 s");
    shop.restarts();
    shop.wait("1 s");
    assert_eq!(call(&mut counter), Some(403), "a restart forgets nothing");
    counter.calls(&shop, &shop.counter, "112");
    shop.wait("1 s");
    assert_eq!(asked(&shop).last().map(String::as_str), Some("112"), "help is not counted");
    shop.wait("1440 min");
    counter.is_registered(&shop, &shop.counter);
    assert_eq!(call(&mut counter), Some(486), "another day");
    shop.is_idle();
}

#[test]
fn help_is_called_above_every_limit_by_every_phone() {
    let (shop, mut counter) = open(opening().with_channels(2));
    let help = shop.outside("Help", "112");
    shop.changes(|wishes| wishes.calls_to = Vec::new());
    // Both channels are customers'.
    let (ann, ben) = (shop.caller("Ann", "+34600111222"), shop.caller("Ben", "+34600333444"));
    ann.calls_through(Door::Sip);
    ben.calls_through(Door::Sip);
    shop.wait("1 s");
    counter.calls(&shop, &shop.counter, "112");
    shop.wait("1 s");
    assert!(help.rings());
    help.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&help));
    // A phone with nothing but its address too, and a third at once.
    shop.workshop.calls_user("112");
    Account::of("ana").elsewhere("calls").calls(&shop, &shop.ana, "112");
    shop.wait("1 s");
    assert_eq!(help.calls_seen(), 3);
    help.picks_up();
    help.picks_up();
    shop.wait("1 s");
    assert_eq!(help.conversations(), 3);
    for person in [&shop.counter, &shop.workshop, &shop.ana, &*ann, &*ben] {
        person.hangs_up();
    }
    shop.is_idle();
    let rows: Vec<_> = shop.log().into_iter().filter(|row| row.direction == Direction::Out).collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!((row.because, row.called.as_str(), row.caller), (Because::CalledForHelp, "112", None));
        assert_eq!(row.disposition, Some(Disposition::Answered));
    }
}

#[test]
fn each_countrys_own_numbers_for_help_are_help() {
    let (shop, mut counter) = shop();
    for called in ["112", "911", "061", "062", "080", "085", "091", "092"] {
        counter.calls(&shop, &shop.counter, called);
        shop.wait("500 ms");
        assert_eq!(asked(&shop).last().map(String::as_str), Some(called));
        shop.counter.hangs_up();
        shop.wait("500 ms");
    }
    assert!(shop.notices().is_empty());
    shop.shuts_down();
}

#[test]
fn who_calls_for_help_by_its_name_alone_gets_the_countrys_number() {
    let (shop, mut counter) = shop();
    for called in ["urn:service:sos", "urn:service:sos.fire", "urn:SERVICE:SOS"] {
        counter.calls_proving(&shop, &shop.counter, called, called);
        shop.wait("500 ms");
        assert_eq!(asked(&shop).last().map(String::as_str), Some("112"), "{called}");
        shop.counter.hangs_up();
        shop.wait("500 ms");
    }
    // And by a phone that has nothing to prove itself with.
    shop.workshop.calls_user("urn:service:sos");
    shop.wait("500 ms");
    assert_eq!(asked(&shop).len(), 4);
    shop.workshop.hangs_up();
    shop.workshop.calls_user("urn:service:counseling");
    shop.wait("1 s");
    assert_eq!((asked(&shop).len(), shop.workshop.answer_to("INVITE").code()), (4, Some(416)));
    shop.is_idle();
    for row in shop.log() {
        assert_eq!((row.because, row.caller), (Because::CalledForHelp, None));
        assert!(row.called.starts_with("service:sos"), "{}", row.called);
    }
}

#[test]
fn a_carrier_that_fails_is_not_the_last_word_for_help() {
    let (shop, mut counter) = open(opening().registering_with(router()).calling_by_registrar_too());
    let (help, jo) = (shop.outside("Help", "112"), shop.outside("Jo", JO));
    help.has_habit(Habit::refuses(503));
    jo.has_habit(Habit::refuses(503));
    shop.wait("1 s");
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("2 s");
    assert_eq!((jo.calls_seen(), refused(&shop.counter).0), (2, Some(480)), "it serves nobody now: the other one too");
    counter.calls(&shop, &shop.counter, "112");
    shop.wait("2 s");
    assert_eq!((help.calls_seen(), refused(&shop.counter).0), (2, Some(480)), "the other one too");
    // A carrier that we are not registered with may let help pass all the same.
    shop.registrar(|registrar| registrar.changes_the_password());
    counter.calls(&shop, &shop.counter, "112");
    shop.wait("2 s");
    assert_eq!(help.calls_seen(), 3);
    shop.wait("1 s");
    super::trunk_registers::closes(&shop);
}

#[test]
fn help_is_not_kept_waiting_by_a_carrier_that_says_nothing() {
    for ails in [Ails::Silent, Ails::Tries] {
        let (shop, mut counter) = open(opening().with_a_second_carrier());
        let help = shop.outside("Help", "112");
        shop.carrier_ails(GATEWAY, Some(ails));
        counter.calls(&shop, &shop.counter, "112");
        shop.wait("5 s");
        assert_eq!(shop.carriers_asked(), [GATEWAY]);
        shop.wait("2 s");
        assert_eq!(shop.carriers_asked(), [GATEWAY, SECOND]);
        help.picks_up();
        shop.wait("1 s");
        assert!(shop.counter.talks_with(&help));
        shop.wait("1 min");
        assert!(shop.counter.talks_with(&help), "whatever becomes of the first");
        shop.counter.hangs_up();
        shop.carrier_ails(GATEWAY, None);
        shop.is_idle();
    }
}

#[test]
fn a_number_goes_by_the_next_carrier_when_the_first_says_nothing_for_long() {
    let (shop, mut counter) = open(opening().with_a_second_carrier());
    let jo = shop.outside("Jo", JO);
    shop.carrier_ails(GATEWAY, Some(Ails::Tries));
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("14 s");
    assert_eq!(shop.carriers_asked(), [GATEWAY]);
    shop.wait("2 s");
    jo.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&jo));
    shop.counter.hangs_up();
    shop.wait("1 min");
    shop.carrier_ails(GATEWAY, None);
    shop.is_idle();
}

#[test]
fn a_carrier_that_died_as_help_was_asked_for_is_not_asked_again_in_place_of_the_other() {
    let (shop, mut counter) = open(opening().cell(1, "+34600999111").with_a_second_carrier());
    let help = shop.outside("Help", "112");
    shop.wait("1 s");
    shop.carrier_ails(GATEWAY, Some(Ails::Silent));
    // It is about to be noticed: the order of the carriers changes while help is waited for.
    shop.wait("58 s");
    counter.calls(&shop, &shop.counter, "112");
    shop.wait("10 s");
    assert_eq!(shop.carriers_asked().iter().filter(|carrier| **carrier == SECOND).count(), 1);
    assert!(help.rings());
    help.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&help));
    shop.counter.hangs_up();
    shop.carrier_ails(GATEWAY, None);
    shop.wait("1 min");
    shop.is_idle();
}

#[test]
fn a_service_that_stops_cuts_nobody_off_from_help() {
    let (shop, mut counter) = shop();
    let help = shop.outside("Help", "112");
    counter.calls(&shop, &shop.counter, "112");
    shop.wait("1 s");
    help.picks_up();
    shop.wait("1 s");
    Account::of("ana").elsewhere("calls").calls(&shop, &shop.ana, "112");
    shop.wait("1 s");
    shop.shuts_down();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&help), "one talks");
    help.picks_up();
    shop.wait("1 s");
    assert!(shop.ana.talks_with(&help), "one waited");
    shop.workshop.calls_user("112");
    shop.wait("1 s");
    assert_eq!(help.calls_seen(), 3, "and one needs it now");
    for phone in [&shop.counter, &shop.ana, &shop.workshop] {
        phone.hangs_up();
    }
    shop.wait("1 s");
    assert_eq!(shop.gauges().calls_live, 0);
}

#[test]
fn an_address_alone_has_two_calls_for_help_at_once() {
    let (shop, _) = shop();
    let help = shop.outside("Help", "112");
    for _ in 0..3 {
        shop.workshop.calls_user("112");
        shop.wait("1 s");
    }
    assert_eq!((help.calls_seen(), refused(&shop.workshop).0), (2, Some(486)));
    shop.workshop.hangs_up();
    shop.is_idle();
}

#[test]
fn help_is_understood_as_telephones_write_it() {
    let (shop, mut counter) = shop();
    let help = shop.outside("Help", "112");
    for called in ["112;phone-context=+34", "1-1-2", "(112)"] {
        counter.calls(&shop, &shop.counter, called);
        shop.wait("1 s");
        assert!(help.rings(), "{called}");
        shop.counter.hangs_up();
        shop.wait("1 s");
    }
    assert_eq!(help.calls_seen(), 3);
    shop.is_idle();
}

#[test]
fn without_a_carrier_that_takes_calls_the_phone_is_told_in_words() {
    let (shop, mut counter) = open(opening().calling_by_registrar());
    for called in ["112", "600999888"] {
        counter.calls(&shop, &shop.counter, called);
        shop.wait("1 s");
        let words = "399 ringall \"These phones call each other only. For 112 or 911 take another phone.\"";
        assert_eq!(refused(&shop.counter), (Some(403), words.to_owned()), "{called}");
    }
    assert_eq!(shop.log().len(), 2);
    shop.is_idle();
}

#[test]
fn the_last_channel_is_the_next_customers_but_for_help() {
    let (shop, mut counter) = open(opening().with_channels(1));
    shop.outside("Jo", JO);
    let help = shop.outside("Help", "112");
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("1 s");
    assert_eq!((refused(&shop.counter).0, asked(&shop).len()), (Some(486), 0));
    counter.calls(&shop, &shop.counter, "112");
    shop.wait("1 s");
    assert!(help.rings());
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_phone_without_a_password_calls_nobody_outside() {
    let (shop, _) = shop();
    shop.workshop.calls_user("600999888");
    shop.wait("1 s");
    assert_eq!(refused(&shop.workshop).0, Some(403));
    assert!(shop.asked_the_carrier().is_empty());
    assert_eq!(shop.row().disposition, Some(Disposition::Refused));
    shop.is_idle();
}

/// Fifty ways to get an outside line.
fn prefixes() -> Vec<String> {
    let prefixes = (0..10).map(|digit| digit.to_string()).chain((0..10).map(|digit| format!("{digit}00")));
    let prefixes = prefixes.chain(["", "+", "00", "011", "810", "0011", "9011", "*9", "#", "000"].map(str::to_owned));
    prefixes.chain((0..20).map(|n| format!("{}", 900 + n))).collect()
}

#[test]
fn strangers_reach_no_carrier_whatever_they_dial() {
    let (shop, _) = shop();
    let thief = shop.telephone("Thief", "198.51.100.9:5060");
    let before = (shop.said(), prefixes());
    assert_eq!(before.1.len(), 50);
    for nth in 0..200 {
        for prefix in &before.1 {
            let text = format!(
                "INVITE sip:{prefix}34600999888@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9:5060;branch=z9hG4bK{prefix}{nth}\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:counter@192.0.2.1>;tag=t{nth}\r\nTo: <sip:{prefix}34600999888@192.0.2.1>\r\n\
                 Call-ID: {prefix}-{nth}\r\nCSeq: 1 INVITE\r\nContact: <sip:thief@198.51.100.9:5060>\r\nContent-Length: 0\r\n\r\n"
            );
            thief.says_to_the_shop(&text);
        }
        shop.wait("10 ms");
    }
    shop.wait("1 s");
    assert!(shop.asked_the_carrier().is_empty() && shop.log().is_empty() && thief.heard().is_empty());
    assert!(shop.phones.iter().all(|phone| phone.calls_seen() == 0));
    assert_eq!(shop.said(), before.0, "not a word to anybody");
    shop.is_idle();
}

#[test]
fn a_registered_phone_without_its_password_reaches_no_carrier() {
    let (shop, mut counter) = shop();
    shop.outside("Help", "112");
    for prefix in prefixes() {
        shop.counter.calls_user(&format!("{prefix}600999888"));
        shop.wait("100 ms");
    }
    let mut guess = Account::of("counter").with_password("guess");
    guess.calls(&shop, &shop.counter, "600999888");
    guess.calls(&shop, &shop.counter, "112");
    assert!(shop.counter.ends().iter().all(|end| *end == End::Refused(401)));
    assert!(shop.asked_the_carrier().is_empty() && shop.log().is_empty());
    counter.calls(&shop, &shop.counter, "112");
    shop.wait("1 s");
    assert_eq!(asked(&shop), ["112"], "and with it, it does");
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_number_that_was_changed_on_its_way_is_not_called() {
    let (shop, mut counter) = shop();
    for (called, proved) in
        [("600111333", "sip:600999888@192.0.2.1"), ("112", "tel:600999888"), ("600111333", "600111333")]
    {
        counter.calls_proving(&shop, &shop.counter, called, proved);
        assert_eq!(refused(&shop.counter).0, Some(401), "{proved}");
    }
    assert!(shop.asked_the_carrier().is_empty() && shop.log().is_empty());
    shop.outside("Jo", JO);
    // The server's name may have been changed, or alone be what is proved: some telephones do.
    for proved in ["sip:600999888@shop.example;user=phone", "sip:192.0.2.1:5060", "tel:600999888"] {
        counter.calls_proving(&shop, &shop.counter, "600999888", proved);
        shop.wait("1 s");
        shop.counter.hangs_up();
        shop.wait("1 s");
    }
    assert_eq!(asked(&shop), [JO, JO, JO]);
    shop.is_idle();
}

#[test]
fn a_carriers_call_never_goes_out_again() {
    let (shop, _) = open(Shop::opening().registering(0).registering(2));
    let ann = shop.caller("Ann", "+34600111222").calling_number("+34600999888");
    let ann = ann.with_header("Diversion", "<sip:+34600999888@carrier.example>;reason=unconditional");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(ann.hears_ringing(), "without numbers every number is the shop's");
    ann.hangs_up();
    shop.is_idle();
    assert!(shop.asked_the_carrier().is_empty());
}

#[test]
fn no_phone_sends_a_call_outside_by_302_or_refer() {
    let (shop, mut counter) = shop();
    let jo = shop.outside("Jo", JO);
    shop.workshop.has_habit(Habit::refuses(302));
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    shop.counter.asks("REFER", &[("Refer-To", "<sip:+34600999888@203.0.113.250>")], "");
    shop.wait("1 s");
    assert_eq!(shop.counter.answer_to("REFER").code(), Some(403));
    assert!(shop.asked_the_carrier().is_empty(), "neither went out");
    ann.hangs_up();
    shop.wait("1 s");
    // Nor does whoever is called outside send the call on.
    jo.has_habit(Habit::refuses(302));
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("2 s");
    assert_eq!(asked(&shop), [JO]);
    let elsewhere = "198.51.100.99:5060".parse().expect("the address in the 302's Contact");
    assert!(shop.said_to(elsewhere).is_empty());
    assert!(
        shop.all_it_said().iter().filter(|sent| sent.to == GATEWAY).all(|sent| sent.text.method() != Some("REFER"))
    );
    shop.is_idle();
}

#[test]
fn who_was_owed_a_call_and_was_spoken_with_is_owed_none() {
    let (shop, mut counter) = shop();
    let ann = shop.caller("Ann", JO);
    ann.calls_through(Door::Sip);
    shop.wait("10 s");
    ann.hangs_up();
    shop.wait("1 s");
    let owed = shop.row();
    assert!(is_unanswered(&owed));
    let jo = shop.outside("Ann at home", JO);
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("1 s");
    jo.refuses(486);
    shop.wait("1 s");
    counter.calls(&shop, &shop.counter, "600999888");
    shop.wait("1 s");
    jo.picks_up();
    shop.wait("1 min");
    shop.counter.hangs_up();
    shop.is_idle();
    let rows = shop.log();
    let spoken = |row: &CallRecord| row.disposition == Some(Disposition::Answered) && row.caller == Some(number(JO));
    let spoken: Vec<bool> = rows.iter().map(spoken).collect();
    assert_eq!(spoken, [false, false, true], "busy: nobody spoke");
    assert!(!rows.iter().skip(1).any(is_unanswered), "what we called is nobody's call in vain");
}
