//! An installation serves several shops: the called number says which.

use ringall::call::record::Disposition;
use ringall::routing::Because;
use ringall::routing::plan::ShopId;

use crate::cast::{Door, Phone, through_both_doors};
use crate::shop::{RUIZ, Shop};

const HERS: &str = "+34911234567";
const SISTERS: &str = "+34917654321";

fn two_shops() -> (Shop, Phone) {
    let shop = Shop::opening().at_number(HERS).open();
    let norte = shop.telephone("Norte", "192.0.2.60:5060");
    shop.has_a_sister(SISTERS, &[&norte]);
    shop.wait("1 s");
    (shop, norte)
}

#[test]
fn the_called_number_picks_the_shop() {
    through_both_doors(|door| {
        let (shop, norte) = two_shops();
        let ann = shop.caller("Ann", "+34600111222");
        let ben = shop.caller("Ben", "+34600333444").calling_number(SISTERS);
        ann.calls_through(door);
        shop.wait("1 s");
        assert!(shop.phones_that_ring() == 3 && !norte.rings());
        ben.calls_through(door);
        shop.wait("1 s");
        assert!(norte.rings());
        assert_eq!(shop.counter.calls_seen(), 1, "his call is the other shop's alone");
        norte.picks_up();
        shop.wait("1 s");
        assert!(ben.talks_with(&norte) && ann.hears_ringing());
        ben.hangs_up();
        ann.hangs_up();
        shop.is_idle();
        let shops: Vec<_> = shop.log().iter().map(|row| row.shop).collect();
        assert_eq!(shops, [Some(RUIZ), Some(ShopId(2))]);
    });
}

#[test]
fn a_number_of_neither_gets_404_and_a_row_without_shop() {
    let (shop, norte) = two_shops();
    let ann = shop.caller("Ann", "+34600111222").calling_number("+34919999999");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(ann.hears(), [100, 404]);
    assert_eq!(shop.phones_that_ring() + norte.calls_seen(), 0);
    shop.is_idle();
    let row = shop.row();
    assert_eq!((row.disposition, row.shop), (Some(Disposition::Refused), None));
    assert_eq!(row.because, Because::NotOurNumber);
}

#[test]
fn the_same_customer_is_counted_by_each_shop_alone() {
    through_both_doors(|door| {
        let (shop, norte) = two_shops();
        let mut ann = shop.caller("Ann", "+34600111222");
        for number in [HERS, SISTERS, SISTERS] {
            ann = ann.calling_number(number);
            ann.calls_through(door);
            shop.wait("1 s");
            ann.hangs_up();
            shop.wait("10 s");
        }
        let counted: Vec<_> = shop.log().iter().map(|row| row.nth_call_from_caller).collect();
        assert_eq!(counted, [1, 1, 2]);
        assert_eq!(norte.calls_seen(), 2);
        shop.is_idle();
    });
}
