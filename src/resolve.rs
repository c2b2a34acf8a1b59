//! What the name servers say of a carrier's name (RFC 3263 §4): which protocol it prefers (NAPTR), which servers it has (SRV)
//! and where they are. Which of them is used is not decided here (`sip::locate`).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::sip::hop::Protocol;
use crate::sip::locate::MOST_SERVERS;

/// How long the name servers are waited for, all questions together; what has been found by then is used. Without anything
/// the name is looked up as any other name. A registration waits 10 s.
const SERVERS_WITHIN: Duration = Duration::from_secs(5);
/// So much of that the question which protocol the name prefers may take: without an answer there are the usual ones.
const PREFERENCE_WITHIN: u32 = 3;
/// An answer that is lost is asked for again within that time.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// One server of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    pub priority: u16,
    pub weight: u16,
    pub protocol: Protocol,
    /// Where it is; empty when its name leads nowhere.
    pub addresses: Vec<SocketAddr>,
}

/// Name servers: those that this machine uses, or others.
#[derive(Clone)]
pub struct NameServers {
    resolver: Option<TokioResolver>,
    /// [`SERVERS_WITHIN`].
    within: Duration,
}

impl NameServers {
    /// Those of `/etc/resolv.conf`. Without them names have addresses alone, as the system knows them.
    pub fn of_the_system() -> NameServers {
        let found = TokioResolver::builder_tokio().and_then(|mut builder| {
            let options = builder.options_mut();
            options.timeout = ASK_AGAIN_AFTER;
            builder.build()
        });
        let resolver = found.inspect_err(|error| tracing::warn!(%error, "no SRV records are looked up")).ok();
        NameServers { resolver, within: SERVERS_WITHIN }
    }

    /// These, as far as servers of carriers go; with none those of the system.
    pub fn at(addresses: &[SocketAddr]) -> NameServers {
        if addresses.is_empty() {
            return NameServers::of_the_system();
        }
        let server = |address: &SocketAddr| {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = address.port();
                connection
            });
            NameServerConfig::new(address.ip(), true, connections.into())
        };
        let config = ResolverConfig::from_parts(None, Vec::new(), addresses.iter().map(server).collect());
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        builder.options_mut().timeout = ASK_AGAIN_AFTER;
        let built = builder.build();
        let resolver = built.inspect_err(|error| tracing::warn!(%error, "no SRV records are looked up")).ok();
        NameServers { resolver, within: SERVERS_WITHIN }
    }

    /// The servers of this name, those of this protocol or of the one that the name itself prefers, in no order. A name
    /// without any is a server itself.
    ///
    /// # Errors
    /// The name leads nowhere.
    pub async fn locate(&self, host: &str, protocol: Option<Protocol>) -> io::Result<Vec<Located>> {
        let servers = self.servers(host, protocol).await;
        if servers.iter().any(|server| !server.addresses.is_empty()) {
            return Ok(servers);
        }
        let protocol = protocol.unwrap_or(Protocol::Udp);
        let addresses = tokio::net::lookup_host((host, protocol.default_port())).await?.collect();
        Ok(vec![Located { priority: 0, weight: 0, protocol, addresses }])
    }

    async fn servers(&self, host: &str, protocol: Option<Protocol>) -> Vec<Located> {
        let (Some(resolver), Some(host)) = (&self.resolver, whole_name(host)) else { return Vec::new() };
        let until = Instant::now() + self.within;
        let asked = match protocol {
            Some(protocol) => vec![(protocol, service(protocol, &host))],
            None => {
                let preferred = tokio::time::timeout(self.within / PREFERENCE_WITHIN, preferred(resolver, &host)).await;
                some_or_usual(preferred.unwrap_or_default(), &host)
            }
        };
        for (protocol, service) in asked {
            let Some(service) = service else { continue };
            let servers = listed(resolver, protocol, service, until).await;
            if !servers.is_empty() {
                return servers;
            }
        }
        Vec::new()
    }
}

