//! TLS for connections to us and from us: our certificate, followed while its files change, and whom we believe.

mod shown;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, InconsistentKeys, RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::config::{CertificateFiles, PemFile};

pub use shown::{Belief, Shown};

/// How often the files are looked at. Certificates are renewed weeks before they end; whoever puts a new one there wants
/// to see it taken while still watching.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A connection behind TLS, whoever opened it.
pub type Encrypted = tokio_rustls::TlsStream<TcpStream>;

/// Why there is no certificate to be shown. Each begins with the key in the configuration and says what was expected.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{0}: expected a PEM file that can be read, found {1}")]
    Unreadable(PemFile, #[source] io::Error),
    #[error(
        "{0}: expected a PEM file with a certificate (-----BEGIN CERTIFICATE-----) and those that vouch for it, found {1}"
    )]
    NoCertificate(PemFile, String),
    #[error(
        "{0}: expected a PEM file with a private key that is not encrypted (-----BEGIN PRIVATE KEY-----), found {1}"
    )]
    NoKey(PemFile, String),
    #[error("{key}: expected the key of the certificate in {certificate:?}, found another one")]
    AnotherKey { key: PemFile, certificate: std::path::PathBuf },
    #[error("{0}: expected a certificate and key that TLS can use: {1}")]
    Unusable(PemFile, String),
}

/// Our certificate, and its files, which may change while we run.
pub struct CertificateKeeper {
    files: CertificateFiles,
    /// A hash of what was read when the certificate in use was made; no copy of the key is kept for it.
    read: Contents,
    current: watch::Sender<Arc<ServerConfig>>,
    /// What was said of files that cannot be used, so that it is said once.
    said: Option<String>,
}

/// How the other side is shown our certificate: always the one that is good now.
#[derive(Clone, Debug)]
pub struct Acceptor(watch::Receiver<Arc<ServerConfig>>);

/// How we open connections that are encrypted, and whom we believe who they are.
#[derive(Clone)]
pub struct Connector {
    public: TlsConnector,
    /// Names that somebody of the owner's own vouches for, and nobody else.
    own: HashMap<String, TlsConnector>,
}

/// What became of a look at the files.
#[derive(Debug)]
enum Look {
    AsBefore,
    /// New connections are shown another certificate now; those that live keep what they have.
    Renewed,
    Broken(TlsError),
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Contents([u8; 32]);

impl CertificateKeeper {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub async fn open(files: CertificateFiles) -> Result<CertificateKeeper, TlsError> {
        let (certificate, key) = read(&files).await?;
        let current = watch::Sender::new(Arc::new(server_config(&files, &certificate, &key)?));
        Ok(CertificateKeeper { files, read: Contents::of(&certificate, &key), current, said: None })
    }

    pub fn acceptor(&self) -> Acceptor {
        Acceptor(self.current.subscribe())
    }

    /// Takes in whatever the files become, for ever; `for_what` stands in the log. What cannot be used changes nothing, and is
    /// said once.
    pub async fn follow(mut self, for_what: &'static str) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.look().await {
                Look::AsBefore => self.said = None,
                Look::Renewed => {
                    self.said = None;
                    tracing::info!("a new certificate is in use for {for_what}");
                }
                Look::Broken(error) => {
                    let error = error.to_string();
                    if self.said.as_ref() != Some(&error) {
                        tracing::error!("{error}; the certificate of before stays in use");
                    }
                    self.said = Some(error);
                }
            }
        }
    }

    async fn look(&mut self) -> Look {
        let (certificate, key) = match read(&self.files).await {
            Ok(texts) => texts,
            Err(error) => return Look::Broken(error),
        };
        let contents = Contents::of(&certificate, &key);
        if contents == self.read {
            return Look::AsBefore;
        }
        match server_config(&self.files, &certificate, &key) {
            Ok(config) => {
                self.read = contents;
                self.current.send_replace(Arc::new(config));
                Look::Renewed
            }
            Err(error) => Look::Broken(error),
        }
    }
}

