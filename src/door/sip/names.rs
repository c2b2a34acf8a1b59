//! What an INVITE to a phone is called on the wire. The names come from the call and the place alone, and a secret of the
//! installation's: so a process that starts after a crash can stop the phones that the last one left ringing.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::call::record::CallId;
use crate::hex::hex;
use crate::sip::auth::NonceSecret;
use crate::sip::uri::Uri;

/// See the module.
#[derive(Debug)]
pub(super) struct Names(NonceSecret);

/// The names of one INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// RFC 3261 §8.1.1.4.
    pub call_id: String,
    /// Our tag (§19.3).
    pub tag: String,
    /// Of its Via (§8.1.1.7).
    pub branch: String,
}

impl Names {
    pub(super) fn new(secret: NonceSecret) -> Names {
        Names(secret)
    }

    /// Those of the so-manieth INVITE of this call to this place, from 1. Nobody without the secret can guess them.
    pub(super) fn of(&self, call: CallId, place: &Uri, nth: u32) -> Named {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0.0).expect("HMAC takes a key of any length");
        // The secret proves nonces too, of which none begins so.
        mac.update(b"a phone's INVITE\0");
        mac.update(call.0.as_bytes());
        mac.update(&nth.to_be_bytes());
        mac.update(place.to_string().as_bytes());
        let bytes = mac.finalize().into_bytes();
        let (call_id, rest) = bytes.split_at(16);
        let (tag, branch) = rest.split_at(8);
        Named { call_id: hex(call_id), tag: hex(tag), branch: format!("z9hG4bK{}", hex(branch)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_invites_have_the_same_names_and_each_has_them_again_after_a_restart() {
        let place = |text: &str| Uri::parse(text).expect("a URI");
        let call = |n: u128| CallId(uuid::Uuid::from_u128(n));
        let (here, there) = (place("sip:counter@192.0.2.10"), place("sip:counter@192.0.2.11"));
        let secret = || NonceSecret([7; 32]);
        let named = Names::new(secret()).of(call(1), &here, 1);
        assert_eq!(Names::new(secret()).of(call(1), &here, 1), named);
        for other in [
            Names::new(secret()).of(call(2), &here, 1),
            Names::new(secret()).of(call(1), &there, 1),
            Names::new(secret()).of(call(1), &here, 2),
            Names::new(NonceSecret([8; 32])).of(call(1), &here, 1),
        ] {
            assert!(other.call_id != named.call_id && other.tag != named.tag && other.branch != named.branch);
        }
    }
}
