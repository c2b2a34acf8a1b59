//! The place Shop: phones, numbers, where notices go.

use std::time::Duration;

use axum::http::{StatusCode, header};
use ringall::notice::Address;
use ringall::routing::plan::{Line, Phone, PhoneId};
use ringall::sip::auth::{Algorithm, ha1};

use crate::browser::Browser;
use crate::shop::{Answer, NOW, Place, TWO_DESKS};

async fn phones(place: &Place) -> Vec<Phone> {
    place.store.plan().await.unwrap().shops[0].phones.clone()
}

#[track_caller]
fn says(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "{words:?} is not in\n{page}");
    }
}

#[track_caller]
fn leads_to(answer: &Answer, path: &str) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(answer.headers[header::LOCATION], path);
}

fn code<'p>(page: &'p str, id: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("<code id=\"{id}\">")).expect("it is shown");
    rest.split_once("</code>").expect("its end").0
}

#[tokio::test]
async fn there_are_four_places_and_the_shop_leads_to_its_parts() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/shop").await;
    let tabs = page.split_once("class=\"tabs\"").unwrap().1.split_once("</nav>").unwrap().0;
    assert_eq!(tabs.matches("<a href").count(), 4, "{tabs}");
    says(tabs, &["href=\"/shop\" aria-current=\"page\""]);
    says(&page, &["2 phones", "1 person", "href=\"/people\"", "href=\"/shop/numbers\"", "Nobody is told"]);
    for path in ["/", "/calls"] {
        says(&ana.sees(path).await, &["href=\"/messages\""]);
    }
}

#[tokio::test]
async fn a_desk_phone_is_added_and_its_password_shown_once() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let answer = ana.fills("/phones/add", &[("name", " Almacén Ñu "), ("kind", "desk"), ("line", "")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let (user, password) = (code(&answer.text, "user"), code(&answer.text, "password"));
    assert_eq!((user, password.len()), ("almacen-nu", 16));
    says(&answer.text, &["phone.example.com", "5060 (UDP)", "never again", "Yealink", "DECT", "/connect\""]);
    let added = phones(&place).await.pop().unwrap();
    assert_eq!((&*added.name, added.after), ("Almacén Ñu", Duration::ZERO));
    let Line::Registers { user: kept, ha1: hash } = &added.line else { panic!("{:?}", added.line) };
    assert_eq!(*kept, user);
    assert_eq!(hash.0, ha1(Algorithm::Md5, user, "ringall", password), "only what proves it is kept");
    for path in ["/phones", &format!("/phones/{}", added.id.0)] {
        assert!(!ana.sees(path).await.contains(password), "{path}");
    }

    let again = ana.fills("/phones/add", &[("name", "ALMACEN NU"), ("kind", "desk"), ("line", "")]).await;
    assert_eq!(code(&again.text, "user"), "almacen-nu-2", "each has a user of its own");

    let changed = ana.fills(&format!("/phones/{}/password", added.id.0), &[]).await;
    let newer = code(&changed.text, "password");
    assert_ne!(newer, password);
    let kept = phones(&place).await.into_iter().find(|phone| phone.id == added.id).unwrap();
    let Line::Registers { ha1: hash, .. } = &kept.line else { panic!("{:?}", kept.line) };
    assert_eq!(hash.0, ha1(Algorithm::Md5, user, "ringall", newer));
}

#[tokio::test]
async fn a_cell_and_a_fixed_address_are_added() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let cell = ana.fills("/phones/add", &[("name", "Bea"), ("kind", "cell"), ("line", "600 222 333")]).await;
    says(&cell.text, &["presses a key first"]);
    let fixed = [("name", "Workshop"), ("kind", "fixed"), ("line", "workshop@192.0.2.10:5060")];
    assert_eq!(ana.fills("/phones/add", &fixed).await.status, StatusCode::OK);
    let phones = phones(&place).await;
    let Line::Cell { number } = &phones[2].line else { panic!("{:?}", phones[2].line) };
    assert_eq!((number.as_str(), phones[2].after), ("+34600222333", Duration::from_secs(15)));
    assert_eq!(phones[3].line, Line::Fixed { contact: "sip:workshop@192.0.2.10:5060".to_owned() });
}

