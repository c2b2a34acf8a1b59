//! A subscription (RFC 6665): somebody wants to be told how something stands, and of each change, until a time that they put
//! off again and again. One NOTIFY is under way at a time: what changes meanwhile is told with the next, as it is by then, so
//! that nobody reads the older news last.

use std::time::Duration;

use super::dialog::{Dialog, Fit};
use super::hop::{Hop, Interfaces};
use super::message::{Event, Header, Method, Received, other};
use super::outgoing::{Body, Outgoing};
use super::uri::{Scheme, Uri};
use crate::now::Mono;

/// A shorter life is refused with 423 (RFC 6665 §4.2.1.1).
pub const MIN_EXPIRES_S: u32 = 60;
/// A longer life is shortened to this, and whoever names none gets it. Subscriptions die with the process: so long a lamp may
/// be dark after a restart.
pub const MAX_EXPIRES_S: u32 = 300;

/// What we tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Package {
    /// Somebody's calls (RFC 4235).
    Dialog,
    /// Messages that wait (RFC 3842).
    MessageSummary,
}

/// All of them, as Allow-Events names them.
pub const PACKAGES: &str = "dialog, message-summary";

/// How long a SUBSCRIBE is to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    For(Duration),
    /// How it stands now, and no more.
    Once,
}

/// [`MIN_EXPIRES_S`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a subscription shorter than {MIN_EXPIRES_S} s; ask for more")]
pub struct TooBrief;

/// See the module.
#[derive(Debug)]
pub struct Subscription {
    dialog: Dialog,
    scheme: Scheme,
    pub package: Package,
    id: Option<String>,
    /// When it ends.
    pub until: Mono,
    news: News,
    /// Of the next document (RFC 4235 §4.1.1).
    version: u32,
}

/// How far the subscriber knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    /// The last NOTIFY was answered.
    Told,
    /// It was not yet.
    OnTheirWay,
    /// And something has changed since.
    Newer,
}

/// How it is with a subscription (RFC 6665 §4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    /// It has run out, or was given up.
    Over,
}

impl Package {
    /// The one that this Event names, if we have it.
    pub fn of(event: &Event) -> Option<Package> {
        [Package::Dialog, Package::MessageSummary].into_iter().find(|package| package.as_str() == event.package)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Package::Dialog => "dialog",
            Package::MessageSummary => "message-summary",
        }
    }

    /// Of its documents.
    pub fn media_type(self) -> &'static str {
        match self {
            Package::Dialog => "application/dialog-info+xml",
            Package::MessageSummary => "application/simple-message-summary",
        }
    }
}

impl Wanted {
    /// # Errors
    /// [`TooBrief`].
    pub fn read(subscribe: &Received) -> Result<Wanted, TooBrief> {
        match subscribe.expires {
            Some(0) => Ok(Wanted::Once),
            Some(asked) if asked < MIN_EXPIRES_S => Err(TooBrief),
            asked => Ok(Wanted::For(Duration::from_secs(asked.unwrap_or(MAX_EXPIRES_S).min(MAX_EXPIRES_S).into()))),
        }
    }

    /// Until when that is.
    pub fn until(self, now: Mono) -> Mono {
        match self {
            Wanted::For(time) => now + time,
            Wanted::Once => now,
        }
    }

    /// Whole seconds, for Expires.
    pub fn seconds(self) -> u64 {
        match self {
            Wanted::For(time) => time.as_secs(),
            Wanted::Once => 0,
        }
    }
}

impl Subscription {
    /// The one that our 200 with this tag begins.
    pub fn begin(
        subscribe: &Received,
        package: Package,
        local_tag: &str,
        hop: Hop,
        interfaces: &Interfaces,
    ) -> Subscription {
        Subscription {
            dialog: Dialog::as_callee(subscribe, local_tag, hop, interfaces),
            scheme: subscribe.uri().map_or(Scheme::Sip, |uri| uri.scheme),
            package,
            id: subscribe.event.as_ref().and_then(|event| event.id.clone()),
            until: Mono::default(),
            news: News::Told,
            version: 0,
        }
    }

    /// Whether this request of theirs belongs here.
    pub fn takes(&mut self, request: &Received) -> Fit {
        self.dialog.takes(request)
    }

    /// A SUBSCRIBE within it may move them.
    pub fn retarget(&mut self, subscribe: &Received, from: Hop, interfaces: &Interfaces) {
        self.dialog.retarget(subscribe, from, interfaces);
    }

    /// They have registered with this contact, and are reached there by this way from now on.
    pub fn reach(&mut self, registered: &Uri, hop: Hop) {
        self.dialog.reach(registered, hop);
    }

    /// Where the next NOTIFY goes, and by which kind of URI we were called.
    pub fn way(&self) -> (Hop, Scheme) {
        (self.dialog.hop, self.scheme)
    }

    /// Something has changed. Whether it may be told now; if not, it is with the next word.
    pub fn may_tell(&mut self) -> bool {
        match self.news {
            News::Told => true,
            News::OnTheirWay | News::Newer => {
                self.news = News::Newer;
                false
            }
        }
    }

    /// The last NOTIFY was answered. Whether there is something newer to be told.
    pub fn was_told(&mut self) -> bool {
        std::mem::replace(&mut self.news, News::Told) == News::Newer
    }

    /// The number of the next document, each one more than the last (RFC 4235 §4.1.1).
    pub fn next_version(&mut self) -> u32 {
        let version = self.version;
        self.version = self.version.wrapping_add(1);
        version
    }

    /// NOTIFY with this document.
    pub fn notify(&mut self, now: Mono, state: State, contact: Header, document: Vec<u8>) -> Outgoing {
        self.news = News::OnTheirWay;
        let id = self.id.as_ref().map(|id| format!(";id={id}")).unwrap_or_default();
        let left = if self.until > now { (self.until - now).as_secs() } else { 0 };
        let state = match state {
            State::Active => format!("active;expires={left}"),
            State::Over => "terminated;reason=timeout".to_owned(),
        };
        let more = vec![
            other("Event", &format!("{}{id}", self.package.as_str())),
            other("Subscription-State", &state),
            contact,
        ];
        let body = Body { content_type: self.package.media_type(), bytes: document };
        self.dialog.request(Method::Notify, more, Some(body))
    }
}
