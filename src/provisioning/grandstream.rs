//! Grandstream (GXP and GRP phones): XML with numbered settings. The numbers are those of its configuration templates
//! (grandstream.com/support/tools, "GXP21xx/GRP26xx configuration template"), whose comments name each as below.

use std::fmt::Write;

use chrono::Weekday;
use secrecy::ExposeSecret;

use super::text::Xml;
use super::wall_clock::{Change, hours};
use super::{EXPIRES_S, Hardware, Settings, Transport};
use crate::config::Srtp;

/// Newer firmware takes no longer ring; a shop's patience ends there too.
const LONGEST_RING_S: u64 = 300;

pub fn written(settings: &Settings<'_>, hardware: Hardware) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gs_provision version=\"1\">\n<mac>{}</mac>\n<config version=\"1\">\n",
        hardware.digits()
    );
    for (number, value) in numbers(settings) {
        let _ = writeln!(text, "<P{number}>{}</P{number}>", Xml(&value));
    }
    text.push_str("</config>\n</gs_provision>\n");
    text
}

fn numbers(settings: &Settings<'_>) -> Vec<(u16, String)> {
    let registrar = settings.registrar();
    let (transport, srtp) = match registrar.transport {
        Transport::Udp => ("0", "0"),
        Transport::Tls(Srtp::Preferred) => ("2", "1"),
        Transport::Tls(Srtp::Required) => ("2", "2"),
    };
    vec![
        // Account Active, Account Name, SIP Server.
        (271, "1".into()),
        (270, settings.name.clone()),
        (47, format!("{}:{}", registrar.host, registrar.port)),
        // SIP User ID, Authenticate ID, Authenticate Password, Name.
        (35, settings.user.into()),
        (36, settings.user.into()),
        (34, settings.password.expose_secret().into()),
        (3, settings.name.clone()),
        // SIP Registration; Register Expiration, in minutes; SIP Transport.
        (31, "1".into()),
        (32, (EXPIRES_S / 60).to_string()),
        (130, transport.into()),
        // SIP URI Scheme when using TLS: sip. Use Actual Ephemeral Port in Contact with TCP/TLS. SRTP Mode.
        (2329, "0".into()),
        (2331, "1".into()),
        (183, srtp.into()),
        // Accept Incoming SIP from Proxy Only, Check SIP User ID for Incoming INVITE, Disable Direct IP Call.
        (2347, "1".into()),
        (258, "1".into()),
        (1310, "1".into()),
        // Allow SIP Reset: a message must not empty the phone. Auto Answer, and by Call-Info.
        (26015, "0".into()),
        (90, "0".into()),
        (298, "0".into()),
        // Ring Timeout.
        (1328, settings.ring_s.min(LONGEST_RING_S).to_string()),
        // Disable Call-Waiting.
        (91, "0".into()),
        // Call Logging: all. What a colleague took is cancelled with its Reason (RFC 3326), which needs no number.
        (182, "0".into()),
        // Preferred Vocoder: G.722, PCMA, PCMU. The number of Opus differs between models, so it is left out.
        (57, "9".into()),
        (58, "8".into()),
        (59, "0".into()),
        (60, "0".into()),
        (61, "0".into()),
        // Send DTMF: In-Audio, RTP (RFC 2833), SIP INFO. DTMF Payload Type.
        (2301, "0".into()),
        (2302, "1".into()),
        (2303, "0".into()),
        (79, "101".into()),
        // Nobody else sets it up: DHCP options, TR-069, which its maker's cloud speaks; nor does it ask here again.
        (145, "0".into()),
        (1409, "0".into()),
        (194, "0".into()),
        // Time Zone, Self-Defined Time Zone, Display Language.
        (64, "customize".into()),
        (246, zone(settings)),
        (1362, settings.language.as_str().into()),
    ]
}

/// As POSIX has it (IEEE 1003.1, environment variable TZ): hours are counted westward.
fn zone(settings: &Settings<'_>) -> String {
    let clock = settings.clock;
    let offset = |ahead_s: i64| format!("{}{}", if ahead_s > 0 { '-' } else { '+' }, hours(ahead_s));
    let standard = format!("MTZ{}", offset(clock.standard_s));
    match clock.summer {
        None => standard,
        Some(summer) => {
            let ahead = offset(clock.standard_s + summer.more_s);
            format!("{standard}MDT{ahead},{},{}", night(summer.begins), night(summer.ends))
        }
    }
}

/// Two o'clock goes without saying.
fn night(change: Change) -> String {
    let Change { month, week, weekday, hour } = change;
    let day = format!("M{month}.{}.{}", week.of_five(), weekday.days_since(Weekday::Sun));
    if hour == 2 { day } else { format!("{day}/{hour}") }
}
