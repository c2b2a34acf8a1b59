//! How often somebody may try a password: by the address they come from, by the account they try, and by both together.
//! An account that does not exist is counted like any other, so nobody learns which do.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::now::Mono;

/// Tries are counted for so long.
pub const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Of one account from one address: enough for somebody who looks for the right one of their passwords.
const OF_BOTH: u32 = 5;
/// From one address, whatever the account: a shop's people share one.
const OF_ADDRESS: u32 = 20;
/// Of one account, wherever from: a thousand machines get no more tries than a few. Whoever signed in from an address
/// before may still do so there, or strangers could lock the owner out.
const OF_ACCOUNT: u32 = 50;
/// Of what has no account, from one address: a shop's phones that start all at once with links of old stay below it.
const OF_UNNAMED: u32 = 100;
/// What is remembered at a time. A flood beyond it pushes out what was tried least: what it is after stays counted.
const MOST_KEYS: usize = 10_000;

/// The tries of the last minutes.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<Tries>);

#[derive(Debug, Default)]
struct Tries {
    counted: HashMap<Key, Counted>,
    /// From where each account was signed in to.
    known: HashMap<(IpAddr, String), Mono>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    Account(String),
    Both(IpAddr, String),
}

#[derive(Clone, Copy, Debug)]
struct Counted {
    since: Mono,
    tries: u32,
}

impl Throttle {
    /// Counts a try, before the password is looked at. How long to wait when it is one too many.
    pub fn try_once(&self, from: IpAddr, account: &str, now: Mono) -> Result<(), Duration> {
        let account = account.to_lowercase();
        // What a panic left behind is still a count.
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = vec![(Key::Both(from, account.clone()), OF_BOTH), (Key::Address(from), OF_ADDRESS)];
        if !tries.known.contains_key(&(from, account.clone())) {
            keys.push((Key::Account(account), OF_ACCOUNT));
        }
        tries.count(keys, now)
    }

    /// Counts a try of something that belongs to no account, by the address alone: nobody elsewhere is kept out by it.
    pub fn try_unnamed(&self, from: IpAddr, now: Mono) -> Result<(), Duration> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.count(vec![(Key::Address(from), OF_UNNAMED)], now)
    }

    /// It was the right one: this was no try.
    pub fn unnamed_succeeded(&self, from: IpAddr) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = tries.counted.get_mut(&Key::Address(from)) {
            counted.tries = counted.tries.saturating_sub(1);
        }
    }

    /// The password was not looked at after all: this was no try.
    pub fn not_tried(&self, from: IpAddr, account: &str) {
        let account = account.to_lowercase();
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = vec![Key::Both(from, account.clone()), Key::Address(from)];
        // It was counted for the account as well unless it came from where they are known.
        if !tries.known.contains_key(&(from, account.clone())) {
            keys.push(Key::Account(account));
        }
        for key in keys {
            if let Some(counted) = tries.counted.get_mut(&key) {
                counted.tries = counted.tries.saturating_sub(1);
            }
        }
    }

    /// Whether this account was signed in to from this address since the start.
    pub fn knows(&self, from: IpAddr, account: &str) -> bool {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.known.contains_key(&(from, account.to_lowercase()))
    }

    /// The password was right: what was tried before it is forgotten for this address and account.
    pub fn succeeded(&self, from: IpAddr, account: &str, now: Mono) {
        let account = account.to_lowercase();
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.counted.remove(&Key::Both(from, account.clone()));
        tries.known.insert((from, account), now);
        make_room(&mut tries.known, |since| *since);
    }
}

impl Tries {
    /// Counts one more of each, unless one of them has as many as it may: how long to wait then.
    fn count(&mut self, keys: Vec<(Key, u32)>, now: Mono) -> Result<(), Duration> {
        let wait = |(key, most): &(Key, u32)| {
            let counted = self.counted.get(key).filter(|counted| counted.tries >= *most)?;
            Some(WINDOW.saturating_sub(now - counted.since)).filter(|wait| !wait.is_zero())
        };
        if let Some(wait) = keys.iter().filter_map(wait).max() {
            return Err(wait);
        }
        for (key, _) in keys {
            let counted = self.counted.entry(key).or_insert(Counted { since: now, tries: 0 });
            if now - counted.since >= WINDOW {
                *counted = Counted { since: now, tries: 0 };
            }
            counted.tries += 1;
        }
        make_room(&mut self.counted, |counted| (now - counted.since < WINDOW, counted.tries, counted.since));
        Ok(())
    }
}

