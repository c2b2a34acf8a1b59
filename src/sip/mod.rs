//! The SIP protocol only: RFC nouns, one a file. Nothing here knows what a call is.

pub mod address;
pub mod auth;
pub mod budget;
pub mod crowd;
pub mod dialog;
pub mod dialog_info;
pub mod endpoint;
pub mod flow;
pub mod gate;
pub mod hop;
pub mod locate;
pub mod message;
pub mod message_summary;
pub mod outgoing;
pub mod peer;
pub mod registrar;
pub mod session_timer;
pub mod subscription;
mod text;
pub mod transaction;
pub mod trunk;
pub mod uri;
pub mod via;
pub mod wire;

#[cfg(feature = "shell")]
pub mod socket;
#[cfg(feature = "shell")]
pub mod stream;
