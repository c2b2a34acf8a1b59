//! A shop as TOML: what `import` reads and `export` writes. Reading an export gives the same shop.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::notice::Address;
use crate::number::Number;
use crate::routing::hours::Hours;
use crate::routing::local_time;
use crate::routing::plan::{Closure, Country, GIVE_UP_DEFAULT, Ha1, Language, Line, Phone, PhoneId, Shop, ShopId};
use crate::routing::wish::{name_of_caller, note_of_caller};
use crate::sip::auth::{self, Algorithm};
use crate::store::{Contact, ShopSettings};
use crate::toml_file::{Entry, Section, TomlFileError};

/// Before a caller has heard it ring properly, nobody is asked to give up (DESIGN §3).
const GIVE_UP_S: std::ops::RangeInclusive<i64> = 30..=300;
/// A wave that starts after the longest ring would never ring.
const AFTER_S: std::ops::RangeInclusive<i64> = 0..=300;
/// What people write fits easily; a mistake such as a whole file pasted into a field does not.
const MAX_TEXT: usize = 2000;

/// Reads a shop. `path` only names the file in messages; a `password` becomes a hash with `realm` and `digest`.
///
/// # Errors
/// The first thing that is wrong, with the file, the key and what was expected.
pub fn read(text: &str, path: &Path, realm: &str, digest: Algorithm) -> Result<ShopSettings, TomlFileError> {
    let mut file = Section::read(text, path, None)?;
    let mut shop = read_shop(file.section("shop")?)?;
    for section in file.sections("phone")? {
        let phone = read_phone(section, &shop, realm, digest)?;
        shop.phones.push(phone);
    }
    for section in file.sections("closure")? {
        let closure = read_closure(section, shop.country)?;
        shop.closures.push(closure);
    }
    let mut contacts = Vec::<Contact>::new();
    for mut section in file.sections("contact")? {
        let place = section.place("number");
        let number = required(&mut section, "number", NUMBER)?.parse(NUMBER, |text| number(text, shop.country))?;
        if contacts.iter().any(|contact| contact.number == number) {
            return Err(twice(place, number.as_str()));
        }
        let name = optional(&mut section, "name", NAME, name_of_caller)?.unwrap_or_default();
        let note = optional(&mut section, "note", NOTE, note_of_caller)?.unwrap_or_default();
        contacts.push(Contact { number, name, note });
        section.finish(&[])?;
    }
    for mut section in file.sections("block")? {
        let place = section.place("number");
        let number = required(&mut section, "number", NUMBER)?.parse(NUMBER, |text| number(text, shop.country))?;
        let text = number.as_str().to_owned();
        if !shop.blocked.insert(number) {
            return Err(twice(place, &text));
        }
        section.finish(&[])?;
    }
    file.finish(&[])?;
    shop.closures.sort_by_key(|closure| closure.from);
    contacts.sort_by(|one, other| one.number.cmp(&other.number));
    Ok(ShopSettings { shop, contacts })
}

