//! SIPp as a caller or a phone, playing a file of `scenarios/`.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::network::Site;
use crate::ports;
use crate::process::{Process, read, until};

pub const CALLER: &str = include_str!("scenarios/caller.xml");
pub const CALLER_GIVES_UP: &str = include_str!("scenarios/caller-gives-up.xml");
pub const CALLER_IS_HUNG_UP_ON: &str = include_str!("scenarios/caller-is-hung-up-on.xml");
pub const PHONE: &str = include_str!("scenarios/phone.xml");
pub const PHONE_AT_ONCE: &str = include_str!("scenarios/phone-at-once.xml");
pub const PHONE_HANGS_UP: &str = include_str!("scenarios/phone-hangs-up.xml");
pub const PHONE_RINGS: &str = include_str!("scenarios/phone-rings.xml");

/// A caller who expects this final answer.
pub fn caller_refused_with(status: u16) -> String {
    include_str!("scenarios/caller-refused.xml").replace("STATUS", &status.to_string())
}

/// A phone that rings and then says this.
pub fn phone_stops_with(status: u16) -> String {
    include_str!("scenarios/phone-stops.xml").replace("STATUS", &status.to_string())
}

/// The same scenario of a refusal, whose answer must have `text` in this header.
pub fn hearing(scenario: &str, header: &str, text: &str) -> String {
    let log = "<log message=\"[timestamp] refused\"/>";
    let check = format!(
        "<ereg regexp=\"{text}\" search_in=\"hdr\" header=\"{header}:\" check_it=\"true\" assign_to=\"checked\"/>"
    );
    let reference = "<Reference variables=\"checked\"/></scenario>";
    scenario.replace(log, &format!("{check}{log}")).replace("</scenario>", reference)
}

/// A step of a phone's: it is told something by NOTIFY, with `words` in this place ("body", or a header's name), and notes it.
pub fn is_told(place: &str, words: &str, note: &str) -> String {
    let place = match place {
        "body" => "body\"".to_owned(),
        header => format!("hdr\" header=\"{header}:\""),
    };
    include_str!("scenarios/is-told.xml").replace("PLACE\"", &place).replace("WORDS", words).replace("NOTE", note)
}

/// A phone that registers as Counter and has a lamp: what it is told of this event package, in order, and how it notes that.
pub fn phone_watches(event: &str, told: &[(&str, &str)]) -> String {
    let told: String = told.iter().map(|(words, note)| is_told("body", words, note)).collect();
    include_str!("scenarios/phone-watches.xml").replace("EVENT", event).replace("NOTIFIED\n", &told)
}

/// The same scenario of a phone, which must show this when it rings.
pub fn showing(scenario: &str, display: &str) -> String {
    let (log, reference) = ("<log message=\"[timestamp] offered", "<Reference variables=\"shown\"/></scenario>");
    let check = format!(
        "<ereg regexp=\"{display}\" search_in=\"hdr\" header=\"From:\" check_it=\"true\" assign_to=\"shown\"/>{log}"
    );
    assert!(scenario.contains(log), "no phone that is rung");
    scenario.replace(log, &check).replace("</scenario>", reference)
}

/// A phone that registers once at `target`, and is told `answer`.
pub fn registers(user: &str, password: &str, answer: u16) -> Sipp {
    let scenario = include_str!("scenarios/register.xml");
    let scenario = scenario.replace("USER", user).replace("PASSWORD", password);
    Sipp::plays(&scenario.replace("ANSWER", &answer.to_string()))
}

/// How a scenario is played. Start from [`Sipp::plays`].
pub struct Sipp {
    scenario: String,
    port: u16,
    pause_ms: u32,
    service: String,
    transport: &'static str,
    ip: String,
    command: Command,
    echo: bool,
    times: u32,
    keys: Vec<(&'static str, String)>,
}

/// A SIPp at work.
pub struct Playing {
    process: Process,
    folder: TempDir,
    port: u16,
}

/// One line of a scenario's log.
#[derive(Clone, Debug)]
pub struct Note {
    /// Seconds since 1970, by the machine's clock.
    pub at: f64,
    /// `ringing`, `answered port=20000 codec=0` …
    pub text: String,
}

impl Sipp {
    pub fn plays(scenario: &str) -> Sipp {
        let media = ports::free(2);
        let keys = vec![
            ("rtp", media.to_string()),
            ("codecs", "0 8 101".to_owned()),
            ("codec_map", "101 telephone-event/8000".to_owned()),
            ("from", "+34600999888".to_owned()),
        ];
        Sipp {
            scenario: scenario.to_owned(),
            port: ports::free(1),
            pause_ms: 300,
            service: "shop".to_owned(),
            transport: "u1",
            ip: "127.0.0.1".to_owned(),
            command: Command::new("sipp"),
            echo: false,
            times: 1,
            keys,
        }
    }

    /// The scenario's `<pause/>`: how long a phone rings, a caller talks.
    pub fn pause_ms(mut self, pause_ms: u32) -> Sipp {
        self.pause_ms = pause_ms;
        self
    }

    /// At this port, where another SIPp has been before.
    pub fn at(mut self, port: u16) -> Sipp {
        self.port = port;
        self
    }

    /// By one TCP connection.
    pub fn by_tcp(mut self) -> Sipp {
        self.transport = "t1";
        self
    }

