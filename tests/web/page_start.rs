//! The first steps: from a link in the terminal to a phone that rings.

use axum::http::{StatusCode, header};
use ringall::routing::plan::{Country, Language, Line};
use ringall::store::Store;

use crate::browser::Browser;
use crate::shop::{Answer, Asked, Loop, NOW, Place};

const WORDS: [(&str, &str); 2] = [("password", "green gate, one latch"), ("again", "green gate, one latch")];

/// A service that nobody has set up, and whoever came by its link.
async fn newcomer(place: &Place) -> Browser<'_> {
    let link = place.store.invite_the_first(NOW).await.unwrap().expect("nobody has an account");
    place.first_start.hold(&link).await.unwrap();
    let mut browser = place.browser();
    let page = browser.sees(&format!("/set-up/{link}")).await;
    assert!(page.contains("name=\"email\" value=\"\"") && !page.contains("readonly"), "{page}");
    let wrong = browser.sends(&format!("/set-up/{link}"), &[("email", "ana"), WORDS[0], WORDS[1]]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"ana\"") && wrong.text.contains("aria-describedby=\"email-fault\""));
    let fields = [("email", "Ana@Example.com"), WORDS[0], WORDS[1]];
    let answer = browser.sends(&format!("/set-up/{link}"), &fields).await;
    leads_to(&answer, "/start");
    assert!(!place.first_start.path().exists(), "its link is used up");
    browser
}

#[track_caller]
fn leads_to(answer: &Answer, path: &str) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(answer.headers[header::LOCATION], path);
}

/// Fills in a form of this very page: before there is a shop no other has a mark.
async fn fills(ana: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = ana.sees(path).await;
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form has a mark");
    let mark = rest.split_once('"').unwrap().0.to_owned();
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", mark.as_str())]).collect();
    ana.sends(path, &fields).await
}

const RUIZ: [(&str, &str); 4] =
    [("name", "Ferretería Ruiz"), ("time_zone", "Europe/Madrid"), ("country", "ES"), ("language", "es")];

#[tokio::test]
async fn a_newcomer_is_led_from_a_link_to_a_phone_that_is_rung() {
    let place = Place::of(&[], Loop::Answers).await;
    let mut ana = newcomer(&place).await;
    for path in ["/", "/calls", "/hours", "/shop"] {
        leads_to(&ana.opens(path).await, "/start");
    }
    leads_to(&ana.opens("/start").await, "/start/shop");
    leads_to(&fills(&mut ana, "/start/shop", &RUIZ).await, "/start/hours");
    let hours = [("w0from", "09:00"), ("w0to", "14:00"), ("w1from", "16:30"), ("w1to", "20:00")];
    let hours: Vec<_> =
        hours.into_iter().chain([("s0from", "10:00"), ("s0to", "14:00"), ("holidays_off", "yes")]).collect();
    leads_to(&fills(&mut ana, "/start/hours", &hours).await, "/start/phone");
    let added = ana.fills("/phones/add", &[("name", "Mostrador"), ("kind", "desk"), ("then", "/start/number")]).await;
    assert!(added.text.contains("id=\"next\" href=\"/start/number\""), "{}", added.text);
    leads_to(&fills(&mut ana, "/start/number", &[("lines", "911234567")]).await, "/start/greeting");
    assert!(ana.sees("/start/greeting").await.contains("href=\"/start/call\""));
    ana.sees("/start/call").await;

    let plan = place.store.plan().await.unwrap();
    let [shop] = plan.shops.as_slice() else { panic!("{plan:?}") };
    assert_eq!((shop.name.as_str(), shop.language, shop.country), ("Ferretería Ruiz", Language::Es, Country(*b"ES")));
    assert_eq!(shop.hours.as_ref().unwrap().as_str(), "Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off");
    assert!(matches!(&shop.phones[0].line, Line::Registers { user, .. } if user == "mostrador"));
    assert_eq!(shop.numbers[0].as_str(), "+34911234567");
    assert_eq!(shop.calls_to, [Country(*b"ES")]);
    leads_to(&ana.opens("/start").await, "/start/greeting");
    assert!(ana.sees("/").await.contains("Ferretería Ruiz"));
}

#[tokio::test]
async fn every_step_can_be_skipped_and_returned_to() {
    let place = Place::of(&[], Loop::Answers).await;
    let mut ana = newcomer(&place).await;
    fills(&mut ana, "/start/shop", &RUIZ).await;
    let steps = ["/start/hours", "/start/phone", "/start/number", "/start/greeting", "/start/call"];
    for (step, next) in steps.iter().zip(steps[1..].iter().copied().chain(["/"])) {
        let page = ana.sees(step).await;
        assert!(page.contains(&format!("id=\"next\" href=\"{next}\"")), "{step}: {page}");
        for other in steps {
            assert!(page.contains(&format!("href=\"{other}\"")), "{step} leads to {other}");
        }
    }
    assert!(ana.sees("/start/hours").await.contains("name=\"w0from\""));
    assert!(ana.sees("/shop").await.contains("href=\"/start\""));
    leads_to(
        &fills(&mut ana, "/start/shop", &[("name", "Ruiz e Hijos"), RUIZ[1], RUIZ[2], RUIZ[3]]).await,
        "/start/hours",
    );
    assert_eq!(place.store.plan().await.unwrap().shops[0].name, "Ruiz e Hijos", "the same shop");
}

