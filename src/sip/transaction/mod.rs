//! Transactions as tables: one row an input, each with its line of the RFC. The tables are pure functions from
//! (state, input) to (state, acts); [`super::endpoint`] owns the messages and carries out the acts.
//!
//! Every transaction has two timers: *resend* (A, E, G) and *end* (B, D, F, H, I, J, K, L, M). Which letter is meant
//! follows from the state. Over a stream nothing is sent again, and D, I, J and K are zero: [`super::endpoint`] sees to it.

pub mod client;
pub mod server;
pub mod timer;
