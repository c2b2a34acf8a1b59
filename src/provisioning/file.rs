//! Which file a phone asks for: by its name, which says whose phone it is and which one.

use std::fmt::{Display, Formatter};

/// A phone's hardware address, by which one phone is told from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hardware([u8; 6]);

impl Hardware {
    /// Twelve hex digits; none that stands for no phone or for several.
    fn parse(text: &str) -> Option<Hardware> {
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut address = [0; 6];
        for (byte, at) in address.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        // The lowest bit of the first byte: a group (IEEE 802).
        (address != [0; 6] && address[0] & 1 == 0).then_some(Hardware(address))
    }

    /// Twelve hex digits in lower case, as file names have it.
    pub fn digits(self) -> String {
        crate::hex::hex(&self.0)
    }
}

impl Display for Hardware {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// Who takes a link's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taker {
    Phone(Hardware),
    /// An app: it does not say which it is, so nobody could tell it from a second one.
    App,
}

impl Taker {
    /// As the store keeps it: twelve hex digits, or `app`.
    pub fn as_text(self) -> String {
        match self {
            Taker::Phone(hardware) => hardware.digits(),
            Taker::App => "app".to_owned(),
        }
    }

    /// The inverse of [`Taker::as_text`].
    pub fn parse(text: &str) -> Option<Taker> {
        if text == "app" { Some(Taker::App) } else { Hardware::parse(text).map(Taker::Phone) }
    }
}

/// Settings with a password, for one phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Yealink(Hardware),
    Grandstream(Hardware),
    Snom(Hardware),
    Poly(Hardware),
    Linphone,
}

impl Format {
    pub fn taker(self) -> Taker {
        match self {
            Format::Yealink(hardware)
            | Format::Grandstream(hardware)
            | Format::Snom(hardware)
            | Format::Poly(hardware) => Taker::Phone(hardware),
            Format::Linphone => Taker::App,
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Yealink(_) => TEXT,
            Format::Grandstream(_) | Format::Snom(_) | Format::Poly(_) | Format::Linphone => XML,
        }
    }
}

const TEXT: &str = "text/plain; charset=utf-8";
const XML: &str = "text/xml; charset=utf-8";

/// What a phone asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// Every Yealink asks for it before its own; nothing secret.
    YealinkCommon,
    /// Tells a Poly the name of its own; nothing secret.
    PolyMaster,
    Own(Format),
}

impl File {
    /// The file of this name; `user_agent` tells the two makers apart that ask for `MAC.cfg`. `None`: no file of ours.
    pub fn named(name: &str, user_agent: &str) -> Option<File> {
        let name = name.to_ascii_lowercase();
        let (stem, ending) = name.rsplit_once('.')?;
        let digits = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let hardware = |text: Option<&str>| text.and_then(Hardware::parse);
        let own = match ending {
            "cfg" if stem == NO_PHONE => return Some(File::PolyMaster),
            "cfg" if stem.strip_prefix('y').is_some_and(digits) => return Some(File::YealinkCommon),
            "cfg" => match (hardware(Some(stem)), hardware(stem.strip_prefix("phone"))) {
                (Some(_), _) if is_poly(user_agent) => return Some(File::PolyMaster),
                (Some(hardware), _) => Format::Yealink(hardware),
                (None, Some(hardware)) => Format::Poly(hardware),
                (None, None) => return None,
            },
            "xml" if stem == "linphone" => Format::Linphone,
            "xml" | "htm" | "html" => match (hardware(stem.strip_prefix("cfg")), stem.strip_prefix("snom")) {
                (Some(hardware), _) if ending == "xml" => Format::Grandstream(hardware),
                // snomD785-000413AABBCC.htm: the model stands before.
                (_, Some(rest)) => Format::Snom(hardware(rest.rsplit('-').next())?),
                _ => return None,
            },
            _ => return None,
        };
        Some(File::Own(own))
    }
}

/// Where a Poly finds no file of its own name, it asks for this one.
const NO_PHONE: &str = "000000000000";

/// `FileTransport PolycomVVX-VVX_411-UA/6.4.3 …`
fn is_poly(user_agent: &str) -> bool {
    user_agent.to_ascii_lowercase().contains("poly")
}

impl File {
    /// Content type and text of a file that is the same for every phone; `None`: it is one phone's own.
    pub fn common(self) -> Option<(&'static str, &'static str)> {
        match self {
            File::YealinkCommon => Some((TEXT, super::yealink::COMMON)),
            File::PolyMaster => Some((XML, super::poly::MASTER)),
            File::Own(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEALINK: &str = "Yealink SIP-T46U 108.86.0.20 00:15:65:aa:bb:cc";
    const POLY: &str = "FileTransport PolycomVVX-VVX_411-UA/6.4.3.5814 Type/Application";

    fn hardware(digits: &str) -> Hardware {
        Hardware::parse(digits).expect("an address of this test")
    }

    #[test]
    fn each_maker_is_known_by_the_names_it_asks_for() {
        let own = |format: fn(Hardware) -> Format, digits: &str| Some(File::Own(format(hardware(digits))));
        for (name, user_agent, expected) in [
            ("y000000000108.cfg", YEALINK, Some(File::YealinkCommon)),
            ("001565aabbcc.cfg", YEALINK, own(Format::Yealink, "001565aabbcc")),
            ("001565AABBCC.cfg", "", own(Format::Yealink, "001565aabbcc")),
            ("cfg000b82aabbcc.xml", "", own(Format::Grandstream, "000b82aabbcc")),
            ("snomD785-000413AABBCC.htm", "", own(Format::Snom, "000413aabbcc")),
            ("snom-000413aabbcc.xml", "", own(Format::Snom, "000413aabbcc")),
            ("0004f2aabbcc.cfg", POLY, Some(File::PolyMaster)),
            ("000000000000.cfg", POLY, Some(File::PolyMaster)),
            ("phone0004f2aabbcc.cfg", POLY, own(Format::Poly, "0004f2aabbcc")),
            ("linphone.xml", "", Some(File::Own(Format::Linphone))),
        ] {
            assert_eq!(File::named(name, user_agent), expected, "{name}");
        }
    }

    #[test]
    fn a_name_that_says_no_phone_gets_nothing() {
        for name in [
            "",
            "001565aabbcc",
            "001565aabbcc.boot",
            "001565aabbc.cfg",
            "001565aabbcg.cfg",
            "cfg000b82aabbcc",
            "cfg.xml",
            "cfggxp2170.xml",
            "cfg000b82aabbcc.htm",
            "snomD785.htm",
            "snom-000000000000.htm",
            "010000000000.cfg",
            "phone000000000000.cfg",
            "ффффффффффff.cfg",
            "../etc/passwd",
            "index.html",
        ] {
            assert_eq!(File::named(name, YEALINK), None, "{name}");
        }
    }

    #[test]
    fn what_is_kept_of_a_taker_is_read_back() {
        for taker in [Taker::App, Taker::Phone(hardware("001565aabbcc"))] {
            assert_eq!(Taker::parse(&taker.as_text()), Some(taker));
        }
        assert_eq!(Taker::parse("somebody"), None);
        assert_eq!(hardware("001565aabbcc").to_string(), "00:15:65:aa:bb:cc");
    }
}
