//! What public holidays are called. A country whose holidays are not known by name has days off without one.

use chrono::NaiveDate;

use crate::routing::plan::{Country, Language};
use crate::routing::public_holidays::{DayOff, PublicHoliday as H, day_off};

/// The holiday that falls on this date in this country, or is moved there from a weekend: "Christmas Day (observed)".
pub fn holiday(country: Country, date: NaiveDate, language: Language) -> Option<String> {
    Some(match (day_off(country, date)?, language) {
        (DayOff::Itself(holiday), language) => name(holiday, language).to_owned(),
        (DayOff::Instead(holiday), Language::En) => format!("{} (observed)", name(holiday, language)),
        (DayOff::Instead(holiday), Language::Es) => format!("{} (trasladado)", name(holiday, language)),
    })
}

/// What it is called.
pub fn name(holiday: H, language: Language) -> &'static str {
    let (english, spanish) = match holiday {
        H::NewYear => ("New Year's Day", "Año Nuevo"),
        H::Epiphany => ("Epiphany", "Día de Reyes"),
        H::MartinLutherKing => ("Martin Luther King Jr. Day", "Día de Martin Luther King"),
        H::StBrigid => ("St Brigid's Day", "Santa Brígida"),
        H::ConstitutionDay => ("Constitution Day", "Día de la Constitución"),
        H::WashingtonsBirthday => ("Washington's Birthday", "Natalicio de Washington"),
        H::BenitoJuarez => ("Benito Juárez's birthday", "Natalicio de Benito Juárez"),
        H::StPatrick => ("St Patrick's Day", "San Patricio"),
        H::GoodFriday => ("Good Friday", "Viernes Santo"),
        H::EasterSunday => ("Easter Sunday", "Domingo de Resurrección"),
        H::EasterMonday => ("Easter Monday", "Lunes de Pascua"),
        H::LiberationDay => ("Liberation Day", "Día de la Liberación"),
        H::FreedomDay => ("Freedom Day", "Día de la Libertad"),
        H::LabourDay => ("Labour Day", "Día del Trabajo"),
        H::EarlyMayBankHoliday => ("Early May bank holiday", "Festivo de principios de mayo"),
        H::MayDay => ("May Day", "Festivo de mayo"),
        H::VictoryDay => ("Victory Day", "Día de la Victoria"),
        H::Ascension => ("Ascension Day", "Ascensión"),
        H::WhitMonday => ("Whit Monday", "Lunes de Pentecostés"),
        H::SpringBankHoliday => ("Spring bank holiday", "Festivo de primavera"),
        H::MemorialDay => ("Memorial Day", "Día de los Caídos"),
        H::CorpusChristi => ("Corpus Christi", "Corpus Christi"),
        H::RepublicDay => ("Republic Day", "Día de la República"),
        H::JuneHoliday => ("June holiday", "Festivo de junio"),
        H::PortugalDay => ("Portugal Day", "Día de Portugal"),
        H::Juneteenth => ("Juneteenth", "Día de la Emancipación (Juneteenth)"),
        H::IndependenceDay => ("Independence Day", "Día de la Independencia"),
        H::NationalDay => ("National Day", "Fiesta Nacional"),
        H::AugustHoliday => ("August holiday", "Festivo de agosto"),
        H::Assumption => ("Assumption Day", "Asunción de la Virgen"),
        H::LaborDay => ("Labor Day", "Día del Trabajo"),
        H::ChangeOfGovernment => ("Change of Federal Government", "Transmisión del Poder Ejecutivo"),
        H::GermanUnity => ("German Unity Day", "Día de la Unidad Alemana"),
        H::StFrancis => ("St Francis's Day", "San Francisco de Asís"),
        H::ColumbusDay => ("Columbus Day", "Día de Colón"),
        H::OctoberHoliday => ("October holiday", "Festivo de octubre"),
        H::AllSaints => ("All Saints' Day", "Todos los Santos"),
        H::Armistice => ("Armistice Day", "Día del Armisticio"),
        H::VeteransDay => ("Veterans Day", "Día de los Veteranos"),
        H::RevolutionDay => ("Revolution Day", "Día de la Revolución"),
        H::Thanksgiving => ("Thanksgiving", "Acción de Gracias"),
        H::RestorationOfIndependence => ("Restoration of Independence", "Restauración de la Independencia"),
        H::ImmaculateConception => ("Immaculate Conception", "Inmaculada Concepción"),
        H::Christmas => ("Christmas Day", "Navidad"),
        H::BoxingDay => ("Boxing Day", "Día de San Esteban"),
        H::SecondChristmasDay => ("Second Day of Christmas", "Segundo día de Navidad"),
        H::StStephen => ("St Stephen's Day", "San Esteban"),
    };
    match language {
        Language::En => english,
        Language::Es => spanish,
    }
}
