//! What the shells tell the switchboard, and what it asks of them.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::{
    Acquaintances, Due, FlowId, Keyless, LeftRinging, Medium, NotRung, Protocol, Purpose, RightNow, Route, ServerName,
    SocketId, WentOut,
};
use crate::call::record::{CallEvent, CallId, CallRecord, VoiceMessage};
use crate::caller::Callers;
use crate::media;
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::plan::{PhoneId, Plan, ShopId};
use crate::sip::locate::Server;
use crate::sip::message_summary::Waiting;
use crate::sip::registrar::KeptUser;
use crate::sip::trunk::Change;
use crate::twilio::work::Recording;
use crate::twilio::{Document, Webhook, Work};
use crate::utterance::Names;

/// What ties an answer of a shell to its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A datagram that is worth looking at: whoever sent it has not sent too many.
#[derive(Debug)]
pub struct Admitted<'a> {
    pub(super) socket: SocketId,
    pub(super) from: SocketAddr,
    pub(super) bytes: &'a [u8],
}

/// Something that happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram came in that [`super::Switchboard::admit`] lets through. `local` is the address of ours that its sender reaches
    /// us by (a socket may be bound to all).
    Datagram {
        datagram: Admitted<'a>,
        local: IpAddr,
    },
    /// A peer has connected to us, by TCP, TLS or WebSocket; `local` is our own address on the connection.
    FlowAccepted {
        flow: FlowId,
        protocol: Protocol,
        from: SocketAddr,
        local: IpAddr,
    },
    /// A stream connection has brought one message, framed.
    Received {
        flow: FlowId,
        bytes: &'a [u8],
    },
    /// What came on a stream connection is no message, or not whole in time: `bytes` is its beginning.
    Garbled {
        flow: FlowId,
        bytes: &'a [u8],
    },
    /// A stream connection is gone, by whatever cause.
    FlowClosed {
        flow: FlowId,
    },
    /// The connection asked for by [`Output::Connect`] cannot be had.
    FlowFailed {
        flow: FlowId,
    },
    /// A row asked for by [`Output::Record`] is durable.
    Recorded {
        ticket: Ticket,
    },
    /// What [`Output::KeepBindings`] asked for is durable.
    BindingsKept {
        ticket: Ticket,
    },
    /// The answer to [`Output::Resolve`]; empty when the name leads nowhere.
    Resolved {
        ticket: Ticket,
        routes: Vec<Route>,
    },
    /// The answer to [`Output::Locate`]; empty when the name leads nowhere.
    Located {
        ticket: Ticket,
        servers: Vec<Server>,
    },
    Media(media::Fact),
    /// The owner changed something, or the service just started.
    PlanChanged(Arc<Plan>),
    /// At the start: calls that nobody had answered when the last process died.
    LeftRinging(Vec<LeftRinging>),
    /// Cells that lately picked up without a key. Comes once, at the start, behind the plan.
    Keyless(Vec<Keyless>),
    /// When each call of the last day went out to a number, and of which shop. Comes once, at the start, behind the plan.
    GoneOut(Vec<WentOut>),
    /// How many messages wait in each shop that has any, in place of what was known.
    MessagesWaiting(Vec<(ShopId, Waiting)>),
    /// The owner gave callers other names; counts stay the loop's own, which is ahead of the store.
    CallersNamed(Callers),
    /// A backup was put back: these are all whom the log knows of now, and calls that they count and that may live.
    LogRestored {
        callers: Callers,
        counted: HashSet<CallId>,
    },
    /// So many callers of this shop should have been called back by now, and nobody has taken it on.
    CallBacksDue {
        shop: ShopId,
        callers: u32,
    },
    /// The names of shops, contacts and phones that there is a sound of, in place of all that there were.
    NamesSpoken(Names),
    /// A request of Twilio's, or of a look-alike's, whose signature was good: answered by [`Output::Reply`].
    Webhook {
        ticket: Ticket,
        webhook: Box<Webhook>,
    },
    /// What [`Work::FetchRecording`] asked for is on the disk, or never will be; or [`Work::SeekRecording`] has found none.
    RecordingFetched {
        call: CallId,
        recording: Option<Recording>,
        kept: media::Kept,
    },
    /// Somebody looks at the page: answered by [`Output::Seen`].
    Look {
        ticket: Ticket,
    },
    /// Somebody at the page has this phone rung: answered by [`Output::PhoneRings`].
    RingPhone {
        ticket: Ticket,
        phone: PhoneId,
        purpose: Purpose,
    },
    /// What somebody of this shop has said at a phone is kept elsewhere, or is of no use.
    DictationForgotten {
        shop: ShopId,
        /// When their phone was asked to ring: they may have said something else since.
        at: UnixMs,
    },
    /// Somebody has taken it on to call this customer of this shop, or has settled what was owed.
    TakenOn {
        shop: ShopId,
        number: Number,
    },
    /// All about this caller was erased.
    Erased {
        shop: ShopId,
        number: Number,
    },
    /// The service shuts down: no new calls (503), live ones are ended.
    Drain,
    /// The deadline of [`crate::switchboard::Switchboard::poll_timeout`] has come.
    Timeout,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Send {
        socket: SocketId,
        to: SocketAddr,
        bytes: Vec<u8>,
    },
    /// Open a stream connection to `to`, by TCP or TLS, from our address `local`. It is written to at once; a connection that cannot be
    /// had is [`Input::FlowFailed`]; so is every one by WebSocket.
    Connect {
        flow: FlowId,
        protocol: Protocol,
        to: SocketAddr,
        local: IpAddr,
        /// By TLS whoever is there must prove to be this; `None`: to be at that address.
        server: Option<ServerName>,
    },
    /// Send this on a stream connection; nothing when it is gone.
    Write {
        flow: FlowId,
        bytes: Vec<u8>,
    },
    /// The peer of this connection is known: the limits for strangers hold no longer.
    Trust {
        flow: FlowId,
    },
    /// Connections from these addresses are not strangers' before anybody there has said a word; from all others they are.
    Acquaintances(Arc<Acquaintances>),
    /// Close this connection, after what was written to it.
    Close {
        flow: FlowId,
    },
    /// Make this row durable and answer [`Input::Recorded`]: at once, not with the next batch.
    Record {
        ticket: Ticket,
        medium: Medium,
        record: Box<CallRecord>,
    },
    /// To be stored with the next commit, or within 200 ms.
    Log(LogEntry),
    /// Keep these places of a phone that registers in place of all it had, so that they outlive the process, and answer
    /// [`Input::BindingsKept`]. A later one for the same user replaces an earlier one.
    KeepBindings {
        ticket: Ticket,
        user: String,
        kept: KeptUser,
    },
    Media(media::Command),
    /// Find the way to `host` (a name or an address, without brackets) and answer [`Input::Resolved`].
    Resolve {
        ticket: Ticket,
        protocol: Protocol,
        host: String,
        port: Option<u16>,
    },
    /// Find the servers of this carrier's name (RFC 3263 §4) and answer [`Input::Located`]: those of this protocol, or of the
    /// one that the name itself prefers.
    Locate {
        ticket: Ticket,
        protocol: Option<Protocol>,
        host: String,
    },
    Seen {
        ticket: Ticket,
        view: Box<RightNow>,
    },
    /// Whether the phone rings that somebody at the page wants to.
    PhoneRings {
        ticket: Ticket,
        outcome: Result<(), NotRung>,
    },
    /// The answer to [`Input::Webhook`].
    Reply {
        ticket: Ticket,
        document: Document,
    },
    /// Something to be asked of Twilio by REST; nobody waits for it.
    Twilio(Work),
    /// The carrier of this name sends us its calls, or no longer does: to be told to the owner, once for each change.
    Trunk {
        name: String,
        change: Change,
    },
    /// Tell the owner of this shop what is wrong, at all the addresses they want it told at.
    Notify {
        shop: ShopId,
        due: Due,
    },
}

/// What follows a call's first row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEntry {
    /// A call's facts have changed; replaces its row.
    Changed(Box<CallRecord>),
    Event(CallEvent),
    /// A caller has left a message.
    Message(VoiceMessage),
}
