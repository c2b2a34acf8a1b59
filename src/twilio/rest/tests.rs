use super::*;
use crate::config::TwilioRing;

fn rest(profile: TwilioProfile) -> Rest {
    Rest::new(&Twilio {
        account_sid: "AC00000000000000000000000000000000".to_owned(),
        auth_token: SecretString::from("hush"),
        next_auth_token: None,
        ring: TwilioRing::Dial,
        sip: None,
        profile,
    })
    .expect("this machine has certificates of authorities")
}

fn trusted(rest: &Rest, url: &str) -> &'static str {
    match rest.trust(&Url::parse(url).expect("an address of this test")) {
        Trust::WithCredentials => "with",
        Trust::WithoutCredentials => "without",
        Trust::Never => "never",
    }
}

#[test]
fn the_token_goes_to_the_carriers_own_hosts_alone() {
    let twilio = rest(TwilioProfile::Twilio);
    for (url, expected) in [
        ("https://api.twilio.com/2010-04-01/Accounts/AC0/Recordings/RE0", "with"),
        ("https://api.dublin.ie1.twilio.com/2010-04-01/Accounts/AC0/Recordings/RE0", "with"),
        ("http://api.twilio.com/RE0", "never"),
        ("https://api.twilio.com:8443/RE0", "never"),
        ("https://api.twilio.com@evil.example/RE0", "never"),
        ("https://u:p@api.twilio.com/RE0", "never"),
        ("https://api.twilio.com.evil.example/RE0", "never"),
        ("https://api.eviltwilio.com/RE0", "never"),
        ("https://127.0.0.1/RE0", "never"),
        ("file:///etc/passwd", "never"),
    ] {
        assert_eq!(trusted(&twilio, url), expected, "{url}");
    }
    let space = "example.signalwire.com".to_owned();
    let signalwire = rest(TwilioProfile::SignalWire { signing_key: SecretString::from("hush"), space });
    assert_eq!(trusted(&signalwire, "https://example.signalwire.com/api/laml/RE0"), "with");
    assert_eq!(trusted(&signalwire, "https://other.signalwire.com/api/laml/RE0"), "never");
    let telnyx = rest(TwilioProfile::Telnyx { public_key: [0; 32] });
    assert_eq!(trusted(&telnyx, "https://s3.amazonaws.com/telephony-recorder-prod/x.wav?X-Amz=1"), "without");
    assert_eq!(trusted(&telnyx, "https://api.telnyx.com/v2/recordings/x"), "with");
    assert_eq!(trusted(&telnyx, "https://s3.amazonaws.com.evil.example/x.wav"), "never");
    assert!(!format!("{twilio:?}").contains("hush"));
}

#[test]
fn telnyx_has_its_calls_without_an_ending() {
    let twilio = rest(TwilioProfile::Twilio);
    let telnyx = rest(TwilioProfile::Telnyx { public_key: [0; 32] });
    for (rest, all, one) in [(&twilio, "/Calls.json", "/Calls/CA1.json"), (&telnyx, "/Calls", "/Calls/CA1")] {
        assert_eq!(rest.calls(None).expect("an address"), format!("{}{all}", rest.base));
        assert_eq!(rest.calls(Some("CA1")).expect("an address"), format!("{}{one}", rest.base));
    }
}

#[test]
fn a_name_stays_in_its_place() {
    for sid in ["RE00000000000000000000000000000000", "v3:abc-DEF_1.2", "6b9b7c1e-5f0a-4a5e-9d0e-000000000000"] {
        assert!(name(sid).is_ok(), "{sid}");
    }
    for sid in ["", "RE0/../Calls", "RE0?x", "RE 0", "..", ".", "RE0%2f", "RÉ"] {
        assert!(matches!(name(sid), Err(RestError::NoName(_))), "{sid}");
    }
    assert!(name(&"a".repeat(129)).is_err());
}
