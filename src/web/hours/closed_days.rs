//! `/hours/closed-days`: which public holidays the shop closes on, asked when it is set up and each December, and the
//! town's own days.

use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, Days, NaiveDate};

use crate::now::UnixMs;
use crate::routing::closed_days::{DayStands, DayWish, change, stands};
use crate::routing::hours::holidays_of;
use crate::routing::local_time;
use crate::routing::plan::Shop;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::words::holiday::holiday;
use crate::words::page::hours as said;

#[derive(Template)]
#[template(path = "closed_days.html")]
struct Page {
    frame: Frame,
    h: &'static said::Labels,
    title: String,
    action: String,
    form: DaysForm,
    back: String,
}

/// Also in the first steps.
pub struct DaysForm {
    /// The year that is asked about.
    pub year: i32,
    pub days: Vec<Row>,
    pub local: Vec<Local>,
}

/// A public holiday.
pub struct Row {
    /// `2026-12-25`.
    pub date: String,
    pub written: String,
    pub name: String,
    pub stands: Stands,
    /// What the page showed, so that only what was changed on it is taken down.
    pub was: &'static str,
}

pub enum Stands {
    Open,
    Closed,
    /// Nothing can be said of it here, and why.
    Fixed(String),
}

/// A day of the town's, as typed.
pub struct Local {
    pub date_field: String,
    pub name_field: String,
    pub date: String,
    pub name: String,
    pub fault: Option<&'static str>,
}

/// Rows for the town's own days: there are two in Spain, and some shops close for a fair.
const LOCAL: usize = 3;
/// Letters of a day's name.
const MOST_NAME: usize = 120;
/// Nobody plans a single day further ahead.
const DAYS_AHEAD: u64 = 731;

/// The year that is asked about: in December the next one, so that January finds the owner prepared.
pub fn asked_year(shop: &Shop, now: UnixMs) -> i32 {
    let today = local_time::local(shop.time_zone, now).date();
    if today.month() == 12 { today.year() + 1 } else { today.year() }
}

/// The year that this form asked about: it may have been looked at in November, and sent in December.
fn year_of(fields: &Fields, view: &View) -> i32 {
    let asked = asked_year(&view.shop, view.now);
    fields.text("year").parse().ok().filter(|year| (asked - 1..=asked).contains(year)).unwrap_or(asked)
}

pub async fn show(view: View) -> Result<Response, Fault> {
    page(build(&view, DaysForm::fresh(&view)))
}

pub async fn save(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    match take(&view, &fields).await? {
        Ok(()) => Ok(Redirect::to(&view.at("/hours?saved=yes")).into_response()),
        Err(form) => Ok((StatusCode::UNPROCESSABLE_ENTITY, page(build(&view, form))?).into_response()),
    }
}

/// Takes down what was changed on the page, or says what is wrong with it; what somebody else has changed meanwhile stays.
pub async fn take(view: &View, fields: &Fields) -> Result<Result<(), DaysForm>, Fault> {
    let (language, country) = (view.language(), view.shop.country);
    let today = local_time::local(view.shop.time_zone, view.now).date();
    let mut wishes: Vec<(NaiveDate, String, DayWish)> = Vec::new();
    for date in days(view) {
        let (shown_as, ticked) = (fields.text(&format!("was-{date}")), fields.get(&format!("h-{date}")).is_some());
        let wish = match (shown_as, ticked) {
            ("open", true) => DayWish::Closed,
            ("closed", false) => DayWish::Open,
            _ => continue,
        };
        let name = holiday(country, date, language);
        let name = name.unwrap_or_else(|| said::labels(language).public_holiday.to_owned());
        wishes.push((date, name, wish));
    }
    let mut local: Vec<Local> = Vec::new();
    for n in 0..LOCAL {
        let typed = |what: &str| fields.text(&format!("l{n}{what}"));
        let mut row = Local::new(n, typed("date"), typed("name"));
        match read_local(&row, view, today) {
            Ok(Some(date)) => wishes.push((date, row.name.clone(), DayWish::Closed)),
            Ok(None) => {}
            Err(fault) => row.fault = Some(fault),
        }
        local.push(row);
    }
    if local.iter().any(|row| row.fault.is_some()) {
        return Ok(Err(DaysForm::of(view, local, fields)));
    }
    let changes: Vec<_> = wishes.iter().map(|(date, why, wish)| change(&view.shop, *date, why, *wish)).collect();
    view.web.store.set_closed_days(view.shop.id, &changes, year_of(fields, view)).await?;
    view.web.plan_changed().await;
    Ok(Ok(()))
}

