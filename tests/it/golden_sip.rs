//! Messages as they leave, whole: `tests/golden/sip`, each with what came in, a line of dashes, and what went out for
//! it. `RINGALL_BLESS=1` writes what is sent now.

use std::fmt::Write as _;
use std::path::Path;

use crate::cast::Door;
use crate::shop::Shop;
use crate::text::Text;

fn written(message: &Text) -> String {
    let mut text = format!("{}\n", message.start);
    for (name, value) in &message.headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    let _ = write!(text, "\n{}", message.body.replace("\r\n", "\n"));
    text
}

fn golden(name: &str, came: &Text, went: &Text) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sip").join(name);
    let said = format!("{}----------\n{}", written(came), written(went));
    if std::env::var_os("RINGALL_BLESS").is_some() {
        std::fs::write(&path, &said).unwrap();
    }
    assert_eq!(said, std::fs::read_to_string(&path).unwrap_or_default(), "{} differs", path.display());
}

#[test]
fn what_a_carrier_wants_of_ringing_and_of_timers_it_gets() {
    let shop = Shop::open();
    let jo = shop.caller("Jo", "+34600111222").with_header("Require", "100rel").with_header("Supported", "timer");
    let jo = jo.with_header("Session-Expires", "90").with_header("Allow", "PRACK, UPDATE");
    jo.act(|far_end, _| far_end.timer = Some("90".to_owned()));
    jo.calls_through(Door::Sip);
    shop.wait("1 s");
    let ringing = jo.responses(180).remove(0);
    golden("ringing_that_must_arrive.txt", &jo.invite(), &ringing);
    let rack = format!("{} {}", ringing.must("rseq"), ringing.must("cseq"));
    jo.asks_while_it_rings("PRACK", &[("RAck", &rack)], "");
    shop.counter.picks_up();
    shop.wait("1 s");
    golden("answer_with_a_timer.txt", &jo.invite(), &jo.responses(200)[0]);
    shop.wait("50 s");
    golden("refresh.txt", &jo.invite(), &jo.got("UPDATE")[0]);
    jo.hangs_up();
    shop.is_idle();
}

#[test]
fn a_customers_invite_becomes_the_phones() {
    let shop = Shop::opening().knowing("+34600111222", "Jo Miller", 2).open();
    let jo = shop.caller("Jo", "+34600111222").with_header("X-Secret", "of the carrier");
    jo.calls_through(Door::Sip);
    shop.wait("1 s");
    let invite = shop.sent_to(&shop.counter).remove(0).text;
    golden("customer_to_phone.txt", &jo.invite(), &invite);
    shop.counter.picks_up();
    shop.wait("1 s");
    golden("answer_to_customer.txt", &jo.invite(), &jo.responses(200)[0]);
    shop.workshop.newest().expect("it was told to stop");
    let cancel = shop.sent_to(&shop.workshop).into_iter().find(|sent| sent.text.label() == "CANCEL");
    golden("colleague_has_it.txt", &jo.invite(), &cancel.expect("a CANCEL").text);
    jo.hangs_up();
    shop.is_idle();
}
