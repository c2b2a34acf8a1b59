//! What is written down of calls after them, what was promised, and the sums of a month.

use std::sync::Arc;
use std::time::Duration;

use ringall::call::record::{CallRecord, Disposition};
use ringall::figures::{Half, PromisesKept};
use ringall::now::UnixMs;
use ringall::owed::{Promise, Settlement};
use ringall::routing::plan::{Shop, ShopId};
use ringall::store::{Claimed, Erased, Overdue, StoredCall, WrapUp};
use ringall::wrap_up::{PromiseSaid, Topic, Wanted};

use crate::cast::{Database, Log, RUIZ, answered, call, jo, missed, number, shop};

crate::on_both! {
    what_was_wanted_is_written_once_and_not_asked_again,
    a_promise_is_owed_until_somebody_speaks_with_them,
    a_promise_and_a_call_in_vain_are_one_debt,
    a_settled_promise_is_owed_no_more,
    a_promise_taken_back_is_owed_no_more,
    phones_know_who_waits_for_a_promise,
    an_erased_caller_was_promised_nothing,
    who_is_due_and_unclaimed_is_news_once,
    a_month_is_summed_up,
    the_shops_own_words_replace_each_other,
}

const BY: &str = "ann@example.com";
const HOUR: Duration = Duration::from_secs(3600);

async fn ruiz(db: &Database) -> (Arc<Shop>, Log) {
    let id = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    (db.store.plan().await.unwrap().shop(id).unwrap().clone(), db.log())
}

fn at(shop: &Shop, call: CallRecord) -> CallRecord {
    CallRecord { shop: Some(shop.id), ..call }
}

fn ended(call: &CallRecord) -> UnixMs {
    call.ended.unwrap()
}

/// After the `n`th call of this test, a minute after its end, for an hour later.
fn promise(n: u16) -> Promise {
    let made = ended(&answered(n)) + Duration::from_secs(60);
    Promise { call: call(n).id, what: "The blue «door»".to_owned(), due: made + HOUR, by: BY.to_owned(), made }
}

impl Database {
    async fn promises(&self, shop: &Shop, promise: &Promise) {
        let said = (shop.id, promise.call);
        self.store.say_promised(said, Some((&jo(), promise)), (BY, promise.made)).await.unwrap();
    }
}

async fn what_was_wanted_is_written_once_and_not_asked_again(db: Database) {
    let (shop, log) = ruiz(&db).await;
    let now = ended(&answered(100)) + Duration::from_secs(60);
    let asked = async |phone| {
        let call: Option<StoredCall> = db.store.to_wrap_up(shop.id, phone, now).await.unwrap();
        call.map(|call| call.record.id)
    };
    assert_eq!(asked(None).await, None);
    log.whole(&at(&shop, answered(1))).await;
    log.whole(&at(&shop, answered(100))).await;
    log.whole(&at(&shop, missed(101))).await;
    assert_eq!(asked(None).await, Some(call(100).id), "the latest");
    assert_eq!(asked(Some("Counter")).await, Some(call(100).id));
    assert_eq!(asked(Some("Workshop")).await, None, "it has answered none");

    let wanted = Wanted::NotHad("a hinge".to_owned());
    let id = (shop.id, call(100).id);
    db.store.say_wanted(id, &wanted, PromiseSaid::Unasked, (BY, now)).await.unwrap();
    assert_eq!(asked(None).await, Some(call(100).id), "what was promised is still to be asked");
    db.store.say_promised(id, None, (BY, now)).await.unwrap();
    assert_eq!(db.store.wrap_up(id.1).await.unwrap(), Some(WrapUp { wanted, promise: PromiseSaid::Nothing }));
    assert_eq!(asked(None).await, Some(call(1).id));
    // Who says it anew is not asked anew what was promised.
    let wanted = Wanted::Topic(Topic::Order);
    db.store.say_wanted(id, &wanted, PromiseSaid::Unasked, (BY, now)).await.unwrap();
    assert_eq!(db.store.wrap_up(id.1).await.unwrap(), Some(WrapUp { wanted, promise: PromiseSaid::Nothing }));
    let later = ended(&answered(1)) + Duration::from_secs(30 * 60);
    let found = db.store.to_wrap_up(shop.id, None, later).await.unwrap();
    assert!(found.is_none(), "nobody remembers what was said half an hour ago");
    assert_eq!(db.store.wrap_up(call(7).id).await.unwrap(), None);
}

