//! What only a staff phone does: it is called, rings, is picked up, or is told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use crate::far_end::{End, FarEnd, Leg, Phase, Protects};
use crate::text::{Text, sdp, tag, uri_of};

/// What a phone does with an INVITE by itself.
#[derive(Clone, Copy, Debug)]
pub struct Habit {
    /// After how long it rings (180); `None`: it says nothing until told to.
    pub rings_after: Option<Duration>,
    pub then: Option<(Duration, Act)>,
}

#[derive(Clone, Copy, Debug)]
pub enum Act {
    Ring,
    PickUp,
    Refuse(u16),
}

impl Habit {
    /// Rings at once, until somebody comes.
    pub const RINGS: Habit = Habit { rings_after: Some(Duration::ZERO), then: None };
    /// Takes the INVITE and says nothing.
    pub const SAYS_NOTHING: Habit = Habit { rings_after: None, then: None };

    pub fn refuses(code: u16) -> Habit {
        Habit { rings_after: None, then: Some((Duration::ZERO, Act::Refuse(code))) }
    }
}

impl FarEnd {
    pub(crate) fn invited(&mut self, now: Duration, from: SocketAddr, invite: &Text) {
        let contact = invite.all("contact").first().copied().unwrap_or_else(|| panic!("an INVITE without Contact"));
        assert!(tag(invite.must("from")).is_some(), "an INVITE without a From tag");
        assert!(tag(invite.must("to")).is_none(), "an INVITE for a dialog this phone has never had");
        let call_id = invite.must("call-id").to_owned();
        let own = self.fresh("tag");
        let (local, remote) = (format!("{};tag={own}", invite.must("to")), invite.must("from").to_owned());
        let mut leg = Leg::new(call_id, invite.clone(), local, remote, uri_of(contact).to_owned());
        leg.routes = invite.all("record-route").into_iter().map(str::to_owned).collect();
        leg.cseq = 100;
        leg.send_audio_to = invite.audio();
        leg.to_do.extend(self.habit.rings_after.map(|after| (now + after, Act::Ring)));
        leg.to_do.extend(self.habit.then.map(|(after, act)| (now + after, act)));
        self.legs.push(leg);
        self.sources.push(from);
        if invite.is_protected() && self.protects == Protects::Refuses {
            return self.refuse(now, self.legs.len() - 1, 488);
        }
        self.tick_habits(now);
    }

    pub(crate) fn cancelled(&mut self, now: Duration, from: SocketAddr, leg: usize, cancel: &Text) {
        self.reply(from, cancel, 200, "OK", &[], "");
        if matches!(self.legs[leg].phase, Phase::Trying | Phase::Ringing) {
            self.legs[leg].reasons.extend(cancel.all("reason").into_iter().map(str::to_owned));
            self.say_finally(now, leg, 487, "Request Terminated");
            self.legs[leg].over(End::Cancelled);
        }
    }

    /// 180, if the call still waits for it.
    pub fn ring(&mut self, now: Duration, leg: usize) {
        if self.legs[leg].phase != Phase::Trying {
            return;
        }
        self.legs[leg].phase = Phase::Ringing;
        let (to, invite) = (self.sources[leg], self.legs[leg].invite.clone());
        let mut headers = vec![("Contact", format!("<{}>", self.uri))];
        if self.rings_reliably {
            headers.extend([("Require", "100rel".to_owned()), ("RSeq", "7".to_owned())]);
        }
        self.reply(to, &invite, 180, "Ringing", &headers, "");
        if self.rings_reliably {
            self.repeat_until_acked(now, leg, invite.cseq().0);
        }
    }

    /// 183 with SDP, if the call still waits for an answer.
    pub fn play_early_media(&mut self, leg: usize) {
        let (to, invite) = (self.sources[leg], self.legs[leg].invite.clone());
        let body = sdp(self.audio, "8", "sendrecv", &[]);
        let headers = [("Contact", format!("<{}>", self.uri)), ("Content-Type", "application/sdp".to_owned())];
        self.reply(to, &invite, 183, "Session Progress", &headers, &body);
    }

    /// 200, if the call still waits for it.
    pub fn pick_up(&mut self, now: Duration, leg: usize) {
        if !matches!(self.legs[leg].phase, Phase::Trying | Phase::Ringing) {
            return;
        }
        let (to, invite) = (self.sources[leg], self.legs[leg].invite.clone());
        let offered = invite.payloads();
        let is_keys = |number: &&str| ["97", "101"].contains(number);
        let Some(voice) = self.payloads.split(' ').find(|own| !is_keys(own) && offered.contains(own)) else {
            return self.refuse(now, leg, 488);
        };
        // Whatever number keys are offered by, a phone may want them by its own (RFC 3264 §6.1).
        let keys = self.payloads.split(' ').find(is_keys).filter(|_| offered.contains(&"101"));
        let shared = self.payloads.split(' ').filter(|own| !is_keys(own) && offered.contains(own));
        let voices: Vec<&str> = shared.take(if self.answers_with_all { usize::MAX } else { 1 }).collect();
        let answered = voices.into_iter().chain(keys).collect::<Vec<_>>().join(" ");
        let body = sdp(self.audio, &answered, "sendrecv", &[]);
        self.legs[leg].voice = voice.parse().ok();
        self.legs[leg].phase = Phase::Answered;
        self.legs[leg].to_do.clear();
        self.answer(now, to, leg, &invite, &body);
    }

    /// A final answer that is no 2xx, if the call still waits for one.
    pub fn refuse(&mut self, now: Duration, leg: usize, code: u16) {
        if matches!(self.legs[leg].phase, Phase::Trying | Phase::Ringing) {
            self.say_finally(now, leg, code, "No");
            self.legs[leg].over(End::Refused(code));
        }
    }

    /// Repeated until its ACK (timers G and H).
    fn say_finally(&mut self, now: Duration, leg: usize, code: u16, phrase: &str) {
        let (to, invite) = (self.sources[leg], self.legs[leg].invite.clone());
        let mut extra = Vec::new();
        if (300..400).contains(&code) {
            extra.push(("Contact", "<sip:elsewhere@198.51.100.99:5060>".to_owned()));
        }
        self.reply(to, &invite, code, phrase, &extra, "");
        self.repeat_until_acked(now, leg, invite.cseq().0);
        if let (true, Some(repeat)) = (self.protocol() != "UDP", &mut self.legs[leg].repeat) {
            repeat.next = repeat.until;
        }
    }

    pub(crate) fn tick_habits(&mut self, now: Duration) {
        for at in 0..self.legs.len() {
            while let Some(due) = self.legs[at].to_do.iter().position(|(due, _)| *due <= now) {
                match self.legs[at].to_do.remove(due).1 {
                    Act::Ring => self.ring(now, at),
                    Act::PickUp => self.pick_up(now, at),
                    Act::Refuse(code) => self.refuse(now, at, code),
                }
            }
        }
    }

    /// Calls this phone shows as missed: told to stop, and not because a colleague has the call (RFC 3326).
    pub fn missed_calls(&self) -> usize {
        let elsewhere = |leg: &Leg| leg.reasons.iter().any(|reason| is_completed_elsewhere(reason));
        self.legs.iter().filter(|leg| leg.end == Some(End::Cancelled) && !elsewhere(leg)).count()
    }
}

fn is_completed_elsewhere(reason: &str) -> bool {
    let mut parts = reason.split(';').map(str::trim);
    parts.next() == Some("SIP") && parts.any(|part| part == "cause=200")
}
