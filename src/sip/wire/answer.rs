//! The answer to a request that cannot be read: made of its raw headers, without any state (RFC 3261 §8.2.7).

use super::header::{Field, Name};
use crate::sip::address::Address;
use crate::sip::message::{ALLOW, phrase};

/// The response `code` to the request these headers are of. `None` when there is no Via, so nowhere for it to go.
pub(super) fn answer(fields: &[Field<'_>], code: u16) -> Option<Vec<u8>> {
    let first = |name| fields.iter().find(|field| field.name == name).map(|field| field.value.as_ref());
    let top = first(Name::Via)?;
    let mut out = format!("SIP/2.0 {code} {}\r\n", phrase(code));
    for via in fields.iter().filter(|field| field.name == Name::Via) {
        push(&mut out, "Via", &via.value);
    }
    if let Some(from) = first(Name::From) {
        push(&mut out, "From", from);
    }
    if let Some(to) = first(Name::To) {
        // The same request is answered by the same tag: a repetition must not look like a second server.
        let untagged = Address::parse(to).is_ok_and(|to| to.tag().is_none());
        let seed = [top, first(Name::CallId).unwrap_or(""), first(Name::CSeq).unwrap_or("")];
        let tag = if untagged { format!(";tag={:016x}", fingerprint(&seed)) } else { String::new() };
        push(&mut out, "To", &format!("{to}{tag}"));
    }
    if let Some(call_id) = first(Name::CallId) {
        push(&mut out, "Call-ID", call_id);
    }
    if let Some(cseq) = first(Name::CSeq) {
        push(&mut out, "CSeq", cseq);
    }
    if matches!(code, 405 | 501) {
        push(&mut out, "Allow", ALLOW);
    }
    push(&mut out, "Content-Length", "0");
    out.push_str("\r\n");
    Some(out.into_bytes())
}

/// Values are on one line already: `header` unfolded them and `read` refused every other CR and LF.
fn push(out: &mut String, name: &str, value: &str) {
    out.extend([name, ": ", value, "\r\n"]);
}

/// FNV-1a, 64 bits. Not secret: the tag only has to be the same for the same request.
fn fingerprint(texts: &[&str]) -> u64 {
    texts
        .iter()
        .flat_map(|text| text.bytes().chain([0]))
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
