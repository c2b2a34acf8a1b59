//! Ten minutes before the shop opens its phones ring once, where the owner wants that, and who does not ring is told of. It is
//! eleven o'clock when each story begins.

use std::sync::Arc;

use ringall::call::Drilled;
use ringall::notice::Notice;
use ringall::routing::plan::{Closure, Shop as Wishes};

use crate::cast::{Door, through_both_doors};
use crate::phone::Habit;
use crate::shop::{Shop, time};

/// Ten minutes before it is five past eleven.
const QUARTER_PAST: &str = "Mo-Fr 11:15-20:00";

/// A shop with these hours that wants it.
fn wants(hours: &str) -> Shop {
    let shop = Shop::opening().hours(hours).open();
    shop.changes(|wishes| wishes.drill_before_opening = true);
    shop
}

fn rung(shop: &Shop) -> Vec<usize> {
    shop.phones.iter().map(|phone| phone.calls_seen()).collect()
}

fn told(shop: &Shop) -> Vec<Vec<Arc<str>>> {
    let notices = shop.notices().into_iter().filter_map(|(_, _, due)| match due.notice {
        Notice::DidNotRing { names } => Some(names),
        _ => None,
    });
    notices.collect()
}

#[test]
fn each_phone_rings_once_ten_minutes_before_the_shop_opens() {
    let shop = wants(QUARTER_PAST);
    shop.wait("295 s");
    assert_eq!(rung(&shop), [0, 0, 0]);
    shop.wait("10 s");
    assert!(shop.phones.iter().all(|phone| phone.rings() && phone.display().0 == "TEST, no caller"));
    shop.wait("11 s");
    assert!(shop.phones.iter().all(|phone| !phone.rings() && !phone.shows_missed_call()));
    assert_eq!(shop.drilled(&shop.ana), Some(Drilled::Rang));
    shop.wait("1200 s");
    assert_eq!(rung(&shop), [1, 1, 1], "once");
    assert!(shop.log().is_empty() && told(&shop).is_empty());
}

#[test]
fn nobody_is_rung_where_the_owner_does_not_want_it_or_no_longer() {
    let shop = Shop::opening().hours(QUARTER_PAST).open();
    shop.wait("600 s");
    assert_eq!(rung(&shop), [0, 0, 0]);
    let shop = wants(QUARTER_PAST);
    shop.changes(|wishes| wishes.drill_before_opening = false);
    shop.wait("600 s");
    assert_eq!(rung(&shop), [0, 0, 0]);
    shop.is_idle();
}

#[test]
fn a_service_that_starts_late_makes_up_for_nothing() {
    let shop = wants("Mo-Fr 11:08-20:00");
    shop.wait("600 s");
    assert_eq!(rung(&shop), [0, 0, 0]);
}

#[test]
fn a_day_that_is_closed_is_left_alone_and_so_is_a_short_break() {
    let shop = wants(QUARTER_PAST);
    let day =
        |d, h| chrono::NaiveDate::from_ymd_opt(2026, 11, d).and_then(|day| day.and_hms_opt(h, 0, 0)).expect("a day");
    let closure = Closure { id: 1, from: day(20, 0), to: day(21, 0), why: "Fair".to_owned(), open: None };
    shop.changes(|wishes| wishes.closures = vec![closure]);
    shop.wait("1200 s");
    assert_eq!(rung(&shop), [0, 0, 0]);
    let shop = wants("Mo-Fr 09:00-11:02,11:10-20:00");
    shop.wait("1200 s");
    assert_eq!(rung(&shop), [0, 0, 0], "eight minutes");
}

#[test]
fn nobody_is_rung_while_somebody_calls_but_when_they_are_gone() {
    let shop = wants(QUARTER_PAST);
    shop.wait("290 s");
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("12 s");
    ann.speaks_for("40 s");
    shop.wait("40 s");
    assert_eq!(rung(&shop), [0, 0, 0], "she leaves a message");
    ann.hangs_up();
    shop.wait("15 s");
    assert_eq!(rung(&shop), [1, 1, 1]);
}

