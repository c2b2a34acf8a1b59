//! Logged before heard: a call's row is on the disk before the caller hears it ring.

use std::time::Duration;

use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::sipp::{self, Sipp};
use crate::strace::{Call, Strace};

const LIMIT: Duration = Duration::from_secs(60);
const CALLER: &str = "+34600111333";

#[test]
fn the_row_is_synced_before_the_caller_hears_it_ring() {
    if !peers::present("the_row_is_synced_before_the_caller_hears_it_ring", &["sipp", "strace"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE).pause_ms(1000);
    let strace = Strace::new();
    let shop = format!("{SHOP}{}", fixed_phone("Counter", phone.port()));
    let installation = Installation::start_as(&shop, |ours| strace.command(&ours));
    let target = installation.target();
    let phone = phone.start(&target);
    let caller = Sipp::plays(sipp::CALLER).key("from", CALLER).start(&target);
    let calls = strace.until(|call| sends(call, "SIP/2.0 180"));
    caller.finish(LIMIT);
    phone.finish(LIMIT);

    let place = |what: &str, found: &dyn Fn(&Call) -> bool| {
        calls.iter().position(found).unwrap_or_else(|| panic!("{what} was not seen in {} calls", calls.len()))
    };
    let rings = place("a 180", &|call| sends(call, "SIP/2.0 180"));
    let written = place("the row's write", &|call| {
        call.name.contains("write") && is_store(call) && call.arguments.contains(CALLER) && call.succeeded
    });
    let synced =
        calls.iter().skip(written).position(|call| call.name.contains("sync") && is_store(call) && call.succeeded);
    let synced = written + synced.expect("the row's sync was not seen");
    assert!(synced < rings, "the row was synced as call {synced}, the 180 left as call {rings}");
    let invited = place("the phone's INVITE", &|call| sends(call, "INVITE sip:"));
    assert!(invited < rings, "the phone rings first: its INVITE was call {invited}, the 180 call {rings}");
}

fn sends(call: &Call, text: &str) -> bool {
    call.name.starts_with("send") && call.succeeded && call.arguments.contains(&format!("\"{text}"))
}

/// Whether a call is about the database's write-ahead log, or about the journal that takes the row when a busy machine
/// keeps the database waiting for 250 ms.
fn is_store(call: &Call) -> bool {
    let file = call.arguments.split('>').next().unwrap_or_default();
    file.ends_with("ringall.db-wal") || file.ends_with("/journal")
}
