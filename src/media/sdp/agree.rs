//! Offer and answer between two legs (RFC 3264). Each leg has an exchange of its own with us; what crosses is which
//! codecs both can do, and by which payload types.
//!
//! Numbers: what we send to a side bears the numbers that this side gave us; what it sends bears those we gave it.

use std::net::IpAddr;

use super::{Codec, Description, Direction, Format, NoSharedProtection, Origin, Protection};
use crate::media::{Carry, Which};

/// Our own end of one leg's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Here {
    /// Our address as that side reaches it.
    pub address: IpAddr,
    /// The RTP port of our pair; RTCP is one above.
    pub port: u16,
    /// The first number of our `o=` line: the same as long as the dialog lives.
    pub session_id: u64,
}

/// What stands between us and one side: what we told it, what it told us.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub ours: &'a Description,
    pub theirs: &'a Description,
}

/// What becomes of each payload type received from a side: [`crate::media::Side::payloads`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payloads {
    /// Of the caller's packets.
    pub a: Vec<(u8, Carry)>,
    /// Of the phone's packets.
    pub b: Vec<(u8, Carry)>,
}

/// The end of an exchange in which we answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// What we tell the side that offered.
    pub answer: Description,
    pub payloads: Payloads,
}

/// The two sides have no codec in common, not even the two laws of G.711.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the two sides share no codec")]
pub struct NoSharedCodec;

/// Why the two sides of a call cannot be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    #[error(transparent)]
    Codec(#[from] NoSharedCodec),
    #[error(transparent)]
    Protection(#[from] NoSharedProtection),
}

/// The offer that every phone gets: the caller's formats under the caller's numbers and in the caller's order, and
/// always both laws and telephone-event. `caller` is `None` for an INVITE without an offer. Plain: who it is for, and so
/// whether it is to be protected, the caller does not say.
pub fn offer_to_phone(caller: Option<&Description>, here: Here) -> Description {
    let theirs = caller.map_or(&[][..], |caller| &caller.formats);
    let (mut formats, mut rest): (Vec<Format>, Vec<Format>) =
        theirs.iter().cloned().partition(|format| format.codec.is_voice());
    let add = |to: &mut Vec<Format>, others: &[Format], codec: Codec, number: u8| {
        if !to.iter().any(|format| format.codec == codec) {
            let payload = free_number(number, to, others);
            to.push(Format { payload, codec });
        }
    };
    add(&mut formats, &rest, Codec::Pcmu, 0);
    add(&mut formats, &rest, Codec::Pcma, 8);
    add(&mut rest, &formats, Codec::TelephoneEvent, 101);
    formats.append(&mut rest);
    Description {
        address: here.address,
        port: here.port,
        rtcp: None,
        formats,
        direction: Direction::SendRecv,
        ptime: caller.map_or(Some(20), |caller| caller.ptime),
        protection: Protection::Plain,
        origin: Origin { id: here.session_id, version: 1 },
        other_media: Vec::new(),
        audio_at: 0,
    }
}

/// Our offer in the 200 to a caller who made none (RFC 3261 §13.3.1.4).
pub fn our_offer(here: Here) -> Description {
    offer_to_phone(None, here)
}

/// The answer to the caller's offer once a phone has answered ours. `phone.ours` is what [`offer_to_phone`] made of
/// this caller. Plain: a key of ours must be put in where the caller has offered one ([`Protection::answered`]).
///
/// # Errors
/// [`NoSharedCodec`] when the phone took none that could reach the caller.
pub fn agree(caller: &Description, phone: Terms<'_>, here: Here) -> Result<Agreed, NoSharedCodec> {
    let origin = Origin { id: here.session_id, version: 1 };
    answer(Which::A, caller, phone, |answer| Description { address: here.address, port: here.port, origin, ..answer })
}

/// The payload types once the caller has answered our own offer (an INVITE without one), or either side one of our
/// re-INVITEs: nothing is left to be answered.
///
/// # Errors
/// [`NoSharedCodec`] when the two sides' answers have nothing in common.
pub fn agree_late(caller: Terms<'_>, phone: Terms<'_>) -> Result<Payloads, NoSharedCodec> {
    let payloads = Payloads { a: carried(caller, phone), b: carried(phone, caller) };
    let talks = |table: &[(u8, Carry)], from: Terms<'_>| {
        from.ours
            .formats
            .iter()
            .any(|format| format.codec.is_voice() && table.iter().any(|(payload, _)| *payload == format.payload))
    };
    if talks(&payloads.a, caller) && talks(&payloads.b, phone) { Ok(payloads) } else { Err(NoSharedCodec) }
}

