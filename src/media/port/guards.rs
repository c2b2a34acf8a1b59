//! What stands between a relay and the sockets of a leg whose packets are protected.

use std::ops::Range;

use super::token::Kind;
use crate::media::Which;
use crate::media::srtp::{Guard, Keys, Refused};

/// Both legs of a relay; a plain one has none.
#[derive(Debug, Default)]
pub(super) struct Guards {
    a: Option<Box<Guard>>,
    b: Option<Box<Guard>>,
    /// Packets that were not of the leg they came by, or were there before.
    pub(super) refused: u64,
}

impl Guards {
    /// This leg has a relay, or has exchanged keys anew. `before` is what protected its packets until now: while the keys
    /// are the same, its numbers go on.
    pub(super) fn set(&mut self, which: Which, before: Option<Box<Guard>>, keys: Option<&Keys>) {
        *self.of(which) = match (before, keys.cloned()) {
            (Some(guard), Some(keys)) => Some(Box::new(guard.rekeyed(keys))),
            (None, Some(keys)) => Some(Box::new(Guard::new(keys))),
            (_, None) => None,
        };
    }

    pub(super) fn change(&mut self, which: Which, keys: Option<&Keys>) {
        let before = self.take(which);
        self.set(which, before, keys);
    }

    /// What protected this leg's packets: its relay is over, and the leg may have another one.
    pub(super) fn take(&mut self, which: Which) -> Option<Box<Guard>> {
        self.of(which).take()
    }

    /// Opens what came by this leg: how much of it there is then.
    pub(super) fn open(&mut self, which: Which, kind: Kind, packet: &mut [u8]) -> Result<usize, Refused> {
        let opened = match (self.of(which), kind) {
            (None, _) => return Ok(packet.len()),
            (Some(guard), Kind::Rtp) => guard.open_rtp(packet),
            (Some(guard), Kind::Rtcp) => guard.open_rtcp(packet),
        };
        opened.inspect_err(|_| {
            self.refused += 1;
            metrics::counter!("ringall_media_unauthentic_total").increment(1);
        })
    }

    /// Protects what goes out by this leg, in a buffer with room behind it: the part that is to be sent.
    pub(super) fn protect(
        &mut self,
        which: Which,
        kind: Kind,
        buffer: &mut [u8],
        length: usize,
    ) -> Result<Range<usize>, Refused> {
        let length = match (self.of(which), kind) {
            (None, _) => length,
            (Some(guard), Kind::Rtp) => guard.protect_rtp(buffer, length)?,
            (Some(guard), Kind::Rtcp) => guard.protect_rtcp(buffer, length)?,
        };
        Ok(0..length)
    }

    fn of(&mut self, which: Which) -> &mut Option<Box<Guard>> {
        match which {
            Which::A => &mut self.a,
            Which::B => &mut self.b,
        }
    }
}
