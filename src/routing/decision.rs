//! What happens with a call, and because of what. The because travels with the call all the way to the log.

use std::time::Duration;

use crate::now::UnixMs;
pub use crate::routing::caller_id::CallerId;
use crate::routing::plan::{PhoneId, ShopId};

/// What is known of a call when it arrives, whichever door it came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub caller: CallerId,
    /// Where the call was to: candidates in order of trust (request line, then To), as the carrier wrote them.
    pub called: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// `None`: the called number is nobody's.
    pub shop: Option<ShopId>,
    pub action: Action,
    pub because: Because,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open: people. There is no way from here to a recording.
    Ring(Ring),
    /// Closed: the greeting, then a message.
    TakeMessage {
        opens: Option<UnixMs>,
    },
    Refuse(Refusal),
}

/// Who rings and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// In order of delay; the first starts at once. A later wave only adds.
    pub waves: Vec<Wave>,
    pub give_up_after: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wave {
    pub after: Duration,
    pub phones: Vec<PhoneId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The owner blocked this caller: 486, no voicemail.
    Blocked,
    /// No shop has the called number: 404.
    NotOurNumber,
}

/// When the shop opens next, as far as a caller can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    At(UnixMs),
    /// The hours name none within a year.
    NotKnown,
    /// The owner closed the shop, and no opening is planned.
    NotUntilFurtherNotice,
}

/// Why a decision came out as it did. `code()` is stable for the API; the words are in `crate::words`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// Within the weekly hours.
    OpenHours { until: Option<UnixMs> },
    /// The shop has set no hours: desk phones ring day and night.
    NoHours,
    /// The owner said "open now until".
    OpenedByOwner { until: UnixMs },
    /// A dated extra opening.
    ExtraOpening { until: Option<UnixMs>, why: String },
    /// Outside the weekly hours.
    ClosedHours { opens: Option<UnixMs> },
    /// A public holiday of the shop's country.
    PublicHoliday { opens: Option<UnixMs> },
    /// A dated closure.
    Closure { opens: Option<UnixMs>, why: String },
    /// The owner said "close now until".
    ClosedByOwner { until: UnixMs },
    /// The owner blocked this caller.
    Blocked,
    /// No shop has the called number.
    NotOurNumber,
    /// A phone of the shop called this one.
    Colleague,
    /// A phone of the shop called a number outside, or tried to.
    CalledOut,
    /// A phone of the shop called for help.
    CalledForHelp,
}

impl Opening {
    /// What a caller can be told who is to leave a message because of this.
    pub fn of(opens: Option<UnixMs>, because: &Because) -> Opening {
        match (opens, because) {
            (Some(at), _) => Opening::At(at),
            (None, Because::Closure { .. }) => Opening::NotUntilFurtherNotice,
            (None, _) => Opening::NotKnown,
        }
    }
}

impl Because {
    /// The stable name of this reason, for the API and the store.
    pub fn code(&self) -> &'static str {
        match self {
            Because::OpenHours { .. } => "open_hours",
            Because::NoHours => "no_hours",
            Because::OpenedByOwner { .. } => "opened_by_owner",
            Because::ExtraOpening { .. } => "extra_opening",
            Because::ClosedHours { .. } => "closed_hours",
            Because::PublicHoliday { .. } => "public_holiday",
            Because::Closure { .. } => "closure",
            Because::ClosedByOwner { .. } => "closed_by_owner",
            Because::Blocked => "blocked",
            Because::NotOurNumber => "not_our_number",
            Because::Colleague => "colleague",
            Because::CalledOut => "called_out",
            Because::CalledForHelp => "called_for_help",
        }
    }

    /// Whether it is why the shop was closed.
    pub fn is_closed(&self) -> bool {
        match self {
            Because::ClosedHours { .. }
            | Because::PublicHoliday { .. }
            | Because::Closure { .. }
            | Because::ClosedByOwner { .. } => true,
            Because::OpenHours { .. }
            | Because::NoHours
            | Because::OpenedByOwner { .. }
            | Because::ExtraOpening { .. }
            | Because::Blocked
            | Because::NotOurNumber
            | Because::Colleague
            | Because::CalledOut
            | Because::CalledForHelp => false,
        }
    }

    /// What [`Because::parse`] needs besides the code, as one text: the instant in milliseconds (`-` for none), then
    /// the owner's words behind a space. Empty when there is nothing to add.
    pub fn detail(&self) -> String {
        match self {
            Because::OpenHours { until: at }
            | Because::ClosedHours { opens: at }
            | Because::PublicHoliday { opens: at } => instant(*at),
            Because::OpenedByOwner { until } | Because::ClosedByOwner { until } => instant(Some(*until)),
            Because::ExtraOpening { until: at, why } | Because::Closure { opens: at, why } => {
                format!("{} {why}", instant(*at))
            }
            Because::NoHours
            | Because::Blocked
            | Because::NotOurNumber
            | Because::Colleague
            | Because::CalledOut
            | Because::CalledForHelp => String::new(),
        }
    }

    /// The inverse of [`Because::code`] and [`Because::detail`]; `None` when they are of no reason that we know.
    pub fn parse(code: &str, detail: &str) -> Option<Because> {
        let (at, why) = detail.split_once(' ').unwrap_or((detail, ""));
        let at = || match at {
            "-" => Some(None),
            ms => ms.parse().ok().map(|ms| Some(UnixMs(ms))),
        };
        Some(match code {
            "open_hours" => Because::OpenHours { until: at()? },
            "no_hours" => Because::NoHours,
            "opened_by_owner" => Because::OpenedByOwner { until: at()?? },
            "extra_opening" => Because::ExtraOpening { until: at()?, why: why.to_owned() },
            "closed_hours" => Because::ClosedHours { opens: at()? },
            "public_holiday" => Because::PublicHoliday { opens: at()? },
            "closure" => Because::Closure { opens: at()?, why: why.to_owned() },
            "closed_by_owner" => Because::ClosedByOwner { until: at()?? },
            "blocked" => Because::Blocked,
            "not_our_number" => Because::NotOurNumber,
            "colleague" => Because::Colleague,
            "called_out" => Because::CalledOut,
            "called_for_help" => Because::CalledForHelp,
            _ => return None,
        })
    }
}

fn instant(at: Option<UnixMs>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.0.to_string())
}
