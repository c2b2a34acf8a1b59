//! Somebody of the shop has lifted a phone to say the greeting's own words: a machine tells them when to speak, listens, and
//! hangs up. Nobody outside is concerned, and there is no row; whoever calls meanwhile finds this phone talking, and where no
//! other one would ring has it at once.

use std::time::Duration;

use super::super::event::{Input, Output, Stop};
use super::super::{Dictating, Facts};
use super::{Phase, ending};
use crate::now::{Mono, Now};

/// What they are told takes four seconds: who has not heard the beep by then has nobody to tell them.
const TOLD_WITHIN: Duration = Duration::from_secs(20);
/// A recording ends by itself long before. One that does not has nobody who records.
const SPOKEN_WITHIN: Duration = Duration::from_secs(40);

#[derive(Debug)]
pub(crate) struct Speaking {
    until: Mono,
}

impl Speaking {
    pub(crate) fn begin(now: Now, facts: &mut Facts) -> Speaking {
        facts.push(Output::Dictating(Dictating::IsTold));
        Speaking { until: now.mono + TOLD_WITHIN }
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        Some(self.until)
    }

    pub(crate) fn on(mut self, now: Now, input: Input, facts: &mut Facts) -> Phase {
        match input {
            Input::Greeted => {
                facts.push(Output::Dictating(Dictating::Speaks));
                self.until = now.mono + SPOKEN_WITHIN;
            }
            // `#`, silence, or it is long enough; or nobody can listen.
            Input::RecordingEnded | Input::Sealed(_) | Input::Closing => return hang_up(now, facts),
            Input::Timeout if self.until <= now.mono => return hang_up(now, facts),
            Input::NotNeeded => {
                facts.push(Output::HangUpCaller(Stop::Finished));
                return over(now, Dictating::MadeWay, facts);
            }
            Input::CallerLeft(..) => return over(now, Dictating::IsOver, facts),
            // Of another telephone with the same name, which was told to stop.
            Input::PickedUp(leg) => ending::too_late(now, leg, facts),
            Input::LegEnded(leg, _) | Input::LegHungUp(leg, _) => {
                facts.legs.remove(&leg);
            }
            Input::Rings(_) | Input::Sounds(_) | Input::Timeout => {}
            Input::Freed(_) | Input::Proven(_) | Input::Moved(_) => {}
            // Nobody is asked for a key, and nobody waits whose call could be taken or given away.
            Input::Pressed(_) | Input::NobodyPressed(_) => {}
            Input::Taken(_) | Input::WantedAt(_) => {}
            Input::Referred { .. } | Input::Given(_) | Input::GivenAway { .. } => {}
            Input::TakenBack | Input::NumbersAlone | Input::Recorded => {}
            Input::Held(_) | Input::Resumed(_) | Input::Silent | Input::Heard | Input::FaxHeard => {}
        }
        Phase::Speaking(self)
    }
}

fn hang_up(now: Now, facts: &mut Facts) -> Phase {
    facts.push(Output::HangUpCaller(Stop::Finished));
    over(now, Dictating::IsOver, facts)
}

fn over(now: Now, step: Dictating, facts: &mut Facts) -> Phase {
    facts.record.ended = Some(now.wall);
    facts.push(Output::Dictating(step));
    Phase::Ending
}
