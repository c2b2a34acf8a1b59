//! Closed: the caller hears when the shop opens, and may leave a message. A call gets here by its first decision alone;
//! what rings cannot ([`super::ringing::Next`]).

use std::time::Duration;

use super::super::event::{CallerLeft, Final, Input, LegEnd, Output, Said, Sealed, Stop};
use super::super::facts::{Facts, Interrupted, Withdrawn};
use super::super::leg::{LegId, LegState};
use super::super::phones::Phones;
use super::super::record::{Disposition, Door, EndedBy, EventKind};
use super::talking::Before;
use super::{Phase, ending, legs};
use crate::now::{Mono, Now, UnixMs};
use crate::routing::decision::Opening;

/// A disk that takes longer to make a recording safe has lost it for this call; what is on it is found at the next
/// start.
const SEAL_WITHIN: Duration = Duration::from_secs(10);
/// What a carrier has recorded is fetched from there, and it may take its time to have it ready.
const FETCH_WITHIN: Duration = Duration::from_secs(180);

/// Says that the shop is closed, and until when. Only a call that was decided so has one; without it nobody is greeted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    opening: Opening,
}

impl Closed {
    pub fn opening(&self) -> Opening {
        self.opening
    }
}

/// A greeting that is not over by then was never heard: the row's half second, an answer that is confirmed within 32 s
/// (RFC 3261 §13.3.1.4), and twelve seconds of words.
const GREETED_WITHIN: Duration = Duration::from_secs(60);
/// A recording ends by itself after three minutes. One that does not has nobody who records.
const RECORDED_WITHIN: Duration = Duration::from_secs(190);
/// A carrier that records is told to begin together with the greeting, and tells of the end in its own time.
const RECORDED_ELSEWHERE_WITHIN: Duration = Duration::from_secs(240);

#[derive(Debug)]
pub(crate) enum Greeting {
    /// The greeting is heard, or is about to be: the row comes first. Nothing is recorded yet.
    Speaking { until: Mono, closed: Closed },
    /// After the beep: what the caller says is recorded.
    Recording { until: Mono, since: UnixMs },
    /// Nobody is there any more; the recording is made safe before the row says that there is one.
    Sealing { until: Mono, since: UnixMs, by: EndedBy, said: Option<Said> },
}

impl Greeting {
    pub(crate) fn begin(now: Now, opening: Opening, facts: &mut Facts) -> Greeting {
        facts.note(now, EventKind::Arrived, None, "");
        Greeting::speak(now, Closed { opening }, facts)
    }

    pub(crate) fn speak(now: Now, closed: Closed, facts: &mut Facts) -> Greeting {
        facts.tell_caller(Output::Greet(closed.clone()));
        Greeting::Speaking { until: now.mono + GREETED_WITHIN, closed }
    }

    pub(crate) fn on(self, now: Now, input: Input, facts: &mut Facts, phones: &Phones) -> Phase {
        let next = self.next(now, input, facts, phones);
        // Nobody is there any more who could be picked up.
        if !matches!(&next, Phase::Greeting(greeting) if greeting.is_listened_to()) {
            legs::stop_others(now, None, Stop::CallerGaveUp, facts);
        }
        next
    }

