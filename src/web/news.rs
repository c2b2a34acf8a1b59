//! `/live/news`: tells a page's script that something has happened, and nothing of what: it then fetches what it shows,
//! for which it must be signed in.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::web::Web;
use crate::web::event_stream::{self, KEEP_ALIVE, NOTHING};
use crate::web::live::{Live, Told};

/// The first is told at once. What happens within this time of it is one piece of news: a ringing call brings a dozen
/// lines.
const TOGETHER: Duration = Duration::from_millis(150);

const NEWS: &str = "data: news\n\n";

pub async fn listen(State(web): State<Arc<Web>>) -> Response {
    // What it has missed does not matter: it looks at everything anew.
    let (told, _) = web.listeners.listen(None);
    // At once, so that the page knows that it is live.
    event_stream::answer(NEWS, Listener::new(told))
}

struct Listener {
    told: Receiver<Arc<Told>>,
    last_said: Last,
}

/// What a listener was told last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    News,
    Nothing,
}

impl event_stream::Listener for Listener {
    async fn next(mut self) -> Option<(Bytes, Listener)> {
        let has_more = match self.last_said {
            Last::News => self.gathers().await?,
            Last::Nothing => false,
        };
        self.last_said = match has_more {
            true => Last::News,
            false => match tokio::time::timeout(KEEP_ALIVE, self.told.recv()).await {
                Err(_) => Last::Nothing,
                Ok(heard) if is_over(&heard) => return None,
                Ok(_) => Last::News,
            },
        };
        let said = if self.last_said == Last::News { NEWS } else { NOTHING };
        Some((Bytes::from_static(said.as_bytes()), self))
    }
}

impl Listener {
    fn new(told: Receiver<Arc<Told>>) -> Listener {
        Listener { told, last_said: Last::Nothing }
    }

    /// Whether anything happens within [`TOGETHER`]; `None`: it is over.
    async fn gathers(&mut self) -> Option<bool> {
        let mut has_more = false;
        let over = async {
            while !is_over(&self.told.recv().await) {
                has_more = true;
            }
        };
        let is_over = tokio::time::timeout(TOGETHER, over).await.is_ok();
        (!is_over).then_some(has_more)
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

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::event_stream::Listener as _;
    use super::*;
    use crate::call::record::{CallEvent, CallId, EventKind};
    use crate::now::UnixMs;
    use crate::switchboard::LogEntry;
    use crate::web::live;

    fn polled<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn what_happens_is_told_at_once_and_what_follows_it_together() {
        let (feed, telling) = live::feed(UnixMs(7));
        let listener = Listener::new(feed.listeners().listen(None).0);
        let (mut other, _) = feed.listeners().listen(None);
        tokio::spawn(telling.run());
        let mut happens = async |seq| {
            let (call, kind) = (CallId(uuid::Uuid::nil()), EventKind::Ringing);
            feed.entry(&LogEntry::Event(CallEvent {
                call,
                seq,
                at: UnixMs(0),
                kind,
                phone: None,
                detail: String::new(),
            }));
            other.recv().await.unwrap();
        };
        happens(1).await;
        let Poll::Ready(Some((said, listener))) = polled(pin!(listener.next())) else { panic!("it is kept back") };
        assert_eq!(said, NEWS);
        happens(2).await;
        happens(3).await;
        let mut next = pin!(listener.next());
        assert!(polled(next.as_mut()).is_pending(), "more may follow");
        let (said, listener) = next.await.unwrap();
        assert_eq!(said, NEWS);
        let mut next = pin!(listener.next());
        assert!(tokio::time::timeout(2 * TOGETHER, next.as_mut()).await.is_err(), "both were one piece of news");
        happens(4).await;
        assert!(polled(next.as_mut()).is_ready());
    }
}
