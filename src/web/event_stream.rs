//! Server-sent events: an answer that goes on for as long as its listener is there, and the service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as HttpBody, Frame};

/// Routers and proxies forget a connection on which nothing passes; half a minute is the shortest that is heard of. A
/// line of nothing also shows us that the peer is gone.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Such a line: a comment.
pub const NOTHING: &str = ":\n\n";

/// Somebody who is told what happens.
pub trait Listener: Send + Sized + 'static {
    /// What is said next, and who says what follows; `None`: no more.
    fn next(self) -> impl Future<Output = Option<(Bytes, Self)>> + Send;
}

/// Says `first` at once, then what `listener` is told.
pub fn answer(first: impl Into<Bytes>, listener: impl Listener) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // nginx and its like would keep what is said until there is much.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, body(first, listener)).into_response()
}

/// A body that begins with `first` and goes on with what `listener` is told.
pub fn body(first: impl Into<Bytes>, listener: impl Listener) -> Body {
    let first = first.into();
    Body::new(Stream { next: Box::pin(std::future::ready(Some((first, listener)))) })
}

/// What is said, and who says what follows.
type Said<L> = Option<(Bytes, L)>;

struct Stream<L> {
    next: Pin<Box<dyn Future<Output = Said<L>> + Send>>,
}

impl<L: Listener> HttpBody for Stream<L> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match ready!(self.next.as_mut().poll(cx)) {
            Some((bytes, listener)) => {
                self.next = Box::pin(listener.next());
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            None => {
                self.next = Box::pin(std::future::ready(None));
                Poll::Ready(None)
            }
        }
    }
}
