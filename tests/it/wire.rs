//! The SIP reader and writer: the torture messages of RFC 4475, hostile bytes, and there-and-back.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use ringall::sip::address::Address;
use ringall::sip::message::{self, Contacts, Method, Received, Replaces, Start, Wanted};
use ringall::sip::uri::Uri;
use ringall::sip::via::Via;
use ringall::sip::wire::{self, Framing, Unreadable};

/// A message of `tests/corpora/rfc4475`, by its name in the RFC.
pub fn torture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/rfc4475").join(format!("{name}.dat"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(name: &str) -> Received {
    wire::read(&torture(name), Framing::Datagram).unwrap_or_else(|unreadable| panic!("{name}: {unreadable:?}"))
}

/// The response to a message that is answered as it stands, and its code.
fn answer(name: &str) -> (u16, String) {
    match wire::read(&torture(name), Framing::Datagram) {
        Err(Unreadable::Answer { bytes, code }) => (code, String::from_utf8(bytes).expect("our answers are UTF-8")),
        other => panic!("{name} is answered, not {other:?}"),
    }
}

/// What `expected.tsv` says, as far as the reader decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Readable; the rest of what the table says is for others to do.
    Readable,
    Answered(u16),
    Dropped,
}

/// One row a file. Where the table gives a choice, ours and why.
const FATES: &[(&str, Fate)] = &[
    // §3.1.1: valid.
    ("wsinv", Fate::Readable),
    ("intmeth", Fate::Answered(501)),
    ("esc01", Fate::Readable),
    ("escnull", Fate::Readable),
    ("esc02", Fate::Answered(501)),
    ("lwsdisp", Fate::Readable),
    ("longreq", Fate::Readable),
    ("dblreq", Fate::Readable),
    ("semiuri", Fate::Readable),
    ("transports", Fate::Readable),
    ("mpart01", Fate::Readable),
    ("unreason", Fate::Readable),
    ("noreason", Fate::Readable),
    // §3.1.2: invalid.
    ("badinv01", Fate::Answered(400)),
    ("clerr", Fate::Answered(400)),
    ("ncl", Fate::Answered(400)),
    ("scalar02", Fate::Answered(400)),
    ("scalarlg", Fate::Dropped),
    ("quotbal", Fate::Answered(400)),
    // The RFC allows to repair the next four; whoever sends them is no phone, and two readers may repair differently.
    ("ltgtruri", Fate::Answered(400)),
    ("lwsruri", Fate::Answered(400)),
    ("lwsstart", Fate::Answered(400)),
    ("trws", Fate::Answered(400)),
    ("escruri", Fate::Answered(400)),
    // The Date is nothing to us: RFC 3261 §8.2 wants malformed headers ignored that are not needed.
    ("baddate", Fate::Readable),
    ("regbadct", Fate::Answered(400)),
    ("badaspec", Fate::Answered(400)),
    ("baddn", Fate::Answered(400)),
    ("badvers", Fate::Answered(505)),
    ("mismatch01", Fate::Answered(400)),
    // The method is unknown before it can differ from the CSeq's.
    ("mismatch02", Fate::Answered(501)),
    ("bigcode", Fate::Dropped),
    // §3.2 to §3.4: readable, and for the layers above.
    ("badbranch", Fate::Readable),
    ("insuf", Fate::Answered(400)),
    ("unkscm", Fate::Answered(416)),
    ("novelsc", Fate::Answered(416)),
    // The To has an unknown scheme: RFC 3261 §8.2.2.1 says 416.
    ("unksm2", Fate::Answered(416)),
    ("bext01", Fate::Readable),
    ("invut", Fate::Readable),
    ("regaut01", Fate::Readable),
    ("multi01", Fate::Answered(400)),
    ("mcl01", Fate::Answered(400)),
    ("bcast", Fate::Readable),
    ("zeromf", Fate::Readable),
    ("cparam01", Fate::Readable),
    ("cparam02", Fate::Readable),
    ("regescrt", Fate::Readable),
    ("sdp01", Fate::Readable),
    ("inv2543", Fate::Readable),
    ("test", Fate::Dropped),
];

