//! Thousands of calls of all kinds against the release build: what the callers say of them against the log, memory, and
//! what is left when all is over.
//!
//!     cargo bench --bench soak [-- CALLS RATE]
//!
//! 20,000 calls at 50 a second when nothing is said: some 8 minutes. Exits with 1 when the log and the callers differ, or
//! when a gauge does not return to its start. The callers and phones are those of the end-to-end tests.

// Each of them has more than is used here.
#![allow(dead_code)]

#[path = "../tests/e2e/http.rs"]
mod http;
#[path = "../tests/e2e/installation.rs"]
mod installation;
#[path = "../tests/e2e/ports.rs"]
mod ports;
#[path = "../tests/e2e/process.rs"]
mod process;
#[path = "../tests/e2e/soak.rs"]
mod soak;
#[path = "../tests/e2e/town/mod.rs"]
mod town;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mut number = |usual: usize, what: &str| arguments.next().map_or(usual, |text| text.parse().expect(what));
    let (calls, rate) = (number(20_000, "how many calls"), number(50, "how many a second"));
    let soak = soak::Soak { calls, rate, media_ports: 8_000 };
    let wrong = soak.run(|line| println!("{line}"));
    if wrong.is_empty() {
        println!("\nall is as it should be");
        return ExitCode::SUCCESS;
    }
    println!("\nwrong: {wrong:#?}");
    ExitCode::FAILURE
}