#[tokio::test]
async fn the_first_step_is_about_the_shop_that_is_looked_at() {
    let place = Place::of(&["Ruiz", "Second"], Loop::Answers).await;
    let mut ana = place.anas_browser().await;
    let second = place.plan.shops[1].id.0;
    let path = format!("/start/shop?shop={second}");
    let page = ana.sees(&path).await;
    assert!(page.contains("value=\"Second\"") && page.contains(&format!("action=\"{path}\"")), "{page}");
    assert!(page.contains(&format!("href=\"/start/phone?shop={second}\"")), "{page}");
    let fields = [("name", "The second"), RUIZ[1], RUIZ[2], RUIZ[3]];
    leads_to(&fills(&mut ana, &path, &fields).await, &format!("/start/hours?shop={second}"));
    let shops = place.store.plan().await.unwrap().shops;
    assert_eq!(shops.iter().map(|shop| shop.name.as_str()).collect::<Vec<_>>(), ["Ruiz", "The second"]);
    assert_eq!(ana.opens("/start/shop?shop=0").await.status, StatusCode::NOT_FOUND);
    let to = ana.opens(&format!("/start?shop={second}")).await;
    assert!(to.headers[header::LOCATION].to_str().unwrap().ends_with(&format!("?shop={second}")));
}

#[tokio::test]
async fn what_is_wrong_in_a_step_comes_back_as_typed() {
    let place = Place::of(&[], Loop::Answers).await;
    let mut ana = newcomer(&place).await;
    let wrong = [("name", ""), ("time_zone", "Madrid"), ("country", "ZZ"), ("language", "es")];
    let answer = fills(&mut ana, "/start/shop", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["value=\"Madrid\"", "no such time zone", "no such country", "at most 100 characters"] {
        assert!(answer.text.contains(part), "{part:?} is not in {}", answer.text);
    }
    assert!(place.store.plan().await.unwrap().shops.is_empty());
    fills(&mut ana, "/start/shop", &RUIZ).await;
    for (fields, words) in
        [(&[("w0from", "09:00")][..], "Write both times"), (&[("holidays_off", "yes")][..], "Write when you are open")]
    {
        let answer = fills(&mut ana, "/start/hours", fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(words), "{}", answer.text);
        assert!(!fields.iter().any(|(_, value)| *value == "09:00") || answer.text.contains("value=\"09:00\""));
    }
    let answer = fills(&mut ana, "/start/number", &[("lines", "nine")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains(">nine</textarea>"));
    assert_eq!(place.store.plan().await.unwrap().shops[0].hours, None);
}

#[tokio::test]
async fn where_the_browser_is_is_proposed() {
    let place = Place::of(&[], Loop::Answers).await;
    let mut ana = newcomer(&place).await.speaking("es-MX,es;q=0.8");
    let page = ana.sees("/start/shop").await;
    assert!(page.contains("name=\"country\" value=\"MX\"") && page.contains("data-guess=\"zone\""), "{page}");
    assert!(page.contains("value=\"es\" checked") && page.contains("/guess.js"), "{page}");
}

#[tokio::test]
async fn only_the_very_first_is_let_in_without_an_invitation() {
    let place = Place::of_one_shop().await;
    let again = place.store.invite_the_first(NOW).await.unwrap().expect("nobody has an account");
    let newer = place.store.invite_the_first(NOW).await.unwrap().expect("still nobody");
    let mut ana = place.browser();
    assert_eq!(
        ana.opens(&format!("/set-up/{again}")).await.status,
        StatusCode::NOT_FOUND,
        "a newer one took its place"
    );
    let fields = [("email", "ana@example.com"), WORDS[0], WORDS[1]];
    leads_to(&ana.sends(&format!("/set-up/{newer}"), &fields).await, "/");
    assert_eq!(place.store.invite_the_first(NOW).await.unwrap(), None);
    let invited: &Store = &place.store;
    assert_eq!(invited.people(NOW).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_drill_rings_each_phone_but_cells_and_says_what_came_of_it() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/phones/drill").await;
    for words in ["Counter rang. It works. (today, 18:04)", "A cell is not rung here"] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
    assert!(place.asked().is_empty());
    leads_to(&ana.fills("/phones/drill", &[]).await, "/phones/drill");
    let counter = place.plan.shops[0].phones[0].id;
    assert_eq!(place.asked(), [Asked::Ring(counter, ringall::switchboard::Purpose::Drill)]);
    let one = format!("/phones/{}/drill", counter.0);
    leads_to(&ana.fills(&one, &[("then", "/start/call")]).await, "/start/call");
    leads_to(&ana.fills(&one, &[("then", "//elsewhere.example")]).await, "/phones/drill");
}

#[tokio::test]
async fn the_owner_has_the_phones_rung_before_each_opening_and_no_longer() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let wants = async || place.store.plan().await.unwrap().shops[0].drill_before_opening;
    assert!(!wants().await && !ana.sees("/phones/drill").await.contains("checked"), "not unless wanted");
    leads_to(&ana.fills("/phones/drill/before-opening", &[("ring", "yes")]).await, "/phones/drill?saved=yes");
    assert!(wants().await);
    leads_to(&ana.fills("/phones/drill/before-opening", &[]).await, "/phones/drill?saved=yes");
    assert!(!wants().await);
    assert!(place.asked().is_empty(), "no phone rings for that");
    let mut guest = place.browser();
    assert_eq!(guest.sends("/phones/drill/before-opening", &[]).await.status, StatusCode::UNAUTHORIZED);
}
