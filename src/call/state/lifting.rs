//! A call back begins at home: phones of the shop are rung, and whoever lifts one is put through to the customer. Until then
//! nobody outside is concerned: there is no row, and what ends here leaves no trace but a missed call on the phones. A drill
//! is the same without a customer: the phone rings once, and what came of it is told. So is a phone that rings for whoever
//! wants to say the greeting's own words.

use super::super::event::{Final, Input, Output, Stop};
use super::super::facts::Facts;
use super::super::leg::{LegId, LegState};
use super::super::phones::Phones;
use super::super::record::EventKind;
use super::super::{Dial, Dictating, Drilled, Lift, Occasion, Then};
use super::dialling::Dialling;
use super::speaking::Speaking;
use super::{Phase, ending, legs};
use crate::now::{Mono, Now};
use crate::routing::Outside;

#[derive(Debug)]
pub(crate) struct Lifting {
    lift: Lift,
    until: Mono,
    /// What has come of it so far, where that is all that is wanted; `None`: it was cut short before it could be known.
    drilled: Option<Drilled>,
}

impl Lifting {
    pub(crate) fn begin(now: Now, lift: Lift, facts: &mut Facts, phones: &Phones) -> Phase {
        for lifter in &lift.phones {
            legs::want(now, lifter.phone, facts, phones);
        }
        let until = now.mono + lift.within;
        Lifting { lift, until, drilled: Some(Drilled::Asked) }.go_on(now, facts)
    }

    pub(crate) fn occasion(&self) -> Occasion {
        self.lift.occasion
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        Some(self.until)
    }

    pub(crate) fn on(mut self, now: Now, input: Input, facts: &mut Facts) -> Phase {
        match input {
            Input::Rings(leg) => {
                legs::rings(now, leg, facts);
                self.drilled(Drilled::Rings, facts);
            }
            Input::PickedUp(leg) => match facts.legs.get(&leg).map(|leg| leg.state) {
                Some(LegState::Offered | LegState::Ringing) => return self.lifted(now, leg, facts),
                Some(LegState::Leaving(_)) => ending::too_late(now, leg, facts),
                Some(LegState::Screening { .. } | LegState::Talking) | None => {}
            },
            Input::LegEnded(leg, _) | Input::LegHungUp(leg, _) => {
                facts.legs.remove(&leg);
            }
            Input::Timeout if self.until <= now.mono => legs::stop_others(now, None, self.unheard(), facts),
            Input::Closing => {
                self.is_cut_short(Dictating::NotLifted, facts);
                legs::stop_others(now, None, Stop::NobodyAnswered, facts);
            }
            // Nothing was missed.
            Input::NotNeeded => {
                self.is_cut_short(Dictating::MadeWay, facts);
                legs::stop_others(now, None, Stop::AnsweredElsewhere, facts);
            }
            Input::Timeout => {}
            // Who does not ring at once is not waited for.
            Input::Freed(_) | Input::Proven(_) | Input::Moved(_) => {}
            // No caller has come by another way.
            Input::TakenBack | Input::NumbersAlone => {}
            // There is no caller yet, no row, nobody who talks, and nothing that waits to be taken.
            Input::CallerLeft(..) | Input::Recorded | Input::Sounds(_) => {}
            Input::Taken(_) | Input::WantedAt(_) => {}
            Input::Referred { .. } | Input::Given(_) | Input::GivenAway { .. } => {}
            Input::Held(_) | Input::Resumed(_) | Input::Silent | Input::Heard | Input::FaxHeard => {}
            Input::Pressed(_) | Input::NobodyPressed(_) => {}
            Input::Greeted | Input::RecordingEnded | Input::Sealed(_) => {}
        }
        self.go_on(now, facts)
    }

