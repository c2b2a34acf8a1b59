//! SIP as text, for the far ends. Written apart from the product's reader and writer on purpose: a mistake there cannot
//! hide behind the same mistake here.

use std::fmt::Write as _;

/// A message, taken apart just enough to be answered.
#[derive(Clone, Debug)]
pub struct Text {
    /// The first line.
    pub start: String,
    /// In order; names in lower case, the compact ones written out.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Text {
    /// Reads what a tolerant phone would. Panics on bytes no peer of ours may ever send.
    pub fn read(bytes: &[u8]) -> Text {
        let whole = String::from_utf8_lossy(bytes).into_owned();
        let (head, body) =
            whole.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no empty line ends the headers: {whole}"));
        let mut lines = head.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.starts_with([' ', '\t']) {
                let folded = headers.last_mut().unwrap_or_else(|| panic!("a folded line continues nothing: {line}"));
                folded.1.push(' ');
                folded.1.push_str(line.trim());
                continue;
            }
            let (name, value) =
                line.split_once(':').unwrap_or_else(|| panic!("a header line without a colon: {line:?}"));
            headers.push((long_name(name.trim()), value.trim().to_owned()));
        }
        let text = Text { start, headers, body: body.to_owned() };
        if let Some(length) = text.get("content-length") {
            assert_eq!(length.parse(), Ok(text.body.len()), "Content-Length is wrong in:\n{whole}");
        }
        text
    }

    /// Back to bytes, with what a story has changed in it.
    pub fn write(&self) -> String {
        let headers: Vec<(&str, String)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let counted: Vec<_> = headers.into_iter().filter(|(name, _)| *name != "content-length").collect();
        compose(&self.start, &counted, &self.body)
    }

    /// `None` for a response.
    pub fn method(&self) -> Option<&str> {
        (!self.start.starts_with("SIP/2.0 ")).then(|| self.start.split(' ').next().unwrap_or_default())
    }

    /// The request line's URI.
    pub fn uri(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }

    /// `None` for a request.
    pub fn code(&self) -> Option<u16> {
        self.start.strip_prefix("SIP/2.0 ")?.split(' ').next()?.parse().ok()
    }

    /// The first header of this (lower-case) name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Like [`Self::get`], for headers no message may lack (RFC 3261 §8.1.1).
    pub fn must(&self, name: &str) -> &str {
        self.get(name).unwrap_or_else(|| panic!("no {name} in: {}", self.start))
    }

    /// Every value of this (lower-case) name, lists taken apart at their commas.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n == name).flat_map(|(_, value)| at_commas(value)).collect()
    }

    pub fn cseq(&self) -> (u32, &str) {
        let cseq = self.must("cseq");
        let (number, method) = cseq.split_once(' ').unwrap_or_else(|| panic!("CSeq reads {cseq:?}"));
        (number.parse().unwrap_or_else(|_| panic!("CSeq reads {cseq:?}")), method.trim())
    }

    /// The topmost Via's branch.
    pub fn branch(&self) -> &str {
        let via = self.all("via").first().copied().unwrap_or_else(|| panic!("no Via in: {}", self.start));
        param(via, "branch").unwrap_or_else(|| panic!("no branch in Via: {via}"))
    }

    /// "INVITE", or "200 INVITE": how a story names a message.
    pub fn label(&self) -> String {
        match (self.method(), self.code()) {
            (Some(method), _) => method.to_owned(),
            (None, Some(code)) => format!("{code} {}", self.cseq().1),
            (None, None) => self.start.clone(),
        }
    }

    /// The address and port where the SDP wants audio.
    pub fn audio(&self) -> Option<std::net::SocketAddr> {
        let lines = || self.body.split("\r\n");
        let ip = lines().find_map(|line| line.strip_prefix("c=IN IP4 ").or(line.strip_prefix("c=IN IP6 ")))?;
        let ip: std::net::IpAddr = ip.trim().parse().ok()?;
        let port = lines().find_map(|line| line.strip_prefix("m=audio "))?.split(' ').next()?.parse().ok()?;
        Some(std::net::SocketAddr::new(ip, port))
    }

    /// The first way that the SDP offers to protect its audio; `None` when it is plain.
    pub fn crypto(&self) -> Option<&str> {
        self.body.split("\r\n").find_map(|line| line.strip_prefix("a=crypto:"))
    }

    /// Whether the SDP's audio is to be protected.
    pub fn is_protected(&self) -> bool {
        let protected = self.body.contains(" RTP/SAVP ");
        assert_eq!(protected, self.crypto().is_some(), "{}", self.body);
        protected
    }

    /// The first payload type of the SDP's audio: what the other side wants to hear.
    pub fn voice(&self) -> Option<u8> {
        self.payloads().first().and_then(|payload| payload.parse().ok())
    }

    /// The payload types of the SDP's audio, in order.
    pub fn payloads(&self) -> Vec<&str> {
        let media = self.body.split("\r\n").find_map(|line| line.strip_prefix("m=audio "));
        media.map(|line| line.split(' ').skip(2).collect()).unwrap_or_default()
    }
}

