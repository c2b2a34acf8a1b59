//! Open, and nobody has picked up yet. The ways out: somebody picks up, the caller hangs up, or the give-up time comes
//! and the caller hears busy. There is no other.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::super::event::{CallerLeft, Final, Input, LegEnd, Output, Said, Stop, Ways};
use super::super::facts::Facts;
use super::super::leg::{BindingId, Leg, LegId, LegState};
use super::super::phones::{Awaited, Phones};
use super::super::record::{Direction, Disposition, EndedBy, EventKind};
use super::legs::{anything_rings, detail, offer, pick_up, rings, stop, stop_others, take, want};
use super::screening;
use super::talking::{Before, Talking};
use crate::notice::{NoneRang, Notice};
use crate::now::{Mono, Now};
use crate::routing::decision::{Ring, Wave};
use crate::routing::plan::PhoneId;

/// RFC 3261 §13.3.1.1: a UAS "SHOULD send a non-100 provisional response at every minute", or proxies give up.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(60);
/// With nothing reachable at all for so long, waiting is no kindness (DESIGN §3).
const NOTHING_REACHABLE_FOR: Duration = Duration::from_secs(20);
/// A phone that stopped ringing by itself is rung again after this (DESIGN §3, "What a branch can do").
pub(super) const RING_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// 486 so soon after the INVITE is a person pressing "no"; later it is the phone's own ring timer.
const DECLINE_WITHIN: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Ringing {
    give_up_at: Mono,
    /// Waves that have not started, with the time they start at the latest.
    waves: VecDeque<(Mono, Wave)>,
    /// The phones of the waves that have.
    started: Vec<PhoneId>,
    /// Places that were rung, and why they do not ring now. One that neither rings nor rests is to be rung.
    resting: BTreeMap<BindingId, Rest>,
    /// What is to be told to this call, sorted.
    awaited: Vec<Awaited>,
    heard: Heard,
    /// Since when no phone has proven that it rings.
    nothing_since: Option<Mono>,
    met: Met,
}

/// The most that any phone has done for this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    Nothing,
    /// It was asked to ring, and has not.
    Silence,
    /// It said that it cannot.
    Cannot,
    /// It rang, or said no, or is in another call: somebody could have known of the caller.
    Somebody,
}

/// Until when a place that was rung is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// For the rest of this call: somebody said no, or the phone cannot take it.
    ForThisCall,
    /// It has stopped by itself, or is in trouble.
    Until(Mono),
    /// It was in another call of ours.
    UntilFree(PhoneId),
    /// It has answered nothing at all.
    UntilProven,
}

/// Where a ringing call can go. A recording is not among it: an open shop answers with people or not at all.
#[derive(Debug)]
pub(crate) enum Next {
    Ringing(Ringing),
    Talking(Talking),
    Ending,
}

/// What the caller hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Nothing,
    /// Ringing, to be repeated then.
    Ringing {
        again_at: Mono,
    },
}

impl Ringing {
    pub(crate) fn begin(now: Now, ring: Ring, facts: &mut Facts, phones: &Phones) -> Ringing {
        let waves = ring.waves.into_iter().map(|wave| (now.mono + wave.after, wave)).collect();
        let mut ringing = Ringing {
            give_up_at: now.mono + ring.give_up_after,
            waves,
            started: Vec::new(),
            resting: BTreeMap::new(),
            awaited: Vec::new(),
            heard: Heard::Nothing,
            nothing_since: None,
            met: Met::Nothing,
        };
        ringing.ring_whoever_can(now, facts, phones);
        ringing
    }

