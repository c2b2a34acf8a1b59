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

/// What happens within this time is one piece of news: a ringing call brings a dozen lines at once.
const TOGETHER: Duration = Duration::from_millis(150);

const NEWS: &str = "data: news\n\n";

pub async fn listen(State(web): State<Arc<Web>>) -> Response {
    // What it has missed does not matter: it looks at everything anew.
    let (told, _) = web.listeners.listen(None);
    // At once, so that the page knows that it is live.
    event_stream::answer(NEWS, Listener(told))
}

struct Listener(Receiver<Arc<Told>>);

impl event_stream::Listener for Listener {
    async fn next(self) -> Option<(Bytes, Listener)> {
        let Listener(mut told) = self;
        let said = match tokio::time::timeout(KEEP_ALIVE, told.recv()).await {
            Err(_) => NOTHING,
            Ok(heard) if is_over(&heard) => return None,
            Ok(_) => {
                let over = async { while !is_over(&told.recv().await) {} };
                if tokio::time::timeout(TOGETHER, over).await.is_ok() {
                    return None;
                }
                NEWS
            }
        };
        Some((Bytes::from_static(said.as_bytes()), Listener(told)))
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
