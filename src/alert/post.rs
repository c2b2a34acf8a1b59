//! A notice as a POST of plain text: its title in a header, as ntfy reads it.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, redirect};

use super::{Letter, Undelivered, encoded_word};

/// A server that does not take a connection within this is away.
const CONNECT: Duration = Duration::from_secs(5);

pub(super) struct Poster {
    /// Or why there is none: without certificates of authorities on the machine nobody can be trusted.
    client: Result<Client, String>,
}

impl Poster {
    pub(super) fn new() -> Poster {
        // Whoever the address names is told, and nobody that they point at. The address is the owner's own word: no
        // variable of the environment leads it through somebody else's hands.
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().connect_timeout(CONNECT);
        // A notice is rare, and a connection that was idle for hours may be dead.
        let client = client.pool_max_idle_per_host(0).user_agent("ringall").build();
        Poster { client: client.map_err(|error| reasons(&error)) }
    }

    pub(super) async fn post(&self, url: &str, letter: &Letter) -> Result<(), Undelivered> {
        let client = self.client.as_ref().map_err(|reason| {
            Undelivered::Impossible(format!("{reason}; install the certificates of authorities (ca-certificates)"))
        })?;
        let impossible = |_| Undelivered::Impossible("the shop's name or the page's address fits no header".to_owned());
        let title = HeaderValue::from_str(&encoded_word::header(&letter.title)).map_err(impossible)?;
        let page = HeaderValue::from_str(&letter.page).map_err(impossible)?;
        let request = client.post(url).header("Title", title).header("Priority", "high").header("Click", page);
        let request = request.header(CONTENT_TYPE, "text/plain; charset=utf-8").body(letter.text.clone());
        let answer = request.send().await.map_err(|error| Undelivered::NotReached(reasons(&error.without_url())))?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            status @ 300..=399 => Err(Undelivered::Elsewhere(status)),
            status @ (408 | 425 | 429 | 500..) => Err(Undelivered::Trouble(status)),
            status => Err(Undelivered::Refused(status)),
        }
    }
}

/// An error and what is behind it.
fn reasons(error: &dyn Error) -> String {
    let (mut all, mut behind) = (error.to_string(), error.source());
    while let Some(error) = behind {
        all = format!("{all}: {error}");
        behind = error.source();
    }
    all
}
