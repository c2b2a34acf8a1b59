//! What becomes of what a phone of the shop dials: the one place that lets a call out. Toll fraud is the trade of getting
//! somebody's telephones to call numbers that pay the thief, so there is a list of what may be called, and nothing else is:
//! numbers of the countries that the owner names, at the ordinary rate, few at once, so many a day, by phones that have
//! proved who they are. What is judged is what is called: the number in E.164, whatever was dialled for it.
//!
//! Help is above all of that (DESIGN §3).

use crate::number::{Number, Rate};
use crate::routing::plan::{Country, Shop};
use crate::spelling::spelled_as;

/// So many calls of a shop go out at once. A small shop has few people; a thief wants many.
pub const AT_ONCE: usize = 2;
/// So many calls of a shop go out in one day of its own calendar: more than a shop that calls everybody back makes, and
/// at the ordinary rate no ruin.
pub const A_DAY: u32 = 100;

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
            NotDialled::Premium | NotDialled::Country | NotDialled::AtOnce | NotDialled::Daily => true,
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
        Proof::Password => None,
    }
}

/// The emergency number that this is in that country, as it stands in the table.
pub fn help_called(dialled: &str, country: Country) -> Option<&'static str> {
    // Parameters are what a `tel:` URI has behind its number (RFC 3261 §19.1.6); the rest is for the eye (RFC 3966 §5.1.1).
    let number = dialled.split(';').next().unwrap_or_default();
    let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')).collect();
    let own = HELP.iter().find(|(code, _)| *code == country.as_str()).map_or(&[][..], |(_, numbers)| numbers);
    own.iter().chain(EVERYWHERE).copied().find(|number| *number == digits)
}

/// Networks of most of the world pass these on to whoever helps there (3GPP TS 22.101 §10.1); where one does not, the
/// carrier says so sooner than we.
const EVERYWHERE: &[&str] = &["112", "911"];

/// The police, fire and ambulance of each country beside those, as they are commonly known. Compared so far with `emergency`
/// and `expandedEmergency` in libphonenumber's ShortNumberMetadata, which gathers the national numbering plans: DE, ES, GG
/// and GI. A country that is not here has the two of everywhere.
const HELP: &[(&str, &[&str])] = &[
    ("AD", &["110", "116", "118"]),
    ("AR", &["100", "101", "107"]),
    ("AT", &["122", "133", "144"]),
    ("AU", &["000"]),
    ("BE", &["100", "101"]),
    ("BR", &["190", "192", "193"]),
    ("CH", &["117", "118", "144"]),
    ("CL", &["131", "132", "133"]),
    ("CO", &["123"]),
    ("CZ", &["150", "155", "158"]),
    ("DE", &["110"]),
    ("ES", &["016", "061", "062", "080", "085", "088", "091", "092"]),
    ("FR", &["15", "17", "18", "114", "119"]),
    ("GB", &["999"]),
    ("GG", &["999"]),
    ("GI", &["190", "199"]),
    ("GR", &["100", "166", "199"]),
    ("HK", &["999"]),
    ("HU", &["104", "105", "107"]),
    ("IE", &["999"]),
    ("IL", &["100", "101", "102"]),
    ("IN", &["100", "101", "102", "108"]),
    ("IT", &["113", "115", "118"]),
    ("JP", &["110", "118", "119"]),
    ("KR", &["119"]),
    ("LU", &["113"]),
    ("NO", &["110", "113"]),
    ("NZ", &["111"]),
    ("PE", &["105", "106", "116"]),
    ("PL", &["997", "998", "999"]),
    ("SG", &["995", "999"]),
    ("SK", &["150", "155", "158"]),
    ("ZA", &["10111", "10177"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_known_by_its_countrys_number_and_by_those_of_everywhere() {
        let help = |dialled, code: &[u8; 2]| help_called(dialled, Country(*code));
        for dialled in ["112", "911", "091", "016", "1-1-2"] {
            assert!(help(dialled, b"ES").is_some(), "{dialled}");
        }
        assert_eq!(help("999", b"GB"), Some("999"));
        assert_eq!(help("999", b"ES"), None);
        assert_eq!(help("112", b"ZZ"), Some("112"), "whatever the country");
        for dialled in ["", "11", "1120", "0112", "+112", "911234567", "112#", "one"] {
            assert_eq!(help(dialled, b"ES"), None, "{dialled}");
        }
    }

    #[test]
    fn no_emergency_number_is_somebodys_telephone_number() {
        for (code, numbers) in HELP {
            let country = Country::parse(code).unwrap_or_else(|| panic!("{code} is no country"));
            for number in *numbers {
                let read = Number::parse(number, country).and_then(|number| number.rate_in(country));
                assert!(matches!(read, None | Some(Rate::Unknown)), "{code} {number}");
            }
        }
    }
}
