//! The service is killed at fifty moments of ringing and talking, a handful of calls at each. What the callers had heard
//! is in the log once it lives again, every row has its end, and phones that had registered ring at the next call.

use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::installation::{Files, Installation, SHOP};
use crate::process::until;
use crate::soak::whole_log;
use crate::town::{Deed, End, Entry, PickUp, Script, Side, Town};

const LIMIT: Duration = Duration::from_secs(30);
/// Installations side by side, and how often each is killed.
const PLACES: usize = 5;
const KILLS: usize = 10;
/// A call rings and talks for so long; a little later everybody has hung up, too.
const RINGS: Duration = Duration::from_millis(250);
const TALKS: Duration = Duration::from_millis(250);
const LIFE: Duration = Duration::from_millis(700);
/// So many calls are spread over a life at each kill. Over all kills they are in 250 moments of it.
const SPREAD: u32 = 5;
/// Each kill comes so much later after the last call's INVITE, and after a REGISTER.
const FRESH_STEP: Duration = Duration::from_micros(200);
const REGISTER_STEP: Duration = Duration::from_micros(800);
/// So long a phone waits at most until its registration is kept.
const KEPT_WITHIN: Duration = Duration::from_millis(250);
/// A crash is dated so exactly, and so soon after the start no row is open.
const CRASH_WITHIN_MS: i64 = 10_000;
const CLOSED_WITHIN: Duration = Duration::from_secs(5);
/// At some kills the service has lived longer than it takes to say again that it lives (5 s).
const LONG_LIFE: Duration = Duration::from_millis(4_900);

#[test]
fn what_callers_heard_outlives_fifty_kills_and_phones_ring_again() {
    let places = (0..PLACES).map(|place| std::thread::spawn(move || is_killed_again_and_again(place)));
    let places: Vec<_> = places.collect();
    // All of them, so that each ends its own service before a failure is told.
    let tallies: Vec<_> = places.into_iter().map(std::thread::JoinHandle::join).collect();
    let tallies = tallies.into_iter().map(|tally| tally.unwrap_or_else(|failed| std::panic::resume_unwind(failed)));
    let all = tallies.reduce(Tally::and).expect("there are places");
    let mut starts = all.starts.clone();
    starts.sort();
    // A machine busy with other tests may be slow once; not at every other start.
    assert!(starts[starts.len() / 2] < CLOSED_WITHIN, "started in {starts:?}");
    assert!(
        all.ringing > 25 && all.stopped > 25 && all.talking > 25 && all.ended > 25,
        "the kills missed a part of a call's life: {all:?}"
    );
    println!("{all:?}");
}

/// In what state the kills have found calls.
#[derive(Debug, Default)]
struct Tally {
    /// Noticed, and no row yet.
    unlogged: usize,
    /// A row, and nobody had picked up.
    ringing: usize,
    /// Somebody had picked up.
    talking: usize,
    /// Of those that rang, whose phones were told to stop.
    stopped: usize,
    /// The row had its end.
    ended: usize,
    /// INVITEs that the dead service had not even noticed, sent again to the next.
    repeated: usize,
    /// Phones that had their 200 before the kill.
    registered: usize,
    starts: Vec<Duration>,
}

impl Tally {
    fn and(self, other: Tally) -> Tally {
        Tally {
            unlogged: self.unlogged + other.unlogged,
            ringing: self.ringing + other.ringing,
            talking: self.talking + other.talking,
            stopped: self.stopped + other.stopped,
            ended: self.ended + other.ended,
            repeated: self.repeated + other.repeated,
            registered: self.registered + other.registered,
            starts: [self.starts, other.starts].concat(),
        }
    }
}

/// One shop, its phones and callers.
struct Place {
    installation: Installation,
    town: Town,
    /// Where the phones are that had a 200 to their REGISTER.
    rung: Vec<u16>,
    /// The phone that moves before each kill.
    mover: Option<u16>,
    callers: usize,
    /// Calls of the last run that went on without a row.
    unrecorded: f64,
    excused: Vec<String>,
    tally: Tally,
}

/// What was when the service was killed.
struct Moment {
    calls: Vec<usize>,
    /// The log, a moment earlier.
    facts: Vec<Value>,
    /// The port of the phone that has just moved, its registration, and when it asked for it.
    mover: u16,
    registration: usize,
    asked: SystemTime,
}

