//! A day with the page by keys alone: Tab, Enter, Space and arrows. Wherever the focus goes it is seen, in the order in
//! which the page is read, and nothing covers it.

use serde_json::Value;

use crate::chromium::{Chromium, DESK, PHONE, Screen};
use crate::page::{PASSWORD, chooses_a_password, picture, shop_with_a_past};
use crate::peers;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const DOWN: &str = "\u{e015}";
/// More than there is on any page of this shop.
const MOST_TABS: usize = 200;

/// What is wrong with where the focus is.
const WRONG: &str = r#"
    const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
    if (at === document.body || (window.before && at.matches(".skip"))) return "through";
    // A player and a date are several places to go, with rings of the browser's own.
    const several = at.matches("audio, input[type^=date], input[type=time]");
    if (several && window.before === at) return null;
    const faults = [];
    const luminance = (colour) => {
      const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (one) => {
      const ground = one ? getComputedStyle(one).backgroundColor : "rgb(255, 255, 255)";
      return /, 0\)$/.test(ground) ? behind(one.parentElement) : ground;
    };
    if (at.matches("audio")) {}
    else if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) faults.push("has no ring");
    else {
      const [one, other] = [luminance(style.outlineColor), luminance(behind(at.parentElement))].sort((a, b) => b - a);
      const contrast = (one + 0.05) / (other + 0.05);
      if (contrast < 3) faults.push("has a ring of " + contrast.toFixed(1) + " : 1");
    }
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const top = document.elementFromPoint(x, y);
    if (!top || !(at.contains(top) || top.contains(at))) faults.push("is out of sight or covered");
    if (window.before && !(window.before.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING))
      faults.push("comes before what had the focus");
    window.before = at;
    return faults.length ? at.outerHTML.slice(0, 150) + " " + faults.join(", ") : null;"#;

struct Keyboard<'b> {
    browser: &'b Chromium,
}

impl Keyboard<'_> {
    /// Goes on to what this names, past all that is before it.
    #[track_caller]
    fn tabs_to(&self, css: &str) {
        for _ in 0..MOST_TABS {
            self.browser.strikes(TAB);
            let wrong = self.browser.script(WRONG);
            assert_eq!(wrong, Value::Null, "on {}, on the way to {css}", self.browser.address());
            let here = format!("return document.activeElement.matches({})", serde_json::json!(css));
            if self.browser.script(&here) == true {
                return;
            }
        }
        panic!("no Tab leads to {css} on {}", self.browser.address());
    }

    #[track_caller]
    fn tabs_and_enters(&self, css: &str) {
        self.tabs_to(css);
        self.browser.strikes(ENTER);
    }

    #[track_caller]
    fn types_into(&self, css: &str, text: &str) {
        self.tabs_to(css);
        self.browser.strikes(text);
    }
}

#[test]
fn a_day_goes_by_keys_alone() {
    if !peers::present("a_day_goes_by_keys_alone", &["chromium", "chromedriver"]) {
        return;
    }
    let (installation, link, _phone) = shop_with_a_past(&[]);
    let web = installation.web();
    let ana = Chromium::start();
    ana.is_dark(false);
    ana.looks_at(DESK);
    let keys = Keyboard { browser: &ana };
    ana.opens(&link);
    keys.types_into("input[name=password]", PASSWORD);
    keys.types_into("input[name=again]", &format!("{PASSWORD}{ENTER}"));
    ana.shows("Who would ring");

    ana.strikes(TAB);
    ana.shows("To the content");
    ana.pictures(DESK, &picture("keys-skip", DESK));
    ana.strikes(ENTER);
    ana.strikes(TAB);
    let within = ana.script("return document.querySelector('main').contains(document.activeElement)");
    assert_eq!(within, true, "the link leads past what every page has");

    ana.opens(&web);
    closes_and_undoes(&ana, &keys);
    claims_and_settles(&ana, &keys);
    keys.tabs_and_enters("nav.tabs a[href='/calls']");
    ana.shows("Lena Ortiz");
    keys.types_into("input[name=q]", &format!("blue door{ENTER}"));
    ana.comes_to("/calls?q=blue");
    ana.shows("Jo Miller waited 40 s");
    keys.tabs_and_enters("nav.tabs a[href='/hours']");
    ana.shows("Monday");
    // What is in a field is chosen when Tab leads to it: typing replaces it.
    keys.types_into("input[name=d0]", &format!("9-2, 4:30-8{ENTER}"));
    ana.shows("Saved.");
    assert_eq!(ana.script("return document.querySelector('input[name=d0]').value"), "09:00-14:00, 16:30-20:00");
    adds_a_phone(&ana, &keys);
    signs_out_and_in(&ana, &keys);
    assert!(ana.complaints().is_empty());
}

