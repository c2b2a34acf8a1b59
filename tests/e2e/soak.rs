//! Many calls of all kinds, one after another, and then the account: each caller's own against the shop's log, memory,
//! and whether anything is left of them. `benches/soak.rs` plays it long, the test here short.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::installation::{Files, Installation, SHOP, fixed_phone};
use crate::ports;
use crate::process::until;
use crate::town::{Deed, End, Entry, PickUp, Script, Side, Town};

const PHONES: [&str; 5] = ["Counter", "Office", "Workshop", "Yard", "Store"];
const OPEN: &str = "+34911234567";
const CLOSED: &str = "+34911234568";
const NOBODYS: &str = "+34911234569";
const BLOCKED: &str = "+34611999999";
/// Nobody calls again before this, and the longest call is over by then.
const SAME_CALLER_AFTER_S: usize = 45;
/// The last callers hear busy after 30 s; a greeting and a message take 16 s.
const LAST_CALL_LIMIT: Duration = Duration::from_secs(60);
/// RFC 3261 lets a finished transaction linger for 64·T1 = 32 s.
const IDLE_LIMIT: Duration = Duration::from_secs(60);
const ROWS_LIMIT: Duration = Duration::from_secs(10);
/// A page of the log.
const PAGE: usize = 200;
/// What goes wrong is named so often.
const NAMED_MAX: usize = 10;

/// Counters that are zero while all is well.
const TROUBLES: [&str; 5] = [
    "ringall_calls_unrecorded_total",
    "ringall_log_overflowed_total",
    "ringall_sip_dropped_total",
    "ringall_sip_over_budget_total",
    "ringall_panics_total",
];

/// How many calls, and how many a second.
pub struct Soak {
    pub calls: usize,
    pub rate: usize,
    /// For all calls that live at once: four each, and some hundreds in stock.
    pub media_ports: u16,
}

/// Of each 100 calls so many.
const MIX: [(usize, Kind); 10] = [
    (40, Kind::CallerHangsUp),
    (15, Kind::PhoneHangsUp),
    (5, Kind::TwoPickUp),
    (15, Kind::GivesUp),
    (4, Kind::Declined),
    (4, Kind::Ignored),
    (5, Kind::Message),
    (5, Kind::NoMessage),
    (4, Kind::Blocked),
    (3, Kind::NobodysNumber),
];

#[derive(Clone, Copy)]
enum Kind {
    CallerHangsUp,
    PhoneHangsUp,
    TwoPickUp,
    GivesUp,
    Declined,
    Ignored,
    Message,
    NoMessage,
    Blocked,
    NobodysNumber,
}

/// What the log says of a call: its disposition and who ended it.
type Outcome = (String, String);

impl Soak {
    /// Plays it, tells of it line by line, and returns what went wrong.
    pub fn run(&self, tell: impl Fn(&str)) -> Vec<String> {
        let files = Files::new();
        let range = format!("{}-{}", files.media, files.media + 99);
        let first = ports::free(self.media_ports);
        files.edit_config(&range, &format!("{first}-{}", first + self.media_ports - 1));
        let town = Town::around(([127, 0, 0, 1], files.sip_port).into());
        let installation = Installation::start_with(files, &open_shop(&town));
        installation.import(&closed_shop());
        let learned = until(ROWS_LIMIT, || {
            let shops = installation.get(&format!("/api/v1/explain?to=%2B{}", &CLOSED[1..]));
            shops.body.contains("take_message").then_some(())
        });
        assert!(learned.is_some(), "the service does not see its second shop");
        let gauges = at_rest(&installation);

        tell(&format!("{} calls, {} a second, five phones", self.calls, self.rate));
        let mut memory = vec![format!("start {:.1} MiB", mebibytes(&installation))];
        let begin = Instant::now() + Duration::from_millis(200);
        for call in 0..self.calls {
            town.calls_at(begin + self.time_of(call), self.script(call));
        }
        for quarter in 1..=4 {
            std::thread::sleep(
                (begin + self.time_of(self.calls * quarter / 4)).saturating_duration_since(Instant::now()),
            );
            memory.push(format!("{} % {:.1} MiB", quarter * 25, mebibytes(&installation)));
        }
        until(LAST_CALL_LIMIT, || (town.unfinished() == 0).then_some(()));
        let rows = until(ROWS_LIMIT, || {
            let rows = whole_log(&installation);
            (rows.len() >= self.calls && rows.iter().all(|row| !row["ended_at"].is_null())).then_some(rows)
        });
        let rows = rows.unwrap_or_else(|| whole_log(&installation));
        memory.push(format!("end {:.1} MiB", mebibytes(&installation)));

        let mut wrong = compare(&town.ledger(), &rows, &tell);
        tell(&format!("\nmemory: {}", memory.join(", ")));
        let leaked = || installation.gauges().iter().any(|(gauge, value)| *value > gauges[gauge]);
        until(IDLE_LIMIT, || (!leaked()).then_some(()));
        for (gauge, now) in installation.gauges() {
            let start = gauges[&gauge];
            tell(&format!("{gauge}: {start} at the start, {now} at the end"));
            if now > start {
                wrong.push(format!("{gauge} was {start} at the start and is {now}"));
            }
        }
        for trouble in TROUBLES {
            let count = installation.metric(trouble).unwrap_or(0.0);
            if count > 0.0 {
                wrong.push(format!("{trouble} {count}"));
            }
        }
        wrong
    }

