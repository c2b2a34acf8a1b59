//! SIP over TLS against a real stack, and certificates that are renewed meanwhile.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::baresip::{Baresip, Line};
use crate::installation::{Files, Installation, SHOP};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(30);
const CALLER_HZ: f64 = 440.0;
const PHONE_HZ: f64 = 1100.0;
/// The files are looked at every 5 s.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);

const COUNTER: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\n";

/// A certificate for this machine and its key, in PEM.
pub fn made() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a key");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// Whether who listens there proves to be the holder of this certificate.
fn shows(port: u16, certificate: &str) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).expect("made here")).expect("made here");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("its own");
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let name = ServerName::try_from("127.0.0.1").expect("an address");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(LIMIT)).expect("not zero");
    let mut connection = ClientConnection::new(config, name).expect("a name it knows");
    while connection.is_handshaking() {
        if connection.complete_io(&mut stream).is_err() {
            return false;
        }
    }
    true
}

#[test]
fn baresip_registers_over_tls_and_talks_while_certificates_come_and_go() {
    let test = "baresip_registers_over_tls_and_talks_while_certificates_come_and_go";
    if !peers::present(test, &["sipp", "baresip"]) {
        return;
    }
    let (old, new) = (made(), made());
    let files = Files::new();
    let port = files.listens_by_tls(&old.0, &old.1);
    let installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let phone = Baresip::registers(Line::Tls, "counter", "counter-secret", &format!("127.0.0.1:{port}"), PHONE_HZ);

    let ear = Ear::on(ports::free(2), Law::Mu, CALLER_HZ);
    let caller = Sipp::plays(sipp::CALLER).pause_ms(20_000).key("rtp", ear.port()).key("codecs", "0 101");
    let caller = caller.start(&installation.target());
    ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));

    assert!(shows(port, &old.0) && !shows(port, &new.0));
    let write = |name: &str, content: &str| {
        std::fs::write(installation.folder().join(name), content).expect("the test's folder is writable");
    };
    write("certificate.pem", "nothing of use");
    let complains = || installation.log().matches("the certificate of before stays in use").count();
    let said = until(TAKEN_WITHIN, || (complains() > 0).then_some(()));
    assert!(said.is_some() && shows(port, &old.0), "{}", installation.log());
    write("certificate.pem", &new.0);
    write("key.pem", &new.1);
    let taken = until(TAKEN_WITHIN, || shows(port, &new.0).then_some(()));
    assert!(taken.is_some() && !shows(port, &old.0), "{}", installation.log());
    assert!(complains() <= 2, "said once for each mistake: {}", installation.log());

    caller.finish(LIMIT);
    let [at_the_phone, at_the_caller] = [best_share(&phone.heard(), CALLER_HZ), best_share(&ear.heard(), PHONE_HZ)];
    assert!(at_the_phone > 0.95, "baresip recorded the caller's tone, its share is {at_the_phone}");
    assert!(at_the_caller > 0.95, "the caller heard baresip's tone, its share is {at_the_caller}");
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["answered_by"]), (&"answered".into(), &"Counter".into()));
    assert_eq!(phone.registrations(), 1, "its connection outlived the certificate");
}

#[test]
fn baresip_by_tls_with_protected_sound_and_a_plain_caller_hear_each_other() {
    let test = "baresip_by_tls_with_protected_sound_and_a_plain_caller_hear_each_other";
    if !peers::present(test, &["sipp", "baresip"]) {
        return;
    }
    let (certificate, key) = made();
    let files = Files::new();
    let port = files.listens_by_tls(&certificate, &key);
    files.edit_config("[media]\n", "[media]\nsrtp = \"required\"\n");
    let installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let target = format!("127.0.0.1:{port}");
    let phone = Baresip::registers(Line::TlsAndSrtp, "counter", "counter-secret", &target, PHONE_HZ);

    let ear = Ear::on(ports::free(2), Law::Mu, CALLER_HZ);
    let caller = Sipp::plays(sipp::CALLER).pause_ms(2_500).key("rtp", ear.port()).key("codecs", "0 101");
    let caller = caller.start(&installation.target());
    ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    caller.finish(LIMIT);
    let [at_the_phone, at_the_caller] = [best_share(&phone.heard(), CALLER_HZ), best_share(&ear.heard(), PHONE_HZ)];
    assert!(at_the_phone > 0.95, "baresip recorded the caller's tone, its share is {at_the_phone}");
    assert!(at_the_caller > 0.95, "the caller heard baresip's tone, its share is {at_the_caller}");
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["answered_by"]), (&"answered".into(), &"Counter".into()));
    assert_eq!(installation.metric("ringall_media_unauthentic_total"), None, "each packet was of its leg");
    assert!(phone.printed().contains("AES_CM_128_HMAC_SHA1_80"), "{}", phone.printed());
}

#[test]
fn the_page_is_served_by_https_with_the_certificate_that_is_there_now() {
    let (old, new) = (made(), made());
    let files = Files::new();
    let put = |(certificate, key): &(String, String)| {
        files.write("web.pem", certificate);
        files.write("web-key.pem", key);
    };
    put(&old);
    let folder = files.folder().display();
    let keys = format!("certificate = \"{folder}/web.pem\"\nprivate_key = \"{folder}/web-key.pem\"\n");
    files.edit_config("public_url = \"http://", &format!("{keys}public_url = \"https://"));
    let mut process = files.serve();
    process.wait_for("ringall takes calls", LIMIT);
    assert!(shows(files.web_port, &old.0) && !shows(files.web_port, &new.0));
    assert_eq!(crate::http::get(files.web_port, "/healthz", None).map(|reply| reply.status), None, "not in the open");
    put(&new);
    let renewed = until(TAKEN_WITHIN, || shows(files.web_port, &new.0).then_some(()));
    assert!(renewed.is_some(), "the new certificate is not taken:\n{}", process.printed());
    assert!(process.printed().contains("a new certificate is in use for the page"), "{}", process.printed());
}
