//! Why the owner of a number at Twilio would rather have us ring the phones.

use crate::routing::plan::Language;

/// What is less when Twilio rings them, and what to do about it.
pub fn why_sip(language: Language) -> [&'static str; 2] {
    match language {
        Language::En => [
            "Twilio rings these phones itself (ring = \u{201c}dial\u{201d}), in rounds: a cell that is to join rings only with \
             the next round, for which the others stop a moment, and the first cell that picks up stops all others, even when \
             that was its mailbox.",
            "With ring = \u{201c}sip\u{201d} in the machine's configuration Twilio hands each call to ringall: then phones join \
             a call that already rings without stopping it, and no mailbox stops the others.",
        ],
        Language::Es => [
            "Estos teléfonos los hace sonar Twilio (ring = «dial»), por rondas: el móvil que se suma suena solo con la ronda \
             siguiente, para la que los demás callan un momento, y el primero que descuelga corta a los demás, aunque sea su \
             buzón de voz.",
            "Con ring = «sip» en la configuración de la máquina, Twilio entrega cada llamada a ringall: así los teléfonos se \
             suman a una llamada que ya suena sin cortarla, y ningún buzón corta a los demás.",
        ],
    }
}
