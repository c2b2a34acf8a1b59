//! What a caller said is there after a crash.

use std::net::{Ipv4Addr, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use ringall::call::record::{CallId, CallRecord, Direction, Door};
use ringall::config::DatabaseUrl;
use ringall::media::recordings::Recordings;
use ringall::media::wav;
use ringall::now::UnixMs;
use ringall::number::Number;
use ringall::routing::Because;
use ringall::store::{LogWriter, Store};
use ringall::switchboard::{Medium, Ticket};
use serde_json::json;
use uuid::Uuid;

use crate::installation::{Files, Installation, SHOP};

const LIMIT: Duration = Duration::from_secs(30);
const CALLER: &str = "+34600111333";

#[test]
fn a_message_that_a_crash_cut_off_can_be_heard_after_the_start() {
    let files = Files::new();
    let call = call();
    killed_while_it_is_logged(&files, &call);
    // Two seconds as loud as a voice, of which the header promises one.
    let samples = [0x90, 0x10].repeat(8_000);
    is_recorded(&files, &call, &[&wav::header(8_000)[..], &samples].concat());

    let installation = Installation::start_with(files, SHOP);
    let told = installation.only_call();
    let id = json!(call.id.to_string());
    assert_eq!((&told["disposition"], &told["message_id"]), (&json!("message"), &id), "{}", installation.log());
    assert_eq!(told["ended_by"], "crash");
    let message = &installation.api("/api/v1/messages")["items"][0];
    assert_eq!((&message["id"], &message["length_ms"], &message["cut_off"]), (&id, &json!(2_000), &json!(true)));
    assert_eq!(message["caller"]["number"], CALLER);
    let sound = installation.get(message["audio"].as_str().expect("a path"));
    assert_eq!((sound.status, &sound.body[..4]), (200, "RIFF"));
}

/// A second service by mistake: what the first has begun to record is not its to tidy up.
#[test]
fn a_service_that_cannot_start_touches_no_recording() {
    let files = Files::new();
    let call = call();
    killed_while_it_is_logged(&files, &call);
    let begun = is_recorded(&files, &call, &wav::header(0));
    let _first = UdpSocket::bind((Ipv4Addr::LOCALHOST, files.sip_port)).expect("the port is free");
    let mut second = files.serve();
    assert_eq!(second.wait(LIMIT).code(), Some(1), "{}", second.printed());
    assert!(second.printed().contains("sip.udp"), "{}", second.printed());
    assert!(begun.exists());
}

fn is_recorded(files: &Files, call: &CallRecord, bytes: &[u8]) -> PathBuf {
    let recordings = Recordings::in_data_dir(&files.path("data"));
    let path = recordings.path(call.id.0);
    std::fs::create_dir_all(recordings.dir()).expect("the test's folder is writable");
    std::fs::write(&path, bytes).expect("the test's folder is writable");
    path
}

/// The log as a service leaves it that dies while this call lives.
fn killed_while_it_is_logged(files: &Files, call: &CallRecord) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let store = Store::open(&DatabaseUrl::Sqlite(files.path("ringall.db"))).await.expect("a store");
        let log = LogWriter::start(store.clone(), files.path("journal"), |_| ()).expect("the log starts");
        log.record(Ticket(1), Medium::Store, Box::new(call.clone()));
        log.flush().await.expect("the row is durable");
        drop(log);
        store.close().await;
    });
}

/// A call to a closed shop, a quarter of an hour ago.
fn call() -> CallRecord {
    let started = UnixMs(ringall::clock::now().wall.0 - 900_000);
    let at = u64::try_from(started.0).expect("after 1970");
    CallRecord {
        id: CallId(uuid::Builder::from_unix_timestamp_millis(at, &[7; 10]).into_uuid()),
        shop: None,
        direction: Direction::In,
        caller: Number::from_e164(CALLER),
        caller_raw: CALLER.to_owned(),
        caller_display: String::new(),
        withheld: false,
        called: "+34911234567".to_owned(),
        door: Door::Sip,
        key: Uuid::nil().to_string(),
        started,
        answered: None,
        ended: None,
        disposition: None,
        because: Because::ClosedHours { opens: None },
        ended_by: None,
        answered_by: None,
        nth_call_from_caller: 1,
    }
}
