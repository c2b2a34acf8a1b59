//! Messages that wait, as a document (RFC 3842 §5.2).

use super::uri::Uri;

/// How many messages there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Nobody has heard them.
    pub new: u32,
    /// Somebody has.
    pub old: u32,
}

/// The document: what waits for `account`.
pub fn write(waiting: Waiting, account: &Uri) -> Vec<u8> {
    let Waiting { new, old } = waiting;
    let any = if new > 0 { "yes" } else { "no" };
    let text = format!("Messages-Waiting: {any}\r\nMessage-Account: {account}\r\nVoice-Message: {new}/{old} (0/0)\r\n");
    text.into_bytes()
}
