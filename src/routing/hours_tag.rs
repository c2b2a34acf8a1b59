//! What tells one version of a shop's hours from another, so that of two people who change them at the same time the
//! second is told.

use std::fmt;

use sha2::{Digest, Sha256};

use super::hours::Hours;
use crate::hex::hex;

/// A version of the hours: 16 hex digits, equal for equal expressions. It is a property of the hours alone, so nothing
/// else that is set for the shop makes it another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursTag(String);

/// As bytes: two expressions with the same tag would have to be looked for with purpose.
const BYTES: usize = 8;

impl HoursTag {
    pub fn of(hours: Option<&Hours>) -> HoursTag {
        // No hours are written as an empty expression, so the empty one is "none set".
        let digest = Sha256::digest(hours.map_or("", Hours::as_str).as_bytes());
        HoursTag(hex(&digest[..BYTES]))
    }

    /// The inverse of [`HoursTag::as_str`]; `None` for what was never a tag.
    pub fn parse(text: &str) -> Option<HoursTag> {
        let hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (text.len() == 2 * BYTES && hex).then(|| HoursTag(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HoursTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::plan::Country;

    #[test]
    fn other_hours_have_another_tag() {
        let hours = |text| Hours::parse(text, Country(*b"ES")).ok();
        let tags = [None, hours("24/7"), hours("Mo-Fr 09:00-18:00"), hours("Mo-Fr 09:00-18:01")];
        let tags = tags.map(|hours| HoursTag::of(hours.as_ref()));
        for (at, tag) in tags.iter().enumerate() {
            assert!(tags[..at].iter().all(|earlier| earlier != tag), "{tags:?}");
            assert_eq!(HoursTag::parse(tag.as_str()).as_ref(), Some(tag));
        }
        assert_eq!(HoursTag::of(hours("24/7").as_ref()), tags[1]);
    }

    #[test]
    fn what_was_never_a_tag_is_none() {
        for text in ["", "*", "0123456789abcde", "0123456789abcdefa", "0123456789ABCDEF", "0123456789abcdeg"] {
            assert_eq!(HoursTag::parse(text), None, "{text}");
        }
    }
}
