//! What callers say is written down by a program of the owner's.

use std::time::Duration;

use crate::installation::{Files, Installation, SHOP};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp};
use crate::tone::Law;

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_message_is_written_down_and_stands_beside_its_sound() {
    if !peers::present("a_message_is_written_down_and_stands_beside_its_sound", &["sipp"]) {
        return;
    }
    let closed =
        format!("{SHOP}\n[[closure]]\nfrom = \"2020-01-01T00:00\"\nto = \"2199-01-01T00:00\"\nwhy = \"Test\"\n");
    let files = Files::new();
    files.write("writes", "test \"$(head -c 4 \"$1\")\" = RIFF && echo \"The blue door, please ($2).\"");
    files.edit_config(
        "[media]",
        "[speech]\ntranscribe = [\"/bin/sh\", \"writes\", \"{in}\", \"{language}\"]\n\n[media]",
    );
    let installation = Installation::start_with(files, &closed);
    let ear = Ear::on(ports::free(2), Law::Mu, 440.0);
    let caller = Sipp::plays(sipp::CALLER).pause_ms(12_000).key("rtp", ear.port()).key("codecs", "0 101");
    let caller = caller.start(&installation.target());
    ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    caller.finish(LIMIT);
    let said = until(LIMIT, || installation.messages().first()?["transcript"].as_str().map(str::to_owned));
    assert_eq!(said.as_deref(), Some("The blue door, please (en)."));
}
