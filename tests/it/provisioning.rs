//! What desk phones are told, whole: `tests/golden/phones`, one file for each maker. `RINGALL_BLESS=1` writes what is told
//! now.

use std::path::Path;
use std::time::Duration;

use ringall::config::{Config, Srtp};
use ringall::now::UnixMs;
use ringall::provisioning::{File, Format, Settings, Site, password};
use ringall::routing::plan::{Country, Ha1, Language, Line, Phone, PhoneId, Shop, ShopId};

/// 22 November 2026.
const NOW: UnixMs = UnixMs(1_795_305_600_000);
const USER: &str = "counter";
const HOSTILE: &str = "\"><&'\n#\\ account.1.enable = 0</P47>]]>\u{202e}";
const NAMES: [&str; 5] =
    ["001565aabbcc.cfg", "cfg000b82aabbcc.xml", "snomD785-000413AABBCC.htm", "phone0004f2aabbcc.cfg", "linphone.xml"];

#[derive(Clone, Copy)]
enum By {
    Udp,
    Tls(Srtp),
}

fn site(by: By) -> Site {
    let mut config = Config::default();
    config.web.public_url = "https://phone.example.com".to_owned();
    match by {
        By::Udp => Site::new(&config, 5060, None),
        By::Tls(srtp) => {
            config.media.srtp = srtp;
            Site::new(&config, 5060, Some(5061))
        }
    }
}

fn shop(phone: &str, language: Language, time_zone: chrono_tz::Tz, give_up_after: Duration) -> Shop {
    let line = Line::Registers { user: USER.to_owned(), ha1: Ha1(String::new()) };
    let phone = Phone { id: PhoneId(7), name: phone.into(), line, after: Duration::ZERO, hours: None, off_until: None };
    Shop {
        id: ShopId(1),
        name: "Ferretería Ruiz".to_owned(),
        time_zone,
        country: Country(*b"ES"),
        language,
        hours: None,
        numbers: Vec::new(),
        give_up_after,
        notify: Vec::new(),
        calls_to: Vec::new(),
        call_back_ring: true,
        drill_before_opening: false,
        greeting: Default::default(),
        phones: vec![phone],
        closures: Vec::new(),
        hours_override: None,
        blocked: Default::default(),
    }
}

fn spanish(phone: &str) -> Shop {
    shop(phone, Language::Es, chrono_tz::Europe::Madrid, Duration::from_secs(120))
}

fn format(name: &str) -> Format {
    match File::named(name, "") {
        Some(File::Own(format)) => format,
        other => panic!("{name}: {other:?}"),
    }
}

fn told(site: &Site, shop: &Shop, name: &str) -> String {
    let password = password("the secret in the link", "the salt");
    Settings::new(site, shop, &shop.phones[0], USER, &password, NOW).written(format(name))
}

fn golden(name: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/phones").join(name);
    if std::env::var_os("RINGALL_BLESS").is_some() {
        std::fs::write(&path, said).unwrap();
    }
    assert_eq!(said, std::fs::read_to_string(&path).unwrap_or_default(), "{} differs", path.display());
}

#[test]
fn each_makers_phone_is_told_what_it_needs() {
    for name in NAMES {
        golden(&format!("udp_{name}"), &told(&site(By::Udp), &spanish("Mostrador"), name));
    }
}

#[test]
fn by_tls_the_sound_is_protected_as_it_is_set() {
    let shop = shop("Counter", Language::En, chrono_tz::America::New_York, Duration::from_secs(300));
    for name in NAMES {
        golden(&format!("tls_{name}"), &told(&site(By::Tls(Srtp::Required)), &shop, name));
        let preferred = told(&site(By::Tls(Srtp::Preferred)), &shop, name);
        assert_ne!(preferred, told(&site(By::Tls(Srtp::Required)), &shop, name), "{name}");
    }
}

#[test]
fn a_phones_name_is_a_name_whatever_it_is() {
    // What makes a file's shape in any of the formats.
    let shape = |text: &str| text.matches(['<', '>', '"', '\n']).count();
    for name in NAMES {
        let (plain, hostile) =
            (told(&site(By::Udp), &spanish("Mostrador"), name), told(&site(By::Udp), &spanish(HOSTILE), name));
        assert!(!hostile.contains('\u{202e}'), "{name}");
        if name == "001565aabbcc.cfg" {
            let keys =
                |text: &str| text.lines().map(|line| line.split(" = ").next().map(str::to_owned)).collect::<Vec<_>>();
            assert_eq!(keys(&plain), keys(&hostile));
        } else {
            assert_eq!(shape(&plain), shape(&hostile), "{name}:\n{hostile}");
        }
        golden(&format!("hostile_{name}"), &hostile);
    }
}

#[test]
fn no_phone_gives_up_before_the_shop_does() {
    for (give_up, rings) in [(30, 60), (120, 150), (300, 330)] {
        let shop = shop("Counter", Language::En, chrono_tz::Europe::London, Duration::from_secs(give_up));
        let says = |name: &str, words: &str| {
            let text = told(&site(By::Udp), &shop, name);
            assert!(text.contains(words), "{words} is not in:\n{text}");
        };
        says("001565aabbcc.cfg", &format!("phone_setting.ringing_timeout = {rings}\n"));
        // Its own most; the shop gives up no later.
        says("cfg000b82aabbcc.xml", &format!("<P1328>{}</P1328>", rings.min(300)));
        says("snom-000413aabbcc.xml", &format!("<ringing_time perm=\"\">{rings}</ringing_time>"));
        says("phone0004f2aabbcc.cfg", "call.offeringTimeOut=\"0\"");
        says("linphone.xml", &format!("<entry name=\"inc_timeout\" overwrite=\"true\">{rings}</entry>"));
    }
}

#[test]
fn files_for_all_phones_have_no_secret() {
    for name in ["y000000000108.cfg", "000000000000.cfg"] {
        let (_, text) = File::named(name, "").and_then(File::common).expect("a file for all");
        assert!(!text.contains("password") && !text.contains(USER), "{name}: {text}");
    }
    assert!(File::named(NAMES[0], "").and_then(File::common).is_none(), "a phone's own is for nobody else");
}
