//! Somebody gives the call they have to a colleague, by the transfer key of their telephone (REFER). The customer stays on
//! the line whatever becomes of it.

use ringall::call::record::{Disposition, EndedBy, EventKind};

use crate::cast::{Caller, Door, Phone, through_both_doors};
use crate::far_end::End;
use crate::in_dialog::Offers;
use crate::phone::Habit;
use crate::shop::Shop;

/// Ann talks with Counter; the other phones ring at first, and then are left in peace.
fn ann_talks_with_counter(door: Door) -> (Shop, Caller) {
    let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(door);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("5 s");
    assert!(ann.talks_with(&shop.counter));
    (shop, ann)
}

fn gives_the_call_to(phone: &Phone, user: &str) {
    phone.asks("REFER", &[("Refer-To", &format!("<sip:{user}@192.0.2.1>"))], "");
}

/// What the phone was told of its transfer, in order: the fragment, and whether that was the last of it.
fn told(phone: &Phone) -> Vec<(String, bool)> {
    let one = |notify: crate::text::Text| {
        assert_eq!(notify.must("content-type"), "message/sipfrag;version=2.0");
        let state = notify.must("subscription-state");
        (notify.body.trim().to_owned(), state.starts_with("terminated"))
    };
    phone.got("NOTIFY").into_iter().map(one).collect()
}

fn status(text: &str, last: bool) -> (String, bool) {
    (format!("SIP/2.0 {text}"), last)
}

#[test]
fn the_colleague_rings_and_has_the_call_once_they_pick_up() {
    let (shop, ann) = ann_talks_with_counter(Door::Sip);
    gives_the_call_to(&shop.counter, "ana");
    shop.wait("1 s");
    assert_eq!(shop.counter.answer_to("REFER").code(), Some(202));
    assert!(shop.ana.rings() && !shop.workshop.rings());
    assert_eq!(shop.ana.display(), ("Ann 1st call".to_owned(), "+34600111222".to_owned()));
    assert!(ann.talks_with(&shop.counter), "until somebody has it");
    shop.ana.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.ana));
    assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
    let all = [status("100 Trying", false), status("180 Ringing", false), status("200 OK", true)];
    assert_eq!(told(&shop.counter), all);
    assert_eq!(ann.answers(), [100, 180, 200], "her telephone hears of nothing");
    assert!(ann.got("INVITE").is_empty());
    shop.ana.hangs_up();
    shop.wait("1 s");
    assert_eq!(ann.ends(), [End::TheyHungUp]);
    shop.is_idle();
    let row = shop.row();
    assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Answered), Some(EndedBy::Staff)));
    assert_eq!(row.answered_by.as_deref(), Some("Counter"), "who answered is who answered");
    assert_eq!(shop.events_of(EventKind::Transferred), ["Counter"]);
    assert_eq!(shop.events_of(EventKind::Answered), ["Counter", "Ana"]);
}

#[test]
fn whoever_hangs_up_at_once_has_given_the_call_away_all_the_same() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        shop.counter.offers(&Offers::direction("sendonly"));
        shop.wait("1 s");
        gives_the_call_to(&shop.counter, "ana");
        shop.counter.hangs_up();
        shop.wait("5 s");
        assert!(shop.ana.rings() && ann.talks());
        shop.ana.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.is_idle();
        assert_eq!(shop.row().ended_by, Some(EndedBy::Caller));
    });
}

