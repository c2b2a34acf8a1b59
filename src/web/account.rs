//! `/account`: the reader's language, their own phone, and the way out.

use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::routing::plan::Language;
use crate::web::fault::Fault;
use crate::web::form::{Field, Fields};
use crate::web::frame::{Choice, Frame, Tab, View, page, shown};
use crate::web::phone::{OffForm, my_off};
use crate::words::page::shop::phones;

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    email: String,
    language_action: String,
    languages: Vec<Choice>,
    p: &'static phones::Labels,
    /// Their own phone.
    mine: Option<(String, OffForm)>,
}

pub async fn show(view: View) -> Result<Response, Fault> {
    build(&view, None)
}

/// The page again, with what was typed and why it was not taken.
pub fn again(view: &View, off: Field) -> Result<Response, Fault> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, build(view, Some(off))?).into_response())
}

fn build(view: &View, off: Option<Field>) -> Result<Response, Fault> {
    let w = view.w();
    let own = view.visitor.owner.language;
    let choice = |value, name, language| Choice { value, name, chosen: own == language };
    page(Page {
        frame: view.frame(Tab::Other, w.account),
        email: shown(&view.visitor.owner.email),
        language_action: view.at("/account/language"),
        languages: vec![
            choice("", w.as_browser, None),
            // Each in its own words, for whoever cannot read the page's.
            choice(Language::En.as_str(), "English", Some(Language::En)),
            choice(Language::Es.as_str(), "Español", Some(Language::Es)),
        ],
        p: phones::labels(view.language()),
        mine: my_off(view, off),
    })
}

pub async fn speak(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let language = match fields.text("language") {
        "" => None,
        text => Some(Language::parse(text).ok_or(Fault::BadForm)?),
    };
    view.web.store.set_owner_language(view.visitor.owner.id, language).await?;
    Ok(Redirect::to(&view.at("/account")).into_response())
}
