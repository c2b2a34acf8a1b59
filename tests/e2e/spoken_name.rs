//! A command speaks the shop's name, and the caller of the closed shop hears it first.

use std::time::Duration;

use crate::installation::{Files, Installation, SHOP};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp};
use crate::tone::{Law, share, sine, wav};

const LIMIT: Duration = Duration::from_secs(60);
/// The voice of these tests has one tone.
const HZ: f64 = 1_700.0;
/// A greeting begins with 300 ms of silence; then comes a second of the name.
const NAME: std::ops::Range<usize> = 2_400 + 400..2_400 + 8_000 - 400;
const SPOKEN: &str = "a closed shop's greeting begins with its name now";

/// Calls once: how much of what is heard where the name belongs is the voice's tone.
fn share_of_the_voice(installation: &Installation) -> f64 {
    let ear = Ear::on(ports::free(2), Law::Mu, 440.0);
    let caller = Sipp::plays(sipp::CALLER).pause_ms(3_000).key("rtp", ear.port()).key("codecs", "0 101");
    caller.start(&installation.target()).finish(LIMIT);
    let heard = ear.heard();
    assert!(heard.len() > NAME.end, "{} samples were heard in 3 s", heard.len());
    share(&heard[NAME], HZ)
}

#[test]
fn the_callers_of_a_closed_shop_hear_its_name_first() {
    if !peers::present("the_callers_of_a_closed_shop_hear_its_name_first", &["sipp"]) {
        return;
    }
    let files = Files::new();
    std::fs::write(files.path("voice.wav"), wav(&sine(HZ, 0, 8_000))).expect("the test's folder is writable");
    // It speaks this name alone, and once.
    let voice = "test \"$1\" = \"Ruiz Hardware\" && cat voice.wav && rm voice.wav";
    files.write("voice", voice);
    files.edit_config("[media]", "[speech]\nsay = [\"/bin/sh\", \"voice\", \"{text}\"]\n\n[media]");
    let closed =
        format!("{SHOP}\n[[closure]]\nfrom = \"2020-01-01T00:00\"\nto = \"2199-01-01T00:00\"\nwhy = \"Test\"\n");
    let mut installation = Installation::start_with(files, &closed);
    let spoken = until(LIMIT, || installation.log().contains(SPOKEN).then_some(()));
    assert!(spoken.is_some(), "{}", installation.log());
    let first = share_of_the_voice(&installation);
    assert!(first > 0.95, "{first} of what comes first is the voice");
    installation.is_killed_and_started();
    let after = share_of_the_voice(&installation);
    assert!(after > 0.95, "after a restart, {after} of what comes first is the voice");
    installation.import(&closed.replace("Ruiz Hardware", "Ruiz and Daughters"));
    let failed = until(LIMIT, || installation.log().contains("did not speak the shop's name").then_some(()));
    assert!(failed.is_some(), "{}", installation.log());
    installation.stop();
}
