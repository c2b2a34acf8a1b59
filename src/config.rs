//! What the machine needs, read once from `config/ringall.toml` and the environment. The owner's wishes are not here:
//! they live in the database (`routing::plan`). Secrets never print.

mod certificate;
mod database_url;
mod mail;
mod media;
mod outbound;
mod profile;
mod register;
mod sip;
mod speech;
mod trunk;
mod twilio;
mod web;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::sip::auth::Algorithm;
use crate::toml_file::{Entry, Env, Section, TomlFileError};

pub use crate::sip::gate::CalledIn;
pub use crate::sip::peer::{Peer, Prefix};
pub use crate::sip::trunk::Register;
pub use certificate::{CertificateFiles, PemFile};
pub use database_url::DatabaseUrl;
pub use mail::Mail;
pub use media::{Media, Srtp};
pub use outbound::{Outbound, ShownAs};
pub use profile::{FromUser, Identity, NumberFormat, PROFILES, Profile};
pub use sip::Sip;
pub use speech::{Say, Speech, Transcribe};
pub use trunk::Trunk;
pub use twilio::{Twilio, TwilioProfile, TwilioRing};
pub use web::{DEFAULT_PUBLIC_URL, Web};

/// What is wrong with the file or a variable; names the place, the key and what was expected.
pub type ConfigError = TomlFileError;
/// How a file named by a `KEY_file` is read: the shell's business, so that reading the configuration stays pure.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> std::io::Result<String>;

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

    pub(super) fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
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
