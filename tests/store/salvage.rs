//! A caller's words outlive a crash, and nothing that is not ours is touched.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use ringall::call::record::{CallRecord, Disposition, EndedBy, EventKind};
use ringall::media::salvage::FILE_BYTES_MAX;
use ringall::media::wav;
use ringall::now::UnixMs;
use ringall::store::{CallFilter, MessageFilter, Salvaged};
use uuid::Uuid;

use crate::cast::{Database, answered, call, message, missed};

crate::on_both! {
    words_cut_off_by_a_crash_are_a_message,
    a_recording_in_which_nobody_speaks_goes,
    who_was_answered_stays_answered,
    a_message_that_was_said_to_be_none_is_one,
    a_message_in_the_log_is_left_alone,
    a_message_in_the_journal_is_no_second_one,
    a_recording_of_a_call_nobody_knows_is_left,
    what_is_not_ours_is_left,
    a_recording_is_dated_within_its_call,
    a_message_that_cannot_be_stored_waits_for_the_next_start,
}

const NOTHING: Salvaged = Salvaged { messages: 0, removed: 0, left: 0 };

async fn words_cut_off_by_a_crash_are_a_message(db: Database) {
    crashes_in(&db, &call(1)).await;
    // Three seconds and a bit, of which the header promises two; written until 9 s after the call began.
    let file = records(&db, call(1).id.0, &[&wav::header(16_000)[..], &voice(24_003)].concat());
    written_at(&file, call(1).started.0 + 9_000);
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, Salvaged { messages: 1, ..NOTHING });

    let stored = db.store.message(call(1).id).await.unwrap().unwrap();
    assert_eq!((stored.recording, stored.cut_off), (call(1).id.0, true));
    assert_eq!((stored.message.length, stored.message.voice), (ms(3_000), ms(3_020)), "voice in frames of 20 ms");
    assert_eq!(stored.message.recorded, UnixMs(call(1).started.0 + 6_000));
    let [stored] = &db.store.calls(&CallFilter::default()).await.unwrap()[..] else { panic!("one call") };
    assert_eq!((stored.record.disposition, stored.has_message), (Some(Disposition::Message), true));
    assert_eq!(stored.record.ended_by, Some(EndedBy::Crash));
    let ended = stored.record.ended.unwrap().0;
    let events = db.event_rows(call(1).id).await;
    let [arrived, last, left] = &events[..] else { panic!("{events:?}") };
    assert_eq!((arrived.0, arrived.2.as_str()), (1, "arrived"));
    assert_eq!((last.0, last.1, last.2.as_str()), (2, ended, "ended"));
    assert_eq!((left.0, left.1, left.2.as_str(), left.3.as_str()), (3, ended, "message_left", "3"));
    let bytes = fs::read(&file).unwrap();
    assert_eq!(wav::samples(&bytes), voice(24_003), "its header tells of every sample");

    assert_eq!(db.store.salvage_messages(&db.recordings()).await, NOTHING, "the next start finds nothing to do");
    assert_eq!(db.event_rows(call(1).id).await.len(), 3);
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

async fn a_recording_in_which_nobody_speaks_goes(db: Database) {
    let quiet = [
        [&wav::header(7_000)[..], &[0xff; 7_000]].concat(),
        [&wav::header(80_000)[..], &[0xff; 80_000]].concat(),
        wav::header(0).to_vec(),
        wav::header(0)[..30].to_vec(),
        Vec::new(),
    ];
    for (n, bytes) in (1..).zip(&quiet) {
        crashes_in(&db, &call(n)).await;
        records(&db, call(n).id.0, bytes);
    }
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, Salvaged { removed: 5, ..NOTHING });
    assert_eq!(fs::read_dir(db.recordings().dir()).unwrap().count(), 0);
    assert_eq!(db.store.messages(&MessageFilter::default()).await.unwrap(), []);
    for stored in db.store.calls(&CallFilter::default()).await.unwrap() {
        assert_eq!(stored.record.disposition, Some(Disposition::Interrupted));
        assert_eq!(db.event_rows(stored.record.id).await.len(), 2, "arrived, ended");
    }
}

