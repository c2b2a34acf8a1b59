//! Messages to bytes.

use std::fmt::Write;

use super::MAX_STREAM_MESSAGE;
use crate::sip::message::{Header, Headers, Request, Response, method_name, phrase};
use crate::sip::text;

/// Why a message was not written. Each is a fault of ours, or a stranger's text that must not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    #[error("the request line's URI is empty or holds a space or a control character: build it with request_uri")]
    RequestUri,
    #[error("{0} is no status code: use 100 to 699")]
    Code(u16),
    #[error("the header {0:?} holds CR, LF or NUL, or its name is no token: clean the text before it goes out")]
    Header(String),
    #[error("the message has {0} bytes, more than {MAX_STREAM_MESSAGE}: nobody would read it")]
    TooLong(usize),
}

/// A request as bytes. Content-Length is ours; one among the headers is passed over.
pub fn write_request(request: &Request) -> Result<Vec<u8>, Unwritable> {
    let uri = request.uri.to_string();
    if uri.is_empty() || uri.chars().any(|c| c.is_control() || c == ' ') {
        return Err(Unwritable::RequestUri);
    }
    write(format_args!("{} {uri} SIP/2.0\r\n", method_name(&request.method)), &request.headers, &request.body)
}

/// A response as bytes, with the RFC's phrase whatever phrase came along. Content-Length is ours.
pub fn write_response(response: &Response) -> Result<Vec<u8>, Unwritable> {
    let code = response.status_code.code();
    if !(100..700).contains(&code) {
        return Err(Unwritable::Code(code));
    }
    write(format_args!("SIP/2.0 {code} {}\r\n", phrase(code)), &response.headers, &response.body)
}

fn write(first_line: std::fmt::Arguments<'_>, headers: &Headers, body: &[u8]) -> Result<Vec<u8>, Unwritable> {
    // What a usual message takes, so that it is allocated once.
    const USUAL_HEAD: usize = 1024;
    let mut out = String::with_capacity(USUAL_HEAD + body.len());
    put(&mut out, first_line);
    for header in headers.iter() {
        write_header(&mut out, header)?;
    }
    put(&mut out, format_args!("Content-Length: {}\r\n\r\n", body.len()));
    let mut out = out.into_bytes();
    out.extend_from_slice(body);
    if out.len() > MAX_STREAM_MESSAGE { Err(Unwritable::TooLong(out.len())) } else { Ok(out) }
}

fn write_header(out: &mut String, header: &Header) -> Result<(), Unwritable> {
    let begin = out.len();
    put(out, format_args!("{header}"));
    let line = &out[begin..];
    let name = line.split_once(": ").map_or("", |(name, _)| name);
    if !text::is_token(name) || line.bytes().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
        return Err(Unwritable::Header(name.to_owned()));
    }
    if name.eq_ignore_ascii_case("Content-Length") || name.eq_ignore_ascii_case("l") {
        out.truncate(begin);
    } else {
        out.push_str("\r\n");
    }
    Ok(())
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::{self, Method};
    use crate::sip::uri::Uri;

    #[test]
    fn a_request_is_written_to_the_byte() {
        let mut request = message::request(Method::Invite, &Uri::sip(Some("+34911234567"), "2001:db8::1", Some(5062)));
        request.headers.push(message::max_forwards(70));
        request.headers.push(message::other("Content-Length", "999"));
        request.headers.push(message::other("Reason", "SIP;cause=200"));
        request.body = vec![0, 255, b'x'];
        let head = b"INVITE sip:+34911234567@[2001:db8::1]:5062 SIP/2.0\r\nMax-Forwards: 70\r\nReason: SIP;cause=200\r\nContent-Length: 3\r\n\r\n";
        assert_eq!(write_request(&request), Ok([head.as_slice(), &[0, 255, b'x']].concat()));
    }

    #[test]
    fn responses_have_the_rfcs_phrases() {
        let response = |code: u16| Response { status_code: code.into(), ..Response::default() };
        assert_eq!(write_response(&response(486)).unwrap(), b"SIP/2.0 486 Busy Here\r\nContent-Length: 0\r\n\r\n");
        assert!(write_response(&response(499)).unwrap().starts_with(b"SIP/2.0 499 Bad Request\r\n"));
        assert_eq!(write_response(&response(99)), Err(Unwritable::Code(99)));
        assert_eq!(write_response(&response(700)), Err(Unwritable::Code(700)));
    }

    #[test]
    fn nothing_breaks_out_of_its_line() {
        for (name, value) in [
            ("X", "a\r\nY: b"),
            ("X", "a\n"),
            ("X", "a\r"),
            ("X", "a\0"),
            ("X\r\nY", "a"),
            ("X Y", "a"),
            ("", "a"),
            ("X:", "a"),
        ] {
            let mut request = message::request(Method::Bye, &Uri::sip(None, "a", None));
            request.headers.push(message::other(name, value));
            assert!(matches!(write_request(&request), Err(Unwritable::Header(_))), "{name:?}: {value:?}");
        }
        let request = message::request(Method::Bye, &Uri::sip(None, "a b\r\n", None));
        assert_eq!(write_request(&request), Err(Unwritable::RequestUri));
    }
}
