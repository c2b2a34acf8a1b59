//! Who is found, who is the same person, who is not called back, and what is left of somebody who was erased.

use std::sync::Arc;

use ringall::call::record::{CallEvent, CallRecord, Disposition, EventKind};
use ringall::now::UnixMs;
use ringall::number::Number;
use ringall::owed::{Promise, Settlement};
use ringall::routing::Because;
use ringall::routing::plan::{Country, Shop, ShopId};
use ringall::store::same_person::MOST_NUMBERS;
use ringall::store::search::MOST_FOUND;
use ringall::store::{CallFilter, CallerEdit, Claimed, Erased, FileCard, Imported, Joined, SearchTerms};
use ringall::switchboard::LogEntry;
use ringall::wrap_up::{PromiseSaid, Wanted};

use crate::cast::{Database, RUIZ, answered, event, jo, message, missed, number, shop};

crate::on_both! {
    callers_are_found_by_what_is_typed,
    many_that_fit_are_found_page_by_page,
    what_was_written_before_it_was_folded_is_found,
    two_numbers_are_one_person_until_they_are_parted,
    who_is_not_called_back_is_owed_nothing,
    who_is_not_called_back_is_owed_what_was_promised,
    who_is_spoken_with_at_one_number_is_owed_no_call_at_the_other,
    who_calls_from_two_numbers_waits_for_one_call,
    whoever_takes_on_one_number_takes_on_the_person,
    what_was_promised_at_one_number_is_kept_at_the_other,
    who_left_gives_nobody_their_name,
    whoever_is_joined_to_one_who_wants_no_call_wants_none,
    who_waits_and_calls_again_from_another_number_is_no_news,
    an_erased_caller_leaves_rows_and_nothing_else,
    who_is_on_the_line_is_not_erased,
    a_file_is_taken_in_once_and_only_as_it_was_seen,
}

const ANN: &str = "+34600111000";

fn wanted(typed: &str) -> SearchTerms {
    SearchTerms::read(typed, Country(*b"ES")).expect("something is wanted")
}

fn from(of: &str, call: CallRecord) -> CallRecord {
    CallRecord { caller: Some(number(of)), ..call }
}

/// The shop, and an edit of Ann.
async fn ruiz_with_ann(db: &Database) -> ShopId {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let edit = CallerEdit { name: Some("Ana Núñez".into()), note: Some("100% brass".into()), blocked: None };
    let _ = db.store.edit_caller(ruiz, &number(ANN), &edit, None).await.unwrap();
    ruiz
}

async fn found(db: &Database, shop: ShopId, typed: &str) -> (Vec<Number>, usize) {
    let callers = db.store.callers_found(Some(shop), &wanted(typed)).await.unwrap();
    let filter = CallFilter { shop: Some(shop), ..CallFilter::default() };
    let calls = db.store.calls_found(&filter, &wanted(typed), &callers).await.unwrap();
    (callers.into_iter().map(|caller| caller.number).collect(), calls.len())
}

async fn callers_are_found_by_what_is_typed(db: Database) {
    let ruiz = ruiz_with_ann(&db).await;
    let log = db.log();
    for call in [missed(1), from(ANN, missed(2)), answered(3)] {
        log.whole(&CallRecord { shop: Some(ruiz), ..call }).await;
    }
    for ann in ["nunez ANA", "núñez", "100%", "600 111 00", "0600 111", "0034 600 111", "600111000"] {
        assert_eq!(found(&db, ruiz, ann).await, (vec![number(ANN)], 1), "{ann}");
    }
    assert_eq!(found(&db, ruiz, "\"blue\" jo").await, (vec![jo()], 2));
    assert_eq!(found(&db, ruiz, "600").await, (vec![number(ANN), jo()], 3));
    for nobody in ["%r", "_", "ana jo", "999111", "911234567"] {
        assert_eq!(found(&db, ruiz, nobody).await.1, 0, "{nobody}");
    }
    assert_eq!(found(&db, ShopId(ruiz.0 + 1), "nunez").await, (vec![], 0), "another shop's");
    let before = CallFilter { shop: Some(ruiz), until: Some(missed(2).started), ..CallFilter::default() };
    let callers = db.store.callers_found(Some(ruiz), &wanted("600")).await.unwrap();
    assert_eq!(db.store.calls_found(&before, &wanted("600"), &callers).await.unwrap().len(), 1);
}

