use super::*;
use crate::media::Hold;

/// Our end towards the caller, and towards the phones.
const TO_CALLER: Here =
    Here { address: IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 5)), port: 20_000, session_id: 1 };
const TO_PHONE: Here = Here { address: IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 5)), port: 20_100, session_id: 2 };

/// A description with these formats; `lines` follow the `m=` line.
fn description(formats: &str, lines: &[&str]) -> Description {
    let text = format!(
        "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP {formats}\r\na=rtpmap:101 telephone-event/8000\r\n\
         a=rtpmap:96 telephone-event/8000\r\n{}\r\n",
        lines.join("\r\n")
    );
    Description::read(text.as_bytes()).expect("a usable description")
}

fn numbers(description: &Description) -> Vec<u8> {
    description.formats.iter().map(|format| format.payload).collect()
}

fn agreed(caller: &Description, phone: &Description) -> Result<Agreed, NoSharedCodec> {
    let offer = offer_to_phone(Some(caller), TO_PHONE);
    agree(caller, Terms { ours: &offer, theirs: phone }, TO_CALLER)
}

#[test]
fn phones_are_offered_both_laws_and_keys_besides_the_callers_own() {
    let offered = |formats| numbers(&offer_to_phone(Some(&description(formats, &[])), TO_PHONE));
    assert_eq!(offered("0 8 101"), [0, 8, 101]);
    assert_eq!(offered("8 96"), [8, 0, 96]);
    assert_eq!(offered("9 18 13"), [9, 18, 0, 8, 13, 101]);
    assert_eq!(numbers(&our_offer(TO_CALLER)), [0, 8, 101]);
}

#[test]
fn a_number_the_caller_uses_otherwise_is_not_taken() {
    let caller = description("101 0", &["a=rtpmap:101 opus/48000/2", "a=rtpmap:0 G726-32/8000"]);
    // The first rtpmap of a number counts: here, 101 is telephone-event in every description of these tests.
    let caller = Description {
        formats: vec![
            Format { payload: 101, codec: Codec::Other { name: "opus".into(), clock: 48000, channels: 2, fmtp: None } },
            caller.formats[1].clone(),
        ],
        ..caller
    };
    let offer = offer_to_phone(Some(&caller), TO_PHONE);
    assert_eq!(numbers(&offer), [101, 0, 96, 8, 97]);
    assert_eq!(offer.formats[2].codec, Codec::Pcmu);
    assert_eq!(offer.formats[4].codec, Codec::TelephoneEvent);
}

#[test]
fn a_shared_codec_passes_untouched() {
    let agreed = agreed(&description("0 8 101", &[]), &description("8 101", &[])).expect("they share A-law");
    assert_eq!(numbers(&agreed.answer), [8, 101], "no conversion where none is needed");
    assert_eq!(agreed.payloads.a, [(8, Carry::As(8)), (101, Carry::As(101))]);
    assert_eq!(agreed.payloads.b, agreed.payloads.a);
}

#[test]
fn the_laws_are_converted_when_they_are_all_that_differs() {
    let agreed = agreed(&description("0 101", &[]), &description("8 101", &[])).expect("G.711 both");
    assert_eq!(numbers(&agreed.answer), [0, 101]);
    assert_eq!(agreed.payloads.a, [(0, Carry::UlawToAlaw(8)), (101, Carry::As(101))]);
    assert_eq!(agreed.payloads.b, [(8, Carry::AlawToUlaw(0)), (101, Carry::As(101))]);
}

#[test]
fn a_phone_free_to_choose_is_understood_whichever_law_it_speaks() {
    let agreed = agreed(&description("0 101", &[]), &description("0 8 101", &[])).expect("μ-law");
    assert_eq!(agreed.payloads.b, [(0, Carry::As(0)), (8, Carry::AlawToUlaw(0)), (101, Carry::As(101))]);
    assert_eq!(agreed.payloads.a, [(0, Carry::As(0)), (101, Carry::As(101))]);
}

#[test]
fn each_side_gets_its_own_number_for_keys() {
    // The caller offered 96, so we offered 96 to the phone; its answer says 101 all the same.
    let agreed = agreed(&description("0 96", &[]), &description("0 101", &[])).expect("μ-law");
    assert_eq!(numbers(&agreed.answer), [0, 96]);
    assert_eq!(agreed.payloads.a, [(0, Carry::As(0)), (96, Carry::As(101))]);
    assert_eq!(agreed.payloads.b, [(0, Carry::As(0)), (96, Carry::As(96)), (101, Carry::As(96))]);
}

