//! Whom the shop owes a call: derived from the log, never stored. A caller with a number who is not blocked, and whose
//! call nobody answered since anyone last spoke with them in either direction.

use std::sync::Arc;
use std::time::Duration;

use crate::call::record::{CallId, CallRecord, Direction, Disposition};
use crate::now::UnixMs;
use crate::routing::plan::Shop;
use crate::routing::{Action, Because, standing};
use crate::spelling::spelled_as;

/// A caller who rang while the shop was open waits for a call so long.
pub const DUE_WHILE_OPEN: Duration = Duration::from_secs(30 * 60);
/// One who called while it was closed is called within this after it opens.
pub const DUE_AFTER_OPENING: Duration = Duration::from_secs(60 * 60);
/// Who rings shorter than this and rings again has tried once.
pub const SHORT_RING: Duration = Duration::from_secs(5);

/// What is owed to one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// When they first called in vain, or were promised something.
    pub since: UnixMs,
    /// When they last did, or were.
    pub last: UnixMs,
    /// How often they have tried; all rings under [`SHORT_RING`] count as one. 0: only a promise is owed.
    pub attempts: u32,
    /// When somebody should have called them at the latest, by whichever call is due first; `None`: the shop is not to
    /// open again.
    pub due: Option<UnixMs>,
}

/// Somebody of the shop told a caller to expect something. It is owed until somebody has spoken with them since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The call after which it was written down.
    pub call: CallId,
    /// Empty: nothing but a call.
    pub what: String,
    pub due: UnixMs,
    pub by: String,
    pub made: UnixMs,
}

/// Why no call is owed any more, though nobody spoke with them by these phones. It counts as spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Somebody called them from another telephone.
    CalledElsewhere,
    /// They came into the shop.
    CameIn,
    /// A call is not needed: a wrong number, an advertisement.
    NotNeeded,
}

spelled_as! {
    Settlement { CalledElsewhere = "called_elsewhere", CameIn = "came_in", NotNeeded = "not_needed" }
}

impl Owed {
    /// What is owed for these calls of one caller to `shop`: all that came since anyone last spoke with them. `None`:
    /// nothing.
    pub fn of<'c>(shop: &Arc<Shop>, calls: impl IntoIterator<Item = &'c CallRecord>) -> Option<Owed> {
        let unanswered: Vec<&CallRecord> = calls.into_iter().filter(|call| is_unanswered(call)).collect();
        let first = unanswered.iter().min_by_key(|call| call.started)?;
        if first.caller.as_ref().is_none_or(|number| shop.blocked.contains(number)) {
            return None;
        }
        let short = unanswered.iter().filter(|call| is_short(call)).count();
        let attempts = unanswered.len() - short + short.min(1);
        Some(Owed {
            since: first.started,
            last: unanswered.iter().map(|call| call.started).max().unwrap_or(first.started),
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            due: unanswered.iter().filter_map(|call| due(shop, call)).min(),
        })
    }
}

impl Owed {
    /// The same with what was promised to them since anyone last spoke with them: it is owed too.
    pub fn and_promised(owed: Option<Owed>, promises: &[Promise]) -> Option<Owed> {
        promises.iter().fold(owed, |owed, promise| {
            let (made, due) = (promise.made, promise.due);
            Some(match owed {
                None => Owed { since: made, last: made, attempts: 0, due: Some(due) },
                Some(owed) => Owed {
                    since: owed.since.min(made),
                    last: owed.last.max(made),
                    due: Some(owed.due.map_or(due, |known| known.min(due))),
                    ..owed
                },
            })
        })
    }
}

/// Whether this call leaves a call owed, as long as nobody has spoken with the caller since.
pub fn is_unanswered(call: &CallRecord) -> bool {
    let in_vain = match call.disposition {
        Some(Disposition::Missed | Disposition::Message | Disposition::NoMessage | Disposition::Interrupted) => true,
        Some(Disposition::Answered | Disposition::Refused) | None => false,
    };
    in_vain && call.direction == Direction::In && call.caller.is_some() && !call.withheld
}

/// Whether they rang so shortly that several such rings are one try. A message was left on purpose, however fast.
pub fn is_short(call: &CallRecord) -> bool {
    let lasted = call.ended.map(|ended| ended.since(call.started));
    call.disposition != Some(Disposition::Message) && lasted.is_some_and(|ms| Duration::from_millis(ms) < SHORT_RING)
}

/// By when somebody should have heard a message that was left at `recorded`; the shop was closed then.
pub fn message_due(shop: &Arc<Shop>, recorded: UnixMs) -> Option<UnixMs> {
    match standing(shop, recorded).action {
        Action::TakeMessage { opens } => opens.map(|opens| opens + DUE_AFTER_OPENING),
        Action::Ring(_) | Action::Refuse(_) => Some(recorded + DUE_WHILE_OPEN),
    }
}

/// By when whoever called in vain should hear from the shop. Whether it was open is a fact of the call; when it opens next
/// is asked of today's hours. What the owner says for now is not: it moves no debt of the past.
fn due(shop: &Arc<Shop>, call: &CallRecord) -> Option<UnixMs> {
    let (closed_at, opens) = match &call.because {
        Because::OpenHours { .. }
        | Because::NoHours
        | Because::OpenedByOwner { .. }
        | Because::ExtraOpening { .. }
        | Because::Blocked
        | Because::NotOurNumber
        | Because::Colleague
        | Because::CalledOut
        | Because::CalledForHelp => return Some(call.started + DUE_WHILE_OPEN),
        Because::ClosedHours { opens } | Because::PublicHoliday { opens } | Because::Closure { opens, .. } => {
            (call.started, *opens)
        }
        // The hours decide again then, and it may be night.
        Because::ClosedByOwner { until } => (*until, Some(*until)),
    };
    let by_hours = match shop.hours_override {
        None => shop.clone(),
        Some(_) => Arc::new(Shop { hours_override: None, ..Shop::clone(shop) }),
    };
    let opens = match standing(&by_hours, closed_at).action {
        Action::TakeMessage { opens } => opens,
        // The hours have been changed since: what was true then still is.
        Action::Ring(_) | Action::Refuse(_) => opens,
    };
    opens.map(|opens| opens + DUE_AFTER_OPENING)
}
