//! Why a request of ours comes to nothing.

use std::error::Error;
use std::time::Duration;

use reqwest::Url;

/// Why a request came to nothing. Each says what to do, where there is something, and no secret.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    #[error("{host} cannot be reached: {reason}")]
    NotReached { host: String, reason: String },
    #[error("{host} did not answer in time")]
    Slow { host: String },
    #[error("the account or its token is not right (401); look at [twilio] account_sid and auth_token")]
    NotAllowed,
    #[error("there is no such thing there (404)")]
    NotFound,
    #[error("too many requests (429); again in {} seconds", again_after.as_secs())]
    Busy { again_after: Duration },
    #[error("trouble on its side ({status})")]
    Trouble { status: u16 },
    #[error("it was refused ({status}): {said}")]
    Refused { status: u16, said: String },
    #[error("the answer broke off, or was none: {0}")]
    Garbled(String),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("{0} is no place that recordings are fetched from")]
    Elsewhere(String),
    #[error("{0:?} is no name that Twilio gives")]
    NoName(String),
    #[error("the numbers of this carrier are set on its own page, not by its interface")]
    NotThere,
    #[error("{0}; install the certificates of authorities (ca-certificates)")]
    NoClient(String),
}

impl RestError {
    /// After how long the same request may fare better; `None`: never. Zero: as soon as one likes.
    pub fn again_after(&self) -> Option<Duration> {
        match self {
            RestError::Busy { again_after } => Some(*again_after),
            RestError::NotReached { .. }
            | RestError::Slow { .. }
            | RestError::Trouble { .. }
            | RestError::Garbled(_)
            // A token that is being changed is right again when somebody has written it down.
            | RestError::NotAllowed => Some(Duration::ZERO),
            RestError::NotFound
            | RestError::Refused { .. }
            | RestError::TooLong(_)
            | RestError::Elsewhere(_)
            | RestError::NoName(_)
            | RestError::NotThere
            | RestError::NoClient(_) => None,
        }
    }
}

pub(super) fn failed(error: reqwest::Error) -> RestError {
    let host = error.url().and_then(Url::host_str).unwrap_or("Twilio").to_owned();
    let error = error.without_url();
    if error.is_timeout() && !error.is_connect() {
        return RestError::Slow { host };
    }
    if error.is_body() || error.is_decode() {
        return RestError::Garbled(reasons(&error));
    }
    RestError::NotReached { host, reason: reasons(&error) }
}

pub(super) fn no_field(name: &str) -> RestError {
    RestError::Garbled(format!("it has no {name}"))
}

pub(super) fn host_for_the_log(url: &str) -> String {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "an address that is none".to_owned())
}

/// An error and what is behind it.
pub(super) fn reasons(error: &dyn Error) -> String {
    let (mut all, mut behind) = (error.to_string(), error.source());
    while let Some(error) = behind {
        all = format!("{all}: {error}");
        behind = error.source();
    }
    all
}