#[test]
fn keys_are_refused_when_the_phone_has_none() {
    let agreed = agreed(&description("0 101", &[]), &description("0", &[])).expect("μ-law");
    assert_eq!(numbers(&agreed.answer), [0]);
    assert_eq!(agreed.payloads.a, [(0, Carry::As(0))]);
}

#[test]
fn a_codec_nobody_offered_is_not_let_in() {
    // The phone answers with G.729, which we never offered.
    let agreed = agreed(&description("0 101", &[]), &description("18 0", &[])).expect("μ-law");
    assert_eq!(agreed.payloads.b, [(0, Carry::As(0))]);
    assert_eq!(
        super::agree(
            &description("18", &[]),
            Terms {
                ours: &offer_to_phone(Some(&description("18", &[])), TO_PHONE),
                theirs: &description("0 8 101", &[])
            },
            TO_CALLER,
        ),
        Err(NoSharedCodec)
    );
}

#[test]
fn the_phones_parameters_reach_the_caller_with_a_codec_that_passes() {
    let caller = description("97 0", &["a=rtpmap:97 iLBC/8000", "a=fmtp:97 mode=20"]);
    let phone = description("97", &["a=rtpmap:97 ilbc/8000", "a=fmtp:97 mode=30"]);
    let agreed = agreed(&caller, &phone).expect("iLBC");
    let fmtp = Some("mode=30".to_owned());
    assert_eq!(
        agreed.answer.formats,
        [Format { payload: 97, codec: Codec::Other { name: "iLBC".into(), clock: 8000, channels: 1, fmtp } }]
    );
}

#[test]
fn other_media_are_refused_in_their_place() {
    let text = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=image 5000 udptl t38\r\nm=audio 4000 RTP/AVP 0\r\nm=video 6000 RTP/AVP 96 97\r\n";
    let caller = Description::read(text.as_bytes()).expect("usable");
    let answer = agreed(&caller, &description("0", &[])).expect("μ-law").answer;
    let text = String::from_utf8(answer.write()).expect("ASCII");
    let media: Vec<&str> = text.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(media, ["m=image 0 udptl t38", "m=audio 20000 RTP/AVP 0", "m=video 0 RTP/AVP 96 97"]);
}

