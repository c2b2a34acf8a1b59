//! The carriers: whether their names lead somewhere, somebody answers there, and they have our registration.

use std::net::{IpAddr, SocketAddr};

use tokio::net::UdpSocket;

use super::Line;
use super::certificates::{Unshown, left};
use super::nat::Way;
use super::question::{Answer, PATIENCE, Question, connect};
use super::service::Service;
use crate::config::{Config, Peer, Trunk};
use crate::now::UnixMs;
use crate::resolve::NameServers;
use crate::sip::hop::Protocol;
use crate::tls::{Connector, Shown};

const CHECK: &str = "trunk";

/// Of a carrier's servers so many are asked; the others follow when these are away.
const MOST_ASKED: usize = 3;

/// A server that is to be there.
struct Server {
    host: String,
    protocol: Protocol,
    at: SocketAddr,
}

pub(super) async fn check(config: &Config, service: &Service, now: UnixMs) -> (Vec<Line>, Vec<Way>) {
    let (mut lines, mut ways) = (Vec::new(), Vec::new());
    let names = NameServers::at(&config.sip.name_servers);
    let mut connector = Connector::believing_the_public();
    for trunk in &config.trunks {
        if let Some(authority) = &trunk.authority
            && let Err(error) = connector.believe(trunk.hosts(), authority).await
        {
            lines.push(Line::bad(CHECK, error.to_string()));
            continue;
        }
        let (servers, mut unresolved) = servers(trunk, &names).await;
        lines.append(&mut unresolved);
        let before = ways.len();
        for server in servers.iter().take(MOST_ASKED) {
            let (line, seen_as) = ask(trunk, server, &connector, service, now).await;
            lines.extend(line);
            if let Some(from) = address_towards(server.at).await {
                let registers = trunk.register.is_some();
                ways.push(Way { trunk: trunk.name.clone(), to: server.at.ip(), from, seen_as, registers });
            }
        }
        // One that only calls us is somewhere too.
        if ways.len() == before {
            let peer = trunk.peers.iter().map(address_of).next();
            if let Some(to) = peer
                && let Some(from) = address_towards(SocketAddr::new(to, 5060)).await
            {
                ways.push(Way { trunk: trunk.name.clone(), to, from, seen_as: None, registers: false });
            }
        }
        lines.extend(registered(trunk, service));
        if servers.is_empty() && trunk.register.is_none() && trunk.outbound.is_none() {
            let text =
                format!("{} calls us from its addresses; no call goes out by it, not even to 112 or 911", trunk.name);
            lines.push(Line::ok(CHECK, text));
        }
    }
    if config.trunks.is_empty() {
        lines.push(match &config.twilio {
            Some(_) => {
                let text = "there is no [[trunk]]: calls come by webhook. Phones cannot call out, not even 112 or 911";
                Line::ok(CHECK, text)
            }
            None => Line::look(
                CHECK,
                "there is neither a [[trunk]] nor a [twilio] account, so no customer's call arrives: set one in the \
                 configuration",
            ),
        });
    }
    (lines, ways)
}

/// Where a trunk's registrar is, and the proxy that calls go out by.
async fn servers(trunk: &Trunk, names: &NameServers) -> (Vec<Server>, Vec<Line>) {
    let registrar = trunk.register.iter().map(|account| (account.host.as_str(), account.port, Some(account.protocol)));
    let proxy = trunk.outbound.iter().map(|outbound| {
        let proxy = &outbound.proxy;
        // Without a word for it the name itself says what it prefers.
        let protocol = Protocol::asked_by(proxy).filter(|_| proxy.has_param("transport"));
        (proxy.host.as_str(), proxy.port, protocol)
    });
    let (mut servers, mut lines): (Vec<Server>, _) = (Vec::new(), Vec::new());
    for (host, port, protocol) in registrar.chain(proxy) {
        let found = locate(names, host, port, protocol).await;
        if found.is_empty() {
            let text = format!(
                "{}: {host} leads nowhere: look at its name in the configuration, and whether this machine's name servers \
                 answer (`getent hosts {host}`)",
                trunk.name
            );
            lines.push(Line::bad(CHECK, text));
        }
        for (protocol, at) in found {
            if !servers.iter().any(|known| known.at == at && known.protocol == protocol) {
                servers.push(Server { host: host.to_owned(), protocol, at });
            }
        }
    }
    (servers, lines)
}

