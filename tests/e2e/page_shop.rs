//! A newcomer's way from `ringall` in an empty folder to a phone that rings, counted in clicks; and the pages of the place
//! Shop, whole in both languages. With RINGALL_SCREENS=1 their pictures go to docs/screens.

use std::cell::Cell;
use std::process::Command;
use std::time::Duration;

use crate::chromium::{Chromium, DESK, PHONE};
use crate::installation::{Installation, SHOP, fixed_phone};
use crate::page::{chooses_a_password, is_whole, picture, speaks, takes};
use crate::peers;
use crate::ports;
use crate::process::{Process, until};
use crate::sipp::{self, Sipp};

const LIMIT: Duration = Duration::from_secs(60);
const PASSWORD: &str = "blue door, two hinges";
/// docs/first-run.md names as many.
const MOST_CLICKS: u32 = 12;

/// Somebody who counts how often they click.
struct Newcomer {
    browser: Chromium,
    clicks: Cell<u32>,
}

impl Newcomer {
    #[track_caller]
    fn clicks(&self, css: &str) {
        self.clicks.set(self.clicks.get() + 1);
        self.browser.clicks(css);
    }

    #[track_caller]
    fn sends(&self, css: &str) {
        self.clicks.set(self.clicks.get() + 1);
        self.browser.sends(css);
    }

    #[track_caller]
    fn looks(&self, title: &str, name: &str) {
        self.browser.shows(title);
        assert!(self.browser.script("return document.documentElement.scrollWidth").as_i64() <= Some(360), "{name}");
        self.browser.pictures(PHONE, &picture(name, PHONE));
    }
}

