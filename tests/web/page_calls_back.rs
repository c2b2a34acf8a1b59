//! Whom a call is owed to, and who they are, by the page.

use axum::http::{StatusCode, header};
use ringall::call::record::{CallRecord, Disposition};

use crate::browser::{Browser, PASSWORD};
use crate::shop::{JO, NOW, Place, answered, ringing};

const BEA: &str = "bea@example.com";

/// Jo called in vain twice, at 18:02 and 18:03.
async fn place_that_owes_jo() -> Place {
    let place = Place::of_one_shop().await;
    for n in [2, 3] {
        let ringing = ringing(place.plan.shops[0].id, n);
        let ended = ringall::now::UnixMs(ringing.started.0 + 20_000);
        let missed = CallRecord { ended: Some(ended), disposition: Some(Disposition::Missed), ..ringing };
        place.stores(missed, []).await;
    }
    place
}

async fn beas_browser(place: &Place) -> Browser<'_> {
    let link = place.store.invite_owner(BEA, NOW).await.unwrap();
    let mut bea = place.browser();
    let answer = bea.sends(&format!("/set-up/{link}"), &[("password", PASSWORD), ("again", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    bea
}

#[tokio::test]
async fn who_is_owed_a_call_is_claimed_given_back_and_settled() {
    let place = place_that_owes_jo().await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/").await;
    for words in [
        "Call back",
        "Jo Miller",
        "tel:+34600999888",
        "Called twice, and nobody answered; last: today at 18:03.",
        "Call back by: today at 18:32.",
    ] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
    let claim = format!("/owed/{JO}/claim");
    let answer = ana.fills(&claim, &[("back", "/")]).await;
    assert_eq!((answer.status, &answer.headers[header::LOCATION]), (StatusCode::SEE_OTHER, &"/".parse().unwrap()));
    assert!(ana.sees("/").await.contains("You are calling back."));

    let mut bea = beas_browser(&place).await;
    assert!(bea.sees("/").await.contains("Ana is calling back."));
    let told = bea.fills(&claim, &[("back", "/")]).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.text.contains("Ana is to call them"), "{}", told.text);

    ana.fills(&format!("/owed/{JO}/release"), &[("back", "/")]).await;
    assert!(!ana.sees("/").await.contains("You are calling back."));
    let settle = format!("/owed/{JO}/settle");
    let page = bea.sees("/").await;
    let seen = page.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a card");
    for faulty in [&[("how", "somehow"), ("seen", seen)][..], &[("how", "came_in")]] {
        assert_eq!(bea.fills(&settle, faulty).await.status, StatusCode::BAD_REQUEST);
    }
    // The card was made before the second call.
    let before = (seen.parse::<i64>().expect("milliseconds") - 1).to_string();
    let told = bea.fills(&settle, &[("how", "came_in"), ("seen", &before)]).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.text.contains("They have called again meanwhile."), "{}", told.text);
    assert!(told.text.contains("Called twice"), "and is owed a call still: {}", told.text);
    for _ in 0..2 {
        let form = [("how", "came_in"), ("seen", seen), ("back", &format!("/callers/{JO}"))];
        let answer = bea.fills(&settle, &form).await;
        assert_eq!(answer.headers[header::LOCATION], format!("/callers/{JO}").as_str());
    }
    assert!(ana.sees("/").await.contains("Nobody waits for a call."));
    assert_eq!(ana.fills("/owed/jo/claim", &[]).await.status, StatusCode::NOT_FOUND);
    let outside = ana.fills(&settle, &[("how", "came_in"), ("seen", seen), ("back", "//evil.example")]).await;
    assert_eq!(outside.headers[header::LOCATION], "/");
}

#[tokio::test]
async fn a_caller_has_a_page_with_all_that_is_known_of_them() {
    let place = place_that_owes_jo().await;
    place.stores(answered(place.plan.shops[0].id, 1), []).await;
    let mut ana = place.anas_browser().await;
    let path = format!("/callers/{JO}");
    let page = ana.sees(&path).await;
    for words in [
        "Jo Miller",
        "600 99 98 88",
        "3 calls so far.",
        "Called twice, and nobody answered",
        "Counter answered in 5 s, 42 s.",
    ] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
    let tag = tag_of(&page);
    let typed = [
        ("name", "Jo <Miller>"),
        ("note", "Wants the blue door\r\nand two hinges"),
        ("blocked", "yes"),
        ("tag", tag.as_str()),
    ];
    let answer = ana.fills(&path, &typed).await;
    assert_eq!(answer.headers[header::LOCATION], format!("{path}?saved=yes").as_str());
    let page = ana.sees(&format!("{path}?saved=yes")).await;
    for words in
        ["Saved.", "value=\"Jo &#60;Miller&#62;\"", "Wants the blue door\nand two hinges", "value=\"yes\" checked"]
    {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
    assert!(ana.sees("/").await.contains("Nobody waits for a call."), "a blocked caller is owed nothing");
    let long = "n".repeat(201);
    let answer = ana.fills(&path, &[("name", &long), ("note", "kept"), ("tag", &tag)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.text.contains("at most 200 characters") && answer.text.contains(">kept</textarea>"),
        "{}",
        answer.text
    );
    assert_eq!(ana.opens("/callers/jo").await.status, StatusCode::NOT_FOUND);
    assert!(ana.sees("/callers/+34600000009").await.contains("No call so far."));
}

/// Which version of what is written a page's form is of.
fn tag_of(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"tag\" value=\"").expect("a form has a tag");
    rest.split_once('"').expect("its end").0.to_owned()
}

#[tokio::test]
async fn two_who_write_of_a_caller_at_once_do_not_undo_each_other() {
    let place = place_that_owes_jo().await;
    let mut ana = place.anas_browser().await;
    let path = format!("/callers/{JO}");
    let tag = tag_of(&ana.sees(&path).await);
    let saves = |note: &'static str, tag: String| [("name", "Jo".to_owned()), ("note", note.to_owned()), ("tag", tag)];
    let mut fill = async |fields: [(&'static str, String); 3]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ana.fills(&path, &fields).await
    };
    assert_eq!(fill(saves("Red door", tag.clone())).await.status, StatusCode::SEE_OTHER);
    let told = fill(saves("Green door", tag.clone())).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    for words in ["Somebody else has changed this", "Red door", ">Green door</textarea>"] {
        assert!(told.text.contains(words), "{words:?} is not in {}", told.text);
    }
    assert_eq!(fill(saves("Green door", tag_of(&told.text))).await.status, StatusCode::SEE_OTHER, "they have seen it");
    assert!(ana.sees(&path).await.contains(">Green door</textarea>"));
    let old = ana.fills(&path, &[("name", "Jo"), ("note", "")]).await;
    assert_eq!(old.status, StatusCode::BAD_REQUEST, "a form without its tag is none of ours");
}

#[tokio::test]
async fn a_live_call_shows_the_callers_note_and_what_is_owed_to_them() {
    let place = place_that_owes_jo().await;
    let mut ana = place.anas_browser().await;
    let path = format!("/callers/{JO}");
    let tag = tag_of(&ana.sees(&path).await);
    ana.fills(&path, &[("name", "Jo Miller"), ("note", "Wants the blue door"), ("tag", &tag)]).await;
    let live = ana.sees("/live/now").await;
    let (_, card) = live.split_once("card live ringing").expect("Jo's call rings");
    let card = card.split_once("</li>").unwrap().0;
    for words in ["Jo Miller", "Wants the blue door", "Called twice, and nobody answered", "5th call"] {
        assert!(card.contains(words), "{words:?} is not in {card}");
    }
}
