//! SIP messages as the rest of the code sees them. `rsip` carries the text; what headers mean is read once, by `wire`,
//! into [`Received`], and past it nobody reads header text.

use std::fmt::{self, Write};
use std::net::SocketAddr;

use rsip::headers::{self, UntypedHeader};
pub use rsip::{Header, Headers, Method, Request, Response, StatusCode, Version};

use super::address::Address;
use super::uri::Uri;
use super::via::Via;

/// A message from the wire with everything in it that we act upon, already understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub start: Start,
    /// The topmost Via.
    pub via: Via,
    /// Every Via value in order, topmost first, as text: a response copies them (RFC 3261 §8.2.6.2).
    pub vias: Vec<String>,
    pub from: Address,
    pub to: Address,
    pub call_id: String,
    pub cseq: CSeq,
    /// Empty when there is none. `Contact: *` is [`Contacts::All`].
    pub contacts: Contacts,
    /// Record-Route values, topmost first.
    pub record_routes: Vec<Address>,
    /// Route values, topmost first.
    pub routes: Vec<Address>,
    pub max_forwards: Option<u8>,
    /// Option tags of Require, lower case.
    pub require: Vec<String>,
    /// Option tags of Supported, lower case.
    pub supported: Vec<String>,
    pub expires: Option<u32>,
    /// P-Asserted-Identity values (RFC 3325); believed from trunks only.
    pub asserted: Vec<Address>,
    /// P-Called-Party-ID values (RFC 7315 §4.2): who was called, before the carrier wrote another name over it.
    pub called_party: Vec<Address>,
    /// What the caller asks to be kept from others (RFC 3323 §4.2), as written, several values joined by `;`.
    pub privacy: String,
    /// Refer-To of a REFER (RFC 3515 §2.1).
    pub refer_to: Option<ReferTo>,
    /// Replaces of an INVITE (RFC 3891).
    pub replaces: Option<Replaces>,
    /// Event of a SUBSCRIBE or NOTIFY (RFC 6665 §8.2.1).
    pub event: Option<Event>,
    /// Reason values (RFC 3326): why a CANCEL or BYE came.
    pub reasons: Vec<Reason>,
    /// The media type of the body, lower case, without parameters: "application/sdp".
    pub content_type: Option<String>,
    /// Info-Package of an INFO (RFC 6086 §4.2).
    pub info_package: Option<String>,
    /// Content-Encoding, lower case, "identity" left out: a body we cannot read unless this is empty.
    pub content_encodings: Vec<String>,
    /// Media types of Accept, lower case, without parameters. `None`: no such header, so `application/sdp`
    /// (RFC 3261 §20.1).
    pub accept: Option<Vec<String>>,
    /// Methods of Allow that we know. `None`: no such header, so nothing is known.
    pub allow: Option<Vec<Method>>,
    /// Session-Expires (RFC 4028).
    pub session_expires: Option<SessionExpires>,
    /// Whole seconds of Min-SE (RFC 4028).
    pub min_se: Option<u32>,
    /// Timestamp as it came: a 100 copies it (RFC 3261 §8.2.6.1).
    pub timestamp: Option<String>,
    /// Credentials as they came: (header value) of Authorization and Proxy-Authorization; read by `auth`.
    pub authorization: Vec<String>,
    /// Challenges as they came: (header value) of WWW-Authenticate and Proxy-Authenticate; read by `auth`.
    pub challenges: Vec<String>,
    /// Whole seconds of Retry-After.
    pub retry_after: Option<u32>,
    /// RSeq of a provisional response that must arrive (RFC 3262 §7.1).
    pub rseq: Option<u32>,
    /// RAck of a PRACK: which response has arrived.
    pub rack: Option<RAck>,
    /// Whole seconds of Min-Expires.
    pub min_expires: Option<u32>,
    /// User-Agent of a request, Server of a response; control characters removed.
    pub user_agent: Option<String>,
    pub body: Vec<u8>,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Request {
        method: Method,
        uri: Uri,
    },
    /// 100 to 699.
    Response {
        code: u16,
        phrase: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contacts {
    /// `Contact: *` (RFC 3261 §10.2.2).
    All,
    These(Vec<Address>),
}

/// `number` is below 2^31 (RFC 3261 §8.1.1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    pub number: u32,
    pub method: Method,
}

/// Where a REFER wants us to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferTo {
    pub uri: Uri,
    pub wants: Wanted,
}

