//! `/start/closed-days`: which public holidays the shop closes on, as on the page of the hours.

use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Step, Way, on_from, way};
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page};
use crate::web::hours::closed_days::{DaysForm, Stands, take, title};
use crate::words::page::hours as said;
use crate::words::page::shop::start::{Labels, labels};

#[derive(Template)]
#[template(path = "start_closed_days.html")]
struct Page {
    frame: Frame,
    t: &'static Labels,
    h: &'static said::Labels,
    way: Way,
    action: String,
    form: DaysForm,
}

pub async fn show(view: View) -> Result<Response, Fault> {
    let form = DaysForm::fresh(&view);
    build(&view, form).await
}

pub async fn save(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    match take(&view, &fields).await? {
        Ok(()) => Ok(on_from(Step::ClosedDays, &view)),
        Err(form) => Ok((StatusCode::UNPROCESSABLE_ENTITY, build(&view, form).await?).into_response()),
    }
}

async fn build(view: &View, form: DaysForm) -> Result<Response, Fault> {
    page(Page {
        frame: view.frame(Tab::Shop, &title(view)),
        t: labels(view.language()),
        h: said::labels(view.language()),
        way: way(Step::ClosedDays, view).await?,
        action: view.at(Step::ClosedDays.path()),
        form,
    })
}
