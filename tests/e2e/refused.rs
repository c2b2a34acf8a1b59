//! Calls that cannot be served, and what the log says of them.

use std::time::Duration;

use crate::installation::{Files, Installation, SHOP, fixed_phone};
use crate::peers;
use crate::sipp::{self, Sipp};

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_number_nobody_owns_is_not_found_and_logged_as_refused() {
    if !peers::present("a_number_nobody_owns_is_not_found_and_logged_as_refused", &["sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE);
    let shop = SHOP.to_owned() + "numbers = [\"+34911234567\"]\n" + &fixed_phone("Counter", phone.port());
    let installation = Installation::start(&shop);
    let target = installation.target();
    let phone = phone.start(&target);
    let nobodys = Sipp::plays(&sipp::caller_refused_with(404)).calls("+34911234568");
    let notes = nobodys.start(&target).finish(LIMIT);
    assert!(notes.iter().all(|note| note.text != "ringing"), "nothing rang: {notes:?}");
    let call = installation.only_call();
    assert_eq!(call["disposition"], "refused");
    assert!(call["shop"].is_null(), "{call:#?}");
    assert_eq!(call["called"], "+34911234568");

    // The shop's own number, in the national form a carrier may send, is the shop's.
    Sipp::plays(sipp::CALLER).calls("911234567").start(&target).finish(LIMIT);
    phone.finish(LIMIT);
    assert_eq!(installation.calls().len(), 2);
}

#[test]
fn a_phone_whose_address_is_our_own_rings_nobody_twice() {
    if !peers::present("a_phone_whose_address_is_our_own_rings_nobody_twice", &["sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE).pause_ms(1500);
    let files = Files::new();
    let phones = [fixed_phone("Counter", phone.port()), fixed_phone("Ourselves", files.sip_port)].concat();
    let installation = Installation::start_with(files, &format!("{SHOP}{phones}"));
    let target = installation.target();
    let phone = phone.start(&target);
    Sipp::plays(sipp::CALLER).start(&target).finish(LIMIT);
    let notes = phone.finish(LIMIT);
    assert_eq!(notes.iter().filter(|note| note.text.starts_with("offered")).count(), 1, "{notes:?}");
    let call = installation.ended_calls(1).remove(0);
    assert_eq!((&call["disposition"], &call["answered_by"]), (&"answered".into(), &"Counter".into()));
    assert_eq!(installation.calls().len(), 1, "its own INVITE is no call");
}

#[test]
fn a_caller_without_a_codec_of_ours_is_told_so() {
    if !peers::present("a_caller_without_a_codec_of_ours_is_told_so", &["sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE);
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let target = installation.target();
    let phone = phone.start(&target);
    // Only the keys of a telephone, and a dynamic payload type nobody has named: nothing to speak with.
    let speechless = Sipp::plays(&sipp::caller_refused_with(488)).key("codecs", "96 101");
    speechless.start(&target).finish(LIMIT);
    assert!(phone.notes().is_empty(), "no phone rang: {:?}", phone.notes());

    Sipp::plays(sipp::CALLER).start(&target).finish(LIMIT);
    phone.finish(LIMIT);
}
