//! What we ask of Twilio, as its published description has it, and every way in which it can go wrong.

use std::time::Duration;

use ringall::twilio::rest::{CallChange, LeadsTo, NewCall, RestError};
use ringall::twilio::work::Recording;
use serde_json::{Value, json};

use crate::twilio_stand_in::{Does, Got, StandIn};

fn number(voice_url: &str) -> Value {
    json!({
        "sid": "PN1", "account_sid": crate::twilio_stand_in::SID, "phone_number": "+34911234567", "friendly_name": "Shop",
        "voice_url": voice_url, "voice_method": "POST", "voice_fallback_url": null, "voice_fallback_method": "POST",
        "status_callback": "", "status_callback_method": "POST", "voice_application_sid": null, "trunk_sid": null,
        "capabilities": {"voice": true},
    })
}

fn got(asked: &str, fields: &[(&str, &str)]) -> Got {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Got { asked: asked.to_owned(), fields }
}

fn recording(url: String) -> Recording {
    Recording { sid: "RE1".to_owned(), url }
}

#[tokio::test]
async fn a_number_is_found_by_its_digits_and_led_elsewhere() {
    let others = json!({"incoming_phone_numbers": [
        {"sid": "PN0", "phone_number": "+349112345670"}, number("https://demo.twilio.com/welcome/voice/"),
    ]});
    let twilio =
        StandIn::that([Does::json(200, &others), Does::json(200, &number("https://a.example/twilio/voice"))]).await;
    let rest = twilio.rest();
    let found = rest.number("+34911234567").await.expect("an answer").expect("a number");
    assert_eq!(
        (found.sid.as_str(), found.leads_to.voice_url.as_str()),
        ("PN1", "https://demo.twilio.com/welcome/voice/")
    );
    assert_eq!((found.leads_to.fallback_url.as_str(), found.trunk_sid.as_str()), ("", ""));
    let post = || "POST".to_owned();
    let leads_to = LeadsTo {
        voice_url: "https://a.example/twilio/voice".to_owned(),
        voice_method: post(),
        fallback_url: "https://handler.twilio.com/twiml/EH1".to_owned(),
        fallback_method: post(),
        status_callback: "https://a.example/twilio/status".to_owned(),
        status_callback_method: post(),
    };
    let led = rest.lead("PN1", &leads_to).await.expect("an answer");
    assert_eq!(led.leads_to.voice_url, "https://a.example/twilio/voice");
    assert_eq!(
        twilio.got(),
        [
            got("GET /IncomingPhoneNumbers.json", &[("PhoneNumber", "+34911234567")]),
            got(
                "POST /IncomingPhoneNumbers/PN1.json",
                &[
                    ("VoiceUrl", "https://a.example/twilio/voice"),
                    ("VoiceMethod", "POST"),
                    ("VoiceFallbackUrl", "https://handler.twilio.com/twiml/EH1"),
                    ("VoiceFallbackMethod", "POST"),
                    ("StatusCallback", "https://a.example/twilio/status"),
                    ("StatusCallbackMethod", "POST"),
                    ("VoiceApplicationSid", ""),
                ]
            ),
        ]
    );
}

#[tokio::test]
async fn a_number_that_the_account_has_not_is_none() {
    let twilio = StandIn::that([Does::json(200, &json!({"incoming_phone_numbers": []}))]).await;
    assert_eq!(twilio.rest().number("+34911234567").await.expect("an answer"), None);
}

#[tokio::test]
async fn calls_are_made_and_changed() {
    let twilio = StandIn::that([Does::json(201, &json!({"sid": "CA1", "status": "queued"}))]).await;
    let rest = twilio.rest();
    let call = NewCall {
        from: "+34911234567",
        to: "+34600111222",
        url: "https://a.example/twilio/screen/1",
        status_callback: Some("https://a.example/twilio/leg/1"),
        rings: Duration::from_secs(25),
    };
    assert_eq!(rest.create_call(&call).await.expect("an answer"), "CA1");
    rest.change_call("CA1", &CallChange::Completed).await.expect("an answer");
    rest.change_call("CA1", &CallChange::Asks { url: "https://a.example/twilio/voice?a=1&b=ñ" })
        .await
        .expect("an answer");
    assert_eq!(
        twilio.got(),
        [
            got(
                "POST /Calls.json",
                &[
                    ("From", "+34911234567"),
                    ("To", "+34600111222"),
                    ("Url", "https://a.example/twilio/screen/1"),
                    ("Method", "POST"),
                    ("Timeout", "25"),
                    ("StatusCallbackEvent", "initiated"),
                    ("StatusCallbackEvent", "ringing"),
                    ("StatusCallbackEvent", "answered"),
                    ("StatusCallbackEvent", "completed"),
                    ("StatusCallback", "https://a.example/twilio/leg/1"),
                    ("StatusCallbackMethod", "POST"),
                ]
            ),
            got("POST /Calls/CA1.json", &[("Status", "completed")]),
            got("POST /Calls/CA1.json", &[("Url", "https://a.example/twilio/voice?a=1&b=ñ"), ("Method", "POST")]),
        ]
    );
}

