//! Who calls and what for, and what has come of it: the callers' own account, to be held against the shop's log.

use std::time::{Duration, SystemTime};

/// A call, before it is made.
#[derive(Clone, Debug)]
pub struct Script {
    /// The caller's, in E.164.
    pub number: String,
    pub dials: String,
    pub deed: Deed,
}

/// What the caller does, and what the phones do about it. Times are counted from the caller's INVITE until the answer,
/// from the answer after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Somebody picks up, or two in the same moment; they talk.
    Talks { rings: Duration, pick_up: PickUp, talks: Duration, hangs_up: Side },
    /// Nobody picks up, and the caller does not wait.
    GivesUp { after: Duration },
    /// Every phone says no.
    IsDeclined,
    /// Nobody says anything.
    IsIgnored,
    /// The machine answers, and hears a voice.
    Speaks { stays: Duration },
    /// The machine answers, and hears nothing.
    ListensOnly { stays: Duration },
    /// The caller is refused at once.
    IsTurnedAway,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickUp {
    One,
    Two,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Caller,
    Phone,
}

/// What a caller has heard so far.
#[derive(Clone, Debug)]
pub struct Entry {
    pub script: Script,
    /// When the first INVITE left.
    pub called: Option<SystemTime>,
    /// The first response of any kind: who has had one does not ask again.
    pub noticed: Option<SystemTime>,
    /// The first response above 100.
    pub heard: Option<SystemTime>,
    pub answered: Option<SystemTime>,
    /// The ports of the phones that this call was offered to, once each.
    pub offered: Vec<u16>,
    /// When a phone first picked up.
    pub picked_up: Option<SystemTime>,
    pub end: Option<(SystemTime, End)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Refused(u16),
    HungUp,
    WasHungUpOn,
    /// The caller hung up, and was told that there is no such call.
    Unknown,
}

impl Entry {
    pub fn of(script: Script) -> Entry {
        let (called, noticed, heard, answered, picked_up) = (None, None, None, None, None);
        Entry { script, called, noticed, heard, answered, offered: Vec::new(), picked_up, end: None }
    }

    /// The first end is the one that counts.
    pub fn ends(&mut self, end: End) {
        self.end.get_or_insert_with(|| (SystemTime::now(), end));
    }

    pub fn hears(&mut self, status: u16) {
        self.noticed.get_or_insert_with(SystemTime::now);
        if status > 100 {
            self.heard.get_or_insert_with(SystemTime::now);
        }
        if (200..300).contains(&status) {
            self.answered.get_or_insert_with(SystemTime::now);
        }
    }
}
