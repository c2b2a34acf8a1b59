//! What happens while a call lives: one machine for both doors. It knows legs, phones and time; it knows no protocol.
//!
//! A call is in one phase ([`state`]); each phase says what every input means in it. What the caller could hear is held
//! back until the call's row is durable, whatever phase asks for it: see [`Facts::tell_caller`].

pub mod by_phone;
pub mod event;
pub mod leg;
pub mod phones;
pub mod record;
mod state;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::now::{Mono, Now, UnixMs};
use crate::number::Number;
use crate::routing::Outside;
use crate::routing::decision::{Action, Because, Opening, Refusal, Ring};
use crate::routing::plan::{PhoneId, Shop};

use event::{Final, Given, Giver, Input, Medium, Output, Said, Sealed, Stop, Ways};
use leg::{Leg, LegId, LegState, TakenBy};
use phones::{Age, Awaited, Phones, Use};
use record::{CallEvent, CallRecord, Direction, Disposition, EndedBy, EventKind, VoiceMessage};
use state::Phase;

/// How long the store may take for the first row before the journal is asked, and the journal before the call goes on
/// all the same (DESIGN §3, "Logged before heard").
pub const RECORD_WITHIN: Duration = Duration::from_millis(250);

/// One live call.
#[derive(Debug)]
pub struct Call {
    facts: Facts,
    phase: Phase,
}

/// What every phase needs: the row, the legs, and the way out.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) record: CallRecord,
    /// The owner's wishes as they were when the call came: a live call keeps the decision it was given.
    pub(crate) shop: Option<Arc<Shop>>,
    pub(crate) legs: BTreeMap<LegId, Leg>,
    /// The phone of the shop that calls; a customer's call has none.
    pub(crate) made_by: Option<PhoneId>,
    logged: Logged,
    /// What the caller is to be told once the row is durable.
    held: VecDeque<Output>,
    outputs: VecDeque<Output>,
    last_event: u32,
    last_leg: u16,
    interrupted: Interrupted,
    pub(crate) ways: Ways,
}

/// What a phone of the shop does in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtPhone {
    Rings(LegId),
    Talks(LegId),
    HasCalled,
}

/// Who waits for somebody to pick up, in the order in which they are: whoever rings before whoever can at least leave a
/// message, and a customer before a colleague.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waits {
    CustomerRings,
    /// At the greeting, or leaving a message.
    AtTheMachine,
    ColleagueRings,
}

/// What of the machine's is not settled while something else goes on: a person has interrupted it by picking up (DESIGN
/// §3, "Closed"), or the disk refuses what it has recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    Nothing,
    /// The greeting; the beep may have come meanwhile.
    Greeting,
    /// The recording that began then. What was said so far is being made safe.
    Recording {
        since: UnixMs,
    },
    /// The log says that this recording could not be kept. The disk may take it yet.
    Refused {
        since: UnixMs,
    },
}

/// What a call begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    Decided(Action),
    /// It was decided that it rings, by these ways.
    Rings(Ring, Ways),
    /// A phone of the shop has dialled a number outside.
    Dial(Dial),
    /// Phones of the shop are rung: whoever lifts one is put through to a number outside.
    Lift(Lift),
    /// Whatever was decided, this caller cannot be connected to anybody.
    Unservable(Final),
    /// It was decided to take this call, but there are no ports left for its sound: as many talk as can. So it is one that
    /// nobody took, of this kind.
    NoPorts(Disposition),
}

/// A call to a number outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// Who calls.
    pub phone: PhoneId,
    pub name: Arc<str>,
    pub to: Outside,
    /// So many ways there are to be asked by, one after the other.
    pub carriers: usize,
}

/// A call back to somebody outside, which begins with a ring at home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lift {
    pub occasion: Occasion,
    pub phones: Vec<Lifter>,
    pub then: Then,
    /// So long they ring.
    pub within: Duration,
}

/// A phone that rings for a call back, and by what the log knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifter {
    pub phone: PhoneId,
    pub user: String,
}

