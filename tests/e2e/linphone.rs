//! linphonec as a staff phone: another real stack, told by its own command line what to do.

use std::io::Write;
use std::path::PathBuf;
use std::process::{ChildStdin, Command};
use std::time::Duration;

use tempfile::TempDir;

use crate::baresip::Line;
use crate::encrypted;
use crate::installation::{Files, Installation, SHOP};
use crate::network::Site;
use crate::peers;
use crate::ports;
use crate::process::{Process, until};
use crate::rtp::Ear;
use crate::sipp::{self, Sipp};
use crate::tone::{self, Law, best_share};

const CALLER_HZ: f64 = 440.0;
const PHONE_HZ: f64 = 1100.0;
const LIMIT: Duration = Duration::from_secs(30);
const COUNTER: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\n";

/// One that runs.
pub struct Linphone {
    process: Process,
    told: ChildStdin,
    folder: TempDir,
}

impl Linphone {
    /// A phone that has registered at `target` (`host:port`); once told to answer it says `hz`.
    pub fn registers(line: Line, user: &str, password: &str, target: &str, hz: f64) -> Linphone {
        Linphone::registers_by(Command::new("linphonec"), line, user, password, target, hz)
    }

    /// The same elsewhere.
    pub fn registers_from(site: Site<'_>, line: Line, user: &str, password: &str, target: &str, hz: f64) -> Linphone {
        Linphone::registers_by(site.namespace.command("linphonec"), line, user, password, target, hz)
    }

    fn registers_by(command: Command, line: Line, user: &str, password: &str, target: &str, hz: f64) -> Linphone {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path(".local/share/linphone")).expect("our folder");
        let tone = tone::sine(hz, 0, tone::SAMPLE_RATE as usize * 60);
        std::fs::write(path("tone.wav"), tone::wav(&tone)).expect("our folder");
        let by_tls = matches!(line, Line::Tls | Line::TlsAndSrtp);
        // Zero is none, and -1 any port.
        let transport = match by_tls {
            true => "sip_port=0\nsip_tcp_port=0\nsip_tls_port=-1".to_owned(),
            false => format!("sip_port={}\nsip_tcp_port=0\nsip_tls_port=0", ports::free(1)),
        };
        let sound = match line == Line::TlsAndSrtp {
            true => "media_encryption=srtp\nmedia_encryption_mandatory=1",
            false => "",
        };
        let config = format!(
            "[sip]
{transport}
use_ipv6=0
default_proxy=0
verify_server_certs=0
verify_server_cn=0
{sound}
[rtp]
audio_rtp_port={media}
[proxy_0]
reg_proxy=<sip:{target}{param}>
reg_identity=<sip:{user}@{target}>
reg_sendregister=1
reg_expires=3600
[auth_info_0]
username={user}
passwd={password}
realm=ringall
",
            param = line.param(),
            media = ports::free(2),
        );
        std::fs::write(path("linphonerc"), config).expect("our folder");
        let mut phone = Linphone::starts(command, folder);
        phone.is_registered();
        phone.is_told("soundcard use files");
        let tone = format!("play {}", phone.folder.path().join("tone.wav").display());
        phone.is_told(&tone);
        phone
    }

    fn recording(&self) -> PathBuf {
        self.folder.path().join("heard.wav")
    }

    /// Begins to record what it hears in its call.
    pub fn records(&mut self) {
        let record = format!("record {}", self.recording().display());
        self.is_told(&record);
    }

    /// What it has recorded so far. The head of the file, 44 bytes, is written when the call is over.
    pub fn recorded(&self) -> Vec<i16> {
        let bytes = std::fs::read(self.recording()).unwrap_or_default();
        let samples = bytes.get(44..).unwrap_or_default();
        samples.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
    }

    /// A phone that is told nothing but the address of its settings.
    pub fn fetches_its_settings(url: &str) -> Linphone {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(folder.path().join(".local/share/linphone")).expect("our folder");
        let config = format!("[misc]\nconfig-uri={url}\n[sip]\nuse_ipv6=0\n");
        std::fs::write(folder.path().join("linphonerc"), config).expect("our folder");
        Linphone::starts(Command::new("linphonec"), folder)
    }

    fn starts(mut command: Command, folder: TempDir) -> Linphone {
        command.env("HOME", folder.path()).arg("-c").arg(folder.path().join("linphonerc"));
        let (process, told) = Process::start_told(&mut command, folder.path().join("screen"));
        Linphone { process, told, folder }
    }

    pub fn is_registered(&mut self) {
        let registered = until(LIMIT, || {
            self.is_told("status register");
            self.process.printed().contains("registered, identity=").then_some(())
        });
        assert!(registered.is_some(), "not registered:\n{}", self.process.printed());
    }

    /// All that it printed.
    pub fn printed(&self) -> String {
        self.process.printed()
    }

    /// Waits until it has printed this.
    pub fn says(&mut self, text: &str) {
        self.process.wait_for(text, LIMIT);
    }

    pub fn is_told(&mut self, command: &str) {
        writeln!(self.told, "{command}").unwrap_or_else(|error| panic!("{error}:\n{}", self.process.printed()));
    }
}

