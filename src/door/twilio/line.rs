//! One caller's call at Twilio: what was asked and answered, what rings there, and what is to be waited for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::call::event::{Final, Sealed, Ways};
use crate::call::leg::{BindingId, LegId};
use crate::door::sip::Shown;
use crate::now::Mono;
use crate::number;
use crate::routing::plan::PhoneId;
use crate::twilio::Document;
use crate::twilio::read::Status;
use crate::twilio::twiml::Verb;
use crate::twilio::work::Recording;

use super::{Asked, Request, Spoken};

#[derive(Debug)]
pub(super) struct Line {
    pub(super) sid: String,
    pub(super) ways: Ways,
    pub(super) shown: Shown,
    pub(super) spoken: Spoken,
    pub(super) stage: Stage,
    pub(super) waiting: Vec<(Request, Asked)>,
    pub(super) answers: BTreeMap<Asked, Document>,
    /// So many `<Dial>`s and waits were answered.
    pub(super) dials: u32,
    pub(super) running: Option<Running>,
    /// The numbers that are rung, or are about to be.
    pub(super) legs: BTreeMap<LegId, Number>,
    /// Phones that are to be rung by SIP as soon as the caller is here.
    pub(super) held: Vec<(LegId, PhoneId, BindingId)>,
    /// Ringing is to be heard as soon as the caller is here.
    pub(super) announced: bool,
    pub(super) end: Option<End>,
    /// The caller was taken back from us: to be believed gone then, unless something is heard of them.
    pub(super) alone_at: Option<Mono>,
    pub(super) recording: Taped,
    /// When a conversation that we hear nothing of is over at the latest.
    pub(super) talk_until: Option<Mono>,
    /// Who has had the call, once it is forgotten elsewhere.
    pub(super) answered_by: Option<Arc<str>>,
    pub(super) forget_at: Option<Mono>,
}

/// What the caller's call is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Ringing,
    /// The shop is closed: this is heard.
    Greeting(Vec<Verb>),
    Talking,
    Refused(Final),
    Over,
}

/// A number that is rung.
#[derive(Debug)]
pub(super) struct Number {
    pub(super) number: number::Number,
    /// The carrier's name of this leg, once it was heard.
    pub(super) child: Option<String>,
    /// The `<Dial>` that rings it.
    pub(super) dial: Option<u32>,
    /// How it ended there, if that is known.
    pub(super) end: Option<Status>,
}

/// The `<Dial>` that the caller is in.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) nth: u32,
    pub(super) brought: Brought,
    pub(super) since: Mono,
}

/// Whether it has brought the caller to our SIP port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Brought {
    /// It was not to.
    NotAsked,
    NotYet,
    /// By the call of this Call-ID, and no other.
    By(String),
}

/// The caller's call is over, or a conversation; who had it may still be on its way to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) at: Mono,
    pub(super) by: By,
    pub(super) bridged: WithWhom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Caller,
    Staff,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WithWhom {
    /// Nobody, as far as is known.
    Nobody,
    /// Somebody, at the leg of this name where it was said.
    Somebody(Option<String>),
}

/// What the caller has said, at the carrier's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Taped {
    NotKnown,
    /// Nothing was heard of a recording since the caller left: it is looked for, if that stays so until then.
    Missed(Mono),
    /// It is looked for; was told of after all, perhaps.
    Sought(Option<Recording>),
    /// It is being fetched, or was.
    Fetched,
    /// What is kept of it is known, and who has ended the call is not: the call hears of it then at the latest.
    Kept(Sealed, Mono),
}

impl Line {
    pub(super) fn new(sid: String, ways: Ways, shown: Shown, spoken: Spoken) -> Line {
        Line {
            sid,
            ways,
            shown,
            spoken,
            stage: Stage::Ringing,
            waiting: Vec::new(),
            answers: BTreeMap::new(),
            dials: 0,
            running: None,
            legs: BTreeMap::new(),
            held: Vec::new(),
            announced: false,
            end: None,
            alone_at: None,
            recording: Taped::NotKnown,
            talk_until: None,
            answered_by: None,
            forget_at: None,
        }
    }

    /// Keeps an answer for when it is asked for again. What is said to whoever picks up a cell is said as it is then.
    pub(super) fn remember(&mut self, asked: Asked, document: &Document) {
        match asked {
            Asked::Voice | Asked::AfterDial(_) | Asked::Waited(_) | Asked::Earlier(..) | Asked::Recorded => {
                self.answers.insert(asked, document.clone());
            }
            Asked::Screen(_) | Asked::Accepted(_) | Asked::NoKey => {}
        }
    }

    pub(super) fn deadline(&self) -> Option<Mono> {
        let tape = match self.recording {
            Taped::Missed(at) | Taped::Kept(_, at) => Some(at),
            Taped::NotKnown | Taped::Sought(_) | Taped::Fetched => None,
        };
        let end = self.end.as_ref().map(|end| end.at);
        [end, self.alone_at, tape, self.talk_until, self.forget_at].into_iter().flatten().min()
    }
}
