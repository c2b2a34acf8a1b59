//! What a call by webhook cannot do as a call by SIP does. The documentation and the stories read this one table.

/// A promise of DESIGN §3 that holds otherwise here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Where: with which `ring`.
    pub with: With,
    /// What is promised.
    pub promise: &'static str,
    /// What happens instead.
    pub instead: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// `ring = "dial"`.
    Dial,
    /// Both ways.
    Both,
}

/// All of them.
pub const EXCEPTIONS: [Exception; 6] = [
    Exception {
        with: With::Dial,
        promise: "A later wave only adds.",
        instead: "A wave of cells is a new round: what rings stops for a moment, and rings again with it.",
    },
    Exception {
        with: With::Dial,
        promise: "While a cell that has picked up is asked for a key, all others ring on.",
        instead: "The first that picks up stops all others, even a mailbox. When nobody presses a key they are rung again, \
                  without that line.",
    },
    Exception {
        with: With::Dial,
        promise: "A phone that stops because a colleague has the call shows no missed call.",
        instead: "When a cell picks up, the carrier takes the caller back from the desk phones before anybody has the call: \
                  they show a missed call, whoever has it in the end.",
    },
    Exception {
        with: With::Dial,
        promise: "Everybody on duty rings at once.",
        instead: "Ten at most, our own phones together counted as one; further cells ring with the next round, 15 s later.",
    },
    Exception {
        with: With::Dial,
        promise: "Phones of the shop ring.",
        instead: "Only where the carrier can reach our SIP port; else cells alone.",
    },
    Exception {
        with: With::Both,
        promise: "A human may interrupt the machine.",
        instead: "The greeting and the message are at the carrier's: nobody can pick up there.",
    },
];
