//! What a request may ask of us, and the answer to what it may not (RFC 3261 §8.2).

use crate::sip::message::{Header, Method, Received, other};
use crate::sip::outgoing::ALLOW;
use crate::sip::session_timer;

/// The one body that we read in an INVITE, and write.
const SDP: &str = "application/sdp";
/// Digits pressed on a phone that sends them beside the sound instead of in it: Cisco's form and its shorter sibling,
/// of which there is no RFC.
const DIGITS: [&str; 2] = ["application/dtmf-relay", "application/dtmf"];
/// The option tag (RFC 3262 §4).
pub(super) const RELIABLE: &str = "100rel";
/// The extensions we have that a request may require.
const OURS: [&str; 2] = [session_timer::TIMER, RELIABLE];
/// RFC 3891 §6.2: a phone of the shop may take a call's place, or have two calls joined.
pub(super) const REPLACES: &str = "replaces";

/// Whom we tell what we have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// A phone of the shop.
    Phone,
    /// A carrier, or whoever stands behind it.
    Other,
}

/// The extensions that this side may use.
pub(super) fn supported(peer: Peer) -> Header {
    match peer {
        Peer::Phone => Header::Supported(format!("{}, {REPLACES}", session_timer::TIMER).into()),
        Peer::Other => session_timer::supported(),
    }
}

/// A refusal: its status, and the headers that say what would have been right.
#[derive(Debug)]
pub(super) struct Unable {
    pub code: u16,
    pub more: Vec<Header>,
}

impl Unable {
    fn new(code: u16, more: Vec<Header>) -> Unable {
        Unable { code, more }
    }
}

/// Whether there is an extension that the request cannot do without, and we have none (RFC 3261 §8.2.2.3).
pub(super) fn extensions(request: &Received) -> Result<(), Unable> {
    let lacking: Vec<&str> = request.require.iter().map(String::as_str).filter(|tag| !OURS.contains(tag)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(Unable::new(420, vec![Header::Unsupported(lacking.join(", ").into())]))
}

/// Whether an INVITE or UPDATE can be understood, and the answer to it (RFC 3261 §8.2.2.3, §8.2.3, §21.4.7, RFC 4028 §9).
pub(super) fn invite(invite: &Received) -> Result<(), Unable> {
    extensions(invite)?;
    if session_timer::is_too_small(invite) {
        return Err(Unable::new(422, vec![other("Min-SE", &session_timer::MIN_SE.to_string())]));
    }
    let accept = || Header::Accept(SDP.into());
    if !invite.body.is_empty() {
        if invite.content_type.as_deref() != Some(SDP) {
            return Err(Unable::new(415, vec![accept(), Header::Allow(ALLOW.into())]));
        }
        if !invite.content_encodings.is_empty() {
            return Err(Unable::new(415, vec![other("Accept-Encoding", "identity")]));
        }
    }
    let takes_sdp = |list: &Vec<String>| list.iter().any(|kind| matches!(kind.as_str(), SDP | "application/*" | "*/*"));
    // An empty Accept says that no body at all is wanted (§20.1); nobody who calls means that.
    match &invite.accept {
        Some(list) if !list.is_empty() && !takes_sdp(list) => Err(Unable::new(406, vec![accept()])),
        Some(_) | None => Ok(()),
    }
}

/// The answer to an INFO in a dialog. Digits are welcome; no package is (RFC 6086 §4.2.2), nor any other body.
pub(super) fn info(info: &Received) -> Result<(), Unable> {
    if info.info_package.is_some() {
        return Err(Unable::new(469, vec![other("Recv-Info", "nil")]));
    }
    let is_digits = info.content_type.as_deref().is_some_and(|kind| DIGITS.contains(&kind));
    // Without a body it asks whether the other side still lives (RFC 2976 §2.2).
    if info.body.is_empty() || is_digits {
        return Ok(());
    }
    Err(Unable::new(415, vec![Header::Accept(DIGITS.join(", ").into())]))
}

/// The answer to a method that we do not have here.
pub(super) fn method(request: &Received) -> Unable {
    match request.method() {
        // A phone or a carrier that wants us to call somewhere else: anybody's bill could be run up so.
        Some(Method::Refer) => Unable::new(603, Vec::new()),
        // Nothing but a call has a dialog with us (RFC 3261 §12.2.2).
        Some(Method::Info) => Unable::new(481, Vec::new()),
        _ => Unable::new(405, vec![Header::Allow(ALLOW.into())]),
    }
}
