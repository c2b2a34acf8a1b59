//! A tablet beside the till: it shows the live call, and nothing else opens for it.

use axum::http::{StatusCode, header};

use crate::browser::Browser;
use crate::shop::{NOW, Place, ringing};

/// The address that an owner's page draws for a tablet.
async fn link(ana: &mut Browser<'_>) -> String {
    let page = ana.fills("/shop/screens", &[]).await.text;
    assert_eq!(page.matches("<svg class=\"code\"").count(), 1, "{page}");
    let (_, rest) = page.split_once("https://phone.example.com/counter/pair/").expect("a link");
    format!("/counter/pair/{}", rest.split_once('<').expect("its end").0)
}

async fn paired<'p>(place: &'p Place, ana: &mut Browser<'_>) -> Browser<'p> {
    let link = link(ana).await;
    let mut tablet = place.browser();
    for _ in 0..2 {
        assert!(tablet.sees(&link).await.contains("Show calls on this screen"), "looking does not use it up");
    }
    let answer = tablet.sends(&link, &[]).await;
    assert_eq!(answer.headers[header::LOCATION], "/counter", "{}", answer.text);
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("ringall-counter=") && cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(place.browser().sends(&link, &[]).await.status, StatusCode::NOT_FOUND, "it is for one tablet");
    for again in [tablet.sends(&link, &[]).await, tablet.opens(&link).await] {
        assert_eq!(again.status, StatusCode::SEE_OTHER, "who taps twice is paired: {}", again.text);
        assert_eq!(again.headers[header::LOCATION], "/counter");
    }
    tablet
}

#[tokio::test]
async fn a_paired_tablet_shows_the_live_call_and_opens_nothing_else() {
    let place = Place::of_one_shop().await;
    place.stores(ringing(place.plan.shops[0].id, 5), []).await;
    let mut ana = place.anas_browser().await;
    let mut tablet = paired(&place, &mut ana).await;
    for path in ["/counter", "/counter/live"] {
        let renewed = tablet.opens(path).await.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(renewed.starts_with("ringall-counter=") && renewed.contains("Max-Age=5184000"), "{renewed}");
        let page = tablet.sees(path).await;
        for words in ["Jo Miller", "600 99 98 88", "Suena desde hace"] {
            assert!(page.contains(words), "{words:?} is not in {page}");
        }
        for other in ["csrf", "href=\"/calls", "<form"] {
            assert!(!page.contains(other), "{other:?} is in {page}");
        }
    }
    assert_eq!(tablet.listens("/counter/news").await.next().await, "data: news\n\n");
    for path in ["/", "/calls", "/messages", "/live/now", "/live/news", "/shop", "/people", "/account"] {
        let answer = tablet.opens(path).await;
        assert_ne!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text.contains("Jo Miller"), "{path}");
    }
    assert_eq!(tablet.sends("/override/end", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_is_not_paired_sees_no_call() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for path in ["/counter", "/counter/live", "/counter/news"] {
        for who in [&mut place.browser(), &mut ana] {
            let answer = who.opens(path).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}: an owner has other pages");
            assert!(!answer.text.contains("Jo Miller"), "{path}");
        }
    }
    assert_eq!(place.browser().opens("/counter/pair/0123").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_tablet_that_was_taken_away_shows_nothing_more() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mut tablet = paired(&place, &mut ana).await;
    tablet.sees("/counter").await;
    let shop = place.plan.shops[0].id;
    let screen = place.store.screens(shop, NOW).await.unwrap()[0];
    assert!(ana.sees("/shop/screens").await.contains("Paired today at 18:05; last here today at 18:05."));
    ana.fills(&format!("/shop/screens/{}/end", screen.id), &[]).await;
    assert_eq!(tablet.opens("/counter").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(tablet.opens("/counter/live").await.status, StatusCode::UNAUTHORIZED);
}
