//! What *Now*, the card after a call and *Figures* say, in both languages, against `tests/golden/words`.

use chrono_tz::Europe::Madrid;
use ringall::figures::{Figures, HALF_MS, Half, Hour, PromisesKept};
use ringall::owed::Settlement;
use ringall::routing::plan::Language;
use ringall::words::page::{figures, now, wrap_up};
use ringall::wrap_up::{Topic, Wanted};

use crate::words::{golden, in_both};

const COUNTS: [usize; 5] = [0, 1, 2, 3, 21];

/// The moment in each language, as the page puts it into a sentence.
fn moment(language: Language) -> &'static str {
    match language {
        Language::En => "today at 18:01",
        Language::Es => "hoy a las 18:01",
    }
}

#[test]
fn now_says_what_happens_to_a_call_and_who_calls_back() {
    let called = in_both(&COUNTS, |phones, language| now::if_called(*phones, language));
    let closed = in_both(&["closed"], |_, language| now::if_called_closed(language).to_owned());
    let lines = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (1, 3), (2, 2), (3, 21)];
    let lines = in_both(&lines, |(ring, all), language| now::phones(*ring, *all, language));
    let few = in_both(&[0, 1], |ring, language| now::few_phones(*ring, language).to_owned());
    let calling = in_both(&[Some("Ann"), None], |by, language| now::is_calling(*by, language));
    let more = in_both(&COUNTS, |more, language| now::and_more(*more, language));
    let done =
        in_both(&[Some("Counter"), None], |by, language| now::done("Jo Miller", *by, moment(language), language));
    let settled =
        in_both(&Settlement::ALL, |how, language| now::settled("Jo Miller", *how, "Ann", moment(language), language));
    let spoken = in_both(&["spoken"], |_, language| now::last_spoken(moment(language), language));
    let listen = in_both(&["listen"], |_, language| now::listen_by(moment(language), language));
    golden("page_now.txt", &[called, closed, lines, few, calling, more, done, settled, spoken, listen].concat());
}

#[test]
fn the_card_after_a_call_is_told_as_people_say_it() {
    let spoke =
        in_both(&[Some("Counter"), None], |by, language| wrap_up::spoke(*by, 185_000, moment(language), language));
    let mut wants: Vec<Wanted> = Topic::ALL.map(Wanted::Topic).into();
    wants.push(Wanted::Own("Keys cut".to_owned()));
    wants.extend(["", "a 40 mm hinge"].map(|what| Wanted::NotHad(what.to_owned())));
    wants.extend(["", "Sol"].map(|which| Wanted::Neighbour(which.to_owned())));
    let wants = in_both(&wants, wrap_up::wanted);
    let promised =
        in_both(&["", "the blue door"], |what, language| wrap_up::promised("Ann", what, moment(language), language));
    golden("page_wrap_up.txt", &[spoke, wants, promised].concat());
}

/// So many calls on a Monday from 9:00, of which so many were missed.
fn calls(calls: u32, missed: u32) -> Figures {
    let monday = 1_792_393_200_000 / HALF_MS;
    Figures { halves: vec![Half { since_1970: monday, calls, missed }], ..Figures::default() }
}

#[test]
fn each_figure_has_a_sentence_of_advice() {
    let none = String::new;
    let hello = in_both(&[None, Some(4), Some(15), Some(16), Some(59), Some(60)], |seconds, language| {
        let hello = seconds.map(|seconds| (seconds, 1)).into_iter().collect();
        figures::advice_on_hello(&Figures { hello, ..Figures::default() }, language).unwrap_or_else(none)
    });
    let answers = in_both(&[(0, 0, 0), (20, 1, 0), (20, 2, 0), (1, 1, 0), (3, 3, 1), (30, 21, 21)], |row, language| {
        let (all, missed, while_closed) = *row;
        let figures = Figures { while_closed, ..calls(all, missed) };
        figures::advice_on_answers(&figures, language).unwrap_or_else(none)
    });
    let promises = in_both(&[(0, 0), (3, 3), (3, 2), (3, 1), (21, 0)], |(due, kept), language| {
        let promises = PromisesKept { due: *due, kept: *kept };
        figures::advice_on_promises(&Figures { promises, ..Figures::default() }, language).unwrap_or_else(none)
    });
    let missed = in_both(&[(0, 0), (3, 0), (3, 1), (12, 3)], |(all, missed), language| {
        figures::advice_on_missed(&calls(*all, *missed), Madrid, language).unwrap_or_else(none)
    });
    let hours = Wanted::Topic(Topic::Hours);
    let order = Wanted::Topic(Topic::Order);
    let hinge = Wanted::NotHad("a 40 mm hinge".to_owned());
    let rows = [
        vec![],
        vec![(order.clone(), 89), (hours.clone(), 31)],
        vec![(order.clone(), 100), (hours.clone(), 9)],
        vec![(order, 100), (hinge, 21), (hours, 20)],
        vec![(Wanted::Own("Keys cut".to_owned()), 1)],
    ];
    let wants = in_both(&rows, |wanted, language| {
        let figures = Figures { wanted: wanted.clone(), ..Figures::default() };
        figures::advice_on_wants(&figures, language).unwrap_or_else(none)
    });
    let cell = in_both(&[(12, 0), (12, 1), (12, 3)], |(calls, missed), language| {
        figures::cell(Hour { weekday: 0, hour: 9, calls: *calls, missed: *missed }, language)
    });
    let share = in_both(&[(0, 0), (1, 3), (112, 120)], |(part, of), language| figures::share(*part, *of, language));
    golden("page_figures.txt", &[hello, answers, promises, missed, wants, cell, share].concat());
}
