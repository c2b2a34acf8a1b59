//! The pages of somebody who is signed in.

use axum::http::{StatusCode, header};
use ringall::call::record::{CallRecord, Disposition, EventKind};
use ringall::store::{CallerEdit, Role};

use crate::browser::{Browser, PASSWORD};
use crate::shop::{JO, Loop, NOW, Place, answered, event, id, missed_withheld, ringing};

/// Every page that can be opened, for a shop with call 1.
fn all_pages() -> Vec<String> {
    let call = format!("/calls/{}", id(1));
    let fixed = [
        "/",
        "/live/now",
        "/figures",
        "/calls",
        "/calls?outcome=missed",
        "/phones",
        "/what-if?at=2026-12-24T18:05",
        "/account",
    ];
    let shop = ["/shop", "/phones/add", "/phones/drill", "/people", "/shop/numbers", "/shop/notices", "/shop/basics"];
    let more = ["/shop/screens", "/start/hours", "/start/phone", "/start/number", "/start/greeting", "/start/call"];
    let after = format!("{call}/after");
    fixed.into_iter().chain(shop).chain(more).map(str::to_owned).chain([call, after]).collect()
}

async fn place() -> Place {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    let first = answered(shop, 1);
    let events = [
        event(&first, 1, EventKind::Arrived, None),
        event(&first, 2, EventKind::Ringing, Some("Counter")),
        event(&first, 3, EventKind::Answered, Some("Counter")),
        event(&first, 4, EventKind::Ended, None),
    ];
    place.stores(first, events).await;
    place.stores(missed_withheld(shop, 2), []).await;
    place
}

#[track_caller]
fn says(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "{words:?} is not in\n{page}");
    }
}

#[tokio::test]
async fn now_shows_the_moment_the_calls_and_the_phones() {
    let place = place().await;
    place.stores(ringing(place.plan.shops[0].id, 5), []).await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/").await;
    says(&page, &["No hours are set: the desk phones ring day and night.", "If someone calls now, 1 phone rings."]);
    says(&page, &["Jo Miller", "600 99 98 88", "Rings, for", "5th call", "Ana&#39;s cell", "It is off at this time."]);
    let live = ana.sees("/live/now").await;
    says(&live, &["Jo Miller", "Who would ring"]);
    assert!(!live.contains("<html"), "a part of a page");
}

#[tokio::test]
async fn now_says_plainly_what_is_wrong_while_it_lasts() {
    let place = Place::of(&["Ruiz"], Loop::HasTrouble).await;
    let mut ana = place.anas_browser().await;
    for path in ["/", "/live/now"] {
        let page = ana.sees(path).await;
        says(
            &page,
            &["role=\"alert\">Today at 18:04: a caller heard the busy tone, because no phone could be reached."],
        );
    }
    let well = Place::of_one_shop().await;
    assert!(!well.anas_browser().await.sees("/live/now").await.contains("busy tone"));
}

#[tokio::test]
async fn calls_are_listed_filtered_and_told() {
    let place = place().await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/calls").await;
    says(&page, &["Jo Miller", "600 99 98 88", "Counter answered in 5 s, 42 s.", "today, 18:01", "Number withheld"]);
    let missed = ana.sees("/calls?outcome=missed").await;
    assert!(missed.contains("Number withheld") && !missed.contains("Jo Miller"));
    let of_jo = ana.sees("/calls?caller=600999888").await;
    assert!(!of_jo.contains("Number withheld") && of_jo.contains("Jo Miller"));
    let wrong = ana.sees("/calls?caller=%3Cb%3Ejo").await;
    says(&wrong, &["Nobody and nothing fits.", "value=\"&#60;b&#62;jo\""]);

    let call = ana.sees(&format!("/calls/{}", id(1))).await;
    says(
        &call,
        &["Open until 20:00.", "42 seconds", "1st call", "18:01:00", "The call came in.", "Counter picked up."],
    );
    for nowhere in ["/calls/123", &format!("/calls/{}", id(9)), "/calls?before=x"] {
        let answer = ana.opens(nowhere).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nowhere}");
        says(&answer.text, &["There is nothing at this address"]);
    }
}

