//! Who calls, as far as the network says.

use crate::number::Country;
use crate::number::Number;

/// Who calls, as far as the network says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerId {
    /// A number of the public network.
    Known(Number),
    /// Something that is no public number ("counter", "1001"); kept as it came.
    Other(String),
    /// The caller asked not to be named: never merged with others, never owed.
    Withheld,
}

/// What a carrier says of a caller: one From, P-Asserted-Identity or webhook `From`, taken apart but not interpreted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The display name, without its quotes; empty when there is none.
    pub display: &'a str,
    /// The user part of the URI, or the bare number.
    pub user: &'a str,
    /// The host part of the URI; empty when there is none.
    pub host: &'a str,
    /// The value of the Privacy header (RFC 3323 §4.2); empty when there is none.
    pub privacy: &'a str,
}

/// Users and Twilio callers that stand for nobody.
const NOBODY: [&str; 8] =
    ["anonymous", "restricted", "unavailable", "unknown", "withheld", "private", "blocked", "nobody"];

/// What carriers without letters in their caller field send: the words of [`NOBODY`] on a telephone's keypad, behind a
/// plus. No such number can exist, so they count only with the plus.
const NOBODY_IN_KEYS: [&str; 5] = [
    "+266696687",   // ANONYMOUS
    "+7378742833",  // RESTRICTED
    "+2562533",     // BLOCKED
    "+8656696",     // UNKNOWN
    "+86282452253", // UNAVAILABLE
];

impl CallerId {
    /// Reads what the carrier said; a national number by `country`.
    ///
    /// A caller who asks for privacy is withheld even when the carrier tells us the number. The display name alone
    /// withholds only by "Anonymous" (RFC 3323 §4.1.1.3): "Unknown" and "Unavailable" there mean that the carrier has
    /// no name for a number it does know.
    pub fn read(identity: Identity<'_>, country: Country) -> CallerId {
        let user = identity.user.trim();
        if asks_for_privacy(identity.privacy) || is_nobody(user) || leads_nowhere(identity.host) {
            return CallerId::Withheld;
        }
        if identity.display.trim().eq_ignore_ascii_case("anonymous") {
            return CallerId::Withheld;
        }
        match Number::parse(user, country) {
            Some(number) => CallerId::Known(number),
            None => CallerId::Other(user.chars().filter(|c| !c.is_control()).collect()),
        }
    }

    /// The caller's number, if there is one to speak of.
    pub fn number(&self) -> Option<&Number> {
        match self {
            CallerId::Known(number) => Some(number),
            CallerId::Other(_) | CallerId::Withheld => None,
        }
    }
}

/// RFC 3323 §4.2 `user`, RFC 3325 §9.3 `id`; `full` is what the header's forerunner, Remote-Party-ID, said.
fn asks_for_privacy(privacy: &str) -> bool {
    privacy.split([';', ',']).any(|value| ["id", "user", "full"].iter().any(|p| value.trim().eq_ignore_ascii_case(p)))
}

fn is_nobody(user: &str) -> bool {
    user.is_empty() || NOBODY.iter().any(|word| user.eq_ignore_ascii_case(word)) || NOBODY_IN_KEYS.contains(&user)
}

/// `anonymous.invalid` (RFC 3323 §4.1.1.3), `unknown.invalid`: a host under the name that never exists (RFC 2606 §2).
fn leads_nowhere(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let last = host.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("invalid")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ES: Country = Country(*b"ES");

    fn of_user(user: &str) -> CallerId {
        CallerId::read(Identity { user, host: "carrier.example", ..Identity::default() }, ES)
    }

    #[test]
    fn a_caller_with_a_number_is_known_by_it() {
        for user in ["+34600111222", "600111222", "600 11 12 22", "34600111222", "0034600111222"] {
            assert_eq!(of_user(user), CallerId::Known(Number::from_e164("+34600111222").unwrap()), "{user}");
        }
    }

    #[test]
    fn what_is_no_number_is_kept_as_it_came() {
        for user in ["counter", "1001", "sales-2", "Ann1"] {
            assert_eq!(of_user(user), CallerId::Other(user.to_owned()), "{user}");
        }
    }

    #[test]
    fn every_way_to_ask_for_no_name_is_withheld() {
        for user in [
            "anonymous",
            "Anonymous",
            "ANONYMOUS",
            "Restricted",
            "Unavailable",
            "unknown",
            "Private",
            "",
            "+266696687",
            "+7378742833",
            "+2562533",
            "+8656696",
            "+86282452253",
        ] {
            assert_eq!(of_user(user), CallerId::Withheld, "{user}");
        }
        let known = Identity { user: "+34600111222", host: "carrier.example", ..Identity::default() };
        for privacy in ["id", "ID", "user; id", "header;user", "id;critical", "full", "critical,id"] {
            assert_eq!(CallerId::read(Identity { privacy, ..known }, ES), CallerId::Withheld, "{privacy}");
        }
        for host in ["anonymous.invalid", "Anonymous.Invalid", "unknown.invalid.", "invalid"] {
            assert_eq!(CallerId::read(Identity { host, ..known }, ES), CallerId::Withheld, "{host}");
        }
        let display = "Anonymous";
        assert_eq!(CallerId::read(Identity { display, ..known }, ES), CallerId::Withheld);
    }

    #[test]
    fn a_missing_name_hides_no_number() {
        let known = Identity { user: "+34600111222", host: "carrier.example", ..Identity::default() };
        for display in ["Unavailable", "UNKNOWN", "", "invalid"] {
            assert!(CallerId::read(Identity { display, ..known }, ES).number().is_some(), "{display}");
        }
        for privacy in ["none", "", "session", "header", "idle"] {
            assert!(CallerId::read(Identity { privacy, ..known }, ES).number().is_some(), "{privacy}");
        }
    }

    #[test]
    fn a_keypad_word_without_its_plus_may_be_a_real_number() {
        let us = Country(*b"US");
        let austin = CallerId::read(Identity { user: "7378742833", ..Identity::default() }, us);
        assert_eq!(austin, CallerId::Known(Number::from_e164("+17378742833").unwrap()));
    }
}
