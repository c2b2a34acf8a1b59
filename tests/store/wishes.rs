//! What an owner sets one by one.

use chrono::NaiveDateTime;
use ringall::now::UnixMs;
use ringall::routing::closed_days::DayChange;
use ringall::routing::plan::{Closure, Country, Language, Override, OverrideState, OwnWords, Part, ShopId};
use ringall::routing::{Hours, HoursTag};
use ringall::store::contacts::Written;
use ringall::store::hours::MAX_CLOSURES;
use ringall::store::{CallerEdit, Edited, Saved, StoreError};

use crate::cast::{Database, RUIZ, jo, number, shop};

crate::on_both! {
    hours_are_set_and_taken_away,
    whoever_saves_hours_second_is_told,
    an_override_stands_until_it_is_taken_back,
    closures_come_and_go,
    there_is_an_end_to_closures,
    a_caller_is_written_down_and_blocked,
    whoever_saves_a_caller_second_is_told,
    hours_that_were_read_for_another_country_are_refused,
    what_is_not_edited_stays,
    a_shop_that_is_gone_takes_nothing,
    every_wish_raises_the_version_once,
    closed_days_are_written_whole_or_not_at_all,
    a_shops_own_words_come_and_go,
}

fn hours(text: &str) -> Hours {
    Hours::parse(text, Country(*b"ES")).unwrap()
}

fn closure(from: &str, to: &str) -> Closure {
    let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap();
    Closure { id: 0, from: at(from), to: at(to), why: "Stocktaking".to_owned(), open: Some(hours("10:00-12:00")) }
}

async fn hours_are_set_and_taken_away(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    assert_eq!(db.store.set_hours(ruiz, Some(&hours("Mo-Fr 08:00-15:00")), None).await.unwrap(), Saved::Done);
    let stored = db.store.plan().await.unwrap();
    assert_eq!(stored.shop(ruiz).unwrap().hours, Some(hours("Mo-Fr 08:00-15:00")));
    assert_eq!(db.store.set_hours(ruiz, None, None).await.unwrap(), Saved::Done);
    assert_eq!(db.store.plan().await.unwrap().shop(ruiz).unwrap().hours, None);
}

async fn whoever_saves_hours_second_is_told(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let seen = HoursTag::of(db.store.plan().await.unwrap().shop(ruiz).unwrap().hours.as_ref());
    // What somebody else sets meanwhile is no reason, as long as it is not the hours.
    let closed = Override { state: OverrideState::Closed, until: UnixMs(99) };
    db.store.set_override(ruiz, Some(closed)).await.unwrap();
    let (first, second) = (hours("Mo-Fr 08:00-15:00"), hours("Mo-Fr 08:00-16:00"));
    assert_eq!(db.store.set_hours(ruiz, Some(&first), Some(&seen)).await.unwrap(), Saved::Done);
    let version = db.store.plan_version().await.unwrap();
    let answer = db.store.set_hours(ruiz, Some(&second), Some(&seen)).await.unwrap();
    assert_eq!(answer, Saved::ChangedMeanwhile(Some(first.clone())));
    let plan = db.store.plan().await.unwrap();
    assert_eq!(plan.shop(ruiz).unwrap().hours, Some(first.clone()));
    assert_eq!(plan.version, version, "nothing was written");
    let now = HoursTag::of(Some(&first));
    assert_eq!(db.store.set_hours(ruiz, Some(&second), Some(&now)).await.unwrap(), Saved::Done);
}

async fn an_override_stands_until_it_is_taken_back(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    for state in [OverrideState::Open, OverrideState::Closed] {
        let said = Override { state, until: UnixMs(1_798_131_900_000) };
        db.store.set_override(ruiz, Some(said)).await.unwrap();
        assert_eq!(db.store.plan().await.unwrap().shop(ruiz).unwrap().hours_override, Some(said));
    }
    db.store.set_override(ruiz, None).await.unwrap();
    assert_eq!(db.store.plan().await.unwrap().shop(ruiz).unwrap().hours_override, None);
}

async fn closures_come_and_go(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let new = closure("2026-11-27T00:00", "2026-11-28T00:00");
    let id = db.store.add_closure(ruiz, &new).await.unwrap();
    let plan = db.store.plan().await.unwrap();
    let stored = plan.shop(ruiz).unwrap();
    assert_eq!(stored.closures.len(), 3);
    assert_eq!(stored.closures[0], Closure { id, ..new }, "by their beginning");
    assert!(!db.store.delete_closure(ShopId(ruiz.0 + 1000), id).await.unwrap(), "another shop's is not deleted");
    assert!(db.store.delete_closure(ruiz, id).await.unwrap());
    assert!(!db.store.delete_closure(ruiz, id).await.unwrap());
    assert_eq!(db.store.plan().await.unwrap().shop(ruiz).unwrap().closures.len(), 2);
}