    pub(crate) fn on(mut self, now: Now, input: Input, facts: &mut Facts, phones: &Phones) -> Next {
        match input {
            // `Facts` lets out what was held back.
            Input::Recorded => {}
            Input::Rings(leg) => {
                self.met = Met::Somebody;
                rings(now, leg, facts);
            }
            Input::PickedUp(leg) => match facts.legs.get(&leg).map(|leg| leg.state) {
                Some(LegState::Offered | LegState::Ringing) if screening::is_due(leg, facts) => {
                    self.met = Met::Somebody;
                    screening::begin(now, leg, facts);
                }
                Some(LegState::Offered | LegState::Ringing) => {
                    return Next::Talking(pick_up(now, leg, Some(Before::Ringing(self)), facts));
                }
                // Told to stop, and picked up in the same moment.
                Some(LegState::Leaving(why)) => facts.push(Output::HangUp { leg, why }),
                Some(LegState::Screening { .. } | LegState::Talking) | None => {}
            },
            Input::Pressed(leg) => {
                if let Some(LegState::Screening { .. }) = facts.legs.get(&leg).map(|leg| leg.state) {
                    return Next::Talking(pick_up(now, leg, Some(Before::Ringing(self)), facts));
                }
            }
            Input::Taken(taker) => return Next::Talking(take(now, taker, Some(Before::Ringing(self)), facts)),
            Input::WantedAt(phone) => {
                let wanted = want(now, phone, facts, phones);
                self.resting.retain(|place, _| !wanted.contains(place));
            }
            Input::NobodyPressed(leg) => self.nobody_pressed(now, leg, facts),
            Input::LegEnded(leg, end) => self.leg_ended(now, leg, end, facts, phones),
            // It had not picked up, as the door has told by `LegEnded`, or was asked for a key: then it is a no.
            Input::LegHungUp(leg, _) => self.leg_ended(now, leg, LegEnd::Over, facts, phones),
            Input::Freed(freed) => self.resting.retain(|_, rest| *rest != Rest::UntilFree(freed)),
            Input::Proven(binding) => self.is_proven(binding),
            Input::Moved(binding) => {
                self.is_proven(binding);
                stop_at(now, binding, facts);
            }
            Input::TakenBack => stop_by_sip(now, facts, phones),
            Input::NumbersAlone => {
                stop_by_sip(now, facts, phones);
                facts.ways = Ways::Numbers;
            }
            Input::CallerLeft(left, said) => return caller_left(now, left, said, facts),
            // A phone's early media is not the caller's to hear (DESIGN §3).
            Input::Sounds(_) => {}
            // Nobody talks yet, and it is the customer who calls.
            Input::Referred { .. } | Input::Given(_) | Input::GivenAway { .. } | Input::NotNeeded => {}
            Input::Held(_) | Input::Resumed(_) | Input::Silent | Input::Heard | Input::FaxHeard => {}
            // No greeting is heard, and nothing recorded, in an open shop.
            Input::Greeted | Input::RecordingEnded | Input::Sealed(_) => {}
            Input::Closing => return give_up(now, "closing", Final::Draining, None, facts),
            Input::Timeout => {
                if self.give_up_at <= now.mono {
                    return give_up(now, "", Final::Busy, self.notice(facts, phones), facts);
                }
                for leg in screening::overdue(now, facts) {
                    self.nobody_pressed(now, leg, facts);
                }
                if let Some(since) = self.nothing_since
                    && since + NOTHING_REACHABLE_FOR <= now.mono
                    && !self.ask_everybody_left(now, facts, phones)
                {
                    return give_up(now, "unreachable", Final::Busy, self.notice(facts, phones), facts);
                }
            }
        }
        self.ring_whoever_can(now, facts, phones);
        Next::Ringing(self)
    }

