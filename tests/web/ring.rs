//! A phone is rung for whoever looks at the page, or asks the API.

use axum::http::{Method, StatusCode, header};
use ringall::call::record::{CallRecord, Direction, Disposition};
use ringall::now::UnixMs;
use ringall::routing::Because;
use ringall::routing::plan::PhoneId;
use ringall::switchboard::Purpose;
use serde_json::json;

use crate::shop::{Asked, JO, Loop, PREMIUM, Place, TWO_DESKS, id, missed, number, ringing};

const CALL: &str = "/callers/+34600999888/call";

fn phone(place: &Place, name: &str) -> PhoneId {
    place.plan.shops[0].phones.iter().find(|phone| &*phone.name == name).expect("a phone of this test").id
}

/// What the loop was told, all of which it has read: it answers in turn.
async fn told_to_the_loop(place: &Place) -> Vec<Asked> {
    place.get("/api/v1/right-now").await.ok();
    place.asked()
}

/// Of a page, the part that has this form.
fn form<'p>(page: &'p str, action: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("no {action}: {page}"));
    rest.split_once("</form>").expect("its end").0
}

#[tokio::test]
async fn the_counter_rings_for_who_wants_to_call_back_and_says_what_to_do() {
    let place = Place::of_one_shop().await;
    place.stores(missed(place.plan.shops[0].id, 1), []).await;
    let mut ana = place.anas_browser().await;
    let counter = phone(&place, "Counter");
    for path in ["/", "/callers/+34600999888"] {
        let page = ana.sees(path).await;
        let form = form(&page, CALL);
        assert!(form.contains("<button>Call from Counter</button>"), "{path}: {form}");
        assert!(!form.contains("<select"), "a cell is no choice: {form}");
    }
    let answer = ana.fills(CALL, &[("phone", &counter.0.to_string()), ("back", "/messages")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.contains("Counter rings. Lift it and we call Jo Miller."), "{}", answer.text);
    assert!(answer.text.contains("href=\"/messages\">Back</a>"), "{}", answer.text);
    assert_eq!(place.asked(), [Asked::Ring(counter, Purpose::CallBack(number(JO)))]);

    let mut ana = ana.speaking("es");
    let answer = ana.fills(CALL, &[("phone", &counter.0.to_string()), ("back", "https://evil.example")]).await;
    assert!(answer.text.contains("Suena Counter. Descuelga y llamamos a Jo Miller."), "{}", answer.text);
    assert!(answer.text.contains("href=\"/\">Volver</a>"), "{}", answer.text);
    assert!(ana.sees("/").await.contains("<button>Llamar desde Counter</button>"));
}

#[tokio::test]
async fn whoever_left_a_message_is_called_from_it() {
    let place = Place::of_one_shop().await;
    let call = missed(place.plan.shops[0].id, 1);
    place.stores(call.clone(), []).await;
    place.stores_message(&call, &[0x90; 16_000]).await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/messages").await;
    let form = form(&page, CALL);
    assert!(form.contains("Call from Counter") && form.contains("name=\"back\" value=\"/messages\""), "{form}");
    assert_eq!(page.matches(CALL).count(), 1);
}

#[tokio::test]
async fn of_two_phones_the_one_that_was_chosen_last_is_proposed() {
    let place = Place::of(&[TWO_DESKS], Loop::Answers).await;
    place.stores(missed(place.plan.shops[0].id, 1), []).await;
    let mut ana = place.anas_browser().await;
    let workshop = phone(&place, "Workshop");
    let chosen = format!("<option value=\"{}\" selected>Workshop</option>", workshop.0);
    let page = ana.sees("/").await;
    let before = form(&page, CALL);
    assert!(before.contains(">Counter</option>") && before.contains(">Workshop</option>"), "{before}");
    assert!(!before.contains("cell") && !before.contains(&chosen), "{before}");
    let answer = ana.fills(CALL, &[("phone", &workshop.0.to_string())]).await;
    assert!(answer.text.contains("Workshop rings."));
    let set = answer.headers[header::SET_COOKIE].to_str().expect("ASCII");
    assert!(set.contains("HttpOnly; SameSite=Lax"), "{set}");
    let page = ana.sees("/").await;
    assert!(form(&page, CALL).contains(&chosen), "{page}");
    assert!(ana.sees("/account").await.contains("csrf"), "and she is still signed in");
}

#[tokio::test]
async fn a_phone_that_does_not_ring_says_why() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let counter = phone(&place, "Counter").0.to_string();
    let answer = ana.fills(&format!("/callers/{PREMIUM}/call"), &[("phone", &counter)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text.contains("The number costs extra, so it was not called."), "{}", answer.text);
    assert!(!answer.text.contains("Lift it"), "{}", answer.text);
    for (path, fields, status) in [
        (CALL, vec![], StatusCode::BAD_REQUEST),
        (CALL, vec![("phone", "Counter")], StatusCode::BAD_REQUEST),
        (CALL, vec![("phone", "99999")], StatusCode::NOT_FOUND),
        ("/callers/jo/call", vec![("phone", counter.as_str())], StatusCode::NOT_FOUND),
        ("/calls/none/pick-up", vec![("phone", counter.as_str())], StatusCode::NOT_FOUND),
    ] {
        assert_eq!(ana.fills(path, &fields).await.status, status, "{path} {fields:?}");
    }
    assert_eq!(place.asked().len(), 1, "the loop was asked once");

    let place = Place::of(&["Ruiz"], Loop::IsGone).await;
    place.stores(missed(place.plan.shops[0].id, 1), []).await;
    let mut ana = place.anas_browser().await;
    assert!(!ana.sees("/callers/+34600999888").await.contains(CALL), "the page is of use without");
    let counter = phone(&place, "Counter").0.to_string();
    assert_eq!(ana.fills(CALL, &[("phone", &counter)]).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn no_phone_rings_for_a_form_of_another_page() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let counter = phone(&place, "Counter").0.to_string();
    let mark = ana.mark().await;
    for (site, mark) in [("same-origin", ""), ("cross-site", mark.as_str())] {
        let fields = [("phone", counter.as_str()), ("csrf", mark)];
        let answer = ana.sends_from(&[("sec-fetch-site", site)], CALL, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{site}");
    }
    let fields = [("phone", counter.as_str()), ("csrf", mark.as_str())];
    assert_ne!(place.browser().sends(CALL, &fields).await.status, StatusCode::OK, "nobody is signed in");
    assert!(place.asked().is_empty());
    let opened = ana.opens(CALL).await;
    assert_eq!((opened.status, &opened.headers[header::LOCATION]), (StatusCode::SEE_OTHER, &"/".parse().unwrap()));
}

#[tokio::test]
async fn a_call_that_waits_is_picked_up_at_a_phone_of_ones_choice() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    place.stores(ringing(shop, 5), []).await;
    place.stores(missed(shop, 1), []).await;
    let mut ana = place.anas_browser().await;
    let (counter, action) = (phone(&place, "Counter"), format!("/calls/{}/pick-up", id(5)));
    let page = ana.sees("/").await;
    assert!(form(&page, &action).contains("<button>Pick up at Counter</button>"), "{page}");
    let answer = ana.fills(&action, &[("phone", &counter.0.to_string()), ("back", "/")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.contains("Counter rings. Lift it and you have Jo Miller."), "{}", answer.text);
    assert_eq!(place.asked(), [Asked::Ring(counter, Purpose::PickUp(id(5)))]);
    let over = ana.fills(&format!("/calls/{}/pick-up", id(1)), &[("phone", &counter.0.to_string())]).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
    assert!(over.text.contains("That call is over, or somebody has it already."), "{}", over.text);
}

#[tokio::test]
async fn who_returns_a_call_is_shown_so_on_the_live_card() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    let now = ringing(shop, 5);
    let out = |minutes: i64, n: u8| CallRecord {
        direction: Direction::Out,
        because: Because::CalledOut,
        started: UnixMs(now.started.0 - 60_000 * minutes),
        caller_display: "Workshop".into(),
        ..missed(shop, n)
    };
    place.stores(out(16, 1), []).await;
    let mut ana = place.anas_browser().await;
    assert!(!ana.sees("/").await.contains("Returns the call"), "that was too long ago");
    place.stores(CallRecord { disposition: Some(Disposition::Refused), ..out(3, 2) }, []).await;
    assert!(!ana.sees("/").await.contains("Returns the call"), "that never went out");
    place.stores(out(14, 3), []).await;
    assert!(ana.sees("/").await.contains("Returns the call from Workshop."));
    assert!(ana.speaking("es").sees("/").await.contains("Workshop le había llamado: está devolviendo la llamada."));
}

#[tokio::test]
async fn the_owner_wants_no_ring_for_who_gave_up() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/phones").await;
    assert!(form(&page, "/phones/call-back-ring").contains("name=\"ring\" value=\"yes\" checked"), "{page}");
    let answer = ana.fills("/phones/call-back-ring", &[]).await;
    assert_eq!(answer.headers[header::LOCATION], "/phones?saved=yes");
    assert!(!place.store.plan().await.unwrap().shops[0].call_back_ring);
    let page = ana.sees("/phones?saved=yes").await;
    assert!(page.contains("Saved.") && !form(&page, "/phones/call-back-ring").contains("checked"), "{page}");
    ana.fills("/phones/call-back-ring", &[("ring", "yes")]).await;
    assert!(place.store.plan().await.unwrap().shops[0].call_back_ring);
}

#[tokio::test]
async fn the_loop_hears_of_whom_somebody_has_taken_on() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    place.stores(missed(shop, 1), []).await;
    let told = Asked::TakenOn(shop, number(JO));
    let claim = format!("/api/v1/owed/{JO}/claim");
    assert_eq!(place.send(Method::POST, &claim, &json!({"by": "Ana"})).await.status, StatusCode::OK);
    assert_eq!(told_to_the_loop(&place).await, std::slice::from_ref(&told));
    assert_eq!(place.send(Method::POST, &claim, &json!({"by": "Ben"})).await.status, StatusCode::CONFLICT);
    assert_eq!(told_to_the_loop(&place).await.len(), 1, "it was hers already");
    place.send(Method::DELETE, &claim, &json!(null)).await;
    let mut ana = place.anas_browser().await;
    ana.fills(&format!("/owed/{JO}/claim"), &[("back", "/")]).await;
    assert_eq!(told_to_the_loop(&place).await, [told.clone(), told.clone()]);
    let settle = format!("/api/v1/owed/{JO}/settle");
    assert_eq!(place.send(Method::POST, &settle, &json!({"reason": "came_in"})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(told_to_the_loop(&place).await.len(), 3);
}

#[tokio::test]
async fn the_loop_hears_of_every_number_of_whom_somebody_has_taken_on() {
    let other = "+34600777666";
    for act in ["claim", "settle"] {
        let place = Place::of_one_shop().await;
        let shop = place.plan.shops[0].id;
        place.stores(missed(shop, 1), []).await;
        let joined = place.store.join_numbers(shop, &number(JO), &number(other)).await.unwrap();
        assert_eq!(joined, ringall::store::Joined::Done);
        let said = if act == "claim" { json!({"by": "Ana"}) } else { json!({"reason": "came_in"}) };
        let answer = place.send(Method::POST, &format!("/api/v1/owed/{other}/{act}"), &said).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        let mut told = told_to_the_loop(&place).await;
        told.sort_by_key(|asked| format!("{asked:?}"));
        assert_eq!(told, [other, JO].map(|one| Asked::TakenOn(shop, number(one))), "{act}");
    }
}

#[tokio::test]
async fn the_api_rings_a_phone_by_its_name() {
    let place = Place::of_one_shop().await;
    place.stores(ringing(place.plan.shops[0].id, 5), []).await;
    let counter = phone(&place, "Counter");
    let call = "/api/v1/callers/600999888/call";
    let answer = place.send(Method::POST, call, &json!({"phone": "Counter"})).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::ACCEPTED, json!({"phone": "Counter"})));
    let pick_up = format!("/api/v1/calls/{}/pick-up", id(5));
    assert_eq!(place.send(Method::POST, &pick_up, &json!({"phone": "Counter"})).await.status, StatusCode::ACCEPTED);
    let asked = [Purpose::CallBack(number(JO)), Purpose::PickUp(id(5))].map(|purpose| Asked::Ring(counter, purpose));
    assert_eq!(place.asked(), asked);

    let nobody = place.send(Method::POST, call, &json!({"phone": "Nobody's"})).await.problem(StatusCode::BAD_REQUEST);
    assert_eq!(nobody["parameter"], "phone");
    let premium = format!("/api/v1/callers/{PREMIUM}/call");
    let premium = place.send_as(Method::POST, &premium, &[("accept-language", "es")], "{\"phone\":\"Counter\"}").await;
    let detail = premium.problem(StatusCode::CONFLICT)["detail"].as_str().map(str::to_owned);
    assert!(detail.is_some_and(|detail| detail.contains("número")), "{}", premium.text);
    let gone = format!("/api/v1/calls/{}/pick-up", id(1));
    place.send(Method::POST, &gone, &json!({"phone": "Counter"})).await.problem(StatusCode::CONFLICT);
}
