//! `/figures`: this month and last, in a few sums that each come with a sentence of what to do; and the shop's words for
//! what callers want.

use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate, NaiveTime};

use crate::figures::{Figures, Hour, Week, hours_with_calls};
use crate::now::UnixMs;
use crate::routing::local_time;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page};
use crate::web::wrap_up::seen_wanted;
use crate::words;
use crate::words::page::{figures as said, wrap_up};
use crate::wrap_up::{MAX_WORD_CHARS, MAX_WORDS, line};

#[derive(Template)]
#[template(path = "figures.html")]
struct Page {
    frame: Frame,
    f: &'static said::Labels,
    a: &'static wrap_up::Labels,
    rows: Vec<Row>,
    /// In short, and whole.
    weekdays: Vec<(String, &'static str)>,
    week: Vec<Line>,
    missed_advice: Option<String>,
    wants: Vec<(String, u32)>,
    wants_advice: Option<String>,
    words_action: String,
    words: String,
    words_fault: Option<&'static str>,
    saved: bool,
}

/// A figure of this month and of the last, and what to do about it.
struct Row {
    name: &'static str,
    /// What it means, where the name does not say.
    hint: &'static str,
    now: String,
    before: String,
    advice: Option<String>,
}

/// An hour of the day.
struct Line {
    hour: usize,
    cells: Vec<Cell>,
}

/// An hour of a weekday.
struct Cell {
    /// A number where calls were missed, a dot where all were answered.
    text: String,
    label: String,
    /// For the style sheet: how bad, by the thickness of its frame as well as by its shade.
    kind: &'static str,
}

const NONE: &str = "–";
/// Reasons that are worth a line.
const WANTS: usize = 12;

pub async fn show(view: View) -> Result<Response, Fault> {
    build(&view, None).await
}

/// The shop's own words for what callers want.
pub async fn set_words(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let typed = fields.get("words").unwrap_or_default();
    let lines: Vec<&str> = typed.lines().map(str::trim).filter(|word| !word.is_empty()).collect();
    let words: Option<Vec<String>> = lines.iter().map(|word| line(word, MAX_WORD_CHARS)).collect();
    match words.filter(|words| words.len() <= MAX_WORDS) {
        Some(words) => {
            view.web.store.set_wanted_words(view.shop.id, &words).await?;
            Ok(Redirect::to(&view.at("/figures?saved=yes")).into_response())
        }
        None => Ok((StatusCode::UNPROCESSABLE_ENTITY, build(&view, Some(typed)).await?).into_response()),
    }
}

/// `refused`: the words that were typed and not taken.
async fn build(view: &View, refused: Option<&str>) -> Result<Response, Fault> {
    let (store, language, zone) = (&view.web.store, view.language(), view.shop.time_zone);
    let (last, this) = months(local_time::local(zone, view.now).date());
    let begin = |day: NaiveDate| local_time::earliest(zone, day.and_time(NaiveTime::MIN));
    let (last, this) = (begin(last), begin(this));
    let end = UnixMs(i64::MAX);
    let figures = |span| store.figures(view.shop.id, span, view.now);
    let (mut now, mut before) = tokio::try_join!(figures((this, end)), figures((last, this)))?;
    for (wanted, _) in now.wanted.iter_mut().chain(&mut before.wanted) {
        *wanted = seen_wanted(wanted);
    }
    // In the first days of a month there is little to see in it.
    let telling = if now.answered().0 >= ENOUGH || before.answered().0 == 0 { &now } else { &before };
    let week = telling.week(zone);
    let wants_of = if now.said() >= ENOUGH || before.said() == 0 { &now } else { &before };
    let own = store.wanted_words(view.shop.id).await?.join("\n");
    let (f, a) = (said::labels(language), wrap_up::labels(language));
    let wants = wants_of.wanted.iter().take(WANTS);
    page(Page {
        frame: view.frame(Tab::Other, f.figures),
        f,
        a,
        rows: rows(&now, &before, view),
        weekdays: words::page::weekdays(language).map(|day| (day.chars().take(2).collect(), day)).into(),
        week: lines(&week, view),
        missed_advice: said::advice_on_missed(telling, zone, language),
        wants: wants.map(|(wanted, callers)| (wrap_up::wanted(wanted, language), *callers)).collect(),
        wants_advice: said::advice_on_wants(wants_of, language),
        words_action: view.at("/figures/words"),
        words: crate::web::frame::shown_lines(refused.unwrap_or(&own)),
        words_fault: refused.map(|_| a.words_faulty),
        saved: refused.is_none() && !view.query.text("saved").is_empty(),
    })
}

/// From so many calls on a month tells something.
const ENOUGH: u32 = 20;

/// The first days of the month before and of this one.
fn months(today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let this = today.with_day(1).unwrap_or(today);
    let last = this.pred_opt().and_then(|eve| eve.with_day(1)).unwrap_or(this);
    (last, this)
}

fn rows(now: &Figures, before: &Figures, view: &View) -> Vec<Row> {
    let (language, f) = (view.language(), said::labels(view.language()));
    let row = |name, hint, say: &dyn Fn(&Figures) -> Option<String>, advice: Option<String>| Row {
        name,
        hint,
        now: say(now).unwrap_or_else(|| NONE.to_owned()),
        before: say(before).unwrap_or_else(|| NONE.to_owned()),
        advice,
    };
    let hello = |percent: u32| move |figures: &Figures| figures.hello_within(percent).map(said::seconds);
    let share = |(part, of): (u32, u32)| (of > 0).then(|| said::share(part, of, language));
    let answered = |figures: &Figures| {
        let (calls, answered) = figures.answered();
        share((answered, calls))
    };
    let kept = |figures: &Figures| share((figures.promises.kept, figures.promises.due));
    let closed = |figures: &Figures| (figures.while_closed > 0).then(|| figures.while_closed.to_string());
    vec![
        row(f.hello_median, "", &hello(50), None),
        row(f.hello_ninety, "", &hello(90), said::advice_on_hello(now, language)),
        row(f.answered, f.out_of_open, &answered, None),
        row(f.while_closed, "", &closed, said::advice_on_answers(now, language)),
        row(f.promises, "", &kept, said::advice_on_promises(now, language)),
    ]
}

fn lines(week: &Week, view: &View) -> Vec<Line> {
    let Some((first, last)) = hours_with_calls(week) else { return Vec::new() };
    let cell = |weekday: usize, hour: usize| {
        let (calls, missed) = week[weekday][hour];
        let at = Hour { weekday, hour: u32::try_from(hour).unwrap_or(0), calls, missed };
        Cell {
            text: match (calls, missed) {
                (0, _) => String::new(),
                (_, 0) => "·".to_owned(),
                (_, missed) => missed.to_string(),
            },
            label: if calls == 0 { String::new() } else { said::cell(at, view.language()) },
            kind: match missed {
                0 => "none",
                1 | 2 => "little",
                3..=5 => "some",
                _ => "many",
            },
        }
    };
    let line = |hour| Line { hour, cells: (0..7).map(|weekday| cell(weekday, hour)).collect() };
    (first..=last).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_before_january_is_december() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(months(day("2027-01-31")), (day("2026-12-01"), day("2027-01-01")));
        assert_eq!(months(day("2028-03-01")), (day("2028-02-01"), day("2028-03-01")));
    }
}
