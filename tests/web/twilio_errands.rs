//! Messages that lie at Twilio: fetched, kept, and deleted there, whatever comes between.

use std::path::Path;
use std::time::Duration;

use ringall::media::{Kept, wav};
use ringall::store::MessageFilter;
use ringall::twilio::Work;
use ringall::twilio::errands::{Errands, Patience};
use ringall::twilio::work::Recording;
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::shop::{Place, id, missed};
use crate::twilio_stand_in::{Does, StandIn};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Three seconds of a tone, or of nothing, as Twilio records it.
fn wave(loudness: f64) -> Vec<u8> {
    let samples = (0..24_000_u32).map(|n| ((f64::from(n) * 0.4).sin() * loudness) as i16);
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let bytes = u32::try_from(data.len()).expect("a length of this test").to_le_bytes();
    let head = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data";
    [&head[..], &bytes, &data].concat()
}

struct Run {
    works: mpsc::Sender<Work>,
    told: mpsc::UnboundedReceiver<(Uuid, Kept)>,
}

fn run(place: &Place, folder: &Path, twilio: &StandIn) -> Run {
    let (tell, told) = mpsc::unbounded_channel();
    let patience = Patience { pauses: vec![Duration::from_millis(5)], not_there: 2, attempts: 6, attempts_of_calls: 2 };
    let errands = Errands {
        rest: twilio.rest(),
        recordings: place.recordings.clone(),
        folder: folder.to_owned(),
        store: place.store.clone(),
        tell: Box::new(move |call, _, kept| {
            // The test may be over.
            let _ = tell.send((call, kept));
        }),
        patience,
    };
    Run { works: errands.start().0, told }
}

impl Run {
    async fn asks(&self, work: Work) {
        self.works.send(work).await.expect("it runs");
    }

    async fn told(&mut self) -> (Uuid, Kept) {
        tokio::time::timeout(PATIENCE, self.told.recv()).await.expect("in time").expect("it runs")
    }
}

fn recording(twilio: &StandIn) -> Recording {
    Recording { sid: "RE1".to_owned(), url: twilio.url("/Recordings/RE1") }
}

/// Waits until this is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what}: not in time"));
}

fn notes(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, |notes| notes.count())
}

#[tokio::test]
async fn a_message_is_kept_here_and_then_deleted_there() {
    let place = Place::of_one_shop().await;
    let disk = tempfile::tempdir().expect("a temporary directory");
    let folder = disk.path().join("twilio");
    // Not there yet, trouble, there; then trouble with forgetting it.
    let script = [
        Does::Answers(404, Vec::new()),
        Does::Answers(500, Vec::new()),
        Does::Answers(200, wave(8_000.0)),
        Does::Answers(503, Vec::new()),
        Does::Answers(204, Vec::new()),
    ];
    let twilio = StandIn::that(script).await;
    let mut run = run(&place, &folder, &twilio);
    let call = id(7).0;
    run.asks(Work::FetchRecording { call, recording: recording(&twilio) }).await;
    let (of, kept) = run.told().await;
    assert!(of == call && matches!(kept, Kept::Message { length, .. } if length == Duration::from_secs(3)), "{kept:?}");
    let file = std::fs::read(place.recordings.path(call)).expect("the message is on the disk");
    assert_eq!(wav::read(&file).map(<[u8]>::len), Some(24_000));
    assert_eq!(notes(&folder), 1, "it is still to be deleted");
    run.asks(Work::DeleteRecording { recording: recording(&twilio) }).await;
    until("the note goes", || notes(&folder) == 0).await;
    let asked: Vec<String> = twilio.got().into_iter().map(|got| got.asked).collect();
    let (fetch, delete) = ("GET /Recordings/RE1.wav", "DELETE /Recordings/RE1.json");
    assert_eq!(asked, [fetch, fetch, fetch, delete, delete]);
}

