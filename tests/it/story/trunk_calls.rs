//! How a call of a carrier that the shop registers with is known, and where it names the called number.

use super::trunk_registers::{ELSEWHERE, ROUTER_CALLS_FROM, closes, contact_user, router, shop_with};
use crate::cast::Door;
use crate::registrar;
use crate::shop::Shop;

#[test]
fn a_call_to_our_contact_is_the_trunks_wherever_it_comes_from() {
    let shop = shop_with(router());
    shop.wait("1 s");
    let user = contact_user(&shop);
    let ann = shop.caller_at("Ann", "+34600111222", ELSEWHERE).with_line_user(&user);
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    ann.hangs_up();
    shop.wait("1 s");
    // Anybody else at that address is a stranger, also with almost the right name.
    let stranger = shop.stranger().with_line_user(&format!("{}0", &user[1..]));
    stranger.calls_through(Door::Sip);
    shop.wait("40 s");
    assert!(stranger.heard().is_empty() && shop.phones_that_ring() == 0);
    closes(&shop);
}

#[test]
fn the_called_number_is_in_to_when_the_request_line_has_our_contact() {
    let shop = Shop::opening().at_number("+34911234567").registering_with(router()).open();
    shop.wait("1 s");
    // A FRITZ!Box: our Contact's user in the request line.
    let user = contact_user(&shop);
    let ann = shop.caller_at("Ann", "+34600111222", ROUTER_CALLS_FROM).with_line_user(&user);
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    assert_eq!(shop.row().called, "+34911234567");
    ann.hangs_up();
    shop.wait("1 s");
    closes(&shop);
}

#[test]
fn the_called_number_is_in_to_when_the_request_line_has_the_account() {
    // Callcentric: the account in the request line, the number in To.
    let shop = Shop::opening().at_number("+34911234567").registering_with(router()).open();
    shop.wait("1 s");
    let ann = shop.caller_at("Ann", "+34600111222", ROUTER_CALLS_FROM).with_line_user(registrar::USER);
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    ann.hangs_up();
    shop.wait("1 s");
    closes(&shop);
}

#[test]
fn the_request_line_goes_before_to() {
    let shop = Shop::opening().at_number("+34911234567").registering_with(router()).open();
    shop.wait("1 s");
    let ann = shop.caller_at("Ann", "+34600111222", ROUTER_CALLS_FROM);
    let ann = ann.calling_number("+34999999999").with_line_user("+34911234567");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!((shop.phones_that_ring(), shop.row().called.as_str()), (3, "+34911234567"));
    ann.hangs_up();
    shop.wait("1 s");
    closes(&shop);
}

#[test]
fn a_call_to_the_account_that_names_no_number_rings_the_only_shop() {
    let shop = Shop::opening().at_number("+34911234567").registering_with(router()).open();
    shop.wait("1 s");
    let user = contact_user(&shop);
    let ann = shop.caller_at("Ann", "+34600111222", ROUTER_CALLS_FROM);
    let ann = ann.calling_number(registrar::USER).with_line_user(&user);
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    ann.hangs_up();
    shop.wait("1 s");
    // Another number is nobody's, as ever.
    let bea = shop.caller_at("Bea", "+34600111333", ELSEWHERE).with_line_user(&user).calling_number("+34999999999");
    bea.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!((shop.phones_that_ring(), bea.hears()), (0, vec![100, 404]));
    closes(&shop);
}
