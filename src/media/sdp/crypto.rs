//! Keys in a description: `a=crypto` (RFC 4568). Whoever reads the description can hear the call, so keys come and go
//! where signalling is encrypted, and nowhere else. Each leg has its own: none crosses to another.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Description;
use crate::media::srtp::{Keying, Keys, MASTER_BYTES, MasterKey, Suite};

/// How a side wants its audio protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// `RTP/AVP`.
    Plain,
    /// `RTP/SAVP`, by one of these, in the side's order of preference. There is at least one.
    Sdes(Vec<Crypto>),
}

/// One way to protect audio, with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crypto {
    /// What an answer names it by.
    pub tag: u32,
    /// What the side that says this sends with.
    pub keying: Keying,
}

/// The two sides did not agree upon keys: one is protected and the other is not, or they mean different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the two sides do not protect their audio the same way")]
pub struct NoSharedProtection;

/// The tag of what we offer.
const OUR_TAG: u32 = 1;
/// RFC 4568 §9.1: one to nine digits.
const TAG_MAX: u32 = 999_999_999;

impl Protection {
    /// What we offer: the longer tag alone, which RFC 4568 §6.2 has everybody know.
    pub fn offered(master: MasterKey) -> Protection {
        let keying = Keying { suite: Suite::Tag80, master };
        Protection::Sdes(vec![Crypto { tag: OUR_TAG, keying }])
    }

    /// Our answer to this: plain to plain; else by what they like best, with our own key (RFC 4568 §5.1.2).
    pub fn answered(&self, master: impl FnOnce() -> MasterKey) -> Protection {
        match self {
            Protection::Plain => Protection::Plain,
            Protection::Sdes(theirs) => {
                let answer = |best: &Crypto| {
                    let keying = Keying { suite: best.keying.suite, master: master() };
                    Crypto { tag: best.tag, keying }
                };
                Protection::Sdes(theirs.first().map(answer).into_iter().collect())
            }
        }
    }

    /// Our answer to a new offer of a side that we last told `previous`: protected as it was, with the same key.
    ///
    /// # Errors
    /// It wants to be protected otherwise than until now, or no longer.
    pub(super) fn answered_again(&self, previous: &Protection) -> Result<Protection, NoSharedProtection> {
        match (self, previous) {
            (Protection::Plain, Protection::Plain) => Ok(Protection::Plain),
            (Protection::Sdes(theirs), Protection::Sdes(ours)) => {
                let ours = ours.first().ok_or(NoSharedProtection)?;
                let same = theirs.iter().find(|crypto| crypto.keying.suite == ours.keying.suite);
                let tag = same.ok_or(NoSharedProtection)?.tag;
                Ok(Protection::Sdes(vec![Crypto { tag, keying: ours.keying.clone() }]))
            }
            (Protection::Plain, Protection::Sdes(_)) | (Protection::Sdes(_), Protection::Plain) => {
                Err(NoSharedProtection)
            }
        }
    }

    /// As the media line names it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Protection::Plain => "RTP/AVP",
            Protection::Sdes(_) => "RTP/SAVP",
        }
    }

    pub(super) fn write_to(&self, text: &mut String) -> std::fmt::Result {
        let Protection::Sdes(cryptos) = self else { return Ok(()) };
        cryptos.iter().try_for_each(|Crypto { tag, keying }| {
            let MasterKey(master) = &keying.master;
            let key = STANDARD_NO_PAD.encode(master);
            write!(text, "a=crypto:{tag} {} inline:{key}\r\n", keying.suite.name())
        })
    }
}

