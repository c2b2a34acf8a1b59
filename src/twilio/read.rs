//! What a request means: its form is read once, here, by the URL that it was for.

use uuid::Uuid;

use super::form::{Form, FormError};
use super::work::Recording;
use super::{Profile, Target};

/// No number, address or name is longer: the log keeps less.
const MOST_CHARS: usize = 256;

/// A request whose signature was good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Of whose account it speaks.
    pub account_sid: String,
    /// The caller's call, also where the request is about one of its legs; with the carrier's own name.
    pub call_sid: String,
    /// Our own name of that call, where the URL has it.
    pub call: Option<Uuid>,
    /// `I-Twilio-Idempotency-Token`: the same delivery has the same.
    pub delivery: Option<String>,
    pub party: Party,
    pub says: Says,
}

/// Who called whom, as the carrier says on every request of a call but those about recordings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// A number, a keypad word for "withheld", `sip:…` or `client:…`.
    pub from: String,
    pub to: String,
    /// The number that the caller had dialled, where somebody has forwarded the call to us.
    pub forwarded_from: String,
    /// What the network calls them, where the owner pays for that.
    pub name: String,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// A number rings.
    Voice,
    /// A `<Dial>` is over.
    AfterDial(AfterDial),
    /// The caller has waited so long as we had said.
    Waited { nth: u32 },
    /// Something has happened at a leg; `child` is the carrier's name of it.
    Leg { leg: u16, child: String, status: Status, sip_status: Option<u16> },
    /// Somebody, or something, has picked up there and is to be asked.
    Screen { leg: u16, child: String },
    /// They have pressed this; nothing, where they have not.
    Accepted { leg: u16, child: String, digits: String },
    /// The caller was recorded. `None`: the carrier does not say in which recording.
    Recorded { recording: Option<Recording>, ended: SpokeUntil },
    /// A recording can be fetched, or never will be.
    RecordingReady { recording: Recording, state: RecordingState },
    /// How the caller's call is.
    Status { status: Status },
}

/// How a `<Dial>` came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AfterDial {
    pub nth: u32,
    pub bridged: Bridged,
    pub status: Status,
    /// What our own SIP port answered, or whoever else was there.
    pub sip_status: Option<u16>,
    /// The leg that the caller was connected with, by the carrier's name; not said where there were many.
    pub child: Option<String>,
    /// How the caller's own call is: over, where it was they who hung up.
    pub caller: Option<Status>,
}

/// Until when a caller who was recorded spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpokeUntil {
    HungUp,
    /// A key, silence, or as long as one may.
    Done,
}

/// Whether the caller was connected with somebody by a `<Dial>`: after a screening, only if that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bridged {
    Yes,
    No,
    /// Look-alikes do not say.
    NotSaid,
}

/// How a call stands, or how a `<Dial>` came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Queued,
    Initiated,
    Ringing,
    InProgress,
    Completed,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingState {
    Ready,
    /// Nothing was said, or it could not be kept.
    Nothing,
    /// Not yet.
    Going,
}

