//! What is of Twilio alone: the closed shop's greeting there, cells rung by their numbers, and news that is lost, late, or
//! said twice.

use std::sync::Arc;
use std::time::Duration;

use ringall::call::record::{Disposition, EndedBy, EventKind};
use ringall::door::twilio::greeting_link::GreetingLinks;
use ringall::media::Kept;
use ringall::media::player::Sound;
use ringall::routing::Hours;
use ringall::routing::plan::{Country, Language, OwnWords, Part};
use ringall::switchboard::NotRung;
use ringall::twilio::Work;
use ringall::twilio::work::Recording;

use crate::carrier_sip::Says;
use crate::carrier_twilio::{Deed, Heard, Post, Then, elements};
use crate::cast::{Caller, Door, Phone};
use crate::far_end::End;
use crate::machine::{SECRET, Webhooks};
use crate::shop::{Opening, Shop};

const CELL: &str = "+34600999111";
const OTHER: &str = "+34600999222";

fn called(shop: &Shop) -> Caller {
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Twilio);
    shop.wait("2 s");
    ann
}

/// Counter, and two cells; the carrier cannot reach our SIP port.
fn cells() -> Opening {
    Shop::opening().by_webhook(Webhooks::Numbers).cell(1, OTHER).cell(2, CELL)
}

fn rings(shop: &Shop, number: &str) -> bool {
    shop.twilio(|twilio| twilio.cell_rings(number))
}

fn picks_up(shop: &Shop, number: &str) {
    shop.at_twilio(|twilio, now| twilio.cell_picks_up(now, number));
}

fn presses(shop: &Shop, number: &str, key: &str) {
    shop.at_twilio(|twilio, _| twilio.cell_presses(number, key));
}

fn talks(shop: &Shop, number: &str) -> bool {
    shop.twilio(|twilio| twilio.cell_talks(number))
}

fn told(shop: &Shop, number: &str) -> Vec<String> {
    shop.twilio(|twilio| twilio.cells[number].heard.clone())
}

fn caller_heard(shop: &Shop) -> Vec<Heard> {
    shop.twilio(|twilio| twilio.calls[0].heard.clone())
}

fn ended(shop: &Shop) -> (Option<Disposition>, Option<EndedBy>, Option<String>) {
    let row = shop.row();
    (row.disposition, row.ended_by, row.answered_by.map(|name| name.to_string()))
}

#[test]
fn a_closed_shop_says_when_it_opens_and_takes_a_message() {
    let shop = Shop::closed();
    let ann = called(&shop);
    shop.wait("10 s");
    let heard = caller_heard(&shop);
    assert!(
        matches!(&heard[0], Heard::Said(words) if words.contains("Ferretería Ruiz") && words.contains("half past four"))
    );
    assert_eq!(heard[1], Heard::Beep);
    ann.hangs_up();
    shop.wait("10 s");
    assert_eq!(ended(&shop), (Some(Disposition::Message), Some(EndedBy::Caller), None));
    assert_eq!(shop.inbox().len(), 1);
    assert_eq!(shop.inbox()[0].call, shop.row().id);
    let work = shop.twilio(|twilio| twilio.work.clone());
    let expected = |work: &[Work]| {
        matches!(work, [Work::AwaitRecording { .. }, Work::FetchRecording { .. }, Work::DeleteRecording { .. }])
    };
    assert!(expected(&work), "{work:?}");
    shop.is_idle();
}

/// The sound of the last greeting that was played at Twilio, as it is fetched.
fn played(shop: &Shop) -> (String, Vec<u8>) {
    let heard = shop.twilio(|twilio| twilio.calls.last().expect("a call").heard.clone());
    let Some(Heard::Played(path)) = heard.into_iter().next() else { panic!("nothing was played") };
    let name = path.strip_prefix("/twilio/greeting/").expect("where greetings are");
    let id = GreetingLinks::new(SECRET).read(name).expect("a name of ours");
    let plan = shop.plan();
    let samples = id.samples(&plan.shops[0], None);
    assert!(id.is_of(&samples) && id.until(&plan.shops[0]) > shop.wall());
    (path, samples)
}

