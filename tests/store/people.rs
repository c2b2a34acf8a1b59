//! People and their roles, phones one by one, screens, and what a shop is called.

use std::time::Duration;

use ringall::notice::Address;
use ringall::now::UnixMs;
use ringall::routing::Hours;
use ringall::routing::plan::{Country, Ha1, Language, Line, Phone, PhoneId, ShopId};
use ringall::store::owners::LINK_LASTS;
use ringall::store::screens::{PAIRING_LASTS, SCREEN_IDLE};
use ringall::store::{Link, OwnerId, PersonChange, Role, ShopBasics, StoreError};

use crate::cast::{Database, RUIZ, number, shop};

crate::on_both! {
    the_last_owner_stays, somebody_removed_is_gone_with_all, the_first_is_invited_once,
    whoever_was_invited_and_never_came_keeps_nobody_out,
    phones_are_set_one_by_one, another_phones_name_or_line_is_refused, a_screen_is_paired_once_and_ended,
    a_shop_is_made_and_moved, numbers_and_notices_replace_those_before,
}

const NOW: UnixMs = UnixMs(1_798_131_900_000);

async fn set_up(db: &Database, email: &str, role: Role) -> OwnerId {
    let link = db.store.invite(email, role, NOW).await.unwrap();
    let Link::Good(owner) = db.store.use_set_up_link(&link, "hash", NOW).await.unwrap() else { panic!("a good link") };
    assert_eq!(owner.role, role);
    owner.id
}

async fn the_last_owner_stays(db: Database) {
    let ana = set_up(&db, "ana@example.com", Role::Owner).await;
    let bea = set_up(&db, "bea@example.com", Role::Staff).await;
    let _invited = db.store.invite("carla@example.com", Role::Owner, NOW).await.unwrap();
    assert_eq!(db.store.remove_person(ana).await.unwrap(), PersonChange::LastOwner);
    assert_eq!(db.store.set_role(ana, Role::Staff).await.unwrap(), PersonChange::LastOwner);
    assert_eq!(db.store.owners().await.unwrap(), ["ana@example.com"]);
    assert_eq!(db.store.set_role(bea, Role::Owner).await.unwrap(), PersonChange::Done);
    assert_eq!(db.store.set_role(ana, Role::Staff).await.unwrap(), PersonChange::Done);
    assert_eq!(db.store.remove_person(bea).await.unwrap(), PersonChange::LastOwner);
    assert_eq!(db.store.remove_person(ana).await.unwrap(), PersonChange::Done);
    let roles: Vec<_> =
        db.store.people(NOW).await.unwrap().into_iter().map(|it| (it.email, it.role, it.is_set_up)).collect();
    assert_eq!(
        roles,
        [("bea@example.com".to_owned(), Role::Owner, true), ("carla@example.com".to_owned(), Role::Owner, false)]
    );
}

async fn somebody_removed_is_gone_with_all(db: Database) {
    set_up(&db, "ana@example.com", Role::Owner).await;
    let bea = set_up(&db, "bea@example.com", Role::Staff).await;
    let browser = db.store.sign_in(bea, NOW).await.unwrap();
    db.store.set_own_phone(bea, Some(PhoneId(7))).await.unwrap();
    assert_eq!(db.store.signed_in(&browser, NOW).await.unwrap().unwrap().phone, Some(PhoneId(7)));
    let person = db.store.people(NOW).await.unwrap().remove(1);
    assert_eq!((person.sign_ins, person.seen, person.phone), (1, Some(NOW), Some(PhoneId(7))));
    db.store.sign_out_everywhere(bea).await.unwrap();
    assert_eq!(db.store.signed_in(&browser, NOW).await.unwrap(), None);
    let browser = db.store.sign_in(bea, NOW).await.unwrap();
    let link = db.store.invite("bea@example.com", Role::Staff, NOW).await.unwrap();
    assert_eq!(db.store.remove_person(bea).await.unwrap(), PersonChange::Done);
    assert_eq!(db.store.signed_in(&browser, NOW).await.unwrap(), None);
    assert_eq!(db.store.set_up_link(&link, NOW).await.unwrap(), Link::Unknown);
}

async fn the_first_is_invited_once(db: Database) {
    let first = db.store.invite_the_first(NOW).await.unwrap().unwrap();
    let Link::Good(owner) = db.store.set_up_link(&first, NOW).await.unwrap() else { panic!("a good link") };
    assert!(owner.email.is_empty() && db.store.people(NOW).await.unwrap().is_empty());
    let used = db.store.use_first_link(&first, "Ana@example.com", "hash", NOW).await.unwrap();
    assert!(matches!(used, Link::Good(owner) if owner.email == "ana@example.com"));
    let late = db.store.use_first_link(&first, "eve@example.com", "hash of hers", NOW).await.unwrap();
    assert_eq!(late, Link::Used, "two have the link: the first has it all");
    assert_eq!(db.store.owner_password("ana@example.com").await.unwrap(), Some((owner.id, "hash".to_owned())));
    assert_eq!(db.store.invite_the_first(NOW).await.unwrap(), None);
}