    fn time_of(&self, call: usize) -> Duration {
        Duration::from_secs_f64(call as f64 / self.rate as f64)
    }

    fn script(&self, call: usize) -> Script {
        // 37 has no divisor in common with 100: each hundred calls has every kind, well mixed.
        let mut place = call * 37 % 100;
        let kind = MIX.iter().find(|(share, _)| {
            let here = place < *share;
            place = place.wrapping_sub(*share);
            here
        });
        let (_, kind) = kind.expect("the shares are 100 in all");
        let (rings, talks) = (ms(100 + call % 9 * 100), ms(200 + call % 7 * 200));
        let talk = |pick_up, hangs_up| Deed::Talks { rings, pick_up, talks, hangs_up };
        let (dials, deed) = match kind {
            Kind::CallerHangsUp => (OPEN, talk(PickUp::One, Side::Caller)),
            Kind::PhoneHangsUp => (OPEN, talk(PickUp::One, Side::Phone)),
            Kind::TwoPickUp => (OPEN, talk(PickUp::Two, Side::Caller)),
            Kind::GivesUp => (OPEN, Deed::GivesUp { after: ms(100 + call % 17 * 100) }),
            Kind::Declined => (OPEN, Deed::IsDeclined),
            Kind::Ignored => (OPEN, Deed::IsIgnored),
            // No greeting is as long as 12 s, and a message is a second of voice.
            Kind::Message => (CLOSED, Deed::Speaks { stays: ms(14_000) }),
            Kind::NoMessage => (CLOSED, Deed::ListensOnly { stays: ms(500 + call % 5 * 300) }),
            Kind::Blocked => (OPEN, Deed::IsTurnedAway),
            Kind::NobodysNumber => (NOBODYS, Deed::IsTurnedAway),
        };
        let number = match kind {
            Kind::Blocked => BLOCKED.to_owned(),
            _ => format!("+346{:08}", call % (self.rate * SAME_CALLER_AFTER_S)),
        };
        Script { number, dials: dials.to_owned(), deed }
    }
}

fn open_shop(town: &Town) -> String {
    let phones: String = PHONES.iter().map(|name| fixed_phone(name, town.phone())).collect();
    let more = format!("numbers = [\"{OPEN}\"]\ngive_up_after_s = 30\n");
    format!("{SHOP}{more}{phones}\n[[block]]\nnumber = \"{BLOCKED}\"\n")
}

fn closed_shop() -> String {
    let shop = SHOP.replace("Ruiz Hardware", "Ruiz Garden");
    let closure = "\n[[closure]]\nfrom = \"2020-01-01T00:00\"\nto = \"2199-01-01T00:00\"\nwhy = \"Soak\"\n";
    format!("{shop}numbers = [\"{CLOSED}\"]\n{closure}")
}

/// The row that a caller's own account asks for.
fn outcome(entry: &Entry) -> Outcome {
    let outcome = match (entry.script.deed, entry.end.map(|(_, end)| end)) {
        (_, None) => ("still waiting", ""),
        (Deed::IsTurnedAway, Some(End::Refused(486 | 404))) => ("refused", ""),
        (_, Some(End::Refused(487))) => ("missed", "caller"),
        (_, Some(End::Refused(486))) => ("missed", "give_up"),
        (Deed::Speaks { .. }, Some(End::HungUp)) => ("message", "caller"),
        (Deed::ListensOnly { .. }, Some(End::HungUp)) => ("no_message", "caller"),
        (Deed::Talks { .. } | Deed::GivesUp { .. }, Some(End::HungUp)) => ("answered", "caller"),
        (Deed::Talks { .. }, Some(End::WasHungUpOn)) => ("answered", "staff"),
        (_, Some(End::Refused(_) | End::HungUp | End::WasHungUpOn | End::Unknown)) => ("not as it should be", ""),
    };
    (outcome.0.to_owned(), outcome.1.to_owned())
}