/// Why phones ring for a call back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The customer has just given up: nobody has asked for it.
    Missed,
    /// Somebody who looks at the page has.
    Asked,
    /// Nobody is called: somebody wants to know whether the phone rings.
    Drill,
    /// Nobody is called either: somebody wants to say the greeting's own words.
    Speak,
}

/// What becomes of whoever lifts such a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// They are put through to this customer; carriers as in [`Dial`].
    Calls { to: Number, carriers: usize },
    /// It has rung: that is all.
    HangsUp,
    /// A machine listens to them.
    Speaks,
}

/// What came of ringing a phone to see whether it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drilled {
    /// It was asked, and has said nothing yet.
    Asked,
    Rings,
    /// It rang, and somebody lifted it.
    Lifted,
    /// It rang, and nobody lifted it.
    Rang,
    /// It did not ring.
    Silent,
}

/// How far somebody is who wants to say the greeting's own words at a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dictating {
    /// The phone was asked to ring.
    Asked,
    Rings,
    /// Nobody lifted it, or a customer called.
    NotLifted,
    /// They hear what they are to do.
    IsTold,
    Speaks,
    IsOver,
}

/// Whether the call's row is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Logged {
    /// There is no row: nobody outside is concerned yet.
    Unwritten,
    Asked {
        medium: Medium,
        until: Mono,
    },
    Durable,
    /// Neither store nor journal answered in time: the call goes first (and is counted).
    Unheard,
}

/// Whether an answer could be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Withdrawn {
    Yes,
    TooLate,
}

impl Call {
    /// A call that has just arrived. `record` is its first row.
    pub fn new(now: Now, record: CallRecord, shop: Option<Arc<Shop>>, begin: Begin, phones: &Phones) -> Call {
        let mut facts = Facts {
            record,
            shop,
            legs: BTreeMap::new(),
            made_by: None,
            logged: Logged::Asked { medium: Medium::Store, until: now.mono + RECORD_WITHIN },
            held: VecDeque::new(),
            outputs: VecDeque::new(),
            last_event: 0,
            last_leg: 0,
            interrupted: Interrupted::Nothing,
            ways: match &begin {
                Begin::Rings(_, ways) => *ways,
                Begin::Decided(_) | Begin::Dial(_) | Begin::Lift(_) | Begin::Unservable(_) | Begin::NoPorts(_) => {
                    Ways::Sip
                }
            },
        };
        let phase = match begin {
            Begin::Decided(Action::Ring(ring)) | Begin::Rings(ring, _) => {
                facts.note(now, EventKind::Arrived, None, "");
                Phase::Ringing(state::ringing::Ringing::begin(now, ring, &mut facts, phones))
            }
            Begin::Decided(Action::TakeMessage { opens }) => {
                let opening = Opening::of(opens, &facts.record.because);
                Phase::Greeting(state::greeting::Greeting::begin(now, opening, &mut facts))
            }
            Begin::Decided(Action::Refuse(Refusal::Blocked)) => facts.turn_away(now, Disposition::Refused, Final::Busy),
            Begin::Decided(Action::Refuse(Refusal::NotOurNumber)) => {
                facts.turn_away(now, Disposition::Refused, Final::NotFound)
            }
            Begin::Dial(dial) => Phase::Dialling(state::dialling::Dialling::begin(now, dial, &mut facts)),
            Begin::Lift(lift) => {
                facts.logged = Logged::Unwritten;
                state::lifting::Lifting::begin(now, lift, &mut facts, phones)
            }
            Begin::NoPorts(disposition) => facts.no_ports(now, disposition),
            Begin::Unservable(answer) => facts.turn_away(now, Disposition::Refused, answer),
        };
        // The row goes first in line, with all that is a fact already; the phones' INVITEs do not wait for it.
        if facts.logged != Logged::Unwritten {
            facts.outputs.push_front(Output::Record { medium: Medium::Store, record: Box::new(facts.record.clone()) });
        }
        Call { facts, phase }
    }

