//! What was on the wire, in order: the first thing to read when a story fails.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::text::Text;

#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Duration,
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub text: Text,
    pub lost: bool,
}

#[derive(Debug, Default)]
pub struct Trace {
    pub sent: Vec<Sent>,
    /// What else happened, such as a row becoming durable.
    pub notes: Vec<(Duration, String)>,
    pub names: Vec<(SocketAddr, String)>,
}

impl Trace {
    pub fn note(&mut self, at: Duration, what: impl Into<String>) {
        self.notes.push((at, what.into()));
    }

    fn name(&self, address: SocketAddr) -> String {
        let known = self.names.iter().find(|(known, _)| *known == address);
        known.map_or_else(|| address.to_string(), |(_, name)| name.clone())
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<(Duration, String)> = self.notes.clone();
        for sent in &self.sent {
            let (from, to) = (self.name(sent.from), self.name(sent.to));
            let lost = if sent.lost { "  (lost)" } else { "" };
            lines.push((sent.at, format!("{from:>10} → {to:<10} {}{lost}", sent.text.start)));
        }
        lines.sort_by_key(|(at, _)| *at);
        for (at, line) in lines {
            writeln!(f, "{:>11.3} s  {line}", at.as_secs_f64())?;
        }
        Ok(())
    }
}
