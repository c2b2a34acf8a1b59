//! Now, the card after a call, and the figures, by the page.

use axum::http::{StatusCode, header};
use ringall::call::record::CallRecord;
use ringall::now::UnixMs;

use crate::browser::Browser;
use crate::shop::{JO, NOW, Place, answered, id, missed, missed_withheld};

#[track_caller]
fn says(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "{words:?} is not in\n{page}");
    }
}

/// Of the page, the part with this heading.
fn part<'p>(page: &'p str, label: &str) -> &'p str {
    let start = page.find(&format!("<section aria-label=\"{label}\"")).expect("a part of this name");
    let rest = &page[start..];
    &rest[..rest.find("</section>").expect("its end")]
}

/// Jo spoke with the counter at 18:01.
async fn place_after_a_call() -> Place {
    let place = Place::of_one_shop().await;
    place.stores(answered(place.plan.shops[0].id, 1), []).await;
    place
}

async fn leads_to(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)], to: &str) {
    let answer = browser.fills(path, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(answer.headers[header::LOCATION], to);
}

#[tokio::test]
async fn after_a_call_two_taps_say_what_it_was_about_and_nobody_is_asked_twice() {
    let place = place_after_a_call().await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/").await;
    let card = part(&page, "After the call");
    says(card, &["Jo Miller", "Counter spoke with them for 42 seconds: today at 18:01.", "What did they want?"]);
    says(card, &["Our hours", "A repair", "We didn&#39;t have it", "Sent to a neighbour"]);
    assert!(!card.contains("What did we promise?"), "one question at a time");
    let path = format!("/calls/{}/wanted", id(1));
    leads_to(&mut ana, &path, &[("kind", "word"), ("said", "Our hours"), ("back", "/")], "/").await;
    let page = ana.sees("/").await;
    let card = part(&page, "After the call");
    assert!(card.contains("What did we promise?") && !card.contains("What did they want?"), "{card}");
    says(card, &["Within an hour (today, 19:05)", "Tomorrow by noon (tomorrow, 12:00)"]);
    let path = format!("/calls/{}/promise", id(1));
    leads_to(&mut ana, &path, &[("due", "nothing"), ("back", "/")], "/").await;
    assert!(!ana.sees("/").await.contains("What did"), "neither is asked again");
    let own = ana.sees(&format!("/calls/{}/after", id(1))).await;
    says(&own, &["Our hours", "aria-pressed=\"true\"", "What did we promise?"]);
}

#[tokio::test]
async fn only_a_word_of_the_shop_is_kept_as_its_own() {
    let place = place_after_a_call().await;
    let mut ana = place.anas_browser().await;
    place.store.set_wanted_words(place.plan.shops[0].id, &["Keys".to_owned()]).await.unwrap();
    let path = format!("/calls/{}/wanted", id(1));
    let answer = ana.fills(&path, &[("kind", "word"), ("said", "Jo of the blue door"), ("back", "/")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    says(&answer.text, &["This word is not on the shop&#39;s list any more.", "aria-describedby=\"wanted-fault\""]);
    assert_eq!(place.store.wrap_up(answered(place.plan.shops[0].id, 1).id).await.unwrap(), None);
    leads_to(&mut ana, &path, &[("kind", "word"), ("said", "Keys"), ("back", "/")], "/").await;
}

#[tokio::test]
async fn of_who_was_erased_nothing_is_asked() {
    let place = place_after_a_call().await;
    let mut ana = place.anas_browser().await;
    let path = format!("/calls/{}/wanted", id(1));
    leads_to(&mut ana, &path, &[("kind", "word"), ("said", "Our hours"), ("back", "/")], "/").await;
    ana.fills(&format!("/callers/{JO}/erase"), &[]).await;
    assert!(!ana.sees("/").await.contains("What did"));
}

#[tokio::test]
async fn who_skips_the_card_sees_it_no_more() {
    let place = place_after_a_call().await;
    let mut ana = place.anas_browser().await;
    let path = format!("/calls/{}/wanted", id(1));
    leads_to(&mut ana, &path, &[("kind", "word"), ("said", ""), ("back", "/")], "/").await;
    assert!(!ana.sees("/").await.contains("What did"));
}

#[tokio::test]
async fn a_promise_is_on_the_list_until_it_is_kept() {
    let place = place_after_a_call().await;
    let mut ana = place.anas_browser().await;
    let path = format!("/calls/{}/promise", id(1));
    let typed = [("due", ""), ("what", "The blue <door>"), ("until", "2026-12-24T19:30"), ("back", "/")];
    leads_to(&mut ana, &path, &typed, "/").await;
    let page = ana.sees("/").await;
    let list = part(&page, "Call back");
    says(
        list,
        &["Jo Miller", "Ana promised by today at 19:30: The blue &#60;door&#62;", "Call back by: today at 19:30."],
    );
    assert!(!list.contains("nobody answered"), "nobody called in vain");
    says(part(&page, "Live calls"), &["Jo Miller", "Ana promised by today at 19:30"]);
    let items = place.get("/api/v1/owed").await.ok();
    let one = &items["items"][0];
    assert_eq!((&one["attempts"], &one["promises"][0]["what"]), (&0.into(), &"The blue <door>".into()));
    assert_eq!(one["promises"][0]["due_at"], "2026-12-24T18:30:00.000Z");

    let claim = format!("/owed/{JO}/claim");
    leads_to(&mut ana, &claim, &[("back", "/")], "/").await;
    says(&ana.sees("/").await, &["You are calling back."]);
    let settle = format!("/owed/{JO}/settle");
    let form = [("how", "called_elsewhere"), ("seen", &NOW.0.to_string()), ("back", "/")];
    leads_to(&mut ana, &settle, &form, "/").await;
    says(&ana.sees("/").await, &["Nobody waits for a call.", "Jo Miller: Ana called, today at 18:05."]);
}

#[tokio::test]
async fn what_was_typed_comes_back_with_what_is_wrong() {
    let place = place_after_a_call().await;
    let mut ana = place.anas_browser().await;
    let promise = format!("/calls/{}/promise", id(1));
    let long = "x".repeat(201);
    for (fields, why) in [
        ([("due", ""), ("what", "kept"), ("until", "2026-12-24T18:04")], "This time has passed."),
        ([("due", ""), ("what", "kept"), ("until", "soon")], "Write day and time"),
        ([("due", ""), ("what", "kept"), ("until", "2028-12-24T18:04")], "later than a year from now"),
    ] {
        let answer = ana.fills(&promise, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        says(
            &answer.text,
            &[why, "value=\"kept\"", &format!("value=\"{}\"", fields[2].1), "aria-describedby=\"promise-fault\""],
        );
    }
    let answer = ana.fills(&promise, &[("due", "hour"), ("what", &long)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    says(&answer.text, &["at most 200 characters"]);
    let wanted = format!("/calls/{}/wanted", id(1));
    let answer = ana.fills(&wanted, &[("kind", "not_had"), ("said", " ")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    says(&answer.text, &["Write what it was", "aria-describedby=\"wanted-fault\""]);
    assert_eq!(ana.fills(&wanted, &[("kind", "spam"), ("said", "x")]).await.status, StatusCode::BAD_REQUEST);
    place.stores(missed(place.plan.shops[0].id, 2), []).await;
    for none in [format!("/calls/{}/after", id(2)), format!("/calls/{}/after", id(9))] {
        assert_eq!(ana.opens(&none).await.status, StatusCode::NOT_FOUND, "nobody spoke in it");
    }
}

#[tokio::test]
async fn nothing_is_promised_to_whom_nobody_can_call() {
    let place = Place::of_one_shop().await;
    let withheld = CallRecord { withheld: true, caller: None, ..answered(place.plan.shops[0].id, 1) };
    place.stores(withheld, []).await;
    let mut ana = place.anas_browser().await;
    let wanted = format!("/calls/{}/wanted", id(1));
    leads_to(&mut ana, &wanted, &[("kind", "neighbour"), ("said", "Sol"), ("back", "/")], "/").await;
    assert!(!ana.sees("/").await.contains("What did we promise?"));
    let refused = ana.fills(&format!("/calls/{}/promise", id(1)), &[("due", "hour")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_calls_back_finds_one_list_the_most_urgent_first() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    let from = |number: &str, call: CallRecord| CallRecord { caller: Some(crate::shop::number(number)), ..call };
    place.stores(from("+34600000001", missed(shop, 1)), []).await;
    for n in [2, 3, 4] {
        place.stores(from("+34600000002", missed(shop, n)), []).await;
    }
    let left = CallRecord { disposition: Some(ringall::call::record::Disposition::Message), ..missed(shop, 6) };
    let started = UnixMs(NOW.0 - 60_000);
    let left = from("+34600000003", CallRecord { started, ended: Some(started), ..left });
    place.stores(left.clone(), []).await;
    place.stores_message(&left, &[0xff; 8_000]).await;
    let nobody = CallRecord { disposition: left.disposition, ..missed_withheld(shop, 0) };
    place.stores(nobody.clone(), []).await;
    place.stores_message(&nobody, &[0xff; 16_000]).await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/").await;
    let list = part(&page, "Call back");
    let place_of = |what: &str| list.find(what).unwrap_or_else(|| panic!("{what} is not in {list}"));
    let order = ["600 00 00 02", "600 00 00 01", "A message without a number", "600 00 00 03"].map(place_of);
    assert!(order.is_sorted(), "who called three times in vain first, then by time: {list}");
    says(list, &["Called 3 times, and nobody answered"]);
    assert_eq!(list.matches("<audio").count(), 2, "each message with its player");
    // It is off the list once somebody has heard it.
    ana.opens(&format!("/messages/{}/audio", nobody.id)).await;
    assert!(!ana.sees("/").await.contains("A message without a number"));
}

#[tokio::test]
async fn a_card_that_has_gone_is_accounted_for() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    place.stores(missed(shop, 1), []).await;
    let mut ana = place.anas_browser().await;
    assert!(ana.sees("/").await.contains("Called, and nobody answered"));
    place.stores(answered(shop, 2), []).await;
    let page = ana.sees("/").await;
    says(
        part(&page, "Call back"),
        &["Nobody waits for a call.", "Jo Miller: Counter spoke with them, today at 18:02."],
    );
    place.stores(answered(shop, 3), []).await;
    let again = ana.sees("/").await;
    assert!(!part(&again, "Call back").contains("18:03"), "nothing was owed any more");
}

#[tokio::test]
async fn the_sentence_says_how_many_phones_ring_and_few_are_pointed_out_once() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/").await;
    says(&page, &["If someone calls now, 1 phone rings.", "1 of 2 phones rings.", "Only one phone rings"]);
    says(&page, &["Phone that registers · Last answered: today at 18:04"]);
    leads_to(&mut ana, "/few-phones", &[("phones", "1")], "/").await;
    assert!(!ana.sees("/").await.contains("Only one phone rings"));
    assert_eq!(ana.fills("/few-phones", &[("phones", "none")]).await.status, StatusCode::BAD_REQUEST);
    let spanish = place.anas_browser().await.speaking("es").sees("/").await;
    says(&spanish, &["Si llaman ahora, suena 1 teléfono."]);
}

#[tokio::test]
async fn what_was_said_for_now_can_be_taken_back() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let answer = ana.fills("/override", &[("state", "closed"), ("for", "hour")]).await;
    let to = answer.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert_eq!(to, "/?saved=yes");
    let page = ana.sees(&to).await;
    says(&page, &["Closed by hand until 19:05.", "For now only", "they hear the greeting", ">Undo</button>"]);
    leads_to(&mut ana, "/override/undo", &[("was", "")], "/?saved=undone").await;
    let page = ana.sees("/?saved=undone").await;
    assert!(!page.contains("Closed by hand") && !page.contains(">Undo</button>"), "{page}");
    // What was said before stands again.
    ana.fills("/override", &[("state", "closed"), ("for", "hour")]).await;
    let answer = ana.fills("/override/end", &[]).await;
    let was = answer.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert_eq!(was, "/?saved=yes&was=closed.1798135500000");
    ana.fills("/override/undo", &[("was", "closed.1798135500000")]).await;
    says(&ana.sees("/").await, &["Closed by hand until 19:05."]);
    for forged in ["closed.1", "open", "spam.1798135500000"] {
        ana.fills("/override/undo", &[("was", forged)]).await;
        assert!(!ana.sees("/").await.contains("by you"), "{forged}");
    }
}

#[tokio::test]
async fn the_last_five_calls_are_at_hand() {
    let place = Place::of_one_shop().await;
    for n in 1..=7 {
        place.stores(answered(place.plan.shops[0].id, n), []).await;
    }
    let page = place.anas_browser().await.sees("/").await;
    let last = part(&page, "The last calls");
    assert_eq!(last.matches("class=\"card call").count(), 5);
    says(last, &["href=\"/calls\"", "href=\"/figures\""]);
}

#[tokio::test]
async fn figures_say_how_it_went_and_what_to_do() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    let mut ana = place.anas_browser().await;
    says(&ana.sees("/figures").await, &["Figures", "Nobody has called.", "Nobody has said after a call"]);
    place.store.set_wanted_words(shop, &["x{{7*7}}<b>".to_owned(), "Our hours".to_owned()]).await.unwrap();
    for n in 1..=3 {
        place.stores(answered(shop, n), []).await;
        let path = format!("/calls/{}/wanted", id(n));
        let said = if n == 1 { "x{{7*7}}<b>" } else { "Our hours" };
        ana.fills(&path, &[("kind", "word"), ("said", said), ("back", "/")]).await;
    }
    place.stores(missed(shop, 4), []).await;
    let page = ana.sees("/figures").await;
    says(&page, &["5 s", "75 % (3 of 4)", "Callers hardly wait", "1 call was missed: see below when."]);
    says(&page, &["2 of 3 asked your hours: print the sign for the door.", "x{{7*7}}&#60;b&#62;"]);
    says(&page, &["Thursday, 18:00: 1 of 4 missed", "Most are missed on Thursday from 18:00 to 19:00, 1 of 4"]);
    let spanish = place.anas_browser().await.speaking("es").sees("/figures").await;
    says(&spanish, &["2 de 3 preguntaron por el horario", "los jueves de 18:00 a 19:00"]);
}

#[tokio::test]
async fn the_buttons_after_a_call_are_the_shops_own_words() {
    let place = place_after_a_call().await;
    let mut ana = place.anas_browser().await;
    let many = "word\n".repeat(13);
    for (faulty, kept) in [(many.as_str(), ">word"), ("a word that no button has any room for", ">a word that")] {
        let answer = ana.fills("/figures/words", &[("words", faulty)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        says(&answer.text, &["at most 12 lines of at most 30 characters", kept]);
    }
    let words = [("words", "Keys cut\r\n\r\n El horario \r\n")];
    leads_to(&mut ana, "/figures/words", &words, "/figures?saved=yes").await;
    says(&ana.sees("/figures?saved=yes").await, &["Saved.", "Keys cut\nEl horario"]);
    let page = ana.sees("/").await;
    let card = part(&page, "After the call");
    says(card, &["Keys cut", "El horario"]);
    assert!(!card.contains("A repair"));
    ana.fills(&format!("/calls/{}/wanted", id(1)), &[("kind", "word"), ("said", "El horario")]).await;
    says(&ana.sees(&format!("/calls/{}/after", id(1))).await, &["<dd><bdi>Our hours</bdi>"]);
}
