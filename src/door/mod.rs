//! Where protocols become calls: knows both sides, decides nothing.

pub mod sip;
