//! Connecting a desk phone: the owner's link, and the phone that fetches its settings with it.

use axum::http::{Method, StatusCode, header};
use ringall::now::UnixMs;
use ringall::routing::plan::{Line, PhoneId};
use ringall::sip::auth::{Algorithm, ha1};
use ringall::store::provisioning::LINK_LASTS;

use crate::browser::Browser;
use crate::shop::{Answer, NOW, PUBLIC_URL, Place};

const YEALINK: &str = "001565aabbcc.cfg";
const PEER: &str = "192.0.2.77:5000";

fn counter(place: &Place) -> PhoneId {
    place.plan.shops[0].phones[0].id
}

/// The secret of the link that the owner asks for.
async fn link(ana: &mut Browser<'_>, phone: PhoneId) -> String {
    let answer = ana.fills(&format!("/phones/{}/connect", phone.0), &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let (_, rest) = answer.text.split_once(&format!("{PUBLIC_URL}/p/")).expect("a link");
    rest.split_once('/').expect("its end").0.to_owned()
}

async fn fetches(place: &Place, secret: &str, file: &str) -> Answer {
    place.ask(Method::GET, &format!("/p/{secret}/{file}"), &[], Some(PEER)).await
}

async fn kept_ha1(place: &Place) -> String {
    let plan = place.store.plan().await.unwrap();
    match &plan.shops[0].phones[0].line {
        Line::Registers { ha1, .. } => ha1.0.clone(),
        other => panic!("{other:?}"),
    }
}

fn value<'t>(text: &'t str, key: &str) -> &'t str {
    let start = format!("{key} = ");
    text.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("no {key} in {text}"))
}

#[tokio::test]
async fn a_phone_that_comes_with_the_link_has_a_new_password_and_the_old_one_is_refused() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let old = kept_ha1(&place).await;
    assert!(ana.sees("/phones").await.contains("Connect a desk phone"));
    let secret = link(&mut ana, counter(&place)).await;
    assert!(secret.len() >= 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{secret}");
    assert_eq!(kept_ha1(&place).await, old, "the phone that rings now goes on");
    assert!(ana.sees("/phones").await.contains("A link waits for the phone until tomorrow at 18:05."));

    let common = fetches(&place, &secret, "y000000000108.cfg").await;
    assert_eq!((common.status, common.text.as_str()), (StatusCode::OK, "#!version:1.0.0.1\n"));
    assert_eq!(kept_ha1(&place).await, old, "nothing was given yet");
    let own = fetches(&place, &secret, YEALINK).await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.text);
    assert_eq!(own.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(own.headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    let password = value(&own.text, "account.1.password");
    assert_eq!(kept_ha1(&place).await, ha1(Algorithm::Md5, "ruiz", "ringall", password));
    assert_ne!(kept_ha1(&place).await, old);
    for (key, expected) in [
        ("account.1.user_name", "ruiz"),
        ("account.1.label", "Counter"),
        ("account.1.sip_server.1.address", "phone.example.com"),
        ("account.1.sip_server.1.port", "5060"),
        ("sip.trust_ctrl", "1"),
        ("lang.gui", "Spanish"),
    ] {
        assert_eq!(value(&own.text, key), expected);
    }
    let again = fetches(&place, &secret, YEALINK).await;
    assert_eq!(again.text, own.text, "it asks more than once");
    let page = ana.sees("/phones").await;
    assert!(page.contains("Set up by a link today at 18:05: the phone 00:15:65:aa:bb:cc."), "{page}");
    assert!(!page.contains(&secret) && !page.contains(password));
}

#[tokio::test]
async fn a_link_is_for_one_phone() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let secret = link(&mut ana, counter(&place)).await;
    assert_eq!(fetches(&place, &secret, "cfg000b82aabbcc.xml").await.status, StatusCode::OK);
    let kept = kept_ha1(&place).await;
    for another in ["cfg000b82aabbdd.xml", YEALINK, "phone0004f2aabbcc.cfg", "snom-000413aabbcc.xml", "linphone.xml"] {
        let refused = fetches(&place, &secret, another).await;
        assert_eq!(
            (refused.status, refused.text.as_str()),
            (StatusCode::NOT_FOUND, "There is nothing here.\n"),
            "{another}"
        );
    }
    assert_eq!(kept_ha1(&place).await, kept);
}

#[tokio::test]
async fn a_link_that_is_old_replaced_or_taken_back_gives_nothing() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let old = kept_ha1(&place).await;
    let past = UnixMs(NOW.0 - i64::try_from(LINK_LASTS.as_millis()).unwrap());
    let expired = place.store.make_provisioning_link(counter(&place), past).await.unwrap();
    let none = async |secret: &str| {
        for file in [YEALINK, "y000000000108.cfg", "linphone.xml", "favicon.ico"] {
            let answer = fetches(&place, secret, file).await;
            assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, "There is nothing here.\n"));
        }
    };
    none(&expired).await;
    assert!(ana.sees("/phones").await.contains("The last link for it ran out before a phone came."));
    let replaced = link(&mut ana, counter(&place)).await;
    let taken_back = link(&mut ana, counter(&place)).await;
    none(&replaced).await;
    let answer = ana.fills(&format!("/phones/{}/connect/end", counter(&place).0), &[]).await;
    assert_eq!(
        (answer.status, &answer.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/phones".parse().unwrap())
    );
    none(&taken_back).await;
    none("0123").await;
    assert_eq!(kept_ha1(&place).await, old);
}

