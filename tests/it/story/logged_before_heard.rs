//! Nobody hears anything of a call that is not yet in the log, within the bounds a waiting customer bears.

use ringall::switchboard::Medium;

use crate::cast::{Door, through_both_doors};
use crate::shop::{Shop, time};

#[test]
fn ringing_waits_for_the_row() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(Some("240 ms"));
    ann.calls_through(Door::Sip);
    shop.wait("240 ms");
    assert_eq!(ann.answers(), [100]);
    shop.wait("20 ms");
    let (durable, medium) = shop.durable()[0];
    assert_eq!(medium, Medium::Store);
    assert_eq!(shop.sent_at(&ann, "180 INVITE"), [durable], "and not a moment longer");
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn an_answer_waits_for_the_row_too() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(Some("200 ms"));
    ann.calls_through(Door::Sip);
    shop.wait("50 ms");
    shop.counter.picks_up();
    shop.wait("100 ms");
    assert_eq!(ann.answers(), [100]);
    shop.wait("1 s");
    let (durable, _) = shop.durable()[0];
    assert_eq!(shop.sent_at(&ann, "200 INVITE").first(), Some(&durable));
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_store_that_stalls_250_ms_is_passed_over_for_the_journal() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(None);
    let arrives = shop.now() + time("5 ms");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(
        shop.asked_to_record(),
        [(arrives, Medium::Store), (arrives + time("250 ms"), Medium::Journal)],
        "the store first, the journal when it stalls"
    );
    assert_eq!(shop.sent_at(&ann, "180 INVITE"), [arrives + time("251 ms")]);
    ann.hangs_up();
    shop.stalled_rows_get_through();
    shop.is_idle();
    assert_eq!(shop.log().len(), 1, "in the journal and the store, and still one row");
}

#[test]
fn when_the_journal_stalls_too_the_call_goes_on() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(None);
    shop.journal_takes(None);
    let arrives = shop.now() + time("5 ms");
    ann.calls_through(Door::Sip);
    shop.wait("500 ms");
    assert_eq!(ann.answers(), [100]);
    shop.wait("1 s");
    assert_eq!(shop.sent_at(&ann, "180 INVITE"), [arrives + time("500 ms")]);
    assert_eq!(shop.calls_unrecorded(), 1, "the operator is told");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.stalled_rows_get_through();
    shop.is_idle();
    assert_eq!((shop.log().len(), shop.calls_unrecorded()), (1, 0));
}

#[test]
fn nothing_above_100_is_said_before_the_row_whatever_becomes_of_the_call() {
    // Ringing, an answer, the caller's hang-up and a phone's no, all while the store takes its time.
    for act in 0..4 {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.store_takes(Some("245 ms"));
        ann.calls_through(Door::Sip);
        shop.wait("50 ms");
        match act {
            0 => {}
            1 => shop.counter.picks_up(),
            2 => ann.hangs_up(),
            _ => shop.phones.iter().for_each(|phone| phone.refuses(603)),
        }
        shop.wait("199 ms");
        assert_eq!(ann.answers(), [100], "what happened: {act}");
        shop.wait("2 s");
        let (durable, _) = shop.durable()[0];
        assert!(ann.answers_at().iter().all(|(at, code)| *code <= 100 || *at > durable));
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn a_store_that_recovers_in_time_is_not_passed_over() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.store_takes(None);
        ann.calls_through(door);
        shop.wait("200 ms");
        shop.stalled_rows_get_through();
        shop.wait("1 s");
        assert_eq!(shop.asked_to_record().len(), 1);
        assert!(ann.hears_ringing());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_events_of_a_call_are_numbered_without_a_gap() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let (ann, ben) = (shop.caller("Ann", "+34600111222"), shop.caller("Ben", "+34600333444"));
        ann.calls_through(door);
        ben.calls_through(door);
        shop.wait("2 s");
        shop.counter.picks_up();
        shop.wait("2 s");
        ann.hangs_up();
        ben.hangs_up();
        shop.is_idle();
        for row in shop.log() {
            let seqs: Vec<u32> =
                shop.events().iter().filter(|event| event.call == row.id).map(|event| event.seq).collect();
            assert!(seqs.len() >= 5, "arrived, three offered, ended at the least: {seqs:?}");
            assert_eq!(seqs, (1..=u32::try_from(seqs.len()).expect("a few")).collect::<Vec<_>>());
        }
        assert_eq!(shop.log().len(), 2);
    });
}

#[test]
fn a_rows_clock_is_the_walls() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("3 s");
    shop.counter.picks_up();
    shop.wait("10 s");
    ann.hangs_up();
    shop.wait("1 s");
    let row = shop.row();
    let now = row.ended.expect("it is over");
    assert_eq!((row.ring_ms(now), row.talk_ms(now)), (3_000, 10_000));
    shop.is_idle();
}
