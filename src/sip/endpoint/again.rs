//! A message that may have to be sent again.

use std::fmt;

use super::super::hop::Hop;
use super::Transmit;

/// Its bytes, with no room to spare: thousands of them wait at a time.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Again(Box<[u8]>);

impl Again {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn to(&self, hop: Hop) -> Transmit {
        Transmit { hop, bytes: self.0.to_vec() }
    }
}

impl From<&[u8]> for Again {
    fn from(bytes: &[u8]) -> Again {
        Again(bytes.into())
    }
}

/// As text: its length is then what is kept of it.
impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.0), f)
    }
}
