//! What carriers want, by their names: where a number is written and how. A profile only gives defaults: a key that the
//! owner has written stands above it.
//!
//! Each entry names where it comes from. What no public text says is left as the generic profile has it.

use crate::number::Country;
use crate::number::Number;
use crate::sip::gate::CalledIn;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// As it stands in `profile`.
    pub name: &'static str,
    /// The one registrar of all its customers, where calls go out too. `None`: each has another.
    pub host: Option<&'static str>,
    /// Where its calls come from.
    pub peers: &'static [&'static str],
    pub numbers: NumberFormat,
    pub from: FromUser,
    /// Where it looks for the number to be shown; `None`: in From alone.
    pub identity: Option<Identity>,
    /// Where it writes the called number, in order.
    pub called: &'static [CalledIn],
    /// How long we ask to be registered for, in seconds.
    pub expires_s: u32,
}

/// How a carrier wants numbers written, those it is to call and ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberFormat {
    /// `+34600111222`.
    #[default]
    PlusE164,
    /// `34600111222`.
    E164,
    /// `0034600111222`, as most of the world dials.
    Zeros,
    /// `15125550123`, and `01134600111222` for the rest of the world: as North America dials.
    NorthAmerican,
    /// As this country dials its own numbers; others with two zeros.
    National(Country),
}

/// Whose name is in From.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FromUser {
    /// The account's, where we register; else the number that is shown.
    #[default]
    Account,
    /// The number that is shown.
    Number,
}

/// The header in which a carrier looks for the number to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// RFC 3325 §9.1.
    Asserted,
    /// RFC 3325 §9.2.
    Preferred,
    /// draft-ietf-sip-privacy-04, never an RFC and widely spoken.
    RemoteParty,
}

/// The request line, then To: what every carrier does that says nothing else.
const USUAL: &[CalledIn] = &[CalledIn::RequestUri, CalledIn::To];
/// What we ask for: short, so that a carrier that has forgotten us is reminded before the shop has missed much.
const EXPIRES_S: u32 = 300;

const GENERIC: Profile = Profile {
    name: "generic",
    host: None,
    peers: &[],
    numbers: NumberFormat::PlusE164,
    from: FromUser::Account,
    identity: None,
    called: USUAL,
    expires_s: EXPIRES_S,
};

/// All profiles, the generic one first.
pub const PROFILES: [Profile; 8] = [
    GENERIC,
    // A router that has the line, and us for a telephone: its registrar is "fritz.box" unless the owner has renamed it.
    // Numbers with a plus: https://github.com/arnonym/ha-plugins/issues/71.
    Profile { name: "fritzbox", host: Some("fritz.box"), ..GENERIC },
    // No registration; calls go to NAME.pstn.twilio.com. Signalling addresses and E.164 with its plus:
    // https://www.twilio.com/docs/sip-trunking/ip-addresses, https://www.twilio.com/docs/sip-trunking/sip-header-manipulation.
    Profile {
        name: "twilio",
        peers: &[
            "54.172.60.0/30",
            "54.244.51.0/30",
            "54.171.127.192/30",
            "35.156.191.128/30",
            "54.65.63.192/30",
            "54.169.127.128/30",
            "54.252.254.64/30",
            "177.71.206.192/30",
        ],
        from: FromUser::Number,
        ..GENERIC
    },
    // A call without a valid number of ours is refused ("403 Caller Origination Number is Invalid"), and +E.164 is taken
    // everywhere: https://support.telnyx.com/en/articles/3546251-telnyx-caller-id-number-policy. Addresses of the United
    // States: https://sip.telnyx.com.
    Profile {
        name: "telnyx",
        host: Some("sip.telnyx.com"),
        peers: &["192.76.120.10", "64.16.250.10"],
        from: FromUser::Number,
        ..GENERIC
    },
    // The registrar is the customer's own choice of city. From has to name the account, Remote-Party-ID the number; ten or
    // eleven digits, as North America dials: https://docs.fusionpbx.com, "VoIP.ms".
    Profile {
        name: "voipms",
        numbers: NumberFormat::NorthAmerican,
        identity: Some(Identity::RemoteParty),
        expires_s: 800,
        ..GENERIC
    },
    // The number that was called is in To; the request line names the account. Its networks:
    // https://docs.fusionpbx.com, "Callcentric".
    Profile {
        name: "callcentric",
        host: Some("sip.callcentric.net"),
        peers: &["204.11.192.0/22", "199.87.144.0/21"],
        numbers: NumberFormat::NorthAmerican,
        called: &[CalledIn::To, CalledIn::RequestUri],
        ..GENERIC
    },
    // The number in P-Preferred-Identity, in digits alone:
    // https://help.sipgate.de/trunking/wie-setze-ich-bei-sipgate-trunking-die-absenderrufnummer.
    Profile {
        name: "sipgate",
        host: Some("sipconnect.sipgate.de"),
        numbers: NumberFormat::E164,
        identity: Some(Identity::Preferred),
        ..GENERIC
    },
    // https://zadarma.com/en/support/faq/voip/what_is_the_sip_trunk/.
    Profile { name: "zadarma", host: Some("sip.zadarma.com"), numbers: NumberFormat::E164, ..GENERIC },
];

