//! `/healthz` and `/readyz`.

use axum::http::{Method, StatusCode, header};
use serde_json::json;

use crate::shop::{Answer, Loop, Place};

async fn ask(place: &Place, path: &str) -> Answer {
    place.ask(Method::GET, path, &[], None).await
}

#[tokio::test]
async fn a_service_that_can_take_a_call_is_well() {
    let place = Place::of_one_shop().await;
    for path in ["/healthz", "/readyz"] {
        let answer = ask(&place, path).await;
        assert_eq!(answer.ok(), json!({"status": "ok"}));
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn without_its_sockets_it_lives_but_takes_no_call() {
    let place = Place::of_one_shop().await;
    place.readiness.set_sockets_bound(false);
    ask(&place, "/healthz").await.ok();
    ask(&place, "/readyz").await.problem(StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_journal_stands_in_for_the_store() {
    let place = Place::of_one_shop().await;
    place.store.close().await;
    ask(&place, "/readyz").await.ok();
    place.log_health.set_journal_fails(true);
    ask(&place, "/healthz").await.ok();
    ask(&place, "/readyz").await.problem(StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_store_that_answers_but_takes_nothing_is_no_store() {
    let place = Place::of_one_shop().await;
    place.log_health.set_journal_fails(true);
    ask(&place, "/readyz").await.ok();
    place.log_health.set_store_fails(true);
    ask(&place, "/readyz").await.problem(StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn without_its_log_it_takes_no_call() {
    let place = Place::of_one_shop().await;
    place.log_health.set_ended();
    ask(&place, "/healthz").await.ok();
    ask(&place, "/readyz").await.problem(StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn without_its_loop_it_is_not_well() {
    let place = Place::of(&["Ruiz"], Loop::IsGone).await;
    ask(&place, "/healthz").await.problem(StatusCode::SERVICE_UNAVAILABLE);
    ask(&place, "/readyz").await.problem(StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn only_get_is_taken() {
    let place = Place::of_one_shop().await;
    place.ask(Method::POST, "/healthz", &[], None).await.problem(StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(place.ask(Method::HEAD, "/healthz", &[], None).await.status, StatusCode::OK);
}
