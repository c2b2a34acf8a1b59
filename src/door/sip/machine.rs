//! The machine that greets, asks and records, as one side of a conversation.

use std::net::{IpAddr, Ipv4Addr};

use crate::media::sdp::{Description, Here, Terms, agree, our_offer};

/// What the machine that greets and records says of itself: both laws of G.711, and keys.
pub(super) fn machine() -> Description {
    our_offer(NOWHERE)
}

/// The machine is on the call's own packet thread: it has no address.
const NOWHERE: Here = Here { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), port: 0, session_id: 0 };

/// Whether a caller with this offer can hear the machine, and be heard.
pub(super) fn machine_understands(offer: &Description) -> bool {
    let machine = machine();
    agree(offer, Terms { ours: &machine, theirs: &machine }, NOWHERE).is_ok()
}
