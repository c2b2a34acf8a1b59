//! The first steps: from a link in the terminal to a phone that rings.

use axum::http::{StatusCode, header};
use ringall::routing::plan::{Country, Language, Line};
use ringall::store::Store;

use crate::browser::{Browser, CHOSEN};
use crate::page_greeting::recording;
use crate::shop::{Answer, Asked, Loop, NOW, Place};

/// A service that nobody has set up, and whoever came by its link.
async fn newcomer(place: &Place) -> Browser<'_> {
    let link = place.store.invite_the_first(NOW).await.unwrap().expect("nobody has an account");
    place.first_start.hold(&link).await.unwrap();
    let mut browser = place.browser();
    let page = browser.sees(&format!("/set-up/{link}")).await;
    assert!(page.contains("name=\"email\" value=\"\"") && !page.contains("readonly"), "{page}");
    let wrong = browser.sends(&format!("/set-up/{link}"), &[("email", "ana"), CHOSEN[0], CHOSEN[1]]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"ana\"") && wrong.text.contains("aria-describedby=\"email-fault\""));
    let fields = [("email", "Ana@Example.com"), CHOSEN[0], CHOSEN[1]];
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

const RUIZ_HOURS: [(&str, &str); 7] = [
    ("d0", "9-2, 4:30-8"),
    ("d1", "\""),
    ("d2", "\""),
    ("d3", "\""),
    ("d4", "\""),
    ("d5", "10-14"),
    ("holidays_off", "yes"),
];

/// Sends the week from its page as it is now.
async fn sends_week(ana: &mut Browser<'_>, days: &[(&str, &str)]) -> Answer {
    let page = ana.sees("/start/hours").await;
    let tag = value_of(&page, "tag");
    let fields: Vec<(&str, &str)> = days.iter().copied().chain([("tag", tag.as_str())]).collect();
    fills(ana, "/start/hours", &fields).await
}

/// Of the first field of this name.
fn value_of(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("a field of this name");
    rest.split_once('"').expect("its end").0.to_owned()
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
    leads_to(&ana.opens("/start").await, "/start/hours");
    leads_to(&sends_week(&mut ana, &RUIZ_HOURS).await, "/start/closed-days");
    leads_to(&ana.opens("/start").await, "/start/closed-days");
    let days = ana.sees("/start/closed-days").await;
    assert!(days.contains("Which days do you close in 2027?") && days.contains("Good Friday"), "{days}");
    assert!(days.contains("name=\"h-2027-01-01\" value=\"yes\" checked"), "the hours close on holidays: {days}");
    // They open on the sixth of January.
    let wishes = [("was-2027-01-06", "closed"), ("l0date", "2027-09-08"), ("l0name", "Feria")];
    leads_to(&fills(&mut ana, "/start/closed-days", &wishes).await, "/start/phone");
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
    let closures: Vec<_> =
        shop.closures.iter().map(|it| (it.from.date().to_string(), it.why.as_str(), it.open.is_some())).collect();
    assert_eq!(closures, [("2027-01-06".to_owned(), "Epiphany", true), ("2027-09-08".to_owned(), "Feria", false)]);
    leads_to(&ana.opens("/start").await, "/start/greeting");
    assert!(ana.sees("/").await.contains("Ferretería Ruiz"));
}

#[tokio::test]
async fn every_step_can_be_skipped_and_returned_to() {
    let place = Place::of(&[], Loop::Answers).await;
    let mut ana = newcomer(&place).await;
    fills(&mut ana, "/start/shop", &RUIZ).await;
    let steps =
        ["/start/hours", "/start/closed-days", "/start/phone", "/start/number", "/start/greeting", "/start/call"];
    for (step, next) in steps.iter().zip(steps[1..].iter().copied().chain(["/"])) {
        let page = ana.sees(step).await;
        assert!(page.contains(&format!("id=\"next\" href=\"{next}\"")), "{step}: {page}");
        for other in steps {
            assert!(page.contains(&format!("href=\"{other}\"")), "{step} leads to {other}");
        }
    }
    assert!(ana.sees("/start/hours").await.contains("name=\"d0\" value=\"\""));
    assert!(ana.sees("/shop").await.contains("href=\"/start\""));
    leads_to(
        &fills(&mut ana, "/start/shop", &[("name", "Ruiz e Hijos"), RUIZ[1], RUIZ[2], RUIZ[3]]).await,
        "/start/hours",
    );
    assert_eq!(place.store.plan().await.unwrap().shops[0].name, "Ruiz e Hijos", "the same shop");
}

