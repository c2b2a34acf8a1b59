//! A leg whose packets are protected has one relay after another, and its far end hears of none of that.

use super::protected::{keying, opened, protected, sealed};
use super::*;

/// A call with one protected leg, the caller's, and a phone that speaks in the open.
struct Call {
    rig: Rig,
    caller: Peer,
    phone: Peer,
    pairs: [Pair; 2],
    relays: u32,
}

impl Call {
    fn new(range: (u16, u16)) -> Call {
        let rig = Rig::new(range);
        let pairs = rig.two();
        Call { rig, caller: Peer::at("127.0.0.1:0"), phone: Peer::at("127.0.0.1:0"), pairs, relays: 0 }
    }

    /// The last relay is over, if there was one; from now on there is another.
    fn is_handed_over(&mut self, keys: &Keys) {
        if self.relays > 0 {
            self.rig.release(Some(RelayId(self.relays)), &[]);
        }
        self.relays += 1;
        let side = self.caller.side(self.pairs[0].id, (0, Carry::As(0)));
        let a = Side { keys: Some(Box::new(keys.clone())), ..side };
        let b = self.phone.side(self.pairs[1].id, (0, Carry::As(0)));
        self.rig.shell.command(Command::Connect { relay: RelayId(self.relays), lane: LANE, a, b });
        self.rig.settle();
    }

    fn is_heard(&self, guard: &mut Guard, sequence: u16) {
        self.caller.sends(self.pairs[0].rtp, &sealed(guard, &packet(0, sequence, 7)));
        assert_eq!(self.phone.hears().0, packet(0, sequence, 7));
    }
}

#[test]
fn numbers_that_have_begun_again_are_counted_on() {
    let mut call = Call::new((23_510, 23_529));
    let (keys, mut guard) = protected();
    call.is_handed_over(&keys);
    // Round once, and a little further.
    for step in 0..24_u32 {
        call.is_heard(&mut guard, u16::try_from(step * 2_900 % 65_536).expect("16 bits"));
    }
    call.is_handed_over(&keys);
    call.is_heard(&mut guard, 2_000);
}

#[test]
fn what_was_heard_before_is_not_heard_again() {
    let mut call = Call::new((23_530, 23_549));
    let (keys, mut guard) = protected();
    call.is_handed_over(&keys);
    let first = sealed(&mut guard, &packet(0, 1, 7));
    call.caller.sends(call.pairs[0].rtp, &first);
    assert_eq!(call.phone.hears().0, packet(0, 1, 7));
    call.is_handed_over(&keys);
    call.caller.sends(call.pairs[0].rtp, &first);
    call.is_heard(&mut guard, 2);
}

#[test]
fn no_number_of_ours_is_used_twice() {
    let mut call = Call::new((23_550, 23_569));
    let (keys, mut guard) = protected();
    let mut heard = Vec::new();
    for (sample, new) in [(7, 2), (8, 1)] {
        call.is_handed_over(&keys);
        call.phone.sends(call.pairs[1].rtp, &packet(0, 1, sample));
        call.phone.sends(call.pairs[1].rtp, &packet(0, 1 + u16::from(sample), sample));
        // What is still on its way when it is handed over again belongs to nobody.
        heard.extend((0..new).map(|_| opened(&mut guard, call.caller.hears().0)));
    }
    assert_eq!(heard, [packet(0, 1, 7), packet(0, 8, 7), packet(0, 9, 8)]);
}

#[test]
fn with_new_keys_they_begin() {
    let mut call = Call::new((23_570, 23_589));
    let (keys, mut guard) = protected();
    call.is_handed_over(&keys);
    call.is_heard(&mut guard, 20_000);
    let new = Keys { ours: keying(3), theirs: keying(4) };
    call.is_handed_over(&new);
    let mut guard = Guard::new(Keys { ours: keying(4), theirs: keying(3) });
    call.is_heard(&mut guard, 1);
}
