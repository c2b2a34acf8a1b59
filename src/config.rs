//! What the machine needs, read once from `config/ringall.toml` and the environment. The owner's wishes are not here:
//! they live in the database (`routing::plan`). Secrets never print.

mod certificate;
mod mail;
mod outbound;
mod peer;
mod profile;
mod register;
mod speech;
mod twilio;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::sip::auth::Algorithm;
use crate::toml_file::{Entry, Env, Section, TomlFileError};

pub use certificate::{CertificateFiles, PemFile};
pub use mail::Mail;
pub use outbound::{Outbound, ShownAs};
pub use peer::{Peer, Prefix};
pub use profile::{CalledIn, FromUser, Identity, NumberFormat, PROFILES, Profile};
pub use register::Register;
pub use speech::{Say, Speech, Transcribe};
pub use twilio::{Twilio, TwilioProfile, TwilioRing};

/// What is wrong with the file or a variable; names the place, the key and what was expected.
pub type ConfigError = TomlFileError;

/// How a file named by a `KEY_file` is read: the shell's business, so that reading the configuration stays pure.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> std::io::Result<String>;

/// What stands in links until the file says otherwise: this machine, and nobody else reaches it.
pub const DEFAULT_PUBLIC_URL: &str = "http://localhost:8080";

/// The whole file. Every key has a default; an unknown key is an error that names it.
#[derive(Clone, Debug)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`.
    pub database: DatabaseUrl,
    /// Messages, greetings, journal.
    pub data_dir: PathBuf,
    pub web: Web,
    pub sip: Sip,
    pub media: Media,
    pub trunks: Vec<Trunk>,
    pub speech: Speech,
    /// `None`: no mail can be sent.
    pub mail: Option<Mail>,
    /// `None`: no call comes by webhook.
    pub twilio: Option<Twilio>,
}

/// Where the log lives. Prints without its password.
#[derive(Clone)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(SecretString),
}

#[derive(Clone, Debug)]
pub struct Web {
    pub listen: SocketAddr,
    /// Without a trailing slash.
    pub public_url: String,
    /// What `listen` is served with by https; `None`: by http, on this machine or behind a proxy.
    pub certificate: Option<CertificateFiles>,
}

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

#[derive(Clone, Debug)]
pub struct Media {
    /// First and last port, both included; the first is even.
    pub ports: (u16, u16),
    pub srtp: Srtp,
}

/// What a phone that is called by TLS is asked for. Callers are answered as they ask, protected or plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Srtp {
    /// Protected sound (SRTP); plain when it says that it cannot (488).
    Preferred,
    /// Protected sound; a phone that cannot does not ring.
    Required,
}

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

impl Default for Config {
    /// What an absent file means.
    fn default() -> Config {
        Config {
            database: DatabaseUrl::Sqlite(PathBuf::from("data/ringall.db")),
            data_dir: PathBuf::from("data"),
            web: Web {
                listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
                public_url: DEFAULT_PUBLIC_URL.to_owned(),
                certificate: None,
            },
            sip: Sip {
                udp: vec![SocketAddr::from(([0, 0, 0, 0], 5060))],
                tcp: vec![SocketAddr::from(([0, 0, 0, 0], 5060))],
                tls: Vec::new(),
                certificate: None,
                external_ip: None,
                local_networks: vec![
                    Prefix { address: IpAddr::from([10, 0, 0, 0]), length: 8 },
                    Prefix { address: IpAddr::from([172, 16, 0, 0]), length: 12 },
                    Prefix { address: IpAddr::from([192, 168, 0, 0]), length: 16 },
                    Prefix { address: IpAddr::from([0xfc00, 0, 0, 0, 0, 0, 0, 0]), length: 7 },
                ],
                name_servers: Vec::new(),
                realm: "ringall".to_owned(),
                digest: Algorithm::Md5,
            },
            media: Media { ports: (20000, 20999), srtp: Srtp::Preferred },
            trunks: Vec::new(),
            speech: Speech::default(),
            mail: None,
            twilio: None,
        }
    }
}

