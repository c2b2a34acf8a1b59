//! Linphone, on a mobile phone or a computer: its configuration file's sections as XML (wiki.linphone.org, "Remote
//! Provisioning"; the sections are those of `linphonerc`). It has no key against calls from elsewhere; the ports it listens
//! on are chosen at random instead.

use std::fmt::Write;

use secrecy::ExposeSecret;

use super::text::Xml;
use super::{EXPIRES_S, Settings, Transport};
use crate::config::Srtp;

pub fn written(settings: &Settings<'_>) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <config xmlns=\"http://www.linphone.org/xsds/lpconfig.xsd\">\n"
        .to_owned();
    for (section, entries) in sections(settings) {
        let _ = writeln!(text, "<section name=\"{section}\">");
        for (name, value) in entries {
            let _ = writeln!(text, "<entry name=\"{name}\" overwrite=\"true\">{}</entry>", Xml(&value));
        }
        text.push_str("</section>\n");
    }
    text.push_str("</config>\n");
    text
}

type Section = (&'static str, Vec<(&'static str, String)>);

fn sections(settings: &Settings<'_>) -> Vec<Section> {
    let registrar = settings.registrar();
    let (transport, encryption, required) = match registrar.transport {
        Transport::Udp => ("udp", "none", "0"),
        Transport::Tls(Srtp::Preferred) => ("tls", "srtp", "0"),
        Transport::Tls(Srtp::Required) => ("tls", "srtp", "1"),
    };
    let host = &registrar.host;
    let codec = |section, mime: &str, rate: u32, channels: u32| {
        let entries = vec![
            ("mime", mime.to_owned()),
            ("rate", rate.to_string()),
            ("channels", channels.to_string()),
            ("enabled", "1".into()),
        ];
        (section, entries)
    };
    vec![
        // Fetched once, and not at each start.
        ("misc", vec![("transient_provisioning", "1".into())]),
        (
            "sip",
            vec![
                ("default_proxy", "0".into()),
                ("sip_port", "-1".into()),
                ("sip_tcp_port", "-1".into()),
                ("sip_tls_port", "-1".into()),
                // How long it rings.
                ("inc_timeout", settings.ring_s.to_string()),
                ("media_encryption", encryption.into()),
                ("media_encryption_mandatory", required.into()),
                // DTMF by RFC 2833 alone.
                ("use_rfc2833", "1".into()),
                ("use_info", "0".into()),
            ],
        ),
        (
            "proxy_0",
            vec![
                ("reg_proxy", format!("<sip:{host}:{};transport={transport}>", registrar.port)),
                ("reg_identity", format!("{}<sip:{}@{host}>", quoted(&settings.name), settings.user)),
                ("reg_expires", EXPIRES_S.to_string()),
                ("reg_sendregister", "1".into()),
                ("publish", "0".into()),
            ],
        ),
        (
            "auth_info_0",
            vec![
                ("username", settings.user.into()),
                ("passwd", settings.password.expose_secret().into()),
                ("realm", settings.site.realm.clone()),
                ("domain", host.clone()),
            ],
        ),
        codec("audio_codec_0", "G722", 8000, 1),
        codec("audio_codec_1", "opus", 48000, 2),
        codec("audio_codec_2", "PCMA", 8000, 1),
        codec("audio_codec_3", "PCMU", 8000, 1),
    ]
}

/// A display name in an address (RFC 3261 §25.1, quoted-string), and the space behind it; nothing for none.
fn quoted(name: &str) -> String {
    if name.is_empty() {
        return String::new();
    }
    let escaped = name.chars().fold(String::new(), |mut escaped, c| {
        if c == '"' || c == '\\' {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    });
    format!("\"{escaped}\" ")
}
