use std::sync::Arc;
use std::time::Duration;

use ringall::call::record::{CallRecord, Direction, Disposition, Door, EndedBy, EventKind};
use ringall::now::UnixMs;
use ringall::routing::Because;
use ringall::routing::plan::ShopId;
use ringall::store::calls::Closed;
use ringall::store::{CallFilter, Store, StoreError, StoredCall};
use ringall::switchboard::{Keyless, LeftRinging, Rang, WentOut};

use crate::cast::{Database, RUIZ, answered, call, jo, missed, number, shop};

crate::on_both! {
    every_field_of_a_call_comes_back,
    events_come_back_in_order,
    calls_come_newest_first_and_page_by_page,
    calls_are_found_by_what_is_asked,
    a_caller_is_shown_by_the_owners_name,
    the_index_remembers_each_caller_of_each_shop,
    a_crash_ends_open_calls_when_the_service_last_lived,
    what_may_ring_after_a_crash_is_known,
    lines_that_picked_up_without_a_key_are_counted_since_somebody_pressed_one,
    a_value_of_a_newer_version_is_named_not_guessed,
    what_has_gone_out_within_a_day_is_remembered,
}

async fn every_field_of_a_call_comes_back(db: Database) {
    let log = db.log();
    let withheld = CallRecord {
        shop: None,
        direction: Direction::Out,
        caller: None,
        caller_raw: String::new(),
        withheld: true,
        door: Door::Twilio,
        because: Because::Closure { opens: Some(UnixMs(9)), why: "Año nuevo".to_owned() },
        nth_call_from_caller: 0,
        ..call(2)
    };
    for call in [answered(1), withheld] {
        log.whole(&call).await;
        let (stored, events) = db.store.call(call.id).await.unwrap().unwrap();
        assert_eq!(stored.record, call);
        assert_eq!(events, []);
    }
    for (n, ended_by) in (3..).zip([EndedBy::Caller, EndedBy::Staff, EndedBy::GiveUp, EndedBy::Network, EndedBy::Crash])
    {
        let call = CallRecord { ended_by: Some(ended_by), ..missed(n) };
        log.whole(&call).await;
        assert_eq!(db.store.call(call.id).await.unwrap().unwrap().0.record, call);
    }
    assert!(db.store.call(call(99).id).await.unwrap().is_none());
}

async fn what_has_gone_out_within_a_day_is_remembered(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let log = db.log();
    let out = |n, started, disposition| CallRecord {
        shop: Some(ruiz),
        direction: Direction::Out,
        because: Because::CalledOut,
        started: UnixMs(started),
        disposition,
        ..call(n)
    };
    let day = 24 * 60 * 60 * 1000;
    for call in [
        out(1, 0, Some(Disposition::Answered)),
        out(2, 2 * day, Some(Disposition::Missed)),
        CallRecord {
            answered: Some(UnixMs(2 * day + 5)),
            ended: Some(UnixMs(2 * day + 9)),
            ..out(3, 2 * day + 1, Some(Disposition::Answered))
        },
        out(4, 2 * day + 2, Some(Disposition::Refused)),
        CallRecord { because: Because::CalledForHelp, ..out(5, 2 * day + 3, None) },
        CallRecord { because: Because::Colleague, ..out(6, 2 * day + 4, None) },
    ] {
        log.whole(&call).await;
    }
    let mut gone_out = db.store.gone_out(UnixMs(2 * day + 10)).await.unwrap();
    gone_out.sort_by_key(|went| went.at);
    let went = |ms, talked| WentOut { shop: ruiz, at: UnixMs(2 * day + ms), talked: Duration::from_millis(talked) };
    assert_eq!(gone_out, [went(0, 0), went(1, 4)], "neither refused nor help");
}

async fn events_come_back_in_order(db: Database) {
    let log = db.log();
    let call = call(1);
    log.record(&call);
    // More than one statement holds.
    for seq in 1..=70 {
        log.event(&call, seq, if seq % 2 == 0 { EventKind::Ringing } else { EventKind::Offered });
    }
    log.writer.flush().await.unwrap();
    let (_, events) = db.store.call(call.id).await.unwrap().unwrap();
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=70).collect::<Vec<_>>());
    assert_eq!(events[1], crate::cast::event(&call, 2, EventKind::Ringing));
}

async fn calls_come_newest_first_and_page_by_page(db: Database) {
    let log = db.log();
    for n in 1..=5 {
        log.whole(&missed(n)).await;
    }
    let page = |before| CallFilter { before, limit: 2, ..CallFilter::default() };
    let first = ids(&db.store, &page(None)).await;
    assert_eq!(first, [call(5).id, call(4).id]);
    let second = ids(&db.store, &page(Some(first[1]))).await;
    assert_eq!(second, [call(3).id, call(2).id]);
    assert_eq!(ids(&db.store, &page(Some(second[1]))).await, [call(1).id]);
    assert_eq!(ids(&db.store, &page(Some(call(1).id))).await, []);
    assert_eq!(ids(&db.store, &page(Some(call(99).id))).await, [], "older than a call that is not there");
}