impl Config {
    /// Reads a whole configuration. `path` only names the file in messages. A variable RINGALL_SECTION_KEY, as `env`
    /// gives it, stands above the file; a key the file does not have keeps its default. `files` reads what a
    /// `KEY_file` names.
    ///
    /// # Errors
    /// The first key that is unknown, not available yet, or not what was expected.
    pub fn read(text: &str, path: &Path, env: Env<'_>, files: ReadFile<'_>) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        let mut file = Section::read(text, path, Some(env))?;
        if let Some(found) = secret(&mut file, "database", "database_file", files)? {
            config.database = DatabaseUrl::parse(&found.value).ok_or(TomlFileError::Unexpected {
                place: found.place,
                expected: "sqlite:PATH or postgres://USER@HOST/NAME".to_owned(),
                found: "something else (not shown: it may hold a password)".to_owned(),
            })?;
        }
        if let Some(found) = file.text("data_dir")? {
            config.data_dir = found.parse("a folder", not_empty)?.into();
        }
        config.web.read(file.section("web")?)?;
        config.sip.read(file.section("sip")?)?;
        config.media.read(file.section("media")?)?;
        config.speech.read(file.section("speech")?)?;
        config.mail = Mail::read(file.section("mail")?, files)?;
        config.twilio = Twilio::read(file.section("twilio")?, files)?;
        config.trunks =
            file.sections("trunk")?.into_iter().map(|section| Trunk::read(section, files)).collect::<Result<_, _>>()?;
        for (at, trunk) in config.trunks.iter().enumerate() {
            if config.trunks[..at].iter().any(|earlier| earlier.name == trunk.name) {
                let message = format!("another trunk has the name {:?} too; give each its own", trunk.name);
                return Err(TomlFileError::Conflict { place: file.place(&format!("trunk[{at}].name")), message });
            }
        }
        file.finish(&[])?;
        Ok(config)
    }
}

impl Web {
    fn read(&mut self, mut section: Section<'_>) -> Result<(), ConfigError> {
        if let Some(found) = section.text("listen")? {
            self.listen = found.parse("ADDRESS:PORT such as \"127.0.0.1:8080\"", |text| text.parse().ok())?;
        }
        if let Some(found) = section.text("public_url")? {
            // It stands in every link and notice. What is there is a secret, so it is not said.
            let authority = found.value.split("://").last().and_then(|rest| rest.split(['/', '?', '#']).next());
            if authority.is_some_and(|authority| authority.contains('@')) {
                let message = "expected a URL such as \"https://phone.example.com\", without a user and password before the \
                               host: everybody who gets a link would read them";
                return Err(TomlFileError::Conflict { place: found.place, message: message.to_owned() });
            }
            self.public_url = found.parse("a URL such as \"https://phone.example.com\"", |text| {
                let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
                let host = host.trim_end_matches('/');
                let plain = !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace);
                plain.then(|| text.trim_end_matches('/').to_owned())
            })?;
        }
        self.certificate = CertificateFiles::read(&mut section)?;
        if let Some(files) = self.certificate.as_ref().filter(|_| !self.public_url.starts_with("https://")) {
            let message = "public_url must begin with https:// then, as browsers come in by it".to_owned();
            return Err(TomlFileError::Conflict { place: files.certificate.place.clone(), message });
        }
        section.finish(&[])
    }
}