/// What a REFER wants done there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A call.
    Invite,
    /// A call in place of this dialog: an attended transfer (RFC 5589 §7).
    Instead(Replaces),
    /// More than that: other headers, or another method.
    Other,
}

/// Which dialog a call is to take the place of (RFC 3891 §6.1), as whoever has that dialog sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    pub call_id: String,
    /// Of whoever is asked.
    pub to_tag: String,
    /// Of the other side.
    pub from_tag: String,
    /// Only while nobody has picked up.
    pub early_only: bool,
}

/// Which news are wanted, or told (RFC 6665 §8.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub package: String,
    /// The subscriber's own name for them.
    pub id: Option<String>,
}

/// RAck (RFC 3262 §7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RAck {
    /// RSeq of the response.
    pub rseq: u32,
    /// CSeq of the response.
    pub cseq: CSeq,
}

/// One value of Reason (RFC 3326).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Upper case: "SIP", "Q.850".
    pub protocol: String,
    pub cause: Option<u16>,
    pub text: Option<String>,
}

/// Session-Expires (RFC 4028 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// Whole seconds.
    pub interval: u32,
    /// `None`: the answerer chooses.
    pub refresher: Option<Refresher>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    Uac,
    Uas,
}

impl Received {
    /// The method of a request; `None` for a response.
    pub fn method(&self) -> Option<&Method> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The request line's URI; `None` for a response.
    pub fn uri(&self) -> Option<&Uri> {
        match &self.start {
            Start::Request { uri, .. } => Some(uri),
            Start::Response { .. } => None,
        }
    }

    /// The status of a response; `None` for a request.
    pub fn code(&self) -> Option<u16> {
        match &self.start {
            Start::Request { .. } => None,
            Start::Response { code, .. } => Some(*code),
        }
    }

    /// The first Contact, where there is one.
    pub fn contact(&self) -> Option<&Address> {
        match &self.contacts {
            Contacts::All => None,
            Contacts::These(contacts) => contacts.first(),
        }
    }

    /// Writes into the topmost Via where the message really came from (RFC 3261 §18.2.1, RFC 3581 §4), so that
    /// responses made of it carry that.
    pub fn stamp(&mut self, source: SocketAddr) {
        self.via.stamp(source);
        if let Some(top) = self.vias.first_mut() {
            *top = written(&self.via);
        }
    }
}

/// The methods this server acts upon, as Allow writes them.
pub const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, UPDATE, PRACK";
/// The same as a phone of the shop may use them: it may give its call to another, and hear how the others stand.
pub const ALLOW_TO_PHONES: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, UPDATE, PRACK, REFER, SUBSCRIBE";

/// A response to `request` with what RFC 3261 §8.2.6 wants copied: every Via in order (stamp the request first), From,
/// To, Call-ID and CSeq; Timestamp into a 100; and Record-Route where the response makes a dialog (§12.1.1).
/// `to_tag` is added to a To that has no tag yet; a 100 needs none.
pub fn response_to(request: &Received, code: u16, to_tag: Option<&str>) -> Response {
    let mut headers: Vec<Header> =
        request.vias.iter().map(|via| Header::Via(headers::Via::new(via.as_str()))).collect();
    let makes_dialog = matches!(request.method(), Some(Method::Invite | Method::Subscribe | Method::Refer));
    if makes_dialog && (101..300).contains(&code) {
        headers.extend(request.record_routes.iter().map(record_route));
    }
    headers.push(from(&request.from));
    headers.push(match to_tag {
        Some(tag) if request.to.tag().is_none() => to(&request.to.clone().with_tag(tag)),
        _ => to(&request.to),
    });
    headers.push(call_id(&request.call_id));
    headers.push(cseq(request.cseq.number, &request.cseq.method));
    if let (100, Some(timestamp)) = (code, &request.timestamp) {
        headers.push(Header::Timestamp(headers::Timestamp::new(timestamp.as_str())));
    }
    Response { status_code: code.into(), version: rsip::Version::V2, headers: headers.into(), body: Vec::new() }
}

/// A request without headers and body yet.
pub fn request(method: Method, uri: &Uri) -> Request {
    Request { method, uri: request_uri(uri), version: rsip::Version::V2, headers: Headers::default(), body: Vec::new() }
}

