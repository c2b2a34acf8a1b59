//! What was seen, read and judged: whether it is what the story promises.

use std::time::{Duration, Instant};

use super::super::audio::Hearing;
use super::super::line::{Seen, Told, What};
use super::super::log::LoggedCall;
use super::super::shop::{DESKS, JO, JO_MILLER, JO_NUMBER};
use super::super::tone::Voice;
use super::{Fault, LETS_RING};

/// Of 100 packets sent, so many must come (the last may be cut off by the hang-up), and be the right voice.
const MUST_COME: u64 = 90;
const MUST_BE_CLEAR: u64 = 95;
/// The log counts in milliseconds from its own first sight of each fact; on a busy machine that lags a little.
const LOG_SLACK: Duration = Duration::from_millis(500);

/// What picking up came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Index into [`DESKS`].
    pub winner: usize,
    pub loser: usize,
    pub loser_was_late: bool,
    pub answered: Instant,
    pub let_go: Instant,
    pub stopped: Instant,
}

pub fn of<'a>(past: &'a [Seen], who: &'a str) -> impl Iterator<Item = &'a Seen> {
    past.iter().filter(move |seen| &*seen.who == who)
}

/// When this phone rang, and the name and number it shows.
pub fn shown<'a>(past: &'a [Seen], phone: &'a str) -> Option<(Instant, &'a str, &'a str)> {
    of(past, phone).find_map(|seen| match &seen.what {
        What::Rings { name, number } => Some((seen.at, name.as_str(), number.as_str())),
        _ => None,
    })
}

/// When Jo heard ringing, and whether her call was in the log then.
pub fn heard_ringing(past: &[Seen]) -> Option<(Instant, bool)> {
    of(past, JO).find_map(|seen| match seen.what {
        What::HearsRinging { logged } => Some((seen.at, logged)),
        _ => None,
    })
}

/// When the receiver of this phone was lifted.
pub fn lifted(past: &[Seen], phone: &str) -> Option<Instant> {
    of(past, phone).find_map(|seen| match seen.what {
        What::PicksUp | What::PicksUpTooLate => Some(seen.at),
        _ => None,
    })
}

pub fn hears(past: &[Seen], who: &str, voice: Voice) -> Option<Instant> {
    of(past, who).find(|seen| seen.what == What::Hears(voice)).map(|seen| seen.at)
}

/// How the call ended for them: what they said and heard in it.
pub fn ended<'a>(past: &'a [Seen], who: &'a str) -> Option<&'a Hearing> {
    of(past, who).find_map(|seen| match &seen.what {
        What::HungUp(hearing) | What::IsHungUpOn(_, hearing) => Some(hearing),
        _ => None,
    })
}

pub fn refused(past: &[Seen], who: &'static str) -> Option<Fault> {
    of(past, who).find_map(|seen| match seen.what {
        What::IsRefused(status) => Some(Fault::IsRefused { who, status }),
        _ => None,
    })
}

/// All phones ring and show who calls, and how often by now; the call was in the log when Jo heard ringing. Returns
/// what the phones show.
pub fn judge_ringing(past: &[Seen], nth: u32) -> Result<String, Fault> {
    if let Some(refused) = refused(past, JO) {
        return Err(refused);
    }
    let expected = format!("{JO_MILLER} {nth}");
    let mut on_all = String::new();
    for desk in &DESKS {
        let (_, name, number) = shown(past, desk.name).ok_or(Fault::DoesNotRing(desk.name.into()))?;
        let right = name.starts_with(&expected) && number == JO_NUMBER && (on_all.is_empty() || name == on_all);
        if !right {
            return Err(Fault::Shows { phone: desk.name.into(), name: name.into(), number: number.into() });
        }
        on_all = name.to_owned();
    }
    match heard_ringing(past) {
        None => Err(Fault::NoRinging(JO)),
        Some((_, false)) => Err(Fault::NotLogged(JO)),
        Some((_, true)) => Ok(on_all),
    }
}

