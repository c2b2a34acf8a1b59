//! How soon a page shows who calls: from the moment the caller's INVITE leaves until their card is in the page.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::chromium::{Chromium, PHONE};
use crate::customer::{Customer, Ringer};
use crate::page::{chooses_a_password, shop_with_a_past};
use crate::peers;
use crate::process::until;

const LIMIT: Duration = Duration::from_secs(30);
const CALLS: usize = 24;

/// Notes when each call's card came into the page, by the machine's clock in milliseconds.
const NOTES: &str = "window.seen = [];
    const known = new Set();
    new MutationObserver(() => {
      for (const card of document.querySelectorAll(\"[data-live] a[id^='live-']\")) {
        if (!known.has(card.id)) { known.add(card.id); seen.push(performance.timeOrigin + performance.now()); }
      }
    }).observe(document.querySelector('[data-live]'), {childList: true, subtree: true});
    window.looked = performance.now();
    window.looks = [];
    new PerformanceObserver((list) => list.getEntries().filter((one) => one.name.includes('/live/now')).forEach((one) => {
      looked = performance.now(); looks.push(one.duration);
    })).observe({type: 'resource'});";
/// What came of the call before is shown, so that none waits for it.
const IS_QUIET: &str = "return performance.now() - looked > 400 || null";

#[test]
fn a_live_call_comes_into_the_page_by_itself() {
    if !peers::present("a_live_call_comes_into_the_page_by_itself", &["chromium", "chromedriver"]) {
        return;
    }
    let (installation, link, phone) = shop_with_a_past(&[]);
    let _ringer = Ringer::at(phone.port());
    let ana = Chromium::start();
    ana.is_dark(false);
    ana.looks_at(PHONE);
    ana.notes_streams();
    chooses_a_password(&ana, &link);
    ana.shows("Live: this page follows what happens.");
    assert_eq!(ana.streams(), 1);
    ana.script(NOTES);
    let mut customer = Customer::of(&installation.target());
    let mut waits: Vec<f64> = Vec::with_capacity(CALLS);
    for nth in 1..=CALLS {
        until(LIMIT, || ana.script(IS_QUIET).as_bool()).expect("nothing happens");
        let from = "<sip:+34600999888@carrier.example>";
        let placed = customer.calls("shop", from, "").expect("the shop is open");
        let seen = until(LIMIT, || ana.script("return seen").as_array().filter(|seen| seen.len() == nth).cloned());
        let seen = seen.unwrap_or_else(|| panic!("call {nth} is not on the page:\n{}", ana.text()));
        let at = seen.last().and_then(Value::as_f64).expect("a time");
        waits.push(at - since_1970_ms(placed.at));
        customer.gives_up(&placed);
        ana.shows("Nobody is calling.");
    }
    let looks = ana.script("return looks");
    a_tab_that_nobody_sees_leaves_its_connection_to_others(&ana);
    let looks: Vec<f64> = looks.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let table = format!(
        "{CALLS} calls                  | median | worst\nINVITE → card in the page  | {}\n  of it asking the service | {}",
        row(waits),
        row(looks)
    );
    writeln!(std::io::stderr(), "{table}").expect("stderr is open");
}

/// A browser has six for each host, and the page is kept open in many a tab.
fn a_tab_that_nobody_sees_leaves_its_connection_to_others(ana: &Chromium) {
    ana.is_hidden(true);
    assert_eq!(ana.streams(), 0);
    ana.script("window.looks = []");
    ana.is_hidden(false);
    assert_eq!(ana.streams(), 1, "it is looked at again");
    let looked = until(LIMIT, || ana.script("return looks.length || null").as_u64());
    assert!(looked.is_some(), "what has happened meanwhile is not shown");
}

fn row(mut waits: Vec<f64>) -> String {
    waits.sort_by(f64::total_cmp);
    format!("{:>3.0} ms | {:>3.0} ms", waits[waits.len() / 2], waits[waits.len() - 1])
}

fn since_1970_ms(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64() * 1_000.0
}
