//! Where mail is handed over, so that notices reach a mailbox.

use secrecy::SecretString;

use super::{ConfigError, ReadFile, secret};
use crate::notice::{host_of, is_near};
use crate::toml_file::{Section, TomlFileError};

/// A server that takes mail from us.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `smtps://USER:PASSWORD@HOST`, or `smtp://…`.
    pub smtp_url: SecretString,
    /// Whom the mail is from: `ringall@example.com`, or `Ringall <ringall@example.com>`.
    pub from: String,
}

impl Mail {
    /// Reads `smtp_url` and `from`; each may be `""`, which is none.
    pub(super) fn read(mut section: Section<'_>, files: ReadFile<'_>) -> Result<Option<Mail>, ConfigError> {
        let smtp_url =
            secret(&mut section, "smtp_url", "smtp_url_file", files)?.filter(|found| !found.value.is_empty());
        let place = section.place("from");
        let from = section.text("from")?.filter(|found| !found.value.is_empty());
        section.finish(&[])?;
        let (smtp_url, from) = match (smtp_url, from) {
            (None, None) => return Ok(None),
            (Some(smtp_url), Some(from)) => (smtp_url, from),
            (Some(_), None) => {
                let expected = "the address that mail is sent from, such as \"ringall@example.com\"".to_owned();
                return Err(TomlFileError::Missing { place, expected });
            }
            (None, Some(from)) => {
                let message = "of no use without smtp_url = \"smtps://USER:PASSWORD@HOST\"".to_owned();
                return Err(TomlFileError::Conflict { place: from.place, message });
            }
        };
        if !is_safe(&smtp_url.value) {
            return Err(TomlFileError::Unexpected {
                place: smtp_url.place,
                expected:
                    "smtps://USER:PASSWORD@HOST, or smtp://USER:PASSWORD@HOST?tls=required; without TLS only on this \
                           machine or in a private network, by address"
                        .to_owned(),
                found: "something else (not shown: it may hold a password)".to_owned(),
            });
        }
        let from = from.parse("an address such as \"ringall@example.com\"", |text| {
            let plain = text.contains('@') && !text.contains(char::is_control);
            plain.then(|| text.to_owned())
        })?;
        Ok(Some(Mail { smtp_url: SecretString::from(smtp_url.value), from }))
    }
}

/// A password, and what a notice says, go over the internet by TLS alone.
fn is_safe(url: &str) -> bool {
    if url.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return false;
    }
    let near = |rest: &str| host_of(rest).is_some_and(is_near);
    match url.split_once("://") {
        Some(("smtps", rest)) => host_of(rest).is_some(),
        Some(("smtp", rest)) => host_of(rest).is_some() && (rest.ends_with("?tls=required") || near(rest)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::config::Config;

    fn read(keys: &str) -> Result<Option<Mail>, String> {
        let files = |path: &Path| match path.to_str() {
            Some("/run/secrets/smtp") => Ok("smtps://shop:hush@mail.example\n".to_owned()),
            _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        };
        let config = Config::read(&format!("[mail]\n{keys}"), Path::new("ringall.toml"), &|_| None, &files);
        config.map(|config| config.mail).map_err(|error| error.to_string())
    }

    #[test]
    fn mail_goes_by_tls_or_stays_near() {
        for url in [
            "smtps://shop:hush@mail.example",
            "smtps://mail.example:4465",
            "smtp://shop:hush@mail.example:587?tls=required",
            "smtp://127.0.0.1:25",
            "smtp://shop:hush@192.168.1.2",
            "smtp://localhost",
        ] {
            let mail =
                read(&format!("smtp_url = \"{url}\"\nfrom = \"Ringall <ringall@example.com>\"")).unwrap().unwrap();
            assert_eq!(mail.smtp_url.expose_secret(), url);
            assert!(!format!("{mail:?}").contains("hush"), "{mail:?}");
        }
        for url in [
            "smtp://shop:hush@mail.example",
            "smtp://shop:hush@mail.example?tls=opportunistic",
            "https://mail.example/hush",
            "mail.example",
            "smtps://",
            "smtps://ha sh@mail.example",
        ] {
            let error = read(&format!("smtp_url = \"{url}\"\nfrom = \"a@b\"")).unwrap_err();
            assert!(error.starts_with("ringall.toml: mail.smtp_url: expected smtps://USER:PASSWORD@HOST"), "{error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn the_url_may_stand_in_a_file_of_its_own() {
        let mail = read("smtp_url_file = \"/run/secrets/smtp\"\nfrom = \"a@b\"").unwrap().unwrap();
        assert_eq!(mail.smtp_url.expose_secret(), "smtps://shop:hush@mail.example");
    }

    #[test]
    fn half_a_section_is_refused_and_an_empty_one_is_none() {
        assert!(read("").unwrap().is_none());
        assert!(read("smtp_url = \"\"\nfrom = \"\"").unwrap().is_none());
        let error = read("smtp_url = \"smtps://mail.example\"").unwrap_err();
        assert!(error.starts_with("ringall.toml: mail.from: missing; expected the address"), "{error}");
        let error = read("from = \"a@b\"").unwrap_err();
        assert!(error.starts_with("ringall.toml: mail.from: of no use without smtp_url"), "{error}");
        let error = read("smtp_url = \"smtps://mail.example\"\nfrom = \"ringall\"").unwrap_err();
        assert!(error.starts_with("ringall.toml: mail.from: expected an address such as"), "{error}");
        assert!(read("smtpurl = \"\"").unwrap_err().starts_with("ringall.toml: mail.smtpurl: no such key"));
    }
}