async fn a_promise_is_owed_until_somebody_speaks_with_them(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, answered(1))).await;
    assert_eq!(db.store.owed(&shop, None, 50).await.unwrap(), []);
    db.promises(&shop, &promise(1)).await;
    let found = db.store.owed(&shop, None, 50).await.unwrap();
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&one.number, one.name.as_deref()), (&jo(), Some("Jo Miller")));
    assert_eq!(one.promises, [promise(1)]);
    assert_eq!((one.owed.attempts, one.owed.due), (0, Some(promise(1).due)));
    assert_eq!(one.calls.iter().map(|call| call.record.id).collect::<Vec<_>>(), [call(1).id]);
    assert_eq!(db.store.owed_to(&shop, &jo()).await.unwrap().as_ref(), Some(one));
    assert_eq!(db.store.promise_of(call(1).id).await.unwrap(), Some(promise(1)));
    assert_eq!(db.store.owed(&shop, Some(&jo()), 50).await.unwrap(), [], "nobody comes behind the last");
    let claimed = db.store.claim(&shop, &jo(), BY, promise(1).made).await.unwrap();
    assert!(matches!(claimed, Claimed::Yours(_)), "{claimed:?}");

    // They call again, and somebody answers.
    log.whole(&at(&shop, answered(500))).await;
    assert_eq!(db.store.owed(&shop, None, 50).await.unwrap(), []);
    assert_eq!(db.store.owed_to(&shop, &jo()).await.unwrap(), None);
    let between =
        async |after: Option<UnixMs>, until| db.store.promised_between(shop.id, &jo(), (after, until)).await.unwrap();
    assert!(between(None, call(500).started).await && between(Some(ended(&answered(1))), call(500).started).await);
    assert!(!between(Some(promise(1).made), call(500).started).await);
}

async fn a_promise_and_a_call_in_vain_are_one_debt(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, answered(1))).await;
    db.promises(&shop, &promise(1)).await;
    log.whole(&at(&shop, missed(200))).await;
    let found = db.store.owed(&shop, None, 50).await.unwrap();
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.owed.attempts, one.owed.since, one.owed.last), (1, promise(1).made, call(200).started));
    assert_eq!(one.owed.due, Some(call(200).started + HOUR / 2), "whichever is due first");
    assert_eq!((one.promises.len(), one.calls.len()), (1, 1));
}

async fn a_settled_promise_is_owed_no_more(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, answered(1))).await;
    db.promises(&shop, &promise(1)).await;
    let version = db.store.plan_version().await.unwrap();
    let now = promise(1).made;
    assert!(db.store.settle(&shop, &jo(), Settlement::CameIn, BY, now).await.unwrap());
    assert_eq!(db.store.owed(&shop, None, 50).await.unwrap(), []);
    assert!(db.store.plan_version().await.unwrap() > version, "phones show it no more");
    let settled = db.store.settled_since(shop.id, call(1).started).await.unwrap();
    let [one] = settled.as_slice() else { panic!("{settled:?}") };
    assert_eq!(
        (one.name.as_deref(), one.how, one.by.as_str(), one.at),
        (Some("Jo Miller"), Settlement::CameIn, BY, now)
    );
    assert_eq!(db.store.settled_since(shop.id, now).await.unwrap(), []);
}

async fn a_promise_taken_back_is_owed_no_more(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, answered(1))).await;
    db.promises(&shop, &promise(1)).await;
    let other = Promise { what: String::new(), ..promise(1) };
    db.promises(&shop, &other).await;
    assert_eq!(db.store.owed_to(&shop, &jo()).await.unwrap().unwrap().promises, [other], "one a call");
    db.store.say_promised((shop.id, call(1).id), None, (BY, promise(1).made)).await.unwrap();
    assert_eq!(db.store.owed_to(&shop, &jo()).await.unwrap(), None);
    assert_eq!(db.store.owed(&shop, None, 50).await.unwrap(), []);
}

