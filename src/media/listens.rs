//! What a machine listens to of what is sent to it.

use super::g711::Law;
use super::sdp::{Codec, Format};

/// The payload types that were agreed upon with this side; all others are not heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listens {
    pub audio: Vec<(u8, Law)>,
    /// Keys (RFC 4733), at 8000 Hz.
    pub keys: Option<u8>,
}

impl Listens {
    /// What can be recorded of the formats that an answer agreed upon.
    pub fn to(formats: &[Format]) -> Listens {
        let mut listens = Listens::default();
        for Format { payload, codec } in formats {
            match codec {
                Codec::Pcmu => listens.audio.push((*payload, Law::Ulaw)),
                Codec::Pcma => listens.audio.push((*payload, Law::Alaw)),
                Codec::TelephoneEvent => listens.keys = Some(*payload),
                Codec::Other { .. } => {}
            }
        }
        listens
    }
}
