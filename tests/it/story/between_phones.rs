//! A phone calls another of its shop by its user. Where no carrier takes our calls, whatever else is dialled is refused in
//! words, because these phones then reach nobody outside, not even those who help.

use ringall::call::record::{Direction, Disposition, EndedBy};
use ringall::routing::Because;
use ringall::routing::plan::{Override, OverrideState};

use crate::carrier_sip::Says;
use crate::cast::{Door, Phone};
use crate::phone::Habit;
use crate::registering::{Account, field};
use crate::shop::Shop;

/// A shop whose Counter and Ana register; Workshop has its fixed place.
fn shop() -> (Shop, Account) {
    let shop = Shop::opening().registering(0).registering(2).open();
    let mut counter = Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    Account::of("ana").is_registered(&shop, &shop.ana);
    (shop, counter)
}

/// The last final answer to what this phone dialled.
fn told(phone: &Phone) -> Option<u16> {
    phone.answer_to("INVITE").code()
}

#[test]
fn a_phone_calls_another_by_its_user() {
    let (shop, mut counter) = shop();
    counter.calls(&shop, &shop.counter, "ana");
    shop.wait("1 s");
    assert!(shop.ana.rings() && shop.workshop.calls_seen() == 0, "that phone and no other");
    assert_eq!(shop.ana.display(), ("Counter".to_owned(), "counter".to_owned()), "who calls, and how to call back");
    shop.ana.picks_up();
    shop.wait("1 min");
    assert!(shop.counter.talks_with(&shop.ana));
    shop.ana.hangs_up();
    shop.is_idle();
    let row = shop.row();
    assert_eq!((row.direction, row.disposition), (Direction::Out, Some(Disposition::Answered)));
    assert_eq!((row.because, row.answered_by.as_deref()), (Because::Colleague, Some("Ana")));
    assert_eq!((row.caller_raw.as_str(), row.caller_display.as_str()), ("counter", "Counter"));
    assert_eq!((row.called.as_str(), row.ended_by), ("ana", Some(EndedBy::Staff)));
    assert_eq!((row.caller, row.nth_call_from_caller, row.withheld), (None, 0, false), "nobody's customer, never owed");
}

#[test]
fn phones_at_fixed_addresses_call_and_are_called() {
    let (shop, mut counter) = shop();
    shop.workshop.calls_user("counter");
    shop.wait("1 s");
    assert!(shop.counter.rings() && !shop.ana.rings());
    assert_eq!(shop.counter.display(), ("Workshop".to_owned(), "workshop".to_owned()));
    shop.workshop.hangs_up();
    shop.wait("1 s");
    assert!(shop.counter.shows_missed_call());
    assert_eq!(shop.row().disposition, Some(Disposition::Missed));
    counter.calls(&shop, &shop.counter, "workshop");
    shop.wait("1 s");
    assert!(shop.workshop.rings());
    shop.workshop.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&shop.workshop));
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_phone_that_is_called_by_a_connection_calls_by_one() {
    for encrypted in [false, true] {
        let shop = Shop::opening().registering(0);
        let shop = if encrypted { shop.encrypted(1).open() } else { shop.by_stream(1).open() };
        Account::of("counter").is_registered(&shop, &shop.counter);
        shop.workshop.calls_user("counter");
        shop.wait("1 s");
        assert!(shop.counter.rings(), "it calls from a port of its own choice");
        assert_eq!(shop.counter.display(), ("Workshop".to_owned(), "workshop".to_owned()));
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(shop.workshop.talks_with(&shop.counter));
        shop.workshop.hangs_up();
        shop.is_idle();
        assert_eq!(shop.row().direction, Direction::Out);
    }
}

#[test]
fn a_fixed_phone_picks_up_by_its_connection() {
    let shop = Shop::opening().by_stream(1).open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.ana.refuses(603);
    shop.workshop.refuses(603);
    shop.wait("1 s");
    shop.workshop.calls_user("*8");
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.workshop));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_phone_that_is_called_by_tls_calls_by_nothing_less_and_from_nowhere_else() {
    let shop = Shop::opening().registering(0).encrypted(1).open();
    Account::of("counter").is_registered(&shop, &shop.counter);
    for (name, address, encrypted) in [("Beside", "192.0.2.11:5070", false), ("Elsewhere", "192.0.2.99:5061", true)] {
        let other = shop.telephone(name, address);
        other.act(|far_end, _| if encrypted { far_end.speaks_encrypted() } else { far_end.speaks_by_stream() });
        let before = shop.all_it_said().len();
        other.calls_user("counter");
        shop.wait("2 s");
        let said = shop.all_it_said();
        assert!(said[before..].iter().all(|sent| sent.to != other.address()), "{name}: a stranger hears nothing");
        assert_eq!(shop.counter.calls_seen(), 0, "{name}");
        other.hangs_up();
    }
    shop.wait("40 s");
    shop.is_idle();
}