impl Contents {
    fn of(certificate: &[u8], key: &[u8]) -> Contents {
        // Each by itself: a byte that moved from one file to the other is a change.
        let [certificate, key] = [certificate, key].map(Sha256::digest);
        Contents(Sha256::new().chain_update(certificate).chain_update(key).finalize().into())
    }
}

impl Acceptor {
    /// Shakes hands with whoever has connected. It waits as long as they do: the deadline is the caller's.
    ///
    /// # Errors
    /// They speak no TLS, none that we speak, or are gone.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<Encrypted> {
        let config = self.0.borrow().clone();
        Ok(TlsAcceptor::from(config).accept(stream).await?.into())
    }
}

impl Connector {
    /// Believes the authorities that browsers believe. They come with the program rather than from the machine: containers
    /// often have none, and a shop's phone should not depend on which.
    pub fn believing_the_public() -> Connector {
        Connector::believing(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    fn believing(roots: RootCertStore) -> Connector {
        Connector { public: client(roots), own: HashMap::new() }
    }

    /// Believes whoever these certificates are of, or vouched for by, that they are one of these names; of these names nobody
    /// else.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate.
    pub async fn believe(&mut self, names: impl Iterator<Item = &str>, authority: &PemFile) -> Result<(), TlsError> {
        let text = read_file(authority).await?;
        let found = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
        let found = found.map_err(|error| TlsError::NoCertificate(authority.clone(), error.to_string()))?;
        if found.is_empty() {
            return Err(TlsError::NoCertificate(authority.clone(), "none".to_owned()));
        }
        let mut roots = RootCertStore::empty();
        for certificate in found {
            roots.add(certificate).map_err(|error| TlsError::Unusable(authority.clone(), error.to_string()))?;
        }
        let connector = client(roots);
        self.own.extend(names.map(|name| (name.to_owned(), connector.clone())));
        Ok(())
    }

    /// Believes this authority, in PEM, and no other.
    #[cfg(test)]
    pub fn believing_only(authority: &str) -> Connector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
        Connector::believing(roots)
    }

    /// Shakes hands with `name`, a host name or an address (RFC 5922 §7.3). It waits as long as the other side does.
    ///
    /// # Errors
    /// The other side speaks no TLS, cannot prove that it is `name`, or is gone.
    pub async fn connect(&self, name: &str, stream: TcpStream) -> io::Result<Encrypted> {
        let connector = self.own.get(name).unwrap_or(&self.public);
        Ok(connector.connect(server_name(name)?, stream).await?.into())
    }
}

fn server_name(name: &str) -> io::Result<ServerName<'static>> {
    match name.parse::<IpAddr>() {
        Ok(ip) => Ok(ServerName::IpAddress(ip.into())),
        Err(_) => ServerName::try_from(name.to_owned()).map_err(io::Error::other),
    }
}

fn client(roots: RootCertStore) -> TlsConnector {
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider's own versions are what it supports");
    TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

async fn read(files: &CertificateFiles) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
    let certificate = read_file(&files.certificate).await?;
    Ok((certificate, read_file(&files.private_key).await?))
}

async fn read_file(file: &PemFile) -> Result<Vec<u8>, TlsError> {
    let path: &Path = &file.path;
    tokio::fs::read(path).await.map_err(|error| TlsError::Unreadable(file.clone(), error))
}

fn server_config(files: &CertificateFiles, certificate: &[u8], key: &[u8]) -> Result<ServerConfig, TlsError> {
    let no_certificate = |found: String| TlsError::NoCertificate(files.certificate.clone(), found);
    let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| no_certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(no_certificate("none".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| {
        let found = match error {
            rustls::pki_types::pem::Error::NoItemsFound => "none".to_owned(),
            other => other.to_string(),
        };
        TlsError::NoKey(files.private_key.clone(), found)
    })?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider's own versions are what it supports");
    config.with_no_client_auth().with_single_cert(chain, key).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            let certificate = files.certificate.path.clone();
            TlsError::AnotherKey { key: files.private_key.clone(), certificate }
        }
        other => TlsError::Unusable(files.certificate.clone(), other.to_string()),
    })
}

#[cfg(test)]
pub(crate) mod tests;