#[test]
fn the_shops_own_greeting_is_played_and_the_time_is_true() {
    let shop = Shop::closed();
    let welcome: Arc<[u8]> = vec![7; 16_000].into();
    let own = OwnWords { language: Language::En, part: Part::Welcome, words: "Ruiz here".into(), samples: welcome };
    shop.changes(|wishes| wishes.greeting.words = vec![own]);
    let bob = shop.caller("Bob", "+34600111223");
    bob.calls_through(Door::Sip);
    shop.wait("50 ms");
    let by_sip = shop.greeting();
    bob.hangs_up();
    let ann = called(&shop);
    let (path, by_webhook) = played(&shop);
    let Some((beep, words)) = by_sip.split_last() else { panic!("nothing is heard by SIP") };
    let length: usize = words.iter().map(Sound::samples).sum();
    assert_eq!((by_webhook.len() / 2, beep.samples() > 0), (length.div_ceil(2), true), "all but the beep");
    shop.wait("10 s");
    assert_eq!(caller_heard(&shop)[1], Heard::Beep, "the carrier's own");
    ann.hangs_up();
    shop.wait("10 s");
    assert_eq!(shop.log().last().and_then(|row| row.disposition), Some(Disposition::Message));
    called(&shop).hangs_up();
    assert_eq!(played(&shop).0, path, "the same greeting is fetched once");
    shop.changes(|wishes| wishes.hours = Hours::parse("Mo-Fr 17:00-20:00", Country(*b"ES")).ok());
    called(&shop).hangs_up();
    let (later, at_five) = played(&shop);
    assert!(later != path && at_five != by_webhook, "another opening is another greeting");
    shop.wait("1 min");
    shop.is_idle();
}

#[test]
fn whoever_has_said_enough_is_hung_up_on_and_the_message_is_kept() {
    let shop = Shop::closed();
    let ann = called(&shop);
    shop.wait("20 s");
    shop.at_twilio(|twilio, now| twilio.caller_is_done(now, ann.who));
    shop.wait("10 s");
    assert_eq!(caller_heard(&shop).last(), Some(&Heard::HungUp));
    assert_eq!(ended(&shop), (Some(Disposition::Message), Some(EndedBy::Staff), None));
    shop.is_idle();
}

#[test]
fn silence_is_no_message_and_is_forgotten_there_too() {
    let shop = Shop::closed();
    shop.records_there(Kept::Nothing);
    let ann = called(&shop);
    shop.wait("10 s");
    ann.hangs_up();
    shop.wait("10 s");
    assert_eq!(ended(&shop), (Some(Disposition::NoMessage), Some(EndedBy::Caller), None));
    assert!(shop.inbox().is_empty());
    assert!(shop.twilio(|twilio| twilio.work.len()) == 3, "awaited, fetched, and deleted");
    shop.is_idle();
}

#[test]
fn what_cannot_be_kept_is_not_deleted_there() {
    let shop = Shop::closed();
    shop.records_there(Kept::Lost);
    let ann = called(&shop);
    shop.wait("10 s");
    ann.hangs_up();
    shop.wait("10 s");
    assert_eq!(shop.twilio(|twilio| twilio.work.len()), 2, "awaited, fetched, and left where it is");
    assert_eq!(shop.events_of(EventKind::MessageLost), [""]);
    shop.is_idle();
}

#[test]
fn who_leaves_before_the_beep_has_left_no_message() {
    let shop = Shop::closed();
    let ann = called(&shop);
    ann.hangs_up();
    shop.wait("1 min");
    assert_eq!(ended(&shop), (Some(Disposition::NoMessage), Some(EndedBy::Caller), None));
    assert!(shop.events_of(EventKind::MessageLost).is_empty());
    shop.is_idle();
}

#[test]
fn a_message_of_which_nobody_tells_is_found() {
    let shop = Shop::closed();
    shop.twilio(|twilio| twilio.loses = vec!["/twilio/recorded", "/twilio/recording"]);
    let ann = called(&shop);
    shop.wait("20 s");
    ann.hangs_up();
    shop.wait("1 min");
    assert_eq!(ended(&shop), (Some(Disposition::Message), Some(EndedBy::Caller), None));
    assert_eq!(shop.inbox().len(), 1);
    assert!(shop.twilio(|twilio| twilio.keeps.is_empty()), "and it is deleted there");
    shop.is_idle();
}

