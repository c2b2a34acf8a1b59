use super::*;
use crate::sip::hop::SocketId;
use crate::sip::wire::{Framing, read};

const NOON: UnixMs = UnixMs(1_795_176_000_000);

fn at(seconds: u64) -> Now {
    let elapsed = Duration::from_secs(seconds);
    Now { mono: Mono(elapsed), wall: NOON + elapsed }
}

fn from(address: &str) -> Hop {
    Hop::udp(SocketId(0), address.parse().unwrap(), IpAddr::from([192, 0, 2, 1]))
}

/// A REGISTER of Counter with these header lines.
fn register(call_id: &str, cseq: u32, lines: &[&str]) -> Received {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let text = format!(
        "REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK{call_id}{cseq}\r\n\
         From: <sip:counter@192.0.2.1>;tag=1\r\nTo: <sip:counter@192.0.2.1>\r\nCall-ID: {call_id}\r\n\
         CSeq: {cseq} REGISTER\r\nMax-Forwards: 70\r\n{lines}Content-Length: 0\r\n\r\n"
    );
    read(text.as_bytes(), Framing::Datagram).unwrap_or_else(|error| panic!("{error:?}: {text}"))
}

/// What the registrar makes of a REGISTER from 192.0.2.10 at this second.
fn send(registrar: &mut Registrar, second: u64, call_id: &str, cseq: u32, lines: &[&str]) -> Result<Outcome, Refusal> {
    registrar.register(at(second), "counter", &register(call_id, cseq, lines), from("192.0.2.10:5060"))
}

fn contacts(registrar: &Registrar, second: u64) -> Vec<String> {
    registrar.contacts(at(second).mono, "counter").iter().map(ToString::to_string).collect()
}

const HERE: &str = "Contact: <sip:counter@192.0.2.10:5060>";
const THERE: &str = "Contact: <sip:counter@192.0.2.11:5060>";

#[test]
fn a_binding_lives_as_long_as_it_asked_within_bounds() {
    for (lines, answer) in [
        (&[HERE] as &[&str], Ok("300")),
        (&[HERE, "Expires: 120"], Ok("120")),
        (&["Contact: <sip:counter@192.0.2.10:5060>;expires=90", "Expires: 120"], Ok("90")),
        (&["Contact: <sip:counter@192.0.2.10:5060>;expires=soon", "Expires: 120"], Ok("120")),
        (&[HERE, "Expires: 60"], Ok("60")),
        (&[HERE, "Expires: 59"], Err(Refusal::TooBrief)),
        (&[HERE, "Expires: 1"], Err(Refusal::TooBrief)),
        (&[HERE, "Expires: 99999999999"], Ok("3600")),
        // One Contact that cannot be spoils the others.
        (&[THERE, "Contact: <sip:counter@192.0.2.10:5060>;expires=30"], Err(Refusal::TooBrief)),
    ] {
        let mut registrar = Registrar::default();
        let outcome = send(&mut registrar, 0, "a", 1, lines);
        match answer {
            Ok(seconds) => {
                assert_eq!(outcome, Ok(Outcome::Changed), "{lines:?}");
                assert_eq!(contacts(&registrar, 0), [format!("<sip:counter@192.0.2.10:5060>;expires={seconds}")]);
            }
            Err(refusal) => {
                assert_eq!(outcome, Err(refusal), "{lines:?}");
                assert!(contacts(&registrar, 0).is_empty(), "{lines:?}");
            }
        }
    }
}

