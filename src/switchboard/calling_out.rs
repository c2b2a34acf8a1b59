//! A phone of the shop calls somebody outside. What may be called is decided in `routing::dialling`; here is what has gone
//! out already, and by which carrier the next call goes.
//!
//! Only what a phone has dialled gets here: no REFER, no 3xx and no Diversion leads to [`Switchboard::call_outside`], and no
//! carrier's call does.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::{Facts, Route, Switchboard};
use crate::call::event::Final;
use crate::call::leg::LegId;
use crate::call::record::Direction;
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

/// How many calls of each shop have gone out on its last day with any; help is not counted.
#[derive(Debug, Default)]
pub(super) struct GoneOut(HashMap<ShopId, (NaiveDate, u32)>);

impl GoneOut {
    /// As the log of an earlier run has it.
    pub fn remember(&mut self, plan: &Plan, calls: Vec<(ShopId, UnixMs)>, now: Now) {
        for (shop, at) in calls {
            let Some(shop) = plan.shop(shop) else { continue };
            let day = |at: UnixMs| local_time::local(shop.time_zone, at).date();
            if day(at) == day(now.wall) {
                self.count(shop, now);
            }
        }
    }

    pub fn on(&self, shop: &Shop, now: Now) -> u32 {
        let today = local_time::local(shop.time_zone, now.wall).date();
        self.0.get(&shop.id).filter(|(day, _)| *day == today).map_or(0, |(_, calls)| *calls)
    }

    pub fn count(&mut self, shop: &Shop, now: Now) {
        let today = local_time::local(shop.time_zone, now.wall).date();
        self.0.insert(shop.id, (today, self.on(shop, now).saturating_add(1)));
    }
}

impl Switchboard {
    /// This phone has dialled what is none of its shop's phones.
    pub(super) fn call_outside(&mut self, now: Now, arrival: Arrival, shop: Arc<Shop>, from: &Phone, proof: Proof) {
        let dialled = arrival.called.first().cloned().unwrap_or_default();
        self.make_room(now, &shop, &[Occasion::Missed, Occasion::Asked]);
        let out = Out { now: self.out_now(shop.id), today: self.gone_out.on(&shop, now) };
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

    /// How many calls of this shop are out now; help is not counted.
    pub(super) fn out_now(&self, shop: ShopId) -> usize {
        self.calls.values().filter(|call| call.record().shop == Some(shop) && call.is_out()).count()
    }
}