    /// Whoever had picked up was gone before the caller could hear of it. Where they did so it does not ring again: that was
    /// a no.
    pub(crate) fn again(mut self, now: Now, gone: Option<&Leg>, facts: &mut Facts, phones: &Phones) -> Next {
        self.resting.extend(gone.and_then(|leg| leg.binding).map(|place| (place, Rest::ForThisCall)));
        // The row is not durable: what the caller was to hear was held back, and given up for the answer.
        self.heard = Heard::Nothing;
        self.ring_whoever_can(now, facts, phones);
        Next::Ringing(self)
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Mono> {
        let announce = match self.heard {
            Heard::Ringing { again_at } => Some(again_at),
            Heard::Nothing => None,
        };
        let wave = self.waves.front().map(|(at, _)| *at);
        let again = self.resting.values().filter_map(|rest| match rest {
            Rest::Until(at) => Some(*at),
            Rest::ForThisCall | Rest::UntilFree(_) | Rest::UntilProven => None,
        });
        let unreachable = self.nothing_since.map(|since| since + NOTHING_REACHABLE_FOR);
        let screening = screening::deadline(facts);
        [Some(self.give_up_at), announce, wave, again.min(), unreachable, screening].into_iter().flatten().min()
    }

    /// When the caller is sent away.
    pub(crate) fn gives_up_at(&self) -> Mono {
        self.give_up_at
    }

    /// When the next number is to be rung that does not ring now, if nothing else happens.
    pub(crate) fn next_number_at(&self, phones: &Phones) -> Option<Mono> {
        let any = |wave: &Wave| wave.phones.iter().any(|phone| !phones.by(Ways::Numbers, *phone).is_empty());
        let wave = self.waves.iter().find(|(_, wave)| any(wave)).map(|(at, _)| *at);
        let again = self.resting.iter().filter(|(place, _)| phones.is_number(**place));
        let again = again.filter_map(|(_, rest)| match rest {
            Rest::Until(at) => Some(*at),
            Rest::ForThisCall | Rest::UntilFree(_) | Rest::UntilProven => None,
        });
        wave.into_iter().chain(again).min()
    }

    /// What this call is to be told of, as soon as it happens.
    pub(crate) fn awaited(&self) -> &[Awaited] {
        &self.awaited
    }

    /// Rings what is to be rung: those who talk only when nobody else is left, a later wave early when nothing rings. Lets
    /// the caller hear ringing while a phone rings or is about to.
    fn ring_whoever_can(&mut self, now: Now, facts: &mut Facts, phones: &Phones) {
        self.resting.retain(|_, rest| !matches!(rest, Rest::Until(at) if *at <= now.mono));
        while let Some((_, wave)) = self.waves.pop_front_if(|(at, _)| *at <= now.mono) {
            self.started.extend(wave.phones);
        }
        self.ring(now, |phone| !phones.talks(phone), facts, phones);
        while !anything_rings(facts)
            && let Some((_, wave)) = self.waves.pop_front()
        {
            self.started.extend(wave.phones);
            self.ring(now, |phone| !phones.talks(phone), facts, phones);
        }
        if !anything_rings(facts) {
            // Call waiting.
            self.ring(now, |_| true, facts, phones);
        }
        // A phone that is in another call can be reached: it is waited for.
        // What a carrier was told to ring by number it rings: of that it may tell us late, or never.
        let by_number = |leg: &Leg| leg.binding.is_some_and(|place| is_by_number(place, facts, phones));
        let proven = |leg: &Leg| match leg.state {
            LegState::Ringing | LegState::Screening { .. } => true,
            LegState::Offered => by_number(leg),
            LegState::Talking | LegState::Leaving(_) => false,
        };
        let rings = facts.legs.values().any(proven);
        if rings || self.resting.values().any(|rest| matches!(rest, Rest::UntilFree(_))) {
            self.nothing_since = None;
        } else {
            self.nothing_since.get_or_insert(now.mono);
        }
        self.await_news(facts, phones);
        self.announce(now, facts);
    }

    fn announce(&mut self, now: Now, facts: &mut Facts) {
        if anything_rings(facts) {
            let announce = match self.heard {
                Heard::Nothing => true,
                Heard::Ringing { again_at } => again_at <= now.mono,
            };
            if announce {
                facts.tell_caller(Output::Announce);
                self.heard = Heard::Ringing { again_at: now.mono + ANNOUNCE_EVERY };
            }
        } else if let Heard::Ringing { again_at } = self.heard
            && again_at <= now.mono
        {
            // Silence is not announced; the next phone that rings is.
            self.heard = Heard::Nothing;
        }
    }

    /// Nobody is given up while somebody has not been asked: a later wave, or somebody who talks. Whether there was any.
    fn ask_everybody_left(&mut self, now: Now, facts: &mut Facts, phones: &Phones) -> bool {
        let before = facts.legs.len();
        let waves = std::mem::take(&mut self.waves);
        let any_wave = !waves.is_empty();
        self.started.extend(waves.into_iter().flat_map(|(_, wave)| wave.phones));
        self.ring(now, |phone| !any_wave || !phones.talks(phone), facts, phones);
        self.nothing_since = Some(now.mono);
        any_wave || facts.legs.len() > before
    }

    /// Rings every place that is to be rung of those phones of the started waves that `may` be.
    fn ring(&self, now: Now, may: impl Fn(PhoneId) -> bool, facts: &mut Facts, phones: &Phones) {
        for &phone in self.started.iter().filter(|phone| may(**phone)) {
            for &place in phones.by(facts.ways, phone) {
                if self.is_to_be_rung(place, facts) {
                    offer(now, phone, place, facts, phones);
                }
            }
        }
    }

    fn is_to_be_rung(&self, place: BindingId, facts: &Facts) -> bool {
        let rung = |leg: &Leg| leg.binding == Some(place) && !matches!(leg.state, LegState::Leaving(_));
        !self.resting.contains_key(&place) && !facts.legs.values().any(rung)
    }

    /// Somebody is there: it may be rung again.
    fn is_proven(&mut self, binding: BindingId) {
        self.resting.retain(|place, rest| *rest != Rest::UntilProven || *place != binding);
    }

    /// Phones that are left out or said that they are busy are waited for, and places that said nothing.
    fn await_news(&mut self, facts: &Facts, phones: &Phones) {
        let left_out = self.started.iter().filter(|phone| {
            phones.talks(**phone)
                && phones.by(facts.ways, **phone).iter().any(|place| self.is_to_be_rung(*place, facts))
        });
        let resting = self.resting.iter().filter_map(|(place, rest)| match rest {
            Rest::UntilFree(telephone) => Some(Awaited::Freed(*telephone)),
            Rest::UntilProven => Some(Awaited::Proof(*place)),
            Rest::ForThisCall | Rest::Until(_) => None,
        });
        let mut awaited: Vec<Awaited> =
            left_out.map(|phone| Awaited::Freed(phones.telephone(*phone))).chain(resting).collect();
        awaited.sort();
        awaited.dedup();
        self.awaited = awaited;
    }

    /// A mailbox has picked up, or somebody who is busy: for this call that line is not rung again.
    fn nobody_pressed(&mut self, now: Now, id: LegId, facts: &mut Facts) {
        if let Some(place) = screening::drop_leg(now, id, facts) {
            self.resting.insert(place, Rest::ForThisCall);
        }
    }

    fn leg_ended(&mut self, now: Now, id: LegId, end: LegEnd, facts: &mut Facts, phones: &Phones) {
        let Some(leg) = facts.legs.remove(&id) else { return };
        if let LegState::Leaving(_) = leg.state {
            return;
        }
        if end == LegEnd::Cut {
            return facts.note(now, EventKind::Stopped, Some(&leg), "");
        }
        facts.note(now, EventKind::Declined, Some(&leg), &detail(end));
        let again = Rest::Until(now.mono + RING_AGAIN_AFTER);
        // With one line a phone is busy until it has let go of the INVITE that it was told to forget.
        let same = |own: &Leg| phones.telephone(own.phone) == phones.telephone(leg.phone);
        let lets_go = facts.legs.values().any(|own| matches!(own.state, LegState::Leaving(_)) && same(own));
        let rest = match end {
            LegEnd::Busy if lets_go => again,
            LegEnd::Busy if now.mono - leg.offered > DECLINE_WITHIN => again,
            LegEnd::Busy if phones.is_in_another_call(leg.phone, facts.record.id) => {
                Rest::UntilFree(phones.telephone(leg.phone))
            }
            LegEnd::Unavailable(408 | 480 | 500..=599) | LegEnd::NoPorts | LegEnd::NoChannel => again,
            LegEnd::Silent => Rest::UntilProven,
            LegEnd::Declined
            | LegEnd::Busy
            | LegEnd::Unavailable(_)
            | LegEnd::NoSharedCodec
            | LegEnd::Cut
            | LegEnd::Over => Rest::ForThisCall,
        };
        self.resting.extend(leg.binding.map(|binding| (binding, rest)));
        self.met = self.met.max(match end {
            LegEnd::Declined | LegEnd::Busy => Met::Somebody,
            LegEnd::Unavailable(_) | LegEnd::NoSharedCodec => Met::Cannot,
            LegEnd::Silent | LegEnd::NoPorts | LegEnd::NoChannel | LegEnd::Cut | LegEnd::Over => Met::Silence,
        });
    }

    /// What the owner is to know of a caller who is sent away: nothing, where somebody could have picked up, or where the
    /// caller is a colleague.
    fn notice(&self, facts: &Facts, phones: &Phones) -> Option<Notice> {
        let none_rang = match self.met {
            _ if facts.record.direction == Direction::Out => return None,
            Met::Somebody => return None,
            Met::Cannot => NoneRang::NoneCould,
            Met::Silence => NoneRang::NoneReachable,
            Met::Nothing if !facts.legs.is_empty() => NoneRang::NoneReachable,
            Met::Nothing if self.started.is_empty() => NoneRang::NoneOnDuty,
            // It was left alone because somebody talks there.
            Met::Nothing if self.started.iter().any(|phone| !phones.by(facts.ways, *phone).is_empty()) => return None,
            Met::Nothing => NoneRang::NoneRegistered,
        };
        Some(Notice::NoPhoneRang(none_rang))
    }
}

fn caller_left(now: Now, left: CallerLeft, said: Option<Said>, facts: &mut Facts) -> Next {
    let by = match left {
        CallerLeft::HungUp => EndedBy::Caller,
        CallerLeft::Lost | CallerLeft::NotConnected => EndedBy::Network,
    };
    facts.note(now, EventKind::GaveUp, None, "");
    stop_others(now, None, Stop::CallerGaveUp, facts);
    facts.tell_caller(Output::Refuse(Final::Cancelled));
    facts.end_saying(now, Disposition::Missed, Some(by), said);
    Next::Ending
}

fn give_up(now: Now, detail: &str, answer: Final, notice: Option<Notice>, facts: &mut Facts) -> Next {
    if let Some(notice) = notice {
        facts.push(Output::Notify(notice));
    }
    facts.note(now, EventKind::NobodyAnswered, None, detail);
    stop_others(now, None, Stop::NobodyAnswered, facts);
    facts.tell_caller(Output::Refuse(answer));
    facts.end(now, Disposition::Missed, Some(EndedBy::GiveUp));
    Next::Ending
}

/// Whether the caller's own carrier rings this place.
fn is_by_number(place: BindingId, facts: &Facts, phones: &Phones) -> bool {
    facts.ways != Ways::Sip && phones.is_number(place)
}

/// Nobody could talk with the caller by these now; once they are back they are rung again.
fn stop_by_sip(now: Now, facts: &mut Facts, phones: &Phones) {
    let by_sip = |leg: &Leg| leg.binding.is_some_and(|place| !is_by_number(place, facts, phones));
    let legs: Vec<LegId> = facts.legs.iter().filter(|(_, leg)| by_sip(leg)).map(|(id, _)| *id).collect();
    stop(now, legs, Stop::Moved, facts);
}

/// Stops the INVITE to this place that has had no answer yet. Where it rings already it has arrived.
fn stop_at(now: Now, place: BindingId, facts: &mut Facts) {
    let offered = |leg: &Leg| leg.binding == Some(place) && leg.state == LegState::Offered;
    let legs: Vec<LegId> = facts.legs.iter().filter(|(_, leg)| offered(leg)).map(|(id, _)| *id).collect();
    stop(now, legs, Stop::Moved, facts);
}