async fn locate(
    names: &NameServers,
    host: &str,
    port: Option<u16>,
    protocol: Option<Protocol>,
) -> Vec<(Protocol, SocketAddr)> {
    let plain = protocol.unwrap_or(Protocol::Udp);
    if let Ok(ip) = host.parse::<IpAddr>() {
        return vec![(plain, SocketAddr::new(ip, port.unwrap_or(plain.default_port())))];
    }
    if let Some(port) = port {
        let found = tokio::net::lookup_host((host, port)).await;
        return found.into_iter().flatten().map(|at| (plain, at)).collect();
    }
    let mut found = names.locate(host, protocol).await.unwrap_or_default();
    found.sort_by_key(|server| server.priority);
    found.iter().flat_map(|server| server.addresses.iter().map(|at| (server.protocol, *at))).collect()
}

/// Asks one server whether it is there; with what it says of our address.
async fn ask(
    trunk: &Trunk,
    server: &Server,
    connector: &Connector,
    service: &Service,
    now: UnixMs,
) -> (Vec<Line>, Option<IpAddr>) {
    let Server { host, protocol, at } = server;
    let chance = super::chance();
    let mut lines = Vec::new();
    let asked = match protocol {
        Protocol::Tls => match encrypted(connector, host, *at, chance).await {
            Ok((shown, answer)) => {
                let what = format!("{}: the certificate of {host}", trunk.name);
                lines.extend(left(CHECK, &what, shown.ends(), now));
                Ok(answer)
            }
            Err(Unshown::NotBelieved(error)) => {
                let text = format!(
                    "{}: {at} cannot prove that it is {host} ({error}): no call goes there. Look at the name; with a \
                     certificate of its own, set authority",
                    trunk.name
                );
                return (vec![Line::bad(CHECK, text)], None);
            }
            Err(Unshown::NotReached(error)) => Err(error),
        },
        Protocol::Tcp => plain(host, *at, chance).await.map_err(|error| error.to_string()),
        _ => Question::Options.by_udp(host, *at, chance).await.map_err(|error| error.to_string()),
    };
    let seen_as = asked.as_ref().ok().and_then(|answer| answer.as_ref()?.seen_as);
    lines.push(judged(trunk, &format!("{host} ({} {at})", protocol.name()), &asked, counts_on(trunk, service)));
    (lines, seen_as)
}

async fn plain(host: &str, at: SocketAddr, chance: u64) -> std::io::Result<Option<Answer>> {
    let mut stream = connect(at).await?;
    let us = stream.local_addr()?;
    Question::Options.by_stream("TCP", host, us, &mut stream, chance).await
}

async fn encrypted(
    connector: &Connector,
    host: &str,
    at: SocketAddr,
    chance: u64,
) -> Result<(Shown, Option<Answer>), Unshown> {
    let not_reached = |error: std::io::Error| Unshown::NotReached(error.to_string());
    let stream = connect(at).await.map_err(not_reached)?;
    let us = stream.local_addr().map_err(not_reached)?;
    let shaken = tokio::time::timeout(PATIENCE, connector.connect(host, stream)).await;
    let shaken = shaken.map_err(|_| Unshown::NotReached("it does not shake hands".to_owned()))?;
    let mut stream = shaken.map_err(|error| Unshown::NotBelieved(error.to_string()))?;
    let answer = Question::Options.by_stream("TLS", host, us, &mut stream, chance).await;
    Ok((Shown::by(&stream), answer.unwrap_or(None)))
}

/// Whether the running service has this carrier; `None`: it does not say.
fn counts_on(trunk: &Trunk, service: &Service) -> Option<bool> {
    let gauge = if trunk.register.is_some() { "ringall_trunk_registered" } else { "ringall_trunk_reached" };
    service.gauge_of_trunk(gauge, &trunk.name)
}

fn judged(trunk: &Trunk, server: &str, asked: &Result<Option<Answer>, String>, is_there: Option<bool>) -> Line {
    let name = &trunk.name;
    match (asked, is_there) {
        (Ok(Some(answer)), _) => {
            let ms = answer.after.as_millis();
            Line::ok(CHECK, format!("{name}: {server} answers after {ms} ms ({})", answer.code))
        }
        (Ok(None) | Err(_), Some(true)) => {
            Line::ok(CHECK, format!("{name}: {server} answers ringall, though not a stranger's question"))
        }
        (Ok(None), Some(false) | None) => {
            let text = format!(
                "{name}: {server} did not answer within 2 s: look at the firewall, and whether the carrier knows this \
                 machine's address; some answer only to those"
            );
            if is_there.is_some() { Line::bad(CHECK, text) } else { Line::look(CHECK, text) }
        }
        (Err(error), _) => Line::bad(CHECK, format!("{name}: {server} cannot be reached: {error}")),
    }
}

