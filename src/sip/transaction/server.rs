//! The server side: RFC 3261 §17.2 with RFC 6026 §8.3.

use std::time::Duration;

use super::timer::{T1_64, T4};

/// What can happen to a server transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The request came again.
    Repeat,
    /// Its ACK (INVITE only).
    Ack,
    /// The user answers: 100 to 199.
    Provisional,
    /// 200 to 299.
    Success,
    /// 300 to 699.
    Failure,
    /// The resend timer: G.
    Resend,
    /// The end timer: H, I, J or L.
    End,
}

/// What is to be done, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Send the response that the user gave, and keep it.
    Send,
    /// Send the kept response again.
    SendAgain,
    /// The resend timer after T1; not where the transport loses nothing.
    AfterT1,
    /// The resend timer again, after twice as long, T2 at most.
    DoubleUpToT2,
    /// No more resending.
    Quiet,
    /// Set the end timer.
    EndAfter(Duration),
    /// Set the end timer, to absorb repeats: to nothing where the transport repeats nothing (I, J).
    LingerFor(Duration),
    /// Hand the ACK to the user: the 2xx has arrived.
    TellAck,
}

/// Figure 7 of RFC 3261 with the Accepted state of RFC 6026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invite {
    Proceeding,
    Completed,
    Confirmed,
    Accepted,
    Terminated,
}

impl Invite {
    pub fn on(self, input: Input) -> (Invite, &'static [Act]) {
        use Act::*;
        use Invite::*;
        match (self, input) {
            // §17.2.1: "the most recent provisional response … MUST be passed to the transport layer for retransmission".
            (Proceeding, Input::Repeat) => (Proceeding, &[SendAgain]),
            (Proceeding, Input::Provisional) => (Proceeding, &[Send]),
            // RFC 6026 §7.1: timer L; repeats of the 2xx are the user's, see `endpoint`.
            (Proceeding, Input::Success) => (Accepted, &[Send, EndAfter(T1_64)]),
            // Timers G and H.
            (Proceeding, Input::Failure) => (Completed, &[Send, AfterT1, EndAfter(T1_64)]),
            (Proceeding, Input::Ack | Input::Resend | Input::End) => (Proceeding, &[]),
            (Completed, Input::Repeat) => (Completed, &[SendAgain]),
            (Completed, Input::Resend) => (Completed, &[SendAgain, DoubleUpToT2]),
            // Timer I absorbs further ACKs.
            (Completed, Input::Ack) => (Confirmed, &[Quiet, LingerFor(T4)]),
            (Completed, Input::Provisional | Input::Success | Input::Failure) => (Completed, &[]),
            (Confirmed, Input::Repeat | Input::Ack | Input::Provisional | Input::Success | Input::Failure) => {
                (Confirmed, &[])
            }
            (Confirmed, Input::Resend) => (Confirmed, &[]),
            // RFC 6026 §7.1: "any retransmissions of the INVITE … are absorbed".
            (Accepted, Input::Repeat) => (Accepted, &[]),
            (Accepted, Input::Ack) => (Accepted, &[TellAck]),
            (Accepted, Input::Provisional | Input::Success | Input::Failure | Input::Resend) => (Accepted, &[]),
            (Completed | Confirmed | Accepted, Input::End) => (Terminated, &[]),
            (Terminated, _) => (Terminated, &[]),
        }
    }
}

/// Figure 8 of RFC 3261.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonInvite {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

impl NonInvite {
    pub fn on(self, input: Input) -> (NonInvite, &'static [Act]) {
        use Act::*;
        use NonInvite::*;
        match (self, input) {
            // §17.2.2: "any request retransmissions … are discarded" while nothing was answered.
            (Trying, Input::Repeat) => (Trying, &[]),
            (Trying | Proceeding, Input::Provisional) => (Proceeding, &[Send]),
            // Timer J.
            (Trying | Proceeding, Input::Success | Input::Failure) => (Completed, &[Send, LingerFor(T1_64)]),
            (Trying | Proceeding, Input::Ack | Input::Resend | Input::End) => (self, &[]),
            (Proceeding, Input::Repeat) => (Proceeding, &[SendAgain]),
            (Completed, Input::Repeat) => (Completed, &[SendAgain]),
            (Completed, Input::End) => (Terminated, &[]),
            (Completed, Input::Ack | Input::Provisional | Input::Success | Input::Failure | Input::Resend) => {
                (Completed, &[])
            }
            (Terminated, _) => (Terminated, &[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Act::*;
    use super::*;

    #[test]
    fn a_refusal_is_repeated_until_it_is_acked() {
        let (state, _) = Invite::Proceeding.on(Input::Failure);
        assert_eq!(state.on(Input::Resend), (Invite::Completed, &[SendAgain, DoubleUpToT2][..]));
        let (state, acts) = state.on(Input::Ack);
        assert_eq!((state, acts), (Invite::Confirmed, &[Quiet, LingerFor(T4)][..]));
    }

    #[test]
    fn a_repeated_invite_after_the_2xx_is_absorbed() {
        let (state, _) = Invite::Proceeding.on(Input::Success);
        assert_eq!(state.on(Input::Repeat), (Invite::Accepted, &[][..]));
    }

    #[test]
    fn a_repeated_bye_gets_the_same_answer() {
        let (state, _) = NonInvite::Trying.on(Input::Success);
        assert_eq!(state.on(Input::Repeat), (NonInvite::Completed, &[SendAgain][..]));
    }
}
