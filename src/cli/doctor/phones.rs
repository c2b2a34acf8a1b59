//! The shops: whether anybody would ring, and where their phones were last seen.

use std::collections::HashMap;

use super::Line;
use super::service::Service;
use super::store::Known;
use crate::config::Config;
use crate::now::UnixMs;
use crate::routing::plan::{self, Phone, Shop};
use crate::sip::registrar::KeptUser;

const CHECK: &str = "phones";

/// What the shops' phones are judged by.
struct Around<'a> {
    bindings: &'a HashMap<String, KeptUser>,
    /// Whether a cell can be called at all.
    calls_out: bool,
    /// How many hexadecimal digits a password's hash has.
    digits: usize,
    runs: bool,
    now: UnixMs,
}

pub(super) async fn check(config: &Config, known: Option<&Known>, service: &Service, now: UnixMs) -> Vec<Line> {
    let Some(known) = known else {
        return vec![Line::look(CHECK, "which phones ring cannot be said before the database can be read")];
    };
    let bindings = match known.store.bindings().await {
        Ok(bindings) => bindings.into_iter().collect(),
        Err(error) => return vec![Line::bad(CHECK, error.to_string())],
    };
    let around = Around {
        bindings: &bindings,
        calls_out: config.twilio.is_some() || config.trunks.iter().any(|trunk| trunk.outbound.is_some()),
        digits: config.sip.digest.hex_digits(),
        runs: service.runs(),
        now,
    };
    if known.plan.shops.is_empty() {
        return vec![Line::bad(CHECK, "there is no shop yet, so nothing rings: `ringall import FILE` makes one")];
    }
    known.plan.shops.iter().flat_map(|shop| of_shop(shop, &around)).collect()
}

fn of_shop(shop: &Shop, around: &Around<'_>) -> Vec<Line> {
    let name = &shop.name;
    if shop.phones.is_empty() {
        let text = format!("{name} has no phone, so callers hear busy: add one to the shop's file and import it");
        return vec![Line::bad(CHECK, text)];
    }
    let mut lines: Vec<Line> = shop.phones.iter().map(|phone| of_phone(name, phone, around)).collect();
    if around.runs && lines.iter().all(|line| line.state != super::State::Ok) {
        let text =
            format!("{name}: no phone would ring now: see the lines above, and start with one phone in the shop");
        lines.push(Line::bad(CHECK, text));
    }
    if shop.hours.is_none() {
        let text = format!(
            "{name} has no hours: desk phones ring day and night, cells never; set them on the page under Hours"
        );
        lines.push(Line::look(CHECK, text));
    }
    lines
}

fn of_phone(shop: &str, phone: &Phone, around: &Around<'_>) -> Line {
    let name = &phone.name;
    let off = match phone.off_until {
        Some(until) if until > around.now => " It is off at the moment, by its own word.",
        _ => "",
    };
    match &phone.line {
        plan::Line::Registers { ha1, .. } if ha1.0.len() != around.digits => Line::bad(
            CHECK,
            format!(
                "{shop}, {name}: cannot register, since its password was imported for another [sip] digest: import the shop \
                 again with the password, or set digest back"
            ),
        ),
        plan::Line::Registers { user, .. } => registered(shop, name, user, off, around),
        plan::Line::Fixed { contact } => Line::ok(CHECK, format!("{shop}, {name}: is called at {contact}.{off}")),
        plan::Line::Cell { .. } if !around.calls_out => Line::bad(
            CHECK,
            format!(
                "{shop}, {name}: no carrier to call this cell by: set outbound_proxy or register in a [[trunk]], or [twilio]"
            ),
        ),
        plan::Line::Cell { .. } => Line::ok(CHECK, format!("{shop}, {name}: is called by the carrier.{off}")),
    }
}

fn registered(shop: &str, name: &str, user: &str, off: &str, around: &Around<'_>) -> Line {
    let bindings = around.bindings.get(user).map(|kept| kept.bindings.as_slice()).unwrap_or_default();
    let last = bindings.iter().max_by_key(|binding| (binding.expires > around.now, binding.registered));
    let ago = |at: UnixMs| minutes(around.now.since(at));
    match last {
        Some(binding) if binding.expires > around.now => {
            let from = binding.source.to;
            Line::ok(CHECK, format!("{shop}, {name}: registered {} ago from {from}.{off}", ago(binding.registered)))
        }
        Some(binding) => Line::look(
            CHECK,
            format!(
                "{shop}, {name}: its registration has ended {} ago: look whether it has power and network, and says that it \
                 is registered",
                ago(binding.expires)
            ),
        ),
        None => Line::look(
            CHECK,
            format!(
                "{shop}, {name}: is not registered: type the user {user:?}, its password and this machine's address into it, \
                 or connect it from the page under Phones"
            ),
        ),
    }
}