fn is_killed_again_and_again(which: usize) -> Tally {
    let files = Files::new();
    let town = Town::around(([127, 0, 0, 1], files.sip_port).into());
    let phones: String = ["counter", "office", "mover"].map(registering_phone).concat();
    let installation = Installation::start_with(files, &format!("{SHOP}{phones}"));
    let rung: Vec<u16> = ["counter", "office"].into_iter().map(|user| registers(&town, user)).collect();
    let mut place = Place {
        installation,
        town,
        rung,
        mover: None,
        callers: 0,
        unrecorded: 0.0,
        excused: Vec::new(),
        tally: Tally::default(),
    };
    for kill in 0..KILLS {
        // Neighbours in a call's life are not neighbours in time.
        place.is_killed(u32::try_from(kill * PLACES + which).expect("a few"), kill == 0);
    }
    place.rings_all_phones();
    place.has_one_row_for_each();
    place.tally
}

fn registering_phone(user: &str) -> String {
    format!("\n[[phone]]\nname = \"{user}\"\nuser = \"{user}\"\npassword = \"{user}-secret\"\n")
}

/// A new phone registers and is told that it has.
fn registers(town: &Town, user: &str) -> u16 {
    let port = town.phone();
    let registration = town.registers(port, user, 3600);
    let answer = until(LIMIT, || town.registered(registration)).expect("an answer");
    assert_eq!(answer.0, 200);
    port
}

impl Place {
    /// Kill number `nth` of all, and what must hold after it.
    fn is_killed(&mut self, nth: u32, after_long: bool) {
        let lives_since = Instant::now();
        let [long, over] = self.one_talks_and_one_is_over();
        self.mover_leaves();
        if after_long {
            std::thread::sleep(LONG_LIFE.saturating_sub(lives_since.elapsed()));
        }
        let moment = self.everybody_calls_and_it_is_killed(nth, vec![long, over]);
        // What was on its way arrives.
        std::thread::sleep(ms(20));
        let before = self.town.ledger();
        let registered = self.town.registered(moment.registration);
        // Nobody is there: this caller asks again half a second later.
        let unheard = nth.is_multiple_of(5).then(|| self.call(Duration::ZERO, talk(RINGS, TALKS)));
        let starting = Instant::now();
        self.installation.is_started_again();
        let rows = self.installation.calls();
        self.tally.starts.push(starting.elapsed());

        for &call in &moment.calls {
            let number = &before[call].script.number;
            let of = |rows: &[Value]| -> Vec<Value> {
                rows.iter().filter(|row| row["caller"]["number"] == **number).cloned().collect()
            };
            let now = of(&rows);
            self.survives(&before[call], of(&moment.facts).first(), &now);
            if now.first().is_some_and(|row| text(row, "disposition") == "interrupted") {
                self.stops_ringing(call);
            }
        }
        let repeated = moment.calls.iter().copied().filter(|call| before[*call].noticed.is_none());
        self.are_served_now(&repeated.chain(unheard).collect::<Vec<_>>());
        self.town.hangs_up(long);
        let told = until(LIMIT, || self.town.entry(long).end).expect("an answer to a BYE");
        assert_eq!(told.1, End::Unknown, "the call is gone with the service");
        self.mover_is_registered(&moment, registered);
        let idle = || {
            let gauges = self.installation.gauges();
            ["ringall_calls_live", "ringall_legs"].iter().all(|gauge| gauges[*gauge] == 0.0).then_some(())
        };
        assert!(until(LIMIT, idle).is_some(), "calls of before live on: {:?}", self.installation.gauges());
        self.town.falls_silent();
    }

    /// The log has it that one call was answered, and that another is over.
    fn one_talks_and_one_is_over(&mut self) -> [usize; 2] {
        let long = self.rings_all_phones();
        let over = self.call(Duration::ZERO, talk(ms(30), ms(100)));
        let logged = until(LIMIT, || {
            let answered = !self.row(long)?["answered_by"].is_null();
            (answered && !self.row(over)?["ended_at"].is_null()).then_some(())
        });
        assert!(logged.is_some(), "two calls are not in the log: {:#?}", self.installation.calls());
        [long, over]
    }

