//! Nothing that was confirmed is lost, and nothing is there twice.

use ringall::call::record::{CallId, CallRecord, Disposition, EndedBy, EventKind};
use ringall::store::{CallFilter, LogWriter, StoreError};
use ringall::switchboard::{Medium, Ticket};
use uuid::Uuid;

use crate::cast::{Database, Log, PATIENCE, answered, call, missed, on_sqlite};

crate::on_both! {
    a_confirmed_first_row_is_there_for_another_process,
    a_first_row_never_replaces_later_facts,
    the_last_facts_of_a_batch_are_the_facts,
    a_call_sent_again_after_a_crash_continues_its_row,
    what_the_store_does_not_take_is_journaled_and_replayed,
    a_journal_of_a_killed_run_is_replayed_at_start,
    a_row_asked_into_the_journal_reaches_the_store,
    a_row_the_database_refuses_does_not_hold_up_the_others,
    a_dropped_log_writes_what_it_has,
}

#[test]
fn a_log_that_a_bug_has_ended_is_no_secret() {
    on_sqlite(async |db| {
        let bug = |_| panic!("a panic that this test wants");
        let writer = LogWriter::start(db.store.clone(), db.journal(), bug).unwrap();
        let health = writer.health();
        assert!(!health.has_ended());
        writer.record(Ticket(1), Medium::Store, Box::new(call(1)));
        let is_said = async {
            // By which the service answers that it could not take a call.
            while !health.has_ended() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, is_said).await.expect("somebody is told");
        let error = writer.flush().await.unwrap_err();
        assert!(matches!(error, StoreError::LogEnded), "{error}: nobody waits for what never comes");
    });
}

async fn a_confirmed_first_row_is_there_for_another_process(db: Database) {
    let log = db.log();
    log.record(&call(1));
    let other = db.open_again().await;
    assert_eq!(other.call(call(1).id).await.unwrap().unwrap().0.record, call(1));
    other.close().await;
    log.hears_nothing_more();
}

async fn a_first_row_never_replaces_later_facts(db: Database) {
    let log = db.log();
    log.whole(&answered(1)).await;
    log.record(&call(1));
    assert_eq!(db.store.call(call(1).id).await.unwrap().unwrap().0.record, answered(1));
}

async fn the_last_facts_of_a_batch_are_the_facts(db: Database) {
    let log = db.log();
    log.record(&call(1));
    for _ in 0..3 {
        log.changed(&call(1));
    }
    log.changed(&answered(1));
    log.writer.flush().await.unwrap();
    assert_eq!(db.store.call(call(1).id).await.unwrap().unwrap().0.record, answered(1));
}

async fn a_call_sent_again_after_a_crash_continues_its_row(db: Database) {
    let before = db.log();
    before.record(&call(1));
    before.event(&call(1), 1, EventKind::Arrived);
    before.writer.flush().await.unwrap();
    drop(before);
    db.store.close_open_rows(call(9).started).await.unwrap();

    let again = CallRecord { id: CallId(Uuid::from_u128(7)), started: call(2).started, ..answered(1) };
    let after = db.log();
    after.record(&CallRecord { answered: None, ended: None, disposition: None, ..again.clone() });
    after.event(&again, 1, EventKind::Arrived);
    after.changed(&again);
    after.event(&again, 2, EventKind::Ended);
    after.writer.flush().await.unwrap();

    assert_eq!(db.store.calls(&CallFilter::default()).await.unwrap().len(), 1, "one call, one row");
    let (stored, events) = db.store.call(call(1).id).await.unwrap().unwrap();
    assert_eq!(stored.record.started, call(1).started);
    assert_eq!((stored.record.disposition, stored.record.ended_by), (Some(Disposition::Answered), again.ended_by));
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(after.writer.counts(), Default::default());
}

async fn what_the_store_does_not_take_is_journaled_and_replayed(db: Database) {
    let log = db.log();
    log.record(&call(1));
    db.shell("ALTER TABLE calls RENAME TO elsewhere").await;
    log.changed(&answered(1));
    log.record(&call(2));
    log.event(&call(2), 1, EventKind::Arrived);
    log.changed(&missed(2));
    log.writer.flush().await.unwrap();
    assert!(log.writer.counts().failed_commits > 0);
    let health = log.writer.health();
    assert_eq!((health.store_fails(), health.journal_fails()), (true, false));
    db.shell("ALTER TABLE elsewhere RENAME TO calls").await;
    until_stored(&db, &missed(2)).await;
    assert_eq!(db.store.call(call(1).id).await.unwrap().unwrap().0.record, answered(1));
    assert_eq!(db.store.call(call(2).id).await.unwrap().unwrap().1.len(), 1);
    log.record(&call(3));
    log.writer.flush().await.unwrap();
    assert!(!health.store_fails());
    assert_eq!(db.store.replay_journal(&db.journal()).await.unwrap(), 0, "what the store has left the journal");
}