/// Why a request cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error(transparent)]
    Form(#[from] FormError),
    #[error("the form has no {0}")]
    Missing(&'static str),
    #[error("{0} is not what this carrier writes there: {1:?}")]
    Unexpected(&'static str, String),
}

impl Webhook {
    /// What a request for this URL says. `delivery` is its idempotency token, where it has one.
    ///
    /// # Errors
    /// The form lacks what such a request always has, or has something else there.
    pub fn read(profile: Profile, target: Target, form: &Form, delivery: Option<&str>) -> Result<Webhook, Unreadable> {
        let must = |key: &'static str| form.one(key)?.ok_or(Unreadable::Missing(key));
        let may = |key: &'static str| form.one(key).map(|value| clean(value.unwrap_or_default()));
        let own = must("CallSid")?;
        let call_sid = match target {
            Target::Leg { .. } | Target::Screen { .. } | Target::Accepted { .. } => {
                form.one("ParentCallSid")?.unwrap_or(own)
            }
            _ => own,
        };
        for (key, sid) in [("CallSid", own), ("ParentCallSid", call_sid)] {
            if !profile.is_call_sid(sid) {
                return Err(Unreadable::Unexpected(key, clean(sid)));
            }
        }
        // Both may be blank, where the number is withheld.
        let (from, alias) = (may("From")?, may("Caller")?);
        let party = Party {
            from: if from.is_empty() { alias } else { from },
            to: may("To")?,
            forwarded_from: may("ForwardedFrom")?,
            name: may("CallerName")?,
        };
        let says = match target {
            Target::Voice => Says::Voice,
            Target::AfterDial { nth, .. } => Says::AfterDial(AfterDial {
                nth,
                bridged: Bridged::read(form.one("DialBridged")?),
                status: Status::read("DialCallStatus", must("DialCallStatus")?)?,
                sip_status: sip_status(form.one("DialSipResponseCode")?),
                child: form.one("DialCallSid")?.map(clean),
                caller: form.one("CallStatus")?.and_then(|status| Status::read("CallStatus", status).ok()),
            }),
            Target::Waited { nth, .. } => Says::Waited { nth },
            Target::Leg { leg, .. } => Says::Leg {
                leg,
                child: own.to_owned(),
                status: Status::read("CallStatus", must("CallStatus")?)?,
                sip_status: sip_status(form.one("SipResponseCode")?),
            },
            Target::Screen { leg, .. } => Says::Screen { leg, child: own.to_owned() },
            Target::Accepted { leg, .. } => Says::Accepted { leg, child: own.to_owned(), digits: may("Digits")? },
            Target::Recorded { .. } => {
                let recording = form.one("RecordingSid")?.zip(form.one("RecordingUrl")?);
                Says::Recorded {
                    recording: recording.map(|(sid, url)| Recording { sid: clean(sid), url: clean(url) }),
                    ended: match form.one("Digits")? {
                        Some("hangup") => SpokeUntil::HungUp,
                        Some(_) | None => SpokeUntil::Done,
                    },
                }
            }
            Target::RecordingReady { .. } => Says::RecordingReady {
                recording: Recording { sid: clean(must("RecordingSid")?), url: may("RecordingUrl")? },
                state: match form.one("RecordingStatus")? {
                    Some("completed") => RecordingState::Ready,
                    Some("absent" | "failed") => RecordingState::Nothing,
                    _ => RecordingState::Going,
                },
            },
            Target::Status => Says::Status { status: Status::read("CallStatus", must("CallStatus")?)? },
        };
        Ok(Webhook {
            account_sid: must("AccountSid")?.to_owned(),
            call_sid: call_sid.to_owned(),
            call: target.call(),
            delivery: delivery.map(clean).filter(|token| !token.is_empty()),
            party,
            says,
        })
    }
}

impl Bridged {
    fn read(text: Option<&str>) -> Bridged {
        match text {
            Some("true") => Bridged::Yes,
            Some("false") => Bridged::No,
            Some(_) | None => Bridged::NotSaid,
        }
    }
}

impl Status {
    fn read(key: &'static str, text: &str) -> Result<Status, Unreadable> {
        Ok(match text {
            "queued" => Status::Queued,
            "initiated" => Status::Initiated,
            "ringing" => Status::Ringing,
            // A `<Dial>` that ended in a conference says `answered`.
            "in-progress" | "answered" => Status::InProgress,
            "completed" => Status::Completed,
            "busy" => Status::Busy,
            "no-answer" => Status::NoAnswer,
            "failed" => Status::Failed,
            "canceled" => Status::Canceled,
            other => return Err(Unreadable::Unexpected(key, clean(other))),
        })
    }

    /// Whether nothing comes after it.
    pub fn is_final(self) -> bool {
        match self {
            Status::Queued | Status::Initiated | Status::Ringing | Status::InProgress => false,
            Status::Completed | Status::Busy | Status::NoAnswer | Status::Failed | Status::Canceled => true,
        }
    }
}

fn sip_status(text: Option<&str>) -> Option<u16> {
    text?.parse().ok().filter(|status| (100..700).contains(status))
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MOST_CHARS).collect()
}