#[test]
fn a_message_that_is_told_of_while_it_is_looked_for_is_one_message() {
    for is_listed in [true, false] {
        let shop = Shop::closed();
        shop.twilio(|twilio| twilio.loses = vec!["/twilio/recorded", "/twilio/recording"]);
        let ann = called(&shop);
        shop.wait("20 s");
        ann.hangs_up();
        shop.wait("30 s");
        let Recording { sid, url } = shop.twilio(|twilio| twilio.keeps[0].1.clone());
        if !is_listed {
            shop.twilio(|twilio| twilio.keeps.clear());
        }
        shop.wait("3100 ms");
        let is_sought = |work: &Work| matches!(work, Work::SeekRecording { .. });
        assert!(shop.twilio(|twilio| twilio.work.iter().any(is_sought)) && shop.inbox().is_empty());
        shop.twilio(|twilio| twilio.loses.clear());
        let told = format!("RecordingSid={sid}&RecordingUrl={}&RecordingStatus=completed", url.replace(':', "%3A"));
        let path = format!("/twilio/recording/{}", shop.row().id);
        shop.posts(&path, &format!("AccountSid=AC0&CallSid=CA00000000000000000000000000001000&{told}"));
        shop.wait("1 min");
        assert_eq!(ended(&shop), (Some(Disposition::Message), Some(EndedBy::Caller), None), "{is_listed}");
        assert_eq!(shop.inbox().len(), 1, "{is_listed}");
        shop.is_idle();
    }
}

#[test]
fn who_is_not_named_at_all_is_withheld_and_has_a_row() {
    for webhooks in [Webhooks::Numbers, Webhooks::Dial] {
        let shop = Shop::opening().by_webhook(webhooks).cell(2, CELL).at_number("+34911234567").open();
        shop.at_twilio(|twilio, _| twilio.is_called(0, "", "+34911234567"));
        shop.wait("2 s");
        let row = shop.row();
        assert!(row.withheld && row.caller.is_none() && row.disposition.is_none(), "{row:?}");
        picks_up(&shop, CELL);
        shop.wait("1 s");
        assert!(told(&shop, CELL)[0].starts_with("Number withheld."), "they are asked: {:?}", told(&shop, CELL));
        shop.at_twilio(|twilio, now| twilio.caller_hangs_up(now, 0));
        shop.wait("15 s");
        assert_eq!(ended(&shop), (Some(Disposition::Missed), Some(EndedBy::Caller), None));
    }
}

#[test]
fn a_cell_has_the_call_only_when_a_key_is_pressed() {
    let shop = cells().knowing("+34600111222", "Jo Miller", 2).open();
    called(&shop);
    assert!(rings(&shop, CELL) && rings(&shop, OTHER));
    assert_eq!(caller_heard(&shop), [], "nothing is answered before");
    picks_up(&shop, CELL);
    shop.wait("1 s");
    assert!(!talks(&shop, CELL));
    assert_eq!(told(&shop, CELL), ["Jo Miller, third call. Press any key."; 2]);
    presses(&shop, CELL, "5");
    shop.wait("1 s");
    assert!(talks(&shop, CELL));
    assert_eq!(shop.row().answered_by.as_deref(), Some("Ana"));
    shop.wait("30 s");
    shop.at_twilio(|twilio, _| twilio.cell_hangs_up(CELL));
    shop.wait("5 s");
    assert_eq!(ended(&shop), (Some(Disposition::Answered), Some(EndedBy::Staff), Some("Ana".to_owned())));
    shop.is_idle();
}

#[test]
fn a_caller_who_hangs_up_on_a_cell_has_ended_the_call() {
    let shop = cells().open();
    let ann = called(&shop);
    picks_up(&shop, OTHER);
    shop.wait("1 s");
    presses(&shop, OTHER, "#");
    shop.wait("10 s");
    ann.hangs_up();
    shop.wait("5 s");
    assert_eq!(ended(&shop), (Some(Disposition::Answered), Some(EndedBy::Caller), Some("Workshop".to_owned())));
    shop.is_idle();
}

