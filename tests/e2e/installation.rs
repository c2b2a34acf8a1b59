//! One shop's ringall: its own folder, ports, configuration and process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use ringall::config::DatabaseUrl;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, until};
use crate::{http, ports};

const BINARY: &str = env!("CARGO_BIN_EXE_ringall");

/// A debug build on a machine busy with the other tests.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Rows reach the log within 200 ms; the rest is patience.
const LOG_LIMIT: Duration = Duration::from_secs(10);
/// RFC 3261 lets a finished transaction linger for 64·T1 = 32 s.
const IDLE_LIMIT: Duration = Duration::from_secs(50);

/// The gauges that return to their start when nothing happens.
const GAUGES: [&str; 5] =
    ["ringall_calls_live", "ringall_legs", "ringall_transactions", "ringall_ports_used", "ringall_tasks"];

/// A shop that is always open, so that a test does not depend on the hour it runs at.
pub const SHOP: &str = r#"
[shop]
name = "Ruiz Hardware"
time_zone = "Europe/Madrid"
country = "ES"
language = "en"
hours = "24/7"
"#;

pub struct Installation {
    process: Process,
    files: Files,
    token: String,
    killed_at: SystemTime,
}

/// What is on disk before anything runs.
pub struct Files {
    folder: TempDir,
    pub sip_port: u16,
    pub web_port: u16,
    /// The first of 100 media ports.
    pub media: u16,
}

impl Files {
    /// The same, listening and believing its carrier on ::1 too.
    pub fn with_ipv6() -> Files {
        let files = Files::new();
        let port = files.sip_port;
        for key in ["udp", "tcp"] {
            let (v4, both) =
                (format!("{key} = [\"127.0.0.1:{port}\""), format!("{key} = [\"127.0.0.1:{port}\", \"[::1]:{port}\""));
            files.edit_config(&v4, &both);
        }
        files.edit_config("peers = [\"127.0.0.1\"", "peers = [\"127.0.0.1\", \"::1\"");
        files
    }

    /// A folder with a valid `ringall.toml`; the one trunk peer is 127.0.0.1.
    pub fn new() -> Files {
        let (sip_port, web_port, media) = (ports::free(1), ports::free(1), ports::free(100));
        let files = Files { folder: tempfile::tempdir().expect("a temporary folder"), sip_port, web_port, media };
        let folder = files.folder.path().display();
        let config = format!(
            r#"database = "sqlite:{folder}/ringall.db"
data_dir = "{folder}/data"

[web]
listen = "127.0.0.1:{web_port}"
public_url = "http://127.0.0.1:{web_port}"

[sip]
udp = ["127.0.0.1:{sip_port}"]
tcp = ["127.0.0.1:{sip_port}"]

[media]
ports = "{media}-{last}"

[[trunk]]
name = "carrier"
peers = ["127.0.0.1"]
"#,
            last = media + 99
        );
        files.write("ringall.toml", &config);
        files
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).expect("the test's folder is writable");
    }

    /// Changes the configuration; `from` must occur.
    pub fn edit_config(&self, from: &str, to: &str) {
        let config = std::fs::read_to_string(self.path("ringall.toml")).expect("written by new()");
        assert!(config.contains(from), "{from:?} is not in the configuration");
        self.write("ringall.toml", &config.replace(from, to));
    }

    /// SIP is heard by TLS too, with this certificate and key. The answer is the port.
    pub fn listens_by_tls(&self, certificate: &str, key: &str) -> u16 {
        let port = ports::free(1);
        self.write("certificate.pem", certificate);
        self.write("key.pem", key);
        let folder = self.folder.path().display();
        let keys = format!(
            "[sip]\ntls = [\"127.0.0.1:{port}\"]\ncertificate = \"{folder}/certificate.pem\"\nprivate_key = \"{folder}/key.pem\"\n"
        );
        self.edit_config("[sip]\n", &keys);
        port
    }

    /// SIP is heard on all addresses.
    pub fn listens_everywhere_by_ipv6(&self) {
        self.listens_everywhere();
        for key in ["udp", "tcp"] {
            let ours = format!("{key} = [\"0.0.0.0:{}\"", self.sip_port);
            self.edit_config(&ours, &format!("{ours}, \"[::]:{}\"", self.sip_port));
        }
    }

    /// Calls to cells go out by the carrier, which takes them at this port of 127.0.0.1, and perhaps `;transport=tcp`;
    /// `keys` are more of the trunk's.
    pub fn calls_out_by(&self, port: impl std::fmt::Display, keys: &str) {
        let trunk = "name = \"carrier\"\n";
        self.edit_config(trunk, &format!("{trunk}outbound_proxy = \"sip:127.0.0.1:{port}\"\n{keys}\n"));
    }

    /// SIP is heard on all addresses of IPv4; by TLS too where it is.
    pub fn listens_everywhere(&self) {
        let by_tls = std::fs::read_to_string(self.path("ringall.toml")).is_ok_and(|config| config.contains("\ntls = "));
        if by_tls {
            self.edit_config("\ntls = [\"127.0.0.1:", "\ntls = [\"0.0.0.0:");
        }
        for key in ["udp", "tcp"] {
            let port = self.sip_port;
            self.edit_config(&format!("{key} = [\"127.0.0.1:{port}\"]"), &format!("{key} = [\"0.0.0.0:{port}\"]"));
        }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.path("ringall.toml")).args(arguments).current_dir(self.folder.path());
        command
    }

    /// Runs a command of the binary to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary is built")
    }

    /// Imports this shop.
    fn import(&self, shop: &str) {
        self.write("shop.toml", shop);
        let path = self.path("shop.toml").display().to_string();
        expect_success(&self.run(&["import", &path]));
    }

    /// Starts `ringall serve` without waiting for it to be ready.
    pub fn serve(&self) -> Process {
        Process::start(&mut self.command(&["serve"]), self.path("ringall.log"))
    }
}

