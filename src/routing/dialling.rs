//! What becomes of what a phone of the shop dials: the one place that lets a call out. Toll fraud is the trade of getting
//! somebody's telephones to call numbers that pay the thief, so there is a list of what may be called, and nothing else is:
//! numbers of the countries that the owner names, at the ordinary rate, few at once, so many a day, by phones that have
//! proved who they are. What is judged is what is called: the number in E.164, whatever was dialled for it.
//!
//! Help ([`super::help`]) is above all of that.

use std::time::Duration;

use crate::number::{Number, Rate};
use crate::routing::help::help_called;
use crate::routing::plan::Shop;
use crate::spelling::spelled_as;

/// So many calls of a shop go out at once. A small shop has few people; a thief wants many.
pub const AT_ONCE: usize = 2;
/// So many calls of a shop go out in one day of its own calendar: more than a shop that calls everybody back makes, and
/// at the ordinary rate no ruin.
pub const A_DAY: u32 = 100;
/// For so long all of them together, in the same day: a shop whose staff talk outside for half a working day on both lines. What a
/// thief earns is minutes, and two lines that are never hung up are no hundred calls.
pub const TALK_A_DAY: Duration = Duration::from_secs(10 * 60 * 60);

/// Whom a phone of the shop calls outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    Number(Number),
    /// An emergency number, as its country dials it.
    Help(&'static str),
}

/// What becomes of what a phone has dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialling {
    Goes(Outside),
    /// It would be this number.
    Refused(Number, NotDialled),
    /// It is no telephone number at all.
    NoNumber,
}

/// Why a number is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotDialled {
    /// Somebody earns by each call.
    Premium,
    /// It is in none of the countries that the owner has named.
    Country,
    /// No such number has been given out.
    NotInService,
    /// [`AT_ONCE`] calls are out.
    AtOnce,
    /// [`A_DAY`] calls have gone out today.
    Daily,
    /// They have lasted [`TALK_A_DAY`].
    TalkedEnough,
    /// Nothing proves which phone this is.
    Unproved,
    /// No carrier takes calls of ours.
    NoWayOut,
    /// It is neither a phone of the shop nor a telephone number.
    NoNumber,
}

spelled_as! {
    NotDialled {
        Premium = "premium", Country = "country", NotInService = "not_in_service", AtOnce = "at_once", Daily = "daily",
        TalkedEnough = "talked_enough",
        Unproved = "unproved", NoWayOut = "no_way_out", NoNumber = "no_number",
    }
}

/// What a phone has to show for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its password, with this very call.
    Password,
    /// Its address alone, which over UDP anybody can write.
    Address,
}

/// What has gone out of the shop already; help is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Out {
    pub now: usize,
    pub today: u32,
    /// How long they have lasted today, those that go on among them.
    pub talked: Duration,
}

impl Outside {
    /// As a carrier is asked for it.
    pub fn as_str(&self) -> &str {
        match self {
            Outside::Number(number) => number.as_str(),
            Outside::Help(number) => number,
        }
    }
}

impl NotDialled {
    /// Whether the owner is to know: somebody may be trying what the shop would pay for.
    pub fn is_suspicious(self) -> bool {
        match self {
            NotDialled::Premium
            | NotDialled::Country
            | NotDialled::AtOnce
            | NotDialled::Daily
            | NotDialled::TalkedEnough => true,
            NotDialled::NotInService | NotDialled::Unproved | NotDialled::NoWayOut | NotDialled::NoNumber => false,
        }
    }
}

/// What becomes of what a phone of this shop has dialled, if it is none of the shop's phones.
pub fn decide_outside(shop: &Shop, dialled: &str, proof: Proof, out: Out) -> Dialling {
    if let Some(help) = help_called(dialled, shop.country) {
        return Dialling::Goes(Outside::Help(help));
    }
    let Some(number) = Number::parse(dialled, shop.country) else { return Dialling::NoNumber };
    match why_not(shop, &number, proof, out) {
        None => Dialling::Goes(Outside::Number(number)),
        Some(why) => Dialling::Refused(number, why),
    }
}

fn why_not(shop: &Shop, number: &Number, proof: Proof, out: Out) -> Option<NotDialled> {
    match shop.calls_to.iter().find_map(|country| number.rate_in(*country)) {
        None => return Some(NotDialled::Country),
        Some(Rate::Premium) => return Some(NotDialled::Premium),
        Some(Rate::Unknown) => return Some(NotDialled::NotInService),
        Some(Rate::Ordinary) => {}
    }
    match proof {
        Proof::Address => Some(NotDialled::Unproved),
        Proof::Password if out.now >= AT_ONCE => Some(NotDialled::AtOnce),
        Proof::Password if out.today >= A_DAY => Some(NotDialled::Daily),
        Proof::Password if out.talked >= TALK_A_DAY => Some(NotDialled::TalkedEnough),
        Proof::Password => None,
    }
}
