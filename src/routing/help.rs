//! Whom to call for help, country by country: what a phone dials for it goes out above every limit.

use crate::number::Country;

/// The emergency number that this is in that country, as it stands in the table.
pub fn help_called(dialled: &str, country: Country) -> Option<&'static str> {
    if is_sos(dialled) {
        return Some(general(country));
    }
    // Parameters are what a `tel:` URI has behind its number (RFC 3261 §19.1.6); the rest is for the eye (RFC 3966 §5.1.1).
    let number = dialled.split(';').next().unwrap_or_default();
    let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')).collect();
    let own = HELP.iter().find(|(code, _)| *code == country.as_str()).map_or(&[][..], |(_, numbers)| numbers);
    own.iter().chain(EVERYWHERE).copied().find(|number| *number == digits)
}

/// Whether this is what a phone calls for help by whose maker has not asked where it is (RFC 5031): the part of the URI behind
/// `urn:`. Whom it needs of police, fire and ambulance is told to whoever answers.
fn is_sos(dialled: &str) -> bool {
    dialled.strip_prefix(SOS).is_some_and(|labels| labels.is_empty() || labels.starts_with('.'))
}

const SOS: &str = "service:sos";

/// The number that a telephone of that country calls whatever has happened.
fn general(country: Country) -> &'static str {
    let own = GENERAL.iter().find(|(_, countries)| countries.contains(&country.as_str()));
    own.map_or("112", |(number, _)| number)
}

/// Where that is not 112: by the national numbering plans, as above; North America's plan has 911 for all its countries.
const GENERAL: &[(&str, &[&str])] = &[
    (
        "911",
        &[
            "AG", "AI", "AR", "AS", "BM", "BS", "CA", "CR", "DM", "DO", "EC", "GD", "GU", "HN", "JM", "KN", "KY", "LC",
            "MP", "MS", "MX", "PA", "PH", "PR", "PY", "SV", "SX", "TC", "US", "UY", "VC", "VE", "VG", "VI",
        ],
    ),
    ("000", &["AU", "CC", "CX"]),
    ("111", &["NZ"]),
    ("999", &["GB", "HK", "MO", "MY", "SG"]),
    ("110", &["CN", "JP"]),
    ("123", &["CO"]),
    ("133", &["CL"]),
    ("190", &["BR"]),
];

/// Networks of most of the world pass these on to whoever helps there (3GPP TS 22.101 §10.1); where one does not, the
/// carrier says so sooner than we.
const EVERYWHERE: &[&str] = &["112", "911"];