/// Writes a shop as [`read`] reads it.
pub fn write(settings: &ShopSettings) -> String {
    let shop = &settings.shop;
    let mut out = String::new();
    // Writing into a String cannot fail.
    let mut put = |line: std::fmt::Arguments<'_>| {
        let _ = writeln!(out, "{line}");
    };
    put(format_args!("[shop]"));
    put(format_args!("name = {}", quoted(&shop.name)));
    put(format_args!("time_zone = {}", quoted(shop.time_zone.name())));
    put(format_args!("country = {}", quoted(&String::from_utf8_lossy(&shop.country.0))));
    put(format_args!("calls_to = {}", list(shop.calls_to.iter().map(Country::as_str))));
    put(format_args!("language = {}", quoted(shop.language.as_str())));
    if let Some(hours) = &shop.hours {
        put(format_args!("hours = {}", quoted(hours.as_str())));
    }
    put(format_args!("numbers = {}", list(shop.numbers.iter().map(Number::as_str))));
    put(format_args!("give_up_after_s = {}", shop.give_up_after.as_secs()));
    let notify: Vec<String> = shop.notify.iter().map(Address::text).collect();
    put(format_args!("notify = {}", list(notify.iter().map(String::as_str))));
    put(format_args!("call_back_ring = {}", shop.call_back_ring));
    for phone in &shop.phones {
        put(format_args!("\n[[phone]]\nname = {}", quoted(&phone.name)));
        match &phone.line {
            Line::Registers { user, ha1 } => {
                put(format_args!("user = {}\nha1 = {}", quoted(user), quoted(&ha1.0)));
            }
            Line::Fixed { contact } => put(format_args!("contact = {}", quoted(contact))),
            Line::Cell { number } => put(format_args!("number = {}", quoted(number.as_str()))),
        }
        if !phone.after.is_zero() {
            put(format_args!("after_s = {}", phone.after.as_secs()));
        }
        if let Some(hours) = &phone.hours {
            put(format_args!("hours = {}", quoted(hours.as_str())));
        }
    }
    for closure in &shop.closures {
        let (from, to) = (local_time::written(closure.from), local_time::written(closure.to));
        put(format_args!("\n[[closure]]\nfrom = \"{from}\"\nto = \"{to}\"\nwhy = {}", quoted(&closure.why)));
        if let Some(open) = &closure.open {
            put(format_args!("open = {}", quoted(open.as_str())));
        }
    }
    for contact in &settings.contacts {
        put(format_args!("\n[[contact]]\nnumber = {}", quoted(contact.number.as_str())));
        put(format_args!("name = {}\nnote = {}", quoted(&contact.name), quoted(&contact.note)));
    }
    for number in &shop.blocked {
        put(format_args!("\n[[block]]\nnumber = {}", quoted(number.as_str())));
    }
    out
}

const NUMBER: &str = "a telephone number such as \"+34911234567\"";
const NAME: &str = "a name of one line, at most 200 characters";
const NOTE: &str = "a note of at most 2000 characters, without control characters but new lines";
const WORDS: &str = "some words, at most 2000 bytes, without control characters";
const HOURS: &str = "opening hours such as \"Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off\"";
const MOMENT: &str = "a date and time such as \"2026-12-24T14:00\"";

fn read_shop(mut section: Section<'_>) -> Result<Shop, TomlFileError> {
    let name = required(&mut section, "name", WORDS)?.parse(WORDS, words)?;
    let zone = "an IANA time zone such as \"Europe/Madrid\"";
    let time_zone = required(&mut section, "time_zone", zone)?.parse(zone, |text| text.parse().ok())?;
    let two_letters = "a country by its two letters such as \"ES\"";
    let country = required(&mut section, "country", two_letters)?.parse(two_letters, Country::parse)?;
    let calls_to = match section.list("calls_to")? {
        Some(entries) => read_countries(entries, two_letters)?,
        // Abroad nobody calls by accident.
        None => vec![country],
    };
    let language = optional(&mut section, "language", "\"en\" or \"es\"", Language::parse)?.unwrap_or_default();
    let hours = read_hours(&mut section, "hours", country)?;
    let mut numbers = Vec::new();
    for entry in section.list("numbers")?.unwrap_or_default() {
        let place = entry.place.clone();
        let number = entry.parse(NUMBER, |text| number(text, country))?;
        if numbers.contains(&number) {
            return Err(twice(place, number.as_str()));
        }
        numbers.push(number);
    }
    let give_up_after = section.integer("give_up_after_s", GIVE_UP_S)?.map_or(GIVE_UP_DEFAULT, seconds);
    let mut notify: Vec<Address> = Vec::new();
    for entry in section.list("notify")?.unwrap_or_default() {
        let address = read_address(&entry)?;
        if !notify.contains(&address) {
            notify.push(address);
        }
    }
    let call_back_ring = section.switch("call_back_ring")?.unwrap_or(true);
    section.finish(&[])?;
    Ok(Shop {
        id: ShopId(0),
        name,
        time_zone,
        country,
        calls_to,
        language,
        hours,
        numbers,
        give_up_after,
        notify,
        phones: Vec::new(),
        closures: Vec::new(),
        hours_override: None,
        blocked: BTreeSet::new(),
        call_back_ring,
        drill_before_opening: false,
        greeting: Default::default(),
    })
}

