//! What callers said is kept once, and found by who said it, where and when.

use std::time::Duration;

use ringall::call::record::{CallId, CallRecord, Disposition, EndedBy, EventKind, VoiceMessage};
use ringall::now::UnixMs;
use ringall::routing::plan::ShopId;
use ringall::sip::message_summary::Waiting;
use ringall::store::{CallFilter, MessageFilter, Store};
use uuid::Uuid;

use crate::cast::{Database, Log, PATIENCE, RUIZ, answered, call, jo, message, missed, number, shop};

crate::on_both! {
    a_message_comes_back_with_who_left_it,
    messages_come_newest_first_and_page_by_page,
    messages_are_found_by_what_is_asked,
    a_call_says_whether_it_has_a_message,
    a_message_without_its_call_is_shown,
    a_call_has_one_message,
    what_was_said_is_kept_beside_a_message_and_goes_with_it,
    a_message_waits_until_it_is_heard,
    a_message_of_a_call_sent_again_after_a_crash_keeps_its_file,
    a_message_that_was_safe_too_late_is_one_all_the_same,
    a_message_whose_call_had_no_last_word_is_one,
    a_message_the_store_does_not_take_is_journaled_and_replayed,
    a_message_the_database_refuses_does_not_hold_up_the_others,
}

async fn a_message_comes_back_with_who_left_it(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let log = db.log();
    let jos = CallRecord { shop: Some(ruiz), ..left(1) };
    let withheld = CallRecord { caller: None, caller_raw: String::new(), withheld: true, ..left(2) };
    for call in [&jos, &withheld] {
        leaves(&log, call, message(call)).await;
    }
    let stored = db.store.message(jos.id).await.unwrap().unwrap();
    assert_eq!(stored.message, message(&jos));
    assert_eq!((stored.recording, stored.cut_off), (jos.id.0, false));
    assert_eq!((stored.shop, stored.caller, stored.withheld), (Some(ruiz), Some(jo()), false));
    assert_eq!((stored.caller_raw.as_str(), stored.caller_name.as_deref()), ("0600999888", Some("Jo Miller")));
    let stored = db.store.message(withheld.id).await.unwrap().unwrap();
    assert_eq!((stored.caller, stored.caller_raw.as_str(), stored.withheld), (None, "", true));
    assert_eq!(db.store.message(call(99).id).await.unwrap(), None);
}

async fn what_was_said_is_kept_beside_a_message_and_goes_with_it(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let log = db.log();
    for n in [1, 2] {
        let call = CallRecord { shop: Some(ruiz), ..left(n) };
        leaves(&log, &call, message(&call)).await;
    }
    let waiting = async |since| {
        let waiting = db.store.unwritten(since).await.unwrap();
        waiting.into_iter().map(|message| (message.call, message.recording, message.shop)).collect::<Vec<_>>()
    };
    let [first, second] = [call(1).id, call(2).id];
    let of_shop = |call: CallId| (call, call.0, Some(ruiz));
    assert_eq!(waiting(UnixMs(0)).await, [of_shop(second), of_shop(first)], "the newest first");
    assert!(db.store.is_unwritten(first).await.unwrap() && !db.store.is_unwritten(call(99).id).await.unwrap());
    db.store.keep_transcript(first, "The blue\u{0} door").await.unwrap();
    assert_eq!(waiting(UnixMs(0)).await, [of_shop(second)]);
    assert!(waiting(UnixMs(i64::MAX)).await.is_empty());
    db.store.keep_transcript(second, "").await.unwrap();
    assert!(waiting(UnixMs(0)).await.is_empty(), "no word was understood: that is an end too");
    let of = async |id| db.store.message(id).await.unwrap().unwrap().transcript;
    assert_eq!((of(first).await.as_deref(), of(second).await), (Some("The blue door"), None));
    let of_caller = MessageFilter { caller: Some(jo()), ..MessageFilter::default() };
    assert!(db.store.messages(&of_caller).await.unwrap().iter().any(|message| message.transcript.is_some()));
    db.store.keep_transcript(call(99).id, "of nobody").await.expect("erased meanwhile: nothing is kept");
}

async fn a_message_that_was_safe_too_late_is_one_all_the_same(db: Database) {
    let log = db.log();
    let none = CallRecord { disposition: Some(Disposition::NoMessage), ..left(1) };
    log.whole(&none).await;
    log.whole(&answered(2)).await;
    for call in [&none, &answered(2)] {
        log.message(message(call));
    }
    log.writer.flush().await.unwrap();
    let dispositions: Vec<_> = db
        .store
        .calls(&CallFilter::default())
        .await
        .unwrap()
        .into_iter()
        .map(|stored| (stored.record.id, stored.record.disposition))
        .collect();
    let expected = [(call(2).id, Some(Disposition::Answered)), (call(1).id, Some(Disposition::Message))];
    assert_eq!(dispositions, expected, "somebody who spoke with the caller is the greater fact");
}