async fn an_erased_caller_was_promised_nothing(db: Database) {
    let (shop, log) = ruiz(&db).await;
    for n in [1, 2] {
        log.whole(&at(&shop, answered(n))).await;
        db.promises(&shop, &promise(n)).await;
    }
    let ids = [1, 2].map(|n| (shop.id, call(n).id));
    let (said, own) = (Wanted::NotHad("a hinge for Jo".to_owned()), Wanted::Own("keys".to_owned()));
    for (id, wanted) in ids.into_iter().zip([&said, &own]) {
        db.store.say_wanted(id, wanted, PromiseSaid::Made, (BY, ended(&answered(2)))).await.unwrap();
    }
    let erased = db.store.erase_caller(shop.id, &jo()).await.unwrap();
    assert_eq!(erased, Erased::Done { recordings: Vec::new() });
    assert!(db.store.owed_to(&shop, &jo()).await.unwrap().is_none());
    let wanted = async |n: usize| db.store.wrap_up(ids[n].1).await.unwrap().map(|said| said.wanted);
    assert_eq!(wanted(0).await, Some(Wanted::NotHad(String::new())), "counted still");
    assert_eq!(wanted(1).await, Some(own), "a word of the shop's own says nothing of who");
}

async fn phones_know_who_waits_for_a_promise(db: Database) {
    let (shop, log) = ruiz(&db).await;
    log.whole(&at(&shop, answered(1))).await;
    let promised = async || db.store.callers().await.unwrap().get(shop.id, &jo()).unwrap().promised;
    assert_eq!(promised().await, None);
    db.promises(&shop, &promise(1)).await;
    assert_eq!(promised().await, Some(promise(1).made));
    let mut known = db.store.callers().await.unwrap();
    known.note_spoken(shop.id, &jo(), promise(1).made);
    assert_eq!(known.get(shop.id, &jo()).unwrap().promised, None, "somebody speaks with them");
    known.take_names(db.store.callers_as_written().await.unwrap());
    assert_eq!(known.get(shop.id, &jo()).unwrap().promised, None, "which the store hears of a moment later");
    log.whole(&at(&shop, answered(500))).await;
    assert_eq!(promised().await, None);
}

async fn who_is_due_and_unclaimed_is_news_once(db: Database) {
    let (shop, log) = ruiz(&db).await;
    let shops = [shop.clone()];
    log.whole(&at(&shop, missed(1))).await;
    let due = call(1).started + HOUR / 2;
    let before = UnixMs(due.0 - 1);
    let mut overdue = Overdue::since(before);
    assert_eq!(overdue.look(&db.store, &shops, before).await.unwrap(), []);
    assert_eq!(overdue.look(&db.store, &shops, due).await.unwrap(), [(shop.id, 1)]);
    assert_eq!(overdue.look(&db.store, &shops, due + HOUR).await.unwrap(), [], "told already");
    let mut started_again = Overdue::since(UnixMs(due.0 + 1));
    assert_eq!(started_again.look(&db.store, &shops, due + HOUR).await.unwrap(), [], "told before the start");
    let ann = CallRecord { caller: Some(number("+34600111222")), ..missed(2) };
    log.whole(&at(&shop, ann)).await;
    assert_eq!(started_again.look(&db.store, &shops, due + HOUR).await.unwrap(), [(shop.id, 2)]);
    assert_eq!(overdue.look(&db.store, &shops, due + HOUR).await.unwrap(), [(shop.id, 2)], "one more");
    let claimed = db.store.claim(&shop, &number("+34600111222"), BY, due).await.unwrap();
    assert!(matches!(claimed, Claimed::Yours(_)));
    assert_eq!(overdue.look(&db.store, &shops, due + HOUR).await.unwrap(), [], "one fewer is no news");
    log.whole(&at(&shop, answered(500))).await;
    assert_eq!(overdue.look(&db.store, &shops, due + HOUR).await.unwrap(), [(shop.id, 0)], "none any more");
    assert_eq!(overdue.look(&db.store, &shops, due + HOUR).await.unwrap(), []);
}

