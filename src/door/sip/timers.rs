//! The session timers of all dialogs: those that we are to refresh are refreshed, by UPDATE where the other side has it
//! (RFC 4028 §7.4) and else by re-INVITE; one that runs out ends its call.

use std::collections::HashMap;
use std::time::Duration;

use crate::now::{Mono, Now};
use crate::sip::message::{Header, Method, Received};
use crate::sip::session_timer::{Due, SessionTimer};
use crate::sip::transaction::timer::Deadlines;

use super::presence::Why;
use super::{Party, SipDoor};

/// Something else is being asked or answered: the refresh waits for it.
const MEANWHILE: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Timers {
    running: HashMap<Party, Running>,
    deadlines: Deadlines<Party>,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    timer: SessionTimer,
    by: By,
}

/// How they are refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Update,
    /// Which every telephone can answer.
    Reinvite,
}

impl Timers {
    /// We are to say 2xx to this INVITE or UPDATE of theirs. The answer is what the 2xx says of it.
    pub(super) fn accepting(&mut self, now: Mono, party: Party, request: &Received) -> Vec<Header> {
        let before = self.running.get(&party).map(|running| running.timer);
        match SessionTimer::accepting(now, request, before) {
            Some((timer, headers)) => {
                self.run(party, timer, request);
                headers
            }
            None => {
                self.stop(party);
                Vec::new()
            }
        }
    }

    /// They have said 2xx to an INVITE or UPDATE of ours.
    pub(super) fn accepted(&mut self, now: Mono, party: Party, ok: &Received) {
        match SessionTimer::accepted(now, ok) {
            Some(timer) => self.run(party, timer, ok),
            None => self.stop(party),
        }
    }

    fn run(&mut self, party: Party, timer: SessionTimer, said: &Received) {
        let before = self.running.get(&party).map_or(By::Reinvite, |running| running.by);
        let by = match &said.allow {
            Some(methods) if methods.contains(&Method::Update) => By::Update,
            Some(_) => By::Reinvite,
            None => before,
        };
        self.running.insert(party, Running { timer, by });
        self.deadlines.set(party, timer.next());
    }

    /// The dialog of `from` is now that of `to`.
    pub(super) fn passes_to(&mut self, from: Party, to: Party) {
        let running = self.running.remove(&from);
        self.stop(from);
        if let Some(running) = running {
            self.running.insert(to, running);
            self.deadlines.set(to, running.timer.next());
        }
    }

    /// The dialog is over, or has no timer any more.
    pub(super) fn stop(&mut self, party: Party) {
        self.running.remove(&party);
        self.deadlines.stop(party);
    }

    /// The dialog is another party's from now on.
    pub(super) fn rename(&mut self, before: Party, party: Party) {
        if let Some(running) = self.running.remove(&before) {
            self.deadlines.stop(before);
            self.deadlines.set(party, running.timer.next());
            self.running.insert(party, running);
        }
    }

    pub(super) fn runs(&self, party: Party) -> bool {
        self.running.contains_key(&party)
    }

    /// What a re-INVITE or UPDATE of ours says of it.
    pub(super) fn headers(&self, party: Party) -> Vec<Header> {
        self.running.get(&party).map(|running| running.timer.headers()).unwrap_or_default()
    }

    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        self.deadlines.next()
    }

    /// Does this with the timer of this dialog, if it has one.
    fn change(&mut self, party: Party, change: impl FnOnce(&mut Running)) {
        if let Some(running) = self.running.get_mut(&party) {
            change(running);
            self.deadlines.set(party, running.timer.next());
        }
    }
}

impl SipDoor {
    pub(super) fn timers_timeout(&mut self, now: Now) {
        // Each once: what is due again at this very moment is so in the next turn.
        let due: Vec<Party> = std::iter::from_fn(|| self.timers.deadlines.pop_due(now.mono)).collect();
        for party in due {
            let Some(Running { timer, by }) = self.timers.running.get(&party).copied() else { continue };
            match timer.due(now.mono) {
                Due::Over => self.is_gone(now, party),
                Due::Refresh => self.refresh(now, party, by),
                Due::Nothing => self.timers.deadlines.set(party, timer.next()),
            }
        }
    }

    fn refresh(&mut self, now: Now, party: Party, by: By) {
        let asked = self.ask(now, party, Why::Timer(by));
        self.timers.change(party, |running| match asked {
            true => running.timer.refreshing(),
            false => running.timer.again_after(now.mono, MEANWHILE),
        });
    }

    /// A refresh was refused, by somebody who knows the call.
    pub(super) fn refresh_refused(&mut self, now: Now, party: Party, by: By, response: &Received) {
        let glare = self.glare(party);
        self.timers.change(party, |running| match (response.code().unwrap_or_default(), by) {
            (422, _) => running.timer.is_too_small(now.mono, response.min_se),
            (491, _) => running.timer.again_after(now.mono, glare),
            // It said it had UPDATE.
            (405 | 501, By::Update) => {
                running.by = By::Reinvite;
                running.timer.again_after(now.mono, Duration::ZERO);
            }
            (_, By::Update | By::Reinvite) => match response.retry_after {
                Some(seconds) => running.timer.again_after(now.mono, Duration::from_secs(seconds.into())),
                None => running.timer.refused(now.mono),
            },
        });
    }

    /// How long to wait when both sides have asked at once (RFC 3261 §14.1): whoever has chosen the Call-ID, which is us
    /// towards a phone that was rung, waits longer than the other side, so that they do not meet again.
    fn glare(&mut self, party: Party) -> Duration {
        let tens = match party {
            Party::Phone(leg) if !self.has_dialled(leg) => 210 + self.chance.word() % 191,
            Party::Caller(call) if self.is_ours(call) => 210 + self.chance.word() % 191,
            Party::Phone(_) | Party::Caller(_) => self.chance.word() % 201,
        };
        Duration::from_millis(u64::from(tens) * 10)
    }
}
