//! A shop's hours with everything above them: dated closures and extra openings, and above these what the owner said
//! for now. The one place that knows whether a shop is open, because of what, and when that changes.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::now::UnixMs;
use crate::routing::decision::Because;
use crate::routing::hours::Openness;
use crate::routing::local_time::{HORIZON_S, earliest, latest, local};
use crate::routing::plan::{Closure, OverrideState, Shop};

/// Whether a shop is open at an instant.
#[derive(Debug, PartialEq, Eq)]
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
        let mut calendar = Calendar::new(shop, now);
        let layer = calendar.layer(now);
        let change = calendar.next_change(layer.is_open(), now);
        match layer {
            Layer::Owner { state: OverrideState::Open, until } => Standing::Open(Because::OpenedByOwner { until }),
            Layer::Dated { open: true, why } => {
                Standing::Open(Because::ExtraOpening { until: change, why: why.to_owned() })
            }
            Layer::Weekly { open: true } => Standing::Open(Because::OpenHours { until: change }),
            Layer::NoHours => Standing::Open(Because::NoHours),
            Layer::Owner { state: OverrideState::Closed, until } => {
                Standing::Closed { because: Because::ClosedByOwner { until }, opens: change }
            }
            Layer::Dated { open: false, why } => {
                Standing::Closed { because: Because::Closure { opens: change, why: why.to_owned() }, opens: change }
            }
            Layer::Weekly { open: false } if is_holiday(shop, now) => {
                Standing::Closed { because: Because::PublicHoliday { opens: change }, opens: change }
            }
            Layer::Weekly { open: false } => {
                Standing::Closed { because: Because::ClosedHours { opens: change }, opens: change }
            }
        }
    }
}

impl Standing {
    /// The first instant at which it may be otherwise.
    pub(super) fn until(&self) -> Option<UnixMs> {
        match self {
            Standing::Open(Because::OpenHours { until } | Because::ExtraOpening { until, .. }) => *until,
            Standing::Open(Because::OpenedByOwner { until }) => Some(*until),
            Standing::Open(_) => None,
            Standing::Closed { because: Because::ClosedByOwner { until }, .. } => Some(*until),
            Standing::Closed { opens, .. } => *opens,
        }
    }

    pub(super) fn because(&self) -> &Because {
        match self {
            Standing::Open(because) | Standing::Closed { because, .. } => because,
        }
    }
}

/// Whether nothing but a public holiday keeps the shop closed.
fn is_holiday(shop: &Shop, now: UnixMs) -> bool {
    shop.hours.as_ref().is_some_and(|hours| hours.closed_for_holiday(local(shop.time_zone, now).date()))
}

/// What decides at an instant: the topmost that has something to say.
enum Layer<'a> {
    Owner { state: OverrideState, until: UnixMs },
    Dated { open: bool, why: &'a str },
    Weekly { open: bool },
    NoHours,
}

impl Layer<'_> {
    fn is_open(&self) -> bool {
        match self {
            Layer::Owner { state, .. } => *state == OverrideState::Open,
            Layer::Dated { open, .. } | Layer::Weekly { open } => *open,
            Layer::NoHours => true,
        }
    }
}

/// A shop's layers, asked from an instant on and never back: each closure is looked at when it begins, changes and ends,
/// however many there are.
struct Calendar<'a> {
    shop: &'a Shop,
    dated: Dated<'a>,
    /// What the weekly hours said when they were last asked.
    weekly: Option<Openness>,
    /// When to ask again.
    next: Option<UnixMs>,
}

impl<'a> Calendar<'a> {
    fn new(shop: &'a Shop, now: UnixMs) -> Calendar<'a> {
        Calendar { shop, dated: Dated::new(shop, now), weekly: None, next: None }
    }

    /// The first instant at which a shop that is `open` (or not) at `now`, for which it was asked last, is no longer so.
    /// `None` when that does not happen within a year.
    fn next_change(&mut self, open: bool, now: UnixMs) -> Option<UnixMs> {
        while let Some(at) = self.next.filter(|at| at.since(now) / 1000 <= HORIZON_S.unsigned_abs()) {
            if self.layer(at).is_open() != open {
                return Some(at);
            }
        }
        None
    }

    /// The layer that decides at `at`, which is no earlier than the last time.
    fn layer(&mut self, at: UnixMs) -> Layer<'a> {
        if let Some(said) = self.shop.hours_override.filter(|said| at < said.until) {
            self.next = Some(said.until);
            return Layer::Owner { state: said.state, until: said.until };
        }
        let dated = self.dated.layer(at);
        self.next = self.dated.next();
        if let Some(dated) = dated {
            return dated;
        }
        let Some(hours) = &self.shop.hours else { return Layer::NoHours };
        let known = self.weekly.filter(|known| known.until().is_none_or(|until| at < until));
        let weekly = *self.weekly.insert(known.unwrap_or_else(|| hours.at(self.shop.time_zone, at)));
        self.next = sooner(self.next, weekly.until());
        Layer::Weekly { open: weekly.is_open() }
    }
}

