//! Owners: one-time links, passwords, browsers that are signed in.

use std::time::Duration;

use ringall::now::UnixMs;
use ringall::routing::plan::Language;
use ringall::store::Link;
use ringall::store::owners::{ABSOLUTE_END, IDLE_END, LINK_LASTS};

use crate::cast::Database;

crate::on_both! {
    a_link_sets_a_password_once, an_old_link_says_so, a_newer_link_ends_the_older, a_new_password_ends_every_sign_in,
    a_sign_in_ends_by_itself, a_sign_out_ends_one_browser, an_owner_keeps_their_language,
}

const NOW: UnixMs = UnixMs(1_798_131_900_000);
const ANA: &str = "ana@example.com";

async fn set_up(db: &Database, password: &str) {
    let link = db.store.invite_owner(ANA, NOW).await.unwrap();
    assert!(matches!(db.store.use_set_up_link(&link, password, NOW).await.unwrap(), Link::Good(_)));
}

async fn a_link_sets_a_password_once(db: Database) {
    let link = db.store.invite_owner("Ana@Example.com", NOW).await.unwrap();
    assert_eq!(db.store.owner_password(ANA).await.unwrap(), None, "invited, but not set up");
    for _ in 0..2 {
        let Link::Good(owner) = db.store.set_up_link(&link, NOW).await.unwrap() else { panic!("a good link") };
        assert_eq!((owner.email.as_str(), owner.language), (ANA, None), "looking does not use it up");
    }
    assert!(matches!(db.store.use_set_up_link(&link, "hash 1", NOW).await.unwrap(), Link::Good(_)));
    assert_eq!(db.store.use_set_up_link(&link, "hash 2", NOW).await.unwrap(), Link::Used);
    assert_eq!(db.store.set_up_link(&link, NOW).await.unwrap(), Link::Used);
    let (_, password) = db.store.owner_password("ANA@example.COM").await.unwrap().expect("set up");
    assert_eq!(password, "hash 1");
    assert_eq!(db.store.set_up_link(&link[1..], NOW).await.unwrap(), Link::Unknown);
    assert_eq!(db.store.owner_password("bea@example.com").await.unwrap(), None);
}

async fn an_old_link_says_so(db: Database) {
    let link = db.store.invite_owner(ANA, NOW).await.unwrap();
    let last = UnixMs((NOW + LINK_LASTS).0 - 1);
    assert!(matches!(db.store.set_up_link(&link, last).await.unwrap(), Link::Good(_)));
    let late = NOW + LINK_LASTS;
    assert_eq!(db.store.set_up_link(&link, late).await.unwrap(), Link::Expired);
    assert_eq!(db.store.use_set_up_link(&link, "hash", late).await.unwrap(), Link::Expired);
    assert_eq!(db.store.owner_password(ANA).await.unwrap(), None);
}

async fn a_newer_link_ends_the_older(db: Database) {
    let older = db.store.invite_owner(ANA, NOW).await.unwrap();
    let other = db.store.invite_owner("bea@example.com", NOW).await.unwrap();
    let newer = db.store.invite_owner(ANA, NOW).await.unwrap();
    assert_eq!(db.store.set_up_link(&older, NOW).await.unwrap(), Link::Unknown);
    for good in [other, newer] {
        assert!(matches!(db.store.set_up_link(&good, NOW).await.unwrap(), Link::Good(_)));
    }
}

async fn a_new_password_ends_every_sign_in(db: Database) {
    set_up(&db, "old").await;
    let (owner, _) = db.store.owner_password(ANA).await.unwrap().unwrap();
    let browser = db.store.sign_in(owner, NOW).await.unwrap();
    set_up(&db, "new").await;
    assert_eq!(db.store.signed_in(&browser, NOW).await.unwrap(), None);
    assert_eq!(db.store.owner_password(ANA).await.unwrap(), Some((owner, "new".to_owned())), "the same owner");
}

async fn a_sign_in_ends_by_itself(db: Database) {
    set_up(&db, "hash").await;
    let (owner, _) = db.store.owner_password(ANA).await.unwrap().unwrap();
    let idle = db.store.sign_in(owner, NOW).await.unwrap();
    let busy = db.store.sign_in(owner, NOW).await.unwrap();
    assert!(db.store.signed_in(&idle, UnixMs((NOW + IDLE_END).0 - 1)).await.unwrap().is_some());
    let mut at = NOW;
    let step = IDLE_END - Duration::from_secs(60);
    while (at + step).0 < (NOW + ABSOLUTE_END).0 {
        at = at + step;
        assert!(db.store.signed_in(&busy, at).await.unwrap().is_some(), "whoever comes back stays signed in");
    }
    assert_eq!(db.store.signed_in(&busy, NOW + ABSOLUTE_END).await.unwrap(), None, "but not for ever");
    let unused = db.store.sign_in(owner, NOW).await.unwrap();
    assert_eq!(db.store.signed_in(&unused, NOW + IDLE_END).await.unwrap(), None);
}

async fn a_sign_out_ends_one_browser(db: Database) {
    set_up(&db, "hash").await;
    let (owner, _) = db.store.owner_password(ANA).await.unwrap().unwrap();
    let (till, phone) = (db.store.sign_in(owner, NOW).await.unwrap(), db.store.sign_in(owner, NOW).await.unwrap());
    db.store.sign_out(&till).await.unwrap();
    assert_eq!(db.store.signed_in(&till, NOW).await.unwrap(), None);
    assert!(db.store.signed_in(&phone, NOW).await.unwrap().is_some());
    assert_eq!(db.store.signed_in(&phone[1..], NOW).await.unwrap(), None);
}

async fn an_owner_keeps_their_language(db: Database) {
    set_up(&db, "hash").await;
    let (owner, _) = db.store.owner_password(ANA).await.unwrap().unwrap();
    let browser = db.store.sign_in(owner, NOW).await.unwrap();
    for language in [Some(Language::Es), Some(Language::En), None] {
        db.store.set_owner_language(owner, language).await.unwrap();
        assert_eq!(db.store.signed_in(&browser, NOW).await.unwrap().unwrap().language, language);
    }
}
