//! A backup is made and put back while the service runs, and while somebody calls.

use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};

use crate::customer::{Customer, Ringer};
use crate::installation::{Files, Installation, SHOP, fixed_phone};
use crate::process::until;

/// DESIGN §4 promises two seconds; a machine that is busy gets more.
const SEEN: Duration = Duration::from_secs(20);
const NUMBER: &str = "+34911234567";
const JO: &str = "<sip:+34600999888@carrier.example>";

#[test]
fn a_backup_is_put_back_while_somebody_calls() {
    let ringer = Ringer::start();
    let before = format!("{SHOP}{}", fixed_phone("Counter", ringer.port));
    let installation = Installation::start(&before);
    let file = installation.files().path("backup.db").display().to_string();
    let mut jo = Customer::of(&installation.target());
    for calls in 1..=2 {
        calls_and_gives_up(&mut jo);
        assert_eq!(installation.ended_calls(calls).len(), calls);
    }
    installation.run(&["backup", &file]);

    calls_and_gives_up(&mut jo);
    installation.ended_calls(3);
    installation.import(&before.replace("Counter", "Workshop"));
    let placed = jo.calls(NUMBER, JO, "").expect("it rings");
    let told = installation.files().run(&["restore", &file]);
    assert!(told.status.success(), "{}", text(&told));
    assert!(text(&told).contains("before-restore-"), "{}", text(&told));
    let exported = installation.run(&["export"]);
    assert!(exported.contains("Counter") && !exported.contains("Workshop"), "{exported}");
    let seen = until(SEEN, || installation.log().contains("a backup was put back").then_some(()));
    assert!(seen.is_some(), "{}", installation.log());
    let calls = installation.calls();
    assert_eq!(calls.len(), 3, "two from the backup, and the one that rings; the third is in the other backup");
    assert_eq!(calls[0]["ended_at"], Value::Null, "{calls:?}");

    jo.gives_up(&placed);
    let calls = installation.ended_calls(3);
    assert_eq!(calls[0]["disposition"], "missed", "who called meanwhile is not lost: {calls:?}");
    calls_and_gives_up(&mut jo);
    assert_eq!(installation.ended_calls(4)[0]["nth_call_from_caller"], 4);
    installation.stop();
}

/// The way to another machine: one file, and a service that has never seen the first.
#[test]
fn another_machine_goes_on_from_a_backup() {
    let ringer = Ringer::start();
    let here = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", ringer.port)));
    calls_and_gives_up(&mut Customer::of(&here.target()));
    let calls = here.ended_calls(1);
    let file = here.files().path("backup.db").display().to_string();
    here.run(&["backup", &file]);

    let files = Files::new();
    let restored = files.run(&["restore", &file]);
    assert!(restored.status.success(), "{}", text(&restored));
    assert!(!text(&restored).contains("before-restore-"), "there was nothing to keep: {}", text(&restored));
    let there = Installation::without_a_shop(files);
    assert_eq!(same(&there.calls()), same(&calls));
    assert_eq!(there.run(&["export"]), here.run(&["export"]));
    assert_eq!(there.api("/api/v1/owed")["items"].as_array().map(Vec::len), Some(1));
}

fn calls_and_gives_up(jo: &mut Customer) {
    let placed = jo.calls(NUMBER, JO, "").expect("it rings");
    jo.gives_up(&placed);
}

/// What does not grow with time.
fn same(calls: &[Value]) -> Vec<Value> {
    calls.iter().map(|call| json!([call["id"], call["started_at"], call["caller"], call["disposition"]])).collect()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
