//! What every phase of a call needs: the row, the legs, and the way out. What the caller could hear waits here until the
//! row is durable.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::event::{Medium, Output, Said, Sealed, Ways};
use super::leg::{Leg, LegId};
use super::record::{CallEvent, CallRecord, Disposition, EndedBy, EventKind, VoiceMessage};
use crate::now::{Mono, Now, UnixMs};
use crate::routing::plan::{PhoneId, Shop};

/// How long the store may take for the first row before the journal is asked, and the journal before the call goes on
/// all the same (DESIGN §3, "Logged before heard").
pub const RECORD_WITHIN: Duration = Duration::from_millis(250);

/// What every phase needs: the row, the legs, and the way out.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) record: CallRecord,
    /// The owner's wishes as they were when the call came: a live call keeps the decision it was given.
    pub(crate) shop: Option<Arc<Shop>>,
    pub(crate) legs: BTreeMap<LegId, Leg>,
    /// The phone of the shop that calls; a customer's call has none.
    pub(crate) made_by: Option<PhoneId>,
    pub(super) logged: Logged,
    /// What the caller is to be told once the row is durable.
    pub(super) held: VecDeque<Output>,
    pub(super) outputs: VecDeque<Output>,
    pub(super) last_event: u32,
    pub(super) last_leg: u16,
    pub(super) interrupted: Interrupted,
    pub(crate) ways: Ways,
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

/// Whether the call's row is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logged {
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

    pub(super) fn recorded(&mut self, logged: Logged) {
        if let Logged::Asked { .. } = self.logged {
            self.logged = logged;
            self.outputs.append(&mut self.held);
        }
    }

    pub(super) fn log_is_late(&mut self, now: Now) {
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
