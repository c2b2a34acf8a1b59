//! Whether those outside are told an address that they reach.

use std::net::IpAddr;

use super::Line;
use crate::config::Sip;

const CHECK: &str = "nat";

/// The way to a carrier, as far as it is known.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub trunk: String,
    /// Where the carrier is.
    pub to: IpAddr,
    /// Which address of ours leads there.
    pub from: IpAddr,
    /// As which the carrier sees us, where it has said.
    pub seen_as: Option<IpAddr>,
    /// Calls come by a registration of ours, so they find us; sound alone may not.
    pub registers: bool,
}

pub(super) fn check(sip: &Sip, ways: &[Way]) -> Vec<Line> {
    let is_local = |ip: IpAddr| ip.is_loopback() || sip.local_networks.iter().any(|network| network.contains(ip));
    let mut lines: Vec<Line> =
        ways.iter().filter(|way| !is_local(way.to)).filter_map(|way| judged(sip, way, is_local)).collect();
    if let Some(external) = sip.external_ip.filter(|ip| is_local(*ip)) {
        let text = format!("external_ip {external} is in local_networks: set the address that the internet sees");
        lines.push(Line::bad(CHECK, text));
    }
    if lines.is_empty() {
        let text = match sip.external_ip {
            Some(external) => format!("those outside are told {external}; no carrier is outside"),
            None => "no carrier is outside of local_networks: nobody need be told another address".to_owned(),
        };
        lines.push(Line::ok(CHECK, text));
    }
    lines
}

fn judged(sip: &Sip, way: &Way, is_local: impl Fn(IpAddr) -> bool) -> Option<Line> {
    let Way { trunk, from, seen_as, .. } = way;
    let ports = "forward the ports of [sip] udp and [media] ports to this machine";
    let line = match (sip.external_ip, seen_as) {
        // Of two families only one is translated.
        (Some(external), _) if external.is_ipv4() != from.is_ipv4() => return None,
        (Some(external), Some(seen)) if external != *seen => Line::bad(
            CHECK,
            format!(
                "external_ip is {external}, but {trunk} sees us as {seen}: set [sip] external_ip to that; if it changes by \
                 itself, ask the internet provider for one that stays"
            ),
        ),
        (Some(external), Some(_)) => Line::ok(CHECK, format!("{trunk} sees us as {external}, which is external_ip")),
        (Some(external), None) => {
            Line::ok(CHECK, format!("{trunk} is told {external}; whether it sees us so it did not say"))
        }
        (None, _) if is_local(*from) => {
            let set = match seen_as {
                Some(seen) => format!("set [sip] external_ip = \"{seen}\""),
                None => "set [sip] external_ip to the address that the internet sees".to_owned(),
            };
            let text = format!(
                "{trunk} is on the internet, and we would tell it {from}, which leads nowhere there: {set}, and {ports}"
            );
            if way.registers {
                Line::look(CHECK, format!("{text}, or callers may hear nothing"))
            } else {
                Line::bad(CHECK, text)
            }
        }
        (None, Some(seen)) if seen != from => Line::bad(
            CHECK,
            format!("{trunk} sees us as {seen} and not as {from}: set [sip] external_ip = \"{seen}\", and {ports}"),
        ),
        (None, _) => Line::ok(CHECK, format!("{trunk} reaches us at {from}, without translation")),
    };
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;
    use crate::config::Config;

    fn told(external_ip: &str, to: &str, from: &str, seen_as: &str, registers: bool) -> (State, String) {
        let sip = Sip { external_ip: external_ip.parse().ok(), ..Config::default().sip };
        let (to, from) = (to.parse().unwrap(), from.parse().unwrap());
        let way = Way { trunk: "carrier".to_owned(), to, from, seen_as: seen_as.parse().ok(), registers };
        let line = check(&sip, &[way]).remove(0);
        (line.state, line.text)
    }

    #[test]
    fn a_private_address_is_no_address_for_a_carrier() {
        for (external, to, from, seen, registers, state, said) in [
            ("", "192.168.1.1", "192.168.1.5", "", false, State::Ok, "no carrier is outside"),
            ("", "127.0.0.1", "127.0.0.1", "", false, State::Ok, "no carrier is outside"),
            ("", "203.0.113.1", "192.168.1.5", "", false, State::Bad, "set [sip] external_ip to the address"),
            ("", "203.0.113.1", "192.168.1.5", "198.51.100.9", false, State::Bad, "external_ip = \"198.51.100.9\""),
            ("", "203.0.113.1", "192.168.1.5", "198.51.100.9", true, State::Look, "may hear nothing"),
            ("", "203.0.113.1", "198.51.100.9", "198.51.100.9", false, State::Ok, "without translation"),
            ("", "203.0.113.1", "198.51.100.9", "198.51.100.8", false, State::Bad, "sees us as 198.51.100.8"),
            ("198.51.100.9", "203.0.113.1", "192.168.1.5", "198.51.100.9", false, State::Ok, "which is external_ip"),
            (
                "198.51.100.9",
                "203.0.113.1",
                "192.168.1.5",
                "198.51.100.8",
                false,
                State::Bad,
                "sees us as 198.51.100.8",
            ),
            ("198.51.100.9", "203.0.113.1", "192.168.1.5", "", false, State::Ok, "did not say"),
            ("192.168.1.5", "192.168.1.1", "192.168.1.5", "", false, State::Bad, "is in local_networks"),
        ] {
            let (found, text) = told(external, to, from, seen, registers);
            assert!(found == state && text.contains(said), "{external} {to} {from} {seen}: {found:?} {text}");
        }
    }
}