#[test]
fn both_telephones_of_a_user_ring() {
    let (shop, mut counter) = shop();
    let handset = shop.telephone("Handset", "192.0.2.50:5070");
    Account::of("ana").elsewhere("reg-handset").is_registered(&shop, &handset);
    counter.calls(&shop, &shop.counter, "ana");
    shop.wait("1 s");
    assert!(shop.ana.rings() && handset.rings());
    handset.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&handset) && !shop.ana.shows_missed_call());
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn whatever_else_a_phone_dials_rings_no_colleague() {
    // No carrier takes calls of ours: there are only these phones.
    let shop = Shop::opening().registering(0).registering(2).calling_by_registrar().open();
    let mut counter = Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    Account::of("ana").is_registered(&shop, &shop.ana);
    let before = shop.all_it_said().len();
    let dialled =
        ["112", "911", "+34600111222", "0034600111222", "+34911234567", "counter", "nobody", "ANA", "ana%00", "*97"];
    for called in dialled {
        counter.calls(&shop, &shop.counter, called);
        shop.workshop.calls_user(called);
        shop.wait("1 s");
        let phones = if called == "counter" { vec![&shop.counter] } else { vec![&shop.counter, &shop.workshop] };
        for phone in phones {
            let answer = phone.answer_to("INVITE");
            assert_eq!(answer.code(), Some(403), "{called}");
            assert!(answer.must("warning").starts_with("399 ringall \"Th"), "{called}: {}", answer.must("warning"));
        }
        shop.workshop.hangs_up();
        shop.wait("1 s");
    }
    let to_phones = [&shop.counter, &shop.workshop, &shop.ana].map(|phone| phone.address());
    let said = shop.all_it_said();
    assert!(said[before..].iter().all(|sent| to_phones.contains(&sent.to)), "not a word to a carrier");
    assert!(shop.ana.calls_seen() == 0, "nobody rang");
    shop.is_idle();
}