#[test]
fn every_torture_message_meets_its_fate() {
    let fates: BTreeMap<_, _> = FATES.iter().copied().collect();
    let table = include_str!("../corpora/rfc4475/expected.tsv");
    let names: Vec<_> = table.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(names.len(), fates.len(), "a row for every file");
    for name in names {
        let bytes = torture(name);
        let fate = match wire::read(&bytes, Framing::Datagram) {
            Ok(_) => Fate::Readable,
            Err(Unreadable::Answer { code, bytes }) => {
                let text = String::from_utf8(bytes).expect("our answers are UTF-8");
                assert!(text.starts_with(&format!("SIP/2.0 {code} {}\r\n", message::phrase(code))), "{name}: {text}");
                assert!(text.ends_with("Content-Length: 0\r\n\r\n"), "{name}: {text}");
                Fate::Answered(code)
            }
            Err(Unreadable::Drop(_)) => Fate::Dropped,
            Err(Unreadable::KeepAlive) => panic!("{name} is no keep-alive"),
        };
        assert_eq!(fate, fates[name], "{name}");
    }
}

#[test]
fn a_tortuous_invite_is_read_whole() {
    let message = read("wsinv");
    assert_eq!(message.method(), Some(&Method::Invite));
    assert_eq!(message.uri().unwrap().to_string(), "sip:vivekg@chair-dnrc.example.com;unknownparam");
    assert_eq!(message.to.to_string(), "<sip:vivekg@chair-dnrc.example.com>;tag=1918181833n");
    assert_eq!((message.from.display.as_str(), message.from.tag()), ("J Rosenberg \\\"", Some("98asjd8")));
    assert_eq!((message.cseq.number, message.cseq.method), (9, Method::Invite));
    assert_eq!((message.max_forwards, message.call_id.as_str()), (Some(68), "wsinv.ndaksdj@192.0.2.1"));
    let vias: Vec<_> = message.vias.iter().map(|via| Via::parse(via).unwrap().to_string()).collect();
    assert_eq!(
        vias,
        [
            "SIP/2.0/UDP 192.0.2.2;branch=390skdjuw",
            "SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8",
            "SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239",
        ]
    );
    assert_eq!(message.via.branch(), Some("390skdjuw"));
    let contact = message.contact().unwrap();
    assert_eq!((contact.display.as_str(), contact.param("q")), ("Quoted string \"\"", Some("0.33")));
    assert_eq!((contact.param("newparam"), contact.param("secondparam")), (Some("newvalue"), Some("")));
    assert_eq!(message.routes[0].uri.to_string(), "sip:services.example.com;lr;unknownwith=value;unknown-no-value");
    assert_eq!(message.content_type.as_deref(), Some("application/sdp"));
    assert!(message.body.starts_with(b"v=0\r\n") && message.body.ends_with(b"LPC\r\n"));
}

#[test]
fn an_unknown_method_is_told_what_is_known() {
    let (_, text) = answer("intmeth");
    assert!(text.contains("\r\nAllow: INVITE, ACK, CANCEL, BYE, "), "{text}");
    // Not cut at the NUL, and the CSeq goes back with its method.
    assert!(text.contains("To: \"BEL:\\\u{7} NUL:\\\0 DEL:\\\u{7f}\" <sip:1_unusual.URI~"), "{text}");
    assert!(text.contains("\r\nCSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\r\n"), "{text}");
    // RE%47IST%45R is not REGISTER.
    assert!(answer("esc02").1.contains("\r\nAllow: "));
}

#[test]
fn escapes_are_read_once_and_where_they_mean_something() {
    let message = read("esc01");
    assert_eq!(message.uri().unwrap().user_unescaped(), "sips:user@example.com");
    assert_eq!(message.uri().unwrap().host, "example.net");
    assert_eq!(message.to.uri.user_unescaped(), "user");
    assert_eq!(message.from.uri.user_unescaped(), "I have spaces");
    let contact = &message.contact().unwrap().uri;
    assert_eq!((contact.user_unescaped().as_str(), contact.has_param("lr")), ("caller", true));
    assert_eq!(contact.param("name"), Some("v%61lue%25%34%31"));

    let null = read("escnull");
    assert_eq!(null.to.uri.user_unescaped(), "null-\0-null");
    let Contacts::These(contacts) = &null.contacts else { panic!("{:?}", null.contacts) };
    assert_eq!(contacts.iter().map(|contact| contact.uri.user_unescaped()).collect::<Vec<_>>(), ["\0", "\0\0"]);

    let semicolon = read("semiuri");
    let uri = semicolon.uri().unwrap();
    assert_eq!((uri.user_unescaped().as_str(), uri.host.as_str()), ("user;par=u@example.net", "example.com"));
    assert!(uri.params.is_empty());
}

