//! Telephone numbers: one normal form (E.164) for what is compared and stored, the raw form kept beside it; and countries,
//! by which they are read.

use std::fmt;

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};

/// A telephone number in E.164 with its plus, such as `+34911234567` (ITU-T E.164: at most 15 digits).
///
/// Its `Debug` is masked, so that no log line can name a caller by accident; [`Number::as_str`] is the whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Number(String);

/// ITU-T E.164 §6.2.1.
const MOST_DIGITS: usize = 15;
/// The shortest numbers of the world (Niue, Saint Helena) have 7 digits with their country code; anything below six is
/// an extension or a service code, never a caller.
const FEWEST_DIGITS: usize = 6;
/// What is read before giving up: the longest number written with every separator is far shorter.
const LONGEST_TEXT: usize = 64;

impl Number {
    /// Reads a number as carriers and people write it: international (`+34 911 23 45 67`, `0034…` where that is
    /// dialled, `34911234567`), national by `country`, or a `tel:`/`sip:` URI of one.
    ///
    /// A number that is possible is kept even when no carrier has been given its range: `+1 202 555 0123` is a caller
    /// like any other. Where a text can be read both as national and as international, the reading that is in
    /// service wins, then national. `None` for extensions, service codes and everything that is no number; letters are
    /// never read as keys.
    pub fn parse(text: &str, country: Country) -> Option<Number> {
        let digits = digits_of(text)?;
        if digits.starts_with('+') {
            return Reading::possible(&digits, None).map(|(_, e164)| Number(e164));
        }
        let national = Reading::of(&digits, Some(country.region()?));
        if matches!(national, Reading::InService(_)) {
            return national.number();
        }
        let international = Reading::of(&format!("+{digits}"), None);
        if matches!(international, Reading::InService(_)) {
            return international.number();
        }
        national.number()
    }

    /// The stored form back again: a plus and 6 to 15 digits. `None` for anything else.
    pub fn from_e164(text: &str) -> Option<Number> {
        let digits = text.strip_prefix('+')?;
        let fits = (FEWEST_DIGITS..=MOST_DIGITS).contains(&digits.len());
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        (fits && plain).then(|| Number(text.to_owned()))
    }

    /// The whole number in E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As people of `country` write it: `911 23 45 67` at home, `+44 20 7031 3000` from abroad.
    pub fn national(&self, country: Country) -> String {
        let Ok(number) = PHONE_NUMBER_UTIL.parse(&self.0, None) else { return self.0.clone() };
        let home = country.region().and_then(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(region));
        let format = if home == Some(number.country_code) {
            PhoneNumberFormat::National
        } else {
            PhoneNumberFormat::International
        };
        PHONE_NUMBER_UTIL.format(&number, format).into_owned()
    }

    /// For logs: the country and the last digits, never the whole: `+34•••••567`.
    pub fn masked(&self) -> String {
        let country = PHONE_NUMBER_UTIL.parse(&self.0, None).map_or(String::new(), |n| n.country_code.to_string());
        let subscriber = self.0.len() - 1 - country.len().min(self.0.len() - 1);
        let shown = (subscriber / 3).min(3);
        format!("+{country}•••••{}", &self.0[self.0.len() - shown..])
    }
}

/// What a call to a number costs, as far as its country's numbering plan says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// As any call within that country, or nothing.
    Ordinary,
    /// Somebody earns by it: premium rate, shared cost, personal numbers, pagers.
    Premium,
    /// In no range of that country that is given out: what a call there costs nobody can say.
    Unknown,
}

