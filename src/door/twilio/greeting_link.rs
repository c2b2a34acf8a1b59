//! Where Twilio fetches a closed shop's greeting of which some is the shop's own recording. The address says which greeting
//! it is, so nothing is kept for it, and the same greeting has the same address. Nobody without the installation's secret
//! can write one, so none can be guessed or listed; and it ends with what the greeting says.

use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::greeting::Greeting;
use crate::hex::hex;
use crate::now::UnixMs;
use crate::routing::decision::Opening;
use crate::routing::local_time;
use crate::routing::plan::{Shop, ShopId};
use crate::sip::auth::NonceSecret;
use crate::utterance::SpokenName;

/// What each ends with: carriers look at it when they look for the kind of a file.
const ENDING: &str = ".wav";
/// Of the proof, cut to 128 bits (RFC 2104 §5).
const PROOF_BYTES: usize = 16;
/// Of the sound's hash: it tells greetings of one shop apart, and proves nothing.
const SOUND_BYTES: usize = 8;
/// No longer one is looked at: a shop, a day, an opening, two times in hexadecimal digits, the ending, and what stands
/// between.
const LONGEST: usize = 20 + 8 + 16 + 2 * (SOUND_BYTES + PROOF_BYTES) + 4 + ENDING.len();
/// A caller of the last moment still hears it, and a carrier that fetches it slowly or again.
const GRACE: Duration = Duration::from_secs(15 * 60);
const NO_OPENING: &str = "none";
const FURTHER_NOTICE: &str = "notice";

/// One greeting: all calls of a day that are told the same are told it by the same address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GreetingId {
    pub shop: ShopId,
    /// In the shop's own time: "tomorrow" is another day a day later.
    day: NaiveDate,
    opening: Opening,
    /// Of how it sounded: another recording is another greeting.
    sound: [u8; SOUND_BYTES],
}

impl GreetingId {
    /// Of this greeting, which a caller of this shop hears at `now`.
    pub fn of(greeting: &Greeting, shop: &Shop, opening: Opening, now: UnixMs) -> GreetingId {
        let opening = match opening {
            // One that has come meanwhile is not announced.
            Opening::At(at) if at <= now => Opening::NotKnown,
            opening => opening,
        };
        let day = local_time::local(shop.time_zone, now).date();
        GreetingId { shop: shop.id, day, opening, sound: sound_of(&greeting.without_beep()) }
    }

    /// How it sounds, μ-law, without its beep: the carrier has one of its own. With other words of the shop's than it had
    /// then, these are heard: better than none.
    pub fn samples(&self, shop: &Shop, name: Option<&SpokenName>) -> Vec<u8> {
        let morning = local_time::earliest(shop.time_zone, self.day.and_time(NaiveTime::MIN));
        Greeting::of_shop(shop, name, self.opening, morning).without_beep()
    }

    /// Whether this is how it sounded.
    pub fn is_of(&self, samples: &[u8]) -> bool {
        self.sound == sound_of(samples)
    }

    /// Until when it is fetched.
    pub fn until(&self, shop: &Shop) -> UnixMs {
        let tomorrow = self.day.succ_opt().unwrap_or(self.day).and_time(NaiveTime::MIN);
        let midnight = local_time::earliest(shop.time_zone, tomorrow);
        let until = match self.opening {
            Opening::At(at) => at.min(midnight),
            Opening::NotKnown | Opening::NotUntilFurtherNotice => midnight,
        };
        until + GRACE
    }
}

/// Writes and reads the last part of an address.
#[derive(Clone, Debug)]
pub struct GreetingLinks(NonceSecret);

impl GreetingLinks {
    pub fn new(secret: NonceSecret) -> GreetingLinks {
        GreetingLinks(secret)
    }

    /// In letters, digits, minus signs and a full stop.
    pub fn write(&self, id: &GreetingId) -> String {
        let opening = match id.opening {
            Opening::At(at) => format!("{:x}", at.0),
            Opening::NotKnown => NO_OPENING.to_owned(),
            Opening::NotUntilFurtherNotice => FURTHER_NOTICE.to_owned(),
        };
        let said = format!("{}-{}-{opening}-{}", id.shop.0, id.day.format("%Y%m%d"), hex(&id.sound));
        let proof = self.proof(&said);
        format!("{said}-{proof}{ENDING}")
    }

    /// The inverse, of ours alone. Whether it has ended is for [`GreetingId::until`] to say.
    pub fn read(&self, text: &str) -> Option<GreetingId> {
        let text = Some(text).filter(|text| text.len() <= LONGEST)?.strip_suffix(ENDING)?;
        let (said, proof) = text.rsplit_once('-')?;
        if !bool::from(self.proof(said).as_bytes().ct_eq(proof.as_bytes())) {
            return None;
        }
        let mut parts = said.split('-');
        let (shop, day, opening, sound) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let opening = match opening {
            NO_OPENING => Opening::NotKnown,
            FURTHER_NOTICE => Opening::NotUntilFurtherNotice,
            at => Opening::At(UnixMs(i64::from_str_radix(at, 16).ok()?)),
        };
        Some(GreetingId {
            shop: ShopId(shop.parse().ok()?),
            day: NaiveDate::parse_from_str(day, "%Y%m%d").ok()?,
            opening,
            sound: u64::from_str_radix(sound, 16).ok()?.to_be_bytes(),
        })
    }

    fn proof(&self, said: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0.0).expect("HMAC takes a key of any length");
        // The secret proves nonces, callers and self-tests too, of which none begins so.
        mac.update(b"a greeting to be played\0");
        mac.update(said.as_bytes());
        hex(&mac.finalize().into_bytes()[..PROOF_BYTES])
    }
}

fn sound_of(samples: &[u8]) -> [u8; SOUND_BYTES] {
    let hash = Sha256::digest(samples);
    std::array::from_fn(|at| hash[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    const MORNING: UnixMs = UnixMs(1_795_168_800_000);

    fn links() -> GreetingLinks {
        GreetingLinks::new(NonceSecret([7; 32]))
    }

    fn id(opening: Opening) -> GreetingId {
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
        GreetingId { shop: ShopId(3), day, opening, sound: [0, 1, 2, 3, 4, 5, 6, 255] }
    }

    #[test]
    fn an_address_is_read_by_whoever_has_the_secret_and_cannot_be_changed() {
        for opening in [Opening::At(MORNING), Opening::NotKnown, Opening::NotUntilFurtherNotice] {
            let written = links().write(&id(opening));
            assert_eq!(links().read(&written), Some(id(opening)), "{written}");
            assert!(
                written.len() <= LONGEST && written.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
            );
            assert_eq!(GreetingLinks::new(NonceSecret([8; 32])).read(&written), None);
            for at in 0..written.len() {
                let mut forged = written.clone().into_bytes();
                forged[at] = if forged[at] == b'1' { b'2' } else { b'1' };
                let forged = String::from_utf8(forged).expect("ASCII");
                assert_eq!(links().read(&forged), None, "{forged}");
            }
        }
    }

    #[test]
    fn what_is_no_address_of_ours_is_none() {
        let written = links().write(&id(Opening::NotKnown));
        let bare = written.trim_end_matches(ENDING);
        for text in ["", ".wav", "-.wav", bare, &written[1..], &format!("1{written}"), &"1".repeat(4096)] {
            assert_eq!(links().read(text), None, "{text}");
        }
    }
}
