//! Staff are shown what they may do and nothing else: every page that either an owner or they can come to, walked by them.

use std::collections::BTreeSet;

use axum::http::{StatusCode, header};
use ringall::call::record::{CallRecord, Disposition};
use ringall::store::Role;

use crate::browser::{ANA, Browser, CHOSEN, PASSWORD};
use crate::shop::{NOW, Place, answered, missed};

const BEA: &str = "bea@example.com";

/// A link or a form on a page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Door {
    Link(String),
    Form(String),
}

/// Where a page leads to within our own pages.
fn doors(page: &str) -> BTreeSet<Door> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split_once('"').expect("its end").0.replace("&#38;", "&").replace("&amp;", "&"))
    };
    let tags = page.split('<').skip(1).map(|rest| rest.split_once('>').expect("its end").0);
    let door = |tag: &str| match tag.split([' ', '\n']).next() {
        Some("a") => attribute(tag, "href").map(Door::Link),
        Some("form") if attribute(tag, "method").as_deref() == Some("post") => attribute(tag, "action").map(Door::Form),
        Some("form") => attribute(tag, "action").map(Door::Link),
        _ => attribute(tag, "formaction").map(Door::Form),
    };
    let ours = |door: &Door| matches!(door, Door::Link(to) | Door::Form(to) if to.starts_with('/'));
    tags.filter_map(door).filter(ours).collect()
}

/// All addresses of pages that this browser comes to from the first one.
async fn walks(browser: &mut Browser<'_>, from: &[&str]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut ahead: Vec<String> = from.iter().map(|path| (*path).to_owned()).collect();
    while let Some(path) = ahead.pop() {
        // Nobody turns the pages of a list for ever.
        if path.contains("before=") || !seen.insert(path.clone()) {
            continue;
        }
        let answer = browser.opens(&path).await;
        if let Some(to) = answer.headers.get(header::LOCATION) {
            ahead.push(to.to_str().expect("an address").to_owned());
        }
        if answer.status == StatusCode::OK {
            ahead.extend(doors(&answer.text).into_iter().filter_map(|door| match door {
                Door::Link(to) => Some(to),
                Door::Form(_) => None,
            }));
        }
    }
    seen
}

/// A shop in which everything that has a button is there: a call that rings, one that was missed, a message, a closure, an
/// override, a screen's link, somebody of the staff with a phone of their own.
async fn busy_place() -> Place {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    place.stores(answered(shop, 1), []).await;
    place.stores(missed(shop, 2), []).await;
    let left = CallRecord { disposition: Some(Disposition::Message), ..missed(shop, 3) };
    place.stores(left.clone(), []).await;
    place.stores_message(&left, &[0xff; 8_000]).await;
    let mut ana = place.anas_browser().await;
    let day = [("from", "2026-12-28T14:00"), ("to", "2026-12-28T16:00"), ("why", "Stocktaking"), ("open", "")];
    for (path, fields) in [
        ("/hours/closures", &day[..]),
        ("/override", &[("state", "closed"), ("for", "hour")]),
        ("/shop/screens", &[]),
        ("/few-phones", &[("phones", "1")]),
    ] {
        assert!(ana.fills(path, fields).await.status.as_u16() < 400, "{path}");
    }
    place
}

/// Bea of the staff; the counter is hers.
async fn bea(place: &Place) -> Browser<'_> {
    let secret = place.store.invite(BEA, Role::Staff, NOW).await.expect("a link is made");
    let mut bea = place.browser();
    assert_eq!(bea.sends(&format!("/set-up/{secret}"), &CHOSEN).await.status, StatusCode::SEE_OTHER);
    let people = place.store.people(NOW).await.unwrap();
    let person = people.iter().find(|person| person.email == BEA).expect("she is there").id;
    place.store.set_own_phone(person, Some(place.plan.shops[0].phones[0].id)).await.unwrap();
    bea
}

