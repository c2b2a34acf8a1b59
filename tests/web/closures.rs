//! Dated closures and extra openings.

use axum::http::{Method, StatusCode, header};
use ringall::routing::plan::Country;
use serde_json::{Value, json};

use crate::shop::{Loop, Place};

const CLOSURES: &str = "/api/v1/closures";

#[tokio::test]
async fn closures_come_and_go() {
    let place = Place::of_one_shop().await;
    assert_eq!(place.get(CLOSURES).await.ok(), json!({"items": []}));
    let christmas = json!({"from": "2026-12-25T14:00", "to": "2026-12-27T09:00", "why": " Navidad "});
    let answer = place.send(Method::POST, CLOSURES, &christmas).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let id = answer.json()["id"].as_i64().expect("an id");
    let stored =
        json!({"id": id, "from": "2026-12-25T14:00", "to": "2026-12-27T09:00", "why": "Navidad", "open": null});
    assert_eq!(answer.json(), stored);
    let at = answer.headers[header::LOCATION].to_str().expect("a path").to_owned();
    // It has begun already, and comes first.
    let market = json!({"from": "2026-12-24T10:00", "to": "2026-12-24T22:00", "open": "10:00-22:00"});
    place.send(Method::POST, CLOSURES, &market).await;
    let items = place.get(CLOSURES).await.ok()["items"].clone();
    assert_eq!(items.as_array().map(Vec::len), Some(2));
    assert_eq!((&items[0]["open"], &items[0]["why"], &items[1]), (&json!("10:00-22:00"), &json!(""), &stored));
    assert_eq!(place.send(Method::DELETE, &at, &Value::Null).await.status, StatusCode::NO_CONTENT);
    place.send(Method::DELETE, &at, &Value::Null).await.problem(StatusCode::NOT_FOUND);
    assert_eq!(place.get(CLOSURES).await.ok()["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_closure_that_makes_no_sense_is_refused() {
    let place = Place::of_one_shop().await;
    let good = json!({"from": "2026-12-25T14:00", "to": "2026-12-27T09:00"});
    for (field, value) in [
        ("from", json!("2026-12-25")),
        ("from", json!("2026-12-25T14:00Z")),
        ("from", json!("1969-12-25T14:00")),
        ("to", json!("2026-12-25T14:00")),
        ("to", json!("+12026-12-25T14:00")),
        ("why", json!("a\u{7}b")),
        ("why", json!("x".repeat(501))),
        ("open", json!("until late")),
        ("open", json!("")),
    ] {
        let mut closure = good.clone();
        closure[field] = value.clone();
        let answer = place.send(Method::POST, CLOSURES, &closure).await;
        assert_eq!(answer.problem(StatusCode::BAD_REQUEST)["parameter"], field, "{field}: {value}");
    }
    let over = json!({"from": "2026-12-23T14:00", "to": "2026-12-24T18:05"});
    assert_eq!(place.send(Method::POST, CLOSURES, &over).await.problem(StatusCode::BAD_REQUEST)["parameter"], "to");
    assert_eq!(place.get(CLOSURES).await.ok(), json!({"items": []}));
}

#[tokio::test]
async fn another_shops_closure_is_not_found() {
    let place = Place::of(&["Ruiz", "Sol"], Loop::Answers).await;
    let christmas = json!({"from": "2026-12-25T14:00", "to": "2026-12-27T09:00"});
    let answer = place.send(Method::POST, "/api/v1/closures?shop=Ruiz", &christmas).await;
    let id = answer.json()["id"].as_i64().expect("an id");
    for path in [format!("/api/v1/closures/{id}?shop=Sol"), "/api/v1/closures/x?shop=Ruiz".to_owned()] {
        place.send(Method::DELETE, &path, &Value::Null).await.problem(StatusCode::NOT_FOUND);
    }
    let path = format!("/api/v1/closures/{id}?shop=Ruiz");
    assert_eq!(place.send(Method::DELETE, &path, &Value::Null).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn where_a_closure_can_be_deleted_names_its_shop() {
    let place = Place::of(&["Ruiz", "Sol & Más"], Loop::Answers).await;
    let christmas = json!({"from": "2026-12-25T14:00", "to": "2026-12-27T09:00"});
    let answer = place.send(Method::POST, "/api/v1/closures?shop=Sol+%26+M%C3%A1s", &christmas).await;
    let at = answer.headers[header::LOCATION].to_str().expect("a path");
    assert!(at.ends_with("?shop=Sol%20%26%20M%C3%A1s"), "{at}");
    assert_eq!(place.send(Method::DELETE, at, &Value::Null).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn hours_that_were_read_for_another_country_are_refused() {
    let place = Place::of_one_shop().await;
    let mut settings = place.store.shop_settings("Ruiz").await.expect("it is read").expect("it is there");
    settings.shop.country = Country(*b"FR");
    place.store.replace_shop(&settings).await.expect("it is stored");
    // The web of this test keeps the plan it began with, as any does for a moment.
    let market = json!({"from": "2026-12-24T10:00", "to": "2026-12-24T22:00", "open": "10:00-22:00"});
    place.send(Method::POST, CLOSURES, &market).await.problem(StatusCode::CONFLICT);
    assert_eq!(place.get(CLOSURES).await.ok(), json!({"items": []}));
}
