//! Where our certificate and its key are.

use std::fmt;
use std::path::PathBuf;

use crate::toml_file::{Entry, Section, TomlFileError};

use super::ConfigError;

/// The two files that TLS needs. Their content is the shell's business: it may change while the service runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, then those that vouch for it.
    pub certificate: PemFile,
    /// Not encrypted: nobody is there to type its password at a restart.
    pub private_key: PemFile,
}

/// A file, and where it was named: what is wrong with it is told with that place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemFile {
    pub place: String,
    pub path: PathBuf,
}

impl fmt::Display for PemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.place, self.path)
    }
}

impl CertificateFiles {
    /// Reads `certificate` and `private_key`; `""` is none. `None`: neither is given.
    pub(super) fn read(section: &mut Section<'_>) -> Result<Option<CertificateFiles>, ConfigError> {
        let places = ["certificate", "private_key"].map(|key| section.place(key));
        let certificate = section.text("certificate")?.filter(is_given);
        let private_key = section.text("private_key")?.filter(is_given);
        let [certificate_place, key_place] = places;
        let missing = |place, expected: &str| Err(TomlFileError::Missing { place, expected: expected.to_owned() });
        match (certificate, private_key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(private_key)) => {
                let [certificate, private_key] =
                    [certificate, private_key].map(|found| PemFile { place: found.place, path: found.value.into() });
                Ok(Some(CertificateFiles { certificate, private_key }))
            }
            (None, Some(_)) => missing(certificate_place, "the PEM file with the certificate of this private_key"),
            (Some(_), None) => missing(key_place, "the PEM file with the private key of this certificate"),
        }
    }
}

fn is_given(found: &Entry<String>) -> bool {
    !found.value.is_empty()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Config, Sip};

    fn read(keys: &str) -> Result<Sip, String> {
        let files = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        let config = Config::read(&format!("[sip]\n{keys}"), Path::new("ringall.toml"), &|_| None, &files);
        config.map(|config| config.sip).map_err(|error| error.to_string())
    }

    #[test]
    fn tls_has_its_addresses_and_its_files() {
        let sip = read("tls = [\"0.0.0.0:5061\"]\ncertificate = \"a.pem\"\nprivate_key = \"b.pem\"").unwrap();
        assert_eq!(sip.tls, ["0.0.0.0:5061".parse().unwrap()]);
        let files = sip.certificate.unwrap();
        assert_eq!((files.certificate.path.to_str(), files.private_key.path.to_str()), (Some("a.pem"), Some("b.pem")));
        assert_eq!(files.private_key.to_string(), "ringall.toml: sip.private_key: \"b.pem\"");
        let none = read("tls = []\ncertificate = \"\"\nprivate_key = \"\"").unwrap();
        assert!(none.tls.is_empty() && none.certificate.is_none());
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        let at = |keys: &str, expected: &str| {
            let message = read(keys).expect_err(keys);
            assert!(message.starts_with(&format!("ringall.toml: sip.{expected}")), "{keys}: {message}");
        };
        at("tls = [\"5061\"]", "tls[0]: expected ADDRESS:PORT");
        at("tls = [\"0.0.0.0:5061\"]", "certificate: missing; expected the PEM file");
        at("tls = [\"0.0.0.0:5061\"]\ncertificate = \"\"\nprivate_key = \"\"", "certificate: missing");
        at("tls = [\"0.0.0.0:5061\"]\ncertificate = \"a\"", "private_key: missing; expected the PEM file");
        at("tls = [\"0.0.0.0:5061\"]\nprivate_key = \"a\"", "certificate: missing; expected the PEM file");
        at("certificate = \"a\"\nprivate_key = \"b\"", "certificate: of no use without tls");
        at("private_key_file = \"b\"", "private_key_file: no such key");
    }
}
