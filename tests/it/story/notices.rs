//! The owner hears of callers for whom no phone rang: at once, and not again for each of them.

use std::time::Duration;

use ringall::notice::{NoneRang, Notice};
use ringall::now::UnixMs;

use crate::cast::{Caller, Door, through_both_doors};
use crate::far_end::End;
use crate::phone::Habit;
use crate::registering::Account;
use crate::shop::{RUIZ, Shop, time};

/// What the owner was told: when, why nobody rang, and of how many more.
fn told(shop: &Shop) -> Vec<(Duration, NoneRang, u32)> {
    let of = |(at, id, due): (Duration, _, ringall::switchboard::Due)| {
        assert_eq!(id, RUIZ);
        let Notice::NoPhoneRang(none_rang) = due.notice else { panic!("told of something else: {:?}", due.notice) };
        (at, none_rang, due.held_back)
    };
    shop.notices().into_iter().map(of).collect()
}

fn why(shop: &Shop) -> Vec<NoneRang> {
    told(shop).into_iter().map(|(_, none_rang, _)| none_rang).collect()
}

/// Somebody calls, and waits as long as it takes.
fn somebody_calls(door: Door, shop: &Shop, number: &str) -> Caller {
    let caller = shop.caller(&format!("At {} ms", shop.now().as_millis()), number);
    caller.calls_through(door);
    caller
}

fn all(shop: &Shop, habit: Habit) {
    shop.phones.iter().for_each(|phone| phone.has_habit(habit));
}

/// The phones that took an INVITE and said nothing say something, so that no call of theirs is left over.
fn all_wake_up(shop: &Shop) {
    all(shop, Habit::RINGS);
    shop.phones.iter().for_each(|phone| phone.refuses(480));
}

#[test]
fn nobody_reachable_for_20_s_alarms_the_owner_once() {
    let shop = Shop::open();
    all(&shop, Habit::SAYS_NOTHING);
    let called = shop.now();
    let ann = somebody_calls(Door::Sip, &shop, "+34600111222");
    shop.wait("19 s");
    assert_eq!(told(&shop), []);
    shop.wait("2 s");
    assert_eq!(ann.ends(), [End::Refused(486)]);
    let told = told(&shop);
    assert_eq!(told, [(told[0].0, NoneRang::NoneReachable, 0)]);
    assert_eq!(told[0].0 - called, time("20005 ms"), "20 s after the INVITE came");
    let (.., due) = shop.notices().remove(0);
    assert_eq!(due.at, shop.wall_at(told[0].0));
    all_wake_up(&shop);
    shop.is_idle();
    assert_eq!(shop.notices().len(), 1);
}

#[test]
fn a_storm_of_calls_is_one_notice_and_half_an_hour_later_a_count() {
    through_both_doors(|door| {
        let shop = Shop::open();
        shop.phones.iter().for_each(|phone| phone.falls_silent());
        for nth in 0..12 {
            somebody_calls(door, &shop, &format!("+346001112{nth:02}"));
            shop.wait("10 s");
        }
        shop.wait("1 min");
        assert!(shop.log().iter().all(|row| row.ended.is_some()) && shop.log().len() == 12);
        assert_eq!(told(&shop).len(), 1);
        shop.wait("28 min");
        let told = told(&shop);
        assert_eq!(told[1].0 - told[0].0, time("30 min"));
        assert_eq!((told[1].1, told[1].2), (NoneRang::NoneReachable, 10), "it tells of the last one, and of ten more");
        assert!(shop.notices()[1].2.at < shop.wall_at(told[1].0), "and when that was");
        shop.wait("90 min");
        assert_eq!(shop.notices().len(), 2, "nothing has happened since");
        shop.is_idle();
    });
}

#[test]
fn it_comes_again_after_it_was_over() {
    through_both_doors(|door| {
        let shop = Shop::open();
        all(&shop, Habit::SAYS_NOTHING);
        somebody_calls(door, &shop, "+34600111222");
        shop.wait("21 s");
        assert_eq!(shop.standing_notices().len(), 1);
        all_wake_up(&shop);
        let ben = somebody_calls(door, &shop, "+34600333444");
        shop.wait("5 s");
        assert!(ben.hears_ringing());
        assert_eq!(shop.standing_notices(), [], "a phone rings: it is over");
        ben.hangs_up();
        shop.wait("6 min");
        all(&shop, Habit::SAYS_NOTHING);
        somebody_calls(door, &shop, "+34600555666");
        shop.wait("21 s");
        assert_eq!(told(&shop).iter().map(|(.., more)| *more).collect::<Vec<_>>(), [0, 0]);
        assert_eq!(shop.standing_notices().len(), 1);
        all_wake_up(&shop);
        shop.is_idle();
    });
}

