//! `/account`: the reader's language, and the way out.

use askama::Template;
use axum::Extension;
use axum::response::{IntoResponse, Redirect, Response};

use crate::routing::plan::Language;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Choice, Frame, Tab, View, page, shown};

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    email: String,
    language_action: String,
    languages: Vec<Choice>,
}

pub async fn show(view: View) -> Result<Response, Fault> {
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
