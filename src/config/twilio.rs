//! The Twilio account, or that of a look-alike, whose webhooks are believed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

use super::{ConfigError, ReadFile, secret};
use crate::sip::uri::{Scheme, Uri};
use crate::toml_file::{Entry, Section, TomlFileError};
use crate::twilio::Profile;

/// An account that calls come from by webhook.
#[derive(Clone, Debug)]
pub struct Twilio {
    /// As it stands in `AccountSid` of every request: "AC…" at Twilio, a UUID at SignalWire and Telnyx.
    pub account_sid: String,
    /// What REST is asked with; at Twilio webhooks are signed with it too.
    pub auth_token: SecretString,
    /// What webhooks may be signed with besides, while the token is being changed.
    pub next_auth_token: Option<SecretString>,
    pub ring: TwilioRing,
    /// Where the account reaches our SIP port: `sip:phone.example.com;transport=tls`, without a user. `None`: nowhere.
    pub sip: Option<Uri>,
    pub profile: TwilioProfile,
}

/// How the phones of an open shop are rung for a call that came by webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwilioRing {
    /// Twilio rings them.
    Dial,
    /// Twilio hands the call to our own SIP port, and we ring them.
    Sip,
}

/// Whose webhooks they are, and what differs there.
#[derive(Clone, Debug)]
pub enum TwilioProfile {
    Twilio,
    /// TeXML: webhooks are signed with a key of Telnyx's own.
    Telnyx {
        /// Ed25519, raw (RFC 8032 §5.1.5).
        public_key: [u8; 32],
    },
    /// cXML: webhooks are signed with a key of the project's that is not the token.
    SignalWire {
        signing_key: SecretString,
        /// The host that REST is asked at: `example.signalwire.com`.
        space: String,
    },
}

/// Of an account's name: Twilio's have 34 characters, a UUID 36.
const MOST_SID_CHARS: usize = 64;

impl Twilio {
    /// Whose forms and documents they are.
    pub fn profile(&self) -> Profile {
        match self.profile {
            TwilioProfile::Twilio => Profile::Twilio,
            TwilioProfile::Telnyx { .. } => Profile::Telnyx,
            TwilioProfile::SignalWire { .. } => Profile::SignalWire,
        }
    }

    /// Reads the section; without `account_sid`, or with `""`, there is no account.
    pub(super) fn read(mut section: Section<'_>, files: ReadFile<'_>) -> Result<Option<Twilio>, ConfigError> {
        let secret_at = |section: &mut Section<'_>, key, file_key| -> Result<Option<Entry<String>>, ConfigError> {
            Ok(secret(section, key, file_key, files)?.filter(|found| !found.value.is_empty()))
        };
        let sid = section.text("account_sid")?.filter(|found| !found.value.is_empty());
        let token = secret_at(&mut section, "auth_token", "auth_token_file")?;
        let next = secret_at(&mut section, "next_auth_token", "next_auth_token_file")?;
        let signing_key = secret_at(&mut section, "signing_key", "signing_key_file")?;
        let ring = match section.text("ring")? {
            None => TwilioRing::Dial,
            Some(found) => found.parse("\"dial\" or \"sip\"", |text| match text {
                "dial" => Some(TwilioRing::Dial),
                "sip" => Some(TwilioRing::Sip),
                _ => None,
            })?,
        };
        let place_of_sip = section.place("sip");
        let sip = section.text("sip")?.filter(|found| !found.value.is_empty());
        let kind = match section.text("profile")? {
            None => Kind::Twilio,
            Some(found) => found.parse("\"twilio\", \"telnyx\" or \"signalwire\"", Kind::named)?,
        };
        let public_key = section.text("public_key")?.filter(|found| !found.value.is_empty());
        let space = section.text("space")?.filter(|found| !found.value.is_empty());
        let place = |key: &str| section.place(key);
        let (place_of_token, place_of_public_key) = (place("auth_token"), place("public_key"));
        let (place_of_signing_key, place_of_space) = (place("signing_key"), place("space"));
        section.finish(&[])?;

