//! In a conversation, asked by SIPp as the caller and as the phone: hold, codecs, refreshes, digits, fax, and what we do
//! not do. The call goes on through all of it.

use std::time::Duration;

use serde_json::Value;

use crate::asks::{Asks, CALLER, PHONE};
use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::sipp::{self, Note, Sipp};

const LIMIT: Duration = Duration::from_secs(30);

/// What a conversation has left behind.
struct After {
    call: Value,
    /// Kind, phone and detail of each event.
    events: Vec<(String, Option<String>, String)>,
}

impl After {
    fn of(&self, kind: &str) -> Vec<Option<&str>> {
        let events = self.events.iter().filter(|(own, ..)| own == kind);
        events.map(|(_, phone, _)| phone.as_deref()).collect()
    }
}

/// Plays one conversation in which the caller asks all this, then one in which the phone does.
fn from_either_side(test: &str, steps: &[Asks]) -> Option<[After; 2]> {
    if !peers::present(test, &["sipp"]) {
        return None;
    }
    let first = Sipp::plays(sipp::PHONE).pause_ms(100);
    let port = first.port();
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", port)));
    let target = installation.target();

    let phone = first.start(&target);
    let caller = Sipp::plays(&CALLER.asking(steps)).start(&target).finish(LIMIT);
    assert_all_asked(&caller, steps);
    phone.finish(LIMIT);
    let by_caller = after(&installation, 1);
    assert_eq!(by_caller.call["ended_by"], "caller");

    let phone = Sipp::plays(&PHONE.asking(steps)).at(port).pause_ms(100).start(&target);
    Sipp::plays(sipp::CALLER_IS_HUNG_UP_ON).start(&target).finish(LIMIT);
    assert_all_asked(&phone.finish(LIMIT), steps);
    let by_phone = after(&installation, 2);
    assert_eq!(by_phone.call["ended_by"], "staff");
    Some([by_caller, by_phone])
}

fn assert_all_asked(notes: &[Note], steps: &[Asks]) {
    for step in steps {
        let note = format!("{} {}", step.method, step.status);
        assert!(notes.iter().any(|noted| noted.text == note), "no {note} in {notes:?}");
    }
}

/// The newest of so many calls, once it is over.
fn after(installation: &Installation, calls: usize) -> After {
    let call = installation.ended_calls(calls).remove(0);
    assert_eq!(call["disposition"], "answered", "{call:#?}");
    let id = call["id"].as_str().expect("a call has an id");
    let events = installation.api(&format!("/api/v1/calls/{id}"))["events"].clone();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let events = events.as_array().expect("a call has events").iter().map(|event| {
        let words = [&event["kind"], &event["detail"]].map(|value| text(value).unwrap_or_default());
        let [kind, detail] = words;
        (kind, text(&event["phone"]), detail)
    });
    After { events: events.collect(), call }
}

#[test]
fn either_side_holds_and_takes_back() {
    let steps = [
        Asks::offers("0 101", "sendonly").and_hears("body", "a=recvonly"),
        Asks::offers("0 101", "sendrecv").and_hears("body", "a=sendrecv"),
        Asks::offers("0 101", "inactive").and_hears("body", "a=inactive"),
        Asks::offers("0 101", "sendrecv").and_hears("body", "a=sendrecv"),
    ];
    let Some([by_caller, by_phone]) = from_either_side("either_side_holds_and_takes_back", &steps) else { return };
    for kind in ["held", "resumed"] {
        assert_eq!(by_caller.of(kind), [None, None], "{kind} by the caller");
        assert_eq!(by_phone.of(kind), [Some("Counter"), Some("Counter")], "{kind} by the phone");
    }
}

#[test]
fn either_side_holds_and_takes_back_by_update() {
    let updates = |direction| Asks { method: "UPDATE", ..Asks::offers("0 101", direction) };
    let steps = [
        updates("sendonly").and_hears("body", "a=recvonly"),
        Asks::new("UPDATE", 200).and_hears("Contact", "sip:ringall@"),
        updates("sendrecv").and_hears("body", "a=sendrecv"),
    ];
    let Some([by_caller, by_phone]) = from_either_side("either_side_holds_and_takes_back_by_update", &steps) else {
        return;
    };
    for kind in ["held", "resumed"] {
        assert_eq!(by_caller.of(kind), [None], "{kind} by the caller");
        assert_eq!(by_phone.of(kind), [Some("Counter")], "{kind} by the phone");
    }
}