#[test]
fn a_newcomer_gets_from_an_empty_folder_to_a_ringing_phone_in_twelve_clicks() {
    let name = "a_newcomer_gets_from_an_empty_folder_to_a_ringing_phone_in_twelve_clicks";
    if !peers::present(name, &["chromium", "chromedriver", "sipp"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (web, sip, media) = (ports::free(1), ports::free(1), ports::free(100));
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringall"));
    command.current_dir(folder.path());
    // The ports alone are not the defaults: other tests use those beside this one.
    for (key, value) in [
        ("RINGALL_WEB_LISTEN", format!("127.0.0.1:{web}")),
        ("RINGALL_SIP_UDP", format!("127.0.0.1:{sip}")),
        ("RINGALL_SIP_TCP", format!("127.0.0.1:{sip}")),
        ("RINGALL_MEDIA_PORTS", format!("{media}-{}", media + 99)),
    ] {
        command.env(key, value);
    }
    let mut ringall = Process::start(&mut command, folder.path().join("terminal"));
    // What it prints goes to a file here, as to a log elsewhere: nobody is to read a link there.
    ringall.wait_for("this file holds a one-time link", LIMIT);
    assert!(!ringall.printed().contains("/set-up/"), "{}", ringall.printed());
    let waits = folder.path().join("data/first-start");
    let words = std::fs::read_to_string(&waits).expect("the file that is named");
    assert!(words.contains('█'), "{words}");
    let link = words.split_whitespace().find(|word| word.contains("/set-up/")).expect("a link").to_owned();
    assert!(link.starts_with(&format!("http://localhost:{web}/set-up/")), "{link}");

    let phone = Sipp::plays(sipp::PHONE).pause_ms(2_000);
    let port = phone.port();
    let phone = phone.start(&format!("127.0.0.1:{sip}"));
    let ana = Newcomer { browser: Chromium::start(), clicks: Cell::new(0) };
    ana.browser.is_dark(false);
    ana.browser.looks_at(PHONE);
    ana.browser.opens(&link);
    ana.looks("Choose a password", "first-run-1");
    ana.browser.types("input[name=email]", "ana@example.com");
    ana.browser.types("input[name=password]", PASSWORD);
    ana.browser.types("input[name=again]", PASSWORD);
    ana.sends("button.primary");
    ana.looks("Your shop", "first-run-2");
    assert!(!waits.exists(), "its link is used");
    let zone = ana.browser.script("return document.querySelector('[name=time_zone]').value");
    let own = ana.browser.script("return Intl.DateTimeFormat().resolvedOptions().timeZone");
    assert_eq!(zone, own, "the browser's own zone is proposed");
    ana.browser.types("input[name=name]", "Ruiz Hardware");
    ana.browser.types("input[name=time_zone]", "Europe/Madrid");
    ana.browser.types("input[name=country]", "ES");
    ana.sends("button.primary");
    for (field, typed) in
        [("d0", "9-2, 4:30-8"), ("d1", "\""), ("d2", "\""), ("d3", "\""), ("d4", "\""), ("d5", "10-14")]
    {
        ana.browser.types(&format!("input[name={field}]"), typed);
    }
    ana.looks("Hours", "first-run-3");
    ana.sends("form.week button.primary");
    ana.looks("Which of these do you close?", "first-run-closed-days");
    ana.sends("form.closed-days button.primary");
    ana.looks("First phone", "first-run-4");
    ana.browser.types("input[name=name]", "Counter");
    ana.clicks("input[value=fixed]");
    ana.browser.types("input[name=line]", &format!("127.0.0.1:{port}"));
    ana.sends("form.sheet button.primary");
    ana.browser.shows("The phone is added");
    ana.sends("#next");
    ana.browser.shows("Carriers in the file");
    ana.browser.types("textarea", "911234567");
    ana.looks("Number", "first-run-5");
    ana.sends("form button.primary");
    ana.browser.shows("Keep our voice and go on");
    ana.looks("Greeting", "first-run-6");
    // Back, and there again by the step's own link: neither is counted, as nobody needs it.
    ana.browser.script("history.back()");
    ana.browser.shows("Carriers in the file");
    ana.browser.opens(&format!("http://localhost:{web}/start"));
    ana.browser.shows("Keep our voice and go on");
    ana.sends("#next");
    ana.looks("Test call", "first-run-7");
    ana.sends("form[action^='/start/call/'] button");
    phone.wait_for("offered", LIMIT);
    // The page looks again by itself.
    ana.browser.shows("Counter rang, and somebody lifted it. It works.");
    ana.looks("Test call", "first-run-8");
    phone.finish(LIMIT);
    assert!(ana.clicks.get() <= MOST_CLICKS, "{} clicks", ana.clicks.get());
    assert_eq!(ana.clicks.get(), 10, "docs/first-run.md names as many");
    assert_eq!(ana.browser.complaints(), Vec::<String>::new());
    ana.browser.opens(&format!("http://localhost:{web}/"));
    ana.browser.shows("Ruiz Hardware");

    ringall.signal("TERM");
    assert!(ringall.wait(LIMIT).success(), "{}", ringall.printed());
    let mut again = Process::start(&mut command, folder.path().join("terminal again"));
    again.wait_for("ringall takes calls", LIMIT);
    assert!(!again.printed().contains("one-time link"), "somebody has an account");
}

#[test]
fn the_shops_pages_are_whole_in_both_languages() {
    if !peers::present("the_shops_pages_are_whole_in_both_languages", &["chromium", "chromedriver", "sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE).pause_ms(3_000);
    let cell = "\n[[phone]]\nname = \"Ana's cell\"\nnumber = \"+34600111222\"\nafter_s = 15\n";
    let desk = "\n[[phone]]\nname = \"Workshop\"\nuser = \"workshop\"\npassword = \"secret-of-it\"\n";
    let notify = "notify = [\"mailto:ana@example.com\"]\n";
    let shop = format!("{SHOP}{notify}{}{desk}{cell}", fixed_phone("Counter", phone.port()));
    let installation = Installation::start(&shop);
    let web = installation.web();
    let link = installation.run(&["owner", "invite", "ana@example.com"]);
    let ana = Chromium::start();
    ana.is_dark(false);
    ana.looks_at(PHONE);
    chooses_a_password(&ana, &link);
    for language in ["es", "en"] {
        speaks(&ana, &web, language);
        let take = |name: &str, path: &str| {
            for screen in [PHONE, DESK] {
                ana.looks_at(screen);
                is_whole(&ana, screen, path);
                let size = ana.script("return document.documentElement.outerHTML.length").as_i64().unwrap_or(0);
                assert!(size < 70_000, "{path} is {size} characters long, and its style comes on top");
                let name = if language == "es" { format!("{name}-es") } else { name.to_owned() };
                takes(&ana, &name, screen);
            }
            ana.looks_at(PHONE);
        };
        for (name, path) in [
            ("shop", "/shop"),
            ("phones", "/phones"),
            ("shop-phone-add", "/phones/add"),
            ("shop-people", "/people"),
            ("shop-numbers", "/shop/numbers"),
            ("shop-notices", "/shop/notices"),
            ("shop-basics", "/shop/basics"),
            ("shop-drill", "/phones/drill"),
        ] {
            ana.opens(&format!("{web}{path}"));
            take(name, path);
        }
        ana.opens(&format!("{web}/phones"));
        ana.sends("li:first-child a.button");
        ana.shows(if language == "es" { "Horario propio" } else { "Hours of its own" });
        take("shop-phone", "a phone");
        ana.opens(&format!("{web}/phones/add"));
        ana.types("input[name=name]", &format!("Back room {language}"));
        ana.sends("form.sheet button.primary");
        ana.shows("back-room");
        take("shop-phone-added", "a phone that was added");
        ana.opens(&format!("{web}/shop/screens"));
        ana.sends("form[action='/shop/screens'] button");
        take("shop-screens", "a screen's link");
    }
    staff_are_told_who_can(&ana, &web);
    a_tablet_shows_the_call(&ana, &installation, phone);
}

fn staff_are_told_who_can(ana: &Chromium, web: &str) {
    ana.opens(&format!("{web}/people"));
    ana.types("input[name=email]", "bea@example.com");
    ana.sends("form.sheet button.primary");
    ana.shows("Send this link to them");
    let link = ana.reads("code");
    let bea = Chromium::start();
    bea.looks_at(PHONE);
    chooses_a_password(&bea, &link);
    for (name, path) in
        [("staff-now", "/"), ("staff-hours", "/hours"), ("staff-phones", "/phones"), ("staff-shop", "/shop")]
    {
        bea.opens(&format!("{web}{path}"));
        is_whole(&bea, PHONE, path);
        bea.pictures(PHONE, &picture(name, PHONE));
    }
    // What nothing leads there to may be typed all the same.
    bea.opens(&format!("{web}/phones/add"));
    bea.shows("Only an owner can do this");
    bea.shows("Ask ana@example.com");
    bea.pictures(PHONE, &picture("shop-refused", PHONE));
}

fn a_tablet_shows_the_call(ana: &Chromium, installation: &Installation, phone: Sipp) {
    let web = installation.web();
    ana.opens(&format!("{web}/shop/screens"));
    ana.sends("form[action='/shop/screens'] button");
    let link = ana.reads("section.card code");
    let tablet = Chromium::start();
    tablet.is_dark(false);
    tablet.looks_at(DESK);
    tablet.opens(&link);
    tablet.sends("button.primary");
    tablet.shows("Nobody is calling.");
    tablet.shows("Live: this page follows what happens.");
    let phone = phone.start(&installation.target());
    let caller = Sipp::plays(sipp::CALLER).pause_ms(4_000).start(&installation.target());
    tablet.shows("600 99 98 88");
    tablet.shows("Rings, for");
    tablet.pictures(DESK, &picture("shop-counter", DESK));
    caller.finish(LIMIT);
    phone.finish(LIMIT);
    tablet.shows("Nobody is calling.");
    tablet.opens(&format!("{web}/calls"));
    tablet.shows("Password");
    tablet.opens(&format!("{web}/counter"));
    tablet.shows("Nobody is calling.");
    // Taken away, it says so by itself.
    ana.opens(&format!("{web}/shop/screens"));
    let paired = until(LIMIT, || ana.text().contains("Paired today").then_some(()));
    assert!(paired.is_some(), "{}", ana.text());
    let script = "return [...document.querySelectorAll('li.card')].find(e => e.innerText.includes('Paired')).querySelector('form').action";
    let action = ana.script(script).as_str().expect("its form").to_owned();
    let path = action.split_once(&web).expect("of this service").1.to_owned();
    ana.sends(&format!("form[action='{path}'] button"));
    tablet.shows("This screen is not paired any more.");
}