    fn next(self, now: Now, input: Input, facts: &mut Facts, phones: &Phones) -> Phase {
        match (input, self) {
            (Input::Greeted, Greeting::Speaking { .. }) => {
                facts.note(now, EventKind::Greeted, None, "");
                let within = match facts.record.door {
                    Door::Sip => RECORDED_WITHIN,
                    Door::Twilio => RECORDED_ELSEWHERE_WITHIN,
                };
                Phase::Greeting(Greeting::Recording { until: now.mono + within, since: now.wall })
            }
            // Three minutes, `#`, or nobody speaks any more. The caller need not wait for the disk.
            (Input::RecordingEnded, Greeting::Recording { since, .. }) => {
                facts.tell_caller(Output::HangUpCaller(Stop::Finished));
                seal(now, since, EndedBy::Staff, None, facts)
            }
            (Input::Sealed(sealed), Greeting::Recording { since, .. }) => {
                facts.tell_caller(Output::HangUpCaller(Stop::Finished));
                over(now, since, sealed, EndedBy::Staff, None, facts)
            }
            (Input::Sealed(sealed), Greeting::Sealing { since, by, said, .. }) => {
                over(now, since, sealed, by, said, facts)
            }
            (Input::CallerLeft(left, said), Greeting::Speaking { .. }) => left_early(now, by(left), said, facts),
            (Input::CallerLeft(left, said), Greeting::Recording { since, .. }) => {
                seal(now, since, by(left), said, facts)
            }
            (Input::Closing, Greeting::Speaking { .. }) => {
                let heard = facts.withdraw_answer();
                facts.tell_caller(match heard {
                    Withdrawn::Yes => Output::Refuse(Final::Draining),
                    Withdrawn::TooLate => Output::HangUpCaller(Stop::Finished),
                });
                facts.end(now, Disposition::NoMessage, Some(EndedBy::Network));
                Phase::Ending
            }
            // A person interrupts the machine. What was said so far is kept.
            (Input::Taken(taker), greeting @ (Greeting::Speaking { .. } | Greeting::Recording { .. })) => {
                let before = greeting.interrupt(facts);
                Phase::Talking(legs::take(now, taker, before, facts))
            }
            (Input::WantedAt(phone), greeting @ (Greeting::Speaking { .. } | Greeting::Recording { .. })) => {
                legs::want(now, phone, facts, phones);
                Phase::Greeting(greeting)
            }
            (Input::PickedUp(leg), greeting) if greeting.is_listened_to() && may_pick_up(leg, facts) => {
                let before = greeting.interrupt(facts);
                Phase::Talking(legs::pick_up(now, leg, before, facts))
            }
            // Whoever was to greet or record is silent, or could not begin.
            (Input::Timeout, Greeting::Speaking { until, .. }) if until <= now.mono => unheard(now, facts),
            (Input::Sealed(_) | Input::RecordingEnded, Greeting::Speaking { .. }) => unheard(now, facts),
            (Input::Timeout, Greeting::Recording { until, since }) if until <= now.mono => {
                facts.tell_caller(Output::HangUpCaller(Stop::Finished));
                seal(now, since, EndedBy::Network, None, facts)
            }
            (Input::Closing, Greeting::Recording { since, .. }) => {
                facts.tell_caller(Output::HangUpCaller(Stop::Finished));
                seal(now, since, EndedBy::Network, None, facts)
            }
            (Input::Timeout, Greeting::Sealing { until, since, by, said }) if until <= now.mono => {
                over(now, since, Sealed::Lost, by, said, facts)
            }
            // It is greeted as anybody is.
            (Input::FaxHeard, greeting) => {
                facts.note(now, EventKind::Fax, None, "");
                Phase::Greeting(greeting)
            }
            (Input::PickedUp(leg), greeting) => {
                ending::too_late(now, leg, facts);
                Phase::Greeting(greeting)
            }
            (Input::Rings(leg), greeting) => {
                legs::rings(now, leg, facts);
                Phase::Greeting(greeting)
            }
            // The machine goes on.
            (Input::LegEnded(leg, end), greeting) => {
                gone(now, leg, end, facts);
                Phase::Greeting(greeting)
            }
            (Input::LegHungUp(leg, _), greeting) => {
                gone(now, leg, LegEnd::Over, facts);
                Phase::Greeting(greeting)
            }
            // `Facts` lets out what was held back until the row was durable.
            (Input::Recorded | Input::Timeout | Input::Held(_) | Input::Resumed(_), greeting)
            | (Input::Pressed(_) | Input::NobodyPressed(_) | Input::Referred { .. }, greeting)
            // Nobody has it who could give it away.
            | (Input::Given(_) | Input::GivenAway { .. }, greeting)
            | (Input::Sounds(_) | Input::Freed(_) | Input::Proven(_) | Input::Moved(_) | Input::NotNeeded, greeting)
            | (Input::TakenBack | Input::NumbersAlone, greeting)
            // The machine's own end of a recording is silence too.
            | (Input::Silent | Input::Heard, greeting)
            // Said twice, or too late.
            | (Input::Greeted, greeting @ (Greeting::Recording { .. } | Greeting::Sealing { .. }))
            | (
                Input::CallerLeft(..) | Input::Closing | Input::RecordingEnded | Input::Taken(_) | Input::WantedAt(_),
                greeting @ Greeting::Sealing { .. },
            ) => Phase::Greeting(greeting),
        }
    }

