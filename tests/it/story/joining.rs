//! A phone that comes while a caller waits joins the ring, if the call's decision has it.

use ringall::routing::hours::Hours;
use ringall::routing::plan::Country;

use crate::cast::through_both_doors;
use crate::far_end::End;
use crate::phone::Habit;
use crate::registering::Account;
use crate::shop::Shop;

const ES: Country = Country(*b"ES");

#[test]
fn a_phone_that_registers_while_a_caller_waits_joins_the_ring() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let ann = shop.ann_calls(door);
        shop.wait("30 s");
        assert_eq!(shop.phones_that_ring(), 2);
        Account::of("counter").is_registered(&shop, &shop.counter);
        shop.wait("1 s");
        assert_eq!(shop.phones_that_ring(), 3);
        assert_eq!(shop.counter.calls_seen(), 1);
        ann.is_answered_at(&shop.counter, &shop);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn it_rings_for_every_caller_who_waits_the_oldest_first() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let (ann, ben) = (shop.caller("Ann", "+34600111222"), shop.caller("Ben", "+34600333444"));
        ben.calls_through(door);
        shop.wait("3 s");
        ann.calls_through(door);
        shop.wait("3 s");
        Account::of("counter").is_registered(&shop, &shop.counter);
        shop.wait("1 s");
        assert_eq!(shop.counter.callers_shown(), ["+34600333444", "+34600111222"]);
        ann.hangs_up();
        ben.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_second_telephone_of_a_phone_joins_and_the_first_rings_on() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        Account::of("counter").is_registered(&shop, &shop.counter);
        let ann = shop.ann_calls(door);
        shop.wait("10 s");
        let handset = shop.telephone("Handset", "192.0.2.50:5070");
        Account::of("counter").elsewhere("reg-handset").is_registered(&shop, &handset);
        shop.wait("1 s");
        assert!(shop.counter.rings() && handset.rings());
        assert_eq!(shop.counter.calls_seen(), 1);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_refresh_is_not_new() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).registering(1).open();
        let (mut counter, mut workshop) = (Account::of("counter"), Account::of("workshop"));
        counter.is_registered(&shop, &shop.counter);
        workshop.is_registered(&shop, &shop.workshop);
        let ann = shop.ann_calls(door);
        shop.wait("5 s");
        shop.workshop.refuses(603);
        for _ in 0..3 {
            shop.wait("5 s");
            counter.is_registered(&shop, &shop.counter);
            workshop.is_registered(&shop, &shop.workshop);
        }
        shop.wait("1 s");
        assert_eq!(shop.counter.calls_seen(), 1, "it rings already");
        assert_eq!(shop.workshop.calls_seen(), 1, "its no stands");
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_of_a_later_wave_joins_with_its_wave() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(1).later(1, "30 s").open();
        let ann = shop.ann_calls(door);
        shop.wait("10 s");
        Account::of("workshop").is_registered(&shop, &shop.workshop);
        shop.wait("19 s");
        assert_eq!(shop.workshop.calls_seen(), 0, "its wave has not started");
        shop.wait("2 s");
        assert!(shop.workshop.rings());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_is_off_does_not_join() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).registering(1).open();
        let in_the_afternoon = Hours::parse("Mo-Fr 15:00-18:00", ES).expect("hours of a story");
        let tonight = shop.wall() + crate::shop::time("600 min");
        shop.changes(|wishes| {
            wishes.phones[0].hours = Some(in_the_afternoon);
            wishes.phones[1].off_until = Some(tonight);
        });
        let ann = shop.ann_calls(door);
        shop.wait("5 s");
        Account::of("counter").is_registered(&shop, &shop.counter);
        Account::of("workshop").is_registered(&shop, &shop.workshop);
        shop.wait("10 s");
        assert_eq!((shop.counter.calls_seen(), shop.workshop.calls_seen()), (0, 0));
        assert!(shop.ana.rings());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn nobody_is_there_until_somebody_comes_and_only_then_it_rings() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).registering(1).registering(2).open();
        let ann = shop.ann_calls(door);
        shop.wait("15 s");
        assert_eq!(ann.hears(), [100], "no ringing is heard where nothing rings");
        Account::of("counter").is_registered(&shop, &shop.counter);
        shop.wait("1 s");
        assert!(shop.counter.rings() && ann.hears_ringing());
        shop.wait("1 min");
        assert!(ann.hears_ringing(), "and it rings on");
        ann.is_answered_at(&shop.counter, &shop);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn where_nobody_is_and_nobody_comes_she_hears_busy_after_20_s() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).registering(1).registering(2).open();
        let ann = shop.ann_calls(door);
        shop.wait("19 s");
        assert_eq!(ann.answers(), [100]);
        shop.wait("2 s");
        assert_eq!(ann.hears(), [100, 486]);
        assert_eq!(ann.ends(), [End::Refused(486)]);
        shop.is_idle();
        let unreachable = shop.events().into_iter().any(|event| event.detail == "unreachable");
        assert!(unreachable, "the log says why");
    });
}

