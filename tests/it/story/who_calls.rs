//! Who calls, as far as the carrier says: in the log, and on the ringing phone.

use crate::cast::{Caller, Door, through_both_doors};
use crate::shop::Shop;

/// The row's number, its "withheld", and what the counter's phone shows: name and number.
fn told(door: Door, shop: &Shop, caller: &Caller) -> (Option<String>, bool, (String, String)) {
    caller.calls_through(door);
    shop.wait("1 s");
    let shown = shop.counter.display();
    caller.hangs_up();
    shop.is_idle();
    let row = shop.row();
    (row.caller.map(|number| number.as_str().to_owned()), row.withheld, shown)
}

#[test]
fn the_carriers_own_word_goes_before_the_callers() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34999999999").with_header("P-Asserted-Identity", "<tel:+34600111222>");
    let (number, withheld, (_, shown)) = told(Door::Sip, &shop, &ann);
    assert_eq!((number.as_deref(), withheld), (Some("+34600111222"), false));
    assert_eq!(shown, "+34600111222");
}

#[test]
fn a_national_number_is_the_same_caller() {
    through_both_doors(|door| {
        let shop = Shop::opening().knowing("+34600111222", "Ann", 2).open();
        let (number, _, (card, _)) = told(door, &shop, &shop.caller("", "600111222"));
        assert_eq!(number.as_deref(), Some("+34600111222"));
        assert_eq!(card, "Ann 3rd call");
    });
}

#[test]
fn a_backup_that_is_put_back_while_a_call_lives_knows_its_caller_and_counts_it_once() {
    through_both_doors(|door| {
        // Its row may be in the store already, or still in the journal.
        for (store_takes, in_the_store) in [(Some("1 ms"), 3), (None, 2)] {
            let shop = Shop::opening().knowing("+34600111222", "Bob", 8).open();
            shop.store_takes(store_takes);
            let ann = shop.caller("", "+34600111222");
            ann.calls_through(door);
            shop.wait("1 s");
            assert_eq!(shop.counter.display().0, "Bob 9th call");
            shop.gets_a_backup_knowing("+34600111222", "Ann", in_the_store);
            shop.counter.picks_up();
            shop.wait("5 s");
            assert!(ann.talks(), "the call goes on");
            ann.hangs_up();
            shop.is_idle();
            ann.calls_through(door);
            shop.wait("1 s");
            assert_eq!(shop.counter.display().0, "Ann 4th call");
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn who_asks_for_privacy_is_withheld_though_the_carrier_tells() {
    through_both_doors(|door| {
        for privacy in ["id", "user;id", "critical; id"] {
            let shop = Shop::opening().knowing("+34600111222", "Ann", 2).open();
            let ann = shop
                .caller("Anonymous", "anonymous")
                .with_header("P-Asserted-Identity", "\"Ann\" <sip:+34600111222@carrier.example>")
                .with_header("Privacy", privacy);
            let (number, withheld, (card, shown)) = told(door, &shop, &ann);
            assert_eq!((number, withheld), (None, true), "Privacy: {privacy}");
            assert!(!card.contains("Ann") && !shown.contains("600111222"), "{card:?} {shown:?}");
            assert!(!shop.row().caller_raw.contains("600111222"), "nor in the log");
        }
    });
}

#[test]
fn a_privacy_that_is_not_of_the_identity_hides_nobody() {
    through_both_doors(|door| {
        for privacy in ["none", "header", "session"] {
            let shop = Shop::open();
            let ann = shop.caller("Ann", "+34600111222").with_header("Privacy", privacy);
            let (number, withheld, _) = told(door, &shop, &ann);
            assert_eq!((number.as_deref(), withheld), (Some("+34600111222"), false), "Privacy: {privacy}");
        }
    });
}

#[test]
fn an_anonymous_caller_is_nobody_in_particular() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let (number, withheld, (card, _)) = told(door, &shop, &shop.caller("Anonymous", "anonymous"));
        assert_eq!((number, withheld), (None, true));
        assert_eq!(card, "Number withheld");
        assert_eq!(shop.row().nth_call_from_caller, 0);
    });
}
