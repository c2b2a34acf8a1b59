//! Why, as a telephone is told: Reason ends a leg (RFC 3326), Warning refuses a number in words (RFC 3261 §20.43).

use crate::call::event::Stop;
use crate::routing::NotDialled;
use crate::sip::message::{Header, other};

/// RFC 3326. `SIP;cause=200` keeps a phone from showing a missed call; it must stand only where a colleague has the call
/// (pains 7 and 8). Q.850: 26 non-selected user clearing, 16 normal clearing, 19 no answer from user, 102 recovery on timer
/// expiry.
pub(super) fn reasons(why: Stop) -> Vec<Header> {
    let reason = |value: &str| other("Reason", value);
    match why {
        Stop::AnsweredElsewhere => {
            vec![reason("SIP;cause=200;text=\"Call completed elsewhere\""), reason("Q.850;cause=26")]
        }
        Stop::CallerGaveUp => vec![reason("Q.850;cause=16")],
        Stop::NobodyAnswered => vec![reason("Q.850;cause=19")],
        Stop::Finished | Stop::Moved => Vec::new(),
        Stop::Lost => vec![reason("Q.850;cause=102;text=\"Recovery on timer expiry\"")],
    }
}

/// RFC 3261 §20.43: 399 is for people. Somebody may stand there who needs help now.
pub(super) fn warning(why: NotDialled) -> Header {
    let words = match why {
        NotDialled::Premium => "This number costs extra. These phones do not call it.",
        NotDialled::Country => "These phones do not call that country. The owner can allow it.",
        NotDialled::NotInService => "There is no such number.",
        NotDialled::AtOnce => "Two calls are out already. Try again when one of them is over.",
        NotDialled::Daily => "These phones have made all the calls that they may make today.",
        NotDialled::TalkedEnough => "These phones have talked outside for as long as they may today.",
        NotDialled::Unproved => "This phone has no password. It calls the shop's phones and emergency numbers only.",
        NotDialled::NoWayOut => "These phones call each other only. For 112 or 911 take another phone.",
        NotDialled::NoNumber => "This is neither a phone of the shop nor a telephone number.",
    };
    other("Warning", &format!("399 ringall \"{words}\""))
}
