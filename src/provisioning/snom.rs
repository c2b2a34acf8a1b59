//! Snom: XML with a tag for each setting. The tags are those of the Snom service hub (service.snom.com, "Settings"), where
//! each has a page of its own: `filter_registrar`, `block_url_dialing`, `ringing_time`, `user_savp`, `dst`.

use std::fmt::Write;

use chrono::Weekday;
use secrecy::ExposeSecret;

use super::text::Xml;
use super::wall_clock::Change;
use super::{Settings, Transport};
use crate::config::Srtp;
use crate::routing::plan::Language;

/// Firmware takes some values alone; this is the one of them that a router is kept open with.
const EXPIRES_S: u32 = 600;

pub fn written(settings: &Settings<'_>) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<settings>\n<phone-settings e=\"2\">\n".to_owned();
    for (tag, value) in of_account(settings) {
        let _ = writeln!(text, "<{tag} idx=\"1\" perm=\"\">{}</{tag}>", Xml(&value));
    }
    for (tag, value) in of_phone(settings) {
        let _ = writeln!(text, "<{tag} perm=\"\">{}</{tag}>", Xml(&value));
    }
    text.push_str("</phone-settings>\n</settings>\n");
    text
}

fn of_account(settings: &Settings<'_>) -> Vec<(&'static str, String)> {
    let registrar = settings.registrar();
    let (transport, srtp, savp) = match registrar.transport {
        Transport::Udp => ("udp", "off", "off"),
        Transport::Tls(Srtp::Preferred) => ("tls", "on", "optional"),
        Transport::Tls(Srtp::Required) => ("tls", "on", "mandatory"),
    };
    let server = format!("{}:{}", registrar.host, registrar.port);
    vec![
        ("user_active", "on".into()),
        ("user_realname", settings.name.clone()),
        ("user_name", settings.user.into()),
        ("user_pname", settings.user.into()),
        ("user_pass", settings.password.expose_secret().into()),
        ("user_host", server.clone()),
        ("user_outbound", format!("{server};transport={transport}")),
        ("user_expiry", EXPIRES_S.to_string()),
        ("user_srtp", srtp.into()),
        ("user_savp", savp.into()),
        ("keepalive_interval", "25".into()),
        ("codec_priority_list", "g722,opus,pcma,pcmu,telephone-event".into()),
        // DTMF by RFC 2833 alone.
        ("user_dtmf_info", "off".into()),
        ("user_auto_connect", "off".into()),
    ]
}

fn of_phone(settings: &Settings<'_>) -> Vec<(&'static str, String)> {
    let language = match settings.language {
        Language::En => "English",
        Language::Es => "Español",
    };
    let mut tags: Vec<(&'static str, String)> = vec![
        // Calls from the registrar alone, and none to an address.
        ("filter_registrar", "on".into()),
        ("block_url_dialing", "on".into()),
        ("ringing_time", settings.ring_s.to_string()),
        ("call_waiting", "on".into()),
        ("dtmf_payload_type", "101".into()),
        // What a colleague took is cancelled with its Reason (RFC 3326), which needs no tag; other missed calls count.
        ("global_missed_counter", "on".into()),
        // Nobody else sets it up, nor does it ask here again, where its link is worth nothing any more.
        ("pnp_config", "off".into()),
        ("update_policy", "settings_only".into()),
        ("setting_server", String::new()),
        ("settings_refresh_timer", "0".into()),
        ("language", language.into()),
        ("web_language", language.into()),
        ("utc_offset", settings.clock.standard_s.to_string()),
    ];
    if let Some(summer) = settings.clock.summer {
        tags.push(("dst", format!("{} {} {}", summer.more_s, night(summer.begins), night(summer.ends))));
    }
    tags
}

/// Month, week and weekday, where week 5 is the last and day 7 a Sunday; then the time: "03.05.07 02:00:00".
fn night(change: Change) -> String {
    let Change { month, week, weekday, hour } = change;
    format!("{month:02}.{:02}.{:02} {hour:02}:00:00", week.of_five(), weekday.days_since(Weekday::Mon) + 1)
}
