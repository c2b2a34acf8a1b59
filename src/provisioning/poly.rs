//! Poly (VVX, Edge E): XML with an attribute for each setting, in a file that a master file names. The attributes are those
//! of the "Poly UC Software Administrator Guide" 6.x (docs.poly.com): `voIpProt.SIP.requestValidation`,
//! `call.offeringTimeOut`, `call.advancedMissedCalls`, `tcpIpApp.sntp.daylightSavings`.

use std::fmt::Write;

use chrono::Weekday;
use secrecy::ExposeSecret;

use super::text::Xml;
use super::wall_clock::{Change, Week};
use super::{EXPIRES_S, Settings, Transport};
use crate::config::Srtp;
use crate::routing::plan::Language;

/// The same for every phone: it puts its own address in the name.
pub const MASTER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
    <APPLICATION APP_FILE_PATH=\"\" CONFIG_FILES=\"phone[PHONE_MAC_ADDRESS].cfg\" MISC_FILES=\"\" LOG_FILE_DIRECTORY=\"\" \
    OVERRIDES_DIRECTORY=\"\" CONTACTS_DIRECTORY=\"\" LICENSE_DIRECTORY=\"\" USER_PROFILES_DIRECTORY=\"\" \
    CALL_LISTS_DIRECTORY=\"\" COREFILE_DIRECTORY=\"\"/>\n";

pub fn written(settings: &Settings<'_>) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<PHONE_CONFIG>\n<ALL\n".to_owned();
    for (name, value) in attributes(settings).into_iter().chain(clock(settings)) {
        let _ = writeln!(text, "{name}=\"{}\"", Xml(&value));
    }
    text.push_str("/>\n</PHONE_CONFIG>\n");
    text
}

fn attributes(settings: &Settings<'_>) -> Vec<(&'static str, String)> {
    let registrar = settings.registrar();
    let (transport, srtp, required) = match registrar.transport {
        Transport::Udp => ("UDPOnly", "0", "0"),
        Transport::Tls(Srtp::Preferred) => ("TLS", "1", "0"),
        Transport::Tls(Srtp::Required) => ("TLS", "1", "1"),
    };
    let language = match settings.language {
        Language::En => "English_United_States",
        Language::Es => "Spanish_Spain",
    };
    vec![
        ("reg.1.displayName", settings.name.clone()),
        ("reg.1.label", settings.name.clone()),
        ("reg.1.address", settings.user.into()),
        ("reg.1.auth.userId", settings.user.into()),
        ("reg.1.auth.password", settings.password.expose_secret().into()),
        ("reg.1.server.1.address", registrar.host.clone()),
        ("reg.1.server.1.port", registrar.port.to_string()),
        ("reg.1.server.1.transport", transport.into()),
        ("reg.1.server.1.expires", EXPIRES_S.to_string()),
        ("reg.1.server.1.register", "1".into()),
        ("sec.srtp.enable", srtp.into()),
        ("sec.srtp.offer", srtp.into()),
        ("sec.srtp.require", required.into()),
        ("nat.keepalive.interval", "30".into()),
        // Calls from the server alone, and none to an address.
        ("voIpProt.SIP.requestValidation.1.request", "INVITE".into()),
        ("voIpProt.SIP.requestValidation.1.method", "source".into()),
        ("feature.urlDialing.enabled", "0".into()),
        ("call.enableOnNotRegistered", "0".into()),
        // For ever: we end the ringing.
        ("call.offeringTimeOut", "0".into()),
        ("call.callWaiting.enable", "1".into()),
        // A call that ends with this cause in its Reason (RFC 3326) was taken by a colleague, and not missed.
        ("call.advancedMissedCalls.enabled", "1".into()),
        ("call.advancedMissedCalls.reasonCodes", "200".into()),
        ("tone.dtmf.viaRtp", "1".into()),
        ("tone.dtmf.rfc2833Control", "1".into()),
        ("tone.dtmf.rfc2833Payload", "101".into()),
        ("voice.codecPref.G722", "1".into()),
        ("voice.codecPref.Opus", "2".into()),
        ("voice.codecPref.G711_A", "3".into()),
        ("voice.codecPref.G711_Mu", "4".into()),
        ("voice.codecPref.G729_AB", "0".into()),
        // Nobody else sets it up: its maker's clouds are off. Nor does it ask here again.
        ("device.set", "1".into()),
        ("device.prov.ztpEnabled.set", "1".into()),
        ("device.prov.ztpEnabled", "0".into()),
        ("feature.lens.enabled", "0".into()),
        ("feature.pcc.enabled", "0".into()),
        ("feature.obitalk.enabled", "0".into()),
        ("prov.polling.enabled", "0".into()),
        ("lcl.ml.lang", language.into()),
    ]
}

fn clock(settings: &Settings<'_>) -> Vec<(&'static str, String)> {
    let offset = ("tcpIpApp.sntp.gmtOffset", settings.clock.standard_s.to_string());
    let over = ("tcpIpApp.sntp.gmtOffset.overrideDHCP", "1".into());
    let Some(summer) = settings.clock.summer else {
        return vec![offset, over, ("tcpIpApp.sntp.daylightSavings.enable", "0".into())];
    };
    let [begins, ends] = [summer.begins, summer.ends].map(Night::of);
    vec![
        offset,
        over,
        ("tcpIpApp.sntp.daylightSavings.enable", "1".into()),
        ("tcpIpApp.sntp.daylightSavings.fixedDayEnable", "0".into()),
        ("tcpIpApp.sntp.daylightSavings.start.month", begins.month),
        ("tcpIpApp.sntp.daylightSavings.start.date", begins.date),
        ("tcpIpApp.sntp.daylightSavings.start.time", begins.time),
        ("tcpIpApp.sntp.daylightSavings.start.dayOfWeek", begins.weekday),
        ("tcpIpApp.sntp.daylightSavings.start.dayOfWeek.lastInMonth", begins.last),
        ("tcpIpApp.sntp.daylightSavings.stop.month", ends.month),
        ("tcpIpApp.sntp.daylightSavings.stop.date", ends.date),
        ("tcpIpApp.sntp.daylightSavings.stop.time", ends.time),
        ("tcpIpApp.sntp.daylightSavings.stop.dayOfWeek", ends.weekday),
        ("tcpIpApp.sntp.daylightSavings.stop.dayOfWeek.lastInMonth", ends.last),
    ]
}

/// A night in the guide's numbers.
struct Night {
    month: String,
    /// 1, 8, 15, 22: the first, second, third, fourth such day of the month.
    date: String,
    time: String,
    /// 1 is a Sunday.
    weekday: String,
    last: String,
}

impl Night {
    fn of(change: Change) -> Night {
        let (date, last) = match change.week {
            Week::Nth(nth) => ((nth - 1) * 7 + 1, "0"),
            Week::Last => (22, "1"),
        };
        Night {
            month: change.month.to_string(),
            date: date.to_string(),
            time: change.hour.to_string(),
            weekday: (change.weekday.days_since(Weekday::Sun) + 1).to_string(),
            last: last.into(),
        }
    }
}