#[test]
fn a_colleague_who_declines_leaves_the_call_where_it_was() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        gives_the_call_to(&shop.counter, "ana");
        shop.wait("1 s");
        shop.ana.refuses(603);
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        assert_eq!(told(&shop.counter).pop(), Some(status("480 Temporarily Unavailable", true)));
        // And may be asked again, or somebody else.
        gives_the_call_to(&shop.counter, "workshop");
        shop.wait("1 s");
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.workshop));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_colleague_who_is_not_there_has_half_a_minute() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        gives_the_call_to(&shop.counter, "ana");
        shop.wait("29 s");
        assert!(shop.ana.rings());
        shop.wait("2 s");
        assert!(!shop.ana.rings() && shop.ana.shows_missed_call());
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_call_that_nobody_takes_rings_where_it_came_from_and_then_everywhere() {
    through_both_doors(|door| {
        for declines in [true, false] {
            let (shop, ann) = ann_talks_with_counter(door);
            gives_the_call_to(&shop.counter, "ana");
            shop.counter.hangs_up();
            shop.wait("1 s");
            assert!(shop.ana.rings() && !shop.counter.rings());
            if declines {
                shop.ana.refuses(603);
                shop.wait("1 s");
            } else {
                shop.wait("30 s");
            }
            assert!(shop.counter.rings() && !shop.ana.rings() && !shop.workshop.rings());
            if declines {
                shop.counter.picks_up();
                shop.wait("1 s");
                assert!(ann.talks_with(&shop.counter));
            } else {
                shop.wait("30 s");
                assert_eq!(shop.phones_that_ring(), 3);
                shop.workshop.picks_up();
                shop.wait("1 s");
                assert!(ann.talks_with(&shop.workshop) && shop.phones_that_ring() == 0);
            }
            ann.hangs_up();
            shop.is_idle();
            assert_eq!(shop.row().disposition, Some(Disposition::Answered));
        }
    });
}

#[test]
fn a_call_that_finds_everybody_busy_rings_again_until_somebody_is_free() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        gives_the_call_to(&shop.counter, "ana");
        shop.counter.hangs_up();
        shop.wait("1 s");
        shop.ana.refuses(486);
        shop.wait("1 s");
        shop.counter.refuses(486);
        shop.wait("1 s");
        for _ in 0..3 {
            assert_eq!(shop.phones_that_ring(), 3);
            for phone in [&shop.counter, &shop.workshop, &shop.ana] {
                phone.refuses(486);
            }
            shop.wait("3 s");
            assert!(shop.phones_that_ring() == 0 && ann.talks());
            shop.wait("3 s");
        }
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.workshop));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_call_that_nobody_at_all_takes_is_over_after_two_minutes() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        gives_the_call_to(&shop.counter, "ana");
        shop.counter.hangs_up();
        shop.wait("119 s");
        assert!(ann.talks());
        shop.wait("3 s");
        assert_eq!(ann.ends(), [End::TheyHungUp]);
        shop.is_idle();
        assert_eq!(shop.row().ended_by, Some(EndedBy::GiveUp));
        assert_eq!(shop.events_of(EventKind::NobodyAnswered).len(), 1);
    });
}

#[test]
fn a_customer_who_hangs_up_meanwhile_ends_it_for_both() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        gives_the_call_to(&shop.counter, "ana");
        shop.wait("1 s");
        ann.hangs_up();
        shop.wait("1 s");
        assert!(!shop.ana.rings() && shop.counter.ends() == [End::TheyHungUp]);
        shop.is_idle();
        assert_eq!(shop.row().ended_by, Some(EndedBy::Caller));
    });
}

#[test]
fn a_customer_who_hangs_up_as_the_colleague_picks_up_leaves_nobody_on_the_phone() {
    through_both_doors(|door| {
        for customer_first in [true, false] {
            let (shop, ann) = ann_talks_with_counter(door);
            gives_the_call_to(&shop.counter, "ana");
            shop.wait("1 s");
            if customer_first {
                ann.hangs_up();
                shop.ana.picks_up();
            } else {
                shop.ana.picks_up();
                ann.hangs_up();
            }
            shop.wait("2 s");
            assert!(!shop.ana.talks() && !shop.counter.talks());
            shop.is_idle();
            assert_eq!(shop.row().ended_by, Some(EndedBy::Caller));
        }
    });
}

