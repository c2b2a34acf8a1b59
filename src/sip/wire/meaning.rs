//! What the headers mean: the mandatory ones first, then all others (RFC 3261 §8.1.1, §8.2, §20).
//!
//! What a message cannot do without must be right. In a request that goes for Contact, Record-Route and Max-Forwards
//! too; any other header that is malformed is passed over (RFC 3261 §8.2), and so are these three in a response, which
//! may be the one that answers a call.

use super::header::{Field, Name};
use super::{Framing, MAX_TOKEN};
use crate::sip::address::{Address, AddressError, MAX_ADDRESSES};
use crate::sip::message::{
    CSeq, Contacts, Event, RAck, Reason, Received, ReferTo, Refresher, Replaces, SessionExpires, Start, Wanted, method,
};
use crate::sip::text::{self, Quotes, trim};
use crate::sip::uri::{UriError, unescaped};
use crate::sip::via::{self, Via};

/// The most Via values in a message. RFC 4475's deliberately long one has 34.
const MAX_VIAS: usize = 70;

/// The most option tags, media types, methods or reasons that are kept of a message.
const MAX_LISTED: usize = 64;

/// Why a message is not read: what a request is answered, and the cause for whoever looks for it.
pub(super) struct Fault {
    pub code: u16,
    pub why: &'static str,
}

impl Fault {
    pub(super) fn bad(why: &'static str) -> Fault {
        Fault { code: 400, why }
    }
}

