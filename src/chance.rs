//! Chance as an argument: everything unguessable or merely unique comes from one seeded generator, so that a run with
//! the same seed and the same inputs is the same run.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use uuid::Uuid;

use crate::now::UnixMs;

/// A stream of chance. The shell seeds it from the operating system; a test with a number.
#[derive(Debug)]
pub struct Chance(ChaCha12Rng);

impl Chance {
    pub fn new(seed: [u8; 32]) -> Chance {
        Chance(ChaCha12Rng::from_seed(seed))
    }

    /// 64 unguessable bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Unguessable bytes, such as a key.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// 32 unguessable bits.
    pub fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// 16 unguessable bits.
    pub fn half_word(&mut self) -> u16 {
        let [low, high, ..] = self.word().to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// A Via branch (RFC 3261 §8.1.1.7): the magic cookie and 64 bits.
    pub fn branch(&mut self) -> String {
        format!("z9hG4bK{:016x}", self.bits())
    }

    /// A From or To tag (RFC 3261 §19.3 asks for 32 bits at least).
    pub fn tag(&mut self) -> String {
        format!("{:016x}", self.bits())
    }

    /// A Call-ID of our own (RFC 3261 §8.1.1.4).
    pub fn call_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.bits(), self.bits())
    }

    /// A version 7 UUID (RFC 9562 §5.7): the time first, so that ids sort by time.
    pub fn uuid(&mut self, now: UnixMs) -> Uuid {
        let mut random = [0; 10];
        self.0.fill_bytes(&mut random);
        uuid::Builder::from_unix_timestamp_millis(u64::try_from(now.0).unwrap_or(0), &random).into_uuid()
    }
}
