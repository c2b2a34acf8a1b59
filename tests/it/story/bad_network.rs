//! Whole calls over a network that loses one datagram in ten, repeats one in ten and reorders the rest. However it
//! goes, it ends with one row, at most one winner, and nobody left on a line.

use ringall::call::record::{CallRecord, Disposition, EndedBy};

use crate::cast::{Door, Phone};
use crate::in_dialog::Offers;
use crate::network::{Chance, Network, seeds, with_each_seed};
use crate::phone::Habit;
use crate::registering::{Account, field};
use crate::shop::{Shop, time};

#[test]
fn however_bad_the_network_a_call_has_one_row_and_one_winner() {
    with_each_seed(seeds(), a_whole_call);
}

#[test]
fn however_bad_the_network_a_busy_morning_ends_with_every_call_accounted_for() {
    // Each is as long as twenty single calls.
    with_each_seed(seeds().div_ceil(5), a_busy_morning);
}

#[test]
fn however_bad_the_network_a_refreshed_call_lives_until_somebody_hangs_up() {
    with_each_seed(seeds().div_ceil(2), a_refreshed_call);
}

#[test]
fn however_bad_the_network_a_call_given_on_and_on_is_lost_by_nobody() {
    with_each_seed(seeds(), a_call_given_on);
}

/// Both sides have a timer of a minute and a half, and hold, and say where they are.
fn a_refreshed_call(seed: u64) {
    let shop = Shop::opening().over(Network::bad(seed)).open();
    let mut chance = Chance::new(seed.wrapping_mul(37));
    let allows = if chance.percent(50) { "INVITE, ACK, BYE, CANCEL" } else { "INVITE, ACK, BYE, CANCEL, UPDATE" };
    let ann = shop.caller("Ann", "+34600111222").with_header("Supported", "timer").with_header("Allow", allows);
    let ann = ann.with_header("Session-Expires", "90");
    ann.act(|far_end, _| far_end.timer = Some("90".to_owned()));
    let reliably = chance.percent(50);
    shop.counter.act(|far_end, _| {
        far_end.timer = Some("90;refresher=uac".to_owned());
        far_end.allows = Some(allows.to_owned());
        far_end.rings_reliably = reliably;
    });
    ann.calls_through(Door::Sip);
    shop.wait("12 s");
    shop.counter.picks_up();
    shop.wait("12 s");
    for _ in 0..20 {
        // Whoever has something new to say has heard the answer to what they said before.
        shop.wait(&format!("{} ms", 8_000 + chance.below(50_000)));
        let who: &Phone = if chance.percent(50) { &ann } else { &shop.counter };
        match chance.below(4) {
            0 => who.holds(),
            1 => who.takes_back(),
            2 => who.updates(&Offers::direction("sendonly")),
            _ => who.updates_its_contact(),
        }
    }
    shop.wait("3 min");
    assert!(ann.talks() && shop.counter.talks(), "ten minutes and more");
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.row().ended_by, Some(EndedBy::Caller));
}

/// Picked up or dialled for, then given from phone to phone, by people who wait for the colleague or hang up at once.
fn a_call_given_on(seed: u64) {
    let shop = Shop::opening().later(1, "60 s").later(2, "60 s").over(Network::bad(seed)).open();
    let mut chance = Chance::new(seed.wrapping_mul(41));
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("12 s");
    if chance.percent(50) {
        shop.counter.picks_up();
    } else {
        shop.ana.calls_user("*8");
    }
    shop.wait("12 s");
    assert!(ann.talks(), "somebody has picked up");
    let phones = [(&shop.counter, "counter"), (&shop.workshop, "workshop"), (&shop.ana, "ana")];
    let mut gone = false;
    for _ in 0..4 {
        let Some(giver) = phones.iter().position(|(phone, _)| phone.talks()) else { break };
        let (colleague, user) = phones[(giver + 1 + usize::try_from(chance.below(2)).expect("0 or 1")) % 3];
        let giver = phones[giver].0;
        giver.asks("REFER", &[("Refer-To", &format!("<sip:{user}@192.0.2.1>"))], "");
        shop.wait("12 s");
        let leaves = chance.percent(30);
        if leaves && giver.talks() {
            giver.hangs_up();
        }
        match chance.below(4) {
            0 => colleague.refuses(603),
            1 => {}
            _ => colleague.picks_up(),
        }
        // Longer than the colleague has, and shorter than whoever else rings.
        shop.wait("35 s");
        gone |= leaves;
        assert!(ann.talks() || gone, "she is where she was, or with somebody else");
    }
    for (phone, _) in phones {
        phone.picks_up();
    }
    shop.wait("12 s");
    ann.hangs_up();
    shop.is_idle();
    let row = shop.row();
    assert_eq!((row.disposition, row.talk_ms(row.ended.expect("over")) > 0), (Some(Disposition::Answered), true));
}

