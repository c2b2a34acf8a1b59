//! Signatures of webhooks: values that Twilio's own libraries and documents give, and what must not pass.

use proptest::prelude::*;
use ringall::twilio::Form;
use ringall::twilio::public_url::PublicUrl;
use ringall::twilio::signature::{Content, Keys, Signed, Unsigned};
use secrecy::SecretString;

const JO: &str = "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";
const CALLER_5310: &str =
    "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212";
const TARGET: &str = "/myapp.php?foo=1&bar=2";
/// A number rings, with the caller's name: a request that Twilio's libraries test with.
const WITH_NAME: &str = "FromZip=89449&From=%2B15306666666&FromCity=SOUTH+LAKE+TAHOE&ApiVersion=2010-04-01&\
    To=%2B15306384866&CallStatus=ringing&CalledState=CA&FromState=CA&Direction=inbound&ToCity=OAKLAND&ToZip=94612&\
    CallerCity=SOUTH+LAKE+TAHOE&FromCountry=US&CallerName=CA+Wireless+Call&CalledCity=OAKLAND&CalledCountry=US&\
    Caller=%2B15306666666&CallerZip=89449&AccountSid=AC9a9f9392lad99kla0sklakjs90j092j3&Called=%2B15306384866&\
    CallerCountry=US&CalledZip=94612&CallSid=CAd800bb12c0426a7ea4230e492fef2a4f&CallerState=CA&ToCountry=US&ToState=CA";
const JSON: &str = "{\"property\": \"value\", \"boolean\": true}";
const HASH: &str = "bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";

fn keys(tokens: &[&str]) -> Keys {
    Keys::new(&tokens.iter().map(|token| SecretString::from(*token)).collect::<Vec<_>>())
}

fn form(body: &str) -> Form {
    Form::parse(body.as_bytes()).expect("a form of this test")
}

/// A form that came to `target` below `public`.
fn posted(token: &str, public: &str, target: &str, body: &str, signature: &str) -> Result<(), Unsigned> {
    let form = form(body);
    keys(&[token]).check(&PublicUrl::new(public), Signed { target, content: Content::Form(&form) }, signature)
}

