//! The lamp of a desk phone for messages (MWI, RFC 3842): lit by a message that a caller leaves, and out once it was played.

use std::time::Duration;

use crate::chromium::{Chromium, DESK};
use crate::installation::{Installation, SHOP};
use crate::page::chooses_a_password;
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp, moment};
use crate::tone::Law;

const LIMIT: Duration = Duration::from_secs(60);
const COUNTER: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\n";
const CLOSED: &str = "\n[[closure]]\nfrom = \"2020-01-01T00:00\"\nto = \"2199-01-01T00:00\"\nwhy = \"Test\"\n";
/// What each of the three documents says, and how the phone notes it.
const TOLD: [(&str, &str); 3] = [
    ("Messages-Waiting: no(.+)Voice-Message: 0/0", "out"),
    ("Messages-Waiting: yes(.+)Voice-Message: 1/0", "lit"),
    ("Messages-Waiting: no(.+)Voice-Message: 0/1", "out again"),
];

#[test]
fn a_message_at_the_closed_shop_lights_the_lamp_until_it_is_played_on_the_page() {
    let name = "a_message_at_the_closed_shop_lights_the_lamp_until_it_is_played_on_the_page";
    if !peers::present(name, &["sipp", "chromium", "chromedriver"]) {
        return;
    }
    let installation = Installation::start(&format!("{SHOP}{COUNTER}{CLOSED}"));
    let target = installation.target();
    let link = installation.run(&["owner", "invite", "ana@example.com"]);
    let ana = Chromium::start();
    ana.looks_at(DESK);
    chooses_a_password(&ana, &link);
    let lamp = Sipp::plays(&sipp::phone_watches("message-summary", &TOLD)).calls("counter").start(&target);
    lamp.wait_for("out", LIMIT);
    let ear = Ear::on(ports::free(2), Law::Mu, 440.0);
    let caller =
        Sipp::plays(sipp::CALLER).pause_ms(10_000).key("rtp", ear.port()).key("codecs", "0 101").start(&target);
    ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    let hung_up = moment(&caller.finish(LIMIT), "hangs_up");
    let lit = lamp.wait_for("lit", LIMIT);
    assert!(lit.at - hung_up < 4.0, "lit {} s after the caller has hung up", lit.at - hung_up);

    let call = installation.only_call();
    ana.opens(&format!("{}/calls/{}", installation.web(), call["id"].as_str().expect("an id")));
    assert!(lamp.notes().iter().all(|note| note.text != "out again"), "who only looks has heard nothing");
    ana.script("document.querySelector('audio').play()");
    let notes = lamp.finish(LIMIT);
    assert!(moment(&notes, "out again") > lit.at);
    let heard = until(LIMIT, || (installation.messages().len() == 1).then_some(()));
    assert!(heard.is_some(), "it is kept");
}
