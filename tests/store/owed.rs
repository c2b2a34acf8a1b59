//! Whom a call is owed to, as the log tells.

use std::sync::Arc;
use std::time::Duration;

use ringall::call::record::{CallRecord, Direction, Disposition};
use ringall::now::UnixMs;
use ringall::number::Number;
use ringall::owed::Settlement;
use ringall::routing::Because;
use ringall::routing::plan::{Shop, ShopId};
use ringall::store::owed::MAX_CALLS;
use ringall::store::{CallerEdit, Claimed, OwedCaller, Store};

use crate::cast::{Database, Log, RUIZ, answered, call, jo, missed, number, shop};

crate::on_both! {
    a_call_in_vain_is_owed_until_somebody_speaks_with_them,
    every_kind_of_call_in_vain_is_owed,
    however_often_they_call_since_when_they_wait_is_kept,
    a_call_that_still_rang_while_somebody_spoke_is_owed,
    blocked_and_withheld_callers_are_owed_nothing,
    each_shop_owes_its_own,
    many_callers_are_told_apart,
    who_called_last_comes_first_and_page_by_page,
    what_came_before_the_start_is_owed_and_what_comes_after,
    a_second_claimer_is_told_who_has_it,
    a_claim_ends_with_the_conversation,
    what_was_spoken_before_a_call_is_without_it,
    a_claim_is_for_what_was_owed_when_it_was_made,
    a_settlement_counts_as_spoken,
    a_settlement_is_no_change_of_the_plan,
    what_the_loop_has_counted_stays_when_names_are_read,
    nothing_can_be_claimed_or_settled_that_is_not_owed,
    a_call_from_a_clock_that_was_wrong_hides_no_other,
}

fn ann() -> Number {
    number("+34600111222")
}

/// Ferretería Ruiz, and its log.
async fn ruiz(db: &Database) -> (Arc<Shop>, Log) {
    let id = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    (shop_now(&db.store, id).await, db.log())
}

async fn shop_now(store: &Store, id: ShopId) -> Arc<Shop> {
    store.plan().await.unwrap().shop(id).unwrap().clone()
}

fn at(shop: &Shop, call: CallRecord) -> CallRecord {
    CallRecord { shop: Some(shop.id), ..call }
}

fn from(caller: &Number, call: CallRecord) -> CallRecord {
    CallRecord { caller: Some(caller.clone()), ..call }
}

async fn owed(store: &Store, shop: &Arc<Shop>) -> Vec<OwedCaller> {
    store.owed(shop, None, 50).await.unwrap()
}

async fn numbers(store: &Store, shop: &Arc<Shop>) -> Vec<Number> {
    owed(store, shop).await.into_iter().map(|owed| owed.number).collect()
}

async fn a_call_in_vain_is_owed_until_somebody_speaks_with_them(db: Database) {
    let (shop, log) = ruiz(&db).await;
    assert_eq!(owed(&db.store, &shop).await, []);
    log.whole(&at(&shop, missed(1))).await;
    log.whole(&at(&shop, missed(100))).await;
    let found = owed(&db.store, &shop).await;
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&one.number, one.name.as_deref()), (&jo(), Some("Jo Miller")));
    assert_eq!((one.owed.since, one.owed.last, one.owed.attempts), (call(1).started, call(100).started, 2));
    assert_eq!(one.owed.due, Some(call(1).started + Duration::from_secs(1800)));
    assert_eq!(one.calls.iter().map(|call| call.record.id).collect::<Vec<_>>(), [call(100).id, call(1).id]);
    assert_eq!(db.store.owed_to(&shop, &jo()).await.unwrap().as_ref(), Some(one));
    assert_eq!(db.store.last_spoken(shop.id, &jo()).await.unwrap(), None);

    // While they talk no call is owed any more.
    let talking = CallRecord { ended: None, ended_by: None, ..at(&shop, answered(200)) };
    log.record(&talking);
    log.changed(&talking);
    log.writer.flush().await.unwrap();
    assert_eq!(owed(&db.store, &shop).await, []);
    log.whole(&at(&shop, answered(200))).await;
    assert_eq!(owed(&db.store, &shop).await, []);
    assert_eq!(db.store.last_spoken(shop.id, &jo()).await.unwrap(), answered(200).ended);

    log.whole(&at(&shop, missed(500))).await;
    assert_eq!(owed(&db.store, &shop).await[0].owed.since, call(500).started, "and the old ones are not");
    // We called them.
    log.whole(&at(&shop, CallRecord { direction: Direction::Out, ..answered(600) })).await;
    assert_eq!(owed(&db.store, &shop).await, []);
}

