//! A phone's keys show how the colleagues' phones stand (SUBSCRIBE, RFC 6665 and RFC 4235), and take the calls that ring there.

use std::time::Duration;

use ringall::call::record::EventKind;
use ringall::routing::plan::ShopId;

use crate::carrier_sip::Says;
use crate::cast::{Caller, Door, Phone, through_both_doors};
use crate::registering::Account;
use crate::shop::{RUIZ, Shop};
use crate::watching::{Key, attribute};

/// Counter and Ana register; Workshop has its fixed place.
fn shop() -> (Shop, Account) {
    let shop = Shop::opening().registering(0).registering(2).open();
    let mut counter = Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    Account::of("ana").is_registered(&shop, &shop.ana);
    (shop, counter)
}

/// Counter has a key that shows Ana's phone.
fn counter_watches_ana() -> (Shop, Account, Key) {
    let (shop, mut counter) = shop();
    let mut key = Key::of("ana");
    key.is_lit(&shop, &shop.counter, &mut counter);
    (shop, counter, key)
}

fn ann_calls(door: Door, shop: &Shop) -> Caller {
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(door);
    shop.wait("1 s");
    ann
}

/// Wants this call, as a phone that was told of it. The answer.
fn wants(shop: &Shop, phone: &Phone, account: &mut Account, call: &str) -> Option<u16> {
    let mut says = Says { from: "<sip:me@192.0.2.1>".to_owned(), ..Says::calling("ana") };
    says.headers.push(("Replaces".to_owned(), call.to_owned()));
    says.headers.push(("Require".to_owned(), "replaces".to_owned()));
    says.headers.push(("Authorization".to_owned(), account.proof("INVITE")));
    phone.dials(&says);
    shop.wait("1 s");
    phone.answer_to("INVITE").code()
}

#[test]
fn a_key_shows_that_a_colleagues_phone_rings_and_talks() {
    let (shop, _, key) = counter_watches_ana();
    assert_eq!(key.states(&shop.counter), ["terminated"], "at once, as it stands");
    assert!(key.goes_on_for(&shop.counter).is_some_and(|left| left > Duration::from_secs(290)));
    let ann = ann_calls(Door::Sip, &shop);
    assert_eq!(key.states(&shop.counter), ["terminated", "early"]);
    let document = key.shows(&shop.counter);
    assert_eq!(
        (attribute(&document, "display"), attribute(&document, "direction")),
        ("Ann 1st call".into(), "recipient".into())
    );
    assert!(document.contains(">sip:+34600111222@192.0.2.1<"), "{document}");
    assert_eq!(attribute(&document, "entity"), "sip:ana@192.0.2.1");
    shop.ana.picks_up();
    shop.wait("1 s");
    ann.hangs_up();
    shop.wait("1 s");
    let all = ["terminated", "early", "confirmed", "terminated"];
    assert_eq!(key.states(&shop.counter), all);
    // What Ana dials herself, and what comes to nothing.
    shop.ana.calls_user("workshop");
    shop.wait("1 s");
    assert_eq!(shop.ana.answer_to("INVITE").code(), Some(401));
    assert_eq!(key.states(&shop.counter), all, "that was no call");
    Account::of("ana").elsewhere("calls").calls(&shop, &shop.ana, "workshop");
    shop.wait("1 s");
    let document = key.shows(&shop.counter);
    assert!(document.contains("confirmed") && document.contains(">sip:workshop@192.0.2.1<"), "{document}");
    assert_eq!(attribute(&document, "direction"), "initiator");
    shop.ana.hangs_up();
    shop.wait("1 s");
    assert_eq!(key.states(&shop.counter).last().map(String::as_str), Some("terminated"));
    assert_eq!(key.versions(&shop.counter), [0, 1, 2, 3, 4, 5], "one more each time");
    shop.is_idle();
}

#[test]
fn a_phone_that_another_has_answered_for_is_dark_again() {
    through_both_doors(|door| {
        let (shop, _, key) = counter_watches_ana();
        let ann = ann_calls(door, &shop);
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert_eq!(key.states(&shop.counter), ["terminated", "early", "terminated"]);
        ann.hangs_up();
        shop.wait("1 s");
        assert_eq!(key.states(&shop.counter).len(), 3, "nothing has changed there");
        shop.is_idle();
    });
}