async fn whoever_was_invited_and_never_came_keeps_nobody_out(db: Database) {
    db.store.invite("ana@example.com", Role::Owner, NOW).await.unwrap();
    assert_eq!(db.store.invite_the_first(NOW).await.unwrap(), None, "her link is good");
    let late = NOW + LINK_LASTS;
    let first = db.store.invite_the_first(late).await.unwrap().expect("nobody can come in any more");
    db.store.invite("bea@example.com", Role::Staff, late).await.unwrap();
    let taken = db.store.use_first_link(&first, "bea@example.com", "hash", late).await;
    assert!(matches!(taken, Err(StoreError::Taken { .. })), "she has a link of her own");
    let used = db.store.use_first_link(&first, "ana@example.com", "hash", late).await.unwrap();
    let Link::Good(owner) = used else { panic!("the link was not used up: {used:?}") };
    assert_eq!(db.store.owner_password("ana@example.com").await.unwrap(), Some((owner.id, "hash".to_owned())));
}

fn phone(name: &str, line: Line) -> Phone {
    Phone { id: PhoneId(0), name: name.into(), line, after: Duration::ZERO, hours: None, off_until: None }
}

fn registers(user: &str) -> Line {
    Line::Registers { user: user.to_owned(), ha1: Ha1("0123456789abcdef0123456789abcdef".to_owned()) }
}

async fn phones_are_set_one_by_one(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let before = db.store.plan_version().await.unwrap();
    let id = db.store.add_phone(ruiz, &phone("Till", registers("till"))).await.unwrap();
    let hours = Hours::parse("Mo-Fr 08:00-20:00; PH off", Country(*b"ES")).unwrap();
    db.store.rename_phone(ruiz, id, "Caja").await.unwrap();
    db.store.rename_phone(ruiz, id, "Caja").await.unwrap();
    db.store.set_phone_hours(ruiz, id, Some(&hours)).await.unwrap();
    db.store.set_phone_wave(ruiz, id, Duration::from_secs(30)).await.unwrap();
    db.store.set_phone_off(ruiz, id, Some(NOW)).await.unwrap();
    db.store.set_phone_password(ruiz, id, "another").await.unwrap();
    let plan = db.store.plan().await.unwrap();
    assert_eq!(plan.version, before + 7, "the call loop hears of each");
    let caja = plan.shops[0].phones.last().unwrap();
    assert_eq!((caja.id, &*caja.name, caja.after, caja.off_until), (id, "Caja", Duration::from_secs(30), Some(NOW)));
    assert_eq!(caja.hours.as_ref().map(Hours::as_str), Some(hours.as_str()));
    assert!(matches!(&caja.line, Line::Registers { ha1, .. } if ha1.0 == "another"));
    db.store.set_phone_off(ruiz, id, None).await.unwrap();
    db.store.set_phone_hours(ruiz, id, None).await.unwrap();
    assert!(db.store.remove_phone(ruiz, id).await.unwrap());
    assert!(!db.store.remove_phone(ruiz, id).await.unwrap());
    for gone in [
        db.store.rename_phone(ruiz, id, "X").await,
        db.store.set_phone_hours(ruiz, id, None).await,
        db.store.set_phone_wave(ruiz, id, Duration::ZERO).await,
        db.store.set_phone_off(ruiz, id, None).await,
        db.store.set_phone_password(ruiz, id, "x").await,
    ] {
        assert!(matches!(gone, Err(StoreError::Gone { what: "phone" })), "{gone:?}");
    }
    let elsewhere = Hours::parse("Mo-Fr 08:00-20:00", Country(*b"FR")).unwrap();
    let first = plan.shops[0].phones[0].id;
    assert!(matches!(db.store.set_phone_hours(ruiz, first, Some(&elsewhere)).await, Err(StoreError::OtherCountry)));
}

async fn another_phones_name_or_line_is_refused(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let sol = db.store.create_shop(&basics("Sol")).await.unwrap();
    let before = db.store.plan().await.unwrap().shops[0].phones.len();
    for (new, what) in [
        (phone("Counter", registers("x")), "name"),
        (phone("X", registers("counter")), "line"),
        (phone("X", Line::Fixed { contact: "sip:workshop@192.0.2.10:5060".to_owned() }), "line"),
        (phone("X", Line::Cell { number: number("+34600111222") }), "line"),
    ] {
        let refused = db.store.add_phone(ruiz, &new).await;
        assert!(matches!(refused, Err(StoreError::Taken { what: found, .. }) if found == what), "{refused:?}");
    }
    let same_user = db.store.add_phone(sol, &phone("X", registers("counter"))).await;
    assert!(matches!(same_user, Err(StoreError::Taken { .. })), "users are the installation's");
    db.store.add_phone(sol, &phone("Counter", Line::Cell { number: number("+34600111222") })).await.unwrap();
    let counter = db.store.plan().await.unwrap().shops[0].phones[1].id;
    assert!(matches!(db.store.rename_phone(ruiz, counter, "Counter").await, Err(StoreError::Taken { .. })));
    assert_eq!(db.store.plan().await.unwrap().shops[0].phones.len(), before);
    let nowhere = db.store.add_phone(ShopId(99), &phone("X", registers("y"))).await;
    assert!(matches!(nowhere, Err(StoreError::Gone { what: "shop" })));
}