#[tokio::test]
async fn a_week_is_typed_as_on_a_door_in_the_first_steps_too() {
    let place = Place::of(&[], Loop::Answers).await;
    let mut ana = newcomer(&place).await;
    fills(&mut ana, "/start/shop", &RUIZ).await;
    let days = [("d0", "closed"), ("d1", "9-2, 4:30-8"), ("d2", "\""), ("d3", "igual"), ("d4", "18-2"), ("d5", "24h")];
    leads_to(&sends_week(&mut ana, &days).await, "/start/closed-days");
    let hours = place.store.plan().await.unwrap().shops[0].hours.clone().unwrap();
    assert_eq!(hours.as_str(), "Tu-Th 09:00-14:00,16:30-20:00; Fr 18:00-02:00; Sa 00:00-24:00");
    // Back again, the week is there to be changed.
    let page = ana.sees("/start/hours").await;
    assert!(page.contains("name=\"d2\" value=\"09:00-14:00, 16:30-20:00\""), "{page}");
    assert!(!page.contains("name=\"holidays_off\" value=\"yes\" checked"), "{page}");
}

#[tokio::test]
async fn going_back_and_sending_a_step_again_does_no_harm() {
    let place = Place::of(&[], Loop::Answers).await;
    let mut ana = newcomer(&place).await;
    for _ in 0..2 {
        leads_to(&fills(&mut ana, "/start/shop", &RUIZ).await, "/start/hours");
    }
    assert_eq!(place.store.plan().await.unwrap().shops.len(), 1, "the same shop");
    let page = ana.sees("/start/hours").await;
    let (mark, tag) = (value_of(&page, "csrf"), value_of(&page, "tag"));
    let week = |day| [("csrf", mark.as_str()), ("tag", tag.as_str()), ("d0", day)];
    for _ in 0..2 {
        leads_to(&ana.sends("/start/hours", &week("9-14")).await, "/start/closed-days");
    }
    // Another week on the page of before: it is told, and what was typed stays to be sent again.
    let told = ana.sends("/start/hours", &week("9-15")).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.text.contains("name=\"d0\" value=\"9-15\"") && told.text.contains("Mo 09:00-14:00"), "{}", told.text);
    let tag = value_of(&told.text, "tag");
    let again = ana.sends("/start/hours", &[("csrf", mark.as_str()), ("tag", tag.as_str()), ("d0", "9-15")]).await;
    leads_to(&again, "/start/closed-days");
    for _ in 0..2 {
        let wishes =
            [("was-2027-01-06", "open"), ("h-2027-01-06", "yes"), ("l0date", "2027-09-06"), ("l0name", "Feria")];
        leads_to(&fills(&mut ana, "/start/closed-days", &wishes).await, "/start/phone");
        leads_to(&fills(&mut ana, "/start/number", &[("lines", "911234567")]).await, "/start/greeting");
    }
    let shop = place.store.plan().await.unwrap().shops[0].clone();
    assert_eq!(shop.hours.as_ref().unwrap().as_str(), "Mo 09:00-15:00");
    assert_eq!((shop.closures.len(), shop.numbers.len()), (1, 1), "{:?}", shop.closures);
    let phone = [("name", "Mostrador"), ("kind", "desk"), ("then", "/start/number")];
    assert_eq!(ana.fills("/phones/add", &phone).await.status, StatusCode::OK);
    assert_eq!(ana.fills("/phones/add", &phone).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(place.store.plan().await.unwrap().shops[0].phones.len(), 1);
}

