//! Calls by webhook, at the built binary: whoever is not the account gets nothing, and no document leaves before its row.

use ringall::twilio::Form;
use ringall::twilio::public_url::PublicUrl;
use ringall::twilio::signature::{Content, Keys, Signed};
use secrecy::SecretString;

use crate::http;
use crate::installation::{Files, Installation, SHOP};

const SID: &str = "AC00000000000000000000000000000000";

/// A shop that rings one cell, with an account at Twilio.
fn shop_at_twilio() -> (Installation, u16) {
    let files = Files::new();
    let port = files.web_port;
    files.write("token", "hush\n");
    let token = files.path("token").display().to_string();
    let section = format!("[twilio]\naccount_sid = \"{SID}\"\nauth_token_file = \"{token}\"\n\n[sip]\n");
    files.edit_config("[sip]\n", &section);
    let shop = format!("{SHOP}\n[[phone]]\nname = \"Ana's cell\"\nnumber = \"+34600111222\"\n");
    (Installation::start_with(files, &shop), port)
}

/// Posts a first webhook of call `n`, signed with this token for this address.
fn calls(port: u16, n: u8, token: &str, public_url: &str) -> http::Reply {
    let body = format!(
        "AccountSid={SID}&ApiVersion=2010-04-01&CallSid=CA{n:032x}&CallStatus=ringing&Called=%2B34911234567&CalledCity=&\
         Caller=%2B34600999888&Direction=inbound&From=%2B34600999888&To=%2B34911234567"
    );
    let form = Form::parse(body.as_bytes()).expect("a form");
    let signed = Signed { target: "/twilio/voice", content: Content::Form(&form) };
    let keys = Keys::new([&SecretString::from(token)]);
    let signature = keys.sign(&PublicUrl::new(public_url), signed).expect("a key");
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
        ("X-Twilio-Signature", signature.as_str()),
        ("I-Twilio-Idempotency-Token", "5e7f5d6e-2f0d-4c5e-9d0e-000000000000"),
    ];
    http::ask(port, "POST", "/twilio/voice", &headers, &body).expect("the service answers")
}

#[test]
fn a_call_by_webhook_has_its_row_before_its_document() {
    let (mut shop, port) = shop_at_twilio();
    let public_url = format!("http://127.0.0.1:{port}");
    let first = calls(port, 1, "hush", &public_url);
    assert_eq!(first.status, 200, "{}", first.body);
    assert!(first.body.contains("+34600111222</Number>"), "{}", first.body);
    assert_eq!(calls(port, 1, "hush", &public_url).body, first.body, "the same delivery gets the same bytes");
    // Nothing more is written after the answer: a power cut at this moment finds the row.
    shop.is_killed();
    shop.is_started_again();
    let call = shop.only_call();
    assert_eq!((call["door"].as_str(), call["ended_by"].as_str()), (Some("twilio"), Some("crash")), "{call:#}");
    assert_eq!(call["caller"]["number"], "+34600999888");
}

#[test]
fn whoever_is_not_the_account_rings_nobody() {
    let (shop, port) = shop_at_twilio();
    for (token, public_url) in
        [("guessed", format!("http://127.0.0.1:{port}")), ("hush", "https://evil.example".to_owned())]
    {
        assert_eq!(calls(port, 1, token, &public_url).status, 403);
    }
    assert!(shop.calls().is_empty(), "{:#?}", shop.calls());
    let log = shop.log();
    assert!(log.contains("a request to /twilio was refused"), "{log}");
    assert!(log.contains(&format!("http://127.0.0.1:{port}/twilio/voice")), "it says which address: {log}");
    assert!(!log.contains("999888") && !log.contains("hush"), "{log}");
}