        let strays = [
            (&sip, false, ""),
            (&public_key, kind != Kind::Telnyx, "of no use without profile = \"telnyx\""),
            (&space, kind != Kind::SignalWire, "of no use without profile = \"signalwire\""),
            (&signing_key, kind != Kind::SignalWire, "of no use without profile = \"signalwire\""),
            (&next, kind != Kind::Twilio, "of use with profile = \"twilio\" alone, where the token signs"),
        ];
        let no_account = "of no use without account_sid = \"AC…\"";
        for (given, is_stray, message) in strays {
            let message = if sid.is_none() { no_account } else { message };
            if let Some(given) = given.as_ref().filter(|_| is_stray || sid.is_none()) {
                return Err(TomlFileError::Conflict { place: given.place.clone(), message: message.to_owned() });
            }
        }
        let (sid, token) = match (sid, token) {
            (None, None) => return Ok(None),
            (Some(sid), Some(token)) => (sid, token),
            (Some(_), None) => return Err(missing(place_of_token, kind.token())),
            (None, Some(token)) => {
                return Err(TomlFileError::Conflict { place: token.place, message: no_account.to_owned() });
            }
        };
        let account_sid = sid.parse("the account's name, such as \"AC\" and 32 digits and letters", |text| {
            let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let fits = (kind != Kind::Twilio || text.starts_with("AC")) && text.len() <= MOST_SID_CHARS;
            (plain && fits).then(|| text.to_owned())
        })?;
        let expected = "the address of our SIP port as seen from the internet, such as \"sip:phone.example.com\" or \
                        \"sip:phone.example.com:5061;transport=tls\"";
        let sip = match (sip, ring) {
            (Some(found), _) => Some(found.parse(expected, address)?),
            (None, TwilioRing::Dial) => None,
            (None, TwilioRing::Sip) => return Err(missing(place_of_sip, expected)),
        };
        let profile = match kind {
            Kind::Twilio => TwilioProfile::Twilio,
            Kind::Telnyx => {
                let expected = "Telnyx's public key, 44 characters of base64 (Account Settings, Keys & Credentials)";
                let given = public_key.ok_or_else(|| missing(place_of_public_key, expected))?;
                TwilioProfile::Telnyx { public_key: given.parse(expected, public_key_of)? }
            }
            Kind::SignalWire => {
                let expected = "the project's signing key (API, Signing Key); or signing_key_file";
                let signing_key = signing_key.ok_or_else(|| missing(place_of_signing_key, expected))?;
                let expected = "the host of the space, such as \"example.signalwire.com\"";
                let space = space.ok_or_else(|| missing(place_of_space, expected))?;
                TwilioProfile::SignalWire {
                    signing_key: SecretString::from(signing_key.value),
                    space: space.parse(expected, host)?,
                }
            }
        };
        Ok(Some(Twilio {
            account_sid,
            auth_token: SecretString::from(token.value),
            next_auth_token: next.map(|next| SecretString::from(next.value)),
            ring,
            sip,
            profile,
        }))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Twilio,
    Telnyx,
    SignalWire,
}

impl Kind {
    fn named(name: &str) -> Option<Kind> {
        match name {
            "twilio" => Some(Kind::Twilio),
            "telnyx" => Some(Kind::Telnyx),
            "signalwire" => Some(Kind::SignalWire),
            _ => None,
        }
    }

    /// What `auth_token` is there.
    fn token(self) -> &'static str {
        match self {
            Kind::Twilio => "the account's primary auth token, not an API key; or auth_token_file = \"path\"",
            Kind::Telnyx => "an API key of version 2; or auth_token_file = \"path\"",
            Kind::SignalWire => "an API token of the project; or auth_token_file = \"path\"",
        }
    }
}

fn missing(place: String, expected: &str) -> ConfigError {
    TomlFileError::Missing { place, expected: expected.to_owned() }
}