    /// The same, made by a phone of the shop.
    pub fn made_by(mut self, phone: Option<PhoneId>) -> Call {
        self.facts.made_by = phone;
        self
    }

    /// Something happened.
    pub fn handle(&mut self, now: Now, input: Input, phones: &Phones) {
        if let Input::Recorded = input {
            self.facts.recorded(Logged::Durable);
        }
        if let Input::Timeout = input {
            self.facts.log_is_late(now);
        }
        if let (Input::Given(Given { by: Giver::Maker, phone, .. }), Phase::Talking(_)) = (&input, &self.phase) {
            self.facts.made_by = Some(*phone);
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Ending);
        self.phase = phase.on(now, input, &mut self.facts, phones);
    }

    /// What to do, until there is no more.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.facts.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is wanted at the latest.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let log = match self.facts.logged {
            Logged::Asked { until, .. } => Some(until),
            Logged::Unwritten | Logged::Durable | Logged::Unheard => None,
        };
        [log, self.phase.deadline(&self.facts)].into_iter().flatten().min()
    }

    /// Everybody is gone, everything is said: the call can be forgotten.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Ending)
            && self.facts.legs.is_empty()
            && self.facts.held.is_empty()
            && self.facts.outputs.is_empty()
            && !matches!(self.facts.logged, Logged::Asked { .. })
    }

    /// The row as it stands.
    pub fn record(&self) -> &CallRecord {
        &self.facts.record
    }

    /// The shop that was called, as its owner had set it when the call came.
    pub fn shop(&self) -> Option<&Arc<Shop>> {
        self.facts.shop.as_ref()
    }

    /// The row of a call that a bug of ours ends here and now: a fact already known is kept (DESIGN §3).
    pub fn crashed(mut self, now: Now) -> CallRecord {
        self.facts.record.ended.get_or_insert(now.wall);
        self.facts.record.disposition.get_or_insert(Disposition::Interrupted);
        self.facts.record.ended_by.get_or_insert(EndedBy::Crash);
        self.facts.record
    }

    /// The older call has the smaller.
    pub fn age(&self) -> Age {
        (self.facts.record.started, self.facts.record.id)
    }

    /// The phones that have a leg of this call, or have made it.
    pub fn uses(&self) -> impl Iterator<Item = Use> + Clone {
        // Who has dialled a number outside, and has given that away, is out of it.
        let is_its = |leg: &&Leg| leg.binding.is_some() || self.facts.made_by == Some(leg.phone);
        let legs = self.facts.legs.values().filter(is_its).map(|leg| {
            // Who was told to hang up talks until that is confirmed.
            let talks = matches!(leg.state, LegState::Talking | LegState::Leaving(Stop::Finished | Stop::Lost));
            Use { phone: leg.phone, talks }
        });
        let maker = match self.phase {
            Phase::Ringing(_) | Phase::Greeting(_) | Phase::Dialling(_) => {
                self.facts.made_by.map(|phone| Use { phone, talks: false })
            }
            Phase::Speaking(_) | Phase::Talking(_) | Phase::Transferring(_) => {
                self.facts.made_by.map(|phone| Use { phone, talks: true })
            }
            Phase::Lifting(_) | Phase::Ending => None,
        };
        maker.into_iter().chain(legs)
    }

    /// What the caller waits for, beside those phones that ring.
    pub fn awaited(&self) -> &[Awaited] {
        match &self.phase {
            Phase::Ringing(ringing) => ringing.awaited(),
            Phase::Greeting(_) | Phase::Lifting(_) | Phase::Speaking(_) | Phase::Dialling(_) => &[],
            Phase::Talking(_) | Phase::Transferring(_) | Phase::Ending => &[],
        }
    }

    /// Whether the caller waits for somebody to pick up.
    pub fn is_ringing(&self) -> bool {
        matches!(self.phase, Phase::Ringing(_))
    }

    /// Whether the caller may be told anything: the row is durable, or has been waited for long enough.
    pub fn may_be_heard(&self) -> bool {
        !matches!(self.facts.logged, Logged::Asked { .. })
    }

    /// The leg that the caller talks with, also while that one gives them away.
    pub fn connected_with(&self) -> Option<LegId> {
        let talking = self.facts.legs.iter().find(|(_, leg)| leg.state == LegState::Talking);
        talking.map(|(id, _)| *id).filter(|_| matches!(self.phase, Phase::Talking(_) | Phase::Transferring(_)))
    }

    /// When a ringing call is given up at the latest, and when before that another number is to be rung.
    pub fn rings_until(&self, phones: &Phones) -> Option<(Mono, Option<Mono>)> {
        match &self.phase {
            Phase::Ringing(ringing) => Some((ringing.gives_up_at(), ringing.next_number_at(phones))),
            Phase::Greeting(_) | Phase::Lifting(_) | Phase::Speaking(_) | Phase::Dialling(_) => None,
            Phase::Talking(_) | Phase::Transferring(_) | Phase::Ending => None,
        }
    }

    /// Who made this call, where it was a phone of the shop.
    pub fn maker(&self) -> Option<PhoneId> {
        self.facts.made_by
    }

    /// Whether phones ring for a call back that nobody has lifted yet, and why.
    pub fn lifting(&self) -> Option<Occasion> {
        match &self.phase {
            Phase::Lifting(lifting) => Some(lifting.occasion()),
            Phase::Ringing(_)
            | Phase::Greeting(_)
            | Phase::Speaking(_)
            | Phase::Dialling(_)
            | Phase::Talking(_)
            | Phase::Transferring(_)
            | Phase::Ending => None,
        }
    }

    /// Whether there is a row of it, or is to be.
    pub fn is_written(&self) -> bool {
        self.facts.logged != Logged::Unwritten
    }

    /// The leg that the caller talks with, unless the call is being given away.
    pub fn talks_with(&self) -> Option<LegId> {
        match &self.phase {
            Phase::Talking(talking) => Some(talking.winner()),
            Phase::Ringing(_) | Phase::Greeting(_) | Phase::Lifting(_) => None,
            Phase::Speaking(_) | Phase::Dialling(_) | Phase::Transferring(_) | Phase::Ending => None,
        }
    }

    /// This leg, while it is there.
    pub fn leg(&self, leg: LegId) -> Option<&Leg> {
        self.facts.legs.get(&leg)
    }

    /// The phones of the shop that ring or talk in this call, as their colleagues' keys show them. Who calls is in a
    /// conversation, whatever the other side does.
    pub fn at_phones(&self) -> impl Iterator<Item = (PhoneId, AtPhone)> {
        let is_phone = |leg: &&Leg| leg.binding.is_some() && leg.taken_by == TakenBy::PickingUp;
        let legs =
            self.facts.legs.iter().filter(move |(_, leg)| is_phone(leg)).filter_map(|(id, leg)| match leg.state {
                LegState::Ringing => Some((leg.phone, AtPhone::Rings(*id))),
                LegState::Talking => Some((leg.phone, AtPhone::Talks(*id))),
                LegState::Offered | LegState::Screening { .. } | LegState::Leaving(_) => None,
            });
        let is_over = matches!(self.phase, Phase::Ending);
        let maker = self.facts.made_by.filter(|_| !is_over).map(|phone| (phone, AtPhone::HasCalled));
        maker.into_iter().chain(legs)
    }

    /// Whether somebody outside, whom a phone of the shop has called, is in this call; help is not meant.
    pub fn is_out(&self) -> bool {
        let is_out = |leg: &Leg| leg.binding.is_none();
        match self.facts.record.because {
            Because::CalledForHelp => false,
            Because::CalledOut => self.facts.record.ended.is_none(),
            _ => self.facts.legs.values().any(is_out),
        }
    }

    /// Whether somebody could pick up now.
    pub fn waits(&self) -> Option<Waits> {
        match (&self.phase, self.facts.record.direction) {
            (Phase::Ringing(_), Direction::In) => Some(Waits::CustomerRings),
            (Phase::Ringing(_), Direction::Out) => Some(Waits::ColleagueRings),
            (Phase::Greeting(greeting), _) => greeting.is_listened_to().then_some(Waits::AtTheMachine),
            (Phase::Lifting(_) | Phase::Speaking(_) | Phase::Dialling(_), _) => None,
            (Phase::Talking(_) | Phase::Transferring(_) | Phase::Ending, _) => None,
        }
    }

    /// Whether somebody has picked up, and the caller was not told yet: whoever that is may be gone before.
    pub fn may_be_unanswered(&self) -> bool {
        self.facts.held.iter().any(|held| matches!(held, Output::Answer { .. }))
    }

    /// How many of the shop's legs live.
    pub fn legs(&self) -> usize {
        self.facts.legs.len()
    }
}

