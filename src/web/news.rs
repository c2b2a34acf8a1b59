//! `/live/news`: tells a page's script that something has happened, and nothing of what: it then fetches what it shows,
//! for which it must be signed in.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as HttpBody, Frame};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::web::Web;
use crate::web::live::{Live, Told};

/// A line of nothing keeps proxies from closing the connection, and shows us that the peer is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// What happens within this time is one piece of news: a ringing call brings a dozen lines at once.
const TOGETHER: Duration = Duration::from_millis(150);

const NEWS: &str = "data: news\n\n";
const NOTHING: &str = ":\n\n";

pub async fn listen(State(web): State<Arc<Web>>) -> Response {
    // What it has missed does not matter: it looks at everything anew.
    let (told, _) = web.listeners.listen(None);
    // At once, so that the page knows that it is live.
    let stream = Stream(Box::pin(async move { Some((NEWS, told)) }));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // nginx and its like would keep the news until there is much.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::new(stream)).into_response()
}

type Next = Pin<Box<dyn Future<Output = Option<(&'static str, Receiver<Arc<Told>>)>> + Send>>;

/// What is to be said next; `None`: no more.
struct Stream(Next);

impl HttpBody for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some((said, told)) = ready!(self.0.as_mut().poll(cx)) else {
            self.0 = Box::pin(std::future::ready(None));
            return Poll::Ready(None);
        };
        self.0 = Box::pin(next(told));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(said.as_bytes())))))
    }
}

async fn next(mut told: Receiver<Arc<Told>>) -> Option<(&'static str, Receiver<Arc<Told>>)> {
    match tokio::time::timeout(KEEP_ALIVE, told.recv()).await {
        Err(_) => return Some((NOTHING, told)),
        Ok(heard) if is_over(&heard) => return None,
        Ok(_) => {}
    }
    let together = tokio::time::timeout(TOGETHER, async {
        loop {
            if is_over(&told.recv().await) {
                return;
            }
        }
    });
    match together.await {
        Ok(()) => None,
        Err(_) => Some((NEWS, told)),
    }
}

/// The service stops, or the loop is gone.
fn is_over(heard: &Result<Arc<Told>, RecvError>) -> bool {
    match heard {
        Ok(told) => told.live == Live::Over,
        Err(RecvError::Lagged(_)) => false,
        Err(RecvError::Closed) => true,
    }
}