#[test]
fn a_binding_ends_when_it_was_not_renewed() {
    let mut registrar = Registrar::default();
    send(&mut registrar, 0, "a", 1, &[HERE]).unwrap();
    send(&mut registrar, 0, "b", 1, &[THERE, "Expires: 60"]).unwrap();
    assert_eq!(registrar.next_expiry(), Some(at(60).mono));
    assert_eq!(registrar.expire(at(59).mono), [] as [&str; 0]);
    assert_eq!(registrar.expire(at(60).mono), ["counter"]);
    assert_eq!(contacts(&registrar, 60), ["<sip:counter@192.0.2.10:5060>;expires=240"]);
    send(&mut registrar, 200, "a", 2, &[HERE]).unwrap();
    assert_eq!(registrar.next_expiry(), Some(at(500).mono), "renewed");
    registrar.expire(at(500).mono);
    assert_eq!((registrar.next_expiry(), registrar.all().count()), (None, 0));
}

#[test]
fn a_renewed_binding_keeps_its_id() {
    let mut registrar = Registrar::default();
    send(&mut registrar, 0, "a", 1, &[HERE]).unwrap();
    let id = registrar.of("counter")[0].id;
    // Another Call-ID too: the phone was restarted.
    for (call_id, cseq) in [("a", 2), ("b", 1)] {
        send(&mut registrar, 10, call_id, cseq, &[HERE]).unwrap();
        assert_eq!(registrar.of("counter").iter().map(|binding| binding.id).collect::<Vec<_>>(), [id]);
    }
    send(&mut registrar, 20, "c", 1, &[THERE]).unwrap();
    assert_eq!(registrar.of("counter").len(), 2);
    assert_ne!(registrar.of("counter")[1].id, id);
}

#[test]
fn a_phone_that_moved_is_not_there_twice() {
    let device =
        |host: &str, reg_id: &str| format!("Contact: <sip:counter@{host}>;+sip.instance=\"<urn:uuid:1>\"{reg_id}");
    let mut registrar = Registrar::default();
    // The same device by its own word, under another Call-ID.
    send(&mut registrar, 0, "a", 1, &[&device("192.0.2.10", "")]).unwrap();
    send(&mut registrar, 1, "b", 1, &[&device("192.0.2.11", "")]).unwrap();
    assert_eq!(contacts(&registrar, 1), ["<sip:counter@192.0.2.11>;+sip.instance=\"<urn:uuid:1>\";expires=300"]);
    // Its second way to us is another binding.
    send(&mut registrar, 2, "b", 2, &[&device("192.0.2.11", ""), &device("192.0.2.12", ";reg-id=2")]).unwrap();
    assert_eq!(contacts(&registrar, 2).len(), 2);
    // The same Call-ID at a new address.
    let mut registrar = Registrar::default();
    send(&mut registrar, 0, "a", 1, &[HERE]).unwrap();
    send(&mut registrar, 1, "a", 2, &[THERE]).unwrap();
    assert_eq!(contacts(&registrar, 1), ["<sip:counter@192.0.2.11:5060>;expires=300"]);
}

#[test]
fn several_contacts_live_side_by_side() {
    let mut registrar = Registrar::default();
    send(&mut registrar, 0, "a", 1, &[HERE, THERE]).unwrap();
    assert_eq!(contacts(&registrar, 0).len(), 2);
    // Renewing or removing one leaves the other, though both have one Call-ID.
    send(&mut registrar, 10, "a", 2, &[HERE]).unwrap();
    assert_eq!(contacts(&registrar, 10).len(), 2);
    send(&mut registrar, 20, "a", 3, &[HERE, "Expires: 0"]).unwrap();
    assert_eq!(contacts(&registrar, 20), ["<sip:counter@192.0.2.11:5060>;expires=280"]);
}

#[test]
fn an_older_request_changes_nothing() {
    let mut registrar = Registrar::default();
    send(&mut registrar, 0, "a", 7, &[HERE]).unwrap();
    for (cseq, lines) in [
        (7, &[HERE, "Expires: 0"] as &[&str]),
        (6, &[HERE, "Expires: 0"]),
        (6, &["Contact: *", "Expires: 0"]),
        (6, &[THERE]),
    ] {
        assert_eq!(send(&mut registrar, 1, "a", cseq, lines), Err(Refusal::OutOfOrder), "{cseq} {lines:?}");
    }
    assert_eq!(contacts(&registrar, 0), ["<sip:counter@192.0.2.10:5060>;expires=300"]);
    assert_eq!(send(&mut registrar, 1, "b", 1, &[HERE, "Expires: 0"]), Ok(Outcome::Changed), "another Call-ID");
    assert!(contacts(&registrar, 1).is_empty());
}

