//! What the doctor asks by HTTP: our own page, and whether others are there.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, DATE, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, ClientBuilder, RequestBuilder, redirect};

use crate::now::UnixMs;

const CONNECT: Duration = Duration::from_secs(4);
const WHOLE: Duration = Duration::from_secs(8);
/// Of an answer: our own are far below.
const MOST_BYTES: usize = 1024 * 1024;

pub(super) struct Http(Client);

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub status: u16,
    /// Where it says that what was asked for is.
    pub location: Option<String>,
    pub content_type: String,
    /// The other's clock, to the second.
    pub date: Option<UnixMs>,
    pub body: String,
}

impl Http {
    pub(super) fn new() -> Result<Http, String> {
        built(builder())
    }

    /// For our own listener alone, which is asked by its address: whether others believe its certificate is looked at
    /// elsewhere.
    pub(super) fn to_ourselves() -> Result<Http, String> {
        built(builder().tls_danger_accept_invalid_certs(true))
    }

    /// Why there was no answer, as the error.
    pub(super) async fn get(&self, url: &str) -> Result<Answer, String> {
        answer(self.0.get(url)).await
    }

    /// Posts a form, signed in this header.
    pub(super) async fn post(&self, url: &str, body: String, signature: (&str, &str)) -> Result<Answer, String> {
        let request = self.0.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8");
        let name = HeaderName::try_from(signature.0).map_err(|error| error.to_string())?;
        let value = HeaderValue::try_from(signature.1).map_err(|error| error.to_string())?;
        answer(request.header(name, value).body(body)).await
    }
}

fn builder() -> ClientBuilder {
    let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().connect_timeout(CONNECT);
    client.timeout(WHOLE).user_agent("ringall doctor")
}

fn built(client: ClientBuilder) -> Result<Http, String> {
    client.build().map(Http).map_err(|error| whole(&error))
}

async fn answer(request: RequestBuilder) -> Result<Answer, String> {
    // Whatever stands in an address stays here: it may hold a password.
    let failed = |error: reqwest::Error| whole(&error.without_url());
    let mut response = request.send().await.map_err(failed)?;
    let header = |name: HeaderName| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    let date = header(DATE).and_then(|date| chrono::DateTime::parse_from_rfc2822(&date).ok());
    let mut answer = Answer {
        status: response.status().as_u16(),
        location: header(LOCATION),
        content_type: header(CONTENT_TYPE).unwrap_or_default(),
        date: date.map(|date| UnixMs(date.timestamp_millis())),
        body: String::new(),
    };
    let mut bytes = Vec::new();
    while let Some(part) = response.chunk().await.map_err(failed)? {
        if bytes.len() + part.len() > MOST_BYTES {
            break;
        }
        bytes.extend_from_slice(&part);
    }
    answer.body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(answer)
}

/// An error and what is behind it.
fn whole(error: &dyn Error) -> String {
    let behind = std::iter::successors(Some(error), |error: &&dyn Error| (*error).source());
    behind.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
