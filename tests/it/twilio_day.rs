//! A day of Twilio's forms as it stands in `tests/corpora/twilio/day.txt`, and what each form says besides, in the shape of
//! captured ones.

use std::time::Duration;

const DAY: &str = include_str!("../corpora/twilio/day.txt");
/// What the world's clock shows at first, in the shop.
const BEGINS: Duration = Duration::from_secs(11 * 3600);
/// Cells of the first shop, by their owners' names.
pub const CELLS: [(&str, &str); 5] = [
    ("Ana", "+34600999111"),
    ("Ben", "+34600999222"),
    ("Cleo", "+34600999333"),
    ("Dan", "+34600999444"),
    ("Eva", "+34600999555"),
];

/// What the file says.
pub struct Day {
    pub calls: Vec<Script>,
    pub owed: Vec<String>,
}

pub struct Script {
    pub name: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    /// Since the world began: it begins at some time in here.
    pub from_ms: u64,
    pub until_ms: u64,
    pub rows: Vec<&'static str>,
    pub steps: Vec<Step>,
}

pub struct Step {
    pub way: Way,
    /// `None`: as long as our `<Dial>` has said.
    pub after_ms: Option<u64>,
    pub place: &'static str,
    pub form: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Asks,
    Tells,
    Hints,
    Lost,
    Does,
}

impl Day {
    pub fn read() -> Day {
        let mut day = Day { calls: Vec::new(), owed: Vec::new() };
        for line in DAY.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (word, rest) = line.split_once(' ').expect("a word and more");
            let way = match word {
                "call" => {
                    day.calls.push(Script::read(rest));
                    continue;
                }
                "owed" => {
                    day.owed.push(format!("owed {rest}"));
                    continue;
                }
                "log" => {
                    day.calls.last_mut().expect("a call before").rows.push(rest);
                    continue;
                }
                "asks" => Way::Asks,
                "tells" => Way::Tells,
                "hints" => Way::Hints,
                "lost" => Way::Lost,
                "does" => Way::Does,
                other => panic!("what is {other:?}?"),
            };
            let (after, rest) = rest.split_once(' ').expect("a time");
            let (place, form) = if way == Way::Does { (rest, "") } else { rest.split_once(' ').expect("a form") };
            let ms = |seconds: &str| (seconds.parse::<f64>().expect("seconds") * 1000.0) as u64;
            let after_ms = (after != "timeout").then(|| ms(after));
            day.calls.last_mut().expect("a call before").steps.push(Step { way, after_ms, place, form });
        }
        day
    }

    /// The log as it stands in the file, sorted.
    pub fn expected(&self) -> Vec<String> {
        let rows = self.calls.iter().flat_map(|call| call.rows.iter().map(|row| format!("{} {row}", call.name)));
        let mut all: Vec<String> = rows.chain(self.owed.iter().cloned()).collect();
        all.sort();
        all
    }
}

impl Script {
    fn read(line: &'static str) -> Script {
        let [name, from, to, when] = line.split(' ').collect::<Vec<_>>().try_into().expect("four words");
        let (from_ms, until_ms) = when.split_once('-').unwrap_or((when, when));
        Script {
            name,
            from: if from == "-" { "" } else { from },
            to,
            from_ms: since_the_beginning(from_ms),
            until_ms: since_the_beginning(until_ms),
            rows: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// As today's forms are: blank where nothing is known.
    pub fn of_parent(&self, call: usize) -> Pairs {
        let Script { from, to, .. } = *self;
        let mut pairs = vec![
            ("AccountSid", ACCOUNT.to_owned()),
            ("ApiVersion", "2010-04-01".to_owned()),
            ("CallSid", sid(call)),
            ("CallToken", "%7B%22parentCallInfoToken%22%3A%22eyJhbGciOiJFUzI1NiJ9.e30.c2ln%22%7D".to_owned()),
            ("Direction", "inbound".to_owned()),
        ];
        pairs.extend(of_both(from, to));
        pairs
    }

    pub fn of_child(&self, call: usize, name: &str, is_event: bool) -> Pairs {
        let mut pairs = vec![
            ("AccountSid", ACCOUNT.to_owned()),
            ("ApiVersion", "2010-04-01".to_owned()),
            ("CallSid", child_sid(call, name)),
            ("ParentCallSid", sid(call)),
            ("Direction", "outbound-dial".to_owned()),
        ];
        if is_event {
            pairs.push(("CallbackSource", "call-progress-events".to_owned()));
            pairs.push(("Timestamp", "Fri%2C+20+Nov+2026+10%3A04%3A07+%2B0000".to_owned()));
        }
        pairs.extend(of_both(self.from, number_of(name)));
        pairs
    }

    /// Neither from nor to: joined by its call alone.
    pub fn of_recording(call: usize) -> Pairs {
        let (recording, url) = recording(call);
        vec![
            ("RecordingSource", "RecordVerb".to_owned()),
            ("RecordingSid", recording),
            ("RecordingUrl", escaped(&url)),
            ("RecordingChannels", "1".to_owned()),
            ("ErrorCode", "0".to_owned()),
            ("CallSid", sid(call)),
            ("RecordingStartTime", "Fri%2C+20+Nov+2026+10%3A45%3A28+%2B0000".to_owned()),
            ("AccountSid", ACCOUNT.to_owned()),
        ]
    }

    pub fn comes_by_sip(&self) -> bool {
        self.steps.iter().any(|step| step.place == "comes")
    }
}

fn since_the_beginning(clock: &str) -> u64 {
    let parts = clock.split(':').zip([3600, 60, 1]).map(|(part, unit)| part.parse::<u64>().expect("a clock") * unit);
    (parts.sum::<u64>() - BEGINS.as_secs()) * 1000
}

pub const ACCOUNT: &str = "AC00000000000000000000000000000000";

pub type Pairs = Vec<(&'static str, String)>;

/// Who called whom, and from where, for all that anybody knows.
fn of_both(from: &str, to: &str) -> Pairs {
    let mut pairs =
        vec![("From", escaped(from)), ("Caller", escaped(from)), ("To", escaped(to)), ("Called", escaped(to))];
    for key in
        ["FromCity", "FromState", "FromZip", "CallerCity", "CallerState", "CallerZip", "ToCity", "ToState", "ToZip"]
    {
        pairs.push((key, String::new()));
    }
    pairs.extend(["FromCountry", "CallerCountry", "ToCountry", "CalledCountry"].map(|key| (key, "ES".to_owned())));
    pairs
}

/// With what this one says, in place of what all say.
pub fn filled(mut pairs: Pairs, form: &str) -> String {
    pairs.retain(|(key, _)| !form.split('&').any(|pair| pair.split_once('=').is_some_and(|(known, _)| known == *key)));
    let pairs = pairs.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.chain([form.to_owned()]).collect::<Vec<_>>().join("&")
}

pub fn escaped(text: &str) -> String {
    text.replace('+', "%2B").replace(':', "%3A").replace('/', "%2F")
}

pub fn sid(call: usize) -> String {
    format!("CA{:032x}", 0xa000 + call)
}

pub fn child_sid(call: usize, name: &str) -> String {
    let at = CELLS.iter().position(|(known, _)| *known == name).expect("a cell");
    format!("CA{:032x}", 0xb0_0000 + call * 16 + at)
}

pub fn recording(call: usize) -> (String, String) {
    let sid = format!("RE{:032x}", 0xc000 + call);
    let url = format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}");
    (sid, url)
}

pub fn number_of(name: &str) -> &'static str {
    CELLS.iter().find(|(known, _)| *known == name).expect("a cell").1
}
