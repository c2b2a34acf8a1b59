//! Our documents as they leave, whole: `tests/golden/twiml`, each with the request that came, a line of dashes, and the
//! answer. `RINGALL_BLESS=1` writes what is answered now. Every verb and attribute is one that Twilio's own libraries have
//! (`tests/corpora/twilio/verbs.tsv`: parent, verb, attributes).

use std::fmt::Write as _;
use std::path::Path;

use ringall::routing::plan::{Language, OwnWords, Part};
use ringall::twilio::{Profile, twiml};

use crate::carrier_twilio::{Element, Exchange, elements};
use crate::cast::Door;
use crate::machine::Webhooks;
use crate::shop::{Opening, Shop};

const CELL: &str = "+34600999111";

fn known(parent: &str, element: &Element) {
    let verbs = include_str!("../corpora/twilio/verbs.tsv");
    let rows = verbs.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let row = rows.into_iter().find(|row| row[0] == parent && row[1] == element.name);
    let row = row.unwrap_or_else(|| panic!("Twilio knows no <{}> in <{parent}>", element.name));
    for name in element.attributes.keys() {
        let is_known = row[2].split(' ').any(|known| known == name);
        assert!(is_known, "Twilio's <{}> in <{parent}> has no {name}", element.name);
    }
    element.children.iter().for_each(|child| known(&element.name, child));
}

fn golden(name: &str, came: &str, went: &str) {
    elements(went).iter().for_each(|element| known("Response", element));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/twiml").join(name);
    let said = format!("{came}----------\n{went}");
    if std::env::var_os("RINGALL_BLESS").is_some() {
        std::fs::write(&path, &said).unwrap();
    }
    assert_eq!(said, std::fs::read_to_string(&path).unwrap_or_default(), "{} differs", path.display());
}

/// The last exchange about such a path, without the names that chance has made.
fn exchanged(name: &str, shop: &Shop, about: &str) {
    let exchanges = shop.twilio(|twilio| twilio.exchanged.clone());
    let exchange = exchanges.iter().rev().find(|exchange| exchange.path.starts_with(about));
    let Exchange { path, form, document } = exchange.expect("such a request");
    let call = shop.log().last().map(|row| row.id.to_string()).unwrap_or_default();
    let mut document = document.replace(&call, "CALL");
    while let Some((before, after)) = document.split_once("sip:ring-").filter(|(_, after)| !after.starts_with('…')) {
        document = format!("{before}sip:ring-…{}", &after[after.find('@').unwrap_or_default()..]);
    }
    if let Some((before, after)) = document.split_once("/twilio/greeting/") {
        document = format!("{before}/twilio/greeting/…{}", &after[after.find(".wav").unwrap_or_default()..]);
    }
    let mut came = format!("POST {}\n", path.replace(&call, "CALL"));
    for pair in form.split('&') {
        let _ = writeln!(came, "{pair}");
    }
    golden(name, &came, &document);
}

fn ringing(opening: Opening) -> Shop {
    let shop = opening.open();
    calls(&shop);
    shop
}

fn calls(shop: &Shop) {
    shop.caller("Ann", "+34600111222").calls_through(Door::Twilio);
    shop.wait("2 s");
}

fn cell(webhooks: Webhooks) -> Opening {
    Shop::opening().by_webhook(webhooks).cell(2, CELL).knowing("+34600111222", "Jo Miller & Sons", 2)
}

#[test]
fn an_open_shop_rings() {
    exchanged("open_by_sip.txt", &ringing(Shop::opening()), "/twilio/voice");
    exchanged("open_by_dial.txt", &ringing(cell(Webhooks::Dial)), "/twilio/voice");
    exchanged("open_cells_alone.txt", &ringing(cell(Webhooks::Numbers)), "/twilio/voice");
    exchanged("open_with_nobody.txt", &ringing(Shop::opening().by_webhook(Webhooks::Numbers)), "/twilio/voice");
}

