//! Hours, and the owner's word above them.

use axum::http::{Method, StatusCode, header};
use ringall::now::UnixMs;
use ringall::routing::plan::OverrideState;
use serde_json::{Value, json};

use crate::shop::{Loop, NOW, Place};

const HOURS: &str = "/api/v1/hours";

async fn etag(place: &Place) -> String {
    let answer = place.get(HOURS).await;
    answer.ok();
    answer.headers[header::ETAG].to_str().expect("an ETag is plain").to_owned()
}

async fn put(place: &Place, tag: &str, hours: Value) -> crate::shop::Answer {
    place.send_as(Method::PUT, HOURS, &[("if-match", tag)], &json!({ "hours": hours }).to_string()).await
}

#[tokio::test]
async fn hours_are_set_and_read_back() {
    let place = Place::of_one_shop().await;
    let told = place.get_in("en", HOURS).await.ok();
    assert_eq!(
        told,
        json!({
            "shop": "Ruiz", "hours": null, "open": true,
            "text": "No hours are set: the desk phones ring day and night.",
            "because": {"code": "no_hours", "text": "No hours are set: the desk phones ring day and night."},
        })
    );
    // It is a Thursday, 18:05.
    let answer = put(&place, &etag(&place).await, json!("Mo-Fr 09:00-18:00")).await;
    assert_eq!(
        answer.ok(),
        json!({
            "shop": "Ruiz", "hours": "Mo-Fr 09:00-18:00", "open": false, "text": "Mo-Fr 09:00-18:00",
            "because": {"code": "closed_hours", "text": "Cerrado hasta mañana a las 9:00."},
        })
    );
    assert_eq!(answer.headers[header::ETAG].to_str().ok(), Some(etag(&place).await.as_str()));
    let plan = place.store.plan().await.expect("the plan is read");
    assert_eq!(plan.shops[0].hours.as_ref().map(|hours| hours.as_str()), Some("Mo-Fr 09:00-18:00"));
    put(&place, &etag(&place).await, Value::Null).await.ok();
    assert_eq!(place.get(HOURS).await.ok()["hours"], Value::Null);
}

#[tokio::test]
async fn whoever_saves_second_is_told() {
    let place = Place::of_one_shop().await;
    let seen = etag(&place).await;
    // Somebody else's word for now does not make the hours others.
    let closed = json!({"state": "closed", "until": "2026-12-24T20:00"});
    place.send(Method::PUT, "/api/v1/override", &closed).await.ok();
    assert_eq!(etag(&place).await, seen);
    put(&place, &seen, json!("Mo-Fr 09:00-18:00")).await.ok();
    let second = put(&place, &seen, json!("Mo-Fr 10:00-19:00")).await;
    let problem = second.problem(StatusCode::PRECONDITION_FAILED);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Mo-Fr 09:00-18:00")), "{problem}");
    assert_eq!(place.get(HOURS).await.ok()["hours"], "Mo-Fr 09:00-18:00");
    let now = second.headers[header::ETAG].to_str().expect("an ETag is plain");
    put(&place, now, json!("Mo-Fr 10:00-19:00")).await.ok();
    put(&place, "\"something else\"", json!("24/7")).await.problem(StatusCode::PRECONDITION_FAILED);
    put(&place, &format!("W/{}", etag(&place).await), json!("24/7")).await.problem(StatusCode::PRECONDITION_FAILED);
    put(&place, &format!("\"x\", {}", etag(&place).await), json!("24/7")).await.ok();
    put(&place, "*", json!("Mo 10:00-19:00")).await.ok();
}

#[tokio::test]
async fn hours_are_never_set_blindly() {
    let place = Place::of_one_shop().await;
    let answer = place.send(Method::PUT, HOURS, &json!({"hours": "24/7"})).await;
    assert!(answer.problem(StatusCode::PRECONDITION_REQUIRED)["detail"].as_str().is_some_and(|it| it.contains("ETag")));
    assert_eq!(place.get(HOURS).await.ok()["hours"], Value::Null);
}

#[tokio::test]
async fn hours_that_cannot_be_decided_are_refused_in_the_asked_language() {
    let place = Place::of_one_shop().await;
    let answer = put(&place, "*", json!("Mo-Fr 9-5")).await;
    let problem = answer.problem(StatusCode::BAD_REQUEST);
    assert_eq!(problem["parameter"], "hours");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.starts_with("No se entiende")), "{problem}");
    let english = [("if-match", "*"), ("accept-language", "en")];
    let answer = place.send_as(Method::PUT, HOURS, &english, r#"{"hours": "off"}"#).await;
    let problem = answer.problem(StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.starts_with("There is no time")), "{problem}");
}