/// The dated closures and extra openings. Where they overlap, an opening wins.
struct Dated<'a> {
    shop: &'a Shop,
    /// Those to come, the next one last.
    to_come: Vec<Bounds>,
    /// Those that have begun, by when each must be asked again.
    current: BinaryHeap<Reverse<(UnixMs, Bounds)>>,
    /// Of these, by their places in the list: what says open, and what says closed.
    open: BTreeSet<usize>,
    closed: BTreeSet<usize>,
}

/// A closure's instants, and its place in the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Bounds {
    from: UnixMs,
    to: UnixMs,
    place: usize,
}

impl<'a> Dated<'a> {
    fn new(shop: &'a Shop, now: UnixMs) -> Dated<'a> {
        let bounds = shop.closures.iter().enumerate().map(|(place, closure)| {
            let (from, to) = bounds(shop, closure);
            Bounds { from, to, place }
        });
        let mut to_come: Vec<Bounds> = bounds.filter(|it| it.from < it.to && now < it.to).collect();
        to_come.sort_unstable_by_key(|it| Reverse(*it));
        Dated { shop, to_come, current: BinaryHeap::new(), open: BTreeSet::new(), closed: BTreeSet::new() }
    }

    /// What they say at `at`, which is no earlier than the last time.
    fn layer(&mut self, at: UnixMs) -> Option<Layer<'a>> {
        while let Some(begun) = self.to_come.pop_if(|it| it.from <= at) {
            self.ask(begun, at);
        }
        while self.current.peek().is_some_and(|Reverse((when, _))| *when <= at) {
            let Some(Reverse((_, again))) = self.current.pop() else { break };
            self.open.remove(&again.place);
            self.closed.remove(&again.place);
            self.ask(again, at);
        }
        let (open, place) = match (self.open.last(), self.closed.first()) {
            (Some(place), _) => (true, *place),
            (None, Some(place)) => (false, *place),
            (None, None) => return None,
        };
        Some(Layer::Dated { open, why: &self.shop.closures[place].why })
    }

    /// When that may change.
    fn next(&self) -> Option<UnixMs> {
        sooner(self.current.peek().map(|Reverse((when, _))| *when), self.to_come.last().map(|it| it.from))
    }

    fn ask(&mut self, it: Bounds, at: UnixMs) {
        if it.to <= at {
            return;
        }
        let hours = self.shop.closures[it.place].open.as_ref().map(|hours| hours.at(self.shop.time_zone, at));
        let says = if hours.is_some_and(Openness::is_open) { &mut self.open } else { &mut self.closed };
        says.insert(it.place);
        let until = hours.and_then(Openness::until).map_or(it.to, |until| until.min(it.to));
        self.current.push(Reverse((until, it)));
    }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
    use proptest::prelude::*;

    use super::*;
    use crate::routing::Hours;
    use crate::routing::local_time;
    use crate::routing::plan::{Country, Language, Override, ShopId};

    const ES: Country = Country(*b"ES");

    fn shop(hours: Option<&str>, closures: Vec<Closure>) -> Shop {
        Shop {
            id: ShopId(1),
            name: "Ruiz".to_owned(),
            time_zone: chrono_tz::Europe::Madrid,
            country: ES,
            calls_to: Vec::new(),
            call_back_ring: true,
            drill_before_opening: false,
            greeting: Default::default(),
            language: Language::Es,
            hours: hours.map(hours_of),
            numbers: Vec::new(),
            give_up_after: Duration::from_secs(120),
            notify: Vec::new(),
            phones: Vec::new(),
            closures,
            hours_override: None,
            blocked: Default::default(),
        }
    }

    fn hours_of(text: &str) -> Hours {
        Hours::parse(text, ES).unwrap()
    }

