//! What really crossed the loopback interface: tcpdump listens, tshark reads.

use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{Process, until};

pub struct Capture {
    tcpdump: Process,
    folder: TempDir,
    sip_port: u16,
}

/// A SIP message of the capture.
#[derive(Clone, Debug)]
pub struct Message {
    /// Seconds since 1970.
    pub at: f64,
    pub from_port: u16,
    pub to_port: u16,
    /// `CANCEL`, or empty for a response.
    pub method: String,
    /// Of a response.
    pub status: Option<u16>,
    pub call_id: String,
    /// Every value of every Reason header.
    pub reasons: Vec<String>,
}

impl Capture {
    /// Captures everything to and from a SIP port of 127.0.0.1; it runs when this returns.
    pub fn of_sip(port: u16) -> Capture {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new("tcpdump");
        // As root tcpdump would hand itself to a user who may not write into our folder.
        command.args(["-i", "lo", "-n", "-U", "--immediate-mode", "-Z", "root"]);
        command.arg("-w").arg(folder.path().join("pcap")).arg(format!("udp port {port}"));
        let mut tcpdump = Process::start(&mut command, folder.path().join("screen"));
        tcpdump.wait_for("listening on lo", Duration::from_secs(20));
        Capture { tcpdump, folder, sip_port: port }
    }

    /// Ends the capture once a message satisfies `last`, and reads all of it.
    pub fn until(mut self, last: impl Fn(&Message) -> bool) -> Vec<Message> {
        let seen = until(Duration::from_secs(20), || self.read().iter().any(&last).then_some(()));
        self.tcpdump.signal("INT");
        self.tcpdump.wait(Duration::from_secs(10));
        let messages = self.read();
        assert!(seen.is_some(), "the awaited message never came: {messages:#?}");
        messages
    }

    fn read(&self) -> Vec<Message> {
        const FIELDS: [&str; 7] = [
            "frame.time_epoch",
            "udp.srcport",
            "udp.dstport",
            "sip.Method",
            "sip.Status-Code",
            "sip.Call-ID",
            "sip.Reason",
        ];
        let mut command = Command::new("tshark");
        command.arg("-r").arg(self.folder.path().join("pcap"));
        command.args(["-d", &format!("udp.port=={},sip", self.sip_port), "-Y", "sip", "-T", "fields"]);
        command.args(["-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=|"]);
        for field in FIELDS {
            command.args(["-e", field]);
        }
        let output = command.output().expect("tshark is installed");
        let message = |line: &str| {
            let fields: Vec<&str> = line.split('\t').collect();
            let &[at, from, to, method, status, call_id, reasons] = fields.as_slice() else { return None };
            Some(Message {
                at: at.parse().ok()?,
                from_port: from.parse().ok()?,
                to_port: to.parse().ok()?,
                method: method.to_owned(),
                status: status.parse().ok(),
                call_id: call_id.to_owned(),
                reasons: reasons
                    .split(['|', ','])
                    .map(|value| value.trim().to_owned())
                    .filter(|v| !v.is_empty())
                    .collect(),
            })
        };
        String::from_utf8_lossy(&output.stdout).lines().filter_map(message).collect()
    }
}