#[test]
fn a_telephone_that_moves_while_it_rings_rings_where_it_is_now() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let mut counter = Account::of("counter");
        counter.is_registered(&shop, &shop.counter);
        let ann = shop.ann_calls(door);
        shop.wait("5 s");
        let elsewhere = shop.telephone("Counter moved", "192.0.2.51:5060");
        counter.is_registered(&shop, &elsewhere);
        shop.wait("1 s");
        assert!(elsewhere.rings());
        ann.is_answered_at(&elsewhere, &shop);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_whose_router_has_forgotten_it_rings_where_it_comes_from_now() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let mut counter = Account::of("counter").with_contact("<sip:counter@10.0.0.7:5060>");
        counter.is_registered(&shop, &shop.counter);
        // Its router uses another port now, and what goes to the old one is lost.
        shop.counter.falls_silent();
        let ann = shop.ann_calls(door);
        shop.wait("5 s");
        let now = shop.telephone("Counter now", "192.0.2.10:6077");
        counter.is_registered(&shop, &now);
        shop.wait("1 s");
        assert!(now.rings(), "the very same binding, by another way");
        ann.is_answered_at(&now, &shop);
        ann.hangs_up();
        shop.wait("40 s");
        shop.is_idle_on_our_side();
    });
}

#[test]
fn a_phone_that_rings_is_not_rung_anew_because_its_router_uses_another_port() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let mut counter = Account::of("counter").with_contact("<sip:counter@10.0.0.7:5060>");
        counter.is_registered(&shop, &shop.counter);
        let ann = shop.ann_calls(door);
        shop.wait("5 s");
        let now = shop.telephone("Counter now", "192.0.2.10:6077");
        counter.is_registered(&shop, &now);
        shop.wait("1 s");
        assert!(shop.counter.rings() && now.calls_seen() == 0);
        ann.hangs_up();
        shop.wait("40 s");
        shop.is_idle_on_our_side();
    });
}

#[test]
fn a_phone_the_owner_adds_while_it_rings_is_for_the_next_call() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        Account::of("counter").is_registered(&shop, &shop.counter);
        let mut spare = None;
        shop.changes(|wishes| spare = Some(wishes.phones.remove(0)));
        let ann = shop.ann_calls(door);
        shop.wait("5 s");
        shop.changes(|wishes| wishes.phones.extend(spare));
        Account::of("counter").elsewhere("reg-again").is_registered(&shop, &shop.counter);
        shop.wait("5 s");
        assert_eq!(shop.counter.calls_seen(), 0, "a live call keeps the decision it was given");
        ann.hangs_up();
        shop.wait("1 s");
        ann.calls_through(door);
        shop.wait("1 s");
        assert!(shop.counter.rings());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_silent_phone_is_rung_again_when_it_registers() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let mut counter = Account::of("counter");
        counter.is_registered(&shop, &shop.counter);
        shop.counter.falls_silent();
        let ann = shop.ann_calls(door);
        shop.wait("40 s");
        let before = shop.sent_at(&shop.counter, "INVITE").len();
        assert_eq!(before, 7, "an INVITE and its repeats (RFC 3261 §17.1.1.2), and no other");
        shop.counter.wakes_up();
        counter.is_registered(&shop, &shop.counter);
        shop.wait("1 s");
        assert!(shop.counter.rings());
        assert_eq!(shop.sent_at(&shop.counter, "INVITE").len(), before + 1);
        ann.is_answered_at(&shop.counter, &shop);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_silent_phone_is_rung_again_when_it_registers_from_another_port_than_it_is_called_at() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let place = format!("<sip:counter@{}>", shop.counter.address());
        let speaks_from = shop.telephone("Counter's other port", "192.0.2.10:49000");
        let mut counter = Account::of("counter").with_contact(&place);
        counter.is_registered(&shop, &speaks_from);
        shop.counter.falls_silent();
        let ann = shop.ann_calls(door);
        shop.wait("40 s");
        shop.counter.wakes_up();
        counter.is_registered(&shop, &speaks_from);
        shop.wait("1 s");
        assert!(shop.counter.rings());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_silent_phone_is_rung_again_when_it_answers_that_it_is_there() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        Account::of("counter").expiring_after(3600).is_registered(&shop, &shop.counter);
        shop.counter.falls_silent();
        let ann = shop.ann_calls(door);
        shop.wait("40 s");
        shop.counter.wakes_up();
        assert_eq!(shop.counter.calls_seen(), 0);
        // It is asked every 25 s at the least, once it is known what came of the last time.
        shop.wait("60 s");
        assert!(shop.counter.rings(), "it has answered an OPTIONS");
        assert_eq!(shop.counter.calls_seen(), 1);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_back_on_a_new_connection_rings_again() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).by_stream(0).open();
        let mut counter = Account::of("counter");
        counter.is_registered(&shop, &shop.counter);
        let ann = shop.ann_calls(door);
        shop.wait("5 s");
        assert!(shop.counter.rings());
        shop.counter.has_habit(Habit::RINGS);
        shop.counter.act(|far_end, _| far_end.legs.iter_mut().for_each(|leg| leg.over(End::Silence)));
        shop.counter.loses_its_connection();
        shop.wait("10 s");
        assert_eq!(shop.counter.calls_seen(), 1);
        counter.is_registered(&shop, &shop.counter);
        shop.wait("1 s");
        assert!(shop.counter.rings(), "by the connection it came back on");
        ann.hangs_up();
        shop.is_idle_on_our_side();
    });
}
