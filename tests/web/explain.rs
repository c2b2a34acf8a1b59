//! What a call would get.

use axum::http::StatusCode;
use serde_json::json;

use crate::shop::{Loop, Place};

#[tokio::test]
async fn what_a_call_would_get_is_told_phone_by_phone() {
    let place = Place::of_one_shop().await;
    let path = "/api/v1/explain?at=2026-12-24T18:05&from=600999888";
    assert_eq!(
        place.get_in("en", path).await.ok(),
        json!({
            "at": "2026-12-24T17:05:00.000Z",
            "shop": "Ruiz",
            "action": "ring",
            "because": {"code": "no_hours", "text": "No hours are set: the desk phones ring day and night."},
            "phones": [
                {"name": "Counter", "rings": true, "after_s": 0, "because": {"code": "rings", "text": "It rings."}},
                {
                    "name": "Ana's cell", "rings": false, "after_s": 0,
                    "because": {
                        "code": "cell_without_shop_hours",
                        "text": "It does not ring: a cell phone rings only in a shop with hours.",
                    },
                },
            ],
        })
    );
    let es = place.get("/api/v1/explain").await.ok();
    assert_eq!(es["phones"][0]["because"]["text"], "Suena.", "the shop's language, and this moment");
    assert_eq!(es["at"], "2026-12-24T17:05:00.000Z");
}

#[tokio::test]
async fn an_instant_is_local_or_has_an_offset() {
    let place = Place::of_one_shop().await;
    // The night when Madrid's clocks go from 2:00 to 3:00, and the one when they go back.
    for (asked, told) in [
        ("2026-07-01T12:00", "2026-07-01T10:00:00.000Z"),
        ("2026-07-01T12:00:30", "2026-07-01T10:00:30.000Z"),
        ("2026-07-01T12:00:00Z", "2026-07-01T12:00:00.000Z"),
        ("2026-07-01T12:00:00%2B05:00", "2026-07-01T07:00:00.000Z"),
        ("2026-03-29T02:30", "2026-03-29T01:00:00.000Z"),
        ("2026-10-25T02:30", "2026-10-25T00:30:00.000Z"),
    ] {
        assert_eq!(place.get(&format!("/api/v1/explain?at={asked}")).await.ok()["at"], told, "{asked}");
    }
    for asked in ["noon", "2026-07-01", "2026-13-01T12:00", "12:00"] {
        let problem = place.get(&format!("/api/v1/explain?at={asked}")).await.problem(StatusCode::BAD_REQUEST);
        assert_eq!(problem["parameter"], "at", "{asked}");
    }
}

#[tokio::test]
async fn one_of_several_shops_is_asked_about() {
    let place = Place::of(&["Ruiz", "Sol"], Loop::IsGone).await;
    let problem = place.get("/api/v1/explain").await.problem(StatusCode::BAD_REQUEST);
    assert_eq!(problem["parameter"], "shop");
    let problem = place.get("/api/v1/explain?number=1").await.problem(StatusCode::BAD_REQUEST);
    assert_eq!(problem["parameter"], "number");
    Place::of(&[], Loop::IsGone).await.get("/api/v1/explain").await.problem(StatusCode::NOT_FOUND);
}
