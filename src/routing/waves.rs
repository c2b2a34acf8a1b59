//! A phone's wave, moved a step at a time: the waves of a shop are the different waits of its phones.

use std::time::Duration;

use super::plan::Phone;

/// Between one wave and the next that nobody is in yet.
const APART: Duration = Duration::from_secs(15);
/// A wave that starts after the longest ring would never ring.
const LATEST: Duration = Duration::from_secs(300);

/// When a phone rings that is moved up by one wave; `None`: it is in the first.
pub fn earlier(phones: &[Phone], phone: &Phone) -> Option<Duration> {
    let before = phones.iter().map(|other| other.after).filter(|after| *after < phone.after).max();
    before.or_else(|| (!phone.after.is_zero()).then_some(Duration::ZERO))
}

/// When a phone rings that is moved down by one wave; `None`: it is alone in the last, or there is no time for another.
pub fn later(phones: &[Phone], phone: &Phone) -> Option<Duration> {
    let next = phones.iter().map(|other| other.after).filter(|after| *after > phone.after).min();
    let is_alone = !phones.iter().any(|other| other.id != phone.id && other.after == phone.after);
    next.or_else(|| (!is_alone).then_some(phone.after + APART)).filter(|after| *after <= LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::plan::{Line, PhoneId};

    fn phones(after_s: &[u64]) -> Vec<Phone> {
        let phone = |(id, after_s): (i64, &u64)| Phone {
            id: PhoneId(id),
            name: id.to_string().into(),
            line: Line::Fixed { contact: format!("sip:{id}@192.0.2.1") },
            after: Duration::from_secs(*after_s),
            hours: None,
            off_until: None,
        };
        (0..).zip(after_s).map(phone).collect()
    }

    #[test]
    fn a_phone_moves_to_the_next_wave_there_is_or_makes_one() {
        let moved = |after_s: &[u64], which: usize| {
            let phones = phones(after_s);
            let seconds = |after: Option<Duration>| after.map(|after| after.as_secs());
            (seconds(earlier(&phones, &phones[which])), seconds(later(&phones, &phones[which])))
        };
        assert_eq!(moved(&[0], 0), (None, None), "the only phone rings at once");
        assert_eq!(moved(&[0, 0], 0), (None, Some(15)));
        assert_eq!(moved(&[0, 20], 0), (None, Some(20)));
        assert_eq!(moved(&[0, 20], 1), (Some(0), None));
        assert_eq!(moved(&[0, 20, 20, 40], 1), (Some(0), Some(40)));
        assert_eq!(moved(&[15], 0), (Some(0), None), "a first wave that nobody is in");
        assert_eq!(moved(&[0, 300, 300], 1), (Some(0), None));
    }
}