impl Number {
    /// What a call there costs, where it is a number of `country`; `None`: it is another country's, or no country's
    /// (satellites, international premium rate).
    ///
    /// Countries are told apart where they share a code: Jamaica is not the United States.
    pub fn rate_in(&self, country: Country) -> Option<Rate> {
        let region = country.region()?;
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        if PHONE_NUMBER_UTIL.get_country_code_for_region(region) != Some(number.country_code) {
            return None;
        }
        if !PHONE_NUMBER_UTIL.is_valid_number_for_region(&number, region) {
            let is_anothers = PHONE_NUMBER_UTIL.is_valid_number(&number);
            return (!is_anothers).then_some(Rate::Unknown);
        }
        Some(match PHONE_NUMBER_UTIL.get_number_type(&number) {
            PhoneNumberType::FixedLine
            | PhoneNumberType::Mobile
            | PhoneNumberType::FixedLineOrMobile
            | PhoneNumberType::TollFree
            | PhoneNumberType::VoIP
            | PhoneNumberType::UAN => Rate::Ordinary,
            PhoneNumberType::PremiumRate
            | PhoneNumberType::SharedCost
            | PhoneNumberType::PersonalNumber
            | PhoneNumberType::Pager
            | PhoneNumberType::VoiceMail => Rate::Premium,
            PhoneNumberType::Unknown => Rate::Unknown,
        })
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({})", self.masked())
    }
}

/// ISO 3166-1 alpha-2, upper case: how numbers are read and which public holidays count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Country(pub [u8; 2]);

impl Country {
    /// No country: only numbers with a plus can be read.
    pub const UNKNOWN: Country = Country(*b"ZZ");

    /// Reads an ISO 3166-1 alpha-2 code in either case; `None` for anything that is no country with telephone numbers.
    pub fn parse(text: &str) -> Option<Country> {
        let &[first, second] = text.as_bytes() else { return None };
        let country = Country([first.to_ascii_uppercase(), second.to_ascii_uppercase()]);
        let region = country.region()?;
        PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| country)
    }

    /// The code in upper case, such as `ES`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Builds the tables that the first number of a country needs, some milliseconds' work: no caller shall wait for it.
    pub fn warm_up(self) {
        let Some(region) = self.region() else { return };
        if let Ok(example) = PHONE_NUMBER_UTIL.get_example_number(region) {
            let written = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::National);
            if let Some(number) = Number::parse(&written, self) {
                number.national(self);
                number.national(Country::UNKNOWN);
            }
        }
    }

    fn region(self) -> Option<Region> {
        self.as_str().parse().ok()
    }
}

/// What a string of digits can be.
enum Reading {
    /// In a range that is given out.
    InService(String),
    /// Of a length that numbers there have.
    Possible(String),
    Nothing,
}

impl Reading {
    fn of(digits: &str, region: Option<Region>) -> Reading {
        match Reading::possible(digits, region) {
            Some((number, e164)) if PHONE_NUMBER_UTIL.is_valid_number(&number) => Reading::InService(e164),
            Some((_, e164)) => Reading::Possible(e164),
            None => Reading::Nothing,
        }
    }

    /// A number of a length that numbers there have, and its E.164.
    fn possible(digits: &str, region: Option<Region>) -> Option<(PhoneNumber, String)> {
        let number = PHONE_NUMBER_UTIL.parse(digits, region).ok()?;
        let length = PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number);
        let e164 = e164(&number);
        let is_possible = matches!(length, Ok(NumberLengthType::IsPossible))
            && (FEWEST_DIGITS..=MOST_DIGITS).contains(&(e164.len() - 1));
        is_possible.then_some((number, e164))
    }

    fn number(self) -> Option<Number> {
        match self {
            Reading::InService(e164) | Reading::Possible(e164) => Some(Number(e164)),
            Reading::Nothing => None,
        }
    }
}

fn e164(number: &PhoneNumber) -> String {
    let zeros =
        if number.italian_leading_zero() { usize::try_from(number.number_of_leading_zeros()).unwrap_or(0) } else { 0 };
    format!("+{}{}{}", number.country_code, "0".repeat(zeros.min(MOST_DIGITS)), number.national_number)
}

