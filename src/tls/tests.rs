//! Certificates made for the day, files that change, and handshakes on the loopback interface.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// A certificate for `name` and its key, in PEM.
pub(crate) fn made_for(name: &str) -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

/// The two files of a configuration.
pub(crate) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    _folder: tempfile::TempDir,
}

impl Files {
    pub(crate) fn new(certificate: &str, key: &str) -> Files {
        let folder = tempfile::tempdir().unwrap();
        let files = Files {
            certificate: folder.path().join("certificate.pem"),
            key: folder.path().join("key.pem"),
            _folder: folder,
        };
        files.hold(certificate, key);
        files
    }

    fn hold(&self, certificate: &str, key: &str) {
        std::fs::write(&self.certificate, certificate).unwrap();
        std::fs::write(&self.key, key).unwrap();
    }

    pub(crate) fn named(&self) -> CertificateFiles {
        let file =
            |key: &str, path: &PathBuf| PemFile { place: format!("ringall.toml: sip.{key}"), path: path.clone() };
        CertificateFiles {
            certificate: file("certificate", &self.certificate),
            private_key: file("private_key", &self.key),
        }
    }

    async fn refused(&self) -> String {
        CertificateKeeper::open(self.named()).await.map(drop).expect_err("these files cannot be used").to_string()
    }
}

/// A listener that shows whatever the keeper has, and says one byte to whoever shakes hands.
struct Listening {
    at: SocketAddr,
}

impl Listening {
    async fn with(acceptor: Acceptor) -> Listening {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    stream.write_all(b"!").await.unwrap();
                    stream.flush().await.unwrap();
                    // Until the other side is gone.
                    let _ = stream.read(&mut [0]).await;
                }
            }
        });
        Listening { at }
    }

    /// Whether somebody who believes this authority alone finds `name` here.
    async fn is(&self, name: &str, authority: &str) -> bool {
        let stream = TcpStream::connect(self.at).await.unwrap();
        let Ok(mut stream) = Connector::believing_only(authority).connect(name, stream).await else { return false };
        stream.read_u8().await.is_ok_and(|said| said == b'!')
    }
}

#[tokio::test]
async fn a_certificate_is_believed_for_its_own_name_alone() {
    let (certificate, key) = made_for("phone.example");
    let keeper = CertificateKeeper::open(Files::new(&certificate, &key).named()).await.unwrap();
    let listening = Listening::with(keeper.acceptor()).await;
    assert!(listening.is("phone.example", &certificate).await);
    assert!(!listening.is("other.example", &certificate).await, "another name");
    assert!(!listening.is("127.0.0.1", &certificate).await, "an address that it does not name");
    assert!(!listening.is("phone.example", &made_for("phone.example").0).await, "another authority");
    let stream = TcpStream::connect(listening.at).await.unwrap();
    assert!(Connector::believing_the_public().connect("phone.example", stream).await.is_err(), "nobody vouches for it");
}

#[tokio::test]
async fn a_certificate_for_an_address_is_believed_there() {
    let (certificate, key) = made_for("127.0.0.1");
    let keeper = CertificateKeeper::open(Files::new(&certificate, &key).named()).await.unwrap();
    assert!(Listening::with(keeper.acceptor()).await.is("127.0.0.1", &certificate).await);
}

#[tokio::test]
async fn who_vouches_for_one_name_vouches_for_no_other() {
    let (certificate, key) = made_for("carrier.example");
    let keeper = CertificateKeeper::open(Files::new(&certificate, &key).named()).await.unwrap();
    let listening = Listening::with(keeper.acceptor()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        PemFile { place: "ringall.toml: trunk[0].authority".to_owned(), path }
    };
    let shakes = async |connector: &Connector| {
        let stream = TcpStream::connect(listening.at).await.unwrap();
        connector.connect("carrier.example", stream).await.is_ok()
    };
    let mut connector = Connector::believing_the_public();
    connector.believe(["other.example"].into_iter(), &file("own.pem", &certificate)).await.unwrap();
    assert!(!shakes(&connector).await, "of another carrier");
    connector.believe(["carrier.example"].into_iter(), &file("own.pem", &certificate)).await.unwrap();
    assert!(shakes(&connector).await);
    for (content, expected) in [("", "found none"), (&key, "found none"), (&certificate[..80], "a PEM file")] {
        let refused = connector.believe(["a"].into_iter(), &file("wrong.pem", content)).await.unwrap_err().to_string();
        assert!(refused.starts_with("ringall.toml: trunk[0].authority") && refused.contains(expected), "{refused}");
    }
}

