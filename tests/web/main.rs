//! The web through its router, on a real store. Each file first shows its path answering well, then refusing by name.

mod browser;
mod callers;
mod calls;
mod closures;
mod connect;
mod description;
mod events;
mod explain;
mod health;
mod hours;
mod listener;
mod messages;
mod metrics;
mod owed;
mod page_calls_back;
mod page_hours;
mod page_messages;
mod pages;
mod phones;
mod right_now;
mod shop;
mod sign_in;
mod twilio;
mod twilio_errands;
mod twilio_rest;
mod twilio_stand_in;