impl Facts {
    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// Says something to the caller, not before the row is durable (DESIGN §5, L1). A final word replaces ringing that
    /// has not been heard yet.
    pub(crate) fn tell_caller(&mut self, output: Output) {
        match self.logged {
            Logged::Unwritten | Logged::Durable | Logged::Unheard => self.outputs.push_back(output),
            Logged::Asked { .. } => {
                self.held.retain(|held| !matches!(held, Output::Announce));
                self.held.push_back(output);
            }
        }
    }

    /// Takes back an answer that has not left yet, because the row was not durable. Says whether there was one.
    pub(crate) fn withdraw_answer(&mut self) -> Withdrawn {
        let before = self.held.len();
        self.held.retain(|held| !matches!(held, Output::Answer { .. } | Output::Greet(_)));
        if self.held.len() < before { Withdrawn::Yes } else { Withdrawn::TooLate }
    }

    /// From here on somebody outside is concerned: the row is made durable.
    pub(crate) fn write_row(&mut self, now: Now) {
        self.logged = Logged::Asked { medium: Medium::Store, until: now.mono + RECORD_WITHIN };
        let record = Box::new(self.record.clone());
        self.outputs.push_back(Output::Record { medium: Medium::Store, record });
    }

    fn recorded(&mut self, logged: Logged) {
        if let Logged::Asked { .. } = self.logged {
            self.logged = logged;
            self.outputs.append(&mut self.held);
        }
    }