async fn every_kind_of_call_in_vain_is_owed(db: Database) {
    let (shop, log) = ruiz(&db).await;
    use Disposition::*;
    for (n, disposition) in (1..).zip([Missed, Message, NoMessage, Interrupted, Refused]) {
        let caller = number(&format!("+3460000000{n}"));
        log.whole(&at(&shop, from(&caller, CallRecord { disposition: Some(disposition), ..missed(n) }))).await;
    }
    let open = at(&shop, from(&ann(), call(9)));
    log.record(&open);
    let owed = numbers(&db.store, &shop).await;
    assert_eq!(owed, [4, 3, 2, 1].map(|n| number(&format!("+3460000000{n}"))));
}

async fn however_often_they_call_since_when_they_wait_is_kept(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, missed(1))).await;
    let ring = async |from: u16, disposition| {
        for n in from..from + u16::try_from(MAX_CALLS).unwrap() {
            let call = at(&shop, CallRecord { disposition: Some(disposition), ..missed(n) });
            log.record(&call);
            log.changed(&call);
        }
        log.writer.flush().await.unwrap();
    };
    // Refused, because they were blocked for a while.
    ring(100, Disposition::Refused).await;
    let found = owed(&db.store, &shop).await;
    assert_eq!((found[0].owed.since, found[0].owed.attempts), (call(1).started, 1));
    ring(1000, Disposition::Missed).await;
    let found = owed(&db.store, &shop).await;
    assert_eq!((found[0].owed.since, found[0].owed.due), (call(1).started, Some(call(1801).started)));
    assert_eq!(found[0].calls.first().map(|call| call.record.id), Some(call(1199).id));
    assert_eq!(found[0].calls.last().map(|call| call.record.id), Some(call(1).id));
    assert!(db.store.settle(&shop, &jo(), Settlement::CameIn, "", call(2000).started).await.unwrap());
    assert_eq!(owed(&db.store, &shop).await, []);
}

async fn a_call_that_still_rang_while_somebody_spoke_is_owed(db: Database) {
    let (shop, log) = ruiz(&db).await;
    // Jo calls by a second line while she talks, and it rings on after she has hung up.
    log.whole(&at(&shop, answered(1))).await;
    let ended = answered(1).ended.unwrap();
    let waiting = CallRecord { ended: Some(UnixMs(ended.0 + 1)), ..at(&shop, missed(30)) };
    log.whole(&waiting).await;
    assert_eq!(numbers(&db.store, &shop).await, [jo()]);
    // One that ended before the conversation did was spoken of.
    let during = CallRecord { ended: Some(UnixMs(ended.0 - 1)), ..at(&shop, from(&ann(), missed(31))) };
    log.whole(&during).await;
    log.whole(&at(&shop, from(&ann(), CallRecord { key: "anns".to_owned(), ..answered(2) }))).await;
    assert_eq!(numbers(&db.store, &shop).await, [jo()]);
}