async fn calls_are_found_by_what_is_asked(db: Database) {
    let log = db.log();
    let ann = number("+34600111222");
    log.whole(&missed(1)).await;
    log.whole(&answered(2)).await;
    log.whole(&CallRecord { caller: Some(ann.clone()), ..missed(3) }).await;
    log.whole(&CallRecord { shop: Some(ShopId(2)), ..missed(4) }).await;
    let all = CallFilter::default();

    let asked = CallFilter { caller: Some(ann), ..all.clone() };
    assert_eq!(ids(&db.store, &asked).await, [call(3).id]);
    let asked = CallFilter { caller: Some(jo()), ..all.clone() };
    assert_eq!(ids(&db.store, &asked).await, [call(4).id, call(2).id, call(1).id]);
    let asked = CallFilter { caller: Some(jo()), shop: Some(ShopId(1)), ..all.clone() };
    assert_eq!(ids(&db.store, &asked).await, [call(2).id, call(1).id]);
    let asked = CallFilter { shop: Some(ShopId(2)), ..all.clone() };
    assert_eq!(ids(&db.store, &asked).await, [call(4).id]);
    let asked = CallFilter { disposition: Some(Disposition::Answered), ..all.clone() };
    assert_eq!(ids(&db.store, &asked).await, [call(2).id]);
    let asked = CallFilter { since: Some(call(3).started), ..all.clone() };
    assert_eq!(ids(&db.store, &asked).await, [call(4).id, call(3).id]);
    let asked = CallFilter { caller: Some(jo()), before: Some(call(4).id), limit: 1, ..all };
    assert_eq!(ids(&db.store, &asked).await, [call(2).id]);
}

async fn a_caller_is_shown_by_the_owners_name(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let log = db.log();
    let known = CallRecord { shop: Some(ruiz), ..missed(1) };
    let elsewhere = CallRecord { shop: Some(ShopId(ruiz.0 + 1000)), ..missed(2) };
    log.whole(&known).await;
    log.whole(&elsewhere).await;
    let stored = db.store.calls(&CallFilter::default()).await.unwrap();
    let names: Vec<Option<&str>> = stored.iter().map(|call| call.caller_name.as_deref()).collect();
    assert_eq!(names, [None, Some("Jo Miller")]);
}

async fn the_index_remembers_each_caller_of_each_shop(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let log = db.log();
    let at_ruiz = |call| CallRecord { shop: Some(ruiz), ..call };
    log.whole(&at_ruiz(missed(1))).await;
    log.whole(&at_ruiz(answered(2))).await;
    log.record(&at_ruiz(call(3)));
    log.whole(&at_ruiz(CallRecord { disposition: Some(Disposition::Refused), ..missed(4) })).await;
    log.whole(&at_ruiz(CallRecord { direction: Direction::Out, ..answered(5) })).await;
    log.whole(&CallRecord { shop: Some(ShopId(77)), ..missed(6) }).await;
    let callers = db.store.callers().await.unwrap();
    let jo_at_ruiz = callers.get(ruiz, &jo()).unwrap();
    assert_eq!(jo_at_ruiz.name, "Jo Miller");
    assert_eq!(jo_at_ruiz.calls, 3, "refused ones and ours to her are not her calls");
    assert_eq!(jo_at_ruiz.last_spoken, answered(5).ended);
    let elsewhere = callers.get(ShopId(77), &jo()).unwrap();
    assert_eq!((elsewhere.name.as_str(), elsewhere.calls, elsewhere.last_spoken), ("", 1, None));
}

async fn lines_that_picked_up_without_a_key_are_counted_since_somebody_pressed_one(db: Database) {
    let log = db.log();
    let asked = async |call: CallRecord, end: Option<EventKind>| {
        log.whole(&call).await;
        log.event(&call, 1, EventKind::Screened);
        if let Some(end) = end {
            log.event(&call, 2, end);
        }
        log.writer.flush().await.unwrap();
    };
    let counter = |times| Keyless { shop: call(1).shop.unwrap(), phone: "Counter".to_owned(), times };
    assert_eq!(db.store.keyless().await.unwrap(), []);
    asked(missed(1), Some(EventKind::NoKey)).await;
    asked(missed(2), Some(EventKind::NoKey)).await;
    assert_eq!(db.store.keyless().await.unwrap(), [counter(2)]);
    asked(answered(3), None).await;
    assert_eq!(db.store.keyless().await.unwrap(), [], "somebody pressed a key");
    asked(missed(4), Some(EventKind::NoKey)).await;
    asked(missed(5), None).await;
    asked(CallRecord { answered_by: Some(Arc::from("Workshop")), ..answered(6) }, None).await;
    assert_eq!(
        db.store.keyless().await.unwrap(),
        [counter(1)],
        "that she hung up, or another phone had it, says nothing"
    );
    asked(CallRecord { shop: Some(ShopId(2)), ..missed(7) }, Some(EventKind::NoKey)).await;
    assert_eq!(db.store.keyless().await.unwrap(), [counter(1), Keyless { shop: ShopId(2), ..counter(1) }]);
}

