//! Where one message ends and the next begins on a stream (RFC 3261 §18.3, RFC 5626 §4.4.1).

use super::header::{self, Name};
use super::meaning::content_length;
use super::{MAX_STREAM_MESSAGE, read};

/// What stands at the beginning of a stream's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Not all of it is here yet.
    Need,
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
        return if buffer.len() < MAX_STREAM_MESSAGE { Frame::Need } else { Frame::Bad("the head does not end") };
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
                _ if whole > buffer.len() => Frame::Need,
                _ => Frame::Message(whole),
            }
        }
    }
}