#[test]
fn a_star_removes_all_and_only_with_expires_0() {
    let mut registrar = Registrar::default();
    send(&mut registrar, 0, "a", 1, &[HERE, THERE]).unwrap();
    for lines in [&["Contact: *"] as &[&str], &["Contact: *", "Expires: 60"]] {
        assert_eq!(send(&mut registrar, 1, "b", 1, lines), Err(Refusal::StarWithoutZero));
    }
    assert_eq!(contacts(&registrar, 1).len(), 2);
    assert_eq!(send(&mut registrar, 2, "b", 2, &["Contact: *", "Expires: 0"]), Ok(Outcome::Changed));
    assert!(contacts(&registrar, 2).is_empty());
}

#[test]
fn asking_changes_nothing() {
    let mut registrar = Registrar::default();
    send(&mut registrar, 0, "a", 1, &[HERE]).unwrap();
    assert_eq!(send(&mut registrar, 1, "b", 1, &[]), Ok(Outcome::Asked));
    assert_eq!(send(&mut registrar, 1, "b", 1, &["Expires: 0"]), Ok(Outcome::Asked));
    assert_eq!(contacts(&registrar, 1), ["<sip:counter@192.0.2.10:5060>;expires=299"]);
}

#[test]
fn the_longest_silent_gives_way_to_the_ninth() {
    let mut registrar = Registrar::default();
    for n in 0..8u64 {
        send(&mut registrar, n, &format!("c{n}"), 1, &[&format!("Contact: <sip:counter@192.0.2.{n}>")]).unwrap();
    }
    // The first speaks again; the second is now the longest silent.
    send(&mut registrar, 8, "c0", 2, &["Contact: <sip:counter@192.0.2.0>"]).unwrap();
    send(&mut registrar, 9, "new", 1, &["Contact: <sip:counter@192.0.2.99>"]).unwrap();
    let hosts: Vec<&str> = registrar.of("counter").iter().map(|binding| binding.contact.uri.host.as_str()).collect();
    assert_eq!(hosts[..2], ["192.0.2.2", "192.0.2.3"]);
    assert_eq!(hosts[6..], ["192.0.2.0", "192.0.2.99"]);
    let nine: Vec<String> = (0..9).map(|n| format!("Contact: <sip:counter@192.0.2.{n}>")).collect();
    let nine: Vec<&str> = nine.iter().map(String::as_str).collect();
    assert_eq!(send(&mut registrar, 10, "many", 1, &nine), Err(Refusal::TooMany));
}

#[test]
fn what_is_no_sip_address_is_not_bound() {
    let long = format!("Contact: <sip:{}@192.0.2.10>", "x".repeat(MAX_CONTACT));
    for line in ["Contact: <tel:+34600111222>", "Contact: <sips:counter@192.0.2.10>", &long] {
        let mut registrar = Registrar::default();
        assert_eq!(send(&mut registrar, 0, "a", 1, &[HERE, line]), Err(Refusal::BadContact), "{line}");
        assert!(registrar.of("counter").is_empty(), "nothing of it");
    }
}

/// RFC 4475 §3.1.2.14: what stands behind the `?` would become headers of every INVITE.
#[test]
fn headers_in_a_contact_stay_outside() {
    let mut registrar = Registrar::default();
    let line = "Contact: \"Me\" <sip:counter@192.0.2.10?Route=%3Csip:sip.example.com%3E>;x=y;q=0.5";
    send(&mut registrar, 0, "a", 1, &[line]).unwrap();
    assert_eq!(contacts(&registrar, 0), ["<sip:counter@192.0.2.10>;q=0.5;expires=300"]);
}

