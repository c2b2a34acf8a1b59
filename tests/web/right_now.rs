//! This moment.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::shop::{Loop, Place, id, ringing};

#[tokio::test]
async fn this_moment_is_told_whole() {
    let place = Place::of_one_shop().await;
    place.stores(ringing(place.plan.shops[0].id, 5), []).await;
    let mut now = place.get_in("en", "/api/v1/right-now").await.ok();
    let calls = now["calls"].take();
    assert!(now["because"]["text"].take().is_string());
    assert!(now["phones"][1]["because"]["text"].take().is_string());
    assert_eq!(
        now,
        json!({
            "open": true,
            "because": {"code": "open_hours", "text": null},
            "until": "2026-12-24T19:00:00.000Z",
            "phones": [
                {
                    "name": "Counter", "kind": "registers", "rings": true,
                    "because": {"code": "in_a_wave", "text": "It would ring."},
                    "proven_at": "2026-12-24T17:04:59.000Z",
                },
                {
                    "name": "Ana's cell", "kind": "cell", "rings": false,
                    "because": {"code": "off_now", "text": null}, "proven_at": null,
                },
            ],
            "notices": [],
            "calls": null,
        })
    );
    assert_eq!(calls.as_array().map(Vec::len), Some(1));
    assert_eq!(calls[0]["id"], id(5).to_string());
    assert_eq!(calls[0]["caller"]["name"], "Jo Miller");
    assert_eq!((&calls[0]["disposition"], &calls[0]["ended_at"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn what_is_wrong_is_told_while_it_lasts() {
    let place = Place::of(&["Ruiz"], Loop::HasTrouble).await;
    let now = place.get_in("en", "/api/v1/right-now").await.ok();
    assert_eq!(
        now["notices"],
        json!([{
            "code": "no_phone_reachable",
            "text": "Today at 18:04: a caller heard the busy tone, because no phone could be reached. Look whether the phones are \
                     switched on, and whether the network works.",
            "at": "2026-12-24T17:04:00.000Z",
        }])
    );
}

#[tokio::test]
async fn the_shops_language_is_spoken_when_none_is_asked_for() {
    let place = Place::of_one_shop().await;
    let now = place.get("/api/v1/right-now").await.ok();
    assert_eq!(now["phones"][0]["because"]["text"], "Sonaría.");
}

#[tokio::test]
async fn one_of_several_shops_is_named() {
    let place = Place::of(&["Ruiz", "Sol"], Loop::Answers).await;
    assert_eq!(place.get("/api/v1/right-now?shop=Ruiz").await.ok()["calls"].as_array().map(Vec::len), Some(1));
    let sol = place.get("/api/v1/right-now?shop=Sol").await.ok();
    assert_eq!(sol["calls"], json!([]), "a shop sees its own calls only");
    let problem = place.get("/api/v1/right-now").await.problem(StatusCode::BAD_REQUEST);
    assert_eq!(problem["parameter"], "shop");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Ruiz") && detail.contains("Sol")));
}

#[tokio::test]
async fn an_unknown_parameter_is_named() {
    let place = Place::of_one_shop().await;
    assert_eq!(place.get("/api/v1/right-now?at=now").await.problem(StatusCode::BAD_REQUEST)["parameter"], "at");
}

#[tokio::test]
async fn without_a_shop_there_is_nothing_to_tell() {
    let place = Place::of(&[], Loop::Answers).await;
    place.get("/api/v1/right-now").await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_loop_that_does_not_answer_is_said_to() {
    let place = Place::of(&["Ruiz"], Loop::IsGone).await;
    place.get("/api/v1/right-now").await.problem(StatusCode::SERVICE_UNAVAILABLE);
}