#[test]
fn a_key_that_is_lit_while_a_phone_rings_shows_it() {
    through_both_doors(|door| {
        let (shop, mut counter) = shop();
        let ann = ann_calls(door, &shop);
        let mut key = Key::of("ana");
        key.is_lit(&shop, &shop.counter, &mut counter);
        assert_eq!(key.states(&shop.counter), ["early"]);
        let mut own = Key::of("workshop").named("second");
        own.is_lit(&shop, &shop.counter, &mut counter);
        assert_eq!(own.states(&shop.counter), ["early"], "a phone at a fixed address too");
        ann.hangs_up();
        shop.wait("1 s");
        assert_eq!(key.states(&shop.counter), ["early", "terminated"]);
        shop.is_idle();
    });
}

#[test]
fn who_withholds_their_number_is_not_shown_by_it() {
    let (shop, _, key) = counter_watches_ana();
    let ann = shop.caller("Ann", "+34600111222").with_header("Privacy", "id");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let document = key.shows(&shop.counter);
    assert!(document.contains(">sip:anonymous@192.0.2.1<") && !document.contains("600111222"), "{document}");
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_key_is_lit_as_long_as_it_asks_again() {
    through_both_doors(|door| {
        let (shop, mut counter, mut key) = counter_watches_ana();
        for _ in 0..5 {
            shop.wait("250 s");
            counter.is_registered(&shop, &shop.counter);
            key.is_lit(&shop, &shop.counter, &mut counter);
        }
        assert_eq!(key.states(&shop.counter).len(), 6, "each time as it stands");
        shop.wait("250 s");
        counter.is_registered(&shop, &shop.counter);
        shop.wait("51 s");
        assert_eq!(key.goes_on_for(&shop.counter), None);
        let last = key.notes(&shop.counter).pop().expect("a word");
        assert_eq!(last.must("subscription-state"), "terminated;reason=timeout");
        assert_eq!(key.asks(&shop, &shop.counter, &mut counter).code(), Some(481));
        let told = key.notes(&shop.counter).len();
        let ann = ann_calls(door, &shop);
        assert_eq!(key.notes(&shop.counter).len(), told, "nothing more of it");
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_key_that_is_given_up_hears_no_more() {
    through_both_doors(|door| {
        let (shop, mut counter, mut key) = counter_watches_ana();
        key.expires = Some(0);
        key.is_lit(&shop, &shop.counter, &mut counter);
        assert_eq!((key.goes_on_for(&shop.counter), key.notes(&shop.counter).len()), (None, 2));
        let ann = ann_calls(door, &shop);
        assert_eq!(key.notes(&shop.counter).len(), 2);
        ann.hangs_up();
        shop.wait("1 s");
        // Who asks once hears once.
        let mut once = Key::of("ana").named("once").expiring_after(0);
        once.is_lit(&shop, &shop.counter, &mut counter);
        assert_eq!(
            (once.goes_on_for(&shop.counter), once.states(&shop.counter)),
            (None, vec!["terminated".to_owned()])
        );
        shop.is_idle();
    });
}

#[test]
fn what_is_asked_for_otherwise_is_refused_as_the_rfc_says() {
    let (shop, mut counter) = shop();
    let mut nth = 0;
    let mut ask = |key: Key| {
        nth += 1;
        let mut key = key.named(&format!("ask-{nth}"));
        let answer = key.asks(&shop, &shop.counter, &mut counter);
        assert!(key.notes(&shop.counter).is_empty());
        answer
    };
    let brief = ask(Key::of("ana").expiring_after(59));
    assert_eq!((brief.code(), brief.must("min-expires")), (Some(423), "60"));
    for package in ["presence", "refer", "Dialog"] {
        let bad = ask(Key::for_package(package, "ana"));
        assert_eq!((bad.code(), bad.must("allow-events")), (Some(489), "dialog, message-summary"));
    }
    assert_eq!(ask(Key::of("ana").with_header("Accept", "text/plain")).code(), Some(406));
    assert_eq!(ask(Key::of("ana").with_header("Require", "eventlist")).code(), Some(420));
    for nobody in ["nobody", "", "+34600111222"] {
        assert_eq!(ask(Key::of(nobody)).code(), Some(404), "{nobody:?}");
    }
    shop.is_idle();
}

#[test]
fn nobody_hears_of_phones_without_a_password_of_the_same_shop() {
    let (shop, _, _) = counter_watches_ana();
    // No proof, a wrong one, an address that proves nothing.
    let challenged = Key::of("ana").named("a").says_with(&shop, &shop.counter, None);
    assert_eq!(challenged.and_then(|answer| answer.code()), Some(401));
    let mut guess = Account::of("counter").with_password("guess");
    assert_eq!(Key::of("ana").named("b").asks(&shop, &shop.counter, &mut guess).code(), Some(401));
    let fixed = Key::of("ana").named("c").says_with(&shop, &shop.workshop, None);
    assert_eq!(fixed.and_then(|answer| answer.code()), Some(403));
    let thief = shop.telephone("Thief", "198.51.100.9:5060");
    assert!(Key::of("ana").named("d").says_with(&shop, &thief, None).is_none(), "a stranger hears nothing at all");
    // Another shop's phone is no colleague.
    let norte = shop.telephone("Norte", "192.0.2.60:5060");
    shop.has_a_sister("+34917654321", &[&norte]);
    shop.wait("1 s");
    let mut counter = Account::of("counter").elsewhere("again");
    assert_eq!(Key::of("norte").named("e").asks(&shop, &shop.counter, &mut counter).code(), Some(404));
    shop.is_idle();
}

#[test]
fn somebody_elses_key_is_neither_put_off_nor_given_up() {
    through_both_doors(|door| {
        let (shop, _, mut key) = counter_watches_ana();
        let mut ana = Account::of("ana").elsewhere("keys");
        key.expires = Some(0);
        assert_eq!(key.asks(&shop, &shop.ana, &mut ana).code(), Some(403));
        let ann = ann_calls(door, &shop);
        assert_eq!(key.states(&shop.counter), ["terminated", "early"]);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_knows_nothing_of_it_or_says_nothing_is_told_no_more() {
    through_both_doors(|door| {
        for silent in [false, true] {
            let (shop, _, key) = counter_watches_ana();
            if silent {
                shop.counter.falls_silent();
            } else {
                key.is_forgotten(&shop.counter);
            }
            let ann = ann_calls(door, &shop);
            ann.hangs_up();
            shop.wait("60 s");
            shop.counter.wakes_up();
            let told = key.notes(&shop.counter).len();
            let ben = shop.caller("Ben", "+34600333444");
            ben.calls_through(door);
            shop.wait("1 s");
            assert_eq!(key.notes(&shop.counter).len(), told, "silent: {silent}");
            ben.hangs_up();
            shop.is_idle_on_our_side();
        }
    });
}

#[test]
fn a_phone_that_is_not_registered_any_more_is_told_no_more() {
    through_both_doors(|door| {
        let (shop, mut counter, mut key) = counter_watches_ana();
        counter.expires = Some(0);
        counter.is_registered(&shop, &shop.counter);
        let told = key.notes(&shop.counter).len();
        let ann = ann_calls(door, &shop);
        assert_eq!(key.notes(&shop.counter).len(), told);
        ann.hangs_up();
        counter.expires = None;
        counter.is_registered(&shop, &shop.counter);
        assert_eq!(key.asks(&shop, &shop.counter, &mut counter).code(), Some(481), "it asks anew");
        shop.is_idle();
    });
}

#[test]
fn a_restart_forgets_keys_and_they_are_lit_anew() {
    let (shop, mut counter, mut key) = counter_watches_ana();
    shop.restarts();
    shop.wait("10 s");
    assert_eq!(key.asks(&shop, &shop.counter, &mut counter).code(), Some(481));
    let mut anew = Key::of("ana").named("anew");
    anew.is_lit(&shop, &shop.counter, &mut counter);
    assert_eq!(anew.states(&shop.counter), ["terminated"]);
    shop.is_idle();
}

#[test]
fn one_word_at_a_time_so_that_the_newest_is_read_last() {
    through_both_doors(|door| {
        let (shop, _, key) = counter_watches_ana();
        shop.loses_to(&shop.counter, "NOTIFY", 2);
        let ann = ann_calls(door, &shop);
        shop.ana.picks_up();
        shop.wait("100 ms");
        ann.hangs_up();
        shop.wait("5 s");
        assert_eq!(
            key.states(&shop.counter),
            ["terminated", "early", "terminated"],
            "what has passed meanwhile is passed over"
        );
        assert_eq!(key.versions(&shop.counter), [0, 1, 2]);
        shop.is_idle();
    });
}

#[test]
fn a_phone_has_so_many_keys_and_no_more() {
    let (shop, mut counter) = shop();
    for nth in 0..64 {
        Key::of("ana").named(&format!("key-{nth}")).is_lit(&shop, &shop.counter, &mut counter);
    }
    assert_eq!(Key::of("workshop").asks(&shop, &shop.counter, &mut counter).code(), Some(403));
    let mut ana = Account::of("ana").elsewhere("keys");
    Key::of("counter").named("hers").is_lit(&shop, &shop.ana, &mut ana);
    shop.is_idle();
}

#[test]
fn a_phone_that_was_started_anew_lights_all_its_keys_again() {
    through_both_doors(|door| {
        let (shop, mut counter) = shop();
        let key = |user: &str, start: usize, nth: usize| Key::of(user).named(&format!("{user}-{start}-{nth}"));
        for start in 0..3 {
            for nth in 0..20 {
                for user in ["ana", "workshop"] {
                    key(user, start, nth).is_lit(&shop, &shop.counter, &mut counter);
                }
            }
        }
        // Those of before are forgotten, the oldest first; what was asked for last is told.
        let ann = ann_calls(door, &shop);
        let told = |key: &Key| key.states(&shop.counter);
        assert_eq!(told(&key("ana", 0, 0)), ["terminated"]);
        assert_eq!(told(&key("ana", 2, 19)), ["terminated", "early"]);
        assert_eq!(told(&key("workshop", 2, 0)), ["terminated", "early"]);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn who_asks_only_how_it_stands_now_asks_no_more_often() {
    let (shop, mut counter) = shop();
    // It answers none of what it is told.
    shop.counter.falls_silent();
    let mut asks =
        |name: &str| Key::of("ana").named(name).expiring_after(0).asks(&shop, &shop.counter, &mut counter).code();
    let taken = (0..100).filter(|nth| asks(&format!("once-{nth}")) == Some(200)).count();
    assert_eq!(taken, 64);
    shop.wait("40 s");
    assert_eq!(asks("later"), Some(200), "what it was told is over");
    shop.wait("40 s");
    shop.is_idle_on_our_side();
}

#[test]
fn a_key_takes_the_call_that_rings_at_a_colleague() {
    through_both_doors(|door| {
        let (shop, mut counter, key) = counter_watches_ana();
        // One who has waited longer rings there too.
        let ben = shop.caller("Ben", "+34600333444");
        ben.calls_through(door);
        shop.wait("1 s");
        shop.counter.refuses(603);
        shop.ana.refuses(603);
        shop.wait("1 s");
        let ann = ann_calls(door, &shop);
        shop.counter.refuses(603);
        shop.wait("1 s");
        let call = key.names_the_call(&shop.counter);
        assert_eq!(wants(&shop, &shop.counter, &mut counter, &format!("{call};early-only")), Some(200));
        assert!(ann.talks_with(&shop.counter) && ben.hears_ringing());
        assert!(!shop.ana.rings() && !shop.ana.shows_missed_call(), "a colleague has the call");
        assert_eq!(shop.events_of(EventKind::Answered), ["Counter"]);
        // It is over there, and a conversation is nobody's to take.
        assert_eq!(wants(&shop, &shop.counter, &mut counter, &call), Some(481));
        ann.hangs_up();
        ben.hangs_up();
        shop.is_idle();
        assert_eq!(shop.log().len(), 2);
    });
}

#[test]
fn a_call_is_taken_only_by_its_name_and_by_a_phone_that_proves_who_it_is() {
    through_both_doors(|door| {
        let (shop, mut counter, key) = counter_watches_ana();
        let ann = ann_calls(door, &shop);
        let call = key.names_the_call(&shop.counter);
        let wrong = call.replace("to-tag=", "to-tag=x");
        assert_eq!(wants(&shop, &shop.counter, &mut counter, &wrong), Some(481));
        assert_eq!(wants(&shop, &shop.counter, &mut counter, "nobody;to-tag=1;from-tag=2"), Some(481));
        // As the telephone that rings is told it is called, with a tag that is nobody's.
        let invite = shop.ana.invite_sent();
        let tag = invite.must("from").split_once("tag=").expect("a tag").1.to_owned();
        let half = format!("{};to-tag={tag};from-tag=x", invite.must("call-id"));
        assert_eq!(wants(&shop, &shop.counter, &mut counter, &half), Some(481));
        assert_eq!(wants(&shop, &shop.counter, &mut counter, "nobody;to-tag=1"), Some(400));
        let mut says = Says::calling("ana");
        says.headers.push(("Replaces".to_owned(), call.clone()));
        shop.workshop.dials(&says);
        shop.wait("1 s");
        assert_eq!(shop.workshop.answer_to("INVITE").code(), Some(403), "an address proves nothing");
        shop.ana.picks_up();
        shop.wait("1 s");
        assert_eq!(wants(&shop, &shop.counter, &mut counter, &format!("{call};early-only")), Some(486));
        assert_eq!(wants(&shop, &shop.counter, &mut counter, &call), Some(403));
        assert!(ann.talks_with(&shop.ana));
        // A carrier that names it calls as any other does.
        let ben = shop.caller("Ben", "+34600333444").with_header("Replaces", &call);
        ben.calls_through(door);
        shop.wait("1 s");
        assert!(ben.hears_ringing() && ann.talks_with(&shop.ana));
        ben.hangs_up();
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_key_tells_nobody_what_the_conversation_is_really_called() {
    through_both_doors(|door| {
        let (shop, mut counter, key) = counter_watches_ana();
        let ann = ann_calls(door, &shop);
        let invite = shop.ana.invite_sent();
        let (call, document) = (key.names_the_call(&shop.counter), key.shows(&shop.counter));
        let tag = invite.must("from").split_once("tag=").expect("a tag").1.to_owned();
        for secret in [invite.must("call-id"), tag.as_str()] {
            assert!(!document.contains(secret), "whoever knows it can redirect the sound: {document}");
        }
        shop.ana.picks_up();
        shop.wait("1 s");
        let (call_id, tags) = call.split_once(";to-tag=").expect("names");
        let (local, remote) = tags.split_once(";from-tag=").expect("two tags");
        let address = shop.counter.address();
        for (ours, theirs) in [(local, remote), (remote, local)] {
            shop.counter.says_to_the_shop(&format!(
            "BYE sip:ringall@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK{ours}\r\nMax-Forwards: 70\r\n\
             From: <sip:ana@192.0.2.1>;tag={theirs}\r\nTo: <sip:ringall@192.0.2.1>;tag={ours}\r\nCall-ID: {call_id}\r\n\
             CSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n"
        ));
            shop.wait("1 s");
        }
        assert!(ann.talks_with(&shop.ana));
        // The names that are told are good for the one thing.
        assert_eq!(wants(&shop, &shop.counter, &mut counter, &call), Some(403));
        ann.hangs_up();
        shop.is_idle();
    });
}

/// The last line of each summary.
fn summaries(key: &Key, phone: &Phone) -> Vec<String> {
    let line = |body: &str, name: &str| {
        let line = body
            .split("\r\n")
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_else(|| panic!("no {name} in {body}"));
        line.trim().to_owned()
    };
    let notes = key.notes(phone).into_iter();
    notes
        .map(|note| format!("{}: {}", line(&note.body, "Messages-Waiting:"), line(&note.body, "Voice-Message:")))
        .collect()
}

#[test]
fn a_lamp_shows_that_messages_wait_until_somebody_has_heard_them() {
    let (shop, mut counter) = shop();
    let mut lamp = Key::for_package("message-summary", "counter");
    lamp.is_lit(&shop, &shop.counter, &mut counter);
    let note = lamp.notes(&shop.counter).pop().expect("a word at once");
    assert_eq!(note.must("content-type"), "application/simple-message-summary");
    assert_eq!(note.must("event"), "message-summary");
    assert!(note.body.contains("Message-Account: sip:counter@192.0.2.1\r\n"), "{}", note.body);
    for (new, old) in [(1, 0), (2, 0), (2, 0), (0, 2)] {
        shop.messages_wait(RUIZ, new, old);
        shop.wait("1 s");
    }
    let all = ["no: 0/0 (0/0)", "yes: 1/0 (0/0)", "yes: 2/0 (0/0)", "no: 0/2 (0/0)"];
    assert_eq!(summaries(&lamp, &shop.counter), all, "once each");
    shop.messages_wait(ShopId(2), 5, 0);
    shop.wait("1 s");
    assert_eq!(
        summaries(&lamp, &shop.counter).pop().as_deref(),
        Some("no: 0/0 (0/0)"),
        "another shop's are not its own"
    );
    shop.is_idle();
}

#[test]
fn a_phone_that_has_not_asked_hears_of_no_messages() {
    let (shop, _, key) = counter_watches_ana();
    shop.messages_wait(RUIZ, 1, 0);
    shop.wait("1 s");
    assert_eq!((key.notes(&shop.counter).len(), shop.ana.got("NOTIFY").len()), (1, 0));
    shop.is_idle();
}
