//! # ringall
//!
//! The phone of a small shop: a call rings every staff phone at once and somebody picks up.
//!
//! A pure core and thin shells. The core ([`switchboard`] and all below it) has no sockets, no clock, no disk and no
//! chance of its own: what happened comes in as values, what to do goes out as values, and the time is an argument.
//! The shells (feature `shell`) do what they are told. Arrows point down only:
//!
//! ```text
//! app, cli, web, driver ─▶ switchboard ─▶ door ─▶ call ─▶ routing
//!      │                                    └──▶ sip, twilio, media (values)
//!      └──▶ store, speech, alert, resolve, media::port, sip::{socket, stream}, private_files
//! ```
//!
//! ## A call's journey
//!
//! datagram → [`driver`] stamps the time → `sip::wire` → transaction → `door::sip` makes an `Offer` →
//! [`routing::decide`] → ring: forked INVITEs, ports, the row → first acceptance wins → bridge, the others are cancelled →
//! talk → BYE → the row is closed.
//!
//! Closed: … → [`routing::decide`] → [`greeting`] → the caller's 200 → [`media::attendant`] plays it, then records →
//! BYE → the recording is safe on the disk → the row says that there is a message.
//!
//! ## Examples to copy
//!
//! | kind | the one to copy |
//! |---|---|
//! | a story | `tests/it/story/one_winner.rs`: `two_people_pick_up_in_the_same_millisecond_and_one_has_the_call` |
//! | a transaction row with its line of the RFC | [`sip::transaction::client`]: `Invite::on` |
//! | a message read and written | `tests/it/wire.rs`, on the cases of RFC 4475 |
//! | a golden | `tests/golden/sip/customer_to_phone.txt`: input, a line of dashes, what must come out |
//! | a row of the hours' tables | `tests/it/hours.rs`, against a model of its own |
//! | a sentence in both languages | `words`, with `tests/golden/words/because.txt` |
//! | a store function on both databases | `store::calls`, with `tests/store` |
//! | an answer of the web with its refusals | `web::api::calls`, with `tests/web` |
//! | a page with its refusals | `web::hours`, with `tests/web/page_hours.rs` |
//! | an end-to-end call | `tests/e2e/ring.rs`: `a_call_rings_five_phones_and_one_answers` |
//! | a promise broken on purpose | `tests/sabotage/two-winners.patch` |

#![forbid(unsafe_code)]

pub mod call;
pub mod caller;
pub mod chance;
pub mod config;
pub mod door;
pub mod figures;
pub mod folded;
pub mod greeting;
mod hex;
pub mod media;
pub mod notice;
pub mod now;
pub mod number;
pub mod owed;
pub mod plain_text;
pub mod prompt;
pub mod provisioning;
pub mod routing;
pub mod sip;
mod spelling;
pub mod spoken_card;
pub mod switchboard;
pub mod toml_file;
pub mod twilio;
pub mod utterance;
pub mod vcard;
pub mod words;
pub mod wrap_up;

#[cfg(feature = "shell")]
pub mod alert;
#[cfg(feature = "shell")]
pub mod app;
#[cfg(feature = "shell")]
pub mod cli;
#[cfg(feature = "shell")]
pub mod clock;
#[cfg(feature = "shell")]
pub mod driver;
#[cfg(feature = "shell")]
mod private_files;
#[cfg(feature = "shell")]
pub mod resolve;
#[cfg(feature = "shell")]
pub mod speech;
#[cfg(feature = "shell")]
pub mod store;
#[cfg(feature = "shell")]
pub mod tls;
#[cfg(feature = "shell")]
pub mod web;