/// The plus and the digits of a number with its separators taken out; `None` when there is anything else in it.
fn digits_of(text: &str) -> Option<String> {
    let text = text.get(..LONGEST_TEXT).unwrap_or(text);
    let text = text.trim();
    let text = match text.split_once(':') {
        Some((scheme, rest)) if ["tel", "sip", "sips"].iter().any(|s| scheme.eq_ignore_ascii_case(s)) => rest,
        Some(_) => return None,
        None => text,
    };
    let text = text.split(['@', ';']).next().unwrap_or_default();
    let mut digits = String::with_capacity(MOST_DIGITS + 2);
    let mut rest = text.chars();
    if let Some(after) = text.strip_prefix("%2B").or_else(|| text.strip_prefix("%2b")) {
        digits.push('+');
        rest = after.chars();
    }
    for c in rest {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => digits.push('+'),
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{2010}'..='\u{2015}' => {}
            _ => return None,
        }
    }
    digits.ends_with(|c: char| c.is_ascii_digit()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ES: Country = Country(*b"ES");
    const US: Country = Country(*b"US");

    fn e164(text: &str, country: Country) -> Option<String> {
        Number::parse(text, country).map(|number| number.as_str().to_owned())
    }

    #[test]
    fn one_number_in_all_its_spellings_is_one_number() {
        for text in [
            "+34911234567",
            "911234567",
            "911 23 45 67",
            "911-23-45-67",
            "(911) 234.567",
            "0034 911 234 567",
            "34911234567",
            "tel:+34-911-234-567",
            "tel:911234567;phone-context=+34",
            "sip:911234567@carrier.example",
            "SIP:+34911234567@192.0.2.1:5060;user=phone",
            "%2B34911234567",
            "+34\u{a0}911\u{2011}234\u{2011}567",
            " +34911234567 ",
            "34911234567;npdi",
        ] {
            assert_eq!(e164(text, ES).as_deref(), Some("+34911234567"), "{text}");
        }
        for text in ["+12025550123", "12025550123", "2025550123", "(202) 555-0123", "011 1 202 555 0123"] {
            assert_eq!(e164(text, US).as_deref(), Some("+12025550123"), "{text}");
        }
    }

    #[test]
    fn a_number_that_no_carrier_gave_out_is_kept() {
        assert_eq!(e164("+12025550100", ES).as_deref(), Some("+12025550100"));
        assert_eq!(e164("+34500000000", ES).as_deref(), Some("+34500000000"));
        assert_eq!(e164("+447700900123", ES).as_deref(), Some("+447700900123"));
    }

    #[test]
    fn a_foreign_number_without_its_plus_is_read_as_carriers_mean_it() {
        assert_eq!(e164("442070313000", ES).as_deref(), Some("+442070313000"));
        assert_eq!(e164("34911234567", US).as_deref(), Some("+34911234567"));
    }

    #[test]
    fn a_leading_zero_that_belongs_to_the_number_stays() {
        assert_eq!(e164("06 6982 1234", Country(*b"IT")).as_deref(), Some("+390669821234"));
        assert_eq!(e164("+39 06 6982 1234", ES).as_deref(), Some("+390669821234"));
        assert_eq!(e164("020 7031 3000", Country(*b"GB")).as_deref(), Some("+442070313000"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            " ",
            "+",
            "counter",
            "1001",
            "112",
            "911",
            "*67",
            "#31#600111222",
            "anonymous",
            "shop911234567",
            "1-800-FLOWERS",
            "+34 911 23 45 67 89 01 23",
            "++34911234567",
            "34+911234567",
            "sips:counter@x",
            "http:911234567",
            "+00000000000",
            "+999999999999999",
            "٩١١٢٣٤٥٦٧",
            "911234567\r\nVia: x",
            "911,234,567",
        ] {
            assert_eq!(e164(text, ES), None, "{text}");
        }
        assert_eq!(e164(&"9".repeat(100_000), ES), None);
        assert_eq!(e164(&"+34 911 234 567 ".repeat(10_000), ES), None);
        assert_eq!(e164(&"é".repeat(1_000), ES), None);
    }

    #[test]
    fn the_stored_form_comes_back_and_nothing_else_does() {
        for text in ["+34911234567", "+12025550123", "+390669821234", "+6834000"] {
            assert_eq!(Number::from_e164(text).unwrap().as_str(), text);
        }
        for text in ["34911234567", "+", "+0911234567", "+34 911234567", "+3491123456789012", "+3491123456x", ""] {
            assert_eq!(Number::from_e164(text), None, "{text}");
        }
        assert_eq!(e164("+6834000", ES).as_deref(), Some("+6834000"));
    }

    #[test]
    fn what_a_call_costs_is_told_by_the_countrys_own_plan() {
        let rate = |number: &str, country: &[u8; 2]| Number::from_e164(number).unwrap().rate_in(Country(*country));
        for number in ["+34911234567", "+34600111222", "+34900123456"] {
            assert_eq!(rate(number, b"ES"), Some(Rate::Ordinary), "{number}");
        }
        for number in ["+34803123456", "+34806123456", "+34807123456", "+34901123456", "+34902123456", "+34700123456"] {
            assert_eq!(rate(number, b"ES"), Some(Rate::Premium), "{number}");
        }
        for number in ["+34905123456", "+34500000000", "+34118880000"] {
            assert_ne!(rate(number, b"ES"), Some(Rate::Ordinary), "{number}");
        }
        assert_eq!(rate("+19002345678", b"US"), Some(Rate::Premium));
        assert_eq!(rate("+449098790879", b"GB"), Some(Rate::Premium));
        assert_eq!(rate("+499001234567", b"DE"), Some(Rate::Premium));
        assert_eq!(rate("+18002345678", b"CA"), Some(Rate::Ordinary), "of several countries");
    }

    #[test]
    fn countries_are_told_apart_where_they_share_a_code() {
        let rate = |number: &str, country: &[u8; 2]| Number::from_e164(number).unwrap().rate_in(Country(*country));
        for number in ["+18762101234", "+18092345678", "+12842291234", "+14165550123"] {
            assert_eq!(rate(number, b"US"), None, "{number}");
        }
        for (number, country) in [
            ("+442070313000", b"ES"),
            ("+34911234567", b"US"),
            ("+881612345678", b"ES"),
            ("+882161234567", b"ES"),
            ("+979123456789", b"ES"),
            ("+34911234567", b"ZZ"),
        ] {
            assert_eq!(rate(number, country), None, "{number}");
        }
    }

    #[test]
    fn people_read_numbers_as_their_country_writes_them() {
        let madrid = Number::from_e164("+34911234567").unwrap();
        assert_eq!(madrid.national(ES), "911 23 45 67");
        assert_eq!(madrid.national(US), "+34 911 23 45 67");
        assert_eq!(Number::from_e164("+12025550123").unwrap().national(US), "(202) 555-0123");
        assert_eq!(Number::from_e164("+999999999").unwrap().national(ES), "+999999999");
    }

    #[test]
    fn a_log_never_sees_the_whole_number() {
        let number = Number::from_e164("+34911234222").unwrap();
        assert_eq!(number.masked(), "+34•••••222");
        assert_eq!(format!("{number:?}"), "Number(+34•••••222)");
        assert_eq!(Number::from_e164("+6834000").unwrap().masked(), "+683•••••0");
        assert_eq!(Number::from_e164("+999999999").unwrap().masked(), "+•••••999");
    }

    #[test]
    fn a_country_is_two_letters_that_have_telephones() {
        assert_eq!(Country::parse("es"), Some(ES));
        assert_eq!(Country::parse("ES").unwrap().as_str(), "ES");
        for text in ["", "E", "ESP", "XX", "ZZ", "é", "E\u{0}", "00", "Spain"] {
            assert_eq!(Country::parse(text), None, "{text}");
        }
    }
}
