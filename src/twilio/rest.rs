//! The few requests of ours to Twilio's REST interface, version 2010-04-01, and to those of its look-alikes. The one file
//! that knows how they are sent.

mod answer;
mod error;

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use self::answer::{MOST_JSON_BYTES, MOST_SAID_CHARS, again_after, json, said, whole};
pub use self::error::RestError;
use self::error::{failed, host_for_the_log, no_field, reasons};
use super::work::Recording;
use crate::config::{Twilio, TwilioProfile};

/// A server that does not take a connection within this is away.
const CONNECT: Duration = Duration::from_secs(5);
/// One request, to the end of its answer; a recording of three minutes has 3 MB.
const WHOLE: Duration = Duration::from_secs(30);
/// Of a recording: three minutes of 16 bits at 8 kHz are below half of it.
const MOST_RECORDING_BYTES: usize = 8 * 1024 * 1024;

/// A number of the account, and where its calls lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingNumber {
    /// "PN…".
    pub sid: String,
    /// E.164.
    pub number: String,
    pub leads_to: LeadsTo,
    /// "AP…": while one is set, what `leads_to` says of calls does not count. Empty: none.
    pub application_sid: String,
    /// "TK…": the same of a SIP trunk.
    pub trunk_sid: String,
}

/// The addresses set at a number; empty where there is none. Methods are upper case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadsTo {
    pub voice_url: String,
    pub voice_method: String,
    pub fallback_url: String,
    pub fallback_method: String,
    pub status_callback: String,
    pub status_callback_method: String,
}

/// A call to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCall<'a> {
    pub from: &'a str,
    pub to: &'a str,
    /// Asked what whoever picks up is to hear.
    pub url: &'a str,
    /// Told what becomes of it.
    pub status_callback: Option<&'a str>,
    /// How long it rings: 1 to 600 s.
    pub rings: Duration,
}

/// What is to become of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallChange<'a> {
    /// It is over, whether it rang or was answered.
    Completed,
    /// It is told anew what to do, by this address.
    Asks { url: &'a str },
}

/// One account there.
#[derive(Clone)]
pub struct Rest {
    client: Client,
    /// Up to and with the account: `https://api.twilio.com/2010-04-01/Accounts/AC…`.
    base: String,
    account_sid: String,
    secret: SecretString,
    access: Access,
    /// Where recordings may be fetched with our credentials.
    ours: Url,
    also: Also,
    patience: Duration,
}

/// How we say who we are.
#[derive(Clone, Copy)]
enum Access {
    Basic,
    Bearer,
}

/// Other places of recordings.
#[derive(Clone, Copy)]
enum Also {
    /// `api.REGION.twilio.com`, with our credentials: the account may live in another region.
    Regions,
    Nowhere,
    /// Addresses that are themselves the permission, without credentials.
    SignedAddresses,
}

impl Rest {
    /// # Errors
    /// The machine has no certificates of authorities.
    pub fn new(config: &Twilio) -> Result<Rest, RestError> {
        let (root, access, also) = match &config.profile {
            TwilioProfile::Twilio => ("https://api.twilio.com/2010-04-01".to_owned(), Access::Basic, Also::Regions),
            TwilioProfile::SignalWire { space, .. } => {
                (format!("https://{space}/api/laml/2010-04-01"), Access::Basic, Also::Nowhere)
            }
            TwilioProfile::Telnyx { .. } => {
                ("https://api.telnyx.com/v2/texml".to_owned(), Access::Bearer, Also::SignedAddresses)
            }
        };
        Rest::at(config, &root, access, also)
    }

    /// The same account at another server, such as a test's: `root` is all before `/Accounts`.
    ///
    /// # Errors
    /// `root` is no address, or as [`Rest::new`].
    pub fn at_root(config: &Twilio, root: &str) -> Result<Rest, RestError> {
        Rest::at(config, root, Access::Basic, Also::Nowhere)
    }

