//! Where the phones that register are, and the secret of their challenges.

use std::sync::mpsc::channel;

use ringall::now::UnixMs;
use ringall::sip::address::Address;
use ringall::sip::hop::Hop;
use ringall::sip::registrar::{KeptBinding, KeptUser};
use ringall::store::BindingKeeper;
use ringall::switchboard::{FlowId, SocketId, Ticket, Transport};

use crate::cast::{Database, PATIENCE};

crate::on_both! {
    a_users_bindings_are_replaced_whole,
    a_binding_over_a_connection_is_kept_without_it,
    the_keeper_answers_when_they_are_durable,
    the_keeper_keeps_the_latest_of_each_user,
    the_secret_is_made_once,
    a_binding_that_cannot_be_read_is_named,
}

fn kept(hosts: &[&str]) -> KeptUser {
    let binding = |host: &&str| {
        let contact = format!("<sip:counter@{host}:5060;transport=udp>;q=0.5;+sip.instance=\"<urn:uuid:\\\"1>\"");
        KeptBinding {
            contact: Address::parse(&contact).unwrap(),
            source: Hop::udp(SocketId(2), format!("{host}:40000").parse().unwrap(), "192.0.2.1".parse().unwrap()),
            registered: UnixMs(1_795_168_800_001),
            expires: UnixMs(1_795_169_100_002),
            call_id: format!("a-call@{host}"),
            cseq: 2_147_483_647,
        }
    };
    KeptUser { password_mark: "0123456789abcdef".to_owned(), bindings: hosts.iter().map(binding).collect() }
}

fn user(name: &str, hosts: &[&str]) -> (String, KeptUser) {
    (name.to_owned(), kept(hosts))
}

async fn a_users_bindings_are_replaced_whole(db: Database) {
    assert!(db.store.bindings().await.unwrap().is_empty());
    let six = "[2001:db8::5]";
    let users = [user("ana", &["192.0.2.9"]), user("counter", &["192.0.2.12", "192.0.2.11", six])];
    db.store.keep_bindings(&users).await.unwrap();
    assert_eq!(db.open_again().await.bindings().await.unwrap(), users, "as they were, and in their order");
    let moved = user("counter", &["192.0.2.13"]);
    db.store.keep_bindings(std::slice::from_ref(&moved)).await.unwrap();
    assert_eq!(db.store.bindings().await.unwrap(), [users[0].clone(), moved.clone()]);
    db.store.keep_bindings(&[("ana".to_owned(), KeptUser::default())]).await.unwrap();
    assert_eq!(db.store.bindings().await.unwrap(), [moved]);
}

async fn a_binding_over_a_connection_is_kept_without_it(db: Database) {
    let by = |flow| {
        let (name, mut kept) = user("counter", &["192.0.2.11", "192.0.2.12", "192.0.2.13"]);
        kept.bindings[1].source.transport = Transport::Tcp(flow);
        kept.bindings[2].source.transport = Transport::Tls(flow);
        (name, kept)
    };
    db.store.keep_bindings(&[by(Some(FlowId::Accepted(7)))]).await.unwrap();
    assert_eq!(db.open_again().await.bindings().await.unwrap(), [by(None)]);
}

async fn the_keeper_answers_when_they_are_durable(db: Database) {
    let (answer, answers) = channel();
    let keeper = BindingKeeper::start(db.store.clone(), move |ticket| answer.send(ticket).unwrap());
    let (name, bindings) = user("counter", &["192.0.2.11"]);
    keeper.keep(Ticket(7), name.clone(), bindings.clone());
    let ticket = tokio::task::spawn_blocking(move || answers.recv_timeout(PATIENCE)).await.unwrap();
    assert_eq!(ticket, Ok(Ticket(7)));
    assert_eq!(db.open_again().await.bindings().await.unwrap(), [(name, bindings)]);
}

async fn the_keeper_keeps_the_latest_of_each_user(db: Database) {
    let (answer, answers) = channel();
    let keeper = BindingKeeper::start(db.store.clone(), move |ticket| answer.send(ticket).unwrap());
    let hosts: Vec<String> = (1..=50).map(|n| format!("192.0.2.{n}")).collect();
    for (ticket, host) in (1..).zip(&hosts) {
        for name in ["ana", "counter"] {
            let (name, bindings) = user(name, &[host]);
            keeper.keep(Ticket(ticket), name, bindings);
        }
    }
    // Dropped, it writes what it has, answers, and ends.
    drop(keeper);
    let answered = tokio::task::spawn_blocking(move || answers.iter().count()).await.unwrap();
    assert_eq!(answered, 100, "every ticket has its answer");
    assert_eq!(db.store.bindings().await.unwrap(), [user("ana", &["192.0.2.50"]), user("counter", &["192.0.2.50"])]);
}

async fn the_secret_is_made_once(db: Database) {
    let secret = db.store.nonce_secret().await.unwrap();
    assert_eq!(db.open_again().await.nonce_secret().await.unwrap().0, secret.0);
    assert_ne!(secret.0, [0; 32]);
    assert!(!format!("{secret:?}").contains(&format!("{}", secret.0[0])), "it never prints");
    db.shell("UPDATE secrets SET value = 'short'").await;
    let error = db.store.nonce_secret().await.unwrap_err().to_string();
    assert!(error.contains("secrets.value") && !error.contains("short"), "{error}");
}

async fn a_binding_that_cannot_be_read_is_named(db: Database) {
    db.store.keep_bindings(&[user("counter", &["192.0.2.11"])]).await.unwrap();
    for (column, value) in [
        ("contact", "'<sip:'"),
        ("source", "'here'"),
        ("local_ip", "''"),
        ("socket", "256"),
        ("protocol", "'pigeon'"),
        ("cseq", "-1"),
    ] {
        db.shell(&format!("UPDATE bindings SET {column} = {value}")).await;
        let error = db.store.bindings().await.unwrap_err().to_string();
        assert!(error.contains(&format!("bindings.{column}")), "{error}");
        db.store.keep_bindings(&[user("counter", &["192.0.2.11"])]).await.unwrap();
    }
}
