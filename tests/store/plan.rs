use std::time::Duration;

use ringall::cli::shop_file;
use ringall::notice::Address;
use ringall::routing::plan::{Country, Language, Line, OverrideState, ShopId};
use ringall::store::StoreError;

use crate::cast::{Database, RUIZ, answered, jo, number, shop};

crate::on_both! {
    an_empty_database_has_an_empty_plan,
    an_imported_shop_is_the_plan,
    export_and_import_give_the_same_shop,
    a_changed_shop_replaces_the_old_one_whole,
    phones_keep_their_ids_and_no_id_comes_twice,
    what_the_file_does_not_say_survives_an_import,
    another_shops_number_is_refused_and_nothing_changes,
    another_shops_user_is_refused,
    another_process_sees_the_version_rise,
    calls_survive_an_import,
}

const SECOND: &str = r#"
[shop]
name = "Hardware & Sons"
time_zone = "America/New_York"
country = "US"
numbers = ["+12125550123"]

[[phone]]
name = "Counter"
user = "sons-counter"
ha1 = "0123456789abcdef0123456789abcdef"
"#;

async fn an_empty_database_has_an_empty_plan(db: Database) {
    let plan = db.store.plan().await.unwrap();
    assert_eq!((plan.version, plan.shops.len()), (0, 0));
    assert!(db.store.shop_settings("Ferretería Ruiz").await.unwrap().is_none());
    db.store.ping().await.unwrap();
}

async fn an_imported_shop_is_the_plan(db: Database) {
    let id = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    db.store.replace_shop(&shop(SECOND)).await.unwrap();
    let plan = db.store.plan().await.unwrap();
    assert_eq!(plan.version, 2);
    assert_eq!(plan.shops.len(), 2);
    let ruiz = plan.shop(id).unwrap();
    assert_eq!(ruiz.name, "Ferretería Ruiz");
    assert_eq!(ruiz.time_zone, chrono_tz::Europe::Madrid);
    assert_eq!(ruiz.language, Language::Es);
    assert_eq!(ruiz.hours.as_ref().unwrap().as_str(), shop(RUIZ).shop.hours.unwrap().as_str());
    assert_eq!(ruiz.numbers, [number("+34911234567"), number("+34911234568")]);
    assert_eq!(ruiz.calls_to, [Country(*b"ES"), Country(*b"PT")]);
    assert_eq!(plan.shops[1].calls_to, [Country(*b"US")], "its own, where nothing is said");
    db.store.set_call_back_ring(id, true).await.unwrap();
    assert!(db.store.plan().await.unwrap().shop(id).unwrap().call_back_ring, "as the page sets it");
    assert!(db.store.set_call_back_ring(ShopId(99), true).await.is_err());
    db.store.set_drill_before_opening(id, true).await.unwrap();
    assert!(db.store.plan().await.unwrap().shop(id).unwrap().drill_before_opening);
    assert!(db.store.set_drill_before_opening(ShopId(99), true).await.is_err());
    assert!(!ruiz.call_back_ring && plan.shops[1].call_back_ring, "on, where nothing is said");
    assert_eq!(ruiz.give_up_after, Duration::from_secs(90));
    let notify: Vec<String> = ruiz.notify.iter().map(Address::text).collect();
    assert_eq!(notify, ["https://ntfy.example/ruiz", "mailto:owner@example.com"]);
    assert!(ruiz.blocked.contains(&number("+34900000000")));
    let phones: Vec<&str> = ruiz.phones.iter().map(|phone| &*phone.name).collect();
    assert_eq!(phones, ["Counter", "Workshop", "Ana's cell"]);
    let Line::Registers { user, ha1 } = &ruiz.phones[0].line else { panic!("{:?}", ruiz.phones[0].line) };
    // printf counter:ringall:secret | md5sum
    assert_eq!((user.as_str(), ha1.0.as_str()), ("counter", "4b1b730e27d028548c8e2f3beddd120f"));
    assert_eq!(ruiz.phones[1].line, Line::Fixed { contact: "sip:workshop@192.0.2.10:5060".to_owned() });
    assert_eq!(ruiz.phones[2].line, Line::Cell { number: number("+34600111222") });
    assert_eq!(ruiz.phones[2].after, Duration::from_secs(15));
    assert!(ruiz.phones[2].hours.is_some() && ruiz.phones[1].hours.is_none());
    let whys: Vec<&str> = ruiz.closures.iter().map(|closure| closure.why.as_str()).collect();
    assert_eq!(whys, ["Christmas", "Stocktaking"]);
    assert_eq!(ruiz.closures[0].from.to_string(), "2026-12-24 14:00:00");
    assert_eq!(ruiz.closures[1].open.as_ref().unwrap().as_str(), "10:00-12:00");
    let contacts = db.store.shop_settings("Ferretería Ruiz").await.unwrap().unwrap().contacts;
    assert_eq!(contacts.len(), 1);
    assert_eq!((&contacts[0].number, contacts[0].note.as_str()), (&jo(), "Wants the \"blue\" door\nand two hinges"));
}

