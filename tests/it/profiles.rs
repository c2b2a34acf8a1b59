//! What each kind of carrier is told, as a table: `tests/golden/profiles.txt`. `RINGALL_BLESS=1` writes what is sent now.

use std::fmt::Write as _;
use std::path::Path;

use ringall::config::{CalledIn, PROFILES, Profile};

use crate::cast::Door;
use crate::shop::{Opening, Shop};
use crate::story::trunk_registers::router;
use crate::text::Text;

/// Counter, Workshop, and Ana's cell.
fn opening(profile: &'static Profile) -> Opening {
    Shop::opening().at_number("+34911234567").cell(2, "+34600999111").by_profile(profile)
}

/// What says who is called and who calls, in the INVITE to the cell.
fn invite(shop: &Shop) -> String {
    shop.wait("1 s");
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let invite = shop.asked_the_carrier().remove(0);
    ann.hangs_up();
    shop.wait("1 s");
    told(&invite)
}

fn told(request: &Text) -> String {
    let mut told = format!("    {}\n", request.start);
    for (name, value) in &request.headers {
        let of_interest = ["from", "to", "expires", "privacy", "diversion"].contains(&name.as_str());
        if of_interest || name.starts_with("p-") || name == "remote-party-id" {
            let value = value.split(";tag=").next().unwrap_or_default();
            writeln!(told, "      {name}: {value}").unwrap();
        }
    }
    told
}

#[test]
fn each_carrier_is_told_what_it_wants_where_it_wants_it() {
    let mut said = String::new();
    for profile in &PROFILES {
        writeln!(said, "{}", profile.name).unwrap();
        writeln!(said, "  host {:?}, calls from {:?}, called in {:?}", profile.host, profile.peers, profile.called)
            .unwrap();
        let shop = opening(profile).registering_with(router()).calling_by_registrar().open();
        shop.wait("1 s");
        let register = shop.registrar(|registrar| registrar.heard[0].1.clone());
        writeln!(said, "  registered\n{}{}", told(&register), invite(&shop).trim_end()).unwrap();
        for (who, opening) in [
            (
                "registered, showing the caller",
                opening(profile).registering_with(router()).calling_by_registrar().showing_callers(),
            ),
            ("known by address", opening(profile)),
            ("known by address, showing the caller", opening(profile).showing_callers()),
        ] {
            writeln!(said, "  {who}\n{}", invite(&opening.open()).trim_end()).unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/profiles.txt");
    if std::env::var_os("RINGALL_BLESS").is_some() {
        std::fs::write(&path, &said).unwrap();
    }
    assert_eq!(said, std::fs::read_to_string(&path).unwrap_or_default(), "{} differs", path.display());
}

#[test]
fn the_called_number_is_looked_for_where_the_carrier_writes_it() {
    static IN_A_HEADER: Profile = Profile { called: &[CalledIn::PCalledPartyId, CalledIn::RequestUri], ..PROFILES[0] };
    let callcentric = Profile::named("callcentric").expect("it has a profile");
    for (profile, called) in
        [(Profile::generic(), "17771234567"), (callcentric, "+34911234567"), (&IN_A_HEADER, "+34919999999")]
    {
        let shop = opening(profile).open();
        let ann = shop.caller("Ann", "+34600111222").with_line_user("17771234567");
        let ann = ann.with_header("P-Called-Party-ID", "\"Ruiz\" <sip:+34919999999@carrier.example>");
        ann.calls_through(Door::Sip);
        shop.wait("1 s");
        assert_eq!(shop.row().called, called);
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn who_withholds_their_number_is_named_to_no_carrier() {
    for profile in &PROFILES {
        let shop = opening(profile).showing_callers().open();
        let ann = shop.caller("Ann", "+34600111222").with_header("Privacy", "id");
        ann.calls_through(Door::Sip);
        shop.wait("1 s");
        let invite = shop.asked_the_carrier().remove(0);
        assert!(!invite.write().contains("600111222"), "{}: {}", profile.name, invite.write());
        assert_eq!(invite.must("privacy"), "id", "{}", profile.name);
        ann.hangs_up();
        shop.is_idle();
    }
}