/// A request with this header more.
fn with(method: &str, header: &str) -> Result<Received, Unreadable> {
    let text = format!(
        "{method} sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <sip:x@192.0.2.9>;tag=1\r\n\
         To: <sip:a@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 {method}\r\n{header}\r\n\r\n"
    );
    wire::read(text.as_bytes(), Framing::Datagram)
}

#[test]
fn a_dialog_to_be_replaced_is_read_where_it_is_named() {
    let named = |early_only| Replaces {
        call_id: "12345@192.168.118.3".to_owned(),
        to_tag: "r33th4x0r".to_owned(),
        from_tag: "ff87ff".to_owned(),
        early_only,
    };
    for (value, early_only) in [
        ("12345@192.168.118.3;to-tag=r33th4x0r;from-tag=ff87ff", false),
        ("12345@192.168.118.3 ; FROM-TAG=ff87ff ;early-only; to-tag = \"r33th4x0r\"", true),
    ] {
        let read = with("INVITE", &format!("Replaces: {value}")).expect("an INVITE");
        assert_eq!(read.replaces, Some(named(early_only)), "{value}");
    }
    for bad in [
        "1",
        "1;to-tag=2",
        ";to-tag=2;from-tag=3",
        "1;to-tag=;from-tag=3",
        "1;to-tag=2;from-tag=3\r\nReplaces: 1;to-tag=2;from-tag=3",
    ] {
        assert!(
            matches!(with("INVITE", &format!("Replaces: {bad}")), Err(Unreadable::Answer { code: 400, .. })),
            "{bad}"
        );
    }
    // RFC 5589 §7.1: within the URI that a REFER names.
    let wants =
        |header: &str| with("REFER", &format!("Refer-To: {header}")).expect("a REFER").refer_to.map(|to| to.wants);
    let escaped = "12345%40192.168.118.3%3Bto-tag%3Dr33th4x0r%3Bfrom-tag%3Dff87ff";
    for headers in [format!("Replaces={escaped}"), format!("require=replaces&REPLACES={escaped}")] {
        assert_eq!(wants(&format!("<sip:ana@192.0.2.1?{headers}>")), Some(Wanted::Instead(named(false))), "{headers}");
    }
    assert_eq!(wants("<sip:ana@192.0.2.1>"), Some(Wanted::Invite));
    for more in ["Replaces=1", "X=1", "Replaces", "Replaces=1%3Bto-tag%3D2%3Bfrom-tag%3D3&X=1", "body=v%3D0"] {
        assert_eq!(wants(&format!("<sip:ana@192.0.2.1?{more}>")), Some(Wanted::Other), "{more}");
    }
    assert_eq!(wants("<sip:ana@192.0.2.1;method=BYE>"), Some(Wanted::Other));
}

#[test]
fn an_event_is_read_in_both_its_forms() {
    let event =
        |header: &str| with("SUBSCRIBE", header).expect("a SUBSCRIBE").event.map(|event| (event.package, event.id));
    assert_eq!(event("Event: dialog"), Some(("dialog".to_owned(), None)));
    assert_eq!(event("o: message-summary;id=7"), Some(("message-summary".to_owned(), Some("7".to_owned()))));
    assert_eq!(
        event("Event: dialog;id=\"a b\""),
        Some(("dialog".to_owned(), None)),
        "what is no token is nobody's name"
    );
    assert_eq!(event("Event: <dialog>"), None);
}

#[test]
fn long_values_and_many_vias_are_read() {
    let message = read("longreq");
    assert_eq!((message.vias.len(), message.via.host.as_str()), (34, "sip33.example.com"));
    assert_eq!(message.via.branch(), None);
    let last = Via::parse(&message.vias[33]).unwrap();
    assert_eq!((last.param("received"), last.branch().map(str::len)), (Some("192.0.2.5"), Some(215)));
    assert_eq!(message.from.tag().map(str::len), Some(155));
    assert!(message.to.display.starts_with("I have a user name of extreme"));
    assert_eq!(message.to.uri.port, Some(6000));
    assert_eq!(message.body.len(), 150);
}