    /// A week before the clocks are put forward.
    fn base() -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 3, 22).unwrap().and_hms_opt(0, 0, 0).unwrap()
    }

    /// The same by asking all closures anew at every step.
    mod plainly {
        use super::*;

        pub fn standing(shop: &Shop, now: UnixMs) -> (bool, Option<UnixMs>, String) {
            let (open, why, mut until) = at(shop, now);
            while let Some(at_ms) = until.filter(|at| at.since(now) / 1000 <= HORIZON_S.unsigned_abs()) {
                let (then, _, next) = at(shop, at_ms);
                if then != open {
                    return (open, Some(at_ms), why);
                }
                until = next;
            }
            (open, None, why)
        }

        fn at(shop: &Shop, at: UnixMs) -> (bool, String, Option<UnixMs>) {
            if let Some(said) = shop.hours_override.filter(|said| at < said.until) {
                return (said.state == OverrideState::Open, "owner".to_owned(), Some(said.until));
            }
            let mut said: Option<(bool, String)> = None;
            let mut next = None;
            for closure in &shop.closures {
                let (from, to) = bounds(shop, closure);
                if to <= at {
                    continue;
                }
                if at < from {
                    next = sooner(next, Some(from).filter(|from| *from < to));
                    continue;
                }
                next = sooner(next, Some(to));
                let open = closure.open.as_ref().is_some_and(|hours| {
                    let now = hours.at(shop.time_zone, at);
                    next = sooner(next, now.until());
                    now.is_open()
                });
                if open || said.is_none() {
                    said = Some((open, closure.why.clone()));
                }
            }
            if let Some((open, why)) = said {
                return (open, why, next);
            }
            let Some(hours) = &shop.hours else { return (true, "no hours".to_owned(), next) };
            let now = hours.at(shop.time_zone, at);
            (now.is_open(), "hours".to_owned(), sooner(next, now.until()))
        }
    }

    fn told(shop: &Shop, now: UnixMs) -> (bool, Option<UnixMs>, String) {
        let mut calendar = Calendar::new(shop, now);
        let layer = calendar.layer(now);
        let why = match &layer {
            Layer::Owner { .. } => "owner",
            Layer::Dated { why, .. } => why,
            Layer::Weekly { .. } => "hours",
            Layer::NoHours => "no hours",
        };
        (layer.is_open(), calendar.next_change(layer.is_open(), now), why.to_owned())
    }

    const SHOP_HOURS: [Option<&str>; 5] = [
        None,
        Some("24/7"),
        Some("Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off"),
        Some("Fr-Su 18:00-03:00"),
        Some("Su 02:00-03:00"),
    ];
    const OPENINGS: [Option<&str>; 6] =
        [None, None, Some("10:00-12:00"), Some("Mo-Fr 09:00-18:00"), Some("22:00-02:30"), Some("24/7")];

    proptest! {
        #[test]
        fn each_change_is_found_as_if_all_closures_were_asked_anew(
            hours in 0..SHOP_HOURS.len(),
            closures in prop::collection::vec((any::<bool>(), 0..400_i64, -3..60_i64, 0..OPENINGS.len()), 0..12),
            said in prop::option::of((any::<bool>(), 0..400_i64)),
            now in 0..24_000_i64,
        ) {
            let mut last = base();
            let closures = (0..).zip(closures).map(|(id, (joins, start, lasts, opening))| {
                let from = if joins { last } else { base() + TimeDelta::hours(start) };
                last = from + TimeDelta::hours(lasts);
                Closure { id, from, to: last, why: id.to_string(), open: OPENINGS[opening].map(hours_of) }
            });
            let mut shop = shop(SHOP_HOURS[hours], closures.collect());
            let at = |minutes| local_time::earliest(shop.time_zone, base() + TimeDelta::minutes(minutes));
            shop.hours_override = said.map(|(open, until)| Override {
                state: if open { OverrideState::Open } else { OverrideState::Closed },
                until: at(until * 60),
            });
            let now = at(now);
            prop_assert_eq!(told(&shop, now), plainly::standing(&shop, now));
        }
    }

    #[test]
    fn of_a_thousand_closures_without_a_gap_the_end_is_found() {
        let at = |n: i64| base() + TimeDelta::hours(8 * n);
        let closures: Vec<Closure> = (0..1000)
            .rev()
            .map(|id| Closure { id, from: at(id), to: at(id + 1), why: id.to_string(), open: None })
            .collect();
        let shop = shop(Some("24/7"), closures);
        let opens = local_time::earliest(shop.time_zone, at(1000));
        let now = local_time::earliest(shop.time_zone, at(0));
        let closed = Because::Closure { opens: Some(opens), why: "0".to_owned() };
        assert_eq!(Standing::at(&shop, now), Standing::Closed { because: closed, opens: Some(opens) });
    }
}
