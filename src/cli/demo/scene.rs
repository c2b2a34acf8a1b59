//! What the demo's page shows: the caller, what she heard, and the three phones. It is made from what they saw themselves
//! and from nothing else, so that all who look see the same, and nothing that did not happen.

use std::time::{Duration, Instant};

use super::line::{Seen, Told, What};
use super::shop::{CARMEN, DESKS};

/// What the visitor has Carmen do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Call,
    CallWhenClosed,
    LetItRing,
}

/// Who has the phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The story in the terminal.
    Story,
    /// Nobody: the visitor may begin.
    Rest,
    Plays(Wish),
    /// The demo ends.
    Over,
}

/// Carmen, as one would see her.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carmen {
    Away,
    Dials,
    HearsRinging,
    Listens,
    Speaks,
}

/// One thing that Carmen heard or did, and how long after she had dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub after: Duration,
    pub what: Heard,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Dialled,
    /// `logged`: the call's row was in the store by then.
    Ringing {
        logged: bool,
    },
    Answered,
    /// The voice of this one of [`DESKS`].
    Voice(usize),
    /// So much of the greeting.
    Greeting(String),
    /// Sound that is neither.
    SomethingElse,
    Beep,
    Speaks,
    /// The call failed with this SIP status.
    Refused(u16),
    ShopHungUp,
    /// Having heard so many packets of sound.
    HungUp(u64),
}

