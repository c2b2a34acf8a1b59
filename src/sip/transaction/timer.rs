//! The timers of RFC 3261 §17 (table 4) and RFC 6026, and an ordered set of deadlines.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Duration;

use crate::now::Mono;

/// Round-trip estimate (RFC 3261 §17.1.1.1).
pub const T1: Duration = Duration::from_millis(500);
/// The longest interval between repeats of a non-INVITE request or an INVITE response.
pub const T2: Duration = Duration::from_secs(4);
/// How long a message may live in the network.
pub const T4: Duration = Duration::from_secs(5);
/// 64·T1: timers B, D (at least 32 s), F, H, J, L and M; how long a request is tried, or its echoes are absorbed.
pub const T1_64: Duration = Duration::from_secs(32);

/// Deadlines by key: at most one each, the earliest first.
#[derive(Debug)]
pub struct Deadlines<K> {
    order: BTreeSet<(Mono, K)>,
    at: HashMap<K, Mono>,
}

impl<K> Default for Deadlines<K> {
    fn default() -> Self {
        Deadlines { order: BTreeSet::new(), at: HashMap::new() }
    }
}

impl<K: Copy + Ord + Hash> Deadlines<K> {
    /// Sets the deadline of `key`, in place of the one it had.
    pub fn set(&mut self, key: K, at: Mono) {
        if let Some(earlier) = self.at.insert(key, at) {
            self.order.remove(&(earlier, key));
        }
        self.order.insert((at, key));
    }

    /// Forgets the deadline of `key`, if it has one.
    pub fn stop(&mut self, key: K) {
        if let Some(at) = self.at.remove(&key) {
            self.order.remove(&(at, key));
        }
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Mono> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes out one deadline that is due.
    pub fn pop_due(&mut self, now: Mono) -> Option<K> {
        let (at, key) = *self.order.first()?;
        if at > now {
            return None;
        }
        self.order.pop_first();
        self.at.remove(&key);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Mono {
        Mono(Duration::from_millis(ms))
    }

    #[test]
    fn a_deadline_set_again_fires_once_at_the_later_time() {
        let mut deadlines = Deadlines::default();
        deadlines.set("resend", at(500));
        deadlines.set("end", at(800));
        deadlines.set("resend", at(1000));
        assert_eq!(deadlines.next(), Some(at(800)));
        assert_eq!(deadlines.pop_due(at(700)), None);
        assert_eq!(deadlines.pop_due(at(1000)), Some("end"));
        assert_eq!(deadlines.pop_due(at(1000)), Some("resend"));
        assert_eq!(deadlines.pop_due(at(9000)), None);
    }

    #[test]
    fn a_stopped_deadline_never_fires() {
        let mut deadlines = Deadlines::default();
        deadlines.set(1, at(500));
        deadlines.stop(1);
        assert_eq!((deadlines.next(), deadlines.pop_due(at(9000))), (None, None));
    }
}
