//! Webhooks: who is believed, and what they get whatever happens.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use ringall::config::{Twilio, TwilioProfile, TwilioRing};
use ringall::twilio::public_url::PublicUrl;
use ringall::twilio::read::Says;
use ringall::twilio::signature::{Content, Keys, Signed};
use ringall::twilio::twiml::Verb;
use ringall::twilio::webhook::Webhooks;
use ringall::twilio::{Document, Form, Webhook};
use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::shop::{Answer, PUBLIC_URL, Place};

const SID: &str = "AC00000000000000000000000000000000";
const TOKEN: &str = "hush";
const CALLS: &str = "AccountSid=AC00000000000000000000000000000000&ApiVersion=2010-04-01&\
    CallSid=CA11111111111111111111111111111111&CallStatus=ringing&CallToken=%7B%22parentCallInfoToken%22%3A%22e30.c2ln%22%7D&\
    Called=%2B34911234567&CalledCity=&CalledCountry=ES&Caller=%2B34600999888&CallerCity=&Direction=inbound&\
    From=%2B34600999888&FromCity=&FromCountry=ES&To=%2B34911234567&ToCity=&ToCountry=ES";
const CALL: &str = "019b5000-0000-7000-8000-000000000001";

/// What the call loop does with a request.
#[derive(Clone, Copy)]
enum Loop {
    /// It answers each with as many pauses as there were requests.
    Counts,
    SaysNothing,
    /// It has no room, or is gone.
    Drops,
    Panics,
}

struct Account {
    place: Place,
    keys: Keys,
    seen: Arc<Mutex<Vec<Webhook>>>,
}

fn account(token: &str, next: Option<&str>, profile: TwilioProfile) -> Twilio {
    Twilio {
        account_sid: SID.to_owned(),
        auth_token: SecretString::from(token),
        next_auth_token: next.map(SecretString::from),
        ring: TwilioRing::Dial,
        sip: None,
        profile,
    }
}

impl Account {
    async fn with(the_loop: Loop) -> Account {
        Account::of(account(TOKEN, None, TwilioProfile::Twilio), the_loop).await
    }

    async fn of(config: Twilio, the_loop: Loop) -> Account {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (notes, asked, silent) = (seen.clone(), AtomicUsize::new(0), Mutex::new(Vec::new()));
        let hand = move |webhook: Box<Webhook>, answer: oneshot::Sender<Document>| {
            notes.lock().expect("no test panics with it").push(*webhook);
            match the_loop {
                Loop::Counts => {
                    let count = asked.fetch_add(1, Ordering::Relaxed) + 1;
                    let pause = Verb::Pause(Duration::from_secs(u64::try_from(count).expect("few")));
                    // The handler may have gone.
                    let _ = answer.send(Document(vec![pause]));
                }
                Loop::SaysNothing => silent.lock().expect("no test panics with it").push(answer),
                Loop::Drops => {}
                Loop::Panics => panic!("a bug"),
            }
        };
        let webhooks = Webhooks::new(&config, PUBLIC_URL, Box::new(hand)).waiting(Duration::from_millis(20));
        let keys = Keys::new([&config.auth_token]);
        Account { place: Place::with_webhooks(webhooks).await, keys, seen }
    }

    fn signature(&self, target: &str, body: &str) -> String {
        let form = Form::parse(body.as_bytes()).expect("a form of this test");
        let signed = Signed { target, content: Content::Form(&form) };
        self.keys.sign(&PublicUrl::new(PUBLIC_URL), signed).expect("a key")
    }

    /// Posts this, signed well, with these headers besides.
    async fn posts(&self, target: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let signature = self.signature(target, body);
        self.posts_as(target, body, &[&[("x-twilio-signature", signature.as_str())], headers].concat()).await
    }

    async fn posts_as(&self, target: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let form = ("content-type", "application/x-www-form-urlencoded; charset=UTF-8");
        self.place.posts(target, &[&[form], headers].concat(), body).await
    }

    fn seen(&self) -> Vec<Webhook> {
        self.seen.lock().expect("no test panics with it").clone()
    }
}