#[test]
fn a_mailbox_does_not_have_the_call_and_the_others_ring_again() {
    let shop = cells().open();
    let ann = called(&shop);
    picks_up(&shop, CELL);
    shop.wait("25 s");
    assert!(rings(&shop, OTHER) && !rings(&shop, CELL), "the line that ate it is left out");
    assert_eq!(shop.events_of(EventKind::NoKey), ["Ana"]);
    picks_up(&shop, OTHER);
    shop.wait("1 s");
    presses(&shop, OTHER, "1");
    shop.wait("1 s");
    assert!(talks(&shop, OTHER));
    ann.hangs_up();
    shop.wait("5 s");
    assert_eq!(shop.row().answered_by.as_deref(), Some("Workshop"));
    shop.is_idle();
}

#[test]
fn nobody_picks_up_a_cell_and_the_caller_hears_busy() {
    let shop = cells().giving_up_after("40 s").open();
    called(&shop);
    shop.wait("45 s");
    assert_eq!(caller_heard(&shop), [Heard::Busy]);
    assert_eq!(ended(&shop), (Some(Disposition::Missed), Some(EndedBy::GiveUp), None));
    shop.is_idle();
}

#[test]
fn a_later_cell_is_a_round_of_its_own_with_all_the_others() {
    let shop = cells().later(2, "15 s").open();
    let ann = called(&shop);
    assert!(rings(&shop, OTHER) && !rings(&shop, CELL));
    shop.wait("15 s");
    assert!(rings(&shop, OTHER) && rings(&shop, CELL));
    assert_eq!(shop.twilio(|twilio| twilio.cells[OTHER].rung), 2, "a new round rings all of them anew");
    ann.hangs_up();
    shop.wait("5 s");
    assert_eq!(ended(&shop), (Some(Disposition::Missed), Some(EndedBy::Caller), None));
    shop.is_idle();
}

#[test]
fn the_desk_phones_ring_by_sip_beside_the_cells() {
    let shop = Shop::opening().by_webhook(Webhooks::Dial).cell(2, CELL).open();
    let ann = called(&shop);
    assert_eq!(shop.phones_that_ring(), 2, "Counter and Workshop");
    assert!(rings(&shop, CELL), "once, and by the carrier");
    shop.counter.picks_up();
    shop.wait("2 s");
    assert!(ann.talks_with(&shop.counter));
    assert!(!rings(&shop, CELL));
    ann.hangs_up();
    shop.wait("5 s");
    assert_eq!(ended(&shop), (Some(Disposition::Answered), Some(EndedBy::Caller), Some("Counter".to_owned())));
    shop.is_idle();
}

#[test]
fn a_cell_takes_it_from_the_desk_phones() {
    let shop = Shop::opening().by_webhook(Webhooks::Dial).cell(2, CELL).open();
    let ann = called(&shop);
    picks_up(&shop, CELL);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 0, "the first that picks up stops all others");
    presses(&shop, CELL, "1");
    shop.wait("1 s");
    assert!(talks(&shop, CELL));
    ann.hangs_up();
    shop.wait("5 s");
    assert_eq!(ended(&shop), (Some(Disposition::Answered), Some(EndedBy::Caller), Some("Ana".to_owned())));
    shop.is_idle();
}

#[test]
fn desk_phones_miss_what_a_cell_has_taken() {
    let shop = Shop::opening().by_webhook(Webhooks::Dial).cell(2, CELL).open();
    let ann = called(&shop);
    picks_up(&shop, CELL);
    shop.wait("1 s");
    presses(&shop, CELL, "1");
    shop.wait("1 s");
    assert!(talks(&shop, CELL));
    assert!(shop.counter.shows_missed_call() && shop.workshop.shows_missed_call());
    ann.hangs_up();
    shop.wait("5 s");
    shop.is_idle();
}

#[test]
fn a_mailbox_gives_the_call_back_to_the_desk_phones() {
    let shop = Shop::opening().by_webhook(Webhooks::Dial).cell(2, CELL).open();
    let ann = called(&shop);
    picks_up(&shop, CELL);
    shop.wait("25 s");
    assert_eq!(shop.phones_that_ring(), 2, "they ring again");
    shop.workshop.picks_up();
    shop.wait("2 s");
    assert!(ann.talks_with(&shop.workshop));
    ann.hangs_up();
    shop.wait("5 s");
    assert_eq!(shop.row().answered_by.as_deref(), Some("Workshop"));
    shop.is_idle();
}