#[tokio::test]
async fn the_greeting_is_heard_and_spoken_in_the_first_steps() {
    let place = Place::of(&[], Loop::Answers).await;
    let mut ana = newcomer(&place).await;
    fills(&mut ana, "/start/shop", &RUIZ).await;
    sends_week(&mut ana, &RUIZ_HOURS).await;
    // It is Thursday, 18:05: the shop closes at eight, and opens next on Saturday, as Friday is Christmas.
    let page = ana.sees("/start/greeting").await;
    assert!(page.contains("/greeting/heard?at=2026-12-24T20%3A00"), "{page}");
    assert!(page.contains("Abrimos el sábado"), "{page}");
    assert!(page.contains("Keep our voice and go on") && page.contains("/greeting.js"), "{page}");
    assert_eq!(ana.opens("/greeting/heard?at=2026-12-24T20:00").await.status, StatusCode::OK);
    let mark = ana.mark().await;
    let words = |words| {
        let which = [("csrf", mark.as_str()), ("then", "/start/greeting"), ("language", "es"), ("part", "welcome")];
        which.into_iter().chain([("words", words)]).collect::<Vec<_>>()
    };
    let not_rung = ana.sends_with_file("/greeting/ring", &words(""), &[]).await;
    assert_eq!(not_rung.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(not_rung.text.contains("aria-current=\"step\""), "{}", not_rung.text);
    let fields = words("Ferretería Ruiz, cerrado.");
    let silent = ana.sends_with_file("/greeting/record", &fields, &recording(1, 0.0)).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        silent.text.contains("Nothing is heard in it") && silent.text.contains("aria-current=\"step\""),
        "{}",
        silent.text
    );
    let kept = ana.sends_with_file("/greeting/record", &fields, &recording(1, 0.3)).await;
    leads_to(&kept, "/start/greeting?saved=yes");
    let page = ana.sees("/start/greeting?saved=yes").await;
    assert!(page.contains("Saved.") && page.contains("Ferretería Ruiz, cerrado. Abrimos el sábado"), "{page}");
    assert!(!page.contains("Keep our voice"), "{page}");
    let ours = [("language", "es"), ("part", "welcome"), ("then", "/start/greeting")];
    leads_to(&ana.fills("/greeting/remove", &ours).await, "/start/greeting?saved=yes");
    assert!(ana.sees("/start/greeting").await.contains("Keep our voice and go on"));
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
    for (fields, words) in [
        (&[("d0", "9-14"), ("d2", "nine")][..], "id=\"d2-fault\">Write from when to when"),
        (&[("d0", "\"")], "id=\"d0-fault\">Write from when to when"),
        (&[("holidays_off", "yes")], "Write when you are open"),
    ] {
        let answer = sends_week(&mut ana, fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(words), "{}", answer.text);
        assert!(
            fields[0].0 != "d0" || fields[0].1 == "\"" || answer.text.contains("name=\"d0\" value=\"9-14\""),
            "{}",
            answer.text
        );
    }
    let wrong = fills(&mut ana, "/start/closed-days", &[("l0date", "2020-01-01"), ("l0name", "Feria")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"Feria\"") && wrong.text.contains("l0date-fault"), "{}", wrong.text);
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
    let fields = [("email", "ana@example.com"), CHOSEN[0], CHOSEN[1]];
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
    leads_to(&ana.fills(&one, &[("then", "//elsewhere.example")]).await, "/phones/drill");
    leads_to(&ana.fills(&format!("/start/call/{}", counter.0), &[]).await, "/start/call");
}

#[tokio::test]
async fn a_phone_that_does_not_ring_says_why_where_it_was_tried() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let cell = place.plan.shops[0].phones[1].id.0;
    for (form, heading) in
        [(format!("/phones/{cell}/drill"), "Ring each phone once"), (format!("/start/call/{cell}"), "Test call")]
    {
        let refused = ana.fills(&form, &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{form}");
        for part in [format!("<h1>{heading}</h1>"), "That is no desk phone of this shop".to_owned()] {
            assert!(refused.text.contains(&part), "{part:?} is not in {}", refused.text);
        }
    }
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
