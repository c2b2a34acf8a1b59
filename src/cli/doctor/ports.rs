//! The ports: free, or in the hands of a running ringall, and of nobody else.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

use super::Line;
use super::question::{Question, connect};
use super::service::{Service, page, reached_at};
use crate::config::Config;

const CHECK: &str = "ports";

/// Each call takes four: one pair a side.
const PORTS_A_CALL: usize = 4;
/// A shop that rings with fewer calls at once than this would have none left for the next caller.
const FEW_CALLS: usize = 5;

/// Who has an address.
#[derive(Debug, PartialEq, Eq)]
enum Holder {
    Nobody,
    /// It asks for a password in our realm.
    Ringall,
    /// Somebody who does not say.
    Somebody,
    /// It cannot be had at all.
    Never(ErrorKind, String),
}

pub(super) async fn check(config: &Config, service: &Service) -> Vec<Line> {
    let mut lines = vec![web(config, service)];
    let realm = format!("realm=\"{}\"", config.sip.realm);
    for at in &config.sip.udp {
        let holder = match held(UdpSocket::bind(at).map(drop)) {
            Holder::Somebody => {
                let asked = Question::Register.by_udp("doctor.invalid", reached_at(*at), super::chance()).await;
                by_challenge(asked.ok().flatten().map(|answer| answer.challenges), &realm)
            }
            holder => holder,
        };
        lines.push(sip("udp", *at, &holder, service));
    }
    for at in &config.sip.tcp {
        let holder = match held(TcpListener::bind(at).map(drop)) {
            Holder::Somebody => by_challenge(challenges_by_tcp(reached_at(*at)).await, &realm),
            holder => holder,
        };
        lines.push(sip("tcp", *at, &holder, service));
    }
    for at in &config.sip.tls {
        let holder = match held(TcpListener::bind(at).map(drop)) {
            // What is shown there is a matter of certificates.
            Holder::Somebody if service.runs() => Holder::Ringall,
            holder => holder,
        };
        lines.push(sip("tls", *at, &holder, service));
    }
    lines.push(media(config, service));
    lines
}

async fn challenges_by_tcp(at: SocketAddr) -> Option<Vec<String>> {
    let mut stream = connect(at).await.ok()?;
    let us = stream.local_addr().ok()?;
    let asked = Question::Register.by_stream("TCP", "doctor.invalid", us, &mut stream, super::chance()).await;
    asked.ok().flatten().map(|answer| answer.challenges)
}

fn by_challenge(challenges: Option<Vec<String>>, realm: &str) -> Holder {
    let is_ours = challenges.is_some_and(|challenges| challenges.iter().any(|challenge| challenge.contains(realm)));
    if is_ours { Holder::Ringall } else { Holder::Somebody }
}

fn held(bound: std::io::Result<()>) -> Holder {
    match bound {
        Ok(()) => Holder::Nobody,
        Err(error) if error.kind() == ErrorKind::AddrInUse => Holder::Somebody,
        Err(error) => Holder::Never(error.kind(), error.to_string()),
    }
}

fn web(config: &Config, service: &Service) -> Line {
    let (at, page) = (config.web.listen, page(config));
    match service {
        Service::Runs { .. } => Line::ok(CHECK, format!("ringall runs: it answers at {page}")),
        Service::Hangs => {
            Line::bad(CHECK, format!("ringall at {page} takes no calls: its call loop hangs; start it anew"))
        }
        Service::SomebodyElse => Line::bad(
            CHECK,
            format!(
                "web.listen: {at} is in use, and {page} does not answer as ringall does: stop what has it, or set another \
                 address"
            ),
        ),
        Service::Away => match held(TcpListener::bind(at).map(drop)) {
            Holder::Nobody => Line::look(CHECK, format!("ringall does not run here; {at} is free for its page")),
            Holder::Somebody | Holder::Ringall => {
                Line::bad(CHECK, format!("web.listen: another program has {at}: stop it, or set another address"))
            }
            Holder::Never(_, error) => Line::bad(CHECK, format!("web.listen: {at} cannot be listened on: {error}")),
        },
    }
}

fn sip(key: &str, at: SocketAddr, holder: &Holder, service: &Service) -> Line {
    let kind = if key == "udp" { "u" } else { "t" };
    let port = at.port();
    match (holder, service.runs()) {
        (Holder::Ringall, true) => Line::ok(CHECK, format!("sip.{key}: ringall listens on {at}")),
        (Holder::Nobody, false) => Line::ok(CHECK, format!("sip.{key}: {at} is free")),
        (Holder::Ringall, false) => Line::look(
            CHECK,
            format!(
                "sip.{key}: a ringall has {at}, but its page is not at web.listen: was it started with another file?"
            ),
        ),
        (Holder::Nobody, true) => Line::bad(
            CHECK,
            format!(
                "sip.{key}: nobody listens on {at}, though ringall runs: it was started before this was set; start it anew"
            ),
        ),
        (Holder::Somebody, _) => Line::bad(
            CHECK,
            format!(
                "sip.{key}: another program has {at}: find it with `ss -ln{kind}p 'sport = :{port}'` and stop it, or set \
                 another address"
            ),
        ),
        (Holder::Never(ErrorKind::AddrNotAvailable, _), _) => Line::bad(
            CHECK,
            format!("sip.{key}: this machine has no address {}; `ip address` shows which it has", at.ip()),
        ),
        (Holder::Never(_, error), _) => Line::bad(CHECK, format!("sip.{key}: {at} cannot be listened on: {error}")),
    }
}