#[tokio::test]
async fn no_page_shows_staff_a_button_or_a_link_that_they_are_refused() {
    let place = busy_place().await;
    let (mut ana, mut bea) = (place.browser(), bea(&place).await);
    ana.signs_in(ANA, PASSWORD).await;
    let of_ana = walks(&mut ana, &["/", "/?saved=yes", "/hours?saved=yes"]).await;
    for path in ["/people", "/shop/notices", "/start/hours", "/phones/add", "/hours/closed-days", "/callers/import"] {
        assert!(of_ana.contains(path), "an owner comes to {path} by links: {of_ana:?}");
    }
    let mut of_bea = walks(&mut bea, &["/", "/live/now", "/?saved=yes", "/hours?saved=yes"]).await;
    // Also what nothing leads her to, as she may type it.
    of_bea.extend(of_ana);
    let (mut looked_at, mut tried) = (0, BTreeSet::new());
    for page in &of_bea {
        let answer = bea.opens(page).await;
        if answer.status != StatusCode::OK || !answer.text.contains("<form") && !answer.text.contains("<a") {
            continue;
        }
        looked_at += 1;
        for door in doors(&answer.text) {
            if !tried.insert(door.clone()) {
                continue;
            }
            let through = match &door {
                Door::Link(to) => bea.opens(to).await,
                // Without its mark nothing comes of a form, but who may send it is asked before.
                Door::Form(to) => bea.sends(to, &[]).await,
            };
            let refused = through.text.contains("Only an owner can do this");
            assert!(!refused, "{page} shows staff {door:?}, which they are refused: {}", answer.text);
        }
    }
    assert!(looked_at >= 12, "she looked at {looked_at} pages: {of_bea:?}");
    for path in ["/my-phone/off", "/account/language", "/sign-out"] {
        assert!(tried.contains(&Door::Form(path.to_owned())), "{path} is hers: {tried:?}");
    }
    assert!(bea.opens("/").await.status == StatusCode::OK, "nothing was done");
}

#[tokio::test]
async fn staff_do_not_wait_for_what_an_owner_says_at_a_phone() {
    let place = Place::of_one_shop().await;
    let (mut ana, mut bea) = (place.anas_browser().await, bea(&place).await);
    let (mark, counter) = (ana.mark().await, place.plan.shops[0].phones[0].id.0.to_string());
    let which = [("csrf", mark.as_str()), ("language", "es"), ("part", "welcome"), ("words", "Ruiz")];
    let fields: Vec<_> = which.into_iter().chain([("phone", counter.as_str())]).collect();
    assert_eq!(ana.sends_with_file("/greeting/ring", &fields, &[]).await.status, StatusCode::SEE_OTHER);
    assert!(ana.opens("/greeting").await.headers.contains_key(header::REFRESH), "an owner's page looks again");
    let seen = bea.opens("/greeting").await;
    assert_eq!((seen.status, seen.headers.get(header::REFRESH)), (StatusCode::OK, None));
}

#[tokio::test]
async fn staff_read_what_they_may_not_change() {
    let place = busy_place().await;
    let (mut ana, mut bea) = (place.browser(), bea(&place).await);
    ana.signs_in(ANA, PASSWORD).await;
    let tag = ana.sees("/hours").await;
    let tag = tag.split_once("name=\"tag\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let week = [("tag", tag.as_str()), ("d0", "9-2, 4:30-8"), ("d5", "10-14"), ("holidays_off", "yes")];
    assert_eq!(ana.fills("/hours/week", &week).await.status, StatusCode::SEE_OTHER);
    let hours = bea.sees("/hours").await;
    for words in [
        "<dt>Monday</dt><dd>09:00-14:00, 16:30-20:00</dd>",
        "<dt>Sunday</dt><dd>closed</dd>",
        "Closed on public holidays",
        "Stocktaking",
        "The next 14 days",
    ] {
        assert!(hours.contains(words), "{words:?} is not in {hours}");
    }
    assert!(!hours.contains("method=\"post\""), "{hours}");
    let phones = bea.sees("/phones").await;
    assert!(phones.contains("Counter") && phones.contains("Ana&#39;s cell"), "{phones}");
    assert_eq!(phones.matches("<form").count(), 1, "her own phone alone: {phones}");
    let shop = bea.sees("/shop").await;
    assert!(shop.contains("2 people") && !shop.contains("href=\"/people\""), "{shop}");
    let now = bea.sees("/").await;
    assert!(now.contains("For now only") && !now.contains("End it now"), "{now}");
    let refused = bea.opens("/people").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("Ask ana@example.com."), "{}", refused.text);
}