#[test]
fn what_follows_a_datagrams_body_is_not_read() {
    let message = read("dblreq");
    assert_eq!((message.method(), message.body.len()), (Some(&Method::Register), 0));
    assert_eq!(message.call_id, "dblreq.0ha0isndaksdj99sdfafnl3lk233412");
    // On a stream it is the next message.
    let bytes = torture("dblreq");
    let wire::Frame::Message(length) = wire::frame(&bytes) else { panic!("{:?}", wire::frame(&bytes)) };
    assert_eq!(wire::frame(&bytes[length..]), wire::Frame::KeepAlive(2));
    assert!(bytes[length + 2..].starts_with(b"INVITE "));
}

#[test]
fn unknown_transports_and_display_names_without_space_are_read() {
    let message = read("transports");
    let transports: Vec<_> = message.vias.iter().map(|via| Via::parse(via).unwrap().transport).collect();
    assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
    assert_eq!(read("lwsdisp").from.display, "caller");
}

#[test]
fn a_binary_body_arrives_byte_for_byte() {
    let bytes = torture("mpart01");
    let message = read("mpart01");
    assert_eq!(message.method(), Some(&Method::Message));
    assert_eq!(message.content_type.as_deref(), Some("multipart/mixed"));
    assert_eq!(message.body, bytes[bytes.len() - message.body.len()..]);
    assert!(std::str::from_utf8(&message.body).is_err());
}

#[test]
fn phrases_are_read_in_utf_8_and_when_missing() {
    let message = read("unreason");
    let Start::Response { code: 200, phrase } = &message.start else { panic!("{:?}", message.start) };
    assert_eq!(phrase, "= 2**3 * 5**2 но сто девяносто девять - простое");
    assert_eq!(read("noreason").start, Start::Response { code: 100, phrase: String::new() });
}

#[test]
fn what_the_layers_above_decide_about_reaches_them() {
    let extensions = read("bext01");
    assert_eq!(extensions.require, ["nothingsupportsthis", "nothingsupportsthiseither"]);
    assert_eq!(read("invut").content_type.as_deref(), Some("application/unknownformat"));
    assert_eq!(read("sdp01").accept, Some(vec!["text/nobodyknowsthis".to_owned()]));
    assert_eq!(read("zeromf").max_forwards, Some(0));
    assert_eq!(read("regaut01").authorization.len(), 1);
    assert_eq!(read("badbranch").via.branch(), Some("z9hG4bK"));
    assert_eq!(read("bcast").vias.len(), 2);
    // Without brackets a parameter is the Contact's, with them the URI's (RFC 3261 §20.10).
    let (outside, inside) = (read("cparam01"), read("cparam02"));
    assert!(outside.contact().unwrap().param("unknownparam").is_some());
    assert!(inside.contact().unwrap().uri.has_param("unknownparam"));
    // A Route hidden in a Contact never comes out again.
    assert_eq!(read("regescrt").contact().unwrap().to_string(), "<sip:user@example.com>");
    let old = read("inv2543");
    assert_eq!((old.via.branch(), old.from.tag(), old.body.starts_with(b"v=0")), (None, None, true));
    assert_eq!(old.record_routes[0].uri.param("maddr"), Some("ss1.example.com"));
}

/// Everything of a message that we write, written anew.
fn rewritten(message: &Received) -> Vec<u8> {
    let mut headers: Vec<_> = message.vias.iter().map(|via| message::other("Via", via)).collect();
    headers.extend(message.record_routes.iter().map(message::record_route));
    headers.extend(message.routes.iter().map(message::route));
    headers.extend([message::from(&message.from), message::to(&message.to), message::call_id(&message.call_id)]);
    headers.push(message::cseq(message.cseq.number, &message.cseq.method));
    headers.extend(message.max_forwards.map(message::max_forwards));
    match &message.contacts {
        Contacts::All => headers.push(message::other("Contact", "*")),
        Contacts::These(contacts) => headers.extend(contacts.iter().map(message::contact)),
    }
    headers.extend(message.content_type.as_deref().map(message::content_type));
    let written = match &message.start {
        Start::Request { method, uri } => {
            let mut request = message::request(*method, uri);
            (request.headers, request.body) = (headers.into(), message.body.clone());
            wire::write_request(&request)
        }
        Start::Response { code, .. } => {
            let mut response = message::response_to(message, *code, None);
            (response.headers, response.body) = (headers.into(), message.body.clone());
            wire::write_response(&response)
        }
    };
    written.unwrap_or_else(|error| panic!("{error}: {message:?}"))
}