#[test]
fn what_comes_and_goes_is_not_told_each_time() {
    through_both_doors(|door| {
        let shop = Shop::open();
        for nth in 0..4 {
            all(&shop, Habit::SAYS_NOTHING);
            somebody_calls(door, &shop, &format!("+3460011122{nth}"));
            shop.wait("21 s");
            all_wake_up(&shop);
            let rings = somebody_calls(door, &shop, &format!("+3460033344{nth}"));
            shop.wait("5 s");
            rings.hangs_up();
            shop.wait("5 s");
        }
        assert_eq!(told(&shop).len(), 1, "four times within three minutes");
        shop.is_idle();
    });
}

#[test]
fn where_no_phone_has_ever_registered_the_owner_hears_that() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).registering(1).registering(2).open();
        let ann = somebody_calls(door, &shop, "+34600111222");
        shop.wait("21 s");
        assert_eq!(ann.ends(), [End::Refused(486)]);
        assert_eq!(why(&shop), [NoneRang::NoneRegistered]);
        let seen = shop.standing_notices();
        assert_eq!(seen[0].notice, Notice::NoPhoneRang(NoneRang::NoneRegistered));
        assert_eq!(UnixMs(seen[0].at.0), shop.notices()[0].2.at);
        Account::of("workshop").is_registered(&shop, &shop.workshop);
        assert_eq!(shop.standing_notices(), [], "one has come");
        shop.is_idle();
    });
}

#[test]
fn phones_that_say_they_cannot_are_named_as_such() {
    through_both_doors(|door| {
        for code in [480, 503, 404, 488] {
            let shop = Shop::open();
            all(&shop, Habit::refuses(code));
            let ann = somebody_calls(door, &shop, "+34600111222");
            shop.wait("21 s");
            assert_eq!((ann.ends(), why(&shop)), (vec![End::Refused(486)], vec![NoneRang::NoneCould]), "{code}");
            shop.is_idle();
        }
    });
}

#[test]
fn where_all_are_off_the_owner_hears_that_none_is_to_ring() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let later = shop.wall() + time("60 min");
        shop.changes(|wishes| wishes.phones.iter_mut().for_each(|phone| phone.off_until = Some(later)));
        let ann = somebody_calls(door, &shop, "+34600111222");
        shop.wait("21 s");
        assert_eq!((ann.ends(), why(&shop)), (vec![End::Refused(486)], vec![NoneRang::NoneOnDuty]));
        shop.is_idle();
    });
}

#[test]
fn where_the_give_up_time_comes_first_the_owner_hears_too() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").giving_up_after("30 s").open();
        all(&shop, Habit::SAYS_NOTHING);
        let ann = somebody_calls(door, &shop, "+34600111222");
        shop.wait("31 s");
        assert_eq!((ann.ends(), why(&shop)), (vec![End::Refused(486)], vec![NoneRang::NoneReachable]));
        all_wake_up(&shop);
        shop.is_idle();
    });
}

#[test]
fn of_phones_that_rang_or_said_no_there_is_nothing_to_tell() {
    through_both_doors(|door| {
        for habit in [Habit::RINGS, Habit::refuses(603), Habit::refuses(486)] {
            let shop = Shop::opening().giving_up_after("30 s").open();
            all(&shop, Habit::SAYS_NOTHING);
            shop.counter.has_habit(habit);
            let ann = somebody_calls(door, &shop, "+34600111222");
            shop.wait("31 s");
            assert_eq!(ann.ends(), [End::Refused(486)]);
            assert_eq!(told(&shop), [], "{habit:?}");
            all_wake_up(&shop);
            shop.is_idle();
        }
    });
}

#[test]
fn a_colleague_whom_nobody_answers_is_no_alarm() {
    let shop = Shop::open();
    all(&shop, Habit::SAYS_NOTHING);
    shop.workshop.calls_user("counter");
    shop.wait("30 s");
    assert_eq!((shop.row().ended.is_some(), told(&shop)), (true, vec![]));
    all_wake_up(&shop);
    shop.is_idle();
}

#[test]
fn each_shop_has_notices_of_its_own() {
    through_both_doors(|door| {
        let shop = Shop::opening().at_number("+34911234567").open();
        let there = shop.telephone("Norte", "192.0.2.60:5060");
        shop.has_a_sister("+34919999999", &[&there]);
        there.has_habit(Habit::SAYS_NOTHING);
        let ann = shop.caller("Ann", "+34600111222").calling_number("+34919999999");
        ann.calls_through(door);
        shop.wait("21 s");
        let (_, of, due) = shop.notices().remove(0);
        assert_eq!((of.0, due.notice), (2, Notice::NoPhoneRang(NoneRang::NoneReachable)));
        assert_eq!(shop.standing_notices(), [], "here all is well");
        there.refuses(480);
        shop.is_idle();
    });
}
