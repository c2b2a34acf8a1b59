//! Coming in: the one-time link, the password, the cookie, and everybody who must stay outside.

use std::time::Duration;

use axum::http::{StatusCode, header};
use ringall::now::UnixMs;
use ringall::store::owners::LINK_LASTS;

use crate::browser::{ANA, PASSWORD};
use crate::shop::{NOW, Place};

#[tokio::test]
async fn an_owner_chooses_a_password_by_a_link_and_signs_in_with_it() {
    let place = Place::of_one_shop().await;
    let link = place.store.invite_owner(ANA, NOW).await.unwrap();
    let mut browser = place.browser();
    let path = format!("/set-up/{link}");
    assert!(browser.sees(&path).await.contains(ANA));
    let answer = browser.sends(&path, &[("password", PASSWORD), ("again", PASSWORD)]).await;
    assert_eq!((answer.status, &answer.headers[header::LOCATION]), (StatusCode::SEE_OTHER, &"/".parse().unwrap()));
    assert!(browser.sees("/").await.contains("Ruiz"), "the link signs in");

    let mut another = place.browser();
    let answer = another.opens("/calls?outcome=missed").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let to_sign_in = answer.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert_eq!(to_sign_in, "/sign-in?to=/calls%3Foutcome%3Dmissed");
    assert!(another.sees(&to_sign_in).await.contains("value=\"/calls?outcome=missed\""));
    let fields = [("email", "Ana@Example.com"), ("password", PASSWORD), ("to", "/calls?outcome=missed")];
    let answer = another.sends("/sign-in", &fields).await;
    assert_eq!(answer.headers[header::LOCATION], "/calls?outcome=missed", "on to where they wanted to go");
    another.sees("/calls?outcome=missed").await;
}

#[tokio::test]
async fn a_link_that_is_used_old_or_unknown_says_so() {
    let place = Place::of_one_shop().await;
    let used = place.store.invite_owner(ANA, NOW).await.unwrap();
    let mut browser = place.browser();
    browser.sends(&format!("/set-up/{used}"), &[("password", PASSWORD), ("again", PASSWORD)]).await;
    let past = UnixMs(NOW.0 - i64::try_from(LINK_LASTS.as_millis()).unwrap());
    let old = place.store.invite_owner("bea@example.com", past).await.unwrap();
    for (link, status, words) in [
        (used.as_str(), StatusCode::GONE, "used already"),
        (old.as_str(), StatusCode::GONE, "too old"),
        ("0123", StatusCode::NOT_FOUND, "not known"),
    ] {
        let path = format!("/set-up/{link}");
        let fields = [("password", "another one of mine"), ("again", "another one of mine")];
        for answer in [place.browser().opens(&path).await, place.browser().sends(&path, &fields).await] {
            assert_eq!(answer.status, status, "{}", answer.text);
            assert!(answer.text.contains(words), "{}", answer.text);
            assert!(!answer.headers.contains_key(header::SET_COOKIE));
        }
    }
    assert_eq!(place.browser().signs_in(ANA, PASSWORD).await.status, StatusCode::SEE_OTHER, "nothing was changed");
}

