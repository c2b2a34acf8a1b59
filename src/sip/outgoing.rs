//! A request of ours before it gets its Via: everything typed, so that ACK and CANCEL can be made from it.

use super::address::Address;
use super::message::{self, Header, Headers, Method, Request, Version};
use super::uri::Uri;
use super::via::Via;

pub use super::message::{ALLOW, ALLOW_TO_PHONES};

/// What this product is called on the wire (RFC 3261 §20.41).
pub const USER_AGENT: &str = concat!("ringall/", env!("CARGO_PKG_VERSION"));
/// RFC 3261 §8.1.1.6 recommends 70.
pub const MAX_FORWARDS: u8 = 70;

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub method: Method,
    pub uri: Uri,
    pub from: Address,
    pub to: Address,
    pub call_id: String,
    pub cseq: u32,
    /// Route values, topmost first.
    pub routes: Vec<Address>,
    /// Everything else: Contact, Allow, Reason; Max-Forwards where it is not to be the usual.
    pub more: Vec<Header>,
    pub body: Option<Body>,
}

/// A body and its media type.
#[derive(Clone, Debug)]
pub struct Body {
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

impl Body {
    pub fn sdp(bytes: Vec<u8>) -> Body {
        Body { content_type: "application/sdp", bytes }
    }
}

impl Outgoing {
    /// The message, under this Via.
    pub fn under(&self, via: &Via) -> Request {
        let mut headers = Vec::with_capacity(12 + self.routes.len());
        headers.push(message::via(via));
        if !self.more.iter().any(|header| matches!(header, Header::MaxForwards(_))) {
            headers.push(message::max_forwards(MAX_FORWARDS));
        }
        headers.extend(self.routes.iter().map(message::route));
        headers.push(message::from(&self.from));
        headers.push(message::to(&self.to));
        headers.push(message::call_id(&self.call_id));
        headers.push(message::cseq(self.cseq, &self.method));
        headers.extend(self.more.iter().cloned());
        headers.push(Header::UserAgent(USER_AGENT.into()));
        let body = match &self.body {
            Some(body) => {
                headers.push(Header::ContentType(body.content_type.into()));
                body.bytes.clone()
            }
            None => Vec::new(),
        };
        Request {
            method: self.method,
            uri: message::request_uri(&self.uri),
            version: Version::V2,
            headers: Headers::from(headers),
            body,
        }
    }

    /// The ACK for a final response other than 2xx: same Via, the response's To (RFC 3261 §17.1.1.3).
    pub fn ack_of_failure(&self, to: &Address) -> Outgoing {
        self.hop_by_hop(Method::Ack, to, Vec::new())
    }

    /// The CANCEL of this INVITE (RFC 3261 §9.1): same Via, request URI, From, To, Call-ID, CSeq number and Routes.
    pub fn cancel(&self, reasons: Vec<Header>) -> Outgoing {
        self.hop_by_hop(Method::Cancel, &self.to, reasons)
    }

    fn hop_by_hop(&self, method: Method, to: &Address, more: Vec<Header>) -> Outgoing {
        Outgoing {
            method,
            uri: self.uri.clone(),
            from: self.from.clone(),
            to: to.clone(),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            routes: self.routes.clone(),
            more,
            body: None,
        }
    }
}