/// Two picked up; one of them has the call, the other and the one that rang on were told that it is elsewhere.
pub fn judge_picking_up(past: &[Seen], hands: [usize; 2]) -> Result<Outcome, Fault> {
    if let Some(refused) = refused(past, JO) {
        return Err(refused);
    }
    let answered = of(past, JO).find(|seen| seen.what == What::IsAnswered).map(|seen| seen.at);
    let answered = answered.ok_or(Fault::NotAnswered(JO))?;
    let [one, other] = hands.map(|hand| taken_from(past, DESKS[hand].name));
    let (winner, loser, taken) = match (one, other) {
        (None, Some(taken)) => (hands[0], hands[1], taken),
        (Some(taken), None) => (hands[1], hands[0], taken),
        (Some(_), Some(_)) => return Err(Fault::NobodyHasIt),
        // Two have it; the second to pick up should have been told.
        (None, None) => return Err(Fault::NotLetGo(DESKS[hands[1]].name.into())),
    };
    let rang_on = DESKS[LETS_RING].name;
    let stopped = taken_from(past, rang_on).ok_or(Fault::NotLetGo(rang_on.into()))?;
    for (phone, taken) in [(DESKS[loser].name, &taken), (rang_on, &stopped)] {
        if taken.told == Told::Plainly {
            return Err(Fault::ShowsMissedCall(phone.into()));
        }
    }
    Ok(Outcome {
        winner,
        loser,
        loser_was_late: taken.before_it_was_lifted,
        answered,
        let_go: taken.at,
        stopped: stopped.at,
    })
}

/// How a call was taken from a phone.
struct Taken {
    at: Instant,
    told: Told,
    before_it_was_lifted: bool,
}

fn taken_from(past: &[Seen], phone: &str) -> Option<Taken> {
    of(past, phone).find_map(|seen| match seen.what {
        What::StopsRinging(told) => Some(Taken { at: seen.at, told, before_it_was_lifted: true }),
        What::IsHungUpOn(told, _) => Some(Taken { at: seen.at, told, before_it_was_lifted: false }),
        _ => None,
    })
}

/// Nearly all that was said came, and nearly all that came was that voice.
pub fn judge_hearing(who: &str, hearing: &Hearing, voice: Voice, said: u64) -> Result<(), Fault> {
    let (came, heard) = (hearing.came, hearing.of(voice));
    let well = said > 0 && came * 100 >= said * MUST_COME && heard * 100 >= came * MUST_BE_CLEAR;
    if well { Ok(()) } else { Err(Fault::HearsBadly { who: who.into(), heard, came, said }) }
}