#[tokio::test]
async fn older_calls_are_on_the_next_page() {
    let place = Place::of_one_shop().await;
    for n in 1..=35 {
        place.stores(answered(place.plan.shops[0].id, n), []).await;
    }
    let mut ana = place.anas_browser().await;
    let first = ana.sees("/calls?outcome=answered").await;
    assert_eq!(first.matches("class=\"card call").count(), 30);
    let (_, rest) = first.split_once("rel=\"next\" href=\"").expect("a way to older calls");
    let older = rest.split_once('"').expect("its end").0.replace("&#38;", "&").replace("&amp;", "&");
    let second = ana.sees(&older).await;
    assert_eq!(second.matches("class=\"card call").count(), 5);
    assert!(!second.contains("rel=\"next\""));
}

#[tokio::test]
async fn phones_say_whether_they_would_ring_and_when_they_were_last_there() {
    let place = place().await;
    let page = place.anas_browser().await.sees("/phones").await;
    says(&page, &["Counter", "It would ring.", "Phone that registers", "Last answered: today at 18:04"]);
    says(&page, &["Cell phone", "It is off at this time."]);
    assert!(!page.contains("Not heard of"), "nobody asks a cell whether it is there");
}

#[tokio::test]
async fn what_a_caller_would_get_is_asked_of_the_same_decision() {
    let place = place().await;
    let mut ana = place.anas_browser().await;
    says(&ana.sees("/what-if").await, &["value=\"2026-12-24T18:05\""]);
    let page = ana.sees("/what-if?at=2026-12-25T03:00&from=600999888").await;
    says(
        &page,
        &["The phones ring.", "No hours are set", "tomorrow, 3:00", "a cell phone rings only in a shop with hours"],
    );
    says(&ana.sees("/what-if?at=soon").await, &["Write day and time", "value=\"soon\""]);
}

