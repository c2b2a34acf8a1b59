//! The shop's phones.

use axum::http::StatusCode;
use serde_json::json;

use crate::shop::{Loop, Place};

#[tokio::test]
async fn phones_are_told_as_they_are_set_and_as_they_are() {
    let place = Place::of_one_shop().await;
    let mut items = place.get_in("en", "/api/v1/phones").await.ok()["items"].clone();
    assert!(items[1]["because"]["text"].take().is_string());
    assert_eq!(
        items,
        json!([
            {
                "name": "Counter", "kind": "registers", "line": "ruiz", "after_s": 0, "hours": null, "off_until": null,
                "rings": true, "because": {"code": "in_a_wave", "text": "It would ring."},
                "proven_at": "2026-12-24T17:04:59.000Z",
            },
            {
                "name": "Ana's cell", "kind": "cell", "line": "+34600111222", "after_s": 0, "hours": null,
                "off_until": null, "rings": false, "because": {"code": "off_now", "text": null}, "proven_at": null,
            },
        ])
    );
}

#[tokio::test]
async fn a_loop_that_is_gone_is_said_to_be() {
    let place = Place::of(&["Ruiz"], Loop::IsGone).await;
    place.get("/api/v1/phones").await.problem(StatusCode::SERVICE_UNAVAILABLE);
}