#[tokio::test]
async fn what_the_last_process_has_left_is_done_at_the_next_start() {
    let place = Place::of_one_shop().await;
    let call = missed(place.plan.shops[0].id, 7);
    place.stores(call.clone(), []).await;
    let disk = tempfile::tempdir().expect("a temporary directory");
    let down = StandIn::that([Does::Answers(500, Vec::new())]).await;
    let before = run(&place, disk.path(), &down);
    before.asks(Work::FetchRecording { call: call.id.0, recording: recording(&down) }).await;
    until("it is asked for", || !down.got().is_empty()).await;
    assert_eq!(notes(disk.path()), 1);
    drop(before);
    // The note names where it lay; the same place answers now.
    let twilio = StandIn::that([Does::Answers(200, wave(8_000.0)), Does::Answers(204, Vec::new())]).await;
    let note = std::fs::read_dir(disk.path()).expect("the folder").next().expect("a note").expect("a note").path();
    let text = std::fs::read_to_string(&note).expect("the note");
    std::fs::write(&note, text.replace(&down.url(""), &twilio.url(""))).expect("the note");
    let mut after = run(&place, disk.path(), &twilio);
    assert!(matches!(after.told().await, (of, Kept::Message { .. }) if of == call.id.0));
    until("the note goes", || notes(disk.path()) == 0).await;
    let messages =
        place.store.messages(&MessageFilter { limit: 9, ..MessageFilter::default() }).await.expect("messages");
    assert_eq!(
        messages.iter().map(|message| message.message.call).collect::<Vec<_>>(),
        [call.id],
        "its row tells of it"
    );
}

#[tokio::test]
async fn a_recording_that_nobody_tells_of_is_looked_for() {
    let place = Place::of_one_shop().await;
    let disk = tempfile::tempdir().expect("a temporary directory");
    let of_call = |status: &str| {
        let recording = json!({"sid": "RE1", "call_sid": "CA1", "status": status});
        Does::json(200, &json!({"recordings": [recording], "page_size": 50}))
    };
    let none = || Does::json(200, &json!({"recordings": []}));
    let script = [
        of_call("processing"),
        of_call("completed"),
        Does::Answers(200, wave(8_000.0)),
        Does::Answers(204, Vec::new()),
        none(),
    ];
    let twilio = StandIn::that(script).await;
    let mut run = run(&place, disk.path(), &twilio);
    let (call, call_sid) = (id(7).0, "CA1".to_owned());
    run.asks(Work::AwaitRecording { call, call_sid: call_sid.clone() }).await;
    until("it is noted", || notes(disk.path()) == 1).await;
    run.asks(Work::SeekRecording { call, call_sid: call_sid.clone() }).await;
    assert!(matches!(run.told().await, (of, Kept::Message { .. }) if of == call));
    assert_eq!(notes(disk.path()), 1, "that it is to be deleted, and no more that it is awaited");
    let recording = Recording { sid: "RE1".to_owned(), url: twilio.url("/Recordings/RE1") };
    run.asks(Work::DeleteRecording { recording }).await;
    until("the note goes", || notes(disk.path()) == 0).await;
    // Somebody who has left before the beep.
    let other = id(8).0;
    run.asks(Work::AwaitRecording { call: other, call_sid: call_sid.clone() }).await;
    run.asks(Work::SeekRecording { call: other, call_sid }).await;
    assert_eq!(run.told().await, (other, Kept::Nothing));
    until("nothing is noted", || notes(disk.path()) == 0).await;
    let asked: Vec<String> = twilio.got().into_iter().map(|got| got.asked).collect();
    let (list, fetch, delete) =
        ("GET /Calls/CA1/Recordings.json", "GET /Recordings/RE1.wav", "DELETE /Recordings/RE1.json");
    assert_eq!(asked, [list, list, fetch, delete, list]);
}