#[test]
fn either_side_asks_for_our_offer() {
    let steps = [
        Asks::new("INVITE", 200).and_hears("body", "m=audio [0-9]+ RTP/AVP"),
        Asks::offers("0 101", "sendonly"),
        Asks::new("INVITE", 200).and_hears("body", "a=sendrecv"),
    ];
    let Some(both) = from_either_side("either_side_asks_for_our_offer", &steps) else { return };
    assert!(both.iter().all(|after| after.of("resumed").len() == 1), "the answer in the ACK ends the hold");
}

#[test]
fn either_side_changes_its_codec() {
    let steps = [
        Asks::offers("8", "sendrecv").and_hears("body", "m=audio [0-9]+ RTP/AVP 8"),
        Asks::offers("0", "sendrecv").and_hears("body", "m=audio [0-9]+ RTP/AVP 0"),
        Asks { status: 488, ..Asks::offers("18", "sendrecv") },
        Asks::offers("0 8", "sendrecv"),
    ];
    from_either_side("either_side_changes_its_codec", &steps);
}

/// RFC 3264 §4: while our offer waits for its answer there is no other.
#[test]
fn a_second_offer_while_ours_stands_is_told_to_wait() {
    if !peers::present("a_second_offer_while_ours_stands_is_told_to_wait", &["sipp"]) {
        return;
    }
    let crossing = Asks { method: "UPDATE", status: 491, ..Asks::offers("0 101", "sendonly") };
    let again = Asks { method: "UPDATE", ..Asks::offers("0 101", "sendonly") };
    let scenario = CALLER.asking(&[Asks::new("INVITE", 200), crossing, again]);
    // The ACK, with the answer, comes after the second offer.
    let (before, rest) = scenario.split_once("INVITE 200\"/>\n    </action>\n  </recv>\n").expect("it is answered");
    let (ack, rest) = rest.split_once("  <send retrans").expect("the second offer");
    let (crossing, rest) = rest.split_once("UPDATE 491\"/>\n    </action>\n  </recv>\n").expect("it is refused");
    let scenario = format!(
        "{before}INVITE 200\"/></action></recv>\n  <send retrans{crossing}UPDATE 491\"/></action></recv>\n{ack}{rest}"
    );
    let phone = Sipp::plays(sipp::PHONE).pause_ms(100);
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let target = installation.target();
    let phone = phone.start(&target);
    let notes = Sipp::plays(&scenario).start(&target).finish(LIMIT);
    phone.finish(LIMIT);
    for note in ["INVITE 200", "UPDATE 491", "UPDATE 200"] {
        assert!(notes.iter().any(|noted| noted.text == note), "no {note} in {notes:?}");
    }
    let after = after(&installation, 1);
    assert_eq!(after.of("held"), [None], "what was refused holds nobody");
}

#[test]
fn either_side_sends_digits_by_info() {
    let steps = [
        Asks::new("INFO", 200).headers("Content-Type: application/dtmf-relay").text("Signal=5"),
        Asks::new("INFO", 200).headers("Content-Type: application/dtmf").text("5"),
        Asks::new("INFO", 200),
        Asks::new("INFO", 415).headers("Content-Type: text/plain").text("hello").and_hears("Accept", "dtmf-relay"),
        Asks::new("INFO", 469).headers("Info-Package: x-anything").and_hears("Recv-Info", "nil"),
    ];
    from_either_side("either_side_sends_digits_by_info", &steps);
}