    fn at(config: &Twilio, root: &str, access: Access, also: Also) -> Result<Rest, RestError> {
        // No variable of the environment leads our token through somebody else's hands.
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().connect_timeout(CONNECT);
        let client = client.user_agent("ringall").build();
        Ok(Rest {
            client: client.map_err(|error| RestError::NoClient(reasons(&error)))?,
            base: format!("{root}/Accounts/{}", config.account_sid),
            account_sid: config.account_sid.clone(),
            secret: config.auth_token.clone(),
            access,
            ours: Url::parse(root).map_err(|error| RestError::Garbled(error.to_string()))?,
            also,
            patience: WHOLE,
        })
    }

    /// The same with another patience for one request, to the end of its answer.
    pub fn waiting(self, patience: Duration) -> Rest {
        Rest { patience, ..self }
    }

    /// The account's number that is written so (E.164); `None`: it has no such number.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn number(&self, number: &str) -> Result<Option<IncomingNumber>, RestError> {
        self.has_numbers()?;
        let url = format!("{}/IncomingPhoneNumbers.json?{}", self.base, form([("PhoneNumber", number)]));
        let page = json(self.send(self.request(Method::GET, &url)).await?).await?;
        let found = page["incoming_phone_numbers"].as_array().ok_or_else(|| no_field("incoming_phone_numbers"))?;
        // The filter matches parts of numbers too.
        found.iter().map(IncomingNumber::read).find(|one| !matches!(one, Ok(one) if one.number != number)).transpose()
    }

    /// Sets where the calls of a number lead, all of it, and gives it back as it is then.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn lead(&self, sid: &str, to: &LeadsTo) -> Result<IncomingNumber, RestError> {
        self.has_numbers()?;
        let url = format!("{}/IncomingPhoneNumbers/{}.json", self.base, name(sid)?);
        let fields = [
            ("VoiceUrl", to.voice_url.as_str()),
            ("VoiceMethod", &to.voice_method),
            ("VoiceFallbackUrl", &to.fallback_url),
            ("VoiceFallbackMethod", &to.fallback_method),
            ("StatusCallback", &to.status_callback),
            ("StatusCallbackMethod", &to.status_callback_method),
            // While one is set, the addresses do not count.
            ("VoiceApplicationSid", ""),
        ];
        IncomingNumber::read(&json(self.send(self.post(&url, fields)).await?).await?)
    }

    /// A recording as a WAVE file, from the carrier's own hosts alone.
    ///
    /// # Errors
    /// See [`RestError`]; [`RestError::NotFound`] also for one that is not ready yet.
    pub async fn recording(&self, recording: &Recording) -> Result<Vec<u8>, RestError> {
        let mut url = Url::parse(&recording.url).map_err(|_| RestError::Elsewhere(host_for_the_log(&recording.url)))?;
        let elsewhere = || RestError::Elsewhere(host_for_the_log(&recording.url));
        let request = match self.trust(&url) {
            Trust::WithCredentials => {
                // Without an ending it is a WAVE file too, at Twilio; not with every other.
                if !url.path().ends_with(".wav") {
                    let path = format!("{}.wav", url.path());
                    url.set_path(&path);
                }
                self.request(Method::GET, url.as_str())
            }
            Trust::WithoutCredentials => self.client.get(url),
            Trust::Never => return Err(elsewhere()),
        };
        let answer = self.send(request).await?;
        whole(answer, MOST_RECORDING_BYTES).await
    }

    /// Forgets a recording there. One that is gone already is as good.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn delete_recording(&self, sid: &str) -> Result<(), RestError> {
        let url = format!("{}/Recordings/{}.json", self.base, name(sid)?);
        match self.send(self.request(Method::DELETE, &url)).await {
            Ok(_) | Err(RestError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What was recorded of a call, the first first.
    ///
    /// # Errors
    /// See [`RestError`]; [`RestError::NotFound`] also while one of them is not ready.
    pub async fn recordings_of(&self, call_sid: &str) -> Result<Vec<Recording>, RestError> {
        let url = format!("{}/Calls/{}/Recordings.json", self.base, name(call_sid)?);
        let page = json(self.send(self.request(Method::GET, &url)).await?).await?;
        let found = page["recordings"].as_array().ok_or_else(|| no_field("recordings"))?;
        let mut ready = Vec::new();
        for one in found {
            match one["status"].as_str() {
                Some("absent" | "failed" | "deleted") => {}
                Some("in-progress" | "paused" | "stopped" | "processing") => return Err(RestError::NotFound),
                // Completed; not every carrier says so.
                Some(_) | None => ready.push(self.read_recording(one)?),
            }
        }
        // Newest first, as they are listed.
        ready.reverse();
        Ok(ready)
    }

    fn read_recording(&self, value: &Value) -> Result<Recording, RestError> {
        let sid = value["sid"].as_str().ok_or_else(|| no_field("sid"))?;
        let url = match value["media_url"].as_str().filter(|url| !url.is_empty()) {
            Some(url) => url.to_owned(),
            None => format!("{}/Recordings/{}", self.base, name(sid)?),
        };
        Ok(Recording { sid: sid.to_owned(), url })
    }

    /// Calls somebody; gives the name of the call.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn create_call(&self, call: &NewCall<'_>) -> Result<String, RestError> {
        let rings = call.rings.as_secs().clamp(1, 600).to_string();
        let mut fields = vec![
            ("From", call.from),
            ("To", call.to),
            ("Url", call.url),
            ("Method", "POST"),
            ("Timeout", rings.as_str()),
        ];
        for event in call.status_callback.iter().flat_map(|_| ["initiated", "ringing", "answered", "completed"]) {
            fields.push(("StatusCallbackEvent", event));
        }
        if let Some(url) = call.status_callback {
            fields.extend([("StatusCallback", url), ("StatusCallbackMethod", "POST")]);
        }
        let answer = json(self.send(self.post(&self.calls(None)?, fields)).await?).await?;
        answer["sid"].as_str().map(str::to_owned).ok_or_else(|| no_field("sid"))
    }

    /// Changes a live call.
    ///
    /// # Errors
    /// See [`RestError`]; a call that is over is [`RestError::Refused`] or [`RestError::NotFound`].
    pub async fn change_call(&self, sid: &str, change: &CallChange<'_>) -> Result<(), RestError> {
        let url = self.calls(Some(sid))?;
        let request = match change {
            CallChange::Completed => self.post(&url, [("Status", "completed")]),
            CallChange::Asks { url: asks } => self.post(&url, [("Url", *asks), ("Method", "POST")]),
        };
        self.send(request).await.map(drop)
    }

    /// A document that anybody may read, such as one that a number falls back to.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn document(&self, url: &str) -> Result<String, RestError> {
        let url = Url::parse(url).map_err(|error| RestError::Garbled(format!("{url:?} is no address: {error}")))?;
        let bytes = whole(self.send(self.client.get(url)).await?, MOST_JSON_BYTES).await?;
        String::from_utf8(bytes).map_err(|_| RestError::Garbled("it is not text".to_owned()))
    }

    /// Where calls are, or this one. Telnyx has them without an ending, and recordings with it.
    fn calls(&self, sid: Option<&str>) -> Result<String, RestError> {
        let ending = match self.also {
            Also::Regions | Also::Nowhere => ".json",
            Also::SignedAddresses => "",
        };
        let of = sid.map(|sid| name(sid).map(|sid| format!("/{sid}"))).transpose()?.unwrap_or_default();
        Ok(format!("{}/Calls{of}{ending}", self.base))
    }

    fn has_numbers(&self) -> Result<(), RestError> {
        match self.also {
            Also::SignedAddresses => Err(RestError::NotThere),
            Also::Regions | Also::Nowhere => Ok(()),
        }
    }

    fn trust(&self, url: &Url) -> Trust {
        let origin =
            |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
        if !url.username().is_empty() || url.password().is_some() {
            return Trust::Never;
        }
        if origin(url) == origin(&self.ours) {
            return Trust::WithCredentials;
        }
        let host = url.host_str().unwrap_or_default();
        let is_https = url.scheme() == "https" && url.port().is_none();
        match self.also {
            Also::Regions if is_https && host.starts_with("api.") && host.ends_with(".twilio.com") => {
                Trust::WithCredentials
            }
            Also::SignedAddresses if is_https && (host.ends_with(".telnyx.com") || is_bucket(host)) => {
                Trust::WithoutCredentials
            }
            Also::Regions | Also::SignedAddresses | Also::Nowhere => Trust::Never,
        }
    }

    fn post<'a>(&self, url: &str, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> RequestBuilder {
        let form_type = "application/x-www-form-urlencoded";
        self.request(Method::POST, url).header("content-type", form_type).body(form(fields))
    }

    fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let request = self.client.request(method, url);
        let secret = self.secret.expose_secret();
        match self.access {
            Access::Basic => request.basic_auth(&self.account_sid, Some(secret)),
            Access::Bearer => request.bearer_auth(secret),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, RestError> {
        let answer = request.timeout(self.patience).send().await.map_err(failed)?;
        let status = answer.status();
        match status {
            _ if status.is_success() => Ok(answer),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(RestError::NotAllowed),
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(RestError::NotFound),
            StatusCode::TOO_MANY_REQUESTS => Err(RestError::Busy { again_after: again_after(answer.headers()) }),
            _ if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                Err(RestError::Trouble { status: status.as_u16() })
            }
            _ if status.is_redirection() => {
                let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
                Err(RestError::Elsewhere(host_for_the_log(to)))
            }
            _ => Err(RestError::Refused { status: status.as_u16(), said: said(answer).await }),
        }
    }
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rest({})", self.base)
    }
}

