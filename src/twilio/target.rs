//! Which URL of ours a request is for. All that a URL has to say is in its path: some carriers lose the query.

use uuid::Uuid;

/// Where all of them begin, behind the public URL.
const ROOT: &str = "/twilio/";
/// Where a sound of ours is fetched, which anybody may who knows its name.
pub const GREETING: &str = "/twilio/greeting/";

/// What a request is for. `call` is our own name of the call, `leg` of one of its legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A number rings: what is to be done?
    Voice,
    /// The `<Dial>` of this number in a call is over.
    AfterDial { call: Uuid, nth: u32 },
    /// The caller has waited, and nobody was rung meanwhile.
    Waited { call: Uuid, nth: u32 },
    /// Something has happened at a leg.
    Leg { call: Uuid, leg: u16 },
    /// Somebody has picked up a leg's telephone: what do they hear?
    Screen { call: Uuid, leg: u16 },
    /// They have pressed a key.
    Accepted { call: Uuid, leg: u16 },
    /// The caller has said what they had to say.
    Recorded { call: Uuid },
    /// What they said can be fetched.
    RecordingReady { call: Uuid },
    /// A call to the number is over, or otherwise changed.
    Status,
}

impl Target {
    /// Its path. [`Target::parse`] reads it.
    pub fn path(self) -> String {
        match self {
            Target::Voice => format!("{ROOT}voice"),
            Target::AfterDial { call, nth } => format!("{ROOT}after/{call}/{nth}"),
            Target::Waited { call, nth } => format!("{ROOT}waited/{call}/{nth}"),
            Target::Leg { call, leg } => format!("{ROOT}leg/{call}/{leg}"),
            Target::Screen { call, leg } => format!("{ROOT}screen/{call}/{leg}"),
            Target::Accepted { call, leg } => format!("{ROOT}accept/{call}/{leg}"),
            Target::Recorded { call } => format!("{ROOT}recorded/{call}"),
            Target::RecordingReady { call } => format!("{ROOT}recording/{call}"),
            Target::Status => format!("{ROOT}status"),
        }
    }

    /// Our own name of the call that it is about.
    pub fn call(self) -> Option<Uuid> {
        match self {
            Target::Voice | Target::Status => None,
            Target::AfterDial { call, .. }
            | Target::Waited { call, .. }
            | Target::Leg { call, .. }
            | Target::Screen { call, .. }
            | Target::Accepted { call, .. }
            | Target::Recorded { call }
            | Target::RecordingReady { call } => Some(call),
        }
    }

    /// What this path is of; `None` where it is none of ours.
    pub fn parse(path: &str) -> Option<Target> {
        let mut parts = path.strip_prefix(ROOT)?.split('/');
        let kind = parts.next()?;
        let (first, second) = (parts.next(), parts.next());
        if parts.next().is_some() {
            return None;
        }
        let call = || Uuid::try_parse(first?).ok();
        let leg = || second?.parse().ok();
        Some(match (kind, first, second) {
            ("voice", None, None) => Target::Voice,
            ("status", None, None) => Target::Status,
            ("recorded", Some(_), None) => Target::Recorded { call: call()? },
            ("recording", Some(_), None) => Target::RecordingReady { call: call()? },
            ("after", Some(_), Some(nth)) => Target::AfterDial { call: call()?, nth: nth.parse().ok()? },
            ("waited", Some(_), Some(nth)) => Target::Waited { call: call()?, nth: nth.parse().ok()? },
            ("leg", Some(_), Some(_)) => Target::Leg { call: call()?, leg: leg()? },
            ("screen", Some(_), Some(_)) => Target::Screen { call: call()?, leg: leg()? },
            ("accept", Some(_), Some(_)) => Target::Accepted { call: call()?, leg: leg()? },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_read_as_it_was_written() {
        let call = Uuid::from_u128(0x0193_5a7e);
        let targets = [
            Target::Voice,
            Target::AfterDial { call, nth: 3 },
            Target::Waited { call, nth: 0 },
            Target::Leg { call, leg: 7 },
            Target::Screen { call, leg: 7 },
            Target::Accepted { call, leg: u16::MAX },
            Target::Recorded { call },
            Target::RecordingReady { call },
            Target::Status,
        ];
        for target in targets {
            let path = target.path();
            assert_eq!(Target::parse(&path), Some(target), "{path}");
            assert!(!path.contains(['?', '#', '&']), "{path}");
        }
    }

    #[test]
    fn other_paths_are_nobodys() {
        let call = Uuid::nil();
        for path in [
            "",
            "/",
            "/twilio",
            "/twilio/",
            "/twilio/voice/",
            "/twilio/voice/x",
            "/twilio/voices",
            "/twilio/leg/1/2",
            &format!("/twilio/leg/{call}"),
            &format!("/twilio/leg/{call}/65536"),
            &format!("/twilio/leg/{call}/-1"),
            &format!("/twilio/leg/{call}/1/2"),
            &format!("/twilio/after/{call}/"),
            &format!("/twilio/recorded/{call}/1"),
        ] {
            assert_eq!(Target::parse(path), None, "{path}");
        }
    }
}
