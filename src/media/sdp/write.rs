//! [`Description`] to bytes. Only the lines below exist: no ICE, no keys but our own, nothing that a peer could
//! smuggle through.

use std::fmt::{self, Display, Write};
use std::net::IpAddr;

use super::{Codec, Description, OtherMedia};

impl Description {
    /// The description as it is sent.
    pub fn write(&self) -> Vec<u8> {
        let mut text = String::with_capacity(512);
        self.write_to(&mut text).expect("a String takes any text");
        text.into_bytes()
    }

    fn write_to(&self, text: &mut String) -> fmt::Result {
        let family = match self.address {
            IpAddr::V4(_) => "IP4",
            IpAddr::V6(_) => "IP6",
        };
        let address = self.address;
        write!(text, "v=0\r\no=- {} {} IN {family} {address}\r\n", self.origin.id, self.origin.version)?;
        write!(text, "s=-\r\nc=IN {family} {address}\r\nt=0 0\r\n")?;
        let (before, after) = self.other_media.split_at(self.audio_at.min(self.other_media.len()));
        before.iter().try_for_each(|media| refuse(media, text))?;
        self.write_audio(text)?;
        after.iter().try_for_each(|media| refuse(media, text))
    }

    fn write_audio(&self, text: &mut String) -> fmt::Result {
        write!(text, "m=audio {} {}", self.port, self.protection.name())?;
        for format in &self.formats {
            write!(text, " {}", format.payload)?;
        }
        text.push_str("\r\n");
        for format in &self.formats {
            let payload = format.payload;
            match &format.codec {
                Codec::Pcmu => write!(text, "a=rtpmap:{payload} PCMU/8000\r\n")?,
                Codec::Pcma => write!(text, "a=rtpmap:{payload} PCMA/8000\r\n")?,
                // 0 to 9, *, #, A to D and the hook flash.
                Codec::TelephoneEvent => {
                    write!(text, "a=rtpmap:{payload} telephone-event/8000\r\na=fmtp:{payload} 0-16\r\n")?;
                }
                Codec::Other { name, clock, channels, fmtp } => {
                    write!(text, "a=rtpmap:{payload} {}/{clock}", OneLine(name))?;
                    if *channels > 1 {
                        write!(text, "/{channels}")?;
                    }
                    text.push_str("\r\n");
                    if let Some(fmtp) = fmtp {
                        write!(text, "a=fmtp:{payload} {}\r\n", OneLine(fmtp))?;
                    }
                }
            }
        }
        self.protection.write_to(text)?;
        if let Some(ptime) = self.ptime {
            write!(text, "a=ptime:{ptime}\r\n")?;
        }
        write!(text, "a={}\r\n", self.direction.as_str())?;
        match self.rtcp {
            Some(rtcp) if Some(rtcp.port()) != self.port.checked_add(1) => write!(text, "a=rtcp:{}\r\n", rtcp.port()),
            Some(_) | None => Ok(()),
        }
    }
}

/// RFC 3264 §6: a media line is refused in its place, by port 0.
fn refuse(media: &OtherMedia, text: &mut String) -> fmt::Result {
    let OtherMedia { media, protocol, formats } = media;
    write!(text, "m={} 0 {} {}\r\n", OneLine(media), OneLine(protocol), OneLine(formats))
}

/// A peer's text without anything that could end its line.
struct OneLine<'a>(&'a str);

impl Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().filter(|c| !c.is_control()).try_for_each(|c| f.write_char(c))
    }
}
