//! What the machine is told once, at its start.

use std::net::{IpAddr, SocketAddr};

use crate::config::{Prefix, Srtp, Trunk};
use crate::door::sip::RegistrationSettings;
use crate::door::twilio::TwilioSettings;
use crate::sip::hop::Interfaces;

/// See the module.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bound address of each SIP socket, by [`super::SocketId`].
    pub sockets: Vec<SocketAddr>,
    /// The bound address of each TCP listener.
    pub tcp: Vec<SocketAddr>,
    /// The bound address of each TLS listener.
    pub tls: Vec<SocketAddr>,
    pub external_ip: Option<IpAddr>,
    pub local_networks: Vec<Prefix>,
    pub trunks: Vec<Trunk>,
    pub srtp: Srtp,
    pub registrations: RegistrationSettings,
    /// `None`: no call comes by webhook.
    pub twilio: Option<TwilioSettings>,
}

impl Settings {
    pub fn interfaces(&self) -> Interfaces {
        Interfaces {
            sockets: self.sockets.clone(),
            tcp: self.tcp.clone(),
            tls: self.tls.clone(),
            external_ip: self.external_ip,
            local_networks: self.local_networks.clone(),
        }
    }
}