/// What was read comes out of the writer so that it is read the same again.
fn assert_there_and_back(message: &Received) {
    let bytes = rewritten(message);
    for framing in [Framing::Datagram, Framing::Stream] {
        let back = wire::read(&bytes, framing);
        let back = back.unwrap_or_else(|error| panic!("{error:?}: {}", String::from_utf8_lossy(&bytes)));
        assert_eq!((&back.via, &back.vias, &back.call_id), (&message.via, &message.vias, &message.call_id));
        assert_eq!((&back.cseq, &back.body), (&message.cseq, &message.body));
        assert_eq!((back.method(), back.uri(), back.code()), (message.method(), message.uri(), message.code()));
        assert_eq!((&back.routes, &back.max_forwards), (&message.routes, &message.max_forwards));
        assert_eq!((&back.from.uri, &back.from.params), (&message.from.uri, &message.from.params));
        assert_eq!((&back.to.uri, &back.to.params), (&message.to.uri, &message.to.params));
        // Control characters stay behind; nothing else changes from the second time on.
        assert_eq!(rewritten(&back), bytes);
    }
    assert_eq!(wire::frame(&bytes), wire::Frame::Message(bytes.len()));
}

#[test]
fn every_readable_torture_message_goes_there_and_back() {
    for (name, _) in FATES.iter().filter(|(_, fate)| *fate == Fate::Readable) {
        assert_there_and_back(&read(name));
    }
}

/// A few bytes changed, lost, doubled or put in: where, and what.
pub type Change = (prop::sample::Index, u8, u8, &'static [u8], usize);

/// One to five changes.
pub fn changes() -> impl Strategy<Value = Vec<Change>> {
    const SPICE: [&[u8]; 24] = [
        b"\r\n",
        b"\r\n ",
        b"\"",
        b"<",
        b">",
        b";",
        b",",
        b"=",
        b":",
        b"@",
        b"%",
        b"\0",
        b"\\",
        b"\xff",
        b"[",
        b"]",
        b"?",
        b" ",
        b"\t",
        b"*",
        b"99999999999999999999",
        b"\xe2\x82\xac",
        b"tag=",
        b"l: 5\r\n",
    ];
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..6u8, prop::sample::select(&SPICE[..]), 1..40usize);
    prop::collection::vec(change, 1..6)
}

/// The message with these changes in it.
pub fn change(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for &(index, byte, kind, spice, length) in changes {
        if bytes.is_empty() {
            break;
        }
        let at = index.index(bytes.len());
        let to = (at + length).min(bytes.len());
        match kind {
            0 => bytes[at] = byte,
            1 => drop(bytes.drain(at..to)),
            2 => bytes.truncate(at),
            3 => {
                let piece = bytes[at..to].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            _ => drop(bytes.splice(at..at, spice.iter().copied())),
        }
    }
    bytes
}

/// A torture message with a few changes.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(FATES), changes()).prop_map(|((name, _), changes)| change(torture(name), &changes))
}

