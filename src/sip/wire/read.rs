//! Bytes to [`Received`].

use std::borrow::Cow;

use super::answer::answer;
use super::header;
use super::meaning::{Fault, received};
use super::{Framing, MAX_DATAGRAM, MAX_STREAM_MESSAGE, MAX_TOKEN};
use crate::sip::message::{Received, Start, method};
use crate::sip::text::is_token;
use crate::sip::uri::{Uri, UriError};

/// What came instead of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A request that is answered as it stands, without a transaction: 400, 416, 501 or 505. `bytes` is the whole
    /// response, for where the request came from. Never for an ACK.
    Answer { bytes: Vec<u8>, code: u16 },
    /// Nothing to answer, and why.
    Drop(&'static str),
    /// Line ends alone (RFC 5626 §4.4.1), or nothing at all.
    KeepAlive,
}

/// Reads one message. Bytes of the head that are not UTF-8 are taken for Latin-1.
pub fn read(bytes: &[u8], framing: Framing) -> Result<Received, Unreadable> {
    let limit = match framing {
        Framing::Datagram => MAX_DATAGRAM,
        Framing::Stream => MAX_STREAM_MESSAGE,
    };
    if bytes.len() > limit {
        return Err(Unreadable::Drop("the message is too long"));
    }
    let bytes = &bytes[leading_line_ends(bytes)..];
    if bytes.is_empty() {
        return Err(Unreadable::KeepAlive);
    }
    let (head, body) = head_and_body(bytes).map_or((bytes, None), |(head, body)| (head, Some(body)));
    let head = text(head).map_err(|StrayLineEnd| Unreadable::Drop("a stray CR or LF"))?;
    let (first_line, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
    let first_line = FirstLine::read(first_line)?;
    let header::Fields { fields, fault } = header::fields(headers);

    let whole = || match (first_line.start()?, fault, body) {
        (_, Some(fault), _) => Err(Fault::bad(fault)),
        (_, None, None) => Err(Fault::bad("the head does not end")),
        (start, None, Some(body)) => received(start, &fields, body, framing),
    };
    whole().map_err(|fault| match first_line {
        FirstLine::Response { .. } | FirstLine::Request { method: "ACK", .. } => Unreadable::Drop(fault.why),
        FirstLine::Request { .. } => match answer(&fields, fault.code) {
            Some(bytes) => Unreadable::Answer { bytes, code: fault.code },
            None => Unreadable::Drop(fault.why),
        },
    })
}

/// A CR or LF that ends no line: whoever sends one wants two readers to see two messages.
#[derive(Debug)]
pub(super) struct StrayLineEnd;

/// How many bytes of CRLF stand at the beginning.
pub(super) fn leading_line_ends(bytes: &[u8]) -> usize {
    bytes.chunks_exact(2).take_while(|pair| pair == b"\r\n").count() * 2
}

/// Splits at the empty line. The head keeps the line end of its last line, the empty line belongs to nobody.
pub(super) fn head_and_body(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let end = from + bytes[from..].iter().position(|&b| b == b'\n')? + 1;
        if bytes[..end].ends_with(b"\r\n") && bytes[end..].starts_with(b"\r\n") {
            return Some((&bytes[..end], &bytes[end + 2..]));
        }
        from = end;
    }
}

/// The head as text. A line that is not UTF-8 is Latin-1.
pub(super) fn text(head: &[u8]) -> Result<Cow<'_, str>, StrayLineEnd> {
    // One pass over all bytes: every CR has its LF behind it, every LF its CR before it.
    let mut before = 0;
    for &byte in head {
        if (before == b'\r') != (byte == b'\n') {
            return Err(StrayLineEnd);
        }
        before = byte;
    }
    if before == b'\r' {
        return Err(StrayLineEnd);
    }
    if let Ok(text) = std::str::from_utf8(head) {
        return Ok(Cow::Borrowed(text));
    }
    let mut text = String::with_capacity(head.len() * 2);
    for line in head.split_inclusive(|&b| b == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => text.extend(line.iter().copied().map(char::from)),
        }
    }
    Ok(Cow::Owned(text))
}