fn minutes(ms: u64) -> String {
    match ms / 60_000 {
        0 => "less than a minute".to_owned(),
        1 => "a minute".to_owned(),
        minutes @ 2..120 => format!("{minutes} minutes"),
        minutes @ 120..2880 => format!("{} hours", minutes / 60),
        minutes => format!("{} days", minutes / 1440),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::super::State;
    use super::*;
    use crate::number::Number;
    use crate::routing::plan::{Country, Ha1, Language, Line as PhoneLine, PhoneId, ShopId};
    use crate::sip::address::Address;
    use crate::sip::hop::{Hop, SocketId};
    use crate::sip::registrar::KeptBinding;

    const NOW: UnixMs = UnixMs(1_795_000_000_000);

    pub fn shop(lines: Vec<PhoneLine>) -> Shop {
        let phone = |(id, line): (i64, PhoneLine)| Phone {
            id: PhoneId(id),
            name: "Counter".into(),
            line,
            after: Duration::ZERO,
            hours: None,
            off_until: None,
        };
        Shop {
            id: ShopId(1),
            name: "Ruiz".to_owned(),
            time_zone: chrono_tz::Europe::Madrid,
            country: Country(*b"ES"),
            language: Language::En,
            hours: None,
            calls_to: Vec::new(),
            numbers: Vec::new(),
            give_up_after: Duration::from_secs(120),
            notify: Vec::new(),
            phones: (1..).zip(lines).map(phone).collect(),
            closures: Vec::new(),
            hours_override: None,
            blocked: Default::default(),
            call_back_ring: true,
            drill_before_opening: false,
            greeting: Default::default(),
        }
    }

    fn registers() -> PhoneLine {
        PhoneLine::Registers { user: "counter".to_owned(), ha1: Ha1("0".repeat(32)) }
    }

    fn told(shop: &Shop, bindings: &[(&str, i64, i64)], calls_out: bool, digits: usize) -> Vec<(State, String)> {
        let kept = bindings.iter().map(|(user, registered, expires)| {
            let binding = KeptBinding {
                contact: Address::parse("<sip:counter@192.168.1.20:5060>").expect("an address"),
                source: Hop::udp(SocketId(0), "192.168.1.20:5060".parse().unwrap(), "192.168.1.2".parse().unwrap()),
                registered: UnixMs(NOW.0 + registered),
                expires: UnixMs(NOW.0 + expires),
                call_id: "a".to_owned(),
                cseq: 1,
            };
            ((*user).to_owned(), KeptUser { password_mark: String::new(), bindings: vec![binding] })
        });
        let bindings = kept.collect();
        let around = Around { bindings: &bindings, calls_out, digits, runs: true, now: NOW };
        of_shop(shop, &around).into_iter().map(|line| (line.state, line.text)).collect()
    }

    #[test]
    fn a_shop_where_nothing_rings_is_bad() {
        let none = told(&shop(Vec::new()), &[], true, 32);
        assert!(none[0].0 == State::Bad && none[0].1.contains("has no phone"), "{none:?}");
        let lines = told(&shop(vec![registers()]), &[], true, 32);
        assert!(lines[0].0 == State::Look && lines[0].1.contains("is not registered: type the user \"counter\""));
        assert!(lines[1].0 == State::Bad && lines[1].1.contains("no phone would ring now"), "{lines:?}");
        assert!(lines[2].0 == State::Look && lines[2].1.contains("has no hours"), "{lines:?}");
    }

    #[test]
    fn a_phone_says_when_it_was_last_there() {
        let of = |bindings: &[(&str, i64, i64)]| told(&shop(vec![registers()]), bindings, true, 32).remove(0);
        let (state, text) = of(&[("counter", -120_000, 180_000)]);
        assert!(state == State::Ok && text.contains("registered 2 minutes ago from 192.168.1.20:5060"), "{text}");
        let (state, text) = of(&[("counter", -7_500_000, -7_200_000)]);
        assert!(state == State::Look && text.contains("has ended 2 hours ago"), "{text}");
        let (state, text) = told(&shop(vec![registers()]), &[], true, 64).remove(0);
        assert!(state == State::Bad && text.contains("another [sip] digest"), "{text}");
    }

    #[test]
    fn a_cell_needs_a_carrier() {
        let cell = || PhoneLine::Cell { number: Number::from_e164("+34600111222").expect("a number") };
        assert_eq!(told(&shop(vec![cell()]), &[], true, 32)[0].0, State::Ok);
        let (state, text) = told(&shop(vec![cell()]), &[], false, 32).remove(0);
        assert!(state == State::Bad && text.contains("no carrier to call this cell by"), "{text}");
    }
}
