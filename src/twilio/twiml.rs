//! What we answer: a document of verbs, each a type of its own, with every attribute whose default would bite. The writer
//! escapes; nothing else writes XML.

use std::time::Duration;

use super::Profile;
use crate::number::Number;
use crate::routing::Plan;
use crate::routing::plan::{Language, Line};
use crate::routing::shop_called;

/// Twilio rings no more at once ("Dial: nouns").
pub const MOST_NOUNS: usize = 10;
/// A `<Dial>` rings no shorter; how long it may is for each carrier to say ([`Profile::longest_ring`]).
const SHORTEST_RING: Duration = Duration::from_secs(5);
/// With none of them longer.
const LONGEST_RING: Duration = Duration::from_secs(600);
/// A conversation that nobody ends is ended after this: the carrier's own limit, said so that nobody has to know it.
const LONGEST_TALK: Duration = Duration::from_secs(14_400);

/// A whole answer. Empty: nothing is to be done, or what was begun goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document(pub Vec<Verb>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    Dial(Dial),
    Say(Say),
    /// A sound at this URL.
    Play(String),
    Gather(Gather),
    Record(Record),
    /// As the first verb the caller is not answered while it lasts.
    Pause(Duration),
    /// Asks us again, at this URL.
    Redirect(String),
    /// Without answering: nobody pays.
    Reject(Reject),
    Hangup,
}

/// Rings all of these at once; the first that picks up has the caller, after a screening where there is one. As the first
/// verb it leaves the caller unanswered until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// At most [`MOST_NOUNS`]; more are not written.
    pub nouns: Vec<Noun>,
    /// So long, in whole seconds.
    pub rings: Duration,
    /// Whom those see who are rung, in place of the caller.
    pub caller_id: Option<String>,
    /// Asked when it is over; none where there is nobody to ask.
    pub action: Option<String>,
}

/// Whom a `<Dial>` rings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noun {
    /// A telephone on the public network. `screen`: asked what whoever picks up is to hear first.
    Number { number: String, screen: Option<String>, events: Option<String> },
    /// Ourselves, by a URI with headers.
    Sip { uri: String, events: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    pub text: String,
    pub language: Language,
}

/// Says this and waits for a key; without one what follows happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gather {
    pub says: Vec<Say>,
    /// How long it waits behind each of them, in whole seconds.
    pub waits: Duration,
    /// Where the key is told.
    pub action: String,
}

/// Records what the caller says, after a beep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub at_most: Duration,
    /// So much silence ends it.
    pub silence: Duration,
    /// Asked when it is over. Without, Twilio asks the same URL again, for ever.
    pub action: String,
    /// Told when it can be fetched.
    pub ready: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reject {
    Busy,
    /// "The number you have dialled is not in service."
    NotInService,
}

/// Room for a document that rings a cell or two, with the addresses of all that we are told of them.
const ROOM: usize = 1024;

impl Document {
    pub fn hangup() -> Document {
        Document(vec![Verb::Hangup])
    }

    pub fn reject(reason: Reject) -> Document {
        Document(vec![Verb::Reject(reason)])
    }

    /// As it goes out.
    pub fn write(&self) -> String {
        let mut xml = String::with_capacity(ROOM);
        xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>");
        for verb in &self.0 {
            verb.write(&mut xml);
        }
        xml.push_str("</Response>\n");
        xml
    }
}

impl Verb {
    fn write(&self, xml: &mut String) {
        match self {
            Verb::Dial(dial) => dial.write(xml),
            Verb::Say(say) => say.write(xml),
            Verb::Play(url) => element(xml, "Play", &[], url),
            Verb::Gather(gather) => gather.write(xml),
            Verb::Record(record) => record.write(xml),
            Verb::Pause(length) => empty(xml, "Pause", &[("length", &seconds(*length))]),
            Verb::Redirect(url) => element(xml, "Redirect", &[("method", "POST")], url),
            Verb::Reject(Reject::Busy) => empty(xml, "Reject", &[("reason", "busy")]),
            Verb::Reject(Reject::NotInService) => empty(xml, "Reject", &[("reason", "rejected")]),
            Verb::Hangup => empty(xml, "Hangup", &[]),
        }
    }
}

impl Dial {
    fn write(&self, xml: &mut String) {
        let (rings, talk) = (seconds(self.rings.clamp(SHORTEST_RING, LONGEST_RING)), seconds(LONGEST_TALK));
        let mut attributes = vec![("answerOnBridge", "true"), ("timeout", &rings), ("timeLimit", &talk)];
        if let Some(caller_id) = &self.caller_id {
            attributes.push(("callerId", caller_id));
        }
        if let Some(action) = &self.action {
            attributes.extend([("method", "POST"), ("action", action.as_str())]);
        }
        open(xml, "Dial", &attributes);
        for noun in self.nouns.iter().take(MOST_NOUNS) {
            noun.write(xml);
        }
        close(xml, "Dial");
    }
}

/// What we are told of a leg: all of it.
const EVENTS: &str = "initiated ringing answered completed";

impl Noun {
    fn write(&self, xml: &mut String) {
        let (name, called, screen, events) = match self {
            Noun::Number { number, screen, events } => ("Number", number, screen.as_deref(), events.as_deref()),
            Noun::Sip { uri, events } => ("Sip", uri, None, events.as_deref()),
        };
        let mut attributes = Vec::new();
        attributes.extend(screen.into_iter().flat_map(|url| [("method", "POST"), ("url", url)]));
        attributes.extend(events.into_iter().flat_map(|url| {
            [("statusCallbackMethod", "POST"), ("statusCallback", url), ("statusCallbackEvent", EVENTS)]
        }));
        element(xml, name, &attributes, called);
    }
}

