//! Somebody has the call. The others were told to stop; one that picked up all the same is hung up.

use super::super::event::{CallerLeft, Final, Holder, Input, LegEnd, Output, Said, Stop};
use super::super::leg::{LegId, LegState};
use super::super::record::{Disposition, EndedBy, EventKind};
use super::super::{Facts, Withdrawn};
use super::Phase;
use super::ending;
use crate::now::Now;

#[derive(Debug)]
pub(crate) struct Talking {
    pub(crate) winner: LegId,
}

impl Talking {
    pub(crate) fn on(self, now: Now, input: Input, facts: &mut Facts) -> Phase {
        match input {
            Input::Recorded | Input::Timeout => Phase::Talking(self),
            // Nothing is recorded while people talk.
            Input::Greeted | Input::RecordingEnded | Input::Sealed(_) => Phase::Talking(self),
            // Late news of a phone that was told to stop, or a repeat.
            Input::Rings(_) | Input::Freed(_) | Input::Proven(_) => Phase::Talking(self),
            Input::PickedUp(leg) => {
                ending::too_late(now, leg, facts);
                Phase::Talking(self)
            }
            Input::LegEnded(leg, end) => {
                facts.legs.remove(&leg);
                if leg != self.winner {
                    return Phase::Talking(self);
                }
                let by = match end {
                    LegEnd::Silent => EndedBy::Network,
                    LegEnd::Declined | LegEnd::Busy | LegEnd::Unavailable(_) | LegEnd::NoSharedCodec | LegEnd::Over => {
                        EndedBy::Staff
                    }
                };
                hang_up_caller(now, by, None, facts)
            }
            Input::LegHungUp(leg, said) => {
                facts.legs.remove(&leg);
                if leg != self.winner {
                    return Phase::Talking(self);
                }
                hang_up_caller(now, EndedBy::Staff, said, facts)
            }
            Input::CallerLeft(left, said) => {
                let by = match left {
                    CallerLeft::HungUp => EndedBy::Caller,
                    CallerLeft::Lost => EndedBy::Network,
                };
                hang_up_winner(self.winner, facts);
                unanswer(Final::Cancelled, facts);
                facts.end_saying(now, Disposition::Answered, Some(by), said);
                Phase::Ending
            }
            Input::Held(holder) => {
                self.note(now, EventKind::Held, holder, facts);
                Phase::Talking(self)
            }
            Input::Resumed(holder) => {
                self.note(now, EventKind::Resumed, holder, facts);
                Phase::Talking(self)
            }
            Input::Closing => {
                hang_up_winner(self.winner, facts);
                hang_up_caller(now, EndedBy::Network, None, facts)
            }
        }
    }

    /// Who did it: the winner's phone, or nobody's, which is the caller.
    fn note(&self, now: Now, kind: EventKind, holder: Holder, facts: &mut Facts) {
        let leg = match holder {
            Holder::Caller => None,
            Holder::Leg(leg) if leg == self.winner => facts.legs.get(&leg).cloned(),
            Holder::Leg(_) => return,
        };
        facts.note(now, kind, leg.as_ref(), "");
    }
}

fn hang_up_winner(winner: LegId, facts: &mut Facts) {
    if let Some(leg) = facts.legs.get_mut(&winner) {
        leg.state = LegState::Leaving(Stop::Finished);
        facts.push(Output::HangUp { leg: winner, why: Stop::Finished });
    }
}

fn hang_up_caller(now: Now, by: EndedBy, said: Option<Said>, facts: &mut Facts) -> Phase {
    if unanswer(Final::Busy, facts) == Withdrawn::TooLate {
        facts.tell_caller(Output::HangUpCaller);
    }
    facts.end_saying(now, Disposition::Answered, Some(by), said);
    Phase::Ending
}

/// Somebody had picked up, but one of the two left before the caller could be told: then nobody answered.
fn unanswer(instead: Final, facts: &mut Facts) -> Withdrawn {
    let withdrawn = facts.withdraw_answer();
    if withdrawn == Withdrawn::Yes {
        facts.record.answered = None;
        facts.record.answered_by = None;
        facts.record.disposition = Some(Disposition::Missed);
        facts.tell_caller(Output::Refuse(instead));
    }
    withdrawn
}
