//! Bytes to [`Description`]. Lenient in what does not matter to us: line ends, order, lines we have no use for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, Session};

use super::{
    Codec, Description, Direction, Format, MAX_BYTES, MAX_FORMATS, MAX_MEDIA, Origin, OtherMedia, Protection, SdpError,
    crypto,
};
use crate::media::rtp;

/// Payload types that need no `rtpmap` (RFC 3551 §6) and that `Codec` has no name of its own for.
const STATIC: &[(u8, &str, u32, u8)] = &[
    (3, "GSM", 8000, 1),
    (4, "G723", 8000, 1),
    (5, "DVI4", 8000, 1),
    (6, "DVI4", 16000, 1),
    (7, "LPC", 8000, 1),
    (9, "G722", 8000, 1),
    (10, "L16", 44100, 2),
    (11, "L16", 44100, 1),
    (12, "QCELP", 8000, 1),
    (13, "CN", 8000, 1),
    (14, "MPA", 90000, 1),
    (15, "G728", 8000, 1),
    (16, "DVI4", 11025, 1),
    (17, "DVI4", 22050, 1),
    (18, "G729", 8000, 1),
];

/// Codings whose payload names other payload types: they cannot cross to a side with other numbers.
const WRAPPERS: [&str; 5] = ["red", "rtx", "ulpfec", "parityfec", "flexfec-03"];

impl Description {
    /// Reads what a peer sent in the open: keys in it are no secret, and not looked at.
    ///
    /// # Errors
    /// [`SdpError::NoAudio`] when there is no usable audio; the others when it makes no sense. All are answered 488.
    pub fn read(bytes: &[u8]) -> Result<Description, SdpError> {
        Description::read_how(bytes, |_| None)
    }

    /// Reads what a peer sent over encrypted signalling.
    ///
    /// # Errors
    /// As [`Description::read`].
    pub fn read_with_keys(bytes: &[u8]) -> Result<Description, SdpError> {
        Description::read_how(bytes, |media| {
            let is_crypto = |attribute: &&Attribute| attribute.attribute.eq_ignore_ascii_case("crypto");
            let values = media.attributes.iter().filter(is_crypto).filter_map(|attribute| attribute.value.as_deref());
            let cryptos: Vec<_> = values.take(MAX_FORMATS).filter_map(crypto::read).collect();
            (!cryptos.is_empty()).then_some(Protection::Sdes(cryptos))
        })
    }

    /// `keys`: how a line that is to be protected can be.
    fn read_how(bytes: &[u8], keys: fn(&Media) -> Option<Protection>) -> Result<Description, SdpError> {
        if bytes.len() > MAX_BYTES {
            return Err(SdpError::TooLong);
        }
        let session = Session::parse(repaired(bytes).as_bytes()).map_err(|e| SdpError::Malformed(e.to_string()))?;
        if session.medias.len() > MAX_MEDIA {
            return Err(SdpError::TooManyMedia);
        }
        let usable = usable_audio(&session.medias, keys).ok_or(SdpError::NoAudio)?;
        let Usable { at: audio_at, audio, formats, protection } = usable;
        let connection = audio.connections.first().or(session.connection.as_ref()).ok_or(SdpError::NoAddress)?;
        let address = address(connection)?;
        let mut direction = direction(&audio.attributes).or(direction(&session.attributes));
        if address.is_unspecified() && direction.is_none_or(|direction| direction == Direction::SendRecv) {
            direction = Some(Direction::SendOnly);
        }
        Ok(Description {
            address,
            port: audio.port,
            rtcp: rtcp(&audio.attributes, address),
            formats,
            direction: direction.unwrap_or(Direction::SendRecv),
            ptime: value(&audio.attributes, "ptime").and_then(ptime),
            protection,
            origin: Origin { id: session.origin.sess_id.parse().unwrap_or(0), version: session.origin.sess_version },
            other_media: session
                .medias
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != audio_at)
                .map(|(_, media)| OtherMedia {
                    media: media.media.clone(),
                    protocol: media.proto.clone(),
                    formats: media.fmt.clone(),
                })
                .collect(),
            audio_at,
        })
    }
}