    /// From and at ::1.
    pub fn over_ipv6(mut self) -> Sipp {
        self.ip = "::1".to_owned();
        self
    }

    /// Elsewhere.
    pub fn elsewhere(mut self, site: Site<'_>) -> Sipp {
        self.ip = site.ip.to_string();
        self.command = site.namespace.command("sipp");
        self
    }

    /// Sends all audio back to whom it comes from.
    pub fn echoing(mut self) -> Sipp {
        self.echo = true;
        self
    }

    /// A phone for so many calls, at once or one after another.
    pub fn times(mut self, times: u32) -> Sipp {
        self.times = times;
        self
    }

    /// The number or user a caller calls.
    pub fn calls(mut self, service: &str) -> Sipp {
        self.service = service.to_owned();
        self
    }

    /// A key of the scenario, see its first comment.
    pub fn key(mut self, name: &'static str, value: impl ToString) -> Sipp {
        self.keys.retain(|(key, _)| *key != name);
        self.keys.push((name, value.to_string()));
        self
    }

    /// The port its SIP comes from.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Plays against `target`, `host:port`. A phone listens when this returns.
    pub fn start(mut self, target: &str) -> Playing {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("scenario.xml"), &self.scenario).expect("the folder is writable");
        let media = ports::free(4);
        if self.echo {
            self = self.key("rtp", media);
        }
        let command = &mut self.command;
        command.current_dir(folder.path()).env("TERM", "dumb");
        command.args(["-sf", "scenario.xml", "-i", &self.ip, "-t", self.transport, "-nostdin"]);
        command.args(["-m", &self.times.to_string()]);
        command.args(["-p", &self.port.to_string(), "-cp", &ports::free(1).to_string()]);
        command.args(["-mp", &media.to_string(), "-d", &self.pause_ms.to_string(), "-s", &self.service]);
        for (name, value) in &self.keys {
            command.args(["-key", name, value]);
        }
        command.args(["-trace_logs", "-log_file", "notes", "-trace_err", "-error_file", "errors"]);
        command.args(["-trace_msg", "-message_file", "messages", target]);
        if self.echo {
            command.arg("-rtp_echo");
        }
        let process = Process::start(command, folder.path().join("screen"));
        let mut playing = Playing { process, folder, port: self.port };
        // Who is refused at once may be at the end before anybody has looked.
        let bound = until(Duration::from_secs(10), || {
            (is_bound_at(playing.process.id(), playing.port) || playing.process.has_ended()).then_some(())
        });
        assert!(bound.is_some(), "SIPp did not start:\n{}", playing.trouble());
        playing
    }
}

impl Playing {
    /// Waits for the scenario to be played to its end, each message as expected.
    pub fn finish(self, limit: Duration) -> Vec<Note> {
        self.wait_for_the_end(limit).notes()
    }

    fn wait_for_the_end(mut self, limit: Duration) -> Playing {
        let ended = until(limit, || self.process.has_ended().then_some(()));
        assert!(ended.is_some(), "SIPp still waits after {limit:?}:\n{}", self.trouble());
        let status = self.process.wait(Duration::ZERO);
        assert!(status.success(), "SIPp: {status}:\n{}", self.trouble());
        self
    }

    /// The same; every message that was sent and received, as text.
    pub fn finish_with_messages(self, limit: Duration) -> String {
        let played = self.wait_for_the_end(limit);
        read(&played.path("messages"))
    }

    /// What the scenario logged so far.
    pub fn notes(&self) -> Vec<Note> {
        let note = |line: &str| {
            let (stamp, text) = line.rsplit_once('\t')?.1.split_once(' ')?;
            Some(Note { at: stamp.parse().ok()?, text: text.to_owned() })
        };
        read(&self.path("notes")).lines().filter_map(note).collect()
    }

    /// Waits for a note that begins with `text`.
    pub fn wait_for(&self, text: &str, limit: Duration) -> Note {
        let found = until(limit, || self.notes().into_iter().find(|note| note.text.starts_with(text)));
        found.unwrap_or_else(|| panic!("SIPp never noted {text:?}:\n{}", self.trouble()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn trouble(&self) -> String {
        let [errors, messages] = ["errors", "messages"].map(|name| read(&self.path(name)));
        format!("notes: {:?}\nerrors: {errors}\nmessages: {messages}", self.notes())
    }
}

impl Note {
    /// The number after `name=`.
    pub fn number(&self, name: &str) -> u16 {
        let value = self.text.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

/// The moment a note beginning with `text` was made.
pub fn moment(notes: &[Note], text: &str) -> f64 {
    notes.iter().find(|note| note.text.starts_with(text)).unwrap_or_else(|| panic!("no {text:?} in {notes:?}")).at
}

/// Whether somebody has a socket at this port.
pub fn is_bound(port: u16) -> bool {
    is_bound_at(std::process::id(), port)
}

/// The same in the network of this process.
fn is_bound_at(process: u32, port: u16) -> bool {
    let suffix = format!(":{port:04X}");
    let tables = ["udp", "udp6", "tcp", "tcp6"].map(|table| read(format!("/proc/{process}/net/{table}").as_ref()));
    tables
        .iter()
        .flat_map(|table| table.lines())
        .filter_map(|line| line.split_whitespace().nth(1))
        .any(|local| local.ends_with(&suffix))
}
