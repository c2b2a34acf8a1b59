//! What happened at each phone in a call, read from its events: how long it rang, and what became of that.

use std::sync::Arc;

use crate::call::record::{CallEvent, EventKind};
use crate::now::UnixMs;

/// One phone's part in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtPhone {
    pub phone: Arc<str>,
    /// How long it rang, in milliseconds; `None`: it never did.
    pub rang_ms: Option<u64>,
    pub end: PhoneEnd,
}

/// What became of a phone's ringing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneEnd {
    /// It was picked up, and had the call.
    Took,
    /// It was picked up too late.
    TooLate,
    /// It was picked up, and nobody pressed a key.
    NoKey,
    /// It said no, or could not be reached: the SIP status, or "silent".
    Declined(String),
    /// It was told to stop.
    Stopped,
    /// Nothing is written of an end.
    StillRinging,
}

struct Part {
    phone: Arc<str>,
    since: Option<UnixMs>,
    ended: Option<(UnixMs, PhoneEnd)>,
}

/// The phones of a call in the order in which they were asked. `until`: when the call ended, or now.
pub fn by_phone(events: &[CallEvent], until: UnixMs) -> Vec<AtPhone> {
    let mut parts: Vec<Part> = Vec::new();
    for event in events {
        let Some(phone) = &event.phone else { continue };
        let end = match event.kind {
            EventKind::Offered | EventKind::Ringing | EventKind::Screened => None,
            EventKind::Answered => Some(PhoneEnd::Took),
            EventKind::TooLate => Some(PhoneEnd::TooLate),
            EventKind::NoKey => Some(PhoneEnd::NoKey),
            EventKind::Declined => Some(PhoneEnd::Declined(event.detail.clone())),
            EventKind::Stopped => Some(PhoneEnd::Stopped),
            // What follows an answer, and calls of ours, are told by the log below.
            _ => continue,
        };
        let at = match parts.iter().position(|part| part.phone == *phone) {
            Some(at) => at,
            None => {
                parts.push(Part { phone: phone.clone(), since: None, ended: None });
                parts.len() - 1
            }
        };
        let part = &mut parts[at];
        match end {
            // Who has the call has it, whatever another place of the same phone says.
            _ if matches!(part.ended, Some((_, PhoneEnd::Took))) => {}
            Some(end) => part.ended = Some((event.at, end)),
            None => {
                if event.kind != EventKind::Offered {
                    part.since = part.since.or(Some(event.at));
                }
                part.ended = None;
            }
        }
    }
    let told = |part: Part| {
        let (ended, end) = part.ended.unwrap_or((until, PhoneEnd::StillRinging));
        AtPhone { phone: part.phone, rang_ms: part.since.map(|since| ended.since(since)), end }
    };
    parts.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::CallId;

    fn events(rows: &[(i64, EventKind, &str, &str)]) -> Vec<CallEvent> {
        let event = |(seq, (second, kind, phone, detail)): (u32, &(i64, EventKind, &str, &str))| CallEvent {
            call: CallId(uuid::Uuid::nil()),
            seq,
            at: UnixMs(second * 1000),
            kind: *kind,
            phone: Some(*phone).filter(|phone| !phone.is_empty()).map(Arc::from),
            detail: (*detail).to_owned(),
        };
        (1..).zip(rows).map(event).collect()
    }

    fn told(rows: &[(i64, EventKind, &str, &str)]) -> Vec<(String, Option<u64>, PhoneEnd)> {
        let parts = by_phone(&events(rows), UnixMs(60_000));
        parts.into_iter().map(|part| (part.phone.to_string(), part.rang_ms, part.end)).collect()
    }

    #[test]
    fn each_phone_has_its_part() {
        use EventKind::*;
        let rows = [
            (0, Arrived, "", ""),
            (0, Offered, "Counter", ""),
            (0, Offered, "Workshop", ""),
            (0, Offered, "Office", ""),
            (1, Ringing, "Counter", ""),
            (2, Ringing, "Workshop", ""),
            (3, Declined, "Office", "silent"),
            (7, Answered, "Counter", ""),
            (7, Stopped, "Workshop", ""),
            (9, Held, "Counter", ""),
            (30, Ended, "", "caller"),
        ];
        assert_eq!(
            told(&rows),
            [
                ("Counter".to_owned(), Some(6_000), PhoneEnd::Took),
                ("Workshop".to_owned(), Some(5_000), PhoneEnd::Stopped),
                ("Office".to_owned(), None, PhoneEnd::Declined("silent".to_owned())),
            ]
        );
    }

    #[test]
    fn a_phone_that_rings_again_rings_on_and_one_that_has_the_call_keeps_it() {
        use EventKind::*;
        let again = [(1, Ringing, "Counter", ""), (20, Declined, "Counter", "480"), (25, Ringing, "Counter", "")];
        assert_eq!(told(&again), [("Counter".to_owned(), Some(59_000), PhoneEnd::StillRinging)]);
        let both = [(1, Ringing, "Counter", ""), (5, Answered, "Counter", ""), (5, Stopped, "Counter", "")];
        assert_eq!(told(&both), [("Counter".to_owned(), Some(4_000), PhoneEnd::Took)]);
    }
}
