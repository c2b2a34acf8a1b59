//! What public holidays are called. Their dates come from the hours' own data; here is only which name a date has in the
//! countries whose names were looked through, year by year. A date without a name here is just a public holiday.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::routing::plan::{Country, Language};

/// The holiday that falls on this date in this country, or is moved there from a weekend.
pub fn holiday(country: Country, date: NaiveDate, language: Language) -> Option<&'static str> {
    let named = of_country(country);
    let on_it = named.iter().find(|holiday| holiday.day.is_on(date));
    let found = on_it.or_else(|| named.iter().find(|holiday| holiday.day.is_moved_to(date)))?;
    Some(match language {
        Language::En => found.en,
        Language::Es => found.es,
    })
}

#[derive(Clone, Copy)]
struct Named {
    day: Day,
    en: &'static str,
    es: &'static str,
}

/// How its date is found.
#[derive(Clone, Copy)]
enum Day {
    /// Month and day.
    Fixed(u32, u32),
    /// Days after Easter Sunday.
    Easter(i64),
    /// Month, which one of it, weekday.
    Nth(u32, u32, Weekday),
    /// Month, weekday.
    Last(u32, Weekday),
}

impl Day {
    fn is_on(self, date: NaiveDate) -> bool {
        match self {
            Day::Fixed(month, day) => (date.month(), date.day()) == (month, day),
            Day::Easter(after) => (date - easter(date.year())).num_days() == after,
            Day::Nth(month, nth, weekday) => {
                date.month() == month && date.weekday() == weekday && date.day0() / 7 + 1 == nth
            }
            Day::Last(month, weekday) => {
                let is_last = date.checked_add_days(Days::new(7)).is_none_or(|next| next.month() != month);
                date.month() == month && date.weekday() == weekday && is_last
            }
        }
    }

    /// A Saturday's is on the Friday before or the Monday after, a Sunday's on the Monday or Tuesday after.
    fn is_moved_to(self, date: NaiveDate) -> bool {
        let Day::Fixed(..) = self else { return false };
        let off = |days: i64, weekday: Weekday| {
            let from = date - chrono::TimeDelta::days(days);
            from.weekday() == weekday && self.is_on(from)
        };
        off(-1, Weekday::Sat) || off(2, Weekday::Sat) || off(1, Weekday::Sun) || off(2, Weekday::Sun)
    }
}

/// Easter Sunday of the Western churches, by the anonymous Gregorian rule.
fn easter(year: i32) -> NaiveDate {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e, f) = (b / 4, b % 4, (b + 8) / 25);
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    let part = |n: i32| u32::try_from(n).unwrap_or(1);
    NaiveDate::from_ymd_opt(year, part(n / 31), part(n % 31 + 1)).unwrap_or(NaiveDate::MIN)
}

const fn named(day: Day, en: &'static str, es: &'static str) -> Named {
    Named { day, en, es }
}

const fn fixed(month: u32, day: u32, en: &'static str, es: &'static str) -> Named {
    named(Day::Fixed(month, day), en, es)
}

const fn monday(month: u32, nth: u32, en: &'static str, es: &'static str) -> Named {
    named(Day::Nth(month, nth, Weekday::Mon), en, es)
}

const fn last_monday(month: u32, en: &'static str, es: &'static str) -> Named {
    named(Day::Last(month, Weekday::Mon), en, es)
}

