//! Somebody has the call. The others were told to stop; one that picked up all the same is hung up.

use std::time::Duration;

use super::super::event::{CallerLeft, Final, Holder, Input, LegEnd, Output, Said, Stop};
use super::super::facts::{Facts, Withdrawn};
use super::super::leg::{Leg, LegId, LegState};
use super::super::phones::Phones;
use super::super::record::{Disposition, EndedBy, EventKind};
use super::greeting::{Closed, Greeting};
use super::ringing::Ringing;
use super::transferring::Transferring;
use super::{Phase, ending, given};
use crate::now::{Mono, Now};
use crate::routing::Because;

/// Both were asked whether they are there. Who has not answered after 64*T1 is gone (RFC 3261 §17.1.1.2), and who has
/// answered at once was silent for another half minute since. A second more, so that whoever is gone is told of first.
const HEARD_WITHIN: Duration = Duration::from_secs(33);
/// That nothing was heard may have been on its way to us while one of them asked for silence.
const CROSSING: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Talking {
    winner: LegId,
    /// What the call was before, until the caller is answered: whoever has picked up may hang up before.
    before: Option<Box<Before>>,
    sound: Sound,
    /// When one of them last asked for silence.
    held: Option<Mono>,
}

/// Where a call waited for somebody.
#[derive(Debug)]
pub(crate) enum Before {
    Ringing(Ringing),
    /// The closed shop's greeting was not begun.
    Greeting(Closed),
}

/// What is heard of the two.
#[derive(Debug)]
enum Sound {
    /// One of them at least, or they hold, or nobody has noticed yet. Who mutes their telephone may be silent for hours.
    Heard,
    /// Neither, for so long that both were asked.
    Missed { until: Mono },
}

impl Talking {
    pub(crate) fn with(winner: LegId) -> Talking {
        Talking { winner, before: None, sound: Sound::Heard, held: None }
    }

    /// The same, of a caller who waited so far.
    pub(crate) fn after(winner: LegId, before: Option<Before>) -> Talking {
        Talking { before: before.map(Box::new), ..Talking::with(winner) }
    }

    pub(crate) fn winner(&self) -> LegId {
        self.winner
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        match self.sound {
            Sound::Heard => None,
            Sound::Missed { until } => Some(until),
        }
    }

    pub(crate) fn on(mut self, now: Now, input: Input, facts: &mut Facts, phones: &Phones) -> Phase {
        match input {
            Input::Referred { leg, to } if leg == self.winner => {
                self.is_heard(facts);
                Transferring::begin(now, leg, to, facts, phones)
            }
            Input::Referred { .. } => Phase::Talking(self),
            Input::Given(given) => {
                self.is_heard(facts);
                given::given(now, self, given, facts)
            }
            Input::GivenAway { gives, to } => {
                self.is_heard(facts);
                given::given_away(now, &self, gives, &to, facts)
            }
            Input::Recorded => {
                self.before = None;
                Phase::Talking(self)
            }
            Input::Silent => {
                let crossed = self.held.is_some_and(|held| now.mono - held < CROSSING);
                if let (Sound::Heard, false) = (&self.sound, crossed) {
                    facts.push(Output::AskBoth { leg: self.winner });
                    self.sound = Sound::Missed { until: now.mono + HEARD_WITHIN };
                }
                Phase::Talking(self)
            }
            Input::Heard => {
                self.is_heard(facts);
                Phase::Talking(self)
            }
            Input::Timeout => match self.sound {
                Sound::Missed { until } if until <= now.mono => {
                    hang_up_winner(self.winner, Stop::Lost, facts);
                    let said = Some(Said("no sound from either side".to_owned()));
                    hang_up_caller(now, EndedBy::Network, Stop::Lost, said, facts)
                }
                Sound::Missed { .. } | Sound::Heard => Phase::Talking(self),
            },
            Input::FaxHeard => {
                facts.note(now, EventKind::Fax, None, "");
                Phase::Talking(self)
            }
            // Nothing is recorded while people talk; what was before is.
            Input::Greeted => {
                facts.beep_came(now);
                Phase::Talking(self)
            }
            Input::Sealed(sealed) => {
                facts.interrupted_is_safe(now, sealed);
                Phase::Talking(self)
            }
            Input::RecordingEnded => Phase::Talking(self),
            // Late news of a phone that was told to stop, or a repeat.
            Input::Rings(_)
            | Input::Sounds(_)
            | Input::Taken(_)
            | Input::WantedAt(_)
            | Input::NotNeeded
            | Input::Pressed(_)
            | Input::NobodyPressed(_)
            | Input::Freed(_)
            | Input::Proven(_)
            | Input::Moved(_)
            | Input::TakenBack
            | Input::NumbersAlone => Phase::Talking(self),
            Input::PickedUp(leg) => {
                ending::too_late(now, leg, facts);
                Phase::Talking(self)
            }
            Input::LegEnded(leg, end) => {
                let gone = facts.legs.remove(&leg);
                if leg != self.winner {
                    return Phase::Talking(self);
                }
                if let Some(phase) = self.go_back(now, gone.as_ref(), facts, phones) {
                    return phase;
                }
                let (by, why) = match end {
                    LegEnd::Silent => (EndedBy::Network, Stop::Lost),
                    LegEnd::Declined
                    | LegEnd::Busy
                    | LegEnd::Unavailable(_)
                    | LegEnd::NoSharedCodec
                    | LegEnd::NoPorts
                    | LegEnd::NoChannel
                    | LegEnd::Cut
                    | LegEnd::Over => (facts.far(), Stop::Finished),
                };
                hang_up_caller(now, by, why, None, facts)
            }
            Input::LegHungUp(leg, said) => {
                let gone = facts.legs.remove(&leg);
                if leg != self.winner {
                    return Phase::Talking(self);
                }
                if let Some(phase) = self.go_back(now, gone.as_ref(), facts, phones) {
                    return phase;
                }
                hang_up_caller(now, facts.far(), Stop::Finished, said, facts)
            }
            Input::CallerLeft(left, said) => {
                let (by, why) = match left {
                    CallerLeft::HungUp => (facts.near(), Stop::Finished),
                    CallerLeft::Lost => (EndedBy::Network, Stop::Lost),
                    CallerLeft::NotConnected => {
                        nobody_answered(facts);
                        (EndedBy::Network, Stop::Lost)
                    }
                };
                hang_up_winner(self.winner, why, facts);
                unanswer(Final::Cancelled, facts);
                facts.end_saying(now, Disposition::Answered, Some(by), said);
                Phase::Ending
            }
            Input::Held(holder) => {
                // It has just spoken to us, and silence is no fault of a call on hold.
                self.is_heard(facts);
                self.held = Some(now.mono);
                self.note(now, EventKind::Held, holder, facts);
                Phase::Talking(self)
            }
            Input::Resumed(holder) => {
                self.is_heard(facts);
                self.note(now, EventKind::Resumed, holder, facts);
                Phase::Talking(self)
            }
            // A service that stops cuts nobody off from help: its own time for that ends the call.
            Input::Closing if facts.record.because == Because::CalledForHelp => Phase::Talking(self),
            Input::Closing => {
                hang_up_winner(self.winner, Stop::Finished, facts);
                hang_up_caller(now, EndedBy::Network, Stop::Finished, None, facts)
            }
        }
    }