    /// While something rings, that is waited for.
    fn go_on(mut self, now: Now, facts: &mut Facts) -> Phase {
        if legs::anything_rings(facts) {
            return Phase::Lifting(self);
        }
        match self.drilled {
            Some(Drilled::Rings) => self.drilled(Drilled::Rang, facts),
            Some(Drilled::Asked) => self.drilled(Drilled::Silent, facts),
            Some(Drilled::Lifted | Drilled::Rang | Drilled::Silent) | None => {}
        }
        facts.record.ended = Some(now.wall);
        facts.push(Output::Refuse(Final::Cancelled));
        Phase::Ending
    }

    fn drilled(&mut self, drilled: Drilled, facts: &mut Facts) {
        self.drilled = Some(drilled);
        match (self.lift.occasion, self.lift.phones.first()) {
            (Occasion::Drill, Some(lifter)) => {
                facts.push(Output::Drilled { phone: lifter.phone, drilled: Some(drilled) });
            }
            (Occasion::Speak, _) => match drilled {
                Drilled::Rings => facts.push(Output::Dictating(Dictating::Rings)),
                Drilled::Rang | Drilled::Silent => facts.push(Output::Dictating(Dictating::NotLifted)),
                Drilled::Asked | Drilled::Lifted => {}
            },
            (Occasion::Drill | Occasion::Missed | Occasion::Asked, _) => {}
        }
    }

    /// Its time was not up. A phone that has said nothing so far may be as well as ever.
    fn is_cut_short(&mut self, speaks: Dictating, facts: &mut Facts) {
        match (self.lift.occasion, self.drilled, self.lift.phones.first()) {
            (Occasion::Drill, Some(Drilled::Asked), Some(lifter)) => {
                self.drilled = None;
                facts.push(Output::Drilled { phone: lifter.phone, drilled: None });
            }
            (Occasion::Speak, ..) => {
                self.drilled = None;
                facts.push(Output::Dictating(speaks));
            }
            (Occasion::Drill | Occasion::Missed | Occasion::Asked, ..) => {}
        }
    }

    /// What a phone is told that nobody has lifted: where no customer is called none is to show a missed call.
    fn unheard(&self) -> Stop {
        match self.lift.occasion {
            Occasion::Drill | Occasion::Speak => Stop::AnsweredElsewhere,
            Occasion::Missed | Occasion::Asked => Stop::NobodyAnswered,
        }
    }

    /// The first who lifts calls; from here on it is a call like one that they have dialled.
    fn lifted(mut self, now: Now, id: LegId, facts: &mut Facts) -> Phase {
        if self.lift.then == Then::HangsUp {
            if let Some(leg) = facts.legs.get_mut(&id) {
                leg.state = LegState::Leaving(Stop::AnsweredElsewhere);
            }
            self.drilled(Drilled::Lifted, facts);
            ending::too_late(now, id, facts);
            legs::stop_others(now, None, Stop::AnsweredElsewhere, facts);
            return self.go_on(now, facts);
        }
        let Some(leg) = facts.legs.remove(&id) else { return Phase::Lifting(self) };
        legs::stop_others(now, None, Stop::AnsweredElsewhere, facts);
        let Then::Calls { to, carriers } = self.lift.then else {
            facts.made_by = Some(leg.phone);
            facts.push(Output::Dictate { leg: id });
            return Phase::Speaking(Speaking::begin(now, facts));
        };
        let phones = self.lift.phones;
        let user = phones.into_iter().find(|lifter| lifter.phone == leg.phone).map(|lifter| lifter.user);
        facts.made_by = Some(leg.phone);
        facts.record.started = now.wall;
        facts.record.caller_raw = user.unwrap_or_default();
        facts.record.caller_display = leg.name.to_string();
        facts.write_row(now);
        facts.note(now, EventKind::Lifted, Some(&leg), "");
        facts.push(Output::Lift { leg: id });
        let dial = Dial { phone: leg.phone, name: leg.name, to: Outside::Number(to), carriers };
        Phase::Dialling(Dialling::begin(now, dial, facts))
    }
}
