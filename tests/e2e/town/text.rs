//! SIP as text, as much of it as callers and phones need.

use std::fmt::Write;

use md5::{Digest, Md5};

/// A message, taken apart.
pub struct Message<'a> {
    first: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    pub body: &'a str,
}

impl<'a> Message<'a> {
    pub fn read(text: &'a str) -> Option<Message<'a>> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let (first, rest) = head.split_once("\r\n")?;
        let header = |line: &'a str| line.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
        Some(Message { first, headers: rest.split("\r\n").filter_map(header).collect(), body })
    }

    /// The first of this name; empty when there is none.
    pub fn header(&self, name: &str) -> &'a str {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// Of a response.
    pub fn status(&self) -> Option<u16> {
        self.first.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// Of a request.
    pub fn method(&self) -> &'a str {
        self.first.split(' ').next().unwrap_or_default()
    }

    /// The method that a response answers.
    pub fn answers(&self) -> &'a str {
        self.header("CSeq").split(' ').nth(1).unwrap_or_default()
    }

    /// Where the other side wants the requests of a dialog.
    pub fn contact(&self) -> &'a str {
        within_angles(self.header("Contact"))
    }

    /// The user of From: who calls.
    pub fn caller(&self) -> &'a str {
        let uri = within_angles(self.header("From"));
        uri.split_once(':').map_or("", |(_, rest)| rest.split('@').next().unwrap_or_default())
    }

    /// The port of the audio in an SDP.
    pub fn audio_port(&self) -> Option<u16> {
        self.body.split("m=audio ").nth(1)?.split(' ').next()?.parse().ok()
    }

    /// The response that this request gets; `more` are whole lines.
    pub fn answer(&self, status: &str, tag: &str, more: &str, body: &str) -> String {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for (name, value) in &self.headers {
            let copied = ["Via", "From", "Call-ID", "CSeq"].iter().any(|own| name.eq_ignore_ascii_case(own));
            if copied {
                line(&mut text, &format!("{name}: {value}"));
            } else if name.eq_ignore_ascii_case("To") {
                let tagged = if value.contains(";tag=") { String::new() } else { format!(";tag={tag}") };
                line(&mut text, &format!("To: {value}{tagged}"));
            }
        }
        closed(text, more, body)
    }
}

/// A request; `headers` and `more` are whole lines.
pub fn request(method: &str, uri: &str, headers: &str, more: &str, body: &str) -> String {
    closed(format!("{method} {uri} SIP/2.0\r\nMax-Forwards: 70\r\n{headers}"), more, body)
}

fn closed(mut text: String, more: &str, body: &str) -> String {
    text += more;
    if !body.is_empty() {
        line(&mut text, "Content-Type: application/sdp");
    }
    line(&mut text, &format!("Content-Length: {}", body.len()));
    text + "\r\n" + body
}

fn line(text: &mut String, line: &str) {
    write!(text, "{line}\r\n").expect("a String takes everything");
}

/// An offer or answer of PCMU at this loopback port.
pub fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
         a=rtpmap:101 telephone-event/8000\r\n"
    )
}

fn within_angles(value: &str) -> &str {
    let inner = value.split_once('<').map_or(value, |(_, rest)| rest);
    inner.split('>').next().unwrap_or_default()
}

/// The Authorization line that answers this challenge to a REGISTER (RFC 7616 §3.4).
pub fn authorization(challenge: &str, user: &str, password: &str, uri: &str) -> String {
    let field = |name: &str| {
        let value = challenge.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        value.unwrap_or_default()
    };
    let (realm, nonce, cnonce) = (field("realm"), field("nonce"), "town");
    let ha1 = md5(&format!("{user}:{realm}:{password}"));
    let ha2 = md5(&format!("REGISTER:{uri}"));
    let response = md5(&format!("{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}"));
    format!(
        "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
         response=\"{response}\", algorithm=MD5, cnonce=\"{cnonce}\", qop=auth, nc=00000001\r\n"
    )
}

fn md5(text: &str) -> String {
    Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
