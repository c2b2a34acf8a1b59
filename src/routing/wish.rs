//! What an owner may set above the hours, or write of a caller, checked before it is stored.

use std::time::Duration;

use chrono::NaiveDateTime;

use super::hours::Hours;
use super::plan::{Closure, Override, OverrideState};
use crate::now::UnixMs;

/// An override stands above the hours and every closure, and nobody sees it in the calendar: one that was forgotten
/// would silence the shop. What is longer is a dated closure, which has words and is listed.
pub const MAX_OVERRIDE: Duration = Duration::from_secs(31 * 24 * 3600);

/// What an owner says of a closure: a sentence or two.
pub const MAX_WHY_BYTES: usize = 500;

/// Of a caller's name: the longest of a person or a firm stay below it.
pub const MAX_NAME_CHARS: usize = 200;

/// Of a note: a page of it.
pub const MAX_NOTE_CHARS: usize = 2000;

/// A caller's name as it is kept, without spaces around it; empty: none. `None`: too long, or of several lines.
pub fn name_of_caller(text: &str) -> Option<String> {
    let text = text.trim();
    (text.chars().count() <= MAX_NAME_CHARS && !text.contains(char::is_control)).then(|| text.to_owned())
}

/// A note as it is kept, with lines as browsers, files and programs end them. `None`: too long, or not to be read.
pub fn note_of_caller(text: &str) -> Option<String> {
    let text = text.replace("\r\n", "\n");
    let plain = !text.contains(|c: char| c.is_control() && c != '\n');
    (text.chars().count() <= MAX_NOTE_CHARS && plain).then_some(text)
}

/// Why an override cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    #[error("its end has passed already: say until when it is to hold")]
    Over,
    #[error("it would hold for more than 31 days: make it a dated closure or extra opening")]
    TooLong,
}

/// Why a closure cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClosureError {
    #[error("it ends before it begins: write an end after the beginning")]
    EndsBeforeItBegins,
    #[error("it is over already: write an end that is still to come")]
    Over,
    #[error("its words are too long, or contain control characters: write at most 500 bytes")]
    Words,
}

impl Override {
    /// "Open now until …", "close now until …", as said at `now`.
    ///
    /// # Errors
    /// The end has passed, or is further away than [`MAX_OVERRIDE`].
    pub fn said(state: OverrideState, until: UnixMs, now: UnixMs) -> Result<Override, OverrideError> {
        if until <= now {
            return Err(OverrideError::Over);
        }
        if until > now + MAX_OVERRIDE {
            return Err(OverrideError::TooLong);
        }
        Ok(Override { state, until })
    }
}

impl Closure {
    /// A closure, or with `open` an extra opening, that nobody has stored yet. All times are the shop's wall clock's,
    /// `now` too.
    ///
    /// # Errors
    /// See [`ClosureError`].
    pub fn planned(
        from: NaiveDateTime,
        to: NaiveDateTime,
        why: &str,
        open: Option<Hours>,
        now: NaiveDateTime,
    ) -> Result<Closure, ClosureError> {
        let why = why.trim();
        if to <= from {
            return Err(ClosureError::EndsBeforeItBegins);
        }
        if to <= now {
            return Err(ClosureError::Over);
        }
        if why.len() > MAX_WHY_BYTES || why.contains(char::is_control) {
            return Err(ClosureError::Words);
        }
        Ok(Closure { id: 0, from, to, why: why.to_owned(), open })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_798_131_900_000);

    #[test]
    fn an_override_has_an_end_that_is_still_to_come_and_not_far_away() {
        let said = |ms: i64| Override::said(OverrideState::Closed, UnixMs(NOW.0 + ms), NOW).map(|said| said.until);
        let month = 31 * 24 * 3_600_000;
        assert_eq!(said(1), Ok(UnixMs(NOW.0 + 1)));
        assert_eq!(said(month), Ok(UnixMs(NOW.0 + month)));
        assert_eq!(said(month + 1), Err(OverrideError::TooLong));
        assert_eq!(said(0), Err(OverrideError::Over));
        assert_eq!(said(-1), Err(OverrideError::Over));
        assert_eq!(Override::said(OverrideState::Open, UnixMs(i64::MAX), NOW), Err(OverrideError::TooLong));
    }

    #[test]
    fn a_callers_name_is_a_line_and_a_note_is_lines() {
        assert_eq!(name_of_caller(" Jo Miller "), Some("Jo Miller".to_owned()));
        assert_eq!(name_of_caller(&"ñ".repeat(MAX_NAME_CHARS)), Some("ñ".repeat(MAX_NAME_CHARS)));
        assert_eq!(name_of_caller(&"n".repeat(MAX_NAME_CHARS + 1)), None);
        assert_eq!(name_of_caller("Jo\nMiller"), None);
        assert_eq!(note_of_caller("blue\r\ndoor\n"), Some("blue\ndoor\n".to_owned()));
        assert_eq!(note_of_caller(&"ñ".repeat(MAX_NOTE_CHARS)), Some("ñ".repeat(MAX_NOTE_CHARS)));
        assert_eq!(note_of_caller(&"n".repeat(MAX_NOTE_CHARS + 1)), None);
        assert_eq!(note_of_caller("blue\u{7}door"), None);
    }

    #[test]
    fn a_closure_has_a_beginning_an_end_still_to_come_and_few_words() {
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap();
        let planned = |from: &str, to: &str, why: &str| {
            Closure::planned(at(from), at(to), why, None, at("2026-12-24T18:05")).map(|closure| closure.why)
        };
        assert_eq!(planned("2026-12-24T14:00", "2026-12-24T18:06", " Christmas "), Ok("Christmas".to_owned()));
        assert_eq!(planned("2026-12-25T14:00", "2026-12-25T14:00", ""), Err(ClosureError::EndsBeforeItBegins));
        assert_eq!(planned("2026-12-24T14:00", "2026-12-24T18:05", ""), Err(ClosureError::Over));
        assert_eq!(planned("2026-12-25T14:00", "2026-12-26T14:00", "a\nb"), Err(ClosureError::Words));
        assert_eq!(planned("2026-12-25T14:00", "2026-12-26T14:00", &"x".repeat(501)), Err(ClosureError::Words));
    }
}
