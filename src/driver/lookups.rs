//! Names of phones and carriers are looked up on the runtime; what is found comes back as a message.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::resolve::Located;
use crate::sip::locate::Server;
use crate::switchboard::{Input, Protocol, Route, Ticket};

use super::{Driver, Message};

impl Driver {
    pub(super) fn resolve(&mut self, ticket: Ticket, protocol: Protocol, host: String, port: Option<u16>) {
        let port = port.unwrap_or(protocol.default_port());
        if let Ok(ip) = host.parse::<IpAddr>() {
            // Not at once: an output is never performed inside another.
            self.known.push_back((ticket, protocol, SocketAddr::new(ip, port)));
            return;
        }
        let inbox = self.inbox.clone();
        self.shells.runtime.spawn(async move {
            let found = tokio::net::lookup_host((host.as_str(), port)).await;
            let addresses = found.map(Iterator::collect).unwrap_or_else(|error| {
                tracing::warn!(%host, %error, "this name of a phone or a carrier cannot be found");
                Vec::new()
            });
            inbox.send(Message::Resolved { ticket, protocol, host, addresses });
        });
    }

    pub(super) fn resolved(&mut self, ticket: Ticket, protocol: Protocol, host: &str, addresses: &[SocketAddr]) {
        let routes = self.routes(protocol, host, addresses);
        self.handle(Input::Resolved { ticket, routes });
    }

    pub(super) fn locate(&self, ticket: Ticket, protocol: Option<Protocol>, host: String) {
        let (inbox, names) = (self.inbox.clone(), self.shells.name_servers.clone());
        self.shells.runtime.spawn(async move {
            let servers = names.locate(&host, protocol).await.unwrap_or_else(|error| {
                tracing::warn!(%host, %error, "this name of a carrier cannot be found");
                Vec::new()
            });
            inbox.send(Message::Located { ticket, host, servers });
        });
    }

    pub(super) fn located(&mut self, ticket: Ticket, host: &str, found: Vec<Located>) {
        let mut servers = Vec::new();
        for Located { priority, weight, protocol, addresses } in found {
            let hops = self.routes(protocol, host, &addresses);
            if !hops.is_empty() {
                servers.push(Server { priority, weight, hops });
            }
        }
        self.handle(Input::Located { ticket, servers });
    }

    /// The ways to these addresses, but for those of a family that we do not speak; by TLS to whoever can prove to be `host`.
    fn routes(&mut self, protocol: Protocol, host: &str, addresses: &[SocketAddr]) -> Vec<Route> {
        let server = (protocol == Protocol::Tls).then(|| self.names.lead(host, addresses));
        let routes = addresses.iter().filter_map(|&to| {
            let any = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
            let hop = self.interfaces.hop_out(protocol, to, self.locals.towards(any, to.ip()))?;
            Some(Route { server, ..hop })
        });
        routes.collect()
    }
}
