//! The phases of a call. Each has a table, total over its inputs, with no wildcard arm: a new input does not compile
//! until every phase has said what it means there. From *ringing* there is no way to a recording.

pub(super) mod dialling;
pub(super) mod ending;
mod given;
pub(super) mod greeting;
mod legs;
pub(super) mod lifting;
pub(super) mod ringing;
mod screening;
pub(super) mod speaking;
pub(super) mod talking;
pub(super) mod transferring;

use super::event::Input;
use super::facts::Facts;
use super::phones::Phones;
use crate::now::{Mono, Now};

/// Where a call stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// Open, and nobody has picked up yet.
    Ringing(ringing::Ringing),
    /// Closed: the caller hears when the shop opens, and may leave a message.
    Greeting(greeting::Greeting),
    /// Phones of the shop ring for a call back, and nobody has lifted one yet.
    Lifting(lifting::Lifting),
    /// Somebody of the shop says the greeting's own words at a phone.
    Speaking(speaking::Speaking),
    /// A phone of the shop waits for somebody outside.
    Dialling(dialling::Dialling),
    /// Somebody has the call.
    Talking(talking::Talking),
    /// Somebody who has the call gives it to a colleague, whose phone rings.
    Transferring(transferring::Transferring),
    /// The caller's part is over; legs that were told to stop have not all confirmed.
    Ending,
}

impl From<ringing::Next> for Phase {
    fn from(next: ringing::Next) -> Phase {
        match next {
            ringing::Next::Ringing(ringing) => Phase::Ringing(ringing),
            ringing::Next::Talking(talking) => Phase::Talking(talking),
            ringing::Next::Ending => Phase::Ending,
        }
    }
}

impl Phase {
    pub(super) fn on(self, now: Now, input: Input, facts: &mut Facts, phones: &Phones) -> Phase {
        match self {
            Phase::Ringing(ringing) => ringing.on(now, input, facts, phones).into(),
            Phase::Greeting(greeting) => greeting.on(now, input, facts, phones),
            Phase::Lifting(lifting) => lifting.on(now, input, facts),
            Phase::Speaking(speaking) => speaking.on(now, input, facts),
            Phase::Dialling(dialling) => dialling.on(now, input, facts),
            Phase::Talking(talking) => talking.on(now, input, facts, phones),
            Phase::Transferring(transferring) => transferring.on(now, input, facts, phones),
            Phase::Ending => ending::on(now, input, facts),
        }
    }

    pub(super) fn deadline(&self, facts: &Facts) -> Option<Mono> {
        match self {
            Phase::Ringing(ringing) => ringing.deadline(facts),
            Phase::Greeting(greeting) => greeting.deadline(),
            Phase::Lifting(lifting) => lifting.deadline(),
            Phase::Speaking(speaking) => speaking.deadline(),
            Phase::Dialling(dialling) => dialling.deadline(),
            Phase::Talking(talking) => talking.deadline(),
            Phase::Transferring(transferring) => transferring.deadline(),
            Phase::Ending => None,
        }
    }
}
