use super::*;

const SHOP: &str = "[shop]\nname = \"Ruiz\"\ntime_zone = \"Europe/Madrid\"\ncountry = \"ES\"\n";

fn refused(text: &str) -> String {
    read(text, Path::new("ruiz.toml"), "ringall", Algorithm::Md5).expect_err(text).to_string()
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let counter = "[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"p\"\n";
    for (rest, place) in [
        ("hours = \"Mo-Fr 9-never\"", "shop.hours: expected opening hours"),
        ("numbers = [\"+34911234567\", \"911\"]", "shop.numbers[1]: expected a telephone number"),
        ("numbers = [\"+34911234567\", \"+34911234567\"]", "shop.numbers[1]: \"+34911234567\" is there twice"),
        ("calls_to = [\"ES\", \"Spain\"]", "shop.calls_to[1]: expected a country by its two letters"),
        ("calls_to = [\"ES\", \"es\"]", "shop.calls_to[1]: \"ES\" is there twice"),
        ("calls_to = \"ES\"", "shop.calls_to: expected"),
        ("language = \"fr\"", "shop.language: expected \"en\" or \"es\", found \"fr\""),
        ("give_up_after_s = 29", "shop.give_up_after_s: expected a whole number from 30 to 300, found 29"),
        ("give_up_after_s = 301", "shop.give_up_after_s: expected a whole number from 30 to 300"),
        ("give_up_after_s = \"60\"", "shop.give_up_after_s: expected a whole number"),
        ("notify = [\"https://a/b\", \"http://plain.example\"]", "shop.notify[1]: expected an address such as"),
        ("notify = [\"sms:+34600111222\"]", "shop.notify[0]: expected an address such as"),
        ("call_back_ring = \"no\"", "shop.call_back_ring: expected true or false"),
        ("hour = \"24/7\"", "shop.hour: no such key; expected one of: name, "),
        ("[[phones]]", "phones: no such key"),
        ("[[phone]]\nname = \"A\"", "phone[0].user: missing; expected one of user"),
        ("[[phone]]\nuser = \"a\"\npassword = \"p\"", "phone[0].name: missing"),
        (
            "[[phone]]\nname = \"A\"\nuser = \"a\"\ncontact = \"sip:a@b\"",
            "phone[0].contact: a phone has exactly one of",
        ),
        ("[[phone]]\nname = \"A\"\nuser = \"a\"", "phone[0].password: missing"),
        ("[[phone]]\nname = \"A\"\nuser = \"a b\"\npassword = \"p\"", "phone[0].user: expected a name"),
        ("[[phone]]\nname = \"A\"\nuser = \"a\"\npassword = \"\"", "phone[0].password: expected a password"),
        ("[[phone]]\nname = \"A\"\nuser = \"a\"\nha1 = \"12\"", "phone[0].ha1: expected 32 hex digits"),
        ("[[phone]]\nname = \"A\"\nuser = \"a\"\npassword = \"p\"\nha1 = \"12\"", "phone[0].ha1: password is given"),
        ("[[phone]]\nname = \"A\"\ncontact = \"sip:a@b\"\npassword = \"p\"", "phone[0].password: only a phone with"),
        ("[[phone]]\nname = \"A\"\ncontact = \"tel:+34\"", "phone[0].contact: expected a SIP address"),
        ("[[phone]]\nname = \"A\"\nnumber = \"12\"", "phone[0].number: expected a telephone number"),
        ("[[phone]]\nname = \"A\"\nnumber = \"+34600111222\"\nafter_s = 301", "phone[0].after_s: expected"),
        ("[[closure]]\nfrom = \"2026-12-24\"\nto = \"2026-12-26T09:00\"", "closure[0].from: expected a date and time"),
        ("[[closure]]\nfrom = \"2026-12-24T14:00\"\nto = \"2026-12-24T14:00\"", "closure[0].to: expected a date and"),
        ("[[contact]]\nname = \"Jo\"", "contact[0].number: missing"),
        ("[[block]]\nnumber = \"+34900000000\"\nwhy = \"spam\"", "block[0].why: no such key"),
        ("[[block]]\nnumber = \"+34900000000\"\n[[block]]\nnumber = \"+34900000000\"", "block[1].number: "),
    ] {
        let message = refused(&format!("{SHOP}{rest}"));
        assert!(message.starts_with(&format!("ruiz.toml: {place}")), "{rest}: {message}");
    }
    let second = "[[phone]]\nname = \"Office\"\nuser = \"counter\"\npassword = \"p\"";
    assert!(refused(&format!("{SHOP}{counter}{second}")).contains("phone[1].user: \"counter\" is there twice"));
    assert!(refused(&format!("{SHOP}{counter}{counter}")).contains("phone[1].name: \"Counter\" is there twice"));
    assert!(refused(&SHOP.replace("Madrid", "Madird")).contains("shop.time_zone: expected an IANA time zone"));
    assert!(refused(&SHOP.replace("\"ES\"", "\"Spain\"")).contains("shop.country: expected a country"));
    assert!(refused("").contains("shop.name: missing"));
}

