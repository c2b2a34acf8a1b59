//! How Telnyx signs: with a key of its own, over the moment and the body (<https://developers.telnyx.com>, "Webhook
//! signing"). The address is not part of it.

use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::signature::Unsigned;
use crate::now::UnixMs;

/// How far from now a request may have been signed: what was overheard cannot be sent again later.
pub const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Checks a request by its two headers, `telnyx-signature-ed25519` (base64) and `telnyx-timestamp` (seconds since 1970).
///
/// # Errors
/// See [`Unsigned`].
pub fn check(
    public_key: &[u8; 32],
    signature: &str,
    timestamp: &str,
    body: &[u8],
    now: UnixMs,
) -> Result<(), Unsigned> {
    let signature = STANDARD.decode(signature.trim()).map_err(|_| Unsigned::Malformed)?;
    let seconds: i64 = timestamp.parse().map_err(|_| Unsigned::Malformed)?;
    let said = [timestamp.as_bytes(), b"|", body].concat();
    let key = UnparsedPublicKey::new(&ED25519, public_key);
    key.verify(&said, &signature).map_err(|_| Unsigned::NotOurs)?;
    let signed = UnixMs(seconds.saturating_mul(1000));
    let apart = now.since(signed).max(signed.since(now));
    if u128::from(apart) > WINDOW.as_millis() {
        return Err(Unsigned::Stale);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    use super::*;

    const NOW: UnixMs = UnixMs(1_798_131_900_000);
    const BODY: &[u8] = b"AccountSid=6b9b7c1e&CallSid=v3%3Aabc&CallStatus=ringing";

    struct Telnyx {
        pair: Ed25519KeyPair,
        public_key: [u8; 32],
    }

    impl Telnyx {
        fn new(seed: u8) -> Telnyx {
            let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed of 32 bytes");
            let public_key = pair.public_key().as_ref().try_into().expect("32 bytes");
            Telnyx { pair, public_key }
        }

        fn signs(&self, timestamp: &str, body: &[u8]) -> String {
            STANDARD.encode(self.pair.sign(&[timestamp.as_bytes(), b"|", body].concat()))
        }

        fn check(&self, signature: &str, timestamp: &str, body: &[u8]) -> Result<(), Unsigned> {
            check(&self.public_key, signature, timestamp, body, NOW)
        }
    }

    #[test]
    fn a_request_is_believed_for_five_minutes_on_either_side() {
        let telnyx = Telnyx::new(7);
        for (apart, expected) in
            [(0, Ok(())), (-300, Ok(())), (300, Ok(())), (-301, Err(Unsigned::Stale)), (301, Err(Unsigned::Stale))]
        {
            let timestamp = (NOW.0 / 1000 + apart).to_string();
            let signature = telnyx.signs(&timestamp, BODY);
            assert_eq!(telnyx.check(&signature, &timestamp, BODY), expected, "{apart} s");
        }
    }

    #[test]
    fn rfc_8032_test_2_is_a_good_signature_that_is_too_old() {
        // §7.1: the message is the one byte 0x72, which is no timestamp: the same key signs one of ours.
        let secret = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
        };
        let pair = Ed25519KeyPair::from_seed_unchecked(&bytes(secret)).expect("a seed of 32 bytes");
        assert_eq!(pair.public_key().as_ref(), bytes(public));
        let key: [u8; 32] = bytes(public).try_into().expect("32 bytes");
        let signature = STANDARD.encode(pair.sign(b"1000000000|r"));
        assert_eq!(check(&key, &signature, "1000000000", b"r", NOW), Err(Unsigned::Stale));
        assert_eq!(check(&key, &signature, "1000000000", b"r", UnixMs(1_000_000_000_000)), Ok(()));
    }

    #[test]
    fn one_bit_anywhere_and_it_is_refused() {
        let telnyx = Telnyx::new(7);
        let timestamp = (NOW.0 / 1000).to_string();
        let signature = telnyx.signs(&timestamp, BODY);
        for bit in 0..BODY.len() * 8 {
            let mut body = BODY.to_vec();
            body[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(telnyx.check(&signature, &timestamp, &body), Err(Unsigned::NotOurs), "bit {bit}");
        }
        let raw = STANDARD.decode(&signature).expect("of this test");
        for bit in 0..raw.len() * 8 {
            let mut raw = raw.clone();
            raw[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(telnyx.check(&STANDARD.encode(raw), &timestamp, BODY), Err(Unsigned::NotOurs), "bit {bit}");
        }
        let later = (NOW.0 / 1000 + 1).to_string();
        assert_eq!(telnyx.check(&signature, &later, BODY), Err(Unsigned::NotOurs));
        let another = Telnyx::new(8);
        assert_eq!(another.check(&signature, &timestamp, BODY), Err(Unsigned::NotOurs));
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        let telnyx = Telnyx::new(7);
        let now = (NOW.0 / 1000).to_string();
        for (signature, timestamp) in [("", now.as_str()), ("?", &now), ("AAAA", &now)] {
            assert!(telnyx.check(signature, timestamp, BODY).is_err(), "{signature}");
        }
        let signature = telnyx.signs("soon", BODY);
        assert_eq!(telnyx.check(&signature, "soon", BODY), Err(Unsigned::Malformed));
        let far = i64::MAX.to_string();
        assert_eq!(telnyx.check(&telnyx.signs(&far, BODY), &far, BODY), Err(Unsigned::Stale));
    }
}
