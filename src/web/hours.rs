//! `/hours`: the week, closures and extra openings, and what is read back of them. Of two people who change the week at
//! the same time the second is told, and keeps what they typed.

pub mod closed_days;
pub mod sign;
pub mod week_form;

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDateTime;

use crate::routing::ahead::{DayAhead, days_ahead};
use crate::routing::plan::Closure;
use crate::routing::{Hours, HoursTag, local_time, standing};
use crate::store::Saved;
use crate::web::api::right_now::until;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::words;
use crate::words::holiday::holiday;
use crate::words::page::hours as said;
use week_form::WeekForm;

#[derive(Template)]
#[template(path = "hours.html")]
struct Page {
    frame: Frame,
    h: &'static said::Labels,
    saved: Option<String>,
    sentence: String,
    today: String,
    ask: Option<String>,
    fault: Option<String>,
    tag: String,
    week: Option<WeekForm>,
    week_action: String,
    text: String,
    text_fault: Option<String>,
    /// The text is not what is stored: it must not be folded away.
    text_is_typed: bool,
    text_action: String,
    closures: Vec<ClosureLine>,
    closure: ClosureForm,
    closure_action: String,
    closed_days: String,
    now: String,
    ahead: Vec<DayLine>,
    greeting: String,
    sign: String,
}

/// One of the days to come.
struct DayLine {
    date: String,
    times: String,
    is_open: bool,
    /// A holiday's name, a closure's words.
    besides: String,
    clocks: Option<String>,
}

struct ClosureLine {
    when: String,
    why: String,
    open: String,
    delete: String,
}

#[derive(Default)]
struct ClosureForm {
    from: String,
    to: String,
    why: String,
    open: String,
    fault: Option<String>,
}

/// What was typed and not taken, to be shown again.
#[derive(Default)]
struct Typed {
    fault: Option<String>,
    week: Option<WeekForm>,
    text: Option<(String, Option<String>)>,
    closure: ClosureForm,
}

/// So many days are shown ahead: a change of clocks and the next holidays are seen in time.
const DAYS_AHEAD: usize = 14;

pub async fn show(view: View) -> Result<Response, Fault> {
    page(build(&view, Typed::default()).await?)
}

/// Saves the week.
pub async fn save_week(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    match WeekForm::read(&fields, view.language()) {
        Ok((week, form)) => {
            let typed = Typed { week: Some(form), ..Typed::default() };
            save(view, &fields, &week.write(), typed).await
        }
        Err(form) => {
            let typed = Typed { week: Some(form), ..Typed::default() };
            again(&view, StatusCode::UNPROCESSABLE_ENTITY, typed).await
        }
    }
}

/// Saves hours written as an expression.
pub async fn save_text(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let text = fields.text("hours").to_owned();
    let typed = Typed { text: Some((text.clone(), None)), ..Typed::default() };
    save(view, &fields, &text, typed).await
}

async fn save(view: View, fields: &Fields, expression: &str, mut typed: Typed) -> Result<Response, Fault> {
    match keep(&view, fields, expression).await? {
        Ok(()) => Ok(saved(&view)),
        Err(NotKept::Unread(fault)) => {
            match &mut typed.text {
                Some((_, text_fault)) => *text_fault = Some(fault),
                None => typed.fault = Some(fault),
            }
            again(&view, StatusCode::UNPROCESSABLE_ENTITY, typed).await
        }
        Err(NotKept::ChangedMeanwhile(now)) => {
            let theirs = now.as_ref().map(Hours::as_str);
            typed.fault = Some(words::page::changed_meanwhile(theirs, view.language()));
            typed.week = typed.week.map(|week| week.told(now.as_ref()));
            again(&view, StatusCode::CONFLICT, typed).await
        }
    }
}

/// Why the hours of a form are not the shop's now.
pub enum NotKept {
    /// What is wrong with them.
    Unread(String),
    /// Somebody else has set these since the form was shown.
    ChangedMeanwhile(Option<Hours>),
}

/// Makes these the shop's hours.
pub async fn keep(view: &View, fields: &Fields, expression: &str) -> Result<Result<(), NotKept>, Fault> {
    let hours = match Hours::parse(expression, view.shop.country) {
        Ok(hours) => hours,
        Err(error) => return Ok(Err(NotKept::Unread(words::hours_error(&error, view.language())))),
    };
    let seen = WeekForm::seen(fields).ok_or(Fault::BadForm)?;
    match view.web.store.set_hours(view.shop.id, Some(&hours), Some(&seen)).await? {
        Saved::Done => {
            view.web.plan_changed().await;
            Ok(Ok(()))
        }
        // Whoever went back and sends the same again has it so already.
        Saved::ChangedMeanwhile(Some(now)) if now == hours => Ok(Ok(())),
        Saved::ChangedMeanwhile(now) => Ok(Err(NotKept::ChangedMeanwhile(now))),
    }
}