/// Holds the callers' accounts against the log: in numbers, and each caller's calls in their order.
fn compare(ledger: &[Entry], rows: &[Value], tell: &impl Fn(&str)) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |row: &Value| (text(&row["disposition"]), text(&row["ended_by"]));
    let mut counts: BTreeMap<Outcome, (usize, usize)> = BTreeMap::new();
    let mut callers: BTreeMap<String, (Vec<Outcome>, Vec<Outcome>)> = BTreeMap::new();
    for entry in ledger {
        counts.entry(outcome(entry)).or_default().0 += 1;
        callers.entry(entry.script.number.clone()).or_default().0.push(outcome(entry));
    }
    // They come newest first.
    for row in rows.iter().rev() {
        counts.entry(told(row)).or_default().1 += 1;
        callers.entry(text(&row["caller"]["number"])).or_default().1.push(told(row));
    }
    let mut wrong = Vec::new();
    tell(&format!("\n{:32} {:>8} {:>8}", "outcome, ended by", "callers", "rows"));
    for ((disposition, by), (own, logged)) in &counts {
        let name = if by.is_empty() { disposition.clone() } else { format!("{disposition}, {by}") };
        tell(&format!("{name:32} {own:>8} {logged:>8}"));
        if own != logged {
            wrong.push(format!("{own} callers say \"{name}\", and {logged} rows"));
        }
    }
    tell(&format!("{:32} {:>8} {:>8}", "all", ledger.len(), rows.len()));
    let differ: Vec<String> = callers
        .iter()
        .filter(|(_, (own, logged))| own != logged)
        .map(|(number, (own, logged))| format!("{number} says {own:?}, the log {logged:?}"))
        .collect();
    tell(&format!("callers whose rows are not their calls: {} of {}", differ.len(), callers.len()));
    wrong.extend(differ.into_iter().take(NAMED_MAX));
    let with_message = |row: &&Value| row["message_id"].is_null() == (row["disposition"] == "message");
    wrong.extend(rows.iter().filter(with_message).take(NAMED_MAX).map(|row| format!("a message without sound: {row}")));
    wrong
}

/// The gauges, once they stay as they are: the connection of an earlier question is counted among the tasks.
fn at_rest(installation: &Installation) -> BTreeMap<String, f64> {
    let mut last = installation.gauges();
    let same = || {
        let before = std::mem::replace(&mut last, installation.gauges());
        std::thread::sleep(Duration::from_millis(200));
        (before == last && last == installation.gauges()).then(|| last.clone())
    };
    until(ROWS_LIMIT, same).expect("a service that does nothing comes to rest")
}

/// All rows, newest first.
pub fn whole_log(installation: &Installation) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    loop {
        let before = rows.last().and_then(|row| row["id"].as_str()).map(|id| format!("&before={id}"));
        let page = installation.api(&format!("/api/v1/calls?limit={PAGE}{}", before.unwrap_or_default()));
        let page = page["items"].as_array().expect("a list is {\"items\": [...]}");
        rows.extend_from_slice(page);
        if page.len() < PAGE {
            return rows;
        }
    }
}

fn mebibytes(installation: &Installation) -> f64 {
    installation.resident_kib() as f64 / 1024.0
}

fn ms(ms: usize) -> Duration {
    Duration::from_millis(u64::try_from(ms).expect("a usize is no longer"))
}

#[test]
fn three_hundred_calls_of_all_kinds_are_in_the_log_as_their_callers_tell_and_leave_nothing() {
    let soak = Soak { calls: 300, rate: 40, media_ports: 1_200 };
    let wrong = soak.run(|line| println!("{line}"));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Who holds the account must see what is wrong with it.
#[test]
fn a_row_that_is_missing_or_twice_there_or_tells_otherwise_is_found() {
    let calls = |number: &str, end: End| {
        let mut entry = Entry::of(Script { number: number.to_owned(), dials: OPEN.to_owned(), deed: Deed::IsIgnored });
        entry.ends(end);
        entry
    };
    let row = |number: &str, ended_by: &str| {
        let caller = serde_json::json!({"number": number});
        serde_json::json!({"disposition": "missed", "ended_by": ended_by, "caller": caller, "message_id": null})
    };
    let ledger = [calls("+34600000001", End::Refused(486)), calls("+34600000002", End::Refused(487))];
    let [first, second] = [row("+34600000001", "give_up"), row("+34600000002", "caller")];
    let wrong = |rows: &[Value]| compare(&ledger, rows, &|_: &str| ()).len();
    assert_eq!(wrong(&[second.clone(), first.clone()]), 0);
    assert!(wrong(std::slice::from_ref(&first)) > 0);
    assert!(wrong(&[second.clone(), first.clone(), first.clone()]) > 0);
    assert!(wrong(&[row("+34600000002", "give_up"), first]) > 0);
    // The numbers are right, the callers are not.
    assert!(wrong(&[row("+34600000002", "give_up"), row("+34600000001", "caller")]) > 0);
}