impl Answer {
    /// A good answer's document.
    #[track_caller]
    fn document(&self) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        assert_eq!(self.headers[header::CONTENT_TYPE], "text/xml; charset=utf-8");
        assert!(self.text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response"), "{}", self.text);
        &self.text
    }
}

#[tokio::test]
async fn a_signed_call_gets_the_loops_document() {
    let twilio = Account::with(Loop::Counts).await;
    let answer = twilio.posts("/twilio/voice", CALLS, &[]).await;
    assert!(answer.document().contains("<Pause length=\"1\"/>"), "{}", answer.text);
    let seen = twilio.seen();
    let [webhook] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(webhook.says, Says::Voice);
    assert_eq!((webhook.party.from.as_str(), webhook.party.to.as_str()), ("+34600999888", "+34911234567"));
}

#[tokio::test]
async fn whoever_is_not_the_account_gets_nothing() {
    let twilio = Account::with(Loop::Counts).await;
    let good = twilio.signature("/twilio/voice", CALLS);
    let other_account = CALLS.replace("AC0000", "AC1111");
    let its_signature = twilio.signature("/twilio/voice", &other_account);
    let ambiguous = format!("{CALLS}&From=%2B34600111333");
    let ambiguous_signature = twilio.signature("/twilio/voice", &ambiguous);
    let changed = CALLS.replace("999888", "999889");
    for (what, target, body, headers) in [
        ("no signature", "/twilio/voice", CALLS, vec![]),
        ("two", "/twilio/voice", CALLS, vec![("x-twilio-signature", good.as_str()), ("x-twilio-signature", &good)]),
        ("another body", "/twilio/voice", &changed, vec![("x-twilio-signature", good.as_str())]),
        ("another path", "/twilio/status", CALLS, vec![("x-twilio-signature", good.as_str())]),
        ("a query", "/twilio/voice?x=1", CALLS, vec![("x-twilio-signature", good.as_str())]),
        ("another account", "/twilio/voice", &other_account, vec![("x-twilio-signature", its_signature.as_str())]),
        ("two callers", "/twilio/voice", &ambiguous, vec![("x-twilio-signature", ambiguous_signature.as_str())]),
        ("another header", "/twilio/voice", CALLS, vec![("x-signalwire-signature", good.as_str())]),
        ("no form", "/twilio/voice", "%zz", vec![("x-twilio-signature", good.as_str())]),
    ] {
        let answer = twilio.posts_as(target, body, &headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {}", answer.text);
    }
    assert_eq!(twilio.seen(), [], "the loop has heard of none");
}

#[tokio::test]
async fn what_a_proxy_says_of_the_address_is_not_believed() {
    let twilio = Account::with(Loop::Counts).await;
    let elsewhere = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example;proto=http"),
        ("x-original-url", "/twilio/status"),
    ];
    twilio.posts("/twilio/voice", CALLS, &elsewhere).await.document();
    let form = Form::parse(CALLS.as_bytes()).expect("a form");
    let signed = Signed { target: "/twilio/voice", content: Content::Form(&form) };
    let for_there = twilio.keys.sign(&PublicUrl::new("https://evil.example"), signed).expect("a key");
    let headers = [&elsewhere[..], &[("x-twilio-signature", for_there.as_str())]].concat();
    assert_eq!(twilio.posts_as("/twilio/voice", CALLS, &headers).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_get_and_a_body_that_is_no_form_are_signed_in_their_own_way() {
    let twilio = Account::with(Loop::Counts).await;
    // With the tokens that real ones bring.
    let target = format!("/twilio/voice?{CALLS}&StirPassportToken={}", "e".repeat(4000));
    let signed = Signed { target: &target, content: Content::Nothing };
    let signature = twilio.keys.sign(&PublicUrl::new(PUBLIC_URL), signed).expect("a key");
    let headers = [("x-twilio-signature", signature.as_str())];
    let answer = twilio.place.ask(Method::GET, &target, &headers, None).await;
    assert!(answer.document().contains("<Pause"), "{}", answer.text);
    let answer = twilio.place.posts("/twilio/voice", &[headers[0], ("content-type", "application/json")], "{}").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "its address has no bodySHA256");
}

#[tokio::test]
async fn the_same_delivery_gets_the_same_bytes_and_another_does_not() {
    let twilio = Account::with(Loop::Counts).await;
    let token = [("i-twilio-idempotency-token", "5e7f5d6e-2f0d-4c5e-9d0e-000000000000")];
    let first = twilio.posts("/twilio/voice", CALLS, &token).await;
    assert!(first.document().contains("length=\"1\""));
    let both = tokio::join!(twilio.posts("/twilio/voice", CALLS, &token), twilio.posts("/twilio/voice", CALLS, &token));
    assert_eq!((&both.0.bytes, &both.1.bytes), (&first.bytes, &first.bytes));
    assert_eq!(twilio.seen().len(), 1, "the loop is asked once");
    // The token is not signed: with other words it is another request.
    let ended = CALLS.replace("ringing", "completed");
    let other = twilio.posts("/twilio/status", &ended, &token).await;
    assert!(other.document().contains("length=\"2\""), "{}", other.text);
    let unmarked = twilio.posts("/twilio/voice", CALLS, &[]).await;
    assert!(unmarked.document().contains("length=\"3\""), "{}", unmarked.text);
}

#[tokio::test]
async fn a_loop_that_says_nothing_rings_the_cells_for_whoever_calls() {
    for the_loop in [Loop::SaysNothing, Loop::Drops] {
        let twilio = Account::with(the_loop).await;
        let answer = twilio.posts("/twilio/voice", CALLS, &[]).await;
        assert!(answer.document().contains("<Number>+34600111222</Number>"), "{}", answer.text);
        let after = format!("{CALLS}&DialCallStatus=no-answer&DialBridged=false");
        let answer = twilio.posts(&format!("/twilio/after/{CALL}/0"), &after, &[]).await;
        assert!(answer.document().contains("<Number>"), "{}", answer.text);
        // Whoever has spoken is not rung again, and no mailbox is let through.
        let after = format!("{CALLS}&DialCallStatus=completed&DialBridged=true");
        let answer = twilio.posts(&format!("/twilio/after/{CALL}/0"), &after, &[]).await;
        assert!(answer.document().contains("<Response><Hangup/></Response>"), "{}", answer.text);
        let leg = CALLS.replace("CA1111", "CA2222").replace("ringing", "in-progress");
        let leg = format!("{leg}&ParentCallSid=CA11111111111111111111111111111111");
        let answer = twilio.posts(&format!("/twilio/screen/{CALL}/1"), &leg, &[]).await;
        assert!(answer.document().contains("<Hangup/>"), "{}", answer.text);
        let pressed = format!("{leg}&Digits=5");
        let answer = twilio.posts(&format!("/twilio/accept/{CALL}/1"), &pressed, &[]).await;
        assert!(answer.document().contains("<Response></Response>"), "a key is a person: {}", answer.text);
        let answer = twilio.posts(&format!("/twilio/leg/{CALL}/1"), &leg, &[]).await;
        assert!(answer.document().contains("<Response></Response>"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_signed_request_that_is_not_understood_gets_a_document_too() {
    let twilio = Account::with(Loop::Counts).await;
    let nameless = CALLS.replace("CallSid=CA11111111111111111111111111111111&", "");
    let answer = twilio.posts("/twilio/voice", &nameless, &[]).await;
    assert!(answer.document().contains("<Number>+34600111222</Number>"), "{}", answer.text);
    for target in ["/twilio/nowhere", "/twilio/after/x/y", "/twilio/voice/"] {
        let answer = twilio.posts(target, CALLS, &[]).await;
        assert!(answer.document().contains("<Hangup/>"), "{target}: {}", answer.text);
    }
    assert_eq!(twilio.seen(), []);
}

#[tokio::test]
async fn a_bug_of_ours_rings_the_cells_for_whoever_calls_each_time() {
    let twilio = Account::with(Loop::Panics).await;
    let again = [("i-twilio-idempotency-token", "8fc54b60-5f43-47c4-ae4f-6b1bb6a9a6a1")];
    for _ in 0..2 {
        let answer = twilio.posts("/twilio/voice", CALLS, &again).await;
        assert!(answer.document().contains("<Number>+34600111222</Number>"), "{}", answer.text);
    }
    let unsigned = twilio.posts_as("/twilio/voice", CALLS, &[]).await;
    assert_eq!(unsigned.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_body_without_end_is_not_read() {
    let twilio = Account::with(Loop::Counts).await;
    let long = format!("{CALLS}&x={}", "a".repeat(64 * 1024));
    assert_eq!(twilio.posts("/twilio/voice", &long, &[]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let unsigned = twilio.posts_as("/twilio/voice", &long, &[]).await;
    assert_eq!(unsigned.status, StatusCode::FORBIDDEN, "of one without a signature nothing is read, however long");
}

#[tokio::test]
async fn without_an_account_there_is_nothing() {
    let place = Place::of_one_shop().await;
    place.posts("/twilio/voice", &[], CALLS).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn while_the_token_is_changed_requests_signed_by_either_are_taken() {
    let twilio = Account::of(account("old", Some("new"), TwilioProfile::Twilio), Loop::Counts).await;
    twilio.posts("/twilio/voice", CALLS, &[]).await.document();
    let by_new = Account { keys: Keys::new([&SecretString::from("new")]), ..twilio };
    by_new.posts("/twilio/voice", CALLS, &[]).await.document();
    let by_other = Account { keys: Keys::new([&SecretString::from("older")]), ..by_new };
    assert_eq!(by_other.posts("/twilio/voice", CALLS, &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn signalwire_signs_with_a_key_of_the_project_in_a_header_of_its_own() {
    let space = "example.signalwire.com".to_owned();
    let signing_key = SecretString::from("PSK_1");
    let config = account(TOKEN, None, TwilioProfile::SignalWire { signing_key: signing_key.clone(), space });
    let signalwire = Account { keys: Keys::new([&signing_key]), ..Account::of(config, Loop::Counts).await };
    let calls = CALLS.replace("CA11111111111111111111111111111111", "6b9b7c1e-5f0a-4a5e-9d0e-000000000000");
    let signature = signalwire.signature("/twilio/voice", &calls);
    let headers = [("x-signalwire-signature", signature.as_str())];
    signalwire.posts_as("/twilio/voice", &calls, &headers).await.document();
    let by_token = Account { keys: Keys::new([&SecretString::from(TOKEN)]), ..signalwire };
    let signature = by_token.signature("/twilio/voice", &calls);
    let headers = [("x-signalwire-signature", signature.as_str())];
    assert_eq!(by_token.posts_as("/twilio/voice", &calls, &headers).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn telnyx_signs_the_moment_and_the_body() {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use base64::Engine;

    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed of 32 bytes");
    let public_key = pair.public_key().as_ref().try_into().expect("32 bytes");
    let telnyx = Account::of(account(TOKEN, None, TwilioProfile::Telnyx { public_key }), Loop::Counts).await;
    let calls =
        CALLS.replace("CA11111111111111111111111111111111", "v3%3AMdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ");
    for (apart_s, status) in [(0, StatusCode::OK), (299, StatusCode::OK), (-301, StatusCode::FORBIDDEN)] {
        let timestamp = (crate::shop::NOW.0 / 1000 + apart_s).to_string();
        let said = pair.sign(format!("{timestamp}|{calls}").as_bytes());
        let signature = base64::engine::general_purpose::STANDARD.encode(said);
        let headers = [("telnyx-signature-ed25519", signature.as_str()), ("telnyx-timestamp", timestamp.as_str())];
        let answer = telnyx.posts_as("/twilio/voice", &calls, &headers).await;
        assert_eq!(answer.status, status, "{apart_s} s: {}", answer.text);
        let answer = telnyx.posts_as("/twilio/voice", &format!("{calls}&x=1"), &headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let by_token = telnyx.posts("/twilio/voice", &calls, &[]).await;
    assert_eq!(by_token.status, StatusCode::FORBIDDEN, "nobody may sign for Telnyx but Telnyx");
}