async fn a_crash_ends_open_calls_when_the_service_last_lived(db: Database) {
    let log = db.log();
    log.whole(&missed(1)).await;
    let talking = CallRecord { answered: Some(UnixMs(call(2).started.0 + 5)), ..call(2) };
    let talking = CallRecord { answered_by: Some(Arc::from("Counter")), ..talking };
    for open in [&talking, &call(3), &call(50)] {
        log.record(open);
        log.changed(open);
        log.event(open, 1, EventKind::Arrived);
    }
    log.writer.flush().await.unwrap();
    drop(log);
    // The heartbeat is of today; as if the service had last lived 20 s after the first call.
    let alive = call(20).started;
    let later = call(200).started;
    db.shell(&format!("UPDATE settings SET value = {} WHERE name = 'alive_ms'", alive.0)).await;
    let closed = db.store.close_open_rows(later).await.unwrap();
    assert_eq!(closed.rows, 3);
    let left = |n: u16| {
        let CallRecord { id, shop, caller, .. } = call(n);
        let number = caller.expect("a number").as_str().to_owned();
        LeftRinging { call: id, shop: shop.expect("a shop"), rang: Rang::Phones { number } }
    };
    assert_eq!(closed.left_ringing, [left(50), left(3)], "nobody has answered them");
    let nothing = Closed { rows: 0, left_ringing: Vec::new() };
    assert_eq!(db.store.close_open_rows(later).await.unwrap(), nothing);

    let ended = async |n| db.store.call(call(n).id).await.unwrap().unwrap();
    assert_eq!(ended(1).await.0.record, missed(1));
    let (talked, events) = ended(2).await;
    assert_eq!(talked.record.disposition, Some(Disposition::Answered), "somebody had answered: that stays a fact");
    assert_eq!((talked.record.ended, talked.record.ended_by), (Some(alive), Some(EndedBy::Crash)));
    assert_eq!((events[1].seq, events[1].kind, events[1].at), (2, EventKind::Ended, alive));
    let (rang, _) = ended(3).await;
    assert_eq!((rang.record.disposition, rang.record.ended), (Some(Disposition::Interrupted), Some(alive)));
    let (after, _) = ended(50).await;
    assert_eq!(after.record.ended, Some(call(50).started), "no call ends before it began");
}

async fn what_may_ring_after_a_crash_is_known(db: Database) {
    let log = db.log();
    let told = |n: u16| CallRecord { answered: Some(UnixMs(call(n).started.0 + 5)), ..call(n) };
    let out = |n: u16, because, called: &str| CallRecord {
        direction: Direction::Out,
        because,
        called: called.to_owned(),
        ..call(n)
    };
    let help = CallRecord { caller: None, ..out(5, Because::CalledForHelp, "112") };
    let (talks, given, given_long_ago) = (told(2), told(3), told(4));
    for open in [&talks, &given, &given_long_ago, &help, &out(6, Because::CalledOut, "600999888")] {
        log.record(open);
        log.changed(open);
        log.event(open, 1, EventKind::Arrived);
    }
    log.event(&given, 2, EventKind::Transferred);
    log.event(&given_long_ago, 2, EventKind::Transferred);
    log.writer.flush().await.unwrap();
    drop(log);
    let long_ago = "UPDATE call_events SET at_ms = at_ms - 700000 WHERE kind = 'transferred' AND call_id = ";
    db.shell(&format!("{long_ago}'{}'", given_long_ago.id)).await;
    let left = db.store.close_open_rows(call(10).started).await.unwrap().left_ringing;
    let rang: Vec<_> = left.into_iter().map(|left| (left.call, left.rang)).collect();
    let jo = call(1).caller.expect("a number");
    let phones = Rang::Phones { number: jo.as_str().to_owned() };
    let expected = [(6, Rang::Outside(jo)), (5, Rang::Help("112".to_owned())), (3, phones)];
    assert_eq!(rang, expected.map(|(n, rang)| (call(n).id, rang)), "who talks and was not given away rings nowhere");
}

async fn a_value_of_a_newer_version_is_named_not_guessed(db: Database) {
    db.log().whole(&missed(1)).await;
    db.shell("UPDATE calls SET disposition = 'teleported'").await;
    let error = db.store.call(call(1).id).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { table: "calls", column: "disposition", .. }), "{error}");
}

async fn ids(store: &Store, filter: &CallFilter) -> Vec<ringall::call::record::CallId> {
    let calls: Vec<StoredCall> = store.calls(filter).await.unwrap();
    calls.into_iter().map(|call| call.record.id).collect()
}