/// So many people of one name, who called one after the other; and `others` calls of somebody else since.
async fn many_called(db: &Database, shop: ShopId, many: u32, others: u32) {
    let from = missed(0).started.0;
    db.shell(&format!(
        "INSERT INTO contacts (shop_id, number, name, note, name_key, note_key) WITH RECURSIVE n(i) AS (SELECT 1 \
         UNION ALL SELECT i + 1 FROM n WHERE i < {many}) SELECT {}, '+34600' || CAST(123000 + i AS TEXT), 'Many', '', \
         'many', '' FROM n",
        shop.0
    ))
    .await;
    db.shell(&format!(
        "INSERT INTO calls (id, call_key, shop_id, direction, caller, caller_raw, caller_display, withheld, called, \
         door, started_ms, ended_ms, disposition, because, because_why, nth_call) WITH RECURSIVE n(i) AS (SELECT 1 \
         UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT '00000000-0000-7000-8000-' || CAST(100000000000 + i AS TEXT), \
         CAST(i AS TEXT), {}, 'in', CASE WHEN i <= {many} THEN '+34600' || CAST(123000 + i AS TEXT) ELSE '+34911000000' END, \
         '', '', 0, '', 'sip', {from} + i, {from} + i, 'missed', 'no_hours', '', 1 FROM n",
        many + others,
        shop.0
    ))
    .await;
}

async fn many_that_fit_are_found_page_by_page(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    // More than are looked up one by one; and none of them among the newest calls.
    many_called(&db, ruiz, 230, 2_100).await;
    for typed in ["many", "600 123"] {
        let callers = db.store.callers_found(Some(ruiz), &wanted(typed)).await.unwrap();
        for (some, all) in [(&callers[..], 230), (&callers[..MOST_FOUND], MOST_FOUND), (&callers[..3], 3)] {
            let mut filter = CallFilter { shop: Some(ruiz), limit: 25, ..CallFilter::default() };
            let mut seen = Vec::new();
            loop {
                let page = db.store.calls_found(&filter, &wanted(typed), some).await.unwrap();
                filter.before = page.last().map(|call| call.record.id);
                seen.extend(page.iter().map(|call| call.record.started));
                if page.len() < 25 {
                    break;
                }
            }
            assert_eq!(seen.len(), all, "{typed}");
            assert!(seen.is_sorted_by(|a, b| a > b), "{typed}: newest first, none twice");
        }
    }
    for of in ["911 000", "911000000"] {
        assert_eq!(found(&db, ruiz, of).await, (vec![number("+34911000000")], 50), "{of}");
    }
}

async fn what_was_written_before_it_was_folded_is_found(db: Database) {
    let ruiz = ruiz_with_ann(&db).await;
    db.shell("UPDATE contacts SET name_key = NULL, note_key = NULL").await;
    let again = db.open_again().await;
    let callers = again.callers_found(Some(ruiz), &wanted("nunez")).await.unwrap();
    assert_eq!(callers.len(), 1);
    again.close().await;
}

async fn two_numbers_are_one_person_until_they_are_parted(db: Database) {
    let ruiz = ruiz_with_ann(&db).await;
    assert_eq!(db.store.join_numbers(ruiz, &jo(), &jo()).await.unwrap(), Joined::Refused);
    assert_eq!(db.store.join_numbers(ruiz, &jo(), &number(ANN)).await.unwrap(), Joined::Done);
    let third = number("+34911000111");
    assert_eq!(db.store.join_numbers(ruiz, &third, &number(ANN)).await.unwrap(), Joined::Done);
    assert_eq!(db.store.other_numbers(ruiz, &jo()).await.unwrap(), [number(ANN), third.clone()]);
    assert_eq!(found(&db, ruiz, "+34911000111").await.0, [number(ANN), jo(), third.clone()]);
    let mut index = db.store.callers_as_written().await.unwrap();
    index.note_call(ruiz, &jo());
    assert_eq!(index.note_call(ruiz, &third), 2);

    db.store.part_number(ruiz, &third).await.unwrap();
    assert_eq!(db.store.other_numbers(ruiz, &jo()).await.unwrap(), [number(ANN)], "those that stay are one still");
    db.store.part_number(ruiz, &jo()).await.unwrap();
    assert_eq!(db.store.other_numbers(ruiz, &number(ANN)).await.unwrap(), [], "nobody is alone with themselves");

    for n in 1..MOST_NUMBERS {
        let other = number(&format!("+3491100020{n}"));
        assert_eq!(db.store.join_numbers(ruiz, &jo(), &other).await.unwrap(), Joined::Done, "{n}");
    }
    assert_eq!(
        db.store.join_numbers(ruiz, &jo(), &number(ANN)).await.unwrap(),
        Joined::Refused,
        "there is an end to it"
    );
}