#[tokio::test]
async fn new_files_are_shown_to_who_comes_and_old_connections_live_on() {
    let (old, new) = (made_for("old.example"), made_for("new.example"));
    let files = Files::new(&old.0, &old.1);
    let mut keeper = CertificateKeeper::open(files.named()).await.unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    let acceptor = keeper.acceptor();
    let shaken = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        acceptor.accept(stream).await.unwrap()
    });
    let stream = TcpStream::connect(at).await.unwrap();
    let mut theirs = Connector::believing_only(&old.0).connect("old.example", stream).await.unwrap();
    let mut ours = shaken.await.unwrap();

    let listening = Listening::with(keeper.acceptor()).await;
    assert!(matches!(keeper.look().await, Look::AsBefore));
    files.hold(&new.0, &new.1);
    assert!(matches!(keeper.look().await, Look::Renewed));
    assert!(matches!(keeper.look().await, Look::AsBefore));
    assert!(listening.is("new.example", &new.0).await && !listening.is("old.example", &old.0).await);

    ours.write_all(b"still here").await.unwrap();
    ours.flush().await.unwrap();
    let mut heard = [0; 10];
    theirs.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"still here");
}

#[tokio::test]
async fn files_that_cannot_be_used_change_nothing() {
    let (good, other) = (made_for("good.example"), made_for("other.example"));
    let files = Files::new(&good.0, &good.1);
    let mut keeper = CertificateKeeper::open(files.named()).await.unwrap();
    let listening = Listening::with(keeper.acceptor()).await;
    for (certificate, key) in
        [(other.0.as_str(), good.1.as_str()), ("", ""), (&other.0[..80], &other.1), (&good.0, "half a key")]
    {
        files.hold(certificate, key);
        assert!(matches!(keeper.look().await, Look::Broken(_)), "{certificate}{key}");
        assert!(listening.is("good.example", &good.0).await);
    }
    std::fs::remove_file(&files.key).unwrap();
    assert!(matches!(keeper.look().await, Look::Broken(TlsError::Unreadable(..))));
    files.hold(&good.0, &good.1);
    assert!(matches!(keeper.look().await, Look::AsBefore), "as they were at first");
    files.hold(&other.0, &other.1);
    assert!(matches!(keeper.look().await, Look::Renewed));
    assert!(listening.is("other.example", &other.0).await);
}

#[tokio::test]
async fn a_refusal_names_the_key_the_file_and_what_was_expected() {
    let (one, other) = (made_for("a.example"), made_for("b.example"));
    for (certificate, key, words) in [
        (one.0.as_str(), other.1.as_str(), ["sip.private_key: ", "key.pem", "expected the key of the certificate in"]),
        (&one.1, &one.1, ["sip.certificate: ", "certificate.pem", "-----BEGIN CERTIFICATE-----"]),
        (&one.0, &one.0, ["sip.private_key: ", "key.pem", "-----BEGIN PRIVATE KEY-----"]),
        ("", &one.1, ["sip.certificate: ", "certificate.pem", "found none"]),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            &one.1,
            ["sip.certificate: ", "certificate.pem", "expected a certificate and key that TLS can use"],
        ),
    ] {
        let refusal = Files::new(certificate, key).refused().await;
        assert!(refusal.starts_with("ringall.toml: "), "{refusal}");
        words.iter().for_each(|word| assert!(refusal.contains(word), "{refusal} does not say {word:?}"));
        assert!(!refusal.contains(one.1.lines().nth(1).unwrap()), "{refusal} tells the key");
    }
    let files = Files::new(&one.0, &one.1);
    std::fs::remove_file(&files.certificate).unwrap();
    let refusal = files.refused().await;
    assert!(refusal.contains("sip.certificate: ") && refusal.contains("a PEM file that can be read"), "{refusal}");
}
