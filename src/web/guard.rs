//! What surrounds every answer: limits before, safe headers after, and panics caught in between.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::web::Problem;

/// Of a path: the longest of ours is under 100 bytes.
const MAX_PATH_BYTES: usize = 512;

/// Of a query: every parameter we know, each at its longest, stays under half of it.
const MAX_QUERY_BYTES: usize = 1024;

/// Of a webhook's query: set to GET at its number, a carrier writes the whole form there.
const MAX_WEBHOOK_QUERY_BYTES: usize = 12 * 1024;

/// Given to every answer that does not say otherwise itself: a page allows its own style sheet, nothing allows all.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// The outermost layer of the router.
pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = match too_long(request.uri()) {
        Some(problem) => problem.into_response(),
        None => answer(request, next).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    response
}

fn too_long(uri: &Uri) -> Option<Problem> {
    let detail = if uri.path().len() > MAX_PATH_BYTES {
        format!("The path is longer than {MAX_PATH_BYTES} bytes: nothing here has such a name.")
    } else if uri.query().is_some_and(|query| query.len() > longest_query(uri.path())) {
        format!("The query is longer than {} bytes: ask for less.", longest_query(uri.path()))
    } else {
        return None;
    };
    Some(Problem::new(StatusCode::URI_TOO_LONG, detail))
}

fn longest_query(path: &str) -> usize {
    if path.starts_with("/twilio/") { MAX_WEBHOOK_QUERY_BYTES } else { MAX_QUERY_BYTES }
}

/// A panic is a bug; it costs this request and nothing else. The path as routed is logged, never as asked: it may hold
/// a number.
async fn answer(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    caught(next.run(request)).await.unwrap_or_else(|panic| {
        let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
        tracing::error!(route, %panic, "a handler panicked: answered 500");
        Problem::fault().into_response()
    })
}

/// What a future panicked with.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Panic(String);

/// Runs this to its end; a panic in it is its own and nobody else's.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Panic> {
    let mut future = pin!(future);
    let outcome = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    });
    outcome.await.map_err(|panic| Panic(said(&*panic).to_owned()))
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn ask(path: &str) -> Response {
        async fn faulty() -> Response {
            panic!("a bug")
        }
        let router = Router::new()
            .route("/faulty", get(faulty))
            .route("/page", get(async || [(header::CONTENT_SECURITY_POLICY, "default-src 'self'")]))
            .layer(from_fn(guard));
        let request = Request::get(path).body(Body::empty()).expect("a request of this test");
        router.oneshot(request).await.expect("a router is infallible")
    }

    #[tokio::test]
    async fn a_panic_is_a_500_with_the_headers_of_every_answer() {
        let response = ask("/faulty").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        for (name, value) in HEADERS {
            assert_eq!(response.headers()[&name], value);
        }
    }

    #[tokio::test]
    async fn a_page_may_say_what_it_needs() {
        let response = ask("/page").await;
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], "default-src 'self'");
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }

    #[tokio::test]
    async fn a_path_or_query_without_end_is_refused() {
        assert_eq!(ask(&format!("/page?{}", "q".repeat(MAX_QUERY_BYTES))).await.status(), StatusCode::OK);
        assert_eq!(ask(&format!("/page?{}", "q".repeat(MAX_QUERY_BYTES + 1))).await.status(), StatusCode::URI_TOO_LONG);
        assert_eq!(ask(&format!("/{}", "p".repeat(MAX_PATH_BYTES))).await.status(), StatusCode::URI_TOO_LONG);
    }
}
