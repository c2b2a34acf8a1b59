//! The demo's page in a browser: its buttons place real calls, its phones ring and are picked up, and what the caller heard is
//! told from what came over the wire.

use std::process::Command;
use std::time::Duration;

use crate::chromium::{Chromium, DESK, PHONE, Screen};
use crate::installation::Files;
use crate::page::picture;
use crate::peers;
use crate::process::{Process, until};

const LIMIT: Duration = Duration::from_secs(30);
/// The story before it takes half a minute, on a busy machine more.
const STORY: Duration = Duration::from_secs(120);
/// The shop gives a caller up after 30 s.
const GIVES_UP: Duration = Duration::from_secs(60);

struct Demo {
    process: Process,
    page: String,
    _files: Files,
}

impl Demo {
    /// Waits until the story in the terminal has been told.
    fn start(locale: &str) -> Demo {
        let files = Files::new();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringall"));
        command.env("LC_ALL", locale).args(["demo"]).current_dir(files.folder());
        let mut process = Process::start(&mut command, files.path("story"));
        process.wait_for("Ctrl-C", STORY);
        let story = process.printed();
        let page = story.split_whitespace().find(|word| word.ends_with("/demo"));
        let page = page.unwrap_or_else(|| panic!("no address of the page:\n{story}")).to_owned();
        Demo { process, page, _files: files }
    }
}

