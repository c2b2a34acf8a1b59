//! SIP as text, read tolerantly and written from templates. The demo's phones and caller share nothing with the
//! service's own SIP code, so that what they see is an independent witness of it.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::SocketAddr;

/// One SIP message: its first line, its headers in order, its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    start: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Text {
    /// Reads a datagram. `None` when it is not even a first line and headers (a keep-alive, say).
    pub fn read(bytes: &[u8]) -> Option<Text> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n").skip_while(|line| line.trim().is_empty());
        let start = lines.next()?.to_owned();
        if !start.contains("SIP/2.0") {
            return None;
        }
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            // A line that starts with a space continues the one before (RFC 3261 §7.3.1).
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((long_name(name.trim()), value.trim().to_owned()));
            }
        }
        Some(Text { start, headers, body: body.to_owned() })
    }

    /// The method, of a request.
    pub fn method(&self) -> Option<&str> {
        let word = self.start.split(' ').next()?;
        (word != "SIP/2.0").then_some(word)
    }

    /// The status, of a response.
    pub fn status(&self) -> Option<u16> {
        self.start.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// The first header of this name (written long, any case); empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// All headers of this name (written long, any case), in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// CSeq's number and method.
    pub fn cseq(&self) -> (u32, &str) {
        let mut words = self.header("CSeq").split_whitespace();
        let number = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        (number, words.next().unwrap_or(""))
    }

    /// The branch of the topmost Via, which names the transaction (RFC 3261 §17.1.3).
    pub fn branch(&self) -> &str {
        parameter(self.header("Via").split(',').next().unwrap_or(""), "branch")
    }

    /// Whether a `Reason` says that somebody else took the call (RFC 3326 §2, cause 200 of SIP), so that the phone
    /// shows no missed call.
    pub fn completed_elsewhere(&self) -> bool {
        self.all("Reason").flat_map(|value| value.split(',')).any(|reason| {
            let protocol = reason.split(';').next().unwrap_or("").trim();
            protocol.eq_ignore_ascii_case("SIP") && parameter(reason, "cause") == "200"
        })
    }

    /// The response to this request: Via, From, Call-ID and CSeq as they came, To with our tag (RFC 3261 §8.2.6.2).
    pub fn response(&self, status: &str, tag: &str, more: &str, body: &str) -> String {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for name in ["Via", "Record-Route"] {
            for value in self.all(name) {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        let to = self.header("To");
        let to_tag = if parameter(to, "tag").is_empty() { format!(";tag={tag}") } else { String::new() };
        text.push_str(&format!(
            "From: {from}\r\nTo: {to}{to_tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n{more}",
            from = self.header("From"),
            call_id = self.header("Call-ID"),
            cseq = self.header("CSeq"),
        ));
        with_body(text, body)
    }
}

/// Ends the headers and appends the body, which is an SDP or nothing.
pub fn with_body(mut text: String, body: &str) -> String {
    if !body.is_empty() {
        text.push_str("Content-Type: application/sdp\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    text
}

/// The value of a header parameter outside the angle brackets, unquoted; empty when it is not there.
pub fn parameter<'a>(header: &'a str, name: &str) -> &'a str {
    let outside = header.rfind('>').map_or(header, |end| &header[end + 1..]);
    outside
        .split(';')
        .filter_map(|part| part.split_once('='))
        .find(|(have, _)| have.trim().eq_ignore_ascii_case(name))
        .map_or("", |(_, value)| value.trim().trim_matches('"'))
}

/// The display name of an address header, as a phone would show it; empty when there is none.
pub fn display_name(header: &str) -> String {
    let header = header.trim();
    if let Some(quoted) = header.strip_prefix('"') {
        let mut name = String::new();
        let mut chars = quoted.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => name.extend(chars.next()),
                other => name.push(other),
            }
        }
        return name;
    }
    header.split_once('<').map_or(String::new(), |(name, _)| name.trim().to_owned())
}

/// The URI of an address header: what is in the angle brackets, else all before the first parameter.
pub fn uri(header: &str) -> &str {
    let bracketed = header.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(uri, _)| uri);
    bracketed.unwrap_or_else(|| header.split(';').next().unwrap_or("").trim())
}

/// The user of a SIP URI: the number, for a telephone.
pub fn user(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    rest.split_once('@').map_or("", |(user, _)| user.split(';').next().unwrap_or(""))
}

/// Where an SDP wants its audio; `None` without an audio line that can be used.
pub fn audio_address(sdp: &str) -> Option<SocketAddr> {
    let line = |start: &str| sdp.lines().find_map(|line| line.trim().strip_prefix(start).map(str::to_owned));
    let port = line("m=audio ")?.split(' ').next()?.parse().ok()?;
    let host = line("c=IN IP4 ").or_else(|| line("c=IN IP6 "))?;
    let ip = host.split('/').next()?.trim().parse().ok()?;
    (port != 0).then(|| SocketAddr::new(ip, port))
}