    fn log_is_late(&mut self, now: Now) {
        match self.logged {
            Logged::Asked { medium: Medium::Store, until } if until <= now.mono => {
                self.logged = Logged::Asked { medium: Medium::Journal, until: now.mono + RECORD_WITHIN };
                let record = Box::new(self.record.clone());
                self.outputs.push_back(Output::Record { medium: Medium::Journal, record });
            }
            Logged::Asked { medium: Medium::Journal, until } if until <= now.mono => {
                self.outputs.push_back(Output::Unrecorded);
                self.recorded(Logged::Unheard);
            }
            Logged::Asked { .. } | Logged::Unwritten | Logged::Durable | Logged::Unheard => {}
        }
    }

    /// A line of the call's timeline, where it has one.
    pub(crate) fn note(&mut self, now: Now, kind: EventKind, leg: Option<&Leg>, detail: &str) {
        self.note_at(now, kind, leg.map(|leg| leg.name.clone()), detail);
    }

    /// The same, at the phone of this name.
    pub(crate) fn note_at(&mut self, now: Now, kind: EventKind, phone: Option<Arc<str>>, detail: &str) {
        if self.logged == Logged::Unwritten {
            return;
        }
        self.last_event += 1;
        self.outputs.push_back(Output::Log(CallEvent {
            call: self.record.id,
            seq: self.last_event,
            at: now.wall,
            kind,
            phone,
            detail: detail.to_owned(),
        }));
    }

