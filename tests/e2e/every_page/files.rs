//! What strangers write, where it leaves the pages: tables, files and the API keep it text.

use serde_json::Value;

use super::strangers::Shop;
use crate::chromium::Chromium;
use crate::http::Events;

const CALLER: &str = "+34600200001";

/// What is wrong with what leaves.
pub fn wrong_with(shop: &Shop, browser: &Chromium, events: &mut Events) -> Vec<String> {
    let mut wrong = Vec::new();
    let (kind, table) = fetched(browser, "/calls.csv");
    if !kind.starts_with("text/csv") {
        wrong.push(format!("the table of calls is {kind}"));
    }
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let mut calls = 0;
    for row in rows.records() {
        calls += 1;
        let row = row.expect("a table whose rows are alike");
        let odd =
            |field: &&str| field.trim_start().starts_with(['=', '+', '-', '@']) || field.contains(char::is_control);
        wrong.extend(row.iter().filter(odd).map(|field| format!("the table of calls has {field:?}")));
    }
    assert!(calls > 300, "only {calls} calls in the table");
    let (kind, kept) = fetched(browser, &format!("/callers/{CALLER}/export"));
    if kind != "application/zip" {
        wrong.push(format!("what is kept of a caller is {kind}"));
    }
    // The archive's first file, which stands there as it is behind its name; the sound of messages follows.
    let (_, file) = kept.split_once(".json{").expect("what is kept of a caller, in JSON");
    let file = format!("{{{file}");
    let told = serde_json::Deserializer::from_str(&file).into_iter::<Value>().next().and_then(Result::ok);
    assert_eq!(told.expect("JSON")["numbers"][0]["number"], CALLER, "what is kept of this caller");
    for path in ["/api/v1/calls?limit=100", "/api/v1/owed", "/api/v1/messages", "/api/v1/right-now", "/api/v1/phones"] {
        shop.installation.api(path);
    }
    let (name, told) = events.next();
    let display = &told["call"]["caller"];
    if name != "call" || display.to_string().contains("\\u0007") {
        wrong.push(format!("the stream of events says {name}: {told}"));
    }
    wrong
}

/// What the browser that is signed in is given at `path`: its kind and its text.
fn fetched(browser: &Chromium, path: &str) -> (String, String) {
    let script = format!(
        "const done = arguments[arguments.length - 1];
        fetch('{path}').then(async (answer) => done([answer.headers.get('content-type'), await answer.text()]))"
    );
    let answer = browser.script_later(&script);
    let part = |nth: usize| answer[nth].as_str().unwrap_or_else(|| panic!("{path}: {answer}")).to_owned();
    // A table begins with a mark that is none of its text.
    (part(0), part(1).trim_start_matches('\u{feff}').to_owned())
}
