//! Nonces that nobody needs to remember: each says when it was made and proves that we made it (RFC 7616 §5.4). Only
//! those that were used are remembered, for as long as they live, so that none can be used again.

use std::collections::BTreeMap;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::hex;
use crate::now::UnixMs;

/// How long a nonce can be used. A phone that registers each five minutes gets a new one each time, told so by
/// `stale=true`: nobody types a password again for it.
const LIFE: Duration = Duration::from_secs(60);
/// A nonce from a moment that has not come yet: the clock was set back a little since. More than this is not fresh.
const AHEAD_MS: u64 = 5_000;
/// So many used nonces are remembered: a shop's phones use some dozens a minute. Only who has a password adds one.
const MAX_USED: usize = 4096;
/// Hex digits of the time, of the salt, and of the proof, which is cut to 128 bits (RFC 2104 §5).
const TIME_DIGITS: usize = 12;
const SALT_DIGITS: usize = 16;
const PROOF_BYTES: usize = 16;

/// What nonces are proved with. Kept in the store, so that they outlive a restart; never printed.
#[derive(Clone)]
pub struct NonceSecret(pub [u8; 32]);

impl std::fmt::Debug for NonceSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NonceSecret(…)")
    }
}

/// The nonces of one realm.
#[derive(Debug)]
pub(super) struct Nonces {
    secret: NonceSecret,
    /// The last count of each nonce that was used, the oldest first.
    used: BTreeMap<Stamp, u32>,
    /// Everything up to here that is not in `used` counts as used.
    forgotten: UnixMs,
}

/// What a nonce of ours says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    made: UnixMs,
    salt: u64,
}

impl Nonces {
    pub(super) fn new(secret: NonceSecret) -> Nonces {
        Nonces { secret, used: BTreeMap::new(), forgotten: UnixMs(i64::MIN) }
    }

    /// A nonce made now. `salt` is what tells it from another of the same millisecond.
    pub(super) fn make(&self, now: UnixMs, salt: u64) -> String {
        let stamp = format!("{:0TIME_DIGITS$x}{salt:0SALT_DIGITS$x}", now.0.max(0));
        format!("{stamp}{}", self.proof(&stamp))
    }

    /// What a nonce says, if it is one of ours and still lives.
    pub(super) fn read(&self, now: UnixMs, nonce: &str) -> Option<Stamp> {
        let (stamp, proof) = nonce.split_at_checked(TIME_DIGITS + SALT_DIGITS)?;
        let is_ours = bool::from(self.proof(stamp).as_bytes().ct_eq(proof.as_bytes()));
        let (made, salt) = stamp.split_at_checked(TIME_DIGITS)?;
        let made = i64::from_str_radix(made, 16).ok().map(UnixMs)?;
        let salt = u64::from_str_radix(salt, 16).ok()?;
        let lives = u128::from(now.since(made)) < LIFE.as_millis() && made.since(now) <= AHEAD_MS;
        (is_ours && lives).then_some(Stamp { made, salt })
    }

    /// A name for `text` that nobody else can make.
    pub(super) fn tag(&self, text: &str) -> String {
        let mut tag = self.proof(text);
        tag.truncate(SALT_DIGITS);
        tag
    }

    /// Takes note that a nonce was used with this count, and says whether it may be: each count only once, and only
    /// rising (RFC 7616 §3.4). One without a count may be used once.
    pub(super) fn spend(&mut self, now: UnixMs, stamp: Stamp, count: u32) -> bool {
        self.forget_old(now);
        match self.used.get_mut(&stamp) {
            Some(last) if count <= *last => false,
            Some(last) => {
                *last = count;
                true
            }
            None if stamp.made <= self.forgotten => false,
            None => {
                self.used.insert(stamp, count);
                if self.used.len() > MAX_USED {
                    self.forget_first();
                }
                true
            }
        }
    }

    fn forget_old(&mut self, now: UnixMs) {
        while let Some((first, _)) = self.used.first_key_value()
            && u128::from(now.since(first.made)) >= LIFE.as_millis()
        {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((first, _)) = self.used.pop_first() {
            self.forgotten = self.forgotten.max(first.made);
        }
    }

    fn proof(&self, stamp: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret.0).expect("HMAC takes a key of any length");
        mac.update(stamp.as_bytes());
        hex(&mac.finalize().into_bytes()[..PROOF_BYTES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMs = UnixMs(1_795_176_000_000);

    fn nonces() -> Nonces {
        Nonces::new(NonceSecret([7; 32]))
    }

    fn after(seconds: u64) -> UnixMs {
        NOON + Duration::from_secs(seconds)
    }

    #[test]
    fn a_nonce_lives_a_minute() {
        let nonces = nonces();
        let nonce = nonces.make(NOON, 1);
        assert!(nonces.read(NOON, &nonce).is_some() && nonces.read(after(59), &nonce).is_some());
        assert_eq!(nonces.read(after(60), &nonce), None);
        assert!(nonces.read(UnixMs(NOON.0 - 5_000), &nonce).is_some(), "the clock was corrected");
        assert_eq!(nonces.read(UnixMs(NOON.0 - 5_001), &nonce), None);
    }

    #[test]
    fn another_process_with_the_same_secret_knows_it_and_nobody_else() {
        let nonce = nonces().make(NOON, 1);
        assert!(nonces().read(NOON, &nonce).is_some());
        assert_eq!(Nonces::new(NonceSecret([8; 32])).read(NOON, &nonce), None);
        for at in 0..nonce.len() {
            let mut forged = nonce.clone().into_bytes();
            forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(nonces().read(NOON, &forged), None, "{forged}");
        }
        for text in ["", "x", &nonce[1..], &format!("{nonce}0"), &"é".repeat(40), &" ".repeat(60)] {
            assert_eq!(nonces().read(NOON, text), None, "{text:?}");
        }
    }

    #[test]
    fn counts_only_rise() {
        let mut nonces = nonces();
        let stamp = nonces.read(NOON, &nonces.make(NOON, 1)).unwrap();
        let spent: Vec<bool> = [1, 1, 2, 10, 9, 0, 11].map(|count| nonces.spend(NOON, stamp, count)).to_vec();
        assert_eq!(spent, [true, false, true, true, false, false, true]);
    }

    #[test]
    fn what_was_forgotten_for_want_of_room_counts_as_used() {
        let mut nonces = nonces();
        let stamp = |n: u64| Stamp { made: NOON + Duration::from_millis(n), salt: n };
        let room = MAX_USED as u64;
        for n in 0..=room {
            assert!(nonces.spend(after(5), stamp(n), 1));
        }
        assert_eq!(nonces.used.len(), MAX_USED);
        assert!(!nonces.spend(after(5), stamp(0), 2), "forgotten");
        assert!(nonces.spend(after(5), stamp(room), 2), "remembered");
        assert!(nonces.spend(after(90), Stamp { made: after(90), salt: 0 }, 1));
        assert_eq!(nonces.used.len(), 1, "what cannot be used any more is not kept");
    }
}
