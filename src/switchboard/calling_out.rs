//! A phone of the shop calls somebody outside. What may be called is decided in `routing::dialling`; here is what has gone
//! out already, and by which carrier the next call goes.
//!
//! Only what a phone has dialled gets here: no REFER, no 3xx and no Diversion leads to [`Switchboard::call_outside`], and no
//! carrier's call does.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;

use super::{Facts, Route, Switchboard};
use crate::call::event::Final;
use crate::call::leg::LegId;
use crate::call::record::{CallRecord, Direction};
use crate::call::{Begin, Call, Dial, Occasion};
use crate::door::sip::{Arrival, Shown};
use crate::notice::Notice;
use crate::now::{Now, UnixMs};
use crate::routing::decision::Because;
use crate::routing::local_time;
use crate::routing::plan::{Phone, PhoneId, Plan, Shop, ShopId};
use crate::routing::{Dialling, NotDialled, Out, Outside, Proof, decide_outside};

/// So many calls for help a phone without a password has at once. One who is cut off calls again at once.
const HELP_UNPROVED: usize = 2;

/// A call to a number outside, as the log of an earlier run has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WentOut {
    pub shop: ShopId,
    pub at: UnixMs,
    pub talked: Duration,
}

/// What has gone out of each shop on its last day with any; help is not counted.
#[derive(Debug, Default)]
pub(super) struct GoneOut(HashMap<ShopId, (NaiveDate, Sum)>);

/// Of one day.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub calls: u32,
    /// Of those that are over.
    pub talked: Duration,
}

impl GoneOut {
    pub fn remember(&mut self, plan: &Plan, calls: Vec<WentOut>, now: Now) {
        for WentOut { shop, at, talked } in calls {
            let Some(shop) = plan.shop(shop) else { continue };
            let day = |at: UnixMs| local_time::local(shop.time_zone, at).date();
            if day(at) == day(now.wall) {
                self.count(shop, now);
                self.talked(shop, now, talked);
            }
        }
    }

    pub fn on(&self, shop: &Shop, now: Now) -> Sum {
        let today = local_time::local(shop.time_zone, now.wall).date();
        self.0.get(&shop.id).filter(|(day, _)| *day == today).map_or(Sum::default(), |(_, sum)| *sum)
    }

    pub fn count(&mut self, shop: &Shop, now: Now) {
        let sum = self.on(shop, now);
        self.set(shop, now, Sum { calls: sum.calls.saturating_add(1), ..sum });
    }

    /// A call is over, which has lasted so long. Past midnight all of it counts for the day it ends on.
    pub fn talked(&mut self, shop: &Shop, now: Now, talked: Duration) {
        let sum = self.on(shop, now);
        self.set(shop, now, Sum { talked: sum.talked.saturating_add(talked), ..sum });
    }

    fn set(&mut self, shop: &Shop, now: Now, sum: Sum) {
        self.0.insert(shop.id, (local_time::local(shop.time_zone, now.wall).date(), sum));
    }
}

/// How long a call to a number outside has lasted until then; nothing where it is none.
fn talk(record: &CallRecord, until: UnixMs) -> Duration {
    let answered = record.answered.filter(|_| record.because == Because::CalledOut);
    answered.map_or(Duration::ZERO, |answered| Duration::from_millis(record.ended.unwrap_or(until).since(answered)))
}