async fn who_was_answered_stays_answered(db: Database) {
    db.log().whole(&answered(1)).await;
    records(&db, call(1).id.0, &[&wav::header(0)[..], &voice(16_000)].concat());
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, Salvaged { messages: 1, ..NOTHING });
    let [stored] = &db.store.calls(&CallFilter::default()).await.unwrap()[..] else { panic!("one call") };
    assert_eq!((&stored.record, stored.has_message), (&answered(1), true));
}

async fn a_message_that_was_said_to_be_none_is_one(db: Database) {
    // The disk was full while the caller spoke.
    let call = CallRecord { disposition: Some(Disposition::NoMessage), ..missed(1) };
    let log = db.log();
    log.whole(&call).await;
    records(&db, call.id.0, &[&wav::header(16_000)[..], &voice(16_000)].concat());
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, Salvaged { messages: 1, ..NOTHING });
    let [stored] = &db.store.calls(&CallFilter::default()).await.unwrap()[..] else { panic!("one call") };
    assert_eq!(stored.record.disposition, Some(Disposition::Message));
    assert_eq!(stored.record.ended_by, call.ended_by, "nothing else changes");
}

async fn a_message_in_the_log_is_left_alone(db: Database) {
    let log = db.log();
    let again = CallRecord { id: ringall::call::record::CallId(Uuid::from_u128(7)), ..call(2) };
    for call in [&call(1), &call(2)] {
        log.record(call);
    }
    // The second call came again after a crash: its file bears another id than its row.
    log.record(&again);
    log.message(message(&call(1)));
    log.message(message(&again));
    log.writer.flush().await.unwrap();
    // Neither is as a recorder leaves it: whoever looks would change it.
    let files = [call(1).id.0, again.id.0].map(|id| records(&db, id, &[&wav::header(9)[..], &voice(16_000)].concat()));
    let before = files.each_ref().map(|file| fs::read(file).unwrap());
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, NOTHING);
    assert_eq!(files.map(|file| fs::read(file).unwrap()), before);
    assert_eq!(db.store.message(call(1).id).await.unwrap().unwrap().message, message(&call(1)));
}

async fn a_message_in_the_journal_is_no_second_one(db: Database) {
    db.shell("ALTER TABLE voice_messages RENAME TO elsewhere").await;
    let log = db.log();
    log.record(&call(1));
    log.message(message(&call(1)));
    log.writer.flush().await.unwrap();
    drop(log);
    db.shell("ALTER TABLE elsewhere RENAME TO voice_messages").await;
    records(&db, call(1).id.0, &[&wav::header(16_000)[..], &voice(16_000)].concat());
    // As the service starts.
    db.store.replay_journal(&db.journal()).await.unwrap();
    db.store.close_open_rows(call(9).started).await.unwrap();
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, NOTHING);
    assert!(!db.store.message(call(1).id).await.unwrap().unwrap().cut_off);
}

async fn a_recording_of_a_call_nobody_knows_is_left(db: Database) {
    let spoken = [&wav::header(0)[..], &voice(16_000)].concat();
    let file = records(&db, call(1).id.0, &spoken);
    let silent = records(&db, call(2).id.0, b"");
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, Salvaged { left: 2, ..NOTHING });
    assert_eq!(fs::read(&file).unwrap(), spoken);
    assert!(silent.exists());
    // The call turns up after all.
    crashes_in(&db, &call(1)).await;
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, Salvaged { messages: 1, left: 1, ..NOTHING });
}

async fn what_is_not_ours_is_left(db: Database) {
    for n in 1..=4 {
        crashes_in(&db, &call(n)).await;
    }
    let folder = db.recordings().dir().to_owned();
    fs::create_dir_all(db.recordings().path(call(1).id.0)).unwrap();
    records(&db, call(2).id.0, b"Dear diary, a customer wanted a blue door.");
    // Sparse: a day of zeros.
    let long = records(&db, call(3).id.0, &wav::header(0));
    File::options().write(true).open(&long).unwrap().set_len(FILE_BYTES_MAX + 1).unwrap();
    std::os::unix::fs::symlink(&long, db.recordings().path(call(4).id.0)).unwrap();
    let upper = call(1).id.to_string().to_uppercase();
    for name in ["notes.txt", ".hidden", "message.wav", &format!("{upper}.wav"), &format!("{}.wav.part", call(2).id)] {
        fs::write(folder.join(name), [&wav::header(0)[..], &voice(16_000)].concat()).unwrap();
    }
    let listed = || {
        let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = listed();
    assert_eq!(before.len(), 9);
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, Salvaged { left: 9, ..NOTHING });
    assert_eq!(listed(), before);
    assert_eq!(fs::metadata(&long).unwrap().len(), FILE_BYTES_MAX + 1);
    assert_eq!(db.store.messages(&MessageFilter::default()).await.unwrap(), []);
}

