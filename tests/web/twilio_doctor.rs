//! What helps to find out why calls by webhook do not come: our own form, Twilio's word of its errors, a note on the page.

use axum::http::StatusCode;
use ringall::config::{Twilio, TwilioProfile, TwilioRing};
use ringall::twilio::Form;
use ringall::twilio::public_url::PublicUrl;
use ringall::twilio::self_test::{self, Prover, Seen};
use ringall::twilio::signature::{Content, Keys, Signed};
use ringall::twilio::webhook::Webhooks;
use secrecy::SecretString;

use crate::shop::{Answer, NOW, PUBLIC_URL, Place};

const SID: &str = "AC00000000000000000000000000000000";

async fn place(ring: TwilioRing) -> Place {
    let config = Twilio {
        account_sid: SID.to_owned(),
        auth_token: SecretString::from("hush"),
        next_auth_token: None,
        ring,
        sip: None,
        profile: TwilioProfile::Twilio,
    };
    let webhooks = Webhooks::new(&config, PUBLIC_URL, Box::new(|_, _| {})).told_by(Prover::new([7; 32]));
    Place::with_webhooks(webhooks).await
}

/// Posts this form, signed by this token for this target.
async fn posts(place: &Place, target: &str, body: &str, token: &str) -> Answer {
    let form = Form::parse(body.as_bytes()).expect("a form of this test");
    let signed = Signed { target, content: Content::Form(&form) };
    let signature = Keys::new([&SecretString::from(token)]).sign(&PublicUrl::new(PUBLIC_URL), signed).expect("a key");
    let headers =
        [("content-type", "application/x-www-form-urlencoded; charset=UTF-8"), ("x-twilio-signature", &signature)];
    place.posts(target, &headers, body).await
}

fn asks(prover: &Prover) -> (String, String) {
    let [question, proof] = prover.question(NOW, 1);
    let body = format!("AccountSid={SID}&{}={}&{}={}", question.0, question.1, proof.0, proof.1);
    (question.1, body)
}

#[tokio::test]
async fn who_has_the_secret_is_told_what_came_and_nobody_else() {
    let place = place(TwilioRing::Dial).await;
    let prover = Prover::new([7; 32]);
    let (question, body) = asks(&prover);
    let target = format!("{}?{}", self_test::PATH, self_test::QUERY);
    let seen: Seen = serde_json::from_value(posts(&place, &target, &body, "hush").await.ok()).expect("what was seen");
    assert!(prover.is_answer(&seen.proof, &question));
    assert_eq!((&seen.target, seen.signed_for), (&target, format!("{PUBLIC_URL}{target}")));
    assert_eq!((seen.body, seen.fault), (self_test::hash(body.as_bytes()), None));

    let unsigned: Seen =
        serde_json::from_value(posts(&place, &target, &body, "other").await.ok()).expect("what was seen");
    assert!(unsigned.fault.is_some_and(|fault| fault.contains("not signed with this account's key")));
    let elsewhere = posts(&place, "/twilio/old/self-test", &body, "hush").await.ok();
    assert_eq!(elsewhere["target"], "/twilio/old/self-test");

    let (_, guessed) = asks(&Prover::new([8; 32]));
    assert_eq!(posts(&place, &target, &guessed, "other").await.status, StatusCode::FORBIDDEN);
    let twilios = posts(&place, &target, &guessed, "hush").await;
    assert!(
        twilios.text.starts_with("<?xml"),
        "the account hears what it hears of every unknown address: {}",
        twilios.text
    );
}

#[tokio::test]
async fn what_twilio_could_not_use_is_counted() {
    let place = place(TwilioRing::Dial).await;
    let call = format!(
        "AccountSid={SID}&CallSid=CA11111111111111111111111111111111&From=%2B34600999888&To=%2B34911234567&\
         ErrorCode=11200&ErrorUrl=https%3A%2F%2Fphone.example.com%2Ftwilio%2Fvoice"
    );
    let answer = posts(&place, "/twilio/voice", &call, "hush").await;
    assert!(answer.text.starts_with("<?xml"), "and it is a call all the same: {}", answer.text);
    let metrics = place.ask(axum::http::Method::GET, "/metrics", &[], Some("127.0.0.1:5000")).await;
    let counted = metrics.text.lines().find_map(|line| line.strip_prefix("ringall_twilio_errors_total "));
    assert!(counted.is_some_and(|count| count != "0"), "{}", metrics.text);
}

#[tokio::test]
async fn the_owner_is_told_why_sip_is_better_where_twilio_rings() {
    for (ring, is_told) in [(TwilioRing::Dial, true), (TwilioRing::Sip, false)] {
        let place = place(ring).await;
        for (language, said) in [("en", "no mailbox stops the others"), ("es", "ningún buzón corta a los demás")] {
            let page = place.anas_browser().await.speaking(language).opens("/phones").await.text;
            assert_eq!(page.contains(said), is_told, "{ring:?} {language}: {page}");
        }
    }
    let page = Place::of_one_shop().await.anas_browser().await.opens("/phones").await.text;
    assert!(!page.contains("Twilio"), "{page}");
}
