//! Calls as they happen.

use axum::http::{Method, StatusCode};
use ringall::call::record::{CallRecord, Disposition, EventKind};
use ringall::now::UnixMs;
use ringall::switchboard::LogEntry;
use serde_json::{Value, json};

use crate::shop::{Loop, NOW, Place, answered, event, id, missed, missed_withheld, ringing};

const EVENTS: &str = "/api/v1/events";

fn happens(place: &Place, call: &CallRecord, seq: u32, kind: EventKind, phone: Option<&str>) {
    place.feed.entry(&LogEntry::Event(event(call, seq, kind, phone)));
}

#[tokio::test]
async fn a_call_is_told_as_it_happens() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    place.stores(answered(shop, 1), []).await;
    place.stores(missed(shop, 2), []).await;
    place.send(Method::PUT, "/api/v1/callers/+34600999888", &json!({"note": "Wants the blue door"})).await.ok();
    let mut events = place.listen(EVENTS, &[("accept-language", "en")]).await;

    let call = ringing(shop, 4);
    place.feed.call(&call);
    let (first, name, mut data) = events.next().await.expect("the call");
    assert_eq!(name, "call");
    assert_eq!(
        data["caller"].take(),
        json!({
            "note": "Wants the blue door", "last_spoken_at": "2026-12-24T17:01:47.000Z",
            "owed_since": "2026-12-24T17:02:00.000Z",
        })
    );
    assert_eq!(
        (&data["call"]["id"], &data["call"]["caller"]["name"]),
        (&json!(id(4).to_string()), &json!("Jo Miller"))
    );
    assert_eq!((&data["call"]["ended_at"], &data["call"]["nth_call_from_caller"]), (&Value::Null, &json!(4)));

    happens(&place, &call, 1, EventKind::Arrived, None);
    happens(&place, &call, 2, EventKind::Ringing, Some("Counter"));
    happens(&place, &call, 3, EventKind::Answered, Some("Counter"));
    for (seq, kind, text) in
        [(1, "arrived", "The call came in."), (2, "ringing", "Counter rings."), (3, "answered", "Counter picked up.")]
    {
        let (id, name, data) = events.next().await.expect("an event");
        assert_eq!((name.as_str(), &data["call"], &data["text"]), ("event", &json!(call.id.to_string()), &json!(text)));
        assert_eq!((&data["event"]["kind"], &data["event"]["seq"]), (&json!(kind), &json!(seq)));
        assert_ne!(id, first, "each has a name of its own");
    }
    happens(&place, &call, 4, EventKind::Ended, None);
    place.feed.entry(&LogEntry::Changed(Box::new(answered(shop, 4))));
    assert_eq!(events.next().await.expect("the end").2["event"]["kind"], "ended");
    let (_, name, data) = events.next().await.expect("the call");
    assert_eq!(
        (name.as_str(), &data["call"]["answered_by"], &data["caller"]),
        ("call", &json!("Counter"), &Value::Null)
    );
}

#[tokio::test]
async fn whoever_talks_with_a_caller_is_told_of_the_last_time_before() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    place.stores(answered(shop, 1), []).await;
    let talking = CallRecord { ended: None, ended_by: None, ..answered(shop, 4) };
    place.stores(talking.clone(), []).await;
    let mut events = place.listen(EVENTS, &[]).await;
    place.feed.entry(&LogEntry::Changed(Box::new(talking)));
    let (_, _, data) = events.next().await.expect("the call");
    assert_eq!(data["caller"]["last_spoken_at"], "2026-12-24T17:01:47.000Z");
}

#[tokio::test]
async fn a_message_is_told_with_its_call() {
    let place = Place::of_one_shop().await;
    let mut events = place.listen(EVENTS, &[]).await;
    let left = CallRecord { disposition: Some(Disposition::Message), ..missed(place.plan.shops[0].id, 1) };
    for (call, message) in [(left, json!(id(1).to_string())), (missed(place.plan.shops[0].id, 2), Value::Null)] {
        place.feed.entry(&LogEntry::Changed(Box::new(call)));
        assert_eq!(events.next().await.expect("the call").2["call"]["message_id"], message);
    }
}

