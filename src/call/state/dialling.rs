//! A phone of the shop has called somebody outside, and nobody has picked up there yet. It hears what the carrier says of
//! it: ringing, the carrier's own sound, or that it does not go.

use std::time::Duration;

use super::super::Dial;
use super::super::event::{CallerLeft, Final, Input, LegEnd, Output, Said, Stop};
use super::super::facts::Facts;
use super::super::leg::{Leg, LegId, LegState, TakenBy};
use super::super::record::{Disposition, EndedBy, EventKind};
use super::Phase;
use super::ending;
use super::talking::Talking;
use crate::now::{Mono, Now};
use crate::routing::Outside;

/// RFC 3261 §16.6 gives an INVITE more than three minutes; whoever has not picked up by then will not.
const RINGS_FOR: Duration = Duration::from_secs(180);
/// A carrier that has said nothing of the number by then is not waited for where another can be asked: for help one may not
/// have the time. It may be dead behind a border that answers 100 for it, or dead itself for 32 s.
const HELP_ASKED_FOR: Duration = Duration::from_secs(6);
/// The same for any number: far away it takes its time until it rings.
const ASKED_FOR: Duration = Duration::from_secs(15);
/// RFC 3261 §13.3.1.1: a UAS "SHOULD send a non-100 provisional response at every minute", or proxies give up.
const SAID_AGAIN_AFTER: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Dialling {
    dial: Dial,
    /// So many carriers were asked, with the one that is asked now.
    asked: usize,
    leg: LegId,
    heard: Heard,
    /// When the next carrier is asked, unless this one has said something.
    next_at: Mono,
    /// `None`: for as long as it takes.
    until: Option<Mono>,
}

/// What the phone was told last, and when it is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Nothing,
    Ringing { again_at: Mono },
    Sound { again_at: Mono },
}

impl Dialling {
    pub(crate) fn begin(now: Now, dial: Dial, facts: &mut Facts) -> Dialling {
        let until = match dial.to {
            Outside::Number(_) => Some(now.mono + RINGS_FOR),
            // Where help is asked for one may have to wait one's turn.
            Outside::Help(_) => None,
        };
        let leg = ask(now, &dial, facts);
        let next_at = now.mono + asked_for(&dial);
        Dialling { dial, asked: 1, leg, heard: Heard::Nothing, next_at, until }
    }

    pub(crate) fn on(mut self, now: Now, input: Input, facts: &mut Facts) -> Phase {
        match input {
            // `Facts` lets out what was held back.
            Input::Recorded => {}
            Input::Rings(leg) if leg == self.leg => self.rings(now, facts),
            Input::Sounds(leg) if leg == self.leg => {
                self.rings_there(now, facts);
                facts.tell_caller(Output::LetHear { leg });
                self.heard = Heard::Sound { again_at: now.mono + SAID_AGAIN_AFTER };
            }
            Input::PickedUp(leg) if leg == self.leg => return self.picked_up(now, facts),
            Input::PickedUp(leg) => ending::too_late(now, leg, facts),
            Input::LegEnded(leg, end) if leg == self.leg => return self.ended(now, end, facts),
            Input::LegHungUp(leg, _) if leg == self.leg => return self.ended(now, LegEnd::Over, facts),
            Input::LegEnded(leg, _) | Input::LegHungUp(leg, _) => {
                facts.legs.remove(&leg);
            }
            Input::CallerLeft(left, said) => return self.caller_left(now, left, said, facts),
            // A service that stops cuts nobody off from help: its own time for that ends the call.
            Input::Closing if matches!(self.dial.to, Outside::Help(_)) => {}
            Input::Closing => return self.give_up(now, Final::Draining, facts),
            Input::Timeout => {
                if self.until.is_some_and(|until| until <= now.mono) {
                    return self.give_up(now, Final::Unavailable, facts);
                }
                if self.next_at <= now.mono && self.heard == Heard::Nothing && self.another_is_left() {
                    self.stop(Stop::NobodyAnswered, facts);
                    facts.note(now, EventKind::NotReached, None, "silent");
                    return self.ask_the_next(now, facts);
                }
                self.say_again(now, facts);
            }
            // Of a leg that was given up.
            Input::Rings(_) | Input::Sounds(_) => {}
            // Nobody is asked for a key, and no phone of the shop is rung.
            Input::Pressed(_) | Input::NobodyPressed(_) => {}
            Input::Freed(_) | Input::Proven(_) | Input::Moved(_) => {}
            Input::TakenBack | Input::NumbersAlone => {}
            // Nobody waits for a phone of the shop, and nobody has the call who could give it away.
            Input::Taken(_) | Input::WantedAt(_) | Input::NotNeeded => {}
            Input::Referred { .. } | Input::Given(_) | Input::GivenAway { .. } => {}
            // Nobody talks yet, whatever is heard.
            Input::Held(_) | Input::Resumed(_) | Input::Silent | Input::Heard | Input::FaxHeard => {}
            // Nothing is greeted or recorded.
            Input::Greeted | Input::RecordingEnded | Input::Sealed(_) => {}
        }
        Phase::Dialling(self)
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        let again = match self.heard {
            Heard::Nothing => Some(self.next_at).filter(|_| self.another_is_left()),
            Heard::Ringing { again_at } | Heard::Sound { again_at } => Some(again_at),
        };
        again.into_iter().chain(self.until).min()
    }

    fn rings(&mut self, now: Now, facts: &mut Facts) {
        self.rings_there(now, facts);
        // A carrier that says so twice has said it once.
        if !matches!(self.heard, Heard::Ringing { .. }) {
            facts.tell_caller(Output::Announce);
            self.heard = Heard::Ringing { again_at: now.mono + SAID_AGAIN_AFTER };
        }
    }