#[test]
fn no_secret_stands_in_a_message() {
    let secret = "[[phone]]\nname = \"A\"\nuser = \"a\"\npassword = \"hush\\u0007hush\"";
    assert!(!refused(&format!("{SHOP}{secret}")).contains("hush"));
    for (address, found) in [
        ("http://ntfy.example/hush", "http:// to the internet, where anybody reads along; write https://"),
        ("sms:hush", "the scheme \"sms\", which nothing is sent by"),
        ("hush", "something without a scheme"),
    ] {
        let message = refused(&format!("{SHOP}notify = [\"{address}\"]"));
        assert!(message.ends_with(&format!("found {found}")) && !message.contains("hush"), "{message}");
    }
}

#[test]
fn what_is_not_said_has_its_default() {
    let shop = read(SHOP, Path::new("ruiz.toml"), "ringall", Algorithm::Md5).unwrap().shop;
    assert_eq!(shop.language, Language::En);
    assert_eq!(shop.give_up_after, Duration::from_secs(120));
    assert_eq!(shop.calls_to, [Country(*b"ES")], "its own country, and no other");
    assert!(shop.hours.is_none() && shop.numbers.is_empty() && shop.phones.is_empty());
}

#[test]
fn the_countries_that_may_be_called_are_those_that_are_named() {
    let calls_to = |line: &str| {
        let text = format!("{SHOP}{line}\n");
        let settings = read(&text, Path::new("ruiz.toml"), "ringall", Algorithm::Md5).unwrap();
        let again = read(&write(&settings), Path::new("ruiz.toml"), "ringall", Algorithm::Md5).unwrap();
        assert_eq!(again.shop.calls_to, settings.shop.calls_to, "as it was written");
        settings.shop.calls_to
    };
    assert_eq!(calls_to("calls_to = [\"es\", \"PT\"]"), [Country(*b"ES"), Country(*b"PT")]);
    assert_eq!(calls_to("calls_to = [\"PT\"]"), [Country(*b"PT")], "without its own, if that is what they say");
    assert_eq!(calls_to("calls_to = []"), []);
}

#[test]
fn the_digest_is_that_of_rfc_2617() {
    // RFC 2617 §3.5: Mufasa, testrealm@host.com, Circle Of Life.
    let phone = "[[phone]]\nname = \"A\"\nuser = \"Mufasa\"\npassword = \"Circle Of Life\"";
    let shop = read(&format!("{SHOP}{phone}"), Path::new("x"), "testrealm@host.com", Algorithm::Md5).unwrap().shop;
    let Line::Registers { ha1, .. } = &shop.phones[0].line else { panic!("{:?}", shop.phones[0].line) };
    assert_eq!(ha1.0, "939e7578ed9e3c518a452acee763bce9");
}

/// A hash of the wrong kind would be a phone that can never register.
#[test]
fn hashes_are_of_the_installations_own_kind() {
    let phone = |line: &str| format!("{SHOP}[[phone]]\nname = \"A\"\nuser = \"a\"\n{line}");
    let read = |line: &str, digest| read(&phone(line), Path::new("x"), "ringall", digest);
    let stored = |line: &str, digest| match &read(line, digest).unwrap().shop.phones[0].line {
        Line::Registers { ha1, .. } => ha1.0.clone(),
        other => panic!("{other:?}"),
    };
    let (short, long) = ("a".repeat(32), "a".repeat(64));
    let [short_line, long_line] = [&short, &long].map(|hash| format!("ha1 = \"{hash}\""));
    assert_eq!(stored(&long_line, Algorithm::Sha256), long);
    assert_eq!(stored(&short_line, Algorithm::Md5), short);
    // printf a:ringall:secret | sha256sum
    let made = "8f2b4d2941096b42dc60d5108212f8bdebf3feacbca78cceb29005a264118212";
    assert_eq!(stored("password = \"secret\"", Algorithm::Sha256), made);
    for (line, digest, expected) in [
        (short_line, Algorithm::Sha256, "phone[0].ha1: expected 64 hex digits, the SHA-256"),
        (long_line, Algorithm::Md5, "phone[0].ha1: expected 32 hex digits, the MD5"),
    ] {
        let error = read(&line, digest).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}