#[tokio::test]
async fn a_recording_is_fetched_whole_and_forgotten() {
    let twilio = StandIn::that([
        Does::Answers(200, vec![7; 100_000]),
        Does::Answers(204, Vec::new()),
        Does::Answers(404, Vec::new()),
    ])
    .await;
    let rest = twilio.rest();
    let wave = rest.recording(&recording(twilio.url("/Recordings/RE1"))).await.expect("an answer");
    assert_eq!(wave, vec![7; 100_000]);
    rest.delete_recording("RE1").await.expect("an answer");
    rest.delete_recording("RE1").await.expect("what is gone already is as good");
    assert_eq!(
        twilio.got(),
        [
            got("GET /Recordings/RE1.wav", &[]),
            got("DELETE /Recordings/RE1.json", &[]),
            got("DELETE /Recordings/RE1.json", &[])
        ]
    );
}

#[tokio::test]
async fn nothing_is_fetched_from_elsewhere() {
    let elsewhere = StandIn::that([Does::Answers(200, vec![7; 100])]).await;
    let location = format!("Location: {}\r\n", elsewhere.url("/Recordings/RE1.wav"));
    let twilio = StandIn::that([Does::AnswersWith(302, location.leak())]).await;
    let rest = twilio.rest();
    let error = rest.recording(&recording(twilio.url("/Recordings/RE1"))).await.expect_err("a redirect");
    assert!(
        matches!(&error, RestError::Elsewhere(host) if host == "127.0.0.1") && error.again_after().is_none(),
        "{error}"
    );
    for url in [elsewhere.url("/Recordings/RE1"), "https://evil.example/RE1".to_owned(), "RE1".to_owned()] {
        let error = rest.recording(&recording(url)).await.expect_err("another host");
        assert!(matches!(error, RestError::Elsewhere(_)), "{error}");
    }
    assert_eq!(elsewhere.got(), [], "our token went nowhere");
    assert_eq!(twilio.got().len(), 1);
}

#[tokio::test]
async fn what_never_ends_is_given_up() {
    let twilio = StandIn::that([Does::Answers(200, vec![7; 9 * 1024 * 1024])]).await;
    let rest = twilio.rest().waiting(Duration::from_secs(30));
    let error = rest.recording(&recording(twilio.url("/Recordings/RE1"))).await.expect_err("too much");
    assert!(matches!(error, RestError::TooLong(_)) && error.again_after().is_none(), "{error}");
}

#[tokio::test]
async fn every_fault_says_what_it_is_and_whether_to_try_again() {
    let said = json!({"code": 21220, "message": "Call is not in-progress. Cannot redirect.", "status": 400});
    for (does, expected, again) in [
        (Does::json(401, &json!({"code": 20003})), "look at [twilio] account_sid and auth_token", Some(0)),
        (Does::Answers(404, Vec::new()), "no such thing there (404)", None),
        (Does::AnswersWith(429, "Retry-After: 7\r\n"), "again in 7 seconds", Some(7)),
        (Does::Answers(429, Vec::new()), "again in 5 seconds", Some(5)),
        (Does::AnswersWith(429, "Retry-After: 99999\r\n"), "again in 600 seconds", Some(600)),
        (Does::Answers(500, Vec::new()), "trouble on its side (500)", Some(0)),
        (Does::Answers(503, Vec::new()), "trouble on its side (503)", Some(0)),
        (Does::json(400, &said), "refused (400): error 21220, Call is not in-progress.", None),
        (Does::BreaksOff, "the answer broke off", Some(0)),
        (Does::Answers(200, b"<html>".to_vec()), "the answer broke off, or was none", Some(0)),
        (Does::SaysNothing, "did not answer in time", Some(0)),
    ] {
        let twilio = StandIn::that([does.clone()]).await;
        let error = twilio.rest().number("+34911234567").await.expect_err("a fault");
        assert!(error.to_string().contains(expected), "{does:?}: {error}");
        assert_eq!(error.again_after(), again.map(Duration::from_secs), "{does:?}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}

#[tokio::test]
async fn nobody_there_is_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a port");
    let port = listener.local_addr().expect("it is bound").port();
    drop(listener);
    let twilio = StandIn::that([Does::Answers(200, Vec::new())]).await;
    let error = twilio.rest().document(&format!("http://127.0.0.1:{port}/")).await.expect_err("nobody");
    assert!(matches!(error, RestError::NotReached { .. }) && error.again_after().is_some(), "{error}");
}
