//! Time as an argument. The core never reads a clock: every input arrives with a [`Now`].

use std::ops::{Add, Sub};
use std::time::Duration;

/// One instant, as both clocks saw it. Timers run on `mono`, rows and hours on `wall`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    pub mono: Mono,
    pub wall: UnixMs,
}

/// Monotonic time since the process started. Never jumps, so a changed wall clock drops no call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub Duration);

/// Wall-clock time in milliseconds since 1970-01-01T00:00:00Z; what the database stores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UnixMs(pub i64);

impl Add<Duration> for Mono {
    type Output = Mono;
    fn add(self, later: Duration) -> Mono {
        Mono(self.0.saturating_add(later))
    }
}

impl Sub<Mono> for Mono {
    type Output = Duration;
    /// How long ago `earlier` was; zero when it lies ahead.
    fn sub(self, earlier: Mono) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for UnixMs {
    type Output = UnixMs;
    fn add(self, later: Duration) -> UnixMs {
        UnixMs(self.0.saturating_add(i64::try_from(later.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl UnixMs {
    /// Milliseconds from `earlier` to `self`; zero when the wall clock was set back in between.
    pub fn since(self, earlier: UnixMs) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}
