//! A carrier that we register with by TCP and by TLS: Kamailio, which calls us by the connection that we have opened.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};

use crate::carrier::is_registered;
use crate::encrypted::made;
use crate::installation::{Files, Installation, SHOP, fixed_phone};
use crate::kamailio::{ACCOUNT, Kamailio, PASSWORD, Terms};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::sipp::{self, Sipp};

const LIMIT: Duration = Duration::from_secs(30);
const BY_TCP: Terms = Terms { tcp: true, ..Terms::USUAL };

/// An installation that listens by UDP alone, and registers here.
fn registers_with(register: &str, more: &str, shop: &str) -> Installation {
    let files = Files::new();
    let port = files.sip_port;
    files.edit_config(&format!("tcp = [\"127.0.0.1:{port}\"]"), "tcp = []");
    files.edit_config("name = \"carrier\"", "name = \"kamailio\"");
    let trunk = format!("register = {register:?}\npassword = \"{PASSWORD}\"\n{more}");
    files.edit_config("peers = [\"127.0.0.1\"]", &trunk);
    Installation::start_with(files, shop)
}

/// A customer of the carrier calls, and hangs up.
fn a_customer_calls(kamailio: &Kamailio, installation: &Installation, phone: Sipp) {
    let phone = phone.start(&installation.target());
    Sipp::plays(sipp::CALLER).start(&kamailio.target()).finish(LIMIT);
    phone.finish(LIMIT);
}

#[test]
fn a_carrier_by_tcp_rings_us_by_our_connection_and_again_after_it_fell() {
    let name = "a_carrier_by_tcp_rings_us_by_our_connection_and_again_after_it_fell";
    if !peers::present(name, &["sipp", "kamailio"]) {
        return;
    }
    let mut kamailio = Kamailio::start(BY_TCP);
    let phone = Sipp::plays(sipp::PHONE);
    let port = phone.port();
    let register = format!("sip:{ACCOUNT}@127.0.0.1:{};transport=tcp", kamailio.port());
    let installation = registers_with(&register, "", &format!("{SHOP}{}", fixed_phone("Counter", port)));
    is_registered(&installation, &kamailio, true, LIMIT);
    a_customer_calls(&kamailio, &installation, phone);
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["ended_by"]), (&"answered".into(), &"caller".into()));

    // Its end closes our connection, and we are told at once.
    kamailio.goes_away();
    is_registered(&installation, &kamailio, false, LIMIT);
    kamailio.comes_back();
    is_registered(&installation, &kamailio, true, LIMIT);
    let phone = Sipp::plays(sipp::PHONE_HANGS_UP).at(port).start(&installation.target());
    Sipp::plays(sipp::CALLER_IS_HUNG_UP_ON).start(&kamailio.target()).finish(LIMIT);
    phone.finish(LIMIT);
    assert_eq!(installation.ended_calls(2)[0]["ended_by"], "staff");
    installation.stop();
    Sipp::plays(&sipp::caller_refused_with(480)).start(&kamailio.target()).finish(LIMIT);
}

#[test]
fn a_carrier_by_tls_that_proves_its_name_rings_us() {
    if !peers::present("a_carrier_by_tls_that_proves_its_name_rings_us", &["sipp", "kamailio"]) {
        return;
    }
    let kamailio = Kamailio::start(BY_TCP);
    let (certificate, key) = made();
    let front = Front::before(&kamailio, &certificate, &key);
    let phone = Sipp::plays(sipp::PHONE);
    let shop = format!("{SHOP}{}", fixed_phone("Counter", phone.port()));
    let register = format!("sips:{ACCOUNT}@127.0.0.1:{}", front.port);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, &certificate).expect("our folder");
    let authority = format!("authority = {:?}", authority.display().to_string());
    let installation = registers_with(&register, &authority, &shop);
    is_registered(&installation, &kamailio, true, LIMIT);
    a_customer_calls(&kamailio, &installation, phone);
    assert_eq!(installation.only_call()["disposition"], "answered");
}

#[test]
fn a_carrier_by_tls_that_nobody_vouches_for_never_hears_of_us() {
    if !peers::present("a_carrier_by_tls_that_nobody_vouches_for_never_hears_of_us", &["kamailio"]) {
        return;
    }
    let kamailio = Kamailio::start(BY_TCP);
    let (certificate, key) = made();
    let front = Front::before(&kamailio, &certificate, &key);
    let register = format!("sip:{ACCOUNT}@127.0.0.1:{};transport=tls", front.port);
    let installation = registers_with(&register, "", SHOP);
    let said = until(LIMIT, || installation.log().contains("invalid peer certificate").then_some(()));
    assert!(said.is_some(), "{}", installation.log());
    is_registered(&installation, &kamailio, false, LIMIT);
    assert!(!kamailio.printed().contains("challenged"), "{}", kamailio.printed());
}

/// What speaks TLS for a carrier, as many have it. It ends with the runtime.
struct Front {
    port: u16,
    _runtime: tokio::runtime::Runtime,
}

impl Front {
    fn before(kamailio: &Kamailio, certificate: &str, key: &str) -> Front {
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("made here")];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("made here");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("its own").with_no_client_auth().with_single_cert(chain, key).expect("they fit");
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let (port, behind) = (ports::free(1), kamailio.port());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("threads");
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", port))).expect("a free port");
        runtime.spawn(async move {
            while let Ok((outside, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Who does not believe the certificate goes away.
                    let Ok(mut outside) = acceptor.accept(outside).await else { return };
                    let mut inside = TcpStream::connect(("127.0.0.1", behind)).await.expect("Kamailio listens");
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        Front { port, _runtime: runtime }
    }
}
