//! Phones that register: only who knows the password, and never forgotten.

use std::time::Duration;

use crate::cast::Door;
use crate::machine::SHOP;
use crate::registering::{Account, field, hears};
use crate::shop::Shop;
use crate::text::{Text, compose};

/// A shop whose Counter registers; Workshop and Ana have their fixed places.
fn shop() -> Shop {
    Shop::opening().registering(0).open()
}

fn counter() -> Account {
    Account::of("counter")
}

/// Whether a call now rings Counter.
fn counter_rings(shop: &Shop) -> bool {
    // Each caller has a name of their own, and so their calls.
    let ann = shop.caller(&format!("Ann at {} ms", shop.now().as_millis()), "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let rings = shop.counter.rings();
    assert!(shop.workshop.rings() && shop.ana.rings(), "the others ring in any case");
    ann.hangs_up();
    shop.wait("1 s");
    rings
}

#[test]
fn a_phone_that_registers_rings_and_is_talked_to() {
    let shop = shop();
    assert!(!counter_rings(&shop), "nobody knows where it is");
    let answer = counter().registers(&shop, &shop.counter);
    assert_eq!(answer.code(), Some(200));
    assert_eq!(answer.all("contact"), ["<sip:counter@192.0.2.10:5060>;expires=300"]);
    assert_eq!(answer.must("date"), "Fri, 20 Nov 2026 10:00:02 GMT");
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.log().last().and_then(|row| row.answered_by.clone()).as_deref(), Some("Counter"));
}

#[test]
fn both_bindings_of_one_phone_ring() {
    let shop = shop();
    let handset = shop.telephone("Handset", "192.0.2.50:5070");
    counter().is_registered(&shop, &shop.counter);
    let answer = counter().elsewhere("reg-handset").registers(&shop, &handset);
    assert_eq!(
        answer.all("contact"),
        ["<sip:counter@192.0.2.10:5060>;expires=300", "<sip:counter@192.0.2.50:5070>;expires=300"]
    );
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(shop.counter.rings() && handset.rings());
    handset.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&handset) && !shop.counter.rings() && !shop.counter.shows_missed_call());
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_binding_that_is_not_renewed_does_not_ring() {
    let shop = shop();
    let mut account = counter().expiring_after(60);
    account.is_registered(&shop, &shop.counter);
    shop.wait("50 s");
    assert!(counter_rings(&shop));
    account.is_registered(&shop, &shop.counter);
    shop.wait("50 s");
    assert!(counter_rings(&shop), "renewed in time");
    shop.wait("20 s");
    assert!(!counter_rings(&shop));
    shop.is_idle();
}

