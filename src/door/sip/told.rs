//! What the door tells the switchboard.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::call::event::Input;
use crate::call::leg::LegId;
use crate::call::record::CallId;
use crate::sip::endpoint::ServerTx;
use crate::sip::gate::Acquaintances;
use crate::sip::hop::Protocol;
use crate::sip::registrar::KeptUser;
use crate::sip::trunk::Change;

use super::attended::Wish;
use super::offer::Arrival;
use super::subscriptions::Subscribing;
use super::unproved::Answered;

/// What the door tells the switchboard.
#[derive(Debug)]
pub enum Told {
    /// A customer calls, or a phone. Answered by [`super::SipDoor::open`].
    Arrived(Box<Arrival>),
    /// Something happened in a call.
    Call(CallId, Input),
    /// A phone that dialled for a call is where it says it is. Answered by [`super::SipDoor::gets_it`] or
    /// [`super::SipDoor::does_not_get_it`].
    IsThere(Box<Answered>),
    /// Whoever talks at this leg wants to give the call to the phone of this user, by the REFER of this CSeq number. Answered by
    /// [`super::SipDoor::accept_referral`] or [`super::SipDoor::refuse_referral`].
    Referred { leg: LegId, tx: ServerTx, number: u32, user: String },
    /// A phone that has two calls wants the others of both to talk with each other. Answered by [`super::SipDoor::accept_joint`] or
    /// [`super::SipDoor::refuse_joint`].
    Joint(Wish),
    /// A phone wants to hear of something. Answered by [`super::SipDoor::begin_subscription`] or [`super::SipDoor::refuse_subscription`].
    Subscribing(Subscribing),
    /// An address has answered us: the phone there is alive.
    Alive(SocketAddr),
    /// The places of a phone that registers have changed, and are to be kept. Where a phone waits for that, it is answered
    /// by [`super::SipDoor::bindings_kept`].
    KeepBindings { waiting: Option<ServerTx>, user: String, kept: KeptUser },
    /// Phones that registered by a connection cannot be reached now. What is kept of them stays as it is.
    PlacesChanged,
    /// Where is this trunk's registrar? Answered by [`super::SipDoor::registrar_resolved`].
    FindRegistrar { trunk: usize, protocol: Protocol, host: String, port: Option<u16> },
    /// A carrier sends us its calls, or no longer does.
    Trunk { trunk: usize, change: Change },
    /// Who is worth a handshake has changed: these, and nobody else.
    Acquaintances(Arc<Acquaintances>),
}
