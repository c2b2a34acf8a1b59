//! `/twilio/*`: requests come in here. Only those that the account has signed go on, and each of them gets a document,
//! whatever happens: an error would play Twilio's own announcement to the caller.
//!
//! ```text
//! body, at most 64 KiB → signature over `public_url` → AccountSid is ours → form → the call loop → document
//!                 no: 413         no: 403            no: 403      │          └── silent for 2 s: the fallback
//!                                                                 └── the same delivery again: the same bytes
//! ```

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tokio::sync::{OnceCell, oneshot};

use super::form::Form;
use super::instead::{instead, not_understood};
use super::public_url::PublicUrl;
use super::self_test::{self, Prover, Seen};
use super::signature::{Content, Keys, Signed, Unsigned};
use super::{Document, Profile, Target, Webhook, ed25519};
use crate::config::{Twilio, TwilioProfile, TwilioRing};
use crate::now::{Mono, Now};
use crate::routing::Plan;
use crate::web::{Problem, Web, caught};

/// Of a body: a form with a long `CallToken` and a transcription stays below half of it.
const MOST_BYTES: usize = 64 * 1024;
/// How long the loop has for its document (DESIGN §1). Twilio waits 15 s, connecting included; a caller less.
const PATIENCE: Duration = Duration::from_secs(2);
/// A delivery is repeated within seconds; with five retries and the fallback URL it is over in a minute.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);
/// Answers remembered, a kilobyte or two each.
const MOST_REMEMBERED: usize = 4096;
/// No idempotency token is longer; Twilio's are UUIDs.
const MOST_TOKEN_BYTES: usize = 128;
/// Of refusals, one line in the log in so long: strangers may knock as often as they like.
const REFUSALS_TOLD_EVERY: Duration = Duration::from_secs(10);

const TWILIO_SIGNATURE: HeaderName = HeaderName::from_static("x-twilio-signature");
const SIGNALWIRE_SIGNATURE: HeaderName = HeaderName::from_static("x-signalwire-signature");
const TELNYX_SIGNATURE: HeaderName = HeaderName::from_static("telnyx-signature-ed25519");
const TELNYX_TIMESTAMP: HeaderName = HeaderName::from_static("telnyx-timestamp");
const IDEMPOTENCY_TOKEN: HeaderName = HeaderName::from_static("i-twilio-idempotency-token");
const TWIML: (HeaderName, &str) = (header::CONTENT_TYPE, "text/xml; charset=utf-8");

/// How a request is handed to the call loop, which answers into the channel. It must not wait: a loop that has no room
/// drops the channel.
pub type Hand = Box<dyn Fn(Box<Webhook>, oneshot::Sender<Document>) + Send + Sync>;

/// The account whose requests are taken, and those that were.
pub struct Webhooks {
    account_sid: String,
    profile: Profile,
    ring: TwilioRing,
    signer: Signer,
    public_url: PublicUrl,
    hand: Hand,
    patience: Duration,
    /// `None`: nobody is told what came.
    prover: Option<Prover>,
    remembered: Mutex<Remembered>,
    refusals: Mutex<Refusals>,
}

/// Who signs.
enum Signer {
    Keys { keys: Keys, header: HeaderName },
    Telnyx { public_key: [u8; 32] },
}

