//! A mistake in what the operator wrote: exit code, and a message that names file, key and what was expected.

use std::net::{TcpListener, UdpSocket};
use std::process::Output;
use std::time::Duration;

use crate::installation::{Files, SHOP, fixed_phone};

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn an_unknown_key_is_named() {
    let files = Files::new();
    files.edit_config("[media]\n", "[media]\nprots = \"20000-20999\"\n");
    let message = refused_to_serve(&files, 2);
    says(&message, &["ringall.toml", "prots", "ports"]);
}

#[test]
fn a_value_of_the_wrong_kind_is_named() {
    for (from, to, key) in [
        ("listen = \"127.0.0.1:", "listen = \"somewhere:", "listen"),
        ("udp = [\"127.0.0.1:", "udp = [\"127.0.0.256:", "udp"),
        ("tcp = [\"127.0.0.1:", "tcp = [\"127.0.0.256:", "tcp"),
        ("peers = [\"127.0.0.1\"]", "peers = [\"127.0.0.1/33\"]", "peers"),
        ("database = \"sqlite:", "database = \"mysql:", "database"),
    ] {
        let files = Files::new();
        files.edit_config(from, to);
        let message = refused_to_serve(&files, 2);
        says(&message, &["ringall.toml", key]);
    }
    let files = Files::new();
    files.edit_config("ports = \"", "ports = \"9");
    says(&refused_to_serve(&files, 2), &["ringall.toml", "ports"]);
}

#[test]
fn a_certificate_and_a_key_that_do_not_belong_together_are_named() {
    let [one, other] = [(); 2].map(|()| rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a key"));
    let files = Files::new();
    files.listens_by_tls(&one.cert.pem(), &other.signing_key.serialize_pem());
    let message = refused_to_serve(&files, 2);
    says(
        &message,
        &["ringall.toml", "sip.private_key", "key.pem", "expected the key of the certificate", "certificate.pem"],
    );
    assert!(!files.path("data").exists(), "nothing was touched");
    std::fs::remove_file(files.path("certificate.pem")).expect("it was there");
    says(&refused_to_serve(&files, 2), &["ringall.toml", "sip.certificate", "certificate.pem", "can be read"]);
    files.edit_config("private_key = ", "# private_key = ");
    says(&refused_to_serve(&files, 2), &["ringall.toml", "sip.private_key", "missing"]);
}

#[test]
fn a_missing_configuration_is_named() {
    let files = Files::new();
    std::fs::remove_file(files.path("ringall.toml")).expect("it was there");
    says(&refused_to_serve(&files, 2), &["ringall.toml"]);
}

#[test]
fn a_wrong_time_zone_is_named() {
    let message = refused_to_import(&SHOP.replace("Europe/Madrid", "Europe/Madird"));
    says(&message, &["shop.toml", "time_zone", "Europe/Madird"]);
}

#[test]
fn wrong_hours_are_named() {
    let message = refused_to_import(&SHOP.replace("24/7", "Mo-Fr 09:00-"));
    says(&message, &["shop.toml", "hours", "Mo-Fr 09:00-"]);
}

#[test]
fn two_phones_of_one_name_are_named() {
    let message = refused_to_import(&(SHOP.to_owned() + &fixed_phone("Counter", 6001) + &fixed_phone("Counter", 6002)));
    says(&message, &["shop.toml", "Counter"]);
}

#[test]
fn a_shop_that_gives_up_too_soon_is_told_the_range() {
    let message = refused_to_import(&(SHOP.to_owned() + "give_up_after_s = 5\n"));
    says(&message, &["shop.toml", "give_up_after_s", "30", "300"]);
}

#[test]
fn a_taken_port_is_named() {
    let files = Files::new();
    let taken = UdpSocket::bind(("127.0.0.1", files.sip_port)).expect("free until now");
    says(&refused_to_serve(&files, 1), &[&files.sip_port.to_string()]);
    drop(taken);
    let files = Files::new();
    let taken = TcpListener::bind(("127.0.0.1", files.sip_port)).expect("free until now");
    says(&refused_to_serve(&files, 1), &["sip.tcp", &files.sip_port.to_string()]);
    drop(taken);
    let files = Files::new();
    let _taken = TcpListener::bind(("127.0.0.1", files.web_port)).expect("free until now");
    says(&refused_to_serve(&files, 1), &[&files.web_port.to_string()]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    // Below a file: not even root can make a folder there.
    let files = Files::new();
    files.write("file", "not a folder");
    files.edit_config("/data\"", "/file/data\"");
    says(&refused_to_serve(&files, 1), &["/file"]);
    let files = Files::new();
    files.write("file", "not a folder");
    files.edit_config("/ringall.db", "/file/ringall.db");
    says(&refused_to_serve(&files, 1), &["/file"]);
}

#[test]
fn a_corrupt_database_is_refused_and_left_as_it_is() {
    let files = Files::new();
    let garbage = b"This is not a database, but somebody may still want it. ".repeat(200);
    std::fs::write(files.path("ringall.db"), &garbage).expect("writable");
    says(&refused_to_serve(&files, 1), &["ringall.db"]);
    assert_eq!(std::fs::read(files.path("ringall.db")).expect("still there"), garbage);
}

#[test]
fn a_database_with_a_damaged_page_is_refused_and_left_as_it_is() {
    let files = Files::new();
    files.write("shop.toml", &(SHOP.to_owned() + &fixed_phone("Counter", 6001)));
    let import = files.run(&["import", "shop.toml"]);
    assert!(import.status.success(), "{}", text(&import));
    let mut bytes = std::fs::read(files.path("ringall.db")).expect("import made it");
    // The header stays: only a reader of all pages can tell.
    for byte in bytes.iter_mut().skip(4096) {
        *byte = 0xa5;
    }
    std::fs::write(files.path("ringall.db"), &bytes).expect("writable");
    says(&refused_to_serve(&files, 1), &["ringall.db"]);
    assert_eq!(std::fs::read(files.path("ringall.db")).expect("still there"), bytes);
}

/// What `ringall serve` prints on its way out with this code.
fn refused_to_serve(files: &Files, code: i32) -> String {
    let mut process = files.serve();
    let status = process.wait(LIMIT);
    assert_eq!(status.code(), Some(code), "printed:\n{}", process.printed());
    process.printed()
}

/// What `ringall import` prints about this shop, which it must refuse with 2 and not keep.
fn refused_to_import(shop: &str) -> String {
    let files = Files::new();
    files.write("shop.toml", shop);
    let output = files.run(&["import", "shop.toml"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let kept = files.run(&["export"]);
    assert!(!text(&kept).contains("Ruiz Hardware"), "a refused shop was kept: {}", text(&kept));
    text(&output)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "the message does not name {word:?}:\n{message}");
    }
    assert!(!message.contains("panicked"), "a mistake of the operator is not a bug of ours:\n{message}");
}
