//! A caller's card.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::shop::{JO, Place, answered, id, missed};

const CARD: &str = "/api/v1/callers/+34600999888";

#[tokio::test]
async fn a_card_tells_everything_that_passed() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    place.stores(answered(shop, 1), []).await;
    place.stores(missed(shop, 3), []).await;
    place.send(Method::PUT, CARD, &json!({"note": "Wants the blue door"})).await.ok();
    let mut card = place.get_in("en", CARD).await.ok();
    let calls = card["calls"].take();
    assert_eq!(
        card,
        json!({
            "number": JO, "shop": "Ruiz", "name": "Jo Miller", "note": "Wants the blue door", "blocked": false,
            "calls_count": 2,
            "last_spoken_at": "2026-12-24T17:01:47.000Z",
            "owed_since": "2026-12-24T17:03:00.000Z", "due_at": "2026-12-24T17:33:00.000Z",
            "claim": null, "calls": null,
        })
    );
    assert_eq!((&calls[0]["id"], &calls[1]["answered_by"]), (&json!(id(3).to_string()), &json!("Counter")));
    place.send(Method::POST, "/api/v1/owed/+34600999888/claim", &json!({"by": "Ana"})).await.ok();
    assert_eq!(place.get(CARD).await.ok()["claim"], json!({"by": "Ana", "at": "2026-12-24T17:05:00.000Z"}));
}

#[tokio::test]
async fn a_long_history_comes_page_by_page() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    for n in 1..=3 {
        place.stores(answered(shop, n), []).await;
    }
    let listed = |card: Value| -> Vec<String> {
        let calls = card["calls"].as_array().expect("calls").clone();
        calls.iter().filter_map(|call| call["id"].as_str().map(str::to_owned)).collect()
    };
    let first = place.get(&format!("{CARD}?limit=2")).await.ok();
    assert_eq!(first["calls_count"], 3);
    assert_eq!(listed(first), [id(3).to_string(), id(2).to_string()]);
    let second = place.get(&format!("{CARD}?limit=2&before={}", id(2))).await.ok();
    assert_eq!(listed(second), [id(1).to_string()]);
}

#[tokio::test]
async fn a_number_is_read_as_people_write_it() {
    let place = Place::of_one_shop().await;
    for number in ["+34600999888", "%2B34600999888", "600999888", "600%2099%2098%2088", "0034600999888"] {
        assert_eq!(place.get(&format!("/api/v1/callers/{number}")).await.ok()["name"], "Jo Miller", "{number}");
    }
    for number in ["jo", "112", "%FF", "+"] {
        let problem = place.get(&format!("/api/v1/callers/{number}")).await.problem(StatusCode::BAD_REQUEST);
        assert_eq!(problem["parameter"], "number", "{number}");
    }
    place.get("/api/v1/callers/+34600111333").await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_left_out_stays_as_it_is() {
    let place = Place::of_one_shop().await;
    let put = async |body: Value| place.send(Method::PUT, CARD, &body).await.ok();
    assert_eq!(
        put(json!({"note": "Two hinges\nand a door", "blocked": true})).await,
        json!({
            "number": JO, "shop": "Ruiz", "name": "Jo Miller", "note": "Two hinges\nand a door", "blocked": true,
        })
    );
    assert_eq!(put(json!({"name": " Jo ", "note": null})).await["name"], "Jo");
    assert_eq!(put(json!({})).await["note"], "Two hinges\nand a door");
    let plan = place.store.plan().await.expect("the plan is read");
    assert_eq!(plan.shops[0].blocked.len(), 1);
    let nothing = put(json!({"name": "", "note": "", "blocked": false})).await;
    assert_eq!((&nothing["name"], &nothing["blocked"]), (&json!(""), &json!(false)));
    place.get(CARD).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_refused() {
    let place = Place::of_one_shop().await;
    for (body, field) in [
        (json!({"name": "x".repeat(201)}), json!("name")),
        (json!({"name": "a\nb"}), json!("name")),
        (json!({"note": "x".repeat(2001)}), json!("note")),
        (json!({"note": "a\tb"}), json!("note")),
        (json!({"nam": "Jo"}), Value::Null),
        (json!({"blocked": "yes"}), Value::Null),
        (json!([]), Value::Null),
    ] {
        let problem = place.send(Method::PUT, CARD, &body).await.problem(StatusCode::BAD_REQUEST);
        assert_eq!(problem["parameter"], field, "{body}");
    }
}