/// A body that is whole, and what came with it.
struct Delivery {
    method: Method,
    /// Path and query.
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Delivery {
    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// Why a request is turned away.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
    #[error("its body is not a form: {0}")]
    NoForm(#[from] super::form::FormError),
    #[error("it is of another account than [twilio] account_sid")]
    AnotherAccount,
    #[error("Telnyx signs what is posted, not what stands in the address: its requests must be POST")]
    NotPosted,
}

impl Webhooks {
    /// Takes requests of this account, sent to `public_url`.
    pub fn new(config: &Twilio, public_url: &str, hand: Hand) -> Webhooks {
        let tokens = std::iter::once(&config.auth_token).chain(&config.next_auth_token);
        let signer = match &config.profile {
            TwilioProfile::Twilio => Signer::Keys { keys: Keys::new(tokens), header: TWILIO_SIGNATURE },
            TwilioProfile::SignalWire { signing_key, .. } => {
                Signer::Keys { keys: Keys::new([signing_key]), header: SIGNALWIRE_SIGNATURE }
            }
            TwilioProfile::Telnyx { public_key } => Signer::Telnyx { public_key: *public_key },
        };
        Webhooks {
            account_sid: config.account_sid.clone(),
            profile: config.profile(),
            ring: config.ring,
            signer,
            public_url: PublicUrl::new(public_url),
            hand,
            patience: PATIENCE,
            prover: None,
            remembered: Mutex::default(),
            refusals: Mutex::default(),
        }
    }

    /// The same with another patience for the call loop.
    pub fn waiting(self, patience: Duration) -> Webhooks {
        Webhooks { patience, ..self }
    }

    /// Who rings the phones of the open shop.
    pub fn ring(&self) -> TwilioRing {
        self.ring
    }

    /// The same, answering whoever has this secret what came of a form that they had posted.
    pub fn told_by(self, prover: Prover) -> Webhooks {
        Webhooks { prover: Some(prover), ..self }
    }

    /// What came of our own form; `None`: it is not ours.
    fn seen(&self, delivery: &Delivery, now: Now) -> Option<Seen> {
        let prover = self.prover.as_ref()?;
        let form = Form::parse(&delivery.body).ok()?;
        let question = prover.asked(&form, now.wall)?;
        Some(Seen {
            proof: prover.answer(question),
            target: delivery.target.clone(),
            signed_for: self.public_url.for_the_log(&delivery.target),
            body: self_test::hash(&delivery.body),
            fault: self.believed(delivery, now).err().map(|refused| refused.to_string()),
        })
    }

    async fn answer(&self, delivery: &Delivery, now: Now, plan: &Plan) -> Result<Bytes, Refused> {
        let form = self.believed(delivery, now)?;
        metrics::counter!("ringall_twilio_webhooks_total").increment(1);
        if let Some(blamed) = blamed(&form) {
            metrics::counter!("ringall_twilio_errors_total").increment(1);
            tracing::error!("{blamed}");
        }
        let answered = caught(self.document(delivery, &form, now, plan)).await;
        Ok(answered.unwrap_or_else(|panic| {
            metrics::counter!("ringall_twilio_fallbacks_total").increment(1);
            tracing::error!(%panic, "answering Twilio panicked: the cells are rung where somebody calls");
            let target = Target::parse(delivery.path());
            not_understood(target, called(&form), plan, self.profile).write().into()
        }))
    }

    /// The answer to a form that the account has signed.
    async fn document(&self, delivery: &Delivery, form: &Form, now: Now, plan: &Plan) -> Bytes {
        let path = delivery.path();
        let target = Target::parse(path);
        let token = delivery.headers.get(IDEMPOTENCY_TOKEN).and_then(|token| token.to_str().ok());
        let token = token.filter(|token| !token.is_empty() && token.len() <= MOST_TOKEN_BYTES);
        let read = target.map(|target| Webhook::read(self.profile, target, form, token));
        let webhook = match read {
            Some(Ok(webhook)) => webhook,
            Some(Err(unreadable)) => {
                tracing::error!(path, "a request of Twilio's is not as it should be: {unreadable}");
                return not_understood(target, called(form), plan, self.profile).write().into();
            }
            None => {
                let url = masked(&self.public_url.for_the_log(path));
                tracing::error!(url, "Twilio asks for what is not there; `ringall twilio connect` sets its addresses");
                return not_understood(None, None, plan, self.profile).write().into();
            }
        };
        let Some(token) = token else { return self.ask(webhook, plan).await };
        let cell = self.remembered(token, delivery, now.mono);
        cell.get_or_init(|| self.ask(webhook, plan)).await.clone()
    }

    /// The loop's document, or what is said instead of it.
    async fn ask(&self, webhook: Webhook, plan: &Plan) -> Bytes {
        let (answer, answered) = oneshot::channel();
        let fallback = webhook.clone();
        (self.hand)(Box::new(webhook), answer);
        let document = match tokio::time::timeout(self.patience, answered).await {
            Ok(Ok(document)) => document,
            Ok(Err(_)) | Err(_) => {
                metrics::counter!("ringall_twilio_fallbacks_total").increment(1);
                tracing::error!("the call loop did not answer Twilio in time: the cells are rung where somebody calls");
                instead(&fallback, plan, self.profile)
            }
        };
        document.write().into()
    }

    /// Whether there is what could prove who has sent it: of one without, nothing is read.
    fn is_signed(&self, headers: &HeaderMap) -> Result<(), Unsigned> {
        match &self.signer {
            Signer::Telnyx { .. } => {
                one(headers, &TELNYX_SIGNATURE)?;
                one(headers, &TELNYX_TIMESTAMP)?;
            }
            Signer::Keys { header, .. } => {
                one(headers, header)?;
            }
        }
        Ok(())
    }

    /// The form of a request that this account has signed.
    fn believed(&self, delivery: &Delivery, now: Now) -> Result<Form, Refused> {
        let Delivery { method, target, headers, body } = delivery;
        let is_form = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
            kind.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
        });
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let form = match *method {
            Method::GET => Form::parse(query.as_bytes())?,
            _ if is_form => Form::parse(body)?,
            _ => Form::default(),
        };
        match &self.signer {
            // What stands in the address it does not sign.
            Signer::Telnyx { .. } if *method == Method::GET => return Err(Refused::NotPosted),
            Signer::Telnyx { public_key } => {
                let (signature, timestamp) = (one(headers, &TELNYX_SIGNATURE)?, one(headers, &TELNYX_TIMESTAMP)?);
                ed25519::check(public_key, signature, timestamp, body, now.wall)?;
            }
            Signer::Keys { keys, header } => {
                let content = match *method {
                    Method::GET => Content::Nothing,
                    _ if is_form => Content::Form(&form),
                    _ => Content::Bytes(body),
                };
                keys.check(&self.public_url, Signed { target, content }, one(headers, header)?)?;
            }
        }
        if form.one("AccountSid")? != Some(&self.account_sid) {
            return Err(Refused::AnotherAccount);
        }
        Ok(form)
    }

