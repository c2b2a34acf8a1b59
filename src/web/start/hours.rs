//! `/start/hours`: the week, as on the page of the hours.

use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Step, Way, on_from, way};
use crate::routing::Hours;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page};
use crate::web::hours::week_form::WeekForm;
use crate::web::hours::{NotKept, keep};
use crate::words;
use crate::words::page::hours as said;
use crate::words::page::shop::start::{Labels, labels};

#[derive(Template)]
#[template(path = "start_hours.html")]
struct Page {
    frame: Frame,
    t: &'static Labels,
    h: &'static said::Labels,
    way: Way,
    action: String,
    /// `None`: the hours that are set are more than a week can say.
    week: Option<WeekForm>,
    fault: Option<String>,
    /// Where they are changed then.
    hours: String,
}

pub async fn show(view: View) -> Result<Response, Fault> {
    let mut week = WeekForm::stored(&view.shop, view.language());
    if let (Some(week), None) = (&mut week, &view.shop.hours) {
        // Most shops close then, and the next step asks of each.
        week.holidays_off = true;
    }
    build(&view, week, None).await
}

pub async fn save(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let again =
        async |status: StatusCode, form, fault| Ok((status, build(&view, Some(form), fault).await?).into_response());
    let (week, form) = match WeekForm::read(&fields, view.language()) {
        Ok(read) => read,
        Err(form) => return again(StatusCode::UNPROCESSABLE_ENTITY, form, None).await,
    };
    match keep(&view, &fields, &week.write()).await? {
        Ok(()) => Ok(on_from(Step::Hours, &view)),
        Err(NotKept::Unread(fault)) => again(StatusCode::UNPROCESSABLE_ENTITY, form, Some(fault)).await,
        Err(NotKept::ChangedMeanwhile(now)) => {
            let fault = words::page::changed_meanwhile(now.as_ref().map(Hours::as_str), view.language());
            again(StatusCode::CONFLICT, form.told(now.as_ref()), Some(fault)).await
        }
    }
}

async fn build(view: &View, week: Option<WeekForm>, fault: Option<String>) -> Result<Response, Fault> {
    let t = labels(view.language());
    page(Page {
        frame: view.frame(Tab::Shop, t.step_hours),
        t,
        h: said::labels(view.language()),
        way: way(Step::Hours, view).await?,
        action: view.at(Step::Hours.path()),
        week,
        fault,
        hours: view.at("/hours"),
    })
}