/// The public holidays from today to the end of the year that is asked about.
fn days(view: &View) -> Vec<NaiveDate> {
    let today = local_time::local(view.shop.time_zone, view.now).date();
    let years = today.year()..=asked_year(&view.shop, view.now);
    years.flat_map(|year| holidays_of(view.shop.country, year)).filter(|date| *date >= today).collect()
}

fn build(view: &View, form: DaysForm) -> Page {
    let h = said::labels(view.language());
    Page {
        frame: view.frame(Tab::Hours, h.closed_days),
        h,
        title: title(view),
        action: view.at("/hours/closed-days"),
        form,
        back: view.at("/hours"),
    }
}

/// "Which days do you close in 2027?"
pub fn title(view: &View) -> String {
    said::ask_closed_days(asked_year(&view.shop, view.now), view.language())
}

impl DaysForm {
    pub fn fresh(view: &View) -> DaysForm {
        let local = (0..LOCAL).map(|n| Local::new(n, "", "")).collect();
        DaysForm::of(view, local, &Fields::default())
    }

    /// `typed`: what was not taken.
    fn of(view: &View, local: Vec<Local>, typed: &Fields) -> DaysForm {
        let year = asked_year(&view.shop, view.now);
        DaysForm { year, days: days(view).into_iter().map(|date| Row::of(date, view, typed)).collect(), local }
    }
}

impl Row {
    fn of(date: NaiveDate, view: &View, typed: &Fields) -> Row {
        let (language, country) = (view.language(), view.shop.country);
        let h = said::labels(language);
        let now = stands(&view.shop, date);
        let was = if now == DayStands::Open { "open" } else { "closed" };
        let stands = match now {
            DayStands::ClosedAnyway => Stands::Fixed(h.anyway.to_owned()),
            DayStands::ClosedLonger(why) => Stands::Fixed(shown(&said::closed_longer(&why, language))),
            // What was ticked on a form that comes back stays so.
            _ if typed.get(&format!("h-{date}")).is_some() => Stands::Closed,
            _ if typed.get(&format!("was-{date}")).is_some() => Stands::Open,
            DayStands::Open => Stands::Open,
            DayStands::Closed => Stands::Closed,
        };
        let name = holiday(country, date, language).unwrap_or_else(|| h.public_holiday.to_owned());
        Row { date: date.to_string(), written: said::date_of_year(date, language), name, stands, was }
    }
}

fn read_local(row: &Local, view: &View, today: NaiveDate) -> Result<Option<NaiveDate>, &'static str> {
    let h = said::labels(view.language());
    if row.date.is_empty() && row.name.is_empty() {
        return Ok(None);
    }
    if row.name.chars().count() > MOST_NAME || row.name.contains(char::is_control) {
        return Err(h.name_too_long);
    }
    let date: NaiveDate = row.date.parse().map_err(|_| h.no_such_day)?;
    let last = today + Days::new(DAYS_AHEAD);
    if (today..=last).contains(&date) { Ok(Some(date)) } else { Err(h.not_this_day) }
}

impl Local {
    fn new(n: usize, date: &str, name: &str) -> Local {
        Local {
            date_field: format!("l{n}date"),
            name_field: format!("l{n}name"),
            date: date.to_owned(),
            name: name.to_owned(),
            fault: None,
        }
    }
}