/// The keys of a leg, once each side has told the other its own; `None` where both are plain.
///
/// # Errors
/// See [`NoSharedProtection`].
pub fn keys(ours: &Description, theirs: &Description) -> Result<Option<Keys>, NoSharedProtection> {
    match (&ours.protection, &theirs.protection) {
        (Protection::Plain, Protection::Plain) => Ok(None),
        (Protection::Sdes(ours), Protection::Sdes(theirs)) => {
            let ours = ours.first().ok_or(NoSharedProtection)?;
            let same = |crypto: &&Crypto| crypto.tag == ours.tag && crypto.keying.suite == ours.keying.suite;
            let theirs = theirs.iter().find(same).ok_or(NoSharedProtection)?;
            Ok(Some(Keys { ours: ours.keying.clone(), theirs: theirs.keying.clone() }))
        }
        (Protection::Plain, Protection::Sdes(_)) | (Protection::Sdes(_), Protection::Plain) => Err(NoSharedProtection),
    }
}

/// The value of one `a=crypto`; `None` when it is not one that we can obey: another suite, an identifier in each packet
/// (MKI), several keys, or parameters of its own.
pub(super) fn read(value: &str) -> Option<Crypto> {
    let mut fields = value.split_whitespace();
    let tag = fields.next()?;
    let tag: u32 = (tag.len() <= 9).then(|| tag.parse().ok())?.filter(|tag| *tag <= TAG_MAX)?;
    let suite = Suite::named(fields.next()?)?;
    let (method, key) = fields.next()?.split_once(':')?;
    let (key, lifetime) = key.split_once('|').map_or((key, None), |(key, rest)| (key, Some(rest)));
    // How long a key may live: ours live as long as a call, 2^31 packets would take years (RFC 3711 §9.2).
    let is_lifetime = |text: &str| {
        let digits = text.strip_prefix("2^").unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    // What begins with a dash may be ignored (§6.3.7), and how much is lost at most in a row (§6.3.6) is for the sender.
    let harmless = |param: &str| param.starts_with('-') || param.starts_with("WSH=");
    if !method.eq_ignore_ascii_case("inline") || !lifetime.is_none_or(is_lifetime) || !fields.all(harmless) {
        return None;
    }
    let master: [u8; MASTER_BYTES] = STANDARD_NO_PAD.decode(key.trim_end_matches('=')).ok()?.try_into().ok()?;
    Some(Crypto { tag, keying: Keying { suite, master: MasterKey(master) } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::sdp::SdpError;

    const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    const OTHER_KEY: &str = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";

    fn offer(lines: &[String]) -> Result<Description, SdpError> {
        let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n";
        let text = format!("{head}m=audio 4000 RTP/SAVP 0\r\n{}\r\n", lines.join("\r\n"));
        Description::read_with_keys(text.as_bytes())
    }

    fn crypto(tag: u32, suite: Suite, key: &str) -> String {
        format!("a=crypto:{tag} {} inline:{key}", suite.name())
    }

    fn master(byte: u8) -> MasterKey {
        MasterKey([byte; MASTER_BYTES])
    }

    /// We are `ours` towards `theirs`.
    fn saying(ours: Protection, theirs: &Description) -> Description {
        Description { protection: ours, ..theirs.clone() }
    }

    #[test]
    fn the_example_of_rfc_4568_is_read_and_written() {
        let read = read(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20")).unwrap();
        assert_eq!((read.tag, read.keying.suite), (1, Suite::Tag80));
        let MasterKey(master) = &read.keying.master;
        assert_eq!(&master[..8], b"YS___sem");
        let mut text = String::new();
        Protection::Sdes(vec![read]).write_to(&mut text).unwrap();
        assert_eq!(text, format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n"));
    }

    #[test]
    fn what_we_could_not_obey_is_passed_over() {
        for value in [
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1:4"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY};inline:{KEY}"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTCP"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} KDR=1"),
            format!("1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}"),
            format!("1 F8_128_HMAC_SHA1_80 inline:{KEY}"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{}", &KEY[4..]),
            format!("1 AES_CM_128_HMAC_SHA1_80 uri:{KEY}"),
            format!("one AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
            format!("1234567890 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
            "1 AES_CM_128_HMAC_SHA1_80".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&value), None, "{value}");
        }
        assert!(read(&format!("1 aes_cm_128_hmac_sha1_32 inline:{KEY} WSH=64 -FEC_ORDER")).is_some());
        assert_eq!(offer(&[format!("a=crypto:1 F8_128_HMAC_SHA1_80 inline:{KEY}")]), Err(SdpError::NoAudio));
        assert_eq!(offer(&[]), Err(SdpError::NoAudio));
    }

    #[test]
    fn we_answer_by_what_they_like_best_and_with_our_own_key() {
        let theirs = offer(&[
            format!("a=crypto:4 AES_256_CM_HMAC_SHA1_80 inline:{KEY}"),
            crypto(5, Suite::Tag32, KEY),
            crypto(6, Suite::Tag80, OTHER_KEY),
        ]);
        let theirs = theirs.unwrap();
        let ours = saying(theirs.protection.answered(|| master(9)), &theirs);
        let text = String::from_utf8(ours.write()).unwrap();
        assert!(
            text.contains("RTP/SAVP 0\r\n") && text.contains("a=crypto:5 AES_CM_128_HMAC_SHA1_32 inline:CQkJ"),
            "{text}"
        );
        assert_eq!(text.matches("a=crypto").count(), 1, "{text}");
        assert!(!text.contains(KEY) && !text.contains(OTHER_KEY), "their key is theirs: {text}");
        let keys = keys(&ours, &theirs).unwrap().unwrap();
        assert_eq!((keys.ours.suite, keys.theirs.suite), (Suite::Tag32, Suite::Tag32));
        assert_eq!(keys.ours.master, master(9));
        assert_ne!(keys.theirs.master, master(9));
    }

    #[test]
    fn an_answer_must_be_of_what_was_offered() {
        let theirs = offer(&[crypto(1, Suite::Tag80, KEY)]).unwrap();
        let ours = saying(Protection::offered(master(9)), &theirs);
        assert!(keys(&ours, &theirs).unwrap().is_some());
        for wrong in [crypto(2, Suite::Tag80, KEY), crypto(1, Suite::Tag32, KEY)] {
            assert_eq!(keys(&ours, &offer(&[wrong]).unwrap()), Err(NoSharedProtection));
        }
        let plain = saying(Protection::Plain, &theirs);
        assert_eq!(keys(&ours, &plain), Err(NoSharedProtection), "never in the open because they would rather");
        assert_eq!(keys(&plain, &theirs), Err(NoSharedProtection));
        assert_eq!(keys(&plain, &plain), Ok(None));
    }

    #[test]
    fn a_new_offer_is_protected_as_before_or_refused() {
        let offers = |lines: &[String]| offer(lines).unwrap().protection;
        let first = offers(&[crypto(3, Suite::Tag80, KEY)]);
        let ours = first.answered(|| master(9));
        let again = offers(&[crypto(1, Suite::Tag32, KEY), crypto(2, Suite::Tag80, OTHER_KEY)]).answered_again(&ours);
        let Ok(Protection::Sdes(again)) = again else { panic!("{again:?}") };
        assert_eq!((again[0].tag, &again[0].keying.master), (2, &master(9)), "our key stays");
        assert_eq!(Protection::Plain.answered_again(&ours), Err(NoSharedProtection));
        assert_eq!(first.answered_again(&Protection::Plain), Err(NoSharedProtection));
        assert_eq!(offers(&[crypto(1, Suite::Tag32, KEY)]).answered_again(&ours), Err(NoSharedProtection));
        assert_eq!(Protection::Plain.answered_again(&Protection::Plain), Ok(Protection::Plain));
    }

    #[test]
    fn keys_are_read_only_where_that_was_asked_for() {
        let text = format!(
            "v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 4000 RTP/SAVP 0\r\n{}\r\nm=audio 4002 RTP/AVP 0\r\n",
            crypto(1, Suite::Tag80, KEY)
        );
        let with_keys = Description::read_with_keys(text.as_bytes()).unwrap();
        assert!(matches!(with_keys.protection, Protection::Sdes(_)) && with_keys.port == 4000);
        let without = Description::read(text.as_bytes()).unwrap();
        assert_eq!((without.protection, without.port), (Protection::Plain, 4002));
    }
}
