//! The client side: RFC 3261 §17.1 with RFC 6026 §8.4.

use std::time::Duration;

use super::timer::{T1_64, T4};

/// What can happen to a client transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A response from 100 to 199.
    Provisional,
    /// 200 to 299.
    Success,
    /// 300 to 699.
    Failure,
    /// The resend timer: A or E.
    Resend,
    /// The end timer: B, D, F, K or M.
    End,
}

/// What is to be done, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Send the request again.
    Send,
    /// The resend timer again, after twice as long.
    Double,
    /// The resend timer again, after twice as long, T2 at most.
    DoubleUpToT2,
    /// The resend timer after T2.
    EveryT2,
    /// No more resending.
    Quiet,
    /// Set the end timer.
    EndAfter(Duration),
    /// Set the end timer, to absorb repeats: to nothing where the transport repeats nothing (D, K).
    LingerFor(Duration),
    /// No end in sight: a phone may ring for as long as the call machine lets it.
    Endless,
    /// Acknowledge a failure (§17.1.1.3).
    Ack,
    /// Hand the response to the user.
    Tell,
    /// Tell the user that no final response came.
    TimedOut,
}

/// Figure 5 of RFC 3261 with the Accepted state of RFC 6026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invite {
    Calling,
    Proceeding,
    Completed,
    Accepted,
    Terminated,
}

impl Invite {
    pub fn on(self, input: Input) -> (Invite, &'static [Act]) {
        use Act::*;
        use Invite::*;
        match (self, input) {
            // §17.1.1.2: "When timer A fires, the client transaction MUST retransmit the request … and reset the timer".
            (Calling, Input::Resend) => (Calling, &[Send, Double]),
            // Timer B: nobody there.
            (Calling, Input::End) => (Terminated, &[TimedOut]),
            (Calling, Input::Provisional) => (Proceeding, &[Quiet, Endless, Tell]),
            // RFC 6026 §7.2: Accepted, timer M, so that further 2xx of other forks still reach the user.
            (Calling | Proceeding, Input::Success) => (Accepted, &[Quiet, EndAfter(T1_64), Tell]),
            // Timer D is "at least 32 seconds for unreliable transports, and … zero seconds for reliable transports".
            (Calling | Proceeding, Input::Failure) => (Completed, &[Quiet, LingerFor(T1_64), Ack, Tell]),
            (Proceeding, Input::Provisional) => (Proceeding, &[Tell]),
            (Proceeding, Input::Resend) => (Proceeding, &[]),
            // §9.1: no final response 64·T1 after a CANCEL: considered cancelled. The end timer is set by nothing else here.
            (Proceeding, Input::End) => (Terminated, &[TimedOut]),
            // The ACK was lost: acknowledge again, but the user has heard it.
            (Completed, Input::Failure) => (Completed, &[Ack]),
            (Completed, Input::Provisional | Input::Success | Input::Resend) => (Completed, &[]),
            // RFC 6026 §7.2: every 2xx goes up, because the user's ACK may have been lost.
            (Accepted, Input::Success) => (Accepted, &[Tell]),
            (Accepted, Input::Provisional | Input::Failure | Input::Resend) => (Accepted, &[]),
            (Completed | Accepted, Input::End) => (Terminated, &[]),
            (Terminated, _) => (Terminated, &[]),
        }
    }
}

/// Figure 6 of RFC 3261.
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
            // §17.1.2.2: "the timer is reset with a value of MIN(2*T1, T2)".
            (Trying, Input::Resend) => (Trying, &[Send, DoubleUpToT2]),
            // Timer F.
            (Trying | Proceeding, Input::End) => (Terminated, &[TimedOut]),
            (Trying, Input::Provisional) => (Proceeding, &[EveryT2, Tell]),
            // Timer K absorbs repeats of the response.
            (Trying | Proceeding, Input::Success | Input::Failure) => (Completed, &[Quiet, LingerFor(T4), Tell]),
            (Proceeding, Input::Resend) => (Proceeding, &[Send, EveryT2]),
            (Proceeding, Input::Provisional) => (Proceeding, &[Tell]),
            (Completed, Input::End) => (Terminated, &[]),
            (Completed, Input::Provisional | Input::Success | Input::Failure | Input::Resend) => (Completed, &[]),
            (Terminated, _) => (Terminated, &[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Act::*;
    use super::*;

    #[test]
    fn a_refused_invite_is_acked_as_often_as_the_refusal_comes_but_told_once() {
        let (state, acts) = Invite::Proceeding.on(Input::Failure);
        assert_eq!((state, acts), (Invite::Completed, &[Quiet, LingerFor(T1_64), Ack, Tell][..]));
        assert_eq!(state.on(Input::Failure), (Invite::Completed, &[Ack][..]));
    }

    #[test]
    fn every_2xx_of_an_invite_reaches_the_user() {
        let (state, _) = Invite::Calling.on(Input::Success);
        assert_eq!(state.on(Input::Success), (Invite::Accepted, &[Tell][..]));
    }

    #[test]
    fn a_ringing_phone_is_not_timed_out_by_the_transaction() {
        let (state, acts) = Invite::Calling.on(Input::Provisional);
        assert_eq!(state, Invite::Proceeding);
        assert!(acts.contains(&Endless));
    }

    #[test]
    fn a_bye_that_nobody_answers_ends() {
        assert_eq!(NonInvite::Trying.on(Input::End), (NonInvite::Terminated, &[TimedOut][..]));
    }
}