async fn a_message_whose_call_had_no_last_word_is_one(db: Database) {
    let log = db.log();
    let open = call(1);
    log.record(&open);
    log.message(message(&open));
    log.writer.flush().await.unwrap();
    db.store.close_open_rows(call(9).started).await.unwrap();
    let [stored] = &db.store.calls(&CallFilter::default()).await.unwrap()[..] else { panic!("one call") };
    assert_eq!((stored.record.disposition, stored.record.ended_by), (Some(Disposition::Message), Some(EndedBy::Crash)));
}

async fn messages_come_newest_first_and_page_by_page(db: Database) {
    let log = db.log();
    for n in 1..=5 {
        let call = left(n);
        // 2 and 3 were recorded in the same millisecond.
        let at = if n == 3 { message(&left(2)).recorded } else { message(&call).recorded };
        leaves(&log, &call, VoiceMessage { recorded: at, ..message(&call) }).await;
    }
    let page = |before| MessageFilter { before, limit: 2, ..MessageFilter::default() };
    let first = ids(&db.store, &page(None)).await;
    assert_eq!(first, [call(5).id, call(4).id]);
    let second = ids(&db.store, &page(Some(first[1]))).await;
    assert_eq!(second, [call(3).id, call(2).id]);
    assert_eq!(ids(&db.store, &page(Some(second[0]))).await, [call(2).id, call(1).id]);
    assert_eq!(ids(&db.store, &page(Some(call(1).id))).await, []);
    assert_eq!(ids(&db.store, &page(Some(call(99).id))).await, [], "older than a message that is not there");
}

async fn messages_are_found_by_what_is_asked(db: Database) {
    let log = db.log();
    let ann = number("+34600111222");
    let anns = CallRecord { caller: Some(ann.clone()), ..left(2) };
    let elsewhere = CallRecord { shop: Some(ShopId(2)), ..left(3) };
    for call in [&left(1), &anns, &elsewhere] {
        leaves(&log, call, message(call)).await;
    }
    let all = MessageFilter::default();
    assert_eq!(ids(&db.store, &all).await, [call(3).id, call(2).id, call(1).id]);
    let asked = MessageFilter { caller: Some(ann), ..all.clone() };
    assert_eq!(ids(&db.store, &asked).await, [call(2).id]);
    let asked = MessageFilter { caller: Some(jo()), ..all.clone() };
    assert_eq!(ids(&db.store, &asked).await, [call(3).id, call(1).id]);
    let asked = MessageFilter { shop: Some(ShopId(1)), ..all.clone() };
    assert_eq!(ids(&db.store, &asked).await, [call(2).id, call(1).id]);
    let asked = MessageFilter { caller: Some(jo()), shop: Some(ShopId(2)), before: Some(call(3).id), ..all };
    assert_eq!(ids(&db.store, &asked).await, []);
}

async fn a_call_says_whether_it_has_a_message(db: Database) {
    let log = db.log();
    log.whole(&missed(1)).await;
    leaves(&log, &left(2), message(&left(2))).await;
    let stored = db.store.calls(&CallFilter::default()).await.unwrap();
    assert_eq!(stored.iter().map(|call| call.has_message).collect::<Vec<_>>(), [true, false]);
    assert!(db.store.call(call(2).id).await.unwrap().unwrap().0.has_message);
    assert!(!db.store.call(call(1).id).await.unwrap().unwrap().0.has_message);
}

async fn a_message_without_its_call_is_shown(db: Database) {
    let log = db.log();
    log.message(message(&left(1)));
    log.writer.flush().await.unwrap();
    let stored = db.store.messages(&MessageFilter::default()).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].shop, &stored[0].caller, stored[0].withheld), (None, &None, false));
}

async fn a_call_has_one_message(db: Database) {
    let log = db.log();
    leaves(&log, &left(1), message(&left(1))).await;
    // A journal replayed twice says everything twice.
    leaves(&log, &left(1), VoiceMessage { length: Duration::ZERO, ..message(&left(1)) }).await;
    // More than one statement holds.
    for n in 2..=70 {
        log.message(message(&left(n)));
    }
    log.writer.flush().await.unwrap();
    let all = MessageFilter { limit: 200, ..MessageFilter::default() };
    let stored = db.store.messages(&all).await.unwrap();
    assert_eq!(stored.len(), 70);
    assert_eq!(stored[69].message, message(&left(1)));
    assert_eq!(log.writer.counts(), Default::default());
}