impl Switchboard {
    /// This phone has dialled what is none of its shop's phones.
    pub(super) fn call_outside(&mut self, now: Now, arrival: Arrival, shop: Arc<Shop>, from: &Phone, proof: Proof) {
        let dialled = arrival.called.first().cloned().unwrap_or_default();
        self.make_room(now, &shop, &[Occasion::Missed, Occasion::Asked]);
        let out = self.out(now, &shop, 0);
        let (outside, begin) = match decide_outside(&shop, &dialled, proof, out) {
            Dialling::NoNumber => {
                let nobody = self.all_ways_out().is_empty();
                let why = if nobody { NotDialled::NoWayOut } else { NotDialled::NoNumber };
                return self.door.refuse_dialling(now, &arrival, why);
            }
            Dialling::Refused(number, why) => (Outside::Number(number), Begin::Unservable(Final::NotDialled(why))),
            Dialling::Goes(to) => {
                let begin = match (arrival.unservable(), self.carriers(&to).len()) {
                    (_, 0) => Begin::Unservable(Final::NotDialled(NotDialled::NoWayOut)),
                    (Some(answer), _) => Begin::Unservable(answer),
                    _ if self.floods_help(&to, from.id, proof) => Begin::Unservable(Final::Busy),
                    (None, carriers) => {
                        Begin::Dial(Dial { phone: from.id, name: from.name.clone(), to: to.clone(), carriers })
                    }
                };
                (to, begin)
            }
        };
        if let (Begin::Dial(_), Outside::Number(number)) = (&begin, &outside) {
            self.gone_out.count(&shop, now);
            self.not_needed(now, shop.id, number, &[Occasion::Missed, Occasion::Asked]);
            self.call_backs.calls(now, shop.id, number, from.id);
        }
        if let Begin::Unservable(Final::NotDialled(why)) = begin
            && why.is_suspicious()
        {
            self.notify(now, shop.id, Notice::NotDialled { name: from.name.clone(), why });
        }
        let (caller, because) = match outside {
            Outside::Number(number) => (Some(number), Because::CalledOut),
            Outside::Help(_) => (None, Because::CalledForHelp),
        };
        let facts = Facts {
            direction: Direction::Out,
            caller,
            caller_raw: self.user_of(from).unwrap_or_default(),
            caller_display: from.name.to_string(),
            withheld: false,
            because,
            nth: 0,
            made_by: Some(from.id),
        };
        let called = shop.numbers.first().map(|number| number.as_str().to_owned());
        let shown = Shown { card: String::new(), number: String::new(), called, own: None };
        self.begin(now, arrival, Some(shop), facts, begin, shown);
    }

    /// Asks the first carrier that was not asked for this call yet. Which ways there are, and which is the best, may have
    /// changed since the last one was asked: that it has died may just have been noticed.
    pub(super) fn dial(&mut self, now: Now, leg: LegId, to: &Outside) {
        let ways = self.carriers(to);
        let asked = self.dialled_by.entry(leg.call).or_default();
        let carrier = ways.into_iter().find(|way| !asked.contains(way));
        asked.extend(carrier);
        self.door.dial(now, leg, to, carrier);
    }

    /// Whether this call for help is one too many of a phone that nothing but its address proves: whoever writes that address
    /// could keep those who help, and every channel of the shop's, busy.
    fn floods_help(&self, to: &Outside, phone: PhoneId, proof: Proof) -> bool {
        let for_help = |call: &&Call| call.maker() == Some(phone) && call.record().because == Because::CalledForHelp;
        let lives = |call: &&Call| call.record().ended.is_none();
        matches!((to, proof), (Outside::Help(_), Proof::Address))
            && self.calls.values().filter(for_help).filter(lives).count() >= HELP_UNPROVED
    }

    /// The carriers to be asked for it, in this order: those that know us. For help the others too, behind them.
    pub(super) fn carriers(&self, to: &Outside) -> Vec<(usize, Route)> {
        match to {
            Outside::Number(_) => self.ways_out(),
            Outside::Help(_) => self.all_ways_out(),
        }
    }

    /// What has gone out of this shop, and so many more.
    pub(super) fn out(&self, now: Now, shop: &Shop, more: usize) -> Out {
        let Sum { calls, talked } = self.gone_out.on(shop, now);
        let its = self.calls.values().map(Call::record).filter(|record| record.shop == Some(shop.id));
        let goes_on: Duration = its.map(|record| talk(record, now.wall)).sum();
        let today = calls.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        Out { now: self.out_now(shop.id), today, talked: talked.saturating_add(goes_on) }
    }

    /// This call is over.
    pub(super) fn count_talk(&mut self, now: Now, record: &CallRecord) {
        let shop = record.shop.and_then(|shop| self.plan.shop(shop)).cloned();
        let talked = talk(record, now.wall);
        if let Some(shop) = shop.filter(|_| !talked.is_zero()) {
            self.gone_out.talked(&shop, now, talked);
        }
    }

    /// How many calls of this shop are out now; help is not counted.
    pub(super) fn out_now(&self, shop: ShopId) -> usize {
        self.calls.values().filter(|call| call.record().shop == Some(shop) && call.is_out()).count()
    }
}