#[tokio::test]
async fn a_phone_that_cannot_be_added_comes_back_as_typed() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for (name, kind, line, words) in [
        ("", "desk", "", "at most 60 characters"),
        ("Counter", "desk", "", "Another phone has this name."),
        ("Bea & <b>", "cell", "six", "This is no telephone number."),
        ("Bea", "cell", "+34600111222", "Another phone of yours is this one already."),
        ("Workshop", "fixed", "nowhere", "This is no SIP address."),
    ] {
        let answer = ana.fills("/phones/add", &[("name", name), ("kind", kind), ("line", line)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {kind} {line}");
        let described = if answer.text.contains("id=\"name-fault\"") { "name-fault" } else { "line-fault" };
        says(
            &answer.text,
            &[
                words,
                &format!(
                    "aria-describedby=\"{}",
                    if described == "name-fault" { "name-hint name-fault" } else { "line-fault" }
                ),
            ],
        );
        says(&answer.text, &[&format!("value=\"{line}\""), &format!("value=\"{kind}\" checked")]);
        assert!(!answer.text.contains("<b>"));
    }
    assert_eq!(phones(&place).await.len(), 2);
    let odd = ana.fills("/phones/add", &[("name", "A"), ("kind", "fax"), ("line", "")]).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
}

fn at(phone: PhoneId, what: &str) -> String {
    format!("/phones/{}/{what}", phone.0)
}

#[tokio::test]
async fn a_phone_is_renamed_has_hours_of_its_own_and_is_removed() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let id = phones(&place).await[0].id;
    leads_to(&ana.fills(&at(id, "name"), &[("name", "Mostrador")]).await, &format!("/phones/{}", id.0));
    leads_to(&ana.fills(&at(id, "hours"), &[("hours", "Mo-Fr 08:00-20:00")]).await, &format!("/phones/{}", id.0));
    let phone = phones(&place).await.remove(0);
    assert_eq!((&*phone.name, phone.hours.as_ref().unwrap().as_str()), ("Mostrador", "Mo-Fr 08:00-20:00"));
    let taken = ana.fills(&at(id, "name"), &[("name", "Ana's cell")]).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    says(&taken.text, &["Another phone has this name.", "value=\"Ana&#39;s cell\"", "aria-describedby=\"name-fault\""]);
    let wrong = ana.fills(&at(id, "hours"), &[("hours", "always <b>")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    says(&wrong.text, &["was not understood", "always &#60;b&#62;"]);
    ana.fills(&at(id, "hours"), &[("hours", "")]).await;
    assert!(phones(&place).await[0].hours.is_none());
    for _ in 0..2 {
        leads_to(&ana.fills(&at(id, "remove"), &[]).await, "/phones");
    }
    assert_eq!(phones(&place).await.len(), 1);
    assert_eq!(ana.fills(&at(id, "name"), &[("name", "X")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn waves_are_moved_a_step_at_a_time() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let cell = phones(&place).await[1].id;
    let seconds = async || phones(&place).await[1].after.as_secs();
    let page = ana.sees("/phones").await;
    assert!(page.contains("▼") && !page.contains("▲"), "all are in the first wave");
    leads_to(&ana.fills(&at(cell, "wave"), &[("to", "later")]).await, "/phones");
    assert_eq!(seconds().await, 15);
    ana.fills(&at(cell, "wave"), &[("to", "later")]).await;
    assert_eq!(seconds().await, 15, "alone in the last it stays");
    ana.fills(&at(cell, "wave"), &[("to", "earlier")]).await;
    assert_eq!(seconds().await, 0);
    assert_eq!(ana.fills(&at(cell, "wave"), &[("to", "up")]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_phone_is_off_until_its_end() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let id = phones(&place).await[0].id;
    ana.fills(&at(id, "off"), &[("until", "2026-12-28T09:00")]).await;
    assert_eq!(phones(&place).await[0].off_until.map(|until| until.0 - NOW.0), Some(312_900_000));
    says(&ana.sees(&format!("/phones/{}", id.0)).await, &["It is off until Monday at 9:00."]);
    for until in ["2026-12-24T18:00", "2028-01-01T09:00", "soon", ""] {
        let answer = ana.fills(&at(id, "off"), &[("until", until)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{until}");
        says(&answer.text, &["still to come", &format!("value=\"{until}\"")]);
    }
    ana.fills(&at(id, "off"), &[("until", ""), ("off", "end")]).await;
    assert_eq!(phones(&place).await[0].off_until, None);
}

#[tokio::test]
async fn numbers_notices_and_the_name_are_set_or_come_back() {
    let place = Place::of(&["Ruiz", TWO_DESKS], crate::shop::Loop::Answers).await;
    let mut ana = place.anas_browser().await;
    let norte = place.plan.shops[1].id.0;
    let shop = async |n: usize| place.store.plan().await.unwrap().shops[n].clone();
    ana.fills("/shop/numbers", &[("lines", "911 234 567\r\n\r\n+34911234568\r\n911234567")]).await;
    let numbers: Vec<String> = shop(0).await.numbers.iter().map(|number| number.as_str().to_owned()).collect();
    assert_eq!(numbers, ["+34911234567", "+34911234568"]);
    let other = format!("/shop/numbers?shop={norte}");
    for (lines, words) in [("911234567", "another shop&#39;s already"), ("nine", "is no telephone number")] {
        let answer = ana.fills(&other, &[("lines", lines)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        says(&answer.text, &[words, &format!(">{lines}</textarea>"), "aria-describedby=\"lines-hint lines-fault\""]);
    }
    assert!(shop(1).await.numbers.is_empty());

    ana.fills("/shop/notices", &[("lines", "mailto:ana@example.com\nhttps://ntfy.example/secret-topic")]).await;
    let told: Vec<String> = shop(0).await.notify.iter().map(Address::text).collect();
    assert_eq!(told, ["mailto:ana@example.com", "https://ntfy.example/secret-topic"]);
    let page = ana.sees("/shop").await;
    assert!(page.contains("ntfy.example") && !page.contains("secret-topic"), "everybody sees this page");
    let wrong = ana.fills("/shop/notices", &[("lines", "ana@example.com")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);

    let basics = [("name", "Ferretería"), ("time_zone", "Atlantic/Canary"), ("country", "es"), ("language", "en")];
    assert_eq!(ana.fills("/shop/basics", &basics).await.status, StatusCode::SEE_OTHER);
    let ruiz = shop(0).await;
    assert_eq!((ruiz.name.as_str(), ruiz.time_zone), ("Ferretería", chrono_tz::Atlantic::Canary));
    let wrong = [("name", TWO_DESKS), ("time_zone", "Europe/Nowhere"), ("country", "Spain"), ("language", "en")];
    let answer = ana.fills("/shop/basics", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    says(&answer.text, &["no such time zone", "no such country", "value=\"Spain\"", "aria-describedby=\"zone-fault\""]);
    let taken = [("name", TWO_DESKS), ("time_zone", "Europe/Madrid"), ("country", "ES"), ("language", "es")];
    says(&ana.fills("/shop/basics", &taken).await.text, &["Another shop has this name."]);
}

#[tokio::test]
async fn another_shops_phone_is_not_this_ones() {
    let place = Place::of(&["Ruiz", TWO_DESKS], crate::shop::Loop::Answers).await;
    let mut ana: Browser<'_> = place.anas_browser().await;
    let theirs = place.plan.shops[1].phones[0].id;
    for what in ["name", "hours", "wave", "off", "password"] {
        let answer = ana.fills(&at(theirs, what), &[("name", "X"), ("to", "later")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}");
    }
    ana.fills(&at(theirs, "remove"), &[]).await;
    assert_eq!(place.store.plan().await.unwrap().shops[1].phones.len(), 3);
}
