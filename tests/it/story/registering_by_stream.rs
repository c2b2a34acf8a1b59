//! Phones that register over a connection: it is the way to them, and the only one.

use ringall::call::record::EventKind;

use crate::cast::Door;
use crate::registering::Account;
use crate::shop::Shop;

/// A shop whose Counter registers, over TCP; Workshop and Ana have their fixed places.
fn shop() -> Shop {
    Shop::opening().registering(0).by_stream(0).open()
}

fn counter() -> Account {
    Account::of("counter")
}

/// Whether a call now rings Counter. Nobody is called who cannot be reached.
#[track_caller]
fn counter_rings(shop: &Shop) -> bool {
    let offered = shop.events_of(EventKind::Offered).len();
    let ann = shop.caller(&format!("Ann at {} ms", shop.now().as_millis()), "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let rings = shop.counter.rings();
    let offered = shop.events_of(EventKind::Offered).split_off(offered);
    assert_eq!(offered.contains(&"Counter".to_owned()), rings, "{offered:?}");
    ann.hangs_up();
    shop.wait("1 s");
    rings
}

#[test]
fn a_phone_is_rung_and_talked_to_by_the_connection_it_registered_over() {
    let shop = shop();
    counter().is_registered(&shop, &shop.counter);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    shop.counter.picks_up();
    shop.wait("40 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.wait("1 s");
    assert!(!shop.counter.talks());
    assert_eq!(shop.connections_opened(), 0, "all by its own");
    shop.is_idle();
}

#[test]
fn a_connection_is_trusted_when_its_phone_has_proved_itself() {
    let shop = shop();
    let mut guess = counter().with_password("guess");
    for _ in 0..3 {
        let answer = guess.says(&shop, &shop.counter);
        assert!(guess.is_challenged(&answer));
    }
    assert_eq!(shop.trusted_connections(), 0, "guessing is not knowing");
    counter().elsewhere("right").is_registered(&shop, &shop.counter);
    assert_eq!(shop.trusted_connections(), 1);
    shop.is_idle();
}

#[test]
fn a_phone_whose_connection_is_gone_is_not_rung_until_it_has_registered_again() {
    let shop = shop();
    let mut account = counter();
    account.is_registered(&shop, &shop.counter);
    assert!(counter_rings(&shop));
    shop.counter.loses_its_connection();
    shop.wait("1 s");
    assert!(!counter_rings(&shop));
    assert_eq!(shop.connections_opened(), 0, "its own port is no place to call");
    let answer = account.registers(&shop, &shop.counter);
    assert_eq!(answer.all("contact"), ["<sip:counter@192.0.2.10:5060;transport=tcp>;expires=300"]);
    assert!(counter_rings(&shop));
    shop.is_idle();
}

#[test]
fn after_a_restart_it_is_known_and_rings_once_it_has_come_again() {
    for (same, reconnects) in [
        ("Call-ID", counter().with_contact("<sip:counter@192.0.2.10:50001;transport=tcp>")),
        ("instance", counter().elsewhere("new").with_contact(INSTANCE_LATER)),
    ] {
        let shop = shop();
        let before = if same == "instance" { counter().with_contact(INSTANCE) } else { counter() };
        { before }.is_registered(&shop, &shop.counter);
        shop.restarts();
        shop.wait("1 s");
        assert!(!counter_rings(&shop), "{same}: a restart has closed every connection");
        let mut account = Account { cseq: 10, ..reconnects };
        let answer = account.registers(&shop, &shop.counter);
        let contacts = answer.all("contact");
        assert!(
            contacts.len() == 1 && contacts[0].contains(":50001"),
            "{same}: the old place is replaced: {contacts:?}"
        );
        assert!(counter_rings(&shop), "{same}");
        shop.is_idle();
    }
}

#[test]
fn a_connection_is_closed_when_its_phone_has_come_by_another() {
    let shop = shop();
    counter().with_contact(INSTANCE).is_registered(&shop, &shop.counter);
    // Its network changed: of the connection that it had, nobody heard anything.
    let moved = shop.telephone("Counter, elsewhere", "192.0.2.10:5062");
    moved.act(|far_end, _| far_end.speaks_by_stream());
    let mut later = counter().elsewhere("new").with_contact(INSTANCE_LATER);
    later.is_registered(&shop, &moved);
    shop.wait("1 s");
    assert!(!shop.is_connected(&shop.counter) && shop.is_connected(&moved));
    later.is_registered(&shop, &moved);
    shop.wait("1 s");
    assert!(shop.is_connected(&moved), "by the same again");
    shop.is_idle();
}

#[test]
fn a_connection_by_which_somebody_talks_is_left() {
    let shop = shop();
    let mut account = counter().with_contact(INSTANCE);
    account.is_registered(&shop, &shop.counter);
    account.calls(&shop, &shop.counter, "workshop");
    shop.wait("1 s");
    shop.workshop.picks_up();
    shop.wait("1 s");
    let moved = shop.telephone("Counter, elsewhere", "192.0.2.10:5062");
    moved.act(|far_end, _| far_end.speaks_by_stream());
    counter().elsewhere("new").with_contact(INSTANCE_LATER).is_registered(&shop, &moved);
    shop.wait("1 s");
    assert!(shop.is_connected(&shop.counter) && shop.counter.talks_with(&shop.workshop));
    shop.counter.hangs_up();
    shop.is_idle();
}

const INSTANCE: &str = "<sip:counter@192.0.2.10:50000;transport=tcp>;+sip.instance=\"<urn:uuid:1>\"";
const INSTANCE_LATER: &str = "<sip:counter@192.0.2.10:50001;transport=tcp>;+sip.instance=\"<urn:uuid:1>\"";

#[test]
fn a_connection_that_brings_nonsense_is_no_way_to_its_phone_any_more() {
    let shop = shop();
    counter().is_registered(&shop, &shop.counter);
    shop.counter.garbles();
    shop.wait("1 s");
    assert!(!counter_rings(&shop));
    shop.is_idle();
}
