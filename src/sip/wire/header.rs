//! Header lines: split, unfolded, and told apart by name (RFC 3261 §7.3.1, §7.3.3).

use std::borrow::Cow;

use super::{MAX_HEADERS, MAX_LINE};
use crate::sip::text;

/// The headers that are acted upon, or needed for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Accept,
    Allow,
    Authorization,
    CallId,
    Contact,
    ContentEncoding,
    ContentLength,
    ContentType,
    CSeq,
    Event,
    Expires,
    From,
    InfoPackage,
    MaxForwards,
    MinExpires,
    MinSe,
    PAssertedIdentity,
    PCalledPartyId,
    Privacy,
    ReferTo,
    RAck,
    RSeq,
    ProxyAuthenticate,
    ProxyAuthorization,
    Reason,
    RecordRoute,
    Replaces,
    Require,
    RetryAfter,
    Route,
    Server,
    SessionExpires,
    Supported,
    Timestamp,
    To,
    UserAgent,
    Via,
    WwwAuthenticate,
}

const NAMES: [(&str, Name); 50] = [
    ("Via", Name::Via),
    ("v", Name::Via),
    ("From", Name::From),
    ("f", Name::From),
    ("To", Name::To),
    ("t", Name::To),
    ("Call-ID", Name::CallId),
    ("i", Name::CallId),
    ("CSeq", Name::CSeq),
    ("Contact", Name::Contact),
    ("m", Name::Contact),
    ("Content-Length", Name::ContentLength),
    ("l", Name::ContentLength),
    ("Content-Type", Name::ContentType),
    ("c", Name::ContentType),
    ("Max-Forwards", Name::MaxForwards),
    ("Record-Route", Name::RecordRoute),
    ("Route", Name::Route),
    ("Authorization", Name::Authorization),
    ("Proxy-Authorization", Name::ProxyAuthorization),
    ("WWW-Authenticate", Name::WwwAuthenticate),
    ("Proxy-Authenticate", Name::ProxyAuthenticate),
    ("Expires", Name::Expires),
    ("Require", Name::Require),
    ("Supported", Name::Supported),
    ("k", Name::Supported),
    ("P-Asserted-Identity", Name::PAssertedIdentity),
    ("P-Called-Party-ID", Name::PCalledPartyId),
    ("Privacy", Name::Privacy),
    ("Refer-To", Name::ReferTo),
    ("r", Name::ReferTo),
    ("Replaces", Name::Replaces),
    ("Event", Name::Event),
    ("o", Name::Event),
    ("Reason", Name::Reason),
    ("User-Agent", Name::UserAgent),
    ("Server", Name::Server),
    ("Allow", Name::Allow),
    ("Accept", Name::Accept),
    ("Content-Encoding", Name::ContentEncoding),
    ("e", Name::ContentEncoding),
    ("Session-Expires", Name::SessionExpires),
    ("x", Name::SessionExpires),
    ("Min-SE", Name::MinSe),
    ("Min-Expires", Name::MinExpires),
    ("Retry-After", Name::RetryAfter),
    ("Timestamp", Name::Timestamp),
    ("Info-Package", Name::InfoPackage),
    ("RSeq", Name::RSeq),
    ("RAck", Name::RAck),
];

fn name(text: &str) -> Option<Name> {
    // Length and first letter tell nearly all apart; this runs for every header of every message.
    let first = text.as_bytes().first()?.to_ascii_lowercase();
    let may_be = |known: &str| known.len() == text.len() && known.as_bytes()[0].to_ascii_lowercase() == first;
    NAMES.iter().find(|(known, _)| may_be(known) && known.eq_ignore_ascii_case(text)).map(|(_, name)| *name)
}

/// One header that is acted upon: its value trimmed and on one line.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub name: Name,
    pub value: Cow<'a, str>,
}

/// The headers that are acted upon, in order, and the first thing that is wrong with the header lines. What could be
/// read is there all the same, because an answer needs it.
pub(super) struct Fields<'a> {
    pub fields: Vec<Field<'a>>,
    pub fault: Option<&'static str>,
}

/// Reads the lines after the first. `head` has no CR or LF but in line ends.
pub(super) fn fields(head: &str) -> Fields<'_> {
    let mut fields = Fields { fields: Vec::with_capacity(16), fault: None };
    let mut rest = head;
    let mut count = 0;
    while !rest.is_empty() {
        let (line, after) = folded_line(rest);
        rest = after;
        count += 1;
        if count > MAX_HEADERS {
            fields.fault.get_or_insert("too many headers");
            break;
        }
        if let Err(fault) = field(line, &mut fields.fields) {
            fields.fault.get_or_insert(fault);
        }
    }
    fields
}

fn field<'a>(line: &'a str, fields: &mut Vec<Field<'a>>) -> Result<(), &'static str> {
    if line.len() > MAX_LINE {
        return Err("a header is too long");
    }
    let (before, value) = line.split_once(':').ok_or("a header line has no colon")?;
    if before.is_empty() || before.starts_with([' ', '\t']) {
        return Err("a header line has no name");
    }
    // Spaces before the colon are allowed (RFC 3261 §7.3.1); who does not read them there can be smuggled past.
    if let Some(name) = name(before.trim_end_matches([' ', '\t'])) {
        fields.push(Field { name, value: unfolded(value) });
    }
    Ok(())
}

/// The first line of `text` with its continuation lines, and what follows.
fn folded_line(text: &str) -> (&str, &str) {
    let mut end = 0;
    loop {
        match text[end..].find('\n') {
            None => return (text, ""),
            Some(at) => end += at + 1,
        }
        if !text[end..].starts_with([' ', '\t']) {
            return (text[..end].trim_end_matches(['\r', '\n']), &text[end..]);
        }
    }
}

/// Continuation lines joined by one space (RFC 3261 §7.3.1).
fn unfolded(value: &str) -> Cow<'_, str> {
    let value = value.trim_matches([' ', '\t', '\r', '\n']);
    if !value.contains('\n') {
        return Cow::Borrowed(value);
    }
    let mut joined = String::with_capacity(value.len());
    for line in value.split("\r\n").map(text::trim).filter(|line| !line.is_empty()) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(line);
    }
    Cow::Owned(joined)
}
