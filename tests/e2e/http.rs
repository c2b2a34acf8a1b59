//! One GET over a fresh connection: enough for our own pages, and no client library to agree with the server's.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

pub struct Reply {
    pub status: u16,
    pub body: String,
}

/// `None` when nobody listens or the reply is cut short.
pub fn get(port: u16, path: &str, token: Option<&str>) -> Option<Reply> {
    let text = String::from_utf8_lossy(&whole(port, path, token)?).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    Some(Reply { status: status(head)?, body: if chunked { unchunked(body)? } else { body.to_owned() } })
}

/// The same for what is no text: the body, when the status is 200.
pub fn get_bytes(port: u16, path: &str, token: Option<&str>) -> Option<Vec<u8>> {
    let bytes = whole(port, path, token)?;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    assert!(!head.contains("transfer-encoding"), "a file has a length: {head}");
    (status(&head)? == 200).then(|| bytes[end + 4..].to_vec())
}

fn whole(port: u16, path: &str, token: Option<&str>) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{authorization}Connection: close\r\n\r\n").ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn status(head: &str) -> Option<u16> {
    head.split(' ').nth(1)?.parse().ok()
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
