//! What most stories begin with: Ann calls, or Ben, and somebody has them.

use crate::cast::{Caller, Door, Person};
use crate::shop::Shop;

pub const ANN: &str = "+34600111222";
pub const BEN: &str = "+34600333444";

impl Shop {
    /// A customer's first ring.
    pub fn ann_calls(&self, door: Door) -> Caller {
        self.is_called_by("Ann", ANN, door)
    }

    /// Another customer's.
    pub fn ben_calls(&self, door: Door) -> Caller {
        self.is_called_by("Ben", BEN, door)
    }

    fn is_called_by(&self, name: &str, number: &str, door: Door) -> Caller {
        let caller = self.caller(name, number);
        caller.calls_through(door);
        caller
    }
}

impl Caller {
    /// Somebody picks up there, and the two hear each other.
    #[track_caller]
    pub fn is_answered_at(&self, phone: &Person, shop: &Shop) {
        phone.picks_up();
        shop.wait("1 s");
        assert!(self.talks_with(phone), "{} and {} do not hear each other", self.name(), phone.name());
    }
}
