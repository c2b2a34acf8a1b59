//! The sockets that calls and pages come by.

use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpListener;

use super::AppError;
use crate::config::Config;
use crate::sip::{socket, stream};
use crate::tls::CertificateKeeper;

/// All of them, bound.
pub(super) struct Sockets {
    pub udp: Vec<socket::Listening>,
    /// By TCP, and by TLS where there is a certificate.
    pub streams: Vec<stream::Listening>,
    pub web: TcpListener,
    pub bound: Bound,
}

/// Where they are bound: for port 0 the system has chosen one.
pub(super) struct Bound {
    pub udp: Vec<SocketAddr>,
    pub tcp: Vec<SocketAddr>,
    pub tls: Vec<SocketAddr>,
    pub web: SocketAddr,
}

impl Sockets {
    pub async fn bind(config: &Config, certificate: Option<&CertificateKeeper>) -> Result<Sockets, AppError> {
        let udp = bind_udp(&config.sip.udp)?;
        let mut streams = bind_streams(&config.sip.tcp, AppError::SipListener)?;
        let tcp = streams.iter().map(|listener| listener.bound).collect();
        let mut tls = Vec::new();
        if let Some(certificate) = certificate {
            let encrypted = bind_streams(&config.sip.tls, AppError::SipTlsListener)?;
            tls.extend(encrypted.iter().map(|listener| listener.bound));
            streams.extend(encrypted.into_iter().map(|listener| listener.encrypted(certificate.acceptor())));
        }
        let listen = config.web.listen;
        let taken = |error| AppError::WebSocket(listen, error);
        let web = TcpListener::bind(listen).await.map_err(taken)?;
        let bound = Bound {
            udp: udp.iter().map(|socket| socket.bound).collect(),
            tcp,
            tls,
            web: web.local_addr().map_err(taken)?,
        };
        Ok(Sockets { udp, streams, web, bound })
    }
}

impl Bound {
    /// Media goes where signalling goes: on one address when SIP is bound to one, on all otherwise.
    pub fn media_address(&self, family: fn(&SocketAddr) -> bool) -> Option<IpAddr> {
        let sip = self.udp.iter().chain(&self.tcp).chain(&self.tls);
        let mut addresses: Vec<IpAddr> = sip.filter(|address| family(address)).map(SocketAddr::ip).collect();
        addresses.sort();
        addresses.dedup();
        match addresses.as_slice() {
            [] => None,
            [one] => Some(*one),
            [first, ..] if first.is_ipv4() => Some(IpAddr::from([0, 0, 0, 0])),
            [..] => Some(IpAddr::from([0; 16])),
        }
    }

    /// In how many families, IPv4 and IPv6, phones are spoken with by UDP.
    pub fn families(&self) -> usize {
        let spoken = [SocketAddr::is_ipv4, SocketAddr::is_ipv6].map(|family| self.udp.iter().any(family));
        spoken.into_iter().filter(|spoken| *spoken).count()
    }

    /// Whether phones on other machines can call here.
    pub fn is_heard_elsewhere(&self) -> bool {
        self.udp.iter().any(|address| address.ip().is_unspecified())
    }
}

fn bind_udp(addresses: &[SocketAddr]) -> Result<Vec<socket::Listening>, AppError> {
    if addresses.is_empty() {
        return Err(AppError::NoSipSocket);
    }
    let bind = |&address| socket::Listening::bind(address).map_err(|error| AppError::SipSocket(address, error));
    addresses.iter().map(bind).collect()
}

fn bind_streams(
    addresses: &[SocketAddr],
    taken: fn(SocketAddr, std::io::Error) -> AppError,
) -> Result<Vec<stream::Listening>, AppError> {
    let bind = |&address| stream::Listening::bind(address).map_err(|error| taken(address, error));
    addresses.iter().map(bind).collect()
}
