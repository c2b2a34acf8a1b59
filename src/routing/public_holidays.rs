//! Public holidays of the whole country, where they were looked through one by one: which there are, and on what days they
//! fall. `tests/corpora/holidays` has what they were compared with. A region's and a town's own are the owner's to enter.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::plan::Country;

/// What a day off is called; the words are elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PublicHoliday {
    NewYear,
    Epiphany,
    MartinLutherKing,
    StBrigid,
    ConstitutionDay,
    WashingtonsBirthday,
    BenitoJuarez,
    StPatrick,
    GoodFriday,
    EasterSunday,
    EasterMonday,
    LiberationDay,
    FreedomDay,
    /// The first of May.
    LabourDay,
    EarlyMayBankHoliday,
    MayDay,
    VictoryDay,
    Ascension,
    WhitMonday,
    SpringBankHoliday,
    MemorialDay,
    CorpusChristi,
    RepublicDay,
    JuneHoliday,
    PortugalDay,
    Juneteenth,
    IndependenceDay,
    NationalDay,
    AugustHoliday,
    Assumption,
    /// Of the United States.
    LaborDay,
    ChangeOfGovernment,
    GermanUnity,
    StFrancis,
    ColumbusDay,
    OctoberHoliday,
    AllSaints,
    Armistice,
    VeteransDay,
    RevolutionDay,
    Thanksgiving,
    RestorationOfIndependence,
    ImmaculateConception,
    Christmas,
    BoxingDay,
    SecondChristmasDay,
    StStephen,
}

use PublicHoliday as H;

/// Why a day is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayOff {
    /// It is that day.
    Itself(PublicHoliday),
    /// That day is at a weekend, and this one is off for it.
    Instead(PublicHoliday),
}

/// How its date is found.
#[derive(Clone, Copy)]
enum Day {
    /// Month and day.
    Fixed(u32, u32),
    /// Days after Easter Sunday.
    Easter(i64),
    /// Month, which one of it, weekday.
    Nth(u32, u8, Weekday),
    /// Month, weekday.
    Last(u32, Weekday),
    /// The first of a month when that is a Friday, else the month's first Monday.
    FridayOrMonday(u32),
    /// Month and day, every six years from a year on.
    EverySixYears(u32, u32, i32),
}

/// What a country does about a fixed date at a weekend.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AtWeekend {
    Nothing,
    /// The next day that is neither at a weekend nor off anyway is off as well.
    NextWorkday,
    /// The Friday before a Saturday is off as well, the Monday after a Sunday.
    NearestWorkday,
}

type Row = (PublicHoliday, Day);
use Day::{Easter, EverySixYears, Fixed, FridayOrMonday, Last, Nth};
use Weekday::{Mon, Thu};

const GERMANY: &[Row] = &[
    (H::NewYear, Fixed(1, 1)),
    (H::GoodFriday, Easter(-2)),
    (H::EasterMonday, Easter(1)),
    (H::LabourDay, Fixed(5, 1)),
    (H::Ascension, Easter(39)),
    (H::WhitMonday, Easter(50)),
    (H::GermanUnity, Fixed(10, 3)),
    (H::Christmas, Fixed(12, 25)),
    (H::SecondChristmasDay, Fixed(12, 26)),
];

const SPAIN: &[Row] = &[
    (H::NewYear, Fixed(1, 1)),
    (H::Epiphany, Fixed(1, 6)),
    (H::GoodFriday, Easter(-2)),
    (H::LabourDay, Fixed(5, 1)),
    (H::Assumption, Fixed(8, 15)),
    (H::NationalDay, Fixed(10, 12)),
    (H::AllSaints, Fixed(11, 1)),
    (H::ConstitutionDay, Fixed(12, 6)),
    (H::ImmaculateConception, Fixed(12, 8)),
    (H::Christmas, Fixed(12, 25)),
];

const FRANCE: &[Row] = &[
    (H::NewYear, Fixed(1, 1)),
    (H::EasterMonday, Easter(1)),
    (H::LabourDay, Fixed(5, 1)),
    (H::VictoryDay, Fixed(5, 8)),
    (H::Ascension, Easter(39)),
    (H::WhitMonday, Easter(50)),
    (H::NationalDay, Fixed(7, 14)),
    (H::Assumption, Fixed(8, 15)),
    (H::AllSaints, Fixed(11, 1)),
    (H::Armistice, Fixed(11, 11)),
    (H::Christmas, Fixed(12, 25)),
];

const BRITAIN: &[Row] = &[
    (H::NewYear, Fixed(1, 1)),
    (H::GoodFriday, Easter(-2)),
    (H::EarlyMayBankHoliday, Nth(5, 1, Mon)),
    (H::SpringBankHoliday, Last(5, Mon)),
    (H::Christmas, Fixed(12, 25)),
    (H::BoxingDay, Fixed(12, 26)),
];

