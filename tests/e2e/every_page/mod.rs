//! Every page in a browser, at its worst: full of what strangers write, as long as it gets, light and dark, on a telephone
//! and at a desk, in both languages. Each must be usable by everybody (axe-core), small, and run nothing that is not ours.

mod files;
mod guests;
mod strangers;
mod table;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::axe::{self, Axe};
use crate::chromium::{Chromium, DESK, PHONE, Screen};
use crate::installation::{Installation, SHOP};
use crate::page::{chooses_a_password, speaks};
use crate::peers;
use crate::process::until;
use strangers::{ATTRIBUTE, LONG, MARKUP, SPOKEN, Shop};
use table::{ADDRESSES, Filled, Found, REFUSED, TAKEN};

const LIMIT: Duration = Duration::from_secs(60);
/// Of a page with its style and scripts, in bytes, before anything is compressed.
const MOST_BYTES: u64 = 100_000;
const NEEDED: [&str; 2] = ["chromium", "chromedriver"];

/// How a page is looked at.
type Ways = &'static [(Screen, Scheme)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Light,
    Dark,
}

use Scheme::{Dark, Light};

const ALL_WAYS: Ways = &[(PHONE, Light), (PHONE, Dark), (DESK, Light), (DESK, Dark)];
const TWO_WAYS: Ways = &[(PHONE, Dark), (DESK, Light)];
/// The same page in the other language.
const OTHER_WAYS: Ways = &[(PHONE, Light), (DESK, Dark)];
const ONE_WAY: Ways = &[(PHONE, Light)];

/// What of a page is not ours, or ran, or does not fit.
const FOREIGN: &str = r#"
    const foreign = "[data-foreign], main script:not([src^='/static/']), main img, iframe, object, embed, base, [style]," +
      "[onerror], [onload], [onfocus], [onmouseover], [autofocus], a[href^='javascript:' i], form[action^='javascript:' i]";
    const faults = [...document.querySelectorAll(foreign)].map((one) => "foreign: " + one.outerHTML.slice(0, 200));
    if (window.ran !== undefined) faults.push("a foreign script ran");
    const odd = document.body.innerText.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    if (odd) faults.push("shows the character " + odd[0].charCodeAt(0));
    const wide = document.scrollingElement.scrollWidth;
    if (wide > innerWidth || wide > MOST) faults.push("is " + wide + " px wide");
    return faults;"#;

/// The page with its style and scripts: each once, as long as it is when nothing is compressed.
const BYTES: &str =
    "const parts = performance.getEntriesByType('resource').filter((one) => one.name.includes('/static/'));
    const sizes = Object.fromEntries(parts.map((one) => [one.name, one.decodedBodySize]));
    const styles = Object.entries(sizes).filter(([name, size]) => name.endsWith('.css') && size > 0).length;
    const own = performance.getEntriesByType('navigation')[0].decodedBodySize;
    return styles ? own + Object.values(sizes).reduce((sum, size) => sum + size, 0) : null;";

/// Fills the form as it stands in the page, and sends it.
const FILL: &str = r#"
    const [end, fields] = [ACTION, FIELDS];
    const of = (form) => new URL(form.getAttribute("action"), location).pathname;
    const form = [...document.forms].find((form) => form.method === "post" && of(form).endsWith(end));
    if (!form) return "no form for " + end + " on " + location;
    for (const [name, value] of fields) {
      const there = [...form.querySelectorAll("input, select, textarea")].filter((one) => one.name === name);
      const radio = there.find((one) => one.type === "radio" && one.value === value);
      if (radio) radio.checked = true;
      else if (there[0]?.type === "file") {
        const files = new DataTransfer();
        files.items.add(new File([value], "a.csv", {type: "text/csv"}));
        there[0].files = files.files;
      } else if (there[0]) there[0].value = value;
      else {
        const more = document.createElement("input");
        more.type = "hidden"; more.name = name; more.value = value;
        form.append(more);
      }
    }
    window.isBefore = true;
    HTMLFormElement.prototype.submit.call(form);
    return null;"#;

/// Goes from page to page and writes down what is wrong.
struct Looker<'b> {
    browser: &'b Chromium,
    web: String,
    names: BTreeMap<&'static str, String>,
    wrong: RefCell<Vec<String>>,
    sizes: RefCell<BTreeMap<String, u64>>,
}