const NEW_YEAR: Named = fixed(1, 1, "New Year's Day", "Año Nuevo");
const EPIPHANY: Named = fixed(1, 6, "Epiphany", "Día de Reyes");
const GOOD_FRIDAY: Named = named(Day::Easter(-2), "Good Friday", "Viernes Santo");
const EASTER: Named = named(Day::Easter(0), "Easter Sunday", "Domingo de Resurrección");
const EASTER_MONDAY: Named = named(Day::Easter(1), "Easter Monday", "Lunes de Pascua");
const LABOUR_DAY: Named = fixed(5, 1, "Labour Day", "Día del Trabajo");
const ASCENSION: Named = named(Day::Easter(39), "Ascension Day", "Ascensión");
const WHIT_MONDAY: Named = named(Day::Easter(50), "Whit Monday", "Lunes de Pentecostés");
const CORPUS_CHRISTI: Named = named(Day::Easter(60), "Corpus Christi Day", "Corpus Christi");
const ASSUMPTION: Named = fixed(8, 15, "Assumption Day", "Asunción de la Virgen");
const ALL_SAINTS: Named = fixed(11, 1, "All Saints' Day", "Todos los Santos");
const IMMACULATE: Named = fixed(12, 8, "Immaculate Conception", "Inmaculada Concepción");
const CHRISTMAS: Named = fixed(12, 25, "Christmas Day", "Navidad");
const ST_STEPHEN: Named = fixed(12, 26, "St Stephen's Day", "San Esteban");

fn of_country(country: Country) -> &'static [Named] {
    match &country.0 {
        b"DE" => GERMANY,
        b"ES" => SPAIN,
        b"FR" => FRANCE,
        b"GB" => BRITAIN,
        b"IE" => IRELAND,
        b"IT" => ITALY,
        b"MX" => MEXICO,
        b"PT" => PORTUGAL,
        b"US" => UNITED_STATES,
        _ => &[],
    }
}

const SPAIN: &[Named] = &[
    NEW_YEAR,
    EPIPHANY,
    GOOD_FRIDAY,
    LABOUR_DAY,
    ASSUMPTION,
    fixed(10, 12, "National Day", "Fiesta Nacional"),
    ALL_SAINTS,
    fixed(12, 6, "Constitution Day", "Día de la Constitución"),
    IMMACULATE,
    CHRISTMAS,
];

const BRITAIN: &[Named] = &[
    NEW_YEAR,
    GOOD_FRIDAY,
    monday(5, 1, "Early May bank holiday", "Festivo de principios de mayo"),
    last_monday(5, "Spring bank holiday", "Festivo de primavera"),
    CHRISTMAS,
    fixed(12, 26, "Boxing Day", "Día de San Esteban"),
];

const IRELAND: &[Named] = &[
    NEW_YEAR,
    fixed(2, 1, "St Brigid's Day", "Santa Brígida"),
    monday(2, 1, "St Brigid's Day", "Santa Brígida"),
    fixed(3, 17, "St Patrick's Day", "San Patricio"),
    EASTER_MONDAY,
    monday(5, 1, "May Day", "Día del Trabajo"),
    monday(6, 1, "June holiday", "Festivo de junio"),
    monday(8, 1, "August holiday", "Festivo de agosto"),
    last_monday(10, "October holiday", "Festivo de octubre"),
    CHRISTMAS,
    ST_STEPHEN,
];

const UNITED_STATES: &[Named] = &[
    NEW_YEAR,
    monday(1, 3, "Martin Luther King Jr. Day", "Día de Martin Luther King"),
    monday(2, 3, "Washington's Birthday", "Natalicio de Washington"),
    last_monday(5, "Memorial Day", "Día de los Caídos"),
    fixed(6, 19, "Juneteenth", "Día de la Liberación (Juneteenth)"),
    fixed(7, 4, "Independence Day", "Día de la Independencia"),
    monday(9, 1, "Labor Day", "Día del Trabajo"),
    monday(10, 2, "Columbus Day", "Día de Colón"),
    fixed(11, 11, "Veterans Day", "Día de los Veteranos"),
    named(Day::Nth(11, 4, Weekday::Thu), "Thanksgiving", "Acción de Gracias"),
    CHRISTMAS,
];

const MEXICO: &[Named] = &[
    NEW_YEAR,
    monday(2, 1, "Constitution Day", "Día de la Constitución"),
    monday(3, 3, "Benito Juárez's birthday", "Natalicio de Benito Juárez"),
    LABOUR_DAY,
    fixed(9, 16, "Independence Day", "Día de la Independencia"),
    fixed(10, 1, "Change of Federal Government", "Transmisión del Poder Ejecutivo"),
    monday(11, 3, "Revolution Day", "Día de la Revolución"),
    CHRISTMAS,
];