#[tokio::test]
async fn a_password_that_is_no_good_is_refused_with_a_reason() {
    let place = Place::of_one_shop().await;
    let link = place.store.invite_owner(ANA, NOW).await.unwrap();
    let path = format!("/set-up/{link}");
    for (password, again, words) in [
        ("short", "short", "At least 12 characters"),
        ("password1234", "password1234", "Many people use this one"),
        (PASSWORD, "blue door, two hinge", "not the same"),
    ] {
        let answer = place.browser().sends(&path, &[("password", password), ("again", again)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(words), "{}", answer.text);
    }
    assert_eq!(place.store.owner_password(ANA).await.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_are_refused_alike() {
    let place = Place::of_one_shop().await;
    place.knows_ana().await;
    let wrong = place.browser().signs_in(ANA, "red door, two hinges").await;
    let unknown = place.browser().signs_in("bea@example.com", "red door, two hinges").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        (wrong.status, wrong.text.replace(ANA, "X")),
        (unknown.status, unknown.text.replace("bea@example.com", "X"))
    );
    assert!(wrong.text.contains("do not fit together") && wrong.text.contains(&format!("value=\"{ANA}\"")));
    assert!(!wrong.text.contains("red door"), "a password is never shown again");
    assert!(!wrong.headers.contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn guessing_is_stopped_and_the_owner_gets_in_from_elsewhere() {
    let place = Place::of_one_shop().await;
    place.knows_ana().await;
    let mut statuses = Vec::new();
    for n in 0..8 {
        statuses.push(place.browser().signs_in(ANA, &format!("guess number {n}")).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count(), 5);
    let stopped = place.browser().signs_in(ANA, PASSWORD).await;
    assert_eq!(stopped.status, StatusCode::TOO_MANY_REQUESTS, "even the right one, or guessing would go on unseen");
    assert!(stopped.text.contains("Try again in 15 minutes"), "{}", stopped.text);
    let elsewhere = place.browser().at("198.51.100.9:5000").signs_in(ANA, PASSWORD).await;
    assert_eq!(elsewhere.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_address_that_only_takes_forms_leads_to_their_page() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for (path, page) in [
        ("/hours/week", "/hours"),
        ("/hours/text", "/hours"),
        ("/hours/closures", "/hours"),
        ("/hours/closures/7/delete", "/hours"),
        ("/override", "/"),
        ("/override/end", "/"),
        ("/owed/+34600999888/claim", "/"),
        ("/owed/+34600999888/settle", "/"),
        ("/account/language", "/account"),
        ("/sign-out", "/"),
    ] {
        let answer = ana.opens(path).await;
        assert_eq!((answer.status, &answer.headers[header::LOCATION]), (StatusCode::SEE_OTHER, &page.parse().unwrap()));
    }
    ana.sees("/").await;
}

#[tokio::test]
async fn a_form_from_elsewhere_or_without_its_mark_changes_nothing() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mark = ana.mark().await;
    let good = [("language", "es"), ("csrf", mark.as_str())];
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:8080")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[],
    ] {
        let answer = ana.sends_from(headers, "/account/language", &good).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(answer.text.contains("Nothing was changed"), "{}", answer.text);
        let sign_in = [("email", ANA), ("password", PASSWORD)];
        let answer = place.browser().sends_from(headers, "/sign-in", &sign_in).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "nobody is signed in by another page: {headers:?}");
    }
    for wrong in [&[("language", "es")][..], &[("language", "es"), ("csrf", "0123")]] {
        assert_eq!(ana.sends("/account/language", wrong).await.status, StatusCode::FORBIDDEN, "{wrong:?}");
    }
    let another = place.browser().signs_in(ANA, PASSWORD).await;
    assert_eq!(another.status, StatusCode::SEE_OTHER);
    assert!(ana.sees("/account").await.contains("lang=\"en\""), "nothing was changed");
    let origin = [("origin", "http://localhost:8080")];
    assert_eq!(ana.sends_from(&origin, "/account/language", &good).await.status, StatusCode::SEE_OTHER);
    assert!(ana.sees("/account").await.contains("lang=\"es\""));
}

#[tokio::test]
async fn a_mark_of_another_browser_is_none() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mut other = place.browser();
    other.signs_in(ANA, PASSWORD).await;
    let theirs = other.mark().await;
    let answer = ana.sends("/account/language", &[("language", "es"), ("csrf", &theirs)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn signing_out_ends_it_on_the_server_too() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mark = ana.mark().await;
    let mut thief = place.browser();
    thief.steals(&ana);
    thief.sees("/account").await;
    assert_eq!(ana.sends("/sign-out", &[("csrf", &mark)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.opens("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(thief.opens("/").await.headers[header::LOCATION], "/sign-in");
    let late = thief.sends("/account/language", &[("language", "es"), ("csrf", &mark)]).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
    assert!(late.text.contains("Signed out"), "{}", late.text);
}

#[tokio::test]
async fn the_cookie_is_for_this_host_and_no_script() {
    let place = Place::of_one_shop().await;
    place.knows_ana().await;
    let answer = place.browser().signs_in(ANA, PASSWORD).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("ringall=") && cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
    let max_age: u64 = cookie.split("Max-Age=").nth(1).unwrap().parse().unwrap();
    assert!(Duration::from_secs(max_age) <= Duration::from_secs(90 * 24 * 3600), "{cookie}");
}

#[tokio::test]
async fn a_form_that_is_none_is_refused() {
    let place = Place::of_one_shop().await;
    let from_us = [("sec-fetch-site", "same-origin")];
    let long = "x".repeat(70_000);
    let answer = place.browser().sends_from(&from_us, "/sign-in", &[("email", &long)]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("too long"), "{}", answer.text);
    let json = [("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
    assert_eq!(place.browser().sends_from(&json, "/sign-in", &[("email", ANA)]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn before_signing_in_the_browsers_language_is_spoken() {
    let place = Place::of_one_shop().await;
    assert!(place.browser().sees("/sign-in").await.contains("Password"));
    assert!(place.browser().speaking("es-MX, en;q=0.5").sees("/sign-in").await.contains("Contraseña"));
    assert!(place.browser().speaking("fr").sees("/sign-in").await.contains("Contraseña"), "else the shop's");
}
