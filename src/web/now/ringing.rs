//! The shop's phones in a line, and each with when it last proved to be there.

use crate::routing::plan::Phone;
use crate::switchboard::{PhoneNow, RightNow};
use crate::web::frame::View;
use crate::web::phones::{kind, phones, proven, row};
use crate::words::page::now as said;

pub struct Ringing {
    pub sentence: String,
    /// How many would ring for a call at this moment.
    pub ring: usize,
    pub phones: Vec<OnePhone>,
    /// Said once, unless somebody knows already.
    pub warning: Option<Warning>,
}

pub struct OnePhone {
    pub name: String,
    pub rings: bool,
    pub because: String,
    /// What it is, and when it was last known to be there.
    pub proven: String,
}

pub struct Warning {
    pub sentence: &'static str,
    /// For the style sheet; the sentence says it too.
    pub kind: &'static str,
    pub action: String,
}

impl Ringing {
    /// `open`: a closed shop's phones ring for nobody, which is no trouble.
    pub fn of(looked: &RightNow, open: bool, view: &View) -> Ringing {
        let all: Vec<OnePhone> = phones(looked, &view.shop).map(|(phone, now)| one(phone, now, view)).collect();
        let ring = all.iter().filter(|phone| phone.rings).count();
        let is_known = view.few_known == Some(ring);
        let warns = open && ring < 2 && all.len() > ring && !is_known;
        let warning = Warning {
            sentence: said::few_phones(ring, view.language()),
            kind: if ring == 0 { "none" } else { "one" },
            action: view.at("/few-phones"),
        };
        Ringing {
            sentence: said::phones(ring, all.len(), view.language()),
            ring,
            phones: all,
            warning: warns.then_some(warning),
        }
    }
}

fn one(phone: &Phone, now: &PhoneNow, view: &View) -> OnePhone {
    let row = row(phone, now, view);
    let (kind, proven) = (kind(phone, view), proven(phone, now, view));
    let proven = if proven.is_empty() { kind.to_owned() } else { format!("{kind} · {proven}") };
    OnePhone { name: row.name, rings: row.rings, because: row.because, proven }
}