#[test]
fn either_side_refreshes_its_session_timer() {
    const REFRESH: &str = "Supported: timer\n      Session-Expires: 90;refresher=uac\n      Min-SE: 90";
    const TOO_SMALL: &str = "Supported: timer\n      Session-Expires: 60";
    let agreed = |asks: Asks| asks.headers(REFRESH).and_hears("Session-Expires", "90;refresher=uac");
    let steps = [
        agreed(Asks::offers("0 101", "sendrecv")),
        agreed(Asks::new("UPDATE", 200)),
        Asks::new("UPDATE", 422).headers(TOO_SMALL).and_hears("Min-SE", "90"),
        agreed(Asks::offers("0 101", "sendrecv")),
    ];
    let Some(both) = from_either_side("either_side_refreshes_its_session_timer", &steps) else { return };
    assert!(both.iter().all(|after| after.of("held").is_empty()));
}

#[test]
fn a_caller_on_hold_who_wants_a_session_timer_is_refreshed_by_update() {
    if !peers::present("a_caller_on_hold_who_wants_a_session_timer_is_refreshed_by_update", &["sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE).pause_ms(100);
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let target = installation.target();
    let phone = phone.start(&target);
    let headers =
        "Max-Forwards: 70\n      Supported: timer\n      Session-Expires: 90\n      Allow: INVITE, ACK, BYE, UPDATE";
    // On hold nobody asks for a while whether they are still there.
    let caller = sipp::CALLER
        .replacen("Max-Forwards: 70", headers, 1)
        .replacen("a=ptime:20", "a=inactive", 1)
        .replacen("  <pause/>\n", include_str!("scenarios/is-refreshed.xml"), 1);
    let notes = Sipp::plays(&caller).start(&target).finish(Duration::from_secs(70));
    phone.finish(LIMIT);
    let waited = sipp::moment(&notes, "refreshed") - sipp::moment(&notes, "answered port");
    assert!((44.0..50.0).contains(&waited), "at half of the interval: {waited} s");
    assert_eq!(after(&installation, 1).call["ended_by"], "caller");
}

#[test]
fn ringing_that_must_arrive_is_acknowledged_on_both_sides() {
    if !peers::present("ringing_that_must_arrive_is_acknowledged_on_both_sides", &["sipp"]) {
        return;
    }
    // The phone's 200 belongs to its INVITE, though a PRACK has come since.
    let copied = "      [last_Via:]\n      [last_From:]\n      [last_To:];tag=phone[pid]x[call_number]\n      \
                  [last_Call-ID:]\n      [last_CSeq:]\n      [last_Record-Route:]\n";
    let kept = "      Via: [$via]\n      [last_From:]\n      [last_To:]\n      [last_Call-ID:]\n      CSeq: 1 INVITE\n";
    let keeps = "<ereg regexp=\"SIP/2.0.*\" search_in=\"hdr\" header=\"Via:\" check_it=\"true\" assign_to=\"via\"/>";
    let contact = "      Contact: <sip:[local_ip]:[local_port]>\n      Content-Length: 0\n";
    let phone = sipp::PHONE
        .replacen("<log", &format!("{keeps}<log"), 1)
        .replacen(contact, &format!("      Require: 100rel\n      RSeq: 7\n{contact}"), 1)
        .replacen("  <pause/>\n", &format!("{}  <pause/>\n", include_str!("scenarios/is-acknowledged.xml")), 1)
        .replacen(copied, kept, 1);
    assert!(phone.contains(kept), "the scenario of a phone has changed");
    let phone = Sipp::plays(&phone).pause_ms(1000);
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let target = installation.target();
    let phone = phone.start(&target);
    let rings = sipp::CALLER.lines().find(|line| line.contains("response=\"180\"")).expect("a caller hears ringing");
    let caller = sipp::CALLER
        .replacen("Max-Forwards: 70", "Max-Forwards: 70\n      Require: 100rel", 1)
        .replacen(&format!("{rings}\n"), include_str!("scenarios/acknowledges-ringing.xml"), 1)
        .replacen("CSeq: 2 BYE", "CSeq: 9 BYE", 1);
    for notes in [Sipp::plays(&caller).start(&target).finish(LIMIT), phone.finish(LIMIT)] {
        assert!(notes.iter().any(|note| note.text == "ringing acknowledged"), "{notes:?}");
    }
    assert_eq!(after(&installation, 1).call["ended_by"], "caller");
}

#[test]
fn a_fax_is_refused_and_the_call_goes_on() {
    const FAX: &str = "v=0\n      o=- 20261122 3 IN IP4 [local_ip]\n      s=-\n      c=IN IP4 [local_ip]\n      t=0 0\n      m=image [rtp] udptl t38\n      a=T38FaxVersion:0";
    let fax = || Asks::new("INVITE", 488).headers("Content-Type: application/sdp").text(FAX);
    let steps = [fax(), Asks::offers("0 101", "sendrecv"), fax()];
    from_either_side("a_fax_is_refused_and_the_call_goes_on", &steps);
}

#[test]
fn what_we_do_not_do_is_refused_and_the_call_goes_on() {
    let steps = [
        Asks::new("REFER", 603).headers("Refer-To: <sip:+19005551234@127.0.0.1?Replaces=1>"),
        Asks::new("PUBLISH", 405)
            .and_hears("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, UPDATE, PRACK"),
        Asks { status: 420, ..Asks::offers("0 101", "sendonly") }
            .headers("Require: moon-phase")
            .and_hears("Unsupported", "moon-phase"),
        Asks::new("INFO", 420).headers("Require: moon-phase").and_hears("Unsupported", "moon-phase"),
    ];
    let Some(both) = from_either_side("what_we_do_not_do_is_refused_and_the_call_goes_on", &steps) else { return };
    assert!(both.iter().all(|after| after.of("held").is_empty()), "nothing of a refused offer counts");
}

#[test]
fn why_somebody_hung_up_is_in_the_log() {
    if !peers::present("why_somebody_hung_up_is_in_the_log", &["sipp"]) {
        return;
    }
    let saying = |scenario: &str| {
        let (before, bye) = scenario.rsplit_once(" BYE\n").expect("it hangs up");
        format!("{before} BYE\n      Reason: Q.850;cause=16;text=\"Normal call clearing\"\n{bye}")
    };
    let phone = Sipp::plays(sipp::PHONE).pause_ms(100);
    let port = phone.port();
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", port)));
    let target = installation.target();
    let phone = phone.start(&target);
    Sipp::plays(&saying(sipp::CALLER)).start(&target).finish(LIMIT);
    phone.finish(LIMIT);
    let phone = Sipp::plays(&saying(sipp::PHONE_HANGS_UP)).at(port).pause_ms(100).start(&target);
    let by_caller = after(&installation, 1);
    Sipp::plays(sipp::CALLER_IS_HUNG_UP_ON).start(&target).finish(LIMIT);
    phone.finish(LIMIT);
    let by_phone = after(&installation, 2);
    for (after, by) in [(by_caller, "caller"), (by_phone, "staff")] {
        let ended = after.events.last().expect("a call has events");
        assert_eq!(ended.2, format!("{by}: Q.850 16 Normal call clearing"));
    }
}

#[test]
fn a_call_without_an_offer_gets_ours() {
    if !peers::present("a_call_without_an_offer_gets_ours", &["sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE).pause_ms(100);
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let target = installation.target();
    let phone = phone.start(&target);
    let caller = include_str!("scenarios/caller-offers-late.xml");
    let notes = Sipp::plays(caller).start(&target).finish(LIMIT);
    phone.finish(LIMIT);
    assert!(notes.iter().any(|note| note.text.starts_with("answered port=")), "{notes:?}");
    assert_eq!(after(&installation, 1).call["ended_by"], "caller");
}

#[test]
fn a_call_that_requires_what_we_lack_is_told_what() {
    if !peers::present("a_call_that_requires_what_we_lack_is_told_what", &["sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE_RINGS);
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let target = installation.target();
    let phone = phone.start(&target);
    let required = sipp::caller_refused_with(420).replacen(
        "Max-Forwards: 70",
        "Max-Forwards: 70\n      Require: 100rel, moon-phase",
        1,
    );
    Sipp::plays(&sipp::hearing(&required, "Unsupported", "moon-phase")).start(&target).finish(LIMIT);
    assert!(phone.notes().is_empty(), "no phone rang: {:?}", phone.notes());
}