async fn blocked_and_withheld_callers_are_owed_nothing(db: Database) {
    let (shop, log) = ruiz(&db).await;
    let withheld = CallRecord { caller: None, withheld: true, caller_raw: String::new(), ..missed(1) };
    log.whole(&at(&shop, withheld)).await;
    log.whole(&at(&shop, missed(2))).await;
    let block = |blocked| CallerEdit { blocked: Some(blocked), ..CallerEdit::default() };
    db.store.edit_caller(shop.id, &jo(), &block(true), None).await.unwrap();
    let blocking = shop_now(&db.store, shop.id).await;
    assert_eq!(owed(&db.store, &blocking).await, []);
    assert_eq!(db.store.owed_to(&blocking, &jo()).await.unwrap(), None);
    // Their calls are not even read.
    db.shell("UPDATE calls SET door = 'none'").await;
    assert_eq!(owed(&db.store, &blocking).await, []);
    db.shell("UPDATE calls SET door = 'sip'").await;
    db.store.edit_caller(shop.id, &jo(), &block(false), None).await.unwrap();
    assert_eq!(numbers(&db.store, &shop_now(&db.store, shop.id).await).await, [jo()], "a lifted block hides nothing");
}

async fn each_shop_owes_its_own(db: Database) {
    let (ruiz, log) = ruiz(&db).await;
    let second = RUIZ.replace("Ferretería Ruiz", "Sol").replace("+3491123456", "+3491123457");
    let second = second.replace("user = \"counter\"", "user = \"sol\"");
    let sol = db.store.replace_shop(&shop(&second)).await.unwrap();
    let sol = shop_now(&db.store, sol).await;
    log.whole(&at(&ruiz, missed(1))).await;
    log.whole(&at(&sol, missed(2))).await;
    log.whole(&at(&sol, answered(3))).await;
    assert_eq!(numbers(&db.store, &ruiz).await, [jo()], "Jo was spoken with at the other shop");
    assert_eq!(numbers(&db.store, &sol).await, []);
}

async fn many_callers_are_told_apart(db: Database) {
    let (shop, log) = ruiz(&db).await;
    let [short, long] = ["+683400", "+683400123456789"].map(|text| Number::from_e164(text).unwrap());
    let call_of = async |caller: &Number, call: CallRecord| log.whole(&at(&shop, from(caller, call))).await;
    for (caller, n) in [(&ann(), 1), (&jo(), 2), (&short, 3), (&long, 4)] {
        call_of(caller, missed(n)).await;
    }
    call_of(&jo(), answered(100)).await;
    call_of(&long, answered(101)).await;
    call_of(&long, missed(200)).await;
    call_of(&short, missed(201)).await;
    let found = owed(&db.store, &shop).await;
    let told: Vec<_> = found.iter().map(|one| (&one.number, one.owed.since, one.owed.attempts)).collect();
    assert_eq!(told, [(&short, call(3).started, 2), (&long, call(200).started, 1), (&ann(), call(1).started, 1)]);
    let names: Vec<_> = found.iter().map(|one| one.name.as_deref()).collect();
    assert_eq!(names, [None; 3], "only Jo has one");
}

async fn who_called_last_comes_first_and_page_by_page(db: Database) {
    let (shop, log) = ruiz(&db).await;
    let caller = |n: u16| number(&format!("+346000000{n:02}"));
    for n in 1..=5 {
        log.whole(&at(&shop, from(&caller(n), missed(n)))).await;
    }
    log.whole(&at(&shop, from(&caller(2), missed(6)))).await;
    let page = async |before: Option<&Number>| -> Vec<Number> {
        let page = db.store.owed(&shop, before, 2).await.unwrap();
        page.into_iter().map(|owed| owed.number).collect()
    };
    assert_eq!(page(None).await, [caller(2), caller(5)]);
    assert_eq!(page(Some(&caller(5))).await, [caller(4), caller(3)]);
    // Whoever was last on the page has been spoken with since: the next page is the same.
    log.whole(&at(&shop, from(&caller(5), answered(9)))).await;
    assert_eq!(page(Some(&caller(5))).await, [caller(4), caller(3)]);
    assert_eq!(page(Some(&caller(3))).await, [caller(1)]);
    assert_eq!(page(Some(&caller(1))).await, []);
    assert_eq!(page(Some(&jo())).await, [], "behind one who never called");
}

