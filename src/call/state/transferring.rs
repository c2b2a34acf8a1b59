//! Somebody who has the call gives it to a colleague, whose phone rings. The caller stays where they are: connected with
//! who gives it away, until that one hangs up or the colleague has it. Nobody is lost on the way: a call that the colleague
//! does not take is still where it was, or rings where it came from, and then everywhere.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::event::{CallerLeft, Holder, Input, LegEnd, Output, Progress, Said, Stop};
use super::super::facts::Facts;
use super::super::leg::{Leg, LegId, LegState};
use super::super::phones::Phones;
use super::super::record::{Disposition, EndedBy, EventKind};
use super::talking::{self, Talking};
use super::{Phase, ending, legs, ringing};
use crate::now::{Mono, Now};
use crate::routing::plan::PhoneId;

/// As long as a caller bears to hear nothing before somebody has to know of them again.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Who was given away and is wanted by nobody waits so long for anybody.
const ANYBODY_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Transferring {
    /// Who gives the call away, until they have hung up.
    giver: Option<LegId>,
    /// Their phone.
    from: PhoneId,
    rings: Rings,
    until: Mono,
    /// When everybody is rung again: nothing rings now.
    again_at: Option<Mono>,
    /// Somebody there has said no.
    declined: BTreeSet<PhoneId>,
    /// Nothing is heard of the two who are still connected.
    silent: bool,
}

/// Whom a call rings that was given away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rings {
    Colleague,
    /// The colleague has not taken it, and who gave it away is gone.
    Giver,
    Everybody,
}

impl Transferring {
    pub(crate) fn begin(now: Now, giver: LegId, to: PhoneId, facts: &mut Facts, phones: &Phones) -> Phase {
        let Some(leg) = facts.legs.get(&giver).cloned() else { return Phase::Talking(Talking::with(giver)) };
        let name = facts.shop.as_ref().and_then(|shop| shop.phone(to)).map(|phone| phone.name.to_string());
        facts.note(now, EventKind::Transferred, Some(&leg), &name.unwrap_or_default());
        ring(now, to, facts, phones);
        let until = now.mono + TAKEN_WITHIN;
        let (giver, from) = (Some(giver), leg.phone);
        let (rings, declined) = (Rings::Colleague, BTreeSet::new());
        Transferring { giver, from, rings, until, again_at: None, declined, silent: false }.go_on(now, facts, phones)
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        self.again_at.into_iter().chain([self.until]).min()
    }

    pub(crate) fn on(mut self, now: Now, input: Input, facts: &mut Facts, phones: &Phones) -> Phase {
        match input {
            Input::Rings(leg) => {
                legs::rings(now, leg, facts);
                if let (Some(giver), Some(LegState::Ringing)) = (self.giver, facts.legs.get(&leg).map(|leg| leg.state))
                {
                    facts.push(Output::Tell { leg: giver, progress: Progress::Rings });
                }
                Phase::Transferring(self)
            }
            Input::PickedUp(leg) => match facts.legs.get(&leg).map(|leg| leg.state) {
                Some(LegState::Offered | LegState::Ringing) => self.taken(now, leg, facts),
                Some(LegState::Leaving(_)) => {
                    ending::too_late(now, leg, facts);
                    Phase::Transferring(self)
                }
                Some(LegState::Screening { .. } | LegState::Talking) | None => Phase::Transferring(self),
            },
            Input::LegEnded(leg, end) => {
                self.gone(now, leg, end, facts);
                self.go_on(now, facts, phones)
            }
            Input::LegHungUp(leg, _) => {
                self.gone(now, leg, LegEnd::Over, facts);
                self.go_on(now, facts, phones)
            }
            Input::Timeout if self.until <= now.mono => {
                legs::stop_others(now, self.giver, Stop::NobodyAnswered, facts);
                self.go_on(now, facts, phones)
            }
            Input::Timeout if self.again_at.is_some_and(|at| at <= now.mono) => {
                self.again_at = None;
                self.ring_everybody(now, facts, phones);
                self.go_on(now, facts, phones)
            }
            Input::CallerLeft(left, said) => {
                legs::stop_others(now, self.giver, Stop::CallerGaveUp, facts);
                let (by, why) = match left {
                    CallerLeft::HungUp => (EndedBy::Caller, Stop::Finished),
                    CallerLeft::Lost | CallerLeft::NotConnected => (EndedBy::Network, Stop::Lost),
                };
                self.hang_up_giver(why, facts);
                facts.end_saying(now, Disposition::Answered, Some(by), said);
                Phase::Ending
            }
            Input::Closing => {
                legs::stop_others(now, self.giver, Stop::NobodyAnswered, facts);
                self.hang_up_giver(Stop::Finished, facts);
                talking::hang_up_caller(now, EndedBy::Network, Stop::Finished, None, facts)
            }
            Input::Held(holder) => self.note(now, EventKind::Held, holder, facts),
            Input::Resumed(holder) => self.note(now, EventKind::Resumed, holder, facts),
            Input::Silent => {
                self.silent = true;
                Phase::Transferring(self)
            }
            Input::Heard => {
                self.silent = false;
                Phase::Transferring(self)
            }
            Input::FaxHeard => {
                facts.note(now, EventKind::Fax, None, "");
                Phase::Transferring(self)
            }
            Input::Greeted => {
                facts.beep_came(now);
                Phase::Transferring(self)
            }
            Input::Sealed(sealed) => {
                facts.interrupted_is_safe(now, sealed);
                Phase::Transferring(self)
            }
            // One transfer at a time, and nobody waits for anybody else.
            Input::Referred { .. }
            | Input::Given(_)
            | Input::GivenAway { .. }
            | Input::Taken(_)
            | Input::WantedAt(_)
            | Input::NotNeeded
            | Input::Sounds(_)
            | Input::Recorded
            | Input::Timeout
            | Input::RecordingEnded
            | Input::Pressed(_)
            | Input::NobodyPressed(_)
            | Input::Freed(_)
            | Input::Proven(_)
            | Input::Moved(_)
            | Input::TakenBack
            | Input::NumbersAlone => Phase::Transferring(self),
        }
    }

