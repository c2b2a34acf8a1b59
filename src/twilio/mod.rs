//! The protocol of Twilio's voice webhooks, and of those who speak it after Twilio: forms come in, TwiML goes out, and a
//! few requests of ours go to their REST interface. It never names a call.
//!
//! [`form`]: what a request's body says. [`target`]: which URL of ours it was for. [`read`]: what it means.
//! [`twiml`]: what we answer; [`instead`]: when nobody says what. [`work`]: what is to be asked by REST.
//!
//! [`signature`], [`public_url`]: whether a request is the account's own. The shells: [`webhook`] takes requests in,
//! [`errands`] runs what is to be asked, by [`rest`].

#[cfg(feature = "shell")]
pub mod ed25519;
#[cfg(feature = "shell")]
pub mod errands;
pub mod form;
pub mod instead;
pub mod public_url;
pub mod read;
#[cfg(feature = "shell")]
pub mod rest;
pub mod signature;
pub mod target;
pub mod twiml;
#[cfg(feature = "shell")]
pub mod webhook;
pub mod work;

pub use form::Form;
pub use read::{Unreadable, Webhook};
pub use target::Target;
pub use twiml::Document;
pub use work::Work;

use std::time::Duration;

use crate::spelling::spelled_as;

/// Whose webhooks they are: the same forms and verbs, with differences that bite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    #[default]
    Twilio,
    /// TeXML: a call is `v3:…`; signs by Ed25519 with a time; loses the query of an action URL, so ours have none.
    Telnyx,
    /// cXML: a call is a UUID.
    SignalWire,
}

spelled_as! {
    Profile { Twilio = "twilio", Telnyx = "telnyx", SignalWire = "signalwire" }
}

/// How requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// `X-Twilio-Signature`: HMAC-SHA1 over the URL and the sorted form, by the account's token.
    HmacSha1,
    /// `telnyx-signature-ed25519` over `telnyx-timestamp`, a bar and the body.
    Ed25519,
}

impl Profile {
    /// A `<Dial>` rings no longer there ("Dial: timeout").
    pub fn longest_ring(self) -> Duration {
        match self {
            Profile::Twilio | Profile::SignalWire => Duration::from_secs(600),
            Profile::Telnyx => Duration::from_secs(120),
        }
    }

    /// How this carrier signs.
    pub fn signing(self) -> Signing {
        match self {
            Profile::Twilio | Profile::SignalWire => Signing::HmacSha1,
            Profile::Telnyx => Signing::Ed25519,
        }
    }

    /// Whether this can be the name of a call there.
    fn is_call_sid(self, sid: &str) -> bool {
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match self {
            // Old accounts have shorter ones in their documents; nobody has longer.
            Profile::Twilio => {
                sid.strip_prefix("CA").is_some_and(|rest| (1..=32).contains(&rest.len()) && is_hex(rest))
            }
            Profile::Telnyx => (1..=128).contains(&sid.len()) && sid.bytes().all(|byte| byte.is_ascii_graphic()),
            Profile::SignalWire => uuid::Uuid::try_parse(sid).is_ok(),
        }
    }
}