fn public_key_of(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Of ours: a scheme, a host, perhaps a port and a transport.
fn address(text: &str) -> Option<Uri> {
    let uri = Uri::parse(text).ok()?;
    (matches!(uri.scheme, Scheme::Sip | Scheme::Sips) && uri.user.is_none()).then_some(uri)
}

fn host(text: &str) -> Option<String> {
    let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (text.contains('.') && text.split('.').all(label)).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::config::Config;

    const SID: &str = "AC00000000000000000000000000000000";
    const KEY: &str = "e7qRs0Vn1bm6Fz9cyYl3hQZTKPm5tJ2yNf0uW4xIvGA=";

    fn read(keys: &str) -> Result<Option<Twilio>, String> {
        let files = |path: &Path| match path.to_str() {
            Some("/run/secrets/twilio") => Ok("hush\n".to_owned()),
            _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        };
        let config = Config::read(&format!("[twilio]\n{keys}"), Path::new("ringall.toml"), &|_| None, &files);
        config.map(|config| config.twilio).map_err(|error| error.to_string())
    }

    #[test]
    fn an_account_is_two_keys_and_its_secrets_never_print() {
        for token in ["auth_token = \"hush\"", "auth_token_file = \"/run/secrets/twilio\""] {
            let twilio = read(&format!("account_sid = \"{SID}\"\n{token}")).unwrap().unwrap();
            assert_eq!((twilio.account_sid.as_str(), twilio.ring), (SID, TwilioRing::Dial));
            assert_eq!(twilio.auth_token.expose_secret(), "hush");
            assert!(matches!(twilio.profile, TwilioProfile::Twilio) && twilio.next_auth_token.is_none());
            assert!(!format!("{twilio:?}").contains("hush"), "{twilio:?}");
        }
        assert!(read("").unwrap().is_none());
        let shipped = "account_sid = \"\"\nauth_token = \"\"\nring = \"dial\"\nprofile = \"twilio\"";
        assert!(read(shipped).unwrap().is_none());
        let keys = "ring = \"sip\"\nsip = \"sip:phone.example.com;transport=tls\"";
        let sip = read(&format!("account_sid = \"{SID}\"\nauth_token = \"hush\"\n{keys}")).unwrap().unwrap();
        let at = sip.sip.map(|uri| uri.to_string());
        assert_eq!((sip.ring, at.as_deref()), (TwilioRing::Sip, Some("sip:phone.example.com;transport=tls")));
    }

    #[test]
    fn the_look_alikes_have_keys_of_their_own() {
        let uuid = "account_sid = \"6b9b7c1e-5f0a-4a5e-9d0e-000000000000\"\nauth_token = \"hush\"\n";
        let telnyx = read(&format!("{uuid}profile = \"telnyx\"\npublic_key = \"{KEY}\"")).unwrap().unwrap();
        let TwilioProfile::Telnyx { public_key } = telnyx.profile else { panic!("{telnyx:?}") };
        assert_eq!(STANDARD.encode(public_key), KEY);
        let keys = "profile = \"signalwire\"\nsigning_key = \"PSK_hush\"\nspace = \"Example.signalwire.com\"";
        let signalwire = read(&format!("{uuid}{keys}")).unwrap().unwrap();
        assert!(!format!("{signalwire:?}").contains("hush"), "{signalwire:?}");
        let TwilioProfile::SignalWire { signing_key, space } = signalwire.profile else { panic!("{signalwire:?}") };
        assert_eq!((signing_key.expose_secret(), space.as_str()), ("PSK_hush", "example.signalwire.com"));
    }

    #[test]
    fn what_is_missing_or_of_no_use_is_named() {
        let account = format!("account_sid = \"{SID}\"\n");
        let whole = format!("{account}auth_token = \"hush\"\n");
        for (keys, expected) in [
            (account.clone(), "auth_token: missing; expected the account's primary auth token, not an API key"),
            ("auth_token = \"hush\"".to_owned(), "auth_token: of no use without account_sid"),
            (format!("account_sid = \"{SID}/x\"\nauth_token = \"hush\""), "account_sid: expected the account's name"),
            ("account_sid = \"6b9b\"\nauth_token = \"hush\"".to_owned(), "account_sid: expected the account's name"),
            (format!("{whole}ring = \"all\""), "ring: expected \"dial\" or \"sip\", found \"all\""),
            (format!("{whole}ring = \"sip\""), "sip: missing; expected the address of our SIP port"),
            (format!("{whole}sip = \"phone.example.com\""), "sip: expected the address of our SIP port"),
            (format!("{whole}sip = \"sip:ann@phone.example.com\""), "sip: expected the address of our SIP port"),
            ("sip = \"sip:phone.example.com\"".to_owned(), "sip: of no use without account_sid"),
            (format!("{whole}profile = \"acme\""), "profile: expected \"twilio\", \"telnyx\" or \"signalwire\""),
            (format!("{whole}public_key = \"{KEY}\""), "public_key: of no use without profile = \"telnyx\""),
            (format!("{whole}space = \"a.b\""), "space: of no use without profile = \"signalwire\""),
            (format!("{whole}signing_key = \"hush\""), "signing_key: of no use without profile = \"signalwire\""),
            (format!("{whole}profile = \"telnyx\""), "public_key: missing; expected Telnyx's public key"),
            (format!("{whole}profile = \"telnyx\"\npublic_key = \"AAAA\""), "public_key: expected Telnyx's public key"),
            (format!("{whole}profile = \"signalwire\""), "signing_key: missing; expected the project's signing key"),
            (
                format!("{whole}profile = \"signalwire\"\nsigning_key = \"hush\"\nspace = \"https://a.b\""),
                "space: expected the host of the space",
            ),
            (format!("{whole}auth_tokn = \"hush\""), "auth_tokn: no such key; expected one of: account_sid"),
            (
                format!("{whole}auth_token_file = \"nowhere\""),
                "auth_token_file: ringall.toml: twilio.auth_token is given",
            ),
        ] {
            let error = read(&keys).unwrap_err();
            assert!(error.starts_with(&format!("ringall.toml: twilio.{expected}")), "{keys}: {error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn a_second_token_is_taken_while_the_first_is_changed() {
        let keys = format!("account_sid = \"{SID}\"\nauth_token = \"old\"\nnext_auth_token = \"new\"");
        let next = read(&keys).unwrap().and_then(|twilio| twilio.next_auth_token).unwrap();
        assert_eq!(next.expose_secret(), "new");
    }
}
