//! The stories of the open shop and of the closed one ([`closed`]), played and told: every line is printed from what the phones, the caller, the store and
//! the API were seen to do. The first thing that is not as it should be ends it as a [`Fault`].

mod closed;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;

use super::audio::Hearing;
use super::caller::Caller;
use super::line::{Seen, Told, What};
use super::log::{self, Api, LoggedCall};
use super::phone::Phone;
use super::shop::{DESKS, JO, JO_MILLER, JO_NUMBER, JO_VOICE, SHOP_NUMBER};
use super::text::chance;
use super::tone::Voice;
use super::words::Words;
use crate::store::{Store, StoreError};

/// Everybody in the story, and what they see.
pub struct Cast {
    pub jo: Caller,
    pub carmen: Caller,
    /// In the order of [`DESKS`].
    pub phones: [Phone; 3],
    pub seen: UnboundedReceiver<Seen>,
}

/// The service, as the story knows it.
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
/// Of 100 packets sent, so many must come (the last may be cut off by the hang-up), and be the right voice.
const MUST_COME: u64 = 90;
const MUST_BE_CLEAR: u64 = 95;
/// The log counts in milliseconds from its own first sight of each fact; on a busy machine that lags a little.
const LOG_SLACK: Duration = Duration::from_millis(500);
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

/// What picking up came to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    /// Index into [`DESKS`].
    winner: usize,
    loser: usize,
    loser_was_late: bool,
    answered: Instant,
    let_go: Instant,
    stopped: Instant,
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

fn of<'a>(past: &'a [Seen], who: &'a str) -> impl Iterator<Item = &'a Seen> {
    past.iter().filter(move |seen| &*seen.who == who)
}

/// When this phone rang, and the name and number it shows.
fn shown<'a>(past: &'a [Seen], phone: &'a str) -> Option<(Instant, &'a str, &'a str)> {
    of(past, phone).find_map(|seen| match &seen.what {
        What::Rings { name, number } => Some((seen.at, name.as_str(), number.as_str())),
        _ => None,
    })
}

/// When Jo heard ringing, and whether her call was in the log then.
fn heard_ringing(past: &[Seen]) -> Option<(Instant, bool)> {
    of(past, JO).find_map(|seen| match seen.what {
        What::HearsRinging { logged } => Some((seen.at, logged)),
        _ => None,
    })
}

/// When the receiver of this phone was lifted.
fn lifted(past: &[Seen], phone: &str) -> Option<Instant> {
    of(past, phone).find_map(|seen| match seen.what {
        What::PicksUp | What::PicksUpTooLate => Some(seen.at),
        _ => None,
    })
}

fn hears(past: &[Seen], who: &str, voice: Voice) -> Option<Instant> {
    of(past, who).find(|seen| seen.what == What::Hears(voice)).map(|seen| seen.at)
}

/// How the call ended for them: what they said and heard in it.
fn ended<'a>(past: &'a [Seen], who: &'a str) -> Option<&'a Hearing> {
    of(past, who).find_map(|seen| match &seen.what {
        What::HungUp(hearing) | What::IsHungUpOn(_, hearing) => Some(hearing),
        _ => None,
    })
}

fn refused(past: &[Seen], who: &'static str) -> Option<Fault> {
    of(past, who).find_map(|seen| match seen.what {
        What::IsRefused(status) => Some(Fault::IsRefused { who, status }),
        _ => None,
    })
}

/// All phones ring and show who calls, and how often by now; the call was in the log when Jo heard ringing. Returns
/// what the phones show.
fn judge_ringing(past: &[Seen], nth: u32) -> Result<String, Fault> {
    if let Some(refused) = refused(past, JO) {
        return Err(refused);
    }
    let expected = format!("{JO_MILLER} {nth}");
    let mut on_all = String::new();
    for desk in &DESKS {
        let (_, name, number) = shown(past, desk.name).ok_or(Fault::DoesNotRing(desk.name.into()))?;
        let right = name.starts_with(&expected) && number == JO_NUMBER && (on_all.is_empty() || name == on_all);
        if !right {
            return Err(Fault::Shows { phone: desk.name.into(), name: name.into(), number: number.into() });
        }
        on_all = name.to_owned();
    }
    match heard_ringing(past) {
        None => Err(Fault::NoRinging(JO)),
        Some((_, false)) => Err(Fault::NotLogged(JO)),
        Some((_, true)) => Ok(on_all),
    }
}