/// Whatever came: no panic, answers are one clean head, and what is readable can be answered and written again.
fn assert_survived(bytes: &[u8]) {
    wire::frame(bytes);
    for framing in [Framing::Datagram, Framing::Stream] {
        match wire::read(bytes, framing) {
            Ok(mut message) => {
                message.stamp("192.0.2.77:40000".parse().unwrap());
                assert_there_and_back(&message);
                let response = wire::write_response(&message::response_to(&message, 200, Some("x"))).unwrap();
                let response = wire::read(&response, Framing::Datagram).unwrap();
                assert_eq!((response.via, response.cseq), (message.via, message.cseq));
            }
            Err(Unreadable::Answer { bytes, code }) => {
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.starts_with(&format!("SIP/2.0 {code} ")) && text.find("\r\n\r\n") == Some(text.len() - 4));
                assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
            }
            Err(Unreadable::Drop(_) | Unreadable::KeepAlive) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_messages_do_no_harm(bytes in mutated()) {
        assert_survived(&bytes);
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        assert_survived(&bytes);
    }

    #[test]
    fn any_text_is_a_user_part_once_escaped(user in "\\PC{1,30}", number in "[+]?[0-9*#]{1,15}") {
        for user in [user, number] {
            let uri = Uri::sip(Some(&user), "shop.example", Some(5060));
            let read = Uri::parse(&uri.to_string()).unwrap();
            prop_assert_eq!(read.user_unescaped(), user);
            prop_assert_eq!(read, uri);
        }
    }

    #[test]
    fn any_text_is_a_display_name_once_quoted(display in "\\PC{0,40}", tag in "[!-~&&[^\"<>,;\\\\]]{1,20}") {
        let address = Address::new(Uri::sip(Some("counter"), "::1", None)).with_display(&display).with_tag(&tag);
        prop_assert_eq!(Address::parse(&address.to_string()).unwrap(), address);
    }
}

/// Text of a header's quoted strings, names and values: what phones write, and what nobody ought to.
fn pieces() -> impl Strategy<Value = String> {
    const PIECES: [&str; 22] = [
        "a", "Ñ", " ", "\t", "\\\\", "\\\"", "\\\t", "\\\0", "\u{7f}", "\u{85}", "\u{a0}", "%41", "%", ",", ";", "=",
        "@", ":", "/", "?", "[", "(x)",
    ];
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..5).prop_map(|pieces| pieces.concat())
}

/// A From in one of the many ways to write one.
fn party() -> impl Strategy<Value = String> {
    let quoted = || pieces().prop_map(|text| format!("\"{text}\""));
    let space = || prop::sample::select(&["", " ", "\t", " \t"][..]);
    let display = prop_oneof![Just(String::new()), pieces(), quoted()];
    let uri = (pieces(), prop::sample::select(&["b", "B.example:5070", "[2001:DB8::1]", "b;x=%41;lr", "b?h=1"][..]))
        .prop_map(|(user, host)| format!("sip:{user}@{host}"));
    let uri = prop_oneof![uri, Just("tel:+1-201;Phone-Context=X".to_owned()), Just("sip:b".to_owned())];
    let value = prop_oneof![
        Just(String::new()),
        pieces().prop_map(|value| format!("={value}")),
        quoted().prop_map(|v| format!("={v}"))
    ];
    let param = (space(), prop::sample::select(&["x", "Y", "tag", "+sip.instance", "%74ag"][..]), value);
    let params =
        prop::collection::vec(param.prop_map(|(space, name, value)| format!("{space};{space}{name}{value}")), 0..4);
    let brackets = prop_oneof![3 => Just(("<", ">")), 1 => Just(("", ""))];
    (display, space(), brackets, uri, params).prop_map(|(display, space, (open, close), uri, params)| {
        format!("{display}{space}{open}{uri}{close}{}", params.concat())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_from_reads_the_same_once_it_was_written(text in party()) {
        let Ok(read) = Address::parse(&text) else { return Ok(()) };
        let written = read.to_string();
        prop_assert!(!written.contains(char::is_control), "{:?}", written);
        let again = Address::parse(&written).map_err(|error| TestCaseError::fail(format!("{written:?}: {error}")))?;
        prop_assert_eq!((&again.uri, &again.params), (&read.uri, &read.params));
        prop_assert_eq!(again.to_string(), written);
    }
}

#[test]
fn rsips_own_readers_are_not_used() {
    fn files(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let readers = ["Request", "Response", "SipMessage", "Header", "Uri", "Version", "Domain"]
        .map(|name| [format!("{name}::try_from("), format!("parse::<{name}>"), format!("parse::<rsip::{name}>")])
        .concat();
    for file in files(&source) {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
        let carries = name == "sip/message.rs" || name.starts_with("sip/wire");
        assert!(carries || !text.contains("rsip::"), "{name}: take rsip's types from sip::message");
        for reader in readers.iter().chain([&"Method::from_str(".to_owned(), &"parse::<Method>".to_owned()]) {
            assert!(!text.contains(reader.as_str()), "{name}: {reader} is rsip's reader: use sip::wire::read");
        }
    }
}