#[tokio::test]
async fn a_withheld_caller_has_no_card() {
    let place = Place::of_one_shop().await;
    let mut events = place.listen(EVENTS, &[]).await;
    place.feed.call(&CallRecord { ended: None, disposition: None, ..missed_withheld(place.plan.shops[0].id, 1) });
    let (_, _, data) = events.next().await.expect("the call");
    assert_eq!((&data["caller"], &data["call"]["caller"]["number"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_listener_hears_its_own_shop() {
    let place = Place::of(&["Ruiz", "Sol"], Loop::Answers).await;
    let [ruiz, sol] = [place.plan.shops[0].id, place.plan.shops[1].id];
    // It lives already when somebody begins to listen.
    let earlier = ringing(sol, 1);
    place.stores(earlier.clone(), []).await;
    let mut events = place.listen("/api/v1/events?shop=Sol", &[]).await;
    let mut all = place.listen(EVENTS, &[]).await;
    place.feed.call(&ringing(ruiz, 2));
    happens(&place, &ringing(ruiz, 2), 1, EventKind::Arrived, None);
    place.feed.call(&CallRecord { shop: None, ..ringing(ruiz, 3) });
    happens(&place, &CallRecord { started: UnixMs(NOW.0), ..earlier }, 7, EventKind::GaveUp, None);
    place.feed.call(&ringing(sol, 4));
    let (_, name, data) = events.next().await.expect("the event of the earlier call");
    assert_eq!((name.as_str(), &data["event"]["seq"]), ("event", &json!(7)));
    assert_eq!(data["text"], "Quien llamaba colgó tras 4 minutos.", "counted from its beginning");
    assert_eq!(events.next().await.expect("the call").2["call"]["id"], id(4).to_string());
    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(all.next().await.expect("everything").1);
    }
    assert_eq!(heard, ["call", "event", "call", "event", "call"]);
    place.get("/api/v1/events?shop=Nobody").await.problem(StatusCode::BAD_REQUEST);
}

/// The log was not to be read for a moment, or has no row yet.
#[tokio::test]
async fn a_call_that_is_not_found_is_looked_for_again() {
    let place = Place::of(&["Ruiz", "Sol"], Loop::Answers).await;
    let call = ringing(place.plan.shops[1].id, 1);
    let mut all = place.listen(EVENTS, &[]).await;
    let mut events = place.listen("/api/v1/events?shop=Sol", &[]).await;
    happens(&place, &call, 1, EventKind::Ringing, Some("Counter"));
    // An event of another call, which this listener knows: it has looked for the first by then.
    let other = ringing(place.plan.shops[1].id, 2);
    place.feed.call(&other);
    assert_eq!(all.next().await.expect("the event").2["event"]["seq"], 1);
    assert_eq!(events.next().await.expect("the call").2["call"]["id"], other.id.to_string());
    place.stores(call.clone(), []).await;
    happens(&place, &call, 2, EventKind::Answered, Some("Counter"));
    place.feed.call(&other);
    let (_, name, data) = events.next().await.expect("an event of its shop");
    assert_eq!((name.as_str(), &data["event"]["seq"]), ("event", &json!(2)));
}

#[tokio::test]
async fn a_listener_that_falls_behind_is_told_to_look_anew() {
    let place = Place::of_one_shop().await;
    let mut events = place.listen(EVENTS, &[]).await;
    let call = ringing(place.plan.shops[0].id, 1);
    place.stores(call.clone(), []).await;
    for seq in 1..=5000 {
        happens(&place, &call, seq, EventKind::Ringing, Some("Counter"));
        if seq % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut last = 0;
    loop {
        let (_, name, data) = events.next().await.expect("a message");
        if name == "reload" {
            break;
        }
        let seq = data["event"]["seq"].as_u64().expect("a number");
        assert_eq!(seq, last + 1, "none is lost without a word");
        last = seq;
    }
}

#[tokio::test]
async fn who_comes_back_is_told_to_look_anew_when_something_happened() {
    let place = Place::of_one_shop().await;
    let mut events = place.listen(EVENTS, &[]).await;
    let call = ringing(place.plan.shops[0].id, 1);
    place.feed.call(&call);
    let (id, _, _) = events.next().await.expect("the call");
    let mut back = place.listen(EVENTS, &[("last-event-id", &id)]).await;
    place.feed.call(&call);
    assert_eq!(back.next().await.expect("the call").1, "call", "nothing was missed");
    for missed in [id.as_str(), "1-1", "nonsense"] {
        let mut back = place.listen(EVENTS, &[("last-event-id", missed)]).await;
        assert_eq!(back.next().await.expect("a word").1, "reload", "{missed}");
    }
}

#[tokio::test]
async fn who_listened_alone_and_comes_back_is_told_what_happened_meanwhile() {
    let place = Place::of_one_shop().await;
    let call = ringing(place.plan.shops[0].id, 1);
    for heard_a_call in [false, true] {
        let mut events = place.listen(EVENTS, &[]).await;
        let mut heard = events.first_id().await;
        if heard_a_call {
            place.feed.call(&call);
            heard = events.next().await.expect("the call").0;
        }
        drop(events);
        place.feed.call(&call);
        let mut back = place.listen(EVENTS, &[("last-event-id", &heard)]).await;
        place.feed.call(&call);
        assert_eq!(back.next().await.expect("a word").1, "reload", "{heard_a_call}");
        assert_eq!(back.next().await.expect("the call").1, "call", "and what happens then");
    }
}

#[tokio::test]
async fn the_stream_ends_with_the_service() {
    let place = Place::of_one_shop().await;
    let mut events = place.listen(EVENTS, &[]).await;
    place.feed.listeners().end();
    assert_eq!(events.next().await, None);
    let mut late = place.listen(EVENTS, &[]).await;
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), late.next()).await;
    assert_eq!(ended.expect("it does not hold up the end"), None);
}
