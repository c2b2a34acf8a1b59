//! What is answered when the call loop says nothing in time: never a fault, which would play Twilio's own announcement to
//! the caller. In doubt, ring; nobody who has spoken is rung again, and no mailbox is let through.

use super::read::{Bridged, Says};
use super::twiml::{Document, fallback};
use super::{Profile, Target, Webhook};
use crate::routing::Plan;

/// The answer to a request that was understood.
pub fn instead(webhook: &Webhook, plan: &Plan, profile: Profile) -> Document {
    let ring = || fallback(plan, std::slice::from_ref(&webhook.party.to), profile);
    match &webhook.says {
        Says::Voice | Says::Waited { .. } => ring(),
        Says::AfterDial(after) => match after.bridged {
            Bridged::No | Bridged::NotSaid => ring(),
            Bridged::Yes => Document::hangup(),
        },
        Says::Recorded { .. } => Document::hangup(),
        // An empty answer would connect whatever has picked up.
        Says::Screen { .. } => Document::hangup(),
        // A key is a person: an empty answer connects them.
        Says::Accepted { digits, .. } if !digits.is_empty() => Document::default(),
        Says::Accepted { .. } => Document::hangup(),
        Says::Leg { .. } | Says::RecordingReady { .. } | Says::Status { .. } => Document::default(),
    }
}

/// The answer to a request that was signed well and not understood. `called` is the number that it names.
pub fn not_understood(target: Option<Target>, called: Option<&str>, plan: &Plan, profile: Profile) -> Document {
    match target {
        Some(Target::Voice | Target::Waited { .. }) => {
            fallback(plan, &[called.unwrap_or_default().to_owned()], profile)
        }
        Some(Target::Leg { .. } | Target::RecordingReady { .. } | Target::Status) => Document::default(),
        Some(Target::AfterDial { .. } | Target::Screen { .. } | Target::Accepted { .. } | Target::Recorded { .. })
        | None => Document::hangup(),
    }
}