#[test]
fn linphonec_registers_is_rung_answers_and_hangs_up() {
    if !peers::present("linphonec_registers_is_rung_answers_and_hangs_up", &["sipp", "linphonec"]) {
        return;
    }
    let installation = Installation::start(&format!("{SHOP}{COUNTER}"));
    let target = installation.target();
    they_talk(&installation, Linphone::registers(Line::Udp, "counter", "counter-secret", &target, PHONE_HZ));
}

#[test]
fn linphonec_by_tls_with_protected_sound_and_a_plain_caller_hear_each_other() {
    let name = "linphonec_by_tls_with_protected_sound_and_a_plain_caller_hear_each_other";
    if !peers::present(name, &["sipp", "linphonec"]) {
        return;
    }
    let (certificate, key) = encrypted::made();
    let files = Files::new();
    let target = format!("127.0.0.1:{}", files.listens_by_tls(&certificate, &key));
    files.edit_config("[media]\n", "[media]\nsrtp = \"required\"\n");
    let installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let phone = Linphone::registers(Line::TlsAndSrtp, "counter", "counter-secret", &target, PHONE_HZ);
    they_talk(&installation, phone);
}

fn they_talk(installation: &Installation, mut phone: Linphone) {
    let ear = Ear::on(ports::free(2), Law::Mu, CALLER_HZ);
    let caller = Sipp::plays(sipp::CALLER_IS_HUNG_UP_ON).key("rtp", ear.port()).key("codecs", "0 101");
    let caller = caller.start(&installation.target());
    phone.process.wait_for("Receiving new incoming call from \"600999888 1st call\"", LIMIT);
    phone.is_told("answer");
    phone.process.wait_for("Media streams established", LIMIT);
    // A second of its tone.
    let heard = until(LIMIT, || (ear.heard().len() > tone::SAMPLE_RATE as usize).then(|| ear.heard()));
    let heard = heard.unwrap_or_else(|| panic!("the caller hears nothing:\n{}", phone.process.printed()));
    let share = best_share(&heard, PHONE_HZ);
    assert!(share > 0.95, "the caller heard linphonec's tone, its share is {share}");
    // And what the caller says is recorded.
    phone.records();
    ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    let share = || best_share(&phone.recorded(), CALLER_HZ);
    let heard = until(LIMIT, || (share() > 0.95).then_some(()));
    assert!(heard.is_some(), "the share of the caller's tone is {}:\n{}", share(), phone.process.printed());
    phone.is_told("terminate");
    caller.finish(LIMIT);
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["answered_by"]), (&"answered".into(), &"Counter".into()));
    assert_eq!(call["ended_by"], "staff");
}