async fn a_journal_of_a_killed_run_is_replayed_at_start(db: Database) {
    db.shell("ALTER TABLE calls RENAME TO elsewhere").await;
    let log = db.log();
    log.record(&call(1));
    log.changed(&answered(1));
    log.writer.flush().await.unwrap();
    drop(log);
    db.shell("ALTER TABLE elsewhere RENAME TO calls").await;
    assert!(db.store.replay_journal(&db.journal()).await.unwrap() >= 2);
    assert_eq!(db.store.call(call(1).id).await.unwrap().unwrap().0.record, answered(1));
    assert_eq!(db.store.replay_journal(&db.journal()).await.unwrap(), 0);
}

async fn a_row_asked_into_the_journal_reaches_the_store(db: Database) {
    let log = db.log();
    log.ask(7, Medium::Journal, &call(1));
    log.hears(7);
    // The next commit takes along what the journal holds.
    log.record(&call(2));
    until_stored(&db, &call(1)).await;
}

async fn a_row_the_database_refuses_does_not_hold_up_the_others(db: Database) {
    let log = db.log();
    log.record(&call(1));
    // A check that the program does not know of stands for whatever a database may object to.
    db.shell("CREATE UNIQUE INDEX one_called_once ON calls (called, answered_by)").await;
    let other = |n| CallRecord { called: format!("+3491100000{n}"), ..answered(n) };
    let (good, bad) = (other(2), CallRecord { called: other(2).called, ..answered(3) });
    log.changed(&good);
    log.changed(&bad);
    log.event(&good, 1, EventKind::Arrived);
    log.writer.flush().await.unwrap();
    assert_eq!(log.writer.counts().refused, 1);
    let (stored, events) = db.store.call(good.id).await.unwrap().unwrap();
    assert_eq!((stored.record, events.len()), (good, 1));
}

async fn a_dropped_log_writes_what_it_has(db: Database) {
    let log = db.log();
    log.record(&call(1));
    log.changed(&answered(1));
    drop(log);
    until_stored(&db, &answered(1)).await;
}

/// Another process holds the write lock longer than a commit may take: the journal answers, and nobody waits for it.
#[test]
fn a_locked_sqlite_file_holds_up_no_call() {
    on_sqlite(async |db| {
        use sqlx::{Connection, Executor};
        let log: Log = db.log();
        log.record(&call(1));
        let mut other = sqlx::SqliteConnection::connect(&db.url).await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        log.ask(2, Medium::Store, &call(2));
        log.ask(3, Medium::Journal, &call(2));
        // The core asks the journal when the store stalls; its answer comes although the store still hangs.
        log.hears(3);
        log.hears(2);
        other.execute("ROLLBACK").await.unwrap();
        until_stored(&db, &call(2)).await;
        assert_eq!(db.store.calls(&CallFilter::default()).await.unwrap().len(), 2);
    });
}

#[test]
fn the_heartbeat_says_when_the_service_lived() {
    on_sqlite(async |db| {
        let log = db.log();
        log.record(&call(1));
        log.writer.flush().await.unwrap();
        drop(log);
        let now = ringall::clock::now().wall;
        db.store.close_open_rows(now).await.unwrap();
        let (closed, _) = db.store.call(call(1).id).await.unwrap().unwrap();
        assert_eq!(closed.record.ended_by, Some(EndedBy::Crash));
        assert!(now.since(closed.record.ended.unwrap()) < 10_000, "{:?}", closed.record.ended);
    });
}

/// Waits until the store has this call with these facts.
async fn until_stored(db: &Database, wanted: &CallRecord) {
    let look = async {
        loop {
            let found = db.store.call(wanted.id).await;
            if found.is_ok_and(|found| found.is_some_and(|(stored, _)| stored.record == *wanted)) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("call {} is not stored", wanted.id));
}
