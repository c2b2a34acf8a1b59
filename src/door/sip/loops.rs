//! Calls that go in a circle: a phone's address that is our own, or one that forwards to the shop's number. Nobody is rung
//! for an INVITE of ours that comes back, and what others have made anew dies of Max-Forwards (RFC 7332 §4).

use crate::call::record::CallId;
use crate::sip::dialog::DialogKey;
use crate::sip::message::{self, Header, Received};
use crate::sip::outgoing::{MAX_FORWARDS, Outgoing};

use super::SipDoor;

/// What this INVITE of ours is known by as long as its leg lives.
pub(super) fn key(invite: &Outgoing) -> DialogKey {
    let local_tag = invite.from.tag().unwrap_or_default().to_owned();
    DialogKey { call_id: invite.call_id.clone(), local_tag }
}

impl SipDoor {
    /// Whether we have sent this INVITE ourselves (RFC 3261 §8.2.2.2): whatever has passed it on keeps Call-ID and From.
    pub(super) fn is_our_own(&self, invite: &Received) -> bool {
        let local_tag = invite.from.tag().unwrap_or_default().to_owned();
        self.dialogs.contains_key(&DialogKey { call_id: invite.call_id.clone(), local_tag })
    }

    /// A phone's INVITE may go one hop less far than the caller's.
    pub(super) fn hops_left(&self, call: CallId) -> Header {
        let invite = self.callers.get(&call).and_then(|caller| self.endpoint.request_of(caller.begun.theirs()?));
        let left = invite.and_then(|invite| invite.max_forwards).unwrap_or(MAX_FORWARDS);
        message::max_forwards(left.saturating_sub(1))
    }
}
