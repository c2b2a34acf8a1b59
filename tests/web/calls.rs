//! The call log.

use axum::http::{Method, StatusCode, header};
use ringall::call::record::EventKind;
use serde_json::{Value, json};

use crate::shop::{JO, Place, answered, event, id, missed_withheld};

async fn place_with_three_calls() -> Place {
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
    place.stores(answered(shop, 3), []).await;
    place
}

/// The ids of a list's calls, as the numbers they were made from.
#[track_caller]
fn listed(list: &Value) -> Vec<u8> {
    let items = list["items"].as_array().expect("a list has items");
    let n = |item: &Value| (1..=9).find(|&n| item["id"] == id(n).to_string()).expect("a call of this test");
    items.iter().map(n).collect()
}

#[tokio::test]
async fn the_log_lists_calls_newest_first() {
    let place = place_with_three_calls().await;
    assert_eq!(listed(&place.get("/api/v1/calls").await.ok()), [3, 2, 1]);
}

#[tokio::test]
async fn an_answered_call_is_told_whole() {
    let place = place_with_three_calls().await;
    let list = place.get_in("en-GB, es;q=0.5", "/api/v1/calls").await.ok();
    let mut call = list["items"][2].clone();
    let text = call["because"]["text"].take();
    assert!(text.as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(
        call,
        json!({
            "id": id(1).to_string(),
            "shop": "Ruiz",
            "direction": "in",
            "caller": {"number": JO, "name": "Jo Miller", "withheld": false},
            "called": "911234567",
            "door": "sip",
            "started_at": "2026-12-24T17:01:00.000Z",
            "answered_at": "2026-12-24T17:01:05.000Z",
            "ended_at": "2026-12-24T17:01:47.000Z",
            "ring_ms": 5000,
            "talk_ms": 42000,
            "disposition": "answered",
            "because": {"code": "open_hours", "text": null},
            "ended_by": "caller",
            "answered_by": "Counter",
            "message_id": null,
            "nth_call_from_caller": 1,
        })
    );
    let in_spanish = place.get_in("es", "/api/v1/calls").await.ok()["items"][2]["because"]["text"].clone();
    assert_ne!(in_spanish, text, "the reason is told in the language asked for");
    assert_eq!(place.get("/api/v1/calls").await.ok()["items"][2]["because"]["text"], in_spanish, "else in the shop's");
}

#[tokio::test]
async fn a_withheld_caller_has_neither_number_nor_name() {
    let place = place_with_three_calls().await;
    let call = place.get("/api/v1/calls?disposition=missed").await.ok()["items"][0].clone();
    assert_eq!(call["caller"], json!({"number": null, "name": null, "withheld": true}));
    assert_eq!((&call["answered_at"], &call["talk_ms"], &call["ring_ms"]), (&Value::Null, &json!(0), &json!(20000)));
}

#[tokio::test]
async fn filters_choose_calls() {
    let place = place_with_three_calls().await;
    let second = id(2);
    for (query, expected) in [
        ("caller=%2B34600999888", &[3, 1][..]),
        ("caller=+34600999888", &[3, 1]),
        ("caller=600999888", &[3, 1]),
        ("caller=%2B34600000000", &[]),
        ("since=2026-12-24T17:02:00Z", &[3, 2]),
        ("since=2026-12-24T18:02:00.001%2B01:00", &[3]),
        ("since=2026-12-24T18:02:00.001+01:00", &[3]),
        (&format!("before={second}"), &[1]),
        ("disposition=missed", &[2]),
        ("disposition=answered&limit=1", &[3]),
        ("limit=2", &[3, 2]),
        ("shop=Ruiz", &[3, 2, 1]),
    ] {
        assert_eq!(listed(&place.get(&format!("/api/v1/calls?{query}")).await.ok()), expected, "{query}");
    }
}

#[tokio::test]
async fn a_shop_is_asked_for_by_its_name() {
    let place = Place::of(&["Ruiz", "Café Sol"], crate::shop::Loop::Answers).await;
    place.stores(answered(place.plan.shops[0].id, 1), []).await;
    place.stores(answered(place.plan.shops[1].id, 2), []).await;
    assert_eq!(listed(&place.get("/api/v1/calls").await.ok()), [2, 1]);
    assert_eq!(listed(&place.get("/api/v1/calls?shop=Caf%C3%A9+Sol").await.ok()), [2]);
    assert_eq!(place.get("/api/v1/calls?shop=Sol").await.problem(StatusCode::BAD_REQUEST)["parameter"], "shop");
}

#[tokio::test]
async fn one_call_comes_with_its_events() {
    let place = place_with_three_calls().await;
    let call = place.get(&format!("/api/v1/calls/{}", id(1))).await.ok();
    assert_eq!(call["id"], id(1).to_string());
    let kinds: Vec<&Value> = call["events"].as_array().expect("events").iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["arrived", "ringing", "answered", "ended"]);
    assert_eq!(
        call["events"][1],
        json!({"seq": 2, "at": "2026-12-24T17:01:00.002Z", "kind": "ringing", "phone": "Counter", "detail": ""})
    );
}