#[test]
fn a_request_goes_where_the_phone_can_be_reached() {
    for (contact, source, to) in [
        // Its own address: the port it listens at.
        ("<sip:counter@192.0.2.10:5070>", "192.0.2.10:40000", "192.0.2.10:5070"),
        ("<sip:counter@192.0.2.10>", "192.0.2.10:40000", "192.0.2.10:5060"),
        ("<sip:counter@[2001:db8::1]:5070>", "[2001:db8::1]:9", "[2001:db8::1]:5070"),
        // Behind a router, one within another, a name, or nonsense: where it came from.
        ("<sip:counter@192.168.1.5:5060>", "198.51.100.4:40000", "198.51.100.4:40000"),
        ("<sip:counter@192.168.1.5:5060>", "10.8.0.2:40000", "10.8.0.2:40000"),
        ("<sip:counter@phone.local>", "192.0.2.10:40000", "192.0.2.10:40000"),
        ("<sip:counter@0.0.0.0:5060>", "192.0.2.10:40000", "192.0.2.10:40000"),
        ("<sip:counter@198.51.100.99:5060>", "192.0.2.10:40000", "192.0.2.10:40000"),
    ] {
        let mut registrar = Registrar::default();
        let request = register("a", 1, &[&format!("Contact: {contact}")]);
        registrar.register(at(0), "counter", &request, from(source)).unwrap();
        assert_eq!(registrar.of("counter")[0].hop().map(|hop| hop.to), to.parse().ok(), "{contact} from {source}");
    }
}

#[test]
fn after_a_restart_a_binding_lives_what_was_left_to_it() {
    let mut before = Registrar::default();
    send(&mut before, 0, "a", 7, &["Contact: <sip:counter@192.0.2.10:5060>;+sip.instance=\"<urn:uuid:1>\""]).unwrap();
    let kept = before.kept(at(100), "counter");
    assert_eq!(kept[0].expires, at(300).wall);
    // Another process, whose own time begins anew; 50 s have passed.
    let restarted = |second: u64| Now { mono: Mono(Duration::from_secs(1)), wall: at(second).wall };
    let mut after = Registrar::default();
    after.restore(restarted(150), "counter", kept[0].clone());
    let text = after.contacts(restarted(150).mono, "counter")[0].to_string();
    assert_eq!(text, "<sip:counter@192.0.2.10:5060>;+sip.instance=\"<urn:uuid:1>\";expires=150");
    let older = register("a", 7, &[HERE]);
    let answer = after.register(restarted(150), "counter", &older, from("192.0.2.10:5060"));
    assert_eq!(answer, Err(Refusal::OutOfOrder), "the order holds over the restart");
    let mut late = Registrar::default();
    late.restore(restarted(300), "counter", kept[0].clone());
    assert_eq!(late.all().count(), 0);
    let mut set_back = Registrar::default();
    set_back.restore(Now { mono: Mono(Duration::ZERO), wall: UnixMs(0) }, "counter", kept[0].clone());
    assert_eq!(set_back.next_expiry(), Some(Mono(Duration::from_secs(3600))));
}

#[test]
fn users_do_not_see_each_other() {
    let mut registrar = Registrar::default();
    send(&mut registrar, 0, "a", 1, &[HERE]).unwrap();
    let other = register("a", 1, &[HERE]);
    assert_eq!(registrar.register(at(0), "ana", &other, from("192.0.2.10:5060")), Ok(Outcome::Changed));
    assert_eq!(registrar.all().map(|(user, _)| user).collect::<Vec<_>>(), ["ana", "counter"]);
    assert!(registrar.forget("ana") && !registrar.forget("ana"));
    assert_eq!(contacts(&registrar, 0).len(), 1);
}