impl Installation {
    /// A running service with this shop (TOML, see [`SHOP`]) in its database.
    pub fn start(shop: &str) -> Installation {
        Installation::start_with(Files::new(), shop)
    }

    /// The same, its service started by another command that `wrap` makes of ours.
    pub fn start_as(shop: &str, wrap: impl FnOnce(Command) -> Command) -> Installation {
        Installation::start_from(Files::new(), shop, wrap)
    }

    /// The same with a configuration that was changed.
    pub fn start_with(files: Files, shop: &str) -> Installation {
        Installation::start_from(files, shop, |command| command)
    }

    fn start_from(files: Files, shop: &str, wrap: impl FnOnce(Command) -> Command) -> Installation {
        files.import(shop);
        Installation::serving(files, wrap)
    }

    /// A running service that nobody has made a shop in.
    pub fn without_a_shop(files: Files) -> Installation {
        Installation::serving(files, |command| command)
    }

    fn serving(files: Files, wrap: impl FnOnce(Command) -> Command) -> Installation {
        let token = files.run(&["token", "create", "tests"]);
        expect_success(&token);
        let token = String::from_utf8_lossy(&token.stdout).trim().to_owned();
        assert!(!token.is_empty() && !token.contains(char::is_whitespace), "one token alone on its line: {token:?}");
        let process = Process::start(&mut wrap(files.command(&["serve"])), files.path("ringall.log"));
        let mut installation = Installation { process, files, token, killed_at: SystemTime::UNIX_EPOCH };
        installation.gets_ready();
        installation
    }

    fn gets_ready(&mut self) {
        let ready = until(START_LIMIT, || {
            assert!(!self.process.has_ended(), "ringall ended:\n{}", self.process.printed());
            http::get(self.files.web_port, "/readyz", None).filter(|reply| reply.status == 200)
        });
        assert!(ready.is_some(), "not ready after {START_LIMIT:?}:\n{}", self.process.printed());
    }

    /// The service is killed without a word, and starts again.
    pub fn is_killed_and_started(&mut self) {
        self.is_killed();
        self.is_started_again();
    }

    /// The service is killed without a word.
    pub fn is_killed(&mut self) {
        self.process.signal("KILL");
        self.killed_at = SystemTime::now();
        self.process.wait(Duration::from_secs(10));
    }

    /// And starts again on what it has left.
    pub fn is_started_again(&mut self) {
        self.process = self.files.serve();
        self.gets_ready();
    }

    /// When that was last.
    pub fn killed_at(&self) -> SystemTime {
        self.killed_at
    }

    /// Where the message of this call lies, if there is one.
    pub fn message_file(&self, call: &str) -> PathBuf {
        self.files.path(&format!("data/messages/{call}.wav"))
    }

    /// What it runs on.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Makes the shop what this says, while the service runs.
    pub fn import(&self, shop: &str) {
        self.files.import(shop);
    }

    /// Of the service as it runs now.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Where browsers go.
    pub fn web(&self) -> String {
        format!("http://127.0.0.1:{}", self.files.web_port)
    }

    /// Runs a command beside the service; what it prints on its one line.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.files.run(arguments);
        expect_success(&output);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub fn database(&self) -> DatabaseUrl {
        let url = format!("sqlite:{}", self.files.path("ringall.db").display());
        DatabaseUrl::parse(&url).expect("a database")
    }

    /// Where callers and phones send their SIP.
    pub fn target(&self) -> String {
        format!("127.0.0.1:{}", self.files.sip_port)
    }

    /// The same over IPv6, where the configuration has that.
    pub fn target_v6(&self) -> String {
        format!("[::1]:{}", self.files.sip_port)
    }

    pub fn sip_port(&self) -> u16 {
        self.files.sip_port
    }

    /// The calls in the log, newest first, by the API.
    pub fn calls(&self) -> Vec<Value> {
        self.api("/api/v1/calls")["items"].as_array().expect("a list is {\"items\": [...]}").clone()
    }

