//! How a call at Twilio ends: by what is told of it, in whatever order, or by nothing at all.

use std::time::Duration;

use crate::call::Call;
use crate::call::event::{CallerLeft, Final, Input, Sealed};
use crate::call::leg::LegId;
use crate::call::record::{CallId, CallRecord};
use crate::media::Kept;
use crate::now::Now;
use crate::twilio::Work;
use crate::twilio::read::{RecordingState, SpokeUntil};
use crate::twilio::twiml::{Gather, Record, Say};
use crate::twilio::work::Recording;

use super::line::{By, End, Stage, Taped, WithWhom};
use super::{MOST_REMEMBERED, TwilioDoor};

/// News of one call overtake each other by a second or so; what comes later still changes nothing any more.
const OVERTAKING: Duration = Duration::from_secs(3);
/// A caller who left before the beep is recorded nowhere, and nobody says so. A recording is told of within seconds: of whom
/// nothing is told by then, what they said is looked for.
const RECORDING_TOLD_WITHIN: Duration = Duration::from_secs(30);
/// The carrier ends a conversation after four hours (`timeLimit`); one that it has forgotten to tell us of is over then too.
const TALKS_FOR: Duration = Duration::from_secs(4 * 3600 + 60);
/// Questions about a call that is over come again within minutes, if at all.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// DESIGN §3, "Closed".
const SPEAKS_FOR: Duration = Duration::from_secs(180);
const SILENCE: Duration = Duration::from_secs(8);
/// How long a key is waited for behind each saying of the card.
const PRESS: Duration = Duration::from_secs(4);

/// Where the caller speaks.
pub(super) fn record(action: String, ready: String) -> Record {
    Record { at_most: SPEAKS_FOR, silence: SILENCE, action, ready }
}

/// The card, twice.
pub(super) fn gather(say: Say, action: String) -> Gather {
    Gather { says: vec![say.clone(), say], waits: PRESS, action }
}

impl TwilioDoor {
    /// Somebody has pressed a key at this leg.
    pub fn accepted(&mut self, leg: LegId, child: String) {
        self.picked_up(leg, child);
        self.tell(leg.call, Input::Pressed(leg));
        // The conversation may be over already, for all that we know.
        if let Some(End { by, bridged: WithWhom::Somebody(_), .. }) =
            self.lines.get(&leg.call).and_then(|line| line.end.clone())
        {
            self.hung_up_by(leg.call, by, Some(leg));
        }
    }

