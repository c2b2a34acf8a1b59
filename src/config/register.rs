//! The account at a carrier that we register with.

use secrecy::SecretString;

use crate::sip::hop::Protocol;
use crate::sip::uri::{Scheme, Uri};
use crate::toml_file::{Section, TomlFileError};

use super::{ConfigError, Profile, ReadFile, secret};
use crate::sip::trunk::Register;

/// Less would be traffic for nothing; for more than that the shop would be deaf after a carrier has forgotten it.
const EXPIRES_S: std::ops::RangeInclusive<i64> = 60..=3600;

impl Register {
    /// Reads `register`, `auth_user` and `password`, each of which may be `""`, which is none, and `expires_s`.
    pub(super) fn read(
        section: &mut Section<'_>,
        files: ReadFile<'_>,
        profile: &Profile,
    ) -> Result<Option<Register>, ConfigError> {
        let expires_s = section.integer("expires_s", EXPIRES_S)?.and_then(|seconds| u32::try_from(seconds).ok());
        let uri = section.text("register")?.filter(|found| !found.value.is_empty());
        let auth_user = section.text("auth_user")?.filter(|found| !found.value.is_empty());
        let place = section.place("password");
        let password = secret(section, "password", "password_file", files)?.filter(|found| !found.value.is_empty());
        let Some(uri) = uri else {
            return match auth_user.or(password) {
                Some(found) => {
                    let message = "of no use without register = \"sip:USER@REGISTRAR\"".to_owned();
                    Err(TomlFileError::Conflict { place: found.place, message })
                }
                None => Ok(None),
            };
        };
        let expected = "sip:USER@REGISTRAR or sip:USER@REGISTRAR:PORT, with ;transport=tcp or ;transport=tls perhaps";
        let (uri, protocol) = uri.parse(expected, |text| {
            // Of a carrier with one registrar for all, the account is enough.
            let is_account = !text.contains(['@', ':']);
            let uri = match profile.host.filter(|_| is_account) {
                Some(host) => Uri::sip(Some(text), host, None),
                None => Uri::parse(text).ok()?,
            };
            let protocol = Protocol::asked_by(&uri)?;
            let by_sip = matches!(uri.scheme, Scheme::Sip | Scheme::Sips);
            let plain = by_sip && uri.params.iter().all(|(name, _)| name == "transport") && uri.user.is_some();
            (plain && !text.contains('?') && !uri.user_unescaped().is_empty()).then_some((uri, protocol))
        })?;
        let Some(password) = password else {
            let expected = "the password of this account at the carrier".to_owned();
            return Err(TomlFileError::Missing { place, expected });
        };
        let user = uri.user_unescaped();
        let auth_user = auth_user.map_or_else(|| user.clone(), |found| found.value);
        // They stand in every REGISTER, where a line break would begin another header.
        let plain = |text: &str| !text.contains(char::is_control);
        if !plain(&user) || !plain(&auth_user) {
            let message = "control characters cannot stand in a name".to_owned();
            return Err(TomlFileError::Conflict { place: section.place("register"), message });
        }
        Ok(Some(Register {
            user,
            host: uri.host,
            port: uri.port,
            protocol,
            auth_user,
            password: SecretString::from(password.value),
            expires_s: expires_s.unwrap_or(profile.expires_s),
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use secrecy::ExposeSecret;

    use crate::config::{Config, Trunk};
    use crate::sip::hop::Protocol;

    fn read(keys: &str) -> Result<Trunk, String> {
        let files = |path: &Path| match path.to_str() {
            Some("/run/secrets/router") => Ok("a secret\n".to_owned()),
            _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        };
        let text = format!("[[trunk]]\nname = \"a\"\n{keys}");
        let config = Config::read(&text, Path::new("ringall.toml"), &|_| None, &files);
        config.map(|mut config| config.trunks.remove(0)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_trunk_that_is_registered_with_needs_no_peers() {
        let trunk = read("register = \"sip:620@Fritz.Box:5061\"\npassword_file = \"/run/secrets/router\"").unwrap();
        assert!(trunk.peers.is_empty() && !format!("{trunk:?}").contains("a secret"), "{trunk:?}");
        let register = trunk.register.unwrap();
        assert_eq!((register.user.as_str(), register.auth_user.as_str()), ("620", "620"));
        assert_eq!((register.host.as_str(), register.port), ("fritz.box", Some(5061)));
        assert_eq!(register.password.expose_secret(), "a secret");
        let longer = "register = \"sip:620@b\"\npassword = \"p\"\nexpires_s = 600";
        assert_eq!((register.expires_s, read(longer).unwrap().register.unwrap().expires_s), (300, 600));
        let both = "register = \"sip:620@b\"\nauth_user = \"x y\"\npassword = \"p\"\npeers = [\"::1\"]";
        let trunk = read(both).unwrap();
        assert_eq!((trunk.register.unwrap().auth_user.as_str(), trunk.peers.len()), ("x y", 1));
        let none = "peers = []\nregister = \"\"\nauth_user = \"\"\npassword = \"\"";
        assert!(read(none).unwrap().register.is_none());
    }

    #[test]
    fn a_registrar_is_reached_by_what_its_address_asks_for() {
        for (uri, protocol) in [
            ("sip:620@b", Protocol::Udp),
            ("sip:620@b:5060;transport=tcp", Protocol::Tcp),
            ("sip:620@b;transport=TLS", Protocol::Tls),
            ("sips:620@b", Protocol::Tls),
        ] {
            let trunk = read(&format!("register = {uri:?}\npassword = \"p\"")).unwrap();
            assert_eq!(trunk.register.unwrap().protocol, protocol, "{uri}");
            let proxy = trunk.outbound.unwrap().proxy;
            assert_eq!(Protocol::asked_by(&proxy), Some(protocol), "calls go out the same way: {proxy}");
        }
    }

    #[test]
    fn of_a_carrier_with_one_registrar_the_account_is_enough() {
        let host = |keys: &str| read(keys).map(|trunk| trunk.register.unwrap()).map(|known| (known.user, known.host));
        let account = |host: &str| Ok(("1777".to_owned(), host.to_owned()));
        let one = "profile = \"callcentric\"\npassword = \"p\"\n";
        assert_eq!(host(&format!("{one}register = \"1777\"")), account("sip.callcentric.net"));
        assert_eq!(host(&format!("{one}register = \"sip:1777@b\"")), account("b"), "the owner knows better");
        assert!(host("profile = \"voipms\"\npassword = \"p\"\nregister = \"1777\"").is_err(), "which of its cities?");
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        let at = |keys: &str, expected: &str| {
            let message = read(keys).expect_err(keys);
            assert!(message.starts_with(&format!("ringall.toml: trunk[0].{expected}")), "{keys}: {message}");
        };
        at("register = \"sip:a@b\"", "password: missing; expected the password of this account");
        for wrong in [
            "a@b",
            "sip:b",
            "sips:a@b;transport=udp",
            "sip:a@b;transport=sctp",
            "sip:a@b;lr",
            "sip:a@b?x=y",
            "tel:+1",
            "sip:a@b:",
        ] {
            at(&format!("register = {wrong:?}\npassword = \"p\""), "register: expected sip:USER@");
        }
        at("peers = []\npassword = \"p\"", "password: of no use without register");
        at("peers = []\nauth_user = \"p\"", "auth_user: of no use without register");
        at(
            "register = \"sip:a@b\"\npassword = \"p\"\nexpires_s = 5",
            "expires_s: expected a whole number from 60 to 3600",
        );
        at("register = \"sip:%0a@b\"\npassword = \"p\"", "register: control characters");
        at("register = \"sip:a@b\"\nauth_user = \"a\\nb\"\npassword = \"p\"", "register: control characters");
    }
}
