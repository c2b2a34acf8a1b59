//! Calls by stream connections, and between IPv4 and IPv6: nothing is said twice where nothing is lost, and a connection
//! that dies takes with it no more than it carried.

use ringall::call::record::{Disposition, EndedBy, EventKind};

use crate::cast::Door;
use crate::far_end::{End, Line};
use crate::machine::{SHOP, SHOP_V6};
use crate::network::Chance;
use crate::phone::Habit;
use crate::shop::Shop;

#[test]
fn a_call_by_stream_at_both_ends_is_rung_answered_and_ended() {
    let shop = Shop::opening().by_stream(0).open();
    let ann = shop.caller_by_stream("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(shop.counter.rings() && ann.hears_ringing());
    let invite = &shop.counter.got("INVITE")[0];
    assert!(invite.must("via").starts_with(&format!("SIP/2.0/TCP {SHOP};")), "{}", invite.must("via"));
    assert!(invite.must("contact").contains(&format!("{SHOP};transport=tcp")), "{}", invite.must("contact"));
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    let ok = &ann.responses(200)[0];
    assert!(ok.must("contact").contains(";transport=tcp"), "{}", ok.must("contact"));
    shop.counter.hangs_up();
    shop.wait("1 s");
    assert_eq!((shop.counter.ends(), ann.ends()), (vec![End::HungUp], vec![End::TheyHungUp]));
    assert_eq!(shop.row().disposition, Some(Disposition::Answered));
    shop.is_idle();
    assert_eq!(shop.connections_opened(), 0, "a connection that nobody needs is closed");
}

#[test]
fn nothing_is_sent_twice_by_stream() {
    let shop = Shop::opening().by_stream(0).giving_up_after("30 s").open();
    shop.counter.has_habit(Habit::SAYS_NOTHING);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("25 s");
    assert_eq!(shop.sent_at(&shop.counter, "INVITE").len(), 1);
    ann.hangs_up();
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn the_same_phone_by_datagrams_is_asked_again() {
    let shop = Shop::opening().giving_up_after("30 s").open();
    shop.counter.has_habit(Habit::SAYS_NOTHING);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("25 s");
    assert!(shop.sent_at(&shop.counter, "INVITE").len() > 3);
    ann.hangs_up();
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_refusal_by_stream_is_acked_and_over() {
    let shop = Shop::opening().by_stream(0).open();
    shop.counter.has_habit(Habit::refuses(603));
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.sent_at(&shop.counter, "ACK").len(), 1);
    // Timer D is zero: of the three INVITEs and the caller's own, the refused one is forgotten.
    assert_eq!(shop.gauges().transactions, 3);
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_phone_that_cannot_be_connected_to_leaves_the_others_ringing() {
    let shop = Shop::opening().by_stream(0).open();
    shop.counter.is_unplugged();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 2);
    assert_eq!(shop.events_of(EventKind::Declined), ["Counter"], "known at once, not after 32 s");
    shop.workshop.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.workshop));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_phone_whose_connection_dies_while_ringing_is_rung_again_by_a_new_one() {
    let shop = Shop::opening().by_stream(0).open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("3 s");
    assert_eq!(shop.phones_that_ring(), 3);
    shop.counter.loses_its_connection();
    shop.wait("1 s");
    assert!(ann.hears_ringing() && shop.workshop.rings() && shop.ana.rings(), "the others ring on");
    assert_eq!(shop.events_of(EventKind::Declined), ["Counter"]);
    shop.wait("6 s");
    assert_eq!(shop.sent_at(&shop.counter, "INVITE").len(), 2, "rung again after 5 s");
    shop.ana.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.ana));
    ann.hangs_up();
    // The far end has one call whose end it never heard of.
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_phone_that_is_gone_while_ringing_ends_its_branch_alone() {
    let shop = Shop::opening().by_stream(0).open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("3 s");
    shop.counter.is_unplugged();
    shop.wait("20 s");
    assert_eq!(shop.events_of(EventKind::Declined), ["Counter", "Counter"], "lost, and not to be had 5 s later");
    assert!(ann.hears_ringing() && shop.workshop.rings() && shop.ana.rings());
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_callers_lost_connection_does_not_lose_the_call() {
    let shop = Shop::open();
    let ann = shop.caller_by_stream("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    ann.loses_its_connection();
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3, "a connection is not a call");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter), "the 200 came by a new connection to the Via's port");
    shop.counter.hangs_up();
    shop.is_idle();
    assert_eq!(shop.row().ended_by, Some(EndedBy::Staff));
}

