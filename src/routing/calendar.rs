//! A shop's hours with everything above them: dated closures and extra openings, and above these what the owner said
//! for now. The one place that knows whether a shop is open, because of what, and when that changes.

use crate::now::UnixMs;
use crate::routing::decision::Because;
use crate::routing::local_time::{HORIZON_S, earliest, latest, local};
use crate::routing::plan::{Closure, OverrideState, Shop};

/// Whether a shop is open at an instant.
pub(super) enum Standing {
    Open(Because),
    /// `opens`: when it really does, whatever the because speaks of.
    Closed {
        because: Because,
        opens: Option<UnixMs>,
    },
}

impl Standing {
    pub(super) fn at(shop: &Shop, now: UnixMs) -> Standing {
        let (layer, until) = Layer::at(shop, now);
        let change = next_change(shop, layer.is_open(), now, until);
        match layer {
            Layer::Owner { state: OverrideState::Open, until } => Standing::Open(Because::OpenedByOwner { until }),
            Layer::Dated { open: true, why } => {
                Standing::Open(Because::ExtraOpening { until: change, why: why.to_owned() })
            }
            Layer::Weekly { open: true, .. } => Standing::Open(Because::OpenHours { until: change }),
            Layer::NoHours => Standing::Open(Because::NoHours),
            Layer::Owner { state: OverrideState::Closed, until } => {
                Standing::Closed { because: Because::ClosedByOwner { until }, opens: change }
            }
            Layer::Dated { open: false, why } => {
                Standing::Closed { because: Because::Closure { opens: change, why: why.to_owned() }, opens: change }
            }
            Layer::Weekly { open: false, holiday: true } => {
                Standing::Closed { because: Because::PublicHoliday { opens: change }, opens: change }
            }
            Layer::Weekly { open: false, holiday: false } => {
                Standing::Closed { because: Because::ClosedHours { opens: change }, opens: change }
            }
        }
    }
}

/// The first instant at which a shop that is `open` (or not) at `now` is no longer so; `until` is when to ask first.
/// `None` when that does not happen within a year.
fn next_change(shop: &Shop, open: bool, now: UnixMs, mut until: Option<UnixMs>) -> Option<UnixMs> {
    while let Some(at) = until.filter(|at| at.since(now) / 1000 <= HORIZON_S.unsigned_abs()) {
        let (layer, next) = Layer::at(shop, at);
        if layer.is_open() != open {
            return Some(at);
        }
        until = next;
    }
    None
}

/// What decides at an instant: the topmost that has something to say.
enum Layer<'a> {
    Owner { state: OverrideState, until: UnixMs },
    Dated { open: bool, why: &'a str },
    Weekly { open: bool, holiday: bool },
    NoHours,
}

impl Layer<'_> {
    fn is_open(&self) -> bool {
        match self {
            Layer::Owner { state, .. } => *state == OverrideState::Open,
            Layer::Dated { open, .. } | Layer::Weekly { open, .. } => *open,
            Layer::NoHours => true,
        }
    }

    /// The layer that decides at `at`, and the instant (later than `at`) from which it must be asked again.
    fn at(shop: &Shop, at: UnixMs) -> (Layer<'_>, Option<UnixMs>) {
        if let Some(said) = shop.hours_override.filter(|said| at < said.until) {
            return (Layer::Owner { state: said.state, until: said.until }, Some(said.until));
        }
        let (dated, next_date) = dated(shop, at);
        if let Some(dated) = dated {
            return (dated, next_date);
        }
        let Some(hours) = &shop.hours else { return (Layer::NoHours, next_date) };
        let now = hours.at(shop.time_zone, at);
        let holiday = !now.is_open() && hours.closed_for_holiday(local(shop.time_zone, at).date());
        (Layer::Weekly { open: now.is_open(), holiday }, sooner(now.until(), next_date))
    }
}

/// What the dated closures and extra openings say at `at`, and when that may change. Where they overlap, an opening
/// wins.
fn dated(shop: &Shop, at: UnixMs) -> (Option<Layer<'_>>, Option<UnixMs>) {
    let mut said: Option<Layer<'_>> = None;
    let mut next = None;
    for closure in &shop.closures {
        let (from, to) = bounds(shop, closure);
        if to <= at {
            continue;
        }
        if at < from {
            if from < to {
                next = sooner(next, Some(from));
            }
            continue;
        }
        next = sooner(next, Some(to));
        let open = closure.open.as_ref().is_some_and(|hours| {
            let now = hours.at(shop.time_zone, at);
            next = sooner(next, now.until());
            now.is_open()
        });
        if open || said.is_none() {
            said = Some(Layer::Dated { open, why: &closure.why });
        }
    }
    (said, next)
}

/// A closure's instants. Where a local time comes twice or not at all, the shop is closed for the shorter time and open
/// for the longer: in doubt, ring.
fn bounds(shop: &Shop, closure: &Closure) -> (UnixMs, UnixMs) {
    let zone = shop.time_zone;
    match closure.open {
        Some(_) => (earliest(zone, closure.from), latest(zone, closure.to)),
        None => (latest(zone, closure.from), earliest(zone, closure.to)),
    }
}

fn sooner(a: Option<UnixMs>, b: Option<UnixMs>) -> Option<UnixMs> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