async fn a_screen_is_paired_once_and_ended(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let late = db.store.make_screen_link(ruiz, NOW).await.unwrap();
    assert_eq!(db.store.pair_screen(&late, NOW + PAIRING_LASTS).await.unwrap(), None);
    let link = db.store.make_screen_link(ruiz, NOW).await.unwrap();
    assert_eq!(db.store.screen_link(&link, NOW).await.unwrap(), Some(ruiz));
    let cookie = db.store.pair_screen(&link, NOW).await.unwrap().expect("a good link");
    assert_eq!(db.store.pair_screen(&link, NOW).await.unwrap(), None);
    assert_eq!(db.store.screen_link(&link, NOW).await.unwrap(), None);
    assert_eq!(db.store.screen(&link, NOW).await.unwrap(), None, "the link is no cookie");
    assert_eq!(db.store.screen(&cookie, NOW).await.unwrap(), Some(ruiz));
    let seen = NOW + Duration::from_secs(3600);
    assert_eq!(db.store.screen(&cookie, seen).await.unwrap(), Some(ruiz));
    assert_eq!(db.store.screen(&cookie, seen + SCREEN_IDLE).await.unwrap(), None);
    let screens = db.store.screens(ruiz, NOW + PAIRING_LASTS).await.unwrap();
    assert_eq!(screens.len(), 1, "a link that ran out is not shown: {screens:?}");
    assert_eq!((screens[0].paired, screens[0].seen), (Some(NOW), Some(seen)));
    db.store.end_screen(ShopId(99), screens[0].id).await.unwrap();
    assert_eq!(db.store.screen(&cookie, seen).await.unwrap(), Some(ruiz), "another shop's owner cannot");
    db.store.end_screen(ruiz, screens[0].id).await.unwrap();
    assert_eq!(db.store.screen(&cookie, seen).await.unwrap(), None);
}

fn basics(name: &str) -> ShopBasics {
    let (time_zone, country) = (chrono_tz::Europe::Madrid, Country(*b"ES"));
    ShopBasics { name: name.to_owned(), time_zone, country, language: Language::Es }
}

async fn a_shop_is_made_and_moved(db: Database) {
    let id = db.store.create_shop(&basics("Sol")).await.unwrap();
    assert!(matches!(db.store.create_shop(&basics("Sol")).await, Err(StoreError::Taken { .. })));
    let luna = db.store.create_shop(&basics("Luna")).await.unwrap();
    assert!(matches!(db.store.set_shop_basics(luna, &basics("Sol")).await, Err(StoreError::Taken { .. })));
    let moved = ShopBasics {
        name: "Soleil".to_owned(),
        time_zone: chrono_tz::Europe::Paris,
        country: Country(*b"FR"),
        language: Language::En,
    };
    db.store.set_shop_basics(id, &moved).await.unwrap();
    let plan = db.store.plan().await.unwrap();
    let shop = plan.shop(id).unwrap();
    assert_eq!((shop.name.as_str(), shop.time_zone, shop.language), ("Soleil", chrono_tz::Europe::Paris, Language::En));
    assert_eq!((shop.country, shop.calls_to.as_slice()), (Country(*b"FR"), &[Country(*b"FR")][..]));
    assert!(shop.call_back_ring && shop.hours.is_none() && shop.give_up_after == Duration::from_secs(120));
}

async fn numbers_and_notices_replace_those_before(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let sol = db.store.create_shop(&basics("Sol")).await.unwrap();
    let taken = db.store.set_numbers(sol, &[number("+34911999999"), number("+34911234567")]).await;
    assert!(matches!(taken, Err(StoreError::Taken { what: "number", .. })), "{taken:?}");
    assert!(db.store.plan().await.unwrap().shop(sol).unwrap().numbers.is_empty(), "all or none");
    db.store.set_numbers(ruiz, &[number("+34911234568")]).await.unwrap();
    db.store.set_numbers(sol, &[number("+34911234567")]).await.unwrap();
    let mail = Address::parse("mailto:sol@example.com").unwrap();
    db.store.set_notify(sol, &[mail]).await.unwrap();
    let plan = db.store.plan().await.unwrap();
    assert_eq!(plan.shop(ruiz).unwrap().numbers, [number("+34911234568")]);
    assert_eq!(
        plan.shop(sol).unwrap().notify.iter().map(Address::text).collect::<Vec<_>>(),
        ["mailto:sol@example.com"]
    );
    assert!(matches!(db.store.set_notify(ShopId(99), &[]).await, Err(StoreError::Gone { .. })));
}