#[test]
fn what_twilio_signs_is_believed() {
    for (token, public, target, body, signature) in [
        ("12345", "https://mycompany.com", TARGET, JO, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("12345", "https://mycompany.com", TARGET, CALLER_5310, "GvWf1cFY/Q7PnoempGyD5oXAezc="),
        // Signed without the port that the request came to, with the standard one that it did not name, with its own.
        ("12345", "https://mycompany.com:1234", TARGET, JO, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("12345", "https://mycompany.com", TARGET, JO, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("12345", "http://mycompany.com:1234", TARGET, JO, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        ("12345", "http://mycompany.com", TARGET, JO, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (
            "1c892n40nd03kdnc0112slzkl3091j20",
            "http://www.postbin.org",
            "/1ed898x",
            WITH_NAME,
            "fF+xx6dTinOaCdZ0aIeNkHr/ZAA=",
        ),
        // CallSid, CallStatus, Called, Caller: by code points, not as people sort.
        (
            "twilio-test-token",
            "https://example.com",
            "/twilio/voice",
            "AccountSid=AC123&CallSid=CA123&CallStatus=ringing&Called=%2B14155550199&Caller=%2B14155550100&\
             From=%2B14155550100&To=%2B14155550199",
            "vTMYeb4FrYjNFHkuYMDv271CgVI=",
        ),
        // User and password in the address, a path of the proxy's, a blank field, letters beyond ASCII.
        (
            "hush",
            "https://u:p@a.example/shop/#ct=2000",
            "/twilio/voice?x=1",
            "FromCity=&AccountSid=AC1&Say=Ferreter%C3%ADa",
            "vdAgip35VvkblyteF7VIPZnGntQ=",
        ),
    ] {
        assert_eq!(posted(token, public, target, body, signature), Ok(()), "{public}{target} {body}");
        assert_eq!(posted("another", public, target, body, signature), Err(Unsigned::NotOurs), "{public}{target}");
    }
}

#[test]
fn the_order_of_a_form_does_not_matter_and_blank_fields_do() {
    let mut fields: Vec<&str> = JO.split('&').collect();
    fields.reverse();
    let reversed = fields.join("&");
    assert_eq!(posted("12345", "https://mycompany.com", TARGET, &reversed, "RSOYDt4T1cUTdK1PDd93/VVr8B8="), Ok(()));
    let blank = format!("{JO}&FromCity=");
    let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    assert_eq!(posted("12345", "https://mycompany.com", TARGET, &blank, signature), Err(Unsigned::NotOurs));
}

#[test]
fn a_repeated_field_is_signed_once_for_each_value_and_decides_nothing() {
    let public = PublicUrl::new("https://mycompany.com");
    // The value of Twilio's library is for this form: the values sorted, each once.
    let signature = "IK+Dwps556ElfBT0I3Rgjkr1wJU=";
    for body in [
        "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
        "Digits=1234&SidAccount=AC123&Digits=5678&Sid=CA123",
    ] {
        // Signed well, but which of the two was pressed?
        let said = posted("12345", "https://mycompany.com", TARGET, body, signature);
        assert_eq!(said, Err(Unsigned::Ambiguous("Digits".to_owned())), "{body}");
    }
    let check = |body: &str| {
        let form = form(body);
        let signed = Signed { target: TARGET, content: Content::Form(&form) };
        let signature = keys(&["12345"]).sign(&public, signed).expect("a key");
        keys(&["12345"]).check(&public, signed, &signature)
    };
    for name in ["AccountSid", "CallSid", "From", "To", "DialBridged", "CallStatus", "RecordingUrl"] {
        assert_eq!(check(&format!("{name}=a&{name}=b")), Err(Unsigned::Ambiguous(name.to_owned())));
        assert_eq!(check(&format!("{name}=a&{name}=a")), Ok(()), "the same twice is once");
    }
    assert_eq!(check("Media=a&Media=b"), Ok(()), "what we never read may be a list");
}

#[test]
fn a_body_that_is_no_form_is_signed_by_its_hash() {
    let json = |query: &str, body: &str, signature: &str| {
        let target = format!("/myapp.php?{query}");
        let signed = Signed { target: &target, content: Content::Bytes(body.as_bytes()) };
        keys(&["12345"]).check(&PublicUrl::new("https://mycompany.com"), signed, signature)
    };
    let both = format!("foo=1&bar=2&{HASH}");
    assert_eq!(json(&both, JSON, "a9nBmqA0ju/hNViExpshrM61xv4="), Ok(()));
    assert_eq!(json(HASH, JSON, "y77kIzt2vzLz71DgmJGsen2scGs="), Ok(()));
    assert_eq!(json(HASH, "{}", "y77kIzt2vzLz71DgmJGsen2scGs="), Err(Unsigned::AnotherBody));
    assert_eq!(json(&both, JSON, "y77kIzt2vzLz71DgmJGsen2scGs="), Err(Unsigned::NotOurs));
    assert_eq!(json("foo=1&bar=2", JSON, "RSOYDt4T1cUTdK1PDd93/VVr8B8="), Err(Unsigned::NoBodyHash));
}

#[test]
fn a_get_is_signed_by_its_address_alone() {
    let get = |target: &str| {
        let signed = Signed { target, content: Content::Nothing };
        keys(&["hush"]).check(&PublicUrl::new("https://a.example"), signed, "LHhtpKCwSY2omMD3KlXrZPoZg2M=")
    };
    assert_eq!(get("/twilio/voice?Digits=1&x=%2B"), Ok(()));
    assert_eq!(get("/twilio/voice?Digits=2&x=%2B"), Err(Unsigned::NotOurs));
    assert_eq!(get("/twilio/voice?Digits=1&x=%2b"), Err(Unsigned::NotOurs), "the bytes of the request line");
    assert_eq!(get("/twilio/voice"), Err(Unsigned::NotOurs));
}

#[test]
fn while_the_token_is_changed_both_are_taken() {
    let (public, form) = (PublicUrl::new("https://a.example"), form(JO));
    let signed = Signed { target: "/twilio/voice", content: Content::Form(&form) };
    let by = |token: &str| keys(&[token]).sign(&public, signed).expect("a key");
    let both = keys(&["old", "new"]);
    assert_eq!(both.check(&public, signed, &by("old")), Ok(()));
    assert_eq!(both.check(&public, signed, &by("new")), Ok(()));
    assert_eq!(both.check(&public, signed, &by("older")), Err(Unsigned::NotOurs));
    assert_eq!(
        keys(&[]).check(&public, signed, &by("old")),
        Err(Unsigned::NotOurs),
        "without a key nobody is believed"
    );
    assert!(!format!("{both:?}").contains("new"));
}

#[test]
fn another_address_is_another_request() {
    let (public, form) = (PublicUrl::new("https://a.example"), form(JO));
    let signed = Signed { target: "/twilio/voice", content: Content::Form(&form) };
    let signature = keys(&["hush"]).sign(&public, signed).expect("a key");
    for elsewhere in ["https://b.example", "http://a.example", "https://a.example:8443", "https://a.example/shop"] {
        let said = keys(&["hush"]).check(&PublicUrl::new(elsewhere), signed, &signature);
        // With a port of its own the address without one is tried too: Twilio leaves it out at times.
        let expected = if elsewhere.ends_with(":8443") { Ok(()) } else { Err(Unsigned::NotOurs) };
        assert_eq!(said, expected, "{elsewhere}");
    }
    for target in ["/twilio/voic", "/twilio/voice?", "/twilio/voice/", "/Twilio/voice"] {
        let said = keys(&["hush"]).check(&public, Signed { target, ..signed }, &signature);
        assert_eq!(said, Err(Unsigned::NotOurs), "{target}");
    }
    for signature in ["", "?", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "AAAA", "RSOYDt4T1cUTdK1PDd93/VVr8B9="] {
        assert!(keys(&["hush"]).check(&public, signed, signature).is_err(), "{signature}");
    }
}

/// One of the texts with one bit of it turned; `None` where that is no text any more.
fn turned(text: &str, bit: usize) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = bit / 8 % bytes.len();
    bytes[at] ^= 1 << (bit % 8);
    String::from_utf8(bytes).ok()
}

#[test]
fn one_bit_of_the_signature_and_it_is_refused() {
    let good = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    for bit in 0..good.len() * 8 {
        let Some(turned) = turned(good, bit) else { continue };
        assert!(posted("12345", "https://mycompany.com", TARGET, JO, &turned).is_err(), "{turned}");
    }
}

proptest! {
    #[test]
    fn one_bit_of_what_is_said_and_it_is_refused(bit in 0_usize..100_000) {
        let (token, public, signature) = ("1c892n40nd03kdnc0112slzkl3091j20", "http://www.postbin.org", "fF+xx6dTinOaCdZ0aIeNkHr/ZAA=");
        if let Some(body) = turned(WITH_NAME, bit)
            && let Ok(form) = Form::parse(body.as_bytes())
            // `%2b` is what `%2B` is.
            && form != self::form(WITH_NAME)
        {
            let signed = Signed { target: "/1ed898x", content: Content::Form(&form) };
            prop_assert!(keys(&[token]).check(&PublicUrl::new(public), signed, signature).is_err(), "{}", body);
        }
        if let Some(target) = turned("/1ed898x", bit) {
            prop_assert!(posted(token, public, &target, WITH_NAME, signature).is_err(), "{}", target);
        }
        if let Some(token) = turned(token, bit) {
            prop_assert!(posted(&token, public, "/1ed898x", WITH_NAME, signature).is_err());
        }
    }

    #[test]
    fn what_we_sign_ourselves_is_believed(
        fields in prop::collection::vec(("[A-Za-z]{1,12}", "[ -~é]{0,20}"), 0..12),
        port in prop::option::of(1_u16..),
    ) {
        let public = PublicUrl::new(&port.map_or("https://a.example".to_owned(), |port| format!("https://a.example:{port}")));
        let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let form = form(&body.join("&"));
        let signed = Signed { target: "/twilio/voice", content: Content::Form(&form) };
        let signature = keys(&["hush"]).sign(&public, signed).expect("a key");
        let said = keys(&["hush"]).check(&public, signed, &signature);
        prop_assert!(matches!(said, Ok(()) | Err(Unsigned::Ambiguous(_))), "{:?}", said);
    }
}