    /// A call that rings nobody gets its final answer.
    fn turn_away(&mut self, now: Now, disposition: Disposition, answer: Final) -> Phase {
        self.note(now, EventKind::Arrived, None, "");
        self.note(now, EventKind::Refused, None, &answer.detail());
        self.end(now, disposition, None);
        self.tell_caller(Output::Refuse(answer));
        Phase::Ending
    }

    /// Busy is what a shop is whose lines are all taken; 503 would send the carrier away from it for minutes (RFC 3261
    /// §21.5.4).
    fn no_ports(&mut self, now: Now, disposition: Disposition) -> Phase {
        self.note(now, EventKind::Arrived, None, "");
        self.note(now, EventKind::Refused, None, "no ports");
        self.end(now, disposition, Some(EndedBy::GiveUp));
        self.tell_caller(Output::Refuse(Final::Busy));
        Phase::Ending
    }

    /// The caller's part is over; by whom, if by anybody. The first end is the one that counts.
    pub(crate) fn end(&mut self, now: Now, disposition: Disposition, by: Option<EndedBy>) {
        self.end_saying(now, disposition, by, None);
    }

    /// The same, with what the side that hung up said of it.
    pub(crate) fn end_saying(&mut self, now: Now, disposition: Disposition, by: Option<EndedBy>, said: Option<Said>) {
        if self.record.ended.is_none() {
            self.record.ended = Some(now.wall);
            self.record.disposition.get_or_insert(disposition);
            self.record.ended_by = by;
            let by = by.map_or("", EndedBy::as_str);
            let detail = said.map_or_else(|| by.to_owned(), |Said(said)| format!("{by}: {said}"));
            self.note(now, EventKind::Ended, None, &detail);
            self.outputs.push_back(Output::Changed(Box::new(self.record.clone())));
        }
    }

    /// Who is on the caller's side: a customer, but where one of the shop's phones called outside.
    pub(crate) fn near(&self) -> EndedBy {
        if self.record.goes_outside() { EndedBy::Staff } else { EndedBy::Caller }
    }

    /// Who is on the other side.
    pub(crate) fn far(&self) -> EndedBy {
        if self.record.goes_outside() { EndedBy::Caller } else { EndedBy::Staff }
    }

    /// The machine was interrupted, and its beep had come all the same: a word may have been recorded.
    pub(crate) fn beep_came(&mut self, now: Now) {
        if self.interrupted == Interrupted::Greeting {
            self.interrupted = Interrupted::Recording { since: now.wall };
        }
    }

    /// What was said to the machine before somebody picked up is a message all the same (DESIGN §5, L4).
    pub(crate) fn interrupted_is_safe(&mut self, now: Now, sealed: Sealed) {
        match (std::mem::replace(&mut self.interrupted, Interrupted::Nothing), sealed) {
            (Interrupted::Recording { since }, sealed) => self.keep(now, since, sealed),
            (Interrupted::Refused { since }, Sealed::Lost) => self.interrupted = Interrupted::Refused { since },
            (Interrupted::Refused { since }, sealed) => self.keep(now, since, sealed),
            (Interrupted::Nothing | Interrupted::Greeting, _) => {}
        }
    }

    /// A recording is over: what is left of it.
    pub(crate) fn keep(&mut self, now: Now, since: UnixMs, sealed: Sealed) {
        match sealed {
            Sealed::Message { length, voice } => {
                self.note(now, EventKind::MessageLeft, None, &length.as_secs().to_string());
                self.push(Output::Keep(VoiceMessage { call: self.record.id, recorded: since, length, voice }));
            }
            Sealed::Nothing => {}
            Sealed::Lost => {
                self.note(now, EventKind::MessageLost, None, "");
                self.interrupted = Interrupted::Refused { since };
            }
        }
    }

    pub(crate) fn new_leg(&mut self, leg: Leg) -> LegId {
        self.last_leg += 1;
        let id = LegId { call: self.record.id, nth: self.last_leg };
        self.legs.insert(id, leg);
        id
    }
}
