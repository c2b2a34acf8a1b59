//! Carriers that we call through without a registration are asked again and again whether they are there (OPTIONS,
//! RFC 3261 §11). The router before us so keeps the way open, calls go by a carrier that answers, and the owner hears of one
//! that does not.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::now::{Mono, Now};
use crate::sip::endpoint::ClientTx;
use crate::sip::hop::Hop;
use crate::sip::message::Received;
use crate::sip::transaction::timer::Deadlines;
use crate::sip::trunk::{Change, Why};
use crate::sip::uri::Uri;

use super::{SipDoor, Told};

/// A carrier that did not answer is asked again after this: with the 32 s that an answer is waited for, calls go by it again
/// within half a minute of its return.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// See the module: by the place of their trunk in the configuration.
#[derive(Debug, Default)]
pub(super) struct Reach {
    carriers: BTreeMap<usize, Carrier>,
    due: Deadlines<usize>,
    asked: HashMap<ClientTx, usize>,
}

#[derive(Debug)]
struct Carrier {
    proxy: Uri,
    /// Its servers, the best first; none: its name leads nowhere.
    hops: Vec<Hop>,
    /// How many of them did not answer, one after the other, since the question was due.
    silent: usize,
    every: Duration,
    answers: Answers,
}

/// What a carrier has last said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    /// Nothing was asked yet, or its answer is awaited.
    Unknown,
    /// This server of it is there.
    Yes(Hop),
    No(Why),
}

impl Reach {
    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        self.due.next()
    }

    /// Whether it did not answer when it was last asked.
    pub(super) fn is_silent(&self, trunk: usize) -> bool {
        self.trouble(trunk).is_some()
    }

    /// What was wrong when it was last asked.
    pub(super) fn trouble(&self, trunk: usize) -> Option<Why> {
        match self.carriers.get(&trunk)?.answers {
            Answers::No(why) => Some(why),
            Answers::Unknown | Answers::Yes(_) => None,
        }
    }

    /// The server that answered when it was last asked.
    pub(super) fn way(&self, trunk: usize) -> Option<Hop> {
        match self.carriers.get(&trunk)?.answers {
            Answers::Yes(hop) => Some(hop),
            Answers::Unknown | Answers::No(_) => None,
        }
    }
}

impl SipDoor {
    /// Calls go out by this trunk these ways, the best first; with none its name leads nowhere. From now on it is asked,
    /// unless we register with it or the owner does not want it.
    pub fn reach_trunk(&mut self, now: Now, trunk: usize, hops: Vec<Hop>) {
        self.purses.trunk_is_at(trunk, &hops);
        let Some((proxy, every)) = self.asked_how_often(trunk) else { return };
        let new = || Carrier { proxy, hops: Vec::new(), silent: 0, every, answers: Answers::Unknown };
        let carrier = self.reach.carriers.entry(trunk).or_insert_with(new);
        let moved = carrier.hops != hops;
        carrier.hops = hops;
        if carrier.hops.is_empty() {
            self.trunk_answered(trunk, Err(Why::NoAddress));
        } else if moved {
            carrier.silent = 0;
            self.reach.due.set(trunk, now.mono);
        }
    }

    pub(super) fn reach_timeout(&mut self, now: Now) {
        while let Some(trunk) = self.reach.due.pop_due(now.mono) {
            let asked = |carrier: &Carrier| Some((carrier.proxy.clone(), *carrier.hops.get(carrier.silent)?));
            let Some((proxy, hop)) = self.reach.carriers.get(&trunk).and_then(asked) else { continue };
            let options = self.options(proxy, &hop);
            let tx = self.endpoint.ask(now.mono, hop, options);
            self.reach.asked.insert(tx, trunk);
        }
    }

    /// Whether this is an answer to such a question; if so it is dealt with. Any answer will do, but for those that say that
    /// no calls can be taken.
    pub(super) fn carrier_answered(&mut self, now: Now, tx: ClientTx, hop: Hop, response: &Received) -> bool {
        let code = response.code().unwrap_or_default();
        match code {
            ..200 => self.reach.asked.contains_key(&tx),
            408 | 503 => self.question_over(now, tx, Err(Why::Refused(code))),
            // Its connection may be gone by the next call; the server stays.
            _ => self.question_over(now, tx, Ok(hop.without_flow())),
        }
    }

    /// Whether this was such a question; nobody has answered it.
    pub(super) fn carrier_silent(&mut self, now: Now, tx: ClientTx) -> bool {
        self.question_over(now, tx, Err(Why::Silence))
    }

    fn question_over(&mut self, now: Now, tx: ClientTx, answer: Result<Hop, Why>) -> bool {
        let Some(trunk) = self.reach.asked.remove(&tx) else { return false };
        let Some(carrier) = self.reach.carriers.get_mut(&trunk) else { return true };
        if answer.is_err() && carrier.silent + 1 < carrier.hops.len() {
            // RFC 3263 §4.3: the next server, at once.
            carrier.silent += 1;
            self.reach.due.set(trunk, now.mono);
            return true;
        }
        // The best is asked first again.
        carrier.silent = 0;
        let every = carrier.every;
        let pause = if answer.is_ok() { every } else { ASK_AGAIN.min(every) };
        // A carrier's customers are not to ask in the same second.
        let pause = pause * (90 + self.chance.word() % 11) / 100;
        self.reach.due.set(trunk, now.mono + pause);
        self.trunk_answered(trunk, answer);
        true
    }

    fn trunk_answered(&mut self, trunk: usize, answer: Result<Hop, Why>) {
        let Some(carrier) = self.reach.carriers.get_mut(&trunk) else { return };
        let before = carrier.answers;
        carrier.answers = answer.map_or_else(Answers::No, Answers::Yes);
        let news = match (carrier.answers, before) {
            (Answers::Yes(hop), Answers::Yes(before)) => (hop != before).then_some(Told::PlacesChanged),
            (Answers::Yes(hop), Answers::Unknown | Answers::No(_)) => {
                Some(Told::Trunk { trunk, change: Change::Reached { proxy: hop.to } })
            }
            (Answers::No(why), Answers::Yes(_) | Answers::Unknown) => {
                Some(Told::Trunk { trunk, change: Change::Unreached(why) })
            }
            (Answers::No(_), Answers::No(_)) | (Answers::Unknown, _) => None,
        };
        self.told.extend(news);
    }
}
