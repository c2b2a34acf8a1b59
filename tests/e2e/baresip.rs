//! baresip as a staff phone: a real stack that answers by itself, says a tone, and records what it hears.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::network::Site;
use crate::process::{Process, until};
use crate::{ports, tone};

pub struct Baresip {
    process: Process,
    folder: TempDir,
    port: u16,
    host: String,
    param: &'static str,
    /// Where it is told what to do.
    control: u16,
}

/// How it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Udp,
    Tcp,
    /// TLS, whoever is at its other end.
    Tls,
    /// TLS, and protected sound or none.
    TlsAndSrtp,
    /// UDP at ::1.
    UdpOverIpv6,
    /// TCP at ::1.
    TcpOverIpv6,
}

impl Line {
    fn host(self) -> &'static str {
        match self {
            Line::Udp | Line::Tcp | Line::Tls | Line::TlsAndSrtp => "127.0.0.1",
            Line::UdpOverIpv6 | Line::TcpOverIpv6 => "[::1]",
        }
    }

    pub fn param(self) -> &'static str {
        match self {
            Line::Udp | Line::UdpOverIpv6 => "",
            Line::Tcp | Line::TcpOverIpv6 => ";transport=tcp",
            Line::Tls | Line::TlsAndSrtp => ";transport=tls",
        }
    }
}

impl Baresip {
    /// A phone at a fixed loopback address that answers every call and says `hz`; `codec` as baresip writes it.
    pub fn answers(user: &str, codec: &str, hz: f64) -> Baresip {
        Baresip::answers_on(Line::Udp, user, codec, hz)
    }

    pub fn answers_on(line: Line, user: &str, codec: &str, hz: f64) -> Baresip {
        let port = ports::free(1);
        let account = format!("<sip:{user}@{}:{port}{}>;regint=0", line.host(), line.param());
        let account = format!("{account};audio_codecs={codec}");
        Baresip::start(Command::new("baresip"), line.host(), port, line.param(), &account, hz)
    }

    /// The same, a phone that has registered at `target` (`host:port`), for so long that no test sees it do so again.
    pub fn registers(line: Line, user: &str, password: &str, target: &str, hz: f64) -> Baresip {
        let account = account(user, password, target, line);
        let (command, port) = (Command::new("baresip"), ports::free(1));
        let mut phone = Baresip::start(command, line.host(), port, line.param(), &account, hz);
        phone.process.wait_for("200 OK", Duration::from_secs(20));
        phone
    }

    /// The same elsewhere; it prints all SIP that it sends and hears.
    pub fn registers_from(site: Site<'_>, line: Line, user: &str, password: &str, target: &str, hz: f64) -> Baresip {
        Baresip::registers_by(site, line, &account(user, password, target, line), hz)
    }

    /// The same by UDP, again and again: for a minute, and anew when a tenth of that is over.
    pub fn registers_often(site: Site<'_>, user: &str, password: &str, target: &str, hz: f64) -> Baresip {
        let account = account(user, password, target, Line::Udp);
        let often = account.replace(&format!("regint={ONCE_S}"), "regint=60;rwait=10");
        Baresip::registers_by(site, Line::Udp, &often, hz)
    }

    fn registers_by(site: Site<'_>, line: Line, account: &str, hz: f64) -> Baresip {
        let mut command = site.namespace.command("baresip");
        command.arg("-s");
        let host = if site.ip.is_ipv6() { format!("[{}]", site.ip) } else { site.ip.to_string() };
        let mut phone = Baresip::start(command, &host, ports::free(1), line.param(), account, hz);
        phone.process.wait_for("SIP/2.0 200 OK", Duration::from_secs(20));
        phone
    }

    /// All that it printed.
    pub fn printed(&self) -> String {
        self.process.printed()
    }

    /// How often it was told that it is registered.
    pub fn registrations(&self) -> usize {
        self.process.printed().matches("200 OK").count()
    }

    fn start(mut command: Command, host: &str, port: u16, param: &'static str, account: &str, hz: f64) -> Baresip {
        let (media, control) = (ports::free(20), ports::free(1));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().display();
        let write = |name: &str, content: &[u8]| {
            std::fs::write(folder.path().join(name), content).expect("the test's folder is writable");
        };
        let seconds = 60;
        write("tone.wav", &tone::wav(&tone::sine(hz, 0, tone::SAMPLE_RATE as usize * seconds)));
        write("accounts", format!("{account};answermode=auto\n").as_bytes());
        write("contacts", b"");
        let config = format!(
            "sip_listen {host}:{port}
rtp_ports {media}-{last}
audio_source aufile,{path}/tone.wav
audio_player aubridge,silence
audio_alert aubridge,silence
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
{srtp}module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {path}
",
            last = media + 19,
            modules = module_folder(),
            srtp = if account.contains("mediaenc=srtp") { "module srtp.so\n" } else { "" },
        );
        write("config", config.as_bytes());
        let mut process = Process::start(command.arg("-f").arg(folder.path()), folder.path().join("screen"));
        process.wait_for("baresip is ready", Duration::from_secs(20));
        Baresip { process, folder, port, host: host.to_owned(), param, control }
    }

    /// Has it do this, as if somebody had pressed its key: a command of its menu, and what that needs.
    pub fn is_told(&self, command: &str, with: &str) {
        let asked = serde_json::json!({"command": command, "params": with, "token": command}).to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.control)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("not zero");
        write!(stream, "{}:{asked},", asked.len()).expect("it reads");
        // What happens in its calls is told there too.
        let mut said = String::new();
        let mut some = [0; 4096];
        while !said.contains("\"response\":true") {
            let length = stream.read(&mut some).expect("it answers");
            assert!(length > 0, "{command}: {said}");
            said += &String::from_utf8_lossy(&some[..length]);
        }
        assert!(said.contains("\"ok\":true"), "{command} {with}: {said}");
    }

    /// The contact for a shop file.
    pub fn contact(&self, user: &str) -> String {
        format!("sip:{user}@{}:{}{}", self.host, self.port, self.param)
    }

    /// The port its SIP comes from.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it heard in its one call, once that is over.
    pub fn heard(&self) -> Vec<i16> {
        let over = until(Duration::from_secs(10), || self.process.printed().contains("terminated").then_some(()));
        assert!(over.is_some(), "baresip's call is not over:\n{}", self.process.printed());
        let entries = std::fs::read_dir(self.folder.path()).expect("our folder");
        let recording = entries.flatten().find(|entry| entry.file_name().to_string_lossy().ends_with("-dec.wav"));
        let recording = recording.unwrap_or_else(|| panic!("baresip recorded nothing:\n{}", self.process.printed()));
        tone::samples_of_wav(&std::fs::read(recording.path()).expect("readable"))
    }
}

/// Longer than any test.
const ONCE_S: u32 = 3600;

/// An account that registers once for the length of a test.
fn account(user: &str, password: &str, target: &str, line: Line) -> String {
    let param = line.param();
    let account = format!("<sip:{user}@{target}{param}>;auth_user={user};auth_pass={password};regint={ONCE_S}");
    let sound = if line == Line::TlsAndSrtp { ";mediaenc=srtp-mand" } else { "" };
    format!("{account};audio_codecs=PCMU/8000/1{sound}")
}

/// Debian puts the modules into /usr/lib/baresip, others elsewhere below /usr.
fn module_folder() -> &'static str {
    let known = ["/usr/lib/baresip/modules", "/usr/lib64/baresip/modules", "/usr/local/lib/baresip/modules"];
    known.into_iter().find(|folder| std::path::Path::new(folder).is_dir()).expect("baresip's modules are installed")
}