/// The police, fire and ambulance of each country beside those: `emergency` of libphonenumber's ShortNumberMetadata 9.0.43,
/// which gathers the national numbering plans, and what ES, FR, JP and PE have besides. A country that is not here has the
/// two of everywhere.
#[rustfmt::skip]
const HELP: &[(&str, &[&str])] = &[
    ("AC", &["999"]),
    ("AD", &["110", "116", "118"]),
    ("AE", &["997", "998", "999"]),
    ("AF", &["100", "102", "119"]),
    ("AG", &["999"]),
    ("AL", &["127", "128", "129"]),
    ("AM", &["101", "102", "103"]),
    ("AO", &["113", "115"]),
    ("AR", &["100", "101", "107"]),
    ("AT", &["122", "133", "144"]),
    ("AU", &["000", "106"]),
    ("AW", &["100"]),
    ("AZ", &["101", "102", "103"]),
    ("BA", &["122", "123", "124"]),
    ("BB", &["211", "311", "511"]),
    ("BD", &["100", "101", "102", "199", "999"]),
    ("BE", &["100", "101"]),
    ("BF", &["17", "18"]),
    ("BG", &["150", "160", "166"]),
    ("BH", &["199", "999"]),
    ("BI", &["113", "117"]),
    ("BJ", &["114", "116", "117", "118"]),
    ("BL", &["18"]),
    ("BN", &["991", "993", "995"]),
    ("BO", &["110", "118", "119"]),
    ("BR", &["128", "190", "192", "193"]),
    ("BS", &["919"]),
    ("BT", &["110", "113"]),
    ("BW", &["111", "997", "998", "999"]),
    ("BY", &["101", "102", "103"]),
    ("BZ", &["90", "990"]),
    ("CC", &["000"]),
    ("CD", &["113", "114", "118", "177", "188"]),
    ("CF", &["117", "118", "1220"]),
    ("CG", &["117", "118"]),
    ("CH", &["117", "118", "144"]),
    ("CI", &["110", "111", "170", "180"]),
    ("CK", &["996", "998", "999"]),
    ("CL", &["131", "132", "133"]),
    ("CM", &["13", "17", "113", "117"]),
    ("CN", &["110", "119", "120"]),
    ("CO", &["119", "123", "132", "156"]),
    ("CU", &["104", "105", "106"]),
    ("CV", &["130", "131", "132"]),
    ("CX", &["000"]),
    ("CY", &["199"]),
    ("CZ", &["150", "151", "152", "153", "154", "155", "156", "157", "158", "159"]),
    ("DE", &["110"]),
    ("DJ", &["17", "18"]),
    ("DK", &["114"]),
    ("DM", &["333", "999"]),
    ("DZ", &["14", "17"]),
    ("EC", &["101", "102"]),
    ("EE", &["110"]),
    ("EG", &["122", "123", "180"]),
    ("EH", &["15", "19", "177"]),
    ("ER", &["113", "114", "116"]),
    ("ES", &["016", "061", "062", "080", "085", "088", "091", "092"]),
    ("ET", &["91", "92", "93", "939", "991", "997"]),
    ("FJ", &["917"]),
    ("FK", &["999"]),
    ("FO", &["114"]),
    ("FR", &["15", "17", "18", "114", "119"]),
    ("GA", &["18", "1730"]),
    ("GB", &["999"]),
    ("GE", &["011", "022", "033", "111", "113", "122"]),
    ("GF", &["15", "17", "18"]),
    ("GG", &["999"]),
    ("GH", &["191", "192", "193", "999"]),
    ("GI", &["190", "199"]),
    ("GM", &["16", "17", "18", "116", "117", "118"]),
    ("GP", &["15", "17", "18"]),
    ("GR", &["100", "166", "199"]),
    ("GT", &["110", "120", "123"]),
    ("GW", &["113", "117", "118"]),
    ("GY", &["912", "913"]),
    ("HK", &["992", "999"]),
    ("HN", &["199"]),
    ("HR", &["93", "94", "192", "193", "194"]),
    ("HT", &["114", "118"]),
    ("HU", &["104", "105", "107"]),
    ("ID", &["110", "113", "118", "119"]),
    ("IE", &["999"]),
    ("IL", &["100", "101", "102"]),
    ("IM", &["999"]),
    ("IN", &["100", "101", "102", "108", "1298", "2611"]),
    ("IQ", &["100", "104", "115", "122"]),
    ("IR", &["110", "115", "125"]),
    ("IT", &["113", "115", "118"]),
    ("JE", &["999"]),
    ("JM", &["110", "119"]),
    ("JO", &["191", "192", "197"]),
    ("JP", &["110", "118", "119"]),
    ("KE", &["114", "999"]),
    ("KG", &["101", "102", "103"]),
    ("KH", &["117", "118", "119", "666"]),
    ("KI", &["192", "193", "194", "195", "992", "993", "994"]),
    ("KM", &["17", "18"]),
    ("KN", &["333", "999"]),
    ("KP", &["119", "819"]),
    ("KR", &["119"]),
    ("KZ", &["101", "102", "103"]),
    ("LA", &["190", "191", "195"]),
    ("LB", &["140", "175", "999"]),
    ("LC", &["999"]),
    ("LI", &["117", "118", "144"]),
    ("LK", &["110", "116", "118", "119"]),
    ("LR", &["355"]),
    ("LS", &["115", "117"]),
    ("LT", &["01", "02", "03", "011", "022", "033", "101", "102", "103"]),
    ("LU", &["113"]),
    ("LV", &["01", "02", "03", "110", "113"]),
    ("LY", &["190", "191", "193"]),
    ("MA", &["15", "19", "177"]),
    ("MC", &["15", "17", "18"]),
    ("MD", &["901", "902", "903"]),
    ("ME", &["122", "123", "124"]),
    ("MF", &["15", "17", "18"]),
    ("MG", &["17", "18", "117", "118"]),
    ("MK", &["192", "193", "194"]),
    ("ML", &["15", "17", "18"]),
    ("MM", &["199"]),
    ("MN", &["100", "101", "102", "103", "105"]),
    ("MO", &["999"]),
    ("MQ", &["15", "17", "18"]),
    ("MR", &["17", "18"]),
    ("MS", &["999"]),
    ("MU", &["114", "115", "995", "999"]),
    ("MV", &["102", "118", "119"]),
    ("MW", &["199", "997", "998", "999"]),
    ("MX", &["060", "065", "066", "068", "080"]),
    ("MY", &["999"]),
    ("MZ", &["117", "119", "197", "198"]),
    ("NA", &["10111"]),
    ("NC", &["15", "16", "17", "18"]),
    ("NE", &["15", "17", "18", "118"]),
    ("NF", &["955", "977"]),
    ("NG", &["199"]),
    ("NI", &["115", "118", "120", "128"]),
    ("NO", &["110", "113"]),
    ("NP", &["100", "101", "102", "103"]),
    ("NR", &["110", "111"]),
    ("NU", &["999"]),
    ("NZ", &["111"]),
    ("OM", &["1444", "9999"]),
    ("PE", &["105", "106", "116", "117"]),
    ("PF", &["15", "17", "18"]),
    ("PG", &["000", "110", "111"]),
    ("PH", &["117"]),
    ("PK", &["15", "16", "115", "1122"]),
    ("PL", &["997", "998", "999"]),
    ("PM", &["15", "17", "18"]),
    ("PS", &["100", "101", "102"]),
    ("PT", &["115"]),
    ("PY", &["128"]),
    ("QA", &["999"]),
    ("RE", &["15", "17", "18"]),
    ("RS", &["92", "93", "94"]),
    ("RU", &["01", "02", "03", "101", "102", "103"]),
    ("RW", &["111"]),
    ("SA", &["997", "999"]),
    ("SB", &["999"]),
    ("SC", &["999"]),
    ("SD", &["999"]),
    ("SE", &["90000"]),
    ("SG", &["993", "995", "999"]),
    ("SH", &["999"]),
    ("SI", &["113"]),
    ("SJ", &["110", "113"]),
    ("SK", &["150", "155", "158"]),
    ("SL", &["019", "999"]),
    ("SM", &["113", "115", "118"]),
    ("SN", &["17", "18"]),
    ("SO", &["555", "888", "999"]),
    ("SR", &["115"]),
    ("SS", &["999"]),
    ("SV", &["913"]),
    ("SX", &["919"]),
    ("SY", &["110", "113"]),
    ("SZ", &["999"]),
    ("TC", &["999"]),
    ("TD", &["17", "18"]),
    ("TG", &["117", "118", "171", "172", "177"]),
    ("TH", &["191", "199", "1669"]),
    ("TJ", &["101", "102", "103"]),
    ("TL", &["115"]),
    ("TM", &["01", "02", "03"]),
    ("TN", &["190", "197", "198"]),
    ("TO", &["922", "933", "999"]),
    ("TR", &["110", "155"]),
    ("TT", &["990", "999"]),
    ("TW", &["110", "119"]),
    ("TZ", &["110", "111", "114", "115", "999"]),
    ("UA", &["101", "102", "103"]),
    ("UG", &["999"]),
    ("UY", &["128"]),
    ("UZ", &["01", "02", "03", "001", "002", "003", "050"]),
    ("VA", &["113", "115", "118"]),
    ("VC", &["999"]),
    ("VE", &["171"]),
    ("VG", &["999"]),
    ("VN", &["113", "114", "115"]),
    ("WF", &["15", "17", "18"]),
    ("WS", &["994", "995", "996", "999"]),
    ("XK", &["192", "193", "194"]),
    ("YE", &["191", "194", "195", "199"]),
    ("YT", &["15"]),
    ("ZA", &["10111", "10177"]),
    ("ZM", &["991", "993", "999"]),
    ("ZW", &["993", "994", "995", "999"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Number, Rate};

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
    fn who_calls_for_help_without_a_number_gets_the_countrys_own() {
        let help = |dialled, code: &[u8; 2]| help_called(dialled, Country(*code));
        for dialled in ["service:sos", "service:sos.fire", "service:sos.ambulance"] {
            assert_eq!([help(dialled, b"ES"), help(dialled, b"ZZ")], [Some("112"); 2], "{dialled}");
            assert_eq!(
                [b"US", b"AU", b"NZ"].map(|code| help(dialled, code)),
                ["911", "000", "111"].map(Some),
                "{dialled}"
            );
        }
        for dialled in ["service:sosx", "service:counseling", "sos"] {
            assert_eq!(help(dialled, b"ES"), None, "{dialled}");
        }
        for (number, countries) in GENERAL {
            for code in *countries {
                let country = Country::parse(code).unwrap_or_else(|| panic!("{code} is no country"));
                assert_eq!(help_called(number, country), Some(*number), "{code} {number}: no number for help there");
            }
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
