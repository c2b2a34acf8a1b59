//! `[media]`: the ports of the sound, and whether it is protected.

use crate::toml_file::Section;

use super::ConfigError;

#[derive(Clone, Debug)]
pub struct Media {
    /// First and last port, both included; the first is even.
    pub ports: (u16, u16),
    pub srtp: Srtp,
}

/// What a phone that is called by TLS is asked for. Callers are answered as they ask, protected or plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Srtp {
    /// Protected sound (SRTP); plain when it says that it cannot (488).
    Preferred,
    /// Protected sound; a phone that cannot does not ring.
    Required,
}

impl Media {
    pub(super) fn read(&mut self, mut section: Section<'_>) -> Result<(), ConfigError> {
        if let Some(found) = section.text("ports")? {
            self.ports = found.parse("FIRST-LAST such as \"20000-20999\", the first even and not 0", |text| {
                let (first, last) = text.split_once('-')?;
                let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                (first != 0 && first.is_multiple_of(2) && first < last).then_some((first, last))
            })?;
        }
        if let Some(found) = section.text("srtp")? {
            self.srtp = found.parse("\"preferred\" or \"required\"", |text| match text {
                "preferred" => Some(Srtp::Preferred),
                "required" => Some(Srtp::Required),
                _ => None,
            })?;
        }
        section.finish(&[])
    }
}