impl<'b> Looker<'b> {
    fn new(browser: &'b Chromium, web: &str) -> Looker<'b> {
        let (wrong, sizes) = (RefCell::default(), RefCell::default());
        let names = [("MARKUP", MARKUP), ("ATTRIBUTE", ATTRIBUTE)].map(|(name, text)| (name, text.to_owned()));
        let long = ("LONG", LONG.repeat(30));
        Looker { browser, web: web.to_owned(), names: names.into_iter().chain([long]).collect(), wrong, sizes }
    }

    /// What stands for something of the shop, replaced.
    fn named(&self, text: &str) -> String {
        // The longer first: one name is another's beginning.
        self.names.iter().rev().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    fn opens(&self, address: &str) {
        self.browser.opens(&format!("{}{}", self.web, self.named(address)));
    }

    fn says(&self, place: &str, wrong: &str) {
        self.wrong.borrow_mut().push(format!("{place}: {wrong}"));
    }

    /// Looks at the page that is open, by the name `place`.
    fn looks(&self, place: &str, ways: Ways) {
        if self.browser.has_dialogue() {
            self.says(place, "a foreign script opened a dialogue");
        }
        for (screen, scheme) in ways {
            self.browser.looks_at(*screen);
            self.browser.is_dark(*scheme == Dark);
            let way = format!("{place} at {} px, {scheme:?}", screen.width);
            for wrong in foreign_on(self.browser, *screen).into_iter().chain(axe::wrong_on(self.browser)) {
                self.says(&way, &wrong);
            }
        }
        match self.browser.script(BYTES).as_u64() {
            Some(bytes) => {
                if bytes > MOST_BYTES {
                    self.says(place, &format!("{bytes} bytes with its style"));
                }
                self.sizes.borrow_mut().insert(place.to_owned(), bytes);
            }
            None => self.says(place, "has no style"),
        }
        for complaint in self.browser.complaints() {
            // A refusal's status, and a date that none is, are noted too.
            let noted = ["the server responded with a status of 4", "does not conform to the required format"];
            if !noted.iter().any(|noted| complaint.contains(noted)) {
                self.says(place, &complaint);
            }
        }
    }

    /// Sends a form, and waits for what comes.
    fn fills(&self, filled: &Filled) {
        let text = |text: &str| self.named(text);
        let fields: Vec<[String; 2]> =
            filled.fields.iter().map(|(name, value)| [(*name).to_owned(), text(value)]).collect();
        self.opens(filled.on);
        let fill = FILL.replace("ACTION", &json!(text(filled.form)).to_string());
        let said = self.browser.script(&fill.replace("FIELDS", &json!(fields).to_string()));
        if let Some(wrong) = said.as_str() {
            self.says(filled.on, wrong);
            return;
        }
        let come = "return window.isBefore === undefined && document.readyState === 'complete'";
        let come = until(LIMIT, || (self.browser.script(come) == true).then_some(()));
        assert!(come.is_some(), "nothing comes of {} on {}", filled.form, filled.on);
    }

    /// Somebody who is signed in reads the pages in this language from now on.
    fn speaks(&mut self, language: &'static str) {
        self.names.insert("LANGUAGE", language.to_owned());
        speaks(self.browser, &self.web, language);
    }

    /// Says what is wrong, and how large the pages are.
    #[track_caller]
    fn has_found_nothing(self) {
        let sizes = self.sizes.into_inner();
        if let Some((page, bytes)) = sizes.iter().max_by_key(|(_, bytes)| **bytes) {
            let pages = sizes.len();
            writeln!(std::io::stderr(), "{pages} pages with their style; the largest, {page}: {bytes} bytes")
                .expect("stderr is open");
        }
        let wrong = self.wrong.into_inner();
        assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    }
}

fn foreign_on(browser: &Chromium, screen: Screen) -> Vec<String> {
    let foreign = browser.script(&FOREIGN.replace("MOST", &screen.width.to_string()));
    foreign.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn what_is_wrong_is_found() {
    let name = "what_is_wrong_is_found";
    let Some(axe) = peers::present(name, &NEEDED).then(|| Axe::installed(name)).flatten() else { return };
    let installation = Installation::start(SHOP);
    let browser = Chromium::start();
    axe.comes_along(&browser);
    browser.looks_at(PHONE);
    browser.is_dark(true);
    browser.opens(&format!("{}/sign-in", installation.web()));
    assert_eq!((axe::wrong_on(&browser), foreign_on(&browser, PHONE)), (vec![], vec![]));
    let pale = "const one = document.createElement('p'); one.textContent = 'pale'; one.dataset.foreign = '';
        one.style = 'color: #777; background: #666; width: 500px'; document.querySelector('label').replaceWith(one);
        document.querySelector('main').append(document.createElement('input')); ran = 1";
    browser.script(pale);
    let wrong = [axe::wrong_on(&browser), foreign_on(&browser, PHONE)].concat().join("\n");
    for sign in ["color-contrast: p", "label: #main > input", "foreign: <p", "a foreign script ran", "px wide"] {
        assert!(wrong.contains(sign), "{sign} is not among\n{wrong}");
    }
}

/// The pages of the table, as an owner or as staff sees them.
fn looks_at_the_table(looker: &Looker<'_>, language: &str, ways: Ways) {
    for address in
        ADDRESSES.iter().filter_map(|(_, found)| if let Found::Page(them) = found { Some(them) } else { None })
    {
        for address in *address {
            looker.opens(address);
            looker.looks(&format!("{address} ({language})"), ways);
        }
    }
}

/// An owner of a shop of strangers, and what the table's names stand for.
fn owner<'b>(browser: &'b Chromium, shop: &Shop) -> Looker<'b> {
    let mut looker = Looker::new(browser, &shop.installation.web());
    browser.looks_at(PHONE);
    browser.is_dark(false);
    chooses_a_password(browser, &shop.link);
    let phone = "return [...document.querySelectorAll('a[href^=\"/phones/\"]')].map((a) => a.pathname)
        .find((path) => /[0-9]$/.test(path)).split('/').pop()";
    browser.opens(&format!("{}/phones", looker.web));
    let phone = browser.script(phone).as_str().expect("a phone").to_owned();
    let number = |call: &Value| call["caller"]["number"].as_str().unwrap_or_default().to_owned();
    let nameless = shop.installation.calls().iter().find(|call| !number(call).starts_with('+')).cloned();
    let nameless = nameless.expect("a call without a number")["id"].as_str().expect("an id").to_owned();
    looker.names.extend([
        ("SPOKEN", SPOKEN.to_owned()),
        ("CALLER", "+34600200001".to_owned()),
        ("NAMELESS", nameless),
        ("PHONE", phone),
        ("CALL", shop.call_of(SPOKEN)),
    ]);
    looker
}

#[test]
fn every_page_is_usable_small_and_runs_nothing_of_a_strangers() {
    let name = "every_page_is_usable_small_and_runs_nothing_of_a_strangers";
    let Some(axe) = peers::present(name, &NEEDED).then(|| Axe::installed(name)).flatten() else { return };
    let shop = Shop::opens();
    let browser = Chromium::start();
    axe.comes_along(&browser);
    let mut looker = owner(&browser, &shop);
    let mut events = shop.installation.listen("/api/v1/events");
    let ringing = shop.strangers_call();
    for language in ["es", "en"] {
        looker.speaks(language);
        for filled in TAKEN {
            looker.fills(filled);
            if browser.script("return document.querySelector('form .fault') !== null") == true {
                looker.says(filled.on, "refuses what it takes");
            }
            looker.looks(&format!("{} by {} ({language})", filled.on, filled.form), ONE_WAY);
        }
        looks_at_the_table(&looker, language, if language == "en" { TWO_WAYS } else { OTHER_WAYS });
    }
    for (customer, placed) in &ringing {
        customer.gives_up(placed);
    }
    looker.opens("/");
    looker.looks("after the calls", ONE_WAY);
    for wrong in files::wrong_with(&shop, &browser, &mut events) {
        looker.says("a file", &wrong);
    }
    looker.has_found_nothing();
}

#[test]
fn every_form_that_is_refused_comes_back_and_says_why() {
    let name = "every_form_that_is_refused_comes_back_and_says_why";
    let Some(axe) = peers::present(name, &NEEDED).then(|| Axe::installed(name)).flatten() else { return };
    let shop = Shop::opens();
    let browser = Chromium::start();
    axe.comes_along(&browser);
    let mut looker = owner(&browser, &shop);
    let mut said: BTreeMap<(usize, &str), String> = BTreeMap::new();
    for language in ["en", "es"] {
        looker.speaks(language);
        for (nth, filled) in REFUSED.iter().enumerate() {
            looker.fills(filled);
            let place = format!("{} by {}, refused ({language})", filled.on, filled.form);
            let why = browser.script("return document.querySelector('main .fault')?.innerText");
            match why.as_str() {
                Some(why) => drop(said.insert((nth, language), why.to_owned())),
                None => looker.says(&place, "says nothing"),
            }
            if browser.script("return document.documentElement.lang") != language {
                looker.says(&place, "comes back in another language");
            }
            looker.looks(&place, if language == "en" { TWO_WAYS } else { ONE_WAY });
        }
    }
    for (nth, filled) in REFUSED.iter().enumerate() {
        let why = said.get(&(nth, "en"));
        if why == said.get(&(nth, "es")) {
            looker.says(filled.on, &format!("says the same in both languages: {why:?}"));
        }
    }
    looker.has_found_nothing();
}
