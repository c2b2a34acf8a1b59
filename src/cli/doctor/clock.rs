//! The clock, held against those of whom we ask anyway; and the shops' own time.

use std::collections::BTreeSet;
use std::path::Path;

use super::Line;
use super::http::Http;
use super::store::Known;
use crate::clock::now;
use crate::config::{Config, TwilioProfile};
use crate::notice::{Address, host_of, is_near};
use crate::now::UnixMs;
use crate::routing::Plan;
use crate::routing::local_time::local;

const CHECK: &str = "clock";

/// Beyond this, signatures that carry a time begin to fail, and the log's times are wrong.
const SOME_MS: i64 = 5_000;
/// And beyond this the shop opens and closes at another time than its door.
const MUCH_MS: i64 = 60_000;
/// systemd's own sign that it has set the clock.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

pub(super) async fn check(config: &Config, known: Option<&Known>, http: &Http, at: UnixMs) -> Vec<Line> {
    let plan = known.map(|known| &known.plan);
    let mut lines = Vec::new();
    for host in hosts(config, plan) {
        let asked = now().wall;
        let Ok(answer) = http.get(&format!("https://{host}/")).await else { continue };
        // The answer was written about half way.
        let ours = UnixMs(asked.0.midpoint(now().wall.0));
        if let Some(theirs) = answer.date {
            lines.push(judged(ours, theirs, &host));
            break;
        }
    }
    if lines.is_empty() {
        lines.push(match Path::new(SYNCHRONISED).exists() {
            true => Line::ok(CHECK, "systemd-timesyncd keeps this machine's clock"),
            false => Line::look(
                CHECK,
                "nobody that we ask anyway has told the time: look with `timedatectl` whether the clock is synchronized",
            ),
        });
    }
    for shop in plan.iter().flat_map(|plan| &plan.shops) {
        let there = local(shop.time_zone, at).format("%A, %H:%M");
        lines.push(Line::ok(CHECK, format!("at {} it is {there} ({})", shop.name, shop.time_zone)));
    }
    lines
}

/// Whoever is asked by HTTPS anyway, those first that are surely other machines.
fn hosts(config: &Config, plan: Option<&Plan>) -> Vec<String> {
    let mut hosts = Vec::new();
    if let Some(twilio) = &config.twilio {
        hosts.push(match &twilio.profile {
            TwilioProfile::Twilio => "api.twilio.com".to_owned(),
            TwilioProfile::Telnyx { .. } => "api.telnyx.com".to_owned(),
            TwilioProfile::SignalWire { space, .. } => space.clone(),
        });
    }
    let posts: BTreeSet<&str> = plan
        .iter()
        .flat_map(|plan| &plan.shops)
        .flat_map(|shop| &shop.notify)
        .filter_map(|address| match address {
            Address::Post { url, .. } => url.strip_prefix("https://").and_then(host_of),
            Address::Mail { .. } => None,
        })
        .collect();
    hosts.extend(posts.into_iter().map(str::to_owned));
    let page = config.web.public_url.strip_prefix("https://").and_then(host_of);
    hosts.extend(page.map(str::to_owned));
    hosts.retain(|host| !is_near(host));
    hosts
}

fn judged(ours: UnixMs, theirs: UnixMs, host: &str) -> Line {
    let ahead = ours.0 - theirs.0;
    let how = if ahead > 0 { "fast" } else { "slow" };
    let off = format!("this machine's clock is {} s {how} by that of {host}", ahead.abs() / 1000);
    match ahead.abs() {
        // Theirs is told in whole seconds.
        ms if ms <= SOME_MS => Line::ok(CHECK, format!("this machine's clock agrees with that of {host}")),
        ms if ms <= MUCH_MS => {
            Line::look(CHECK, format!("{off}: set it (`timedatectl set-ntp true`), or signatures may be refused"))
        }
        _ => Line::bad(
            CHECK,
            format!("{off}: set it (`timedatectl set-ntp true`): the shop opens and closes at the wrong time"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn seconds_matter_to_signatures_and_minutes_to_hours() {
        let at = |ms: i64| judged(UnixMs(1_795_000_000_000 + ms), UnixMs(1_795_000_000_000), "api.twilio.com");
        assert_eq!([at(0), at(5_000), at(-5_000)].map(|line| line.state), [State::Ok; 3]);
        assert_eq!([at(5_001), at(-60_000)].map(|line| line.state), [State::Look; 2]);
        assert_eq!([at(60_001), at(-3_600_000)].map(|line| line.state), [State::Bad; 2]);
        assert!(at(3_600_000).text.contains("3600 s fast by that of api.twilio.com"), "{:?}", at(3_600_000));
        assert!(at(-61_000).text.contains("61 s slow"));
    }

    #[test]
    fn only_who_is_configured_is_asked() {
        assert_eq!(hosts(&Config::default(), None), [] as [&str; 0]);
        let mut config = Config::default();
        config.web.public_url = "https://phone.example.com/shop".to_owned();
        assert_eq!(hosts(&config, None), ["phone.example.com"]);
        config.web.public_url = "https://192.168.1.9".to_owned();
        assert_eq!(hosts(&config, None), [] as [&str; 0], "whoever is near may have our own clock");
    }
}