    /// The first who picks up has the call; who gave it away is hung up on.
    fn taken(self, now: Now, winner: LegId, facts: &mut Facts) -> Phase {
        if let Some(leg) = facts.legs.get_mut(&winner) {
            leg.state = LegState::Talking;
            let leg = leg.clone();
            facts.note(now, EventKind::Answered, Some(&leg), "");
        }
        let others: Vec<LegId> =
            facts.legs.keys().copied().filter(|leg| *leg != winner && Some(*leg) != self.giver).collect();
        legs::stop(now, others, Stop::AnsweredElsewhere, facts);
        facts.push(Output::Join { leg: winner });
        if let Some(giver) = self.giver {
            facts.push(Output::Tell { leg: giver, progress: Progress::Taken });
        }
        self.hang_up_giver(Stop::Finished, facts);
        Phase::Talking(Talking::with(winner))
    }

    fn gone(&mut self, now: Now, id: LegId, end: LegEnd, facts: &mut Facts) {
        let Some(leg) = facts.legs.remove(&id) else { return };
        if self.giver == Some(id) {
            self.giver = None;
        } else if !matches!(leg.state, LegState::Leaving(_)) {
            facts.note(now, EventKind::Declined, Some(&leg), &legs::detail(end));
            if end == LegEnd::Declined {
                self.declined.insert(leg.phone);
            }
        }
    }

    /// Phones that talk are left alone while another rings.
    fn ring_everybody(&self, now: Now, facts: &mut Facts, phones: &Phones) {
        let shop = facts.shop.clone();
        let all = shop.iter().flat_map(|shop| &shop.phones).map(|phone| phone.id);
        let (talk, free): (Vec<PhoneId>, Vec<PhoneId>) =
            all.filter(|phone| !self.declined.contains(phone)).partition(|phone| phones.talks(*phone));
        free.into_iter().for_each(|phone| ring(now, phone, facts, phones));
        if !legs::anything_rings(facts) {
            talk.into_iter().for_each(|phone| ring(now, phone, facts, phones));
        }
    }

    /// While something rings, that is waited for; else the call goes back to whoever is there.
    fn go_on(mut self, now: Now, facts: &mut Facts, phones: &Phones) -> Phase {
        loop {
            if legs::anything_rings(facts) {
                return Phase::Transferring(self);
            }
            if let Some(giver) = self.giver {
                facts.push(Output::Tell { leg: giver, progress: Progress::NotTaken });
                let talking = Talking::with(giver);
                return if self.silent {
                    talking.on(now, Input::Silent, facts, phones)
                } else {
                    Phase::Talking(talking)
                };
            }
            match self.rings {
                Rings::Colleague => {
                    self.rings = Rings::Giver;
                    self.until = now.mono + TAKEN_WITHIN;
                    ring(now, self.from, facts, phones);
                }
                Rings::Giver => {
                    self.rings = Rings::Everybody;
                    self.until = now.mono + ANYBODY_WITHIN;
                    self.ring_everybody(now, facts, phones);
                }
                // A phone that is busy now may be free in a moment.
                Rings::Everybody if now.mono < self.until => {
                    self.again_at = Some((now.mono + ringing::RING_AGAIN_AFTER).min(self.until));
                    return Phase::Transferring(self);
                }
                Rings::Everybody => {
                    facts.note(now, EventKind::NobodyAnswered, None, "");
                    let said = Some(Said("nobody took it back".to_owned()));
                    return talking::hang_up_caller(now, EndedBy::GiveUp, Stop::Finished, said, facts);
                }
            }
        }
    }

    fn hang_up_giver(&self, why: Stop, facts: &mut Facts) {
        if let Some(giver) = self.giver {
            talking::hang_up_winner(giver, why, facts);
        }
    }

    fn note(self, now: Now, kind: EventKind, holder: Holder, facts: &mut Facts) -> Phase {
        let leg: Option<Leg> = match holder {
            Holder::Caller => None,
            Holder::Leg(leg) => facts.legs.get(&leg).cloned(),
        };
        if leg.is_some() || holder == Holder::Caller {
            facts.note(now, kind, leg.as_ref(), "");
        }
        Phase::Transferring(self)
    }
}

fn ring(now: Now, phone: PhoneId, facts: &mut Facts, phones: &Phones) {
    // Who picks up has the call: no place behind a carrier, where that may be a mailbox.
    for &place in phones.of(phone).iter().filter(|place| !phones.is_behind_a_carrier(**place)) {
        legs::offer(now, phone, place, facts, phones);
    }
}