fn registered(trunk: &Trunk, service: &Service) -> Option<Line> {
    let account = trunk.register.as_ref()?;
    let name = &trunk.name;
    match counts_on(trunk, service)? {
        true => Some(Line::ok(CHECK, format!("{name}: we are registered at {}, calls come", account.host))),
        false => Some(Line::bad(
            CHECK,
            format!(
                "{name}: we are not registered at {}, so no call comes: the log says why (\"registration\"); look at the \
                 user and password first",
                account.host
            ),
        )),
    }
}

/// Which address of ours leads there. Nothing is sent.
async fn address_towards(to: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = if to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).await.ok()?;
    socket.connect(to).await.ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// One address of it.
fn address_of(peer: &Peer) -> IpAddr {
    match peer {
        Peer::Prefix(prefix) => prefix.address,
        Peer::Exactly(address) => address.ip(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::super::State;
    use super::*;

    fn config(trunk: &str) -> Config {
        let text = format!("[[trunk]]\nname = \"carrier\"\n{trunk}\n");
        let files = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        Config::read(&text, Path::new("ringall.toml"), &|_| None, &files).unwrap_or_else(|error| panic!("{error}"))
    }

    fn service(gauge: &str, value: u8) -> Service {
        Service::Runs { metrics: Some(format!("{gauge}{{trunk=\"carrier\"}} {value}\n")) }
    }

    #[tokio::test]
    async fn a_silent_carrier_and_one_that_leads_nowhere_are_told() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = silent.local_addr().unwrap();
        let peers = config(&format!("peers = [\"{at}\"]"));
        let now = UnixMs(0);
        let (lines, ways) = check(&peers, &Service::Away, now).await;
        assert!(lines[0].state == State::Look && lines[0].text.contains("did not answer within 2 s"), "{lines:?}");
        assert_eq!((ways[0].to, ways[0].from), (at.ip(), at.ip()));
        let (lines, _) = check(&peers, &service("ringall_trunk_reached", 1), now).await;
        assert_eq!(lines[0].state, State::Ok, "the service knows better: {lines:?}");
        let (lines, _) = check(&peers, &service("ringall_trunk_reached", 0), now).await;
        assert_eq!(lines[0].state, State::Bad, "{lines:?}");
        let nowhere = config("register = \"sip:620@nowhere.invalid:5060\"\npassword = \"hush\"");
        let (lines, _) = check(&nowhere, &service("ringall_trunk_registered", 0), now).await;
        assert!(lines[0].state == State::Bad && lines[0].text.contains("nowhere.invalid leads nowhere"), "{lines:?}");
        assert!(lines.iter().any(|line| line.text.contains("we are not registered")), "{lines:?}");
        assert!(lines.iter().all(|line| !line.text.contains("hush")));
    }

    #[tokio::test]
    async fn by_tls_a_carrier_must_prove_its_name() {
        use crate::tls::tests::made_for;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (certificate, key) = made_for("other.example");
        let files = crate::tls::tests::Files::new(&certificate, &key);
        let keeper = crate::tls::CertificateKeeper::open(files.named()).await.unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = keeper.acceptor().accept(stream).await;
            }
        });
        let port = at.port();
        let config = config(&format!("register = \"sips:620@localhost:{port}\"\npassword = \"x\""));
        let (lines, _) = check(&config, &Service::Away, UnixMs(0)).await;
        let line = lines.iter().find(|line| line.text.contains("cannot prove that it is localhost"));
        assert!(line.is_some_and(|line| line.state == State::Bad), "{lines:?}");
    }

    #[test]
    fn an_answer_is_good_whatever_it_says() {
        let trunk = &config("peers = [\"203.0.113.1\"]").trunks[0];
        let answer = Answer { code: 404, seen_as: None, challenges: Vec::new(), after: Duration::from_millis(23) };
        let line = judged(trunk, "carrier.example (udp 203.0.113.1:5060)", &Ok(Some(answer)), None);
        assert!(line.state == State::Ok && line.text.contains("answers after 23 ms (404)"), "{line:?}");
        let refused = judged(trunk, "carrier.example", &Err("refused".to_owned()), None);
        assert!(refused.state == State::Bad && refused.text.contains("cannot be reached: refused"));
    }
}