async fn what_came_before_the_start_is_owed_and_what_comes_after(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, missed(1))).await;
    log.whole(&at(&shop, from(&ann(), missed(2)))).await;
    log.whole(&at(&shop, from(&ann(), answered(100)))).await;
    // As the service does at its start.
    let started = db.open_again().await;
    started.look_for_owed().await.unwrap();
    assert_eq!(numbers(&started, &shop).await, [jo()]);
    log.whole(&at(&shop, from(&ann(), missed(300)))).await;
    assert_eq!(numbers(&started, &shop).await, [ann(), jo()]);
    log.whole(&at(&shop, answered(400))).await;
    assert_eq!(numbers(&started, &shop).await, [ann()]);
    started.close().await;
}

async fn a_second_claimer_is_told_who_has_it(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, missed(1))).await;
    let now = UnixMs(call(100).started.0);
    let claim = async |by: &str, at: UnixMs| db.store.claim(&shop, &jo(), by, at).await.unwrap();
    let Claimed::Yours(ana) = claim("Ana", now).await else { panic!("nobody had it") };
    assert_eq!((ana.by.as_str(), ana.at), ("Ana", now));
    assert_eq!(claim("Ben", UnixMs(now.0 + 1)).await, Claimed::Theirs(ana.clone()));
    assert_eq!(claim("Ana", UnixMs(now.0 + 2)).await, Claimed::Yours(ana.clone()), "she keeps it");
    assert_eq!(owed(&db.store, &shop).await[0].claim, Some(ana));
    assert!(db.store.release(shop.id, &jo()).await.unwrap());
    assert!(!db.store.release(shop.id, &jo()).await.unwrap());
    assert!(matches!(claim("Ben", now).await, Claimed::Yours(_)));
}

async fn a_claim_ends_with_the_conversation(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, missed(1))).await;
    let _ = db.store.claim(&shop, &jo(), "Ana", call(50).started).await.unwrap();
    log.whole(&at(&shop, answered(100))).await;
    log.whole(&at(&shop, missed(300))).await;
    assert_eq!(owed(&db.store, &shop).await[0].claim, None, "it was for another call");
    assert_eq!(db.store.owed_to(&shop, &jo()).await.unwrap().unwrap().claim, None);
    let Claimed::Yours(ben) = db.store.claim(&shop, &jo(), "Ben", call(400).started).await.unwrap() else {
        panic!("nobody has it")
    };
    // A clock that was set back makes no claim that is over at once.
    assert!(db.store.release(shop.id, &jo()).await.unwrap());
    let Claimed::Yours(early) = db.store.claim(&shop, &jo(), "Ben", UnixMs(0)).await.unwrap() else { panic!() };
    assert!(early.at < ben.at);
    assert_eq!(owed(&db.store, &shop).await[0].claim, Some(early));
}

async fn what_was_spoken_before_a_call_is_without_it(db: Database) {
    let (shop, log) = ruiz(&db).await;
    let before = async |n: u16| db.store.last_spoken_before(shop.id, &jo(), call(n).started).await.unwrap();
    log.whole(&at(&shop, answered(1))).await;
    log.whole(&at(&shop, CallRecord { ended: None, ended_by: None, ..answered(500) })).await;
    assert_eq!((before(1).await, before(500).await), (None, answered(1).ended));
    assert_eq!(before(501).await, answered(500).answered);
    log.whole(&at(&shop, missed(600))).await;
    assert!(db.store.settle(&shop, &jo(), Settlement::CameIn, "", call(700).started).await.unwrap());
    assert_eq!((before(700).await, before(701).await), (answered(500).answered, Some(call(700).started)));
}