async fn who_is_not_called_back_is_owed_nothing(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let log = db.log();
    log.whole(&CallRecord { shop: Some(ruiz), ..missed(1) }).await;
    let plan = db.store.plan().await.unwrap();
    let shop_now = plan.shop(ruiz).unwrap();
    assert_eq!(db.store.owed(shop_now, None, 10).await.unwrap().len(), 1);
    let version = db.store.plan_version().await.unwrap();
    db.store.set_called_back(ruiz, &jo(), false).await.unwrap();
    assert!(db.store.plan_version().await.unwrap() > version, "the service is to hear of it");
    assert_eq!(db.store.owed(shop_now, None, 10).await.unwrap(), []);
    assert_eq!(db.store.owed_to(shop_now, &jo()).await.unwrap(), None);
    assert!(db.store.owed_among(shop_now, [&jo()]).await.unwrap().is_empty());
    assert!(!db.store.callers().await.unwrap().may_call_back(ruiz, &jo()));
    // An import of the shop's file is no word about it.
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    assert!(db.store.is_not_called_back(ruiz, &jo()).await.unwrap());
    db.store.set_called_back(ruiz, &jo(), true).await.unwrap();
    assert_eq!(db.store.owed(shop_now, None, 10).await.unwrap().len(), 1);
}

async fn who_is_not_called_back_is_owed_what_was_promised(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let log = db.log();
    let spoken = CallRecord { shop: Some(ruiz), ..answered(1) };
    for call in [&spoken, &CallRecord { shop: Some(ruiz), ..missed(500) }] {
        log.whole(call).await;
    }
    let made = UnixMs(spoken.ended.unwrap().0 + 1);
    let promise = Promise { call: spoken.id, what: "Keys".into(), due: made, by: "ann".into(), made };
    db.store.say_promised((ruiz, spoken.id), Some((&jo(), &promise)), ("ann", made)).await.unwrap();
    db.store.set_called_back(ruiz, &jo(), false).await.unwrap();
    let plan = db.store.plan().await.unwrap();
    let shop = plan.shop(ruiz).unwrap();
    for owed in
        [db.store.owed(shop, None, 10).await.unwrap().remove(0), db.store.owed_to(shop, &jo()).await.unwrap().unwrap()]
    {
        assert_eq!((owed.owed.attempts, owed.promises.len()), (0, 1), "the call in vain is owed nothing");
    }
    assert!(db.store.settle(shop, &jo(), Settlement::CameIn, "ann", made).await.unwrap());
    assert_eq!(db.store.owed(shop, None, 10).await.unwrap(), []);
    db.store.set_called_back(ruiz, &jo(), true).await.unwrap();
    assert_eq!(db.store.owed(shop, None, 10).await.unwrap().len(), 1, "the call in vain came after it");
}

async fn who_is_spoken_with_at_one_number_is_owed_no_call_at_the_other(db: Database) {
    let ruiz = ruiz_with_ann(&db).await;
    let log = db.log();
    for call in [missed(1), from(ANN, answered(9))] {
        log.whole(&CallRecord { shop: Some(ruiz), ..call }).await;
    }
    let plan = db.store.plan().await.unwrap();
    let shop = plan.shop(ruiz).unwrap();
    assert_eq!(db.store.owed(shop, None, 10).await.unwrap().len(), 1);
    assert_eq!(db.store.join_numbers(ruiz, &jo(), &number(ANN)).await.unwrap(), Joined::Done);
    assert_eq!(db.store.owed_to(shop, &jo()).await.unwrap(), None);
    assert!(db.store.owed_among(shop, [&jo()]).await.unwrap().is_empty());
    db.store.part_number(ruiz, &jo()).await.unwrap();
    assert!(db.store.owed_to(shop, &jo()).await.unwrap().is_some(), "somebody else's after all");
    log.whole(&CallRecord { shop: Some(ruiz), ..from(ANN, missed(900)) }).await;
    let _ = db.store.join_numbers(ruiz, &jo(), &number(ANN)).await.unwrap();
    assert_eq!(db.store.owed(shop, None, 10).await.unwrap().len(), 1, "for the later one alone");
    assert!(db.store.settle(shop, &number(ANN), Settlement::CameIn, "ann", UnixMs(1)).await.unwrap());
    assert_eq!(db.store.owed(shop, None, 10).await.unwrap(), []);
}

