//! Links by which desk phones fetch their settings.

use ringall::now::UnixMs;
use ringall::provisioning::{File, Taker};
use ringall::routing::plan::{Ha1, Line, PhoneId};
use ringall::store::provisioning::{LINK_LASTS, MOST_USES};
use ringall::store::{LinkState, StoreError};
use secrecy::ExposeSecret;

use crate::cast::{Database, RUIZ, shop};

crate::on_both! {
    a_link_brings_a_password_when_it_is_used_and_not_before, the_first_phone_is_the_only_one, an_app_has_one_try,
    an_old_link_brings_nothing, a_phone_link_ends_with_the_next, a_link_is_not_used_for_ever,
    an_import_leaves_a_link_alone, an_import_of_another_password_ends_the_link, only_a_phone_that_registers_has_a_link,
}

const NOW: UnixMs = UnixMs(1_798_131_900_000);

async fn counter(db: &Database) -> PhoneId {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    phone(db, "Counter").await
}

async fn phone(db: &Database, name: &str) -> PhoneId {
    let plan = db.store.plan().await.unwrap();
    plan.shops[0].phones.iter().find(|phone| &*phone.name == name).expect("a phone of this test").id
}

async fn ha1(db: &Database) -> String {
    let plan = db.store.plan().await.unwrap();
    let lines = plan.shops[0].phones.iter().map(|phone| phone.line.clone());
    lines
        .filter_map(|line| match line {
            Line::Registers { ha1, .. } => Some(ha1.0),
            Line::Fixed { .. } | Line::Cell { .. } => None,
        })
        .next()
        .expect("a phone that registers")
}

fn taker(name: &str) -> Taker {
    match File::named(name, "") {
        Some(File::Own(format)) => format.taker(),
        other => panic!("{other:?}"),
    }
}

fn first() -> Taker {
    taker("001565aabbcc.cfg")
}

fn second() -> Taker {
    taker("001565aabbdd.cfg")
}

fn new() -> Ha1 {
    Ha1("00112233445566778899aabbccddeeff".to_owned())
}

async fn a_link_brings_a_password_when_it_is_used_and_not_before(db: Database) {
    let phone = counter(&db).await;
    let old = ha1(&db).await;
    let version = db.store.plan_version().await.unwrap();
    let link = db.store.make_provisioning_link(phone, NOW).await.unwrap();
    assert!(link.len() >= 32 && link.bytes().all(|byte| byte.is_ascii_hexdigit()), "128 bits at least: {link}");
    let brings = db.store.provisioning_link(&link, NOW).await.unwrap().expect("a good link");
    assert_eq!(brings.phone, phone);
    assert_eq!((ha1(&db).await, db.store.plan_version().await.unwrap()), (old, version), "looking changes nothing");
    assert!(db.store.take_provisioning_link(&link, first(), &new(), NOW).await.unwrap());
    assert_eq!(ha1(&db).await, new().0);
    assert!(db.store.plan_version().await.unwrap() > version, "a running service hears of it");
    let again = db.store.provisioning_link(&link, NOW).await.unwrap().expect("still good");
    assert_eq!(again.password.expose_secret(), brings.password.expose_secret(), "a phone asks more than once");
    assert!(db.store.provisioning_link(&link[1..], NOW).await.unwrap().is_none());
    assert!(db.store.provisioning_link("", NOW).await.unwrap().is_none());
}

async fn the_first_phone_is_the_only_one(db: Database) {
    let phone = counter(&db).await;
    let link = db.store.make_provisioning_link(phone, NOW).await.unwrap();
    assert!(db.store.take_provisioning_link(&link, first(), &new(), NOW).await.unwrap());
    let other = Ha1("ffffffffffffffffffffffffffffffff".to_owned());
    for another in [second(), Taker::App] {
        assert!(!db.store.take_provisioning_link(&link, another, &other, NOW).await.unwrap(), "{another:?}");
    }
    assert_eq!(ha1(&db).await, new().0, "nothing was changed");
    let later = UnixMs(NOW.0 + 60_000);
    assert!(db.store.take_provisioning_link(&link, first(), &new(), later).await.unwrap());
    let state = LinkState { phone, expires: NOW + LINK_LASTS, taken: Some((first(), NOW)) };
    assert_eq!(db.store.provisioning_links().await.unwrap(), [state]);
}

