//! A file for each paragraph of how the shop behaves.

mod bad_network;
mod between_phones;
mod branch_ends;
mod call_waiting;
mod caller_hangs_up;
mod closed;
mod give_up;
mod in_dialog;
mod joining;
mod logged_before_heard;
mod media;
mod one_winner;
mod races;
mod refusals;
mod registering;
mod registering_by_stream;
mod ring_all;
mod routers;
mod several_shops;
mod strangers;
mod streams;
mod thousands;
mod trunk_calls;
mod trunk_registers;
mod who_calls;
mod who_rings;