/// The lines we have a use for, in a form that the reader takes: an `o=` line that is not six fields with a numeric
/// version is replaced (some devices put a space in the user name), spaces on `m=` lines are single.
fn repaired(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len() + 2);
    for line in text.lines() {
        let line = line.trim_end();
        match line.split_once('=') {
            Some(("o", origin)) => {
                let fields: Vec<&str> = origin.split_whitespace().collect();
                let sound = fields.len() == 6 && fields[2].parse::<u64>().is_ok();
                out.push_str(if sound { line } else { "o=- 0 0 IN IP4 0.0.0.0" });
            }
            Some(("m", media)) => {
                let fields: Vec<&str> = media.split_whitespace().collect();
                out.push_str("m=");
                out.push_str(&fields.join(" "));
                if fields.len() == 3 {
                    // A refused line without formats; our refusal must name one.
                    out.push_str(" 0");
                }
            }
            Some(("v" | "c" | "a", _)) => out.push_str(line),
            _ => continue,
        }
        out.push_str("\r\n");
    }
    out
}

/// An audio line that we can relay.
struct Usable<'a> {
    at: usize,
    audio: &'a Media,
    formats: Vec<Format>,
    protection: Protection,
}

/// The first of them.
fn usable_audio(medias: &[Media], keys: fn(&Media) -> Option<Protection>) -> Option<Usable<'_>> {
    medias.iter().enumerate().find_map(|(at, audio)| {
        let is = |protocol: &str| audio.proto.eq_ignore_ascii_case(protocol);
        if !audio.media.eq_ignore_ascii_case("audio") || audio.port == 0 {
            return None;
        }
        let plain = is("RTP/AVP").then_some(Protection::Plain);
        let protection = plain.or_else(|| is("RTP/SAVP").then(|| keys(audio)).flatten())?;
        let formats = formats(audio);
        let talks = formats.iter().any(|format| format.codec.is_voice());
        talks.then_some(Usable { at, audio, formats, protection })
    })
}

fn formats(media: &Media) -> Vec<Format> {
    let mut formats: Vec<Format> = Vec::new();
    for number in media.fmt.split_whitespace().take(MAX_FORMATS) {
        let Ok(payload) = number.parse::<u8>() else { continue };
        if !rtp::is_usable_payload_type(payload) || formats.iter().any(|format| format.payload == payload) {
            continue;
        }
        if let Some(codec) = codec(payload, &media.attributes) {
            formats.push(Format { payload, codec });
        }
    }
    formats
}

/// What a payload type stands for: as its `rtpmap` says, else as RFC 3551 fixed it. `None` for what we cannot pass on.
fn codec(payload: u8, attributes: &[Attribute]) -> Option<Codec> {
    let of_this = |name| {
        attributes.iter().filter(move |attribute| attribute.attribute.eq_ignore_ascii_case(name)).find_map(
            move |attribute| {
                let (number, text) = attribute.value.as_deref()?.trim_start().split_once(' ')?;
                (number.parse() == Ok(payload)).then_some(text.trim())
            },
        )
    };
    let (name, clock, channels) = match of_this("rtpmap") {
        Some(text) => {
            let mut parts = text.split('/');
            let name = parts.next()?;
            let clock = parts.next()?.trim().parse().ok()?;
            let channels = parts.next().map_or(Some(1), |channels| channels.trim().parse().ok())?;
            (name, clock, channels)
        }
        None if payload == 0 => return Some(Codec::Pcmu),
        None if payload == 8 => return Some(Codec::Pcma),
        None => {
            let (_, name, clock, channels) = STATIC.iter().find(|(number, ..)| *number == payload)?;
            (*name, *clock, *channels)
        }
    };
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
    if clock == 8000 && channels == 1 {
        if is("PCMU") {
            return Some(Codec::Pcmu);
        }
        if is("PCMA") {
            return Some(Codec::Pcma);
        }
        if is("telephone-event") {
            return Some(Codec::TelephoneEvent);
        }
    }
    let fmtp = of_this("fmtp").map(str::to_owned);
    // These texts go on to the other leg: nothing but what RFC 8866 §9 lets them be.
    let clean_name = !name.is_empty() && name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_graphic());
    let clean_fmtp = fmtp
        .as_ref()
        .is_none_or(|fmtp| fmtp.len() <= 255 && fmtp.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
    let passes = clean_name && clean_fmtp && !WRAPPERS.iter().any(|wrapper| is(wrapper));
    passes.then(|| Codec::Other { name: name.to_owned(), clock, channels, fmtp })
}