async fn there_is_an_end_to_closures(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let many = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) INSERT INTO closures \
         (id, shop_id, from_local, to_local, why) SELECT 1000000 + i, {}, '2020-01-01T00:00', '2020-01-02T00:00', '' FROM n",
        MAX_CLOSURES - 3,
        ruiz.0
    );
    db.shell(&many).await;
    let new = closure("2026-11-27T00:00", "2026-11-28T00:00");
    db.store.add_closure(ruiz, &new).await.unwrap();
    let error = db.store.add_closure(ruiz, &new).await.unwrap_err();
    assert!(matches!(error, StoreError::TooMany { .. }), "{error}");
}

async fn a_caller_is_written_down_and_blocked(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let ann = number("+34600111222");
    assert_eq!(db.store.written(ruiz, &ann).await.unwrap(), Written::default());
    let edit = CallerEdit { name: Some("Ann".to_owned()), note: Some("Hinges,\ntwo".to_owned()), blocked: Some(true) };
    let written = db.store.edit_caller(ruiz, &ann, &edit, None).await.unwrap();
    let Edited::Done(written) = written else { panic!("{written:?}") };
    assert_eq!(written, Written { name: "Ann".to_owned(), note: "Hinges,\ntwo".to_owned(), blocked: true });
    assert_eq!(db.store.written(ruiz, &ann).await.unwrap(), written);
    assert!(db.store.plan().await.unwrap().shop(ruiz).unwrap().blocked.contains(&ann));
    assert_eq!(db.store.callers().await.unwrap().get(ruiz, &ann).unwrap().name, "Ann");
    assert_eq!(db.store.callers_as_written().await.unwrap().get(ruiz, &ann).unwrap().name, "Ann");
    let nothing = CallerEdit { name: Some(String::new()), note: Some(String::new()), blocked: Some(false) };
    assert_eq!(db.store.edit_caller(ruiz, &ann, &nothing, None).await.unwrap(), Edited::Done(Written::default()));
    let settings = db.store.shop_settings("Ferretería Ruiz").await.unwrap().unwrap();
    assert_eq!(settings.contacts.len(), 1, "nothing is left of Ann");
    assert!(!settings.shop.blocked.contains(&ann));
}

async fn whoever_saves_a_caller_second_is_told(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let seen = db.store.written(ruiz, &jo()).await.unwrap();
    let edit = |note: &str| CallerEdit { note: Some(note.to_owned()), ..CallerEdit::default() };
    let first = db.store.edit_caller(ruiz, &jo(), &edit("Red door"), Some(&seen.tag())).await.unwrap();
    let Edited::Done(theirs) = first else { panic!("{first:?}") };
    let second = db.store.edit_caller(ruiz, &jo(), &edit("Green door"), Some(&seen.tag())).await.unwrap();
    assert_eq!(second, Edited::ChangedMeanwhile(theirs.clone()));
    assert_eq!(db.store.written(ruiz, &jo()).await.unwrap(), theirs, "nothing was changed");
    let again = db.store.edit_caller(ruiz, &jo(), &edit("Green door"), Some(&theirs.tag())).await.unwrap();
    assert!(matches!(again, Edited::Done(_)));
    let tags = [theirs.tag(), Written { blocked: true, ..theirs.clone() }.tag(), Written::default().tag()];
    assert!(tags[0] != tags[1] && tags[0] != tags[2]);
}

/// Somebody imports the shop anew, in another country, while hours are sent that were read for the first.
async fn hours_that_were_read_for_another_country_are_refused(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let other = Hours::parse("Mo-Fr 08:00-15:00; PH off", Country(*b"FR")).unwrap();
    let extra = Closure { open: Some(other.clone()), ..closure("2026-11-27T00:00", "2026-11-28T00:00") };
    for error in [
        db.store.set_hours(ruiz, Some(&other), None).await.map(drop).unwrap_err(),
        db.store.add_closure(ruiz, &extra).await.map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::OtherCountry), "{error}");
    }
    let stored = db.store.shop_settings("Ferretería Ruiz").await.unwrap().unwrap().shop;
    assert_eq!((stored.hours, stored.closures.len()), (shop(RUIZ).shop.hours, 2));
    db.store.add_closure(ruiz, &Closure { open: None, ..extra }).await.unwrap();
}

async fn what_is_not_edited_stays(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let before = db.store.written(ruiz, &jo()).await.unwrap();
    assert_eq!(before.name, "Jo Miller");
    let edit = CallerEdit { blocked: Some(true), ..CallerEdit::default() };
    let written = db.store.edit_caller(ruiz, &jo(), &edit, None).await.unwrap();
    assert_eq!(written, Edited::Done(Written { blocked: true, ..before.clone() }));
    let edit = CallerEdit { name: Some("Jo".to_owned()), ..CallerEdit::default() };
    let written = db.store.edit_caller(ruiz, &jo(), &edit, None).await.unwrap();
    assert_eq!(written, Edited::Done(Written { name: "Jo".to_owned(), note: before.note, blocked: true }));
}

