//! Whether a webhook is from the account it names: a signature over the address it was sent to and all that it says
//! (<https://www.twilio.com/docs/usage/security>, and what Twilio's own libraries check).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::form::Form;
use super::public_url::PublicUrl;

/// A request, as far as its signature covers it.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// Path and query in the bytes of the request line.
    pub target: &'a str,
    pub content: Content<'a>,
}

/// What a request carries.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// GET: all of it stands in the address.
    Nothing,
    Form(&'a Form),
    /// A body that is no form, such as JSON: the address holds its hash.
    Bytes(&'a [u8]),
}

/// Why a request is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    #[error("it carries no signature")]
    NoSignature,
    #[error("it carries several signatures")]
    SeveralSignatures,
    #[error("its signature is not of the kind that this account's requests carry")]
    Malformed,
    #[error("it is not signed with this account's key for this address")]
    NotOurs,
    #[error("its body is no form, and the address has no bodySHA256")]
    NoBodyHash,
    #[error("its body is not the one that was signed")]
    AnotherBody,
    #[error("{0} stands in it twice with different values")]
    Ambiguous(String),
    #[error("it was signed more than five minutes from now; look at this machine's clock")]
    Stale,
}

/// Of a field that decides something, two values would let whoever repeats a request choose between them: their order is
/// not signed.
const DECIDING: [&str; 28] = [
    "AccountSid",
    "AnsweredBy",
    "Called",
    "Caller",
    "CallDuration",
    "CallSid",
    "CallStatus",
    "DialBridged",
    "DialCallDuration",
    "DialCallSid",
    "DialCallStatus",
    "DialSipResponseCode",
    "Digits",
    "Direction",
    "ErrorCode",
    "ForwardedFrom",
    "From",
    "ParentCallSid",
    "RecordingDuration",
    "RecordingSid",
    "RecordingSource",
    "RecordingStatus",
    "RecordingUrl",
    "SequenceNumber",
    "SipResponseCode",
    "StirVerstat",
    "Timestamp",
    "To",
];

/// The query's name for the hash of a body that is no form.
const BODY_HASH: &str = "bodySHA256";

/// The keys that requests may be signed with: one, or two while it is being changed. They never print.
#[derive(Clone)]
pub struct Keys(Vec<Hmac<Sha1>>);

impl Keys {
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Keys {
        let key = |secret: &SecretString| {
            Hmac::new_from_slice(secret.expose_secret().as_bytes()).expect("HMAC takes a key of any length")
        };
        Keys(secrets.into_iter().map(key).collect())
    }

    /// Checks `signature`, the header's text, for a request that came to `url`.
    ///
    /// # Errors
    /// See [`Unsigned`].
    pub fn check(&self, url: &PublicUrl, signed: Signed<'_>, signature: &str) -> Result<(), Unsigned> {
        let signature = STANDARD.decode(signature.trim()).map_err(|_| Unsigned::Malformed)?;
        let said = Said::of(signed)?;
        let addresses = url.signed_as(signed.target);
        let made = |key: &Hmac<Sha1>, address: &[&str]| code(key, address, &said.text).ct_eq(signature.as_slice());
        let ours = |address: &[&str; 2]| self.0.iter().fold(Choice::from(0), |any, key| any | made(key, address));
        // By which address it was signed is no secret.
        if !addresses.iter().any(|address| bool::from(ours(address))) {
            return Err(Unsigned::NotOurs);
        }
        match said.ambiguous {
            Some(name) => Err(Unsigned::Ambiguous(name)),
            None => Ok(()),
        }
    }

    /// The signature of such a request, by the first key; `None` without one, or when the request could not be signed.
    pub fn sign(&self, url: &PublicUrl, signed: Signed<'_>) -> Option<String> {
        let said = Said::of(signed).ok()?;
        Some(STANDARD.encode(code(self.0.first()?, &url.signed_as(signed.target)[0], &said.text)))
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}

fn code(key: &Hmac<Sha1>, address: &[&str], said: &str) -> [u8; 20] {
    let mut mac = key.clone();
    address.iter().for_each(|part| mac.update(part.as_bytes()));
    mac.update(said.as_bytes());
    mac.finalize().into_bytes().into()
}

/// What is signed behind the address.
struct Said {
    text: String,
    /// A deciding field that stands there with two values.
    ambiguous: Option<String>,
}

impl Said {
    fn of(signed: Signed<'_>) -> Result<Said, Unsigned> {
        let nothing = Said { text: String::new(), ambiguous: None };
        let hash = body_hash(signed.target);
        match (signed.content, hash) {
            (Content::Nothing, None) => Ok(nothing),
            (Content::Form(form), None) => Ok(Said::by(form)),
            (Content::Bytes(_), None) => Err(Unsigned::NoBodyHash),
            (Content::Bytes(body), Some(hash)) if is_hash_of(&hash, body) => Ok(nothing),
            (Content::Bytes(_) | Content::Nothing, Some(_)) => Err(Unsigned::AnotherBody),
            // Of a form the fields are signed, whatever its address says besides.
            (Content::Form(form), Some(_)) => Ok(Said::by(form)),
        }
    }

    /// Names in the order of their code points, which is that of UTF-8's bytes, each with its values; of a repeated one
    /// each value once, in order too.
    fn by(form: &Form) -> Said {
        let mut pairs: Vec<(&str, &str)> =
            form.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut repeated = pairs.windows(2).filter(|two| two[0].0 == two[1].0).map(|two| two[0].0);
        let ambiguous = repeated.find(|name| DECIDING.contains(name)).map(str::to_owned);
        let mut text = String::with_capacity(pairs.iter().map(|(name, value)| name.len() + value.len()).sum());
        for (name, value) in pairs {
            text.push_str(name);
            text.push_str(value);
        }
        Said { text, ambiguous }
    }
}

fn body_hash(target: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let mut hashes = query.split('&').filter_map(|pair| pair.strip_prefix(BODY_HASH)?.strip_prefix('='));
    hashes.next().map(str::to_ascii_lowercase)
}

fn is_hash_of(hash: &str, body: &[u8]) -> bool {
    crate::hex::hex(&Sha256::digest(body)).as_bytes().ct_eq(hash.as_bytes()).into()
}
