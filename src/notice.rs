//! What the owner is told without having asked, and where it goes. Whether it is told now, or held back because it was
//! told a moment ago, is the switchboard's to decide (`switchboard::notices`); how it is said is in `words::notice`.
//!
//! A notice never names a caller: what it is posted to may be open to anybody who guesses its name.

mod address;

use std::sync::Arc;

use crate::routing::NotDialled;
use crate::routing::plan::PhoneId;

pub use address::{Address, AddressError};
pub(crate) use address::{host_of, is_near};

/// Something that is wrong in a shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A caller was sent away from an open shop, and no phone had rung for them.
    NoPhoneRang(NoneRang),
    /// This line picked up several times in a row, and nobody pressed a key there.
    LikelyMailbox { phone: PhoneId, name: Arc<str> },
    /// This phone has dialled what the shop would have paid dearly for, or too often.
    NotDialled { name: Arc<str>, why: NotDialled },
    /// No calls come or go by this carrier. `trunk` is its place in the configuration.
    TrunkDown { trunk: usize, name: Arc<str>, fault: TrunkFault },
    /// So many callers should have been called back by now, and nobody has taken it on.
    CallBackDue { callers: u32 },
    /// These phones were rung before the shop opens, to see whether they ring, and did not.
    DidNotRing { names: Vec<Arc<str>> },
}

/// Why no calls come or go by a carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkFault {
    /// Its name leads nowhere.
    NotFound,
    /// It answers nothing.
    Silent,
    /// It does not answer the question whether it is there: one that we do not register with.
    Unreached,
    WrongPassword,
    /// It asks for the password in a way that we cannot answer.
    Unanswerable,
    /// It does not want the account; with the SIP status that says so.
    Refused(u16),
    /// It says that it cannot serve now; with its SIP status.
    Failing(u16),
}

/// Why no phone rang.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoneRang {
    /// None is to ring at this time: the shop has none, or all are off.
    NoneOnDuty,
    /// Those that are to ring are nowhere: none is registered, and no fixed address leads anywhere.
    NoneRegistered,
    /// None of them has answered anything.
    NoneReachable,
    /// Each that answered said that it cannot ring.
    NoneCould,
}

/// What a notice is about. Of two about the same the second is no news, whatever else they say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Whether the shop's phones ring.
    Phones,
    /// Whether a person picks up this one.
    Line(PhoneId),
    /// Whether somebody tries to call at the shop's cost.
    Dialling(NotDialled),
    /// Whether the carrier at this place of the configuration carries calls.
    Trunk(usize),
    /// Whether callers are called back in time.
    CallBacks,
    /// Whether the phones ring that were rung before the shop opens.
    Drill,
}

impl Notice {
    pub fn subject(&self) -> Subject {
        match self {
            Notice::NoPhoneRang(_) => Subject::Phones,
            Notice::LikelyMailbox { phone, .. } => Subject::Line(*phone),
            Notice::NotDialled { why, .. } => Subject::Dialling(*why),
            Notice::TrunkDown { trunk, .. } => Subject::Trunk(*trunk),
            Notice::CallBackDue { .. } => Subject::CallBacks,
            Notice::DidNotRing { .. } => Subject::Drill,
        }
    }

    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Notice::NoPhoneRang(NoneRang::NoneOnDuty) => "no_phone_on_duty",
            Notice::NoPhoneRang(NoneRang::NoneRegistered) => "no_phone_registered",
            Notice::NoPhoneRang(NoneRang::NoneReachable) => "no_phone_reachable",
            Notice::NoPhoneRang(NoneRang::NoneCould) => "no_phone_could_ring",
            Notice::LikelyMailbox { .. } => "likely_mailbox",
            Notice::NotDialled { why: NotDialled::Premium, .. } => "dialled_premium",
            Notice::NotDialled { why: NotDialled::Country, .. } => "dialled_abroad",
            Notice::NotDialled { why: NotDialled::AtOnce, .. } => "dialled_too_many_at_once",
            Notice::NotDialled { why: NotDialled::Daily, .. } => "dialled_too_many_today",
            Notice::NotDialled { why: NotDialled::TalkedEnough, .. } => "dialled_too_long_today",
            Notice::NotDialled { .. } => "not_dialled",
            Notice::TrunkDown { fault: TrunkFault::NotFound, .. } => "trunk_not_found",
            Notice::TrunkDown { fault: TrunkFault::Silent, .. } => "trunk_silent",
            Notice::TrunkDown { fault: TrunkFault::Unreached, .. } => "trunk_unreached",
            Notice::TrunkDown { fault: TrunkFault::WrongPassword, .. } => "trunk_wrong_password",
            Notice::TrunkDown { fault: TrunkFault::Unanswerable, .. } => "trunk_unanswerable",
            Notice::TrunkDown { fault: TrunkFault::Refused(_), .. } => "trunk_refused",
            Notice::TrunkDown { fault: TrunkFault::Failing(_), .. } => "trunk_failing",
            Notice::CallBackDue { .. } => "call_back_due",
            Notice::DidNotRing { .. } => "phone_did_not_ring",
        }
    }
}