    /// A person takes the place of the machine. The answer is what they give back should they be gone before the caller has
    /// heard anything.
    fn interrupt(self, facts: &mut Facts) -> Option<Before> {
        match self {
            Greeting::Speaking { closed, .. } if facts.withdraw_answer() == Withdrawn::Yes => {
                return Some(Before::Greeting(closed));
            }
            Greeting::Speaking { .. } => facts.interrupted = Interrupted::Greeting,
            Greeting::Recording { since, .. } => facts.interrupted = Interrupted::Recording { since },
            Greeting::Sealing { .. } => {}
        }
        None
    }

    /// Whether the caller is still there.
    pub(crate) fn is_listened_to(&self) -> bool {
        match self {
            Greeting::Speaking { .. } | Greeting::Recording { .. } => true,
            Greeting::Sealing { .. } => false,
        }
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        match self {
            Greeting::Speaking { until, .. } | Greeting::Recording { until, .. } | Greeting::Sealing { until, .. } => {
                Some(*until)
            }
        }
    }
}

fn by(left: CallerLeft) -> EndedBy {
    match left {
        CallerLeft::HungUp => EndedBy::Caller,
        CallerLeft::Lost | CallerLeft::NotConnected => EndedBy::Network,
    }
}

fn may_pick_up(leg: LegId, facts: &Facts) -> bool {
    let state = facts.legs.get(&leg).map(|leg| leg.state);
    matches!(state, Some(LegState::Offered | LegState::Ringing))
}

/// A phone that was rung for somebody at the machine rings no more.
fn gone(now: Now, id: LegId, end: LegEnd, facts: &mut Facts) {
    if let Some(leg) = facts.legs.remove(&id)
        && !matches!(leg.state, LegState::Leaving(_))
    {
        facts.note(now, EventKind::Declined, Some(&leg), &legs::detail(end));
    }
}

/// The caller left before the beep. Nothing was recorded; perhaps nothing was heard.
fn left_early(now: Now, by: EndedBy, said: Option<Said>, facts: &mut Facts) -> Phase {
    if facts.withdraw_answer() == Withdrawn::Yes {
        facts.tell_caller(Output::Refuse(Final::Cancelled));
    }
    facts.end_saying(now, Disposition::NoMessage, Some(by), said);
    Phase::Ending
}

/// The greeting has never come to its end.
fn unheard(now: Now, facts: &mut Facts) -> Phase {
    facts.tell_caller(Output::HangUpCaller(Stop::Finished));
    facts.end(now, Disposition::NoMessage, Some(EndedBy::Network));
    Phase::Ending
}

/// Whoever spoke is gone: the recording ends with them, and will be told of.
fn seal(now: Now, since: UnixMs, by: EndedBy, said: Option<Said>, facts: &Facts) -> Phase {
    let within = match facts.record.door {
        Door::Sip => SEAL_WITHIN,
        Door::Twilio => FETCH_WITHIN,
    };
    Phase::Greeting(Greeting::Sealing { until: now.mono + within, since, by, said })
}

/// All that can be known is known: the row's last word.
fn over(now: Now, since: UnixMs, sealed: Sealed, by: EndedBy, said: Option<Said>, facts: &mut Facts) -> Phase {
    let disposition = match sealed {
        Sealed::Message { .. } => Disposition::Message,
        Sealed::Nothing | Sealed::Lost => Disposition::NoMessage,
    };
    facts.keep(now, since, sealed);
    facts.end_saying(now, disposition, Some(by), said);
    Phase::Ending
}