#[test]
fn an_answers_direction_mirrors_the_offers() {
    for (offered, expected) in
        [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")]
    {
        let caller = description("0", &[&format!("a={offered}")]);
        let agreed = agreed(&caller, &description("0", &[])).expect("μ-law");
        assert_eq!(agreed.answer.direction.as_str(), expected);
        let held = matches!(offered, "sendonly" | "inactive");
        assert_eq!(caller.hold() == Hold::Held, held, "{offered}");
    }
}

#[test]
fn packet_sizes_are_told_across() {
    let caller = description("0", &["a=ptime:30"]);
    assert_eq!(offer_to_phone(Some(&caller), TO_PHONE).ptime, Some(30));
    assert_eq!(agreed(&caller, &description("0", &["a=ptime:20"])).expect("μ-law").answer.ptime, Some(20));
    assert_eq!(agreed(&caller, &description("0", &[])).expect("μ-law").answer.ptime, Some(30));
}

#[test]
fn a_caller_without_an_offer_answers_ours() {
    let to_phone = offer_to_phone(None, TO_PHONE);
    let to_caller = our_offer(TO_CALLER);
    let (phone, caller) = (description("8 101", &[]), description("0 101", &[]));
    let phone = Terms { ours: &to_phone, theirs: &phone };
    let payloads = agree_late(Terms { ours: &to_caller, theirs: &caller }, phone).expect("G.711 both");
    assert_eq!(payloads.a, [(0, Carry::UlawToAlaw(8)), (101, Carry::As(101))]);
    assert_eq!(payloads.b, [(8, Carry::AlawToUlaw(0)), (101, Carry::As(101))]);

    let g729 = description("18", &[]);
    assert_eq!(agree_late(Terms { ours: &to_caller, theirs: &g729 }, phone), Err(NoSharedCodec));
}

#[test]
fn a_hold_keeps_codec_and_address_and_raises_the_version() {
    let (caller, phone) = (description("0 8 101", &[]), description("8 0 101", &[]));
    let offer = offer_to_phone(Some(&caller), TO_PHONE);
    let first = agreed(&caller, &phone).expect("G.711").answer;

    // The phone holds: what stands with the caller is our answer.
    let hold = description("0 8 101", &["a=sendonly"]);
    let caller_terms = Terms { ours: &first, theirs: &caller };
    let held = agree_again(Which::B, &hold, &offer, caller_terms).expect("nothing has changed but the direction");
    assert_eq!(held.answer.direction, Direction::RecvOnly);
    assert_eq!((held.answer.address, held.answer.port), (TO_PHONE.address, TO_PHONE.port));
    assert_eq!(held.answer.origin, Origin { id: TO_PHONE.session_id, version: 2 });
    assert_eq!(numbers(&held.answer), [0, 8, 101]);

    let resumed = agree_again(Which::B, &description("0 8 101", &[]), &held.answer, caller_terms).expect("as before");
    assert_eq!(resumed.answer.origin.version, 3);
    assert_eq!(resumed.payloads.b, [(0, Carry::As(0)), (8, Carry::As(8)), (101, Carry::As(101))]);

    // The same offer again, as session timers send it, is answered by the same words.
    let refreshed =
        agree_again(Which::B, &description("0 8 101", &[]), &resumed.answer, caller_terms).expect("as before");
    assert_eq!(refreshed.answer, resumed.answer);
}

#[test]
fn a_new_offer_keeps_the_codec_in_use_where_it_can() {
    let (caller, phone) = (description("8 0 101", &[]), description("8 0 101", &[]));
    let offer = offer_to_phone(Some(&caller), TO_PHONE);
    let first = agreed(&caller, &phone).expect("G.711").answer;
    let phone_terms = Terms { ours: &offer, theirs: &phone };

    let again = agree_again(Which::A, &description("0 8 101", &[]), &first, phone_terms).expect("G.711");
    assert_eq!(numbers(&again.answer), [8, 0, 101], "A-law was in use");

    let only_ulaw = agree_again(Which::A, &description("0 101", &[]), &first, phone_terms).expect("G.711");
    assert_eq!(only_ulaw.payloads.b, [(8, Carry::AlawToUlaw(0)), (0, Carry::As(0)), (101, Carry::As(101))]);

    assert_eq!(agree_again(Which::A, &description("18", &[]), &first, phone_terms), Err(NoSharedCodec.into()));
}

#[test]
fn a_side_accepts_its_described_and_its_signalling_address() {
    let side = description("0", &[]).side(crate::media::PairId(7), TO_PHONE.address, vec![(0, Carry::As(0))], None);
    assert_eq!(side.accept, [TO_PHONE.address, "192.0.2.1".parse::<IpAddr>().expect("address")]);
    assert_eq!(side.rtp, Some("192.0.2.1:4000".parse().expect("address")));
}

#[test]
fn audio_that_would_come_back_to_us_is_seen() {
    let loops = Description { address: TO_PHONE.address, ..description("0", &[]) };
    assert!(loops.points_at(TO_PHONE.address, (4000, 4999)));
    assert!(loops.points_at(TO_PHONE.address, (4001, 4001)), "its RTCP would");
    assert!(!loops.points_at(TO_PHONE.address, (20_000, 20_999)));
    assert!(!loops.points_at(TO_CALLER.address, (4000, 4999)));
}

/// `tests/golden/sdp/*.txt`: the caller's offer, the offer that the phone gets for it, the phone's answer, and what
/// the caller is answered with the payload types both ways, each part under a line of dashes. Where the caller's
/// offer is refused there are two parts: the offer and the refusal.
#[test]
fn golden_exchanges() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sdp");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).expect("tests/golden/sdp is there") {
        let path = entry.expect("a readable entry").path();
        let text = std::fs::read_to_string(&path).expect("a text file");
        let name = path.display();
        let parts: Vec<&str> =
            text.split_inclusive("----------\n").map(|part| part.trim_end_matches("----------\n")).collect();
        let caller = match Description::read(parts[0].as_bytes()) {
            Ok(caller) => caller,
            Err(refusal) => {
                assert_eq!(parts[1..], [format!("{refusal}\n")], "{name}");
                seen += 1;
                continue;
            }
        };
        let offer = offer_to_phone(Some(&caller), TO_PHONE);
        assert_eq!(lines(&offer), parts[1], "{name}: the offer to the phone");
        let phone = Description::read(parts[2].as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let outcome = match agree(&caller, Terms { ours: &offer, theirs: &phone }, TO_CALLER) {
            Ok(Agreed { answer, payloads: Payloads { a, b } }) => {
                format!("{}{}{}", lines(&answer), table("a", &a), table("b", &b))
            }
            Err(refusal) => format!("{refusal}\n"),
        };
        assert_eq!(outcome, parts[3], "{name}: the answer to the caller");
        seen += 1;
    }
    assert!(seen >= 8, "only {seen} goldens found in {}", folder.display());
}

fn lines(description: &Description) -> String {
    String::from_utf8(description.write()).expect("ASCII").replace("\r\n", "\n")
}

fn table(side: &str, table: &[(u8, Carry)]) -> String {
    table.iter().map(|(payload, carry)| format!("{side}: {payload} {carry:?}\n")).collect()
}
