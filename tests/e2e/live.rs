//! What a program sees of a call while it lives and after it: the events, whom a call is owed to, and what an owner sets.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http;
use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::process::until;
use crate::sipp::{self, Sipp};

const LIMIT: Duration = Duration::from_secs(30);
const CUSTOMER: &str = "+34600999888";

#[test]
fn a_call_is_told_as_it_happens_and_owed_until_it_is_settled() {
    if !peers::present("a_call_is_told_as_it_happens_and_owed_until_it_is_settled", &["sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE_RINGS);
    let contact = format!("\n[[contact]]\nnumber = \"{CUSTOMER}\"\nname = \"Jo Miller\"\nnote = \"Blue door\"\n");
    let installation = Installation::start(&format!("{SHOP}{}{contact}", fixed_phone("Counter", phone.port())));
    let target = installation.target();
    let mut events = installation.listen("/api/v1/events");
    let phone = phone.start(&target);
    Sipp::plays(sipp::CALLER_GIVES_UP).pause_ms(300).key("from", CUSTOMER).start(&target).finish(LIMIT);
    phone.finish(LIMIT);

    let (name, data) = events.next();
    assert_eq!(name, "call", "{data}");
    assert_eq!((&data["call"]["caller"]["name"], &data["caller"]["note"]), (&json!("Jo Miller"), &json!("Blue door")));
    let mut heard = Vec::new();
    let last = loop {
        let (name, data) = events.next();
        match name.as_str() {
            "event" => heard.push(data["event"]["kind"].as_str().expect("a kind").to_owned()),
            "call" if !data["call"]["ended_at"].is_null() => break data,
            _ => {}
        }
    };
    for kind in ["arrived", "ringing", "gave_up", "ended"] {
        assert!(heard.iter().any(|heard| heard == kind), "{kind} is not among {heard:?}");
    }
    assert_eq!(last["call"]["disposition"], "missed");

    let owed = until(LIMIT, || {
        let owed = installation.api("/api/v1/owed")["items"].clone();
        owed.as_array().is_some_and(|owed| !owed.is_empty()).then_some(owed)
    });
    let owed = owed.expect("the call is owed");
    assert_eq!((&owed[0]["number"], &owed[0]["attempts"]), (&json!(CUSTOMER), &json!(1)));
    let settle = format!("/api/v1/owed/{CUSTOMER}/settle");
    let settled = installation.send("POST", &settle, &[], &json!({"reason": "came_in"}));
    assert_eq!(settled.status, 204, "{}", settled.body);
    assert_eq!(installation.api("/api/v1/owed"), json!({"items": []}));
    // Somebody still listens: that must not hold up the end.
    let began = std::time::Instant::now();
    installation.stop();
    assert!(began.elapsed() < Duration::from_secs(4), "the end took {:?}", began.elapsed());
}

#[test]
fn what_the_owner_sets_holds_for_the_next_call() {
    let installation = Installation::start(SHOP);
    let action = || installation.api("/api/v1/explain")["action"].clone();
    let becomes =
        |wanted: &str| until(LIMIT, || (action() == wanted).then_some(())).unwrap_or_else(|| panic!("{wanted}"));
    assert_eq!(action(), "ring");
    let now = installation.api("/api/v1/explain")["at"].as_str().expect("an instant").to_owned();
    let until = chrono::DateTime::parse_from_rfc3339(&now).expect("RFC 3339") + chrono::TimeDelta::hours(1);
    let closed = json!({"state": "closed", "until": until.to_rfc3339()});
    assert_eq!(installation.send("PUT", "/api/v1/override", &[], &closed).status, 200);
    becomes("take_message");
    assert_eq!(installation.send("DELETE", "/api/v1/override", &[], &Value::Null).status, 204);
    becomes("ring");

    let tag = installation.send("GET", "/api/v1/hours", &[], &Value::Null).etag.expect("hours have an ETag");
    let never = json!({"hours": "1990 Jan 01 10:00-10:01"});
    assert_eq!(installation.send("PUT", "/api/v1/hours", &[("If-Match", &tag)], &never).status, 200);
    becomes("take_message");
    let again = json!({"hours": "24/7"});
    let second = installation.send("PUT", "/api/v1/hours", &[("If-Match", &tag)], &again);
    assert_eq!(second.status, 412, "whoever saves second is told: {}", second.body);
    assert_eq!(
        installation.send("PUT", "/api/v1/hours", &[("If-Match", &second.etag.expect("theirs"))], &again).status,
        200
    );
    becomes("ring");
}

#[test]
fn no_generated_request_finds_an_answer_that_is_not_described() {
    if !peers::present("no_generated_request_finds_an_answer_that_is_not_described", &["schemathesis"]) {
        return;
    }
    let installation = Installation::start(SHOP);
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
        response_schema_conformance,ignored_auth,unsupported_method,allow_header_conformance";
    let description = format!("http://127.0.0.1:{}/api/v1/openapi.json", installation.web_port());
    let output = std::process::Command::new("schemathesis")
        .args(["run", &description, "--header", &format!("Authorization: Bearer {}", installation.token())])
        // It has no end.
        .args(["--exclude-path", "/api/v1/events", "--continue-on-failure", "-n", "20", "--seed", "1", "-c", checks])
        .args(["--phases", "examples,coverage,fuzzing", "--no-color"])
        .current_dir(installation.folder())
        .output()
        .expect("schemathesis runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    http::get(installation.web_port(), "/healthz", None).expect("it lives");
}