#[tokio::test]
async fn every_page_is_there_in_both_languages() {
    let place = place().await;
    let mut ana = place.anas_browser().await;
    for (language, words) in [("es", "Tienda"), ("en", "Shop")] {
        ana.fills("/account/language", &[("language", language)]).await;
        for path in all_pages() {
            let page = ana.sees(&path).await;
            if !path.starts_with("/live/") {
                says(&page, &[&format!("<html lang=\"{language}\">"), words]);
            }
        }
    }
    assert_eq!(ana.fills("/account/language", &[("language", "xx")]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn nobody_sees_anything_before_signing_in() {
    let place = place().await;
    for path in all_pages() {
        let answer = place.browser().opens(&path).await;
        if path.starts_with("/live/") {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        } else {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert!(answer.headers[header::LOCATION].to_str().unwrap().starts_with("/sign-in"), "{path}");
        }
        assert!(!answer.text.contains("Jo") && !answer.text.contains("600"), "{path}: {}", answer.text);
    }
    for path in ["/account/language", "/sign-out"] {
        let answer = place.browser().sends(path, &[("csrf", "x")]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn every_page_runs_scripts_of_ours_alone_and_is_framed_by_nobody() {
    let place = place().await;
    let mut ana = place.anas_browser().await;
    for path in all_pages().iter().map(String::as_str).chain(["/sign-in", "/nothing", "/set-up/x"]) {
        let answer = ana.opens(path).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(answer.headers[header::REFERRER_POLICY], "same-origin", "{path}");
        // What the policy would stop anyway must not be there in the first place.
        assert!(!answer.text.contains(" style=") && !answer.text.contains(" onclick="), "{path}");
    }
}

#[tokio::test]
async fn assets_are_kept_by_browsers_and_no_others_are_there() {
    let place = place().await;
    let mut browser = place.browser();
    let page = browser.sees("/sign-in").await;
    let (_, rest) = page.split_once("rel=\"stylesheet\" href=\"").expect("a style sheet");
    let style = browser.opens(rest.split_once('"').expect("its end").0).await;
    assert_eq!(
        (style.status, &style.headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"text/css; charset=utf-8".parse().unwrap())
    );
    assert!(style.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    for none in ["/static/x/page.rs", "/static/x/..%2fpage.css", "/static/x/"] {
        assert_eq!(browser.opens(none).await.status, StatusCode::NOT_FOUND, "{none}");
    }
}

#[tokio::test]
async fn a_fault_is_a_page_that_says_what_to_do() {
    let place = Place::of(&["Ruiz"], Loop::IsGone).await;
    let mut ana = place.anas_browser().await;
    let answer = ana.opens("/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    says(&answer.text, &["<html lang=\"en\">", "did not answer"]);
    let unknown = ana.opens("/nothing").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    says(&unknown.text, &["There is nothing at this address"]);
    let empty = Place::of(&[], Loop::Answers).await;
    let link = empty.store.invite("bea@example.com", Role::Staff, NOW).await.expect("a link is made");
    let mut bea = empty.browser();
    bea.sends(&format!("/set-up/{link}"), &[("password", PASSWORD), ("again", PASSWORD)]).await;
    let answer = bea.opens("/").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "an owner is led to the first steps");
    says(&answer.text, &["ringall import"]);
}

#[tokio::test]
async fn each_of_several_shops_has_its_pages() {
    let place = Place::of(&["Ruiz", "Café Sol"], Loop::Answers).await;
    place.stores(answered(place.plan.shops[0].id, 1), []).await;
    let sol = place.plan.shops[1].id.0;
    let mut ana = place.anas_browser().await;
    let first = ana.sees("/calls").await;
    says(&first, &["Jo Miller", "Café Sol", &format!("/calls?shop={sol}")]);
    let second = ana.sees(&format!("/calls?shop={sol}")).await;
    assert!(!second.contains("Jo Miller"), "another shop's call");
    says(&second, &[&format!("/shop?shop={sol}")]);
    assert_eq!(ana.opens("/calls?shop=999999").await.status, StatusCode::NOT_FOUND);
}

/// What strangers put into their names.
const HOSTILE: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "\u{202e}gnp.exe\u{202c} <b>bold</b>",
    "line\r\nSet-Cookie: a=b\u{1b}[31m\u{7}",
    "{{ 7*7 }}</textarea></title><svg onload=alert(1)>",
];

async fn hostile_place(name: &str) -> Place {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    let unknown = CallRecord {
        caller: None,
        caller_raw: name.to_owned(),
        caller_display: name.to_owned(),
        called: name.to_owned(),
        answered_by: Some(name.into()),
        ..answered(shop, 1)
    };
    let events = [event(&unknown, 1, EventKind::Answered, Some(name)), event(&unknown, 2, EventKind::Held, Some(name))];
    place.stores(unknown, events).await;
    let known = CallRecord {
        caller_display: name.to_owned(),
        disposition: Some(Disposition::Missed),
        caller: Some(crate::shop::number("+34600000001")),
        ..answered(shop, 2)
    };
    place.stores(known.clone(), []).await;
    place.stores_message(&known, &[0xff; 8_000]).await;
    // Who is calling just now was written down so by somebody who copied it.
    let written: String = name.chars().take(99).collect();
    let edit = CallerEdit { name: Some(written.clone()), note: Some(written), blocked: None };
    let _ = place.store.edit_caller(shop, &crate::shop::number(JO), &edit, None).await.expect("it is written");
    place
}

#[tokio::test]
async fn hostile_names_are_text_on_every_page() {
    let long = "n".repeat(2_000);
    for name in HOSTILE.into_iter().chain([long.as_str()]) {
        let place = hostile_place(name).await;
        let mut ana = place.anas_browser().await;
        let more =
            ["/messages", "/hours", "/callers/+34600999888", "/callers/+34600000001", "/calls?q=n", "/callers/import"];
        let more = more.map(str::to_owned);
        for path in all_pages().into_iter().chain(more) {
            let page = ana.sees(&path).await;
            is_harmless(&page, &path);
        }
        name_is_shown(&mut ana, name).await;
    }
}

#[track_caller]
fn is_harmless(page: &str, path: &str) {
    for tag in ["<script>", "<img", "<b>", "<svg onload", "onerror=alert(1)>"] {
        assert!(!page.contains(tag), "{path} has {tag}");
    }
    assert_eq!(
        page.matches("<textarea").count(),
        page.matches("</textarea>").count(),
        "{path} has a field that ends early"
    );
    let invisible = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!page.contains(invisible), "{path} has characters that nobody sees");
    assert!(!page.contains(&"n".repeat(200)), "{path} has a name without end");
}

async fn name_is_shown(ana: &mut Browser<'_>, name: &str) {
    let start: String = name.chars().filter(|c| c.is_ascii_alphabetic()).take(3).collect();
    let page = ana.sees("/calls").await;
    assert!(page.contains(&start), "{name:?} is not hidden either");
    assert!(!page.contains(JO), "another caller");
}