async fn a_month_is_summed_up(db: Database) {
    let (shop, log) = ruiz(&db).await;
    let span = (call(0).started, UnixMs(call(0).started.0 + 3_600_000 * 24));
    let now = span.1;
    assert_eq!(db.store.figures(shop.id, span, now).await.unwrap(), ringall::figures::Figures::default());
    for n in [1, 2, 3] {
        log.whole(&at(&shop, answered(n))).await;
    }
    let waited = UnixMs(call(4).started.0 + 9_999);
    log.whole(&at(&shop, CallRecord { answered: Some(waited), ..answered(4) })).await;
    log.whole(&at(&shop, missed(5))).await;
    for (n, disposition) in [(6, Disposition::NoMessage), (7, Disposition::Message), (8, Disposition::Refused)] {
        log.whole(&at(&shop, CallRecord { disposition: Some(disposition), ..missed(n) })).await;
    }
    let before = CallRecord { started: UnixMs(span.0.0 - 1), ..answered(9) };
    log.whole(&at(&shop, before)).await;
    log.whole(&CallRecord { shop: Some(ShopId(99)), ..answered(10) }).await;
    let say = async |n: u16, wanted| {
        db.store.say_wanted((shop.id, call(n).id), &wanted, PromiseSaid::Unasked, (BY, call(n).started)).await.unwrap();
    };
    say(1, Wanted::Topic(Topic::Hours)).await;
    say(2, Wanted::Unsaid).await;
    say(3, Wanted::Own("Keys".to_owned())).await;
    say(4, Wanted::Topic(Topic::Hours)).await;
    // Kept by the call that follows; and one that nobody has kept.
    let kept = Promise { made: UnixMs(ended(&answered(1)).0 + 1), ..promise(1) };
    db.promises(&shop, &kept).await;
    db.promises(&shop, &promise(4)).await;
    let figures = db.store.figures(shop.id, span, now).await.unwrap();
    assert_eq!(figures.hello, [(4, 3), (9, 1)]);
    assert_eq!((figures.answered(), figures.while_closed), ((5, 4), 2));
    assert_eq!(figures.halves.iter().map(|half: &Half| half.missed).sum::<u32>(), 1);
    assert_eq!(figures.wanted, [(Wanted::Topic(Topic::Hours), 2), (Wanted::Own("Keys".to_owned()), 1)]);
    assert_eq!(figures.promises, PromisesKept { due: 2, kept: 1 });
    let early = db.store.figures(shop.id, span, promise(4).made).await.unwrap();
    assert_eq!(early.promises, PromisesKept { due: 1, kept: 1 }, "one that is not due is neither");
}

async fn the_shops_own_words_replace_each_other(db: Database) {
    let (shop, _log) = ruiz(&db).await;
    let words = async || db.store.wanted_words(shop.id).await.unwrap();
    assert_eq!(words().await, [""; 0]);
    for own in [&["Keys", "Paint"][..], &["Ñapas"], &[]] {
        let own: Vec<String> = own.iter().map(|word| (*word).to_owned()).collect();
        db.store.set_wanted_words(shop.id, &own).await.unwrap();
        assert_eq!(words().await, own);
    }
}

/// How long it takes is measured by `cargo bench --bench pages`.
#[test]
fn figures_of_a_hundred_thousand_calls_count_a_month_of_them() {
    crate::cast::on_sqlite(async |db: Database| {
        let (shop, _log) = ruiz(&db).await;
        // A year of them, one every five minutes, up to now.
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999) \
             INSERT INTO calls (id, call_key, shop_id, direction, caller, caller_raw, caller_display, withheld, called, door, \
             started_ms, answered_ms, ended_ms, disposition, because, because_why, answered_by, nth_call) \
             SELECT 'x' || i, 'x' || i, {}, 'in', '+3460' || (1000000 + i % 5000), '', '', 0, '', 'sip', \
             1764000000000 + i * 315000, CASE WHEN i % 9 > 0 THEN 1764000000000 + i * 315000 + (i % 40) * 1000 END, \
             1764000000000 + i * 315000 + 60000, CASE WHEN i % 9 > 0 THEN 'answered' ELSE 'missed' END, \
             'no_hours', '', 'Counter', 1 FROM n",
            shop.id.0
        );
        db.shell(&sql).await;
        let end = UnixMs(1_764_000_000_000 + 100_000 * 315_000);
        let month = 31 * 24 * 3_600_000_i64;
        let spans = [(UnixMs(end.0 - month), end), (UnixMs(end.0 - 2 * month), UnixMs(end.0 - month))];
        for span in spans {
            let figures = db.store.figures(shop.id, span, end).await.unwrap();
            assert!(figures.answered().0 > 8_000, "a call every five minutes");
        }
    });
}