    /// The place of this delivery's answer. A repeated one has the same signature, so a token alone says nothing.
    fn remembered(&self, token: &str, delivery: &Delivery, now: Mono) -> Arc<OnceCell<Bytes>> {
        let mut key = Sha256::new();
        key.update(token);
        key.update(&delivery.target);
        key.update(&delivery.body);
        let key = key.finalize().into();
        // What a panic left behind are answers all the same.
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).place(key, now)
    }

    fn refuse(&self, target: &str, refused: &Refused, now: Mono) -> Response {
        metrics::counter!("ringall_twilio_refused_total").increment(1);
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(untold) = refusals.tell(now) {
            let url = masked(&self.public_url.for_the_log(target));
            tracing::warn!(
                url,
                untold,
                "a request to /twilio was refused, {refused}. It must be signed for this address: compare it with the one \
                 set at the number, and [web] public_url; see \"When the signature fails\" in the README"
            );
        }
        (StatusCode::FORBIDDEN, "Not signed by this account for this address.\n").into_response()
    }
}

/// The one handler of `/twilio/*`.
pub async fn receive(State(web): State<Arc<Web>>, request: Request) -> Response {
    let Some(webhooks) = &web.webhooks else {
        return Problem::not_found("No Twilio account is set: see [twilio] in the configuration.").into_response();
    };
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    if let Err(unsigned) = webhooks.is_signed(&parts.headers) {
        return webhooks.refuse(&target, &unsigned.into(), (web.clock)().mono);
    }
    let Ok(body) = to_bytes(body, MOST_BYTES).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "A webhook is shorter.\n").into_response();
    };
    let delivery = Delivery { method: parts.method, target, headers: parts.headers, body };
    let (now, plan) = ((web.clock)(), web.plan.borrow().clone());
    // Wherever it arrives: which path that is, is what was asked.
    if delivery.target.contains(self_test::NAME)
        && let Some(seen) = webhooks.seen(&delivery, now)
    {
        return Json(seen).into_response();
    }
    match webhooks.answer(&delivery, now, &plan).await {
        Ok(document) => ([TWIML], document).into_response(),
        Err(refused) => webhooks.refuse(&delivery.target, &refused, now.mono),
    }
}

/// The number that a form says was called.
fn called(form: &Form) -> Option<&str> {
    form.one("To").ok().flatten()
}

/// What Twilio says of an answer of ours that it could do nothing with, where it asks the fallback instead
/// (<https://www.twilio.com/docs/voice/twiml#errorcode-and-errorurl-parameters>).
fn blamed(form: &Form) -> Option<String> {
    let code = form.one("ErrorCode").ok()??;
    let code: String = code.chars().filter(char::is_ascii_digit).take(MOST_CODE_DIGITS).collect();
    let url = form.one("ErrorUrl").ok().flatten().map_or_else(String::new, |url| {
        // What may be a password stays here.
        format!(" at {}", masked(&PublicUrl::new(url).for_the_log("")))
    });
    Some(format!(
        "Twilio asked the fallback because of its error {code}{url}: see https://www.twilio.com/docs/api/errors/{code}, \
         and run `ringall doctor`"
    ))
}

/// Twilio's codes have five digits.
const MOST_CODE_DIGITS: usize = 8;

/// The text of a header that stands there once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Unsigned> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Unsigned::NoSignature)?;
    if values.next().is_some() {
        return Err(Unsigned::SeveralSignatures);
    }
    value.to_str().map_err(|_| Unsigned::Malformed)
}