#[tokio::test]
async fn what_is_no_json_of_ours_is_refused() {
    let place = Place::of_one_shop().await;
    for body in ["", "{", "[]", "null", "{}", r#"{"hours": 7}"#, r#"{"hours": null, "hour": null}"#, "\u{0}"] {
        let answer = place.send_as(Method::PUT, HOURS, &[("if-match", "*")], body).await;
        answer.problem(StatusCode::BAD_REQUEST);
    }
    for kind in ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"] {
        let headers = [("if-match", "*"), ("content-type", kind)];
        let answer = place.send_as(Method::PUT, HOURS, &headers, r#"{"hours": "24/7"}"#).await;
        answer.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let endless = format!("{{\"hours\": \"{}\"}}", "x".repeat(20_000));
    let answer = place.send_as(Method::PUT, HOURS, &[("if-match", "*")], &endless).await;
    answer.problem(StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(place.get(HOURS).await.ok()["hours"], Value::Null);
    let headers = [("if-match", "*"), ("content-type", "Application/JSON; charset=utf-8")];
    place.send_as(Method::PUT, HOURS, &headers, r#"{"hours": "24/7"}"#).await.ok();
}

#[tokio::test]
async fn the_owners_word_holds_until_its_end() {
    let place = Place::of_one_shop().await;
    for (until, ms) in [
        ("2026-12-24T20:00", 6_900_000),
        ("2026-12-24T20:00:00+01:00", 6_900_000),
        ("2026-12-24T19:00:00Z", 6_900_000),
        ("2026-12-24T18:06", 60_000),
    ] {
        let word = json!({"state": "closed", "until": until});
        let told = place.send(Method::PUT, "/api/v1/override", &word).await.ok();
        assert_eq!((&told["shop"], &told["state"]), (&json!("Ruiz"), &json!("closed")));
        let stored = place.store.plan().await.expect("the plan is read").shops[0].hours_override;
        let stored = stored.expect("it is set");
        assert_eq!((stored.state, stored.until), (OverrideState::Closed, UnixMs(NOW.0 + ms)), "{until}");
    }
    let hours = place.get_in("en", HOURS).await.ok();
    assert_eq!((&hours["open"], &hours["because"]["text"]), (&json!(false), &json!("Closed by hand until 18:06.")));
    for _ in 0..2 {
        let answer = place.send(Method::DELETE, "/api/v1/override", &Value::Null).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
    }
    assert_eq!(place.store.plan().await.expect("the plan is read").shops[0].hours_override, None);
}

#[tokio::test]
async fn the_owners_word_has_an_end_that_makes_sense() {
    let place = Place::of_one_shop().await;
    for (state, until, field) in [
        ("shut", "2026-12-24T20:00", "state"),
        ("closed", "2026-12-24T18:05", "until"),
        ("closed", "2026-12-24T17:05:00Z", "until"),
        ("open", "2027-01-25T18:05", "until"),
        ("open", "for ever", "until"),
        ("open", "", "until"),
        ("open", "2026-13-24T18:05", "until"),
    ] {
        let answer = place.send(Method::PUT, "/api/v1/override", &json!({"state": state, "until": until})).await;
        assert_eq!(answer.problem(StatusCode::BAD_REQUEST)["parameter"], field, "{state} {until}");
    }
    place.send(Method::PUT, "/api/v1/override", &json!({"state": "open"})).await.problem(StatusCode::BAD_REQUEST);
    assert_eq!(place.store.plan().await.expect("the plan is read").shops[0].hours_override, None);
}

#[tokio::test]
async fn one_of_several_shops_is_named() {
    let place = Place::of(&["Ruiz", "Sol"], Loop::Answers).await;
    for path in [HOURS, "/api/v1/closures", "/api/v1/phones", "/api/v1/owed"] {
        assert_eq!(place.get(path).await.problem(StatusCode::BAD_REQUEST)["parameter"], "shop");
        place.get(&format!("{path}?shop=Sol")).await.ok();
        assert_eq!(
            place.get(&format!("{path}?shop=Sol&day=1")).await.problem(StatusCode::BAD_REQUEST)["parameter"],
            "day"
        );
    }
    let sol = r#"{"hours": "24/7"}"#;
    place.send_as(Method::PUT, "/api/v1/hours?shop=Sol", &[("if-match", "*")], sol).await.ok();
    let closed = json!({"state": "closed", "until": "2026-12-24T20:00"});
    place.send(Method::PUT, "/api/v1/override?shop=Sol", &closed).await.ok();
    let plan = place.store.plan().await.expect("the plan is read");
    let set: Vec<(&str, bool, bool)> = plan
        .shops
        .iter()
        .map(|shop| (shop.name.as_str(), shop.hours.is_some(), shop.hours_override.is_some()))
        .collect();
    assert_eq!(set, [("Ruiz", false, false), ("Sol", true, true)]);
}

#[tokio::test]
async fn a_store_that_is_gone_is_said_to_be() {
    let place = Place::of_one_shop().await;
    place.store.close().await;
    place.get(HOURS).await.problem(StatusCode::SERVICE_UNAVAILABLE);
    let closed = json!({"state": "closed", "until": "2026-12-24T20:00"});
    // The token cannot be looked up either.
    place.send(Method::PUT, "/api/v1/override", &closed).await.problem(StatusCode::SERVICE_UNAVAILABLE);
}
