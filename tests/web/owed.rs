//! Whom the shop owes a call.

use axum::http::{Method, StatusCode};
use ringall::call::record::{CallRecord, Disposition};
use ringall::routing::Because;
use serde_json::{Value, json};

use crate::shop::{JO, Place, answered, id, missed, missed_withheld, number};

const CLAIM: &str = "/api/v1/owed/+34600999888/claim";
const SETTLE: &str = "/api/v1/owed/+34600999888/settle";

async fn place_that_owes_jo() -> Place {
    let place = Place::of_one_shop().await;
    place.stores(missed(place.plan.shops[0].id, 1), []).await;
    place
}

async fn owed(place: &Place) -> Vec<Value> {
    place.get("/api/v1/owed").await.ok()["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn a_caller_is_owed_a_call_until_somebody_speaks_with_them() {
    let place = place_that_owes_jo().await;
    let shop = place.plan.shops[0].id;
    place.stores(missed_withheld(shop, 2), []).await;
    let mut items = owed(&place).await;
    assert_eq!(items.len(), 1);
    let last_call = items[0]["last_call"].take();
    assert_eq!(
        items[0],
        json!({
            "number": JO, "name": "Jo Miller", "shop": "Ruiz",
            "since": "2026-12-24T17:01:00.000Z", "due_at": "2026-12-24T17:31:00.000Z", "overdue": false,
            "attempts": 1, "promises": [], "claim": null, "last_call": null,
        })
    );
    assert_eq!((&last_call["id"], &last_call["disposition"]), (&json!(id(1).to_string()), &json!("missed")));
    place.stores(answered(shop, 3), []).await;
    assert_eq!(owed(&place).await, [Value::Null; 0]);
}

#[tokio::test]
async fn who_called_a_closed_shop_is_called_after_it_opens() {
    let place = Place::of_one_shop().await;
    let set = [("if-match", "*")];
    place.send_as(Method::PUT, "/api/v1/hours", &set, r#"{"hours": "Mo-Fr 09:00-17:00"}"#).await.ok();
    // The web of this test keeps the plan it began with; what the call was told holds then.
    let opens = ringall::now::UnixMs(1_798_185_600_000);
    let closed = Because::ClosedHours { opens: Some(opens) };
    let call = missed(place.plan.shops[0].id, 1);
    place.stores(CallRecord { disposition: Some(Disposition::NoMessage), because: closed, ..call }, []).await;
    assert_eq!(owed(&place).await[0]["due_at"], "2026-12-25T09:00:00.000Z");
}

#[tokio::test]
async fn a_late_call_is_said_to_be() {
    let place = Place::of_one_shop().await;
    let call = missed(place.plan.shops[0].id, 1);
    let started = ringall::now::UnixMs(call.started.0 - 3_600_000);
    place.stores(CallRecord { started, ended: Some(started), ..call }, []).await;
    assert_eq!(owed(&place).await[0]["overdue"], true);
}

#[tokio::test]
async fn a_list_turns_its_pages_by_number() {
    let place = place_that_owes_jo().await;
    let shop = place.plan.shops[0].id;
    for n in 2..=3 {
        let caller = Some(number(&format!("+3460000000{n}")));
        place.stores(CallRecord { caller, ..missed(shop, n) }, []).await;
    }
    let page = async |query: &str| -> Vec<Value> {
        let page = place.get(&format!("/api/v1/owed?{query}")).await.ok();
        page["items"].as_array().expect("items").iter().map(|item| item["number"].clone()).collect()
    };
    assert_eq!(page("limit=2").await, ["+34600000003", "+34600000002"]);
    assert_eq!(page("limit=2&before=%2B34600000002").await, [JO]);
    assert_eq!(page("before=+34600999888").await, [Value::Null; 0]);
    for (query, parameter) in [("limit=0", "limit"), ("limit=201", "limit"), ("before=jo", "before"), ("all=1", "all")]
    {
        let problem = place.get(&format!("/api/v1/owed?{query}")).await.problem(StatusCode::BAD_REQUEST);
        assert_eq!(problem["parameter"], parameter);
    }
}

#[tokio::test]
async fn a_second_claimer_is_told_who_has_it() {
    let place = place_that_owes_jo().await;
    let claim = json!({"by": "Ana", "at": "2026-12-24T17:05:00.000Z"});
    assert_eq!(place.send(Method::POST, CLAIM, &json!({"by": " Ana "})).await.ok(), claim);
    assert_eq!(place.send(Method::POST, CLAIM, &json!({"by": "Ana"})).await.ok(), claim, "she has it already");
    let problem = place.send(Method::POST, CLAIM, &json!({"by": "Ben"})).await.problem(StatusCode::CONFLICT);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Ana")), "{problem}");
    assert_eq!(owed(&place).await[0]["claim"], claim);
    assert_eq!(place.send(Method::DELETE, CLAIM, &Value::Null).await.status, StatusCode::NO_CONTENT);
    place.send(Method::DELETE, CLAIM, &Value::Null).await.problem(StatusCode::NOT_FOUND);
    place.send(Method::POST, CLAIM, &json!({"by": "Ben"})).await.ok();
}

#[tokio::test]
async fn a_settled_call_is_owed_no_more() {
    let place = place_that_owes_jo().await;
    let settle = async |body: Value| place.send(Method::POST, SETTLE, &body).await;
    assert_eq!(settle(json!({"reason": "forgotten"})).await.problem(StatusCode::BAD_REQUEST)["parameter"], "reason");
    assert_eq!(owed(&place).await.len(), 1);
    let answer = settle(json!({"reason": "called_elsewhere", "by": "Ana"})).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(owed(&place).await, [Value::Null; 0]);
    settle(json!({"reason": "came_in"})).await.problem(StatusCode::NOT_FOUND);
    place.send(Method::POST, CLAIM, &json!({"by": "Ben"})).await.problem(StatusCode::NOT_FOUND);
    let card = place.get("/api/v1/callers/+34600999888").await.ok();
    assert_eq!((&card["owed_since"], &card["last_spoken_at"]), (&Value::Null, &json!("2026-12-24T17:05:00.000Z")));
    place.stores(missed(place.plan.shops[0].id, 9), []).await;
    assert_eq!(owed(&place).await.len(), 1, "who calls in vain again is owed a call again");
}

#[tokio::test]
async fn a_message_that_waits_is_named() {
    let place = Place::of_one_shop().await;
    let call = CallRecord { disposition: Some(Disposition::Message), ..missed(place.plan.shops[0].id, 1) };
    place.stores(call.clone(), []).await;
    place.stores_message(&call, &[0xff; 8000]).await;
    let message = json!(id(1).to_string());
    assert_eq!(owed(&place).await[0]["last_call"]["message_id"], message);
    let card = place.get("/api/v1/callers/+34600999888").await.ok();
    assert_eq!(card["calls"][0]["message_id"], message);
}

#[tokio::test]
async fn a_name_is_a_name() {
    let place = place_that_owes_jo().await;
    for by in [json!(""), json!("  "), json!("a\nb"), json!("x".repeat(81))] {
        let problem = place.send(Method::POST, CLAIM, &json!({"by": by})).await.problem(StatusCode::BAD_REQUEST);
        assert_eq!(problem["parameter"], "by");
    }
    place.send(Method::POST, CLAIM, &json!({})).await.problem(StatusCode::BAD_REQUEST);
    let none = "/api/v1/owed/nobody/claim";
    let problem = place.send(Method::POST, none, &json!({"by": "Ana"})).await.problem(StatusCode::BAD_REQUEST);
    assert_eq!(problem["parameter"], "number");
}
