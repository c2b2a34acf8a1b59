//! Twilio's door: a caller's call is at Twilio, and we are asked what is to become of it. Each question gets a document made
//! from how the call stands at that moment, so that it does not matter in which order questions and news come, how often,
//! or whether some are lost. It knows TwiML and calls, and decides nothing.
//!
//! [`line`]: one caller's call there. [`dials`]: whom a `<Dial>` rings, and what came of it. [`ends`]: how it ends.
//! [`greeting_link`]: where the shop's own greeting is fetched. [`exceptions`]: what cannot be as it is by SIP.

mod dials;
mod ends;
pub mod exceptions;
pub mod greeting_link;
mod line;

pub use dials::AfterAll;

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::call::Call;
use crate::call::event::{Final, Input, Ways};
use crate::call::leg::{BindingId, Leg, LegId};
use crate::call::phones::Phones;
use crate::call::record::CallId;
use crate::now::{Mono, Now};
use crate::number::Number;
use crate::routing::caller_id::CallerId;
use crate::routing::plan::{Country, Language, PhoneId};
use crate::sip::auth::NonceSecret;
use crate::sip::transaction::timer::Deadlines;
use crate::sip::uri::Uri;
use crate::spoken_card;
use crate::twilio::read::Status;
use crate::twilio::target::GREETING;
use crate::twilio::twiml::{Reject, Say, Verb};
use crate::twilio::{Document, Profile, Target, Work};
use crate::utterance::SpokenName;

use super::sip::{Shown, Told};
use super::token::Tokens;
use greeting_link::{GreetingId, GreetingLinks};
use line::{Line, Number as NumberLeg, Stage};

/// Calls that are over are remembered for so many at most: their last questions come within seconds.
const MOST_REMEMBERED: usize = 10_000;

/// How calls by webhook are taken.
#[derive(Clone, Debug)]
pub struct TwilioSettings {
    /// Where the carrier reaches us, without a trailing slash.
    pub public_url: String,
    pub profile: Profile,
    pub ring: RingBy,
    /// Where the carrier reaches our SIP port: `sip:pbx.example.com;transport=tls`, without a user. `None`: nowhere.
    pub sip: Option<Uri>,
}

/// Who rings the phones of an open shop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RingBy {
    /// The carrier: our own phones by one leg to us where it can reach us, cells by their numbers.
    #[default]
    Dial,
    /// We: the carrier brings the caller to our SIP port.
    Sip,
}

/// The name of a question, until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request(pub u64);

/// What is asked of a call. The same question gets the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    Voice,
    AfterDial(u32),
    Waited(u32),
    /// The caller's call goes on by what another call of ours had answered, before a crash or before it was over.
    Earlier(uuid::Uuid, u32),
    Recorded,
    /// Somebody, or something, has picked up this leg's telephone.
    Screen(LegId),
    /// They have pressed a key.
    Accepted(LegId),
    /// They have pressed none, and say so.
    NoKey,
}

/// What is said to whoever picks up a cell, and to a caller of the closed shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    pub language: Language,
    pub country: Country,
    /// The owner's name for the caller.
    pub name: Option<SpokenName>,
    pub caller: CallerId,
    /// Which call of theirs it is; 0 when nobody can count.
    pub nth: u32,
}

impl Spoken {
    /// "Jo Miller, third call. Press any key." Put into words only where somebody picks up: of most calls nobody hears it.
    fn card(&self) -> String {
        spoken_card::card(self.language, self.country, self.name.as_ref(), &self.caller, self.nth).text()
    }
}

/// How a closed shop greets there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Greets {
    /// In these words, by the carrier's voice.
    Said(String),
    /// With a sound that the carrier fetches from us.
    Played(GreetingId),
}

/// See the module.
#[derive(Debug)]
pub struct TwilioDoor {
    settings: Option<TwilioSettings>,
    tokens: Tokens,
    greetings: GreetingLinks,
    /// Boxed, as the calls are.
    lines: HashMap<CallId, Box<Line>>,
    /// Those of them that are over, the oldest first.
    over: VecDeque<CallId>,
    by_sid: HashMap<String, CallId>,
    /// Those that wait for a document.
    waiting: BTreeSet<CallId>,
    deadlines: Deadlines<CallId>,
    told: VecDeque<Told>,
    work: VecDeque<Work>,
}

impl TwilioDoor {
    pub fn new(settings: Option<TwilioSettings>, secret: NonceSecret) -> TwilioDoor {
        TwilioDoor {
            settings,
            tokens: Tokens::new(secret.clone()),
            greetings: GreetingLinks::new(secret),
            lines: HashMap::new(),
            over: VecDeque::new(),
            by_sid: HashMap::new(),
            waiting: BTreeSet::new(),
            deadlines: Deadlines::default(),
            told: VecDeque::new(),
            work: VecDeque::new(),
        }
    }