    /// Calls in all moments of their life, a phone that registers, and the kill.
    fn everybody_calls_and_it_is_killed(&mut self, nth: u32, mut calls: Vec<usize>) -> Moment {
        let into_life = LIFE / SPREAD * nth / 50;
        for part in 0..SPREAD {
            let age = LIFE / SPREAD * part + into_life;
            calls.push(self.call(LIFE - age, talk(RINGS, TALKS)));
        }
        calls.push(self.call(LIFE - into_life * 3, Deed::GivesUp { after: RINGS }));
        let kill_at = Instant::now() + LIFE;
        sleep_until(kill_at - REGISTER_STEP * nth);
        let mover = self.town.phone();
        let (registration, asked) = (self.town.registers(mover, "mover", 3600), SystemTime::now());
        sleep_until(kill_at);
        let facts = self.installation.calls();
        self.unrecorded = self.installation.metric("ringall_calls_unrecorded_total").unwrap_or(0.0);
        for n in 0..3 {
            calls.push(self.call(ms(n), talk(RINGS, TALKS)));
        }
        std::thread::sleep(FRESH_STEP * nth);
        self.installation.is_killed();
        Moment { calls, facts, mover, registration, asked }
    }

    /// A REGISTER on its way is sent again, with the nonce that the dead service had given. That one may have kept it and
    /// not lived to say so: then its number is not new (RFC 3261 §10.3, step 7), and the phone rings all the same.
    fn mover_is_registered(&mut self, moment: &Moment, before: Option<(u16, SystemTime)>) {
        let answer = until(LIMIT, || self.town.registered(moment.registration)).expect("an answer to a REGISTER");
        assert!(matches!(answer.0, 200 | 500), "a nonce outlives the service: {answer:?}");
        self.mover = Some(moment.mover);
        match before.map(|(_, at)| at.duration_since(moment.asked).unwrap_or_default()) {
            Some(took) if took < KEPT_WITHIN => self.tally.registered += 1,
            // On a disk that stalls the phone was told before it was kept.
            Some(_) => self.registers_again(moment.mover),
            None => {}
        }
    }

    /// A call rings at every place where a phone has registered, and nowhere else. One picks up; they talk on.
    fn rings_all_phones(&mut self) -> usize {
        let call = self.call(Duration::ZERO, talk(ms(60), LIMIT * 2));
        let mut expected: Vec<u16> = self.rung.iter().copied().chain(self.mover).collect();
        expected.sort_unstable();
        let offered = || {
            let mut offered = self.town.entry(call).offered;
            offered.sort_unstable();
            offered
        };
        let all = until(LIMIT, || (offered().len() >= expected.len()).then_some(()));
        assert!(all.is_some(), "it rings at {:?} and not at {expected:?}: {}", offered(), self.installation.log());
        assert!(until(LIMIT, || self.town.entry(call).answered).is_some(), "nobody could pick up");
        assert_eq!(offered(), expected);
        call
    }

    fn registers_again(&self, port: u16) {
        let registration = self.town.registers(port, "mover", 3600);
        let answer = until(LIMIT, || self.town.registered(registration)).expect("an answer to a REGISTER");
        assert_eq!(answer.0, 200);
    }

    /// The phone that moves is no longer to be rung where it was.
    fn mover_leaves(&mut self) {
        let Some(port) = self.mover.take() else { return };
        let registration = self.town.registers(port, "mover", 0);
        let answer = until(LIMIT, || self.town.registered(registration)).expect("an answer to a REGISTER");
        assert_eq!(answer.0, 200);
    }

    /// A caller of their own calls, in a while.
    fn call(&mut self, wait: Duration, deed: Deed) -> usize {
        self.callers += 1;
        let number = format!("+346{:08}", self.callers);
        self.town.calls_at(Instant::now() + wait, Script { number, dials: "shop".to_owned(), deed })
    }

    fn row(&self, call: usize) -> Option<Value> {
        let number = self.town.entry(call).script.number;
        self.installation.calls().into_iter().find(|row| row["caller"]["number"] == *number)
    }