/// The tag of a From or To value.
pub fn tag(value: &str) -> Option<&str> {
    param(value.rsplit('>').next().unwrap_or(value), "tag")
}

/// `;name=value` in a header value.
pub fn param<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value.split(';').skip(1).find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('=')).map(str::trim)
}

/// What stands between `<` and `>`, or the bare URI before its header parameters.
pub fn uri_of(value: &str) -> &str {
    match value.split_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or(rest),
        None => value.split(';').next().unwrap_or(value).trim(),
    }
}

/// `sip:user@192.0.2.1:5060;…` (or `sips:`) → its address; the port is 5060 when none is written (RFC 3261 §19.1.2).
pub fn address_of(uri: &str) -> Option<std::net::SocketAddr> {
    let rest = uri.strip_prefix("sip:").or_else(|| uri.strip_prefix("sips:"))?.split([';', '?']).next()?;
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    host.parse().or_else(|_| format!("{host}:5060").parse()).ok()
}

/// Puts a message together; `Content-Length` is counted here.
pub fn compose(start: &str, headers: &[(&str, String)], body: &str) -> String {
    let mut text = format!("{start}\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
    text
}

/// A plain description of audio at this address.
pub fn sdp(audio: std::net::SocketAddr, payloads: &str, direction: &str, extra: &[String]) -> String {
    let ip = audio.ip();
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    let mut text = format!("v=0\r\no=- 7 7 IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n");
    let _ = write!(text, "m=audio {} RTP/AVP {payloads}\r\n", audio.port());
    for payload in payloads.split(' ') {
        let name = match payload {
            "0" => "PCMU/8000",
            "8" => "PCMA/8000",
            "9" => "G722/8000",
            "96" => "H264/90000",
            "18" => "G729/8000",
            "97" | "101" => "telephone-event/8000",
            other => panic!("no such codec in the cast: {other}"),
        };
        let _ = write!(text, "a=rtpmap:{payload} {name}\r\n");
    }
    if payloads.contains("101") {
        text.push_str("a=fmtp:101 0-15\r\n");
    }
    let _ = write!(text, "a={direction}\r\n");
    for line in extra {
        let _ = write!(text, "{line}\r\n");
    }
    text
}

/// This answer, protected by what was offered first, with a key of its own.
pub fn protected(answer: &str, offered: &str) -> String {
    let mut words = offered.split(' ');
    let (tag, suite) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let answer = answer.replace(" RTP/AVP ", " RTP/SAVP ");
    format!("{answer}a=crypto:{tag} {suite} inline:{}\r\n", "Phone".repeat(8))
}

fn at_commas(value: &str) -> Vec<&str> {
    let (mut parts, mut from, mut quoted, mut angle) = (Vec::new(), 0, false, false);
    for (at, c) in value.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '<' if !quoted => angle = true,
            '>' if !quoted => angle = false,
            ',' if !quoted && !angle => {
                parts.push(value[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(value[from..].trim());
    parts
}

fn long_name(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "v" => "via",
        "f" => "from",
        "t" => "to",
        "i" => "call-id",
        "m" => "contact",
        "l" => "content-length",
        "c" => "content-type",
        "k" => "supported",
        long => return long.to_owned(),
    }
    .to_owned()
}
