//! `[[trunk]]`: a carrier.

use std::num::NonZeroU16;

use crate::toml_file::{Section, TomlFileError};

use super::{CalledIn, ConfigError, Outbound, Peer, PemFile, Profile, ReadFile, Register, not_empty, parse_each};

/// A carrier; calls from its peers are customers.
#[derive(Clone, Debug)]
pub struct Trunk {
    pub name: String,
    pub peers: Vec<Peer>,
    /// `None`: the carrier knows our address and needs no registration.
    pub register: Option<Register>,
    /// How calls to cells go out. `None`: there is no address to send them to.
    pub outbound: Option<Outbound>,
    /// As many calls at once as the carrier carries, in and out; `None`: not limited.
    pub channels: Option<NonZeroU16>,
    /// Where the carrier writes the called number, in order.
    pub called: Vec<CalledIn>,
    /// Who alone vouches for this carrier's certificate; `None`: whomever browsers believe.
    pub authority: Option<PemFile>,
}

/// More calls than a machine of this kind carries.
const MOST_CHANNELS: i64 = 10_000;

impl Trunk {
    pub(super) fn read(mut section: Section<'_>, files: ReadFile<'_>) -> Result<Trunk, ConfigError> {
        let missing = |place, expected: &str| TomlFileError::Missing { place, expected: expected.to_owned() };
        let place = section.place("name");
        let name = section.text("name")?.ok_or_else(|| missing(place, "a name for the carrier"))?;
        let name = name.parse("a name for the carrier", not_empty)?;
        let profile = match section.text("profile")? {
            Some(found) => found.parse(&format!("one of {}", Profile::names()), Profile::named)?,
            None => Profile::generic(),
        };
        let register = Register::read(&mut section, files, profile)?;
        let place = section.place("peers");
        let expected = "an address, prefix or ADDRESS:PORT such as \"203.0.113.0/24\"";
        let peers = match (section.list("peers")?, &register) {
            (Some(peers), _) => parse_each(peers, expected, Peer::parse)?,
            (None, None) if profile.peers.is_empty() => return Err(missing(place, expected)),
            (None, _) => profile.peers.iter().filter_map(|peer| Peer::parse(peer)).collect(),
        };
        let outbound = Outbound::read(&mut section, register.as_ref(), &peers, profile)?;
        let called = match section.list("called")? {
            Some(found) => parse_each(found, "\"request-uri\", \"to\" or \"p-called-party-id\"", CalledIn::parse)?,
            None => profile.called.to_vec(),
        };
        let channels = section.integer("channels", 0..=MOST_CHANNELS)?.unwrap_or(0);
        let channels = u16::try_from(channels).ok().and_then(NonZeroU16::new);
        let authority = section.text("authority")?.filter(|found| !found.value.is_empty());
        let authority = authority.map(|found| PemFile { place: found.place, path: found.value.into() });
        section.finish(&[])?;
        Ok(Trunk { name, peers, register, outbound, channels, called, authority })
    }

    /// The names by which its servers are called.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        let registrar = self.register.iter().map(|register| register.host.as_str());
        registrar.chain(self.outbound.iter().map(|outbound| outbound.proxy.host.as_str()))
    }
}