    /// What a caller had heard before the kill, what the log held, and what it holds now.
    fn survives(&mut self, caller: &Entry, fact: Option<&Value>, rows: &[Value]) {
        let about = || format!("{caller:#?}\nthe log before: {fact:#?}\nthe log now: {rows:#?}");
        // It is sent again: see `are_served_now`.
        if caller.noticed.is_none() {
            self.tally.repeated += 1;
            return;
        }
        assert!(rows.len() <= 1, "one call, one row: {}", about());
        let Some(row) = rows.first() else {
            assert!(fact.is_none(), "a row has gone: {}", about());
            if caller.heard.is_some() {
                // A disk that stalls for half a second lets a call go first, which is counted.
                assert!(self.unrecorded > 0.0, "a caller who heard something has no row: {}", about());
                self.unrecorded -= 1.0;
                self.excused.push(caller.script.number.clone());
            }
            self.tally.unlogged += 1;
            return;
        };
        if let Some(fact) = fact
            && !fact["ended_at"].is_null()
        {
            assert_eq!(row, fact, "what was over stays as it was");
            self.tally.ended += 1;
            return;
        }
        for kept in ["disposition", "answered_by", "answered_at"] {
            let known = fact.map(|fact| &fact[kept]).filter(|known| !known.is_null());
            assert!(known.is_none_or(|known| *known == row[kept]), "{kept} was a fact: {}", about());
        }
        let outcome = (text(row, "disposition"), text(row, "ended_by"));
        match outcome {
            ("answered", "crash") => {
                assert!(caller.picked_up.is_some() && row["answered_by"].is_string(), "{}", about())
            }
            ("interrupted", "crash") => assert!(row["answered_by"].is_null(), "{}", about()),
            // It was over, and written, in the last moment.
            ("answered", "caller") => assert!(caller.answered.is_some(), "{}", about()),
            ("missed", "caller") => assert!(matches!(caller.script.deed, Deed::GivesUp { .. }), "{}", about()),
            _ => panic!("no end of such a call: {}", about()),
        }
        match (caller.picked_up, outcome.1) {
            (_, "caller") => self.tally.ended += 1,
            (Some(_), _) => self.tally.talking += 1,
            (None, _) => self.tally.ringing += 1,
        }
        if outcome.1 == "crash" {
            let killed = self.installation.killed_at().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
            let killed = i64::try_from(killed.as_millis()).expect("not that far in the future");
            let ended = chrono::DateTime::parse_from_rfc3339(text(row, "ended_at")).expect("every row has its end");
            let off = ended.timestamp_millis() - killed;
            assert!(off.abs() <= CRASH_WITHIN_MS, "dated {off} ms off the kill: {}", about());
        }
        self.events_are_gapless(row);
    }

    /// Its phones are told that nobody waits any more, also those where somebody has picked up meanwhile.
    fn stops_ringing(&mut self, call: usize) {
        let quiet = || (!self.town.is_waited_for(call)).then_some(());
        assert!(until(CLOSED_WITHIN, quiet).is_some(), "a phone rings on for {:#?}", self.town.entry(call));
        self.tally.stopped += 1;
    }

    fn events_are_gapless(&self, row: &Value) {
        let call = self.installation.api(&format!("/api/v1/calls/{}", text(row, "id")));
        let events = call["events"].as_array().expect("a call has events");
        let numbered = (1..).zip(events).all(|(seq, event)| event["seq"] == seq);
        let last = events.last().is_some_and(|event| event["kind"] == "ended");
        assert!(numbered && last, "{call:#}");
    }

    /// Calls that the dead service had not noticed are new to the living one.
    fn are_served_now(&self, calls: &[usize]) {
        for &call in calls {
            let end = until(LIMIT, || self.town.entry(call).end);
            let caller = self.town.entry(call);
            let (ended, disposition) = match caller.script.deed {
                Deed::GivesUp { .. } => (End::Refused(487), "missed"),
                _ => (End::HungUp, "answered"),
            };
            assert_eq!(end.map(|(_, end)| end), Some(ended), "{caller:#?}");
            // A row that a crash has closed is that of this call too, and is written anew.
            let as_told = |row: &Value| (text(row, "disposition"), text(row, "ended_by")) == (disposition, "caller");
            let row = until(LIMIT, || self.row(call).filter(as_told));
            let row = row.unwrap_or_else(|| panic!("not {disposition}: {:#?}", self.row(call)));
            self.events_are_gapless(&row);
        }
    }

    /// After all of it.
    fn has_one_row_for_each(&self) {
        let rows = whole_log(&self.installation);
        for caller in self.town.ledger() {
            let own = rows.iter().filter(|row| row["caller"]["number"] == *caller.script.number);
            let (own, heard) = (own.count(), caller.heard.is_some() && !self.excused.contains(&caller.script.number));
            assert!(own == 1 || (own == 0 && !heard), "{own} rows for {caller:#?}");
        }
    }
}

fn talk(rings: Duration, talks: Duration) -> Deed {
    Deed::Talks { rings, pick_up: PickUp::One, talks, hangs_up: Side::Caller }
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn sleep_until(at: Instant) {
    std::thread::sleep(at.saturating_duration_since(Instant::now()));
}
