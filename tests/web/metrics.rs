//! `/metrics`.

use axum::http::{Method, StatusCode, header};
use ringall::switchboard::Gauges;

use crate::shop::{Answer, Place};

const HERE: Option<&str> = Some("127.0.0.1:40000");

#[track_caller]
fn has(answer: &Answer, line: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.lines().any(|there| there == line), "{line:?} is missing from\n{}", answer.text);
}

#[tokio::test]
async fn the_gauges_are_what_the_driver_set_last() {
    let place = Place::of_one_shop().await;
    place.gauges.set(Gauges { calls_live: 2, legs: 7, transactions: 11, ports_used: 8 });
    let page = place.ask(Method::GET, "/metrics", &[], HERE).await;
    for line in ["ringall_calls_live 2", "ringall_legs 7", "ringall_transactions 11", "ringall_ports_used 8"] {
        has(&page, line);
    }
    assert!(
        page.headers[header::CONTENT_TYPE].to_str().is_ok_and(|kind| kind.starts_with("text/plain; version=0.0.4"))
    );

    place.gauges.set(Gauges::default());
    has(&place.ask(Method::GET, "/metrics", &[], HERE).await, "ringall_calls_live 0");
}

#[tokio::test]
async fn tasks_return_to_their_start() {
    let place = Place::of_one_shop().await;
    let tasks = async || {
        let page = place.ask(Method::GET, "/metrics", &[], HERE).await.text;
        page.lines().find_map(|line| line.strip_prefix("ringall_tasks ")?.parse::<usize>().ok()).expect("the gauge")
    };
    // More than the store's pool ever has under way for a moment.
    const MANY: usize = 50;
    let (end, _) = tokio::sync::watch::channel(());
    let wait = |mut ended: tokio::sync::watch::Receiver<()>| tokio::spawn(async move { ended.changed().await });
    let many: Vec<_> = (0..MANY).map(|_| wait(end.subscribe())).collect();
    assert!(tasks().await >= MANY);
    drop(end);
    for task in many {
        task.await.expect("it ends").expect_err("nothing was sent");
    }
    assert!(tasks().await < MANY);
}

#[tokio::test]
async fn counters_of_other_parts_are_on_the_page() {
    let place = Place::of_one_shop().await;
    metrics::counter!("ringall_test_total", "door" => "sip").increment(3);
    has(&place.ask(Method::GET, "/metrics", &[], HERE).await, r#"ringall_test_total{door="sip"} 3"#);
}

#[tokio::test]
async fn from_elsewhere_a_token_is_needed() {
    let place = Place::of_one_shop().await;
    let there = Some("192.0.2.7:40000");
    place.ask(Method::GET, "/metrics", &[], there).await.problem(StatusCode::UNAUTHORIZED);
    let forwarded = [("x-forwarded-for", "192.0.2.7")];
    place.ask(Method::GET, "/metrics", &forwarded, HERE).await.problem(StatusCode::UNAUTHORIZED);
    let token = format!("Bearer {}", place.token);
    has(&place.ask(Method::GET, "/metrics", &[("authorization", &token)], there).await, "ringall_legs 0");
}
