//! `ringall doctor`: what is whole is said to be, and each thing that is broken gets its sentence and the exit code.

use std::net::UdpSocket;
use std::process::Output;

use serde_json::Value;

use crate::installation::{Files, Installation, SHOP, fixed_phone};
use crate::ports;

const NOTICES: &str = "notify = [\"mailto:owner@example.com\"]\n";

fn doctor(files: &Files, arguments: &[&str]) -> (Option<i32>, String) {
    let output: Output = files.run(&[&["doctor"], arguments].concat());
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A shop with a phone at a fixed address, whose carrier answers nothing but is on this machine.
fn shop() -> String {
    format!("{SHOP}{}", fixed_phone("Counter", 6001))
}

/// The line of this check that says this.
fn line<'a>(said: &'a str, check: &str, text: &str) -> &'a str {
    let of_check = |line: &&str| line.split_whitespace().nth(1) == Some(check) && line.contains(text);
    said.lines().find(of_check).unwrap_or_else(|| panic!("no line of {check} says {text:?}:\n{said}"))
}

fn imported(files: &Files, shop: &str) {
    files.write("shop.toml", shop);
    let output = files.run(&["import", "shop.toml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_shop_that_is_whole_passes_beside_the_service_and_without_it() {
    let files = Files::new();
    let silent = ports::free(1);
    files.calls_out_by(silent, "ask_every_s = 0");
    let carrier = UdpSocket::bind(("127.0.0.1", silent)).expect("a free port");
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok((length, from)) = carrier.recv_from(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if let Some((first, rest)) = text.split_once("\r\n")
                && first.starts_with("OPTIONS")
            {
                // The test may be over.
                let _ = carrier.send_to(format!("SIP/2.0 200 OK\r\n{rest}").as_bytes(), from);
            }
        }
    });
    imported(&files, &shop());
    let (code, said) = doctor(&files, &[]);
    assert_eq!(code, Some(0), "{said}");
    for (check, text) in [
        ("store", "is whole"),
        ("disk", "messages of three minutes"),
        ("ports", "ringall does not run here"),
        ("ports", "is free"),
        ("ports", "room for 25 calls at once"),
        ("trunk", "answers after"),
        ("nat", "no carrier is outside"),
        ("phones", "Ruiz Hardware, Counter: is called at sip:counter@127.0.0.1:6001"),
    ] {
        line(&said, check, text);
    }
    assert!(!said.contains("bad "), "{said}");

    let shop = Installation::start_with(files, &shop());
    let (code, said) = doctor(shop.files(), &[]);
    assert_eq!(code, Some(0), "{said}");
    line(&said, "ports", "ringall runs");
    for key in ["udp", "tcp"] {
        line(&said, "ports", &format!("sip.{key}: ringall listens on 127.0.0.1:{}", shop.sip_port()));
    }
    let (code, json) = doctor(shop.files(), &["--json"]);
    let json: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!((code, &json["ok"]), (Some(0), &Value::Bool(true)), "{json:#}");
    let checks = json["checks"].as_array().expect("a list");
    assert!(checks.iter().all(|check| ["ok", "look"].iter().any(|state| check["state"] == *state)), "{json:#}");
    shop.stop();
}

#[test]
fn what_is_broken_is_said_with_what_to_do() {
    let files = Files::new();
    let (code, said) = doctor(&files, &[]);
    assert!(code == Some(1) && line(&said, "store", "`ringall import FILE` makes both").starts_with("bad"), "{said}");

    imported(&files, SHOP);
    let (code, said) = doctor(&files, &[]);
    assert!(
        code == Some(1) && line(&said, "phones", "has no phone, so callers hear busy").starts_with("bad"),
        "{said}"
    );
    assert!(line(&said, "notices", "nobody is told").starts_with("look"));

    imported(&files, &shop().replace("hours", &format!("{NOTICES}hours")));
    let (code, said) = doctor(&files, &[]);
    assert!(code == Some(1) && line(&said, "notices", "set smtp_url and from").starts_with("bad"), "{said}");

    imported(&files, &shop());
    let other = UdpSocket::bind(("127.0.0.1", files.sip_port)).expect("a free port");
    let (code, said) = doctor(&files, &[]);
    let taken = format!("sip.udp: another program has 127.0.0.1:{}", files.sip_port);
    assert!(code == Some(1) && line(&said, "ports", &taken).starts_with("bad"), "{said}");
    drop(other);

    files.edit_config("peers = [\"127.0.0.1\"]", "register = \"sip:620@nowhere.invalid\"\npassword = \"hush\"");
    let (code, said) = doctor(&files, &[]);
    assert!(code == Some(1) && line(&said, "trunk", "nowhere.invalid leads nowhere").starts_with("bad"), "{said}");
    assert!(!said.contains("hush"), "{said}");

    files.edit_config("[media]", "external_ip = \"192.168.1.5\"\n\n[media]");
    let (code, said) = doctor(&files, &[]);
    assert!(code == Some(1) && line(&said, "nat", "external_ip 192.168.1.5 is in local_networks").starts_with("bad"));

    files.edit_config("external_ip = \"192.168.1.5\"", "external_ip = \"here\"");
    let (code, said) = doctor(&files, &[]);
    assert_eq!((code, said.as_str()), (Some(2), ""), "what is wrong in the file is said as by every command");
}

/// SignalWire signs as Twilio does, and its REST interface is at a host of one's own: nobody is asked who was not meant.
#[test]
fn a_form_signed_for_our_public_address_arrives_and_what_hinders_it_is_named() {
    let files = Files::new();
    let port = files.web_port;
    let section = |public_url: &str, key: &str| {
        format!(
            "public_url = \"{public_url}\"\n\n[twilio]\nprofile = \"signalwire\"\n\
             account_sid = \"6b9b7c1e-5f0a-4a5e-9d0e-000000000000\"\nauth_token = \"hush\"\nsigning_key = \"{key}\"\n\
             space = \"nobody.invalid\"\n"
        )
    };
    let here = format!("http://127.0.0.1:{port}");
    files.edit_config(&format!("public_url = \"{here}\"\n"), &section(&here, "hush"));
    let shop = Installation::start_with(files, &shop());
    let files = shop.files();
    let (code, said) = doctor(files, &[]);
    assert!(line(&said, "twilio", "its signature is good").starts_with("ok"), "{said}");
    assert!(
        code == Some(1) && line(&said, "twilio", "Twilio cannot reach http://127.0.0.1").starts_with("bad"),
        "{said}"
    );

    // The service runs on with what it was started with.
    let (was, other) = (section(&here, "hush"), section(&here, "another"));
    files.edit_config(&was, &other);
    assert!(line(&doctor(files, &[]).1, "twilio", "another token or account").starts_with("bad"));
    let localhost = format!("http://localhost:{port}");
    files.edit_config(&other, &section(&localhost, "hush"));
    let (_, said) = doctor(files, &[]);
    assert!(line(&said, "twilio", &format!("the running ringall wants {here}/twilio/self-test")).starts_with("bad"));
    files.edit_config(&section(&localhost, "hush"), &section(&format!("{here}/shop"), "hush"));
    assert!(line(&doctor(files, &[]).1, "twilio", "let the proxy take /shop off").starts_with("bad"));
    assert!(!said.contains("hush"), "{said}");
    shop.stop();
}
