//! Twilio, as far as a call goes: it asks us what to do, reads our TwiML, and does it. It dials nouns, asks whoever picks up
//! what our document says, records, and tells of everything, in its own time. Its SIP leg to the shop is the caller's own
//! telephone in these stories.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ringall::twilio::work::Recording;
use ringall::twilio::{Form, Profile, Target, Webhook, Work};

use crate::far_end::{End, Phase};

/// Where the shop is reached by webhook.
pub const PUBLIC_URL: &str = "https://shop.example";
/// A document that comes later is none (reference: "Whole response: 15 s").
pub const PATIENCE: Duration = Duration::from_secs(15);
/// As long as its voice takes for anything.
const SPEECH: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct Twilio {
    pub calls: Vec<Parent>,
    /// The telephones of the public network, by number.
    pub cells: BTreeMap<String, Cell>,
    /// What was asked, and answered.
    pub exchanged: Vec<Exchange>,
    pub work: Vec<Work>,
    /// What was recorded, and of which call.
    pub keeps: Vec<(String, Recording)>,
    /// It cannot reach the shop's SIP port.
    pub sip_is_away: bool,
    /// Callbacks of these paths are never sent.
    pub loses: Vec<&'static str>,
    /// How much later than the others callbacks of these paths are sent.
    pub late: Vec<(&'static str, Duration)>,
    asked: BTreeMap<u64, (Duration, Post)>,
    last: u64,
}

/// One request of Twilio's, and our answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub path: String,
    pub form: String,
    pub document: String,
}

/// A caller's call.
pub struct Parent {
    pub sid: String,
    /// Whose far end it is.
    pub who: usize,
    pub from: String,
    pub to: String,
    pub status: &'static str,
    pub heard: Vec<Heard>,
    script: VecDeque<Element>,
    doing: Doing,
}

/// What the caller heard that is not heard by SIP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Busy,
    NotInService,
    Said(String),
    /// A sound that was fetched at this path.
    Played(String),
    Beep,
    /// Their call was ended.
    HungUp,
    /// Somebody at this number.
    Person(String),
}

enum Doing {
    Nothing,
    Until(Duration),
    Dialling(Box<Dialling>),
    Recording { action: String, ready: String, since: Duration },
    Over,
}

struct Dialling {
    action: Option<String>,
    until: Duration,
    /// The leg of the caller's far end that goes to the shop's SIP port.
    sip: Option<usize>,
    sip_failed: Option<u16>,
    children: Vec<Child>,
    bridged: Option<Bridged>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bridged {
    Sip,
    Child(usize),
}

struct Child {
    sid: String,
    number: String,
    screen: Option<String>,
    events: Option<String>,
    state: ChildState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChildState {
    Ringing,
    /// It has picked up, and hears our words until then.
    Asked(Duration),
    Bridged,
    Over,
}

/// A telephone of the public network.
#[derive(Default, Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// A mailbox: picks up by itself after this.
    pub picks_up_after: Option<Duration>,
    pub heard: Vec<String>,
    pub rung: usize,
}

/// What is to be sent to us.
#[derive(Clone, Debug)]
pub struct Post {
    pub path: String,
    pub form: String,
    /// Whose script goes on with the answer: the parent's, or a child's.
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Nothing,
    /// The caller is gone: whatever the document says.
    Discard,
    Parent(usize),
    Child(usize, usize),
}

/// Of which call of the shop's what was fetched: nothing, where there is none.
type Fetched = (uuid::Uuid, Option<Recording>);

/// What the world is to do for it.
pub enum Deed {
    /// Send this after so long.
    Post(Duration, Post),
    /// This far end calls the shop with this token.
    Call(usize, String, String),
    /// This far end hangs up this leg.
    HangUp(usize, usize),
}

/// One element of our document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub children: Vec<Element>,
    pub text: String,
}

impl Element {
    fn must(&self, name: &str) -> String {
        self.attributes.get(name).cloned().unwrap_or_else(|| panic!("<{}> without {name}", self.name))
    }