    /// Whoever had picked up is gone before the caller could be told of them: the call waits for somebody as before.
    fn go_back(&mut self, now: Now, gone: Option<&Leg>, facts: &mut Facts, phones: &Phones) -> Option<Phase> {
        let before = *self.before.take()?;
        if facts.withdraw_answer() == Withdrawn::TooLate {
            return None;
        }
        facts.record.answered = None;
        facts.record.answered_by = None;
        facts.record.disposition = None;
        facts.note(now, EventKind::Declined, gone, "");
        facts.push(Output::Changed(Box::new(facts.record.clone())));
        Some(match before {
            Before::Ringing(ringing) => ringing.again(now, gone, facts, phones).into(),
            Before::Greeting(closed) => Phase::Greeting(Greeting::speak(now, closed, facts)),
        })
    }

    /// Whoever does not answer the question is there all the same.
    fn is_heard(&mut self, facts: &mut Facts) {
        if let Sound::Missed { .. } = self.sound {
            facts.push(Output::StopAsking { leg: self.winner });
        }
        self.sound = Sound::Heard;
    }

    /// Who did it: a phone of the shop, or nobody's, which is the customer.
    fn note(&self, now: Now, kind: EventKind, holder: Holder, facts: &mut Facts) {
        let by = match holder {
            Holder::Caller => facts.near(),
            Holder::Leg(leg) if leg == self.winner => facts.far(),
            Holder::Leg(_) => return,
        };
        let leg = facts.legs.get(&self.winner).filter(|_| by == EndedBy::Staff).cloned();
        facts.note(now, kind, leg.as_ref(), "");
    }
}

pub(super) fn hang_up_winner(winner: LegId, why: Stop, facts: &mut Facts) {
    if let Some(leg) = facts.legs.get_mut(&winner) {
        leg.state = LegState::Leaving(why);
        facts.push(Output::HangUp { leg: winner, why });
    }
}

pub(super) fn hang_up_caller(now: Now, by: EndedBy, why: Stop, said: Option<Said>, facts: &mut Facts) -> Phase {
    if unanswer(Final::Busy, facts) == Withdrawn::TooLate {
        facts.tell_caller(Output::HangUpCaller(why));
    }
    facts.end_saying(now, Disposition::Answered, Some(by), said);
    Phase::Ending
}

/// Somebody had picked up, but one of the two left before the caller could be told: then nobody answered.
fn unanswer(instead: Final, facts: &mut Facts) -> Withdrawn {
    let withdrawn = facts.withdraw_answer();
    if withdrawn == Withdrawn::Yes {
        nobody_answered(facts);
        facts.tell_caller(Output::Refuse(instead));
    }
    withdrawn
}

fn nobody_answered(facts: &mut Facts) {
    facts.record.answered = None;
    facts.record.answered_by = None;
    let closed = facts.record.because.is_closed();
    facts.record.disposition = Some(if closed { Disposition::NoMessage } else { Disposition::Missed });
}