fn a_whole_call(seed: u64) {
    let shop = Shop::opening().phones(5).giving_up_after("30 s").over(Network::bad(seed)).open();
    let mut chance = Chance::new(seed.wrapping_mul(31));
    let ann = shop.caller("Ann", "+34600111222");
    // The store is slow as well, now and then too slow.
    let latency = format!("{} ms", chance.below(40) * chance.below(20));
    shop.store_takes(Some(&latency));
    ann.calls_through(Door::Sip);
    // Within 40 s anything may happen, in any order; within the first second rather than later.
    for _ in 0..chance.below(6) {
        shop.wait(&format!("{} ms", if chance.percent(50) { chance.below(1_000) } else { chance.below(12_000) }));
        let at = usize::try_from(chance.below(5)).expect("five phones");
        match chance.below(8) {
            0 => shop.phones[at].refuses(486),
            1 => shop.phones[at].refuses(500),
            2 => ann.hangs_up(),
            3 => shop.phones.iter().for_each(Phone::picks_up),
            _ => shop.phones[at].picks_up(),
        }
    }
    shop.wait("40 s");
    let winners: Vec<&Phone> = shop.phones.iter().filter(|phone| phone.talks()).collect();
    assert!(winners.len() <= 1, "two winners");
    assert_eq!(ann.talks(), winners.len() == 1, "somebody talks to nobody");
    if let [winner] = winners[..] {
        assert!(ann.talks_with(winner), "they do not hear each other");
        assert_eq!(shop.row().answered_by.as_deref(), Some(winner.name().as_str()));
        if chance.percent(50) { ann.hangs_up() } else { winner.hangs_up() }
    } else {
        ann.hangs_up();
    }
    shop.is_idle();
    let row = shop.row();
    let answered = matches!(row.disposition, Some(Disposition::Answered));
    assert_eq!(answered, row.answered_by.is_some(), "{row:?}");
    assert!(answered || row.disposition == Some(Disposition::Missed), "{row:?}");
    assert!(shop.now() < time("10 min"));
}

fn a_busy_morning(seed: u64) {
    let shop = Shop::opening().registering(0).giving_up_after("30 s").over(Network::bad(seed)).open();
    let mut chance = Chance::new(seed.wrapping_mul(17));
    // The counter's two telephones come and go.
    let handset = shop.telephone("Handset", "192.0.2.50:5070");
    let mut counter = Comer { phone: shop.counter.clone(), account: Account::of("counter") };
    let mut second = Comer { phone: handset, account: Account::of("counter").elsewhere("reg-handset") };
    counter.stays(&shop);
    let phones = [&shop.phones[..], &[second.phone.clone()]].concat();
    let callers =
        ["Ann", "Ben", "Cleo", "Dan"].map(|name| shop.caller(name, &format!("+3460011{}", 1000 + name.len())));
    let mut calls = 0;
    for _ in 0..60 {
        shop.wait(&format!("{} ms", chance.below(3_000)));
        let caller = &callers[usize::try_from(chance.below(4)).expect("four callers")];
        let phone = &phones[usize::try_from(chance.below(4)).expect("four phones")];
        match chance.below(14) {
            0..4 if caller.is_idle() => {
                caller.calls_through(Door::Sip);
                calls += 1;
            }
            0..7 => phone.picks_up(),
            7 => phone.refuses(if chance.percent(50) { 486 } else { 480 }),
            8 => phone.hangs_up(),
            // One line, or call waiting.
            9 => phone.has_habit(if chance.percent(50) { Habit::refuses(486) } else { Habit::RINGS }),
            10 => counter.says(if chance.percent(30) { Some(0) } else { None }),
            11 => second.says(if chance.percent(50) { Some(0) } else { None }),
            _ => caller.hangs_up(),
        }
    }
    shop.wait("70 s");
    let at_phones: usize = phones.iter().map(|phone| phone.conversations()).sum();
    let at_callers: usize = callers.iter().map(|caller| caller.conversations()).sum();
    assert_eq!(at_phones, at_callers, "somebody talks to nobody");
    assert_eq!(shop.phones_that_ring(), 0, "it rings for nobody");
    callers.iter().for_each(|caller| caller.hangs_up());
    shop.wait("40 s");
    // Nothing of all that is left: the next call rings whoever is there.
    phones.iter().for_each(|phone| phone.has_habit(Habit::RINGS));
    counter.stays(&shop);
    let eva = shop.caller("Eva", "+34600777888");
    eva.calls_through(Door::Sip);
    shop.wait("20 s");
    assert_eq!(shop.phones_that_ring(), 3, "nobody is left out who does not talk");
    eva.hangs_up();
    shop.is_idle();
    assert_eq!(shop.log().len(), calls + 1, "each call is one row");
    let accounted = |row: &CallRecord| (row.disposition == Some(Disposition::Answered)) == row.answered_by.is_some();
    assert!(shop.log().iter().all(accounted));
}

/// A telephone that registers over whatever network, and is not waited for.
struct Comer {
    phone: Phone,
    account: Account,
}

impl Comer {
    /// One REGISTER, with the newest challenge that was heard; zero seconds is a farewell.
    fn says(&mut self, expires: Option<u32>) {
        let call_id = self.account.call_id.clone();
        let challenge =
            self.phone.last_heard(|text| text.label() == "401 REGISTER" && text.get("call-id") == Some(&call_id));
        if let Some(challenge) = challenge
            && self.account.nonce.as_ref() != Some(&field(&challenge, "nonce"))
        {
            self.account.is_challenged(&challenge);
        }
        self.account.expires = expires;
        let words = self.account.next(&self.phone);
        self.phone.says_to_the_shop(&words);
    }

    /// Says it until it is heard.
    fn stays(&mut self, shop: &Shop) {
        let before = self.phone.got("200 REGISTER").len();
        for _ in 0..20 {
            self.says(Some(3600));
            shop.wait("1 s");
            if self.phone.got("200 REGISTER").len() > before {
                return;
            }
        }
        panic!("twenty REGISTERs were lost");
    }
}
