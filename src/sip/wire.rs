//! Bytes to messages and back (RFC 3261 §7, §18.3, §25). The one place where the text of headers is read, and the one
//! that writes it. Reading takes time linear in the length.
//!
//! `rsip` carries messages between this module and the rest; neither its readers nor its writer are used (they refuse
//! valid messages, lose the plus of `tel:`, and write phrases and bodies wrongly).

mod answer;
mod frame;
mod header;
mod meaning;
mod read;
mod write;

pub use frame::{Frame, Framer, PONG, Piece, frame, is_ping};
pub use read::{Unreadable, read, user_called};
pub use write::{Unwritable, write_request, write_response};

/// The longest datagram that is read, in bytes. Real INVITEs are 1 to 3 KiB; more is fragments and somebody's test.
pub const MAX_DATAGRAM: usize = 16 * 1024;

/// The longest message on a stream, in bytes, and the longest we write. Room for a WebRTC offer; a bound on what one
/// peer can make us keep.
pub const MAX_STREAM_MESSAGE: usize = 64 * 1024;

/// The most header lines; long Via and Record-Route chains have some dozens.
pub const MAX_HEADERS: usize = 128;

/// The longest header with its continuation lines, in bytes; an Identity with its certificate's URL has about 2 KiB.
pub const MAX_LINE: usize = 8 * 1024;

/// The longest branch, tag or Call-ID, in bytes: they become keys of tables. The longest of RFC 4475's deliberately
/// extreme message has 215.
pub const MAX_TOKEN: usize = 256;

/// How the message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// A UDP datagram, or a WebSocket message: its end is the body's end when there is no Content-Length.
    Datagram,
    /// Cut out of a stream by [`frame`](frame()): no Content-Length, no body.
    Stream,
}