#[test]
fn a_phone_that_does_not_ring_is_told_of_once_and_until_it_rings() {
    let shop = wants(QUARTER_PAST);
    shop.workshop.has_habit(Habit::SAYS_NOTHING);
    shop.wait("340 s");
    assert_eq!(told(&shop), [[Arc::from("Workshop")]]);
    assert_eq!(shop.drilled(&shop.workshop), Some(Drilled::Silent));
    shop.wait("60 s");
    assert!(shop.standing_notices().iter().any(|standing| matches!(standing.notice, Notice::DidNotRing { .. })));
    shop.workshop.has_habit(Habit::RINGS);
    shop.wait("60 s");
    assert_eq!(shop.drills(&shop.workshop), Ok(()));
    shop.wait("2 s");
    assert!(
        !shop.standing_notices().iter().any(|standing| matches!(standing.notice, Notice::DidNotRing { .. })),
        "it rings"
    );
    shop.wait("600 s");
    assert_eq!(told(&shop).len(), 1);
}

#[test]
fn a_phone_that_rings_again_is_named_no_more_while_another_is_still_silent() {
    let shop = wants(QUARTER_PAST);
    shop.workshop.has_habit(Habit::SAYS_NOTHING);
    shop.ana.has_habit(Habit::SAYS_NOTHING);
    shop.wait("400 s");
    assert_eq!(told(&shop), [[Arc::from("Workshop"), Arc::from("Ana")]]);
    shop.workshop.has_habit(Habit::RINGS);
    shop.wait("60 s");
    assert_eq!(shop.drills(&shop.workshop), Ok(()));
    shop.wait("2 s");
    let stand: Vec<Notice> = shop.standing_notices().into_iter().map(|standing| standing.notice).collect();
    assert_eq!(stand, [Notice::DidNotRing { names: vec!["Ana".into()] }]);
    shop.wait("600 s");
    assert_eq!(told(&shop).len(), 1, "it is no news");
}

#[test]
fn a_phone_that_rings_for_a_customer_is_silent_no_more() {
    through_both_doors(|door| {
        let shop = wants(QUARTER_PAST);
        shop.workshop.has_habit(Habit::SAYS_NOTHING);
        shop.wait("950 s");
        let stand = || shop.standing_notices().into_iter().map(|standing| standing.notice).collect::<Vec<_>>();
        assert_eq!(stand(), [Notice::DidNotRing { names: vec!["Workshop".into()] }]);
        shop.workshop.has_habit(Habit::RINGS);
        shop.caller("Ann", "+34600111222").calls_through(door);
        shop.wait("2 s");
        assert_eq!(stand(), []);
    });
}

#[test]
fn what_was_told_of_a_phone_is_over_when_the_phone_is_gone_or_nobody_wants_to_know() {
    let stands = |shop: &Shop| {
        shop.standing_notices().iter().any(|standing| matches!(standing.notice, Notice::DidNotRing { .. }))
    };
    let changes: [fn(&mut Wishes); 2] = [
        |wishes| wishes.phones.retain(|phone| &*phone.name != "Workshop"),
        |wishes| wishes.drill_before_opening = false,
    ];
    for change in changes {
        let shop = wants(QUARTER_PAST);
        shop.workshop.has_habit(Habit::SAYS_NOTHING);
        shop.wait("400 s");
        assert!(stands(&shop));
        shop.changes(change);
        shop.wait("1 s");
        assert!(!stands(&shop));
    }
}

#[test]
fn who_is_off_that_day_is_not_rung() {
    let shop = wants(QUARTER_PAST);
    let until = shop.wall() + time("10000 s");
    shop.changes(|wishes| wishes.phones[2].off_until = Some(until));
    shop.wait("400 s");
    assert_eq!(rung(&shop), [1, 1, 0]);
}