async fn a_message_of_a_call_sent_again_after_a_crash_keeps_its_file(db: Database) {
    let before = db.log();
    before.record(&call(1));
    before.event(&call(1), 1, EventKind::Arrived);
    before.writer.flush().await.unwrap();
    drop(before);
    db.store.close_open_rows(call(9).started).await.unwrap();

    let again = CallRecord { id: CallId(Uuid::from_u128(7)), ..left(1) };
    let after = db.log();
    after.record(&CallRecord { ended: None, disposition: None, ..again.clone() });
    after.changed(&again);
    after.message(message(&again));
    after.writer.flush().await.unwrap();
    let stored = db.store.message(call(1).id).await.unwrap().unwrap();
    assert_eq!(stored.recording, again.id.0, "its file bears the id it was recorded under");
    assert_eq!(db.store.messages(&MessageFilter::default()).await.unwrap().len(), 1);
}

async fn a_message_the_store_does_not_take_is_journaled_and_replayed(db: Database) {
    db.shell("ALTER TABLE voice_messages RENAME TO elsewhere").await;
    let log = db.log();
    log.record(&call(1));
    log.message(message(&left(1)));
    log.writer.flush().await.unwrap();
    assert!(log.writer.counts().failed_commits > 0);
    drop(log);
    db.shell("ALTER TABLE elsewhere RENAME TO voice_messages").await;
    assert!(db.store.replay_journal(&db.journal()).await.unwrap() >= 1);
    assert_eq!(db.store.message(call(1).id).await.unwrap().unwrap().message, message(&left(1)));
}

async fn a_message_the_database_refuses_does_not_hold_up_the_others(db: Database) {
    let log = db.log();
    log.record(&call(1));
    // A check that the program does not know of stands for whatever a database may object to.
    db.shell("ALTER TABLE voice_messages ADD COLUMN told BIGINT CHECK (length_ms < 60000)").await;
    log.message(VoiceMessage { length: Duration::from_secs(60), ..message(&left(2)) });
    log.message(message(&left(1)));
    log.event(&call(1), 1, EventKind::Arrived);
    log.writer.flush().await.unwrap();
    assert_eq!(log.writer.counts().refused, 1);
    assert_eq!(ids(&db.store, &MessageFilter::default()).await, [call(1).id]);
    assert_eq!(db.store.call(call(1).id).await.unwrap().unwrap().1.len(), 1);
}

/// Jo's `n`th call of a test, when the shop was closed and she left a message.
fn left(n: u16) -> CallRecord {
    let call = call(n);
    CallRecord {
        answered: Some(UnixMs(call.started.0 + 500)),
        ended: Some(UnixMs(call.started.0 + 27_000)),
        disposition: Some(Disposition::Message),
        ended_by: Some(EndedBy::Caller),
        ..call
    }
}

async fn leaves(log: &Log, call: &CallRecord, message: VoiceMessage) {
    log.record(call);
    log.changed(call);
    log.message(message);
    tokio::time::timeout(PATIENCE, log.writer.flush()).await.unwrap().unwrap();
}

async fn ids(store: &Store, filter: &MessageFilter) -> Vec<CallId> {
    store.messages(filter).await.unwrap().into_iter().map(|stored| stored.message.call).collect()
}

async fn a_message_waits_until_it_is_heard(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let log = db.log();
    let [first, second] = [1, 2].map(|nth| CallRecord { shop: Some(ruiz), ..left(nth) });
    // One that came to no shop waits for nobody.
    let nobodys = CallRecord { shop: None, ..left(3) };
    for call in [&first, &second, &nobodys] {
        leaves(&log, call, message(call)).await;
    }
    let waiting = async || {
        let unheard = db.store.unheard().await.unwrap();
        db.store.waiting(&unheard).await.unwrap()
    };
    assert_eq!(waiting().await, [(ruiz, Waiting { new: 2, old: 0 })]);
    for at in [10, 20] {
        db.store.message_heard(first.id, UnixMs(at)).await.unwrap();
        assert_eq!(waiting().await, [(ruiz, Waiting { new: 1, old: 1 })]);
    }
    db.store.message_heard(second.id, UnixMs(30)).await.unwrap();
    db.store.message_heard(call(99).id, UnixMs(30)).await.unwrap();
    assert_eq!(waiting().await, [(ruiz, Waiting { new: 0, old: 2 })]);
    assert!(db.store.unheard().await.unwrap().is_empty());
}
