//! The far ends against each other, with no shop between them: what the stories measure with must be right itself.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

use crate::cast::{Caller, Person};
use crate::far_end::{End, FarEnd};
use crate::network::Network;
use crate::phone::Habit;
use crate::shop::time;
use crate::world::World;

struct Pair {
    world: Rc<RefCell<World>>,
    ann: Caller,
    bob: Person,
}

impl Pair {
    fn over(network: Network) -> Pair {
        let mut world = World::new(network);
        let at = |last| SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), 5060);
        let (ann, bob) = (FarEnd::new("Ann", at(201), Habit::RINGS), FarEnd::new("Bob", at(202), Habit::RINGS));
        let (ann, bob) = (world.add(ann), world.add(bob));
        let world = Rc::new(RefCell::new(world));
        let person = |who| Person::new(Rc::clone(&world), who);
        Pair { ann: Caller::new(person(ann), "Ann", "+34600111222"), bob: person(bob), world }
    }

    fn wait(&self, how_long: &str) {
        self.world.borrow_mut().run_for(time(how_long));
    }

    fn lose(&self, times: usize, label: &str) {
        self.world.borrow_mut().network.lose(times, label, None, None);
    }
}

#[test]
fn a_call_rings_is_answered_and_ended() {
    let it = Pair::over(Network::good());
    it.ann.calls(it.bob.address());
    it.wait("1 s");
    assert!(it.bob.rings() && it.ann.hears_ringing());
    it.bob.picks_up();
    it.wait("1 s");
    assert!(it.ann.talks() && it.bob.talks());
    it.bob.hangs_up();
    it.wait("1 s");
    assert_eq!((it.ann.ends(), it.bob.ends()), (vec![End::TheyHungUp], vec![End::HungUp]));
    assert_eq!(it.ann.heard(), ["180 INVITE", "200 INVITE", "BYE"]);
    assert_eq!(it.bob.heard(), ["INVITE", "ACK", "200 BYE"]);
    assert!(it.ann.is_idle() && it.bob.is_idle());
}

#[test]
fn an_invite_is_repeated_until_something_comes_back() {
    let it = Pair::over(Network::good());
    it.bob.has_habit(Habit::SAYS_NOTHING);
    it.ann.calls(it.bob.address());
    it.wait("4 s");
    let sent: Vec<u128> = it.bob.got_at("INVITE").iter().map(|at| at.as_millis()).collect();
    assert_eq!(sent, [5, 505, 1505, 3505], "timer A doubles from T1 (RFC 3261 §17.1.1.2)");
    it.bob.starts_to_ring();
    it.wait("40 s");
    assert_eq!(it.bob.got("INVITE").len(), 4);
    it.ann.hangs_up();
    it.wait("1 s");
    assert_eq!(it.ann.ends(), [End::Refused(487)]);
}

#[test]
fn nobody_there_ends_with_timer_b() {
    let it = Pair::over(Network::good());
    it.bob.has_habit(Habit::SAYS_NOTHING);
    it.ann.calls(it.bob.address());
    it.wait("40 s");
    assert_eq!(it.ann.ends(), [End::Silence]);
    assert_eq!(it.bob.got("INVITE").len(), 7, "seven in 64*T1 (RFC 3261 §17.1.1.2)");
}

#[test]
fn a_cancel_waits_for_a_provisional_answer() {
    let it = Pair::over(Network::good());
    it.bob.has_habit(Habit::SAYS_NOTHING);
    it.ann.calls(it.bob.address());
    it.wait("1 s");
    it.ann.hangs_up();
    it.wait("1 s");
    assert!(it.bob.got("CANCEL").is_empty(), "RFC 3261 §9.1");
    it.bob.starts_to_ring();
    it.wait("1 s");
    assert_eq!(it.bob.ends(), [End::Cancelled]);
    assert_eq!(it.bob.got("ACK").len(), 1);
    assert_eq!(it.bob.got("ACK")[0].branch(), it.bob.got("INVITE")[0].branch(), "RFC 3261 §17.1.1.3");
    assert!(it.bob.shows_missed_call());
    assert!(it.ann.is_idle() && it.bob.is_idle());
}

#[test]
fn a_cancel_that_crosses_a_200_ends_with_ack_and_bye() {
    let it = Pair::over(Network::good());
    it.ann.calls(it.bob.address());
    it.wait("1 s");
    it.bob.picks_up();
    it.ann.hangs_up();
    it.wait("1 s");
    assert_eq!(it.bob.heard(), ["INVITE", "CANCEL", "ACK", "BYE"]);
    assert_eq!(it.ann.ends(), [End::HungUp]);
    assert!(it.ann.is_idle() && it.bob.is_idle());
}

#[test]
fn a_200_is_repeated_until_its_ack() {
    let it = Pair::over(Network::good());
    it.ann.calls(it.bob.address());
    it.wait("1 s");
    it.lose(3, "ACK");
    it.bob.picks_up();
    it.wait("10 s");
    assert_eq!(it.ann.answers(), [180, 200, 200, 200, 200]);
    assert!(it.bob.talks());
    it.ann.hangs_up();
    it.wait("1 s");
    assert!(it.ann.is_idle() && it.bob.is_idle());
}

#[test]
fn a_200_that_is_never_acknowledged_ends_with_bye() {
    let it = Pair::over(Network::good());
    it.ann.never_acks();
    it.ann.calls(it.bob.address());
    it.wait("1 s");
    it.bob.picks_up();
    it.wait("34 s");
    assert_eq!(it.ann.got("BYE").len(), 1, "RFC 3261 §13.3.1.4");
    assert!(it.ann.is_idle() && it.bob.is_idle());
}

#[test]
fn a_refusal_is_repeated_until_its_ack() {
    let it = Pair::over(Network::good());
    it.bob.has_habit(Habit::refuses(486));
    it.lose(2, "ACK");
    it.ann.calls(it.bob.address());
    it.wait("10 s");
    assert_eq!(it.ann.answers(), [486, 486, 486], "timer G (RFC 3261 §17.2.1)");
    assert!(it.ann.is_idle() && it.bob.is_idle());
}

#[test]
fn whoever_hangs_up_before_the_ack_waits_for_it() {
    let it = Pair::over(Network::good());
    it.ann.calls(it.bob.address());
    it.wait("1 s");
    it.lose(1, "ACK");
    it.bob.picks_up();
    it.wait("20 ms");
    it.bob.hangs_up();
    it.wait("10 ms");
    assert!(it.ann.got("BYE").is_empty(), "RFC 3261 §15: no BYE before the ACK");
    it.wait("2 s");
    assert_eq!(it.ann.ends(), [End::TheyHungUp]);
    assert!(it.ann.is_idle() && it.bob.is_idle());
}

#[test]
fn over_a_bad_network_every_call_still_ends_at_both_ends() {
    for seed in 0..200 {
        let it = Pair::over(Network::bad(seed));
        it.ann.calls(it.bob.address());
        it.wait("4 s");
        match seed % 4 {
            0 => it.ann.hangs_up(),
            1 => it.bob.refuses(486),
            2 => {
                it.bob.picks_up();
                it.ann.hangs_up();
            }
            _ => {
                it.bob.picks_up();
                it.wait("10 s");
                assert!(it.ann.talks() && it.bob.talks(), "seed {seed}: {}", it.world.borrow().trace);
                it.bob.hangs_up();
            }
        }
        it.wait("80 s");
        assert!(it.ann.is_idle() && it.bob.is_idle(), "seed {seed}: {}", it.world.borrow().trace);
    }
}