#[test]
fn whoever_picks_up_a_cell_is_asked() {
    let shop = ringing(cell(Webhooks::Dial));
    shop.at_twilio(|twilio, now| twilio.cell_picks_up(now, CELL));
    shop.wait("1 s");
    exchanged("screen.txt", &shop, "/twilio/screen");
    exchanged("leg.txt", &shop, "/twilio/leg");
    shop.at_twilio(|twilio, _| twilio.cell_presses(CELL, "1"));
    shop.wait("1 s");
    exchanged("accepted.txt", &shop, "/twilio/accept");
    let leg = shop.leg_rung_at(CELL);
    let call = shop.row().id;
    let sids = "CallSid=CA1&ParentCallSid=CA00000000000000000000000000001000";
    let other = u16::from(leg == "1") + 1;
    shop.posts(&format!("/twilio/accept/{call}/{other}"), &format!("AccountSid=AC0&{sids}&Digits=1"));
    exchanged("accepted_too_late.txt", &shop, "/twilio/accept");
    shop.at_twilio(|twilio, _| twilio.cell_hangs_up(CELL));
    shop.wait("5 s");
    exchanged("after_a_conversation.txt", &shop, "/twilio/after");
}

#[test]
fn a_mailbox_is_followed_by_another_round() {
    let shop = ringing(cell(Webhooks::Dial));
    shop.at_twilio(|twilio, now| twilio.cell_picks_up(now, CELL));
    shop.wait("25 s");
    exchanged("after_a_mailbox.txt", &shop, "/twilio/after");
}

#[test]
fn where_our_sip_port_cannot_be_reached_the_cells_ring() {
    let shop = cell(Webhooks::Sip).open();
    shop.twilio(|twilio| twilio.sip_is_away = true);
    calls(&shop);
    exchanged("sip_out_of_reach.txt", &shop, "/twilio/after");
}

#[test]
fn whom_the_carrier_has_taken_back_it_brings_again() {
    let shop = ringing(Shop::opening());
    let form = "AccountSid=AC0&CallSid=CA00000000000000000000000000001000&CallStatus=ringing&DialCallStatus=failed\
                &DialBridged=false";
    shop.posts(&format!("/twilio/after/{}/1", shop.row().id), form);
    exchanged("taken_back.txt", &shop, "/twilio/after");
}

#[test]
fn who_is_not_put_through_hears_why() {
    let shop = ringing(Shop::opening().giving_up_after("30 s"));
    shop.wait("31 s");
    exchanged("given_up.txt", &shop, "/twilio/after");
    exchanged("blocked.txt", &ringing(Shop::opening().blocking("+34600111222")), "/twilio/voice");
    exchanged("nobodys_number.txt", &ringing(Shop::opening().at_number("+34911000000")), "/twilio/voice");
}

#[test]
fn a_closed_shop_greets_and_records() {
    for (language, name) in [(Language::En, "closed_en.txt"), (Language::Es, "closed_es.txt")] {
        let shop = ringing(Shop::opening().hours("Mo-Fr 16:30-20:00").speaking(language));
        exchanged(name, &shop, "/twilio/voice");
    }
    let shop = Shop::closed();
    let (part, words, samples) = (Part::Welcome, "Ruiz here".into(), vec![7; 16_000].into());
    shop.changes(|wishes| wishes.greeting.words = vec![OwnWords { language: Language::En, part, words, samples }]);
    calls(&shop);
    exchanged("closed_own.txt", &shop, "/twilio/voice");
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Twilio);
    shop.wait("20 s");
    shop.at_twilio(|twilio, now| twilio.caller_is_done(now, ann.who));
    shop.wait("10 s");
    exchanged("recorded.txt", &shop, "/twilio/recorded");
    exchanged("recording_ready.txt", &shop, "/twilio/recording/");
    exchanged("status.txt", &shop, "/twilio/status");
}

#[test]
fn without_us_the_cells_ring() {
    let plan = cell(Webhooks::Dial).cell(1, "+34600999222").open().plan();
    let called = vec!["+34911234567".to_owned()];
    golden("without_us.txt", "a shop with two cells\n", &twiml::fallback(&plan, &called, Profile::Twilio).write());
    let plan = Shop::open().plan();
    golden(
        "without_us_and_without_cells.txt",
        "a shop without cells\n",
        &twiml::fallback(&plan, &called, Profile::Twilio).write(),
    );
}