    fn seconds(&self, name: &str) -> Duration {
        Duration::from_secs(self.must(name).parse().unwrap_or_else(|_| panic!("<{}> {name} is no time", self.name)))
    }
}

/// Reads one of our documents: what it holds within `<Response>`.
pub fn elements(xml: &str) -> Vec<Element> {
    let (head, rest) = xml.split_once("?>").expect("an XML declaration");
    assert_eq!(head, "<?xml version=\"1.0\" encoding=\"UTF-8\"");
    let mut rest = rest.trim();
    let mut stack = vec![Element::default()];
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        let end = tag.find('>').expect("an end of each tag");
        stack.last_mut().expect("a root").text.push_str(&unescaped(text));
        let (inside, after) = (&tag[1..end], &tag[end + 1..]);
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            let done = stack.pop().expect("as many ends as begins");
            assert_eq!(done.name, name);
            stack.last_mut().expect("a root").children.push(done);
            continue;
        }
        let element = element(inside.trim_end_matches('/'));
        match inside.ends_with('/') {
            true => stack.last_mut().expect("a root").children.push(element),
            false => stack.push(element),
        }
    }
    let root = stack.pop().expect("a root");
    assert!(stack.is_empty() && root.children.len() == 1, "one element is the root: {xml}");
    assert_eq!(root.children[0].name, "Response");
    root.children.into_iter().next().expect("counted a line ago").children
}

fn element(inside: &str) -> Element {
    let (name, mut rest) = inside.split_once(' ').unwrap_or((inside, ""));
    let mut attributes = BTreeMap::new();
    while let Some((key, value)) = rest.split_once("=\"") {
        let (value, after) = value.split_once('"').expect("an end of each value");
        let before = attributes.insert(key.trim().to_owned(), unescaped(value));
        assert!(before.is_none(), "<{name}> has {key} twice");
        rest = after;
    }
    Element { name: name.to_owned(), attributes, ..Element::default() }
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&amp;", "&")
}