/// A telephone number has so many digits at least; of a longer run the last three are shown.
const DIGITS_OF_A_NUMBER: usize = 7;
/// Of an address, as much as shows what is wrong with it.
const MOST_SHOWN: usize = 300;

/// An address for the log, without the numbers in it and what could be taken for a line of its own.
fn masked(url: &str) -> String {
    let (mut shown, mut run) = (String::new(), String::new());
    let end = |shown: &mut String, run: &mut String| {
        if run.len() >= DIGITS_OF_A_NUMBER {
            shown.push_str("•••");
            shown.push_str(&run[run.len() - 3..]);
        } else {
            shown.push_str(run);
        }
        run.clear();
    };
    for c in url.chars().filter(|c| !c.is_control()).take(MOST_SHOWN) {
        if c.is_ascii_digit() {
            run.push(c);
        } else {
            end(&mut shown, &mut run);
            shown.push(c);
        }
    }
    end(&mut shown, &mut run);
    shown
}

/// The answers of the last minute, by what was asked.
#[derive(Default)]
struct Remembered {
    answers: HashMap<[u8; 32], Arc<OnceCell<Bytes>>>,
    /// The oldest first.
    since: VecDeque<(Mono, [u8; 32])>,
}

impl Remembered {
    fn place(&mut self, key: [u8; 32], now: Mono) -> Arc<OnceCell<Bytes>> {
        while self.since.front().is_some_and(|(since, _)| now - *since >= REMEMBERED_FOR) {
            self.forget_oldest();
        }
        if let Some(known) = self.answers.get(&key) {
            return known.clone();
        }
        if self.since.len() >= MOST_REMEMBERED {
            self.forget_oldest();
        }
        self.since.push_back((now, key));
        self.answers.entry(key).or_default().clone()
    }

    fn forget_oldest(&mut self) {
        if let Some((_, oldest)) = self.since.pop_front() {
            self.answers.remove(&oldest);
        }
    }
}

/// What was said of refusals.
#[derive(Default)]
struct Refusals {
    told: Option<Mono>,
    untold: u64,
}

impl Refusals {
    /// Whether one more is told, and how many before it were not.
    fn tell(&mut self, now: Mono) -> Option<u64> {
        if self.told.is_some_and(|told| now - told < REFUSALS_TOLD_EVERY) {
            self.untold += 1;
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_the_log_names_nobody() {
        let url = "https://a.example:8443/twilio/voice?from=%2B15125550123&n=12&x=\n123456";
        assert_eq!(masked(url), "https://a.example:8443/twilio/voice?from=%2B•••123&n=12&x=123456");
        assert_eq!(masked(&"é".repeat(1000)).chars().count(), MOST_SHOWN);
    }

    #[test]
    fn what_twilio_could_not_use_is_told_without_its_secrets() {
        let told = |body: &str| blamed(&Form::parse(body.as_bytes()).expect("a form"));
        assert_eq!(told("CallSid=CA1"), None);
        assert_eq!(told("ErrorCode="), None);
        let said =
            told("ErrorCode=11200&ErrorUrl=https%3A%2F%2Fu%3Ahush%40a.example%2Ftwilio%2Fvoice%3Ffrom%3D15125550123");
        let said = said.expect("an error");
        assert!(said.contains("error 11200 at https://a.example/twilio/voice:"), "{said}");
        assert!(!said.contains("hush") && !said.contains("5550123"), "{said}");
        assert!(told("ErrorCode=1%0A2&ErrorUrl=%0Ax").is_some_and(|said| !said.contains('\n')));
    }

    #[test]
    fn answers_are_remembered_for_a_minute_and_not_without_end() {
        let mut remembered = Remembered::default();
        let at = |seconds| Mono(Duration::from_secs(seconds));
        let first = remembered.place([1; 32], at(0));
        assert!(Arc::ptr_eq(&first, &remembered.place([1; 32], at(59))));
        assert!(!Arc::ptr_eq(&first, &remembered.place([1; 32], at(60))), "a minute later it is another request");
        for n in 0..=MOST_REMEMBERED {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&n.to_le_bytes());
            remembered.place(key, at(61));
        }
        assert_eq!((remembered.answers.len(), remembered.since.len()), (MOST_REMEMBERED, MOST_REMEMBERED));
    }

    #[test]
    fn refusals_are_told_now_and_then_with_a_count() {
        let mut refusals = Refusals::default();
        let at = |seconds| Mono(Duration::from_secs(seconds));
        let told: Vec<Option<u64>> = [0, 1, 2, 10, 11, 20].map(|seconds| refusals.tell(at(seconds))).to_vec();
        assert_eq!(told, [Some(0), None, None, Some(2), None, Some(1)]);
    }
}
