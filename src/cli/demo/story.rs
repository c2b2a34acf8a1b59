//! The stories of the open shop and of the closed one ([`closed`]), played and told: every line is printed from what the
//! phones, the caller, the store and the API were seen to do ([`judged`]). The first thing that is not as it should be ends it as a [`Fault`].

mod closed;
mod judged;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;

use super::caller::Caller;
use super::line::Seen;
use super::log::{self, Api, LoggedCall};
use super::phone::Phone;
use super::shop::{DESKS, JO, JO_VOICE, SHOP_NUMBER};
use super::text::chance;
use super::words::Words;
use crate::store::{Store, StoreError};
use judged::{
    Outcome, ended, heard_ringing, hears, judge_hearing, judge_log, judge_picking_up, judge_ringing, lifted, shown,
};

/// Everybody in the story, and what they see.
pub struct Cast {
    pub jo: Caller,
    pub carmen: Arc<Caller>,
    /// In the order of [`DESKS`].
    pub phones: Arc<[Phone; 3]>,
    pub seen: UnboundedReceiver<Seen>,
}

/// The service, as the story knows it.
#[derive(Clone)]
pub struct Service {
    pub sip: SocketAddr,
    pub api: Api,
    /// Where the owner's wishes are.
    pub store: Store,
}

/// What was not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    DoesNotRing(Arc<str>),
    Shows {
        phone: Arc<str>,
        name: String,
        number: String,
    },
    NoRinging(&'static str),
    NotLogged(&'static str),
    IsRefused {
        who: &'static str,
        status: u16,
    },
    NotAnswered(&'static str),
    NobodyHasIt,
    NotLetGo(Arc<str>),
    ShowsMissedCall(Arc<str>),
    DoesNotHear {
        who: Arc<str>,
        whom: Arc<str>,
    },
    HearsBadly {
        who: Arc<str>,
        heard: u64,
        came: u64,
        said: u64,
    },
    CallGoesOn(Arc<str>),
    Api {
        path: &'static str,
        why: String,
    },
    Store(String),
    /// The owner said "closed", and the service rings on.
    StaysOpen,
    HearsNothing(&'static str),
    /// So much of 1000 parts of the greeting was right.
    HearsAnotherGreeting {
        who: &'static str,
        per_mille: usize,
    },
    NoMessage(&'static str),
    /// So many frames of the message hold the voice of who left it.
    MessageIsAnother {
        length_ms: u64,
        frames: usize,
        voice: usize,
    },
    NotOwed(&'static str),
    LogLacksTheEnd,
    LogDiffers {
        field: &'static str,
        logged: String,
        seen: String,
    },
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::Store(error.to_string())
    }
}

/// How long the phones ring before somebody picks up, and how long they talk.
const RING: Duration = Duration::from_millis(1200);
const TALK: Duration = Duration::from_secs(3);
/// What has not happened after this does not happen.
const PATIENCE: Duration = Duration::from_secs(5);
/// Late rows and stray messages show within this: the log's end is written within 200 ms (DESIGN §6).
const LOG_LOOKS: u32 = 40;
const LOG_LOOK_EVERY: Duration = Duration::from_millis(50);
/// Who picks up.
const HANDS: [usize; 2] = [0, 2];
/// Who lets it ring.
const LETS_RING: usize = 1;

/// One story being told.
pub struct Story<'a> {
    cast: &'a mut Cast,
    service: &'a Service,
    words: Words,
    /// What was seen since Jo dialled.
    past: Vec<Seen>,
    began: Instant,
}

impl<'a> Story<'a> {
    pub fn new(cast: &'a mut Cast, service: &'a Service, words: Words) -> Story<'a> {
        Story { cast, service, words, past: Vec::new(), began: Instant::now() }
    }

    /// Jo calls the open shop for the `nth` time.
    ///
    /// # Errors
    /// What was not as it should be; the call is hung up then.
    pub async fn open_call(&mut self, nth: u32) -> Result<(), Fault> {
        let played = self.play_open_call(nth).await;
        if played.is_err() {
            self.cast.jo.hang_up();
        }
        played
    }

    async fn play_open_call(&mut self, nth: u32) -> Result<(), Fault> {
        while self.cast.seen.try_recv().is_ok() {}
        self.past.clear();
        self.began = self.cast.jo.dial(SHOP_NUMBER, self.service.sip);
        self.tell(self.began, &self.words.calls(JO));
        self.ringing(nth).await?;

        tokio::time::sleep_until((self.began + RING).into()).await;
        let outcome = self.picking_up().await?;
        self.talking(&outcome).await?;

        tokio::time::sleep_until((outcome.answered + TALK).into()).await;
        let hung_up = self.hanging_up(&outcome).await?;
        self.log_tells(nth, &outcome, hung_up).await
    }

    async fn ringing(&mut self, nth: u32) -> Result<(), Fault> {
        let rung = |past: &[Seen]| {
            let all = DESKS.iter().all(|desk| shown(past, desk.name).is_some());
            (all && heard_ringing(past).is_some()).then_some(())
        };
        self.until(rung).await;
        let name = judge_ringing(&self.past, nth)?;
        let phones = DESKS.map(|desk| desk.name);
        let last = DESKS.iter().filter_map(|desk| shown(&self.past, desk.name)).map(|(at, ..)| at).max();
        let mut lines = vec![(last.unwrap_or(self.began), self.words.ring_and_show(&phones, &name))];
        if let Some((at, _)) = heard_ringing(&self.past) {
            lines.push((at, self.words.hears_ringing(JO)));
        }
        // Which came first differs from run to run.
        lines.sort_by_key(|(at, _)| *at);
        for (at, line) in lines {
            self.tell(at, &line);
        }
        Ok(())
    }

    async fn picking_up(&mut self) -> Result<Outcome, Fault> {
        // One hand is microseconds before the other: chance says which.
        let mut hands = HANDS;
        if chance() & 1 == 1 {
            hands.reverse();
        }
        for hand in hands {
            self.cast.phones[hand].pick_up();
        }
        self.until(|past| judge_picking_up(past, hands).ok()).await;
        let outcome = judge_picking_up(&self.past, hands)?;
        let lifted = hands.map(|hand| lifted(&self.past, DESKS[hand].name).unwrap_or(outcome.answered));
        let (first, second) = (lifted[0].min(lifted[1]), lifted[0].max(lifted[1]));
        let (winner, loser) = (DESKS[outcome.winner].name, DESKS[outcome.loser].name);
        self.tell(first, &self.words.pick_up_together(&HANDS.map(|hand| DESKS[hand].name), second - first));
        let after = outcome.answered.saturating_duration_since(first);
        let second_line =
            if outcome.loser_was_late { self.words.was_a_moment_late(loser) } else { self.words.was_second(loser) };
        let mut lines = [
            (outcome.answered, self.words.has_the_call(winner, JO, after)),
            (outcome.let_go, second_line),
            (outcome.stopped, self.words.stops_ringing(DESKS[LETS_RING].name)),
        ];
        lines.sort_by_key(|(at, _)| *at);
        for (at, line) in lines {
            self.tell(at, &line);
        }
        Ok(outcome)
    }

    async fn talking(&mut self, outcome: &Outcome) -> Result<(), Fault> {
        let desk = &DESKS[outcome.winner];
        let both = |past: &[Seen]| Some(hears(past, JO, desk.voice)?.max(hears(past, desk.name, JO_VOICE)?));
        match self.until(both).await {
            Some(at) => {
                self.tell(at, &self.words.hear_each_other(JO, JO_VOICE.0, desk.name, desk.voice.0));
                Ok(())
            }
            None if hears(&self.past, JO, desk.voice).is_none() => {
                Err(Fault::DoesNotHear { who: JO.into(), whom: desk.name.into() })
            }
            None => Err(Fault::DoesNotHear { who: desk.name.into(), whom: JO.into() }),
        }
    }

    /// When Jo hung up.
    async fn hanging_up(&mut self, outcome: &Outcome) -> Result<Instant, Fault> {
        let desk = &DESKS[outcome.winner];
        let now = Instant::now();
        self.cast.jo.hang_up();
        self.until(|past| Some((ended(past, JO)?.clone(), ended(past, desk.name)?.clone()))).await;
        let jo = ended(&self.past, JO).ok_or(Fault::CallGoesOn(JO.into()))?.clone();
        let phone = ended(&self.past, desk.name).ok_or(Fault::CallGoesOn(desk.name.into()))?.clone();
        judge_hearing(JO, &jo, desk.voice, phone.said)?;
        judge_hearing(desk.name, &phone, JO_VOICE, jo.said)?;
        self.tell(now, &self.words.hangs_up(JO, desk.name, (jo.came, phone.said), (phone.came, jo.said)));
        Ok(now)
    }

    async fn log_tells(&mut self, nth: u32, outcome: &Outcome, hung_up: Instant) -> Result<(), Fault> {
        let api = |why| Fault::Api { path: log::NEWEST, why };
        for _ in 0..LOG_LOOKS {
            match self.service.api.first::<LoggedCall>(log::NEWEST).await.map_err(api)? {
                Some(call) if call.nth_call_from_caller == nth && call.ended_at.is_some() => {
                    let (ring, talk) = (outcome.answered - self.began, hung_up - outcome.answered);
                    judge_log(&call, DESKS[outcome.winner].name, ring, talk)?;
                    self.tell_untimed(&self.words.log_line(&call));
                    return Ok(());
                }
                _ => tokio::time::sleep(LOG_LOOK_EVERY).await,
            }
        }
        Err(Fault::LogLacksTheEnd)
    }

    /// Watches until `found` finds it, or [`PATIENCE`] is over.
    async fn until<T>(&mut self, found: impl Fn(&[Seen]) -> Option<T>) -> Option<T> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(it) = found(&self.past) {
                return Some(it);
            }
            match tokio::time::timeout_at(deadline, self.cast.seen.recv()).await {
                Ok(Some(seen)) => self.past.push(seen),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    fn tell(&self, at: Instant, line: &str) {
        let time = self.words.time(at.saturating_duration_since(self.began));
        println!("{time:>9}  {line}");
    }

    fn tell_untimed(&self, line: &str) {
        println!("{:>9}  {line}", "");
    }
}