/// An SDP with one μ-law stream at this address (RFC 4566, RFC 3551 payload type 0).
pub fn sdp(audio: SocketAddr) -> String {
    let (ip, port) = (audio.ip(), audio.port());
    let family = if audio.is_ipv4() { "IP4" } else { "IP6" };
    format!(
        "v=0\r\no=- {id} 1 IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n",
        id = chance() >> 2,
    )
}

/// A number nobody can guess, for tags, branches, Call-IDs and RTP's random starts.
pub fn chance() -> u64 {
    // Every RandomState has keys of its own.
    RandomState::new().build_hasher().finish()
}

/// The long name of a header, from its compact form (RFC 3261 §7.3.3).
fn long_name(name: &str) -> String {
    let long = match name {
        "v" | "V" => "Via",
        "f" | "F" => "From",
        "t" | "T" => "To",
        "i" | "I" => "Call-ID",
        "m" | "M" => "Contact",
        "c" | "C" => "Content-Type",
        "l" | "L" => "Content-Length",
        other => other,
    };
    long.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "INVITE sip:counter@127.0.0.1:5071 SIP/2.0\r\n\
        v: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK1\r\n\
        From: \"Jo \\\"<M>\\\" 3rd call\" <sip:+34600999888@127.0.0.1;x=1>\r\n ;tag=abc\r\n\
        t: <sip:counter@127.0.0.1>\r\ni: 77@a\r\nCSeq: 4 INVITE\r\n\r\nv=0";

    #[test]
    fn compact_and_folded_headers_are_read() {
        let invite = Text::read(INVITE.as_bytes()).expect("it is a message");
        assert_eq!(invite.method(), Some("INVITE"));
        assert_eq!(invite.status(), None);
        assert_eq!(invite.branch(), "z9hG4bK1");
        assert_eq!(parameter(invite.header("from"), "tag"), "abc");
        assert_eq!(invite.header("Call-ID"), "77@a");
        assert_eq!(invite.cseq(), (4, "INVITE"));
        assert_eq!(invite.body, "v=0");
    }

    #[test]
    fn a_display_name_is_unquoted() {
        let invite = Text::read(INVITE.as_bytes()).expect("it is a message");
        assert_eq!(display_name(invite.header("From")), "Jo \"<M>\" 3rd call");
        assert_eq!(user(uri(invite.header("From"))), "+34600999888");
        assert_eq!(display_name("Jo Miller <sip:1@a>"), "Jo Miller");
        assert_eq!(display_name("sip:1@a;tag=2"), "");
        assert_eq!(uri("sip:1@a;tag=2"), "sip:1@a");
    }

    #[test]
    fn only_sip_cause_200_means_completed_elsewhere() {
        let with = |reasons: &str| {
            Text::read(format!("CANCEL sip:a SIP/2.0\r\n{reasons}\r\n").as_bytes()).map(|m| m.completed_elsewhere())
        };
        assert_eq!(
            with("Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\nReason: Q.850;cause=26\r\n"),
            Some(true)
        );
        assert_eq!(with("Reason: Q.850;cause=26, SIP ; cause=200\r\n"), Some(true));
        assert_eq!(with("Reason: Q.850;cause=16\r\n"), Some(false));
        assert_eq!(with("Reason: Q.850;cause=200\r\n"), Some(false));
        assert_eq!(with(""), Some(false));
    }

    #[test]
    fn a_response_repeats_what_the_request_said() {
        let invite = Text::read(INVITE.as_bytes()).expect("it is a message");
        let ok = Text::read(invite.response("200 OK", "xyz", "", "v=0\r\n").as_bytes()).expect("it is a message");
        assert_eq!(ok.status(), Some(200));
        assert_eq!((ok.branch(), ok.header("CSeq"), ok.header("Call-ID")), ("z9hG4bK1", "4 INVITE", "77@a"));
        assert_eq!(parameter(ok.header("To"), "tag"), "xyz");
        assert_eq!(ok.header("Content-Length"), "5");
    }

    #[test]
    fn an_sdp_says_where_to_send() {
        let here: SocketAddr = "127.0.0.1:4000".parse().expect("an address");
        assert_eq!(audio_address(&sdp(here)), Some(here));
        assert_eq!(audio_address("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 0 RTP/AVP 0\r\n"), None);
        assert_eq!(audio_address("m=audio 4000 RTP/AVP 0\r\n"), None);
    }

    #[test]
    fn what_is_no_message_is_not_read() {
        assert_eq!(Text::read(b"\r\n\r\n"), None);
        assert_eq!(Text::read(b""), None);
        assert_eq!(Text::read(&[0xff, 0, 1]), None);
    }
}
