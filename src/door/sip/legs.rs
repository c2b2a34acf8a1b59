//! The legs of a call by SIP: the caller's and the phones', what each side has said, and what was said to it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::call::event::Stop;
use crate::call::leg::{BindingId, LegId};
use crate::call::record::CallId;
use crate::media::player::Sound;
use crate::media::sdp::Description;
use crate::media::{self, Keep, Pair, RelayId, Which};
use crate::routing::plan::PhoneId;
use crate::sip::dialog::{Dialog, DialogKey};
use crate::sip::endpoint::ClientTx;
use crate::sip::hop::Hop;
use crate::sip::outgoing::Outgoing;
use crate::sip::uri::Uri;

use super::{cells, dialled, lifting, taking};

/// Whose dialog it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    Caller(CallId),
    Phone(LegId),
}

impl Party {
    pub fn call(self) -> CallId {
        match self {
            Party::Caller(call) => call,
            Party::Phone(leg) => leg.call,
        }
    }

    pub(super) fn which(self) -> Which {
        match self {
            Party::Caller(_) => Which::A,
            Party::Phone(_) => Which::B,
        }
    }
}

/// The caller's leg, the A leg.
#[derive(Debug)]
pub(super) struct CallerLeg {
    /// What they came by, if they are a customer.
    pub(super) trunk: Option<usize>,
    pub(super) begun: lifting::Beginning,
    /// Where the phone has registered that is the caller.
    pub(super) place: Option<BindingId>,
    pub(super) hop: Hop,
    pub(super) local_tag: String,
    pub(super) key: String,
    pub(super) dialog_key: DialogKey,
    /// `None`: the INVITE came without an offer, ours goes with the 200.
    pub(super) offer: Option<Description>,
    /// How the caller is shown on the phones.
    pub(super) shown: Shown,
    /// The same at those that are shown something of their own.
    pub(super) shown_at: HashMap<LegId, String>,
    /// Where phones were rung for them, once for each INVITE.
    pub(super) rung: Vec<(Uri, IpAddr)>,
    pub(super) audio: Audio,
    /// What our 180 has begun (RFC 3261 §12.1.1), until the call is answered.
    pub(super) early: Option<Box<Dialog>>,
    /// What they hear before anybody has picked up, if anything.
    pub(super) hears: Option<Box<dialled::Heard>>,
    pub(super) state: CallerState,
}

/// What a ringing phone displays (DESIGN §3, "The caller's card").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// At most 20 ASCII characters.
    pub card: String,
    /// The caller's number; empty when withheld.
    pub number: String,
    /// The shop's own number, if it is known.
    pub called: Option<String>,
    /// A phone that shows something else in place of the card.
    pub own: Option<(PhoneId, String)>,
}

/// The ports of a call: one pair a side, however many phones ring; a second pair on the phones' side where some speak
/// IPv4 and some IPv6.
#[derive(Debug)]
pub(super) struct Audio {
    pub(super) lane: media::Lane,
    pub(super) caller: Option<Pair>,
    pub(super) phones: Vec<Pair>,
    pub(super) relay: Option<RelayId>,
}

impl CallerLeg {
    /// What a phone may be offered for this caller: what they have offered, or what has been agreed with them since.
    pub(super) fn could_talk_by(&self) -> Option<Description> {
        match &self.state {
            CallerState::Waiting => self.offer.clone(),
            CallerState::Answered(talk) => talk.theirs.clone().map(|theirs| {
                let agreed = |codec| talk.ours.formats.iter().any(|format| format.codec.is_same(codec));
                let formats = theirs.formats.iter().filter(|format| agreed(&format.codec)).cloned().collect();
                Description { formats, ..theirs }
            }),
        }
    }
}

#[derive(Debug)]
pub(super) enum CallerState {
    Waiting,
    Answered(Box<Conversation>),
}

/// Both sides of an answered call.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) dialog: Dialog,
    pub(super) with: Far,
    pub(super) acked: Acked,
    /// What the caller last said; `None` until the ACK of an INVITE without offer.
    pub(super) theirs: Option<Description>,
    /// What we last said to the caller.
    pub(super) ours: Description,
    /// What the far side last said, and we to it.
    pub(super) phone_theirs: Description,
    pub(super) phone_ours: Description,
}

/// Who is on the far side of the caller's conversation.
#[derive(Clone, Debug)]
pub(super) enum Far {
    Phone(LegId),
    /// The closed shop's greeting, which is this, and then whoever takes the message; or whoever listens to the greeting's own
    /// words, behind what is to be done.
    Machine {
        sounds: Arc<[Sound]>,
        keep: Keep,
    },
    /// Nobody yet: whoever has lifted a phone for a call back hears this until somebody there picks up.
    Tone {
        sounds: Arc<[Sound]>,
    },
}

/// Whether our 200 was acknowledged. A UAS must not hang up before (RFC 3261 §15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acked {
    Yes,
    NotYet,
    /// Hang up as soon as it is, for this reason.
    ThenHangUp(Stop),
}

/// A phone's leg, a B leg.
#[derive(Debug)]
pub(super) struct PhoneLeg {
    pub(super) begun: Begun,
    pub(super) hop: Hop,
    pub(super) pair: Pair,
    pub(super) ours: Description,
    /// An SDP that came with a provisional response: the 200 may come without one (RFC 3261 §13.2.1). Of a phone that has
    /// dialled, its offer.
    pub(super) early: Option<Description>,
    pub(super) told_to_stop: bool,
    /// Its tag, while it rings: the other half of its dialog's name.
    pub(super) rings_as: Option<String>,
    /// A cell's, or of a number that was dialled: reached through a carrier.
    pub(super) cell: Option<Box<cells::Cell>>,
    pub(super) state: PhoneState,
}

/// Whose INVITE a phone's leg began with.
#[derive(Debug)]
pub(super) enum Begun {
    /// It was rung at this place; without one it is a number outside.
    ByUs { tx: ClientTx, binding: Option<BindingId>, invite: Box<Outgoing> },
    /// It has dialled for the call.
    ByPhone(Box<taking::Dialled>),
}

#[derive(Debug)]
pub(super) enum PhoneState {
    /// The INVITE has no final answer.
    Inviting,
    Up {
        dialog: Box<Dialog>,
        theirs: Option<Description>,
    },
}
