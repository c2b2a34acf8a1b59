//! The network between the shop and the world: late, lossy, repeating and out of order, as its seed says.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

/// How many seeds a plain run tries; `RINGALL_SEEDS` says otherwise.
const SEEDS: u64 = 50;

pub fn seeds() -> u64 {
    std::env::var("RINGALL_SEEDS").map_or(SEEDS, |seeds| seeds.parse().expect("RINGALL_SEEDS is a count"))
}

/// A failure says which seed it was.
pub fn with_each_seed(seeds: u64, mut story: impl FnMut(u64)) {
    for seed in 1..=seeds {
        if let Err(failed) = catch_unwind(AssertUnwindSafe(|| story(seed))) {
            eprintln!("it was seed {seed}");
            resume_unwind(failed);
        }
    }
}

/// A seeded stream of chances (SplitMix64): the same seed tells the same story.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `limit`, which is above zero.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

#[derive(Clone, Debug)]
pub struct Network {
    pub seed: u64,
    pub latency: Duration,
    /// Added to the latency of each datagram, up to this much: what reorders them.
    pub jitter: Duration,
    /// In percent.
    pub loss: u64,
    /// In percent.
    pub duplication: u64,
    chance: Chance,
    losses: Vec<Loss>,
}

/// A loss a story asks for by name.
#[derive(Clone, Debug)]
struct Loss {
    times: usize,
    from: Option<SocketAddr>,
    to: Option<SocketAddr>,
    label: String,
}

impl Network {
    /// 5 ms each way, everything arrives once and in order.
    pub fn good() -> Network {
        Network {
            seed: 1,
            latency: Duration::from_millis(5),
            jitter: Duration::ZERO,
            loss: 0,
            duplication: 0,
            chance: Chance::new(1),
            losses: Vec::new(),
        }
    }

    /// The same, for a machine with another seed.
    pub fn good_with_seed(seed: u64) -> Network {
        Network { seed, ..Network::good() }
    }

    /// Loses one datagram in ten, repeats one in ten, and lets them overtake each other.
    pub fn bad(seed: u64) -> Network {
        Network {
            seed,
            jitter: Duration::from_millis(60),
            loss: 10,
            duplication: 10,
            chance: Chance::new(seed),
            ..Network::good()
        }
    }

    /// The next so many messages of this label on this way are lost; an end not given matches all.
    pub fn lose(&mut self, times: usize, label: &str, from: Option<SocketAddr>, to: Option<SocketAddr>) {
        self.losses.push(Loss { times, from, to, label: label.to_owned() });
    }

    /// After how long each copy of a datagram arrives: none when it is lost.
    pub fn carry(&mut self, from: SocketAddr, to: SocketAddr, label: &str) -> Vec<Duration> {
        let matches = |loss: &&mut Loss| {
            loss.times > 0
                && loss.label == label
                && loss.from.is_none_or(|end| end == from)
                && loss.to.is_none_or(|end| end == to)
        };
        if let Some(loss) = self.losses.iter_mut().find(matches) {
            loss.times -= 1;
            return Vec::new();
        }
        let mut copies = 1;
        if self.loss > 0 && self.chance.percent(self.loss) {
            copies = 0;
        } else if self.duplication > 0 && self.chance.percent(self.duplication) {
            copies = 2;
        }
        (0..copies).map(|_| self.latency + self.late()).collect()
    }

    fn late(&mut self) -> Duration {
        let most = u64::try_from(self.jitter.as_micros()).expect("a jitter of seconds at most");
        if most == 0 { Duration::ZERO } else { Duration::from_micros(self.chance.below(most)) }
    }
}