/// Two picked up; one of them has the call, the other and the one that rang on were told that it is elsewhere.
fn judge_picking_up(past: &[Seen], hands: [usize; 2]) -> Result<Outcome, Fault> {
    if let Some(refused) = refused(past, JO) {
        return Err(refused);
    }
    let answered = of(past, JO).find(|seen| seen.what == What::IsAnswered).map(|seen| seen.at);
    let answered = answered.ok_or(Fault::NotAnswered(JO))?;
    let [one, other] = hands.map(|hand| taken_from(past, DESKS[hand].name));
    let (winner, loser, taken) = match (one, other) {
        (None, Some(taken)) => (hands[0], hands[1], taken),
        (Some(taken), None) => (hands[1], hands[0], taken),
        (Some(_), Some(_)) => return Err(Fault::NobodyHasIt),
        // Two have it; the second to pick up should have been told.
        (None, None) => return Err(Fault::NotLetGo(DESKS[hands[1]].name.into())),
    };
    let rang_on = DESKS[LETS_RING].name;
    let stopped = taken_from(past, rang_on).ok_or(Fault::NotLetGo(rang_on.into()))?;
    for (phone, taken) in [(DESKS[loser].name, &taken), (rang_on, &stopped)] {
        if taken.told == Told::Plainly {
            return Err(Fault::ShowsMissedCall(phone.into()));
        }
    }
    Ok(Outcome {
        winner,
        loser,
        loser_was_late: taken.before_it_was_lifted,
        answered,
        let_go: taken.at,
        stopped: stopped.at,
    })
}

/// How a call was taken from a phone.
struct Taken {
    at: Instant,
    told: Told,
    before_it_was_lifted: bool,
}

fn taken_from(past: &[Seen], phone: &str) -> Option<Taken> {
    of(past, phone).find_map(|seen| match seen.what {
        What::StopsRinging(told) => Some(Taken { at: seen.at, told, before_it_was_lifted: true }),
        What::IsHungUpOn(told, _) => Some(Taken { at: seen.at, told, before_it_was_lifted: false }),
        _ => None,
    })
}

/// Nearly all that was said came, and nearly all that came was that voice.
fn judge_hearing(who: &str, hearing: &Hearing, voice: Voice, said: u64) -> Result<(), Fault> {
    let (came, heard) = (hearing.came, hearing.of(voice));
    let well = said > 0 && came * 100 >= said * MUST_COME && heard * 100 >= came * MUST_BE_CLEAR;
    if well { Ok(()) } else { Err(Fault::HearsBadly { who: who.into(), heard, came, said }) }
}