async fn export_and_import_give_the_same_shop(db: Database) {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let export = async || shop_file::write(&db.store.shop_settings("Ferretería Ruiz").await.unwrap().unwrap());
    let first = export().await;
    assert!(!first.contains("secret"), "no password leaves: {first}");
    db.store.replace_shop(&shop(&first)).await.unwrap();
    assert_eq!(export().await, first);
    assert_eq!(shop_file::write(&shop(RUIZ)), first, "and it is what was imported");
}

async fn a_changed_shop_replaces_the_old_one_whole(db: Database) {
    let id = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let bare = "[shop]\nname = \"Ferretería Ruiz\"\ntime_zone = \"Europe/Lisbon\"\ncountry = \"PT\"";
    assert_eq!(db.store.replace_shop(&shop(bare)).await.unwrap(), id);
    let stored = db.store.shop_settings("Ferretería Ruiz").await.unwrap().unwrap();
    assert_eq!(shop_file::write(&stored), shop_file::write(&shop(bare)));
    assert_eq!(stored.shop.hours, None);
}

async fn phones_keep_their_ids_and_no_id_comes_twice(db: Database) {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let ids = async || {
        let plan = db.store.plan().await.unwrap();
        plan.shops[0].phones.iter().map(|phone| (phone.name.to_string(), phone.id)).collect::<Vec<_>>()
    };
    let before = ids().await;
    db.store.replace_shop(&shop(&RUIZ.replace("\"Workshop\"", "\"Yard\""))).await.unwrap();
    let after = ids().await;
    assert_eq!((&after[0], &after[2]), (&before[0], &before[2]));
    assert!(before.iter().all(|(_, id)| *id != after[1].1), "the new phone has a new id: {before:?} {after:?}");
    let all: std::collections::BTreeSet<i64> = before.iter().chain(&after).map(|(_, id)| id.0).collect();
    assert_eq!(all.len(), 4);
}

async fn what_the_file_does_not_say_survives_an_import(db: Database) {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    db.shell("UPDATE shops SET override_state = 'closed', override_until_ms = 99").await;
    db.shell("UPDATE phones SET off_until_ms = 77 WHERE name = 'Counter'").await;
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let plan = db.store.plan().await.unwrap();
    let hours_override = plan.shops[0].hours_override.unwrap();
    assert_eq!((hours_override.state, hours_override.until.0), (OverrideState::Closed, 99));
    assert_eq!(plan.shops[0].phones[0].off_until.unwrap().0, 77);
    assert_eq!(plan.shops[0].phones[1].off_until, None);
}

async fn another_shops_number_is_refused_and_nothing_changes(db: Database) {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    db.store.replace_shop(&shop(SECOND)).await.unwrap();
    let thief = SECOND.replace("\"+12125550123\"", "\"+12125550123\", \"+34911234568\"");
    let error = db.store.replace_shop(&shop(&thief)).await.unwrap_err();
    assert!(matches!(&error, StoreError::Taken { what: "number", .. }), "{error}");
    assert!(error.to_string().contains("Ferretería Ruiz"), "{error}");
    assert_eq!(db.store.plan_version().await.unwrap(), 2);
    let stored = db.store.shop_settings("Hardware & Sons").await.unwrap().unwrap();
    assert_eq!(shop_file::write(&stored), shop_file::write(&shop(SECOND)));
}

async fn another_shops_user_is_refused(db: Database) {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let thief = SECOND.replace("sons-counter", "counter");
    let error = db.store.replace_shop(&shop(&thief)).await.unwrap_err();
    assert!(matches!(error, StoreError::Taken { what: "user", .. }), "{error}");
}

async fn another_process_sees_the_version_rise(db: Database) {
    let other = db.open_again().await;
    assert_eq!(other.plan_version().await.unwrap(), 0);
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    assert_eq!(other.plan_version().await.unwrap(), 1);
    assert_eq!(other.plan().await.unwrap().shops.len(), 1);
    other.close().await;
}

async fn calls_survive_an_import(db: Database) {
    db.log().whole(&answered(1)).await;
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    assert!(db.store.call(answered(1).id).await.unwrap().is_some());
}
