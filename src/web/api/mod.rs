//! `/api/v1`: JSON for scripts, with a bearer token. The shapes are a contract: fields are added, never
//! renamed or removed.

pub mod bearer;
pub mod calls;
pub mod explain;
mod json;
mod language;
pub mod messages;
pub mod openapi;
mod query;
pub mod right_now;
