//! The owner's wishes as one immutable snapshot. A change makes a new `Arc<Plan>`; a live call keeps the decision it
//! was given.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::notice::Address;
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::hours::Hours;
use crate::spelling::spelled_as;

pub use crate::number::Country;

/// Everything an installation's owners have set, read whole from the store.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Raised by every write of the owner's settings; the service looks at it each second.
    pub version: i64,
    pub shops: Vec<Arc<Shop>>,
}

/// The database's name for a shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct ShopId(pub i64);

/// The database's name for a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct PhoneId(pub i64);

/// How long it rings before a caller hears busy, until the owner says otherwise (DESIGN §3).
pub const GIVE_UP_DEFAULT: Duration = Duration::from_secs(120);

#[derive(Clone, Debug)]
pub struct Shop {
    pub id: ShopId,
    pub name: String,
    pub time_zone: chrono_tz::Tz,
    pub country: Country,
    pub language: Language,
    /// `None`: no hours set; desk phones ring day and night, cells do not.
    pub hours: Option<Hours>,
    /// The countries whose numbers the phones may call; for help they call anywhere.
    pub calls_to: Vec<Country>,
    /// Numbers that are this shop's. With none set in the whole plan, every called number is the (first) shop's.
    pub numbers: Vec<Number>,
    /// How long a call rings before the caller gets busy: 30 to 300 s.
    pub give_up_after: Duration,
    /// Where notices go.
    pub notify: Vec<Address>,
    pub phones: Vec<Phone>,
    pub closures: Vec<Closure>,
    /// The owner's "close now until" or "open now until".
    pub hours_override: Option<Override>,
    pub blocked: BTreeSet<Number>,
    /// Whether free phones ring once for a caller who has just given up.
    pub call_back_ring: bool,
    /// Whether the phones ring once ten minutes before each opening, to see whether they do.
    pub drill_before_opening: bool,
    pub greeting: OwnGreeting,
}

/// What the shop has made its own of the greeting; the times are never among it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnGreeting {
    /// At most one of each language and part.
    pub words: Vec<OwnWords>,
    /// A language that is spoken after the shop's own, as far as there is room.
    pub also: Option<Language>,
}

/// Some of the fixed words, as somebody of the shop says them.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnWords {
    pub language: Language,
    pub part: Part,
    /// In writing, without a full stop.
    pub words: Arc<str>,
    /// μ-law, 8 kHz.
    pub samples: Arc<[u8]>,
}

/// The fixed words of a greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// In place of the shop's name and "We are closed".
    Welcome,
    /// In place of "You may leave a message".
    Invitation,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Es,
}

#[derive(Clone, Debug)]
pub struct Phone {
    pub id: PhoneId,
    /// As the owner calls it: "Counter". Unique in the shop.
    pub name: Arc<str>,
    pub line: Line,
    /// The wave: rung this long after the call began. Zero is the first wave.
    pub after: Duration,
    /// Hours of its own, instead of the shop's.
    pub hours: Option<Hours>,
    /// "I'm off until …".
    pub off_until: Option<UnixMs>,
}

/// How a phone is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A SIP phone that registers with `user`; `ha1` is H(user:realm:password) (RFC 7616 §3.4.2), lower-case hex.
    Registers { user: String, ha1: Ha1 },
    /// A fixed SIP address such as `sip:workshop@192.0.2.10:5060`.
    Fixed { contact: String },
    /// A number on the public network, always asked for a key.
    Cell { number: Number },
}

/// A dated exception to the weekly hours, `[from, to)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// The database's name for it.
    pub id: i64,
    pub from: chrono::NaiveDateTime,
    pub to: chrono::NaiveDateTime,
    pub why: String,
    /// Times of day in which the shop is open all the same, instead of closed throughout: "10:00-12:00".
    pub open: Option<Hours>,
}

/// What the owner said for now; always with an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Override {
    pub state: OverrideState,
    pub until: UnixMs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideState {
    Open,
    Closed,
}

spelled_as! {
    OverrideState { Open = "open", Closed = "closed" }
    Language { En = "en", Es = "es" }
    Part { Welcome = "welcome", Invitation = "invitation" }
}

impl std::fmt::Debug for OwnWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OwnWords({:?} {:?} {:?})", self.language, self.part, self.words)
    }
}

/// A digest password's hash, H(user:realm:password) in lower-case hex. As good as the password, so it never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1(pub String);

impl std::fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ha1(…)")
    }
}

impl Plan {
    /// The shop with this id, if it (still) exists.
    pub fn shop(&self, id: ShopId) -> Option<&Arc<Shop>> {
        self.shops.iter().find(|shop| shop.id == id)
    }
}

impl Shop {
    /// A shop of which nothing else is set.
    pub fn new(
        id: ShopId,
        name: &str,
        time_zone: chrono_tz::Tz,
        country: Country,
        language: Language,
        give_up_after: Duration,
    ) -> Shop {
        Shop {
            id,
            name: name.to_owned(),
            time_zone,
            country,
            language,
            hours: None,
            calls_to: Vec::new(),
            numbers: Vec::new(),
            give_up_after,
            notify: Vec::new(),
            phones: Vec::new(),
            closures: Vec::new(),
            hours_override: None,
            blocked: BTreeSet::new(),
            call_back_ring: true,
            drill_before_opening: false,
            greeting: OwnGreeting::default(),
        }
    }

    /// The phone with this id, if it (still) exists.
    pub fn phone(&self, id: PhoneId) -> Option<&Phone> {
        self.phones.iter().find(|phone| phone.id == id)
    }
}
