//! What any phase does with the shop's legs: rings a phone, gives the call to whoever picks up, tells the others to stop.

use super::super::event::{LegEnd, Output, Stop, Taker};
use super::super::facts::Facts;
use super::super::leg::{BindingId, Leg, LegId, LegState, TakenBy};
use super::super::phones::Phones;
use super::super::record::{Disposition, EventKind};
use super::talking::{Before, Talking};
use crate::now::Now;
use crate::routing::plan::PhoneId;

pub(super) fn offer(now: Now, phone: PhoneId, binding: BindingId, facts: &mut Facts, phones: &Phones) {
    let Some(name) = facts.shop.as_ref().and_then(|shop| shop.phone(phone)).map(|phone| phone.name.clone()) else {
        return;
    };
    let taken_by = if phones.is_behind_a_carrier(binding) || phones.is_number(binding) {
        TakenBy::Key
    } else {
        TakenBy::PickingUp
    };
    let leg = Leg { phone, binding: Some(binding), name, offered: now.mono, taken_by, state: LegState::Offered };
    let id = facts.new_leg(leg.clone());
    facts.note(now, EventKind::Offered, Some(&leg), "");
    facts.push(Output::Ring { leg: id, phone, binding });
}

pub(super) fn rings(now: Now, id: LegId, facts: &mut Facts) {
    let Some(leg) = facts.legs.get_mut(&id) else { return };
    match leg.state {
        LegState::Offered => {
            leg.state = LegState::Ringing;
            let leg = leg.clone();
            facts.note(now, EventKind::Ringing, Some(&leg), "");
        }
        LegState::Ringing | LegState::Screening { .. } | LegState::Talking | LegState::Leaving(_) => {}
    }
}

/// Somebody takes the call at a phone of their own choice: as if it had rung there.
pub(super) fn take(now: Now, taker: Taker, before: Option<Before>, facts: &mut Facts) -> Talking {
    let Taker { phone, name, place } = taker;
    let taken_by = TakenBy::PickingUp;
    let leg = Leg { phone, binding: Some(place), name, offered: now.mono, taken_by, state: LegState::Offered };
    let leg = facts.new_leg(leg);
    facts.push(Output::Take { leg });
    pick_up(now, leg, before, facts)
}

/// Somebody wants to take the call at this phone: it rings wherever it does not yet, whatever was decided. The answer is
/// where it can ring.
pub(super) fn want(now: Now, phone: PhoneId, facts: &mut Facts, phones: &Phones) -> Vec<BindingId> {
    let rings = |place: BindingId, facts: &Facts| {
        facts.legs.values().any(|leg| leg.binding == Some(place) && !matches!(leg.state, LegState::Leaving(_)))
    };
    // Who picks up has the call: no place behind a carrier, where that may be a mailbox.
    let places: Vec<BindingId> =
        phones.of(phone).iter().copied().filter(|place| !phones.is_behind_a_carrier(*place)).collect();
    for &place in &places {
        if !rings(place, facts) {
            offer(now, phone, place, facts, phones);
        }
    }
    places
}

/// First acceptance wins; this is the one place where it does.
pub(super) fn pick_up(now: Now, winner: LegId, before: Option<Before>, facts: &mut Facts) -> Talking {
    if let Some(leg) = facts.legs.get_mut(&winner) {
        leg.state = LegState::Talking;
        let leg = leg.clone();
        facts.record.answered = Some(now.wall);
        facts.record.answered_by = Some(leg.name.clone());
        facts.record.disposition = Some(Disposition::Answered);
        facts.note(now, EventKind::Answered, Some(&leg), "");
    }
    facts.tell_caller(Output::Answer { leg: winner });
    stop_others(now, Some(winner), Stop::AnsweredElsewhere, facts);
    facts.push(Output::Changed(Box::new(facts.record.clone())));
    Talking::after(winner, before)
}

pub(super) fn stop_others(now: Now, but: Option<LegId>, why: Stop, facts: &mut Facts) {
    let others: Vec<LegId> = facts.legs.keys().copied().filter(|id| Some(*id) != but).collect();
    stop(now, others, why, facts);
}

pub(super) fn stop(now: Now, legs: Vec<LegId>, why: Stop, facts: &mut Facts) {
    for id in legs {
        let Some(leg) = facts.legs.get_mut(&id) else { continue };
        match leg.state {
            LegState::Offered | LegState::Ringing => {
                leg.state = LegState::Leaving(why);
                let leg = leg.clone();
                facts.note(now, EventKind::Stopped, Some(&leg), "");
                facts.push(Output::Stop { leg: id, why });
            }
            LegState::Screening { .. } => {
                leg.state = LegState::Leaving(why);
                let leg = leg.clone();
                facts.note(now, EventKind::Stopped, Some(&leg), "");
                facts.push(Output::Dismiss { leg: id, why });
            }
            LegState::Talking | LegState::Leaving(_) => {}
        }
    }
}

/// A phone rings or is about to: its INVITE is out and no final answer has come, or somebody is asked whether they take
/// the call.
pub(super) fn anything_rings(facts: &Facts) -> bool {
    let may_take_it =
        |leg: &Leg| matches!(leg.state, LegState::Offered | LegState::Ringing | LegState::Screening { .. });
    facts.legs.values().any(may_take_it)
}

/// What a leg's end was, for the log.
pub(super) fn detail(end: LegEnd) -> String {
    match end {
        LegEnd::Declined => "603".to_owned(),
        LegEnd::Busy => "486".to_owned(),
        LegEnd::Unavailable(status) => status.to_string(),
        LegEnd::Silent => "silent".to_owned(),
        LegEnd::NoSharedCodec => "488".to_owned(),
        LegEnd::NoPorts => "no ports".to_owned(),
        LegEnd::NoChannel => "no channel".to_owned(),
        LegEnd::Cut | LegEnd::Over => String::new(),
    }
}
