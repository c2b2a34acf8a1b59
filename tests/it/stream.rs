//! Stream connections between far ends and the shop: whole, in order, until one side lets go.

use std::collections::{BTreeMap, BTreeSet};

use ringall::switchboard::FlowId;

/// Who is at the other end of each connection that lives, by their place in the world.
#[derive(Debug, Default)]
pub struct Streams {
    live: BTreeMap<FlowId, usize>,
    /// Those whose peer the shop has called known.
    pub trusted: BTreeSet<FlowId>,
    accepted: u64,
}

impl Streams {
    /// The connection of this far end to the shop; `None`: it has none.
    pub fn of(&self, who: usize) -> Option<FlowId> {
        self.live.iter().find(|(_, peer)| **peer == who).map(|(flow, _)| *flow)
    }

    /// A far end connects to the shop.
    pub fn accept(&mut self, who: usize) -> FlowId {
        self.accepted += 1;
        let flow = FlowId::Accepted(self.accepted);
        self.live.insert(flow, who);
        flow
    }

    /// The shop connects to a far end.
    pub fn open(&mut self, flow: FlowId, who: usize) {
        assert!(self.live.insert(flow, who).is_none(), "{flow:?} was opened twice");
    }

    pub fn peer(&self, flow: FlowId) -> Option<usize> {
        self.live.get(&flow).copied()
    }

    /// Whether it lived until now.
    pub fn close(&mut self, flow: FlowId) -> bool {
        self.live.remove(&flow).is_some()
    }

    /// Every connection of this far end breaks.
    pub fn break_all(&mut self, who: usize) -> Vec<FlowId> {
        let gone: Vec<FlowId> = self.live.iter().filter(|(_, peer)| **peer == who).map(|(flow, _)| *flow).collect();
        gone.iter().for_each(|flow| {
            self.live.remove(flow);
        });
        gone
    }

    /// How many the shop has opened that live.
    pub fn opened(&self) -> usize {
        self.live.keys().filter(|flow| matches!(flow, FlowId::Opened(_))).count()
    }
}