    fn rings_there(&self, now: Now, facts: &mut Facts) {
        if let Some(leg) = facts.legs.get_mut(&self.leg)
            && leg.state == LegState::Offered
        {
            leg.state = LegState::Ringing;
            facts.note(now, EventKind::RingsThere, None, "");
        }
    }

    fn say_again(&mut self, now: Now, facts: &mut Facts) {
        let again = now.mono + SAID_AGAIN_AFTER;
        match self.heard {
            Heard::Ringing { again_at } if again_at <= now.mono => {
                facts.tell_caller(Output::Announce);
                self.heard = Heard::Ringing { again_at: again };
            }
            Heard::Sound { again_at } if again_at <= now.mono => {
                facts.tell_caller(Output::LetHear { leg: self.leg });
                self.heard = Heard::Sound { again_at: again };
            }
            Heard::Nothing | Heard::Ringing { .. } | Heard::Sound { .. } => {}
        }
    }

    fn picked_up(self, now: Now, facts: &mut Facts) -> Phase {
        if let Some(leg) = facts.legs.get_mut(&self.leg) {
            leg.state = LegState::Talking;
        }
        facts.record.answered = Some(now.wall);
        facts.record.answered_by = Some(self.dial.name);
        facts.record.disposition = Some(Disposition::Answered);
        facts.note(now, EventKind::AnsweredThere, None, "");
        facts.tell_caller(Output::Answer { leg: self.leg });
        facts.push(Output::Changed(Box::new(facts.record.clone())));
        Phase::Talking(Talking::with(self.leg))
    }

    /// This carrier does not connect them: the next one may.
    fn ended(self, now: Now, end: LegEnd, facts: &mut Facts) -> Phase {
        facts.legs.remove(&self.leg);
        let (detail, answer) = match end {
            LegEnd::Declined => ("603".to_owned(), Final::Busy),
            LegEnd::Busy => ("486".to_owned(), Final::Busy),
            LegEnd::Unavailable(status @ (404 | 410 | 484 | 604)) => (status.to_string(), Final::NotFound),
            LegEnd::Unavailable(status @ (488 | 606)) => (status.to_string(), Final::NotAcceptable),
            LegEnd::Unavailable(status) => (status.to_string(), Final::Unavailable),
            LegEnd::Silent => ("silent".to_owned(), Final::Unavailable),
            LegEnd::NoSharedCodec => ("488".to_owned(), Final::NotAcceptable),
            LegEnd::NoPorts => ("no ports".to_owned(), Final::Busy),
            LegEnd::NoChannel => ("no channel".to_owned(), Final::Busy),
            LegEnd::Cut | LegEnd::Over => (String::new(), Final::Unavailable),
        };
        facts.note(now, EventKind::NotReached, None, &detail);
        let unserved = matches!(end, LegEnd::NoChannel | LegEnd::Silent | LegEnd::Unavailable(408 | 500 | 503));
        if self.another_is_left() && (unserved || matches!(self.dial.to, Outside::Help(_))) {
            return self.ask_the_next(now, facts);
        }
        facts.tell_caller(Output::Refuse(answer));
        facts.end(now, Disposition::Missed, Some(facts.far()));
        Phase::Ending
    }

    fn another_is_left(&self) -> bool {
        self.asked < self.dial.carriers
    }

    fn ask_the_next(mut self, now: Now, facts: &mut Facts) -> Phase {
        self.asked += 1;
        self.heard = Heard::Nothing;
        self.next_at = now.mono + asked_for(&self.dial);
        self.leg = ask(now, &self.dial, facts);
        Phase::Dialling(self)
    }

    fn caller_left(&self, now: Now, left: CallerLeft, said: Option<Said>, facts: &mut Facts) -> Phase {
        let by = match left {
            CallerLeft::HungUp => facts.near(),
            CallerLeft::Lost | CallerLeft::NotConnected => EndedBy::Network,
        };
        self.stop(Stop::CallerGaveUp, facts);
        facts.tell_caller(Output::Refuse(Final::Cancelled));
        facts.end_saying(now, Disposition::Missed, Some(by), said);
        Phase::Ending
    }

    fn give_up(&self, now: Now, answer: Final, facts: &mut Facts) -> Phase {
        self.stop(Stop::NobodyAnswered, facts);
        facts.tell_caller(Output::Refuse(answer));
        facts.end(now, Disposition::Missed, Some(EndedBy::GiveUp));
        Phase::Ending
    }

    fn stop(&self, why: Stop, facts: &mut Facts) {
        if let Some(leg) = facts.legs.get_mut(&self.leg) {
            leg.state = LegState::Leaving(why);
            facts.push(Output::Stop { leg: self.leg, why });
        }
    }
}

fn asked_for(dial: &Dial) -> Duration {
    match dial.to {
        Outside::Number(_) => ASKED_FOR,
        Outside::Help(_) => HELP_ASKED_FOR,
    }
}

fn ask(now: Now, dial: &Dial, facts: &mut Facts) -> LegId {
    let leg = Leg {
        phone: dial.phone,
        binding: None,
        name: dial.name.clone(),
        offered: now.mono,
        taken_by: TakenBy::PickingUp,
        state: LegState::Offered,
    };
    let id = facts.new_leg(leg.clone());
    facts.note(now, EventKind::Dialled, Some(&leg), "");
    facts.push(Output::Dial { leg: id, to: dial.to.clone() });
    id
}
