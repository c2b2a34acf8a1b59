//! News of one call come in any order: whatever it is, the log ends the same. By hand, without a stand-in that would be
//! surprised.

use ringall::call::record::{CallRecord, Disposition, EndedBy};

use crate::cast::Door;
use crate::machine::Webhooks;
use crate::shop::Shop;

const CELL: &str = "+34600999111";
const SID: &str = "CA00000000000000000000000000001000";
const CHILD: &str = "CA00000000000000000000000000002000";

/// A shop with a cell that rings for Ann, and the name of the call in our URLs.
fn ringing() -> (Shop, String) {
    let shop = Shop::opening().by_webhook(Webhooks::Numbers).cell(2, CELL).cell(1, "+34600999222").open();
    shop.caller("Ann", "+34600111222").calls_through(Door::Twilio);
    shop.wait("2 s");
    let call = shop.row().id.to_string();
    shop.twilio(|twilio| twilio.is_left_alone());
    (shop, call)
}

/// What is told of a call that Ana's cell had, and ended: path and form. The last of them is that the caller's call is over.
fn news(shop: &Shop, call: &str) -> [(String, String); 5] {
    let leg = shop.leg_rung_at(CELL);
    let child = format!("AccountSid=AC0&CallSid={CHILD}&ParentCallSid={SID}&From=%2B34600111222&To=%2B34600999111");
    let parent = format!("AccountSid=AC0&CallSid={SID}&From=%2B34600111222&To=%2B34911234567");
    [
        (format!("/twilio/leg/{call}/{leg}"), format!("{child}&CallStatus=in-progress")),
        (format!("/twilio/accept/{call}/{leg}"), format!("{child}&CallStatus=in-progress&Digits=1")),
        (format!("/twilio/leg/{call}/{leg}"), format!("{child}&CallStatus=completed&CallDuration=60")),
        (
            format!("/twilio/after/{call}/1"),
            format!("{parent}&CallStatus=in-progress&DialCallStatus=completed&DialCallSid={CHILD}&DialBridged=true"),
        ),
        ("/twilio/status".to_owned(), format!("{parent}&CallStatus=completed&CallDuration=70")),
    ]
}

fn permutations(of: usize) -> Vec<Vec<usize>> {
    if of == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(of - 1);
    let with = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, of - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..of).map(move |at| with(order, at))).collect()
}

fn facts(row: &CallRecord) -> (Option<Disposition>, Option<EndedBy>, Option<String>) {
    (row.disposition, row.ended_by, row.answered_by.as_ref().map(ToString::to_string))
}

#[test]
fn five_news_in_any_order_make_the_same_row() {
    let orders = permutations(5);
    assert_eq!(orders.len(), 120);
    for order in orders {
        let (shop, call) = ringing();
        let news = news(&shop, &call);
        for at in &order {
            shop.posts(&news[*at].0, &news[*at].1);
            shop.wait("100 ms");
        }
        shop.wait("10 s");
        let answered = (Some(Disposition::Answered), Some(EndedBy::Staff), Some("Ana".to_owned()));
        assert_eq!(facts(&shop.row()), answered, "{order:?}");
        assert!(shop.row().ended.is_some());
        shop.is_idle();
    }
}

#[test]
fn the_same_news_twice_are_the_same_news() {
    let (shop, call) = ringing();
    let news = news(&shop, &call);
    for (path, form) in &news {
        let first = shop.posts(path, form);
        let second = shop.posts(path, form);
        assert_eq!(first, second, "{path}");
        shop.wait("100 ms");
    }
    shop.wait("10 s");
    assert_eq!(shop.row().disposition, Some(Disposition::Answered));
    shop.is_idle();
}

#[test]
fn each_piece_of_news_may_be_lost() {
    for lost in 0..5 {
        let (shop, call) = ringing();
        let news = news(&shop, &call);
        for (_, (path, form)) in news.iter().enumerate().filter(|(at, _)| *at != lost) {
            shop.posts(path, form);
            shop.wait("100 ms");
        }
        shop.wait("10 s");
        let row = shop.row();
        assert_eq!((row.disposition, row.answered_by.as_deref()), (Some(Disposition::Answered), Some("Ana")), "{lost}");
        assert!(row.ended.is_some(), "{lost}");
        shop.is_idle();
    }
}

#[test]
fn an_unknown_call_on_an_action_url_is_over_or_a_new_one() {
    let nobody = uuid::Uuid::from_u128(7);
    let form = |more: &str| format!("AccountSid=AC0&CallSid={SID}&From=%2B34600111222&To=%2B34911234567{more}");
    let path = format!("/twilio/after/{nobody}/1");
    let over = "&CallStatus=in-progress&DialCallStatus=completed&DialBridged=true";
    let nobody_had_it = "&CallStatus=in-progress&DialCallStatus=no-answer&DialBridged=false";
    let open = Shop::opening().by_webhook(Webhooks::Numbers).cell(2, CELL).open();
    assert!(open.posts(&path, &form(over)).contains("<Hangup/>"), "they have talked");
    assert!(open.log().is_empty());
    let document = open.posts(&path, &form(nobody_had_it));
    assert!(document.contains(&format!(">{CELL}</Number>")), "it rings: {document}");
    open.posts("/twilio/status", &form("&CallStatus=completed"));
    open.wait("10 s");
    open.is_idle();
    let closed = Shop::closed();
    let document = closed.posts(&path, &form(nobody_had_it));
    assert!(document.contains("<Say") && document.contains("<Record"), "it greets: {document}");
    closed.posts("/twilio/status", &form("&CallStatus=completed"));
    closed.wait("1 min");
    closed.is_idle();
}

#[test]
fn a_call_that_an_earlier_process_has_begun_goes_on_from_there() {
    let shop = Shop::opening().by_webhook(Webhooks::Numbers).cell(2, CELL).giving_up_after("60 s").open();
    let form = |more: &str| format!("AccountSid=AC0&CallSid={SID}&From=%2B34600111222&To=%2B34911234567{more}");
    let nobody_had_it = form("&CallStatus=ringing&DialCallStatus=no-answer&DialBridged=false");
    let earlier = format!("/twilio/after/{}/1", uuid::Uuid::from_u128(7));
    let first = shop.posts(&earlier, &nobody_had_it);
    assert_eq!(first, shop.posts(&earlier, &nobody_had_it), "the same once more");
    shop.wait("20 s");
    // The <Dial> of this one, which is its first too.
    let own = format!("/twilio/after/{}/1", shop.row().id);
    let second = shop.posts(&own, &nobody_had_it);
    assert_ne!(first, second, "rung anew, by another <Dial>");
    assert!(second.contains(&format!(">{CELL}</Number>")), "{second}");
    shop.wait("41 s");
    let own = format!("/twilio/after/{}/2", shop.row().id);
    assert!(shop.posts(&own, &nobody_had_it).contains("<Reject"), "they hear busy");
    shop.is_idle();
}