async fn a_recording_is_dated_within_its_call(db: Database) {
    for (n, written) in [(1, 0), (2, i64::from(u32::MAX) * 1000)] {
        let call = CallRecord { disposition: Some(Disposition::NoMessage), ..missed(n) };
        db.log().whole(&call).await;
        let file = records(&db, call.id.0, &[&wav::header(16_000)[..], &voice(16_000)].concat());
        written_at(&file, written);
    }
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, Salvaged { messages: 2, ..NOTHING });
    let recorded = async |n| db.store.message(call(n).id).await.unwrap().unwrap().message.recorded;
    assert_eq!(recorded(1).await, call(1).started, "the file's date is lost: not before the call");
    assert_eq!(Some(recorded(2).await), missed(2).ended, "nor after it");
}

async fn a_message_that_cannot_be_stored_waits_for_the_next_start(db: Database) {
    crashes_in(&db, &call(1)).await;
    records(&db, call(1).id.0, &[&wav::header(0)[..], &voice(16_000)].concat());
    db.shell("ALTER TABLE voice_messages RENAME TO elsewhere").await;
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, NOTHING, "and the service starts");
    db.shell("ALTER TABLE elsewhere RENAME TO voice_messages").await;
    db.shell("ALTER TABLE call_events RENAME TO elsewhere").await;
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, Salvaged { left: 1, ..NOTHING });
    assert_eq!(db.store.message(call(1).id).await.unwrap(), None, "all or nothing");
    db.shell("ALTER TABLE elsewhere RENAME TO call_events").await;
    assert_eq!(db.store.salvage_messages(&db.recordings()).await, Salvaged { messages: 1, ..NOTHING });
    assert_eq!(db.event_rows(call(1).id).await.len(), 3);
}

#[test]
fn a_folder_that_is_none_stops_no_start() {
    crate::cast::on_sqlite(async |db| {
        assert_eq!(db.store.salvage_messages(&db.recordings()).await, NOTHING, "there is none yet");
        fs::create_dir_all(db.folder.path().join("data")).unwrap();
        fs::write(db.recordings().dir(), "a file").unwrap();
        assert_eq!(db.store.salvage_messages(&db.recordings()).await, NOTHING);
        assert_eq!(fs::read(db.recordings().dir()).unwrap(), b"a file");
    });
}

/// The service is killed while this call lives, and starts again.
async fn crashes_in(db: &Database, call: &CallRecord) {
    let log = db.log();
    log.record(call);
    log.event(call, 1, EventKind::Arrived);
    log.writer.flush().await.unwrap();
    drop(log);
    // It last said that it lives 20 s after the call began.
    let alive = call.started.0 + 20_000;
    db.shell(&format!("UPDATE settings SET value = {alive} WHERE name = 'alive_ms'")).await;
    db.store.close_open_rows(UnixMs(alive + 60_000)).await.unwrap();
}

/// A file in the folder of the messages.
fn records(db: &Database, recording: Uuid, bytes: &[u8]) -> PathBuf {
    fs::create_dir_all(db.recordings().dir()).unwrap();
    let path = db.recordings().path(recording);
    fs::write(&path, bytes).unwrap();
    path
}

fn written_at(file: &PathBuf, unix_ms: i64) {
    let time = UNIX_EPOCH + Duration::from_millis(unix_ms.unsigned_abs());
    File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
}

/// μ-law as loud as somebody who speaks.
fn voice(samples: usize) -> Vec<u8> {
    [0x90, 0x10, 0x91, 0x11].into_iter().cycle().take(samples).collect()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
