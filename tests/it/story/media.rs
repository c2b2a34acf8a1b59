//! All sound passes through the shop, by few ports; whoever is heard no more is asked, and hung up on when that does not
//! help. Who only listens is left alone.

use std::net::SocketAddr;

use ringall::call::record::{Disposition, EndedBy, EventKind};
use ringall::media::rtp::Header;
use ringall::switchboard::Gauges;

use crate::cast::{Caller, Door, Person, through_both_doors};
use crate::far_end::End;
use crate::in_dialog::Offers;
use crate::shop::{Shop, time};

/// What a telephone is told that is hung up on because nothing was heard.
const LOST: &str = "Q.850;cause=102;text=\"Recovery on timer expiry\"";

fn talking(door: Door) -> (Shop, Caller) {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    talks(door, &shop, &ann);
    (shop, ann)
}

#[track_caller]
fn talks(door: Door, shop: &Shop, ann: &Caller) {
    ann.calls_through(door);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
}

/// One of the two, and the other.
fn who_and_other<'a>(who: &str, shop: &'a Shop, ann: &'a Caller) -> (&'a Person, &'a Person) {
    if who == "Ann" { (ann, &shop.counter) } else { (&shop.counter, ann) }
}

/// How often the shop has sent this telephone a re-INVITE, without repeats.
fn asked(person: &Person) -> usize {
    let tagged = |text: &&crate::text::Text| text.must("to").contains(";tag=");
    let invites = person.got("INVITE");
    let mut numbers: Vec<u32> = invites.iter().filter(tagged).map(|text| text.cseq().0).collect();
    numbers.dedup();
    numbers.len()
}

fn both_fall_quiet(shop: &Shop, ann: &Caller) {
    ann.falls_quiet();
    shop.counter.falls_quiet();
}