fn read_countries(entries: Vec<Entry<String>>, expected: &str) -> Result<Vec<Country>, TomlFileError> {
    let mut countries = Vec::new();
    for entry in entries {
        let place = entry.place.clone();
        let country = entry.parse(expected, Country::parse)?;
        if countries.contains(&country) {
            return Err(twice(place, country.as_str()));
        }
        countries.push(country);
    }
    Ok(countries)
}

fn read_phone(mut section: Section<'_>, shop: &Shop, realm: &str, digest: Algorithm) -> Result<Phone, TomlFileError> {
    let place = section.place("name");
    let name = required(&mut section, "name", WORDS)?.parse(WORDS, words)?;
    if shop.phones.iter().any(|phone| *phone.name == *name) {
        return Err(twice(place, &name));
    }
    let line = read_line(&mut section, shop, realm, digest)?;
    let after = seconds(section.integer("after_s", AFTER_S)?.unwrap_or(0));
    let hours = read_hours(&mut section, "hours", shop.country)?;
    section.finish(&[])?;
    Ok(Phone { id: PhoneId(0), name: Arc::from(name), line, after, hours, off_until: None })
}

/// Exactly one of `user`, `contact` and `number` says how the phone is reached.
fn read_line(section: &mut Section<'_>, shop: &Shop, realm: &str, digest: Algorithm) -> Result<Line, TomlFileError> {
    let (user, contact, number_text) = (section.text("user")?, section.text("contact")?, section.text("number")?);
    let (password, ha1) = (section.text("password")?, section.text("ha1")?);
    let one = "one of user (a phone that registers), contact (a fixed SIP address) and number (a cell phone)";
    match (user, contact, number_text) {
        (Some(user), None, None) => {
            let place = user.place.clone();
            let user = user.parse("a name in letters, digits and any of - _ . ! ~ * ' ( )", user_name)?;
            if shop
                .phones
                .iter()
                .any(|phone| matches!(&phone.line, Line::Registers { user: known, .. } if *known == user))
            {
                return Err(twice(place, &user));
            }
            let ha1 = match (password, ha1) {
                (Some(password), None) => hashed(&user, realm, digest, password)?,
                // A hash is as good as the password: it does not show in the message.
                (None, Some(ha1)) => hidden(ha1, ha1_in(digest), |text| {
                    let hex = text.len() == digest.hex_digits() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                    hex.then(|| Ha1(text.to_ascii_lowercase()))
                })?,
                (Some(_), Some(ha1)) => {
                    let message = "password is given as well; keep one of them".to_owned();
                    return Err(TomlFileError::Conflict { place: ha1.place, message });
                }
                (None, None) => {
                    let expected = "the password this phone registers with".to_owned();
                    return Err(TomlFileError::Missing { place: section.place("password"), expected });
                }
            };
            Ok(Line::Registers { user, ha1 })
        }
        (user, contact, number_text) => {
            if let Some(secret) = password.or(ha1) {
                let message = "only a phone with a user has a password".to_owned();
                return Err(TomlFileError::Conflict { place: secret.place, message });
            }
            match (user, contact, number_text) {
                (None, Some(contact), None) => {
                    let place = contact.place.clone();
                    let contact =
                        contact.parse("a SIP address such as \"sip:workshop@192.0.2.10:5060\"", sip_address)?;
                    let is_same = |line: &Line| matches!(line, Line::Fixed { contact: known } if *known == contact);
                    if shop.phones.iter().any(|phone| is_same(&phone.line)) {
                        return Err(twice(place, &contact));
                    }
                    Ok(Line::Fixed { contact })
                }
                (None, None, Some(entry)) => {
                    let place = entry.place.clone();
                    let number = entry.parse(NUMBER, |text| number(text, shop.country))?;
                    let is_same = |line: &Line| matches!(line, Line::Cell { number: known } if *known == number);
                    if shop.phones.iter().any(|phone| is_same(&phone.line)) {
                        return Err(twice(place, number.as_str()));
                    }
                    Ok(Line::Cell { number })
                }
                (None, None, None) => {
                    Err(TomlFileError::Missing { place: section.place("user"), expected: one.to_owned() })
                }
                (user, contact, number_text) => {
                    let given = [user, contact, number_text];
                    // At least two are given here; the later one is named.
                    let place = given.into_iter().flatten().last().map_or_else(String::new, |entry| entry.place);
                    Err(TomlFileError::Conflict { place, message: format!("a phone has exactly {one}") })
                }
            }
        }
    }
}

