//! The only functions that read a clock. Everybody else is handed a [`Now`].

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::now::{Mono, Now, UnixMs};

static STARTED: OnceLock<Instant> = OnceLock::new();

/// This instant, by both clocks. The monotonic one starts at zero with the first call of this function, so the first
/// thing the process does is to call it.
pub fn now() -> Now {
    let mono = Mono(STARTED.get_or_init(Instant::now).elapsed());
    Now { mono, wall: unix_ms(SystemTime::now()) }
}

/// A time of the operating system's, such as a file's. A clock before 1970 (a board without a battery, before its first
/// NTP answer) counts backwards from zero.
pub fn unix_ms(time: SystemTime) -> UnixMs {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => UnixMs(i64::try_from(after.as_millis()).unwrap_or(i64::MAX)),
        Err(before) => UnixMs(i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn monotonic_time_starts_with_the_process_and_never_goes_back() {
        let first = now().mono;
        let second = now().mono;
        assert!(first <= second);
        assert!(second.0 < Duration::from_secs(3600), "counted from the start of this process, not from boot");
    }

    #[test]
    fn wall_time_counts_milliseconds_since_1970_on_both_sides() {
        assert_eq!(unix_ms(UNIX_EPOCH + Duration::from_millis(1_500)), UnixMs(1_500));
        assert_eq!(unix_ms(UNIX_EPOCH - Duration::from_millis(1_500)), UnixMs(-1_500));
    }
}