fn closes_and_undoes(ana: &Chromium, keys: &Keyboard<'_>) {
    ana.shows("If someone calls now, 1 phone rings.");
    keys.tabs_and_enters("details.override summary");
    keys.tabs_and_enters("button[value=hour]");
    ana.shows("Closed by hand until");
    keys.tabs_and_enters("form[action='/override/undo'] button");
    ana.shows("If someone calls now, 1 phone rings.");
}

fn claims_and_settles(ana: &Chromium, keys: &Keyboard<'_>) {
    let card = "#owed .card:has(a[href='/callers/+34600123123'])";
    keys.tabs_and_enters(&format!("{card} form[action$='/claim'] button"));
    ana.shows("You are calling back.");
    keys.tabs_and_enters(&format!("{card} details summary"));
    keys.tabs_and_enters(&format!("{card} button[value=came_in]"));
    ana.shows("600 12 31 23: came in");
}

fn adds_a_phone(ana: &Chromium, keys: &Keyboard<'_>) {
    keys.tabs_and_enters("nav.tabs a[href='/shop']");
    ana.shows("Counter screen");
    keys.tabs_and_enters("main a[href='/phones']");
    ana.shows("Add a phone");
    keys.tabs_and_enters("a[href='/phones/add']");
    ana.shows("What is it?");
    keys.types_into("input[name=name]", "Bea's cell");
    keys.tabs_to("input[name=kind]");
    ana.strikes(DOWN);
    assert_eq!(ana.script("return document.activeElement.value"), "cell");
    keys.types_into("input[name=line]", &format!("600 555 444{ENTER}"));
    ana.shows("The phone is added");
}

fn signs_out_and_in(ana: &Chromium, keys: &Keyboard<'_>) {
    keys.tabs_and_enters("header a.account");
    ana.shows("Language");
    keys.tabs_and_enters("form[action='/sign-out'] button");
    ana.shows("Password");
    keys.types_into("input[name=email]", "ana@example.com");
    keys.types_into("input[name=password]", &format!("{PASSWORD}{ENTER}"));
    ana.shows("Who would ring");
}

#[test]
fn the_focus_is_seen_everywhere_on_a_telephone_and_in_the_dark() {
    let name = "the_focus_is_seen_everywhere_on_a_telephone_and_in_the_dark";
    if !peers::present(name, &["chromium", "chromedriver"]) {
        return;
    }
    let (installation, link, _phone) = shop_with_a_past(&[]);
    let web = installation.web();
    let ana = Chromium::start();
    ana.looks_at(PHONE);
    ana.is_dark(true);
    chooses_a_password(&ana, &link);
    for place in
        ["/", "/calls", "/callers/+34600999888", "/hours", "/hours/closed-days", "/greeting", "/phones", "/people"]
    {
        ana.opens(&format!("{web}{place}"));
        goes_through(&ana, place, PHONE);
    }
}

/// All that Tab leads to, until it is through.
fn goes_through(ana: &Chromium, place: &str, screen: Screen) {
    for tabs in 0..MOST_TABS {
        ana.strikes(TAB);
        match ana.script(WRONG).as_str() {
            None => {}
            Some("through") => return assert!(tabs > 5, "{place} has {tabs} places to go"),
            Some(wrong) => panic!("{place} at {} px: {wrong}", screen.width),
        }
    }
    panic!("{place} has no end");
}
