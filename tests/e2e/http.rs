//! One request over a fresh connection: enough for our own pages, and no client library to agree with the server's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

pub struct Reply {
    pub status: u16,
    pub etag: Option<String>,
    pub body: String,
}

/// So long nothing may come.
const PATIENCE: Duration = Duration::from_secs(10);

/// `None` when nobody listens or the reply is cut short.
pub fn get(port: u16, path: &str, token: Option<&str>) -> Option<Reply> {
    let authorization = token.map(|token| ("Authorization", format!("Bearer {token}")));
    let headers: Vec<(&str, &str)> = authorization.iter().map(|(name, value)| (*name, value.as_str())).collect();
    ask(port, "GET", path, &headers, "")
}

/// The same for what is no text: the body, when the status is 200.
pub fn get_bytes(port: u16, path: &str, token: &str) -> Option<Vec<u8>> {
    let bytes = whole(port, "GET", path, &[("Authorization", &format!("Bearer {token}"))], "")?;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    assert!(!head.contains("transfer-encoding"), "a file has a length: {head}");
    (status(&head)? == 200).then(|| bytes[end + 4..].to_vec())
}

/// The same by any method, with a body.
pub fn ask(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Reply> {
    let text = String::from_utf8_lossy(&whole(port, method, path, headers, body)?).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let field = |line: &str| {
        line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("etag")).map(|(_, tag)| tag.to_owned())
    };
    let etag = head.lines().find_map(field);
    Some(Reply { status: status(head)?, etag, body: if chunked { unchunked(body)? } else { body.to_owned() } })
}

fn status(head: &str) -> Option<u16> {
    head.split(' ').nth(1)?.parse().ok()
}

fn whole(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}Content-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// A stream of server-sent events.
pub struct Events(BufReader<TcpStream>);

/// Listens to server-sent events; returns once the server has begun to tell.
pub fn listen(port: u16, path: &str, token: &str) -> Events {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("somebody listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a timeout");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n")
        .expect("the request is sent");
    let mut events = Events(BufReader::new(stream));
    while !events.line().starts_with(':') {}
    events
}

impl Events {
    /// The next event: its name and its data.
    pub fn next(&mut self) -> (String, serde_json::Value) {
        let mut name = String::new();
        loop {
            let line = self.line();
            if let Some(event) = line.strip_prefix("event: ") {
                name = event.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return (name, serde_json::from_str(data).expect("JSON"));
            }
        }
    }

    /// Each event is a chunk of its own, so its lines are whole.
    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).expect("something comes in time");
        assert!(read > 0, "the stream has ended");
        line.trim_end().to_owned()
    }
}

fn unchunked(mut rest: &str) -> Option<String> {
    let mut whole = String::new();
    loop {
        let (size, after) = rest.split_once("\r\n")?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        whole.push_str(after.get(..size)?);
        rest = after.get(size + 2..)?;
    }
}