/// Whether a recording may be fetched at an address.
enum Trust {
    WithCredentials,
    WithoutCredentials,
    Never,
}

/// Where Telnyx keeps recordings: a bucket of Amazon's, by an address that is good for ten minutes.
fn is_bucket(host: &str) -> bool {
    host == "s3.amazonaws.com" || (host.ends_with(".amazonaws.com") && host.contains("s3"))
}

impl IncomingNumber {
    fn read(value: &Value) -> Result<IncomingNumber, RestError> {
        let must = |name: &'static str| value[name].as_str().map(str::to_owned).ok_or_else(|| no_field(name));
        let may = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Ok(IncomingNumber {
            sid: must("sid")?,
            number: must("phone_number")?,
            leads_to: LeadsTo {
                voice_url: may("voice_url"),
                voice_method: may("voice_method"),
                fallback_url: may("voice_fallback_url"),
                fallback_method: may("voice_fallback_method"),
                status_callback: may("status_callback"),
                status_callback_method: may("status_callback_method"),
            },
            application_sid: may("voice_application_sid"),
            trunk_sid: may("trunk_sid"),
        })
    }
}

/// A name that goes into a path.
fn name(sid: &str) -> Result<&str, RestError> {
    let plain = sid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte));
    let fits = !sid.is_empty() && sid.len() <= 128 && !sid.starts_with('.');
    if plain && fits { Ok(sid) } else { Err(RestError::NoName(sid.chars().take(MOST_SAID_CHARS).collect())) }
}

/// Names and values as a body or a query.
fn form<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let escaped = |text: &str| {
        text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                escaped.push(char::from(byte));
            } else {
                escaped.push_str(&format!("%{byte:02X}"));
            }
            escaped
        })
    };
    let pairs = fields.into_iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests;
