//! A phone is rung once to see whether it does, for somebody who looks at the page. No customer is called, nothing is
//! written, and nobody who calls meanwhile waits for it.

use ringall::call::Drilled;
use ringall::switchboard::NotRung;

use crate::cast::Door;
use crate::far_end::End;
use crate::registering::Account;
use crate::shop::{Opening, Shop};

const JO: &str = "+34600999888";

/// Counter registers; Ana and Workshop have their fixed places.
fn opening() -> Opening {
    Shop::opening().at_number("+34911234567").registering(0)
}

fn open() -> Shop {
    let shop = opening().open();
    Account::of("counter").is_registered(&shop, &shop.counter);
    shop
}

#[test]
fn a_drilled_phone_rings_once_and_shows_no_missed_call() {
    let shop = open();
    for phone in [&shop.counter, &shop.ana] {
        assert_eq!(shop.drilled(phone), None);
        assert_eq!(shop.drills(phone), Ok(()));
        shop.wait("1 s");
        assert!(phone.rings());
        assert_eq!(phone.display().0, "TEST, no caller");
        assert_eq!(shop.drilled(phone), Some(Drilled::Rings));
        assert_eq!(shop.drills(phone), Err(NotRung::Busy), "it rings already");
        shop.wait("10 s");
        assert!(!phone.rings());
        assert_eq!(shop.drilled(phone), Some(Drilled::Rang));
        assert_eq!(phone.calls_seen(), 1);
        assert_eq!(phone.ends(), [End::Cancelled]);
        assert!(!phone.shows_missed_call(), "{:?}", phone.reasons());
    }
    shop.is_idle();
    assert!(shop.log().is_empty(), "there was no call");
}

#[test]
fn whoever_lifts_a_drilled_phone_is_let_go() {
    let shop = open();
    assert_eq!(shop.drills(&shop.counter), Ok(()));
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("2 s");
    assert_eq!(shop.drilled(&shop.counter), Some(Drilled::Lifted));
    assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
    shop.is_idle();
    assert!(shop.log().is_empty());
}

#[test]
fn a_phone_that_does_not_ring_is_told_of() {
    let shop = open();
    shop.counter.is_unplugged();
    assert_eq!(shop.drills(&shop.counter), Ok(()));
    shop.wait("11 s");
    assert_eq!(shop.drilled(&shop.counter), Some(Drilled::Silent));
    let cells = Shop::opening().cell(1, "+34600555666").open();
    assert_eq!(cells.drills(&cells.workshop), Err(NotRung::NoPhone), "its call would cost money");
    let nobody = opening().open();
    assert_eq!(nobody.drills(&nobody.counter), Err(NotRung::Unreachable));
}

#[test]
fn a_customer_who_calls_goes_before_a_drill() {
    let shop = open();
    assert_eq!(shop.drills(&shop.counter), Ok(()));
    shop.wait("1 s");
    let jo = shop.caller("Jo", JO);
    jo.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.drilled(&shop.counter), Some(Drilled::Rang));
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&jo));
    jo.hangs_up();
    shop.is_idle();
    assert_eq!(shop.log().len(), 1);
}

#[test]
fn a_drill_that_is_cut_short_says_nothing_of_the_phone() {
    let shop = open();
    assert_eq!(shop.drills(&shop.counter), Ok(()));
    shop.wait("11 s");
    assert_eq!(shop.drilled(&shop.counter), Some(Drilled::Rang));
    // Behind a slow network it has not said yet that it rings.
    shop.counter.is_unplugged();
    assert_eq!(shop.drills(&shop.counter), Ok(()));
    shop.wait("100 ms");
    assert_eq!(shop.drilled(&shop.counter), Some(Drilled::Asked));
    let jo = shop.caller("Jo", JO);
    jo.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.drilled(&shop.counter), Some(Drilled::Rang), "as it was before");
    assert_eq!(shop.drills(&shop.ana), Err(NotRung::Busy), "it rings for Jo");
    jo.hangs_up();
    shop.wait("1 s");

    shop.ana.is_unplugged();
    assert_eq!(shop.drills(&shop.ana), Ok(()));
    shop.wait("100 ms");
    shop.shuts_down();
    shop.wait("1 s");
    assert_eq!(shop.drilled(&shop.ana), None, "nothing was known of it");
}
