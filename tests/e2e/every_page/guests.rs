//! The pages of those who are not signed in, of the first start, of staff, and of the screen at the counter.

use super::strangers::{OWNER, Shop};
use super::table::Filled;
use super::{ALL_WAYS, Looker, NEEDED, ONE_WAY, TWO_WAYS, looks_at_the_table, owner};
use crate::axe::Axe;
use crate::chromium::{Chromium, PHONE};
use crate::installation::{Files, Installation};
use crate::page::chooses_a_password;
use crate::peers;

const PASSWORD: &str = "blue door, two hinges";

#[test]
fn guests_staff_and_the_counter_have_pages_as_good() {
    let name = "guests_staff_and_the_counter_have_pages_as_good";
    let Some(axe) = peers::present(name, &NEEDED).then(|| Axe::installed(name)).flatten() else { return };
    let shop = Shop::opens();
    let browser = Chromium::start();
    axe.comes_along(&browser);
    let web = shop.installation.web();
    let guest = Looker::new(&browser, &web);
    guest.opens("/sign-in?to=/calls%22%3E%3Cb%20data-foreign%3E");
    guest.looks("/sign-in", ALL_WAYS);
    guest.fills(&Filled {
        on: "/sign-in",
        form: "/sign-in",
        fields: &[("email", "'><b/data-foreign>@example.com"), ("password", "a wrong one, surely")],
    });
    browser.shows("do not fit together");
    guest.looks("/sign-in, refused", TWO_WAYS);
    for (address, place) in [
        ("/set-up/nothing", "a link that is worth nothing"),
        ("/counter/pair/nothing", "a screen's link that is worth nothing"),
        ("/counter", "a screen that is not paired"),
        ("/nothing%3Cb%20data-foreign%3E", "no page"),
    ] {
        guest.opens(address);
        guest.looks(place, TWO_WAYS);
    }
    browser.opens(&shop.link);
    guest.looks("/set-up", ALL_WAYS);
    let path: &'static str = Box::leak(shop.link.replace(&web, "").into_boxed_str());
    guest.fills(&Filled { on: path, form: path, fields: &[("password", "short"), ("again", "short")] });
    guest.looks("/set-up, refused", TWO_WAYS);

    let ana = owner(&browser, &shop);
    let ringing = shop.strangers_call();
    ana.fills(&Filled { on: "/shop/screens", form: "/shop/screens", fields: &[] });
    let link = browser.reads("section.card code");
    let invited = Filled { on: "/people", form: "/people", fields: &[("email", "bea@example.com"), ("role", "staff")] };
    ana.fills(&invited);
    let staff = browser.reads("code");
    browser.opens(&link);
    ana.looks("/counter/pair", ALL_WAYS);
    browser.sends("button.primary");
    browser.shows("Live: this page follows what happens.");
    ana.looks("/counter", ALL_WAYS);
    for (customer, placed) in &ringing {
        customer.gives_up(placed);
    }
    browser.shows("Nobody is calling.");
    ana.looks("/counter, quiet", TWO_WAYS);
    ana.opens("/account");
    browser.sends("form[action='/sign-out'] button");
    browser.shows("Password");
    chooses_a_password(&browser, &staff);
    looks_at_the_table(&ana, "staff", ONE_WAY);
    ana.opens("/callers/CALLER/export");
    browser.shows(OWNER);
    ana.looks("what only an owner may", TWO_WAYS);
    guest.has_found_nothing();
    ana.has_found_nothing();
}

#[test]
fn the_first_steps_are_as_good() {
    let name = "the_first_steps_are_as_good";
    let Some(axe) = peers::present(name, &NEEDED).then(|| Axe::installed(name)).flatten() else { return };
    let files = Files::new();
    let invited = files.run(&["owner", "invite", OWNER]);
    let link = String::from_utf8_lossy(&invited.stdout).trim().to_owned();
    let installation = Installation::without_a_shop(files);
    let browser = Chromium::start();
    axe.comes_along(&browser);
    browser.looks_at(PHONE);
    let looker = Looker::new(&browser, &installation.web());
    browser.opens(&link);
    browser.types("input[name=password]", PASSWORD);
    browser.types("input[name=again]", PASSWORD);
    browser.sends("button.primary");
    browser.shows("Your shop");
    looker.looks("/start/shop, the first", ALL_WAYS);
    let shop = |name, zone| Filled {
        on: "/start/shop",
        form: "/start/shop",
        fields: Box::leak(Box::new([("name", name), ("time_zone", zone), ("country", "ES"), ("language", "es")])),
    };
    looker.fills(&shop("", "Mars"));
    looker.looks("/start/shop, refused", TWO_WAYS);
    looker.fills(&shop("Ruiz & <b data-foreign>Sons</b>", "Europe/Madrid"));
    looker.looks("/start/hours", ALL_WAYS);
    looker.fills(&Filled { on: "/start/hours", form: "/start/hours", fields: &[("d0", "nine <b data-foreign>")] });
    browser.shows("Write from when to when");
    looker.looks("/start/hours, refused", TWO_WAYS);
    for address in [
        "/start/closed-days",
        "/start/phone",
        "/start/number",
        "/start/greeting",
        "/start/call",
        "/",
        "/calls",
        "/phones",
        "/hours",
        "/figures",
    ] {
        looker.opens(address);
        looker.looks(&format!("{address}, with nothing yet"), TWO_WAYS);
    }
    looker.has_found_nothing();
}