#[tokio::test]
async fn what_was_awaited_when_we_died_is_looked_for_at_the_next_start() {
    let place = Place::of_one_shop().await;
    let call = missed(place.plan.shops[0].id, 7);
    place.stores(call.clone(), []).await;
    let disk = tempfile::tempdir().expect("a temporary directory");
    let before = run(&place, disk.path(), &StandIn::that([Does::SaysNothing]).await);
    before.asks(Work::AwaitRecording { call: call.id.0, call_sid: "CA1".to_owned() }).await;
    until("it is noted", || notes(disk.path()) == 1).await;
    drop(before);
    let twilio = StandIn::that([
        // The caller may still have been speaking.
        Does::json(200, &json!({"recordings": []})),
        Does::json(200, &json!({"recordings": [{"sid": "RE1", "status": "completed"}]})),
        Does::Answers(200, wave(8_000.0)),
        Does::Answers(204, Vec::new()),
    ])
    .await;
    let mut after = run(&place, disk.path(), &twilio);
    assert!(matches!(after.told().await, (of, Kept::Message { .. }) if of == call.id.0));
    until("the notes go", || notes(disk.path()) == 0).await;
    let messages =
        place.store.messages(&MessageFilter { limit: 9, ..MessageFilter::default() }).await.expect("messages");
    assert_eq!(messages.len(), 1, "its row tells of it");
}

#[tokio::test]
async fn what_cannot_be_fetched_is_told_and_stays_there() {
    let place = Place::of_one_shop().await;
    let disk = tempfile::tempdir().expect("a temporary directory");
    for (does, url) in [
        (Does::Answers(404, Vec::new()), None),
        (Does::Answers(200, b"<html>no sound</html>".to_vec()), None),
        (Does::Answers(200, wave(8_000.0)), Some("https://evil.example/RE1")),
    ] {
        let twilio = StandIn::that([does]).await;
        let mut run = run(&place, disk.path(), &twilio);
        let recording =
            Recording { url: url.map_or_else(|| twilio.url("/Recordings/RE1"), str::to_owned), ..recording(&twilio) };
        run.asks(Work::FetchRecording { call: id(7).0, recording }).await;
        assert_eq!(run.told().await, (id(7).0, Kept::Lost));
        assert!(!place.recordings.path(id(7).0).exists());
        until("nobody tries again", || notes(disk.path()) == 0).await;
        assert!(twilio.got().iter().all(|got| got.asked.starts_with("GET")), "nothing is deleted: {:?}", twilio.got());
    }
}

#[tokio::test]
async fn silence_is_no_message() {
    let place = Place::of_one_shop().await;
    let disk = tempfile::tempdir().expect("a temporary directory");
    let twilio = StandIn::that([Does::Answers(200, wave(0.0))]).await;
    let mut run = run(&place, disk.path(), &twilio);
    run.asks(Work::FetchRecording { call: id(7).0, recording: recording(&twilio) }).await;
    assert_eq!(run.told().await, (id(7).0, Kept::Nothing));
    assert!(!place.recordings.path(id(7).0).exists());
}

#[tokio::test]
async fn a_call_is_changed_a_few_times_and_no_more() {
    let place = Place::of_one_shop().await;
    let disk = tempfile::tempdir().expect("a temporary directory");
    let twilio = StandIn::that([Does::Answers(500, Vec::new())]).await;
    let run = run(&place, disk.path(), &twilio);
    run.asks(Work::EndCall { call_sid: "CA1".to_owned() }).await;
    let asked = |call: &str| twilio.got().iter().filter(|got| got.asked == format!("POST /Calls/{call}.json")).count();
    until("it is tried twice", || asked("CA1") == 2).await;
    // And no third time: what is asked after it is done.
    run.asks(Work::EndCall { call_sid: "CA2".to_owned() }).await;
    until("the next is tried twice", || asked("CA2") == 2).await;
    assert_eq!(asked("CA1"), 2);
    assert_eq!(notes(disk.path()), 0, "a call is over soon: nothing is written down");
}