const IRELAND: &[Row] = &[
    (H::NewYear, Fixed(1, 1)),
    (H::StBrigid, FridayOrMonday(2)),
    (H::StPatrick, Fixed(3, 17)),
    (H::EasterMonday, Easter(1)),
    (H::MayDay, Nth(5, 1, Mon)),
    (H::JuneHoliday, Nth(6, 1, Mon)),
    (H::AugustHoliday, Nth(8, 1, Mon)),
    (H::OctoberHoliday, Last(10, Mon)),
    (H::Christmas, Fixed(12, 25)),
    (H::StStephen, Fixed(12, 26)),
];

const ITALY: &[Row] = &[
    (H::NewYear, Fixed(1, 1)),
    (H::Epiphany, Fixed(1, 6)),
    (H::EasterSunday, Easter(0)),
    (H::EasterMonday, Easter(1)),
    (H::LiberationDay, Fixed(4, 25)),
    (H::LabourDay, Fixed(5, 1)),
    (H::RepublicDay, Fixed(6, 2)),
    (H::Assumption, Fixed(8, 15)),
    (H::StFrancis, Fixed(10, 4)),
    (H::AllSaints, Fixed(11, 1)),
    (H::ImmaculateConception, Fixed(12, 8)),
    (H::Christmas, Fixed(12, 25)),
    (H::StStephen, Fixed(12, 26)),
];

const MEXICO: &[Row] = &[
    (H::NewYear, Fixed(1, 1)),
    (H::ConstitutionDay, Nth(2, 1, Mon)),
    (H::BenitoJuarez, Nth(3, 3, Mon)),
    (H::LabourDay, Fixed(5, 1)),
    (H::IndependenceDay, Fixed(9, 16)),
    (H::ChangeOfGovernment, EverySixYears(10, 1, 2024)),
    (H::RevolutionDay, Nth(11, 3, Mon)),
    (H::Christmas, Fixed(12, 25)),
];

const PORTUGAL: &[Row] = &[
    (H::NewYear, Fixed(1, 1)),
    (H::GoodFriday, Easter(-2)),
    (H::EasterSunday, Easter(0)),
    (H::FreedomDay, Fixed(4, 25)),
    (H::LabourDay, Fixed(5, 1)),
    (H::CorpusChristi, Easter(60)),
    (H::PortugalDay, Fixed(6, 10)),
    (H::Assumption, Fixed(8, 15)),
    (H::RepublicDay, Fixed(10, 5)),
    (H::AllSaints, Fixed(11, 1)),
    (H::RestorationOfIndependence, Fixed(12, 1)),
    (H::ImmaculateConception, Fixed(12, 8)),
    (H::Christmas, Fixed(12, 25)),
];

const UNITED_STATES: &[Row] = &[
    (H::NewYear, Fixed(1, 1)),
    (H::MartinLutherKing, Nth(1, 3, Mon)),
    (H::WashingtonsBirthday, Nth(2, 3, Mon)),
    (H::MemorialDay, Last(5, Mon)),
    (H::Juneteenth, Fixed(6, 19)),
    (H::IndependenceDay, Fixed(7, 4)),
    (H::LaborDay, Nth(9, 1, Mon)),
    (H::ColumbusDay, Nth(10, 2, Mon)),
    (H::VeteransDay, Fixed(11, 11)),
    (H::Thanksgiving, Nth(11, 4, Thu)),
    (H::Christmas, Fixed(12, 25)),
];

/// The countries whose holidays are known by name.
pub const COUNTRIES: [Country; 9] = [
    Country(*b"DE"),
    Country(*b"ES"),
    Country(*b"FR"),
    Country(*b"GB"),
    Country(*b"IE"),
    Country(*b"IT"),
    Country(*b"MX"),
    Country(*b"PT"),
    Country(*b"US"),
];

fn of_country(country: Country) -> Option<(&'static [Row], AtWeekend)> {
    Some(match &country.0 {
        b"DE" => (GERMANY, AtWeekend::Nothing),
        b"ES" => (SPAIN, AtWeekend::Nothing),
        b"FR" => (FRANCE, AtWeekend::Nothing),
        b"GB" => (BRITAIN, AtWeekend::NextWorkday),
        b"IE" => (IRELAND, AtWeekend::Nothing),
        b"IT" => (ITALY, AtWeekend::Nothing),
        b"MX" => (MEXICO, AtWeekend::Nothing),
        b"PT" => (PORTUGAL, AtWeekend::Nothing),
        b"US" => (UNITED_STATES, AtWeekend::NearestWorkday),
        _ => return None,
    })
}

