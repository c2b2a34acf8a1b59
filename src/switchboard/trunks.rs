//! Carriers by which no calls come or go. The owner of an open shop is told when that has lasted, once: a line that comes
//! and goes within two minutes is nobody's trouble, and at night nobody waits for a call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{Change, Output, Service, Switchboard, Why};
use crate::notice::{Notice, Subject, TrunkFault};
use crate::now::{Mono, Now};
use crate::routing::decision::Action;
use crate::routing::plan::{Shop, ShopId};

/// A carrier that restarts is back before; a customer who calls meanwhile calls again.
const DOWN_FOR: Duration = Duration::from_secs(120);
/// While a carrier is down, how often it is looked whether another shop has opened.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The carriers that are down, by the place of their trunk in the configuration.
#[derive(Debug, Default)]
pub(super) struct Down(BTreeMap<usize, Trouble>);

#[derive(Debug)]
struct Trouble {
    /// When to look whom to tell.
    look: Mono,
    told: BTreeSet<ShopId>,
}

impl Down {
    /// When [`Switchboard::trunks_due`] has something to do, at the latest.
    pub(super) fn next(&self) -> Option<Mono> {
        self.0.values().map(|trouble| trouble.look).min()
    }
}

impl Switchboard {
    /// A carrier carries calls now, or does no longer.
    pub(super) fn trunk_changed(&mut self, now: Now, trunk: usize, change: Change) {
        match change {
            Change::Lost(_) | Change::Unreached(_) if self.service == Service::Draining => {}
            Change::Lost(_) | Change::Unreached(_) => {
                let look = now.mono + DOWN_FOR;
                self.down.0.entry(trunk).or_insert_with(|| Trouble { look, told: BTreeSet::new() });
            }
            Change::Registered { .. } | Change::Reached { .. } => {
                for shop in self.down.0.remove(&trunk).into_iter().flat_map(|trouble| trouble.told) {
                    self.notices.over(shop, Subject::Trunk(trunk));
                }
            }
        }
        let name = self.trunk_names.get(trunk).cloned().unwrap_or_default();
        self.outputs.push_back(Output::Trunk { name, change });
        self.set_places(now);
    }

    /// What is wrong with a carrier that is down.
    fn fault(&self, trunk: usize) -> Option<TrunkFault> {
        Some(match self.door.trunk_trouble(trunk)? {
            Why::NoAddress => TrunkFault::NotFound,
            Why::Silence | Why::Left if self.door.registers(trunk) => TrunkFault::Silent,
            Why::Silence | Why::Left => TrunkFault::Unreached,
            Why::WrongPassword => TrunkFault::WrongPassword,
            Why::Unanswerable => TrunkFault::Unanswerable,
            Why::Refused(code @ (408 | 480 | 500..=599)) => TrunkFault::Failing(code),
            Why::Refused(code) => TrunkFault::Refused(code),
        })
    }

    /// Tells the owner of each open shop that has not been told.
    pub(super) fn trunks_due(&mut self, now: Now) {
        let is_due = |(_, trouble): &(&usize, &Trouble)| trouble.look <= now.mono;
        let due: Vec<usize> = self.down.0.iter().filter(is_due).map(|(trunk, _)| *trunk).collect();
        for trunk in due {
            let Some(fault) = self.fault(trunk) else { continue };
            let name = self.trunk_names.get(trunk).map_or_else(|| Arc::from(""), |name| Arc::from(name.as_str()));
            let notice = Notice::TrunkDown { trunk, name, fault };
            let open = |shop: &&Arc<Shop>| matches!(self.decision_now(now, shop).action, Action::Ring(_));
            let open: Vec<ShopId> = self.plan.shops.iter().filter(open).map(|shop| shop.id).collect();
            let Some(trouble) = self.down.0.get_mut(&trunk) else { continue };
            trouble.look = now.mono + LOOK_EVERY;
            for shop in &trouble.told {
                self.notices.is_now(*shop, &notice);
            }
            let news: Vec<ShopId> = open.into_iter().filter(|shop| trouble.told.insert(*shop)).collect();
            for shop in news {
                self.notify(now, shop, notice.clone());
            }
        }
    }
}