/// Ruiz, whom Jo has called in vain from two numbers, last from Ann's; and Ben from his.
async fn joined(db: &Database) -> Arc<Shop> {
    let ruiz = ruiz_with_ann(db).await;
    let log = db.log();
    for call in [missed(1), from(ANN, missed(2)), from(BEN, missed(3)), missed(4), from(ANN, missed(5))] {
        log.whole(&CallRecord { shop: Some(ruiz), ..call }).await;
    }
    let _ = db.store.join_numbers(ruiz, &jo(), &number(ANN)).await.unwrap();
    db.store.plan().await.unwrap().shop(ruiz).unwrap().clone()
}

const BEN: &str = "+34600555000";

async fn who_waits_and_calls_again_from_another_number_is_no_news(db: Database) {
    let shop = joined(&db).await;
    let shops = [shop.clone()];
    let late = UnixMs(missed(900).started.0 + 24 * 3_600_000);
    let mut overdue = ringall::store::Overdue::since(UnixMs(0));
    assert_eq!(overdue.look(&db.store, &shops, late).await.unwrap(), [(shop.id, 2)]);
    db.log().whole(&CallRecord { shop: Some(shop.id), ..missed(900) }).await;
    assert_eq!(overdue.look(&db.store, &shops, late).await.unwrap(), []);
}

async fn who_calls_from_two_numbers_waits_for_one_call(db: Database) {
    let shop = joined(&db).await;
    let owed = db.store.owed(&shop, None, 10).await.unwrap();
    let numbers: Vec<&str> = owed.iter().map(|caller| caller.number.as_str()).collect();
    assert_eq!(numbers, [ANN, BEN], "one card, with the number they last called from");
    assert_eq!((owed[0].owed.attempts, owed[0].calls.len()), (4, 4));
    assert_eq!((owed[0].owed.since, owed[0].owed.last), (missed(1).started, missed(5).started));
    assert!(owed[0].calls.is_sorted_by_key(|call| std::cmp::Reverse(call.record.started)));
    for of in [jo(), number(ANN)] {
        assert_eq!(db.store.owed_to(&shop, &of).await.unwrap().as_ref(), Some(&owed[0]));
    }
    let among = db.store.owed_among(&shop, [&jo(), &number(ANN)]).await.unwrap();
    assert_eq!((&among[&jo()], &among[&number(ANN)]), (&owed[0].owed, &owed[0].owed));
    let first = db.store.owed(&shop, None, 1).await.unwrap();
    let rest = db.store.owed(&shop, Some(&first[0].number), 10).await.unwrap();
    assert_eq!(rest.iter().map(|caller| caller.number.as_str()).collect::<Vec<_>>(), [BEN], "page by page too");

    assert!(db.store.settle(&shop, &jo(), Settlement::CameIn, "ann", UnixMs(1)).await.unwrap());
    let owed = db.store.owed(&shop, None, 10).await.unwrap();
    assert_eq!(owed.iter().map(|caller| caller.number.as_str()).collect::<Vec<_>>(), [BEN]);
}

async fn whoever_takes_on_one_number_takes_on_the_person(db: Database) {
    let shop = joined(&db).await;
    let now = UnixMs(missed(9).started.0);
    let Claimed::Yours(anns) = db.store.claim(&shop, &jo(), "ann", now).await.unwrap() else { panic!("nobody had it") };
    for of in [jo(), number(ANN)] {
        assert_eq!(db.store.claim(&shop, &of, "ben", now).await.unwrap(), Claimed::Theirs(anns.clone()));
        assert_eq!(db.store.owed_to(&shop, &of).await.unwrap().unwrap().claim, Some(anns.clone()));
    }
    // They call again, from the other number: it is still hers.
    db.log().whole(&CallRecord { shop: Some(shop.id), ..missed(8) }).await;
    assert_eq!(db.store.owed(&shop, None, 10).await.unwrap()[0].claim, Some(anns.clone()));
    assert_eq!(db.store.claim(&shop, &number(ANN), "ann", now).await.unwrap(), Claimed::Yours(anns));
    assert!(db.store.release(shop.id, &jo()).await.unwrap());
    assert_eq!(db.store.owed(&shop, None, 10).await.unwrap()[0].claim, None);
    assert!(matches!(db.store.claim(&shop, &number(ANN), "ben", now).await.unwrap(), Claimed::Yours(_)));
}