/// The request line's URI. The text is ours whole: `rsip` only carries it.
pub fn request_uri(uri: &Uri) -> rsip::Uri {
    rsip::Uri { host_with_port: rsip::Domain::from(written(uri)).into(), ..rsip::Uri::default() }
}

/// The text of a value, allocated once: some ten of them make a message, and `to_string` would grow each step by step.
fn written(value: &impl fmt::Display) -> String {
    // Longer than nearly all of them.
    const USUAL_VALUE: usize = 120;
    let mut text = String::with_capacity(USUAL_VALUE);
    write!(text, "{value}").expect("writing to a String does not fail");
    text
}

pub fn via(via: &Via) -> Header {
    Header::Via(headers::Via::new(written(via)))
}

pub fn from(address: &Address) -> Header {
    Header::From(headers::From::new(written(address)))
}

pub fn to(address: &Address) -> Header {
    Header::To(headers::To::new(written(address)))
}

pub fn contact(address: &Address) -> Header {
    Header::Contact(headers::Contact::new(written(address)))
}

pub fn route(address: &Address) -> Header {
    Header::Route(headers::Route::new(written(address)))
}

pub fn record_route(address: &Address) -> Header {
    Header::RecordRoute(headers::RecordRoute::new(written(address)))
}

pub fn call_id(call_id: &str) -> Header {
    Header::CallId(headers::CallId::new(call_id))
}

pub fn cseq(number: u32, method: &Method) -> Header {
    Header::CSeq(headers::CSeq::new(format!("{number} {}", method_name(method))))
}

pub fn max_forwards(hops: u8) -> Header {
    Header::MaxForwards(headers::MaxForwards::new(hops.to_string()))
}

pub fn content_type(media_type: &str) -> Header {
    Header::ContentType(headers::ContentType::new(media_type))
}

/// Any other header. `name` is a token; `wire` refuses to write it otherwise.
pub fn other(name: &str, value: &str) -> Header {
    Header::Other(name.to_owned(), value.to_owned())
}

/// The method of this name; case counts (RFC 3261 §7.1).
pub fn method(name: &str) -> Option<Method> {
    METHODS.iter().find(|(_, known)| *known == name).map(|(method, _)| *method)
}

/// How the wire spells a method.
pub fn method_name(method: &Method) -> &'static str {
    METHODS.iter().find(|(known, _)| known == method).map_or("", |(_, name)| name)
}

const METHODS: [(Method, &str); 14] = [
    (Method::Invite, "INVITE"),
    (Method::Ack, "ACK"),
    (Method::Cancel, "CANCEL"),
    (Method::Bye, "BYE"),
    (Method::Register, "REGISTER"),
    (Method::Options, "OPTIONS"),
    (Method::Update, "UPDATE"),
    (Method::Info, "INFO"),
    (Method::PRack, "PRACK"),
    (Method::Notify, "NOTIFY"),
    (Method::Subscribe, "SUBSCRIBE"),
    (Method::Refer, "REFER"),
    (Method::Message, "MESSAGE"),
    (Method::Publish, "PUBLISH"),
];

/// The RFC's reason phrase; for a code nobody registered, what its class means.
pub fn phrase(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        199 => "Early Dialog Terminated",
        200 => "OK",
        202 => "Accepted",
        204 => "No Notification",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        305 => "Use Proxy",
        380 => "Alternative Service",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        412 => "Conditional Request Failed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        417 => "Unknown Resource-Priority",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        424 => "Bad Location Information",
        425 => "Bad Alert Message",
        428 => "Use Identity Header",
        429 => "Provide Referrer Identity",
        430 => "Flow Failed",
        433 => "Anonymity Disallowed",
        436 => "Bad Identity-Info",
        437 => "Unsupported Certificate",
        438 => "Invalid Identity Header",
        439 => "First Hop Lacks Outbound Support",
        440 => "Max-Breadth Exceeded",
        469 => "Bad Info Package",
        470 => "Consent Needed",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        485 => "Ambiguous",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        493 => "Undecipherable",
        494 => "Security Agreement Required",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        555 => "Push Notification Service Not Supported",
        580 => "Precondition Failure",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        607 => "Unwanted",
        608 => "Rejected",
        _ => match code / 100 {
            0 | 1 => "Session Progress",
            2 => "OK",
            3 => "Multiple Choices",
            4 => "Bad Request",
            5 => "Server Internal Error",
            _ => "Busy Everywhere",
        },
    }
}