const FRANCE: &[Named] = &[
    NEW_YEAR,
    EASTER_MONDAY,
    LABOUR_DAY,
    fixed(5, 8, "Victory Day", "Día de la Victoria"),
    ASCENSION,
    WHIT_MONDAY,
    fixed(7, 14, "National Day", "Fiesta Nacional"),
    ASSUMPTION,
    ALL_SAINTS,
    fixed(11, 11, "Armistice Day", "Día del Armisticio"),
    CHRISTMAS,
];

const GERMANY: &[Named] = &[
    NEW_YEAR,
    GOOD_FRIDAY,
    EASTER_MONDAY,
    LABOUR_DAY,
    ASCENSION,
    WHIT_MONDAY,
    fixed(10, 3, "German Unity Day", "Día de la Unidad Alemana"),
    CHRISTMAS,
    ST_STEPHEN,
];

const ITALY: &[Named] = &[
    NEW_YEAR,
    EPIPHANY,
    EASTER,
    EASTER_MONDAY,
    fixed(4, 25, "Liberation Day", "Día de la Liberación"),
    LABOUR_DAY,
    fixed(6, 2, "Republic Day", "Día de la República"),
    ASSUMPTION,
    fixed(10, 4, "St Francis's Day", "San Francisco de Asís"),
    ALL_SAINTS,
    IMMACULATE,
    CHRISTMAS,
    ST_STEPHEN,
];

const PORTUGAL: &[Named] = &[
    NEW_YEAR,
    GOOD_FRIDAY,
    EASTER,
    fixed(4, 25, "Freedom Day", "Día de la Libertad"),
    LABOUR_DAY,
    CORPUS_CHRISTI,
    fixed(6, 10, "Portugal Day", "Día de Portugal"),
    ASSUMPTION,
    fixed(10, 5, "Republic Day", "Día de la República"),
    ALL_SAINTS,
    fixed(12, 1, "Restoration of Independence", "Restauración de la Independencia"),
    IMMACULATE,
    CHRISTMAS,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::hours::holidays_of;

    #[test]
    fn every_holiday_of_the_countries_listed_has_a_name() {
        for country in ["DE", "ES", "FR", "GB", "IE", "IT", "MX", "PT", "US"] {
            let country = Country::parse(country).unwrap();
            for year in 2026..=2035 {
                let dates = holidays_of(country, year);
                assert!(dates.len() >= 5, "{} has {} holidays in {year}", country.as_str(), dates.len());
                for date in dates {
                    let names = [Language::En, Language::Es].map(|language| holiday(country, date, language));
                    assert!(names.iter().all(Option::is_some), "{} {date} has no name", country.as_str());
                }
            }
        }
    }

    #[test]
    fn holidays_have_the_names_that_people_use() {
        for (country, date, name) in [
            ("ES", "2026-10-12", "Fiesta Nacional"),
            ("ES", "2027-03-26", "Viernes Santo"),
            ("PT", "2027-05-27", "Corpus Christi"),
            ("DE", "2027-05-06", "Ascensión"),
            ("GB", "2027-12-27", "Navidad"),
            ("GB", "2027-12-28", "Día de San Esteban"),
            ("US", "2027-07-05", "Día de la Independencia"),
            ("US", "2027-12-31", "Año Nuevo"),
            ("US", "2026-11-26", "Acción de Gracias"),
        ] {
            let country = Country::parse(country).unwrap();
            assert_eq!(holiday(country, date.parse().unwrap(), Language::Es), Some(name), "{date}");
        }
        let date = "2026-12-24".parse().unwrap();
        assert_eq!(holiday(Country::parse("ES").unwrap(), date, Language::En), None);
    }
}
