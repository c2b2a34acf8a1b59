//! Who rings: all of the first wave, later waves on top.

use crate::cast::Door;
use crate::phone::Habit;
use crate::shop::Shop;

#[test]
fn a_later_wave_only_adds() {
    let shop = Shop::opening().later(2, "15 s").open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("14 s");
    assert!(shop.counter.rings() && shop.workshop.rings() && !shop.ana.rings());
    shop.wait("2 s");
    assert!(shop.counter.rings() && shop.workshop.rings() && shop.ana.rings());
    assert_eq!(ann.hears(), [100, 180]);
    shop.ana.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.ana));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_later_wave_starts_at_once_when_nothing_rings() {
    let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.counter.has_habit(Habit::refuses(603));
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(shop.workshop.rings() && shop.ana.rings());
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn when_all_talk_all_are_rung() {
    let shop = Shop::open();
    let callers = ["+34600000001", "+34600000002", "+34600000003"].map(|number| shop.caller("Somebody", number));
    for (caller, phone) in callers.iter().zip(&shop.phones) {
        caller.calls_through(Door::Sip);
        shop.wait("2 s");
        phone.picks_up();
        shop.wait("2 s");
    }
    let ben = shop.caller("Ben", "+34600333444");
    ben.calls_through(Door::Sip);
    shop.wait("2 s");
    assert_eq!(shop.phones_that_ring(), 3, "call waiting");
    ben.hangs_up();
    shop.wait("1 s");
    callers.iter().for_each(|caller| caller.hangs_up());
    shop.is_idle();
}
