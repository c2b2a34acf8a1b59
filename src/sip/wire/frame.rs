//! Where one message ends and the next begins on a stream (RFC 3261 §18.3, RFC 5626 §4.4.1).

use super::header::{self, Name};
use super::meaning::content_length;
use super::{MAX_STREAM_MESSAGE, read};

/// Cuts a stream into messages. What arrives in single bytes costs no more than what arrives at once.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// So many bytes hold no end of a head.
    searched: usize,
    /// The first message is not whole before the buffer has so many bytes.
    wanted: usize,
    /// Line ends in a row since the last message, in bytes: a ping may come in two halves.
    line_ends: usize,
}

/// What a stream has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// One message, for [`read`](super::read()).
    Message(Vec<u8>),
    /// CRLF CRLF: answer [`PONG`] (RFC 5626 §4.4.1).
    Ping,
    /// Where the next message begins can no longer be known. These are all bytes there are; nothing follows.
    Bad(Vec<u8>),
}

/// The answer to a ping (RFC 5626 §4.4.1).
pub const PONG: &[u8] = b"\r\n";
/// Two line ends. One alone is a pong, which nobody answers: two who answer everything would never end.
const PING: &[u8] = b"\r\n\r\n";

/// Whether a datagram is a keep-alive that wants an answer.
pub fn is_ping(datagram: &[u8]) -> bool {
    datagram == PING
}

impl Framer {
    /// More bytes have come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Nothing waits for its end.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// What came of a message that is not whole.
    pub fn rest(&self) -> &[u8] {
        &self.buffer
    }

    /// The next piece; `None` until more bytes come.
    pub fn next_piece(&mut self) -> Option<Piece> {
        loop {
            if !self.is_worth_a_look() {
                return None;
            }
            match frame(&self.buffer) {
                Frame::Need(wanted) => {
                    self.wanted = wanted;
                    return None;
                }
                Frame::Message(length) => {
                    let rest = self.buffer.split_off(length);
                    self.line_ends = 0;
                    return Some(Piece::Message(self.start_anew(rest)));
                }
                Frame::KeepAlive(length) => {
                    let rest = self.buffer.split_off(length);
                    self.start_anew(rest);
                    self.line_ends += length;
                    if self.line_ends >= PING.len() {
                        self.line_ends = 0;
                        return Some(Piece::Ping);
                    }
                }
                Frame::Bad(_) => return Some(Piece::Bad(self.start_anew(Vec::new()))),
            }
        }
    }

    /// A message can be whole only once its head has ended and its body is there: no need to read it all again for
    /// each byte.
    fn is_worth_a_look(&mut self) -> bool {
        if self.buffer.starts_with(b"\r\n") || self.buffer.len() >= MAX_STREAM_MESSAGE {
            return true;
        }
        if self.wanted > 0 {
            return self.buffer.len() >= self.wanted;
        }
        let from = self.searched.saturating_sub(3);
        self.searched = self.buffer.len();
        self.buffer[from..].windows(4).any(|end| end == b"\r\n\r\n")
    }

    fn start_anew(&mut self, rest: Vec<u8>) -> Vec<u8> {
        (self.searched, self.wanted) = (0, 0);
        std::mem::replace(&mut self.buffer, rest)
    }
}

/// What stands at the beginning of a stream's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Not all of it is here yet: the message has so many bytes; 0 while its head has not ended.
    Need(usize),
    /// A message of this many bytes, for [`read`](super::read()).
    Message(usize),
    /// This many bytes of line ends alone. Four or more are a ping: answer CRLF; two are the pong.
    KeepAlive(usize),
    /// Where the next message begins can no longer be known: close the connection.
    Bad(&'static str),
}

/// Looks at the beginning of `buffer`.
pub fn frame(buffer: &[u8]) -> Frame {
    let ends = read::leading_line_ends(buffer);
    if ends > 0 {
        return Frame::KeepAlive(ends);
    }
    let Some((head, body)) = read::head_and_body(&buffer[..buffer.len().min(MAX_STREAM_MESSAGE)]) else {
        return if buffer.len() < MAX_STREAM_MESSAGE { Frame::Need(0) } else { Frame::Bad("the head does not end") };
    };
    let Ok(text) = read::text(head) else { return Frame::Bad("a stray CR or LF") };
    let headers = text.split_once("\r\n").map_or("", |(_, headers)| headers);
    let fields = header::fields(headers).fields;
    let lengths = fields.iter().filter(|field| field.name == Name::ContentLength).map(|field| field.value.as_ref());
    match content_length(lengths) {
        Err(fault) => Frame::Bad(fault),
        Ok(length) => {
            let whole = (buffer.len().min(MAX_STREAM_MESSAGE) - body.len()).saturating_add(length.unwrap_or(0));
            match whole {
                _ if whole > MAX_STREAM_MESSAGE => Frame::Bad("the message is too long"),
                _ if whole > buffer.len() => Frame::Need(whole),
                _ => Frame::Message(whole),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 3\r\n\r\nabc";
    const SECOND: &str = "OPTIONS sip:b SIP/2.0\r\nl: 0\r\n\r\n";

    fn pieces(framer: &mut Framer) -> Vec<Piece> {
        std::iter::from_fn(|| framer.next_piece()).collect()
    }

    fn message(text: &str) -> Piece {
        Piece::Message(text.as_bytes().to_vec())
    }

    #[test]
    fn two_messages_and_a_ping_come_out_the_same_at_once_and_byte_by_byte() {
        let stream = format!("{FIRST}\r\n\r\n{SECOND}");
        let expected = [message(FIRST), Piece::Ping, message(SECOND)];
        let mut at_once = Framer::default();
        at_once.push(stream.as_bytes());
        assert_eq!(pieces(&mut at_once), expected);
        let mut by_byte = Framer::default();
        let came: Vec<Piece> = stream
            .bytes()
            .flat_map(|byte| {
                by_byte.push(&[byte]);
                pieces(&mut by_byte)
            })
            .collect();
        assert_eq!(came, expected);
        assert!(at_once.is_empty() && by_byte.is_empty());
    }

    #[test]
    fn a_lone_line_end_is_no_ping() {
        let mut framer = Framer::default();
        framer.push(b"\r\n");
        assert_eq!((framer.next_piece(), framer.is_empty()), (None, true));
        framer.push(SECOND.as_bytes());
        assert_eq!(pieces(&mut framer), [message(SECOND)]);
        framer.push(b"\r\n");
        assert_eq!(framer.next_piece(), None, "line ends before the message do not count");
    }

    #[test]
    fn a_negative_length_is_bad_and_the_bytes_are_kept_for_the_answer() {
        let text = "OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n";
        let mut framer = Framer::default();
        framer.push(text.as_bytes());
        assert_eq!(framer.next_piece(), Some(Piece::Bad(text.as_bytes().to_vec())));
    }

    #[test]
    fn what_never_ends_is_bad_at_the_limit() {
        let mut framer = Framer::default();
        framer.push(&vec![b'a'; MAX_STREAM_MESSAGE - 1]);
        assert_eq!(framer.next_piece(), None);
        framer.push(b"a");
        assert!(matches!(framer.next_piece(), Some(Piece::Bad(_))));
    }
}