/// Understands the headers and cuts the body.
pub(super) fn received(start: Start, fields: &[Field<'_>], body: &[u8], framing: Framing) -> Result<Received, Fault> {
    let (via, vias) = vias(all(fields, Name::Via))?;
    let to = party(once(fields, Name::To, "no To", "two To")?).map_err(|error| match error {
        AddressError::Uri(UriError::UnknownScheme) => Fault { code: 416, why: "To has an unknown scheme" },
        _ => Fault::bad("To is malformed"),
    })?;
    let from = party(once(fields, Name::From, "no From", "two From")?).map_err(|_| Fault::bad("From is malformed"))?;
    let call_id = call_id(once(fields, Name::CallId, "no Call-ID", "two Call-ID")?)?;
    let cseq = cseq(once(fields, Name::CSeq, "no CSeq", "two CSeq")?)?;
    if matches!(&start, Start::Request { method, .. } if *method != cseq.method) {
        return Err(Fault::bad("the CSeq is of another method"));
    }
    let length = content_length(all(fields, Name::ContentLength)).map_err(Fault::bad)?;
    let length = match (length, framing) {
        (Some(length), _) => length,
        (None, Framing::Datagram) => body.len(),
        (None, Framing::Stream) => 0,
    };
    let body = body.get(..length).ok_or(Fault::bad("the body is shorter than Content-Length"))?.to_vec();
    let mut received = Received {
        start,
        via,
        vias,
        from,
        to,
        call_id,
        cseq,
        contacts: Contacts::These(Vec::new()),
        record_routes: Vec::new(),
        routes: Vec::new(),
        max_forwards: None,
        require: Vec::new(),
        supported: Vec::new(),
        expires: None,
        asserted: Vec::new(),
        called_party: Vec::new(),
        privacy: String::new(),
        refer_to: None,
        replaces: None,
        event: None,
        reasons: Vec::new(),
        content_type: None,
        info_package: None,
        content_encodings: Vec::new(),
        accept: None,
        allow: None,
        session_expires: None,
        min_se: None,
        timestamp: None,
        authorization: Vec::new(),
        challenges: Vec::new(),
        retry_after: None,
        rseq: None,
        rack: None,
        min_expires: None,
        user_agent: None,
        body,
    };
    let is_request = received.method().is_some();
    for field in fields {
        match take(&mut received, field) {
            Err(fault) if is_request => return Err(fault),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(received)
}

/// Puts one header where it belongs.
fn take(received: &mut Received, field: &Field<'_>) -> Result<(), Fault> {
    let value = field.value.as_ref();
    match field.name {
        Name::Via | Name::From | Name::To | Name::CallId | Name::CSeq | Name::ContentLength => {}
        Name::Contact => contacts(&mut received.contacts, value)?,
        Name::RecordRoute => {
            let more = Address::parse_list(value).map_err(|_| Fault::bad("Record-Route is malformed"))?;
            if received.record_routes.len() + more.len() > MAX_ADDRESSES {
                return Err(Fault::bad("too many Record-Route"));
            }
            received.record_routes.extend(more);
        }
        Name::MaxForwards => {
            let hops = value.bytes().all(|b| b.is_ascii_digit()).then(|| value.parse().ok()).flatten();
            let hops = hops.ok_or(Fault::bad("Max-Forwards is not 0 to 255"))?;
            if received.max_forwards.replace(hops).is_some() {
                return Err(Fault::bad("two Max-Forwards"));
            }
        }
        Name::ContentType => {
            if received.content_type.replace(media_type(value)).is_some() {
                return Err(Fault::bad("two Content-Type"));
            }
        }
        Name::InfoPackage => received.info_package = Some(plain(value)),
        Name::Route => readable(&mut received.routes, value),
        Name::PAssertedIdentity => readable(&mut received.asserted, value),
        Name::PCalledPartyId => readable(&mut received.called_party, value),
        Name::Require => listed(&mut received.require, value, str::to_ascii_lowercase),
        Name::Supported => listed(&mut received.supported, value, str::to_ascii_lowercase),
        Name::ContentEncoding => {
            listed(&mut received.content_encodings, value, str::to_ascii_lowercase);
            received.content_encodings.retain(|encoding| encoding != "identity");
        }
        Name::Accept => listed(received.accept.get_or_insert_default(), value, media_type),
        Name::Allow => {
            let known = text::values(value).filter_map(method);
            let allow = received.allow.get_or_insert_default();
            allow.extend(known.take(MAX_LISTED - allow.len().min(MAX_LISTED)));
        }
        Name::Reason => {
            let reasons = text::values(value).filter_map(reason);
            received.reasons.extend(reasons.take(MAX_LISTED - received.reasons.len().min(MAX_LISTED)));
        }
        Name::Privacy => {
            if !received.privacy.is_empty() {
                received.privacy.push(';');
            }
            received.privacy.push_str(&plain(value));
        }
        Name::ReferTo => received.refer_to = refer_to(value),
        Name::Replaces => {
            let replaces = replaces(value).ok_or(Fault::bad("Replaces is malformed"))?;
            if received.replaces.replace(replaces).is_some() {
                return Err(Fault::bad("two Replaces"));
            }
        }
        Name::Event => received.event = event(value),
        Name::Expires => received.expires = seconds(value),
        Name::MinExpires => received.min_expires = seconds(value),
        Name::RetryAfter => received.retry_after = seconds(value),
        Name::RSeq => received.rseq = seconds(value),
        Name::RAck => received.rack = rack(value),
        Name::MinSe => received.min_se = seconds(value),
        Name::SessionExpires => received.session_expires = session_expires(value),
        Name::Timestamp => received.timestamp = Some(plain(value)),
        Name::UserAgent if received.method().is_some() => received.user_agent = Some(plain(value)),
        Name::Server if received.method().is_none() => received.user_agent = Some(plain(value)),
        Name::UserAgent | Name::Server => {}
        Name::Authorization | Name::ProxyAuthorization => received.authorization.push(plain(value)),
        Name::WwwAuthenticate | Name::ProxyAuthenticate => received.challenges.push(plain(value)),
    }
    Ok(())
}

fn all<'a>(fields: &'a [Field<'_>], name: Name) -> impl Iterator<Item = &'a str> {
    fields.iter().filter(move |field| field.name == name).map(|field| field.value.as_ref())
}

fn once<'a>(fields: &'a [Field<'_>], name: Name, none: &'static str, two: &'static str) -> Result<&'a str, Fault> {
    let mut values = all(fields, name);
    match (values.next(), values.next()) {
        (None, _) => Err(Fault::bad(none)),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(Fault::bad(two)),
    }
}

/// The topmost Via understood, all of them as text.
fn vias<'a>(lines: impl Iterator<Item = &'a str>) -> Result<(Via, Vec<String>), Fault> {
    let mut top = None;
    let mut vias = Vec::new();
    for value in lines.flat_map(via::values) {
        let via = value.and_then(|value| Ok((Via::parse(value)?, value)));
        let (via, value) = via.map_err(|_| Fault::bad("Via is malformed"))?;
        if via.branch().is_some_and(|branch| branch.len() > MAX_TOKEN) {
            return Err(Fault::bad("the branch is too long"));
        }
        if vias.len() == MAX_VIAS {
            return Err(Fault::bad("too many Via"));
        }
        top.get_or_insert(via);
        vias.push(value.to_owned());
    }
    Ok((top.ok_or(Fault::bad("no Via"))?, vias))
}

/// A From or To.
fn party(value: &str) -> Result<Address, AddressError> {
    let address = Address::parse(value)?;
    match address.tag() {
        Some(tag) if tag.len() > MAX_TOKEN => Err(AddressError::Malformed),
        _ => Ok(address),
    }
}

fn call_id(value: &str) -> Result<String, Fault> {
    let is_word = !value.is_empty() && text::is_printable(value) && !value.contains(' ');
    if is_word && value.len() <= MAX_TOKEN {
        Ok(value.to_owned())
    } else {
        Err(Fault::bad("the Call-ID is empty, too long or not one word"))
    }
}

fn cseq(value: &str) -> Result<CSeq, Fault> {
    let fault = || Fault::bad("the CSeq is not a number below 2^31 and a method");
    let (number, name) = value.split_once([' ', '\t']).ok_or_else(fault)?;
    let is_digits = number.bytes().all(|b| b.is_ascii_digit());
    let number: u32 = is_digits.then(|| number.parse().ok()).flatten().ok_or_else(fault)?;
    let method = method(trim(name)).ok_or_else(fault)?;
    if number < 1 << 31 { Ok(CSeq { number, method }) } else { Err(fault()) }
}

/// The one Content-Length that all lines agree on.
pub(super) fn content_length<'a>(values: impl Iterator<Item = &'a str>) -> Result<Option<usize>, &'static str> {
    let mut agreed = None;
    for value in values {
        let is_digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        let length = is_digits.then(|| value.parse::<usize>().ok()).flatten();
        let length = length.ok_or("Content-Length is no length")?;
        if agreed.is_some_and(|agreed| agreed != length) {
            return Err("two Content-Length");
        }
        agreed = Some(length);
    }
    Ok(agreed)
}

fn contacts(contacts: &mut Contacts, value: &str) -> Result<(), Fault> {
    let fault = || Fault::bad("Contact is malformed");
    let is_first = matches!(contacts, Contacts::These(these) if these.is_empty());
    if value == "*" {
        *contacts = if is_first { Contacts::All } else { return Err(fault()) };
        return Ok(());
    }
    let more = Address::parse_list(value).map_err(|_| fault())?;
    match contacts {
        Contacts::These(these) if these.len() + more.len() <= MAX_ADDRESSES => these.extend(more),
        Contacts::These(_) | Contacts::All => return Err(fault()),
    }
    Ok(())
}

/// Adds the addresses that can be read.
fn readable(addresses: &mut Vec<Address>, value: &str) {
    let room = MAX_ADDRESSES.saturating_sub(addresses.len());
    addresses.extend(text::values(value).filter_map(|value| Address::parse(value).ok()).take(room));
}

/// Adds the values that are not empty.
fn listed(list: &mut Vec<String>, value: &str, read: impl Fn(&str) -> String) {
    let room = MAX_LISTED.saturating_sub(list.len());
    let read = text::values(value).map(|value| plain(&read(value))).filter(|value| !value.is_empty());
    list.extend(read.take(room));
}

/// Lower case, without parameters.
fn media_type(value: &str) -> String {
    plain(trim(value.split(';').next().unwrap_or(value))).to_ascii_lowercase()
}

/// Control characters leave text at the edge, and the spaces that then stand at its ends.
fn plain(value: &str) -> String {
    if text::is_printable(value) {
        return value.to_owned();
    }
    trim(&value.chars().filter(|c| !c.is_control()).collect::<String>()).to_owned()
}

/// The digits at the beginning; more than fit are the most that fits. A comment or parameters may follow.
fn seconds(value: &str) -> Option<u32> {
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let follows = trim(&value[end..]);
    let is_whole = end > 0 && (follows.is_empty() || follows.starts_with([';', '(']));
    is_whole.then(|| value[..end].parse().unwrap_or(u32::MAX))
}

/// "776656 1 INVITE" (RFC 3262 §7.2).
fn rack(value: &str) -> Option<RAck> {
    let (rseq, cseq) = value.split_once([' ', '\t'])?;
    Some(RAck { rseq: seconds(rseq)?, cseq: self::cseq(trim(cseq)).ok()? })
}

fn reason(value: &str) -> Option<Reason> {
    let (protocol, params) = value.split_at(value.find(';').unwrap_or(value.len()));
    let params = text::params(params, Quotes::Removed).ok()?;
    let protocol = trim(protocol);
    text::is_token(protocol).then(|| Reason {
        protocol: protocol.to_ascii_uppercase(),
        cause: text::param(&params, "cause").and_then(|cause| cause.parse().ok()),
        text: text::param(&params, "text").map(plain),
    })
}

/// "<sip:ana@shop.example>". Of several, none: RFC 3515 §2.1 wants one.
fn refer_to(value: &str) -> Option<ReferTo> {
    let address = Address::parse(value).ok()?;
    let is_invite = |method: &str| method.eq_ignore_ascii_case("INVITE");
    let method = text::param(&address.uri.params, "method").is_none_or(is_invite);
    let wants = match value.split_once('?') {
        _ if !method => Wanted::Other,
        None => Wanted::Invite,
        Some((_, headers)) => {
            let headers = headers.split('>').next().unwrap_or_default();
            replaces_within(headers).map_or(Wanted::Other, Wanted::Instead)
        }
    };
    Some(ReferTo { wants, uri: address.uri })
}

/// "Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces" (RFC 5589 §7.1), and no other header.
fn replaces_within(headers: &str) -> Option<Replaces> {
    let mut found = None;
    for header in headers.split('&') {
        let (name, value) = header.split_once('=')?;
        let value = unescaped(value);
        match name.to_ascii_lowercase().as_str() {
            "replaces" if found.is_none() => found = Some(replaces(trim(&value))?),
            "require" if trim(&value).eq_ignore_ascii_case("replaces") => {}
            _ => return None,
        }
    }
    found
}

/// "98732@192.0.2.1;from-tag=r33th4x0r;to-tag=ff87ff" (RFC 3891 §6.1).
fn replaces(value: &str) -> Option<Replaces> {
    let (call_id, params) = value.split_at(value.find(';')?);
    let call_id = self::call_id(trim(call_id)).ok()?;
    let params = text::params(params, Quotes::Removed).ok()?;
    let tag = |name| text::param(&params, name).filter(|tag| !tag.is_empty() && tag.len() <= MAX_TOKEN).map(plain);
    let early_only = text::param(&params, "early-only").is_some();
    Some(Replaces { call_id, to_tag: tag("to-tag")?, from_tag: tag("from-tag")?, early_only })
}

/// "dialog;id=3" (RFC 6665 §8.2.1).
fn event(value: &str) -> Option<Event> {
    let (package, params) = value.split_at(value.find(';').unwrap_or(value.len()));
    let params = text::params(params, Quotes::Removed).ok()?;
    let package = trim(package);
    let id = text::param(&params, "id").filter(|id| text::is_token(id) && id.len() <= MAX_TOKEN).map(str::to_owned);
    text::is_token(package).then(|| Event { package: package.to_owned(), id })
}

fn session_expires(value: &str) -> Option<SessionExpires> {
    let (_, params) = value.split_at(value.find(';').unwrap_or(value.len()));
    let params = text::params(params, Quotes::Removed).ok()?;
    let refresher = match text::param(&params, "refresher") {
        Some(refresher) if refresher.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
        Some(refresher) if refresher.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
        _ => None,
    };
    Some(SessionExpires { interval: seconds(value)?, refresher })
}