#[test]
fn where_our_sip_port_cannot_be_reached_cells_ring_instead() {
    for webhooks in [Webhooks::Sip, Webhooks::Dial] {
        let shop = Shop::opening().by_webhook(webhooks).cell(2, CELL).open();
        shop.twilio(|twilio| twilio.sip_is_away = true);
        let ann = called(&shop);
        shop.wait("5 s");
        assert!(rings(&shop, CELL), "{webhooks:?}");
        picks_up(&shop, CELL);
        shop.wait("1 s");
        presses(&shop, CELL, "1");
        shop.wait("1 s");
        assert!(talks(&shop, CELL));
        ann.hangs_up();
        shop.wait("5 s");
        assert_eq!(shop.row().answered_by.as_deref(), Some("Ana"));
        shop.is_idle();
    }
}

#[test]
fn a_mailbox_that_is_faster_than_the_way_to_us_does_not_cut_it() {
    let shop = Shop::opening().by_webhook(Webhooks::Dial).cell(2, CELL).open();
    let voice = "AccountSid=AC0&CallSid=CA1&From=%2B34600111222&To=%2B34911234567";
    let brings = |document: &str| document.contains("<Sip>");
    assert!(brings(&shop.posts("/twilio/voice", voice)));
    // It has picked up at once: the leg to us was stopped before it came here, and nothing is said of it.
    let action = format!("/twilio/after/{}/1", shop.row().id);
    let over = format!("{voice}&CallStatus=in-progress&DialCallStatus=completed&DialBridged=false");
    shop.wait("2 s");
    assert!(brings(&shop.posts(&action, &over)), "they are to be brought here again");
    // One that the carrier has tried in vain.
    let action = format!("/twilio/after/{}/2", shop.row().id);
    shop.wait("2 s");
    assert!(!brings(&shop.posts(&action, &format!("{over}&DialSipResponseCode=480"))), "the numbers alone");
    shop.posts("/twilio/status", &format!("{voice}&CallStatus=completed"));
    shop.wait("10 s");
    shop.is_idle();
}

#[test]
fn with_nobody_to_ring_the_caller_is_not_answered_and_hears_busy_in_the_end() {
    let shop = Shop::opening().by_webhook(Webhooks::Numbers).giving_up_after("60 s").open();
    called(&shop);
    shop.wait("1 min");
    assert_eq!(caller_heard(&shop), [Heard::Busy]);
    assert_eq!(shop.row().disposition, Some(Disposition::Missed));
    let documents = shop.twilio(|twilio| twilio.exchanged.clone());
    let first = elements(&documents[0].document);
    assert_eq!(first[0].name, "Pause", "first, so that it answers nothing: {first:?}");
    shop.is_idle();
}

#[test]
fn a_call_whose_news_are_lost_is_closed_all_the_same() {
    let shop = cells().open();
    shop.twilio(|twilio| twilio.loses = vec!["/twilio/leg", "/twilio/after", "/twilio/status"]);
    let ann = called(&shop);
    picks_up(&shop, CELL);
    shop.wait("1 s");
    presses(&shop, CELL, "1");
    shop.wait("1 min");
    ann.hangs_up();
    shop.wait("2 min");
    assert_eq!(shop.row().ended, None, "for all that we know they talk");
    shop.waits(Duration::from_secs(4 * 3600));
    assert_eq!(ended(&shop), (Some(Disposition::Answered), Some(EndedBy::Network), Some("Ana".to_owned())));
    shop.is_idle();
}

#[test]
fn a_document_waits_for_the_row_and_no_longer() {
    let shop = cells().open();
    shop.store_takes(Some("100 ms"));
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Twilio);
    shop.wait("110 ms");
    assert!(!rings(&shop, CELL), "no TwiML before the row is durable");
    shop.wait("20 ms");
    assert!(rings(&shop, CELL));
    ann.hangs_up();
    shop.wait("5 s");
    shop.is_idle();
}

