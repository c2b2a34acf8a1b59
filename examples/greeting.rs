//! Writes greetings as a caller hears them, and cards as whoever picks up a cell phone does: through the player, packet by
//! packet, into WAVE files.
//!
//! ```text
//! cargo run --example greeting -- DIR < LINES
//! en 2026-11-23T08:00 2026-11-23T09:00     language, the moment of the call, the next opening (or - or never)
//! en ES +34911234567 3                     language, the shop's country, the caller (or withheld), which call it is
//! en taken                                 (or gone)
//! ```
//!
//! For each line it writes `DIR/LANGUAGE-NN.wav` and prints the file's name and what is said, a tab between them. Times
//! are those of one wall clock. `prompts/check` listens to what comes out.

use std::error::Error;
use std::io::BufRead;
use std::path::Path;
use std::time::Duration;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use ringall::greeting::Greeting;
use ringall::media::g711::Law;
use ringall::media::player::{PACKET_BYTES, Played, Player, Sound, Stream};
use ringall::media::{rtp, wav};
use ringall::now::{Mono, UnixMs};
use ringall::number::Number;
use ringall::routing::CallerId;
use ringall::routing::decision::Opening;
use ringall::routing::local_time;
use ringall::routing::plan::{Country, Language};
use ringall::spoken_card;

const ZONE: Tz = chrono_tz::Europe::Madrid;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args().nth(1).ok_or("say where to write: cargo run --example greeting -- DIR")?;
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((language, words)) = words.split_first() else {
            return Err(format!("line {}: write a language and what is said", number + 1).into());
        };
        let spoken = match *language {
            "en" => Language::En,
            "es" => Language::Es,
            _ => return Err(format!("{language:?}: write en or es").into()),
        };
        let (text, sounds) = said(spoken, words)?;
        let name = format!("{language}-{:02}.wav", number + 1);
        let samples = played(sounds);
        let header = wav::header(u32::try_from(samples.len())?);
        std::fs::write(Path::new(&dir).join(&name), [&header[..], &samples].concat())?;
        println!("{name}\t{text}");
    }
    Ok(())
}

fn said(language: Language, words: &[&str]) -> Result<(String, Vec<Sound>), Box<dyn Error>> {
    let utterance = match words {
        [now, opens] => {
            let opening = match *opens {
                "-" => Opening::NotKnown,
                "never" => Opening::NotUntilFurtherNotice,
                at => Opening::At(instant(at)?),
            };
            let greeting = Greeting::new(None, opening, ZONE, instant(now)?, language);
            return Ok((greeting.text(), greeting.sounds()));
        }
        ["taken"] => spoken_card::taken(language, None),
        ["gone"] => spoken_card::gone(language),
        [country, caller, nth] => {
            let country = Country::parse(country).ok_or("the second word is no country")?;
            let caller = match Number::from_e164(caller) {
                Some(number) => CallerId::Known(number),
                None => CallerId::Withheld,
            };
            spoken_card::card(language, country, None, &caller, nth.parse()?)
        }
        _ => return Err(format!("{words:?}: neither a greeting nor a card").into()),
    };
    Ok((utterance.text(), utterance.sounds().collect()))
}

/// What arrives at the telephone.
fn played(sounds: Vec<Sound>) -> Vec<u8> {
    let stream = Stream { law: Law::Ulaw, payload_type: 0, ssrc: 1, sequence: 0, timestamp: 0 };
    let mut player = Player::new(stream, sounds, Mono(Duration::ZERO));
    let mut now = Mono(Duration::ZERO);
    let mut samples = Vec::new();
    let mut packet = [0; PACKET_BYTES];
    loop {
        match player.poll(now, &mut packet) {
            Played::Packet => samples.extend_from_slice(&packet[rtp::HEADER_BYTES..]),
            Played::Wait { until } => now = until,
            Played::Over => return samples,
        }
    }
}

fn instant(text: &str) -> Result<UnixMs, chrono::ParseError> {
    Ok(local_time::earliest(ZONE, NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")?))
}
