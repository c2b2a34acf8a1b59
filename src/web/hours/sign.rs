//! `/hours/sign`: the hours as a sheet for the door, in the languages of the shop, from the hours that calls follow.

use askama::Template;
use axum::response::Response;
use chrono::Days;

use crate::routing::ahead::days_ahead;
use crate::routing::local_time;
use crate::routing::plan::{Closure, Language};
use crate::routing::week::{DAY_MIN, Span, Week, clock};
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::words::page::hours as said;

#[derive(Template)]
#[template(path = "sign.html")]
struct Page {
    frame: Frame,
    h: &'static said::Labels,
    parts: Vec<Part>,
    number: Option<String>,
    back: String,
}

/// The sign in one language.
struct Part {
    language: &'static str,
    heading: &'static str,
    rows: Vec<(String, String)>,
    /// "Closed on public holidays", and the closures to come.
    below: Vec<String>,
}

/// Closures that are further away are of no use at the door.
const CLOSURES_WITHIN: Days = Days::new(60);

pub async fn show(view: View) -> Result<Response, Fault> {
    let h = said::labels(view.language());
    page(Page {
        frame: view.frame(Tab::Hours, h.door_sign),
        h,
        parts: languages(&view).into_iter().map(|language| part(&view, language)).collect(),
        number: view.shop.numbers.first().map(|number| number.national(view.shop.country)),
        back: view.at("/hours"),
    })
}

/// The shop's own, and the other when the greeting speaks it too.
fn languages(view: &View) -> Vec<Language> {
    let also = view.shop.greeting.also.filter(|also| *also != view.shop.language);
    [Some(view.shop.language), also].into_iter().flatten().collect()
}

fn part(view: &View, language: Language) -> Part {
    let h = said::labels(language);
    let week = view.shop.hours.as_ref().map(|hours| Week::read(hours.as_str()));
    let rows = match &week {
        None => vec![(said::days(0, 6, language), h.all_day.to_owned())],
        Some(Some(week)) => week_rows(week, language),
        Some(None) => dated_rows(view, language),
    };
    let holidays = matches!(&week, Some(Some(week)) if week.holidays_off).then(|| h.holidays_closed.to_owned());
    let today = local_time::local(view.shop.time_zone, view.now);
    let soon =
        |closure: &&Closure| closure.open.is_none() && closure.to > today && closure.from < today + CLOSURES_WITHIN;
    let closures = view.shop.closures.iter().filter(soon).map(|closure| closure_line(closure, language));
    Part {
        language: language.as_str(),
        heading: h.sign_heading,
        rows,
        below: holidays.into_iter().chain(closures).collect(),
    }
}

/// Days that are alike in a row are one line.
fn week_rows(week: &Week, language: Language) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut day = 0;
    while day < week.days.len() {
        let same = week.days[day..].iter().take_while(|other| **other == week.days[day]).count();
        rows.push((said::days(day, day + same - 1, language), times(&week.days[day], language)));
        day += same;
    }
    rows
}

fn times(spans: &[Span], language: Language) -> String {
    let h = said::labels(language);
    let time = |minutes: u16| clock(minutes).trim_start_matches('0').to_owned();
    let time = |minutes: u16| if minutes < 60 { clock(minutes) } else { time(minutes) };
    match spans {
        [] => h.closed.to_owned(),
        [Span { from: 0, to: DAY_MIN }] => h.all_day.to_owned(),
        spans => {
            let span = |span: &Span| format!("{}–{}", time(span.from), time(span.to));
            spans.iter().map(span).collect::<Vec<_>>().join(", ")
        }
    }
}

/// Hours that are not the same every week: the next seven days by their dates.
fn dated_rows(view: &View, language: Language) -> Vec<(String, String)> {
    let zone = view.shop.time_zone;
    let today = local_time::local(zone, view.now).date();
    let row = |day: &crate::routing::ahead::DayAhead| {
        (said::date(day.date, language), said::times(&day.open, zone, language))
    };
    days_ahead(&view.shop, today, 7).iter().map(row).collect()
}

fn closure_line(closure: &Closure, language: Language) -> String {
    let when = said::closed_from_to(closure.from, closure.to, language);
    let closed = said::closed_longer("", language);
    let why = shown(&closure.why);
    if why.is_empty() { format!("{when}: {closed}") } else { format!("{when}: {closed} ({why})") }
}