#[tokio::test]
async fn guessing_links_is_stopped_and_phones_elsewhere_are_not() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let secret = link(&mut ana, counter(&place)).await;
    let mut stopped = 0;
    for n in 0..120 {
        let answer = fetches(&place, &format!("{n:064x}"), YEALINK).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.headers[header::RETRY_AFTER], "900");
            stopped += 1;
        }
    }
    assert_eq!(stopped, 20);
    assert_eq!(
        fetches(&place, &secret, YEALINK).await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "or guessing would go on unseen"
    );
    let path = format!("/p/{secret}/{YEALINK}");
    let elsewhere = place.ask(Method::GET, &path, &[], Some("198.51.100.9:5000")).await;
    assert_eq!(elsewhere.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_only_looks_whether_it_is_there_uses_nothing_up() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let secret = link(&mut ana, counter(&place)).await;
    let path = format!("/p/{secret}/linphone.xml");
    for method in [Method::HEAD, Method::PUT, Method::POST] {
        let answer = place.ask(method, &path, &[], Some(PEER)).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    let first = fetches(&place, &secret, "linphone.xml").await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.headers[header::CONTENT_TYPE], "text/xml; charset=utf-8");
    assert_eq!(fetches(&place, &secret, "linphone.xml").await.status, StatusCode::NOT_FOUND, "an app has one try");
}

#[tokio::test]
async fn a_poly_is_led_to_its_own_file() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let secret = link(&mut ana, counter(&place)).await;
    let poly = [("user-agent", "FileTransport PolycomVVX-VVX_411-UA/6.4.3.5814 Type/Application")];
    let master = place.ask(Method::GET, &format!("/p/{secret}/0004f2aabbcc.cfg"), &poly, Some(PEER)).await;
    assert!(master.text.contains("CONFIG_FILES=\"phone[PHONE_MAC_ADDRESS].cfg\""), "{}", master.text);
    let own = place.ask(Method::GET, &format!("/p/{secret}/phone0004f2aabbcc.cfg"), &poly, Some(PEER)).await;
    assert!(own.text.contains("reg.1.auth.userId=\"ruiz\""), "{}", own.text);
}

#[tokio::test]
async fn the_link_is_shown_in_the_owners_language_with_where_to_type_it() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await.speaking("es");
    let page = ana.fills(&format!("/phones/{}/connect", counter(&place).0), &[]).await.text;
    for words in [
        "Conectar un teléfono de mesa",
        "El enlace vale hasta mañana a las 18:05 y para un solo teléfono.",
        "Yealink",
        "/snom-{mac}.xml",
        "/linphone.xml",
        "Anular el enlace",
    ] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
    assert!(!page.contains("sin https"), "it is safe on the way");
}

#[tokio::test]
async fn the_link_for_an_app_is_drawn_in_the_page_and_nowhere_else() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let answer = ana.fills(&format!("/phones/{}/connect", counter(&place).0), &[]).await;
    let page = &answer.text;
    assert_eq!(page.matches("<svg class=\"code\"").count(), 1, "{page}");
    let drawing =
        page.split_once("<svg class=\"code\"").and_then(|(_, rest)| rest.split_once("</svg>")).expect("a code").0;
    assert!(drawing.contains("aria-label=\"QR code of this address\""), "{drawing}");
    assert!(!drawing.contains("style") && !page.contains("<img"), "the policy of the page forbids both: {drawing}");
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(!policy.contains("unsafe-inline") && !policy.contains("data:"), "{policy}");
    assert!(!ana.sees("/phones").await.contains("class=\"code\""), "it is shown once");
}

#[tokio::test]
async fn only_an_owner_makes_a_link_and_only_for_a_phone_that_registers() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let path = format!("/phones/{}/connect", counter(&place).0);
    assert_eq!(place.browser().sends(&path, &[]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ana.sends(&path, &[]).await.status, StatusCode::FORBIDDEN, "a form without its mark is none of ours");
    let cell = place.plan.shops[0].phones[1].id;
    for id in [cell.0.to_string(), "999999".to_owned(), "x".to_owned()] {
        assert_eq!(ana.fills(&format!("/phones/{id}/connect"), &[]).await.status, StatusCode::NOT_FOUND, "{id}");
    }
    assert_eq!(place.store.provisioning_links().await.unwrap(), []);
    let answer = ana.opens(&path).await;
    assert_eq!(
        (answer.status, &answer.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/phones".parse().unwrap())
    );
}