/// The answer to a re-INVITE or UPDATE of one side, against what stands with the other side, which hears nothing of
/// it. `previous` is what we last told the side that offers: its address, port and `o=` line stay, and the codec in
/// use comes first if it is still offered.
///
/// # Errors
/// When the new offer cannot be joined with the other side, or wants to be protected otherwise than until now. 488; the
/// call goes on as it was (RFC 3261 §14.2).
pub fn agree_again(
    which: Which,
    offer: &Description,
    previous: &Description,
    other: Terms<'_>,
) -> Result<Agreed, Disagreement> {
    let protection = offer.protection.answered_again(&previous.protection)?;
    let agreed = answer(which, offer, other, |mut answer| {
        if let Some(used) = previous.formats.iter().find(|format| format.codec.is_voice()) {
            // The sort is stable: all others keep their order.
            answer.formats.sort_by_key(|format| !format.codec.is_same(&used.codec));
        }
        Description { address: previous.address, port: previous.port, protection, ..answer }.after(previous)
    })?;
    Ok(agreed)
}

/// Answers an offer of one side by what the other side can do; `placed` puts our own address into it.
fn answer(
    which: Which,
    offer: &Description,
    other: Terms<'_>,
    placed: impl FnOnce(Description) -> Description,
) -> Result<Agreed, NoSharedCodec> {
    let formats: Vec<Format> = offer.formats.iter().filter_map(|format| answered(format, offer, other)).collect();
    let answer = placed(Description {
        address: offer.address,
        port: offer.port,
        rtcp: None,
        formats,
        direction: offer.direction.answered(),
        // Packets pass whole, so the size that the other side wants is what we want.
        ptime: other.theirs.ptime.or(offer.ptime),
        protection: Protection::Plain,
        origin: offer.origin,
        other_media: offer.other_media.clone(),
        audio_at: offer.audio_at,
    });
    let offerer = Terms { ours: &answer, theirs: offer };
    let payloads = match which {
        Which::A => agree_late(offerer, other)?,
        Which::B => agree_late(other, offerer)?,
    };
    Ok(Agreed { answer, payloads })
}

/// An offered format as we answer it: under its own number, with the other side's parameters; `None` if it is refused.
fn answered(format: &Format, offer: &Description, other: Terms<'_>) -> Option<Format> {
    if let Some(same) = other.accepted(&format.codec, format.payload) {
        let codec = match (&format.codec, &same.codec) {
            (Codec::Other { name, clock, channels, .. }, Codec::Other { fmtp, .. }) => {
                Codec::Other { name: name.clone(), clock: *clock, channels: *channels, fmtp: fmtp.clone() }
            }
            (own, _) => own.clone(),
        };
        return Some(Format { payload: format.payload, codec });
    }
    // Converted only where the side has not the law itself that the other one speaks.
    let law = other_law(&format.codec)?;
    let needless = offer.formats.iter().any(|format| format.codec == law);
    let converts = other.accepted(&law, format.payload).is_some();
    (converts && !needless).then(|| format.clone())
}

/// What becomes of the packets from `from` on their way to `to`.
fn carried(from: Terms<'_>, to: Terms<'_>) -> Vec<(u8, Carry)> {
    let mut table: Vec<(u8, Carry)> = Vec::new();
    for format in &from.ours.formats {
        let Some(theirs) = from.accepted(&format.codec, format.payload) else { continue };
        let same = to.accepted(&format.codec, format.payload).map(|same| Carry::As(same.payload));
        let Some(carry) = same.or_else(|| into_other_law(format, to)) else { continue };
        table.push((format.payload, carry));
        // Some phones send by the number of their own answer (RFC 3264 §5.1 lets the two differ): understood, unless
        // we gave that number another meaning.
        if from.ours.formats.iter().all(|ours| ours.payload != theirs.payload) {
            table.push((theirs.payload, carry));
        }
    }
    table
}

impl<'a> Terms<'a> {
    /// The side's own format for a codec that both it and we have named; the one under `number` if it has several.
    fn accepted(&self, codec: &Codec, number: u8) -> Option<&'a Format> {
        let same = |format: &&Format| format.codec.is_same(codec);
        self.ours.formats.iter().find(same)?;
        let theirs = || self.theirs.formats.iter().filter(same);
        theirs().find(|format| format.payload == number).or_else(|| theirs().next())
    }
}

/// How a packet gets into the other law of G.711, if `to` has that one.
fn into_other_law(format: &Format, to: Terms<'_>) -> Option<Carry> {
    let number = to.accepted(&other_law(&format.codec)?, format.payload)?.payload;
    match format.codec {
        Codec::Pcmu => Some(Carry::UlawToAlaw(number)),
        Codec::Pcma => Some(Carry::AlawToUlaw(number)),
        Codec::TelephoneEvent | Codec::Other { .. } => None,
    }
}

fn other_law(codec: &Codec) -> Option<Codec> {
    match codec {
        Codec::Pcmu => Some(Codec::Pcma),
        Codec::Pcma => Some(Codec::Pcmu),
        Codec::TelephoneEvent | Codec::Other { .. } => None,
    }
}

/// The usual number of a codec, or the first dynamic one that is free.
fn free_number(usual: u8, formats: &[Format], others: &[Format]) -> u8 {
    let taken = |number: &u8| formats.iter().chain(others).any(|format| format.payload == *number);
    // There are 32 dynamic numbers, and some static ones nobody uses, for at most MAX_FORMATS + 2 others.
    std::iter::once(usual).chain(96..=127).chain(19..=63).find(|number| !taken(number)).unwrap_or(usual)
}

#[cfg(test)]
mod tests;