async fn a_shop_that_is_gone_takes_nothing(db: Database) {
    let gone = ShopId(77);
    let new = closure("2026-11-27T00:00", "2026-11-28T00:00");
    let edit = CallerEdit { name: Some("Ann".to_owned()), ..CallerEdit::default() };
    for error in [
        db.store.set_hours(gone, None, None).await.map(drop).unwrap_err(),
        db.store.set_override(gone, None).await.unwrap_err(),
        db.store.add_closure(gone, &new).await.map(drop).unwrap_err(),
        db.store.edit_caller(gone, &jo(), &edit, None).await.map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Gone { what: "shop" }), "{error}");
    }
    assert_eq!(db.store.plan_version().await.unwrap(), 0);
}

async fn every_wish_raises_the_version_once(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let store = &db.store;
    let mut version = store.plan_version().await.unwrap();
    let mut raised = async |what: &str| {
        version += 1;
        assert_eq!(store.plan_version().await.unwrap(), version, "{what}");
    };
    let _ = store.set_hours(ruiz, None, None).await.unwrap();
    raised("hours").await;
    store.set_override(ruiz, None).await.unwrap();
    raised("override").await;
    let id = store.add_closure(ruiz, &closure("2026-11-27T00:00", "2026-11-28T00:00")).await.unwrap();
    raised("a closure").await;
    store.delete_closure(ruiz, id).await.unwrap();
    raised("a closure less").await;
    store.edit_caller(ruiz, &jo(), &CallerEdit { blocked: Some(true), ..CallerEdit::default() }, None).await.unwrap();
    raised("a caller").await;
}

async fn closed_days_are_written_whole_or_not_at_all(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    assert_eq!(db.store.closed_days_year(ruiz).await.unwrap(), 0, "nobody was asked yet");
    let old = db.store.plan().await.unwrap().shop(ruiz).unwrap().closures.clone();
    let new = DayChange { add: Some(closure("2026-12-24T00:00", "2026-12-25T00:00")), delete: vec![old[0].id] };
    db.store.set_closed_days(ruiz, std::slice::from_ref(&new), 2027).await.unwrap();
    let closures = db.store.plan().await.unwrap().shop(ruiz).unwrap().closures.clone();
    assert_eq!(closures.len(), old.len());
    assert!(!closures.contains(&old[0]) && closures.iter().any(|it| it.why == "Stocktaking"));
    assert_eq!(db.store.closed_days_year(ruiz).await.unwrap(), 2027);
    let version = db.store.plan_version().await.unwrap();
    let foreign = Hours::parse("10:00-12:00", Country(*b"GB")).unwrap();
    let bad = DayChange { add: Some(Closure { open: Some(foreign), ..new.add.clone().unwrap() }), delete: Vec::new() };
    assert!(matches!(db.store.set_closed_days(ruiz, &[new, bad], 2028).await, Err(StoreError::OtherCountry)));
    assert_eq!(db.store.plan().await.unwrap().shop(ruiz).unwrap().closures, closures, "nothing was written");
    assert_eq!(db.store.plan_version().await.unwrap(), version);
    let gone = ShopId(ruiz.0 + 1000);
    assert!(matches!(db.store.set_closed_days(gone, &[], 2027).await, Err(StoreError::Gone { .. })));
    assert!(matches!(db.store.closed_days_year(gone).await, Err(StoreError::Gone { .. })));
}

async fn a_shops_own_words_come_and_go(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let own = |part, words: &str, samples: &[u8]| OwnWords {
        language: Language::Es,
        part,
        words: words.into(),
        samples: samples.into(),
    };
    let (welcome, invitation) =
        (own(Part::Welcome, "Ruiz, ñ", &[0, 255, 7]), own(Part::Invitation, "Diga", &[1; 96_000]));
    for own in [&own(Part::Welcome, "Otra", &[9]), &welcome, &invitation] {
        let before = db.store.plan_version().await.unwrap();
        db.store.set_own_words(ruiz, own).await.unwrap();
        assert_eq!(db.store.plan_version().await.unwrap(), before + 1);
    }
    db.store.set_greeting_also(ruiz, Some(Language::En)).await.unwrap();
    let greeting = db.store.plan().await.unwrap().shop(ruiz).unwrap().greeting.clone();
    assert_eq!((greeting.words, greeting.also), (vec![invitation.clone(), welcome], Some(Language::En)));
    // Who imports the shop anew keeps its voice.
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    db.store.drop_own_words(ruiz, Language::Es, Part::Welcome).await.unwrap();
    db.store.set_greeting_also(ruiz, None).await.unwrap();
    let greeting = db.store.plan().await.unwrap().shop(ruiz).unwrap().greeting.clone();
    assert_eq!((greeting.words, greeting.also), (vec![invitation.clone()], None));
    let gone = ShopId(ruiz.0 + 1000);
    assert!(matches!(db.store.set_own_words(gone, &invitation).await, Err(StoreError::Gone { .. })));
    assert!(matches!(db.store.set_greeting_also(gone, None).await, Err(StoreError::Gone { .. })));
}