    /// By which ways the phones of a call are rung at first.
    pub fn ways(&self) -> Ways {
        match &self.settings {
            Some(TwilioSettings { sip: Some(_), ring: RingBy::Sip, .. }) => Ways::Sip,
            Some(TwilioSettings { sip: Some(_), ring: RingBy::Dial, .. }) => Ways::SipAndNumbers,
            Some(TwilioSettings { sip: None, .. }) | None => Ways::Numbers,
        }
    }

    /// Whose webhooks they are.
    pub fn profile(&self) -> Profile {
        self.settings.as_ref().map_or(Profile::default(), |settings| settings.profile)
    }

    /// The call of this name of ours, or of the carrier's.
    pub fn find(&self, call: Option<uuid::Uuid>, sid: &str) -> Option<CallId> {
        let ours = call.map(CallId).filter(|call| self.lines.contains_key(call));
        ours.or_else(|| self.by_sid.get(sid).copied())
    }

    /// The call of this carrier's name that was asked this already.
    pub fn was_asked(&self, sid: &str, asked: Asked) -> Option<CallId> {
        let id = self.by_sid.get(sid)?;
        let line = self.lines.get(id)?;
        let waits = line.waiting.iter().any(|(_, known)| *known == asked);
        (waits || line.answers.contains_key(&asked)).then_some(*id)
    }

    /// Whether this call's caller is at Twilio.
    pub fn has(&self, call: CallId) -> bool {
        self.lines.contains_key(&call)
    }

    /// The switchboard has made a call of it.
    pub fn open(&mut self, call: CallId, sid: String, shown: Shown, spoken: Spoken) {
        self.by_sid.insert(sid.clone(), call);
        self.lines.insert(call, Box::new(Line::new(sid, self.ways(), shown, spoken)));
    }

    /// A question that is answered as soon as it can be: see [`TwilioDoor::answers`].
    pub fn ask(&mut self, call: CallId, request: Request, asked: Asked) {
        if let Some(line) = self.lines.get_mut(&call) {
            line.waiting.push((request, asked));
            self.waiting.insert(call);
        }
    }

    pub fn poll_told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    pub fn poll_work(&mut self) -> Option<Work> {
        self.work.pop_front()
    }

    pub fn poll_timeout(&self) -> Option<Mono> {
        self.deadlines.next()
    }

    /// The calls with questions that have no answer yet.
    pub fn waiting(&self) -> Vec<CallId> {
        self.waiting.iter().copied().collect()
    }

    /// The answers that this call can give now.
    pub fn answers(&mut self, now: Now, id: CallId, call: Option<&Call>, phones: &Phones) -> Vec<(Request, Document)> {
        let Some(line) = self.lines.get_mut(&id) else {
            self.waiting.remove(&id);
            return Vec::new();
        };
        if call.is_some_and(|call| !call.may_be_heard()) {
            return Vec::new();
        }
        self.waiting.remove(&id);
        let mut answers = Vec::new();
        for (request, asked) in std::mem::take(&mut line.waiting) {
            let same = self.lines.get(&id).and_then(|line| line.answers.get(&asked)).cloned();
            let document = same.unwrap_or_else(|| {
                let document = self.document(now, id, call, phones, asked);
                if let Some(line) = self.lines.get_mut(&id) {
                    line.remember(asked, &document);
                }
                document
            });
            answers.push((request, document));
        }
        self.set_deadline(id);
        answers
    }

    fn document(&mut self, now: Now, id: CallId, call: Option<&Call>, phones: &Phones, asked: Asked) -> Document {
        let Some(line) = self.lines.get(&id) else { return Document::hangup() };
        match asked {
            Asked::Screen(leg) => {
                let is_asked = call.and_then(|call| call.leg(leg)).is_some_and(Leg::is_screened);
                return if is_asked { self.screen(line, id, leg) } else { too_late(line, call) };
            }
            Asked::Accepted(leg) => {
                let has_it = call.is_some_and(|call| call.connected_with() == Some(leg));
                return if has_it { Document::default() } else { too_late(line, call) };
            }
            Asked::NoKey => return Document::hangup(),
            Asked::Voice | Asked::AfterDial(_) | Asked::Waited(_) | Asked::Earlier(..) | Asked::Recorded => {}
        }
        match &line.stage {
            Stage::Ringing => match call.and_then(|call| call.rings_until(phones)) {
                Some(until) if asked != Asked::Recorded => self.dial(now, id, until),
                Some(_) | None => Document::hangup(),
            },
            Stage::Greeting(_) if asked == Asked::Recorded => Document::hangup(),
            Stage::Greeting(verbs) => {
                let greeting = Document(verbs.clone());
                self.work.push_back(Work::AwaitRecording { call: id.0, call_sid: line.sid.clone() });
                self.tell(id, Input::Greeted);
                greeting
            }
            Stage::Refused(Final::NotFound) => Document::reject(Reject::NotInService),
            Stage::Refused(_) => Document::reject(Reject::Busy),
            Stage::Talking | Stage::Over => Document::hangup(),
        }
    }

    fn tell(&mut self, call: CallId, input: Input) {
        self.told.push_back(Told::Call(call, input));
    }

    fn url(&self, target: Target) -> String {
        let public_url = self.settings.as_ref().map_or("", |settings| settings.public_url.as_str());
        format!("{public_url}{}", target.path())
    }