/// The first line, cut but not understood.
#[derive(Clone, Copy)]
enum FirstLine<'a> {
    Request { method: &'a str, uri: &'a str, version: &'a str },
    Response { code: u16, phrase: &'a str },
}

impl<'a> FirstLine<'a> {
    fn read(line: &'a str) -> Result<FirstLine<'a>, Unreadable> {
        if has_prefix(line, "SIP/") {
            return FirstLine::response(line).ok_or(Unreadable::Drop("the status line is malformed"));
        }
        // Spaces too many are seen here so that they can be answered with 400.
        let (method, rest) = line.split_once(' ').ok_or(Unreadable::Drop("not SIP"))?;
        let bare = rest.trim_end_matches([' ', '\t']);
        let (uri, version) = bare.rsplit_once(' ').ok_or(Unreadable::Drop("not SIP"))?;
        if !has_prefix(version, "SIP/") || !is_token(method) {
            return Err(Unreadable::Drop("not SIP"));
        }
        Ok(FirstLine::Request { method, uri, version: if bare.len() == rest.len() { version } else { "" } })
    }

    /// `SIP/2.0 200 OK`; the phrase and the space before it may be missing.
    fn response(line: &'a str) -> Option<FirstLine<'a>> {
        let (version, rest) = line.split_once(' ')?;
        let (code, phrase) = rest.split_once(' ').unwrap_or((rest, ""));
        let is_code = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
        let code = is_code.then(|| code.parse().ok())??;
        let is_sip2 = version.eq_ignore_ascii_case("SIP/2.0") && (100..700).contains(&code);
        is_sip2.then_some(FirstLine::Response { code, phrase })
    }

    fn start(self) -> Result<Start, Fault> {
        let (name, uri, version) = match self {
            FirstLine::Response { code, phrase } => {
                let phrase = phrase.chars().filter(|c| !c.is_control()).collect();
                return Ok(Start::Response { code, phrase });
            }
            FirstLine::Request { method, uri, version } => (method, uri, version),
        };
        if version.is_empty() {
            return Err(Fault::bad("spaces after the version"));
        }
        if !version.eq_ignore_ascii_case("SIP/2.0") {
            return Err(Fault { code: 505, why: "not SIP/2.0" });
        }
        let Some(method) = method(name) else {
            return Err(Fault { code: 501, why: "an unknown method" });
        };
        match Uri::parse_with_headers(uri) {
            Ok((uri, false)) => Ok(Start::Request { method, uri }),
            Ok((_, true)) => Err(Fault::bad("the request line's URI has headers")),
            Err(UriError::UnknownScheme) => {
                Err(Fault { code: 416, why: "the request line's URI has an unknown scheme" })
            }
            Err(UriError::Malformed) => Err(Fault::bad("the request line's URI is malformed")),
        }
    }
}

fn has_prefix(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whom a request's first line calls: the user part, as written, told from the first [`MAX_TOKEN`] bytes without reading the
/// message. Nothing of it is believed by that.
pub fn user_called(bytes: &[u8]) -> Option<&str> {
    let line = &bytes[..bytes.len().min(MAX_TOKEN)];
    let uri = line.split(|byte| *byte == b' ').nth(1)?;
    let colon = uri.iter().position(|byte| *byte == b':')?;
    let (scheme, rest) = (&uri[..colon], &uri[colon + 1..]);
    if !scheme.eq_ignore_ascii_case(b"sip") && !scheme.eq_ignore_ascii_case(b"sips") {
        return None;
    }
    let end = rest.iter().position(|byte| *byte == b'@')?;
    std::str::from_utf8(&rest[..end]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::wire::{MAX_HEADERS, MAX_LINE};

    const HEAD: &str =
        "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nf: <sip:a@b>;tag=1\r\nt: <sip:c@d>\r\ni: x\r\nCSeq: 1 INVITE\r\n";

    fn invite(more: &str) -> Vec<u8> {
        format!("INVITE sip:c@d SIP/2.0\r\n{HEAD}{more}").into_bytes()
    }

    fn code(bytes: &[u8]) -> u16 {
        match read(bytes, Framing::Datagram) {
            Err(Unreadable::Answer { code, .. }) => code,
            other => panic!("answered, not {other:?}"),
        }
    }

    #[test]
    fn a_body_is_as_long_as_content_length_says() {
        for (more, framing, body) in [
            ("\r\nabc", Framing::Datagram, "abc"),
            ("\r\nabc", Framing::Stream, ""),
            ("l: 2\r\n\r\nabc", Framing::Datagram, "ab"),
            ("l: 2\r\nContent-Length: 02\r\n\r\nabc", Framing::Stream, "ab"),
            ("l: 0\r\n\r\nabc", Framing::Datagram, ""),
        ] {
            assert_eq!(read(&invite(more), framing).unwrap().body, body.as_bytes(), "{more:?}");
        }
        for more in [
            "l: 4\r\n\r\nabc",
            "l: 1\r\nl: 2\r\n\r\nabc",
            "l: -1\r\n\r\n",
            "l: 99999999999999999999\r\n\r\n",
            "l:\r\n\r\n",
        ] {
            assert_eq!(code(&invite(more)), 400, "{more:?}");
        }
    }

    #[test]
    fn a_mandatory_header_is_there_once() {
        let whole = String::from_utf8(invite("\r\n")).unwrap();
        for line in HEAD.split_inclusive("\r\n").skip(1) {
            assert_eq!(code(whole.replace(line, "").as_bytes()), 400, "without {line:?}");
            assert_eq!(code(whole.replace(line, &line.repeat(2)).as_bytes()), 400, "twice {line:?}");
        }
        for more in ["Max-Forwards: 1\r\n", "c: a/b\r\n"] {
            assert!(read(&invite(&format!("{more}\r\n")), Framing::Datagram).is_ok());
            assert_eq!(code(&invite(&format!("{more}{more}\r\n"))), 400, "twice {more:?}");
        }
    }

    #[test]
    fn line_ends_alone_are_a_keep_alive_and_before_a_message_nothing() {
        for bytes in ["", "\r\n", "\r\n\r\n"] {
            assert_eq!(read(bytes.as_bytes(), Framing::Datagram), Err(Unreadable::KeepAlive));
        }
        let late = [b"\r\n\r\n".as_slice(), &invite("\r\n")].concat();
        assert_eq!(read(&late, Framing::Datagram).unwrap().call_id, "x");
    }

    #[test]
    fn a_line_that_is_not_utf_8_is_latin_1() {
        let mut bytes =
            b"OPTIONS sip:a@b SIP/2.0\r\nTo: \"Nu\xf1ez\" <sip:a@b>\r\nFrom: \"Jos\xc3\xa9\" <sip:c@d>;tag=1\r\n"
                .to_vec();
        bytes.extend_from_slice(b"Via: SIP/2.0/UDP a\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n");
        let message = read(&bytes, Framing::Datagram).unwrap();
        assert_eq!((message.to.display.as_str(), message.from.display.as_str()), ("Nuñez", "José"));
    }

    #[test]
    fn what_is_over_a_limit_is_refused() {
        assert!(
            read(
                &invite(&"X: 1\r\n".repeat(MAX_HEADERS - 5)).into_iter().chain(*b"\r\n").collect::<Vec<_>>(),
                Framing::Stream
            )
            .is_ok()
        );
        assert_eq!(code(&invite(&("X: 1\r\n".repeat(MAX_HEADERS) + "\r\n"))), 400);
        assert_eq!(code(&invite(&format!("X: {}\r\n\r\n", "x".repeat(MAX_LINE)))), 400);
        let long = invite("\r\n");
        let long = String::from_utf8(long).unwrap();
        let token = "y".repeat(MAX_TOKEN + 1);
        for (from, to) in
            [("i: x", format!("i: {token}")), ("tag=1", format!("tag={token}")), ("z9hG4bK1", token.clone())]
        {
            assert_eq!(code(long.replace(from, &to).as_bytes()), 400, "{from}");
        }
        let vast = invite(&format!("\r\n{}", "x".repeat(MAX_DATAGRAM)));
        assert_eq!(read(&vast, Framing::Datagram), Err(Unreadable::Drop("the message is too long")));
        assert!(read(&vast, Framing::Stream).is_ok());
    }

    #[test]
    fn neither_an_ack_nor_a_response_nor_noise_is_answered() {
        let ack = String::from_utf8(invite("l: x\r\n\r\n")).unwrap().replace("INVITE", "ACK");
        let response = format!("SIP/2.0 200 OK\r\n{HEAD}l: x\r\n\r\n");
        for text in [
            ack.as_str(),
            &response,
            "SIP/2.0 700 No\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "INVITE sip:a@b SIP/2.0\r\n\r\n",
            "x",
            "\0\0\0\0",
            "INVITE sip:c@d SIP/2.0\r\nVia: SIP/2.0/UDP a\nTo: x\r\n\r\n",
            "INVITE sip:c@d SIP/2.0\r\nVia: SIP/2.0/UDP a\rTo: x\r\n\r\n",
        ] {
            assert!(matches!(read(text.as_bytes(), Framing::Datagram), Err(Unreadable::Drop(_))), "{text:?}");
        }
    }

    #[test]
    fn spaces_before_the_colon_hide_no_header() {
        let message = read(&invite("P-Asserted-Identity : <tel:+34911234567>\r\nprivacy\t: id\r\nReason: Q.850;cause=16;text=\"a, b\", SIP;cause=200\r\n\r\n"), Framing::Datagram).unwrap();
        assert_eq!(
            (message.asserted[0].uri.user_unescaped().as_str(), message.privacy.as_str()),
            ("+34911234567", "id")
        );
        let causes: Vec<_> = message.reasons.iter().map(|reason| (reason.protocol.as_str(), reason.cause)).collect();
        assert_eq!(causes, [("Q.850", Some(16)), ("SIP", Some(200))]);
    }

    #[test]
    fn control_characters_leave_no_space_and_no_empty_value_behind() {
        let more = "c: \u{1} application/sdp\u{2} ;x\r\nRequire: \u{1}, \u{1} 100rel\r\nPrivacy: \u{1} id\r\n\r\n";
        let message = read(&invite(more), Framing::Datagram).unwrap();
        assert_eq!(message.content_type.as_deref(), Some("application/sdp"));
        assert_eq!((message.require, message.privacy), (vec!["100rel".to_owned()], "id".to_owned()));
    }

    #[test]
    fn the_same_request_is_answered_by_the_same_tag() {
        let answered = |bytes: &[u8]| match read(bytes, Framing::Datagram) {
            Err(Unreadable::Answer { bytes, .. }) => String::from_utf8(bytes).unwrap(),
            other => panic!("answered, not {other:?}"),
        };
        let first = answered(&invite("l: x\r\n\r\n"));
        assert_eq!(first, answered(&invite("l: x\r\n\r\n")));
        assert!(first.contains("To: <sip:c@d>;tag="), "{first}");
        let other = String::from_utf8(invite("l: x\r\n\r\n")).unwrap().replace("i: x", "i: y");
        assert_ne!(first.split("tag=").last(), answered(other.as_bytes()).split("tag=").last());
    }
}
