//! The core in simulated time: one fast binary. Stories run the whole core, with telephones of its own at the far ends;
//! no clock, no socket, no sleep. A story that fails prints what was on the wire and the network's seed.

mod architecture;
mod bench;
mod carrier_sip;
mod cast;
mod decide;
mod fake_media;
mod far_end;
mod far_ends_alone;
mod golden_sip;
mod greeting;
mod hours;
mod in_dialog;
mod machine;
mod network;
mod phone;
mod registering;
mod registrar;
mod shop;
mod story;
mod stream;
mod text;
mod torture;
mod trace;
mod wire;
mod words;
mod world;
