//! What a certificate says of itself, for whoever wants to know before it ends: until when it is good, and whether a phone
//! or a browser would believe it for a name.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDateTime;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, RootCertStore};

use super::{Encrypted, TlsError, read, server_config, server_name};
use crate::config::CertificateFiles;
use crate::now::UnixMs;

/// A certificate and those that vouch for it, as somebody is shown them.
pub struct Shown {
    chain: Vec<CertificateDer<'static>>,
}

/// What a browser makes of a certificate, and a phone that believes whom browsers believe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Belief {
    Believed,
    AnotherName,
    /// Nobody they know has vouched for it, or the file lacks the certificates in between.
    UnknownIssuer,
    Expired,
    NotYet,
    No(String),
}

impl Shown {
    /// What these files hold: a chain whose key fits, or why not.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub async fn in_files(files: &CertificateFiles) -> Result<Shown, TlsError> {
        let (certificate, key) = read(files).await?;
        server_config(files, &certificate, &key)?;
        let chain = CertificateDer::pem_slice_iter(&certificate).filter_map(Result::ok).collect();
        Ok(Shown { chain })
    }

    /// What the other side of a connection has shown.
    pub fn by(connection: &Encrypted) -> Shown {
        let (_, state) = connection.get_ref();
        let chain = state.peer_certificates().unwrap_or_default();
        Shown { chain: chain.iter().map(|one| one.clone().into_owned()).collect() }
    }

    /// Until when it is good; `None` where it cannot be read.
    pub fn ends(&self) -> Option<UnixMs> {
        not_after(self.chain.first()?)
    }

    /// What somebody would make of it who wanted `name` at this time.
    pub fn is_believed_for(&self, name: &str, now: UnixMs) -> Belief {
        let Some((first, between)) = self.chain.split_first() else { return Belief::No("there is none".to_owned()) };
        let roots = Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
        let verifier = match WebPkiServerVerifier::builder_with_provider(roots, Arc::new(default_provider())).build() {
            Ok(verifier) => verifier,
            Err(error) => return Belief::No(error.to_string()),
        };
        let Ok(name) = server_name(name) else { return Belief::AnotherName };
        let since_1970 = Duration::from_millis(u64::try_from(now.0).unwrap_or(0));
        match verifier.verify_server_cert(first, between, &name, &[], UnixTime::since_unix_epoch(since_1970)) {
            Ok(_) => Belief::Believed,
            Err(rustls::Error::InvalidCertificate(error)) => match error {
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    Belief::AnotherName
                }
                CertificateError::UnknownIssuer => self.unless_of_another_name(&name),
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => Belief::Expired,
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Belief::NotYet,
                other => Belief::No(other.to_string()),
            },
            Err(error) => Belief::No(error.to_string()),
        }
    }

    /// Of one that nobody vouches for, whether it has the name at least.
    fn unless_of_another_name(&self, name: &rustls::pki_types::ServerName<'_>) -> Belief {
        let first = self.chain.first().and_then(|first| rustls::server::ParsedCertificate::try_from(first).ok());
        let has_it = first.is_some_and(|first| rustls::client::verify_server_name(&first, name).is_ok());
        if has_it { Belief::UnknownIssuer } else { Belief::AnotherName }
    }
}

// Tags of DER (X.690 §8) that are passed on the way to a certificate's times (RFC 5280 §4.1).
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The time behind which a certificate is none (RFC 5280 §4.1.2.5).
fn not_after(certificate: &[u8]) -> Option<UnixMs> {
    let (_, certificate, _) = element(certificate)?;
    let (SEQUENCE, mut fields, _) = element(certificate)? else { return None };
    if let Some((VERSION, _, rest)) = element(fields) {
        fields = rest;
    }
    let (INTEGER, _, fields) = element(fields)? else { return None };
    let (_signature, _, fields) = element(fields)?;
    let (_issuer, _, fields) = element(fields)?;
    let (SEQUENCE, validity, _) = element(fields)? else { return None };
    let (_not_before, _, rest) = element(validity)?;
    let (tag, time, _) = element(rest)?;
    let time = std::str::from_utf8(time).ok()?.strip_suffix('Z')?;
    let time = match tag {
        // Of two digits, those below 50 are this century's (RFC 5280 §4.1.2.5.1).
        UTC_TIME if time.get(..2)?.parse::<u8>().ok()? < 50 => format!("20{time}"),
        UTC_TIME => format!("19{time}"),
        GENERALIZED_TIME => time.to_owned(),
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(&time, "%Y%m%d%H%M%S").ok()?;
    Some(UnixMs(time.and_utc().timestamp_millis()))
}

/// The first element of DER: its tag, what is in it, and what stands behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, mut rest) = rest.split_first()?;
    let mut length = usize::from(*first);
    if let Some(bytes) = first.checked_sub(0x80) {
        let bytes = usize::from(bytes);
        if !(1..=4).contains(&bytes) {
            return None;
        }
        let (digits, behind) = rest.split_at_checked(bytes)?;
        length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        rest = behind;
    }
    let (inside, behind) = rest.split_at_checked(length)?;
    Some((*tag, inside, behind))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Files, made_for};
    use super::*;

    fn ends(year: i32, month: u8, day: u8) -> (String, String) {
        let mut params = rcgen::CertificateParams::new(vec!["phone.example".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(1999, 1, 1);
        params.not_after = rcgen::date_time_ymd(year, month, day);
        let key = rcgen::KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    async fn shown((certificate, key): &(String, String)) -> Shown {
        Shown::in_files(&Files::new(certificate, key).named()).await.unwrap()
    }

    #[tokio::test]
    async fn a_certificate_says_until_when_it_is_good() {
        // 2050 is the first year that is written with four digits.
        for (year, month, day, expected) in
            [(2026, 12, 24, 1_798_070_400_000), (2049, 12, 31, 2_524_521_600_000), (2050, 1, 1, 2_524_608_000_000)]
        {
            let certificate = shown(&ends(year, month, day)).await;
            assert_eq!(certificate.ends(), Some(UnixMs(expected)), "{year}");
        }
    }

    #[tokio::test]
    async fn who_vouches_for_it_and_for_which_name_is_told_apart() {
        let certificate = shown(&made_for("phone.example")).await;
        let now = UnixMs(1_795_000_000_000);
        assert_eq!(certificate.is_believed_for("phone.example", now), Belief::UnknownIssuer);
        assert_eq!(certificate.is_believed_for("other.example", now), Belief::AnotherName);
        assert_eq!(certificate.is_believed_for("not a name", now), Belief::AnotherName);
    }

    #[test]
    fn bytes_that_are_no_certificate_have_no_end() {
        for bytes in
            [&b""[..], b"\x30", b"\x30\x80", b"\x30\x85\x01\x01\x01\x01\x01", b"\x30\x03\x30\x01\x02", &[0xff; 64]]
        {
            assert_eq!(not_after(bytes), None, "{bytes:?}");
        }
    }
}