/// What the name says of itself by NAPTR records, the most wanted first (RFC 3263 §4.1).
async fn preferred(resolver: &TokioResolver, host: &Name) -> Vec<(Protocol, Option<Name>)> {
    let mut wanted = Vec::new();
    if let Ok(found) = resolver.lookup(host.clone(), RecordType::NAPTR).await {
        for record in found.answers() {
            let RData::NAPTR(naptr) = &record.data else { continue };
            // "s": what stands there is to be asked for SRV records.
            if let Some(protocol) = protocol_of(&naptr.services)
                && naptr.flags.eq_ignore_ascii_case(b"s")
            {
                wanted.push((naptr.order, naptr.preference, protocol, naptr.replacement.clone()));
            }
        }
    }
    wanted.sort_by_key(|(order, preference, ..)| (*order, *preference));
    wanted.into_iter().map(|(_, _, protocol, name)| (protocol, Some(name))).collect()
}

/// Where the name says nothing of itself, all that we speak.
fn some_or_usual(wanted: Vec<(Protocol, Option<Name>)>, host: &Name) -> Vec<(Protocol, Option<Name>)> {
    if wanted.is_empty() {
        return [Protocol::Udp, Protocol::Tcp, Protocol::Tls]
            .map(|protocol| (protocol, service(protocol, host)))
            .into();
    }
    wanted
}

/// The servers of one service, with their addresses, as far as these are known until then. All are asked for at once: one
/// whose own name server is silent must not cost the others.
async fn listed(resolver: &TokioResolver, protocol: Protocol, service: Name, until: Instant) -> Vec<Located> {
    let Ok(Ok(found)) = tokio::time::timeout_at(until, resolver.srv_lookup(service)).await else { return Vec::new() };
    let records = found.answers().iter().filter_map(|record| match &record.data {
        // RFC 2782: a lone dot says that there is no such service.
        RData::SRV(srv) if !srv.target.is_root() => Some(srv),
        _ => None,
    });
    let mut records: Vec<_> = records.collect();
    records.sort_by_key(|srv| srv.priority);
    let mut asked = JoinSet::new();
    for (nth, srv) in records.into_iter().take(MOST_SERVERS).enumerate() {
        let (resolver, srv) = (resolver.clone(), srv.clone());
        asked.spawn(async move {
            let found = tokio::time::timeout_at(until, resolver.lookup_ip(srv.target.clone())).await;
            let addresses = match found {
                Ok(Ok(found)) => found.iter().map(|ip| SocketAddr::new(ip, srv.port)).collect(),
                Ok(Err(error)) => {
                    tracing::warn!(server = %srv.target, %error, "this server of a carrier cannot be found");
                    Vec::new()
                }
                Err(_) => {
                    tracing::warn!(server = %srv.target, "where this server of a carrier is was not answered in time");
                    Vec::new()
                }
            };
            (nth, Located { priority: srv.priority, weight: srv.weight, protocol, addresses })
        });
    }
    let mut servers = asked.join_all().await;
    servers.sort_by_key(|(nth, _)| *nth);
    servers.into_iter().map(|(_, server)| server).collect()
}

/// A name as it stands: nothing of this machine's own domain is added.
fn whole_name(host: &str) -> Option<Name> {
    let mut name = Name::from_ascii(host).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// `_sip._udp.HOST` (RFC 3263 §4.2).
fn service(protocol: Protocol, host: &Name) -> Option<Name> {
    let prefix = match protocol {
        Protocol::Udp => "_sip._udp",
        Protocol::Tcp => "_sip._tcp",
        Protocol::Tls => "_sips._tcp",
        Protocol::Ws | Protocol::Wss => return None,
    };
    Name::from_ascii(prefix).ok()?.append_domain(host).ok()
}

/// RFC 3263 §4.1, and RFC 3403 §4.1: case does not count. Others are protocols that we do not speak.
fn protocol_of(services: &[u8]) -> Option<Protocol> {
    let known = [("SIP+D2U", Protocol::Udp), ("SIP+D2T", Protocol::Tcp), ("SIPS+D2T", Protocol::Tls)];
    let named = known.iter().find(|(name, _)| services.eq_ignore_ascii_case(name.as_bytes()));
    named.map(|(_, protocol)| *protocol)
}

#[cfg(test)]
mod tests;
