//! The web through its router, on a real store. Each file first shows its path answering well, then refusing by name.

mod calls;
mod description;
mod explain;
mod health;
mod listener;
mod messages;
mod metrics;
mod right_now;
mod shop;
