//! Where protocols become calls.

pub mod sip;
pub mod token;
pub mod twilio;