/// What a phone shows of who calls, just as the INVITE's From has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub name: String,
    pub number: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Face {
    #[default]
    Quiet,
    Rings(Card),
    Talks(Card),
    /// It stopped, or was let go, because a colleague has the call.
    Elsewhere,
    /// It stopped, and nobody has had the call.
    Missed(Card),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handset {
    pub face: Face,
    /// Missed calls that it shows: until it is picked up.
    pub missed: u32,
}

#[derive(Clone, Debug)]
pub struct Scene {
    pub act: Act,
    pub carmen: Carmen,
    pub heard: Vec<Moment>,
    /// In the order of [`DESKS`].
    pub phones: [Handset; 3],
    /// Where the message of the latest call is played from.
    pub message: Option<String>,
    dialled: Instant,
}

impl Scene {
    pub fn new(now: Instant) -> Scene {
        Scene {
            act: Act::Story,
            carmen: Carmen::Away,
            heard: Vec::new(),
            phones: Default::default(),
            message: None,
            dialled: now,
        }
    }

    /// Whether the visitor may have Carmen call.
    pub fn is_free(&self) -> bool {
        self.act == Act::Rest
    }

    /// Whether the visitor may pick this phone up.
    pub fn rings(&self, phone: usize) -> bool {
        let rings = |phone: &Handset| matches!(phone.face, Face::Rings(_));
        matches!(self.act, Act::Plays(_)) && self.phones.get(phone).is_some_and(rings)
    }

    /// Whether the visitor may have Carmen hang up.
    pub fn has_a_call(&self) -> bool {
        matches!(self.act, Act::Plays(_)) && self.carmen != Carmen::Away
    }

    /// The phones are the visitor's, for this.
    pub fn begin(&mut self, wish: Wish) {
        self.act = Act::Plays(wish);
        self.heard.clear();
        self.message = None;
        // What became of the last call is not told of this one; missed calls stay counted.
        self.phones.iter_mut().for_each(|phone| phone.face = Face::Quiet);
    }

    pub fn dialled(&mut self, at: Instant) {
        self.dialled = at;
        self.carmen = Carmen::Dials;
        self.hear(at, Heard::Dialled);
    }

    /// So much of the greeting has been heard by now; `first`: when it began.
    pub fn greeted(&mut self, first: Instant, words: &str) {
        let so_far = self.heard.iter_mut().find(|moment| matches!(moment.what, Heard::Greeting(_)));
        match so_far {
            Some(moment) => moment.what = Heard::Greeting(words.to_owned()),
            None => self.hear(first, Heard::Greeting(words.to_owned())),
        }
    }

    pub fn hear(&mut self, at: Instant, what: Heard) {
        if what == Heard::Speaks {
            self.carmen = Carmen::Speaks;
        }
        self.heard.push(Moment { after: at.saturating_duration_since(self.dialled), what });
    }

    /// The desk whose voice Carmen hears.
    pub fn voice(&self) -> Option<usize> {
        self.heard.iter().rev().find_map(|moment| match moment.what {
            Heard::Voice(desk) => Some(desk),
            _ => None,
        })
    }

    /// Takes in what one of the demo's people or phones saw.
    pub fn saw(&mut self, seen: &Seen) {
        if let Some(phone) = DESKS.iter().position(|desk| desk.name == &*seen.who) {
            self.phones[phone].saw(&seen.what);
        } else if matches!(self.act, Act::Plays(_)) && &*seen.who == CARMEN {
            self.carmen_saw(seen);
        }
    }

    fn carmen_saw(&mut self, seen: &Seen) {
        let (carmen, heard) = match &seen.what {
            What::HearsRinging { logged } => (Carmen::HearsRinging, Heard::Ringing { logged: *logged }),
            What::IsAnswered => (Carmen::Listens, Heard::Answered),
            What::Hears(voice) => match DESKS.iter().position(|desk| desk.voice == *voice) {
                // A packet too late breaks the voice; it is the same one again.
                Some(desk) if self.voice() != Some(desk) => (self.carmen, Heard::Voice(desk)),
                _ => return,
            },
            What::IsRefused(status) => (Carmen::Away, Heard::Refused(*status)),
            What::IsHungUpOn(..) => (Carmen::Away, Heard::ShopHungUp),
            What::HungUp(hearing) => (Carmen::Away, Heard::HungUp(hearing.came)),
            What::Rings { .. } | What::PicksUp | What::PicksUpTooLate | What::StopsRinging(_) => return,
        };
        self.carmen = carmen;
        self.hear(seen.at, heard);
    }
}

impl Handset {
    fn saw(&mut self, what: &What) {
        match (what, std::mem::take(&mut self.face)) {
            (What::Rings { name, number }, _) => {
                self.face = Face::Rings(Card { name: name.clone(), number: number.clone() });
            }
            (What::PicksUp, Face::Rings(card)) => {
                self.missed = 0;
                self.face = Face::Talks(card);
            }
            (What::StopsRinging(Told::Elsewhere) | What::IsHungUpOn(Told::Elsewhere, _), _) => {
                self.face = Face::Elsewhere;
            }
            (What::StopsRinging(Told::Plainly), Face::Rings(card)) => {
                self.missed += 1;
                self.face = Face::Missed(card);
            }
            (What::IsHungUpOn(Told::Plainly, _), _) => {}
            (_, face) => self.face = face,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::audio::Hearing;
    use super::super::shop::JO;
    use super::*;

    fn scene() -> Scene {
        let mut scene = Scene::new(Instant::now());
        scene.begin(Wish::Call);
        scene.dialled(scene.dialled);
        scene
    }

    fn sees(scene: &mut Scene, who: &str, what: What) {
        scene.saw(&Seen { at: scene.dialled + Duration::from_millis(40), who: who.into(), what });
    }

    fn all_ring(scene: &mut Scene) {
        for desk in &DESKS {
            let (name, number) = ("Carmen 2nd call".to_owned(), "+34600555444".to_owned());
            sees(scene, desk.name, What::Rings { name, number });
        }
    }

    fn heard(scene: &Scene) -> Vec<Heard> {
        scene.heard.iter().map(|moment| moment.what.clone()).collect()
    }

    #[test]
    fn who_was_told_that_a_colleague_has_the_call_shows_no_missed_call() {
        let mut scene = scene();
        all_ring(&mut scene);
        assert!((0..3).all(|phone| scene.rings(phone)) && !scene.rings(3));
        sees(&mut scene, DESKS[1].name, What::PicksUp);
        sees(&mut scene, DESKS[0].name, What::StopsRinging(Told::Elsewhere));
        sees(&mut scene, DESKS[2].name, What::PicksUp);
        sees(&mut scene, DESKS[2].name, What::IsHungUpOn(Told::Elsewhere, Hearing::default()));
        assert!(matches!(&scene.phones[1].face, Face::Talks(card) if card.name == "Carmen 2nd call"));
        assert_eq!([&scene.phones[0].face, &scene.phones[2].face], [&Face::Elsewhere; 2]);
        sees(&mut scene, DESKS[1].name, What::IsHungUpOn(Told::Plainly, Hearing::default()));
        assert_eq!(scene.phones[1].face, Face::Quiet);
        assert!(scene.phones.iter().all(|phone| phone.missed == 0));
        scene.begin(Wish::CallWhenClosed);
        assert!(scene.phones.iter().all(|phone| phone.face == Face::Quiet), "nobody has the call that comes now");
    }

    #[test]
    fn a_caller_whom_nobody_had_is_a_missed_call_until_the_phone_is_picked_up() {
        let mut scene = scene();
        all_ring(&mut scene);
        sees(&mut scene, DESKS[0].name, What::StopsRinging(Told::Plainly));
        assert!(matches!(scene.phones[0].face, Face::Missed(_)));
        all_ring(&mut scene);
        assert_eq!(scene.phones[0].missed, 1);
        sees(&mut scene, DESKS[0].name, What::PicksUp);
        assert_eq!(scene.phones[0].missed, 0);
        sees(&mut scene, DESKS[0].name, What::PicksUpTooLate);
        assert!(matches!(scene.phones[0].face, Face::Talks(_)), "a hand too late changes nothing");
    }

    #[test]
    fn what_carmen_heard_is_told_in_its_order_and_a_voice_once() {
        let mut scene = scene();
        sees(&mut scene, CARMEN, What::HearsRinging { logged: true });
        assert_eq!(scene.carmen, Carmen::HearsRinging);
        sees(&mut scene, CARMEN, What::IsAnswered);
        sees(&mut scene, CARMEN, What::Hears(DESKS[2].voice));
        sees(&mut scene, CARMEN, What::Hears(DESKS[2].voice));
        sees(&mut scene, CARMEN, What::HungUp(Hearing { came: 150, ..Hearing::default() }));
        let expected =
            [Heard::Dialled, Heard::Ringing { logged: true }, Heard::Answered, Heard::Voice(2), Heard::HungUp(150)];
        assert_eq!(heard(&scene), expected);
        assert_eq!(scene.heard[1].after, Duration::from_millis(40));
        assert_eq!(scene.carmen, Carmen::Away);
    }

    #[test]
    fn the_greeting_grows_where_it_stands() {
        let mut scene = scene();
        let at = scene.dialled;
        scene.greeted(at, "We are closed.");
        scene.greeted(at, "We are closed. We open today");
        scene.hear(at, Heard::Beep);
        let words = Heard::Greeting("We are closed. We open today".to_owned());
        assert_eq!(heard(&scene), [Heard::Dialled, words, Heard::Beep]);
    }

    #[test]
    fn the_story_in_the_terminal_moves_the_phones_alone() {
        let mut scene = Scene::new(Instant::now());
        all_ring(&mut scene);
        sees(&mut scene, CARMEN, What::IsAnswered);
        sees(&mut scene, JO, What::IsAnswered);
        assert!(scene.heard.is_empty() && !scene.rings(0) && !scene.is_free() && !scene.has_a_call());
        assert!(matches!(scene.phones[0].face, Face::Rings(_)));
    }
}