/// Adds a closure or an extra opening.
pub async fn add_closure(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    match read_closure(&fields, &view) {
        Ok(closure) => {
            view.web.store.add_closure(view.shop.id, &closure).await?;
            done(&view).await
        }
        Err(fault) => {
            let typed = |name| fields.text(name).to_owned();
            let closure = ClosureForm {
                from: typed("from"),
                to: typed("to"),
                why: typed("why"),
                open: typed("open"),
                fault: Some(fault),
            };
            again(&view, StatusCode::UNPROCESSABLE_ENTITY, Typed { closure, ..Typed::default() }).await
        }
    }
}

/// Deletes one. One that somebody else has deleted is gone as well.
pub async fn delete_closure(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    let id = id.parse().map_err(|_| Fault::NotFound)?;
    view.web.store.delete_closure(view.shop.id, id).await?;
    done(&view).await
}

async fn done(view: &View) -> Result<Response, Fault> {
    view.web.plan_changed().await;
    Ok(saved(view))
}

fn saved(view: &View) -> Response {
    Redirect::to(&view.at("/hours?saved=yes")).into_response()
}

async fn again(view: &View, status: StatusCode, typed: Typed) -> Result<Response, Fault> {
    Ok((status, page(build(view, typed).await?)?).into_response())
}

async fn build(view: &View, typed: Typed) -> Result<Page, Fault> {
    let asked = closed_days::asked_year(&view.shop, view.now);
    let ask = view.web.store.closed_days_year(view.shop.id).await? < asked;
    Ok(built(view, typed, ask.then_some(asked)))
}

fn built(view: &View, typed: Typed, ask: Option<i32>) -> Page {
    let (w, language, zone) = (view.w(), view.language(), view.shop.time_zone);
    let decision = standing(&view.shop, view.now);
    let is_saved = !view.query.text("saved").is_empty();
    let read_back = || words::page::read_back(&decision, until(&decision), language, zone, view.now);
    let stored = view.shop.hours.as_ref().map_or("", Hours::as_str);
    let text_is_typed = typed.text.is_some();
    let (text, text_fault) = typed.text.unwrap_or_else(|| (stored.to_owned(), None));
    let today = local_time::local(zone, view.now);
    let ahead = days_ahead(&view.shop, today.date(), DAYS_AHEAD);
    let times = ahead.first().map(|day| said::times(&day.open, zone, language)).unwrap_or_default();
    let coming = view.shop.closures.iter().filter(|closure| closure.to > today);
    Page {
        frame: view.frame(Tab::Hours, w.hours),
        h: said::labels(language),
        today: said::today(&times, language),
        ask: ask.map(|year| said::ask_closed_days(year, language)),
        saved: is_saved.then(read_back),
        sentence: words::because(&decision.because, language, zone, view.now),
        fault: typed.fault,
        tag: HoursTag::of(view.shop.hours.as_ref()).to_string(),
        week: typed.week.or_else(|| WeekForm::stored(&view.shop, language)),
        week_action: view.at("/hours/week"),
        text,
        text_fault,
        text_is_typed,
        text_action: view.at("/hours/text"),
        closures: coming.map(|closure| closure_line(closure, view)).collect(),
        closure: typed.closure,
        closure_action: view.at("/hours/closures"),
        closed_days: view.at("/hours/closed-days"),
        now: local_time::written(today),
        ahead: ahead.iter().map(|day| day_line(day, view)).collect(),
        greeting: view.at("/greeting"),
        sign: view.at("/hours/sign"),
    }
}

fn day_line(day: &DayAhead, view: &View) -> DayLine {
    let language = view.language();
    let name = holiday(view.shop.country, day.date, language);
    let besides = day.besides.iter().map(|because| shown(&said::besides(because, name.as_deref(), language)));
    DayLine {
        date: said::date(day.date, language),
        times: said::times(&day.open, view.shop.time_zone, language),
        is_open: !day.open.is_empty(),
        besides: besides.collect::<Vec<_>>().join(", "),
        clocks: day.clock_change.map(|change| said::clock_change(change, language)),
    }
}

fn closure_line(closure: &Closure, view: &View) -> ClosureLine {
    let named = |local: NaiveDateTime| {
        let at = local_time::earliest(view.shop.time_zone, local);
        words::page::moment_within(at, view.language(), view.shop.time_zone, view.now)
    };
    let open = closure.open.as_ref().map_or("", Hours::as_str);
    let when = match said::whole_days(closure.from, closure.to, view.language()) {
        Some(days) => days,
        None => words::page::from_to(&named(closure.from), &named(closure.to), view.language()),
    };
    ClosureLine {
        when,
        why: shown(&closure.why),
        open: if open.is_empty() { String::new() } else { words::page::open_then(open, view.language()) },
        delete: view.at(&format!("/hours/closures/{}/delete", closure.id)),
    }
}

fn read_closure(fields: &Fields, view: &View) -> Result<Closure, String> {
    let (w, language) = (view.w(), view.language());
    let moment = |name| local_time::read(fields.text(name)).ok_or_else(|| w.not_a_time.to_owned());
    let (from, to) = (moment("from")?, moment("to")?);
    let open = match fields.text("open") {
        "" => None,
        text => Some(Hours::parse(text, view.shop.country).map_err(|error| words::hours_error(&error, language))?),
    };
    let now = local_time::local(view.shop.time_zone, view.now);
    Closure::planned(from, to, fields.text("why"), open, now).map_err(|error| words::closure_error(error, language))
}