impl Profile {
    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Profile> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// All names, for a message.
    pub fn names() -> String {
        PROFILES.map(|profile| format!("{:?}", profile.name)).join(", ")
    }

    pub fn generic() -> &'static Profile {
        &PROFILES[0]
    }
}

impl NumberFormat {
    /// `+e164`, `e164`, `00`, `north-american`, or `national:ES`.
    pub fn parse(text: &str) -> Option<NumberFormat> {
        match text {
            "+e164" => Some(NumberFormat::PlusE164),
            "e164" => Some(NumberFormat::E164),
            "00" => Some(NumberFormat::Zeros),
            "north-american" => Some(NumberFormat::NorthAmerican),
            text => Country::parse(text.strip_prefix("national:")?).map(NumberFormat::National),
        }
    }

    /// This number as the carrier wants it.
    pub fn write(self, number: &Number) -> String {
        let plus = number.as_str();
        let digits = plus.trim_start_matches('+');
        match self {
            NumberFormat::PlusE164 => plus.to_owned(),
            NumberFormat::E164 => digits.to_owned(),
            NumberFormat::Zeros => format!("00{digits}"),
            NumberFormat::NorthAmerican if digits.starts_with('1') => digits.to_owned(),
            NumberFormat::NorthAmerican => format!("011{digits}"),
            NumberFormat::National(country) => {
                let national = number.national(country);
                match national.starts_with('+') {
                    true => format!("00{digits}"),
                    false => national.chars().filter(char::is_ascii_digit).collect(),
                }
            }
        }
    }

    /// A number that is shown, not dialled. Text that is no number stays as it is.
    pub fn write_shown(self, text: &str) -> String {
        match (self, Number::from_e164(text)) {
            (_, None) => text.to_owned(),
            (NumberFormat::NorthAmerican, Some(number)) => NumberFormat::E164.write(&number),
            (_, Some(number)) => self.write(&number),
        }
    }
}

impl FromUser {
    pub fn parse(text: &str) -> Option<FromUser> {
        match text {
            "account" => Some(FromUser::Account),
            "number" => Some(FromUser::Number),
            _ => None,
        }
    }
}

impl Identity {
    /// `""` is none: From alone.
    pub fn parse(text: &str) -> Option<Option<Identity>> {
        match text {
            "" => Some(None),
            "p-asserted-identity" => Some(Some(Identity::Asserted)),
            "p-preferred-identity" => Some(Some(Identity::Preferred)),
            "remote-party-id" => Some(Some(Identity::RemoteParty)),
            _ => None,
        }
    }

    pub fn header(self) -> &'static str {
        match self {
            Identity::Asserted => "P-Asserted-Identity",
            Identity::Preferred => "P-Preferred-Identity",
            Identity::RemoteParty => "Remote-Party-ID",
        }
    }
}

impl CalledIn {
    pub fn parse(text: &str) -> Option<CalledIn> {
        match text {
            "request-uri" => Some(CalledIn::RequestUri),
            "to" => Some(CalledIn::To),
            "p-called-party-id" => Some(CalledIn::PCalledPartyId),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_the_carrier_dials() {
        let write = |format: &str, number: &str| {
            let number = Number::from_e164(number).expect("a number");
            NumberFormat::parse(format).unwrap_or_else(|| panic!("{format}")).write(&number)
        };
        for (format, spanish, american) in [
            ("+e164", "+34600111222", "+15125550123"),
            ("e164", "34600111222", "15125550123"),
            ("00", "0034600111222", "0015125550123"),
            ("north-american", "01134600111222", "15125550123"),
            ("national:ES", "600111222", "0015125550123"),
            ("national:US", "0034600111222", "5125550123"),
        ] {
            assert_eq!(
                (write(format, "+34600111222"), write(format, "+15125550123")),
                (spanish.into(), american.into())
            );
        }
        assert_eq!(write("national:GB", "+442070313000"), "02070313000");
        for wrong in ["", "E164", "national", "national:", "national:e", "+"] {
            assert_eq!(NumberFormat::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_profile_has_a_name_of_its_own_and_addresses_that_can_be_read() {
        for (at, profile) in PROFILES.iter().enumerate() {
            assert_eq!(Profile::named(profile.name), Some(profile));
            assert!(PROFILES[..at].iter().all(|other| other.name != profile.name));
            assert!(profile.peers.iter().all(|peer| crate::config::Peer::parse(peer).is_some()), "{profile:?}");
            assert!(!profile.called.is_empty());
        }
    }
}