fn read_closure(mut section: Section<'_>, country: Country) -> Result<Closure, TomlFileError> {
    let from = required(&mut section, "from", MOMENT)?.parse(MOMENT, local_time::read)?;
    let later = "a date and time after `from`";
    let to = required(&mut section, "to", MOMENT)?.parse(MOMENT, local_time::read).and_then(|to| {
        let (place, found) = (section.place("to"), local_time::written(to));
        if to > from { Ok(to) } else { Err(TomlFileError::Unexpected { place, expected: later.to_owned(), found }) }
    })?;
    let why = optional(&mut section, "why", WORDS, words)?.unwrap_or_default();
    let open = read_hours(&mut section, "open", country)?;
    section.finish(&[])?;
    Ok(Closure { id: 0, from, to, why, open })
}

fn read_hours(section: &mut Section<'_>, key: &'static str, country: Country) -> Result<Option<Hours>, TomlFileError> {
    let Some(entry) = section.text(key)? else { return Ok(None) };
    match Hours::parse(&entry.value, country) {
        Ok(hours) => Ok(Some(hours)),
        Err(error) => {
            let found = format!("{:?} ({error})", entry.value);
            Err(TomlFileError::Unexpected { place: entry.place, expected: HOURS.to_owned(), found })
        }
    }
}

fn required(section: &mut Section<'_>, key: &'static str, expected: &str) -> Result<Entry<String>, TomlFileError> {
    let place = section.place(key);
    section.text(key)?.ok_or_else(|| TomlFileError::Missing { place, expected: expected.to_owned() })
}

fn optional<T>(
    section: &mut Section<'_>,
    key: &'static str,
    expected: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, TomlFileError> {
    section.text(key)?.map(|entry| entry.parse(expected, read)).transpose()
}

/// Like [`Entry::parse`], without what was found in the message.
fn hidden<T>(entry: Entry<String>, expected: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, TomlFileError> {
    let found = "something else (not shown)".to_owned();
    read(&entry.value).ok_or(TomlFileError::Unexpected { place: entry.place, expected: expected.to_owned(), found })
}

/// H(user:realm:password) (RFC 7616 §3.4.2).
fn hashed(user: &str, realm: &str, digest: Algorithm, password: Entry<String>) -> Result<Ha1, TomlFileError> {
    hidden(password, "a password of 1 to 200 bytes without control characters", |password| {
        let plain = !password.is_empty() && password.len() <= 200 && !password.contains(char::is_control);
        plain.then(|| Ha1(auth::ha1(digest, user, realm, password)))
    })
}

fn ha1_in(digest: Algorithm) -> &'static str {
    match digest {
        Algorithm::Md5 => "32 hex digits, the MD5 of user:realm:password",
        Algorithm::Sha256 => {
            "64 hex digits, the SHA-256 of user:realm:password, because of digest = \"sha-256\" in [sip]"
        }
    }
}

fn twice(place: String, value: &str) -> TomlFileError {
    TomlFileError::Conflict { place, message: format!("{value:?} is there twice; keep one of them") }
}

fn number(text: &str, country: Country) -> Option<Number> {
    Number::parse(text, country)
}

fn words(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= MAX_TEXT && !text.contains(char::is_control)).then(|| text.to_owned())
}

/// An address may be as good as a password: the message does not show it.
fn read_address(entry: &Entry<String>) -> Result<Address, TomlFileError> {
    Address::parse(&entry.value).map_err(|error| TomlFileError::Unexpected {
        place: entry.place.clone(),
        expected: "an address such as \"https://ntfy.example/shop\" or \"mailto:owner@example.com\"".to_owned(),
        found: error.to_string(),
    })
}

/// What may stand before the @ without escapes: the unreserved characters of RFC 3261 §25.1.
fn user_name(text: &str) -> Option<String> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    ((1..=64).contains(&text.len()) && text.bytes().all(unreserved)).then(|| text.to_owned())
}

fn sip_address(text: &str) -> Option<String> {
    let rest = text.strip_prefix("sip:")?;
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte));
    (!host.is_empty() && plain(text)).then(|| text.to_owned())
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", items.map(quoted).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;
