//! Yealink: `key = value`, a line each. The names are those of the "SIP-T2/T4/T5 Series Administrator's Guide" V86
//! (support.yealink.com): `sip.trust_ctrl` ("Accept SIP Trust Server Only"), `phone_setting.ringing_timeout`,
//! `local_time.*`. A phone passes over a key that its firmware does not know; `static.` and bare forms are of newer and
//! older firmware.

use std::fmt::Write;

use chrono::Weekday;
use secrecy::ExposeSecret;

use super::text::Line;
use super::wall_clock::{Change, hours};
use super::{EXPIRES_S, Settings, Transport};
use crate::config::Srtp;
use crate::routing::plan::Language;

/// The first line says what the file is.
const HEAD: &str = "#!version:1.0.0.1\n";

/// Read by all before their own.
pub const COMMON: &str = "#!version:1.0.0.1\n";

pub fn written(settings: &Settings<'_>) -> String {
    let mut text = HEAD.to_owned();
    for (key, value) in keys(settings) {
        let _ = writeln!(text, "{key} = {}", Line(&value));
    }
    text
}

fn keys(settings: &Settings<'_>) -> Vec<(&'static str, String)> {
    let registrar = settings.registrar();
    let (transport, srtp) = match registrar.transport {
        Transport::Udp => ("0", "0"),
        Transport::Tls(Srtp::Preferred) => ("2", "1"),
        Transport::Tls(Srtp::Required) => ("2", "2"),
    };
    let language = match settings.language {
        Language::En => "English",
        Language::Es => "Spanish",
    };
    let mut keys: Vec<(&'static str, String)> = vec![
        ("account.1.enable", "1".into()),
        ("account.1.label", settings.name.clone()),
        ("account.1.display_name", settings.name.clone()),
        ("account.1.user_name", settings.user.into()),
        ("account.1.auth_name", settings.user.into()),
        ("account.1.password", settings.password.expose_secret().into()),
        ("account.1.sip_server.1.address", registrar.host.clone()),
        ("account.1.sip_server.1.port", registrar.port.to_string()),
        ("account.1.sip_server.1.transport_type", transport.into()),
        ("account.1.sip_server.1.expires", EXPIRES_S.to_string()),
        ("account.1.srtp_encryption", srtp.into()),
        // Whoever calls a TLS name must be it.
        ("static.security.trust_certificates", "1".into()),
        // Calls from the server alone, and none to an address.
        ("sip.trust_ctrl", "1".into()),
        ("features.direct_ip_call_enable", "0".into()),
        ("phone_setting.ringing_timeout", settings.ring_s.to_string()),
        ("call_waiting.enable", "1".into()),
        // What a colleague took is cancelled with its Reason (RFC 3326), which needs no key; other missed calls are shown.
        ("account.1.missed_calllog", "1".into()),
        // RFC 2833, now RFC 4733.
        ("account.1.dtmf.type", "1".into()),
        ("account.1.dtmf.dtmf_payload", "101".into()),
        ("account.1.codec.g722.enable", "1".into()),
        ("account.1.codec.g722.priority", "1".into()),
        ("account.1.codec.opus.enable", "1".into()),
        ("account.1.codec.opus.priority", "2".into()),
        ("account.1.codec.pcma.enable", "1".into()),
        ("account.1.codec.pcma.priority", "3".into()),
        ("account.1.codec.pcmu.enable", "1".into()),
        ("account.1.codec.pcmu.priority", "4".into()),
        ("account.1.codec.g729.enable", "0".into()),
        // Nobody else sets it up again: not its maker's cloud, nor whoever answers in the network. Nor does it ask here
        // again, where its link is worth nothing any more.
        ("static.zero_touch.enable", "0".into()),
        ("static.auto_provision.pnp_enable", "0".into()),
        ("static.auto_provision.dhcp_option.enable", "0".into()),
        ("static.auto_provision.power_on", "0".into()),
        ("static.auto_provision.repeat.enable", "0".into()),
        ("lang.gui", language.into()),
        ("lang.wui", language.into()),
    ];
    keys.extend(clock(settings));
    keys
}

/// "Month/Week of Month/Day of Week/Hour of Day", where week 5 is the last and day 7 a Sunday.
fn clock(settings: &Settings<'_>) -> Vec<(&'static str, String)> {
    let clock = settings.clock;
    let sign = if clock.standard_s < 0 { '-' } else { '+' };
    let zone = ("local_time.time_zone", format!("{sign}{}", hours(clock.standard_s)));
    let Some(summer) = clock.summer else { return vec![zone, ("local_time.summer_time", "0".into())] };
    vec![
        zone,
        ("local_time.summer_time", "1".into()),
        ("local_time.dst_time_type", "1".into()),
        ("local_time.start_time", night(summer.begins)),
        ("local_time.end_time", night(summer.ends)),
        ("local_time.offset_time", (summer.more_s / 60).to_string()),
    ]
}

fn night(change: Change) -> String {
    let Change { month, week, weekday, hour } = change;
    format!("{month}/{}/{}/{hour}", week.of_five(), weekday.days_since(Weekday::Mon) + 1)
}