    fn greeting_url(&self, greeting: &GreetingId) -> String {
        let public_url = self.settings.as_ref().map_or("", |settings| settings.public_url.as_str());
        format!("{public_url}{GREETING}{}", self.greetings.write(greeting))
    }

    fn set_deadline(&mut self, call: CallId) {
        match self.lines.get(&call).and_then(|line| line.deadline()) {
            Some(at) => self.deadlines.set(call, at),
            None => self.deadlines.stop(call),
        }
    }

    // What the call asks.

    /// The row is there, and the shop is closed: these are its greeting and where to speak behind it.
    pub fn greet(&mut self, id: CallId, greets: Greets) {
        let action = self.url(Target::Recorded { call: id.0 });
        let ready = self.url(Target::RecordingReady { call: id.0 });
        let Some(language) = self.lines.get(&id).map(|line| line.spoken.language) else { return };
        let greeting = match greets {
            Greets::Said(text) => Verb::Say(Say { text, language }),
            Greets::Played(greeting) => Verb::Play(self.greeting_url(&greeting)),
        };
        let Some(line) = self.lines.get_mut(&id) else { return };
        line.stage = Stage::Greeting(vec![greeting, Verb::Record(ends::record(action, ready)), Verb::Hangup]);
    }

    /// A cell is to be rung by its number.
    pub fn ring_number(&mut self, leg: LegId, number: Number) {
        if let Some(line) = self.lines.get_mut(&leg.call) {
            line.legs.insert(leg, NumberLeg { number, child: None, dial: None, end: None });
        }
    }

    /// A phone is to be rung by SIP, once the caller is here.
    pub fn hold(&mut self, leg: LegId, phone: PhoneId, binding: BindingId) {
        if let Some(line) = self.lines.get_mut(&leg.call) {
            line.held.push((leg, phone, binding));
        }
    }

    /// Whether this place of a call's is rung by its number.
    pub fn rings_by_number(&self, call: CallId, place: BindingId, phones: &Phones) -> bool {
        self.lines.get(&call).is_some_and(|line| line.ways != Ways::Sip) && phones.is_number(place)
    }

    /// This leg is to stop. Whether it was one of ours: then it is over.
    pub fn stop(&mut self, leg: LegId) -> bool {
        let Some(line) = self.lines.get_mut(&leg.call) else { return false };
        let held = line.held.len();
        line.held.retain(|(known, ..)| *known != leg);
        let ours = line.legs.remove(&leg).is_some() || line.held.len() < held;
        if ours {
            self.tell(leg.call, Input::LegEnded(leg, crate::call::event::LegEnd::Over));
        }
        ours
    }

    /// Whether this leg is a number's.
    pub fn is_number_leg(&self, leg: LegId) -> bool {
        self.lines.get(&leg.call).is_some_and(|line| line.legs.contains_key(&leg))
    }

    /// Ringing is to be heard, once the caller is here.
    pub fn announce(&mut self, call: CallId) {
        if let Some(line) = self.lines.get_mut(&call) {
            line.announced = true;
        }
    }

    // What the carrier tells.

    /// Something has happened at a leg.
    pub fn leg_changed(&mut self, leg: LegId, child: String, status: Status) {
        let Some(known) = self.lines.get_mut(&leg.call).and_then(|line| line.legs.get_mut(&leg)) else { return };
        known.child = Some(child);
        match status {
            Status::Ringing => self.tell(leg.call, Input::Rings(leg)),
            status if status.is_final() => known.end = Some(status),
            _ => {}
        }
    }

    /// Somebody, or something, has picked up there.
    pub fn picked_up(&mut self, leg: LegId, child: String) {
        if let Some(line) = self.lines.get_mut(&leg.call) {
            line.alone_at = None;
            if let Some(known) = line.legs.get_mut(&leg) {
                known.child = Some(child);
            }
        }
        self.tell(leg.call, Input::PickedUp(leg));
    }

    fn screen(&self, line: &Line, id: CallId, leg: LegId) -> Document {
        let say = Say { text: line.spoken.card(), language: line.spoken.language };
        let action = self.url(Target::Accepted { call: id.0, leg: leg.nth });
        Document(vec![Verb::Gather(ends::gather(say, action)), Verb::Hangup])
    }
}

/// "Counter has it.", or that the caller is gone.
fn too_late(line: &Line, call: Option<&Call>) -> Document {
    let language = line.spoken.language;
    let answered_by = match (call, &line.answered_by) {
        (Some(call), _) => call.record().answered_by.clone(),
        (None, answered_by) => answered_by.clone(),
    };
    let words = match answered_by {
        Some(name) => spoken_card::taken(language, Some(&written(&name))),
        None => spoken_card::gone(language),
    };
    Document(vec![Verb::Say(Say { text: words.text(), language }), Verb::Hangup])
}

/// A name without a sound: it is only written, and the carrier's voice says it.
pub fn written(name: &str) -> SpokenName {
    SpokenName { text: SpokenName::written(name).to_owned(), samples: [].into() }
}