#[test]
fn a_call_has_one_pair_of_ports_a_side_however_many_phones_ring() {
    through_both_doors(|door| {
        for phones in [3, 12] {
            let shop = Shop::opening().phones(phones).open();
            let ann = shop.caller("Ann", "+34600111222");
            ann.calls_through(door);
            shop.wait("1 s");
            assert_eq!(shop.phones_that_ring(), phones);
            assert_eq!(shop.gauges().ports_used, 4, "RTP and RTCP, for the caller and for all phones");
            let offered: Vec<SocketAddr> = shop.phones.iter().filter_map(|phone| phone.invite_sent().audio()).collect();
            assert_eq!(offered, vec![offered[0]; phones], "each phone is offered the same port");
            shop.phones[phones - 1].picks_up();
            shop.wait("1 s");
            assert!(ann.talks_with(&shop.phones[phones - 1]));
            assert_eq!(shop.gauges().ports_used, 4);
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn sound_is_taken_from_its_own_side_alone_and_found_again_after_five_seconds() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        let voice = ann.speaks_by();
        let stranger: SocketAddr = "198.51.100.66:4000".parse().expect("an address and a port");
        let (at_home, moved) = (ann.listens_at(), SocketAddr::new(ann.listens_at().ip(), 61_000));
        let counter = shop.counter.listens_at();
        assert_eq!(ann.sends_from(at_home, voice, 1).map(|(to, _)| to), Some(counter));
        assert_eq!(ann.sends_from(stranger, voice, 1), None);
        shop.wait("4900 ms");
        assert_eq!(ann.sends_from(moved, voice, 1), None, "another port, while hers was heard a moment ago");
        shop.wait("100 ms");
        assert_eq!(ann.sends_from(stranger, voice, 1), None, "a stranger still");
        assert_eq!(
            ann.sends_from(moved, voice, 1).map(|(to, _)| to),
            Some(counter),
            "her router has another port for her"
        );
        let (back_to, _) = shop.counter.sends_from(counter, shop.counter.speaks_by(), 2).expect("Counter is heard");
        assert_eq!(back_to, moved, "and what Counter says goes there");
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_re_invite_latches_anew_at_once() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        let (voice, moved) = (ann.speaks_by(), SocketAddr::new(ann.listens_at().ip(), 61_000));
        assert!(ann.sends_from(ann.listens_at(), voice, 1).is_some());
        assert!(ann.sends_from(moved, voice, 1).is_none());
        ann.takes_back();
        shop.wait("100 ms");
        assert!(ann.sends_from(moved, voice, 1).is_some());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn another_source_and_another_codec_in_the_middle_of_a_call_are_heard() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.counter.act(|far_end, _| far_end.answers_with_all = true);
        talks(door, &shop, &ann);
        let (from, counter) = (ann.listens_at(), shop.counter.listens_at());
        for (payload, ssrc) in [(8, 1), (0, 1), (8, 1), (8, 2), (0, 2), (0, 3), (101, 3)] {
            assert_eq!(ann.sends_from(from, payload, ssrc), Some((counter, payload)), "{payload} of {ssrc}");
            shop.wait("20 ms");
        }
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn keys_cross_by_each_sides_own_number() {
    through_both_doors(|door| {
        let shop = Shop::open();
        // Ann speaks A-law and has keys at 101; Counter speaks μ-law and has them at 97, whatever it was offered.
        let ann = shop.caller("Ann", "+34600111222").with_codecs("8 101");
        shop.counter.speaks("0 97");
        talks(door, &shop, &ann);
        let key = |payload_type| Header { marker: true, payload_type, sequence: 500, timestamp: 16_000, ssrc: 1 };
        // The key 5, pressed for 60 ms: RFC 4733 §2.3.
        let pressed = [5, 0x8a, 1, 0xe0];
        let at_counter = ann.sends(ann.listens_at(), &key(101), &pressed);
        assert_eq!(
            at_counter,
            Some((shop.counter.listens_at(), key(97).packet(&pressed))),
            "all but the number is hers"
        );
        // By the number that our offer gave it, or by its own: both are understood.
        for number in [101, 97] {
            let at_ann = shop.counter.sends(shop.counter.listens_at(), &key(number), &pressed);
            assert_eq!(at_ann, Some((ann.listens_at(), key(101).packet(&pressed))));
        }
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn packets_of_30_ms_cross_between_the_laws_as_they_are() {
    let shop = Shop::open();
    let mut ann = shop.caller("Ann", "+34600111222").with_codecs("8 101");
    ann.says.sdp_lines.push("a=ptime:30".to_owned());
    shop.counter.speaks("0 101");
    talks(Door::Sip, &shop, &ann);
    assert!(shop.counter.invite_sent().body.contains("a=ptime:30"), "what she would like is told to the phones");
    for nth in 0..3_u16 {
        let (sequence, timestamp) = (65_534_u16.wrapping_add(nth), u32::MAX.wrapping_add(240 * u32::from(nth)));
        let header = |payload_type| Header { marker: nth == 0, payload_type, sequence, timestamp, ssrc: 1 };
        // Silence in the one law and in the other.
        let heard = ann.sends(ann.listens_at(), &header(8), &[0xd5; 240]);
        assert_eq!(heard, Some((shop.counter.listens_at(), header(0).packet(&[0xfe; 240]))));
    }
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn when_nobody_is_heard_both_are_asked_and_then_hung_up_on() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        both_fall_quiet(&shop, &ann);
        shop.wait("28 s");
        assert_eq!((asked(&ann), asked(&shop.counter)), (0, 0));
        shop.wait("2 s");
        assert_eq!((asked(&ann), asked(&shop.counter)), (1, 1));
        assert!(ann.talks_with(&shop.counter), "both have answered: the call lives on");
        shop.wait("29 s");
        assert!(ann.talks_with(&shop.counter));
        shop.wait("4 s");
        assert_eq!((ann.ends(), shop.counter.ends()), (vec![End::TheyHungUp], vec![End::TheyHungUp]));
        assert_eq!((ann.reasons(), shop.counter.reasons()), (vec![LOST.to_owned()], vec![LOST.to_owned()]));
        let row = shop.row();
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Answered), Some(EndedBy::Network)));
        assert_eq!(shop.last_detail(), "network: no sound from either side");
        shop.is_idle();
    });
}

#[test]
fn the_question_changes_nothing() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        let answer = ann.responses(200)[0].clone();
        both_fall_quiet(&shop, &ann);
        shop.wait("31 s");
        let question =
            |person: &Person| person.last_heard(|text| text.method() == Some("INVITE")).expect("a re-INVITE");
        // RFC 3264 §8: the same version, because it is the same.
        assert_eq!(question(&ann).body, answer.body);
        assert_eq!(question(&shop.counter).body, shop.counter.invite_sent().body);
        assert_eq!((ann.got("ACK").len(), shop.counter.got("ACK").len()), (1, 2), "each 200 is acknowledged");
        assert!(shop.events_of(EventKind::Held).is_empty() && shop.events_of(EventKind::Resumed).is_empty());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn whoever_is_heard_again_talks_on_and_silence_counts_anew() {
    through_both_doors(|door| {
        for who in ["Ann", "Counter"] {
            let (shop, ann) = talking(door);
            let (who, _) = who_and_other(who, &shop, &ann);
            both_fall_quiet(&shop, &ann);
            shop.wait("50 s");
            assert_eq!(asked(&ann), 1);
            who.speaks_again();
            shop.wait("10 min");
            assert!(ann.talks_with(&shop.counter), "one of them is enough");
            assert_eq!(asked(&ann), 1, "who speaks is not asked");
            who.falls_quiet();
            shop.wait("61 s");
            assert_eq!((asked(&ann), asked(&shop.counter)), (2, 2));
            assert!(ann.talks_with(&shop.counter));
            shop.wait("35 s");
            assert_eq!(shop.row().ended_by, Some(EndedBy::Network));
            shop.is_idle();
        }
    });
}

#[test]
fn who_speaks_again_is_not_hung_up_on_for_leaving_the_question_unanswered() {
    through_both_doors(|door| {
        for who in ["Ann", "Counter"] {
            let (shop, ann) = talking(door);
            let (who, _) = who_and_other(who, &shop, &ann);
            both_fall_quiet(&shop, &ann);
            shop.wait("25 s");
            who.falls_silent();
            shop.wait("10 s");
            who.speaks_again();
            shop.wait("5 min");
            assert_eq!(shop.row().ended_by, None, "they are heard");
            who.wakes_up();
            ann.hangs_up();
            shop.wait("40 s");
            shop.is_idle_on_our_side();
        }
    });
}

#[test]
fn one_who_only_listens_is_left_alone() {
    through_both_doors(|door| {
        for who in ["Ann", "Counter"] {
            let (shop, ann) = talking(door);
            who_and_other(who, &shop, &ann).0.falls_quiet();
            shop.wait("120 min");
            assert!(ann.talks_with(&shop.counter));
            assert_eq!((asked(&ann), asked(&shop.counter)), (0, 0));
            ann.hangs_up();
            shop.is_idle();
            assert_eq!(shop.row().ended_by, Some(EndedBy::Caller));
        }
    });
}

#[test]
fn an_end_that_knows_of_no_such_call_ends_it() {
    through_both_doors(|door| {
        for (code, who) in [(481, "Ann"), (408, "Ann"), (481, "Counter"), (408, "Counter")] {
            let (shop, ann) = talking(door);
            let (who, other) = who_and_other(who, &shop, &ann);
            who.refuses_again(code);
            both_fall_quiet(&shop, &ann);
            shop.wait("32 s");
            assert_eq!(
                (who.ends(), other.ends()),
                (vec![End::TheyHungUp], vec![End::TheyHungUp]),
                "RFC 3261 §12.2.1.2"
            );
            assert_eq!(other.reasons(), [LOST]);
            assert_eq!(shop.row().ended_by, Some(EndedBy::Network));
            shop.is_idle();
        }
    });
}

#[test]
fn an_end_that_will_not_be_asked_is_there() {
    through_both_doors(|door| {
        for code in [403, 488, 491, 500] {
            let (shop, ann) = talking(door);
            ann.refuses_again(code);
            shop.counter.refuses_again(code);
            both_fall_quiet(&shop, &ann);
            shop.wait("50 s");
            assert!(ann.talks_with(&shop.counter), "{code} comes from somebody who knows the call");
            ann.speaks_again();
            shop.wait("10 min");
            assert!(ann.talks_with(&shop.counter));
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn an_end_that_has_vanished_does_not_keep_the_other() {
    for who in ["Ann", "Counter"] {
        let (shop, ann) = talking(Door::Sip);
        let (who, other) = who_and_other(who, &shop, &ann);
        who.vanishes();
        shop.wait("10 min");
        assert!(other.talks(), "whose sound comes is not hung up on");
        other.falls_quiet();
        shop.wait("100 s");
        assert_eq!(other.ends(), [End::TheyHungUp]);
        assert_eq!(other.reasons(), [LOST]);
        assert_eq!(shop.row().ended_by, Some(EndedBy::Network));
        shop.is_idle_on_our_side();
    }
}

#[test]
fn a_call_on_hold_may_be_silent_for_half_an_hour() {
    through_both_doors(|door| {
        for (hold, question) in [("sendonly", "a=recvonly"), ("inactive", "a=inactive")] {
            let (shop, ann) = talking(door);
            shop.counter.offers(&Offers::direction(hold));
            shop.wait("1 s");
            both_fall_quiet(&shop, &ann);
            shop.wait("29 min");
            assert_eq!((asked(&ann), asked(&shop.counter)), (0, 0));
            shop.wait("1 min");
            assert_eq!((asked(&ann), asked(&shop.counter)), (1, 1));
            let asked = shop.counter.last_heard(|text| text.method() == Some("INVITE")).expect("a re-INVITE");
            assert!(asked.body.contains(question), "nobody is taken from hold by a question:\n{}", asked.body);
            assert!(shop.events_of(EventKind::Resumed).is_empty());
            shop.wait("35 s");
            assert_eq!((ann.ends(), shop.counter.ends()), (vec![End::TheyHungUp], vec![End::TheyHungUp]));
            shop.is_idle();
        }
    });
}

#[test]
fn whoever_holds_after_the_question_has_half_an_hour() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        both_fall_quiet(&shop, &ann);
        shop.wait("40 s");
        assert_eq!(asked(&ann), 1);
        ann.holds();
        shop.wait("29 min");
        assert!(shop.counter.talks() && ann.talks());
        ann.takes_back();
        shop.wait("20 s");
        assert!(ann.talks_with(&shop.counter));
        // Back from hold and silent: half a minute counts again.
        shop.wait("50 s");
        assert_eq!(shop.row().ended_by, Some(EndedBy::Network));
        shop.is_idle();
    });
}

#[test]
fn while_we_ask_nobody_else_does() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        both_fall_quiet(&shop, &ann);
        shop.wait("25 s");
        // Our question is lost twice, and said again after half a second and one more.
        shop.loses_to(&shop.counter, "INVITE", 2);
        shop.wait("5 s");
        shop.counter.holds();
        shop.wait("100 ms");
        assert_eq!(shop.counter.answer_to("INVITE").code(), Some(491), "RFC 3261 §14.2: ours is in progress");
        shop.wait("3 s");
        shop.counter.holds();
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("INVITE").code(), Some(200));
        assert_eq!(shop.events_of(EventKind::Held), ["Counter"]);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_hang_up_before_the_answer_to_the_question_is_a_hang_up() {
    through_both_doors(|door| {
        for who in ["Ann", "Counter"] {
            let (shop, ann) = talking(door);
            both_fall_quiet(&shop, &ann);
            shop.wait("25 s");
            for person in [&*ann, &shop.counter] {
                shop.loses_from(person, "200 INVITE", 3);
            }
            shop.wait("5 s");
            assert_eq!((asked(&ann), asked(&shop.counter)), (1, 1));
            who_and_other(who, &shop, &ann).0.hangs_up();
            shop.is_idle();
            let by = if who == "Ann" { EndedBy::Caller } else { EndedBy::Staff };
            assert_eq!(shop.row().ended_by, Some(by));
        }
    });
}

#[test]
fn a_caller_who_leaves_a_silent_message_is_not_asked() {
    let shop = Shop::closed();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("60 s");
    assert_eq!(asked(&ann), 0);
    shop.is_idle();
    assert_eq!(shop.row().disposition, Some(Disposition::NoMessage));
}

#[test]
fn when_all_ports_are_taken_the_caller_hears_busy_and_the_log_says_why() {
    // Two calls take four, the fifth is of no use alone.
    let shop = Shop::opening().with_pairs(5).open();
    let [ann, bea, cleo] = ["Ann", "Bea", "Cleo"].map(|name| shop.caller(name, "+34600111222"));
    talks(Door::Sip, &shop, &ann);
    bea.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(bea.hears_ringing());
    let rung = shop.workshop.calls_seen();
    cleo.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(cleo.hears(), [100, 486], "at once, without ringing that nobody hears, and never 503");
    assert_eq!(shop.workshop.calls_seen(), rung);
    let row = shop.log().pop().expect("her row");
    assert_eq!(
        (row.disposition, row.ended_by),
        (Some(Disposition::Missed), Some(EndedBy::GiveUp)),
        "she is owed a call"
    );
    let said: Vec<(EventKind, String)> = shop
        .events()
        .iter()
        .filter(|event| event.call == row.id)
        .map(|event| (event.kind, event.detail.clone()))
        .collect();
    let said: Vec<(EventKind, &str)> = said.iter().map(|(kind, detail)| (*kind, detail.as_str())).collect();
    assert_eq!(said, [(EventKind::Arrived, ""), (EventKind::Refused, "no ports"), (EventKind::Ended, "give_up")]);
    // A call that ends makes room.
    ann.hangs_up();
    shop.wait("1 s");
    cleo.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(cleo.hears_ringing());
    for caller in [bea, cleo] {
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(caller.talks_with(&shop.workshop));
        caller.hangs_up();
        shop.wait("1 s");
    }
    shop.is_idle();
}

#[test]
fn a_closed_shop_without_ports_is_busy_too() {
    let shop = Shop::opening().hours("Mo-Fr 16:30-20:00").with_pairs(1).open();
    let [ann, bea] = ["Ann", "Bea"].map(|name| shop.caller(name, "+34600111222"));
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    bea.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(ann.talks());
    assert_eq!(bea.hears(), [100, 486]);
    let row = shop.log().pop().expect("her row");
    assert_eq!((row.disposition, row.ended_by), (Some(Disposition::NoMessage), Some(EndedBy::GiveUp)));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn ports_that_were_asked_for_and_never_came_are_asked_for_again() {
    through_both_doors(|door| {
        let shop = Shop::open();
        // So many that each of two packet threads believes them to come yet when it has none left.
        shop.loses_ports(7);
        let ann = shop.caller("Ann", "+34600111222");
        // Each takes two pairs of the 256 that are bound.
        for nth in 1..=200 {
            ann.calls_through(door);
            shop.wait("300 ms");
            assert_eq!(shop.phones_that_ring(), 3, "at the {nth}th call");
            ann.hangs_up();
            shop.wait("300 ms");
        }
        shop.is_idle();
    });
}

#[test]
fn more_calls_in_one_moment_than_ports_are_bound_wait_for_them() {
    let shop = Shop::open();
    // The stock is of 128 pairs a packet thread, two a call.
    let callers: Vec<Caller> = (0..140).map(|nth| shop.caller(&format!("Ann {nth}"), "+34600111222")).collect();
    callers.iter().for_each(|caller| caller.calls_through(Door::Sip));
    shop.wait("6 s");
    assert!(callers.iter().all(Caller::hears_ringing));
    assert_eq!(shop.gauges(), Gauges { calls_live: 140, legs: 560, ..shop.gauges() }, "all phones ring for each");
    shop.counter.picks_up();
    callers.last().expect("140 of them").hangs_up();
    shop.waits(time("1 s"));
    assert_eq!(callers.iter().filter(|caller| caller.talks_with(&shop.counter)).count(), 1);
    callers.iter().for_each(|caller| caller.hangs_up());
    shop.is_idle();
}