#[tokio::test]
async fn an_unknown_call_is_not_found() {
    let place = Place::of_one_shop().await;
    for id in [id(9).to_string(), "nonsense".into(), "%FF".into()] {
        place.get(&format!("/api/v1/calls/{id}")).await.problem(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let place = Place::of_one_shop().await;
    for (query, parameter) in [
        ("caller=jo", "caller"),
        ("caller=", "caller"),
        ("since=yesterday", "since"),
        ("before=1", "before"),
        ("disposition=lost", "disposition"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("shop=Nobody", "shop"),
        ("limt=5", "limt"),
        ("limit=5&limit=6", "limit"),
        ("%FF=1", "\u{fffd}"),
    ] {
        let problem = place.get(&format!("/api/v1/calls?{query}")).await.problem(StatusCode::BAD_REQUEST);
        assert_eq!(problem["parameter"], parameter, "{query}");
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_told() {
    let place = place_with_three_calls().await;
    let known = format!("/api/v1/calls/{}", id(1));
    for path in ["/api/v1/calls", &known, "/api/v1/right-now", "/api/v1/nothing"] {
        let answer = place.ask(Method::GET, path, &[], Some("127.0.0.1:5000")).await;
        answer.problem(StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], r#"Bearer realm="ringall""#);
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
    place.ask(Method::POST, "/api/v1/calls", &[], None).await.problem(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let place = Place::of_one_shop().await;
    let cut = &place.token[..place.token.len() - 1];
    for wrong in [format!("Bearer {cut}"), format!("Bearer {}x", place.token), format!("Bearer {}", "x".repeat(5000))] {
        let answer = place.ask(Method::GET, "/api/v1/calls", &[("authorization", &wrong)], None).await;
        answer.problem(StatusCode::UNAUTHORIZED);
        assert!(answer.headers[header::WWW_AUTHENTICATE].to_str().is_ok_and(|how| how.contains("invalid_token")));
    }
    let basic = format!("Basic {}", place.token);
    place.ask(Method::GET, "/api/v1/calls", &[("authorization", &basic)], None).await.problem(StatusCode::UNAUTHORIZED);
    let in_query = format!("/api/v1/calls?token={}", place.token);
    place.ask(Method::GET, &in_query, &[], None).await.problem(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let place = Place::of_one_shop().await;
    let token = format!("Bearer {}", place.token);
    let answer = place.ask(Method::DELETE, "/api/v1/calls", &[("authorization", &token)], None).await;
    answer.problem(StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers[header::ALLOW], "GET,HEAD");
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let place = Place::of_one_shop().await;
    for path in ["/api/v1/nothing", "/api/v1/calls/1/2", "/nothing", "/api", "/nothing/"] {
        place.get(path).await.problem(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_store_that_is_gone_is_said_to_be() {
    let place = Place::of_one_shop().await;
    place.store.close().await;
    place.get("/api/v1/calls").await.problem(StatusCode::SERVICE_UNAVAILABLE);
}