#[test]
fn a_phone_that_unregisters_does_not_ring() {
    let shop = shop();
    let mut account = counter();
    account.is_registered(&shop, &shop.counter);
    account.expires = Some(0);
    let answer = account.registers(&shop, &shop.counter);
    assert_eq!((answer.code(), answer.get("contact")), (Some(200), None));
    assert!(!counter_rings(&shop));
    shop.restarts();
    shop.wait("1 s");
    assert!(!counter_rings(&shop), "not after a restart either");
    shop.is_idle();
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_answered_alike() {
    let shop = shop();
    let stranger = shop.stranger();
    let said = |account: &mut Account| {
        let mut answers = Vec::new();
        for _ in 0..3 {
            let answer = account.says(&shop, &stranger);
            account.is_challenged(&answer);
            answers.push(answer.write().replace(&field(&answer, "nonce"), "NONCE").replace("nobody", "counter"));
        }
        answers
    };
    let wrong = said(&mut counter().with_password("guess"));
    let unknown = said(&mut Account { call_id: "reg-counter".to_owned(), ..Account::of("nobody") });
    assert_eq!(wrong, unknown, "byte for byte, but for the nonce");
    assert!(wrong.iter().all(|answer| answer.starts_with("SIP/2.0 401 Unauthorized\r\n") && !answer.contains("stale")));
    assert_eq!(shop.gauges().transactions, 0, "and nothing is kept of them");
    assert!(!counter_rings(&shop));
    shop.is_idle();
}

#[test]
fn an_old_nonce_is_stale_and_a_new_one_is_enough() {
    let shop = shop();
    let mut account = counter();
    account.is_registered(&shop, &shop.counter);
    shop.wait("50 s");
    assert_eq!(account.says(&shop, &shop.counter).code(), Some(200), "the nonce lives still");
    shop.wait("61 s");
    let answer = account.says(&shop, &shop.counter);
    assert_eq!(answer.code(), Some(401));
    assert!(answer.must("www-authenticate").ends_with("stale=true"), "{answer:?}");
    account.is_challenged(&answer);
    assert_eq!(account.says(&shop, &shop.counter).code(), Some(200));
    shop.is_idle();
}

#[test]
fn what_was_overheard_cannot_be_said_again() {
    let shop = shop();
    let mut account = counter();
    account.is_registered(&shop, &shop.counter);
    let second = account.next(&shop.counter);
    assert_eq!(hears(&shop, &shop.counter, &second).and_then(|answer| answer.code()), Some(200));
    // Somebody on the way takes the credentials for a REGISTER of their own: with the same count, and with a lower one.
    let thief = shop.telephone("Thief", "198.51.100.9:5060");
    let overheard = Text::read(second.as_bytes()).must("authorization").to_owned();
    for (nth, authorization) in [overheard.clone(), overheard.replace("nc=00000002", "nc=00000001")].iter().enumerate()
    {
        let mut forged = Account { cseq: 40 + nth as u32, ..counter().elsewhere("forged") }.next(&thief);
        forged =
            forged.replacen("\r\nContent-Length", &format!("\r\nAuthorization: {authorization}\r\nContent-Length"), 1);
        assert_eq!(hears(&shop, &thief, &forged).and_then(|answer| answer.code()), Some(401), "{forged}");
    }
    assert!(counter_rings(&shop) && thief.calls_seen() == 0);
    shop.is_idle();
}

#[test]
fn a_registration_too_brief_is_told_what_is_enough() {
    let shop = shop();
    let answer = counter().expiring_after(30).registers(&shop, &shop.counter);
    assert_eq!((answer.start.as_str(), answer.must("min-expires")), ("SIP/2.0 423 Interval Too Brief", "60"));
    assert!(!counter_rings(&shop));
    shop.is_idle();
}

#[test]
fn nobody_registers_for_somebody_else() {
    let shop = Shop::opening().registering(0).registering(2).open();
    let mut account = Account { to: Some("ana".to_owned()), ..counter() };
    assert_eq!(account.registers(&shop, &shop.counter).code(), Some(403));
    assert!(shop.gauges().transactions <= 1);
    let mut account = counter().elsewhere("reg-tel").with_contact("<tel:+34600111222>");
    assert_eq!(account.registers(&shop, &shop.counter).code(), Some(400));
    shop.is_idle();
}

#[test]
fn after_a_restart_a_phone_rings_without_registering_again() {
    let shop = shop();
    let mut account = counter();
    account.is_registered(&shop, &shop.counter);
    let challenged = counter().elsewhere("other").says(&shop, &shop.counter);
    shop.wait("20 s");
    shop.restarts();
    shop.wait("1 s");
    assert!(counter_rings(&shop));
    // A nonce of before is good as well.
    let mut other = counter().elsewhere("other");
    (other.cseq, other.contacts) = (1, vec!["<sip:counter@192.0.2.10:5060>".to_owned()]);
    assert!(other.is_challenged(&challenged));
    assert_eq!(other.says(&shop, &shop.counter).code(), Some(200));
    shop.wait("310 s");
    assert!(!counter_rings(&shop), "its life goes on from where it was");
    shop.is_idle();
}

#[test]
fn a_phone_hears_that_it_is_registered_when_that_is_kept() {
    let shop = shop();
    shop.store_takes(Some("100 ms"));
    let mut account = counter();
    let answer = account.says(&shop, &shop.counter);
    assert!(account.is_challenged(&answer), "a challenge waits for nothing");
    let words = account.next(&shop.counter);
    let from = shop.now();
    shop.counter.says_to_the_shop(&words);
    shop.wait("1 s");
    let after = |nth: usize| shop.counter.got_at("200 REGISTER")[nth] - from;
    assert!(after(0) >= Duration::from_millis(100), "{:?}", after(0));
    // A store that stalls does not keep a phone from working.
    shop.store_takes(None);
    let (words, from) = (account.next(&shop.counter), shop.now());
    shop.counter.says_to_the_shop(&words);
    shop.wait("1 s");
    let after = shop.counter.got_at("200 REGISTER")[1] - from;
    assert!((250..400).contains(&after.as_millis()), "{after:?}");
    shop.store_takes(Some("1 ms"));
    shop.is_idle();
}

#[test]
fn another_password_or_no_such_phone_ends_its_bindings() {
    for (name, change) in [
        ("another password", counter().with_password("other").line()),
        ("a fixed place", ringall::routing::plan::Line::Fixed { contact: "sip:counter@192.0.2.99".to_owned() }),
    ] {
        let shop = shop();
        counter().is_registered(&shop, &shop.counter);
        shop.changes(|wishes| wishes.give_up_after = Duration::from_secs(60));
        assert!(counter_rings(&shop), "another change is none of its business");
        shop.changes(|wishes| wishes.phones[0].line = change.clone());
        assert!(!counter_rings(&shop), "{name}");
        shop.restarts();
        shop.wait("1 s");
        assert!(!counter_rings(&shop), "{name}, after a restart");
        assert_eq!(counter().registers(&shop, &shop.counter).code(), Some(401), "{name}");
        shop.is_idle();
    }
}

#[test]
fn a_password_changed_while_the_service_was_down_ends_the_bindings_too() {
    let shop = shop();
    counter().is_registered(&shop, &shop.counter);
    shop.is_killed_and_starts_with(|wishes| wishes.phones[0].line = counter().with_password("other").line());
    shop.wait("1 s");
    assert!(!counter_rings(&shop));
    shop.is_idle();
}

#[test]
fn a_phone_behind_a_router_rings_where_its_words_came_from() {
    let shop = shop();
    let home = shop.telephone("Home", "198.51.100.20:40123");
    let at_home = "sip:counter@192.168.1.5:5060";
    home.act(|far_end, _| at_home.clone_into(&mut far_end.uri));
    counter().with_contact(&format!("<{at_home}>")).is_registered(&shop, &home);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(home.rings());
    let invite = home.got("INVITE").remove(0);
    assert_eq!(invite.uri(), at_home, "as it calls itself");
    home.picks_up();
    // A lost ACK would end the call after 32 s.
    shop.wait("40 s");
    assert!(ann.talks_with(&home));
    ann.hangs_up();
    shop.wait("1 s");
    assert!(!home.talks(), "the BYE found it too");
    shop.is_idle();
}

#[test]
fn an_address_is_known_as_long_as_a_phone_is_there() {
    let shop = shop();
    let home = shop.telephone("Home", "198.51.100.20:40123");
    let options = |branch: &str| {
        compose(
            &format!("OPTIONS sip:{SHOP} SIP/2.0"),
            &[
                ("Via", format!("SIP/2.0/UDP {};branch=z9hG4bK{branch};rport", home.address())),
                ("Max-Forwards", "70".to_owned()),
                ("From", "<sip:counter@home>;tag=o".to_owned()),
                ("To", format!("<sip:{SHOP}>")),
                ("Call-ID", format!("options-{branch}")),
                ("CSeq", "1 OPTIONS".to_owned()),
            ],
            "",
        )
    };
    assert!(hears(&shop, &home, &options("1")).is_none(), "a stranger");
    counter().expiring_after(60).is_registered(&shop, &home);
    assert_eq!(hears(&shop, &home, &options("2")).and_then(|answer| answer.code()), Some(200));
    shop.wait("61 s");
    assert!(hears(&shop, &home, &options("3")).is_none(), "a stranger again");
    shop.is_idle();
}

#[test]
fn a_thousand_guesses_leave_nothing_behind() {
    let shop = shop();
    let stranger = shop.stranger();
    for nth in 0..1000 {
        let mut guess = Account { nonce: Some("x".repeat(60)), ..counter().with_password(&nth.to_string()) };
        guess.call_id = format!("guess-{nth}");
        stranger.says_to_the_shop(&guess.next(&stranger));
        // As fast as a stranger's budget lets them.
        shop.wait("50 ms");
    }
    shop.wait("1 s");
    assert_eq!(stranger.got("401 REGISTER").len(), 1000);
    assert_eq!(shop.gauges().transactions, 0);
    counter().is_registered(&shop, &shop.counter);
    assert!(counter_rings(&shop));
    shop.is_idle();
}
