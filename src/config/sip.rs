//! `[sip]`: where phones and carriers find us, and what they are told of us.

use std::net::{IpAddr, SocketAddr};

use crate::sip::auth::Algorithm;
use crate::toml_file::{Section, TomlFileError};

use super::{CertificateFiles, ConfigError, Prefix, parse_each};

#[derive(Clone, Debug)]
pub struct Sip {
    pub udp: Vec<SocketAddr>,
    /// Empty: no SIP over TCP, but for the connections we open to registrars.
    pub tcp: Vec<SocketAddr>,
    /// Empty: no SIP over TLS, but for the connections we open to registrars.
    pub tls: Vec<SocketAddr>,
    /// What `tls` is served with; there whenever that is not empty.
    pub certificate: Option<CertificateFiles>,
    /// In Via, Contact and SDP towards addresses outside `local_networks`.
    pub external_ip: Option<IpAddr>,
    pub local_networks: Vec<Prefix>,
    /// Who is asked for carriers' SRV records; empty: those of the system.
    pub name_servers: Vec<SocketAddr>,
    pub realm: String,
    /// What the one password challenge of the installation is made with, and so the hashes that are stored.
    pub digest: Algorithm,
}

/// A socket's number travels with every datagram as one byte; nobody needs more addresses than this.
const MAX_SOCKETS: usize = 16;

impl Sip {
    pub(super) fn read(&mut self, mut section: Section<'_>) -> Result<(), ConfigError> {
        self.udp = addresses(&mut section, "udp", 1)?.unwrap_or_else(|| std::mem::take(&mut self.udp));
        self.tcp = addresses(&mut section, "tcp", 0)?.unwrap_or_else(|| std::mem::take(&mut self.tcp));
        self.tls = addresses(&mut section, "tls", 0)?.unwrap_or_default();
        self.certificate = CertificateFiles::read(&mut section)?;
        match &self.certificate {
            None if !self.tls.is_empty() => {
                let expected = "the PEM file with the certificate that tls is to be served with".to_owned();
                return Err(TomlFileError::Missing { place: section.place("certificate"), expected });
            }
            Some(files) if self.tls.is_empty() => {
                let message = "of no use without tls = [\"ADDRESS:PORT\"]".to_owned();
                return Err(TomlFileError::Conflict { place: files.certificate.place.clone(), message });
            }
            Some(_) | None => {}
        }
        if let Some(found) = section.text("external_ip")? {
            self.external_ip = found.parse("an IP address such as \"203.0.113.5\", or \"\"", |text| match text {
                "" => Some(None),
                text => text.parse().ok().map(Some),
            })?;
        }
        if let Some(found) = section.list("local_networks")? {
            self.local_networks = parse_each(found, "a network such as \"192.168.0.0/16\"", Prefix::parse)?;
        }
        self.name_servers = addresses(&mut section, "name_servers", 0)?.unwrap_or_default();
        if let Some(found) = section.text("realm")? {
            // It stands in quotes in every challenge (RFC 7616 §3.3) and in every password's hash.
            let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| matches!(b, 0x20..=0x7e) && b != b'"');
            self.realm = found.parse("a word in ASCII without quotes or backslashes", |text| {
                (plain(text) && !text.contains(['\\', ':'])).then(|| text.to_owned())
            })?;
        }
        if let Some(found) = section.text("digest")? {
            self.digest = found.parse("\"md5\" or \"sha-256\"", |text| match text {
                "md5" => Some(Algorithm::Md5),
                "sha-256" => Some(Algorithm::Sha256),
                _ => None,
            })?;
        }
        section.finish(&[])
    }
}

/// A list of at least `least` addresses to listen on.
fn addresses(
    section: &mut Section<'_>,
    key: &'static str,
    least: usize,
) -> Result<Option<Vec<SocketAddr>>, ConfigError> {
    let place = section.place(key);
    let Some(found) = section.list(key)? else { return Ok(None) };
    let address = "ADDRESS:PORT such as \"0.0.0.0:5060\"";
    let addresses = parse_each(found, address, |text| text.parse().ok())?;
    if addresses.len() < least || addresses.len() > MAX_SOCKETS {
        let expected = format!("{least} to {MAX_SOCKETS} addresses, each {address}");
        let found = format!("{} addresses", addresses.len());
        return Err(TomlFileError::Unexpected { place, expected, found });
    }
    Ok(Some(addresses))
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;
    use crate::sip::auth::Algorithm;

    #[test]
    fn the_digest_can_be_the_stronger_one() {
        assert_eq!(read("[sip]\ndigest = \"sha-256\"", &[]).unwrap().sip.digest, Algorithm::Sha256);
        let variable = [("RINGALL_SIP_DIGEST", "sha-256")];
        assert_eq!(read("[sip]\ndigest = \"md5\"", &variable).unwrap().sip.digest, Algorithm::Sha256);
    }

    #[test]
    fn tcp_can_be_left_out() {
        assert_eq!(read("[sip]\ntcp = []", &[]).unwrap().sip.tcp, []);
    }
}