impl Say {
    fn write(&self, xml: &mut String) {
        let language = match self.language {
            Language::En => "en-US",
            Language::Es => "es-ES",
        };
        element(xml, "Say", &[("language", language)], &self.text);
    }
}

impl Gather {
    /// Any single key; `actionOnEmptyResult` is false, so that silence goes on to what follows. Twilio says a nested verb
    /// once: each saying has a `<Gather>` of its own.
    fn write(&self, xml: &mut String) {
        let waits = seconds(self.waits);
        let attributes = [
            ("input", "dtmf"),
            ("numDigits", "1"),
            ("timeout", waits.as_str()),
            // The default takes the pound key for the end of the digits, not for a key.
            ("finishOnKey", ""),
            ("actionOnEmptyResult", "false"),
            ("method", "POST"),
            ("action", self.action.as_str()),
        ];
        for say in &self.says {
            open(xml, "Gather", &attributes);
            say.write(xml);
            close(xml, "Gather");
        }
    }
}

impl Record {
    fn write(&self, xml: &mut String) {
        let attributes = [
            ("method", "POST"),
            ("action", self.action.as_str()),
            ("timeout", &seconds(self.silence)),
            ("maxLength", &seconds(self.at_most)),
            // The default is any key.
            ("finishOnKey", "#"),
            ("playBeep", "true"),
            // What is silent at its ends is ours to judge.
            ("trim", "do-not-trim"),
            ("recordingStatusCallbackMethod", "POST"),
            ("recordingStatusCallback", self.ready.as_str()),
            ("recordingStatusCallbackEvent", "completed absent"),
        ];
        empty(xml, "Record", &attributes);
    }
}

/// What is answered without us: it rings the cells of the shop that was called, all at once and without asking for a key,
/// because nobody is there to ask. It needs no time of day: in doubt, ring. Without cells the caller hears busy.
pub fn fallback(plan: &Plan, called: &[String], profile: Profile) -> Document {
    let Some(shop) = shop_called(plan, called) else { return Document::reject(Reject::NotInService) };
    let cells = shop.phones.iter().filter_map(|phone| match &phone.line {
        Line::Cell { number } => Some(number),
        Line::Registers { .. } | Line::Fixed { .. } => None,
    });
    let unasked = |number: &Number| Noun::Number { number: number.as_str().to_owned(), screen: None, events: None };
    let nouns: Vec<Noun> = cells.take(MOST_NOUNS).map(unasked).collect();
    if nouns.is_empty() {
        return Document::reject(Reject::Busy);
    }
    let rings = shop.give_up_after.min(profile.longest_ring());
    Document(vec![Verb::Dial(Dial { nouns, rings, caller_id: None, action: None })])
}

/// Whole seconds, rounded up: zero would be "the default".
fn seconds(time: Duration) -> String {
    time.as_millis().div_ceil(1000).max(1).to_string()
}

fn open(xml: &mut String, name: &str, attributes: &[(&str, &str)]) {
    begin(xml, name, attributes);
    xml.push('>');
}

fn close(xml: &mut String, name: &str) {
    xml.push_str("</");
    xml.push_str(name);
    xml.push('>');
}

fn empty(xml: &mut String, name: &str, attributes: &[(&str, &str)]) {
    begin(xml, name, attributes);
    xml.push_str("/>");
}

fn element(xml: &mut String, name: &str, attributes: &[(&str, &str)], text: &str) {
    open(xml, name, attributes);
    escape(xml, text);
    close(xml, name);
}

fn begin(xml: &mut String, name: &str, attributes: &[(&str, &str)]) {
    xml.push('<');
    xml.push_str(name);
    for (name, value) in attributes {
        xml.push(' ');
        xml.push_str(name);
        xml.push_str("=\"");
        escape(xml, value);
        xml.push('"');
    }
}

/// XML 1.0 §2.4; what no XML may hold (§2.2) is left out.
fn escape(xml: &mut String, text: &str) {
    // As nearly all addresses and numbers are: they go out as they came.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')) {
        return xml.push_str(text);
    }
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\'' => xml.push_str("&apos;"),
            '\t' | '\n' | '\r' => xml.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => xml.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let text = "<Dial>&\"'\u{0}\u{b}\u{fffe}\r\n</Say>é".to_owned();
        let said = Document(vec![Verb::Say(Say { text, language: Language::En })]).write();
        let inner = said.split_once("en-US\">").map(|(_, rest)| rest).unwrap_or_default();
        assert_eq!(inner, "&lt;Dial&gt;&amp;&quot;&apos;  &lt;/Say&gt;é</Say></Response>\n");
    }

    #[test]
    fn times_are_whole_seconds_and_never_the_default() {
        for (ms, said) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (20_000, "20")] {
            assert_eq!(seconds(Duration::from_millis(ms)), said);
        }
    }

    #[test]
    fn a_dial_rings_ten_at_most_for_five_seconds_to_ten_minutes() {
        let noun = |n: usize| Noun::Number { number: format!("+3460000000{n}"), screen: None, events: None };
        let nouns = (0..12).map(noun).collect();
        let dial = Dial { nouns, rings: Duration::from_secs(601), caller_id: None, action: None };
        let said = Document(vec![Verb::Dial(dial.clone())]).write();
        assert_eq!(said.matches("<Number>").count(), MOST_NOUNS);
        assert!(said.contains("timeout=\"600\""), "{said}");
        let said = Document(vec![Verb::Dial(Dial { rings: Duration::from_secs(1), ..dial })]).write();
        assert!(said.contains("timeout=\"5\""), "no carrier takes less: {said}");
    }
}