fn address(connection: &Connection) -> Result<IpAddr, SdpError> {
    let text = connection.connection_address.as_str();
    // RFC 6157 §5.1 writes "nowhere" as a name under .invalid.
    if text.to_ascii_lowercase().trim_end_matches('.').ends_with(".invalid") {
        let v6 = connection.addrtype.as_str().eq_ignore_ascii_case("IP6");
        return Ok(if v6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() });
    }
    let ip = text.parse::<IpAddr>().map(|ip| ip.to_canonical());
    ip.ok().filter(|ip| super::is_one_host(*ip)).ok_or_else(|| SdpError::BadAddress(text.chars().take(64).collect()))
}

/// The port of RFC 3605, if it is at the audio's own address: RTCP goes to no third host.
fn rtcp(attributes: &[Attribute], address: IpAddr) -> Option<SocketAddr> {
    let mut fields = value(attributes, "rtcp")?.split_whitespace();
    let port = fields.next()?.parse().ok().filter(|port| *port != 0)?;
    match fields.nth(2).map(str::parse::<IpAddr>) {
        None => Some(SocketAddr::new(address, port)),
        Some(Ok(ip)) if ip.to_canonical() == address => Some(SocketAddr::new(address, port)),
        Some(_) => None,
    }
}

fn direction(attributes: &[Attribute]) -> Option<Direction> {
    attributes.iter().find_map(|attribute| {
        [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
            .into_iter()
            .find(|direction| attribute.attribute.eq_ignore_ascii_case(direction.as_str()))
    })
}

/// Whole milliseconds, at least 1.
fn ptime(text: &str) -> Option<u8> {
    let whole = text.trim().split('.').next()?;
    whole.parse().ok().filter(|ptime| *ptime != 0)
}

fn value<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.attribute.eq_ignore_ascii_case(name))?.value.as_deref()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A description with this connection line and these lines after `m=audio 4000 RTP/AVP 0 8 101`.
    fn with(connection: &str, rest: &str) -> Result<Description, SdpError> {
        let head = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\n";
        Description::read(format!("{head}{connection}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n{rest}").as_bytes())
    }

    fn read(text: &str) -> Result<Description, SdpError> {
        Description::read(text.as_bytes())
    }

    #[test]
    fn a_plain_offer_is_understood() {
        let read = with("c=IN IP4 192.0.2.1", "a=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\na=sendonly\r\n");
        let read = read.expect("usable");
        assert_eq!(read.rtp_to(), Some("192.0.2.1:4000".parse().expect("address")));
        assert_eq!(read.rtcp_to(), Some("192.0.2.1:4001".parse().expect("address")));
        assert_eq!(
            read.formats,
            [(0, Codec::Pcmu), (8, Codec::Pcma), (101, Codec::TelephoneEvent)]
                .map(|(payload, codec)| Format { payload, codec })
        );
        assert_eq!((read.ptime, read.direction), (Some(30), Direction::SendOnly));
        assert_eq!(read.origin, Origin { id: 1, version: 2 });
    }

    #[test]
    fn dirty_descriptions_are_read_all_the_same() {
        let dirty = [
            ("LF only", "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n"),
            ("no s= and t=", "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"),
            (
                "c= after t=",
                "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\nt=0 0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n",
            ),
            (
                "c= below m=",
                "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n",
            ),
            (
                "a user name with a space",
                "v=0\r\no=Cisco SIPUA 1 1 IN IP4 1.1.1.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n",
            ),
            (
                "a version beyond 64 bits",
                "v=0\r\no=- 1 99999999999999999999999 IN IP4 1.1.1.1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n",
            ),
            ("no o=", "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"),
            ("a broken b= and t=", "v=0\r\nb=AS:64.5\r\nt=\r\nr=1\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"),
            ("double spaces", "v=0\r\nc=IN  IP4 192.0.2.1\r\nm=audio  4000  RTP/AVP  0 \r\n"),
            ("no last line end", "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0"),
            (
                "a refused line without formats",
                "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\nm=video 0 RTP/AVP\r\n",
            ),
            (
                "a second, refused audio",
                "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/AVP 0\r\n",
            ),
            ("a fax line", "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\nm=image 0 udptl t38\r\n"),
        ];
        for (what, text) in dirty {
            let description = read(text).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(description.rtp_to(), Some("192.0.2.1:4000".parse().expect("address")), "{what}");
        }
        assert!(Description::read(b"v=0\r\ns=Caf\xe9\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n").is_ok());
    }

    #[test]
    fn what_cannot_be_relayed_is_refused() {
        assert!(matches!(read(""), Err(SdpError::Malformed(_))));
        assert!(matches!(read("v=1\r\n"), Err(SdpError::Malformed(_))));
        assert!(matches!(read("v=0\r\nm=audio 70000 RTP/AVP 0\r\n"), Err(SdpError::Malformed(_))));
        assert_eq!(read("v=0\r\n"), Err(SdpError::NoAudio));
        let media = |line: &str| read(&format!("v=0\r\nc=IN IP4 192.0.2.1\r\n{line}\r\n"));
        assert_eq!(media("m=audio 4000 RTP/SAVP 0"), Err(SdpError::NoAudio));
        assert_eq!(media("m=audio 0 RTP/AVP 0"), Err(SdpError::NoAudio));
        assert_eq!(media("m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000"), Err(SdpError::NoAudio));
        assert_eq!(media("m=audio 4000 RTP/AVP 96"), Err(SdpError::NoAudio), "nobody knows what 96 is");
        assert_eq!(media(&"m=audio 4000 RTP/AVP 0\r\n".repeat(9)), Err(SdpError::TooManyMedia));
        assert_eq!(read("v=0\r\nm=audio 4000 RTP/AVP 0\r\n"), Err(SdpError::NoAddress));
        assert_eq!(Description::read(&vec![b'a'; MAX_BYTES + 1]), Err(SdpError::TooLong));
    }

    #[test]
    fn audio_goes_to_one_host_only() {
        for bad in ["224.0.1.1/127", "224.0.1.1", "255.255.255.255", "0.1.2.3", "240.0.0.1", "phone.example", ""] {
            assert!(with(&format!("c=IN IP4 {bad}"), "").is_err(), "{bad}");
        }
        assert!(with("c=IN IP6 ff02::1", "").is_err());
        assert!(with("c=IN IP6 ::ffff:224.0.1.1", "").is_err());
        assert_eq!(
            with("c=IN IP6 2001:db8::1", "").expect("usable").address,
            "2001:db8::1".parse::<IpAddr>().expect("address")
        );

        for (address, on_loopback, outside) in [
            ("192.0.2.1", true, true),
            ("127.0.0.1", true, false),
            ("::1", true, false),
            ("::ffff:127.0.0.1", true, false),
            ("0.0.0.0", false, false),
            ("255.255.255.255", false, false),
            ("ff02::1", false, false),
        ] {
            let address = address.parse().expect("address");
            assert_eq!(super::super::is_sendable(address, true), on_loopback, "{address}");
            assert_eq!(super::super::is_sendable(address, false), outside, "{address}");
        }
    }

    #[test]
    fn an_unspecified_address_means_hold() {
        for nowhere in ["c=IN IP4 0.0.0.0", "c=IN IP6 ::", "c=IN IP6 anything.invalid"] {
            let held = with(nowhere, "").expect("usable");
            assert_eq!((held.rtp_to(), held.rtcp_to()), (None, None));
            assert_eq!(held.hold(), crate::media::Hold::Held);
            assert_eq!(held.direction, Direction::SendOnly);
        }
        assert_eq!(with("c=IN IP4 0.0.0.0", "a=inactive").expect("usable").direction, Direction::Inactive);
    }

    #[test]
    fn rtcp_goes_to_no_third_host() {
        let rtcp = |line: &str| with("c=IN IP4 192.0.2.1", line).expect("usable").rtcp_to().map(|to| to.to_string());
        assert_eq!(rtcp("a=rtcp:5000").as_deref(), Some("192.0.2.1:5000"));
        assert_eq!(rtcp("a=rtcp:5000 IN IP4 192.0.2.1").as_deref(), Some("192.0.2.1:5000"));
        assert_eq!(rtcp("a=rtcp:5000 IN IP4 198.51.100.9").as_deref(), Some("192.0.2.1:4001"));
        assert_eq!(rtcp("a=rtcp:0").as_deref(), Some("192.0.2.1:4001"));
    }

    #[test]
    fn a_session_direction_holds_unless_the_audio_says_its_own() {
        let text = |line: &str| format!("v=0\r\nc=IN IP4 192.0.2.1\r\na=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n{line}");
        assert_eq!(read(&text("")).expect("usable").direction, Direction::SendOnly);
        assert_eq!(read(&text("a=inactive\r\n")).expect("usable").direction, Direction::Inactive);
    }

    #[test]
    fn formats_that_cannot_cross_are_left_out() {
        let text = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 111 63 72 9 200 x 111 18 99\r\n\
                    a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\n\
                    a=fmtp:63 111/111\r\na=rtpmap:72 PCMU/8000\r\na=rtpmap:99 bad\u{e9}/8000\r\n";
        let formats = read(text).expect("usable").formats;
        assert_eq!(formats.iter().map(|format| format.payload).collect::<Vec<_>>(), [111, 9, 18]);
        let opus = Codec::Other {
            name: "opus".into(),
            clock: 48000,
            channels: 2,
            fmtp: Some("minptime=10;useinbandfec=1".into()),
        };
        assert_eq!(formats[0].codec, opus);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Description::read(&bytes);
        }

        #[test]
        fn no_lines_panic(lines in proptest::collection::vec("[vocmast]=[ -~]{0,40}", 0..12)) {
            if let Ok(read) = Description::read(format!("v=0\r\n{}", lines.join("\r\n")).as_bytes()) {
                prop_assert!(Description::read(&read.write()).is_ok());
            }
        }

        #[test]
        fn no_attributes_panic(
            number in 0_u8..=255, name in "[ -~]{0,12}", rest in "[ -~/0-9]{0,20}", address in "[0-9a-f.:/]{0,20}",
        ) {
            let text = format!(
                "v=0\r\nc=IN IP4 {address}\r\nm=audio 4000 RTP/AVP 0 {number}\r\na=rtpmap:{number} {name}/{rest}\r\n\
                 a=fmtp:{number} {rest}\r\na=rtcp:{rest}\r\na=ptime:{rest}\r\n"
            );
            if let Ok(read) = Description::read(text.as_bytes()) {
                prop_assert_eq!(Description::read(&read.write()).expect("what we write").formats, read.formats);
            }
        }
    }
}