/// The log says what was seen.
pub fn judge_log(call: &LoggedCall, winner: &str, ring: Duration, talk: Duration) -> Result<(), Fault> {
    let texts = [
        ("caller.number", &call.caller.number, JO_NUMBER),
        ("caller.name", &call.caller.name, JO_MILLER),
        ("disposition", &call.disposition, "answered"),
        ("answered_by", &call.answered_by, winner),
        ("ended_by", &call.ended_by, "caller"),
    ];
    for (field, logged, seen) in texts {
        if logged.as_deref() != Some(seen) {
            let logged = logged.clone().unwrap_or_else(|| "null".to_owned());
            return Err(Fault::LogDiffers { field, logged, seen: seen.to_owned() });
        }
    }
    for (field, logged, seen) in [("ring_ms", call.ring_ms, ring), ("talk_ms", call.talk_ms, talk)] {
        if Duration::from_millis(logged).abs_diff(seen) > LOG_SLACK {
            return Err(Fault::LogDiffers { field, logged: logged.to_string(), seen: seen.as_millis().to_string() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::log::LoggedCaller;
    use super::super::super::shop::JO_VOICE;
    use super::super::HANDS;
    use super::*;

    fn seen(who: &str, what: What) -> Seen {
        Seen { at: Instant::now(), who: who.into(), what }
    }

    fn rings(phone: &str, name: &str) -> Seen {
        seen(phone, What::Rings { name: name.into(), number: JO_NUMBER.into() })
    }

    fn all_ring(logged: bool) -> Vec<Seen> {
        let mut past: Vec<Seen> = DESKS.iter().map(|desk| rings(desk.name, "Jo Miller 3rd call")).collect();
        past.push(seen(JO, What::HearsRinging { logged }));
        past
    }

    #[test]
    fn ringing_is_right_when_all_ring_with_the_card_and_the_log_knew() {
        assert_eq!(judge_ringing(&all_ring(true), 3), Ok("Jo Miller 3rd call".into()));
        assert_eq!(judge_ringing(&all_ring(false), 3), Err(Fault::NotLogged(JO)));
        assert_eq!(judge_ringing(&all_ring(true)[..3], 3), Err(Fault::NoRinging(JO)));
        assert_eq!(judge_ringing(&all_ring(true)[1..], 3), Err(Fault::DoesNotRing("Counter".into())));
        assert!(matches!(judge_ringing(&all_ring(true), 4), Err(Fault::Shows { .. })));
        let mut past = all_ring(true);
        past[2] = rings("Ana", "Jo Miller");
        assert!(matches!(judge_ringing(&past, 3), Err(Fault::Shows { phone, .. }) if &*phone == "Ana"));
        let busy = [seen(JO, What::IsRefused(486))];
        assert_eq!(judge_ringing(&busy, 3), Err(Fault::IsRefused { who: JO, status: 486 }));
    }

    #[test]
    fn one_winner_is_one_phone_left_and_two_told_elsewhere() {
        let judge = |facts: &[(&str, What)]| {
            let past: Vec<Seen> = facts.iter().map(|(who, what)| seen(who, what.clone())).collect();
            judge_picking_up(&past, HANDS).map(|outcome| (outcome.winner, outcome.loser, outcome.loser_was_late))
        };
        let answered = (JO, What::IsAnswered);
        let stops = |told| ("Workshop", What::StopsRinging(told));
        let loses = |who, told| (who, What::IsHungUpOn(told, Hearing::default()));
        let late = ("Ana", What::StopsRinging(Told::Elsewhere));
        let (elsewhere, plainly) = (Told::Elsewhere, Told::Plainly);

        assert_eq!(judge(&[answered.clone(), stops(elsewhere), loses("Ana", elsewhere)]), Ok((0, 2, false)));
        assert_eq!(judge(&[answered.clone(), stops(elsewhere), loses("Counter", elsewhere)]), Ok((2, 0, false)));
        assert_eq!(judge(&[answered.clone(), stops(elsewhere), late]), Ok((0, 2, true)));
        let ana = || Arc::from("Ana");
        assert_eq!(judge(&[stops(elsewhere), loses("Ana", elsewhere)]), Err(Fault::NotAnswered(JO)));
        assert_eq!(judge(&[answered.clone(), stops(elsewhere)]), Err(Fault::NotLetGo(ana())));
        assert_eq!(
            judge(&[answered.clone(), stops(elsewhere), loses("Ana", plainly)]),
            Err(Fault::ShowsMissedCall(ana()))
        );
        assert_eq!(
            judge(&[answered.clone(), stops(plainly), loses("Ana", elsewhere)]),
            Err(Fault::ShowsMissedCall("Workshop".into()))
        );
        assert_eq!(judge(&[answered.clone(), loses("Ana", elsewhere)]), Err(Fault::NotLetGo("Workshop".into())));
        let both = [answered, stops(elsewhere), loses("Ana", elsewhere), loses("Counter", elsewhere)];
        assert_eq!(judge(&both), Err(Fault::NobodyHasIt));
    }

    #[test]
    fn hearing_well_is_nearly_all_packets_in_the_right_voice() {
        let hearing = |came, right| Hearing { said: 0, came, voices: vec![(JO_VOICE, right)] };
        let judge = |came, right, said| judge_hearing("Ana", &hearing(came, right), JO_VOICE, said).is_ok();
        assert!(judge(149, 149, 150));
        assert!(!judge(100, 100, 150));
        assert!(!judge(149, 20, 150));
        assert!(!judge(0, 0, 150));
        assert!(!judge(0, 0, 0));
    }

    #[test]
    fn the_log_must_say_what_was_seen() {
        let some = |text: &str| Some(text.to_owned());
        let right = LoggedCall {
            caller: LoggedCaller { number: some(JO_NUMBER), name: some(JO_MILLER) },
            disposition: some("answered"),
            ended_by: some("caller"),
            answered_by: some("Ana"),
            ended_at: some("2026-12-24T18:05:04.200Z"),
            ring_ms: 1_201,
            talk_ms: 2_999,
            nth_call_from_caller: 3,
        };
        let judge = |call: &LoggedCall| judge_log(call, "Ana", Duration::from_millis(1200), Duration::from_secs(3));
        let field = |call: LoggedCall| match judge(&call) {
            Err(Fault::LogDiffers { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(judge(&right), Ok(()));
        assert_eq!(field(LoggedCall { answered_by: some("Counter"), ..right.clone() }), "answered_by");
        assert_eq!(field(LoggedCall { disposition: some("missed"), ..right.clone() }), "disposition");
        assert_eq!(field(LoggedCall { ended_by: None, ..right.clone() }), "ended_by");
        assert_eq!(field(LoggedCall { ring_ms: 3_000, ..right.clone() }), "ring_ms");
        assert_eq!(field(LoggedCall { talk_ms: 0, ..right }), "talk_ms");
    }
}