/// The log says what was seen.
fn judge_log(call: &LoggedCall, winner: &str, ring: Duration, talk: Duration) -> Result<(), Fault> {
    let texts = [
        ("caller.number", &call.caller.number, JO_NUMBER),
        ("caller.name", &call.caller.name, JO_MILLER),
        ("disposition", &call.disposition, "answered"),
        ("answered_by", &call.answered_by, winner),
        ("ended_by", &call.ended_by, "caller"),
    ];
    for (field, logged, seen) in texts {
        if logged.as_deref() != Some(seen) {
            let logged = logged.clone().unwrap_or_else(|| "null".to_owned());
            return Err(Fault::LogDiffers { field, logged, seen: seen.to_owned() });
        }
    }
    for (field, logged, seen) in [("ring_ms", call.ring_ms, ring), ("talk_ms", call.talk_ms, talk)] {
        if Duration::from_millis(logged).abs_diff(seen) > LOG_SLACK {
            return Err(Fault::LogDiffers { field, logged: logged.to_string(), seen: seen.as_millis().to_string() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::log::LoggedCaller;
    use super::*;

    fn seen(who: &str, what: What) -> Seen {
        Seen { at: Instant::now(), who: who.into(), what }
    }

    fn rings(phone: &str, name: &str) -> Seen {
        seen(phone, What::Rings { name: name.into(), number: JO_NUMBER.into() })
    }

    fn all_ring(logged: bool) -> Vec<Seen> {
        let mut past: Vec<Seen> = DESKS.iter().map(|desk| rings(desk.name, "Jo Miller 3rd call")).collect();
        past.push(seen(JO, What::HearsRinging { logged }));
        past
    }

    #[test]
    fn ringing_is_right_when_all_ring_with_the_card_and_the_log_knew() {
        assert_eq!(judge_ringing(&all_ring(true), 3), Ok("Jo Miller 3rd call".into()));
        assert_eq!(judge_ringing(&all_ring(false), 3), Err(Fault::NotLogged(JO)));
        assert_eq!(judge_ringing(&all_ring(true)[..3], 3), Err(Fault::NoRinging(JO)));
        assert_eq!(judge_ringing(&all_ring(true)[1..], 3), Err(Fault::DoesNotRing("Counter".into())));
        assert!(matches!(judge_ringing(&all_ring(true), 4), Err(Fault::Shows { .. })));
        let mut past = all_ring(true);
        past[2] = rings("Ana", "Jo Miller");
        assert!(matches!(judge_ringing(&past, 3), Err(Fault::Shows { phone, .. }) if &*phone == "Ana"));
        let busy = [seen(JO, What::IsRefused(486))];
        assert_eq!(judge_ringing(&busy, 3), Err(Fault::IsRefused { who: JO, status: 486 }));
    }

    #[test]
    fn one_winner_is_one_phone_left_and_two_told_elsewhere() {
        let judge = |facts: &[(&str, What)]| {
            let past: Vec<Seen> = facts.iter().map(|(who, what)| seen(who, what.clone())).collect();
            judge_picking_up(&past, HANDS).map(|outcome| (outcome.winner, outcome.loser, outcome.loser_was_late))
        };
        let answered = (JO, What::IsAnswered);
        let stops = |told| ("Workshop", What::StopsRinging(told));
        let loses = |who, told| (who, What::IsHungUpOn(told, Hearing::default()));
        let late = ("Ana", What::StopsRinging(Told::Elsewhere));
        let (elsewhere, plainly) = (Told::Elsewhere, Told::Plainly);

        assert_eq!(judge(&[answered.clone(), stops(elsewhere), loses("Ana", elsewhere)]), Ok((0, 2, false)));
        assert_eq!(judge(&[answered.clone(), stops(elsewhere), loses("Counter", elsewhere)]), Ok((2, 0, false)));
        assert_eq!(judge(&[answered.clone(), stops(elsewhere), late]), Ok((0, 2, true)));
        let ana = || Arc::from("Ana");
        assert_eq!(judge(&[stops(elsewhere), loses("Ana", elsewhere)]), Err(Fault::NotAnswered(JO)));
        assert_eq!(judge(&[answered.clone(), stops(elsewhere)]), Err(Fault::NotLetGo(ana())));
        assert_eq!(
            judge(&[answered.clone(), stops(elsewhere), loses("Ana", plainly)]),
            Err(Fault::ShowsMissedCall(ana()))
        );
        assert_eq!(
            judge(&[answered.clone(), stops(plainly), loses("Ana", elsewhere)]),
            Err(Fault::ShowsMissedCall("Workshop".into()))
        );
        assert_eq!(judge(&[answered.clone(), loses("Ana", elsewhere)]), Err(Fault::NotLetGo("Workshop".into())));
        let both = [answered, stops(elsewhere), loses("Ana", elsewhere), loses("Counter", elsewhere)];
        assert_eq!(judge(&both), Err(Fault::NobodyHasIt));
    }

    #[test]
    fn hearing_well_is_nearly_all_packets_in_the_right_voice() {
        let hearing = |came, right| Hearing { said: 0, came, voices: vec![(JO_VOICE, right)] };
        let judge = |came, right, said| judge_hearing("Ana", &hearing(came, right), JO_VOICE, said).is_ok();
        assert!(judge(149, 149, 150));
        assert!(!judge(100, 100, 150));
        assert!(!judge(149, 20, 150));
        assert!(!judge(0, 0, 150));
        assert!(!judge(0, 0, 0));
    }

    #[test]
    fn the_log_must_say_what_was_seen() {
        let some = |text: &str| Some(text.to_owned());
        let right = LoggedCall {
            caller: LoggedCaller { number: some(JO_NUMBER), name: some(JO_MILLER) },
            disposition: some("answered"),
            ended_by: some("caller"),
            answered_by: some("Ana"),
            ended_at: some("2026-12-24T18:05:04.200Z"),
            ring_ms: 1_201,
            talk_ms: 2_999,
            nth_call_from_caller: 3,
        };
        let judge = |call: &LoggedCall| judge_log(call, "Ana", Duration::from_millis(1200), Duration::from_secs(3));
        let field = |call: LoggedCall| match judge(&call) {
            Err(Fault::LogDiffers { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(judge(&right), Ok(()));
        assert_eq!(field(LoggedCall { answered_by: some("Counter"), ..right.clone() }), "answered_by");
        assert_eq!(field(LoggedCall { disposition: some("missed"), ..right.clone() }), "disposition");
        assert_eq!(field(LoggedCall { ended_by: None, ..right.clone() }), "ended_by");
        assert_eq!(field(LoggedCall { ring_ms: 3_000, ..right.clone() }), "ring_ms");
        assert_eq!(field(LoggedCall { talk_ms: 0, ..right }), "talk_ms");
    }
}