#[test]
fn a_registered_phone_proves_who_it_is_with_each_call() {
    let (shop, _) = shop();
    shop.counter.calls_user("ana");
    shop.wait("1 s");
    let challenge = shop.counter.answer_to("INVITE");
    assert_eq!(challenge.code(), Some(401));
    assert!(challenge.must("www-authenticate").starts_with("Digest realm=\"ringall\""));
    // With another's name it is that other, who must prove it.
    let mut guess = Account::of("ana").with_password("guess");
    guess.calls(&shop, &shop.counter, "workshop");
    assert_eq!(told(&shop.counter), Some(401));
    assert!(shop.ana.calls_seen() == 0 && shop.workshop.calls_seen() == 0);
    // It is kept until its ACK, so a lost one comes again.
    shop.loses_to(&shop.counter, "401 INVITE", 2);
    let heard = shop.counter.got("401 INVITE").len();
    shop.counter.calls_user("ana");
    shop.wait("3 s");
    assert_eq!(shop.counter.got("401 INVITE").len(), heard + 1);
    shop.is_idle();
    assert!(shop.log().is_empty());
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_told_the_same() {
    let (shop, _) = shop();
    let said = |mut account: Account| {
        account.calls(&shop, &shop.counter, "workshop");
        let answer = shop.counter.answer_to("INVITE");
        let fresh = |name: &str| !["via", "to", "from", "call-id"].contains(&name);
        let kept = answer.headers.iter().filter(|(name, _)| fresh(name)).cloned().collect::<Vec<_>>();
        format!("{} {kept:?}", answer.start).replace(&field(&answer, "nonce"), "NONCE")
    };
    let [wrong, unknown] = [said(Account::of("counter").with_password("guess")), said(Account::of("nobody"))];
    assert!(wrong.starts_with("SIP/2.0 401 Unauthorized"));
    assert_eq!(wrong, unknown);
    shop.is_idle();
}

#[test]
fn what_was_overheard_rings_nobody_again() {
    let (shop, mut counter) = shop();
    counter.calls(&shop, &shop.counter, "ana");
    shop.wait("1 s");
    assert!(shop.ana.rings());
    let overheard = shop.counter.invite_sent();
    shop.counter.hangs_up();
    shop.wait("1 s");
    // From another address it is a stranger's, from the same a repeat.
    let thief = shop.telephone("Thief", "198.51.100.9:5060");
    let mut again = overheard;
    for (name, value) in &mut again.headers {
        match name.as_str() {
            "via" => *value = value.replace("branch=z9hG4bK", "branch=z9hG4bKagain"),
            "call-id" => value.push_str("-again"),
            _ => {}
        }
    }
    thief.says_to_the_shop(&again.write());
    shop.counter.says_to_the_shop(&again.write());
    shop.wait("1 s");
    assert!(thief.heard().is_empty());
    assert_eq!(shop.ana.calls_seen(), 1, "the nonce was spent");
    shop.is_idle();
}

#[test]
fn a_phone_that_is_nowhere_is_not_waited_for() {
    let shop = Shop::opening().registering(0).open();
    shop.workshop.calls_user("counter");
    shop.wait("1 s");
    assert_eq!(told(&shop.workshop), Some(480));
    shop.is_idle();
    assert_eq!(shop.log().len(), 1);
}

#[test]
fn phones_call_each_other_when_the_shop_is_closed() {
    let (shop, mut counter) = shop();
    shop.changes(|wishes| {
        let until = ringall::now::UnixMs(i64::MAX);
        wishes.hours_override = Some(Override { state: OverrideState::Closed, until });
        wishes.phones[2].off_until = Some(until);
    });
    counter.calls(&shop, &shop.counter, "ana");
    shop.wait("1 s");
    assert!(shop.ana.rings(), "whoever dials this very phone wants this very phone");
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_colleagues_call_waits_for_its_row_like_any_other() {
    let (shop, mut counter) = shop();
    shop.store_takes(Some("100 ms"));
    counter.calls(&shop, &shop.counter, "ana");
    shop.wait("1 s");
    assert!(shop.ana.rings());
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn nothing_of_the_calling_phones_words_reaches_the_other() {
    let (shop, mut counter) = shop();
    // Proves the password first, then calls with its own headers.
    counter.calls(&shop, &shop.counter, "nobody");
    let mut says = Says::calling("ana");
    says.from = "\"The owner\" <sip:+34911234567@elsewhere>".to_owned();
    says.headers = [
        ("Authorization", counter.proof("INVITE")),
        ("P-Asserted-Identity", "<sip:+34600111222@elsewhere>".to_owned()),
        ("Alert-Info", "<http://127.0.0.1>;info=alert-autoanswer".to_owned()),
        ("X-Secret", "1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    shop.counter.dials(&says);
    shop.wait("1 s");
    let invite = shop.ana.got("INVITE").remove(0);
    assert_eq!(shop.ana.display(), ("Counter".to_owned(), "counter".to_owned()));
    for word in ["elsewhere", "owner", "alert", "Secret", "600111222", "counter-secret"] {
        assert!(!invite.write().contains(word), "{word} crossed:\n{}", invite.write());
    }
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_busy_colleague_is_busy_and_a_customer_rings_the_others() {
    let (shop, mut counter) = shop();
    counter.calls(&shop, &shop.counter, "ana");
    shop.wait("1 s");
    shop.ana.picks_up();
    shop.wait("1 s");
    // A customer's call comes to everybody all the same.
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(shop.workshop.rings() && ann.hears_ringing());
    shop.workshop.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.workshop) && shop.counter.talks_with(&shop.ana));
    ann.hangs_up();
    shop.counter.hangs_up();
    shop.wait("1 s");
    // Nobody else is rung in place of who says no.
    shop.ana.has_habit(Habit::refuses(486));
    counter.calls(&shop, &shop.counter, "ana");
    shop.wait("30 s");
    assert_eq!(told(&shop.counter), Some(486));
    shop.is_idle();
    assert_eq!(shop.log().len(), 3);
}