impl Sip {
    fn read(&mut self, mut section: Section<'_>) -> Result<(), ConfigError> {
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

/// More calls than a machine of this kind carries.
const MOST_CHANNELS: i64 = 10_000;
/// A socket's number travels with every datagram as one byte; nobody needs more addresses than this.
const MAX_SOCKETS: usize = 16;

impl Media {
    fn read(&mut self, mut section: Section<'_>) -> Result<(), ConfigError> {
        if let Some(found) = section.text("ports")? {
            self.ports = found.parse("FIRST-LAST such as \"20000-20999\", the first even and not 0", |text| {
                let (first, last) = text.split_once('-')?;
                let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                (first != 0 && first.is_multiple_of(2) && first < last).then_some((first, last))
            })?;
        }
        if let Some(found) = section.text("srtp")? {
            self.srtp = found.parse("\"preferred\" or \"required\"", |text| match text {
                "preferred" => Some(Srtp::Preferred),
                "required" => Some(Srtp::Required),
                _ => None,
            })?;
        }
        section.finish(&[])
    }
}

impl Trunk {
    fn read(mut section: Section<'_>, files: ReadFile<'_>) -> Result<Trunk, ConfigError> {
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
}

impl Trunk {
    /// The names by which its servers are called.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        let registrar = self.register.iter().map(|register| register.host.as_str());
        registrar.chain(self.outbound.iter().map(|outbound| outbound.proxy.host.as_str()))
    }
}

impl DatabaseUrl {
    /// `sqlite:PATH` or `postgres://…` (`postgresql://` too). A database in memory is refused: it keeps nothing.
    pub fn parse(text: &str) -> Option<DatabaseUrl> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return (!path.is_empty() && !path.starts_with(':')).then(|| DatabaseUrl::Sqlite(PathBuf::from(path)));
        }
        let postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
        postgres.then(|| DatabaseUrl::Postgres(SecretString::from(text)))
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            DatabaseUrl::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

/// A secret from `key`, or from the file that `file_key` names. A variable stands above the file for both; when both
/// come from the same place, nobody could say which counts.
fn secret(
    section: &mut Section<'_>,
    key: &'static str,
    file_key: &'static str,
    files: ReadFile<'_>,
) -> Result<Option<Entry<String>>, ConfigError> {
    let (plain, file) = (section.text(key)?, section.text(file_key)?);
    let file = match (plain, file) {
        (Some(plain), Some(file)) if plain.from_env == file.from_env => {
            let message = format!("{} is given as well; keep one of them", plain.place);
            return Err(TomlFileError::Conflict { place: file.place, message });
        }
        (Some(plain), file) if plain.from_env || file.is_none() => return Ok(Some(plain)),
        (_, None) => return Ok(None),
        (_, Some(file)) => file,
    };
    match files(Path::new(&file.value)) {
        Ok(text) => Ok(Some(Entry { value: text.trim_end_matches(['\r', '\n']).to_owned(), ..file })),
        Err(error) => Err(TomlFileError::Unexpected {
            place: file.place,
            expected: "a file that can be read".to_owned(),
            found: format!("{:?}: {error}", file.value),
        }),
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

fn parse_each<T>(
    entries: Vec<Entry<String>>,
    expected: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, ConfigError> {
    entries.into_iter().map(|entry| entry.parse(expected, &read)).collect()
}

fn not_empty(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let env = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let files = |path: &Path| match path.to_str() {
            Some("/run/secrets/db") => Ok("postgres://ringall:pass@db/ringall\n".to_owned()),
            _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        };
        Config::read(text, Path::new("config/ringall.toml"), &env, &files).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_is_the_defaults_and_the_shipped_file_says_them() {
        let defaults = format!("{:?}", Config::default());
        assert_eq!(format!("{:?}", read("", &[]).unwrap()), defaults);
        let shipped = include_str!("../config/ringall.toml");
        assert_eq!(format!("{:?}", read(shipped, &[]).unwrap()), defaults);
        for key in [
            "database",
            "data_dir",
            "listen",
            "public_url",
            "udp",
            "tcp",
            "tls",
            "certificate",
            "private_key",
            "external_ip",
            "local_networks",
            "realm",
            "digest",
            "ports",
            "srtp",
            "say",
            "smtp_url",
            "from",
            "account_sid",
            "auth_token",
            "ring",
        ] {
            assert!(shipped.contains(&format!("\n{key} = ")), "{key} is not in the shipped file");
        }
    }

    #[test]
    fn the_digest_can_be_the_stronger_one() {
        assert_eq!(read("[sip]\ndigest = \"sha-256\"", &[]).unwrap().sip.digest, Algorithm::Sha256);
        let variable = [("RINGALL_SIP_DIGEST", "sha-256")];
        assert_eq!(read("[sip]\ndigest = \"md5\"", &variable).unwrap().sip.digest, Algorithm::Sha256);
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        let at = |text: &str, expected: &str| {
            let message = read(text, &[]).expect_err(text);
            assert!(message.starts_with(&format!("config/ringall.toml: {expected}")), "{text}: {message}");
        };
        at("[sip]\nudp = [\"5060\"]", "sip.udp[0]: expected ADDRESS:PORT such as \"0.0.0.0:5060\", found \"5060\"");
        at("[sip]\nudp = \"0.0.0.0:5060\"", "sip.udp: expected a list of strings");
        at("[sip]\nudp = [5060]", "sip.udp[0]: expected a string in quotes, found 5060");
        at("[sip]\nudp = []", "sip.udp: expected 1 to 16 addresses");
        at("[sip]\ntcp = [\"5060\"]", "sip.tcp[0]: expected ADDRESS:PORT");
        at(&format!("[sip]\ntcp = {:?}", ["[::]:5060"; 17]), "sip.tcp: expected 0 to 16 addresses");
        at("[sip]\nrelam = \"x\"", "sip.relam: no such key; expected one of: udp, ");
        at("[sip]\nrealm = \"a\\\"b\"", "sip.realm: expected");
        at("[sip]\ndigest = \"MD5\"", "sip.digest: expected \"md5\" or \"sha-256\", found \"MD5\"");
        at("[sip]\nexternal_ip = \"phone.example\"", "sip.external_ip: expected an IP address");
        at("[sip]\nlocal_networks = [\"10.0.0.0/33\"]", "sip.local_networks[0]: expected a network");
        at("sip = 1", "sip: expected a table, [sip], found 1");
        at("databse = \"x\"", "databse: no such key");
        at("data_dir = \"\"", "data_dir: expected a folder");
        at("[web]\nlisten = \"8080\"", "web.listen: expected ADDRESS:PORT");
        at("[web]\npublic_url = \"phone.example\"", "web.public_url: expected a URL");
        for url in ["https://ann:geheim@phone.example", "http://geheim@phone.example/", "ann:geheim@phone.example"] {
            let text = format!("[web]\npublic_url = {url:?}");
            at(
                &text,
                "web.public_url: expected a URL such as \"https://phone.example.com\", without a user and password",
            );
            assert!(!read(&text, &[]).expect_err("refused").contains("geheim"));
        }
        for ports in ["20001-20999", "20000", "20999-20000", "0-10", "20000-70000"] {
            at(&format!("[media]\nports = {ports:?}"), "media.ports: expected FIRST-LAST");
        }
        at("[media]\nsrtp = \"yes\"", "media.srtp: expected \"preferred\" or \"required\", found \"yes\"");
        at("[[trunk]]\nname = \"carrier\"", "trunk[0].peers: missing; expected an address");
        at("[[trunk]]\npeers = []", "trunk[0].name: missing");
        at("[[trunk]]\nname = \"a\"\npeers = [\"carrier.example\"]", "trunk[0].peers[0]: expected an address");
        at("[[trunk]]\nname = \"a\"\npeers = []\n[[trunk]]\nname = \"a\"\npeers = []", "trunk[1].name: another trunk");
        at(
            "[[trunk]]\nname = \"a\"\npeers = []\nchannels = -1",
            "trunk[0].channels: expected a whole number from 0 to",
        );
        at("[[trunk]]\nname = \"a\"\npeers = []\ncaller_id = \"ann\"", "trunk[0].caller_id: expected \"shop\" or");
        at(
            "[[trunk]]\nname = \"a\"\npeers = []\noutbound_proxy = \"a.example\"",
            "trunk[0].outbound_proxy: expected sip:HOST",
        );
        at(
            "[[trunk]]\nname = \"a\"\nprofile = \"acme\"",
            "trunk[0].profile: expected one of \"generic\", \"fritzbox\", \"twilio\", \"telnyx\", \"voipms\", \"callcentric\", \
             \"sipgate\", \"zadarma\", found \"acme\"",
        );
        for (key, expected) in [
            ("numbers = \"national\"", "numbers: expected \"+e164\", \"e164\", \"00\""),
            ("from_user = \"me\"", "from_user: expected \"account\" or"),
            ("identity = \"from\"", "identity: expected \"p-asserted-identity\""),
            ("called = [\"line\"]", "called[0]: expected \"request-uri\""),
            ("ask_every_s = -1", "ask_every_s: expected a whole number from 0 to"),
        ] {
            at(&format!("[[trunk]]\nname = \"a\"\npeers = []\n{key}"), &format!("trunk[0].{expected}"));
        }
        at("[trunk]\nname = \"a\"", "trunk: expected tables, each under [[trunk]]");
        at("web = [", "line 1: not TOML");
    }

    #[test]
    fn the_page_has_a_certificate_of_its_own_where_browsers_come_by_https() {
        let files = "certificate = \"a.pem\"\nprivate_key = \"b.pem\"";
        let web = read(&format!("[web]\npublic_url = \"https://phone.example\"\n{files}"), &[]).unwrap().web;
        assert_eq!(web.certificate.unwrap().private_key.path.to_str(), Some("b.pem"));
        let open = read(&format!("[web]\n{files}"), &[]).unwrap_err();
        assert!(open.contains("web.certificate: public_url must begin with https://"), "{open}");
        let half = read("[web]\ncertificate = \"a.pem\"", &[]).unwrap_err();
        assert!(half.contains("web.private_key: missing"), "{half}");
    }

    #[test]
    fn tcp_can_be_left_out() {
        assert_eq!(read("[sip]\ntcp = []", &[]).unwrap().sip.tcp, []);
    }

    #[test]
    fn a_variable_stands_above_the_file() {
        let file = "[sip]\nrealm = \"file\"\nudp = [\"0.0.0.0:5060\"]";
        let variables =
            [("RINGALL_SIP_REALM", "variable"), ("RINGALL_SIP_UDP", "127.0.0.1:1, [::1]:2"), ("SIP_REALM", "no")];
        let config = read(file, &variables).unwrap();
        assert_eq!(config.sip.realm, "variable");
        assert_eq!(config.sip.udp, ["127.0.0.1:1".parse().unwrap(), "[::1]:2".parse::<SocketAddr>().unwrap()]);
        let error = read("", &[("RINGALL_SIP_UDP", "127.0.0.1:1,5060")]).unwrap_err();
        assert!(error.starts_with("RINGALL_SIP_UDP[1]: expected ADDRESS:PORT"), "{error}");
    }

    #[test]
    fn a_secret_comes_from_a_file_and_never_prints() {
        let config = read("database_file = \"/run/secrets/db\"", &[]).unwrap();
        assert_eq!(format!("{:?}", config.database), "postgres://…");
        let DatabaseUrl::Postgres(url) = &config.database else { panic!("{:?}", config.database) };
        assert_eq!(secrecy::ExposeSecret::expose_secret(url), "postgres://ringall:pass@db/ringall");
        let both = read("database = \"sqlite:a\"\ndatabase_file = \"/run/secrets/db\"", &[]).unwrap_err();
        assert!(both.contains("database_file: config/ringall.toml: database is given as well"), "{both}");
        let missing = read("database_file = \"nowhere\"", &[]).unwrap_err();
        assert!(missing.contains("database_file: expected a file that can be read"), "{missing}");
        let variable = read("database = \"sqlite:a\"", &[("RINGALL_DATABASE_FILE", "/run/secrets/db")]).unwrap();
        assert!(matches!(variable.database, DatabaseUrl::Postgres(_)));
        let wrong = read("database = \"mysql://root:pass@db\"", &[]).unwrap_err();
        assert!(wrong.contains("database: expected sqlite:PATH") && !wrong.contains("pass@"), "{wrong}");
        assert!(read("database = \"sqlite::memory:\"", &[]).is_err());
    }
}