#[test]
fn a_caller_who_can_be_reached_no_more_ends_the_call() {
    let shop = Shop::open();
    let ann = shop.caller_by_stream("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    ann.is_unplugged();
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(!shop.counter.talks(), "nobody is left talking to nobody");
    assert_eq!(shop.phones_that_ring(), 0);
    shop.is_idle();
    assert_eq!(shop.row().ended_by, Some(EndedBy::Network));
}

#[test]
fn a_caller_who_is_gone_while_it_rings_is_missed_at_the_next_180() {
    let shop = Shop::open();
    let ann = shop.caller_by_stream("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    ann.is_unplugged();
    shop.wait("65 s");
    assert_eq!(shop.phones_that_ring(), 0, "the minute's 180 finds nobody");
    shop.is_idle();
    assert_eq!((shop.row().disposition, shop.row().ended_by), (Some(Disposition::Missed), Some(EndedBy::Network)));
}

#[test]
fn whenever_connections_break_a_call_has_one_row_and_nothing_leaks() {
    for seed in 1..=50 {
        let shop = Shop::opening().phones(5).by_stream(0).by_stream(1).by_stream(2).giving_up_after("30 s").open();
        let mut chance = Chance::new(seed);
        let ann = shop.caller_by_stream("Ann", "+34600111222");
        ann.calls_through(Door::Sip);
        for _ in 0..chance.below(10) {
            let most = if chance.percent(60) { 40 } else { 9_000 };
            shop.wait(&format!("{} ms", chance.below(most)));
            let at = usize::try_from(chance.below(5)).expect("five phones");
            match chance.below(8) {
                0 => shop.phones[at].picks_up(),
                1 => shop.phones[at].refuses(480),
                2 => shop.phones[at].hangs_up(),
                3 => ann.hangs_up(),
                4 => ann.loses_its_connection(),
                5 if chance.percent(20) => ann.is_unplugged(),
                _ => shop.phones[at % 3].loses_its_connection(),
            }
        }
        shop.wait("40 s");
        ann.hangs_up();
        shop.phones.iter().for_each(|phone| phone.hangs_up());
        shop.is_idle_on_our_side();
        assert_eq!(shop.log().len(), 1, "seed {seed}");
        assert_eq!(shop.connections_opened(), 0, "seed {seed}");
    }
}

#[test]
fn the_way_back_to_a_phone_is_the_connection_it_was_rung_by() {
    let shop = Shop::opening().by_stream(0).open();
    // As most phones have it: a Contact at a port where nobody listens.
    shop.counter.act(|far_end, _| far_end.uri = "sip:counter@192.0.2.10:49999;transport=tcp".to_owned());
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("10 min");
    assert_eq!(shop.connections_opened(), 1, "it is kept while they talk");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
    shop.is_idle();
}

#[test]
fn a_phone_that_never_answers_by_its_connection_gets_a_new_one_next_time() {
    let shop = Shop::opening().by_stream(0).open();
    shop.counter.has_habit(Habit::SAYS_NOTHING);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("33 s");
    assert_eq!(shop.connections_opened(), 0, "it carried nothing back for 32 s");
    ann.hangs_up();
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_strangers_connection_is_never_trusted_and_never_answered() {
    let shop = Shop::open();
    let mallory = shop.stranger();
    mallory.act(|far_end, _| far_end.speaks_by_stream());
    let said = shop.said();
    mallory.calls_through(Door::Sip);
    shop.wait("2 s");
    assert_eq!((shop.said(), shop.trusted_connections()), (said, 0));
    let ann = shop.caller_by_stream("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.trusted_connections(), 1, "a carrier is known by its address");
    mallory.hangs_up();
    ann.hangs_up();
    shop.wait("40 s");
    shop.is_idle();
}

#[test]
fn a_caller_by_datagrams_whose_contact_asks_for_tcp_is_hung_up_on_by_tcp() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.act(|far_end, _| far_end.uri += ";transport=tcp");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    ann.act(|far_end, _| far_end.line = Line::Stream);
    shop.counter.hangs_up();
    shop.wait("1 s");
    let bye = &ann.got("BYE")[0];
    assert!(bye.must("via").starts_with("SIP/2.0/TCP "), "{}", bye.must("via"));
    shop.is_idle();
}

#[test]
fn audio_in_another_family_than_the_call_is_not_acceptable() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.act(|far_end, _| far_end.audio = "[2001:db8:203::9]:40000".parse().expect("an address"));
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(ann.hears(), [100, 488]);
    shop.is_idle();
}

#[test]
fn an_ipv6_caller_talks_with_an_ipv4_phone() {
    let shop = Shop::open();
    let ann = shop.caller_over_ipv6("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(shop.counter.rings());
    shop.counter.picks_up();
    shop.wait("1 s");
    let ok = &ann.responses(200)[0];
    assert_eq!(ok.audio().map(|audio| audio.ip()), Some(SHOP_V6.ip()));
    assert!(ok.must("contact").contains(&format!("@{SHOP_V6}>")), "in brackets: {}", ok.must("contact"));
    assert!(ann.talks_with(&shop.counter));
    shop.counter.hangs_up();
    shop.wait("1 s");
    assert_eq!(ann.ends(), [End::TheyHungUp], "our BYE found its way to the bracketed Contact");
    shop.is_idle();
}

#[test]
fn an_ipv4_caller_rings_phones_of_both_families() {
    let shop = Shop::opening().over_ipv6(0).over_ipv6(1).by_stream(1).open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    for (phone, ours) in [(&shop.counter, SHOP_V6), (&shop.workshop, SHOP_V6), (&shop.ana, SHOP)] {
        let invite = &phone.got("INVITE")[0];
        assert_eq!(invite.audio().map(|audio| audio.ip()), Some(ours.ip()), "{}", phone.name());
        assert!(invite.must("via").contains(&format!(" {ours};")), "{}", invite.must("via"));
    }
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.row().disposition, Some(Disposition::Answered));
}