fn form(pairs: &[(&str, &str)]) -> String {
    let escaped = |text: &str| {
        let byte = |byte: u8| match byte {
            b' ' => "+".to_owned(),
            b if b.is_ascii_alphanumeric() || b"-._".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        };
        text.bytes().map(byte).collect::<String>()
    };
    pairs.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

/// The path of one of our URLs.
pub fn path(url: &str) -> String {
    url.strip_prefix(PUBLIC_URL).unwrap_or_else(|| panic!("{url} is not at the public URL")).to_owned()
}

/// As a shell reads it, whose signature was good.
pub fn webhook(path: &str, body: &str) -> Webhook {
    let target = Target::parse(path).unwrap_or_else(|| panic!("{path} is none of ours"));
    let form = Form::parse(body.as_bytes()).expect("a form");
    Webhook::read(Profile::Twilio, target, &form, None).unwrap_or_else(|fault| panic!("{path} {body}: {fault}"))
}

impl Twilio {
    /// A customer calls one of its numbers.
    pub fn is_called(&mut self, who: usize, from: &str, to: &str) -> Vec<Deed> {
        let sid = format!("CA{:032x}", 0x1000 + self.calls.len());
        let at = self.calls.len();
        self.calls.push(Parent {
            sid,
            who,
            from: from.to_owned(),
            to: to.to_owned(),
            status: "ringing",
            heard: Vec::new(),
            script: VecDeque::new(),
            doing: Doing::Nothing,
        });
        vec![self.post(at, "/twilio/voice".to_owned(), &[], Then::Parent(at))]
    }

    /// A request about a caller's call, with what all of them say.
    fn post(&self, at: usize, path: String, more: &[(&str, &str)], then: Then) -> Deed {
        let call = &self.calls[at];
        let mut pairs = vec![
            ("AccountSid", "AC00000000000000000000000000000000"),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", call.sid.as_str()),
            ("CallStatus", call.status),
            ("Called", call.to.as_str()),
            ("Caller", call.from.as_str()),
            ("CallerZip", ""),
            ("Direction", "inbound"),
            ("From", call.from.as_str()),
            ("To", call.to.as_str()),
        ];
        for (key, value) in more {
            pairs.retain(|(known, _)| known != key);
            pairs.push((key, value));
        }
        self.deed(Post { form: form(&pairs), path, then })
    }

    fn deed(&self, post: Post) -> Deed {
        let late = self.late.iter().find(|(path, _)| post.path.starts_with(path)).map_or(Duration::ZERO, |(_, by)| *by);
        Deed::Post(Duration::from_millis(20) + late, post)
    }

    fn leg_event(&self, at: usize, child: &Child, status: &str) -> Option<Deed> {
        let events = child.events.as_ref()?;
        let parent = self.calls[at].sid.clone();
        let more = [
            ("CallSid", child.sid.as_str()),
            ("ParentCallSid", parent.as_str()),
            ("CallStatus", status),
            ("Direction", "outbound-dial"),
            ("To", child.number.as_str()),
            ("CallbackSource", "call-progress-events"),
        ];
        Some(self.post(at, events.clone(), &more, Then::Nothing))
    }

    /// It is sent now: the ticket that its answer comes with; `None`: it is lost.
    pub fn sends(&mut self, now: Duration, post: Post) -> Option<(u64, Webhook)> {
        if self.loses.iter().any(|lost| post.path.starts_with(lost)) {
            return None;
        }
        self.last += 1;
        let webhook = webhook(&post.path, &post.form);
        self.asked.insert(self.last, (now, post));
        Some((self.last, webhook))
    }

    /// Our answer.
    pub fn replied(&mut self, now: Duration, ticket: u64, document: String) -> Vec<Deed> {
        let Some((asked, post)) = self.asked.remove(&ticket) else { panic!("an answer to no question: {document}") };
        assert!(now - asked < PATIENCE, "{} was answered after {:?}", post.path, now - asked);
        let verbs = elements(&document);
        self.exchanged.push(Exchange { path: post.path.clone(), form: post.form.clone(), document });
        match post.then {
            Then::Nothing => {
                assert!(verbs.is_empty(), "{} wants no verbs: {verbs:?}", post.path);
                Vec::new()
            }
            Then::Discard => Vec::new(),
            Then::Parent(at) => {
                if matches!(self.calls[at].doing, Doing::Over) {
                    return Vec::new();
                }
                self.calls[at].script = verbs.into();
                self.calls[at].doing = Doing::Nothing;
                self.goes_on(now, at)
            }
            Then::Child(at, child) => self.child_is_told(now, at, child, verbs),
        }
    }

    /// The next verb of a caller's script.
    fn goes_on(&mut self, now: Duration, at: usize) -> Vec<Deed> {
        let Some(verb) = self.calls[at].script.pop_front() else { return self.hangs_up_on(at) };
        match verb.name.as_str() {
            "Reject" => {
                let heard = match verb.must("reason").as_str() {
                    "busy" => Heard::Busy,
                    _ => Heard::NotInService,
                };
                assert_eq!(self.calls[at].status, "ringing", "<Reject> of a call that was answered");
                self.calls[at].heard.push(heard);
                self.calls[at].status = "busy";
                self.is_over(at)
            }
            "Hangup" => self.hangs_up_on(at),
            "Pause" => {
                self.calls[at].doing = Doing::Until(now + verb.seconds("length"));
                Vec::new()
            }
            "Redirect" => vec![self.post(at, path(&verb.text), &[], Then::Parent(at))],
            "Say" => {
                self.calls[at].status = "in-progress";
                self.calls[at].heard.push(Heard::Said(verb.text));
                self.calls[at].doing = Doing::Until(now + SPEECH);
                Vec::new()
            }
            "Play" => {
                self.calls[at].status = "in-progress";
                self.calls[at].heard.push(Heard::Played(path(&verb.text)));
                self.calls[at].doing = Doing::Until(now + SPEECH);
                Vec::new()
            }
            "Record" => {
                assert_eq!(verb.must("finishOnKey"), "#");
                assert_eq!(
                    (verb.must("maxLength"), verb.must("timeout"), verb.must("playBeep")),
                    ("180".into(), "8".into(), "true".into())
                );
                self.calls[at].heard.push(Heard::Beep);
                let (action, ready) = (path(&verb.must("action")), path(&verb.must("recordingStatusCallback")));
                self.calls[at].doing = Doing::Recording { action, ready, since: now };
                Vec::new()
            }
            "Dial" => self.dials(now, at, &verb),
            name => panic!("a caller's document with <{name}>"),
        }
    }

    fn dials(&mut self, now: Duration, at: usize, dial: &Element) -> Vec<Deed> {
        assert_eq!(dial.must("answerOnBridge"), "true", "nobody pays for ringing");
        assert!((1..=10).contains(&dial.children.len()), "{} nouns", dial.children.len());
        let mut dialling = Dialling {
            action: dial.attributes.get("action").map(|url| path(url)),
            until: now + dial.seconds("timeout"),
            sip: None,
            sip_failed: None,
            children: Vec::new(),
            bridged: None,
        };
        let mut deeds = Vec::new();
        for (nth, noun) in dial.children.iter().enumerate() {
            match noun.name.as_str() {
                "Sip" => {
                    let (token, host) = noun.text["sip:".len()..].split_once('@').expect("a token");
                    let token = token.to_owned();
                    assert_eq!((host, token.len() < 255), ("pbx.example", true), "{}", noun.text);
                    // Its place is known once it calls.
                    dialling.sip = Some(usize::MAX);
                    dialling.sip_failed = self.sip_is_away.then_some(503);
                    if !self.sip_is_away {
                        deeds.push(Deed::Call(at, self.calls[at].from.clone(), token));
                    }
                }
                "Number" => {
                    let child = Child {
                        sid: format!("CA{:032x}", 0x10_0000 + self.exchanged.len() * 16 + nth),
                        number: noun.text.clone(),
                        screen: noun.attributes.get("url").map(|url| path(url)),
                        events: noun.attributes.get("statusCallback").map(|url| path(url)),
                        state: ChildState::Ringing,
                    };
                    self.cells.entry(child.number.clone()).or_default().rung += 1;
                    deeds.extend(self.leg_event(at, &child, "initiated"));
                    deeds.extend(self.leg_event(at, &child, "ringing"));
                    dialling.children.push(child);
                }
                name => panic!("<Dial> with <{name}>"),
            }
        }
        self.calls[at].doing = Doing::Dialling(Box::new(dialling));
        deeds
    }

    /// The far end's leg to the shop is this one.
    pub fn calls_by(&mut self, at: usize, leg: usize) {
        if let Doing::Dialling(dialling) = &mut self.calls[at].doing {
            dialling.sip = Some(leg);
        }
    }

    fn hangs_up_on(&mut self, at: usize) -> Vec<Deed> {
        self.calls[at].heard.push(Heard::HungUp);
        self.calls[at].status = "completed";
        self.is_over(at)
    }

    fn is_over(&mut self, at: usize) -> Vec<Deed> {
        self.calls[at].doing = Doing::Over;
        self.calls[at].script.clear();
        vec![self.post(at, "/twilio/status".to_owned(), &[("CallDuration", "1")], Then::Nothing)]
    }

    /// The customer hangs up. The far end's own leg, if it has one, is hung up by itself.
    pub fn caller_hangs_up(&mut self, now: Duration, who: usize) -> Vec<Deed> {
        let Some(at) = self.calls.iter().rposition(|call| call.who == who && !matches!(call.doing, Doing::Over)) else {
            return Vec::new();
        };
        self.calls[at].status = "completed";
        let doing = std::mem::replace(&mut self.calls[at].doing, Doing::Over);
        let mut deeds = Vec::new();
        match doing {
            Doing::Dialling(mut dialling) => {
                let (status, bridged) = match dialling.bridged {
                    Some(_) => ("completed", true),
                    None => ("canceled", false),
                };
                deeds.extend(self.stop_children(at, &mut dialling, None));
                deeds.extend(self.after_dial(at, &dialling, status, bridged, Then::Discard));
            }
            Doing::Recording { action, ready, since } => {
                deeds.push(self.post(at, action, &[("Digits", "hangup")], Then::Discard));
                deeds.push(self.recording(at, ready, now - since));
            }
            Doing::Nothing | Doing::Until(_) | Doing::Over => {}
        }
        deeds.extend(self.is_over(at));
        deeds
    }

    /// The customer presses `#`, or is silent for as long as it takes.
    pub fn caller_is_done(&mut self, now: Duration, who: usize) -> Vec<Deed> {
        let at = self.calls.iter().rposition(|call| call.who == who).expect("a call of theirs");
        let doing = std::mem::replace(&mut self.calls[at].doing, Doing::Nothing);
        let Doing::Recording { action, ready, since } = doing else { panic!("nobody records") };
        let ready = self.recording(at, ready, now - since);
        vec![self.post(at, action, &[("Digits", "#")], Then::Parent(at)), ready]
    }

    /// What `recordingStatusCallback` says; no From, no To.
    fn recording(&mut self, at: usize, ready: String, length: Duration) -> Deed {
        let sid = self.calls[at].sid.clone();
        let recording = format!("RE{:032x}", at + 1);
        let url = format!("https://api.twilio.com/2010-04-01/Accounts/AC0/Recordings/{recording}");
        self.keeps.push((sid.clone(), Recording { sid: recording.clone(), url: url.clone() }));
        let pairs = [
            ("AccountSid", "AC00000000000000000000000000000000"),
            ("CallSid", sid.as_str()),
            ("RecordingSid", recording.as_str()),
            ("RecordingUrl", url.as_str()),
            ("RecordingStatus", "completed"),
            ("RecordingDuration", &length.as_secs().to_string()),
        ];
        let Deed::Post(_, post) = self.deed(Post { path: ready, form: form(&pairs), then: Then::Nothing }) else {
            unreachable!("a post")
        };
        Deed::Post(Duration::from_secs(2), post)
    }

    fn stop_children(&self, at: usize, dialling: &mut Dialling, but: Option<usize>) -> Vec<Deed> {
        let mut deeds = Vec::new();
        for (nth, child) in dialling.children.iter_mut().enumerate().filter(|(nth, _)| Some(*nth) != but) {
            let _ = nth;
            let status = match child.state {
                ChildState::Ringing => "canceled",
                ChildState::Asked(_) | ChildState::Bridged => "completed",
                ChildState::Over => continue,
            };
            child.state = ChildState::Over;
            deeds.extend(self.leg_event(at, child, status));
        }
        deeds
    }

    fn after_dial(&self, at: usize, dialling: &Dialling, status: &str, bridged: bool, then: Then) -> Option<Deed> {
        let child = dialling.children.iter().find(|child| child.state == ChildState::Bridged);
        let sid = match dialling.bridged {
            Some(Bridged::Child(nth)) => Some(dialling.children[nth].sid.clone()),
            _ => child.map(|child| child.sid.clone()),
        };
        let mut more = vec![("DialCallStatus", status), ("DialBridged", if bridged { "true" } else { "false" })];
        more.extend(sid.as_deref().map(|sid| ("DialCallSid", sid)));
        let code = dialling.sip_failed.map(|code| code.to_string());
        more.extend(code.as_deref().map(|code| ("DialSipResponseCode", code)));
        Some(self.post(at, dialling.action.clone()?, &more, then))
    }

    /// The `<Dial>` of a caller who is still there is over.
    fn dial_is_over(&mut self, at: usize, status: &str, bridged: bool) -> Vec<Deed> {
        let Doing::Dialling(mut dialling) = std::mem::replace(&mut self.calls[at].doing, Doing::Nothing) else {
            return Vec::new();
        };
        let mut deeds = self.stop_children(at, &mut dialling, None);
        if let Some(leg) = dialling.sip.filter(|leg| *leg != usize::MAX) {
            deeds.push(Deed::HangUp(self.calls[at].who, leg));
        }
        match self.after_dial(at, &dialling, status, bridged, Then::Parent(at)) {
            Some(action) => deeds.push(action),
            None => deeds.extend(self.hangs_up_on(at)),
        }
        deeds
    }

    /// Which call, and which leg of it, this number is in.
    fn leg_of(&self, number: &str) -> Option<(usize, usize)> {
        self.calls.iter().enumerate().rev().find_map(|(at, call)| {
            let Doing::Dialling(dialling) = &call.doing else { return None };
            let is_it = |child: &Child| child.number == number && child.state != ChildState::Over;
            Some((at, dialling.children.iter().position(is_it)?))
        })
    }

    fn dialling(&mut self, at: usize) -> &mut Dialling {
        match &mut self.calls[at].doing {
            Doing::Dialling(dialling) => dialling,
            _ => panic!("nothing is dialled"),
        }
    }

    pub fn cell_rings(&self, number: &str) -> bool {
        self.leg_of(number).is_some_and(|(at, nth)| match &self.calls[at].doing {
            Doing::Dialling(dialling) => dialling.children[nth].state == ChildState::Ringing,
            _ => false,
        })
    }

    pub fn cell_talks(&self, number: &str) -> bool {
        self.leg_of(number).is_some_and(|(at, nth)| match &self.calls[at].doing {
            Doing::Dialling(dialling) => dialling.bridged == Some(Bridged::Child(nth)),
            _ => false,
        })
    }

    /// Somebody, or something, picks up at this number: the first pickup stops all others, whoever it is.
    pub fn cell_picks_up(&mut self, now: Duration, number: &str) -> Vec<Deed> {
        let Some((at, nth)) = self.leg_of(number) else { return Vec::new() };
        let who = self.calls[at].who;
        let mut doing = std::mem::replace(&mut self.calls[at].doing, Doing::Nothing);
        let Doing::Dialling(dialling) = &mut doing else { unreachable!("it rings") };
        if dialling.bridged.is_some() || dialling.children[nth].state != ChildState::Ringing {
            self.calls[at].doing = doing;
            return Vec::new();
        }
        let mut deeds = self.stop_children(at, dialling, Some(nth));
        if let Some(leg) = dialling.sip.take().filter(|leg| *leg != usize::MAX) {
            deeds.push(Deed::HangUp(who, leg));
        }
        let child = &mut dialling.children[nth];
        child.state = ChildState::Asked(now + PATIENCE);
        let (sid, screen) = (child.sid.clone(), child.screen.clone());
        deeds.extend(self.leg_event(at, &dialling.children[nth], "in-progress"));
        match screen {
            Some(screen) => {
                let parent = self.calls[at].sid.clone();
                let more = [
                    ("CallSid", sid.as_str()),
                    ("ParentCallSid", parent.as_str()),
                    ("CallStatus", "in-progress"),
                    ("Direction", "outbound-dial"),
                ];
                deeds.push(self.post(at, screen, &more, Then::Child(at, nth)));
            }
            None => dialling.bridged = Some(Bridged::Child(nth)),
        }
        self.calls[at].doing = doing;
        deeds
    }

    /// Whoever picked up is told this before they are connected.
    fn child_is_told(&mut self, now: Duration, at: usize, nth: usize, verbs: Vec<Element>) -> Vec<Deed> {
        if !matches!(&self.calls[at].doing, Doing::Dialling(d) if d.children.get(nth).is_some_and(|c| c.state != ChildState::Over))
        {
            return Vec::new();
        }
        let number = self.dialling(at).children[nth].number.clone();
        if verbs.is_empty() {
            self.dialling(at).children[nth].state = ChildState::Bridged;
            self.dialling(at).bridged = Some(Bridged::Child(nth));
            self.calls[at].status = "in-progress";
            self.calls[at].heard.push(Heard::Person(number));
            return Vec::new();
        }
        let mut until = now;
        for verb in &verbs {
            let say = match verb.name.as_str() {
                "Gather" => {
                    assert_eq!(verb.must("actionOnEmptyResult"), "false", "silence must not pass");
                    until += verb.seconds("timeout");
                    verb.children.first()
                }
                "Say" => Some(verb),
                "Hangup" => None,
                name => panic!("a whisper with <{name}>"),
            };
            if let Some(say) = say {
                until += SPEECH;
                self.cells.entry(number.clone()).or_default().heard.push(say.text.clone());
            }
        }
        assert_eq!(
            verbs.last().map(|verb| verb.name.as_str()),
            Some("Hangup"),
            "whoever presses nothing is not connected"
        );
        self.dialling(at).children[nth].state = ChildState::Asked(until);
        Vec::new()
    }

    /// A key is pressed at this number, which has picked up.
    pub fn cell_presses(&mut self, number: &str, key: &str) -> Vec<Deed> {
        let Some((at, nth)) = self.leg_of(number) else { return Vec::new() };
        let document = self.exchanged.iter().rev().find(|exchange| exchange.path.contains("/screen/"));
        let document = elements(&document.expect("it was asked").document);
        let Some(gather) = document.iter().find(|verb| verb.name == "Gather") else { return Vec::new() };
        let (sid, parent) = (self.dialling(at).children[nth].sid.clone(), self.calls[at].sid.clone());
        let more = [
            ("CallSid", sid.as_str()),
            ("ParentCallSid", parent.as_str()),
            ("CallStatus", "in-progress"),
            ("Digits", key),
            ("msg", "Gather End"),
        ];
        vec![self.post(at, path(&gather.must("action")), &more, Then::Child(at, nth))]
    }

    pub fn cell_hangs_up(&mut self, number: &str) -> Vec<Deed> {
        let Some((at, nth)) = self.leg_of(number) else { return Vec::new() };
        let bridged = self.dialling(at).bridged == Some(Bridged::Child(nth));
        self.dial_is_over(at, "completed", bridged)
    }

    pub fn deadline(&self) -> Option<Duration> {
        let of_call = |call: &Parent| match &call.doing {
            Doing::Until(at) => Some(*at),
            Doing::Dialling(dialling) if dialling.bridged.is_none() => {
                let asked = dialling.children.iter().filter_map(|child| match child.state {
                    ChildState::Asked(until) => Some(until),
                    _ => None,
                });
                let asked: Vec<Duration> = asked.collect();
                let ring = asked.is_empty().then_some(dialling.until);
                asked.into_iter().chain(ring).min()
            }
            Doing::Recording { since, .. } => Some(*since + Duration::from_secs(180)),
            Doing::Dialling(_) | Doing::Nothing | Doing::Over => None,
        };
        self.calls.iter().filter_map(of_call).min()
    }

    pub fn tick(&mut self, now: Duration) -> Vec<Deed> {
        let mut deeds = Vec::new();
        for at in 0..self.calls.len() {
            match &mut self.calls[at].doing {
                Doing::Until(until) if *until <= now => {
                    self.calls[at].doing = Doing::Nothing;
                    deeds.extend(self.goes_on(now, at));
                }
                Doing::Recording { since, .. } if *since + Duration::from_secs(180) <= now => {
                    deeds.extend(self.caller_is_done(now, self.calls[at].who));
                }
                Doing::Dialling(dialling) if dialling.bridged.is_none() => {
                    let asked: Vec<Duration> = dialling
                        .children
                        .iter()
                        .filter_map(|child| match child.state {
                            ChildState::Asked(until) => Some(until),
                            _ => None,
                        })
                        .collect();
                    if asked.iter().any(|until| *until <= now) {
                        // Nobody pressed a key: it hangs up, and the others were stopped long ago.
                        deeds.extend(self.dial_is_over(at, "completed", false));
                    } else if asked.is_empty() && dialling.until <= now {
                        deeds.extend(self.dial_is_over(at, "no-answer", false));
                    }
                }
                _ => {}
            }
        }
        deeds
    }

    /// How the legs to the shop's SIP port are now: `phase` of a far end's leg.
    pub fn looks(&mut self, phase: impl Fn(usize, usize) -> (Phase, Option<End>)) -> Vec<Deed> {
        let mut deeds = Vec::new();
        for at in 0..self.calls.len() {
            let who = self.calls[at].who;
            let Doing::Dialling(dialling) = &mut self.calls[at].doing else { continue };
            let failed = match dialling.sip {
                Some(usize::MAX) if dialling.sip_failed.is_some() => Some(503),
                Some(usize::MAX) | None => None,
                Some(leg) => match phase(who, leg) {
                    (Phase::Talking, _) if dialling.bridged.is_none() => {
                        dialling.bridged = Some(Bridged::Sip);
                        let mut doing = std::mem::replace(&mut self.calls[at].doing, Doing::Nothing);
                        if let Doing::Dialling(dialling) = &mut doing {
                            deeds.extend(self.stop_children(at, dialling, None));
                        }
                        self.calls[at].doing = doing;
                        self.calls[at].status = "in-progress";
                        None
                    }
                    (Phase::Over, Some(End::TheyHungUp)) => {
                        deeds.extend(self.dial_is_over(at, "completed", true));
                        None
                    }
                    (Phase::Over, Some(End::Refused(code))) if dialling.bridged.is_none() => Some(code),
                    _ => None,
                },
            };
            if let Some(code) = failed {
                let Doing::Dialling(dialling) = &mut self.calls[at].doing else { continue };
                dialling.sip = None;
                dialling.sip_failed = Some(code);
                if dialling.children.iter().all(|child| child.state == ChildState::Over) {
                    deeds.extend(self.dial_is_over(at, if code == 486 { "busy" } else { "failed" }, false));
                }
            }
        }
        deeds
    }

    /// Something is asked of it by REST.
    pub fn is_asked(&mut self, work: Work) -> (Vec<Deed>, Option<Fetched>) {
        self.work.push(work.clone());
        match work {
            Work::FetchRecording { call, recording } => (Vec::new(), Some((call, Some(recording)))),
            Work::AwaitRecording { .. } | Work::NoRecording { .. } => (Vec::new(), None),
            Work::SeekRecording { call, call_sid } => {
                let found = self.keeps.iter().find(|(sid, _)| *sid == call_sid).map(|(_, recording)| recording.clone());
                (Vec::new(), Some((call, found)))
            }
            Work::DeleteRecording { recording } => {
                self.keeps.retain(|(_, kept)| *kept != recording);
                (Vec::new(), None)
            }
            Work::EndCall { call_sid } => {
                let Some(at) = self.calls.iter().position(|call| call.sid == call_sid) else {
                    return (Vec::new(), None);
                };
                if matches!(self.calls[at].doing, Doing::Over) {
                    return (Vec::new(), None);
                }
                let mut deeds = Vec::new();
                if let Doing::Dialling(mut dialling) = std::mem::replace(&mut self.calls[at].doing, Doing::Nothing) {
                    deeds.extend(self.stop_children(at, &mut dialling, None));
                }
                deeds.extend(self.hangs_up_on(at));
                (deeds, None)
            }
        }
    }

    /// A story speaks for it from here on.
    pub fn is_left_alone(&mut self) {
        self.calls.iter_mut().for_each(|call| call.doing = Doing::Over);
    }

    pub fn is_idle(&self) -> bool {
        self.asked.is_empty() && self.calls.iter().all(|call| matches!(call.doing, Doing::Over))
    }
}