    /// The one call in the log, once it has ended.
    pub fn only_call(&self) -> Value {
        self.ended_calls(1).remove(0)
    }

    /// The calls in the log, newest first, once there are so many and all have ended.
    pub fn ended_calls(&self, count: usize) -> Vec<Value> {
        let ended = until(LOG_LIMIT, || {
            let calls = self.calls();
            (calls.len() >= count && calls.iter().all(|call| !call["ended_at"].is_null())).then_some(calls)
        });
        let calls = ended.unwrap_or_else(|| panic!("no ended call in the log: {:#?}\n{}", self.calls(), self.log()));
        assert_eq!(calls.len(), count, "one call, one row: {calls:#?}");
        calls
    }

    /// Asks with a token.
    pub fn get(&self, path: &str) -> http::Reply {
        http::get(self.files.web_port, path, Some(&self.token)).expect("the API answers")
    }

    pub fn api(&self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "GET {path}: {}", reply.body);
        serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("GET {path}: {error}: {}", reply.body))
    }

    /// The same for what is no text; `None` unless the answer is 200.
    pub fn api_bytes(&self, path: &str) -> Option<Vec<u8>> {
        http::get_bytes(self.files.web_port, path, &self.token)
    }

    /// The messages that callers left, newest first.
    pub fn messages(&self) -> Vec<Value> {
        self.api("/api/v1/messages")["items"].as_array().expect("a list is {\"items\": [...]}").clone()
    }

    /// Sends JSON to the API.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> http::Reply {
        let token = format!("Bearer {}", self.token);
        let mut all = vec![("Authorization", token.as_str()), ("Content-Type", "application/json")];
        all.extend_from_slice(headers);
        http::ask(self.files.web_port, method, path, &all, &body.to_string()).expect("the API answers")
    }

    /// Listens to server-sent events.
    pub fn listen(&self, path: &str) -> http::Events {
        http::listen(self.files.web_port, path, &self.token)
    }

    /// For programs that ask the API by themselves.
    pub fn token(&self) -> &str {
        &self.token
    }

    pub fn web_port(&self) -> u16 {
        self.files.web_port
    }

    pub fn folder(&self) -> &Path {
        self.files.folder()
    }

    /// The gauges that return to their start, by name; all of them must be there.
    pub fn gauges(&self) -> BTreeMap<String, f64> {
        let reply = http::get(self.files.web_port, "/metrics", None).expect("the metrics answer");
        assert_eq!(reply.status, 200, "GET /metrics from loopback");
        let value = |gauge: &&str| {
            let line = reply.body.lines().find(|line| line.split([' ', '{']).next() == Some(gauge));
            let value = line.and_then(|line| line.rsplit(' ').next()).and_then(|value| value.parse().ok());
            (gauge.to_string(), value.unwrap_or_else(|| panic!("{gauge} is not in the metrics:\n{}", reply.body)))
        };
        GAUGES.iter().map(value).collect()
    }

    /// Waits until the gauges are again what they were.
    pub fn returns_to(&self, start: &BTreeMap<String, f64>) {
        // Below is fine: the connection of an earlier question may still have been counted at the start.
        let idle = || self.gauges().iter().all(|(gauge, value)| *value <= start[gauge]);
        let idle = until(IDLE_LIMIT, || idle().then_some(()));
        assert!(idle.is_some(), "leaked: started with {start:?}, now {:?}", self.gauges());
    }

    /// The value of the first metric that begins with this text; `None` while there is none.
    pub fn metric(&self, begins: &str) -> Option<f64> {
        let reply = http::get(self.files.web_port, "/metrics", None)?;
        let line = reply.body.lines().find(|line| line.starts_with(begins))?.to_owned();
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Memory of the service that is in RAM, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells");
        line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number of KiB")
    }

    /// Asks the service to end, and waits until it has.
    pub fn stop(mut self) {
        self.process.signal("TERM");
        let status = self.process.wait(START_LIMIT);
        assert!(status.success(), "{status}:\n{}", self.process.printed());
    }

    /// What the service printed, for a failure's message.
    pub fn log(&self) -> String {
        self.process.printed()
    }
}

/// A phone of the shop file at this contact.
pub fn phone_at(name: &str, contact: &str) -> String {
    format!("\n[[phone]]\nname = \"{name}\"\ncontact = \"{contact}\"\n")
}

/// A phone of the shop file at a fixed address, port `port` of 127.0.0.1.
pub fn fixed_phone(name: &str, port: u16) -> String {
    format!("\n[[phone]]\nname = \"{name}\"\ncontact = \"sip:{}@127.0.0.1:{port}\"\n", name.to_lowercase())
}

/// A cell of the shop file, rung in the first wave.
pub fn cell(name: &str, number: &str) -> String {
    format!("\n[[phone]]\nname = \"{name}\"\nnumber = \"{number}\"\n")
}

fn expect_success(output: &Output) {
    assert!(output.status.success(), "{:?}: {}", output.status, String::from_utf8_lossy(&output.stderr));
}
