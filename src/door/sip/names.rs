//! What an INVITE to a phone is called on the wire. The names come from the call and the place alone, and a secret of the
//! installation's: so a process that starts after a crash can stop the phones that the last one left ringing.

use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::call::leg::LegId;
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

/// The names of a ringing leg for whoever may take its call (RFC 4235 §4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OnAKey {
    pub call_id: String,
    pub local_tag: String,
    pub remote_tag: String,
}

impl Names {
    pub(super) fn new(secret: NonceSecret) -> Names {
        Names(secret)
    }

    /// Those of the so-manieth INVITE of this call to this place, from 1. Nobody without the secret can guess them. Behind
    /// two routers there may be two telephones with one URI, so the address counts; its port does not, which a router may
    /// change while the service is dead.
    pub(super) fn of(&self, call: CallId, place: &Uri, address: IpAddr, nth: u32) -> Named {
        let bytes = self.secret(
            b"a phone's INVITE\0",
            &[
                call.0.as_bytes(),
                &nth.to_be_bytes(),
                address.to_string().as_bytes(),
                b"\0",
                place.to_string().as_bytes(),
            ],
        );
        let (call_id, rest) = bytes.split_at(16);
        let (tag, branch) = rest.split_at(8);
        Named { call_id: hex(call_id), tag: hex(tag), branch: format!("z9hG4bK{}", hex(branch)) }
    }

    /// The branch of the INVITE with this Call-ID that is sent again with this CSeq number, from 2, since a carrier has asked
    /// who calls.
    pub(super) fn branch_again(&self, call_id: &str, cseq: u32) -> String {
        let bytes = self.secret(b"an INVITE again\0", &[&cseq.to_be_bytes(), call_id.as_bytes()]);
        format!("z9hG4bK{}", hex(&bytes[..8]))
    }

    /// What a leg is called before those who may take its call and nothing more. Who knows what a dialog is really called could
    /// speak in it (RFC 3261 §12.2.2): redirect its sound, or end it.
    pub(super) fn on_a_key(&self, leg: LegId) -> OnAKey {
        let bytes = self.secret(b"a call on a key\0", &[leg.call.0.as_bytes(), &leg.nth.to_be_bytes()]);
        let (call_id, rest) = bytes.split_at(16);
        let (local_tag, remote_tag) = rest.split_at(8);
        OnAKey { call_id: hex(call_id), local_tag: hex(local_tag), remote_tag: hex(remote_tag) }
    }

    fn secret(&self, what_for: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0.0).expect("HMAC takes a key of any length");
        // The secret proves nonces too, of which none begins as these do.
        mac.update(what_for);
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
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
        let (one, other) = (IpAddr::from([203, 0, 113, 1]), IpAddr::from([203, 0, 113, 2]));
        let secret = || NonceSecret([7; 32]);
        let named = Names::new(secret()).of(call(1), &here, one, 1);
        assert_eq!(Names::new(secret()).of(call(1), &here, one, 1), named);
        for another in [
            Names::new(secret()).of(call(2), &here, one, 1),
            Names::new(secret()).of(call(1), &there, one, 1),
            Names::new(secret()).of(call(1), &here, other, 1),
            Names::new(secret()).of(call(1), &here, one, 2),
            Names::new(NonceSecret([8; 32])).of(call(1), &here, one, 1),
        ] {
            assert!(another.call_id != named.call_id && another.tag != named.tag && another.branch != named.branch);
        }
        let again = |cseq| Names::new(secret()).branch_again(&named.call_id, cseq);
        assert_eq!(again(2), again(2));
        assert!(again(2) != again(3) && again(2) != named.branch);
    }
}