async fn an_app_has_one_try(db: Database) {
    let phone = counter(&db).await;
    let link = db.store.make_provisioning_link(phone, NOW).await.unwrap();
    assert!(db.store.take_provisioning_link(&link, Taker::App, &new(), NOW).await.unwrap());
    for taker in [Taker::App, first()] {
        assert!(!db.store.take_provisioning_link(&link, taker, &new(), NOW).await.unwrap(), "{taker:?}");
    }
}

async fn an_old_link_brings_nothing(db: Database) {
    let phone = counter(&db).await;
    let old = ha1(&db).await;
    let link = db.store.make_provisioning_link(phone, NOW).await.unwrap();
    let end = NOW + LINK_LASTS;
    assert!(db.store.provisioning_link(&link, UnixMs(end.0 - 1)).await.unwrap().is_some());
    assert!(db.store.provisioning_link(&link, end).await.unwrap().is_none());
    assert!(!db.store.take_provisioning_link(&link, first(), &new(), end).await.unwrap());
    assert_eq!(ha1(&db).await, old);
    let mut more = shop(RUIZ);
    more.shop.phones[1].line = Line::Registers { user: "workshop".to_owned(), ha1: new() };
    db.store.replace_shop(&more).await.unwrap();
    db.store.make_provisioning_link(self::phone(&db, "Workshop").await, end).await.unwrap();
    assert!(db.store.provisioning_link(&link, NOW).await.unwrap().is_none(), "what it was made of is gone");
}

async fn a_phone_link_ends_with_the_next(db: Database) {
    let phone = counter(&db).await;
    let older = db.store.make_provisioning_link(phone, NOW).await.unwrap();
    assert!(db.store.take_provisioning_link(&older, first(), &new(), NOW).await.unwrap());
    let newer = db.store.make_provisioning_link(phone, NOW).await.unwrap();
    assert!(db.store.provisioning_link(&older, NOW).await.unwrap().is_none());
    assert!(!db.store.take_provisioning_link(&older, first(), &new(), NOW).await.unwrap());
    assert!(db.store.take_provisioning_link(&newer, second(), &new(), NOW).await.unwrap(), "it waits for any phone");
    db.store.end_provisioning_link(phone).await.unwrap();
    assert!(db.store.provisioning_link(&newer, NOW).await.unwrap().is_none());
    assert_eq!(db.store.provisioning_links().await.unwrap(), []);
}

async fn a_link_is_not_used_for_ever(db: Database) {
    let phone = counter(&db).await;
    let link = db.store.make_provisioning_link(phone, NOW).await.unwrap();
    for _ in 0..MOST_USES {
        assert!(db.store.take_provisioning_link(&link, first(), &new(), NOW).await.unwrap());
    }
    assert!(!db.store.take_provisioning_link(&link, first(), &new(), NOW).await.unwrap());
    assert!(db.store.provisioning_link(&link, NOW).await.unwrap().is_none());
}

async fn an_import_leaves_a_link_alone(db: Database) {
    let phone = counter(&db).await;
    let link = db.store.make_provisioning_link(phone, NOW).await.unwrap();
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    assert_eq!(db.store.provisioning_link(&link, NOW).await.unwrap().map(|link| link.phone), Some(phone));
    let mut without = shop(RUIZ);
    without.shop.phones.remove(0);
    db.store.replace_shop(&without).await.unwrap();
    assert!(db.store.provisioning_link(&link, NOW).await.unwrap().is_none(), "its phone is gone");
    assert!(!db.store.take_provisioning_link(&link, first(), &new(), NOW).await.unwrap());
}

async fn an_import_of_another_password_ends_the_link(db: Database) {
    let phone = counter(&db).await;
    let link = db.store.make_provisioning_link(phone, NOW).await.unwrap();
    assert!(db.store.take_provisioning_link(&link, first(), &new(), NOW).await.unwrap());
    // The file's password is another than the link's.
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let set = ha1(&db).await;
    assert!(db.store.provisioning_link(&link, NOW).await.unwrap().is_none());
    assert!(!db.store.take_provisioning_link(&link, first(), &new(), NOW).await.unwrap());
    assert_eq!(ha1(&db).await, set, "what the owner has set stands");
}

async fn only_a_phone_that_registers_has_a_link(db: Database) {
    counter(&db).await;
    for name in ["Workshop", "Ana's cell"] {
        let made = db.store.make_provisioning_link(phone(&db, name).await, NOW).await;
        assert!(matches!(made, Err(StoreError::Gone { .. })), "{name}: {made:?}");
    }
    assert!(db.store.make_provisioning_link(PhoneId(9_999), NOW).await.is_err());
}