/// The text of the one element that `css` finds, as the reader sees it.
fn text(browser: &Chromium, css: &str) -> String {
    let script = format!("const e = document.querySelector({css:?}); return e ? e.innerText : ''");
    browser.script(&script).as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn waits_for(browser: &Chromium, css: &str, words: &str, limit: Duration) {
    let found = until(limit, || text(browser, css).contains(words).then_some(()));
    assert!(
        found.is_some(),
        "{css} does not say {words:?} but {:?}; the page:\n{}",
        text(browser, css),
        browser.text()
    );
}

#[track_caller]
fn waits_until(browser: &Chromium, holds: &str, fault: &str) {
    let script = format!("return {holds}");
    let held = until(LIMIT, || (browser.script(&script) == true).then_some(()));
    assert!(held.is_some(), "{fault}:\n{}", browser.text());
}

fn displays(browser: &Chromium) -> Vec<String> {
    (1..=3).map(|n| text(browser, &format!(".desk:nth-child({n}) .line-1"))).collect()
}

/// Nothing sticks out at the side, and fingers find what they are to touch.
fn is_whole(browser: &Chromium, screen: Screen) {
    let width = browser.script("return document.documentElement.scrollWidth").as_i64().expect("a number");
    assert!(width <= i64::from(screen.width), "{width} px wide at {}", screen.width);
    let small = browser.script(
        "return [...document.querySelectorAll('button, .button, summary')].filter(e => e.checkVisibility() && \
         !e.matches('.hidden') && e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 120))",
    );
    assert_eq!(small, serde_json::json!([]), "too small for a finger at {}", screen.width);
    let cut = browser
        .script("return [...document.querySelectorAll('.display')].filter(e => e.scrollWidth > e.clientWidth).length");
    assert_eq!(cut, 0, "a display is narrower than its line at {}", screen.width);
    let bytes = browser.script(
        "const size = (entry) => entry.decodedBodySize; \
         return performance.getEntriesByType('navigation').map(size).concat(performance.getEntriesByType('resource') \
         .filter(e => /\\.(css|js|svg)$/.test(e.name)).map(size)).reduce((a, b) => a + b, 0)",
    );
    assert!(bytes.as_u64().is_some_and(|bytes| (10_000..=100_000).contains(&bytes)), "{bytes} bytes");
}

fn pictures(browser: &Chromium, name: &str) {
    for screen in [PHONE, DESK] {
        browser.looks_at(screen);
        is_whole(browser, screen);
        browser.pictures(screen, &picture(name, screen));
    }
}

#[test]
fn a_visitor_calls_the_demos_shop_and_sees_what_happens() {
    if !peers::present("a_visitor_calls_the_demos_shop_and_sees_what_happens", &["chromium", "chromedriver"]) {
        return;
    }
    let mut demo = Demo::start("en_US.UTF-8");
    let visitor = Chromium::start();
    visitor.is_dark(false);
    visitor.looks_at(PHONE);
    visitor.notes_streams();
    visitor.opens(&demo.page);
    visitor.shows("Call the shop yourself");
    visitor.shows("Live: this page follows");
    visitor.shows("Carmen is not on the phone.");
    pictures(&visitor, "demo");

    // Six connections are all that a browser has for a host: a tab that nobody sees leaves its two to others.
    assert_eq!(visitor.streams(), 2);
    visitor.is_hidden(true);
    assert_eq!(visitor.streams(), 0);
    visitor.is_hidden(false);
    assert_eq!(visitor.streams(), 2);

    // The open shop, by keyboard; a second and a third press change nothing.
    visitor.script("document.getElementById('call').focus()");
    for _ in 0..3 {
        visitor.script("document.activeElement.click()");
    }
    waits_for(&visitor, "#doing", "hears it ring", LIMIT);
    for n in 1..=3 {
        waits_for(&visitor, &format!(".desk:nth-child({n}) .line-1"), "Carmen 2nd call", LIMIT);
    }
    assert_eq!(visitor.script("return document.activeElement.id"), "call", "whoever works by keyboard stays there");
    waits_for(&visitor, "[data-live] .card.live", "Carmen", LIMIT);
    // Somebody else who looks sees the same.
    let other = Chromium::start();
    other.opens(&demo.page);
    assert_eq!(displays(&other), ["Carmen 2nd call"; 3]);
    pictures(&visitor, "demo-rings");
    visitor.clicks("#pick-up-1");
    for (n, says) in [(1, "No missed call."), (2, "it has the call"), (3, "No missed call.")] {
        waits_for(&visitor, &format!(".desk:nth-child({n}) .says"), says, LIMIT);
    }
    assert_eq!(displays(&visitor), ["Counter", "Carmen 2nd call", "Ana"]);
    waits_for(&visitor, "section .timeline", "She hears it ring. The call was in the log, on disk, by then.", LIMIT);
    waits_for(&visitor, "section .timeline", "A voice: it is Workshop", LIMIT);
    waits_for(&visitor, "#doing", "Carmen and Workshop are talking.", LIMIT);
    waits_for(&visitor, "[data-live] .card.live .phase", "Workshop", LIMIT);
    waits_for(&other, "#doing", "Carmen and Workshop are talking.", LIMIT);
    // Loading it again, in the middle, does no harm.
    other.opens(&demo.page);
    waits_for(&other, "#doing", "Carmen and Workshop are talking.", LIMIT);
    pictures(&visitor, "demo-talks");
    visitor.clicks("#hang-up");
    waits_for(&visitor, "section .timeline", "She hangs up, after", LIMIT);
    waits_for(&visitor, "[data-live] section:last-of-type", "Workshop answered", LIMIT);
    assert_eq!(visitor.script("return document.querySelectorAll('.desk.missed').length"), 0);
    waits_until(&visitor, "document.querySelector('[data-live] .card.live') === null", "the call is live for ever");

    call_when_closed(&visitor);
    let_it_ring(&visitor);
    visitor.is_dark(true);
    visitor.pictures(PHONE, &picture("demo-dark", PHONE));
    visitor.is_dark(false);
    let complaints = visitor.complaints();
    assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");

    // What is done on Now leads back here.
    visitor.clicks("[data-live] details.override summary");
    visitor.clicks("[data-live] button[value=hour]");
    visitor.shows("Closed by hand until");
    assert!(visitor.address().ends_with("/demo#now"), "{}", visitor.address());

    demo.process.signal("INT");
    assert!(demo.process.wait(LIMIT).success(), "{}", demo.process.printed());
}

fn call_when_closed(visitor: &Chromium) {
    waits_for(visitor, "#doing", "not on the phone", LIMIT);
    visitor.clicks("#call-when-closed");
    waits_for(visitor, "[data-live] .sentence", "Closed by hand until", LIMIT);
    waits_for(visitor, "section .timeline", "The shop's greeting: “We are closed at the moment.", LIMIT);
    assert_eq!(displays(visitor), ["Counter", "Workshop", "Ana"], "no phone rings");
    waits_for(visitor, "section .timeline", "The beep.", LIMIT);
    waits_for(visitor, "#doing", "Carmen leaves a message.", LIMIT);
    let heard = text(visitor, "section .timeline");
    assert!(heard.contains("at half past four. Please leave a message after the tone.”"), "{heard}");
    waits_for(visitor, "section .timeline", "She hangs up, after", LIMIT);
    waits_until(visitor, "document.querySelector('#stage audio') !== null", "there is no message");
    visitor.script("document.querySelector('#stage audio').play()");
    let played = until(LIMIT, || {
        let at = visitor.script("return document.querySelector('#stage audio').currentTime").as_f64()?;
        (at > 0.5).then_some(())
    });
    assert!(played.is_some(), "the message is not heard");
    let length = visitor.script("return document.querySelector('#stage audio').duration").as_f64().unwrap_or(0.0);
    assert!((3.0..6.0).contains(&length), "{length} s");
    pictures(visitor, "demo-closed");
    waits_for(visitor, "[data-live] .sentence", "Open", LIMIT);
    waits_for(visitor, "[data-live] #owed", "Carmen", LIMIT);
}

fn let_it_ring(visitor: &Chromium) {
    waits_until(visitor, "document.querySelector('#let-it-ring[aria-disabled]') === null", "the buttons stay off");
    visitor.clicks("#let-it-ring");
    waits_for(visitor, "#doing", "hears it ring", LIMIT);
    waits_for(visitor, "section .timeline", "The busy tone (SIP 486)", GIVES_UP);
    for n in 1..=3 {
        waits_for(visitor, &format!(".desk:nth-child({n}) .display"), "1 missed call", LIMIT);
    }
    let heard = text(visitor, "section .timeline");
    assert!(!heard.contains("greeting") && !heard.contains("voice"), "never a machine: {heard}");
    waits_for(visitor, "[data-live] #owed", "Carmen", LIMIT);
    waits_for(visitor, "[data-live] section:last-of-type", "nobody picked up", LIMIT);
    pictures(visitor, "demo-busy");
}

#[test]
fn the_demos_page_speaks_spanish_and_works_without_scripts() {
    if !peers::present("the_demos_page_speaks_spanish_and_works_without_scripts", &["chromium", "chromedriver"]) {
        return;
    }
    let demo = Demo::start("es_ES.UTF-8");
    let visitor = Chromium::start();
    visitor.is_dark(false);
    visitor.looks_at(PHONE);
    visitor.opens(&demo.page);
    visitor.shows("Llama tú a la tienda");
    waits_for(&visitor, "[data-live] .sentence", "Abierto", LIMIT);
    visitor.clicks("#call");
    waits_for(&visitor, ".desk:nth-child(3) .line-1", "Carmen 2a vez", LIMIT);
    visitor.clicks("#pick-up-0");
    waits_for(&visitor, "section .timeline", "Una voz: es Counter", LIMIT);
    pictures(&visitor, "demo-es");
    visitor.clicks("#hang-up");
    waits_for(&visitor, "#doing", "no está al teléfono", LIMIT);
    visitor.clicks("#call-when-closed");
    waits_for(&visitor, "section .timeline", "El saludo de la tienda: «", LIMIT);
    waits_for(&visitor, "section .timeline", "La señal.", LIMIT);
    waits_until(&visitor, "document.querySelector('#stage audio') !== null", "there is no message");
    pictures(&visitor, "demo-closed-es");

    let plain = Chromium::start();
    plain.looks_at(PHONE);
    plain.runs_no_scripts();
    plain.opens(&demo.page);
    assert!(
        plain.reads("main").contains("Sin JavaScript, esta página no se actualiza sola"),
        "{}",
        plain.reads("main")
    );
    plain.clicks("#call");
    let rings = until(LIMIT, || {
        plain.opens(&demo.page);
        plain.reads("#doing").contains("oye el tono de llamada").then_some(())
    });
    assert!(rings.is_some(), "{}", plain.reads("main"));
    plain.clicks("#pick-up-2");
    let talks = until(LIMIT, || {
        plain.opens(&demo.page);
        plain.reads("#doing").contains("Carmen y Ana están hablando").then_some(())
    });
    assert!(talks.is_some(), "{}", plain.reads("main"));
    plain.clicks("#hang-up");
}