    /// The caller's call is over.
    pub fn caller_is_gone(&mut self, now: Now, id: CallId) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        if let (Stage::Greeting(_), Taped::Kept(..)) = (&line.stage, &line.recording) {
            return self.caller_spoke(now, id, SpokeUntil::HungUp, None);
        }
        line.end.get_or_insert(End { at: now.mono + OVERTAKING, by: By::Caller, bridged: WithWhom::Nobody });
        self.set_deadline(id);
    }

    /// A conversation is over. With whom it was may have been told, or is about to be.
    pub(super) fn ended(&mut self, now: Now, id: CallId, call: Option<&Call>, by: By, bridged: WithWhom) {
        let with = call.and_then(Call::connected_with);
        let by_number = with.filter(|leg| self.is_number_leg(*leg));
        let Some(line) = self.lines.get_mut(&id) else { return };
        line.end = Some(End { at: now.mono + OVERTAKING, by, bridged });
        if by_number.is_some() {
            self.hung_up_by(id, by, by_number);
        }
        self.set_deadline(id);
    }

    fn hung_up_by(&mut self, id: CallId, by: By, leg: Option<LegId>) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.end = None;
            line.stage = Stage::Over;
        }
        match (by, leg) {
            (By::Staff, Some(leg)) => self.tell(id, Input::LegHungUp(leg, None)),
            (By::Staff, None) | (By::Caller, _) => self.tell(id, Input::CallerLeft(CallerLeft::HungUp, None)),
        }
        self.set_deadline(id);
    }

    /// Time has come for something.
    pub fn handle_timeout(&mut self, now: Now, call: impl Fn(CallId) -> Option<Option<LegId>>) {
        while let Some(id) = self.deadlines.pop_due(now.mono) {
            self.line_timeout(now, id, call(id));
            self.set_deadline(id);
        }
    }

    /// `talks_with`: what is known of the call, if it lives: the leg that it talks with, if any.
    fn line_timeout(&mut self, now: Now, id: CallId, talks_with: Option<Option<LegId>>) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        if line.forget_at.is_some_and(|at| at <= now.mono) {
            return self.forget(id);
        }
        if line.alone_at.take_if(|at| *at <= now.mono).is_some() {
            self.caller_hung_up(id);
            return;
        }
        if line.talk_until.take_if(|at| *at <= now.mono).is_some() {
            self.tell(id, Input::CallerLeft(CallerLeft::Lost, None));
            return;
        }
        if let Taped::Missed(at) = line.recording
            && at <= now.mono
        {
            line.recording = Taped::Sought(None);
            self.work.push_back(Work::SeekRecording { call: id.0, call_sid: line.sid.clone() });
            return;
        }
        if let Taped::Kept(_, at) = line.recording
            && at <= now.mono
        {
            return self.hears_what_is_kept(id);
        }
        let Some(end) = line.end.take_if(|end| end.at <= now.mono) else { return };
        if let Stage::Greeting(_) = line.stage {
            self.caller_spoke(now, id, SpokeUntil::HungUp, None);
            return;
        }
        let known = talks_with.flatten().filter(|leg| self.is_number_leg(*leg));
        let leg = match (known, &end.bridged) {
            (Some(leg), _) => Some(leg),
            (None, WithWhom::Somebody(child)) if talks_with == Some(None) => self.bridged_with(id, child.as_deref()),
            (None, _) => None,
        };
        if let (None, Some(leg)) = (known, leg) {
            // Nobody has told us of the key, but the carrier has connected them.
            self.tell(id, Input::PickedUp(leg));
            self.tell(id, Input::Pressed(leg));
        }
        self.hung_up_by(id, end.by, leg);
    }

    /// The leg of this name; without one, whichever was rung.
    fn bridged_with(&self, id: CallId, child: Option<&str>) -> Option<LegId> {
        let line = self.lines.get(&id)?;
        let of_it = line.legs.iter().find(|(_, leg)| child.is_some() && leg.child.as_deref() == child);
        of_it.or_else(|| line.legs.iter().find(|(_, leg)| leg.dial.is_some())).map(|(leg, _)| *leg)
    }

    // What the call asks.

    /// Somebody has the call.
    pub fn answered(&mut self, now: Now, leg: LegId) {
        let by_number = self.is_number_leg(leg);
        if let Some(line) = self.lines.get_mut(&leg.call) {
            line.stage = Stage::Talking;
            line.alone_at = None;
            // How it is with a call by SIP is seen by its packets.
            line.talk_until = by_number.then_some(now.mono + TALKS_FOR);
            self.set_deadline(leg.call);
        }
    }

    /// The caller is to hear busy.
    pub fn refused(&mut self, call: CallId, answer: Final) {
        if let Some(line) = self.lines.get_mut(&call) {
            line.stage = Stage::Refused(answer);
            let rings_numbers = line.running.is_some() && line.waiting.is_empty() && !line.legs.is_empty();
            // Else the `<Dial>` is over at about the same time.
            if answer == Final::Draining && rings_numbers {
                self.work.push_back(Work::EndCall { call_sid: line.sid.clone() });
            }
        }
    }

    /// The caller is to be hung up on. By SIP it is said there.
    pub fn hung_up(&mut self, call: CallId, is_here: bool) {
        if let Some(line) = self.lines.get_mut(&call) {
            let told_already = line.stage == Stage::Over;
            line.stage = Stage::Over;
            if !is_here && !told_already && line.waiting.is_empty() {
                self.work.push_back(Work::EndCall { call_sid: line.sid.clone() });
            }
        }
    }

    /// The call is over, and its row has its last word.
    pub fn call_is_over(&mut self, now: Now, call: CallId, record: &CallRecord) {
        let Some(line) = self.lines.get_mut(&call) else { return };
        if !matches!(line.stage, Stage::Refused(_)) {
            line.stage = Stage::Over;
        }
        line.answered_by.clone_from(&record.answered_by);
        self.remember(now, call);
    }

    /// A bug of ours has ended it. By SIP its caller is hung up on there.
    pub fn abandon(&mut self, now: Now, call: CallId, is_here: bool) {
        if let Some(line) = self.lines.get_mut(&call) {
            let goes_on = match line.stage {
                Stage::Ringing => line.running.is_some() && !line.legs.is_empty(),
                Stage::Talking => true,
                // Who speaks to the carrier's recorder ends that, and what they have said comes to us.
                Stage::Greeting(_) | Stage::Refused(_) | Stage::Over => false,
            };
            if goes_on && !is_here && line.waiting.is_empty() {
                self.work.push_back(Work::EndCall { call_sid: line.sid.clone() });
            }
            line.stage = match line.stage {
                Stage::Ringing | Stage::Refused(_) => Stage::Refused(Final::Busy),
                // Whom somebody has answered cannot be rejected any more.
                Stage::Greeting(_) | Stage::Talking | Stage::Over => Stage::Over,
            };
            self.remember(now, call);
        }
    }

    /// It is over, and may be asked about once more.
    fn remember(&mut self, now: Now, call: CallId) {
        let Some(line) = self.lines.get_mut(&call) else { return };
        (line.end, line.alone_at, line.talk_until) = (None, None, None);
        line.legs.clear();
        line.held.clear();
        if line.forget_at.replace(now.mono + REMEMBERED_FOR).is_none() {
            self.over.push_back(call);
        }
        self.set_deadline(call);
        if self.over.len() > MOST_REMEMBERED
            && let Some(oldest) = self.over.front().copied()
        {
            self.forget(oldest);
        }
    }

    fn forget(&mut self, call: CallId) {
        if let Some(line) = self.lines.remove(&call) {
            // The carrier may have begun another call under it.
            if self.by_sid.get(&line.sid) == Some(&call) {
                self.by_sid.remove(&line.sid);
            }
            self.waiting.remove(&call);
            self.deadlines.stop(call);
        }
        // They are forgotten in the order in which they were over.
        while self.over.front().is_some_and(|call| !self.lines.contains_key(call)) {
            self.over.pop_front();
        }
    }

    // What the carrier has recorded.

    /// The caller has said what they had to say, or left.
    pub fn caller_spoke(&mut self, now: Now, id: CallId, until: SpokeUntil, recording: Option<Recording>) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        line.end = None;
        if line.recording == Taped::NotKnown {
            line.recording = Taped::Missed(now.mono + RECORDING_TOLD_WITHIN);
        }
        if let Stage::Greeting(_) = line.stage {
            line.stage = Stage::Over;
        }
        self.tell(
            id,
            match until {
                SpokeUntil::HungUp => Input::CallerLeft(CallerLeft::HungUp, None),
                SpokeUntil::Done => Input::RecordingEnded,
            },
        );
        self.hears_what_is_kept(id);
        if let Some(recording) = recording {
            self.fetch(id, recording);
        }
        self.set_deadline(id);
    }

    /// What is kept of the recording is known. Whether the call hears of it later: who has ended it is about to be told.
    pub fn hears_later(&mut self, now: Now, id: CallId, sealed: Sealed) -> bool {
        let Some(line) = self.lines.get_mut(&id) else { return false };
        let Stage::Greeting(_) = line.stage else { return false };
        let is_gone = line.end.is_some();
        line.recording = Taped::Kept(sealed, now.mono + OVERTAKING);
        if is_gone {
            self.caller_spoke(now, id, SpokeUntil::HungUp, None);
        }
        self.set_deadline(id);
        true
    }

    fn hears_what_is_kept(&mut self, id: CallId) {
        if let Some(line) = self.lines.get_mut(&id)
            && let Taped::Kept(sealed, _) = line.recording
        {
            line.recording = Taped::Fetched;
            self.tell(id, Input::Sealed(sealed));
        }
    }

    /// A recording can be fetched, or never will be. Of a call that we do not know too: it may be of before a crash.
    pub fn recording_ready(&mut self, now: Now, id: CallId, recording: Recording, state: RecordingState) {
        match state {
            RecordingState::Ready => self.fetch(id, recording),
            RecordingState::Nothing => {
                self.work.push_back(Work::NoRecording { call: id.0 });
                if self.hears_later(now, id, Sealed::Nothing) {
                    return;
                }
                if let Some(line) = self.lines.get_mut(&id) {
                    line.recording = Taped::NotKnown;
                    self.tell(id, Input::Sealed(Sealed::Nothing));
                    self.set_deadline(id);
                }
            }
            RecordingState::Going => {}
        }
    }

    fn fetch(&mut self, id: CallId, recording: Recording) {
        if let Some(line) = self.lines.get_mut(&id) {
            // The same once more, or a second one of the same call, which must not take the place of the first.
            match &mut line.recording {
                Taped::Fetched | Taped::Kept(..) => return,
                Taped::Sought(told) => {
                    *told = Some(recording);
                    return;
                }
                Taped::NotKnown | Taped::Missed(_) => {}
            }
            line.recording = Taped::Fetched;
            self.set_deadline(id);
        }
        self.work.push_back(Work::FetchRecording { call: id.0, recording });
    }

    /// None was found; whether we have been told of one since, which is fetched then.
    pub fn none_found(&mut self, id: CallId) -> bool {
        let Some(line) = self.lines.get_mut(&id) else { return false };
        let Taped::Sought(told) = &mut line.recording else { return false };
        let told = told.take();
        line.recording = Taped::NotKnown;
        let is_told = told.is_some();
        if let Some(recording) = told {
            self.fetch(id, recording);
        }
        is_told
    }

    /// It was fetched: what is safe here need not be there.
    pub fn fetched(&mut self, recording: Recording, kept: &Kept) {
        match kept {
            Kept::Message { .. } | Kept::Nothing => self.work.push_back(Work::DeleteRecording { recording }),
            Kept::Lost => {}
        }
    }
}
