//! People and what they may do.

use axum::http::{StatusCode, header};
use ringall::store::Role;

use crate::browser::{ANA, Browser, CHOSEN, PASSWORD};
use crate::shop::{JO, NOW, Place};

const BEA: &str = "bea@example.com";

/// Bea's browser, signed in by the link that Ana made for her.
async fn bea<'p>(place: &'p Place, ana: &mut Browser<'_>, role: &str) -> Browser<'p> {
    let answer = ana.fills("/people", &[("email", "Bea@example.com"), ("role", role)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let (_, rest) = answer.text.split_once("/set-up/").expect("a link");
    let secret = rest.split_once('<').expect("its end").0.to_owned();
    assert!(!ana.sees("/people").await.contains(&secret), "it is shown once");
    let mut bea = place.browser();
    let answer = bea.sends(&format!("/set-up/{secret}"), &CHOSEN).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    bea
}

async fn id_of(place: &Place, email: &str) -> i64 {
    let people = place.store.people(NOW).await.unwrap();
    people.iter().find(|person| person.email == email).expect("they are there").id.0
}

#[tokio::test]
async fn staff_answer_claim_and_note_and_are_told_who_changes_the_rest() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mut bea = bea(&place, &mut ana, "staff").await;
    let counter = place.plan.shops[0].phones[0].id.0;
    for (path, fields) in [
        ("/phones/add".to_owned(), vec![("name", "X"), ("kind", "desk")]),
        (format!("/phones/{counter}/name"), vec![("name", "X")]),
        (format!("/phones/{counter}/remove"), vec![]),
        (format!("/phones/{counter}/connect"), vec![]),
        ("/hours/text".to_owned(), vec![("hours", "24/7")]),
        ("/override".to_owned(), vec![("state", "closed"), ("for", "hour")]),
        ("/people".to_owned(), vec![("email", "x@example.com"), ("role", "owner")]),
        (format!("/people/{}/remove", id_of(&place, ANA).await), vec![]),
        (format!("/people/{}/role", id_of(&place, BEA).await), vec![("role", "owner")]),
        ("/shop/numbers".to_owned(), vec![("lines", "")]),
    ] {
        let before = place.store.plan_version().await.unwrap();
        let answer = bea.fills(&path, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        for words in ["Only an owner can do this", "Ask ana@example.com."] {
            assert!(answer.text.contains(words), "{path}: {}", answer.text);
        }
        assert_eq!(place.store.plan_version().await.unwrap(), before, "{path}");
    }
    assert_eq!(bea.opens("/shop/notices").await.status, StatusCode::FORBIDDEN, "an address may be a secret");
    for path in ["/calls.csv", &format!("/callers/{JO}/export")] {
        assert_eq!(bea.opens(path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(ana.opens(path).await.status, StatusCode::OK, "{path}");
    }
    for (path, link) in [("/calls", "/calls.csv"), (&format!("/callers/{JO}"), "/export\"")] {
        assert!(!bea.sees(path).await.contains(link) && ana.sees(path).await.contains(link), "{path}");
    }
    for path in ["/", "/calls", "/hours", "/shop", "/phones"] {
        bea.sees(path).await;
    }
    let note = [("name", "Jo"), ("note", "Wants the blue door"), ("seen", "")];
    assert_ne!(bea.fills(&format!("/callers/{JO}"), &note).await.status, StatusCode::FORBIDDEN);
    assert_ne!(bea.fills(&format!("/owed/{JO}/claim"), &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn anybody_says_of_their_own_phone_that_it_is_off() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mut bea = bea(&place, &mut ana, "staff").await;
    assert_eq!(bea.fills("/my-phone/off", &[("until", "2026-12-28T09:00")]).await.status, StatusCode::NOT_FOUND);
    let cell = place.plan.shops[0].phones[1].id.0.to_string();
    let path = format!("/people/{}/role", id_of(&place, BEA).await);
    ana.fills(&path, &[("role", "staff"), ("phone", &cell)]).await;
    assert!(bea.sees("/account").await.contains("My phone: <bdi>Ana&#39;s cell</bdi>"));
    let answer = bea.fills("/my-phone/off", &[("until", "2026-12-28T09:00")]).await;
    assert_eq!(answer.headers[header::LOCATION], "/account");
    let phones = place.store.plan().await.unwrap().shops[0].phones.clone();
    assert!(phones[1].off_until.is_some() && phones[0].off_until.is_none());
    let wrong = bea.fills("/my-phone/off", &[("until", "2020-01-01T09:00")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("still to come") && wrong.text.contains("value=\"2020-01-01T09:00\""));
    assert!(bea.sees("/phones").await.contains("action=\"/my-phone/off?on=phones\""));
    let answer = bea.fills("/my-phone/off?on=phones", &[("off", "end")]).await;
    assert_eq!(answer.headers[header::LOCATION], "/phones", "from there one comes back there");
    assert!(place.store.plan().await.unwrap().shops[0].phones[1].off_until.is_none());
}

#[tokio::test]
async fn browsers_and_people_are_shut_out() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mut bea = bea(&place, &mut ana, "staff").await;
    let at = |what: &str, id: i64| format!("/people/{id}/{what}");
    let id = id_of(&place, BEA).await;
    assert!(ana.sees("/people").await.contains("Signed in on 1 browser; last here today at 18:05."));
    ana.fills(&at("sign-out", id), &[]).await;
    assert_eq!(bea.opens("/calls").await.status, StatusCode::SEE_OTHER, "she must sign in again");
    assert_eq!(bea.signs_in(BEA, CHOSEN[0].1).await.headers[header::LOCATION], "/");
    bea.sees("/calls").await;
    let link = ana.fills(&at("link", id), &[]).await;
    assert!(link.text.contains("/set-up/"), "{}", link.text);
    ana.fills(&at("remove", id), &[]).await;
    assert_eq!(bea.opens("/calls").await.status, StatusCode::SEE_OTHER);
    assert_eq!(bea.signs_in(BEA, CHOSEN[0].1).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, rest) = link.text.split_once("/set-up/").unwrap();
    let link = format!("/set-up/{}", rest.split_once('<').unwrap().0);
    assert_eq!(bea.opens(&link).await.status, StatusCode::NOT_FOUND, "her link went with her");
}

#[tokio::test]
async fn the_last_owner_stays() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let id = id_of(&place, ANA).await;
    let _ = place.store.invite("carla@example.com", Role::Owner, NOW).await.unwrap();
    for (what, fields) in [("remove", &[][..]), ("role", &[("role", "staff")][..])] {
        let answer = ana.fills(&format!("/people/{id}/{what}"), fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "who has not chosen a password yet is nobody to rely on");
        assert!(answer.text.contains("somebody must be left"), "{}", answer.text);
    }
    assert!(place.browser().signs_in(ANA, PASSWORD).await.headers.contains_key(header::LOCATION));
    let _bea = bea(&place, &mut ana, "owner").await;
    assert_eq!(ana.fills(&format!("/people/{id}/role"), &[("role", "staff")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.fills("/override/end", &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_wrong_invitation_comes_back_as_typed() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for (email, words) in [("ana", "such as ana@example.com"), ("ANA@example.com", "already")] {
        let answer = ana.fills("/people", &[("email", email), ("role", "staff")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert!(answer.text.contains(words) && answer.text.contains(&format!("value=\"{email}\"")), "{}", answer.text);
    }
    let odd = ana.fills("/people", &[("email", "x@example.com"), ("role", "king")]).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
}
