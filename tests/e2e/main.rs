//! The built binary against real peers: SIPp, baresip, linphonec, Kamailio, Chromium, tcpdump,
//! strace, Twilio's Python library; and a town of our own, whose many callers and phones keep account of what they hear.
//!
//! Each test starts an installation of its own on free loopback ports, so all run side by side. A test whose peer is
//! not installed says so and passes; with `RINGALL_REQUIRE_PEERS=1` it fails. Tests wait for conditions, with a bound.

mod asks;
mod axe;
mod baresip;
mod calling_back;
mod calling_out;
mod capture;
mod chromium;
mod connect;
mod customer;
mod http;
mod installation;
mod kamailio;
mod linphone;
mod network;
mod peers;
mod ports;
mod process;
mod rtp;
mod sipp;
mod strace;
mod tone;
mod town;

mod backup;
mod bad_input;
mod between_phones;
mod carrier;
mod carrier_asks;
mod carrier_servers;
mod carrier_streams;
mod cells;
mod demo;
mod desk_phone;
mod doctor;
mod durable;
mod encrypted;
mod every_page;
mod explain;
mod flood;
mod glare;
mod greeting_by_phone;
mod in_dialog;
mod killed;
mod live;
mod message_lamp;
mod messages;
mod notices;
mod page;
mod page_after;
mod page_calls;
mod page_demo;
mod page_hours;
mod page_keys;
mod page_live;
mod page_shop;
mod picking_up;
mod reason;
mod refused;
mod registering;
mod ring;
mod routers;
mod salvage;
mod silence;
mod soak;
mod sound;
mod spoken_name;
mod stranger;
mod streams;
mod transcripts;
mod transfer_keys;
mod transfers;

mod twiml;
mod web_socket;
mod webhooks;
mod who_rings;