fn media(config: &Config, service: &Service) -> Line {
    let (first, last) = config.media.ports;
    let v4 = config.sip.udp.iter().any(SocketAddr::is_ipv4);
    let ip = if v4 { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
    let is_free = |port: &u16| UdpSocket::bind((ip, *port)).is_ok();
    // A running ringall holds some, and nobody is to take from it what it would bind this very moment: they are tried only
    // where surely none runs.
    let taken = if *service == Service::Away { (first..=last).filter(|port| !is_free(port)).count() } else { 0 };
    let sip = config.sip.udp.iter().map(SocketAddr::port).find(|port| (first..=last).contains(port));
    media_judged((first, last), taken, sip)
}

fn media_judged((first, last): (u16, u16), taken: usize, sip: Option<u16>) -> Line {
    let all = usize::from(last - first) + 1;
    let (calls, free) = (all / PORTS_A_CALL, all - taken);
    let range = format!("media.ports {first}-{last}");
    if free < PORTS_A_CALL {
        let text =
            format!("{range}: {free} of {all} ports are free, and a call takes {PORTS_A_CALL}: set another range");
        return Line::bad(CHECK, text);
    }
    if let Some(port) = sip {
        return Line::look(CHECK, format!("{range} holds the SIP port {port}: set one of them elsewhere"));
    }
    if calls < FEW_CALLS {
        return Line::look(CHECK, format!("{range} is room for {calls} calls at once: give it more"));
    }
    if taken > 0 {
        let text = format!("{range}: other programs hold {taken} of {all} ports: stop them, or set another range");
        return Line::look(CHECK, text);
    }
    Line::ok(CHECK, format!("{range}: room for {calls} calls at once"))
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    const RUNS: Service = Service::Runs { metrics: None };

    #[test]
    fn a_port_is_ours_free_or_somebody_elses() {
        let at: SocketAddr = "0.0.0.0:5060".parse().unwrap();
        let told = |holder, service| {
            let line = sip("udp", at, &holder, &service);
            (line.state, line.text)
        };
        assert_eq!(told(Holder::Ringall, RUNS).0, State::Ok);
        assert_eq!(told(Holder::Nobody, Service::Away).0, State::Ok);
        assert_eq!(told(Holder::Ringall, Service::Away).0, State::Look);
        for (holder, service, said) in [
            (Holder::Nobody, RUNS, "start it anew"),
            (Holder::Somebody, RUNS, "ss -lnup 'sport = :5060'"),
            (Holder::Somebody, Service::Away, "another program has 0.0.0.0:5060"),
            (Holder::Never(ErrorKind::AddrNotAvailable, String::new()), Service::Away, "has no address 0.0.0.0"),
            (Holder::Never(ErrorKind::PermissionDenied, "denied".to_owned()), Service::Away, "denied"),
        ] {
            let (state, text) = told(holder, service);
            assert!(state == State::Bad && text.contains(said), "{text}");
        }
    }

    #[tokio::test]
    async fn a_program_that_says_nothing_is_no_ringall() {
        let other = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (at, listener) = (other.local_addr().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let web = listener.local_addr().unwrap();
        let mut config = Config::default();
        (config.sip.udp, config.sip.tcp, config.web.listen) = (vec![at], Vec::new(), web);
        let told = check(&config, &Service::SomebodyElse).await;
        assert_eq!((told[0].state, told[1].state), (State::Bad, State::Bad), "{told:?}");
        assert!(told[1].text.contains(&format!("another program has {at}")), "{told:?}");
        drop(other);
        assert_eq!(check(&config, &Service::Away).await[1].state, State::Ok);
    }

    #[test]
    fn media_ports_are_counted_in_calls() {
        let told = |range, taken, sip| {
            let line = media_judged(range, taken, sip);
            (line.state, line.text)
        };
        let whole = told((20000, 20999), 0, None);
        assert!(whole.0 == State::Ok && whole.1.contains("room for 250 calls at once"), "{whole:?}");
        assert!(told((20000, 20999), 100, None).1.contains("other programs hold 100 of 1000 ports"));
        assert_eq!(told((20000, 20015), 0, None).0, State::Look);
        assert_eq!(told((20000, 20001), 0, None).0, State::Bad);
        assert_eq!(told((20000, 20999), 1000, None).0, State::Bad);
        assert!(told((5000, 5999), 0, Some(5060)).1.contains("holds the SIP port 5060"));
    }
}
