//! Networks of our own: namespaces, cables between them, and routers that translate addresses. All of it ends with the
//! processes that stand in it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use tempfile::TempDir;

use crate::peers;
use crate::process::{Process, until};

/// Set to the test that runs inside its own network.
const WITHIN: &str = "RINGALL_TEST_WITHIN";

/// Runs the test of this name (with its module) once more, in a network of its own that has nothing but loopback. True:
/// this is that run. False: that run is over, or was skipped because a program or the right to make networks is missing.
pub fn of_its_own(test: &str, programs: &[&str]) -> bool {
    if std::env::var(WITHIN).is_ok_and(|within| within == test) {
        Namespace::here().run("ip link set lo up");
        return true;
    }
    if !peers::present(test, programs) || !peers::present(test, &["unshare", "nsenter", "ip", "nft"]) {
        return false;
    }
    let allowed = Command::new("unshare").args(["--net", "nft", "list", "ruleset"]).output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        peers::missing(test, "the right to make networks (root has it)");
        return false;
    }
    let mut command = Command::new("unshare");
    command.arg("--net").arg(std::env::current_exe().expect("we run")).args(["--exact", test, "--nocapture"]);
    let output = command.env(WITHIN, test).output().expect("unshare is installed");
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("1 passed"), "no test is named {test}:\n{}", text(&output));
    false
}

/// A network namespace.
pub struct Namespace {
    /// `None`: the one this process is in.
    anchor: Option<Anchor>,
}

/// What keeps a namespace: the process that stands in it.
struct Anchor {
    process: Process,
    _folder: TempDir,
}

impl Namespace {
    /// The one of this process.
    pub fn here() -> Namespace {
        Namespace { anchor: None }
    }

    /// A new one with nothing but loopback.
    pub fn new() -> Namespace {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Should this process be killed, it does not stay for long.
        let mut command = Command::new("unshare");
        let process = Process::start(command.args(["--net", "sleep", "600"]), folder.path().join("anchor"));
        let own = |id: &str| std::fs::read_link(format!("/proc/{id}/ns/net")).ok();
        let id = process.id().to_string();
        let there = until(Duration::from_secs(10), || (own(&id)? != own("self")?).then_some(()));
        assert!(there.is_some(), "no namespace: {}", process.printed());
        let namespace = Namespace { anchor: Some(Anchor { process, _folder: folder }) };
        namespace.run("ip link set lo up");
        namespace
    }

    /// A command that runs here.
    pub fn command(&self, program: &str) -> Command {
        let Some(anchor) = &self.anchor else { return Command::new(program) };
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", anchor.process.id())).arg(program);
        command
    }

    /// Runs a command of plain words to its end, which must be good.
    pub fn run(&self, line: &str) {
        let mut words = line.split_whitespace();
        let output = self.command(words.next().expect("a program")).args(words).output();
        let output = output.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(output.status.success(), "{line}: {}", text(&output));
    }

    /// Sets a value under /proc/sys/net of this namespace.
    fn set(&self, name: &str, value: u32) {
        let output = self.command("sh").arg("-c").arg(format!("echo {value} > /proc/sys/net/{name}")).output();
        let output = output.expect("there is a shell");
        assert!(output.status.success(), "{name}: {}", text(&output));
    }

    /// Connects an interface here to one over there, each with its address (`192.0.2.1/30`).
    pub fn cable(&self, (name, address): (&str, &str), there: &Namespace, (other, other_address): (&str, &str)) {
        let anchor = there.anchor.as_ref().expect("a cable leads to another namespace");
        self.run(&format!("ip link add name {name} type veth peer name {other} netns {}", anchor.process.id()));
        for (namespace, name, address) in [(self, name, address), (there, other, other_address)] {
            // Who has an IPv6 address already is not asked about: there is nobody else.
            let nobody_asks = if address.contains(':') { " nodad" } else { "" };
            namespace.run(&format!("ip addr add {address} dev {name}{nobody_asks}"));
            namespace.run(&format!("ip link set dev {name} up"));
        }
    }

    /// Everything that is not near goes by this neighbour.
    pub fn default_route(&self, by: &str) {
        let family = if by.contains(':') { "-6" } else { "-4" };
        self.run(&format!("ip {family} route add default via {by}"));
    }

    /// Becomes a router with these rules (nftables).
    pub fn routes(&self, rules: &str) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file: PathBuf = folder.path().join("rules");
        std::fs::write(&file, rules).expect("our folder");
        self.run(&format!("nft -f {}", file.display()));
        self.set("ipv4/ip_forward", 1);
    }

    /// The same for IPv6, and nobody's address is translated.
    pub fn routes_ipv6(&self, rules: &str) {
        self.routes(rules);
        self.set("ipv6/conf/all/forwarding", 1);
    }

    /// Has another address at this interface now, as after a night's new connection; what was translated to the old one is
    /// forgotten.
    pub fn moves(&self, name: &str, from: &str, to: &str) {
        self.run(&format!("ip addr del {from} dev {name}"));
        self.run(&format!("ip addr add {to} dev {name}"));
    }

    /// A router that forgets who may send datagrams to whom when none has passed for so long.
    pub fn forgets_after(&self, seconds: u32) {
        self.set("netfilter/nf_conntrack_udp_timeout", seconds);
        self.set("netfilter/nf_conntrack_udp_timeout_stream", seconds);
    }
}

/// Where somebody is.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    pub namespace: &'a Namespace,
    pub ip: IpAddr,
}

impl<'a> Site<'a> {
    pub fn new(namespace: &'a Namespace, ip: &str) -> Site<'a> {
        Site { namespace, ip: ip.parse().expect("an address") }
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
