//! `/api/v1`: JSON for scripts, with a bearer token. The shapes are a contract: fields are added, never
//! renamed or removed.

pub mod bearer;
mod body;
pub mod callers;
pub mod calls;
pub mod closures;
pub mod events;
pub mod explain;
pub mod hours;
pub mod hours_override;
pub(super) mod json;
pub(super) mod language;
pub mod messages;
pub mod openapi;
pub mod owed;
pub mod phones;
pub(super) mod query;
pub mod right_now;
pub mod ring;