async fn a_claim_is_for_what_was_owed_when_it_was_made(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, missed(1))).await;
    assert!(db.store.settle(&shop, &jo(), Settlement::CameIn, "Ana", call(100).started).await.unwrap());
    // Ben's claim was under way meanwhile, and came a moment too late.
    let late = call(100).started.0 + 1;
    db.shell(&format!("INSERT INTO claims VALUES ({}, '{}', 'Ben', {late})", shop.id.0, jo().as_str())).await;
    log.whole(&at(&shop, missed(300))).await;
    assert_eq!(owed(&db.store, &shop).await[0].claim, None);
    assert_eq!(db.store.owed_to(&shop, &jo()).await.unwrap().unwrap().claim, None);
    let Claimed::Yours(ana) = db.store.claim(&shop, &jo(), "Ana", call(400).started).await.unwrap() else {
        panic!("nobody has it")
    };
    assert_eq!(owed(&db.store, &shop).await[0].claim, Some(ana));
    // By a clock that shows a time before the call.
    assert!(db.store.release(shop.id, &jo()).await.unwrap());
    let Claimed::Yours(early) = db.store.claim(&shop, &jo(), "Ana", call(200).started).await.unwrap() else { panic!() };
    assert_eq!(owed(&db.store, &shop).await[0].claim, Some(early));
}

async fn a_settlement_counts_as_spoken(db: Database) {
    let (shop, log) = ruiz(&db).await;
    for (n, how) in (0_u16..).zip(Settlement::ALL) {
        let n = 1000 * (n + 1);
        log.whole(&at(&shop, missed(n))).await;
        let _ = db.store.claim(&shop, &jo(), "Ana", call(n + 50).started).await.unwrap();
        let settled = call(n + 60).started;
        assert!(db.store.settle(&shop, &jo(), how, "Ana", settled).await.unwrap());
        assert_eq!(owed(&db.store, &shop).await, [], "{how:?}");
        assert_eq!(db.store.last_spoken(shop.id, &jo()).await.unwrap(), Some(settled));
    }
    log.whole(&at(&shop, missed(9000))).await;
    let again = owed(&db.store, &shop).await;
    assert_eq!((again[0].owed.since, &again[0].claim), (call(9000).started, &None));
    // A clock that was set back settles all the same.
    assert!(db.store.settle(&shop, &jo(), Settlement::CameIn, "", UnixMs(0)).await.unwrap());
    assert_eq!(owed(&db.store, &shop).await, []);
}

async fn a_settlement_is_no_change_of_the_plan(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, missed(1))).await;
    let version = db.store.plan_version().await.unwrap();
    assert!(db.store.settle(&shop, &jo(), Settlement::CameIn, "Ana", call(100).started).await.unwrap());
    assert_eq!(db.store.plan_version().await.unwrap(), version, "the loop has nothing to read");
}

async fn what_the_loop_has_counted_stays_when_names_are_read(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, missed(1))).await;
    let mut live = db.store.callers().await.unwrap();
    live.note_call(shop.id, &jo());
    live.take_names(db.store.callers_as_written().await.unwrap());
    assert_eq!(live.get(shop.id, &jo()).unwrap().calls, 2);
}

async fn nothing_can_be_claimed_or_settled_that_is_not_owed(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, answered(1))).await;
    let now = call(100).started;
    assert_eq!(db.store.claim(&shop, &jo(), "Ana", now).await.unwrap(), Claimed::NotOwed);
    assert!(!db.store.settle(&shop, &jo(), Settlement::CameIn, "Ana", now).await.unwrap());
    assert_eq!(db.store.last_spoken(shop.id, &jo()).await.unwrap(), answered(1).ended);
}

async fn a_call_from_a_clock_that_was_wrong_hides_no_other(db: Database) {
    let (shop, log) = ruiz(&db).await;
    let future = UnixMs(4_102_444_800_000);
    let wrong = CallRecord { started: future, ended: Some(UnixMs(future.0 + 30_000)), ..at(&shop, missed(1)) };
    let closed = Because::ClosedHours { opens: None };
    log.whole(&CallRecord { because: closed, ..wrong }).await;
    assert_eq!(numbers(&db.store, &shop).await, [jo()]);
    let now = ringall::clock::now().wall;
    let right = CallRecord { started: now, ended: Some(now), ..at(&shop, from(&ann(), missed(2))) };
    log.whole(&right).await;
    assert_eq!(numbers(&db.store, &shop).await, [jo(), ann()]);
}