#[test]
fn a_word_for_a_withheld_number_is_nobodys_number() {
    for (caller, shown) in [("+266696687", true), ("+34600111222", false)] {
        let shop = cells().at_number("+34911234567").open();
        let ann = shop.caller("Ann", caller);
        ann.calls_through(Door::Twilio);
        shop.wait("2 s");
        let document = shop.twilio(|twilio| twilio.exchanged[0].document.clone());
        assert_eq!(document.contains(r#"callerId="+34911234567""#), shown, "{caller}: {document}");
        ann.hangs_up();
        shop.wait("5 s");
        shop.is_idle();
    }
}

#[test]
fn a_caller_who_is_gone_is_gone_whatever_else_is_lost() {
    let shop = Shop::opening().by_webhook(Webhooks::Dial).cell(2, CELL).open();
    shop.twilio(|twilio| twilio.loses = vec!["/twilio/status"]);
    let ann = called(&shop);
    assert!(shop.counter.rings() && rings(&shop, CELL));
    ann.hangs_up();
    shop.wait("15 s");
    assert_eq!(ended(&shop), (Some(Disposition::Missed), Some(EndedBy::Caller), None));
    shop.is_idle();
}

#[test]
fn who_hangs_up_while_a_cell_is_asked_says_nothing_of_that_cell() {
    let shop = cells().open();
    for _ in 0..4 {
        let ann = called(&shop);
        picks_up(&shop, CELL);
        shop.wait("1 s");
        ann.hangs_up();
        shop.wait("10 s");
    }
    assert!(shop.notices().is_empty(), "{:?}", shop.notices());
    shop.is_idle();
}

#[test]
fn who_was_taken_and_never_connected_is_rung_for_anew() {
    let shop = cells().open();
    let ann = called(&shop);
    picks_up(&shop, CELL);
    shop.wait("1 s");
    presses(&shop, CELL, "1");
    shop.wait("1 s");
    // The carrier has lost that leg before it connected them, says so, and the caller waits.
    let (voice, action) = shop.twilio(|twilio| {
        let document = twilio.exchanged[0].document.clone();
        let action = elements(&document)[0].attributes["action"].clone();
        (twilio.exchanged[0].form.clone(), action)
    });
    let path = action.strip_prefix("https://shop.example").expect("our own address").to_owned();
    let form = format!("{voice}&DialCallStatus=completed&DialBridged=false");
    shop.at_twilio(|_, _| vec![Deed::Post(Duration::from_millis(20), Post { path, form, then: Then::Parent(0) })]);
    shop.wait("2 s");
    assert!(rings(&shop, CELL) && rings(&shop, OTHER), "{:?}", shop.twilio(|twilio| twilio.exchanged.last().cloned()));
    ann.hangs_up();
    shop.wait("10 s");
    assert_eq!(shop.log().len(), 2);
    assert_eq!(shop.log()[1].disposition, Some(Disposition::Missed), "and is owed a call");
    shop.is_idle();
}

#[test]
fn a_closed_shop_whose_service_stops_wakes_nobody() {
    let shop = cells().hours("Mo-Fr 16:30-20:00").open();
    shop.shuts_down();
    called(&shop);
    assert_eq!(caller_heard(&shop), [Heard::Busy]);
    shop.is_idle();
}

#[test]
fn no_phone_rings_for_a_caller_at_twilios_machine() {
    let shop = Shop::closed();
    let ann = called(&shop);
    shop.wait("5 s");
    assert_eq!(shop.picks_up_at(&shop.counter, "+34600111222"), Err(NotRung::Gone));
    ann.hangs_up();
    shop.wait("10 s");
    shop.is_idle();
}

/// What the last `<Dial>` gave Twilio to call us with.
fn token(shop: &Shop) -> String {
    let documents = shop.twilio(|twilio| twilio.exchanged.clone());
    let dial = documents.iter().rev().find(|exchange| exchange.document.contains("<Sip>sip:")).expect("a <Sip>");
    let token = dial.document.split("<Sip>sip:").nth(1).expect("found a line ago");
    token.split('@').next().expect("a part").to_owned()
}

/// A stranger calls our SIP port with this token.
fn comes_with(shop: &Shop, address: &str, token: &str) -> Phone {
    let stranger = shop.telephone("Mallory", address);
    stranger.dials(&Says::calling(token));
    shop.wait("1 s");
    stranger
}

#[test]
fn a_token_is_good_for_one_call_and_no_other() {
    let shop = Shop::opening().by_webhook(Webhooks::Dial).cell(2, CELL).open();
    let ann = called(&shop);
    let used = token(&shop);
    let second = comes_with(&shop, "198.51.100.77:5060", &used);
    assert_eq!(second.ends(), [End::Refused(486)], "while the first is here");
    picks_up(&shop, CELL);
    shop.wait("1 s");
    let third = comes_with(&shop, "198.51.100.78:5060", &used);
    assert_eq!(third.ends(), [End::Refused(486)], "and when it has gone");
    let forged = comes_with(&shop, "198.51.100.79:5060", &used.replace("-1-", "-2-"));
    assert_eq!(forged.got_anything(), 0, "a stranger gets nothing");
    assert_eq!(shop.log().len(), 1);
    shop.wait("30 s");
    assert_eq!(shop.phones_that_ring(), 2, "the caller was brought anew, by another token");
    assert_ne!(token(&shop), used);
    ann.hangs_up();
    shop.wait("5 s");
    forged.is_unplugged();
    shop.is_idle();
}

#[test]
fn a_token_that_is_found_later_is_good_for_nothing() {
    let shop = Shop::opening().by_webhook(Webhooks::Dial).cell(2, CELL).open();
    let ann = called(&shop);
    let found = token(&shop);
    ann.hangs_up();
    shop.wait("14 min");
    let early = comes_with(&shop, "198.51.100.77:5060", &found);
    assert_eq!(early.ends(), [End::Refused(486)], "it is ours, and its caller is gone");
    shop.wait("1 min");
    let late = comes_with(&shop, "198.51.100.78:5060", &found);
    assert_eq!(late.got_anything(), 0, "a stranger gets nothing");
    assert_eq!(shop.log().len(), 1);
    late.is_unplugged();
    shop.is_idle();
}

#[test]
fn nobody_picks_up_from_the_machine_at_twilio() {
    let shop = Shop::closed();
    let ann = called(&shop);
    shop.workshop.calls_user("*8");
    shop.wait("1 s");
    assert_eq!(shop.workshop.ends(), [End::Refused(404)], "nobody waits here");
    ann.hangs_up();
    shop.wait("1 min");
    assert_eq!(shop.row().disposition, Some(Disposition::NoMessage));
    shop.is_idle();
}

#[test]
fn ten_ring_at_once_and_the_others_15_s_later() {
    let numbers: Vec<String> = (10..22).map(|n| format!("+346009991{n}")).collect();
    let opening = Shop::opening().by_webhook(Webhooks::Numbers).phones(12);
    let opening = numbers.iter().enumerate().fold(opening, |opening, (at, number)| opening.cell(at, number));
    let shop = opening.open();
    let ann = called(&shop);
    let ringing = || numbers.iter().filter(|number| rings(&shop, number)).count();
    assert_eq!(ringing(), 10);
    shop.wait("15 s");
    assert_eq!(ringing(), 2 + 8, "whoever has not rung yet, and as many as fit beside them");
    assert!(rings(&shop, &numbers[10]) && rings(&shop, &numbers[11]));
    ann.hangs_up();
    shop.wait("5 s");
    shop.is_idle();
}

#[test]
fn a_bug_in_a_call_leaves_nobody_at_twilio() {
    for answered in [false, true] {
        let shop = cells().open();
        called(&shop);
        assert!(rings(&shop, CELL) && rings(&shop, OTHER));
        if answered {
            picks_up(&shop, CELL);
            shop.wait("2 s");
            presses(&shop, CELL, "5");
            shop.wait("2 s");
            assert!(talks(&shop, CELL));
        }
        assert!(shop.newest_call_breaks());
        shop.wait("2 s");
        assert!(!rings(&shop, CELL) && !rings(&shop, OTHER) && !talks(&shop, CELL));
        shop.is_idle();
        let disposition = if answered { Disposition::Answered } else { Disposition::Interrupted };
        assert_eq!(shop.row().disposition, Some(disposition));
        assert_eq!(shop.row().ended_by, Some(EndedBy::Crash));
    }
}

#[test]
fn a_bug_in_the_call_of_a_closed_shop_loses_no_message() {
    let shop = Shop::closed();
    let ann = called(&shop);
    shop.wait("10 s");
    assert_eq!(caller_heard(&shop)[1], Heard::Beep);
    assert!(shop.newest_call_breaks());
    shop.wait("5 s");
    ann.hangs_up();
    shop.wait("1 min");
    assert_eq!(shop.inbox().len(), 1);
    shop.is_idle();
}