/// Keeps the half that is worth more of what has become too much.
fn make_room<K: Eq + std::hash::Hash, V, W: Ord + Copy>(map: &mut HashMap<K, V>, worth: impl Fn(&V) -> W) {
    if map.len() > MOST_KEYS {
        let mut worths: Vec<W> = map.values().map(&worth).collect();
        worths.sort_unstable();
        let middle = worths[worths.len() / 2];
        map.retain(|_, value| worth(value) > middle);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ANA: &str = "ana@example.com";
    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn at(seconds: u64) -> Mono {
        Mono(Duration::from_secs(seconds))
    }

    fn elsewhere(n: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0xcb00_7100 + n))
    }

    #[test]
    fn one_address_gets_five_tries_of_an_account_in_a_quarter_of_an_hour() {
        let throttle = Throttle::default();
        for n in 0..5 {
            assert_eq!(throttle.try_once(HERE, ANA, at(n)), Ok(()));
        }
        assert_eq!(throttle.try_once(HERE, "ANA@example.com", at(60)), Err(Duration::from_secs(14 * 60)));
        assert_eq!(throttle.try_once(elsewhere(1), ANA, at(60)), Ok(()), "the owner elsewhere is not kept out");
        assert_eq!(throttle.try_once(HERE, ANA, at(900)), Ok(()), "the quarter of an hour is over");
    }

    #[test]
    fn one_address_gets_twenty_tries_of_all_accounts() {
        let throttle = Throttle::default();
        let tried = (0..1_000).filter(|n| throttle.try_once(HERE, &format!("{n}@example.com"), at(1)).is_ok()).count();
        assert_eq!(tried, 20);
    }

    #[test]
    fn a_thousand_addresses_get_fifty_tries_and_the_owner_still_gets_in_where_they_did_before() {
        let throttle = Throttle::default();
        throttle.succeeded(HERE, ANA, at(0));
        let tried = (0..1_000).filter(|n| throttle.try_once(elsewhere(*n), ANA, at(1)).is_ok()).count();
        assert_eq!(tried, 50);
        assert_eq!(throttle.try_once(HERE, ANA, at(2)), Ok(()));
    }

    #[test]
    fn whoever_remembers_their_password_at_last_starts_anew() {
        let throttle = Throttle::default();
        for _ in 0..3 {
            for n in 0..4 {
                assert_eq!(throttle.try_once(HERE, ANA, at(n)), Ok(()));
            }
            throttle.succeeded(HERE, ANA, at(4));
        }
    }

    #[test]
    fn a_flood_of_other_accounts_does_not_make_anybodys_tries_forgotten() {
        let throttle = Throttle::default();
        for n in 0..50 {
            assert_eq!(throttle.try_once(elsewhere(n), ANA, at(0)), Ok(()));
        }
        for n in 0..20_000 {
            let _ = throttle.try_once(elsewhere(100 + n), &format!("{n}@example.com"), at(1));
        }
        assert!(throttle.try_once(elsewhere(99), ANA, at(2)).is_err(), "the fifty are still counted");
    }

    #[test]
    fn what_was_not_looked_at_is_no_try() {
        let throttle = Throttle::default();
        for n in 0..100 {
            assert_eq!(throttle.try_once(HERE, ANA, at(n)), Ok(()));
            throttle.not_tried(HERE, ANA);
        }
        let tried = (0..100).filter(|_| throttle.try_once(HERE, ANA, at(100)).is_ok()).count();
        assert_eq!(tried, 5);
    }

    #[test]
    fn what_has_no_account_is_counted_by_the_address_alone() {
        let throttle = Throttle::default();
        let tried = (0..1_000).filter(|_| throttle.try_unnamed(HERE, at(1)).is_ok()).count();
        assert_eq!(tried, 100);
        assert_eq!(throttle.try_unnamed(HERE, at(61)), Err(Duration::from_secs(14 * 60)));
        for _ in 0..1_000 {
            assert_eq!(throttle.try_unnamed(elsewhere(1), at(61)), Ok(()), "what was right is no try");
            throttle.unnamed_succeeded(elsewhere(1));
        }
    }

    #[test]
    fn a_flood_of_addresses_fills_no_memory() {
        let throttle = Throttle::default();
        for n in 0..5_000 {
            let _ = throttle.try_once(elsewhere(n), &format!("{n}@example.com"), at(u64::from(n) / 100));
        }
        assert!(throttle.0.lock().expect("no test panicked").counted.len() <= MOST_KEYS);
    }
}
