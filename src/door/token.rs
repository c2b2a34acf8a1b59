//! What proves that a SIP call is a caller whom we have sent for: Twilio calls us by it, as the user part of our address, so
//! that it stands in the first line of what comes and is read before anything else is. It names the call and the `<Dial>`,
//! nobody without the installation's secret can write one, and it ends: whoever finds one in a log is a stranger with it.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::call::record::CallId;
use crate::hex::hex;
use crate::now::UnixMs;
use crate::sip::auth::NonceSecret;

/// What each begins with.
const MARK: &str = "ring-";
/// No longer one is looked at: the mark, a call, a `<Dial>`'s number, its end, a proof and what stands between.
pub const LONGEST: usize = MARK.len() + 32 + 1 + 10 + 1 + 16 + 1 + 2 * PROOF_BYTES;

/// Twilio sends the INVITE of a `<Dial>` at once, and rings for ten minutes at most.
pub const GOOD_FOR: Duration = Duration::from_secs(15 * 60);

/// Of the proof, cut to 128 bits (RFC 2104 §5).
const PROOF_BYTES: usize = 16;

/// Which caller, and by which `<Dial>` of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub call: CallId,
    pub dial: u32,
}

/// Writes and reads them.
#[derive(Clone, Debug)]
pub struct Tokens(NonceSecret);

impl Tokens {
    pub fn new(secret: NonceSecret) -> Tokens {
        Tokens(secret)
    }

    /// As it is written, in letters, digits and minus signs alone; good for [`GOOD_FOR`] from now.
    pub fn write(&self, token: Token, now: UnixMs) -> String {
        let until = now + GOOD_FOR;
        format!("{MARK}{}-{}-{:x}-{}", token.call.0.simple(), token.dial, until.0, self.proof(token, until))
    }

    /// The inverse, of ours alone, until they end. What cannot be one by its looks costs nothing, and anything else one short
    /// proof.
    pub fn read(&self, text: &str, now: UnixMs) -> Option<Token> {
        let mut parts = text.strip_prefix(MARK).filter(|_| text.len() <= LONGEST)?.split('-');
        let (call, dial, until, proof) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let token = Token { call: CallId(Uuid::try_parse(call).ok()?), dial: dial.parse().ok()? };
        let until = UnixMs(i64::from_str_radix(until, 16).ok()?);
        let is_ours = bool::from(self.proof(token, until).as_bytes().ct_eq(proof.as_bytes()));
        (is_ours && now < until && parts.next().is_none()).then_some(token)
    }

    fn proof(&self, token: Token, until: UnixMs) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0.0).expect("HMAC takes a key of any length");
        // The secret proves nonces and names INVITEs too, of which none begins so.
        mac.update(b"a caller we sent for\0");
        mac.update(token.call.0.as_bytes());
        mac.update(&token.dial.to_be_bytes());
        mac.update(&until.0.to_be_bytes());
        hex(&mac.finalize().into_bytes()[..PROOF_BYTES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_by_whoever_has_the_secret_and_cannot_be_changed() {
        let tokens = || Tokens::new(NonceSecret([7; 32]));
        let token = Token { call: CallId(Uuid::from_u128(0x1234_5678_9abc)), dial: 2 };
        let now = UnixMs(1_795_000_000_000);
        let written = tokens().write(token, now);
        assert_eq!(tokens().read(&written, now), Some(token));
        assert_eq!(Tokens::new(NonceSecret([8; 32])).read(&written, now), None);
        for at in 0..written.len() {
            let mut forged = written.clone().into_bytes();
            forged[at] = if forged[at] == b'1' { b'2' } else { b'1' };
            let forged = String::from_utf8(forged).expect("ASCII");
            assert_eq!(tokens().read(&forged, now), None, "{forged}");
        }
        for text in ["", "-", "--", &written[1..], &format!("{written}-"), &format!("{written}0"), "ring-é-1-1-x"] {
            assert_eq!(tokens().read(text, now), None, "{text}");
        }
    }

    #[test]
    fn a_token_ends() {
        let tokens = Tokens::new(NonceSecret([7; 32]));
        let token = Token { call: CallId(Uuid::from_u128(1)), dial: 1 };
        let now = UnixMs(1_795_000_000_000);
        let written = tokens.write(token, now);
        assert_eq!(tokens.read(&written, UnixMs((now + GOOD_FOR).0 - 1)), Some(token));
        assert_eq!(tokens.read(&written, now + GOOD_FOR), None);
    }
}