async fn what_was_promised_at_one_number_is_kept_at_the_other(db: Database) {
    let ruiz = ruiz_with_ann(&db).await;
    let log = db.log();
    let spoken = CallRecord { shop: Some(ruiz), ..answered(1) };
    log.whole(&spoken).await;
    let made = UnixMs(spoken.ended.unwrap().0 + 1);
    let due = UnixMs(made.0 + 3_600_000);
    let promise = Promise { call: spoken.id, what: "Keys".into(), due, by: "ann".into(), made };
    db.store.say_promised((ruiz, spoken.id), Some((&jo(), &promise)), ("ann", made)).await.unwrap();
    let later = CallRecord { shop: Some(ruiz), ..from(ANN, answered(600)) };
    log.whole(&later).await;
    let span = (UnixMs(0), UnixMs(i64::MAX));
    let kept = async || db.store.figures(ruiz, span, UnixMs(due.0 + 1)).await.unwrap().promises;
    let between = async || {
        let span = (None, later.started);
        db.store.promised_between(ruiz, &number(ANN), span).await.unwrap()
    };
    let before = async || db.store.last_spoken_before(ruiz, &number(ANN), later.started).await.unwrap();
    assert_eq!((kept().await.kept, between().await, before().await), (0, false, None), "of two callers");
    let _ = db.store.join_numbers(ruiz, &jo(), &number(ANN)).await.unwrap();
    assert_eq!((kept().await.kept, between().await, before().await), (1, true, spoken.ended), "of one");
    let plan = db.store.plan().await.unwrap();
    assert_eq!(db.store.owed(plan.shop(ruiz).unwrap(), None, 10).await.unwrap(), []);
}

async fn who_left_gives_nobody_their_name(db: Database) {
    let ruiz = ruiz_with_ann(&db).await;
    let [ben, eve] = [number(BEN), number("+34600666000")];
    for other in [&number(ANN), &ben] {
        let _ = db.store.join_numbers(ruiz, &jo(), other).await.unwrap();
    }
    db.store.part_number(ruiz, &jo()).await.unwrap();
    let _ = db.store.join_numbers(ruiz, &jo(), &eve).await.unwrap();
    assert_eq!(db.store.other_numbers(ruiz, &jo()).await.unwrap(), [eve]);
    assert_eq!(db.store.other_numbers(ruiz, &ben).await.unwrap(), [number(ANN)]);
}

async fn whoever_is_joined_to_one_who_wants_no_call_wants_none(db: Database) {
    let ruiz = ruiz_with_ann(&db).await;
    db.store.set_called_back(ruiz, &number(ANN), false).await.unwrap();
    assert_eq!(db.store.join_numbers(ruiz, &jo(), &number(ANN)).await.unwrap(), Joined::Done);
    for of in [jo(), number(ANN)] {
        assert!(db.store.is_not_called_back(ruiz, &of).await.unwrap());
    }
}

