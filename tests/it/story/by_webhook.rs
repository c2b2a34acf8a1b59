//! The same shop, called by webhook: what its stories are through either door.

use ringall::call::record::{Disposition, Door as By, EndedBy};

use crate::carrier_twilio::Heard;
use crate::cast::{Caller, DOORS, Door};
use crate::far_end::End;
use crate::shop::Shop;

fn calls(shop: &Shop, door: Door) -> Caller {
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(door);
    shop.wait("2 s");
    ann
}

/// Which door the log says it was.
fn of(door: Door) -> By {
    match door {
        Door::Sip => By::Sip,
        Door::Twilio => By::Twilio,
    }
}

#[test]
fn whoever_picks_up_an_open_call_talks_with_the_caller() {
    for door in DOORS {
        let shop = Shop::open();
        let ann = calls(&shop, door);
        assert_eq!(shop.phones_that_ring(), 3, "{door:?}");
        assert!(ann.hears_ringing());
        shop.workshop.picks_up();
        shop.wait("10 s");
        assert!(ann.talks_with(&shop.workshop), "{door:?}");
        assert_eq!(ann.hears(), [100, 180, 200]);
        ann.hangs_up();
        shop.wait("5 s");
        let row = shop.row();
        assert_eq!(
            (row.door, row.disposition, row.ended_by),
            (of(door), Some(Disposition::Answered), Some(EndedBy::Caller))
        );
        assert_eq!(row.answered_by.as_deref(), Some("Workshop"));
        shop.is_idle();
    }
}

#[test]
fn the_first_to_pick_up_has_the_call() {
    for door in DOORS {
        let shop = Shop::open();
        let ann = calls(&shop, door);
        shop.counter.picks_up();
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter), "{door:?}");
        assert!(!shop.workshop.talks() && !shop.workshop.shows_missed_call());
        shop.counter.hangs_up();
        shop.wait("5 s");
        assert_eq!(shop.row().ended_by, Some(EndedBy::Staff), "{door:?}");
        shop.is_idle();
    }
}

#[test]
fn nobody_picks_up_and_the_caller_hears_busy() {
    for door in DOORS {
        let shop = Shop::opening().giving_up_after("30 s").open();
        let ann = calls(&shop, door);
        shop.wait("30 s");
        assert_eq!(ann.ends(), [End::Refused(486)], "{door:?}");
        if door == Door::Twilio {
            assert_eq!(shop.twilio(|twilio| twilio.calls[0].heard.clone()), [Heard::Busy]);
        }
        let row = shop.row();
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Missed), Some(EndedBy::GiveUp)));
        assert!(shop.phones.iter().all(|phone| phone.shows_missed_call()));
        shop.is_idle();
    }
}

#[test]
fn the_caller_hangs_up_before_anybody_picks_up() {
    for door in DOORS {
        let shop = Shop::open();
        let ann = calls(&shop, door);
        ann.hangs_up();
        shop.wait("5 s");
        assert_eq!(shop.phones_that_ring(), 0, "{door:?}");
        let row = shop.row();
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Missed), Some(EndedBy::Caller)));
        shop.is_idle();
    }
}

#[test]
fn a_blocked_caller_is_refused() {
    for door in DOORS {
        let shop = Shop::opening().blocking("+34600111222").open();
        let ann = calls(&shop, door);
        match door {
            Door::Sip => assert_eq!(ann.ends(), [End::Refused(486)]),
            Door::Twilio => assert_eq!(shop.twilio(|twilio| twilio.calls[0].heard.clone()), [Heard::Busy]),
        }
        assert_eq!(shop.phones_that_ring(), 0);
        assert_eq!(shop.row().disposition, Some(Disposition::Refused));
        shop.is_idle();
    }
}

#[test]
fn a_number_of_nobodys_is_refused_and_logged() {
    for door in DOORS {
        let shop = Shop::opening().at_number("+34911000000").open();
        let ann = calls(&shop, door);
        match door {
            Door::Sip => assert_eq!(ann.ends(), [End::Refused(404)]),
            Door::Twilio => assert_eq!(shop.twilio(|twilio| twilio.calls[0].heard.clone()), [Heard::NotInService]),
        }
        let row = shop.row();
        assert_eq!((row.disposition, row.shop), (Some(Disposition::Refused), None));
        shop.is_idle();
    }
}