/// The days off of this year, in their order. `None`: this country's are not known by name.
pub fn days_off(country: Country, year: i32) -> Option<Vec<(NaiveDate, DayOff)>> {
    let (rows, at_weekend) = of_country(country)?;
    let mut days: Vec<(NaiveDate, DayOff)> = Vec::new();
    // What is moved may come from the year before, or from the one after.
    for of in year - 1..=year + 1 {
        let own: Vec<(Row, NaiveDate)> =
            rows.iter().filter_map(|row| row.1.in_year(of).map(|date| (*row, date))).collect();
        days.extend(own.iter().map(|((holiday, _), date)| (*date, DayOff::Itself(*holiday))));
        for ((holiday, day), date) in own {
            if let Some(instead) = day.moved(date, at_weekend, &days) {
                days.push((instead, DayOff::Instead(holiday)));
            }
        }
    }
    days.retain(|(date, _)| date.year() == year);
    days.sort_by_key(|(date, _)| *date);
    days.dedup_by_key(|(date, _)| *date);
    Some(days)
}

/// What this day is off for, in a country whose holidays are known by name.
pub fn day_off(country: Country, date: NaiveDate) -> Option<DayOff> {
    let days = days_off(country, date.year())?;
    days.into_iter().find(|(other, _)| *other == date).map(|(_, off)| off)
}

impl Day {
    fn in_year(self, year: i32) -> Option<NaiveDate> {
        let monday_of = |month| NaiveDate::from_weekday_of_month_opt(year, month, Mon, 1);
        match self {
            Fixed(month, day) => NaiveDate::from_ymd_opt(year, month, day),
            Easter(after) => easter(year).map(|sunday| sunday + chrono::TimeDelta::days(after)),
            Nth(month, nth, weekday) => NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth),
            Last(month, weekday) => {
                let of_month = |nth| NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth);
                of_month(5).or_else(|| of_month(4))
            }
            FridayOrMonday(month) => {
                let first = NaiveDate::from_ymd_opt(year, month, 1)?;
                if first.weekday() == Weekday::Fri { Some(first) } else { monday_of(month) }
            }
            EverySixYears(month, day, from) if (year - from).rem_euclid(6) == 0 => {
                NaiveDate::from_ymd_opt(year, month, day)
            }
            EverySixYears(..) => None,
        }
    }

    /// The day that is off for it as well.
    fn moved(self, date: NaiveDate, at_weekend: AtWeekend, days: &[(NaiveDate, DayOff)]) -> Option<NaiveDate> {
        let Fixed(..) = self else { return None };
        let is_at_weekend = |date: NaiveDate| matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let is_off = |date: NaiveDate| days.iter().any(|(other, _)| *other == date);
        match at_weekend {
            _ if !is_at_weekend(date) => None,
            AtWeekend::Nothing => None,
            AtWeekend::NextWorkday => date.iter_days().find(|date| !is_at_weekend(*date) && !is_off(*date)),
            AtWeekend::NearestWorkday if date.weekday() == Weekday::Sat => date.pred_opt(),
            AtWeekend::NearestWorkday => date.checked_add_days(Days::new(1)),
        }
    }
}

/// Easter Sunday of the Western churches, by the anonymous Gregorian rule.
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e, f) = (b / 4, b % 4, (b + 8) / 25);
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    NaiveDate::from_ymd_opt(year, u32::try_from(n / 31).ok()?, u32::try_from(n % 31 + 1).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_falls_at_a_weekend_is_off_and_what_stands_for_it_as_well() {
        let (gb, us, mx) = (Country(*b"GB"), Country(*b"US"), Country(*b"MX"));
        for (country, date, off) in [
            (gb, "2027-12-25", Some(DayOff::Itself(H::Christmas))),
            (gb, "2027-12-26", Some(DayOff::Itself(H::BoxingDay))),
            (gb, "2027-12-27", Some(DayOff::Instead(H::Christmas))),
            (gb, "2027-12-28", Some(DayOff::Instead(H::BoxingDay))),
            (gb, "2022-12-26", Some(DayOff::Itself(H::BoxingDay))),
            (gb, "2022-12-27", Some(DayOff::Instead(H::Christmas))),
            (gb, "2028-01-03", Some(DayOff::Instead(H::NewYear))),
            (us, "2026-07-03", Some(DayOff::Instead(H::IndependenceDay))),
            (us, "2026-07-04", Some(DayOff::Itself(H::IndependenceDay))),
            (us, "2027-12-31", Some(DayOff::Instead(H::NewYear))),
            (us, "2027-07-05", Some(DayOff::Instead(H::IndependenceDay))),
            (mx, "2027-04-30", None),
            (mx, "2027-05-01", Some(DayOff::Itself(H::LabourDay))),
        ] {
            assert_eq!(day_off(country, date.parse().unwrap()), off, "{} {date}", country.as_str());
        }
        assert_eq!(days_off(Country(*b"AT"), 2027), None);
    }
}