async fn an_erased_caller_leaves_rows_and_nothing_else(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let log = db.log();
    let left = CallRecord { shop: Some(ruiz), disposition: Some(Disposition::Message), ..missed(1) };
    let ours =
        CallRecord { shop: Some(ruiz), because: Because::CalledOut, called: jo().as_str().into(), ..answered(2) };
    let ours = CallRecord { direction: ringall::call::record::Direction::Out, ..ours };
    for call in [&left, &ours, &CallRecord { shop: Some(ruiz), ..from(ANN, missed(3)) }] {
        log.whole(call).await;
    }
    log.event(&left, 1, EventKind::Transferred);
    let said = |call: &CallRecord, kind, detail: &str| CallEvent { detail: detail.to_owned(), ..event(call, 2, kind) };
    let anns = CallRecord { shop: Some(ruiz), ..from(ANN, missed(3)) };
    log.writer.log(LogEntry::Event(said(&left, EventKind::Ended, "caller: Jo of the blue door")));
    log.writer.log(LogEntry::Event(said(&anns, EventKind::Transferred, jo().as_str())));
    let unasked = (ruiz, left.id);
    let keys = Wanted::Own("keys".to_owned());
    db.store.say_wanted(unasked, &keys, PromiseSaid::Unasked, ("ann", UnixMs(1))).await.unwrap();
    let file = db.store.keep_file(ruiz, &[], UnixMs(1)).await.unwrap();
    log.message(message(&left));
    log.writer.flush().await.unwrap();
    let _ = db.store.join_numbers(ruiz, &jo(), &number(ANN)).await.unwrap();
    let _ = db.store.set_called_back(ruiz, &jo(), false).await;

    let erased = db.store.erase_caller(ruiz, &jo()).await.unwrap();
    assert_eq!(erased, Erased::Done { recordings: vec![left.id.0] });
    let calls = db.store.calls(&CallFilter::default()).await.unwrap();
    assert_eq!(calls.len(), 3, "what is counted stays");
    for call in calls.iter().filter(|call| call.record.started != missed(3).started) {
        let record = &call.record;
        assert!(record.withheld && record.caller.is_none() && record.caller_raw.is_empty(), "{record:?}");
        assert!(record.caller_display.is_empty() && !record.called.contains("600999888"), "{record:?}");
        assert!(!call.has_message && call.caller_name.is_none());
    }
    assert_eq!(
        db.store.call(left.id).await.unwrap().unwrap().1,
        [
            CallEvent { detail: String::new(), ..event(&left, 1, EventKind::Transferred) },
            said(&left, EventKind::Ended, "caller")
        ]
    );
    let of_ann = db.store.call(anns.id).await.unwrap().unwrap().1;
    assert!(of_ann.iter().all(|event| event.detail.is_empty()), "{of_ann:?}");
    assert_eq!(db.store.wrap_up(left.id).await.unwrap().unwrap().promise, PromiseSaid::Nothing);
    assert_eq!(db.store.take_in(ruiz, &file, false, UnixMs(1)).await.unwrap(), None, "it may have named them");
    assert_eq!(db.store.written(ruiz, &jo()).await.unwrap(), Default::default());
    assert_eq!(db.store.other_numbers(ruiz, &number(ANN)).await.unwrap(), []);
    assert!(!db.store.is_not_called_back(ruiz, &jo()).await.unwrap());
    let index = db.store.callers().await.unwrap();
    assert!(index.get(ruiz, &jo()).is_none() && index.get(ruiz, &number(ANN)).is_some());
}

async fn who_is_on_the_line_is_not_erased(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let log = db.log();
    log.record(&CallRecord { shop: Some(ruiz), ..crate::cast::call(1) });
    assert!(db.store.is_on_the_line(ruiz, &jo()).await.unwrap());
    assert_eq!(db.store.erase_caller(ruiz, &jo()).await.unwrap(), Erased::OnTheLine);
    assert_eq!(db.store.written(ruiz, &jo()).await.unwrap().name, "Jo Miller");
}

async fn a_file_is_taken_in_once_and_only_as_it_was_seen(db: Database) {
    let ruiz = ruiz_with_ann(&db).await;
    let now = UnixMs(1_764_000_000_000);
    let card = |of: &str, name: &str, note: &str, seen: &str| FileCard {
        number: of.to_owned(),
        name: name.to_owned(),
        note: note.to_owned(),
        seen: seen.to_owned(),
    };
    let nothing = ringall::store::contacts::Written::default().tag();
    let anns = db.store.written(ruiz, &number(ANN)).await.unwrap().tag();
    let cards = [
        card("+34600222333", "Bea", "", &nothing),
        card(ANN, "Anna", "100% brass\nDoor", &anns),
        card(jo().as_str(), "Joanna", "", &nothing),
    ];
    let secret = db.store.keep_file(ruiz, &cards, now).await.unwrap();
    assert_eq!(db.store.take_in(ShopId(ruiz.0 + 1), &secret, false, now).await.unwrap(), None, "another shop's");
    let done = db.store.take_in(ruiz, &secret, false, now).await.unwrap();
    assert_eq!(done, Some(Imported { added: 1, changed: 1, left: 1 }));
    let ann = db.store.written(ruiz, &number(ANN)).await.unwrap();
    assert_eq!((ann.name.as_str(), ann.note.as_str()), ("Ana Núñez", "100% brass\nDoor"));
    assert_eq!(db.store.written(ruiz, &jo()).await.unwrap().name, "Jo Miller", "it was not seen as it is");
    assert_eq!(found(&db, ruiz, "door nunez").await.0, [number(ANN)]);
    assert_eq!(db.store.take_in(ruiz, &secret, false, now).await.unwrap(), None, "once");
    let old = db.store.keep_file(ruiz, &cards, now).await.unwrap();
    let later = UnixMs(now.0 + 25 * 3_600_000);
    db.store.drop_old_files(later).await.unwrap();
    assert_eq!(db.store.take_in(ruiz, &old, false, now).await.unwrap(), None, "within a day, whatever comes next");
}