#[test]
fn who_gave_the_call_away_hangs_up_as_the_colleague_picks_up() {
    through_both_doors(|door| {
        for giver_first in [true, false] {
            let (shop, ann) = ann_talks_with_counter(door);
            gives_the_call_to(&shop.counter, "ana");
            shop.wait("1 s");
            if giver_first {
                shop.counter.hangs_up();
                shop.ana.picks_up();
            } else {
                shop.ana.picks_up();
                shop.counter.hangs_up();
            }
            shop.wait("2 s");
            assert!(ann.talks_with(&shop.ana));
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn who_gave_the_call_away_hangs_up_as_the_colleague_declines() {
    through_both_doors(|door| {
        for giver_first in [true, false] {
            let (shop, ann) = ann_talks_with_counter(door);
            gives_the_call_to(&shop.counter, "ana");
            shop.wait("1 s");
            if giver_first {
                shop.counter.hangs_up();
                shop.ana.refuses(603);
            } else {
                shop.ana.refuses(603);
                shop.counter.hangs_up();
            }
            shop.wait("2 s");
            // Declined first, the call is back at Counter, who hangs up on it.
            assert_eq!((shop.counter.rings(), ann.talks()), (giver_first, giver_first));
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn one_transfer_at_a_time() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        gives_the_call_to(&shop.counter, "ana");
        shop.wait("1 s");
        gives_the_call_to(&shop.counter, "workshop");
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("REFER").code(), Some(491));
        assert!(shop.ana.rings() && !shop.workshop.rings());
        shop.ana.picks_up();
        shop.wait("1 s");
        // Ana gives it on.
        gives_the_call_to(&shop.ana, "workshop");
        shop.wait("1 s");
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.workshop));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_call_goes_to_phones_of_the_shop_alone() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        let said = shop.all_it_said().len();
        for user in ["+34900111222", "112", "nobody", "counter", ""] {
            gives_the_call_to(&shop.counter, user);
            shop.wait("1 s");
            assert_eq!(shop.counter.answer_to("REFER").code(), Some(403), "{user:?}");
        }
        shop.counter.asks("REFER", &[("Refer-To", "<sip:ana@192.0.2.1?Replaces=1%3Bto-tag%3D2>")], "");
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("REFER").code(), Some(603), "a second call is not joined with this one");
        shop.counter.asks("REFER", &[], "");
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("REFER").code(), Some(400));
        ann.asks("REFER", &[("Refer-To", "<sip:ana@192.0.2.1>")], "");
        shop.wait("1 s");
        assert_eq!(ann.answer_to("REFER").code(), Some(603), "a customer gives nothing to anybody");
        assert_eq!(shop.all_it_said().len(), said + 8, "eight refusals, and nobody rings");
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_colleague_who_has_registered_nowhere_is_not_waited_for() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(2).later(1, "60 s").open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("1 s");
        gives_the_call_to(&shop.counter, "ana");
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("REFER").code(), Some(480));
        assert!(ann.talks_with(&shop.counter) && shop.counter.got("NOTIFY").is_empty());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_colleague_without_a_codec_of_hers_declines() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        shop.ana.speaks("18 101");
        gives_the_call_to(&shop.counter, "ana");
        shop.wait("1 s");
        shop.ana.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_colleague_may_speak_the_other_law() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
        shop.ana.speaks("0 101");
        let ann = shop.caller("Ann", "+34600111222").with_codecs("8 101");
        ann.calls_through(door);
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("1 s");
        gives_the_call_to(&shop.counter, "ana");
        shop.wait("1 s");
        shop.ana.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn silence_meanwhile_ends_nothing() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        gives_the_call_to(&shop.counter, "ana");
        shop.counter.hangs_up();
        shop.wait("25 s");
        shop.ana.refuses(603);
        shop.wait("25 s");
        assert!(ann.talks() && shop.counter.rings());
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_service_stops_meanwhile_and_nobody_is_left_on_the_phone() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        gives_the_call_to(&shop.counter, "ana");
        shop.wait("1 s");
        shop.shuts_down();
        shop.wait("1 s");
        assert!(!shop.ana.rings() && !shop.counter.talks() && !ann.talks());
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_vanishes_while_it_gives_the_call_away_takes_nobody_with_it() {
    through_both_doors(|door| {
        let (shop, ann) = ann_talks_with_counter(door);
        shop.ana.has_habit(Habit::RINGS);
        gives_the_call_to(&shop.counter, "ana");
        shop.wait("1 s");
        shop.counter.falls_silent();
        shop.wait("10 s");
        shop.ana.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.wait("60 s");
        shop.is_idle_on_our_side();
    });
}
